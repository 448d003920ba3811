# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Prediction of a fusion network against its matrix products and nothing else."""

import numpy as np
import torch

from benchmarks._fusion import BLOCKS, N_LABELS, bounds, make, model
from benchmarks._harness import Goal, Job

_ROWS_A_TIME = 2_000


def fitted(n):
    X, y = make(n)
    rows = slice(0, 2_000)
    return model(max_iter=1, batch_size=200).fit(X[rows], y[rows]), X


def ours(inputs):
    classifier, X = inputs
    return classifier.predict_proba(X)


def as_written(inputs):
    """What a user would write with torch: concatenate, then classify."""
    classifier, X = inputs
    module = classifier.net_.module_
    alpha = list(classifier.attention_.values())
    found = []
    with torch.inference_mode():
        for start in range(0, len(X), _ROWS_A_TIME):
            x = torch.from_numpy(X[start : start + _ROWS_A_TIME])
            hidden = [
                a * torch.relu(torch.addmm(layer.bias, x[:, cut], layer.weight))
                for a, layer, cut in zip(
                    alpha, module.layers, bounds().values(), strict=True
                )
            ]
            h = torch.cat(hidden, dim=1)
            scores = torch.addmm(module.main.bias, h, module.main.weight)
            found.append(torch.sigmoid(scores))
    return torch.cat(found).numpy()


def products(inputs):
    """The products alone: no bias, no activation, no weights, no sum."""
    classifier, X = inputs
    module = classifier.net_.module_
    parts = module.main.weight.split(module.hidden)
    with torch.inference_mode():
        for start in range(0, len(X), _ROWS_A_TIME):
            x = torch.from_numpy(X[start : start + _ROWS_A_TIME])
            for layer, part, cut in zip(
                module.layers, parts, bounds().values(), strict=True
            ):
                x[:, cut] @ layer.weight @ part


def check(_, results):
    np.testing.assert_allclose(results["ours"], results["as written"], atol=1e-5)


JOB = Job(
    name="fusion_prediction",
    question=f"{N_LABELS} labels from {sum(BLOCKS.values())} columns in five blocks",
    make=fitted,
    runners={"ours": ours, "as written": as_written, "bare products": products},
    check=check,
    goals=(
        Goal("bare products", "ours", at_least=0.85),
        Goal("as written", "ours", at_least=1.0),
    ),
    limits=frozenset({"bare products"}),
    sizes=(10_000, 100_000),
    quick_sizes=(2_000,),
    repeats=5,
    notes="On the processor, in float32.",
)
