# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Areas and centres of Delaunay triangles, and the object that has them."""

import pickle

import numpy as np
import pytest
from sklearn import config_context

from sklearn_geo.geometry import EARTH_RADIUS_KM, SphericalDelaunay
from tests.geometry.common import random_places
from tests.geometry.common_delaunay import (
    CASES,
    OCTAHEDRON,
    cartesian,
    triangulated,
)


@pytest.fixture(params=list(CASES))
def case(request):
    return triangulated(request.param)


def test_octahedron():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    assert octahedron.covers_globe
    assert octahedron.simplices.shape == (8, 3)
    np.testing.assert_allclose(
        octahedron.areas(), 4.0 * np.pi * EARTH_RADIUS_KM**2 / 8, rtol=1e-14
    )
    # Each octant has its own pole and two meridians a quarter of a turn apart.
    around = [{2, 3}, {3, 4}, {4, 5}, {5, 2}]
    expected = {frozenset({pole} | pair) for pole in (0, 1) for pair in around}
    assert {frozenset(map(int, t)) for t in octahedron.simplices} == expected
    # Octants across: the other hemisphere, and the two beside.
    for index, neighbors in enumerate(octahedron.neighbors):
        assert len(set(neighbors)) == 3
        for k, other in enumerate(neighbors):
            shared = set(octahedron.simplices[index]) & set(octahedron.simplices[other])
            assert shared == set(octahedron.simplices[index]) - {
                octahedron.simplices[index, k]
            }
    centers = np.abs(octahedron.centers())
    assert centers.dtype == octahedron.areas().dtype == np.float64
    np.testing.assert_allclose(
        centers[:, 0], np.degrees(np.arctan(np.sqrt(0.5))), rtol=1e-14
    )
    np.testing.assert_allclose(centers[:, 1] % 90.0, 45.0, rtol=1e-14)


def test_tetrahedron():
    low = -np.degrees(np.arcsin(1 / 3))
    delaunay = SphericalDelaunay([[90, 0], [low, 0], [low, 120], [low, -120]])
    assert delaunay.covers_globe
    np.testing.assert_allclose(delaunay.areas(radius_km=1.0), np.pi, rtol=1e-13)
    # Counterclockwise from above, the smallest first.
    assert delaunay.simplices.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]


def test_areas_sum_to_the_region(case):
    total = case.areas(radius_km=1.0).sum()
    if case.covers_globe:
        np.testing.assert_allclose(total, 4.0 * np.pi, rtol=1e-12)
        return
    # Girard's theorem for the polygon of the outer edges: angles minus (n - 2) pi.
    row, k = np.nonzero(case.neighbors < 0)
    start = case.simplices[row, (k + 1) % 3]
    end = case.simplices[row, (k + 2) % 3]
    after = dict(zip(start.tolist(), end.tolist(), strict=True))
    ring = [int(start[0])]
    while after[ring[-1]] != ring[0]:
        ring.append(after[ring[-1]])
    assert len(ring) == len(row)
    at = cartesian(case.vertices[ring])
    ahead, behind = np.roll(at, -1, axis=0), np.roll(at, 1, axis=0)
    one, other = np.cross(at, ahead), np.cross(at, behind)
    cosine = (one * other).sum(axis=1)
    angle = np.arctan2((np.cross(one, other) * at).sum(axis=1), cosine)
    angle[angle < 0.0] += 2.0 * np.pi
    polygon = angle.sum() - (len(ring) - 2) * np.pi
    np.testing.assert_allclose(total, polygon, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", ["half", "northern grid", "eastern grid"])
def test_area_of_a_hemisphere(name):
    delaunay = SphericalDelaunay(np.array(CASES[name], dtype=float))
    assert not delaunay.covers_globe
    np.testing.assert_allclose(
        delaunay.areas().sum(), 2.0 * np.pi * EARTH_RADIUS_KM**2, rtol=1e-12
    )


def test_small_areas_keep_their_digits():
    # A square of 0.002 degrees on the equator cut in two, with its middle: flat, with
    # an error of the square of its size, 1e-9.
    side = 0.002
    square = [[0, 0], [0, side], [side, side], [side, 0], [side / 2, side / 2]]
    delaunay = SphericalDelaunay(square)
    np.testing.assert_allclose(
        delaunay.areas(radius_km=1.0), np.radians(side) ** 2 / 4, rtol=1e-8
    )


def test_pickles_and_is_read_only():
    delaunay = SphericalDelaunay(random_places(60))
    places = random_places(200, seed=2)
    found = delaunay.locate(places)
    again = pickle.loads(pickle.dumps(delaunay))
    np.testing.assert_array_equal(again.locate(places), found)
    assert repr(again) == repr(delaunay)
    with pytest.raises(ValueError, match="read-only"):
        delaunay.simplices[0] = 0


def test_places_are_not_changed():
    places = random_places(60)
    before = places.copy()
    delaunay = SphericalDelaunay(places)
    np.testing.assert_array_equal(places, before)
    places[0] = 0.0
    np.testing.assert_array_equal(delaunay.vertices, before)


@pytest.mark.parametrize("merge_km", [-1.0, -1e-9, np.nan, 1000.1, "5"])
def test_invalid_merge_km(merge_km):
    with pytest.raises(ValueError, match="merge_km must be from 0 to 1000"):
        SphericalDelaunay(OCTAHEDRON, merge_km=merge_km)


@pytest.mark.parametrize("merge_km", [0, 0.0, 1000])
def test_limits_of_merge_km(merge_km):
    assert len(SphericalDelaunay(OCTAHEDRON, merge_km=merge_km).simplices) == 8


@pytest.mark.parametrize(
    "name", ["vertices", "vertex_of_place", "simplices", "neighbors"]
)
def test_all_arrays_are_read_only(name):
    octahedron = SphericalDelaunay(OCTAHEDRON)
    assert not getattr(octahedron, name).flags.writeable


def test_bad_arguments():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    for radius_km in (0.0, np.nan):
        with pytest.raises(ValueError, match="radius_km must be a positive"):
            octahedron.areas(radius_km=radius_km)
    for function in (SphericalDelaunay, octahedron.locate):
        with (
            config_context(working_memory=0),  # one place at a time
            pytest.raises(ValueError, match=r"^places, row 1: latitude 91"),
        ):
            function([[0.0, 0.0], [91.0, 0.0]])
