# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses, one number a row, and how rows and heads are averaged."""

import torch
from torch import nn
from torch.nn import functional

from sklearn_geo.nets._sparse_rows import SparseRows

__all__ = [
    "HeadsLoss",
    "cross_entropy",
    "kl_divergence",
    "pairwise_ranking",
    "weighted_mean",
]


def cross_entropy(logits, target):
    r"""Cross-entropy of a softmax, a number a row.

    Parameters
    ----------
    logits : Tensor of shape (n_rows, n_classes)
        Scores before the softmax.

    target : Tensor of shape (n_rows,), of shape (n_rows, n_classes), or SparseRows
        The class of each row as a whole number, -1 for none; or a distribution over
        the classes. Rows of zeros and rows of NaN teach nothing.

    Returns
    -------
    Tensor of shape (n_rows,)
        The losses; 0 for rows that teach nothing.

    See Also
    --------
    kl_divergence : The same loss less the entropy of the target.
    HeadsLoss : Losses of several heads.

    Notes
    -----
    For a distribution `t` and logits `z`

    .. math::

        \ell = -\sum_j t_j \log \operatorname{softmax}(z)_j
             = \Big(\sum_j t_j\Big) \log \sum_k e^{z_k} - \sum_j t_j z_j

    and a class is the distribution that is 1 there.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import cross_entropy
    >>> cross_entropy(torch.zeros(2, 4), torch.tensor([1, -1])).exp()
    tensor([4., 1.])
    """
    # Half precision is too little.
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if isinstance(target, SparseRows):
        return _sparse_cross_entropy(logits, target)
    if target.dim() == 1:
        return functional.cross_entropy(
            logits, target, ignore_index=-1, reduction="none"
        )
    target, _ = _without_missing(target)
    mass = target.sum(dim=1)
    return mass * logits.logsumexp(dim=1) - (target * logits).sum(dim=1)


def kl_divergence(logits, teacher):
    r"""Kullback-Leibler divergence from a student to its teacher, a number a row.

    Parameters
    ----------
    logits : Tensor of shape (n_rows, n_classes)
        Scores of the student before the softmax.

    teacher : Tensor of shape (n_rows, n_classes) or SparseRows
        Distributions. Rows of NaN (the row misses this context) and rows of zeros
        teach nothing.

    Returns
    -------
    Tensor of shape (n_rows,)
        The divergences; 0 for rows that teach nothing.

    See Also
    --------
    cross_entropy : The same gradient, another constant.
    HeadsLoss : Losses of several heads.

    Notes
    -----
    The student is `s = softmax(z)`:

    .. math:: \mathrm{KL}(t \| s) = \sum_j t_j (\log t_j - \log s_j)

    with :math:`0 \log 0 = 0`. Its gradient is that of the cross-entropy.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import kl_divergence
    >>> teacher = torch.tensor([[1.0, 0.0], [0.5, 0.5], [torch.nan, torch.nan]])
    >>> kl_divergence(torch.zeros(3, 2), teacher).exp()
    tensor([2., 1., 1.])
    """
    entropy = _negative_entropy(teacher)
    return cross_entropy(logits, teacher) + entropy


def pairwise_ranking(positive, negative, *, kind="hinge", margin=1.0):
    r"""Ask that what belongs to a row scores higher than what does not.

    Parameters
    ----------
    positive : Tensor of shape (n_rows,)
        Score of what belongs to the row.

    negative : Tensor of shape (n_rows,) or (n_rows, n_negatives)
        Scores of what does not.

    kind : {"hinge", "logistic"}, default="hinge"
        The loss of a difference of scores.

    margin : float, default=1.0
        By how much the positive is to lead, for the hinge.

    Returns
    -------
    Tensor of shape (n_rows,)
        The losses, averaged over the negatives of a row.

    See Also
    --------
    HeadsLoss : Losses of several heads.

    Notes
    -----
    With :math:`d = s^+ - s^-`, "hinge" is :math:`\max(0, m - d)` and "logistic" is
    :math:`\log(1 + e^{-d})`, the loss of Bayesian personalised ranking.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import pairwise_ranking
    >>> pairwise_ranking(torch.tensor([2.0]), torch.tensor([[1.5, -1.0]]))
    tensor([0.2500])
    """
    if negative.dim() > positive.dim():
        positive = positive[:, None]
    lead = positive - negative
    if kind == "hinge":
        losses = functional.relu(margin - lead)
    elif kind == "logistic":
        losses = functional.softplus(-lead)
    else:
        raise ValueError(f'kind={kind!r}: use "hinge" or "logistic".')
    return losses.mean(dim=1) if losses.dim() > 1 else losses


def weighted_mean(rows, weight=None):
    r"""Average the losses of a batch.

    Parameters
    ----------
    rows : Tensor of shape (n_rows,)
        Losses.

    weight : Tensor of shape (n_rows,) or None, default=None
        Weights whose mean over all the data is one.

    Returns
    -------
    Tensor
        :math:`\frac1B \sum_i w_i \ell_i`. It divides by the number of rows and not by
        the weights of the batch: so the expectation of a batch is the weighted mean
        of the data, however the weights fall.

    See Also
    --------
    HeadsLoss : Losses of several heads.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import weighted_mean
    >>> weighted_mean(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]))
    tensor(4.)
    """
    return rows.mean() if weight is None else (rows * weight).mean()


class HeadsLoss(nn.Module):
    r"""The loss of a network with several heads.

    Parameters
    ----------
    losses : str, callable, or sequence of them, default="cross_entropy"
        Loss of a head, a number a row: "cross_entropy", "kl", or a function of logits
        and a target. One is used for all heads.

    head_weights : sequence of float or None, default=None
        Weight of each head.

    reduce : {"mean", "sum"}, default="mean"
        Average the heads or add them up.

    See Also
    --------
    HeadedMLP : A network with several heads.

    Notes
    -----
    With losses :math:`\ell_{ih}` of row `i` in head `h` of `H` heads

    .. math:: L = \frac1B \sum_i w_i \frac1H \sum_h a_h \ell_{ih}

    and without the :math:`1/H` for ``reduce="sum"``. A row that a head ignores counts
    0 there; its other heads keep their share.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import HeadsLoss
    >>> logits = [torch.zeros(1, 2), torch.zeros(1, 8)]
    >>> targets = [torch.tensor([1]), torch.tensor([5])]
    >>> HeadsLoss()(logits, targets).exp()  # sqrt(2 * 8)
    tensor(4.)
    """

    def __init__(self, losses="cross_entropy", *, head_weights=None, reduce="mean"):
        super().__init__()
        self.losses = losses
        self.head_weights = head_weights
        self.reduce = reduce
        if reduce not in ("mean", "sum"):
            raise ValueError(f'reduce={reduce!r}: use "mean" or "sum".')
        for name in [losses] if isinstance(losses, str) or callable(losses) else losses:
            if not callable(name) and name not in _LOSSES:
                raise ValueError(
                    f"losses: {name!r} is none. Use one of {sorted(_LOSSES)}, or a "
                    "function of logits and a target."
                )

    def rows(self, outputs, targets):
        """Return the loss of every row, the heads taken together.

        Parameters
        ----------
        outputs : sequence of Tensor
            Logits of each head.

        targets : sequence of Tensor or SparseRows
            What each head should say.

        Returns
        -------
        Tensor of shape (n_rows,)
            The losses.
        """
        if len(outputs) != len(targets):
            raise ValueError(
                f"The network has {len(outputs)} heads; got {len(targets)} targets."
            )
        losses = self.losses
        if isinstance(losses, str) or callable(losses):
            losses = [losses] * len(outputs)
        weights = self.head_weights
        if weights is None:
            weights = [1.0] * len(outputs)
        if not len(losses) == len(weights) == len(outputs):
            raise ValueError(
                f"The network has {len(outputs)} heads; there are {len(losses)} losses "
                f"and {len(weights)} head_weights."
            )
        total = 0.0
        for name, a, logits, target in zip(
            losses, weights, outputs, targets, strict=True
        ):
            loss = name if callable(name) else _LOSSES[name]
            rows = loss(logits, target)
            total = total + (rows if a == 1.0 else a * rows)
        return total / len(outputs) if self.reduce == "mean" else total

    def forward(self, outputs, targets, weight=None):
        """Return the loss of a batch.

        Parameters
        ----------
        outputs : sequence of Tensor
            Logits of each head.

        targets : sequence of Tensor or SparseRows
            What each head should say.

        weight : Tensor of shape (n_rows,) or None, default=None
            Weights of the rows.

        Returns
        -------
        Tensor of shape ()
            The loss.
        """
        return weighted_mean(self.rows(outputs, targets), weight)


_LOSSES = {"cross_entropy": cross_entropy, "kl": kl_divergence}


def _without_missing(target):
    """Replace rows with NaN by rows of zeros, and say which rows are left."""
    present = ~torch.isnan(target).any(dim=1)
    return torch.where(present[:, None], target, 0.0).float(), present


def _present_values(rows):
    """Return the stored values, zeros in rows with NaN, and the row of each."""
    numbers, values = rows.row_numbers(), rows.values
    holes = torch.isnan(values).to(values.dtype)
    holes = holes.new_zeros(len(rows)).index_add(0, numbers, holes)
    return torch.where(holes[numbers] > 0, 0.0, values), numbers


def _sparse_cross_entropy(logits, target):
    values, numbers = _present_values(target)
    picked = logits[numbers, target.columns.long()]
    both = torch.stack([values, values * picked])
    mass, met = both.new_zeros(2, len(target)).index_add(1, numbers, both)
    return mass * logits.logsumexp(dim=1) - met


def _negative_entropy(teacher):
    if isinstance(teacher, SparseRows):
        values, numbers = _present_values(teacher)
        terms = torch.xlogy(values, values)
        return terms.new_zeros(len(teacher)).index_add(0, numbers, terms)
    teacher, _ = _without_missing(teacher)
    return torch.xlogy(teacher, teacher).sum(dim=1)
