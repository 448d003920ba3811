# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.datasets._venue_rows import median_places, most_frequent


def test_median_of_odd_and_even_numbers_of_rows():
    venue = np.array([1, 0, 1, 2, 1, 2])
    places = np.array(
        [[10, 5], [1, 2], [30, 7], [0, 0], [20, 6], [1, 3]], dtype=np.float64
    )
    out, moved = median_places(venue, places, 3)
    assert_array_equal(out, [[1, 2], [20, 6], [0.5, 1.5]])
    assert_array_equal(moved, [1, 2])


def test_median_across_the_antimeridian():
    venue = np.zeros(3, dtype=int)
    places = np.array([[0.0, 179.9], [0.0, -179.9], [0.0, -179.8]])
    out, moved = median_places(venue, places, 1)
    assert_allclose(out, [[0.0, -179.9]], atol=1e-12)
    assert_array_equal(moved, [0])
    out, _ = median_places(venue[:2], places[:2], 1)
    assert abs(abs(out[0, 1]) - 180.0) < 1e-9


def test_missing_places_do_not_count():
    venue = np.array([0, 0, 1])
    places = np.array([[np.nan, np.nan], [3.0, 4.0], [np.nan, 1.0]])
    out, moved = median_places(venue, places, 2)
    assert_array_equal(out, [[3.0, 4.0], [np.nan, np.nan]])
    assert moved.size == 0
    out, moved = median_places(venue[:1], places[:1], 1)
    assert np.isnan(out).all()
    assert moved.size == 0


def test_the_most_frequent_value_and_the_first_of_two():
    venue = np.array([0, 0, 0, 1, 1, 2, 1, 1])
    values = np.array([4, 7, 7, 9, 2, 0, 2, 9])
    out, mixed = most_frequent(venue, values, 3)
    assert_array_equal(out, [7, 9, 0])
    assert_array_equal(mixed, [0, 1])


@pytest.mark.parametrize("seed", [0, 1])
def test_both_agree_with_a_loop(seed):
    rng = np.random.default_rng(seed)
    venue = np.concatenate([np.arange(40), rng.integers(40, size=400)])
    places = np.round(rng.uniform([-80, -60], [80, 60], (440, 2)), 1)
    values = rng.integers(5, size=440)
    medians, _ = median_places(venue, places, 40)
    frequent, _ = most_frequent(venue, values, 40)
    for number in range(40):
        mine = venue == number
        assert_allclose(medians[number], np.median(places[mine], axis=0))
        seen = values[mine].tolist()
        assert frequent[number] == max(
            seen, key=lambda v: (seen.count(v), -seen.index(v))
        )
