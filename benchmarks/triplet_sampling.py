# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triplets of an epoch: a photo, one of its tags, six pairs that are wrong."""

import time

import numpy as np
from scipy import sparse

from benchmarks._harness import Goal, Growth, Job, Measured
from sklearn_geo.ranking._triplets import Triplets, TripletSampler

N_TAGS = 100_000
N_NEGATIVES = 6
MOST_TAGS = 15
SAMPLED = 5_000


def make(n):
    """Return an indicator: 1 to 15 tags a photo, frequent and rare ones."""
    rng = np.random.default_rng(0)
    length = rng.integers(1, MOST_TAGS + 1, n)
    # The tag of rank r is as frequent as 1 / r: ranks are powers of N_TAGS.
    tag = N_TAGS ** rng.random(length.sum()) - 1.0
    starts = np.concatenate([[0], np.cumsum(length)])
    indicator = sparse.csr_array(
        (np.ones(len(tag), np.float32), tag.astype(np.int32), starts),
        shape=(n, N_TAGS),
    )
    indicator.sum_duplicates()
    indicator.data[:] = 1.0
    return indicator


def ours(indicator):
    start = time.perf_counter()
    sampler = TripletSampler(indicator, "tagging", N_NEGATIVES)
    prepared = time.perf_counter()
    drawn = sampler.draw(np.random.default_rng(0))
    end = time.perf_counter()
    numbers = {"seconds to prepare": prepared - start, "an epoch": end - prepared}
    return Measured(drawn, end - start, numbers)


def rejection_loop(indicator):
    """Draw until what is drawn is wrong, photo by photo."""
    start = time.perf_counter()
    rng = np.random.default_rng(0)
    n_photos = indicator.shape[0]
    n = min(SAMPLED, n_photos)
    tags_of = np.split(indicator.indices, indicator.indptr[1:-1])
    drawn = Triplets(
        np.empty(n, np.int32), *np.empty((2, n, N_NEGATIVES), np.int32), n_void=0
    )
    for photo in range(n):
        tag = drawn.tag[photo] = rng.choice(tags_of[photo])
        for place in range(N_NEGATIVES):
            other_photo, other_tag = photo, tag
            if rng.random() < 0.5:
                while tag in tags_of[other_photo]:
                    other_photo = rng.integers(n_photos)
            else:
                while other_tag in tags_of[photo]:
                    other_tag = rng.integers(N_TAGS)
            drawn.negative_photo[photo, place] = other_photo
            drawn.negative_tag[photo, place] = other_tag
    return Measured(drawn, time.perf_counter() - start)


def check(indicator, results):
    """Both are right: a tag of the photo's, one side replaced, a wrong pair."""
    for name, drawn in results.items():
        photo = np.arange(len(drawn.tag))
        _assert_all(indicator, photo, drawn.tag, 1.0, name)
        new_photo = drawn.negative_photo != photo[:, np.newaxis]
        new_tag = drawn.negative_tag != drawn.tag[:, np.newaxis]
        assert (new_photo ^ new_tag).all(), name
        assert abs(new_photo.mean() - 0.5) < 3.0 / np.sqrt(new_photo.size), name
        pairs = drawn.negative_photo.ravel(), drawn.negative_tag.ravel()
        _assert_all(indicator, *pairs, 0.0, name)


def _assert_all(indicator, photo, tag, value, name):
    some = slice(None, None, max(1, len(photo) // 100_000))
    np.testing.assert_array_equal(indicator[photo[some], tag[some]], value, name)


JOB = Job(
    name="triplet_sampling",
    question=f"a tag and {N_NEGATIVES} wrong pairs a photo, {N_TAGS:,} tags",
    make=make,
    runners={"ours": ours, "rejection loop": rejection_loop},
    check=check,
    goals=(
        Goal("rejection loop", "ours", at_least=50),
        Growth("ours", at_most=1.25),
    ),
    unit="photos",
    sampled={"rejection loop": SAMPLED},
    repeats=3,
    notes="Ours prepares the sampler every time; a fit does so once.",
)
