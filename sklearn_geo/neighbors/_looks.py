# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest photos in a feature space, exactly, by brute force.

In hundreds of dimensions no tree beats comparing with everything. Matrix products find
who can be a neighbour; who is one is decided by differences, which do not cancel.
"""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.neighbors._candidates import candidates, ranked

# What a comparison of one query and one photo takes until candidates are chosen.
_PAIR_BYTES = 32
# Squares of what is longer, and of its distances, are infinite.
_LONGEST = 1e153
# What makes the longest rows short enough, without changing a digit.
_HALVINGS = 64


class FeatureIndex:
    """Exact nearest neighbours among the rows of a feature matrix.

    Parameters
    ----------
    features : ndarray of shape (n_photos, n_features), float32 or float64
        What the photos look like. It is not copied.

    metric : {"cosine", "euclidean"}
        The distance. The cosine distance is one minus the cosine, and one to and from
        a row of zeros.
    """

    def __init__(self, features, metric):
        self._features = features
        self._cosine = metric == "cosine"
        self._norms = np.empty(len(features))
        for chunk in self.chunks():
            self._norms[chunk] = _norms(features[chunk])

    @property
    def _doubt(self):
        return doubt_of(self._features.shape[1])

    def query_rows(self):
        """Return how many queries `nearest` can answer within working memory."""
        memory = get_config()["working_memory"] * 2**20
        return max(1, int(memory // (_PAIR_BYTES * len(self._features))))

    def nearest(self, queries, n_neighbors, excluded=None):
        """Find the nearest photos to some queries.

        Parameters
        ----------
        queries : ndarray of shape (n_queries, n_features)
            What is looked for.

        n_neighbors : int
            How many photos to find, all if there are fewer.

        excluded : Excluded, default=None
            Photos that are no neighbours.

        Returns
        -------
        distances : ndarray of shape (n_queries, n_neighbors)
            Ascending; infinity fills up. Photos that are equally far, but for
            rounding, are in the order of their rows.

        rows : ndarray of shape (n_queries, n_neighbors)
            Photos; -1 fills up.
        """
        n_photos = len(self._features)
        n_neighbors = int(min(n_neighbors, n_photos))
        norms = _norms(queries)
        queries = self._vectors(queries, norms)
        squared = self._squared(norms)
        near = np.empty((len(queries), n_photos))
        for chunk in self.chunks():
            vectors = self._vectors(self._features[chunk], self._norms[chunk])
            part = queries @ vectors.T
            part *= -2.0
            part += squared[:, np.newaxis]
            part += self._squared(self._norms[chunk])
            if excluded is not None:
                photos = np.arange(chunk.start, chunk.stop)
                mask = np.broadcast_to(excluded.among(photos), part.shape)
                part[mask] = np.inf
            near[:, chunk] = part
        found = candidates(
            near, self._squared(self._norms), squared, self._doubt, n_neighbors
        )
        del near
        return ranked(
            *found,
            len(queries),
            n_neighbors,
            lambda some, rows: self._between(queries[some], norms[some], rows),
        )

    def vectors(self, features):
        """Return features in float64, of length one if the angle counts."""
        return self._vectors(features, _norms(features))

    def between(self, queries, rows):
        """Return the distance of each query to each of its own photos.

        Photos of a query that are equally far, but for rounding, have one distance.

        Parameters
        ----------
        queries : ndarray of shape (n_queries, n_features)
            What is looked for.

        rows : ndarray of shape (n_queries, width)
            Photos; -1 fills up.

        Returns
        -------
        ndarray of shape (n_queries, width)
            Distances; infinity where there is no photo.
        """
        norms = _norms(queries)
        return self._between(self._vectors(queries, norms), norms, rows)

    def _between(self, queries, norms, rows):
        """Do what `between` does; `queries` are vectors already."""
        query, place = np.nonzero(rows >= 0)
        distances = np.full(rows.shape, np.inf)
        distances[query, place] = self._distances(
            queries, norms, query, rows[query, place]
        )
        return levelled(distances, self._doubt, cosine=self._cosine)

    def _distances(self, queries, norms, query, row):
        """Return distances of pairs; `queries` are vectors already."""
        distance = np.empty(len(query))
        for pairs in self.chunks(len(query)):
            at = row[pairs]
            vectors = self._vectors(self._features[at], self._norms[at])
            vectors -= queries[query[pairs]]
            distance[pairs] = np.einsum("ij,ij->i", vectors, vectors)
        if not self._cosine:
            return np.sqrt(distance)
        distance *= 0.5
        distance[(norms[query] == 0.0) | (self._norms[row] == 0.0)] = 1.0
        return distance

    def _vectors(self, features, norms):
        """Return a float64 copy of features, of length one if the angle counts."""
        vectors = features.astype(np.float64)
        if self._cosine:
            huge = ~np.isfinite(norms)
            if huge.any():  # they are longer than the largest float
                vectors[huge] = np.ldexp(vectors[huge], -_HALVINGS)
                norms = norms.copy()
                norms[huge] = _norms(vectors[huge])
            # In two steps: the smallest norms have no finite inverse.
            vectors /= np.where(norms > 0.0, norms, 1.0)[:, np.newaxis]
        return vectors

    def _squared(self, norms):
        if self._cosine:
            return np.ones(len(norms))
        check_lengths(norms)
        return norms**2

    def chunks(self, n_rows=None):
        """Yield slices of rows whose vectors fit into working memory."""
        memory = get_config()["working_memory"] * 2**20
        n_rows = len(self._features) if n_rows is None else n_rows
        if not n_rows:
            return ()
        row_bytes = _PAIR_BYTES * self._features.shape[1]
        return gen_batches(n_rows, max(1, int(memory // row_bytes)))


def check_lengths(norms):
    """Raise an error if squares of distances of rows of these lengths are infinite."""
    if norms.size and norms.max() > _LONGEST:
        raise ValueError(
            f"A row of features is {norms.max():.3g} long, so that squares of "
            'distances are infinite. Scale features, or use metric="cosine".'
        )


def doubt_of(n_features):
    """Return by how much rounding moves a distance of vectors, at most."""
    return 4.0 * np.finfo(np.float64).eps * (n_features + 8)


def levelled(distances, doubt, *, cosine):
    """Give distances of a query that only rounding tells apart the least of them.

    Parameters
    ----------
    distances : ndarray of shape (n_queries, width)
        Distances; infinity where there is none.

    doubt : float
        What :func:`doubt_of` returned.

    cosine : bool
        Whether they are cosine distances: they are told apart by the lengths of
        differences of vectors.

    Returns
    -------
    ndarray of shape (n_queries, width)
        Distances in the same places.
    """
    by = np.argsort(distances, axis=1)
    distances = np.take_along_axis(distances, by, axis=1)
    lengths = np.sqrt(2.0 * distances) if cosine else distances
    doubts = doubt
    if not cosine:
        doubts = doubt * np.where(np.isfinite(lengths), lengths, 0.0)[:, 1:]
    first = np.tile(np.arange(by.shape[1]), (len(by), 1))
    with np.errstate(invalid="ignore"):  # of infinity
        first[:, 1:][np.diff(lengths, axis=1) <= doubts] = 0
    first = np.maximum.accumulate(first, axis=1)
    found = np.empty_like(distances)
    np.put_along_axis(found, by, np.take_along_axis(distances, first, axis=1), axis=1)
    return found


def _norms(features):
    """Return Euclidean norms in float64; tiny and huge numbers do not vanish."""
    largest = np.abs(features).max(axis=1).astype(np.float64)
    scaled = features / np.where(largest > 0.0, largest, 1.0)[:, np.newaxis]
    with np.errstate(over="ignore"):
        return largest * np.sqrt(np.einsum("ij,ij->i", scaled, scaled))


class Excluded:
    """Photos that are no neighbours of some queries.

    Parameters
    ----------
    own_rows : ndarray of shape (n_queries,) or None
        For each query a photo that is no neighbour of it.

    groups, corpus_groups : ndarray of int or None
        Numbers of groups of the queries and of the photos. Photos of the same group
        are no neighbours.
    """

    def __init__(self, own_rows, groups, corpus_groups):
        self._own_rows = own_rows
        self._groups = groups
        self._corpus_groups = corpus_groups

    def among(self, rows):
        """Mark those of some photos that are excluded.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,) or (n_queries, n_rows)
            Photos, the same for all queries or each query's own.

        Returns
        -------
        ndarray of shape (n_queries, n_rows) or smaller, bool
            It broadcasts to that shape.
        """
        excluded = np.zeros((1, 1), dtype=bool)
        if self._own_rows is not None:
            excluded = excluded | (rows == self._own_rows[:, np.newaxis])
        if self._groups is not None:
            same = self._corpus_groups[rows] == self._groups[:, np.newaxis]
            excluded = excluded | same
        return excluded

    def of(self, queries):
        """Return what is excluded for some of the queries."""
        return Excluded(
            None if self._own_rows is None else self._own_rows[queries],
            None if self._groups is None else self._groups[queries],
            self._corpus_groups,
        )
