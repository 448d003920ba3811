# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Crops of tensors, by hand."""

import numpy as np
import pytest
import torch

from sklearn_geo.vision._crops import channels_first, even_crops


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


def test_smaller_crops_are_in_the_middle_of_the_shorter_side():
    image = torch.arange(24.0).reshape(1, 1, 4, 6)
    crops = even_crops(image, 3, 2, scale=0.5)
    # Rows 1 and 2 of four; columns begin at 0, 2 and 4.
    assert crops[0, :, 0].tolist() == [
        [[6, 7], [12, 13]],
        [[8, 9], [14, 15]],
        [[10, 11], [16, 17]],
    ]
    upright = even_crops(image.transpose(2, 3), 3, 2, scale=0.5)
    assert torch.equal(upright, crops.transpose(3, 4))
    assert even_crops(image, 1, 2, scale=0.5)[0, 0, 0, 0].tolist() == [8, 9]
    assert even_crops(image, 1, 1, scale=1e-9).shape == (1, 1, 1, 1, 1)
