# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The paper's augmentation."""

import numpy as np
import pytest
import torch

from sklearn_geo.nets import draws_from_torch, seed_layers
from sklearn_geo.vision import RandomAreaCrop


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (50, 50)])
def test_areas_are_the_papers(shape):
    crop = RandomAreaCrop(8)
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
    crop = RandomAreaCrop(8)
    drawn = {crop.draw(30, 300)[2:4] for _ in range(20)}
    assert drawn == {(30, 40)}  # 4 to 3, where 70 % cannot be had
    drawn = {crop.draw(300, 30)[2:4] for _ in range(20)}
    assert drawn == {(40, 30)}


def test_areas_are_cut_and_flipped(monkeypatch):
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    crop = RandomAreaCrop(2)
    monkeypatch.setattr(crop, "draw", lambda height, width: (1, 2, 2, 2, False))
    assert crop(image)[0, 0].tolist() == [[6, 7], [10, 11]]
    monkeypatch.setattr(crop, "draw", lambda height, width: (1, 2, 2, 2, True))
    assert crop(image)[0, 0].tolist() == [[7, 6], [11, 10]]


def test_in_eval_mode_it_shows_the_middle():
    images = torch.arange(2 * 3 * 4 * 7.0).reshape(2, 3, 4, 7)
    crop = RandomAreaCrop(4).eval()
    assert torch.equal(crop(images), images[..., 1:5])
    assert torch.equal(crop(images.mT), images[..., 1:5].mT)


def test_a_single_image_is_told():
    with pytest.raises(ValueError, match=r"shape \(3, 9, 12\); pass a batch"):
        RandomAreaCrop(6)(torch.rand(3, 9, 12))


def test_areas_have_numbers_of_their_own():
    images = torch.rand(5, 3, 9, 12)
    crop = RandomAreaCrop(6)
    before = torch.get_rng_state()
    seed_layers(crop, 4)
    first = crop(images)
    assert not torch.equal(crop(images), first)
    seed_layers(crop, 4)
    assert torch.equal(crop(images), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not draws_from_torch(crop)


def test_other_areas():
    crop = RandomAreaCrop(8, area=(0.25, 0.25), ratio=(1, 1), flip=0)
    seed_layers(crop, 0)
    drawn = [crop.draw(40, 40) for _ in range(50)]
    assert {area[2:] for area in drawn} == {(20, 20, False)}
    # Anywhere: twenty-one rows to begin in, of which fifty draws hit many.
    assert len({area[0] for area in drawn}) > 10
    assert "area=(0.25, 0.25), ratio=(1.0, 1.0), flip=0" in repr(crop)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"area": (0.9, 0.7)}, "two shares of the image"),
        ({"area": (0.0, 1.0)}, "two shares of the image"),
        ({"ratio": (2, 1)}, "two ratios of width to height"),
        ({"area": 0.7}, "area=0.7 must be two shares of the image"),
        ({"area": (0.7,)}, "two shares of the image"),
        ({"area": ("0.7", 1.0)}, "two shares of the image"),
        ({"ratio": (1.0, float("inf"))}, "two ratios of width to height"),
        ({"ratio": None}, "two ratios of width to height"),
        ({"flip": 1.5}, "must be a probability"),
        ({"flip": None}, "must be a probability"),
        ({"size": 0}, "size=0 must be a whole number of at least 1"),
        ({"size": 8.5}, "size=8.5 must be a whole number"),
        ({"size": "8"}, "size='8' must be a whole number"),
        ({"size": True}, "size=True must be a whole number"),
    ],
)
def test_settings_that_make_no_sense(settings, words):
    with pytest.raises(ValueError, match=words):
        RandomAreaCrop(**{"size": 8, **settings})


@pytest.mark.parametrize("train", [True, False])
def test_no_images_have_no_areas(train):
    crop = RandomAreaCrop(np.int64(5)).train(train)
    found = crop(torch.zeros((0, 3, 9, 12), dtype=torch.float16))
    assert found.shape == (0, 3, 5, 5)
    assert found.dtype == torch.float16
