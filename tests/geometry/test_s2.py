# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2 cells against s2sphere, which follows the reference implementation."""

import math
import random
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from s2sphere import Cell, CellId, LatLng

from sklearn_geo.base import wrap_longitude
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    S2_MAX_LEVEL,
    _s2_curve,
    s2_areas,
    s2_average_area,
    s2_cell_ids,
    s2_centers,
    s2_children,
    s2_contains,
    s2_edge_neighbors,
    s2_faces,
    s2_ids_at_level,
    s2_ids_from_tokens,
    s2_intersects,
    s2_is_valid,
    s2_leaf_ids,
    s2_levels,
    s2_neighbors,
    s2_parents,
    s2_ranges,
    s2_tokens,
    s2_vertices,
)

SIZE = 1 << 30
CITIES = [
    [48.8566, 2.3522],
    [51.5074, -0.1278],
    [40.7128, -74.0060],
    [35.6762, 139.6503],
    [-33.8688, 151.2093],
    [-22.9068, -43.1729],
    [1.3521, 103.8198],
    [64.1466, -21.9426],
]


def oracle_leaves(places):
    """Ids of s2sphere for the degrees that the library sees: 180 is -180."""
    places = np.asarray(places, dtype=np.float64)
    pairs = np.column_stack([places[:, 0], wrap_longitude(places[:, 1])]).tolist()
    return uint64(CellId.from_lat_lng(LatLng.from_degrees(*pair)) for pair in pairs)


def uint64(cells):
    return np.array([cell.id() for cell in cells], dtype=np.uint64)


def uniform_places(n, seed):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    return np.column_stack([latitude, rng.uniform(-180.0, 180.0, n)])


def random_cells(n, seed, levels=range(31)):
    """Cells of s2sphere, evenly from all levels, and their ids."""
    rng = random.Random(seed)
    cells = [
        CellId.from_face_ij(
            rng.randrange(6), rng.randrange(SIZE), rng.randrange(SIZE)
        ).parent(levels[k % len(levels)])
        for k in range(n)
    ]
    return cells, uint64(cells)


def cells_on_borders(levels):
    """Cells along the edges and in the corners of all faces."""
    cells = []
    for level in levels:
        edge = 1 << (30 - level)
        steps = {k * edge for k in (0, 1, 2, 3, 7)} | {SIZE // 2, SIZE // 3, SIZE // 7}
        steps |= {SIZE - 1 - step for step in steps}
        for face in range(6):
            for step in steps:
                if not 0 <= step < SIZE:
                    continue
                for i, j in ((0, step), (SIZE - 1, step), (step, 0), (step, SIZE - 1)):
                    cells.append(CellId.from_face_ij(face, i, j).parent(level))
    cells = list({cell.id(): cell for cell in cells}.values())
    return cells, uint64(cells)


def nudged(places, rng):
    """Move places by a few units in the last place of either coordinate."""
    moved = np.array(places, dtype=np.float64)
    steps = rng.integers(-3, 4, size=moved.shape)
    for k in range(1, 4):
        for sign in (-1, 1):
            moved = np.where(
                steps * sign >= k, np.nextafter(moved, sign * np.inf), moved
            )
    moved[:, 0] = np.clip(moved[:, 0], -90.0, 90.0)
    return moved


def lattice_places():
    latitudes = [-90.0, -60.0, -45.0, -30.0, 0.0, 30.0, 45.0, 60.0, 90.0, -0.0]
    latitudes += [math.degrees(math.atan(k)) for k in (0.5**0.5, -(0.5**0.5))]
    longitudes = np.r_[np.arange(-180.0, 181.0, 15.0), -0.0, 179.9999999, 540.0]
    grid = np.meshgrid(latitudes, longitudes, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 2)


def seam_places():
    """Places where two components of the unit vector are equal, or nearly."""
    rng = np.random.default_rng(5)
    longitude = rng.uniform(-180.0, 180.0, 400)
    # |z| = |x| or |z| = |y|: the border of the polar faces.
    tangent = np.maximum(
        np.abs(np.cos(np.radians(longitude))), np.abs(np.sin(np.radians(longitude)))
    )
    polar = np.column_stack([np.degrees(np.arctan(tangent)), longitude])
    polar[::2, 0] *= -1
    # |x| = |y|: the borders between the faces around the equator.
    equatorial = np.column_stack(
        [rng.uniform(-40.0, 40.0, 400), rng.choice([-135.0, -45.0, 45.0, 135.0], 400)]
    )
    antimeridian = np.column_stack(
        [rng.uniform(-90.0, 90.0, 200), rng.choice([-180.0, 180.0], 200)]
    )
    exact = np.vstack([polar, equatorial, antimeridian])
    return np.vstack([exact, nudged(exact, rng), nudged(exact, rng)])


def border_places():
    """Corners and middles of cells of all levels, and places a few ulp away."""
    cells, _ = random_cells(620, seed=6)
    places = []
    for k, cell in enumerate(cells):
        point = cell.to_point() if k % 5 == 4 else Cell(cell).get_vertex(k % 5)
        place = LatLng.from_point(point)
        places.append([place.lat().degrees, place.lng().degrees])
    rng = np.random.default_rng(7)
    return np.vstack([places, *(nudged(places, rng) for _ in range(3))])


HARD_PLACES = {
    "lattice": lattice_places,
    "seams": seam_places,
    "borders of cells": border_places,
}


class TestLeafIds:
    def test_equal_the_oracle_everywhere(self):
        places = uniform_places(50_000, seed=0)
        ids = s2_leaf_ids(places)
        assert ids.dtype == np.uint64
        assert_array_equal(ids, oracle_leaves(places))

    def test_equal_the_oracle_near_cities(self):
        rng = np.random.default_rng(1)
        centers = np.repeat(CITIES, 400, axis=0)
        places = centers + rng.normal(scale=0.02, size=centers.shape)
        places[::4] = places[::4].round(4)
        assert_array_equal(s2_leaf_ids(places), oracle_leaves(places))

    @pytest.mark.parametrize("kind", HARD_PLACES)
    def test_equal_the_oracle_where_it_is_hard(self, kind):
        places = HARD_PLACES[kind]()
        assert_array_equal(s2_leaf_ids(places), oracle_leaves(places))

    @pytest.mark.parametrize("kind", HARD_PLACES)
    def test_do_not_depend_on_the_sines_of_numpy(self, kind, monkeypatch):
        # A numpy whose sines and cosines are up to 8 units in the last place off.
        rng = np.random.default_rng(2)
        exact = _s2_curve._exact_vectors

        def noisy(places):
            latitude, longitude = np.radians(places).T
            sines = np.array(
                [
                    np.cos(latitude),
                    np.sin(latitude),
                    np.cos(longitude),
                    np.sin(longitude),
                ]
            )
            sines += rng.integers(-8, 9, size=sines.shape) * np.spacing(np.abs(sines))
            around, z, cosine, sine = sines
            return cosine * around, sine * around, z

        places = np.vstack([HARD_PLACES[kind](), uniform_places(1000, seed=3)])
        expected = oracle_leaves(places)
        monkeypatch.setattr(_s2_curve, "_fast_vectors", noisy)
        assert_array_equal(s2_leaf_ids(places), expected)
        # The noise matters: without the second look many ids would be wrong.
        monkeypatch.setattr(_s2_curve, "_exact_vectors", noisy)
        assert (s2_leaf_ids(places) != expected).sum() > 10
        # And the second look alone is the oracle's arithmetic.
        monkeypatch.setattr(_s2_curve, "_fast_vectors", exact)
        monkeypatch.setattr(_s2_curve, "_exact_vectors", exact)
        assert_array_equal(s2_leaf_ids(places), expected)

    def test_few_places_need_a_second_look(self, monkeypatch):
        looked_at = []
        exact = _s2_curve._exact_vectors

        def counting(places):
            looked_at.append(len(places))
            return exact(places)

        monkeypatch.setattr(_s2_curve, "_exact_vectors", counting)
        s2_leaf_ids(uniform_places(100_000, seed=4))
        # Two coordinates, each doubtful on 2 * 2**-14 of a leaf: 24 places expected.
        assert 0 < sum(looked_at) < 100

    def test_rows_are_independent_of_the_blocks(self, monkeypatch):
        places = np.vstack([uniform_places(500, seed=8), lattice_places()])
        expected = s2_leaf_ids(places)
        monkeypatch.setattr(_s2_curve, "BLOCK_ROWS", 7)
        assert_array_equal(s2_leaf_ids(places), expected)
        assert_array_equal(s2_leaf_ids(places[::-1]), expected[::-1])
        assert_array_equal(s2_leaf_ids(np.asfortranarray(places)), expected)

    def test_180_is_minus_180(self):
        for latitude in (-80.0, -10.0, 0.0, 33.3, 90.0):
            east, west = s2_leaf_ids([[latitude, 180.0], [latitude, -180.0]])
            assert east == west

    def test_the_input_stays_as_it_was(self):
        places = lattice_places()
        before = places.copy()
        places.flags.writeable = False
        s2_leaf_ids(places)
        assert_array_equal(places, before)

    def test_bad_places_are_named(self):
        with pytest.raises(ValueError, match=r"row 1: latitude 91\.0"):
            s2_leaf_ids([[0.0, 0.0], [91.0, 0.0]])


class TestLevels:
    @pytest.mark.parametrize("level", range(31))
    def test_cell_ids_equal_the_oracle(self, level):
        places = np.vstack([uniform_places(100, seed=level), CITIES])
        leaves = [CellId(int(leaf)) for leaf in oracle_leaves(places)]
        expected = uint64(leaf.parent(level) for leaf in leaves)
        assert_array_equal(s2_cell_ids(places, level), expected)
        assert_array_equal(s2_parents(uint64(leaves), level), expected)
        assert_array_equal(s2_levels(expected), np.full(len(places), level))

    def test_one_level_a_place(self):
        places = uniform_places(31, seed=9)
        levels = np.arange(31)
        expected = uint64(
            CellId(int(leaf)).parent(level)
            for leaf, level in zip(oracle_leaves(places), range(31), strict=True)
        )
        assert_array_equal(s2_cell_ids(places, levels), expected)
        assert_array_equal(s2_parents(s2_leaf_ids(places), levels), expected)
        assert_array_equal(s2_levels(expected), levels)

    def test_parents_of_every_level_equal_the_oracle(self):
        cells, ids = random_cells(310, seed=10)
        for level in range(31):
            deep = s2_levels(ids) >= level
            expected = uint64(
                cell.parent(level) for cell in cells if cell.level() >= level
            )
            assert_array_equal(s2_parents(ids[deep], level), expected)

    def test_a_finer_parent_is_refused(self):
        ids = s2_ids_from_tokens(["47e66ff", "47f"])
        with pytest.raises(
            ValueError, match=rf"row 1: {0x47F << 52} .* level 4 .* finer level 5"
        ):
            s2_parents(ids, 5)
        with pytest.raises(ValueError, match=r"row 0: .* level 12 .* finer level 13"):
            s2_parents(ids, [13, 4])
        assert_array_equal(s2_parents(ids, [12, 4]), ids)

    @pytest.mark.parametrize("level", [-1, 31])
    def test_levels_run_from_0_to_30(self, level):
        with pytest.raises(ValueError, match=rf"between 0.* and 30.* got {level}\."):
            s2_cell_ids([[0.0, 0.0]], level)
        with pytest.raises(ValueError, match=rf"got {level} \(row 1\)"):
            s2_parents(s2_leaf_ids([[0.0, 0.0], [1.0, 1.0]]), [3, level])

    def test_levels_are_integers_one_or_one_each(self):
        with pytest.raises(TypeError, match="level must be an integer"):
            s2_cell_ids([[0.0, 0.0]], 3.0)
        with pytest.raises(ValueError, match=r"expected the shape \(1,\), got \(2,\)"):
            s2_cell_ids([[0.0, 0.0]], [3, 4])

    def test_faces_equal_the_oracle(self):
        cells, ids = random_cells(200, seed=11)
        assert_array_equal(s2_faces(ids), [cell.face() for cell in cells])
        middles = [[0, 0], [0, 90], [90, 0], [0, 180], [0, -90], [-90, 0]]
        assert_array_equal(s2_faces(s2_leaf_ids(middles)), range(6))

    @pytest.mark.parametrize("level", range(5))
    def test_ids_at_level_equal_the_oracle(self, level):
        ids = s2_ids_at_level(level)
        assert_array_equal(ids, uint64(CellId.walk(level)))
        assert len(ids) == 6 * 4**level

    def test_too_many_ids_are_not_listed(self):
        with pytest.raises(ValueError, match="level 13 has 402,653,184 cells"):
            s2_ids_at_level(13)
        with pytest.raises(ValueError, match="between 0"):
            s2_ids_at_level(-1)

    def test_max_level(self):
        assert S2_MAX_LEVEL == CellId.MAX_LEVEL


class TestFamily:
    def test_ranges_equal_the_oracle(self):
        cells, ids = random_cells(310, seed=12)
        smallest, largest = s2_ranges(ids)
        assert_array_equal(smallest, uint64(cell.range_min() for cell in cells))
        assert_array_equal(largest, uint64(cell.range_max() for cell in cells))

    def test_children_equal_the_oracle(self):
        cells, ids = random_cells(300, seed=13, levels=range(30))
        expected = [uint64(cell.children()) for cell in cells]
        assert_array_equal(s2_children(ids), expected)

    def test_leaves_have_no_children(self):
        leaf = s2_leaf_ids([[0.0, 0.0]])
        with pytest.raises(ValueError, match=rf"row 1: {leaf[0]} .* has no children"):
            s2_children([0x47F0000000000000, int(leaf[0])])

    def test_contains_and_intersects_equal_the_oracle(self):
        cells, ids = random_cells(93, seed=14, levels=range(6))
        inside = [CellId(int(i)) for i in s2_parents(s2_leaf_ids(CITIES * 4), 7)]
        cells += inside + [cell.parent(k % 8) for k, cell in enumerate(inside)]
        ids = uint64(cells)
        contains = [[a.contains(b) for b in cells] for a in cells]
        intersects = [[a.intersects(b) for b in cells] for a in cells]
        found = s2_contains(ids[:, np.newaxis], ids)
        assert_array_equal(found, contains)
        assert_array_equal(s2_intersects(ids[:, np.newaxis], ids), intersects)
        # Containment is to be one's own ancestor of that level.
        deeper = s2_levels(ids) >= s2_levels(ids)[:, np.newaxis]
        for row, level in enumerate(s2_levels(ids)):
            same = s2_parents(ids[deeper[row]], level) == ids[row]
            assert_array_equal(found[row, deeper[row]], same)
            assert not found[row, ~deeper[row]].any()

    def test_one_cell_against_many(self):
        leaves = s2_leaf_ids(CITIES)
        assert_array_equal(
            s2_contains(0x47F0000000000000, leaves), [True] + [False] * 7
        )

    def test_shapes_are_kept(self):
        ids = s2_children(s2_ids_at_level(2).reshape(4, 24))
        assert ids.shape == (4, 24, 4)
        for function in (s2_levels, s2_faces, s2_tokens, s2_is_valid, s2_areas):
            assert function(ids).shape == ids.shape
        assert s2_parents(ids, 1).shape == ids.shape
        assert s2_parents(ids, np.full(ids.shape, 2)).shape == ids.shape
        assert s2_children(ids).shape == (*ids.shape, 4)
        assert s2_neighbors(ids).shape == (*ids.shape, 8)
        assert s2_vertices(ids).shape == (*ids.shape, 4, 2)
        assert s2_centers(ids).shape == (*ids.shape, 2)
        assert_array_equal(s2_areas(ids)[2, 5], s2_areas(ids[2, 5]))
        assert_array_equal(s2_ids_from_tokens(s2_tokens(ids)), ids)
        assert_array_equal(s2_tokens(ids.T), s2_tokens(ids).T)
        assert_array_equal(s2_ids_from_tokens(s2_tokens(ids).T), ids.T)

    def test_no_ids_give_no_answers(self):
        none = np.zeros(0, dtype=np.uint64)
        for function in (s2_levels, s2_faces, s2_tokens, s2_is_valid, s2_areas):
            assert function(none).shape == (0,)
            assert function([]).shape == (0,)
        assert s2_parents(none, 3).shape == (0,)
        assert s2_children(none).shape == (0, 4)
        assert s2_edge_neighbors(none).shape == (0, 4)
        assert s2_vertices(none).shape == (0, 4, 2)
        assert s2_centers(none).shape == (0, 2)
        assert s2_ids_from_tokens([]).dtype == np.uint64


class TestTokens:
    def test_equal_the_oracle_and_come_back(self):
        cells, ids = random_cells(1550, seed=15)
        tokens = s2_tokens(ids)
        assert_array_equal(tokens, [cell.to_token() for cell in cells])
        assert_array_equal(s2_ids_from_tokens(tokens), ids)
        assert_array_equal(
            s2_ids_from_tokens(tokens), uint64(map(CellId.from_token, tokens.tolist()))
        )

    def test_other_spellings(self):
        expected = np.full(4, 0x47F0000000000000, dtype=np.uint64)
        tokens = ["47f", "47F", "47f00", "47f0000000000000"]
        assert_array_equal(s2_ids_from_tokens(tokens), expected)
        assert_array_equal(s2_ids_from_tokens(np.array(tokens, object)), expected)
        assert_array_equal(s2_ids_from_tokens(pd.Series(tokens)), expected)
        assert_array_equal(s2_ids_from_tokens("47f"), expected[:1])

    def test_x_is_no_cell(self):
        assert_array_equal(s2_ids_from_tokens(["X", "1"]), [0, 1 << 60])
        assert_array_equal(s2_tokens([0, 1 << 60]), ["X", "1"])

    @pytest.mark.parametrize(
        "token",
        ["", "g", "0", "2", "f", "c", "47f ", " 47f", "0x47f", "4_7f", "-1", "x", "XX",
         "47f" + "0" * 14, "4\x007f", "\uff14\uff17f", "47é", "0000000000000002"],
    )  # fmt: skip
    def test_bad_tokens_are_named(self, token):
        with pytest.raises(ValueError, match=r"row 1: .* is not the token") as error:
            s2_ids_from_tokens(["47f", token])
        assert repr(token) in str(error.value)

    @pytest.mark.parametrize("token", [None, float("nan"), 5, pd.NA])
    def test_what_is_not_text_is_named(self, token):
        with pytest.raises(ValueError, match=r"row 1: .* is not text") as error:
            s2_ids_from_tokens(np.array(["47f", token], dtype=object))
        assert repr(token) in str(error.value)


class TestValidity:
    def test_equals_the_oracle(self):
        _, ids = random_cells(310, seed=16)
        rng = np.random.default_rng(17)
        noise = rng.integers(0, 1 << 63, size=300, dtype=np.uint64) * np.uint64(2)
        shifts = rng.integers(0, 62, size=300).astype(np.uint64)
        numbers = np.concatenate(
            [ids, ids << np.uint64(1), ids >> np.uint64(1), noise, noise << shifts]
            + [np.array([0, 1, 2, 4, (1 << 64) - 2, 6 << 61], dtype=np.uint64)]
        )
        expected = [CellId(int(number)).is_valid() for number in numbers]
        assert 300 < sum(expected) < len(expected) - 300
        assert_array_equal(s2_is_valid(numbers), expected)

    @pytest.mark.parametrize(
        "function",
        [s2_levels, s2_faces, s2_ranges, s2_children, s2_edge_neighbors, s2_neighbors,
         s2_vertices, s2_centers, s2_areas, s2_tokens,
         lambda ids: s2_parents(ids, 0), lambda ids: s2_contains([1], ids),
         lambda ids: s2_intersects([1], ids)],
    )  # fmt: skip
    def test_invalid_ids_are_named(self, function):
        ids = np.array([1 << 60, 2, 0xC000000000000001], dtype=np.uint64)
        with pytest.raises(ValueError, match=r"row 1: 2 \(0x0000000000000002\) is not"):
            function(ids)
        with pytest.raises(ValueError, match=r"row 0: 13835058055282163713 \(0xc0"):
            function(ids[2:])

    def test_no_cell_is_no_valid_id(self):
        with pytest.raises(ValueError, match=r"row 1: 0 .* drop it first"):
            s2_levels([1 << 60, 0])

    def test_containers_of_ids(self):
        ids = s2_leaf_ids(CITIES)
        # Faces 4 and 5 have ids beyond the signed numbers.
        assert (ids >= 1 << 63).any()
        assert (ids < 1 << 63).any()
        expected = s2_tokens(ids)
        for same in (
            ids.tolist(),
            ids.astype(object),
            ids.view(np.int64),
            ids.view(np.int64).tolist(),
            ids.astype(">u8"),
            pd.Series(ids),
            pd.Series(ids).astype("UInt64"),
        ):
            assert_array_equal(s2_tokens(same), expected)
        assert_array_equal(s2_tokens([1 << 60, int(ids.max())])[0], "1")

    @pytest.mark.parametrize(
        ("ids", "words"),
        [
            (np.array([1.0]), "Floats keep 53"),
            (np.array([True]), "bool"),
            (["47f"], "s2_ids_from_tokens"),
            ([1 << 60, None], "row 1: None"),
            ([1 << 64], "row 0: 18446744073709551616"),
            ([1 << 60, 1.5], "row 1: 1.5"),
            (pd.Series([1 << 60, pd.NA], dtype="object"), "row 1: <NA>"),
        ],
    )
    def test_what_is_no_integer_is_refused(self, ids, words):
        with pytest.raises(TypeError, match=words):
            s2_levels(ids)


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

    @pytest.mark.parametrize("radius_km", [0.0, -1.0, float("nan")])
    def test_a_radius_is_positive(self, radius_km):
        with pytest.raises(ValueError, match="radius_km must be a positive number"):
            s2_areas([1 << 60], radius_km=radius_km)
        with pytest.raises(ValueError, match="radius_km must be a positive number"):
            s2_average_area(3, radius_km=radius_km)

    @pytest.mark.parametrize("level", [-1, 31, 2.0, "3"])
    def test_average_area_needs_a_level(self, level):
        with pytest.raises(ValueError, match="level must be an integer between 0"):
            s2_average_area(level)


ids_of_cells = st.builds(
    lambda face, position, level: CellId.from_face_pos_level(
        face, position, level
    ).id(),
    st.integers(0, 5),
    st.integers(0, (1 << 61) - 1),
    st.integers(0, 30),
)


class TestInvariants:
    @settings(deadline=None, max_examples=60)
    @given(st.lists(ids_of_cells, min_size=1, max_size=20))
    def test_up_and_down(self, numbers):
        ids = np.array(numbers, dtype=np.uint64)
        assert s2_is_valid(ids).all()
        assert_array_equal(s2_ids_from_tokens(s2_tokens(ids)), ids)
        ids = ids[s2_levels(ids) < 30]
        children = s2_children(ids)
        levels = s2_levels(ids)
        assert_array_equal(s2_levels(children), np.repeat(levels, 4).reshape(-1, 4) + 1)
        parents = s2_parents(children, np.repeat(levels, 4).reshape(-1, 4))
        assert_array_equal(parents, np.repeat(ids, 4).reshape(-1, 4))
        # The ranges of the children tile the parent's.
        smallest, largest = s2_ranges(children)
        low, high = s2_ranges(ids)
        assert_array_equal(smallest[:, 0], low)
        assert_array_equal(largest[:, 3], high)
        assert_array_equal(largest[:, :3] + np.uint64(2), smallest[:, 1:])
        assert s2_contains(ids[:, np.newaxis], children).all()
        assert not s2_contains(children, ids[:, np.newaxis]).any()
        assert s2_intersects(children, ids[:, np.newaxis]).all()

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

    @settings(deadline=None, max_examples=60)
    @given(
        st.floats(-90.0, 90.0),
        st.floats(-540.0, 540.0, allow_subnormal=False),
        st.integers(0, 30),
    )
    def test_a_place_is_in_its_cell(self, latitude, longitude, level):
        place = [[latitude, longitude]]
        leaf, cell = s2_leaf_ids(place), s2_cell_ids(place, level)
        assert_array_equal(leaf, oracle_leaves(place))
        assert s2_contains(cell, leaf).all()
        assert_array_equal(s2_levels(cell), [level])
