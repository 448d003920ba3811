# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A hundred thousand places through what looks for photos around, batch by batch."""

import numpy as np
import sklearn
from scipy import sparse

from benchmarks import _limits
from benchmarks._inputs import photo_places
from sklearn_geo._blocks import blocks
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    HashTagEncoder,
    JointNeighborTagPropagator,
    NeighborVoteAnnotator,
)
from sklearn_geo.ranking import KernelTagger, PlaceFrequencyTagger

SIZES = (1_000, 10_000, 100_000)
N_PHOTOS, N_TAGS, TAGS_A_PHOTO, N_FEATURES = 200_000, 2_000, 5, 16
BATCH = 10_000
# What compares features of all photos is slower, and works on so many at that pace.
SAMPLED = {"JointNeighborTagPropagator": 10_000, "NeighborVoteAnnotator": 10_000}
# A batch of answers, and the same again while it is put together: 150 photos of five
# tags, or tags in ten circles.
BATCH_MIB = 2 * BATCH * TAGS_A_PHOTO * 150 * 12 / 2**20

MAKE = {
    "GeoNeighborTagPropagator": (GeoNeighborTagPropagator(), "transform"),
    "HashTagEncoder": (HashTagEncoder(), "transform"),
    "JointNeighborTagPropagator": (JointNeighborTagPropagator(50, 50), "transform"),
    "NeighborVoteAnnotator": (NeighborVoteAnnotator(), "predict"),
    "KernelTagger": (KernelTagger(10.0), "predict_topk"),
    "PlaceFrequencyTagger": (PlaceFrequencyTagger(), "predict_topk"),
}
WITH_FEATURES = {"JointNeighborTagPropagator", "NeighborVoteAnnotator"}


def photos(n):
    """Return places of photos and their tags."""
    rng = np.random.default_rng(2)
    columns = rng.integers(N_TAGS, size=n * TAGS_A_PHOTO, dtype=np.int32)
    indptr = np.arange(0, len(columns) + 1, TAGS_A_PHOTO, dtype=np.int32)
    tags = sparse.csr_array((np.ones(len(columns)), columns, indptr), (n, N_TAGS))
    tags.sum_duplicates()
    tags.data[:] = 1.0
    return photo_places(n, random_state=1), tags


def rows_for(name, places):
    """Return places, with what is seen there if that is asked for."""
    if name not in WITH_FEATURES:
        return places
    looks = np.random.default_rng(3).standard_normal((len(places), N_FEATURES))
    return np.hstack([places, looks])


def work(name, n, path):
    """Index photos, and look around all places; say what the latter took."""
    places = _limits.mapped(path)[: SAMPLED.get(name)]
    estimator, method = MAKE[name]
    corpus, tags = photos(N_PHOTOS if n >= SIZES[0] else 20 * n)
    with sklearn.config_context(working_memory=_limits.WORKING_MIB):
        ask = getattr(estimator.fit(rows_for(name, corpus), tags), method)
        few = dense(ask(rows_for(name, places[:10])))

        def in_batches():
            first = None
            for rows in blocks(len(places), BATCH):
                out = ask(rows_for(name, places[rows]))
                if first is None:
                    first = dense(out[:10])
                del out  # before the next batch needs its place
            return first

        found, numbers = _limits.measured(in_batches)
    return {**numbers, "rows wrong": int((abs(found - few) > 1e-6).any(axis=1).sum())}


def dense(rows):
    return rows.toarray() if sparse.issparse(rows) else np.array(rows)


def check(_, results):
    assert all(found["rows wrong"] == 0 for found in results.values()), results


JOB = _limits.limits_job(
    "limits_neighbors",
    question=f"{SIZES[-1]:,} places among {N_PHOTOS:,} photos",
    make=lambda n: (n, _limits.places_file(n)),
    runners=_limits.runners("limits_neighbors", MAKE, few=500),
    check=check,
    goals=tuple(
        goal
        for name in MAKE
        for goal in _limits.goals(
            name, _limits.allowance(SIZES[-1], constant=BATCH_MIB)
        )
    ),
    unit="places",
    sizes=SIZES,
    quick_sizes=(500, 5_000),
    sampled=SAMPLED,
    notes=f"{N_TAGS:,} tags, {TAGS_A_PHOTO} a photo. {BATCH:,} places at a time; twice "
    f"what a batch gives is allowed, {BATCH_MIB:.0f} MiB.",
)
