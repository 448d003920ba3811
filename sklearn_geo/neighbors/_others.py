# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest rows that somebody else contributed."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.neighbors._index import PlaceIndex

# What one candidate takes while it is sorted out.
_CANDIDATE_BYTES = 64

# Building an index costs about as much for a row as finding this many neighbours.
_ROW_COST = 8


def nearest_others(
    index,
    places,
    n_neighbors,
    *,
    own_rows=None,
    groups=None,
    corpus_places=None,
    corpus_groups=None,
    radius_km=None,
    n_jobs=None,
):
    """Find the nearest rows that are not the query's own.

    Parameters
    ----------
    index : PlaceIndex
        Where to look.

    places : ndarray of shape (n_queries, 2)
        Checked places.

    n_neighbors : int
        How many rows to find. Where there are fewer, all are found.

    own_rows : ndarray of shape (n_queries,), default=None
        For each query a row that is no neighbour of it.

    groups, corpus_groups : ndarray of int, default=None
        Numbers of the groups of the queries (-1: a group that the index has no row of)
        and of the indexed rows. Rows of a query's own group are no neighbours.

    corpus_places : ndarray of shape (n_places, 2), default=None
        The indexed places; needed with groups.

    radius_km : float, default=None
        Leave out rows farther than this.

    n_jobs : int, default=None
        Number of threads.

    Returns
    -------
    km : ndarray of shape (n_queries, width)
        Distances. With groups or a radius they are ascending haversines; otherwise
        they may be off by nanometres. Infinity fills up short rows.

    rows : ndarray of shape (n_queries, width)
        Indexed rows; -1 fills up.
    """
    # Narrow integers do not hold what is made of it.
    n_neighbors = int(min(n_neighbors, index.n_places))
    if groups is not None:
        km, rows = _nearest_of_other_groups(
            index,
            places,
            n_neighbors,
            own_rows,
            groups,
            corpus_places,
            corpus_groups,
            radius_km,
            n_jobs,
        )
    else:
        n_asked = n_neighbors if own_rows is None else n_neighbors + 1
        km, rows = index._nearest(
            places,
            min(n_asked, index.n_places),
            n_jobs=n_jobs,
            exact=radius_km is not None,
        )
        if own_rows is not None:
            km, rows = _without_own(km, rows, own_rows)
    if radius_km is not None:
        beyond = km > radius_km
        km[beyond], rows[beyond] = np.inf, -1
    return km, rows


def _without_own(km, rows, own_rows):
    """Drop one column: the own row, or the farthest where that is not among them."""
    keep = rows != own_rows[:, np.newaxis]
    keep[keep.all(axis=1), -1] = False
    shape = (len(km), km.shape[1] - 1)
    return km[keep].reshape(shape), rows[keep].reshape(shape)


def _nearest_of_other_groups(
    index,
    places,
    n_neighbors,
    own_rows,
    groups,
    corpus_places,
    corpus_groups,
    radius_km,
    n_jobs,
):
    """Ask for more and more rows until enough are of other groups."""
    n_queries, n_places = len(places), index.n_places
    out_km = np.full((n_queries, n_neighbors), np.inf)
    out_rows = np.full((n_queries, n_neighbors), -1, dtype=np.intp)
    pending = np.arange(n_queries)
    width = min(n_neighbors + n_neighbors // 2 + 2, n_places)
    while len(pending):
        unsettled = []
        memory = int(get_config()["working_memory"] * 2**20)
        for block in gen_batches(
            len(pending), max(1, memory // (_CANDIDATE_BYTES * width))
        ):
            at = pending[block]
            km, rows = index._nearest(places[at], width, n_jobs=n_jobs)
            other = corpus_groups[rows] != groups[at, np.newaxis]
            if own_rows is not None:
                other &= rows != own_rows[at, np.newaxis]
            done = other.sum(axis=1) >= n_neighbors
            if width == n_places:
                done[:] = True
            elif radius_km is not None:
                done |= km[:, -1] > radius_km
            out_km[at], out_rows[at] = _first(km, rows, other, n_neighbors)
            unsettled.append(at[~done])
        pending = np.concatenate(unsettled)
        width = min(2 * width, n_places)
        # A large group around many of its own queries (an album of ten thousand at one
        # place) is cheaper to leave out of an index of its own than to wade through.
        numbers, counts = np.unique(groups[pending], return_counts=True)
        for number in numbers[counts * width > _ROW_COST * n_places]:
            of_group = groups[pending] == number
            at, pending = pending[of_group], pending[~of_group]
            rest = np.flatnonzero(corpus_groups != number)
            if not len(rest):
                out_km[at], out_rows[at] = np.inf, -1
                continue
            # Rows keep their order, so ties are broken as before.
            km, rows = PlaceIndex(corpus_places[rest])._nearest(
                places[at], min(n_neighbors, len(rest)), n_jobs=n_jobs
            )
            n_found = km.shape[1]
            out_km[at], out_rows[at] = np.inf, -1
            out_km[at, :n_found], out_rows[at, :n_found] = km, rest[rows]
    return out_km, out_rows


def _first(km, rows, keep, n_neighbors):
    """Take the first columns that are kept, and fill up."""
    by = np.argsort(~keep, axis=1, kind="stable")[:, :n_neighbors]
    gone = ~np.take_along_axis(keep, by, axis=1)
    km, rows = np.take_along_axis(km, by, axis=1), np.take_along_axis(rows, by, axis=1)
    km[gone], rows[gone] = np.inf, -1
    return km, rows
