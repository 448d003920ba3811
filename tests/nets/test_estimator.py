# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An estimator that holds a net: scikit-learn's checks, callbacks, Ctrl-C, searches."""

import copy
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import parallel_config
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context, clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sklearn_geo.nets import (
    TRAINING_CONSTRAINTS,
    HeadedMLP,
    HeadsLoss,
    NetMixin,
    RowData,
    draw_seed,
    net_outputs,
)


class Classifier(NetMixin, ClassifierMixin, BaseEstimator):
    """What the rooms above do, in small."""

    _parameter_constraints = {
        **{
            name: TRAINING_CONSTRAINTS[name]
            for name in (
                "learning_rate_init",
                "max_iter",
                "batch_size",
                "early_stopping",
                "verbose",
                "warm_start",
                "random_state",
            )
        },
        "hidden": ["array-like"],
    }

    def __init__(
        self,
        hidden=(8,),
        learning_rate_init=0.02,
        max_iter=60,
        batch_size=100,
        early_stopping=False,
        verbose=0,
        warm_start=False,
        random_state=0,
    ):
        self.hidden = hidden
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        return self._learn(X, y, sample_weight, self.warm_start)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None):
        return self._learn(X, y, None, True, epochs=1, keep_steps=True)

    def _learn(self, X, y, sample_weight, go_on, **options):
        go_on = go_on and hasattr(self, "net_")
        X, y = validate_data(self, X, y, accept_sparse="csr", reset=not go_on)
        check_classification_targets(y)
        if not go_on:
            self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("There must be more than one class.")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        if sparse.issparse(X):
            X.sum_duplicates()
        network = partial(
            HeadedMLP, X.shape[1], [len(self.classes_)], hidden=self.hidden
        )
        rows = RowData(X, [np.searchsorted(self.classes_, y)], sample_weight)
        seed = draw_seed(self.random_state)
        return self._train(
            network, HeadsLoss, rows, seed=seed, go_on=go_on, device="cpu", **options
        )

    def predict_proba(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        parts = [logits.softmax(1) for _, (logits,) in net_outputs(self.net_, X)]
        return torch.cat(parts).numpy()

    def predict(self, X):
        check_is_fitted(self)
        return self.classes_.take(self.predict_proba(X).argmax(axis=1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


rng = np.random.default_rng(0)
X = rng.standard_normal((120, 4))
y = np.array(["sea", "town", "wood"])[(X @ rng.standard_normal((4, 3))).argmax(1)]


@pytest.mark.parametrize(
    ("estimator", "check"), list(estimator_checks_generator(Classifier(max_iter=20)))
)
def test_scikit_learns_checks(estimator, check):
    name = getattr(check, "func", check).__name__
    if name.startswith("check_classifiers_train"):
        estimator.set_params(max_iter=200)  # it wants more than 83 % right
    if name.startswith("check_sample_weight_equivalence"):
        pytest.skip("The last bits of float32 differ: see the test with weights below.")
    check(estimator)


def test_weights_mean_repetition():
    weight = np.arange(120) % 3
    settings = {"max_iter": 30, "batch_size": 500}
    weighted = Classifier(**settings).fit(X, y, sample_weight=weight)
    repeated = Classifier(**settings).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    a, b = weighted.predict_proba(X), repeated.predict_proba(X)
    np.testing.assert_allclose(a, b, atol=1e-4)
    assert abs(a - Classifier(**settings).fit(X, y).predict_proba(X)).max() > 0.01


def test_attributes():
    estimator = Classifier(max_iter=7).fit(X, y)
    assert estimator.n_iter_ == 7
    assert list(estimator.history_["epoch"]) == [1, 2, 3, 4, 5, 6, 7]
    assert np.isnan(estimator.history_["valid_loss"]).all()
    frame = pd.DataFrame(estimator.history_)
    assert frame["train_loss"].is_monotonic_decreasing
    held_out = Classifier(max_iter=3, early_stopping=True).fit(X, y).history_
    assert np.isfinite(held_out["valid_loss"]).all()
    assert (held_out["n_rows"] == 108).all()


def test_sparse_stays_sparse_and_agrees():
    rows = np.where(np.abs(X) > 1, X, 0)
    params = {"max_iter": 5}
    dense = Classifier(**params).fit(rows, y)
    thin = Classifier(**params).fit(sparse.csr_matrix(rows), y)
    # Adam of rows waits where Adam moves on; the two do not differ much.
    a, b = dense.predict_proba(rows), thin.predict_proba(sparse.csr_array(rows))
    assert abs(a - b).max() < 0.2
    np.testing.assert_allclose(b, thin.predict_proba(rows), atol=1e-6)


def test_warm_start_and_partial_fit():
    warm = Classifier(max_iter=3, warm_start=True).fit(X, y)
    first = warm.history_["train_loss"][-1]
    warm.fit(X, y)
    assert warm.n_iter_ == 6
    assert warm.history_["train_loss"][3] < first
    cold = Classifier(max_iter=3).fit(X, y).fit(X, y)
    assert cold.n_iter_ == 3
    stream = Classifier(max_iter=3)
    for _ in range(6):
        stream.partial_fit(X, y)
    assert stream.n_iter_ == 6
    assert np.array_equal(
        stream.history_["train_loss"][1:3] < stream.history_["train_loss"][:2],
        [True] * 2,
    )


class Drawing(Classifier):
    """One whose held-out rows are those of its first fit."""

    def _train(self, module, criterion, data, *, seed, go_on=False, **options):
        data.X = data.X.view(Watched)
        data.X.asked = self.asked = []
        seed = self._draw_seed(go_on)
        options |= {"seed": seed, "go_on": go_on}
        return super()._train(module, criterion, data, **options)


class Watched(np.ndarray):
    """Rows that remember which of them were asked for."""

    def __getitem__(self, at):
        if getattr(self, "asked", None) is not None and isinstance(at, np.ndarray):
            self.asked.append(np.sort(at))
        return super().__getitem__(at).view(np.ndarray)


def test_rows_held_out_are_those_of_the_first_fit():
    model = Drawing(
        early_stopping=True,
        warm_start=True,
        max_iter=1,
        batch_size=1000,
        random_state=np.random.RandomState(0),
    )
    (learnt, watched), *later = [model.fit(X, y).asked for _ in range(3)]
    assert sorted([*learnt, *watched]) == list(range(len(X)))
    assert len(watched) == 12
    for again in later:
        assert np.array_equal(again[0], learnt)
        assert np.array_equal(again[1], watched)


def test_ctrl_c_leaves_a_fitted_estimator(monkeypatch):
    from sklearn_geo.nets import EstimatorNet

    epoch, count = EstimatorNet._epoch, []

    def interrupted(*args):
        count.append(1)
        if len(count) == 4:
            raise KeyboardInterrupt
        return epoch(*args)

    monkeypatch.setattr(EstimatorNet, "_epoch", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 3 whole epochs"):
        estimator = Classifier().fit(X, y)
    assert estimator.n_iter_ == 3
    assert estimator.predict(X).shape == (120,)


def test_pickles_copies_clones():
    estimator = Classifier(max_iter=4).fit(X, y)
    expected = estimator.predict_proba(X)
    for again in (pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
        assert np.array_equal(again.predict_proba(X), expected)
        assert again.history_.tobytes() == estimator.history_.tobytes()
    fresh = clone(estimator)
    assert not hasattr(fresh, "net_")
    assert np.array_equal(fresh.fit(X, y).predict_proba(X), expected)


def test_searches_in_several_threads():
    grid = {"hidden": [(), (4,), (4, 4)]}
    search = GridSearchCV(Classifier(max_iter=5), grid, cv=2, n_jobs=3)
    with parallel_config("threading"):
        together = search.fit(X, y).cv_results_["mean_test_score"]
    alone = search.set_params(n_jobs=1).fit(X, y).cv_results_["mean_test_score"]
    assert np.array_equal(together, alone)


class Record:
    """Counts what scikit-learn tells a callback."""

    def __init__(self, stop_after=None):
        self.told, self.stop_after = [], stop_after

    def setup(self, estimator, context):
        self.told.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.told.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.told.append(("begin", context.task_name, context.max_subtasks))

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        self.told.append(("end", context.task_name))
        if context.task_name == "epoch":
            return metadata["record"]["epoch"] == self.stop_after
        return False


callbacks = pytest.mark.skipif(
    not hasattr(Classifier, "set_callbacks"),
    reason="scikit-learn has callbacks from 1.9 on",
)


@callbacks
def test_callbacks_hear_of_every_epoch():
    record = Record()
    estimator = Classifier(max_iter=2).set_callbacks(record).fit(X, y)
    begin, end = ("begin", "epoch", 0), ("end", "epoch")
    assert record.told == [
        ("setup", "fit"),
        ("begin", "fit", 2),
        *[begin, end] * 2,
        ("end", "fit"),
        ("teardown", "fit"),
    ]
    assert not [name for name in vars(estimator) if "callback_fit_ctx" in name]
    pickle.dumps(estimator.set_callbacks())


@callbacks
def test_callbacks_may_stop():
    record = Record(stop_after=3)
    estimator = Classifier().set_callbacks(record).fit(X, y)
    assert estimator.n_iter_ == 3
    assert record.told[-1] == ("teardown", "fit")


@callbacks
def test_callbacks_are_torn_down_after_errors():
    record = Record()
    estimator = Classifier(learning_rate_init=1e30, hidden=(4, 4)).set_callbacks(record)
    with pytest.raises(ValueError, match="Lower learning_rate_init"):
        estimator.fit(X * 1e5, y)
    assert record.told[-1] == ("teardown", "fit")


@callbacks
def test_progress_bar():
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar needs rich")
    from sklearn.callback import ProgressBar

    estimator = Classifier(max_iter=3).set_callbacks(ProgressBar()).fit(X, y)
    assert estimator.n_iter_ == 3


def test_verbose(capsys):
    Classifier(max_iter=2).fit(X, y)
    assert capsys.readouterr().out == ""
    Classifier(max_iter=2, verbose=1).fit(X, y)
    assert capsys.readouterr().out.count("Epoch ") == 2
