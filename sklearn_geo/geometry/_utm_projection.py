# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Metres inside zones of the Universal Transverse Mercator grid, and polar caps."""

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import naming
from sklearn_geo.base import check_places, wrap_longitude
from sklearn_geo.geometry._arguments import read_numbers
from sklearn_geo.geometry._sphere import cos_degrees, sin_degrees
from sklearn_geo.geometry._utm_zones import (
    N_UTM_ZONES,
    ZONE_BANDS,
    ZONE_BOUNDS,
    ZONE_NAMES,
    ZONE_NUMBERS,
    check_zone_ids,
    utm_zone_ids,
    utm_zones,
)

# Rows a block: the intermediate arrays stay in the second-level cache.
_BLOCK_ROWS = 16384

# WGS84, and the scales and false origins of UTM and UPS in metres. What has no
# underscore, here and below, is also written into graphs of ONNX in another room.
_EQUATOR_M = 6378137.0
_FLATTENING = 1.0 / 298.257223563
ECCENTRICITY = np.sqrt(_FLATTENING * (2.0 - _FLATTENING))
_UTM_SCALE, UTM_EASTING_M = 0.9996, 500_000.0
_UPS_SCALE, UPS_ORIGIN_M = 0.994, 2_000_000.0

# Sinh of the transverse coordinate: farther from the central meridian than this, 69.7
# degrees, the series loses its precision.
FARTHEST = 2.7


def utm_project(places, zones=None):
    """Turn degrees into metres in a UTM zone.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees, on WGS84.

    zones : str, int, array-like of shape (n_places,) or None, default=None
        Name or id of the zone to draw each place in: one for all, or one per row. If
        None, each place's own zone. A place need not lie in the zone.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Easting and northing in metres.

    Raises
    ------
    ValueError
        If a zone is unknown, or a place is more than about 70 degrees of great circle
        from the central meridian of the zone it is to be drawn in.

    See Also
    --------
    utm_unproject : The way back.
    utm_zones : A place's own zone.

    Notes
    -----
    The transverse Mercator projection by Krueger's series to the sixth order in the
    third flattening [1]_, precise to some nanometres within 35 degrees of the central
    meridian, to ten micrometres within 60 and to a millimetre at the limit. The scale
    is 0.9996 and the false easting 500 km. The false northing of 10,000 km is that of
    the zone's band (C to M), on whichever side of the equator the place is: in one
    zone, coordinates are continuous.

    In the caps A, B, Y and Z metres are those of the Universal Polar Stereographic
    grid: scale 0.994, and both false origins 2,000 km.

    References
    ----------
    .. [1] C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers",
       Journal of Geodesy 85, 2011.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_project
    >>> utm_project([[0.0, 3.0], [0.0, 9.0]]).round(3)
    array([[500000.,      0.],
           [500000.,      0.]])
    >>> utm_project([[0.0, 3.0], [0.0, 9.0]], "31M").round(3)
    array([[  500000.   , 10000000.   ],
           [ 1168881.689, 10000000.   ]])
    """
    places = check_places(places)
    ids = utm_zones(places) if zones is None else _read_zones(zones, len(places))
    metres = np.empty((len(places), 2))
    for rows in blocks(len(places), _BLOCK_ROWS):
        block, zone, out = places[rows], ids[rows], metres[rows]
        polar = zone >= N_UTM_ZONES
        far = np.zeros(len(block), dtype=bool)
        for part, project in (
            (~polar, _project_transverse),
            (polar, _project_polar),
        ):
            part = _select(part)
            if part is not None:
                out[part], far[part] = project(block[part], zone[part])
        if far.any():
            row = int(np.argmax(far))
            latitude, longitude = block[row].tolist()
            raise ValueError(
                f"places, row {rows.start + row}: ({latitude}, {longitude}) is too far "
                f"from zone {ZONE_NAMES[zone[row]]} to be drawn in it. Pass zones=None "
                "to draw each place in its own zone, or leave such places out."
            )
    return metres


def utm_unproject(coordinates, zones):
    """Turn metres in a UTM zone back into degrees.

    Parameters
    ----------
    coordinates : array-like of shape (n_places, 2)
        Easting and northing in metres, as `utm_project` gives them.

    zones : str, int or array-like of shape (n_places,)
        Name or id of the zone the metres are of: one for all, or one per row. Of the
        band only its hemisphere matters.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Latitude and longitude in degrees, on WGS84.

    Raises
    ------
    ValueError
        If a zone is unknown, or coordinates are not finite or too far from the zone.

    See Also
    --------
    utm_project : The way there.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_unproject
    >>> utm_unproject([[500000.0, 0.0], [500000.0, 10000000.0]], ["31N", "32M"])
    array([[0., 3.],
           [0., 9.]])
    """
    metres = read_numbers(coordinates, "coordinates")
    if metres.ndim != 2 or metres.shape[1] != 2 or len(metres) == 0:
        raise ValueError(
            "coordinates must have two columns, (easting, northing) in metres, and at "
            f"least one row; got an array of shape {metres.shape}."
        )
    ids = _read_zones(zones, len(metres))
    places = np.empty((len(metres), 2))
    for rows in blocks(len(metres), _BLOCK_ROWS):
        block, zone, out = metres[rows], ids[rows], places[rows]
        polar = zone >= N_UTM_ZONES
        # Not farther than where utm_project stops; NaN fails these comparisons as well.
        good = np.abs(block[:, 0] - UTM_EASTING_M) <= _FARTHEST_EAST_M
        good &= np.abs(block[:, 1] - SOUTHERN_M[zone]) <= _FARTHEST_NORTH_M
        off_pole = np.abs(block - UPS_ORIGIN_M)
        good |= polar & (off_pole <= _FARTHEST_POLAR_M).all(axis=1)
        if not good.all():
            row = int(np.argmin(good))
            raise ValueError(
                f"coordinates, row {rows.start + row}: {block[row].tolist()} are no "
                f"easting and northing near zone {ZONE_NAMES[zone[row]]}. They are "
                "metres, easting first, and finite."
            )
        for part, unproject in (
            (~polar, _unproject_transverse),
            (polar, _unproject_polar),
        ):
            part = _select(part)
            if part is not None:
                out[part] = unproject(block[part], zone[part])
    return places


def _select(mask):
    """Return None for a mask that holds nothing, and a view's slice if it holds all."""
    if not mask.any():
        return None
    return slice(None) if mask.all() else mask


def _read_zones(zones, n_places):
    """Return one id per row from names or ids, one for all or one per row."""
    with naming("zones"):
        zones = np.asarray(zones)
    ids = check_zone_ids(zones) if zones.dtype.kind in "iuf" else utm_zone_ids(zones)
    if ids.shape not in ((), (1,), (n_places,)):
        raise ValueError(
            f"zones must be one zone, or one per place, shape ({n_places},); got shape "
            f"{ids.shape}."
        )
    return np.broadcast_to(ids, n_places)


def _series(rows):
    """Evaluate coefficients given as polynomials in the third flattening."""
    n = _FLATTENING / (2.0 - _FLATTENING)
    return tuple(
        sum(factor * n ** (order + i) for i, factor in enumerate(row))
        for order, row in enumerate(rows, start=1)
    )


# Krueger's series to n^6: Karney (2011), equations 35 and 36.
ALPHA = _series(
    (
        (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
        (13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
        (61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
        (49561 / 161280, -179 / 168, 6601661 / 7257600),
        (34729 / 80640, -3418889 / 1995840),
        (212378941 / 319334400,),
    )
)
_BETA = _series(
    (
        (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
        (1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
        (17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
        (4397 / 161280, -11 / 504, -830251 / 7257600),
        (4583 / 161280, -108847 / 3991680),
        (20648693 / 638668800,),
    )
)
# From conformal to geographic latitude.
_DELTA = _series(
    (
        (2, -2 / 3, -2, 116 / 45, 26 / 45, -2854 / 675),
        (7 / 3, -8 / 5, -227 / 45, 2704 / 315, 2323 / 945),
        (56 / 15, -136 / 35, -1262 / 105, 73814 / 2835),
        (4279 / 630, -332 / 35, -399572 / 14175),
        (4174 / 315, -144838 / 6237),
        (601676 / 22275,),
    )
)


def _radii():
    """Return metres per unit of Krueger's and of the stereographic coordinates."""
    n, e = _FLATTENING / (2.0 - _FLATTENING), ECCENTRICITY
    rectifying = _EQUATOR_M / (1.0 + n) * (1.0 + n**2 / 4 + n**4 / 64 + n**6 / 256)
    polar = 2.0 * _EQUATOR_M / np.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))
    return _UTM_SCALE * rectifying, _UPS_SCALE * polar


UTM_UNIT_M, UPS_UNIT_M = _radii()
# The same limit in metres east or west, and half a meridian, over a pole, northwards.
_FARTHEST_EAST_M, _FARTHEST_NORTH_M = 1.74 * UTM_UNIT_M, 3.15 * UTM_UNIT_M
MERIDIANS = np.where(ZONE_NUMBERS > 0, 6.0 * ZONE_NUMBERS - 183.0, 0.0)
# And where places within 2e-6 of the other pole come to lie.
_FARTHEST_POLAR_M = 1e6 * UPS_UNIT_M
SOUTHERN_M = np.where((ZONE_BANDS >= "C") & (ZONE_BANDS < "N"), 1e7, 0.0)


def _sum_of_sines(coefficients, sine, cosine):
    """Clenshaw's sum of c_j sin(2 j z), from sin(2 z) and cos(2 z), real or complex."""
    twice = 2.0 * cosine
    before, last = np.zeros_like(twice), np.full_like(twice, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        before *= -1.0
        before += twice * last
        before += coefficient
        before, last = last, before
    return last * sine


def _conformal(latitude):
    """Return what is in proportion to sine and cosine of the conformal latitude."""
    sine, cosine = sin_degrees(latitude), cos_degrees(latitude)
    bend = np.sinh(ECCENTRICITY * np.arctanh(ECCENTRICITY * sine))
    return sine * np.sqrt(1.0 + bend**2) - bend, cosine


def _geographic(sine, cosine):
    """Return latitudes from what is in proportion to those of `_conformal`."""
    length2 = sine**2 + cosine**2
    bend = _sum_of_sines(
        _DELTA, 2.0 * sine * cosine / length2, (cosine**2 - sine**2) / length2
    )
    return np.degrees(np.arctan2(sine, cosine) + bend)


def _complex(sin_y, cos_y, sinh_x):
    """Return sine and cosine of y + i x."""
    cosh_x = np.sqrt(1.0 + sinh_x**2)
    sine, cosine = np.empty((2, len(sin_y)), dtype=np.complex128)
    np.multiply(sin_y, cosh_x, out=sine.real)
    np.multiply(cos_y, sinh_x, out=sine.imag)
    np.multiply(cos_y, cosh_x, out=cosine.real)
    np.multiply(-sin_y, sinh_x, out=cosine.imag)
    return sine, cosine


def _project_transverse(places, zone):
    """Return eastings and northings, and which places are too far."""
    turn = wrap_longitude(places[:, 1] - MERIDIANS[zone])
    up, around = _conformal(places[:, 0])
    # On the sphere of conformal latitudes: up, ahead and aside are coordinates in
    # space. Gauss and Schreiber's transverse coordinates x, y follow from them.
    ahead, aside = around * cos_degrees(turn), around * sin_degrees(turn)
    length = np.hypot(up, ahead)
    far = np.abs(aside) > FARTHEST * length
    if far.any():
        length = np.where(far, 1.0, length)
    sin_y, cos_y, sinh_x = up / length, ahead / length, aside / length
    sin_2y, cos_2y = 2.0 * sin_y * cos_y, (cos_y - sin_y) * (cos_y + sin_y)
    sinh_2x = 2.0 * sinh_x * np.sqrt(1.0 + sinh_x**2)
    bend = _sum_of_sines(ALPHA, *_complex(sin_2y, cos_2y, sinh_2x))
    out = np.empty((len(places), 2))
    out[:, 0] = np.arcsinh(sinh_x) + bend.imag
    out[:, 1] = np.arctan2(up, ahead) + bend.real
    out *= UTM_UNIT_M
    out[:, 0] += UTM_EASTING_M
    out[:, 1] += SOUTHERN_M[zone]
    return out, far


def _unproject_transverse(metres, zone):
    y = (metres[:, 1] - SOUTHERN_M[zone]) / UTM_UNIT_M
    x = (metres[:, 0] - UTM_EASTING_M) / UTM_UNIT_M
    bend = _sum_of_sines(
        _BETA, *_complex(np.sin(2.0 * y), np.cos(2.0 * y), np.sinh(2.0 * x))
    )
    y -= bend.real
    aside, ahead, up = np.sinh(x - bend.imag), np.cos(y), np.sin(y)
    places = np.empty((len(metres), 2))
    places[:, 0] = _geographic(up, np.hypot(aside, ahead))
    turn = np.degrees(np.arctan2(aside, ahead))
    places[:, 1] = wrap_longitude(MERIDIANS[zone] + turn)
    return places


def _project_polar(places, zone):
    """Return eastings and northings, and which places are too far."""
    north = np.where(ZONE_BOUNDS[zone, 0] > 0.0, 1.0, -1.0)
    up, around = _conformal(north * places[:, 0])
    length = np.hypot(up, around)
    far = around < 1e-6 * (length - up)
    # The tangent of half the conformal colatitude; at the other pole there is none.
    across = np.where(
        up >= 0.0, length + up, np.where(far, 1.0, around) ** 2 / (length + np.abs(up))
    )
    reach = around / across * UPS_UNIT_M
    out = np.empty((len(places), 2))
    out[:, 0] = reach * sin_degrees(places[:, 1])
    out[:, 1] = -north * reach * cos_degrees(places[:, 1])
    out += UPS_ORIGIN_M
    return out, far


def _unproject_polar(metres, zone):
    north = np.where(ZONE_BOUNDS[zone, 0] > 0.0, 1.0, -1.0)
    aside, ahead = ((metres - UPS_ORIGIN_M) / UPS_UNIT_M).T
    ahead = -north * ahead
    half = np.hypot(aside, ahead)
    places = np.empty((len(metres), 2))
    # Sine and cosine of a colatitude by the tangent of its half.
    places[:, 0] = north * _geographic(1.0 - half**2, 2.0 * half)
    places[:, 1] = wrap_longitude(np.degrees(np.arctan2(aside, ahead)))
    return places
