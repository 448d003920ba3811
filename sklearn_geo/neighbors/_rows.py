# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of different lengths, and a large sparse result that is not held twice."""

import numpy as np
from scipy import sparse


class RowBuilder:
    """A csr_array that grows by chunks of rows, which come in any order.

    Parameters
    ----------
    n_columns : int
        Number of columns.

    dtype : dtype
        Type of the values.
    """

    def __init__(self, n_columns, dtype):
        self._n_columns = n_columns
        self._data = np.empty(0, dtype=dtype)
        wide = n_columns > np.iinfo(np.int32).max
        self._indices = np.empty(0, dtype=np.int64 if wide else np.int32)
        self._lengths = []
        self._n_filled = 0

    def append(self, blocks):
        """Add the next rows.

        Parameters
        ----------
        blocks : list of (ndarray, csr_array)
            Some of the rows each, preceded by their positions among the rows added.
            Blocks are taken off the list.
        """
        lengths = np.empty(sum(len(at) for at, _ in blocks), dtype=np.int64)
        for at, block in blocks:
            lengths[at] = np.diff(block.indptr)
        starts = self._n_filled + np.cumsum(lengths) - lengths
        self._n_filled += int(lengths.sum())
        # Large arrays grow in place: their pages are moved, not copied.
        self._data.resize(self._n_filled, refcheck=False)
        self._indices.resize(self._n_filled, refcheck=False)
        while blocks:
            at, block = blocks.pop()
            to = ranges(starts[at], lengths[at])
            self._data[to], self._indices[to] = block.data, block.indices
        self._lengths.append(lengths)

    def finish(self):
        """Return all rows as one csr_array."""
        lengths = np.concatenate(self._lengths)
        wide = self._n_filled > np.iinfo(np.int32).max
        index_type = np.int64 if wide else self._indices.dtype
        indptr = np.zeros(len(lengths) + 1, dtype=index_type)
        np.cumsum(lengths, out=indptr[1:])
        parts = (self._data, self._indices.astype(index_type, copy=False), indptr)
        return sparse.csr_array(parts, shape=(len(lengths), self._n_columns))


def ranges(starts, lengths):
    """Concatenate ``arange(start, start + length)`` of every pair."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
