# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a wrapped estimator says of photos it has not learnt from."""

import warnings
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupKFold, KFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, gen_batches
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sklearn_geo._answers import final, innermost
from sklearn_geo._seeds import hand_down
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._photo_columns import Photos
from sklearn_geo.geolocation._prediction import CellPredictor
from sklearn_geo.geolocation._seen import share_seen
from sklearn_geo.nets import rows_in_memory, whole_trainings

__all__ = [
    "check_counted",
    "check_estimator_of_cells",
    "comes_fitted",
    "cross_fit",
    "first_cells",
    "fit_wrapped",
    "fold_numbers",
    "folds_of_units",
    "is_given",
    "proba_parts",
    "score_parts",
    "sees_albums",
    "takes_photos",
    "target_of",
    "warn_if_seen",
    "with_cells_of",
]

# From this share of its training places on, an estimator was taught by these rows.
_SEEN = 0.5


def is_given(estimator, cv):
    """Tell whether an estimator comes fitted, and is not to be fitted again."""
    return isinstance(cv, str) or isinstance(estimator, FrozenEstimator)


def check_estimator_of_cells(estimator, *, fitted):
    """Refuse what does not say probabilities of cells, before hours of training.

    Parameters
    ----------
    estimator : estimator
        What a user wants wrapped.

    fitted : bool
        Whether it has to be fitted, and says which cells there are.

    Returns
    -------
    estimator
        The one that answers in the end, where pipelines and searches are taken off.
    """
    kind = estimator if isinstance(estimator, type) else type(estimator)
    name = kind.__name__
    remedy = (
        "Wrap a HierarchicalCellClassifier, SceneNetworks, or a Pipeline or search "
        "that ends in one."
    )
    if isinstance(estimator, type):
        raise TypeError(f"estimator is the class {name}: pass {name}(...).")
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"estimator: a {name} has no predict_proba, so it says no probabilities of "
            f"cells. {remedy}"
        )
    if not fitted:
        return None
    inside = final(estimator)
    try:
        check_is_fitted(inside)
    except NotFittedError:
        raise NotFittedError(
            f"estimator: this {name} is not fitted yet, and is to be taken as it is. "
            "Fit it first. If it was fitted and then cloned, by a search or a wrapper "
            "around this one, put it into a sklearn.frozen.FrozenEstimator."
        ) from None
    if not isinstance(inside, CellPredictor):
        raise TypeError(
            f"estimator: a {type(inside).__name__} has probabilities, but not of cells "
            f"that lie somewhere. {remedy}"
        )
    return inside


def fit_wrapped(estimator, photos, y, weights):
    """Fit an estimator to photos, and tell it of times and groups if it wants them."""
    more = {} if weights is None else _for_fit(estimator, "sample_weight", weights)
    given = photos.given()
    if hasattr(estimator, "_takes_photos"):
        return estimator.fit(given, y, **more)
    if takes_photos(estimator):
        for name in ("times", "groups"):
            if getattr(given, name) is not None:
                more |= _for_fit(estimator, name, getattr(given, name))
    return estimator.fit(given.X, y, **more)


def takes_photos(estimator):
    """Tell whether an estimator is a wrapper, or a pipeline or search of one."""
    return hasattr(_end(estimator)[0], "_takes_photos")


def _end(estimator):
    """Return the estimator at the end of pipelines and searches, fitted or not.

    With it comes what goes before the names of its arguments of `fit`. With metadata
    routing that is nothing: they hand on what the estimator has requested.
    """
    routed, prefix = get_config()["enable_metadata_routing"], ""
    while True:
        if isinstance(estimator, Pipeline):
            step, estimator = estimator.steps[-1]
            prefix += "" if routed else f"{step}__"
        elif hasattr(estimator, "refit"):  # a search
            estimator = estimator.estimator
        else:
            return estimator, prefix


def _for_fit(estimator, name, value):
    """Return an argument of `fit` as it has to be called; none if it is not read."""
    end, prefix = _end(estimator)
    return {prefix + name: value} if has_fit_parameter(end, name) else {}


def sees_albums(estimator):
    """Tell whether a fitted estimator says other things of a photo beside others."""
    inside = final(estimator)
    while hasattr(inside, "_takes_photos"):
        if hasattr(inside, "groups"):
            return True
        inside = final(inside.estimator_)
    return False


def score_parts(estimator, photos):
    """Yield rows and the log scores of their finest cells, in bounded memory.

    Logarithms tell cells apart that are too unlikely for probabilities: a mask may
    leave no others.

    Parameters
    ----------
    estimator : estimator
        Fitted, with probabilities of cells.

    photos : Photos
        The photos.

    Yields
    ------
    rows : slice or ndarray of int
        Which photos.

    scores : ndarray of shape (n_rows, n_cells)
        Log probabilities up to a constant a row.
    """
    if hasattr(final(estimator), "_takes_photos"):  # albums are not to be cut
        inside, X = innermost(estimator, photos.X)
        given = photos.given()
        if X is not photos.X:  # other columns, by the steps of a pipeline
            given = replace(given, X=X, taken=())
        yield from inside._log_scores(inside._read_features(given), None)
        return
    n_cells = len(final(estimator).cell_places_)
    size = rows_in_memory(4 * 8 * n_cells, max(1, len(photos)))
    for rows in gen_batches(len(photos), size):
        inside, X = innermost(estimator, _safe_indexing(photos.X, rows))
        for part, scores in inside._log_scores(inside._read_features(X), None):
            yield slice(rows.start + part.start, rows.start + part.stop), scores


def proba_parts(estimator, photos):
    """Yield rows and the probabilities of their cells, see :func:`score_parts`."""
    for rows, scores in score_parts(estimator, photos):
        yield rows, softmax(scores)


def first_cells(estimator, photos, n_first):
    """Return the first cells of photos, as a fitted estimator sees them."""
    n_cells = len(final(estimator).cell_places_)
    first = FirstCells.empty(len(photos), n_cells, n_first)
    for rows, proba in proba_parts(estimator, photos):
        first.put(rows, proba)
    return first


def fold_numbers(cv, photos, y, seed, weights=None):
    """Return which fold each photo is held out in.

    Parameters
    ----------
    cv : int or splitter
        A number makes folds of whole groups, if photos have groups.

    photos : Photos
        The photos.

    y : array-like
        For the splitter.

    seed : int
        Shuffles.

    weights : ndarray of shape (n_photos,) or None, default=None
        What each counts. A number makes folds of photos that count; others join the
        fold of their group, if that has one.

    Returns
    -------
    ndarray of int of shape (n_photos,)
        From 0 on.
    """
    n_photos, groups = len(photos), photos.groups
    if isinstance(cv, (int, np.integer)):
        if weights is not None and not weights.all():
            return _folds_of_counted(cv, photos, seed, np.flatnonzero(weights))
        _check_n_folds(cv, photos, n_photos)
        kind = KFold if groups is None else GroupKFold
        cv = kind(int(cv), shuffle=True, random_state=seed)
    numbers = np.full(n_photos, -1)
    rows = np.zeros((n_photos, 1))
    for number, (_, test) in enumerate(check_cv(cv).split(rows, y, groups)):
        if (numbers[test] >= 0).any():
            raise ValueError(
                "cv holds some photos out several times. Use a splitter whose test "
                "parts share no photo, such as KFold or GroupKFold."
            )
        numbers[test] = number
    if (numbers < 0).any():
        raise ValueError(
            f"cv never holds out {int((numbers < 0).sum())} of {n_photos} photos. Use "
            "a splitter whose test parts cover all photos, such as KFold or GroupKFold."
        )
    return numbers


def _check_n_folds(cv, counted, n_samples):
    """Refuse more folds than there are photos that count, or groups of them."""
    what, n_units = "photos", len(counted)
    if counted.groups is not None:
        what, n_units = "groups", len(np.unique(counted.groups))
    if len(counted) < n_samples:
        what += " of weight above 0"
    if cv > n_units:
        raise ValueError(
            f"cv={cv} folds of {n_units} {what} (n_samples={n_samples}): there must be "
            "at least one for each fold. Lower cv, or pass a fitted estimator and "
            'cv="prefit".'
        )


def _folds_of_counted(cv, photos, seed, counted):
    """Return folds of the photos that count, and fold 0 for what goes with none."""
    groups = photos.groups
    units = np.arange(len(photos)) if groups is None else groups
    of_unit = np.zeros(units.max() + 1, dtype=np.intp)
    stand_in = Photos(
        np.empty((len(counted), 0)), groups=None if groups is None else groups[counted]
    )
    _check_n_folds(cv, stand_in, len(photos))
    of_unit[units[counted]] = fold_numbers(cv, stand_in, None, seed)
    return of_unit[units]


def folds_of_units(units, n_folds, seed):
    """Return which fold each photo is held out in, together with others of its unit.

    Parameters
    ----------
    units : ndarray of int of shape (n_photos,)
        Users, or what else is not to be torn apart.

    n_folds : int
        How many folds at most: there are not more than units.

    seed : int
        Shuffles.

    Returns
    -------
    ndarray of int of shape (n_photos,)
        From 0 on; -1 everywhere if there are fewer than two units.
    """
    n_folds = min(n_folds, len(np.unique(units)))
    if n_folds < 2:
        return np.full(len(units), -1)
    photos = Photos(np.empty((len(units), 0)), groups=units)
    return fold_numbers(n_folds, photos, None, seed)


def cross_fit(estimator, photos, y, weights, *, folds, n_first, seed, n_jobs=None):
    """Fit an estimator to all photos, and ask others of its kind about the held-out.

    Parameters
    ----------
    estimator : estimator
        Not fitted; it is cloned.

    photos : Photos
        The photos.

    y : array-like
        Their places or cells.

    weights : ndarray of shape (n_photos,) or None
        What each counts.

    folds : ndarray of int of shape (n_photos,)
        The fold that each photo is held out in.

    n_first : int
        How many cells of each photo to keep.

    seed : int
        For what has no seed of its own.

    n_jobs : int or None, default=None
        Folds that are fitted at the same time.

    Returns
    -------
    fitted : estimator
        Fitted to all photos.

    first : FirstCells
        What estimators with the same cells say of photos they have not seen.
    """
    check_estimator_of_cells(estimator, fitted=False)
    with whole_trainings():
        fitted = fit_wrapped(hand_down(clone(estimator), seed), photos, y, weights)
        inside = check_estimator_of_cells(fitted, fitted=True)
        if comes_fitted(estimator):
            warn_if_seen(inside, y, stacklevel=6)
        same = with_cells_of(fitted)
        y = target_of(fitted, y)
        parts = Parallel(n_jobs=n_jobs)(
            delayed(_one_fold)(
                clone(same), photos, y, weights, folds == number, n_first
            )
            for number in range(folds.max() + 1)
        )
    first = FirstCells.empty(len(photos), len(inside.cell_places_), n_first)
    for number, part in enumerate(parts):
        at = folds == number
        first.cells[at], first.proba[at] = part.cells, part.proba
        first.mass[at] = part.mass
    return fitted, first


def target_of(fitted, y):
    """Return y as folds have to be taught it that have the cells of the whole.

    With cells that are frozen, whole numbers are read as cells. Where the whole has
    learnt places, they are degrees.
    """
    inside = _inside_wrappers(fitted)
    if getattr(getattr(inside, "common_", inside), "_seen_places", None) is None:
        return y if hasattr(y, "shape") else np.asarray(y)
    if hasattr(y, "iloc") or getattr(getattr(y, "dtype", None), "kind", "") == "f":
        return y.astype(np.float64)
    return np.asarray(y, dtype=np.float64)


def check_counted(weights):
    """Refuse to let a fold learn from photos that all have no weight."""
    if weights is not None and not weights.any():
        raise ValueError(
            "cv: the photos that a fold learns from all have sample_weight=0. Use "
            "fewer folds, or folds that are more alike."
        )


def _one_fold(estimator, photos, y, weights, held_out, n_first):
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    own = None if weights is None else weights[train]
    check_counted(own)
    fit_wrapped(estimator, photos[train], _safe_indexing(y, train), own)
    return first_cells(estimator, photos[test], n_first)


def comes_fitted(estimator):
    """Tell whether what looks at features is frozen, whatever is around it."""
    while estimator is not None:
        estimator = _end(estimator)[0]
        if isinstance(estimator, FrozenEstimator):
            return True
        name = "estimator" if hasattr(estimator, "_takes_photos") else "classifier"
        estimator = getattr(estimator, name, None)
    return False


def with_cells_of(fitted):
    """Return a fitted estimator unfitted, but with its cells as they are."""
    inside = _inside_wrappers(fitted)  # which know the finest cells alone
    best = getattr(fitted, "best_estimator_", fitted)
    same = clone(best)
    if comes_fitted(same):  # and stays so, with its cells
        return same
    cells = [
        part if isinstance(part, FrozenEstimator) else FrozenEstimator(part)
        for part in inside.partitions_
    ]
    names = [
        name
        for name in same.get_params()
        if name == "partitions" or name.endswith("__partitions")
    ]
    if not names and hasattr(inside, "common_"):  # SceneNetworks by default
        common = type(inside.common_)(cells)
        names = [n for n in same.get_params() if n.split("__")[-1] == "classifier"]
        return same.set_params(**dict.fromkeys(names, common))
    if not names:
        raise TypeError(
            f"estimator: a {type(inside).__name__} has no parameter partitions, so "
            'its folds would have cells of their own. Pass it fitted, with cv="prefit".'
        )
    return same.set_params(**dict.fromkeys(names, cells))


def _inside_wrappers(fitted):
    """Return the estimator that looks at features, with all wrappers taken off."""
    inside = final(fitted)
    while hasattr(inside, "_takes_photos"):
        inside = final(inside.estimator_)
    return inside


def warn_if_seen(inside, y, *, stacklevel=4):
    """Warn if a fitted estimator is asked about the rows that taught it.

    Parameters
    ----------
    inside : CellPredictor
        The fitted estimator.

    y : array-like
        Places of the rows; where it has cells instead, nothing can be told.

    stacklevel : int, default=4
        How far from here the call is that a user made.
    """
    inside = _inside_wrappers(inside)
    seen = getattr(getattr(inside, "common_", inside), "_seen_places", None)
    y = np.asarray(y)
    if seen is None or y.ndim != 2 or y.shape[1] != 2 or y.dtype.kind != "f":
        return
    share = share_seen(seen, y)
    if share > _SEEN:
        warnings.warn(
            f"The fitted estimator has learnt from these photos: {share:.0%} of a "
            "sample of its training places are in y. It is surer of them than of new "
            "ones, and what is learnt here is to trust it too much. Pass photos it has "
            "not seen, or the unfitted estimator and cv=5.",
            UserWarning,
            stacklevel=stacklevel,
        )
