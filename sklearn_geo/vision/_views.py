# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network is shown of a photo: crops, scaled and normalised."""

import hashlib
import numbers

import numpy as np
import torch

from sklearn_geo._settings import check_settings
from sklearn_geo.vision._even_crops import EvenCrops
from sklearn_geo.vision._photos import PhotoError

__all__ = ["Views", "probe_photo"]

_PICTURE = (300, 400)


class Views:
    """Makes the views of photos.

    Parameters
    ----------
    crops : int, EvenCrops or callable
        How they are cut.

    image_size : int
        Height and width of those of a number of crops.

    mean, std : array-like of shape (3,), float or None
        Subtracted from the channels, and what they are divided by.
    """

    def __init__(self, crops, image_size, mean, std):
        if isinstance(crops, numbers.Integral):
            crops = EvenCrops(int(crops), size=int(image_size))
        if isinstance(crops, EvenCrops):
            check_settings(crops)
        self.crops = crops
        self.mean = _channels(mean, "mean", 0.0)
        self.std = _channels(std, "std", 1.0)
        if not (self.std > 0).all():
            raise ValueError(
                f"std={std!r} must be positive; channels are divided by it."
            )

    def of(self, photo):
        """Return the views of a photo that is read, (n_crops, 3, height, width).

        They are bytes or floats, as the photo is.
        """
        if isinstance(self.crops, EvenCrops):
            return self.crops.tensors(photo)
        try:
            made = self.crops(photo)
        except Exception as error:  # whatever a function of somebody's raises
            raise PhotoError(
                f"crops fails on it with {type(error).__name__}: {error}"
            ) from error
        return _as_images(made)

    def of_a_picture(self, image_size):
        """Return the views of a picture that is always the same."""
        # A function may cut out a part that a small picture does not have.
        whole = (image_size, image_size)
        size = whole if isinstance(self.crops, EvenCrops) else _PICTURE
        return self.of(probe_photo(*size))

    def normalised(self, views):
        """Return views as floats with their channels normalised, on their device."""
        mean, std = self.mean.to(views.device), self.std.to(views.device)
        most = 255.0 if views.dtype == torch.uint8 else 1.0
        # In place: batches are large. They keep the layout that they have.
        floats = views.to(torch.float32, copy=True)
        return floats.mul_(1.0 / (most * std)).sub_(mean / std)

    def described(self):
        """Return what decides the views, in JSON; refuse crops that are random."""
        about = {"mean": self.mean.ravel().tolist(), "std": self.std.ravel().tolist()}
        if isinstance(self.crops, EvenCrops):
            cut = {name: getattr(self.crops, name) for name in ("n_crops", "size")}
            return {**about, "crops": {**cut, "scale": float(self.crops.scale)}}
        # A function has no name to be known by, but what it does with two pictures.
        first, second = (self._digest() for _ in range(2))
        if first != second:
            raise ValueError(
                "crops gives something else each time that it is called, so that what "
                "a network says of it cannot be found again. Use crops that are not "
                "random, or cache=None."
            )
        return {**about, "crops": first}

    def _digest(self):
        digest = hashlib.sha256()
        for shape in (_PICTURE, _PICTURE[::-1]):
            views = self.of(probe_photo(*shape))
            digest.update(repr(tuple(views.shape)).encode())
            digest.update(np.ascontiguousarray(views.numpy()))
        return digest.hexdigest()


def probe_photo(height, width):
    """Return a picture that is always the same: coloured noise on a slope of light."""
    noise = np.random.RandomState(0).randint(0, 128, (height, width, 3))
    slope = np.linspace(0, 127, width).astype(np.int64)[np.newaxis, :, np.newaxis]
    return (noise + slope).astype(np.uint8)


def _channels(values, name, default):
    values = default if values is None else values
    try:
        with np.errstate(over="ignore"):  # refused below
            channels = torch.tensor(np.asarray(values, dtype=np.float32).ravel())
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}={values!r} must be three numbers.") from error
    if len(channels) not in (1, 3) or not channels.isfinite().all():
        raise ValueError(
            f"{name}={values!r} must be three numbers, one each for red, green and "
            "blue between 0 and 1, or None."
        )
    return channels.expand(3).reshape(1, 3, 1, 1).clone()


def _as_images(made):
    """Return what a function made of a photo as a batch of float images."""
    tensor = isinstance(made, torch.Tensor)
    array = made if tensor else torch.tensor(np.array(made))
    array = array[None] if array.dim() == 3 else array
    images = None
    if array.dim() == 4 and len(array):
        first, last = array.shape[1] == 3, array.shape[3] == 3
        if first and (tensor or not last):  # where both could be, as torch has it
            images = array
        elif last:
            images = array.permute(0, 3, 1, 2)
    if images is None:
        raise PhotoError(
            f"crops made something of shape {tuple(array.shape)} of it. It must make "
            "(n_crops, height, width, 3), or one view (height, width, 3)"
        )
    return images if images.dtype == torch.uint8 else images.float()
