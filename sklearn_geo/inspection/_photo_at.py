# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One photo, said to be taken here and there: the rows a ranker reads."""

import numpy as np
from scipy import sparse

from sklearn_geo._answers import final
from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse, location_positions, reject_unread

# A sparse row of more than these is laid out by nobody.
_MOST_COLUMNS = 10_000_000


def photo_at(ranker, photo, places, location):
    """Make a row of X of each place, the same photo in all of them.

    Parameters
    ----------
    ranker : estimator
        Who will read the rows. It knows how many columns there are, and which two are
        the place.

    photo : array-like of shape (n_features,) or data frame of one row
        A row of X, whose place does not matter; or an array without the place.

    places : ndarray of shape (n_places, 2)
        The places.

    location : pair of int or str, or None
        The columns of latitude and longitude. None takes what the ranker says.

    Returns
    -------
    X : ndarray or data frame of shape (n_places, n_features)
        The rows.

    pair : tuple of int
        Positions of the columns of the place.
    """
    if location is None:
        location = getattr(final(ranker), "location", (0, 1))
    reject_unread(photo, "photo")
    reject_masked(photo, "photo")
    check_sparse(photo, "photo")
    if hasattr(photo, "columns"):
        if len(photo) != 1:
            raise ValueError(
                f"photo must be one row of X; got {len(photo)}. Select one, such as "
                "X.iloc[[0]]."
            )
        names = [str(column) for column in photo.columns]
        pair = tuple(location_positions(location, names, len(names)))
        return _repeat(photo, places, pair), pair
    if sparse.issparse(photo) and photo.shape[-1] > _MOST_COLUMNS:
        raise ValueError(
            f"photo must be one row of X; got a sparse array of shape {photo.shape}."
        )
    with naming("photo"):
        row = photo.toarray() if hasattr(photo, "toarray") else photo
    row = read_numbers(row, "photo")
    if row.size == 0 or row.ndim > 2 or (row.ndim == 2 and len(row) != 1):
        raise ValueError(
            f"photo must be one row of X; got shape {row.shape}. Select one, such as "
            "X[0]."
        )
    row = np.ravel(row)
    n_columns = getattr(ranker, "n_features_in_", row.size)
    if row.size not in (n_columns, n_columns - 2):
        raise ValueError(
            f"photo has {row.size} values, and {type(final(ranker)).__name__} reads "
            f"{n_columns} columns, the place among them."
        )
    pair = tuple(location_positions(location, None, n_columns))
    # Places keep their digits where the features have few.
    X = np.empty((len(places), n_columns), dtype=np.float64)
    others = np.setdiff1d(np.arange(n_columns), pair)
    X[:, others] = row if row.size == n_columns - 2 else row[others]
    X[:, pair] = places
    return X, pair


def _repeat(photo, places, pair):
    """Return a row of a frame of each place, of pandas or of polars."""
    rows = np.zeros(len(places), dtype=int)
    columns = [photo.columns[at] for at in pair]
    if not hasattr(photo, "iloc"):
        series = type(photo[columns[0]])
        where = zip(columns, places.T, strict=True)
        return photo[rows].with_columns(*(series(name, axis) for name, axis in where))
    X = photo.iloc[rows].reset_index(drop=True)
    for column, axis in zip(columns, places.T, strict=True):
        X[column] = axis
    return X


def features_of(X, pair):
    """Return the columns of a row that are no place, if they are numbers; or None."""
    table = np.asarray(X)[:1]
    features = np.delete(table, list(pair), axis=1)
    if not features.size or features.dtype.kind not in "biuf":
        return None
    return features[0]
