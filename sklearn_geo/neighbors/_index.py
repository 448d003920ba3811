# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An exact index of places on the sphere.

A k-d tree on unit vectors finds who can be a neighbour; who is one is decided by
haversine. The tree holds every place once, in the order of the S2 curve, so a thousand
photos at one spot cost as much as one, and neighbours lie near each other in memory.
"""

import numpy as np
from joblib import effective_n_jobs
from scipy.spatial import cKDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo._numbers import is_real, is_whole
from sklearn_geo.base import check_places
from sklearn_geo.geometry import (
    chord_to_km,
    km_to_chord,
    s2_leaf_ids,
    unit_vectors,
)
from sklearn_geo.geometry._sphere import checked_haversine
from sklearn_geo.neighbors._rows import ranges

# Chords that differ by less than this may be in another order than their haversines:
# both are off by a few 1e-16. On the ground it is less than a micrometre, except near
# the antipode, where it is a few metres; haversine decides between such places.
_DOUBT = 1e-13

# Beyond this chord (176 degrees) the arcsine of a chord loses digits.
_FAR_CHORD = 2.0 * np.sqrt(0.999)

# Queries a block: its arrays stay small enough for the allocator to reuse.
_BLOCK_ROWS = 4096

# What one candidate of one query takes while it is measured and sorted.
_CANDIDATE_BYTES = 128


class PlaceIndex:
    """Exact nearest neighbours on the sphere.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees. Any place may occur any number of times.

    Attributes
    ----------
    n_places : int
        Number of rows of `places`.

    curve_order : ndarray of shape (n_places,)
        Rows in the order of the S2 curve, in which neighbours are near each other.

    See Also
    --------
    GeoTagCorpus : Photos with tags, and an index of their places.

    Notes
    -----
    Distances are haversine in float64, in km, and a radius includes its border. Among
    rows that are equally far, those that come first in `places` come first, so an
    answer depends neither on `n_jobs` nor on which other places are asked about in the
    same call.

    An index never changes. A copy of it is the index itself; a pickle of it carries the
    finished tree, whose arrays joblib maps into the memory of worker processes.

    Examples
    --------
    >>> from sklearn_geo.neighbors import PlaceIndex
    >>> index = PlaceIndex([[0.0, 179.9], [0.0, -179.8], [0.0, 0.0]])
    >>> km, rows = index.nearest([[0.0, 180.0]], 2)
    >>> km.round(1), rows
    (array([[11.1, 22.2]]), array([[0, 1]]))
    """

    def __init__(self, places):
        # A copy without -0.0, and a pole by one name: equal places are equal numbers.
        places = check_places(places) + 0.0
        places[np.abs(places[:, 0]) == 90.0, 1] = 0.0
        # Stable, so the rows of one place stay in their order.
        order = np.lexsort((places[:, 1], places[:, 0], s2_leaf_ids(places)))
        places = places[order]
        new = np.ones(len(places), dtype=bool)
        np.any(places[1:] != places[:-1], axis=1, out=new[1:])
        first = np.append(np.flatnonzero(new), len(places))
        distinct = places[new]
        tree = cKDTree(unit_vectors(distinct))
        self._restore(distinct, order, first, tree.__getstate__())

    def _restore(self, distinct, order, first, tree_state):
        """Take over arrays; nothing is computed or copied, save the tree's nodes."""
        self._distinct = distinct  # each place once, along the curve
        self._order = order  # rows of `places`, place by place
        self._first = first  # where the rows of each place begin in `_order`
        self._tree_state = tree_state
        # A tree restored from its own state shares that state's arrays; keeping the
        # state lets joblib recognise them, and write them to disk once for all tasks.
        self._tree = cKDTree.__new__(cKDTree)
        self._tree.__setstate__(tree_state)
        for array in (distinct, order, first, *tree_state):
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        self._counts = None if len(distinct) == len(order) else np.diff(first)

    def __reduce__(self):
        parts = (self._distinct, self._order, self._first, self._tree_state)
        return _restored, (type(self), parts)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __len__(self):
        return self.n_places

    def __repr__(self):
        return f"{type(self).__name__}(<{self.n_places} places>)"

    @property
    def n_places(self):
        """Number of rows of `places`."""
        return len(self._order)

    @property
    def curve_order(self):
        """Rows in an order in which neighbours are near each other."""
        return self._order

    def nearest(self, places, n_neighbors, *, radius_km=None, n_jobs=None):
        """Find the nearest rows to each of some places.

        Parameters
        ----------
        places : array-like of shape (n_queries, 2)
            Latitude and longitude in degrees.

        n_neighbors : int
            How many rows to find, at most `n_places`.

        radius_km : float, default=None
            Leave out rows farther than this.

        n_jobs : int, default=None
            Number of threads; None is 1 outside a `joblib.parallel_config` context, and
            -1 is all processors.

        Returns
        -------
        km : ndarray of shape (n_queries, n_neighbors)
            Distances, ascending. Infinity where `radius_km` left out a row.

        rows : ndarray of shape (n_queries, n_neighbors)
            Rows of the indexed places; -1 where `radius_km` left out one.

        Raises
        ------
        ValueError
            If `n_neighbors` is not between 1 and `n_places`, or the radius is negative.

        See Also
        --------
        within : All rows within a radius.

        Examples
        --------
        >>> from sklearn_geo.neighbors import PlaceIndex
        >>> index = PlaceIndex([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
        >>> index.nearest([[0.0, 0.1]], 3, radius_km=50.0)[1]
        array([[ 1,  2, -1]])
        """
        places = check_places(places)
        if not is_whole(n_neighbors) or not 1 <= n_neighbors <= self.n_places:
            raise ValueError(
                f"n_neighbors={n_neighbors!r} must be an integer from 1 to the number "
                f"of indexed places, {self.n_places}."
            )
        if radius_km is not None:
            _check_radius(radius_km)
        km, rows = self._nearest(places, int(n_neighbors), n_jobs=n_jobs)
        if radius_km is not None:
            beyond = km > radius_km
            km[beyond], rows[beyond] = np.inf, -1
        return km, rows

    def within(self, places, radius_km, *, sort_results=True, n_jobs=None):
        """Find all rows within a radius of each of some places.

        Parameters
        ----------
        places : array-like of shape (n_queries, 2)
            Latitude and longitude in degrees.

        radius_km : float
            Great-circle radius; rows at exactly this distance are found too.

        sort_results : bool, default=True
            Order the rows of a query by distance; by number if False, which is faster.

        n_jobs : int, default=None
            Number of threads; None is 1 outside a `joblib.parallel_config` context, and
            -1 is all processors.

        Returns
        -------
        km : ndarray of shape (n_found,)
            Distances, one query after the other.

        rows : ndarray of shape (n_found,)
            Rows of the indexed places.

        indptr : ndarray of shape (n_queries + 1,)
            What was found around query i is at ``indptr[i]:indptr[i + 1]``.

        See Also
        --------
        iter_within : The same, a few queries at a time.
        nearest : A fixed number of rows.

        Examples
        --------
        >>> from sklearn_geo.neighbors import PlaceIndex
        >>> index = PlaceIndex([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
        >>> km, rows, indptr = index.within([[0.0, 0.0], [50.0, 0.0]], 100.0)
        >>> rows, indptr
        (array([1, 2]), array([0, 2, 2]))
        """
        blocks = list(
            self.iter_within(
                places, radius_km, sort_results=sort_results, n_jobs=n_jobs
            )
        )
        queries = np.concatenate([block[0] for block in blocks])
        lengths = np.concatenate([np.diff(block[3]) for block in blocks])
        indptr = np.zeros(len(queries) + 1, dtype=np.intp)
        indptr[1 + queries] = lengths
        np.cumsum(indptr, out=indptr)
        km = np.empty(indptr[-1])
        rows = np.empty(indptr[-1], dtype=np.intp)
        while blocks:
            # Blocks are let go one by one.
            queries, block_km, block_rows, block_indptr = blocks.pop()
            to = ranges(indptr[queries], np.diff(block_indptr))
            km[to], rows[to] = block_km, block_rows
        return km, rows, indptr

    def iter_within(self, places, radius_km, *, sort_results=True, n_jobs=None):
        """Find all rows within a radius, a few queries at a time.

        Parameters
        ----------
        places : array-like of shape (n_queries, 2)
            Latitude and longitude in degrees.

        radius_km : float
            Great-circle radius; rows at exactly this distance are found too.

        sort_results : bool, default=True
            Order the rows of a query by distance; by number if False, which is faster.

        n_jobs : int, default=None
            Number of threads; None is 1 outside a `joblib.parallel_config` context, and
            -1 is all processors.

        Yields
        ------
        queries : ndarray of shape (n_block,)
            Rows of `places` the block is about. Each occurs in one block, in the order
            of the S2 curve.

        km, rows, indptr : ndarray
            What :meth:`within` returns for those queries.

        See Also
        --------
        within : All queries at once.

        Notes
        -----
        A block takes about ``sklearn.get_config()["working_memory"]`` MiB, unless a
        single query finds more than that.

        Examples
        --------
        >>> from sklearn_geo.neighbors import PlaceIndex
        >>> index = PlaceIndex([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
        >>> for queries, km, rows, indptr in index.iter_within([[0.0, 0.0]], 100.0):
        ...     print(queries, rows)
        [0] [1 2]
        """
        places = check_places(places)
        _check_radius(radius_km)
        chord = float(km_to_chord(radius_km)) + _DOUBT
        if len(places) == 1:  # one block, however many rows it finds
            first, vectors = np.zeros(1, dtype=np.intp), unit_vectors(places)
            yield self._within_block(
                first, places, vectors, chord, radius_km, sort_results
            )
            return
        order = np.argsort(s2_leaf_ids(places), kind="stable")
        vectors = unit_vectors(places[order])
        counts = self._tree.query_ball_point(
            vectors, chord, return_length=True, workers=effective_n_jobs(n_jobs)
        )
        if self._counts is not None:
            # An estimate: rows a place on the average.
            counts = counts * (self.n_places / len(self._distinct))
        for block in _blocks_of(counts, _candidates_that_fit()):
            yield self._within_block(
                order[block], places, vectors[block], chord, radius_km, sort_results
            )

    def _within_block(self, queries, places, vectors, chord, radius_km, sort_results):
        pairs = cKDTree(vectors).sparse_distance_matrix(
            self._tree, chord, output_type="ndarray"
        )
        query, place = pairs["i"], pairs["j"]
        km = np.empty(0)
        if len(pairs):
            km = checked_haversine(places[queries[query]], self._distinct[place])
            inside = km <= radius_km
            query, place, km = query[inside], place[inside], km[inside]
        if self._counts is None:
            rows = self._order[place]
        else:
            counts = self._counts[place]
            rows = self._order[ranges(self._first[place], counts)]
            query, km = np.repeat(query, counts), np.repeat(km, counts)
        keys = (rows, km, query) if sort_results else (rows, query)
        by = np.lexsort(keys)
        indptr = np.zeros(len(queries) + 1, dtype=np.intp)
        np.cumsum(np.bincount(query, minlength=len(queries)), out=indptr[1:])
        return queries, km[by], rows[by], indptr

    def _nearest(self, places, n_neighbors, *, n_jobs=None, exact=True):
        """Do what `nearest` does, for places that were checked.

        Without `exact` the neighbours are the same, but their distances come from
        chords (the difference is nanometres) and neighbours whose distances differ by
        less than that may change places. This saves half of the time.
        """
        order = np.argsort(s2_leaf_ids(places), kind="stable")
        workers = effective_n_jobs(n_jobs)
        km = np.empty((len(places), n_neighbors))
        rows = np.empty((len(places), n_neighbors), dtype=np.intp)
        if self._counts is None:
            width = n_neighbors + 1
        else:
            # Fewer places than rows are needed; how many fewer depends on where.
            share = len(self._distinct) / self.n_places
            width = int(np.ceil(n_neighbors * share)) + 8
        todo = [(order, min(width, len(self._distinct)))]
        while todo:
            pending, width = todo.pop()
            unsettled = []
            for block in gen_batches(len(pending), _rows_that_fit(width)):
                at = pending[block]
                asked = places[at]
                chords, found = self._tree.query(
                    unit_vectors(asked), k=width, workers=workers
                )
                chords = chords.reshape(len(at), width)
                found = found.reshape(len(at), width)
                enough = self._enough(chords, found, n_neighbors)
                if not enough.all():
                    unsettled.append(at[~enough])
                    at, asked = at[enough], asked[enough]
                    chords, found = chords[enough], found[enough]
                if len(at):
                    km[at], rows[at] = self._settle(
                        asked, chords, found, n_neighbors, exact
                    )
            if unsettled:
                width = min(2 * width, len(self._distinct))
                todo.append((np.concatenate(unsettled), width))
        return km, rows

    def _enough(self, chords, found, n_neighbors):
        """Say for which queries no place beyond those found can be a neighbour."""
        if chords.shape[1] == len(self._distinct):
            return np.ones(len(chords), dtype=bool)
        edge = chords[:, -1] - _DOUBT
        if self._counts is None:
            return chords[:, n_neighbors - 1] < edge
        nearer = chords < edge[:, np.newaxis]
        return (self._counts[found] * nearer).sum(axis=1) >= n_neighbors

    def _settle(self, asked, chords, found, n_neighbors, exact):
        """Choose the nearest rows among the places found for each query."""
        if exact:
            each = np.repeat(asked, found.shape[1], axis=0)
            km = checked_haversine(each, self._distinct[found.ravel()]).reshape(
                found.shape
            )
            clear = (np.diff(km, axis=1) > 0.0).all(axis=1)
        else:
            clear = self._clear_cut(chords, found, n_neighbors)
            km = chord_to_km(chords)
        if clear.all():
            return self._rows_in_order(km, found, n_neighbors)
        out_km = np.empty((len(asked), n_neighbors))
        out_rows = np.empty((len(asked), n_neighbors), dtype=np.intp)
        if clear.any():
            out_km[clear], out_rows[clear] = self._rows_in_order(
                km[clear], found[clear], n_neighbors
            )
        tied = ~clear
        found = found[tied]
        if exact:
            km = km[tied]
        else:
            each = np.repeat(asked[tied], found.shape[1], axis=0)
            km = checked_haversine(each, self._distinct[found.ravel()]).reshape(
                found.shape
            )
        out_km[tied], out_rows[tied] = self._rows_sorted(km, found, n_neighbors)
        return out_km, out_rows

    def _clear_cut(self, chords, found, n_neighbors):
        """Say for which queries the chords alone tell who the neighbours are."""
        n_found = chords.shape[1]
        if self._counts is None:
            last = np.full(len(chords), n_neighbors - 1)
        else:
            total = np.cumsum(self._counts[found], axis=1)
            last = np.argmax(total >= n_neighbors, axis=1)
        each = np.arange(len(chords))
        cut = chords[each, last]
        clear = cut < _FAR_CHORD
        after = np.minimum(last + 1, n_found - 1)
        clear &= (after == last) | (chords[each, after] - cut > _DOUBT)
        if self._counts is not None:
            # The place at the cut may be taken in part.
            before = np.maximum(last - 1, 0)
            clear &= (before == last) | (cut - chords[each, before] > _DOUBT)
        return clear

    def _rows_in_order(self, km, found, n_neighbors):
        """Turn places, nearest first, into that many rows."""
        if self._counts is None:
            return km[:, :n_neighbors], self._order[found[:, :n_neighbors]]
        counts = self._counts[found]
        before = np.cumsum(counts, axis=1) - counts
        counts = np.clip(n_neighbors - before, 0, counts).ravel()
        rows = self._order[ranges(self._first[found.ravel()], counts)]
        shape = (len(km), n_neighbors)
        return np.repeat(km.ravel(), counts).reshape(shape), rows.reshape(shape)

    def _rows_sorted(self, km, found, n_neighbors):
        """Turn places in any order into rows: by distance, then by row."""
        by = np.argsort(km, axis=1, kind="stable")
        km, found = np.take_along_axis(km, by, 1), np.take_along_axis(found, by, 1)
        if self._counts is None:
            counts = np.ones_like(found)
        else:
            counts = np.minimum(self._counts[found], n_neighbors)
        before = np.cumsum(counts, axis=1) - counts
        # The distance of the last place that is needed, and all places as far as it.
        last = (before < n_neighbors).sum(axis=1, keepdims=True) - 1
        counts[km > np.take_along_axis(km, last, 1)] = 0
        lengths = counts.sum(axis=1)
        counts = counts.ravel()
        rows = self._order[ranges(self._first[found.ravel()], counts)]
        km = np.repeat(km.ravel(), counts)
        query = np.repeat(np.arange(len(lengths)), lengths)
        by = np.lexsort((rows, km, query))
        start = np.cumsum(lengths) - lengths
        by = by[start[:, np.newaxis] + np.arange(n_neighbors)]
        return km[by], rows[by]


def _restored(cls, parts):
    index = cls.__new__(cls)
    index._restore(*parts)
    return index


def _candidates_that_fit():
    memory = int(get_config()["working_memory"] * 2**20)
    return max(1, memory // _CANDIDATE_BYTES)


def _rows_that_fit(width):
    return max(1, min(_BLOCK_ROWS, _candidates_that_fit() // width))


def _blocks_of(counts, at_most):
    """Cut rows into slices whose counts add up to `at_most`, or hold one row."""
    total = np.cumsum(counts)
    start, done = 0, 0
    while start < len(counts):
        stop = max(start + 1, int(np.searchsorted(total, done + at_most, side="right")))
        yield slice(start, stop)
        start, done = stop, total[stop - 1]


def _check_radius(radius_km):
    if not (is_real(radius_km) and radius_km >= 0.0):
        raise ValueError(
            f"radius_km={radius_km!r} must be a number of kilometres, not negative."
        )
