# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ids of S2 cells against s2sphere. What triangles have too is in test_quad_ids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from s2sphere import CellId

from sklearn_geo.geometry import (
    S2_MAX_LEVEL,
    s2_children,
    s2_contains,
    s2_faces,
    s2_ids_at_level,
    s2_ids_from_tokens,
    s2_intersects,
    s2_is_valid,
    s2_leaf_ids,
    s2_levels,
    s2_parents,
    s2_ranges,
    s2_tokens,
)
from tests.geometry.common_s2 import CITIES, ids_of_cells, random_cells, uint64


class TestLevels:
    def test_parents_of_every_level_equal_the_oracle(self):
        cells, ids = random_cells(310, seed=10)
        for level in range(31):
            deep = s2_levels(ids) >= level
            expected = uint64(
                cell.parent(level) for cell in cells if cell.level() >= level
            )
            assert_array_equal(s2_parents(ids[deep], level), expected)

    def test_faces_equal_the_oracle(self):
        cells, ids = random_cells(200, seed=11)
        assert_array_equal(s2_faces(ids), [cell.face() for cell in cells])
        middles = [[0, 0], [0, 90], [90, 0], [0, 180], [0, -90], [-90, 0]]
        assert_array_equal(s2_faces(s2_leaf_ids(middles)), range(6))

    @pytest.mark.parametrize("level", range(5))
    def test_ids_at_level_equal_the_oracle(self, level):
        ids = s2_ids_at_level(level)
        assert_array_equal(ids, uint64(CellId.walk(level)))
        assert len(ids) == 6 * 4**level

    def test_levels_and_faces_are_signed(self):
        # Unsigned numbers turn differences around: 1 - 2 would be 18446744073709551615.
        _, ids = random_cells(10, seed=25)
        assert s2_levels(ids).dtype == s2_faces(ids).dtype == np.int64

    def test_max_level(self):
        assert S2_MAX_LEVEL == CellId.MAX_LEVEL


class TestFamily:
    def test_ranges_equal_the_oracle(self):
        cells, ids = random_cells(310, seed=12)
        smallest, largest = s2_ranges(ids)
        assert_array_equal(smallest, uint64(cell.range_min() for cell in cells))
        assert_array_equal(largest, uint64(cell.range_max() for cell in cells))

    def test_children_equal_the_oracle(self):
        cells, ids = random_cells(300, seed=13, levels=range(30))
        expected = [uint64(cell.children()) for cell in cells]
        assert_array_equal(s2_children(ids), expected)

    def test_contains_and_intersects_equal_the_oracle(self):
        cells, ids = random_cells(93, seed=14, levels=range(6))
        inside = [CellId(int(i)) for i in s2_parents(s2_leaf_ids(CITIES * 4), 7)]
        cells += inside + [cell.parent(k % 8) for k, cell in enumerate(inside)]
        ids = uint64(cells)
        contains = [[a.contains(b) for b in cells] for a in cells]
        intersects = [[a.intersects(b) for b in cells] for a in cells]
        found = s2_contains(ids[:, np.newaxis], ids)
        assert_array_equal(found, contains)
        assert_array_equal(s2_intersects(ids[:, np.newaxis], ids), intersects)
        # Containment is to be one's own ancestor of that level.
        deeper = s2_levels(ids) >= s2_levels(ids)[:, np.newaxis]
        for row, level in enumerate(s2_levels(ids)):
            same = s2_parents(ids[deeper[row]], level) == ids[row]
            assert_array_equal(found[row, deeper[row]], same)
            assert not found[row, ~deeper[row]].any()

    def test_one_cell_against_many(self):
        leaves = s2_leaf_ids(CITIES)
        assert_array_equal(
            s2_contains(0x47F0000000000000, leaves), [True] + [False] * 7
        )

    @settings(deadline=None, max_examples=60)
    @given(st.lists(ids_of_cells, min_size=1, max_size=20))
    def test_up_and_down(self, numbers):
        ids = np.array(numbers, dtype=np.uint64)
        assert s2_is_valid(ids).all()
        assert_array_equal(s2_ids_from_tokens(s2_tokens(ids)), ids)
        ids = ids[s2_levels(ids) < 30]
        children = s2_children(ids)
        levels = s2_levels(ids)
        assert_array_equal(s2_levels(children), np.repeat(levels, 4).reshape(-1, 4) + 1)
        parents = s2_parents(children, np.repeat(levels, 4).reshape(-1, 4))
        assert_array_equal(parents, np.repeat(ids, 4).reshape(-1, 4))
        # The ranges of the children tile the parent's.
        smallest, largest = s2_ranges(children)
        low, high = s2_ranges(ids)
        assert_array_equal(smallest[:, 0], low)
        assert_array_equal(largest[:, 3], high)
        assert_array_equal(largest[:, :3] + np.uint64(2), smallest[:, 1:])
        assert s2_contains(ids[:, np.newaxis], children).all()
        assert not s2_contains(children, ids[:, np.newaxis]).any()
        assert s2_intersects(children, ids[:, np.newaxis]).all()


class TestTokens:
    def test_equal_the_oracle_and_come_back(self):
        cells, ids = random_cells(1550, seed=15)
        tokens = s2_tokens(ids)
        assert_array_equal(tokens, [cell.to_token() for cell in cells])
        assert_array_equal(s2_ids_from_tokens(tokens), ids)
        assert_array_equal(
            s2_ids_from_tokens(tokens), uint64(map(CellId.from_token, tokens.tolist()))
        )

    def test_x_is_no_cell(self):
        assert_array_equal(s2_ids_from_tokens(["X", "1"]), [0, 1 << 60])
        assert_array_equal(s2_tokens([0, 1 << 60]), ["X", "1"])


class TestValidity:
    def test_equals_the_oracle(self):
        _, ids = random_cells(310, seed=16)
        rng = np.random.default_rng(17)
        noise = rng.integers(0, 1 << 63, size=300, dtype=np.uint64) * np.uint64(2)
        shifts = rng.integers(0, 62, size=300).astype(np.uint64)
        numbers = np.concatenate(
            [ids, ids << np.uint64(1), ids >> np.uint64(1), noise, noise << shifts]
            + [np.array([0, 1, 2, 4, (1 << 64) - 2, 6 << 61], dtype=np.uint64)]
        )
        expected = [CellId(int(number)).is_valid() for number in numbers]
        assert 300 < sum(expected) < len(expected) - 300
        assert_array_equal(s2_is_valid(numbers), expected)

    @pytest.mark.parametrize(
        "function",
        [s2_levels, s2_faces, s2_ranges, s2_children, s2_tokens,
         lambda ids: s2_parents(ids, 0), lambda ids: s2_contains([1], ids),
         lambda ids: s2_intersects([1], ids)],
    )  # fmt: skip
    def test_invalid_ids_are_named(self, function):
        ids = np.array([1 << 60, 2, 0xC000000000000001], dtype=np.uint64)
        with pytest.raises(ValueError, match=r"row 1: 2 \(0x0000000000000002\) is not"):
            function(ids)
        with pytest.raises(ValueError, match=r"row 0: 13835058055282163713 \(0xc0"):
            function(ids[2:])

    @pytest.mark.parametrize(
        ("function", "name"),
        [
            (lambda ids: s2_contains(ids, [1]), "cells"),
            (lambda ids: s2_contains([1], ids), "ids"),
            (lambda ids: s2_intersects(ids, [1]), "a"),
            (lambda ids: s2_intersects([1], ids), "b"),
        ],
    )
    def test_the_argument_is_named(self, function, name):
        with pytest.raises(ValueError, match=rf"^{name}, row 1: 2 .* of an S2 cell\."):
            function([1 << 60, 2])

    def test_shapes_are_kept(self):
        ids = s2_children(s2_ids_at_level(2).reshape(4, 24))
        for function in (s2_faces, s2_is_valid):
            assert function(ids).shape == (4, 24, 4)
            assert function([]).shape == (0,)
            assert function(np.zeros(0, dtype=np.uint64)).shape == (0,)

    def test_no_cell_is_no_valid_id(self):
        with pytest.raises(ValueError, match=r"row 1: 0 .* drop it first"):
            s2_levels([1 << 60, 0])
