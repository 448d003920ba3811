# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Training a net against a bare torch loop that does the same steps."""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks._harness import Goal, Job
from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    RowData,
    Training,
    get_weights,
    train_net,
)

N_FEATURES, HIDDEN, N_CLASSES = 512, 256, (100, 400)
BATCH, N_EPOCHS, RATE = 200, 3, 1e-3


def make(n):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, N_FEATURES), dtype=np.float32)
    return X, [rng.integers(width, size=n) for width in N_CLASSES]


def _first_weights():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return get_weights(HeadedMLP(N_FEATURES, N_CLASSES, hidden=(HIDDEN,)))


def ours(inputs):
    X, targets = inputs
    net = train_net(
        partial(HeadedMLP, N_FEATURES, N_CLASSES, hidden=(HIDDEN,)),
        HeadsLoss,
        RowData(X, targets),
        training=Training(
            learning_rate_init=RATE,
            batch_size=BATCH,
            max_iter=N_EPOCHS,
            n_iter_no_change=None,
            device="cpu",
        ),
    )
    return get_weights(net)


def bare_torch(inputs):
    X, targets = inputs
    X, targets = torch.from_numpy(X), [torch.from_numpy(target) for target in targets]
    trunk, heads = nn.Linear(N_FEATURES, HIDDEN), nn.Linear(HIDDEN, sum(N_CLASSES))
    start = _first_weights()
    with torch.no_grad():
        trunk.weight.copy_(torch.from_numpy(start["trunk.0.weight"]).T)
        heads.weight.copy_(torch.from_numpy(start["heads.weight"]).T)
        trunk.bias.zero_()
        heads.bias.zero_()
    network = nn.Sequential(trunk, nn.ReLU(), heads)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    for epoch in range(N_EPOCHS):
        order = np.random.default_rng([0, epoch]).permutation(len(X))
        order = torch.from_numpy(order)
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH].sort().values
            optimizer.zero_grad()
            outputs = network(X[rows]).split(N_CLASSES, dim=1)
            losses = [
                functional.cross_entropy(output, target[rows])
                for output, target in zip(outputs, targets, strict=True)
            ]
            (sum(losses) / len(losses)).backward()
            optimizer.step()
    return {
        "trunk.0.weight": trunk.weight.detach().numpy().T,
        "trunk.0.bias": trunk.bias.detach().numpy(),
        "heads.weight": heads.weight.detach().numpy().T,
        "heads.bias": heads.bias.detach().numpy(),
    }


def check(inputs, results):
    start = _first_weights()
    for name, array in results["ours"].items():
        # Adam divides by gradients that may be nothing but rounding.
        np.testing.assert_allclose(array, results["bare torch"][name], atol=2e-4)
        assert np.abs(array - start[name]).max() > 1e-3


JOB = Job(
    name="net_training",
    question=f"{N_EPOCHS} epochs of {N_FEATURES} features, {HIDDEN} hidden units and "
    f"heads of {N_CLASSES[0]} and {N_CLASSES[1]} classes",
    make=make,
    runners={"ours": ours, "bare torch": bare_torch},
    check=check,
    goals=(Goal("ours", "bare torch", at_most=1.3),),
    sizes=(2_000, 20_000),
    quick_sizes=(2_000,),
    notes="Adam, batches of 200, on the processor.",
)
