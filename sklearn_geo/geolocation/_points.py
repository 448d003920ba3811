# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From a distribution over cells to one place: the point that serves a metric best."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._descents import N_STARTS, least_costs
from sklearn_geo.geometry import (
    chord_to_km,
    km_to_chord,
    places_from_vectors,
    unit_vectors,
)

POINTS = ("mean", "center", "median", "mode_within_km", "max_geoscore")

# How many of a photo's most likely cells are weighed.
N_WEIGHED = 256
# Rows at a time, where memory does not ask for fewer: they, or the pairs of their
# cells, fit the cache.
_BLOCK_ROWS, _PAIR_ROWS = 32, 2
# GeoScore is 5000 * exp(-d / 1492.7 km).
GEO_SCORE_SCALE_KM = 1492.7


def best_points(proba, cells, cell_places, *, point, point_km=25.0):
    r"""Choose a place for every row, given its most likely cells.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_weighed)
        Probabilities of the cells, the largest first.

    cells : ndarray of shape (n_rows, n_weighed)
        Which cells these are.

    cell_places : ndarray of shape (n_cells, 2)
        Where each cell is.

    point : {"median", "mode_within_km", "max_geoscore"}
        The rule.

    point_km : float, default=25.0
        The radius of "mode_within_km".

    Returns
    -------
    ndarray of shape (n_rows, 2)
        Latitude and longitude in degrees.

    Notes
    -----
    With :math:`d_c` the distance to the place of cell :math:`c`,

    - "median" minimises :math:`\sum_c p_c d_c`, the expected error;
    - "mode_within_km" maximises :math:`\sum_c p_c [d_c \le r]`, the expected share
      within :math:`r`, over the places of cells;
    - "max_geoscore" maximises :math:`\sum_c p_c \exp(-d_c / 1492.7)`.

    For the first and the last, descents start from the mean and from the best of the
    cells, and the lowest end is taken. The first is what
    `sklearn_geo.geometry.geometric_median` finds.
    """
    vectors = unit_vectors(cell_places)
    n_weighed = proba.shape[1]
    # All pairs of cells, or what descents look at.
    mode = point == "mode_within_km"
    pairs = 8 * n_weighed if mode else 2 * n_weighed + 20 * N_STARTS
    memory = get_config()["working_memory"] * 2**20
    most = _PAIR_ROWS if mode else _BLOCK_ROWS
    size = max(1, min(int(memory // (8 * n_weighed * pairs)), most))
    chosen = np.empty((len(proba), 3))
    for rows in gen_batches(len(proba), size):
        p = proba[rows].astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        where = vectors[cells[rows]]
        if mode:
            chosen[rows] = _modes(p, where, point_km)
        else:
            scale = GEO_SCORE_SCALE_KM if point == "max_geoscore" else None
            chosen[rows] = least_costs(p, where, scale)
    return places_from_vectors(chosen)


def _square_chords(a, b):
    """Squares of chords between unit vectors along the last axis, broadcast."""
    squares = np.zeros(np.broadcast_shapes(a.shape, b.shape)[:-1])
    for axis in range(3):
        off = a[..., axis] - b[..., axis]
        off *= off
        squares += off
    return squares


def _modes(p, where, point_km):
    """Return the places around which most probability lies."""
    # A micrometre for the rounding of chords.
    limit = km_to_chord(point_km + 1e-9) ** 2 * (1.0 + 1e-15)
    near = _square_chords(where[:, :, np.newaxis], where[:, np.newaxis]) <= limit
    mass = np.where(near, p[:, np.newaxis], 0.0).sum(axis=2)
    # A cell that cannot be is no answer, whatever lies around it.
    mass[p == 0.0] = -1.0
    row, tied = np.nonzero(mass >= mass.max(axis=1, keepdims=True) - 1e-12)
    # Of equals, the one that is nearest to what lies around it; then the likelier.
    squares = _square_chords(where[row, tied][:, np.newaxis], where[row])
    km = chord_to_km(np.minimum(np.sqrt(squares), 2.0))
    spread = np.full(p.shape, np.inf)
    spread[row, tied] = np.where(near[row, tied], p[row] * km, 0.0).sum(axis=1)
    return where[np.arange(len(where)), spread.argmin(axis=1)]
