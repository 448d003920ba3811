# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses of triplets: what belongs together scores higher than what does not."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import cross_entropy, pairwise_ranking, weighted_mean

__all__ = ["PairLoss", "Pairs", "TripletLoss"]


class Pairs(NamedTuple):
    """Scores of a batch, and who has which tag.

    Attributes
    ----------
    of_tags : Tensor of shape (n_rows, n_tags)
        Scores of tags for each photo and its place.

    of_photos : Tensor of shape (n_rows, n_rows)
        Scores of the photos of the batch for the tag and the place of each.

    share : SparseRows of shape (n_rows, n_tags)
        The target of the tags: one over their number.

    same : Tensor of shape (n_rows, n_rows)
        1 where the photo of the column has the tag of the row.
    """

    of_tags: torch.Tensor
    of_photos: torch.Tensor
    share: object
    same: torch.Tensor


class TripletLoss(nn.Module):
    r"""The margin ranking loss, averaged over the negatives of a positive.

    Parameters
    ----------
    kind : {"hinge", "logistic"}, default="hinge"
        The loss of a difference of scores.

    margin : float, default=0.1
        By how much the positive is to lead, for the hinge.

    Notes
    -----
    .. math:: L = \frac{1}{N} \sum_{j=1}^N \max(0,\; m - (s^+ - s_j^-))
    """

    def __init__(self, kind="hinge", margin=0.1):
        super().__init__()
        self.kind, self.margin = kind, margin

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch."""
        positive, negative = outputs
        rows = pairwise_ranking(positive, negative, kind=self.kind, margin=self.margin)
        return weighted_mean(rows, weight)


class PairLoss(nn.Module):
    r"""Cross-entropy of the tags of a photo, and of the photo of a tag.

    Parameters
    ----------
    task : {"tagging", "retrieval"}
        With "tagging" both sides teach alike: a fair coin, in expectation. With
        "retrieval" photos are told apart only.

    Notes
    -----
    For a photo with `M` tags `T` and a random one `t` of them, in a batch `B`, without
    the other photos that have `t`,

    .. math:: L = -\frac{1}{2M} \sum_{t' \in T} \log
        \frac{e^{s(i, t', \ell_i)}}{\sum_{t''} e^{s(i, t'', \ell_i)}}
        - \frac12 \log \frac{e^{s(i, t, \ell_i)}}{\sum_{j \in B} e^{s(j, t, \ell_i)}} .

    Both halves are least for the same score: the logarithm of how much likelier the
    three are together than a photo alone and a place alone let expect.
    """

    def __init__(self, task="tagging"):
        super().__init__()
        self.task = task

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch."""
        n_rows = len(outputs.of_photos)
        own = torch.arange(n_rows, device=outputs.of_photos.device)
        others = (outputs.same > 0) & ~torch.eye(
            n_rows, dtype=torch.bool, device=own.device
        )
        of_photos = outputs.of_photos.float().masked_fill(others, -torch.inf)
        rows = functional.cross_entropy(of_photos, own, reduction="none")
        if self.task == "tagging":
            rows = 0.5 * (rows + cross_entropy(outputs.of_tags, outputs.share))
        return weighted_mean(rows, weight)
