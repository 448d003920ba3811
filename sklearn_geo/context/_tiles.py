# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A coarse map of what is near to some points, to be asked about millions of places."""

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo.geometry import EARTH_RADIUS_KM

_TILES_A_DEGREE = 5
_N_ROWS, _N_COLUMNS = 180 * _TILES_A_DEGREE, 360 * _TILES_A_DEGREE
# Places looked up at once.
_BLOCK_ROWS = 65536
# Degrees that rounding may move a place or a tile.
_SLACK = 1e-6


class NearTiles:
    """Squares of a fifth of a degree, and which of them are near to points.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Latitude and longitude in degrees, longitudes in [-180, 180].

    km : float or ndarray of shape (n_points,)
        How near, by great circle.
    """

    def __init__(self, points, km):
        reach = np.degrees(np.broadcast_to(km, len(points)) / EARTH_RADIUS_KM) + _SLACK
        reach = np.minimum(reach, 360.0)  # around the globe
        south, north = points[:, 0] - reach, points[:, 0] + reach
        polar = (south <= -90.0) | (north >= 90.0)
        # A circle reaches farthest east where its radius is across the meridian.
        ratio = np.sin(np.radians(np.minimum(reach, 90.0)))
        ratio /= np.where(polar, 1.0, np.cos(np.radians(points[:, 0])))
        aside = np.degrees(np.arcsin(np.minimum(ratio, 1.0))) + _SLACK
        aside[polar | (aside >= 179.0)] = 180.0
        bottom, top = (
            np.clip(_numbers(side + 90.0), 0, _N_ROWS - 1) for side in (south, north)
        )
        left = _numbers(points[:, 1] - aside + 180.0)
        width = _numbers(points[:, 1] + aside + 180.0) - left + 1
        width = np.minimum(width, _N_COLUMNS)
        left %= _N_COLUMNS
        self._near = _covered(bottom, top, left, width).ravel()

    def at(self, places):
        """Say which places may be near to a point; all others are not."""
        out = np.empty(len(places), dtype=bool)
        for rows in blocks(len(places), _BLOCK_ROWS):
            row = np.minimum(_numbers(places[rows, 0] + 90.0), _N_ROWS - 1)
            column = np.minimum(_numbers(places[rows, 1] + 180.0), _N_COLUMNS - 1)
            out[rows] = self._near[row * _N_COLUMNS + column]
        return out


def _numbers(degrees):
    return np.floor(degrees * _TILES_A_DEGREE).astype(np.intp)


def _covered(bottom, top, left, width):
    """Return which tiles lie in one of the rectangles, which may go around."""
    # Steps at the corners of rectangles, added up along both axes, count them.
    shape = (_N_ROWS + 1, 2 * _N_COLUMNS + 1)
    steps = np.zeros(shape[0] * shape[1], dtype=np.int32)
    for row, column, sign in (
        (bottom, left, 1),
        (bottom, left + width, -1),
        (top + 1, left, -1),
        (top + 1, left + width, 1),
    ):
        np.add.at(steps, row * shape[1] + column, np.int32(sign))
    counts = steps.reshape(shape).cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
    return (counts[:, :_N_COLUMNS] > 0) | (counts[:, _N_COLUMNS:] > 0)
