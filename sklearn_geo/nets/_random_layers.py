# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Layers with random numbers of their own, so that threads do not share them."""

import copy

import torch
from torch import nn

__all__ = ["RandomLayer", "SeededDropout", "draws_from_torch", "seed_layers"]


class RandomLayer(nn.Module):
    """A layer that draws random numbers from a generator of its own.

    torch has one generator a process; two nets that train in two threads would change
    each other's numbers. :func:`seed_layers` seeds all such layers of a network, and
    trainings do so by themselves.

    See Also
    --------
    seed_layers : Seeds all of a network.
    SeededDropout : Dropout that is one.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import RandomLayer, seed_layers
    >>> class Noise(RandomLayer):
    ...     def forward(self, inputs):
    ...         own = self.generator(inputs.device)
    ...         return inputs + torch.rand(inputs.shape, generator=own)
    >>> noise = Noise()
    >>> seed_layers(noise, 0)
    >>> first = noise(torch.zeros(3))
    >>> seed_layers(noise, 0)
    >>> torch.equal(noise(torch.zeros(3)), first)
    True
    """

    def __init__(self):
        super().__init__()
        self._seed, self._generator = 0, None

    def __getstate__(self):
        return {**super().__getstate__(), "_generator": None}

    def __deepcopy__(self, memo):
        # A generator cannot be copied everywhere; a copy starts at its seed.
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        twin.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return twin

    def seed(self, seed):
        """Start the numbers of this layer.

        Parameters
        ----------
        seed : int
            Decides the numbers.
        """
        self._seed, self._generator = seed, None

    def generator(self, device="cpu"):
        """Return the generator on a device.

        Parameters
        ----------
        device : str or torch.device, default="cpu"
            Where the numbers are drawn.

        Returns
        -------
        torch.Generator
            The layer's own.
        """
        device = torch.device(device)
        if self._generator is None or self._generator.device.type != device.type:
            self._generator = torch.Generator(device).manual_seed(self._seed)
        return self._generator


class SeededDropout(RandomLayer):
    r"""Dropout with random numbers of its own.

    Parameters
    ----------
    p : float, default=0.5
        Share of inputs that are dropped while training, from 0 to 1.

    See Also
    --------
    RandomLayer : What has random numbers of its own.

    Notes
    -----
    While training, :math:`x_j m_j / (1 - p)` with :math:`m_j` one with probability
    :math:`1 - p` and else zero; all zeros for :math:`p = 1`. Otherwise `x`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import SeededDropout, seed_layers
    >>> dropout = SeededDropout(0.5)
    >>> seed_layers(dropout, 0)
    >>> first = dropout(torch.ones(100))
    >>> seed_layers(dropout, 0)
    >>> torch.equal(dropout(torch.ones(100)), first)
    True
    """

    def __init__(self, p=0.5):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p={p!r} is no share: dropout needs 0 to 1.")
        self.p = p

    def extra_repr(self):
        """Say what is shown of the layer inside a network's repr.

        Returns
        -------
        str
            The share.
        """
        return f"p={self.p}"

    def forward(self, inputs):
        """Drop some of the inputs while training.

        Parameters
        ----------
        inputs : Tensor
            A batch.

        Returns
        -------
        Tensor
            The batch, and what is left of it while training.
        """
        if not self.training or not self.p:
            return inputs
        share = 1.0 - self.p
        kept = torch.empty_like(inputs).bernoulli_(
            share, generator=self.generator(inputs.device)
        )
        return inputs * (kept.div_(share) if share else kept)


def seed_layers(module, seed):
    """Start the random numbers of every :class:`RandomLayer` of a network.

    Parameters
    ----------
    module : Module
        The network.

    seed : int
        The seed; every layer has numbers of its own.

    See Also
    --------
    RandomLayer : What is seeded.

    Examples
    --------
    See :class:`RandomLayer`.
    """
    layers = (part for part in module.modules() if isinstance(part, RandomLayer))
    for number, layer in enumerate(layers):
        layer.seed(seed + number)


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

    See Also
    --------
    RandomLayer : What draws from a generator of its own.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import HeadedMLP, draws_from_torch
    >>> draws_from_torch(HeadedMLP(3, [2], hidden=(4,), dropout=0.5))
    False
    >>> draws_from_torch(torch.nn.Dropout())
    True
    """
    return not all(map(_is_quiet, module.modules()))


def _is_quiet(part):
    # What is derived from a quiet layer may draw in a `forward` of its own.
    kind = type(part)
    ours = kind.__module__.startswith(("sklearn_geo.", "torch.nn.modules.loss"))
    return ours or kind in _QUIET or isinstance(part, RandomLayer)


_QUIET = {
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
}
