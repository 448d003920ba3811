# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names of columns, in the order of the columns."""

from collections.abc import KeysView, Mapping, Sequence, Set

from sklearn_geo._numbers import is_whole

__all__ = ["names_in_order", "reject_frame"]


def names_in_order(names, name):
    """Return names of columns as a list, or say that they have no order, or another.

    Parameters
    ----------
    names : iterable
        One name a column. A mapping of names to the numbers of columns, such as a
        `vocabulary_`, has to be in the order of these numbers.

    name : str
        What the argument is called in error messages.

    Returns
    -------
    list
        What was given.
    """
    if isinstance(names, (str, bytes)):
        raise TypeError(f"{name} is one name, {names!r:.60}. Pass a list of names.")
    # Keys of a mapping have its order, and some sets one of their own.
    if isinstance(names, Set) and not isinstance(names, (KeysView, Sequence)):
        raise ValueError(f"{name} is a set, which has no order. Pass a list.")
    reject_frame(names, name)
    if isinstance(names, Mapping):
        numbers = list(names.values())
        if numbers != list(range(len(numbers))):
            remedy = f"list({name}) or list({name}.values())"
            if all(map(is_whole, numbers)):
                remedy = f"sorted({name}, key={name}.get)"
            raise ValueError(
                f"{name} is a mapping, of which the values are not the numbers 0, 1, 2 "
                f"and so on in this order. Pass a list, for example {remedy}."
            )
    return list(names)


def reject_frame(values, name):
    """Refuse a frame, or an array of rows, where one column is meant."""
    if hasattr(type(values), "columns"):
        raise TypeError(
            f"{name} is a frame, which is the names of its columns. Pass one of them, "
            "or a list."
        )
    if getattr(values, "ndim", 1) != 1:
        raise ValueError(
            f"{name} has the shape {values.shape}, and a list has one dimension. Pass "
            "one of its columns."
        )
