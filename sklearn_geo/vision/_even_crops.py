# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Square crops of photos, evenly spaced along the longer side."""

import numbers
import os

import numpy as np
import torch
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.base import GeoEstimator
from sklearn_geo.vision._crops import as_float, even_squares
from sklearn_geo.vision._photo_rows import SomePhotos, photo_rows
from sklearn_geo.vision._photos import read_photo

__all__ = ["EvenCrops"]


class EvenCrops(TransformerMixin, GeoEstimator):
    r"""Cut squares out of photos, evenly spaced along the longer side.

    A network reads squares, photos are wider or higher than that, and what tells where
    a photo was taken may be at its edge. Three crops see all of most photos; what the
    network says of them is then averaged, as [1]_ does at prediction.

    It learns nothing, so that it need not be fitted. Called with a single photo, it
    gives its crops.

    Parameters
    ----------
    n_crops : int, default=3
        How many crops: one is in the middle, several go from end to end.

    size : int, default=224
        Height and width that crops are scaled to, in pixels.

    scale : float, default=1.0
        Side of the crops before that, as a share of the shorter side of the photo.
        ``EvenCrops(1, scale=0.875)`` is what many published networks are evaluated
        with: scaled to 256 pixels, of which the 224 in the middle.

    dtype : {"float32", "uint8"}, default="float32"
        Type of the crops: floats between 0 and 1, or bytes, which are rounded and take
        a quarter of the memory.

    root : str, path or None, default=None
        Folder that names of files are relative to.

    See Also
    --------
    PosteriorTransformer : What a network says of crops, averaged.
    RandomAreaCrop : What a network is shown while it is trained.

    Notes
    -----
    In a photo of `h` by `w` pixels a crop has the side
    :math:`a = s \min(h, w)` with `s` the `scale`, and the `k`-th of `K` begins

    .. math:: \frac{k - 1}{K - 1} \left(\max(h, w) - a\right)

    pixels from the end of the longer side, rounded. Crops are scaled with
    antialiasing; those of bytes are rounded to bytes, as Pillow does, also where they
    become floats.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018,
       section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.vision import EvenCrops
    >>> photos = [np.zeros((30, 50, 3), np.uint8), np.ones((40, 20, 3), np.uint8)]
    >>> EvenCrops(3, size=16).transform(photos).shape
    (2, 3, 16, 16, 3)
    >>> EvenCrops(3, size=16)(photos[0]).shape
    (3, 16, 16, 3)
    """

    _parameter_constraints: dict = {
        "n_crops": [Interval(numbers.Integral, 1, None, closed="left")],
        "size": [Interval(numbers.Integral, 1, None, closed="left")],
        "scale": [Interval(numbers.Real, 0, 1, closed="right")],
        "dtype": [StrOptions({"float32", "uint8"})],
        "root": [str, os.PathLike, None],
    }

    def __init__(self, n_crops=3, *, size=224, scale=1.0, dtype="float32", root=None):
        self.n_crops = n_crops
        self.size = size
        self.scale = scale
        self.dtype = dtype
        self.root = root

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Do nothing but check the parameters, and that X can be photos.

        Parameters
        ----------
        X : array-like of shape (n_photos,) or (n_photos, height, width, channels)
            Names of files, images of Pillow or arrays.

        y : None
            Ignored.

        Returns
        -------
        self : EvenCrops
            The same.
        """
        with all_or_nothing(self):
            photo_rows(X, self, reset=True)
        return self

    def transform(self, X):
        """Cut crops out of photos.

        Parameters
        ----------
        X : array-like of shape (n_photos,) or (n_photos, height, width, channels)
            Names of files, images of Pillow or arrays; photos become RGB.

        Returns
        -------
        ndarray of shape (n_photos, n_crops, size, size, 3)
            The crops.
        """
        self._validate_params()
        photos = SomePhotos(photo_rows(X, self), self.root)
        out = np.empty(
            (len(photos), self.n_crops, self.size, self.size, 3), dtype=self.dtype
        )
        for row in range(len(photos)):
            out[row] = self._cut(photos[row])
        return out

    def __call__(self, photo):
        """Cut crops out of one photo.

        Parameters
        ----------
        photo : str, path, PIL image or array
            The photo.

        Returns
        -------
        ndarray of shape (n_crops, size, size, 3)
            The crops.
        """
        self._validate_params()
        return self._cut(read_photo(photo, root=self.root))

    def tensors(self, photo):
        """Cut crops out of a photo that is read, as torch wants them.

        Parameters
        ----------
        photo : ndarray of shape (height, width, 3)
            The photo, see :func:`read_photo`.

        Returns
        -------
        Tensor of shape (n_crops, 3, size, size)
            Bytes, or floats between 0 and 1 if the photo holds floats.
        """
        photo = np.ascontiguousarray(read_photo(photo, root=self.root))
        # torch warns of what it could write to and must not, such as a memory map.
        photo = photo if photo.flags.writeable else photo.copy()
        image = torch.from_numpy(photo).permute(2, 0, 1)[None]
        # Bytes are scaled as bytes, rounded as Pillow does: many times faster.
        crops = torch.cat(even_squares(image, self.n_crops, self.size, self.scale))
        # Sums of floats may end a little beyond what they are means of.
        return crops if crops.dtype == torch.uint8 else crops.clamp(0.0, 1.0)

    def _cut(self, photo):
        crops = self.tensors(photo).permute(0, 2, 3, 1)
        if self.dtype == "float32":
            return as_float(crops).numpy()
        crops = crops.numpy()
        return crops if crops.dtype == np.uint8 else np.rint(crops * 255).astype("u1")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
