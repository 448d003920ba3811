# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One photo, from a file, Pillow or an array, as an upright RGB array."""

import io
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sklearn_geo._missing import is_missing

__all__ = ["PhotoError", "is_image", "open_picture", "photo_path", "read_photo"]

_WEB = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ORIENTATION = 0x0112
# Nothing that is a photo is packed as tightly as that.
_PIXELS_A_BYTE = 1000
# Pillow has the pixels of these made by another program, which runs what they say.
_PROGRAMS = ("EPS",)
_ALPHA = ("LA", "PA", "RGBA", "RGBa")
# Modes of Pillow with 16 bits a pixel; it reads older 16-bit PNG files as "I".
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


class PhotoError(ValueError):
    """What is wrong with one photo; who reads many adds the row."""


def read_photo(photo, *, root=None):
    """Read a photo as an RGB array, the right way up.

    Greyscale, palette, CMYK and 16-bit files become RGB; what is transparent is put on
    white. The orientation that a camera wrote into the file (EXIF) is honoured, so that
    people stand on their feet. Of an animation it is the first picture.

    Parameters
    ----------
    photo : str, path, PIL image or array
        Name of a file, an image of Pillow, or pixels: (height, width) or (height,
        width, channels) with 1, 3 or 4 channels, or a tensor with channels first.
        Integers go from 0 to 255, floats from 0 to 1.

    root : str, path or None, default=None
        Folder that names of files are relative to.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Of uint8, or of float32 if `photo` holds floats.

    Raises
    ------
    ValueError
        If it cannot be read. The message says what is wrong.

    See Also
    --------
    EvenCrops : Squares of photos.
    PosteriorTransformer : What a network says of photos.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.vision import read_photo
    >>> grey = np.array([[0, 255]], dtype=np.uint8)
    >>> read_photo(grey).tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    """
    if is_missing(photo):
        raise PhotoError("the photo is missing")
    if isinstance(photo, (str, os.PathLike)):
        return _from_file(photo_path(photo, root))
    if not is_image(photo):
        return _from_array(photo)
    try:
        return _from_pillow(photo)
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # the file that it was opened from may be damaged
        raise PhotoError(f"the image cannot be read: {_why(error)}") from error


def photo_path(name, root=None):
    """Return where the file of a photo is; a PhotoError if it is no file."""
    text = os.fspath(name)
    if not isinstance(text, str):
        text = os.fsdecode(text)
    if _WEB.match(text):
        raise PhotoError(
            f"{text} is an address on the web. Nothing is downloaded: save the photo "
            "first, and pass the name of the file"
        )
    path = Path(text) if root is None else Path(root) / text
    try:
        there = path.is_file()
    except OSError as error:  # too long for the file system, say
        raise PhotoError(
            f"{text[:60]!r} is no name of a file: {error.strerror}"
        ) from error
    if not there:
        what = "is a folder" if path.is_dir() else "does not exist"
        if not text:
            what = "has no name"
        raise PhotoError(f"the file {str(path)!r} {what}")
    return path


def is_image(value):
    """Say whether a value is an image of Pillow, without importing it."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def _from_file(path):
    with open_picture(path) as image:
        return _from_pillow(image)


@contextmanager
def open_picture(path):
    """Open a file with Pillow; whatever is wrong with it becomes a PhotoError.

    Parameters
    ----------
    path : path
        The file, which anybody may have made.

    Yields
    ------
    PIL image
        The picture, of which only the head is read yet.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Reading photos from files needs Pillow: pip install 'sklearn-geo[vision]'"
        ) from error
    try:
        with _PictureFile(io.FileIO(path)) as file, Image.open(file) as image:
            if image.format in _PROGRAMS:
                raise PhotoError(
                    f"it is a program in {image.format}, which is not run. Convert it "
                    "to PNG or JPEG first"
                )
            _check_pixels(image, os.fstat(file.fileno()).st_size)
            yield image
    except PhotoError as error:
        raise PhotoError(f"{str(path)!r}: {error}") from error
    except MemoryError:
        raise
    except Exception as error:
        # Decoders of damaged files raise errors of any kind, syntax errors among them.
        why = _why(error)
        raise PhotoError(f"the file {str(path)!r} cannot be read: {why}") from error


def _why(error):
    return str(error).rstrip(".") or type(error).__name__


def _check_pixels(image, n_bytes):
    """Refuse a small file that says it is so large that Pillow warns of it."""
    from PIL import Image

    n_pixels = image.width * image.height
    most = Image.MAX_IMAGE_PIXELS
    if most is not None and n_pixels > max(most, _PIXELS_A_BYTE * n_bytes):
        raise PhotoError(
            f"it says that it has {image.width} x {image.height} pixels, but has only "
            f"{n_bytes} bytes"
        )


class _PictureFile(io.BufferedReader):
    """A file that makes room for what is in it, not for what somebody asks.

    Lengths that a damaged file gives would take gigabytes, and run out of memory,
    before it is seen that so much is not there.
    """

    def read(self, size=-1, /):
        """Read at most `size` bytes, and no more than are left."""
        left = os.fstat(self.fileno()).st_size - self.tell()
        return super().read(max(0, left) if size is None or size > left else size)

    def __repr__(self):
        return repr(self.raw.name)  # which Pillow shows people


def _from_pillow(image):
    from PIL import ImageOps

    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged block says nothing about which side is up
        orientation = 1
    if orientation in range(2, 9):  # Pillow copies what it need not turn
        image = ImageOps.exif_transpose(image)
    if image.mode in _DEEP:
        deep = np.asarray(image).astype(np.int64)
        if deep.min(initial=0) < 0 or deep.max(initial=0) > 65535:
            raise PhotoError(
                "the photo has pixels of more than 16 bits. Pass an array of floats "
                "between 0 and 1"
            )
        clear = image.info.get("transparency")
        if clear is not None:
            deep[deep == clear] = 65535  # white
        return _from_array(((deep + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise PhotoError(
            "the photo has pixels of floats, and does not say of which range. Pass an "
            "array of floats between 0 and 1"
        )
    if image.mode == "La":  # which Pillow makes nothing else of
        image = image.convert("LA")
    if image.mode in _ALPHA or "transparency" in image.info:
        return _from_array(np.array(image.convert("RGBA")))
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _from_array(photo):
    if np.ma.is_masked(photo):
        raise PhotoError(
            "pixels of it are masked. Fill them first, for example with "
            "photo.filled(255)"
        )
    if isinstance(photo, (bytes, bytearray)) or not hasattr(photo, "__len__"):
        raise PhotoError(
            f"a {type(photo).__name__} is no photo: pass the name of a file, an image "
            "of Pillow, or an array of pixels"
        )
    try:
        pixels = np.asarray(photo)
    except (TypeError, ValueError, RuntimeError) as error:  # such as tensors
        raise PhotoError(
            f"the photo has pixels that cannot be read: {error}"
        ) from error
    shape = pixels.shape
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    elif pixels.ndim == 3 and shape[2] not in (1, 3, 4) and shape[0] in (1, 3, 4):
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise PhotoError(
            f"its shape is {shape}. A photo is (height, width) or (height, width, "
            "channels), with 1, 3 or 4 channels"
        )
    pixels = _in_range(pixels)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return _on_white(pixels) if pixels.shape[2] == 4 else pixels


def _in_range(pixels):
    """Return bytes as they are, other integers as bytes, and floats as float32."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "iuf":
        raise PhotoError(
            f"the photo has pixels of type {pixels.dtype}. Pass integers between 0 and "
            "255, or floats between 0 and 1"
        )
    floats = pixels.dtype.kind == "f"
    low, high = pixels.min(), pixels.max()
    most = 1.0 if floats else 255
    # NaN fails these comparisons too.
    if not (low >= 0 and high <= most):
        worst = high if not high <= most else low
        advice = (
            "Floats go from 0 to 1: divide by 255, or convert to np.uint8"
            if floats
            else "Integers go from 0 to 255"
        )
        raise PhotoError(f"it has a pixel of {worst:g}. {advice}")
    return pixels.astype(np.float32 if floats else np.uint8, copy=False)


def _on_white(pixels):
    """Put pixels with a fourth channel, how opaque they are, on white paper."""
    most = 255.0 if pixels.dtype == np.uint8 else 1.0
    colors, opaque = pixels[..., :3], pixels[..., 3:]
    if (opaque == most).all():
        return np.ascontiguousarray(colors)
    share = opaque.astype(np.float32) / np.float32(most)
    mixed = colors * share + np.float32(most) * (1 - share)
    return np.rint(mixed).astype(np.uint8) if most == 255.0 else mixed
