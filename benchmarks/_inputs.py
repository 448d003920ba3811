# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places to measure on: a file of real ones if given, else the synthetic world."""

import csv
import functools
import gzip
import os

import numpy as np

# Set by `python -m benchmarks --places FILE`; child processes inherit it.
PLACES_VARIABLE = "SKLEARN_GEO_BENCHMARK_PLACES"
JITTER_KM = 0.5


@functools.cache
def _seed_places():
    path = os.environ.get(PLACES_VARIABLE)
    if path:
        # Any CSV, plain or gzipped, whose first two columns are latitude, longitude.
        return np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 1))
    from sklearn_geo.datasets import make_geotagged_photos

    return make_geotagged_photos(100_000, random_state=0).places


def photo_places(n, random_state=0):
    """Return n places as dense as photos are, jittered where the source has fewer."""
    seeds = _seed_places()
    rng = np.random.default_rng(random_state)
    places = seeds[rng.integers(len(seeds), size=n)]
    degrees = JITTER_KM / 111.2
    places = places + rng.normal(0.0, degrees, size=places.shape)
    places[:, 0] = np.clip(places[:, 0], -90.0, 90.0)
    places[:, 1] = np.remainder(places[:, 1] + 180.0, 360.0) - 180.0
    return places


def town_names(n, random_state=0):
    """Return names and places of up to n towns, in random order.

    They come from the file if it is given, a CSV whose columns `lat`, `lon` and `name`
    are named in its first line; else from the synthetic world.
    """
    path = os.environ.get(PLACES_VARIABLE)
    if not path:
        from sklearn_geo.datasets import make_town_names

        return make_town_names(n, random_state=random_state, return_X_y=True)
    open_file = gzip.open if path.endswith(".gz") else open
    with open_file(path, "rt", encoding="utf-8", newline="") as file:
        rows = [(r["name"], r["lat"], r["lon"]) for r in csv.DictReader(file)]
    order = np.random.default_rng(random_state).permutation(len(rows))[:n]
    names = np.array([rows[i][0] for i in order])
    return names, np.array([rows[i][1:] for i in order], dtype=np.float64)
