# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Labels of rows: users, albums, cells and regions, read without changing any."""

from collections.abc import Sized
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import _num_samples

from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import reject_masked


def label_array(values, name="labels"):
    """Read labels into an array in which different labels stay different.

    `numpy.asarray` alone makes text of a missing label among text, and floats of a list
    of ids with some beyond 2**63, of which neighbouring cells then share one.

    Parameters
    ----------
    values : array-like
        Text, numbers of any kind, or anything else that can be sorted.

    name : str, default="labels"
        What the argument is called in the error message about labels that are masked.

    Returns
    -------
    ndarray
        Of text, bool, int64, uint64 or float64 where one of them holds all the labels
        exactly; otherwise of objects. What is an array of numbers stays as it is.
    """
    reject_masked(values, name)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # such as tensors
        raise ValueError(
            f"Labels must be one a row: text, a number or a date. {error}"
        ) from None
    # Of the type: polars warns when a lazy frame is asked for its columns.
    if hasattr(values, "dtype") or hasattr(type(values), "columns"):
        if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
            array = np.asarray(values, dtype=object)  # polars makes text of numpy
        if array.dtype.kind not in "OT":
            return array
    elif array.size and array.dtype.kind in "fcUSO":
        array = np.asarray(values, dtype=object)
    if array.dtype.kind == "T" and first_missing(array) is None:
        # By way of objects: numpy does not know how wide they have to be.
        array = array.astype(object)
        return _narrow(array) if array.size else array.astype(np.str_)
    return _narrow(array) if array.dtype.kind == "O" and array.size else array


def class_array(y):
    """Read one class a row as `label_array` does; anything else stays as it is.

    Parameters
    ----------
    y : array-like of shape (n_rows,), or anything else
        Classes.

    Returns
    -------
    ndarray, or what was given
        scikit-learn makes floats of lists, and of columns of pandas, whose integers
        floats do not hold: different classes would be one.
    """
    reject_masked(y, "y")
    exact = isinstance(y, np.ndarray) and y.dtype.kind != "O"
    if exact or getattr(y, "ndim", 1) != 1 or not isinstance(y, Sized):
        return y
    try:
        classes = label_array(y)
    except ValueError:
        return y
    if classes.ndim != 1:
        return y
    # Nor does numpy tell texts apart of which one ends with a zero.
    exact = classes.dtype.kind in "iu" or (
        classes.dtype == object and all(isinstance(label, str) for label in classes)
    )
    return classes if exact else y


def _narrow(array):
    """Give objects the plainest type that holds them all exactly."""
    flat = array.ravel().tolist()
    types = set(map(type, flat))

    def all_are(kind):
        return all(issubclass(one, kind) for one in types)

    if all_are(str):
        # Numpy's text ends before the zeros at its end.
        ends = any(text.endswith("\0") for text in flat)
        return array if ends else array.astype(np.str_)
    if all_are((bool, np.bool_)):
        return array.astype(bool)
    if all_are(Integral):
        least, most = min(flat), max(flat)
        for dtype in (np.int64, np.uint64):
            if np.iinfo(dtype).min <= least and most <= np.iinfo(dtype).max:
                return array.astype(dtype)
        return array
    if all_are(Real):
        try:
            floats = array.astype(np.float64)
        except OverflowError:
            return array
        # A number that is not equal to itself is missing, and is so as a float too.
        exact = all(
            a == b or a != a for a, b in zip(flat, floats.ravel().tolist(), strict=True)
        )
        return floats if exact else array
    return array


def is_number(labels):
    """Tell an array of numbers, of whatever dtype, from one of text or others."""
    if labels.dtype.kind == "O":
        return all(issubclass(kind, Real) for kind in set(map(type, labels.tolist())))
    return labels.dtype.kind in "biuf"


def first_missing(labels):
    """Return the first row whose label is missing (None, NaN, NaT, NA), or None."""
    kind = labels.dtype.kind
    if kind in "fc":
        missing = np.isnan(labels)
    elif kind in "mM":
        missing = np.isnat(labels)
    elif kind in "OT":
        missing = np.array([is_missing(label) for label in labels], dtype=bool)
    else:
        return None
    return int(np.argmax(missing)) if missing.any() else None


def reject_infinite(groups, name):
    """Refuse floats that overflowed: users of different numbers would be one."""
    if groups.dtype.kind not in "fc" or not np.isinf(groups).any():
        return
    row = int(np.argmax(np.isinf(groups)))
    raise ValueError(
        f"{name}, row {row}: the group is infinite ({groups[row]}). Numbers have "
        "overflowed: make them whole numbers or text."
    )


def number_labels(labels, *, name):
    """Sort out labels: which there are, and which of them every row has.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        What `label_array` returned.

    name : str
        What the argument is called in error messages.

    Returns
    -------
    values : ndarray of shape (n_values,)
        The different labels, sorted.

    codes : ndarray of shape (n_rows,), int64
        ``values[codes]`` are the labels.
    """
    try:
        with np.errstate(over="ignore"):  # narrow floats among large integers
            values, codes = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError, OverflowError):
        kinds = sorted({type(label).__name__ for label in labels})
        raise TypeError(
            f"{name} mixes values that cannot be sorted ({', '.join(kinds)}). Make all "
            "of them text or all of them numbers."
        ) from None
    if values.dtype.kind == "O":
        tables = (type(one).__name__ for one in values if getattr(one, "shape", ()))
        table = next(tables, None)
        if table is not None:  # arrays of one element can be sorted
            raise TypeError(
                f"{name} holds arrays ({table}), not labels. Make each of them text or "
                "a number."
            )
    return values, codes.astype(np.int64, copy=False).reshape(-1)


def positions(labels, values):
    """Return where labels stand among sorted values, -1 for those not among them.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        What `label_array` returned.

    values : ndarray of shape (n_values,)
        Different labels, sorted; numbers if the labels are numbers.

    Returns
    -------
    ndarray of shape (n_rows,), int64
        Positions; integers of all kinds, and floats, are compared exactly.
    """
    kinds = labels.dtype, values.dtype
    wide = any(kind.kind in "iu" and kind.itemsize == 8 for kind in kinds)
    if wide and np.result_type(*kinds).kind == "f":
        # Numpy would compare floats, of which neighbouring integers share one.
        labels, values = labels.astype(object), values.astype(object)
    at = np.minimum(np.searchsorted(values, labels), len(values) - 1)
    return np.where(values[at] == labels, at, -1)


def check_groups(groups, n_rows, *, name="groups"):
    """Validate one group a row and number the groups.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Users or albums: text, numbers or dates.

    n_rows : int
        How many rows there are.

    name : str, default="groups"
        What the argument is called in error messages.

    Returns
    -------
    values : ndarray of shape (n_groups,)
        The different groups, sorted.

    codes : ndarray of shape (n_rows,), int64
        ``values[codes]`` are the groups.
    """
    groups = label_array(groups, name)
    if groups.shape != (n_rows,):
        raise ValueError(
            f"{name} must name the user or album of each of the {n_rows} rows, in an "
            f"array of shape ({n_rows},); got shape {groups.shape}."
        )
    row = first_missing(groups)
    if row is not None:
        raise ValueError(
            f"{name}, row {row}: the group is missing ({groups[row]}). Leave out rows "
            "of unknown users, or give each a group of its own."
        )
    reject_infinite(groups, name)
    return number_labels(groups, name=name)


def check_rows(n_rows, values, name, of="X"):
    """Refuse values of another length, naming them.

    Parameters
    ----------
    n_rows : int
        How many rows there are.

    values : array-like
        What has to hold one value a row.

    name, of : str
        What the values, and what the rows, are called.
    """
    n_values = _num_samples(values)
    if n_values != n_rows:
        raise ValueError(
            f"{name} has {n_values} rows, but {of} has {n_rows}. Give one for each, in "
            "the same order."
        )


def shape_of(values):
    """Return the shape, and that of the array of what does not know its own.

    Parameters
    ----------
    values : array-like
        Such as a frame of dask, whose number of rows is an expression.

    Returns
    -------
    tuple of int
        The shape.
    """
    shape = np.shape(values) if not hasattr(values, "shape") else values.shape
    known = all(isinstance(size, (int, np.integer)) for size in shape)
    return tuple(shape) if known else np.asarray(values).shape
