# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The cells of many rows around which most of their probability lies."""

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geometry import chord_to_km, km_to_chord

__all__ = ["modes"]

# Masses that are no further apart are equal.
_TIE = 1e-12
# Rows at a time whose pairs of cells, and numbers of rows times all cells, that fit the
# cache; and candidates at a time.
_PAIR_ROWS, _TABLE_SIZE, _CANDIDATES = 2, 2**17, 64
# Bytes that a pair of the table takes while it is made.
_PAIR_BYTES = 128


def modes(proba, cells, vectors, point_km):
    """Return the places around which most probability lies.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_weighed)
        Probabilities of the cells, the largest first.

    cells : ndarray of shape (n_rows, n_weighed)
        Which cells these are; none is in a row twice.

    vectors : ndarray of shape (n_cells, 3)
        Where each cell is.

    point_km : float
        How far around is near.

    Returns
    -------
    ndarray of shape (n_rows, 3)
        Of equals, the cell that is nearest to what lies around it; then the likelier.
    """
    n_weighed, memory = proba.shape[1], get_config()["working_memory"] * 2**20
    # A micrometre for the rounding of chords.
    limit = km_to_chord(point_km + 1e-9) ** 2 * (1.0 + 1e-15)
    table = _near_cells(vectors, limit, proba.shape, memory)
    if table is None:
        most, row_bytes = _PAIR_ROWS, 64 * n_weighed**2
    else:
        most = max(1, _TABLE_SIZE // len(vectors))
        row_bytes = 8 * (2 * len(vectors) + 8 * n_weighed)
    chosen = np.empty(len(proba), dtype=np.intp)
    for rows in gen_batches(len(proba), max(1, min(int(memory // row_bytes), most))):
        p, own = proba[rows].astype(np.float64), cells[rows]
        p /= p.sum(axis=1, keepdims=True)
        if table is None:
            mass = _mass_by_pairs(p, vectors[own], limit)
        else:
            mass = _mass_by_table(p, own, table)
        best = _best_columns(p, vectors[own], mass, limit, memory)
        chosen[rows] = own[np.arange(len(own)), best]
    return vectors[chosen]


def _near_cells(vectors, limit, shape, memory):
    """Return which cells are near to which, None where looking at rows is cheaper."""
    n_rows, n_weighed = shape
    if n_rows * n_weighed < len(vectors):
        return None
    tree = cKDTree(vectors)
    # The tree rounds in its own way: what is near is told below.
    radius = np.sqrt(limit) * (1.0 + 1e-9) + 1e-12
    n_near = tree.count_neighbors(tree, radius)
    if n_near > min(4 * n_weighed**2, memory // _PAIR_BYTES):
        return None
    a, b = tree.query_pairs(radius, output_type="ndarray").T
    near = _square_chords(vectors[a], vectors[b]) <= limit
    a, b, own = a[near], b[near], np.arange(len(vectors))
    at = (np.concatenate([a, b, own]), np.concatenate([b, a, own]))
    return sparse.csr_array((np.ones(len(at[0])), at), shape=(len(own), len(own)))


def _mass_by_table(p, cells, table):
    """Return what lies around the cells of each row, but for rounding."""
    rows = np.arange(len(p))[:, np.newaxis]
    full = np.zeros((table.shape[0], len(p)))
    full[cells, rows] = p
    return (table @ full)[cells, rows]


def _mass_by_pairs(p, where, limit):
    near = _square_chords(where[:, :, np.newaxis], where[:, np.newaxis]) <= limit
    return np.where(near, p[:, np.newaxis], 0.0).sum(axis=2)


def _best_columns(p, where, mass, limit, memory):
    """Return which cell of each row is the best, given masses but for rounding."""
    # A cell that cannot be is no answer, whatever lies around it.
    mass[p == 0.0] = -1.0
    row, column = np.nonzero(mass >= mass.max(axis=1, keepdims=True) - 2.0 * _TIE)
    best = np.zeros(len(p), dtype=np.intp)
    best[row] = column
    several = np.bincount(row, minlength=len(p))[row] > 1
    if not several.any():
        return best
    row, column = row[several], column[several]
    mass, spread = np.empty(len(row)), np.empty(len(row))
    size = max(1, min(int(memory // (80 * p.shape[1])), _CANDIDATES))
    for part in gen_batches(len(row), size):
        at = row[part]
        mass[part], spread[part] = _around(p[at], where[at], column[part], limit)
    most = np.full(len(p), -np.inf)
    np.maximum.at(most, row, mass)
    tied = mass >= most[row] - _TIE
    spreads = np.full(p.shape, np.inf)
    spreads[row[tied], column[tied]] = spread[tied]
    best[row] = spreads[row].argmin(axis=1)
    return best


def _around(p, where, column, limit):
    """Return what lies around one cell of each row, and how far away on the whole."""
    here = where[np.arange(len(where)), column]
    squares = _square_chords(here[:, np.newaxis], where)
    near = squares <= limit
    km = chord_to_km(np.minimum(np.sqrt(squares), 2.0))
    mass = np.where(near, p, 0.0).sum(axis=1)
    return mass, np.where(near, p * km, 0.0).sum(axis=1)


def _square_chords(a, b):
    """Squares of chords between unit vectors along the last axis, broadcast."""
    squares = np.zeros(np.broadcast_shapes(a.shape, b.shape)[:-1])
    for axis in range(3):
        off = a[..., axis] - b[..., axis]
        off *= off
        squares += off
    return squares
