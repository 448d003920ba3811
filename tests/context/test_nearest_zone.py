# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest zone: worked by hand, against walks along borders, ties."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from sklearn_geo.context._nearest_zone import NearestZone
from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.geometry import utm_zone_ids, utm_zone_names
from sklearn_geo.partition import KMeansPartition, S2Partition
from tests.context.slow_borders import slow_km_to_ring


def nearest_zones(places, regions, ids):
    return NearestZone(regions, ids).of(places)


def nearest_names(places, names):
    found = nearest_zones(
        np.array(places, dtype=float), UTMRegions(), utm_zone_ids(names)
    )
    return utm_zone_names(found).tolist()


def spread(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    return np.column_stack([latitude, rng.uniform(-180, 180, n)])


def test_worked_by_hand():
    # Inside, it is the zone itself, although another one is near.
    assert nearest_names([[4, 5.999], [4, 6.001]], ["31N", "32N"]) == ["31N", "32N"]
    # Between 31N (to 6 degrees) and 33N (from 12) the middle is at 9 degrees.
    assert nearest_names([[4, 8.99], [4, 9.01]], ["31N", "33N"]) == ["31N", "33N"]
    # Across the antimeridian, and on both sides of the pole.
    assert nearest_names([[4, 179], [4, -170]], ["58N", "2N"]) == ["2N", "2N"]
    assert nearest_names([[89, 177], [89, -3]], ["60X", "30X"]) == ["60X", "30X"]
    # Cap A begins at the meridian of Greenwich: on 80.1 degrees south, 5 degrees of
    # longitude are 0.86 of latitude, 0.1 are only 0.02.
    caps = nearest_names([[-80.1, 5], [-80.1, 0.1]], ["31C", "31X", "A"])
    assert caps == ["31C", "A"]
    # The border is a parallel: on 60 degrees the great circle from corner to corner of
    # 31U and 31W would bend northwards.
    assert nearest_names([[59.99, 1], [60.01, 1]], ["31U", "31W"]) == ["31U", "31W"]
    # From the antipode of the middle of 31N, its farther borders count for nothing.
    assert nearest_names([[-4, -177]], ["31N"]) == ["31N"]


def test_ties_go_to_the_smallest_id():
    # South of the equator, on the meridian that 31N and 32N share.
    ids = utm_zone_ids(["32N", "31N"])
    found = nearest_zones(np.array([[-5.0, 6.0]]), UTMRegions(), ids)
    assert found[0] == ids.min()
    # The pole is equally far from every zone of band X.
    assert nearest_names([[90, 0]], ["60X", "7X", "31X"]) == ["7X"]
    # On the equator, where 32N and 32M end, and 33M begins at 12 degrees east.
    assert nearest_names([[0, 16]], ["33M", "32N", "32M"]) == ["33M"]
    assert nearest_names([[0, 30]], ["32N", "32M"]) == ["32M"]


def test_one_zone_for_the_globe_and_cells_without_borders():
    places = spread(20)
    assert_array_equal(nearest_zones(places, WholeGlobe(), np.array([0])), 0)
    alone = PartitionRegions(KMeansPartition(1).fit(places))
    assert_array_equal(nearest_zones(places, alone, np.array([0])), 0)
    with pytest.raises(ValueError, match="no zone to choose from"):
        nearest_zones(places, UTMRegions(), np.array([], dtype=int))


@pytest.mark.parametrize("working_memory", [1024, 0.01])
def test_utm_against_walks_along_borders(working_memory):
    regions = UTMRegions()
    rng = np.random.default_rng(0)
    places = np.concatenate([spread(25), [[90, 0], [-90, 7], [84, 3], [-80, -180]]])
    ids = rng.choice(regions.all_ids(), 12, replace=False)
    rings = dict(zip(ids.tolist(), regions.outlines(ids, 1), strict=True))
    finder = NearestZone(regions, ids)
    with config_context(working_memory=working_memory):
        found = finder.of(places)
    for place, own, zone in zip(places, regions.locate(places), found, strict=True):
        if own in rings:
            assert zone == own
            continue
        km = {z: slow_km_to_ring(place, ring) for z, ring in rings.items()}
        best = min(km.values())
        assert zone == min(z for z, d in km.items() if d < best + 1e-6)
    alone = [finder.of(places[i : i + 1])[0] for i in range(len(places))]
    assert_array_equal(alone, found)


@pytest.mark.parametrize(
    "partition",
    [S2Partition(9, 4), KMeansPartition(12, random_state=0)],
    ids=["S2", "kmeans"],
)
def test_cells_against_walks_along_borders(partition):
    corpus = spread(120, seed=3)
    regions = PartitionRegions(partition.fit(corpus))
    ids = regions.all_ids()[::3]
    rings = dict(zip(ids.tolist(), regions.outlines(ids, 2), strict=True))
    places = spread(25, seed=1)
    found = nearest_zones(places, regions, ids)
    for place, own, zone in zip(places, regions.locate(places), found, strict=True):
        if own in rings:
            assert zone == own
            continue
        km = {z: slow_km_to_ring(place, r, geodesic=True) for z, r in rings.items()}
        best = min(km.values())
        assert km[int(zone)] < best + 1e-3


@pytest.mark.parametrize("working_memory", [1024, 0.01])
@pytest.mark.parametrize("blend_km", [5.0, 800.0])
def test_shares_against_walks_along_borders(working_memory, blend_km):
    regions = UTMRegions()
    rng = np.random.default_rng(0)
    # In the middle of Europe, where zones with networks and others are mixed.
    ids = utm_zone_ids(["31U", "33U", "33T", "30T", "34V"]).astype(int)
    places = np.column_stack([rng.uniform(40, 62, 25), rng.uniform(-6, 26, 25)])
    places[:2] = [50.0, 9.0], [50.0, 1.0]  # amid two zones, and in one
    rings = dict(zip(ids.tolist(), regions.outlines(ids, 1), strict=True))
    finder = NearestZone(regions, ids, blend_km)
    with config_context(working_memory=working_memory):
        rows, zones, shares = finder.shares(places)
    for row, own in enumerate(regions.locate(places).tolist()):
        km = {z: slow_km_to_ring(places[row], ring) for z, ring in rings.items()}
        if own in km:
            km[own] = 0.0
        least = min(km.values())
        told = {z: 1.0 - (d - least) / blend_km for z, d in km.items()}
        told = {z: w / sum(v for v in told.values() if v > 0) for z, w in told.items()}
        found = dict(zip(zones[rows == row], shares[rows == row], strict=True))
        for zone in ids.tolist():
            expected = max(0.0, told[zone])
            assert found.get(zone, 0.0) == pytest.approx(expected, abs=1e-4)


def test_shares_where_there_are_no_borders():
    places = spread(20)
    alone = PartitionRegions(KMeansPartition(1).fit(places))
    for regions in (WholeGlobe(), alone):
        finder = NearestZone(regions, np.array([0]), 9.0)
        rows, zones, shares = finder.shares(places)
        assert_array_equal(rows, np.arange(20))
        assert_array_equal(zones, 0)
        assert_array_equal(shares, 1.0)
