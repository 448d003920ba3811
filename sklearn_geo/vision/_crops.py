# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors of images: bytes to floats, square crops, scaling with antialiasing."""

import torch
from torch.nn import functional

__all__ = ["as_float", "channels_first", "even_crops", "even_squares", "resized"]


def as_float(images):
    """Return images as floats, bytes divided by 255."""
    if images.dtype == torch.uint8:
        return images.float().div_(255.0)
    return images.float()


def channels_first(shape):
    """Say whether images of a shape have their channels before height and width.

    Parameters
    ----------
    shape : tuple of int
        Shape of a batch of images: (n, channels, height, width) as torch has it, or
        (n, height, width, channels) as files have it.

    Returns
    -------
    bool
        True for the first. Channels are 1, 3 or 4; where both could be, they are first.
    """
    first, last = shape[1] in (1, 3, 4), shape[3] in (1, 3, 4)
    if not first and not last:
        raise ValueError(
            f"X has the shape {tuple(shape)}; images have 1, 3 or 4 channels, as "
            "(n, channels, height, width) or (n, height, width, channels)."
        )
    return first


def even_crops(images, n_crops, size, scale=1.0):
    """Cut square crops, evenly spaced along the longer side.

    This is how images are shown at prediction in section 3.4 of the paper on
    hierarchical geolocation (Müller-Budack et al., ECCV 2018).

    Parameters
    ----------
    images : Tensor of shape (n, channels, height, width)
        Images.

    n_crops : int
        How many: one is in the middle, several go from end to end.

    size : int
        Height and width they are scaled to.

    scale : float, default=1.0
        Side of the crops, as a share of the shorter side of the image. Across that
        side they are in the middle.

    Returns
    -------
    Tensor of shape (n, n_crops, channels, size, size)
        The crops.
    """
    return torch.stack(even_squares(images, n_crops, size, scale), dim=1)


def even_squares(images, n_crops, size, scale):
    """Return the crops of :func:`even_crops` as a list, one batch a crop."""
    height, width = images.shape[-2:]
    side = max(1, round(min(height, width) * scale))
    room, across = max(height, width) - side, (min(height, width) - side) // 2
    if n_crops == 1:
        starts = [room // 2]
    else:
        starts = [round(room * k / (n_crops - 1)) for k in range(n_crops)]
    axis, other = (-1, -2) if width >= height else (-2, -1)
    images = images.narrow(other, across, side)
    return [resized(images.narrow(axis, start, side), size) for start in starts]


def resized(images, size):
    """Scale images to a square, with antialiasing."""
    if images.shape[-2:] == (size, size):
        return images
    batch = images if images.dim() == 4 else images[None]
    scaled = functional.interpolate(
        batch, (size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return scaled if images.dim() == 4 else scaled[0]
