# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""On an accelerator: the same learning, half precision, seeds that leave no trace."""

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn

from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    Lookup,
    RowData,
    Training,
    get_weights,
    net_outputs,
    train_net,
)

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="There is no CUDA device."
)

rng = np.random.default_rng(0)
X = rng.standard_normal((600, 20)).astype(np.float32)
Y = (X @ rng.standard_normal((20, 5))).argmax(axis=1)
SPARSE = sparse.csr_array(np.where(np.abs(X) > 1, X, 0))
NETWORK = partial(HeadedMLP, 20, [5], hidden=(16,), dropout=0.2)


def fit(device, rows=X, *, network=NETWORK, targets=(Y,), **settings):
    training = Training(
        **{
            "learning_rate_init": 0.02,
            "batch_size": 64,
            "max_iter": 15,
            "device": device,
            "mixed_precision": False,
            **settings,
        }
    )
    weight = np.linspace(0.5, 1.5, 600)
    data = RowData(rows, targets, weight)
    return train_net(network, HeadsLoss, data, training=training)


def right(net, rows=X):
    parts = [logits.argmax(dim=1) for _, (logits,) in net_outputs(net, rows)]
    return (torch.cat(parts).numpy() == Y).mean()


@pytest.mark.parametrize("solver", ["adam", "adagrad", "sgd"])
@pytest.mark.parametrize("rows", [X, SPARSE], ids=["dense", "sparse"])
def test_learns_what_the_processor_learns(solver, rows):
    network = partial(NETWORK, dropout=0.0)
    nets = [
        fit(device, rows, network=network, solver=solver, max_iter=3)
        for device in ("cpu", "cuda")
    ]
    assert nets[1].module_.heads.weight.device.type == "cuda"
    a, b = map(get_weights, nets)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], atol=2e-3)
    losses = [[row["train_loss"] for row in net.history] for net in nets]
    np.testing.assert_allclose(*losses, rtol=1e-3)


@pytest.mark.parametrize("precision", ["auto", "bfloat16", "float16", False])
@pytest.mark.parametrize("rows", [X, SPARSE], ids=["dense", "sparse"])
def test_half_precision_learns_too(precision, rows):
    net = fit("cuda", rows, mixed_precision=precision, early_stopping=True)
    assert right(net, rows) > 0.7
    assert all(w.dtype == torch.float32 for w in net.module_.parameters())


def test_targets_of_all_kinds():
    table = sparse.csr_array(np.eye(5) * 0.9 + 0.02)
    network = partial(HeadedMLP, 20, [5, 5, 5])
    soft = np.eye(5)[Y]
    net = fit("cuda", network=network, targets=(Y, Lookup(Y, table), soft))
    _, outputs = next(net_outputs(net, X))
    for logits in outputs:
        assert (logits.argmax(dim=1).numpy() == Y).mean() > 0.7


def test_same_seed_and_no_trace():
    foreign = partial(nn.Sequential, NETWORK().trunk, nn.Dropout(0.5), Tail())
    torch.manual_seed(1)
    torch.cuda.manual_seed_all(2)
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    first = get_weights(fit("cuda"))
    again = get_weights(fit("cuda"))
    fit("cuda", network=foreign)
    assert torch.equal(before[0], torch.get_rng_state())
    assert torch.equal(before[1], torch.cuda.get_rng_state())
    for name, array in first.items():
        np.testing.assert_allclose(array, again[name], atol=1e-6)


class Tail(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 5)

    def forward(self, inputs):
        return (self.layer(inputs),)


def test_pickles_and_rows_apart():
    net = fit("cuda")
    again = pickle.loads(pickle.dumps(net))
    ((_, (whole,)),) = net_outputs(net, X)
    ((_, (same,)),) = net_outputs(again, X)
    np.testing.assert_allclose(same, whole, atol=1e-6)
    ((_, (one,)),) = net_outputs(net, X[7:8])
    np.testing.assert_allclose(one[0].softmax(0), whole[7].softmax(0), atol=1e-6)
