# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The layer for features: dense and sparse batches agree, gradients by differences."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import RowLinear, SparseRows, init_weights

MATRIX = np.array([[0, 2.0, 0, 0, 1], [0, 0.5, 0, 0, 0], [0, 0, 0, 0, 0]])


def layer(n_outputs=3):
    torch.manual_seed(0)
    made = RowLinear(5, n_outputs)
    init_weights(made)
    torch.nn.init.uniform_(made.bias)
    return made


def test_is_torchs_linear_layer():
    ours = layer()
    theirs = torch.nn.Linear(5, 3)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.T)
        theirs.bias.copy_(ours.bias)
    inputs = torch.from_numpy(MATRIX).float()
    torch.testing.assert_close(ours(inputs), theirs(inputs))
    assert repr(ours) == "RowLinear(n_features=5, n_outputs=3)"


def test_sparse_batches_give_the_same_outputs_and_gradients():
    dense, rows = layer(), layer()
    factors = torch.randn(3, 3)
    a = dense(torch.from_numpy(MATRIX).float())
    b = rows(SparseRows(sparse.csr_array(MATRIX), by_column=True))
    torch.testing.assert_close(a, b)
    (a * factors).sum().backward()
    (b * factors).sum().backward()
    gradient = rows.weight.grad
    assert gradient.is_sparse
    assert gradient.coalesce().indices().tolist() == [[1, 4]]
    torch.testing.assert_close(gradient.to_dense(), dense.weight.grad)
    torch.testing.assert_close(rows.bias.grad, dense.bias.grad)


def test_gradient_by_differences():
    rows = SparseRows(sparse.csr_array(MATRIX), by_column=True)
    made = layer(2)

    def loss():
        return made(rows).sin().sum()

    loss().backward()
    gradient = made.weight.grad.to_dense()
    step = 1e-2
    for i, j in np.ndindex(5, 2):
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                made.weight[i, j] += sign * step
                values.append(loss().item())
                made.weight[i, j] -= sign * step
        slope = (values[0] - values[1]) / (2 * step)
        assert gradient[i, j].item() == pytest.approx(slope, abs=1e-3)


def test_two_batches_add_their_gradients():
    made, dense = layer(), layer()
    for part in (MATRIX[:1], MATRIX[1:]):
        made(SparseRows(sparse.csr_array(part), by_column=True)).sum().backward()
        dense(torch.from_numpy(part).float()).sum().backward()
    torch.testing.assert_close(made.weight.grad.to_dense(), dense.weight.grad)


def test_gradient_needs_columns():
    outputs = layer()(SparseRows(sparse.csr_array(MATRIX)))
    with pytest.raises(ValueError, match="by_column=True"):
        outputs.sum().backward()
