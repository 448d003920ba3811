# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells as intervals of sorted ids, against tests of containment one by one."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.geometry import s2_contains, s2_ids_from_tokens, triangle_contains
from sklearn_geo.partition import _quad_cells
from sklearn_geo.partition._midpoint_cells import TRIANGLE_GRID
from sklearn_geo.partition._quad_cells import (
    cells_where,
    first_overlap,
    locate,
    split_where_full,
)
from sklearn_geo.partition._s2 import S2_GRID
from tests.partition.common import globe, photos

GRIDS = [(S2_GRID, s2_contains), (TRIANGLE_GRID, triangle_contains)]


def split(grid, leaves, weights=None, most=10.0, start=0, end=20):
    return split_where_full(
        grid, leaves, weights, max_per_cell=most, start_level=start, max_level=end
    )


@pytest.mark.parametrize(("grid", "contains"), GRIDS)
@pytest.mark.parametrize("block_rows", [1, 7, 10_000])
def test_locate(grid, contains, block_rows, monkeypatch):
    monkeypatch.setattr(_quad_cells, "BLOCK_ROWS", block_rows)
    cells = split(grid, np.sort(grid.leaf_ids(photos(300))))
    cells = cells_where(cells, np.arange(len(cells.ids)) % 3 > 0)
    leaves = grid.leaf_ids(np.vstack([photos(300), globe(50)]))
    inside = contains(cells.ids[:, np.newaxis], leaves)
    expected = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
    found = locate(grid, cells.ids, leaves)
    assert found.dtype == np.int64
    assert_array_equal(found, expected)
    assert locate(grid, cells.ids[:0], leaves[:2]).tolist() == [-1, -1]
    assert locate(grid, cells.ids, leaves[:0]).shape == (0,)


@pytest.mark.parametrize(("grid", "contains"), GRIDS)
def test_pieces_of_sorted_ids(grid, contains):
    leaves = np.sort(grid.leaf_ids(photos(500)))
    weights = np.random.default_rng(0).integers(1, 5, len(leaves)).astype(float)
    cells = split(grid, leaves, weights, most=30.0, start=2, end=9)
    levels = grid.levels(cells.ids)
    assert levels.min() >= 2
    for id_, start, stop, weight, level in zip(*cells, levels, strict=True):
        inside = contains(id_, leaves)
        assert_array_equal(np.flatnonzero(inside), np.arange(start, stop))
        assert weight == weights[inside].sum()
        assert weight <= 30.0 or level == 9
    assert (cells.stops - cells.starts).sum() == len(leaves)
    assert first_overlap(grid, cells.ids) is None


def test_overlap():
    for tokens, expected in (
        (["1", "3"], None),
        (["04", "1"], 1),  # a child before its parent
        (["1", "1c"], 1),  # and behind it
        (["04", "0c", "3", "34", "4c"], 3),
        (["04", "04"], 1),
        (["1"], None),
    ):
        assert first_overlap(S2_GRID, s2_ids_from_tokens(tokens)) == expected
    assert first_overlap(S2_GRID, np.array([], dtype=np.uint64)) is None
