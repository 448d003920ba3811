# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells as intervals of sorted ids, against tests of containment one by one."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.geometry import s2_contains, s2_ids_from_tokens, triangle_contains
from sklearn_geo.partition import S2Partition, _quad_cells
from sklearn_geo.partition._midpoint_cells import TRIANGLE_GRID
from sklearn_geo.partition._quad_cells import (
    SortedLeaves,
    cells_where,
    first_overlap,
    labels_of,
    locate,
    sort_leaves,
    split_where_full,
)
from sklearn_geo.partition._s2 import S2_GRID
from tests.partition.common import globe, photos

GRIDS = [(S2_GRID, s2_contains), (TRIANGLE_GRID, triangle_contains)]


def split(grid, places, weights=None, most=10.0, start=0, end=20):
    return split_where_full(
        grid,
        sort_leaves(grid, places, weights),
        max_per_cell=most,
        start_level=start,
        max_level=end,
    )


@pytest.mark.parametrize(("grid", "contains"), GRIDS)
@pytest.mark.parametrize("block_rows", [1, 7, 10_000])
def test_locate(grid, contains, block_rows, monkeypatch):
    monkeypatch.setattr(_quad_cells, "BLOCK_ROWS", block_rows)
    cells = split(grid, photos(300))
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
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("piece_rows", [1, 64, 2**20])
def test_what_cells_hold(grid, contains, weighted, piece_rows, monkeypatch):
    monkeypatch.setattr(_quad_cells, "PIECE_ROWS", piece_rows)
    monkeypatch.setattr(_quad_cells, "MOST_PIECES", 100)
    places = photos(500)
    weights = np.random.default_rng(0).choice([0.1, 0.3, 1.0], len(places))
    cells = split(grid, places, weights if weighted else None, 30.0, 2, 9)
    weights = weights if weighted else np.ones(len(places))
    leaves, levels = grid.leaf_ids(places), grid.levels(cells.ids)
    assert levels.min() >= 2
    for id_, count, weight, level in zip(*cells, levels, strict=True):
        inside = contains(id_, leaves)
        assert count == inside.sum() > 0
        assert weight == pytest.approx(weights[inside].sum(), rel=1e-14)
        assert weight <= 30.0 or level == 9
    assert cells.counts.sum() == len(places)
    assert first_overlap(grid, cells.ids) is None
    # The same cells for the places in their own order.
    some = cells_where(cells, np.arange(len(cells.ids)) % 3 > 0)
    pieces = sort_leaves(grid, places, weights if weighted else None)
    assert len(pieces) == (1 if weighted else min(100, -(-500 // piece_rows)))
    assert_array_equal(
        labels_of(grid, some.ids, pieces, len(places)), locate(grid, some.ids, leaves)
    )


def test_a_weight_that_is_the_minimum_is_enough():
    # Sums of other cells leave no rounding in a cell of its own.
    places = np.array([[0.0, 1.0], [0.0, 91.0], [0.0, -91.0]])
    cells = split(S2_GRID, places, np.array([1e9 / 3, 0.1, 1e-9]), 1e10)
    assert sorted(cells.weights.tolist()) == [1e-9, 0.1, 1e9 / 3]


def test_rows_that_stand_for_several():
    leaves = np.sort(S2_GRID.leaf_ids(globe(100)))
    counts = np.arange(1, 101)
    piece = SortedLeaves(leaves, weights=counts / 2.0, counts=counts)
    low, high = leaves[[3, 10, 50]], leaves[[5, 9, 99]]
    found, weights = piece.held_between(low, high)
    assert found.tolist() == [4 + 5 + 6, 0, sum(range(51, 101))]
    assert weights.tolist() == [7.5, 0.0, sum(range(51, 101)) / 2]
    assert piece.held_between(low[:0], high[:0])[0].shape == (0,)
    assert SortedLeaves(leaves).held_between(low, high)[1].dtype == np.float64


def test_overlap():
    for tokens, expected in (
        (["1", "3"], None),
        (["04", "1"], 1),  # a child before its parent
        (["1", "1c"], 1),  # and behind it
        (["04", "0c", "3", "34", "4c"], 3),
        (["04", "04"], 1),
        (["04", "1", "1c"], 1),  # the first of two
        (["1"], None),
    ):
        assert first_overlap(S2_GRID, s2_ids_from_tokens(tokens)) == expected
    assert first_overlap(S2_GRID, np.array([], dtype=np.uint64)) is None


@pytest.mark.parametrize(("grid", "contains"), GRIDS)
def test_the_first_and_the_last_leaf_overlap_their_cell(grid, contains):
    cell = grid.base_ids(0)[2:3]
    low, high = grid.ranges(cell)
    for leaf in (low, high):
        assert contains(cell, leaf).all()
        assert first_overlap(grid, np.sort(np.concatenate([cell, leaf]))) == 1


def test_limits_of_any_type_are_compared():
    places = np.random.default_rng(0).uniform(-60, 60, (30, 2))
    huge = S2Partition(max_per_cell=1.7e308, min_per_cell=np.float32(0.5)).fit(places)
    assert huge.n_cells_ <= 6
    with pytest.raises(ValueError, match="max_per_cell=9 is smaller than min_"):
        S2Partition(max_per_cell=9, min_per_cell=np.float32(10)).fit(places)
