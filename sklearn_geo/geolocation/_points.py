# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From a distribution over cells to one place: the point that serves a metric best."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geolocation._descents import N_STARTS, least_costs
from sklearn_geo.geolocation._modes import modes
from sklearn_geo.geometry import places_from_vectors, unit_vectors

POINTS = ("mean", "center", "median", "mode_within_km", "max_geoscore")

# How many of a photo's most likely cells are weighed.
N_WEIGHED = 256
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
    if point == "mode_within_km":
        return places_from_vectors(modes(proba, cells, vectors, point_km))
    n_weighed = proba.shape[1]
    # What descents look at.
    pairs = 2 * n_weighed + 20 * N_STARTS
    memory = get_config()["working_memory"] * 2**20
    size = max(1, min(int(memory // (8 * n_weighed * pairs)), _BLOCK_ROWS))
    scale = GEO_SCORE_SCALE_KM if point == "max_geoscore" else None
    chosen = np.empty((len(proba), 3))
    for rows in gen_batches(len(proba), size):
        p = proba[rows].astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        chosen[rows] = least_costs(p, vectors[cells[rows]], scale)
    return places_from_vectors(chosen)
