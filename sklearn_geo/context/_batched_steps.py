# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of one shape, stacked zone on zone: their steps are batched products."""

from itertools import pairwise

import numpy as np
import torch
from torch.optim.adam import adam

from sklearn_geo.nets import RowLinear

__all__ = ["NetworkStack", "SparseTarget", "divergences", "send"]

# Widths that products on a card like: rows then start at multiples of 16 bytes, also in
# half precision.
_EVEN = 8
_BETAS, _ADAM_EPS, _ADAGRAD_EPS = (0.9, 0.999), 1e-8, 1e-10
# More than so many calls for views of stacks take longer than the passes they save.
_MOST_RUNS = 64
_N_MOMENTS = {"sgd": 1, "adagrad": 1, "adam": 2}


def send(tensor, device):
    """Copy to the device without waiting for what it is doing.

    Parameters
    ----------
    tensor : Tensor
        On the processor.

    device : torch.device
        The device.

    Returns
    -------
    Tensor
        There.
    """
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class SparseTarget:
    """The stored entries of teacher rows of many zones.

    Parameters
    ----------
    rows, columns : Tensor of int64 of shape (n_entries,)
        Where they are; rows are counted through all zones.

    values : Tensor of shape (n_entries,)
        How much.
    """

    def __init__(self, rows, columns, values):
        self.rows, self.columns, self.values = rows, columns, values


class NetworkStack:
    """Weights, moments and best weights of many networks of one shape.

    Zones are slots. A step is for the first slots only, however many they are, so
    that others are not touched by it.

    Parameters
    ----------
    module : HeadedMLP
        A network of the shape, with ReLU between its layers.

    n_zones : int
        Number of slots.

    training : Training
        Solver, momentum and decay.

    device : torch.device
        Where the stacks are.

    half : torch.dtype or None, default=None
        What products are computed in while learning; None is float32.

    keeps_best : bool, default=False
        Whether best weights will be kept.

    Notes
    -----
    The columns of the heads are filled up with zeros to a multiple of 8. Their logits
    are not looked at, so that their gradients are zero and they stay what they are.
    """

    def __init__(
        self, module, n_zones, training, device, *, half=None, keeps_best=False
    ):
        self.training, self.device, self.half = training, device, half
        self.widths = module.n_outputs
        self._layers = [
            (name, isinstance(part, RowLinear))
            for name, part in module.named_modules()
            if isinstance(part, (RowLinear, torch.nn.Linear))
        ]
        n_moments = _N_MOMENTS[training.solver]
        if training.solver == "sgd" and not training.momentum:
            n_moments = 0

        shapes = {
            name: tuple(tensor.shape) for name, tensor in module.state_dict().items()
        }
        # Heads are the last layer; their columns are the last dimension.
        self._columns = {
            name: shape[-1]
            for name, shape in shapes.items()
            if name.rpartition(".")[0] == self._layers[-1][0]
        }

        def stacks():
            found = {}
            for name, shape in shapes.items():
                if name in self._columns:
                    shape = (*shape[:-1], -(-shape[-1] // _EVEN) * _EVEN)
                found[name] = torch.zeros((n_zones, *shape), device=device)
            return found

        self._weights = stacks()
        self._moments = [stacks() for _ in range(n_moments)]
        self._best = stacks() if keeps_best else None
        self._has_best = np.zeros(n_zones, dtype=bool)
        self._n_steps = np.zeros(n_zones, dtype=np.int64)

    def load(self, slot, state):
        """Put the weights of a network, a dict of tensors, into a slot."""
        for name, tensor in state.items():
            self._real(self._weights, name, slot).copy_(tensor)

    def keep(self, slot):
        """Remember the weights of a slot as the best so far."""
        self._has_best[slot] = False
        for name, stack in self._weights.items():
            self._best[name][slot].copy_(stack[slot])
        self._has_best[slot] = True

    def arrays(self, slot):
        """Return the best weights of a slot, else its last ones, as arrays."""
        stacks = self._best if self._has_best[slot] else self._weights
        return {
            name: self._real(stacks, name, slot).to("cpu", copy=True).numpy()
            for name in stacks
        }

    def _real(self, stacks, name, slot):
        """Return the weights of a slot without what fills up."""
        return stacks[name][slot][..., : self._columns.get(name)]

    def move(self, source, target):
        """Copy a slot with all that belongs to it onto another one."""
        best = [] if self._best is None else [self._best]
        for stacks in (self._weights, *self._moments, *best):
            for stack in stacks.values():
                stack[target].copy_(stack[source])
        for each in (self._has_best, self._n_steps):
            each[target] = each[source]

    @torch.no_grad()
    def losses(self, inputs, targets):
        """Return the divergence of every row, without learning from it.

        Parameters
        ----------
        inputs : Tensor of shape (n_zones, n_rows, n_features)
            Rows of the first zones.

        targets : list of Tensor or SparseTarget
            A teacher for every head.

        Returns
        -------
        Tensor of shape (n_zones, n_rows)
            The divergences, added up over heads.
        """
        (*_, logits), _ = self._forward(inputs, None)
        return divergences(logits, targets, self.widths)[0]

    @torch.no_grad()
    def learn(self, inputs, targets, factor, rate):
        """Do a step of the first zones.

        Parameters
        ----------
        inputs, targets
            As for :meth:`losses`.

        factor : Tensor of shape (n_zones, n_rows)
            What the divergence of a row counts in the loss of its zone; 0 for rows
            that only fill up.

        rate : float
            Learning rate.

        Returns
        -------
        Tensor of shape (n_zones, n_rows)
            The divergences before the step.
        """
        values, matrices = self._forward(inputs, self.half)
        logits = values.pop().float()
        losses, grad = divergences(logits, targets, self.widths, factor)
        n_zones = len(inputs)
        self._n_steps[:n_zones] += 1
        rule = self._rule(n_zones, rate)
        if self.half is not None:
            grad = grad.to(self.half)
        for (name, by_row), below, matrix in zip(
            reversed(self._layers), reversed(values), reversed(matrices), strict=True
        ):
            passed = None
            if name != self._layers[0][0]:
                passed = torch.bmm(grad, matrix.transpose(1, 2))
                passed.masked_fill_(below <= 0, 0.0)
            pair = (below, grad) if by_row else (grad, below)
            rule(f"{name}.weight", pair[0].transpose(1, 2), pair[1])
            rule(f"{name}.bias", None, grad)
            grad = passed
        return losses

    def _forward(self, inputs, half):
        """Return what goes into every layer and out of the last, and the matrices."""
        n_zones, values, matrices = len(inputs), [inputs], []
        if half is not None:
            values = [inputs.to(half)]
        for name, by_row in self._layers:
            weight = self._weights[f"{name}.weight"][:n_zones]
            bias = self._weights[f"{name}.bias"][:n_zones]
            if half is not None:
                weight, bias = weight.to(half), bias.to(half)
            matrices.append(weight if by_row else weight.transpose(1, 2))
            out = torch.baddbmm(bias[:, None, :], values[-1], matrices[-1])
            values.append(out if name == self._layers[-1][0] else out.relu_())
        return values, matrices

    def _rule(self, n_zones, rate):
        """Return the optimizer's step for one stack, given factors of its gradient."""
        training, solver = self.training, self.training.solver
        if solver == "adam":
            steps = _AdamSteps(self._n_steps[:n_zones], rate, self.device)

        def move(name, left, right):
            weight = self._weights[name][:n_zones]
            moments = [stacks[name][:n_zones] for stacks in self._moments]
            decay = training.weight_decay
            if solver == "sgd" and moments and left is not None and self.half is None:
                # The product is added to the velocity: no gradient is ever stored.
                moments[0].baddbmm_(left, right, beta=training.momentum)
                if decay:
                    moments[0].add_(weight, alpha=decay)
                weight.add_(moments[0], alpha=-rate)
                return
            grad = right.sum(1) if left is None else torch.bmm(left, right)
            if solver != "sgd" or decay:
                grad = grad.float()
            if decay:
                grad.add_(weight, alpha=decay)
            if solver == "sgd":
                _sgd(weight, grad, moments, training.momentum, rate)
            elif solver == "adagrad":
                moments[0].addcmul_(grad, grad)
                scale = moments[0].sqrt().add_(_ADAGRAD_EPS)
                weight.addcdiv_(grad, scale, value=-rate)
            else:
                steps.move(weight, grad, *moments)

        return move


def divergences(logits, targets, widths, factor=None):
    r"""Kullback-Leibler divergences of heads from their teachers, and the gradient.

    Parameters
    ----------
    logits : Tensor of shape (n_zones, n_rows, n_outputs)
        What the networks say, the heads side by side. More columns are not looked at.

    targets : list of Tensor or SparseTarget
        Teacher rows of each head, a Tensor of shape (n_zones, n_rows, width). Rows with
        NaN and rows of zeros teach nothing.

    widths : sequence of int
        Width of each head.

    factor : Tensor of shape (n_zones, n_rows) or None, default=None
        What every row counts in the loss; None asks for no gradient.

    Returns
    -------
    losses : Tensor of shape (n_zones, n_rows)
        The divergences, added up over heads.

    grad : Tensor of the shape of logits, or None
        The gradient of the weighted sum of all rows.

    Notes
    -----
    With :math:`s = \operatorname{softmax}(z)` and teacher `t`,

    .. math::

        \ell = \Big(\sum_j t_j\Big) \log \sum_k e^{z_k} - \sum_j t_j z_j
        + \sum_j t_j \log t_j, \qquad
        \frac{\partial \ell}{\partial z_j} = \Big(\sum_k t_k\Big) s_j - t_j
    """
    losses = logits.new_zeros(logits.shape[:2])
    grad = None if factor is None else torch.zeros_like(logits)
    start = 0
    for target, width in zip(targets, widths, strict=True):
        head = logits[..., start : start + width]
        log_sum = head.logsumexp(dim=2)
        if isinstance(target, SparseTarget):
            cells = target.rows * logits.shape[2] + (target.columns + start)
            values = target.values
            both = torch.stack([values, torch.xlogy(values, values)])
            both[1] -= values * logits.view(-1)[cells]
            sums = both.new_zeros(2, losses.numel()).index_add_(1, target.rows, both)
            mass, rest = sums.view(2, *losses.shape)
        else:
            mass = target.sum(dim=2)
            missing = mass.isnan()
            mass = mass.masked_fill(missing, 0.0)
            target = target.masked_fill(missing[..., None], 0.0)
            rest = torch.xlogy(target, target).sum(dim=2) - (target * head).sum(dim=2)
        losses += mass * log_sum + rest
        if grad is not None:
            part = grad[..., start : start + width]
            torch.sub(head, log_sum[..., None], out=part).exp_()
            part.mul_((mass * factor)[..., None])
            if isinstance(target, SparseTarget):
                pull = target.values * factor.reshape(-1)[target.rows]
                grad.view(-1).index_add_(0, cells, pull, alpha=-1)
            else:
                part.addcmul_(target, factor[..., None], value=-1)
        start += width
    return losses, grad


def _sgd(weight, grad, moments, momentum, rate):
    if moments:
        torch.add(grad, moments[0], alpha=momentum, out=moments[0])
        grad = moments[0]
    weight.add_(grad, alpha=-rate)


class _AdamSteps:
    r"""A step of Adam for zones that have had different numbers of steps.

    Zones side by side with the same number are one run. torch's fused kernel takes some
    runs in one call; for many the step is written out, as

    .. math:: w - m / (a \sqrt v + b), \quad a = \frac{c_1}{\eta \sqrt{c_2}}, \quad
        b = \frac{\epsilon c_1}{\eta}, \quad c_i = 1 - \beta_i^n

    which is :math:`w - \eta \hat m / (\sqrt{\hat v} + \epsilon)`, with `a` and `b` for
    every zone.
    """

    def __init__(self, n_steps, rate, device):
        cuts = np.flatnonzero(np.diff(n_steps)) + 1
        edges = [0, *cuts.tolist(), len(n_steps)]
        self._rate, self._fused = rate, _fuses(device) and len(cuts) < _MOST_RUNS
        if self._fused:
            self._runs = [slice(*pair) for pair in pairwise(edges)]
            before = (n_steps[edges[:-1]] - 1).astype(np.float32)
            self._before = send(torch.from_numpy(before), device)
            return
        first, second = (1.0 - beta ** n_steps.astype(np.float64) for beta in _BETAS)
        pair = np.stack([first / (rate * np.sqrt(second)), _ADAM_EPS * first / rate])
        # For all zones alike, if they are.
        self._scales = pair[:, 0].tolist()
        if len(cuts):
            self._scales = send(torch.from_numpy(pair.astype(np.float32)), device)

    def move(self, weight, grad, first, second):
        """Move weights and their moments; what is in the gradient is lost."""
        if self._fused:
            stacks = ([each[run] for run in self._runs] for each in (weight, grad))
            moments = ([each[run] for run in self._runs] for each in (first, second))
            adam(
                *stacks,
                *moments,
                [],
                list(self._before.clone().unbind()),
                fused=True,
                amsgrad=False,
                beta1=_BETAS[0],
                beta2=_BETAS[1],
                lr=self._rate,
                weight_decay=0.0,
                eps=_ADAM_EPS,
                maximize=False,
            )
            return
        first.lerp_(grad, 1.0 - _BETAS[0])
        second.mul_(_BETAS[1]).addcmul_(grad, grad, value=1.0 - _BETAS[1])
        a, b = self._scales
        if torch.is_tensor(a):
            shape = (-1, *(1,) * (weight.dim() - 1))
            a, b = a.view(shape), b.view(shape)
        below = torch.sqrt(second, out=grad).mul_(a).add_(b)
        weight.addcdiv_(first, below, value=-1.0)


def _fuses(device):
    """Say whether torch has the kernel: for processors since its version 2.4."""
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    return device.type == "cuda" or (device.type == "cpu" and version >= (2, 4))
