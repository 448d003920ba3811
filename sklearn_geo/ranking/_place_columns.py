# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places in two columns of a table whose other columns may hold anything."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import validate_data

from sklearn_geo._numbers import naming
from sklearn_geo._tables import (
    column_names,
    in_memory,
    location_positions,
    points_to_frame,
    reject_columns_of_text,
    reject_counted,
    reject_what_is_no_table,
    sparse_columns,
)

__all__ = ["PlaceColumns"]


class PlaceColumns:
    """For estimators that read places, by `location`, and pass the rest over or on.

    Other columns may be text, have missing values, or be a memory map that is never
    read.
    """

    _location_constraint: dict = {"location": ["array-like", StrOptions({"auto"})]}

    def _open(self, X, *, reset):
        """Check the columns of a table, whose values may be of any kind."""
        if self._reads_places(reset):
            reject_counted(X, self.location, points_first=True)
        X = points_to_frame(in_memory(X))
        reject_what_is_no_table(X, "X", pair_only=False)
        if sparse.issparse(X):
            X = X.tocsr()
        elif isinstance(X, list) or not hasattr(X, "columns"):
            text = isinstance(X, list) and _has_text(X)
            with naming("X"):
                X = np.asanyarray(X, dtype=object if text else None)
        if len(X.shape) != 2:
            raise ValueError(
                f"Found array with dim {len(X.shape)}: X has the shape {X.shape}, but "
                "it must be a table, with a row a photo."
            )
        validate_data(self, X, reset=reset, skip_check_array=True)
        for size, what in zip(X.shape, ("sample(s)", "feature(s)"), strict=True):
            if size == 0:
                raise ValueError(
                    f"Found array with 0 {what} (shape={X.shape}) while a minimum of 1 "
                    "is required."
                )
        return X

    def _reads_places(self, reset):
        """Say whether `location` counts, in `fit` or afterwards."""
        return True

    def _places_of(self, X):
        """Return the places in an open table."""
        names = column_names(X)
        pair = list(location_positions(self.location, names, X.shape[1]))
        if sparse.issparse(X):
            table = sparse_columns(X, pair)
        else:
            table = X.iloc[:, pair] if hasattr(X, "iloc") else X[:, pair]
        reject_columns_of_text(table, "X")
        with naming("X"):
            matrix = check_array(
                table, dtype=np.float64, ensure_all_finite=False, input_name="X"
            )
        return self._to_places(matrix, names and [names[i] for i in pair])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _has_text(rows):
    return any(isinstance(value, str) for row in rows for value in row)
