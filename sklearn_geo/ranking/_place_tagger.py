# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which tags a place has, whatever is in the picture: what the priors share."""

from abc import abstractmethod

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_geo._blocks import blocks
from sklearn_geo._tables import (
    column_names,
    location_positions,
    points_to_frame,
    reject_columns_of_text,
    reject_what_is_no_table,
)
from sklearn_geo.base import GeoEstimator
from sklearn_geo.partition._cells import read_weights
from sklearn_geo.ranking._sparse_top_k import MixedRows
from sklearn_geo.ranking._tagger import TaggerMixin, check_k

__all__ = ["PlaceTagger"]

# Rows of a block whose scores stay sparse.
_BLOCK_ROWS = 2048


class PlaceTagger(TaggerMixin, GeoEstimator):
    """Base of the taggers that look at places only.

    Think twice before adding anything here. A subclass says two things:

    - `_read_queries(X)` returns what a row is asked by, an array with a row each for
      the different ones, and which of them every row of X is (None: its own).
    - `_parts(queries)` returns a csr_array and a vector: the tags of a query have the
      probabilities ``sums + rest[:, None] * tag_frequencies_``.
    """

    _parameter_constraints: dict = {
        **TaggerMixin._tagger_constraints,
        **TaggerMixin._untagged_constraint,
        "location": ["array-like", StrOptions({"auto"})],
    }

    @abstractmethod
    def _read_queries(self, X):
        """Validate X; return different queries, and the query of every row or None."""

    @abstractmethod
    def _parts(self, queries):
        """Return sums of shape (n_queries, n_tags) and the share of the frequencies."""

    def predict_proba(self, X):
        """Return the probability that a random tag of a photo here is each of the tags.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        Returns
        -------
        proba : ndarray of shape (n_rows, n_tags)
            Rows sum to 1. Tags of `omit_tags` keep their probability: they are left out
            of suggestions only.
        """
        check_is_fitted(self)
        queries, row_of = self._read_queries(X)
        proba = np.empty(
            (len(queries) if row_of is None else len(row_of), self.n_tags_)
        )
        for rows, block in self._dense_blocks(queries, row_of):
            proba[rows] = block
        return proba

    def predict_topk(self, X, k=10, *, return_scores=False):
        """Return the likeliest tags of every place, best first.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        k : int, default=10
            How many.

        return_scores : bool, default=False
            Return their probabilities as well.

        Returns
        -------
        tags : ndarray of int64 of shape (n_rows, k)
            Columns of y, best first; of equal scores the first column first. A list
            that has ended (there are fewer tags than `k`) is filled up with -1.

        scores : ndarray of shape (n_rows, k)
            Only with `return_scores=True`; -inf where a list has ended.
        """
        check_is_fitted(self)
        k = check_k(k)
        queries, row_of = self._read_queries(X)
        rows_of = MixedRows(self.tag_frequencies_, self._vocabulary.allowed)
        tags = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf)
        for rows in blocks(len(queries), _BLOCK_ROWS):
            tags[rows], scores[rows] = rows_of.top_k(*self._parts(queries[rows]), k)
        if row_of is not None:
            tags, scores = tags[row_of], scores[row_of]
        return (tags, scores) if return_scores else tags

    def _score_blocks(self, X):
        queries, row_of = self._read_queries(X)
        yield from self._dense_blocks(queries, row_of)

    def _dense_blocks(self, queries, row_of):
        """Yield (slice of rows, probabilities), as many as fit the working memory."""
        n_rows = len(queries) if row_of is None else len(row_of)
        memory = get_config()["working_memory"] * 2**20
        size = max(1, min(_BLOCK_ROWS, int(memory // (24 * self.n_tags_))))
        for rows in blocks(n_rows, size):
            back = slice(None)
            own = rows
            if row_of is not None:
                # Rows of one region are computed once.
                own, back = np.unique(row_of[rows], return_inverse=True)
            sums, rest = self._parts(queries[own])
            proba = rest[:, np.newaxis] * self.tag_frequencies_
            at = np.repeat(np.arange(len(rest)), np.diff(sums.indptr))
            proba[at, sums.indices] += sums.data
            yield rows, proba if row_of is None else proba[back]

    def _open(self, X, *, reset):
        """Check the columns of a table, whose values may be of any kind."""
        X = points_to_frame(X)
        reject_what_is_no_table(X, "X", pair_only=False)
        if isinstance(X, list):
            X = np.asarray(X, dtype=object if _has_text(X) else None)
        elif not hasattr(X, "columns") and not sparse.issparse(X):
            X = np.asarray(X) if not isinstance(X, np.ndarray) else X
        validate_data(self, X, reset=reset, skip_check_array=True)
        for size, what in zip(X.shape, ("sample(s)", "feature(s)"), strict=True):
            if size == 0:
                raise ValueError(
                    f"Found array with 0 {what} (shape={X.shape}) while a minimum of 1 "
                    "is required."
                )
        return X

    def _places_of(self, X):
        """Return the places in an open table."""
        names = column_names(X)
        pair = list(location_positions(self.location, names, X.shape[1]))
        table = X.tocsc() if sparse.issparse(X) else X
        table = table.iloc[:, pair] if hasattr(table, "iloc") else table[:, pair]
        table = table.toarray() if sparse.issparse(table) else table
        reject_columns_of_text(table, "X")
        matrix = check_array(
            table, dtype=np.float64, ensure_all_finite=False, input_name="X"
        )
        return self._to_places(matrix, names and [names[i] for i in pair])

    def _read_photos(self, n_rows, y, sample_weight):
        """Read what photos teach: which of them do, their tags and their weights.

        Returns
        -------
        rows : ndarray of int
            The photos that have tags and a weight.

        weighted : csr_array of shape (n_rows, n_tags), float64
            Their tags, times their weights.
        """
        indicator = self._read_target(y, n_rows)
        weights = read_weights(sample_weight, n_rows)
        teaches = self._teaching_rows(indicator)
        if weights is not None:
            teaches = teaches[weights[teaches] > 0.0]
            if not len(teaches):
                raise ValueError(
                    "Every photo with a tag has weight 0: there is nothing to learn."
                )
        whole = len(teaches) == n_rows
        weighted = (indicator if whole else indicator[teaches]).astype(np.float64)
        if weights is not None:
            weighted.data *= np.repeat(weights[teaches], np.diff(weighted.indptr))
        counts = weighted.sum(axis=0)
        self.tag_frequencies_ = counts / counts.sum()
        return teaches, weighted

    def _teaching_rows(self, indicator):
        tagged = self._tagged_rows(indicator)
        return np.arange(indicator.shape[0]) if tagged is None else tagged

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _has_text(rows):
    return any(isinstance(v, str) for v in rows[0]) or any(
        isinstance(value, str) for row in rows for value in row
    )
