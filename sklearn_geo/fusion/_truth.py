# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Y and the weights of rows whose predictions are scored."""

from sklearn.utils import check_array

from sklearn_geo._entries import summed
from sklearn_geo._labels import check_rows, class_array
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._same_names import same_names
from sklearn_geo._tables import check_sparse, reject_unread
from sklearn_geo._weights import check_weights
from sklearn_geo.fusion._labels import column_texts

__all__ = ["read_truth"]


def read_truth(y, sample_weight, n_rows, names, dtype=None):
    """Return y as an array, and weights of at most 1, whose sum is finite.

    Parameters
    ----------
    y : array-like or sparse matrix
        One row for every row that is predicted.

    sample_weight : array-like of shape (n_rows,) or None
        What rows count.

    n_rows : int
        How many are predicted.

    names : sequence of str or None
        What the columns of y were called in fit, if they had names.

    dtype : type or None, default=None
        What y is to hold; None is whatever it holds.

    Returns
    -------
    y : ndarray or csr matrix
        Without missing values.

    weights : ndarray of shape (n_rows,) or None
        As given, divided by the largest.
    """
    check_sparse(y, "y")
    reject_unread(y, "y")
    reject_masked(y, "y")
    same_names(
        column_texts(y),
        names,
        what="The columns of y",
        remedy="Scores are of the columns of fit.",
    )
    with naming("y"):
        y = check_array(
            class_array(y) if dtype is None else y,
            accept_sparse="csr",
            ensure_2d=False,
            dtype=dtype,
            input_name="y",
        )
    if y.dtype.names:
        raise TypeError(
            f"y is an array of records ({', '.join(y.dtype.names)}). Pass a column of "
            "it, or numpy.lib.recfunctions.structured_to_unstructured(y)."
        )
    y = summed(y)
    check_rows(n_rows, y, "y")
    if sample_weight is None:
        return y, None
    weights = check_weights(sample_weight, y)
    return y, weights / weights.max()
