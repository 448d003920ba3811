# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import (
    NeighborGeolocator,
    PriorGeolocator,
    SelectiveGeolocator,
)
from tests.contract import OTHER_INPUT
from tests.geolocation.common import checks_of, folds_y

DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088

# Four places on the equator: two near each other, and two far to the east.
PLACES = np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 60.0], [0.0, 80.0]])
X = np.zeros((4, 1))


def test_mode_by_hand():
    prior = PriorGeolocator().fit(X, PLACES)
    # 11.1 km apart: each has two within 25 km, and the first one is taken.
    np.testing.assert_array_equal(prior.place_, [0.0, 0.0])
    assert prior.share_ == 0.5
    prior = PriorGeolocator(radius_km=11.0).fit(X, PLACES)
    np.testing.assert_array_equal(prior.place_, [0.0, 0.0])
    assert prior.share_ == 0.25
    # 20 degrees are 2,224 km.
    prior = PriorGeolocator(radius_km=20 * DEGREE_KM + 1e-6)
    prior.fit(X, PLACES, sample_weight=[1, 1, 2, 1])
    np.testing.assert_array_equal(prior.place_, [0.0, 60.0])
    assert prior.share_ == 0.6


def test_mean_and_median_by_hand():
    # The mean of 0 and 80 is 40; with the weight of 80 doubled the median is there.
    ends = PLACES[[0, 3]]
    mean = PriorGeolocator("mean").fit(X[:2], ends)
    np.testing.assert_allclose(mean.place_, [0.0, 40.0], atol=1e-12)
    assert mean.share_ == 0.0
    median = PriorGeolocator("median").fit(X[:2], ends, sample_weight=[1, 2])
    np.testing.assert_array_equal(median.place_, [0.0, 80.0])
    assert median.share_ == pytest.approx(2 / 3)
    across = PriorGeolocator("mean").fit(X[:2], [[0.0, 179.0], [0.0, -177.0]])
    np.testing.assert_allclose(across.place_, [0.0, -179.0], atol=1e-9)


def test_answers_for_anything_that_has_rows():
    for rows in (["a", "b", "c", "d"], pd.DataFrame({"t": list("abcd")}), X):
        prior = PriorGeolocator().fit(rows, PLACES)
        assert prior.predict(rows[:3]).shape == (3, 2)
        np.testing.assert_array_equal(prior.confidence(rows[:3]), [0.5, 0.5, 0.5])
    # The mean GeoScore, of errors of 0, 0.1, 60 and 80 degrees.
    errors = np.array([0.0, 0.1, 60.0, 80.0]) * DEGREE_KM
    expected = 5000 * np.exp(-errors / 1492.7).mean()
    assert prior.score(X, PLACES) == pytest.approx(expected)
    assert len(cross_val_score(prior, X, PLACES, cv=2)) == 2
    again = pickle.loads(pickle.dumps(prior))
    np.testing.assert_array_equal(again.place_, prior.place_)
    assert clone(prior).radius_km == 25.0


@pytest.mark.parametrize(
    ("params", "y", "words"),
    [
        ({"strategy": "most_frequent"}, PLACES, "'strategy' parameter"),
        ({"radius_km": -1.0}, PLACES, "'radius_km' parameter"),
        ({}, None, "requires y to be passed.*Pass the places"),
        ({}, PLACES[:, ::-1] * [1.5, 1], "latitude 120.0 .*columns look swapped"),
        ({}, PLACES[:3], "inconsistent numbers of samples"),
        ({"strategy": "mean"}, [[0, 0], [0, 90], [0, 180], [0, 270]], "no mean of"),
    ],
)
def test_refuses(params, y, words):
    with pytest.raises(ValueError, match=words):
        PriorGeolocator(**params).fit(X, y)


def _checks():
    for strategy in ("mode", "mean", "median"):
        estimator = folds_y(PriorGeolocator)(strategy)
        yield from checks_of(estimator, suffix=strategy)


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_and_documented():
    check_param_validation("PriorGeolocator", PriorGeolocator())
    assert OTHER_INPUT["PriorGeolocator"] == "tests.geolocation.test_prior"
    for parameter in PriorGeolocator().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(PriorGeolocator)


def test_weights_that_add_up_to_infinity_are_refused():
    with pytest.raises(ValueError, match="sample_weight adds up to infinity"):
        PriorGeolocator().fit(X[:2], PLACES[:2], sample_weight=[1e308, 1e308])


@pytest.mark.parametrize(
    "model",
    [
        PriorGeolocator(),
        NeighborGeolocator(1),
        SelectiveGeolocator(PriorGeolocator(), threshold=0.5),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_fit_that_fails_is_none(model):
    with pytest.raises(ValueError, match="latitude"):
        model.fit(X[:2], [[91.0, 0.0], [0.0, 0.0]])
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_scores_under_the_largest_weights_there_are():
    prior = PriorGeolocator("mean").fit(X[:2], [[0.0, 0.0], [0.0, 0.0]])
    truth = [[0.0, 0.0], [0.0, 180.0]]
    with np.errstate(over="raise"):
        heavy = prior.score(X[:2], truth, sample_weight=[8e307, 8e307])
    assert heavy == pytest.approx(prior.score(X[:2], truth))


def test_a_second_fit_that_fails_leaves_the_first():
    model = PriorGeolocator().fit(np.ones((2, 3)), [[10.0, 20.0], [10.0, 20.0]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(np.ones((2, 4)), [[0.0, 0.0]])
    np.testing.assert_allclose(model.predict(np.ones((1, 3))), [[10.0, 20.0]])
