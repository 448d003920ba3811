# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Neighbours, corners, middles and areas of S2 cells against s2sphere."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from s2sphere import Cell, CellId, LatLng

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    s2_areas,
    s2_average_area,
    s2_cell_ids,
    s2_centers,
    s2_children,
    s2_edge_neighbors,
    s2_ids_at_level,
    s2_intersects,
    s2_levels,
    s2_neighbors,
    s2_vertices,
)
from tests.geometry.common_s2 import (
    SIZE,
    cells_on_borders,
    ids_of_cells,
    random_cells,
    uint64,
)


class TestNeighbors:
    @pytest.mark.parametrize("level", range(31))
    def test_equal_the_oracle(self, level):
        cells = random_cells(60, seed=level, levels=[level])[0]
        cells += [
            cell
            for cell in cells_on_borders([level])[0]
            if not self.oracle_rounds(cell)
        ]
        ids = uint64(cells)
        edges = [uint64(cell.get_edge_neighbors()) for cell in cells]
        assert_array_equal(s2_edge_neighbors(ids), edges)
        around = s2_neighbors(ids)
        assert_array_equal(around[:, :4], edges)
        for cell, row in zip(cells, around.tolist(), strict=True):
            expected = {other.id() for other in cell.get_all_neighbors(level)}
            assert {other for other in row if other} == expected
            assert len(expected) == sum(other != 0 for other in row)

    @staticmethod
    def oracle_rounds(cell):
        """Tell whether s2sphere's neighbours may be one leaf off, as it happens
        within 32 leaves of the corners of the cube (see the test of the seams)."""
        _, i, j, _ = cell.to_face_ij_orientation()
        to_corner = max(min(i, SIZE - 1 - i), min(j, SIZE - 1 - j))
        return cell.level() >= 25 and to_corner <= 32 + cell.get_size_ij()

    @pytest.mark.parametrize("level", range(31))
    def test_are_symmetric(self, level):
        _, ids = cells_on_borders([level])
        for neighbors in (s2_edge_neighbors, s2_neighbors):
            there = neighbors(ids)
            rows, columns = np.nonzero(there)
            back = neighbors(there[rows, columns])
            assert (back == ids[rows, np.newaxis]).any(axis=1).all()
            assert (there != ids[:, np.newaxis]).all()

    @pytest.mark.parametrize("level", [0, 1, 2, 7, 18, 24])
    def test_share_their_vertices(self, level):
        ids = random_cells(50, seed=18, levels=[level])[1]
        ids = np.concatenate([ids, cells_on_borders([level])[1]])
        corners = s2_vertices(ids, as_vectors=True)
        around = s2_neighbors(ids)
        far = 1e-3 * np.sqrt(s2_average_area(level, radius_km=1.0))
        for column in range(8):
            here = around[:, column] != 0
            others = s2_vertices(around[here, column], as_vectors=True)
            gaps = corners[here][:, :, np.newaxis] - others[:, np.newaxis]
            shared = (np.linalg.norm(gaps, axis=-1) < far).any(axis=2)
            expected = np.zeros(4, dtype=bool)
            expected[[column % 4] if column > 3 else [column, (column + 1) % 4]] = True
            assert_array_equal(shared, np.broadcast_to(expected, shared.shape))

    @pytest.mark.parametrize("level", [1, 2, 5, 30])
    def test_corners_of_the_cube_have_seven(self, level):
        tangent = math.degrees(math.atan(0.5**0.5))
        places = [
            [sign * (tangent + north), longitude + east]
            for sign in (-1, 1)
            for longitude in (-135.0, -45.0, 45.0, 135.0)
            for north, east in ((1e-9, 0.0), (-1e-9, 1e-9), (-1e-9, -1e-9))
        ]
        ids = s2_cell_ids(places, level)
        assert len(np.unique(ids)) == 24
        around = s2_neighbors(ids)
        assert_array_equal((around == 0).sum(axis=1), np.ones(24))
        assert (around[:, :4] != 0).all()

    def test_seams_are_right_where_the_oracle_rounds(self):
        # The third leaf from a corner of the cube, on the border of face 0.
        cell = CellId.from_face_ij(0, SIZE - 1, 2)
        across = CellId(int(s2_edge_neighbors(cell.id())[0, 1]))
        wrong = cell.get_edge_neighbors()[1]
        assert across != wrong
        # Both sides of the seam count leaves from the same corner.
        assert across == CellId.from_face_ij(1, 0, 2)
        assert wrong == CellId.from_face_ij(1, 0, 3)

    @settings(deadline=None, max_examples=60)
    @given(st.lists(ids_of_cells, min_size=1, max_size=20))
    def test_neighbors_know_each_other(self, numbers):
        ids = np.array(numbers, dtype=np.uint64)
        around = s2_neighbors(ids)
        for number, row in zip(ids, around, strict=True):
            others = row[row != 0]
            assert len(np.unique(others)) == len(others)
            assert number not in others
            assert_array_equal(
                s2_levels(others), s2_levels(others[:1])[[0] * len(others)]
            )
            assert (s2_neighbors(others) == number).any(axis=1).all()
            assert not s2_intersects(number, others).any()


OF_CELLS = {
    s2_areas: (),
    s2_edge_neighbors: (4,),
    s2_neighbors: (8,),
    s2_vertices: (4, 2),
    s2_centers: (2,),
}


@pytest.mark.parametrize("function", OF_CELLS)
class TestArguments:
    def test_shapes_are_kept(self, function):
        ids = s2_children(s2_ids_at_level(2).reshape(4, 24))
        assert ids.shape == (4, 24, 4)
        found = function(ids)
        assert found.shape == ids.shape + OF_CELLS[function]
        assert_array_equal(found[2, 5], function(ids[2, 5]))

    def test_no_ids_give_no_answers(self, function):
        none = np.zeros(0, dtype=np.uint64)
        assert function(none).shape == (0, *OF_CELLS[function])
        assert function([]).shape == (0, *OF_CELLS[function])

    def test_invalid_ids_are_named(self, function):
        ids = np.array([1 << 60, 2, 0xC000000000000001], dtype=np.uint64)
        with pytest.raises(ValueError, match=r"row 1: 2 \(0x0000000000000002\) is not"):
            function(ids)
        with pytest.raises(ValueError, match=r"row 0: 13835058055282163713 \(0xc0"):
            function(ids[2:])


class TestShapes:
    def cells(self):
        cells, ids = random_cells(1240, seed=19)
        on_borders, border_ids = cells_on_borders([0, 1, 2, 5, 30])
        return cells + on_borders, np.concatenate([ids, border_ids])

    def test_vertices_equal_the_oracle(self):
        cells, ids = self.cells()
        points = [[Cell(cell).get_vertex(k) for k in range(4)] for cell in cells]
        expected = np.array(
            [[[*map(float, p)] for p in row] for row in self.xyz(points)]
        )
        found = s2_vertices(ids, as_vectors=True)
        assert_array_equal(found.view(np.uint64), expected.view(np.uint64))
        self.check_places(s2_vertices(ids), points)

    def test_centers_equal_the_oracle(self):
        cells, ids = self.cells()
        points = [[cell.to_point()] for cell in cells]
        expected = np.array([[*map(float, row[0])] for row in self.xyz(points)])
        found = s2_centers(ids, as_vectors=True)
        assert_array_equal(found.view(np.uint64), expected.view(np.uint64))
        self.check_places(s2_centers(ids)[:, np.newaxis], points)

    @staticmethod
    def xyz(points):
        return [[(p[0], p[1], p[2]) for p in row] for row in points]

    @staticmethod
    def check_places(found, points):
        expected = np.array(
            [
                [[LatLng.latitude(p).degrees, LatLng.longitude(p).degrees] for p in row]
                for row in points
            ]
        )
        assert_allclose(found[..., 0], expected[..., 0], rtol=1e-15, atol=3e-14)
        off_pole = np.abs(expected[..., 0]) < 90.0
        turn = found[..., 1] - expected[..., 1]
        turn = turn - 360.0 * np.round(turn / 360.0)
        assert np.abs(turn[off_pole]).max() < 1e-13
        assert (found[~off_pole, 1] == 0.0).all()
        assert (found[..., 1] >= -180.0).all()
        assert (found[..., 1] < 180.0).all()

    @pytest.mark.parametrize("level", range(31))
    def test_the_middle_of_a_cell_is_in_it(self, level):
        _, ids = random_cells(200, seed=20 + level, levels=[level])
        assert_array_equal(s2_cell_ids(s2_centers(ids), level), ids)

    def test_faces_have_the_corners_of_the_cube(self):
        vertices = s2_vertices(s2_ids_at_level(0), as_vectors=True)
        assert_allclose(np.abs(vertices), np.full((6, 4, 3), 3**-0.5), rtol=1e-15)

    def test_vertices_run_counter_clockwise(self):
        _, ids = random_cells(300, seed=21, levels=range(20))
        a, b, c, d = np.moveaxis(s2_vertices(ids, as_vectors=True), 1, 0)
        for first, second, third in ((a, b, c), (b, c, d), (c, d, a), (d, a, b)):
            assert ((np.cross(first, second) * third).sum(axis=1) > 0).all()


NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def area_by_quadrature(cell):
    """Integrate the solid angle over the cell's rectangle on its face."""
    _, i, j, _ = cell.to_face_ij_orientation()
    size = cell.get_size_ij()

    def border(k):
        s = Fraction(k, SIZE)
        return (4 * s * s - 1) / 3 if 2 * s >= 1 else (1 - 4 * (1 - s) ** 2) / 3

    axes = []
    for k in (i & -size, j & -size):
        first, last = border(k), border(k + size)
        middle, half = float((first + last) / 2), float((last - first) / 2)
        axes.append((middle + half * NODES, half * WEIGHTS))
    (u, weight_u), (v, weight_v) = axes
    density = (1.0 + u[:, np.newaxis] ** 2 + v**2) ** -1.5
    return weight_u @ density @ weight_v


class TestAreas:
    def test_equal_the_integral(self):
        cells, ids = random_cells(930, seed=22)
        on_borders, border_ids = cells_on_borders([0, 1, 2, 3, 15, 30])
        expected = [area_by_quadrature(cell) for cell in cells + on_borders]
        found = s2_areas(np.concatenate([ids, border_ids]), radius_km=1.0)
        assert_allclose(found, expected, rtol=2e-14)

    def test_agree_with_the_oracle(self):
        cells, ids = random_cells(310, seed=23)
        expected = [Cell(cell).exact_area() for cell in cells]
        found = s2_areas(ids, radius_km=1.0)
        # The oracle promises six digits, down to the leaves.
        assert_allclose(found, expected, rtol=1e-6)
        coarse = s2_levels(ids) < 8
        assert_allclose(found[coarse], np.array(expected)[coarse], rtol=1e-11)

    @pytest.mark.parametrize("level", range(8))
    def test_of_a_level_sum_to_the_sphere(self, level):
        areas = s2_areas(s2_ids_at_level(level), radius_km=1.0)
        assert_allclose(math.fsum(areas), 4.0 * math.pi, rtol=2e-15)
        assert_allclose(areas.mean(), s2_average_area(level, radius_km=1.0), rtol=1e-14)

    def test_of_children_sum_to_the_parent(self):
        _, ids = random_cells(3000, seed=24, levels=range(30))
        assert_allclose(
            s2_areas(s2_children(ids)).sum(axis=1), s2_areas(ids), rtol=3e-15
        )

    def test_faces_share_the_earth(self):
        sphere = 4.0 * math.pi * EARTH_RADIUS_KM**2
        assert_allclose(
            s2_areas(s2_ids_at_level(0)), np.full(6, sphere / 6), rtol=1e-15
        )
        assert s2_average_area(0) == pytest.approx(sphere / 6, rel=1e-15)
        assert s2_average_area(30) == pytest.approx(sphere / 6 / 4**30, rel=1e-15)

    @pytest.mark.parametrize(
        "radius_km", [0.0, -1.0, float("nan"), 1e200, 1e-200, np.float32(0)]
    )
    def test_a_radius_is_positive(self, radius_km):
        with pytest.raises(ValueError, match="radius_km must be a positive number"):
            s2_areas([1 << 60], radius_km=radius_km)
        with pytest.raises(ValueError, match="radius_km must be a positive number"):
            s2_average_area(3, radius_km=radius_km)

    @pytest.mark.parametrize("level", [-1, 31, 2.0, "3"])
    def test_average_area_needs_a_level(self, level):
        with pytest.raises(ValueError, match="level must be an integer between 0"):
            s2_average_area(level)
