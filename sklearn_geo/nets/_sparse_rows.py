# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A batch of sparse rows on a device, by rows and by the columns it touches."""

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional

__all__ = ["SparseRows"]


class SparseRows:
    """A few rows of a sparse matrix as flat tensors, never a dense block.

    Parameters
    ----------
    rows : sparse array or matrix of shape (n_rows, n_columns)
        The rows; entries of the same place are added up.

    by_column : bool, default=False
        Also keep the transposed form that a gradient needs: for every column that any
        row has a value in, which rows and how much.

    Attributes
    ----------
    shape : tuple of int
        Number of rows and of columns.

    columns, values, starts : Tensor
        The stored entries row by row, and where each row starts.

    touched : Tensor or None
        The columns with entries, ascending.

    See Also
    --------
    RowLinear : The layer that takes them.

    Examples
    --------
    >>> from scipy import sparse
    >>> from sklearn_geo.nets import SparseRows
    >>> rows = SparseRows(sparse.csr_array([[0, 2, 0], [1, 0, 3]]), by_column=True)
    >>> rows.shape, rows.touched.tolist()
    ((2, 3), [0, 1, 2])
    """

    _TENSORS = (
        "columns",
        "values",
        "starts",
        "touched",
        "_column_rows",
        "_column_values",
        "_column_starts",
    )

    def __init__(self, rows, *, by_column=False):
        rows = rows.tocsr()
        self.shape = tuple(int(size) for size in rows.shape)
        if not rows.has_canonical_format:  # losses are not linear in the entries
            rows = rows.copy()
            rows.sum_duplicates()
        columns = rows.indices.astype(np.int32, copy=False)
        values = rows.data.astype(np.float32, copy=False)
        starts = rows.indptr[:-1].astype(np.int32, copy=False)
        # Tensors must not share memory that may be read-only (a memory map).
        self.columns, self.values, self.starts = map(_tensor, (columns, values, starts))
        self.touched = self._column_rows = None
        self._column_values = self._column_starts = None
        if by_column:
            lengths = np.diff(rows.indptr)
            order = np.argsort(columns, kind="stable")
            ordered = columns[order]
            first = np.ones(len(ordered), dtype=bool)
            np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
            row_of = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
            at = np.flatnonzero(first)
            self.touched = torch.from_numpy(ordered[at].astype(np.int64))
            self._column_rows = torch.from_numpy(row_of[order])
            self._column_values = torch.from_numpy(values[order])
            self._column_starts = torch.from_numpy(at.astype(np.int32))

    def __len__(self):
        return self.shape[0]

    def to(self, device):
        """Return the same rows on a device.

        Parameters
        ----------
        device : str or torch.device
            The device.

        Returns
        -------
        SparseRows
            The rows there; the same object if they are there already.
        """
        if self.values.device == torch.device(device):
            return self
        moved = object.__new__(SparseRows)
        moved.shape = self.shape
        for name in self._TENSORS:
            tensor = getattr(self, name)
            setattr(moved, name, None if tensor is None else tensor.to(device))
        return moved

    def row_numbers(self):
        """Return the row that every stored entry is in, a tensor of int64.

        Returns
        -------
        Tensor of shape (n_entries,)
            The rows, counted from zero.
        """
        device = self.starts.device
        ends = torch.cat(
            [self.starts[1:], torch.tensor([len(self.columns)], device=device)]
        )
        numbers = torch.arange(len(self), device=device)
        return numbers.repeat_interleave((ends - self.starts).long())

    def product(self, weight):
        """Multiply by a dense matrix.

        Parameters
        ----------
        weight : Tensor of shape (n_columns, n_out)
            The matrix.

        Returns
        -------
        Tensor of shape (n_rows, n_out)
            The product.
        """
        return _bags(self.columns, self.values, self.starts, weight)

    def transposed_product(self, dense):
        """Multiply the transposed rows by a dense matrix, at the touched columns only.

        Parameters
        ----------
        dense : Tensor of shape (n_rows, n_out)
            The matrix.

        Returns
        -------
        Tensor of shape (n_touched, n_out)
            The rows of the product that are not zero for certain.
        """
        if self.touched is None:
            raise ValueError("These rows were made without by_column=True.")
        starts = self._column_starts
        return _bags(self._column_rows, self._column_values, starts, dense)

    def to_scipy(self):
        """Return the rows as a scipy csr_array of float32.

        Returns
        -------
        scipy.sparse.csr_array
            The rows.
        """
        indptr = np.append(self.starts.cpu().numpy(), len(self.columns))
        parts = (self.values.cpu().numpy(), self.columns.cpu().numpy(), indptr)
        return sparse.csr_array(parts, shape=self.shape)


def _tensor(array):
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _bags(columns, values, starts, weight):
    """Add up weighted rows of a matrix, bag by bag.

    torch's embedding bags do that with vector instructions and without the pass over
    all rows that its sparse products make; measured three times faster.
    """
    if not len(columns):
        return weight.new_zeros(len(starts), weight.shape[1])
    return functional.embedding_bag(
        columns, weight, starts, mode="sum", per_sample_weights=values.to(weight.dtype)
    )
