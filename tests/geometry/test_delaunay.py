# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    SphericalDelaunay,
    destination,
    triangle_ids_at_level,
    triangle_vertices,
)

OCTAHEDRON = [[90, 0], [-90, 0], [0, 0], [0, 90], [0, 180], [0, -90]]
HALF = [[90, 0], [0, 0], [0, 90], [0, 180], [0, -90]]
EAST = [[0, -170], [0, 170], [20, 175], [20, -175], [8, 180]]


def uniform_places(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    return np.column_stack([latitude, rng.uniform(-180.0, 180.0, n)])


def cluster(center, radius_km, n, seed=0):
    rng = np.random.default_rng(seed)
    distance = radius_km * np.sqrt(rng.random(n))
    return destination(np.tile(center, (n, 1)), rng.uniform(0, 360, n), distance)


def grid(latitudes, longitudes):
    rows, columns = np.meshgrid(latitudes, longitudes, indexing="ij")
    return np.column_stack([rows.ravel(), columns.ravel()])


def cartesian(places):
    """Unit vectors, written down anew."""
    latitude, longitude = np.radians(np.asarray(places, dtype=float)).T
    return np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )


CASES = {
    "octahedron": OCTAHEDRON,
    "half": HALF,
    "four": [[10, 20], [30, 40], [-50, 170], [5, -60]],
    "uniform": uniform_places(300),
    "few": uniform_places(9, seed=5),
    "city": cluster([48.85, 2.35], 20.0, 200),
    "across the antimeridian": cluster([10.0, 179.9], 300.0, 200),
    "around the pole": cluster([90.0, 0.0], 300.0, 200),
    "city and globe": np.r_[cluster([-33.9, 151.2], 5.0, 150), uniform_places(60)],
    "northern grid": grid(np.arange(0, 91, 15), np.arange(-180, 180, 15)),
    "eastern grid": grid(np.arange(-90, 91, 15), np.arange(0, 181, 15)),
    "full grid": grid(np.arange(-90, 91, 10), np.arange(-180, 180, 10)),
    "box": grid(np.arange(-20, 21, 5), np.arange(150, 211, 5)),
    "two caps": np.r_[cluster([90, 0], 50, 60), cluster([-90, 0], 50, 60)],
}


@pytest.fixture(params=list(CASES))
def case(request):
    return SphericalDelaunay(np.array(CASES[request.param], dtype=float))


def corner_vectors(delaunay):
    vectors = cartesian(delaunay.vertices)[delaunay.simplices]
    return vectors[:, 0], vectors[:, 1], vectors[:, 2]


def slow_locate(delaunay, places):
    """Try all triangles by the signs of three determinants.

    Returns the triangle, -1 for none, or -2 where a sign is too close to call.
    """
    a, b, c = corner_vectors(delaunay)
    query = cartesian(places)
    least = np.full((len(query), len(a)), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        normal = np.cross(start, end - start)
        least = np.minimum(least, query @ normal.T)
    answer = np.where(least.max(axis=1) > 0.0, least.argmax(axis=1), -1)
    answer[(np.abs(least) < 1e-15).any(axis=1)] = -2
    return answer


# ---- The triangulation -------------------------------------------------------------


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
    np.testing.assert_allclose(centers[:, 0], np.degrees(np.arctan(np.sqrt(0.5))))
    np.testing.assert_allclose(centers[:, 1] % 90.0, 45.0)


def test_tetrahedron():
    low = -np.degrees(np.arcsin(1 / 3))
    delaunay = SphericalDelaunay([[90, 0], [low, 0], [low, 120], [low, -120]])
    assert delaunay.covers_globe
    np.testing.assert_allclose(delaunay.areas(radius_km=1.0), np.pi, rtol=1e-13)
    # Counterclockwise from above, the smallest first.
    assert delaunay.simplices.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]


def test_no_vertex_inside_a_circumcircle(case):
    a, b, c = corner_vectors(case)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    height = cartesian(case.vertices) @ normal.T - (normal * a).sum(axis=1)
    # Cities: the plane of a triangle of 100 m is known to 1e-16 / 1e-5.
    assert height.max() < 1e-14


def test_triangles_turn_left_and_are_sorted(case):
    a, b, c = corner_vectors(case)
    assert ((np.cross(a, b) * c).sum(axis=1) > 0).all()
    simplices = case.simplices
    assert (simplices.argmin(axis=1) == 0).all()
    assert sorted(simplices.tolist()) == simplices.tolist()
    assert len(np.unique(simplices)) == len(case.vertices)


def test_neighbors_share_an_edge(case):
    for index, (corners, neighbors) in enumerate(
        zip(case.simplices.tolist(), case.neighbors.tolist(), strict=True)
    ):
        for k, other in enumerate(neighbors):
            edge = set(corners) - {corners[k]}
            holders = (np.isin(case.simplices, list(edge)).sum(axis=1) == 2).nonzero()
            assert set(holders[0]) == {index} | ({other} - {-1})


def test_number_of_triangles(case):
    n_outer = (case.neighbors < 0).sum()
    assert case.covers_globe == (n_outer == 0)
    # Euler: V - E + F = 2 with 3 F = 2 E, or 1 with 3 F = 2 E - outer edges.
    n_vertices = len(case.vertices)
    expected = 2 * n_vertices - 4 if case.covers_globe else 2 * n_vertices - 2 - n_outer
    assert len(case.simplices) == expected


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


@pytest.mark.parametrize("step", [5, 10, 30])
def test_grids_have_no_holes(step):
    places = grid(np.arange(-90, 91, step), np.arange(-180, 181, step))
    delaunay = SphericalDelaunay(places)
    n_vertices = (180 // step - 1) * (360 // step) + 2
    assert len(delaunay.vertices) == n_vertices
    assert len(delaunay.simplices) == 2 * n_vertices - 4
    assert (delaunay.locate(uniform_places(5_000)) >= 0).all()


def test_corners_of_the_base_mesh():
    places = triangle_vertices(triangle_ids_at_level(0)).reshape(-1, 2)
    delaunay = SphericalDelaunay(places)
    # 30 parallels of 31 places and the poles.
    assert len(delaunay.vertices) == 30 * 31 + 2
    assert delaunay.covers_globe
    assert (delaunay.locate(uniform_places(5_000)) >= 0).all()


# ---- Distinct places ---------------------------------------------------------------


def test_duplicates_are_merged():
    places = np.array(OCTAHEDRON, dtype=float)
    again = np.array([[90.0, 77.0], [0.0, -180.0], [0.0, 90.0], [0.0, 450.0]])
    delaunay = SphericalDelaunay(np.r_[places[:1], again, places])
    np.testing.assert_array_equal(
        delaunay.vertices,
        [[90, 0], [0, -180], [0, 90], [-90, 0], [0, 0], [0, -90]],
    )
    np.testing.assert_array_equal(
        delaunay.vertex_of_place, [0, 0, 1, 2, 2, 0, 3, 4, 2, 1, 5]
    )


def test_many_copies():
    places = uniform_places(50)
    copies = np.tile(places, (400, 1))
    delaunay = SphericalDelaunay(copies)
    np.testing.assert_array_equal(delaunay.vertices, places)
    np.testing.assert_array_equal(delaunay.vertex_of_place, np.tile(np.arange(50), 400))


@pytest.mark.parametrize(("apart_km", "merged"), [(0.004, True), (0.006, False)])
def test_close_places_are_merged(apart_km, merged):
    places = uniform_places(40)
    close = destination(places[:1], [30.0], [apart_km])
    delaunay = SphericalDelaunay(np.r_[places, close])
    assert len(delaunay.vertices) == 41 - merged
    assert delaunay.vertex_of_place[40] == (0 if merged else 40)


def test_merge_km():
    places = np.r_[uniform_places(40), cluster([48.85, 2.35], 30.0, 500)]
    delaunay = SphericalDelaunay(places, merge_km=5.0)
    vectors = cartesian(delaunay.vertices)
    chord = np.sqrt(((vectors[:, None] - vectors) ** 2).sum(axis=2))
    np.fill_diagonal(chord, np.inf)
    assert chord.min() * EARTH_RADIUS_KM > 5.0
    # No place is lost: those left out are near one that stays.
    kept = vectors[delaunay.vertex_of_place]
    moved = np.sqrt(((kept - cartesian(places)) ** 2).sum(axis=1))
    assert moved.max() * EARTH_RADIUS_KM < 10.0
    assert len(delaunay.vertices) < 200


def test_dense_photos_of_a_street():
    # 5,000 photos within 50 m: hundreds of pairs closer than a metre.
    photos = np.r_[cluster([48.85, 2.35], 0.05, 5_000), uniform_places(50)]
    delaunay = SphericalDelaunay(photos)
    assert delaunay.covers_globe
    assert (delaunay.locate(photos) >= 0).all()


def test_too_dense_for_double_precision():
    photos = np.r_[cluster([48.85, 2.35], 0.0005, 500), uniform_places(50)]
    with pytest.raises(ValueError, match=r"too close together .* Raise merge_km"):
        SphericalDelaunay(photos, merge_km=0.0)


# ---- Location ----------------------------------------------------------------------


def test_octants_worked_by_hand():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    places = uniform_places(2_000, seed=3)
    found = octahedron.simplices[octahedron.locate(places)]
    for (latitude, longitude), corners in zip(places, found.tolist(), strict=True):
        pole = 0 if latitude > 0 else 1
        quarter = int(np.floor(longitude / 90.0))
        ends = {0: {2, 3}, 1: {3, 4}, -2: {4, 5}, -1: {5, 2}}[quarter]
        assert set(corners) == {pole} | ends


def test_agrees_with_trying_all_triangles(case):
    middle = case.vertices[0]
    places = np.r_[
        uniform_places(400, seed=7),
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


def test_rows_are_independent():
    delaunay = SphericalDelaunay(np.r_[uniform_places(500), CASES["full grid"]])
    edges = grid(np.arange(-90, 91, 2.5), np.arange(-180, 180, 2.5))
    places = np.r_[uniform_places(70_000, seed=1), edges]
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
    places = np.r_[photos, far, delaunay.centers(), uniform_places(200)]
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
    queries = np.r_[uniform_places(700), delaunay.centers()[::10]]
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
    queries = np.r_[uniform_places(50), delaunay.centers(), places + 0.31 * size / 2]
    queries[:, 0] = np.clip(queries[:, 0], -90.0, 90.0)
    expected = slow_locate(delaunay, queries)
    clear = expected != -2
    np.testing.assert_array_equal(delaunay.locate(queries)[clear], expected[clear])


# ---- The object --------------------------------------------------------------------


def test_pickles_and_is_read_only():
    delaunay = SphericalDelaunay(uniform_places(60))
    places = uniform_places(200, seed=2)
    found = delaunay.locate(places)
    again = pickle.loads(pickle.dumps(delaunay))
    np.testing.assert_array_equal(again.locate(places), found)
    assert repr(again) == repr(delaunay)
    with pytest.raises(ValueError, match="read-only"):
        delaunay.simplices[0] = 0


def test_places_are_not_changed():
    places = uniform_places(60)
    before = places.copy()
    delaunay = SphericalDelaunay(places)
    np.testing.assert_array_equal(places, before)
    places[0] = 0.0
    np.testing.assert_array_equal(delaunay.vertices, before)


def test_same_places_same_triangles():
    places = uniform_places(200)
    one, other = SphericalDelaunay(places), SphericalDelaunay(places.tolist())
    np.testing.assert_array_equal(one.simplices, other.simplices)
    # Places in general position have one triangulation, whatever their order.
    order = np.random.default_rng(0).permutation(200)
    shuffled = SphericalDelaunay(places[order])
    names = {frozenset(t) for t in one.simplices.tolist()}
    assert {frozenset(t) for t in order[shuffled.simplices].tolist()} == names


@pytest.mark.parametrize(
    "places",
    [
        [[1, 2]],
        [[1, 2], [3, 4], [5, 6]],
        [[1, 2], [3, 4], [5, 6], [5, 6], [1, 362]],
        [[90, 0], [90, 10], [0, 0], [0, 180], [0, -180]],
    ],
)
def test_too_few_places(places):
    n_distinct = min(len(places), 3)
    with pytest.raises(ValueError, match=rf"given, {n_distinct} are distinct .* Add"):
        SphericalDelaunay(places)


@pytest.mark.parametrize(
    "places",
    [
        grid([40.0], np.arange(-180, 180, 10)),
        grid([0.0], np.arange(-180, 180, 10)),
        grid(np.arange(-80, 81, 10), [10.0]),
        destination(np.tile([30.0, 5.0], (9, 1)), np.arange(9) * 40.0, np.full(9, 3.0)),
        grid([10.0, 20.0], [30.0, 40.0]),
    ],
)
def test_places_on_one_circle(places):
    with pytest.raises(ValueError, match=r"lie on one circle .* Add a place off"):
        SphericalDelaunay(places)


@pytest.mark.parametrize("merge_km", [-1.0, np.nan, 2000.0])
def test_invalid_merge_km(merge_km):
    with pytest.raises(ValueError, match="merge_km must be from 0 to 1000"):
        SphericalDelaunay(OCTAHEDRON, merge_km=merge_km)
