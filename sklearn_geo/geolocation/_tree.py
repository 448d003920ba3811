# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One softmax over the finest cells, learnt at every level of the tree."""

import torch

from sklearn_geo.nets import HeadedMLP


class TreeMLP(HeadedMLP):
    r"""A network with one head on the finest cells that answers for every level.

    Parameters
    ----------
    n_features : int
        Number of features.

    n_outputs : sequence of int
        Number of finest cells, and the widths of other heads.

    parents : sequence of ndarray of shape (n_fine_cells,)
        Ancestors of the finest cells, from the coarsest level on; -1 is none.

    n_coarse : sequence of int
        Number of cells of each of these levels.

    **settings
        Those of `HeadedMLP`.

    Notes
    -----
    The logit of a coarse cell is the log-sum-exp of the logits of the fine cells in it,
    so that its softmax is the sum of theirs:

    .. math:: z_a = \log \sum_{c: a(c) = a} e^{z_c}

    Levels are coherent by construction. A coarse cell without fine ones has logit
    -inf; fine cells that lost their ancestor are left out of that level.
    """

    def __init__(self, n_features, n_outputs, parents, n_coarse, **settings):
        super().__init__(n_features, n_outputs, **settings)
        self.n_coarse = tuple(int(n) for n in n_coarse)
        for level, parent in enumerate(parents):
            # One cell more takes what has no ancestor.
            parent = torch.as_tensor(parent, dtype=torch.int64)
            parent = torch.where(parent < 0, self.n_coarse[level], parent)
            self.register_buffer(f"parent_{level}", parent, persistent=False)

    def forward(self, inputs):
        """Return the logits of every level, coarse to fine, and of the other heads."""
        fine, *others = super().forward(inputs)
        levels = [
            log_sum_up(fine, getattr(self, f"parent_{level}"), n)
            for level, n in enumerate(self.n_coarse)
        ]
        return (*levels, fine, *others)


def log_sum_up(logits, parent, n_cells):
    """Return log-sum-exps of columns, gathered by their parents.

    Parameters
    ----------
    logits : Tensor of shape (n_rows, n_fine_cells)
        Logits.

    parent : Tensor of shape (n_fine_cells,)
        Which coarse cell a column belongs to; `n_cells` is none.

    n_cells : int
        Number of coarse cells.

    Returns
    -------
    Tensor of shape (n_rows, n_cells)
        Their logits.
    """
    logits = logits.float()
    shape = (len(logits), n_cells + 1)
    # The largest of each group keeps the sum from vanishing.
    top = logits.new_full(shape, -torch.inf)
    index = parent.expand(len(logits), -1)
    top = top.scatter_reduce(1, index, logits.detach(), "amax")
    top = torch.where(torch.isinf(top), 0.0, top)
    shifted = torch.exp(logits - top[:, parent])
    sums = logits.new_zeros(shape).index_add(1, parent, shifted)
    empty = sums == 0.0
    # Not log(0), whose gradient is infinite.
    sums = torch.where(empty, 1.0, sums)
    return torch.where(empty, -torch.inf, torch.log(sums) + top)[:, :n_cells]
