# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the metrics share: checks of their arguments, means and medians of rows."""

import math

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_geo.metrics._rows import (
    check_choice,
    check_levels,
    check_number,
    check_place_pairs,
    check_radius,
    check_row_weights,
    check_same_length,
    mean_of_rows,
    median_of_rows,
    median_of_sorted,
)


def test_lengths():
    check_same_length(a=[1, 2], b=np.zeros((2, 3)), c="ab")
    with pytest.raises(ValueError, match="a has 2 rows but c has 3"):
        check_same_length(a=[1, 2], b=[3, 4], c=[5, 6, 7])
    with pytest.raises(ValueError, match="a is empty"):
        check_same_length(a=[], b=[])
    with pytest.raises(TypeError, match="b has no rows"):
        check_same_length(a=[1], b=5)


def test_places_in_pairs():
    good = [[0.0, 0.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match=r"^y_true, row 1: latitude 91"):
        check_place_pairs([[0.0, 0.0], [91.0, 0.0]], good)
    # A model overshoots; a person swaps columns or passes metres.
    with pytest.raises(ValueError, match=r"guess, row 1: .* clip its latitudes first"):
        check_place_pairs(good, [[0.0, 0.0], [91.0, 0.0]], name="guess")
    with pytest.raises(ValueError, match="metres of a map") as caught:
        check_place_pairs(good, [[0.0, 0.0], [5e6, 4e5]])
    assert "clip its latitudes" not in str(caught.value)
    with pytest.raises(ValueError, match="latitude is NaN") as caught:
        check_place_pairs(good, [[0.0, 0.0], [np.nan, 0.0]])
    assert "overshoot" not in str(caught.value)
    with pytest.raises(ValueError, match=r"^y_true has 2 rows but y_pred has 1"):
        check_place_pairs(good, good[:1])


@pytest.mark.parametrize(
    ("weights", "error", "words"),
    [
        ([1.0, np.nan], ValueError, "row 1: nan is no weight"),
        ([np.inf, 1.0], ValueError, "row 0: inf is no weight"),
        ([1.0, -0.5], ValueError, "row 1: -0.5 is negative"),
        ([0.0, 0.0], ValueError, "is 0 in every row"),
        ([1e308, 1e308], ValueError, "add up to infinity"),
        ([1.0], ValueError, "each of the 2 rows"),
        ([[1.0, 1.0]], ValueError, "each of the 2 rows"),
        (["a", "b"], TypeError, "must hold numbers"),
        ([np.nan, np.nan], ValueError, "row 0: nan is no weight"),
        (
            np.ma.array([1.0, 2.0], mask=[False, True]),
            ValueError,
            "^sample_weight, row 1",
        ),
    ],
)
def test_bad_weights(weights, error, words):
    with pytest.raises(error, match=words):
        check_row_weights(weights, 2)


def test_the_first_negative_weight_is_named():
    with pytest.raises(ValueError, match=r"^sample_weight, row 2: -0.5 is negative"):
        check_row_weights([0.0, 0.5, -0.5, -1.0], 4)


def test_good_weights():
    assert check_row_weights(None, 2) is None
    weights = check_row_weights([0, 5e-324], 2)
    assert weights.tolist() == [0.0, 5e-324]
    assert weights.dtype == np.float64


def test_levels():
    options = {"name": "k", "integer": True, "least": 1}
    vector, scalar = check_levels(1, **options)
    assert (vector.tolist(), scalar) == ([1], True)
    vector, scalar = check_levels([3, 1], **options)
    assert (vector.tolist(), scalar) == ([3, 1], False)
    with pytest.raises(ValueError, match="k must be 1 or more; got 0"):
        check_levels([2, 0], **options)
    for bad in (1.0, [], [[1]], "1", True):
        with pytest.raises(ValueError, match="k must be a whole number"):
            check_levels(bad, **options)
    options = {"name": "km", "integer": False, "least": 0}
    assert check_levels([0, np.inf], **options)[0].tolist() == [0, np.inf]
    assert check_levels(np.uint8(3), **options)[0].tolist() == [3]
    for bad in (-1e-9, np.nan):
        with pytest.raises(ValueError, match="km must be 0 or more; got"):
            check_levels([1.0, bad], **options)
    with pytest.raises(ValueError, match="km must be a number of kilometres"):
        check_levels(["far"], **options)


def test_numbers_are_strictly_between():
    options = {"least": 0, "most": 1, "example": "0.95"}
    for good in (0.5, np.float32(0.5), np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)):
        check_number(good, "level", **options)
    for bad in (0, 1, -0.1, 1.1, np.nan, np.float32(0.0), np.float32(np.nan)):
        with pytest.raises(ValueError, match="level must be between 0 and 1, such as"):
            check_number(bad, "level", **options)
    for bad in (True, "0.5", None, [0.5]):
        with pytest.raises(TypeError, match=r"level must be a number, such as 0\.95"):
            check_number(bad, "level", **options)
    with pytest.raises(ValueError, match="scale must be more than 0, such as 7"):
        check_number(0.0, "scale", least=0, example="7")
    with pytest.raises(ValueError, match=r"such as 7; got 0\.0\.$"):
        check_number(np.float32(0.0), "scale", least=0, example="7")
    for good in (1e-100, 1e100, np.float32(6371), np.float16(6371)):
        check_radius(good)
    for bad in (0.0, 1e-101, 9.99e-101, 1.0005e100, 1e101, np.inf):
        with pytest.raises(ValueError, match=r"^radius_km"):
            check_radius(bad)


def test_choices():
    for good in ("mean", "".join(["me", "an"]), np.str_("mean"), None):
        check_choice(good, ("first", "mean", None), "ties")
    for bad in ("median", b"mean", 0, False, ["mean"], np.array(["mean"]), np.nan):
        with pytest.raises(
            ValueError, match=r"^ties must be one of 'first', 'mean', N"
        ):
            check_choice(bad, ("first", "mean", None), "ties")


def test_means_of_rows():
    assert mean_of_rows(np.array([1.0, 2.0, 6.0]), None) == 3.0
    assert mean_of_rows(np.array([1.0, 2.0, 6.0]), np.array([1.0, 0.0, 3.0])) == 4.75
    # Weights whose sum is finite, and whose products are not.
    values = np.array([1.0, 4.0])
    assert mean_of_rows(values, np.array([1e308, 5e307])) == pytest.approx(2.0)
    assert mean_of_rows(values, np.array([1.0, 1.5e308])) == 4.0
    columns = np.array([[1.0, 2.0], [3.0, 6.0]])
    assert mean_of_rows(columns, None).tolist() == [2.0, 4.0]
    assert mean_of_rows(columns, np.array([3.0, 1.0])).tolist() == [1.5, 3.0]
    with pytest.warns(UndefinedMetricWarning, match=r"^Nobody\. The metric is NaN"):
        nothing = mean_of_rows(columns, np.zeros(2), "Nobody.")
    assert np.isnan(nothing).tolist() == [True, True]
    with pytest.warns(UndefinedMetricWarning, match="No row has a positive weight"):
        assert math.isnan(mean_of_rows(np.array([1.0]), np.zeros(1)))


def test_medians_of_rows():
    values = np.array([5.0, 1.0, 3.0, 2.0])
    assert median_of_rows(values, None) == 2.5
    assert median_of_rows(values, np.array([1.0, 1.0, 1.0, 0.0])) == 3.0
    assert median_of_rows(values, np.array([2.0, 1.0, 0.0, 0.0])) == 5.0
    # Half of the weight is reached with the second: between it and the third.
    assert median_of_sorted(np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 2.0])) == 3.0
    # Ten times 0.1 miss 1.0 by rounding alone.
    ten = np.arange(10.0)
    assert np.full(10, 0.1).cumsum()[-1] != 1.0  # from Python 3.12 on sum() finds it
    assert median_of_sorted(ten, np.full(10, 0.1)) == 4.5
    assert math.isnan(median_of_sorted(ten, np.zeros(10)))
    # A weight that is heavier by less than float32 can tell from 1 is heavier.
    uneven = np.array([1.0, 1.0 + 2e-8])
    assert median_of_sorted(np.array([1.0, 2.0]), uneven) == 2.0
    for weights in (None, np.ones(4)):
        assert type(median_of_rows(values, weights)) is float
    assert median_of_rows(values, np.array([0.0, 1e308, 0.0, 1.0])) == 1.0
    # Weights of nothing do not reach anything.
    assert median_of_sorted(ten, np.array([0.0] * 5 + [1.0] + [0.0] * 4)) == 5.0


def test_medians_of_whole_weights_are_those_of_copies():
    # 5,000,000,001 copies of 0 and as many of 40 but one: the middle one is a 0.
    n = 500_000
    values = np.repeat([0.0, 40.0], [n + 1, n])
    weights = np.full(2 * n + 1, 10_000.0)
    weights[0] = 1.0
    assert median_of_sorted(values, weights) == 0.0
    weights[0] = 0.0
    assert median_of_sorted(values, weights) == 20.0
    # Halves are not whole, and still no more than rounding is passed over.
    few = np.array([1.0, 2.0]), np.array([2.5, 2.0])
    assert median_of_sorted(*few) == 1.0
    # Beyond 2**53 whole numbers are rounded, as in 0.1 + 0.2 and 0.3.
    assert 0.1 + 0.7 < 0.8
    tenths, three = np.array([0.1, 0.7, 0.8]), np.array([1.0, 2.0, 4.0])
    for scale in (1.0, 2.0**60):
        assert median_of_sorted(three, tenths * scale) == 3.0
    # One whole weight among others changes nothing, nor does a small one among large.
    four = np.array([-1.0, 1.0, 2.0, 4.0])
    assert 0.1 + 1.0 + 0.3 > 1.4
    assert median_of_sorted(four, np.array([0.1, 1.0, 0.3, 1.4])) == 3.0
    assert median_of_sorted(four, np.append(1.0, tenths * 2.0**60)) == 3.0


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_whole_levels_are_wide(dtype):
    vector, scalar = check_levels(dtype(100), name="k", integer=True, least=1)
    assert scalar
    assert vector.dtype == np.int64
    assert vector.tolist() == [100]
    largest = check_levels(np.uint64(2**64 - 1), name="k", integer=True, least=1)[0]
    assert largest.tolist() == [2**63 - 1]
    if dtype in (np.int8, np.int64):
        with pytest.raises(ValueError, match=r"k must be 1 or more; got -1"):
            check_levels(dtype(-1), name="k", integer=True, least=1)
