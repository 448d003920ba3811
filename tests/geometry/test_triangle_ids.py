# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ids of triangles. What S2 cells have too is in test_quad_ids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_geo.geometry import (
    TRIANGLE_MAX_LEVEL,
    triangle_centers,
    triangle_children,
    triangle_contains,
    triangle_ids,
    triangle_ids_at_level,
    triangle_ids_from_tokens,
    triangle_levels,
    triangle_parents,
    triangle_ranges,
    triangle_tokens,
)
from tests.geometry.common import random_places
from tests.geometry.common_triangles import latitudes, longitudes


@pytest.mark.parametrize("level", [0, 1, 3])
def test_ids_at_level(level):
    ids = triangle_ids_at_level(level)
    assert len(ids) == 1922 * 4**level
    assert (ids[1:] > ids[:-1]).all()
    assert (triangle_levels(ids) == level).all()
    np.testing.assert_array_equal(triangle_ids(triangle_centers(ids), level), ids)
    if level:
        above = triangle_ids_at_level(level - 1)
        np.testing.assert_array_equal(triangle_children(above).ravel(), ids)


def test_sorting_groups_descendants():
    leaves = np.sort(triangle_ids(random_places(5_000), 26))
    for level in (0, 2, 4):
        parents = triangle_parents(leaves, level)
        assert (parents[1:] >= parents[:-1]).all()
        cells, counts = np.unique(parents, return_counts=True)
        first, last = triangle_ranges(cells)
        found = np.searchsorted(leaves, last, "right") - np.searchsorted(leaves, first)
        np.testing.assert_array_equal(found, counts)
        # Ranges of one level do not overlap, and all of them together leave no gap.
        assert (first[1:] > last[:-1]).all()
    first, last = triangle_ranges(triangle_ids_at_level(2))
    assert first[0] == 1
    np.testing.assert_array_equal(first[1:], last[:-1] + np.uint64(2))


def test_contains():
    ids = triangle_ids(random_places(1), np.array([7]))
    parent = triangle_parents(ids, 6)
    family = triangle_children(parent)[0]
    np.testing.assert_array_equal(triangle_contains(parent, family), [True] * 4)
    np.testing.assert_array_equal(triangle_contains(family, parent), [False] * 4)
    np.testing.assert_array_equal(triangle_contains(ids, family), family == ids)
    assert triangle_contains(ids, ids).all()


@settings(deadline=None, max_examples=150)
@given(latitudes, longitudes, st.integers(0, TRIANGLE_MAX_LEVEL))
def test_tokens_come_back(latitude, longitude, level):
    ids = triangle_ids([[latitude, longitude]], level)
    token = triangle_tokens(ids)[0]
    assert token == f"{int(ids[0]):016x}".rstrip("0")
    assert triangle_ids_from_tokens([token])[0] == ids[0]
    assert triangle_ids_from_tokens(token.upper())[0] == ids[0]


@pytest.mark.parametrize(
    "number",
    [
        # No triangle: nothing here answers with it.
        0,
        # 2 * 1922 + 1 would be the base triangle after the last.
        (2 * 1922 + 1) << 52,
        # The closing bit above that of base triangles.
        1 << 54,
    ],
)
@pytest.mark.parametrize(
    "function", [triangle_levels, triangle_children, triangle_ranges, triangle_tokens]
)
def test_numbers_that_are_no_ids(function, number):
    with pytest.raises(
        ValueError, match=rf"row 1: {number} .* is not the id of a tri"
    ) as error:
        function([1, number])
    assert "no cell" not in str(error.value)
