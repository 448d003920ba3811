# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A hierarchy of triangles of equal area over the globe, with one integer a triangle.

The map (longitude, sin latitude) keeps areas, so a uniform grid in that plane has
cells of equal area on the sphere. Each of the 31 x 31 cells is cut in two by a
diagonal, and each triangle in four by the midpoints of its edges, as often as wanted.

All triangles of one level are cut out of the plane by three families of parallel
lines: u = const, v = const and u + v = const. A triangle is therefore three integers,
I = floor(u), J = floor(v) and K = floor(u + v) on the level's scale, and its parent is
the same three integers without their last bits. Location is three floors, and an id
is their bits put in an order in which descendants stand together.
"""

import numbers

import numpy as np
from sklearn.utils import gen_batches

from sklearn_geo.base import check_places
from sklearn_geo.geometry._sphere import EARTH_RADIUS_KM

# Cells along either axis of the plane in the base grid, and triangles in it.
N_GRID = 31
N_BASE_TRIANGLES = 2 * N_GRID**2

# An id has 11 bits for the base triangle, two a level and a closing one: 64 in all.
TRIANGLE_MAX_LEVEL = 26
_PATH_BITS = 2 * TRIANGLE_MAX_LEVEL
_BASE_SHIFT = np.uint64(_PATH_BITS + 1)

# u and v are below 32 = 2**5, so a float64 multiple of 2**-48 holds them and no less.
_PLANE_BITS = 48

_ALL_BITS = (1 << 64) - 1
_ONE = np.uint64(1)
_LEVEL_MASK = np.uint64((1 << TRIANGLE_MAX_LEVEL) - 1)
_PATH_MASK = np.uint64((1 << _PATH_BITS) - 1)
# The closing bit stands on an even position, from 0 (the deepest level) to 52 (base).
_CLOSING_BITS = np.uint64(sum(1 << (2 * k) for k in range(TRIANGLE_MAX_LEVEL + 1)))

# Shifts and masks that put 32 bits on every other position of 64, and back.
_SPREAD = tuple(
    (np.uint64(shift), np.uint64(mask))
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    )
)

# All triangles of this level take a quarter of a gigabyte.
_LAST_LEVEL_LISTED = 7

_DIGITS = np.array([ord(digit) for digit in "0123456789abcdef"], dtype=np.uint32)
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")

# Batches that stay in the processor's cache are faster than whole columns.
_BATCH = 1 << 15


def triangle_ids(places, level):
    r"""Name the triangle of one level that each place lies in.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    level : int or array-like of int of shape (n_places,)
        How often the 1,922 base triangles are refined, from 0 to 26.

    Returns
    -------
    ndarray of shape (n_places,), uint64
        Ids of the triangles. The same as
        ``triangle_parents(triangle_ids(places, 26), level)``.

    See Also
    --------
    triangle_parents : The ancestors of triangles.
    triangle_ranges : The ids of all descendants, as an interval.
    s2_cell_ids : Square cells of nearly equal area, in the same manner.

    Notes
    -----
    The base mesh is the structured 31 x 31 grid with equal area in each triangle of
    [1]_. In the plane

    .. math:: u = 31 (\lambda + 180) / 360, \qquad v = 31 (1 + \sin \varphi) / 2

    every cell of that grid is cut from its north-west to its south-east corner.
    Edges are straight in this plane; on the globe they are parts of parallels, of
    meridians, and of oblique curves, not geodesics.

    u and v are computed in float64 and cut to multiples of 2**-48. From there on
    all arithmetic is in integers, so the following rule holds exactly. On the scale
    of a level a triangle holds what is in [I, I + 1) along u, in [J, J + 1) along v,
    and in [K, K + 1) along u + v: it owns its western, southern and south-western
    edges and not the others. The north pole is counted to the northernmost row and
    the meridian of 180 degrees is that of -180. A pole has no longitude; the one
    that is given is ignored and read as 0. So every point of the globe lies in
    exactly one triangle of every level.

    A triangle of level 26 has 0.6 square centimetres.

    References
    ----------
    .. [1] "Multi-modal Geolocation Estimation using Deep Neural Networks", section
       3.1.1, under review as a conference paper at ICLR 2018.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids, triangle_tokens
    >>> ids = triangle_ids([[48.8584, 2.2945], [-33.8568, 151.2153]], level=8)
    >>> triangle_tokens(ids)
    array(['d50fb49', '35bdaff'], dtype='<U16')
    """
    places = check_places(places)
    closing = _closing_bit(level, (len(places),))
    ids = np.empty(len(places), dtype=np.uint64)
    for batch in gen_batches(len(places), _BATCH):
        ids[batch] = _leaf_ids(places[batch])
    return (ids & _minus(closing)) | closing


def triangle_ids_at_level(level):
    """List the ids of all triangles of a level.

    Parameters
    ----------
    level : int
        From 0 to 7.

    Returns
    -------
    ndarray of shape (1922 * 4**level,), uint64
        Ids in ascending order. At level 0 that is row by row from the south, each row
        from longitude -180 eastwards.

    See Also
    --------
    triangle_children : Refine some triangles by one level.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_at_level
    >>> len(triangle_ids_at_level(0)), len(triangle_ids_at_level(3))
    (1922, 123008)
    """
    closing = _closing_bit(level, ())
    if level > _LAST_LEVEL_LISTED:
        raise ValueError(
            f"level {level} has {N_BASE_TRIANGLES * 4**level:,} triangles, too many to "
            f"list; the finest level listed is {_LAST_LEVEL_LISTED}. List a coarser "
            "level and refine the triangles you need with triangle_children."
        )
    order = np.arange(N_BASE_TRIANGLES * 4**level, dtype=np.uint64)
    return order * (closing << _ONE) + closing


def triangle_parents(ids, level):
    """Return the ancestors of triangles at a level.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    level : int or array-like of int
        The ancestors' level, not deeper than the triangles' own; one for all or one
        an id.

    Returns
    -------
    ndarray of uint64
        Ids of the triangles of that level which hold the given ones.

    Raises
    ------
    ValueError
        If an id is no triangle, or is above the level asked for.

    See Also
    --------
    triangle_children : The other way, by one level.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_children, triangle_ids_at_level
    >>> from sklearn_geo.geometry import triangle_parents
    >>> base = triangle_ids_at_level(0)[:2]
    >>> bool((triangle_parents(triangle_children(base)[:, 3], 0) == base).all())
    True
    """
    ids = _check_ids(ids)
    closing = _closing_bit(level, ids.shape)
    own = _lowest_bit(ids)
    above = own > closing
    if above.any():
        row = _first(above)
        raise ValueError(
            f"ids, {_position(row)}: a triangle of level {_levels(ids)[row]} has no "
            "one parent at a deeper level. Ask for its own level at most, or call "
            "triangle_ids(places, level) with the places themselves."
        )
    return (ids & _minus(closing)) | closing


def triangle_levels(ids):
    """Return the levels of triangles.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of int64
        Levels, 0 for the base triangles, 26 for the smallest.

    See Also
    --------
    triangle_areas : How large triangles are.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids, triangle_levels
    >>> triangle_levels(triangle_ids([[48.8584, 2.2945]], level=8))
    array([8])
    """
    return _levels(_check_ids(ids))


def triangle_children(ids):
    """Return the four triangles that each triangle is refined into.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles above the last level.

    Returns
    -------
    ndarray of shape (..., 4), uint64
        Ids in ascending order. The first three stand at the corners, in the order
        of `triangle_vertices`, the last is the one between the midpoints.

    Raises
    ------
    ValueError
        If a triangle is at the last level.

    See Also
    --------
    triangle_parents : The other way, by any number of levels.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_children, triangle_ids_at_level
    >>> from sklearn_geo.geometry import triangle_areas
    >>> areas = triangle_areas(triangle_children(triangle_ids_at_level(0)[:1])[0])
    >>> [round(float(area), 1) for area in areas]
    [66345.7, 66345.7, 66345.7, 66345.7]
    """
    ids = _check_ids(ids)
    closing = _lowest_bit(ids)
    last = closing == _ONE
    if last.any():
        raise ValueError(
            f"ids, {_position(_first(last))}: the triangle is at the last level, "
            f"{TRIANGLE_MAX_LEVEL}, and has no children. Refine triangles of level "
            f"{TRIANGLE_MAX_LEVEL - 1} or coarser."
        )
    quarter = closing >> np.uint64(2)
    odd = np.array([1, 3, 5, 7], dtype=np.uint64)
    return (ids ^ closing)[..., None] | (quarter[..., None] * odd)


def triangle_ranges(ids):
    """Return the smallest and largest id at the last level inside each triangle.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    first : ndarray of uint64
        Smallest id of level 26 inside the triangle.

    last : ndarray of uint64
        Largest id of level 26 inside the triangle, included. The ids of all
        descendants of any level lie between the two, and no others do.

    See Also
    --------
    triangle_contains : Whether triangles are descendants.

    Examples
    --------
    Count the photos in triangles of any levels with two binary searches:

    >>> import numpy as np
    >>> from sklearn_geo.geometry import triangle_ids, triangle_ranges
    >>> photos = [[48.8584, 2.2945], [48.8530, 2.3499], [51.5007, -0.1246]]
    >>> leaves = np.sort(triangle_ids(photos, level=26))
    >>> first, last = triangle_ranges(np.unique(triangle_ids(photos, level=5)))
    >>> np.searchsorted(leaves, last, "right") - np.searchsorted(leaves, first)
    array([2, 1])
    """
    ids = _check_ids(ids)
    rest = _lowest_bit(ids) - _ONE
    return ids - rest, ids + rest


def triangle_contains(cells, ids):
    """Tell whether triangles are descendants of others, or the same.

    Parameters
    ----------
    cells : array-like of uint64
        Ids of the triangles that may contain.

    ids : array-like of uint64
        Ids of the triangles that may be contained. The two shapes are broadcast.

    Returns
    -------
    ndarray of bool
        Whether the triangle of `ids` is inside that of `cells`.

    See Also
    --------
    triangle_ranges : The interval that this compares with.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_contains, triangle_ids
    >>> eiffel_tower = [[48.8584, 2.2945]]
    >>> small = triangle_ids(eiffel_tower, level=12)
    >>> large = triangle_ids(eiffel_tower, level=3)
    >>> triangle_contains(large, small), triangle_contains(small, large)
    (array([ True]), array([False]))
    """
    cells, ids = _check_ids(cells, "cells"), _check_ids(ids)
    rest = _lowest_bit(cells) - _ONE
    return (ids >= cells - rest) & (ids <= cells + rest)


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
    column, row, upper, level = _decode(_check_ids(ids))
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
    column, row, upper, level = _decode(_check_ids(ids))
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
    base = 4.0 * np.pi * radius_km**2 / N_BASE_TRIANGLES
    return np.ldexp(base, -2 * _levels(_check_ids(ids)))


def triangle_tokens(ids):
    """Write ids as short texts.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of str
        The 16 hexadecimal digits of each id without the zeros at their end: four
        digits for a large triangle, 16 for the smallest. Tokens sort as ids do.

    See Also
    --------
    triangle_ids_from_tokens : The way back.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_at_level, triangle_tokens
    >>> triangle_tokens(triangle_ids_at_level(0)[:3])
    array(['001', '003', '005'], dtype='<U16')
    """
    ids = _check_ids(ids)
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    digits = (ids[..., None] >> shifts) & np.uint64(15)
    letters = _DIGITS[digits.astype(np.intp)]
    # numpy ends a text at its trailing NULs.
    zeros = _bit_position(_lowest_bit(ids)) // 4
    letters[np.arange(16) >= 16 - zeros[..., None]] = 0
    return letters.view("U16")[..., 0]


def triangle_ids_from_tokens(tokens):
    """Read ids from the texts that `triangle_tokens` writes.

    Parameters
    ----------
    tokens : array-like of str
        Tokens of triangles.

    Returns
    -------
    ndarray of uint64
        Ids of the triangles.

    Raises
    ------
    ValueError
        If a token is not one of a triangle. The message names it.

    See Also
    --------
    triangle_tokens : The way there.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_from_tokens, triangle_levels
    >>> triangle_levels(triangle_ids_from_tokens(["001", "d50fb49"]))
    array([0, 8])
    """
    given = np.atleast_1d(np.asarray(tokens, dtype=object))
    ids = np.zeros(given.shape, dtype=np.uint64)
    for row, token in np.ndenumerate(given):
        # int() alone would let signs, spaces, underscores and 0x pass.
        hexadecimal = isinstance(token, str) and _HEXADECIMAL.issuperset(token)
        if hexadecimal and 1 <= len(token) <= 16:
            ids[row] = int(token.ljust(16, "0"), 16)
    bad = ~_is_triangle(ids)
    if bad.any():
        row = _first(bad)
        raise ValueError(
            f"tokens, {_position(row)}: {given[row]!r} is not the token of a triangle. "
            "Tokens are what triangle_tokens writes: up to 16 of the digits 0-9, a-f."
        )
    return ids


def _leaf_ids(places):
    """Locate validated places at the last level."""
    # Contiguous columns: numpy rounds sin alike wherever a row stands.
    latitude = np.ascontiguousarray(places[:, 0])
    longitude = np.where(np.abs(latitude) == 90.0, 0.0, places[:, 1])
    u = (longitude + 180.0) * N_GRID / 360.0
    v = (np.sin(np.radians(latitude)) + 1.0) * (N_GRID / 2.0)
    # Rounding may reach 31 from below, and the north pole has v = 31.
    top = (N_GRID << _PLANE_BITS) - 1
    u = np.minimum(np.ldexp(u, _PLANE_BITS).astype(np.int64), top)
    v = np.minimum(np.ldexp(v, _PLANE_BITS).astype(np.int64), top)
    shift = _PLANE_BITS - TRIANGLE_MAX_LEVEL
    i = u >> shift
    j = v >> shift
    k = (u + v) >> shift
    column, row = i >> TRIANGLE_MAX_LEVEL, j >> TRIANGLE_MAX_LEVEL
    upper = (k >> TRIANGLE_MAX_LEVEL) - column - row
    base = (2 * (N_GRID * row + column) + upper).astype(np.uint64)
    # A child's code is (i xor k, j xor k), the last bits of the three integers: 0, 1
    # and 2 at the corners and 3 in the middle, in lower and upper triangles alike.
    high = (i ^ k).astype(np.uint64) & _LEVEL_MASK
    low = (j ^ k).astype(np.uint64) & _LEVEL_MASK
    path = (_spread(high) << _ONE) | _spread(low)
    return (base << _BASE_SHIFT) | (path << _ONE) | _ONE


def _decode(ids):
    """Return I, J, whether the triangle is an upper one (0 or 1), and the level."""
    level = _levels(ids)
    unused = (TRIANGLE_MAX_LEVEL - level).astype(np.uint64)
    base = ids >> _BASE_SHIFT
    path = ((ids ^ _lowest_bit(ids)) >> _ONE) & _PATH_MASK
    high, low = _gather(path >> _ONE), _gather(path)
    # Only the middle child turns upside down against its parent. So at each bit the
    # parent is upper if the base is, flipped once for every 3 at the bits above.
    turned = high & low
    for shift in (1, 2, 4, 8, 16):
        turned = turned ^ (turned >> np.uint64(shift))
    base_upper = (base & _ONE) * _LEVEL_MASK
    parent_upper = (turned >> _ONE) ^ base_upper
    k = parent_upper ^ (high | low)
    cell = base >> _ONE
    scale = level.astype(np.uint64)
    column = ((cell % np.uint64(N_GRID)) << scale) | ((high ^ k) >> unused)
    row = ((cell // np.uint64(N_GRID)) << scale) | ((low ^ k) >> unused)
    # Beyond the last used bit nothing flips: the lowest bit tells the whole parity.
    upper = (turned ^ base_upper) & _ONE
    return column.astype(np.int64), row.astype(np.int64), upper.astype(np.int64), level


def _places_of_plane(east, north, scale):
    """Map points of the plane, given as exact fractions of its sides, to places."""
    longitude = east * 360.0 / scale - 180.0
    # The arcsine of 2 north / scale - 1, without its loss of digits near the poles.
    across = np.sqrt(north.astype(np.float64) * (scale - north))
    latitude = np.degrees(np.arctan2((2 * north - scale).astype(float), 2.0 * across))
    return np.stack([latitude, longitude], axis=-1)


def _spread(bits):
    """Move 32 bits to the even positions of 64."""
    for shift, mask in _SPREAD:
        bits = (bits | (bits << shift)) & mask
    return bits


def _gather(bits):
    """Move the bits on the even positions of 64 together."""
    bits = bits & _SPREAD[-1][1]
    masks = [mask for _, mask in _SPREAD[-2::-1]] + [np.uint64(0xFFFFFFFF)]
    for (shift, _), mask in zip(_SPREAD[::-1], masks, strict=True):
        bits = (bits | (bits >> shift)) & mask
    return bits


def _minus(bit):
    """Negate in two's complement: the mask of a bit and all above it."""
    return ~bit + _ONE


def _lowest_bit(ids):
    return ids & (~ids + _ONE)


def _bit_position(bit):
    """Return which bit is set, for integers with one bit set."""
    return np.frexp(bit.astype(np.float64))[1].astype(np.int64) - 1


def _levels(ids):
    return TRIANGLE_MAX_LEVEL - _bit_position(_lowest_bit(ids)) // 2


def _closing_bit(level, shape):
    """Return the closing bit of ids of a level, or of one level for each id."""
    levels = np.asarray(level)
    if levels.dtype.kind not in "iu":
        raise TypeError(
            f"level must be an integer or an array of integers; got {level!r}."
        )
    if levels.ndim and levels.shape != shape:
        raise ValueError(
            "level must be one number, or an array with one for each row: expected "
            f"the shape {shape}, got {levels.shape}."
        )
    wrong = (levels < 0) | (levels > TRIANGLE_MAX_LEVEL)
    if wrong.any():
        raise ValueError(
            f"level must be from 0 (1,922 triangles) to {TRIANGLE_MAX_LEVEL}; got "
            f"{levels[wrong].ravel()[0]}."
        )
    shift = 2 * (TRIANGLE_MAX_LEVEL - levels.astype(np.int64))
    return _ONE << shift.astype(np.uint64)


def _is_triangle(ids):
    closed = (_lowest_bit(ids) & _CLOSING_BITS) != 0
    return closed & ((ids >> _BASE_SHIFT) < N_BASE_TRIANGLES)


def _check_ids(ids, name="ids"):
    """Return ids as uint64 in at least one dimension, or say which is no triangle."""
    array = np.asarray(ids)
    if not hasattr(ids, "dtype") or array.dtype.kind == "O":
        # numpy takes a list of small and large integers for floats.
        given = np.asarray(ids, dtype=object)
        array = np.zeros(given.shape, dtype=np.uint64)
        for row, value in np.ndenumerate(given):
            if isinstance(value, numbers.Integral) and -(1 << 63) <= value < 1 << 64:
                array[row] = int(value) & _ALL_BITS
    elif array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be integers of 64 bits; got the dtype {array.dtype}. Floats "
            "lose digits of ids: keep them as uint64 or int64. Turn tokens into ids "
            "with triangle_ids_from_tokens."
        )
    # Files and tables without unsigned integers keep the same bits as signed ones.
    array = np.atleast_1d(array)
    array = array.astype(np.int64) if array.dtype.kind == "i" else array
    array = array.astype(np.uint64, copy=False)
    bad = ~_is_triangle(array)
    if bad.any():
        row = _first(bad)
        value = np.atleast_1d(np.asarray(ids, dtype=object))[row]
        raise ValueError(
            f"{name}, {_position(row)}: {value!r} is not the id of a triangle. Ids "
            "come from triangle_ids or triangle_ids_from_tokens."
        )
    return array


def _first(mask):
    """Index, as a tuple, of the first True."""
    return tuple(int(k) for k in np.unravel_index(np.argmax(mask), mask.shape))


def _position(row):
    return f"row {row[0]}" if len(row) == 1 else f"position {row}"
