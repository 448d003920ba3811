# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sphere2VecEncoder: multi-scale waves on the sphere."""

import math
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.encoding import Sphere2VecEncoder, UnitVectorEncoder

ROOT = math.sqrt(3) / 2
WIDTHS = {"sphereC": 3, "sphereC+": 6, "sphereM": 5, "sphereM+": 8}


@pytest.fixture
def places():
    rng = np.random.default_rng(0)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 40)))
    return np.column_stack([latitude, rng.uniform(-180, 180, 40)])


def evaluate(name, place, frequencies):
    """Work out what a column's name says, factor by factor."""
    angles = dict(zip(("lat", "lon"), map(math.radians, place), strict=True))
    parts = name.split("_")
    value = 1.0
    while parts:
        wave, angle = getattr(math, parts.pop(0)), angles[parts.pop(0)]
        if parts and parts[0].startswith("s") and parts[0][1:].isdigit():
            angle *= frequencies[int(parts.pop(0)[1:])]
        value *= wave(angle)
    return value


@pytest.mark.parametrize(
    ("variant", "values"),
    [
        # Latitude 30 and 60, longitude 120 and 240 degrees.
        ("sphereC", [0.5, -ROOT / 2, ROOT * ROOT, ROOT, -0.25, -ROOT / 2]),
        (
            "sphereM",
            [0.5, -ROOT / 2, -ROOT / 2, ROOT * ROOT, ROOT * ROOT]
            + [ROOT, -0.25, -ROOT / 2, ROOT / 2, -ROOT * ROOT],
        ),
    ],
)
def test_worked_by_hand(variant, values):
    encoder = Sphere2VecEncoder(variant, n_scales=2, min_radius=0.5)
    found = encoder.fit_transform([[30.0, 120.0]])[0]
    assert_allclose(found, values, atol=1e-15)
    plus = Sphere2VecEncoder(variant + "+", n_scales=2, min_radius=0.5)
    found = plus.fit_transform([[30.0, 120.0]])[0].reshape(2, -1)
    width = WIDTHS[variant]
    assert_allclose(found[:, :width].ravel(), values, atol=1e-15)
    assert_allclose(found[0, width:], [ROOT, ROOT, -0.5], atol=1e-15)
    assert_allclose(found[1, width:], [0.5, -ROOT, -0.5], atol=1e-15)


@pytest.mark.parametrize("variant", WIDTHS)
@pytest.mark.parametrize("periodic", [True, False])
def test_columns_are_what_their_names_say(places, variant, periodic):
    encoder = Sphere2VecEncoder(
        variant, n_scales=5, min_radius=0.03, max_radius=0.9, periodic=periodic
    )
    found = encoder.fit_transform(places)
    names = encoder.get_feature_names_out()
    assert len(set(names)) == len(names) == 5 * WIDTHS[variant] == found.shape[1]
    ratio = (0.03 / 0.9) ** (1 / 4)
    frequencies = [1 / (0.9 * ratio**scale) for scale in range(5)]
    if periodic:
        frequencies = [round(frequency) for frequency in frequencies]
    assert_allclose(encoder.frequencies_, frequencies)
    for place, row in zip(places, found, strict=True):
        expected = [evaluate(name, place, frequencies) for name in names]
        assert_allclose(row, expected, atol=1e-12)


def test_coarsest_scale_is_the_unit_vector(places):
    found = Sphere2VecEncoder("sphereC", n_scales=1).fit_transform(places)
    expected = UnitVectorEncoder().fit_transform(places)[:, [2, 0, 1]]
    assert_allclose(found, expected, atol=1e-15)


def test_scales_that_round_to_one_frequency_become_one():
    # Radii 1, 0.794, 0.63, 0.5: frequencies 1, 1.26, 1.59, 2.
    encoder = Sphere2VecEncoder("sphereC", n_scales=4, min_radius=0.5)
    encoder.fit([[0.0, 0.0]])
    assert_array_equal(encoder.frequencies_, [1, 2])
    assert len(encoder.get_feature_names_out()) == 6
    assert len(Sphere2VecEncoder().fit([[0.0, 0.0]]).frequencies_) == 16


@pytest.mark.parametrize("variant", WIDTHS)
def test_antimeridian(variant):
    sides = [[50.0, 180 - 1e-7], [50.0, -180 + 1e-7]]
    a, b = Sphere2VecEncoder(variant).fit_transform(sides)
    assert_allclose(a, b, atol=1e-4)
    # The paper's frequencies are not whole, and jump there, as the docs say.
    a, b = Sphere2VecEncoder(variant, periodic=False).fit_transform(sides)
    assert np.abs(a - b).max() > 0.5


def test_poles():
    encoder = Sphere2VecEncoder("sphereM+").fit([[0.0, 0.0]])
    around = [[90 - 1e-9, longitude] for longitude in range(-180, 180, 7)]
    jumps = np.ptp(encoder.transform(around), axis=0)
    odd = encoder.frequencies_ % 2 == 1
    assert odd.any()
    assert not odd.all()
    for jump, name in zip(jumps, encoder.get_feature_names_out(), strict=True):
        scale = odd[int(re.search(r"_s(\d+)", name)[1])]
        continuous = (
            "lon" not in name
            or name.startswith("cos_lat_cos_lon_s")
            or name.startswith("cos_lat_sin_lon_s")
            or (name.startswith("cos_lat_s") and scale)
        )
        assert (jump < 1e-6) == continuous, name


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"variant": "dfs"}, "'variant' parameter"),
        ({"n_scales": 0}, "'n_scales' parameter"),
        ({"min_radius": 0}, "'min_radius' parameter"),
        ({"max_radius": 2}, "'max_radius' parameter"),
        ({"min_radius": 0.5, "max_radius": 0.1}, "larger than max_radius.*swap"),
        ({"periodic": "yes"}, "'periodic' parameter"),
        ({"dtype": int}, "Use a floating type"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises(ValueError, match=words):
        Sphere2VecEncoder(**parameters).fit([[0.0, 0.0]])


def test_a_row_fits_in_memory():
    with pytest.raises(ValueError, match="n_scales=1000000000 asks for"):
        Sphere2VecEncoder(n_scales=10**9).fit([[48.0, 11.0]])
