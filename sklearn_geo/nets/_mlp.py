# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One trunk and several heads."""

import math

import torch
from torch import nn

from sklearn_geo.nets._linear import RowLinear
from sklearn_geo.nets._random_layers import SeededDropout

__all__ = ["ACTIVATIONS", "HeadedMLP", "init_weights"]

# scikit-learn's names first.
ACTIVATIONS = {
    "identity": nn.Identity,
    "logistic": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
}


class HeadedMLP(nn.Module):
    """A trunk of fully connected layers, and heads that share it.

    All heads are one matrix: they cost one product, and its columns are cut. The first
    layer takes dense batches and :class:`SparseRows`.

    Parameters
    ----------
    n_features : int
        Number of features.

    n_outputs : sequence of int
        Width of each head.

    hidden : sequence of int, default=()
        Widths of the trunk's layers; () makes every head linear.

    activation : str or sequence of str, default="relu"
        Activation after each layer of the trunk, one for all or one each: "relu",
        "tanh", "logistic", "gelu" or "identity".

    dropout : float, default=0.0
        Share of the trunk's outputs that are dropped while training.

    batch_norm : bool, default=False
        Normalise batches after each layer of the trunk, before its activation.

    init : {"glorot", "he", "zeros"}, default="glorot"
        How weights start, see :func:`init_weights`. "zeros" is for linear heads only.

    See Also
    --------
    HeadsLoss : The loss of its heads.
    RowLinear : Its first layer, where batches are sparse.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import HeadedMLP
    >>> network = HeadedMLP(5, [2, 3], hidden=(4,))
    >>> [tuple(head.shape) for head in network(torch.zeros(7, 5))]
    [(7, 2), (7, 3)]
    """

    def __init__(
        self,
        n_features,
        n_outputs,
        *,
        hidden=(),
        activation="relu",
        dropout=0.0,
        batch_norm=False,
        init="glorot",
    ):
        super().__init__()
        self.n_outputs = tuple(int(width) for width in n_outputs)
        hidden = tuple(hidden)
        if init == "zeros" and hidden:
            raise ValueError('init="zeros" never learns through hidden layers.')
        names = (
            [activation] * len(hidden) if isinstance(activation, str) else activation
        )
        if len(names) != len(hidden):
            raise ValueError(
                f"activation has {len(names)} names for {len(hidden)} hidden layers."
            )
        for name in names:
            if name not in ACTIVATIONS:
                raise ValueError(
                    f"activation={name!r} is none. Use one of {sorted(ACTIVATIONS)}."
                )
        layers, width = [], n_features
        for position, (size, name) in enumerate(zip(hidden, names, strict=True)):
            layer = RowLinear(width, size) if position == 0 else nn.Linear(width, size)
            layers.append(layer)
            if batch_norm:
                layers.append(nn.BatchNorm1d(size))
            layers.append(ACTIVATIONS[name]())
            if dropout:
                layers.append(SeededDropout(dropout))
            width = size
        self.trunk = nn.Sequential(*layers)
        self.heads = RowLinear(width, sum(self.n_outputs))
        if init != "zeros":
            init_weights(self, init)

    def features(self, inputs):
        """Return what the heads see.

        Parameters
        ----------
        inputs : Tensor or SparseRows of shape (n_rows, n_features)
            A batch.

        Returns
        -------
        Tensor of shape (n_rows, n_hidden)
            Outputs of the trunk.
        """
        return self.trunk(inputs)

    def forward(self, inputs):
        """Return a tuple with the logits of each head.

        Parameters
        ----------
        inputs : Tensor or SparseRows of shape (n_rows, n_features)
            A batch.

        Returns
        -------
        tuple of Tensor
            Logits, one entry a head.
        """
        return self.heads(self.trunk(inputs)).split(self.n_outputs, dim=1)


@torch.no_grad()
def init_weights(module, kind="glorot"):
    r"""Fill the weights of linear layers, and set their biases to zero.

    Parameters
    ----------
    module : Module
        A layer or network. The heads of a :class:`HeadedMLP` are filled one by one, as
        if they were matrices of their own.

    kind : {"glorot", "he", "zeros"}, default="glorot"
        The rule.

    See Also
    --------
    HeadedMLP : Starts by it.

    Notes
    -----
    Weights are uniform in :math:`[-a, a]`, with :math:`a = \sqrt{6 / (f_{in} +
    f_{out})}` for "glorot" and :math:`a = \sqrt{6 / f_{in}}` for "he".

    Examples
    --------
    >>> from sklearn_geo.nets import RowLinear, init_weights
    >>> layer = RowLinear(3, 3)
    >>> init_weights(layer)
    >>> bool((layer.weight.abs() <= 1).all())  # sqrt(6 / (3 + 3))
    True
    """
    cuts = {}
    for part in module.modules():
        if isinstance(part, HeadedMLP):
            cuts[part.heads] = part.n_outputs
        if not isinstance(part, (RowLinear, nn.Linear)):
            continue
        by_row = isinstance(part, RowLinear)
        weight = part.weight if by_row else part.weight.T
        for block in weight.split(cuts.get(part, weight.shape[1]), dim=1):
            block.uniform_(-(bound := _bound(kind, *block.shape)), bound)
        if part.bias is not None:
            part.bias.zero_()


def _bound(kind, fan_in, fan_out):
    if kind == "zeros":
        return 0.0
    if kind == "he":
        return math.sqrt(6.0 / max(fan_in, 1))
    if kind == "glorot":
        return math.sqrt(6.0 / max(fan_in + fan_out, 1))
    raise ValueError(f'init={kind!r}: use "glorot", "he" or "zeros".')
