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

import numpy as np
from sklearn.utils import gen_batches

from sklearn_geo.base import check_places
from sklearn_geo.geometry._quad_ids import ancestors, closing_bits, heights
from sklearn_geo.geometry._triangle_ids import (
    N_GRID,
    TRIANGLE_IDS,
    TRIANGLE_MAX_LEVEL,
)

# u and v are below 32 = 2**5, so a float64 multiple of 2**-48 holds them and no less.
_PLANE_BITS = 48

_ONE = np.uint64(1)
_LEVEL_MASK = np.uint64((1 << TRIANGLE_MAX_LEVEL) - 1)
_PATH_MASK = np.uint64((1 << 2 * TRIANGLE_MAX_LEVEL) - 1)

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
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, section 3.1.1.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids, triangle_tokens
    >>> ids = triangle_ids([[48.8584, 2.2945], [-33.8568, 151.2153]], level=8)
    >>> triangle_tokens(ids)
    array(['d50fb49', '35bdaff'], dtype='<U16')
    """
    places = check_places(places)
    closing = TRIANGLE_IDS.closing_bits_of_levels(level, (len(places),))
    ids = np.empty(len(places), dtype=np.uint64)
    for batch in gen_batches(len(places), _BATCH):
        ids[batch] = _leaf_ids(places[batch])
    return ancestors(ids, closing)


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
    return (base << TRIANGLE_IDS.base_shift) | (path << _ONE) | _ONE


def decode(ids):
    """Return I, J, whether the triangle is an upper one (0 or 1), and the level."""
    height = heights(ids)
    level = TRIANGLE_MAX_LEVEL - height
    unused = height.astype(np.uint64)
    base = ids >> TRIANGLE_IDS.base_shift
    path = ((ids ^ closing_bits(ids)) >> _ONE) & _PATH_MASK
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
