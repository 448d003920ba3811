# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equation 5: the loss of the main head, and of every block alone."""

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.fusion._network import Learning
from sklearn_geo.nets import cross_entropy, weighted_mean

__all__ = ["FusionLoss", "squared_error"]


def squared_error(outputs, target):
    """Mean of the squares over the outputs of a row, a number a row."""
    outputs = _single_or_double(outputs)
    return (outputs - target.reshape(outputs.shape)).square().mean(dim=1)


def _single_or_double(outputs):
    """Half precision is too little for a loss."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))


class FusionLoss(nn.Module):
    r"""The loss of a fusion network.

    Parameters
    ----------
    kind : {"labels", "classes", "numbers"}
        Binary cross-entropy (the mean over labels), cross-entropy of a softmax, or
        squared error.

    aux_weights : sequence of float, default=()
        :math:`\lambda_k` of each block.

    balance : ndarray of shape (n_outputs, 2) or (n_outputs,) or None, default=None
        Weights of negatives and positives of each label, or of each class.

    Notes
    -----
    Equation 5 of the paper:

    .. math:: L = L(y, \phi(W h + b)) + \sum_k \lambda_k L(y, \phi(W_k h_k + b_k))
    """

    def __init__(self, kind, aux_weights=(), balance=None):
        super().__init__()
        self.kind, self.aux_weights = kind, tuple(aux_weights)
        balance = None if balance is None else torch.as_tensor(balance).float()
        self.register_buffer("balance", balance)

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch; while the network does not learn, of its head."""
        (target,) = targets
        if not isinstance(outputs, Learning):
            return weighted_mean(self.rows(outputs, target), weight)
        total = self.rows(outputs.main, target)
        for number, (aux, share) in enumerate(
            zip(outputs.aux, self.aux_weights, strict=True)
        ):
            if share:
                rows = share * self.rows(aux, target)
                if outputs.present is not None:
                    rows = rows * outputs.present[:, number]
                total = total + rows
        return weighted_mean(total, weight)

    def rows(self, outputs, target):
        """Return the loss of every row for the outputs of one head."""
        if self.kind == "numbers":
            return squared_error(outputs, target)
        if self.kind == "classes":
            rows = cross_entropy(outputs, target)
            return rows if self.balance is None else rows * self.balance[target]
        outputs = _single_or_double(outputs)
        target = target.to(outputs.dtype).reshape(outputs.shape)
        each = functional.binary_cross_entropy_with_logits(
            outputs, target, reduction="none"
        )
        if self.balance is not None:
            each = each * torch.where(
                target > 0, self.balance[:, 1], self.balance[:, 0]
            )
        return each.mean(dim=1)
