# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit and its suggestions from a memory map of photos larger than what it takes."""

import tempfile
import time
from pathlib import Path

import numpy as np
import sklearn

from benchmarks._child import in_child
from benchmarks._harness import Growth, Job, Number
from benchmarks._locsens import N_FEATURES, photos_with_tags, ranker
from benchmarks.context_memory import STATUS, own_mib, peak_of

N_TAGS, K, WORKING_MIB = 10_000, 10, 64


def work(n):
    """Write photos to disk, learn from them and suggest tags for them."""
    with tempfile.TemporaryDirectory() as folder:
        file, shape = Path(folder) / "photos", (n, 2 + N_FEATURES)
        X = np.memmap(file, np.float32, "w+", shape=shape)
        _, tags = photos_with_tags(n, N_TAGS, out=X)
        X.flush()
        X = np.memmap(file, np.float32, "r", shape=shape)
        learn_and_suggest(X[:200], tags[:200])  # loads what is loaded once
        before = own_mib("RssAnon")
        start = time.perf_counter()
        with peak_of("RssAnon") as highest:
            found = learn_and_suggest(X, tags)
        seconds = time.perf_counter() - start
        some = np.arange(0, n, max(1, n // 1_000))
        right = tags[np.repeat(some, K), found[some].ravel()]
        return {
            "seconds": seconds,
            "photos": len(found),
            "photos with a tag that is right": float(
                np.asarray(right).reshape(-1, K).any(axis=1).mean()
            ),
            "photos MiB": X.nbytes / 2**20,
            "tags MiB": (tags.data.nbytes + tags.indices.nbytes) / 2**20,
            "own peak MiB": highest[0] - before,
        }


def learn_and_suggest(X, tags):
    with sklearn.config_context(working_memory=WORKING_MIB):
        model = ranker(n_components=64, n_sampled_tags=500).fit(X, tags)
        return model.predict_topk(X, K)


def check(n, results):
    found = results["ours"]
    assert found["photos"] == n
    # Of ten tags at random one in a hundred photos would have one that is right.
    assert found["photos with a tag that is right"] > (0.5 if n >= 10_000 else 0.1)


JOB = Job(
    name="locsens_memory",
    question=f"a fit and the {K} best of {N_TAGS:,} tags for every photo, from a "
    f"memory map of {N_FEATURES} columns",
    make=lambda n: n,
    runners={"ours": lambda n: in_child("benchmarks.locsens_memory", "work", n)},
    check=check,
    goals=(
        Number("ours", "own peak MiB", at_most=1024.0),
        Growth("ours", "own peak MiB", at_most=1.0),
    ),
    unit="photos",
    sizes=(100_000, 1_000_000),
    quick_sizes=(10_000,),
    repeats=1,
    unjudged="" if STATUS.exists() else "this system does not tell of own memory",
    notes=f"working_memory={WORKING_MIB}. The peak is what the process has beyond what "
    "it has after a fit of 200 photos, tags not counted; pages of the map are not its "
    "own. What grows with the photos is what is drawn and found for each of them.",
)
