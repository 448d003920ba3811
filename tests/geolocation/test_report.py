# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo._answers import holds
from sklearn_geo.geolocation import (
    GeolocationReport,
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
    SelectionReport,
)
from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    class_bias,
    geo_score,
    median_great_circle_error,
)
from sklearn_geo.partition import S2Partition

DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


class Oracle(BaseEstimator):
    """Answers what it is told: X are row numbers."""

    def __init__(self, answers, confidence=None, cells=None, regions=None):
        self.answers = answers
        if confidence is not None:
            self.confidence = lambda X: confidence
        if cells is not None:
            self.predict_cells = lambda X: cells
        if regions is not None:
            self.predict_region = lambda X, coverage: regions[coverage]

    def predict(self, X):
        return np.asarray(self.answers, dtype=float)[: len(X)]


def _world(n=200, seed=0):
    rng = np.random.default_rng(seed)
    centers = np.array([[48.0, 2.0], [52.0, 13.0], [41.0, 12.0], [-34.0, 151.0]])
    labels = rng.integers(4, size=n)
    places = centers[labels] + rng.normal(0.0, 0.7, (n, 2))
    features = np.eye(4)[labels] + rng.normal(0.0, 0.4, (n, 4))
    return features, places


def test_errors_by_hand():
    # Errors of 0, 1, 2 and 3 degrees.
    truth = np.zeros((4, 2))
    answers = [[0, 0], [0, 1], [0, -2], [3, 0]]
    report = GeolocationReport(Oracle(answers), truth, truth, km=(112, 223, 1000))
    np.testing.assert_allclose(report.errors_km, np.arange(4) * DEGREE_KM, rtol=1e-12)
    np.testing.assert_allclose(report.accuracy.estimate, [0.5, 0.75, 1.0])
    assert report.median_error.estimate == pytest.approx(1.5 * DEGREE_KM)
    expected = 5000 * np.exp(-np.arange(4) * DEGREE_KM / 1492.7).mean()
    assert report.geo_score.estimate == pytest.approx(expected)
    assert report.best_possible is report.class_bias is report.calibration is None
    assert report.risk_coverage is None


def test_intervals_are_those_of_the_metrics():
    features, places = _world()
    users = np.random.default_rng(1).integers(0, 20, 200)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, 200)
    model = NeighborGeolocator(5).fit(features[:100], places[:100])
    report = GeolocationReport(
        model,
        features[100:],
        places[100:],
        sample_weight=weights[100:],
        groups=users[100:],
        confidence_level=0.8,
        n_resamples=300,
        random_state=4,
    )
    for metric, found in (
        (accuracy_at_km, report.accuracy),
        (median_great_circle_error, report.median_error),
        (geo_score, report.geo_score),
    ):
        expected = bootstrap_interval(
            metric,
            places[100:],
            model.predict(features[100:]),
            sample_weight=weights[100:],
            groups=users[100:],
            confidence_level=0.8,
            n_resamples=300,
            random_state=4,
        )
        np.testing.assert_array_equal(found.low, expected.low)
        np.testing.assert_array_equal(found.high, expected.high)
        np.testing.assert_array_equal(found.estimate, expected.estimate)


def test_best_possible_by_hand():
    # One face holds both clusters; the mean of each is its middle.
    places = np.array([[10.0, 10.0], [10.0, 14.0], [-10.0, 100.0], [-10.0, 104.0]])
    partition = S2Partition(max_per_cell=2, min_per_cell=1, max_level=0).fit(places)
    assert partition.n_cells_ == 2
    report = GeolocationReport(
        Oracle(places), places, places, partition=partition, km=(1, 225, 3000)
    )
    best = report.best_possible
    assert (best.n_cells, best.n_uncovered) == (2, 0)
    # Two degrees of longitude at 10 degrees of latitude are 219 km.
    np.testing.assert_allclose(best.representative.estimate, [0.0, 1.0, 1.0])
    # The centres of the faces are (0, 0) and (0, 90).
    np.testing.assert_allclose(best.center.estimate, [0.0, 0.0, 1.0])
    # A place on another face has no cell, and gets the nearest representative.
    far = np.array([[10.0, 12.0], [10.0, -134.0]])
    report = GeolocationReport(Oracle(far), far, far, partition=partition, km=(300,))
    assert report.best_possible.n_uncovered == 1
    np.testing.assert_allclose(report.best_possible.representative.estimate, [0.5])
    assert "rows in no cell" in str(report)
    assert "1 rows in the class bias" in " ".join(report.left_out)
    for policy in ("nearest", "error"):
        partition.set_params(uncovered=policy)
        other = GeolocationReport(Oracle(far), far, far, partition=partition, km=300)
        found = other.best_possible.representative.estimate
        np.testing.assert_allclose(found, [0.5])
        assert partition.uncovered == policy


def test_class_bias_is_that_of_the_metrics():
    _, places = _world()
    partition = S2Partition(max_per_cell=60, min_per_cell=1).fit(places)
    cells = partition.predict(places)
    guessed = np.roll(cells, 3)
    guessed[:50] = 0
    n_cells = partition.n_cells_
    model = Oracle(places, cells=guessed)
    model.partition_ = partition
    report = GeolocationReport(model, places, places, n_resamples=50)
    expected = class_bias(cells, guessed, n_cells=n_cells)
    assert report.class_bias == expected
    # Without cells of its own, those that the answers lie in.
    model = Oracle(places[::-1])
    report = GeolocationReport(
        model, places, places, partition=[None, partition], n_resamples=50
    )
    expected = class_bias(cells, cells[::-1], n_cells=n_cells)
    assert report.class_bias == expected


@pytest.mark.parametrize("form", ["dense", "sparse", "lists"])
def test_calibration_by_hand(form):
    _, places = _world(8)
    partition = S2Partition(max_per_cell=2, min_per_cell=1).fit(places)
    cells = partition.predict(places)
    members = np.zeros((8, partition.n_cells_), dtype=bool)
    members[np.arange(8), cells] = True
    # Six of eight regions hold the truth; of two, all cells are members of none.
    members[:2] = False
    wide = members.copy()
    wide[:4] = True
    as_form = {
        "dense": lambda one: one,
        "sparse": sparse.csr_array,
        "lists": lambda one: [np.flatnonzero(row) for row in one],
    }[form]
    model = Oracle(places, regions={0.5: as_form(members), 0.9: as_form(wide)})
    model.partition_ = FrozenEstimator(partition)
    report = GeolocationReport(
        model, places, places, coverages=(0.5, 0.9), n_resamples=200
    )
    found = report.calibration
    np.testing.assert_array_equal(found.promised, [0.5, 0.9])
    np.testing.assert_allclose(found.observed, [0.75, 1.0])
    np.testing.assert_allclose(found.n_cells, [1.0, (1 + partition.n_cells_) / 2])
    assert (found.low <= found.observed).all()
    assert (found.observed <= found.high).all()
    weights = np.array([1.0, 1, 3, 1, 1, 1, 1, 1])
    report = GeolocationReport(
        model, places, places, sample_weight=weights, coverages=(0.5,), n_resamples=20
    )
    np.testing.assert_allclose(report.calibration.observed, [0.8])


def test_no_region_holds_a_place_in_no_cell():
    hits, sizes = holds(np.ones((2, 3), dtype=bool), np.array([2, -1]))
    np.testing.assert_array_equal(hits, [True, False])
    np.testing.assert_array_equal(sizes, [3, 3])
    assert holds([np.array([0, 2]), np.array([], int)], [2, -1])[0].tolist() == [1, 0]


def test_risk_coverage_by_hand():
    # Errors of 1, 2, 3 and 4 degrees; the second is the surest, then the fourth, and
    # the others are equally unsure.
    truth = np.zeros((4, 2))
    answers = np.column_stack([np.zeros(4), [1.0, 2.0, 3.0, 4.0]])
    model = Oracle(answers, confidence=np.array([0.1, 0.9, 0.1, 0.5]))
    report = GeolocationReport(model, truth, truth, km=(250,), shares=(0.25, 0.75))
    curve = report.risk_coverage
    np.testing.assert_allclose(curve.share, [0.25, 0.5, 1.0])
    np.testing.assert_allclose(curve.confidence, [0.9, 0.5, 0.1])
    np.testing.assert_allclose(curve.median_km / DEGREE_KM, [2.0, 3.0, 2.5])
    np.testing.assert_allclose(curve.accuracy[:, 0], [1.0, 0.5, 0.5])
    # Three quarters cannot be kept: the last two are equally confident.
    text = str(report)
    assert re.search(r"25 %: median error +222 km\n", text)
    assert re.search(r"100 %: median error +278 km ", text)
    assert "75 %:" not in text
    # By weight, the surest is half of everything.
    report = GeolocationReport(
        model, truth, truth, sample_weight=[1, 3, 1, 1], km=(250,)
    )
    np.testing.assert_allclose(report.risk_coverage.share, [0.5, 2 / 3, 1.0])


def test_abstentions_are_left_out_and_said():
    truth = np.zeros((4, 2))
    answers = [[0, 1], [np.nan, np.nan], [0, 2], [0, 3]]
    model = Oracle(answers, confidence=np.array([0.9, 0.1, 0.5, 0.4]))
    report = GeolocationReport(model, truth, truth)
    assert np.isnan(report.errors_km[1])
    assert report.median_error.estimate == pytest.approx(2 * DEGREE_KM)
    assert (report.n_rows, report.n_answered) == (4, 3)
    np.testing.assert_allclose(report.risk_coverage.share, [1 / 3, 2 / 3, 1.0])
    assert re.search(r"rows with an answer +75.0 %\n", str(report))
    assert "1 of the 4 rows" in " ".join(str(report).split())
    with pytest.raises(ValueError, match=r"no answer for any of the 4.*abstain_below"):
        GeolocationReport(Oracle(np.full((4, 2), np.nan)), truth, truth)


def test_whatever_wraps_an_estimator():
    features, places = _world()
    plain = NeighborGeolocator(9).fit(StandardScaler().fit_transform(features), places)
    pipeline = make_pipeline(StandardScaler(), NeighborGeolocator(9))
    pipeline.fit(features, places)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), NeighborGeolocator()),
        {"neighborgeolocator__n_neighbors": [9]},
        cv=2,
    ).fit(features, places)
    scaled = StandardScaler().fit_transform(features)
    expected = str(GeolocationReport(plain, scaled, places, n_resamples=50))
    assert "Most confident" in expected
    for model in (pipeline, FrozenEstimator(pipeline), search):
        assert (
            str(GeolocationReport(model, features, places, n_resamples=50)) == expected
        )
    # A regressor in degrees.
    dummy = DummyRegressor().fit(features, places)
    report = GeolocationReport(dummy, features, places, n_resamples=50)
    assert "DummyRegressor has no confidence" in " ".join(report.left_out)


def test_the_table():
    features, places = _world()
    model = NeighborGeolocator(9).fit(features, places)
    partition = S2Partition(max_per_cell=60, min_per_cell=1).fit(places)
    report = GeolocationReport(
        model, features, places, partition=partition, n_resamples=50
    )
    text = str(report)
    assert text == repr(report)
    assert text.startswith("NeighborGeolocator on 200 rows, with 95 % intervals\n\n")
    assert max(map(len, text.splitlines())) <= 80
    frame = report.to_frame()
    assert list(frame.columns) == ["section", "measure", "value", "low", "high", "unit"]
    errors = frame[frame.section == "Errors"].set_index("measure")
    np.testing.assert_array_equal(errors.value[:5], report.accuracy.estimate)
    assert errors.unit["median error"] == "km"
    html = report._repr_html_()
    assert html.count("<tr>") == html.count("</tr>") == len(frame) + 4
    assert "predict_region" in html


def test_the_table_escapes_and_needs_pandas(monkeypatch):
    import sys

    truth = np.zeros((3, 2))
    report = GeolocationReport(Oracle(truth), truth, truth, n_resamples=20)
    report.name = "<script>"
    assert "&lt;script&gt;" in report._repr_html_()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        report.to_frame()


def test_one_row_has_no_interval():
    prior = PriorGeolocator().fit([[0.0]], [[48.0, 2.0]])
    report = GeolocationReport(prior, [[0.0]], [[48.0, 3.0]])
    assert np.isnan(report.median_error.low)
    assert re.search(r"median error +74 km\n", str(report))


def test_refuses():
    truth = np.zeros((3, 2))
    with pytest.raises(ValueError, match=r"y, row 0: latitude 151\.2"):
        GeolocationReport(Oracle(truth), truth, [[151.2, -33.9]] * 3)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        GeolocationReport(Oracle(truth), truth[:2], truth)
    with pytest.raises(ValueError, match=r"Oracle.predict must return one place a row"):
        GeolocationReport(Oracle(np.zeros((3, 1))), truth, truth)
    far = np.tile([95.0, 0.0], (3, 1))
    with pytest.raises(ValueError, match="overshoot a pole"):
        GeolocationReport(Oracle(far), truth, truth)


def test_a_classifier_over_cells():
    features, places = _world(600)
    model = HierarchicalCellClassifier(
        S2Partition(60, 5), calibration_fraction=0.3, max_iter=5, random_state=0
    )
    model.fit(features[:400], places[:400])
    report = GeolocationReport(model, features[400:], places[400:], n_resamples=50)
    assert not [one for one in report.left_out if "because" in one]
    table = model.cells_
    truth = model.partitions_[-1].predict(places[400:])
    covered = truth >= 0
    assert report.best_possible.n_uncovered == (~covered).sum()
    expected = class_bias(
        truth[covered],
        model.predict_cells(features[400:])[covered],
        n_cells=len(table),
    )
    assert report.class_bias == expected
    region = model.predict_region(features[400:], coverage=0.8).toarray()
    hits = region[np.arange(200), np.maximum(truth, 0)] & covered
    at = report.calibration.promised.tolist().index(0.8)
    assert report.calibration.observed[at] == pytest.approx(hits.mean())
    # Promises that too few held-out rows can keep are left out, and why is said.
    report = GeolocationReport(
        model, features[400:], places[400:], coverages=(0.5, 0.999), n_resamples=20
    )
    assert report.calibration.promised.tolist() == [0.5]
    assert "coverage=0.999 needs at least" in " ".join(report.left_out)


def test_cells_of_others_measure_the_bias_and_not_the_regions():
    features, places = _world()
    model = HierarchicalCellClassifier(
        S2Partition(40, 5), learning_rate_init=0.05, max_iter=8, random_state=0
    ).fit(features, places)
    own = GeolocationReport(model, features, places, n_resamples=20)
    for other in (S2Partition(150, 5).fit(places), S2Partition(20, 5).fit(places)):
        found = GeolocationReport(
            model, features, places, partition=other, n_resamples=20
        )
        np.testing.assert_array_equal(
            found.calibration.observed, own.calibration.observed
        )
        true, guessed = other.predict(places), other.predict(model.predict(features))
        both = (true >= 0) & (guessed >= 0)
        expected = class_bias(true[both], guessed[both], n_cells=other.n_cells_)
        assert found.class_bias.kl == pytest.approx(expected.kl)


def test_what_it_is_asked_is_read_or_refused_by_name():
    X, places = _world(60)
    model = NeighborGeolocator(3).fit(X, places)

    def report(**more):
        return GeolocationReport(model, X, places, n_resamples=20, **more)

    users = np.array(["eva", None] * 30, dtype=object)
    with pytest.raises(ValueError, match=r"^groups, row 1: the group is missing"):
        report(groups=users)
    one, other = report(groups=["eva", "adam"] * 30), report(groups=[1, 0] * 30)
    np.testing.assert_array_equal(one.accuracy.low, other.accuracy.low)
    for shares in ((2.0,), (0.5, 0.0), -1, np.nan):
        with pytest.raises(ValueError, match=r"^shares=.* above 0 and 1 at most"):
            report(shares=shares)
    with pytest.raises(TypeError, match=r"^shares must hold numbers"):
        report(shares=["half"])
    # One number is a list of one.
    assert str(report(shares=0.5)) == str(report(shares=(0.5,)))
    regions = HierarchicalCellClassifier(
        S2Partition(30, 2), calibration_fraction=0.4, max_iter=1, device="cpu"
    ).fit(X, places)
    both = [
        GeolocationReport(regions, X, places, coverages=coverages, n_resamples=20)
        for coverages in (0.5, [0.5])
    ]
    assert both[0].calibration.promised.tolist() == [0.5]
    assert str(both[0]) == str(both[1])
    with pytest.raises(TypeError, match=r"^sample_weight must hold numbers"):
        report(sample_weight=["1"] * 60)
    with pytest.raises(ValueError, match="sample_weight, row 3: the value is masked"):
        report(sample_weight=np.ma.array(np.ones(60), mask=np.arange(60) == 3))


def test_who_has_no_weight_where_there_are_answers_is_told_so():
    truth = np.zeros((4, 2))
    answers = [[0, 0], [0, 1], [np.nan, np.nan], [np.nan, np.nan]]
    with pytest.raises(ValueError, match="is 0 in every row that has an answer"):
        GeolocationReport(Oracle(answers), truth, truth, sample_weight=[0, 0, 1, 1])


def test_one_row_that_counts_has_no_interval():
    truth = np.zeros((4, 2))
    answers = [[0, 0], [0, 1], [0, -2], [3, 0]]
    for more in ({}, {"groups": [0, 1, 0, 0]}, {"groups": [0, 1, 2, 3]}):
        report = GeolocationReport(
            Oracle(answers), truth, truth, sample_weight=[0, 5, 0, 0], km=(112,), **more
        )
        assert report.median_error.estimate == pytest.approx(DEGREE_KM)
        assert np.isnan([report.median_error.low, report.median_error.high]).all()
    kept = np.array([True, True, False, False])
    two = SelectionReport(
        "One counts", truth, np.array(answers, dtype=float), kept,
        weights=np.array([0.0, 5.0, 1.0, 1.0]), groups=["a", "b", "c", "d"], km=(112,),
    )  # fmt: skip
    assert np.isnan(two.accepted_photos.median_error.low)
    assert not np.isnan(two.rejected_photos.median_error.low)
    # Rows of weight 0 are as if they were not there, in intervals too.
    weights, some = np.array([0.0, 5.0, 1.0, 1.0]), np.array([1, 2, 3])
    whole, part = (
        GeolocationReport(
            Oracle(np.array(answers)[rows]), truth[rows], truth[rows], km=(112,),
            sample_weight=weights[rows], n_resamples=50,
        )
        for rows in (np.arange(4), some)
    )  # fmt: skip
    assert whole.geo_score.low == part.geo_score.low < part.geo_score.high


def test_sizes_of_regions_count_weights():
    truth = np.zeros((5, 2))
    partition = S2Partition(10, 1).fit(
        np.array([[0.0, 0.0], [40.0, 40.0], [-40.0, 90.0]] * 20)
    )
    n_cells, sizes = partition.n_cells_, np.array([0, 1, 2, 2, 2])
    regions = {0.5: np.arange(n_cells) < sizes[:, np.newaxis]}
    weights = np.array([3.0, 3.0, 0.0, 1.0, 0.0])

    def report(rows, **more):
        y = truth[rows]
        oracle = Oracle(y, regions={0.5: regions[0.5][rows]})
        return GeolocationReport(
            oracle, y, y, coverages=(0.5,), partition=partition, n_resamples=20, **more
        )

    rows = np.arange(5)
    weighted = report(rows, sample_weight=weights).calibration
    repeated = report(np.repeat(rows, weights.astype(int))).calibration
    assert weighted.n_cells.tolist() == repeated.n_cells.tolist() == [1.0]
    assert report(rows).calibration.n_cells.tolist() == [2.0]
