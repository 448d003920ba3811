# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The losses that tags teach a photo by, and the softmax over a sample of tags."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets import RandomLayer, cross_entropy, weighted_mean

__all__ = [
    "EmbeddingLoss",
    "TagSampler",
    "inclusion_probabilities",
    "positive_weights",
    "sampled_softmax",
    "sigmoids",
    "softmax",
]

# What a positive counts at most with class_weight="balanced".
_MOST = 100.0
# Of class_weight="effective" (Cui et al. 2019) and "focal" (Lin et al. 2017).
_BETA = 0.999
_GAMMA = 2.0
# Power of a tag's frequency in its chance to be sampled.
_POWER = 0.75


class EmbeddingLoss(nn.Module):
    """The mean loss of a batch.

    Parameters
    ----------
    supervision : {"mcc", "mlc", "her", "sampled"}
        What teaches: a softmax, sigmoids, cosines, or losses that the network itself
        has computed for a sample of tags.

    balance : ndarray of shape (n_tags,) or None, default=None
        What positives count for "mlc".

    focal : bool, default=False
        Whether "mlc" turns to what is still wrong.
    """

    def __init__(self, supervision, balance=None, focal=False):
        super().__init__()
        self.supervision, self.focal = supervision, focal
        balance = None if balance is None else torch.from_numpy(balance).float()
        self.register_buffer("balance", balance)

    def rows(self, outputs, targets):
        """Return the loss of every row."""
        if self.supervision == "sampled":
            return outputs
        (target,) = targets
        if self.supervision == "mcc":
            return softmax(outputs, target)
        if self.supervision == "mlc":
            return sigmoids(outputs, target, self.balance, focal=self.focal)
        return 1.0 - functional.cosine_similarity(outputs.float(), target, dim=1)

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch."""
        return weighted_mean(self.rows(outputs, targets), weight)


def softmax(scores, target):
    """Return the cross-entropy of a softmax, a number a row.

    Parameters
    ----------
    scores : Tensor of shape (n_rows, n_tags)
        Scores.

    target : SparseRows of shape (n_rows, n_tags), or Tensor of shape (n_rows,)
        How much of a row each tag is; or one tag each.
    """
    return cross_entropy(scores, target)


def sigmoids(scores, tags, balance=None, *, focal=False):
    r"""Return the binary cross-entropies of all tags, added up, a number a row.

    Parameters
    ----------
    scores : Tensor of shape (n_rows, n_tags)
        Scores.

    tags : SparseRows of shape (n_rows, n_tags)
        The tags of each row.

    balance : Tensor of shape (n_tags,) or None, default=None
        What positives count; negatives count 1.

    focal : bool, default=False
        Multiply each term by the square of how far its probability is off.

    Notes
    -----
    With :math:`p_j = \sigma(s_j)`

    .. math::

        \ell = -\sum_{j \in T} a_j (1 - p_j)^\gamma \log p_j
               - \sum_{j \notin T} p_j^\gamma \log(1 - p_j)

    with :math:`\gamma = 2` if focal, else 0.
    """
    scores = scores.float()
    number, column = tags.row_numbers(), tags.columns.long()
    there = scores[number, column]
    absent, absent_there = functional.softplus(scores), functional.softplus(there)
    present = functional.softplus(-there)
    if focal:
        absent = absent * scores.sigmoid() ** _GAMMA
        absent_there = absent_there * there.sigmoid() ** _GAMMA
        present = present * (-there).sigmoid() ** _GAMMA
    if balance is not None:
        present = present * balance[column]
    return absent.sum(dim=1).index_add(0, number, present - absent_there)


def positive_weights(kind, n_positive, n_photos):
    r"""Return what the positives of each tag count.

    Parameters
    ----------
    kind : {"balanced", "effective"}
        The rule.

    n_positive : ndarray of shape (n_tags,)
        How many photos have each tag.

    n_photos : float
        How many photos there are.

    Returns
    -------
    ndarray of shape (n_tags,)
        :math:`\min(n^- / n^+, 100)` for "balanced". For "effective" :math:`E(n^-) /
        E(n^+)` with the effective number of photos :math:`E(n) = (1 - \beta^n) / (1 -
        \beta)`, :math:`\beta = 0.999`. 1 for a tag that no photo or every photo has.
    """
    positive = np.asarray(n_positive, dtype=np.float64)
    negative = n_photos - positive
    if kind == "effective":
        # 1 - beta^n, without losing digits of small n.
        positive, negative = (
            -np.expm1(n * np.log(_BETA)) for n in (positive, negative)
        )
    real = (positive > 0) & (negative > 0)
    weights = np.divide(negative, positive, out=np.ones_like(positive), where=real)
    return np.minimum(weights, _MOST) if kind == "balanced" else weights


def inclusion_probabilities(counts, n_sampled):
    r"""Return how probably each tag is in a sample of tags.

    Parameters
    ----------
    counts : ndarray of shape (n_tags,)
        How many photos have each tag.

    n_sampled : int
        Size of the sample.

    Returns
    -------
    ndarray of shape (n_tags,)
        :math:`\pi_j = \min(1, c (n_j + 1)^{0.75})`, with :math:`c` such that they add
        up to the size of the sample; all 1 if there are no more tags than that.
    """
    n_tags = len(counts)
    if n_sampled >= n_tags:
        return np.ones(n_tags)
    weights = (np.asarray(counts, dtype=np.float64) + 1.0) ** _POWER
    certain = np.zeros(n_tags, dtype=bool)
    while True:
        left = n_sampled - certain.sum()
        chance = left * weights / weights[~certain].sum()
        more = ~certain & (chance > 1.0)
        if not more.any():
            return np.where(certain, 1.0, chance)
        certain |= more


class TagSampler(RandomLayer):
    r"""Draws tags for the softmax of a step, at a cost that no vocabulary changes.

    Systematic sampling: tags lie one after the other on a line, in an order that is
    drawn anew every epoch, each as long as its probability :math:`\pi_j`. A comb
    whose teeth are 1 apart is thrown onto the line, and the tags that are hit are the
    sample. So it has always the same size, and every tag is in it with exactly its
    probability.

    Parameters
    ----------
    counts : ndarray of shape (n_tags,)
        How many photos have each tag.

    n_sampled : int
        Size of a sample.
    """

    def __init__(self, counts, n_sampled):
        super().__init__()
        self.inclusion = inclusion_probabilities(counts, n_sampled)
        self.n_sampled = min(n_sampled, len(counts))
        self._log = torch.from_numpy(np.log(self.inclusion)).float()
        self._order = self._ends = None

    def train(self, mode=True):
        """Set the mode; what begins to train, as every epoch does, orders tags anew."""
        self._order = None
        return super().train(mode)

    def sample(self):
        """Return the tags of a step, ascending."""
        chance = self.generator("cpu")
        if self._order is None:
            self._order = torch.randperm(len(self.inclusion), generator=chance)
            self._ends = np.cumsum(self.inclusion[self._order.numpy()])
        start = float(torch.rand(1, generator=chance, dtype=torch.float64))
        hit = np.searchsorted(
            self._ends, start + np.arange(self.n_sampled), side="right"
        )
        # The ends of the line are sums, and may be off by a rounding.
        at = torch.from_numpy(np.minimum(hit, len(self._ends) - 1))
        return self._order[at].unique()

    def candidates(self, there):
        """Return the tags of a step, and the logarithms of their probabilities.

        Parameters
        ----------
        there : Tensor of int64
            The tags of the batch, ascending, which are certain to be there.

        Returns
        -------
        tags : Tensor of int64
            Ascending.

        log_probability : Tensor of float32
            0 for the tags of the batch.
        """
        tags = torch.cat([there, self.sample()]).unique()
        log_probability = self._log[tags]
        log_probability[torch.searchsorted(tags, there)] = 0.0
        return tags, log_probability


def sampled_softmax(vectors, tags, sampler, weights, biases=None):
    r"""Return the cross-entropy of a softmax over a sample of tags, a number a row.

    Parameters
    ----------
    vectors : Tensor of shape (n_rows, n_components)
        Vectors of photos.

    tags : SparseRows of shape (n_rows, n_tags)
        How much of a row each tag is, made with `by_column=True`.

    sampler : TagSampler
        Draws tags.

    weights, biases : Module
        With a `weight` each, a row a tag. Their gradients have the rows of the sample
        only.

    Notes
    -----
    With the tags :math:`B` of the batch, the sample :math:`S` and the probability
    :math:`\pi_j` that a tag is in it,

    .. math::

        \hat Z = \sum_{j \in B} e^{s_j}
                 + \sum_{j \in S \setminus B} e^{s_j - \log \pi_j}

    has the expectation :math:`Z = \sum_j e^{s_j}`, and the loss is :math:`\sum_j t_j
    (\log \hat Z - s_j)`. It is that of the whole softmax if all tags are sampled.
    """
    device = vectors.device
    chosen, log_probability = sampler.candidates(tags.touched.cpu())
    chosen, log_probability = chosen.to(device), log_probability.to(device)
    rows = functional.embedding(chosen, weights.weight, sparse=True)
    scores = (vectors @ rows.T).float()
    if biases is not None:
        scores = scores + functional.embedding(chosen, biases.weight, sparse=True)[:, 0]
    at = torch.searchsorted(chosen, tags.columns.long())
    number = tags.row_numbers()
    both = torch.stack([tags.values, tags.values * scores[number, at]])
    mass, met = both.new_zeros(2, len(tags)).index_add(1, number, both)
    return mass * (scores - log_probability).logsumexp(dim=1) - met
