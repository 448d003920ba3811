# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Query by example: the photos that a classifier cannot tell from a photo."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo._numbers import is_whole
from sklearn_geo.geolocation._crop_scores import feature_blocks
from sklearn_geo.geolocation._distinct_looks import index_of_looks

__all__ = ["ExamplesMixin"]

# Queries whose neighbours are looked for together, at most.
_QUERIES_AT_ONCE = 1024


class ExamplesMixin:
    """Mixin of a classifier whose last features find photos that look alike.

    The classifier has `_any_scorer()`, a :class:`CellScorer`, and reads X by
    `_read_features(X)`. It calls :meth:`_forget_examples` whenever it has learnt.
    """

    def penultimate(self, X):
        """Return the features that the heads of the network see.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            Whatever :meth:`predict` takes: several crops a photo and images too.

        Returns
        -------
        features : ndarray of float32 of shape (n_photos, n_last)
            Outputs of the last hidden layer, averaged over crops. Without hidden layers
            they are X itself (or what the backbone makes of images), and sparse if X
            is.
        """
        check_is_fitted(self)
        return self._penultimate(self._read_features(X))

    def _penultimate(self, X):
        scorer = self._any_scorer()
        if X.ndim != 2:
            blocks = feature_blocks(X, self.net_.module_, self.n_crops)
            parts = (_mean_of_crops(scorer, features) for _, features in blocks)
        elif not len(scorer.network.trunk):
            return X.astype(np.float32, copy=False)
        else:
            parts = scorer.features(X)
        return np.concatenate(list(parts))

    def index(self, X):
        """Keep the features of photos, to be found by :meth:`retrieve`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            The photos of the gallery: any, also such that were not in `fit`.

        Returns
        -------
        self : HierarchicalCellClassifier
            The classifier.

        Notes
        -----
        The gallery takes 4 bytes a number, so a million photos with a last layer of 512
        take 2 GB. Learning more forgets it. It is pickled with the classifier, but
        `save_pretrained` does not write it: photos of a gallery are not the
        classifier's to give away. Call this again after `from_pretrained`.
        """
        features = self.penultimate(X)
        self._examples = index_of_looks(features, "euclidean")
        self._examples_shape = features.shape, sparse.issparse(features)
        self._examples_made_for = made_for(self._cut())
        return self

    def retrieve(self, X, k=6):
        r"""Find the photos of the gallery that look most like each photo.

        Call :meth:`index` before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_photos, n_features)
            The examples.

        k : int, default=6
            How many photos to find.

        Returns
        -------
        rows : ndarray of int of shape (n_photos, k)
            Photos of the gallery, the nearest first. Of equally near ones the first
            comes first.

        distances : ndarray of float64 of shape (n_photos, k)
            The distance of each in the space of :meth:`penultimate`.

        Notes
        -----
        Appendix B and Figure 4 of [1]_: photos are compared by the Euclidean distance
        of what the last layer before the classification makes of them. Photos that
        nobody has located can be found, and the network need not have seen their place.

        Neighbours are exact: each example is compared with all photos, in chunks that
        stay within ``sklearn.get_config()["working_memory"]``.

        References
        ----------
        .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation
           estimation using deep neural networks", arXiv:1712.09458, 2017.
        """
        check_is_fitted(self)
        if getattr(self, "_examples", None) is None:
            raise ValueError(
                "There is no gallery to find photos in. Call index(X) with its photos "
                "first; learning more and from_pretrained forget it."
            )
        (n_gallery, _), is_sparse = self._examples_shape
        if not is_whole(k) or k < 1:
            raise ValueError(f"k must be a whole number from 1 on; got {k!r}.")
        if k > n_gallery:
            raise ValueError(
                f"k={k}, but the gallery has {n_gallery} photos. Ask for fewer, or "
                "call index(X) with more."
            )
        # Galleries that were pickled before this was kept have none.
        check_made_for(
            getattr(self, "_examples_made_for", None),
            self._cut(),
            "The gallery is of other crops: set it back, or call index(X) again.",
        )
        features = self.penultimate(X)
        if is_sparse:
            features = sparse.csr_array(features)
        elif sparse.issparse(features):
            features = features.toarray()
        n_photos = features.shape[0]
        rows = np.empty((n_photos, k), dtype=np.intp)
        distances = np.empty((n_photos, k))
        size = min(self._examples.query_rows(), _QUERIES_AT_ONCE)
        for part in gen_batches(n_photos, size):
            distances[part], rows[part] = self._examples.nearest(features[part], int(k))
        return rows, distances

    def _cut(self):
        """Return the settings by which images are cut, also after fit."""
        return {"n_crops": self.n_crops} if self._X_ndim == 4 else {}

    def _forget_examples(self):
        self._examples = self._examples_made_for = None


def _mean_of_crops(scorer, features):
    """Return what the heads see of photos with several crops: the mean over these."""
    n_photos, n_crops = features.shape[:2]
    flat = features.reshape(n_photos * n_crops, -1)
    if len(scorer.network.trunk):
        flat = np.concatenate(list(scorer.features(flat)))
    return flat.reshape(n_photos, n_crops, -1).mean(axis=1, dtype=np.float32)
