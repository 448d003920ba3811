# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places through the networks of their zones, against bare matrix products."""

import numpy as np
import torch

from benchmarks._harness import Goal, Job
from benchmarks._paper_networks import (
    CONTEXTS,
    HIDDEN,
    bare_forward,
    bare_weights,
    paper_model,
    places_in_zones,
)

N_ZONES = 50
# A million rows of 3,365 numbers are 13 GB: a call encodes so many, in all zones.
A_CALL = 100_000


class Inputs:
    """Places, a transformer, and the same for the bare products: columns by zone."""

    def __init__(self, n):
        n = min(n, A_CALL)
        n_zones = max(2, min(N_ZONES, n // 200))
        self.places, zones = places_in_zones(n, n_zones)
        self.model = paper_model(np.unique(zones))
        # As they lie when zones are done one after the other.
        self.order = np.argsort(zones, kind="stable")
        ids, starts = np.unique(zones[self.order], return_index=True)
        columns = self.model._zones.columns
        self.zones = [
            (
                slice(rows[0], rows[-1] + 1),
                torch.from_numpy(columns(self.places[self.order[rows]], zone)),
                bare_weights(self.model, zone),
            )
            for zone, rows in zip(ids, np.split(np.arange(n), starts[1:]), strict=True)
        ]


def ours(inputs):
    return inputs.model.transform(inputs.places)


def bare_torch(inputs):
    """Take the columns as given, and write rows zone by zone."""
    out = np.empty((len(inputs.places), sum(CONTEXTS.values())), dtype=np.float32)
    with torch.inference_mode():
        rows_of = torch.from_numpy(out)
        for rows, columns, networks in inputs.zones:
            bare_forward(networks, columns, rows_of[rows])
    return out


def check(inputs, results):
    theirs = results["bare torch"]
    for start in range(0, len(theirs), 1000):
        part = slice(start, start + 1000)
        own = results["ours"][inputs.order[part]]
        np.testing.assert_allclose(own, theirs[part], rtol=1e-4, atol=1e-6)


JOB = Job(
    name="context_transform",
    question=f"contexts of places in {N_ZONES} zones, with the paper's networks",
    make=Inputs,
    runners={"ours": ours, "bare torch": bare_torch},
    check=check,
    # At least 0.85 of the throughput.
    goals=(Goal("bare torch", "ours", at_least=0.85),),
    unit="places",
    sizes=(10_000, 100_000, 1_000_000),
    quick_sizes=(500, 2_000),
    sampled={"ours": A_CALL, "bare torch": A_CALL},
    repeats=3,
    notes=f"Two networks of {HIDDEN} a zone: objects and scenes, tags. The bare "
    "products get the columns of the soft grid, find the places sorted by zone, and "
    "do a zone's in one batch, as large as ours.",
)
