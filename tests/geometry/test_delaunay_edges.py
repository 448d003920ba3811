# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles and places beside their edges, against arithmetic of 40 digits."""

import mpmath
import numpy as np
import pytest

from sklearn_geo.geometry import EARTH_RADIUS_KM, SphericalDelaunay, destination
from tests.geometry.common import QUARTER_KM, random_places
from tests.geometry.common_delaunay import CASES, cluster, triangulated

precise = mpmath.workdps(40)


def vector(place):
    latitude, longitude = (mpmath.mpf(part) * mpmath.pi / 180 for part in place)
    around = mpmath.cos(latitude)
    x, y = around * mpmath.cos(longitude), around * mpmath.sin(longitude)
    return np.array([x, y, mpmath.sin(latitude)])


def unit(vector):
    return vector / mpmath.sqrt(vector @ vector)


def place(vector):
    x, y, z = vector
    latitude = mpmath.atan2(z, mpmath.hypot(x, y))
    return [float(mpmath.degrees(part)) for part in (latitude, mpmath.atan2(y, x))]


def beside_edges(mesh, nanometres, n_edges=40):
    """Places that far into triangles, from a point on an edge that two share.

    Also returns the triangle, and the one across.
    """
    rng = np.random.default_rng(0)
    row, k = np.nonzero(mesh.neighbors >= 0)
    chosen = rng.permutation(len(row))[:n_edges]
    row, k = row[chosen], k[chosen]
    places = []
    for corners, first, share in zip(
        mesh.simplices[row], k, rng.uniform(0.2, 0.8, len(row)), strict=True
    ):
        _, start, end = (vector(mesh.vertices[v]) for v in np.roll(corners, -first))
        inwards = unit(np.cross(start, end))
        aside = mpmath.mpf(nanometres) / mpmath.mpf(EARTH_RADIUS_KM * 1e12)
        places.append(place(unit(start * (1 - share) + end * share) + inwards * aside))
    return np.array(places), row, mesh.neighbors[row, k]


@pytest.mark.parametrize(
    "name", ["octahedron", "uniform", "few", "two caps", "box", "around the pole"]
)
def test_25_nanometres_are_on_the_edge(name):
    mesh = triangulated(name)
    with precise:
        for nanometres in (-1e6, -60.0, 60.0, 1e6):
            places, row, across = beside_edges(mesh, nanometres)
            expected = row if nanometres > 0 else across
            np.testing.assert_array_equal(mesh.locate(places), expected)
        for nanometres in (-10.0, 0.0, 10.0):
            places, row, across = beside_edges(mesh, nanometres)
            expected = np.minimum(row, across)
            np.testing.assert_array_equal(mesh.locate(places), expected)


@pytest.mark.parametrize(
    "case",
    [
        CASES["few"],
        CASES["around the pole"][:40],
        CASES["city"][:40],
        cluster([89.9999, 10.0], 0.1, 30),
        cluster([-33.9, 179.9999], 0.1, 30),
    ],
)
def test_areas_and_centers(case):
    mesh = SphericalDelaunay(case)
    areas, centers = mesh.areas(radius_km=1.0), mesh.centers()
    with precise:
        vectors = [vector(vertex) for vertex in mesh.vertices]
        for corners, area, center in zip(mesh.simplices, areas, centers, strict=True):
            a, b, c = (vectors[corner] for corner in corners)
            # Girard: the sum of the angles, less pi.
            angles = -mpmath.pi
            for at, one, other in ((a, b, c), (b, c, a), (c, a, b)):
                one, other = np.cross(at, one), np.cross(at, other)
                angles += mpmath.acos(unit(one) @ unit(other))
            # An edge is known to 1e-16, which is so much of the narrowest.
            altitude = area / max(
                mpmath.norm(x - y) for x, y in ((a, b), (b, c), (c, a))
            )
            assert abs(area / angles - 1) < 3e-16 / altitude + 1e-14
            off = vector(center) - unit(a + b + c)
            assert mpmath.norm(off) < 1e-15


@pytest.mark.parametrize("seed", range(20))
def test_a_hemisphere_is_not_the_globe(seed):
    # Its border is a great circle, where rounding puts vertices on either side.
    pole = random_places(1, seed)
    around = np.linspace(0.0, 360.0, 7)[:6]
    rim = destination(pole, around, QUARTER_KM)
    inner = destination(pole, around + 20.0, 0.6 * QUARTER_KM)
    mesh = SphericalDelaunay(np.concatenate([rim, inner, pole]))
    assert not mesh.covers_globe
    assert abs(mesh.areas(radius_km=1.0).sum() - 2.0 * np.pi) < 1e-13
    # Some millimetres less, and as much more: then no hemisphere is empty.
    for more, covers_globe in ((-5e-6, False), (5e-6, True)):
        rim = destination(pole, around, QUARTER_KM + more)
        mesh = SphericalDelaunay(np.concatenate([rim, inner, pole]))
        assert mesh.covers_globe == covers_globe
        area = (4.0 if covers_globe else 2.0) * np.pi
        assert abs(mesh.areas(radius_km=1.0).sum() - area) < 1e-6
