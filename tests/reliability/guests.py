# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What other libraries, and Python itself, have for rows of numbers."""

import array
import collections
import ctypes

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import torch
from PIL import Image

__all__ = ["GUESTS"]


THING = object()


class Refusing:
    """Says that it is an array, and raises when it is asked for it."""

    shape = (2, 2)

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today")


class Boasting:
    """Says that it has rows, and has none."""

    shape, ndim, dtype = (2, 2), 2, np.dtype(np.float64)

    def __len__(self):
        return 2


class Named(pd.DataFrame):
    """A frame of a class of its own."""

    @property
    def _constructor(self):
        return Named


def _names(width):
    return [f"c{i}" for i in range(width)]


def _frame(n, width):
    return pd.DataFrame(np.ones((n, width)), columns=_names(width))


def _dask_frame(n, width):
    import dask.dataframe as dd

    return dd.from_pandas(_frame(max(n, 1), width), npartitions=1)


def _dask_array(n, width):
    import dask.array as da

    return da.ones((n, width))


def _ctypes(n, width):
    return ((ctypes.c_double * width) * n)()


def _complex_tensor(n, width):
    return torch.ones((n, width), dtype=torch.cfloat)


# By name, what makes one of n rows and some columns.
GUESTS = {
    "tensor": lambda n, width: torch.ones((n, width)),
    "tensor with gradients": lambda n, width: torch.ones((n, width)).requires_grad_(),
    "tensor of bfloat16": lambda n, width: torch.ones((n, width), dtype=torch.bfloat16),
    "tensor of complex": _complex_tensor,
    "tensor, conjugated": lambda n, width: _complex_tensor(n, width).conj(),
    "tensor, negated": lambda n, width: _complex_tensor(n, width).conj().imag,
    "tensor, sparse": lambda n, width: torch.ones((n, width)).to_sparse(),
    "tensor, nowhere": lambda n, width: torch.ones((n, width), device="meta"),
    "tensor of no axes": lambda n, width: torch.tensor(1.0),
    "list of tensors": lambda n, width: [torch.ones(width)] * n,
    "list of tensors with gradients": lambda n, width: (
        [torch.ones(width).requires_grad_()] * n
    ),
    "rows of tensors": lambda n, width: [[torch.tensor(1.0)] * width] * n,
    "dask array": _dask_array,
    "dask frame": _dask_frame,
    "array of Python": lambda n, width: array.array("d", [1.0] * n),
    "bytearray": lambda n, width: bytearray(n * width),
    "ctypes": _ctypes,
    "range": lambda n, width: range(n),
    "deque": lambda n, width: collections.deque([[1.0] * width] * n),
    "dict of rows": lambda n, width: dict.fromkeys(range(n), [1.0] * width),
    "dict of columns": lambda n, width: dict.fromkeys(_names(width), [1.0] * n),
    "set of rows": lambda n, width: {(1.0, float(i)) for i in range(n)},
    "list of frames": lambda n, width: [_frame(1, width)] * n,
    "list of series": lambda n, width: [pd.Series([1.0] * width)] * n,
    "list of arrow arrays": lambda n, width: [pa.array([1.0] * width)] * n,
    "recarray": lambda n, width: np.ones((n, width)).view(np.recarray),
    "32 axes": lambda n, width: np.ones((1,) * 32),
    "index of pandas": lambda n, width: pd.Index([1.0] * n),
    "index of dates": lambda n, width: pd.date_range("2020-01-01", periods=n),
    "index of levels": lambda n, width: pd.MultiIndex.from_tuples(
        [(1.0, 2.0)] * max(n, 1)
    ),
    "nullable array": lambda n, width: pd.array([1] * n, dtype="Int64"),
    "categorical": lambda n, width: pd.Categorical([1.0] * n),
    "groups of pandas": lambda n, width: _frame(n, max(width, 1)).groupby("c0"),
    "one group of pandas": lambda n, width: _frame(max(n, 1), width).iloc[0],
    "frame without columns": lambda n, width: pd.DataFrame(index=range(n)),
    "window of pandas": lambda n, width: _frame(n, width).rolling(1),
    "frame of a class of its own": lambda n, width: Named(_frame(n, width)),
    "frame with rows twice": lambda n, width: _frame(n, width).set_axis([0] * n),
    "polars structs": lambda n, width: pl.DataFrame(
        {name: [{"a": 1.0}] * n for name in _names(width)}
    ),
    "polars objects": lambda n, width: pl.DataFrame(
        {name: pl.Series([THING] * n, dtype=pl.Object) for name in _names(width)}
    ),
    "polars categories": lambda n, width: pl.DataFrame(
        {name: pl.Series(["a"] * n, dtype=pl.Categorical) for name in _names(width)}
    ),
    "arrow array": lambda n, width: pa.array([1.0] * n),
    "arrow chunks": lambda n, width: pa.chunked_array([[1.0] * n]),
    "arrow batch": lambda n, width: pa.RecordBatch.from_pydict(
        dict.fromkeys(_names(width), [1.0] * n)
    ),
    "image": lambda n, width: Image.new("RGB", (max(width, 1), max(n, 1))),
    "refusing": lambda n, width: Refusing(),
    "boasting": lambda n, width: Boasting(),
    "a class": lambda n, width: ValueError,
    "a module": lambda n, width: array,
    "a function": lambda n, width: len,
    "an error": lambda n, width: ValueError("x"),
    "ellipsis": lambda n, width: ...,
    "not implemented": lambda n, width: NotImplemented,
    "a slice": lambda n, width: slice(n),
}
