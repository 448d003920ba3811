# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows that products leave as candidates for neighbours, and who of them are.

Products cancel where rows are alike, so they only say who can be a neighbour.
"""

import numpy as np
from sklearn import get_config

__all__ = ["candidates", "ranked"]

# How many doubts there are about products where distances are equal, but for rounding.
_TIED = 6.0
# So many candidates more than neighbours are looked at rather than thinned out.
_FEW = 256
# What ranking takes for one candidate of one query.
_CANDIDATE_BYTES = 96


def candidates(near, squares, query_squares, doubt, n_neighbors):
    """Choose the rows that can be among the nearest.

    Parameters
    ----------
    near : ndarray of shape (n_queries, n_rows)
        Squared distances that come from products; infinity where a row is no
        neighbour. It is overwritten.

    squares : ndarray of shape (n_rows,)
        Squared lengths of the rows.

    query_squares : ndarray of shape (n_queries,)
        Squared lengths of the queries.

    doubt : float
        By how much rounding moves a distance of vectors of length one, at most.

    n_neighbors : int
        How many neighbours are looked for.

    Returns
    -------
    query, row : ndarray of shape (n_candidates,)
        Pairs in the order of queries, then of rows. All of the nearest are there; of
        many rows that are exactly as far, and far from the query, the first are.
    """
    # Every row has its own doubt: a long one says nothing about the others.
    own = _TIED * doubt * squares
    near += own
    border = np.partition(near, n_neighbors - 1, axis=1)[:, n_neighbors - 1].copy()
    border += 2.0 * _TIED * doubt * query_squares
    own *= 2.0
    near -= own
    border = np.minimum(border, np.finfo(np.float64).max)
    inside = near <= border[:, np.newaxis]
    crowded = np.count_nonzero(inside, axis=1) > n_neighbors + _FEW
    for i in np.flatnonzero(crowded):
        rows = np.flatnonzero(inside[i])
        # Where products do not cancel, equal ones are of equal distances.
        far = near[i, rows] >= 0.5 * (query_squares[i] + squares[rows])
        rows = rows[far]
        inside[i, rows[_later_of_equal(near[i, rows], n_neighbors)]] = False
    return np.nonzero(inside)


def ranked(query, row, n_queries, n_neighbors, distances_of):
    """Put candidates in the order of their distances.

    Parameters
    ----------
    query, row : ndarray of shape (n_candidates,)
        What :func:`candidates` returned.

    n_queries : int
        How many queries there are.

    n_neighbors : int
        How many neighbours are looked for.

    distances_of : callable
        Takes the numbers of some queries and the rows of each, -1 where there is none,
        and returns distances, infinity where there is no row.

    Returns
    -------
    distances : ndarray of shape (n_queries, n_neighbors)
        Ascending; infinity fills up. Equal ones are in the order of their rows.

    rows : ndarray of shape (n_queries, n_neighbors)
        The rows; -1 fills up.
    """
    distances = np.full((n_queries, n_neighbors), np.inf)
    rows = np.full((n_queries, n_neighbors), -1, dtype=np.intp)
    counts = np.bincount(query, minlength=n_queries)
    starts = np.cumsum(counts) - counts
    for some in _alike(counts, n_neighbors):
        place = np.arange(max(n_neighbors, counts[some].max()))
        there = place < counts[some, np.newaxis]
        own = np.full(there.shape, -1, dtype=np.intp)
        own[there] = row[(starts[some, np.newaxis] + place)[there]]
        far = distances_of(some, own)
        by = np.argsort(far, axis=1, kind="stable")[:, :n_neighbors]
        distances[some] = np.take_along_axis(far, by, axis=1)
        rows[some] = np.take_along_axis(own, by, axis=1)
    return distances, rows


def _alike(counts, least):
    """Yield queries with about as many candidates, so that few places are empty."""
    fit = get_config()["working_memory"] * 2**20 / 4 / _CANDIDATE_BYTES
    order = np.argsort(counts, kind="stable")
    widths = np.maximum(counts[order], least)
    start = 0
    while start < len(order):
        # Widths are ascending: the last is that of all.
        stop = np.searchsorted(widths, 2 * widths[start], side="right")
        cells = widths[start:stop] * np.arange(1, stop - start + 1)
        stop = start + max(1, np.searchsorted(cells, fit, side="right"))
        yield order[start:stop]
        start = stop


def _later_of_equal(values, n_kept):
    """Return the places of all but the first few of every number."""
    by = np.argsort(values, kind="stable")
    ordered = values[by]
    return by[n_kept:][ordered[n_kept:] == ordered[:-n_kept]]
