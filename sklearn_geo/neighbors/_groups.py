# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Groups of rows (users, albums) as numbers."""

import numpy as np
from sklearn.utils.validation import column_or_1d

from sklearn_geo._labels import check_rows, first_missing, reject_infinite
from sklearn_geo._numbers import naming


def check_groups(groups, places):
    """Validate one group a row and number the groups.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Names or numbers of users or albums.

    places : array-like of shape (n_rows, ...)
        What the groups are of.

    Returns
    -------
    values : ndarray of shape (n_groups,)
        The different groups, sorted.

    codes : ndarray of shape (n_rows,), int64
        ``values[codes]`` are the groups.
    """
    groups = _as_column(groups, places)
    values, codes = np.unique(groups, return_inverse=True)
    return values, codes.astype(np.int64, copy=False).reshape(-1)


def group_codes(groups, places, values):
    """Return the positions of groups among known `values`, -1 for those not known."""
    groups = _as_column(groups, places)
    if (groups.dtype.kind == "U") != (values.dtype.kind == "U"):
        kind = {True: "text", False: "numbers"}
        raise TypeError(
            f"groups are {kind[groups.dtype.kind == 'U']} here, but were "
            f"{kind[values.dtype.kind == 'U']} before, so none would be the same. "
            "Convert one of the two."
        )
    at = np.minimum(np.searchsorted(values, groups), len(values) - 1)
    return np.where(values[at] == groups, at, -1)


def _as_column(groups, places):
    if getattr(groups, "ndim", 1) != 1:
        shape = getattr(groups, "shape", type(groups).__name__)
        raise ValueError(
            f"groups must have one dimension; got the shape {shape}. Pass one user or "
            "album a row."
        )
    try:
        with naming("groups"):
            groups = column_or_1d(groups)
    except ValueError as error:
        raise ValueError(f"groups must be one a row: {error}") from None
    check_rows(len(places), groups, "groups")
    if groups.dtype.kind in "OT":
        text = [isinstance(value, str) for value in groups]
        row = first_missing(groups)
        if row is not None:
            _refuse_missing(row)
        if all(text):
            # By way of objects: text of any length says not how wide it is.
            groups = groups.astype(object).astype(np.str_)
        elif any(text):
            raise TypeError("groups mixes text and numbers. Convert all to text.")
        else:
            groups = np.asarray(groups.tolist())
    if groups.dtype.kind == "f" and np.isnan(groups).any():
        _refuse_missing(int(np.argmax(np.isnan(groups))))
    reject_infinite(groups, "groups")
    if groups.dtype.kind not in "biufU":
        raise TypeError(
            f"groups has dtype {groups.dtype}. Name groups by text or numbers."
        )
    return groups


def _refuse_missing(row):
    raise ValueError(
        f"groups, row {row}: the group is missing. Give rows of unknown users groups "
        "of their own."
    )
