# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scores of tags by models of other folds, as metrics of predictions want them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.metrics import bootstrap_interval
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    PlaceFrequencyTagger,
    ProductTagger,
)

PHOTOS = make_geotagged_photos(90, n_tags=10, random_state=0)
X = np.hstack([PHOTOS.places, PHOTOS.data])
Y = PHOTOS.tags.toarray().astype(int)
Y[Y.sum(axis=1) == 0, 0] = 1
NETWORK = {"max_iter": 1, "n_components": 4, "random_state": 0}
MODELS = [
    (HashtagEmbedding(**NETWORK), "decision_function"),
    (HashtagEmbedding("mlc", **NETWORK), "predict_proba"),
    (KernelTagger((10.0, 100.0)), "predict_proba"),
    (LocSensRanker(hidden_layer_sizes=(4,), **NETWORK), "decision_function"),
    (PlaceFrequencyTagger(0), "predict_proba"),
    (
        ProductTagger(HashtagEmbedding(**NETWORK), KernelTagger((10.0,)), weight=1.0),
        "predict_proba",
    ),
]


@pytest.mark.parametrize(("model", "method"), MODELS)
@pytest.mark.parametrize("piped", [False, True])
def test_folds_are_put_together_by_tags(model, method, piped):
    model = make_pipeline("passthrough", model) if piped else model
    folds = KFold(3, shuffle=True, random_state=0)
    found = cross_val_predict(model, X, Y, cv=folds, method=method)
    expected = np.empty(Y.shape)
    for learn, test in folds.split(X):
        fitted = clone(model).fit(X[learn], Y[learn])
        expected[test] = getattr(fitted, method)(X[test])
    assert_array_equal(found, expected)
    result = bootstrap_interval(
        "hashtag_accuracy_at_1", Y, found, n_resamples=50, random_state=0
    )
    assert result.low <= result.estimate <= result.high


def test_classes_are_the_numbers_of_tags():
    model = KernelTagger()
    assert not hasattr(model, "classes_")
    assert_array_equal(model.fit(X, Y).classes_, np.arange(10))
