# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Average precision class by class, with intervals over rows drawn anew."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch

from sklearn_geo.metrics import bootstrap_interval
from sklearn_geo.metrics._ranked import RankedClass
from sklearn_geo.metrics._rows import check_number

# Stands for the average precision of a class that a draw has no row of.
_NONE = -1.0


def class_precisions(truth, scores, *, confidence_level, **settings):
    """Return the average precision of every class, and their mean, with intervals.

    Parameters
    ----------
    truth : ndarray of shape (n_rows, n_classes), bool
        Which rows are of which class; each class has one.

    scores : ndarray of shape (n_rows, n_classes)
        How likely each row is of each class.

    confidence_level : float or None
        Of the intervals; None makes none.

    **settings : dict
        Passed to :func:`~sklearn_geo.metrics.bootstrap_interval`.

    Returns
    -------
    classes : Bunch
        `estimate`, `low` and `high`, arrays of shape (n_classes,); the ends are None
        without a level.

    mean : Bunch
        The same of the mean over the classes, floats.
    """
    n_rows, n_classes = truth.shape
    ranked = [
        RankedClass(np.flatnonzero(truth[:, k]), scores[:, k]) for k in range(n_classes)
    ]

    def metric(drawn):
        counts = np.bincount(drawn, minlength=n_rows).astype(np.float64)
        found = np.array([one.average_precision(counts) for one in ranked])
        # A draw without a row of a rare class still tells about the others.
        return np.append(np.nan_to_num(found, nan=_NONE), np.nanmean(found))

    rows = np.arange(n_rows)
    if confidence_level is None:
        estimate = metric(rows)
        return (
            Bunch(estimate=estimate[:-1], low=None, high=None),
            Bunch(estimate=float(estimate[-1]), low=None, high=None),
        )
    check_number(confidence_level, "confidence_level", least=0, most=1, example="0.95")
    tail = (1.0 - confidence_level) / 2
    with warnings.catch_warnings():
        # Draws without a row of any class are left out without a word.
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = bootstrap_interval(
            metric, rows, confidence_level=confidence_level, **settings
        )
        draws = np.where(found.distribution == _NONE, np.nan, found.distribution)
        low, high = np.nanquantile(draws, [tail, 1.0 - tail], axis=0)
    return (
        Bunch(estimate=found.estimate[:-1], low=low[:-1], high=high[:-1]),
        Bunch(
            estimate=float(found.estimate[-1]),
            low=float(low[-1]),
            high=float(high[-1]),
        ),
    )
