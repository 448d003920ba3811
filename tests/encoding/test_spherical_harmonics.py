# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""SphericalHarmonicsEncoder: real orthonormal spherical harmonics."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import special

from sklearn_geo.encoding import SphericalHarmonicsEncoder


@pytest.fixture
def places():
    rng = np.random.default_rng(0)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 50)))
    places = np.column_stack([latitude, rng.uniform(-180, 180, 50)])
    return np.concatenate([places, [[90.0, 0.0], [-90.0, 30.0], [89.9999, 5.0]]])


def test_worked_by_hand():
    # At latitude 30 and longitude 60: x = sqrt(3)/4, y = 3/4, z = 1/2.
    x, y, z = math.sqrt(3) / 4, 0.75, 0.5
    one, two = math.sqrt(3 / (4 * math.pi)), math.sqrt(15 / (4 * math.pi))
    expected = [
        math.sqrt(1 / (4 * math.pi)),
        *(one * y, one * z, one * x),
        *(two * x * y, two * y * z, math.sqrt(5 / (16 * math.pi)) * (3 * z * z - 1)),
        *(two * x * z, two / 2 * (x * x - y * y)),
    ]
    found = SphericalHarmonicsEncoder(2).fit_transform([[30.0, 60.0]])[0]
    assert_allclose(found, expected, atol=1e-15)


def test_names():
    encoder = SphericalHarmonicsEncoder(3).fit([[0.0, 0.0]])
    names = encoder.get_feature_names_out()
    assert len(names) == 16
    assert list(names[:4]) == ["Y_l0_m0", "Y_l1_m-1", "Y_l1_m0", "Y_l1_m1"]
    assert names[10] == "Y_l3_m-2"


@pytest.mark.skipif(not hasattr(special, "sph_harm_y"), reason="scipy 1.15 has it")
def test_against_scipy(places):
    found = SphericalHarmonicsEncoder(12).fit_transform(places)
    theta, phi = np.radians(90 - places[:, 0]), np.radians(places[:, 1])
    column = 0
    for degree in range(13):
        for order in range(-degree, degree + 1):
            values = special.sph_harm_y(degree, abs(order), theta, phi)
            sign = (-1) ** order * math.sqrt(2)  # scipy's has the phase, ours not
            expected = (
                values.real
                if order == 0
                else sign * (values.real if order > 0 else values.imag)
            )
            assert_allclose(found[:, column], expected, atol=1e-12)
            column += 1


@pytest.mark.parametrize("degree", [0, 1, 30])
def test_all_are_orthonormal(degree):
    # Gauss and Legendre's nodes in z and even steps of longitude integrate products
    # of harmonics exactly.
    z, weights = np.polynomial.legendre.leggauss(degree + 1)
    n = 2 * degree + 1
    latitude, longitude = np.meshgrid(
        np.degrees(np.arcsin(z)), np.arange(n) * 360 / n - 180, indexing="ij"
    )
    places = np.column_stack([latitude.ravel(), longitude.ravel()])
    values = SphericalHarmonicsEncoder(degree).fit_transform(places)
    weights = np.repeat(weights, n) * 2 * np.pi / n
    products = values.T @ (values * weights[:, None])
    assert_allclose(products, np.eye((degree + 1) ** 2), atol=1e-12)


def test_orthonormal_at_degree_100():
    # Of each order by itself, along one meridian: there cos(m * 0) is 1, and the
    # integral over longitude is 2 pi, of cos^2 times the two of sqrt(2)^2 as well.
    z, weights = np.polynomial.legendre.leggauss(101)
    places = np.column_stack([np.degrees(np.arcsin(z)), np.zeros(101)])
    values = SphericalHarmonicsEncoder(100).fit_transform(places)
    for order in (0, 1, 2, 50, 99, 100):
        columns = [degree**2 + degree + order for degree in range(order, 101)]
        legendre = values[:, columns] / (math.sqrt(2) if order else 1)
        products = legendre.T @ (legendre * weights[:, None]) * 2 * np.pi
        assert_allclose(products, np.eye(len(columns)), atol=1e-10)


@pytest.mark.parametrize("degree", [3, 100, 300])
def test_addition_theorem(places, degree):
    # The squares of a degree add up to (2 l + 1) / (4 pi) at every place, and products
    # of two places to Legendre's polynomial of the angle between them.
    values = SphericalHarmonicsEncoder(degree).fit_transform(places)
    lat, lon = np.radians(places).T
    v = np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )
    cosine = np.clip(v @ v.T, -1, 1)
    for l in {0, 1, degree // 2, degree}:  # noqa: E741
        block = values[:, l**2 : (l + 1) ** 2]
        expected = (2 * l + 1) / (4 * np.pi) * special.eval_legendre(l, cosine)
        assert_allclose(block @ block.T, expected, atol=1e-8 * (2 * l + 1))
        squares = (block**2).sum(axis=1)
        assert_allclose(squares, (2 * l + 1) / (4 * np.pi), rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_continuous_everywhere(latitude, longitude):
    encoder = SphericalHarmonicsEncoder(20).fit([[0.0, 0.0]])
    step = 1e-7 if latitude < 0 else -1e-7
    a, b = encoder.transform([[latitude, longitude], [latitude + step, longitude]])
    assert_allclose(a, b, atol=1e-5)
    a, b = encoder.transform([[90 - 1e-8, longitude], [90.0, 0.0]])
    assert_allclose(a, b, atol=1e-5)
    a, b = encoder.transform([[latitude, 180 - 1e-8], [latitude, -180 + 1e-8]])
    assert_allclose(a, b, atol=1e-5)


def test_poles_have_zonal_harmonics_only():
    values = SphericalHarmonicsEncoder(50).fit_transform([[90.0, 12.0], [-90.0, 7.0]])
    zonal = [degree**2 + degree for degree in range(51)]
    expected = np.sqrt((2 * np.arange(51) + 1) / (4 * np.pi))
    assert_allclose(values[0, zonal], expected)
    assert_allclose(values[1, zonal], expected * (-1) ** np.arange(51))
    rest = np.delete(values, zonal, axis=1)
    assert (rest == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_dtype(places, dtype):
    exact = SphericalHarmonicsEncoder(20).fit_transform(places)
    found = SphericalHarmonicsEncoder(20, dtype=dtype).fit_transform(places)
    assert found.dtype == dtype
    assert_allclose(found, exact, atol=4 * np.finfo(dtype).eps)


def test_blocks_do_not_show():
    places = np.random.default_rng(1).uniform(-90, 90, (3000, 2))
    encoder = SphericalHarmonicsEncoder(15).fit(places)
    whole = encoder.transform(places)
    assert_allclose(encoder.transform(places[1234:1235])[0], whole[1234], atol=1e-14)


@pytest.mark.parametrize("degree", [-1, 1001, 2.0, None])
def test_bad_degree(degree):
    with pytest.raises(ValueError, match=r"'degree' parameter .* must be an int"):
        SphericalHarmonicsEncoder(degree).fit([[0.0, 0.0]])
