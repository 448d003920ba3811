# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which places become vertices: one after the other, by the definition."""

import numpy as np
import pytest

from sklearn_geo.geometry import (
    SphericalDelaunay,
    destination,
    haversine,
    km_to_chord,
    pairwise_haversine,
    unit_vectors,
)
from sklearn_geo.geometry._delaunay_mesh import distinct
from tests.geometry.common import DEGREE_KM, random_places
from tests.geometry.common_delaunay import OCTAHEDRON, cluster

MERGE_KM = 100.0
FAR = [[80, 0], [80, 120], [80, -120], [-80, 60]]


def one_after_the_other(places, merge_km):
    """Return the rows that stay, each compared with all that stayed before."""
    km = pairwise_haversine(places)
    stays = []
    for row in range(len(places)):
        if (km[row, stays] > merge_km).all():
            stays.append(row)
    return stays


def scattered(rng):
    return random_places(90, rng.integers(1 << 30))


def box(rng):
    # Some ten to each place that stays.
    return rng.uniform([-8, -8], [8, 8], (90, 2))


def clusters(rng):
    middles = random_places(4, rng.integers(1 << 30))
    km = rng.choice([1e-6, 1.0, 30.0, 80.0, 200.0], 90) * rng.random(90)
    return destination(middles[rng.integers(0, 4, 90)], rng.uniform(0, 360, 90), km)


def pole(rng):
    sign = rng.choice([-1.0, 1.0])
    return cluster([90.0, 0.0], 500.0, 90, rng.integers(1 << 30)) * [sign, 1.0]


def antimeridian(rng):
    return cluster([rng.uniform(-70, 70), 180.0], 500.0, 90, rng.integers(1 << 30))


def prime_meridian(rng):
    return cluster([rng.uniform(-70, 70), 0.0], 500.0, 90, rng.integers(1 << 30))


def chain(rng):
    # A walk, there and part of the way back.
    way = np.cumsum(rng.uniform(10.0, 90.0, 90))
    way[60:] = way[:30][::-1] + rng.uniform(-5, 5, 30)
    start = random_places(1, rng.integers(1 << 30))
    return destination(start, rng.uniform(0, 360), way)


def copies(rng):
    few = rng.uniform([-5, 175], [5, 185], (15, 2))
    return few[rng.integers(0, 15, 90)]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    "draw",
    [scattered, box, clusters, pole, antimeridian, prime_meridian, chain, copies],
)
def test_against_the_definition(draw, shuffled):
    for seed in range(25):
        rng = np.random.default_rng(seed)
        places = draw(rng)
        if shuffled:
            rng.shuffle(places)
        found = distinct(unit_vectors(places), float(km_to_chord(MERGE_KM)))
        assert found.tolist() == one_after_the_other(places, MERGE_KM), seed


@pytest.mark.parametrize("merge_km", [1e-6, 1e-3, 0.005, 1.0, 1000.0])
def test_at_every_scale(merge_km):
    for latitude in (0.0, 48.85, -89.9999):
        for seed in range(5):
            places = cluster([latitude, 179.9999], 6.0 * merge_km, 120, seed)
            found = distinct(unit_vectors(places), float(km_to_chord(merge_km)))
            assert 10 < len(found) < 60
            assert found.tolist() == one_after_the_other(places, merge_km)


@pytest.mark.parametrize("shift", [0.0, 0.31, 0.77])
def test_no_place_is_far_from_its_vertex(shift):
    # Wherever they lie: a place is left out only for a vertex within merge_km.
    for seed in range(155, 165):
        rng = np.random.default_rng(seed)
        places = np.vstack([rng.uniform([-5, -5], [5, 5], (60, 2)), FAR])
        mesh = SphericalDelaunay(places + [0.0, shift], merge_km=MERGE_KM)
        rows = one_after_the_other(places + [0.0, shift], MERGE_KM)
        np.testing.assert_array_equal(mesh.vertices, places[rows] + [0.0, shift])
        kept = mesh.vertices[mesh.vertex_of_place]
        assert haversine(places + [0.0, shift], kept).max() <= MERGE_KM
        apart = pairwise_haversine(mesh.vertices)
        np.fill_diagonal(apart, np.inf)
        assert apart.min() > MERGE_KM


def test_the_vertex_of_a_place_is_the_nearest():
    # Also where an earlier vertex is within merge_km, and a later one nearer.
    places = np.vstack([cluster([48.85, 2.35], 600.0, 400), random_places(100)])
    mesh = SphericalDelaunay(places, merge_km=MERGE_KM)
    nearest = pairwise_haversine(places, mesh.vertices).argmin(axis=1)
    np.testing.assert_array_equal(mesh.vertex_of_place, nearest)
    rows = one_after_the_other(places, MERGE_KM)
    earliest = (pairwise_haversine(places, places[rows]) <= MERGE_KM).argmax(axis=1)
    assert (nearest != earliest).any()


@pytest.mark.parametrize("merge_km", [0.005, 1.0, 100.0])
@pytest.mark.parametrize(("share", "merged"), [(0.9995, True), (1.0005, False)])
def test_the_border_is_at_merge_km(merge_km, share, merged):
    for theta in range(0, 360, 30):
        start = [[theta / 10.0, 7.0 * theta]]
        pair = destination(start, theta, [0.0, share * merge_km])
        mesh = SphericalDelaunay([*FAR, *pair], merge_km=merge_km)
        assert len(mesh.vertices) == 6 - merged
        assert mesh.vertex_of_place.tolist() == [0, 1, 2, 3, 4, 4 if merged else 5]


@pytest.mark.parametrize(("merge_km", "n_vertices"), [(1e-6, 6), (1e-7, 7)])
def test_places_a_third_of_a_millimetre_apart(merge_km, n_vertices):
    # 3e-9 degrees, with merge_km a millimetre or a tenth of it.
    places = np.array([*OCTAHEDRON, [3e-9, 0.0]], dtype=float)
    found = distinct(unit_vectors(places), float(km_to_chord(merge_km)))
    assert len(found) == n_vertices


@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ([0, 1, 2], [0, 2]),
        ([2, 1, 0], [2, 0]),
        ([1, 0, 2], [1]),
        ([1, 2, 0], [1]),
        ([0, 2, 1], [0, 2]),
    ],
)
def test_three_in_a_row(order, kept):
    # Each 80 km from the next, with 100 km: what the middle one is near to, and it is
    # left out itself, stays.
    row = np.array([[0.0, 20.0], [80 / DEGREE_KM, 20.0], [160 / DEGREE_KM, 20.0]])
    for north in np.arange(-60.0, 61.0, 7.3):
        places = row + [north, 0.0]
        mesh = SphericalDelaunay([*places[order], *FAR], merge_km=MERGE_KM)
        np.testing.assert_array_equal(mesh.vertices[:-4], places[kept])


def test_copies_and_dense_clusters_are_quick():
    # Pairs of these would be some billions.
    few = random_places(3)
    places = np.concatenate([np.tile(few[:1], (100_000, 1)), few])
    chord = float(km_to_chord(0.005))
    assert distinct(unit_vectors(places), chord).tolist() == [0, 100_001, 100_002]
    places = cluster([48.85, 2.35], 0.001, 50_000)
    assert distinct(unit_vectors(places), chord).tolist() == [0]
