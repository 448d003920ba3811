# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos of a tag around a place, against the bare scan of those inside."""

import time

import numpy as np
import torch

from benchmarks._harness import Goal, Job, Measured
from benchmarks._inputs import photo_places
from benchmarks._locsens import photos_with_tags, ranker, tag_vectors
from sklearn_geo.neighbors import PlaceIndex

N_TAGS, N_LEARNT, N_QUERIES, K, KM = 1_000, 500, 20, 10, 25.0


def make(n):
    """Return a ranker with a gallery, an index of its own, and queries."""
    n_made = max(n, N_LEARNT)
    X, tags = photos_with_tags(n_made, N_TAGS, places=photo_places(n_made))
    model = ranker(task="retrieval", tag_vectors=tag_vectors(N_TAGS))
    model.fit(X[:N_LEARNT], tags[:N_LEARNT])
    X = X[:n]
    model.index(X)
    places = photo_places(N_QUERIES, random_state=2)
    asked = np.random.default_rng(3).integers(N_TAGS, size=N_QUERIES)
    return {
        "model": model,
        "tags": asked,
        "places": places,
        "index": PlaceIndex(X[:, :2].astype(np.float64)),
        **bare_scan_of(model, X, asked, places),
    }


@torch.inference_mode()
def bare_scan_of(model, X, tags, places):
    """Return vectors of photos, and a query vector and an offset a query, as numpy."""
    module = model.net_.module_
    vectors = np.empty((len(X), model.n_components), dtype=np.float32)
    for start in range(0, len(X), 10_000):
        rows = slice(start, start + 10_000)
        looks = torch.from_numpy(model._scaling.apply(X[rows, 2:]))
        vectors[rows] = module.photos(looks).numpy()
    encoded = np.asarray(model._encoder.transform(places), dtype=np.float32)
    place = module.places(torch.from_numpy(encoded))
    w = module.tags(module.table.weight[tags])
    queries = module.photo_queries(w, place).numpy()
    offsets = ((w * module.D(place)).sum(1) + module.tag_bias[tags]).numpy()
    return {"vectors": vectors, "queries": queries, "offsets": offsets}


def ours(inputs):
    model = inputs["model"]
    found = [
        model.retrieve(tag, place, k=K, within_km=KM, return_scores=True)
        for tag, place in zip(inputs["tags"], inputs["places"], strict=True)
    ]
    return tuple(np.stack(part) for part in zip(*found, strict=True))


def bare_scan(inputs):
    start, n_inside = time.perf_counter(), 0
    rows = np.full((N_QUERIES, K), -1)
    best = np.full((N_QUERIES, K), -np.inf, dtype=np.float32)
    for n, place in enumerate(inputs["places"]):
        _, inside, _ = inputs["index"].within(place[None], KM, sort_results=False)
        n_inside += len(inside)
        if not len(inside):
            continue
        scores = inputs["vectors"][inside] @ inputs["queries"][n]
        scores += inputs["offsets"][n]
        first = min(K, len(inside))
        top = np.argpartition(scores, len(scores) - first)[len(scores) - first :]
        top = top[np.argsort(-scores[top], kind="stable")]
        rows[n, :first], best[n, :first] = inside[top], scores[top]
    seconds = time.perf_counter() - start
    return Measured((rows, best), seconds, {"photos inside": n_inside / N_QUERIES})


def check(inputs, results):
    rows, scores = results["ours"]
    expected, theirs = results["bare scan"]
    np.testing.assert_array_equal(rows < 0, expected < 0)
    np.testing.assert_allclose(scores, theirs, atol=1e-4)
    same = (rows == expected).mean()
    assert same > 0.9  # scores that differ by rounding only may change places


JOB = Job(
    name="locsens_within",
    question=f"the {K} best photos within {KM:g} km for a tag, {N_QUERIES} queries one "
    "by one",
    make=make,
    runners={"ours": ours, "bare scan": bare_scan},
    check=check,
    goals=(Goal("ours", "bare scan", at_most=1.5),),
    unit="photos",
    quick_sizes=(10_000,),
    notes="Both find the photos inside by the exact index of the library; the scan has "
    "its query vectors given. On the processor, in float32.",
)
