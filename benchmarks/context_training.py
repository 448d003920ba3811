# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit of zones with the paper's networks, against a bare loop of the same steps."""

import copy
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks._harness import Goal, Job
from benchmarks._paper_networks import CONTEXTS, HIDDEN, NETWORKS, places_in_zones
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.context._fitting import _zone_seed
from sklearn_geo.context._presets import resolve
from sklearn_geo.nets import RowData, get_weights, hold_out, seeded

PHOTOS_A_ZONE, N_EPOCHS = 320, 2
PRESETS = ("default", "paper")


class Photos:
    """Photos of some zones: places, and teachers side by side in single precision."""

    def __init__(self, n_zones):
        n = n_zones * PHOTOS_A_ZONE
        self.places, self.zones = places_in_zones(n, n_zones)
        rng = np.random.default_rng(1)
        self.teachers = {}
        for name, width in CONTEXTS.items():
            # Few things are likely, as teachers have it.
            rows = rng.exponential(size=(n, width)).astype(np.float32) ** 4
            self.teachers[name] = rows / rows.sum(axis=1, keepdims=True)
        self.y = np.concatenate(list(self.teachers.values()), axis=1)
        self.fitted, self.starts = None, {}

    def columns_and_targets(self, zone, number):
        """Return what one network of a zone learns from, and its library's seed."""
        rows = np.flatnonzero(self.zones == zone)
        columns = self.fitted.columns(self.places[rows], zone)
        targets = [self.teachers[name][rows] for name in NETWORKS[number]]
        return columns, targets, _zone_seed(self.fitted.seed, zone) + number

    def start(self, preset, zone, number):
        """Return the weights that one network starts from; they are drawn once."""
        key = preset, zone, number
        if key not in self.starts:
            _, targets, seed = self.columns_and_targets(zone, number)
            make = partial(self.fitted.architecture.module, number)
            make = resolve(preset).starting(make, targets, None, seed=seed)
            with seeded(seed, "cpu"):
                self.starts[key] = get_weights(make())
        return self.starts[key]


def make(n):
    photos = Photos(n)
    ours(photos, "default")
    for preset in PRESETS:
        for zone in np.unique(photos.zones):
            for number in range(len(NETWORKS)):
                photos.start(preset, zone, number)
    return photos


def ours(photos, preset):
    """Fit; the first fit also says which seeds and columns the bare loop takes."""
    model = GPS2VecPlusTransformer(
        contexts=CONTEXTS,
        networks=NETWORKS,
        hidden=HIDDEN,
        preset=preset,
        missing_zone="nan",
        max_iter=N_EPOCHS,
        device="cpu",
        random_state=0,
    ).fit(photos.places, photos.y)
    photos.fitted = model._zones
    shelf = model._zones.shelf
    return {zone: shelf.get(int(zone)) for zone in np.unique(photos.zones)}


def bare_torch(photos, preset):
    """Do the same steps; columns, teachers and first weights are given."""
    return {
        zone: {
            f"{number}.{name}": array
            for number in range(len(NETWORKS))
            for name, array in _bare_network(photos, preset, zone, number).items()
        }
        for zone in np.unique(photos.zones)
    }


def _bare_network(photos, preset, zone, number):
    columns, targets, seed = photos.columns_and_targets(zone, number)
    X = torch.from_numpy(columns)
    targets = [torch.from_numpy(target) for target in targets]
    settings = resolve(preset).training
    train, valid = (
        torch.from_numpy(part.rows)
        for part in hold_out(RowData(columns), settings.validation_fraction, seed)
    )
    network = _sequential(X.shape[1], number, photos.start(preset, zone, number))
    if preset == "paper":
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    widths = [target.shape[1] for target in targets]

    def loss_of(rows):
        outputs = network(X[rows]).split(widths, dim=1)
        return sum(
            functional.kl_div(
                functional.log_softmax(output, dim=1),
                target[rows],
                reduction="batchmean",
            )
            for output, target in zip(outputs, targets, strict=True)
        )

    best, weights = np.inf, None
    for epoch in range(N_EPOCHS):
        order = np.random.default_rng([seed, epoch]).permutation(len(train))
        network.train()
        for rows in torch.from_numpy(order).split(settings.batch_size):
            optimizer.zero_grad()
            loss_of(train[rows.sort().values]).backward()
            optimizer.step()
        network.eval()
        with torch.inference_mode():
            held_out = sum(
                float(loss_of(rows)) * len(rows)
                for rows in valid.split(settings.batch_size)
            )
        if held_out < best:
            best, weights = held_out, copy.deepcopy(network.state_dict())
    network.load_state_dict(weights)
    return _arrays(network)


def _sequential(n_features, number, start):
    """Make a plain network, and put weights in it."""
    widths = [n_features, *HIDDEN, sum(CONTEXTS[name] for name in NETWORKS[number])]
    layers = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for position, name in enumerate(("trunk.0", "trunk.2", "trunk.4", "heads")):
            weight = torch.from_numpy(start[f"{name}.weight"])
            layer = network[2 * position]
            layer.weight.copy_(weight.T if position in (0, 3) else weight)
            layer.bias.copy_(torch.from_numpy(start[f"{name}.bias"]))
    return network


def _arrays(network):
    arrays = {}
    for position, name in enumerate(("trunk.0", "trunk.2", "trunk.4", "heads")):
        layer = network[2 * position]
        weight = layer.weight.detach().numpy()
        arrays[f"{name}.weight"] = weight.T if position in (0, 3) else weight
        arrays[f"{name}.bias"] = layer.bias.detach().numpy()
    return arrays


def check(photos, results):
    for preset in PRESETS:
        own, theirs = results[preset], results[f"bare {preset}"]
        assert own.keys() == theirs.keys()
        for zone, weights in own.items():
            for name, array in weights.items():
                # Adam divides by gradients that may be nothing but rounding.
                away = np.abs(array - theirs[zone][name])
                assert away.mean() < 1e-5, (preset, zone, name, away.mean())
                assert np.quantile(away, 0.999) < 2e-4, (preset, zone, name)


JOB = Job(
    name="context_training",
    question=f"fits of zones of {PHOTOS_A_ZONE} photos, {N_EPOCHS} epochs, with the "
    "paper's networks",
    make=make,
    runners={
        "default": partial(ours, preset="default"),
        "paper": partial(ours, preset="paper"),
        "bare default": partial(bare_torch, preset="default"),
        "bare paper": partial(bare_torch, preset="paper"),
    },
    check=check,
    goals=(
        Goal("default", "bare default", at_most=1.3),
        Goal("paper", "bare paper", at_most=1.3),
    ),
    unit="zones",
    sizes=(1, 10),
    quick_sizes=(1,),
    repeats=3,
    notes=f"Two networks of {HIDDEN} a zone. Ours reads places and teachers; the bare "
    "loop is given columns of the soft grid, normalised teachers and first weights. "
    "Both watch the held-out photos and keep the best weights.",
)
