# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What photos are accepted by: a criterion, and the threshold for a share of them."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from sklearn_geo._answers import confidences, final, innermost
from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo._numbers import read_numbers
from sklearn_geo._seeds import hand_down
from sklearn_geo.geolocation._cross_fit import (
    check_counted,
    comes_fitted,
    fit_wrapped,
    fold_numbers,
    target_of,
    warn_if_seen,
    with_cells_of,
)
from sklearn_geo.geolocation._photo_columns import Given, Photos, read_photos
from sklearn_geo.geolocation._prediction import CellPredictor
from sklearn_geo.nets import whole_trainings

__all__ = [
    "ask_criterion",
    "check_still_found_by",
    "covering",
    "found_by",
    "read_criterion",
    "sure_of",
    "sure_of_held_out",
]


# What a threshold is found by, and must not be changed afterwards.
_OWN = ("criterion", "keep_column", "threshold", "coverage")


def found_by(selective, *, asked):
    """Return the settings that a threshold is found by.

    Parameters
    ----------
    selective : SelectiveGeolocator
        Fitted.

    asked : bool
        Whether the wrapped estimator was asked how sure it is.

    Returns
    -------
    dict
        For :func:`check_still_found_by`.
    """
    inside = getattr(final(selective.estimator_), "_answered_by", dict)
    return {
        "own": made_for({name: getattr(selective, name) for name in _OWN}),
        "inside": made_for(inside()) if asked else {},
    }


def check_still_found_by(selective, *, inside):
    """Refuse settings other than those that the threshold was found by.

    Parameters
    ----------
    selective : SelectiveGeolocator
        Fitted.

    inside : bool
        Whether to look at the wrapped estimator, too.
    """
    # Estimators that were pickled before this was kept have none.
    before = getattr(selective, "_found_by", None)
    if before is None:
        return
    own = {name: getattr(selective, name) for name in _OWN}
    check_made_for(before["own"], own, "Fit again, or set it back.")
    if inside and before["inside"]:
        now = final(selective.estimator_)._answered_by()
        check_made_for(
            {f"estimator__{name}": value for name, value in before["inside"].items()},
            {f"estimator__{name}": value for name, value in now.items()},
            "threshold_ was found with that, and another share of photos would be "
            "accepted: fit again, or set it back.",
        )


def ask_criterion(criterion, X):
    """Call a function that a user passed; if it fails, say what it was given."""
    try:
        return criterion(X)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"criterion(X) failed with {type(error).__name__}: {error}. It is called "
            f"with X as that was passed, a {type(X).__name__}, and returns a number "
            "for each photo."
        ) from error


def read_criterion(values, n_photos, name):
    """Read the criterion of each photo."""
    try:
        values = read_numbers(values, name)
    except TypeError:
        raise TypeError(
            f"{name} holds something else than numbers. A criterion is a number for "
            "each photo, and more is better."
        ) from None
    if values.shape != (n_photos,):
        raise ValueError(
            f"{name} has the shape {values.shape}: a criterion is one number for each "
            f"of {n_photos} photos."
        )
    return values


def covering(values, weights, coverage):
    """Return the threshold from which on a share of photos is accepted.

    Parameters
    ----------
    values : ndarray of shape (n_photos,)
        The criterion; a photo without a number is not accepted.

    weights : ndarray of shape (n_photos,) or None
        What each photo counts.

    coverage : float
        The share, of all photos.

    Returns
    -------
    float
        The largest value from which on at least that share is accepted.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._acceptance import covering
    >>> covering(np.array([0.1, 0.2, 0.3, 0.4]), None, 0.5)
    0.3
    """
    weights = np.ones(len(values)) if weights is None else weights
    order = np.argsort(-values, kind="stable")  # NaN goes last
    share = np.cumsum(weights[order]) / weights.sum()
    at = min(int(np.searchsorted(share, coverage - 1e-9)), len(order) - 1)
    if np.isnan(values[order[at]]):
        known = weights[~np.isnan(values)].sum() / weights.sum()
        raise ValueError(
            f"coverage={coverage:g} cannot be reached: the criterion is NaN for "
            f"{1 - known:.1%} of the photos, which are not accepted. Lower coverage, "
            "or fill in what is missing."
        )
    return float(values[order[at]])


def sure_of(estimator, X, more):
    """Return how sure an estimator is of each photo."""
    model, X = innermost(estimator, X)
    values = confidences(model, X, **more)
    if values is None:
        raise TypeError(
            f"estimator: a {type(model).__name__} has no confidence, predict_topk or "
            "predict_proba, so it does not say how sure it is. Let criterion be a "
            "column of X or a function of X."
        )
    return values


def sure_of_held_out(estimator, fitted, given, y, weights, *, cv, seed, n_jobs=None):
    """Return how sure estimators of this kind are of photos they have not seen.

    Parameters
    ----------
    estimator : estimator
        Not fitted; it is cloned.

    fitted : estimator
        The same, fitted to all photos.

    given : Given
        The photos.

    y : array-like
        Where they were taken.

    weights : ndarray of shape (n_photos,) or None
        What each counts.

    cv : int or splitter
        Makes the folds.

    seed : int
        Shuffles, and is for what has no seed of its own.

    n_jobs : int or None, default=None
        Folds that are fitted at the same time.

    Returns
    -------
    ndarray of shape (n_photos,)
        More is surer.
    """
    own = getattr(estimator, "groups", None)
    named = hasattr(estimator, "_takes_photos") and given.groups is None
    read = read_photos(
        Given(given.X, None, given.groups), groups=own if named else None
    )
    same = estimator
    if isinstance(final(fitted), CellPredictor):
        if comes_fitted(estimator):
            warn_if_seen(final(fitted), y, stacklevel=5)
        # With fewer cells they would be surer.
        same = with_cells_of(fitted)
        y = target_of(fitted, y)
    photos = Photos(given.X, groups=read.groups)
    folds = fold_numbers(cv, photos, y, seed, weights)
    with whole_trainings():
        parts = Parallel(n_jobs=n_jobs)(
            delayed(_one_fold)(
                hand_down(clone(same), seed), given, y, weights, folds == k
            )
            for k in range(folds.max() + 1)
        )
    values = np.empty(len(given))
    for number, part in enumerate(parts):
        values[folds == number] = part
    return values


def _one_fold(estimator, given, y, weights, held_out):
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    own = None if weights is None else weights[train]
    check_counted(own)
    fit_wrapped(estimator, given[train], _safe_indexing(y, train), own)
    part, more = given[test], {}
    if hasattr(final(estimator), "_takes_photos"):
        more = {"times": part.times, "groups": part.groups}
    return sure_of(estimator, part.X, more)
