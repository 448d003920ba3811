# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos around places, weighted by a kernel of their distance."""

import numpy as np
from scipy import sparse

from sklearn_geo.geometry import s2_leaf_ids

__all__ = ["KERNELS", "REACH", "gather", "kernel_weights", "mixed_weights"]

# What a photo counts, by its distance in bandwidths.
KERNELS = {
    "gaussian": lambda d: np.exp(-0.5 * d * d),
    "exponential": lambda d: np.exp(-d),
    "uniform": np.ones_like,
}
# How many bandwidths kernels reach. Both exponentials end at exp(-8), a three
# thousandth.
REACH = {"gaussian": 4.0, "exponential": 8.0, "uniform": 1.0}


def gather(places, weighted):
    """Add up the tags of photos at the same place.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2)
        Checked places.

    weighted : csr_array of shape (n_photos, n_tags)
        Their tags.

    Returns
    -------
    distinct : ndarray of shape (n_places, 2)
        The different places, along the S2 curve: neighbours are near each other.

    sums : csr_array of shape (n_places, n_tags)
        The tags there.
    """
    places = places + 0.0  # without -0.0: equal places are equal numbers
    order = np.lexsort((places[:, 1], places[:, 0], s2_leaf_ids(places)))
    ordered = places[order]
    new = np.ones(len(places), dtype=bool)
    np.any(ordered[1:] != ordered[:-1], axis=1, out=new[1:])
    place = np.cumsum(new) - 1
    parts = (np.ones(len(places)), (place, order))
    member = sparse.csr_array(parts, shape=(place[-1] + 1, len(places)))
    sums = sparse.csr_array(member @ weighted)
    sums.sort_indices()
    return ordered[new], sums


def kernel_weights(km, kernel, bandwidth_km):
    """Return what photos at some distances count."""
    with np.errstate(over="ignore"):  # so far away that it does not count
        d = km / bandwidth_km
        return np.where(d <= REACH[kernel], KERNELS[kernel](d), 0.0)


def mixed_weights(
    km, rows, indptr, masses, *, kernel, bandwidths_km, smoothing, counts=None
):
    """Weigh neighbours so that their weighted tags are probabilities.

    Parameters
    ----------
    km, rows, indptr : ndarray
        Neighbours of every query, as `PlaceIndex.within` returns them.

    masses : ndarray of shape (n_places,)
        How many tags there are at each place.

    kernel : str
        One of `KERNELS`.

    bandwidths_km : sequence of float
        From fine to coarse: the sums of each are mixed with those of the next.

    smoothing : float
        As many tags of the next bandwidth, and in the end of all, are added.

    counts : ndarray or None, default=None
        What every neighbour counts beside its distance. None is 1.

    Returns
    -------
    weights : csr_array of shape (n_queries, n_places)
        Weights.

    rest : ndarray of shape (n_queries,)
        The share that is left for all tags there are.
    """
    n_queries = len(indptr) - 1
    query = np.repeat(np.arange(n_queries), np.diff(indptr))
    rest = np.ones(n_queries)
    total = np.zeros(len(km))
    for bandwidth_km in bandwidths_km:
        each = kernel_weights(km, kernel, bandwidth_km)
        if counts is not None:
            each = each * counts
        mass = np.bincount(query, weights=each * masses[rows], minlength=n_queries)
        sum_ = mass + smoothing
        known = mass > 0.0
        factor = np.divide(rest, sum_, out=np.zeros(n_queries), where=known)
        total += factor[query] * each
        rest = np.where(known, factor * smoothing, rest)
    weights = sparse.csr_array((total, rows, indptr), shape=(n_queries, len(masses)))
    return weights, rest
