# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows held out at random, to watch a training on."""

import numpy as np

__all__ = ["hold_out", "split_rows"]

# Who calls knows what holds rows out; here it may be any of these.
_REMEDY = (
    "Lower it, pass more, or turn off all that holds rows out (early_stopping; "
    "calibrate, where there is that)."
)


def hold_out(data, fraction, seed):
    """Split rows at random.

    Parameters
    ----------
    data : RowData
        The rows.

    fraction : float
        Share of the second part.

    seed : int
        Decides which rows.

    Returns
    -------
    train, valid : RowData
        Views, their rows ascending. Rows of weight 0 are in neither, as if they were
        not there: the others weigh one in the mean.

    See Also
    --------
    split_rows : Positions of the two parts.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import RowData, hold_out
    >>> train, valid = hold_out(RowData(np.eye(10)), 0.2, seed=0)
    >>> len(train), len(valid)
    (8, 2)
    """
    data = _with_weight(data)
    train, valid = split_rows(len(data), fraction, seed)
    return data.subset(train), data.subset(valid)


def _with_weight(data):
    """Return the rows that weigh anything, one in the mean."""
    weights = data.weights()
    if weights is None or weights.all():
        return data
    part = data.subset(np.flatnonzero(weights))
    if len(part):
        mean = weights.sum(dtype=np.float64) / len(part)
        part.sample_weight = (data.sample_weight / mean).astype(np.float32)
    return part


def split_rows(n_rows, fraction, seed, *, of="rows", remedy=_REMEDY):
    """Split the numbers of rows at random, as :func:`hold_out` does.

    Parameters
    ----------
    n_rows : int
        How many rows there are.

    fraction : float
        Share of the second part.

    seed : int
        Decides which rows.

    of : str, default="rows"
        What is split, for the error if nothing is left to learn from.

    remedy : str
        What that error says can be done.

    Returns
    -------
    train, valid : ndarray of int
        Numbers of rows, ascending.

    See Also
    --------
    hold_out : The same of :class:`RowData`.

    Examples
    --------
    >>> from sklearn_geo.nets import split_rows
    >>> train, valid = split_rows(10, 0.2, seed=0)
    >>> len(train), len(valid)
    (8, 2)
    """
    n_valid = max(1, round(float(fraction) * n_rows))
    if n_valid >= n_rows:
        raise ValueError(
            f"validation_fraction={fraction} of {n_rows} {of} leaves none to learn "
            f"from. {remedy}"
        )
    order = np.random.default_rng([seed, 0x5EED]).permutation(n_rows)
    return np.sort(order[n_valid:]), np.sort(order[:n_valid])
