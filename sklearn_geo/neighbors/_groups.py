# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Groups of rows (users, albums) as numbers."""

from sklearn_geo._labels import (
    check_rows,
    first_missing,
    label_array,
    number_labels,
    positions,
    reject_infinite,
)


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
    return number_labels(groups, name="groups")


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
    return positions(groups, values)


def _as_column(groups, places):
    if getattr(groups, "ndim", 1) != 1:
        shape = getattr(groups, "shape", type(groups).__name__)
        raise ValueError(
            f"groups must have one dimension; got the shape {shape}. Pass one user or "
            "album a row."
        )
    try:
        groups = label_array(groups)
    except ValueError as error:
        raise ValueError(f"groups must be one a row: {error}") from None
    if groups.ndim == 2 and groups.shape[1] == 1:  # a list of lists
        groups = groups[:, 0]
    if groups.ndim != 1:
        raise ValueError(f"groups must be one a row; got the shape {groups.shape}.")
    check_rows(len(places), groups, "groups")
    row = first_missing(groups)
    if row is not None:
        raise ValueError(
            f"groups, row {row}: the group is missing. Give rows of unknown users "
            "groups of their own."
        )
    if groups.dtype.kind == "O" and any(isinstance(value, str) for value in groups):
        raise TypeError("groups mixes text and numbers. Convert all to text.")
    reject_infinite(groups, "groups")
    if groups.dtype.kind not in "biufU":
        raise TypeError(
            f"groups has dtype {groups.dtype}. Name groups by text or numbers."
        )
    return groups
