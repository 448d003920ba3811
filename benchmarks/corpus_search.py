# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A grid search over an encoder of a corpus: indices built and tags copied."""

import time

import numpy as np
from scipy.spatial import cKDTree
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from benchmarks._harness import Goal, Job, Measured, Number
from benchmarks.tag_propagation import N_NEIGHBORS, photos
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus, _index

SIGMAS_KM = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
N_FOLDS = 5
N_VENUES = 200


class CountedTree(cKDTree):
    built = 0

    def __init__(self, *args, **kwargs):
        type(self).built += 1
        super().__init__(*args, **kwargs)


class Watched(GeoNeighborTagPropagator):
    """The encoder, noting which arrays of tags its fits came to hold."""

    held = []

    def _fit(self, X, y, groups):
        # What fit and fit_transform share.
        places = super()._fit(X, y, groups)
        self.held.append(self.corpus_.tags.data)
        return places


def make(n):
    places, tags = photos(n)
    rng = np.random.default_rng(3)
    venues = places[rng.integers(n, size=N_VENUES)]
    y = rng.normal(size=N_VENUES)
    return places, tags, venues, y


def search(encoder, venues, y):
    pipe = make_pipeline(encoder, Ridge())
    name = type(encoder).__name__.lower()
    grid = {f"{name}__sigma_km": SIGMAS_KM}
    return GridSearchCV(pipe, grid, cv=N_FOLDS).fit(venues, y)


def ours(inputs):
    places, tags, venues, y = inputs
    _index.cKDTree, CountedTree.built = CountedTree, 0
    Watched.held = []
    try:
        start = time.perf_counter()
        corpus = GeoTagCorpus(places, tags)
        done = search(Watched(N_NEIGHBORS, corpus=corpus), venues, y)
        seconds = time.perf_counter() - start
    finally:
        _index.cKDTree = cKDTree
    assert len(Watched.held) == len(SIGMAS_KM) * N_FOLDS + 1
    copies = sum(data is not corpus.tags.data for data in Watched.held)
    numbers = {"indices built": CountedTree.built, "tags copied": copies}
    return Measured(done.cv_results_["mean_test_score"], seconds, numbers)


def one_index(inputs):
    return GeoTagCorpus(*inputs[:2])


def once_a_fit(inputs):
    """Index the corpus once, and pay for an index as often as a search fits."""
    places, tags, venues, y = inputs
    start = time.perf_counter()
    corpus = GeoTagCorpus(places, tags)
    indexed = time.perf_counter() - start
    done = search(GeoNeighborTagPropagator(N_NEIGHBORS, corpus=corpus), venues, y)
    seconds = time.perf_counter() - start + len(SIGMAS_KM) * N_FOLDS * indexed
    return Measured(done.cv_results_["mean_test_score"], seconds)


def check(_, results):
    np.testing.assert_array_equal(results["ours"], results["an index a fit"])


JOB = Job(
    name="corpus_search",
    question=f"{len(SIGMAS_KM)} values of sigma_km in {N_FOLDS} folds over one corpus",
    make=make,
    runners={
        "ours": ours,
        "an index a fit": once_a_fit,
        "one index": one_index,
    },
    check=check,
    limits=frozenset({"one index"}),
    goals=(
        Number("ours", "indices built", at_most=1),
        Number("ours", "tags copied", at_most=0),
        Goal("an index a fit", "ours", at_least=3.0),
    ),
    unit="photos",
    quick_sizes=(2_000, 20_000),
    repeats=3,
    notes="The last goal is our own. What an index a fit costs is one measured index, "
    "31 times over.",
)
