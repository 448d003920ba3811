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
    def of(cls, kind, X, columns, rows=None):
        """Learn the scale of dense columns, of some rows or all.

        Rows with NaN in any of the columns are left out: they miss the block.
        """
        block = _Block(X, columns, rows).without_nan()
        moments = _moments(block)
        if kind == "standard":
            center, spread = moments["mean"], moments["deviation"]
            factor = _inverse(spread, center)
        else:
            low, center, high = _quartiles(block)
            factor = _inverse(high - low, center)
            flat = factor == 0.0
            extent = moments["max"] - moments["min"]
            factor[flat] = 2.0 * _inverse(extent, center)[flat]
        found = cls(kind, center.astype(np.float32), factor.astype(np.float32))
        return replace(found, gain=min(1.0, _LOUDEST / found._loudness(block)))

    def _loudness(self, block):
        """Return the mean over rows of the sum of squares of their scaled values."""
        some = block.some()
        layer, total = self.layer(), 0.0
        for part in some.parts():
            scaled = layer(torch.from_numpy(part.astype(np.float32)))
            total += float(scaled.square().sum(dtype=torch.float64))
        return max(total / max(len(some), 1), 1e-12)

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
        gain = np.array([scaling.gain], dtype=np.float32)
        self.register_buffer("gain", torch.from_numpy(gain))

    def forward(self, block):
        """Return the block scaled; "robust" bends what is far out towards 3."""
        block = (block - self.center).mul_(self.factor)
        block.clamp_(-self.farthest, self.farthest)
        if not self.smooth:
            return block.mul_(self.gain)
        # g x / sqrt(1 + (x / 3)^2), in as few passes as there can be.
        bend = (block * (1 / (3 * self.gain))).square_().add_(self.gain**-2)
        return block.mul_(bend.rsqrt_())


class _Block:
    """Columns of some rows of an array, read a few rows at a time.

    Parameters
    ----------
    X : ndarray or memmap of shape (n_rows, n_features)
        The array.

    columns : ndarray of int
        The columns.

    rows : ndarray of int or None
        The rows; None is all.
    """

    def __init__(self, X, columns, rows):
        self._X, self.columns = X, columns
        self._rows = range(len(X)) if rows is None else rows

    def __len__(self):
        return len(self._rows)

    def without_nan(self):
        """Return the block of the rows that hold no NaN."""
        holes = [np.isnan(part).any(axis=1) for part in self.parts()]
        holes = np.concatenate(holes or [np.empty(0, dtype=bool)])
        if not holes.any():
            return self
        return _Block(self._X, self.columns, np.asarray(self._rows)[~holes])

    def some(self):
        """Return the block of evenly spaced rows, as many as are enough."""
        step = max(1, -(-len(self) // _ROWS_ENOUGH))
        return _Block(self._X, self.columns, self._rows[::step])

    def parts(self):
        """Yield all rows, a few at a time."""
        for at in row_blocks(
            len(self), rows_in_memory(16 * len(self.columns), len(self))
        ):
            yield self.take(at)

    def take(self, at, columns=None):
        """Return a slice of the rows, and some of the columns or all."""
        rows, columns = self._rows[at], self.columns if columns is None else columns
        if isinstance(rows, range):  # slices need not be copied
            rows = slice(rows.start, rows.stop, rows.step)
        start, n = int(columns[0]), len(columns)
        if (columns == np.arange(start, start + n)).all():
            return self._X[rows, start : start + n]
        return self._X[rows][:, columns]


def _moments(block):
    """Return mean, standard deviation, least and largest value of columns."""
    n_columns = len(block.columns)
    n_rows, total = 0, np.zeros(n_columns)
    least, most = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)
    for part in block.parts():
        part = part.astype(np.float64)
        n_rows += len(part)
        total += part.sum(axis=0)
        np.minimum(least, part.min(axis=0), out=least)
        np.maximum(most, part.max(axis=0), out=most)
    if not n_rows:
        return dict.fromkeys(("mean", "deviation", "min", "max"), np.zeros(n_columns))
    mean, squares = total / n_rows, np.zeros(n_columns)
    for part in block.parts():
        squares += ((part - mean) ** 2).sum(axis=0)
    deviation = np.sqrt(squares / n_rows)
    return {"mean": mean, "deviation": deviation, "min": least, "max": most}


def _quartiles(block):
    """Return the quartiles of columns, of evenly spaced rows if there are many."""
    some, n_columns = block.some(), len(block.columns)
    found = np.zeros((3, n_columns))
    if not len(some):
        return found
    for at in row_blocks(n_columns, rows_in_memory(16 * len(some), n_columns)):
        part = some.take(slice(None), some.columns[at]).astype(np.float64)
        found[:, at] = np.quantile(part, (0.25, 0.5, 0.75), axis=0)
    return found


def _inverse(spread, center=0.0):
    """Return 1 / spread, and 0 where there is none: such a column says nothing.

    Differences that float32 does not have at the center are none.
    """
    tiny = np.maximum(_TINY, np.finfo(np.float32).eps * np.abs(center))
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > tiny)


def sparse_scale(block):
    """Return the factors that bring the largest size in each column to 1."""
    most = np.zeros(block.shape[1])
    np.maximum.at(most, block.indices, np.abs(block.data))
    return np.where(most > 0.0, _inverse(most), 1.0).astype(np.float32)


def scaled_sparse(block, factor):
    """Return a csr block with its columns multiplied; None leaves them."""
    if factor is None:
        return block
    block = block.copy()
    block.data = (block.data * factor[block.indices]).astype(np.float32)
    return block
