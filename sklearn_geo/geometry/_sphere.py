# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Distances, directions and centres on a sphere.

Trigonometry is done on degrees that were subtracted first and turned into radians
afterwards, and cosines of latitudes are sines of colatitudes. So places that are
equal are exactly 0 km apart, all names of a pole are one place, and neither tiny
distances nor antipodes lose digits.
"""

import warnings

import numpy as np
from scipy.spatial import cKDTree
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches, get_chunk_n_rows

from sklearn_geo.base import check_place, check_places, wrap_longitude

# Mean radius of the earth, (2a + b) / 3 of WGS84.
EARTH_RADIUS_KM = 6371.0088

_RADIANS = np.pi / 180.0
_HALF_RADIANS = np.pi / 360.0

# Rows a block: five buffers of float64 stay in the second-level cache.
_BLOCK_ROWS = 8192

# Beyond this haversine (176 degrees apart) the arcsine loses digits: go by antipode.
_NEAR_ANTIPODE = 0.999

# Sums of weights (or distances) that differ by less than this share are a tie.
_TIE = 1e-12


def unit_vectors(places):
    """Turn places into vectors of length one.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places, 3)
        x points to (0, 0), y to (0, 90) and z to the north pole.

    See Also
    --------
    places_from_vectors : The way back.
    km_to_chord : Great-circle distances as distances between these vectors.

    Examples
    --------
    >>> from sklearn_geo.geometry import unit_vectors
    >>> unit_vectors([[90.0, 45.0], [0.0, 0.0]])
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    places = check_places(places)
    latitude, longitude = places[:, 0], places[:, 1]
    around = _cos_degrees(latitude)
    vectors = np.empty((len(places), 3))
    np.multiply(around, _cos_degrees(longitude), out=vectors[:, 0])
    np.multiply(around, _sin_degrees(longitude), out=vectors[:, 1])
    np.sin(latitude * _RADIANS, out=vectors[:, 2])
    return vectors


def places_from_vectors(vectors):
    """Turn vectors of any positive length into the places they point to.

    Parameters
    ----------
    vectors : array-like of shape (n_places, 3)
        Directions from the centre of the earth; see `unit_vectors` for the axes.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Latitude and longitude in degrees, longitudes in [-180, 180). A pole has
        longitude 0.

    Raises
    ------
    ValueError
        If a vector is zero or not finite: it points nowhere.

    See Also
    --------
    unit_vectors : The way there.

    Examples
    --------
    >>> from sklearn_geo.geometry import places_from_vectors
    >>> places_from_vectors([[0.0, 2.0, 0.0], [0.0, 0.0, -1.0]])
    array([[  0.,  90.],
           [-90.,   0.]])
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or vectors.shape[1] != 3:
        raise ValueError(
            "vectors must have three columns, (x, y, z); got an array of shape "
            f"{vectors.shape}."
        )
    lost = ~(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))
    if lost.any():
        row = int(np.argmax(lost))
        raise ValueError(
            f"vectors, row {row}: {vectors[row].tolist()} points to no place. Drop "
            "zero and non-finite vectors first."
        )
    x, y, z = vectors.T
    latitude = np.degrees(np.arctan2(z, np.hypot(x, y)))
    # Adding 0.0 turns a negative zero into a plain one.
    longitude = np.degrees(np.arctan2(y + 0.0, x + 0.0))
    return np.column_stack([latitude, wrap_longitude(longitude)])


def haversine(a, b, *, radius_km=EARTH_RADIUS_KM):
    """Great-circle distances between the rows of two tables of places.

    Parameters
    ----------
    a, b : array-like of shape (n_places, 2)
        Latitude and longitude in degrees. A table of one row is compared with every
        row of the other.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    ndarray of shape (n_places,)
        Distances in km.

    See Also
    --------
    pairwise_haversine : Every row of one table against every row of the other.
    haversine_to_point : Every row against one place.

    Notes
    -----
    With latitudes :math:`\\varphi` and longitudes :math:`\\lambda`,

    .. math::
        d = 2 R \\arcsin \\sqrt{\\sin^2 \\tfrac{\\varphi_2 - \\varphi_1}{2}
            + \\cos \\varphi_1 \\cos \\varphi_2
            \\sin^2 \\tfrac{\\lambda_2 - \\lambda_1}{2}}.

    Pairs more than 176 degrees apart are measured through the antipode of one of them,
    where the formula keeps its digits. Rounding stays below a tenth of a millimetre's
    ten-thousandth everywhere.

    Examples
    --------
    >>> from sklearn_geo.geometry import haversine
    >>> paris, london = [[48.8566, 2.3522]], [[51.5074, -0.1278]]
    >>> haversine(paris, london).round(1)
    array([343.6])
    """
    a, b = check_places(a, name="a"), check_places(b, name="b")
    _check_radius(radius_km)
    if len(a) != len(b) and len(a) != 1 and len(b) != 1:
        raise ValueError(
            f"a has {len(a)} rows and b has {len(b)}: rows are compared one by one, so "
            "give tables of equal length, or one place against many. "
            "pairwise_haversine compares all with all."
        )
    n = max(len(a), len(b))
    distances = np.empty(n)
    cos_a, cos_b, work = np.empty((3, min(n, _BLOCK_ROWS)))
    for rows in gen_batches(n, _BLOCK_ROWS):
        block_a = a[rows] if len(a) == n else a
        block_b = b[rows] if len(b) == n else b
        out = distances[rows]
        _half_angles(
            (*block_a.T, _cos_degrees(block_a[:, 0], out=cos_a[: len(block_a)])),
            (*block_b.T, _cos_degrees(block_b[:, 0], out=cos_b[: len(block_b)])),
            out=out,
            work=work[: len(out)],
        )
        out *= 2.0 * radius_km
    return distances


def haversine_to_point(places, point, *, radius_km=EARTH_RADIUS_KM):
    """Great-circle distances from every place to one point.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    point : array-like of shape (2,)
        Latitude and longitude of the point.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    ndarray of shape (n_places,)
        Distances in km.

    See Also
    --------
    haversine : Row by row.

    Examples
    --------
    >>> from sklearn_geo.geometry import haversine_to_point
    >>> haversine_to_point([[0.0, 0.0], [0.0, 90.0]], [90.0, 0.0]).round(1)
    array([10007.6, 10007.6])
    """
    point = check_place(point, name="point")
    places = check_places(places)
    return haversine(places, point[np.newaxis], radius_km=radius_km)


def pairwise_haversine(a, b=None, *, radius_km=EARTH_RADIUS_KM):
    """Great-circle distances between all rows of one table and all of another.

    Parameters
    ----------
    a : array-like of shape (n_a, 2)
        Latitude and longitude in degrees.

    b : array-like of shape (n_b, 2), default=None
        The places to measure to; `a` itself if None.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        Distances in km. Symmetric to the last bit if `b` is None.

    See Also
    --------
    pairwise_haversine_chunks : The same, a few rows at a time.
    haversine : Row by row.

    Examples
    --------
    >>> from sklearn_geo.geometry import pairwise_haversine
    >>> pairwise_haversine([[0.0, 0.0], [90.0, 0.0]], radius_km=1.0).round(4)
    array([[0.    , 1.5708],
           [1.5708, 0.    ]])
    """
    a = check_places(a, name="a")
    b = a if b is None else check_places(b, name="b")
    _check_radius(radius_km)
    distances = np.empty((len(a), len(b)))
    side_a = (*a.T[:, :, np.newaxis], _cos_degrees(a[:, 0])[:, np.newaxis])
    side_b = (*np.ascontiguousarray(b.T), _cos_degrees(b[:, 0]))
    n_rows = max(1, _BLOCK_ROWS // len(b))
    work = np.empty((min(n_rows, len(a)), len(b)))
    for rows in gen_batches(len(a), n_rows):
        out = distances[rows]
        _half_angles(
            tuple(column[rows] for column in side_a),
            side_b,
            out=out,
            work=work[: len(out)],
        )
        out *= 2.0 * radius_km
    return distances


def pairwise_haversine_chunks(a, b=None, *, radius_km=EARTH_RADIUS_KM):
    """Yield the rows of `pairwise_haversine` in blocks that fit the working memory.

    Parameters
    ----------
    a : array-like of shape (n_a, 2)
        Latitude and longitude in degrees.

    b : array-like of shape (n_b, 2), default=None
        The places to measure to; `a` itself if None.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Yields
    ------
    rows : slice
        Which rows of `a` the block is about.

    distances : ndarray of shape (rows.stop - rows.start, n_b)
        Their distances in km to all of `b`.

    See Also
    --------
    pairwise_haversine : All rows at once.

    Notes
    -----
    A block takes at most ``sklearn.get_config()["working_memory"]`` MiB, and at least
    one row.

    Examples
    --------
    >>> from sklearn_geo.geometry import pairwise_haversine_chunks
    >>> places = [[0.0, 0.0], [0.0, 1.0], [0.0, 3.0]]
    >>> for rows, distances in pairwise_haversine_chunks(places):
    ...     print(rows, distances.max(axis=1).round(1))
    slice(0, 3, None) [333.6 222.4 333.6]
    """
    a = check_places(a, name="a")
    b = a if b is None else check_places(b, name="b")
    n_rows = get_chunk_n_rows(row_bytes=8 * len(b), max_n_rows=len(a))
    for rows in gen_batches(len(a), n_rows):
        yield rows, pairwise_haversine(a[rows], b, radius_km=radius_km)


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
    bend *= _sin_degrees(lat_a) * _cos_degrees(lat_b)
    north = np.where(
        far, _sin_degrees(lat_b + lat_a) - bend, _sin_degrees(lat_b - lat_a) + bend
    )
    east = _sin_degrees(turn) * _cos_degrees(lat_b)
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
    _check_radius(radius_km)
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
    angle = way / radius_km
    sin_lat, cos_lat = _sin_degrees(latitude), _cos_degrees(latitude)
    sin_way, cos_way = np.sin(angle), np.cos(angle)
    ahead = sin_way * _cos_degrees(theta)
    # The frame whose x axis lies on the start's own meridian.
    x = cos_lat * cos_way - sin_lat * ahead
    y = sin_way * _sin_degrees(theta)
    z = sin_lat * cos_way + cos_lat * ahead
    reached = np.empty((*np.broadcast_shapes(x.shape, y.shape), 2))
    reached[:, 0] = np.degrees(np.arctan2(z, np.hypot(x, y)))
    reached[:, 1] = wrap_longitude(longitude + np.degrees(np.arctan2(y, x)))
    return reached


def km_to_chord(km, *, radius_km=EARTH_RADIUS_KM):
    """Turn great-circle distances into straight ones between unit vectors.

    Parameters
    ----------
    km : float or array-like
        Great-circle distances. Beyond half the circumference there is nothing farther:
        the chord is 2.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    float or ndarray
        Distances within the unit sphere, from 0 to 2: what a k-d tree on
        `unit_vectors` measures.

    See Also
    --------
    chord_to_km : The way back.

    Notes
    -----
    Rounding may put a neighbour at exactly `km` on either side of the chord. Search with
    a chord a few ulp larger and compare `haversine` where that matters.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geometry import km_to_chord
    >>> float(km_to_chord(np.pi / 3, radius_km=1.0).round(12))
    1.0
    """
    km = np.asarray(km, dtype=np.float64)
    _check_radius(radius_km)
    if not np.all(km >= 0.0):
        raise ValueError(f"km must not be negative or NaN; got {km[~(km >= 0.0)][0]}.")
    return 2.0 * np.sin(np.minimum(km / (2.0 * radius_km), np.pi / 2.0))


def chord_to_km(chord, *, radius_km=EARTH_RADIUS_KM):
    """Turn straight distances between unit vectors into great-circle ones.

    Parameters
    ----------
    chord : float or array-like
        Distances within the unit sphere, from 0 to 2. Infinity, by which a k-d tree
        says that there is no such neighbour, stays infinity.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere.

    Returns
    -------
    float or ndarray
        Great-circle distances in km.

    See Also
    --------
    km_to_chord : The way back.

    Notes
    -----
    A chord near 2 says little about the distance: 1e-16 of it is as much as 130 m. Use
    `haversine` for places near each other's antipodes.

    Examples
    --------
    >>> from sklearn_geo.geometry import chord_to_km
    >>> float(chord_to_km(1.0, radius_km=1.0).round(4))
    1.0472
    """
    chord = np.asarray(chord, dtype=np.float64)
    _check_radius(radius_km)
    wrong = ~((chord >= 0.0) & ((chord <= 2.0 + 1e-9) | np.isposinf(chord)))
    if np.any(wrong):
        raise ValueError(
            f"chords of the unit sphere are in [0, 2]; got {chord[wrong][0]}. Divide "
            "straight distances in km by the radius first."
        )
    km = 2.0 * radius_km * np.arcsin(np.minimum(chord / 2.0, 1.0))
    return np.where(np.isposinf(chord), np.inf, km)[()]


def spherical_mean(places, sample_weight=None):
    """Return the weighted mean of places: the direction of their mean unit vector.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    sample_weight : array-like of shape (n_places,), default=None
        Non-negative weights; equal ones if None.

    Returns
    -------
    ndarray of shape (2,)
        Latitude and longitude in degrees.

    Raises
    ------
    ValueError
        If the places cancel (two opposite places, for example), so that their mean
        vector points nowhere.

    See Also
    --------
    geometric_median : The place with the smallest sum of distances.
    spherical_mode : The place around which most weight lies.

    Examples
    --------
    >>> from sklearn_geo.geometry import spherical_mean
    >>> spherical_mean([[0.0, 179.0], [0.0, -177.0]]).round(6)
    array([   0., -179.])
    """
    places = check_places(places)
    weights = _check_weights(sample_weight, len(places))
    total, length = _resultant(unit_vectors(places), weights)
    if length <= 1e-12:
        raise ValueError(
            "no mean of these places is defined: they balance each other around the "
            "globe. Use geometric_median or spherical_mode, or drop a place."
        )
    return places_from_vectors(total[np.newaxis])[0]


