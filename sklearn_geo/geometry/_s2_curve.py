# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic under S2: six faces of a cube, a projection and a Hilbert curve.

Nothing here validates its input; `_s2` and `_s2_shapes` are the doors. A position is
(face, i, j): i and j count leaf cells along the two axes of a face, from 0 to
``SIZE - 1``. A leaf id is the face (3 bits), the position on the Hilbert curve through
that face (60 bits) and a final 1.
"""

import functools
import math

import numpy as np

from sklearn_geo.geometry._quad_ids import heights
from sklearn_geo.geometry._s2_ids import S2_MAX_LEVEL

# Leaf cells along the edge of a face.
SIZE = 1 << S2_MAX_LEVEL

# Rows a block: the dozen temporaries of a block stay in the second-level cache.
BLOCK_ROWS = 16384

_RADIANS = math.pi / 180.0

# The vector of the position (u, v) on a face: which of (1, u, v) is x, y and z, and
# with what sign.
_COMPONENTS = np.array(
    [[0, 1, 2], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1], [2, 1, 0]]
)
_SIGNS = np.array(
    [[1, 1, 1], [-1, 1, 1], [-1, -1, 1], [-1, -1, -1], [1, -1, -1], [1, 1, -1]]
)

# How the curve runs through the four quarters of a square. An orientation is two bits,
# 1 for "axes swapped" and 2 for "both axes inverted"; each row lists the quarters, as
# 2 * i + j, in the order in which the curve visits them, and `_TURN` is what a quarter
# does to the orientation inside it.
_QUARTERS = np.array([[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]])
_TURN = np.array([1, 0, 0, 3])

# How far from the border of a leaf, in leaves, a place computed with numpy's sines and
# cosines has to be for its leaf to be beyond doubt. Ids are defined by the C library's
# sine and cosine, as the reference implementations are, while numpy's may take another
# code path and differ in the last bits. Let the two differ by at most e = 2**-48, which
# is 32 units of the last place of numbers below 1; numpy allows itself 4. Then x and y,
# products of two such numbers, are off by less than 2.1 e and z by less than e. With d
# the largest of the three (at least 3**-0.5), u = p / d is off by less than
# 2 * 2.1 e * 3**0.5 < 7.4 e, and SIZE / 2 * sqrt(1 + 3 u), whose slope is at most
# 3 / 4 * SIZE, by less than 5.6 e * SIZE = 2.2e-5 leaves; roundings on the way add less
# than 1e-6. A place for which the two disagree about the face itself has two components
# nearly equal, so one of |u| and |v| is nearly 1, the border of its outermost leaf.
_DOUBT = 2.0**-14


@functools.cache
def _curve_tables():
    """Build the tables that follow the curve through 8 levels in one look.

    Both are indexed by orientation << 16 | block. `to_position` takes the block
    i << 8 | j of 8 bits of each coordinate to orientation << 16 | position; `to_ij`
    is its inverse. Orientations in the values are those at the end of the block.
    """
    orientation = np.arange(4, dtype=np.uint32)[:, np.newaxis]
    i = j = np.zeros((4, 1), dtype=np.uint32)
    for _ in range(8):
        quarter = _QUARTERS[orientation].astype(np.uint32)
        i = (i[:, :, np.newaxis] << 1 | quarter >> 1).reshape(4, -1)
        j = (j[:, :, np.newaxis] << 1 | quarter & 1).reshape(4, -1)
        orientation = orientation[:, :, np.newaxis] ^ _TURN.astype(np.uint32)
        orientation = orientation.reshape(4, -1)
    block = i << 8 | j
    to_ij = orientation << 16 | block
    to_position = np.empty_like(to_ij)
    position = np.broadcast_to(np.arange(1 << 16, dtype=np.uint32), block.shape)
    np.put_along_axis(
        to_position, block.astype(np.intp), orientation << 16 | position, axis=1
    )
    return to_position.ravel(), to_ij.ravel()


def ids_from_face_ij(face, i, j):
    """Leaf ids of positions; `face`, `i` and `j` are arrays of uint32."""
    to_position, _ = _curve_tables()
    # Bytes are numbered from the highest. Two words hold all four blocks: bytes 0 and
    # 2 of i and j, and bytes 1 and 3.
    even = (i & 0xFF00FF00) | ((j >> 8) & 0x00FF00FF)
    odd = ((i & 0x00FF00FF) << 8) | (j & 0x00FF00FF)
    # Only 30 of the 32 bits of i and j are used. The two empty levels at the top
    # swap the axes twice and leave position and orientation as they were.
    found = to_position.take((face & 1) << 16 | even >> 16)
    high = face << 28 | (found & 0xFFFF) << 16
    found = to_position.take((found & 0x30000) | odd >> 16)
    high |= found & 0xFFFF
    found = to_position.take((found & 0x30000) | (even & 0xFFFF))
    low = (found & 0xFFFF) << 16
    found = to_position.take((found & 0x30000) | (odd & 0xFFFF))
    low |= found & 0xFFFF
    ids = high.astype(np.uint64)
    ids <<= 32
    ids |= low
    ids <<= 1
    ids |= 1
    return ids


def face_ij_from_ids(ids):
    """Positions of some leaf in each cell, as three arrays of uint32."""
    _, to_ij = _curve_tables()
    high = (ids >> 33).astype(np.uint32)
    low = (ids >> 1 & 0xFFFFFFFF).astype(np.uint32)
    face = high >> 28
    found = to_ij.take((face & 1) << 16 | (high >> 16 & 0xFFF))
    upper = found << 16
    found = to_ij.take((found & 0x30000) | (high & 0xFFFF))
    upper |= found & 0xFFFF
    found = to_ij.take((found & 0x30000) | low >> 16)
    lower = found << 16
    found = to_ij.take((found & 0x30000) | (low & 0xFFFF))
    lower |= found & 0xFFFF
    # Both words hold the bytes i, j, i, j.
    i = upper & 0xFF000000 | (upper & 0xFF00) << 8
    i |= lower >> 16 & 0xFF00 | (lower >> 8 & 0xFF)
    j = (upper << 8 & 0xFF000000) | (upper & 0xFF) << 16
    j |= lower >> 8 & 0xFF00 | (lower & 0xFF)
    return face, i, j


def corners_and_sizes(ids):
    """Face, lowest leaf (i, j) and edge length in leaves of cells, all int64."""
    face, i, j = face_ij_from_ids(ids)
    size = np.left_shift(1, heights(ids))
    i, j = i.astype(np.int64) & -size, j.astype(np.int64) & -size
    return face.astype(np.int64), i, j, size


def leaf_ids_of_places(places):
    """Leaf ids of validated places, exactly as the C library's sine makes them."""
    ids = np.empty(len(places), dtype=np.uint64)
    for start in range(0, len(places), BLOCK_ROWS):
        block = places[start : start + BLOCK_ROWS]
        face, i, j, doubtful = _face_ij(_fast_vectors(block))
        rows = np.flatnonzero(doubtful)
        if rows.size:
            face[rows], i[rows], j[rows], _ = _face_ij(_exact_vectors(block[rows]))
        ids[start : start + BLOCK_ROWS] = ids_from_face_ij(face, i, j)
    return ids


def _fast_vectors(places):
    """x, y and z of places, by numpy."""
    latitude, longitude = places[:, 0] * _RADIANS, places[:, 1] * _RADIANS
    around = np.cos(latitude)
    x = np.cos(longitude)
    x *= around
    y = np.sin(longitude, out=longitude)
    y *= around
    return x, y, np.sin(latitude, out=latitude)


def _exact_vectors(places):
    """x, y and z of places, by the C library's sine and cosine."""
    n = len(places)
    latitude = (places[:, 0] * _RADIANS).tolist()
    longitude = (places[:, 1] * _RADIANS).tolist()
    around = np.fromiter(map(math.cos, latitude), np.float64, n)
    x = np.fromiter(map(math.cos, longitude), np.float64, n) * around
    y = np.fromiter(map(math.sin, longitude), np.float64, n) * around
    return x, y, np.fromiter(map(math.sin, latitude), np.float64, n)


def split_by_face(x, y, z):
    """Tell which face vectors point at, and what to divide by what there.

    Returns
    -------
    axis : ndarray
        0, 1 or 2: the largest component in size, of equal ones the last.
    largest, first, second : ndarray
        first / largest and second / largest are u and v of the faces 0 to 2, and v
        and u of the faces 3 to 5, those with a negative `largest`.
    """
    size_x, size_y, size_z = np.abs(x), np.abs(y), np.abs(z)
    x_before_y = size_x > size_y
    on_x = x_before_y & (size_x > size_z)
    on_y = ~x_before_y & (size_y > size_z)
    largest = np.where(on_x, x, np.where(on_y, y, z))
    first = np.where(on_x, y, -x)
    second = np.where(on_x | on_y, z, -y)
    axis = 2 - 2 * on_x.view(np.uint8) - on_y.view(np.uint8)
    return axis, largest, first, second


def _face_ij(vectors):
    """Positions of unit vectors, and which of them lie close to a border."""
    axis, largest, first, second = split_by_face(*vectors)
    negative = largest < 0
    face = axis.astype(np.uint32) + 3 * negative.view(np.uint8)
    first /= largest
    second /= largest
    first, doubt = _leaf_number(first)
    second, doubt_second = _leaf_number(second)
    i = np.where(negative, second, first)
    j = np.where(negative, first, second)
    return face, i, j, doubt | doubt_second


def _leaf_number(u):
    """Leaf along an axis (uint32), and whether `u` is close to a leaf's border."""
    # The quadratic projection. Scaling by a power of two commutes with every rounding,
    # so these are the digits of s in [0, 1], times SIZE.
    root = np.abs(u)
    root *= 3.0
    root += 1.0
    np.sqrt(root, out=root)
    root *= SIZE / 2
    position = np.where(u < 0, SIZE - root, root)
    leaf = position.astype(np.int32)
    position -= leaf
    position -= 0.5
    doubtful = np.abs(position, out=position) > 0.5 - _DOUBT
    # The far border of a face belongs to its last leaf.
    np.minimum(leaf, SIZE - 1, out=leaf)
    return leaf.view(np.uint32), doubtful


def uv_from_leaf_border(number, per_face=SIZE):
    """Turn a share of an axis, ``number / per_face``, into u or v."""
    s = (1.0 / per_face) * number
    rest = 1.0 - s
    return np.where(
        s >= 0.5,
        (1.0 / 3.0) * (4.0 * s * s - 1.0),
        (1.0 / 3.0) * (1.0 - 4.0 * rest * rest),
    )


def vectors_on_faces(face, u, v, one=1.0):
    """Stack the x, y, z (last axis) of positions on faces, not normalised."""
    parts = np.stack(np.broadcast_arrays(one, u, v), axis=-1)
    components, signs = _COMPONENTS[face], _SIGNS[face]
    return np.take_along_axis(parts, components, axis=-1) * signs


def normalized(vectors):
    """Vectors of length one, rounded in the order of the reference implementations."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return vectors * (1.0 / np.sqrt(x * x + y * y + z * z))[..., np.newaxis]


def face_ij_beyond(face, i, j):
    """Positions where (i, j) leads that is one leaf outside of its face.

    Exactly one of `i` and `j` is -1 or SIZE. All are int64; what comes back is uint32.
    """
    # Twice the distance from the middle of the face, on a cube of edge 2 * SIZE. On
    # this cube without the quadratic stretch every leaf has the same width, and the
    # rows of leaves of two faces meet end to end; all integers, so nothing rounds.
    vectors = vectors_on_faces(face, 2 * i + 1 - SIZE, 2 * j + 1 - SIZE, one=SIZE)
    axis, largest, first, second = split_by_face(*vectors.T)
    negative = largest < 0
    turned = np.where(negative, -1, 1)
    first, second = (
        np.clip(side * turned, 1 - SIZE, SIZE - 1) + (SIZE - 1) >> 1
        for side in (first, second)
    )
    i = np.where(negative, second, first)
    j = np.where(negative, first, second)
    face = axis + 3 * negative.view(np.uint8)
    return face.astype(np.uint32), i.astype(np.uint32), j.astype(np.uint32)
