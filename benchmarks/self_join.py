# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags propagated from a million photos to themselves, and the memory it takes."""

import time

import numpy as np
from scipy import sparse
from sklearn import get_config

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from benchmarks.tag_propagation import N_NEIGHBORS, SIGMA_KM, photos
from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine_to_point
from sklearn_geo.neighbors import GeoNeighborTagPropagator

N_CHECKED = 50
MIB = 2**20


def work(n):
    """Join n photos with themselves; say what that took and whether it is right."""
    import resource
    import sys

    places, tags = photos(n)
    # A first small join loads what is loaded once.
    GeoNeighborTagPropagator(5).fit_transform(places[:100], tags[:100])
    unit = 2**20 if sys.platform == "darwin" else 2**10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    encoder = GeoNeighborTagPropagator(N_NEIGHBORS, sigma_km=SIGMA_KM)
    start = time.perf_counter()
    rows = encoder.fit_transform(places, tags)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    result = (rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes) / MIB
    kept = encoder.corpus_
    index = kept.places.nbytes + 2 * (kept.tags.data.nbytes + kept.tags.indices.nbytes)
    return {
        "seconds": seconds,
        "result MiB": result,
        "photos MiB": index / MIB,
        "beside them MiB": max(0.0, peak - before - result - index / MIB),
        "error": largest_error(places, tags, rows),
    }


def largest_error(places, tags, rows):
    """Compare some rows with a plain scan of all photos."""
    n, worst = len(places), 0.0
    for row in np.linspace(0, n - 1, N_CHECKED).astype(int):
        km = haversine_to_point(places, places[row], radius_km=EARTH_RADIUS_KM)
        km[row] = np.inf
        near = np.argpartition(km, N_NEIGHBORS)[:N_NEIGHBORS]
        weights = np.exp(-(km[near] - km[near].min()) / SIGMA_KM)
        expected = sparse.csr_array(weights[np.newaxis]) @ tags[near]
        expected = expected.toarray()[0]
        difference = rows[[row]].toarray()[0] - expected / expected.sum()
        worst = max(worst, float(np.abs(difference).max()))
    return worst


def check(_, results):
    assert results["ours"]["error"] < 1e-7


JOB = Job(
    name="self_join",
    question=f"each photo's tags from its {N_NEIGHBORS} nearest others, in a process",
    make=lambda n: max(n, 2 * N_NEIGHBORS),
    runners={"ours": lambda n: in_child("benchmarks.self_join", "work", n)},
    check=check,
    goals=(
        Growth("ours", at_most=1.15),
        Number("ours", "beside them MiB", at_most=get_config()["working_memory"]),
    ),
    unit="photos",
    quick_sizes=(2_000, 20_000),
    repeats=1,
    notes="Memory is counted beside the photos, which the estimator keeps, and the "
    "result; the goal is scikit-learn's working_memory.",
)
