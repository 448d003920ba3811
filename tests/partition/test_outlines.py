# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Borders of cells: geodesics, poles and the turns of longitude."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import (
    haversine,
    s2_ids_from_tokens,
    s2_vertices,
    unit_vectors,
)
from sklearn_geo.partition import S2Partition
from sklearn_geo.partition._outlines import (
    along_geodesics,
    check_cell,
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


def test_the_middle_of_a_ring_comes_near():
    # From longitude 0 to 200: the middle, 100, is within half a turn of 5 and of
    # 279.9, and its eastern end is not.
    ring = [[10, 0], [10, 100], [10, 200], [-10, 200], [-10, 100], [-10, 0]]
    vectors = unit_vectors(ring)
    for near, turns in ((5.0, 0), (279.9, 0), (280.1, 1), (-85.0, -1)):
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
