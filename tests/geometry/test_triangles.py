# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    N_BASE_TRIANGLES,
    TRIANGLE_MAX_LEVEL,
    triangle_areas,
    triangle_centers,
    triangle_children,
    triangle_contains,
    triangle_ids,
    triangle_ids_at_level,
    triangle_ids_from_tokens,
    triangle_levels,
    triangle_parents,
    triangle_ranges,
    triangle_tokens,
    triangle_vertices,
)

GLOBE_KM2 = 4.0 * np.pi * EARTH_RADIUS_KM**2

HALF = Fraction(1, 2)


def uniform_places(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    return np.column_stack([latitude, rng.uniform(-180.0, 180.0, n)])


# ---- An oracle in rational numbers -------------------------------------------------
#
# It knows triangles as three corners of the plane and refines them by midpoints. It
# knows nothing of the integers I, J, K, of codes or of bits.


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


# ---- Location ----------------------------------------------------------------------


def test_worked_by_hand():
    # (0, 0) is u = v = 15.5: the middle of cell (15, 15), on the diagonal, which the
    # upper triangle owns. Base 2 * (31 * 15 + 15) + 1 = 961.
    assert triangle_ids([[0.0, 0.0]], 0)[0] == (2 * 961 + 1) << 52
    # It is the midpoint of that triangle's longest edge. What lies north-east of it is
    # the middle child, 3, which owns its western and southern edge and their corner.
    assert triangle_ids([[0.0, 0.0]], 1)[0] == (2 * (4 * 961 + 3) + 1) << 50


@pytest.mark.parametrize(
    ("place", "base"),
    [
        # v = 0 and u = 15.5: cell (15, 0), lower triangle.
        ((-90.0, 17.0), 2 * 15),
        # v = 31 counts to row 30, u = 15.5: upper triangle.
        ((90.0, -100.0), 2 * (31 * 30 + 15) + 1),
        # u = 0, v = 15.5: cell (0, 15), lower.
        ((0.0, -180.0), 2 * 31 * 15),
        ((0.0, 180.0), 2 * 31 * 15),
        # Just west of the antimeridian: column 30, upper.
        ((0.0, 179.999), 2 * (31 * 15 + 30) + 1),
        # sin 30 = 1/2: v = 23.25; u = 31 * 270 / 360 = 23.25; lower of cell (23, 23).
        ((30.0, 90.0), 2 * (31 * 23 + 23)),
    ],
)
def test_base_triangle_worked_by_hand(place, base):
    assert triangle_ids(np.array([place]), 0)[0] == (2 * base + 1) << 52


@settings(deadline=None, max_examples=150)
@given(latitudes, longitudes, st.integers(0, TRIANGLE_MAX_LEVEL))
def test_one_triangle_of_a_level_holds_a_place(latitude, longitude, level):
    expected = slow_id(latitude, longitude, level)
    assert int(triangle_ids([[latitude, longitude]], level)[0]) == expected


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=10))
def test_levels_are_nested(places):
    level = np.repeat(np.arange(TRIANGLE_MAX_LEVEL + 1), len(places))
    places = np.tile(np.array(places), (TRIANGLE_MAX_LEVEL + 1, 1))
    ids = triangle_ids(places, level)
    leaves = triangle_ids(places, TRIANGLE_MAX_LEVEL)
    np.testing.assert_array_equal(triangle_parents(leaves, level), ids)
    np.testing.assert_array_equal(triangle_levels(ids), level)
    assert triangle_contains(ids, leaves).all()


def test_a_pole_is_one_place_and_so_is_the_antimeridian():
    longitude = np.arange(-180.0, 181.0, 7.5)
    for pole in (-90.0, 90.0):
        ids = triangle_ids(np.column_stack([np.full(49, pole), longitude]), 26)
        assert len(set(ids.tolist())) == 1
    latitude = np.linspace(-89.0, 89.0, 31)
    east = np.column_stack([latitude, np.full(31, 180.0)])
    west = np.column_stack([latitude, np.full(31, -180.0)])
    np.testing.assert_array_equal(triangle_ids(east, 26), triangle_ids(west, 26))


def test_rows_are_independent():
    places = uniform_places(70_000)
    ids = triangle_ids(places, 26)
    order = np.random.default_rng(1).permutation(len(places))
    np.testing.assert_array_equal(triangle_ids(places[order], 26), ids[order])
    fortran = np.asfortranarray(places)
    np.testing.assert_array_equal(triangle_ids(fortran, 26), ids)
    for row in range(0, 70_000, 700):
        assert triangle_ids(places[row : row + 1], 26)[0] == ids[row]


def test_a_level_for_each_place():
    places = uniform_places(27)
    ids = triangle_ids(places, np.arange(27))
    np.testing.assert_array_equal(triangle_levels(ids), np.arange(27))
    assert triangle_contains(ids, triangle_ids(places, 26)).all()


def test_triangles_get_equally_many_uniform_places():
    counts = np.unique(triangle_ids(uniform_places(400_000), 0), return_counts=True)[1]
    assert len(counts) == N_BASE_TRIANGLES
    # Chi-square: a mesh of unequal areas would give a p of practically zero.
    assert stats.chisquare(counts).pvalue > 1e-4


# ---- Shape -------------------------------------------------------------------------


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
    ids = np.unique(triangle_ids(uniform_places(200, seed=level), level))
    parents = plane_integers(ids, level)
    children = plane_integers(triangle_children(ids).ravel(), level + 1)
    assert (twice_the_area(children) == 1).all()
    for parent, quarter in zip(parents, children.reshape(-1, 4, 3, 2), strict=True):
        whole = tuple(tuple(Fraction(int(x)) for x in corner) for corner in parent)
        expected = [[[2 * x for x in p] for p in child] for child in refine(whole)]
        np.testing.assert_array_equal(quarter, np.array(expected, dtype=np.int64))


@pytest.mark.parametrize("level", [0, 3, 11, 19])
def test_vertices_surround_the_place(level):
    places = uniform_places(2_000, seed=level)
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
    ids = triangle_ids(uniform_places(300, seed=level), level)
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
    ids = triangle_ids(uniform_places(5), level)
    expected = GLOBE_KM2 / (1922 * 4**level)
    np.testing.assert_allclose(triangle_areas(ids), expected, rtol=1e-15)
    unit = triangle_areas(ids, radius_km=1.0) * EARTH_RADIUS_KM**2
    np.testing.assert_allclose(unit, expected, rtol=1e-15)


# ---- Ids ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 3])
def test_ids_at_level(level):
    ids = triangle_ids_at_level(level)
    assert len(ids) == 1922 * 4**level
    assert (ids[1:] > ids[:-1]).all()
    assert (triangle_levels(ids) == level).all()
    np.testing.assert_array_equal(triangle_ids(triangle_centers(ids), level), ids)
    if level:
        above = triangle_ids_at_level(level - 1)
        np.testing.assert_array_equal(triangle_children(above).ravel(), ids)


def test_sorting_groups_descendants():
    leaves = np.sort(triangle_ids(uniform_places(5_000), 26))
    for level in (0, 2, 4):
        parents = triangle_parents(leaves, level)
        assert (parents[1:] >= parents[:-1]).all()
        cells, counts = np.unique(parents, return_counts=True)
        first, last = triangle_ranges(cells)
        found = np.searchsorted(leaves, last, "right") - np.searchsorted(leaves, first)
        np.testing.assert_array_equal(found, counts)
        # Ranges of one level do not overlap, and all of them together leave no gap.
        assert (first[1:] > last[:-1]).all()
    first, last = triangle_ranges(triangle_ids_at_level(2))
    assert first[0] == 1
    np.testing.assert_array_equal(first[1:], last[:-1] + np.uint64(2))


def test_contains():
    ids = triangle_ids(uniform_places(1), np.array([7]))
    parent = triangle_parents(ids, 6)
    family = triangle_children(parent)[0]
    np.testing.assert_array_equal(triangle_contains(parent, family), [True] * 4)
    np.testing.assert_array_equal(triangle_contains(family, parent), [False] * 4)
    np.testing.assert_array_equal(triangle_contains(ids, family), family == ids)
    assert triangle_contains(ids, ids).all()


@settings(deadline=None, max_examples=150)
@given(latitudes, longitudes, st.integers(0, TRIANGLE_MAX_LEVEL))
def test_tokens_come_back(latitude, longitude, level):
    ids = triangle_ids([[latitude, longitude]], level)
    token = triangle_tokens(ids)[0]
    assert token == f"{int(ids[0]):016x}".rstrip("0")
    assert triangle_ids_from_tokens([token])[0] == ids[0]
    assert triangle_ids_from_tokens(token.upper())[0] == ids[0]


def test_tokens_sort_as_ids_do():
    ids = triangle_ids(uniform_places(540), np.tile(np.arange(27), 20))
    order = np.argsort(ids)
    np.testing.assert_array_equal(np.argsort(triangle_tokens(ids)), order)


@pytest.mark.parametrize(
    "token",
    ["", "0", "xyz", "0x01", " 001", "1_0", "+01", "f1", "002", "00100000000000000"],
)
def test_invalid_token_is_named(token):
    with pytest.raises(ValueError, match=r"row 1: .* is not the token") as error:
        triangle_ids_from_tokens(["001", token])
    assert repr(token) in str(error.value)


@pytest.mark.parametrize("token", [None, 1, np.nan, b"001"])
def test_token_that_is_no_text(token):
    with pytest.raises(ValueError, match=r"row 0: .* is not the token"):
        triangle_ids_from_tokens([token])


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
    "function",
    [triangle_levels, triangle_children, triangle_vertices, triangle_tokens],
)
def test_numbers_that_are_no_ids(function, number):
    with pytest.raises(ValueError, match=rf"row 1: {number} is not the id"):
        function([1, number])


def test_ids_in_other_containers():
    ids = triangle_ids(uniform_places(6), 9)
    assert (ids > np.uint64(1 << 63)).any()
    expected = triangle_centers(ids)
    for same in (ids.tolist(), ids.view(np.int64), pd.Series(ids), ids.astype(object)):
        np.testing.assert_array_equal(triangle_centers(same), expected)
    np.testing.assert_array_equal(triangle_centers(int(ids[0])), expected[:1])
    table = ids.reshape(2, 3)
    assert triangle_children(table).shape == (2, 3, 4)
    assert triangle_tokens(table).shape == (2, 3)
    np.testing.assert_array_equal(
        triangle_vertices(table), triangle_vertices(ids).reshape(2, 3, 3, 2)
    )


def test_no_ids():
    none = np.empty(0, dtype=np.uint64)
    assert triangle_centers(none).shape == (0, 2)
    assert triangle_tokens([]).shape == (0,)
    assert triangle_ids_from_tokens([]).shape == (0,)


def test_floats_are_no_ids():
    with pytest.raises(TypeError, match="lose digits"):
        triangle_levels(np.array([1.0]))


@pytest.mark.parametrize("level", [-1, 27])
def test_level_out_of_range(level):
    with pytest.raises(ValueError, match=f"from 0 .* to 26; got {level}"):
        triangle_ids([[0.0, 0.0]], level)


@pytest.mark.parametrize("level", [1.0, "3", None, True])
def test_level_that_is_no_integer(level):
    with pytest.raises(TypeError, match="level must be an integer"):
        triangle_ids([[0.0, 0.0]], level)


def test_levels_that_do_not_fit_the_rows():
    with pytest.raises(ValueError, match=r"expected the shape \(1,\), got \(2,\)"):
        triangle_ids([[0.0, 0.0]], [1, 2])


def test_a_parent_is_not_deeper():
    ids = triangle_ids(uniform_places(2), np.array([5, 3]))
    with pytest.raises(ValueError, match="row 1: a triangle of level 3 has no"):
        triangle_parents(ids, 4)
    np.testing.assert_array_equal(triangle_parents(ids, [5, 3]), ids)


def test_the_last_level_has_no_children():
    ids = triangle_ids(uniform_places(2), np.array([25, 26]))
    with pytest.raises(ValueError, match="row 1: the triangle is at the last level"):
        triangle_children(ids)


def test_too_many_triangles_to_list():
    with pytest.raises(ValueError, match="level 8 has 125,960,192 triangles"):
        triangle_ids_at_level(8)
