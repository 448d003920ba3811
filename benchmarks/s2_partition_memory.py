# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An adaptive S2 partition of ten million places: its growth and its memory."""

import time

import numpy as np

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import s2_is_valid
from sklearn_geo.partition import S2Partition

MOST, LEAST = 1000, 50
_BLOCK = 250_000


def work(n):
    """Fit n places; say what that took, and whether every place is accounted for."""
    places = np.empty((n, 2))
    for start in range(0, n, _BLOCK):
        block = places[start : start + _BLOCK]
        block[:] = photo_places(len(block), random_state=start)
    S2Partition(MOST, 1).fit(places[:1000])  # loads what is loaded once
    start = time.perf_counter()
    partition = S2Partition(MOST, LEAST).fit(places)
    seconds = time.perf_counter() - start
    counts = partition.cells_["count"]
    return {
        "seconds": seconds,
        "cells": partition.n_cells_,
        "places MiB": places.nbytes / 2**20,
        "places lost": n - int(counts.sum()) - len(partition.dropped_),
        "cells wrong": int((counts < LEAST).sum() + (counts > MOST).sum())
        + int((~s2_is_valid(partition.cells_["id"])).sum()),
    }


def check(_, results):
    assert results["ours"]["places lost"] == 0
    assert results["ours"]["cells wrong"] == 0


JOB = Job(
    name="s2_partition_memory",
    question=f"S2 cells of {LEAST} to {MOST} photos, in a process of its own",
    make=lambda n: max(n, LEAST),
    runners={"ours": lambda n: in_child("benchmarks.s2_partition_memory", "work", n)},
    check=check,
    goals=(
        Growth("ours", at_most=1.1),
        Number("ours", "peak MiB", at_most=1024.0),
    ),
    unit="places",
    sizes=(100_000, 1_000_000, 10_000_000),
    quick_sizes=(10_000, 100_000),
    repeats=3,
    notes="The peak counts the interpreter, the libraries and the places themselves.",
)
