# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The best k of many scores, best first, with a stated order of ties."""

import numpy as np

__all__ = ["top_k"]


def top_k(scores, k):
    """Return positions of the highest scores of every row, best first.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Scores; -inf is never listed.

    k : int
        Length of the lists. Where there are fewer columns with a score, a list ends
        with -1.

    Returns
    -------
    positions : ndarray of int64 of shape (n_rows, k)
        Columns. Of equal scores the first column comes first.

    best : ndarray of shape (n_rows, k)
        Their scores, -inf where a list has ended.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.ranking._top_k import top_k
    >>> positions, best = top_k(np.array([[1.0, 3.0, 3.0], [-np.inf, 0.0, -np.inf]]), 2)
    >>> positions
    array([[ 1,  2],
           [ 1, -1]])
    """
    n_rows, n_columns = scores.shape
    n_listed = min(k, n_columns)
    positions = np.full((n_rows, k), -1, dtype=np.int64)
    best = np.full((n_rows, k), -np.inf, dtype=scores.dtype)
    for row in range(n_rows):
        found = _first_of(scores[row], n_listed)
        positions[row, : len(found)] = found
        best[row, : len(found)] = scores[row, found]
    return positions, best


def _first_of(scores, k):
    """Return the columns of the k highest scores of one row, in order."""
    if not k:
        return np.empty(0, dtype=np.int64)
    if k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= least)
    else:
        chosen = np.arange(len(scores))
    order = np.argsort(-scores[chosen], kind="stable")[:k]
    chosen = chosen[order]
    return chosen[scores[chosen] > -np.inf]
