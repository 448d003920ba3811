# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.datasets._subjects import TRAITS
from sklearn_geo.datasets._terrain import TERRAINS, temperature, terrain
from sklearn_geo.datasets._world import make_world
from sklearn_geo.geometry import haversine, pairwise_haversine


@pytest.fixture(scope="module")
def world():
    return make_world(0, 2000, 8)


def test_everything_stands_on_land(world):
    for kind in ("towns", "landmarks", "countries", "regions"):
        assert inland_km(getattr(world, kind)).min() >= 0.0


def test_town_sizes_follow_zipf(world):
    rank = np.arange(1, 2001)
    assert world.sizes.sum() == pytest.approx(1.0)
    slope = np.polyfit(np.log(rank[20:]), np.log(world.sizes[20:]), 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.03)
    assert 0.02 < world.sizes[0] < 0.08
    # Larger towns reach farther.
    assert (np.diff(world.spread_km) < 0).all()


def test_towns_thin_out_towards_deserts_and_poles(world):
    rng = np.random.default_rng(0)
    anywhere = np.column_stack(
        [
            np.degrees(np.arcsin(rng.uniform(-1, 1, 60_000))),
            rng.uniform(-180, 180, 60_000),
        ]
    )
    land = anywhere[inland_km(anywhere) > 0]

    def ratio(mask):
        """Return the density of towns where the mask holds, relative to all land."""
        return mask(world.towns).mean() / mask(land).mean()

    def dry(places):
        return terrain(places, inland_km(places))[:, TERRAINS.index("desert")] > 0.7

    assert ratio(dry) < 0.2
    assert ratio(lambda places: temperature(places) < -5.0) < 0.25
    assert ratio(lambda places: inland_km(places) < 60) > 1.5
    assert (world.towns[:, 0] > -60.0).all()


def test_no_two_towns_share_a_spot(world):
    km = pairwise_haversine(world.towns[:500])
    np.fill_diagonal(km, np.inf)
    assert km.min() > 12.0


def test_landmarks_lie_in_their_towns(world):
    counts = np.diff(world.landmark_starts)
    assert counts.min() >= 2
    assert counts[0] > counts[-1]
    owner = np.repeat(np.arange(2000), counts)
    km = haversine(world.landmarks, world.towns[owner])
    assert np.median(km / world.spread_km[owner]) < 1.0
    assert km.max() < 100.0


def test_names_are_unique_across_kinds(world):
    names = np.concatenate(
        [
            world.town_names,
            world.landmark_names,
            world.country_names,
            world.region_names,
        ]
    )
    assert len(np.unique(names)) == len(names)


def test_nearest_agrees_with_brute_force(world):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)])
    index, km = world.nearest("countries", places)
    all_km = pairwise_haversine(places, world.countries)
    assert_array_equal(index, all_km.argmin(axis=1))
    assert_allclose(km, all_km.min(axis=1), rtol=1e-6)


def test_languages_are_contiguous_groups_of_countries(world):
    assert set(world.country_language) == set(range(8))
    # Of countries next to each other more share a language than of any two.
    km = pairwise_haversine(world.countries)
    np.fill_diagonal(km, np.inf)
    same = world.country_language[km.argmin(axis=1)] == world.country_language
    shares = np.bincount(world.country_language) / world.country_language.size
    assert same.mean() > 0.6 > 0.3 > (shares**2).sum()


def test_languages_change_languages_and_names_only(world):
    other = make_world(0, 2000, 1)
    assert set(other.country_language) == {0}
    changed = {
        entry.name
        for entry in fields(world)
        if not np.array_equal(getattr(world, entry.name), getattr(other, entry.name))
    }
    names = {"town_names", "landmark_names", "country_names", "region_names"}
    assert changed == {"country_language", *names}


def test_traits_lie_between_zero_and_one_and_fade_out_of_town(world):
    towns = world.towns[~world.is_park][:50]
    traits = world.traits(towns)
    assert traits.shape == (50, len(TRAITS))
    assert traits.min() >= 0.0
    assert traits.max() <= 1.0
    urban = TRAITS.index("urban")
    nowhere = world.traits(np.array([[72.6, -38.5], [23.0, 12.0]]))
    assert traits[:, urban].min() > 0.4 > 0.05 > nowhere[:, urban].max()


def test_scatter_keeps_distances_inland_and_halves_them_at_the_coast(world):
    deep = np.flatnonzero(inland_km(world.towns) > 200.0)[:20]
    places = world.scatter(deep, np.full(20, 30.0), np.random.default_rng(0))
    assert_allclose(haversine(places, world.towns[deep]), 30.0, rtol=1e-6)
    coastal = np.flatnonzero(inland_km(world.towns) < 10.0)
    coastal = np.repeat(coastal[:50], 20)
    places = world.scatter(coastal, np.full(1000, 50.0), np.random.default_rng(0))
    assert inland_km(places).min() >= 0.0
    assert haversine(places, world.towns[coastal]).max() <= 50.001


def test_worlds_are_cached_read_only_and_differ_by_seed(world):
    assert make_world(0, 2000, 8) is world
    with pytest.raises(ValueError, match="read-only"):
        world.towns[0] = 0.0
    other = make_world(1, 300, 8)
    assert haversine(world.towns[:300], other.towns).min() > 0.01
