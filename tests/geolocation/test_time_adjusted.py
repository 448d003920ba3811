# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""TimeAdjustedGeolocator: what the posting time says beyond the photo."""

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import HierarchicalCellClassifier, TimeAdjustedGeolocator
from sklearn_geo.geolocation._cross_fit import fold_numbers
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._photo_columns import Given, Photos
from sklearn_geo.geolocation._time_lessons import PaperLesson, paper_scores
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics import paired_wilcoxon
from sklearn_geo.partition import S2Partition
from tests.contract import OTHER_INPUT, need_routed_searches
from tests.geolocation.common import checks_of, folds_y

N_CITIES = 8


def world(n_photos, seed, signal=True):
    """Photos of eight cities, of users who stay at home, posted at two by the sun."""
    rng = np.random.default_rng(0)
    cities = np.column_stack(
        [rng.uniform(-50, 60, N_CITIES), np.linspace(-160, 155, N_CITIES)]
    )
    looks = rng.normal(size=(N_CITIES, 6))
    rng = np.random.default_rng(seed)
    users = rng.integers(n_photos // 10, size=n_photos)
    city = rng.integers(N_CITIES, size=n_photos // 10)[users]
    places = cities[city] + rng.normal(0, 0.2, (n_photos, 2))
    X = looks[city] + rng.normal(0, 2.5, (n_photos, 6))
    hour = rng.normal(14, 3, n_photos) - places[:, 1] / 15
    if not signal:
        hour = rng.uniform(0, 24, n_photos)
    seconds = 86_400 * rng.integers(0, 900, n_photos) + np.round(3600 * hour)
    times = np.datetime64("2016-01-01T00:00:00") + seconds.astype("timedelta64[s]")
    return X, places, times, users


def wrapped(partition=None, **params):
    settings = {"max_iter": 4, "device": "cpu", "random_state": 0, **params}
    partition = S2Partition(150, 5) if partition is None else partition
    return HierarchicalCellClassifier(partition, **settings)


def adjusted(estimator=None, **params):
    settings = {"time_zone": "UTC", "device": "cpu", "random_state": 0, "cv": 2}
    settings |= {"max_iter": 6, "batch_size": 150}
    estimator = wrapped() if estimator is None else estimator
    return TimeAdjustedGeolocator(estimator, **{**settings, **params})


def frame_of(X, times, **more):
    frame = pd.DataFrame(X, columns=[f"look_{k}" for k in range(X.shape[1])])
    return frame.assign(posted=pd.to_datetime(times).tz_localize("UTC"), **more)


OLD, NEW = world(500, 1), world(600, 2)
FRAME = frame_of(NEW[0], NEW[2])


@pytest.fixture(scope="module")
def base():
    """A classifier that has seen none of NEW."""
    return FrozenEstimator(wrapped().fit(*OLD[:2]))


@pytest.fixture(scope="module")
def named():
    """The same, of a data frame."""
    frame = frame_of(OLD[0], OLD[2]).drop(columns="posted")
    return FrozenEstimator(wrapped().fit(frame, OLD[1]))


@pytest.fixture(scope="module")
def fitted(base):
    return adjusted(base, cv="prefit").fit(NEW[0], NEW[1], times=NEW[2], groups=NEW[3])


# What is learnt -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", [11, 12])
def test_time_helps_where_it_tells_of_the_place(seed):
    X, places, times, users = world(900, seed)
    model = adjusted(max_iter="auto").fit(X, places, times=times, groups=users)
    X, places, times, _ = world(900, seed + 100)
    before, after = model.estimator_.predict(X), model.predict(X, times=times)
    found = paired_wilcoxon(places, after, before, alternative="less")
    assert found.pvalue < 1e-3
    assert np.median(haversine(places, after)) < np.median(haversine(places, before))


@pytest.mark.parametrize("seed", [11, 12])
def test_where_time_tells_nothing_answers_are_those_of_the_wrapped(seed):
    X, places, times, users = world(900, seed, signal=False)
    model = adjusted(max_iter="auto")
    model.fit(X, places, times=times, groups=users)
    assert model.strength_ == 0.0
    X, places, times, _ = world(300, seed + 100, signal=False)
    np.testing.assert_allclose(
        model.predict_proba(X, times=times), model.estimator_.predict_proba(X)
    )


def test_recovers_the_posterior_of_a_world_that_is_known():
    # Four cities in the tropics; a sign that hints at the city; an hour that is cosine
    # distributed around noon by the sun, so that p(t | c) = 1 + cos(2 pi (h - h_c)).
    rng = np.random.default_rng(0)
    longitudes, share = np.array([-120.0, -30.0, 60.0, 150.0]), [0.4, 0.3, 0.2, 0.1]
    hints = np.array([[5, 3, 1, 1], [1, 5, 3, 1], [1, 1, 5, 3], [3, 1, 1, 5]]) / 10
    noon = 0.5 - longitudes / 360

    def draw(n_photos):
        city = rng.choice(4, n_photos, p=share)
        sign = np.array([rng.choice(4, p=hints[each]) for each in city])
        hours = rng.random((n_photos, 40))  # the first that is accepted
        density = 1 + np.cos(2 * np.pi * (hours - noon[city][:, None]))
        first = (2 * rng.random(hours.shape) < density).argmax(axis=1)
        hour = hours[np.arange(n_photos), first]
        days = rng.integers(0, 900, n_photos)
        seconds = (86_400 * days + np.round(86_400 * hour)).astype("m8[s]")
        times = np.datetime64("2016-01-01T00:00:00") + seconds
        places = np.column_stack([rng.normal(9, 0.1, n_photos), longitudes[city]])
        return np.eye(4)[sign], places, times, city, sign, hour

    X, places, times, *_ = draw(4000)
    estimator = wrapped(
        S2Partition(4000, 1, start_level=2),
        max_iter=20,
        calibration_fraction=None,
    )
    model = adjusted(estimator).fit(X, places, times=times)
    X, places, times, city, sign, hour = draw(1000)
    density = 1 + np.cos(2 * np.pi * (hour[:, None] - noon))
    posterior = np.array(share) * hints[:, sign].T * density
    posterior /= posterior.sum(axis=1, keepdims=True)
    found = model.predict_proba(X, times=times)
    cells = [np.argmin(np.abs(model.cell_places_[:, 1] - at)) for at in longitudes]
    assert len(cells) == found.shape[1] == 4
    found = found[:, cells]
    assert np.abs(found - posterior).mean() < 0.03
    prior = np.array(share) * hints[:, sign].T
    prior /= prior.sum(axis=1, keepdims=True)
    assert np.abs(prior - posterior).mean() > 0.1
    # As good as the truth, on the photos themselves.
    rows = np.arange(1000)
    lost = np.log(posterior[rows, city]) - np.log(found[rows, city])
    assert lost.mean() < 0.02


class Memory(HierarchicalCellClassifier):
    """Knows the photos it has seen by heart, and is as sure of all others."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.seen_, self.own_ = np.asarray(X), self.partitions_[-1].predict(y)
        return self

    def _log_scores(self, X, known):
        scores = np.zeros((len(X), len(self.cell_places_)))
        for row, photo in enumerate(X):
            nearest = np.square(self.seen_ - photo).sum(axis=1).argmin()
            scores[row, self.own_[nearest]] = 12.0
        yield slice(0, len(X)), scores


def test_an_estimator_that_knows_its_photos_by_heart_is_not_believed():
    X, places, times, _ = world(500, 5)
    rng = np.random.default_rng(0)
    memory = Memory(S2Partition(150, 5), max_iter=1, calibration_fraction=None)
    model = adjusted(memory, batch_size="auto").fit(
        rng.normal(size=X.shape), places, times=times
    )
    X, places, times, _ = world(500, 6)
    X = rng.normal(size=X.shape)
    assert model.estimator_.confidence(X).min() > 0.99
    assert np.median(model.confidence(X, times=times)) < 0.6
    before = haversine(places, model.estimator_.predict(X))
    after = haversine(places, model.predict(X, times=times))
    assert np.median(after) < 0.5 * np.median(before)
    # Told of its own photos, it would be.
    X, places, times, _ = world(500, 5)
    prefit = adjusted(model.estimator_, cv="prefit", batch_size="auto")
    with pytest.warns(UserWarning, match="has learnt from these photos"):
        prefit.fit(model.estimator_.seen_, places, times=times)
    assert prefit.confidence(model.estimator_.seen_, times=times).min() > 0.8


def test_groups_only_keep_folds_whole():
    X, places, times, users = NEW
    by_users = adjusted().fit(X, places, times=times, groups=users)
    names = np.array([f"user {user:03d}" for user in users], dtype=object)
    again = adjusted().fit(X, places, times=times, groups=names)
    found = by_users.predict_proba(X[:20], times=times[:20])
    np.testing.assert_array_equal(again.predict_proba(X[:20], times=times[:20]), found)
    other = by_users.predict_proba(X[:20], times=times[:20], groups=users[::-1][:20])
    np.testing.assert_array_equal(other, found)
    alone = adjusted().fit(X, places, times=times)
    assert np.abs(alone.predict_proba(X[:20], times=times[:20]) - found).max() > 1e-4
    with pytest.raises(ValueError, match=r"cv=3 folds of 2 groups"):
        adjusted(cv=3).fit(X, places, times=times, groups=users % 2)


def test_metadata_are_columns_of_their_own(named):
    X, places, times, users = NEW
    rng = np.random.default_rng(0)
    outside = rng.random(len(X))
    # Indoors the clock is wrong; the last column is the hemisphere.
    wrong = times + rng.integers(0, 86_400, len(X)).astype("m8[s]")
    times = np.where(outside > 0.5, times, wrong)
    north = (places[:, 0] > 0) + rng.normal(0, 0.3, len(X))
    frame = frame_of(X, times, outside=1000 * outside, north=north)
    model = adjusted(named, cv="prefit", times="posted", metadata=["outside", "north"])
    model.fit(frame, places, groups=users)
    assert model.metadata_mean_ == pytest.approx([500, north.mean()], abs=30)
    assert model.net_.module_.trust_slopes[0] > 0.1
    plain = adjusted(named, cv="prefit", times="posted").fit(
        frame.drop(columns=["outside", "north"]), places, groups=users
    )
    assert model.held_out_gain_ > plain.held_out_gain_
    before, after = frame.iloc[:4].copy(), frame.iloc[:4].copy()
    before["north"], after["north"] = 0.0, 1.0
    is_north = model.cell_places_[:, 0] > 0
    lift = model.predict_proba(after) - model.predict_proba(before)
    assert (lift[:, is_north].sum(axis=1) > 0.1).all()
    with pytest.raises(ValueError, match=r"metadata='outdoor': there is no such col"):
        clone(model).set_params(metadata=["outdoor"]).fit(frame, places)
    with pytest.raises(TypeError, match="something else than numbers"):
        model.fit(frame.assign(north="yes"), places)


def test_weights_of_photos_count(base):
    X, places, times, users = NEW
    # Half of the photos have clocks that are wrong, and no weight.
    wrong = users % 2 == 0
    false = times + np.where(wrong, 43_200, 0).astype("m8[s]")
    weighed = adjusted(base, cv="prefit")
    weighed.fit(X, places, 1.0 - wrong, times=false, groups=users)
    fooled = adjusted(base, cv="prefit").fit(X, places, times=false, groups=users)
    assert fooled.held_out_gain_ < 0.7 * weighed.held_out_gain_
    assert weighed.held_out_gain_ > 0.1
    scaled = adjusted(base, cv="prefit")
    scaled.fit(X, places, 1000.0 * (1.0 - wrong), times=false, groups=users)
    np.testing.assert_allclose(
        scaled.predict_proba(X[:9], times=times[:9]),
        weighed.predict_proba(X[:9], times=times[:9]),
        rtol=1e-4,
    )
    with pytest.raises(ValueError, match="at least one non-zero number"):
        weighed.fit(X, places, np.zeros(len(X)), times=times)


@pytest.mark.parametrize("preset", [None, "paper"])
@pytest.mark.parametrize("cv", ["prefit", 2])
def test_photos_of_weight_zero_change_nothing(base, preset, cv):
    X, places, times, users = (part[:400] for part in NEW)
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    weights[users % 4 == 0] = 0.0  # whole users
    counted = np.flatnonzero(weights)
    model = adjusted(base if cv == "prefit" else wrapped(), cv=cv, preset=preset)
    model.set_params(max_iter=2, hidden=(9, 9, 9))
    for groups in (None, users):
        own = None if groups is None else groups[counted]
        found = [
            clone(model)
            .fit(X[rows], places[rows], weights[rows], times=times[rows], groups=who)
            .predict_proba(X, times=times)
            for rows, who in [(slice(None), groups), (counted, own)]
        ]
        np.testing.assert_array_equal(*found)


def test_photos_in_no_cell_are_left_out():
    X, places, times, users = NEW
    fine = wrapped(S2Partition(150, 5, start_level=3)).fit(*OLD[:2])
    places = places.copy()
    places[:7] = [-89.0, 10.0]
    model = adjusted(FrozenEstimator(fine))
    model.fit(X, places, times=times, groups=users)
    outside = np.flatnonzero(fine.partitions_[-1].predict(places) < 0)
    np.testing.assert_array_equal(outside[:7], np.arange(7))
    np.testing.assert_array_equal(model.left_out_, outside)
    with pytest.raises(ValueError, match=r"Only 0 of n_samples=7 photos lie in a cell"):
        model.fit(X[:7], places[:7], times=times[:7])


# The paper's network ------------------------------------------------------------------


def test_preset_of_the_paper(base):
    X, places, times, users = NEW
    paper = adjusted(base, cv="prefit", preset="paper")
    assert paper.hidden == (542 * 3,) * 3
    assert paper.dropout == 0.5
    paper.set_params(hidden=(64, 64, 64), n_iter_no_change=4, max_iter=15)
    paper.fit(X, places, times=times, groups=users)
    n_cells = len(base.cell_places_)
    trunk = paper.net_.module_.trunk
    assert tuple(trunk[0].weight.shape) == (n_cells + 4, n_cells + 4)
    rates = paper.history_["learning_rate"]
    assert set(rates) == {0.005, 0.001}
    assert (np.diff(rates) <= 0).all()
    assert "valid_loss" in paper.history_.dtype.names
    proba = paper.predict_proba(X[:50], times=times[:50])
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-6)
    one = paper.predict_proba(X[3:4], times=times[3:4])
    np.testing.assert_allclose(one[0], proba[3], atol=1e-6)
    # Rows do not feel each other, not even by rounding.
    first = FirstCells.of(base.predict_proba(X[:50]), 10)
    columns = PaperLesson.columns_of(times[:50], np.zeros((50, 0)))
    together = paper_scores(paper.net_, first, columns)
    alone = [paper_scores(paper.net_, first[[k]], columns[[k]])[0] for k in range(50)]
    np.testing.assert_allclose(together, alone, rtol=1e-10, atol=1e-12)
    assert np.mean(paper.predict_cells(X, times=times) == base.predict_cells(X)) > 0.05
    neutral = clone(paper).set_params(missing_times="neutral", max_iter=2)
    neutral.fit(X, places, times=times)
    middle = neutral.predict_proba(X[:2], times=np.array(["NaT"] * 2, "datetime64[s]"))
    assert np.isfinite(middle).all()


# As a part of a chain -----------------------------------------------------------------


@pytest.mark.parametrize("preset", [None, "paper"])
def test_says_what_it_says_of_photos_no_part_has_seen(preset):
    X, places, times, users = world(400, 9)
    codes = np.unique(users, return_inverse=True)[1]
    photos = Photos(X, times, codes)
    folds = fold_numbers(3, photos, places, 0)
    model = adjusted(preset=preset, hidden=(16, 16, 16), max_iter=6)
    first = clone(model)._cross_fit_as_wrapped(
        photos, places, None, folds=folds, n_first=4, n_jobs=1
    )
    assert first.cells.shape == (400, 4)
    np.testing.assert_allclose(first.proba.sum(axis=1), 1.0, rtol=1e-5)
    # What is said of a fold does not hang on where its photos were taken.
    strange = places.copy()
    held_out = np.flatnonzero(folds == 1)
    strange[held_out] = strange[np.random.default_rng(0).permutation(held_out)]
    again = clone(model)._cross_fit_as_wrapped(
        photos, strange, None, folds=folds, n_first=4, n_jobs=1
    )
    assert (again.cells[folds == 0] != first.cells[folds == 0]).any()
    if preset is None:
        same = np.mean(again.cells[held_out, 0] == first.cells[held_out, 0])
        assert same > 0.8


def test_fitted_estimators_stay_as_they_are_in_a_chain(base):
    X, places, times, users = NEW
    photos = Photos(X, times, np.unique(users, return_inverse=True)[1])
    folds = fold_numbers(3, photos, places, 0)
    model = adjusted(base, cv="prefit", batch_size="auto")
    first = model._cross_fit_as_wrapped(
        photos, places, None, folds=folds, n_first=10_000, n_jobs=1
    )
    assert model.estimator_ is base
    assert first.n_cells == len(base.cell_places_) == first.cells.shape[1]
    # Other networks, taught without these photos, say nearly the same.
    proba = model.predict_proba(X, times=times)
    assert np.abs(first.dense() - proba).mean() < 0.03
    assert np.abs(first.dense() - proba).max() > 1e-4


# Manners ------------------------------------------------------------------------------


def test_times_as_a_column_and_as_an_array(named, fitted):
    X, places, times, users = NEW
    expected = fitted.predict_proba(X, times=times)
    shifted = FRAME.assign(posted=FRAME["posted"].dt.tz_convert("Asia/Tokyo"))
    for frame, column in ((shifted, "posted"), (FRAME, -1)):
        by_column = adjusted(named, times=column, time_zone=None)
        by_column.fit(frame, places, groups=users)
        np.testing.assert_allclose(by_column.predict_proba(frame), expected, rtol=1e-6)
        assert by_column.n_features_in_ == X.shape[1] + 1
    # An array wins over the column.
    late = times + np.timedelta64(9, "h")
    np.testing.assert_allclose(
        by_column.predict_proba(FRAME, times=pd.to_datetime(late, utc=True)),
        fitted.predict_proba(X, times=late),
        rtol=1e-6,
    )


def test_pipelines_and_searches_with_a_column_of_times():
    X, places, times, users = world(400, 3)
    frame = frame_of(X, times)
    inside = adjusted(
        make_pipeline(StandardScaler(), wrapped()), times="posted", time_zone=None
    )
    outside = make_pipeline("passthrough", inside)
    search = GridSearchCV(
        outside,
        {"timeadjustedgeolocator__shrinkage": [1.0, 1e6]},
        cv=GroupKFold(2),
    )
    search.fit(frame, places, groups=users)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] > scores[1] > 0
    assert search.predict(frame[:5]).shape == (5, 2)
    nested = "timeadjustedgeolocator__estimator__hierarchicalcellclassifier__max_iter"
    assert nested in outside.get_params()


def test_times_by_metadata_routing():
    X, places, times, users = world(400, 3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = adjusted().set_fit_request(times=True, groups=True)
        model.set_predict_request(times=True)
        model.set_score_request(times=True, groups=False)
        model.set_predict_proba_request(times=True)
        pipe = make_pipeline(StandardScaler(), model)
        pipe.fit(X, places, times=times, groups=users)
        found = pipe.predict(X, times=times)
        need_routed_searches()
        search = GridSearchCV(
            pipe, {"timeadjustedgeolocator__shrinkage": [1.0, 1e6]}, cv=GroupKFold(2)
        )
        search.fit(X, places, times=times, groups=users)
    direct = pipe[-1].predict(pipe[0].transform(X), times=times)
    np.testing.assert_array_equal(found, direct)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] > scores[1] > 0


def test_missing_times(base, fitted):
    X, places, times, users = NEW
    some = times.copy()
    some[[3, 8]] = np.datetime64("NaT", "s")
    words = r'times, row 3: the time is missing \(2 of 600 are\).*"neutral"'
    with pytest.raises(ValueError, match=words):
        adjusted(base, cv="prefit").fit(X, places, times=some)
    with pytest.raises(ValueError, match=r"row 3: the time is missing \(1 of 5 are\)"):
        fitted.predict(X[:5], times=some[:5])
    model = adjusted(base, cv="prefit", missing_times="neutral")
    model.fit(X, places, times=some, groups=users)
    assert model.strength_ > 0
    found = model.predict_proba(X, times=some)
    np.testing.assert_allclose(found[:3], model.predict_proba(X[:3], times=times[:3]))
    gone = [3, 8]
    np.testing.assert_allclose(found[gone], base.predict_proba(X[gone]), rtol=1e-5)
    never = np.full(len(X), np.datetime64("NaT", "s"))
    nothing = adjusted(base, cv="prefit", missing_times="neutral")
    nothing.fit(X, places, times=never)
    assert nothing.strength_ == 0.0
    np.testing.assert_allclose(
        nothing.predict_proba(X, times=never), base.predict_proba(X), rtol=1e-5
    )


def test_what_a_person_would_do_wrong(base, fitted):
    X, places, times, _ = NEW
    model = adjusted(base, cv="prefit")
    words = "There are no times: set times= to the column of X"
    with pytest.raises(ValueError, match=words):
        model.fit(X, places)
    with pytest.raises(ValueError, match=words):
        fitted.predict(X)
    with pytest.raises(TypeError, match="times holds text, not times"):
        model.fit(X, places, times=times.astype(str))
    with pytest.raises(TypeError, match="times holds numbers, not times"):
        model.fit(X, places, times=times.astype(float))
    with pytest.raises(ValueError, match=r"times, row 0: .* tells no time zone"):
        adjusted(base, cv="prefit", time_zone=None).fit(X, places, times=times)
    with pytest.raises(ValueError, match=r"times has 3 entries, but X has 600 rows"):
        model.fit(X, places, times=times[:3])
    with pytest.raises(ValueError, match="times='taken': there is no such column"):
        adjusted(times="taken").fit(FRAME, places)
    with pytest.raises(TypeError, match="groups holds values of several types"):
        model.fit(X, places, times=times, groups=["a"] * 599 + [3])
    wrong = adjusted(LogisticRegression().fit(X, places[:, 0] > 0), cv="prefit")
    with pytest.raises(TypeError, match="LogisticRegression has probabilities, but"):
        wrong.fit(X, places, times=times)
    with pytest.raises(ValueError, match=r"hidden=.*0 is no width of a layer"):
        adjusted(base, hidden=(8, 0, 8), preset="paper").fit(X, places, times=times)
    with pytest.raises(TypeError, match="Ridge has no predict_proba"):
        adjusted(Ridge()).fit(X, places, times=times)


def test_same_seed_same_numbers_pickles_and_clones(base, fitted):
    X, places, times, users = NEW
    found = fitted.predict_proba(X, times=times)
    again = clone(fitted)
    again.fit(X, places, times=times, groups=users)
    np.testing.assert_array_equal(again.predict_proba(X, times=times), found)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(X, times=times), found)
    one = fitted.predict_proba(X[7:8], times=times[7:8])
    np.testing.assert_allclose(one[0], found[7], atol=1e-6)
    with sklearn.config_context(working_memory=0.01):
        np.testing.assert_allclose(
            fitted.predict_proba(X, times=times), found, atol=1e-6
        )
    other = clone(again).set_params(random_state=1)
    other.fit(X, places, times=times, groups=users)
    assert np.abs(other.predict_proba(X, times=times) - found).max() > 1e-5


def test_two_jobs_say_what_one_says():
    X, places, times, users = world(150, 4)
    found = [
        adjusted(n_jobs=n_jobs, max_iter=1)
        .fit(X, places, times=times, groups=users)
        .predict_proba(X, times=times)
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*found)


def test_prior_and_mask(fitted):
    X, _, times, _ = NEW
    proba = fitted.predict_proba(X, times=times)
    rng = np.random.default_rng(0)
    prior = rng.random((len(X), proba.shape[1]))
    expected = proba * prior / (proba * prior).sum(axis=1, keepdims=True)
    found = fitted.predict_proba(X, times=times, prior=prior)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    cells = fitted.predict_cells(X, times=times, mask=[0, 1])
    np.testing.assert_array_equal(cells, proba[:, :2].argmax(axis=1))


def test_warm_start_goes_on(base):
    X, places, times, users = NEW
    model = adjusted(base, cv="prefit", warm_start=True, max_iter=3)
    model.fit(X, places, times=times, groups=users)
    before = model.net_.module_.time.smooth.detach().clone()
    model.fit(X, places, times=times, groups=users)
    assert model.n_iter_ == 6
    assert (model.net_.module_.time.smooth - before).abs().max() > 0
    few = FrozenEstimator(wrapped(S2Partition(150, 5, start_level=3)).fit(*OLD[:2]))
    with pytest.raises(ValueError, match="was not made with preset='paper'"):
        model.set_params(preset="paper").fit(X, places, times=times)
    with pytest.raises(ValueError, match=r"preset='paper', but .* Fit it again"):
        model.predict(X, times=times)
    model.set_params(preset=None)
    with pytest.raises(ValueError, match="warm_start=True, but the wrapped estimator"):
        model.set_params(estimator=few).fit(X, places, times=times)


def test_silent_unless_asked(base, capsys):
    X, places, times, users = NEW
    model = adjusted(base, cv="prefit", max_iter=2)
    model.fit(X, places, times=times, groups=users)
    assert capsys.readouterr().out == ""
    model.set_params(verbose=1).fit(X, places, times=times, groups=users)
    assert len(capsys.readouterr().out.splitlines()) == 2


# scikit-learn's contract --------------------------------------------------------------


class OnTheCalendar(TimeAdjustedGeolocator):
    """Test-only: wraps something by default, and folds numbers onto the calendar."""

    def __init__(self, estimator=None, *, preset=None, random_state=None):
        super().__init__(
            estimator,
            preset=preset,
            cv=2,
            max_iter=2,
            hidden=(8, 8, 8),
            device="cpu",
            time_zone="UTC",
            random_state=random_state,
        )

    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        given = self.estimator
        self.estimator = folds_y(HierarchicalCellClassifier)(
            S2Partition(8, 1), max_iter=3, batch_size=32, random_state=0
        )
        try:
            return super().fit(X, y, sample_weight, times=times, groups=groups)
        finally:
            self.estimator = given

    def _read_features(self, X, reset=False):
        given = X if isinstance(X, Given) else Given(X)
        table = given.X.toarray() if hasattr(given.X, "toarray") else given.X
        try:
            table = (
                np.real(np.asarray(table)).astype(np.float64).reshape(len(table), -1)
            )
            days = np.where(np.isfinite(table), table, 0.0).sum(axis=1)
        except (TypeError, ValueError):
            days = np.zeros(given.shape[0])
        times = (days * 7.3 * 86_400).round().astype("datetime64[s]")
        return super()._read_features(replace(given, times=times), reset=reset)


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "Folds, batches and held-out rows are drawn at random among rows: a row of weight "
    "2 is drawn once, two equal rows are drawn apart."
)


def _checks():
    for preset in (None, "paper"):
        estimator = folds_y(OnTheCalendar)(preset=preset, random_state=0)
        yield from checks_of(estimator, WEIGHTS, str(preset))


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_and_documented():
    name = "TimeAdjustedGeolocator"
    check_param_validation(name, TimeAdjustedGeolocator(HierarchicalCellClassifier()))
    assert OTHER_INPUT[name] == "tests.geolocation.test_time_adjusted"
    for parameter in TimeAdjustedGeolocator(None).get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(TimeAdjustedGeolocator)


def test_a_fold_whose_photos_lie_in_no_cell_judges_nothing():
    cells = S2Partition(150, 5, start_level=4)
    base = HierarchicalCellClassifier(cells, max_iter=1, device="cpu", random_state=0)
    base.fit(*OLD[:2])
    X, places, times, _ = (values[:90] for values in NEW)
    users = np.repeat([0, 1, 2], 30)
    places = places.copy()
    places[users == 2] = [-80.0, 0.0]  # nobody was there before
    model = adjusted(base, cv="prefit").fit(X, places, times=times, groups=users)
    assert set(np.flatnonzero(users == 2)) <= set(model.left_out_)
    assert np.isfinite(model.predict(X, times=times)).all()
