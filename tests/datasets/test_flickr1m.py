# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of tagged photos, written by hand. Ids, users and places are invented."""

import gzip
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import DataFileError, iter_flickr1m, load_flickr1m
from sklearn_geo.neighbors import TagVectorizer

RAW = (
    "101\t7@N00\tsunsets beach beach\n"
    "102\t8@N00\tcafé\n"
    "103\t7@N00\t\n"
    "104\t9@N00\n"
    "105\t8@N00\tcats\r\n"
)
LEMM = RAW.replace("sunsets", "sunset").replace("cats", "cat")
GEOTAGS = "105\t52.5\t13.4\n101\t-33.9\t151.2\n999\t1\t1\n"


@pytest.fixture
def folder(tmp_path):
    text = tmp_path / "train1m" / "TextData"
    text.mkdir(parents=True)
    (text / "id.userid.rawtags.txt").write_bytes(RAW.encode())
    (text / "id.userid.lemmtags.txt").write_bytes(LEMM.encode())
    (tmp_path / "train1m" / "flickr_geotags.txt").write_text(GEOTAGS)
    (tmp_path / "train1m" / "photo.jpg").write_bytes(b"\xff\xd8")
    return tmp_path


def test_fields(folder):
    photos = load_flickr1m(folder)
    assert_array_equal(photos.ids, [101, 102, 103, 104, 105])
    assert_array_equal(photos.users, ["7@N00", "8@N00", "7@N00", "9@N00", "8@N00"])
    tags = [["sunsets", "beach", "beach"], ["café"], [], [], ["cats"]]
    assert photos.tags == tags
    assert_array_equal(photos.places[[0, 4]], [[-33.9, 151.2], [52.5, 13.4]])
    assert np.isnan(photos.places[1:4]).all()
    assert photos.target is photos.places
    assert photos.report.n_rows == 5
    assert ":With a place: 2" in photos.DESCR
    lemm = load_flickr1m(folder, tags="lemm")
    assert lemm.tags[0][0] == "sunset"
    assert TagVectorizer().fit_transform(photos.tags).shape[0] == 5


def test_only_photos_with_a_place(folder):
    photos = load_flickr1m(folder, located_only=True)
    assert_array_equal(photos.ids, [101, 105])
    assert photos.report.n_filtered == 3
    assert_array_equal(load_flickr1m(folder, located_only=True, max_rows=1).ids, [101])


def test_streaming_gives_the_same(folder):
    whole = load_flickr1m(folder)
    chunks = list(iter_flickr1m(folder, chunk_rows=2))
    assert [len(chunk.ids) for chunk in chunks] == [2, 2, 1]
    for name in ("ids", "users", "places"):
        joined = np.concatenate([chunk[name] for chunk in chunks])
        assert_array_equal(joined, whole[name])
    assert [tags for chunk in chunks for tags in chunk.tags] == whole.tags


def test_the_list_itself_and_a_named_list_of_geotags(tmp_path, folder):
    path = folder / "train1m" / "TextData" / "id.userid.rawtags.txt"
    photos = load_flickr1m(path)
    assert np.isnan(photos.places).all()
    assert "there is no list of geotags, places are NaN" in photos.report.notes
    other = tmp_path / "places.csv"
    other.write_text("lon,lat,id\n7,5,102\n")
    photos = load_flickr1m(path, geotags=other)
    assert_array_equal(photos.places[1], [5, 7])
    photos = load_flickr1m(folder, geotags=other, geotag_columns=("id", "lon", "lat"))
    assert_array_equal(photos.places[1], [7, 5])
    # A list of geotags beside the list of tags is found.
    (path.parent / "latlon.txt").write_text("102 1 2\n")
    assert_array_equal(load_flickr1m(path).places[1], [1, 2])


def test_compressed_and_zipped(tmp_path, folder):
    text = folder / "train1m" / "TextData"
    (text / "id.userid.rawtags.txt").unlink()
    (text / "id.userid.rawtags.txt.gz").write_bytes(gzip.compress(RAW.encode()))
    assert_array_equal(load_flickr1m(folder).ids, [101, 102, 103, 104, 105])
    path = tmp_path / "train1m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train1m/TextData/id.userid.rawtags.txt", RAW)
        archive.writestr("train1m/geotags.txt", GEOTAGS)
    photos = load_flickr1m(path, located_only=True)
    assert_array_equal(photos.ids, [101, 105])


def test_latin_1_and_no_last_line_end(folder):
    path = folder / "train1m" / "TextData" / "id.userid.rawtags.txt"
    path.write_bytes(RAW.replace("\r\n", "").encode("latin-1"))
    photos = load_flickr1m(folder)
    assert photos.tags[1] == ["café"]
    assert photos.tags[4] == ["cats"]
    assert photos.report.notes["line is not UTF-8, read as Latin-1"].count == 1


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        (RAW.replace("102\t", "cat.jpg\t"), 2, "photo id .* 'cat.jpg' is neither"),
        (RAW.replace("102\t8@N00", "102\t"), 2, "user id .* is missing"),
        (RAW.replace("102\t8@N00", "102\t8@N00\tx\ty"), 2, "the line has 5 columns"),
        (RAW + "106", 6, "the file breaks off here"),
    ],
)
def test_a_wrong_line_is_named_or_skipped(folder, text, line, match):
    path = folder / "train1m" / "TextData" / "id.userid.rawtags.txt"
    path.write_bytes(text.encode())
    with pytest.raises(DataFileError, match=match) as caught:
        load_flickr1m(folder)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        photos = load_flickr1m(folder, errors="skip")
    assert len(photos.ids) == (5 if line == 6 else 4)


def test_shuffled_columns(folder):
    path = folder / "train1m" / "TextData" / "id.userid.rawtags.txt"
    rows = [line.split("\t") for line in RAW.splitlines()[:3]]
    path.write_text("".join(f"{u}\t{i}\t{t}\n" for i, u, t in rows))
    with pytest.raises(DataFileError, match="columns look shuffled"):
        load_flickr1m(folder)


def test_what_is_not_there(tmp_path, folder):
    (folder / "train1m" / "flickr_geotags.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"needs a list of geotags.*\*geotag\*"):
        load_flickr1m(folder, located_only=True)
    with pytest.raises(FileNotFoundError, match=r"There is no file .*places\.csv"):
        load_flickr1m(folder, geotags=tmp_path / "places.csv")
    (folder / "train1m" / "TextData" / "id.userid.lemmtags.txt").unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"has no id\.userid\.lemmtags\.txt for tags='lemm'.*it has only id\.",
    ):
        load_flickr1m(folder, tags="lemm")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="there is no file of data in it"):
        load_flickr1m(empty)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        load_flickr1m(tmp_path / "nowhere")
    with pytest.raises(TypeError, match="path is a list"):
        load_flickr1m(["a"])
    with pytest.raises(TypeError, match=r"^geotags is a list\. Pass the path"):
        load_flickr1m(folder, geotags=["a"])


def test_as_frame(folder):
    frame = load_flickr1m(folder, as_frame=True).frame
    assert list(frame.columns) == ["id", "user", "tags", "latitude", "longitude"]
    assert frame.loc[0, "tags"] == ["sunsets", "beach", "beach"]
