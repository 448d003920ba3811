# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Many zones trained as one batched computation against zone by zone."""

import re
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from benchmarks._harness import Goal, Job, Measured
from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._batched import train_zones
from sklearn_geo.context._presets import resolve
from sklearn_geo.context._zone_training import ZoneTask, train_zone

ON_CARD = torch.cuda.is_available()
# The paper's networks: a 20 x 20 grid, objects and scenes in one, tags in the other.
PAPER = Architecture(
    400,
    (("object", "scene"), ("tag",)),
    {"object": 1000, "scene": 365, "tag": 2000},
    (512, 1024, 2048),
)
SMALL = Architecture(
    20, (("object", "scene"), ("tag",)), {"object": 10, "scene": 5, "tag": 20}, (32, 64)
)
SHAPE, N_PHOTOS, N_ZONES = (PAPER, 5_000, 256) if ON_CARD else (SMALL, 320, 16)
N_EPOCHS = 5
# Zone by zone is so slow that a few zones tell its pace; with another seed for each,
# zones share a few tables of rows, which the host would else have no memory for.
N_SAMPLED, N_TABLES = (4, 8) if ON_CARD else (N_ZONES, 8)
PEAKS = {  # dense, in 10^12 operations a second: (TensorFloat-32, float32)
    "H100 PCIe": (378.0, 51.0),
    "H100": (494.7, 66.9),
    "H200": (494.7, 66.9),
    "A100": (156.0, 19.5),
    "L40S": (183.0, 91.6),
    "L4": (60.0, 30.3),
    "A10": (62.5, 31.2),
}


@dataclass
class Zones:
    """What is trained: some zones, and which products the card may use."""

    tasks: list
    preset: object


def settings(**changes):
    """The paper's training, so many epochs, no photo held out."""
    training = {
        "max_iter": N_EPOCHS,
        "n_iter_no_change": 10**6,
        "early_stopping": False,
        "device": "auto",
        **changes,
    }
    return resolve("paper", training)


def make(n_zones):
    rng = np.random.default_rng(0)
    tables = []
    for _ in range(min(n_zones, N_TABLES)):
        X = rng.random((N_PHOTOS, SHAPE.n_features), dtype=np.float32)
        targets = tuple(
            tuple(_teacher(rng, SHAPE.widths[name]) for name in contexts)
            for contexts in SHAPE.networks
        )
        tables.append((X, targets))
    tasks = []
    for zone in range(n_zones):
        X, targets = tables[zone % len(tables)]
        tasks.append(ZoneTask(zone, f"zone {zone}", X, targets, None, 10 * zone))
    return Zones(tasks, settings())


def _teacher(rng, width):
    rows = rng.standard_exponential((N_PHOTOS, width), dtype=np.float32)
    return rows / rows.sum(axis=1, keepdims=True)


def _timed(train, tasks, preset):
    """Train, and wait for the card; return the zones and the seconds."""
    if ON_CARD:
        torch.cuda.synchronize()
    began = time.perf_counter()
    found = list(train(tasks, SHAPE, preset))
    if ON_CARD:
        torch.cuda.synchronize()
    return found, time.perf_counter() - began


def _each(tasks, shape, preset):
    return [train_zone(task, shape, preset) for task in tasks]


def operations_a_photo():
    """Multiplications and additions of a photo in a step, forward and back.

    Two for every weight of a matrix forward, two for its gradient, and two for what is
    passed on, which the first layer does not need.
    """
    total = 0
    for contexts in SHAPE.networks:
        width = sum(SHAPE.widths[name] for name in contexts)
        sizes = [SHAPE.n_features, *SHAPE.hidden, width]
        weights = [a * b for a, b in pairwise(sizes)]
        total += 6 * sum(weights) - 2 * weights[0]
    return total


def _measured(train, inputs, tasks):
    # Zones come with weights of gigabytes: only those that are compared are kept.
    found, seconds = _timed(train, tasks, inputs.preset)
    photos = len(found) * N_PHOTOS * N_EPOCHS
    rate = photos / seconds
    numbers = {"images a second": rate}
    if ON_CARD:
        used = rate * operations_a_photo() / 1e12
        numbers["Tflop/s"] = used
        numbers.update(
            {f"% of the {name}": 100 * used / peak for name, peak in _peaks().items()}
        )
    kept = sorted(found, key=lambda zone: zone.zone)[:N_SAMPLED]
    return Measured(kept, seconds, numbers)


def at_once(inputs):
    return _measured(train_zones, inputs, inputs.tasks)


def zone_by_zone(inputs):
    return _measured(_each, inputs, inputs.tasks[:N_SAMPLED])


_FOUND = {}


def _peaks():
    """Return the card's peaks by name: of its data sheet, and of one big product."""
    if not _FOUND:
        words = set(re.split("[ -]", torch.cuda.get_device_name()))
        for known, (tensor_float, single) in PEAKS.items():
            if words.issuperset(known.split()):
                _FOUND["TF32 peak of its data sheet"] = tensor_float
                _FOUND["float32 peak of its data sheet"] = single
                break
        _FOUND["bfloat16 product of 8192 x 8192"] = _one_product(torch.bfloat16)
    return _FOUND


def _one_product(kind, size=8192, repeats=20):
    a, b = (torch.randn(size, size, device="cuda", dtype=kind) for _ in range(2))
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(repeats):
        a @ b
    torch.cuda.synchronize()
    return 2 * size**3 * repeats / (time.perf_counter() - began) / 1e12


def check(inputs, results):
    """Both ways give the same networks, in float32 to the noise of floating point."""
    if ON_CARD:  # those timed were trained with the quicker products of the card
        preset = settings(max_iter=2, mixed_precision=False)
        few = inputs.tasks[:N_SAMPLED]
        pair = [list(train(few, SHAPE, preset)) for train in (train_zones, _each)]
        _assert_same(*pair, rtol=1e-4, atol=1e-5)
        _assert_same(*results.values(), rtol=0.02, atol=0.02)
    else:
        _assert_same(*results.values(), rtol=1e-4, atol=1e-5)


def _assert_same(found, expected, *, rtol, atol):
    found = sorted(found, key=lambda zone: zone.zone)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.zone == theirs.zone
        for name, array in theirs.weights.items():
            np.testing.assert_allclose(
                mine.weights[name], array, rtol=rtol, atol=atol, err_msg=name
            )
        for rows, others in zip(mine.histories, theirs.histories, strict=True):
            np.testing.assert_allclose(
                [row["train_loss"] for row in rows],
                [row["train_loss"] for row in others],
                rtol=10 * rtol,
            )


JOB = Job(
    name="zones_at_once",
    question="Training many zones as one batched computation",
    make=make,
    runners={"at once": at_once, "zone by zone": zone_by_zone},
    check=check,
    goals=(Goal("zone by zone", "at once", at_least=10.0),),
    unit="zones",
    sizes=(N_ZONES,),
    quick_sizes=(32,) if ON_CARD else (4,),
    sampled={"zone by zone": N_SAMPLED} if ON_CARD else {},
    repeats=3,
    notes=(
        f"{N_PHOTOS:,} photos a zone, {N_EPOCHS} epochs, trunks of {SHAPE.hidden}, "
        + (
            f"{torch.cuda.get_device_name()}. Mixed precision is the library's: "
            "TensorFloat-32 at once, bfloat16 zone by zone. Both are equal in float32."
            if ON_CARD
            else "on the processor. Both are equal."
        )
    ),
    unjudged=""
    if ON_CARD
    else "this machine has no accelerator; the goal is for 256 zones of 5,000 photos "
    "and the paper's networks on one",
)
