# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Batches, sliced whole from arrays, memory maps, sparse matrices and images."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from sklearn.utils import gen_batches
from torch.utils.data import Dataset

from sklearn_geo._weights import check_total
from sklearn_geo.nets._sparse_rows import SparseRows

__all__ = ["Batch", "LazyRows", "Lookup", "RowData", "Several"]


@dataclass(frozen=True)
class Several:
    """Blocks of columns of the same rows, each dense or sparse as it is best kept.

    Parameters
    ----------
    blocks : tuple of array, sparse array, Tensor or SparseRows
        The blocks.

    See Also
    --------
    RowData : Batches of such rows.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from sklearn_geo.nets import LazyRows, RowData, Several
    >>> dense, wide = np.ones((3, 2)), sparse.eye_array(3, 900, format="csr")
    >>> X = LazyRows((3, 902), lambda at: Several((dense[at], wide[at])))
    >>> batch = RowData(X).take(np.array([0, 2])).inputs
    >>> len(batch), [block.shape[1] for block in batch.blocks]
    (2, [2, 900])
    """

    blocks: tuple

    def __len__(self):
        return len(self.blocks[0])

    def to(self, device):
        """Return the blocks on a device.

        Parameters
        ----------
        device : str or torch.device
            The device.

        Returns
        -------
        Several
            The blocks there.
        """
        return Several(tuple(block.to(device) for block in self.blocks))


@dataclass(frozen=True)
class Batch:
    """Some rows as tensors.

    Parameters
    ----------
    inputs : Tensor, SparseRows or Several
        The features.

    targets : tuple of Tensor or SparseRows, default=()
        What to learn, one entry a target.

    weight : Tensor of shape (n_rows,) or None, default=None
        Weights of the rows.

    See Also
    --------
    RowData : Makes batches.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import RowData
    >>> batch = RowData(np.eye(3), [np.array([2, 0, 1])]).take(np.array([0, 2]))
    >>> len(batch), batch.targets[0].tolist(), batch.weight
    (2, [2, 1], None)
    """

    inputs: object
    targets: tuple = ()
    weight: object = None

    def __len__(self):
        return len(self.inputs)

    def to(self, device):
        """Return the batch on a device.

        Parameters
        ----------
        device : str or torch.device
            The device.

        Returns
        -------
        Batch
            The rows there.
        """
        inputs = self.inputs.to(device)
        targets = tuple(target.to(device) for target in self.targets)
        weight = None if self.weight is None else self.weight.to(device)
        return Batch(inputs, targets, weight)


class LazyRows:
    """Rows that are computed when a batch asks for them, and never lie in memory all.

    Parameters
    ----------
    shape : tuple of int
        Number of rows and of columns.

    rows : callable
        From positions (a slice or an array of ints) to those rows, as an array or a
        sparse array.

    See Also
    --------
    RowData : Takes batches of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import LazyRows, RowData
    >>> squares = LazyRows((1000, 1), lambda at: np.arange(1000.0)[at, None] ** 2)
    >>> RowData(squares).take(np.array([2, 30])).inputs
    tensor([[  4.],
            [900.]])
    """

    def __init__(self, shape, rows):
        self.shape = tuple(shape)
        self._rows = rows

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, at):
        return self._rows(at)


class Lookup(LazyRows):
    """Targets that are rows of a table: what a smoothed label of each class is.

    Kept as one number a row, however wide the table.

    Parameters
    ----------
    index : array-like of shape (n_rows,)
        The row of the table for every row of the data; -1 is a row of zeros, which
        teaches nothing.

    table : array-like or sparse array of shape (n_classes, n_columns)
        The rows.

    See Also
    --------
    LazyRows : Rows of any kind that are computed when asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from sklearn_geo.nets import Lookup
    >>> smoothed = sparse.csr_array([[0.9, 0.1], [0.2, 0.8]])
    >>> Lookup([1, -1, 0], smoothed)[np.array([0, 1])].toarray()
    array([[0.2, 0.8],
           [0. , 0. ]])
    """

    def __init__(self, index, table):
        index = np.asarray(index)
        if index.dtype.kind not in "iu":
            if index.size:
                raise ValueError(
                    f"index has the dtype {index.dtype}: it needs whole numbers, the "
                    "row of the table for every row."
                )
            index = index.astype(np.int64)
        if not sparse.issparse(table):
            table = np.asarray(table)
        n_classes = table.shape[0]
        if len(index) and not (index.min() >= -1 and index.max() < n_classes):
            raise ValueError(
                f"index goes from {index.min()} to {index.max()}, but the table has "
                f"{n_classes} rows: it takes numbers from -1 (no row) to "
                f"{n_classes - 1}."
            )
        nothing = sparse.csr_array((1, table.shape[1]), dtype=np.float32)
        # Row -1 is the last one: nothing.
        self._table = sparse.csr_array(sparse.vstack([table, nothing], format="csr"))
        self._index = index
        super().__init__((len(index), table.shape[1]), self._look_up)

    def _look_up(self, rows):
        return self._table[self._index[rows]]


class RowData(Dataset):
    """Features, targets and weights whose batches are slices, never collated.

    Parameters
    ----------
    X : ndarray, memmap, sparse array or :class:`LazyRows` of shape (n_rows, ...)
        Features. Two dimensions become float32, one batch at a time; sparse ones stay
        sparse. Images (four dimensions) keep their type, so that a batch of bytes
        travels as bytes.

    targets : sequence of array-like, sparse array or :class:`LazyRows`, default=()
        What to learn: whole numbers become int64, other numbers float32, sparse rows
        :class:`SparseRows`.

    sample_weight : array-like of shape (n_rows,) or None, default=None
        Weights, scaled to a mean of one over the rows.

    rows : ndarray of int or None, default=None
        The rows of the arrays that this is about; None is all.

    See Also
    --------
    LazyRows : Rows that are computed when asked for.
    DeviceRows : The same rows on a device.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import RowData
    >>> data = RowData(np.eye(3), [np.array([2, 0, 1])])
    >>> data.take(np.array([0, 2])).targets[0]
    tensor([2, 1])
    """

    def __init__(self, X, targets=(), sample_weight=None, *, rows=None):
        if sparse.issparse(X):
            X = X.tocsr()
        elif not hasattr(X, "shape") or hasattr(X, "columns"):
            X = np.asarray(X)  # of a frame numbers would be columns
        self.X = X
        self.targets = tuple(_readable(target) for target in targets)
        n_rows = X.shape[0]
        for number, target in enumerate(self.targets):
            if target.shape[0] != n_rows:
                raise ValueError(
                    f"Target {number} has {target.shape[0]} rows, X has {n_rows}."
                )
        self.sample_weight = None
        if sample_weight is not None:
            weight = np.asarray(sample_weight, dtype=np.float64)
            if weight.shape != (n_rows,):
                raise ValueError(
                    f"sample_weight has shape {weight.shape}; X has {n_rows} rows."
                )
            check_total(weight)
            mean = weight.mean() if rows is None else weight[rows].mean()
            if not (weight >= 0).all() or not mean > 0:
                raise ValueError(
                    "sample_weight must not be negative, and not zero everywhere."
                )
            self.sample_weight = (weight / mean).astype(np.float32)
        self.rows = rows

    def __len__(self):
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def is_sparse(self):
        """Whether batches of features are sparse, also if they are computed."""
        lazy = isinstance(self.X, LazyRows) and len(self.X)
        some = self.X[slice(0, 1)] if lazy else self.X
        blocks = some.blocks if isinstance(some, Several) else (some,)
        return any(sparse.issparse(block) for block in blocks)

    def __getitem__(self, at):
        return self.take(np.atleast_1d(at))

    def weights(self):
        """Return what the rows weigh.

        Returns
        -------
        ndarray of float32 of shape (n_rows,) or None
            Their mean is one where the rows are all there are.
        """
        if self.sample_weight is None or self.rows is None:
            return self.sample_weight
        return self.sample_weight[self.rows]

    def subset(self, at):
        """Return the same arrays with some of the rows.

        Parameters
        ----------
        at : ndarray of int
            Positions among the rows of this.

        Returns
        -------
        RowData
            A view: nothing is copied.
        """
        part = object.__new__(RowData)
        part.__dict__.update(self.__dict__)
        part.rows = np.asarray(at) if self.rows is None else self.rows[at]
        return part

    def take(self, at, *, training=False):
        """Return rows as tensors.

        Parameters
        ----------
        at : slice or ndarray of int
            Positions among the rows.

        training : bool, default=False
            Make sparse features ready for a gradient.

        Returns
        -------
        Batch
            The rows.
        """
        rows = at if self.rows is None else self.rows[at]
        weight = None
        if self.sample_weight is not None:
            weight = torch.from_numpy(self.sample_weight[rows])
        return Batch(
            _features(self.X[rows], training),
            tuple(_target(target[rows]) for target in self.targets),
            weight,
        )

    def batches(self, batch_size, *, order=None, training=False):
        """Yield batches.

        Parameters
        ----------
        batch_size : int
            How many rows a batch has. A single row left over joins the batch before.

        order : ndarray of int or None, default=None
            Positions in the order they come in; None is as they lie. Rows of a batch
            are read in ascending order, which disks and caches like and the mean of a
            batch does not mind.

        training : bool, default=False
            As in :meth:`take`.

        Yields
        ------
        Batch
            The next rows.
        """
        for at in self.parts(batch_size, order):
            yield self.take(at, training=training)

    def parts(self, batch_size, order=None):
        """Yield the positions of batches, as :meth:`batches` takes them.

        Parameters
        ----------
        batch_size : int
            Rows of a batch.

        order : ndarray of int or None, default=None
            Positions of rows, in the order in which they come; None is all as they are.

        Yields
        ------
        at : slice or ndarray of int
            Positions of the rows of a batch.
        """
        n_rows = len(self) if order is None else len(order)
        least = 2 if n_rows > 1 and batch_size > 1 else 0
        if not n_rows:  # scikit-learn's batches begin at one row
            return
        for part in gen_batches(n_rows, batch_size, min_batch_size=least):
            yield part if order is None else np.sort(order[part])


def _readable(target):
    if isinstance(target, LazyRows):
        return target
    return target.tocsr() if sparse.issparse(target) else np.asarray(target)


def _features(block, training):
    if isinstance(block, Several):
        return Several(tuple(_features(each, training) for each in block.blocks))
    if sparse.issparse(block):
        return SparseRows(block, by_column=training)
    # Torch has no numbers of another byte order.
    block = np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("="))
    if block.ndim == 2:
        block = block.astype(np.float32, copy=False)
    elif block.dtype == np.float64:
        block = block.astype(np.float32)
    return torch.from_numpy(block if block.flags.writeable else block.copy())


def _target(block):
    if sparse.issparse(block):
        return SparseRows(block)
    kind = np.int64 if block.dtype.kind in "iub" else np.float32
    block = np.ascontiguousarray(block, dtype=kind)
    return torch.from_numpy(block if block.flags.writeable else block.copy())
