# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What X may be: a table, features of several crops a row, or a batch of images."""

from functools import partial

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from sklearn_geo._numbers import check_float32, naming, reject_masked
from sklearn_geo._tables import check_sparse
from sklearn_geo.geolocation._image_network import CropNetwork, ImageNetwork
from sklearn_geo.vision._crops import channels_first

_FLOATS = [np.float64, np.float32]


def read_inputs(estimator, X, *, reset):
    """Validate X and return it, without a copy if that can be.

    Parameters
    ----------
    estimator : HierarchicalCellClassifier
        Whose X it is. `fit` sets `n_features_in_` (of a crop, if there are several a
        row; the channels of images).

    X : {array-like, sparse matrix} of shape (n_rows, n_features), array of shape \
            (n_rows, n_crops, n_features), or of shape (n_rows, ...) for images
        What to validate.

    reset : bool
        Whether this is `fit`.

    Returns
    -------
    ndarray, memmap or csr matrix
        Images have their channels before height and width.
    """
    reject_masked(X, "X")
    if estimator.backbone is not None:
        return _read_images(estimator, X, reset)
    if getattr(X, "ndim", 2) == 3:
        return _read_crops(estimator, X, reset)
    check_sparse(X)
    with naming("X"):
        X = validate_data(estimator, X, reset=reset, accept_sparse="csr", dtype=_FLOATS)
    check_float32(X)
    return X


def network_for(estimator, X_ndim, cells):
    """Return what makes the network for inputs of a number of dimensions.

    Parameters
    ----------
    estimator : HierarchicalCellClassifier
        With its settings for images.

    X_ndim : {2, 3, 4}
        Dimensions of X in `fit`.

    cells : callable
        Makes the heads from the number of features.

    Returns
    -------
    callable
        Makes a module.
    """
    if X_ndim == 4:
        return partial(
            ImageNetwork,
            estimator.backbone,
            estimator.n_features_in_,
            cells,
            image_size=estimator.image_size,
            augment=estimator.augment,
            frozen=estimator.freeze_backbone,
        )
    cells = partial(cells, estimator.n_features_in_)
    return partial(CropNetwork, cells) if X_ndim == 3 else cells


def cells_of(module):
    """Return the heads of a network, with whatever comes before them left out."""
    return getattr(module, "cells", module)


def _read_crops(estimator, X, reset):
    n_rows, n_crops, n_features = X.shape
    if not n_crops:
        raise ValueError(f"X has the shape {X.shape}: its rows have no crops.")
    flat = validate_data(
        estimator, X.reshape(n_rows * n_crops, n_features), reset=reset, dtype=_FLOATS
    )
    check_float32(flat)
    return flat.reshape(n_rows, n_crops, n_features)


def _read_images(estimator, X, reset):
    X = check_array(X, allow_nd=True, dtype=[np.uint8, *_FLOATS[::-1]], input_name="X")
    if X.ndim != 4:
        raise ValueError(
            f"With a backbone X is a batch of images, of shape (n, channels, height, "
            f"width) or (n, height, width, channels); got shape {X.shape}. Set "
            "backbone=None to learn from features."
        )
    if not channels_first(X.shape):
        X = np.moveaxis(X, 3, 1)
    if reset:
        estimator.n_features_in_ = X.shape[1]
        vars(estimator).pop("feature_names_in_", None)  # of a table, before
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has images with {X.shape[1]} channels, but this classifier was fitted "
            f"with {estimator.n_features_in_}. Convert them first."
        )
    return X
