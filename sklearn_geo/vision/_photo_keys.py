# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""By what a photo is found again in a cache."""

import os

import numpy as np

from sklearn_geo._missing import is_missing
from sklearn_geo.vision._photos import PhotoError, photo_path, read_photo
from sklearn_geo.vision._row_cache import key_of

__all__ = ["photo_key"]


def photo_key(photo, root, by):
    """Return the key of a photo, and its pixels if they had to be read for that.

    Parameters
    ----------
    photo : str, path, PIL image or array
        The photo.

    root : str, path or None
        Folder that names of files are relative to.

    by : {"stat", "content"}
        Whether a file is known by its path, size and time of change, or by its bytes.
        What is no file is known by its pixels.

    Returns
    -------
    key : bytes
        The key.

    pixels : ndarray or None
        The photo, if it is no file.
    """
    if is_missing(photo) or not isinstance(photo, (str, os.PathLike)):
        pixels = read_photo(photo)
        about = (pixels.shape, pixels.dtype.str)
        return key_of("pixels", *about, np.ascontiguousarray(pixels).data), pixels
    path = photo_path(photo, root)
    try:
        if by == "content":
            return key_of("bytes", path.read_bytes()), None
        found = path.stat()
    except OSError as error:
        raise PhotoError(f"the file {str(path)!r} cannot be read: {error}") from error
    where = os.path.abspath(path)
    return key_of("stat", where, found.st_size, found.st_mtime_ns), None
