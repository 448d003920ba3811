# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos that are looked for: by a tag, a place, and how near they have to be."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo.base import check_places
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.nets import rows_in_memory
from sklearn_geo.ranking._top_k import top_k

__all__ = [
    "Gallery",
    "Prepared",
    "Queries",
    "check_not_empty",
    "read_queries",
    "search",
]

# Vectors of a gallery that are kept at the same time: of the networks asked last.
_KEPT = 2
# Queries that are prepared at the same time.
_PREPARED = 1_024


def check_not_empty(X):
    """Refuse a gallery without a photo."""
    shape = getattr(X, "shape", None)
    if shape == ():
        raise ValueError("X is a single value, not photos: pass a row a photo.")
    n_photos = shape[0] if shape else len(X) if hasattr(X, "__len__") else 1
    if n_photos == 0:
        raise ValueError(
            "The gallery is empty: X has no rows, so there is no photo to find. Pass "
            "at least one photo."
        )


class Gallery:
    """Photos to look for.

    Parameters
    ----------
    photos : PhotoRows
        The photos.

    places : ndarray of shape (n_photos, 2)
        Where they were taken; a pair of NaN is missing.
    """

    def __init__(self, photos, places):
        self.photos, self.places = photos, places
        self._vectors, self._index, self._known = {}, None, None

    def __len__(self):
        return len(self.places)

    def vectors(self, scorer):
        """Return the vectors that a scorer has for the photos."""
        # The scorer is kept too, so that nobody else gets its id.
        kept = self._vectors.pop(id(scorer), None)
        if kept is None:
            while len(self._vectors) >= _KEPT:  # the one asked longest ago goes
                del self._vectors[next(iter(self._vectors))]
            kept = scorer, scorer.photo_vectors(self.photos)
        self._vectors[id(scorer)] = kept
        return kept[1]

    def within(self, place, km):
        """Return the photos at most so far from a place, in the order of their rows."""
        if self._index is None:
            self._known = np.flatnonzero(~np.isnan(self.places[:, 0]))
            if len(self._known):
                self._index = PlaceIndex(self.places[self._known])
        if self._index is None:
            return self._known
        # In the order of their rows, since they are not sorted by distance.
        _, rows, _ = self._index.within(place[np.newaxis], km, sort_results=False)
        return rows if len(self._known) == len(self.places) else self._known[rows]

    def __getstate__(self):
        return {**self.__dict__, "_vectors": {}}


class Prepared:
    """Queries as a scorer reads them, worked out for many of them at a time.

    Parameters
    ----------
    prepare : callable
        From a slice of queries to a tuple of arrays, a row a query.

    n_queries : int
        How many there are.
    """

    def __init__(self, prepare, n_queries):
        self._prepare, self._n_queries = prepare, n_queries
        self._start, self._stop, self._parts = 0, 0, ()

    def __getitem__(self, at):
        """Return the arrays of a slice of queries."""
        if at.start < self._start or at.stop > self._stop:
            stop = max(at.stop, min(at.start + _PREPARED, self._n_queries))
            self._start, self._stop = at.start, stop
            self._parts = self._prepare(slice(at.start, stop))
        inside = slice(at.start - self._start, at.stop - self._start)
        return tuple(part[inside] for part in self._parts)


class Queries(NamedTuple):
    """What is looked for.

    Attributes
    ----------
    tags : ndarray of int of shape (n_queries,) or None
        Tags.

    vectors : ndarray of shape (n_queries, n_columns) or None
        Vectors of tags that were never taught, instead.

    places : ndarray of shape (n_queries, 2)
        Places; a pair of NaN is anywhere.

    exclude : ndarray of int of shape (n_queries, n) or None
        Photos that are no answer, -1 for none.

    is_one : bool
        Whether one was asked for, not a batch.
    """

    tags: np.ndarray | None
    vectors: np.ndarray | None
    places: np.ndarray
    exclude: np.ndarray | None
    is_one: bool


def read_queries(
    vocabulary, tag, place, exclude, n_photos, *, vectors=None, one_vector=False
):
    """Read the queries of a call, one or a batch.

    Parameters
    ----------
    vocabulary : Vocabulary
        The tags.

    tag : str, int, sequence of them, or None
        The tag of every query; one for all.

    place : array-like of shape (2,) or (n_queries, 2), or None
        The place of every query; one for all. None is anywhere.

    exclude : int, array-like of shape (n_queries,) or (n_queries, n), or None
        Photos that are no answer.

    n_photos : int
        Number of photos in the gallery.

    vectors : ndarray of shape (n_queries, n_columns) or None, default=None
        Vectors of tags instead of `tag`; one for all.

    one_vector : bool, default=False
        Whether one was asked for, not a batch of one.

    Returns
    -------
    Queries
        Tags, places and what is excluded, a row a query.
    """
    if (tag is None) == (vectors is None):
        raise ValueError(
            "Pass a tag that was taught as tag, by name or number, or the vector of "
            "another one as tag_vector: one of the two."
        )
    if vectors is None:
        one_tag = isinstance(tag, (str, Integral))
        asked = vocabulary.positions([tag] if one_tag else tag)
    else:
        one_tag, asked = one_vector, vectors
    if not len(asked):
        raise ValueError("tag is empty: there is nothing to look for.")
    if place is None:
        places, one_place = np.full((1, 2), np.nan), True
    else:
        one_place = _is_pair(place)
        places = np.atleast_2d(np.asarray(place)) if one_place else place
        places = check_places(places, name="place", allow_missing=True)
    if len(asked) != len(places) and 1 not in (len(asked), len(places)):
        raise ValueError(
            f"There are {len(asked)} tags and {len(places)} places. Give one place a "
            "tag, or one of them for all."
        )
    n_queries = max(len(asked), len(places))
    if len(asked) < n_queries:
        asked = np.repeat(asked, n_queries, axis=0)
    if len(places) < n_queries:
        places = np.repeat(places, n_queries, axis=0)
    return Queries(
        asked if vectors is None else None,
        None if vectors is None else asked,
        places,
        _read_exclude(exclude, n_queries, n_photos),
        one_tag and one_place,
    )


def _is_pair(place):
    with naming("place"):
        one = not sparse.issparse(place) and np.ndim(place) == 1
    return one and len(place) == 2


def _read_exclude(exclude, n_queries, n_photos):
    if exclude is None:
        return None
    reject_masked(exclude, "exclude")
    try:
        with naming("exclude"):
            found = np.asarray(exclude)
    except ValueError:  # rows of different lengths
        found = np.empty(0, dtype=object)
    if found.dtype != object and not found.size:
        return None
    if found.ndim == 0:
        found = found[np.newaxis]
    if found.dtype.kind not in "iu" or found.ndim > 2:
        raise ValueError(
            "exclude has the rows of photos in the gallery, whole numbers, one or more "
            "a query (as many for each: fill up with -1, which excludes none); got "
            f"{exclude!r}."
        )
    if found.ndim == 1:
        # One query may have several, several queries have one each.
        found = found[np.newaxis] if n_queries == 1 else found[:, np.newaxis]
    if len(found) != n_queries:
        raise ValueError(
            f"exclude is for {len(found)} queries, but there are {n_queries}."
        )
    wrong = (found < -1) | (found >= n_photos)
    if wrong.any():
        raise ValueError(
            f"exclude names photo {int(found[wrong][0])}, but the gallery has "
            f"{n_photos} photos: rows count from 0, and -1 excludes none."
        )
    return found.astype(np.int64, copy=False)


def search(
    gallery,
    queries,
    score,
    k,
    *,
    within_km=None,
    quick_score=None,
    n_listed=None,
    bytes_a_query=0,
    dtype=np.float32,
):
    """Return the photos that score highest.

    Parameters
    ----------
    gallery : Gallery
        The photos.

    queries : Queries
        What is looked for.

    score : callable
        From (slice of queries, rows of photos or None for all) to scores of shape
        (n_queries, n_photos).

    k : int
        Length of the lists.

    within_km : float or None, default=None
        How far photos may be from the place of the query.

    quick_score : callable or None, default=None
        Like `score`; its `n_listed` best are worth a `score`. None scores all.

    n_listed : int or None, default=None
        How many these are, at least `k`.

    bytes_a_query : int, default=0
        What a query needs beside its scores.

    dtype : dtype, default=float32
        That of scores.

    Returns
    -------
    photos, scores : ndarray of shape (n_queries, k)
        Rows of the gallery, best first, -1 where a list has ended; their scores.
    """
    n_queries = len(queries.places)
    photos = np.full((n_queries, k), -1, dtype=np.int64)
    scores = np.full((n_queries, k), -np.inf, dtype=dtype)
    if within_km is None and quick_score is None:
        step = rows_in_memory(8 * len(gallery) + bytes_a_query, n_queries)
        for start in range(0, n_queries, step):
            at = slice(start, min(start + step, n_queries))
            block = score(at, None)
            _strike(block, None, queries.exclude, at)
            photos[at], scores[at] = top_k(block, k)
        return photos, scores
    for query in range(n_queries):
        at, rows = slice(query, query + 1), None
        if within_km is not None:
            rows = gallery.within(queries.places[query], within_km)
        n_there = len(gallery) if rows is None else len(rows)
        if quick_score is not None and n_there > n_listed:
            block = quick_score(at, rows)
            _strike(block, rows, queries.exclude, at)
            listed = top_k(block, n_listed)[0][0]
            # In the order of rows, so that ties are broken as without a list.
            listed = np.sort(listed[listed >= 0])
            rows = listed if rows is None else rows[listed]
        if rows is not None and not len(rows):
            continue
        block = score(at, rows)
        _strike(block, rows, queries.exclude, at)
        found, scores[at] = top_k(block, k)
        if rows is not None:
            found = np.where(found >= 0, rows[found], -1)
        photos[at] = found
    return photos, scores


def _strike(block, rows, exclude, at):
    """Take what is excluded out of the scores of some queries."""
    if exclude is None:
        return
    for scores, struck in zip(block, exclude[at], strict=True):
        struck = struck[struck >= 0]
        if rows is None:
            scores[struck] = -np.inf
        else:
            scores[np.isin(rows, struck)] = -np.inf
