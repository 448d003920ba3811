# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos of many rows: what X may be, and how a bad row is named."""

import os

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from sklearn_geo._numbers import naming
from sklearn_geo.vision._crops import channels_first
from sklearn_geo.vision._photos import PhotoError, is_image, read_photo

__all__ = ["SomePhotos", "as_row_error", "photo_rows"]

_WHAT = (
    "a column of names of files, a list of images of Pillow or of arrays, or one array "
    "of shape (n, height, width, channels)"
)


def photo_rows(X, estimator=None, *, reset=False):
    """Read X as a sequence of photos, without reading the photos.

    Parameters
    ----------
    X : array-like
        Names of files, images of Pillow or arrays, one a row; or one array of shape (n,
        height, width, channels) or (n, channels, height, width).

    estimator : estimator or None, default=None
        Who remembers, or compares, what the column of a data frame is called.

    reset : bool, default=False
        Whether to remember.

    Returns
    -------
    sequence
        A photo a row.
    """
    if sparse.issparse(X) or isinstance(X, (str, bytes, os.PathLike)) or is_image(X):
        what = f"{X!r:.60}" if isinstance(X, (str, bytes)) else f"a {type(X).__name__}"
        raise TypeError(
            f"X is {what}, not the photos of several rows. Pass {_WHAT}; of a single "
            "photo, a list of one."
        )
    single = not hasattr(X, "__iter__") or not hasattr(X, "__len__")
    if single or getattr(X, "shape", None) == ():
        raise TypeError(f"X is a {type(X).__name__}. Pass {_WHAT}.")
    if reset and not hasattr(X, "columns"):  # a fit before may have seen a name
        vars(estimator).pop("feature_names_in_", None)
        vars(estimator).pop("n_features_in_", None)
    if hasattr(X, "columns"):
        rows = _only_column(X, estimator, reset)
    elif hasattr(X, "shape") and len(X.shape) > 1:
        rows = _from_array(X)
    else:
        rows = _as_list(X)
    if not len(rows):
        raise ValueError(
            "Found array with 0 sample(s): X is empty, and a minimum of 1 is required."
        )
    return rows


def _as_list(X):
    for to_list in ("to_list", "tolist"):
        if hasattr(X, to_list):
            return getattr(X, to_list)()
    return list(X)


def _only_column(X, estimator, reset):
    if reset or hasattr(estimator, "feature_names_in_"):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    if X.shape[1] != 1:
        who = "PosteriorTransformer" if estimator is None else type(estimator).__name__
        raise ValueError(
            f"X has {X.shape[1]} columns, but photos are one column of names of files. "
            'Select it, for example X[["file"]], or with make_column_transformer('
            f'({who}(...), ["file"])).'
        )
    return _as_list(X[X.columns[0]])


def _from_array(X):
    with naming("X"):
        array = np.asanyarray(X)  # a memory map stays one
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype.kind in "OUT":
        return array[:, 0].tolist()
    if array.ndim == 4:
        return np.moveaxis(array, 1, 3) if channels_first(array.shape) else array
    advice = (
        "Of a single photo pass photo[np.newaxis], and of greyscale photos "
        "photos[..., np.newaxis]."
        if array.ndim == 3
        else f"Pass {_WHAT}."
    )
    raise ValueError(
        f"X has the shape {array.shape}; a batch of images has the shape (n, height, "
        f"width, channels). {advice}"
    )


def as_row_error(error, row):
    """Return an error about a photo that says its row as well."""
    return ValueError(f"X, row {row}: {error}.")


class SomePhotos:
    """Photos of several rows, read one after the other, with bad rows named.

    Parameters
    ----------
    rows : sequence
        What :func:`photo_rows` returned.

    root : str, path or None
        Folder that names of files are relative to.
    """

    def __init__(self, rows, root=None):
        self.rows, self.root = rows, root

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, row):
        try:
            return read_photo(self.rows[row], root=self.root)
        except PhotoError as error:
            raise as_row_error(error, row) from error
