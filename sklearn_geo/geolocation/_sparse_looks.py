# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest rows of a sparse feature matrix, exactly, by sparse products.

What `sklearn_geo.neighbors._looks` does for dense features, for texts: no row ever
becomes dense, only the distances of a few queries at a time do.
"""

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.neighbors._candidates import candidates, ranked
from sklearn_geo.neighbors._looks import check_lengths, doubt_of, levelled

# What a comparison of one query and one row takes: the product, its column and its
# dense copy, and the copy that is partitioned.
_PAIR_BYTES = 40


class SparseFeatureIndex:
    """Exact nearest neighbours among the rows of a sparse matrix.

    Parameters
    ----------
    features : csr_array or csr_matrix of shape (n_rows, n_features)
        What the rows look like.

    metric : {"cosine", "euclidean"}
        The distance. The cosine distance is one minus the cosine, and one to and from
        an empty row.
    """

    def __init__(self, features, metric):
        self._cosine = metric == "cosine"
        self._rows = self._vectors(features)
        self._columns = self._rows.T.tocsr()
        self._squares = _row_squares(self._rows)

    @property
    def _doubt(self):
        return doubt_of(np.diff(self._rows.indptr).max(initial=0))

    def query_rows(self):
        """Return how many queries `nearest` can answer within working memory."""
        memory = get_config()["working_memory"] * 2**20
        return max(1, int(memory // (_PAIR_BYTES * self._rows.shape[0])))

    def nearest(self, queries, n_neighbors):
        """Find the nearest rows to some queries.

        Parameters
        ----------
        queries : csr_array or csr_matrix of shape (n_queries, n_features)
            What is looked for.

        n_neighbors : int
            How many rows to find, all if there are fewer.

        Returns
        -------
        distances : ndarray of shape (n_queries, n_neighbors)
            Ascending. Rows that are equally far, but for rounding, are in their own
            order.

        rows : ndarray of shape (n_queries, n_neighbors)
            The rows.
        """
        queries = self._vectors(queries)
        n_rows = self._rows.shape[0]
        n_neighbors = min(n_neighbors, n_rows)
        # A product is added up in the order of the query's columns, so that equal rows
        # are tied.
        near = (queries @ self._columns).toarray()
        near *= -2.0
        squares = self._lengths(self._squares)
        query_squares = self._lengths(_row_squares(queries))
        near += query_squares[:, np.newaxis]
        near += squares
        found = candidates(near, squares, query_squares, self._doubt, n_neighbors)
        del near
        return ranked(
            *found,
            queries.shape[0],
            n_neighbors,
            lambda some, rows: self.between(queries[some], rows, scaled=True),
        )

    def between(self, queries, rows, *, scaled=False):
        """Return the distance of each query to each of its own rows.

        Parameters
        ----------
        queries : csr_array or csr_matrix of shape (n_queries, n_features)
            What is looked for.

        rows : ndarray of shape (n_queries, width)
            The rows of each query; -1 where there is none.

        scaled : bool, default=False
            Whether `queries` have length one already, if only the angle counts.

        Returns
        -------
        ndarray of shape (n_queries, width)
            Distances; infinity where there is no row. They come from differences,
            which do not cancel. Those of a query that are equal, but for rounding, are
            one number.
        """
        queries = queries if scaled else self._vectors(queries)
        query, place = np.nonzero(rows >= 0)
        flat = rows[query, place]
        squares = np.empty(len(flat))
        empty = np.zeros(len(flat), dtype=bool)
        # Twice the row, twice the query and the difference, 16 bytes a number.
        a_row = 48 * max(1.0, self._rows.nnz / self._rows.shape[0])
        memory = get_config()["working_memory"] * 2**20
        lonely = np.diff(queries.indptr) == 0, np.diff(self._rows.indptr) == 0
        for pairs in gen_batches(len(flat), max(1, int(memory // a_row))):
            a, b = query[pairs], flat[pairs]
            squares[pairs] = _row_squares(queries[a] - self._rows[b])
            empty[pairs] = lonely[0][a] | lonely[1][b]
        distances = np.full(rows.shape, np.inf)
        own = np.where(empty, 1.0, 0.5 * squares) if self._cosine else np.sqrt(squares)
        distances[query, place] = own
        return levelled(distances, self._doubt, cosine=self._cosine)

    def _lengths(self, squares):
        """Return squared lengths: one if the angle counts, also that of empty rows."""
        if self._cosine:
            return np.ones_like(squares)
        check_lengths(np.sqrt(squares))
        return squares

    def _vectors(self, features):
        """Return float64 rows without stored zeros, of length one if the angle counts.

        Rows are divided by their largest number first, so that squares of tiny ones do
        not vanish.
        """
        rows = sparse.csr_array(features, dtype=np.float64, copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        if not self._cosine:
            return rows
        lengths = np.diff(rows.indptr)
        for scale in (_row_maxima, lambda one: np.sqrt(_row_squares(one))):
            rows.data /= np.repeat(scale(rows), lengths)
        return rows


def _row_maxima(rows):
    return np.asarray(abs(rows).max(axis=1).todense()).ravel()


def _row_squares(rows):
    """Return the sum of squares of every row."""
    squared = rows.copy()
    with np.errstate(over="ignore"):
        np.square(squared.data, out=squared.data)
    return np.asarray(squared.sum(axis=1)).ravel()
