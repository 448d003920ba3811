# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sines and cosines of multiples of angles."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.encoding._waves import sines_and_cosines


@settings(deadline=None, max_examples=100)
@given(st.floats(-180, 180), st.integers(0, 50))
def test_against_scalar_trigonometry(angle, frequency):
    sines, cosines = sines_and_cosines(np.array([angle]), np.array([frequency]))
    radians = math.radians(angle) * frequency
    expected = [math.sin(radians), math.cos(radians)]
    assert_allclose([sines[0, 0], cosines[0, 0]], expected, atol=1e-13)


def test_exact_at_quarter_turns_of_any_multiple():
    degrees = np.array([-180.0, -90.0, 0.0, 90.0, 180.0])
    sines, cosines = sines_and_cosines(degrees, np.array([1.0, 2.0, 2.0**40]))
    assert_array_equal(np.abs(sines[:, 0]), [0, 1, 0, 1, 0])
    assert_array_equal(cosines[:, 0], [-1, 0, 1, 0, -1])
    assert_array_equal(sines[:, 1:], 0)
    assert_array_equal(cosines[:, 1], [1, -1, 1, -1, 1])
    assert_array_equal(cosines[:, 2], 1)
