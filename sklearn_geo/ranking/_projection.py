# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How photos, tags and places come to one width: the layers before they meet."""

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Projection", "TagTable", "he_weights", "paper_weights"]


class Projection(nn.Module):
    r"""A linear layer, ReLU, and rows of length one.

    Parameters
    ----------
    n_inputs, n_components : int
        Widths.

    rectify : bool, default=True
        Whether there is a ReLU.

    bias : bool, default=True
        Whether there is a bias.

    Notes
    -----
    .. math:: v = \frac{r}{\lVert r \rVert}, \quad r = \max(0, W x + b)

    A row whose outputs are all zero stays zero.
    """

    def __init__(self, n_inputs, n_components, *, rectify=True, bias=True):
        super().__init__()
        self.linear = nn.Linear(n_inputs, n_components, bias=bias)
        self.rectify = rectify

    def forward(self, inputs):
        """Return rows of length one."""
        rows = self.linear(inputs)
        if self.rectify:
            rows = torch.relu(rows)
        return functional.normalize(rows, dim=1, eps=1e-6)


class TagTable(nn.Module):
    """A vector a tag, given or learnt.

    Parameters
    ----------
    vectors : ndarray of shape (n_tags, n_columns)
        The vectors, or what learnt ones begin with.

    learnt : bool
        Whether they change. The gradient of learnt ones has the rows of the batch only
        where a lookup is asked for them.
    """

    def __init__(self, vectors, learnt):
        super().__init__()
        self.learnt = learnt
        vectors = torch.as_tensor(vectors, dtype=torch.float32)
        if learnt:
            self.weight = nn.Parameter(vectors.clone())
        else:  # kept by the estimator: they are not part of what is learnt
            self.register_buffer("weight", vectors, persistent=False)

    def forward(self, tags):
        """Look vectors up."""
        return functional.embedding(tags, self.weight, sparse=self.learnt)


def paper_weights(module, scale=0.01):
    """Draw weights of linear layers from N(0, scale), and set biases to zero."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, 0.0, scale)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def he_weights(module):
    """Draw weights of linear layers so that a ReLU keeps the scale; biases are zero."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
