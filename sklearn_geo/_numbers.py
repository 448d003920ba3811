# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Plain numbers out of whatever holds them, and words for what does not."""

import math
from contextlib import contextmanager
from numbers import Real

import numpy as np
from scipy import sparse

from sklearn_geo._missing import is_missing

_LARGEST = float(np.finfo(np.float32).max)

# What numpy says of a thing in a table that is no number; but not of which table.
_SAID = (
    "float() argument",
    "int() argument",
    "could not convert",
    "setting an array",
    "Cannot cast",
    "Got unsupported ScalarType",
    "can't convert",
    "sparse array length is ambiguous",
)
# Of an array of their own numpy says that they are no numbers, but not among objects.
_OTHERS = (str, bytes, np.datetime64, np.timedelta64, np.complexfloating)
# How it shows an array whose columns have names, and what makes it a plain one.
_RECORDS = ("dtype([(", "dtype((numpy.record")
_PLAIN = ". numpy.lib.recfunctions.structured_to_unstructured makes plain columns of it"


@contextmanager
def naming(name):
    """Say which argument it is that numpy cannot make numbers, or an array, of.

    Nor does numpy warn of numbers that are infinite, or get so, and are refused then.

    Parameters
    ----------
    name : str
        What the argument is called in error messages.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except (TypeError, ValueError) as error:
        if "at least one array or dtype" in str(error):  # a frame of no columns
            raise ValueError(
                f"{name} has 0 feature(s): it is a table without columns."
            ) from error
        if "NA is ambiguous" in str(error):
            raise TypeError(
                f"{name} has a missing value (pandas.NA). Leave such rows out."
            ) from error
        if "not supported between instances" in str(error):
            raise TypeError(
                f"{name} holds things that have no order among them: {error}"
            ) from error
        if not str(error).startswith(_SAID):
            raise
        remedy = _PLAIN if any(shown in str(error) for shown in _RECORDS) else ""
        raise type(error)(f"{name} holds what is no number: {error}{remedy}") from error
    except RecursionError:
        raise
    except RuntimeError as error:  # such as a tensor of torch with gradients
        raise TypeError(f"{name} cannot be read as an array: {error}") from error


def is_real(value):
    """Tell a real number; a span of time is none, though numpy counts it as one."""
    plain = isinstance(value, (int, float, np.integer, np.floating))
    return plain and not isinstance(value, np.timedelta64)


def is_whole(value):
    """Tell an integer of Python or numpy; neither a bool nor a span of time."""
    return isinstance(value, (int, np.integer)) and not isinstance(
        value, (bool, np.timedelta64)
    )


def reject_spans(settings):
    """Refuse spans of time among settings, which scikit-learn takes for numbers.

    Parameters
    ----------
    settings : dict
        Values by name.
    """
    for name, value in settings.items():
        if isinstance(value, np.timedelta64):
            raise TypeError(f"{name} must not be a span of time; got {value!r}.")


def read_numbers(values, name):
    """Return values as an array of float64, or say that they are no numbers.

    Parameters
    ----------
    values : array-like
        Integers, floats or booleans, of any shape. A missing one among them is NaN.

    name : str
        What the argument is called in error messages.

    Returns
    -------
    ndarray of float64
        The same numbers; what is beyond float64 is infinite.
    """
    reject_masked(values, name)
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    try:
        if kind is None:
            kind = np.asarray(values).dtype.kind
        if values is None or kind in "cmMSTUV":
            raise TypeError(f"no numbers but the dtype kind {kind!r}")
        if kind == "O":
            return _floats(np.asarray(values, dtype=object))
        if isinstance(kind, str) and hasattr(values, "to_numpy"):
            # A frame has no dtype of its own, and each of its columns has one.
            is_frame = getattr(values, "ndim", 1) == 2 and hasattr(values, "iloc")
            if is_frame and any(hasattr(one, "na_value") for one in values.dtypes):
                every = range(values.shape[1])
                read = [read_numbers(values.iloc[:, at], name) for at in every]
                return np.column_stack(read)
            missing = getattr(getattr(values, "dtype", None), "na_value", None)
            # A masked array of older pandas does not take what is missing for NaN.
            if missing is not None and missing is not np.nan:
                return values.to_numpy(dtype=np.float64, na_value=np.nan)
        # A wider float may be beyond float64.
        with np.errstate(over="ignore"):
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        remedy = "Convert text first, for example with np.asarray(values, dtype=float)."
        if kind == "c":
            remedy = "Complex ones have no order; pass their real part."
        elif kind in ("m", "M"):
            remedy = "Times and spans of time are none; pass seconds, or years."
        elif hasattr(values, "collect"):
            remedy = "It has no rows yet; pass what its method collect() returns."
        raise TypeError(
            f"{name} must hold numbers; got {' '.join(repr(values).split())[:60]}. "
            f"{remedy}"
        ) from error


def _floats(objects):
    """Make floats of objects that are numbers, and NaN of what is missing."""
    kinds = set(map(type, objects.flat))
    if any(issubclass(kind, _OTHERS) for kind in kinds):
        raise TypeError("numpy makes numbers of text and of spans of time")
    if any(not issubclass(kind, Real) for kind in kinds):
        missing = [is_missing(value) for value in objects.flat]
        objects = np.where(np.reshape(missing, objects.shape), np.nan, objects)
    with np.errstate(over="ignore"):
        return objects.astype(np.float64)


def all_finite(array):
    """Tell whether no number of an array is NaN or infinite, without a copy of it."""
    # The least and the largest tell of NaN too.
    if not array.size:
        return True
    return math.isfinite(array.min()) and math.isfinite(array.max())


def reject_many(values, name, most=1_000):
    """Refuse a list of settings that is so long that it is a mistake.

    Such as a range of a billion, which numpy would write out.
    """
    if sparse.issparse(values):  # which has a length that it does not tell
        raise TypeError(f"{name} must be a list of numbers; got a sparse array.")
    n = len(values) if hasattr(values, "__len__") else 0
    if n > most:
        raise ValueError(f"{name} has {n:,} numbers; pass at most {most:,}.")


def check_float32(X, name="X", first=0):
    """Refuse numbers that float32, in which networks compute, does not hold.

    Parameters
    ----------
    X : ndarray or sparse array
        Rows of finite numbers. What is not of float64 passes.

    name : str, default="X"
        What the argument is called in error messages.

    first : int, default=0
        Which row the first of these is.
    """
    stored = X.data if sparse.issparse(X) else X
    if stored.dtype != np.float64 or not stored.size:
        return
    if stored.min() >= -_LARGEST and stored.max() <= _LARGEST:
        return
    entries = X.tocoo() if sparse.issparse(X) else None
    at = np.argmax(np.abs(stored if entries is None else entries.data))
    if entries is None:
        row, value = np.unravel_index(at, X.shape)[0], X.flat[at]
    else:
        row, value = entries.coords[0][at], entries.data[at]
    raise ValueError(
        f"{name}, row {first + row}: {value:g} is beyond what float32 holds, in which "
        "networks compute. Scale such columns first, for example with StandardScaler; "
        "if it stands for what is not known, fill it in."
    )


def reject_masked(values, name):
    """Refuse a masked array that hides values, which numpy would uncover."""
    if not isinstance(values, np.ma.MaskedArray):
        return
    mask = np.ascontiguousarray(np.ma.getmaskarray(values))
    if not mask.size:
        return
    # A record has a mask of its own in each field.
    masked = mask.view(bool).reshape(*np.shape(values), -1).any(axis=-1)
    if masked.any():
        hidden = np.argwhere(masked)[0]
        where = f", row {hidden[0]}" if len(hidden) else ""
        raise ValueError(
            f"{name}{where}: the value is masked. Leave such rows out first, for "
            "example with np.ma.compress_rows."
        )
