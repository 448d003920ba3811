# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows that lie on the device whole, where they fit: no copy at every step."""

import numpy as np
import torch
from scipy import sparse

from sklearn_geo.nets._row_data import Batch, RowData

__all__ = ["DeviceRows", "keep_on_device"]

# Of the memory that is free on the device, what data may take.
_SHARE = 0.25


class DeviceRows(RowData):
    """Dense rows, their targets and weights as tensors on a device.

    Batches are the ones that :class:`RowData` gives, number by number.

    Parameters
    ----------
    data : RowData
        Dense features and targets in memory.

    device : str or torch.device
        The device.

    See Also
    --------
    keep_on_device : Makes them where they fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import DeviceRows, RowData
    >>> rows = DeviceRows(RowData(np.eye(3), [np.array([2, 0, 1])]), "cpu")
    >>> rows.take(np.array([0, 2])).targets[0]
    tensor([2, 1])
    """

    def __init__(self, data, device):
        super().__init__(data.X, data.targets, rows=data.rows)
        self.sample_weight = data.sample_weight
        everything = RowData(data.X, data.targets).take(slice(None))
        weight = data.sample_weight
        if weight is not None:
            weight = torch.from_numpy(weight)
        self._all = Batch(everything.inputs, everything.targets, weight).to(device)
        self._device = device

    def subset(self, at):
        """Return the same tensors with some of the rows.

        Parameters
        ----------
        at : ndarray of int
            Positions of the rows.

        Returns
        -------
        DeviceRows
            Those rows; the tensors are shared.
        """
        part = object.__new__(DeviceRows)
        part.__dict__.update(super().subset(at).__dict__)
        return part

    def take(self, at, *, training=False):
        """Return rows as tensors on the device.

        Parameters
        ----------
        at : ndarray of int
            Positions of the rows.

        training : bool, default=False
            As :meth:`RowData.take` takes it; dense rows are the same.

        Returns
        -------
        Batch
            The rows.
        """
        if isinstance(at, slice):
            at = np.arange(len(self))[at]
        rows = at if self.rows is None else self.rows[at]
        rows = torch.from_numpy(np.ascontiguousarray(rows)).to(self._device)
        weight = self._all.weight
        return Batch(
            self._all.inputs[rows],
            tuple(target[rows] for target in self._all.targets),
            None if weight is None else weight[rows],
        )


def keep_on_device(parts, device):
    """Put rows on an accelerator whole, if they are dense, in memory, and few enough.

    Parameters
    ----------
    parts : sequence of RowData or None
        Rows to learn from, and rows held out: parts of the same arrays, as
        :meth:`RowData.subset` gives them. Others stay where they are.

    device : str or torch.device
        The device.

    Returns
    -------
    list of RowData or None
        The parts there, or as they were.

    See Also
    --------
    DeviceRows : What it makes.
    choose_device : Which device it is.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.nets import RowData, keep_on_device
    >>> rows = RowData(np.eye(3))
    >>> keep_on_device([rows, None], "cpu")[0] is rows
    True
    """
    device = torch.device(device)
    first = parts[0]
    shared = all(part is None or _share_arrays(part, first) for part in parts)
    if device.type != "cuda" or not shared or not _is_dense(first):
        return list(parts)
    n_bytes = sum(each.nbytes for each in (first.X, *first.targets))
    if n_bytes > _SHARE * torch.cuda.mem_get_info(device)[0]:
        return list(parts)
    whole = DeviceRows(first, device)
    there = []
    for part in parts:
        moved = part
        if part is not None:
            moved = object.__new__(DeviceRows)
            moved.__dict__.update(whole.__dict__)
            moved.rows = part.rows
        there.append(moved)
    return there


def _share_arrays(part, other):
    """Say whether two parts have the very same rows, targets and weights."""
    pairs = zip(_arrays(part), _arrays(other), strict=False)
    same_number = len(part.targets) == len(other.targets)
    return same_number and all(one is another for one, another in pairs)


def _arrays(data):
    return data.X, data.sample_weight, *data.targets


def _is_dense(data):
    arrays = (data.X, *data.targets)
    return all(
        isinstance(each, np.ndarray)
        and not isinstance(each, np.memmap)
        and not sparse.issparse(each)
        for each in arrays
    )
