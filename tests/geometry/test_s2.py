# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From places to S2 cells against s2sphere."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from s2sphere import Cell, CellId, LatLng

from sklearn_geo.geometry import (
    _s2_curve,
    s2_cell_ids,
    s2_contains,
    s2_leaf_ids,
    s2_levels,
    s2_parents,
)
from tests.geometry.common import random_places
from tests.geometry.common_s2 import CITIES, oracle_leaves, random_cells, uint64


def nudged(places, rng):
    """Move places by a few units in the last place of either coordinate."""
    moved = np.array(places, dtype=np.float64)
    steps = rng.integers(-3, 4, size=moved.shape)
    for k in range(1, 4):
        for sign in (-1, 1):
            moved = np.where(
                steps * sign >= k, np.nextafter(moved, sign * np.inf), moved
            )
    moved[:, 0] = np.clip(moved[:, 0], -90.0, 90.0)
    return moved


def lattice_places():
    latitudes = [-90.0, -60.0, -45.0, -30.0, 0.0, 30.0, 45.0, 60.0, 90.0, -0.0]
    latitudes += [math.degrees(math.atan(k)) for k in (0.5**0.5, -(0.5**0.5))]
    longitudes = np.r_[np.arange(-180.0, 181.0, 15.0), -0.0, 179.9999999, 540.0]
    grid = np.meshgrid(latitudes, longitudes, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 2)


def seam_places():
    """Places where two components of the unit vector are equal, or nearly."""
    rng = np.random.default_rng(5)
    longitude = rng.uniform(-180.0, 180.0, 400)
    # |z| = |x| or |z| = |y|: the border of the polar faces.
    tangent = np.maximum(
        np.abs(np.cos(np.radians(longitude))), np.abs(np.sin(np.radians(longitude)))
    )
    polar = np.column_stack([np.degrees(np.arctan(tangent)), longitude])
    polar[::2, 0] *= -1
    # |x| = |y|: the borders between the faces around the equator.
    equatorial = np.column_stack(
        [rng.uniform(-40.0, 40.0, 400), rng.choice([-135.0, -45.0, 45.0, 135.0], 400)]
    )
    antimeridian = np.column_stack(
        [rng.uniform(-90.0, 90.0, 200), rng.choice([-180.0, 180.0], 200)]
    )
    exact = np.vstack([polar, equatorial, antimeridian])
    return np.vstack([exact, nudged(exact, rng), nudged(exact, rng)])


def border_places():
    """Corners and middles of cells of all levels, and places a few ulp away."""
    cells, _ = random_cells(620, seed=6)
    places = []
    for k, cell in enumerate(cells):
        point = cell.to_point() if k % 5 == 4 else Cell(cell).get_vertex(k % 5)
        place = LatLng.from_point(point)
        places.append([place.lat().degrees, place.lng().degrees])
    rng = np.random.default_rng(7)
    return np.vstack([places, *(nudged(places, rng) for _ in range(3))])


HARD_PLACES = {
    "lattice": lattice_places,
    "seams": seam_places,
    "borders of cells": border_places,
}


class TestLeafIds:
    def test_equal_the_oracle_everywhere(self):
        places = random_places(50_000, seed=0)
        ids = s2_leaf_ids(places)
        assert ids.dtype == np.uint64
        assert_array_equal(ids, oracle_leaves(places))

    def test_equal_the_oracle_near_cities(self):
        rng = np.random.default_rng(1)
        centers = np.repeat(CITIES, 400, axis=0)
        places = centers + rng.normal(scale=0.02, size=centers.shape)
        places[::4] = places[::4].round(4)
        assert_array_equal(s2_leaf_ids(places), oracle_leaves(places))

    @pytest.mark.parametrize("kind", HARD_PLACES)
    def test_equal_the_oracle_where_it_is_hard(self, kind):
        places = HARD_PLACES[kind]()
        assert_array_equal(s2_leaf_ids(places), oracle_leaves(places))

    @pytest.mark.parametrize("kind", HARD_PLACES)
    def test_do_not_depend_on_the_sines_of_numpy(self, kind, monkeypatch):
        # A numpy whose sines and cosines are up to 8 units in the last place off.
        rng = np.random.default_rng(2)
        exact = _s2_curve._exact_vectors

        def noisy(places):
            latitude, longitude = np.radians(places).T
            sines = np.array(
                [
                    np.cos(latitude),
                    np.sin(latitude),
                    np.cos(longitude),
                    np.sin(longitude),
                ]
            )
            sines += rng.integers(-8, 9, size=sines.shape) * np.spacing(np.abs(sines))
            around, z, cosine, sine = sines
            return cosine * around, sine * around, z

        places = np.vstack([HARD_PLACES[kind](), random_places(1000, seed=3)])
        expected = oracle_leaves(places)
        monkeypatch.setattr(_s2_curve, "_fast_vectors", noisy)
        assert_array_equal(s2_leaf_ids(places), expected)
        # The noise matters: without the second look many ids would be wrong.
        monkeypatch.setattr(_s2_curve, "_exact_vectors", noisy)
        assert (s2_leaf_ids(places) != expected).sum() > 10
        # And the second look alone is the oracle's arithmetic.
        monkeypatch.setattr(_s2_curve, "_fast_vectors", exact)
        monkeypatch.setattr(_s2_curve, "_exact_vectors", exact)
        assert_array_equal(s2_leaf_ids(places), expected)

    def test_few_places_need_a_second_look(self, monkeypatch):
        looked_at = []
        exact = _s2_curve._exact_vectors

        def counting(places):
            looked_at.append(len(places))
            return exact(places)

        monkeypatch.setattr(_s2_curve, "_exact_vectors", counting)
        s2_leaf_ids(random_places(100_000, seed=4))
        # Two coordinates, each doubtful on 2 * 2**-14 of a leaf: 24 places expected.
        assert 0 < sum(looked_at) < 100

    def test_rows_are_independent_of_the_blocks(self, monkeypatch):
        places = np.vstack([random_places(500, seed=8), lattice_places()])
        expected = s2_leaf_ids(places)
        monkeypatch.setattr(_s2_curve, "BLOCK_ROWS", 7)
        assert_array_equal(s2_leaf_ids(places), expected)
        assert_array_equal(s2_leaf_ids(places[::-1]), expected[::-1])
        assert_array_equal(s2_leaf_ids(np.asfortranarray(places)), expected)

    def test_180_is_minus_180(self):
        for latitude in (-80.0, -10.0, 0.0, 33.3, 90.0):
            east, west = s2_leaf_ids([[latitude, 180.0], [latitude, -180.0]])
            assert east == west

    def test_the_input_stays_as_it_was(self):
        places = lattice_places()
        before = places.copy()
        places.flags.writeable = False
        s2_leaf_ids(places)
        assert_array_equal(places, before)

    def test_bad_places_are_named(self):
        with pytest.raises(ValueError, match=r"row 1: latitude 91\.0"):
            s2_leaf_ids([[0.0, 0.0], [91.0, 0.0]])


class TestCellIds:
    @pytest.mark.parametrize("level", range(31))
    def test_cell_ids_equal_the_oracle(self, level):
        places = np.vstack([random_places(100, seed=level), CITIES])
        leaves = [CellId(int(leaf)) for leaf in oracle_leaves(places)]
        expected = uint64(leaf.parent(level) for leaf in leaves)
        assert_array_equal(s2_cell_ids(places, level), expected)
        assert_array_equal(s2_parents(uint64(leaves), level), expected)
        assert_array_equal(s2_levels(expected), np.full(len(places), level))

    def test_one_level_a_place(self):
        places = random_places(31, seed=9)
        levels = np.arange(31)
        expected = uint64(
            CellId(int(leaf)).parent(level)
            for leaf, level in zip(oracle_leaves(places), range(31), strict=True)
        )
        assert_array_equal(s2_cell_ids(places, levels), expected)
        assert_array_equal(s2_parents(s2_leaf_ids(places), levels), expected)
        assert_array_equal(s2_levels(expected), levels)

    @settings(deadline=None, max_examples=60)
    @given(
        st.floats(-90.0, 90.0),
        st.floats(-540.0, 540.0, allow_subnormal=False),
        st.integers(0, 30),
    )
    def test_a_place_is_in_its_cell(self, latitude, longitude, level):
        place = [[latitude, longitude]]
        leaf, cell = s2_leaf_ids(place), s2_cell_ids(place, level)
        assert_array_equal(leaf, oracle_leaves(place))
        assert s2_contains(cell, leaf).all()
        assert_array_equal(s2_levels(cell), [level])


def test_of_equal_components_the_last_is_the_face():
    # x and y, x and z, y and z, all three; of either sign.
    vectors = np.array([[2, 2, 1], [3, 0, -3], [1, -5, 5], [4, -4, 4], [2, 1, 1]])
    axis, largest, first, second = _s2_curve.split_by_face(*vectors.T)
    assert axis.tolist() == [1, 2, 2, 2, 0]
    assert largest.tolist() == [2, -3, 5, 4, 2]
    # u and v of face 1 are -x and z over y, of face 2 -x and -y over z.
    assert first.tolist() == [-2, -3, -1, -4, 1]
    assert second.tolist() == [1, 0, 5, 4, 1]
