# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which rows are of which class, whatever form the labels have."""

import difflib

import numpy as np
from scipy import sparse

from sklearn_geo._labels import first_missing, label_array, number_labels
from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse, reject_unread
from sklearn_geo.inspection._words import read_names

# What a list of one class a row holds.
_PLAIN = (str, int, float, np.generic)
# A sparse indicator of more labels than these is laid out by nobody.
_MOST_COLUMNS = 2**20


def _read(y, names, name):
    """Return the class of every row, or None and the table if it has a column a label.

    A single column is one label if it is called by a name of its own, of the columns or
    the only one of `names`, and holds 0 and 1 alone; otherwise it is a class a row.
    """
    reject_unread(y, name)
    reject_masked(y, name)
    check_sparse(y, name)
    if sparse.issparse(y) and y.shape[-1] > _MOST_COLUMNS:
        raise ValueError(
            f"{name} has {y.shape[-1]:,} columns, a label each, and {_MOST_COLUMNS:,} "
            "are the most that is looked at. Pass the columns of the classes to draw."
        )
    labels = _read_flat(y, name)
    if labels is None:
        with naming(name):
            table = y.toarray() if sparse.issparse(y) else np.asarray(y)
        if table.ndim == 2 and table.shape[1] == 1:
            named = hasattr(y, "columns") or (names is not None and np.size(names) == 1)
            if named and _is_indicator(table):
                return None, table
            labels = label_array(table[:, 0], name)
        elif table.ndim == 1:
            labels = label_array(table if sparse.issparse(y) else y, name)
        else:
            return None, table
    row = first_missing(labels)
    if row is not None:
        raise ValueError(f"{name}, row {row}: the class is missing ({labels[row]}).")
    return labels, None


def _read_flat(y, name):
    """Return the classes of a plain list, which is not read twice; None of all else."""
    if not isinstance(y, list) or not y or not isinstance(y[0], _PLAIN):
        return None
    try:
        return label_array(y, name)
    except ValueError:  # rows of unequal length, which are named where they are read
        return None


def _is_indicator(table):
    try:
        return bool(np.isin(read_numbers(table, "y"), (0.0, 1.0)).all())
    except TypeError:
        return False


def classes_and_indicator(y, names=None, *, name="y"):
    """Return the classes of rows, a 0/1 column for each, and what they are called.

    Parameters
    ----------
    y : array-like of shape (n_rows,), or array-like or sparse of shape \
(n_rows, n_labels)
        A class a row, or 0/1 for each label. A single column is one label if it is
        called by a name of its own and holds 0 and 1 alone; otherwise a class a row.

    names : sequence of str or None, default=None
        What labels are called; for one class a row, what its sorted classes are called.
        None takes the names of the columns, or the classes.

    name : str, default="y"
        What the argument is called in error messages.

    Returns
    -------
    classes : ndarray of shape (n_classes,) or None
        The classes, sorted; None if y has a column a label.

    truth : ndarray of shape (n_rows, n_classes), bool
        Whether a row is of a class.

    names : list of str
        The names.
    """
    classes, truth, found = _classes_and_truth(y, names, name)
    return classes, truth, _read_names(names, found, name)


def indicator_of(y, names=None, *, name="y"):
    """Return a 0/1 column a class, and what the classes are called.

    Parameters
    ----------
    y, names, name : as there
        As in :func:`classes_and_indicator`.

    Returns
    -------
    truth : ndarray of shape (n_rows, n_classes), bool
        Whether a row is of a class.

    names : list of str
        The names.
    """
    return classes_and_indicator(y, names, name=name)[1:]


def _classes_and_truth(y, names, name):
    """Return the classes or None, who is of each, and what they are called by y."""
    labels, table = _read(y, names, name)
    if labels is None:
        classes, truth = None, _read_indicator(table, name)
        found = getattr(y, "columns", range(truth.shape[1]))
    else:
        classes, codes = number_labels(labels, name=name)
        truth = codes[:, np.newaxis] == np.arange(len(classes))
        found = classes
    if not len(truth):
        raise ValueError(f"{name} is empty: it has no row.")
    return classes, truth, found


def _read_names(names, found, name):
    """Return names of classes as text: those given, or those found."""
    names = read_names(found if names is None else names, "class_names")
    if len(names) != len(found):
        raise ValueError(
            f"There are {len(names)} names ({', '.join(names[:5])}) for the "
            f"{len(found)} classes of {name}."
        )
    return names


def _read_indicator(table, name):
    """Return which labels rows have, of a table of zeros and ones."""
    if table.ndim != 2:
        raise ValueError(
            f"{name} must be a class a row or an indicator of labels; got the shape "
            f"{table.shape}."
        )
    numbers = read_numbers(table, name)
    truth = numbers == 1.0
    wrong = ~truth & (numbers != 0.0)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name}, row {row}, column {column}: {numbers[row, column]:g} is neither "
            "0 nor 1. Pass which labels a row has."
        )
    return truth


def choose_classes(wanted, names):
    """Return the positions of classes by name; None is all of them."""
    if wanted is None:
        return list(range(len(names)))
    found = []
    wanted = [wanted] if isinstance(wanted, str) else read_names(wanted, "classes")
    for one in wanted:
        if one not in names:
            near = difflib.get_close_matches(one, names, n=2)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            raise ValueError(f"There is no class {one!r}.{hint} There are {some}.")
        found.append(names.index(one))
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
    # A class a row says itself what it is called, and so do the columns of a frame.
    kinds, truth, found = _classes_and_truth(y, names, "y")
    known = kinds is not None or hasattr(y, "columns")
    found = _read_names(None if known else names, found, "y")
    classes = {
        found[at]: truth[:, at]
        for at in choose_classes(wanted, found)
        if wanted is not None or truth[:, at].any()
    }
    empty = [name for name, rows in classes.items() if not rows.any()]
    if empty:
        raise ValueError(f"No row of y is of the class {empty[0]!r}.")
    if not classes:
        raise ValueError("No row of y is of any class. Leave y out.")
    if len(classes) > most:
        raise ValueError(
            f"y has {len(classes)} classes, and at most {most} can be told apart. Name "
            "those to draw."
        )
    return classes
