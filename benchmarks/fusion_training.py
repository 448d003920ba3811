# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Training a fusion network against a bare torch loop, as the paper writes it."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks._fusion import BLOCKS, HIDDEN, N_LABELS, bounds, make, model
from benchmarks._harness import Goal, Job
from sklearn_geo.nets import draw_seed

BATCH, N_EPOCHS, RATE = 32, 2, 1e-3


def ours(inputs):
    X, y = inputs
    settings = {"batch_size": BATCH, "max_iter": N_EPOCHS, "learning_rate_init": RATE}
    return weights_of(model(**settings).fit(X, y).net_.module_)


def weights_of(module):
    return {name: value.numpy() for name, value in module.state_dict().items()}


def bare_torch(inputs):
    X, y = map(torch.from_numpy, inputs)
    network = _AsWritten()
    network.start_as(first_weights(inputs))
    quick = list(network.importance.parameters())
    rest = [each for each in network.parameters() if all(each is not q for q in quick)]
    groups = [{"params": rest}, {"params": quick, "lr": 10 * RATE}]
    optimizer = torch.optim.Adam(groups, lr=RATE)
    for epoch in range(N_EPOCHS):
        order = np.random.default_rng([draw_seed(0), epoch]).permutation(len(X))
        order = torch.from_numpy(order)
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH].sort().values
            optimizer.zero_grad()
            loss = network.loss(X[rows], y[rows])
            loss.backward()
            optimizer.step()
    return network.weights()


def first_weights(inputs):
    """Return what a training starts from: that of one that moves nothing."""
    X, y = (array[:64] for array in inputs)
    start = model(max_iter=1, learning_rate_init=1e-30).fit(X, y).net_.module_
    return weights_of(start)


class _AsWritten(nn.Module):
    """Figure 2, equation 4 with a real concatenation, equation 5."""

    def __init__(self):
        super().__init__()
        widths = list(zip(BLOCKS.values(), HIDDEN, strict=True))
        self.layers = nn.ModuleList(nn.Linear(n, h) for n, h in widths)
        self.importance = nn.Linear(len(BLOCKS), 1)
        self.main = nn.Linear(sum(HIDDEN), N_LABELS)
        self.aux = nn.ModuleList(nn.Linear(h, N_LABELS) for h in HIDDEN)
        self.types = torch.eye(len(BLOCKS))

    def loss(self, x, y):
        blocks = [x[:, cut] for cut in bounds().values()]
        hidden = [
            layer(block).relu()
            for layer, block in zip(self.layers, blocks, strict=True)
        ]
        alpha = torch.sigmoid(self.importance(self.types))
        fused = torch.cat([a * h for a, h in zip(alpha, hidden, strict=True)], dim=1)
        total = functional.binary_cross_entropy_with_logits(self.main(fused), y)
        for head, h in zip(self.aux, hidden, strict=True):
            total = total + functional.binary_cross_entropy_with_logits(head(h), y)
        return total

    @torch.no_grad()
    def start_as(self, start):
        for name, value in self.named_parameters():
            kind = name.rpartition(".")[2]
            if name.startswith("importance"):
                value.zero_()
            else:
                array = start[name].T if kind == "weight" else start[name]
                value.copy_(torch.from_numpy(array))

    def weights(self):
        found = {}
        for name, value in self.named_parameters():
            array = value.detach().numpy()
            if name == "importance.weight":
                found["of_type"] = array[0]
            elif name == "importance.bias":
                found["of_all"] = array
            else:
                found[name] = array.T if name.endswith("weight") else array
        return found


def check(inputs, results):
    start, theirs = first_weights(inputs), results["bare torch"]
    assert set(results["ours"]) == set(theirs)
    for name, array in results["ours"].items():
        # Adam divides by gradients that may be nothing but rounding.
        np.testing.assert_allclose(array, theirs[name], atol=1e-3, err_msg=name)
        assert np.abs(array - start[name]).max() > 1e-4, name
        assert np.abs(array - theirs[name]).mean() < 1e-5, name


JOB = Job(
    name="fusion_training",
    question=f"{N_EPOCHS} epochs of {sum(BLOCKS.values())} columns in five blocks, "
    f"{N_LABELS} labels",
    make=make,
    runners={"ours": ours, "bare torch": bare_torch},
    check=check,
    goals=(Goal("ours", "bare torch", at_most=1.3),),
    sizes=(1_000, 10_000),
    quick_sizes=(1_000,),
    repeats=5,
    notes=f"Adam, batches of {BATCH}, on the processor. The bare loop concatenates, as "
    "equation 4 does; the classifier multiplies block by block.",
)
