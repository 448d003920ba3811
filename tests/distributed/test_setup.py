# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from shapely import Polygon
from sklearn.frozen import FrozenEstimator
from sklearn.metrics.pairwise import haversine_distances

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._inference import FALLBACK
from sklearn_geo.context._plan import make_plan
from sklearn_geo.distributed._setup import Setup, minor_groups
from sklearn_geo.geometry import EARTH_RADIUS_KM, utm_zones
from sklearn_geo.partition import (
    AreaPartition,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)


def make_setup(radius_km, regions="utm", **fields):
    model = GPS2VecPlusTransformer(regions=regions)
    plan = make_plan(model, np.zeros((1, 2)), 2, None, 0)
    return Setup(None, plan, {"tag": None}, radius_km, None, 0, **fields)


def around_borders(n=300):
    """Places at a corner of UTM zones, on the antimeridian, near Svalbard and poles."""
    rng = np.random.default_rng(0)
    places = np.concatenate(
        [
            rng.uniform([47.0, 11.0], [49.0, 13.0], (n, 2)),
            rng.uniform([-1.0, 179.0], [1.0, 181.0], (n, 2)),
            rng.uniform([70.5, 5.0], [73.0, 15.0], (n, 2)),
            rng.uniform([83.0, -180.0], [90.0, 180.0], (n, 2)),
        ]
    )
    places[:, 1] = (places[:, 1] + 180.0) % 360.0 - 180.0
    return places


def kilometres(places, others):
    if not len(places):
        return np.empty((0, len(others)))
    return EARTH_RADIUS_KM * haversine_distances(np.radians(places), np.radians(others))


def hearers(setup, places, zones, sampled=None):
    """Return who hears whom as sets of (row, group): own, and neighbours."""
    sampled = np.zeros(len(places), dtype=bool) if sampled is None else sampled
    rows, groups, own = setup.hearers(places, zones, sampled)
    pairs = list(zip(rows.tolist(), groups.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert pairs == sorted(pairs, key=lambda pair: pair[::-1])
    theirs = {pair for pair, mine in zip(pairs, own, strict=True) if mine}
    return theirs, set(pairs) - theirs


def needed(places, zones, of_zone, radius_km, members):
    """Return the photos that members of a zone may have as neighbours, naively."""
    near = (kilometres(places, places[members]) <= radius_km).any(axis=1)
    return {(int(row), of_zone) for row in np.flatnonzero(near)} - {
        (int(row), of_zone) for row in members
    }


@pytest.mark.parametrize("radius_km", [0.0, 1.0, 40.0, 150.0])
def test_neighbours_across_borders_are_not_missed(radius_km):
    places = around_borders()
    zones = utm_zones(places).astype(np.int64)
    present, counts = np.unique(zones, return_counts=True)
    trained = present[counts >= 20]
    setup = make_setup(radius_km, zones=trained)
    own, neighbours = hearers(setup, places, zones)
    assert own == {
        (row, int(zone)) for row, zone in enumerate(zones) if zone in trained
    }
    n_needed = 0
    for zone in trained.tolist():
        members = np.flatnonzero(zones == zone)
        there = {pair for pair in neighbours if pair[1] == zone}
        expected = needed(places, zones, zone, radius_km, members)
        assert expected <= there
        n_needed += len(expected)
        # Where photos are many, nobody comes from much farther than the radius.
        if places[members, 0].max() < 50.0:
            rows = [row for row, _ in there]
            km = kilometres(places[rows], places[members]).min(axis=1, initial=np.inf)
            assert km.max(initial=0.0) < radius_km + 40.0
    assert n_needed > 200 or radius_km < 40.0


# Two lozenges with a gap between them, the one with a hole, in longitude and latitude.
AREAS = [
    Polygon([(10.5, 48.0), (11.5, 46.5), (11.9, 48.0), (11.5, 49.5)]),
    Polygon(
        [(12.0, 48.0), (13.0, 46.5), (14.0, 48.0), (13.0, 49.5)],
        [[(12.8, 47.9), (13.2, 47.9), (13.0, 48.3)]],
    ),
]


@pytest.mark.parametrize(
    "partition",
    [
        S2Partition(max_per_cell=50, min_per_cell=10),
        TrianglePartition(max_per_cell=50, min_per_cell=10),
        TrianglePartition(max_per_cell=50, min_per_cell=10, refine="delaunay"),
        KMeansPartition(n_cells=5, random_state=0),
        AreaPartition(AREAS),
        S2Partition(max_per_cell=50, min_per_cell=10, uncovered="nearest"),
        AreaPartition(AREAS, uncovered="nearest"),
    ],
    ids=lambda partition: type(partition).__name__,
)
@pytest.mark.parametrize("radius_km", [3.0, 25.0])
def test_neighbours_across_borders_of_cells_are_not_missed(partition, radius_km):
    rng = np.random.default_rng(1)
    inside = rng.uniform([47.0, 11.0], [49.0, 13.0], (200, 2))
    partition = partition.fit(inside)
    places = rng.uniform([46.0, 10.0], [50.0, 14.0], (4000, 2))
    zones = partition._cells_at(places).astype(np.int64)
    setup = make_setup(
        radius_km, FrozenEstimator(partition), zones=np.arange(partition.n_cells_)
    )
    beyond = setup.squares_beyond(places, zones)
    assert len(beyond) == 0 or partition.uncovered == "nearest"
    setup.beyond = setup.middles_of(beyond)
    own, neighbours = hearers(setup, places, zones)
    assert len(own) == (zones >= 0).sum()
    crossing = outside = 0
    for zone in range(partition.n_cells_):
        members = np.flatnonzero(zones == zone)
        if not len(members):
            continue
        expected = needed(places, zones, zone, radius_km, members)
        assert expected <= neighbours
        crossing += len(expected)
        outside += sum(zones[row] < 0 for row, _ in expected)
    assert crossing > 4
    # Photos in no cell are neighbours too.
    assert outside > 2 or (zones >= 0).all()


def test_sampled_photos_of_small_zones_get_their_neighbours():
    places = around_borders()
    zones = utm_zones(places).astype(np.int64)
    zones[:40] = -1
    present, counts = np.unique(zones, return_counts=True)
    trained = present[counts >= 200]
    trained = trained[trained >= 0]
    sampled = np.random.default_rng(0).random(len(places)) < 0.3
    rows = np.flatnonzero(sampled & ~np.isin(zones, trained))
    groups = minor_groups(places[rows], zones[rows])
    minor = {
        group: places[rows[groups == group]] for group in np.unique(groups).tolist()
    }
    assert min(minor) < -2
    assert max(minor) > 0
    setup = make_setup(30.0, zones=trained, share=1, minor=minor)
    own, neighbours = hearers(setup, places, zones, sampled)
    assert {row for row, group in own if group == FALLBACK} == set(
        np.flatnonzero(sampled).tolist()
    )
    for group in minor:
        members = rows[groups == group]
        assert {pair for pair in own if pair[1] == group} == {
            (int(row), group) for row in members
        }
        there = {pair for pair in neighbours if pair[1] == group}
        assert needed(places, zones, group, 30.0, members) <= there
        km = kilometres(places[[row for row, _ in there]], places[members]).min(axis=1)
        assert km.max(initial=0.0) < 30.1


def test_without_propagators_nobody_is_sent_elsewhere():
    places = around_borders()
    zones = utm_zones(places).astype(np.int64)
    setup = make_setup(None, zones=np.unique(zones)[:3])
    own, neighbours = hearers(setup, places, zones)
    assert not neighbours
    assert {group for _, group in own} == set(np.unique(zones)[:3].tolist())


def test_minor_groups_by_hand():
    # 48 N 11 E lies in 32U; places in no zone go by such zones.
    places = np.array([[48.5, 11.0], [48.5, 11.0], [49.0, 10.0], [-33.0, 151.0]])
    groups = minor_groups(places, np.array([7, -1, -1, -1]))
    assert groups[0] == 7
    assert groups[1] == groups[2] < -2
    assert groups[3] not in groups[:3]
    assert_array_equal(minor_groups(np.empty((0, 2)), np.empty(0, dtype=int)), [])


def test_what_a_worker_collects_does_not_travel():
    setup = make_setup(40.0, zones=np.array([635]))
    before = len(pickle.dumps(setup))
    places = around_borders(20)
    setup.hearers(places, utm_zones(places).astype(np.int64), np.zeros(80, dtype=bool))
    assert len(pickle.dumps(setup)) == before
