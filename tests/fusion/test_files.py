# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted fusions as folders: what is read is what was written, or an error."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_geo.fusion import AttentionFusionClassifier, AttentionFusionRegressor
from sklearn_geo.nets import Store, write_store

rng = np.random.default_rng(0)
X = np.hstack([rng.normal(size=(90, 3)), np.eye(8)[rng.integers(8, size=90)]])
CLASS = X[:, :3].argmax(axis=1)
BLOCKS = {"utm": slice(3, 11), "what": [2, 0, 1]}


def fit(X=X, y=CLASS, *, cls=AttentionFusionClassifier, blocks=BLOCKS, **params):
    settings = {"hidden": 6, "max_iter": 3, "random_state": 0, "device": "cpu"}
    settings |= {"batch_size": 32}
    return cls(blocks, **{**settings, **params}).fit(X, y)


def same(model, again, X=X):
    """Assert that a model says of X what another one says."""
    names = ("predict", "predict_proba", "decision_function", "attention_weights")
    for name in names:
        if hasattr(model, name):
            found, expected = getattr(again, name)(X), getattr(model, name)(X)
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype or expected.dtype.kind in "UO"
    assert again.attention_ == model.attention_
    assert list(again.blocks_) == again.block_names_ == model.block_names_
    for name, columns in model.blocks_.items():
        np.testing.assert_array_equal(again.blocks_[name], columns)
    assert again.history_.tobytes() == model.history_.tobytes()
    assert (again.n_iter_, again.n_features_in_) == (3, X.shape[1])
    params, wanted = again.get_params(), model.get_params()
    for name in set(params) - {"blocks", "random_state"}:
        assert params[name] == wanted[name], name


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"attention": "sample", "scale": "standard", "calibrate": True},
        {"attention": None, "scale": None, "block_hidden": {"what": np.int64(3)}},
        {"aux_weight": {"utm": 0.5}, "class_weight": "balanced", "dropout": 0.0},
        {"aux_weight": 0, "class_weight": {0: 2, np.int64(1): 0.5}, "solver": "sgd"},
        {"blocks": None, "early_stopping": True},
    ],
)
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_what_is_read_predicts_as_what_was_written(params, make, tmp_path):
    rows = make(X)
    model = fit(rows, **params)
    model.save_pretrained(tmp_path / "model")
    again = AttentionFusionClassifier.from_pretrained(tmp_path / "model")
    same(model, again, rows)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.save_pretrained(tmp_path / "again")
    third = AttentionFusionClassifier.from_pretrained(tmp_path / "again")
    same(model, third, rows)
    importance = third.block_importance(rows, CLASS)
    assert importance == model.block_importance(rows, CLASS)
    # It fits anew as the saved one would.
    found = clone(third).set_params(random_state=0).fit(rows, CLASS)
    np.testing.assert_array_equal(found.predict(rows), model.predict(rows))


@pytest.mark.parametrize(
    "classes",
    [
        np.array([30, 10, 20]),
        np.array([3, 1, 2], dtype=np.uint8),
        np.array([1.0, 0.0, 2.0], dtype=np.float32),
        np.array(["sea", "Zürich", "a b"]),
        np.array(["sea", "hill", "town"], dtype=object),
        np.array([True, False]),
        np.array(["yes", "no"]),
    ],
)
def test_classes_keep_their_types(classes, tmp_path):
    y = classes[CLASS % len(classes)]
    model = fit(y=y)
    model.save_pretrained(tmp_path)
    again = AttentionFusionClassifier.from_pretrained(tmp_path)
    same(model, again)
    assert again.classes_.dtype.kind == model.classes_.dtype.kind or (
        model.classes_.dtype == object
    )
    assert again.classes_.tolist() == model.classes_.tolist()
    assert again.label_names_ == model.label_names_
    assert again.score(X, y) == model.score(X, y)


def test_labels_and_names_of_columns(tmp_path):
    frame = pd.DataFrame(X, columns=[f"a__{n}" for n in range(3)] + list("bcdefghi"))
    frame.columns = [name if "__" in name else f"utm__{name}" for name in frame]
    y = pd.DataFrame(np.eye(3, dtype=int)[CLASS], columns=["food", "shop", "hôtel"])
    weights = [{1: 2.0}, {}, {0: 0.5, 1: 3}]
    model = fit(frame, y, blocks="auto", class_weight=weights, calibrate=True)
    model.save_pretrained(tmp_path)
    again = AttentionFusionClassifier.from_pretrained(tmp_path)
    same(model, again, frame)
    assert again.label_names_ == ["food", "shop", "hôtel"]
    assert again.blocks == "auto"
    np.testing.assert_array_equal(again.feature_names_in_, frame.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(frame[frame.columns[::-1]])
    found = clone(again).set_params(random_state=0).fit(frame, y)
    np.testing.assert_array_equal(found.predict(frame), model.predict(frame))


@pytest.mark.parametrize("flat", [True, False])
def test_regressors(flat, tmp_path):
    y = X[:, 0] * 50 + 7 if flat else X[:, :2] * [1, 1e3]
    model = fit(y=y, cls=AttentionFusionRegressor)
    model.save_pretrained(tmp_path)
    again = AttentionFusionRegressor.from_pretrained(tmp_path)
    same(model, again)
    assert again.predict(X).shape == y.shape
    with pytest.raises(ValueError, match="AttentionFusionRegressor, not a Attention"):
        AttentionFusionClassifier.from_pretrained(tmp_path)


def test_rows_that_miss_blocks(tmp_path):
    holes = X.copy()
    holes[::2, 5] = holes[1::2, 0] = np.nan
    for make in (np.asarray, sparse.csr_array):
        model = fit(make(holes), missing_block="mask")
        model.save_pretrained(tmp_path)
        again = AttentionFusionClassifier.from_pretrained(tmp_path)
        same(model, again, make(holes))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_training_goes_on(make, tmp_path):
    rows = make(X)
    params = {"warm_start": True, "class_weight": "balanced", "dropout": 0.0}
    model = fit(rows, solver="sgd", momentum=0.0, learning_rate_init=0.1, **params)
    model.save_pretrained(tmp_path)
    again = AttentionFusionClassifier.from_pretrained(tmp_path)
    again.fit(rows, CLASS)
    assert again.n_iter_ == 6
    # SGD remembers nothing, so it is as if there had been no pause.
    model.fit(rows, CLASS)
    np.testing.assert_allclose(
        again.predict_proba(rows), model.predict_proba(rows), rtol=1e-5
    )
    with pytest.raises(ValueError, match="y has other classes than before"):
        again.fit(rows, CLASS + 1)


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        AttentionFusionClassifier().save_pretrained(tmp_path)
    model = fit().set_params(attention=None)
    with pytest.raises(ValueError, match=r"attention is None, and was 'type'.*again"):
        model.save_pretrained(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "newton"},
        {"validation_fraction": 2.0},
        {"early_stopping": 7},
        {"aux_weight": "much"},
        {"blocks": {"what": slice(0, 3), "utm": slice(3, 11)}},
        {"blocks": None},
        {"blocks": {"what": [0, 99]}},
    ],
    ids=str,
)
def test_what_could_not_be_read_again_is_not_saved(params, tmp_path):
    model = fit()
    model.save_pretrained(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    model.set_params(**params)
    with (
        config_context(skip_parameter_validation=True),
        pytest.raises(ValueError, match=next(iter(params))),
    ):
        model.save_pretrained(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize(
    "blocks",
    [{"utm": range(3, 11), "what": np.array([2, 0, 1])}, {**BLOCKS}],
    ids=["other words", "a copy"],
)
def test_blocks_that_are_the_same_are_saved(blocks, tmp_path):
    model = fit().set_params(blocks=blocks)
    model.save_pretrained(tmp_path)
    same(model, type(model).from_pretrained(tmp_path))


def test_one_block_is_saved_without_a_word(tmp_path):
    with pytest.warns(UserWarning, match="found no blocks"):
        model = fit(blocks="auto")
    model.save_pretrained(tmp_path)


# Folders that are not what was written ------------------------------------------------


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "classifier"
    model = fit(
        pd.DataFrame(X, columns=list("abcdefghijk")),
        class_weight={0: 2.0},
        calibrate=True,
    )
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "regressor"
    fit(sparse.csr_array(X), X[:, 0], cls=AttentionFusionRegressor).save_pretrained(
        folder
    )
    return folder


def changed(folder, target, change, tables=None, network=None):
    """Write a store anew, with right checksums, after some changes."""
    store = Store(folder)
    content = json.loads(json.dumps(store.content))
    blocks = {name: store.load(name) for name in store.names}
    if change is not None:
        change(content)
    if tables is not None:
        tables(blocks["tables"])
    if network is not None:
        network(blocks["network"])
    write_store(target, store.kind, content, blocks)
    return target


def _set(*path, to):
    def change(content):
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = to

    return change


def _drop(*path):
    def change(content):
        for name in path[:-1]:
            content = content[name]
        del content[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_drop("params"), "it lacks 'params'"),
        (_set("params", to=[1]), "params is no mapping"),
        (_set("params", "teapot", to=1), "teapot"),
        (_set("params", "hidden", to=0), "'hidden' parameter"),
        (
            _set("params", "hidden", to=10**15),
            "sub-network of 'what' has the shape",
        ),
        (_set("params", "attention", to="lots"), "'attention' parameter"),
        (_set("params", "attention", to=None), "weights of another network"),
        (_set("params", "scale", to=None), "weights of another network"),
        (_set("params", "aux_weight", to=0.0), "weights of another network"),
        (
            _set("params", "aux_weight", to={"pairs": [["utm", -1]]}),
            "not negative; got",
        ),
        (_set("params", "aux_weight", to={"pairs": [[[], 1]]}), "unhashable"),
        (_set("params", "aux_weight", to={"pears": []}), "it lacks 'pairs'"),
        (
            _set("params", "block_hidden", to={"pairs": [["x", 1]]}),
            "names 'x', but",
        ),
        (_set("params", "device", to=3), "device is no name"),
        (_set("params", "blocks", to="os.system"), "blocks is of no kind"),
        (_set("params", "class_weight", to="heavy"), "'class_weight' parameter"),
        (_set("params", "max_iter", to="many"), "'max_iter' parameter"),
        (_drop("block_names"), "it lacks 'block_names'"),
        (_set("block_names", to=["utm", "utm"]), "block_names are not one each"),
        (_set("block_names", to=["utm", 7]), "block_names is no list of names"),
        (_set("block_names", to=["utm"]), "sparse_blocks is of other blocks"),
        (_set("block_names", to=[]), "block_names are not one each"),
        (_set("block_names", to=["what", "utm"]), "the sub-network of 'what' has"),
        (_set("block_names", to=["utm", "b", "c"]), "sparse_blocks is of other"),
        (_set("sparse_blocks", to=[0, 1]), "sparse_blocks is of other"),
        (_set("sparse_blocks", to=[True, False]), "it lacks 'factors_0'"),
        (_set("attention", to=[0.5]), "attention is not 2 numbers"),
        (_set("attention", to=["a", "b"]), "attention is not 2 numbers"),
        (_set("attention", to=[0.5, -0.5]), "attention holds no weights"),
        (_set("feature_names", to=list("abc")), "feature_names are of other columns"),
        (_set("feature_names", to=3), "feature_names is no list"),
        (_drop("feature_names"), "it lacks 'feature_names'"),
        (_set("seed", to=-1), "seed is none"),
        (_set("seed", to=2**70), "seed is none"),
        (_set("seed", to=1.5), "seed is none"),
        (_drop("seed"), "it lacks 'seed'"),
        (_set("sparse", to=1), "sparse is neither true nor false"),
        (_drop("labels"), "it lacks 'labels'"),
        (_set("labels", to=[]), "was changed"),
        (_set("labels", "is_multilabel", to="yes"), "is_multilabel is neither"),
        (_set("labels", "names", to=["a"]), "names of labels are of other labels"),
        (_set("labels", "names", to=[1, 2, 3]), "names of labels is no list"),
        (_set("labels", "type", to="O"), "classes are of the type 'O'"),
        (_set("labels", "type", to="U999999999"), "classes are of the type"),
        (_set("labels", "type", to="bool"), "classes are not of the type bool"),
        (_set("labels", "type", to="text"), "classes is no list of names"),
        (_set("labels", "type", to="int8"), None),
        (_set("labels", "classes", to=[0, 2, 1]), "classes are not in order"),
        (_set("labels", "classes", to=[0, 1, 1]), "classes are not in order"),
        (_set("labels", "classes", to=[0, 1]), "names of labels are of other labels"),
        (_set("labels", "classes", to=[0, 1, 10**30]), "was changed"),
    ],
)
def test_words_about_changed_manifests(stored, change, words, tmp_path):
    folder = changed(stored, tmp_path / "changed", change)
    if words is None:  # another type of the same numbers is no damage
        assert AttentionFusionClassifier.from_pretrained(folder).classes_.dtype == "i1"
        return
    with pytest.raises(ValueError, match=words) as raised:
        AttentionFusionClassifier.from_pretrained(folder)
    assert str(raised.value).startswith(f"{folder} is incomplete or was changed: ")
    assert "write it again with save_pretrained" in str(raised.value)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (_drop("columns_1"), "it lacks 'columns_1'"),
        (_set("columns_0", to=np.arange(8)), "the blocks are not all of X"),
        (_set("columns_0", to=np.arange(3.5, 11)), "the blocks are not all of X"),
        (
            _set("calibration_slope", to=-np.ones(3)),
            "slope is not positive",
        ),
        (
            _set("calibration_slope", to=np.ones(2)),
            "slope is not 3 numbers",
        ),
        (
            _set("calibration_shift", to=np.full(3, np.nan)),
            "shift is not 3 numbers",
        ),
        (_drop("calibration_shift"), "it lacks 'calibration_shift'"),
        (_set("balance", to=np.ones(2)), "balance is of other labels"),
        (_set("balance", to=-np.ones(3)), "balance is of other labels"),
        (_drop("history_epoch"), "it lacks 'history_epoch'"),
        (_set("history_epoch", to=np.ones(7, int)), "the history is no table"),
        (_set("history_epoch", to=np.ones((3, 3))), "the history is no table"),
    ],
)
def test_words_about_changed_tables(stored, tables, words, tmp_path):
    folder = changed(stored, tmp_path / "changed", None, tables)
    with pytest.raises(ValueError, match=rf"was changed: .*({words})"):
        AttentionFusionClassifier.from_pretrained(folder)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (_drop("main.bias"), "weights of another network: missing"),
        (_set("trojan", to=np.ones(2, "f4")), "unknown .'trojan'"),
        (_drop("layers.0.weight"), "it lacks 'layers.0.weight'"),
        (_set("layers.0.weight", to=np.ones((8, 9), "f4")), "sub-network of 'utm' has"),
        (_set("main.weight", to=np.ones((3, 3), "f4")), "the main head has"),
        (_set("main.bias", to=np.full(3, np.nan, "f4")), "main.bias holds what is no"),
        (_set("main.bias", to=np.ones(3, "f8")), "main.bias holds what is no finite"),
        (_set("of_type", to=np.ones(3, "f4")), "of_type has shape"),
    ],
)
def test_words_about_changed_networks(stored, network, words, tmp_path):
    folder = changed(stored, tmp_path / "changed", None, network=network)
    with pytest.raises(ValueError, match=rf"was changed: .*({words})"):
        AttentionFusionClassifier.from_pretrained(folder)


@pytest.mark.parametrize(
    ("change", "tables", "words"),
    [
        (_drop("is_flat"), None, "it lacks 'is_flat'"),
        (_set("is_flat", to=None), None, "is_flat is neither true nor false"),
        (None, _set("center", to=np.ones(2)), "spread is not 2 numbers"),
        (None, _set("spread", to=np.zeros(1)), "spread is not positive"),
        (None, _set("center", to=np.array([np.inf])), "center is not 1 numbers"),
        (None, _set("spread", to=np.array([1e300])), "numbers as 1e.300"),
        (None, _set("factors_0", to=np.ones(3)), "factors_0 is not 8 numbers"),
        (None, _drop("factors_0"), "it lacks 'factors_0'"),
        (_set("sparse_blocks", to=[False, False]), None, "weights of another network"),
        (_set("params", "calibrate", to=True), None, "calibrate"),
        (_set("y_names", to=["a", "b"]), None, "y_names are of other y"),
        (_set("y_names", to=[1]), None, "y_names is no list of names"),
        (_set("y_names", to="a"), None, "y_names is no list of names"),
    ],
)
def test_words_about_changed_regressors(numbers, change, tables, words, tmp_path):
    folder = changed(numbers, tmp_path / "changed", change, tables)
    with pytest.raises(ValueError, match=rf"was changed: .*{words}"):
        AttentionFusionRegressor.from_pretrained(folder)


def test_columns_of_y_keep_their_names(tmp_path):
    y = pd.DataFrame(X[:, :2] * [1, 1e3], columns=["price", "size"])
    fit(y=y, cls=AttentionFusionRegressor).save_pretrained(tmp_path / "named")
    read = AttentionFusionRegressor.from_pretrained
    again = read(tmp_path / "named").set_params(warm_start=True)
    with pytest.raises(ValueError, match="names than before: 'size' where 'price' was"):
        again.fit(X, y[["size", "price"]])
    assert again.fit(X, y).n_iter_ == 6
    # A folder of before has no names, and takes any.
    old = changed(tmp_path / "named", tmp_path / "old", _drop("y_names"))
    again = read(old).set_params(warm_start=True).fit(X, y[["size", "price"]])
    with pytest.raises(ValueError, match="names than before: 'price' where 'size' was"):
        again.fit(X, y)


def test_damaged_and_missing_files(stored, tmp_path):
    folder = shutil.copytree(stored, tmp_path / "copy")
    assert AttentionFusionClassifier.from_pretrained(folder).predict(
        pd.DataFrame(X, columns=list("abcdefghijk"))
    ).shape == (90,)
    (file,) = folder.glob("network-*.safetensors")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match="damaged or was exchanged"):
        AttentionFusionClassifier.from_pretrained(folder)
    file.unlink()
    with pytest.raises(ValueError, match="lacks its file network-"):
        AttentionFusionClassifier.from_pretrained(folder)
    (folder / "manifest.json").write_text('{"format": "pickle"}')
    with pytest.raises(ValueError, match="the manifest of something else"):
        AttentionFusionClassifier.from_pretrained(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(ValueError, match="is no store"):
        AttentionFusionClassifier.from_pretrained(folder)


def test_nothing_in_a_folder_is_a_pickle(stored):
    names = {path.suffix for path in stored.iterdir()}
    assert names == {".json", ".safetensors"}
