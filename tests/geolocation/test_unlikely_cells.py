# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A mask may leave only cells that were hopeless: whoever wraps keeps their order."""

import numpy as np
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    SceneNetworks,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.partition import KMeansPartition, S2Partition

N = 60
USERS, TIMES = np.arange(N), np.full(N, np.datetime64("2020-01-01T12:00:00"))
SAME = np.zeros(N, dtype=int)


@pytest.fixture(scope="module", name="sure")
def _sure():
    """A classifier that is very sure, what it was taught, and its answers by hand."""
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-50, 60, N), rng.uniform(-170, 170, N)])
    X = rng.normal(size=(N, 4)).astype(np.float32)  # logarithms reach further than it
    model = HierarchicalCellClassifier(
        [KMeansPartition(12, random_state=0)], max_iter=2, device="cpu", random_state=0
    ).fit(X, places)
    with torch.no_grad():
        for weight in model.net_.module_.parameters():
            weight *= 150.0
    model._make_scorer()
    heads = model.net_.module_.heads
    weight, bias = (each.detach().double().numpy() for each in heads.parameters())
    scores = X.astype(np.float64) @ weight + bias
    # The least likely third of the cells of the first photo.
    mask = np.argsort(scores[0])[:4]
    expected = softmax(scores[:, mask])
    lost = scores.max(axis=1) - scores[:, mask].max(axis=1)
    assert np.count_nonzero((lost > 110.0) & (lost < 600.0)) > 3
    return model, X, places, mask, expected


def _time(model, X, places):
    model = TimeAdjustedGeolocator(
        FrozenEstimator(model), time_zone="UTC", device="cpu", max_iter=1
    ).fit(X, places, times=TIMES)
    model.strength_ = 0.0
    return model, {"times": TIMES}


def _pipeline(model, X, places):
    scaler = StandardScaler(with_mean=False, with_std=False).fit(X)
    piped = make_pipeline(scaler, model)
    return _time(piped, X, places)


def _album(model, X, places):
    model = AlbumGeolocator(FrozenEstimator(model), device="cpu", max_iter=1)
    model.fit(X, places, groups=USERS // 2)
    model.corrects_ = False
    return model, {"groups": USERS // 2}


def _album_of_one(model, X, places):
    model, _ = _album(model, X, places)
    model.corrects_ = True
    return model, {"groups": USERS}


def _users(model, X, places):
    model = UserAveragingGeolocator(FrozenEstimator(model)).fit(X, places, groups=USERS)
    return model, {"groups": USERS}


def _scenes(model, X, places, routing="argmax"):
    scenes = SceneNetworks(
        HierarchicalCellClassifier(
            FrozenEstimator(model.partitions_[0]), max_iter=1, device="cpu"
        ),
        scene_estimator=FrozenEstimator(Even().fit()),
        routing=routing,
        max_iter=1,
    ).fit(X, places, scenes=USERS % 2)
    scenes.networks_ = [model, model]
    return scenes, {}


def _soft_scenes(model, X, places):
    return _scenes(model, X, places, "soft")


class Even:
    """Finds every scene as likely as the other."""

    def fit(self):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.full((X.shape[0], 2), 0.5)


@pytest.mark.filterwarnings("ignore:The fitted estimator has learnt from these")
@pytest.mark.parametrize(
    "wrap",
    [_time, _pipeline, _album, _album_of_one, _users, _scenes, _soft_scenes],
)
def test_answers_are_those_of_what_is_wrapped(sure, wrap):
    model, X, places, mask, expected = sure
    model, more = wrap(model, X, places)
    found = model.predict_proba(X, mask=mask, **more)
    np.testing.assert_allclose(found[:, mask], expected, atol=1e-3)
    assert np.count_nonzero(found) <= found.shape[0] * len(mask)


@pytest.mark.parametrize("combine", ["finest", "product"])
def test_crops_that_are_alike_say_what_one_says(combine):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-50, 60, N), rng.uniform(-170, 170, N)])
    X = rng.normal(size=(N, 4)).astype(np.float32)  # logarithms reach further than it
    levels = [S2Partition(30, 1), S2Partition(10, 1)]
    model = HierarchicalCellClassifier(
        levels if combine == "product" else levels[-1:],
        combine=combine,
        max_iter=2,
        device="cpu",
        random_state=0,
    )
    model.fit(np.repeat(X[:, np.newaxis], 3, axis=1), places)
    with torch.no_grad():
        for weight in model.net_.module_.parameters():
            weight *= 150.0
    model._make_scorer()
    heads = model.net_.module_.cells.heads
    weight, bias = (each.detach().double().numpy() for each in heads.parameters())
    scores = X.astype(np.float64) @ weight + bias
    assert scores.shape[1] == sum(model.n_cells_)
    total = scores[:, -model.n_cells_[-1] :]
    if combine == "product":
        total = total + scores[:, : model.n_cells_[0]][:, model.parents_[0]]
    mask = np.argsort(total[0])[:4]
    found = model.predict_proba(np.repeat(X[:, np.newaxis], 3, axis=1), mask=mask)
    np.testing.assert_allclose(found[:, mask], softmax(total[:, mask]), atol=1e-3)
