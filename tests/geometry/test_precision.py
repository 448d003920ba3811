# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Digits of places, distances and directions, against arithmetic of 40 digits."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    bearing,
    chord_to_km,
    destination,
    haversine,
    km_to_chord,
    pairwise_haversine,
    places_from_vectors,
    triangle_centers,
    triangle_ids,
    triangle_vertices,
    unit_vectors,
    utm_project,
    utm_unproject,
)
from tests.geometry.common import random_places

precise = mpmath.workdps(40)


def radians(degrees):
    return mpmath.mpf(degrees) * mpmath.pi / 180


def degrees(radians):
    return radians * 180 / mpmath.pi


def in_the_frame_of(a, b):
    """How far b is up, east and north of a, from the centre of the globe."""
    (lat_a, lon_a), (lat_b, lon_b) = (map(radians, place) for place in (a, b))
    turn = lon_b - lon_a
    up = mpmath.sin(lat_a) * mpmath.sin(lat_b)
    up += mpmath.cos(lat_a) * mpmath.cos(lat_b) * mpmath.cos(turn)
    north = mpmath.cos(lat_a) * mpmath.sin(lat_b)
    north -= mpmath.sin(lat_a) * mpmath.cos(lat_b) * mpmath.cos(turn)
    return up, mpmath.cos(lat_b) * mpmath.sin(turn), north


def exact_km(a, b):
    up, east, north = in_the_frame_of(a, b)
    return mpmath.atan2(mpmath.hypot(east, north), up) * mpmath.mpf(EARTH_RADIUS_KM)


def exact_bearing(a, b):
    _, east, north = in_the_frame_of(a, b)
    return degrees(mpmath.atan2(east, north))


def exact_destination(place, theta, km):
    latitude, longitude, theta = radians(place[0]), place[1], radians(theta)
    angle = mpmath.mpf(km) / mpmath.mpf(EARTH_RADIUS_KM)
    ahead = mpmath.sin(angle) * mpmath.cos(theta)
    x = mpmath.cos(latitude) * mpmath.cos(angle) - mpmath.sin(latitude) * ahead
    y = mpmath.sin(angle) * mpmath.sin(theta)
    z = mpmath.sin(latitude) * mpmath.cos(angle) + mpmath.cos(latitude) * ahead
    turn = degrees(mpmath.atan2(y, x))
    return degrees(mpmath.atan2(z, mpmath.hypot(x, y))), longitude + turn


def exactly(function, *tables):
    """Apply a function to rows; an array of its precise numbers."""
    with precise:
        return np.array([function(*rows) for rows in zip(*tables, strict=True)])


def on_a_grid(places):
    """Round to 2**-36 degrees (2 micrometres): differences have no rounding then."""
    return np.ldexp(np.rint(np.ldexp(places, 36)), -36)


def beside(places, far, rng):
    """Places up to so many degrees of latitude and longitude away."""
    off = far * rng.uniform(0.3, 1.0, places.shape) * rng.choice([-1, 1], places.shape)
    return on_a_grid(places + off)


def places_beside_the_poles(n, rng):
    off = 10.0 ** rng.uniform(-8, 0, n)
    latitude = (90.0 - off) * rng.choice([-1, 1], n)
    return np.column_stack([latitude, rng.uniform(-180, 180, n)])


# ---- Distances ---------------------------------------------------------------------


@pytest.mark.parametrize("far", [3.0, 1.0, 0.1, 0.05, 1e-3, 1e-6])
def test_distances_to_beside_the_antipode(far):
    rng = np.random.default_rng(0)
    a = on_a_grid(rng.uniform([-80, -170], [80, 170], (100, 2)))
    a[np.abs(a[:, 1]) < 10, 1] += 30.0
    b = beside(np.column_stack([-a[:, 0], a[:, 1] - 180 * np.sign(a[:, 1])]), far, rng)
    km = exactly(exact_km, a, b)
    assert np.abs(haversine(a, b) - km).max() < 5e-11
    assert np.abs(np.diag(pairwise_haversine(a, b)) - km).max() < 5e-11


@pytest.mark.parametrize("far", [60.0, 1.0, 1e-3, 1e-6, 1e-9])
def test_distances_to_neighbours(far):
    rng = np.random.default_rng(1)
    a = on_a_grid(rng.uniform([-29, -100], [29, 100], (100, 2)))
    a[50:, 0] = on_a_grid(89.999 * np.sign(a[50:, 0]))
    b = beside(a, far, rng)
    b[50:, 0] = np.clip(b[50:, 0], -90.0, 90.0)
    assert_allclose(haversine(a, b), exactly(exact_km, a, b).astype(float), rtol=2e-14)


@pytest.mark.parametrize("km", [0.0, 1e-12, 1e-6, 1.0, 1e4, 19_000.0, 20_014.9])
def test_chords(km):
    kms = km * np.linspace(1.0, 1.00001, 40)
    with precise:
        half = mpmath.mpf(0.5) / mpmath.mpf(EARTH_RADIUS_KM)
        chords = [2 * mpmath.sin(value * half) for value in kms]
        found = km_to_chord(kms)
        assert_allclose(found, np.array(chords, dtype=float), rtol=2e-15)
        # Back from the chords that were found: near 2 there are few of them.
        back = [mpmath.asin(mpmath.mpf(chord) / 2) / half for chord in found]
        assert_allclose(chord_to_km(found), np.array(back, dtype=float), rtol=2e-15)


# ---- Directions --------------------------------------------------------------------


def check_bearings(a, b, atol):
    off = bearing(a, b) - exactly(exact_bearing, a, b).astype(float)
    assert np.abs((off + 180.0) % 360.0 - 180.0).max() < atol


@pytest.mark.parametrize("far", [90.0, 1.0, 1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("latitude", [0.0, 60.0, 89.0, 89.9999])
def test_bearings_to_neighbours_and_antipodes(latitude, far):
    rng = np.random.default_rng(2)
    a = np.column_stack([rng.choice([-1, 1], 50) * latitude, rng.uniform(20, 80, 50)])
    a = on_a_grid(a)
    b = beside(a, far, rng)
    b[:, 0] = np.clip(b[:, 0], -90.0, 90.0)
    check_bearings(a, b, 1e-12)
    b = beside(np.column_stack([-a[:, 0], a[:, 1] - 180.0]), far, rng)
    b[:, 0] = np.clip(b[:, 0], -90.0, 90.0)
    check_bearings(a, b, 1e-12)


def test_bearings_from_and_to_beside_the_poles():
    rng = np.random.default_rng(3)
    a, b = (on_a_grid(places_beside_the_poles(200, rng)) for _ in range(2))
    check_bearings(a, b, 1e-12)
    check_bearings(a, on_a_grid(random_places(200)), 1e-12)
    check_bearings(on_a_grid(random_places(200)), b, 1e-12)


def check_destinations(places, theta, km):
    expected = exactly(exact_destination, places, theta, km)
    found = destination(places, theta, km)
    assert exactly(exact_km, found, expected).max() < 1e-11
    latitude = expected[:, 0]
    assert np.abs(found[:, 0] - latitude).max() < 3e-13


def test_destinations_from_beside_the_poles():
    rng = np.random.default_rng(4)
    places = places_beside_the_poles(200, rng)
    km = 10.0 ** rng.uniform(-6, 4.3, 200)
    check_destinations(places, rng.uniform(0, 360, 200), km)
    check_destinations(places, rng.choice([0.0, 180.0], 200), km)
    check_destinations(random_places(200), rng.uniform(0, 360, 200), km)


def test_destinations_that_are_poles_or_antipodes():
    rng = np.random.default_rng(5)
    off = 10.0 ** rng.uniform(-9, 1, 200)
    places = random_places(200)
    half = np.pi * EARTH_RADIUS_KM
    check_destinations(places, rng.uniform(0, 360, 200), half - off)
    to_pole = half * (90.0 - places[:, 0]) / 180.0
    check_destinations(places, rng.normal(size=200) * 1e-6, to_pole - off)
    check_destinations([[90.0, 20.0]] * 200, rng.uniform(0, 360, 200), off)


def test_metres_from_a_pole():
    km = [1e-6, 1e-3, 1e-2, 1.0]
    reached = destination([[90.0, 0.0]], 180.0, km)
    assert_allclose(haversine([[90.0, 0.0]], reached), km, atol=1e-12)


# ---- Vectors and triangles ---------------------------------------------------------


def test_vectors_of_places():
    rng = np.random.default_rng(6)
    places = np.concatenate([random_places(100), places_beside_the_poles(100, rng)])
    places[:40] *= 10.0 ** rng.uniform(-9, 0, (40, 2))
    places[40:60, 1] = 180.0 - 10.0 ** rng.uniform(-9, 0, 20)

    def exact(place):
        latitude, longitude = map(radians, place)
        around = mpmath.cos(latitude)
        x, y = around * mpmath.cos(longitude), around * mpmath.sin(longitude)
        return x, y, mpmath.sin(latitude)

    vectors = exactly(exact, places)
    # Each component has its digits, the smallest too.
    assert_allclose(unit_vectors(places), vectors.astype(float), rtol=3e-15)

    def exact_places(vector):
        x, y, z = map(mpmath.mpf, vector)
        latitude = mpmath.atan2(z, mpmath.hypot(x, y))
        return degrees(latitude), degrees(mpmath.atan2(y, x))

    vectors = vectors.astype(float) * 10.0 ** rng.uniform(-3, 3, (200, 1))
    expected = exactly(exact_places, vectors).astype(float)
    assert_allclose(places_from_vectors(vectors), expected, rtol=2e-15)


@pytest.mark.parametrize("level", [0, 1, 9, 20, 26])
@pytest.mark.parametrize(
    ("function", "parts"), [(triangle_vertices, 1), (triangle_centers, 3)]
)
def test_latitudes_of_triangles(level, function, parts):
    rng = np.random.default_rng(7)
    places = np.concatenate([random_places(30), places_beside_the_poles(60, rng)])
    found = function(triangle_ids(places, level))[..., 0].ravel()

    def from_the_pole(latitude):
        # The nearest parallel: their sines are evenly spread from pole to pole.
        n = parts * 31 * 2**level
        k = mpmath.nint((1 - mpmath.sin(radians(abs(latitude)))) * n / 2)
        return 90 - degrees(2 * mpmath.asin(mpmath.sqrt(k / n)))

    expected = exactly(from_the_pole, found)
    assert np.abs(np.abs(found) - expected).max() < 3e-14


@pytest.mark.parametrize(("zone", "sign"), [("31X", 1.0), ("31C", -1.0)])
def test_northings_beside_a_pole(zone, sign):
    # The meridian has the radius a**2 / b there, and a zone the scale 0.9996.
    off = 10.0 ** np.arange(-9.0, -1.0)
    latitudes = 90.0 - off
    a, f = 6378137.0, 1 / 298.257223563
    expected = 0.9996 * a / (1.0 - f) * np.radians(90.0 - latitudes)
    beside = np.column_stack([sign * latitudes, np.full(len(off), 3.0)])
    metres = utm_project(beside, zone)
    (pole,) = utm_project([[sign * 90.0, 3.0]], zone)
    assert_allclose(metres[:, 0], 5e5, rtol=1e-15)
    assert_allclose(sign * (pole - metres)[:, 1], expected, rtol=1e-6, atol=1e-8)
    assert_allclose(utm_unproject(metres, zone)[:, 0], beside[:, 0], atol=1e-13)
