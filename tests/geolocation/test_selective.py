# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import (
    GeolocationReport,
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
    SelectionReport,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._cross_fit import with_cells_of
from sklearn_geo.metrics import accuracy_at_km, bootstrap_interval
from sklearn_geo.partition import S2Partition
from tests.contract import OTHER_INPUT, need_routed_searches
from tests.geolocation.common import checks_of, folds_y
from tests.geolocation.wrapping import album_photos, classifier, looks

FRAME, PLACES = album_photos(n_users=60)
X = looks(FRAME)
USERS = FRAME["user"].to_numpy()
OUTDOOR = np.random.default_rng(5).random(len(X))
WITH_OUTDOOR = X.assign(outdoor=OUTDOOR)


class Told(BaseEstimator):
    """Answers with its own place, as sure as the first column says."""

    def fit(self, X, y):
        self.n_seen_ = len(X)
        return self

    def predict(self, X):
        return np.zeros((len(X), 2))

    def confidence(self, X):
        return np.asarray(X)[:, 0]


@pytest.fixture(scope="module")
def base():
    return classifier().fit(X, PLACES)


@pytest.mark.parametrize(
    "table",
    [WITH_OUTDOOR, pl.DataFrame(WITH_OUTDOOR), WITH_OUTDOOR.to_numpy()],
    ids=["pandas", "polars", "array"],
)
def test_a_column_is_a_filter_and_no_feature(table):
    name = "outdoor" if hasattr(table, "columns") else 5
    model = SelectiveGeolocator(classifier(), name, threshold=0.4)
    model.fit(table, PLACES)
    assert model.n_features_in_ == 6
    assert model.estimator_.n_features_in_ == 5
    accepted = OUTDOOR >= 0.4
    np.testing.assert_array_equal(model.accepts(table), accepted)
    alone = classifier().fit(X.to_numpy(), PLACES)
    places = model.predict(table)
    np.testing.assert_array_equal(
        places[accepted], alone.predict(X.to_numpy())[accepted]
    )
    assert np.isnan(places[~accepted]).all()
    # What is not filtered.
    np.testing.assert_array_equal(
        model.predict_proba(table), alone.predict_proba(X.to_numpy())
    )
    assert model.predict_topk(table, 3)[0].shape == (len(X), 3, 2)
    np.testing.assert_array_equal(
        model.confidence(table), alone.confidence(X.to_numpy())
    )


def test_photos_of_weight_zero_change_no_threshold():
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    counted = np.flatnonzero(weights)
    model = SelectiveGeolocator(classifier(), coverage=0.5, cv=3, random_state=0)
    whole = clone(model).fit(X, PLACES, weights)
    part = clone(model).fit(X.iloc[counted], PLACES[counted], weights[counted])
    assert whole.threshold_ == part.threshold_


def test_a_column_may_stay_a_feature():
    model = SelectiveGeolocator(
        classifier(), "outdoor", threshold=0.4, keep_column=True
    )
    model.fit(WITH_OUTDOOR, PLACES)
    assert model.estimator_.n_features_in_ == 6
    alone = classifier().fit(WITH_OUTDOOR, PLACES)
    accepted = model.accepts(WITH_OUTDOOR)
    np.testing.assert_array_equal(
        model.predict(WITH_OUTDOOR)[accepted], alone.predict(WITH_OUTDOOR)[accepted]
    )
    sparse_table = sparse.csc_matrix(WITH_OUTDOOR)
    model = SelectiveGeolocator(classifier(), -1, threshold=0.4)
    accepted = model.fit(sparse_table, PLACES).accepts(sparse_table)
    np.testing.assert_array_equal(accepted, OUTDOOR >= 0.4)
    assert model.estimator_.n_features_in_ == 5


def test_criteria_of_functions_and_missing_numbers(base):
    def bright(photos):
        return photos["look_0"] > 0.5

    frozen = FrozenEstimator(base)
    model = SelectiveGeolocator(frozen, bright, threshold=1).fit(X, PLACES)
    np.testing.assert_array_equal(model.accepts(X), X["look_0"] > 0.5)
    holes = np.where(OUTDOOR < 0.3, np.nan, OUTDOOR)
    for column in (holes, pd.array(holes, dtype="Float64"), holes.astype(object)):
        table = X.assign(outdoor=column)
        model = SelectiveGeolocator(frozen, "outdoor", threshold=0.1)
        model.fit(table, PLACES)
        np.testing.assert_array_equal(model.accepts(table), OUTDOOR >= 0.3)
    model.set_params(threshold=None, coverage=0.5).fit(table, PLACES)
    assert 0.5 <= model.accepts(table).mean() < 0.51
    with pytest.raises(ValueError, match=r"coverage=0.9 cannot be.*NaN for [23]"):
        model.set_params(coverage=0.9).fit(table, PLACES)


def test_confidence_of_photos_that_were_held_out():
    # Folds ask estimators that have not seen a photo: the number of photos that taught
    # each is its confidence.
    class Counts(Told):
        def confidence(self, X):
            return np.full(len(X), float(self.n_seen_))

    rows = np.zeros((10, 1))
    places = np.zeros((10, 2))
    folds = [(np.arange(3, 10), np.arange(3)), (np.arange(3), np.arange(3, 10))]
    model = SelectiveGeolocator(Counts(), coverage=0.3, cv=Listed(folds))
    assert model.fit(rows, places).threshold_ == 7.0
    assert model.estimator_.n_seen_ == 10
    model.set_params(coverage=0.31).fit(rows, places)
    assert model.threshold_ == 3.0
    model.set_params(cv="prefit", estimator=Counts().fit(rows, places))
    assert model.fit(rows[:4], places[:4]).threshold_ == 10.0
    assert model.estimator_ is model.estimator


class Listed:
    """A splitter of given folds."""

    def __init__(self, folds):
        self.folds = folds

    def split(self, X, y=None, groups=None):
        return iter(self.folds)

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(self.folds)


@pytest.mark.parametrize(
    ("estimator", "most"),
    [
        (classifier(max_iter=30), 0.7),
        # Confidences of neighbours are shares: many photos have the same.
        (NeighborGeolocator(15, metric="euclidean"), 0.9),
        (make_pipeline(StandardScaler(), NeighborGeolocator(15)), 0.9),
    ],
    ids=["cells", "neighbours", "pipeline"],
)
def test_coverage_holds_on_new_photos(estimator, most):
    frame, places = album_photos(n_users=200, seed=1)
    rows, half = looks(frame), np.arange(len(frame)) % 2 == 0
    model = SelectiveGeolocator(estimator, coverage=0.6, random_state=0)
    model.fit(rows[half], places[half])
    assert 0.5 < model.accepts(rows[~half]).mean() < most
    report = model.report(rows[~half], places[~half], n_resamples=50)
    better = report.accepted_photos.accuracy.estimate
    assert better[2] > report.all_photos.accuracy.estimate[2]
    again = clone(model).fit(rows[half], places[half])
    assert again.threshold_ == model.threshold_


def test_neighbours_that_are_the_photos_themselves():
    # By its own training photos the one neighbour is always right.
    own = NeighborGeolocator(2, metric="euclidean", distance_power=1).fit(X, PLACES)
    seen = SelectiveGeolocator(FrozenEstimator(own), coverage=0.5).fit(X, PLACES)
    assert seen.threshold_ == 1.0
    model = SelectiveGeolocator(clone(own), coverage=0.5).fit(X, PLACES)
    assert model.threshold_ < 1.0


def test_folds_have_the_cells_of_the_whole():
    # With other cells as many as photos can tell, folds of fewer photos would be surer.
    wrapped = UserAveragingGeolocator(
        HierarchicalCellClassifier(
            [S2Partition(80, 5), S2Partition(40, 5)], max_iter=1, random_state=0
        ),
        groups="user",
    )
    frame = X.assign(user=USERS)
    model = SelectiveGeolocator(wrapped, coverage=0.5, cv=2, random_state=0)
    model.fit(frame, PLACES)
    inside = model.estimator_.estimator_
    same = with_cells_of(model.estimator_)
    assert isinstance(same, UserAveragingGeolocator)
    names = [list(part.cell_names_) for part in inside.partitions_]
    found = same.fit(frame[:90], PLACES[:90]).estimator_.partitions_
    assert [list(part.cell_names_) for part in found] == names
    assert len(names) == 2


def test_warns_of_photos_that_taught_the_estimator(base):
    model = SelectiveGeolocator(base, coverage=0.5, cv="prefit")
    with pytest.warns(UserWarning, match="has learnt from these photos"):
        model.fit(X, PLACES)
    elsewhere = PLACES + 0.01
    model.fit(X, elsewhere)
    share = model.accepts(X).mean()
    assert 0.5 <= share < 0.51
    # Where nothing is asked of its confidence, nothing is wrong.
    SelectiveGeolocator(base, threshold=0.5, cv="prefit").fit(X, PLACES)


def test_photos_of_a_user_are_held_out_together():
    seen = []

    class Remembers(Told):
        def fit(self, X, y):
            seen.append(set(np.asarray(X)[:, 0]))
            return super().fit(X, y)

        def confidence(self, X):
            assert not seen[-1] & set(np.asarray(X)[:, 0])
            return np.asarray(X)[:, 0]

    users = np.repeat(np.arange(8.0), 5)[np.random.default_rng(0).permutation(40)]
    rows, places = users[:, np.newaxis], np.zeros((40, 2))
    SelectiveGeolocator(Remembers(), coverage=0.5).fit(rows, places, groups=users)
    assert [len(group) for group in seen[:1]] == [8]
    assert len(seen) == 6
    # A wrapper that names the column of users says it without being asked.
    frame = X.assign(user=USERS)
    by_column, by_array = (
        SelectiveGeolocator(
            UserAveragingGeolocator(classifier(), groups=column),
            coverage=0.5,
            cv=3,
            random_state=0,
        )
        for column in ("user", None)
    )
    by_column.fit(frame, PLACES)
    by_array.fit(X, PLACES, groups=USERS)
    assert by_column.threshold_ == by_array.threshold_
    np.testing.assert_array_equal(
        by_column.accepts(frame), by_array.accepts(X, groups=USERS)
    )


def test_hands_on_times_groups_priors_and_masks(base):
    whole = UserAveragingGeolocator(base, cv="prefit").fit(X, PLACES)
    model = SelectiveGeolocator(whole, threshold=0.3, cv="prefit").fit(X, PLACES)
    sure = whole.confidence(X, groups=USERS)
    accepted = model.accepts(X, groups=USERS)
    np.testing.assert_array_equal(accepted, sure >= 0.3)
    assert 0 < accepted.sum() < len(X)
    places = model.predict(X, groups=USERS)
    np.testing.assert_array_equal(
        places[accepted], whole.predict(X, groups=USERS)[accepted]
    )
    mask = np.arange(len(base.cell_places_)) < 4
    np.testing.assert_array_equal(
        model.accepts(X, groups=USERS, mask=mask),
        whole.confidence(X, groups=USERS, mask=mask) >= 0.3,
    )
    np.testing.assert_array_equal(
        model.predict_proba(X, groups=USERS, mask=mask),
        whole.predict_proba(X, groups=USERS, mask=mask),
    )
    score = model.score(X, PLACES, groups=USERS)
    alone = SelectiveGeolocator(base, threshold=0.3, cv="prefit").fit(X, PLACES)
    assert score != alone.score(X, PLACES)
    with pytest.raises(ValueError, match=r"groups: confidence of a Hierarch.*Leave"):
        alone.predict(X, groups=USERS)
    prior = SelectiveGeolocator(PriorGeolocator(), threshold=0.0).fit(X, PLACES)
    assert not hasattr(prior, "predict_proba")
    assert not hasattr(prior, "predict_topk")
    with pytest.raises(ValueError, match="mask: confidence of a PriorGeolocator"):
        prior.predict(X, mask=mask)


def test_arrays_by_metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        model = SelectiveGeolocator(
            UserAveragingGeolocator(classifier()), threshold=0.3, cv=3
        )
        for method in ("fit", "predict", "score"):
            getattr(model, f"set_{method}_request")(groups=True)
        pipe = make_pipeline(StandardScaler(), model)
        pipe.fit(X, PLACES, groups=USERS)
        found = pipe.predict(X, groups=USERS)
        thresholds = {"selectivegeolocator__threshold": [0.0, 1.1]}
        need_routed_searches()
        search = GridSearchCV(pipe, thresholds, cv=GroupKFold(2))
        search.fit(X, PLACES, groups=USERS)
    scaled = pipe[0].transform(X)
    expected = pipe[1].estimator_.predict(scaled, groups=USERS)
    kept = ~np.isnan(found[:, 0])
    np.testing.assert_array_equal(found[kept], expected[kept])
    assert 0 < kept.sum() < len(X)
    # Nothing is accepted from 1.1 on, and no answer scores 0.
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] > 0
    assert scores[1] == 0


def test_wraps_anything_that_answers_with_places():
    for estimator in (
        PriorGeolocator(),
        NeighborGeolocator(5),
        DummyRegressor(),
        make_pipeline(StandardScaler(), classifier()),
        GridSearchCV(NeighborGeolocator(), {"n_neighbors": [3, 5]}, cv=2),
    ):
        model = SelectiveGeolocator(estimator, "outdoor", threshold=0.5)
        places = model.fit(WITH_OUTDOOR, PLACES).predict(WITH_OUTDOOR)
        np.testing.assert_array_equal(np.isnan(places[:, 0]), OUTDOOR < 0.5)
        expected = clone(estimator).fit(X, PLACES).predict(X)
        np.testing.assert_array_equal(places[OUTDOOR >= 0.5], expected[OUTDOOR >= 0.5])
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(WITH_OUTDOOR), places)
    with pytest.raises(TypeError, match="DummyRegressor has no confidence, predict_t"):
        SelectiveGeolocator(DummyRegressor(), coverage=0.5).fit(X, PLACES)


def test_any_sparse_format():
    model = SelectiveGeolocator(classifier(), coverage=0.5, cv=2, random_state=0)
    expected = model.fit(sparse.csr_matrix(X), PLACES).accepts(sparse.csr_matrix(X))
    for form in ("coo", "bsr", "lil", "dok", "csc"):
        table = sparse.csr_matrix(X).asformat(form)
        np.testing.assert_array_equal(model.fit(table, PLACES).accepts(table), expected)


def test_wrappers_in_a_pipeline_are_told_of_times_and_groups():
    pipe = make_pipeline(StandardScaler(), UserAveragingGeolocator(classifier()))
    for estimator in (pipe, GridSearchCV(pipe, {}, cv=2, scoring=lambda *_: 0.0)):
        model = SelectiveGeolocator(estimator, coverage=0.5, cv=2, random_state=0)
        model.fit(X, PLACES, groups=USERS)
        accepted = model.accepts(X, groups=USERS)
        pipe = getattr(model.estimator_, "best_estimator_", model.estimator_)
        scaled = pipe[:-1].transform(X)
        sure = pipe[-1].confidence(scaled, groups=USERS)
        np.testing.assert_array_equal(accepted, sure >= model.threshold_)
        assert 0.2 < accepted.mean() < 0.8
        np.testing.assert_array_equal(
            model.predict(X, groups=USERS)[accepted],
            pipe[-1].predict(scaled, groups=USERS)[accepted],
        )
        report = model.report(X, PLACES, groups=USERS, n_resamples=5)
        assert report.accepted_photos.n == accepted.sum()
    timed = make_pipeline("passthrough", TimeAdjustedGeolocator(classifier(), cv=2))
    model = SelectiveGeolocator(timed, threshold=0.0).fit(
        X, PLACES, times=FRAME["taken"]
    )
    assert model.accepts(X, times=FRAME["taken"]).all()


def test_texts():
    words = ["paris tower", "paris", "new york", "york", "tower", "new"] * 5
    places = np.array([[48.8, 2.3], [48.9, 2.3], [40.7, -74.0], [40.8, -74.0]] * 8)[:30]
    model = SelectiveGeolocator(
        make_pipeline(CountVectorizer(), NeighborGeolocator(3)),
        lambda texts: np.array([len(text.split()) for text in texts]),
        threshold=2,
    )
    found = model.fit(words, places).predict(["paris tower", "york"])
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [False, True])
    sure = SelectiveGeolocator(
        make_pipeline(CountVectorizer(), NeighborGeolocator(3)), coverage=0.5, cv=3
    )
    assert sure.fit(words, places).accepts(words).dtype == bool


def test_score_and_report_by_hand():
    # Four photos at (0, 0), 0.1, 9 and 50 degrees off; the answer is always (0, 0).
    truth = np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 9.0], [0.0, 50.0]])
    rows = np.array([[0.9], [0.8], [0.2], [0.1]])
    model = SelectiveGeolocator(Told(), 0, threshold=0.5, keep_column=True)
    model.fit(rows, truth)
    degree_km = np.pi / 180 * 6371.0088
    gained = 5000 * np.exp(-np.array([0.0, 0.1, 9.0, 50.0]) * degree_km / 1492.7)
    assert model.score(rows, truth) == pytest.approx(gained[:2].sum() / 4)
    assert model.score(rows, truth, [1, 2, 0, 2]) == pytest.approx(
        (gained[0] + 2 * gained[1]) / 5
    )
    assert model.set_params(threshold=2).fit(rows, truth).score(rows, truth) == 0.0
    none = model.report(rows, truth)
    assert none.accepted_photos.n == 0
    assert none.accepted_photos.accuracy is None
    assert "errors of accepted photos, because there are none" in str(none)

    report = model.set_params(threshold=0.5).fit(rows, truth).report(rows, truth)
    assert isinstance(report, SelectionReport)
    assert str(report).startswith("Told where column 0 is 0.5 or more, with 95 % int")
    assert report.all_photos.n == 4
    assert report.accepted_photos.n == report.rejected_photos.n == 2
    assert report.accepted_photos.coverage == 0.5
    np.testing.assert_allclose(
        report.all_photos.accuracy.estimate, [0.25, 0.5, 0.5, 0.5, 0.75]
    )
    np.testing.assert_allclose(report.accepted_photos.accuracy.estimate[1:], 1.0)
    assert report.accepted_photos.median_error.estimate == pytest.approx(
        0.05 * degree_km
    )
    assert report.rejected_photos.median_error.estimate == pytest.approx(
        29.5 * degree_km
    )
    assert report.accepted_photos.geo_score.estimate == pytest.approx(gained[:2].mean())
    frame = report.to_frame()
    assert list(frame.columns) == ["section", "measure", "value", "low", "high", "unit"]
    accepted = frame[frame["section"] == "Accepted photos"].set_index("measure")
    assert accepted.loc["coverage", "value"] == 0.5
    assert accepted.loc["photos", "value"] == 2
    assert accepted.loc["within 2,500 km", "value"] == 1.0
    assert "<caption>Told where column 0 is 0.5 or more" in report._repr_html_()
    weighted = model.report(rows, truth, sample_weight=[1, 1, 1, 3], km=[25])
    assert weighted.accepted_photos.coverage == pytest.approx(1 / 3)
    assert weighted.all_photos.accuracy.estimate[0] == pytest.approx(1 / 3)


def test_reports_of_pipelines_and_searches_draw_users_whole(base):
    pipe = make_pipeline("passthrough", base)
    expected = SelectiveGeolocator(base, threshold=0.3, cv="prefit").fit(X, PLACES)
    expected = expected.report(X, PLACES, groups=USERS, km=[750], n_resamples=20)
    for estimator in (pipe, FrozenEstimator(pipe)):
        model = SelectiveGeolocator(estimator, threshold=0.3, cv="prefit")
        report = model.fit(X, PLACES).report(
            X, PLACES, groups=USERS, km=[750], n_resamples=20
        )
        assert str(report) == str(expected)
    with pytest.raises(TypeError, match=r"groups holds values of several types"):
        model.report(X, PLACES, groups=[7, *["7"] * (len(X) - 1)])


def test_report_draws_users_whole(base):
    model = SelectiveGeolocator(base, threshold=0.3, cv="prefit").fit(X, PLACES)
    report = model.report(X, PLACES, groups=USERS, km=[750], n_resamples=300)
    kept = model.accepts(X)
    expected = bootstrap_interval(
        lambda true, pred: accuracy_at_km(true, pred, [750]),
        PLACES[kept],
        base.predict(X)[kept],
        groups=USERS[kept],
        n_resamples=300,
        random_state=0,
    )
    found = report.accepted_photos.accuracy
    np.testing.assert_allclose(found.estimate, expected.estimate)
    np.testing.assert_allclose(found.low, expected.low, atol=0.02)
    np.testing.assert_allclose(found.high, expected.high, atol=0.02)
    # The general report takes what is not accepted for no answer.
    general = GeolocationReport(model, X, PLACES, n_resamples=50)
    assert general.n_answered == kept.sum()
    np.testing.assert_allclose(
        general.median_error.estimate, report.accepted_photos.median_error.estimate
    )


def test_an_estimator_that_abstains_by_itself():
    inside = classifier(abstain_below=0.3).fit(X, PLACES)
    model = SelectiveGeolocator(FrozenEstimator(inside), "outdoor", threshold=0.5)
    model.fit(WITH_OUTDOOR, PLACES)
    places = model.predict(WITH_OUTDOOR)
    answered = ~np.isnan(inside.predict(X)[:, 0])
    np.testing.assert_array_equal(~np.isnan(places[:, 0]), answered & (OUTDOOR >= 0.5))
    report = model.report(WITH_OUTDOOR, PLACES, n_resamples=50)
    assert report.all_photos.n == answered.sum()
    assert "photos for which the estimator itself has no" in " ".join(report.left_out)


@pytest.mark.parametrize(
    ("params", "table", "words"),
    [
        ({}, X, "Either threshold.*neither is set"),
        ({"threshold": 0.1, "coverage": 0.1}, X, "both are set"),
        (
            {"criterion": "outdoor", "threshold": 0.1},
            X,
            "criterion='outdoor': ther",
        ),
        ({"criterion": "outdoor", "threshold": 0.1}, X.to_numpy(), "have no names"),
        ({"criterion": 9, "threshold": 0.1}, X, "criterion=9: there is no such column"),
        (
            {"criterion": "outdoor", "threshold": 0.1},
            X.assign(outdoor="yes"),
            "criterion='outdoor' holds something else than numbers",
        ),
        ({"criterion": lambda X: [1.0], "threshold": 0}, X, r"has the shape \(1,\)"),
        ({"criterion": lambda X: X, "threshold": 0}, X, "has the shape"),
        ({"coverage": 0.0}, X, "'coverage' parameter"),
        ({"threshold": float("nan")}, X, "'threshold' parameter"),
        ({"coverage": 0.5, "cv": 1000}, X, "cv=1000 folds of"),
        ({"criterion": None, "threshold": 0.1}, X, "'criterion' parameter"),
    ],
)
def test_refuses(params, table, words):
    with pytest.raises((ValueError, TypeError), match=words):
        SelectiveGeolocator(NeighborGeolocator(5), **params).fit(table, PLACES)


def test_refuses_what_nobody_reads():
    model = SelectiveGeolocator(NeighborGeolocator(5), threshold=0.5)
    with pytest.raises(ValueError, match="times: a NeighborGeolocator does not read"):
        model.fit(X, PLACES, times=FRAME["taken"])
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(X, PLACES).predict(X.iloc[:, :4])
    for own in ({}, {"cv": "prefit"}):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            model.set_params(**own).fit(X, PLACES[:-1])
    model.set_params(cv=5)
    with pytest.raises(ValueError, match="Reshape your data"):
        model.fit(X.to_numpy(), PLACES).predict(X.to_numpy()[0])
    with pytest.raises(ValueError, match="never holds out"):
        SelectiveGeolocator(
            NeighborGeolocator(5),
            coverage=0.5,
            cv=Listed(list(KFold(4).split(X))[:2]),
        ).fit(X, PLACES)


def checked(**params):
    base = folds_y(HierarchicalCellClassifier)(
        S2Partition(8, 1), max_iter=3, batch_size=32, random_state=0, device="cpu"
    )
    settings = {"threshold": 0.0, **params}
    return folds_y(SelectiveGeolocator)(base, **settings)


# Why a row of weight 2 is not two rows.
WEIGHTS = (
    "The wrapped estimator holds out rows at random: a row of weight 2 is drawn once, "
    "two equal rows are drawn apart."
)


@pytest.mark.parametrize(("estimator", "check"), checks_of(checked(), WEIGHTS))
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_parameters_are_checked_and_documented():
    check_param_validation(type(checked()).__name__, checked())
    name = "SelectiveGeolocator"
    assert OTHER_INPUT[name] == "tests.geolocation.test_selective"
    for parameter in checked().get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(SelectiveGeolocator)
