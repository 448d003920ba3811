# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading the metadata of YFCC100M: our stream, and what pandas users write."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import quote_plus, unquote_plus

import numpy as np
import pandas as pd

from benchmarks._harness import Goal, Job
from sklearn_geo.datasets import iter_yfcc100m

FIELDS = ["ids", "users", "places", "posted", "titles", "tags"]
_NAMES = ("id", "user", "posted", "title", "tags", "longitude", "latitude", "marker")
_AT = (0, 1, 4, 6, 8, 10, 11, 22)
_WORDS = ("old town", "sunset", "café", "São Paulo", "東京", "nikon", "a,b", "+1")


@cache
def _folder():
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def written(n):
    """Write n invented lines; return the file, which is gone when Python ends."""
    path = _folder() / f"yfcc100m_dataset-{n}"
    rng = np.random.default_rng(0)
    words = [quote_plus(word) for word in _WORDS]
    describe = quote_plus("<b>Invented</b>, of course: a walk by the river.\n") * 3
    with open(path, "w", encoding="utf-8") as file:
        for i in range(n):
            drawn = [words[j] for j in rng.integers(len(words), size=12)]
            longitude, latitude = rng.uniform((-180, -90), (180, 90)).round(6)
            located = i % 2
            row = [
                10_000_000 + i,
                f"{i % 997}@N00",
                "+".join(drawn[:1]),
                "2012-04-03 18:00:09.0",
                1_333_476_009 + i,
                "Invented+Cam+1",
                "+".join(drawn[1:4]),
                describe,
                ",".join(drawn[4 : 4 + i % 9]),
                "",
                longitude if located else "",
                latitude if located else "",
                16 if located else "",
                f"http://photos.invalid/{i}/",
                f"http://farm.invalid/{i}_0123456789.jpg",
                "Attribution+License",
                "http://licenses.invalid/by/2.0/",
                1234,
                5,
                "0123456789",
                "9876543210",
                "jpg",
                int(i % 100 == 0),
            ]
            file.write("\t".join(map(str, row)) + "\n")
    return path


def ours(path):
    chunks = iter_yfcc100m(path, kind="photos", fields=FIELDS)
    return [[photos[name] for name in FIELDS] for photos in chunks]


def by_pandas(path):
    """Read the same columns with read_csv, and decode texts value by value."""
    chunks = pd.read_csv(
        path,
        sep="\t",
        header=None,
        usecols=list(_AT),
        quoting=3,
        keep_default_na=False,
        na_values={10: [""], 11: [""]},
        chunksize=100_000,
    )
    out = []
    for frame in chunks:
        frame.columns = _NAMES
        frame = frame[frame["marker"] == 0]
        out.append(
            [
                frame["id"].to_numpy(),
                frame["user"].to_numpy(dtype=object),
                frame[["latitude", "longitude"]].to_numpy(),
                frame["posted"].to_numpy().astype("datetime64[s]"),
                frame["title"].map(unquote_plus).to_numpy(dtype=object),
                [_tags(row) for row in frame["tags"]],
            ]
        )
    return out


def _tags(row):
    return [unquote_plus(tag) for tag in row.split(",") if tag]


def splitting(path):
    """Do nothing but split lines into fields."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line.split("\t")


def check(_, results):
    joined = []
    for name in ("ours", "pandas"):
        *arrays, tags = zip(*results[name], strict=True)
        tags = [row for chunk in tags for row in chunk]
        joined.append([*map(np.concatenate, arrays), tags])
    for our, their in zip(*joined, strict=True):
        if isinstance(our, list):
            assert our == their
        else:
            np.testing.assert_array_equal(our, their)


JOB = Job(
    name="read_yfcc",
    question="photos of YFCC100M: ids, users, places, times, titles, tags",
    make=written,
    runners={"ours": ours, "pandas": by_pandas, "split only": splitting},
    check=check,
    limits=frozenset({"split only"}),
    goals=(Goal("ours", "pandas", at_most=1.3),),
    unit="lines",
    sizes=(10_000, 100_000, 500_000),
)
