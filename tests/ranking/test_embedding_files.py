# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_geo.nets import Store, write_store
from sklearn_geo.ranking import HashtagEmbedding
from tests.ranking.tagged_photos import subjects

X, Y, _ = subjects(120)
NAMES = [f"tag {n}" for n in range(15)]
WORDS = np.repeat(np.eye(5, 6), 3, axis=0)
WORDS[4] = 0
KINDS = {
    "mcc": {},
    "named": {"tag_names": NAMES, "omit_tags": {"tag 3", "nowhere", 7}},
    "sampled": {"n_sampled_tags": 4, "targets": "random", "hidden_layer_sizes": (5,)},
    "plain": {"use_bias": False, "scale": None, "normalize": False},
    "balanced": {"supervision": "mlc", "class_weight": "balanced", "threshold": 0.5},
    "focal": {"supervision": "mlc", "class_weight": "focal"},
    "her": {"supervision": "her", "word_vectors": WORDS},
}


def model(**params):
    settings = {"n_components": 6, "max_iter": 2, "device": "cpu", "random_state": 0}
    return HashtagEmbedding(**{**settings, **params})


@pytest.fixture
def saved(tmp_path):
    model(max_iter=1).fit(X, Y).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore:1 of 15 tags have no word vector")
@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(tmp_path, kind):
    one = model(**KINDS[kind], warm_start=True).fit(X, Y)
    one.save_pretrained(tmp_path)
    twin = HashtagEmbedding.from_pretrained(tmp_path)
    for method in ("transform", "decision_function", "predict_topk"):
        np.testing.assert_array_equal(getattr(twin, method)(X), getattr(one, method)(X))
    for name in ("epoch", "train_loss", "valid_loss", "seconds", "best"):
        np.testing.assert_array_equal(twin.history_[name], one.history_[name])
    for name in ("tag_vectors_", "tag_counts_"):
        np.testing.assert_array_equal(getattr(twin, name), getattr(one, name))
    for name in ("tag_names_", "n_tags_", "n_components_", "n_untagged_", "n_iter_"):
        assert getattr(twin, name) == getattr(one, name)
    own, other = one.get_params(), twin.get_params()
    for name in set(own) - {"random_state", "word_vectors", "omit_tags"}:
        assert own[name] == other[name], name
    np.testing.assert_array_equal(
        twin.index(X).retrieve(2, 5), one.index(X).retrieve(2, 5)
    )
    # It learns on as the other one does, but for what the optimizer remembers.
    assert twin.fit(X, Y).n_iter_ == 4
    assert np.isfinite(twin.history_["train_loss"]).all()
    assert clone(twin).fit(X, Y).n_iter_ == 2


def test_names_of_features_are_kept(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    model().fit(frame, Y).save_pretrained(tmp_path)
    twin = HashtagEmbedding.from_pretrained(tmp_path)
    assert list(twin.feature_names_in_) == list("abcdefgh")
    with pytest.raises(ValueError, match="feature names"):
        twin.transform(frame[list("hgfedcba")])


def test_what_was_set_after_fit_is_not_stored(tmp_path):
    one = model().fit(X, Y).set_params(n_components=7)
    with pytest.raises(ValueError, match=r"n_components is 7, and was 6 .*after fit"):
        one.save_pretrained(tmp_path)


def test_a_backbone_for_features(saved):
    with pytest.raises(ValueError, match="has no backbone to be passed"):
        HashtagEmbedding.from_pretrained(saved, backbone=dict)


def change(folder, edit=None, tables=None, network=None):
    """Write a store over, with other contents and right checksums."""
    store = Store(folder)
    content = json.loads(json.dumps(store.content))
    blocks = {
        name: {key: np.array(a) for key, a in store.load(name).items()}
        for name in store.names
    }
    if edit is not None:
        edit(content)
    for name, part in (("tables", tables), ("network", network)):
        if part is not None:
            part(blocks[name])
    write_store(folder, "HashtagEmbedding", content, blocks)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.pop("seed"), "it lacks 'seed'"),
        (lambda c: c.update(seed=-1), "seed is no number"),
        (lambda c: c.update(params=[]), "params is no mapping"),
        (lambda c: c["params"].update(n_components=0), "n_components"),
        (lambda c: c["params"].update(bogus=1), "bogus"),
        (lambda c: c["params"].update(device=3), "device is no name"),
        (lambda c: c["params"].update(hidden_layer_sizes=["x"]), "hidden_layer_sizes"),
        (lambda c: c["params"].update(omit_tags=list(range(15))), "no tag to suggest"),
        (lambda c: c.update(shape=[0]), "shape is of no X"),
        (lambda c: c.update(shape=[7]), "another network"),
        (lambda c: c.update(n_tags=14), "tag_counts is of other tags"),
        (lambda c: c.update(n_components=5), "tags have vectors of the shape"),
        (lambda c: c.update(tag_names=["a"]), "tag_names has 1 names"),
        (lambda c: c.update(tag_names=[1] * 15), "tag_names is no list"),
        (lambda c: c.update(feature_names=["a"]), "feature_names are of other"),
        (lambda c: c.update(sparse="no"), "sparse is neither"),
    ],
)
def test_a_changed_manifest_is_refused(saved, edit, message):
    change(saved, edit)
    with pytest.raises(ValueError, match=message):
        HashtagEmbedding.from_pretrained(saved)


@pytest.mark.parametrize(
    ("tables", "network", "message"),
    [
        (lambda t: t.pop("tag_counts"), None, "it lacks 'tag_counts'"),
        (lambda t: t.update(tag_counts=-np.ones(15, dtype=np.int64)), None, "counts"),
        (lambda t: t.update(history_epoch=np.ones((1, 1))), None, "history"),
        (lambda t: t.update(history_epoch=np.ones(99, int)), None, "history"),
        (lambda t: t.update(balance=np.ones(3)), None, "balance is of other tags"),
        (None, lambda n: n["tags.weight"].fill(np.nan), "not finite"),
        (None, lambda n: n.pop("tags.weight"), "it lacks 'tags.weight'"),
        (None, lambda n: n.pop("biases.weight"), "missing .'biases.weight'"),
    ],
)
def test_changed_arrays_are_refused(saved, tables, network, message):
    change(saved, None, tables, network)
    with pytest.raises(ValueError, match=message):
        HashtagEmbedding.from_pretrained(saved)


def test_stores_of_others_are_refused(tmp_path):
    write_store(tmp_path, "Other", {}, {"tables": {}})
    with pytest.raises(ValueError, match="Other"):
        HashtagEmbedding.from_pretrained(tmp_path)
