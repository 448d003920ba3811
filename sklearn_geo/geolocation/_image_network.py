# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Images into features: augmentation, evenly spaced crops, a backbone before heads."""

import math

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import RandomLayer

_AREA = (0.7, 1.0)
_LOG_RATIO = (math.log(3 / 4), math.log(4 / 3))
_TRIES = 10


class AreaCrop(RandomLayer):
    r"""The paper's augmentation: a random area of each image, flipped at random.

    Parameters
    ----------
    size : int
        Height and width of what comes out, in pixels.

    Notes
    -----
    The area covers a share of the image that is uniform in [0.7, 1], and has a ratio of
    width to height whose logarithm is uniform in :math:`[\log 3/4, \log 4/3]`; one that
    does not fit is drawn again. After ten, the largest area with an allowed ratio is
    taken: a panorama has no other, and may then show less than 70 %.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, images):
        """Return an area of each image, of the same size."""
        height, width = images.shape[-2:]
        views = []
        for image in images:
            top, left, high, wide, flip = self.draw(height, width)
            area = image[:, top : top + high, left : left + wide]
            views.append(resized(area.flip(-1) if flip else area, self.size))
        return torch.stack(views)

    def draw(self, height, width):
        """Draw an area: top, left, height, width, and whether it is flipped."""
        own = self.generator("cpu")

        def uniform(low, high):
            return low + (high - low) * torch.rand((), generator=own).item()

        for _ in range(_TRIES):
            area, ratio = uniform(*_AREA), math.exp(uniform(*_LOG_RATIO))
            wide = round(math.sqrt(area * height * width * ratio))
            high = round(math.sqrt(area * height * width / ratio))
            if 0 < wide <= width and 0 < high <= height:
                break
        else:
            low, most = (math.exp(bound) for bound in _LOG_RATIO)
            wide = max(1, min(width, round(height * most)))
            high = max(1, min(height, round(width / low)))
        top = int(uniform(0, height - high + 1))
        left = int(uniform(0, width - wide + 1))
        return top, left, high, wide, uniform(0, 1) < 0.5


class ImageNetwork(nn.Module):
    """A backbone that turns images into features, and heads on them.

    Parameters
    ----------
    backbone : callable
        Makes a module that takes float images (n, channels, height, width), and gives
        features (n, d) or maps of features (n, d, h, w), which are averaged.

    channels : int
        Channels of the images.

    cells : callable
        Makes the network of the heads from the number of features.

    image_size : int
        Height and width that images come to the backbone with.

    augment : bool, default=True
        Show random areas while training.

    frozen : bool, default=False
        Do not train the backbone.

    Attributes
    ----------
    cells : Module
        The heads.

    n_features : int
        Number of features.
    """

    def __init__(
        self, backbone, channels, cells, *, image_size, augment=True, frozen=False
    ):
        super().__init__()
        self.backbone = backbone()
        if not isinstance(self.backbone, nn.Module):
            raise TypeError(
                "backbone must make a torch module; it made a "
                f"{type(self.backbone).__name__}. Pass a function or a class, for "
                "example functools.partial(resnet50, weights=...)."
            )
        self.image_size = image_size
        self.area = AreaCrop(image_size) if augment else None
        self.frozen = frozen
        if frozen:
            self.backbone.requires_grad_(False)
        self.backbone.eval()
        with torch.no_grad():
            self.n_features = self._features(
                torch.zeros(1, channels, image_size, image_size)
            ).shape[1]
        self.cells = cells(self.n_features)
        self.train()

    @property
    def n_outputs(self):
        """Widths of the heads."""
        return self.cells.n_outputs

    def train(self, mode=True):
        """Set the mode; a frozen backbone never trains."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, images):
        """Return the logits of the heads, of one view of each image."""
        images = as_float(images)
        if self.training and self.area is not None:
            views = self.area(images)
        else:
            views = even_crops(images, 1, self.image_size)[:, 0]
        return self.cells(self._features(views))

    def embed(self, images, n_crops=1):
        """Return the features of evenly spaced crops.

        Parameters
        ----------
        images : Tensor of shape (n, channels, height, width)
            Images.

        n_crops : int, default=1
            How many crops.

        Returns
        -------
        Tensor of shape (n, n_crops, n_features)
            The features.
        """
        views = even_crops(as_float(images), n_crops, self.image_size)
        return self._features(views.flatten(0, 1)).unflatten(0, views.shape[:2])

    def _features(self, views):
        features = self.backbone(views)
        if not isinstance(features, torch.Tensor) or features.dim() not in (2, 4):
            got = (
                f"of shape {tuple(features.shape)}"
                if isinstance(features, torch.Tensor)
                else f"that is a {type(features).__name__}"
            )
            raise ValueError(
                "backbone must give features of shape (n, d), or maps (n, d, h, w); "
                f"it gave something {got}. Cut its classification layer off, or wrap "
                "it in a module that picks the features."
            )
        return features.mean(dim=(2, 3)) if features.dim() == 4 else features


class CropNetwork(nn.Module):
    """Heads on features of which each row has several, one a crop.

    While training, one of the crops of a row is taken at random; otherwise the one in
    the middle.

    Parameters
    ----------
    cells : callable
        Makes the network of the heads.
    """

    def __init__(self, cells):
        super().__init__()
        self.cells = cells()
        self.choice = Choice()

    @property
    def n_outputs(self):
        """Widths of the heads."""
        return self.cells.n_outputs

    def forward(self, inputs):
        """Return the logits of the heads."""
        return self.cells(self.choice(inputs))


class Choice(RandomLayer):
    """Takes one of the entries of the second axis of each row."""

    def forward(self, inputs):
        """Return one entry of each row."""
        n_rows, n_crops = inputs.shape[:2]
        if not self.training:
            return inputs[:, n_crops // 2]
        chosen = torch.randint(n_crops, (n_rows,), generator=self.generator("cpu"))
        at = torch.arange(n_rows, device=inputs.device)
        return inputs[at, chosen.to(inputs.device)]


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


def even_crops(images, n_crops, size):
    """Cut square crops, evenly spaced along the longer side (section 3.4).

    Parameters
    ----------
    images : Tensor of shape (n, channels, height, width)
        Images.

    n_crops : int
        How many: one is in the middle, several go from end to end.

    size : int
        Height and width they are scaled to.

    Returns
    -------
    Tensor of shape (n, n_crops, channels, size, size)
        The crops.
    """
    height, width = images.shape[-2:]
    side, room = min(height, width), abs(height - width)
    if n_crops == 1:
        starts = [room // 2]
    else:
        starts = [round(room * k / (n_crops - 1)) for k in range(n_crops)]
    axis = -1 if width >= height else -2
    crops = [resized(images.narrow(axis, start, side), size) for start in starts]
    return torch.stack(crops, dim=1)


def resized(images, size):
    """Scale images to a square, with antialiasing."""
    if images.shape[-2:] == (size, size):
        return images
    batch = images if images.dim() == 4 else images[None]
    scaled = functional.interpolate(
        batch, (size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return scaled if images.dim() == 4 else scaled[0]
