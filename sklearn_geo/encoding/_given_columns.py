# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every encoder does with the columns that `inverse_transform` is given."""

import numpy as np
from sklearn.utils.validation import check_array

from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._tables import check_sparse


def read_given_columns(estimator, X, *, accept_sparse=False):
    """Return columns that an encoder is to turn back, if they are numbers.

    Parameters
    ----------
    estimator : estimator
        The encoder whose `inverse_transform` was called.

    X : {array-like, sparse matrix, sparse array} of shape (n_places, n_columns)
        What it was called with.

    accept_sparse : False or str, default=False
        What scikit-learn's `check_array` takes.

    Returns
    -------
    {ndarray, sparse matrix, sparse array} of shape (n_places, n_columns)
        Finite numbers of the type they have.
    """
    check_sparse(X)
    reject_masked(X, "X")
    dtype = getattr(X, "dtype", None)
    if getattr(dtype, "kind", None) in ("T", "V"):  # scikit-learn knows neither
        raise TypeError(f"X has the dtype {dtype}, not numbers.")
    with naming("X"):
        if isinstance(X, (list, tuple)):  # of which it makes no numbers of objects
            X = np.asarray(X)
        X = check_array(
            X, accept_sparse=accept_sparse, estimator=estimator, input_name="X"
        )
    if X.dtype.kind not in "biuf":
        raise TypeError(f"X has the dtype {X.dtype}, not numbers.")
    return X
