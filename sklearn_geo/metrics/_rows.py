# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the metrics share: one value a row, a weight a row, and their mean."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import _num_samples

from sklearn_geo._numbers import is_real, read_numbers, reject_masked
from sklearn_geo.base import check_places

# Larger weights times values may be infinite, though their sum is not.
_SCALED = 1e150
# Sums of whole numbers up to here are exact.
_WHOLE = 2.0**53


def check_not_empty(n_rows, name):
    """Check that there is a row at all."""
    if not n_rows:
        raise ValueError(f"{name} is empty: it has no row to be measured.")


def check_same_length(**arrays):
    """Check that the named arrays have as many rows as the first of them."""
    lengths = {name: _length(array, name) for name, array in arrays.items()}
    (first, expected), *others = lengths.items()
    check_not_empty(expected, first)
    for name, length in others:
        if length != expected:
            raise ValueError(
                f"{first} has {expected} rows but {name} has {length}. Row i of both "
                "must be about the same photo."
            )


def _length(array, name):
    try:
        return _num_samples(array)
    except TypeError as error:
        raise TypeError(f"{name} has no rows: {error}") from None


def check_place_pairs(y_true, y_pred, *, name="y_pred", allow_missing=False):
    """Validate true and predicted places, row against row."""
    y_true = check_places(y_true, name="y_true")
    try:
        y_pred = check_places(y_pred, name=name, allow_missing=allow_missing)
    except ValueError as error:
        # Predictions are out of range because a model overshoots, far more often than
        # because somebody has swapped their columns.
        outside = " is outside [-90, 90]."
        where, found, remedy = str(error).partition(outside)
        if not found or "metres" in remedy:
            raise
        raise ValueError(
            f"{where}{outside} A regressor may overshoot a pole: clip its latitudes "
            f"first, np.clip({name}[:, 0], -90, 90). If many rows are like it, the "
            "columns may be swapped: places are (latitude, longitude)."
        ) from None
    check_same_length(**{"y_true": y_true, name: y_pred})
    return y_true, y_pred


def check_row_weights(sample_weight, n_rows):
    """Validate one weight a row; None stays None and means that rows count alike."""
    if sample_weight is None:
        return None
    try:
        weights = read_numbers(sample_weight, "sample_weight")
    except TypeError:
        raise TypeError(
            "sample_weight must hold numbers, one for each row; got "
            f"{sample_weight!r:.60}."
        ) from None
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight must hold one weight for each of the {n_rows} rows, in an "
            f"array of shape ({n_rows},); got shape {weights.shape}."
        )
    wrong = ~np.isfinite(weights)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"sample_weight, row {row}: {weights[row]} is no weight. Give rows that "
            "should not count the weight 0."
        )
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise ValueError(
            f"sample_weight, row {row}: {weights[row]:g} is negative. Give rows that "
            "should not count the weight 0."
        )
    if not weights.any():
        raise ValueError("sample_weight is 0 in every row, so that no row counts.")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if np.isinf(total):
        raise ValueError(
            "The weights of sample_weight add up to infinity. Divide them by the "
            "largest first."
        )
    return weights


def check_levels(values, *, name, integer, least):
    """Validate a threshold or several; return them as a vector and if it was one."""
    reject_masked(values, name)
    levels = np.asarray(values)
    scalar = levels.ndim == 0
    vector = np.atleast_1d(levels)
    kinds = "iu" if integer else "iuf"
    if vector.ndim != 1 or not vector.size or vector.dtype.kind not in kinds:
        what = "a whole number" if integer else "a number of kilometres"
        raise ValueError(
            f"{name} must be {what}, or a sequence of them; got {values!r}."
        )
    # Written so that NaN fails too.
    wrong = ~(vector >= least)
    if wrong.any():
        raise ValueError(f"{name} must be {least} or more; got {vector[wrong][0]}.")
    if integer:
        # Narrow ones do not hold how many tags or photos there are.
        most = np.uint64(np.iinfo(np.int64).max)
        vector = np.minimum(vector.astype(np.uint64), most).astype(np.int64)
    return vector, scalar


def check_number(value, name, *, least, most=np.inf, example):
    """Check that a value is a number strictly between two others."""
    if not is_real(value) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, such as {example}; got {value!r}.")
    if isinstance(value, np.floating):
        # Narrow floats would make the limits infinite.
        value = float(value)
    # Written so that NaN fails too.
    if not least < value < most:
        limits = f"between {least} and {most}"
        if np.isinf(most):
            limits = f"more than {least}"
        raise ValueError(f"{name} must be {limits}, such as {example}; got {value!r}.")


def check_radius(radius_km):
    """Check the radius of a sphere, and return it as a plain number."""
    check_number(radius_km, "radius_km", least=0, example="6371.0088")
    radius_km = float(radius_km) if isinstance(radius_km, np.floating) else radius_km
    # Beyond, sums of distances are infinite or zero.
    if not 1e-100 <= radius_km <= 1e100:
        raise ValueError(f"radius_km={radius_km!r:.60} is the radius of no sphere.")
    return float(radius_km)


def check_choice(value, choices, name):
    """Check that a value is one of a few."""
    # An array is equal to nothing, and pandas.NA neither equal nor not.
    alike = (choice for choice in choices if isinstance(value, type(choice)))
    if not any(value == choice for choice in alike):
        options = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {options}; got {value!r}.")


def check_flag(value, name):
    """Check that a value is either true or false, as arrays and pandas.NA are not."""
    try:
        if np.ndim(value) == 0:
            bool(value)
            return
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name} must be True or False; got {value!r:.60}.")


def undefined(what):
    """Warn that a metric has nothing to be computed from, and return NaN."""
    warnings.warn(f"{what} The metric is NaN.", UndefinedMetricWarning, stacklevel=3)
    return np.nan


def tame(weights):
    """Scale weights down if products with them, or sums of these, may be infinite."""
    if weights is not None and weights.max(initial=0.0) > _SCALED:
        return weights / weights.max()
    return weights


def mean_of_rows(values, weights, empty="No row has a positive weight."):
    """Average row values, with weights or without.

    Parameters
    ----------
    values : ndarray of shape (n_rows,) or (n_rows, n_values)
        One value, or several, for every row.

    weights : ndarray of shape (n_rows,) or None
        What every row counts.

    empty : str, default="No row has a positive weight."
        What to say if all weights are zero.

    Returns
    -------
    float or ndarray of shape (n_values,)
        The mean; NaN, with a warning, if no row counts.
    """
    if weights is None:
        mean = values.mean(axis=0)
    elif weights.any():
        mean = np.average(values, axis=0, weights=tame(weights))
    else:
        mean = np.full(values.shape[1:], undefined(empty))
    return float(mean) if np.ndim(mean) == 0 else mean


def median_of_rows(values, weights):
    """Weighted median: whole weights do what repeating the rows would do.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        One value for every row.

    weights : ndarray of shape (n_rows,) or None
        What every row counts.

    Returns
    -------
    float
        The value in the middle, or the mean of the two there.
    """
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    return float(median_of_sorted(values[order], weights[order]))


def are_whole(weights):
    """Tell whether all weights are whole numbers."""
    return bool((weights == np.floor(weights)).all())


def median_of_sorted(values, weights, *, whole=None):
    """Weighted median of values that are sorted already.

    `whole` says what `are_whole` does, to those who know.
    """
    whole = are_whole(weights) if whole is None else whole
    heavy = weights > 0
    values, reached = values[heavy], np.cumsum(weights[heavy])
    if not values.size:
        return np.nan
    half, slack = reached[-1] / 2, 0.0
    if not whole or reached[-1] > _WHOLE:
        # Sums of weights such as 0.1 miss their half by rounding errors only.
        slack = reached[-1] * (values.size * np.finfo(np.float64).eps)
    low = np.searchsorted(reached, half - slack)
    high = np.searchsorted(reached, half + slack, side="right")
    return (values[low] + values[high]) / 2
