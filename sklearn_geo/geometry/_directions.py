# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Directions from place to place, and where they lead."""

import numpy as np

from sklearn_geo.base import check_places, wrap_longitude
from sklearn_geo.geometry._arguments import check_radius, read_numbers
from sklearn_geo.geometry._sphere import (
    _HALF_RADIANS,
    EARTH_RADIUS_KM,
    cos_degrees,
    sin_degrees,
)


def bearing(a, b):
    """Directions in which the great circles from `a` to `b` start.

    Parameters
    ----------
    a, b : array-like of shape (n_places, 2)
        Latitude and longitude in degrees. A table of one row serves every row of the
        other.

    Returns
    -------
    ndarray of shape (n_places,)
        Degrees clockwise from north, in [0, 360).

    See Also
    --------
    destination : Where a bearing and a distance lead.

    Notes
    -----
    At a pole, north is what it is just beside the pole on the given longitude: from
    (90, 0) the bearing to (0, 90) is 90. Between equal and between opposite places,
    where no direction is the shortest, the bearing is 0.

    Examples
    --------
    >>> from sklearn_geo.geometry import bearing
    >>> bearing([[0.0, 179.0]], [[0.0, -179.0]])
    array([90.])
    """
    a, b = check_places(a, name="a"), check_places(b, name="b")
    if len(a) != len(b) and len(a) != 1 and len(b) != 1:
        raise ValueError(
            f"a has {len(a)} rows and b has {len(b)}: give tables of equal length, or "
            "one place against many."
        )
    (lat_a, lon_a), (lat_b, lon_b) = a.T, b.T
    turn = wrap_longitude(lon_b - lon_a)
    far = np.abs(turn) > 90.0
    # sin(lat_b) cos(lat_a) - cos(lat_b) sin(lat_a) cos(turn), free of cancellation.
    rest = np.where(far, 180.0 - np.abs(turn), turn)
    bend = 2.0 * np.sin(rest * _HALF_RADIANS) ** 2
    bend *= sin_degrees(lat_a) * cos_degrees(lat_b)
    north = np.where(
        far, sin_degrees(lat_b + lat_a) - bend, sin_degrees(lat_b - lat_a) + bend
    )
    east = sin_degrees(turn) * cos_degrees(lat_b)
    degrees = np.degrees(np.arctan2(east, north)) % 360.0
    # A hair below 0 rounds up to the excluded 360.
    return np.where(degrees >= 360.0, 0.0, degrees)


def destination(places, bearing, distance_km, *, radius_km=EARTH_RADIUS_KM):
    """Places reached by going straight ahead along great circles.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees of the starts. One row serves many bearings
        or distances.

    bearing : float or array-like of shape (n_places,)
        Degrees clockwise from north.

    distance_km : float or array-like of shape (n_places,)
        How far to go. A negative distance goes backwards; one beyond the circumference
        goes round again.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    See Also
    --------
    bearing : The direction from one place to another.

    Notes
    -----
    At a pole, north is what it is just beside the pole on the given longitude, as in
    :func:`bearing`.

    Examples
    --------
    >>> from sklearn_geo.geometry import destination
    >>> destination([[0.0, 179.0]], 90.0, 222.39).round(2)
    array([[   0., -179.]])
    """
    places = check_places(places)
    radius_km = check_radius(radius_km)
    theta, way = (
        _check_row_values(values, name)
        for values, name in ((bearing, "bearing"), (distance_km, "distance_km"))
    )
    lengths = {len(places), *theta.shape, *way.shape} - {1}
    if len(lengths) > 1:
        raise ValueError(
            f"places has {len(places)} rows, bearing {theta.size} and distance_km "
            f"{way.size}: give one value, or one per row."
        )
    latitude, longitude = places.T
    theta = wrap_longitude(theta)
    with np.errstate(over="ignore"):
        angle = way / radius_km
    if not np.isfinite(angle).all():
        row = int(np.argmin(np.isfinite(angle)))
        raise ValueError(
            f"distance_km, row {row}: {way[row]:g} km are too many turns of a globe "
            f"with a radius of {radius_km:g} km."
        )
    sin_lat, cos_lat = sin_degrees(latitude), cos_degrees(latitude)
    sin_way, cos_way = np.sin(angle), np.cos(angle)
    ahead = sin_way * cos_degrees(theta)
    # The frame whose x axis lies on the start's own meridian.
    x = cos_lat * cos_way - sin_lat * ahead
    y = sin_way * sin_degrees(theta)
    z = sin_lat * cos_way + cos_lat * ahead
    reached = np.empty((*np.broadcast_shapes(x.shape, y.shape), 2))
    reached[:, 0] = np.degrees(np.arctan2(z, np.hypot(x, y)))
    reached[:, 1] = wrap_longitude(longitude + np.degrees(np.arctan2(y, x)))
    return reached


def _check_row_values(values, name):
    """Return one finite value, or one per row, as a 1-D array."""
    values = np.atleast_1d(read_numbers(values, name))
    if values.ndim != 1:
        raise ValueError(
            f"{name} must be one number or one per row; got an array of shape "
            f"{values.shape}."
        )
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise ValueError(f"{name}, row {row}: {values[row]} is not a finite number.")
    return values
