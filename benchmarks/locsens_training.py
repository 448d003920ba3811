# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Training the paper's scorer against a bare torch loop on the same triplets."""

import time
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks._harness import Goal, Job, Measured
from benchmarks._locsens import (
    N_FEATURES,
    PAPER_HIDDEN,
    hidden_for,
    photos_with_tags,
    ranker,
    tag_vectors,
)
from sklearn_geo.nets import draw_seed
from sklearn_geo.ranking._triplets import TripletSampler

N_TAGS, N_NEGATIVES, MARGIN = 1_000, 6, 0.1
BATCH, N_EPOCHS = 256, 2
# The paper's solver, at a low rate. A unit of a ReLU that rounding turns on or off
# changes a step by as much as a hundredth, as wrong pairs nearly cancel right ones; at
# the rates of the paper networks that are begun alike are soon far from each other.
RATE, MOMENTUM, DECAY = 3e-4, 0.9, 1e-4


def make(n):
    X, tags = photos_with_tags(n, N_TAGS)
    return X, tags, hidden_for(n, 1_000)


def model(hidden, **changes):
    settings = {
        "scorer": "trunk",
        "loss": "hinge",
        "margin": MARGIN,
        "n_negatives": N_NEGATIVES,
        "tag_vectors": tag_vectors(N_TAGS),
        "hidden_layer_sizes": hidden,
        "shortlist": None,
        "solver": "sgd",
        "learning_rate_init": RATE,
        "momentum": MOMENTUM,
        "weight_decay": DECAY,
        "batch_size": BATCH,
        "max_iter": N_EPOCHS,
        **changes,
    }
    return ranker(**settings)


def ours(inputs):
    X, tags, hidden = inputs
    start = time.perf_counter()
    fitted = model(hidden).fit(X, tags)
    seconds = time.perf_counter() - start
    return measured(weights_of(fitted.net_.module_), X, seconds)


def measured(weights, X, seconds):
    rate = len(X) * N_EPOCHS * N_NEGATIVES / seconds
    return Measured(weights, seconds, {"triplets a second": rate})


def weights_of(module):
    return {name: value.detach().numpy() for name, value in module.named_parameters()}


def first_weights(inputs):
    """Return what a training starts from: that of one that moves nothing."""
    X, tags, hidden = inputs
    start = model(hidden, max_iter=1, learning_rate_init=1e-30, weight_decay=0.0)
    return weights_of(start.fit(X[:16], tags[:16]).net_.module_)


def bare_torch(inputs):
    X, tags, hidden = inputs
    network = _AsWritten(hidden)
    start = {name: torch.tensor(w) for name, w in first_weights(inputs).items()}
    network.load_state_dict(start)
    epochs = list(_epochs(tags))
    began = time.perf_counter()
    places = (X[:, :2].astype(np.float64) + [90.0, 180.0]) / [180.0, 360.0]
    places = torch.from_numpy(places.astype(np.float32))
    looks = torch.from_numpy(X[:, 2:])
    vectors = torch.from_numpy(tag_vectors(N_TAGS))
    optimizer = torch.optim.SGD(
        network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY
    )
    for order, tag, other_photo, other_tag in epochs:
        for rows in order.split(BATCH):
            rows = rows.sort().values
            photo = torch.cat([rows[:, None], other_photo[rows]], dim=1).ravel()
            word = torch.cat([tag[rows, None], other_tag[rows]], dim=1).ravel()
            place = places[rows].repeat_interleave(1 + N_NEGATIVES, dim=0)
            optimizer.zero_grad()
            scores = network(place, looks[photo], vectors[word])
            scores = scores.reshape(len(rows), -1)
            lead = scores[:, :1] - scores[:, 1:]
            functional.relu(MARGIN - lead).mean().backward()
            optimizer.step()
    return measured(weights_of(network), X, time.perf_counter() - began)


def _epochs(tags):
    """Yield the triplets of an epoch and the order of its photos, as ours draws."""
    sampler = TripletSampler(tags, "tagging", N_NEGATIVES)
    for epoch in range(N_EPOCHS):
        rng = np.random.default_rng([draw_seed(0), epoch])
        drawn = sampler.draw(rng)
        order = rng.permutation(tags.shape[0])
        arrays = (order, drawn.tag, drawn.negative_photo, drawn.negative_tag)
        yield tuple(torch.from_numpy(array.astype(np.int64)) for array in arrays)


class _AsWritten(nn.Module):
    """Three vectors of length one, joined, and a trunk with group norm."""

    def __init__(self, hidden):
        super().__init__()
        self.places = nn.ModuleDict({"linear": nn.Linear(2, N_FEATURES)})
        self.photos = nn.ModuleDict({"linear": nn.Linear(N_FEATURES, N_FEATURES)})
        self.tags = nn.ModuleDict({"linear": nn.Linear(N_FEATURES, N_FEATURES)})
        layers = []
        for n_in, n_out in pairwise((3 * N_FEATURES, *hidden)):
            norm = nn.GroupNorm(min(32, n_out // 16), n_out, eps=1e-3)
            layers += [nn.Linear(n_in, n_out), norm, nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

    def forward(self, place, photo, tag):
        layers = (self.places, self.photos, self.tags)
        parts = zip(layers, (place, photo, tag), strict=True)
        joined = [
            functional.normalize(layer["linear"](rows).relu(), dim=1, eps=1e-6)
            for layer, rows in parts
        ]
        return self.trunk(torch.cat(joined, dim=1))[:, 0]


def check(inputs, results):
    start, theirs = first_weights(inputs), results["bare torch"]
    assert set(results["ours"]) == set(theirs) == set(start)
    for name, array in results["ours"].items():
        apart = np.linalg.norm(array - theirs[name])
        moved = np.linalg.norm(theirs[name] - start[name])
        # The gradient of the last bias is zero.
        assert apart <= 0.05 * moved + 1e-6, (name, apart, moved)
        assert moved > 1e-6 or name.endswith("bias"), (name, moved)


JOB = Job(
    name="locsens_training",
    question=f"{N_EPOCHS} epochs, {N_NEGATIVES} wrong pairs a photo, trunk of "
    f"{PAPER_HIDDEN}",
    make=make,
    runners={"ours": ours, "bare torch": bare_torch},
    check=check,
    goals=(Goal("bare torch", "ours", at_least=0.85),),
    unit="photos",
    sizes=(1_024, 4_096),
    quick_sizes=(1_024,),
    repeats=3,
    notes=f"SGD, batches of {BATCH}, on the processor. The bare loop has its triplets "
    "given and joins three vectors; ours draws them, and adds what each of the three "
    "gives to the first layer.",
)
