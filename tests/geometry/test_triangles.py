# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which triangle a place lies in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sklearn_geo.geometry import (
    N_BASE_TRIANGLES,
    TRIANGLE_MAX_LEVEL,
    triangle_contains,
    triangle_ids,
    triangle_levels,
    triangle_parents,
)
from tests.geometry.common import random_places
from tests.geometry.common_triangles import latitudes, longitudes, slow_id


def test_worked_by_hand():
    # (0, 0) is u = v = 15.5: the middle of cell (15, 15), on the diagonal, which the
    # upper triangle owns. Base 2 * (31 * 15 + 15) + 1 = 961.
    assert triangle_ids([[0.0, 0.0]], 0)[0] == (2 * 961 + 1) << 52
    # It is the midpoint of that triangle's longest edge. What lies north-east of it is
    # the middle child, 3, which owns its western and southern edge and their corner.
    assert triangle_ids([[0.0, 0.0]], 1)[0] == (2 * (4 * 961 + 3) + 1) << 50


@pytest.mark.parametrize(
    ("place", "base"),
    [
        # v = 0 and u = 15.5: cell (15, 0), lower triangle.
        ((-90.0, 17.0), 2 * 15),
        # v = 31 counts to row 30, u = 15.5: upper triangle.
        ((90.0, -100.0), 2 * (31 * 30 + 15) + 1),
        # u = 0, v = 15.5: cell (0, 15), lower.
        ((0.0, -180.0), 2 * 31 * 15),
        ((0.0, 180.0), 2 * 31 * 15),
        # Just west of the antimeridian: column 30, upper.
        ((0.0, 179.999), 2 * (31 * 15 + 30) + 1),
        # sin 30 = 1/2: v = 23.25; u = 31 * 270 / 360 = 23.25; lower of cell (23, 23).
        ((30.0, 90.0), 2 * (31 * 23 + 23)),
    ],
)
def test_base_triangle_worked_by_hand(place, base):
    assert triangle_ids(np.array([place]), 0)[0] == (2 * base + 1) << 52


@pytest.mark.parametrize("place", [[48.9, 2.3], [-33.9, 151.2], [71.3, -156.8]])
def test_leaves_in_rational_numbers(place):
    assert triangle_ids([place], TRIANGLE_MAX_LEVEL)[0] == slow_id(*place, 26)


@pytest.mark.parametrize(
    "place",
    [
        # u + v is a border of leaves, and would be less without the 48th bits.
        [54.587318112501805, 82.64649609232228],
        # u + v would be a border with 49 bits, and is less without the last.
        [-23.618340313375313, -16.984880686478686],
    ],
)
def test_places_are_cut_to_48_bits(place):
    assert triangle_ids([place], TRIANGLE_MAX_LEVEL)[0] == slow_id(*place, 26)


@settings(deadline=None, max_examples=150)
@given(latitudes, longitudes, st.integers(0, TRIANGLE_MAX_LEVEL))
def test_one_triangle_of_a_level_holds_a_place(latitude, longitude, level):
    expected = slow_id(latitude, longitude, level)
    assert int(triangle_ids([[latitude, longitude]], level)[0]) == expected


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=10))
def test_levels_are_nested(places):
    level = np.repeat(np.arange(TRIANGLE_MAX_LEVEL + 1), len(places))
    places = np.tile(np.array(places), (TRIANGLE_MAX_LEVEL + 1, 1))
    ids = triangle_ids(places, level)
    leaves = triangle_ids(places, TRIANGLE_MAX_LEVEL)
    np.testing.assert_array_equal(triangle_parents(leaves, level), ids)
    np.testing.assert_array_equal(triangle_levels(ids), level)
    assert triangle_contains(ids, leaves).all()


def test_a_pole_is_one_place_and_so_is_the_antimeridian():
    longitude = np.arange(-180.0, 181.0, 7.5)
    for pole in (-90.0, 90.0):
        ids = triangle_ids(np.column_stack([np.full(49, pole), longitude]), 26)
        assert len(set(ids.tolist())) == 1
    latitude = np.linspace(-89.0, 89.0, 31)
    east = np.column_stack([latitude, np.full(31, 180.0)])
    west = np.column_stack([latitude, np.full(31, -180.0)])
    np.testing.assert_array_equal(triangle_ids(east, 26), triangle_ids(west, 26))


def test_rows_are_independent():
    places = random_places(70_000)
    ids = triangle_ids(places, 26)
    order = np.random.default_rng(1).permutation(len(places))
    np.testing.assert_array_equal(triangle_ids(places[order], 26), ids[order])
    fortran = np.asfortranarray(places)
    np.testing.assert_array_equal(triangle_ids(fortran, 26), ids)
    for row in range(0, 70_000, 700):
        assert triangle_ids(places[row : row + 1], 26)[0] == ids[row]


def test_a_level_for_each_place():
    places = random_places(27)
    ids = triangle_ids(places, np.arange(27))
    np.testing.assert_array_equal(triangle_levels(ids), np.arange(27))
    assert triangle_contains(ids, triangle_ids(places, 26)).all()


def test_triangles_get_equally_many_uniform_places():
    counts = np.unique(triangle_ids(random_places(400_000), 0), return_counts=True)[1]
    assert len(counts) == N_BASE_TRIANGLES
    # Chi-square: a mesh of unequal areas would give a p of practically zero.
    assert stats.chisquare(counts).pvalue > 1e-4
