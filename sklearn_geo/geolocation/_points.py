# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From a distribution over cells to one place: the point that serves a metric best."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geometry import EARTH_RADIUS_KM, places_from_vectors, unit_vectors

POINTS = ("mean", "center", "median", "mode_within_km", "max_geoscore")

# How many of a photo's most likely cells are weighed, and how many of those are tried
# as the answer.
N_WEIGHED = 256
N_TRIED = 64
# GeoScore is 5000 * exp(-d / 1492.7 km).
GEO_SCORE_SCALE_KM = 1492.7
_N_STEPS = 30


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

    The first and the last start from the best of the cells' places and descend by
    Weiszfeld's steps, with the weights :math:`p_c` and
    :math:`p_c \exp(-d_c / 1492.7)`. What a step makes worse is not taken.
    """
    vectors = unit_vectors(cell_places)
    n_weighed = proba.shape[1]
    row_bytes = 8 * 6 * n_weighed * max(1, min(N_TRIED, n_weighed))
    memory = get_config()["working_memory"] * 2**20
    size = max(1, min(int(memory // row_bytes), 256))
    chosen = np.empty((len(proba), 3))
    for rows in gen_batches(len(proba), size):
        p = proba[rows].astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        where = vectors[cells[rows]]
        if point == "mode_within_km":
            chosen[rows] = _modes(p, where, point_km)
        else:
            scale = GEO_SCORE_SCALE_KM if point == "max_geoscore" else None
            chosen[rows] = _descend(p, where, scale)
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


def _cost(km, p, scale):
    """Return expected kilometres, or minus the expected GeoScore / 5000."""
    loss = km if scale is None else -np.exp(km / -scale)
    return (loss * p).sum(axis=-1)


def _descend(p, where, scale):
    """Return the places of least cost, starting from the best of the cells."""
    tried = where[:, :N_TRIED]
    km = _kilometres(tried[:, :, np.newaxis], where[:, np.newaxis])
    costs = _cost(km, p[:, np.newaxis], scale)
    start = costs.argmin(axis=1)
    here = where[np.arange(len(where)), start]
    cost = costs[np.arange(len(where)), start]
    moving = np.arange(len(where))
    for _ in range(_N_STEPS):
        there = _step(here[moving], p[moving], where[moving], scale)
        km = _kilometres(there[:, np.newaxis], where[moving])
        cost_there = _cost(km, p[moving], scale)
        better = cost_there < cost[moving]
        moved = moving[better]
        gain = cost[moved] - cost_there[better]
        here[moved], cost[moved] = there[better], cost_there[better]
        moving = moved[gain > 1e-9 * np.abs(cost[moved])]
        if not len(moving):
            break
    return here


def _step(here, p, where, scale):
    """One step of Weiszfeld in the tangent plane, with Vardi and Zhang's correction."""
    angles = _kilometres(here[:, np.newaxis], where) / EARTH_RADIUS_KM
    if scale is not None:
        p = p * np.exp(-angles * EARTH_RADIUS_KM / scale)
    # Directions to the cells, of length 1; none to a cell that is here or opposite.
    cosines = (here[:, np.newaxis] * where).sum(axis=2, keepdims=True)
    tangents = where - cosines * here[:, np.newaxis]
    lengths = np.linalg.norm(tangents, axis=2)
    away = lengths > 1e-12
    pull = np.divide(p, lengths, out=np.zeros_like(p), where=away)
    drawn = (pull[..., np.newaxis] * tangents).sum(axis=1)
    rate = np.divide(p, angles, out=np.zeros_like(p), where=away).sum(axis=1)
    strength = np.linalg.norm(drawn, axis=1)
    holding = np.where(away, 0.0, p).sum(axis=1)
    free = np.maximum(strength - holding, 0.0)
    scaled = np.divide(
        free, strength * rate, out=np.zeros_like(free), where=strength * rate > 0.0
    )
    step = drawn * scaled[:, np.newaxis]
    length = np.linalg.norm(step, axis=1)[:, np.newaxis]
    moved = np.cos(length) * here + np.sinc(length / np.pi) * step
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)
