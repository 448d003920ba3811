# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Distances, directions and centres on a sphere.

Degrees are subtracted first and turned into radians afterwards, and cosines are taken
as sines of the complement. So equal places are exactly 0 km apart, all names of a pole
are one place, and neither tiny distances nor antipodes lose digits.
"""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo._blocks import blocks
from sklearn_geo.base import check_place, check_places, wrap_longitude
from sklearn_geo.geometry._arguments import check_radius, read_numbers

# Mean radius of the earth, (2a + b) / 3 of WGS84.
EARTH_RADIUS_KM = 6371.0088

_RADIANS = np.pi / 180.0
_HALF_RADIANS = np.pi / 360.0

# Numbers a block: three buffers of float64 stay in the second-level cache.
_BLOCK_SIZE = 16384

# Beyond this haversine (176 degrees apart) the arcsine loses digits: go by antipode.
_NEAR_ANTIPODE = 0.999


def unit_vectors(places):
    """Turn places into vectors of length one.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places, 3)
        Their x points to (0, 0), y to (0, 90) and z to the north pole.

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
    vectors = np.empty((len(places), 3))
    for rows in blocks(len(places), _BLOCK_SIZE):
        (latitude, longitude), out = places[rows].T, vectors[rows]
        around = cos_degrees(latitude)
        np.multiply(around, cos_degrees(longitude), out=out[:, 0])
        np.multiply(around, sin_degrees(longitude), out=out[:, 1])
        np.sin(latitude * _RADIANS, out=out[:, 2])
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
    vectors = read_numbers(vectors, "vectors")
    if vectors.ndim != 2 or vectors.shape[1] != 3:
        raise ValueError(
            "vectors must have three columns, (x, y, z); got an array of shape "
            f"{vectors.shape}."
        )
    # A NaN that signals, as damaged files hold, is no reason for numpy to warn.
    with np.errstate(invalid="ignore"):
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
    r"""Great-circle distances between the rows of two tables of places.

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
    With latitudes :math:`\varphi` and longitudes :math:`\lambda`,

    .. math::
        d = 2 R \arcsin \sqrt{\sin^2 \tfrac{\varphi_2 - \varphi_1}{2}
            + \cos \varphi_1 \cos \varphi_2
            \sin^2 \tfrac{\lambda_2 - \lambda_1}{2}}.

    Pairs more than 176 degrees apart are measured through the antipode of one of them,
    where the formula keeps its digits.

    Examples
    --------
    >>> from sklearn_geo.geometry import haversine
    >>> paris, london = [[48.8566, 2.3522]], [[51.5074, -0.1278]]
    >>> haversine(paris, london).round(1)
    array([343.6])
    """
    a, b = check_places(a, name="a"), check_places(b, name="b")
    radius_km = check_radius(radius_km)
    if len(a) != len(b) and len(a) != 1 and len(b) != 1:
        raise ValueError(
            f"a has {len(a)} rows and b has {len(b)}: rows are compared one by one, so "
            "give tables of equal length, or one place against many. "
            "pairwise_haversine compares all with all."
        )
    return checked_haversine(a, b, radius_km)


def checked_haversine(a, b, radius_km=EARTH_RADIUS_KM):
    """Return the distances of :func:`haversine` between places that were checked."""
    n = max(len(a), len(b))
    distances = np.empty(n)
    buffers = np.empty((2, min(n, _BLOCK_SIZE)))
    for rows in gen_batches(n, _BLOCK_SIZE):
        out = distances[rows]
        _half_angles(
            a[rows] if len(a) == n else a,
            b[rows] if len(b) == n else b,
            out=out,
            buffers=buffers[:, : len(out)],
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

    Notes
    -----
    The haversine is a quarter of the squared chord between unit vectors, which spares
    a sine per pair. Equal places are exactly 0 apart; otherwise a distance may differ
    from that of `haversine` by some nanometres, and by a few hundred near
    the antipode.

    Examples
    --------
    >>> from sklearn_geo.geometry import pairwise_haversine
    >>> pairwise_haversine([[0.0, 0.0], [90.0, 0.0]], radius_km=1.0).round(4)
    array([[0.    , 1.5708],
           [1.5708, 0.    ]])
    """
    a = check_places(a, name="a")
    b = a if b is None else check_places(b, name="b")
    radius_km = check_radius(radius_km)
    from_a = unit_vectors(a)
    from_b = from_a if b is a else unit_vectors(b)
    to_b = np.ascontiguousarray(from_b.T)
    distances = np.empty((len(a), len(b)))
    n_rows = max(1, _BLOCK_SIZE // len(b))
    buffer = np.empty((min(n_rows, len(a)), len(b)))
    for rows in gen_batches(len(a), n_rows):
        out = distances[rows]
        _half_angles_of_vectors(from_a[rows], to_b, out=out, buffer=buffer[: len(out)])
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
    n_rows = _rows_that_fit(8 * len(b), len(a))
    for rows in gen_batches(len(a), n_rows):
        yield rows, pairwise_haversine(a[rows], b, radius_km=radius_km)


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
    Rounding may put a neighbour at exactly `km` on either side of the chord. Search
    with a chord a few ulp larger and compare `haversine` where that matters.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geometry import km_to_chord
    >>> float(km_to_chord(np.pi / 3, radius_km=1.0).round(12))
    1.0
    """
    km = read_numbers(km, "km")
    radius_km = check_radius(radius_km)
    if not np.all(km >= 0.0):
        raise ValueError(f"km must not be negative or NaN; got {km[~(km >= 0.0)][0]}.")
    with np.errstate(over="ignore"):  # far is far, infinity too
        angle = km / (2.0 * radius_km)
    return 2.0 * np.sin(np.minimum(angle, np.pi / 2.0))


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
    chord = read_numbers(chord, "chord")
    radius_km = check_radius(radius_km)
    wrong = ~((chord >= 0.0) & ((chord <= 2.0 + 1e-9) | np.isposinf(chord)))
    if np.any(wrong):
        raise ValueError(
            f"chords of the unit sphere are in [0, 2]; got {chord[wrong][0]}. Divide "
            "straight distances in km by the radius first."
        )
    km = 2.0 * radius_km * np.arcsin(np.minimum(chord / 2.0, 1.0))
    return np.where(np.isposinf(chord), np.inf, km)[()]


def cos_degrees(degrees):
    """Cosines of angles in [-180, 180] degrees, exactly 0 at 90."""
    out = 90.0 - np.abs(degrees)
    out *= _RADIANS
    return np.sin(out, out=out)


def sin_degrees(degrees):
    """Sines of angles in [-180, 180] degrees, exactly 0 at 180."""
    size = np.abs(degrees)
    size = np.minimum(size, 180.0 - size)
    return np.copysign(np.sin(size * _RADIANS), degrees)


def _half_angles(a, b, *, out, buffers):
    """Write half the angles between the rows of two tables of places into `out`."""
    (lat_a, lon_a), (lat_b, lon_b) = a.T, b.T
    apart, turn = buffers
    # cos(lat_a) cos(lat_b) = cos((lat_a + lat_b) / 2)^2 - sin((lat_b - lat_a) / 2)^2
    # takes one sine instead of two. No digits are lost: both squares are no larger than
    # the haversine, unless the product itself is.
    np.subtract(lat_b, lat_a, out=out)
    _square_half_sines(out)
    np.add(lat_b, lat_a, out=apart)
    np.abs(apart, out=apart)
    np.subtract(180.0, apart, out=apart)
    _square_half_sines(apart)
    apart -= out
    np.subtract(lon_b, lon_a, out=turn)
    _square_half_sines(turn)
    turn *= apart
    out += turn

    def across(rows):
        lat_1, lon_1 = a[rows if len(a) > 1 else slice(None)].T
        lat_2, lon_2 = b[rows if len(b) > 1 else slice(None)].T
        short = _square_half_sines(lat_1 + lat_2)
        apart = _square_half_sines(180.0 - np.abs(lat_2 - lat_1)) - short
        return short + apart * _square_half_sines(180.0 - np.abs(lon_2 - lon_1))

    _haversines_to_half_angles(out, across)


def _half_angles_of_vectors(rows, columns, *, out, buffer):
    """Write half the angles between (n, 3) and (3, m) unit vectors into `out`."""
    for axis in range(3):
        square = buffer if axis else out
        np.subtract(columns[axis], rows[:, axis, np.newaxis], out=square)
        np.square(square, out=square)
        if axis:
            out += square
    out *= 0.25

    def across(i, j):
        return ((rows[i] + columns.T[j]) ** 2).sum(axis=1) / 4.0

    _haversines_to_half_angles(out, across)


def _square_half_sines(degrees):
    """Replace angles by the squares of the sines of their halves."""
    degrees *= _HALF_RADIANS
    np.sin(degrees, out=degrees)
    return np.square(degrees, out=degrees)


def _haversines_to_half_angles(h, across):
    """Replace haversines by half angles.

    `across` returns the haversines to the antipodes for positions in `h`: near 1, the
    arcsine would lose half of the digits.
    """
    largest = h.max()
    opposite = np.nonzero(h > _NEAR_ANTIPODE) if largest > _NEAR_ANTIPODE else None
    if largest > 1.0:  # by an ulp
        np.minimum(h, 1.0, out=h)
    np.sqrt(h, out=h)
    np.arcsin(h, out=h)
    if opposite is not None:
        h[opposite] = np.pi / 2.0 - np.arcsin(np.sqrt(across(*opposite)))


def _rows_that_fit(row_bytes, n_rows):
    """Return how many rows scikit-learn's working memory (in MiB) holds, at least 1."""
    return max(1, min(n_rows, int(get_config()["working_memory"] * 2**20) // row_bytes))
