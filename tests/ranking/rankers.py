# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small rankers for the tests, and the photos that they learn from."""

import numpy as np

from sklearn_geo.ranking import LocSensRanker

WORDS = ("carretera", "road", "mar", "sea", "sky")
# How the scorers are made small; a few epochs are enough for what is tested.
SMALL = {
    "n_components": 8,
    "hidden_layer_sizes": (8, 8),
    "n_negatives": 2,
    "batch_size": 16,
    "max_iter": 2,
    "shortlist": None,
    "random_state": 0,
    "device": "cpu",
}


def photos_with_tags(n_photos=60, seed=0, *, n_features=4):
    """Draw photos of roads and seas in Costa Rica and Scotland.

    Returns
    -------
    X : ndarray of shape (n_photos, 2 + n_features)
        Places and features.

    tags : ndarray of int of shape (n_photos, 5)
        A word of the place for the subject, and "sky" on some.
    """
    rng = np.random.default_rng(seed)
    is_here = rng.random(n_photos) < 0.5
    places = np.where(is_here[:, np.newaxis], [9.9, -84.1], [55.9, -3.2])
    places = places + rng.normal(scale=0.3, size=(n_photos, 2))
    subject = rng.integers(2, size=n_photos)
    features = rng.normal(scale=0.3, size=(n_photos, n_features))
    features[np.arange(n_photos), subject] += 2.0
    tags = np.zeros((n_photos, len(WORDS)), dtype=int)
    tags[np.arange(n_photos), 2 * subject + ~is_here] = 1
    tags[:, 4] = rng.random(n_photos) < 0.3
    return np.hstack([places, features]), tags


def small(**params):
    """Return a ranker that is fitted in a moment."""
    return LocSensRanker(**{**SMALL, **params})
