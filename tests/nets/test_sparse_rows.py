# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sparse batches against scipy's own products."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_geo.nets import SparseRows
from tests.sparse_rows import sparse_rows

MATRIX = np.array([[0, 2.0, 0, -1.0], [0, 0, 0, 0], [3.0, 0, 0, 5.0]])


def test_by_hand():
    rows = SparseRows(sparse.csr_array(MATRIX), by_column=True)
    assert len(rows) == 3
    assert rows.shape == (3, 4)
    assert rows.touched.tolist() == [0, 1, 3]
    assert rows.row_numbers().tolist() == [0, 0, 2, 2]
    weight = torch.arange(8.0).reshape(4, 2)
    # 2 * (2, 3) - (6, 7); nothing; 3 * (0, 1) + 5 * (6, 7)
    assert rows.product(weight).tolist() == [[-2, -1], [0, 0], [30, 38]]
    dense = torch.tensor([[1.0], [10.0], [100.0]])
    assert rows.transposed_product(dense).tolist() == [[300], [2], [499]]


@settings(deadline=None, max_examples=50)
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 12)),
    density=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_products_are_scipys(shape, density, seed):
    rng = np.random.default_rng(seed)
    matrix = sparse_rows(rng, shape, density)
    matrix = matrix.astype(np.float32)
    rows = SparseRows(matrix, by_column=True)
    right = rng.standard_normal((shape[1], 3)).astype(np.float32)
    left = rng.standard_normal((shape[0], 3)).astype(np.float32)
    product = rows.product(torch.from_numpy(right)).numpy()
    np.testing.assert_allclose(product, matrix @ right, atol=1e-5)
    transposed = np.zeros_like(right)
    got = rows.transposed_product(torch.from_numpy(left)).numpy()
    transposed[rows.touched.numpy()] = got
    np.testing.assert_allclose(transposed, matrix.T @ left, atol=1e-5)
    assert (rows.to_scipy() != matrix).nnz == 0


def test_repeated_and_explicit_zero_entries():
    parts = (np.array([1.0, 2.0, 0.0]), np.array([3, 3, 0]), np.array([0, 2, 3]))
    matrix = sparse.csr_array(parts, shape=(2, 5))
    rows = SparseRows(matrix, by_column=True)
    weight = torch.eye(5)
    assert rows.product(weight)[0].tolist() == [0, 0, 0, 3, 0]
    assert rows.transposed_product(torch.ones(2, 1)).ravel().tolist() == [0, 3]
    assert rows.values.tolist() == [3.0, 0.0]
    assert rows.row_numbers().tolist() == [0, 1]
    assert matrix.data.tolist() == [1.0, 2.0, 0.0]  # the caller's is as it was


def test_read_only_rows_are_copied():
    matrix = sparse.csr_array(MATRIX.astype(np.float32))
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    rows = SparseRows(matrix)
    rows.values.zero_()
    assert matrix.data[0] == 2.0


def test_moves_between_devices():
    rows = SparseRows(sparse.csr_array(MATRIX), by_column=True)
    assert rows.to("cpu") is rows
    moved = rows.to("meta")
    assert moved.shape == rows.shape
    assert moved.touched.device.type == "meta"


def test_transposed_product_needs_columns():
    rows = SparseRows(sparse.csr_array(MATRIX))
    with pytest.raises(ValueError, match="without by_column=True"):
        rows.transposed_product(torch.ones(3, 1))


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr"])
def test_rows_of_every_format(form):
    dense = np.array([[0, 2.0, 0, 1], [0, 0, 0, 0], [3, 0, 0, 4]], dtype=np.float32)
    for kind in (sparse.csr_array, sparse.csr_matrix):
        rows = SparseRows(kind(dense).asformat(form), by_column=True)
        assert np.array_equal(rows.to_scipy().toarray(), dense)
        assert rows.touched.tolist() == [0, 1, 3]
        weight = torch.arange(8.0).reshape(4, 2)
        assert torch.equal(rows.product(weight), torch.from_numpy(dense) @ weight)
