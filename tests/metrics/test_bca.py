# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ends of intervals by bias correction and acceleration, where rounding breaks ties."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_geo.metrics import bootstrap_interval
from sklearn_geo.metrics._bca import bca_tails

OPTIONS = {"method": "bca", "n_resamples": 400, "random_state": 0}


def ends(metric, *rows, **more):
    found = bootstrap_interval(metric, *rows, **OPTIONS, **more)
    return np.array([found.low, found.high])


@pytest.mark.parametrize("by_user", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_tenths_are_tied_as_whole_numbers_are(seed, by_user):
    # Sums of whole numbers are exact, those of precisions at 10 are not.
    rng = np.random.default_rng(seed)
    hits = rng.integers(0, 11, 24)
    users = rng.integers(0, 6, 24) if by_user else None
    whole = ends(np.mean, hits, groups=users)
    assert_allclose(ends(np.mean, hits / 10, groups=users), whole / 10, rtol=1e-9)
    both = ends(partial(np.mean, axis=0), np.c_[hits, hits / 10], groups=users)
    assert_allclose(both.T, [whole, whole / 10], rtol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_the_unit_of_weights_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    truth, said = np.zeros((20, 2)), np.zeros((20, 2))
    said[rng.random(20) < 0.5, 1] = 90.0
    weights = rng.integers(1, 4, 20)
    whole = ends("accuracy_at_25km", truth, said, sample_weight=weights)
    for unit in (0.1, 1e-9, 7e11):
        found = ends("accuracy_at_25km", truth, said, sample_weight=weights * unit)
        assert_allclose(found, whole, rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-320, 1e-12, 1.0, 1e307])
def test_what_is_below_is_counted_in_any_unit(unit):
    # Two of eight are below, four equal: a half, so that there is no bias.
    resamples = np.array([[-9.0], [2.0], [3.0], [3.0], [3.0], [3.0], [4.0], [9.0]])
    tails, alike = np.array([[0.1, 0.9]]), np.ones((3, 1))
    found = bca_tails(tails, resamples * unit, np.array([3.0]) * unit, alike)
    assert_allclose(found, tails, rtol=1e-12)
    # Three of eight below and none equal: the normal law says where to cut.
    resamples[2:6, 0] = [2.9999, 3.0001, 3.0001, 3.0001]
    found = bca_tails(tails, resamples * unit, np.array([3.0]) * unit, alike)
    if unit > 1e-300:  # smaller ones have no digits to tell them by
        # 2 z + z_0.1 with z = -0.3186394, and with z_0.9: Phi(-1.9188), Phi(0.6443).
        assert_allclose(found, [[0.0275, 0.7403]], atol=1e-4)


def test_what_is_zero_throughout_has_no_bias():
    tails = np.array([[0.2, 0.8]])
    found = bca_tails(tails, np.zeros((5, 1)), np.zeros(1), np.zeros((3, 1)))
    assert_allclose(found, tails, rtol=1e-12)


@pytest.mark.parametrize("middle", [0.0, 5.0])
def test_ends_turn_with_the_sign_and_grow_with_the_unit(middle):
    # Whole numbers, so that a negative column is the mirror image to the last bit.
    rng = np.random.default_rng(1)
    column = rng.integers(-9, 10, 25).astype(float)
    column += middle - column.sum() / 25.0 if middle else 0.0
    column = np.append(column, -column) if not middle else column
    low, high = ends(np.mean, column)
    assert low < high
    for unit in (2.0**-60, 2.0**60):
        assert_allclose(ends(np.mean, column * unit), [low * unit, high * unit])
    units = np.array([1.0, 2.0**-60, -(2.0**-60), -1.0])
    both = ends(partial(np.mean, axis=0), column[:, np.newaxis] * units)
    expected = np.outer([low, high], units)
    assert_allclose(both[:, :2], expected[:, :2])
    assert_allclose(both[::-1, 2:], expected[:, 2:], rtol=1e-6)
