# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One seed decides everything, also what estimators in others leave to chance."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo._seeds import hand_down
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.encoding import RandomFourierEncoder, SoftGridEncoder
from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import KMeansPartition
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    ProductTagger,
)

N = 120
RNG = np.random.default_rng(0)
PLACES = np.column_stack([RNG.uniform(-60, 60, N), RNG.uniform(-170, 170, N)])
LOOKS = RNG.normal(size=(N, 4))
PHOTOS = np.hstack([PLACES, LOOKS])
TAGS = (RNG.random((N, 5)) < 0.4).astype(int)
TAGS[:, 0] = 1
CONTEXTS = RNG.dirichlet(np.ones(4), N)


def rank(seed, **parts):
    ranker = LocSensRanker(n_components=6, max_iter=1, random_state=seed, **parts)
    return ranker.fit(PHOTOS, TAGS).decision_function(PHOTOS)


def rank_with_embedding(seed):
    return rank(seed, embedding=HashtagEmbedding(n_components=4, max_iter=1))


def rank_with_waves(seed):
    return rank(seed, location_encoder=RandomFourierEncoder(5))


def transform(seed):
    transformer = GPS2VecPlusTransformer(
        regions=KMeansPartition(5),
        encoding=SoftGridEncoder(2, 2),
        hidden=(5,),
        max_iter=1,
        min_samples=5,
        random_state=seed,
    )
    return transformer.fit(PLACES, CONTEXTS).transform(PLACES)


def locate(seed):
    partitions = KMeansPartition(12)
    model = HierarchicalCellClassifier(partitions, max_iter=1, random_state=seed)
    return model.fit(LOOKS, PLACES).predict(LOOKS)


def tag(seed):
    models = RandomForestClassifier(3), KernelTagger(50.0)
    tagger = ProductTagger(*models, weight="auto", random_state=seed)
    return tagger.fit(PHOTOS, TAGS).decision_function(PHOTOS)


@pytest.mark.parametrize(
    "fit", [rank_with_embedding, rank_with_waves, transform, locate, tag]
)
def test_a_seed_decides_what_is_inside(fit):
    once = fit(0)
    np.random.seed(1)  # noqa: NPY002
    assert_array_equal(fit(0), once)
    assert not np.array_equal(fit(1), once)


def test_seeds_of_their_own_stay():
    chain = make_pipeline(StandardScaler(), RandomForestClassifier())
    assert hand_down(chain, 7)[-1].random_state == 7
    assert hand_down(chain, 8)[-1].random_state == 7
    fitted = FrozenEstimator(KMeansPartition(3).fit(PLACES))
    assert hand_down(fitted, 7).estimator.random_state is None


def test_what_was_passed_has_no_seed_afterwards():
    partition = KMeansPartition(12)
    model = HierarchicalCellClassifier(partition, max_iter=1, random_state=0)
    model.fit(LOOKS, PLACES)
    assert partition.random_state is None
    assert model.partitions is partition
