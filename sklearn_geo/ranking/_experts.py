# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Models of tags that look at a part of the table: what they read and what they say."""

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils.validation import has_fit_parameter

from sklearn_geo._entries import summed
from sklearn_geo._numbers import read_numbers
from sklearn_geo._seeds import hand_down
from sklearn_geo._tables import column_names, columns_besides, location_positions

__all__ = [
    "columns_of_features",
    "fit_expert",
    "has_location",
    "plain_tags",
    "tag_proba",
    "tag_scores",
    "take_rows",
]


def has_location(model):
    """Tell whether a model reads places out of a wider table by itself."""
    return "location" in _inside(model).get_params(deep=False)


def _inside(model):
    return model.estimator if isinstance(model, FrozenEstimator) else model


def columns_of_features(X, location, place_model=None):
    """Return which columns are neither a place nor name a region.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_columns)
        An open table.

    location : "auto" or pair of str or int
        The columns of the place.

    place_model : estimator, default=None
        Columns that its `regions` name are no features.

    Returns
    -------
    slice or ndarray of int
        Positions; a slice where they are contiguous, so that nothing is copied.
    """
    names = column_names(X)
    pair = location_positions(location, names, X.shape[1])
    regions = None
    if place_model is not None:
        regions = _inside(place_model).get_params(deep=False).get("regions")
    parts = regions if isinstance(regions, (list, tuple, np.ndarray)) else [regions]
    named = {part for part in parts if isinstance(part, str)} & set(names or ())
    if not named:
        return columns_besides(pair, X.shape[1])
    read = [*pair, *(names.index(name) for name in named)]
    return np.setdiff1d(np.arange(X.shape[1]), read)


def take_columns(X, columns):
    """Take some columns of an open table."""
    if hasattr(X, "iloc"):
        return X.iloc[:, columns]
    return X[:, columns]


def take_rows(X, rows):
    """Take some rows of an open table, of places or of an indicator."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def fit_expert(
    model, X, y, *, location, name, seed=None, sample_weight=None, groups=None
):
    """Clone a model and fit it, unless it is frozen.

    Parameters
    ----------
    model : estimator
        What a person passed.

    X : array-like
        The part of the table that it reads.

    y : array-like
        The tags.

    location : "auto" or pair
        What its own `location` is set to, if it has one.

    name : str
        What the parameter is called in error messages.

    seed : int, default=None
        For what has no seed of its own.

    sample_weight, groups : array-like, default=None
        Passed on if there are some. Groups are for those who take them.

    Returns
    -------
    estimator
        The fitted model.
    """
    if isinstance(model, FrozenEstimator):
        return model
    model = hand_down(clone(model), seed)
    if has_location(model):
        model.set_params(location=location)
    params = {}
    if sample_weight is not None:
        if not has_fit_parameter(model, "sample_weight"):
            raise ValueError(
                f"{name}: the fit of {type(model).__name__} takes no sample_weight. "
                "Leave the weights out, or fit it yourself and pass it in a "
                "FrozenEstimator."
            )
        params["sample_weight"] = sample_weight
    if groups is not None and has_fit_parameter(model, "groups"):
        params["groups"] = groups
    with np.errstate(invalid="ignore"):  # of huge numbers that scikit-learn casts
        return model.fit(X, y, **params)


def plain_tags(y):
    """Return tags as models of scikit-learn read them, with rows that can be taken."""
    if sparse.issparse(y):
        return _with_one_entry(y)
    y = y if hasattr(y, "shape") else np.asarray(y)
    if hasattr(y, "iloc") and y.ndim == 2:
        objects = [name for name, dtype in y.dtypes.items() if dtype.kind == "O"]
        return y.astype(dict.fromkeys(objects, np.float64)) if objects else y
    if isinstance(y, np.ndarray) and y.dtype.kind == "O":
        return read_numbers(y, "y")
    if isinstance(y, np.ndarray) and y.dtype.kind in "iuf":
        # Models that make a sparse array of y need numbers that scipy knows.
        dtype = np.float32 if y.dtype == np.float16 else y.dtype.newbyteorder("=")
        y = y.astype(dtype, copy=False)
    return y


def _with_one_entry(y):
    """Return sparse tags with one entry each: 1 where there were several."""
    n_entries = np.count_nonzero(y.tocoo(copy=False).data)
    tags = summed(y.tocsr())
    if tags.nnz < n_entries:  # a copy then
        tags.data[:] = 1
    return tags


def tag_proba(model, X, n_tags, name):
    """Return the distribution over tags that a model gives.

    Parameters
    ----------
    model : estimator
        Fitted, with `predict_proba`: of shape (n_rows, n_tags), or a list of the
        classes' probabilities for each tag, as forests return it.

    X : array-like
        The part of the table that it reads.

    n_tags : int
        How many tags there must be.

    name : str
        What the parameter is called in error messages.

    Returns
    -------
    ndarray of shape (n_rows, n_tags), float64
        Rows sum to 1; rows of which nothing is known are zero.
    """
    proba = _as_columns(model.predict_proba(X), model)
    proba = np.array(proba, dtype=np.float64)
    _check_columns(proba, model, "predict_proba", n_tags, name)
    if not (proba >= 0.0).all():
        raise ValueError(
            f"{name}: predict_proba of {type(_inside(model)).__name__} gives values "
            "that are negative or NaN."
        )
    total = proba.sum(axis=1, keepdims=True)
    return np.divide(proba, total, out=proba, where=total > 0.0)


def tag_scores(model, X, tags, n_tags, name):
    """Return the scores that a model gives some tags.

    Parameters
    ----------
    model : estimator
        Fitted, with `decision_function` or `predict_proba`. Of one model a tag
        (OneVsRestClassifier) only those of the tags are asked.

    X : array-like
        The part of the table that it reads.

    tags : ndarray of int
        Which tags.

    n_tags : int
        How many tags there must be in all.

    name : str
        What the parameter is called in error messages.

    Returns
    -------
    ndarray of shape (n_rows, len(tags))
        Scores, of whatever scale the model has.
    """
    inside = _inside(model)
    if isinstance(inside, OneVsRestClassifier) and len(inside.estimators_) == n_tags:
        return np.column_stack(
            [_scores_of_one(inside.estimators_[tag], X) for tag in tags]
        )
    method = (
        "decision_function" if _can(model, "decision_function") else "predict_proba"
    )
    scores = np.asarray(_as_columns(getattr(model, method)(X), model))
    _check_columns(scores, model, method, n_tags, name)
    return scores[:, tags]


def _can(model, method):
    """Tell whether a model has a method, asking it where that depends."""
    return callable(getattr(model, method, None))


def _scores_of_one(model, X):
    """Return the scores of a model that tells one tag from the rest."""
    if _can(model, "decision_function"):
        return np.ravel(model.decision_function(X))
    return model.predict_proba(X)[:, 1]


def _as_columns(found, model):
    """Make columns of what forests return: a list of arrays, one a tag."""
    if not isinstance(found, list):
        return found
    pairs = zip(found, model.classes_, strict=True)
    return np.column_stack([_of_having(each, classes) for each, classes in pairs])


def _of_having(proba, classes):
    """Return the probability of the class that means that a photo has the tag."""
    having = [k for k, value in enumerate(classes) if value == 1]
    # Nobody has a tag that there is no such class of.
    return proba[:, having[0]] if having else np.zeros(len(proba))


def _check_columns(found, model, method, n_tags, name):
    if found.ndim != 2 or found.shape[1] != n_tags:
        raise ValueError(
            f"{name}: {method} of {type(_inside(model)).__name__} gives the shape "
            f"{found.shape}, but there are {n_tags} tags. It must give one number a "
            "tag, in the order of the columns of y."
        )
