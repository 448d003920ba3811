# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lines of published photo formats, as tests write them: invented ids and places."""

# In the order of the first release of YFCC100M.
YFCC = {
    "id": "101",
    "user": "12%40N00",
    "nickname": "ada+b",
    "taken": "2012-04-03 18:00:09.0",
    "posted": "1333476009",
    "device": "Invented+Cam+1",
    "title": "Old+bridge%2C+sunset",
    "description": "a%0Ab",
    "tags": "caf%C3%A9,old+town,a%2Cb",
    "machine_tags": "geo:lat%3D1",
    "longitude": "13.4",
    "latitude": "52.5",
    "accuracy": "16",
    "page": "http://photos.invalid/101/",
    "url": "http://farm.invalid/101_s.jpg",
    "license": "Attribution+License",
    "license_url": "http://licenses.invalid/by/",
    "server": "1234",
    "farm": "5",
    "secret": "abc",
    "original_secret": "def",
    "extension": "jpg",
    "marker": "0",
}


def yfcc_line(line=None, hash_=None, **fields):
    """Return a line of YFCC100M; of the second release with a line number and hash."""
    row = {**YFCC, **fields}
    assert len(row) == len(YFCC)
    id_, *rest = row.values()
    before = [] if line is None else [str(line)]
    between = [] if line is None else [hash_]
    return "\t".join([*before, id_, *between, *rest])


def photo_list(rows, header="IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label"):
    """Return the text of a CSV list of photos."""
    return "\n".join([header, *rows]) + "\n"
