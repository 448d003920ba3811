# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""When to stop, and the best weights until then."""

import math

import torch

__all__ = ["BestWeights", "Patience"]


class Patience:
    """Count epochs that were not better than the best one.

    Parameters
    ----------
    n_iter_no_change : int or None
        How many in a row end the training; None is never.

    tol : float
        By how much a loss must be below the best to start the count again.

    See Also
    --------
    BestWeights : Puts the weights of the best epoch back.

    Examples
    --------
    >>> from sklearn_geo.nets import Patience
    >>> patience = Patience(2, tol=0.1)
    >>> [patience.tell(loss) for loss in (1.0, 0.5, 0.45, 0.44)]
    [True, True, True, True]
    >>> patience.exhausted
    True
    """

    def __init__(self, n_iter_no_change, tol):
        self.n_iter_no_change, self.tol = n_iter_no_change, tol
        self.best, self.waited = math.inf, 0

    def tell(self, loss):
        """Take in the loss of an epoch; say whether it is the lowest so far.

        Parameters
        ----------
        loss : float
            Loss of the epoch.

        Returns
        -------
        bool
            Whether it is the lowest so far.
        """
        self.waited = 0 if loss < self.best - self.tol else self.waited + 1
        lowest = loss < self.best
        self.best = min(self.best, loss)
        return lowest

    @property
    def exhausted(self):
        """Whether it is time to stop."""
        return self.n_iter_no_change is not None and self.waited >= (
            self.n_iter_no_change
        )


class BestWeights:
    """A copy of a network's weights in memory, written over when there are better.

    Parameters
    ----------
    module : Module
        The network.

    See Also
    --------
    Patience : Says when training ends.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import BestWeights
    >>> layer = torch.nn.Linear(1, 1)
    >>> best = BestWeights(layer)
    >>> best.keep()
    >>> before = layer.weight.item()
    >>> _ = torch.nn.init.zeros_(layer.weight)
    >>> best.restore()
    >>> layer.weight.item() == before
    True
    """

    def __init__(self, module):
        self._module, self._kept, self._is_whole = module, None, False

    @torch.no_grad()
    def keep(self):
        """Remember the weights as they are."""
        now = self._module.state_dict()
        self._is_whole = False
        if self._kept is None:
            self._kept = {name: tensor.clone() for name, tensor in now.items()}
        else:
            for name, tensor in now.items():
                self._kept[name].copy_(tensor)
        self._is_whole = True

    @torch.no_grad()
    def restore(self):
        """Put back the weights last kept, if there are any.

        If keeping them was interrupted, those of the network are the better ones.
        """
        if self._is_whole:
            for name, tensor in self._module.state_dict().items():
                tensor.copy_(self._kept[name])
