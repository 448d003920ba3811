# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every tag through the paper's trunk, against the bare module on joined inputs."""

import ctypes
import functools
import gc
import time

import numpy as np
import torch

from benchmarks._child import in_child
from benchmarks._harness import Goal, Job, Number
from benchmarks._locsens import (
    PAPER_HIDDEN,
    hidden_for,
    photos_with_tags,
    ranker,
    tag_vectors,
)
from benchmarks.context_memory import own_mib, peak_of

N_PHOTOS, N_LEARNT = 2, 16
CHUNK = 1_024


def make(n_tags):
    """Return a fitted ranker, photos with places, and what the bare module reads."""
    X, tags = photos_with_tags(N_LEARNT, n_tags)
    model = ranker(
        scorer="trunk",
        tag_vectors=tag_vectors(n_tags),
        hidden_layer_sizes=hidden_for(n_tags, 2_000),
        shortlist=None,
    ).fit(X, tags)
    return model, X[:N_PHOTOS], joined(model, X[:N_PHOTOS])


@torch.inference_mode()
def joined(model, X):
    """Join the vectors of every tag with those of every photo and its place."""
    module = model.net_.module_
    places = (X[:, :2].astype(np.float64) + [90.0, 180.0]) / [180.0, 360.0]
    place = module.places(torch.from_numpy(places.astype(np.float32)))
    photo = module.photos(torch.from_numpy(X[:, 2:]))
    tag = module.tags(module.table.weight)
    return [
        torch.cat([one.expand(len(tag), -1), other.expand(len(tag), -1), tag], dim=1)
        for one, other in zip(place, photo, strict=True)
    ]


def ours(inputs):
    model, X, _ = inputs
    return model.decision_function(X)


@torch.inference_mode()
def bare_forward(inputs):
    """Push all tags of a photo through the trunk at once."""
    model, _, rows = inputs
    return np.stack([model.net_.module_.trunk(each)[:, 0].numpy() for each in rows])


@torch.inference_mode()
def bare_in_chunks(inputs):
    """The same, but what lies between two layers stays in the cache."""
    model, _, rows = inputs
    trunk = model.net_.module_.trunk
    found = [torch.cat([trunk(part) for part in each.split(CHUNK)]) for each in rows]
    return np.stack([scores[:, 0].numpy() for scores in found])


def memory_of_ours(n_tags):
    model, X = make(n_tags)[:2]
    return peak(lambda: ours((model, X, None)))


def memory_of_bare(n_tags):
    """Join and push through: joined inputs count, as somebody has to hold them."""
    model, X = make(n_tags)[:2]
    return peak(lambda: bare_forward((model, X, joined(model, X))))


def peak(work):
    work()  # caches, and tables that are built once
    trim()
    before = own_mib("RssAnon")
    start = time.perf_counter()
    with peak_of("RssAnon") as highest:
        work()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "own peak MiB": highest[0] - before}


def trim():
    """Give memory that is free back to the system, where C's library can."""
    gc.collect()
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@functools.cache
def in_own_process(function, n_tags):
    """Ask once: memory is the same every time, and a fit has to come before."""
    return in_child("benchmarks.locsens_trunk", function, n_tags)


def memory(function, inputs):
    return in_own_process(function, inputs[0].n_tags_)


def check(_, results):
    expected = results["bare, in chunks"]
    np.testing.assert_allclose(results["bare forward"], expected, atol=1e-6)
    np.testing.assert_allclose(results["ours"], expected, atol=1e-5)
    assert np.ptp(expected, axis=1).min() > 1e-4


JOB = Job(
    name="locsens_trunk",
    question=f"scores of all tags for {N_PHOTOS} photos, trunk of {PAPER_HIDDEN}",
    make=make,
    runners={
        "ours": ours,
        "bare forward": bare_forward,
        "bare, in chunks": bare_in_chunks,
        "memory, ours": lambda inputs: memory("memory_of_ours", inputs),
        "memory, bare": lambda inputs: memory("memory_of_bare", inputs),
    },
    check=check,
    limits=frozenset({"memory, ours", "memory, bare"}),
    goals=(
        Goal("ours", "bare forward", at_most=1.2),
        Goal("ours", "bare, in chunks", at_most=1.2),
        Number("memory, ours", "own peak MiB", at_most=64.0),
    ),
    unit="tags",
    sizes=(2_000, 20_000),
    quick_sizes=(2_000,),
    repeats=3,
    notes="Inputs of the bare module are joined before. Memory is what a process of "
    "its own needs beyond what it has after a first call; that of the bare module has "
    "joined inputs of one call in it.",
)
