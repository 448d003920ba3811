# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns brought to one scale, by hand and beside scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn
import torch
from scipy import sparse
from sklearn.preprocessing import RobustScaler, StandardScaler

from sklearn_geo.fusion._scaling import Scaling, scaled_sparse, sparse_scale

rng = np.random.default_rng(0)
X = rng.lognormal(size=(200, 6)) * [1, 10, 100, 1, 1, 1e-3]


def scaled(kind, X, columns, rows=None):
    layer = Scaling.of(kind, X, np.asarray(columns)).layer()
    rows = X if rows is None else rows
    return layer(torch.tensor(rows[:, columns], dtype=torch.float32)).numpy()


@pytest.mark.parametrize("columns", [[0, 1, 2, 3, 4, 5], [2, 3], [5, 0, 3]])
def test_standard_is_that_of_scikit_learn(columns):
    expected = StandardScaler().fit_transform(X[:, columns])
    found = scaled("standard", X, columns)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("columns", [[0, 1, 2, 3, 4, 5], [2, 3], [5, 0, 3]])
def test_robust_is_that_of_scikit_learn_bent(columns):
    straight = RobustScaler().fit_transform(X[:, columns])
    expected = straight / np.sqrt(1 + (straight / 3) ** 2)
    found = scaled("robust", X, columns)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)
    assert np.abs(straight).max() > 10.0
    assert np.abs(found).max() < 3.0


def test_robust_on_paper():
    column = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])  # quartiles 1, 2, 3
    found = scaled("robust", column, [0]).ravel()
    straight = np.array([-1.0, -0.5, 0.0, 0.5, 49.0])
    np.testing.assert_allclose(found, straight / np.sqrt(1 + straight**2 / 9), 1e-6)
    assert 2.99 < found[-1] < 3.0


def test_columns_without_a_quartile_apart():
    # Nine zeros and a four: no distance of quartiles, so half of all there is.
    column = np.zeros((10, 1))
    column[3] = 4.0
    found = scaled("robust", column, [0]).ravel()
    assert found[0] == 0.0
    np.testing.assert_allclose(found[3], 2.0 / np.sqrt(1 + 4 / 9), rtol=1e-6)
    for kind in ("robust", "standard"):  # a column that never changes says nothing
        constant = scaled(kind, np.full((10, 1), 7.0), [0])
        np.testing.assert_array_equal(constant, 0.0)
        other = scaled(kind, np.full((10, 1), 7.0), [0], rows=np.full((2, 1), 1e6))
        np.testing.assert_array_equal(other, 0.0)


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_nan_is_left_out(kind):
    holes = X.copy()
    holes[::3, 1:3] = np.nan
    columns = np.array([1, 2])
    whole = Scaling.of(kind, np.delete(X, slice(None, None, 3), axis=0), columns)
    found = Scaling.of(kind, holes, columns)
    np.testing.assert_allclose(found.center, whole.center, rtol=1e-6)
    np.testing.assert_allclose(found.factor, whole.factor, rtol=1e-6)
    nothing = Scaling.of(kind, np.full((5, 2), np.nan), np.array([0, 1]))
    np.testing.assert_array_equal(nothing.factor, 0.0)
    np.testing.assert_array_equal(nothing.center, 0.0)


@pytest.mark.parametrize("kind", ["robust", "standard"])
@pytest.mark.parametrize("columns", [np.arange(6), np.array([4, 0, 3])])
def test_rows_that_are_left_out_are_as_if_they_were_not_there(kind, columns):
    many = np.repeat(X, 10, axis=1)[:, np.r_[columns, 6:60]]  # loud enough
    whole = Scaling.of(kind, many, np.arange(many.shape[1]))
    assert whole.gain < 0.9
    holes = np.full((250, many.shape[1]), 1e6)
    holes[::5, 2] = np.nan  # such rows miss the block, whatever else they have
    here = np.arange(250) % 5 != 0
    holes[here] = many
    found = Scaling.of(kind, holes, np.arange(many.shape[1]))
    # And so do rows that are not to be looked at.
    other = np.where(np.isnan(holes), 1e6, holes)
    chosen = Scaling.of(kind, other, np.arange(many.shape[1]), np.flatnonzero(here))
    for scaling in (found, chosen):
        np.testing.assert_array_equal(scaling.center, whole.center)
        np.testing.assert_array_equal(scaling.factor, whole.factor)
        assert scaling.gain == pytest.approx(whole.gain, rel=1e-9)


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_a_little_memory_at_a_time(kind):
    columns = np.array([0, 3, 4])
    whole = Scaling.of(kind, X, columns)
    with sklearn.config_context(working_memory=1e-3):
        parts = Scaling.of(kind, X, columns)
    np.testing.assert_allclose(parts.center, whole.center, rtol=1e-6)
    np.testing.assert_allclose(parts.factor, whole.factor, rtol=1e-6)


def test_quartiles_of_many_rows_are_those_of_some():
    many = rng.normal(size=(50_001, 1))
    found = Scaling.of("robust", many, np.array([0]))
    np.testing.assert_allclose(found.center, 0.0, atol=0.03)
    np.testing.assert_allclose(1 / found.factor, 2 * 0.67449, rtol=0.03)


def test_sparse_columns_are_divided_by_their_largest_size():
    block = sparse.csr_array([[0, 2.0, 0], [0, -8.0, 0], [0.5, 0, 0]])
    factor = sparse_scale(block)
    np.testing.assert_array_equal(factor, [2.0, 0.125, 1.0])
    before = block.toarray()
    found = scaled_sparse(block, factor)
    np.testing.assert_array_equal(
        found.toarray(), [[0, 0.25, 0], [0, -1.0, 0], [1.0, 0, 0]]
    )
    np.testing.assert_array_equal(block.toarray(), before)  # the caller's is as it was
    assert scaled_sparse(block, None) is block


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_what_is_far_out_stays_far_out(kind):
    far = np.full((2, 6), 3e38)
    far[1] *= -1
    found = scaled(kind, X, np.arange(6), rows=far)
    assert np.isfinite(found).all()
    if kind == "robust":
        np.testing.assert_allclose(found, [[3.0] * 6, [-3.0] * 6], rtol=1e-6)
    else:
        assert (found[0] > 1e6).all()
        assert (found[1] < -1e6).all()


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_differences_that_are_rounding_say_nothing(kind):
    rounding = 1e9 + rng.normal(size=(50, 1)) * 1e-6
    np.testing.assert_array_equal(scaled(kind, rounding, [0]), 0.0)
    small = X[:, [0]] * 1e-15  # but small numbers may differ as any
    found = scaled(kind, small, [0])
    np.testing.assert_allclose(found, scaled(kind, X, [0]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_wide_blocks_are_held_down(kind):
    few, many = np.arange(8), np.arange(8, 408)
    X = rng.standard_normal((500, 408))
    assert Scaling.of(kind, X, few).gain == 1.0
    found = Scaling.of(kind, X, many)
    # By hand: 32 over the mean square of a row of what is otherwise scaled.
    block = torch.from_numpy(X[:, many].astype(np.float32))
    plain = replace(found, gain=1.0).layer()(block).numpy()
    gain = 32 / np.mean(np.sum(plain.astype(np.float64) ** 2, axis=1))
    assert 0.05 < gain < 0.3
    assert found.gain == pytest.approx(gain, rel=1e-5)
    np.testing.assert_allclose(found.layer()(block), gain * plain, rtol=1e-5, atol=1e-6)


def test_one_hot_blocks_are_not():
    X = np.eye(300)[rng.integers(300, size=900)]
    assert Scaling.of("robust", X, np.arange(300)).gain == 1.0
