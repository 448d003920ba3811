# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_geo.metrics import (
    accuracy_at_km,
    geo_score,
    great_circle_error,
    mean_great_circle_error,
    median_great_circle_error,
)

R = 6371.0088
DEGREE = R * math.pi / 180

SUMMARIES = [
    mean_great_circle_error,
    median_great_circle_error,
    accuracy_at_km,
    geo_score,
]


def places(min_size=1, max_size=12):
    latitude = st.floats(-90, 90)
    longitude = st.floats(-180, 180)
    pair = st.tuples(latitude, longitude).map(list)
    return st.lists(pair, min_size=min_size, max_size=max_size)


def on_equator(*degrees):
    """Predictions whose errors from (0, 0) are as many degrees."""
    return [[0.0, float(degree)] for degree in degrees]


def scalar_distance(a, b):
    """Angle between two unit vectors, by the arctangent of their cross product."""
    (la, oa), (lb, ob) = np.radians(a), np.radians(b)
    u = np.array(
        [math.cos(la) * math.cos(oa), math.cos(la) * math.sin(oa), math.sin(la)]
    )
    v = np.array(
        [math.cos(lb) * math.cos(ob), math.cos(lb) * math.sin(ob), math.sin(lb)]
    )
    return R * math.atan2(np.linalg.norm(np.cross(u, v)), float(u @ v))


@pytest.mark.parametrize(
    ("true", "pred", "km"),
    [
        ([0, 0], [90, 0], R * math.pi / 2),  # a quarter of a meridian
        ([0, 0], [90, 123], R * math.pi / 2),  # the pole has every longitude
        ([90, 10], [90, -170], 0),
        ([-90, 0], [90, 0], R * math.pi),
        ([0, 179.5], [0, -179.5], DEGREE),  # across the antimeridian
        ([10, 180], [10, -180], 0),
        ([10, 20], [10, 380], 0),
        ([89, 0], [89, 180], 2 * DEGREE),  # across the pole
        ([60, 0], [60, 180], 60 * DEGREE),
    ],
)
def test_hand_worked_errors(true, pred, km):
    assert great_circle_error([true], [pred]) == pytest.approx([km], abs=1e-6)
    assert great_circle_error([pred], [true]) == pytest.approx([km], abs=1e-6)


def test_radius():
    true, pred = [[0.0, 0.0]], [[0.0, 90.0]]
    assert great_circle_error(true, pred, radius_km=1.0)[0] == pytest.approx(
        math.pi / 2
    )
    wide = mean_great_circle_error(true, pred, radius_km=6372.795)
    assert wide == pytest.approx(6372.795 * math.pi / 2)
    assert median_great_circle_error(true, pred, radius_km=6372.795) == wide
    assert accuracy_at_km(true, pred, 10_008, radius_km=6371.0088) == 1
    assert accuracy_at_km(true, pred, 10_008, radius_km=6372.795) == 0
    assert geo_score(true, pred, radius_km=1e-9) == pytest.approx(5000)


@settings(deadline=None, max_examples=50)
@given(places(), st.randoms(use_true_random=False))
def test_errors_match_a_scalar_oracle(true, random):
    pred = random.sample(true, len(true))
    expected = [scalar_distance(a, b) for a, b in zip(true, pred, strict=True)]
    assert great_circle_error(true, pred) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(places())
def test_perfect_predictions(true):
    assert not great_circle_error(true, true).any()
    assert mean_great_circle_error(true, true) == 0
    assert median_great_circle_error(true, true) == 0
    assert accuracy_at_km(true, true, [0, 1]).tolist() == [1, 1]
    assert geo_score(true, true) == 5000


def test_mean_and_median():
    true, pred = on_equator(0, 0, 0, 0), on_equator(0, 1, 2, 90)
    assert mean_great_circle_error(true, pred) == pytest.approx(93 / 4 * DEGREE)
    assert median_great_circle_error(true, pred) == pytest.approx(1.5 * DEGREE)
    assert median_great_circle_error(true[:3], pred[:3]) == pytest.approx(DEGREE)


def test_weighted_mean_and_median():
    true, pred = on_equator(0, 0, 0), on_equator(4, 1, 2)
    weights = [1, 1, 2]
    expected = (4 + 1 + 2 * 2) / 4 * DEGREE
    assert mean_great_circle_error(true, pred, sample_weight=weights) == pytest.approx(
        expected
    )

    def median(weights):
        value = median_great_circle_error(true, pred, sample_weight=weights)
        return round(value / DEGREE, 9)

    assert median([1, 1, 2]) == 2  # 1 2 2 4
    assert median([2, 1, 1]) == 3  # 1 2 4 4: between 2 and 4
    assert median([0, 1, 1]) == 1.5
    assert median([0, 1, 0]) == 1
    assert median([0.1, 0.1, 0.1]) == 2
    assert median([1e-9, 2e-9, 1e-9]) == 1.5


@settings(deadline=None, max_examples=50)
@given(arrays(int, 6, elements=st.integers(0, 3)).filter(np.any), st.randoms())
def test_whole_weights_are_copies(weights, random):
    errors = [random.uniform(0, 180) for _ in weights]
    true, pred = on_equator(*np.zeros(6)), on_equator(*errors)
    copies = np.repeat(np.arange(6), weights)
    for metric in SUMMARIES:
        weighted = metric(true, pred, sample_weight=weights)
        repeated = metric(np.array(true)[copies], np.array(pred)[copies])
        assert weighted == pytest.approx(repeated)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.floats(0.01, 50), st.integers(0, 2**31))
def test_equal_weights_change_nothing(n, weight, seed):
    errors = np.random.default_rng(seed).uniform(0, 180, n)
    true, pred = on_equator(*np.zeros(n)), on_equator(*errors)
    for metric in SUMMARIES:
        weighted = metric(true, pred, sample_weight=np.full(n, weight))
        assert weighted == pytest.approx(metric(true, pred))


def test_accuracy_at_the_default_localities():
    # Errors of about 0, 0.9, 111, 222, 778, 2446 and 10,008 km.
    true = on_equator(*np.zeros(7))
    pred = on_equator(0, 0.008, 1, 2, 7, 22, 90)
    assert accuracy_at_km(true, pred) == pytest.approx(np.array([2, 2, 3, 4, 6]) / 7)


def test_an_error_equal_to_the_threshold_is_within_it():
    true, pred = [[12.0, 34.0]], [[12.5, 34.5]]
    km = great_circle_error(true, pred)[0]
    assert accuracy_at_km(true, pred, km) == 1
    assert accuracy_at_km(true, pred, np.nextafter(km, 0)) == 0


def test_accuracy_shapes():
    true, pred = [[0, 0], [0, 0]], [[0, 0], [0, 1]]
    assert type(accuracy_at_km(true, pred, 25)) is float
    assert accuracy_at_km(true, pred, [25]).shape == (1,)
    assert accuracy_at_km(true, pred, np.array([np.inf, 25])).tolist() == [1, 0.5]
    # A share is as exact as float64 is.
    assert accuracy_at_km([[0, 0]] * 3, on_equator(0, 1, 1), 25) == 1 / 3
    weighted = accuracy_at_km(true, pred, (25, 200), sample_weight=[1, 3])
    assert weighted.tolist() == [0.25, 1]


def test_geo_score_by_hand():
    at_scale = 1492.7 / DEGREE
    true = [[0.0, 0.0]]
    assert geo_score(true, on_equator(at_scale)) == pytest.approx(5000 / math.e)
    assert geo_score(true, on_equator(2 * at_scale)) == pytest.approx(5000 / math.e**2)
    assert geo_score(true, on_equator(at_scale), scale_km=2 * 1492.7) == pytest.approx(
        5000 / math.sqrt(math.e)
    )
    both = geo_score([[0, 0], [0, 0]], on_equator(0, at_scale), sample_weight=[1, 3])
    assert both == pytest.approx((5000 + 3 * 5000 / math.e) / 4)


def test_a_scale_may_be_as_small_as_numbers_are():
    # Exactly there all points are left, and anywhere else none.
    assert geo_score([[0, 0], [0, 0]], on_equator(0, 1), scale_km=5e-324) == 2500.0


def test_float32_and_frames_are_read():
    true = pd.DataFrame({"lat": [0.0, 1.0], "lon": [2.0, 3.0]})
    pred = np.array([[0, 2], [1, 4]], dtype=np.float32)
    expected = [0, DEGREE * math.cos(math.radians(1))]
    assert great_circle_error(true, pred) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("metric", [great_circle_error, *SUMMARIES])
def test_bad_places_are_named(metric):
    good = [[0.0, 0.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match=r"y_pred.*row 1"):
        metric(good, [[0.0, 0.0], [91.0, 200.0]])
    with pytest.raises(ValueError, match=r"y_true.*row 0"):
        metric([[np.nan, 0.0], [1.0, 1.0]], good)
    with pytest.raises(ValueError, match="y_true has 2 rows but y_pred has 1"):
        metric(good, good[:1])
    with pytest.raises(ValueError, match="y_pred"):
        metric(good, [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    swapped = pd.DataFrame(good, columns=["lon", "lat"])
    with pytest.raises(ValueError, match=r"y_pred.*swapped"):
        metric(good, swapped)


@pytest.mark.parametrize("metric", SUMMARIES)
def test_bad_weights_are_named(metric):
    good = [[0.0, 0.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match="one weight for each of the 2 rows"):
        metric(good, good, sample_weight=[1, 2, 3])
    with pytest.raises(ValueError, match=r"row 1: -2 is negative"):
        metric(good, good, sample_weight=[1, -2])
    with pytest.raises(ValueError, match="0 in every row"):
        metric(good, good, sample_weight=[0, 0])
    with pytest.raises(ValueError, match="sample_weight, row 1: nan is no weight"):
        metric(good, good, sample_weight=[1, np.nan])
    with pytest.raises(ValueError, match="sample_weight, row 0: inf is no weight"):
        metric(good, good, sample_weight=[np.inf, 1])
    with pytest.raises(TypeError, match="sample_weight must hold numbers"):
        metric(good, good, sample_weight=["a", "b"])
    with pytest.raises(TypeError, match=r"^radius_km .* such as 6371\.0088; got"):
        metric(good, good, radius_km="a")
    with pytest.raises(ValueError, match="radius_km must be more than 0"):
        metric(good, good, radius_km=-1)


@pytest.mark.parametrize("metric", [great_circle_error, *SUMMARIES])
def test_no_rows(metric):
    for nothing in (np.zeros((0, 2)), pd.DataFrame({"lat": [], "lon": []}), []):
        with pytest.raises(ValueError, match=r"y_true is (an )?empty"):
            metric(nothing, nothing)
    with pytest.raises(ValueError, match="y_pred is empty"):
        metric([[0.0, 0.0]], np.zeros((0, 2)))


@pytest.mark.parametrize("metric", [great_circle_error, *SUMMARIES])
def test_predictions_beyond_a_pole_are_to_be_clipped(metric):
    # Latitude 90.5 beside longitude 10 is what a regressor overshoots to, and would
    # look like swapped columns in y_true.
    with pytest.raises(ValueError, match=r"y_true, row 0.*look swapped"):
        metric([[90.5, 10.0]], [[0.0, 0.0]])
    with pytest.raises(
        ValueError, match=r"y_pred, row 0: latitude 90.5 .*np.clip\(y_pred\[:, 0\]"
    ) as caught:
        metric([[0.0, 0.0]], [[90.5, 10.0]])
    assert "look swapped" not in str(caught.value)
    # What is far out is in metres, and nothing to clip.
    with pytest.raises(ValueError, match=r"y_pred, row 0.*metres"):
        metric([[0.0, 0.0]], [[5_000_000.0, 600_000.0]])


@pytest.mark.parametrize(
    ("km", "words"),
    [
        (-1, "0 or more; got -1"),
        ([25, np.nan], "0 or more; got nan"),
        ([], "a number of kilometres"),
        ("25km", "a number of kilometres"),
        ([[1, 25]], "a number of kilometres"),
        (True, "a number of kilometres"),
    ],
)
def test_bad_thresholds(km, words):
    with pytest.raises(ValueError, match=f"^km must be .*{words}"):
        accuracy_at_km([[0, 0]], [[0, 0]], km)


def test_bad_scale():
    with pytest.raises(ValueError, match=r"^scale_km must be more than 0"):
        geo_score([[0, 0]], [[0, 0]], scale_km=0)
    with pytest.raises(TypeError, match=r"^scale_km .* number, such as 1492\.7; got"):
        geo_score([[0, 0]], [[0, 0]], scale_km="a")


@pytest.mark.parametrize("radius_km", [1e200, 5e-324, 10**400])
def test_distances_have_a_sum(radius_km):
    with pytest.raises(ValueError, match="is the radius of no sphere"):
        great_circle_error([[0.0, 0.0]], [[0.0, 1.0]], radius_km=radius_km)


def test_a_radius_may_be_narrow():
    # In float32, the limits of a radius are zero and infinite.
    for radius_km in (np.float32(1.0), np.float16(1.0), np.int8(1)):
        found = mean_great_circle_error(
            [[0.0, 0.0]], on_equator(90), radius_km=radius_km
        )
        assert found == pytest.approx(math.pi / 2)


@pytest.mark.parametrize("metric", SUMMARIES)
@pytest.mark.parametrize("sample_weight", [None, [1.0, 3.0]])
def test_plain_numbers_are_returned(metric, sample_weight):
    more = {"km": 25} if metric is accuracy_at_km else {}
    found = metric(
        [[0, 0], [0, 0]], on_equator(0, 1), sample_weight=sample_weight, **more
    )
    assert type(found) is float
