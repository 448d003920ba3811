# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Good rows, spoiled: what a careless or hostile caller makes of a table."""

import datetime
import decimal
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from scipy import sparse

from tests.reliability.strategies import dressed

__all__ = ["THINGS", "spoil"]

NUMBERS = [
    *(np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -1e-310, 1e-45, 1e-30),
    *(1.0, -1.0, 255.0, 256.0, 2.0**24 + 1, 2.0**53, -(2.0**63), 2.0**64),
    *(90.0, -90.0, 180.0, -180.0, 360.0, 1e6, 1e15),
    *(1e19, -1e19, 1e30, -1e30, 3.4e38, 3.5e38, -3.5e38, 1e154, 1e300, -1.8e308),
]
THINGS = [
    *(None, np.nan, np.inf, pd.NA, pd.NaT, "", "nan", "1.5", "x", "\ud800", "\0"),
    *(b"x", True, 0, -1, 7, 2**63, 2**200, 1e308, 1 + 2j, decimal.Decimal("NaN")),
    *(np.float32(1e38), np.datetime64("NaT", "s"), np.datetime64("2014-01-01")),
    *(np.timedelta64(1, "s"), datetime.datetime(1, 1, 1), datetime.date(2014, 1, 1)),
    datetime.datetime(9999, 12, 31, 23, tzinfo=datetime.timezone.utc),
    datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=14))),
    pd.Timestamp("2014-01-01", tz="Asia/Kathmandu"),
    pd.Timestamp.max.tz_localize("UTC"),
    *([], [1, 2], (1,), {}, {"a": 1}, {1}, len, np.zeros(2), np.zeros(0)),
]
DTYPES = [
    *("f2", "f4", "f8", "g", ">f8", "c8", "c16", "?", "O", "U", "S", "V8"),
    *("i1", "u1", "i2", "i4", "i8", "u8", ">i4", "M8[s]", "M8[ns]", "m8[s]"),
]
SCALES = [0.0, 1e-320, 1e-30, 1e10, 1e19, 1e30, 1e38, 1e200, 1e308]


def spoil(draw, X):
    """Return X with one thing wrong with it; X is not changed."""
    if isinstance(X, pd.DataFrame):
        return draw.choice(OF_FRAMES)(draw, X)
    if isinstance(X, np.ndarray):
        return draw.choice(OF_ARRAYS)(draw, X)
    return X  # a container that was spoiled before


# Arrays -------------------------------------------------------------------------------


def _one_number(draw, X):
    """Put a number that is none, or huge, in a cell or in a row or in a column."""
    value = draw.choice(NUMBERS)
    if X.dtype.kind not in "fc" or not X.size:
        return X
    X = X.copy()
    with np.errstate(all="ignore"):
        value = X.dtype.type(value)
    how = draw.choice(["cell", "row", "column", "all"])
    at = draw.randint(0, X.size - 1)
    if how == "cell" or X.ndim < 2:
        X.flat[at] = value
    elif how == "row":
        X[at % len(X)] = value
    elif how == "column":
        X[:, at % X.shape[1]] = value
    else:
        X[...] = value
    return X


def _scaled(draw, X):
    scale = draw.choice(SCALES)
    if X.dtype.kind != "f":
        return X
    with np.errstate(all="ignore"):
        return X * X.dtype.type(scale)


def _cast(draw, X):
    dtype = draw.choice(DTYPES)
    if dtype == "V8":
        return np.zeros(X.shape, dtype=[("a", "f4"), ("b", "i4")])
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of imaginary parts
            return X.astype(dtype)
    except (TypeError, ValueError, OverflowError):
        return X


def _one_thing(draw, X):
    """Put what is no number in a cell."""
    thing = draw.choice(THINGS)
    if not X.size:
        return X
    X = X.astype(object)
    at = np.unravel_index(draw.randint(0, X.size - 1), X.shape)
    X[at] = thing
    return X


def _other_width(draw, X):
    how = draw.choice(["fewer", "more", "none", "twice", "one"])
    if X.ndim < 2:
        return X[:, np.newaxis] if X.ndim else X
    if how == "fewer":
        return X[:, :-1]
    if how == "more":
        return np.concatenate([X, X[:, :1]], axis=1)
    if how == "none":
        return X[:, :0]
    return np.concatenate([X, X], axis=1) if how == "twice" else X[:, :1]


def _one_row_seven_times(X):
    return np.broadcast_to(X[:1], (7, *X.shape[1:])) if X.ndim and len(X) else X


def _other_shape(draw, X):
    return draw.choice(
        [
            lambda X: X.ravel(),
            lambda X: X[0] if X.ndim and len(X) else X,
            lambda X: X[np.newaxis],
            lambda X: X[..., np.newaxis],
            lambda X: X.T,
            lambda X: X.ravel()[0] if X.size else X,
            _one_row_seven_times,
            lambda X: X[:, np.newaxis] if X.ndim == 2 else X,
            lambda X: np.repeat(X[:, np.newaxis], 2, axis=1) if X.ndim else X,
            lambda X: X[:0] if X.ndim else X,
        ]
    )(X)


def _other_memory(draw, X):
    def read_only(X):
        X = X.copy()
        X.flags.writeable = False
        return X

    return draw.choice(
        [
            np.asfortranarray,
            lambda X: X[::-1] if X.ndim else X,
            lambda X: np.repeat(X, 2, axis=0)[::2] if X.ndim else X,
            read_only,
            lambda X: np.ma.masked_array(X, mask=np.zeros(X.shape, bool)),
            lambda X: np.ma.masked_array(X, mask=np.ones(X.shape, bool)),
            lambda X: (
                np.require(X, requirements="C").view(np.memmap)
                if X.dtype.kind != "O"
                else X
            ),
        ]
    )(X)


def _one_by_one(X):
    yield from X


def _other_container(draw, X):
    """Put the array into something that means the same, or nearly."""
    if X.ndim == 2 and X.dtype == np.float64 and X.shape[1]:
        return dressed(draw, X)
    make = draw.choice([np.ndarray.tolist, list, tuple, _one_by_one, repr, pd.Series])
    try:
        return make(X)
    except ValueError:  # a series has one column
        return X


OF_ARRAYS = [
    *(_one_number, _one_number, _scaled, _cast, _one_thing),
    *(_other_width, _other_shape, _other_memory, _other_container, _other_container),
]


# Frames -------------------------------------------------------------------------------


def _column_of(draw, X):
    return draw.randint(0, max(X.shape[1] - 1, 0))


def _thing_in_frame(draw, X):
    thing, at = draw.choice(THINGS), _column_of(draw, X)
    row = draw.randint(0, 8)
    if X.empty:
        return X
    column = X.iloc[:, at].astype(object).to_list()
    column[row % len(column)] = thing
    return _with(X, at, column)


def _with(X, at, column):
    """Return the frame with another column at a place."""
    parts = [X.iloc[:, i] for i in range(X.shape[1])]
    name = parts[at].name
    parts[at] = pd.Series(column, index=X.index, name=name, dtype=object)
    return pd.concat(parts, axis=1)


def _retyped(draw, X):
    at, how = _column_of(draw, X), draw.choice(RETYPED)
    if X.empty:
        return X
    X = X.copy()
    try:
        new = how(X.iloc[:, at])
    except (TypeError, ValueError, AttributeError, OverflowError, pa.ArrowException):
        return X
    parts = [X.iloc[:, i] for i in range(X.shape[1])]
    parts[at] = new
    return pd.concat(parts, axis=1)


def _number_in_frame(draw, X):
    value, at = draw.choice(NUMBERS), _column_of(draw, X)
    if X.empty or X.dtypes.iloc[at].kind != "f":
        return X
    column = X.iloc[:, at].to_list()
    column[draw.randint(0, 8) % len(column)] = value
    return _with(X, at, column).astype({X.columns[at]: float}, errors="ignore")


def _other_columns(draw, X):
    at, how = _column_of(draw, X), draw.randint(0, 6)
    if not X.shape[1]:
        return X
    names = list(X.columns)
    if how == 0:
        return X.drop(columns=names[at])
    if how == 1:
        return X.rename(columns={names[at]: "another"})
    if how == 2:
        return pd.concat([X, X.iloc[:, [at]]], axis=1)
    if how == 3:
        return X.iloc[:, ::-1]
    if how == 4:
        return X.set_axis(range(X.shape[1]), axis=1)
    if how == 5:
        return X.iloc[:, :0]
    return X.assign(more=1.0)


def _other_rows(draw, X):
    how = draw.randint(0, 4)
    if how == 0:
        return X.iloc[:0]
    if how == 1:
        return X.iloc[[0] * 7] if len(X) else X
    if how == 2:
        return X.set_axis([0] * len(X))
    if how == 3:
        return X.set_axis(pd.date_range("2000", periods=len(X)))
    return X.iloc[::-1]


def _frame_as(draw, X):
    make = draw.choice(FRAMES_AS)
    try:
        return make(X)
    except (TypeError, ValueError, NotImplementedError, OverflowError, IndexError):
        return X
    except (pa.ArrowException, pl.exceptions.PolarsError):
        return X


RETYPED = [
    lambda c: c.astype(str),
    lambda c: c.astype("string"),
    lambda c: c.astype("category"),
    lambda c: c.astype(object),
    lambda c: c.astype("string[pyarrow]"),
    lambda c: c.astype("timestamp[ns, UTC][pyarrow]"),
    lambda c: c.astype("int64"),
    lambda c: c.astype("Int64"),
    lambda c: c.astype("float32"),
    lambda c: c.astype(bool),
    lambda c: c.dt.tz_localize(None),
    lambda c: c.dt.tz_convert("America/St_Johns"),
    lambda c: c.dt.tz_localize(None).astype("M8[s]") + np.timedelta64(10**12, "s"),
    lambda c: c.dt.date,
    lambda c: c.dt.tz_localize(None).dt.to_period("h"),
    lambda c: c.dt.as_unit("s"),
    lambda c: pd.Series([c.iloc[0]] * len(c), index=c.index, name=c.name),
    lambda c: pd.Series([np.nan] * len(c), index=c.index, name=c.name),
    lambda c: pd.Series([None] * len(c), index=c.index, name=c.name, dtype=object),
    lambda c: pd.Series([pd.NaT] * len(c), index=c.index, name=c.name),
    lambda c: pd.Series(np.arange(len(c)) % 2, index=c.index, name=c.name),
    lambda c: pd.Series(["a", 1] * len(c), name=c.name)[: len(c)].set_axis(c.index),
    lambda c: c * 1e30,
    lambda c: c * 0.0,
]
FRAMES_AS = [
    lambda X: X.to_numpy(),
    lambda X: X.to_numpy(dtype=object).tolist(),
    lambda X: X.to_dict("list"),
    lambda X: X.to_dict("records"),
    lambda X: X.to_records(),
    lambda X: X.convert_dtypes(),
    lambda X: X.convert_dtypes(dtype_backend="pyarrow"),
    lambda X: pl.from_pandas(X),
    lambda X: pl.from_pandas(X).lazy(),
    lambda X: pa.Table.from_pandas(X),
    lambda X: X.select_dtypes("number").to_numpy(),
    lambda X: sparse.csr_array(X.select_dtypes("number").to_numpy()),
    lambda X: X.iloc[0],
    lambda X: X.iloc[:, 0],
    lambda X: X.to_numpy(dtype=str),
    lambda X: X.set_axis(
        pd.MultiIndex.from_product([["a"], range(X.shape[1])]), axis=1
    ),
    lambda X: (row for row in X.itertuples()),
    lambda X: None,
    lambda X: X.to_csv(),
    len,
]
OF_FRAMES = [
    *(_thing_in_frame, _retyped, _retyped, _number_in_frame, _other_columns),
    *(_other_rows, _frame_as),
]
