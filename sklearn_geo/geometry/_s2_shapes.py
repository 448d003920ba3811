# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where S2 cells lie: their neighbours, corners, middles and areas."""

import numpy as np

from sklearn_geo.geometry._arguments import check_radius, is_whole
from sklearn_geo.geometry._quad_ids import ancestors
from sklearn_geo.geometry._s2_curve import (
    BLOCK_ROWS,
    SIZE,
    corners_and_sizes,
    face_ij_beyond,
    ids_from_face_ij,
    normalized,
    uv_from_leaf_border,
    vectors_on_faces,
)
from sklearn_geo.geometry._s2_ids import S2_IDS, S2_MAX_LEVEL
from sklearn_geo.geometry._sphere import (
    EARTH_RADIUS_KM,
    places_from_vectors,
)

# Steps along i and j to the four edge neighbours, in the order of the edges, and to
# the four corner neighbours, in the order of the corners.
_EDGE_STEPS = ((0, -1), (1, 0), (0, 1), (-1, 0))
_CORNER_STEPS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def s2_edge_neighbors(ids):
    """Ids of the four cells of the same level across the edges of each cell.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids.

    Returns
    -------
    ndarray of shape (n_cells, 4), uint64
        Column k holds the cell across the edge from vertex k to vertex k + 1 of
        `s2_vertices`. The four differ at every level.

    See Also
    --------
    s2_neighbors : The corner neighbours too.

    Notes
    -----
    Neighbourhood is symmetric and these cells share an edge, also where two faces of
    the cube meet, since seams are crossed in integers. s2sphere crosses them in floats
    and is a leaf off within 32 leaves, about 30 cm, of the corners of the cube: there
    it names a wrong neighbour for some cells of the levels 29 and 30 (across corners,
    of the levels from 25 on).

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_edge_neighbors, s2_ids_from_tokens
    >>> from sklearn_geo.geometry import s2_tokens
    >>> s2_tokens(s2_edge_neighbors(s2_ids_from_tokens(["47f"])))
    array([['479', '47d', '481', '12b']], dtype='<U16')
    """
    return _neighbors(ids, _EDGE_STEPS)


def s2_neighbors(ids):
    """Ids of the cells of the same level around each cell, across edges and corners.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids.

    Returns
    -------
    ndarray of shape (n_cells, 8), uint64
        First the four columns of `s2_edge_neighbors`; then column 4 + k holds the cell
        that touches only vertex k of `s2_vertices`. It is 0, which stands for "no
        cell", at the eight corners of the cube: only three cells meet there, so
        a cell in the corner of a face has seven neighbours and a face has four.

    See Also
    --------
    s2_edge_neighbors : Without the corners, and never 0.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_neighbors, s2_tokens
    >>> around = s2_neighbors(s2_ids_from_tokens(["47f", "1"]))
    >>> s2_tokens(around)
    array([['479', '47d', '481', '12b', '12d', '47b', '487', '0d5'],
           ['b', '3', '5', '9', 'X', 'X', 'X', 'X']], dtype='<U16')
    >>> (around != 0).sum(axis=1)
    array([8, 4])
    """
    return _neighbors(ids, _EDGE_STEPS + _CORNER_STEPS)


def s2_vertices(ids, *, as_vectors=False):
    """Corners of cells, counter-clockwise.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids.

    as_vectors : bool, default=False
        Return unit vectors instead of places.

    Returns
    -------
    ndarray of shape (n_cells, 4, 2), or (n_cells, 4, 3) with `as_vectors`
        Latitude and longitude in degrees, longitudes in [-180, 180); or x, y, z. The
        edges between them are geodesics. Cells of level 1 and finer do not cross the
        antimeridian, but may touch it, and a vertex on it has longitude -180.

    See Also
    --------
    s2_centers : Their middles.

    Notes
    -----
    Unit vectors equal the reference implementation's to the last bit, and are equal for
    a corner that cells of one face share. To draw a cell that touches the antimeridian
    from the west, add 360 to the longitudes more than 180 below its middle's.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_vertices
    >>> s2_vertices(s2_ids_from_tokens(["47f"])).round(2)
    array([[[44.89,  5.06],
            [49.86,  6.03],
            [50.02,  0.  ],
            [45.  ,  0.  ]]])
    """
    ids = S2_IDS.check(ids)
    vectors = np.empty((ids.size, 4, 3))
    for rows, block in _blocks(ids):
        face, i, j, size = corners_and_sizes(block)
        u = uv_from_leaf_border(np.stack([i, i + size], axis=1))
        v = uv_from_leaf_border(np.stack([j, j + size], axis=1))
        vectors[rows] = normalized(
            vectors_on_faces(
                face[:, np.newaxis], u[:, [0, 1, 1, 0]], v[:, [0, 0, 1, 1]]
            )
        )
    return _placed(vectors.reshape(*ids.shape, 4, 3), as_vectors)


def s2_centers(ids, *, as_vectors=False):
    """Middles of cells: the points where their four children meet.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids.

    as_vectors : bool, default=False
        Return unit vectors instead of places.

    Returns
    -------
    ndarray of shape (n_cells, 2), or (n_cells, 3) with `as_vectors`
        Latitude and longitude in degrees, longitudes in [-180, 180); or x, y, z.

    See Also
    --------
    s2_vertices : Their corners.
    s2_cell_ids : The way back: the cell of that level at a cell's middle is the cell.

    Notes
    -----
    Unit vectors equal the reference implementation's to the last bit.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_centers, s2_ids_from_tokens
    >>> s2_centers(s2_ids_from_tokens(["1", "47e66ff"])).round(3)
    array([[ 0.   ,  0.   ],
           [48.867,  2.289]])
    """
    ids = S2_IDS.check(ids)
    vectors = np.empty((ids.size, 3))
    for rows, block in _blocks(ids):
        face, i, j, size = corners_and_sizes(block)
        u = uv_from_leaf_border(2 * i + size, per_face=2 * SIZE)
        v = uv_from_leaf_border(2 * j + size, per_face=2 * SIZE)
        vectors[rows] = normalized(vectors_on_faces(face, u, v))
    return _placed(vectors.reshape(*ids.shape, 3), as_vectors)


def s2_areas(ids, *, radius_km=EARTH_RADIUS_KM):
    r"""Areas of cells on the sphere.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere. 1 gives steradians.

    Returns
    -------
    ndarray of shape (n_cells,)
        Square kilometres, exact to a few units in the last place at every level.

    See Also
    --------
    s2_average_area : The mean over all cells of a level.

    Notes
    -----
    A cell is a rectangle on a face of the cube, seen from the middle of the sphere.
    Half of it is a triangle, whose solid angle is

    .. math::
        \Omega = 2 \arctan \frac{\det(a, b, c)}
            {|a| |b| |c| + (a \cdot b) |c| + (b \cdot c) |a| + (c \cdot a) |b|}

    for the vectors to its corners [1]_. The determinant is the area of the rectangle,
    known without a subtraction, and below level 0 every term of the sum is positive: so
    no digits cancel, however small the cell.

    References
    ----------
    .. [1] A. Van Oosterom and J. Strackee, "The solid angle of a plane triangle", IEEE
       Transactions on Biomedical Engineering BME-30(2), 1983.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_areas, s2_ids_from_tokens
    >>> s2_areas(s2_ids_from_tokens(["47f", "47e66ff"])).round(2)
    array([2.3156397e+05, 3.6700000e+00])
    """
    ids = S2_IDS.check(ids)
    radius_km = check_radius(radius_km)
    areas = np.empty(ids.size)
    for rows, block in _blocks(ids):
        areas[rows] = _steradians(*corners_and_sizes(block)[1:])
    areas *= radius_km**2
    return areas.reshape(ids.shape)


def s2_average_area(level, *, radius_km=EARTH_RADIUS_KM):
    """Mean area of the cells of a level: the sphere's, shared by 6 * 4**level cells.

    Parameters
    ----------
    level : int
        From 0 to 30.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere. 1 gives steradians.

    Returns
    -------
    float
        Square kilometres. The largest cell of a level has up to 2.1 times the area of
        the smallest.

    See Also
    --------
    s2_areas : The area of each cell.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_average_area
    >>> round(s2_average_area(10), 2)
    81.07
    """
    if not is_whole(level) or not 0 <= level <= S2_MAX_LEVEL:
        raise ValueError(
            f"level must be an integer between 0 (6 cells) and {S2_MAX_LEVEL}; got "
            f"{level!r}."
        )
    radius_km = check_radius(radius_km)
    return 4.0 * np.pi * radius_km**2 / (6 * 4 ** int(level))


def _blocks(ids):
    flat = ids.ravel()
    for start in range(0, flat.size, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        yield rows, flat[rows]


def _placed(vectors, as_vectors):
    if as_vectors:
        return vectors
    return places_from_vectors(vectors.reshape(-1, 3)).reshape(*vectors.shape[:-1], 2)


def _neighbors(ids, steps):
    ids = S2_IDS.check(ids)
    neighbors = np.empty((ids.size, len(steps)), dtype=np.uint64)
    for rows, block in _blocks(ids):
        face, i, j, size = corners_and_sizes(block)
        closing = (size * size).astype(np.uint64)
        for column, (step_i, step_j) in enumerate(steps):
            leaves = _leaf_ids_aside(face, i + step_i * size, j + step_j * size)
            # From a leaf inside the neighbour to the neighbour; 0 stays 0.
            cells = ancestors(leaves, closing)
            neighbors[rows, column] = np.where(leaves == 0, 0, cells)
    return neighbors.reshape(*ids.shape, len(steps))


def _leaf_ids_aside(face, i, j):
    """Ids of leaves on faces or beyond one of their edges; 0 beyond a corner."""
    i, j = np.clip(i, -1, SIZE), np.clip(j, -1, SIZE)
    beyond_i, beyond_j = (i < 0) | (i == SIZE), (j < 0) | (j == SIZE)
    parts = [part.astype(np.uint32) for part in (face, i, j)]
    rows = np.flatnonzero(beyond_i ^ beyond_j)
    if rows.size:
        for part, moved in zip(
            parts, face_ij_beyond(face[rows], i[rows], j[rows]), strict=True
        ):
            part[rows] = moved
    return np.where(beyond_i & beyond_j, 0, ids_from_face_ij(*parts))


def _steradians(i, j, size):
    """Solid angles of rectangles of leaves on a face."""
    u, v = (uv_from_leaf_border(np.stack([k, k + size])) for k in (i, j))
    rectangle = _width(i, size) * _width(j, size)
    # |a| for the corners, at [first or last border of u, first or last of v].
    length = np.sqrt(1.0 + u[:, np.newaxis] ** 2 + v[np.newaxis] ** 2)
    halves = []
    for middle in ((1, 0), (0, 1)):
        # The diagonal from corner (0, 0) to (1, 1) and the third corner beside it.
        corners = ((0, 0), middle, (1, 1))
        total = length[0, 0] * length[middle] * length[1, 1]
        for k in range(3):
            (a_u, a_v), (b_u, b_v) = corners[k], corners[k - 1]
            total += (1.0 + u[a_u] * u[b_u] + v[a_v] * v[b_v]) * length[corners[k - 2]]
        halves.append(2.0 * np.arctan2(rectangle, total))
    return halves[0] + halves[1]


def _width(k, size):
    """Distance on the cube between two borders of leaves, without cancellation."""
    first = k / SIZE
    share = size / SIZE
    # u is (4 s**2 - 1) / 3 on the upper half and its mirror image on the lower, so
    # its difference is 4 / 3 (s1 - s0) (s1 + s0), with 1 - s for s on the lower half.
    half = np.where(first >= 0.5, first, 1.0 - first - share)
    width = 4.0 / 3.0 * share * (2.0 * half + share)
    return np.where(size == SIZE, 2.0, width)
