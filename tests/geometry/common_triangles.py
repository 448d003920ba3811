# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An oracle in rational numbers for triangles.

It knows triangles as three corners of the plane and refines them by midpoints. It
knows nothing of the integers I, J, K, of codes or of bits.
"""

from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import strategies as st

from sklearn_geo.geometry import N_BASE_TRIANGLES, TRIANGLE_MAX_LEVEL

HALF = Fraction(1, 2)


def plane_point(latitude, longitude):
    """The stated rule: u and v in float64, cut to multiples of 2**-48."""
    if abs(latitude) == 90.0:
        longitude = 0.0
    u = (longitude + 180.0) * 31 / 360.0
    v = (float(np.sin(np.radians(np.array([latitude])))[0]) + 1.0) * 15.5
    scale = 2**48
    top = Fraction(31 * scale - 1, scale)
    return tuple(min(Fraction(floor(Fraction(x) * scale), scale), top) for x in (u, v))


def lines(point):
    """The three families of lines that edges are on: u, v and u + v."""
    return np.array([point[0], point[1], point[0] + point[1]])


def owners(low, high, point):
    """Half-open: western, southern and south-western edges belong to a triangle."""
    at = lines(point)
    return np.flatnonzero(((low <= at) & (at < high)).all(axis=1))


def bounds(triangles):
    ends = np.array([[lines(corner) for corner in corners] for corners in triangles])
    return ends.min(axis=1), ends.max(axis=1)


def middle(p, q):
    return ((p[0] + q[0]) * HALF, (p[1] + q[1]) * HALF)


def refine(corners):
    a, b, c = corners
    ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
    return [(a, ab, ca), (ab, b, bc), (ca, bc, c), (bc, ca, ab)]


def base_corners(index):
    cell, upper = divmod(index, 2)
    j, i = divmod(cell, 31)
    i, j = Fraction(i), Fraction(j)
    if upper:
        return ((i + 1, j + 1), (i, j + 1), (i + 1, j))
    return ((i, j), (i + 1, j), (i, j + 1))


BASE = [base_corners(index) for index in range(N_BASE_TRIANGLES)]
BASE_LOW, BASE_HIGH = bounds(BASE)


def slow_id(latitude, longitude, level):
    point = plane_point(latitude, longitude)
    triangles, low, high = BASE, BASE_LOW, BASE_HIGH
    number = 0
    for _ in range(level + 1):
        (digit,) = owners(low, high, point)
        number = 4 * number + int(digit)
        triangles = refine(triangles[digit])
        low, high = bounds(triangles)
    return (2 * number + 1) << (2 * (TRIANGLE_MAX_LEVEL - level))


EDGE_LATITUDES = [-90.0, 90.0, 0.0, -0.0, 30.0, -30.0, 1e-300, 89.99999999999999]
EDGE_LATITUDES += [np.nextafter(90.0, 0.0), np.nextafter(-90.0, 0.0), 5e-324]
EDGE_LATITUDES += list(np.degrees(np.arcsin(2.0 * np.arange(1, 31) / 31 - 1.0)))
EDGE_LONGITUDES = [-180.0, 0.0, -1e-300, 90.0, 179.99999999999997, -179.99999999999997]
EDGE_LONGITUDES += list(np.arange(1, 31) * 360.0 / 31 - 180.0)
latitudes = st.sampled_from(EDGE_LATITUDES) | st.floats(-90.0, 90.0)
longitudes = st.sampled_from(EDGE_LONGITUDES) | st.floats(
    -180.0, 180.0, exclude_max=True
)
