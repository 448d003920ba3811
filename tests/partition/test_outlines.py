# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Borders of cells: geodesics, poles and the turns of longitude."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_geo.geometry import (
    haversine,
    s2_ids_from_tokens,
    s2_vertices,
    unit_vectors,
)
from sklearn_geo.partition import (
    AreaPartition,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from sklearn_geo.partition._outlines import (
    along_geodesics,
    check_cell,
    check_n_per_edge,
    ring_on_map,
    rings_on_map,
)
from tests.partition.common import globe

# One place in the middle of each face: cells of level 0, in the order of the faces.
FACES = [[0, 0], [0, 90], [90, 0], [0, 180], [0, -90], [-90, 0]]


def faces():
    return S2Partition(5, 1).fit(FACES)


def test_pieces_of_geodesics_are_equal():
    corners = s2_vertices(s2_ids_from_tokens(["47"]), as_vectors=True)[0]
    points = along_geodesics(corners, 5)
    assert points.shape == (20, 3)
    assert_allclose(points[::5], corners, atol=0)
    assert_allclose(np.linalg.norm(points, axis=1), 1.0)
    for start in range(0, 20, 5):
        edge = np.vstack([points, points[:1]])[start : start + 6]
        steps = np.linalg.norm(np.diff(edge, axis=0), axis=1)
        assert_allclose(steps, steps[0], rtol=1e-12)
        # All on one great circle.
        normal = np.cross(edge[0], edge[-1])
        assert_allclose(edge @ normal, 0.0, atol=1e-15)
    assert_allclose(along_geodesics(corners, 1), corners, atol=0)


def test_corners_stay_what_they_are_to_the_last_bit():
    corners = unit_vectors(globe(300)).reshape(100, 3, 3)
    assert_array_equal(along_geodesics(corners, 4)[:, ::4], corners)


@pytest.mark.parametrize("short_of_half_a_turn", [1e-3, 4e-9, 1e-12])
def test_edges_between_nearly_opposite_corners(short_of_half_a_turn):
    angle = np.pi - short_of_half_a_turn
    corners = np.array([[1.0, 0.0, 0.0], [np.cos(angle), np.sin(angle), 0.0]])
    angles = np.arange(8) * angle / 8
    expected = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(8)])
    # The direction from one to the other is known to as many digits as they differ in.
    precise = 1e-15 / short_of_half_a_turn + 1e-14
    assert_allclose(along_geodesics(corners, 8)[:8], expected, atol=precise)


def test_face_around_the_antimeridian():
    ring = faces().cell_outline(3, n_per_edge=2)
    # Corners at (+-35.26, 180 +- 45), middles of the edges at (+-45, 180) and
    # (0, 180 +- 45); longitudes go on beyond 180, or below -180.
    assert len(ring) == 8
    latitude = np.degrees(np.arctan(np.sqrt(0.5)))
    turned = ring[:, 1] % 360.0
    assert np.ptp(ring[:, 1]) == pytest.approx(90.0)
    expected = {
        (round(s * latitude, 6), 180.0 + e * 45.0) for s in (1, -1) for e in (1, -1)
    }
    expected |= {(45.0, 180.0), (-45.0, 180.0), (0.0, 135.0), (0.0, 225.0)}
    found = set(
        zip(ring[:, 0].round(6).tolist(), turned.round(6).tolist(), strict=True)
    )
    assert {(a + 0.0, o) for a, o in found} == expected


@pytest.mark.parametrize(("cell", "pole"), [(2, 90.0), (5, -90.0)])
def test_face_around_a_pole(cell, pole):
    ring = faces().cell_outline(cell, n_per_edge=4)
    # Once around, from one end of the map to the other, and back along the pole.
    border, back = ring[:-2], ring[-2:]
    assert back[:, 0].tolist() == [pole, pole]
    assert border[[0, -1], 1].tolist() == back[::-1, 1].tolist()
    turn = np.sign(pole)
    assert border[-1, 1] - border[0, 1] == pytest.approx(turn * 360.0)
    assert border[0, 0] == pytest.approx(border[-1, 0])
    assert (np.diff(border[:, 1]) * turn >= 0.0).all()
    # 16 points, where it is opened included, at latitudes between 35 and 45 degrees.
    assert len(np.unique(border[:, 1].round(6) % 360.0)) == 16
    latitude = np.degrees(np.arctan(np.sqrt(0.5)))
    assert np.abs(border[:, 0]).min() == pytest.approx(latitude)
    assert np.abs(border[:, 0]).max() == pytest.approx(45.0)


def test_cell_with_a_pole_at_its_corner():
    # Level 1 cells meet in the pole; each takes a quarter turn there.
    partition = S2Partition(100, 1, start_level=1).fit([[89.0, 45.0], [89.0, 135.0]])
    for cell, middle in ((0, 45.0), (1, 135.0)):
        ring = partition.cell_outline(cell, n_per_edge=3)
        assert len(ring) == 13
        at_pole = ring[ring[:, 0] == 90.0]
        assert len(at_pole) == 2
        assert sorted(at_pole[:, 1]) == pytest.approx([middle - 45.0, middle + 45.0])
        assert np.ptp(ring[:, 1]) == pytest.approx(90.0)


def test_outlines_go_round_their_cells():
    partition = S2Partition(20, 1).fit(globe(500))
    for cell in range(partition.n_cells_):
        ring = partition.cell_outline(cell, n_per_edge=4)
        table = partition.cells_[cell]
        y, x = ring.T
        turn = x @ np.roll(y, -1) - y @ np.roll(x, -1)
        assert turn > 0.0  # counter-clockwise on a map
        closed = np.vstack([ring, ring[:1]])
        if abs(ring[:, 0]).max() < 89.9:
            assert np.abs(np.diff(closed[:, 1])).max() < 90.0
        middle = (x.min() + x.max()) / 2.0
        assert abs(middle - table["center_longitude"]) <= 180.0
        # The border is as long as a square of that area would have it, or so.
        places = np.column_stack([y, (x + 180.0) % 360.0 - 180.0])
        length = haversine(places, np.roll(places, -1, axis=0)).sum()
        assert 3.5 < length / np.sqrt(table["area_km2"]) < 4.6


def test_ring_of_another_turn():
    vectors = np.eye(3)[[0, 1, 2]]  # (0, 0), (0, 90), the north pole
    ring = ring_on_map(vectors, 400.0)
    assert ring.tolist() == [[0, 360], [0, 450], [90, 450], [90, 360]]
    assert ring_on_map(vectors, 45.0)[:, 1].tolist() == [0, 90, 90, 0]
    # The pole may be the first point as well.
    ring = ring_on_map(np.roll(vectors, 1, axis=0), 45.0)
    assert ring.tolist() == [[0, 0], [0, 90], [90, 90], [90, 0]]


@pytest.mark.parametrize("level", [0, 1, 2, 5])
def test_many_rings_are_laid_out_as_each_alone(level):
    # With the poles, the antimeridian and all other turns of the globe.
    places = np.vstack([globe(300), [[90.0, 10.0], [-90.0, 10.0], [0.0, 180.0]]])
    partition = S2Partition(300, 1, start_level=level, max_level=level).fit(places)
    corners = s2_vertices(partition.cells_["id"], as_vectors=True)
    points = along_geodesics(corners, 3)
    near = partition.cells_["center_longitude"] + 360.0 * (np.arange(len(corners)) % 3)
    rings = rings_on_map(points, near)
    for ring, own, longitude in zip(rings, points, near, strict=True):
        assert_allclose(ring, ring_on_map(own, longitude), atol=1e-9)


def test_bad_cells_and_pieces():
    partition = faces()
    assert check_cell(np.int64(3), 6) == 3
    for cell, error, match in (
        (6, ValueError, "cell 6 is not there: this partition has 6 cells, 0 to 5"),
        (-1, ValueError, "cell -1 is not there"),
        ("1", TypeError, "cell must be an integer, a row of cells_; got '1'"),
        (True, TypeError, "cell must be an integer"),
    ):
        with pytest.raises(error, match=match):
            partition.cell_outline(cell)
    for n_per_edge in (0, 1.5):
        with pytest.raises(ValueError, match="n_per_edge must be an integer, at least"):
            partition.cell_outline(0, n_per_edge=n_per_edge)
    check_n_per_edge(10_000)
    with pytest.raises(ValueError, match="got 10001"):
        check_n_per_edge(10_001)


@pytest.mark.parametrize(
    "partition",
    [
        S2Partition(9, 1),
        TrianglePartition(9, 1),
        TrianglePartition(9, 1, refine="delaunay"),
        KMeansPartition(3, random_state=0),
        KMeansPartition(1),
        AreaPartition(
            {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}
        ),
    ],
    ids=repr,
)
def test_no_partition_has_cells_before_the_first_or_behind_the_last(partition):
    with pytest.raises(NotFittedError):
        partition.cell_outline(0)
    partition.fit(FACES)
    for cell in (-1, partition.n_cells_):
        with pytest.raises(ValueError, match=f"cell {cell} is not there"):
            partition.cell_outline(cell)
    with pytest.raises(TypeError, match="cell must be an integer"):
        partition.cell_outline("0")


def test_the_middle_of_a_ring_comes_near():
    # From longitude 0 to 200: the middle, 100, is within half a turn of 5 and of
    # 279.95, and its eastern end is not.
    ring = [[10, 0], [10, 100], [10, 200], [-10, 200], [-10, 100], [-10, 0]]
    vectors = unit_vectors(ring)
    for near, turns in ((5.0, 0), (279.95, 0), (280.05, 1), (-85.0, -1)):
        expected = np.array(ring) + [0.0, 360.0 * turns]
        assert_allclose(ring_on_map(vectors, near), expected, atol=1e-12)
        (several,) = rings_on_map(vectors[np.newaxis], np.array([near]))
        assert_allclose(several, expected, atol=1e-12)


def test_a_ring_around_a_pole_is_opened_where_it_crosses():
    # Between 179.9 and 270: a share of 0.1 / 90.1 from latitude 60 to 75.
    ring = [[80, 0], [70, 90], [60, 179.9], [75, 270]]
    crossing = 60 + 15 * 0.1 / 90.1
    expected = [[crossing, -180], [75, -90], [80, 0], [70, 90], [60, 179.9]]
    expected += [[crossing, 180], [90, 180], [90, -180]]
    assert_allclose(ring_on_map(unit_vectors(ring), 0.0), expected, atol=1e-9)


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("side", [1, -1])
def test_rings_around_poles_may_begin_anywhere(first, side):
    # The northern ring eastward, its mirror image westward; one place is just behind
    # the antimeridian.
    north = np.array([[80, 0], [70, 90], [60, 179.9], [75, 180.25], [75, 270]])
    crossing = 60 + 15 * 0.1 / 0.35
    expected = [[crossing, -180], [75, -179.75], [75, -90], [80, 0], [70, 90]]
    expected += [[60, 179.9], [crossing, 180], [90, 180], [90, -180]]
    ring = np.roll(north, -first, axis=0)
    if side == -1:
        # Turned around the axis of (0, 0): latitude and longitude change signs.
        ring, expected = -ring, -np.array(expected)
    assert_allclose(ring_on_map(unit_vectors(ring), 0.0), expected, atol=1e-9)


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("side", [1, -1])
def test_a_pole_at_a_corner_of_more_than_half_a_turn(first, side):
    # Eastward over 260 degrees, and back along the pole, the inside on the left.
    ring = np.array([[90, 0], [50, 0], [50, 90], [50, 180], [50, 260]])
    expected = np.array([[50, 0], [50, 90], [50, 180], [50, 260], [90, 260], [90, 0]])
    places = side * np.roll(ring, -first, axis=0)
    vectors = unit_vectors(places)
    found = ring_on_map(vectors, side * 130.0)
    (several,) = rings_on_map(vectors[np.newaxis], np.array([side * 130.0]))
    assert_allclose(several, found, atol=1e-9)
    begin = np.flatnonzero((np.abs(found - side * expected[0]) < 1e-6).all(axis=1))[0]
    assert_allclose(np.roll(found, -begin, axis=0), side * expected, atol=1e-9)


@pytest.mark.parametrize("side", [1, -1])
def test_which_pole_it_is_does_not_depend_on_other_corners(side):
    # From one pole to places beyond the equator.
    ring = side * np.array([[90.0, 0.0], [-10.0, 0.0], [-10.0, 50.0], [-10.0, 100.0]])
    expected = side * np.array(
        [[90, 100], [90, 0], [-10, 0], [-10, 50], [-10, 100]], float
    )
    found = ring_on_map(unit_vectors(ring), side * 50.0)
    assert_allclose(sorted(found.tolist()), sorted(expected.tolist()), atol=1e-9)


def test_steps_of_nearly_half_a_turn():
    # 179.9 degrees eastward, across the antimeridian.
    expected = np.array([[-10, 90.05], [-10, 269.95], [10, 269.95], [10, 90.05]])
    vectors = unit_vectors(expected)
    assert_allclose(ring_on_map(vectors, 180.0), expected, atol=1e-9)
    (several,) = rings_on_map(vectors[np.newaxis], np.array([180.0]))
    assert_allclose(several, expected, atol=1e-9)


def test_an_edge_of_almost_half_the_globe():
    # Of a length that rounding makes more than 2, and bent a little to the side.
    vectors = np.random.default_rng(0).normal(size=(1000, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = vectors[np.linalg.norm(2.0 * vectors, axis=1) > 2.0][0]
    aside = np.cross(start, [0.0, 0.0, 1.0])
    aside /= np.linalg.norm(aside)
    points = along_geodesics(np.array([start, 1e-9 * aside - start]), 2)
    assert_allclose(points[1], aside, atol=1e-6)
