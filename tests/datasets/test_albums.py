# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Users, albums and times: each trait is measured, and gone when it is turned off."""

import numpy as np
import pytest

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.datasets._albums import draw_albums
from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.datasets._world import make_world
from sklearn_geo.geometry import haversine

SIZES = {"n_tags": 10, "n_features": 1, "n_objects": 2, "n_scenes": 2}

# South, west, north, east: water without any island of the world's outlines.
OCEANS = {
    "North Atlantic": (25, -60, 45, -30),
    "South Atlantic": (-45, -35, -10, 0),
    "North Pacific": (30, -179, 48, -135),
    "East Pacific": (-50, -130, 10, -95),
    "Indian Ocean": (-50, 60, -12, 92),
    "Arabian Sea": (10, 60, 20, 68),
    "Southern Ocean": (-62, -180, -57, 180),
    "Arctic Ocean": (84, -180, 90, 180),
    "Tasman Sea": (-42, 154.5, -30, 165),
}
# South, west, north, east: the busiest parts of real photo collections.
BUSY = {
    "Western Europe": (42, -5, 55, 15),
    "Eastern United States": (30, -90, 45, -70),
    "California": (32, -124, 42, -115),
    "East and South Asia": (5, 65, 45, 145),
}


def _within(places, box):
    south, west, north, east = box
    latitude, longitude = places.T
    return (
        (latitude >= south)
        & (latitude <= north)
        & (longitude >= west)
        & (longitude <= east)
    )


@pytest.mark.parametrize("name", OCEANS)
def test_oceans_are_empty(photos, name):
    assert not _within(photos.places, OCEANS[name]).any()
    assert not _within(photos.true_places, OCEANS[name]).any()


@pytest.mark.parametrize("name", BUSY)
def test_busy_parts_of_the_world_are_busy(photos, name):
    south, west, north, east = BUSY[name]
    box = (np.sin(np.radians(north)) - np.sin(np.radians(south))) / 2
    box *= (east - west) / 360
    assert _within(photos.places, BUSY[name]).mean() > 2 * box


def test_photos_are_taken_on_land_or_just_off_the_coast(photos):
    assert inland_km(photos.true_places).min() >= -5.0
    # People do go to the beach.
    assert (inland_km(photos.true_places) < 5.0).mean() > 0.02


def test_hot_spots_have_zipf_sizes(photos):
    counts = np.sort(np.bincount(photos.town))[::-1]
    rank = np.arange(1, counts.size + 1)
    body = slice(5, 200)
    slope = np.polyfit(np.log(rank[body]), np.log(counts[body]), 1)[0]
    assert -1.2 < slope < -0.7
    assert 0.015 < counts[0] / counts.sum() < 0.10
    # Uniform sizes would put a tenth of the photos into a tenth of the towns.
    assert counts[: counts.size // 10].sum() > 0.45 * counts.sum()


def test_every_user_has_a_photo_and_activity_is_uneven(photos):
    counts = np.bincount(photos.users)
    assert counts.size == 800
    assert counts.min() >= 1
    tenth = np.sort(counts)[::-1][:80].sum()
    assert 0.4 < tenth / counts.sum() < 0.9


def test_an_album_is_one_users(photos):
    users = np.zeros(photos.albums.max() + 1, dtype=int)
    users[photos.albums] = photos.users
    assert (users[photos.albums] == photos.users).all()
    sizes = np.bincount(photos.albums)
    assert sizes.min() >= 1
    assert 4 < sizes.mean() < 9


def _mates(labels):
    """Return pairs of rows that share a label, neighbours in sorted order."""
    order = np.argsort(labels, kind="stable")
    same = labels[order[1:]] == labels[order[:-1]]
    return order[1:][same], order[:-1][same]


def _km_between(photos, labels):
    one, other = _mates(labels)
    return haversine(photos.true_places[one], photos.true_places[other])


def test_an_album_lies_within_a_few_km_and_hours(photos):
    km = _km_between(photos, photos.albums)
    assert np.median(km) < 2.0
    assert km.max() < 25.0
    one, other = _mates(photos.albums)
    hours = np.abs(photos.posted[one] - photos.posted[other]) / np.timedelta64(1, "h")
    assert hours.max() <= 4.0
    shuffled = _km_between(photos, np.random.default_rng(0).permutation(photos.albums))
    assert np.median(shuffled) > 3000.0


@pytest.mark.parametrize("spread_km", [0.2, 5.0])
def test_album_spread_is_the_mean_distance_from_the_spot(spread_km):
    tight = make_geotagged_photos(
        4000, album_spread_km=spread_km, random_state=0, **SIZES
    )
    none = make_geotagged_photos(4000, album_spread_km=0.0, random_state=0, **SIZES)
    km = haversine(tight.true_places, none.true_places)
    # The few that would be afloat stay at their spot.
    assert km.mean() == pytest.approx(spread_km, rel=0.1)
    assert _km_between(none, none.albums).max() < 1e-6


def test_without_album_signal_albums_are_anywhere(photos):
    mixed = make_geotagged_photos(20_000, album_signal=0.0, random_state=0, **SIZES)
    for labels in (mixed.albums, mixed.users):
        one, other = _mates(labels)
        km = haversine(mixed.true_places[one], mixed.true_places[other])
        assert np.median(km) > 3000.0
    # The same labels and the same places as before, joined another way.
    assert (np.sort(mixed.albums) == np.sort(photos.albums)).all()
    assert (mixed.places == photos.places).all()


def test_half_an_album_signal_swaps_half_the_photos(photos):
    mixed = make_geotagged_photos(20_000, album_signal=0.5, random_state=0, **SIZES)
    assert (mixed.albums == photos.albums).mean() == pytest.approx(0.5, abs=0.02)


def test_users_live_somewhere_and_travel(photos):
    homes, farthest = [], []
    for user in np.flatnonzero(np.bincount(photos.users) >= 30)[:150]:
        rows = np.flatnonzero(photos.users == user)
        towns = np.bincount(photos.town[rows])
        homes.append(towns.max() / towns.sum())
        km = haversine(
            photos.true_places[rows],
            np.tile(photos.towns[towns.argmax()], (rows.size, 1)),
        )
        farthest.append(km.max())
    assert np.mean(homes) > 0.3
    assert 0.4 < np.mean(np.array(farthest) > 1000.0) < 1.0


def test_consecutive_albums_are_closer_than_other_albums_of_a_user(photos):
    _, rows = np.unique(photos.albums, return_index=True)
    users = photos.users[rows]
    rows = rows[np.lexsort((photos.posted[rows], users))]
    users, places = photos.users[rows], photos.true_places[rows]
    same = users[1:] == users[:-1]
    near = haversine(places[1:][same], places[:-1][same])
    far = users[40:] == users[:-40]
    apart = haversine(places[40:][far], places[:-40][far])
    assert (near < 100.0).mean() > 1.3 * (apart < 100.0).mean()


def _solar_focus(photos):
    """Return how far hours of local solar time agree: 0 uniform, 1 all the same."""
    hours = photos.posted.astype("int64") / 3600.0 % 24.0
    angle = 2 * np.pi * (hours / 24.0 + photos.true_places[:, 1] / 360.0)
    _, first = np.unique(photos.albums, return_index=True)
    return np.abs(np.exp(1j * angle[first]).mean()), first.size


def _hour_tells_longitude(photos):
    """Return the circular correlation of the hour and the longitude of albums."""
    _, first = np.unique(photos.albums, return_index=True)
    hour = 2 * np.pi * (photos.posted[first].astype("int64") / 86_400 % 1.0)
    longitude = np.radians(photos.true_places[first, 1])

    def centred(angle):
        return np.sin(angle - np.angle(np.exp(1j * angle).mean()))

    return np.corrcoef(centred(hour), centred(longitude))[0, 1]


def test_posting_times_follow_the_sun(photos):
    focus, _ = _solar_focus(photos)
    assert focus > 0.35
    assert _hour_tells_longitude(photos) < -0.2
    hours = photos.posted.astype("int64") / 3600 + photos.true_places[:, 1] / 15
    share = np.histogram(hours % 24, bins=24, range=(0, 24))[0] / hours.size
    # Asleep at four, out in the afternoon, on the sofa at eight.
    assert share[2:5].max() < 0.02
    assert share[14:16].min() > 0.04
    assert share[20] > share[22]
    assert share[20] > 0.04


def test_without_daylight_the_hour_tells_nothing_of_the_place():
    dark = make_geotagged_photos(20_000, daylight=0.0, random_state=0, **SIZES)
    focus, n_albums = _solar_focus(dark)
    # Rayleigh: the resultant of n uniform angles is rarely above 2.5 / sqrt(n).
    assert focus < 2.5 / np.sqrt(n_albums)
    assert abs(_hour_tells_longitude(dark)) < 4 / np.sqrt(n_albums)


def _summer(photos):
    """Return the correlation of the season with the hemisphere, over stays."""
    day = photos.posted.astype("datetime64[D]")
    year = (day - day.astype("datetime64[Y]")).astype(int) / 365.25
    # One photo a user and month is close to one a stay.
    month = day.astype("datetime64[M]").astype(int)
    _, first = np.unique(photos.users * 10_000 + month, return_index=True)
    warm = np.cos(2 * np.pi * (year - 0.54))[first]
    north = np.tanh(photos.true_places[:, 0] / 20.0)[first]
    return np.corrcoef(warm, north)[0, 1], first.size


def test_people_travel_in_the_summer_of_where_they_go(photos):
    correlation, n = _summer(photos)
    assert correlation > 4 / np.sqrt(n)
    dark = make_geotagged_photos(20_000, daylight=0.0, random_state=0, **SIZES)
    correlation, n = _summer(dark)
    assert abs(correlation) < 3.5 / np.sqrt(n)


def test_days_are_long_in_summer(photos):
    latitude = photos.true_places[:, 0]
    hours = photos.posted.astype("int64") / 3600 + photos.true_places[:, 1] / 15
    month = photos.posted.astype("datetime64[M]").astype(int) % 12 + 1
    early = (hours % 24 > 4) & (hours % 24 < 7.5)
    north = latitude > 40
    summer, winter = np.isin(month, [5, 6, 7]), np.isin(month, [11, 12, 1])
    assert early[north & summer].mean() > 3 * early[north & winter].mean()


def test_there_are_more_photos_at_weekends(photos):
    days = photos.posted.astype("datetime64[D]").astype(int)
    # 1970-01-01 was a Thursday: Saturday is two days on.
    weekday = (days + 3) % 7
    share = np.bincount(weekday, minlength=7) / days.size
    assert share[5:].mean() > 1.3 * share[:5].mean()


def test_times_cover_ten_years(photos):
    assert photos.posted.min() > np.datetime64("2009-09-01")
    assert photos.posted.max() < np.datetime64("2020-06-01")


@pytest.mark.parametrize("sizes", [(1, 1), (7, 7), (100, 1), (1000, 999)])
def test_photos_are_shared_out_exactly(sizes):
    n_photos, n_users = sizes
    world = make_world(3, 20, 2)
    drawn = draw_albums(world, n_photos, n_users, 4.0, np.random.default_rng(0))
    assert drawn.user.shape == drawn.album.shape == (n_photos,)
    assert np.unique(drawn.user).tolist() == list(range(n_users))
    assert np.unique(drawn.album).tolist() == list(range(drawn.town.size))
    assert drawn.town.shape == drawn.day.shape
