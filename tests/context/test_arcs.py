# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Distances to arcs of great circles and parallels, and the search for near ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from sklearn_geo.context._arcs import Arcs, ArcTree, smallest
from sklearn_geo.geometry import haversine, unit_vectors
from tests.context.slow_borders import along, slow_km_to_ring

R = 6371.0088


def one_arc(start, end, parallel, **cut):
    return Arcs(
        np.array([start], dtype=float),
        np.array([end], dtype=float),
        np.array([7]),
        np.array([parallel]),
        **cut,
    )


def km_to(place, arcs):
    """Smallest distance of a place to any of the arcs."""
    places = np.array([place], dtype=float)
    pieces = np.arange(len(arcs))
    rows = np.zeros(len(arcs), dtype=int)
    return arcs.km(places, unit_vectors(places), rows, pieces).min()


@pytest.mark.parametrize("longest_km", [30.0, 1e5])
def test_meridian_worked_by_hand(longest_km):
    arcs = one_arc([-10, 6], [10, 6], False, longest_km=longest_km)
    degree = math.radians(1) * R
    # Beside it on the equator a degree is a degree; beyond its end as well.
    assert km_to([0, 5], arcs) == pytest.approx(degree, rel=1e-12)
    assert km_to([0, 7], arcs) == pytest.approx(degree, rel=1e-12)
    assert km_to([11, 6], arcs) == pytest.approx(degree, rel=1e-9)
    assert km_to([-12, 6], arcs) == pytest.approx(2 * degree, rel=1e-9)
    # On 5 degrees north the way to a meridian is shorter than along the parallel:
    # asin(cos 5 sin 1).
    by_hand = math.asin(math.cos(math.radians(5)) * math.sin(math.radians(1))) * R
    assert km_to([5, 7], arcs) == pytest.approx(by_hand, rel=1e-12)
    assert km_to([3, 6], arcs) == pytest.approx(0, abs=1e-9)
    # The antipode of its middle is 180 degrees less the half of its length from it.
    assert km_to([0, -174], arcs) == pytest.approx(170 * degree, rel=1e-9)


@pytest.mark.parametrize("longest_km", [30.0, 1e5])
@pytest.mark.parametrize("turn", [0, 180, 360])
def test_parallel_worked_by_hand(turn, longest_km):
    arcs = one_arc([60, turn], [60, turn + 10], True, longest_km=longest_km)
    degree = math.radians(1) * R
    assert km_to([61, turn + 4], arcs) == pytest.approx(degree, rel=1e-12)
    assert km_to([58, turn], arcs) == pytest.approx(2 * degree, rel=1e-12)
    assert km_to([60, turn + 9], arcs) == 0.0
    # The pole is 30 degrees away from each of its points.
    assert km_to([90, 77], arcs) == pytest.approx(30 * degree, rel=1e-12)
    # Beside it the end is nearest: haversine with cos(60) = 1/2, 2 degrees apart.
    by_hand = 2 * math.asin(math.sin(math.radians(1)) / 2) * R
    assert km_to([60, turn + 12], arcs) == pytest.approx(by_hand, rel=1e-12)
    assert km_to([60, turn - 2], arcs) == pytest.approx(by_hand, rel=1e-12)


def test_a_parallel_is_no_great_circle():
    # The great circle through both ends passes 60 degrees north at atan(tan 60 /
    # cos 45) = 67.79 degrees, halfway.
    place = [67.7923457014035, 45.0]
    great = one_arc([60, 0], [60, 90], False)
    parallel = one_arc([60, 0], [60, 90], True)
    assert km_to(place, great) == pytest.approx(0, abs=1e-6)
    assert km_to(place, parallel) == pytest.approx(math.radians(7.7923457014035) * R)


def test_whole_parallels_and_what_has_no_length():
    around = one_arc([80, -180], [80, 180], True)
    for longitude in (-180.0, -90.0, 0.0, 90.0, 179.9):
        assert km_to([81, longitude], around) == pytest.approx(math.radians(1) * R)
    assert len(one_arc([90, -180], [90, 0], True)) == 0
    assert len(one_arc([90, -180], [90, 0], False)) == 0
    assert len(one_arc([5, 7], [5, 7], False)) == 0
    assert len(one_arc([5, 7], [5, 7], True)) == 0


def test_metres_keep_their_digits():
    # Arcs of a metre, and a place ten centimetres beside them.
    step = math.degrees(0.001 / R)
    arcs = one_arc([48, 11], [48 + step, 11], False)
    aside = math.degrees(0.0001 / R / math.cos(math.radians(48 + step / 2)))
    assert km_to([48 + step / 2, 11 + aside], arcs) == pytest.approx(1e-4, rel=1e-6)
    arcs = one_arc([48, 11], [48, 11 + step], True)
    assert km_to([48 + step, 11 + step / 2], arcs) == pytest.approx(1e-3, rel=1e-6)


places = st.tuples(st.floats(-90, 90), st.floats(-180, 179.99))


@settings(deadline=None, max_examples=80)
@given(places, places, places, st.sampled_from([20.0, 500.0]), st.booleans())
def test_against_walks_along_the_arc(place, start, end, longest_km, parallel):
    if parallel:
        end = (start[0], end[1])
    elif abs(abs(start[1] - end[1]) - 180) < 1:
        end = (end[0], start[1])
    arcs = one_arc(start, end, parallel, longest_km=longest_km)
    ends = np.array([start, end])
    if not len(arcs):
        assert haversine(ends[:1], ends[1:])[0] < 1e-4
        return
    place = np.array(place)
    slow = slow_km_to_ring(place, ends, geodesic=not parallel)
    assert km_to(place, arcs) == pytest.approx(slow, rel=1e-6, abs=1e-3)
    assert (arcs.zones == 7).all()


def test_pieces_are_short_and_whole():
    for parallel in (True, False):
        arcs = one_arc([50, -5], [50, 20], parallel, longest_km=100.0)
        lengths = 2 * R * np.arcsin(arcs.half_chords / 2) * 2
        assert (lengths <= 100.001).all()
        assert_array_equal(arcs.starts[0], unit_vectors([[50, -5]])[0])
        assert_array_equal(arcs.ends[-1], unit_vectors([[50, 20]])[0])
        assert_allclose(arcs.ends[:-1], arcs.starts[1:], atol=1e-15)


def test_circles_around_points_hold_the_arcs():
    shares = np.linspace(0, 1, 4001)
    for parallel, end in ((True, [70, 200]), (False, [-20, 100])):
        arcs = one_arc([70, 20], end, parallel, longest_km=900.0)
        points = arcs.points(7.0)
        line = along(np.array([70.0, 20]), np.array(end, float), shares, not parallel)
        for place in line:
            assert haversine(points, place[None]).min() <= 7.0


@pytest.fixture(scope="module")
def mixed():
    """Arcs of all sizes, from metres to hundreds of kilometres."""
    rng = np.random.default_rng(0)
    starts = np.column_stack([rng.uniform(-89, 89, 300), rng.uniform(-180, 180, 300)])
    sizes = 10.0 ** rng.uniform(-5, 0.7, 300)
    turns = rng.uniform(0, 2 * np.pi, 300)
    ends = starts + sizes[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    ends[:, 0] = np.clip(ends[:, 0], -90, 90)
    parallel = np.arange(300) % 3 == 0
    ends[parallel, 0] = starts[parallel, 0]
    return Arcs(starts, ends, np.arange(300), parallel, longest_km=400.0)


@pytest.mark.parametrize("km", [0.01, 3.0, 500.0, 30_000.0])
@pytest.mark.parametrize("working_memory", [1024, 0.01])
def test_the_search_finds_all_arcs_within_a_distance(mixed, km, working_memory):
    rng = np.random.default_rng(1)
    n = 300 if km < 1000 else 30
    spots = np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])
    beside = mixed.points(100.0)[:n] + rng.normal(scale=1e-4, size=(n, 2))
    spots = np.concatenate([spots, np.clip(beside, -90, 90), [[90, 0], [-90, 0]]])
    spots[:, 1] = (spots[:, 1] + 180) % 360 - 180
    vectors = unit_vectors(spots)
    everything = np.indices((len(spots), len(mixed))).reshape(2, -1)
    expected = mixed.km(spots, vectors, *everything)
    near = expected <= km
    assert near.any()
    with config_context(working_memory=working_memory):
        blocks = list(ArcTree(mixed).pairs(spots, vectors, km))
    rows, arcs, found = map(np.concatenate, zip(*blocks, strict=True))
    order = np.lexsort((arcs, rows))
    keys = (rows * len(mixed) + arcs)[order]
    assert (np.diff(keys) > 0).all()
    within = found[order] <= km
    assert_array_equal(keys[within], np.flatnonzero(near))
    assert_allclose(found[order][within], expected[near], rtol=1e-12, atol=1e-12)
    if working_memory < 1:
        assert len(blocks) > 1
        most = working_memory * 2**20 / 320
        for block in blocks:
            assert len(block[0]) <= most or len(np.unique(block[0])) == 1


def test_a_distance_for_each_place(mixed):
    spots = np.array([[0.0, 0.0], [0.0, 0.0], [45.0, 90.0]])
    km = np.array([100.0, 20_100.0, 0.0])
    counts = np.zeros(3, dtype=int)
    for rows, _, found in ArcTree(mixed).pairs(spots, unit_vectors(spots), km):
        counts += np.bincount(rows[found <= km[rows]], minlength=3)
    assert counts[1] == len(mixed)
    assert counts[0] < len(mixed)
    assert counts[2] == 0


def test_bounds_are_distances_to_some_arc(mixed):
    rng = np.random.default_rng(2)
    spots = np.column_stack([rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)])
    vectors = unit_vectors(spots)
    everything = np.indices((50, len(mixed))).reshape(2, -1)
    km = mixed.km(spots, vectors, *everything).reshape(50, -1)
    bounds = ArcTree(mixed).bounds(spots, vectors)
    for row, bound in zip(km, bounds, strict=True):
        assert np.abs(row - bound).min() < 1e-9
        assert bound <= row.min() + 200.0


def test_no_arcs():
    nothing = np.empty((0, 2))
    arcs = Arcs(nothing, nothing, np.empty(0, dtype=int), np.empty(0, dtype=bool))
    assert len(arcs) == 0
    assert arcs.points(5.0).shape == (0, 2)
    spots = np.zeros((2, 2))
    assert list(ArcTree(arcs).pairs(spots, unit_vectors(spots), 9.0)) == []
    assert_array_equal(ArcTree(arcs).bounds(spots, unit_vectors(spots)), np.inf)


def test_smallest_worked_by_hand():
    rows = np.array([2, 0, 2, 2, 0])
    zones = np.array([5, 1, 4, 5, 1])
    km = np.array([3.0, 2.0, 9.0, 1.0, 2.5])
    found = smallest(rows, zones, km)
    assert [part.tolist() for part in found] == [[0, 2, 2], [1, 4, 5], [2.0, 9.0, 1.0]]
    assert [len(part) for part in smallest(rows[:0], zones[:0], km[:0])] == [0, 0, 0]
