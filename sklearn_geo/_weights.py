# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights of rows: what they have to be wherever something is summed with them."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from sklearn_geo._numbers import is_real, naming, read_numbers

__all__ = ["check_each", "check_sum", "check_total", "check_weights"]


def check_weights(sample_weight, X):
    """Return weights as float64: none negative, not all zero, a sum that is finite.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), number or None
        Weights; None is 1 everywhere.

    X : array-like
        The rows.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        The weights.
    """
    if isinstance(sample_weight, (complex, np.complexfloating)):
        raise ValueError(f"sample_weight must be real; got {sample_weight!r}.")
    if sample_weight is not None and not is_real(sample_weight):
        # scikit-learn makes numbers of text and of times too.
        sample_weight = read_numbers(sample_weight, "sample_weight")
    with naming("sample_weight"):
        weights = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
    # Newer versions of scikit-learn refuse this themselves.
    if weights.size and not weights.any():
        raise ValueError(
            "sample_weight is 0 in every row, so that there is nothing to learn from: "
            "weights need at least one non-zero number."
        )
    check_total(weights)
    return weights


def check_each(weights):
    """Refuse weights that are negative, infinite or NaN, naming the first row."""
    wrong = ~(np.isfinite(weights) & (weights >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"sample_weight, row {row}: {weights[row]} is no weight. Weights are "
            "finite and not negative; drop the row or give it weight 0."
        )


def check_total(weights):
    """Refuse weights whose sum is not finite, by the row if one of them is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = weights.sum()
    if not np.isfinite(total):
        check_each(weights)
        check_sum(total)


def check_sum(total):
    """Refuse what rows add up to, each times its weight, if that is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(np.sum(total))
    if not finite:
        raise ValueError(
            "sample_weight adds up to infinity. Scale the weights down first, for "
            "example with weights / weights.max()."
        )
