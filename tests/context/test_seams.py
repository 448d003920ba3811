# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Shares of zones near borders: worked by hand, walked along, and continuous."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.context._seams import Seams
from sklearn_geo.geometry import destination, utm_zone_ids, utm_zone_names
from sklearn_geo.partition import KMeansPartition, S2Partition, TrianglePartition
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
    around = np.repeat(corners, 3, axis=0)
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
