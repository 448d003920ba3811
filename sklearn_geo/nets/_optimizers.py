# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers by name, and one that moves only the rows a sparse batch touched."""

import torch
from torch import nn, optim

from sklearn_geo.nets._linear import RowLinear

__all__ = ["RowOptimizer", "make_optimizers"]

SOLVERS = ("adam", "adagrad", "sgd")
# Rows that are worked on together, so that what lies between two passes stays in cache.
_CHUNK_BYTES = 1 << 19
# How much faster a network's few quick weights learn: a number that decides on whole
# blocks of features has as far to go as there are steps otherwise.
_QUICK = 10.0


class RowOptimizer(optim.Optimizer):
    r"""Steps of SGD, Adam or Adagrad for weights whose gradients are sparse rows.

    Rows without a gradient are left as they are, and so are their moments (as
    :class:`torch.optim.SparseAdam` does it). For Adagrad and for SGD without momentum
    and decay these are exactly the steps of the dense optimizer.

    Parameters
    ----------
    params : iterable of Parameter
        Weights, one row a feature.

    solver : {"adagrad", "adam", "sgd"}, default="adagrad"
        The rule.

    lr : float, default=0.01
        The learning rate :math:`\eta`.

    momentum : float, default=0.0
        Momentum :math:`\mu` of SGD.

    weight_decay : float, default=0.0
        :math:`\lambda`, added as :math:`\lambda w` to the gradient of touched rows.

    betas : pair of float, default=(0.9, 0.999)
        Decay of Adam's moments.

    eps : float or None, default=None
        Keeps denominators away from zero; None is torch's value of the rule.

    See Also
    --------
    make_optimizers : Makes one where it is needed.
    RowLinear : The layer whose rows it changes.

    Notes
    -----
    For a touched row `w` with gradient `g`:

    - SGD: :math:`b \leftarrow \mu b + g,\; w \leftarrow w - \eta b`;
    - Adagrad: :math:`s \leftarrow s + g^2,\; w \leftarrow w - \eta g / (\sqrt s +
      \epsilon)`;
    - Adam: the moments are corrected for the number of steps of the whole matrix.

    Examples
    --------
    >>> from scipy import sparse
    >>> from sklearn_geo.nets import RowLinear, RowOptimizer, SparseRows
    >>> layer = RowLinear(3, 1)
    >>> optimizer = RowOptimizer([layer.weight], solver="sgd", lr=0.5)
    >>> rows = SparseRows(sparse.csr_array([[0, 4.0, 0]]), by_column=True)
    >>> layer(rows).sum().backward()
    >>> optimizer.step()
    >>> layer.weight.detach().ravel()
    tensor([ 0., -2.,  0.])
    """

    def __init__(
        self,
        params,
        *,
        solver="adagrad",
        lr=0.01,
        momentum=0.0,
        weight_decay=0.0,
        betas=(0.9, 0.999),
        eps=None,
    ):
        if solver not in SOLVERS:
            raise ValueError(f"solver={solver!r}: use one of {SOLVERS}.")
        if eps is None:
            eps = 1e-10 if solver == "adagrad" else 1e-8
        options = {
            "solver": solver,
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "betas": betas,
            "eps": eps,
        }
        super().__init__(params, options)

    @torch.no_grad()
    def step(self):
        """Move the rows that have a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                if not weight.grad.is_sparse:
                    raise ValueError(
                        "RowOptimizer takes sparse gradients; this one is dense."
                    )
                self._move(group, weight, *_rows_and_values(weight.grad))

    def _move(self, group, weight, touched, grads):
        state, solver = self.state[weight], group["solver"]
        if solver == "sgd" and not (group["momentum"] or group["weight_decay"]):
            weight.index_add_(0, touched, grads, alpha=-group["lr"])
            return
        if solver == "adam":
            state["step"] = state.get("step", 0) + 1
        for name in _MOMENTS[solver]:
            if name not in state and (solver != "sgd" or group["momentum"]):
                state[name] = torch.zeros_like(weight)
        width = max(1, _CHUNK_BYTES // (weight.shape[1] * weight.element_size()))
        for rows, grad in zip(touched.split(width), grads.split(width), strict=True):
            if group["weight_decay"]:
                # The gradient is nobody else's: it may be changed.
                grad.add_(weight.index_select(0, rows), alpha=group["weight_decay"])
            _RULES[solver](group, state, weight, rows, grad)


def _rows_and_values(grad):
    """Return the rows of a sparse gradient, each once, and their values."""
    rows = grad._indices()[0]
    # A gradient of one batch is in order, but torch no longer knows; finding out is
    # cheap, putting it in order again is not.
    if not (rows[1:] > rows[:-1]).all():
        grad = grad.coalesce()
        rows = grad.indices()[0]
    return rows, grad._values()


def _sgd(group, state, weight, rows, grad):
    if group["momentum"]:
        velocity = state["velocity"]
        old = velocity.index_select(0, rows)
        # The change of the velocity, so that one scattered addition is enough.
        change = torch.add(grad, old, alpha=group["momentum"] - 1.0)
        velocity.index_add_(0, rows, change)
        grad = old.add_(change)
    weight.index_add_(0, rows, grad, alpha=-group["lr"])


def _adagrad(group, state, weight, rows, grad):
    squares = state["squares"]
    squares.index_add_(0, rows, grad * grad)
    scale = squares.index_select(0, rows).sqrt_().add_(group["eps"])
    weight.index_add_(0, rows, scale.reciprocal_().mul_(grad), alpha=-group["lr"])


def _adam(group, state, weight, rows, grad):
    first, second = (state[name].index_select(0, rows) for name in _MOMENTS["adam"])
    beta1, beta2 = group["betas"]
    change1 = (grad - first).mul_(1.0 - beta1)
    change2 = (grad * grad).sub_(second).mul_(1.0 - beta2)
    state["first"].index_add_(0, rows, change1)
    state["second"].index_add_(0, rows, change2)
    first.add_(change1)
    second.add_(change2)
    step = state["step"]
    scale = second.div_(1.0 - beta2**step).clamp_(min=0.0).sqrt_().add_(group["eps"])
    rate = group["lr"] / (1.0 - beta1**step)
    weight.index_add_(0, rows, first.div_(scale), alpha=-rate)


_RULES = {"sgd": _sgd, "adagrad": _adagrad, "adam": _adam}
_MOMENTS = {"sgd": ("velocity",), "adagrad": ("squares",), "adam": ("first", "second")}


def make_optimizers(module, training, *, sparse=False):
    """Make the optimizers of a network.

    Parameters
    ----------
    module : Module
        The network. Weights that need no gradient are left out; those in its attribute
        `quick_weights`, if it has one, learn ten times as fast as the others.

    training : Training
        Solver, learning rate, momentum and decay.

    sparse : bool, default=False
        Whether the batches are sparse: the layer that reads them then has an optimizer
        of rows. It is the first :class:`RowLinear`, unless the network has an attribute
        `sparse_layers` that lists such layers.

    Returns
    -------
    list of Optimizer
        One or two.

    See Also
    --------
    RowOptimizer : The optimizer of layers whose batches are sparse.

    Examples
    --------
    >>> from sklearn_geo.nets import HeadedMLP, Training, make_optimizers
    >>> network = HeadedMLP(4, [2], hidden=(3,))
    >>> [type(each).__name__ for each in make_optimizers(network, Training())]
    ['Adam']
    >>> optimizers = make_optimizers(network, Training(), sparse=True)
    >>> [type(each).__name__ for each in optimizers]
    ['Adam', 'RowOptimizer']
    """
    by_row = []
    if sparse:
        layers = getattr(module, "sparse_layers", None)
        if layers is None:
            parts = (part for part in module.modules() if isinstance(part, RowLinear))
            layers = [next(parts, None)]
            if layers[0] is None:
                raise ValueError(
                    f"{type(module).__name__} has no RowLinear layer, which sparse "
                    "rows need: read them by one, or make the rows dense."
                )
        by_row = [layer.weight for layer in layers]
    apart = {id(weight) for weight in by_row}
    dense = [
        weight
        for weight in module.parameters()
        if weight.requires_grad and id(weight) not in apart
    ]
    lr, decay = training.learning_rate_init, training.weight_decay
    rest = {"momentum": training.momentum} if training.solver == "sgd" else {}
    optimizers = []
    if dense:
        if training.solver not in SOLVERS:
            raise ValueError(f"solver={training.solver!r}: use one of {SOLVERS}.")
        cls = _TORCH[training.solver]
        quick = {id(weight) for weight in getattr(module, "quick_weights", ())}
        groups = [
            {
                "params": [each for each in dense if (id(each) in quick) == is_quick],
                "lr": lr * factor,
                "rate_factor": factor,
            }
            for is_quick, factor in ((False, 1.0), (True, _QUICK))
        ]
        groups = [group for group in groups if group["params"]]
        optimizers.append(cls(groups, lr=lr, weight_decay=decay, **rest))
    if by_row:
        optimizers.append(
            RowOptimizer(
                by_row, solver=training.solver, lr=lr, weight_decay=decay, **rest
            )
        )
    return optimizers


_TORCH: dict[str, type[nn.Module]] = {
    "adam": optim.Adam,
    "adagrad": optim.Adagrad,
    "sgd": optim.SGD,
}
