# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a block is worth: the score without it."""

import copy

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils.validation import check_consistent_length

from sklearn_geo._numbers import reject_masked
from sklearn_geo._weights import check_weights

__all__ = ["drop_one_block"]


class Dropped:
    """A block whose share of the outputs is the same for every row.

    Parameters
    ----------
    number : int
        Which block.

    mean : ndarray of shape (n_outputs,)
        What it adds instead.
    """

    def __init__(self, number, mean):
        self.number, self.mean = number, mean

    def scores(self, model, rows, out):
        """Fill `out` with the outputs of the main head without the block."""
        bias = model.net_.module_.main.bias.detach().cpu().double().numpy()
        for part, (shares,) in model._outputs(rows, method="shares"):
            shares = shares.double().numpy()
            shares[:, self.number] = self.mean
            out[part] = shares.sum(axis=1) + bias
        return out


def drop_one_block(model, X, y, sample_weight, scoring):
    """Return the score of a model minus its score without each block, by name."""
    rows = model._read_rows(X)
    if isinstance(scoring, (list, tuple, set, dict)):
        raise TypeError(
            f"scoring must be one scorer, its name or a function; got {scoring!r:.60}."
        )
    reject_masked(y, "y")
    check_consistent_length(X, y)
    if not rows.shape[0]:
        raise ValueError("Found array with 0 sample(s): there is nothing to score.")
    weights = {}
    if sample_weight is not None:
        weights["sample_weight"] = check_weights(sample_weight, rows)
    means = _mean_shares(model, rows, **weights)
    score = model._own_measure() if scoring is None else check_scoring(model, scoring)
    found = {}
    with np.errstate(over="ignore", invalid="ignore"):  # of squares of huge numbers
        whole = score(model, X, y, **weights)
        for number, name in enumerate(model.block_names_):
            without = copy.copy(model)
            without._dropped = Dropped(number, means[number])
            found[name] = float(whole - score(without, X, y, **weights))
    if not np.isfinite(list(found.values())).all():
        raise ValueError(
            "The score is not a number: y may hold no positive row, or a single class, "
            "or numbers whose squares are infinite."
        )
    return found


def _mean_shares(model, rows, sample_weight=None):
    """Return what each block adds on average, of shape (n_blocks, n_outputs)."""
    n_rows = rows.shape[0]
    counts = np.ones(n_rows) if sample_weight is None else sample_weight
    counts = counts / counts.sum()
    means = 0.0
    for part, (shares,) in model._outputs(rows, method="shares"):
        counted = np.flatnonzero(counts[part])
        shares = shares.double().numpy()[counted]
        means = means + np.tensordot(counts[part][counted], shares, axes=1)
    return means
