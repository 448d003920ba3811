# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Steps of rows against torch's dense optimizers, and by hand."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn

from sklearn_geo.nets import (
    EstimatorNet,
    HeadedMLP,
    HeadsLoss,
    RowData,
    RowLinear,
    RowOptimizer,
    SparseRows,
    Training,
    make_optimizers,
)
from sklearn_geo.nets import _optimizers as module
from tests.sparse_rows import sparse_rows


def batches(n=6, every_column=False):
    rng = np.random.default_rng(0)
    for _ in range(n):
        density = 1.0 if every_column else 0.2
        yield sparse_rows(rng, (4, 9), density)


def train(optimizer_of, *, dense, every_column=False, chunk_bytes=1):
    layer = RowLinear(9, 2)
    optimizer = optimizer_of([layer.weight])
    for batch in batches(every_column=every_column):
        optimizer.zero_grad(set_to_none=True)
        rows = torch.from_numpy(batch.toarray()).float()
        rows = rows if dense else SparseRows(batch, by_column=True)
        (layer(rows) - 1.0).square().sum().backward()
        optimizer.step()
    return layer.weight.detach()


EXACT = [
    ("sgd", torch.optim.SGD, {}),
    ("adagrad", torch.optim.Adagrad, {}),
]
EVERY_ROW = [
    ("sgd", torch.optim.SGD, {"momentum": 0.9}),
    ("sgd", torch.optim.SGD, {"momentum": 0.5, "weight_decay": 0.1}),
    ("adagrad", torch.optim.Adagrad, {"weight_decay": 0.1}),
    ("adam", torch.optim.Adam, {}),
    ("adam", torch.optim.Adam, {"weight_decay": 0.1}),
]


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 19])
@pytest.mark.parametrize(("solver", "theirs", "options"), EXACT)
def test_steps_are_the_dense_ones(solver, theirs, options, chunk_bytes, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_BYTES", chunk_bytes)
    ours = train(lambda w: RowOptimizer(w, solver=solver, lr=0.05), dense=False)
    expected = train(lambda w: theirs(w, lr=0.05), dense=True)
    torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 19])
@pytest.mark.parametrize(("solver", "theirs", "options"), EVERY_ROW)
def test_where_every_row_is_touched_too(
    solver, theirs, options, chunk_bytes, monkeypatch
):
    monkeypatch.setattr(module, "_CHUNK_BYTES", chunk_bytes)
    ours = train(
        lambda w: RowOptimizer(w, solver=solver, lr=0.05, **options),
        dense=False,
        every_column=True,
    )
    expected = train(
        lambda w: theirs(w, lr=0.05, **options), dense=True, every_column=True
    )
    torch.testing.assert_close(ours, expected)


def test_adam_is_torchs_sparse_adam():
    ours = train(lambda w: RowOptimizer(w, solver="adam", lr=0.05), dense=False)
    theirs = train(lambda w: torch.optim.SparseAdam(w, lr=0.05), dense=False)
    torch.testing.assert_close(ours, theirs)


def test_momentum_by_hand():
    layer = RowLinear(3, 1)
    optimizer = RowOptimizer([layer.weight], solver="sgd", lr=0.5, momentum=0.5)
    for column in (1, 0, 1):
        optimizer.zero_grad()
        row = np.zeros((1, 3))
        row[0, column] = 4.0
        layer(SparseRows(sparse.csr_array(row), by_column=True)).sum().backward()
        optimizer.step()
    # Column 1: 0.5 * 4, then 0.5 * (0.5 * 4 + 4); what lies between does not count.
    assert layer.weight.detach().ravel().tolist() == [-2.0, -5.0, 0.0]


def test_says_what_is_wrong():
    layer = RowLinear(3, 1)
    with pytest.raises(ValueError, match="solver='lbfgs': use one of"):
        RowOptimizer([layer.weight], solver="lbfgs")
    layer(torch.ones(1, 3)).sum().backward()
    with pytest.raises(ValueError, match="takes sparse gradients; this one is dense"):
        RowOptimizer([layer.weight]).step()


def test_solvers_by_name():
    network = HeadedMLP(4, [2], hidden=(3,))
    for name, cls in (
        ("adam", torch.optim.Adam),
        ("adagrad", torch.optim.Adagrad),
        ("sgd", torch.optim.SGD),
    ):
        training = Training(
            solver=name, learning_rate_init=0.3, weight_decay=0.2, momentum=0.7
        )
        (one,) = make_optimizers(network, training)
        assert type(one) is cls
        assert one.defaults["lr"] == 0.3
        assert one.defaults["weight_decay"] == 0.2
        assert one.defaults.get("momentum", 0.7) == 0.7
        assert len(one.param_groups[0]["params"]) == 4
        rest, rows = make_optimizers(network, training, sparse=True)
        assert len(rest.param_groups[0]["params"]) == 3
        assert rows.param_groups[0]["params"][0] is network.trunk[0].weight
        assert rows.defaults["solver"] == name


def test_frozen_weights_are_left_out():
    network = HeadedMLP(4, [2], hidden=(3,))
    network.trunk.requires_grad_(False)
    (one,) = make_optimizers(network, Training())
    assert len(one.param_groups[0]["params"]) == 2


def test_quick_weights_learn_ten_times_as_fast():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.slow, self.quick = (nn.Parameter(torch.zeros(3)) for _ in range(2))
            self.quick_weights = [self.quick]

    two = Two()
    (optimizer,) = make_optimizers(two, Training(solver="sgd", momentum=0.0))
    (two.slow.sum() + two.quick.sum()).backward()
    optimizer.step()
    torch.testing.assert_close(two.slow.detach(), torch.full((3,), -1e-3))
    torch.testing.assert_close(two.quick.detach(), torch.full((3,), -1e-2))


def test_quick_weights_follow_the_rate_of_the_epochs():
    rates = []

    class Watched(HeadedMLP):
        @property
        def quick_weights(self):
            return [self.heads.bias]

    def watch(record):
        groups = net_of[0].optimizer_.param_groups
        rates.append([group["lr"] for group in groups])

    X = np.zeros((8, 2), dtype=np.float32)
    training = Training(
        learning_rate_init=0.1, learning_rate_decay=0.5, max_iter=2, device="cpu"
    )
    net = EstimatorNet(partial(Watched, 2, [2]), HeadsLoss, training=training)
    net_of = [net.initialize()]
    net.partial_fit(RowData(X, [np.zeros(8, dtype=int)]), on_epoch=watch)
    np.testing.assert_allclose(rates, [[0.1, 1.0], [0.05, 0.5]])


def test_what_cannot_be_made_is_said():
    with pytest.raises(ValueError, match=r"^solver=.lbfgs.: use one of"):
        make_optimizers(HeadedMLP(3, [2]), Training(solver="lbfgs"))
    with pytest.raises(ValueError, match=r"^Linear has no RowLinear layer"):
        make_optimizers(torch.nn.Linear(3, 2), Training(), sparse=True)
