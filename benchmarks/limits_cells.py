# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Thirteen thousand cells: partitions, classifiers over them, and their maps."""

import json

import numpy as np
import sklearn
from sklearn.frozen import FrozenEstimator

from benchmarks import _limits
from benchmarks._inputs import photo_places
from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import S2Partition, TrianglePartition

SIZES = (1_300, 4_000, 13_000)
# So many places a cell, at most and at least, cut into about a cell every 31 places.
PLACES_A_CELL, MOST, LEAST = 31, 76, 4
N_FEATURES, N_TAUGHT, N_ASKED = 64, 2_000, 500
# A cell has its outline, of 32 points on a map, or a weight for every feature, its
# gradient and two means of it, and a score for every photo of a batch.
BYTES_A_CELL = 16_000
# Half of the time is Python's garbage collector, which visits all rings again and again
# as they become more.
SLOWER = {"to_geojson": 1.4}


def s2_cells(places):
    return S2Partition(MOST, LEAST).fit(places)


def classifier(places):
    """Return a classifier, and rows and cells that mean nothing to learn from."""
    cells = s2_cells(places)
    coarse = S2Partition(5 * MOST, LEAST).fit(places)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_TAUGHT, N_FEATURES), dtype=np.float32)
    y = rng.integers(cells.n_cells_, size=N_TAUGHT)
    model = HierarchicalCellClassifier(
        [FrozenEstimator(coarse), FrozenEstimator(cells)],
        calibration_fraction=None,
        early_stopping=False,
        n_iter_no_change=None,
        max_iter=1,
        device="cpu",
        random_state=0,
    )
    return model, X, y


def prediction(places):
    model, X, y = classifier(places)
    model.fit(X[:50], y[:50])
    return lambda: model.predict(X[:N_ASKED])


def epoch(places):
    model, X, y = classifier(places)
    return lambda: model.fit(X, y)


def geojson(places):
    cells = s2_cells(places)
    return lambda: cells.to_geojson()


def files(places):
    cells, path = s2_cells(places), _limits.folder() / "cells.json"

    def write_and_read():
        cells.save(path)
        return S2Partition.load(path)

    return write_and_read


MAKE = {
    "S2Partition, fit": lambda places: lambda: s2_cells(places),
    "TrianglePartition, fit": lambda places: (
        lambda: TrianglePartition(MOST, LEAST).fit(places)
    ),
    "TrianglePartition, Delaunay, fit": lambda places: (
        lambda: TrianglePartition(MOST, LEAST, refine="delaunay").fit(places)
    ),
    "to_geojson": geojson,
    "save and load": files,
    "HierarchicalCellClassifier, predict": prediction,
    "HierarchicalCellClassifier, an epoch": epoch,
}


def work(name, n):
    """Do one thing with about n cells; say what that took."""
    places = photo_places(PLACES_A_CELL * n)
    with sklearn.config_context(working_memory=_limits.WORKING_MIB):
        MAKE[name](places[: 20 * MOST])()  # loads what is loaded once
        found, numbers = _limits.measured(MAKE[name](places))
    return {**numbers, "cells": cells_in(found, n)}


def cells_in(found, n):
    """Count the cells of a result, or trust that there are n."""
    if isinstance(found, dict):
        return len(json.loads(json.dumps(found))["features"])
    if isinstance(found, HierarchicalCellClassifier):
        return int(found.n_cells_[-1])
    return getattr(found, "n_cells_", n)


def check(inputs, results):
    for name, found in results.items():
        assert 0.5 < found["cells"] / inputs[0] < 2.5, (name, found["cells"])


JOB = _limits.limits_job(
    "limits_cells",
    question=f"about {SIZES[-1]:,} cells",
    make=lambda n: (n,),
    runners=_limits.runners("limits_cells", MAKE, few=1_000),
    check=check,
    goals=tuple(
        goal
        for name in MAKE
        for goal in _limits.goals(
            name,
            _limits.allowance(SIZES[-1], BYTES_A_CELL),
            time=SLOWER.get(name, _limits.MOST_TIME),
        )
    ),
    unit="cells",
    sizes=SIZES,
    quick_sizes=(400,),
    notes=f"{PLACES_A_CELL} places a cell. The classifier has two partitions and "
    f"{N_FEATURES} features; it learns from {N_TAUGHT:,} photos and predicts "
    f"{N_ASKED}. Allowed are {BYTES_A_CELL:,} bytes a cell beside the output.",
)
