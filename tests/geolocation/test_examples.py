# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos found by example, against scikit-learn's neighbours of hand-made features."""

import pickle
import tracemalloc

import numpy as np
import pytest
import sklearn
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import NearestNeighbors
from torch import nn

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import S2Partition

RNG = np.random.default_rng(0)
PLACES = RNG.uniform([-60, -180], [60, 180], (80, 2))
X = RNG.normal(size=(80, 6))


def classifier(**params):
    settings = {"hidden": (8, 5), "max_iter": 3, "random_state": 0, "device": "cpu"}
    return HierarchicalCellClassifier(S2Partition(20, 2), **{**settings, **params})


@pytest.fixture(scope="module")
def fitted():
    return classifier().fit(X, PLACES)


def layers(model):
    """Return weights and biases of the hidden layers."""
    arrays = {k: v.numpy() for k, v in model.net_.module_.state_dict().items()}
    names = [name for name in arrays if "trunk" in name and "weight" in name]
    return [(arrays[n], arrays[n.replace("weight", "bias")]) for n in names]


def by_hand(model, rows):
    for weight, bias in layers(model):
        # Weights may be stored as (inputs, outputs) or the other way round.
        weight = weight if weight.shape[0] == rows.shape[1] else weight.T
        rows = np.maximum(rows @ weight + bias, 0.0)
    return rows


def test_features_of_the_last_hidden_layer(fitted):
    assert len(layers(fitted)) == 2
    found = fitted.penultimate(X)
    assert found.shape == (80, 5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(fitted, X), rtol=1e-5, atol=1e-6)
    with sklearn.config_context(working_memory=1e-3):
        np.testing.assert_allclose(fitted.penultimate(X), found, rtol=1e-6, atol=1e-7)
    narrow = fitted.penultimate(X.astype(np.float32))
    np.testing.assert_allclose(narrow, found, rtol=1e-3, atol=1e-5)


def test_nearest_photos_as_scikit_learn_finds_them(fitted):
    rows, distances = fitted.index(X[:50]).retrieve(X[50:], k=4)
    oracle = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(
        fitted.penultimate(X[:50]).astype(np.float64)
    )
    far, near = oracle.kneighbors(fitted.penultimate(X[50:]).astype(np.float64))
    np.testing.assert_array_equal(rows, near)
    np.testing.assert_allclose(distances, far, rtol=1e-6, atol=1e-7)
    # A photo of the gallery finds itself.
    rows, distances = fitted.retrieve(X[:50], k=1)
    np.testing.assert_array_equal(rows[:, 0], np.arange(50))
    np.testing.assert_allclose(distances, 0.0, atol=1e-6)
    assert fitted.retrieve(X[:2])[0].shape == (2, 6)
    # All of the gallery, and little memory.
    with sklearn.config_context(working_memory=1e-3):
        all_rows, _ = fitted.retrieve(X[50:], k=50)
    np.testing.assert_array_equal(np.sort(all_rows, axis=1), [np.arange(50)] * 30)
    np.testing.assert_array_equal(all_rows[:, :4], near)


def test_equally_near_photos_are_in_order(fitted):
    gallery = np.vstack([X[5:8], X[5:8], X[5:8]])
    rows, distances = fitted.index(gallery).retrieve(X[5:8], k=3)
    np.testing.assert_array_equal(rows, [[0, 3, 6], [1, 4, 7], [2, 5, 8]])
    np.testing.assert_allclose(distances, 0.0, atol=1e-6)


def test_without_hidden_layers_it_is_the_input():
    model = classifier(hidden=()).fit(X, PLACES)
    np.testing.assert_array_equal(model.penultimate(X), X.astype(np.float32))
    rows, distances = model.index(X).retrieve(X[:3] + 0.001, k=1)
    np.testing.assert_array_equal(rows[:, 0], [0, 1, 2])
    np.testing.assert_allclose(distances, 0.001 * np.sqrt(6), rtol=1e-3)


@pytest.mark.parametrize("hidden", [(), (5,)])
@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows(hidden, kind):
    words = kind(np.where(RNG.random((80, 6)) < 0.5, 0.0, X))
    model = classifier(hidden=hidden).fit(words, PLACES)
    features = model.penultimate(words)
    # Sparse rows stay sparse where nothing makes them narrow.
    assert sparse.issparse(features) == (not hidden)
    if hidden:
        expected = by_hand(model, words.toarray())
        np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    else:
        expected = words.toarray()
        np.testing.assert_allclose(features.toarray(), expected, rtol=1e-6)
    rows, distances = model.index(words[:60]).retrieve(words[60:], k=3)
    oracle = NearestNeighbors(n_neighbors=3, algorithm="brute").fit(expected[:60])
    far, near = oracle.kneighbors(expected[60:])
    np.testing.assert_allclose(distances, far, rtol=1e-3, atol=1e-4)
    assert (rows == near).mean() > 0.9
    # Dense and sparse rows may meet.
    again, _ = model.retrieve(words[60:].toarray(), k=3)
    np.testing.assert_array_equal(again, rows)
    mixed, _ = model.index(words[:60].toarray()).retrieve(words[60:], k=3)
    assert (mixed == rows).mean() > 0.9


def test_crops_are_averaged():
    crops = RNG.normal(size=(30, 3, 6))
    model = classifier().fit(crops, PLACES[:30])
    expected = by_hand(model, crops.reshape(90, 6)).reshape(30, 3, 5).mean(axis=1)
    found = model.penultimate(crops)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    rows, _ = model.index(crops).retrieve(crops, k=1)
    np.testing.assert_array_equal(rows[:, 0], np.arange(30))
    linear = classifier(hidden=()).fit(crops, PLACES[:30])
    np.testing.assert_allclose(
        linear.penultimate(crops), crops.mean(axis=1), rtol=1e-5, atol=1e-6
    )


class MeanColor(nn.Module):
    """Features of an image: the mean of each channel."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, images):
        return images * self.scale


@pytest.mark.parametrize("n_crops", [1, 3])
def test_images_pass_through_the_backbone(n_crops):
    images = RNG.integers(0, 256, (24, 3, 8, 12), dtype=np.uint8)
    model = classifier(
        hidden=(),
        backbone=MeanColor,
        freeze_backbone=True,
        image_size=8,
        n_crops=n_crops,
        max_iter=1,
    ).fit(images, PLACES[:24])
    found = model.penultimate(images)
    starts = [2] if n_crops == 1 else [0, 2, 4]  # of squares along the longer side
    squares = [images[..., s : s + 8].mean(axis=(2, 3)) / 255 for s in starts]
    np.testing.assert_allclose(found, np.mean(squares, axis=0), rtol=1e-4, atol=1e-4)
    rows, _ = model.index(images).retrieve(images[5:7], k=2)
    np.testing.assert_array_equal(rows[:, 0], [5, 6])


def test_learning_more_forgets_the_gallery():
    model = classifier(warm_start=True).fit(X, PLACES).index(X)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.retrieve(X)[0], model.retrieve(X)[0])
    model.partial_fit(X, PLACES)
    with pytest.raises(ValueError, match=r"no gallery.*Call index\(X\)"):
        model.retrieve(X)
    with pytest.raises(ValueError, match="no gallery"):
        model.index(X).fit(X, PLACES).retrieve(X)


def test_a_gallery_is_not_saved(fitted, tmp_path):
    fitted.index(X).save_pretrained(tmp_path)
    model = HierarchicalCellClassifier.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no gallery"):
        model.retrieve(X)
    np.testing.assert_array_equal(
        model.index(X).retrieve(X)[0], fitted.index(X).retrieve(X)[0]
    )


def test_memory_does_not_grow_with_pairs(fitted):
    gallery = RNG.normal(size=(20_000, 6)).astype(np.float32)
    fitted.index(gallery)
    with sklearn.config_context(working_memory=4):
        fitted.retrieve(gallery[:10])
        tracemalloc.start()
        rows, _ = fitted.retrieve(gallery[:2_000], k=2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20e6  # all distances would take 320 MB
    assert rows.shape == (2_000, 2)


@pytest.mark.parametrize("k", [0, -1, 2.0, "2", True, None])
def test_refuses_odd_numbers(fitted, k):
    with pytest.raises(ValueError, match="k must be a whole number from 1 on"):
        fitted.index(X).retrieve(X, k=k)


def test_refuses_what_cannot_be(fitted):
    with pytest.raises(ValueError, match="k=6, but the gallery has 4 photos"):
        fitted.index(X[:4]).retrieve(X)
    with pytest.raises(ValueError, match="X has 5 features"):
        fitted.retrieve(X[:, :5], k=1)
    for method in ("penultimate", "index", "retrieve"):
        with pytest.raises(NotFittedError):
            getattr(classifier(), method)(X)
