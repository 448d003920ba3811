# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An adaptive S2 partition against the same rule written with s2sphere."""

import time
from collections import defaultdict

import numpy as np
import s2sphere

from benchmarks._harness import Goal, Growth, Job, Measured, Number
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import s2_leaf_ids
from sklearn_geo.partition import S2Partition

MOST, LEAST = 1000, 50


def ours(places):
    start = time.perf_counter()
    partition = S2Partition(MOST, LEAST).fit(places)
    seconds = time.perf_counter() - start
    pace = {"seconds a million": seconds / len(places) * 1e6}
    return Measured(set(partition.cells_["id"].tolist()), seconds, pace)


def with_s2sphere(places):
    # Photos of a cell are handed down to its children as long as there are too many.
    waiting = defaultdict(list)
    for latitude, longitude in places.tolist():
        point = s2sphere.LatLng.from_degrees(latitude, longitude)
        leaf = s2sphere.CellId.from_lat_lng(point)
        waiting[leaf.parent(0)].append(leaf)
    cells = set()
    while waiting:
        cell, leaves = waiting.popitem()
        if len(leaves) > MOST and not cell.is_leaf():
            level = cell.level() + 1
            for leaf in leaves:
                waiting[leaf.parent(level)].append(leaf)
        elif len(leaves) >= LEAST:
            cells.add(cell.id())
    return cells


def sorted_leaves(places):
    return np.sort(s2_leaf_ids(places))


def check(_, results):
    assert results["ours"] == results["s2sphere"]


JOB = Job(
    name="s2_partition_fit",
    question=f"S2 cells of {LEAST} to {MOST} photos and their means, equal sets of ids",
    make=lambda n: photo_places(max(n, LEAST)),
    runners={
        "ours": ours,
        "s2sphere": with_s2sphere,
        "leaf ids and a sort": sorted_leaves,
    },
    check=check,
    limits=frozenset({"leaf ids and a sort"}),
    goals=(
        Goal("s2sphere", "ours", at_least=40.0),
        Number("ours", "seconds a million", at_most=1.0),
        Growth("ours", at_most=1.1),
    ),
    unit="places",
    notes="s2sphere only makes the cells; ours counts and averages in them too.",
)
