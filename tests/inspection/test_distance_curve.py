# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_geo.geolocation import NeighborGeolocator, PriorGeolocator
from sklearn_geo.inspection import DistanceCurveDisplay
from sklearn_geo.inspection._distance_curve import _antipodes
from sklearn_geo.metrics import accuracy_at_km, bootstrap_interval
from tests.inspection.common import check_geojson

DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088
TRUTH = np.zeros((4, 2))
ANSWERS = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 90.0]])


def test_shares_by_hand():
    display = DistanceCurveDisplay.from_predictions(TRUTH, ANSWERS, name="mine")
    km, share = display.lines_[0].get_data()
    for at, expected in ((1.0, 0.25), (112.0, 0.5), (230.0, 0.75), (10_100.0, 1.0)):
        assert share[np.searchsorted(km, at)] == expected
    assert (np.diff(share) >= 0).all()
    # The medians are between one and two degrees.
    assert display.lines_[0].get_label() == f"mine (median {1.5 * DEGREE_KM:.0f} km)"
    np.testing.assert_array_equal(share, accuracy_at_km(TRUTH, ANSWERS, km))
    assert display.ax_.get_xscale() == "log"
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == ["street", "city", "region", "country", "continent"]


def test_bands_are_those_of_the_metrics():
    rng = np.random.default_rng(0)
    truth = np.column_stack([rng.uniform(-60, 60, 80), rng.uniform(-180, 180, 80)])
    answers = truth + rng.normal(0, 3, (80, 2))
    users = rng.integers(0, 9, 80)
    display = DistanceCurveDisplay.from_predictions(
        truth, {"a": answers}, groups=users, n_resamples=60, random_state=3
    )
    curve = display.curves["a"]
    every = slice(None, None, 4)
    expected = bootstrap_interval(
        lambda t, p: accuracy_at_km(t, p, curve.km[every]),
        truth,
        answers,
        groups=users,
        n_resamples=60,
        random_state=3,
    )
    np.testing.assert_allclose(curve.low[every], expected.low, atol=1e-12)
    np.testing.assert_allclose(curve.high[every], expected.high, atol=1e-12)
    assert (curve.low <= curve.share).all()
    assert (curve.share <= curve.high).all()
    assert len(display.bands_) == 1
    plain = DistanceCurveDisplay.from_predictions(truth, answers, confidence_level=None)
    assert plain.bands_ == []


def test_several_models_and_abstentions():
    X = np.arange(4.0)[:, np.newaxis]
    models = {
        "one": NeighborGeolocator(1, metric="euclidean").fit(X, ANSWERS),
        "prior": PriorGeolocator().fit(X, ANSWERS),
    }
    ax = plt.figure().add_subplot()
    display = DistanceCurveDisplay.from_estimator(models, X, ANSWERS, ax=ax)
    assert display.ax_ is ax
    assert display.lines_[0].get_label() == "one (median 0.0 km)"
    assert len({line.get_color() for line in display.lines_}) == 2
    assert len({line.get_linestyle() for line in display.lines_}) == 2
    single = DistanceCurveDisplay.from_estimator(models["one"], X, ANSWERS)
    assert list(single.curves) == ["NeighborGeolocator"]
    # Who does not answer is within no distance.
    answers = ANSWERS.copy()
    answers[:2] = np.nan
    display = DistanceCurveDisplay.from_predictions(TRUTH, {"shy": answers})
    assert display.curves["shy"].share[-1] == 0.5
    assert display.lines_[0].get_label() == "shy (no median)"
    collection = display.to_geojson()
    check_geojson(collection, 4)
    errors = [one["properties"]["error_km"]["shy"] for one in collection["features"]]
    assert errors[:2] == [None, None]
    np.testing.assert_allclose(errors[2:], [2 * DEGREE_KM, 90 * DEGREE_KM])


def test_without_localities_and_rows():
    curves = DistanceCurveDisplay.from_predictions(TRUTH, ANSWERS).curves
    display = DistanceCurveDisplay(curves).plot(localities=False, limits_km=(10, 1000))
    assert not display.ax_.texts
    assert display.ax_.get_xlim() == (10, 1000)
    with pytest.raises(ValueError, match="does not know where the rows were"):
        display.to_geojson()


def test_a_model_that_never_answers_is_within_no_distance():
    silent = np.full(TRUTH.shape, np.nan)
    display = DistanceCurveDisplay.from_predictions(
        TRUTH, {"sure": TRUTH, "silent": silent}, n_resamples=9
    )
    curve = display.curves["silent"]
    assert not curve.share.any()
    assert not curve.low.any()
    assert not curve.high.any()
    assert np.isnan(display.errors["silent"]).all()
    labels = [line.get_label() for line in display.lines_]
    assert labels == ["sure (median 0.0 km)", "silent (no median)"]


def test_what_stands_for_no_answer_is_the_antipode():
    east = np.nextafter(-100.0, 0.0)
    places = np.array([[10.0, 30.0], [-20.0, -180.0], [0.0, east]])
    found = _antipodes(places)
    assert found[:, 0].tolist() == [-10.0, 20.0, 0.0]
    # A float less than 128 holds the last digit of one that is more.
    assert found[:, 1].tolist() == [-150.0, 0.0, east + 180.0]
    assert east + 180.0 > 80.0
