# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math

import mpmath
import numpy as np
import pyproj
import pytest
import utm
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import (
    _utm_projection,
    haversine,
    utm_project,
    utm_unproject,
    utm_zone_ids,
    utm_zone_names,
    utm_zone_numbers,
    utm_zones,
)
from tests.geometry.common_utm import (
    grid,
    modest,
)


def proj_utm(places, number, *, south=False):
    project = pyproj.Proj(proj="utm", zone=number, south=south, ellps="WGS84")
    return np.column_stack(project(places[:, 1], places[:, 0]))


def exact_metres(latitude, turn):
    """Easting and northing from the definition of the projection, no series.

    Isometric latitude + i longitude is continued to a complex latitude, and the arc of
    the meridian up to there is northing + i easting.
    """
    e2 = (2 - 1 / 298.257223563) / 298.257223563
    e = math.sqrt(e2)
    phi = math.radians(latitude)
    aim = math.atanh(math.sin(phi)) - e * math.atanh(e * math.sin(phi))
    aim += 1j * math.radians(turn)
    point = np.arcsin(np.tanh(aim))
    for _ in range(60):
        sine, cosine = np.sin(point), np.cos(point)
        miss = np.arctanh(sine) - e * np.arctanh(e * sine) - aim
        point -= miss * cosine * (1 - e2 * sine**2) / (1 - e2)
    nodes, shares = np.polynomial.legendre.leggauss(80)
    arc = (1 - e2 * np.sin(point * (nodes + 1) / 2) ** 2) ** -1.5 @ shares * point / 2
    arc *= 6378137.0 * (1 - e2) * 0.9996
    return [500_000 + arc.imag, arc.real]


class TestProject:
    def test_by_hand(self):
        # On the equator and the central meridian; k0 times the quarter meridian.
        quarter = 10_001_965.7293
        places = [[0.0, 3.0], [0.0, 9.0], [90.0, 123.0]]
        metres = utm_project(places, ["31N", "32N", "31N"])
        expected = [[500_000, 0], [500_000, 0], [500_000, 0.9996 * quarter]]
        assert_allclose(metres, expected, atol=1e-4)

    def test_scale_on_the_central_meridian(self):
        # A step of 1e-6 degrees of longitude at 60 degrees north, on the ellipsoid:
        # a cos(60) / sqrt(1 - e^2 sin(60)^2) times the angle times 0.9996.
        e2 = (2 - 1 / 298.257223563) / 298.257223563
        width = 6378137 * 0.5 / math.sqrt(1 - e2 * 0.75) * math.radians(1e-6) * 0.9996
        west, east = utm_project([[60.0, 9 - 5e-7], [60.0, 9 + 5e-7]], "32V")
        assert_allclose(east[0] - west[0], width, rtol=1e-6)

    def test_against_utm(self):
        # utm cuts its constants to nine digits and its series short.
        places = grid(np.arange(-79.9, 84, 3.1), np.arange(-179.7, 180, 3.7))
        expected = [utm.from_latlon(*place)[:2] for place in places.tolist()]
        assert_allclose(utm_project(places), expected, rtol=0, atol=5e-3)

    def test_own_zones_against_proj(self):
        rng = np.random.default_rng(0)
        places = np.column_stack(
            [rng.uniform(-80, 84, 4000), rng.uniform(-180, 180, 4000)]
        )
        metres, numbers = utm_project(places), utm_zone_numbers(utm_zones(places))
        for number in range(1, 61):
            for south in (False, True):
                rows = (numbers == number) & ((places[:, 0] < 0) == south)
                expected = proj_utm(places[rows], number, south=south)
                assert_allclose(metres[rows], expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("steps", [-5, -2, -1, 1, 2, 5])
    @pytest.mark.parametrize("band", ["F", "U"])
    def test_other_zones_against_proj(self, steps, band):
        rng = np.random.default_rng(1)
        for number in (1, 17, 31, 60):
            west = 6 * number - 186
            places = np.column_stack(
                [rng.uniform(-89, 89, 200), rng.uniform(west, west + 6, 200)]
            )
            other = (number + steps - 1) % 60 + 1
            metres = utm_project(places, f"{other}{band}")
            expected = proj_utm(places, other, south=band == "F")
            assert_allclose(metres, expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize(
        ("turn", "tolerance"),
        [
            (1, 1e-8),
            (3, 1e-8),
            (10, 1e-8),
            (35, 2e-8),
            (50, 5e-7),
            (60, 5e-5),
            (65, 5e-4),
        ],
    )
    @pytest.mark.parametrize("latitude", [0.5, -20.0, 45.0, 75.0])
    def test_far_from_the_central_meridian(self, turn, tolerance, latitude):
        expected = exact_metres(latitude, turn)
        places = [[latitude, 3.0 + turn], [latitude, 3.0 - turn]]
        east, west = utm_project(places, "31N")
        assert_allclose(east, expected, rtol=0, atol=tolerance)
        assert_allclose(west, [1e6 - expected[0], expected[1]], rtol=0, atol=tolerance)
        back = utm_unproject([east, west], "31N")
        assert haversine(back, places).max() * 1e3 < tolerance

    def test_over_the_pole(self):
        beyond = utm_project([[89.0, 3.0], [89.0, -177.0], [89.0, 93.0]], "31X")
        pole = utm_project([[90.0, 0.0]], "31X")[0]
        assert_allclose(beyond[0] - pole, pole - beyond[1], atol=1e-6)
        assert_allclose(beyond[2, 0] - 5e5, pole[1] - beyond[0, 1], rtol=1e-3)

    def test_false_northing_is_the_zones(self):
        south, north = utm_project([[-1e-9, 3.0], [0.0, 3.0]])
        assert_allclose(south - north, [0, 1e7], atol=1e-3)
        # In one zone coordinates are continuous.
        south, north = utm_project([[-1e-9, 3.0], [1e-9, 3.0]], "31N")
        assert_allclose(north - south, [0, 0.9996 * 2e-9 * 110574], rtol=1e-4)
        south, north = utm_project([[-5.0, 3.0], [5.0, 3.0]], "31M")
        assert_allclose(south[1] + north[1], 2e7)

    def test_across_the_antimeridian(self):
        places = [[10.0, 179.999], [10.0, -179.999]]
        first, second = utm_project(places, "1P")
        assert 0 < second[0] - first[0] < 250
        assert_array_equal(
            utm_project([[10.0, -180.0]], "60P"), utm_project([[10.0, 180.0]], "60P")
        )

    @pytest.mark.parametrize("south", [False, True])
    def test_caps_against_proj(self, south):
        rng = np.random.default_rng(2)
        latitude = rng.uniform(80 if south else 84, 90, 500) * (-1 if south else 1)
        places = np.column_stack([latitude, rng.uniform(-180, 180, 500)])
        project = pyproj.Proj(proj="ups", ellps="WGS84", south=south)
        expected = np.column_stack(project(places[:, 1], places[:, 0]))
        assert_allclose(utm_project(places), expected, rtol=0, atol=1e-6)
        # Both caps of a pole share one plane, far beyond their border.
        places[:, 0] *= np.repeat([0.1, -0.5], 250)
        expected = np.column_stack(project(places[:, 1], places[:, 0]))
        for cap in "AB" if south else "YZ":
            metres = utm_project(places, cap)
            assert_allclose(metres, expected, rtol=1e-13, atol=1e-6)

    def test_poles(self):
        metres = utm_project([[90.0, 17.0], [-90.0, -170.0]])
        assert_array_equal(metres, 2e6)
        back = utm_unproject(metres, ["Z", "A"])
        assert_array_equal(back[:, 0], [90, -90])

    def test_zones_one_or_many(self):
        places = np.array([[10.0, 4.0], [-20.0, 5.0], [88.0, 6.0]])
        ids = utm_zone_ids(["31P", "31K", "Z"])
        own = utm_project(places)
        assert_array_equal(utm_project(places, ids), own)
        assert_array_equal(utm_project(places, ["31P", "31K", "Z"]), own)
        assert_array_equal(utm_project(places, utm_zone_names(ids)), own)
        assert_array_equal(utm_project(places, int(ids[0]))[0], own[0])
        assert_array_equal(utm_project(places, ids[:1]), utm_project(places, "31P"))
        for i in range(3):
            assert_array_equal(utm_project(places[i : i + 1])[0], own[i])

    def test_errors(self):
        places = [[10.0, 4.0], [0.0, 90.0]]
        with pytest.raises(
            ValueError, match=r"row 1: \(0.0, 90.0\) is too far from zone 31N"
        ):
            utm_project(places, "31N")
        with pytest.raises(ValueError, match=r"row 0: .* too far from zone Z"):
            utm_project([[-90.0, 0.0]], "Z")
        with pytest.raises(ValueError, match="no UTM zone '31'"):
            utm_project(places, "31")
        with pytest.raises(
            ValueError, match=r"one per place, shape \(2,\); got shape \(3,\)"
        ):
            utm_project(places, [1, 2, 3])
        with pytest.raises(ValueError, match="integers from 0 to 1200; got 1201"):
            utm_project(places, 1201)
        with pytest.raises(ValueError, match="utm_zone_ids turns names"):
            utm_project(places, [1.0, 2.0])
        with pytest.raises(ValueError, match="latitude 91"):
            utm_project([[91.0, 0.0]])


class TestUnproject:
    @modest
    @given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1))
    def test_there_and_back(self, places):
        places = [list(place) for place in places]
        ids = utm_zones(places)
        back = utm_unproject(utm_project(places, ids), ids)
        assert haversine(places, back).max() < 2e-11  # km
        assert (back[:, 1] < 180).all()

    @modest
    @given(st.floats(-89, 89), st.floats(-30, 30), st.integers(0, 1196))
    def test_there_and_back_far_from_the_zone(self, latitude, turn, zone):
        middle = 6 * int(utm_zone_numbers(zone)) - 183
        place = [[latitude, middle + turn]]
        back = utm_unproject(utm_project(place, zone), zone)
        assert haversine(place, back)[0] < 2e-11

    def test_against_utm(self):
        for number, letter, easting, northing in [
            (30, "U", 699_319.0, 5_710_163.0),
            (56, "H", 334_873.0, 6_252_266.0),
            (1, "C", 441_867.0, 1_116_915.0),
        ]:
            expected = utm.to_latlon(easting, northing, number, letter)
            found = utm_unproject([[easting, northing]], f"{number}{letter}")
            assert haversine(found, [list(expected)])[0] < 5e-6

    def test_against_proj(self):
        rng = np.random.default_rng(4)
        metres = np.column_stack(
            [rng.uniform(1e5, 9e5, 500), rng.uniform(1e5, 9.3e6, 500)]
        )
        for number, south in [(1, False), (32, True), (60, False)]:
            project = pyproj.Proj(proj="utm", zone=number, south=south, ellps="WGS84")
            lon, lat = project(*metres.T, inverse=True)
            found = utm_unproject(metres, f"{number}{'M' if south else 'N'}")
            assert haversine(found, np.column_stack([lat, lon])).max() < 1e-9
        metres = rng.uniform(1e6, 3e6, (500, 2))
        for cap, south in [("A", True), ("Z", False)]:
            project = pyproj.Proj(proj="ups", ellps="WGS84", south=south)
            lon, lat = project(*metres.T, inverse=True)
            found = utm_unproject(metres, cap)
            assert haversine(found, np.column_stack([lat, lon])).max() < 1e-9

    @pytest.mark.parametrize(("zone", "longitude"), [("60N", -179.5), ("1N", 179.5)])
    def test_across_the_antimeridian(self, zone, longitude):
        place = [[10.0, longitude]]
        assert_allclose(utm_unproject(utm_project(place, zone), zone), place)

    def test_the_antimeridian_of_a_cap_is_in_the_west(self):
        assert utm_unproject([[2e6, 2.1e6]], "Z")[0, 1] == -180.0
        assert utm_unproject([[2e6, 1.9e6]], "A")[0, 1] == -180.0

    def test_caps_reach_to_the_other_hemisphere(self):
        metres = np.array([[2e6, -4.5e7], [6e7, 3e7], [-1e8, 2e6]])
        for cap, south in [("B", True), ("Y", False)]:
            project = pyproj.Proj(proj="ups", ellps="WGS84", south=south)
            lon, lat = project(*metres.T, inverse=True)
            assert (lat > 0).all() if south else (lat < 0).all()
            found = utm_unproject(metres, cap)
            assert haversine(found, np.column_stack([lat, lon])).max() < 1e-9

    def test_errors(self):
        with pytest.raises(ValueError, match=r"two columns, \(easting, northing\)"):
            utm_unproject([1.0, 2.0], "31N")
        with pytest.raises(ValueError, match=r"got an array of shape \(1, 3\)"):
            utm_unproject([[5e5, 0.0, 0.0]], "31N")
        for bad in ([np.nan, 0.0], [5e5, np.inf], [3e7, 0.0], [5e5, 4e7]):
            with pytest.raises(ValueError, match=r"row 1: .* near zone 31N"):
                utm_unproject([[5e5, 0.0], bad], "31N")
        with pytest.raises(ValueError, match=r"coordinates, row 0: .* near zone Z"):
            utm_unproject([[np.inf, 0.0]], "Z")
        # As far from the pole as the other one nearly is, and no farther.
        for bad in ([1e200, 0.0], [0.0, -1e15]):
            with pytest.raises(
                ValueError, match=r"^coordinates, row 1: .* are no .* near zone Z"
            ):
                utm_unproject([[2e6, 2e6], bad], "Z")
        with pytest.raises(ValueError, match="32X does not exist"):
            utm_unproject([[5e5, 0.0]], "32X")


@pytest.mark.parametrize(
    ("coordinates", "error", "words"),
    [
        (np.empty((0, 2)), ValueError, "at least one row; got an array of shape"),
        ([["a", "b"]], TypeError, "^coordinates must hold numbers"),
    ],
)
def test_unproject_what_is_no_coordinates(coordinates, error, words):
    with pytest.raises(error, match=words):
        utm_unproject(coordinates, "31N")


def test_projection_reaches_almost_70_degrees():
    # sinh of the transverse coordinate is tan(turn) on the equator, and 2.7 is the
    # tangent of 69.677 degrees.
    utm_project([[0.0, 3.0 + 69.676]], "31N")
    utm_project([[0.0, 3.0 - 69.676]], "31N")
    for longitude in (3.0 + 69.678, 3.0 - 69.678):
        with pytest.raises(ValueError, match=r"row 1: .* is too far from zone 31N"):
            utm_project([[0.0, 3.0], [0.0, longitude]], "31N")


def test_blocks_change_nothing(monkeypatch):
    places = grid(np.linspace(-90, 90, 31), np.linspace(-179, 180, 41))
    zones = utm_zones(places)
    metres = utm_project(places, zones)
    degrees = utm_unproject(metres, zones)
    monkeypatch.setattr(_utm_projection, "_BLOCK_ROWS", 100)
    assert_array_equal(utm_project(places, zones), metres)
    assert_array_equal(utm_project(places), metres)
    assert_array_equal(utm_unproject(metres, zones), degrees)
    # Rows in messages are those of the table, not of the block.
    places = np.tile([[10.0, 4.0]], (250, 1))
    metres = utm_project(places, "31P")
    places[230], metres[230] = [0.0, 93.0], [np.nan, 0.0]
    with pytest.raises(ValueError, match=r"places, row 230: \(0.0, 93.0\) is too far"):
        utm_project(places, "31P")
    with pytest.raises(ValueError, match=r"coordinates, row 230: \[nan, 0.0\] are no"):
        utm_unproject(metres, "31P")


@pytest.mark.parametrize(
    ("metres", "fits"),
    [
        # 1.74 and 3.15 units of k0 times 6,367,449.146 m from the false origin.
        ([5e5 + 11_074_900, 0.0], True),
        ([5e5 + 11_075_000, 0.0], False),
        ([5e5 - 11_074_900, 0.0], True),
        ([5e5 - 11_075_000, 0.0], False),
        ([5e5, 20_049_400.0], True),
        ([5e5, 20_049_500.0], False),
        ([5e5, -20_049_400.0], True),
        ([5e5, -20_049_500.0], False),
    ],
)
@pytest.mark.parametrize(("zone", "northing"), [("31N", 0.0), ("31M", 1e7)])
def test_unprojection_ends_where_projection_does(metres, fits, zone, northing):
    metres = np.array([metres]) + [0.0, northing]
    if fits:
        assert np.isfinite(utm_unproject(metres, zone)).all()
    else:
        with pytest.raises(ValueError, match=f"row 0: .* near zone {zone}"):
            utm_unproject(metres, zone)


@pytest.mark.parametrize("turn", [69.6, -69.6])
def test_what_projects_comes_back(turn):
    # tan(69.6 degrees) = 2.689, just within the limit of 2.7.
    place = [[0.0, 3.0 + turn]]
    assert haversine(utm_unproject(utm_project(place, "31N"), "31N"), place)[0] < 1e-5
    pole = utm_project([[90.0, 0.0], [-90.0, 0.0]], "31N")
    assert_allclose(utm_unproject(pole, "31N")[:, 0], [90.0, -90.0], atol=1e-9)


def fourier_coefficients(function):
    """The first six coefficients of sin(2 j x) of an odd function of period pi."""
    # Between 0 and pi / 2; it is 0 at both ends, and the rest is its mirror image.
    nodes = [mpmath.pi * k / 16 for k in range(1, 8)]
    values = [function(x) for x in nodes]
    return [
        float(
            sum(y * mpmath.sin(2 * j * x) for x, y in zip(nodes, values, strict=True))
        )
        / 4
        for j in range(1, 7)
    ]


@mpmath.workdps(30)
def test_coefficients_of_all_series():
    # Latitudes on WGS84 by their definitions: conformal, and rectifying, which is in
    # proportion to the arc of the meridian. The series are those of their differences.
    flattening = 1 / mpmath.mpf("298.257223563")
    e2 = flattening * (2 - flattening)
    e = mpmath.sqrt(e2)
    quarter = mpmath.ellipe(e2)

    def conformal(latitude):
        sine = mpmath.sin(latitude)
        return mpmath.asin(mpmath.tanh(mpmath.atanh(sine) - e * mpmath.atanh(e * sine)))

    def rectifying(latitude):
        sine, cosine = mpmath.sin(latitude), mpmath.cos(latitude)
        arc = mpmath.ellipe(latitude, e2)
        arc -= e2 * sine * cosine / mpmath.sqrt(1 - e2 * sine**2)
        return mpmath.pi / 2 * arc / quarter

    def inverse(function, value):
        # All these latitudes differ by little, and so do their slopes.
        latitude = value
        for _ in range(11):
            latitude += value - function(latitude)
        return latitude

    def from_conformal(function):
        return fourier_coefficients(lambda x: function(inverse(conformal, x)) - x)

    to_conformal = fourier_coefficients(lambda x: x - conformal(inverse(rectifying, x)))
    exact = {"rtol": 0, "atol": 2e-19}
    assert_allclose(_utm_projection.ALPHA, from_conformal(rectifying), **exact)
    assert_allclose(_utm_projection._BETA, to_conformal, **exact)
    # Here the next terms, of the seventh order, are up to 100 times n^7.
    exact["atol"] = 4e-18
    assert_allclose(_utm_projection._DELTA, from_conformal(lambda x: x), **exact)
    # Half a meridian is pi units of Krueger's, and scaled by 0.9996.
    unit = 0.9996 * 6378137.0 * 2 / math.pi * float(quarter)
    assert_allclose(_utm_projection.UTM_UNIT_M, unit, rtol=3e-16)


@pytest.mark.parametrize("zone", ["A", "Z"])
def test_polar_metres_end_a_million_units_from_the_pole(zone):
    # A unit is 2 k0 a / sqrt((1 + e)^(1 + e) (1 - e)^(1 - e)).
    e = math.sqrt((2.0 - 1.0 / 298.257223563) / 298.257223563)
    unit = 2.0 * 0.994 * 6378137.0
    unit /= math.sqrt((1.0 + e) ** (1.0 + e) * (1.0 - e) ** (1.0 - e))
    for axis in (0, 1):
        for sign in (-1.0, 1.0):
            metres = np.full((1, 2), 2e6)
            metres[0, axis] += sign * unit * 999_999.5
            # From the pole by twice the angle whose tangent is that.
            (place,) = utm_unproject(metres, zone)
            assert_allclose(place[0], 90.0 if zone == "A" else -90.0, atol=2e-4)
            metres[0, axis] += sign * unit
            with pytest.raises(ValueError, match=f"row 0: .* near zone {zone}"):
                utm_unproject(metres, zone)


@pytest.mark.parametrize(("zone", "pole"), [("A", 90.0), ("Z", -90.0)])
def test_polar_zones_reach_to_a_dozen_metres_from_the_other_pole(zone, pole):
    # 2e-6 radians on the conformal sphere are 1.14e-4 degrees there, within 1 %.
    beside = pole * (1.0 - 1.18e-4 / 90.0)
    metres = utm_project([[beside, 40.0]], zone)
    assert_allclose(utm_unproject(metres, zone), [[beside, 40.0]], atol=1e-9)
    with pytest.raises(ValueError, match=f"row 0: .* too far from zone {zone}"):
        utm_project([[pole * (1.0 - 1.12e-4 / 90.0), 40.0]], zone)
