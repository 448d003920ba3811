# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which values of a column stand for nothing."""

from decimal import Decimal

import numpy as np

__all__ = ["is_blank", "is_missing"]

# What may be unequal to itself; other things are not asked, as whatever lies in a
# column of objects may answer with an array, or raise.
_NUMBERS = (float, complex, np.number, np.datetime64, np.timedelta64)


def is_missing(value):
    """Say whether a value stands for nothing: None, NaN, NaT, and NA of pandas.

    Parameters
    ----------
    value : object
        One value of a column, of any type.

    Returns
    -------
    bool
        Empty text, and lists and tables of whatever, are something.
    """
    # By name: pandas.NA is neither equal to itself nor not, and pandas is not imported.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):  # one that signals does not even compare
        return value.is_nan()
    return isinstance(value, _NUMBERS) and bool(value != value)


def is_blank(value):
    """Say whether a value stands for nothing, empty text among it."""
    return is_missing(value) or (isinstance(value, str) and not value)
