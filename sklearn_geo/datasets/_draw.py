# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small ways of drawing that the synthetic data sets share."""

import numpy as np
from sklearn.utils import check_random_state


def named_streams(random_state, names):
    """Return one independent generator for each name, from one random state.

    Every trait of a data set draws from a stream of its own, so turning one trait off
    leaves all the others as they were.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        As everywhere in scikit-learn.

    names : sequence of str
        Names of the streams, in a fixed order.

    Returns
    -------
    dict of str to numpy.random.Generator
    """
    seed = check_random_state(random_state).randint(2**31 - 1)
    return {name: np.random.default_rng([seed, i]) for i, name in enumerate(names)}


def zipf_weights(n, shift=0.0):
    """Return weights 1 / (rank + shift) that sum to 1, largest first."""
    weights = 1.0 / (np.arange(1, n + 1) + shift)
    return weights / weights.sum()


def draw_ranks(n, weights, rng):
    """Draw `n` indices with probability proportional to `weights`."""
    cumulative = np.cumsum(weights)
    index = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
    return np.minimum(index, len(cumulative) - 1)


def draw_columns(weights, rng):
    """Draw one column index for each row, in proportion to the row's weights.

    Parameters
    ----------
    weights : ndarray of shape (n_rows, n_columns)
        Non-negative, with a positive sum in each row.

    rng : numpy.random.Generator
        One number is drawn for each row.

    Returns
    -------
    ndarray of int of shape (n_rows,)
    """
    cumulative = np.cumsum(weights, axis=1)
    target = rng.random((len(weights), 1)) * cumulative[:, -1:]
    index = (cumulative <= target).sum(axis=1)
    return np.minimum(index, weights.shape[1] - 1)


def softmax(logits):
    """Turn rows of float32 logits into rows that sum to 1, in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def import_pandas():
    """Return pandas, or say how to get it.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "as_frame=True needs pandas: pip install 'sklearn-geo[pandas]', or leave "
            "as_frame=False to get arrays."
        ) from error
    return pandas


class GroupedDraw:
    """Draw members of groups that lie one after the other in a single array.

    Parameters
    ----------
    counts : ndarray of int of shape (n_groups,)
        Members in each group.

    shift : float, default=1.0
        Within a group, weights are 1 / (rank + shift): Zipf with a softened head.
    """

    def __init__(self, counts, shift=1.0):
        counts = np.asarray(counts)
        self.counts = counts
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        group = np.repeat(np.arange(counts.size), counts)
        rank = np.arange(self.starts[-1]) - self.starts[group] + 1
        weight = 1.0 / (rank + shift)
        total = np.bincount(group, weight, minlength=counts.size)
        running = np.cumsum(weight / total[group])
        # Group g owns the numbers from g to g + 1, empty ones aside.
        before = np.concatenate([[0.0], np.cumsum(counts > 0)])[:-1]
        self._ends = running - before[group] + group

    def draw(self, group, rng):
        """Return the position of one member for each given group (none: -1)."""
        position = np.searchsorted(self._ends, group + rng.random(len(group)), "right")
        first, count = self.starts[group], self.counts[group]
        position = np.clip(position, first, first + np.maximum(count, 1) - 1)
        return np.where(count > 0, position, -1)
