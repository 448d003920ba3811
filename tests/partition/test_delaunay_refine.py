# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The rounds of a growing mesh, step by step."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import (
    SphericalDelaunay,
    bearing,
    destination,
    spherical_mean,
    unit_vectors,
)
from sklearn_geo.partition import _delaunay_refine as refine

OCTAHEDRON = SphericalDelaunay([[90, 0], [-90, 0], [0, 0], [0, 90], [0, 180], [0, -90]])


def middles(places, weights, most):
    places = np.asarray(places, dtype=float)
    at = OCTAHEDRON.locate(places)
    found = refine._middles(
        OCTAHEDRON, at, unit_vectors(places), np.asarray(weights, float), most
    )
    return found


def test_mean_of_the_places_in_overfull_triangles_only():
    full, other = [[40, 30], [50, 40], [45, 60]], [[-30, -30], [-40, -40]]
    assert_allclose(middles(full + other, np.ones(5), 2), [spherical_mean(full)])
    assert len(middles(full + other, np.ones(5), 3)) == 0
    heavy = middles(full + other, [5, 1, 1, 1, 1], 2)
    assert_allclose(heavy, [spherical_mean(full, [5, 1, 1])])
    assert len(middles(full + other, np.ones(5), 1)) == 2
    for power in (-1000, -600, 600, 1000):
        unit = 2.0**power
        same = middles(full + other, unit * np.array([5, 1, 1, 1, 1]), 2 * unit)
        assert_array_equal(same, heavy)


def test_places_in_a_corner_stay_out_of_the_mean():
    # Four metres from the corner at (0, 0), and four places elsewhere.
    corner = destination([[0.0, 0.0]], [45.0], [0.004]).tolist()
    full = [[40, 30], [50, 40], [45, 60], [20, 20]]
    assert_allclose(middles(corner + full, np.ones(5), 3), [spherical_mean(full)])


def test_a_corner_that_holds_too_much_alone():
    corner = destination([[0.0, 0.0]], [45.0], [0.004]).tolist()
    others = [[40, 30], [50, 40]]
    # Three in the corner are just not too many.
    found = middles(corner * 3 + others[:1], np.ones(4), 3)
    assert_allclose(found, others[:1])
    # Six in the corner and two elsewhere: no cut helps. Four elsewhere are cut.
    assert len(middles(corner * 6 + others, np.ones(8), 3)) == 0
    found = middles(corner * 6 + others * 2, np.ones(10), 3)
    assert_allclose(found, [spherical_mean(others)])
    found = middles(corner * 6 + others, [1.0] * 6 + [2.0, 2.0], 3)
    assert_allclose(found, [spherical_mean(others)])
    # One that counts as six is as good as six.
    found = middles(corner + others, [6.0, 1.0, 1.0], 3)
    assert len(found) == 0


@pytest.mark.parametrize("corner", range(3))
@pytest.mark.parametrize("side", [1, -1])
def test_each_triangle_has_corners_of_its_own(corner, side):
    # One triangle is cut. In that on the other side of the globe six places are near
    # one corner and two elsewhere: no cut helps.
    full = np.array([[40, 30], [50, 40], [45, 60]]) * [side, side]
    corners = np.array([[90, 0], [0, 180], [0, -90]])[corner] * [-side, side]
    middle = np.array([-45.0, -135.0]) * [side, side]
    near = destination([corners], bearing([corners], [middle]), [0.004]).tolist()
    places = [*full.tolist(), *near * 6, middle.tolist(), middle.tolist()]
    assert_allclose(middles(places, np.ones(11), 2), [spherical_mean(full)])


def test_places_in_corners_only_are_cut_between_them():
    # Also where both are farthest from the third corner, which holds none of them.
    for from_one, from_other in ((45.0, 135.0), (10.0, 170.0)):
        one = destination([[0.0, 0.0]], [from_one], [0.004]).tolist()
        other = destination([[90.0, 0.0]], [from_other], [0.004]).tolist()
        found = middles(one * 2 + other * 2, np.ones(4), 3)
        assert_allclose(found, [spherical_mean(one + other)])
    # A corner of another triangle, that holds too much alone, does not matter.
    alone = destination([[0.0, 180.0]], [135.0], [0.004]).tolist()
    found = middles(one * 2 + other * 2 + alone * 6, np.ones(10), 3)
    assert_allclose(found, [spherical_mean(one + other)])


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("heavy", [0, 1])
def test_a_mean_in_a_corner_of_one_of_many_triangles(side, heavy):
    # Six metres from a corner, in two directions; their mean is nearer to it than five.
    bearings = np.array([1.0, 89.0]) if side == 1 else np.array([181.0, 269.0])
    beside = destination(np.zeros((2, 2)), bearings, [0.006, 0.006])
    # One triangle in the north and one in the south are full as well.
    others = [[60.0, -100.0], [-60.0, 100.0]]
    weights = np.array([0.2, 0.2, 0.3, 0.3])
    weights[heavy] = 0.25
    found = middles([*beside, *others], weights, 0.1)
    expected = np.vstack([others, beside[[heavy]]])
    assert_allclose(found[np.lexsort(found.T)], expected[np.lexsort(expected.T)])


def test_a_mean_in_a_corner_is_replaced_by_the_nearest_place():
    # Two places beside a corner, seven and six metres from it, to its east and west.
    corner = np.array([[10.0, 20.0]])
    beside = destination(np.repeat(corner, 2, axis=0), [90.0, 270.0], [0.007, 0.006])
    # A mean to the west of it, four metres from the nearer one.
    mean = unit_vectors(destination(corner, [270.0], [0.002]))
    corners = unit_vectors(np.vstack([corner, [[11.0, 20.0], [11.0, 21.0]]]))
    found = refine._leave_corners(
        mean.copy(), corners[np.newaxis], unit_vectors(beside), np.array([0, 0])
    )
    assert_allclose(found, unit_vectors(beside[1:]))
    # With nothing elsewhere it stays, and is merged with the corner later.
    alone = refine._leave_corners(
        mean.copy(), corners[np.newaxis], np.empty((0, 3)), np.empty(0, dtype=int)
    )
    assert_allclose(alone, mean)


def test_positions_of_triangles_by_hand():
    triangles = np.array([[0, 1, 2], [0, 2, 3], [1, 4, 2]])
    wanted = np.array([[1, 4, 2], [0, 1, 3], [0, 1, 2]])
    assert_array_equal(refine._positions(triangles, wanted), [2, -1, 0])


@pytest.mark.parametrize("most", [3, 20])
def test_places_move_as_if_located_anew(most):
    rng = np.random.default_rng(0)
    places = np.c_[rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500)]
    at = OCTAHEDRON.locate(places)
    inserted = refine._middles(OCTAHEDRON, at, unit_vectors(places), np.ones(500), most)
    grown = SphericalDelaunay(np.vstack([OCTAHEDRON.vertices, inserted]))
    moved = refine._move(OCTAHEDRON, grown, at, places)
    assert_array_equal(moved, grown.locate(places))


def test_means_of_groups_of_very_different_weights():
    axes = np.vstack([np.eye(3), -np.eye(3), [[0.6, 0.8, 0.0], [0.0, -0.6, -0.8]]])
    weights = np.ldexp(np.ones(8), np.tile([900, -900], 4))
    found = refine._means(axes, weights, np.arange(8), 8)
    assert_allclose(found, axes, rtol=1e-15, atol=0)
    assert_allclose(refine._means(axes, weights[::-1], np.arange(8), 8), axes)
