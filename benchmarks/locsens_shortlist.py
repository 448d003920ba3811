# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The ten best of many tags: a shortlist through the trunk against all of them."""

import time

import numpy as np

from benchmarks._harness import Goal, Job, Measured
from benchmarks._locsens import (
    PAPER_HIDDEN,
    hidden_for,
    photos_with_tags,
    ranker,
    tag_vectors,
)

N_PHOTOS, SHORTLIST, K = 4, 500, 10
# So many photos are learnt from: enough for scores that mean something.
N_LEARNT = 2_000


def make(n_tags):
    n_learnt = min(N_LEARNT, n_tags)
    X, tags = photos_with_tags(n_learnt + N_PHOTOS, n_tags)
    model = ranker(
        scorer="trunk",
        tag_vectors=tag_vectors(n_tags),
        hidden_layer_sizes=hidden_for(n_tags, 2_000),
        shortlist=SHORTLIST,
        n_sampled_tags=1_000,
        batch_size=100,
        max_iter=2,
    ).fit(X[:n_learnt], tags[:n_learnt])
    return model, X[n_learnt:]


def ours(inputs):
    return first(inputs, SHORTLIST)


def exact(inputs):
    found = first(inputs, None)
    listed = first(inputs, SHORTLIST).result
    shared = [
        len(np.intersect1d(a, b)) / K for a, b in zip(found.result, listed, strict=True)
    ]
    numbers = {f"% of the {K} in the shortlist's {K}": 100.0 * np.mean(shared)}
    return Measured(found.result, found.seconds, numbers)


def first(inputs, shortlist):
    model, X = inputs
    model.set_params(shortlist=shortlist)
    start = time.perf_counter()
    tags = model.predict_topk(X, K)
    return Measured(tags, time.perf_counter() - start)


def check(inputs, results):
    model, X = inputs
    scores = model.decision_function(X)
    for listed, row in zip(results["exact"], scores, strict=True):
        np.testing.assert_array_equal(np.sort(row)[::-1][:K], row[listed])
    # Those of the shortlist are in order, by the same scores.
    for listed, row in zip(results["ours"], scores, strict=True):
        assert len(np.unique(listed)) == K
        assert (np.diff(row[listed]) <= 1e-5).all()
    if scores.shape[1] <= SHORTLIST:
        np.testing.assert_array_equal(results["ours"], results["exact"])


JOB = Job(
    name="locsens_shortlist",
    question=f"the {K} best tags of {N_PHOTOS} photos, trunk of {PAPER_HIDDEN}",
    make=make,
    runners={"ours": ours, "exact": exact},
    check=check,
    goals=(Goal("exact", "ours", at_least=50.0),),
    unit="tags",
    sizes=(20_000, 100_000),
    quick_sizes=(2_000,),
    repeats=3,
    notes=f"shortlist={SHORTLIST}, after {N_LEARNT:,} photos were learnt from.",
)
