# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

from sklearn_geo.inspection._glyphs import Glyphs, as_row

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(3, 20)) * 3
KIND = np.arange(60) % 3
FEATURES = CENTRES[KIND] + 0.2 * RNG.normal(size=(60, 20)) + 50.0


def test_photos_that_are_alike_look_alike():
    glyphs = Glyphs(FEATURES)
    colors = np.array([glyphs.color(photo) for photo in range(60)])
    shapes = np.array([glyphs.outline(photo) for photo in range(60)])
    for looks in (colors, shapes.reshape(60, -1)):
        means = np.array([looks[kind == KIND].mean(axis=0) for kind in range(3)])
        within = np.linalg.norm(looks - means[KIND], axis=1).mean()
        between = np.linalg.norm(means - np.roll(means, 1, axis=0), axis=1).mean()
        assert between > within
    assert ((colors >= 0) & (colors <= 1)).all()
    # An outline goes once around the middle and stays within the tile.
    radius = np.linalg.norm(shapes, axis=2)
    assert radius.min() > 0.05
    assert radius.max() <= 0.95 + 1e-9


def test_any_table_of_features_makes_the_same_shapes(tmp_path):
    expected = Glyphs(FEATURES)
    mapped = np.memmap(tmp_path / "f", dtype=np.float64, mode="w+", shape=(60, 20))
    mapped[:] = FEATURES
    for table in (
        FEATURES.tolist(),
        pd.DataFrame(FEATURES),
        sparse.csr_array(FEATURES),
        mapped,
    ):
        glyphs = Glyphs(table)
        assert glyphs.known
        assert_allclose(glyphs.outline(7), expected.outline(7))
        assert_allclose(glyphs.color(7), expected.color(7))


def test_one_photo_and_photos_that_are_all_the_same():
    alone = Glyphs(FEATURES[:1])
    other = Glyphs(FEATURES[1:2])
    assert not np.allclose(alone.outline(0), other.outline(0))
    # Twice as bright a photo is the same photo.
    assert_allclose(Glyphs(2 * FEATURES[:1]).outline(0), alone.outline(0))
    same = Glyphs(np.ones((20, 3)))
    assert_array_equal(same.outline(0), same.outline(1))
    assert np.isfinite(same.outline(0)).all()
    zeros = Glyphs(np.zeros((1, 3)))
    assert np.isfinite(zeros.outline(0)).all()


def test_subjects_have_a_colour_each():
    glyphs = Glyphs(subjects=["sea", "hill", "sea", "town"])
    colors = [glyphs.color(photo) for photo in range(4)]
    assert colors[0] == colors[2]
    assert len(set(colors)) == 3
    assert glyphs.label(1) == "hill"
    radius = np.linalg.norm(glyphs.outline(0), axis=1)
    assert_allclose(radius, 1.0)
    both = Glyphs(FEATURES[:4], ["sea", "hill", "sea", "town"])
    assert both.color(0) == both.color(2)
    assert not np.allclose(both.outline(0), both.outline(2))
    assert not Glyphs().known
    assert Glyphs().label(0) is None
    with pytest.raises(ValueError, match="features must have a row for each photo"):
        Glyphs(np.zeros(3))


def test_features_of_all_kinds():
    missing = pd.DataFrame(FEATURES).astype("Float64")
    missing.iloc[0, 0] = pd.NA
    zero = FEATURES.copy()
    zero[0, 0] = 0.0
    for given, plain in (
        (sparse.coo_array(FEATURES), FEATURES),
        (pd.DataFrame(FEATURES).convert_dtypes(), FEATURES),
        (missing, zero),
        (pl.DataFrame(FEATURES), FEATURES),
        (FEATURES.tolist(), FEATURES),
    ):
        found, expected = Glyphs(given), Glyphs(plain)
        for photo in range(3):
            assert_allclose(found.outline(photo), expected.outline(photo))


def test_features_that_are_none():
    torn = sparse.csr_array(np.eye(3))
    torn.indices = np.array([0, 1, 70_000_000], dtype=np.int32)
    for features, message in (
        (torn, "features is a csr_array whose arrays contradict"),
        (sparse.csr_array((3, 10**9)), "features has 1,000,000,000 columns"),
        (np.ma.array(np.eye(3), mask=np.eye(3)), "features, row 0: .* is masked"),
        (pl.LazyFrame({"a": [1.0]}), "features is a polars LazyFrame"),
        ([["a"], ["b"]], "features must hold numbers"),
        ([[1, 2], [3]], "features holds what is no number"),
        (np.ones((3, 0)), r"features must have a row .* got shape \(3, 0\)"),
        ([1.0, 2.0], r"features must have a row .* got shape \(2,\)"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            Glyphs(features)


def test_subjects_are_labels_of_photos():
    for subjects, words in (
        (["sea", None], r"subjects, row 1: the label is missing \(None\)"),
        ([["sea"], ["hill"]], r"subjects must be a label a photo; got .* \(2, 1\)"),
    ):
        with pytest.raises(ValueError, match=words):
            Glyphs(subjects=subjects)
    with pytest.raises(TypeError, match="subjects mixes values that cannot be sorted"):
        Glyphs(subjects=["sea", 1])


def test_features_of_one_photo_are_a_row():
    for given in ([1.0, 2.0], np.array([[1.0], [2.0]]), pd.Series([1.0, 2.0], [7, 7])):
        assert_array_equal(as_row(given), [[1.0, 2.0]])
    for given in (sparse.coo_array([1.0, 2.0]), sparse.csr_matrix([[1.0, 2.0]])):
        assert_array_equal(as_row(given).toarray(), [[1.0, 2.0]])
    torn = sparse.csr_array(np.ones((1, 3)))
    torn.indices = np.array([0, 1, 70_000_000], dtype=np.int32)
    with pytest.raises(ValueError, match="features is a csr_array whose arrays contra"):
        as_row(torn)
    with pytest.raises(ValueError, match="features, row 0: the value is masked"):
        as_row(np.ma.array([1.0, 2.0], mask=[True, False]))


def test_hashed_words_are_features():
    hashed = HashingVectorizer().transform(["sea", "hill", "sea"])
    colors = [Glyphs(hashed).color(photo) for photo in range(3)]
    assert colors[0] == colors[2] != colors[1]
