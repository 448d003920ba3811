# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The augmentation of the geolocation paper: a random area of each image."""

import math

import torch

from sklearn_geo._numbers import is_real, is_whole
from sklearn_geo.nets import RandomLayer
from sklearn_geo.vision._crops import even_squares, resized

__all__ = ["RandomAreaCrop"]

_TRIES = 10


class RandomAreaCrop(RandomLayer):
    r"""A layer that shows a random area of each image, flipped at random.

    It is the augmentation that [1]_ trains with, as a torch module for networks of your
    own. In eval mode it shows the square in the middle, as :class:`EvenCrops` with one
    crop. `HierarchicalCellClassifier` with a `backbone` has it built in.

    Parameters
    ----------
    size : int, default=224
        Height and width of what comes out, in pixels.

    area : pair of float, default=(0.7, 1.0)
        Least and largest share of the image that an area covers.

    ratio : pair of float, default=(3 / 4, 4 / 3)
        Least and largest ratio of width to height.

    flip : float, default=0.5
        How probably an area is mirrored, left to right.

    See Also
    --------
    EvenCrops : What a network is shown at prediction.
    sklearn_geo.nets.seed_layers : Starts the random numbers of such layers anew.

    Notes
    -----
    The share of the image is uniform in [0.7, 1], and the logarithm of the ratio of
    width to height is uniform in :math:`[\log 3/4, \log 4/3]`; an area that does not
    fit is drawn again. After ten, the largest area with an allowed ratio is taken: a
    panorama has no other, and may then show less than 70 %.

    A layer has random numbers of its own, which start at seed 0: torch's are neither
    used nor moved. :meth:`seed` starts them elsewhere.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018,
       section 4.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.vision import RandomAreaCrop
    >>> crop = RandomAreaCrop(8)
    >>> images = torch.rand(2, 3, 30, 40)
    >>> crop(images).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(self, size=224, *, area=(0.7, 1.0), ratio=(3 / 4, 4 / 3), flip=0.5):
        super().__init__()
        if not (is_whole(size) and size >= 1):
            raise ValueError(f"size={size!r} must be a whole number of at least 1.")
        low, high = _two_numbers(area)
        if not 0.0 < low <= high <= 1.0:
            raise ValueError(
                f"area={area!r} must be two shares of the image, 0 < least <= largest "
                "<= 1."
            )
        narrow, wide = _two_numbers(ratio)
        if not 0.0 < narrow <= wide < math.inf:
            raise ValueError(
                f"ratio={ratio!r} must be two ratios of width to height, "
                "0 < least <= largest, which is finite."
            )
        if not (is_real(flip) and 0.0 <= flip <= 1.0):
            raise ValueError(f"flip={flip!r} must be a probability.")
        self.size, self.flip = size, flip
        self.area = (low, high)
        self.log_ratio = (math.log(narrow), math.log(wide))

    def extra_repr(self):
        """Say what is shown of the layer inside a network's repr.

        Returns
        -------
        str
            The settings.
        """
        ratio = tuple(round(math.exp(bound), 3) for bound in self.log_ratio)
        return f"size={self.size}, area={self.area}, ratio={ratio}, flip={self.flip}"

    def forward(self, images):
        """Return an area of each image, of the same size.

        Parameters
        ----------
        images : Tensor of shape (n, channels, height, width), float
            Images.

        Returns
        -------
        Tensor of shape (n, channels, size, size)
            The areas; in eval mode the squares in the middle.
        """
        if images.dim() != 4:
            raise ValueError(
                f"The images have the shape {tuple(images.shape)}; pass a batch, (n, "
                "channels, height, width). Of a single image pass image[None]."
            )
        if not len(images):
            return images.new_empty((0, images.shape[1], self.size, self.size))
        if not self.training:
            return even_squares(images, 1, self.size, 1.0)[0]
        height, width = images.shape[-2:]
        views = []
        for image in images:
            top, left, high, wide, flip = self.draw(height, width)
            area = image[:, top : top + high, left : left + wide]
            views.append(resized(area.flip(-1) if flip else area, self.size))
        return torch.stack(views)

    def draw(self, height, width):
        """Draw an area.

        Parameters
        ----------
        height, width : int
            Size of the image.

        Returns
        -------
        tuple
            Top, left, height and width of the area, and whether it is flipped.
        """
        own = self.generator("cpu")

        def uniform(low, high):
            return low + (high - low) * torch.rand((), generator=own).item()

        for _ in range(_TRIES):
            area, ratio = uniform(*self.area), math.exp(uniform(*self.log_ratio))
            wide = round(math.sqrt(area * height * width * ratio))
            high = round(math.sqrt(area * height * width / ratio))
            if 0 < wide <= width and 0 < high <= height:
                break
        else:
            low, most = (math.exp(bound) for bound in self.log_ratio)
            wide = max(1, min(width, round(height * most)))
            high = max(1, min(height, round(width / low)))
        top = int(uniform(0, height - high + 1))
        left = int(uniform(0, width - wide + 1))
        return top, left, high, wide, uniform(0, 1) < self.flip


def _two_numbers(pair):
    """Return two numbers; NaN of anything else, which is within no limits."""
    try:
        first, second = pair
    except (TypeError, ValueError):
        return math.nan, math.nan
    return (first, second) if is_real(first) and is_real(second) else (math.nan,) * 2
