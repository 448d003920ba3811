# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks over albums: a plain one, and one that lets photos tell each other."""

import numpy as np
import torch
from torch import nn

__all__ = ["AlbumLSTM", "BothWays", "ScoresLoss", "backwards"]


def backwards(lengths, n_steps):
    """Return, for every step, the step that takes its place when albums are reversed.

    Parameters
    ----------
    lengths : Tensor of int of shape (n_albums,)
        Photos of each album.

    n_steps : int
        Photos and padding of each.

    Returns
    -------
    Tensor of int of shape (n_albums, n_steps)
        Padding stays behind the photos.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.geolocation._album_network import backwards
    >>> backwards(torch.tensor([3, 1]), 3)
    tensor([[2, 1, 0],
            [0, 1, 2]])
    """
    step = torch.arange(n_steps, device=lengths.device).expand(len(lengths), -1)
    last = lengths[:, None] - 1
    return torch.where(step <= last, last - step, step)


def take_steps(values, steps):
    """Return the values of some steps, one choice of steps an album."""
    return values.gather(1, steps[:, :, None].expand(-1, -1, values.shape[2]))


class BothWays(nn.Module):
    """A bidirectional LSTM over padded albums, for which padding is not there.

    The album is turned round for the second direction, and padding stays behind it:
    neither direction has read any before the last photo it says something of. The
    states are those of torch's bidirectional LSTM on packed sequences, which takes
    longer.

    Parameters
    ----------
    n_inputs, hidden : int
        Width of inputs, and of the states of each direction.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.geolocation._album_network import BothWays
    >>> BothWays(3, 4)(torch.zeros(2, 5, 3), torch.tensor([5, 1])).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, n_inputs, hidden):
        super().__init__()
        self.onward = nn.LSTM(n_inputs, hidden, batch_first=True)
        self.backward = nn.LSTM(n_inputs, hidden, batch_first=True)

    def forward(self, inputs, lengths):
        """Return the states at every step; behind an album they mean nothing."""
        steps = backwards(lengths, inputs.shape[1])
        onward = self.onward(inputs)[0]
        back = self.backward(take_steps(inputs, steps))[0]
        return torch.cat([onward, take_steps(back, steps)], dim=2)


class AlbumLSTM(nn.Module):
    r"""The paper's network: a bidirectional LSTM and a softmax over all cells.

    Parameters
    ----------
    n_cells : int
        Number of cells.

    hidden : int
        Width of the states of each direction.

    Notes
    -----
    Section 3.3 and Figure 3: inputs of a photo are the filtered and normalised
    probabilities of all cells and the mass they had, :math:`(\hat p, |p'|_1)`.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from sklearn_geo.geolocation._album_network import AlbumLSTM
    >>> from sklearn_geo.geolocation._album_rows import AlbumRows
    >>> from sklearn_geo.geolocation._first_cells import FirstCells
    >>> first = FirstCells.of(np.full((2, 5), 0.2), 3)
    >>> inputs = AlbumRows(first).tensors(np.array([[0, 1]]))
    >>> AlbumLSTM(5, 4)(inputs).shape
    torch.Size([1, 2, 5])
    """

    def __init__(self, n_cells, hidden):
        super().__init__()
        self.n_cells = n_cells
        self.states = BothWays(n_cells + 1, hidden)
        self.head = nn.Linear(2 * hidden, n_cells)

    def inputs(self, blocks):
        """Return the inputs of the LSTM, and lengths."""
        cells, proba, told = blocks.blocks[:3]
        known = told[:, :, :1] > 0
        out = told.new_zeros(*told.shape[:2], self.n_cells + 1)
        cells = torch.where(known, cells, 0)
        out.scatter_(2, cells, torch.where(known, proba, 0.0))
        out[:, :, -1:] = torch.where(known, told[:, :, 1:2], 0.0)
        return out, known[:, :, 0].sum(dim=1)

    def forward(self, blocks):
        """Return logits of shape (n_albums, n_steps, n_cells)."""
        return self.head(self.states(*self.inputs(blocks)))

    def dense(self, outputs, blocks):
        """Return the scores of all cells."""
        return outputs


class ScoresLoss(nn.Module):
    r"""Cross-entropy of the photos of albums.

    :math:`L = \frac1B \sum_{bt} \omega_{bt} \ell_{bt}` over `B` albums; the weights are
    scaled by whoever makes them, and are 0 for padding and for photos in no cell.
    """

    def rows(self, outputs, targets):
        """Return the loss of every photo, 0 for those without a cell."""
        truth = targets[0]
        flat = nn.functional.cross_entropy(
            outputs.flatten(0, 1), truth.flatten(), ignore_index=-1, reduction="none"
        )
        return flat.view(truth.shape)

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch."""
        losses = self.rows(outputs, targets) * targets[1]
        return losses.sum() / len(losses)


def shares_of(cells, n_cells, weights=None):
    """Return what share of the photos lies in each cell, half a photo added to all.

    Half a photo is half of the mean weight, whatever unit weights are in.
    """
    inside = cells >= 0
    own = np.ones(inside.sum()) if weights is None else weights[inside]
    half = 0.5 * own.sum() / max(1, np.count_nonzero(own))
    counts = np.bincount(cells[inside], own, minlength=n_cells) + half
    return counts / counts.sum()
