# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network and its loss draw in a training is decided by one seed."""

from contextlib import contextmanager, nullcontext

import numpy as np
from torch import nn

from sklearn_geo.nets._random_layers import draws_from_torch, seed_layers
from sklearn_geo.nets._seeding import seeded

__all__ = ["seeded_training"]


@contextmanager
def seeded_training(module, criterion, seed, n_epochs, device):
    """Let a network train, its dropout seeded, and torch's own chance put back.

    Parameters
    ----------
    module, criterion : Module
        The network and its loss.

    seed : int
        Decides what they draw.

    n_epochs : int
        How many epochs they have seen: later ones have a dropout of their own.

    device : str or torch.device
        Where they train.

    Yields
    ------
    None
        The training runs within.
    """
    later = _later_seed(seed, n_epochs)
    both = nn.ModuleList([module, criterion])
    seed_layers(both, later)
    # Networks of our own layers train in several threads at once.
    shared = draws_from_torch(both)
    with seeded(later, device) if shared else nullcontext():
        yield


def _later_seed(seed, n_epochs):
    """Give the epochs that a warm start adds a dropout of their own."""
    return int(np.random.SeedSequence([seed, n_epochs]).generate_state(1)[0])
