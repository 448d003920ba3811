# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The nearest of photos many of which look the same: each look is asked once."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._sparse_looks import SparseFeatureIndex
from sklearn_geo.neighbors._looks import FeatureIndex

__all__ = ["DistinctLooks", "copies_of", "index_of_looks"]

# What is looked through at a time, in numbers.
_BLOCK = 1 << 20
# From this share of copies on they are worth to be told.
_MANY = 0.5


def index_of_looks(features, metric):
    """Return an exact index of some features, which compares no look very often.

    Parameters
    ----------
    features : ndarray or csr matrix of shape (n_photos, n_features)
        What the photos look like.

    metric : {"cosine", "euclidean"}
        The distance.

    Returns
    -------
    FeatureIndex, SparseFeatureIndex or DistinctLooks
        The last if half of the rows or more are copies of others. They have
        `query_rows()` and `nearest(queries, n_neighbors)`.
    """
    make_index = SparseFeatureIndex if sparse.issparse(features) else FeatureIndex
    first = copies_of(features)
    distinct = np.flatnonzero(first == np.arange(len(first)))
    if len(distinct) > (1.0 - _MANY) * len(first):
        return make_index(features, metric)
    return DistinctLooks(make_index(features[distinct], metric), first)


def copies_of(features):
    """Return the first row that equals each row, to the last bit.

    Parameters
    ----------
    features : ndarray or csr matrix of shape (n_rows, n_features)
        Rows.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        The row itself, if there is none before it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._distinct_looks import copies_of
    >>> copies_of(np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0]]))
    array([0, 1, 0])
    """
    n_rows = features.shape[0]
    sums = _sums(features)
    _, first, which = np.unique(sums, return_index=True, return_inverse=True)
    first = first[which.reshape(-1)]
    copies = np.flatnonzero(first != np.arange(n_rows))
    if not len(copies):
        return first
    for part in gen_batches(len(copies), _rows_at_once(features)):
        at = copies[part]
        same = _are_equal(features[at], features[first[at]])
        first[at[~same]] = at[~same]  # of one sum by chance
    return first


def _sums(features):
    """Return a number for each row, the same for equal rows, and hardly for others."""
    rng = np.random.default_rng(0)
    weights = rng.integers(2**64, size=features.shape[1], dtype=np.uint64) | np.uint64(
        1
    )
    sums = np.zeros(features.shape[0], dtype=np.uint64)
    for rows in gen_batches(len(sums), _rows_at_once(features)):
        part = features[rows]
        if sparse.issparse(part):
            at = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
            np.add.at(sums[rows], at, _mixed(part.data) * weights[part.indices])
        else:
            sums[rows] = (_mixed(part) * weights).sum(axis=1, dtype=np.uint64)
    return sums


def _rows_at_once(features):
    """Return how many rows are looked through at a time."""
    width = features.shape[1]
    if sparse.issparse(features):  # whose zeros are not stored
        width = features.nnz // max(1, features.shape[0])
    return max(1, _BLOCK // max(1, width))


def _mixed(values):
    """Return numbers whose bits are spread, 0 for 0, the same for -0."""
    bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)
    bits ^= bits >> np.uint64(29)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits ^= bits >> np.uint64(32)
    return bits


def _are_equal(some, others):
    if sparse.issparse(some):
        return np.diff((some != others).tocsr().indptr) == 0
    return (some == others).all(axis=1)


class DistinctLooks:
    """Nearest neighbours among rows, by an index of those that differ.

    Parameters
    ----------
    index : FeatureIndex or SparseFeatureIndex
        Of the distinct rows, in the order in which they come first.

    first : ndarray of int of shape (n_rows,)
        What :func:`copies_of` returned.
    """

    def __init__(self, index, first):
        self._index = index
        which = np.unique(first, return_inverse=True)[1].reshape(-1)
        # All rows, look after look, and where each look begins.
        self._rows = np.argsort(which, kind="stable")
        self._starts = np.append(0, np.cumsum(np.bincount(which)))

    def query_rows(self):
        """Return how many queries `nearest` can answer within working memory."""
        return self._index.query_rows()

    def nearest(self, queries, n_neighbors):
        """Find the nearest rows to some queries, see `FeatureIndex.nearest`."""
        n_neighbors = min(n_neighbors, len(self._rows))
        far, looks = self._index.nearest(queries, n_neighbors)
        starts = self._starts[looks]
        counts = np.minimum(self._starts[looks + 1] - starts, n_neighbors)
        enough = np.argmax(np.cumsum(counts, axis=1) >= n_neighbors, axis=1)
        # Of looks that are equally far the first rows come first.
        counts[far > np.take_along_axis(far, enough[:, np.newaxis], axis=1)] = 0
        shape = len(far), n_neighbors
        out, rows = np.empty(shape), np.empty(shape, dtype=np.intp)
        blocks = np.cumsum(counts.sum(axis=1)) // _BLOCK
        ends = np.flatnonzero(np.diff(blocks)) + 1
        for part in np.split(np.arange(len(far)), ends):
            out[part], rows[part] = self._first_rows(
                far[part], starts[part], counts[part], n_neighbors
            )
        return out, rows

    def _first_rows(self, far, starts, counts, n_neighbors):
        """Find the first rows of looks, by how many of each can be among them."""
        look = np.repeat(np.arange(counts.size), counts.ravel())
        begins = np.cumsum(counts) - counts.ravel()
        found = self._rows[starts.ravel()[look] + np.arange(len(look)) - begins[look]]
        farther = np.ones(far.shape, dtype=bool)
        farther[:, 1:] = far[:, 1:] != far[:, :-1]
        # In order of distance already, and now of rows where that is the same.
        keys = np.cumsum(farther)[look] * len(self._rows) + found
        keys.sort(kind="stable")
        first = begins.reshape(counts.shape)[:, :1] + np.arange(n_neighbors)
        return far.ravel()[look[first]], keys[first] % len(self._rows)
