# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Noise on places: as far as it says, in every direction, and always on the globe."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest, rayleigh

from sklearn_geo.geometry import EARTH_RADIUS_KM, bearing, haversine, unit_vectors
from sklearn_geo.ranking._location_noise import noisy_places

KINDS = ["sphere", "paper"]
N = 20_000


def moved(place, sigma_km, *, seed=0, kind="sphere", n=N):
    home = np.tile(np.asarray(place, dtype=float), (n, 1))
    away = noisy_places(home, sigma_km, np.random.default_rng(seed), kind=kind)
    return home, away


def assert_on_the_globe(places):
    assert np.isfinite(places).all()
    assert (np.abs(places[:, 0]) <= 90.0).all()
    assert ((places[:, 1] >= -180.0) & (places[:, 1] < 180.0)).all()


@pytest.mark.parametrize("sigma_km", [0.001, 1.0, 100.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (64.1, -21.9), (-16.5, 180.0)])
def test_distances_are_rayleigh_and_directions_uniform(place, sigma_km):
    home, away = moved(place, sigma_km)
    distance = haversine(home, away)
    assert kstest(distance, rayleigh(scale=sigma_km).cdf).pvalue > 1e-4
    turn = bearing(home, away)
    assert chisquare(np.histogram(turn, 12, (0, 360))[0]).pvalue > 1e-4
    # Every axis of the tangent plane has the standard deviation asked for.
    for axis in (np.sin, np.cos):
        spread = (distance * axis(np.radians(turn))).std()
        np.testing.assert_allclose(spread, sigma_km, rtol=0.03)


@pytest.mark.parametrize("latitude", [90.0, -90.0])
def test_at_a_pole_every_longitude_is_as_likely(latitude):
    home, away = moved((latitude, 33.0), 50.0)
    assert_on_the_globe(away)
    assert chisquare(np.histogram(away[:, 1], 12, (-180, 180))[0]).pvalue > 1e-4
    assert kstest(haversine(home, away), rayleigh(scale=50.0).cdf).pvalue > 1e-4


def test_across_the_antimeridian():
    _, away = moved((0.0, 179.99), 20.0)
    assert_on_the_globe(away)
    west = (away[:, 1] < 0.0).mean()
    assert 0.4 < west < 0.5  # 1.1 km of 20 are missing to one half


def test_cosines_are_those_of_the_formula():
    # The distribution function of Fisher's cosine c, integrated by hand:
    # (exp(kappa c) - exp(-kappa)) / (exp(kappa) - exp(-kappa)).
    for sigma_km in (3000.0, 20_000.0):
        kappa = (EARTH_RADIUS_KM / sigma_km) ** 2
        home, away = moved((47.0, 8.0), sigma_km)
        cosine = (unit_vectors(home) * unit_vectors(away)).sum(axis=1)

        def below(c, kappa=kappa):
            return (np.exp(kappa * c) - np.exp(-kappa)) / (2.0 * np.sinh(kappa))

        assert kstest(cosine, below).pvalue > 1e-4


@pytest.mark.parametrize("sigma_km", [1e7, 1e12, np.inf])
def test_boundless_noise_is_uniform(sigma_km):
    _, away = moved((64.1, -21.9), sigma_km)
    assert_on_the_globe(away)
    # Equal areas: the sine of the latitude is uniform, and so is the longitude.
    height = np.sin(np.radians(away[:, 0]))
    assert chisquare(np.histogram(height, 10, (-1, 1))[0]).pvalue > 1e-4
    assert chisquare(np.histogram(away[:, 1], 12, (-180, 180))[0]).pvalue > 1e-4

    _, away = moved((64.1, -21.9), sigma_km, kind="paper")
    assert_on_the_globe(away)
    assert chisquare(np.histogram(away[:, 0], 10, (-90, 90))[0]).pvalue > 1e-4
    assert chisquare(np.histogram(away[:, 1], 12, (-180, 180))[0]).pvalue > 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sigma_km", [1e-9, 0.1, 2000.0, 20_000.0, 1e5])
def test_never_off_the_globe(sigma_km, kind):
    rng = np.random.default_rng(1)
    places = np.column_stack([rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500)])
    places[:4] = [(90, 0), (-90, 0), (0, 180), (0, -180)]
    assert_on_the_globe(noisy_places(places, sigma_km, rng, kind=kind))


def test_noise_of_the_paper_by_hand():
    # Drawn from the same generator: 0.1 of 180 degrees and 0.1 of 360.
    sigma_km = 0.1 * np.pi * EARTH_RADIUS_KM
    assert sigma_km == pytest.approx(2001.5, abs=0.1)
    home = np.array([[64.0, -20.0], [0.0, 170.0], [-89.0, 0.0]])
    away = noisy_places(home, sigma_km, np.random.default_rng(3), kind="paper")
    drawn = np.random.default_rng(3).standard_normal((3, 2))
    square = (home + [90, 180]) / [180, 360] + 0.1 * drawn
    np.testing.assert_allclose((away + [90, 180]) / [180, 360], square % 1.0)


def test_noise_of_the_paper_crosses_the_pole_and_is_wider_east_west():
    _, away = moved((64.0, 0.0), 0.1 * np.pi * EARTH_RADIUS_KM, kind="paper")
    thrown = away[:, 0] < -26.0  # over the north pole, out at the south
    # P(N > (1 - 154 / 180) / 0.1) = P(N > 1.444) = 7.4 %.
    assert thrown.mean() == pytest.approx(0.0743, abs=0.007)
    east = away[~thrown, 1]
    assert np.median(np.abs(east)) == pytest.approx(0.6745 * 36.0, rel=0.04)
    _, equator = moved((0.0, 0.0), 500.0, kind="paper")
    assert equator[:, 1].std() / equator[:, 0].std() == pytest.approx(2.0, rel=0.04)


@pytest.mark.parametrize("kind", KINDS)
def test_no_noise_moves_nothing(kind):
    places = np.array([[90.0, 12.0], [-16.5, 180.0]])
    same = noisy_places(places, 0.0, np.random.default_rng(0), kind=kind)
    np.testing.assert_array_equal(same, places)
    assert not np.shares_memory(same, places)
    empty = noisy_places(np.empty((0, 2)), 5.0, np.random.default_rng(0), kind=kind)
    assert empty.shape == (0, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_places_stay_unknown_and_change_no_other(kind):
    places = np.full((6, 2), 10.0)
    some = places.copy()
    some[[1, 4]] = np.nan
    whole = noisy_places(places, 300.0, np.random.default_rng(5), kind=kind)
    found = noisy_places(some, 300.0, np.random.default_rng(5), kind=kind)
    whole[[1, 4]] = np.nan
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_same_generator_same_noise(kind):
    _, first = moved((10.0, 10.0), 5.0, seed=4, kind=kind, n=50)
    _, again = moved((10.0, 10.0), 5.0, seed=4, kind=kind, n=50)
    _, other = moved((10.0, 10.0), 5.0, seed=5, kind=kind, n=50)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@pytest.mark.parametrize("sigma_km", [-1.0, np.nan])
def test_no_such_distance(sigma_km):
    with pytest.raises(ValueError, match="0 or more kilometres"):
        noisy_places(np.zeros((1, 2)), sigma_km, np.random.default_rng(0))


def test_no_such_noise():
    with pytest.raises(ValueError, match='must be "sphere" or "paper"'):
        noisy_places(np.zeros((1, 2)), 1.0, np.random.default_rng(0), kind="plane")
