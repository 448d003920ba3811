# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context

from sklearn_geo.geolocation import _density
from sklearn_geo.geolocation._density import Densities, kernel_densities
from sklearn_geo.geometry import pairwise_haversine, unit_vectors

DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


def _places(n, seed):
    rng = np.random.default_rng(seed)
    centers = np.column_stack([rng.uniform(-70, 70, 6), rng.uniform(-180, 180, 6)])
    spread = rng.choice([0.05, 1.0, 8.0], 6)
    which = rng.integers(6, size=n)
    places = centers[which] + rng.normal(size=(n, 2)) * spread[which, np.newaxis]
    places[n // 2 :: 5] = places[: len(places[n // 2 :: 5])]
    places[:, 0] = np.clip(places[:, 0], -90, 90)
    places[:, 1] = (places[:, 1] + 180) % 360 - 180
    return places, rng.uniform(0.1, 3.0, n)


@pytest.mark.parametrize("working_memory", [1024, 0.001])
@pytest.mark.parametrize("sigma_km", [1.0, 300.0])
def test_densities_are_those_of_a_naive_sum(working_memory, sigma_km):
    sets = [_places(40, seed) for seed in range(3)]
    vectors = np.array([unit_vectors(places) for places, _ in sets])
    weights = np.array([weight for _, weight in sets])
    with config_context(working_memory=working_memory):
        found = kernel_densities(vectors, weights, sigma_km)
    for (places, weight), one in zip(sets, found, strict=True):
        kernel = np.exp(-0.5 * (pairwise_haversine(places) / sigma_km) ** 2)
        np.testing.assert_allclose(one, kernel @ weight, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 300),
    sigma_km=st.sampled_from([0.5, 20.0, 445.0, 5000.0]),
    weighted=st.booleans(),
)
def test_large_sets_have_the_modes_of_small_ones(seed, n, sigma_km, weighted):
    places, weights = _places(n, seed)
    vectors = unit_vectors(places)[np.newaxis]
    weights = weights[np.newaxis] if weighted else np.ones((1, n))
    small = Densities(vectors, weights, sigma_km)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_density, "_LARGE", 1)
        patch.setattr(_density, "_PIECE", 3)
        large = Densities(vectors, weights, sigma_km)
    densities = kernel_densities(vectors, weights, sigma_km)[0]
    left = np.ones((1, n), dtype=bool)
    for turn in range(min(n, 5)):
        a, b = small.highest(left)[0], large.highest(left)[0]
        # Sums in another order may break a tie of rounding errors otherwise.
        assert densities[a] == pytest.approx(densities[b], rel=1e-11)
        assert a == b or abs(densities[a] - densities[b]) > 0 or not weighted
        if turn == 0:
            assert large.highest()[0] == b
        left[0, a] = False


def test_the_first_of_a_tie():
    # Three towns far from each other, each of two equal places.
    places = np.array([[0, 0], [0, 90], [45, 0], [45, 0], [0, 90], [0, 0.0]])
    vectors, weights = unit_vectors(places)[np.newaxis], np.ones((1, 6))
    with pytest.MonkeyPatch.context() as patch:
        for large in (1000, 1):
            patch.setattr(_density, "_LARGE", large)
            densities = Densities(vectors, weights, 10.0)
            assert densities.highest().tolist() == [0]
            left = np.array([[False, False, True, True, True, True]])
            assert densities.highest(left).tolist() == [2]
            left[0, 2:4] = False
            assert densities.highest(left).tolist() == [4]


def test_most_of_a_large_set_is_passed_over():
    rng = np.random.default_rng(0)
    crowd = rng.normal([48.0, 2.0], 0.3, (2_000, 2))
    others = np.column_stack([rng.uniform(-60, 60, 2_000), rng.uniform(60, 180, 2_000)])
    vectors = unit_vectors(np.vstack([crowd, others]))[np.newaxis]
    densities = Densities(vectors, np.ones((1, 4_000)), 100.0)
    assert densities.highest()[0] < 2_000
    # But for the few pieces that lie across both.
    (survey,) = densities._surveys
    assert (survey._values[2_000:] < 0).mean() > 0.95


def test_kernels_of_no_width_and_of_the_whole_globe():
    vectors = unit_vectors([[0.0, 0.0], [0.0, 0.0], [10.0, 0.0]])[np.newaxis]
    weights = np.array([[1.0, 2.0, 4.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        alone = kernel_densities(vectors, weights, 5e-324)
        all_of_them = kernel_densities(vectors, weights, 1e300)
    np.testing.assert_array_equal(alone, [[3.0, 3.0, 4.0]])
    np.testing.assert_array_equal(all_of_them, [[7.0, 7.0, 7.0]])
