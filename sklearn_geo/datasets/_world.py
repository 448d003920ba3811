# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The synthetic world that photos and check-ins share: towns, countries, languages.

A world is named by its seed. Two data sets of one `world_seed` have the same towns,
the same names and the same look, whatever their own `random_state`; so one can be a
corpus for the other, or training and test data with users of their own.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo.datasets._globe import (
    CELL_DEGREES,
    grid_places,
    inland_km,
    inland_km_grid,
)
from sklearn_geo.datasets._names import invent_names
from sklearn_geo.datasets._terrain import TERRAINS, terrain, waves
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    chord_to_km,
    destination,
    km_to_chord,
    unit_vectors,
)

N_COUNTRIES, N_REGIONS = 40, 240
# Photos and check-ins may lie this far off the coast: piers, beaches, boats.
OFFSHORE_KM = 5.0
_PARK_SHARE = 0.15
_TOWN_GAP_KM = 12.0

#: Where people live and travel: latitude, longitude, radius (km) and weight of a spot.
_BELTS = (
    (50, 4, 450, 11), (52, -1.5, 250, 5), (44.5, 10.5, 350, 5), (40, -3, 450, 5),
    (60, 14, 450, 5), (50, 16, 500, 3.5), (40, 22, 400, 3), (55, 37, 500, 1.5),
    (40, 30, 350, 2), (64.5, -20, 250, 1.5), (28.2, -16, 150, 1.5), (37, 15, 250, 2),
    (40.8, -75, 400, 7), (42, -86, 450, 3.5), (32, -83, 500, 2.5), (27, -81, 200, 2.5),
    (31, -97, 400, 1.5), (36, -120, 400, 6), (48, -122.5, 250, 4), (40, -107, 600, 1.2),
    (20.5, -157, 250, 2.5), (20, -100, 450, 1.5), (20, -76, 500, 1.2),
    (62, -150, 300, 1), (10, -84, 250, 1.2), (5, -74.5, 350, 1), (-12, -75, 450, 0.8),
    (-1, -78.5, 250, 0.8), (-22, -45, 450, 2.2), (-9, -37, 450, 0.8),
    (-34, -59, 350, 1.4), (-33, -71, 300, 1), (34, 0, 500, 0.8), (32, -7, 250, 1),
    (29, 31.5, 250, 1), (8, 3, 450, 0.6), (-2, 36.5, 400, 0.6), (-29, 28, 500, 0.8),
    (-33.8, 19, 200, 1), (33, 36, 300, 1.5), (25, 53, 350, 0.8), (35, 51, 350, 0.5),
    (27, 78, 500, 1.3), (13, 77, 450, 1.3), (23.5, 89, 300, 0.7), (14, 102, 500, 1.6),
    (12, 107, 300, 1), (3, 102, 250, 1.5), (-7.5, 111, 400, 2), (14, 121, 300, 1.6),
    (9, 123, 250, 1), (4, 117, 300, 0.8), (23, 113, 400, 1.6), (32, 118, 450, 2),
    (38.5, 116.5, 350, 1.3), (36.8, 127.5, 250, 2), (35.4, 137, 400, 6),
    (43, 142.5, 200, 2.5), (24, 121, 150, 4), (-35.5, 148, 450, 2.5),
    (-28, 152, 300, 1.5), (-32, 116, 200, 1), (-17, 145, 250, 0.8),
    (-40, 174, 450, 2.5),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class World:
    """Everything about a world that does not depend on who takes photos there.

    Parameters
    ----------
    seed : int
        The seed that names the world.

    towns : ndarray of shape (n_towns, 2)
        Places of the hot spots: towns and, some of them, parks in the wild.

    sizes : ndarray of shape (n_towns,)
        Shares of the towns in all activity, largest first; they sum to 1.

    spread_km : ndarray of shape (n_towns,)
        How far a town reaches.

    is_park : ndarray of bool of shape (n_towns,)
        Whether the hot spot lies in the wild.

    town_names : ndarray of str of shape (n_towns,)
        Invented names.

    landmarks : ndarray of shape (n_landmarks, 2)
        Places inside the towns that people go to, town by town.

    landmark_starts : ndarray of shape (n_towns + 1,)
        Where the landmarks of each town begin.

    landmark_names, country_names, region_names : ndarray of str
        Invented names.

    countries, regions : ndarray of shape (n, 2)
        Seeds: a place belongs to the nearest.

    country_language : ndarray of shape (n_countries,)
        Language region of each country.
    """

    seed: int
    towns: np.ndarray
    sizes: np.ndarray
    spread_km: np.ndarray
    is_park: np.ndarray
    town_names: np.ndarray
    landmarks: np.ndarray
    landmark_starts: np.ndarray
    landmark_names: np.ndarray
    countries: np.ndarray
    country_names: np.ndarray
    country_language: np.ndarray
    regions: np.ndarray
    region_names: np.ndarray

    def __post_init__(self):
        # Worlds are cached and shared, so nobody may write into one.
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        trees = {
            name: cKDTree(unit_vectors(getattr(self, name)))
            for name in ("towns", "landmarks", "countries", "regions")
        }
        object.__setattr__(self, "_trees", trees)

    def nearest(self, kind, places, k=1):
        """Return the nearest towns, landmarks, countries or regions, and their km.

        Parameters
        ----------
        kind : {"towns", "landmarks", "countries", "regions"}
            What to look for.

        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        k : int, default=1
            How many to return; at most as many as there are.

        Returns
        -------
        index : ndarray of int of shape (n_places,) or (n_places, k)
        km : ndarray of float of the same shape
        """
        tree = self._trees[kind]
        k = min(k, tree.n)
        chord, index = tree.query(unit_vectors(places), k=k)
        return index, chord_to_km(np.minimum(chord, 2.0))

    def traits(self, places):
        """Return what places are like: one column for each of `_subjects.TRAITS`.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        ndarray of shape (n_places, 11), float32
            Values between 0 and 1.
        """
        land = terrain(places, inland_km(places))
        town, km = self.nearest("towns", places, k=3)
        town, km = town.reshape(len(places), -1), km.reshape(len(places), -1)
        # A large town is a town through and through; a hamlet only somewhat.
        rank = np.arange(self.sizes.size)
        weight = np.clip(1.1 - 0.16 * np.log1p(rank), 0.2, 1.0)
        weight = np.where(self.is_park, 0.05, weight)
        urban = (weight[town] * np.exp(-km / self.spread_km[town])).max(axis=1)
        # Old, business and leisure quarters: large towns have all, small ones one.
        quarter = 1.0 / (1.0 + np.exp(-2.0 * waves(places, 25.0, 3, (self.seed, 11))))
        district = np.sqrt(urban)[:, np.newaxis] * quarter
        columns = np.column_stack([land, urban, district]).astype(np.float32)
        # Within a town there is less of a wood or a meadow.
        for wild in ("forest", "grassland"):
            columns[:, TERRAINS.index(wild)] *= 1.0 - 0.7 * columns[:, len(TERRAINS)]
        return columns

    def scatter(self, town, km, rng, *, inland=0.0):
        """Return places at random bearings and given distances from their towns.

        Parameters
        ----------
        town : ndarray of int of shape (n,)
            Hot spot to start from.

        km : ndarray of shape (n,)
            Wanted distance; halved until the place is on land.

        rng : numpy.random.Generator
            Draws the bearings.

        inland : float, default=0.0
            How far inland a place has to be, in km; negative is off the coast.

        Returns
        -------
        ndarray of shape (n, 2)
            Latitude and longitude in degrees.
        """
        centres = self.towns[town]
        bearings = rng.uniform(0.0, 360.0, len(town))
        km = np.array(km, dtype=np.float64)
        places = destination(centres, bearings, km)
        wet = np.flatnonzero(inland_km(places) < inland)
        for attempt in range(8):
            if wet.size == 0:
                break
            # The town itself is on land, so the last attempt always is.
            km[wet] *= 0.5 if attempt < 7 else 0.0
            places[wet] = destination(centres[wet], bearings[wet], km[wet])
            wet = wet[inland_km(places[wet]) < inland]
        return places


@lru_cache(maxsize=4)
def make_world(seed, n_towns, n_languages):
    """Return the world of a seed.

    Parameters
    ----------
    seed : int
        Names the world.

    n_towns : int
        Number of hot spots.

    n_languages : int
        Number of language regions; it changes nothing but languages and names.

    Returns
    -------
    World
        The same object for the same arguments, and read-only.
    """
    density, wild = _densities()
    rng = np.random.default_rng([seed, 1])
    towns, is_park = _place_towns(density, wild, n_towns, rng)
    # Zipf with a shifted head: without the shift a single town would have an eighth
    # of all photos.
    sizes = 1.0 / (np.arange(n_towns) + 3.0)
    sizes /= sizes.sum()
    spread_km = 1.5 + 10.0 * (sizes / sizes[0]) ** 0.4

    rng = np.random.default_rng([seed, 2])
    # A root of the density, so that busy parts of the world have small countries.
    countries = _draw_places(np.sqrt(density), N_COUNTRIES, rng)
    regions = _draw_places(np.sqrt(density), N_REGIONS, rng)
    tree = cKDTree(unit_vectors(countries))
    town_country = tree.query(unit_vectors(towns))[1]
    weight = np.bincount(town_country, sizes, minlength=N_COUNTRIES)
    rng = np.random.default_rng([seed, 3])
    country_language = _group_countries(countries, weight, n_languages, rng)

    counts = 2 + np.round(14 * (sizes / sizes[0]) ** 0.4).astype(int)
    starts = np.concatenate([[0], np.cumsum(counts)])
    owner = np.repeat(np.arange(n_towns), counts)

    rng = np.random.default_rng([seed, 4])
    names, taken = {}, set()
    region_country = tree.query(unit_vectors(regions))[1]
    for kind, home in (
        ("country", np.arange(N_COUNTRIES)),
        ("region", region_country),
        ("town", town_country),
        ("landmark", town_country[owner]),
    ):
        names[kind] = invent_names(country_language[home], rng, taken)
        taken.update(names[kind])
    parts = {
        "seed": seed,
        "towns": towns,
        "sizes": sizes,
        "spread_km": spread_km,
        "is_park": is_park,
        "town_names": names["town"],
        "landmark_starts": starts,
        "landmark_names": names["landmark"],
        "countries": countries,
        "country_names": names["country"],
        "country_language": country_language,
        "regions": regions,
        "region_names": names["region"],
    }
    # Landmarks need the towns' world to be scattered on land: build it in two steps.
    bare = World(**parts, landmarks=towns[owner])
    rng = np.random.default_rng([seed, 5])
    km = rng.exponential(0.6 * spread_km[owner])
    return World(**parts, landmarks=bare.scatter(owner, km, rng))


@lru_cache(maxsize=1)
def _densities():
    """Return how likely a town, and a park, is in each cell of the grid."""
    centres = grid_places()
    inland = inland_km_grid().ravel().astype(np.float64)
    land = np.where(inland > 3.0, np.cos(np.radians(centres[:, 0])), 0.0)
    ashore = np.flatnonzero(land)
    spots = np.array(_BELTS, dtype=np.float64)
    cosine = unit_vectors(centres[ashore]) @ unit_vectors(spots[:, :2]).T
    # Squared chords in units of the belts' radii; a Gaussian does not mind the arc.
    squared = 2.0 * (1.0 - cosine) * (EARTH_RADIUS_KM / spots[:, 2]) ** 2
    # Weight is how busy a belt is at its middle, not in all.
    belts = np.zeros(land.size)
    belts[ashore] = np.exp(-0.5 * squared) @ spots[:, 3]
    traits = dict(zip(TERRAINS, terrain(centres, inland).T.astype(float), strict=True))
    mild = (1.0 - 0.95 * traits["desert"]) * (1.0 - 0.85 * traits["snow"])
    shore = 1.0 + 3.0 * np.exp(-np.maximum(inland, 0.0) / 40.0)
    frozen = centres[:, 0] < -60.0
    density = land * mild * shore * (0.09 + belts) * (1.0 - 0.7 * traits["mountain"])
    scenery = 0.1 + traits["mountain"] + 0.6 * np.exp(-np.maximum(inland, 0.0) / 30.0)
    wild = land * (1.0 - 0.8 * traits["snow"]) * scenery * (0.15 + np.sqrt(belts))
    for each in (density, wild):
        each[frozen] = 0.0
        each /= each.sum()
        each.flags.writeable = False
    return density, wild


def _draw_places(density, n_places, rng):
    """Draw places on land from a density over the grid's cells."""
    centres = grid_places()
    cumulative = np.cumsum(density)
    found, n_found = [], 0
    while n_found < n_places:
        n_tries = 2 * (n_places - n_found) + 16
        cells = np.searchsorted(cumulative, rng.random(n_tries) * cumulative[-1])
        cells = np.minimum(cells, centres.shape[0] - 1)
        places = centres[cells] + CELL_DEGREES * (rng.random((n_tries, 2)) - 0.5)
        places = places[inland_km(places) > 2.0]
        found.append(places)
        n_found += len(places)
    return np.concatenate(found)[:n_places]


def _place_towns(density, wild, n_towns, rng):
    """Draw towns and parks, a little apart from each other, in random order."""
    n_drawn = 2 * n_towns
    is_park = rng.random(n_drawn) < _PARK_SHARE
    places = np.where(
        is_park[:, np.newaxis],
        _draw_places(wild, n_drawn, rng),
        _draw_places(density, n_drawn, rng),
    )
    # The largest hot spots are towns, and lie where most people are.
    n_large = max(2, n_towns // 20)
    is_park[:n_large] = False
    places[:n_large] = _draw_places(density**1.6, n_large, rng)
    tree = cKDTree(unit_vectors(places))
    pairs = tree.query_pairs(km_to_chord(_TOWN_GAP_KM), output_type="ndarray")
    dropped = np.zeros(n_drawn, dtype=bool)
    for first, second in pairs[np.lexsort(pairs.T[::-1])]:
        if not dropped[first]:
            dropped[second] = True
    # Crowded ones come last: they are taken only if the world is that full.
    order = np.argsort(dropped, kind="stable")[:n_towns]
    return places[order], is_park[order]


def _group_countries(countries, weight, n_languages, rng):
    """Return a language for each country: that of the nearest of a few of them."""
    if n_languages <= 1:
        return np.zeros(len(countries), dtype=np.intp)
    vectors = unit_vectors(countries)
    chosen = [int(np.argmax(weight))]
    while len(chosen) < n_languages:
        # Far from the others and busy: languages of comparable size, well apart.
        gap = np.linalg.norm(vectors[:, None] - vectors[chosen], axis=2).min(axis=1)
        appeal = gap**2 * (weight + 1e-4)
        chosen.append(int(rng.choice(len(countries), p=appeal / appeal.sum())))
    gap = np.linalg.norm(vectors[:, np.newaxis] - vectors[chosen], axis=2)
    return gap.argmin(axis=1)
