# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ten million places through every encoder and partition, from a memory map."""

import sklearn

from benchmarks import _limits
from sklearn_geo._blocks import blocks
from sklearn_geo.encoding import (
    GridOneHotEncoder,
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.partition import (
    AreaPartition,
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)

SIZES = (100_000, 1_000_000, 10_000_000)
# The wide ones go so many rows at a time: ten million rows of all columns would be
# 10 to 120 GB.
BATCH = 50_000
N_FIT = 100_000
# Beside the output: two numbers for each place; in a fit a few more, such as its id,
# its rank and its cell.
BYTES_A_ROW, BYTES_TO_FIT = 16, 80


def _areas(places):
    """Return cells as areas: polygons that anyone might have drawn."""
    cells = S2Partition(len(places) // 50, 1).fit(places)
    return AreaPartition(cells.to_geojson())


MAKE = {
    "UnitVectorEncoder": lambda places: UnitVectorEncoder(),
    "SinusoidalEncoder": lambda places: SinusoidalEncoder(),
    "Sphere2VecEncoder": lambda places: Sphere2VecEncoder(),
    "SphericalHarmonicsEncoder": lambda places: SphericalHarmonicsEncoder(),
    "RandomFourierEncoder": lambda places: RandomFourierEncoder(random_state=0),
    "SoftGridEncoder": lambda places: SoftGridEncoder(),
    "UTMOneHotEncoder": lambda places: UTMOneHotEncoder(),
    "GridOneHotEncoder": lambda places: GridOneHotEncoder(),
    "S2OneHotEncoder": lambda places: S2OneHotEncoder(handle_unknown="ignore"),
    "S2Partition": lambda places: S2Partition(1_000, 1),
    "TrianglePartition": lambda places: TrianglePartition(1_000, 1),
    "TrianglePartition, Delaunay": lambda places: TrianglePartition(
        1_000, 1, refine="delaunay"
    ),
    "CellHierarchy": lambda places: CellHierarchy(
        [S2Partition(5_000, 1), S2Partition(1_000, 1)]
    ),
    "KMeansPartition": lambda places: KMeansPartition(
        n_init=1, max_iter=10, random_state=0
    ),
    "AreaPartition": _areas,
}
# What goes so many rows at a time, and how wide it is.
WIDE = {
    "SinusoidalEncoder": 40,
    "Sphere2VecEncoder": 96,
    "SphericalHarmonicsEncoder": 121,
    "RandomFourierEncoder": 1536,
    "SoftGridEncoder": 400,
}
# What takes minutes for ten million, and as long for each: so many tell its pace.
SAMPLED = {"RandomFourierEncoder": 1_000_000}
# What learns from all places, not from some.
FIT = ", fit"
FITTED = {
    name + FIT: name
    for name in (
        "GridOneHotEncoder",
        "S2OneHotEncoder",
        "S2Partition",
        "TrianglePartition",
        "CellHierarchy",
    )
}


def work(name, n, path):
    """Fit on some places and transform all, or fit on all; say what the last took."""
    places = _limits.mapped(path)[: SAMPLED.get(name)]
    with sklearn.config_context(working_memory=_limits.WORKING_MIB):
        estimator = MAKE[FITTED.get(name, name)](places[:N_FIT])
        estimator.fit(places[:N_FIT])
        few = estimator.transform(places[:10])
        if name in FITTED:
            _, numbers = _limits.measured(lambda: estimator.fit(places))
            return {**numbers, "rows wrong": 0}
        if name in WIDE:
            found, numbers = _limits.measured(
                lambda: first_of_batches(estimator, places)
            )
        else:
            found, numbers = _limits.measured(lambda: estimator.transform(places))
    wrong = _limits.first_rows(found, 10) != _limits.first_rows(few, 10)
    return {**numbers, "rows wrong": int(wrong.any(axis=1).sum())}


def first_of_batches(estimator, places):
    """Transform some rows at a time, and keep the first ten of all."""
    first = None
    for rows in blocks(len(places), BATCH):
        out = estimator.transform(places[rows])
        if first is None:
            first = out[:10].copy()
        del out  # before the next batch needs its place
    return first


def check(_, results):
    assert all(found["rows wrong"] == 0 for found in results.values()), results


def _goals(name):
    if name in FITTED:
        return _limits.goals(name, _limits.allowance(SIZES[-1], BYTES_TO_FIT))
    batch = BATCH * WIDE.get(name, 0) * 8 / 2**20
    return _limits.goals(name, _limits.allowance(SIZES[-1], BYTES_A_ROW, batch))


NAMES = [*MAKE, *FITTED]
JOB = _limits.limits_job(
    "limits_transformers",
    question=f"{SIZES[-1]:,} places from a memory map",
    make=lambda n: (n, _limits.places_file(n)),
    runners=_limits.runners("limits_transformers", NAMES, few=1_000),
    check=check,
    goals=tuple(goal for name in NAMES for goal in _goals(name)),
    unit="places",
    sizes=SIZES,
    quick_sizes=(10_000, 100_000),
    sampled=SAMPLED,
    notes=f"working_memory={_limits.WORKING_MIB}, one core. Transformers were fitted "
    f"on {N_FIT:,} places, except where it says fit. Wide ones go {BATCH:,} rows at a "
    f"time, and one batch is allowed; else {BYTES_A_ROW} bytes a place beside the "
    f"output, and {BYTES_TO_FIT} in a fit.",
)
