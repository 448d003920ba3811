# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Who took the synthetic photos, where, and when: users, stays and albums."""

from dataclasses import dataclass

import numpy as np

from sklearn_geo.datasets._draw import GroupedDraw, draw_ranks, zipf_weights
from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.datasets._world import OFFSHORE_KM
from sklearn_geo.geometry import destination

_ALBUMS_A_STAY = 3.0
# At home, in one of the towns around it, or anywhere in the world.
_STAY_SHARES = (0.5, 0.3, 0.2)
_N_AROUND = 20
# At a landmark, anywhere in town, or on an excursion into the country.
_SPOT_SHARES = (0.50, 0.28, 0.22)
_FIRST_DAY, _N_DAYS = np.datetime64("2010-01-01", "D"), 3650
_WEEKEND_SHARE = 0.35
_MAX_ALBUM_HOURS = 4.0


@dataclass(eq=False)
class Albums:
    """Photos in random order, with who took them in which album.

    Parameters
    ----------
    user, album : ndarray of int of shape (n_photos,)
        Each album belongs to one user; albums count from 0.

    town : ndarray of int of shape (n_albums,)
        Hot spot of each album.

    day : ndarray of shape (n_albums,)
        Days from the first day of the data to the album, before seasons.
    """

    user: np.ndarray
    album: np.ndarray
    town: np.ndarray
    day: np.ndarray


def draw_albums(world, n_photos, n_users, album_size, rng):
    """Share photos out to users, their stays and their albums.

    Parameters
    ----------
    world : World
        Where the towns are.

    n_photos, n_users : int
        How many of each; each user has at least one photo.

    album_size : float
        Photos in an album on average.

    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    Albums
    """
    # Activity is Zipf, with a head so soft that no one dominates.
    activity = rng.permutation(zipf_weights(n_users, shift=10.0))
    counts = 1 + rng.multinomial(n_photos - n_users, activity)
    user = np.repeat(np.arange(n_users), counts)
    first = np.concatenate([[True], user[1:] != user[:-1]])
    opens_album = first | (rng.random(n_photos) < 1.0 / album_size)
    album = np.cumsum(opens_album) - 1
    album_user = user[opens_album]

    n_albums = album_user.size
    opens_stay = np.concatenate([[True], album_user[1:] != album_user[:-1]])
    opens_stay |= rng.random(n_albums) < 1.0 / _ALBUMS_A_STAY
    stay = np.cumsum(opens_stay) - 1
    town = _draw_stay_towns(world, album_user[opens_stay], n_users, rng)[stay]

    # The albums of a stay are shot on consecutive days.
    start = rng.integers(_N_DAYS, size=stay[-1] + 1)
    weekend = rng.random(start.size) < _WEEKEND_SHARE
    since_saturday = (start + 5 + _FIRST_DAY.astype(int)) % 7
    start = np.where(weekend, start - since_saturday, start)
    order_in_stay = np.arange(n_albums) - np.flatnonzero(opens_stay)[stay]
    order = rng.permutation(n_photos)
    return Albums(
        user=user[order],
        album=album[order],
        town=town,
        day=start[stay] + order_in_stay,
    )


def _draw_stay_towns(world, user, n_users, rng):
    """Return the hot spot of each stay: at home, around it, or far away."""
    towns_only = np.where(world.is_park, 0.0, world.sizes)
    home = draw_ranks(n_users, towns_only, rng)[user]
    far = draw_ranks(user.size, world.sizes, rng)
    # The tree's answer has the town itself first; a world of one town has no other.
    around, _ = world.nearest("towns", world.towns, k=_N_AROUND + 1)
    around = around.reshape(len(world.towns), -1)[:, 1:]
    if around.shape[1]:
        cumulative = np.cumsum(world.sizes[around], axis=1)[home]
        target = rng.random((user.size, 1)) * cumulative[:, -1:]
        pick = np.minimum((cumulative <= target).sum(axis=1), around.shape[1] - 1)
        nearby = around[home, pick]
    else:
        nearby = home
    kind = draw_ranks(user.size, _STAY_SHARES, rng)
    return np.choose(kind, [home, nearby, far])


def draw_spots(world, town, rng):
    """Return a place for each album: a landmark, somewhere in town, or out of it.

    Parameters
    ----------
    world : World
        Where the landmarks are.

    town : ndarray of int of shape (n_albums,)
        Hot spot of each album.

    rng : numpy.random.Generator
        Draws the places.

    Returns
    -------
    ndarray of shape (n_albums, 2)
        Latitude and longitude in degrees, all on land.
    """
    kind = draw_ranks(town.size, _SPOT_SHARES, rng)
    in_town = rng.exponential(world.spread_km[town])
    outing = np.minimum(rng.lognormal(np.log(45.0), 1.0, town.size), 500.0)
    places = world.scatter(town, np.where(kind == 2, outing, in_town), rng)
    landmark = GroupedDraw(np.diff(world.landmark_starts)).draw(town, rng)
    return np.where((kind == 0)[:, np.newaxis], world.landmarks[landmark], places)


def spread_photos(spots, album, spread_km, rng):
    """Return where each photo of an album was taken, within a few km of its spot.

    Parameters
    ----------
    spots : ndarray of shape (n_albums, 2)
        Place of each album.

    album : ndarray of int of shape (n_photos,)
        Album of each photo.

    spread_km : float
        Distance of a photo from its album's spot on average.

    rng : numpy.random.Generator
        Draws the places.

    Returns
    -------
    ndarray of shape (n_photos, 2)
        Latitude and longitude in degrees, none far off the coast.
    """
    km = rng.gamma(2.0, spread_km / 2.0, album.size)
    bearing = rng.uniform(0.0, 360.0, album.size)
    places = destination(spots[album], bearing, km)
    afloat = inland_km(places) < -OFFSHORE_KM
    places[afloat] = spots[album[afloat]]
    return places


def draw_times(spots, albums, daylight, rng):
    """Return when photos were posted, by the light where they were taken.

    Parameters
    ----------
    spots : ndarray of shape (n_albums, 2)
        Place of each album.

    albums : Albums
        Albums and their days.

    daylight : float
        Share of albums whose hour follows the sun, and strength of the seasons. The
        other albums have any hour, wherever they are.

    rng : numpy.random.Generator
        Draws the hours.

    Returns
    -------
    ndarray of datetime64[s] of shape (n_photos,)
        Coordinated universal time.
    """
    latitude, longitude = spots.T
    n_albums = len(spots)
    # People travel in the summer of where they go.
    strength = 0.35 * daylight * np.tanh(latitude / 20.0)
    phase = 2.0 * np.pi * (albums.day / 365.25 - 0.54)
    shift = strength / (2.0 * np.pi) * np.sin(phase)
    # Whole weeks, so that a Saturday stays one.
    day = albums.day - 7.0 * np.round(shift * 365.25 / 7.0)

    year = day / 365.25
    tilt = np.radians(23.44) * np.sin(2.0 * np.pi * (year - 0.22))
    horizon = np.clip(-np.tan(np.radians(latitude)) * np.tan(tilt), -1.0, 1.0)
    half_day = np.arccos(horizon) * 12.0 / np.pi
    by_day = 12.7 + 0.9 * half_day * (2.0 * rng.beta(2.0, 2.0, n_albums) - 1.0)
    evening = rng.normal(20.2, 1.3, n_albums)
    any_time = rng.uniform(0.0, 24.0, n_albums)
    kind = draw_ranks(n_albums, (0.62, 0.33, 0.05), rng)
    # Local time is the sun's: fifteen degrees an hour.
    universal = np.choose(kind, [by_day, evening, any_time]) - longitude / 15.0
    follows = rng.random(n_albums) < daylight
    universal = np.where(follows, universal, rng.uniform(0.0, 24.0, n_albums))

    hours = np.minimum(rng.exponential(1.2, n_albums), _MAX_ALBUM_HOURS)
    n_photos = albums.album.size
    within = (rng.random(n_photos) - 0.5) * hours[albums.album]
    moment = (day * 24.0 + universal)[albums.album] + within
    seconds = np.round(moment * 3600.0).astype(np.int64)
    return _FIRST_DAY.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
