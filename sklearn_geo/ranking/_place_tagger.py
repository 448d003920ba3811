# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which tags a place has, whatever is in the picture: what the priors share."""

from abc import abstractmethod

import numpy as np
from sklearn import get_config
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._blocks import blocks
from sklearn_geo.base import GeoEstimator
from sklearn_geo.partition._cells import read_weights
from sklearn_geo.ranking._place_columns import PlaceColumns
from sklearn_geo.ranking._sparse_top_k import MixedRows
from sklearn_geo.ranking._tagger import TaggerMixin, check_k

__all__ = ["PlaceTagger"]

# Rows of a block whose scores stay sparse.
_BLOCK_ROWS = 2048


class PlaceTagger(TaggerMixin, PlaceColumns, GeoEstimator):
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
        **PlaceColumns._location_constraint,
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
        k = check_k(k, self.n_tags_)
        queries, row_of = self._read_queries(X)
        rows_of = MixedRows(self.tag_frequencies_, self._tags_now().allowed)
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
        teaches = self._teaching_rows(indicator, weights, stacklevel=6)
        whole = teaches is None
        teaches = np.arange(n_rows) if whole else teaches
        weighted = (indicator if whole else indicator[teaches]).astype(np.float64)
        if weights is not None:
            weighted.data *= np.repeat(weights[teaches], np.diff(weighted.indptr))
        with np.errstate(over="ignore"):
            counts = weighted.sum(axis=0)
            total = counts.sum()
        if not np.isfinite(total):
            raise ValueError(
                "The tags of y, times sample_weight, add up to infinity. Scale the "
                "weights down first, for example with weights / weights.max()."
            )
        self.tag_frequencies_ = counts / total
        return teaches, weighted
