# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small files that would become large: read in bounded memory, or refused."""

import bz2
import gzip
import json
import lzma
import re
import struct
import time
import tracemalloc
import zipfile
import zlib
from functools import partial

import pytest

from sklearn_geo import S2Partition
from sklearn_geo._text_columns import remedy_for_text
from sklearn_geo.datasets import (
    DataFileError,
    iter_placing,
    load_geonames,
    load_placing,
)
from sklearn_geo.datasets._nus_wide_files import image_files
from sklearn_geo.datasets._photo_list_files import _photo_ids
from sklearn_geo.datasets._unpack import unpacked
from sklearn_geo.nets._strict_json import strict_json
from sklearn_geo.partition import AreaPartition
from sklearn_geo.vision import read_photo, read_scene_table
from tests.reliability.archives import write_zip

MB = 1 << 20
LINE = b"1\t00000000000000000000000000000001\t13\t5\t1:a:b\n"


# What is said of lines that are nothing: all is wrong, or so many are left out.
WORDS = r"photos, line 1: |[\d,]+ rows were skipped"


remedy = partial(remedy_for_text, column="lat", polars=False)


class Measured:
    """The most memory that was taken meanwhile."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *_):
        self.peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


def pack_zip(data):
    return write_zip([("photos", data)])


PACKED = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": pack_zip,
}


@pytest.mark.parametrize(
    ("pack", "filler"),
    [("gz", b"a"), ("bz2", b"\0"), ("xz", b"\t"), ("zip", b"\t"), ("gz", b" ")],
)
def test_a_line_without_an_end(tmp_path, pack, filler):
    path = tmp_path / "photos"
    path.write_bytes(PACKED[pack](LINE + filler * (24 * MB)))
    assert path.stat().st_size < MB
    with (
        Measured() as measured,
        pytest.raises(DataFileError, match="more than 16,777,"),
    ):
        load_placing(path)
    assert measured.peak < 60 * MB


@pytest.mark.parametrize("name", ["bzip2", "LZMA"])
def test_members_of_zip_archives_that_python_undoes_at_once(tmp_path, name):
    kind = {"bzip2": zipfile.ZIP_BZIP2, "LZMA": zipfile.ZIP_LZMA}[name]
    path = tmp_path / "data.zip"
    path.write_bytes(write_zip([("photos", LINE + bytes(40 * MB))], kind))
    assert path.stat().st_size < MB
    for read, words in [
        (load_placing, "zip:photos: it is compressed"),
        (lambda path: unpacked(path, max_bytes=1000), "zip has a file 'photos' that"),
    ]:
        words = rf"data\.{words}.* \({name}\)\. .*with another program"
        with Measured() as measured, pytest.raises(ValueError, match=words):
            read(path)
        assert measured.peak < 10 * MB
    assert list(tmp_path.iterdir()) == [path]


def lying(data):
    """Let a file of xz say that it needs a dictionary of 4 GB."""
    data = bytearray(data)
    end = 12 + (data[12] + 1) * 4
    at = data.index(0x21, 12, end)  # of LZMA2: its number, a length, and the size
    data[at + 2] = 40
    data[end - 4 : end] = struct.pack("<I", zlib.crc32(data[12 : end - 4]))
    return bytes(data)


@pytest.mark.parametrize("wrap", [bytes, pack_zip], ids=["xz", "zip"])
@pytest.mark.parametrize("n_before", [0, 1])
def test_a_dictionary_of_xz_that_fills_the_memory(tmp_path, wrap, n_before):
    path = tmp_path / "photos"
    # Of what it says it takes as much as there is to be put in.
    data = lying(lzma.compress(LINE + (b"x" * 9999 + b"\n") * 5000, preset=0))
    path.write_bytes(wrap(lzma.compress(LINE * 9) * n_before + data))
    words = r"photos: to decompress it takes more than 128 MB .* `xz -d` first"
    with Measured() as measured, pytest.raises(DataFileError, match=words):
        load_placing(path)
    assert measured.peak < 20 * MB


@pytest.mark.parametrize("filler", [b"x\n", b"\t1\n"])
def test_many_lines_that_are_nothing(tmp_path, filler):
    path = tmp_path / "photos"
    path.write_bytes(gzip.compress(LINE * 3 + filler * (MB // len(filler)), 1))
    with Measured() as measured, pytest.raises((DataFileError, UserWarning)) as caught:
        list(iter_placing(path, errors="skip"))
    assert re.search(WORDS, str(caught.value))
    assert measured.peak < 100 * MB


# With twice the letters they took four times the time, and half a minute for these.
@pytest.mark.parametrize(
    ("read", "text", "answer"),
    [
        (image_files, "1" * 80_000, "is no file of an image"),
        (_photo_ids, "1_0123456789_" * 15_000, -1),
        (remedy, "1" + " " * 60_000 + "x", "which is no number of degrees"),
        (remedy, "1" + " " * 60_000 + "2", "two numbers in one text"),
    ],
    ids=["image", "photo", "no pair", "pair"],
)
def test_long_texts_take_little_time(read, text, answer):
    start = time.process_time()
    try:
        said = read([text])
    except ValueError as error:
        said = str(error)
    assert time.process_time() - start < 2
    assert answer in said


def test_a_table_of_many_scenes_takes_little_time(tmp_path):
    path = tmp_path / "scenes.csv"
    names = [f"s{i}" for i in range(20_000)]
    path.write_text(",a\n" + "".join(f"{name},1\n" for name in names))
    start = time.process_time()
    assert read_scene_table(path).scenes == names
    assert time.process_time() - start < 2


def test_one_long_field_among_many_rows(tmp_path):
    from tests.datasets.test_geonames import ROWS

    long = list(ROWS[0])
    long[8] = "D" * 2 * MB
    path = tmp_path / "cities1000.txt"
    path.write_text("\n".join("\t".join(row) for row in [*ROWS, long]) + "\n")
    with Measured() as measured, pytest.raises(DataFileError, match="1,000 letters"):
        load_geonames(path)
    assert measured.peak < 40 * MB


def test_one_long_name_among_many_cells(tmp_path):
    cells = S2Partition(2, 1).fit([[48.0, 11.0], [-33.9, 151.2], [1.3, 103.8]])
    cells.save(tmp_path / "cells.json")
    held = json.loads((tmp_path / "cells.json").read_text())
    n = held["n_cells"]
    for values in held["cells"].values():
        values *= 20_000
    held["n_cells"] *= 20_000
    held["cells"]["name"] = ["x" * MB] + ["y"] * (20_000 * n - 1)
    (tmp_path / "cells.json").write_text(json.dumps(held))
    size = (tmp_path / "cells.json").stat().st_size
    with Measured() as measured, pytest.raises(ValueError, match="1,048,576 letters"):
        S2Partition.load(tmp_path / "cells.json")
    assert measured.peak < 20 * size


def test_one_long_name_among_many_areas(tmp_path):
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    shape = {"type": "Polygon", "coordinates": [square]}
    names = ["x" * MB, *range(2000)]
    features = [
        {"type": "Feature", "properties": {"name": str(name)}, "geometry": shape}
        for name in names
    ]
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with Measured() as measured, pytest.raises(ValueError, match="1,048,576 letters"):
        AreaPartition(path).fit([[0.5, 0.5]])
    assert measured.peak < 40 * MB


def test_deeply_nested_json():
    for text in ("[" * MB, '{"a":' * MB, "[" * MB + "]" * MB):
        with pytest.raises(ValueError, match=r"nested|Expecting"):
            strict_json(text)


def test_a_picture_that_says_it_is_huge(tmp_path):
    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    for side in (20_000, 2**31 - 1):
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
        data += chunk(b"IDAT", zlib.compress(bytes(MB))) + chunk(b"IEND", b"")
        path = tmp_path / "photo.png"
        path.write_bytes(data)
        with Measured() as measured, pytest.raises(ValueError, match=r"photo\.png"):
            read_photo(path)
        assert measured.peak < 10 * MB


def test_a_cell_of_a_table_without_an_end(tmp_path):
    path = tmp_path / "scenes.csv"
    path.write_text(",a,b\nbarn,0,1\n" + "x" * 200_000 + ",1,0\n")
    with pytest.raises(ValueError, match=r"scenes\.csv"):
        read_scene_table(path)
