# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a model of the picture says of a few tags, for some photos of a gallery."""

import numpy as np
from sklearn import get_config

from sklearn_geo._blocks import blocks
from sklearn_geo.ranking._experts import tag_scores, take_rows

__all__ = ["PhotoScores"]

# Rows that are scored at a time, of which all tags are scored by most models.
_BLOCK_ROWS = 4096


class PhotoScores:
    """Scores of tags for photos: never all tags for all photos.

    Parameters
    ----------
    model : estimator
        Fitted. With `transform` and `tag_vectors_`, vectors of photos are computed
        once, and scores are their inner products with those of tags. Any other model
        scores photos when they are asked for.

    features : array-like of shape (n_photos, n_features)
        What the model reads of the gallery.

    n_tags : int
        How many tags there are.
    """

    def __init__(self, model, features, n_tags):
        self._model, self._features, self._n_tags = model, features, n_tags
        self._has_vectors = hasattr(model, "tag_vectors_") and hasattr(
            model, "transform"
        )
        self._vectors = None

    def known(self, tags):
        """Return which of some tags have a word vector, where the model needs one."""
        known = getattr(self._model, "_known", None) if self._has_vectors else None
        return np.ones(len(tags), dtype=bool) if known is None else known[tags]

    def chunks(self, tags, n_rows):
        """Yield those of some tags that are scored together.

        Parameters
        ----------
        tags : ndarray of int
            Different tags.

        n_rows : int
            For how many photos.

        Yields
        ------
        ndarray of int
            The next tags: as many as fit the working memory.
        """
        memory = get_config()["working_memory"] * 2**20
        size = max(1, int(memory // (8 * max(1, n_rows))))
        for at in blocks(len(tags), size):
            yield tags[at]

    def of(self, rows, tags):
        """Return the scores of tags for photos.

        Parameters
        ----------
        rows : ndarray of int
            Rows of the gallery.

        tags : ndarray of int
            Tags.

        Returns
        -------
        ndarray of shape (len(rows), len(tags))
            Scores, as exact as the model gives them.
        """
        if self._has_vectors:
            return self._photo_vectors()[rows] @ self._model.tag_vectors_[tags].T
        scores = None
        memory = get_config()["working_memory"] * 2**20
        size = max(1, min(_BLOCK_ROWS, int(memory // (32 * self._n_tags))))
        for at in blocks(len(rows), size):
            some = take_rows(self._features, rows[at])
            found = tag_scores(self._model, some, tags, self._n_tags, "photo_model")
            if scores is None:
                scores = np.empty((len(rows), len(tags)), dtype=_float_of(found))
            scores[at] = found
        return np.empty((0, len(tags))) if scores is None else scores

    def _photo_vectors(self):
        if self._vectors is None:
            self._vectors = np.asarray(self._model.transform(self._features))
        return self._vectors


def _float_of(scores):
    """Return the floats that hold scores, and the -inf of what is no answer."""
    return scores.dtype if scores.dtype.kind == "f" else np.float64
