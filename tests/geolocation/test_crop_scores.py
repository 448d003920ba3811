# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several crops a row, and images, through the whole classifier."""

import copy
import pickle

import numpy as np
import pytest
import sklearn
import torch
from sklearn.base import clone
from torch import nn

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.geometry import haversine
from sklearn_geo.partition import S2Partition

TOWNS = np.array([[48.0, 11.0], [-33.0, 151.0], [40.0, -74.0], [-1.0, 36.0]])
LEVELS = [S2Partition(70, 5), S2Partition(25, 5)]
SETTINGS = {
    "learning_rate_init": 0.05,
    "batch_size": 40,
    "random_state": 0,
    "device": "cpu",
}


def photos(n=200, n_crops=3, seed=0):
    """Features of crops; each shows the town only somewhat."""
    looks = np.random.default_rng(1).normal(size=(4, 5))
    rng = np.random.default_rng(seed)
    town = rng.integers(4, size=n)
    y = TOWNS[town] + rng.normal(scale=0.3, size=(n, 2))
    X = looks[town][:, None] + rng.normal(size=(n, n_crops, 5))
    return X, y


@pytest.fixture(scope="module", params=["product", "finest", "tree_sum"])
def fitted(request):
    X, y = photos()
    return HierarchicalCellClassifier(
        LEVELS, combine=request.param, max_iter=10, **SETTINGS
    ).fit(X[:, 0], y)


def test_probabilities_are_means_over_crops(fitted):
    X, _ = photos(30, seed=2)
    for level in (0, 1):
        found = fitted.predict_proba(X, level=level)
        if fitted.combine == "product" and level == 1:
            # Means of each head, then the product along the branch (section 3.4).
            single = copy.deepcopy(fitted).set_params(combine="finest")
            fine = np.mean([single.predict_proba(X[:, k]) for k in range(3)], axis=0)
            coarse = np.mean(
                [fitted.predict_proba(X[:, k], level=0) for k in range(3)], axis=0
            )
            parent = fitted.parents_[0]
            assert (parent >= 0).all()
            expected = fine * coarse[:, parent]
            expected /= expected.sum(axis=1, keepdims=True)
        else:
            crops = [fitted.predict_proba(X[:, k], level=level) for k in range(3)]
            expected = np.mean(crops, axis=0)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_one_crop_is_no_crop(fitted):
    X, _ = photos(30, seed=2)
    a, b = fitted.predict_proba(X[:, :1]), fitted.predict_proba(X[:, 0])
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(fitted.predict(X[:, :1]), fitted.predict(X[:, 0]))


def test_crops_help(fitted):
    X, y = photos(300, seed=3)
    alone = (haversine(y, fitted.predict(X[:, 0])) < 750).mean()
    together = (haversine(y, fitted.predict(X)) < 750).mean()
    assert together > alone


def test_everything_predicted_takes_crops(fitted):
    X, y = photos(30, seed=2)
    assert fitted.predict_cells(X).shape == (30,)
    assert fitted.predict_topk(X, 2)[0].shape == (30, 2, 2)
    assert fitted.confidence(X).shape == (30,)
    assert fitted.predict_region(X, 0.5).shape[0] == 30
    assert fitted.score(X, y) > 0
    masked = fitted.predict_proba(X, mask=fitted.cell_places_[:, 0] > 0)
    assert (masked[:, fitted.cell_places_[:, 0] < 0] == 0).all()


def test_memory_and_neighbours_do_not_matter(fitted):
    X, _ = photos(57, seed=2)
    whole = fitted.predict_proba(X)
    with sklearn.config_context(working_memory=0.002):
        np.testing.assert_allclose(fitted.predict_proba(X), whole, atol=1e-6)
    np.testing.assert_allclose(fitted.predict_proba(X[4:5]), whole[4:5], atol=1e-6)


def test_crops_in_fit(fitted):
    X, y = photos()
    model = clone(fitted).set_params(max_iter=20).fit(X, y)
    assert model.n_features_in_ == 5
    assert model.score(*photos(seed=3)) > 3000
    again = clone(model).fit(X, y)
    rows = photos(20, seed=4)[0]
    assert np.array_equal(again.predict_proba(rows), model.predict_proba(rows))
    assert model.predict(rows[:, 0]).shape == (20, 2)
    with pytest.raises(ValueError, match="X has 4 features, but"):
        model.predict(rows[:, :, :4])
    with pytest.raises(ValueError, match="its rows have no crops"):
        model.predict(rows[:, :0])


class Mean(nn.Module):
    """The mean colour, through one layer."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Conv2d(3, 6, 1)

    def forward(self, images):
        return self.mix(images)


def scenes_of_towns(n=120, height=9, width=12, seed=0):
    """Images in the colour of the town they are of, in bytes, channels last."""
    colours = np.array([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9], [0.9] * 3])
    rng = np.random.default_rng(seed)
    town = rng.integers(4, size=n)
    noise = rng.normal(scale=0.1, size=(n, height, width, 3))
    X = np.clip(colours[town][:, None, None] + noise, 0, 1)
    y = TOWNS[town] + rng.normal(scale=0.3, size=(n, 2))
    return (X * 255).astype(np.uint8), y


def image_model(**params):
    settings = {**SETTINGS, "max_iter": 25, "backbone": Mean, "image_size": 8}
    return HierarchicalCellClassifier(LEVELS, **{**settings, **params})


@pytest.fixture(scope="module")
def of_images():
    return image_model().fit(*scenes_of_towns())


def test_images_are_located(of_images):
    X, y = scenes_of_towns(seed=1)
    assert (haversine(y, of_images.predict(X)) < 200).mean() > 0.9
    assert of_images.n_features_in_ == 3
    assert of_images.net_.module_.backbone.training is False


def test_images_in_any_order_of_axes_and_type(of_images):
    X, _ = scenes_of_towns(10, seed=1)
    expected = of_images.predict_proba(X)
    for same in (
        np.moveaxis(X, 3, 1),
        X.astype(np.float32) / 255,
        X.astype(np.float64) / 255,
    ):
        np.testing.assert_allclose(of_images.predict_proba(same), expected, atol=1e-5)


def test_rows_of_images_are_independent(of_images):
    X, _ = scenes_of_towns(20, seed=1)
    whole = of_images.predict_proba(X)
    np.testing.assert_allclose(of_images.predict_proba(X[3:4]), whole[3:4], atol=1e-6)
    with sklearn.config_context(working_memory=0.1):
        np.testing.assert_allclose(of_images.predict_proba(X), whole, atol=1e-6)


def test_crops_of_images_are_averaged(of_images):
    X, _ = scenes_of_towns(10, seed=1)
    finest = copy.deepcopy(of_images).set_params(combine="finest")
    parts = [X[:, :, start : start + 9] for start in (0, 2, 3)]  # 9 of 12 columns
    # round(3 / 2) is 2: to the even number
    expected = np.mean([finest.predict_proba(part) for part in parts], axis=0)
    finest.set_params(n_crops=3)
    np.testing.assert_allclose(finest.predict_proba(X), expected, atol=1e-5)


def test_same_seed_same_images(of_images):
    again = image_model().fit(*scenes_of_towns())
    X, _ = scenes_of_towns(10, seed=1)
    assert np.array_equal(again.predict_proba(X), of_images.predict_proba(X))


def test_memory_maps_of_images(of_images, tmp_path):
    X, y = scenes_of_towns()
    np.save(tmp_path / "x.npy", X)
    mapped = image_model().fit(np.load(tmp_path / "x.npy", mmap_mode="r"), y)
    rows = X[:7]
    assert np.array_equal(mapped.predict_proba(rows), of_images.predict_proba(rows))


def test_frozen_backbones_and_no_augmentation():
    X, y = scenes_of_towns()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    model = image_model(freeze_backbone=True, augment=False, max_iter=2).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)
    weights = list(model.net_.module_.backbone.parameters())
    assert not any(weight.requires_grad for weight in weights)
    other = image_model(freeze_backbone=True, augment=False, max_iter=1).fit(X, y)
    for a, b in zip(weights, other.net_.module_.backbone.parameters(), strict=True):
        assert torch.equal(a, b)  # as the seed made them


def test_images_pickle_and_go_to_disk(of_images, tmp_path):
    X, _ = scenes_of_towns(10, seed=1)
    expected = of_images.predict_proba(X)
    again = pickle.loads(pickle.dumps(of_images))
    assert np.array_equal(again.predict_proba(X), expected)
    of_images.save_pretrained(tmp_path)
    read = HierarchicalCellClassifier.from_pretrained(tmp_path, backbone=Mean)
    assert np.array_equal(read.predict_proba(X), expected)
    with pytest.raises(ValueError, match="pass backbone="):
        HierarchicalCellClassifier.from_pretrained(tmp_path)


def test_what_is_no_image(of_images):
    X, y = scenes_of_towns(10)
    with pytest.raises(ValueError, match=r"batch of images, .*got shape \(10, 5\)"):
        image_model().fit(np.zeros((10, 5)), y)
    with pytest.raises(ValueError, match=r"1 channels, but .* fitted with 3"):
        of_images.predict(X[..., :1])
    with pytest.raises(ValueError, match="NaN"):
        image_model().fit(np.full((10, 4, 4, 3), np.nan), y)
