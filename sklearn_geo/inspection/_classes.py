# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which rows are of which class, whatever form the labels have."""

import difflib

import numpy as np
from scipy import sparse

from sklearn_geo._labels import first_missing, label_array
from sklearn_geo._numbers import naming, read_numbers
from sklearn_geo._tables import check_sparse, reject_unread


def indicator_of(y, names=None, *, name="y"):
    """Return a 0/1 column a class, and what the classes are called.

    Parameters
    ----------
    y : array-like of shape (n_rows,), or array-like or sparse of shape \
(n_rows, n_labels)
        A class a row, or 0/1 for each label.

    names : sequence of str or None, default=None
        What labels are called; for one class a row, what its sorted classes are called.
        None takes the names of the columns, or the classes.

    name : str, default="y"
        What the argument is called in error messages.

    Returns
    -------
    truth : ndarray of shape (n_rows, n_classes), bool
        Whether a row is of a class.

    names : list of str
        The names.
    """
    reject_unread(y, name)
    columns = getattr(y, "columns", None)
    check_sparse(y, "y")
    with naming(name):
        table = y.toarray() if sparse.issparse(y) else np.asarray(y)
    if table.ndim == 2 and table.shape[1] == 1 and columns is None:
        table = table[:, 0]
    if table.ndim == 1:
        labels = label_array(table)
        row = first_missing(labels)
        if row is not None:
            raise ValueError(
                f"{name}, row {row}: the class is missing ({labels[row]})."
            )
        classes = np.unique(labels)
        truth, found = labels[:, np.newaxis] == classes, classes
    elif table.ndim == 2:
        numbers = read_numbers(table, name)
        wrong = ~np.isin(numbers, (0.0, 1.0))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"{name}, row {row}, column {column}: {numbers[row, column]:g} is "
                "neither 0 nor 1. Pass which labels a row has."
            )
        truth = numbers == 1.0
        found = np.arange(table.shape[1]) if columns is None else columns
    else:
        raise ValueError(
            f"{name} must be a class a row or an indicator of labels; got the shape "
            f"{table.shape}."
        )
    if not len(truth):
        raise ValueError(f"{name} is empty: it has no row.")
    if names is not None and not np.iterable(names):
        raise TypeError(f"The names of classes must be a list of text; got {names!r}.")
    names = [str(one) for one in (found if names is None else names)]
    if len(names) != truth.shape[1]:
        raise ValueError(
            f"There are {len(names)} names ({', '.join(names[:5])}) for the "
            f"{truth.shape[1]} classes of {name}."
        )
    return truth, names


def choose_classes(wanted, names):
    """Return the positions of classes by name; None is all of them."""
    if wanted is None:
        return list(range(len(names)))
    found = []
    for one in [wanted] if isinstance(wanted, str) else wanted:
        if str(one) not in names:
            near = difflib.get_close_matches(str(one), names, n=2)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            raise ValueError(f"There is no class {str(one)!r}.{hint} There are {some}.")
        found.append(names.index(str(one)))
    if not found:
        raise ValueError("No class is left to draw: give the name of one at least.")
    return list(dict.fromkeys(found))


def read_classes(y, names, wanted, *, most):
    """Return which rows are of each of the classes wanted, by name.

    Parameters
    ----------
    y : array-like
        Labels, as in :func:`indicator_of`.

    names : sequence of str or None
        What classes are called.

    wanted : sequence of str or None
        Which of them; None is all that have a row.

    most : int
        How many there may be.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        The rows of each class.
    """
    # One class a row says itself what it is called.
    flat = np.ndim(y) == 1 or getattr(y, "columns", None) is not None
    truth, found = indicator_of(y, None if flat else names)
    classes = {
        found[at]: truth[:, at]
        for at in choose_classes(wanted, found)
        if wanted is not None or truth[:, at].any()
    }
    empty = [name for name, rows in classes.items() if not rows.any()]
    if empty:
        raise ValueError(f"No row of y is of the class {empty[0]!r}.")
    if len(classes) > most:
        raise ValueError(
            f"y has {len(classes)} classes, and at most {most} can be told apart. Name "
            "those to draw."
        )
    return classes
