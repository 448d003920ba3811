# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Dropout with random numbers of its own, so that threads do not share them."""

import torch
from torch import nn

__all__ = ["SeededDropout", "draws_from_torch", "seed_dropout"]


class SeededDropout(nn.Module):
    r"""Dropout that draws from a generator of its own.

    `torch.nn.Dropout` draws from the one generator of the process; two nets that train
    in two threads would then change each other's numbers.

    Parameters
    ----------
    p : float, default=0.5
        Share of inputs that are dropped while training.

    Notes
    -----
    While training, :math:`x_j m_j / (1 - p)` with :math:`m_j` one with probability
    :math:`1 - p` and else zero. Otherwise `x`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import SeededDropout, seed_dropout
    >>> dropout = SeededDropout(0.5)
    >>> seed_dropout(dropout, 0)
    >>> first = dropout(torch.ones(100))
    >>> seed_dropout(dropout, 0)
    >>> torch.equal(dropout(torch.ones(100)), first)
    True
    """

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p
        self._seed, self._generator = 0, None

    def extra_repr(self):
        """Say what is shown of the layer inside a network's repr."""
        return f"p={self.p}"

    def __getstate__(self):
        return {**super().__getstate__(), "_generator": None}

    def forward(self, inputs):
        """Drop some of the inputs while training."""
        if not self.training or not self.p:
            return inputs
        if self._generator is None or self._generator.device != inputs.device:
            self._generator = torch.Generator(inputs.device).manual_seed(self._seed)
        kept = torch.empty_like(inputs).bernoulli_(
            1.0 - self.p, generator=self._generator
        )
        return inputs * kept.div_(1.0 - self.p)


def seed_dropout(module, seed):
    """Start the random numbers of every :class:`SeededDropout` of a network.

    Parameters
    ----------
    module : Module
        The network.

    seed : int
        The seed; every layer has numbers of its own.

    Examples
    --------
    See :class:`SeededDropout`.
    """
    layers = (part for part in module.modules() if isinstance(part, SeededDropout))
    for number, layer in enumerate(layers):
        layer._seed, layer._generator = seed + number, None


def draws_from_torch(module):
    """Say whether a network may use torch's own random numbers while it trains.

    Parameters
    ----------
    module : Module
        The network.

    Returns
    -------
    bool
        False if all its parts are known not to.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import HeadedMLP, draws_from_torch
    >>> draws_from_torch(HeadedMLP(3, [2], hidden=(4,), dropout=0.5))
    False
    >>> draws_from_torch(torch.nn.Dropout())
    True
    """
    return not all(
        type(part).__module__.startswith("sklearn_geo.") or isinstance(part, _QUIET)
        for part in module.modules()
    )


_QUIET = (
    nn.Linear,
    nn.Sequential,
    nn.Identity,
    nn.Sigmoid,
    nn.Tanh,
    nn.ReLU,
    nn.GELU,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.Conv2d,
    nn.Flatten,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.ModuleList,
    nn.ModuleDict,
)
