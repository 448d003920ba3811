# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The course of a training as a plain table."""

import numpy as np

__all__ = ["history_columns", "history_table", "read_history"]

_COLUMNS = (
    ("epoch", np.int64),
    ("train_loss", np.float64),
    ("valid_loss", np.float64),
    ("learning_rate", np.float64),
    ("n_rows", np.int64),
    ("seconds", np.float64),
    ("best", bool),
)


def history_table(history):
    """Return a structured array with a row an epoch.

    Parameters
    ----------
    history : iterable of mapping
        What was recorded, as the `history` of a net holds it.

    Returns
    -------
    ndarray of shape (n_epochs,)
        With the fields "epoch" (from 1), "train_loss", "valid_loss" (NaN if nothing was
        held out), "learning_rate", "n_rows", "seconds" and "best" (whether the watched
        loss was the lowest of its training until then). `pandas.DataFrame` takes it as
        it is.

    See Also
    --------
    EstimatorNet : Has the history.

    Examples
    --------
    >>> from sklearn_geo.nets import history_table
    >>> table = history_table([{"epoch": 1, "train_loss": 0.5, "learning_rate": 0.1}])
    >>> table["train_loss"]
    array([0.5])
    """
    missing = {"valid_loss": np.nan, "seconds": np.nan, "learning_rate": np.nan}
    rows = [
        tuple(row.get(name, missing.get(name, 0)) for name, _ in _COLUMNS)
        for row in history
    ]
    return np.array(rows, dtype=list(_COLUMNS))


def history_columns(table):
    """Return the course of a training as the arrays that a store takes.

    Parameters
    ----------
    table : ndarray of shape (n_epochs,)
        What :func:`history_table` has made.

    Returns
    -------
    dict of str to ndarray
        The columns, named "history_epoch" and so on.
    """
    return {f"history_{name}": table[name].copy() for name, _ in _COLUMNS}


def read_history(arrays):
    """Return the records of a course that :func:`history_columns` has put in arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Of a store: these, and others.

    Returns
    -------
    list of dict
        What the `history` of a net holds.
    """
    columns = {name: arrays[f"history_{name}"] for name, _ in _COLUMNS}
    fine = [
        columns[name].ndim == 1 and columns[name].dtype == kind
        for name, kind in _COLUMNS
    ]
    if not all(fine) or len({len(column) for column in columns.values()}) > 1:
        raise ValueError("the history is no table")
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]
