# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From a distribution over cells to one place: the point that serves a metric best."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._descents import N_STARTS, least_costs
from sklearn_geo.geometry import EARTH_RADIUS_KM, places_from_vectors, unit_vectors

POINTS = ("mean", "center", "median", "mode_within_km", "max_geoscore")

# How many of a photo's most likely cells are weighed, and how many of those are tried
# as the answer.
N_WEIGHED = 256
N_TRIED = 64
# Rows at a time, where memory does not ask for fewer: they fit the cache.
_BLOCK_ROWS = 32
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
    # All pairs of cells that are tried and weighed, or what descents look at.
    pairs = 6 * N_TRIED if point == "mode_within_km" else 2 * n_weighed + 20 * N_STARTS
    memory = get_config()["working_memory"] * 2**20
    size = max(1, min(int(memory // (8 * n_weighed * pairs)), _BLOCK_ROWS))
    chosen = np.empty((len(proba), 3))
    for rows in gen_batches(len(proba), size):
        p = proba[rows].astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        where = vectors[cells[rows]]
        if point == "mode_within_km":
            chosen[rows] = _modes(p, where, point_km)
        else:
            scale = GEO_SCORE_SCALE_KM if point == "max_geoscore" else None
            chosen[rows] = least_costs(p, where, scale)
    return places_from_vectors(chosen)


def _kilometres(from_, to):
    """Distances between unit vectors along the last axis, broadcast."""
    squares = np.zeros(np.broadcast_shapes(from_.shape, to.shape)[:-1])
    for axis in range(3):
        squares += (from_[..., axis] - to[..., axis]) ** 2
    np.sqrt(squares, out=squares)
    np.minimum(squares, 2.0, out=squares)
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(squares / 2.0)


def _modes(p, where, point_km):
    """Return the places around which most probability lies."""
    tried = where[:, :N_TRIED]
    km = _kilometres(tried[:, :, np.newaxis], where[:, np.newaxis])
    # A micrometre for the rounding of chords.
    near = np.where(km <= point_km + 1e-9, p[:, np.newaxis], 0.0)
    mass = near.sum(axis=2)
    # A cell that cannot be is no answer, whatever lies around it.
    mass[p[:, :N_TRIED] == 0.0] = -1.0
    tied = mass >= mass.max(axis=1, keepdims=True) - 1e-12
    # Of equals, the one that is nearest to what lies around it; then the likelier.
    spread = np.where(tied, (near * km).sum(axis=2), np.inf)
    return where[np.arange(len(where)), spread.argmin(axis=1)]
