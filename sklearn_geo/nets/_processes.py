# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several processes, each with an accelerator, that train one network together."""

import torch

__all__ = ["start_processes"]


def start_processes(device):
    """Return the processes that train together: this one, or those of accelerate.

    Parameters
    ----------
    device : str or torch.device
        "accelerate" joins the processes that ``accelerate launch`` started.

    Returns
    -------
    OneProcess or SeveralProcesses
        What a training asks them.

    See Also
    --------
    train_net : Trains in all of them.

    Examples
    --------
    >>> from sklearn_geo.nets import start_processes
    >>> start_processes("cpu").is_first
    True
    """
    if isinstance(device, str) and device == "accelerate":
        return SeveralProcesses()
    return OneProcess()


class OneProcess:
    """Nobody to agree with."""

    is_first = True

    def share(self, at):
        """Return the rows of a step that are this process's, and two factors.

        Parameters
        ----------
        at : slice or ndarray
            The rows of the step.

        Returns
        -------
        mine : slice or ndarray
            The rows of this process.

        scale : float
            Factor on their mean loss, so that the mean over processes is the mean over
            the rows of the step.

        counts : float
            Factor on what they add to sums over all processes.
        """
        return at, 1.0, 1.0

    def average_gradients(self, module):
        """Make the gradients of all processes their mean."""

    def sums(self, *values):
        """Add up numbers over all processes; they then agree to the last bit."""
        return tuple(float(value) for value in values)


class SeveralProcesses:
    """The processes of an `accelerate launch`, whose gradients are averaged.

    Every process has the data and the same seed, so that all begin with the same
    weights and the same shuffles; each takes its share of the rows of a step.
    """

    def __init__(self):
        try:
            from accelerate import Accelerator
        except ImportError as error:
            raise ImportError(
                'device="accelerate" needs the package accelerate: pip install '
                "'sklearn-geo[accelerate]'."
            ) from error
        self._accelerator = Accelerator()
        self._number = self._accelerator.process_index
        self._count = self._accelerator.num_processes
        self.is_first = self._accelerator.is_main_process
        self.device = self._accelerator.device

    def share(self, at):
        """Return the rows of a step that are this process's, and two factors."""
        if isinstance(at, slice):
            n_rows = at.stop - at.start
            mine = slice(at.start + self._number, at.stop, self._count)
            n_mine = len(range(mine.start, mine.stop, mine.step))
        else:
            n_rows, mine = len(at), at[self._number :: self._count]
            n_mine = len(mine)
        if n_rows < self._count:  # too few to share: all do the same
            return at, 1.0, 1.0 / self._count
        return mine, n_mine * self._count / n_rows, 1.0

    @torch.no_grad()
    def average_gradients(self, module):
        """Make the gradients of all processes their mean."""
        if self._count == 1:
            return
        for weight in module.parameters():
            if weight.grad is None:
                continue
            if weight.grad.is_sparse:
                weight.grad = self._average_rows(weight.grad.coalesce())
            else:
                weight.grad.copy_(self._accelerator.reduce(weight.grad, "mean"))

    def _average_rows(self, grad):
        """Average sparse rows; every process may have others, and another number."""
        join = self._accelerator
        rows = join.pad_across_processes(grad.indices()[0], pad_index=-1)
        values = join.pad_across_processes(grad.values())
        rows, values = join.gather(rows), join.gather(values)
        real = rows >= 0
        gathered = torch.sparse_coo_tensor(
            rows[real][None],
            values[real] / self._count,
            grad.shape,
            check_invariants=False,
        )
        return gathered.coalesce()

    def sums(self, *values):
        """Add up numbers over all processes; they then agree to the last bit."""
        mine = torch.tensor([float(value) for value in values], device=self.device)
        return tuple(self._accelerator.reduce(mine, "sum").tolist())
