# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos without an answer: a place of NaN is within no distance."""

import numpy as np

__all__ = ["has_answer", "score_of_answers"]


def has_answer(places):
    """Tell which rows are no pair of NaN; half a place is not silence but wrong.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2), float
        Predicted places.

    Returns
    -------
    ndarray of shape (n_photos,), bool
        Whether there is an answer.
    """
    return ~np.isnan(places).all(axis=1)


def score_of_answers(metric, y_true, y_pred, weights=None, **kwargs):
    """Return the mean score of photos, where one without an answer scores 0.

    Parameters
    ----------
    metric : callable
        A mean over photos, such as `geo_score`.

    y_true, y_pred : ndarray of shape (n_photos, 2)
        Places.

    weights : ndarray of shape (n_photos,) or None, default=None
        What photos count, not nothing in all.

    **kwargs : dict
        For the metric.

    Returns
    -------
    float
        The mean.
    """
    given = has_answer(y_pred)
    weights = np.ones(len(given)) if weights is None else weights
    own = weights[given]
    if not own.any():
        return 0.0
    share = own.sum() / weights.sum()
    return share * metric(y_true[given], y_pred[given], sample_weight=own, **kwargs)
