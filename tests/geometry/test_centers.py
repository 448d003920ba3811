# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    _centers,
    bearing,
    destination,
    geometric_median,
    haversine,
    haversine_to_point,
    pairwise_haversine,
    places_from_vectors,
    spherical_mean,
    spherical_mode,
    unit_vectors,
)
from tests.geometry.common import (
    QUARTER_KM,
    random_places,
)

CENTERS = {
    "mean": spherical_mean,
    "mode": spherical_mode,
    "median": geometric_median,
}


@pytest.mark.parametrize("center", CENTERS.values(), ids=CENTERS.keys())
class TestCenters:
    def test_one_place(self, center):
        for place in ([48.85, 2.35], [-33.9, -179.999], [0.0, 0.0]):
            assert_allclose(center([place]), place, atol=1e-13)

    def test_any_table_of_places(self, center):
        places = random_places(9, 8)
        expected = center(places)
        assert_array_equal(center(np.asfortranarray(places)), expected)
        assert_array_equal(center(np.repeat(places, 2, axis=1)[:, ::2]), expected)
        frame = pd.DataFrame({"lat": places[:, 0], "lon": places[:, 1]})
        assert_array_equal(center(frame), expected)

    def test_copies_of_one_place(self, center):
        assert_allclose(center([[10.0, -180.0], [10.0, 180.0]]), [10, -180], atol=1e-13)
        assert_allclose(center([[-90.0, 10.0], [-90.0, 20.0]])[0], -90, atol=1e-13)

    def test_weights_are_copies(self, center):
        places = random_places(12, 5)
        weights = np.random.default_rng(0).integers(0, 4, 12)
        copies = np.repeat(places, weights, axis=0)
        assert_allclose(center(places, weights), center(copies), atol=1e-6)
        assert_allclose(center(places, weights * 4e307), center(copies), atol=1e-6)

    def test_places_of_weight_zero_do_not_count(self, center):
        places = np.array([[0.0, 0.0], [1.0, 1.0], [60.0, 60.0], [0.5, 0.5]])
        weights = [1.0, 1.0, 0.0, 0.0]
        assert_allclose(
            center(places, weights), center(places[:2], weights[:2]), atol=1e-9
        )

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1.0, 2.0], r"one weight per place, shape \(3,\); got shape \(2,\)"),
            ([1.0, -2.0, 1.0], "sample_weight, row 1: -2.0 is no weight"),
            ([1.0, 1.0, np.nan], "sample_weight, row 2: nan is no weight"),
            ([np.inf, 1.0, 1.0], "sample_weight, row 0: inf is no weight"),
            ([0.0, 0.0, 0.0], "sample_weight is zero for every place"),
        ],
    )
    def test_bad_weights(self, center, weights, message):
        with pytest.raises(ValueError, match=message):
            center([[0, 0], [1, 1], [2, 2]], weights)

    def test_bad_places(self, center):
        with pytest.raises(ValueError, match="places, row 1: latitude 99"):
            center([[0.0, 0.0], [99.0, 0.0]])


class TestMean:
    def test_by_hand(self):
        assert_allclose(spherical_mean([[0, 170], [0, -150]]), [0, -170], atol=1e-13)
        assert_allclose(spherical_mean([[80, 0], [80, 180]])[0], 90)
        # Vectors 3 x + 1 y: the angle whose tangent is 1/3.
        mean = spherical_mean([[0, 0], [0, 90]], [3, 1])
        assert_allclose(mean, [0, math.degrees(math.atan(1 / 3))], atol=1e-13)
        # x + y + z.
        mean = spherical_mean([[0, 0], [0, 90], [90, 0]])
        assert_allclose(mean, [math.degrees(math.atan(math.sqrt(0.5))), 45])

    @pytest.mark.parametrize(
        "places",
        [
            [[0, 0], [0, 180]],
            [[90, 0], [-90, 0]],
            [[12, 34], [-12, -146]],
            [[0, 0], [0, 120], [0, -120]],
        ],
    )
    def test_places_that_cancel(self, places):
        with pytest.raises(ValueError, match="no mean of these places is defined"):
            spherical_mean(places)

    def test_many_places_that_cancel(self):
        # Sums of 400,000 numbers leave 1e-12 of rounding, which is no direction.
        places = random_places(200_000)
        opposite = np.column_stack([-places[:, 0], places[:, 1] + 180.0])
        with pytest.raises(ValueError, match="no mean of these places is defined"):
            spherical_mean(np.vstack([places, opposite]))

    def test_turns_with_the_globe(self):
        places = random_places(40) * [0.5, 0.4]
        mean = spherical_mean(places)
        turned = spherical_mean(places + [0, 150])
        assert_allclose(turned, [mean[0], (mean[1] + 150 + 180) % 360 - 180])


def naive_mode(places, weights, radius_km):
    """By the definition, place by place."""
    keys = []
    for i, place in enumerate(places):
        km = haversine_to_point(places, place)
        near = km <= radius_km
        gathered, spread = math.fsum(weights[near]), math.fsum((weights * km)[near])
        keys.append((-round(gathered, 9), round(spread, 7), i))
    return places[min(keys)[2]]


class TestMode:
    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("radius_km", [0.0, 5.0, 200.0, 5000.0, 30_000.0])
    def test_against_the_definition(self, seed, radius_km):
        rng = np.random.default_rng(seed)
        middles = random_places(3, seed) * [0.95, 1]
        places = middles[rng.integers(0, 3, 36)]
        places = places + rng.normal(size=(36, 2)) * rng.choice([0.03, 1, 10], (36, 1))
        places[:, 0] = np.clip(places[:, 0], -90, 90)
        places[30:] = places[:6]
        weights = rng.integers(1, 4, 36) if seed % 2 else np.ones(36)
        found = spherical_mode(places, weights, radius_km=radius_km)
        expected = naive_mode(places, weights, radius_km)
        assert haversine([found], [expected])[0] == 0.0

    @pytest.mark.parametrize("radius_km", [0.5, 60.0, 400.0, 25_000.0])
    @pytest.mark.parametrize("scale", [0.01, 0.5, 20.0])
    def test_many_places_and_many_ties(self, radius_km, scale):
        rng = np.random.default_rng(7)
        places = rng.normal(size=(500, 2)) * scale + [40, 179]
        places[:, 0] = np.clip(places[:, 0], -90, 90)
        weights = rng.integers(1, 3, 500)
        km = np.array([haversine_to_point(places, place) for place in places])
        gathered = (km <= radius_km) @ weights
        spread = np.where(km <= radius_km, km, 0) @ weights
        spread = np.where(gathered == gathered.max(), spread, np.inf)
        expected = places[np.argmax(spread <= spread.min() + 1e-9)]
        found = spherical_mode(places, weights, radius_km=radius_km)
        assert haversine([found], [expected])[0] == 0.0

    def test_ties(self):
        # Two pairs; the second is closer together.
        places = [[0.0, 0.0], [0.0, 0.2], [50.0, 0.0], [50.1, 0.0]]
        assert_array_equal(spherical_mode(places), [50.0, 0.0])
        # The middle of three has the smaller sum of distances.
        assert_array_equal(spherical_mode([[0, 0.2], [0, 0], [0, 0.1]]), [0, 0.1])
        # Nothing between them: the first.
        assert_array_equal(spherical_mode([[5, 5], [70, 1], [-20, 3]]), [5, 5])
        assert_array_equal(
            spherical_mode([[0, 1], [0, 0], [1, 0]], radius_km=0), [0, 1]
        )

    def test_opposite_places(self):
        # Nothing is amid them, and nothing between them: the first.
        assert_array_equal(spherical_mode([[0, 0], [0, 180]]), [0, 0])
        assert_array_equal(spherical_mode([[-90, 0], [90, 0]]), [-90, 0])
        assert_array_equal(spherical_mode([[0, 0], [0, 180]], [1, 2]), [0, -180])

    def test_rounding_breaks_no_tie(self):
        # 0.1 + 0.2 + 0.3 is a hair more than 0.6, and says no more.
        places = [[0.0, 0.0], [0.0, 0.1], [0.0, 0.2], [50.0, 0.0]]
        weights = [0.1, 0.2, 0.3, 0.6]
        assert 0.1 + 0.2 + 0.3 > 0.6  # from Python 3.12 on sum() finds 0.6
        assert_array_equal(spherical_mode(places, weights), [50.0, 0.0])
        # Pairs a tenth of a degree apart, or a hair more or less: always the first.
        west = np.arange(-170.0, 170.0, 20.0)
        doubles = [[[0.0, lon], [0.0, lon + 0.1]] for lon in west]
        for k in range(len(doubles)):
            places = np.concatenate(doubles[k:] + doubles[:k])
            assert_array_equal(spherical_mode(places), places[0])

    @pytest.mark.parametrize("longitude", [-60.0, 60.0])
    def test_ties_between_pieces_of_the_globe(self, longitude):
        # Two rows of 64 places, more than are looked at together. All are around each
        # other, and the shorter row is the better one, east or west of the other.
        step = np.linspace(-1.0, 1.0, 64)
        rows = [
            np.column_stack([km / 111.195 * step, np.full(64, lon)])
            for km, lon in ((2.0, 0.0), (1.0, longitude))
        ]
        found = spherical_mode(np.concatenate(rows))
        assert found[1] == longitude
        # The two in the middle are as good as each other.
        assert abs(found[0]) == pytest.approx(1.0 / 111.195 / 63)

    @pytest.mark.parametrize("longitude", [-60.0, 60.0])
    def test_places_just_beyond_the_radius_make_no_tie_worse(self, longitude):
        # As before, in metres, and beside the better row 30 places that lie a little
        # farther than the radius from all of it. They count for none of the row.
        step = np.linspace(-1.0, 1.0, 64)
        rows = [
            np.column_stack([km / 111.195 * step, np.full(64, lon)])
            for km, lon in ((0.1, 0.0), (0.05, longitude))
        ]
        beyond = np.column_stack(
            [np.linspace(-0.01, 0.01, 30) / 111.195, np.full(30, longitude)]
        )
        beyond[:, 1] += 100.04 / 111.1949
        places = np.concatenate([*rows, beyond])
        km = pairwise_haversine(rows[1], beyond)
        assert 100.0 < km.min() < km.max() < 100.05
        found = spherical_mode(places, radius_km=100.0)
        assert_array_equal(found, naive_mode(places, np.ones(158), 100.0))
        assert found[1] == longitude

    @pytest.mark.parametrize("radius_km", [9_000.0, 14_000.0, 19_000.0])
    def test_most_of_the_globe(self, radius_km):
        places = random_places(300, 3)
        weights = np.random.default_rng(3).integers(1, 5, 300)
        found = spherical_mode(places, weights, radius_km=radius_km)
        assert_array_equal(found, naive_mode(places, weights, radius_km))

    @pytest.mark.parametrize("longitude", [-60.0, 60.0])
    def test_a_few_far_places_hide_no_better_piece(self, longitude):
        # Two groups of 64, all around each other. One lies on a circle of 1 km; of the
        # other 62 are within 5 m and two are 2 km away, so that the middle of these 62
        # has the smallest sum of distances, 4 km.
        turns = np.linspace(0.0, 360.0, 65)[:64]
        ring = destination([[0.0, 0.0]], turns, 1.0)
        dot = destination([[0.0, longitude]], 90.0, np.linspace(-0.005, 0.005, 62))
        far = destination([[0.0, longitude]], [0.0, 180.0], 2.0)
        places = np.concatenate([ring, dot, far])
        found = spherical_mode(places)
        assert_array_equal(found, naive_mode(places, np.ones(128), 25.0))
        assert abs(found[1] - longitude) < 0.1

    @pytest.mark.parametrize(
        "weights", list(itertools.permutations([1.0, 2.0, 3.0, 4.0]))
    )
    def test_a_light_piece_is_not_the_last(self, weights):
        # Four groups of 64 places, whichever of them is looked at first.
        step, groups = np.linspace(-0.01, 0.01, 64), (-135.0, -45.0, 45.0, 135.0)
        places = [np.column_stack([step, lon + step]) for lon in groups]
        found = spherical_mode(np.concatenate(places), np.repeat(weights, 64))
        assert abs(found[1] - groups[weights.index(4.0)]) < 0.02

    def test_as_many_rows_at_once_as_fit(self):
        # 65,536 numbers, and a column more than there are neighbours.
        pieces = [list(x) for x in _centers._gen_fitting(np.arange(5, 10), 20_000)]
        assert pieces == [[5, 6, 7], [8, 9]]
        pieces = [list(x) for x in _centers._gen_fitting(np.arange(5, 8), 21_845)]
        assert pieces == [[5, 6], [7]]
        for n_neighbours in (65_535, 65_536, 10**6):
            pieces = [list(x) for x in _centers._gen_fitting([5, 6], n_neighbours)]
            assert pieces == [[5], [6]]
        # 34 bytes each: 0.01 MiB are 10,485, and 3,434 for 101 columns.
        with config_context(working_memory=0.01):
            pieces = [list(x) for x in _centers._gen_fitting([5, 6, 7, 8], 100)]
        assert pieces == [[5, 6, 7], [8]]

    def test_weights_decide(self):
        places = [[0.0, 0.0], [0.0, 0.1], [0.0, 0.2], [50.0, 0.0]]
        assert_array_equal(spherical_mode(places, [1, 1, 1, 3.1]), [50.0, 0.0])
        assert_array_equal(spherical_mode(places, [1, 1, 1, 2.9]), [0.0, 0.1])

    def test_equal_places_are_merged(self):
        # A pole is one place; so is 180 == -180.
        places = [[10, 0], [90, 0], [90, 50], [90, -120]]
        assert_array_equal(spherical_mode(places, radius_km=0), [90, 0])
        places = [[10, 0], [0, 180], [0, -180], [0, 540]]
        assert_array_equal(spherical_mode(places, radius_km=0), [0, -180])

    @pytest.mark.parametrize("step", [1e-7, 0.01, 1.0, 10.0])
    def test_the_border_counts(self, step):
        places = np.array([[0.0, 0.0], [0.0, step], [0.0, -step], [60.0, 0.0]])
        km = haversine(places[:1], places[1:2])[0]
        weights = [0.1, 1.0, 1.0, 2.05]
        assert_array_equal(spherical_mode(places, weights, radius_km=km), [0, 0])
        less = np.nextafter(km, 0)
        assert_array_equal(spherical_mode(places, weights, radius_km=less), [60, 0])

    def test_little_memory(self):
        rng = np.random.default_rng(0)
        places = rng.normal(size=(700, 2)) * 2 + [89, 0]
        places[:, 0] = np.minimum(places[:, 0], 90)
        weights = rng.exponential(size=700)
        expected = spherical_mode(places, weights, radius_km=100)
        with config_context(working_memory=0.01):
            assert_array_equal(spherical_mode(places, weights, radius_km=100), expected)
        gathered = (pairwise_haversine(places) <= 100) @ weights
        assert_array_equal(expected, places[gathered.argmax()])

    @pytest.mark.parametrize(("latitude", "mode"), [(0.2247, 0.0), (0.2249, 60.0)])
    def test_radius_is_25_km_unless_said(self, latitude, mode):
        # 25 km are 0.22483 degrees.
        places, weights = [[0.0, 0.0], [latitude, 0.0], [60.0, 0.0]], [2.0, 1.0, 2.5]
        assert_array_equal(spherical_mode(places, weights), [mode, 0.0])

    @pytest.mark.parametrize("bad", [-1.0, np.nan])
    def test_radius(self, bad):
        with pytest.raises(ValueError, match="radius_km must not be negative"):
            spherical_mode([[0, 0]], radius_km=bad)


def total_km(vector, vectors, weights):
    vector = vector / np.linalg.norm(vector)
    near = np.linalg.norm(vectors - vector, axis=1)
    far = np.linalg.norm(vectors + vector, axis=1)
    return 2 * EARTH_RADIUS_KM * weights @ np.arctan2(near, far)


def least_total_km(places, weights, seed):
    """The smallest sum of distances a general minimiser finds."""
    vectors = unit_vectors(places)
    costs = [total_km(vector, vectors, weights) for vector in vectors]
    starts = [
        *np.random.default_rng(seed).normal(size=(5, 3)),
        *vectors[np.argsort(costs)[:3]],
        vectors.sum(axis=0),
    ]
    ends = [
        minimize(
            total_km,
            start,
            args=(vectors, weights),
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-7},
        ).fun
        for start in starts
    ]
    return min(*ends, *costs)


class TestMedian:
    @pytest.mark.parametrize("seed", range(24))
    def test_against_a_general_minimiser(self, seed):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(3, 25))
        shape = [[1, 1, 1], [1, 1, 0.05], [0.05, 1, 0.05], [0.3, 0.3, 0.3]][seed % 4]
        vectors = rng.normal(size=(n, 3)) * shape + ([1, 0, 0] if seed % 3 else 0)
        places = places_from_vectors(vectors)
        weights = rng.exponential(size=n) if seed % 2 else np.ones(n)
        median = geometric_median(places, weights)
        found = weights @ haversine_to_point(places, median)
        assert found <= least_total_km(places, weights, seed) * (1 + 1e-9)

    def test_places_that_rounding_puts_off_the_globe(self):
        # Of some places the vector times itself is more than 1, which has no arccosine.
        # Nor has that of a place and its opposite, where it is less than -1.
        places = random_places(200, 1)
        places = np.concatenate([places, places[:50] * [-1, 1] + [0, 180]])
        products = unit_vectors(places) @ unit_vectors(places).T
        assert products.min() < -1.0 < 1.0 < products.max()
        found = geometric_median(places)
        km = haversine_to_point(places, found).sum()
        assert km <= least_total_km(places, np.ones(250), 1) * (1 + 1e-9)

    @pytest.mark.parametrize("seed", range(3))
    def test_one_place_exactly(self, seed):
        for place in random_places(20, seed):
            assert_array_equal(geometric_median([place]), place)
            assert_array_equal(geometric_median([place] * 3), place)

    def test_two_places_alike_are_both_medians(self):
        # So is any place between them, but one that was given is preferred.
        places = np.array([[10.0, 20.0], [12.0, 21.0]])
        assert geometric_median(places).tolist() in places.tolist()

    @pytest.mark.parametrize("size", [1e-4, 1.0, 30.0])
    def test_middle_of_a_triangle(self, size):
        corners = [[90 - size, 0], [90 - size, 120], [90 - size, -120]]
        assert_allclose(geometric_median(corners)[0], 90, atol=1e-9)

    def test_corner_of_a_blunt_triangle(self):
        # More than 120 degrees at the second place: it is the minimum.
        places = [[0.0, -10.0], [1.0, 0.0], [0.0, 10.0]]
        assert_array_equal(geometric_median(places), places[1])

    def test_crossing_of_a_quadrangle(self):
        # The median of four places is where the diagonals cross.
        places = [[3.0, 20.0], [-7.0, 20.0], [0.0, 18.0], [0.0, 29.0]]
        assert_allclose(geometric_median(places), [0, 20], atol=1e-9)

    @pytest.mark.parametrize("place", [[20.0, 0.0], [0.0, 0.0], [-89.0, 3.0]])
    def test_more_than_half_of_the_weight(self, place):
        places = np.vstack([[place], random_places(9, 4)])
        weights = [9.1] + [1.0] * 9
        assert_array_equal(geometric_median(places, weights), place)

    def test_starting_on_a_place_that_is_not_the_minimum(self):
        # sin(30) = 0.2 + 0.3: the mean is (0, 0), too light to hold the median.
        south = np.degrees(np.arcsin([-0.2, -0.3]))
        places = [[0, 0], [0, 10], [0, -10], [30, 0], [south[0], 0], [south[1], 0]]
        weights = np.array([0.01, 1, 1, 1, 1, 1])
        assert_allclose(spherical_mean(places, weights), [0, 0], atol=1e-13)
        median = geometric_median(places, weights)
        found = weights @ haversine_to_point(places, median)
        assert found <= least_total_km(np.array(places), weights, 0) * (1 + 1e-10)
        # The slope vanishes at the minimum.
        for theta in (0, 90, 180, 270):
            beside = destination([median], theta, 1e-3)[0]
            assert weights @ haversine_to_point(places, beside) > found

    @pytest.mark.parametrize("turn", [0, 1, 2])
    def test_newtons_step_worked_by_hand(self, turn):
        # In the tangent plane of each axis: what draws, over what it meets.
        x, drawn = np.roll([0.0, 0.0, 1.0], turn), np.roll([0.2, 0.9, 0.0], turn)
        hessian = np.diag(np.roll([2.0, 3.0, 0.0], turn))
        step = _centers._newton_step(x, drawn, hessian)
        assert_allclose(step, np.roll([0.1, 0.3, 0.0], turn), atol=1e-15)
        assert_allclose(_centers._newton_step(-x, drawn, hessian), step, atol=1e-15)
        # 0.2 and 0.6 are a little too far, and cut off at the same length as 1 and 3.
        step = _centers._newton_step(x, 2.0 * drawn, hessian)
        expected = np.roll([1.0, 3.0, 0.0], turn) * (0.5 / math.sqrt(10.0))
        assert_allclose(step, expected, atol=1e-15)
        # 1 and 3 are too far: half as long as the globe's radius, the same way.
        step = _centers._newton_step(x, 10.0 * drawn, hessian)
        expected = np.roll([1.0, 3.0, 0.0], turn) * (0.5 / math.sqrt(10.0))
        assert_allclose(step, expected, atol=1e-15)
        # Amid a saddle, or where one side is flat, there is no minimum to step to.
        for bend in (-1.0, 0.0, 1e-10):
            flat = np.diag(np.roll([bend, 3.0, 0.0], turn))
            assert _centers._newton_step(x, drawn, flat) is None
        flat = np.diag(np.roll([1e-19, 1e-12, 0.0], turn))
        assert _centers._newton_step(x, drawn, flat) is None
        # Off the axes: the same bends along two directions of another plane.
        x = np.roll([2.0, 3.0, 6.0], turn) / 7.0
        one = np.roll([3.0, -2.0, 0.0], turn) / math.sqrt(13.0)
        other = np.cross(x, one)
        hessian = 2.0 * np.outer(one, one) + 3.0 * np.outer(other, other)
        step = _centers._newton_step(x, 0.2 * one + 0.9 * other, hessian)
        assert_allclose(step, 0.1 * one + 0.3 * other, atol=1e-15)

    def test_what_draws_worked_by_hand(self):
        # From the x axis: one place 90 degrees east and two of weight 3 at 60 degrees
        # north; a place here holds with weight 5, of which one opposite takes 1.
        x = np.array([1.0, 0.0, 0.0])
        root = math.sqrt(0.75)
        vectors = [[0, 1, 0], [0.5, 0, root], [1, 0, 0], [-1, 0, 0], [0.5, 0, root]]
        columns, weights = np.array(vectors).T, np.array([1.0, 3.0, 5.0, 1.0, 3.0])
        for chosen in (slice(None), [0, 1, 4]):
            drawn, rate, hessian, holding = _centers._pull(
                x, columns[:, chosen], weights[chosen]
            )
            assert_allclose(drawn, [0.0, 1.0, 6.0], atol=1e-14)
            assert_allclose(rate, 1 / (math.pi / 2) + 6 / (math.pi / 3), rtol=1e-14)
            # Across the way to a place the cost bends as the cotangent of the angle:
            # 0 at 90 degrees, and at 60 degrees 1 / sqrt(3), here from west to east.
            expected = [[6 / math.sqrt(3), 0.0], [0.0, 0.0]]
            assert_allclose(hessian[1:, 1:], expected, atol=1e-14)
            assert holding == (4.0 if chosen == slice(None) else 0.0)

    def test_what_draws_is_in_the_tangent_plane(self):
        # Of places a centimetre away the direction is known to some nanoradians.
        (x,) = unit_vectors([[35.0, 45.0]])
        columns = unit_vectors([[35.0, 45.0000001], [35.0000001, 45.0]]).T
        drawn, *_ = _centers._pull(x, columns, np.array([0.5, 0.5]))
        assert_allclose(np.linalg.norm(drawn), math.sqrt(0.5), rtol=1e-6)
        assert abs(drawn @ x) < 1e-15

    @pytest.mark.parametrize("angle", [0.1, 1e-8])
    def test_a_step_too_long_is_halved(self, angle):
        # Three times the way to the only place, and half of that: 0.5 beyond it.
        x = np.array([1.0, 0.0, 0.0])
        columns = np.array([[math.cos(angle)], [math.sin(angle)], [0.0]])
        step = np.array([0.0, 3.0 * angle, 0.0])
        moved, cost, length = _centers._first_descent(
            x, angle, [None, step], columns, np.ones(1)
        )
        assert_allclose(length, 1.5 * angle, rtol=1e-14)
        assert_allclose(cost, 0.5 * angle, rtol=1e-7)
        expected = [math.cos(1.5 * angle), math.sin(1.5 * angle), 0.0]
        assert_allclose(moved, expected, rtol=1e-14)
        # Away from it, nothing is gained but by steps that are none.
        moved, cost, length = _centers._first_descent(
            x, angle, [np.array([0.0, -1.0, 0.0])], columns, np.ones(1)
        )
        assert cost <= angle * (1.0 + 1e-15)
        assert length < 1e-8

    @pytest.mark.parametrize("turn", [0.0, 100.0])
    def test_starting_opposite_to_a_place(self, turn):
        # The mean is right opposite to the first place, and the others pull alike.
        places = [[0.0, turn], [0.0, turn + 135.0], [0.0, turn - 135.0]]
        weights = np.array([0.1, 1.0, 1.0])
        found = geometric_median(places, weights)
        km = weights @ haversine_to_point(places, found)
        # From either heavy place: 135 degrees to the light one, 90 to the other.
        assert_allclose(km, (0.1 * 135 + 90) / 90 * QUARTER_KM)

    def test_a_place_that_is_nearly_heavy_enough(self):
        # Two places at equal angles from a third, which holds 0.95 of what they would
        # draw from it: so the median is beside it, where they draw as much as that.
        start = [35.264, 45.0]
        away = destination([start], [20.0, 110.0], 300.0)
        weights = [0.95, math.sqrt(0.5), math.sqrt(0.5)]
        median = geometric_median([start, *away], weights)
        assert 5.0 < haversine([median], [start])[0] < 100.0
        one, other = bearing([median], away)
        half = math.degrees(math.acos(0.95 / math.sqrt(2.0)))
        assert_allclose((other - one) % 360.0, 2.0 * half, atol=1e-6)

    def test_starts_are_the_mean_and_the_best_places(self):
        places = random_places(60, 2)
        vectors, weights = (
            unit_vectors(places),
            np.random.default_rng(2).uniform(size=60),
        )
        costs = [weights @ haversine_to_point(places, place) for place in places]
        best = np.argsort(costs)[:8]
        for memory in (1024, 0.001):  # MiB: two rows
            with config_context(working_memory=memory):
                mean, *starts = _centers._median_starts(vectors, weights)
            assert_allclose(mean, unit_vectors([spherical_mean(places, weights)])[0])
            assert_array_equal(starts, vectors[best])
        # Near each other the mean will do, and without one the places alone.
        near = unit_vectors(places * [0.1, 0.05])
        assert len(_centers._median_starts(near, weights)) == 1
        around = np.concatenate([vectors[:8], -vectors[:8]])
        assert len(_centers._median_starts(around, np.ones(16))) == 8

    def test_heavy_places_are_tried_wherever_they_stand(self):
        # 512 rows are tried anyway, evenly spread. Others are not, but the heaviest.
        vectors, weights = unit_vectors(random_places(3000, 4)), np.ones(3000)
        anyway = set(np.linspace(0, 2999, 512).round().astype(int).tolist())
        row = next(row for row in range(1000, 1010) if row not in anyway)
        weights[row] = 5000.0
        starts = _centers._median_starts(vectors, weights)
        assert_array_equal(starts[1], vectors[row])

    def test_a_place_that_costs_more_is_no_way_down(self):
        # A light place, between two heavy ones at 120 degrees on either side, is a
        # minimum: 119.88 degrees. From 4 degrees north of it, where 119.80 are left,
        # it is the nearest, but the way down leads north, to the heavy ones.
        vectors = unit_vectors([[0, 0], [0, 120], [0, -120]])
        weights = np.array([0.001, 0.4995, 0.4995])
        (start,) = unit_vectors([[4, 0]])
        cost, *_ = _centers._descend(start, vectors, weights, 100, 1e-12)
        assert cost <= math.radians(0.001 * 180 + 0.4995 * 120)

    @pytest.mark.parametrize("size", [0.01, 1.0, 10.0, 30.0])
    def test_few_steps_are_enough(self, size):
        # Newton's steps double the digits. Weiszfeld's alone take dozens.
        corners = [[90 - size, 0], [90 - size, 105], [90 - size, -120]]
        median = geometric_median(corners, max_iter=6)
        # Fermat's point: it sees the corners at 120 degrees from each other.
        seen = np.sort(bearing([median], corners))
        assert_allclose(np.diff(seen), 120, atol=1e-5)

    def test_on_a_line(self):
        places = [[0, 0], [0, 1], [0, 2], [0, 70], [0, 75]]
        assert_array_equal(geometric_median(places), [0, 2])
        # An even number: anything between the middle two.
        latitude, longitude = geometric_median([[0, 0], [0, 10], [0, 20], [0, 80]])
        assert_allclose(latitude, 0, atol=1e-9)
        assert 10 - 1e-6 <= longitude <= 20 + 1e-6

    def test_opposite_places(self):
        # Every place is as good for the two; the third decides.
        places = [[10, 20], [-10, -160], [40, 50]]
        assert_array_equal(geometric_median(places), [40, 50])
        total = haversine_to_point(
            [[0, 0], [0, 180]], geometric_median([[0, 0], [0, 180]])
        )
        assert_allclose(total.sum(), 2 * QUARTER_KM)

    @pytest.mark.parametrize("seed", [17, 39, 51, 109, 120])
    def test_weight_on_the_other_side_of_the_globe(self, seed):
        # What lies opposite draws away from a place, whatever the way.
        rng = np.random.default_rng(seed)
        n = rng.integers(2, 6)
        places = places_from_vectors(rng.normal(size=(n, 3)) * [1, 1, 0.3])
        opposite = np.column_stack([-places[:, 0], places[:, 1] + 180])
        places = np.vstack([places, opposite])
        weights = np.r_[rng.uniform(0.5, 1, n), rng.uniform(0.1, 1, n)]
        median = geometric_median(places, weights)
        found = weights @ haversine_to_point(places, median)
        assert found <= least_total_km(places, weights, seed) * (1 + 1e-9)

    def test_outliers_do_not_move_it_far(self):
        rng = np.random.default_rng(0)
        city = [48.85, 2.35] + rng.normal(size=(60, 2)) * 0.05
        places = np.vstack([city, random_places(20, 1)])
        assert haversine([geometric_median(places)], [[48.85, 2.35]])[0] < 5
        assert haversine([spherical_mean(places)], [[48.85, 2.35]])[0] > 100

    def test_order_does_not_matter(self):
        places = random_places(50, 3)
        median = geometric_median(places)
        assert_allclose(geometric_median(places[::-1]), median, atol=1e-9)

    def test_parameters(self):
        with pytest.raises(ValueError, match="max_iter must be 1 or more; got 0"):
            geometric_median([[0, 0], [1, 1]], max_iter=0)
        with pytest.raises(ValueError, match="tol_km must not be negative"):
            geometric_median([[0, 0], [1, 1]], tol_km=np.nan)

    def test_steps_run_out(self):
        with pytest.warns(
            ConvergenceWarning, match="did not settle in 1 steps"
        ) as seen:
            geometric_median([[0, 0], [0, 10], [9, 0], [8, 8], [-3, 2]], max_iter=1)
        # The line that asked is shown, not one of the library.
        assert seen[0].filename == __file__

    def test_tolerance(self):
        places = [[0, 0], [0, 10], [9, 0], [8, 8], [-3, 2]]
        exact = geometric_median(places, tol_km=0.0)
        assert haversine([geometric_median(places)], [exact])[0] < 1e-5
        # Steps shorter than a kilometre end it, where the next would be far shorter.
        near = geometric_median(places, tol_km=1.0)
        assert haversine([near], [exact])[0] < 1e-3
        # The first step is shorter than half the globe: it is the last.
        rough = geometric_median(places, tol_km=2 * QUARTER_KM)
        assert 1e-3 < haversine([rough], [exact])[0] < 500


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: spherical_mode([[0, 0]], radius_km="a"), ValueError, "radius_km must"),
        (
            lambda: spherical_mean([[0, 0]], ["a"]),
            TypeError,
            "^sample_weight must",
        ),
    ],
)
def test_arguments_that_are_no_numbers(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_settings_of_the_median_are_numbers():
    for bad in (0, 1.5, "3", np.timedelta64(3, "s"), None):
        with pytest.raises(ValueError, match=r"max_iter must be 1 or more; .*whole"):
            geometric_median([[0.0, 0.0]], max_iter=bad)
    for bad in (-1.0, np.nan, "3", np.timedelta64(3, "s"), None):
        with pytest.raises(ValueError, match="tol_km must not be negative"):
            geometric_median([[0.0, 0.0]], tol_km=bad)
