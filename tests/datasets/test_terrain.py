# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_geo.datasets._globe import grid_places, inland_km
from sklearn_geo.datasets._terrain import (
    TERRAINS,
    height_km,
    temperature,
    terrain,
    waves,
)
from sklearn_geo.geometry import destination

# A place, what it is like (above one half), and what it is not (below one fifth).
KNOWN = {
    "Sahara": ((23.0, 12.0), "desert", "forest snow mountain"),
    "Himalaya": ((28.5, 86.5), "mountain snow", "desert tropics"),
    "Amazon": ((-4.0, -63.0), "tropics", "desert snow mountain"),
    "Greenland": ((74.0, -40.0), "snow", "tropics desert forest"),
    "Central Andes": ((-13.0, -71.5), "mountain", "desert"),
    "Simpson Desert": ((-25.0, 127.0), "desert", "forest snow"),
    "Recife": ((-8.0, -35.0), "coast tropics", "desert snow"),
    "Flanders": ((50.8, 4.0), "", "desert mountain tropics"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_places_are_what_they_are(name):
    place, present, absent = KNOWN[name]
    places = np.array([place])
    traits = dict(zip(TERRAINS, terrain(places, inland_km(places))[0], strict=True))
    for trait in present.split():
        assert traits[trait] > 0.5, trait
    for trait in absent.split():
        assert traits[trait] < 0.2, trait


def test_terrain_lies_between_zero_and_one_everywhere():
    places = grid_places()[::97]
    traits = terrain(places, inland_km(places))
    assert traits.shape == (len(places), len(TERRAINS))
    assert traits.min() >= 0.0
    assert traits.max() <= 1.0


def test_coast_fades_inland():
    places = np.zeros((3, 2))
    coast = terrain(places, np.array([-10.0, 0.0, 15.0]))[:, TERRAINS.index("coast")]
    assert_allclose(coast, [1.0, 1.0, np.exp(-1.0)], rtol=1e-6)


def test_temperature_falls_with_latitude_and_height():
    places = np.array([[0.0, -40.0], [40.0, -40.0], [-40.0, -40.0], [80.0, -150.0]])
    equator, north, south, pole = temperature(places)
    # At sea the ground is 200 m high: 27 - 6 * 0.2 at the equator.
    assert equator == pytest.approx(25.8, abs=0.01)
    assert north == pytest.approx(south)
    assert equator > north > pole
    high, low = np.array([[28.5, 86.5]]), np.array([[28.5, -86.5]])
    assert height_km(high)[0] > 3.0 > 0.5 > height_km(low)[0]
    assert temperature(high)[0] < temperature(low)[0] - 15.0


def test_waves_have_zero_mean_and_unit_variance():
    rng = np.random.default_rng(0)
    places = np.column_stack(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, 5000))), rng.uniform(-180, 180, 5000)]
    )
    fields = waves(places, 100.0, 6, seed=(1, 2))
    assert fields.shape == (5000, 6)
    assert_allclose(fields.mean(axis=0), 0.0, atol=0.1)
    assert_allclose(fields.std(axis=0), 1.0, atol=0.1)
    correlation = np.corrcoef(fields.T) - np.eye(6)
    assert np.abs(correlation).max() < 0.1


def test_waves_are_smooth_below_their_length_and_independent_beyond():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-60, 60, 3000), rng.uniform(-180, 180, 3000)])
    here = waves(places, 40.0, 4, seed=(3,))

    def correlation(km):
        there = destination(places, rng.uniform(0, 360, 3000), np.full(3000, km))
        return np.corrcoef(here.ravel(), waves(there, 40.0, 4, (3,)).ravel())[0, 1]

    assert correlation(1.0) > 0.97
    assert abs(correlation(700.0)) < 0.1


def test_waves_know_no_seam_and_no_pole():
    west, east = np.array([[10.0, -180.0]]), np.array([[10.0, 179.99999]])
    assert_allclose(waves(west, 50.0, 3, (5,)), waves(east, 50.0, 3, (5,)), atol=1e-3)
    one, other = np.array([[90.0, 0.0]]), np.array([[90.0, 123.0]])
    assert_allclose(waves(one, 50.0, 3, (5,)), waves(other, 50.0, 3, (5,)), atol=1e-3)
