# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""SinusoidalEncoder: sines and cosines of latitude and longitude."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sklearn_geo.encoding import SinusoidalEncoder

ROOT = math.sqrt(3) / 2


def test_worked_by_hand():
    # 30 and 120 degrees, then 60 and 240, then 120 and 480.
    found = SinusoidalEncoder(3).fit_transform([[30.0, 120.0]])[0]
    assert_allclose(
        found,
        [0.5, ROOT, ROOT, -0.5, ROOT, 0.5, -ROOT, -0.5, ROOT, -0.5, ROOT, -0.5],
        atol=1e-15,
    )


def test_names():
    names = SinusoidalEncoder(11).fit([[0.0, 0.0]]).get_feature_names_out()
    assert len(names) == 44
    assert list(names[:5]) == [
        "sin_lat_s0",
        "cos_lat_s0",
        "sin_lon_s0",
        "cos_lon_s0",
        "sin_lat_s1",
    ]
    assert names[-1] == "cos_lon_s10"


@settings(deadline=None, max_examples=50)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_against_the_formula(latitude, longitude):
    found = SinusoidalEncoder(8).fit_transform([[latitude, longitude]])[0]
    expected = [
        wave(2**scale * math.radians(angle))
        for scale in range(8)
        for angle in (latitude, longitude)
        for wave in (math.sin, math.cos)
    ]
    assert_allclose(found, expected, atol=1e-12)


def test_nothing_jumps_at_the_antimeridian_but_at_the_pole():
    encoder = SinusoidalEncoder(10).fit([[0.0, 0.0]])
    a, b = encoder.transform([[50.0, 180 - 1e-7], [50.0, -180 + 1e-7]])
    assert_allclose(a, b, atol=1e-5)
    a, b = encoder.transform([[90 - 1e-9, 0.0], [90 - 1e-9, 180.0]])
    assert np.abs(a - b).max() == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_dtype(dtype):
    places = np.random.default_rng(0).uniform(-80, 80, (5000, 2))
    found = SinusoidalEncoder(30, dtype=dtype).fit_transform(places)
    assert found.dtype == dtype
    exact = SinusoidalEncoder(30).fit_transform(places)
    assert_allclose(found, exact, atol=np.finfo(dtype).eps)


@pytest.mark.parametrize("n_scales", [0, 41, 2.5, None])
def test_bad_n_scales(n_scales):
    with pytest.raises(ValueError, match=r"'n_scales' parameter .* must be an int"):
        SinusoidalEncoder(n_scales).fit([[0.0, 0.0]])
