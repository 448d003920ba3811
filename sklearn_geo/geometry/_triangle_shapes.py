# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where triangles lie: their corners, middles and areas."""

import numpy as np

from sklearn_geo.geometry._arguments import check_radius
from sklearn_geo.geometry._sphere import EARTH_RADIUS_KM
from sklearn_geo.geometry._triangle_ids import (
    N_BASE_TRIANGLES,
    N_GRID,
    TRIANGLE_IDS,
)
from sklearn_geo.geometry._triangles import decode


def triangle_vertices(ids):
    """Return the corners of triangles.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of shape (..., 3, 2), float64
        Latitude and longitude of the corners in degrees, counterclockwise on a map,
        the right angle first.

    See Also
    --------
    triangle_centers : One place inside each triangle.

    Notes
    -----
    No triangle is torn at the antimeridian: an eastern corner on it has longitude
    180, a western one -180. A corner at a pole has the longitude that it has in the
    plane, so that the outline on a map is the triangle of the plane.

    Between the corners, edges are straight in the plane (longitude, sin latitude).
    They are not geodesics.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_at_level, triangle_vertices
    >>> triangle_vertices(triangle_ids_at_level(0)[-1:]).round(2)
    array([[[ 90.  , 180.  ],
            [ 90.  , 168.39],
            [ 69.31, 180.  ]]])
    """
    column, row, upper, level = decode(TRIANGLE_IDS.check(ids))
    # Lower: (I, J), (I+1, J), (I, J+1). Upper: (I+1, J+1), (I, J+1), (I+1, J).
    east = np.stack([upper, 1 - upper, upper], axis=-1)
    north = np.stack([upper, upper, 1 - upper], axis=-1)
    return _places_of_plane(
        column[..., None] + east,
        row[..., None] + north,
        (N_GRID << level)[..., None],
    )


def triangle_centers(ids):
    """Return the centroids of triangles.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of shape (..., 2), float64
        Latitude and longitude, in degrees, of the centroid that the triangle has in
        the plane (longitude, sin latitude). It lies inside the triangle.

    See Also
    --------
    triangle_vertices : The corners.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_centers, triangle_ids
    >>> triangle_centers(triangle_ids([[48.8584, 2.2945]], level=8)).round(3)
    array([[48.86 ,  2.283]])
    """
    column, row, upper, level = decode(TRIANGLE_IDS.check(ids))
    # A third of a cell from the right angle, along both axes.
    return _places_of_plane(
        3 * column + 1 + upper, 3 * row + 1 + upper, 3 * (N_GRID << level)
    )


def triangle_areas(ids, *, radius_km=EARTH_RADIUS_KM):
    r"""Return the areas of triangles.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    radius_km : float, default=6371.0088
        Radius of the sphere in kilometres.

    Returns
    -------
    ndarray of float64
        Areas in square kilometres. They depend on the level alone.

    See Also
    --------
    triangle_levels : The levels.

    Notes
    -----
    A triangle of level l has the area :math:`4 \pi R^2 / (1922 \cdot 4^l)`.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_areas, triangle_ids
    >>> triangle_areas(triangle_ids([[48.8584, 2.2945]], level=8)).round(3)
    array([4.049])
    """
    radius_km = check_radius(radius_km)
    base = 4.0 * np.pi * radius_km**2 / N_BASE_TRIANGLES
    return np.ldexp(base, -2 * TRIANGLE_IDS.levels(ids))


def _places_of_plane(east, north, scale):
    """Map points of the plane, given as exact fractions of its sides, to places."""
    longitude = east * 360.0 / scale - 180.0
    # The arcsine of 2 north / scale - 1, without its loss of digits near the poles.
    across = np.sqrt(north.astype(np.float64) * (scale - north))
    latitude = np.degrees(np.arctan2((2 * north - scale).astype(float), 2.0 * across))
    return np.stack([latitude, longitude], axis=-1)
