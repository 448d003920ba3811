# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_geo.ranking import HashtagEmbedding
from sklearn_geo.ranking._embedding_network import PhotoTower

rng = np.random.default_rng(0)
# Photos that are red, green or blue, and tags that say so; all are "colour".
HUE = rng.integers(3, size=90)
IMAGES = rng.integers(0, 60, size=(90, 3, 6, 5), dtype=np.uint8)
IMAGES[np.arange(90), HUE] += 120
TAGS = np.hstack([np.eye(3)[HUE], np.ones((90, 1))])


class Maps(nn.Module):
    """A backbone that gives maps of features."""

    def __init__(self, n_features=4):
        super().__init__()
        self.layer = nn.Conv2d(3, n_features, 3)

    def forward(self, images):
        return self.layer(images).relu()


def model(backbone=Maps, **params):
    settings = {"n_components": 4, "max_iter": 12, "learning_rate_init": 0.03}
    settings |= {"batch_size": 15, "device": "cpu", "random_state": 0}
    return HashtagEmbedding(backbone=backbone, **{**settings, **params})


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"n_sampled_tags": 2, "targets": "random"},
        {"supervision": "mlc"},
        {"supervision": "her", "word_vectors": np.eye(4)},
    ],
    ids=["mcc", "sampled", "mlc", "her"],
)
def test_images_are_learnt_from_end_to_end(params):
    one = model(**params).fit(IMAGES, TAGS)
    photos = one.index(IMAGES).retrieve([0, 1, 2], 15)
    assert (HUE[photos] == np.arange(3)[:, np.newaxis]).mean() > 0.95
    assert one.transform(IMAGES).shape == (90, 4)
    assert one.n_features_in_ == 3
    assert one.predict_topk(IMAGES[:2], 2).shape == (2, 2)


def test_a_module_that_is_passed_stays_as_it_is():
    torch.manual_seed(0)
    backbone = Maps()
    before = backbone.layer.weight.detach().clone()
    one = model(backbone, max_iter=1).fit(IMAGES, TAGS)
    assert torch.equal(backbone.layer.weight, before)
    learnt = one.net_.module_.photos.backbone.layer.weight.detach()
    assert not torch.equal(learnt, before)
    assert (learnt - before).abs().max() < 0.3  # it began with the weights passed


def test_bytes_floats_and_the_order_of_axes():
    one = model(max_iter=3).fit(IMAGES, TAGS)
    vectors = one.transform(IMAGES)
    for same in (
        IMAGES / 255,
        (IMAGES / 255).astype(np.float32),
        np.moveaxis(IMAGES, 1, 3),
    ):
        np.testing.assert_allclose(one.transform(same), vectors, atol=1e-5)
    alone = np.concatenate([one.transform(image[None]) for image in IMAGES[:4]])
    np.testing.assert_allclose(alone, vectors[:4], atol=1e-5)


def test_pickles():
    one = model(max_iter=1).fit(IMAGES, TAGS)
    twin = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(twin.transform(IMAGES), one.transform(IMAGES))


def test_round_trip_with_the_code_of_the_backbone(tmp_path):
    one = model(max_iter=2).fit(IMAGES, TAGS)
    one.save_pretrained(tmp_path)
    for backbone in (Maps, Maps()):
        twin = HashtagEmbedding.from_pretrained(tmp_path, backbone=backbone)
        np.testing.assert_array_equal(twin.transform(IMAGES), one.transform(IMAGES))
    with pytest.raises(ValueError, match="without the code of its backbone"):
        HashtagEmbedding.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="shape"):
        HashtagEmbedding.from_pretrained(tmp_path, backbone=lambda: Maps(5))


def test_tower_probes_without_moving_the_statistics_of_batches():
    backbone = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))
    tower = PhotoTower((3, 4, 4), 2, backbone=backbone)
    assert int(tower.backbone[1].num_batches_tracked) == 0
    assert tower.backbone.training


@pytest.mark.parametrize(
    ("images", "backbone", "message"),
    [
        (IMAGES[0], Maps, "got shape"),
        (IMAGES.reshape(90, -1), Maps, "batch of images"),
        (np.zeros((90, 7, 6, 5)), Maps, "1, 3 or 4 channels"),
        (IMAGES, nn.Flatten(0), r"of shape \(90,\)"),
        (IMAGES, lambda: nn.Flatten(0), r"of shape \(90,\)"),
    ],
)
def test_bad_images_and_backbones(images, backbone, message):
    with pytest.raises(ValueError, match=message):
        model(backbone).fit(images, TAGS[: len(images)])


def test_bad_backbones():
    with pytest.raises(TypeError, match="it made a int"):
        model(lambda: 3).fit(IMAGES, TAGS)
    one = model(max_iter=1).fit(IMAGES, TAGS)
    with pytest.raises(ValueError, match="images with 1 channels, but fit had"):
        one.transform(IMAGES[:, :1])
