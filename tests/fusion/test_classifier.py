# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from joblib import parallel_config
from scipy import sparse
from scipy.special import expit, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

from sklearn_geo.fusion import AttentionFusionClassifier, blocks_of
from sklearn_geo.fusion._base import FusionBase
from sklearn_geo.nets import get_weights, net_outputs, set_weights
from tests.contract import OTHER_INPUT
from tests.fusion.common import (
    FAILURES_OF_MASKS,
    FAILURES_OF_TWO_BLOCKS,
    TWO_BLOCKS,
    checks_of,
)

BLOCKS = {"utm": slice(0, 20), "what": slice(20, 24)}


def rows(n_rows=300, seed=0):
    """Zones as one-hot columns and four numbers; both say something of the class."""
    rng = np.random.default_rng(seed)
    zone = rng.integers(20, size=n_rows)
    numbers = rng.normal(size=(n_rows, 4))
    score = numbers[:, 0] + np.where(zone < 10, 1.0, -1.0)
    return np.hstack([np.eye(20)[zone], numbers]), score


X, SCORE = rows()
BINARY = (SCORE > 0).astype(int)
CLASSES = np.digitize(SCORE, [-0.8, 0.8])
LABELS = np.column_stack([SCORE > 0, X[:, 21] > 0, X[:, :5].any(axis=1)]).astype(int)
TARGETS = {"binary": BINARY, "classes": CLASSES, "labels": LABELS}


def model(blocks=BLOCKS, **params):
    settings = {"hidden": 12, "max_iter": 4, "random_state": 0, "device": "cpu"}
    settings |= {"learning_rate_init": 0.01, "batch_size": 32}
    return AttentionFusionClassifier(blocks, **{**settings, **params})


@pytest.fixture(scope="module", params=TARGETS)
def fitted(request):
    y = TARGETS[request.param]
    return model(max_iter=12).fit(X, y), y


# What is learnt and said --------------------------------------------------------------


def test_learns_from_both_blocks(fitted):
    classifier, y = fitted
    new, score = rows(seed=1)
    truth = {
        1: score > 0,
        2: np.digitize(score, [-0.8, 0.8]),
        3: np.column_stack([score > 0, new[:, 21] > 0, new[:, :5].any(axis=1)]),
    }[2 if y.ndim == 1 and y.max() == 2 else 2 * y.ndim - 1]
    assert (classifier.predict(new) == truth).mean() > 0.8
    assert classifier.score(X, y) > 0.75


def test_outputs_by_the_network(fitted):
    """Everything that is said follows from the outputs of the main head."""
    classifier, y = fitted
    with torch.no_grad():
        logits = classifier.net_.module_(torch.tensor(X, dtype=torch.float32)).numpy()
    logits = logits.astype(np.float64)
    proba, answer = classifier.predict_proba(X), classifier.predict(X)
    assert proba.dtype == np.float64
    score = classifier.decision_function(X)
    if y.ndim == 2:
        np.testing.assert_allclose(proba, expit(logits), rtol=1e-5)
        np.testing.assert_array_equal(answer, logits > 0)
        assert answer.dtype == np.int64
        np.testing.assert_allclose(score, logits, atol=1e-5)
        return
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)
    if y.max() == 1:
        np.testing.assert_allclose(proba[:, 1], expit(logits[:, 0]), rtol=1e-5)
        np.testing.assert_allclose(score, logits[:, 0], atol=1e-5)
    else:
        np.testing.assert_allclose(proba, softmax(logits, axis=1), rtol=1e-5)
        np.testing.assert_allclose(score, logits, atol=1e-5)
    np.testing.assert_array_equal(answer, classifier.classes_[proba.argmax(axis=1)])


def test_auxiliary_heads_do_not_predict(fitted):
    classifier = pickle.loads(pickle.dumps(fitted[0]))
    before = classifier.predict_proba(X)
    weights = get_weights(classifier.net_)
    changed = {
        name: array + 1e3 if name.startswith("aux") else array
        for name, array in weights.items()
    }
    assert len(set(changed) & {"aux.0.weight", "aux.1.bias"}) == 2
    set_weights(classifier.net_, changed)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)


def test_the_paper_s_widths():
    wide = AttentionFusionClassifier(BLOCKS, max_iter=1, random_state=0).fit(X, BINARY)
    assert wide.net_.module_.hidden == (16, 512)
    assert tuple(wide.net_.module_.main.weight.shape) == (528, 1)
    own = model(block_hidden={"what": 3}).fit(X, BINARY)
    assert own.net_.module_.hidden == (12, 3)
    plain = model(None, attention=None, aux_weight=0).fit(X, LABELS)
    shapes = {name: array.shape for name, array in get_weights(plain.net_).items()}
    for name in ("center", "factor", "gain"):
        del shapes[f"scaling.0.{name}"]
    assert shapes == {  # the plain network of the tables: one hidden layer
        "layers.0.weight": (24, 12),
        "layers.0.bias": (12,),
        "main.weight": (12, 3),
        "main.bias": (3,),
    }


def test_weights_of_blocks():
    for attention in ("type", "sample", None):
        classifier = model(attention=attention).fit(X, BINARY)
        alpha = classifier.attention_weights(X)
        assert alpha.shape == (300, 2)
        assert list(classifier.attention_) == ["utm", "what"]
        mean = list(classifier.attention_.values())
        np.testing.assert_allclose(alpha.mean(axis=0), mean, rtol=1e-6)
        if attention is None:
            np.testing.assert_array_equal(alpha, 1.0)
        else:
            assert ((alpha > 0) & (alpha < 1)).all()
        spread = alpha.std(axis=0)
        assert (spread > 1e-3).all() if attention == "sample" else not spread.any()
    untrained = model(learning_rate_init=1e-12, max_iter=1).fit(X, BINARY)
    np.testing.assert_allclose(list(untrained.attention_.values()), 0.5, atol=1e-6)


def test_weights_of_the_loss():
    alone = model(aux_weight=0).fit(X, BINARY)
    assert not len(alone.net_.module_.aux)
    # Equation 5 with weights that count nothing is the loss of the main head.
    names = {"utm": 0.0, "what": 0.0}
    np.testing.assert_array_equal(
        model(aux_weight=names).fit(X, BINARY).predict_proba(X), alone.predict_proba(X)
    )
    first = [
        model(aux_weight=weight, learning_rate_init=1e-12, max_iter=1, dropout=0.0)
        .fit(X, BINARY)
        .history_["train_loss"][0]
        for weight in (1.0, 3.0, {"utm": 2.0, "what": 2.0}, {"utm": 3.0, "what": 1.0})
    ]
    # Linear in each of them.
    np.testing.assert_allclose(first[2], (first[0] + first[1]) / 2, rtol=1e-6)
    assert first[0] < first[3] < first[1]


def test_balanced_weights_are_weights_of_rows():
    rare = SCORE > 1.5
    new, _ = rows(seed=3)
    plain = model(max_iter=10, dropout=0.0)
    balanced = clone(plain).set_params(class_weight="balanced").fit(X, rare)
    share = rare.mean()
    weight = np.where(rare, 0.5 / share, 0.5 / (1 - share))
    np.testing.assert_allclose(weight.mean(), 1.0)
    weighted = clone(plain).fit(X, rare, sample_weight=weight)
    np.testing.assert_allclose(
        balanced.predict_proba(new), weighted.predict_proba(new), atol=1e-4
    )
    given = {True: 0.5 / share, False: 0.5 / (1 - share)}
    same = clone(plain).set_params(class_weight=given).fit(X, rare)
    np.testing.assert_allclose(same.predict_proba(new), balanced.predict_proba(new))
    plain.fit(X, rare)
    assert balanced.predict(new).sum() > 1.5 * plain.predict(new).sum()


def test_weights_of_labels():
    heavy = model(class_weight=[{}, {1: 20.0}, {}]).fit(X, LABELS)
    plain = model().fit(X, LABELS)
    more = heavy.predict_proba(X).mean(axis=0) - plain.predict_proba(X).mean(axis=0)
    assert more[1] > 0.2
    assert (np.abs(more[[0, 2]]) < 0.1).all()


def test_rows_of_no_weight_are_rows_left_out():
    weight = np.ones(300)
    weight[200:] = 0.0
    # Whole batches and the loss of all rows: the steps are the same but for the scale.
    steps = model(
        batch_size=300, dropout=0.0, scale=None, early_stopping=False, solver="sgd"
    )
    weighted = clone(steps).fit(X, BINARY, sample_weight=weight)
    fewer = clone(steps).fit(X[:200], BINARY[:200])
    np.testing.assert_allclose(
        weighted.predict_proba(X), fewer.predict_proba(X), atol=1e-5
    )
    other = BINARY.copy()
    other[200:] = 1 - other[200:]
    unmoved = clone(steps).fit(X, other, sample_weight=weight)
    np.testing.assert_array_equal(unmoved.predict_proba(X), weighted.predict_proba(X))
    for bad, words in (
        (np.zeros(300), "non-zero|zero everywhere"),
        (-weight, "egative"),
    ):
        with pytest.raises(ValueError, match=words):
            model().fit(X, BINARY, sample_weight=bad)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("scale", ["standard", "robust", None])
@pytest.mark.parametrize("y", [BINARY, LABELS, CLASSES], ids=list(TARGETS))
def test_rows_of_no_weight_are_as_if_they_were_not_there(make, scale, y):
    # At the end, so that the others are drawn alike.
    more = np.vstack([X, np.full((60, 24), 1e3)])
    others = np.concatenate([y, y[:60]])
    weight = np.r_[np.ones(300), np.zeros(60)]
    for params in (
        {"attention": "sample", "class_weight": "balanced", "calibrate": True},
        {"early_stopping": True, "max_iter": 3},
    ):
        settings = {"scale": scale, **params}
        one = model(**settings).fit(make(more), others, sample_weight=weight)
        other = model(**settings).fit(make(X), y, sample_weight=np.ones(300))
        np.testing.assert_allclose(
            one.predict_proba(X), other.predict_proba(X), atol=1e-6
        )
        assert one.attention_ == pytest.approx(other.attention_, abs=1e-6)


def test_the_mean_of_attention_is_weighted():
    weight = np.arange(300) % 3
    one = model(attention="sample").fit(X, BINARY, sample_weight=weight)
    expected = np.average(one.attention_weights(X), axis=0, weights=weight)
    np.testing.assert_allclose(list(one.attention_.values()), expected, rtol=1e-5)


def test_entries_of_a_sparse_matrix_are_added_up():
    whole = sparse.csr_array(X)
    # Each number in two pieces, at every place: most are zeros that are stored.
    pieces = np.stack([3.0 * X, -2.0 * X], axis=2).ravel()
    columns = np.tile(np.repeat(np.arange(24), 2), 300)
    parts = (pieces, columns, 48 * np.arange(301))
    scattered = sparse.csr_array(parts, shape=X.shape)
    np.testing.assert_allclose(scattered.toarray(), X)
    expected = model().fit(whole, BINARY).predict_proba(whole)
    one = model().fit(scattered, BINARY)
    np.testing.assert_allclose(one.predict_proba(whole), expected, atol=1e-5)
    np.testing.assert_allclose(one.predict_proba(scattered), expected, atol=1e-5)
    assert scattered.nnz == 2 * X.size  # the caller's is as it was


def test_early_stopping():
    many = np.vstack([X] * 4)
    y = np.tile(BINARY, 4)
    watched = model(max_iter=2).fit(many, y)
    assert watched.history_["n_rows"].tolist() == [1080, 1080]
    assert np.isfinite(watched.history_["valid_loss"]).all()
    assert np.isnan(model().fit(X, BINARY).history_["valid_loss"]).all()
    noise = np.random.default_rng(0).integers(2, size=300)
    stopped = model(early_stopping=True, max_iter=100, n_iter_no_change=3)
    stopped.set_params(learning_rate_init=0.05).fit(X, noise)
    assert stopped.n_iter_ < 100
    best = stopped.history_["valid_loss"].argmin()
    assert stopped.n_iter_ >= best + 1


def test_a_warm_start_goes_on():
    warm = model(warm_start=True).fit(X, BINARY)
    first = warm.history_["train_loss"][-1]
    net = warm.net_
    warm.fit(X, BINARY)
    assert warm.net_ is net
    assert warm.n_iter_ == 8
    assert warm.history_["train_loss"][-1] < first
    for params, words in (
        ({"attention": None}, "attention is None, and was 'type'. warm_start"),
        ({"blocks": {"a": slice(0, 24)}}, "blocks are others than before"),
        ({"blocks": {"what": slice(20, 24), "utm": slice(0, 20)}}, "blocks are others"),
        ({"hidden": 5}, "hidden or block_hidden"),
        ({"missing_block": "mask"}, "missing_block"),
        ({"aux_weight": 0}, "aux_weight is 'none', and was 'some'"),
    ):
        other = pickle.loads(pickle.dumps(warm)).set_params(**params)
        with pytest.raises(ValueError, match=words):
            other.fit(X, BINARY)
    with pytest.raises(ValueError, match="y has other classes than before"):
        warm.fit(X, CLASSES)
    with pytest.raises(ValueError, match="y has other classes than before"):
        warm.fit(X, LABELS)
    warm.set_params(max_iter=1, class_weight={1: 1e3}).fit(X, BINARY)  # counts from now
    assert warm.history_["train_loss"][-1] > 10 * first


def test_a_warm_start_takes_the_seed_that_is_set():
    first = model(warm_start=True, calibrate=True, max_iter=2).fit(X, BINARY)
    said = []
    for seed in (0, 5, 5, None):
        one = pickle.loads(pickle.dumps(first)).set_params(random_state=seed)
        said.append(one.fit(X, BINARY).decision_function(X))
        assert one._seed == first._seed  # of the rows held out
    np.testing.assert_array_equal(said[1], said[2])
    np.testing.assert_array_equal(said[0], said[3])
    assert np.abs(said[0] - said[1]).max() > 1e-4


# Kinds of y ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "classes",
    [["sea", "hill"], [True, False], [7, 3], [0.0, 1.0], ["a", "b", "c"], [5, 9, 7]],
)
def test_classes_of_all_kinds(classes):
    numbers = BINARY if len(classes) == 2 else CLASSES
    order = np.sort(classes)
    y = order[numbers]
    classifier = model().fit(X, y)
    assert classifier.classes_.tolist() == order.tolist()
    assert classifier.label_names_ == [str(name) for name in order]
    reference = model().fit(X, numbers)
    np.testing.assert_array_equal(classifier.predict(X), order[reference.predict(X)])
    assert classifier.predict(X).dtype == y.dtype
    of_series = model().fit(X, pd.Series(y, index=range(300, 600)))
    np.testing.assert_array_equal(of_series.predict(X), classifier.predict(X))


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_matrix, pd.DataFrame])
def test_indicators_of_all_kinds(make):
    expected = model().fit(X, LABELS)
    found = model().fit(X, make(LABELS))
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    assert found.label_names_ == ["0", "1", "2"]
    np.testing.assert_array_equal(found.classes_, [0, 1, 2])
    assert model().fit(X, LABELS.astype(bool)).predict(X).shape == (300, 3)


def test_names_of_labels():
    y = pd.DataFrame(LABELS, columns=["food", "shop", "pub"])
    assert model().fit(X, y).label_names_ == ["food", "shop", "pub"]
    # They are forgotten when y has none.
    assert model().fit(X, y).fit(X, LABELS).label_names_ == ["0", "1", "2"]
    with pytest.warns(DataConversionWarning):
        flat = model().fit(X, y[["food"]])
    assert flat.label_names_ == ["0", "1"]


def test_labels_stay_in_their_order():
    y = pd.DataFrame(LABELS, columns=["food", "shop", "pub"])
    warm = model(warm_start=True).fit(X, y)
    before = warm.predict_proba(X)
    with pytest.raises(ValueError, match="labels have other names than before"):
        warm.fit(X, y[["pub", "shop", "food"]])
    np.testing.assert_array_equal(warm.predict_proba(X), before)
    assert warm.fit(X, LABELS).fit(X, y).label_names_ == ["food", "shop", "pub"]
    assert warm.n_iter_ == 12
    # Labels without names are named later.
    for first in (LABELS, pd.DataFrame(LABELS)):
        late = model(warm_start=True).fit(X, first).fit(X, y)
        assert late.label_names_ == ["food", "shop", "pub"]
        assert late.fit(X, first).label_names_ == ["food", "shop", "pub"]
        with pytest.raises(ValueError, match="names than before: 'pub' where 'food'"):
            late.fit(X, y[["pub", "shop", "food"]])
        assert late.n_iter_ == 12


def test_what_is_masked_is_no_number():
    y = CLASSES
    rows, labels = np.ma.array(X), np.ma.array(y)
    one = model().fit(rows, labels)  # nothing is masked
    assert one.score(rows, labels) == one.score(X, y)
    rows[3, 1] = labels[2] = np.ma.masked
    for ask in (
        lambda: one.fit(rows, y),
        lambda: one.predict(rows),
        lambda: one.predict_proba(rows),
        lambda: one.attention_weights(rows),
        lambda: one.block_importance(rows, y),
    ):
        with pytest.raises(ValueError, match="X, row 3: the value is masked"):
            ask()
    for ask in (one.fit, one.score, one.block_importance):
        with pytest.raises(ValueError, match="y, row 2: the value is masked"):
            ask(X, labels)
        with pytest.raises(ValueError, match="y, row 2: the value is masked"):
            ask(X, np.ma.array(y.astype(str), mask=labels.mask))
    with pytest.raises(ValueError, match="sample_weight, row 2: the value is masked"):
        one.score(X, y, np.ma.array(np.ones(len(y)), mask=labels.mask))


def test_labels_never_seen():
    y = pd.DataFrame(LABELS, columns=["food", "shop", "pub"]).assign(zoo=0)
    with pytest.warns(UserWarning, match="1 of 4 labels are never seen in y: zoo") as w:
        classifier = model(max_iter=30, calibrate=True).fit(X, y)
    assert [each.filename for each in w] == [__file__]
    assert classifier.predict_proba(X)[:, 3].max() < 0.2
    assert not classifier.predict(X)[:, 3].any()
    found = classifier.block_importance(X, y)  # it has no say in the mean
    assert np.isfinite(list(found.values())).all()


def test_words_about_y():
    for y, words in (
        (np.ones(300), "at least 2 classes in the data, but y has only one class: 1.0"),
        (SCORE, "Unknown label type: continuous"),
        (LABELS * 2, "must be an indicator of labels, 0 or 1; it holds 2"),
        (np.column_stack([CLASSES, CLASSES]), "several columns of classes"),
        (BINARY[:20], "inconsistent numbers of samples"),
        (np.where(BINARY, np.nan, 1.0), "NaN"),
        (np.zeros((300, 2, 2)), "dim 3"),
    ):
        with pytest.raises(ValueError, match=words):
            model().fit(X, y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        model().fit(X, None)


# Kinds of X ---------------------------------------------------------------------------


@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_sparse_is_dense(attention):
    settings = {"attention": attention, "scale": None, "solver": "adagrad"}
    settings |= {"max_iter": 8, "n_iter_no_change": None, "dropout": 0.0}
    dense = model(**settings).fit(X, CLASSES)
    for make in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array):
        found = model(**settings).fit(make(X), CLASSES)
        assert found._reader.sparse == [True, False]
        np.testing.assert_allclose(
            found.predict_proba(make(X)), dense.predict_proba(X), atol=2e-5
        )
        np.testing.assert_allclose(
            found.history_["train_loss"], dense.history_["train_loss"], rtol=1e-5
        )
        np.testing.assert_allclose(
            found.attention_weights(make(X)), dense.attention_weights(X), atol=1e-5
        )
        # Any kind is read by any model.
        np.testing.assert_allclose(
            found.predict_proba(X), found.predict_proba(make(X)), atol=1e-6
        )
        np.testing.assert_allclose(
            dense.predict_proba(make(X)), dense.predict_proba(X), atol=1e-6
        )


def test_wide_sparse_blocks_are_never_dense():
    n_rows, n_wide = 20_000, 50_000
    rng = np.random.default_rng(0)
    zone = rng.integers(n_wide, size=n_rows)
    ones = np.ones(n_rows, dtype=np.float32)
    wide = sparse.csr_array((ones, zone, np.arange(n_rows + 1)), (n_rows, n_wide))
    numbers = sparse.csr_array(rng.normal(size=(n_rows, 3)).astype(np.float32))
    rows = sparse.hstack([wide, numbers], format="csr")
    y = zone < n_wide / 2
    blocks = {"utm": slice(0, n_wide), "what": slice(n_wide, None)}
    classifier = model(
        blocks, block_hidden={"utm": 4}, batch_size=1000, max_iter=1, device="cpu"
    )
    tracemalloc.start()
    classifier.fit(rows, y)
    classifier.predict(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 4 GB as an array; the entries are a third of a megabyte, copied a few times.
    assert peak < 40e6
    assert classifier._reader.sparse == [True, False]


def test_float32_and_memory_maps(tmp_path):
    expected = model().fit(X, BINARY)
    file = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=X.shape)
    file[:] = X
    file = np.memmap(tmp_path / "X", dtype=np.float64, mode="r", shape=X.shape)
    found = model().fit(file, BINARY)
    np.testing.assert_array_equal(found.predict_proba(file), expected.predict_proba(X))
    single = model().fit(X.astype(np.float32), BINARY)
    np.testing.assert_allclose(
        single.predict_proba(X.astype(np.float32)), expected.predict_proba(X), atol=1e-4
    )


def test_frames_by_name():
    names = [f"utm__{n}" for n in range(20)] + [f"what__{n}" for n in "abcd"]
    frame = pd.DataFrame(X, columns=names, index=range(500, 800))
    classifier = model("auto").fit(frame, BINARY)
    assert classifier.block_names_ == ["utm", "what"]
    np.testing.assert_array_equal(classifier.blocks_["what"], [20, 21, 22, 23])
    np.testing.assert_array_equal(
        classifier.predict_proba(frame), model().fit(X, BINARY).predict_proba(X)
    )
    with pytest.raises(ValueError, match="in the same order as they were in fit"):
        classifier.predict(frame[names[::-1]])
    by_name = {"what": ["what__*"], "utm": slice("utm__0", "utm__19")}
    assert model(by_name).fit(frame, BINARY).blocks_["what"].tolist() == [
        20,
        21,
        22,
        23,
    ]
    with pytest.raises(ValueError, match="Near names are 'what__a'"):
        model({"what": ["what_a"], "utm": "utm__*"}).fit(frame, BINARY)
    with pytest.raises(ValueError, match="X has 23 features, but"):
        model().fit(X, BINARY).predict(X[:, :23])


def test_in_a_pipeline():
    frame = pd.DataFrame(X[:, 20:], columns=list("abcd"))
    frame["zone"] = X[:, :20].argmax(axis=1)
    union = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["zone"]),
        (StandardScaler(), list("abcd")),
    )
    named = make_pipeline(
        clone(union).set_output(transform="pandas"), model("auto", scale=None)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        named.fit(frame, BINARY)
    assert named[-1].block_names_ == ["onehotencoder", "standardscaler"]
    union.set_params(onehotencoder__sparse_output=True, sparse_threshold=1.0).fit(frame)
    arrays = make_pipeline(union, model(blocks_of(union), scale=None))
    arrays.fit(frame, BINARY)
    assert arrays[-1].blocks_.keys() == named[-1].blocks_.keys()
    assert arrays[-1]._reader.sparse == [True, False]
    assert arrays.score(frame, BINARY) > 0.7
    proba = cross_val_predict(named, frame, CLASSES, cv=2, method="predict_proba")
    assert proba.shape == (300, 3)


# Rows that miss blocks ----------------------------------------------------------------


def test_nan_is_an_error_that_names_row_and_block():
    holes = X.copy()
    holes[7, 21] = np.nan
    words = r"NaN: row 7, block 'what' \(1 of 300 rows.*missing_block=\"mask\""
    classifier = model().fit(X, BINARY)
    for make in (np.asarray, sparse.csr_array):
        with pytest.raises(ValueError, match=words):
            model().fit(make(holes), BINARY)
        with pytest.raises(ValueError, match=words):
            classifier.predict(make(holes))
        with pytest.raises(ValueError, match=words):
            classifier.attention_weights(make(holes))
    holes[7, 21] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        model(missing_block="mask").fit(holes, BINARY)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_what_a_row_misses_does_not_matter(make, attention):
    rng = np.random.default_rng(0)
    holes = X.copy()
    utm, what = rng.uniform(size=(2, 300)) < 0.3
    what &= ~utm
    holes[utm, 0] = np.nan
    holes[what, 22] = np.nan
    classifier = model(missing_block="mask", attention=attention)
    classifier.fit(make(holes), BINARY)
    expected = classifier.predict_proba(make(holes))
    other = holes.copy()
    other[np.ix_(utm, range(1, 20))] = rng.normal(size=(utm.sum(), 19))
    other[np.ix_(what, [20, 21, 23])] = 1e3
    np.testing.assert_allclose(
        classifier.predict_proba(make(other)), expected, atol=1e-6
    )
    # In training neither: the same network is learnt.
    for scale in (None, "standard", "robust"):
        again = clone(classifier).set_params(scale=scale)
        first = clone(again).fit(make(holes), BINARY).predict_proba(make(holes))
        second = again.fit(make(other), BINARY).predict_proba(make(holes))
        np.testing.assert_allclose(second, first, atol=1e-5)
    weights = classifier.attention_weights(make(holes))
    np.testing.assert_array_equal(weights == 0.0, np.column_stack([utm, what]))
    if attention != "sample":
        whole = classifier.attention_weights(make(X)).sum(axis=1)
        np.testing.assert_allclose(weights.sum(axis=1), whole, rtol=1e-5)


def test_a_block_that_is_missing_as_a_whole():
    classifier = model(missing_block="mask", max_iter=15).fit(X, BINARY)
    for name, columns in classifier.blocks_.items():
        holes = X.copy()
        holes[:, columns] = np.nan
        for make in (np.asarray, sparse.csr_array):
            proba = classifier.predict_proba(make(holes))
            assert np.isfinite(proba).all()
            # What is left still says something.
            assert ((proba[:, 1] > 0.5) == BINARY).mean() > 0.6, name
        found = model(missing_block="mask").fit(holes, BINARY)
        assert np.isfinite(found.predict_proba(X)).all()
        alpha = found.attention_weights(holes)[:, found.block_names_.index(name)]
        np.testing.assert_array_equal(alpha, 0.0)
    with pytest.raises(ValueError, match=r"row 0: NaN in every block .*300 such rows"):
        classifier.predict(np.full_like(X, np.nan))


# A good citizen -----------------------------------------------------------------------


def test_rows_are_independent(fitted):
    classifier, _ = fitted
    whole = classifier.predict_proba(X)
    for row in (0, 17, 299):
        alone = classifier.predict_proba(X[row : row + 1])
        np.testing.assert_allclose(alone[0], whole[row], atol=1e-6)
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_allclose(classifier.predict_proba(X[order]), whole[order], 1e-5)
    with config_context(working_memory=0.01):
        np.testing.assert_allclose(classifier.predict_proba(X), whole, atol=1e-6)
    sparse_whole = classifier.predict_proba(sparse.csr_array(X))
    np.testing.assert_allclose(sparse_whole, whole, atol=1e-6)


def test_no_rows_and_one_row(fitted):
    classifier, y = fitted
    for method in (
        "predict",
        "predict_proba",
        "decision_function",
        "attention_weights",
    ):
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            getattr(classifier, method)(X[:0])
        assert len(getattr(classifier, method)(X[:1])) == 1
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        model().fit(X[:0], y[:0])
    if y.ndim == 2:  # one row says nothing of classes, but may have labels
        alone = model().fit(X[:1], [[1, 1, 1]])
        assert np.isfinite(alone.predict_proba(X)).all()


def test_pickle_clone_and_the_same_numbers(fitted):
    classifier, y = fitted
    expected = classifier.predict_proba(X)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    assert again.attention_ == classifier.attention_
    with pytest.raises(NotFittedError):
        clone(classifier).predict(X)
    before = torch.get_rng_state()
    np.testing.assert_array_equal(
        clone(classifier).fit(X, y).predict_proba(X), expected
    )
    assert torch.equal(before, torch.get_rng_state())
    other = clone(classifier).set_params(random_state=1).fit(X, y)
    assert np.abs(other.predict_proba(X) - expected).max() > 1e-3


def test_search_is_the_same_with_any_number_of_jobs():
    grid = {"attention": ["type", None], "blocks": [BLOCKS, None]}
    scores = []
    for n_jobs in (1, 2):
        search = GridSearchCV(model(max_iter=2), grid, cv=2, n_jobs=n_jobs)
        # Threads start faster than processes, and share more that could be mixed up.
        with parallel_config(backend="threading"):
            search.fit(X, BINARY)
        scores.append(search.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(*scores)


def test_progress_is_silent_unless_asked_for(capsys):
    model(max_iter=2).fit(X, BINARY)
    assert capsys.readouterr().out == ""
    model(max_iter=2, verbose=1).fit(X, BINARY)
    assert capsys.readouterr().out.count("Epoch") == 2


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"block_hidden": {"utn": 3}}, "block_hidden names 'utn', but the blocks are"),
        ({"block_hidden": {"utm": 0}}, r"block_hidden\['utm'\] must be a whole number"),
        (
            {"block_hidden": {"utm": 2.5}},
            r"block_hidden\['utm'\] must be a whole number",
        ),
        (
            {"aux_weight": {"tag": 1}},
            "aux_weight names 'tag', but the blocks are 'utm'",
        ),
        ({"aux_weight": {"utm": -1}}, "aux_weight must have numbers.*not negative"),
        ({"aux_weight": {"utm": "x"}}, "aux_weight must have numbers"),
        ({"aux_weight": {"utm": np.nan}}, "aux_weight must have numbers"),
        ({"attention": "softmax"}, "The 'attention' parameter"),
        ({"missing_block": "drop"}, "The 'missing_block' parameter"),
        ({"scale": "minmax"}, "The 'scale' parameter"),
        ({"dropout": 1.0}, "The 'dropout' parameter"),
        ({"hidden": 0}, "The 'hidden' parameter"),
        ({"class_weight": {5: 1.0}}, "class_weight names 5, but the classes are 0, 1"),
        (
            {"early_stopping": True, "validation_fraction": 0.999},
            "leaves none to learn",
        ),
    ],
)
def test_words_about_parameters(params, words):
    with pytest.raises(ValueError, match=words):
        model(**params).fit(X, BINARY)


def test_steps_that_are_too_long_say_so():
    with pytest.raises(ValueError, match="Lower learning_rate_init"):
        model(learning_rate_init=1e18, solver="sgd", scale=None).fit(X * 1e9, BINARY)


def _checks():
    settings = {"hidden": 16, "max_iter": 6, "n_iter_no_change": None}
    settings |= {"learning_rate_init": 0.05, "random_state": 0, "device": "cpu"}
    settings |= {"batch_size": 32}
    masks = {"missing_block": "mask", "attention": "sample"}

    def one():
        return AttentionFusionClassifier(None, **settings)

    def two():
        return AttentionFusionClassifier(TWO_BLOCKS, **settings, **masks)

    yield from checks_of(one, {})
    yield from checks_of(two, {**FAILURES_OF_TWO_BLOCKS, **FAILURES_OF_MASKS})


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_and_documented():
    name = "AttentionFusionClassifier"
    check_param_validation(name, AttentionFusionClassifier(None))
    check_dataframe_column_names_consistency(name, model(None))
    assert OTHER_INPUT[name] == "tests.fusion.test_classifier"
    assert issubclass(AttentionFusionClassifier, FusionBase)
    for parameter in AttentionFusionClassifier().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(AttentionFusionClassifier)


# Scores -------------------------------------------------------------------------------


def test_scores_are_accuracies_whatever_holds_the_classes():
    classes = np.array(["a", "b", "c"])[CLASSES].astype(object)
    one = model(max_iter=3).fit(X, classes)
    right = one.predict(X) == classes
    weights = np.arange(len(X)) % 3.0
    for dress in (np.asarray, list, pd.Series, pl.Series):
        assert one.score(X, dress(classes)) == right.mean()
        found = one.score(X, dress(classes), sample_weight=1e300 * weights)
        assert found == pytest.approx(np.average(right, weights=weights))
    unseen = classes.copy()
    unseen[0] = "d"  # a class that fit has not seen is an error of the model
    right[0] = False
    assert one.score(X, unseen) == right.mean()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, r"y, row 5: the class is missing \(None\)"),
        (pd.NA, r"y has a missing value \(pandas\.NA\)"),
        (7, "y holds things that have no order among them: '<' not supported"),
    ],
)
def test_rows_without_a_class_have_no_score(value, said):
    classes = np.array(["a", "b", "c"])[CLASSES].astype(object)
    one = model(max_iter=1).fit(X, classes)
    classes[5] = value
    with pytest.raises((TypeError, ValueError), match=said):
        one.score(X, classes)


@pytest.mark.parametrize("dress", [list, pd.Series, pl.Series])
def test_lists_of_labels_are_told_what_they_have_to_be(dress):
    rows = dress([["a"], ["b"]] * (len(X) // 2))
    with pytest.raises(ValueError, match=r"list of labels a row, such as \['a'\]"):
        model().fit(X, rows)


def test_large_integers_are_classes_in_whatever_holds_them():
    y = 2**53 + BINARY  # of floats all are one
    one = model(max_iter=3).fit(X, y)
    accuracy = np.mean(one.predict(X) == y)
    assert 0.5 < accuracy < 1.0
    worth = one.block_importance(X, y)
    for dress in ("Int64", object):
        column = pd.Series(y, dtype=dress)
        assert one.score(X, column) == accuracy
        assert one.block_importance(X, column) == worth


def test_labels_in_another_order_have_no_score():
    frame = pd.DataFrame(LABELS, columns=["a", "b", "c"])
    one = model(max_iter=2).fit(X, frame)
    assert one.score(X, frame) == one.score(X, LABELS)
    for ask in (one.score, one.block_importance):
        with pytest.raises(ValueError, match="columns of y have other names"):
            ask(X, frame[["c", "b", "a"]])


def test_labels_are_scored_as_they_were_learnt(fitted):
    one, y = fitted
    if not one._labels.is_multilabel:
        with pytest.raises(TypeError, match=r"classes are dense: pass y\.toarray"):
            one.score(X, sparse.csr_array(np.eye(3)[CLASSES]))
        return
    assert one.score(X, y) == (one.predict(X) == y).all(axis=1).mean()
    assert one.score(X, sparse.csr_array(y)) == one.score(X, y)
    with pytest.raises(ValueError, match="y must be a 0/1 indicator of the"):
        one.score(X, y[:, :-1])
    for make in (np.asarray, sparse.csr_array):
        for ask in (one.score, one.block_importance):
            with pytest.raises(
                ValueError, match=r"indicator of labels, 0 or 1.*holds 2"
            ):
                ask(X, make(2 * y))


def test_entries_of_sparse_labels_are_added_up():
    once = sparse.csr_array(LABELS.astype(float))

    def parts(*values):
        data = np.tile(values, once.nnz)
        indices = np.repeat(once.indices, len(values))
        indptr = once.indptr * len(values)
        return sparse.csr_array((data, indices, indptr), shape=once.shape)

    plain = model(class_weight="balanced", max_iter=2)
    wanted = clone(plain).fit(X, LABELS)
    for y in (parts(0.5, 0.5), parts(1.0, 0.0), parts(2.0, -1.0)):
        found = clone(plain).fit(X, y)
        np.testing.assert_array_equal(found.predict_proba(X), wanted.predict_proba(X))
        assert found.score(X, y) == wanted.score(X, LABELS)
        assert found.block_importance(X, y) == wanted.block_importance(X, LABELS)
    for ask in (clone(plain).fit, wanted.score):
        with pytest.raises(ValueError, match=r"y .*0 or 1; it holds 2\.0"):
            ask(X, parts(1.0, 1.0))


# On an accelerator --------------------------------------------------------------------


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA device.")
@pytest.mark.parametrize(
    "make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"]
)
@pytest.mark.parametrize("attention", ["type", "sample", None])
def test_learns_what_the_processor_learns(make, attention):
    holes = X.copy()
    holes[::7, 22] = np.nan
    found = [
        model(
            attention=attention,
            missing_block="mask",
            device=device,
            dropout=0.0,
            mixed_precision=False,
        ).fit(make(holes), CLASSES)
        for device in ("cpu", "cuda")
    ]
    assert found[1].net_.module_.main.weight.device.type == "cuda"
    np.testing.assert_allclose(
        found[1].predict_proba(make(holes)),
        found[0].predict_proba(make(holes)),
        atol=5e-3,
    )
    weights = [each.attention_weights(make(holes)) for each in found]
    np.testing.assert_allclose(*weights, atol=5e-3)
    np.testing.assert_allclose(*(each.history_["train_loss"] for each in found), 1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA device.")
@pytest.mark.parametrize(
    "make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"]
)
def test_half_precision_pickles_and_calibrates_on_an_accelerator(make, tmp_path):
    rows = make(X)
    classifier = model(device="cuda", max_iter=15, calibrate=True).fit(rows, LABELS)
    assert (classifier.predict(rows) == LABELS).mean() > 0.85
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_allclose(
        again.predict_proba(rows), classifier.predict_proba(rows), atol=1e-6
    )
    importance = classifier.block_importance(rows, LABELS)
    assert min(importance.values()) > 0.05
    classifier.save_pretrained(tmp_path)
    third = AttentionFusionClassifier.from_pretrained(tmp_path)
    np.testing.assert_allclose(
        third.predict_proba(rows), classifier.predict_proba(rows), atol=1e-6
    )
    for _, (outputs,) in net_outputs(classifier.net_, X[:3]):
        assert outputs.shape == (3, 3)


def test_a_second_fit_that_fails_leaves_the_first():
    classifier = model(max_iter=1).fit(X, CLASSES)
    before = classifier.predict_proba(X)
    classifier.set_params(class_weight={7: 2.0}, blocks={"all": slice(0, 10)})
    with pytest.raises(ValueError, match="class_weight names 7"):
        classifier.fit(X[:, :10], BINARY)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    np.testing.assert_array_equal(classifier.classes_, [0, 1, 2])
