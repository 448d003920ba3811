# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The network of a trunk and heads."""

import math

import numpy as np
import pytest
import torch
from scipy import sparse

from sklearn_geo.nets import HeadedMLP, RowLinear, SparseRows, init_weights


def test_forward_by_hand():
    network = HeadedMLP(2, [1, 2], hidden=(2,))
    with torch.no_grad():
        network.trunk[0].weight.copy_(torch.tensor([[1.0, -1.0], [2.0, 0.0]]))
        network.trunk[0].bias.copy_(torch.tensor([0.0, 1.0]))
        network.heads.weight.copy_(torch.tensor([[1.0, 0.0, 1.0], [0.0, 5.0, 1.0]]))
        network.heads.bias.copy_(torch.tensor([0.0, 0.0, 10.0]))
    # (1, 1) -> relu(3, 0) = (3, 0); (-1, 0) -> relu(-1, 2) = (0, 2)
    first, second = network(torch.tensor([[1.0, 1.0], [-1.0, 0.0]]))
    assert first.tolist() == [[3], [0]]
    assert second.tolist() == [[0, 13], [10, 12]]
    assert network.features(torch.tensor([[1.0, 1.0]])).tolist() == [[3, 0]]


def test_linear_heads():
    network = HeadedMLP(4, [2, 3], init="zeros")
    assert not list(network.trunk)
    assert [tuple(head.shape) for head in network(torch.zeros(5, 4))] == [
        (5, 2),
        (5, 3),
    ]
    assert all((weight == 0).all() for weight in network.parameters())


def test_sparse_batches():
    matrix = np.array([[0, 1.0, 0], [2.0, 0, 0]])
    network = HeadedMLP(3, [2], hidden=(4, 3), activation=("tanh", "logistic"))
    dense = network(torch.from_numpy(matrix).float())[0]
    rows = network(SparseRows(sparse.csr_array(matrix)))[0]
    torch.testing.assert_close(dense, rows)


def test_options_are_layers():
    network = HeadedMLP(3, [2], hidden=(4, 3), dropout=0.5, batch_norm=True)
    kinds = [type(layer).__name__ for layer in network.trunk]
    one = ["BatchNorm1d", "ReLU", "SeededDropout"]
    assert kinds == ["RowLinear", *one, "Linear", *one]


def test_glorot_bounds_hold_head_by_head():
    torch.manual_seed(0)
    network = HeadedMLP(100, [20, 500])
    for weight, width in zip(
        network.heads.weight.split([20, 500], dim=1), (20, 500), strict=True
    ):
        bound = math.sqrt(6 / (100 + width))
        assert 0.97 * bound < weight.abs().max() <= bound
        # The variance of a uniform distribution is a third of its bound's square.
        assert weight.var().item() == pytest.approx(bound**2 / 3, rel=0.1)
    assert (network.heads.bias == 0).all()


def test_he_bounds():
    layer = torch.nn.Linear(50, 40)
    init_weights(layer, "he")
    bound = math.sqrt(6 / 50)
    assert 0.97 * bound < layer.weight.abs().max() <= bound
    assert (layer.bias == 0).all()


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="activation has 1 names for 2 hidden layers"):
        HeadedMLP(3, [2], hidden=(4, 4), activation=["relu"])
    with pytest.raises(ValueError, match=r"^activation=.swish. is none. Use one of"):
        HeadedMLP(3, [2], hidden=(4, 4), activation=["relu", "swish"])
    with pytest.raises(ValueError, match='init="zeros" never learns'):
        HeadedMLP(3, [2], hidden=(4,), init="zeros")
    with pytest.raises(ValueError, match=r'init=.ones.: use "glorot"'):
        init_weights(RowLinear(2, 2), "ones")
