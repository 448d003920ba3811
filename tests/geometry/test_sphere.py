# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.metrics.pairwise import haversine_distances

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    _sphere,
    chord_to_km,
    haversine,
    haversine_to_point,
    km_to_chord,
    pairwise_haversine,
    pairwise_haversine_chunks,
    places_from_vectors,
    unit_vectors,
)
from tests.geometry.common import (
    DEGREE_KM,
    QUARTER_KM,
    angle_km,
    modest,
    naive_km,
    pairs,
    random_places,
)


class TestVectors:
    def test_axes_by_hand(self):
        places = [[0.0, 0.0], [0.0, 90.0], [90.0, 17.0], [-90.0, 3.0], [0.0, 180.0]]
        expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1], [-1, 0, 0]]
        assert_array_equal(unit_vectors(places), expected)

    def test_sixty_degrees_north(self):
        root = math.sqrt(0.5)
        assert_allclose(
            unit_vectors([[60.0, -45.0]]), [[root / 2, -root / 2, math.sqrt(0.75)]]
        )

    @modest
    @given(pairs)
    def test_there_and_back(self, place):
        back = places_from_vectors(unit_vectors([list(place)]))
        assert haversine([list(place)], back)[0] < 1e-11

    def test_length_does_not_matter(self):
        vectors = unit_vectors(random_places(50))
        scale = np.random.default_rng(1).uniform(1e-200, 1e200, (50, 1))
        assert_allclose(
            places_from_vectors(vectors * scale), places_from_vectors(vectors)
        )

    def test_antimeridian_is_minus_180(self):
        assert_array_equal(places_from_vectors([[-1.0, 0.0, 0.0]]), [[0.0, -180.0]])
        assert_array_equal(places_from_vectors([[-1.0, -0.0, 0.0]]), [[0.0, -180.0]])

    @pytest.mark.parametrize("bad", [[0.0, 0.0, 0.0], [np.nan, 0, 1], [np.inf, 0, 0]])
    def test_a_vector_that_points_nowhere(self, bad):
        with pytest.raises(ValueError, match=r"^vectors, row 1: .* points to no place"):
            places_from_vectors([[1.0, 0.0, 0.0], bad])

    def test_a_nan_that_signals_points_nowhere_too(self):
        # Its first digit of the fraction is 0, and numpy would warn of it.
        signals = np.array([0x7FF0000000000001], np.uint64).view(np.float64)[0]
        with pytest.raises(ValueError, match=r"^vectors, row 1: .* points to no place"):
            places_from_vectors(np.array([[1.0, 0.0, 0.0], [45.0, signals, 1.0]]))

    @pytest.mark.parametrize("vectors", [[[1.0, 2.0]], [1.0, 2.0, 3.0], [[[1.0] * 3]]])
    def test_three_columns(self, vectors):
        with pytest.raises(ValueError, match=r"three columns, \(x, y, z\)"):
            places_from_vectors(vectors)

    def test_numbers_alone(self):
        with pytest.raises(TypeError, match=r"^vectors must hold numbers"):
            places_from_vectors([["north", 0.0, 1.0]])


class TestHaversine:
    @pytest.mark.parametrize(
        ("a", "b", "km"),
        [
            ([0, 0], [0, 90], QUARTER_KM),
            ([0, 0], [90, 123], QUARTER_KM),
            ([0, 0], [0, 180], 2 * QUARTER_KM),
            ([90, 0], [-90, 77], 2 * QUARTER_KM),
            ([30, 40], [-30, -140], 2 * QUARTER_KM),
            ([0, 179.5], [0, -179.5], DEGREE_KM),
            ([80, 0], [80, 180], 20 * DEGREE_KM),
            ([90, 0], [90, 120], 0.0),
            ([-90, 0], [-90, 120], 0.0),
            ([12, 180], [12, -180], 0.0),
            ([12, 350], [12, -10], 0.0),
            # cos(60) = 1/2: sin(d/2) = sin(45) / 2.
            ([60, 0], [60, 90], 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(0.5) / 2)),
        ],
    )
    def test_by_hand(self, a, b, km):
        assert_allclose(haversine([a], [b]), [km], rtol=5e-15)
        assert_allclose(pairwise_haversine([a], [b]), [[km]], rtol=5e-15)
        assert_allclose(haversine_to_point([a], b), [km], rtol=5e-15)

    def test_oracles(self):
        a, b = random_places(300, 1), random_places(200, 2)
        oracle = haversine_distances(np.radians(a), np.radians(b)) * EARTH_RADIUS_KM
        assert_allclose(pairwise_haversine(a, b), oracle, atol=1e-6)
        assert_allclose(haversine(a[:200], b), np.diag(oracle[:200]), atol=1e-6)
        assert_allclose(haversine_to_point(a, b[7]), oracle[:, 7], atol=1e-6)
        naive = [naive_km(*both) for both in zip(a, b, strict=False)]
        assert_allclose(haversine(a[:200], b), naive, rtol=1e-9)

    @pytest.mark.parametrize("latitude", [-89.9999, -45.0, 0.0, 60.0, 89.999])
    @pytest.mark.parametrize("step", [1e-3, 1e-6, 2.0**-40])
    def test_tiny_distances_keep_their_digits(self, latitude, step):
        # For a tiny step of longitude the parallel is as good as straight.
        there = [[latitude, 0.0]], [[latitude, step]]
        expected = math.radians(step) * math.sin(math.radians(90 - abs(latitude)))
        assert_allclose(haversine(*there, radius_km=1.0), expected, rtol=1e-9)
        up = haversine([[latitude, 5.0]], [[latitude + step / 4, 5.0]], radius_km=1.0)
        exact = math.radians(latitude + step / 4 - latitude)
        assert_allclose(up, exact, rtol=1e-15)

    @pytest.mark.parametrize("step", [5.0, 3.0, 1.0, 1e-3, 1e-6, 1e-9, 0.0])
    def test_near_antipodes_keep_their_digits(self, step):
        a, b = [[0.0, 0.0]], [[0.0, 180.0 - step]]
        left = math.radians(180.0 - (180.0 - step))
        for km in (haversine(a, b), pairwise_haversine(a, b)[0]):
            assert_allclose(2 * QUARTER_KM - km, left * EARTH_RADIUS_KM, atol=1e-11)
        a, b = [[-51.0, 20.0]], [[51.0 - step, -160.0]]
        left = math.radians(51.0 - (51.0 - step))
        assert_allclose(
            2 * QUARTER_KM - haversine(a, b), left * EARTH_RADIUS_KM, atol=1e-11
        )

    @pytest.mark.parametrize("step", [1.0, 1e-3, 1e-6])
    @pytest.mark.parametrize("longitude", [0.0, 40.0, 180.0])
    def test_from_a_pole_to_beside_the_other(self, step, longitude):
        # On whichever meridian, a step less than half the circumference.
        left = math.radians(90.0 - (90.0 - step)) * EARTH_RADIUS_KM
        for a, b in (([90.0, 0.0], [step - 90.0, longitude]),
                     ([90.0 - step, longitude], [-90.0, 0.0])):  # fmt: skip
            assert_allclose(2 * QUARTER_KM - haversine([a], [b]), left, atol=1e-11)

    @modest
    @given(pairs, pairs)
    def test_against_vectors(self, a, b):
        km = haversine([list(a)], [list(b)])
        assert_allclose(km, angle_km(a, b), atol=1e-11)
        assert_allclose(pairwise_haversine([list(a)], [list(b)])[0], km, atol=1e-11)
        assert km <= 2 * QUARTER_KM
        assert_array_equal(km, haversine([list(b)], [list(a)]))

    @modest
    @given(pairs, pairs, pairs)
    def test_triangle_inequality(self, a, b, c):
        ab, bc, ac = (
            haversine([list(p)], [list(q)])[0] for p, q in ((a, b), (b, c), (a, c))
        )
        assert ac <= ab + bc + 1e-10

    @modest
    @given(pairs, st.integers(-2, 2), st.integers(-2, 2))
    def test_whole_turns_change_nothing(self, place, turns_a, turns_b):
        lat, lon = place
        km = haversine([[lat, lon + 360 * turns_a]], [[lat, lon + 360 * turns_b]])
        # Adding 360 rounds the longitude itself.
        assert km <= 1e-9

    def test_one_against_many(self):
        a, b = random_places(30, 1), random_places(1, 2)
        a[20] = [-b[0, 0], b[0, 1] + 180.0]  # the antipode is measured in another way
        expected = haversine(a, np.repeat(b, 30, axis=0))
        assert_allclose(expected[20], 2 * QUARTER_KM)
        assert_array_equal(haversine(a, b), expected)
        assert_array_equal(haversine(b, a), expected)
        assert_array_equal(haversine_to_point(a, b[0].tolist()), expected)

    def test_only_one_of_two_is_the_antipode(self):
        one, two = [[0, 0]], [[0, 10], [0, 180]]
        expected = [10 * DEGREE_KM, 180 * DEGREE_KM]
        for a, b in ((one, two), (two, one), (one * 2, two)):
            assert_allclose(haversine(a, b), expected)

    def test_blocks_change_nothing(self, monkeypatch):
        a, b = random_places(103, 1), random_places(103, 2)
        whole = haversine(a, b), haversine(a[:1], b), pairwise_haversine(a, b)
        to_one = haversine(a, b[:1])
        monkeypatch.setattr(_sphere, "_BLOCK_SIZE", 10)
        assert_array_equal(haversine(a, b), whole[0])
        assert_array_equal(haversine(a[:1], b), whole[1])
        assert_array_equal(haversine(a, b[:1]), to_one)
        assert_array_equal(pairwise_haversine(a, b), whole[2])
        monkeypatch.setattr(_sphere, "_BLOCK_SIZE", 250)
        assert_array_equal(pairwise_haversine(a, b), whole[2])

    def test_pairs_of_one_table(self):
        places = np.vstack([random_places(60), [[90, 0], [90, 50], [0, 180]]])
        km = pairwise_haversine(places)
        assert_array_equal(km, km.T)
        assert_array_equal(np.diag(km), 0.0)
        assert km[60, 61] == 0.0

    def test_radius(self):
        assert_allclose(haversine([[0, 0]], [[0, 1]], radius_km=360 / math.pi), [2.0])
        assert_allclose(
            pairwise_haversine([[0, 0]], [[0, 1]], radius_km=360 / math.pi), [[2.0]]
        )
        for extreme in (1e-100, 1e100):
            km = haversine([[0, 0]], [[0, 180]], radius_km=extreme)
            assert_allclose(km, extreme * math.pi)
        for bad in (0.0, 9.995e-101, 1.0005e100, -1.0, np.nan, np.inf):
            with pytest.raises(ValueError, match="radius_km must be a positive"):
                haversine([[0, 0]], [[0, 1]], radius_km=bad)

    @pytest.mark.parametrize(
        "quarter",
        [
            lambda a, b, **radius: haversine([a], [b], **radius),
            lambda a, b, **radius: haversine_to_point([a], b, **radius),
            lambda a, b, **radius: pairwise_haversine([a], [b], **radius)[0],
            lambda a, b, **radius: pairwise_haversine([a, b], **radius)[0, 1],
            lambda a, b, **radius: next(pairwise_haversine_chunks([a], [b], **radius))[
                1
            ],
        ],
    )
    def test_radius_of_every_function(self, quarter):
        # A quarter of the circumference, 2 pi R / 4.
        places = [0.0, 0.0], [90.0, 0.0]
        assert_allclose(quarter(*places), math.pi / 2 * 6371.0088, rtol=1e-15)
        assert_allclose(quarter(*places, radius_km=2 / math.pi), 1.0, rtol=1e-15)
        for bad in (0.0, np.nan):
            with pytest.raises(ValueError, match="radius_km must be a positive"):
                quarter(*places, radius_km=bad)

    @pytest.mark.parametrize(
        "function",
        [
            haversine,
            pairwise_haversine,
            lambda a, b: list(pairwise_haversine_chunks(a, b)),
        ],
    )
    def test_bad_places_are_named(self, function):
        good, bad = [[0.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [91.0, 0.0]]
        with pytest.raises(ValueError, match=r"^a, row 1: latitude 91"):
            function(bad, good)
        with pytest.raises(ValueError, match=r"^b, row 1: latitude 91"):
            function(good, bad)

    def test_what_comes_in(self):
        a, b = random_places(5, 1), random_places(5, 2)
        km = haversine(a, b)
        frame = pd.DataFrame(a, columns=["lat", "lon"])
        assert_array_equal(haversine(frame, b.tolist()), km)
        a.flags.writeable = False
        kept = a.copy()
        assert_array_equal(haversine(a, np.asfortranarray(b)), km)
        assert_array_equal(a, kept)
        with pytest.raises(ValueError, match=r"b, row 2: the latitude is NaN"):
            haversine(a, [[0, 0], [1, 1], [np.nan, 0], [1, 1], [1, 1]])
        with pytest.raises(ValueError, match="a has 5 rows and b has 3"):
            haversine(a, b[:3])
        with pytest.raises(ValueError, match="point must be one place"):
            haversine_to_point(a, b)
        with pytest.raises(ValueError, match=r"^places, row 1: latitude 91"):
            haversine_to_point([[0, 0], [91, 0]], b[0])

    def test_chunks(self):
        a, b = random_places(100, 1), random_places(2000, 2)
        whole = pairwise_haversine(a, b)
        with config_context(working_memory=0.1):  # MiB: 6 rows of 2000 float64
            chunks = list(pairwise_haversine_chunks(a, b))
        assert [rows.start for rows, _ in chunks] == list(range(0, 100, 6))
        assert all(block.nbytes <= 0.1 * 2**20 for _, block in chunks)
        assert_array_equal(np.vstack([block for _, block in chunks]), whole)
        with config_context(working_memory=0):
            rows, block = next(pairwise_haversine_chunks(a))
        assert rows == slice(0, 1)
        assert_array_equal(block[0], pairwise_haversine(a)[0])
        # Rows in messages are those of the table, not of the chunk.
        a[70] = [91.0, 0.0]
        with (
            config_context(working_memory=0.1),
            pytest.raises(ValueError, match=r"^a, row 70: latitude 91"),
        ):
            next(pairwise_haversine_chunks(a, b))


def test_radius_of_the_earth():
    # (2 a + b) / 3 of WGS84, a = 6378.137 and b = 6356.752314245, to a decimetre.
    assert EARTH_RADIUS_KM == 6371.0088
    assert abs(EARTH_RADIUS_KM - (2 * 6378.137 + 6356.752314245) / 3) < 1e-4


class TestChords:
    def test_radius(self):
        # 60 degrees of a globe of radius 3 are pi km, and a chord of 1.
        assert_allclose(km_to_chord(math.pi, radius_km=3.0), 1.0, rtol=1e-15)
        assert_allclose(chord_to_km(1.0, radius_km=3.0), math.pi, rtol=1e-15)
        for function in (km_to_chord, chord_to_km):
            with pytest.raises(ValueError, match="radius_km must be a positive"):
                function(1.0, radius_km=-3.0)

    def test_a_number_gives_a_number(self):
        for function in (km_to_chord, chord_to_km):
            assert isinstance(function(1.0), float)
            assert function([1.0]).shape == (1,)

    def test_a_hair_beyond_2_is_rounding(self):
        assert chord_to_km(2.0 + 5e-10) == 2 * QUARTER_KM
        with pytest.raises(ValueError, match=r"in \[0, 2\]; got 2.00000001"):
            chord_to_km(2.00000001)

    def test_by_hand(self):
        assert_allclose(km_to_chord(2 * QUARTER_KM), 2.0)
        assert_allclose(km_to_chord([0.0, QUARTER_KM]), [0.0, math.sqrt(2)])
        assert_allclose(
            chord_to_km([0, math.sqrt(2), 2]), [0, QUARTER_KM, 2 * QUARTER_KM]
        )
        assert km_to_chord(1e9) == km_to_chord(np.inf) == 2.0
        # On a tiny sphere too, where the angle is beyond numbers.
        assert km_to_chord(1e308, radius_km=0.001) == 2.0
        assert chord_to_km(np.inf) == np.inf
        assert chord_to_km(2.0000000000000004) == 2 * QUARTER_KM

    def test_is_the_distance_of_unit_vectors(self):
        a, b = random_places(500, 1), random_places(500, 2)
        chord = np.linalg.norm(unit_vectors(a) - unit_vectors(b), axis=1)
        km = haversine(a, b)
        assert_allclose(km_to_chord(km), chord, rtol=1e-12)
        assert_allclose(chord_to_km(chord), km, rtol=1e-9)

    @modest
    @given(st.just(0.0) | st.floats(1e-9, 19_000))
    def test_there_and_back(self, km):
        assert_allclose(chord_to_km(km_to_chord(km)), km, rtol=1e-12)

    def test_errors(self):
        for bad in (-1.0, np.nan):
            with pytest.raises(ValueError, match="km must not be negative or NaN"):
                km_to_chord([1.0, bad])
        for bad in (-1.0, np.nan, 2.1):
            with pytest.raises(ValueError, match=r"in \[0, 2\]; got"):
                chord_to_km([1.0, bad])
        with pytest.raises(TypeError, match=r"^km must hold numbers"):
            km_to_chord(["far"])
        with pytest.raises(TypeError, match=r"^chord must hold numbers"):
            chord_to_km(["far"])


def test_antipodes_are_half_the_circumference_apart():
    # Rounding takes the haversine of some of them above 1, where arcsin has no value.
    places = random_places(1500)
    antipodes = np.column_stack([-places[:, 0], places[:, 1] + 180.0])
    half = math.pi * EARTH_RADIUS_KM
    assert_allclose(np.diag(pairwise_haversine(places, antipodes)), half, atol=1e-3)
    assert_allclose(haversine(places, antipodes), half, atol=1e-6)


def test_one_way_and_back_are_equal():
    # To the last bit, near antipodes too, and in all quarters of the globe.
    places = random_places(500)
    rng = np.random.default_rng(3)
    others = np.column_stack([-places[:, 0], places[:, 1]])
    others[:, 1] -= 180.0 * np.sign(places[:, 1])
    others += rng.normal(size=(500, 2)) * rng.choice([1e-9, 1e-3, 1.0], (500, 1))
    others = np.clip(others, [-90.0, -179.9], [90.0, 179.9])  # wrapping would round
    others = np.vstack([others[:250], random_places(250, 9)])
    km = haversine(places, others)
    assert_array_equal(haversine(others, places), km)
    assert_array_equal(haversine(places * [-1, 1], others * [-1, 1]), km)
    assert_array_equal(haversine(places * [1, -1], others * [1, -1]), km)


def test_a_point_is_called_a_point():
    with pytest.raises(ValueError, match=r"^point.* latitude 91"):
        haversine_to_point([[0.0, 0.0]], [91.0, 0.0])


def test_no_place_has_a_negative_zero():
    (place,) = places_from_vectors([[-0.0, 0.0, 1.0]])
    assert place.tolist() == [90.0, 0.0]
    assert not np.signbit(place).any()
    assert not np.signbit(places_from_vectors([[1.0, -0.0, 0.0]])).any()
