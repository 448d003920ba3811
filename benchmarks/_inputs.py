# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places to measure on: a file of real ones if given, else the synthetic world."""

import functools
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
