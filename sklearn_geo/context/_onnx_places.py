# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The columns of places, computed inside a graph of ONNX.

All is in double precision. Of the functions of an angle, every onnxruntime has the sine
in double precision, and the arctangent in single precision; all is made of these.
"""

import numpy as np

from sklearn_geo.encoding import (
    RandomFourierEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
)
from sklearn_geo.encoding._grid_planes import CellPlanes
from sklearn_geo.encoding._sphere2vec import VARIANTS
from sklearn_geo.geometry import EARTH_RADIUS_KM, N_UTM_ZONES
from sklearn_geo.geometry._utm_projection import (
    ALPHA,
    ECCENTRICITY,
    FARTHEST,
    MERIDIANS,
    SOUTHERN_M,
    UPS_ORIGIN_M,
    UPS_UNIT_M,
    UTM_EASTING_M,
    UTM_UNIT_M,
)
from sklearn_geo.geometry._utm_zones import ZONE_BOUNDS

__all__ = ["can_write_columns", "write_columns"]

_RADIANS = np.pi / 180.0
_HALF_PI = np.pi / 2.0
# Too short for any length that matters, and no zero to divide by.
_TINY = 1e-300


def can_write_columns(encoder, zone):
    """Say whether the columns of a zone can be computed inside a graph.

    Parameters
    ----------
    encoder : estimator
        The fitted encoder.

    zone : int or None
        The zone; None is the whole globe.

    Returns
    -------
    bool
        Whether :func:`write_columns` knows how.
    """
    # Exactly these: what a subclass does is not known.
    if type(encoder) is SoftGridEncoder:
        # Over the whole globe, the grid is another one in each zone.
        return zone is not None
    return type(encoder) in _WRITERS


def write_columns(encoder, zone, place):
    """Add the nodes that compute the columns of places in a zone.

    Parameters
    ----------
    encoder : estimator
        The fitted encoder.

    zone : int or None
        The zone; None is the whole globe.

    place : Value of shape (n, 2)
        Latitude and longitude in degrees, in double precision.

    Returns
    -------
    Value of shape (n, n_columns)
        The columns, in single precision, rounded to the encoder's own type before.
    """
    latitude, longitude = place.columns([0]), place.columns([1])
    if type(encoder) is SoftGridEncoder:
        columns = _soft_grid(encoder, zone, latitude, longitude)
    else:
        # As a place is read: in [-180, 180).
        turns = ((longitude + 180.0) / 360.0).apply("Floor")
        longitude = longitude - 360.0 * turns
        columns = _WRITERS[type(encoder)](encoder, latitude, longitude)
    if np.dtype(encoder.dtype) == np.float16:
        columns = columns.cast(np.float16)
    return columns.cast(np.float32)


def _root(value):
    return value.apply("Sqrt")


def _sin_degrees(degrees):
    """Sines of angles in [-180, 180] degrees, exactly 0 at 180."""
    size = degrees.apply("Abs")
    size = size.apply("Min", 180.0 - size)
    return (size * _RADIANS).apply("Sin") * degrees.apply("Sign")


def _cos_degrees(degrees):
    """Cosines of angles in [-180, 180] degrees, exactly 0 at 90."""
    return ((90.0 - degrees.apply("Abs")) * _RADIANS).apply("Sin")


def _whole_turns_off(degrees):
    """Bring angles into [-180, 180] degrees."""
    return degrees - 360.0 * (degrees / 360.0).apply("Round")


def _arctan2(sine, cosine):
    """Angles in (-pi, pi), from sines and cosines whose squares add up to one."""
    half = sine / (1.0 + cosine).apply("Max", _TINY)
    near = 2.0 * half.cast(np.float32).apply("Atan").cast(np.float64)
    # What single precision left over is so small that it is its own sine.
    cos_near = (near + _HALF_PI).apply("Sin")
    return near + (sine * cos_near - cosine * near.apply("Sin"))


def _soft_grid(encoder, zone, latitude, longitude):
    extent = encoder._planes.extents(np.array([zone]))[0]
    corner, span = extent[:2], extent[2:] - extent[:2]
    east, north = _project(encoder._planes, zone, latitude, longitude)
    # Metres from the grid's south-western corner, and the number of cells that way.
    east, north = east - corner[0], north - corner[1]
    shape = (encoder.n_cols, encoder.n_rows)
    if encoder.hard:
        return _hard_cells(east / span[0], north / span[1], shape)
    sigma = encoder.sigma_km * 1000.0
    # In units of sigma. Columns go from south to north first, then from west to east.
    across, up = (
        length / (sigma * n) * (np.arange(n) + 0.5)
        for length, n in zip(span, shape, strict=True)
    )
    across, up = np.repeat(across, shape[1]), np.tile(up, shape[0])
    aside, ahead = east / sigma - across, north / sigma - up
    distances = _root(aside * aside + ahead * ahead)
    if encoder.normalize is not None:  # relative to the nearest cell
        distances = distances - distances.apply("ReduceMin", axes=[1], keepdims=1)
    values = (-distances).apply("Exp")
    if encoder.normalize == "l1":
        columns = values.graph.array(np.array([1]))
        values = values / values.apply("ReduceSum", columns, keepdims=1)
    return values


def _hard_cells(across, up, shape):
    """Give a one in the cell that holds the place or is the nearest."""
    column, row = (
        (share * float(n)).apply("Floor").apply("Max", 0.0).apply("Min", n - 1.0)
        for share, n in zip((across, up), shape, strict=True)
    )
    cell = (column * float(shape[1]) + row).cast(np.int64)
    cells = cell.graph.array(np.arange(shape[0] * shape[1]))
    return cell.apply("Equal", cells).cast(np.float64)


def _project(planes, zone, latitude, longitude):
    """Give easting and northing in the plane of a zone, in metres."""
    if isinstance(planes, CellPlanes):
        return _project_cell(planes, zone, latitude, longitude)
    if zone >= N_UTM_ZONES:
        return _project_polar(zone, latitude, longitude)
    return _project_transverse(zone, latitude, longitude)


def _conformal(latitude):
    """Return what is in proportion to sine and cosine of the conformal latitude."""
    sine, e = _sin_degrees(latitude), float(ECCENTRICITY)
    # sinh(e artanh(e sin)), by e artanh(e sin) as a logarithm and sinh by exponentials.
    power = (((1.0 + e * sine) / (1.0 - e * sine)).apply("Log") * (e / 2.0)).apply(
        "Exp"
    )
    bend = (power - 1.0 / power) * 0.5
    return sine * _root(1.0 + bend * bend) - bend, _cos_degrees(latitude)


def _project_transverse(zone, latitude, longitude):
    """Do what `utm_project` does in a zone of the grid: see there for the formula."""
    turn = _whole_turns_off(longitude - float(MERIDIANS[zone]))
    up, around = _conformal(latitude)
    ahead, aside = around * _cos_degrees(turn), around * _sin_degrees(turn)
    length = _root(up * up + ahead * ahead).apply("Max", _TINY)
    # Beyond what the series can do, places are far from every cell anyway.
    sinh_x = (aside / length).apply("Max", -FARTHEST).apply("Min", FARTHEST)
    x = (sinh_x + _root(1.0 + sinh_x * sinh_x)).apply("Log")
    y = _arctan2(up / length, ahead / length)
    # sin(2 j y) cosh(2 j x) and cos(2 j y) sinh(2 j x), a column for each j.
    twice = 2.0 * np.arange(1.0, len(ALPHA) + 1.0)[np.newaxis]
    power = (x * twice).apply("Exp")
    cosh, sinh = (power + 1.0 / power) * 0.5, (power - 1.0 / power) * 0.5
    sine, cosine = (y * twice).apply("Sin"), (y * twice + _HALF_PI).apply("Sin")
    alpha = np.asarray(ALPHA)[:, np.newaxis]
    east = (x + (cosine * sinh) @ alpha) * float(UTM_UNIT_M) + UTM_EASTING_M
    north = (y + (sine * cosh) @ alpha) * float(UTM_UNIT_M)
    return east, north + float(SOUTHERN_M[zone])


def _project_polar(zone, latitude, longitude):
    """Do what `utm_project` does in a polar cap."""
    north = 1.0 if ZONE_BOUNDS[zone, 0] > 0.0 else -1.0
    up, around = _conformal(latitude * north)
    # The tangent of half the conformal colatitude.
    across = (_root(up * up + around * around) + up).apply("Max", _TINY)
    reach = around / across * float(UPS_UNIT_M)
    turn = _whole_turns_off(longitude)
    return (
        reach * _sin_degrees(turn) + UPS_ORIGIN_M,
        reach * _cos_degrees(turn) * -north + UPS_ORIGIN_M,
    )


def _project_cell(planes, zone, latitude, longitude):
    """Give metres east and north of the middle of a partition's cell."""
    vectors = _unit_vectors(latitude, _whole_turns_off(longitude))
    east, north, up = (
        vectors @ axes[zone][:, np.newaxis]
        for axes in (planes._east, planes._north, planes._up)
    )
    flat = _root(east * east + north * north).apply("Max", _TINY)
    length = _root(flat * flat + up * up)
    # Near the middle the ratio of an angle to its sine is 1.
    ratio = _arctan2(flat / length, up / length) / flat * (EARTH_RADIUS_KM * 1000.0)
    return east * ratio, north * ratio


def _unit_vectors(latitude, longitude):
    around = _cos_degrees(latitude)
    x, y = around * _cos_degrees(longitude), around * _sin_degrees(longitude)
    return x.apply("Concat", y, _sin_degrees(latitude), axis=1)


def _waves(degrees, frequencies):
    """Give sines and cosines of multiples of angles, a column for each multiple."""
    angles = _whole_turns_off(degrees * np.asarray(frequencies, float)[np.newaxis])
    return _sin_degrees(angles), _cos_degrees(angles)


def _random_fourier(encoder, latitude, longitude):
    # Rows are x, y, z. The waves of a scale are its cosines, then its sines.
    frequencies = 2.0 * encoder.frequencies_
    phases = np.concatenate([frequencies, frequencies], axis=1).reshape(-1, 3).T
    n_scales, n_frequencies = encoder.frequencies_.shape[:2]
    ahead = np.zeros((n_scales, 2, n_frequencies))
    ahead[:, 0] = _HALF_PI
    vectors = _unit_vectors(latitude, longitude)
    return (vectors @ phases + ahead.reshape(1, -1)).apply("Sin")


def _sinusoidal(encoder, latitude, longitude):
    frequencies = 2.0 ** np.arange(encoder.n_scales)
    parts = [*_waves(latitude, frequencies), *_waves(longitude, frequencies)]
    return _interleave(parts, encoder.n_scales)


def _sphere2vec(encoder, latitude, longitude):
    waves = {}
    for angle, names in ((latitude, "SC"), (longitude, "ZD")):
        waves[names[0]], waves[names[1]] = _waves(angle, encoder.frequencies_)
        waves[names[0].lower()], waves[names[1].lower()] = _waves(angle, [1.0])
    parts = [
        waves[factors] if len(factors) == 1 else waves[factors[0]] * waves[factors[1]]
        for _, factors in VARIANTS[encoder.variant]
    ]
    return _interleave(parts, len(encoder.frequencies_))


def _interleave(parts, n_scales):
    """Put the columns of each scale side by side, scale by scale."""
    joined = parts[0].apply("Concat", *parts[1:], axis=1)
    return joined.columns(
        np.arange(len(parts) * n_scales).reshape(-1, n_scales).T.ravel()
    )


def _unit_vector(encoder, latitude, longitude):
    return _unit_vectors(latitude, longitude)


def _spherical_harmonics(encoder, latitude, longitude):
    """Do what the encoder does, one degree after the other."""
    degree = encoder.degree
    sines, cosines = _waves(longitude, np.arange(degree + 1.0))
    sizes = np.sqrt(np.minimum(np.arange(degree + 1.0), 1.0) + 1.0)
    # From order -degree to degree, as columns are.
    around_axis = (
        (sines * np.sqrt(2.0))
        .columns(np.arange(degree, 0, -1))
        .apply("Concat", cosines * sizes[np.newaxis], axis=1)
        if degree
        else cosines
    )
    up, around = _sin_degrees(latitude), _cos_degrees(latitude)
    # Legendre functions of the last two degrees, a column for each order.
    before, last = None, up * 0.0 + np.sqrt(0.25 / np.pi)
    parts = [last]
    for n in range(1, degree + 1):
        m = np.arange(n, dtype=float)[np.newaxis]
        size = np.sqrt((4.0 * n**2 - 1.0) / (n**2 - m**2))
        lower = up * last
        if n > 1:
            back = np.sqrt(((n - 1.0) ** 2 - m**2) / (4.0 * (n - 1.0) ** 2 - 1.0))
            # Where there is no degree before the last, zero is multiplied.
            before = before.apply("Concat", around * 0.0, axis=1)
            lower = lower - back * before
        newest = last.columns([n - 1]) * around * np.sqrt((2.0 * n + 1.0) / (2.0 * n))
        before, last = last, (lower * size).apply("Concat", newest, axis=1)
        orders = np.arange(-n, n + 1)
        parts.append(
            last.columns(np.abs(orders)) * around_axis.columns(orders + degree)
        )
    return parts[0].apply("Concat", *parts[1:], axis=1) if degree else parts[0]


_WRITERS = {
    RandomFourierEncoder: _random_fourier,
    SinusoidalEncoder: _sinusoidal,
    Sphere2VecEncoder: _sphere2vec,
    SphericalHarmonicsEncoder: _spherical_harmonics,
    UnitVectorEncoder: _unit_vector,
}
