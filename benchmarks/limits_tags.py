# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A hundred thousand tags: vocabularies, propagators, taggers, rankers and metrics."""

import numpy as np
import sklearn
from scipy import sparse

from benchmarks import _limits
from benchmarks._locsens import places_in_towns, ranker, tags_of_photos
from sklearn_geo.metrics import (
    hashtag_accuracy_at_k,
    macro_average_precision,
    tag_coverage_at_k,
)
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    HashTagEncoder,
    TagVectorizer,
)
from sklearn_geo.ranking import HashtagEmbedding, KernelTagger, PlaceFrequencyTagger

SIZES = (1_000, 10_000, 100_000)
N_PHOTOS, N_ASKED, N_TAUGHT, K, N_COMPONENTS = 50_000, 100, 2_000, 10, 32
NETWORK = {"n_sampled_tags": 500, "n_components": N_COMPONENTS}
# A tag has a vector, and while it is learnt a gradient and two means of gradients; a
# few photos have a score for each tag.
BYTES_A_TAG = 2_000


def photos(n_tags):
    """Return places and tags of photos; every tag is carried by one at least."""
    n = max(N_PHOTOS if n_tags >= SIZES[0] else 500, n_tags // 2)
    tag = np.arange(n_tags)
    each = sparse.csr_array(
        (np.ones(n_tags, np.float32), (tag % n, tag)), shape=(n, n_tags)
    )
    tags = sparse.csr_array(tags_of_photos(n, n_tags) + each)
    tags.data[:] = 1.0
    return places_in_towns(n), tags


def texts(tags):
    """Return the tags of each photo as text."""
    words = np.array([f"word{tag}" for tag in range(tags.shape[1])], dtype=object)
    carried = np.split(words[tags.indices], tags.indptr[1:-1])
    return np.array([",".join(some) for some in carried], dtype=object)


def located(places):
    """Return photos as rows of a place and of what they look like."""
    looks = np.random.default_rng(0).standard_normal((len(places), 8))
    return np.hstack([places, looks]).astype(np.float32)


def vectorize(places, tags):
    documents = texts(tags)
    return lambda: TagVectorizer(None, stop_tags=None).fit_transform(documents)


def propagate(places, tags):
    model = GeoNeighborTagPropagator(150, exclude_self=False).fit(places, tags)
    return lambda: model.transform(places[:N_ASKED])


def count(places, tags):
    model = HashTagEncoder((1, 3, 10), n_tags=tags.shape[1], exclude_self=False)
    model.fit(places, tags)
    return lambda: model.transform(places[:N_ASKED])


def suggest(tagger):
    def prepare(places, tags):
        model = tagger.fit(places, tags)
        return lambda: model.predict_topk(places[:N_ASKED], K)

    return prepare


def learn(model, columns):
    """Learn from some photos, and suggest tags for a few."""

    def prepare(places, tags):
        X = located(places)[:, columns]

        def learn_and_suggest():
            model.fit(X[:N_TAUGHT], tags[:N_TAUGHT])
            return model.predict_topk(X[:N_ASKED], K)

        return learn_and_suggest

    return prepare


def measure(places, tags):
    truth = tags[:N_ASKED]
    scores = np.random.default_rng(1).random(truth.shape)

    def all_of_them():
        return np.array(
            [
                hashtag_accuracy_at_k(truth, scores, K),
                macro_average_precision(truth, scores),
                tag_coverage_at_k(truth, scores, K),
            ]
        )

    return all_of_them


MAKE = {
    "TagVectorizer": vectorize,
    "GeoNeighborTagPropagator": propagate,
    "HashTagEncoder": count,
    "KernelTagger": suggest(KernelTagger(10.0)),
    "PlaceFrequencyTagger": suggest(PlaceFrequencyTagger((12, 8, 4))),
    "HashtagEmbedding": learn(
        HashtagEmbedding(
            max_iter=1,
            early_stopping=False,
            n_iter_no_change=None,
            device="cpu",
            random_state=0,
            **NETWORK,
        ),
        slice(2, None),
    ),
    "LocSensRanker": learn(ranker(hidden_layer_sizes=(64, 64), **NETWORK), slice(None)),
    "metrics": measure,
}


def work(name, n):
    """Teach and ask; say what the part took that is about tags."""
    with sklearn.config_context(working_memory=_limits.WORKING_MIB):
        places, tags = photos(n)
        call = MAKE[name](places, tags)
        if name not in ("HashtagEmbedding", "LocSensRanker"):
            call()  # loads what is loaded once
        else:
            few = photos(20)
            MAKE[name](*few)()
        found, numbers = _limits.measured(call)
    wrong = not np.isfinite(getattr(found, "data", found)).all()
    return {**numbers, "wrong": int(wrong), "tags": tags.shape[1]}


def check(inputs, results):
    for name, found in results.items():
        assert found["wrong"] == 0, name
        assert found["tags"] == inputs[0]


JOB = _limits.limits_job(
    "limits_tags",
    question=f"{SIZES[-1]:,} tags, and answers for {N_ASKED} photos",
    make=lambda n: (n,),
    runners=_limits.runners("limits_tags", MAKE, few=500),
    check=check,
    goals=tuple(
        goal
        for name in MAKE
        for goal in _limits.goals(name, _limits.allowance(SIZES[-1], BYTES_A_TAG))
    ),
    unit="tags",
    sizes=SIZES,
    quick_sizes=(500,),
    notes=f"{N_PHOTOS:,} photos carry the tags. TagVectorizer learns and transforms "
    f"them all; networks of {N_COMPONENTS} components learn from {N_TAUGHT:,}. "
    f"Allowed are {BYTES_A_TAG} bytes a tag beside the output.",
)
