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
import sklearn
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._photo_columns import Given
from sklearn_geo.geolocation._user_averaging import add_windows, stands
from sklearn_geo.partition import S2Partition
from tests.contract import OTHER_INPUT, need_routed_searches
from tests.geolocation.common import checks_of, folds_y
from tests.geolocation.wrapping import album_photos, cells_of_towns, classifier, looks

FRAME, PLACES = album_photos()
BASE = cells_of_towns(FRAME, PLACES)
HOURS = FRAME["taken"].to_numpy(dtype="datetime64[s]").astype(np.int64) / 3600


def averaging(**params):
    settings = {"groups": "user", "times": "taken", "cv": "prefit"}
    return UserAveragingGeolocator(BASE, **{**settings, **params})


@pytest.fixture(scope="module")
def fitted():
    return averaging().fit(FRAME, PLACES)


def slow_mean(proba, users, hours=None, window=None):
    """Average by looking at all pairs of photos."""
    means = np.empty_like(proba, dtype=np.float64)
    for i in range(len(proba)):
        together = users == users[i]
        if window is not None:
            together &= np.abs(hours - hours[i]) <= window
        means[i] = proba[together].mean(axis=0)
    return means


@pytest.mark.parametrize("window", [None, 0.5, 6, 100.0, 1e5])
@pytest.mark.parametrize("memory", [1024, 1e-2, 1e-4])
def test_equals_a_loop_over_all_pairs(fitted, window, memory):
    fitted.window_hours = window
    with sklearn.config_context(working_memory=memory):
        found = fitted.predict_proba(FRAME)
    users = FRAME["user"].to_numpy()
    expected = slow_mean(BASE.predict_proba(looks(FRAME)), users, HOURS, window)
    # The network's own numbers are float32, and differ by the batch they come in.
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    cells = fitted.predict_cells(FRAME)
    best = np.take_along_axis(expected, cells[:, np.newaxis], axis=1)[:, 0]
    np.testing.assert_allclose(best, expected.max(axis=1), rtol=1e-4)
    np.testing.assert_array_equal(fitted.predict(FRAME), BASE.cell_places_[cells])
    np.testing.assert_allclose(fitted.confidence(FRAME), best, rtol=1e-4)


def test_windows_of_no_length_and_of_any():
    assert FRAME["taken"].is_unique
    model = averaging(window_hours=0).fit(FRAME, PLACES)
    alone = BASE.predict_proba(looks(FRAME))
    np.testing.assert_allclose(model.predict_proba(FRAME), alone, rtol=1e-4, atol=1e-9)
    np.testing.assert_array_equal(model.predict(FRAME), BASE.predict(looks(FRAME)))
    never_ends = averaging(window_hours=np.inf).fit(FRAME, PLACES)
    whole = averaging().fit(FRAME, PLACES)
    np.testing.assert_array_equal(
        never_ends.predict_proba(FRAME), whole.predict_proba(FRAME)
    )
    # As long as anybody's photos last, and so long that seconds are infinitely many.
    for hours in (float(np.ptp(HOURS)), 1e308):
        long = averaging(window_hours=hours).fit(FRAME, PLACES)
        np.testing.assert_allclose(
            long.predict_proba(FRAME), whole.predict_proba(FRAME), rtol=1e-9
        )
    assert whole.score(FRAME, PLACES) > model.score(FRAME, PLACES)


def test_ends_of_a_window_are_in_it():
    # Photos of one user at 0:00, 1:00, 2:00 and 2:20, and one of another at 1:00.
    model = averaging(window_hours=1).fit(FRAME, PLACES)
    five = FRAME.iloc[:5].assign(
        taken=pd.to_datetime(
            [f"2020-01-01 {hour}" for hour in ("00:00", "01:00", "02:00", "02:20")]
            + ["2020-01-01 01:00"],
            utc=True,
        ),
        user=[7, 7, 7, 7, 8],
    )
    alone = BASE.predict_proba(looks(five))
    together = [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3], [4]]
    expected = [alone[rows].mean(axis=0) for rows in together]
    np.testing.assert_allclose(model.predict_proba(five), expected, rtol=1e-4)
    # 20 minutes are a third of an hour, whatever floats make of it.
    model.window_hours = 1 / 3
    expected[0], expected[1] = alone[0], alone[1]
    expected[2] = expected[3] = alone[[2, 3]].mean(axis=0)
    np.testing.assert_allclose(model.predict_proba(five), expected, rtol=1e-4)


def test_ends_of_a_window_are_exact_to_the_microsecond():
    model = averaging(window_hours=1).fit(FRAME, PLACES)
    start = pd.Timestamp("2020-01-01", tz="UTC")
    after = pd.to_timedelta([0, 3_600_000_000, 3_600_900_000, 7_200_900_001], unit="us")
    four = FRAME.iloc[:4].assign(taken=start + after, user=7)
    alone = BASE.predict_proba(looks(four))
    # The third is 0.9 s too late for the first, the last a microsecond for the third.
    expected = [alone[rows].mean(axis=0) for rows in ([0, 1], [0, 1, 2], [1, 2], [3])]
    np.testing.assert_allclose(model.predict_proba(four), expected, rtol=1e-4)


def test_where_values_stand():
    rng = np.random.default_rng(0)
    groups = np.sort(rng.integers(6, size=80))
    values = rng.integers(30, size=80)
    values = values[np.lexsort((values, groups))]
    asked = values + rng.integers(-4, 5, size=80)
    for side, below in (("left", np.less), ("right", np.less_equal)):
        expected = [
            np.sum((groups < group) | ((groups == group) & below(values, value)))
            for group, value in zip(groups, asked, strict=True)
        ]
        found = stands(groups, values, asked, side=side)
        np.testing.assert_array_equal(found, expected)


def test_photos_without_a_time(fitted):
    fitted.window_hours = 24
    without = FRAME.copy()
    gone = np.arange(len(without)) % 4 == 1
    without.loc[gone, "taken"] = pd.NaT
    with pytest.raises(ValueError, match=r"times, row 1: the time is missing .*alone"):
        fitted.predict(without)
    model = averaging(window_hours=24, missing_times="alone").fit(FRAME, PLACES)
    found = model.predict_proba(without)
    np.testing.assert_allclose(
        found[gone], BASE.predict_proba(looks(FRAME))[gone], rtol=1e-4, atol=1e-9
    )
    rest = FRAME[~gone]
    np.testing.assert_allclose(
        found[~gone], model.predict_proba(rest), rtol=1e-4, atol=1e-9
    )
    without.loc[:, "taken"] = pd.NaT
    np.testing.assert_allclose(
        model.predict_proba(without),
        BASE.predict_proba(looks(FRAME)),
        rtol=1e-4,
        atol=1e-9,
    )
    fitted.window_hours = None  # who averages over all needs no time
    assert np.isfinite(fitted.predict(without)).all()


def test_order_of_rows_is_the_callers(fitted):
    fitted.window_hours = 12
    order = np.random.default_rng(3).permutation(len(FRAME))
    np.testing.assert_allclose(
        fitted.predict_proba(FRAME.iloc[order]),
        fitted.predict_proba(FRAME)[order],
        rtol=1e-4,
        atol=1e-9,
    )
    fitted.window_hours = None


def test_one_photo_and_users_never_seen(fitted):
    one = FRAME.iloc[:1].assign(user="somebody else")
    np.testing.assert_allclose(
        fitted.predict_proba(one), BASE.predict_proba(looks(one)), rtol=1e-5
    )
    none = fitted.predict_proba(FRAME.assign(user=np.arange(len(FRAME))))
    np.testing.assert_allclose(
        none, BASE.predict_proba(looks(FRAME)), rtol=1e-4, atol=1e-9
    )


def test_groups_as_columns_and_arrays(fitted):
    expected = fitted.predict(FRAME)
    users = FRAME["user"].to_numpy()
    by_array = averaging(groups=None, times=None).fit(looks(FRAME), PLACES)
    for groups in (users, list(users), pd.Series(users), pl.Series(users)):
        np.testing.assert_array_equal(
            by_array.predict(looks(FRAME), groups=groups), expected
        )
    # An array wins over the column.
    alone = np.arange(len(FRAME))
    np.testing.assert_array_equal(
        fitted.predict(FRAME, groups=alone), BASE.predict(looks(FRAME))
    )
    codes = np.unique(users, return_inverse=True)[1]
    table = np.column_stack([looks(FRAME), codes])
    base = cells_of_towns(FRAME, PLACES).estimator
    base = clone(base).fit(looks(FRAME).to_numpy(), PLACES)
    by_position = UserAveragingGeolocator(base, groups=-1, cv="prefit")
    np.testing.assert_array_equal(
        by_position.fit(table, PLACES).predict(table), expected
    )
    polars = pl.DataFrame(FRAME.assign(taken=FRAME["taken"].dt.tz_localize(None)))
    again = averaging(window_hours=24).fit(polars, PLACES)
    fitted.window_hours = 24
    np.testing.assert_array_equal(again.predict(polars), fitted.predict(FRAME))
    fitted.window_hours = None


def test_prior_mask_and_regions(fitted):
    allowed = np.arange(len(fitted.cell_places_)) % 2 == 0
    masked = fitted.predict_proba(FRAME, mask=allowed)
    kept = fitted.predict_proba(FRAME)[:, allowed]
    np.testing.assert_allclose(
        masked[:, allowed], kept / kept.sum(axis=1, keepdims=True), rtol=1e-4
    )
    assert not masked[:, ~allowed].any()
    each = np.random.default_rng(0).random((len(FRAME), len(allowed)))
    with sklearn.config_context(working_memory=1e-2):
        weighed = fitted.predict_proba(FRAME, prior=each)
    expected = fitted.predict_proba(FRAME) * each
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weighed, expected, rtol=1e-4)
    with pytest.raises(ValueError, match="Call calibrate"):
        fitted.predict_region(FRAME)
    region = clone(fitted).fit(FRAME, PLACES).calibrate(FRAME, PLACES)
    region = region.predict_region(FRAME, 0.9)
    true = BASE.partitions_[-1].predict(PLACES)
    assert np.asarray(region[np.arange(len(FRAME)), true]).mean() >= 0.9
    places, proba = fitted.predict_topk(FRAME, 3)
    np.testing.assert_array_equal(places[:, 0], fitted.predict(FRAME))
    np.testing.assert_allclose(
        proba, -np.sort(-fitted.predict_proba(FRAME), axis=1)[:, :3], rtol=1e-5
    )


def test_fits_the_estimator_to_all_photos():
    weights = np.random.default_rng(0).integers(0, 3, len(FRAME))
    model = UserAveragingGeolocator(classifier(), groups="user", times="taken")
    model.fit(FRAME, PLACES, sample_weight=weights)
    alone = classifier().fit(looks(FRAME), PLACES, sample_weight=weights)
    np.testing.assert_array_equal(
        model.estimator_.predict_proba(looks(FRAME)), alone.predict_proba(looks(FRAME))
    )
    assert not hasattr(model.estimator, "partitions_")
    assert model.n_features_in_ == 7
    assert model.n_cells_ == [len(alone.cells_)]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(FRAME), model.predict(FRAME))


def test_in_pipelines_and_searches():
    inside = make_pipeline(StandardScaler(), classifier())
    model = UserAveragingGeolocator(inside, groups="user", times="taken")
    model.fit(FRAME, PLACES)
    alone = clone(inside).fit(looks(FRAME), PLACES)
    expected = slow_mean(alone.predict_proba(looks(FRAME)), FRAME["user"].to_numpy())
    np.testing.assert_allclose(model.predict_proba(FRAME), expected, rtol=1e-4)
    # A pipeline before it keeps the columns, by name.
    scaled = make_column_transformer(
        (StandardScaler(), list(looks(FRAME).columns)),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    outside = make_pipeline(
        scaled, UserAveragingGeolocator(classifier(), groups="user", times="taken")
    )
    np.testing.assert_array_equal(
        outside.fit(FRAME, PLACES).predict(FRAME), model.predict(FRAME)
    )
    search = GridSearchCV(
        averaging(), {"window_hours": [0, 50, None]}, cv=GroupKFold(2)
    )
    search.fit(FRAME, PLACES, groups=FRAME["user"])
    assert search.cv_results_["mean_test_score"].argmin() == 0
    assert search.best_params_["window_hours"] != 0


def test_groups_by_metadata_routing():
    X, users = looks(FRAME).to_numpy(), FRAME["user"].to_numpy()
    with sklearn.config_context(enable_metadata_routing=True):
        model = UserAveragingGeolocator(classifier(max_iter=20))
        for method in ("fit", "predict", "score"):
            getattr(model, f"set_{method}_request")(groups=True, times=True)
        pipe = make_pipeline(StandardScaler(), model)
        pipe.fit(X, PLACES, groups=users, times=FRAME["taken"])
        found = pipe.predict(X, groups=users, times=FRAME["taken"])
        need_routed_searches()
        search = GridSearchCV(
            pipe, {"useraveraginggeolocator__window_hours": [0, None]}, cv=GroupKFold(2)
        )
        search.fit(X, PLACES, groups=users, times=FRAME["taken"])
    inside = pipe[-1].estimator_.predict_proba(pipe[0].transform(X))
    cells = slow_mean(inside, users).argmax(axis=1)
    np.testing.assert_array_equal(found, pipe[-1].cell_places_[cells])
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] > scores[0] > 0


def test_an_average_of_an_average(fitted):
    # Means of equal rows are those rows, also where users are cut by little memory.
    twice = UserAveragingGeolocator(
        averaging(), groups="user", times="taken", cv="prefit"
    )
    twice.estimator.fit(FRAME, PLACES)
    twice.set_params(estimator=fitted).fit(FRAME, PLACES)
    for memory in (1024, 2e-2):
        with sklearn.config_context(working_memory=memory):
            found = twice.predict_proba(FRAME)
        np.testing.assert_allclose(found, fitted.predict_proba(FRAME), rtol=1e-4)


def test_memory_of_a_user_with_many_photos():
    n_photos = 20_000
    rng = np.random.default_rng(0)
    rows = rng.integers(len(FRAME), size=n_photos)
    X = looks(FRAME).iloc[rows].to_numpy()
    model = UserAveragingGeolocator(BASE.estimator, cv="prefit", window_hours=5)
    model.estimator = clone(BASE.estimator).fit(looks(FRAME).to_numpy(), PLACES)
    model.fit(X[:100], PLACES[rows[:100]])
    start = np.datetime64("2014-01-01T00:00", "s")
    times = start + rng.integers(0, 10**7, n_photos)
    users = np.zeros(n_photos, dtype=int)
    with sklearn.config_context(working_memory=1):
        model.predict(X[:500], groups=users[:500], times=times[:500])
        tracemalloc.start()
        places = model.predict(X, groups=users, times=times)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # All pairs would take 400 MB, a table of all probabilities of float64 2 MB.
    assert peak < 12e6
    order = np.argsort(times)
    some = order[9_000:9_040]
    near = np.abs(times[some, np.newaxis] - times) <= np.timedelta64(5 * 3600, "s")
    alone = model.estimator_.predict_proba(X).astype(np.float64)
    cells = (near @ alone).argmax(axis=1)
    np.testing.assert_array_equal(places[some], model.cell_places_[cells])


def test_one_user_costs_no_more_than_many_where_each_photo_is_seen_alone():
    # A wrapper that reads no groups need not see users whole, again for each piece.
    asked = []

    class Counts(TimeAdjustedGeolocator):
        def _log_scores(self, photos, known):
            asked.append(len(photos))
            return super()._log_scores(photos, known)

    frame = looks(FRAME).assign(taken=FRAME["taken"])
    inner = Counts(BASE, times="taken", cv="prefit", max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it has learnt from them
        inner.fit(frame, PLACES)
    model = UserAveragingGeolocator(inner, cv="prefit").fit(frame, PLACES)
    users = np.zeros(len(frame))
    expected = np.tile(inner.predict_proba(frame).mean(axis=0), (len(frame), 1))
    asked.clear()
    with sklearn.config_context(working_memory=1e-2):
        found = model.predict_proba(frame, groups=users)
    assert len(asked) > 5
    assert sum(asked) <= 2 * len(frame)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("window", [None, 1e3, 3.0])
def test_users_that_are_seen_whole_are_not_seen_for_each_piece(window):
    asked = []

    class Counts(UserAveragingGeolocator):
        def _log_scores(self, photos, known):
            asked.append(len(photos))
            return super()._log_scores(photos, known)

    # One user among others has most of the photos.
    users = np.where(np.arange(len(FRAME)) % 5, "many", FRAME["user"])
    frame = FRAME.assign(user=users)
    inner = Counts(BASE, groups="user", cv="prefit").fit(
        frame.drop(columns="taken"), PLACES
    )
    model = averaging(window_hours=window).set_params(estimator=inner)
    model.fit(frame, PLACES)
    inside = inner.predict_proba(frame.drop(columns="taken"))
    expected = slow_mean(inside, users, HOURS, window)
    asked.clear()
    with sklearn.config_context(working_memory=5e-3):
        found = model.predict_proba(frame)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert len(asked) > 3
    assert sum(asked) < 3 * len(frame)


def test_sums_over_windows():
    rng = np.random.default_rng(0)
    values = rng.random((50, 3)) * 10.0 ** rng.integers(-300, 3, (50, 1))
    starts = rng.integers(0, 50, 80)
    ends = np.minimum(starts + rng.integers(0, 50, 80), 50)
    sums = np.ones((80, 3))
    before = values.copy()
    add_windows(sums, values, starts, ends)
    expected = [1 + values[a:b].sum(axis=0) for a, b in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(sums, expected, rtol=1e-12)
    np.testing.assert_array_equal(values, before)
    # What is tiny keeps its digits beside what is large.
    sums = np.zeros((3, 1))
    add_windows(sums, np.array([[1.0], [1e-30], [1.0]]), np.arange(3), np.arange(1, 4))
    np.testing.assert_array_equal(sums[:, 0], [1.0, 1e-30, 1.0])


@pytest.mark.parametrize(
    ("params", "X", "words"),
    [
        ({"groups": None}, looks(FRAME), "whose each photo.*groups=users"),
        ({"groups": "owner"}, FRAME, "groups='owner': there is no such column"),
        ({"window_hours": 3}, FRAME.drop(columns="taken"), r"predict\(X, times=taken"),
        ({"times": "user"}, FRAME, "used twice"),
        ({}, FRAME.assign(taken="2014-05-01"), "times.*is no time|times holds text"),
        ({}, FRAME.assign(user=None), "groups, row 0: it is missing"),
        ({}, FRAME.assign(user=[3, "3"] + [4] * (len(FRAME) - 2)), "several types"),
    ],
)
def test_refuses_at_prediction(params, X, words):
    # What can be told in fit is told there.
    with pytest.raises((ValueError, TypeError), match=words):
        averaging(**{"times": None if "taken" not in X else "taken", **params}).fit(
            X, PLACES
        ).predict(X)


def test_refuses_no_photos(fitted):
    for method in ("predict", "predict_proba", "predict_topk", "confidence"):
        with pytest.raises(ValueError, match=r"X has no photos: found 0 sample\(s\)"):
            getattr(fitted, method)(FRAME[:0])
    with pytest.raises(ValueError, match="X has no photos"):
        averaging().fit(FRAME[:0], PLACES[:0])


@pytest.mark.parametrize("window", [-1.0, "day", np.nan])
def test_windows_that_are_changed_after_fit_are_checked(window):
    model = averaging().fit(FRAME, PLACES).set_params(window_hours=window)
    with pytest.raises(ValueError, match="'window_hours' parameter"):
        model.predict(FRAME)


def test_refuses_what_has_no_cells():
    from sklearn_geo.geolocation import NeighborGeolocator, PriorGeolocator

    with pytest.raises(TypeError, match="NeighborGeolocator has no predict_proba"):
        UserAveragingGeolocator(NeighborGeolocator()).fit(looks(FRAME), PLACES)
    with pytest.raises(TypeError, match="is the class PriorGeolocator: pass"):
        UserAveragingGeolocator(PriorGeolocator, cv=None).fit(looks(FRAME), PLACES)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        averaging().fit(FRAME, PLACES[:-1])
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(1,\)"):
        averaging().fit(FRAME, PLACES, sample_weight=[1.0])
    with pytest.raises(ValueError, match="'cv' parameter"):
        averaging(cv=5).fit(FRAME, PLACES)


class UsersOfOnePhoto(UserAveragingGeolocator):
    """Every photo is of somebody else: scikit-learn's checks know no users."""

    def _read_features(self, X, reset=False):
        photos = super()._read_features(X, reset=reset)
        given = Given(photos.X, groups=np.arange(len(photos)))
        return super()._read_features(given)


def checked():
    base = folds_y(HierarchicalCellClassifier)(
        S2Partition(8, 1), max_iter=3, batch_size=32, random_state=0, device="cpu"
    )
    return folds_y(UsersOfOnePhoto)(base)


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "The wrapped estimator holds out rows at random: a row of weight 2 is drawn once, "
    "two equal rows are drawn apart."
)


@pytest.mark.parametrize(("estimator", "check"), checks_of(checked(), WEIGHTS))
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_parameters_are_checked_and_documented():
    name = "UserAveragingGeolocator"
    check_param_validation(type(checked()).__name__, checked())
    assert OTHER_INPUT[name] == "tests.geolocation.test_user_averaging"
    for parameter in averaging().get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(UserAveragingGeolocator)
