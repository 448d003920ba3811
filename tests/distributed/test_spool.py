# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._plan import make_plan
from sklearn_geo.distributed._photos import Layout
from sklearn_geo.distributed._setup import Setup
from sklearn_geo.distributed._spool import Pieces, gather, spool_part
from sklearn_geo.geometry import utm_zones

LOCATION = ["latitude", "longitude"]
WEST, EAST = (int(utm_zones([[48.5, at]])[0]) for at in (11.9, 12.1))


def make_setup(first, radius_km=None, **columns):
    plan = make_plan(GPS2VecPlusTransformer(), np.zeros((1, 2)), 2, None, 0)
    layout = Layout(tuple(LOCATION), ("a", "b"), columns.get("weight"), None)
    return Setup(
        layout, plan, {}, radius_km, None, 0, first=first, zones=np.array([WEST, EAST])
    )


def make_parts(dtype=np.float32):
    """Two parts, on both sides of the border between 32U and 33U at 12 degrees."""
    longitudes = [[12.1, 11.0, 11.99], [13.5, 12.01, 11.0]]
    parts = []
    for number, own in enumerate(longitudes):
        frame = pd.DataFrame({"latitude": 48.5, "longitude": own})
        values = np.arange(6).reshape(3, 2) + 10 * number
        frame[["a", "b"]] = values.astype(dtype)
        frame["weight"] = [1.0, 0.0, 2.0] if number == 0 else [3.0, 4.0, 5.0]
        parts.append(frame)
    return parts


def read(folder, written, group):
    pieces = Pieces(written)
    return gather(folder, pieces.files, pieces.of(group))


def selects_big_endian():
    """Tell whether this pandas takes columns out of such a frame."""
    try:
        pd.DataFrame(np.zeros((2, 3), dtype=">f4"))[[0, 2]]
    except ValueError:
        return False
    return True


BIG_ENDIAN = pytest.param(
    ">f4",
    marks=pytest.mark.skipif(
        not selects_big_endian(),
        reason="pandas 2.1 takes no columns out of a frame of big-endian numbers",
    ),
)


@pytest.mark.parametrize(
    "dtype", [np.float32, np.int8, np.uint16, np.float64, BIG_ENDIAN]
)
def test_photos_come_in_the_order_of_the_table(tmp_path, dtype):
    setup = make_setup(np.array([0, 3]))
    parts = make_parts(dtype)
    # Written in any order, and one of them twice, as when a worker died.
    written = [spool_part(parts[at], setup, at, tmp_path) for at in (1, 0)]
    assert spool_part(parts[1], setup, 1, tmp_path)["file"] == written[0]["file"]
    west, own, sampled = read(tmp_path, written, WEST)
    assert west.numbers.tolist() == [1, 2, 5]
    assert west.places[:, 1].tolist() == [11.0, 11.99, 11.0]
    assert west.matrix.tolist() == [[2, 3], [4, 5], [14, 15]]
    assert west.weights is None
    assert own.all()
    assert not sampled.any()
    east, _, _ = read(tmp_path, written, EAST)
    assert east.numbers.tolist() == [0, 3, 4]
    assert len(Pieces(written).of(7)) == 0


def test_neighbours_are_marked_and_in_order(tmp_path):
    setup = make_setup(np.array([0, 3]), radius_km=2.0)
    written = [
        spool_part(part, setup, number, tmp_path)
        for number, part in enumerate(make_parts())
    ]
    # 0.01 degrees of longitude are 0.74 km at 48.5 N, 0.1 are 7.4 km.
    west, own, _ = read(tmp_path, written, WEST)
    assert west.numbers.tolist() == [1, 2, 4, 5]
    assert own.tolist() == [True, True, False, True]
    east, own, _ = read(tmp_path, written, EAST)
    assert east.numbers.tolist() == [0, 2, 3, 4]
    assert own.tolist() == [True, False, True, True]


def test_what_counts_nothing_is_not_there(tmp_path):
    setup = make_setup(np.array([0, 2]), weight="weight")
    written = [
        spool_part(part, setup, number, tmp_path)
        for number, part in enumerate(make_parts())
    ]
    west, _, _ = read(tmp_path, written, WEST)
    assert west.numbers.tolist() == [1, 4]  # photo 1 of the table counts nothing
    assert west.weights.tolist() == [2.0, 5.0]


def test_numbers_of_a_column_put_photos_in_order(tmp_path):
    setup = make_setup(np.array([0, 3]))
    layout = Layout(tuple(LOCATION), ("a", "b"), None, "number")
    setup.layout = layout
    parts = make_parts()
    parts[0]["number"], parts[1]["number"] = [5, 4, 3], [2, 1, 0]
    written = [spool_part(part, setup, at, tmp_path) for at, part in enumerate(parts)]
    west, _, _ = read(tmp_path, written, WEST)
    assert west.numbers.tolist() == [0, 3, 4]
    assert west.matrix.tolist() == [[14, 15], [4, 5], [2, 3]]


def test_the_sample_of_all_is_a_group(tmp_path):
    setup = make_setup(np.array([0, 3]))
    setup.share, setup.sampled = 1, np.array([0, 5])
    written = [
        spool_part(part, setup, number, tmp_path)
        for number, part in enumerate(make_parts())
    ]
    sample, own, sampled = read(tmp_path, written, -2)
    assert sample.numbers.tolist() == [0, 5]
    assert own.all()
    assert sampled.all()
    _, _, sampled = read(tmp_path, written, WEST)
    assert sampled.tolist() == [False, False, True]


def test_a_part_without_photos(tmp_path):
    setup = make_setup(np.array([0, 0]), radius_km=5.0)
    empty, full = make_parts()[0][:0], make_parts()[1]
    written = [
        spool_part(empty, setup, 0, tmp_path),
        spool_part(full, setup, 1, tmp_path),
    ]
    assert len(written[0]["groups"]) == 0
    west, _, _ = read(tmp_path, written, WEST)
    assert_array_equal(west.numbers, [1, 2])
