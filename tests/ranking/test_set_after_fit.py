# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.encoding import UnitVectorEncoder
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    PlaceFrequencyTagger,
    ProductTagger,
    RadiusFilter,
)

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(-60.0, 60.0, (60, 2))
LOOKS = RNG.normal(size=(60, 3))
BOTH = np.hstack([PLACES, LOOKS])
TAGS = (RNG.random((60, 5)) < 0.4).astype(int)
TAGS[:, 0] = 1
TAGS[0] = [0, 1, 1, 1, 1]
FAST = {"max_iter": 2, "random_state": 0, "device": "cpu", "n_components": 4}


def embedding(**params):
    return HashtagEmbedding(**{**FAST, **params})


def ranker(**params):
    if params.get("scorer") == "trunk":
        params = {"hidden_layer_sizes": (6,), **params}
    return LocSensRanker(**{**FAST, **params})


MAKE = {
    "embedding": (embedding, LOOKS),
    "ranker": (ranker, BOTH),
    "trunk": (lambda: ranker(scorer="trunk", shortlist=3), BOTH),
    "kernel": (lambda: KernelTagger(200.0), BOTH),
    "frequency": (PlaceFrequencyTagger, BOTH),
    "product": (
        lambda: ProductTagger(
            OneVsRestClassifier(LogisticRegression()), KernelTagger(200.0)
        ),
        BOTH,
    ),
    "radius": (lambda: RadiusFilter(OneVsRestClassifier(LogisticRegression())), BOTH),
}
TAGGERS = [name for name in MAKE if name != "radius"]
STORED = ["embedding", "ranker", "trunk"]


@pytest.fixture(scope="module")
def fitted():
    return {name: (make().fit(X, TAGS), X) for name, (make, X) in MAKE.items()}


def without(lists, tag):
    """Take a tag from lists that name all tags."""
    return np.array([[each for each in row if each != tag] for row in lists.tolist()])


# Tags that are omitted ----------------------------------------------------------------


@pytest.mark.parametrize("name", TAGGERS)
def test_tags_are_omitted_as_soon_as_it_is_said(fitted, name):
    fit, X = fitted[name]
    model = copy.deepcopy(fit)
    scores, lists = model.decision_function(X), model.predict_topk(X, 5)
    first = int(lists[0, 0])
    model.set_params(omit_tags=[first], n_suggested=5)
    silent = scores.copy()
    silent[:, first] = -np.inf
    assert np.array_equal(model.decision_function(X), silent)
    if name != "trunk":  # whose list is of other candidates then
        assert np.array_equal(model.predict_topk(X, 4), without(lists, first))
    assert (model.predict(X).toarray()[:, first] == 0).all()
    model.set_params(threshold=float(scores.min()))
    assert np.array_equal(model.predict(X).toarray(), silent >= scores.min())
    # A photo that has only the omitted tag counts no more.
    truth = np.zeros_like(TAGS)
    truth[0, first], truth[1, (first + 1) % 5] = 1, 1
    assert model.score(X, truth) == 1.0
    model.set_params(omit_tags=None)
    assert np.array_equal(model.decision_function(X), scores)


@pytest.mark.parametrize("name", TAGGERS)
def test_tags_that_cannot_be_omitted(fitted, name):
    model, X = copy.deepcopy(fitted[name][0]), fitted[name][1]
    before = model.predict_topk(X, 5)
    for omitted, words in (
        ("beach", "omit_tags"),
        ([7], "There is no tag 7"),
        (range(5), "omit_tags leaves no tag"),
    ):
        model.set_params(omit_tags=omitted)
        for ask in (model.decision_function, model.predict_topk, model.predict):
            with pytest.raises(ValueError, match=words):
                ask(X)
    assert np.array_equal(model.set_params(omit_tags=None).predict_topk(X, 5), before)


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_omits_what_the_live_model_omits(fitted, name, tmp_path):
    fit, X = fitted[name]
    model = copy.deepcopy(fit).set_params(omit_tags={0, 2})
    model.save_pretrained(tmp_path)
    loaded = type(model).from_pretrained(tmp_path)
    pickled = pickle.loads(pickle.dumps(model))
    live = model.predict_topk(X, 3)
    assert not np.isin(live, [0, 2]).any()
    assert np.array_equal(loaded.predict_topk(X, 3), live)
    assert np.array_equal(pickled.predict_topk(X, 3), live)
    model.set_params(omit_tags=[9])
    with pytest.raises(ValueError, match="There is no tag 9"):
        model.save_pretrained(tmp_path)
    again = type(model).from_pretrained(tmp_path)
    assert np.array_equal(again.predict_topk(X, 3), live)


# Settings that fit would refuse -------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("kernel", "kernel", "nonsense"),
        ("kernel", "smoothing", -7),
        ("kernel", "n_neighbors", 0),
        ("frequency", "smoothing", -7),
        ("frequency", "mixing", "nonsense"),
        ("frequency", "min_photos", -7),
        ("product", "floor", 2.5),
        ("ranker", "allow_missing", "nonsense"),
        ("trunk", "shortlist", -5),
        *((name, "n_suggested", -1) for name in TAGGERS),
        *((name, "threshold", "high") for name in TAGGERS),
    ],
)
def test_what_fit_would_refuse_is_refused_when_set_later(
    fitted, name, parameter, value
):
    model, X = copy.deepcopy(fitted[name][0]), fitted[name][1]
    model.set_params(**{parameter: value})
    for ask in (lambda: model.predict(X[:1]), lambda: model.fit(X, TAGS)):
        with pytest.raises(InvalidParameterError, match=f"The '{parameter}' param"):
            ask()


def test_a_radius_that_fit_would_refuse(fitted):
    model, X = copy.deepcopy(fitted["radius"][0]), fitted["radius"][1]
    model.index(X).set_params(radius_km=-7.0)
    with pytest.raises(InvalidParameterError, match="The 'radius_km' param"):
        model.retrieve(0, [0.0, 0.0])


# Settings of the network --------------------------------------------------------------


def test_probabilities_are_of_how_the_tags_have_taught(fitted):
    model = copy.deepcopy(fitted["embedding"][0])
    before = model.predict_proba(LOOKS)
    np.testing.assert_allclose(before.sum(axis=1), 1.0, rtol=1e-5)
    for supervision in ("mlc", "her"):
        model.set_params(supervision=supervision)
        assert np.array_equal(model.predict_proba(LOOKS), before)
    with pytest.raises(InvalidParameterError, match="The 'supervision' param"):
        model.set_params(supervision="nonsense").predict_proba(LOOKS)
    vectors = np.eye(5)
    her = embedding(supervision="her", word_vectors=vectors).fit(LOOKS, TAGS)
    assert not hasattr(her.set_params(supervision="mcc"), "predict_proba")


@pytest.mark.parametrize("normalize", [True, False])
def test_vectors_of_photos_and_tags_stay_of_one_space(tmp_path, normalize):
    model = embedding(normalize=normalize).fit(LOOKS, TAGS).index(LOOKS)
    photos, found = model.transform(LOOKS), model.retrieve([0, 3], 60)
    unit = np.allclose(np.linalg.norm(photos, axis=1), 1.0, rtol=1e-5)
    assert unit == normalize
    model.set_params(normalize=not normalize)
    assert np.array_equal(model.transform(LOOKS), photos)
    assert np.array_equal(model.index(LOOKS).retrieve([0, 3], 60), found)
    with pytest.raises(ValueError, match=r"normalize is .* It was set after fit"):
        model.save_pretrained(tmp_path)
    assert not list(tmp_path.iterdir())
    model.set_params(normalize=normalize).save_pretrained(tmp_path)
    loaded = HashtagEmbedding.from_pretrained(tmp_path)
    np.testing.assert_allclose(loaded.transform(LOOKS), photos, rtol=1e-6)
    model.set_params(normalize=not normalize, warm_start=True).fit(LOOKS, TAGS)
    length = np.linalg.norm(model.transform(LOOKS), axis=1)
    assert np.allclose(length, 1.0, rtol=1e-5) != normalize


def _backbone():
    return torch.nn.Flatten()


def _other_backbone():
    return torch.nn.Flatten()


def test_another_backbone_cannot_go_on(tmp_path):
    images = RNG.random((60, 3, 4, 4), dtype=np.float32)
    model = embedding(backbone=_backbone, warm_start=True).fit(images, TAGS)
    model.save_pretrained(tmp_path)
    loaded = HashtagEmbedding.from_pretrained(tmp_path, backbone=_backbone)
    for one in (model, loaded):
        assert one.fit(images, TAGS).n_iter_ == 4
        one.set_params(backbone=_other_backbone)
        for go_on in (one.fit, one.partial_fit):
            with pytest.raises(ValueError, match=r"backbone is .*Set warm_start=False"):
                go_on(images, TAGS)
        with pytest.raises(ValueError, match=r"backbone is .*set it back, to save"):
            one.save_pretrained(tmp_path)


FROZEN = FrozenEstimator(embedding().fit(LOOKS, TAGS))
GOES_ON = {
    "plain": {},
    "encoder": {"location_encoder": UnitVectorEncoder()},
    "vectors": {"tag_vectors": 3.0 * RNG.normal(size=(5, 3))},
    "embedding": {"embedding": embedding()},
    "frozen": {"embedding": FROZEN},
    "trunk": {"scorer": "trunk"},
}


@pytest.fixture(scope="module", params=GOES_ON)
def warm(request):
    return ranker(**GOES_ON[request.param], warm_start=True).fit(BOTH, TAGS)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"scale": None}, r"scale is None, and was '\w+' before"),
        ({"location_encoder": UnitVectorEncoder(dtype=np.float32)}, "location_encoder"),
        ({"embedding": embedding(n_components=3)}, "embedding is HashtagEmbedding"),
        ({"tag_vectors": RNG.normal(size=(5, 3))}, "tag_vectors are others"),
        ({"tag_vectors": RNG.normal(size=(5, 4))}, "tag_vectors are others"),
    ],
)
def test_a_ranker_goes_on_as_it_is(warm, params, words, tmp_path):
    model = copy.deepcopy(warm)
    before = model.decision_function(BOTH)
    model.save_pretrained(tmp_path)
    loaded = LocSensRanker.from_pretrained(tmp_path)
    for one in (model, loaded):
        asked = copy.deepcopy(one).set_params(**params)
        with pytest.raises(ValueError, match=rf"{words}.*Set warm_start=False"):
            asked.fit(BOTH, TAGS)
        with pytest.raises(ValueError, match=rf"{words}.* It was set after fit"):
            asked.save_pretrained(tmp_path)
        assert np.array_equal(asked.decision_function(BOTH), before)
        assert one.fit(BOTH, TAGS).n_iter_ == 4
    stored = LocSensRanker.from_pretrained(tmp_path)
    assert np.array_equal(stored.decision_function(BOTH), before)


def test_equal_settings_are_the_same():
    vectors = RNG.normal(size=(5, 3))
    model = ranker(
        warm_start=True,
        tag_vectors=vectors,
        location_encoder=UnitVectorEncoder(),
        embedding=embedding(),
        scale="auto",
    ).fit(BOTH, TAGS)
    model.set_params(
        tag_vectors=vectors.tolist(),
        location_encoder=UnitVectorEncoder(),
        embedding=embedding(),
        scale="l2",  # what "auto" is with an embedding
    )
    assert model.fit(BOTH, TAGS).n_iter_ == 4


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("trunk", {"loss": "softmax"}, 'loss="softmax" scores every tag'),
        ("trunk", {"hidden_layer_sizes": (7,)}, "hidden_layer_sizes is"),
        ("ranker", {"hidden_layer_sizes": (0,)}, "hidden_layer_sizes are"),
        ("ranker", {"n_suggested": -1}, "The 'n_suggested' param"),
        ("ranker", {"location": "nowhere"}, "location must be a pair"),
        ("ranker", {"location": None}, "location must be a pair"),
        ("ranker", {"device": "nonsense"}, "device='nonsense' is no device"),
        ("embedding", {"device": None}, "device=None is no device"),
        ("embedding", {"n_suggested": -1}, "The 'n_suggested' param"),
        ("embedding", {"learning_rate_init": -1.0}, "The 'learning_rate_init' param"),
    ],
)
def test_what_could_not_be_loaded_is_not_written(fitted, name, params, words, tmp_path):
    fit, X = fitted[name]
    model = copy.deepcopy(fit)
    model.save_pretrained(tmp_path)
    held = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=words):
        model.set_params(**params).save_pretrained(tmp_path)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == held
    loaded = type(model).from_pretrained(tmp_path)
    assert np.array_equal(loaded.predict_topk(X, 5), fit.predict_topk(X, 5))
