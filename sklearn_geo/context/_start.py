# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where networks start: at the mean of what teachers say."""

from functools import partial

import numpy as np
import torch
from scipy import sparse

from sklearn_geo._blocks import blocks
from sklearn_geo.nets import rows_in_memory

__all__ = ["biases_at_mean", "starting_at_mean"]

# How much of the uniform row is in what networks start from.
UNIFORM_SHARE = 0.1
# A number of a target in memory, and what is made of it on the way to a sum.
_BYTES_A_NUMBER = 16


def biases_at_mean(targets, sample_weight=None, rows=None):
    r"""Return biases whose softmax is the mean teacher row.

    Parameters
    ----------
    targets : sequence of {ndarray, sparse array or LazyRows} of shape (n_rows, width)
        Teacher rows of each head. A row with a NaN, or without entries, misses that
        context and does not count there.

    sample_weight : array-like of shape (n_rows,) or None, default=None
        What every row counts; only the ratios matter.

    rows : ndarray of int or None, default=None
        The rows that count; None is all. Leave out rows that are held out: in a small
        zone their own share of the mean makes the start look better than what is learnt
        after it, and training ends there.

    Returns
    -------
    ndarray of shape (sum of widths,), float32
        The biases, head by head.

    Notes
    -----
    With teacher rows :math:`t_i` and weights :math:`w_i`, the bias of column j of a
    head with K columns is

    .. math::

        b_j = \log \Big( (1 - \epsilon) \frac{\sum_i w_i t_{ij}}
              {\sum_i \sum_k w_i t_{ik}} + \frac{\epsilon}{K} \Big),
        \qquad \epsilon = 0.1,

    the mean row with a tenth of the uniform one. So columns that no photo of the zone
    has are finite, and not so rare that a held-out photo with one is a catastrophe. A
    context that no row teaches is uniform.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.context._start import biases_at_mean
    >>> rows = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    >>> np.exp(biases_at_mean([rows])).round(3)  # 0.9 + 0.1 / 2 and 0.1 / 2
    array([0.95, 0.05], dtype=float32)
    """
    weight = None if sample_weight is None else np.asarray(sample_weight, np.float64)
    biases = []
    for target in targets:
        total = _column_sums(target, weight, rows)
        mass, uniform = total.sum(), 1.0 / len(total)
        mean = total / mass if mass > 0 else np.full_like(total, uniform)
        share = (1.0 - UNIFORM_SHARE) * mean + UNIFORM_SHARE * uniform
        biases.append(np.log(share))
    return np.concatenate(biases).astype(np.float32)


def starting_at_mean(make, targets, sample_weight=None, rows=None):
    """Make networks that start at the mean teacher row.

    Parameters
    ----------
    make : callable
        Makes the network, a :class:`~sklearn_geo.nets.HeadedMLP`.

    targets, sample_weight, rows
        As in :func:`biases_at_mean`. They are read once, here.

    Returns
    -------
    callable
        Makes the network and sets its biases. It can be pickled if `make` can, and
        holds no target.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from sklearn_geo.context._start import starting_at_mean
    >>> from sklearn_geo.nets import HeadedMLP
    >>> make = starting_at_mean(partial(HeadedMLP, 3, [2]), [np.eye(2)])
    >>> make().heads.bias.exp().detach()
    tensor([0.5000, 0.5000])
    """
    biases = biases_at_mean(targets, sample_weight, rows)
    return partial(_make_with_biases, make, biases)


def _make_with_biases(make, biases):
    network = make()
    own = network.heads.bias
    if tuple(own.shape) != biases.shape:
        raise ValueError(
            f"The targets have {len(biases)} columns in all; the heads of the network "
            f"have {len(own)}."
        )
    with torch.no_grad():
        own.copy_(torch.from_numpy(biases))
    return network


def _column_sums(target, weight, rows):
    """Return weighted sums of the columns over the rows that teach, in float64."""
    width = target.shape[1]
    if rows is None:
        rows = np.arange(target.shape[0])
    total = np.zeros(width)
    size = rows_in_memory(_BYTES_A_NUMBER * width, len(rows))
    for part in blocks(len(rows), size):
        at = rows[part]
        block = target[at]
        counts = np.ones(len(at)) if weight is None else weight[at]
        if sparse.issparse(block):
            total += block.T @ counts
        else:
            block = np.asarray(block)
            # A NaN makes the sum of its row NaN: no second array of the block's size.
            counts = np.where(np.isnan(block.sum(axis=1)), 0.0, counts)
            total += counts @ np.nan_to_num(block)
    return total
