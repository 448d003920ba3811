# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Shares of zones near borders: worked by hand, walked along, and continuous."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import MultiPolygon, Polygon, box
from sklearn import config_context

from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.context._seams import Seams
from sklearn_geo.geometry import (
    destination,
    places_from_vectors,
    s2_vertices,
    utm_zone_ids,
    utm_zone_names,
)
from sklearn_geo.partition import (
    AreaPartition,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from tests.context.slow_borders import slow_shares

R = 6371.0088
DEGREE = math.radians(1) * R


def shares_of(seams, places):
    """Return a dict of shares for each place."""
    places = np.array(places, dtype=float)
    rows, ids, shares = seams.shares(places, seams.regions.locate(places))
    assert (np.diff(rows) >= 0).all()
    found = [{} for _ in places]
    for row, zone, share in zip(rows, ids.tolist(), shares.tolist(), strict=True):
        assert zone not in found[row]
        found[row][zone] = share
    return found


def named(shares):
    return {str(utm_zone_names([zone])[0]): share for zone, share in shares.items()}


def spread(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    return np.column_stack([latitude, rng.uniform(-180, 180, n)])


def test_a_meridian_worked_by_hand():
    # On 4 degrees north the border of 31N and 32N, 6 degrees east, is 30 km away from
    # a place at asin(sin(30 km / R) / cos 4) west of it: the zones have the weights 1
    # and 0.7. No other border is near.
    aside = math.degrees(math.asin(math.sin(30 / R) / math.cos(math.radians(4))))
    seams = Seams(UTMRegions(), 100.0)
    west, east = shares_of(seams, [[4, 6 - aside], [4, 6 + aside]])
    assert named(west) == pytest.approx({"31N": 1 / 1.7, "32N": 0.7 / 1.7}, rel=1e-9)
    assert named(east) == pytest.approx({"32N": 1 / 1.7, "31N": 0.7 / 1.7}, rel=1e-9)
    # Farther than 100 km from any border there is one zone.
    assert named(shares_of(seams, [[4, 3]])[0]) == {"31N": 1.0}


def test_a_corner_worked_by_hand():
    # The corner of four zones on the equator: each of them has a quarter.
    seams = Seams(UTMRegions(), 50.0)
    corner = named(shares_of(seams, [[0, 6]])[0])
    assert corner == pytest.approx(dict.fromkeys(["31N", "32N", "31M", "32M"], 0.25))
    # A hundredth of a degree north, on the meridian: the southern ones are less.
    north = named(shares_of(seams, [[0.01, 6]])[0])
    less = 1 - 0.01 * DEGREE / 50
    total = 2 + 2 * less
    assert north == pytest.approx(
        {"31N": 1 / total, "32N": 1 / total, "31M": less / total, "32M": less / total}
    )


def test_norway_worked_by_hand():
    # 32V begins at 3 degrees east. 31V ends there; 31U and 31W go on to 6.
    seams = Seams(UTMRegions(), 20.0)
    found = named(shares_of(seams, [[60, 3]])[0])
    assert found == pytest.approx({"31V": 0.5, "32V": 0.5})
    assert named(shares_of(seams, [[60, 6]])[0]) == {"32V": 1.0}
    # On 56 degrees north, 5 degrees east: 32V above, 31U below.
    found = named(shares_of(seams, [[56, 5]])[0])
    assert found == pytest.approx({"32V": 0.5, "31U": 0.5})
    # Svalbard: 31X reaches to 9 degrees, where 33X begins.
    assert named(shares_of(seams, [[78, 9]])[0]) == pytest.approx(
        {"31X": 0.5, "33X": 0.5}
    )
    assert named(shares_of(seams, [[78, 6]])[0]) == {"31X": 1.0}


def test_poles_and_the_antimeridian_worked_by_hand():
    seams = Seams(UTMRegions(), 20.0)
    for pole, caps in (([90, 5], "YZ"), ([-90, -120], "AB")):
        found = named(shares_of(seams, [pole])[0])
        assert found == pytest.approx(dict.fromkeys(caps, 0.5))
    # The caps meet on the meridian of Greenwich and on the antimeridian.
    assert set(named(shares_of(seams, [[85, 0]])[0])) == set("YZ")
    assert set(named(shares_of(seams, [[-89, -180]])[0])) == set("AB")
    assert named(shares_of(seams, [[4, -180]])[0]) == pytest.approx(
        {"1N": 0.5, "60N": 0.5}
    )
    # Latitude 84 is the border of X and the caps: 1 degree of longitude there is 11.6
    # km, so 33X is alone with cap Z at 15 degrees east.
    assert named(shares_of(seams, [[84, 15]])[0]) == pytest.approx(
        {"33X": 0.5, "Z": 0.5}
    )
    # Zones end at the parallel and not at a chord: in the middle between corners of the
    # cap it is 10 km away on every meridian.
    ten = math.degrees(10 / R)
    for longitude in (15, 80, 100, 165):
        found = named(shares_of(seams, [[84 + ten, longitude]])[0])
        assert found["Z"] == pytest.approx(1 / 1.5)


@pytest.mark.parametrize("blend_km", [0.01, 5.0, 120.0, 500.0])
def test_utm_against_walks_along_borders(blend_km):
    regions = UTMRegions()
    ids = utm_zone_ids([f"{n}{band}" for n in (30, 31, 32, 33) for band in "UVW"])
    rings = dict(zip(ids.tolist(), regions.outlines(ids, 1), strict=True))
    rng = np.random.default_rng(0)
    # Around the corners of 32V, nearer than half of what is heard.
    corners = np.array([[56.0, 3], [64, 12], [64, 6], [56, 6], [56, 12], [60, 3]])
    around = np.repeat(corners, 2, axis=0)
    reach = min(blend_km, 150.0) * rng.uniform(0, 0.9, len(around))
    places = destination(around, rng.uniform(0, 360, len(around)), reach)
    found = shares_of(Seams(regions, blend_km), places)
    several = 0
    for place, own, shares in zip(places, regions.locate(places), found, strict=True):
        slow = slow_shares(place, int(own), rings, blend_km)
        if blend_km == 500.0:  # farther zones than those of the list are heard
            total = sum(share for zone, share in shares.items() if zone in rings)
            shares = {z: share / total for z, share in shares.items() if z in rings}
        assert shares == pytest.approx(slow, abs=1e-6)
        several += len(shares) > 1
    assert several > len(places) / 2


def cells(partition, n=150, seed=3):
    return PartitionRegions(partition.fit(spread(n, seed)))


def corners_of(partition):
    """Return the corners of cells, without what outlines add on a map."""
    if isinstance(partition, KMeansPartition):
        rings = partition._cells.rings
    elif isinstance(partition, TrianglePartition):
        rings = partition.mesh_.vertices[partition.mesh_.simplices]
        return list(rings[partition.cells_["id"]])
    else:
        rings = s2_vertices(partition.cells_["id"], as_vectors=True)
    return [places_from_vectors(ring) for ring in rings]


@pytest.mark.parametrize(
    "partition",
    [
        S2Partition(12, 1),
        KMeansPartition(9, random_state=0),
        TrianglePartition(9, 1, refine="delaunay"),
    ],
    ids=["S2", "kmeans", "delaunay"],
)
def test_cells_against_walks_along_borders(partition):
    regions = cells(partition)
    blend_km = 400.0
    ids = regions.all_ids()
    rings = dict(zip(ids.tolist(), corners_of(partition), strict=True))
    places = np.concatenate([spread(8), [[89.9, 5], [-89.9, 5], [20, 179.99]]])
    own = regions.locate(places)
    found = shares_of(Seams(regions, blend_km), places)
    for place, zone, shares in zip(places, own, found, strict=True):
        shares.pop(-1, None)
        slow = slow_shares(place, int(zone), rings, blend_km, geodesic=True)
        slow.pop(-1, None)
        for each in (shares, slow):
            total = sum(each.values())
            each.update({z: share / total for z, share in each.items()})
        assert shares == pytest.approx(slow, abs=1e-6)


def test_areas_worked_by_hand():
    # The first area lies upon the second one, whose own border does not count there; a
    # third one has a hole and another part beyond the antimeridian.
    holed = box(30, -20, 50, 0).difference(box(35, -15, 45, -5))
    far = MultiPolygon([holed, box(175, -10, 185, 0)])
    areas = AreaPartition([box(0, 0, 10, 10), box(4, -8, 20, 8), far])
    regions = PartitionRegions(areas.fit(spread(9)))
    seams = Seams(regions, 1.0)
    half, third = 1 / 2, 1 / 3
    expected = [
        ([4, 10], {0: half, 1: half}),
        ([4, 4], {0: 1.0}),
        ([4, 9.5], {0: 1.0}),
        ([0, 5], {0: half, 1: half}),
        ([5, 0], {0: half, -1: half}),
        ([-4, 4], {1: half, -1: half}),
        ([8, 10], {0: third, 1: third, -1: third}),
        ([0, 4], {0: third, 1: third, -1: third}),
        ([-10, 35], {2: half, -1: half}),
        ([-10, 40], {-1: 1.0}),
        ([-5, 175], {2: half, -1: half}),
        ([-5, -180], {2: 1.0}),
        ([-5, -175], {2: half, -1: half}),
        ([60, 60], {-1: 1.0}),
    ]
    found = shares_of(seams, [place for place, _ in expected])
    for (place, shares), got in zip(expected, found, strict=True):
        assert got == pytest.approx(shares, abs=1e-9), place
    # Ten degrees, each of 111 km, to the hole's rim would be far: 300 m are not.
    inside = [-10, 45 - math.degrees(0.3 / R / math.cos(math.radians(10)))]
    rim = shares_of(seams, [inside])[0]
    assert rim == pytest.approx({-1: 1 / 1.7, 2: 0.7 / 1.7}, rel=1e-6)


def test_beside_an_edge_longitudes_keep_all_digits(monkeypatch):
    areas = AreaPartition([box(0.1, 0.3, 0.7, 0.9)])
    regions = PartitionRegions(areas.fit(spread(9)))
    asked, locate = [], AreaPartition._locate
    monkeypatch.setattr(
        AreaPartition,
        "_locate",
        lambda self, places: asked.append(places) or locate(self, places),
    )
    Seams(regions, 10.0).shares(np.array([[0.5, 0.5]]), np.array([0]))
    found = set(np.concatenate(asked)[:, 1].tolist())
    # A centimetre west and east of the edge that stands for all four.
    assert found == {0.7 - 1e-7, 0.7 + 1e-7}


def test_slanting_edges_of_areas_are_straight_on_the_map():
    areas = AreaPartition([Polygon([(0, 0), (60, 0), (0, 50)])])
    regions = PartitionRegions(areas.fit(spread(9)))
    # Halfway between (0, 60) and (50, 0) on the map, far from the great circle.
    for share in (0.1, 0.5, 0.8):
        found = shares_of(Seams(regions, 10.0), [[50 * share, 60 * (1 - share)]])[0]
        assert found == pytest.approx({0: 0.5, -1: 0.5}, abs=1e-3)


def test_gaps_between_cells_of_different_sizes():
    # Photos in one small spot and all over the globe elsewhere; rare cells are dropped.
    rng = np.random.default_rng(0)
    spot = np.array([[20.0, 20.0]]) + rng.normal(scale=4, size=(400, 2))
    partition = S2Partition(25, 6).fit(np.concatenate([spot, spread(400)]))
    regions = PartitionRegions(partition)
    blend_km = 60.0
    seams = Seams(regions, blend_km)
    places = spot[:150] + rng.normal(scale=2, size=(150, 2))
    own = regions.locate(places)
    found = shares_of(seams, places)
    # Look around each place in circles: what is met first at which distance.
    turns = np.linspace(0, 360, 180, endpoint=False)
    heard = 0
    for place, zone, shares in zip(places, own, found, strict=True):
        reach = np.linspace(0.25, blend_km + 1, 160)
        ring = destination(
            np.repeat(place[None], len(turns) * len(reach), axis=0),
            np.tile(turns, len(reach)),
            np.repeat(reach, len(turns)),
        )
        met = regions.locate(ring).reshape(len(reach), -1)
        km = {
            int(z): reach[(met == z).any(axis=1).argmax()]
            for z in np.unique(met)
            if z != zone
        }
        for z in set(km) | set(shares) - {zone}:
            d = blend_km * (1 - shares.get(z, 0.0) / shares[int(zone)])
            assert min(km.get(z, blend_km), blend_km) == pytest.approx(d, abs=2.5)
        heard += -1 in km or zone == -1
    assert heard > 20


REGIONS = {
    "utm": UTMRegions(),
    "S2": cells(S2Partition(12, 3)),
    "triangles": cells(TrianglePartition(12, 1)),
    "delaunay": cells(TrianglePartition(12, 1, refine="delaunay")),
    "kmeans": cells(KMeansPartition(9, random_state=0)),
}


@pytest.fixture(scope="module", params=REGIONS)
def zones_of_the_globe(request):
    regions = REGIONS[request.param]
    return [Seams(regions, blend_km) for blend_km in (2.0, 90.0)]


def change(seams, places):
    one, other = shares_of(seams, places)
    return max(abs(one.get(z, 0) - other.get(z, 0)) for z in one | other)


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-90, 90), st.floats(-180, 179.99), st.floats(0, 360), st.integers(0, 1)
)
def test_ten_metres_across_a_seam_change_little(
    zones_of_the_globe, latitude, longitude, turn, which
):
    seams = zones_of_the_globe[which]
    regions = seams.regions
    # Walk 3,000 km and find the first border to the nearest metre, if there is one.
    start = np.array([[latitude, longitude]])
    low, high = 0.0, 3000.0
    while high - low > 0.001:
        reach = np.linspace(low, high, 300)
        walk = destination(np.repeat(start, 300, 0), np.full(300, turn), reach)
        met = regions.locate(walk)
        if (met == met[0]).all():
            return
        low, high = reach[(met != met[0]).argmax() - 1 : (met != met[0]).argmax() + 1]
    across = destination(
        np.repeat(start, 2, 0), [turn] * 2, [low - 0.005, high + 0.005]
    )
    # Ten metres change each distance by ten metres at most. The arcs of slanting
    # triangles are up to a metre or ten off, for 2 and 90 km.
    off = 0.011 if which else 0.003
    assert change(seams, across) <= 2 * (0.012 + off) / seams.blend_km


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 179.99)), min_size=1, max_size=9
    ),
    st.integers(0, 1),
)
def test_shares_of_any_places(zones_of_the_globe, places, which):
    seams = zones_of_the_globe[which]
    places = np.array(places)
    own = seams.regions.locate(places)
    rows, ids, shares = seams.shares(places, own)
    assert_allclose(np.bincount(rows, shares, len(places)), 1, rtol=1e-12)
    assert (shares > 0).all()
    assert (np.diff(rows * 10_000 + ids) > 0).all()
    mine = ids == own[rows]
    assert_array_equal(rows[mine], np.arange(len(places)))
    largest = np.zeros(len(places))
    np.maximum.at(largest, rows, shares)
    assert_array_equal(shares[mine], largest)
    for i in range(len(places)):
        alone = seams.shares(places[i : i + 1], own[i : i + 1])
        assert_array_equal(alone[1], ids[rows == i])
        assert_allclose(alone[2], shares[rows == i], rtol=1e-9)


def test_little_memory_gives_the_same_shares():
    regions = UTMRegions()
    places = spread(2000)
    seams = Seams(regions, 300.0)
    whole = seams.shares(places, regions.locate(places))
    with config_context(working_memory=0.01):
        parts = seams.shares(places, regions.locate(places))
    for one, other in zip(whole, parts, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize(
    "regions", [WholeGlobe(), cells(KMeansPartition(1))], ids=["globe", "one cell"]
)
def test_no_borders(regions):
    places = spread(5)
    rows, ids, shares = Seams(regions, 500.0).shares(places, regions.locate(places))
    assert_array_equal(rows, np.arange(5))
    assert_array_equal(ids, 0)
    assert_array_equal(shares, 1.0)


def test_no_places():
    found = Seams(UTMRegions(), 5.0).shares(np.empty((0, 2)), np.empty(0, dtype=int))
    assert [len(part) for part in found] == [0, 0, 0]
