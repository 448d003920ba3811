# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tags of a photo are turned into, so that a network learns from them."""

import warnings

import numpy as np
from scipy import sparse

from sklearn_geo.nets import LazyRows, RowData, Several, hold_out
from sklearn_geo.ranking._tagger import photos_with_tags

__all__ = ["EmbeddingData", "MeanVectors", "RandomTags", "shares_of_tags"]


class EmbeddingData:
    """Photos, and what they teach.

    Parameters
    ----------
    model : HashtagEmbedding
        With its settings.

    X : array of shape (n_photos, ...)
        Features or images.

    indicator : csr_array of shape (n_photos, n_tags)
        The tags.

    sample_weight : ndarray of shape (n_photos,) or None
        What photos count, one in the mean.

    rows : ndarray of int or None
        The photos that have tags and a weight; None is all.

    vectors : ndarray of shape (n_tags, n_components) or None
        Word vectors of tags.

    Attributes
    ----------
    X, rows : as above
        `rows` are those that teach.

    draw : callable or None
        The `draw` of a training, which draws the tags of an epoch.
    """

    def __init__(self, model, X, indicator, sample_weight, rows, vectors=None):
        self._indicator, self._weight, self.draw = indicator, sample_weight, None
        self.X, self.rows = X, rows
        if model.supervision == "her":
            self.rows = _rows_with_vectors(model, indicator, rows, vectors)
            self._target = self._watched = MeanVectors(indicator, vectors)
        elif model.supervision == "mlc":
            self._target = self._watched = indicator
        else:
            self._target = self._watched = shares_of_tags(indicator)
            if model.targets == "random":
                as_rows = model.n_sampled_tags is not None
                self.draw = self._target = RandomTags(indicator, rows, as_rows=as_rows)
        self._fraction = model.validation_fraction
        self._together = model._n_sampled() is not None

    def __len__(self):
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def tag_counts(self):
        """How many of the photos that teach have each tag."""
        rows = slice(None) if self.rows is None else self.rows
        return photos_with_tags(self._indicator[rows])

    def split(self, watch, seed):
        """Return rows to learn from, and rows to watch or None."""
        learn = self._row_data(self._target)
        if not watch:
            return learn, None
        learn, _ = hold_out(learn, self._fraction, seed)
        watched = self._row_data(self._watched)
        return learn, hold_out(watched, self._fraction, seed)[1]

    def counts(self):
        """Return how many photos have each tag, and how many there are, weighted."""
        weight = np.ones(self.X.shape[0]) if self._weight is None else self._weight
        if self.rows is not None:
            kept = np.zeros_like(weight)
            kept[self.rows] = weight[self.rows]
            weight = kept
        return self._indicator.T @ weight, weight.sum()

    def first_biases(self, supervision):
        """Return the biases of a model that knows how frequent tags are, no more."""
        n_positive, n_photos = self.counts()
        share = (n_positive + 0.5) / (n_photos + 1.0)
        if supervision == "mcc":
            return np.log(share / share.sum()).astype(np.float32)
        return np.log(share / (1.0 - share)).astype(np.float32)

    def _row_data(self, target):
        if not self._together:
            return RowData(self.X, [target], self._weight, rows=self.rows)
        X = self.X
        both = LazyRows(X.shape, lambda at: Several((X[at], target[at])))
        return RowData(both, (), self._weight, rows=self.rows)


def shares_of_tags(indicator):
    """Return 1 / M on each of the M tags of a photo, a csr_array.

    That is what one tag at random is in expectation.
    """
    n_tags = np.diff(indicator.indptr)
    shares = np.repeat(1.0 / np.maximum(n_tags, 1), n_tags).astype(np.float32)
    parts = (shares, indicator.indices, indicator.indptr)
    return sparse.csr_array(parts, shape=indicator.shape)


class RandomTags(LazyRows):
    """One tag of every photo, drawn anew every epoch.

    It is a target of `RowData` and, called, the `draw` of a training.

    Parameters
    ----------
    indicator : csr_array of shape (n_photos, n_tags)
        The tags.

    rows : ndarray of int or None, default=None
        The photos that tags are drawn of; None is all.

    as_rows : bool, default=False
        Give sparse rows with a 1 at the tag, instead of its number.
    """

    def __init__(self, indicator, rows=None, *, as_rows=False):
        self._indicator, self._as_rows = indicator, as_rows
        self._drawn = slice(None) if rows is None else rows
        n_photos, n_tags = indicator.shape
        self._n_own = np.diff(indicator.indptr)
        self.choose(np.zeros(n_photos))
        super().__init__((n_photos, n_tags) if as_rows else (n_photos,), self._taken)

    def choose(self, uniform):
        """Choose tags by numbers in [0, 1), one a photo; -1 where there are none."""
        starts, n_own = self._indicator.indptr[:-1], self._n_own
        own = np.minimum((uniform * n_own).astype(np.int64), n_own - 1)
        at = np.clip(starts + own, 0, len(self._indicator.indices) - 1)
        self.tags = np.where(n_own > 0, self._indicator.indices[at], -1)

    def __call__(self, epoch, chance, n_rows):
        """Draw the tags of an epoch, and the order of its rows."""
        uniform = np.zeros(len(self._n_own))
        uniform[self._drawn] = chance.random(len(uniform[self._drawn]))
        self.choose(uniform)
        return chance.permutation(n_rows)

    def _taken(self, at):
        tags = self.tags[at]
        if not self._as_rows:
            return tags
        # A photo without tags has a row of zeros.
        ones = (tags >= 0).astype(np.float32)
        parts = (ones, np.maximum(tags, 0), np.arange(len(tags) + 1))
        return sparse.csr_array(parts, shape=(len(tags), self.shape[1]))


class MeanVectors(LazyRows):
    """The direction of the mean of the word vectors of a photo's tags.

    Parameters
    ----------
    indicator : csr_array of shape (n_photos, n_tags)
        The tags.

    vectors : ndarray of shape (n_tags, n_components)
        Word vectors; zeros for tags that have none, which do not count.
    """

    def __init__(self, indicator, vectors):
        self._indicator, self._vectors = indicator, vectors
        super().__init__((indicator.shape[0], vectors.shape[1]), self._taken)

    def _taken(self, at):
        # The direction of a sum is that of the mean.
        total = self._indicator[at] @ self._vectors
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return total / np.where(length > 0, length, 1.0)


def _rows_with_vectors(model, indicator, rows, vectors):
    """Return the photos that have a tag with a word vector; tell what has none."""
    known = vectors.any(axis=1)
    used = model.tag_counts_ > 0
    lacking = np.flatnonzero(used & ~known)
    has_vector = (indicator @ known.astype(np.float32)) > 0
    if not has_vector.any():
        raise ValueError("No photo has a tag with a word vector: nothing is learnt.")
    found = np.arange(len(has_vector)) if rows is None else rows
    kept = found[has_vector[found]]
    if len(lacking):
        names = [model._vocabulary.name(tag) for tag in lacking[:3]]
        n_photos = len(found) - len(kept)
        warnings.warn(
            f"{len(lacking)} of {int(used.sum())} tags have no word vector and are "
            f"never suggested, such as {', '.join(map(repr, names))}; {n_photos} "
            "photos have no other tags and teach nothing.",
            UserWarning,
            stacklevel=6,
        )
    return kept if len(kept) < indicator.shape[0] else None
