# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses of triplets: what belongs together scores higher than what does not."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import cross_entropy, pairwise_ranking, weighted_mean

__all__ = ["PairLoss", "Pairs", "TripletLoss"]

# Share of the loss that tells tags apart; the rest tells photos apart.
TAG_SHARES = {"tagging": 0.5, "retrieval": 0.0}


class Pairs(NamedTuple):
    """Scores of a batch, and who has which tag.

    Attributes
    ----------
    of_tags : Tensor of shape (n_rows, n_tags)
        Scores of tags for each photo and its place.

    of_photos : Tensor of shape (n_queries, n_rows)
        Scores of the photos of the batch for each tag of each photo, at its place.

    asks : Tensor of int of shape (n_queries,)
        The photo that each query was made from.

    share : SparseRows of shape (n_rows, n_tags)
        The target of the tags: one over their number.

    same : Tensor of shape (n_queries, n_rows)
        1 where the photo of the column has the tag of the query.
    """

    of_tags: torch.Tensor
    of_photos: torch.Tensor
    asks: torch.Tensor
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
        With "tagging" both sides teach alike, `a` is 1/2: a fair coin, in expectation.
        With "retrieval" photos are told apart only, `a` is 0.

    Notes
    -----
    For a photo with the tags `T`, `M` of them, in a batch `B`, of which the other
    photos with a tag `t` are left out,

    .. math:: L = -\frac1M \sum_{t \in T} \Big( a \log
        \frac{e^{s(i, t, \ell_i)}}{\sum_{t'} e^{s(i, t', \ell_i)}}
        + (1 - a) \log \frac{e^{s(i, t, \ell_i)}}{\sum_{j \in B} e^{s(j, t, \ell_i)}}
        \Big) .

    Both parts are least for the same score: the logarithm of how much likelier the
    three are together than a photo alone and a place alone let expect.
    """

    def __init__(self, task="tagging"):
        super().__init__()
        self.tag_share = TAG_SHARES[task]

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch."""
        asks = outputs.asks
        own = torch.zeros_like(outputs.same, dtype=torch.bool)
        own[torch.arange(len(asks), device=asks.device), asks] = True
        others = (outputs.same > 0) & ~own
        of_photos = outputs.of_photos.float().masked_fill(others, -torch.inf)
        losses = functional.cross_entropy(of_photos, asks, reduction="none")
        n_rows = len(outputs.of_tags)
        total = losses.new_zeros(n_rows).index_add_(0, asks, losses)
        n_tags = torch.bincount(asks, minlength=n_rows).clamp(min=1)
        rows = (1.0 - self.tag_share) * total / n_tags
        if self.tag_share:
            rows = rows + self.tag_share * cross_entropy(outputs.of_tags, outputs.share)
        return weighted_mean(rows, weight)
