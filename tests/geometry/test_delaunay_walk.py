# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which Delaunay triangle a place lies in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    SphericalDelaunay,
    destination,
    places_from_vectors,
)
from tests.geometry.common import random_places
from tests.geometry.common_delaunay import (
    CASES,
    HALF,
    OCTAHEDRON,
    cartesian,
    cluster,
    corner_vectors,
    grid,
    slow_locate,
    triangulated,
)

EAST = [[0, -170], [0, 170], [20, 175], [20, -175], [8, 180]]


@pytest.fixture(params=list(CASES))
def case(request):
    return triangulated(request.param)


def test_octants_worked_by_hand():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    places = random_places(2_000, seed=3)
    found = octahedron.simplices[octahedron.locate(places)]
    for (latitude, longitude), corners in zip(places, found.tolist(), strict=True):
        pole = 0 if latitude > 0 else 1
        quarter = int(np.floor(longitude / 90.0))
        ends = {0: {2, 3}, 1: {3, 4}, -2: {4, 5}, -1: {5, 2}}[quarter]
        assert set(corners) == {pole} | ends


def test_agrees_with_trying_all_triangles(case):
    middle = case.vertices[0]
    places = np.r_[
        random_places(400, seed=7),
        case.centers()[:300],
        cluster(middle, 15.0, 200),
        cluster(middle, 500.0, 200),
        -case.vertices[:50],
    ]
    expected = slow_locate(case, places)
    clear = expected != -2
    assert clear.mean() > 0.8
    np.testing.assert_array_equal(case.locate(places)[clear], expected[clear])
    if case.covers_globe:
        assert (expected[clear] >= 0).all()


def test_centers_are_inside(case):
    np.testing.assert_array_equal(
        case.locate(case.centers()), np.arange(len(case.simplices))
    )


@pytest.mark.parametrize("places", [HALF, CASES["city"], CASES["box"], EAST])
def test_outside_the_region_is_in_no_triangle(places):
    delaunay = SphericalDelaunay(np.array(places, dtype=float))
    centers = delaunay.centers()
    antipodes = np.column_stack([-centers[:, 0], centers[:, 1] + 180.0])
    assert (delaunay.locate(antipodes) == -1).all()


def test_a_region_across_the_antimeridian():
    delaunay = SphericalDelaunay(EAST)
    inside = [[5, 180], [5, -180], [5, 179.999], [5, -179.999], [15, 176], [15, -176]]
    assert (delaunay.locate(inside) >= 0).all()
    assert (delaunay.locate([[5, 0], [5, 160], [5, -160], [-1, 180]]) == -1).all()
    assert len(set(delaunay.locate(inside[:2]).tolist())) == 1


def test_edges_are_geodesics():
    # From (40, -60) to (40, 60) the great circle rises to tan(lat) = 2 tan(40): 59.2.
    delaunay = SphericalDelaunay([[40, -60], [40, 60], [0, 0], [20, 5]])
    top = np.degrees(np.arctan(2.0 * np.tan(np.radians(40.0))))
    found = delaunay.locate([[41, 0], [top - 1e-6, 0], [top + 1e-6, 0]])
    assert (found >= 0).tolist() == [True, True, False]


def test_on_a_vertex_the_first_triangle_around_it(case):
    expected = [
        np.flatnonzero((case.simplices == vertex).any(axis=1))[0]
        for vertex in range(len(case.vertices))
    ]
    np.testing.assert_array_equal(case.locate(case.vertices), expected)


def test_on_an_edge_the_first_of_the_two():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    rng = np.random.default_rng(0)
    equator = np.column_stack([np.zeros(200), rng.uniform(-180.0, 180.0, 200)])
    meridian = np.column_stack([rng.uniform(-90.0, 90.0, 200), np.full(200, 90.0)])
    for places, on_edge in ((equator, 0), (meridian, 1)):
        nudge = np.zeros(2)
        nudge[on_edge] = 1e-6
        sides = [octahedron.locate(places + nudge), octahedron.locate(places - nudge)]
        assert (sides[0] != sides[1]).all()
        np.testing.assert_array_equal(octahedron.locate(places), np.minimum(*sides))


@pytest.mark.parametrize("places", [random_places(80), CASES["city"], HALF])
def test_on_an_edge_wherever_the_walk_comes_from(places):
    # In the middle of an edge, the centre of either triangle may be the nearer one.
    delaunay = SphericalDelaunay(np.array(places, dtype=float))
    start = delaunay.simplices[:, [1, 2, 0]]
    end = delaunay.simplices[:, [2, 0, 1]]
    vectors = cartesian(delaunay.vertices)
    middles = places_from_vectors((vectors[start] + vectors[end]).reshape(-1, 3))
    own = np.arange(len(delaunay.simplices))[:, np.newaxis]
    other = delaunay.neighbors
    expected = np.where(other < 0, own, np.minimum(own, other))
    np.testing.assert_array_equal(delaunay.locate(middles), expected.ravel())


@pytest.mark.parametrize("beyond_m", [-1e-6, 1e-6])
def test_edges_are_known_to_a_micrometre(beyond_m):
    # A field of 3,000 photos whose southern edge is a piece of the equator.
    places = grid(np.arange(0.0, 3.0, 0.1), np.arange(0.0, 10.0, 0.1))
    delaunay = SphericalDelaunay(places)
    east = np.arange(0.05, 9.9, 0.1)
    south = -np.degrees(beyond_m / 1e3 / EARTH_RADIUS_KM)
    found = delaunay.locate(np.column_stack([np.full(len(east), south), east]))
    assert ((found == -1) == (beyond_m > 0)).all()


def test_the_last_resort_finds_the_same(case):
    # Trying all triangles, in the middle, on a vertex and in the middle of an edge.
    start, end = case.simplices[:, 0], case.simplices[:, 1]
    vectors = cartesian(case.vertices)
    middles = vectors[start] + vectors[end]
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    own = np.arange(len(case.simplices))
    for row in range(0, len(own), 7):
        center = cartesian(case.centers()[row : row + 1])[0]
        assert case._walk._search(center) == row
        if not case.covers_globe:  # a hemisphere at most
            assert case._walk._search(-center) == -1
        around = (case.simplices == start[row]).any(axis=1)
        assert case._walk._search(case._walk.vectors[start[row]]) == around.argmax()
        other = case.neighbors[row, 2]
        expected = own[row] if other < 0 else min(own[row], other)
        assert case._walk._search(middles[row]) == expected


def test_rows_are_independent():
    delaunay = SphericalDelaunay(np.r_[random_places(500), CASES["full grid"]])
    edges = grid(np.arange(-90, 91, 2.5), np.arange(-180, 180, 2.5))
    places = np.r_[random_places(70_000, seed=1), edges]
    found = delaunay.locate(places)
    order = np.random.default_rng(1).permutation(len(places))
    np.testing.assert_array_equal(delaunay.locate(places[order]), found[order])
    with config_context(working_memory=1):
        np.testing.assert_array_equal(delaunay.locate(places), found)
    for row in range(0, len(places), 500):
        assert delaunay.locate(places[row : row + 1])[0] == found[row]


# Where a street starts, its bearing, length in km and number of photos, and two places
# far away: slivers without width, turned over by rounding, and places that are in line
# with all three of their edges. Found by trying 4,000 such worlds.
STREETS = {
    "north": (
        [63.314907048157124, -2.2860090160616835],
        (36.26866630840696, 0.04649960364702592, 135),
        [
            [34.08899870764865, 133.59401382638873],
            [34.93842390081926, -64.02686267449982],
        ],
    ),
    "south": (
        [-43.63909995533157, -163.28115999652783],
        (172.2753406966035, 0.21331789230670567, 193),
        [
            [34.487725336125905, -172.5615155219367],
            [63.52173174635264, -146.15610243391927],
        ],
    ),
    "east": (
        [31.42646701457545, 104.49247459914142],
        (229.9421956751848, 0.10485164121692857, 38),
        [
            [68.22956726177468, -169.25592008902277],
            [-32.52365702298705, -74.39568594794702],
        ],
    ),
}


@pytest.mark.parametrize("street", list(STREETS))
def test_a_street_misleads_nobody(street):
    start, (bearing, length_km, n_photos), far = STREETS[street]

    def along(distances):
        n = len(distances)
        return destination(np.tile(start, (n, 1)), np.full(n, bearing), distances)

    photos = along(np.linspace(0.0, length_km, n_photos))
    delaunay = SphericalDelaunay(np.r_[photos, far])
    places = np.r_[photos, far, delaunay.centers(), random_places(200)]
    places = np.r_[places, along(np.linspace(-20.0, 20.0, 300))]
    found = delaunay.locate(places)
    assert (delaunay.locate(delaunay.vertices) >= 0).all()
    # Nobody is given to a triangle that is more than 0.1 mm away.
    inside = found >= 0
    query = cartesian(places[inside])
    corners = np.stack(corner_vectors(delaunay), axis=1)[found[inside]]
    for k in range(3):
        begin, end = corners[:, k], corners[:, (k + 1) % 3]
        normal = np.cross(begin, end - begin)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        assert (query * normal).sum(axis=1).min() > -1.6e-11
    chord = np.sqrt(((query[:, None] - corners) ** 2).sum(axis=2)).min(axis=1)
    longest = np.sqrt(((corners - np.roll(corners, 1, axis=1)) ** 2).sum(axis=2))
    assert (chord <= longest.max(axis=1) + 1.6e-11).all()
    expected = slow_locate(delaunay, places)
    clear = expected != -2
    np.testing.assert_array_equal(found[clear], expected[clear])


@pytest.mark.parametrize("far", [[[50, 20]], [[50, 20], [-30, -100], [-10, 60]]])
def test_long_slivers(far):
    # A coast of 3,000 places, and land that is seen from far away only.
    coast = grid([0.0], np.arange(0.0, 150.0, 0.05))
    delaunay = SphericalDelaunay(np.r_[coast, np.array(far, dtype=float)])
    queries = np.r_[random_places(700), delaunay.centers()[::10]]
    expected = slow_locate(delaunay, queries)
    clear = expected != -2
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(delaunay.locate(queries)[clear], expected[clear])


@pytest.mark.parametrize("spacing_km", [0.006, 0.02, 1.0])
@pytest.mark.parametrize("latitude", [0.0, 60.0])
def test_a_field_with_nothing_around_it(spacing_km, latitude):
    # The outer edges lie on meridians, which are geodesics, and on parallels, which
    # are nearly so: triangles thinner than rounding.
    step = np.degrees(spacing_km / EARTH_RADIUS_KM)
    places = grid(latitude + step * np.arange(30), 2.0 * step * np.arange(30))
    delaunay = SphericalDelaunay(places)
    assert len(delaunay.vertices) == 900
    assert (delaunay.locate(places) >= 0).all()
    queries = cluster(places.mean(axis=0), 40.0 * spacing_km, 1_000)
    expected = slow_locate(delaunay, queries)
    clear = expected != -2
    assert clear.mean() > 0.5
    np.testing.assert_array_equal(delaunay.locate(queries)[clear], expected[clear])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(-6, 6), st.integers(-12, 11)),
        min_size=6,
        max_size=40,
        unique=True,
    ),
    st.sampled_from([0.01, 1.0, 15.0]),
)
def test_places_on_a_grid(steps, size):
    # Integers: circles, great circles, copies of the poles and collinear edges abound.
    places = np.array(steps, dtype=float) * size
    vectors = cartesian(places)
    spread = np.linalg.svd(vectors - vectors.mean(axis=0))[1]
    if len(np.unique(vectors.round(9), axis=0)) < 4 or spread[2] < 1e-14:
        with pytest.raises(ValueError, match="distinct"):
            SphericalDelaunay(places)
        return
    delaunay = SphericalDelaunay(places)
    assert (delaunay.areas() > 0).all()
    assert (delaunay.locate(places) >= 0).all()
    queries = np.r_[random_places(50), delaunay.centers(), places + 0.31 * size / 2]
    queries[:, 0] = np.clip(queries[:, 0], -90.0, 90.0)
    expected = slow_locate(delaunay, queries)
    clear = expected != -2
    np.testing.assert_array_equal(delaunay.locate(queries)[clear], expected[clear])
