# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_geo._weights import check_sum, check_total, check_weights


def test_weights_that_are_masked_are_refused():
    weights = np.ma.array([1.0, 2.0, 3.0], mask=False)
    assert check_weights(weights, np.zeros((3, 1))).tolist() == [1.0, 2.0, 3.0]
    weights.mask = [False, True, False]
    with pytest.raises(ValueError, match=r"^sample_weight, row 1: the value is masked"):
        check_weights(weights, np.zeros((3, 1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_total_that_is_no_number_is_told_by_its_row(value):
    with pytest.raises(ValueError, match=rf"^sample_weight, row 2: {value} is no weig"):
        check_total(np.array([1.0, 2.0, value, np.nan]))
    with pytest.raises(ValueError, match="adds up to infinity"):
        check_total(np.array([1e308, 1e308]))
    check_total(np.array([1.0, 2.0]))


def test_sums_of_columns_are_no_rows():
    with pytest.raises(ValueError, match=r"^sample_weight adds up to infinity\."):
        check_sum(np.array([1.0, np.inf]))
    check_sum(np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("weights", "remedy"),
    [
        (pd.date_range("2020-01-01", periods=3), "Times and spans of time are none"),
        (np.array([1, 2, 3], dtype="timedelta64[s]"), "Times and spans of time are n"),
        (np.timedelta64(3, "s"), "Times and spans of time are none"),
        (["1", "2", "3"], "Convert text first"),
        (pd.Series(["1", "2", "3"]), "Convert text first"),
        (np.array(["1", "2", "3"], dtype=object), "Convert text first"),
        ("balanced", "Convert text first"),
        ([1.0, 1j, 1.0], "Complex ones have no order"),
    ],
)
def test_weights_are_numbers(weights, remedy):
    with pytest.raises(TypeError, match=rf"^sample_weight must hold num.* {remedy}"):
        check_weights(weights, np.zeros((3, 1)))


@pytest.mark.parametrize(
    "weights",
    [
        [True, False, 3],
        np.array([1, 0, 3], dtype=object),
        pd.array([1, 0, 3], dtype="Int64"),
        pd.Series([1, 0, 3], index=[7, 7, 7], dtype="float32"),
    ],
)
def test_weights_of_any_numbers(weights):
    assert check_weights(weights, np.zeros((3, 1))).tolist() == [1.0, 0.0, 3.0]
    assert check_weights(2, np.zeros((3, 1))).tolist() == [2.0, 2.0, 2.0]
    assert check_weights(None, np.zeros((3, 1))).tolist() == [1.0, 1.0, 1.0]
