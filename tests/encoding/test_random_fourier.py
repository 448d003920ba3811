# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""RandomFourierEncoder: waves of random direction and length."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.encoding import RandomFourierEncoder
from sklearn_geo.geometry import destination


@pytest.fixture
def places():
    rng = np.random.default_rng(0)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 60)))
    return np.column_stack([latitude, rng.uniform(-180, 180, 60)])


def test_against_a_loop(places):
    encoder = RandomFourierEncoder(3, sigmas=(1, 10), random_state=0)
    found = encoder.fit_transform(places)
    assert found.shape == (60, 12)
    for place, row in zip(places, found, strict=True):
        lat, lon = map(math.radians, place)
        vector = (
            math.cos(lat) * math.cos(lon),
            math.cos(lat) * math.sin(lon),
            math.sin(lat),
        )
        expected = []
        for scale in encoder.frequencies_:
            turns = [sum(b * v for b, v in zip(f, vector, strict=True)) for f in scale]
            # Waves a half turn: over an angle of pi a frequency of 1 goes round once.
            expected += [math.cos(2 * math.pi * t / math.pi) for t in turns]
            expected += [math.sin(2 * math.pi * t / math.pi) for t in turns]
        assert_allclose(row, expected, atol=1e-12)


def test_order_and_names():
    encoder = RandomFourierEncoder(11, sigmas=[1, 0.5, 256.0], random_state=0)
    names = encoder.fit([[0.0, 0.0]]).get_feature_names_out()
    assert len(names) == 66 == len(set(names))
    assert names[0] == "cos_sigma1_00"
    assert names[11] == "sin_sigma1_00"
    assert names[22] == "cos_sigma0.5_00"
    assert names[-1] == "sin_sigma256_10"


def test_sigmas_of_any_float():
    half = np.array([1, 0.5, 256], dtype=np.float16)
    for sigmas in (half, half.astype(np.longdouble), half.astype(">f4")):
        encoder = RandomFourierEncoder(2, sigmas=sigmas, random_state=0)
        found = encoder.fit([[0.0, 0.0]])
        wanted = RandomFourierEncoder(2, sigmas=(1, 0.5, 256), random_state=0)
        wanted = wanted.fit([[0.0, 0.0]])
        assert_array_equal(found.frequencies_, wanted.frequencies_)
        names = found.get_feature_names_out()
        assert_array_equal(names, wanted.get_feature_names_out())


def test_masked_sigmas_are_not_uncovered():
    sigmas = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(ValueError, match="sigmas, row 1: the value is masked"):
        RandomFourierEncoder(2, sigmas=sigmas).fit([[0.0, 0.0]])


def test_frequencies_have_their_spread():
    encoder = RandomFourierEncoder(20_000, random_state=1).fit([[0.0, 0.0]])
    for sigma, scale in zip((1, 16, 256), encoder.frequencies_, strict=True):
        assert_allclose(scale.std(axis=0), sigma, rtol=0.03)
        assert_allclose(scale.mean(axis=0), 0, atol=0.05 * sigma)


@pytest.mark.parametrize("start", [[48.0, 11.0], [0.0, 180.0], [90.0, 0.0]])
@pytest.mark.parametrize(("sigma", "km"), [(1, 3000), (16, 200), (256, 12)])
def test_products_come_near_a_gaussian_everywhere(start, sigma, km):
    encoder = RandomFourierEncoder(20_000, sigmas=[sigma], random_state=3)
    end = destination([start], 75.0, km)[0]
    a, b = encoder.fit_transform([start, end])
    chord = 2 * math.sin(km / 6371.0088 / 2)
    assert a @ a / 20_000 == pytest.approx(1)
    expected = math.exp(-2 * sigma**2 * chord**2)
    assert a @ b / 20_000 == pytest.approx(expected, abs=0.02)


def test_nothing_jumps_at_the_antimeridian_and_the_poles():
    encoder = RandomFourierEncoder(50, random_state=0).fit([[0.0, 0.0]])
    for a, b in (
        ([50.0, 180 - 1e-9], [50.0, -180 + 1e-9]),
        ([90 - 1e-9, 10.0], [90 - 1e-9, -120.0]),
    ):
        assert_allclose(*encoder.transform([a, b]), atol=1e-6)


def test_seeds(places):
    first, again, other = (
        RandomFourierEncoder(5, random_state=seed).fit_transform(places)
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    # What places it was fitted on does not matter.
    encoder = RandomFourierEncoder(5, random_state=0).fit(places[:3])
    assert_array_equal(encoder.transform(places), first)
    # A row is the same bits whatever rows are beside it.
    assert_array_equal(encoder.transform(places[7:8])[0], first[7])


def test_single_precision_is_as_good_as_its_type(places):
    exact = RandomFourierEncoder(20, random_state=0).fit_transform(places)
    found = RandomFourierEncoder(20, random_state=0, dtype=np.float32)
    assert_allclose(found.fit_transform(places), exact, atol=1e-7)


@pytest.mark.parametrize(
    "sigmas",
    [(), (0,), (-1, 2), (1, 1), (np.nan,), (1, 1e308), (np.inf,), [[1, 2]], ["a"]],
)
def test_bad_sigmas(sigmas):
    with pytest.raises(ValueError, match="sigmas must be different numbers above 0"):
        RandomFourierEncoder(sigmas=sigmas).fit([[0.0, 0.0]])


def test_bad_n_frequencies():
    with pytest.raises(ValueError, match="'n_frequencies' parameter"):
        RandomFourierEncoder(0).fit([[0.0, 0.0]])


def test_a_row_fits_in_memory():
    with pytest.raises(
        ValueError,
        match="of 3 sigmas, asks for 6,000,000,000 columns",
    ):
        RandomFourierEncoder(n_frequencies=10**9).fit([[48.0, 11.0]])


def test_a_billion_sigmas_are_a_mistake():
    with pytest.raises(ValueError, match="sigmas has 999,999,999 numbers"):
        RandomFourierEncoder(sigmas=range(1, 10**9)).fit([[0.0, 0.0]])
