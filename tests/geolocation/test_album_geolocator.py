# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    TimeAdjustedGeolocator,
)
from sklearn_geo.geolocation._photo_columns import Given
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics import paired_wilcoxon
from sklearn_geo.partition import KMeansPartition, S2Partition
from tests.contract import OTHER_INPUT
from tests.geolocation.common import checks_of, folds_y

COLUMNS = [f"look_{number}" for number in range(8)]


def _photos(n_users=80, seed=0, signal=True, noise=2.0):
    """Users who stay in one of eight towns for some hours, and then in another."""
    world, rng = np.random.default_rng(7), np.random.default_rng(seed)
    towns = np.column_stack([world.uniform(-50, 60, 8), world.uniform(-180, 180, 8)])
    looks = world.normal(size=(8, 8))
    user = np.repeat(np.arange(n_users), rng.integers(1, 30, n_users))
    n_photos = len(user)
    moves = rng.random(n_photos) < 0.1
    moves[np.flatnonzero(np.diff(user)) + 1] = True
    town = rng.integers(8, size=n_photos)[np.cumsum(moves)]
    hours = np.cumsum(rng.exponential(1.0, n_photos) + 500.0 * moves)
    if not signal:
        user, hours = rng.permutation(user), rng.permutation(hours)
    frame = pd.DataFrame(
        looks[town] + noise * rng.normal(size=(n_photos, 8)), columns=COLUMNS
    )
    moment = np.datetime64("2015-01-01", "s") + (hours * 3600).astype("timedelta64[s]")
    frame["when"] = pd.Series(moment).dt.tz_localize("UTC")
    frame["who"] = [f"user {number}" for number in user]
    order = rng.permutation(n_photos)
    places = towns[town] + rng.normal(scale=0.3, size=(n_photos, 2))
    places[:, 1] = np.remainder(places[:, 1] + 180.0, 360.0) - 180.0
    return frame.iloc[order].reset_index(drop=True), places[order]


def _one(**params):
    return HierarchicalCellClassifier(
        KMeansPartition(8, random_state=0), learning_rate_init=0.05, device="cpu"
    ).set_params(**params)


def _model(estimator=None, **params):
    settings = {"groups": "who", "times": "when", "cv": 2, "max_iter": 12}
    settings |= {"device": "cpu", "random_state": 0, **params}
    return AlbumGeolocator(_one() if estimator is None else estimator, **settings)


@pytest.fixture(scope="module")
def fitted():
    return _model(max_iter=20).fit(*_photos())


@pytest.fixture(scope="module")
def paper():
    return _model(preset="paper", hidden=16, max_iter=5).fit(*_photos())


@pytest.fixture(params=["fitted", "paper"])
def either(request):
    return request.getfixturevalue(request.param)


# What it is worth ---------------------------------------------------------------------


def test_better_than_what_it_wraps_for_users_never_seen(fitted):
    assert fitted.corrects_
    assert fitted.held_out_gain_ > 0.1
    frame, places = _photos(seed=1)
    alone = fitted.estimator_.predict(frame[COLUMNS])
    found = fitted.predict(frame)
    assert np.median(haversine(places, found)) < np.median(haversine(places, alone))
    result = paired_wilcoxon(places, found, alone, alternative="less")
    assert result.pvalue < 1e-3


def test_albums_that_tell_nothing_are_left_out():
    fitted = _model().fit(*_photos(signal=False))
    assert not fitted.corrects_
    frame, _ = _photos(seed=1, signal=False)
    np.testing.assert_array_equal(
        fitted.predict(frame), fitted.estimator_.predict(frame[COLUMNS])
    )
    np.testing.assert_allclose(
        fitted.predict_proba(frame),
        fitted.estimator_.predict_proba(frame[COLUMNS]),
        atol=1e-6,
    )


# Rows and users -----------------------------------------------------------------------


def test_rows_stay_where_the_caller_has_them(either):
    frame, _ = _photos(20, seed=2)
    expected = either.predict_proba(frame)
    order = np.random.default_rng(0).permutation(len(frame))
    found = either.predict_proba(frame.iloc[order])
    np.testing.assert_allclose(found, expected[order], atol=1e-6)
    np.testing.assert_allclose(expected.sum(axis=1), 1.0, rtol=1e-5)


def test_users_do_not_know_each_other(either):
    frame, _ = _photos(20, seed=2)
    expected = either.predict_proba(frame)
    for user, own in frame.groupby("who"):
        found = either.predict_proba(own)
        np.testing.assert_allclose(found, expected[own.index], atol=1e-6, err_msg=user)


def test_one_photo_is_enough(either):
    frame, _ = _photos(2, seed=3)
    assert either.predict(frame.iloc[:1]).shape == (1, 2)
    if either.preset is None:
        frame, _ = _photos(30, seed=3)
        one = frame.groupby("who").head(1)
        alone = either.estimator_.predict_proba(one[COLUMNS])
        found = either.predict_proba(one)
        np.testing.assert_allclose(found, alone, atol=1e-7)
        assert found.dtype == either.predict_proba(frame).dtype == np.float32
        # Others have more photos: nobody else's answers change.
        first = one["who"].iloc[0]
        more = frame[(frame["who"] != first) | frame.index.isin(one.index)]
        found = either.predict_proba(more)[more["who"] == first]
        np.testing.assert_allclose(found, alone[:1], atol=1e-7)


def test_little_memory_changes_nothing(either):
    frame, _ = _photos(20, seed=2)
    expected = either.predict_proba(frame)
    with sklearn.config_context(working_memory=1):
        assert either._slots(len(frame)) < 100
        np.testing.assert_allclose(either.predict_proba(frame), expected, atol=1e-6)


def test_long_users_are_albums_of_consecutive_photos(either):
    frame, _ = _photos(6, seed=4)
    frame = frame.assign(who="one").sort_values("when")
    assert len(frame) > 48
    n_albums = -(-len(frame) // 24)
    pieces = np.array_split(np.arange(len(frame)), n_albums)
    found = np.concatenate([either.predict_proba(frame.iloc[p]) for p in pieces])
    np.testing.assert_allclose(either.predict_proba(frame), found, atol=1e-6)


def test_prior_and_mask_are_heard(either):
    frame, _ = _photos(5, seed=5)
    only = np.arange(8) == 3
    assert (either.predict_cells(frame, mask=only) == 3).all()
    expected = either.predict_proba(frame) * np.arange(1, 9)
    expected /= expected.sum(axis=1, keepdims=True)
    found = either.predict_proba(frame, prior=np.arange(1, 9))
    np.testing.assert_allclose(found, expected, atol=1e-5)


# Manners ------------------------------------------------------------------------------


def _same(one, other, frame, **how):
    """Tell whether two are alike, also where albums are left out."""
    np.testing.assert_allclose(
        one.predict_proba(frame), other.predict_proba(frame), **how
    )
    assert one.corrects_ == other.corrects_
    np.testing.assert_equal(one.held_out_gain_, other.held_out_gain_)
    weights = other.net_.module_.state_dict()
    for name, values in one.net_.module_.state_dict().items():
        np.testing.assert_array_equal(values, weights[name], err_msg=name)


@pytest.fixture(scope="module", params=[None, "paper"])
def small(request):
    model = _model(preset=request.param, hidden=4, max_iter=3)
    return model.fit(*_photos(24))


def test_same_seed_same_numbers_jobs_and_pickles(small):
    frame, places = _photos(24)
    n_jobs = 1 if small.preset is None else 2  # processes are dear
    again = clone(small).set_params(n_jobs=n_jobs).fit(frame, places)
    _same(again, small, frame, rtol=0)
    _same(pickle.loads(pickle.dumps(small)), small, frame, rtol=0)
    other = clone(small).set_params(random_state=1).fit(frame, places)
    assert np.abs(other.predict_proba(frame) - small.predict_proba(frame)).max() > 1e-5


def test_pickles_of_what_corrects(fitted):
    frame, _ = _photos()
    copy = pickle.loads(pickle.dumps(fitted))
    _same(copy, fitted, frame, rtol=0)


def test_arrays_beside_x_are_as_good_as_columns(small):
    frame, places = _photos(24)
    X, when, who = frame[COLUMNS], frame["when"], frame["who"]
    beside = clone(small).set_params(groups=None, times=None)
    beside.fit(X, places, groups=who, times=when)
    found = beside.predict_proba(X, groups=who, times=when)
    np.testing.assert_allclose(found, small.predict_proba(frame), atol=1e-5)
    for name, values in small.net_.module_.state_dict().items():
        np.testing.assert_array_equal(values, beside.net_.module_.state_dict()[name])


def test_without_times_the_order_is_that_of_rows():
    frame, places = _photos(30)
    frame = frame.sort_values("when")
    places = places[frame.index]
    fitted = _model(times=None, preset="paper", hidden=4, max_iter=2)
    X, who = frame[[*COLUMNS, "who"]], frame["who"]
    fitted.fit(X, places)
    expected = fitted.predict_proba(X)
    users = np.argsort(who.to_numpy(), kind="stable")  # order of rows of a user kept
    found = fitted.predict_proba(X.iloc[users])
    np.testing.assert_allclose(found, expected[users], atol=1e-6)


def test_a_fitted_estimator_is_taken_as_it_is():
    frame, places = _photos(30, seed=8)
    one = _one(random_state=0).fit(frame[COLUMNS], places)
    other, elsewhere = _photos(20, seed=9)
    fitted = _model(one, cv="prefit", max_iter=2).fit(other, elsewhere)
    assert fitted.estimator_ is one
    with pytest.warns(UserWarning, match="has learnt from these photos"):
        _model(one, cv="prefit", max_iter=1).fit(frame, places)


def test_what_is_fitted_and_wrapped_twice_has_to_be_frozen():
    frame, places = _photos(12, seed=8)
    one = _one(random_state=0).fit(frame[COLUMNS], places)
    other, elsewhere = _photos(10, seed=9)
    settings = {"times": "when", "cv": "prefit", "max_iter": 1, "device": "cpu"}
    with pytest.raises(NotFittedError, match="put it into a sklearn"):
        _model(TimeAdjustedGeolocator(one, **settings)).fit(other, elsewhere)
    inside = TimeAdjustedGeolocator(FrozenEstimator(one), **settings)
    fitted = _model(inside, max_iter=1).fit(other, elsewhere)
    np.testing.assert_array_equal(fitted.estimator_.cell_places_, one.cell_places_)


def test_photos_of_users_of_whom_nobody_teaches():
    # Two photos of one user lie in cells: no user is left to judge what they teach.
    frame, places = _photos(12, seed=8)
    cells = S2Partition(60, 5, start_level=5)
    one = HierarchicalCellClassifier(cells, max_iter=1, device="cpu", random_state=0)
    one.fit(*_without((frame, places)))
    other, elsewhere = _photos(8, seed=9)
    own = np.flatnonzero(other["who"] == other["who"].mode()[0])[:2]
    truth = np.full_like(elsewhere, -89.0)
    truth[own] = places[:2]
    fitted = _model(one, cv="prefit", max_iter=1).fit(other, truth)
    assert not fitted.corrects_
    assert len(fitted.left_out_) == len(other) - 2
    np.testing.assert_array_equal(fitted.predict(other), one.predict(other[COLUMNS]))


def test_albums_inside_of_another_that_holds_out_whole_users():
    frame, places = _photos(20)
    album = _model(preset="paper", hidden=4, max_iter=2)
    settings = {"cv": 2, "max_iter": 2, "device": "cpu", "random_state": 0}
    outer = TimeAdjustedGeolocator(album, times="when", **settings)
    assert outer.fit(frame, places).estimator_.preset == "paper"
    found = outer.predict_proba(frame)
    order = np.random.default_rng(0).permutation(len(frame))
    np.testing.assert_allclose(
        outer.predict_proba(frame.iloc[order]), found[order], atol=1e-6
    )
    # Owners known to the album alone: folds are as if they were told to the outer one.
    X, when, who = frame[COLUMNS], frame["when"], frame["who"]
    beside = TimeAdjustedGeolocator(clone(album), time_zone="UTC", **settings)
    beside.estimator.set_params(groups=None, times=None)
    beside.fit(X, places, times=when, groups=who)
    np.testing.assert_allclose(
        beside.predict_proba(X, times=when, groups=who), found, atol=1e-6
    )
    for name, values in outer.net_.module_.state_dict().items():
        np.testing.assert_array_equal(values, beside.net_.module_.state_dict()[name])


def test_photos_of_a_burst_keep_their_order(either):
    frame, _ = _photos(n_users=6, seed=5)
    frame = frame.sort_values(["who", "when"]).reset_index(drop=True)
    number = frame.groupby("who").cumcount()
    frame["when"] = pd.Timestamp("2015-01-01", tz="UTC") + pd.to_timedelta(
        90 * number, unit="ms"
    )
    order = np.random.default_rng(0).permutation(len(frame))
    found = either.predict_proba(frame.iloc[order])
    expected = either.predict_proba(frame)[order]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("cv", ["prefit", 2])
def test_users_whose_photos_have_no_weight_change_nothing(cv):
    frame, places = _photos(n_users=60)
    weights = np.ones(len(frame))
    weights[frame["who"].isin([f"user {number}" for number in range(0, 60, 3)])] = 0.0
    counted = np.flatnonzero(weights)
    one = _one()
    if cv == "prefit":
        others, where = _photos(seed=3)
        one = FrozenEstimator(one.fit(others[COLUMNS], where))
    model = _model(one, cv=cv, max_iter=2)
    whole = clone(model).fit(frame, places, weights)
    part = clone(model).fit(frame.iloc[counted], places[counted])
    assert whole.held_out_gain_ == part.held_out_gain_ != 0.0
    np.testing.assert_array_equal(whole.predict_proba(frame), part.predict_proba(frame))


def test_weights_of_zero_are_photos_that_are_only_read():
    frame, places = _photos(30)
    weights = np.ones(len(frame))
    weights[::3] = 0.0
    wrong = places.copy()
    wrong[::3] = [[80.0, 0.0]]
    model = _model(preset="paper", hidden=4, max_iter=2)
    one = _one(random_state=0).fit(*_without(_photos(seed=8)))
    model.set_params(estimator=one, cv="prefit")
    first = model.fit(frame, places, sample_weight=weights).predict_proba(frame)
    second = clone(model).set_params(estimator=one)
    second.fit(frame, wrong, sample_weight=weights)
    np.testing.assert_allclose(second.predict_proba(frame), first, atol=1e-6)


def _without(photos):
    return photos[0][COLUMNS], photos[1]


def test_warm_start_goes_on():
    frame, places = _photos(30)
    model = _model(warm_start=True, max_iter=2).fit(frame, places)
    assert model.n_iter_ == 2
    assert model.fit(frame, places).n_iter_ == 4
    with pytest.raises(ValueError, match="was not made with preset='paper'"):
        model.set_params(preset="paper").fit(frame, places)


def test_in_a_pipeline_and_a_search_by_columns():
    frame, places = _photos(20)
    pipe = make_pipeline(
        FunctionTransformer(), _model(preset="paper", max_iter=1, hidden=2)
    )
    search = GridSearchCV(pipe, {"albumgeolocator__hidden": [2, 3]}, cv=2)
    search.fit(frame, places)
    assert search.predict(frame).shape == places.shape
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_in_a_search_by_routing():
    frame, places = _photos(20)
    X, when, who = frame[COLUMNS], frame["when"].to_numpy(), frame["who"].to_numpy()
    with sklearn.config_context(enable_metadata_routing=True):
        model = _model(groups=None, times=None, preset="paper", max_iter=1, hidden=2)
        model.set_fit_request(groups=True, times=True)
        model.set_score_request(groups=True, times=True)
        search = GridSearchCV(model, {"hidden": [2, 3]}, cv=GroupKFold(2), refit=False)
        search.fit(X, places, groups=who, times=when)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "params", "said"),
    [
        ({}, {"groups": None}, "There are no groups: set groups="),
        ({"who": 7}, {"groups": "whose"}, "there is no such column"),
        ({"who": None}, {}, "groups, row 0: it is missing whose photo"),
        ({"when": "yesterday"}, {}, "times"),
        ({"when": pd.NaT}, {}, r"times, row 0: .*missing_times=\"last\""),
    ],
)
def test_bad_columns_are_named(changes, params, said):
    frame, places = _photos(5)
    with pytest.raises((TypeError, ValueError), match=said):
        _model(**params).fit(frame.assign(**changes), places)


def test_bad_arrays_are_named():
    frame, places = _photos(5)
    X, n_photos = frame[COLUMNS], len(frame)
    model = _model(groups=None, times=None)
    with pytest.raises(ValueError, match="groups has 3 entries"):
        model.fit(X, places, groups=[1, 2, 3])
    with pytest.raises(TypeError, match="several types"):
        model.fit(X, places, groups=["7"] * (n_photos - 1) + [7])
    with pytest.raises(TypeError, match="has no predict_proba"):
        _model(LinearRegression()).fit(frame, places)


def test_what_has_no_time_may_come_last():
    frame, places = _photos(20)
    frame.loc[::5, "when"] = pd.NaT
    fitted = _model(missing_times="last", preset="paper", max_iter=1, hidden=4)
    assert fitted.fit(frame, places).predict(frame).shape == places.shape


# scikit-learn's checks ----------------------------------------------------------------


class AlbumsOfOne(AlbumGeolocator):
    """Test-only: rows of numbers have no owners, so every one is a user."""

    def _read_features(self, X, reset=False):
        given = X if isinstance(X, Given) else Given(X)
        if given.groups is None:
            given = replace(given, groups=np.arange(len(given)))
        return super()._read_features(given, reset=reset)


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "It passes folds as a list, and a row of weight 2 is not two photos of an album."
)


def _checks():
    one = folds_y(HierarchicalCellClassifier)(
        S2Partition(8, 1), max_iter=2, device="cpu"
    )
    cls = folds_y(AlbumsOfOne)
    album = cls(one, cv=2, max_iter=1, hidden=2, device="cpu", random_state=0)
    return checks_of(album, WEIGHTS)


@pytest.mark.parametrize(("estimator", "check"), _checks())
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_checked():
    check_param_validation("AlbumGeolocator", _model())
    assert OTHER_INPUT["AlbumGeolocator"] == "tests.geolocation.test_album_geolocator"
    for name in AlbumGeolocator(None).get_params(deep=False):
        assert f"\n{name} : " in inspect.getdoc(AlbumGeolocator)
