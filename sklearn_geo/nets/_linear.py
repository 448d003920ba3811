# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The layer that reads features: dense batches or sparse ones, the same weights."""

import warnings

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from sklearn_geo.nets._sparse_rows import SparseRows

__all__ = ["RowLinear"]

# Sparse tensors are not checked unless somebody asks for it. Some versions of torch
# warn when that was never said in words, in the midst of a training.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    if not torch.sparse.check_sparse_tensor_invariants.is_enabled():
        torch.sparse.check_sparse_tensor_invariants.disable()


class RowLinear(nn.Module):
    r"""A linear layer whose weights lie in rows, one a feature.

    A sparse batch touches few features. The gradient then is a sparse tensor with the
    rows of those features, so that a step costs what the entries of the batch cost,
    however many features there are; :class:`RowOptimizer` applies it. A dense batch
    has an ordinary gradient.

    Parameters
    ----------
    n_features : int
        Number of features.

    n_outputs : int
        Number of outputs.

    Attributes
    ----------
    weight : Parameter of shape (n_features, n_outputs)
        The weights. :func:`init_weights` fills them.

    bias : Parameter of shape (n_outputs,)
        The bias.

    See Also
    --------
    RowOptimizer : Takes the steps that its gradients ask for.
    SparseRows : The batches that it is for.

    Notes
    -----
    .. math:: Z = X W + b

    Its gradient with respect to the weights is :math:`X^\top \partial Z`, whose row
    `j` is zero unless some row of the batch has a value in column `j`.

    Examples
    --------
    >>> import torch
    >>> from scipy import sparse
    >>> from sklearn_geo.nets import RowLinear, SparseRows
    >>> layer = RowLinear(4, 2)
    >>> rows = SparseRows(sparse.csr_array([[0, 1, 0, 2.0]]), by_column=True)
    >>> layer(rows).sum().backward()
    >>> layer.weight.grad.coalesce().indices().tolist()
    [[1, 3]]
    """

    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_features, n_outputs))
        self.bias = nn.Parameter(torch.zeros(n_outputs))

    def extra_repr(self):
        """Say what is shown of the layer inside a network's repr.

        Returns
        -------
        str
            The widths.
        """
        return f"n_features={len(self.weight)}, n_outputs={len(self.bias)}"

    def forward(self, inputs):
        """Multiply a batch, a Tensor or :class:`SparseRows`.

        Parameters
        ----------
        inputs : Tensor or SparseRows of shape (n_rows, n_features)
            The batch.

        Returns
        -------
        Tensor of shape (n_rows, n_outputs)
            The products.
        """
        if isinstance(inputs, SparseRows):
            return _SparseProduct.apply(self.weight, inputs) + self.bias
        return torch.addmm(self.bias, inputs, self.weight)


class _SparseProduct(torch.autograd.Function):
    """A sparse batch times weights; the gradient has the touched rows only."""

    @staticmethod
    def forward(ctx, weight, rows):
        ctx.rows, ctx.shape = rows, weight.shape
        return rows.product(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        rows = ctx.rows
        if rows.touched is None:
            raise ValueError(
                "A gradient needs sparse rows that were made with by_column=True."
            )
        values = rows.transposed_product(grad.float().contiguous())
        gradient = torch.sparse_coo_tensor(
            rows.touched[None],
            values,
            ctx.shape,
            is_coalesced=True,
            check_invariants=False,
        )
        return gradient, None
