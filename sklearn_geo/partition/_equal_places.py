# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equal places as one, in an order that does not depend on that of the rows."""

import numpy as np


def merge_equal(places, weights):
    """Count equal places as one.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Validated places.

    weights : ndarray of shape (n_places,) or None
        Their weights; None counts each once.

    Returns
    -------
    distinct : ndarray of shape (n_distinct, 2)
        The places from south to north, and from west to east. A pole has longitude 0.

    masses : ndarray of shape (n_distinct,)
        Sums of weights.

    row : ndarray of shape (n_places,)
        Which of them each place is.
    """
    # Complex numbers sort by two keys at once. Adding 0.0 turns a negative zero into
    # a plain one.
    keys = np.empty(len(places), dtype=np.complex128)
    keys.real = places[:, 0] + 0.0
    keys.imag = np.where(np.abs(places[:, 0]) == 90.0, 0.0, places[:, 1] + 0.0)
    keys, row = np.unique(keys, return_inverse=True)
    if weights is None:
        masses = np.bincount(row).astype(np.float64)
    else:
        # Sums of equal places in one order, whatever the order of rows.
        order = np.lexsort((weights, row))
        masses = np.bincount(row[order], weights=weights[order])
    return np.column_stack([keys.real, keys.imag]), masses, row
