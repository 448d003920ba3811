# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Worlds of photos and tags whose structure is known, for tests of embeddings."""

import numpy as np
from scipy import sparse

N_SUBJECTS = 5


def subjects(n_photos=400, seed=0, *, noise=0.4):
    """Photos of five subjects, each of which has three tags of its own.

    Returns
    -------
    X : ndarray of shape (n_photos, 8), float32
        Features.

    y : csr_array of shape (n_photos, 15)
        Of each photo one to three tags: `3 * subject`, and so on.

    subject : ndarray of shape (n_photos,)
        What each photo shows.
    """
    rng = np.random.default_rng(seed)
    looks = np.random.default_rng(99).normal(size=(N_SUBJECTS, 8))
    subject = rng.integers(N_SUBJECTS, size=n_photos)
    X = looks[subject] + noise * rng.normal(size=(n_photos, 8))
    y = np.zeros((n_photos, 3 * N_SUBJECTS))
    for row, own in enumerate(subject):
        chosen = rng.permutation(3)[: rng.integers(1, 4)]
        y[row, 3 * own + chosen] = 1
    return X.astype(np.float32), sparse.csr_array(y), subject


def imbalanced(n_photos, seed):
    """Photos whose 400 tags are as unequal as words are, each with a direction.

    Returns
    -------
    X : ndarray of shape (n_photos, 12), float32
        Features: eight hidden numbers, mixed, and noise.

    y : csr_array of shape (n_photos, 400)
        One to five tags a photo.
    """
    rng = np.random.default_rng(seed)
    hidden, directions = rng.normal(size=(n_photos, 8)), rng.normal(size=(400, 8))
    X = hidden @ rng.normal(size=(8, 12)) + rng.normal(size=(n_photos, 12))
    scores = hidden @ directions.T - np.log(np.arange(1, 401))
    scores += rng.gumbel(size=scores.shape)
    rank = np.argsort(np.argsort(-scores, axis=1), axis=1)
    y = rank < rng.integers(1, 6, size=(n_photos, 1))
    return X.astype(np.float32), sparse.csr_array(y.astype(float))
