# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What two geolocators say of one user's photos, whatever columns each reads."""

from inspect import signature

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from sklearn_geo._answers import final
from sklearn_geo._missing import is_missing
from sklearn_geo._tables import check_sparse
from sklearn_geo.inspection._moments import check_one_each, read_users


def rows_of_user(groups, group, n_photos):
    """Return the rows of one user, and who that is.

    Parameters
    ----------
    groups : array-like of shape (n_photos,) or None
        Whose photos these are; None is one user.

    group : object
        The user; None is the one with the most photos.

    n_photos : int
        How many photos there are.

    Returns
    -------
    rows : ndarray of int
        The photos of the user.

    user : object
        Who that is, None without groups.
    """
    if groups is None:
        if group is not None:
            raise ValueError(
                f"group={group!r}, but nobody says whose photos these are. Pass groups."
            )
        return np.arange(n_photos), None
    users = read_users(groups, n_photos)
    found, counts = np.unique(users, return_counts=True)
    if group is None:
        group = _plain(found[counts.argmax()])
    rows = _rows_of(users, group)
    if not len(rows):
        some = ", ".join(repr(_plain(one)) for one in found[np.argsort(-counts)][:5])
        raise ValueError(
            f"group={group!r} has no photo. Those with the most photos are {some}."
        )
    return rows, group


def _rows_of(users, group):
    """Return the rows of one user; none of what cannot be one."""
    several = hasattr(group, "__len__") and not isinstance(group, str | bytes)
    if several or is_missing(group):
        return np.arange(0)
    try:
        return np.flatnonzero(users == group)
    except OverflowError:  # an integer beyond those that the array can hold
        return np.arange(0)


def _plain(label):
    """Return a label as Python has it; times stay, which may become bare numbers."""
    if isinstance(label, np.generic) and label.dtype.kind not in "mM":
        return label.item()
    return label


def answers_of_both(before, after, X, *, group, times, groups):
    """Ask two geolocators about the photos of one user.

    Parameters
    ----------
    before, after : estimator
        Fitted.

    X, group, times, groups : as there
        As in :meth:`AlbumPathDisplay.from_estimators`.

    Returns
    -------
    rows : ndarray of int
        The photos of the user.

    user : object
        Who that is, None if nobody says.

    answers : list of array-like of shape (n_rows, 2)
        Of both.

    times : array-like of shape (n_rows,) or None
        When the photos were posted; in UTC if `after` has read them.
    """
    reader = getattr(after, "best_estimator_", after)
    joined = hasattr(reader, "_takes_photos")
    labels = _column(X, reader, "groups") if groups is None and joined else groups
    n_photos = _num_samples(X)
    rows, user = rows_of_user(labels, group, n_photos)
    if times is not None:
        check_one_each(times, n_photos, "times")
    check_sparse(X)
    X = X.tocsr() if sparse.issparse(X) else X  # rows can be chosen of it
    if not hasattr(X, "__getitem__") and not np.ndim(np.asarray(X)):
        raise TypeError(f"X must hold one row a photo; got {X!r:.60}, which has none.")
    X, times, groups = (
        None if values is None else _safe_indexing(values, rows)
        for values in (X, times, groups)
    )
    beside = {"times": times, "groups": groups}
    beside = {name: one for name, one in beside.items() if one is not None}
    if not joined:
        answers = [_ask(model, X, beside) for model in (before, after)]
        return rows, user, answers, times
    from sklearn_geo.geolocation._photo_columns import Given

    photos = reader._read_features(Given(X, times, groups))
    given = photos.given()
    inside, more = getattr(before, "best_estimator_", before), {}
    if hasattr(inside, "_takes_photos"):
        more = {"times": given.times, "groups": given.groups}
    first = before.predict(_readable(inside, X, photos.X), **more)
    return rows, user, [first, after.predict(X, **beside)], photos.times


def _ask(model, X, beside):
    """Ask an estimator, and tell it what it reads of what stands beside X."""
    reads = signature(final(model).predict).parameters
    return model.predict(
        X, **{name: one for name, one in beside.items() if name in reads}
    )


def _column(X, reader, name):
    """Return the column of X that an estimator takes for times or groups, or None."""
    column = getattr(reader, name, None)
    if column is None:
        return None
    try:
        values = _safe_indexing(X, column, axis=1)
    except (IndexError, KeyError, ValueError):
        return None  # the estimator says what is wrong with X
    return np.ravel(values.toarray()) if hasattr(values, "toarray") else values


def _readable(model, X, features):
    """Return the columns that an estimator has seen in `fit`."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None and hasattr(X, "columns") and set(names) <= set(X.columns):
        return X[list(names)]
    shape = np.shape(X)
    if len(shape) == 2 and getattr(model, "n_features_in_", -1) == shape[1]:
        return X
    return features
