# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the paper found must be found: on a small world, for photos of other users."""

import numpy as np
import pytest
from sklearn.metrics import label_ranking_loss

from sklearn_geo.metrics import hashtag_accuracy_at_k, precision_at_k_within_km
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    ProductTagger,
)
from tests.ranking.word_world import draw

SEEDS = (1, 2)
BANDWIDTHS_KM = (1.0, 10.0, 100.0, 1000.0)
SMALL = {"n_components": 32, "device": "cpu"}
JOINT = {**SMALL, "max_iter": 12, "learning_rate_init": 4e-3}
ANYWHERE, CITY = np.inf, 25.0


def without_places(X):
    return np.hstack([np.full((len(X), 2), np.nan), X[:, 2:]])


def accuracy(model, y, X):
    return hashtag_accuracy_at_k(y, model.decision_function(X), k=[1, 10])


@pytest.fixture(scope="module")
def tagging():
    """Return A@1 and A@10 of each model, the mean over seeds, and zeroed rankers."""
    found, zeroed = [], []
    for seed in SEEDS:
        train, test = draw(2000, seed), draw(600, 1000 + seed)
        photo = HashtagEmbedding(max_iter=30, random_state=seed, **SMALL)
        place = KernelTagger(BANDWIDTHS_KM)
        product = ProductTagger(photo, place).fit(train.X, train.y)
        joint, silent = (
            LocSensRanker(
                location_mode=mode,
                location_dropout=0.2,
                allow_missing=True,
                random_state=seed,
                **JOINT,
            ).fit(train.X, train.y, groups=train.users)
            for mode in ("raw", "zeroed")
        )
        found.append(
            {
                "photo": accuracy(product.photo_model_, test.y, test.X[:, 2:]),
                "place": accuracy(product.place_model_, test.y, test.X),
                "product": accuracy(product, test.y, test.X),
                "joint": accuracy(joint, test.y, test.X),
                "missing": accuracy(joint, test.y, without_places(test.X)),
                "zeroed": accuracy(silent, test.y, test.X),
            }
        )
        zeroed.append((silent, test.X))
    mean = {name: np.mean([each[name] for each in found], axis=0) for name in found[0]}
    return mean, zeroed


def test_a_joint_model_beats_the_product_of_experts(tagging):
    mean, _ = tagging
    assert (mean["joint"] > mean["product"] + [0.04, 0.005]).all()


def test_the_product_of_experts_beats_each_expert(tagging):
    mean, _ = tagging
    for alone in ("photo", "place"):
        assert (mean["product"] > mean[alone] + [0.08, 0.04]).all()


def test_a_silenced_place_is_not_heard(tagging):
    _, zeroed = tagging
    for model, X in zeroed:
        X = X[:50]
        moved = np.hstack([X[::-1, :2], X[:, 2:]])
        scores = model.decision_function(X)
        np.testing.assert_array_equal(model.decision_function(moved), scores)
        missing = model.decision_function(without_places(X))
        np.testing.assert_array_equal(missing, scores)


def test_a_silenced_place_leaves_the_model_of_the_photo(tagging):
    mean, _ = tagging
    # The ranker learns from a tenth fewer photos, and half of its loss is on retrieval.
    assert (abs(mean["zeroed"] - mean["photo"]) < 0.07).all()
    assert (abs(mean["missing"] - mean["zeroed"]) < 0.07).all()
    # That is far from what a place is worth.
    assert mean["joint"][0] > mean["zeroed"][0] + 0.15


def one_tag_each(photos, seed):
    """Draw a tag of each photo."""
    rng = np.random.default_rng([seed, 3])
    n_tags = np.diff(photos.y.indptr)
    return photos.y.indices[photos.y.indptr[:-1] + rng.integers(n_tags)]


def precision(model, photos, seed, **params):
    """Return P@10 anywhere and in the city, for a tag and the place of each photo."""
    tags = one_tag_each(photos, seed)
    return precision_at_k_within_km(
        tags,
        photos.places,
        photos.y,
        photos.places,
        model.index(photos.X).retrieve(tags, photos.places, k=11, **params),
        km=[ANYWHERE, CITY],
        exclude_self=np.arange(len(tags)),
    )


def test_exact_places_gain_near_photos_and_lose_photos_of_the_tag():
    # Where a place tells what a word means, it helps to find the tag as well. Here all
    # have the same words, so that subject and place compete for the ten.
    world = {"one_language": True, "subject_signal": 2.0}
    found = []
    for seed in SEEDS:
        train, test = draw(1500, seed, **world), draw(1500, 1000 + seed, **world)
        model = LocSensRanker(
            "retrieval",
            location_mode="sampling",
            sigma_km_schedule=(20_000, 200, 0),
            random_state=seed,
            **{**JOINT, "learning_rate_init": 0.01},
        ).fit(train.X, train.y, groups=train.users)
        levels = ("anywhere", "country", "street")
        found.append(
            [precision(model, test, seed, granularity=level) for level in levels]
        )
    agnostic, city = np.mean(found, axis=0).T
    assert (np.diff(agnostic) < -0.008).all()
    assert (np.diff(city) > 0.015).all()
    assert agnostic[0] > agnostic[-1] + 0.03
    assert city[-1] > city[0] + 0.08


def test_to_retrieve_learn_from_replaced_photos_alone():
    # A rounding that differs, as between releases of torch, leads to another network:
    # of eleven pairs the gain of P@10 was 0.014 in the mean, with a deviation of 0.018.
    gains, wrong = [], {"retrieval": [], "tagging": []}
    for seed in range(1, 6):
        train, test = draw(1500, seed), draw(1000, 1000 + seed)
        found = {}
        for task in wrong:
            model = LocSensRanker(
                task,
                scorer="trunk",
                hidden_layer_sizes=(64, 32),
                shortlist=None,
                max_iter=20,
                n_iter_no_change=None,
                early_stopping=False,
                batch_size=64,
                learning_rate_init=3e-3,
                random_state=seed,
                **SMALL,
            ).fit(train.X, train.y)
            found[task] = precision(model, test, seed)
            scores = model.decision_function(test.X[:200])
            wrong[task].append(label_ranking_loss(test.y[:200].toarray(), scores))
        gains.append(found["retrieval"] - found["tagging"])
    assert (np.mean(gains, axis=0) > 0.0).all()
    # The price: the tags of one photo are never compared, and are in worse order.
    assert np.min(wrong["retrieval"]) > np.max(wrong["tagging"]) + 0.05
