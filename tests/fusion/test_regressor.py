# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

from sklearn_geo.fusion import AttentionFusionRegressor
from tests.contract import OTHER_INPUT
from tests.fusion.common import (
    FAILURES_OF_MASKS,
    FAILURES_OF_TWO_BLOCKS,
    TWO_BLOCKS,
    checks_of,
)

BLOCKS = {"utm": slice(0, 12), "what": slice(12, 15)}


def rows(n_rows=240, seed=0):
    """A zone as one-hot columns and three numbers; the answer is a sum over both."""
    rng = np.random.default_rng(seed)
    zone = rng.integers(12, size=n_rows)
    numbers = rng.normal(size=(n_rows, 3))
    return np.hstack([np.eye(12)[zone], numbers]), numbers[:, 0] + zone / 4.0


X, Y = rows()
TWO = np.column_stack([1e4 + 500 * Y, X[:, 13]])


def model(blocks=BLOCKS, **params):
    settings = {"hidden": 12, "max_iter": 4, "random_state": 0, "device": "cpu"}
    settings |= {"learning_rate_init": 0.01, "batch_size": 32}
    return AttentionFusionRegressor(blocks, **{**settings, **params})


@pytest.fixture(scope="module", params=["one", "two"])
def fitted(request):
    y = Y if request.param == "one" else TWO
    return model(max_iter=20, learning_rate_init=0.03).fit(X, y), y


def test_learns_from_both_blocks(fitted):
    regressor, y = fitted
    new, truth = rows(seed=1)
    truth = truth if y.ndim == 1 else np.column_stack([1e4 + 500 * truth, new[:, 13]])
    assert regressor.score(new, truth) > 0.9
    assert regressor.predict(new).shape == truth.shape
    importance = regressor.block_importance(new, truth)
    assert min(importance.values()) > 0.1


def test_predictions_by_the_network(fitted):
    """The main head says how many standard deviations from the mean."""
    regressor, y = fitted
    with torch.no_grad():
        said = regressor.net_.module_(torch.tensor(X, dtype=torch.float32)).numpy()
    columns = y.reshape(len(y), -1)
    expected = said * columns.std(axis=0) + columns.mean(axis=0)
    found = regressor.predict(X)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found.reshape(len(y), -1), expected, rtol=1e-5)


def test_units_of_y_do_not_matter():
    expected = model().fit(X, Y).predict(X)
    found = model().fit(X, 1e6 * Y - 3e7).predict(X)
    np.testing.assert_allclose((found + 3e7) / 1e6, expected, rtol=1e-4, atol=1e-4)


def test_loss_by_hand():
    still = model(learning_rate_init=1e-12, max_iter=1, aux_weight=0).fit(X, Y)
    z = (Y - Y.mean()) / Y.std()
    with torch.no_grad():
        said = still.net_.module_(torch.tensor(X, dtype=torch.float32)).numpy()[:, 0]
    expected = ((said - z) ** 2).mean()
    np.testing.assert_allclose(still.history_["train_loss"][0], expected, rtol=1e-5)


def test_weights_of_rows():
    weight = np.linspace(0.0, 2.0, len(Y))
    weighted = model().fit(X, Y, sample_weight=weight)
    mean = np.average(Y, weights=weight)
    np.testing.assert_allclose(weighted._center, mean)
    np.testing.assert_allclose(
        weighted._spread**2, np.average((Y - mean) ** 2, weights=weight)
    )
    # Rows of no weight are rows left out, where all are one batch.
    weight = np.ones(len(Y))
    weight[200:] = 0.0
    steps = model(batch_size=len(Y), scale=None, solver="sgd", early_stopping=False)
    one = clone(steps).fit(X, Y, sample_weight=weight).predict(X)
    np.testing.assert_allclose(one, clone(steps).fit(X[:200], Y[:200]).predict(X), 1e-4)
    # Of any scale, and in batches where they come last.
    more, others = np.vstack([X, np.full((40, 15), 1e3)]), np.r_[Y, np.full(40, 1e6)]
    weight = np.r_[np.ones(len(Y)), np.zeros(40)]
    for params in ({"scale": "standard"}, {"early_stopping": True}):
        one = model(**params).fit(more, others, sample_weight=weight).predict(X)
        np.testing.assert_allclose(one, model(**params).fit(X, Y).predict(X), 1e-5)
    with pytest.raises(ValueError, match="non-zero"):
        model().fit(X, Y, sample_weight=np.zeros(len(Y)))
    with pytest.raises(ValueError, match="sample_weight must be real"):
        model().fit(X, Y, sample_weight=1j)


def test_columns_of_y_stay_in_their_order():
    y = pd.DataFrame(TWO, columns=["price", "size"])
    warm = model(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="columns of y have other names than before"):
        warm.fit(X, y[["size", "price"]])
    assert warm.fit(X, TWO).fit(X, y).n_iter_ == 12
    with pytest.raises(ValueError, match="other names"):
        warm.fit(X, y[["size", "price"]])
    assert warm.set_params(warm_start=False).fit(X, y[["size", "price"]]).n_iter_ == 4
    with pytest.raises(ValueError, match="y has 1 columns, and had 2 before"):
        warm.set_params(warm_start=True).fit(X, y[["size"]])


@pytest.mark.parametrize("dress", [np.asarray, pd.DataFrame])
def test_columns_without_names_are_named_later(dress):
    y = pd.DataFrame(TWO, columns=["price", "size"])
    warm = model(warm_start=True).fit(X, dress(TWO)).fit(X, y)
    assert warm.fit(X, dress(TWO)).n_iter_ == 12
    with pytest.raises(ValueError, match="names than before: 'size' where 'price' was"):
        warm.fit(X, y[["size", "price"]])


def test_one_row_has_no_score():
    one = model().fit(X, Y)
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match="R squared is not a number: it takes two rows"),
    ):
        one.score(X[:1], Y[:1])


def test_what_is_masked_is_no_number():
    rows, numbers = np.ma.array(X), np.ma.array(Y)
    one = model().fit(rows, numbers)  # nothing is masked
    assert one.score(rows, numbers) == one.score(X, Y)
    rows[3, 1] = numbers[2] = np.ma.masked
    for ask in (lambda: one.fit(rows, Y), lambda: one.predict(rows)):
        with pytest.raises(ValueError, match="X, row 3: the value is masked"):
            ask()
    for ask in (one.fit, one.score, one.block_importance):
        with pytest.raises(ValueError, match="y, row 2: the value is masked"):
            ask(X, numbers)


def test_a_constant_is_predicted_as_it_is():
    found = model(max_iter=30).fit(X, np.full(len(X), 7.0)).predict(X)
    np.testing.assert_allclose(found, 7.0, atol=0.3)
    assert np.isfinite(found).all()


def test_kinds_of_y():
    expected = model().fit(X, TWO).predict(X)
    frame = pd.DataFrame(TWO, columns=["a", "b"])
    np.testing.assert_allclose(model().fit(X, frame).predict(X), expected, rtol=1e-9)
    whole = np.round(Y * 10).astype(int)
    np.testing.assert_array_equal(
        model().fit(X, whole).predict(X), model().fit(X, whole.astype(float)).predict(X)
    )
    column = model().fit(X, Y[:, None])
    assert column.predict(X).shape == (len(Y), 1)
    np.testing.assert_array_equal(column.predict(X)[:, 0], model().fit(X, Y).predict(X))
    for y, words in (
        (np.where(Y > 0, np.nan, Y), "NaN"),
        (Y[:5], "inconsistent numbers of samples"),
        (np.zeros((len(Y), 2, 2)), "dim 3"),
        (np.array(["sea"] * len(Y)), "could not convert string"),
        (None, "requires y to be passed"),
    ):
        with pytest.raises(ValueError, match=words):
            model().fit(X, y)


@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_sparse_is_dense(attention):
    settings = {"attention": attention, "scale": None, "solver": "adagrad"}
    dense = model(**settings).fit(X, Y)
    found = model(**settings).fit(sparse.csr_array(X), Y)
    assert found._reader.sparse == [True, False]
    np.testing.assert_allclose(
        found.predict(sparse.csr_array(X)), dense.predict(X), atol=1e-4
    )
    np.testing.assert_allclose(found.predict(X), dense.predict(X), atol=1e-4)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_rows_that_miss_blocks(make):
    holes = X.copy()
    holes[::3, 1] = np.nan
    holes[1::3, 13] = np.nan
    with pytest.raises(ValueError, match=r"NaN: row 0, block 'utm' \(160 of 240 rows"):
        model().fit(make(holes), Y)
    regressor = model(missing_block="mask", max_iter=15).fit(make(holes), Y)
    expected = regressor.predict(make(holes))
    holes[::3, 5] = 1e3  # beside a NaN
    np.testing.assert_allclose(regressor.predict(make(holes)), expected, rtol=1e-5)
    holes[:, :12] = np.nan  # the whole block
    holes[1::3, 13] = 0.0
    assert np.isfinite(regressor.predict(make(holes))).all()


def test_a_good_citizen(fitted):
    regressor, y = fitted
    whole = regressor.predict(X)
    scale = np.abs(whole).max()
    for row in (0, 100, len(X) - 1):
        alone = regressor.predict(X[row : row + 1])[0]
        np.testing.assert_allclose(alone, whole[row], atol=1e-6 * scale)
    again = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(again.predict(X), whole)
    np.testing.assert_array_equal(clone(regressor).fit(X, y).predict(X), whole)
    assert not np.array_equal(
        clone(regressor).set_params(random_state=1).fit(X, y).predict(X), whole
    )
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        regressor.predict(X[:0])
    assert np.isfinite(model().fit(X[:1], y[:1]).predict(X)).all()


def test_warm_start_and_search():
    warm = model(warm_start=True).fit(X, Y)
    first = warm.history_["train_loss"][-1]
    assert warm.fit(X, Y).n_iter_ == 8
    assert warm.history_["train_loss"][-1] < first
    with pytest.raises(ValueError, match="warm_start: y has 2 columns, and had 1"):
        warm.fit(X, TWO)
    flat, column = np.asarray(Y).reshape(-1), np.asarray(Y).reshape(-1, 1)
    for y in (column, flat):
        assert warm.fit(X, y).predict(X).shape == y.shape
    with pytest.raises(ValueError, match="scale is None, and was 'robust'"):
        warm.set_params(scale=None).fit(X, Y)
    grid = {"attention": ["type", "sample"], "blocks": [BLOCKS, None]}
    quick = model(max_iter=8, learning_rate_init=0.05)
    search = GridSearchCV(quick, grid, cv=2).fit(X, Y)
    assert search.best_score_ > 0.5


def _checks():
    settings = {"hidden": 16, "max_iter": 6, "n_iter_no_change": None}
    settings |= {"learning_rate_init": 0.05, "random_state": 0, "device": "cpu"}
    settings |= {"batch_size": 32}
    masks = {"missing_block": "mask", "attention": "sample"}

    def one():
        return AttentionFusionRegressor(None, **settings)

    def two():
        return AttentionFusionRegressor(TWO_BLOCKS, **settings, **masks)

    yield from checks_of(one, {})
    yield from checks_of(two, {**FAILURES_OF_TWO_BLOCKS, **FAILURES_OF_MASKS})


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


def test_parameters_are_validated_and_documented():
    name = "AttentionFusionRegressor"
    check_param_validation(name, AttentionFusionRegressor(None))
    check_dataframe_column_names_consistency(name, model(None))
    assert OTHER_INPUT[name] == "tests.fusion.test_regressor"
    for parameter in AttentionFusionRegressor().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(AttentionFusionRegressor)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA device.")
@pytest.mark.parametrize(
    "make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"]
)
def test_learns_what_the_processor_learns(make):
    found = [
        model(device=device, mixed_precision=False).fit(make(X), TWO).predict(make(X))
        for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(found[1], found[0], atol=5e-3 * np.abs(found[0]).max())


@pytest.mark.parametrize("size", [1e-200, 1e300])
def test_numbers_of_any_size(size):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = X @ [1.0, 2.0, 0.0]
    model = AttentionFusionRegressor(None, hidden=8, max_iter=3, random_state=0)
    expected = model.fit(X, y).predict(X)
    found = model.fit(X, y * size).predict(X) / size
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_sparse_numbers_are_refused():
    y = sparse.eye_array(6, 2, format="csr")
    with pytest.raises(TypeError, match=r"y is sparse\. Pass y\.toarray"):
        AttentionFusionRegressor(None).fit(np.eye(6), y)


def test_numbers_whose_sum_is_infinite_are_refused():
    X = np.eye(4)
    with pytest.raises(ValueError, match=r"y holds numbers as large as 1e\+308"):
        AttentionFusionRegressor(None, device="cpu").fit(X, [1e308, 1e308, 0.0, 1.0])


def test_weights_of_blocks_that_have_learnt_too_far_are_0_and_1_in_silence():
    model = AttentionFusionRegressor(
        {"one": [0], "two": [1]}, hidden=2, max_iter=1, random_state=0, device="cpu"
    ).fit(np.eye(4)[:, :2], np.arange(4.0))
    with torch.no_grad():
        model.net_.module_.of_type.copy_(torch.tensor([1e4, -1e4]))
    with np.errstate(over="raise"):
        model._set_attention(None)
    assert model.attention_ == {"one": 1.0, "two": 0.0}


def test_large_numbers_under_large_weights():
    X, y = np.eye(4), np.array([1e300, -1e300, 0.0, 5e299])
    settings = {"hidden": 2, "max_iter": 1, "random_state": 0, "device": "cpu"}
    with np.errstate(over="raise"):
        heavy = AttentionFusionRegressor(None, **settings)
        heavy.fit(X, y, sample_weight=np.full(4, 1e50))
    plain = AttentionFusionRegressor(None, **settings).fit(X, y, np.ones(4))
    np.testing.assert_allclose(heavy.predict(X), plain.predict(X), rtol=1e-6)


def test_a_second_fit_that_fails_leaves_the_first():
    regressor = model(max_iter=1).fit(X, Y)
    before = regressor.predict(X)
    regressor.set_params(aux_weight={"nothing": 1.0}, blocks={"all": slice(0, 10)})
    with pytest.raises(ValueError, match="nothing"):
        regressor.fit(X[:, :10], TWO)
    np.testing.assert_array_equal(regressor.predict(X), before)


@pytest.mark.parametrize("spoil", ["width", "length", "records", "sparse", "weights"])
def test_what_cannot_be_scored_is_told(spoil):
    one = model().fit(X, Y)
    y, weights, said = {
        "width": (TWO, None, "y has 2 columns, and 1 were learnt"),
        "length": (Y[:-1], None, "y has 239 rows, but X has 240|numbers of samples"),
        "records": (
            Y.astype([("a", "f8"), ("b", "f8")]),
            None,
            r"y (is an array of records \(a, b\)|holds what is no number)",
        ),
        "sparse": (sparse.csr_array(TWO), None, r"Pass y\.toarray\(\)"),
        "weights": (Y, np.full(len(Y), -1.0), "sample_weight"),
    }[spoil]
    for ask in (one.score, one.block_importance):
        with pytest.raises((TypeError, ValueError), match=said):
            ask(X, y, sample_weight=weights)


def test_scores_do_not_hang_on_the_scale_of_weights():
    one, weights = model().fit(X, Y), np.arange(len(Y)) + 1.0
    expected = r2_score(Y, one.predict(X), sample_weight=weights)
    for scale in (1.0, 1e-300, 1e300):
        found = one.score(X, Y, sample_weight=scale * weights)
        assert found == pytest.approx(expected, rel=1e-12)


def test_columns_in_another_order_have_no_score():
    frame = pd.DataFrame(TWO, columns=["price", "size"])
    one = model().fit(X, frame)
    assert one.score(X, frame) == pytest.approx(one.score(X, TWO), rel=1e-12)
    for ask in (one.score, one.block_importance):
        with pytest.raises(ValueError, match="'size' where 'price' was"):
            ask(X, frame[["size", "price"]])


def test_one_row_that_counts_has_no_score_either():
    weights = np.zeros(len(Y))
    weights[7] = 2.0
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match="it takes two rows with a weight"),
    ):
        model().fit(X, Y).score(X, Y, sample_weight=weights)


def test_a_warm_start_keeps_the_best_weights():
    early = {"early_stopping": True, "warm_start": True, "n_iter_no_change": 3}
    one = model(max_iter=30, **early).fit(X, Y)
    learnt, best = len(one.history_), one.history_["valid_loss"].min()
    before = one.predict(X)
    # Steps that are far too long make it worse, so that nothing is taken.
    one.set_params(learning_rate_init=1.0, solver="sgd").fit(X, Y)
    later = one.history_[learnt:]
    assert len(later) == 3
    assert later["valid_loss"].min() > best
    assert not later["best"].any()
    np.testing.assert_array_equal(one.predict(X), before)
