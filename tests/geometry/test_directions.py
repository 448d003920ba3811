# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import (
    bearing,
    destination,
    haversine,
    haversine_to_point,
)
from tests.geometry.common import (
    DEGREE_KM,
    GEOD,
    QUARTER_KM,
    modest,
    pairs,
    random_places,
)


class TestBearingAndDestination:
    @pytest.mark.parametrize(
        ("a", "b", "degrees"),
        [
            ([0, 0], [10, 0], 0),
            ([0, 0], [0, 10], 90),
            ([10, 0], [0, 0], 180),
            ([0, 0], [0, -10], 270),
            ([0, 179], [0, -179], 90),
            ([0, -179], [0, 179], 270),
            ([40, 7], [90, 100], 0),
            ([40, 7], [-90, -30], 180),
            ([80, 0], [80, 180], 0),  # over the pole
            ([-80, 0], [-80, 180], 180),
            # At a pole: as just beside it, on the given longitude.
            ([90, 0], [0, 90], 90),
            ([90, 30], [0, 30], 180),
            ([90, 0], [0, 180], 0),
            ([-90, 0], [0, 90], 90),
            ([-90, 0], [0, 0], 0),
            # No direction is the shortest.
            ([7, 7], [7, 7], 0),
            ([90, 7], [90, 33], 0),
            ([-90, 0], [-90, 180], 0),
            ([30, 40], [-30, -140], 0),
        ],
    )
    def test_bearing_by_hand(self, a, b, degrees):
        found = bearing([a], [b])[0]
        assert 0.0 <= found < 360.0
        assert_allclose(found, degrees, atol=1e-13)

    def test_bearing_oracle(self):
        a, b = random_places(2000, 1), random_places(2000, 2)
        forward, _, _ = GEOD.inv(a[:, 1], a[:, 0], b[:, 1], b[:, 0])
        difference = (bearing(a, b) - forward + 180) % 360 - 180
        assert_allclose(difference, 0, atol=1e-9)
        assert_array_equal(bearing(a[:1], b), bearing(np.repeat(a[:1], 2000, 0), b))

    def test_bearing_of_neighbours_and_of_antipodes(self):
        # 45 degrees on a tiny square.
        lat, step = 50.0, 2.0**-30
        east = step / math.cos(math.radians(lat))
        there = [[lat + step, 3.0 + east]]
        assert_allclose(bearing([[lat, 3.0]], there), 45, atol=1e-4)
        # A great circle that leaves at 225 comes to the antipode from the south-east.
        there = [[-lat - step, -177.0 + east]]
        assert_allclose(bearing([[lat, 3.0]], there), 225, atol=1e-4)

    def test_destination_oracle(self):
        rng = np.random.default_rng(3)
        places, theta = random_places(2000), rng.uniform(0, 360, 2000)
        km = rng.uniform(0, 20000, 2000)
        lon, lat, _ = GEOD.fwd(places[:, 1], places[:, 0], theta, km * 1e3)
        oracle = np.column_stack([lat, lon])
        assert haversine(destination(places, theta, km), oracle).max() < 1e-9

    @modest
    @given(pairs, st.floats(-720, 720), st.floats(-50_000, 50_000))
    def test_as_far_as_asked(self, place, theta, km):
        reached = destination([list(place)], theta, km)
        assert -90 <= reached[0, 0] <= 90
        assert -180 <= reached[0, 1] < 180
        way = abs(km) % (4 * QUARTER_KM)
        assert_allclose(
            haversine([list(place)], reached), min(way, 4 * QUARTER_KM - way), atol=1e-9
        )

    @modest
    @given(pairs, pairs)
    def test_bearing_leads_there(self, a, b):
        a, b = [list(a)], [list(b)]
        reached = destination(a, bearing(a, b), haversine(a, b))
        assert haversine(reached, b)[0] < 1e-9

    @pytest.mark.parametrize(
        ("start", "theta", "km", "end"),
        [
            ([0, 0], 0, QUARTER_KM, [90, 0]),
            ([0, 25], 180, 10 * DEGREE_KM, [-10, 25]),
            ([80, 0], 0, 20 * DEGREE_KM, [80, -180]),
            ([90, 0], 90, QUARTER_KM, [0, 90]),
            ([90, 40], 180, QUARTER_KM, [0, 40]),
            ([-90, 40], 0, QUARTER_KM, [0, 40]),
            ([0, 179.5], 90, DEGREE_KM, [0, -179.5]),
            ([0, 5], 90, -DEGREE_KM, [0, 4]),
            ([0, 5], -90, DEGREE_KM, [0, 4]),
            ([0, 5], 450, DEGREE_KM, [0, 6]),
            ([12, 34], 56, 4 * QUARTER_KM, [12, 34]),
        ],
    )
    def test_destination_by_hand(self, start, theta, km, end):
        assert_allclose(destination([start], theta, km), [end], atol=1e-12)

    def test_one_start_and_many_ways(self):
        reached = destination([[0.0, 0.0]], [0.0, 90.0], DEGREE_KM)
        assert_allclose(reached, [[1, 0], [0, 1]], atol=1e-12)
        ring = destination([[50.0, 8.0]], 10.0, [1.0, 2.0, 3.0])
        assert_allclose(haversine_to_point(ring, [50.0, 8.0]), [1, 2, 3])

    def test_many_starts_and_one_way(self):
        starts = [[0.0, 10.0], [0.0, -170.0], [90.0, 30.0]]
        ends = [[0.0, 100.0], [0.0, -80.0], [0.0, 120.0]]
        reached = destination(starts, 90.0, QUARTER_KM)
        assert_allclose(reached, ends, atol=1e-12)
        # One start given as a table, and one value given as a column's worth.
        assert_array_equal(destination(starts, [90.0], [QUARTER_KM]), reached)
        ways = [QUARTER_KM, QUARTER_KM, QUARTER_KM]
        assert_array_equal(destination(starts, 90.0, ways), reached)
        assert_array_equal(destination(starts, [90.0] * 3, QUARTER_KM), reached)
        assert_allclose(bearing(starts, [[0.0, 60.0]]), [90.0, 270.0, 150.0])
        assert_allclose(bearing([[0.0, 60.0]], starts[:2]), [270.0, 90.0])

    def test_radius(self):
        # A quarter around a globe of radius 2 is pi.
        reached = destination([[0.0, 170.0]], 90.0, math.pi, radius_km=2.0)
        assert_allclose(reached, [[0.0, -100.0]], atol=1e-12)

    def test_more_turns_than_numbers_hold(self):
        with pytest.raises(ValueError, match=r"distance_km, row 1: .* too many turns"):
            destination([[0.0, 0.0]], 90.0, [1.0, 1.7e308], radius_km=0.001)

    def test_errors(self):
        places = random_places(3)
        for function in (bearing, lambda a, b: destination(a, 0.0, 0.0)):
            with pytest.raises(ValueError, match="row 1: latitude 91"):
                function([[0.0, 0.0], [91.0, 0.0]], places[:1])
        with pytest.raises(ValueError, match=r"^b, row 0: latitude 91"):
            bearing(places, [[91.0, 0.0]])
        with pytest.raises(ValueError, match=r"^a, row 0: latitude 91"):
            bearing([[91.0, 0.0]], places)
        with pytest.raises(ValueError, match="a has 2 rows and b has 3"):
            bearing(places[:2], places)
        with pytest.raises(ValueError, match=r"places has 3 rows, bearing 1 and .* 2:"):
            destination(places, 0.0, [1.0, 2.0])
        with pytest.raises(
            ValueError, match=r"^distance_km, row 2: inf is not a finite"
        ):
            destination(places, 0.0, [1.0, 2.0, np.inf])
        with pytest.raises(TypeError, match=r"^bearing must hold numbers"):
            destination(places, "north", 1.0)
        with pytest.raises(ValueError, match="give tables of equal length"):
            bearing(places, places[:2])
        with pytest.raises(ValueError, match="give one value, or one per row"):
            destination(places, [1.0, 2.0], 3.0)
        with pytest.raises(ValueError, match=r"^bearing, row 1: nan is not a finite"):
            destination(places, [1.0, np.nan, 2.0], 3.0)
        with pytest.raises(TypeError, match=r"^distance_km must hold numbers"):
            destination(places, 1.0, "far")
        with pytest.raises(ValueError, match=r"^distance_km must be one number"):
            destination(places, 1.0, [[3.0]])
        with pytest.raises(ValueError, match="radius_km must be a positive"):
            destination(places, 1.0, 3.0, radius_km=0)


def test_a_hair_west_of_north_is_north():
    # The angle is below 0 by less than 360 can show.
    assert bearing([[0.0, 0.0]], [[1.0, -1e-17]]).tolist() == [0.0]
