# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Texts of files as arrays, in which all are as wide as the widest."""

import numpy as np

__all__ = ["text_array"]

# How much wider than the texts themselves an array may be, and what is never too much.
_TIMES, _SPARE = 64, 1 << 20


def text_array(values):
    """Return texts that come from a file as an array of str.

    Each takes as much memory as the longest. So one long text among many short ones
    takes more than any machine has, and is refused.

    Parameters
    ----------
    values : list of str
        The texts.

    Returns
    -------
    ndarray of str
        The array.

    Raises
    ------
    ValueError
        If one is too long to be among the others.

    Examples
    --------
    >>> from sklearn_geo._text_arrays import text_array
    >>> text_array(["sea", "lake"])
    array(['sea', 'lake'], dtype='<U4')
    """
    widths = [len(value) for value in values]
    widest = max(widths, default=0)
    if widest * len(widths) > _TIMES * sum(widths) + _SPARE:
        longest = values[widths.index(widest)]
        raise ValueError(
            f"the text {longest[:40]!r}... has {widest:,} letters, and there are "
            f"{len(widths):,} texts, most of them short"
        )
    return np.array(values, dtype=str)
