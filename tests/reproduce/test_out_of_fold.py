# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Predictions of rows that were not trained on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.reproduce import out_of_fold
from tests.reproduce.test_scoring import labels_and_scores


class Rows(ClassifierMixin, BaseEstimator):
    """Says which rows it was trained on: 1 in the column of each."""

    def fit(self, X, y):
        self.seen_ = set(X["row"])
        return self

    def predict_proba(self, X):
        return np.column_stack([X["row"], [len(self.seen_)] * len(X)]).astype(float)


def test_out_of_fold_predictions_are_of_rows_not_trained_on():
    X = pd.DataFrame({"row": np.arange(10)})
    y = np.zeros((10, 2), dtype=int)
    splits = [(np.arange(5, 10), np.arange(5)), (np.arange(3), np.arange(5, 9))]
    done = []
    found, seconds = out_of_fold(Rows(), X, y, splits, progress=done.append)
    assert found[:9, 0].tolist() == list(range(9))
    assert found[:5, 1].tolist() == [5.0] * 5
    assert found[5:9, 1].tolist() == [3.0] * 4
    assert np.isnan(found[9]).all()  # in no fold
    assert done == [1, 2]
    assert seconds > 0


def test_a_matrix_for_every_label_is_understood():
    y, p = labels_and_scores()
    y[:, 3] = 0  # a label that no training row has
    splits = [(np.arange(30), np.arange(30, 60))]
    model = MultiOutputClassifier(BernoulliNB())
    found, _ = out_of_fold(model, p > 0.5, y, splits)
    fitted = model.fit((p > 0.5)[:30], y[:30])
    expected = fitted.predict_proba((p > 0.5)[30:])
    np.testing.assert_allclose(found[30:, 1], expected[1][:, 1])
    assert (found[30:, 3] == 0.0).all()


class NearTag(ClassifierMixin, BaseEstimator):
    """Says of its one label, which has the position 0, how near it is."""

    def fit(self, X, y):
        self.classes_ = np.arange(y.shape[1])
        self.at_ = X[y[:, 0] == 1].mean(axis=0)
        return self

    def predict_proba(self, X):
        return np.exp(-np.abs(X - self.at_).sum(axis=1))[:, np.newaxis]


HALVES = [([0, 1, 2], [3, 4, 5]), ([3, 4, 5], [0, 1, 2])]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 0, 0, 0, 0, 0], [0.0, 0.0]),
        ([1, 1, 1, 1, 1, 1], [1.0, 1.0]),
        ([1, 0, 0, 0, 0, 0], [0.0, 1 / 3]),
        ([1, 1, 0, 1, 1, 1], [1.0, 2 / 3]),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_one_label_has_the_share_of_ones_among_the_rows_trained_on(
    labels, expected, many
):
    y = np.array(labels)[:, np.newaxis]
    # In the company of others a label has the same probability.
    y = np.hstack([y, 1 - y]) if many else y
    model = DummyClassifier(strategy="prior")
    found, _ = out_of_fold(model, np.zeros((6, 1)), y, HALVES)
    assert found.shape == y.shape
    np.testing.assert_allclose(found[:, 0], np.repeat(expected, 3))


@pytest.mark.parametrize(
    "model",
    [
        OneVsRestClassifier(LogisticRegression()),
        make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression())),
        MultiOutputClassifier(LogisticRegression()),
        ClassifierChain(LogisticRegression()),
        NearTag(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_one_label_is_likelier_where_it_is(model):
    places = np.array([[48.0, 11.0], [48.0, 11.1], [50.0, 7.0]] * 2)
    y = np.array([[1], [1], [0]] * 2)
    found, _ = out_of_fold(model, places, y, HALVES)
    assert found.shape == (6, 1)
    assert found[[0, 1, 3, 4]].min() > found[[2, 5]].max()


def test_one_label_is_a_column():
    with pytest.raises(ValueError, match=r"pass y\.reshape\(-1, 1\)"):
        out_of_fold(DummyClassifier(), np.zeros((6, 1)), np.zeros(6), HALVES)


@pytest.mark.parametrize("n_splits", [2, 3, 4])
def test_splits_may_come_as_a_splitter_yields_them(n_splits):
    y = np.array([[1, 0], [0, 1], [1, 0], [1, 1], [0, 0], [1, 0]])
    X, folds = np.zeros((6, 1)), KFold(n_splits)
    model = DummyClassifier(strategy="prior")
    told = out_of_fold(model, X, y, folds.split(X))[0]
    for train, test in folds.split(X):
        assert told[test] == pytest.approx(np.tile(y[train].mean(0), (len(test), 1)))
