# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every door has to stand: called with anything, it answers or says why not.

An answer is finite, the same in a second call, and the same for another container of
the same numbers. An error is a ValueError or a TypeError in words. Neither changes what
was passed, takes longer than a few seconds, or more memory than some megabytes and a
multiple of what was passed; and there are no warnings but those in words.
"""

import dataclasses
import os
import signal
import tracemalloc
import warnings
from contextlib import contextmanager
from types import GeneratorType

import numpy as np
import pandas as pd
import polars as pl
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError

from tests.reliability.strategies import Draw

__all__ = ["Answer", "Refusal", "attack", "is_finite", "listen", "same"]

# A NotFittedError is also an AttributeError, but says what to do. LinAlgError and
# AxisError are ValueErrors that come from below and say nothing of the argument.
ALLOWED = (ValueError, TypeError, NotFittedError)
NEVER = (IndexError, KeyError, RecursionError, np.linalg.LinAlgError)
SECONDS = 20
MEGABYTES = 32
TIMES_THE_INPUT = 200
# The arctan2 of numpy 1 has another last digit where its arrays lie side by side.
NEARLY = np.lib.NumpyVersion(np.__version__) < "2.0.0"
# Where to write what was refused, and with which words; for people who read them.
_LOG = os.environ.get("SKLEARN_GEO_REFUSALS")


@dataclasses.dataclass
class Answer:
    """What a door returned."""

    value: object


@dataclasses.dataclass
class Refusal:
    """The error a door raised."""

    error: Exception


@contextmanager
def _in_time(seconds):
    # Of the processor: other processes may take it away for longer.
    def ring(number, frame):
        raise AssertionError(f"no answer within {seconds} seconds")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def listen(call, *, traced=True):
    """Call, and return the answer or the refusal, and the most memory it took."""
    with warnings.catch_warnings(), _in_time(SECONDS):
        warnings.simplefilter("error")
        # Warnings in words are for people: not converged, no photo has a tag, ...
        warnings.simplefilter("ignore", UserWarning)
        # What numpy says where scikit-learn compares a span of time with a number.
        warnings.filterwarnings("ignore", "The 'generic' unit for NumPy timedelta")
        if traced:
            tracemalloc.start()
        try:
            heard = Answer(call())
        except ALLOWED as error:
            heard = Refusal(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1] if traced else 0
            tracemalloc.stop()
    return heard, peak


def attack(
    draw,
    make,
    call,
    *,
    words=None,
    allowance=MEGABYTES,
    check=None,
    free=None,
    undressed=True,
):
    """Call a door with what `make` draws, and assert what every door has to stand.

    Parameters
    ----------
    draw : Draw
        Where the example begins.

    make : callable
        ``make(draw)`` returns the arguments, a dict. It is called once for every call
        of the door, so that what a call used up or changed is not passed again.

    call : callable
        The door: takes the arguments by name.

    words : pattern, default=None
        What the message of a refusal has to hold, so that it says what is wrong.

    allowance : float, default=MEGABYTES
        Megabytes that it may take, beside a multiple of what it is given.

    check : callable, default=None
        ``check(arguments, answer)`` asserts what an answer has to be.

    free : callable, default=None
        ``free(arguments)`` says whether an answer may hold NaN or infinities, as the
        documentation says.

    undressed : bool, default=True
        Whether the same numbers as a plain array have to give the same answer.
    """
    arguments = make(Draw(draw.started_with))
    first, peak = listen(lambda: call(**arguments))
    again = make(Draw(draw.started_with))
    assert same(arguments, again), "what was passed has changed"
    limit = allowance * 2**20 + TIMES_THE_INPUT * _size(again)
    assert peak <= limit, f"{peak / 2**20:.0f} MB for {_size(again)} bytes"
    second, _ = listen(lambda: call(**again), traced=False)
    _assert_same_words(first, second)
    if isinstance(first, Refusal):
        _read(first.error, words)
        return first
    steady = same(first.value, second.value, loose=NEARLY)
    assert steady, "a second call answers something else"
    if not (free and free(arguments)):
        assert is_finite(first.value), f"not finite: {first.value!r:.300}"
    if check is not None:
        check(again, first.value)
    if not undressed or any(map(_beyond_floats, arguments.values())):
        return first
    plain, _ = listen(
        lambda: call(**make(Draw(draw.started_with, plain=True))), traced=False
    )
    assert isinstance(plain, Answer), f"refused as a plain array: {plain.error!r}"
    assert same(first.value, plain.value, loose=True), "a plain array answers otherwise"
    return first


def _beyond_floats(value):
    """Say whether a plain array of float64 is no longer the same numbers."""
    whole = isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size
    if not whole:
        return False
    value = np.ma.getdata(value)
    return max(int(value.max()), -int(value.min())) > 2**53


def _assert_same_words(first, second):
    assert type(first) is type(second), f"first {first}, then {second}"
    if isinstance(first, Refusal):
        assert type(first.error) is type(second.error)


def _read(error, words):
    """Assert that an error is one of ours, in words that help."""
    assert not isinstance(error, NEVER), f"{type(error).__name__}: {error}"
    message = str(error)
    if _LOG:
        with open(_LOG, "a", encoding="utf-8", errors="replace") as file:
            print(type(error).__name__, repr(message), file=file)
    if words is not None:
        assert words.search(message), f"says nothing of what is wrong: {message!r}"


def is_finite(value):
    """Tell whether all numbers in an answer are finite."""
    if sparse.issparse(value):
        return is_finite(value.tocoo().data)
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fc":
            return bool(np.isfinite(value).all())
        return value.dtype.kind != "O" or all(map(is_finite, value.ravel().tolist()))
    if isinstance(value, float | np.floating | complex):
        return bool(np.isfinite(value))
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_finite, value))
    if hasattr(value, "to_numpy"):
        return is_finite(value.to_numpy())
    if dataclasses.is_dataclass(value):
        return is_finite(dataclasses.asdict(value))
    return True


def same(a, b, *, loose=False):
    """Tell whether two things are equal through and through, NaN included.

    Parameters
    ----------
    a, b : object
        Arrays, tables, and lists of them.

    loose : bool, default=False
        Whether 0.0 and -0.0 are the same, and numbers that differ by rounding.
    """
    if type(a) is not type(b):
        return False
    if sparse.issparse(a):
        return _same_sparse(a, b, loose)
    if isinstance(a, np.ma.MaskedArray):
        return same(a.data, b.data) and same(np.asarray(a.mask), np.asarray(b.mask))
    if isinstance(a, np.ndarray):
        return _same_arrays(np.asarray(a), np.asarray(b), loose)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], loose=loose) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(
            one is other or (one is a and other is b) or same(one, other, loose=loose)
            for one, other in zip(a, b, strict=True)
        )
    if isinstance(a, GeneratorType | map | memoryview):
        return True
    if hasattr(a, "collect"):  # lazy
        return True
    if isinstance(a, pl.DataFrame) and pl.Object in a.dtypes:  # never equal
        return True
    if hasattr(a, "equals"):
        return bool(a.equals(b)) or (loose and _nearly_same_frames(a, b))
    if dataclasses.is_dataclass(a):
        return same(vars(a), vars(b), loose=loose)
    if isinstance(a, torch.Tensor):
        try:
            return torch.equal(a, b)
        except RuntimeError:  # sparse, or nowhere
            return True
    if type(a).__eq__ is object.__eq__:  # it is equal to itself alone
        return True
    if isinstance(a, float | np.floating) and loose:
        return bool(np.isclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True))
    try:
        return a is b or bool(a == b) or bool(a != a and b != b)
    except TypeError:  # pandas.NA
        return a is b
    except ValueError:  # arrays of others, which are not looked into
        return True


def _nearly_same_frames(a, b):
    """Compare frames of pandas column by column."""
    if not isinstance(a, pd.DataFrame) or not a.columns.equals(b.columns):
        return False
    if not a.index.equals(b.index):
        return False
    for column in range(a.shape[1]):
        one, other = a.iloc[:, column], b.iloc[:, column]
        if one.dtype != other.dtype:
            return False
        if one.dtype == "geometry":
            near = bool(one.geom_equals_exact(other, 1e-9, align=False).all())
        else:
            near = same(one.to_numpy(), other.to_numpy(), loose=True)
        if not near:
            return False
    return True


def _same_arrays(a, b, loose):
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind == "O":
        return same(a.ravel().tolist(), b.ravel().tolist(), loose=loose)
    if a.dtype.names:
        return all(_same_arrays(a[name], b[name], loose) for name in a.dtype.names)
    if loose and a.dtype.kind in "fc":
        return bool(np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True))
    return a.tobytes() == b.tobytes() or np.array_equal(
        a, b, equal_nan=a.dtype.kind in "fcmM"
    )


def _same_sparse(a, b, loose):
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if loose:
        a, b = sparse.csr_array(a, copy=True), sparse.csr_array(b, copy=True)
        for each in (a, b):
            each.sum_duplicates()
            each.eliminate_zeros()
        parts = ("indptr", "indices", "data")
        return all(same(getattr(a, p), getattr(b, p), loose=True) for p in parts)
    names = ("data", "indices", "indptr", "coords", "rows", "offsets", "_dict")
    return all(
        same(getattr(a, name), getattr(b, name)) for name in names if hasattr(a, name)
    )


def _size(value):
    """Return the bytes of what is passed, about."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(_size(one) if one is not value else 0 for one in value)
    return getattr(value, "nbytes", 0) if isinstance(value, np.ndarray) else 100
