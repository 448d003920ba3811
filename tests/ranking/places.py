# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places and tags for the tests of priors, and how they meet scikit-learn's checks."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.estimator_checks import estimator_checks_generator

from tests.contract import check_name, fold


def photos_of(n_photos, seed, *, n_tags=8, untagged=True):
    """Draw photos around the antimeridian and a pole, and tags that hang on where."""
    rng = np.random.default_rng(seed)
    spots = np.array([[60.0, 179.9], [-16.5, -179.9], [89.9, 20.0], [48.9, 2.3]])
    spot = rng.integers(0, len(spots), n_photos)
    places = spots[spot] + rng.normal(scale=0.05, size=(n_photos, 2))
    places[:, 0] = np.clip(places[:, 0], -90.0, 90.0)
    places[:, 1] = (places[:, 1] + 180.0) % 360.0 - 180.0
    chance = 0.1 + 0.5 * (np.arange(n_tags) % 4 == spot[:, np.newaxis])
    tags = (rng.random((n_photos, n_tags)) < chance).astype(int)
    if not untagged:
        tags[tags.sum(axis=1) == 0, 0] = 1
    return places, tags


class FoldsPlaces:
    """Test-only: reads any finite matrix as places."""

    def _places_of(self, X):
        matrix = check_array(X, accept_sparse=True, ensure_all_finite=False)
        matrix = matrix.toarray() if sparse.issparse(matrix) else matrix
        # The message of the real hook where there is nothing to fold.
        return fold(matrix) if np.isfinite(matrix).all() else super()._places_of(X)


class TakesPlainTables(FoldsPlaces):
    """Test-only: reads any finite matrix as places, and labels as tags."""

    def _read_target(self, y, *args):
        return super()._read_target(as_tags(y), *args)

    def score(self, X, y, sample_weight=None):
        return super().score(X, as_tags(y, self.n_tags_), sample_weight)


def as_tags(y, n_tags=None):
    """Make a tag of every label."""
    flat = np.asarray(y)
    if y is None or (flat.ndim == 2 and flat.shape[1] > 1):
        return y
    values, codes = np.unique(flat.ravel(), return_inverse=True)
    return np.eye(n_tags or max(2, len(values)))[codes]


# They want a y of one column to come back as one column, and probabilities of classes;
# tests of sparse X are in the modules of the estimators.
_OF_CLASSES = {"check_estimator_sparse_array", "check_estimator_sparse_matrix"}


def checks_of(estimator):
    """Return scikit-learn's checks of an estimator that takes plain tables."""
    return [
        pytest.param(each, check, id=check_name(check))
        for each, check in estimator_checks_generator(estimator)
        if check_name(check) not in {"check_array_api_input", *_OF_CLASSES}
    ]
