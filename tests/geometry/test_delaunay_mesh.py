# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Delaunay triangles: their circles, edges and distinct vertices."""

import tracemalloc

import numpy as np
import pytest

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    SphericalDelaunay,
    _delaunay_mesh,
    destination,
    triangle_ids_at_level,
    triangle_vertices,
)
from tests.geometry.common import random_places
from tests.geometry.common_delaunay import (
    CASES,
    OCTAHEDRON,
    cartesian,
    cluster,
    corner_vectors,
    grid,
    triangulated,
)


@pytest.fixture(params=list(CASES))
def case(request):
    return triangulated(request.param)


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


@pytest.mark.parametrize("step", [5, 10, 30])
def test_grids_have_no_holes(step):
    places = grid(np.arange(-90, 91, step), np.arange(-180, 181, step))
    delaunay = SphericalDelaunay(places)
    n_vertices = (180 // step - 1) * (360 // step) + 2
    assert len(delaunay.vertices) == n_vertices
    assert len(delaunay.simplices) == 2 * n_vertices - 4
    assert (delaunay.locate(random_places(5_000)) >= 0).all()


def test_corners_of_the_base_mesh():
    places = triangle_vertices(triangle_ids_at_level(0)).reshape(-1, 2)
    delaunay = SphericalDelaunay(places)
    # 30 parallels of 31 places and the poles.
    assert len(delaunay.vertices) == 30 * 31 + 2
    assert delaunay.covers_globe
    assert (delaunay.locate(random_places(5_000)) >= 0).all()


def test_same_places_same_triangles():
    places = random_places(200)
    one, other = SphericalDelaunay(places), SphericalDelaunay(places.tolist())
    np.testing.assert_array_equal(one.simplices, other.simplices)
    # Places in general position have one triangulation, whatever their order.
    order = np.random.default_rng(0).permutation(200)
    shuffled = SphericalDelaunay(places[order])
    names = {frozenset(t) for t in one.simplices.tolist()}
    assert {frozenset(t) for t in order[shuffled.simplices].tolist()} == names


def test_pairs_of_triangles_worked_by_hand():
    neighbors = _delaunay_mesh._neighbors
    # Two on both sides of the edge from 0 to 1, which lies opposite their last corner.
    pair = np.array([[0, 1, 2], [1, 0, 3]])
    assert neighbors(pair).tolist() == [[-1, -1, 1], [-1, -1, 0]]
    assert neighbors(pair).dtype == np.intp
    # Two on one side of it, and a third.
    assert neighbors(np.array([[0, 1, 2], [0, 1, 3]])) is None
    assert neighbors(np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]])) is None


def test_soundness_worked_by_hand():
    octahedron = SphericalDelaunay(OCTAHEDRON)
    vectors = cartesian(OCTAHEDRON)

    def is_sound(simplices, covers_globe):
        neighbors = _delaunay_mesh._neighbors(simplices)
        return _delaunay_mesh._is_sound(vectors, simplices, neighbors, covers_globe)

    assert is_sound(octahedron.simplices, True)
    # Without one triangle it is a disk.
    assert is_sound(octahedron.simplices[1:], False)
    assert not is_sound(octahedron.simplices[1:], True)
    assert not is_sound(octahedron.simplices, False)
    # Two that have no corner in common; two on one side of an edge.
    apart = np.array([[0, 2, 3], [1, 5, 4]])
    for overlap in (apart, np.array([[0, 2, 3], [0, 2, 4]])):
        assert not is_sound(overlap, True)
        assert not is_sound(overlap, False)


def test_a_flat_pair_of_triangles_beside_the_globe_is_not_sound():
    # Two sides of nothing, between three places on the equator: no area, no border.
    vectors = cartesian([*OCTAHEDRON, [0, 10], [0, 20], [0, 30]])
    octahedron = SphericalDelaunay(OCTAHEDRON).simplices
    simplices = np.vstack([octahedron, [[6, 7, 8], [6, 8, 7]]])
    neighbors = _delaunay_mesh._neighbors(simplices)
    assert (neighbors >= 0).all()
    assert not _delaunay_mesh._is_sound(vectors, simplices, neighbors, True)


# ---- Distinct places ---------------------------------------------------------------


def test_the_smallest_differences_count_and_the_sign_of_zero_does_not():
    vectors = np.array([[1, 1e-17, 0], [1, 2e-17, 0], [1, 1e-17, -0.0]])
    assert _delaunay_mesh.distinct(vectors, 0.0).tolist() == [0, 1]


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
    places = random_places(50)
    copies = np.tile(places, (400, 1))
    delaunay = SphericalDelaunay(copies)
    np.testing.assert_array_equal(delaunay.vertices, places)
    np.testing.assert_array_equal(delaunay.vertex_of_place, np.tile(np.arange(50), 400))


@pytest.mark.parametrize(("apart_km", "merged"), [(0.004, True), (0.006, False)])
def test_close_places_are_merged(apart_km, merged):
    places = random_places(40)
    close = destination(places[:1], [30.0], [apart_km])
    delaunay = SphericalDelaunay(np.r_[places, close])
    assert len(delaunay.vertices) == 41 - merged
    assert delaunay.vertex_of_place[40] == (0 if merged else 40)


def test_merge_km():
    assert SphericalDelaunay(OCTAHEDRON, merge_km=0.25).merge_km == 0.25
    places = np.r_[random_places(40), cluster([48.85, 2.35], 30.0, 500)]
    delaunay = SphericalDelaunay(places, merge_km=5.0)
    vectors = cartesian(delaunay.vertices)
    chord = np.sqrt(((vectors[:, None] - vectors) ** 2).sum(axis=2))
    np.fill_diagonal(chord, np.inf)
    assert chord.min() * EARTH_RADIUS_KM > 5.0
    # No place is lost: those left out are near one that stays.
    kept = vectors[delaunay.vertex_of_place]
    moved = np.sqrt(((kept - cartesian(places)) ** 2).sum(axis=1))
    assert moved.max() * EARTH_RADIUS_KM < 5.0
    assert len(delaunay.vertices) < 200


def test_copies_are_merged_at_any_distance():
    places = random_places(6)
    order = [0, 1, 2, 0, 3, 4, 5, 3, 3, 1]
    delaunay = SphericalDelaunay(places[order], merge_km=0.0)
    np.testing.assert_array_equal(delaunay.vertices, places)
    np.testing.assert_array_equal(delaunay.vertex_of_place, order)


def test_dense_photos_of_a_street():
    # 5,000 photos within 50 m: hundreds of pairs closer than a metre.
    photos = np.r_[cluster([48.85, 2.35], 0.05, 5_000), random_places(50)]
    delaunay = SphericalDelaunay(photos)
    assert delaunay.covers_globe
    assert (delaunay.locate(photos) >= 0).all()


def test_too_dense_for_double_precision():
    photos = np.r_[cluster([48.85, 2.35], 0.0005, 500), random_places(50)]
    with pytest.raises(ValueError, match=r"too close together .* Raise merge_km"):
        SphericalDelaunay(photos, merge_km=0.0)


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
    words = (
        rf"of the {len(places)} given, {n_distinct} are distinct "
        r"\(more than merge_km=0\.5 apart\)\. Add"
    )
    with pytest.raises(ValueError, match=words):
        SphericalDelaunay(places, merge_km=0.5)


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


def test_to_look_at_the_spread_takes_little_memory():
    # Of 3,000 places; a square of as many rows would take 72 MB.
    vectors = cartesian(random_places(3000))
    tracemalloc.start()
    try:
        _delaunay_mesh.check_spread(vectors, 3000, 0.005)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("merge_km", [0.0, 5e-324, 2.2e-308, 1e-300])
def test_places_merged_within_next_to_nothing(merge_km):
    places = [[0.0, 0.0], [0.0, 90.0], [90.0, 0.0], [-45.0, 200.0], [0.0, 90.0]]
    mesh = SphericalDelaunay(places, merge_km=merge_km)
    assert len(mesh.vertices) == 4
