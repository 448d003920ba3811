# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of one shape, stacked zone on zone: their steps are batched products."""

import math

import numpy as np
import torch

from sklearn_geo.nets import RowLinear

__all__ = ["NetworkStack", "SparseTarget", "divergences"]

_BETAS, _ADAM_EPS, _ADAGRAD_EPS = (0.9, 0.999), 1e-8, 1e-10
_N_MOMENTS = {"sgd": 1, "adagrad": 1, "adam": 2}


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

        def stack(tensor):
            return torch.zeros((n_zones, *tensor.shape), device=device)

        state = module.state_dict()
        self._weights = {name: stack(tensor) for name, tensor in state.items()}
        self._moments = {
            name: [stack(tensor) for _ in range(n_moments)]
            for name, tensor in state.items()
        }
        self._best = None
        if keeps_best:
            self._best = {name: stack(tensor) for name, tensor in state.items()}
        self._has_best = np.zeros(n_zones, dtype=bool)
        self._n_steps = np.zeros(n_zones, dtype=np.int64)

    def load(self, slot, state):
        """Put the weights of a network, a dict of tensors, into a slot."""
        for name, tensor in state.items():
            self._weights[name][slot].copy_(tensor)

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
            name: stack[slot].to("cpu", copy=True).numpy()
            for name, stack in stacks.items()
        }

    def move(self, source, target):
        """Copy a slot with all that belongs to it onto another one."""
        stacks = list(self._weights.values())
        stacks += [stack for pair in self._moments.values() for stack in pair]
        stacks += [] if self._best is None else list(self._best.values())
        for stack in stacks:
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
        scales = None
        if solver == "adam":
            scales = _adam_scales(self._n_steps[:n_zones], rate, self.device)

        def move(name, left, right):
            weight = self._weights[name][:n_zones]
            moments = [stack[:n_zones] for stack in self._moments[name]]
            decay = training.weight_decay
            if solver == "sgd" and moments and left is not None and self.half is None:
                # The product is added to the velocity: no gradient is ever stored.
                moments[0].baddbmm_(left, right, beta=training.momentum)
                if decay:
                    moments[0].add_(weight, alpha=decay)
                weight.add_(moments[0], alpha=-rate)
                return
            grad = right.sum(1) if left is None else torch.bmm(left, right)
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
                _adam(weight, grad, moments, scales)

        return move


def divergences(logits, targets, widths, factor=None):
    r"""Kullback-Leibler divergences of heads from their teachers, and the gradient.

    Parameters
    ----------
    logits : Tensor of shape (n_zones, n_rows, n_outputs)
        What the networks say, the heads side by side.

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
    grad = None if factor is None else torch.empty_like(logits)
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


def _adam_scales(n_steps, rate, device):
    r"""Return two factors of Adam's denominator, for every zone or for all.

    A step is :math:`w - \eta \hat m / (\sqrt{\hat v} + \epsilon)`, which is
    :math:`w - m / (a \sqrt v + b)` with :math:`c_i = 1 - \beta_i^n`,
    :math:`a = c_1 / (\eta \sqrt{c_2})` and :math:`b = \epsilon c_1 / \eta`.
    """
    if len(np.unique(n_steps)) == 1:
        return _scales_of(float(n_steps[0]), rate)
    n_steps = n_steps.astype(np.float64)
    pair = np.stack(_scales_of(n_steps, rate)).astype(np.float32)
    return tuple(torch.from_numpy(pair).to(device))


def _scales_of(n_steps, rate):
    first, second = (1.0 - beta**n_steps for beta in _BETAS)
    root = math.sqrt(second) if isinstance(second, float) else np.sqrt(second)
    return first / (rate * root), _ADAM_EPS * first / rate


def _adam(weight, grad, moments, scales):
    first, second = moments
    first.lerp_(grad, 1.0 - _BETAS[0])
    second.mul_(_BETAS[1]).addcmul_(grad, grad, value=1.0 - _BETAS[1])
    a, b = (
        each.view(-1, *(1,) * (weight.dim() - 1)) if torch.is_tensor(each) else each
        for each in scales
    )
    below = torch.sqrt(second, out=grad).mul_(a).add_(b)
    weight.addcdiv_(first, below, value=-1.0)
