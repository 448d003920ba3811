# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Dropout whose numbers nobody shares."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch

from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    RowData,
    SeededDropout,
    Training,
    draws_from_torch,
    get_weights,
    seed_layers,
    train_net,
)


def test_keeps_the_mean():
    dropout = SeededDropout(0.25)
    seed_layers(dropout, 3)
    outputs = dropout(torch.ones(40_000))
    np.testing.assert_allclose(np.unique(outputs), [0, 4 / 3], rtol=1e-6)
    # Four standard deviations of a share of a quarter among 40,000.
    assert (outputs == 0).float().mean().item() == pytest.approx(0.25, abs=0.0087)
    assert torch.equal(dropout.eval()(torch.ones(9)), torch.ones(9))
    assert torch.equal(SeededDropout(0.0)(torch.ones(9)), torch.ones(9))


def test_numbers_are_its_own():
    layers = torch.nn.Sequential(SeededDropout(), SeededDropout())
    before = torch.get_rng_state()
    seed_layers(layers, 5)
    first, second = (layer(torch.ones(64)) for layer in layers)
    assert not torch.equal(first, second)
    assert not torch.equal(layers[0](torch.ones(64)), first)  # goes on
    assert torch.equal(torch.get_rng_state(), before)
    seed_layers(layers, 5)
    assert torch.equal(layers[1](torch.ones(64)), second)
    again = pickle.loads(pickle.dumps(layers))
    assert torch.equal(again[0](torch.ones(64)), first)


def test_who_draws_from_torch():
    own = HeadedMLP(3, [2], hidden=(4,), dropout=0.5, batch_norm=True)
    assert not draws_from_torch(own)
    assert draws_from_torch(torch.nn.Sequential(own, torch.nn.Dropout()))
    assert draws_from_torch(torch.nn.LSTM(2, 2))


class NoisyRows(torch.nn.Sequential):
    """What is derived from a layer that is quiet, and is not."""

    def __init__(self):
        super().__init__(torch.nn.Linear(3, 2))

    def forward(self, inputs):
        return (torch.nn.functional.dropout(self[0](inputs), 0.5, self.training),)


def test_who_is_derived_from_a_quiet_layer_may_draw():
    assert draws_from_torch(NoisyRows())
    rng = np.random.default_rng(0)
    rows = RowData(rng.standard_normal((40, 3)), [rng.integers(2, size=40)])
    training = Training(max_iter=3, device="cpu")

    def train():
        net = train_net(NoisyRows, HeadsLoss, rows, training=training, seed=1)
        return get_weights(net)["0.weight"]

    before = torch.get_rng_state()
    first = train()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    assert np.array_equal(train(), first)


class NoisyLoss(HeadsLoss):
    """A loss that draws."""

    def rows(self, outputs, targets):
        return super().rows(outputs, targets) * torch.rand(len(outputs[0]))


def test_a_loss_may_draw():
    assert draws_from_torch(NoisyLoss())
    assert not draws_from_torch(torch.nn.CrossEntropyLoss())
    rng = np.random.default_rng(0)
    rows = RowData(rng.standard_normal((40, 3)), [rng.integers(2, size=40)])
    training = Training(max_iter=3, device="cpu")
    found = []
    for _ in range(2):
        before = torch.get_rng_state()
        network = partial(HeadedMLP, 3, [2])
        net = train_net(network, NoisyLoss, rows, training=training, seed=1)
        found.append(get_weights(net)["heads.weight"])
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(7)
    assert np.array_equal(*found)


def test_shares_that_dropout_has():
    everything = SeededDropout(1.0)
    inputs = torch.ones(9, requires_grad=True)
    outputs = everything(inputs)
    assert torch.equal(outputs, torch.zeros(9))
    outputs.sum().backward()
    assert torch.equal(inputs.grad, torch.zeros(9))
    assert torch.equal(everything.eval()(inputs), inputs)
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"^p=.* is no share"):
            SeededDropout(p)


@pytest.mark.parametrize("foreign", [False, True])
def test_threads_do_not_disturb_each_other(foreign):
    rng = np.random.default_rng(0)
    rows = RowData(rng.standard_normal((200, 4)), [rng.integers(3, size=200)])

    def network():
        own = HeadedMLP(4, [3], hidden=(8,), dropout=0.5)
        if foreign:
            own.trunk.append(torch.nn.Dropout(0.5))
        return own

    def train(seed):
        training = Training(max_iter=8, batch_size=20, device="cpu")
        net = train_net(partial(network), HeadsLoss, rows, training=training, seed=seed)
        return get_weights(net)["heads.weight"]

    alone = [train(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(train, range(4)))
    for a, b in zip(alone, together, strict=True):
        assert np.array_equal(a, b)
