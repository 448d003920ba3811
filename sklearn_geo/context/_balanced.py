# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A sample of photos in which no zone has more than a fair share."""

import numpy as np

__all__ = ["balanced_rows", "fair_share", "row_hashes"]

# Constants of splitmix64: its step, and what its bits are stirred with.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_STIRS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def balanced_rows(zones, n_most, seed):
    """Choose photos so that no zone has more than a fair share.

    Every zone gives all its photos up to :func:`fair_share`; of more, those with the
    smallest :func:`row_hashes`. So whoever knows a photo's number and its zone's share
    can tell whether it is chosen, without the other photos.

    Parameters
    ----------
    zones : ndarray of shape (n_photos,)
        The zone of each photo.

    n_most : int
        How many photos to choose.

    seed : int
        Decides which.

    Returns
    -------
    ndarray of int
        Rows, ascending.
    """
    _, zone_of, counts = np.unique(zones, return_inverse=True, return_counts=True)
    share = fair_share(counts, n_most)
    order = np.lexsort((row_hashes(seed, np.arange(len(zones))), zone_of))
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(zones)) - np.repeat(starts, counts)
    return np.sort(order[rank < share])


def fair_share(counts, n_most):
    """Return how many photos a zone gives at most.

    Parameters
    ----------
    counts : array-like of int
        Number of photos of each zone.

    n_most : int
        How many photos all zones are to give.

    Returns
    -------
    int
        The largest number with which they give at most `n_most`, and at least 1.
    """
    counts = np.asarray(counts)
    low, high = 1, max(1, int(counts.max(initial=1)))
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(counts, middle).sum() <= n_most:
            low = middle
        else:
            high = middle - 1
    return low


def row_hashes(seed, rows):
    """Give each row a random number that depends on nothing but the seed and itself.

    Parameters
    ----------
    seed : int
        The seed, not negative.

    rows : ndarray of int
        Numbers of rows, not negative.

    Returns
    -------
    ndarray of uint64
        For row i the number i, counted from 0, of the generator splitmix64 with that
        seed: all different.
    """
    bits = np.asarray(rows).astype(np.uint64)
    bits = (bits + np.uint64(1)) * _STEP + np.uint64(seed)
    for shift, factor in _STIRS:
        bits = (bits ^ (bits >> shift)) * factor
    return bits ^ (bits >> np.uint64(31))
