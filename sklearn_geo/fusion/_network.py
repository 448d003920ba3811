# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The network of the paper's Figure 2: a sub-network a block, weights, heads."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import RowLinear, SeededDropout, SparseRows, init_weights

__all__ = ["FusionNetwork", "Learning"]

# Kernels of products take so many rows at once, and others what is left over.
_ROWS_AT_ONCE = 16


class Learning(NamedTuple):
    """What the network says while it learns.

    Attributes
    ----------
    main : Tensor of shape (n_rows, n_outputs)
        Outputs of the fused features.

    aux : list of Tensor of shape (n_rows, n_outputs)
        Outputs of each block alone.

    present : Tensor of shape (n_rows, n_blocks) or None
        1 where a row has the block.
    """

    main: torch.Tensor
    aux: list
    present: torch.Tensor | None


class FusionNetwork(nn.Module):
    r"""Sub-networks of blocks, fused by weighted concatenation.

    Parameters
    ----------
    columns : list of ndarray of int
        The columns of each block.

    hidden : sequence of int
        Width of the sub-network of each block.

    n_outputs : int
        Number of outputs.

    scaling : sequence of Scaling or None
        How the columns of each dense block are scaled.

    attention : {"type", "sample"} or None
        What the weight of a block depends on.

    auxiliary : bool
        Whether there are auxiliary heads.

    dropout : float
        Share of the outputs of sub-networks dropped in training.

    sparse_blocks : sequence of bool
        Which blocks come sparse.

    masks : bool
        Whether rows may miss blocks: those with NaN.

    Notes
    -----
    The weighted concatenation of equation 4 is never made: the part :math:`W_k` of the
    matrix of the main head that meets :math:`h_k` is used alone,

    .. math:: W \cdot (\alpha_1 h_1 \frown \dots \frown \alpha_K h_K)
              = \sum_k \alpha_k\, W_k \cdot h_k .
    """

    def __init__(
        self,
        columns,
        hidden,
        n_outputs,
        *,
        scaling,
        attention="type",
        auxiliary=True,
        dropout=0.0,
        sparse_blocks=(),
        masks=False,
    ):
        super().__init__()
        self.hidden = tuple(hidden)
        self.attention, self.masks = attention, masks
        self._cuts = [_cut(each) for each in columns]
        self._sparse = tuple(sparse_blocks) or (False,) * len(columns)
        self.layers = nn.ModuleList(
            RowLinear(len(each), width)
            for each, width in zip(columns, hidden, strict=True)
        )
        self.scaling = nn.ModuleList(
            nn.Identity() if each is None else each.layer() for each in scaling
        )
        self.dropout = SeededDropout(dropout) if dropout else nn.Identity()
        self.main = RowLinear(sum(hidden), n_outputs)
        self.aux = nn.ModuleList(
            RowLinear(width, n_outputs) for width in hidden if auxiliary
        )
        init_weights(self)
        if attention is not None:
            # FC of the one-hot indicator of the type: a weight a block, and a bias.
            self.of_type = nn.Parameter(torch.zeros(len(columns)))
            self.of_all = nn.Parameter(torch.zeros(1))
        if attention == "sample":
            self.of_sample = nn.ParameterList(torch.zeros(width) for width in hidden)

    @property
    def sparse_layers(self):
        """The layers that read sparse blocks, for their optimizer."""
        pairs = zip(self.layers, self._sparse, strict=True)
        return [layer for layer, is_sparse in pairs if is_sparse]

    @property
    def quick_weights(self):
        """The weights that decide on whole blocks, for the optimizer."""
        return [] if self.attention is None else [self.of_type, self.of_all]

    def forward(self, inputs):
        """Return the outputs of the main head; while learning, :class:`Learning`."""
        hidden, present, n_rows = self._hidden(inputs)
        weights = self._weights(hidden, present)
        parts = self.main.weight.split(self.hidden)
        main = self.main.bias
        for number, (h, part) in enumerate(zip(hidden, parts, strict=True)):
            said = h @ part
            if weights is not None:
                said = said * weights[..., number, None]
            main = main + said
        if not (self.training and len(self.aux)):
            return main[:n_rows]
        aux = [head(h) for head, h in zip(self.aux, hidden, strict=True)]
        return Learning(main, aux, present)

    def weights(self, inputs):
        """Return the weight of each block for each row."""
        hidden, present, n_rows = self._hidden(inputs)
        weights = self._weights(hidden, present)
        if weights is None:
            return hidden[0].new_ones(n_rows, len(hidden))
        return weights.expand(len(hidden[0]), len(hidden))[:n_rows]

    def shares(self, inputs):
        """Return what each block adds to the outputs, weighted, without the bias.

        Their shape is (n_rows, n_blocks, n_outputs).
        """
        hidden, present, n_rows = self._hidden(inputs)
        weights = self._weights(hidden, present)
        parts = self.main.weight.split(self.hidden)
        said = torch.stack([h @ part for h, part in zip(hidden, parts, strict=True)], 1)
        return (said if weights is None else said * weights[..., None])[:n_rows]

    def _hidden(self, inputs):
        """Return h_k of every block, which rows have which, and how many rows ask."""
        blocks, present = self._split(inputs)
        n_rows = len(blocks[0])
        more = 0 if self.training else -n_rows % _ROWS_AT_ONCE
        hidden = []
        for number, (block, layer) in enumerate(zip(blocks, self.layers, strict=True)):
            if isinstance(block, SparseRows):
                h = _longer(layer(block), more)
            else:
                h = layer(_longer(self.scaling[number](block), more))
            hidden.append(self.dropout(torch.relu(h)))
        return hidden, None if present is None else _longer(present, more), n_rows

    def _split(self, inputs):
        if isinstance(inputs, torch.Tensor):
            blocks = [inputs[:, cut] for cut in self._cuts]
        else:
            blocks = list(inputs.blocks)
            if self.masks:
                return blocks[:-1], blocks[-1]
        if not self.masks:
            return blocks, None
        present = torch.stack([~torch.isnan(block).any(1) for block in blocks], 1)
        blocks = [
            torch.where(here[:, None], block, 0.0)
            for block, here in zip(blocks, present.unbind(1), strict=True)
        ]
        return blocks, present.float()

    def _weights(self, hidden, present):
        """Return alpha, a row or one for all of shape (n_blocks,), or None for ones."""
        weights = None
        if self.attention is not None:
            logits = self.of_type + self.of_all
            if self.attention == "sample":
                pairs = zip(hidden, self.of_sample, strict=True)
                said = torch.stack([h @ v for h, v in pairs], 1)
                # A block that a row misses says nothing of its own weight either.
                logits = logits + (said if present is None else said * present)
            weights = torch.sigmoid(logits)
        if present is None:
            return weights
        if weights is None:
            weights = torch.ones_like(present[0])
        # What a row misses is made up for by what it has.
        kept = weights * present
        share = weights.sum(-1) / kept.sum(1).clamp(min=1e-12)
        return kept * share[:, None]


def _longer(rows, more):
    """Add rows of zeros: products then are the same to the last bit beside any rows."""
    return functional.pad(rows, (0, 0, 0, more)) if more else rows


def _cut(columns):
    """Return a slice if columns follow each other: slicing copies nothing."""
    start, n = int(columns[0]), len(columns)
    if (columns == range(start, start + n)).all():
        return slice(start, start + n)
    return torch.as_tensor(columns)
