# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One place after the other in a zone that is loaded, against a bare forward pass."""

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


def make(n):
    places, zones = places_in_zones(n, 1)
    model = paper_model(zones[:1])
    columns = torch.from_numpy(model._zones.columns(places, zones[0]))
    return model, places, columns, bare_weights(model, zones[0])


def ours(inputs):
    model, places, _, _ = inputs
    return np.concatenate([model.transform(place[None]) for place in places])


def bare_forwards(inputs):
    """Take columns as given, a row a call."""
    _, _, columns, networks = inputs
    rows = []
    for row in columns:
        out = torch.empty((1, sum(CONTEXTS.values())))
        with torch.inference_mode():
            bare_forward(networks, row[None], out)
        rows.append(out.numpy())
    return np.concatenate(rows)


def check(inputs, results):
    np.testing.assert_allclose(
        results["ours"], results["bare forward"], rtol=1e-4, atol=1e-6
    )


JOB = Job(
    name="context_one_place",
    question="contexts of places asked for one by one, with the paper's networks",
    make=make,
    runners={"ours": ours, "bare forward": bare_forwards},
    check=check,
    goals=(Goal("ours", "bare forward", at_most=1.5),),
    unit="places",
    sizes=(20, 200),
    quick_sizes=(20,),
    notes=f"All in one zone, whose two networks of {HIDDEN} are warm. The bare forward "
    "gets the columns of the soft grid.",
)
