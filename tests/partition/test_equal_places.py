# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equal places, and places at one spot, as one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import destination, haversine, pairwise_haversine
from sklearn_geo.partition._equal_places import merge_equal, merge_near
from tests.partition.common import photos


def test_equal_places_by_hand():
    places = np.array(
        [[10, 5], [-3, 7], [10, 5], [90, 1], [90, 2], [0.0, 1], [-0.0, 1]]
    )
    distinct, masses, row = merge_equal(places, None)
    assert_array_equal(distinct, [[-3, 7], [0, 1], [10, 5], [90, 0]])
    assert_array_equal(masses, [1, 2, 2, 2])
    assert masses.dtype == np.float64
    assert_array_equal(row, [2, 0, 2, 3, 3, 1, 1])
    _, masses, _ = merge_equal(places, np.array([1, 2, 4, 8, 16, 32, 64.0]))
    assert_array_equal(masses, [2, 96, 5, 24])
    (zero,), _, _ = merge_equal(np.array([[-0.0, -0.0]]), None)
    assert not np.signbit(zero).any()
    (zero,), _ = merge_near(np.array([[-1e-9, -1e-9]]), None)
    assert not np.signbit(zero[0])
    # A pole is one place.
    distinct, masses, _ = merge_equal(np.array([[-90.0, 5.0], [-90.0, 7.0]]), None)
    assert distinct.tolist() == [[-90.0, 0.0]]
    assert masses.tolist() == [2.0]


def test_order_does_not_matter():
    places = photos(1000)
    weights = np.random.default_rng(0).random(1000)
    order = np.random.default_rng(1).permutation(1000)
    for merge in (merge_equal, merge_near):
        one, other = merge(places, weights), merge(places[order], weights[order])
        assert_array_equal(one[0], other[0])
        assert_array_equal(one[1], other[1])


def test_spots_of_about_a_metre():
    places = np.vstack([photos(2000), [[90.0, 5.0], [89.9999999, 60.0], [-90.0, -7.0]]])
    found, masses = merge_near(places, None)
    assert masses.sum() == 2003
    assert len(found) < 1900
    # Every place is near to one.
    for place in places[::20]:
        assert haversine(found, place[np.newaxis]).min() < 0.0008
    assert (np.abs(found[:, 0]) == 90.0).sum() == 2


@pytest.mark.parametrize("latitude", [0.0, 48.0, -89.99, 89.9999, 90.0])
def test_no_two_spots_are_nearer_than_the_grid(latitude):
    # Some on the antimeridian, where a row of the grid meets itself.
    center = np.tile([[latitude, 180.0]], (400, 1))
    rng = np.random.default_rng(0)
    places = destination(center, rng.uniform(0, 360, 400), rng.uniform(0, 0.02, 400))
    found, _ = merge_near(places, None)
    assert 100 < len(found) < 400
    apart = pairwise_haversine(found, found)
    np.fill_diagonal(apart, 1.0)
    assert apart.min() > 0.0011


def test_spots_by_hand():
    # At 60 degrees north a step in longitude is two steps of latitude.
    places = np.array([[60.0, 0.0], [60.0, 0.000009], [60.0, 0.00004], [60.00001, 0.0]])
    found, masses = merge_near(places, np.array([1.0, 2.0, 4.0, 8.0]))
    assert_array_equal(masses, [3.0, 4.0, 8.0])
    assert_allclose(found[:, 0], [60.0, 60.0, 60.00001])
    assert_allclose(found[:, 1], [0.0, 0.00004, 0.0], atol=1e-5)
    # Rows are a hundred thousandth of a degree apart, everywhere.
    found, _ = merge_near(np.array([[12.345674, 0.0], [-76.543216, 0.0]]), None)
    assert_allclose(found[:, 0], [-76.54322, 12.34567], rtol=1e-12)
