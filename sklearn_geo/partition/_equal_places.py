# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equal places as one, in an order that does not depend on that of the rows."""

import numpy as np

# Rows a degree of the grid of places that count as the same: 1.1 metres each.
_ROWS = 1e5


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
    keys = np.empty(len(places), dtype=np.complex128)
    # Adding 0.0 turns a negative zero into a plain one.
    keys.real = places[:, 0] + 0.0
    keys.imag = np.where(np.abs(places[:, 0]) == 90.0, 0.0, places[:, 1] + 0.0)
    keys, masses, row = _merge(keys, weights)
    return np.column_stack([keys.real, keys.imag]), masses, row


def merge_near(places, weights):
    """Count places within about a metre as one.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Validated places.

    weights : ndarray of shape (n_places,) or None
        Their weights; None counts each once.

    Returns
    -------
    merged : ndarray of shape (n_merged, 2)
        Places of a grid whose points are 1.1 metres apart or more, from south to north,
        and from west to east.

    masses : ndarray of shape (n_merged,)
        Sums of weights.
    """
    rows = np.rint(places[:, 0] * _ROWS)
    n_columns = _columns_of_grid(rows)
    columns = np.rint((places[:, 1] + 180.0) * n_columns / 360.0) % n_columns
    keys = np.empty(len(places), dtype=np.complex128)
    keys.real, keys.imag = rows + 0.0, columns
    keys, masses, _ = _merge(keys, weights)
    longitude = keys.imag * 360.0 / _columns_of_grid(keys.real) - 180.0
    return np.column_stack([keys.real / _ROWS, longitude]), masses


def _columns_of_grid(rows):
    """Return how many points a row of the grid has: as many as keep their distance."""
    around = np.cos(np.radians(rows / _ROWS))
    return np.maximum(np.floor(around * 360.0 * _ROWS), 1.0)


def _merge(keys, weights):
    """Count equal keys: complex numbers, which sort by two numbers at once."""
    keys, row = np.unique(keys, return_inverse=True)
    if weights is None:
        return keys, np.bincount(row).astype(np.float64), row
    # Sums of equal places in one order, whatever the order of rows.
    order = np.lexsort((weights, row))
    return keys, np.bincount(row[order], weights=weights[order]), row
