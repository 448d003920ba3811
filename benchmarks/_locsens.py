# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos, their tags and places, and rankers as wide as the paper's."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_geo.ranking import LocSensRanker

N_FEATURES = 300
PAPER_HIDDEN = (2048, 2048, 2048, 1024, 512)
MOST_TAGS = 15
# Photos whose features are made at once.
_BLOCK = 50_000


def hidden_for(n, enough):
    """Return the paper's widths, or narrow ones where only the code is tried."""
    return PAPER_HIDDEN if n >= enough else (256, 256, 256, 256, 128)


def tag_vectors(n_tags, random_state=1):
    """Return vectors of length one, float32."""
    rng = np.random.default_rng(random_state)
    return normalize(rng.standard_normal((n_tags, N_FEATURES), dtype=np.float32))


def tags_of_photos(n, n_tags, random_state=0, most=MOST_TAGS):
    """Return an indicator: so many tags a photo at most, frequent and rare ones."""
    rng = np.random.default_rng(random_state)
    length = rng.integers(1, most + 1, n)
    # The tag of rank r is as frequent as 1 / r: ranks are powers of n_tags.
    tag = n_tags ** rng.random(length.sum()) - 1.0
    starts = np.concatenate([[0], np.cumsum(length)])
    indicator = sparse.csr_array(
        (np.ones(len(tag), np.float32), tag.astype(np.int32), starts),
        shape=(n, n_tags),
    )
    indicator.sum_duplicates()
    indicator.data[:] = 1.0
    return indicator


def places_in_towns(n, random_state=0):
    """Return places in a hundred towns, which takes no time."""
    rng = np.random.default_rng(random_state)
    towns = rng.uniform([-60.0, -180.0], [70.0, 180.0], size=(100, 2))
    places = towns[rng.integers(100, size=n)] + rng.normal(0.0, 0.05, size=(n, 2))
    places[:, 1] = np.remainder(places[:, 1] + 180.0, 360.0) - 180.0
    return places


def photos_with_tags(n, n_tags, random_state=0, *, places=None, out=None):
    """Return X, places and what photos look like, float32, and their tags.

    Places are in towns unless they are given. A photo looks like the mean of its tags,
    and a little like nothing.
    """
    rng = np.random.default_rng(random_state)
    tags = tags_of_photos(n, n_tags, random_state)
    vectors = tag_vectors(n_tags)
    X = np.empty((n, 2 + N_FEATURES), dtype=np.float32) if out is None else out
    X[:, :2] = places_in_towns(n) if places is None else places
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        looks = tags[rows] @ vectors
        looks /= np.linalg.norm(looks, axis=1, keepdims=True)
        noise = rng.standard_normal(looks.shape, dtype=np.float32)
        looks += noise / np.float32(2.0 * np.sqrt(N_FEATURES))
        X[rows, 2:] = normalize(looks)
    return X, tags


def ranker(**changes):
    """Return a ranker on the processor, with nothing left to find out."""
    settings = {
        "device": "cpu",
        "early_stopping": False,
        "n_iter_no_change": None,
        "max_iter": 1,
        "random_state": 0,
        **changes,
    }
    return LocSensRanker(**settings)
