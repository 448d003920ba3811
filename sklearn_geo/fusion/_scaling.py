# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of a block brought to one scale, inside the network that reads them."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from sklearn_geo._blocks import blocks as row_blocks
from sklearn_geo.nets import rows_in_memory

__all__ = ["SCALES", "Scaling", "scaled_sparse", "sparse_scale"]

SCALES = ("robust", "standard")
# Rows, evenly spaced, that are enough to know quartiles and sizes by.
_ROWS_ENOUGH = 20_000
# The mean square of a row beyond which a block is held down, by as much: some dozens of
# columns are as they are, hundreds do not drown them.
_LOUDEST = 32.0
# What is further out is as far out, so that its squares and sums do not overflow.
_FARTHEST = {"robust": 1e6, "standard": 1e18}
# Spreads are more, so that float32 holds their inverse.
_TINY = 1e-30


@dataclass(frozen=True)
class Scaling:
    """What to take from the columns of a block, and what to multiply them by.

    Parameters
    ----------
    kind : {"robust", "standard"}
        The rule.

    center, factor : ndarray of shape (n_columns,), float32
        Its numbers.

    gain : float, default=1.0
        What the whole block is multiplied by in the end.
    """

    kind: str
    center: np.ndarray
    factor: np.ndarray
    gain: float = 1.0

    @classmethod
    def of(cls, kind, X, columns):
        """Learn the scale of dense columns; NaN is left out."""
        moments = _moments(X, columns)
        if kind == "standard":
            center, spread = moments["mean"], moments["deviation"]
            factor = _inverse(spread, center)
        else:
            low, center, high = _quartiles(X, columns)
            factor = _inverse(high - low, center)
            flat = factor == 0.0
            extent = moments["max"] - moments["min"]
            factor[flat] = 2.0 * _inverse(extent, center)[flat]
        found = cls(kind, center.astype(np.float32), factor.astype(np.float32))
        return replace(found, gain=min(1.0, _LOUDEST / found._loudness(X, columns)))

    def _loudness(self, X, columns):
        """Return the mean over rows of the sum of squares of their scaled values."""
        step = -(-len(X) // _ROWS_ENOUGH)
        layer, total, n_rows = self.layer(), 0.0, len(range(0, len(X), step))
        for part in row_blocks(n_rows, rows_in_memory(16 * len(columns), n_rows)):
            rows = slice(part.start * step, part.stop * step, step)
            block = torch.from_numpy(_taken(X, rows, columns).astype(np.float32))
            total += float(
                layer(block).nan_to_num_(0.0).square().sum(dtype=torch.float64)
            )
        return max(total / n_rows, 1e-12)

    def layer(self):
        """Return the layer that scales a block."""
        return _Scale(self)


class _Scale(nn.Module):
    def __init__(self, scaling):
        super().__init__()
        self.smooth = scaling.kind == "robust"
        self.farthest = _FARTHEST[scaling.kind]
        self.register_buffer("center", torch.from_numpy(scaling.center))
        self.register_buffer("factor", torch.from_numpy(scaling.factor))
        self.register_buffer("gain", torch.tensor([scaling.gain], dtype=torch.float32))

    def forward(self, block):
        """Return the block scaled; "robust" bends what is far out towards 3."""
        block = (block - self.center).mul_(self.factor)
        block.clamp_(-self.farthest, self.farthest)
        if not self.smooth:
            return block.mul_(self.gain)
        # g x / sqrt(1 + (x / 3)^2), in as few passes as there can be.
        bend = (block * (1 / (3 * self.gain))).square_().add_(self.gain**-2)
        return block.mul_(bend.rsqrt_())


def _moments(X, columns):
    """Return mean, standard deviation, least and largest value of columns."""
    n_columns = len(columns)
    count, total = np.zeros(n_columns), np.zeros(n_columns)
    least, most = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)

    def parts():
        for rows in row_blocks(len(X), rows_in_memory(16 * n_columns, len(X))):
            yield _taken(X, rows, columns).astype(np.float64)

    for part in parts():
        seen = ~np.isnan(part)
        count += seen.sum(axis=0)
        total += np.where(seen, part, 0.0).sum(axis=0)
        np.minimum(least, np.where(seen, part, np.inf).min(axis=0), out=least)
        np.maximum(most, np.where(seen, part, -np.inf).max(axis=0), out=most)
    count = np.maximum(count, 1)
    mean, squares = total / count, np.zeros(n_columns)
    for part in parts():
        squares += np.nansum((part - mean) ** 2, axis=0)
    empty = least > most
    least[empty] = most[empty] = 0.0
    return {
        "mean": mean,
        "deviation": np.sqrt(squares / count),
        "min": least,
        "max": most,
    }


def _quartiles(X, columns):
    """Return the quartiles of columns, of evenly spaced rows if there are many."""
    step = -(-len(X) // _ROWS_ENOUGH)
    rows = slice(0, None, step)
    n_rows = len(range(0, len(X), step))
    found = np.zeros((3, len(columns)))
    at_a_time = rows_in_memory(16 * n_rows, len(columns))
    for some in row_blocks(len(columns), at_a_time):
        part = _taken(X, rows, columns[some]).astype(np.float64)
        part = part[~np.isnan(part).any(axis=1)]
        if len(part):
            found[:, some] = np.quantile(part, (0.25, 0.5, 0.75), axis=0)
    return found


def _taken(X, rows, columns):
    start, n = int(columns[0]), len(columns)
    if (columns == np.arange(start, start + n)).all():
        return X[rows, start : start + n]
    return X[rows][:, columns]


def _inverse(spread, center=0.0):
    """Return 1 / spread, and 0 where there is none: such a column says nothing.

    Differences that float32 does not have at the center are none.
    """
    tiny = np.maximum(_TINY, np.finfo(np.float32).eps * np.abs(center))
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > tiny)


def sparse_scale(block):
    """Return the factors that bring the largest size in each column to 1."""
    most = np.zeros(block.shape[1])
    values = np.abs(np.nan_to_num(block.data, nan=0.0))
    np.maximum.at(most, block.indices, values)
    return np.where(most > 0.0, _inverse(most), 1.0).astype(np.float32)


def scaled_sparse(block, factor):
    """Return a csr block with its columns multiplied; None leaves them."""
    if factor is None:
        return block
    block = block.copy()
    block.data = (block.data * factor[block.indices]).astype(np.float32)
    return block
