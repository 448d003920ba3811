# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scores that say how sure they are: a line a label, a temperature for classes."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

__all__ = ["calibrated", "fit_calibration"]

_STEEPEST = 20.0


def fit_calibration(scores, target, kind, weight=None):
    """Learn what makes scores of held-out rows likeliest.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_outputs)
        Outputs of the main head.

    target : ndarray of shape (n_rows, n_outputs) or (n_rows,)
        0/1 labels, or numbers of classes: of two there is one column, of the second.

    kind : {"labels", "classes"}
        What they are.

    weight : ndarray of shape (n_rows,), default=None
        Weights of rows.

    Returns
    -------
    slope, shift : ndarray of shape (n_outputs,)
        ``slope * scores + shift`` are the calibrated scores. For classes all slopes are
        alike and there is no shift; order within a label, or within a row of classes,
        never changes, and so neither does the likeliest class.
    """
    weight = np.ones(len(scores)) if weight is None else weight
    n_outputs = scores.shape[1]
    if kind == "classes":
        rows = np.arange(len(scores))
        if n_outputs == 1:  # the score of the second of two classes; the first has 0
            scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
            target = target.ravel().astype(np.intp)

        def loss(log_slope):
            logits = scores * np.exp(log_slope[0])
            return weight @ (logsumexp(logits, axis=1) - logits[rows, target])

        bounds = [(-np.log(_STEEPEST), np.log(_STEEPEST))]
        found = minimize(loss, [0.0], method="L-BFGS-B", bounds=bounds)
        return np.full(n_outputs, np.exp(found.x[0])), np.zeros(n_outputs)
    slope, shift = np.ones(n_outputs), np.zeros(n_outputs)
    for label in range(n_outputs):
        slope[label], shift[label] = _platt(scores[:, label], target[:, label], weight)
    return slope, shift


def _platt(scores, target, weight):
    """Return slope and shift of one label, by Platt's smoothed targets."""
    positive, negative = weight @ (target > 0), weight @ (target <= 0)
    if not (positive > 0 and negative > 0):
        return 1.0, 0.0
    high, low = (positive + 1) / (positive + 2), 1 / (negative + 2)
    aim = np.where(target > 0, high, low)

    def loss(x):
        logits = np.exp(x[0]) * scores + x[1]
        error = weight * (expit(logits) - aim)
        value = weight @ (np.logaddexp(0.0, logits) - aim * logits)
        return value, np.array([np.exp(x[0]) * (error @ scores), error.sum()])

    steepest = np.log(_STEEPEST)
    bounds = [(-steepest, steepest), (None, None)]
    found = minimize(loss, [0.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds)
    return np.exp(found.x[0]), found.x[1]


def calibrated(scores, line):
    """Return scores on the line; None leaves them."""
    return scores if line is None else scores * line[0] + line[1]
