# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Images into features: a backbone before heads, and heads on features of crops."""

import torch
from torch import nn

from sklearn_geo.nets import RandomLayer
from sklearn_geo.vision import RandomAreaCrop
from sklearn_geo.vision._crops import as_float, even_crops


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
        self.area = RandomAreaCrop(image_size) if augment else None
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
