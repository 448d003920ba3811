# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Images: backbones trained and frozen, heads on crops."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_geo.geolocation._image_network import Choice, ImageNetwork
from sklearn_geo.nets import HeadedMLP, draws_from_torch, seed_layers

CELLS = partial(HeadedMLP, n_outputs=[3])


def small_backbone():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())


def network(**settings):
    torch.manual_seed(0)
    settings = {"image_size": 6, **settings}
    return ImageNetwork(small_backbone, 3, CELLS, **settings)


def test_its_areas_have_numbers_of_their_own():
    assert not draws_from_torch(network())


def test_features_are_the_backbones():
    made = network(augment=False)
    images = torch.rand(2, 3, 6, 6)
    made.eval()
    maps = made.backbone(images)
    torch.testing.assert_close(made.embed(images)[:, 0], maps.mean(dim=(2, 3)))
    torch.testing.assert_close(made(images)[0], made.cells(maps.mean(dim=(2, 3)))[0])
    assert made.n_features == 4
    assert made.n_outputs == (3,)
    bytes_ = (images * 255).round().to(torch.uint8)
    torch.testing.assert_close(
        made.embed(bytes_), made.embed(bytes_.float() / 255), rtol=0, atol=1e-6
    )


def test_training_sees_areas_and_evaluation_the_middle():
    made = network()
    images = torch.rand(2, 3, 8, 10)
    made.train()
    assert not torch.equal(made(images)[0], made(images)[0])
    made.eval()
    assert torch.equal(made(images)[0], made(images)[0])
    assert made.train().training


def test_a_frozen_backbone_stays_as_it_is():
    made = network(frozen=True)
    before = {name: w.clone() for name, w in made.backbone.state_dict().items()}
    made.train()
    loss = made(torch.rand(4, 3, 8, 8))[0].square().sum()
    loss.backward()
    assert all(weight.grad is None for weight in made.backbone.parameters())
    assert made.cells.heads.weight.grad is not None
    for name, weight in made.backbone.state_dict().items():
        assert torch.equal(weight, before[name])  # the running means as well


class Tokens(nn.Module):
    def forward(self, images):
        return images.flatten(1)[:, None]


class Answer(nn.Module):
    def forward(self, images):
        return {"features": images}


def test_backbones_say_what_is_wrong():
    make = partial(ImageNetwork, channels=3, cells=CELLS, image_size=4)
    with pytest.raises(ValueError, match=r"something of shape \(1, 1, 48\)"):
        make(Tokens)
    with pytest.raises(ValueError, match="something that is a dict"):
        make(Answer)
    with pytest.raises(TypeError, match="it made a int"):
        make(lambda: 3)


def test_choice_takes_any_crop_while_training():
    rows = torch.arange(3.0)[None, :, None].expand(300, 3, 1)
    choice = Choice()
    seed_layers(choice, 0)
    counts = np.bincount(choice(rows).ravel().long(), minlength=3)
    assert counts.min() > 60  # 100 each, give or take five standard deviations
    assert (choice.eval()(rows) == 1).all()
