# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Centres where a hair decides, or must not."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial import cKDTree

from sklearn_geo.geometry import (
    _centers,
    bearing,
    destination,
    geometric_median,
    haversine,
    pairwise_haversine,
    spherical_mean,
    spherical_mode,
    unit_vectors,
)
from tests.geometry.common import random_places
from tests.geometry.common_delaunay import cluster, grid


@pytest.mark.parametrize("seed", range(3))
def test_the_first_of_many_alike(seed):
    # 450 places, none near another: more than are looked at together.
    places = grid(np.arange(-80, 81, 8.0), np.arange(-180, 180, 16.0))[:450]
    np.random.default_rng(seed).shuffle(places)
    assert_array_equal(spherical_mode(places, radius_km=1.0), places[0])


@pytest.mark.parametrize("more", [1e-10, 1e-11])
def test_a_little_more_weight_decides(more):
    places = [[0.0, 0.0], [40.0, 0.0]]
    assert_array_equal(spherical_mode(places, [1, 1 + more], radius_km=1), [40, 0])
    assert_array_equal(spherical_mode(places, [1 + more, 1], radius_km=1), [0, 0])
    # The last digit does not.
    assert_array_equal(spherical_mode(places, [1, 1 + 4e-16], radius_km=1), [0, 0])


@pytest.mark.parametrize("less", [1e-9, 1e-11])
def test_a_little_less_distance_decides(less):
    # Two pairs, the first 0.1 millimetres farther apart, or a hundredth of that.
    places = [[0.0, 0.0], [0.0, 0.1 + less], [40.0, 0.0], [40.1, 0.0]]
    assert spherical_mode(places)[0] >= 40.0
    assert spherical_mode(places[2:] + places[:2])[0] >= 40.0


def test_the_border_is_that_of_haversine():
    # To the last bit, at any distance.
    rng = np.random.default_rng(0)
    starts = random_places(150)
    ends = destination(starts, rng.uniform(0, 360, 150), rng.uniform(1, 15_000, 150))
    for start, end, km in zip(starts, ends, haversine(starts, ends), strict=True):
        places = [start, end, [-start[0], start[1] + 180.0]]
        weights = [1.0, 1.0, 1.5]
        assert_array_equal(spherical_mode(places[:2], radius_km=km), start)
        for radius_km, is_near in ((km, True), (np.nextafter(km, 0.0), False)):
            found = spherical_mode(places, weights, radius_km=radius_km)
            near_other = haversine([end], [places[2]])[0] <= radius_km
            if not near_other:
                assert (found.tolist() == start.tolist()) == is_near


def test_a_little_more_weight_gives_a_mean():
    places = [[0.0, 0.0], [0.0, 180.0]]
    assert_allclose(spherical_mean(places, [1, 1 - 1e-10]), [0, 0], atol=1e-5)
    assert_allclose(spherical_mean(places, [1 - 1e-10, 1]), [0, -180], atol=1e-5)


@pytest.mark.parametrize("apart_km", [25.0, 25.001, 24.999])
def test_weight_around_places_a_radius_apart(apart_km):
    # Two crowds of some metres: from the middle of a piece it is by metres, less than
    # how far the piece reaches, that all of a crowd is around it or not.
    rng = np.random.default_rng(0)
    (other,) = destination([[50.0, 3.0]], 70.0, apart_km)
    for radius_km in (0.001, 0.003, 0.01):
        places = np.concatenate(
            [cluster(middle, radius_km, 150, 1) for middle in ([50.0, 3.0], other)]
        )
        weights = rng.exponential(size=300)
        tree = cKDTree(unit_vectors(places))
        found = _centers._gathered_weights(places, weights, tree, 25.0)
        expected = (pairwise_haversine(places) <= 25.0) @ weights
        known = np.isfinite(found)
        assert known[expected.argmax()]
        assert_allclose(found[known], expected[known], rtol=1e-12)


@pytest.mark.parametrize("size", [1e-5, 1e-4, 1.0])
def test_the_median_sees_three_places_at_equal_angles(size):
    # Fermat's point; the places are some metres apart, or less.
    corners = destination([[48.0, 11.0]], [0.0, 105.0, 240.0], size * 111.2)
    median = geometric_median(corners, tol_km=1e-9)
    seen = np.sort(bearing([median], corners))
    assert_allclose(np.diff(seen), 120.0, atol=1e-3)


def test_the_median_is_not_quite_a_place():
    # A place that holds a hair less than two others draw is no median.
    start = [35.264, 45.0]
    away = destination([start], [20.0, 110.0], 300.0)
    weights = [math.sqrt(2.0) * (1.0 - 3e-5), 1.0, 1.0]
    median = geometric_median([start, *away], weights, tol_km=1e-9)
    assert 1e-4 < haversine([median], [start])[0] < 1.0
    weights[0] = math.sqrt(2.0) * (1.0 + 3e-5)
    assert_array_equal(geometric_median([start, *away], weights), start)


@pytest.mark.parametrize("seed", range(4))
def test_the_median_has_no_slope(seed):
    # What draws from it cancels, to the digits that vectors have.
    places = random_places(15, seed) * [0.3, 0.1]
    median = geometric_median(places, tol_km=1e-9)
    assert haversine([median], places).min() > 1.0
    theta = np.radians(bearing([median], places))
    assert_allclose([np.sin(theta).sum(), np.cos(theta).sum()], 0.0, atol=1e-9)


@pytest.mark.parametrize("north", [0.1, 0.3, 4.0])
def test_a_place_that_costs_a_hair_more_is_no_way_down(north):
    # A light place amid two heavy ones at 120 degrees is a minimum, and from a little
    # north of it, where less than a millionth is gained, the way leads on to the north.
    vectors = unit_vectors([[0, 0], [0, 120], [0, -120]])
    weights = np.array([1e-4, 0.5 - 5e-5, 0.5 - 5e-5])
    (start,) = unit_vectors([[north, 0]])
    before = weights @ np.arccos(vectors @ start)
    assert before < (1 - 1e-4) * math.radians(120.0) * (1.0 - 1e-7)
    cost, *_ = _centers._descend(start, vectors, weights, 100, 1e-12)
    assert cost <= before


@pytest.mark.parametrize("step", [1e-9, 1e-12])
def test_places_nearly_equal_are_two(step):
    places = [[0.0, step], [0.0, 2 * step], [40.0, 0.0]]
    assert_array_equal(spherical_mode(places, [2, 2, 3], radius_km=0.0), [40.0, 0.0])
    assert_array_equal(spherical_mode(places, [2, 2, 3]), places[0])
