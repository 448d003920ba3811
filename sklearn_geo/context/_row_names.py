# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What rows are called in errors of whoever was only given some of them."""

import re
from contextlib import contextmanager

__all__ = ["rows_named"]

_PLACE = re.compile(r"(\w+), row (\d+)(?:, column (\d+))?")


@contextmanager
def rows_named(rows, columns=None, *, name=None):
    """Let errors name rows as those know them who passed all of them.

    Parameters
    ----------
    rows : ndarray of int or None
        For each row that was handed on its number in the whole table; None is all.

    columns : ndarray of int or None, default=None
        The same of columns.

    name : str or None, default=None
        What they call the table; None is what it is called already.

    Examples
    --------
    >>> from sklearn_geo.context._row_names import rows_named
    >>> with rows_named([3, 8], name="corpus"):
    ...     raise ValueError("X, row 1: it is too long.")
    Traceback (most recent call last):
        ...
    ValueError: corpus, row 8: it is too long.
    """
    try:
        yield
    except ValueError as error:
        words = str(error)
        found = _PLACE.match(words)
        if not found:
            raise
        called, *numbers = found.groups()
        where = called if name is None else name
        for what, number, known in zip(
            ("row", "column"), numbers, (rows, columns), strict=True
        ):
            if number is not None:
                where += f", {what} {number if known is None else known[int(number)]}"
        raise ValueError(where + words[found.end() :]) from error
