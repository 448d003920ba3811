# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Corners, middles and areas of triangles."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    N_BASE_TRIANGLES,
    triangle_areas,
    triangle_centers,
    triangle_children,
    triangle_ids,
    triangle_ids_at_level,
    triangle_vertices,
)
from tests.geometry.common import random_places
from tests.geometry.common_triangles import BASE, refine

GLOBE_KM2 = 4.0 * np.pi * EARTH_RADIUS_KM**2


def plane_integers(ids, level):
    """Corners on the level's integer grid, read back from degrees."""
    vertices = triangle_vertices(ids)
    n = 31 * 2**level
    u = (vertices[..., 1] + 180.0) / 360.0 * n
    v = (np.sin(np.radians(vertices[..., 0])) + 1.0) / 2.0 * n
    integers = np.rint(np.stack([u, v], axis=-1))
    assert np.abs(integers - np.stack([u, v], axis=-1)).max() < 1e-4
    return integers.astype(np.int64)


def twice_the_area(corners):
    a, b, c = (corners[..., k, :] for k in range(3))
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (
        b[..., 1] - a[..., 1]
    ) * (c[..., 0] - a[..., 0])


def test_base_mesh():
    ids = triangle_ids_at_level(0)
    assert len(ids) == N_BASE_TRIANGLES == 1922
    assert (np.diff(ids.astype(object)) > 0).all()
    corners = plane_integers(ids, 0)
    # Half a cell each, counterclockwise.
    assert (twice_the_area(corners) == 1).all()
    np.testing.assert_array_equal(corners, np.array(BASE, dtype=np.int64))


@pytest.mark.parametrize("level", [0, 1, 5, 12, 20, 25])
def test_children_tile_their_parent(level):
    ids = np.unique(triangle_ids(random_places(200, seed=level), level))
    parents = plane_integers(ids, level)
    children = plane_integers(triangle_children(ids).ravel(), level + 1)
    assert (twice_the_area(children) == 1).all()
    for parent, quarter in zip(parents, children.reshape(-1, 4, 3, 2), strict=True):
        whole = tuple(tuple(Fraction(int(x)) for x in corner) for corner in parent)
        expected = [[[2 * x for x in p] for p in child] for child in refine(whole)]
        np.testing.assert_array_equal(quarter, np.array(expected, dtype=np.int64))


@pytest.mark.parametrize("level", [0, 3, 11, 19])
def test_vertices_surround_the_place(level):
    places = random_places(2_000, seed=level)
    vertices = triangle_vertices(triangle_ids(places, level))
    u, v = vertices[..., 1], np.sin(np.radians(vertices[..., 0]))
    point = np.stack([places[:, 1], np.sin(np.radians(places[:, 0]))], axis=-1)
    corners = np.stack([u, v], axis=-1)
    whole = twice_the_area(corners)
    for k in range(3):
        part = corners.copy()
        part[:, k] = point
        assert (twice_the_area(part) / whole > -1e-6).all()


@pytest.mark.parametrize("level", range(27))
def test_centers_are_inside(level):
    ids = triangle_ids(random_places(300, seed=level), level)
    np.testing.assert_array_equal(triangle_ids(triangle_centers(ids), level), ids)


def test_center_worked_by_hand():
    # The lower triangle of the cell west and south of the place u = v = 15.5.
    center = triangle_centers([(2 * (2 * (31 * 15 + 15)) + 1) << 52])
    sine = (15 + 1 / 3) / 15.5 - 1.0
    longitude = (15 + 1 / 3) / 31 * 360 - 180
    np.testing.assert_allclose(
        center, [[np.degrees(np.arcsin(sine)), longitude]], rtol=1e-12
    )


def test_no_triangle_is_torn_at_the_antimeridian():
    vertices = triangle_vertices(triangle_ids_at_level(2))
    width = np.ptp(vertices[..., 1], axis=1)
    np.testing.assert_allclose(width, 360.0 / 31 / 4, rtol=1e-9)
    assert vertices[..., 1].min() == -180.0
    assert vertices[..., 1].max() == 180.0
    assert vertices[..., 0].min() == -90.0
    assert vertices[..., 0].max() == 90.0


@pytest.mark.parametrize("level", [0, 1, 13, 26])
def test_areas(level):
    ids = triangle_ids(random_places(5), level)
    expected = GLOBE_KM2 / (1922 * 4**level)
    np.testing.assert_allclose(triangle_areas(ids), expected, rtol=1e-15)
    unit = triangle_areas(ids, radius_km=1.0) * EARTH_RADIUS_KM**2
    np.testing.assert_allclose(unit, expected, rtol=1e-15)


@pytest.mark.parametrize(
    "number",
    [
        0,
        # The closing bit on an odd position.
        2,
        # 2 * 1922 + 1 would be the base triangle after the last.
        (2 * 1922 + 1) << 52,
        (1 << 64) - 2,
        1 << 64,
    ],
)
@pytest.mark.parametrize(
    "function", [triangle_vertices, triangle_centers, triangle_areas]
)
def test_numbers_that_are_no_ids(function, number):
    with pytest.raises(ValueError, match=rf"row 1: {number} .*is not the id of a tri"):
        function([1, number])


def test_ids_in_other_containers():
    ids = triangle_ids(random_places(6), 9)
    assert (ids > np.uint64(1 << 63)).any()
    expected = triangle_centers(ids)
    for same in (ids.tolist(), ids.view(np.int64), pd.Series(ids), ids.astype(object)):
        np.testing.assert_array_equal(triangle_centers(same), expected)
    np.testing.assert_array_equal(triangle_centers(int(ids[0])), expected[:1])
    table = ids.reshape(2, 3)
    assert triangle_areas(table).shape == (2, 3)
    np.testing.assert_array_equal(
        triangle_centers(table), triangle_centers(ids).reshape(2, 3, 2)
    )
    np.testing.assert_array_equal(
        triangle_vertices(table), triangle_vertices(ids).reshape(2, 3, 3, 2)
    )


def test_no_ids():
    none = np.empty(0, dtype=np.uint64)
    assert triangle_centers(none).shape == (0, 2)
    assert triangle_vertices(none).shape == (0, 3, 2)
    assert triangle_areas([]).shape == (0,)


@pytest.mark.parametrize("radius_km", [0.0, -1.0, np.inf, np.nan, "6371"])
def test_radius_that_is_none(radius_km):
    with pytest.raises(ValueError, match="radius_km must be a positive number of kilo"):
        triangle_areas(triangle_ids([[0.0, 0.0]], 3), radius_km=radius_km)
