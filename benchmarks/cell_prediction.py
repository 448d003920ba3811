# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""f* from features to places, against the three matrix products it needs at least."""

import functools

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import S2Partition

N_FEATURES = 512
# Limits that cut 400,000 places into about 13,000, 7,000 and 3,300 cells.
N_PLACES = 400_000
LIMITS = (380, 155, 76)
MIN_PER_CELL = 4


@functools.cache
def classifier():
    """Return a classifier with random weights: what it says does not matter here."""
    places = photo_places(N_PLACES, random_state=0)
    levels = [
        FrozenEstimator(S2Partition(most, MIN_PER_CELL).fit(places)) for most in LIMITS
    ]
    n_cells = levels[-1].n_cells_
    rng = np.random.default_rng(1)
    X = rng.normal(size=(64, N_FEATURES)).astype(np.float32)
    y = rng.integers(n_cells, size=len(X))
    model = HierarchicalCellClassifier(
        levels, calibration_fraction=None, max_iter=1, device="cpu", random_state=0
    )
    return model.fit(X, y)


def make(n):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, N_FEATURES), dtype=np.float32)
    model = classifier()
    heads = model.net_.module_.heads
    weights = [
        np.ascontiguousarray(part.detach().numpy())
        for part in heads.weight.split(model.n_cells_, dim=1)
    ]
    biases = [part.detach().numpy() for part in heads.bias.split(model.n_cells_)]
    return model, X, weights, biases


def ours(inputs):
    model, X, _, _ = inputs
    return model.predict(X)


def pieces(X, size=256):
    return (X[start : start + size] for start in range(0, len(X), size))


def step_by_step(inputs):
    """Three softmaxes, gathered, multiplied, and the place of the best cell."""
    model, X, weights, biases = inputs
    cells = []
    for piece in pieces(X):
        total = None
        for weight, bias, parent in zip(
            weights, biases, [*model.parents_, slice(None)], strict=True
        ):
            logits = torch.from_numpy(piece @ weight + bias)
            proba = torch.softmax(logits, dim=1).numpy()[:, parent]
            total = proba if total is None else total * proba
        cells.append(total.argmax(axis=1))
    return model.cell_places_[np.concatenate(cells)]


def products(inputs):
    """Return the bare matrix products, in pieces that nobody keeps."""
    _, X, weights, _ = inputs
    for piece in pieces(X):
        for weight in weights:
            piece @ weight


def check(inputs, results):
    # Rounding may decide between cells that are equally good.
    same = (results["ours"] == results["step by step"]).all(axis=1)
    assert same.mean() > 0.999, same.mean()


JOB = Job(
    name="cell_prediction",
    question=f"places by f* over about 3,300, 7,000 and 13,000 cells from {N_FEATURES} "
    "features",
    make=make,
    runners={"ours": ours, "step by step": step_by_step, "three products": products},
    check=check,
    limits=frozenset({"three products"}),
    goals=(Goal("ours", "three products", at_most=1.4),),
    unit="photos",
    sizes=(1_000, 10_000, 100_000),
    quick_sizes=(500, 2_000),
    repeats=3,
    notes="Products and sums in pieces; no product is kept.",
)
