# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What follows once every tag has a score: lists, indicators, hit rates."""

import warnings
from abc import ABC, abstractmethod
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import is_whole
from sklearn_geo._same_names import same_names
from sklearn_geo._settings import check_settings
from sklearn_geo._tags import as_output
from sklearn_geo.metrics import hashtag_accuracy_at_k
from sklearn_geo.ranking._top_k import top_k
from sklearn_geo.ranking._vocabulary import Vocabulary, read_indicator

__all__ = ["TaggerMixin", "check_k", "photos_with_tags"]

# Lists may be longer than there are tags, but their ends cost memory all the same.
_LONGEST = 10_000


class TaggerMixin(ABC):
    """For estimators that score every tag for a photo or a place.

    A subclass has the parameters `tag_names`, `omit_tags`, `n_suggested`, `threshold`
    and (if photos without tags teach it nothing) `untagged`; calls
    :meth:`_read_target` in `fit`; and has :meth:`_score_blocks`.
    """

    _tagger_constraints: dict = {
        "tag_names": ["array-like", None],
        "omit_tags": ["array-like", set, frozenset, None],
        "n_suggested": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, None, None, closed="neither"), None],
    }
    _untagged_constraint: dict = {"untagged": [StrOptions({"skip", "error"})]}

    @abstractmethod
    def _score_blocks(self, X):
        """Validate X and yield (slice of rows, scores of shape (n, n_tags)).

        Blocks are few enough rows for the working memory, and the arrays are the
        caller's to write in.
        """

    def _n_rows(self, X):
        known = hasattr(X, "shape") and isinstance(X.shape[0], Integral)
        return X.shape[0] if known else len(X)

    @property
    def classes_(self):
        """Numbers of the tags, by which `cross_val_predict` puts its folds together."""
        return np.arange(self.n_tags_)

    def _read_target(self, y, n_rows, go_on=False):
        """Read y, and set what is known of the tags.

        Parameters
        ----------
        y : {array-like, sparse array or matrix, data frame} of shape (n, n_tags)
            The tag indicator.

        n_rows : int
            How many photos there are.

        go_on : bool, default=False
            Whether tags have to be those that were learnt before.

        Returns
        -------
        csr_array of shape (n_photos, n_tags), float32
            The indicator.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None: pass the tags of the photos, an indicator."
            )
        indicator, names = read_indicator(y, n_rows)
        if self.tag_names is not None:
            names = self.tag_names
        if go_on:
            names = self._names_going_on(indicator.shape[1], names)
        self._vocabulary = Vocabulary(indicator.shape[1], names, self.omit_tags)
        self.tag_names_ = self._vocabulary.names
        self.n_tags_ = indicator.shape[1]
        self.tag_counts_ = photos_with_tags(indicator)
        return indicator

    def _tags_now(self):
        """Return the vocabulary, without the tags that are omitted by now."""
        if self._vocabulary.omitted is not self.omit_tags:
            check_settings(self, "omit_tags")
            self._vocabulary = self._vocabulary.without(self.omit_tags)
        return self._vocabulary

    def _names_going_on(self, n_tags, names):
        """Return the names of tags; refuse other tags than before."""
        remedy = "Set warm_start=False and call fit to learn anew."
        if n_tags != self.n_tags_:
            raise ValueError(
                f"y has {n_tags} tags, and had {self.n_tags_} before. {remedy}"
            )
        return same_names(names, self.tag_names_, what="The tags", remedy=remedy)

    def _tagged_rows(self, indicator, stacklevel=4):
        """Return the rows that have tags, and say how many have none.

        Returns
        -------
        ndarray of int or None
            None if all have.
        """
        has_tags = np.diff(indicator.indptr) > 0
        self.n_untagged_ = int((~has_tags).sum())
        if not has_tags.any():
            raise ValueError(
                "No photo has a tag: there is nothing to learn. y must be 1 where the "
                "photo has the tag."
            )
        if not self.n_untagged_:
            return None
        first = int(np.argmin(has_tags))
        if self.untagged == "error":
            raise ValueError(
                f"y, row {first}: the photo has no tag ({self.n_untagged_} in all). "
                'Leave such photos out first, or pass over them with untagged="skip".'
            )
        warnings.warn(
            f"{self.n_untagged_} of {len(has_tags)} photos have no tag and teach "
            f"nothing (the first is row {first}).",
            UserWarning,
            stacklevel=stacklevel,
        )
        return np.flatnonzero(has_tags)

    def _lessons(self, indicator, sample_weight, stacklevel=5):
        """Return the rows that have tags and a weight, and weights of mean one there.

        Returns
        -------
        rows : ndarray of int or None
            None if all have.

        sample_weight : ndarray of shape (n_rows,) or None
            The weights.
        """
        rows = self._teaching_rows(indicator, sample_weight, stacklevel + 1)
        if sample_weight is not None:
            some = slice(None) if rows is None else rows
            sample_weight = sample_weight / sample_weight[some].mean()
        return rows, sample_weight

    def _teaching_rows(self, indicator, sample_weight, stacklevel=5):
        """Return the rows that have tags and a weight; None if all have."""
        rows = self._tagged_rows(indicator, stacklevel)
        if sample_weight is None or sample_weight.all():
            return rows
        rows = np.arange(len(sample_weight)) if rows is None else rows
        rows = rows[sample_weight[rows] > 0.0]
        if not len(rows):
            raise ValueError(
                "Every photo with a tag has weight 0: there is nothing to learn."
            )
        return rows

    def decision_function(self, X):
        """Score every tag for every row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_tags)
            The higher, the likelier the tag; -inf for tags of `omit_tags`.
        """
        check_is_fitted(self)
        scores, vocabulary = None, self._tags_now()
        for rows, block in self._score_blocks(X):
            if scores is None:
                shape = (self._n_rows(X), self.n_tags_)
                scores = np.empty(shape, dtype=block.dtype)
            scores[rows] = vocabulary.silence(block)
        return scores

    def predict_topk(self, X, k=10, *, return_scores=False):
        """Return the tags with the highest scores, best first.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        k : int, default=10
            How many.

        return_scores : bool, default=False
            Return their scores as well.

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
        parts, vocabulary = [], self._tags_now()
        for _, block in self._score_blocks(X):
            parts.append(top_k(vocabulary.silence(block), k))
        tags = np.concatenate([part[0] for part in parts])
        if not return_scores:
            return tags
        return tags, np.concatenate([part[1] for part in parts])

    def predict(self, X):
        """Suggest tags: the first `n_suggested`, or all that reach `threshold`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        Returns
        -------
        indicator : sparse array or matrix of shape (n_rows, n_tags), int64
            1 where the tag is suggested.
        """
        check_is_fitted(self)
        check_settings(self, "n_suggested", "threshold")
        if self.threshold is None:
            tags = self.predict_topk(X, min(self.n_suggested, self.n_tags_))
            row, listed = np.nonzero(tags >= 0)
            columns = tags[row, listed]
        else:
            vocabulary = self._tags_now()
            found = [(np.empty(0, dtype=np.int64),) * 2]
            for rows, block in self._score_blocks(X):
                block = vocabulary.silence(block)
                with np.errstate(over="ignore"):  # beyond float32 is infinite
                    at, tag = np.nonzero(block >= self.threshold)
                found.append((at + rows.start, tag))
            row, columns = (np.concatenate(part) for part in zip(*found, strict=True))
        ones = np.ones(len(row), dtype=np.int64)
        shape = (self._n_rows(X), self.n_tags_)
        indicator = sparse.csr_array((ones, (row, columns)), shape=shape)
        indicator.sort_indices()
        return as_output(indicator)

    def score(self, X, y, sample_weight=None):
        """Return A@10, the share of photos with a true tag among the first ten.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        y : {array-like, sparse array or matrix} of shape (n_rows, n_tags)
            The true tags. Photos without any, also once `omit_tags` are left out, are
            left out of the mean.

        sample_weight : array-like of shape (n_rows,), default=None
            What every photo counts.

        Returns
        -------
        float
            Between 0 and 1, see :func:`~sklearn_geo.metrics.hashtag_accuracy_at_k`.
        """
        tags = self.predict_topk(X, 10)
        check_rows(len(tags), y, "y")
        truth, names = read_indicator(y, len(tags))
        if truth.shape[1] != self.n_tags_:
            raise ValueError(
                f"y has {truth.shape[1]} tags, but fit had {self.n_tags_}. Pass the "
                "same columns in the same order."
            )
        known = self.tag_names_
        if self.tag_names is not None and {*(names or ())} != {*(known or ())}:
            names = None  # columns may be called otherwise where tags are given names
        same_names(
            names, known, what="The tags of y", remedy="Scores are of the tags of fit."
        )
        allowed = self._tags_now().allowed
        if allowed is not None:
            truth = truth * allowed[np.newaxis].astype(np.float32)
            truth = sparse.csr_array(truth)
            truth.eliminate_zeros()
        return hashtag_accuracy_at_k(
            truth, tags, k=10, ranked=True, sample_weight=sample_weight
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.target_tags.two_d_labels = True
        return tags


def photos_with_tags(indicator):
    """Return how many photos have each tag: float32 sums of ones end at 2**24."""
    return np.bincount(indicator.indices, minlength=indicator.shape[1])


def check_k(k, n_listed):
    """Return the length of lists: one that any caller can have meant."""
    if not is_whole(k) or k < 1:
        raise ValueError(f"k must be a whole number of at least 1; got {k!r}.")
    if k > max(n_listed, _LONGEST):
        raise ValueError(
            f"k={k!r}, but there are no more than {n_listed} to list, and lists are "
            f"filled up with -1: pass at most k={n_listed}."
        )
    return int(k)
