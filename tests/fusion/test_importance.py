# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a block is worth: sums by hand, noise that is worth nothing."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    mean_absolute_error,
    r2_score,
)

from sklearn_geo.fusion import AttentionFusionClassifier, AttentionFusionRegressor
from sklearn_geo.metrics import macro_average_precision
from sklearn_geo.nets import net_outputs

BLOCKS = {"signal": [0, 1], "noise": [2, 3], "some": [4]}


def rows(n_rows=400, seed=0):
    """The first block tells most of y, the middle one nothing, the last a little."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 5))
    return X, 2.0 * X[:, 0] - 2.0 * X[:, 1] + X[:, 4]


def fit(cls, X, y, **params):
    settings = {"hidden": 16, "max_iter": 12, "random_state": 0, "device": "cpu"}
    settings |= {"learning_rate_init": 0.01, "batch_size": 40, **params}
    return cls(BLOCKS, **settings).fit(X, y)


@pytest.fixture(scope="module")
def classifier():
    X, score = rows()
    return fit(AttentionFusionClassifier, X, score > 0)


@pytest.fixture(scope="module")
def regressor():
    return fit(AttentionFusionRegressor, *rows())


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_noise_is_worth_nothing(classifier, regressor, make):
    X, score = rows(1000, seed=1)
    X = make(X)
    for found in (
        classifier.block_importance(X, score > 0),
        regressor.block_importance(X, score),
    ):
        assert list(found) == ["signal", "noise", "some"]
        assert abs(found["noise"]) < 0.02
        assert found["signal"] > 0.25
        assert found["signal"] > 5 * found["some"] > 5 * abs(found["noise"])


def _without(model, X, dropped, weight=None):
    """Outputs of the main head with one block at its mean, in plain numpy."""
    module = model.net_.module_
    ((_, (shares,)),) = net_outputs(model.net_, X, method="shares")
    shares = shares.double().numpy()
    total = module.main.bias.detach().double().numpy()
    for number in range(shares.shape[1]):
        said = shares[:, number]
        if number == dropped:
            said = np.average(said, axis=0, weights=weight)
        total = total + said
    return total


def test_a_regressor_by_hand(regressor):
    X, y = rows(300, seed=1)
    spread, center = regressor._spread, regressor._center
    whole = r2_score(y, regressor.predict(X))
    found = regressor.block_importance(X, y)
    weight = np.linspace(0, 2, 300)
    weighted = regressor.block_importance(X, y, sample_weight=weight)
    for number, name in enumerate(BLOCKS):
        answer = (_without(regressor, X, number) * spread + center).ravel()
        np.testing.assert_allclose(found[name], whole - r2_score(y, answer), atol=1e-6)
        answer = _without(regressor, X, number, weight) * spread + center
        expected = r2_score(y, regressor.predict(X), sample_weight=weight)
        expected -= r2_score(y, answer, sample_weight=weight)
        np.testing.assert_allclose(weighted[name], expected, atol=1e-6)


def test_weights_are_repeated_rows(classifier, regressor):
    X, score = rows(300, seed=1)
    X[0] = 1e4  # but this row counts nothing
    weight = np.r_[0, np.arange(299) % 4]
    again = np.repeat(np.arange(300), weight)
    for model, y in ((classifier, score > 0), (regressor, score)):
        found = model.block_importance(X, y, sample_weight=weight)
        expected = model.block_importance(X[again], y[again])
        assert found == pytest.approx(expected, abs=1e-6)
        huge = model.block_importance(X, y, sample_weight=weight * 1e300)
        assert huge == pytest.approx(expected, abs=1e-6)


def test_a_classifier_by_hand(classifier):
    X, score = rows(300, seed=1)
    y = score > 0
    found = classifier.block_importance(X, y)
    for number, name in enumerate(BLOCKS):
        logits = _without(classifier, X, number)[:, 0]
        expected = 0.0
        for sign, truth in ((1, y), (-1, ~y)):  # the mean over both classes
            expected += 0.5 * average_precision_score(
                truth, sign * classifier.decision_function(X)
            )
            expected -= 0.5 * average_precision_score(truth, sign * logits)
        np.testing.assert_allclose(found[name], expected, atol=1e-6)


def test_a_sum_of_blocks_by_hand():
    """Where y is a sum over blocks, a block is worth its share of the variance.

    With x_1 and x_2 of variances 4 and 1 and y = x_1 + x_2, R squared without the first
    is 1 / 5, and without the second 4 / 5.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 2)) * [2.0, 1.0]
    y = X.sum(axis=1)
    model = AttentionFusionRegressor(
        {"large": [0], "small": [1]},
        hidden=16,
        learning_rate_init=0.02,
        batch_size=64,
        scale="standard",
        max_iter=25,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)
    assert model.score(X, y) > 0.99
    found = model.block_importance(X, y)
    np.testing.assert_allclose(found["large"], 4 / 5, atol=0.05)
    np.testing.assert_allclose(found["small"], 1 / 5, atol=0.05)


def test_shares_and_bias_are_the_outputs(classifier):
    X, _ = rows(50, seed=2)
    whole = classifier.decision_function(X)
    ((_, (shares,)),) = net_outputs(classifier.net_, X, method="shares")
    bias = classifier.net_.module_.main.bias.item()
    np.testing.assert_allclose(shares.sum(1)[:, 0].numpy() + bias, whole, atol=1e-5)


def test_the_only_block_is_worth_all():
    # Without it all rows are alike: R squared is 0 of means, and the average precision
    # of ties is the share of positives.
    X, y = rows(300)
    model = fit(AttentionFusionRegressor, X, y)
    one = AttentionFusionRegressor(
        None, hidden=8, max_iter=5, batch_size=32, random_state=0
    ).fit(X, y)
    found = one.block_importance(X, y)
    alike = r2_score(y, np.full(len(y), one.predict(X).mean()))
    np.testing.assert_allclose(found["all"], one.score(X, y) - alike, atol=1e-6)
    assert found["all"] < model.score(X, y)
    label = AttentionFusionClassifier(
        None, hidden=8, max_iter=5, batch_size=32, random_state=0
    )
    label.fit(X, y > 1)
    share = (y > 1).mean()
    expected = macro_average_precision(
        np.column_stack([y <= 1, y > 1]).astype(int), label.predict_proba(X)
    )
    found = label.block_importance(X, y > 1)["all"]
    np.testing.assert_allclose(found, expected - 0.5 * (share + 1 - share), atol=1e-9)


def test_any_scoring(classifier, regressor):
    X, score = rows(300, seed=1)
    y = score > 0
    found = classifier.block_importance(X, y, scoring="accuracy")
    for number, name in enumerate(BLOCKS):
        answer = _without(classifier, X, number)[:, 0] > 0
        expected = accuracy_score(y, classifier.predict(X)) - accuracy_score(y, answer)
        np.testing.assert_allclose(found[name], expected, atol=0.01)
    by_loss = classifier.block_importance(X, y, scoring="neg_log_loss")
    assert by_loss["signal"] > 0.1 > abs(by_loss["noise"])
    own = classifier.block_importance(
        X, y, scoring=lambda model, X, y: -log_loss(y, model.predict_proba(X))
    )
    np.testing.assert_allclose(list(own.values()), list(by_loss.values()))
    mae = regressor.block_importance(X, score, scoring="neg_mean_absolute_error")
    answer = regressor.predict(X)
    assert mae["signal"] > mean_absolute_error(score, answer)


@pytest.mark.parametrize("scoring", [{"a": "r2"}, ["r2"], ("r2",)])
def test_one_scorer_only(regressor, scoring):
    X, score = rows(50, seed=2)
    with pytest.raises(TypeError, match="scoring must be one scorer"):
        regressor.block_importance(X, score, scoring=scoring)


def test_nothing_of_the_model_is_changed(classifier):
    X, score = rows(50, seed=2)
    before = classifier.predict_proba(X)
    state = set(vars(classifier))
    classifier.block_importance(X, score > 0)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    assert set(vars(classifier)) == state


def test_blocks_that_rows_miss():
    X, score = rows(400)
    X[::3, 2] = np.nan
    X[1::3, 4] = np.nan
    model = fit(AttentionFusionClassifier, X, score > 0, missing_block="mask")
    found = model.block_importance(X, score > 0)
    assert found["signal"] > 0.2 > abs(found["noise"])
    answer = _without(model, X, 0)
    assert np.isfinite(answer).all()


def test_labels_and_classes():
    X, score = rows(400)
    y = np.column_stack([score > 0, X[:, 2] > 0]).astype(int)
    model = fit(AttentionFusionClassifier, X, y)
    found = model.block_importance(X, sparse.csr_array(y))
    assert found["signal"] > 0.1
    assert found["noise"] > 0.1  # it tells the second label
    assert found == pytest.approx(model.block_importance(X, y), abs=1e-9)
    names = np.array(["low", "middle", "high"])[np.digitize(score, [-2, 2])]
    found = fit(AttentionFusionClassifier, X, names).block_importance(X, names)
    assert found["signal"] > 0.2 > abs(found["noise"])


def test_words_about_y(classifier, regressor):
    X, score = rows(50)
    with pytest.raises(ValueError, match=r"not seen: 2 \(50 rows\)"):
        classifier.block_importance(X, np.full(50, 2))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.block_importance(X, score[:20] > 0)
    with pytest.raises(ValueError, match="0 sample"):
        regressor.block_importance(X[:0], score[:0])
    with pytest.raises(ValueError, match="scoring"):
        classifier.block_importance(X, score > 0, scoring="best")
    labels = np.eye(2, dtype=int)[(score > 0).astype(int)]
    model = fit(AttentionFusionClassifier, X, labels)
    with pytest.raises(ValueError, match="indicator of the 2 labels of fit"):
        model.block_importance(X, score > 0)


def test_targets_whose_squares_are_infinite(regressor):
    X, y = rows(20, seed=3)
    with pytest.raises(ValueError, match="numbers whose squares are infinite"):
        regressor.block_importance(X, 1e200 * y)


def test_targets_have_the_columns_that_were_learnt(regressor):
    X, y = rows(20, seed=3)
    with pytest.raises(ValueError, match="y has 2 columns, and 1 were learnt"):
        regressor.block_importance(X, np.column_stack([y, y]))


def test_targets_that_are_missing_are_named(regressor):
    X, y = rows(20, seed=3)
    y[3] = np.nan
    with pytest.raises(ValueError, match="Input y contains NaN"):
        regressor.block_importance(X, y)
