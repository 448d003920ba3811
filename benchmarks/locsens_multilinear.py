# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The best tags of one photo by the multilinear scorer, against one bare product."""

import numpy as np
import torch

from benchmarks._harness import Goal, Job
from benchmarks._locsens import photos_with_tags, ranker, tag_vectors

K = 50


def make(n_tags):
    """Return rankers with and without a place prior, and what the product takes."""
    n_learnt = min(20_000, 10 * n_tags)
    X, tags = photos_with_tags(n_learnt, n_tags)
    settings = {"tag_vectors": tag_vectors(n_tags), "n_sampled_tags": 1_000}
    rankers = [
        ranker(place_prior=prior, batch_size=512, **settings).fit(X, tags)
        for prior in (True, False)
    ]
    return *rankers, X[:1], bare_product_of(rankers[1], X[:1])


@torch.inference_mode()
def bare_product_of(model, X):
    """Return a matrix of tags, a query and an offset a tag, as numpy."""
    module = model.net_.module_
    places = model._encoder.transform(X[:, :2].astype(np.float64))
    places = torch.from_numpy(np.asarray(places, dtype=np.float32))
    u = module.photos(torch.from_numpy(model._scaling.apply(X[:, 2:])))
    place = module.places(places)
    query = module.tag_queries(u, place)[0]
    same = (u * module.E(place)).sum()
    matrix = module.tags(module.table.weight).contiguous()
    return matrix.numpy(), query.numpy(), (module.tag_bias + same).numpy()


def ours(inputs):
    _, model, X, _ = inputs
    return model.predict_topk(X, K, return_scores=True)


def ours_with_prior(inputs):
    model, _, X, _ = inputs
    return model.predict_topk(X, K, return_scores=True)


def bare_product(inputs):
    """A matrix by a vector, and the 50 largest in order."""
    matrix, query, offset = inputs[-1]
    scores = matrix @ query + offset
    best = np.argpartition(scores, len(scores) - K)[len(scores) - K :]
    best = best[np.argsort(-scores[best], kind="stable")]
    return best[None], scores[best][None]


def check(inputs, results):
    expected, theirs = results["bare product"]
    assert_same(*results["ours"], expected, theirs)
    model, _, X, _ = inputs
    scores = model.decision_function(X)[0]
    best = np.argsort(-scores, kind="stable")[:K]
    assert_same(*results["ours, with its prior"], best[None], scores[best][None])


def assert_same(tags, scores, expected, theirs):
    np.testing.assert_allclose(scores, theirs, atol=1e-4)
    # Scores that differ by rounding only may change places.
    clear = np.abs(np.diff(theirs[0])) > 1e-4
    alone = np.concatenate([[True], clear]) & np.concatenate([clear, [False]])
    np.testing.assert_array_equal(tags[0, alone], expected[0, alone])
    assert alone.mean() > 0.5


JOB = Job(
    name="locsens_multilinear",
    question=f"the {K} best tags of one photo and its place",
    make=make,
    runners={
        "ours": ours,
        "bare product": bare_product,
        "ours, with its prior": ours_with_prior,
    },
    check=check,
    goals=(
        Goal("ours", "bare product", at_most=2.0),
        Goal("ours, with its prior", "bare product", at_most=2.0),
    ),
    unit="tags",
    sizes=(10_000, 100_000),
    quick_sizes=(10_000,),
    repeats=15,
    notes="The bare product has the query given; ours reads and checks the photo, "
    "encodes the place, asks the network, and with a prior also the photos around. On "
    "the processor, in float32.",
)
