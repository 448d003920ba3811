# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Plain numbers out of whatever holds them, and words for what does not."""

import numpy as np


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
        # A wider float may be beyond float64.
        with np.errstate(over="ignore"):
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise TypeError(
            f"{name} must hold numbers; got {values!r:.60}. Convert text first, for "
            "example with np.asarray(values, dtype=float)."
        ) from error


def reject_masked(values, name):
    """Refuse a masked array that hides values, which numpy would uncover."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        hidden = np.argwhere(np.ma.getmaskarray(values))[0]
        where = f", row {hidden[0]}" if len(hidden) else ""
        raise ValueError(
            f"{name}{where}: the value is masked. Leave such rows out first, for "
            "example with np.ma.compress_rows."
        )
