# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The contract of the ranker: what it reads, what it refuses, how it composes."""

import inspect
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from sklearn.utils.validation import validate_data

from sklearn_geo.encoding import UTMOneHotEncoder
from sklearn_geo.ranking import HashtagEmbedding, LocSensRanker
from sklearn_geo.ranking._photo_rows import PhotoScaling
from sklearn_geo.ranking._place_prior import PlacePrior
from tests.contract import OTHER_INPUT, fold, need_routed_searches
from tests.ranking.places import TakesPlainTables, checks_of
from tests.ranking.rankers import SMALL, WORDS, photos_with_tags, small

X, TAGS = photos_with_tags()


class Folded(TakesPlainTables, LocSensRanker):
    """Takes what scikit-learn's checks feed: labels, and features that are places."""

    def _read(self, X, *, reset):
        X = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        return fold(X), X


def test_its_checks_are_run_here():
    assert OTHER_INPUT["LocSensRanker"].endswith("test_ranker")
    check_param_validation("LocSensRanker", small())
    check_dataframe_column_names_consistency("LocSensRanker", Folded(**SMALL))
    for parameter in LocSensRanker().get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(LocSensRanker)


FEW = {**SMALL, "max_iter": 1, "n_components": 4, "hidden_layer_sizes": (4,)}
FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "Batches and triplets are drawn "
    "at random: a photo of weight 2 is drawn once, two equal photos are drawn apart.",
}


def _checks():
    for scorer in ("multilinear", "trunk"):
        for param in checks_of(Folded(**FEW, scorer=scorer)):
            reason, marks = FAILURES.get(param.id), ()
            if reason is not None:
                marks = pytest.mark.xfail(reason=reason, strict=True)
            yield pytest.param(*param.values, id=f"{scorer}-{param.id}", marks=marks)


@pytest.mark.filterwarnings("ignore:Label .* is present:UserWarning")
@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


# Containers ---------------------------------------------------------------------------


def scores(model, X=X):
    return model.decision_function(X)


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_same_seed_same_numbers_after_clone_and_pickle(scorer):
    model = small(scorer=scorer).fit(X, TAGS)
    expected = scores(model)
    assert expected.shape == TAGS.shape
    assert expected.dtype == np.float32
    assert_array_equal(scores(clone(model).fit(X, TAGS)), expected)
    again = pickle.loads(pickle.dumps(model.index(X)))
    assert_array_equal(scores(again), expected)
    assert_array_equal(again.retrieve(1, X[0, :2], k=7), model.retrieve(1, X[0, :2], 7))
    other = clone(model).set_params(random_state=1).fit(X, TAGS)
    assert (scores(other) != expected).any()


@pytest.mark.parametrize(
    "make",
    [
        sparse.csr_array,
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.coo_matrix,
        sparse.lil_array,
        sparse.dok_array,
        sparse.bsr_array,
        lambda tags: tags.astype(bool),
        lambda tags: 3 * tags,
        lambda tags: tags.tolist(),
    ],
)
def test_y_may_be_any_indicator(make):
    expected = scores(small().fit(X, TAGS))
    model = small().fit(X, make(TAGS))
    assert_array_equal(scores(model), expected)
    assert model.tag_names_ is None
    assert_array_equal(model.tag_counts_, TAGS.sum(axis=0))


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_bring_names(library):
    columns = ["lon", "f0", "f1", "lat", "f2", "f3"]
    if library is pd:
        frame = pd.DataFrame(X[:, [1, 2, 3, 0, 4, 5]], columns=columns)
        tags = pd.DataFrame(TAGS, columns=WORDS)
    else:
        frame = pl.DataFrame(X[:, [1, 2, 3, 0, 4, 5]], schema=columns)
        tags = pl.DataFrame(TAGS, schema=list(WORDS))
    expected = small().fit(X, TAGS)
    for location in ("auto", ("lat", "lon"), (3, 0)):
        model = small(location=location).fit(frame, tags)
        assert model.tag_names_ == list(WORDS)
        assert list(model.feature_names_in_) == columns
        assert_array_equal(scores(model, frame), scores(expected))
    assert_array_equal(
        model.index(frame).retrieve("mar", X[3, :2], k=5),
        expected.index(X).retrieve(2, X[3, :2], k=5),
    )
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict_topk(frame[columns[::-1]])


def test_float32_and_memory_maps(tmp_path):
    single = X.astype(np.float32)
    doubled = single.astype(np.float64)
    model = small().fit(single, TAGS)
    assert_allclose(scores(model, single), scores(model, doubled), atol=1e-5)
    joblib.dump(X, tmp_path / "photos")
    mapped = joblib.load(tmp_path / "photos", mmap_mode="r")
    again = small().fit(mapped, TAGS)
    assert_array_equal(scores(again, mapped), scores(small().fit(X, TAGS)))
    found = again.index(mapped)._gallery.photos.features
    assert np.shares_memory(found, mapped)  # it refers to them
    assert_array_equal(again.retrieve(1, k=9), again.index(X).retrieve(1, k=9))


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_rows_are_independent(scorer):
    model = small(scorer=scorer).fit(X, TAGS)
    whole = scores(model)
    for row in (0, 17, 59):
        assert_allclose(scores(model, X[row : row + 1])[0], whole[row], atol=1e-6)
    with sklearn.config_context(working_memory=1e-4):  # two rows or three at a time
        assert_allclose(scores(model), whole, atol=1e-6)
        some = model.predict_topk(X, 3, return_scores=True)
    every = model.predict_topk(X, 3, return_scores=True)
    assert_array_equal(some[0], every[0])
    assert_allclose(some[1], every[1], atol=1e-6)


def test_a_seam_is_no_border_for_waves():
    model = small().fit(X, TAGS)
    east, west = X[:2].copy(), X[:2].copy()
    east[:, :2], west[:, :2] = [12.0, 180.0], [12.0, -180.0]
    assert_array_equal(scores(model, east), scores(model, west))
    turned = X + np.array([0.0, 360.0, 0, 0, 0, 0])
    assert_allclose(scores(model, turned), scores(model), atol=1e-4)


# Answers ------------------------------------------------------------------------------


def test_lists_and_indicators_are_those_of_the_scores():
    model = small(omit_tags=["sky", "Utopia"], tag_names=WORDS, n_suggested=2)
    model.fit(X, TAGS)
    every = scores(model)
    assert np.isneginf(every[:, 4]).all()
    listed, best = model.predict_topk(X, 9, return_scores=True)
    order = np.argsort(-every, axis=1, kind="stable")[:, :4]
    assert_array_equal(listed[:, :4], order)
    assert (listed[:, 4:] == -1).all()
    assert np.isneginf(best[:, 4:]).all()
    assert_array_equal(best[:, :4], np.take_along_axis(every, order, axis=1))
    suggested = model.predict(X)
    assert sparse.issparse(suggested)
    expected = np.zeros_like(TAGS)
    np.put_along_axis(expected, order[:, :2], 1, axis=1)
    assert_array_equal(suggested.toarray(), expected)
    model.set_params(threshold=float(np.median(every[:, :4])))
    assert_array_equal(model.predict(X).toarray(), every >= model.threshold)
    truth = TAGS[:, :4].any(axis=1)
    assert truth.any()
    assert model.score(X, TAGS) == 1.0  # of four tags, all are among the first ten


@pytest.mark.parametrize("params", [{}, {"scorer": "trunk"}, {"place_prior": False}])
def test_share_of_the_place_is_what_is_lost_without_it(params):
    model = small(**params, allow_missing=True, tag_names=WORDS).fit(X, TAGS)
    nowhere = X.copy()
    nowhere[:, :2] = np.nan
    lost = scores(model) - scores(model, nowhere)
    share = model.location_share(X, ["mar", "road", "mar"])
    assert_allclose(share, lost[:, [2, 1, 2]], atol=1e-5)
    assert model.location_share(X, 4).shape == (60, 1)
    assert_array_equal(model.location_share(nowhere, [0, 1]), np.zeros((60, 2)))
    with pytest.raises(ValueError, match=r"'rode'.*Did you mean 'road'"):
        model.location_share(X, "rode")
    for wrong in (None, np.datetime64("2020"), np.array(1.5), np.array([[0]])):
        with pytest.raises(ValueError, match="asked for by its name or its number"):
            model.location_share(X, wrong)


def test_share_of_the_place_by_hand():
    # One feature, one wave: all factors are set to numbers.
    model = small(n_components=1, location_encoder="pair", place_prior=False)
    model.set_params(scale=None).fit(X, TAGS)
    module = model.states_[-1].module
    numbers = {"A": 2.0, "D": 3.0, "E": 5.0, "G": 7.0, "H": 11.0, "K": 13.0}
    for name, number in numbers.items():
        getattr(module, name).weight.data.fill_(number)
    module.table.weight.data[:] = module.table.weight.data.new_tensor(
        [[1.0], [-1.0], [0.5], [0.0], [2.0]]
    )
    module.photos.linear.weight.data[:] = 1.0  # the photo is +1, once it has length 1
    module.photos.linear.bias.data.zero_()
    module.places.linear.weight.data.fill_(1.0)  # and so is every place
    module.places.linear.bias.data.zero_()
    model._scorers.clear()
    photo = np.array([[10.0, 20.0, 1.0, 2.0, 3.0, 4.0]])
    # D w + E + G H K w, and E alone where the tag is zero.
    expected = [(3 + 7 * 11 * 13) * w + 5 for w in (1.0, -1.0, 0.5, 0.0, 2.0)]
    assert_allclose(model.location_share(photo, range(5))[0], expected, rtol=1e-6)


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_tags_that_were_never_taught(scorer):
    model = small(scorer=scorer, place_prior=False).fit(X, TAGS)
    every = model.decision_function(X, tag_vectors=model.tag_vectors_)
    if scorer == "multilinear":  # a new tag is as frequent as a typical one
        bias = model.states_[-1].module.tag_bias.detach().numpy()
        every = every - bias.mean() + bias
    assert_allclose(every, scores(model), atol=1e-5)
    given = np.random.default_rng(3).normal(size=(5, 7))
    model = small(scorer=scorer, tag_vectors=given).fit(X, TAGS)
    length = np.linalg.norm(given, axis=1, keepdims=True)
    assert_allclose(model.tag_vectors_, given / length, rtol=1e-6)
    # Given vectors have length one, and so have new ones.
    one, ten = (
        model.decision_function(X[:3], tag_vectors=factor * given[:2])
        for factor in (1, 10)
    )
    assert one.shape == (3, 2)
    assert_allclose(one, ten, rtol=1e-5)
    for wrong, words in (
        (given[:, :3], "tag_vectors has 3 columns, but the tags of fit have 7"),
        (given[:0], "must be rows of finite numbers"),
        (np.full((1, 7), np.nan), "must be rows of finite numbers"),
        (np.full((1, 7), 1e30), "none beyond 1e\\+15"),
        (np.full((1, 7), 1j), "must be rows of finite numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            model.decision_function(X, tag_vectors=wrong)
    with pytest.raises(ValueError, match="tag_vectors has 2 rows, but y has 5 tags"):
        small(tag_vectors=given[:2]).fit(X, TAGS)


def test_shortlists_that_are_long_enough_change_nothing():
    exact = small(scorer="trunk").fit(X, TAGS)
    model = small(scorer="trunk", shortlist=3).fit(X, TAGS)
    assert_array_equal(scores(model), scores(exact))
    for k in (1, 5, 8):
        listed = model.set_params(shortlist=5).predict_topk(X, k, return_scores=True)
        expected = exact.predict_topk(X, k, return_scores=True)
        for found, wanted in zip(listed, expected, strict=True):
            assert_array_equal(found, wanted)
    # A shorter one lists what the quick scorer finds best, in the order of the trunk.
    model.set_params(shortlist=3)
    tags, best = model.predict_topk(X, 2, return_scores=True)
    assert_allclose(best, np.take_along_axis(scores(exact), tags, axis=1), atol=1e-6)
    assert (best[:, 0] >= best[:, 1]).all()
    assert (tags >= 0).all()


# Missing places -----------------------------------------------------------------------


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_missing_places_are_silenced(scorer):
    holes = X.copy()
    holes[::3, :2] = np.nan
    with pytest.raises(ValueError, match="row 0: the place is missing"):
        small(scorer=scorer).fit(holes, TAGS)
    model = small(scorer=scorer, allow_missing=True).fit(holes, TAGS)
    assert np.isfinite(scores(model, holes)).all()
    half = X.copy()
    half[4, 1] = np.nan
    with pytest.raises(ValueError, match="row 4: the longitude is NaN"):
        model.predict_topk(half)
    nowhere = np.full_like(X, np.nan)
    nowhere[:, 2:] = X[:, 2:]
    with pytest.raises(ValueError, match="All places are missing"):
        model.fit(nowhere, TAGS)


def test_a_missing_place_says_how_it_could_be_allowed():
    holes = np.array(X)
    holes[[3, 7], :2] = np.nan
    words = r"X, row 3: the place is missing .* in 2 of .* or set allow_missing=True"
    with pytest.raises(ValueError, match=words):
        small().fit(holes, TAGS)
    with pytest.raises(ValueError, match=words):
        small().fit(X, TAGS).predict_topk(holes, 2)
    holes[3, 1] = 5.0  # half a place is none to be allowed
    holes[7, :2] = X[7, :2]
    with pytest.raises(ValueError, match="row 3: the latitude is NaN"):
        small().fit(holes, TAGS)


def test_missing_places_are_no_places_that_an_encoder_may_refuse():
    holes = X.copy()
    holes[::3, :2] = np.nan
    encoder = UTMOneHotEncoder(zones="seen")  # knows neither 0, 0 nor what is missing
    model = small(location_encoder=encoder, allow_missing=True).fit(holes, TAGS)
    assert np.isfinite(scores(model, holes)).all()
    assert sorted(model.index(holes).retrieve(0, None, 60)) == list(range(60))
    with pytest.raises(ValueError, match="zone '31N', which has no column"):
        model.retrieve(0, [0.5, 0.5])


def test_zeroed_places_say_nothing():
    model = small(location_mode="zeroed").fit(X, TAGS)
    moved = X.copy()
    moved[:, :2] = [[-45.0, 170.0]]
    assert_array_equal(scores(model, moved), scores(model))
    assert_array_equal(model.location_share(X, [0, 1]), np.zeros((60, 2)))


# Training -----------------------------------------------------------------------------


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_photos_of_weight_zero_are_left_out(scorer):
    weight = np.ones(60)
    weight[40:] = 0.0
    other = TAGS.copy()
    other[40:] = 1 - other[40:]
    model = small(scorer=scorer).fit(X, other, sample_weight=weight)
    expected = small(scorer=scorer).fit(X[:40], TAGS[:40])
    assert_allclose(scores(model), scores(expected), atol=1e-6)
    with pytest.raises(ValueError, match="zero"):
        model.fit(X, TAGS, sample_weight=np.zeros(60))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        model.fit(X, TAGS, sample_weight=-weight)


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
@pytest.mark.parametrize("scale", [1 / 60, 1e-12, 1e200])
def test_the_scale_of_weights_does_not_matter(scorer, scale):
    weight = 1.0 + np.arange(60) % 3
    params = {"scorer": scorer, "early_stopping": True}
    model = small(**params).fit(X, TAGS, sample_weight=scale * weight)
    expected = small(**params).fit(X, TAGS, sample_weight=weight)
    assert_allclose(scores(model), scores(expected), rtol=1e-4, atol=1e-4)


def test_weights_stand_for_repetition():
    # The same photos with opposite words: those that weigh more win, either way.
    both = np.vstack([X, X])
    tags = np.vstack([TAGS[:, [0, 1, 2, 3]], TAGS[:, [1, 0, 3, 2]]])
    first = np.repeat([3.0, 1.0], 60)
    params = {"max_iter": 8, "learning_rate_init": 0.03, "batch_size": 40}
    params["place_prior"] = False
    for weight in (first, first[::-1]):
        weighted = small(**params).fit(both, tags, sample_weight=weight)
        rows = np.repeat(np.arange(120), weight.astype(int))
        repeated = small(**params).fit(both[rows], tags[rows])
        heavy = tags[weight == 3]
        for model in (weighted, repeated):
            assert np.mean(heavy[np.arange(60), model.predict_topk(X, 1)[:, 0]]) > 0.9


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
@pytest.mark.parametrize("losses", [("softmax", "logistic"), ("hinge", "softmax")])
def test_training_goes_on_with_another_loss(scorer, losses):
    first, second = losses
    if scorer == "trunk" and "softmax" in losses:
        first, second = "hinge", "logistic"
    model = small(scorer=scorer, loss=first, warm_start=True).fit(X, TAGS)
    asked = []
    model.net_.criterion_.register_forward_hook(lambda *args: asked.append(args))
    model.set_params(loss=second).fit(X, TAGS)
    assert not asked  # of the loss before
    assert getattr(model.net_.criterion_, "kind", "softmax") == second


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_training_goes_on(scorer):
    model = small(scorer=scorer, warm_start=True).fit(X, TAGS)
    before = scores(model)
    model.index(X).fit(X, TAGS)
    assert model.n_iter_ == len(model.history_) == 4
    assert len(model.states_) == 1
    assert (scores(model) != before).any()
    with pytest.raises(ValueError, match="call index"):
        model.retrieve(0)
    before = scores(model)
    for y, words in (
        (TAGS[:, :3], "y has 3 tags, and had 5 before. Set warm_start=False"),
        (pd.DataFrame(TAGS)[[1, 0, 2, 3, 4]], "other names than before"),
    ):
        with pytest.raises(ValueError, match=words):
            model.fit(X, y)
    with pytest.raises(ValueError, match="features"):
        model.fit(X[:, :5], TAGS)
    model.set_params(n_components=9)
    with pytest.raises(ValueError, match="n_components is 9, and was 8 before"):
        model.fit(X, TAGS)
    assert_array_equal(scores(model), before)
    model.set_params(warm_start=False).fit(X[:, :5], TAGS[:, :4])
    assert model.n_iter_ == 2
    assert scores(model, X[:, :5]).shape == (60, 4)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"location_mode": "sampling", "sigma_km_schedule": (2_000, 0)},
        {"scorer": "trunk", "loss": "logistic"},
    ],
)
def test_a_warm_start_keeps_the_best_weights(params):
    early = {"early_stopping": True, "n_iter_no_change": 2, "warm_start": True}
    model = small(**{**early, "max_iter": 6, "validation_fraction": 0.3, **params})
    model.fit(X, TAGS)
    learnt, before = model.n_iter_, scores(model)
    # Steps that are far too long make it worse, so that nothing is taken.
    model.set_params(learning_rate_init=5.0).fit(X, TAGS)
    assert model.n_iter_ > learnt
    assert not model.history_["best"][learnt:].any()
    assert_array_equal(scores(model), before)


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_a_warm_start_takes_the_seed_that_is_set(scorer):
    first = small(scorer=scorer, warm_start=True).fit(X, TAGS)
    said = []
    for seed in (0, 5, 5, None):
        model = pickle.loads(pickle.dumps(first)).set_params(random_state=seed)
        said.append(scores(model.fit(X, TAGS)))
        assert model._seed == first._seed  # of the photos held out
    assert_array_equal(said[1], said[2])
    assert_array_equal(said[0], said[3])
    assert np.abs(said[0] - said[1]).max() > 1e-5


def test_the_prior_is_weighed_whatever_the_working_memory():
    params = {"early_stopping": True, "validation_fraction": 0.5, "max_iter": 3}
    for shuffled in range(3):
        order = np.random.default_rng(shuffled).permutation(len(X))
        whole = small(**params).fit(X[order], TAGS[order])
        with sklearn.config_context(working_memory=1e-4):
            parts = small(**params).fit(X[order], TAGS[order])
        found, expected = (
            (each._prior.smoothing, each.states_[-1].module.prior_share.item())
            for each in (parts, whole)
        )
        assert found == expected
        assert_allclose(scores(parts), scores(whole), atol=1e-5)


def test_the_prior_is_weighed_by_photos_from_everywhere(monkeypatch):
    monkeypatch.setattr("sklearn_geo.ranking._ranker_training._MANY_HELD_OUT", 10)
    asked = []
    weigh = PlacePrior.choose_shares

    def choose_shares(self, share, bias, parts):
        parts = list(parts)
        asked.extend(place for part in parts for place in part[2])
        return weigh(self, share, bias, parts)

    monkeypatch.setattr(PlacePrior, "choose_shares", choose_shares)
    order = np.argsort(X[:, 0])  # Costa Rica, and then Scotland
    params = {"early_stopping": True, "validation_fraction": 0.9}
    small(**params).fit(X[order], TAGS[order])
    assert len(asked) == 10
    assert {bool(place[0] < 30) for place in asked} == {False, True}


def test_training_goes_on_with_the_same_names():
    frame = pd.DataFrame(TAGS, columns=WORDS)
    model = small(warm_start=True).fit(X, frame).fit(X, frame)
    assert model.n_iter_ == 4
    assert model.fit(X, TAGS).tag_names_ == list(WORDS)  # y has none this time
    with pytest.raises(ValueError, match="other names than before"):
        model.fit(X, frame[list(WORDS[::-1])])
    late = small(warm_start=True).fit(X, TAGS).fit(X, frame)
    assert late.tag_names_ == list(WORDS)
    assert_array_equal(late.index(X).retrieve(WORDS[1]), late.retrieve(1))


def test_photos_without_tags_are_passed_over():
    tags = TAGS.copy()
    tags[:5] = 0
    with pytest.warns(UserWarning, match="5 of 60 photos have no tag"):
        model = small().fit(X, tags)
    assert model.n_untagged_ == 5
    assert_allclose(scores(model), scores(small().fit(X[5:], tags[5:])), atol=1e-6)
    with pytest.raises(ValueError, match="row 0: the photo has no tag"):
        small(untagged="error").fit(X, tags)


def test_users_are_held_out_whole():
    users = np.repeat(np.arange(20), 3)
    model = small(early_stopping=True, validation_fraction=0.3)
    model.fit(X, TAGS, groups=users)
    assert np.isfinite(model.history_["valid_loss"]).all()
    learn, valid = model._held_out(np.arange(60), users)
    assert not set(users[learn]) & set(users[valid])
    assert len(valid) == 18
    with pytest.raises(ValueError, match="groups"):
        model.fit(X, TAGS, groups=users[:-1])


# In scikit-learn's company ------------------------------------------------------------


def test_metadata_is_routed():
    users = np.repeat(np.arange(20), 3)
    weight = np.ones(60)
    weight[40:] = 0.0
    with sklearn.config_context(enable_metadata_routing=True):
        ranker = small().set_fit_request(sample_weight=True, groups=True)
        ranker.set_score_request(sample_weight=True)
        pipe = make_pipeline(ranker).fit(X, TAGS, sample_weight=weight, groups=users)
        expected = small().fit(X[:40], TAGS[:40], groups=users[:40])
        assert_allclose(scores(pipe), scores(expected), atol=1e-6)
        need_routed_searches()
        search = GridSearchCV(
            pipe, {"locsensranker__n_components": [4, 8]}, cv=GroupKFold(3), refit=True
        )
        search.fit(X, TAGS, sample_weight=np.ones(60), groups=users)
    assert search.cv_results_["mean_test_score"].tolist() == [1.0, 1.0]
    assert search.predict(X).shape == TAGS.shape


def test_an_embedding_in_front_or_within():
    embedding = HashtagEmbedding(n_components=6, max_iter=2, random_state=0)
    columns = ColumnTransformer(
        [("place", "passthrough", [0, 1]), ("photo", embedding, slice(2, None))]
    )
    pipe = make_pipeline(columns, small())
    search = GridSearchCV(pipe, {"locsensranker__task": ["tagging", "retrieval"]}, cv=2)
    search.fit(X, sparse.csr_array(TAGS))
    assert search.best_estimator_.decision_function(X).shape == TAGS.shape
    within = small(embedding=embedding).fit(X, sparse.csr_array(TAGS))
    assert_allclose(within.tag_vectors_, within.embedding_.tag_vectors_, atol=1e-6)
    photos = within.embedding_.transform(X[:, 2:])
    outside = small(tag_vectors=within.embedding_, scale="l2")
    outside.fit(np.hstack([X[:, :2], photos]), TAGS)
    assert_allclose(
        scores(outside, np.hstack([X[:, :2], photos])), scores(within), atol=1e-5
    )


def test_frozen_embeddings_may_know_the_names_of_features():
    table = pd.DataFrame(X, columns=["lat", "lon", "a", "b", "c", "d"])
    embedding = HashtagEmbedding(n_components=6, max_iter=2, random_state=0)
    expected = small(embedding=FrozenEstimator(embedding.fit(X[:, 2:], TAGS)))
    expected = scores(expected.fit(X, TAGS))
    frozen = FrozenEstimator(clone(embedding).fit(table.iloc[:, 2:], TAGS))
    assert_array_equal(scores(small(embedding=frozen).fit(X, TAGS)), expected)
    model = small(embedding=frozen).fit(table, TAGS)
    assert_array_equal(scores(model, table), expected)
    assert [*frozen.estimator.feature_names_in_] == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="features in another order"):
        small(embedding=frozen).fit(table[["lat", "lon", "b", "a", "c", "d"]], TAGS)


def test_embeddings_learn_from_what_the_ranker_learns_from():
    weight = np.ones(60)
    weight[40:] = 0.0
    embedding = HashtagEmbedding(n_components=6, max_iter=2, random_state=0)
    model = small(embedding=embedding).fit(X, TAGS, sample_weight=weight)
    expected = small(embedding=embedding).fit(X[:40], TAGS[:40])
    assert_allclose(scores(model), scores(expected), atol=1e-5)


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "X", "y", "words"),
    [
        ({}, X, TAGS[:-1], "59 photos, but X has 60"),
        ({}, X[:, :2], TAGS, "has a place and nothing else"),
        ({}, X, None, "requires y to be passed"),
        ({}, np.where(X[7, 3] == X, np.nan, X), TAGS, "contains NaN: row 7, column 3"),
        ({"scorer": "trunk", "place_prior": True}, X, TAGS, 'needs loss="softmax"'),
        ({"loss": "hinge", "place_prior": True}, X, TAGS, 'needs loss="softmax"'),
        ({"tag_vectors": HashtagEmbedding()}, X, TAGS, "fit it first, or pass it as"),
        ({"tag_vectors": list("abcde")}, X, TAGS, "rows of finite numbers"),
        ({}, X, 0 * TAGS, "No photo has a tag"),
        ({"tag_names": ["a"]}, X, TAGS, "tag"),
        ({"omit_tags": [0, 1, 2, 3, 4]}, X, TAGS, "leaves no tag"),
        ({"scorer": "trunk", "loss": "softmax"}, X, TAGS, "which the trunk cannot do"),
        ({"location_mode": "raw", "loss": "hunge"}, X, TAGS, "'loss' parameter"),
        ({"sigma_km_schedule": (0, 5), "location_mode": "sampling"}, X, TAGS, "rough"),
        ({"scorer": "trunk", "hidden_layer_sizes": ()}, X, TAGS, "one or more whole"),
        ({"scorer": "trunk", "hidden_layer_sizes": (8, 0)}, X, TAGS, "at least 1; got"),
        ({"early_stopping": True}, X[:1], TAGS[:1], "leaves none to learn from"),
    ],
)
def test_words_about_bad_input(params, X, y, words):
    with pytest.raises(ValueError, match=words):
        small(**params).fit(X, y)


def test_what_is_not_fitted_says_so():
    for ask in ("predict", "predict_topk", "decision_function", "index", "retrieve"):
        with pytest.raises(NotFittedError):
            getattr(small(), ask)(X)
    with pytest.raises(NotFittedError):
        small().location_share(X, 0)
    with pytest.raises(ValueError, match="k must be a whole number"):
        small().fit(X, TAGS).predict_topk(X, 0)


def test_rough_states_do_not_ask_who_was_at_the_exact_place():
    rng = np.random.default_rng(0)
    town = rng.integers(0, 8, 400)
    centre = np.column_stack([rng.uniform(40, 41, 8), rng.uniform(2, 3, 8)])
    X = np.hstack(
        [centre[town] + rng.normal(0, 0.01, (400, 2)), rng.normal(size=(400, 3))]
    )
    y = np.eye(8)[town]
    ranker = LocSensRanker(
        location_mode="sampling",
        sigma_km_schedule=(20_000, 0),
        max_iter=4,
        n_components=8,
        random_state=0,
    ).fit(X, y)
    # Eight towns of one region: only who knows the exact place can tell them apart.
    hits = [
        np.mean(ranker.predict_topk(X, 1, granularity=g)[:, 0] == town)
        for g in ("anywhere", "street")
    ]
    assert hits[0] < 0.5
    assert hits[1] > 0.9


def test_features_that_float64_does_not_square_are_refused():
    rows = np.array([[1.0, 0.0], [1e200, 0.0]])
    with pytest.raises(ValueError, match="X holds features that float32"):
        PhotoScaling("standard").fit(rows, np.arange(2), None)
    scaling = PhotoScaling("standard", np.array([-1e308]), np.array([1e37]))
    with pytest.raises(ValueError, match="X holds features that float32"):
        scaling.apply(np.array([[1e308]]))


@pytest.mark.parametrize("kind", ["l2", None])
def test_features_that_float32_does_not_hold_are_refused(kind):
    rows = np.array([[1.0, 0.0], [1e39, 0.0]])
    assert PhotoScaling(kind).apply(rows[:1]).tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="X holds features that float32"):
        PhotoScaling(kind).apply(rows)


@pytest.mark.parametrize("scorer", ["multilinear", "trunk"])
def test_a_second_fit_that_fails_leaves_the_first(scorer):
    model = LocSensRanker(**FEW, scorer=scorer).fit(X, TAGS).index(X)
    before, found = model.decision_function(X), model.retrieve(0, X[0, :2], 3)
    model.set_params(tag_vectors=np.eye(2))
    with pytest.raises(ValueError, match="tag_vectors has 2 rows"):
        model.fit(X[:, :-1], np.column_stack([TAGS, TAGS]))
    assert_array_equal(model.decision_function(X), before)
    assert_array_equal(model.retrieve(0, X[0, :2], 3), found)
