# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The places in the middle of the pixels of a map."""

import numpy as np

from sklearn_geo.base import wrap_longitude
from sklearn_geo.geometry import utm_zone_bounds, utm_zone_ids
from sklearn_geo.inspection._map import MapWindow
from sklearn_geo.inspection._words import check_text

# A window around photos of one street is not a window around a country.
LEAST_DEGREES = 0.02


class PlaceGrid:
    """A window in pixels that look square, and the places in their middles.

    Parameters
    ----------
    window : MapWindow
        What is shown.

    resolution : int
        Pixels along the longer side.

    Attributes
    ----------
    shape : tuple of int
        Pixels from south to north, and from west to east.

    places : ndarray of shape (n_pixels, 2)
        Latitude and longitude, row by row from the south-western corner.
    """

    def __init__(self, window, resolution):
        width = window.east - window.west
        height = window.stretch * (window.north - window.south)
        pixel = max(width, height) / resolution
        n_rows, n_columns = (max(1, round(side / pixel)) for side in (height, width))
        self.window, self.shape = window, (n_rows, n_columns)
        latitudes = _middles(window.south, window.north, n_rows)
        longitudes = _middles(window.west, window.east, n_columns)
        self.places = np.empty((n_rows * n_columns, 2))
        self.places[:, 0] = np.repeat(latitudes, n_columns)
        self.places[:, 1] = np.tile(wrap_longitude(longitudes), n_rows)


def _middles(low, high, n):
    return low + (np.arange(n) + 0.5) * (high - low) / n


def window_of(extent, zone, photos):
    """Return the window that a zone, an extent or photos ask for."""
    automatic = isinstance(extent, str) and extent == "auto"
    if zone is not None:
        if not automatic:
            raise ValueError("Say which region to draw once: by extent or by zone.")
        check_text(zone, "zone")
        south, west, north, east = utm_zone_bounds(utm_zone_ids([zone]))[0]
        return MapWindow(west, east, south, north)
    if not automatic:
        return MapWindow.read(extent, photos)
    if photos is None:
        return MapWindow.read("world", None)
    return MapWindow.around(photos, least=LEAST_DEGREES)
