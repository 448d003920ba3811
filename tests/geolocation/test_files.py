# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.nets import Store, write_block
from sklearn_geo.partition import KMeansPartition, S2Partition, TrianglePartition


def _photos(n_photos=200):
    rng = np.random.default_rng(0)
    places = np.column_stack(
        [rng.uniform(-60, 60, n_photos), rng.uniform(-180, 180, n_photos)]
    )
    return places + rng.normal(size=places.shape), places


def _model(partitions, **params):
    settings = {"max_iter": 2, "random_state": 0, "device": "cpu"}
    return HierarchicalCellClassifier(partitions, **{**settings, **params})


LEVELS = [S2Partition(60, 2), S2Partition(20, 2)]
TRIANGLES = [TrianglePartition(n, 1, uncovered="nearest") for n in (9, 1)]


@pytest.mark.parametrize(
    ("partitions", "params"),
    [
        (LEVELS, {}),
        (LEVELS, {"combine": "tree_sum", "hidden": (5,), "smoothing_km": 500.0}),
        (TRIANGLES, {"combine": "finest"}),
        (KMeansPartition(7, random_state=0), {"calibration_fraction": None}),
    ],
)
def test_what_is_read_predicts_as_what_was_written(partitions, params, tmp_path):
    X, places = _photos()
    X = pd.DataFrame(X, columns=["a", "b"])
    scenes = np.where(places[:, 0] > 0, "north", "south")
    model = _model(partitions, **params).fit(X, places, scenes=scenes)
    model.save_pretrained(tmp_path / "model")
    again = HierarchicalCellClassifier.from_pretrained(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.history_.tobytes() == model.history_.tobytes()
    np.testing.assert_array_equal(again.left_out_, model.left_out_)
    np.testing.assert_array_equal(again.cells_, model.cells_)
    np.testing.assert_array_equal(
        again.predict_scene_proba(X), model.predict_scene_proba(X)
    )
    assert again.scenes_.tolist() == ["north", "south"]
    if model.calibration_fraction is not None:
        np.testing.assert_array_equal(
            again.predict_region(X, 0.5).toarray(),
            model.predict_region(X, 0.5).toarray(),
        )
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(X[["b", "a"]])
    again.save_pretrained(tmp_path / "again")  # partitions are frozen now
    twice = HierarchicalCellClassifier.from_pretrained(tmp_path / "again")
    np.testing.assert_array_equal(twice.predict_proba(X), model.predict_proba(X))
    again.fit(X, places)  # the cells are frozen, the network is new


def test_training_goes_on(tmp_path):
    X, places = _photos()
    X = sparse.csr_array(X)
    model = _model(LEVELS, warm_start=True).fit(X, places)
    model.save_pretrained(tmp_path)
    again = HierarchicalCellClassifier.from_pretrained(tmp_path).fit(X, places)
    assert again.n_iter_ == 4
    assert again.history_["train_loss"][-1] < model.history_["train_loss"][-1]


@pytest.fixture
def manifest(tmp_path):
    X, places = _photos()
    _model(LEVELS).fit(X, places).save_pretrained(tmp_path)
    return tmp_path / "manifest.json"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(kind="Teapot"), "holds a Teapot"),
        (lambda m: m["content"]["params"].update(teapot=1), "was changed.*teapot"),
        (
            lambda m: m["content"]["params"].update(combine="sum"),
            "was changed.*combine",
        ),
        (lambda m: m["content"].pop("seed"), "incomplete or was changed.*seed"),
        (lambda m: m["content"].update(partitions=["x"]), "the partition None is none"),
        (
            lambda m: m["content"]["partitions"][0].update({"class": "os.system"}),
            "the partition 'os.system' is none of",
        ),
        (lambda m: m["content"].update(n_features=3), "weights of another network"),
        (
            lambda m: m["content"]["partitions"].reverse(),
            "names no cells|has the shape",
        ),
        (lambda m: m["content"].update(seed=2**70), "seed is 1180.* no count"),
        (lambda m: m["content"].update(n_features="x"), "n_features is 'x'"),
        (lambda m: m["content"].update(feature_names=["a"]), "not one name for each"),
        (lambda m: m["content"].update(feature_names=["a", []]), "not one name for"),
        (lambda m: m["content"]["params"].update(hidden=["x"]), "was changed"),
        # Wider than any memory: nothing is made as wide as that.
        (lambda m: m["content"]["params"].update(hidden=[10**6, 10**7]), "another n"),
        (lambda m: m["content"]["params"].update(hidden=[10**15]), "was changed"),
    ],
)
def test_words_about_changed_folders(manifest, change, words):
    content = json.loads(manifest.read_text())
    change(content)
    manifest.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=words) as caught:
        HierarchicalCellClassifier.from_pretrained(manifest.parent)
    assert str(manifest.parent) in str(caught.value)


@pytest.mark.parametrize(
    ("block", "name", "change", "words"),
    [
        ("network", "heads.bias", lambda a: a * np.nan, "heads.bias hold numbers that"),
        ("network", "heads.bias", lambda a: a + np.inf, "heads.bias hold numbers that"),
        ("tables", "cell_places_", lambda a: a * np.nan, "cell_places_"),
        ("tables", "cell_places_", lambda a: a + 1000, "cell_places_"),
        ("tables", "parent_0", lambda a: a + 1000, "parent_0 names no cells"),
        ("tables", "history_epoch", lambda a: a[:0], "the history is no table"),
        ("tables", "history_best", lambda a: a[0], "the history is no table"),
        ("tables", "history_n_rows", lambda a: a * 0.5, "the history is no table"),
    ],
)
def test_words_about_changed_arrays(manifest, block, name, change, words):
    # As somebody could write them, with all checksums as they should be.
    folder = manifest.parent
    content = json.loads(manifest.read_text())
    arrays = Store(folder).load(block)
    arrays[name] = change(arrays[name])
    content["blocks"][block] = write_block(folder, block, arrays)
    manifest.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"was changed: .*{words}") as caught:
        HierarchicalCellClassifier.from_pretrained(folder)
    assert str(folder) in str(caught.value)


def test_damaged_and_missing_files(manifest):
    (file,) = manifest.parent.glob("network-*.safetensors")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match="damaged or was exchanged"):
        HierarchicalCellClassifier.from_pretrained(manifest.parent)
    manifest.unlink()
    with pytest.raises(ValueError, match="is no store"):
        HierarchicalCellClassifier.from_pretrained(manifest.parent)
