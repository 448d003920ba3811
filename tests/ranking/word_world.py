# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A world in which what a thing is called depends on the region, as words do."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

N_SUBJECTS, N_REGIONS, TOWNS_A_REGION = 16, 12, 2
N_TOWNS = N_REGIONS * TOWNS_A_REGION
PHOTOS_A_USER = 10
# How much is seen of the town, beside noise of one.
_TOWN_SIGNAL = 3.0
_WIDTH = 32
# Which share of photos has a tag of each kind.
_WORD, _SUBJECT, _TOWN = 0.9, 0.2, 0.2
# Which subjects are frequent: some of either kind.
_ORDER = np.arange(N_SUBJECTS) * 7 % N_SUBJECTS


@dataclass
class Photos:
    """Photos of some users.

    Attributes
    ----------
    X : ndarray of shape (n_photos, 2 + 16)
        Places, and features.

    y : csr_array of shape (n_photos, n_tags)
        Tag indicator.

    users : ndarray of int of shape (n_photos,)
        Whose they are.
    """

    X: np.ndarray
    y: sparse.csr_array
    users: np.ndarray

    @property
    def places(self):
        """Where they were taken."""
        return self.X[:, :2]


def draw(n_photos, seed, *, one_language=False, subject_signal=4.0):
    """Draw photos of a world of twelve regions of two towns each.

    A subject has a tag of its own everywhere ("landscape"), and a town as well. And it
    has a word, which depends on the region: some subjects have words that only
    this region has ("carretera"), the others share their words, which mean another of
    them in each region ("gift", which is poison in Germany).

    Parameters
    ----------
    n_photos : int
        Ten of each user, who lives in one town.

    seed : int
        Draws users and photos.

    one_language : bool, default=False
        Whether all regions have the words of the first, so that the place tells nothing
        of what a word means.

    subject_signal : float, default=4.0
        How much is seen of the subject, beside noise of one.

    Returns
    -------
    Photos
    """
    towns, subject_looks, town_looks = _world()
    rng = np.random.default_rng([seed, 1])
    users = np.arange(n_photos) // PHOTOS_A_USER
    town = rng.integers(N_TOWNS, size=users[-1] + 1)[users]
    # As words are, subjects are unequal: Zipf's law.
    share = 1.0 / np.arange(1, N_SUBJECTS + 1)
    subject = rng.choice(_ORDER, n_photos, p=share / share.sum())
    places = towns[town] + rng.normal(scale=0.02, size=(n_photos, 2))
    features = rng.normal(size=(n_photos, _WIDTH))
    features += subject_signal * subject_looks[subject]
    features += _TOWN_SIGNAL * town_looks[town]
    tags = np.stack(
        [
            _words(subject, 0 if one_language else town // TOWNS_A_REGION),
            N_SUBJECTS * N_REGIONS + subject,
            N_SUBJECTS * (N_REGIONS + 1) + town,
        ],
        axis=1,
    )
    given = rng.random(tags.shape) < [_WORD, _SUBJECT, _TOWN]
    given[~given.any(axis=1), 0] = True
    rows = np.nonzero(given)[0]
    shape = (n_photos, N_SUBJECTS * (N_REGIONS + 1) + N_TOWNS)
    y = sparse.csr_array((np.ones(len(rows)), (rows, tags[given])), shape=shape)
    return Photos(np.hstack([places, features]), y, users)


def _world():
    """Return towns, and directions of looks, of length one."""
    rng = np.random.default_rng(2020)
    latitude = rng.uniform(-50.0, 60.0, N_REGIONS)
    regions = np.stack([latitude, np.linspace(-170.0, 160.0, N_REGIONS)], axis=1)
    towns = np.repeat(regions, TOWNS_A_REGION, axis=0)
    towns = towns + rng.normal(scale=1.5, size=towns.shape)
    looks = rng.normal(size=(N_SUBJECTS + N_TOWNS, _WIDTH))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    return towns, looks[:N_SUBJECTS], looks[N_SUBJECTS:]


def _words(subject, region):
    """Return the word of a subject in a region."""
    own = subject * N_REGIONS + region
    # The last three quarters share words, which move on by one from region to region.
    n_own = N_SUBJECTS // 4
    shared = n_own + (subject - n_own + region) % (N_SUBJECTS - n_own)
    return np.where(subject < n_own, own, shared * N_REGIONS)
