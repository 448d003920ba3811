# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small fits over eight UTM zones, for tests that kill them."""

import numpy as np

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.neighbors import GeoNeighborTagPropagator
from sklearn_geo.partition import S2Partition

N_EPOCHS = 4
N_UTM_ZONES = 8
# Names of fits, and what they change.
KINDS = {
    "zones": {},
    "fallback": {"missing_zone": "fallback"},
    "partition": {"regions": S2Partition(max_per_cell=60, min_per_cell=20)},
    "propagator": {
        "target_propagator": {"tag": GeoNeighborTagPropagator(n_neighbors=5)}
    },
    "workers": {"n_jobs": 2},
    "together": {"zones_at_once": 4},
}


def photos(kind="zones"):
    """Make photos of eight zones of 26 to 54 each, no two of which have equally many.

    Returns
    -------
    places : ndarray of shape (320, 2)
    y : ndarray of shape (320, 5)
        Teachers of three scenes and of two tags; indicators of tags for "propagator".
    """
    rng = np.random.RandomState(0)
    corners = np.array([[s, w] for s in (40, 48) for w in (-6, 0, 6, 12)], dtype=float)
    zones = np.repeat(np.arange(N_UTM_ZONES), np.arange(26, 58, 4))
    places = corners[zones] + rng.uniform([0.5, 0.5], [7.5, 5.5], (len(zones), 2))
    order = rng.permutation(len(zones))
    scenes = rng.dirichlet(np.ones(3), len(zones))
    tags = rng.dirichlet(np.ones(2), len(zones))
    if kind == "propagator":
        tags = (tags > 0.4).astype(float)
    return places[order], np.hstack([scenes, tags])


def transformer(kind="zones", **params):
    """Make the transformer of a kind of fit."""
    settings = {
        "contexts": {"scene": 3, "tag": 2},
        "hidden": (6,),
        "max_iter": N_EPOCHS,
        "min_samples": 5,
        "missing_zone": "nearest",
        "random_state": 7,
        # A card trains zones together, and is not for processes that are forked.
        "device": "cpu",
    }
    return GPS2VecPlusTransformer(**{**settings, **KINDS[kind], **params})
