# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Land and sea of the synthetic world, and quick look-ups of fields on its grid.

The outlines are burnt once into a half-degree grid of signed distances to the
nearest coast. Everything else asks the grid, so a million places cost a gather.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.spatial import cKDTree

from sklearn_geo.datasets._outlines import LAND, WATER
from sklearn_geo.geometry import chord_to_km, km_to_chord, unit_vectors

CELL_DEGREES = 0.5
N_ROWS, N_COLS = 360, 720
# Rings may run past the antimeridian, so they are burnt onto a grid that does too.
_EXTRA_COLS = 60
# Coasts are sampled at this step: finer than a cell, so distances are good to ~5 km.
_COAST_STEP_DEGREES = 0.1
# Beyond this nobody asks how far the coast is.
_MAX_KM = 500.0


def grid_places():
    """Return the centres of the grid's cells, row by row from south-west.

    Returns
    -------
    ndarray of shape (N_ROWS * N_COLS, 2)
        Latitude and longitude in degrees.
    """
    latitude = -90.0 + CELL_DEGREES * (np.arange(N_ROWS) + 0.5)
    longitude = -180.0 + CELL_DEGREES * (np.arange(N_COLS) + 0.5)
    return np.column_stack([np.repeat(latitude, N_COLS), np.tile(longitude, N_ROWS)])


def interpolate(fields, places):
    """Look fields on the grid up at places, bilinearly.

    Parameters
    ----------
    fields : ndarray of shape (N_ROWS, N_COLS) or (N_ROWS, N_COLS, n_fields)
        Values at the cell centres. Columns wrap around the globe.

    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places,) or (n_places, n_fields)
        The values, in the precision of `fields`.
    """
    y = np.clip((places[:, 0] + 90.0) / CELL_DEGREES - 0.5, 0.0, N_ROWS - 1.0)
    x = (places[:, 1] + 180.0) / CELL_DEGREES - 0.5
    row = np.minimum(y.astype(np.intp), N_ROWS - 2)
    col = np.floor(x).astype(np.intp)
    up, right = (y - row).astype(fields.dtype), (x - col).astype(fields.dtype)
    if fields.ndim == 3:
        up, right = up[:, np.newaxis], right[:, np.newaxis]
    west, east = col % N_COLS, (col + 1) % N_COLS
    south = (1 - right) * fields[row, west] + right * fields[row, east]
    north = (1 - right) * fields[row + 1, west] + right * fields[row + 1, east]
    return (1 - up) * south + up * north


@lru_cache(maxsize=1)
def inland_km_grid():
    """Return km from each cell's centre to the nearest coast, negative at sea.

    Distances stop at 500 km.

    Returns
    -------
    ndarray of shape (N_ROWS, N_COLS), float32, read-only
    """
    land = np.zeros((N_ROWS, N_COLS), dtype=bool)
    for ring in LAND.values():
        _burn(_read_ring(ring), land, True)
    for ring in WATER.values():
        _burn(_read_ring(ring), land, False)
    km = _km_to_coast(land)
    km = np.where(land, km, -km).astype(np.float32)
    km.flags.writeable = False
    return km


def inland_km(places):
    """Return how far inland places are, in km; negative for places at sea."""
    return interpolate(inland_km_grid(), places)


def is_land(places):
    """Return whether places are on the land of the synthetic world."""
    return inland_km(places) > 0.0


def _read_ring(text):
    """Return a ring of (longitude, latitude) vertices from its line of text."""
    return np.array([vertex.split() for vertex in text.split(",")], dtype=np.float64)


def _burn(ring, grid, value):
    """Set the cells of a grid whose centres lie inside a ring (even-odd rule)."""
    x = -180.0 + CELL_DEGREES * (np.arange(N_COLS + _EXTRA_COLS) + 0.5)
    # Rows with a centre in [y, y'): half open, so that a vertex counts once.
    edge = np.ceil((ring[:, 1] + 90.0) / CELL_DEGREES - 0.5).astype(int)
    edge = np.clip(edge, 0, N_ROWS)
    south, north = edge.min(), edge.max()
    flips = np.zeros((north - south, x.size + 1), dtype=np.int16)
    for i in range(len(ring)):
        (x0, y0), (x1, y1) = ring[i - 1], ring[i]
        rows = np.arange(min(edge[i - 1], edge[i]), max(edge[i - 1], edge[i]))
        if rows.size == 0:
            continue
        y = -90.0 + CELL_DEGREES * (rows + 0.5)
        crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        # Every centre east of the crossing changes sides.
        flips[rows - south, np.searchsorted(x, crossing)] += 1
    inside = (np.cumsum(flips, axis=1)[:, :-1] % 2).astype(bool)
    inside[:, :_EXTRA_COLS] |= inside[:, N_COLS:]
    grid[south:north][inside[:, :N_COLS]] = value


def _km_to_coast(land):
    """Return the distance of every cell's centre to the nearest piece of coast."""
    pieces = []
    for text in (*LAND.values(), *WATER.values()):
        ring = _read_ring(text)
        for start, end in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            span = np.abs(end - start).max()
            t = np.arange(int(np.ceil(span / _COAST_STEP_DEGREES)))
            t = (t / max(t.size, 1))[:, np.newaxis]
            pieces.append(start + t * (end - start))
    coast = np.concatenate(pieces)[:, ::-1]
    # Where two rings overlap, one's border runs inside the other and is no coast:
    # a real one has land and sea among the nine cells around it.
    row = np.clip((coast[:, 0] + 90.0) / CELL_DEGREES, 0, N_ROWS - 1).astype(int)
    col = ((coast[:, 1] + 180.0) / CELL_DEGREES).astype(int) % N_COLS
    wrap = {"size": 3, "mode": ("nearest", "wrap")}
    mixed = maximum_filter(land, **wrap) & ~minimum_filter(land, **wrap)
    coast = coast[mixed[row, col]]
    tree = cKDTree(_vectors(coast))
    bound = km_to_chord(_MAX_KM)
    chord, _ = tree.query(unit_vectors(grid_places()), distance_upper_bound=bound)
    return chord_to_km(np.minimum(chord, bound)).reshape(N_ROWS, N_COLS)


def _vectors(places):
    wrapped = np.column_stack([places[:, 0], (places[:, 1] + 180.0) % 360.0 - 180.0])
    return unit_vectors(wrapped)
