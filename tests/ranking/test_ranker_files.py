# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted rankers as folders: what is read is what was written, or an error."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_geo.encoding import (
    GridOneHotEncoder,
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.nets import Store, write_store
from sklearn_geo.partition import S2Partition
from sklearn_geo.ranking import HashtagEmbedding, LocSensRanker
from tests.ranking.rankers import WORDS, photos_with_tags, small

X, TAGS = photos_with_tags()
HERE = [9.9, -84.1]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
# What is read differs in these: nothing that draws is stored, and what was made is.
OTHER = {"random_state", "location_encoder", "embedding", "tag_vectors"}


def fit(X=X, y=TAGS, **params):
    return small(max_iter=1, **params).fit(X, y)


def same(model, again, X=X):
    """Assert that a ranker says of X what another one says, bit for bit."""
    for granularity in (None, "anywhere", 60.0):
        found, expected = (
            each.decision_function(X, granularity=granularity)
            for each in (again, model)
        )
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    for name, args in (("predict_topk", (X, 3)), ("location_share", (X, [0, 3]))):
        found, expected = (getattr(each, name)(*args) for each in (again, model))
        np.testing.assert_array_equal(found, expected)
    found, expected = (
        each.index(X).retrieve(1, HERE, 9, within_km=40.0) for each in (again, model)
    )
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        again.predict(X).toarray(), model.predict(X).toarray()
    )
    np.testing.assert_array_equal(again.tag_vectors_, model.tag_vectors_)
    np.testing.assert_array_equal(again.tag_counts_, model.tag_counts_)
    assert again.tag_names_ == model.tag_names_
    assert again.history_.tobytes() == model.history_.tobytes()
    for name in ("n_iter_", "n_tags_", "n_untagged_", "n_features_in_"):
        assert getattr(again, name) == getattr(model, name)
    assert [repr(state) for state in again.states_] == [*map(repr, model.states_)]
    params, wanted = again.get_params(deep=False), model.get_params(deep=False)
    for name in set(params) - OTHER:
        assert params[name] == wanted[name], name


def round_trip(model, folder, X=X):
    """Write, read, and write again."""
    model.save_pretrained(folder / "model")
    again = LocSensRanker.from_pretrained(folder / "model")
    same(model, again, X)
    again.save_pretrained(folder / "again")
    first, second = (Store(folder / name) for name in ("model", "again"))
    assert second.content == first.content
    assert second.entries == first.entries
    return again


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"place_prior": False, "scale": "l2", "location_encoder": "pair"},
        {"place_prior": True, "task": "retrieval", "scale": None},
        {"loss": "hinge", "omit_tags": [4, 1], "n_suggested": 2},
        {"location_mode": "zeroed", "threshold": -1.5},
        {"location_mode": "dropout", "tag_vectors": VECTORS},
        {"location_mode": "sampling", "sigma_km_schedule": (2_000, 100, 0)},
        {"scorer": "trunk"},
        {"scorer": "trunk", "shortlist": 3, "tag_vectors": VECTORS},
        {"scorer": "trunk", "location_mode": "sampling", "noise": "paper"},
        {
            "scorer": "trunk",
            "hidden_layer_sizes": [np.int64(6)],
            "early_stopping": True,
        },
    ],
)
def test_what_is_read_scores_as_what_was_written(params, tmp_path):
    model = fit(**params)
    if "hidden_layer_sizes" in params:
        model.hidden_layer_sizes = (6,)
    again = round_trip(model, tmp_path)
    # It fits anew as the saved one would.
    found = clone(again).set_params(random_state=0).fit(X, TAGS)
    np.testing.assert_array_equal(
        found.decision_function(X), model.decision_function(X)
    )
    if "tag_vectors" not in params:
        assert again.tag_vectors is None


def test_users_of_the_prior_are_kept(tmp_path):
    users = np.arange(60) // 4
    model = small(max_iter=1, place_prior=True).fit(X, TAGS, groups=users)
    round_trip(model, tmp_path)


@pytest.mark.parametrize(
    "encoder",
    [
        RandomFourierEncoder(3, sigmas=(2, 7.5), random_state=1),
        RandomFourierEncoder(3, random_state=np.random.RandomState(0)),
        SinusoidalEncoder(3),
        Sphere2VecEncoder("sphereM", n_scales=3, max_radius=0.5),
        SphericalHarmonicsEncoder(3, dtype=np.float32),
        UnitVectorEncoder(),
        UTMOneHotEncoder(),
        UTMOneHotEncoder(["30V", "16P", "30U"], handle_unknown="ignore"),
        UTMOneHotEncoder("seen", handle_unknown="ignore", min_frequency=30),
        UTMOneHotEncoder("seen", handle_unknown="ignore", caps="ignore"),
        GridOneHotEncoder(30, min_frequency=3, handle_unknown="infrequent_if_exist"),
        S2OneHotEncoder(7, sparse_output=False, max_categories=3),
        S2OneHotEncoder(partition=S2Partition(20, 2)),
        SoftGridEncoder(3, 2, 200),
        SoftGridEncoder(3, 2, 200, regions=S2Partition(20, 2), normalize="l1"),
    ],
)
def test_encoders_of_the_library_are_kept(encoder, tmp_path):
    model = fit(location_encoder=encoder, place_prior=False)
    model.save_pretrained(tmp_path)
    again = LocSensRanker.from_pretrained(tmp_path)
    assert type(again.location_encoder) is type(encoder)
    found, expected = (each.decision_function(X) for each in (again, model))
    np.testing.assert_array_equal(found, expected)
    if getattr(encoder, "handle_unknown", "ignore") != "error":
        elsewhere = X + np.array([0.5, -1.0, 0, 0, 0, 0])
        found, expected = (each.decision_function(elsewhere) for each in (again, model))
        np.testing.assert_array_equal(found, expected)


def test_frozen_encoders_stay_frozen(tmp_path):
    for encoder in (UTMOneHotEncoder("seen"), RandomFourierEncoder(3)):
        frozen = FrozenEstimator(encoder.fit(X[:, :2]))
        again = round_trip(fit(location_encoder=frozen), tmp_path)
        assert isinstance(again.location_encoder, FrozenEstimator)
        np.testing.assert_array_equal(
            again.location_encoder.get_feature_names_out(),
            encoder.get_feature_names_out(),
        )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("encoder", "change"),
    [
        (S2OneHotEncoder(6), {"level": 2}),
        (S2OneHotEncoder(6), {"partition": S2Partition(20, 2)}),
        (S2OneHotEncoder(partition=S2Partition(20, 2)), {"partition": None}),
        (GridOneHotEncoder(30), {"cell_km": 500}),
        (Sphere2VecEncoder(n_scales=4), {"min_radius": 0.5, "n_scales": 10**6}),
        (RandomFourierEncoder(3, sigmas=(2, 7.5)), {"sigmas": [1], "n_frequencies": 9}),
        (SoftGridEncoder(2, 2, 500), {"extent": "paper"}),
        (SoftGridEncoder(2, 2, 500), {"regions": S2Partition(20, 2)}),
        (UTMOneHotEncoder(caps="ignore"), {"caps": "own"}),
        (UTMOneHotEncoder(), {"caps": "error"}),
    ],
)
def test_frozen_encoders_are_kept_as_they_were_fitted(encoder, change, when, tmp_path):
    encoder = clone(encoder).fit(X[:, :2])
    as_fitted = encoder.transform(X[:, :2])
    if when == "before":
        encoder.set_params(**change)
    model = fit(location_encoder=FrozenEstimator(encoder), place_prior=False)
    before = model.decision_function(X)
    encoder.set_params(**change)
    again = round_trip(model, tmp_path)
    at_a_pole = np.array([[89.5, 3.0, 1.0, 0.0, 0.0, 0.0]])
    for X_, expected in ((X, before), (at_a_pole, model.decision_function(at_a_pole))):
        np.testing.assert_array_equal(again.decision_function(X_), expected)
    read = again.location_encoder.transform(X[:, :2])
    assert abs(read - as_fitted).max() == 0


@pytest.mark.parametrize(
    ("encoder", "change"),
    [
        (SphericalHarmonicsEncoder(3), {"degree": 5}),
        (SoftGridEncoder(2, 2, 500), {"sigma_km": 10}),
        (UTMOneHotEncoder("seen"), {"handle_unknown": "ignore"}),
    ],
)
def test_frozen_encoders_are_those_of_fit_whatever_is_set(encoder, change, tmp_path):
    encoder = clone(encoder).fit(X[:, :2])
    model = fit(location_encoder=FrozenEstimator(encoder), place_prior=False)
    before = model.decision_function(X)
    again = round_trip(model, tmp_path)
    for each in (model, again):
        each.location_encoder.estimator.set_params(**change)
        np.testing.assert_array_equal(each.decision_function(X), before)
        np.testing.assert_array_equal(
            round_trip(each, tmp_path).decision_function(X), before
        )


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "embedded"
    embedding = HashtagEmbedding(n_components=6, max_iter=1, random_state=0)
    fit(embedding=embedding).save_pretrained(folder)
    return folder


def test_nothing_is_saved_through_links(embedded, tmp_path):
    folder = shutil.copytree(embedded, tmp_path / "copy")
    away = shutil.copytree(embedded / "embedding", tmp_path / "away")
    (away / "tables-0123456789abcdef.safetensors").write_text("kept")
    (folder / "embedding-2").symlink_to(away)
    before = {path.name: path.read_bytes() for path in away.iterdir()}
    model = LocSensRanker.from_pretrained(folder)
    for _ in range(3):
        model.save_pretrained(folder)
        LocSensRanker.from_pretrained(folder)
    assert not (folder / "embedding-2").is_symlink()
    assert {path.name: path.read_bytes() for path in away.iterdir()} == before


def test_embeddings_are_not_read_through_links(embedded, tmp_path):
    folder = shutil.copytree(embedded, tmp_path / "copy")
    (folder / "embedding").rename(tmp_path / "away")
    (folder / "embedding").symlink_to(tmp_path / "away")
    with pytest.raises(ValueError, match="embedding is a link that leads out of its"):
        LocSensRanker.from_pretrained(folder)
    (folder / "embedding").unlink()
    (tmp_path / "away").rename(folder / "embedding")
    (folder / "embedding" / "manifest.json").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "embedding" / "manifest.json")  # reading it would wait
    with pytest.raises(ValueError, match="lacks its sub-folder 'embedding'"):
        LocSensRanker.from_pretrained(folder)


def test_an_encoder_that_was_fitted_on_a_frame_is_kept(tmp_path):
    frame = pd.DataFrame(X[:, :2], columns=["lat", "lon"])
    model = fit(location_encoder=FrozenEstimator(UnitVectorEncoder().fit(frame)))
    round_trip(model, tmp_path)


@pytest.mark.parametrize("frozen", [False, True])
def test_embeddings_are_kept_beside(frozen, tmp_path):
    embedding = HashtagEmbedding(n_components=6, max_iter=1, random_state=0)
    if frozen:
        embedding = FrozenEstimator(embedding.fit(X[:, 2:], TAGS))
    model = fit(embedding=embedding)
    again = round_trip(model, tmp_path)
    assert isinstance(again.embedding, FrozenEstimator) is frozen
    assert (tmp_path / "model" / "embedding" / "manifest.json").is_file()
    alone = HashtagEmbedding.from_pretrained(tmp_path / "model" / "embedding")
    np.testing.assert_array_equal(
        alone.transform(X[:, 2:]), model.embedding_.transform(X[:, 2:])
    )
    # Written over, both are replaced in one step, so there are two folders.
    again.save_pretrained(tmp_path / "model")
    assert (tmp_path / "model" / "embedding-2" / "manifest.json").is_file()
    shutil.rmtree(tmp_path / "model" / "embedding")
    LocSensRanker.from_pretrained(tmp_path / "model").save_pretrained(
        tmp_path / "model"
    )
    # Another embedding in its place is not taken for it.
    other = HashtagEmbedding(n_components=6, max_iter=1, random_state=1)
    other.fit(X[:, 2:], TAGS).save_pretrained(tmp_path / "model" / "embedding")
    with pytest.raises(ValueError, match="was changed: its embedding is another one"):
        LocSensRanker.from_pretrained(tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "embedding")
    with pytest.raises(ValueError, match="lacks its sub-folder 'embedding'"):
        LocSensRanker.from_pretrained(tmp_path / "model")


def test_names_and_schedules(tmp_path):
    columns = ["lat", "lon", "a", "b", "c", "ü"]
    frame = pd.DataFrame(X, columns=columns)
    model = fit(
        frame,
        pd.DataFrame(TAGS, columns=WORDS),
        location=("lat", "lon"),
        location_mode="sampling",
        sigma_km_schedule=_halved,
        omit_tags={"sky", "Narnia"},
    )
    model.save_pretrained(tmp_path)
    again = LocSensRanker.from_pretrained(tmp_path)
    assert again.sigma_km_schedule == (400.0, 200.0, 0.0)
    assert again.omit_tags == ["Narnia", "sky"]
    assert list(again.feature_names_in_) == columns
    assert again.location == ("lat", "lon")
    model.set_params(sigma_km_schedule=(400, 200, 0), omit_tags=["Narnia", "sky"])
    np.testing.assert_array_equal(
        again.decision_function(frame), model.decision_function(frame)
    )
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(frame[columns[::-1]])
    with pytest.raises(ValueError, match=r"'skye'.*Did you mean 'sky'"):
        again.index(frame).retrieve("skye")


def _halved(level):
    return 400.0 / 2**level if level < 2 else None if level > 2 else 0


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_training_goes_on(scorer, tmp_path):
    params = {"scorer": scorer, "warm_start": True, "solver": "sgd", "momentum": 0.0}
    model = fit(**params)
    model.save_pretrained(tmp_path)
    again = LocSensRanker.from_pretrained(tmp_path).fit(X, TAGS)
    assert again.n_iter_ == 2
    # SGD remembers nothing, so it is as if there had been no pause.
    expected = model.fit(X, TAGS).decision_function(X)
    np.testing.assert_allclose(again.decision_function(X), expected, atol=1e-5)
    with pytest.raises(ValueError, match="y has 3 tags, and had 5 before"):
        again.fit(X, TAGS[:, :3])


@pytest.mark.parametrize("seed", range(3))
def test_training_goes_on_with_a_prior_that_was_weighed(seed, tmp_path):
    params = {"warm_start": True, "solver": "sgd", "momentum": 0.0}
    order = np.random.default_rng(seed).permutation(len(X))
    rows = X[order], TAGS[order]
    model = fit(*rows, early_stopping=True, validation_fraction=0.5, **params)
    again = round_trip(model, tmp_path)
    found, expected = (each.net_.module_.state_dict() for each in (again, model))
    for name, weights in expected.items():
        np.testing.assert_allclose(found[name], weights, rtol=1e-6, atol=1e-9)
    again = again.fit(*rows)
    expected = model.fit(*rows).decision_function(X)
    np.testing.assert_allclose(again.decision_function(X), expected, atol=1e-4)


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        LocSensRanker().save_pretrained(tmp_path)
    for params, words in (
        (
            {"location_encoder": StandardScaler()},
            r"StandardScaler cannot be stored.*UTM",
        ),
        (
            {"location_encoder": FunctionTransformer(np.cos)},
            "FunctionTransformer cannot be stored without a pickle",
        ),
        (
            {"embedding": StandardScaler()},
            r"StandardScaler cannot be stored.*Transform the features first",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            fit(**params).save_pretrained(tmp_path)
    model = fit().set_params(n_components=9)
    with pytest.raises(ValueError, match=r"n_components is 9, and was 8 .*set it back"):
        model.save_pretrained(tmp_path)
    assert not list(tmp_path.iterdir())


# Folders that are not what was written ------------------------------------------------


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "ranker"
    frame = pd.DataFrame(X, columns=list("abcdef"))
    model = fit(frame, pd.DataFrame(TAGS, columns=WORDS), location_mode="raw")
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "trunk"
    model = fit(
        scorer="trunk",
        shortlist=3,
        tag_vectors=VECTORS,
        location_encoder=S2OneHotEncoder(partition=S2Partition(20, 2), min_frequency=3),
    )
    model.save_pretrained(folder)
    return folder


def changed(folder, target, *changes):
    """Write a store anew, with right checksums, after some changes."""
    store = Store(folder)
    content = json.loads(json.dumps(store.content))
    blocks = {name: store.load(name) for name in store.names}
    for change in changes:
        change(content, blocks)
    write_store(target, store.kind, content, blocks)
    return target


def _set(*path, to):
    def change(content, blocks):
        held = blocks if path[0] in blocks else content
        for name in path[:-1]:
            held = held[name]
        held[path[-1]] = to

    return change


def _drop(*path):
    def change(content, blocks):
        held = blocks if path[0] in blocks else content
        for name in path[:-1]:
            held = held[name]
        del held[path[-1]]

    return change


def _scale(*path, by):
    def change(content, blocks):
        held = blocks[path[0]]
        held[path[1]] = held[path[1]] * np.asarray(by, dtype=held[path[1]].dtype)

    return change


def _huge(block):
    """Make weights finite and so large that their products are not."""

    def change(content, blocks):
        blocks[block] = {
            name: np.full_like(array, 3e38) for name, array in blocks[block].items()
        }

    return change


def _cut(block, name):
    def change(content, blocks):
        blocks[block][name] = blocks[block][name][..., :-1].copy()

    return change


def _settled_trunk(content, blocks):
    """Say that a trunk weighs a prior, which it cannot."""
    content["settled"] = [0.7, 0.5]
    blocks["prior"] = {
        "places": np.zeros((1, 2)),
        "data": np.ones(1),
        "indices": np.zeros(1, dtype=np.int64),
        "indptr": np.array([0, 1]),
        "bandwidths_km": np.ones(1),
        "smoothing": np.array(1.0),
    }


WEIGHTS = "state-0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_drop("params"), "it lacks 'params'"),
        (_set("settled", to=[2.0, 1.0]), "settled is no share"),
        (_set("settled", to=[0.7, 1e12]), "settled is no share"),
        (_set("settled", to=0.7), "settled is no share"),
        (_set("params", to=[1]), "params is no mapping"),
        (_set("params", "teapot", to=1), "teapot"),
        (_drop("params", "embedding"), "it lacks 'embedding'"),
        (_set("params", "n_components", to=0), "'n_components' parameter"),
        (_set("params", "n_components", to=10**15), "vectors of tags have the shape"),
        (_set("params", "n_components", to=7), "vectors of tags have the shape"),
        (_set("params", "scorer", to="os.system"), "'scorer' parameter"),
        (_set("params", "scorer", to="trunk"), "has the shape|weights lack"),
        (_set("params", "task", to=None), "'task' parameter"),
        (_set("params", "device", to=3), "device is no name"),
        (_set("params", "embedding", to="pickle"), "embedding is of no kind"),
        (_set("params", "embedding", to="given"), "it has no embedding"),
        (_set("params", "location_encoder", to="x"), "location_encoder is of no kind"),
        (
            _set("params", "location_encoder", to=["x"]),
            "location_encoder is of no kind",
        ),
        (_set("params", "location", to=3), "location is no list"),
        (_set("params", "sigma_km_schedule", to="x"), "sigma_km_schedule is no list"),
        (_set("params", "hidden_layer_sizes", to=[1.5]), "hidden_layer_sizes is wrong"),
        (_set("params", "hidden_layer_sizes", to=[-1]), "hidden_layer_sizes is wrong"),
        (_set("params", "omit_tags", to="sky"), "omit_tags is no list"),
        (_set("params", "omit_tags", to=[[1]]), "by its name or its number"),
        (_set("params", "tag_names", to={"a": 1}), "tag_names is no list"),
        (_set("seed", to=-1), "seed is no number"),
        (_set("n_tags", to=2**40), "n_tags is no number"),
        (_set("n_tags", to=6), "tag"),
        (_set("n_tags", to=True), "n_tags is no number"),
        (_set("tag_names", to=["a", 1]), "tag_names is no list of names"),
        (_set("tag_names", to=["a"]), "tag"),
        (_set("tag_names", to=["a", "a", "b", "c", "d"]), "a"),
        (_set("learns_tags", to=False), "it lacks 'tag_vectors'"),
        (_set("learns_tags", to=1), "learns_tags is neither true nor false"),
        (_set("n_features", to=2), "n_features is no number"),
        (_set("n_features", to=7), "feature_names are of other columns"),
        (_set("feature_names", to=None), None),
        (_set("feature_names", to=list("abcde")), "feature_names are of other columns"),
        (_set("feature_names", to=[1] * 6), "feature_names are of other columns"),
        (_set("n_photo_columns", to=3), "photos have 3 columns, not 4"),
        (_set("scaling", to="cubed"), "scaling is of no kind"),
        (_set("states", to=[]), "states is no list"),
        (_set("states", to={}), "states is no list"),
        (_set("states", to=[[0.0, 1], [0.0, 1]]), "it lacks 'state-1'"),
        (_set("states", to=[[-1.0, 1]]), "states is of other levels"),
        (_set("states", to=[["0", 1]]), "states is of other levels"),
        (_set("states", to=[[0.0]]), "states is of other levels"),
        (_set("sparse", to=0), "sparse is neither true nor false"),
        (_set("embedding", to="abc"), "lacks its sub-folder"),
        (_set("somewhere", to=[0, 0]), "somewhere is no place"),
        (_set("somewhere", to=[99.0, 0.0]), "somewhere, row 0: latitude 99"),
        (_set("encoder", to="pair"), "the encoder is no mapping"),
        (_set("encoder", "class", to="os.system"), "is none of this library"),
        (_set("encoder", "class", to=["pair"]), "is none of this library"),
        (_set("encoder", "class", to="pair"), "has the shape|columns"),
        (_set("encoder", "class", to="SoftGridEncoder"), "unexpected keyword"),
        (_set("encoder", "params", "n_frequencies", to=10**12), "columns, not"),
        (_set("encoder", "params", "n_frequencies", to=1), "of another encoder"),
        (_set("encoder", "params", "n_frequencies", to="x"), "'n_frequencies' param"),
        (_set("encoder", "params", "sigmas", to=4), "sigmas are no list"),
        (_set("encoder", "params", "sigmas", to=[-1.0]), "of another encoder|sigmas"),
        (_set("encoder", "params", "dtype", to="object"), "dtype is object"),
        (_set("encoder", "params", "dtype", to="teapot"), "teapot"),
        (_drop("place-encoder", "frequencies"), "it lacks 'frequencies'"),
        (_cut("tables", "tag_counts"), "tag_counts is of other tags"),
        (_scale("tables", "tag_counts", by=-1), "tag_counts is of other tags"),
        (_scale("tables", "frequency", by=0), "frequency is of other tags"),
        (_scale("tables", "frequency", by=1e9), "frequency is of other tags"),
        (_cut("tables", "photo_center"), "photo_center is of other columns"),
        (_scale("tables", "photo_factor", by=np.nan), "photo_factor has numbers that"),
        (_scale("tables", "photo_factor", by=1e300), "photo_factor is not what"),
        (_scale("tables", "photo_factor", by=-1), "photo_factor is not what"),
        (_drop("tables", "photo_factor"), "it lacks 'photo_factor'"),
        (_drop("tables", "history_epoch"), "it lacks 'history_epoch'"),
        (
            _set("tables", "history_epoch", to=np.ones((1, 1))),
            "the history is no table",
        ),
        (_drop(WEIGHTS, "A.weight"), "weights lack"),
        (_set(WEIGHTS, "trojan", to=np.ones(2, "f4")), "have {'trojan'} besides"),
        (_set(WEIGHTS, "y" * 9999, to=np.ones(2, "f4")), "have {'y{400,500}. Copy"),
        (_cut(WEIGHTS, "A.weight"), r"A.weight has the shape \(8, 7\), not \(8, 8\)"),
        (_cut(WEIGHTS, "table.weight"), "vectors of tags have the shape"),
        (_cut(WEIGHTS, "places.linear.weight"), "columns"),
        (_set(WEIGHTS, "places.linear.weight", to=np.ones(3, "f4")), "is no matrix"),
        (_scale(WEIGHTS, "A.weight", by=np.inf), "A.weight has numbers that are not"),
        (_huge(WEIGHTS), "The scores of the network are not finite"),
        (_scale(WEIGHTS, "prior_share", by=1e38), "scores of the network are not"),
        (_set(WEIGHTS, "A.weight", to=np.ones((8, 8))), "A.weight holds other numbers"),
        (_drop("prior", "indptr"), "it lacks 'indptr'"),
        (_cut("prior", "places"), "the prior has no places"),
        (_scale("prior", "places", by=100), "the prior has no places"),
        (_cut("prior", "indptr"), "the prior is of other tags"),
        (_scale("prior", "indptr", by=-1), "the prior is of other tags"),
        (_scale("prior", "indices", by=9), "the prior is of other tags"),
        (_scale("prior", "data", by=np.nan), "the prior has numbers that are not"),
        (_scale("prior", "data", by=1e38), "the prior has weights of tags that are"),
        (_scale("prior", "data", by=-1), "the prior has weights of tags that are"),
        (_scale("prior", "bandwidths_km", by=-1), "the prior has no bandwidths"),
        (_scale("prior", "smoothing", by=0), "the smoothing of the prior is none"),
        (_scale("prior", "smoothing", by=1e300), "the smoothing of the prior is none"),
        (_set("prior", "smoothing", to=np.ones(2)), "the smoothing of the prior is"),
        (_set("prior", "groups", to=np.ones(59, int)), "the prior is of other users"),
        (_set("prior", "groups", to=-np.ones(60, int)), "the prior is of other users"),
    ],
)
def test_words_about_changed_rankers(stored, change, words, tmp_path):
    folder = changed(stored, tmp_path / "changed", change)
    if words is None:  # nothing that matters
        assert LocSensRanker.from_pretrained(folder).predict(X).shape == (60, 5)
        return
    with pytest.raises(ValueError, match=words) as raised:
        LocSensRanker.from_pretrained(folder)
    assert str(raised.value).startswith(f"{folder} is incomplete or was changed: ")
    assert "write it again with save_pretrained" in str(raised.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("params", "hidden_layer_sizes", to=[8, 10**9]), "has the shape"),
        (_set("params", "hidden_layer_sizes", to=[10**15, 10**15]), "was changed"),
        (_set("params", "hidden_layer_sizes", to=[8]), "has the shape|weights lack"),
        (_set("params", "hidden_layer_sizes", to=[]), "was changed"),
        (_cut("tables", "tag_vectors"), "has the shape"),
        (_scale("tables", "tag_vectors", by=np.nan), "tag_vectors has numbers"),
        (_set("tables", "tag_vectors", to=np.ones(5, "f4")), "of other tags"),
        (_cut("quick", "A.weight"), "A.weight has the shape"),
        (_huge("quick"), "The scores of the network are not finite"),
        (_huge(WEIGHTS), "The scores of the network are not finite"),
        (_cut("place-encoder", "regions"), "the regions of the encoder are no list"),
        (_scale("place-encoder", "regions", by=0), "a region is there twice"),
        (_scale("place-encoder", "regions", by=-1), "are no ids|twice"),
        (_scale("place-encoder", "regions", by=100), "the regions are no cells"),
        (_scale("place-encoder", "columns", by=2), "are not one a region"),
        (_set("encoder", "has_infrequent", to=3), None),
        (_set("encoder", "partition", to={}), "partition"),
        (_set("encoder", "partition", "class", to="os"), "partition"),
        (_set("settled", to=[0.7, 0.5]), "it is settled, and has no prior"),
        (_settled_trunk, "it is settled, and has no prior"),
    ],
)
def test_words_about_changed_trunks(trunk, change, words, tmp_path):
    assert LocSensRanker.from_pretrained(trunk).predict(X).shape == (60, 5)
    if words is None:
        return
    with pytest.raises(ValueError, match=words):
        LocSensRanker.from_pretrained(changed(trunk, tmp_path / "changed", change))


def test_damaged_and_missing_files(stored, tmp_path):
    folder = shutil.copytree(stored, tmp_path / "copy")
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert LocSensRanker.from_pretrained(folder).predict(frame).shape == (60, 5)
    with pytest.raises(ValueError, match="holds a LocSensRanker, not a HashtagEmbedd"):
        HashtagEmbedding.from_pretrained(folder)
    (file,) = folder.glob("state-0-*.safetensors")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match="damaged or was exchanged"):
        LocSensRanker.from_pretrained(folder)
    file.unlink()
    with pytest.raises(ValueError, match="lacks its file state-0-"):
        LocSensRanker.from_pretrained(folder)
    (folder / "manifest.json").write_text('{"format": "pickle"}')
    with pytest.raises(ValueError, match="the manifest of something else"):
        LocSensRanker.from_pretrained(folder)


def test_nothing_in_a_folder_is_a_pickle(stored, trunk):
    for folder in (stored, trunk):
        assert {path.suffix for path in folder.iterdir()} == {".json", ".safetensors"}
