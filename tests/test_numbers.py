# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.utils import check_array

from sklearn_geo._numbers import (
    all_finite,
    is_real,
    is_whole,
    naming,
    read_numbers,
    reject_masked,
)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], dtype=np.uint8),
        np.array([1, 2], dtype=np.longdouble),
        [Decimal(1), 2],
        pd.Series([1, 2], dtype="Int64"),
        np.ma.masked_array([1.0, 2.0]),
    ],
)
def test_numbers_of_any_kind(values):
    numbers = read_numbers(values, "km")
    assert numbers.dtype == np.float64
    assert numbers.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "values",
    [
        "1.5",
        ["1.5"],
        b"1",
        1j,
        [1, 2j],
        None,
        [10**400],
        np.array(["2020-01-01"], dtype="datetime64[s]"),
        [[1.0], [1.0, 2.0]],
        object(),
        np.array(["1.5", 2], dtype=object),
        np.array([b"1"], dtype=object),
        np.array([np.timedelta64(1, "s"), 2], dtype=object),
        np.array([np.complex128(1.0), 2], dtype=object),
        pd.Series(["1.5"]),
        pd.Series(["1.5"], dtype=object),
        pd.DataFrame({"a": [1.0], "b": ["1.5"]}),
        pl.Series(["1.5"]),
    ],
)
def test_others_are_no_numbers(values):
    with pytest.raises(TypeError, match="km must hold numbers"):
        read_numbers(values, "km")


def test_what_is_missing_among_numbers_is_nan():
    for values in ([1.0, None], pd.Series([1, pd.NA], dtype="Int64")):
        np.testing.assert_array_equal(read_numbers(values, "km"), [1.0, np.nan])


def test_beyond_float64_is_infinite():
    assert read_numbers(np.longdouble("1e4000"), "km") == np.inf
    wide = np.array([np.longdouble("1e4000"), 1], dtype=object)
    assert read_numbers(wide, "km").tolist() == [np.inf, 1.0]


def test_what_is_masked_is_not_uncovered():
    hidden = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, False, True])
    with pytest.raises(ValueError, match="km, row 2: the value is masked"):
        read_numbers(hidden, "km")
    reject_masked(hidden[:2], "km")
    reject_masked(hidden[:0], "km")
    records = np.ma.zeros((3, 2), dtype=[("a", "f4"), ("b", "i4")])
    reject_masked(records, "km")
    records["b"][1, 0] = np.ma.masked
    with pytest.raises(ValueError, match="km, row 1: the value is masked"):
        reject_masked(records, "km")
    reject_masked([1.0], "km")


@pytest.mark.parametrize("error", [TypeError, ValueError])
def test_errors_of_numpy_say_which_argument(error):
    words = "tags holds what is no number: could not convert"
    with pytest.raises(error, match=words), naming("tags"):
        raise error("could not convert string to float: 'a'")
    with pytest.raises(error, match=r"^tags are too long"), naming("tags"):
        raise error("tags are too long")
    with naming("tags"):
        assert np.isnan(np.array([np.inf, -np.inf]).sum())


def test_dates_in_a_frame_are_told_by_the_name_of_the_frame():
    frame = pd.DataFrame({"b": pd.to_datetime(["2020-01-01"], utc=True)})
    frame["a"] = pd.array([1], dtype="Int64")
    words = "photos holds what is no number: Cannot cast DatetimeArray"
    with pytest.raises(TypeError, match=words), naming("photos"):
        check_array(frame, dtype=np.float64)


def test_what_numpy_cannot_read_is_told_by_its_name():
    tensor = torch.ones(2, requires_grad=True)
    words = r"weights cannot be read as an array: .* Use tensor.detach\(\)"
    with pytest.raises(TypeError, match=words), naming("weights"):
        np.asarray(tensor)
    with pytest.raises(TypeError, match="weights must hold numbers; got tensor"):
        read_numbers(tensor, "weights")
    with pytest.raises(RecursionError), naming("weights"):
        raise RecursionError


def test_a_span_of_time_is_no_number():
    assert is_real(np.int8(3))
    assert is_real(2.5)
    assert not is_real(np.timedelta64(1, "s"))
    assert not is_real("1")


def test_whole_numbers():
    assert is_whole(3)
    assert is_whole(np.uint8(3))
    for value in (True, np.True_, 3.0, np.timedelta64(3, "s"), "3", None):
        assert not is_whole(value)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_finite_is_every_number_or_none(kind):
    largest = np.finfo(kind).max
    assert all_finite(np.array([[largest, largest], [-largest, 0.0]], dtype=kind))
    assert all_finite(np.array([largest, largest]))
    assert all_finite(np.empty((0, 3), dtype=kind))
    for wrong in (np.nan, np.inf, -np.inf):
        assert not all_finite(np.array([0.0, wrong, largest], dtype=kind))
    assert not all_finite(np.array([np.inf, -np.inf], dtype=kind))


def test_complex_numbers_are_told_what_they_are():
    with pytest.raises(TypeError, match=r"w must hold numbers.*pass their real part"):
        read_numbers(np.array([1.0 + 2.0j]), "w")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "'<' not supported between instances of 'int' and 'str'",
            "y holds things that have no order among them: '<'",
        ),
        ("boolean value of NA is ambiguous", r"y has a missing value \(pandas\.NA\)"),
    ],
)
def test_what_cannot_be_compared_is_told_by_its_name(error, said):
    with pytest.raises(TypeError, match=said), naming("y"):
        raise TypeError(error)


def test_lazy_frames_are_no_text():
    with pytest.raises(TypeError, match=r"what must hold numbers.*method collect"):
        read_numbers(pl.LazyFrame({"a": [1.0]}), "what")


def test_columns_of_a_frame_may_lack_numbers():
    whole = pd.array([2**53 - 1, None], dtype="Int64")
    frame = pd.DataFrame({"whole": whole, "plain": [0.5, 1.5]}, index=["b", "b"])
    expected = [[2.0**53 - 1, 0.5], [np.nan, 1.5]]
    np.testing.assert_array_equal(read_numbers(frame, "what"), expected)
    twice = frame.set_axis(["same", "same"], axis=1)
    np.testing.assert_array_equal(read_numbers(twice, "what"), expected)
    with pytest.raises(TypeError, match="what must hold numbers"):
        read_numbers(frame.assign(text=["a", "b"]), "what")


def test_what_is_missing_among_objects_is_nan():
    values = [1, None, pd.NA, pd.NaT, np.nan, Decimal("NaN"), Decimal("2.5")]
    expected = [1.0, *[np.nan] * 5, 2.5]
    column = np.array(values, dtype=object)
    for each in (column, pd.Series(column), column[:, np.newaxis]):
        found = read_numbers(each, "km")
        assert found.shape == each.shape
        np.testing.assert_array_equal(found.ravel(), expected)
    assert read_numbers(np.array([], dtype=object), "km").dtype == np.float64


def test_what_is_shown_of_a_table_is_one_line():
    with pytest.raises(TypeError) as caught:
        read_numbers(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}), "km")
    assert str(caught.value).startswith("km must hold numbers; got a b 0 x 1 1 y 2. ")
