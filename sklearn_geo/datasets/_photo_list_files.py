# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files with lists of photos that geolocation papers train and test on.

All of them are CSV files of one form [1]_: the file of the photo, its author, where it
was taken, and scenes that a network of Places365 saw in it. The authors of that form
withdrew what they had published, so that only files that somebody has are read.

.. [1] E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of Photos
   using a Hierarchical Model and Scene Classification", ECCV 2018.
"""

import os
import re
from pathlib import Path

import numpy as np

from sklearn_geo.datasets._fields import integers, labels, names, numbers, texts
from sklearn_geo.datasets._photo_bunch import (
    aligned,
    located,
    object_array,
    photo_bunch,
)
from sklearn_geo.datasets._reading import (
    Column,
    PlaceColumn,
    Reading,
    ReadReport,
    join,
    looks_swapped,
    part_files,
    read_table,
)

_WHERE = (
    "the notes of load_mp16 for its columns. Lists of this form came with a paper "
    "(Müller-Budack, Pustu-Iren and Ewerth, ECCV 2018), whose authors have withdrawn "
    "what they had published: pass a file that you have, no copies are looked for"
)
_FILE = ["IMG_ID", "img_id", "name", "image_id", "filename", "photo_id"]
_AUTHOR = ["AUTHOR", "user", "user_id"]
_LATITUDE, _LONGITUDE = ["LAT", "latitude"], ["LON", "LNG", "longitude"]
_LEVELS = ("S3", "S16", "S365")
_KINDS = ("indoor", "natural", "urban")
# 4763369508.jpg, and Ankara_00003_601190107_9f05b2251e_1292_8504005@N07.jpg
_ID = re.compile(r"(?:.*_)?(\d+)(?:_[0-9a-f]{10}_[^/]*)?\.\w+$|(\d+)$")
_USER = re.compile(r"(?:^|_)(\d+@N\d\d)$")

_DESCR = """\
{title}
{line}

**What it is**: {what} The photos are on Flickr, and belong to those who took them; this
is a list of them.

:Number of photos: {{n_photos}}
:With a place: {{n_located}}

{source}
"""


def _descr(title, what, source):
    return _DESCR.format(title=title, line="-" * len(title), what=what, source=source)


_ECCV = (
    'E. Müller-Budack, K. Pustu-Iren, R. Ewerth, "Geolocation Estimation of Photos\n'
    'using a Hierarchical Model and Scene Classification", ECCV 2018.'
)
_REVISITED = (
    'N. Vo, N. Jacobs, J. Hays, "Revisiting IM2GPS in the Deep Learning Era", ICCV\n'
    "2017."
)
MP16 = (
    ["mp16_places365.csv", "mp16.csv"],
    "the list of MP-16, mp16_places365.csv",
    _descr("MP-16", "4.7 million photos of the placing task of 2016.", _ECCV),
)
IM2GPS = (
    ["im2gps_places365.csv", "im2gps.csv"],
    "the list of Im2GPS, im2gps_places365.csv",
    _descr(
        "Im2GPS",
        "237 photos to test geolocation with.",
        'J. Hays, A. A. Efros, "IM2GPS: estimating geographic information from a\n'
        'single image", CVPR 2008.',
    ),
)
IM2GPS3K = (
    ["im2gps3k_places365.csv", "im2gps3k.csv"],
    "the list of Im2GPS3k, im2gps3k_places365.csv",
    _descr("Im2GPS3k", "2,997 photos to test geolocation with.", _REVISITED),
)
YFCC4K = (
    ["yfcc4k_places365.csv", "yfcc4k.txt", "yfcc4k.csv"],
    "the list of YFCC4k, yfcc4k_places365.csv or yfcc4k.txt",
    _descr("YFCC4k", "4,536 photos to test geolocation with.", _REVISITED),
)
YFCC26K = (
    ["yfcc25600_places365.csv", "yfcc26k_places365.csv", "yfcc26k.csv"],
    "the list of YFCC26k, yfcc25600_places365.csv",
    _descr("YFCC26k", "25,600 photos to validate geolocation with.", _ECCV),
)


def list_files(path, patterns, what):
    """Return the files of a list; of a folder those of the first name that is there."""
    if isinstance(path, (str, os.PathLike)) and Path(path).expanduser().is_dir():
        for pattern in patterns:
            try:
                return part_files(path, pattern, what=what, described=_WHERE)
            except FileNotFoundError:
                continue
    return part_files(path, patterns, what=what, described=_WHERE)


def _photo_ids(files):
    """Return the numbers of photos out of the names of their files; -1 for none."""
    # No disk has names of 256 letters; to search one takes steps by its length squared.
    bases = [os.path.basename(name) for name in files]
    found = [_ID.match(base) if len(base) < 256 else None for base in bases]
    ids = [int(m[1] or m[2]) if m else -1 for m in found]
    return np.array([i if i < 2**62 else -1 for i in ids], dtype=np.int64)


def _columns(file, rows, report):
    """Return the columns; latitude and longitude by what is in them, if it shows.

    In one published version of Im2GPS3k the header has them the wrong way round.
    """
    place = PlaceColumn(_LATITUDE, _LONGITUDE)
    if looks_swapped(file, place, rows):
        place = PlaceColumn(_LONGITUDE, _LATITUDE)
        report.note(file, 1, "header has LAT and LON the wrong way round")
    columns = {
        "files": Column(_FILE, convert=names, called="file of the photo"),
        "users": Column(_AUTHOR, convert=labels, called="author", optional=True),
        "places": place,
    }
    for level in _LEVELS:
        columns[level] = Column(
            f"{level}_Label",
            convert=integers(missing=-1, least=0, dtype=np.int16),
            called=f"scene {level}",
            optional=True,
        )
    for kind in _KINDS:
        columns[kind] = Column(
            f"Prob_{kind}",
            convert=numbers,
            called=f"probability of {kind}",
            optional=True,
        )
    return columns, None


def _finish(table, file, report, descr, urls, as_frame):
    """Make a Bunch of a list, and note what is odd in it."""
    table = {"ids": _photo_ids(table["files"]), **table}
    if "users" in table:
        found = [_USER.search(user) for user in table["users"]]
        clean = [m[1] if m else "" for m in found]
        pairs = zip(clean, table["users"], strict=True)
        table["users"] = [new or old for new, old in pairs]
        n_longer = sum(m is not None and m.start(1) > 0 for m in found)
        what = "author has parts of a file name before it, cut off"
        report.note(file, None, what, count=n_longer)
    if urls is not None:
        values, n_missing = aligned(table["files"], *urls, "")
        table["urls"] = values
        report.note(file, None, "photo has no address", count=n_missing)
    n_repeated = len(table["files"]) - len(set(table["files"]))
    report.note(file, None, "photo is listed again, and kept", count=n_repeated)
    photos = photo_bunch(table, descr=descr, as_frame=as_frame)
    for name, singular, columns in (
        ("scene_labels", "scene_label", _LEVELS),
        ("scene_probabilities", "scene_probability", _KINDS),
    ):
        there = [c for c in columns if c in photos]
        if there:
            photos[name] = np.column_stack([photos.pop(c) for c in there])
            photos[f"{singular}_names"] = there
    return photos


def _read_urls(path, errors, report):
    """Return files and addresses of a list without header, "file,address"."""
    what = "a list of addresses, such as mp16_urls.csv"
    files = part_files(path, "*_urls.csv", what=what, described=_WHERE, name="urls")
    columns = {
        "files": Column(0, convert=names, called="file of the photo"),
        "urls": Column(1, convert=texts, called="address"),
    }
    table = join(
        read_table(
            files,
            columns,
            delimiter=",",
            n_columns=(1, 2),
            quotes=True,
            errors=errors,
            report=report,
        )
    )
    return table["files"], object_array(table["urls"])


def open_list(path, kind, urls=None, as_frame=False, located_only=False, **settings):
    """Return the Reading of a list of photos."""
    patterns, what, descr = kind
    files = list_files(path, patterns, what)
    report = ReadReport()
    if urls is not None:
        urls_report = ReadReport()
        urls = _read_urls(urls, settings["errors"], urls_report)
        report.take_over(urls_report)
    tables = read_table(
        files,
        lambda file, rows: _columns(file, rows, report),
        delimiter=",",
        header=True,
        quotes=True,
        keep=located if located_only else None,
        keep_columns=["places"],
        report=report,
        **settings,
    )

    def finish(table):
        return _finish(table, files[0], report, descr, urls, as_frame)

    return Reading(tables, finish, report)
