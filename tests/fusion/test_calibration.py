# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Calibration beside scikit-learn's, and that it helps where it should."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.metrics import log_loss

from sklearn_geo.fusion import AttentionFusionClassifier
from sklearn_geo.fusion._calibration import calibrated, fit_calibration

rng = np.random.default_rng(0)


def test_none_leaves_scores():
    scores = rng.normal(size=(4, 2))
    assert calibrated(scores, None) is scores


def test_a_temperature_is_found_again():
    logits = rng.normal(size=(20_000, 4)) * 2
    proba = softmax(logits, axis=1)
    target = (proba.cumsum(axis=1) > rng.uniform(size=(20_000, 1))).argmax(axis=1)
    slope, shift = fit_calibration(5 * logits, target, "classes")
    np.testing.assert_allclose(slope, 0.2, rtol=0.03)
    assert len(set(slope.tolist())) == 1
    np.testing.assert_array_equal(shift, 0.0)
    # It is where the loss is least, along a fine line.
    steps = slope[0] * np.linspace(0.9, 1.1, 21)
    losses = [log_loss(target, softmax(5 * step * logits, axis=1)) for step in steps]
    assert np.argmin(losses) == 10


def test_of_two_classes_the_likelier_stays_the_likelier():
    logits = rng.normal(-1.0, 2.0, size=20_000)  # as of a class that is rare
    target = (rng.uniform(size=len(logits)) < expit(logits)).astype(np.float32)
    scores = 4 * logits[:, None] + 1.0
    slope, shift = fit_calibration(scores, target[:, None], "classes")
    assert slope.shape == (1,)
    np.testing.assert_array_equal(shift, 0.0)
    # Two scores whose difference is that one have the same temperature.
    both = np.column_stack([np.full(len(logits), 3.0), 4 * logits + 4.0])
    expected, _ = fit_calibration(both, target.astype(int), "classes")
    np.testing.assert_allclose(slope, expected[:1], rtol=1e-4)
    # And a network of two classes names the same one as without.
    X = rng.normal(size=(400, 7))
    y = X[:, 0] + 0.2 * X[:, 2] + rng.normal(size=400) > 0.8
    params = {"hidden": 16, "early_stopping": True, "max_iter": 20, "random_state": 0}
    model = AttentionFusionClassifier({"a": [0, 1], "b": slice(2, 7)}, **params)
    plain = clone(model).fit(X, y)
    sure = clone(model).set_params(calibrate=True).fit(X, y)
    np.testing.assert_array_equal(sure.predict(X), plain.predict(X))
    assert not np.allclose(sure.predict_proba(X), plain.predict_proba(X))


def test_lines_of_labels_are_found_again():
    scores = rng.normal(size=(20_000, 2)) * 3
    target = rng.uniform(size=scores.shape) < expit(scores * [0.5, 2.0] + [1.0, -1.0])
    slope, shift = fit_calibration(scores, target, "labels")
    np.testing.assert_allclose(slope, [0.5, 2.0], rtol=0.1)
    np.testing.assert_allclose(shift, [1.0, -1.0], atol=0.1)


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_weights_are_rows_repeated(kind):
    scores = rng.normal(size=(300, 3)) * 3
    target = scores.argmax(axis=1)
    target[::4] = rng.integers(3, size=75)
    target = target if kind == "classes" else np.eye(3)[target]
    times = rng.integers(0, 3, size=300)
    repeated = fit_calibration(scores.repeat(times, 0), target.repeat(times, 0), kind)
    weighted = fit_calibration(scores, target, kind, times.astype(float))
    for one, other in zip(repeated, weighted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_a_label_of_one_kind_is_left():
    slope, shift = fit_calibration(
        rng.normal(size=(9, 2)), np.eye(2)[[0] * 9], "labels"
    )
    np.testing.assert_array_equal(slope, 1.0)
    np.testing.assert_array_equal(shift, 0.0)


def test_slopes_stay_positive_and_large_scores_are_no_harm():
    scores = np.linspace(-1e5, 1e5, 50)[:, None]
    for target in ((scores > 0), (scores < 0), (scores > 9e4)):
        slope, shift = fit_calibration(scores, target.astype(float), "labels")
        assert 0.0 < slope[0] <= 20.0 + 1e-9
        assert np.isfinite(shift).all()


def _noisy(n_rows, n_classes, seed):
    """Rows whose class is right three times in four, however well one learns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 10))
    y = X[:, :n_classes].argmax(axis=1)
    wrong = rng.uniform(size=n_rows) < 0.25
    y[wrong] = rng.integers(n_classes, size=wrong.sum())
    return X, y


@pytest.mark.parametrize("kind", ["binary", "classes", "labels"])
def test_overfitted_models_are_less_sure_and_order_is_as_it_was(kind):
    n_classes = 2 if kind == "binary" else 3
    X, y = _noisy(500, n_classes, 0)
    new, truth = _noisy(2000, n_classes, 1)
    if kind == "labels":
        y, truth = np.eye(3, dtype=int)[y], np.eye(3, dtype=int)[truth]
    settings = {"hidden": 64, "dropout": 0.0, "learning_rate_init": 0.01}
    settings |= {
        "batch_size": 32,
        "max_iter": 40,
        "n_iter_no_change": None,
        "early_stopping": False,
    }
    model = AttentionFusionClassifier(
        None, calibrate=True, validation_fraction=0.3, random_state=0, **settings
    ).fit(X, y)
    proba = model.predict_proba(new)
    line, model.calibration_ = model.calibration_, None
    raw = model.predict_proba(new)

    def loss(proba):
        if kind != "labels":
            return log_loss(truth, proba)
        return np.mean([log_loss(t, p) for t, p in zip(truth.T, proba.T, strict=True)])

    assert loss(proba) < 0.9 * loss(raw)
    if kind != "labels":  # within a row
        np.testing.assert_array_equal(proba.argsort(axis=1), raw.argsort(axis=1))
    if kind != "classes":  # within a label
        np.testing.assert_array_equal(proba.argsort(axis=0), raw.argsort(axis=0))
    np.testing.assert_allclose(
        proba.sum(axis=1) if kind != "labels" else 1.0, 1.0, rtol=1e-12
    )
    model.calibration_ = line
    np.testing.assert_array_equal(model.predict_proba(new), proba)


def test_calibration_learns_from_rows_held_out():
    X, y = _noisy(200, 2, 0)
    model = AttentionFusionClassifier(
        None, calibrate=True, hidden=4, max_iter=2, random_state=0
    ).fit(X, y)
    assert model.history_["n_rows"].tolist() == [180, 180]
    assert np.isnan(model.history_["valid_loss"]).all()  # held out, and not watched
    assert model.set_params(calibrate=False).fit(X, y).calibration_ is None
    assert model.history_["n_rows"].tolist() == [200, 200]
