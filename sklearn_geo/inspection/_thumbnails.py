# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small pictures of photos, read where they are drawn; glyphs where there are none."""

from collections.abc import Mapping
from os import PathLike

import numpy as np
from scipy import sparse

from sklearn_geo._missing import is_missing
from sklearn_geo.inspection._glyphs import Glyphs
from sklearn_geo.inspection._text import write
from sklearn_geo.vision._photos import PhotoError, open_picture, read_photo

# Nobody sees more pixels than these on a tile, and figures keep what is drawn.
_MOST_PIXELS = 320


class Thumbnails:
    """What photos look like, by their number.

    Parameters
    ----------
    images : array, sequence or mapping of array, image or path, callable; or None
        An image a photo, or a function that makes one of the number of a photo, or None
        of a photo that has none.

    features : array-like of shape (n_photos, n_features), default=None
        What photos are like, for glyphs.

    subjects : array-like of shape (n_photos,), default=None
        A label a photo, for glyphs.
    """

    def __init__(self, images=None, *, features=None, subjects=None):
        if isinstance(images, (str, PathLike)):
            raise ValueError(
                f"thumbnails must be an image for each photo; got the path {images!r}. "
                "Pass a list of paths, or a function that makes an image of the number "
                "of a photo."
            )
        if sparse.issparse(images):
            raise TypeError(
                f"thumbnails must be an image for each photo; got a {images.format} "
                "array of scipy."
            )
        # A view of memory of more than one dimension does not give its parts.
        self._images = np.asarray(images) if isinstance(images, memoryview) else images
        self._glyphs = Glyphs(features, subjects)

    def draw(self, ax, photo, left, top, *, size, side=1.0):
        """Draw a photo into the square whose upper left corner is given.

        Parameters
        ----------
        ax : matplotlib Axes
            Where y grows downwards.

        photo : int
            Number of the photo.

        left, top : float
            The corner.

        size : float
            Size of text, in points.

        side : float, default=1.0
            Side of the square.

        Returns
        -------
        bounds : tuple of float
            Left, right, top and bottom of what was drawn: images keep their shape.
        """
        image = self._image(photo)
        if image is None:
            self._draw_glyph(ax, photo, left, top, size, side)
            return left, left + side, top, top + side
        height, width = image.shape[:2]
        half_width = 0.5 * side * min(1.0, width / height)
        half_height = 0.5 * side * min(1.0, height / width)
        x, y = left + 0.5 * side, top + 0.5 * side
        bounds = (x - half_width, x + half_width, y - half_height, y + half_height)
        gray = {"cmap": "gray", "vmin": 0, "vmax": 255} if image.ndim == 2 else {}
        ax.imshow(
            image,
            extent=(bounds[0], bounds[1], bounds[3], bounds[2]),
            interpolation="antialiased",
            zorder=2,
            **gray,
        )
        return bounds

    def _image(self, photo):
        """Return the pixels of a photo, uint8, or None."""
        images = self._images
        if images is None:
            return None
        if callable(images):
            value = images(photo)
        elif isinstance(images, Mapping):
            value = images.get(photo)
        else:
            parts = all(hasattr(images, name) for name in ("__getitem__", "__len__"))
            if not parts or getattr(images, "ndim", 1) == 0:
                raise TypeError(
                    f"thumbnails must be an image for each photo; got {images!r:.60}."
                )
            if photo >= len(images):
                raise ValueError(
                    f"thumbnails holds {len(images)} images, and photo {photo} is to "
                    "be drawn. Pass one for each photo of the gallery, in its order."
                )
            value = images.iloc[photo] if hasattr(images, "iloc") else images[photo]
        # Columns of text hold NaN where they were given None.
        return None if is_missing(value) else pixels_of(value, photo)

    def _draw_glyph(self, ax, photo, left, top, size, side):
        from matplotlib.patches import Polygon, Rectangle

        ground = Rectangle((left, top), side, side, facecolor="0.965", lw=0, zorder=1)
        ax.add_patch(ground)
        x, y = left + 0.5 * side, top + 0.5 * side
        text = f"#{photo}"
        if self._glyphs.known:
            self._glyphs.check(photo)
            outline = 0.46 * side * self._glyphs.outline(photo) + (x, y)
            color = self._glyphs.color(photo)
            ax.add_patch(Polygon(outline, facecolor=color, lw=0, zorder=2))
            text = self._glyphs.label(photo)
        if text:
            write(ax, x, y, text, size, width=0.84 * side, lines=2)


def pixels_of(value, photo):
    """Turn an image, whatever it is given as, into an array of uint8 that can be drawn.

    Parameters
    ----------
    value : path, image of Pillow, or array of shape (height, width[, channels])
        The image.

    photo : int
        Number of the photo, for error messages.

    Returns
    -------
    ndarray of uint8, of shape (height, width), or (height, width, 3 or 4)
        At most some hundred pixels along its longer side.
    """
    if isinstance(value, (str, PathLike)):
        try:
            with open_picture(value) as image:
                return _shrink(image)
        except PhotoError as error:
            raise ValueError(
                f"The thumbnail of photo {photo} cannot be read: {error}."
            ) from error
    if hasattr(value, "convert") and hasattr(value, "thumbnail"):
        try:
            return _shrink(value)
        except PhotoError as error:
            raise ValueError(f"The thumbnail of photo {photo}: {error}.") from error
    try:
        pixels = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # a tensor, or a ragged list
        raise ValueError(
            f"The thumbnail of photo {photo} is no array: {error}"
        ) from error
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if not fits or not pixels.size or pixels.dtype.kind not in "biuf":
        channels_first = pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4)
        remedy = " Move the channels last: np.moveaxis(image, 0, -1)."
        raise ValueError(
            f"The thumbnail of photo {photo} must be of shape (height, width) or "
            f"(height, width, 3 or 4); got shape {pixels.shape} and dtype "
            f"{pixels.dtype}.{remedy if channels_first else ''}"
        )
    step = max(1, int(np.ceil(max(pixels.shape[:2]) / (2 * _MOST_PIXELS))))
    pixels = pixels[::step, ::step]
    if pixels.dtype.kind == "b":
        return (pixels * 255).astype(np.uint8)
    if pixels.dtype.kind == "f":
        known = pixels[~np.isnan(pixels)]
        least, most = (known.min(), known.max()) if known.size else (np.nan, np.nan)
        if not (least >= 0.0 and most <= 1.0):
            raise ValueError(
                f"The thumbnail of photo {photo} has numbers from {least:g} to "
                f"{most:g}. Pixels are whole numbers from 0 to 255, or others from 0 "
                "to 1: undo the normalisation of a network's input first."
            )
        return np.round(255.0 * np.nan_to_num(pixels)).astype(np.uint8)
    if pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(
            f"The thumbnail of photo {photo} has numbers from {pixels.min()} to "
            f"{pixels.max()}. Pixels are whole numbers from 0 to 255."
        )
    return pixels.astype(np.uint8)


def _shrink(image):
    """Turn an image of Pillow upright, make it small and read its pixels."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits, of which Pillow would make white
        image = Image.fromarray(read_photo(image))
    clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    image = image.convert("RGBA" if clear else "RGB")
    image.thumbnail((_MOST_PIXELS, _MOST_PIXELS))
    return np.asarray(image)
