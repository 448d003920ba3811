# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Images: the paper's augmentation, crops by hand, backbones trained and frozen."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_geo.geolocation._image_network import (
    AreaCrop,
    Choice,
    ImageNetwork,
    channels_first,
    even_crops,
)
from sklearn_geo.nets import HeadedMLP, draws_from_torch, seed_layers

CELLS = partial(HeadedMLP, n_outputs=[3])


def small_backbone():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())


def network(**settings):
    torch.manual_seed(0)
    settings = {"image_size": 6, **settings}
    return ImageNetwork(small_backbone, 3, CELLS, **settings)


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (50, 50)])
def test_areas_are_the_papers(shape):
    crop = AreaCrop(8)
    seed_layers(crop, 0)
    height, width = shape
    drawn = np.array([crop.draw(height, width) for _ in range(400)])
    top, left, high, wide, flip = drawn.T
    # Rounding to whole pixels moves a side by half a pixel at most.
    share = high * wide / (height * width)
    assert share.min() >= 0.7 - 0.03
    assert share.max() <= 1.0
    ratio = wide / high
    assert ratio.min() >= 3 / 4 - 0.03
    assert ratio.max() <= 4 / 3 + 0.03
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (top + high <= height).all()
    assert (left + wide <= width).all()
    # All of it is used: both ends of the image, both ends of the shares.
    assert (top + high == height).any()
    assert (top == 0).any()
    assert share.min() < 0.75
    # Four standard deviations of a fair coin.
    assert abs(flip.mean() - 0.5) < 4 * 0.5 / 20


def test_a_panorama_gets_the_largest_allowed_area():
    crop = AreaCrop(8)
    drawn = {crop.draw(30, 300)[2:4] for _ in range(20)}
    assert drawn == {(30, 40)}  # 4 to 3, where 70 % cannot be had
    drawn = {crop.draw(300, 30)[2:4] for _ in range(20)}
    assert drawn == {(40, 30)}


def test_areas_are_cut_and_flipped(monkeypatch):
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    crop = AreaCrop(2)
    monkeypatch.setattr(crop, "draw", lambda height, width: (1, 2, 2, 2, False))
    assert crop(image)[0, 0].tolist() == [[6, 7], [10, 11]]
    monkeypatch.setattr(crop, "draw", lambda height, width: (1, 2, 2, 2, True))
    assert crop(image)[0, 0].tolist() == [[7, 6], [11, 10]]


def test_areas_have_numbers_of_their_own():
    images = torch.rand(5, 3, 9, 12)
    crop = AreaCrop(6)
    before = torch.get_rng_state()
    seed_layers(crop, 4)
    first = crop(images)
    assert not torch.equal(crop(images), first)
    seed_layers(crop, 4)
    assert torch.equal(crop(images), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not draws_from_torch(network())


def test_even_crops_by_hand():
    image = torch.arange(10.0).reshape(1, 1, 2, 5)
    crops = even_crops(image, 3, 2)
    assert crops.shape == (1, 3, 1, 2, 2)
    assert crops[0, :, 0, 0].tolist() == [[0, 1], [2, 3], [3, 4]]
    assert even_crops(image, 1, 2)[0, 0, 0, 0].tolist() == [1, 2]  # the middle
    upright = image.transpose(2, 3)
    crops = even_crops(upright, 3, 2)
    assert crops[0, :, 0, :, 0].tolist() == [[0, 1], [2, 3], [3, 4]]
    square = image[..., :2]
    assert torch.equal(even_crops(square, 3, 2)[0, 0], even_crops(square, 3, 2)[0, 2])


def test_scaling_averages():
    checks = torch.tensor([[0.0, 1.0] * 4, [1.0, 0.0] * 4] * 4).reshape(1, 1, 8, 8)
    scaled = even_crops(checks, 1, 2)
    # Antialiased: grey everywhere, where sampling would give black or white.
    np.testing.assert_allclose(scaled.ravel(), 0.5, atol=0.05)


def test_channels():
    assert channels_first((5, 3, 30, 40))
    assert not channels_first((5, 30, 40, 3))
    assert channels_first((5, 1, 30, 3))
    with pytest.raises(ValueError, match="images have 1, 3 or 4 channels"):
        channels_first((5, 7, 30, 40))


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
