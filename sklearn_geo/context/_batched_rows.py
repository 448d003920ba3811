# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The batches of many zones side by side, each zone's as it would have them alone."""

import numpy as np
import torch
from sklearn.utils import gen_batches

from sklearn_geo.context._batched_steps import SparseTarget, send
from sklearn_geo.nets import RowData, SparseRows

__all__ = ["ResidentRows", "StreamedRows", "walk"]

# Row numbers that are prepared together, and bytes that are copied together.
_BLOCK_ROWS, _CHUNK_BYTES = 1 << 20, 1 << 26


def walk(parts, batch_size, orders, rows):
    """Yield batch after batch of several zones.

    Parameters
    ----------
    parts : list of RowData
        The rows of each zone, most batches first.

    batch_size : int
        Rows of a batch of a zone.

    orders : list of ndarray
        Positions among the rows of each zone, in the order they come in.

    rows : ResidentRows or StreamedRows
        Gives the rows.

    Yields
    ------
    inputs, targets
        Rows of the first zones, those that have a batch left, filled up to the same
        number: what :class:`NetworkStack` takes.

    weight : Tensor of shape (n_zones, n_rows)
        Sample weights; 0 for what fills up.

    sizes : Tensor of shape (n_zones,)
        How many rows of each zone are real.
    """
    sizes = [_batch_sizes(len(order), batch_size) for order in orders]
    n_steps, widest = len(sizes[0]), max(max(each) for each in sizes)
    together = max(1, _BLOCK_ROWS // (widest * len(parts)))
    for first in range(0, n_steps, together):
        stop = min(n_steps, first + together)
        shape = (stop - first, len(parts), widest)
        at, weight = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
        counts = np.zeros(shape[:2], np.int64)
        for zone, (part, order, own) in enumerate(
            zip(parts, orders, sizes, strict=True)
        ):
            mine = own[first:stop]
            counts[: len(mine), zone] = mine
            _fill(at[:, zone], order[first * batch_size :], mine)
            real = np.arange(widest) < counts[:, zone, None]
            found = at[:, zone] if part.rows is None else part.rows[at[:, zone]]
            weight[:, zone] = real
            if part.sample_weight is not None:
                weight[:, zone] *= part.sample_weight[found]
            at[:, zone] = found
        there = rows.send(at)
        weight = send(torch.from_numpy(weight), rows.device)
        n_real = send(torch.from_numpy(counts), rows.device)
        for step in range(stop - first):
            n_zones = int(np.count_nonzero(counts[step]))
            width = int(counts[step].max())
            inputs, targets = rows.take(there, step, counts[step, :n_zones], width)
            yield (
                inputs,
                targets,
                weight[step, :n_zones, :width],
                n_real[step, :n_zones],
            )


def _batch_sizes(n_rows, batch_size):
    least = 2 if n_rows > 1 and batch_size > 1 else 0
    parts = gen_batches(n_rows, batch_size, min_batch_size=least)
    return [part.stop - part.start for part in parts]


def _fill(at, order, sizes):
    """Write the positions of batches into rows of a matrix, ascending in each."""
    if not sizes:
        return
    *whole, last = sizes
    if whole:  # all of the same size
        block = order[: sum(whole)].reshape(len(whole), -1)
        at[: len(whole), : block.shape[1]] = np.sort(block, axis=1)
    at[len(whole), :last] = np.sort(order[sum(whole) : sum(whole) + last])


class ResidentRows:
    """All rows of several zones as tensors on the device.

    Parameters
    ----------
    parts : list of RowData
        Zone by zone; all the rows of their arrays are kept.

    device : torch.device
        The device.
    """

    def __init__(self, parts, device):
        self.device = device
        lengths = [part.X.shape[0] for part in parts]
        self._starts = np.cumsum([0, *lengths])
        n_rows = int(self._starts[-1])
        self._inputs = torch.empty((n_rows, parts[0].X.shape[1]), device=device)
        self._targets = [None] * len(parts[0].targets)
        entries = [[] for _ in self._targets]
        for part, start in zip(parts, self._starts, strict=False):
            for at, batch in _chunks(part):
                here = slice(start + at.start, start + at.stop)
                self._inputs[here] = batch.inputs.to(device)
                for number, target in enumerate(batch.targets):
                    if isinstance(target, SparseRows):
                        entries[number].append(target)
                        continue
                    if self._targets[number] is None:
                        self._targets[number] = torch.empty(
                            (n_rows, target.shape[1]), device=device
                        )
                    self._targets[number][here] = target.to(device)
        for number, found in enumerate(entries):
            if found:
                self._targets[number] = _Entries(found, device)

    def only(self, zones):
        """Go on with some of the zones, in their order."""
        kept = object.__new__(ResidentRows)
        kept.__dict__.update(self.__dict__)
        kept._starts = self._starts[zones]
        return kept

    def send(self, at):
        """Make row numbers ready: of zones here, of all rows on the device."""
        at = at + self._starts[: at.shape[1], None]
        return at, send(torch.from_numpy(at), self.device)

    def take(self, there, step, counts, width):
        """Return the rows of a step."""
        here, on_device = (each[step, : len(counts), :width] for each in there)
        flat, shape = on_device.reshape(-1), (len(counts), width, -1)
        targets = [
            target.take(here)
            if isinstance(target, _Entries)
            else target.index_select(0, flat).view(shape)
            for target in self._targets
        ]
        return self._inputs.index_select(0, flat).view(shape), targets


class _Entries:
    """Sparse teacher rows on the device; where rows start is known here."""

    def __init__(self, parts, device):
        starts, n_entries = [], 0
        for part in parts:
            starts.append(part.starts.numpy().astype(np.int64) + n_entries)
            n_entries += len(part.columns)
        self._starts = np.concatenate([*starts, [n_entries]])
        self._columns = torch.cat([part.columns for part in parts]).to(device)
        self._values = torch.cat([part.values for part in parts]).to(device)

    def take(self, at):
        """Return the entries of rows, without asking the device how many."""
        at = at.ravel()
        starts, lengths = self._starts[at], self._starts[at + 1] - self._starts[at]
        total = int(lengths.sum())
        device = self._columns.device
        # Where the entries of a row lie, minus where they come to lie.
        shifts = starts - (np.cumsum(lengths) - lengths)
        packed = send(torch.from_numpy(np.stack([lengths, shifts])), device)
        rows = torch.repeat_interleave(
            torch.arange(len(at), device=device), packed[0], output_size=total
        )
        entries = packed[1][rows] + torch.arange(total, device=device)
        return SparseTarget(rows, self._columns[entries].long(), self._values[entries])


class StreamedRows:
    """Rows of several zones that are read and copied batch by batch.

    Parameters
    ----------
    parts : list of RowData
        Zone by zone.

    device : torch.device
        The device.
    """

    def __init__(self, parts, device):
        self.device = device
        self._parts = [_everything(part) for part in parts]

    def only(self, zones):
        """Go on with some of the zones, in their order."""
        kept = object.__new__(StreamedRows)
        kept.__dict__.update(self.__dict__)
        kept._parts = [self._parts[zone] for zone in zones]
        return kept

    def send(self, at):
        """Make row numbers ready."""
        return at

    def take(self, there, step, counts, width):
        """Return the rows of a step."""
        batches = [
            part.take(there[step, zone, :count])
            for zone, (part, count) in enumerate(zip(self._parts, counts, strict=False))
        ]
        targets = [
            self._gather(same, width)
            for same in zip(*(batch.targets for batch in batches), strict=True)
        ]
        return self._gather([batch.inputs for batch in batches], width), targets

    def _gather(self, blocks, width):
        """Put the blocks of zones side by side, filled up with zeros."""
        if isinstance(blocks[0], SparseRows):
            rows = [
                block.row_numbers() + zone * width for zone, block in enumerate(blocks)
            ]
            columns = torch.cat([block.columns for block in blocks])
            values = torch.cat([block.values for block in blocks])
            found = (torch.cat(rows), columns.long(), values)
            return SparseTarget(*(send(each, self.device) for each in found))
        shape = (len(blocks), width, blocks[0].shape[1])
        whole = torch.zeros(shape, pin_memory=self.device.type == "cuda")
        for zone, block in enumerate(blocks):
            whole[zone, : len(block)] = block
        return send(whole, self.device)


def _everything(part):
    return RowData(part.X, part.targets)


def _chunks(part):
    """Yield all rows of a zone in chunks of bounded memory."""
    whole = _everything(part)
    row = sum(each.shape[1] for each in (whole.X, *whole.targets))
    chunk = max(1, _CHUNK_BYTES // (4 * row))
    for at in gen_batches(len(whole), chunk):
        yield at, whole.take(at)
