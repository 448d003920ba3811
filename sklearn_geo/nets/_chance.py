# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network draws while it trains is decided by one seed."""

from contextlib import contextmanager, nullcontext

import numpy as np

from sklearn_geo.nets._random_layers import draws_from_torch, seed_layers
from sklearn_geo.nets._seeding import seeded

__all__ = ["seeded_training"]


@contextmanager
def seeded_training(module, seed, n_epochs, device):
    """Let a network train, its dropout seeded, and torch's own chance put back.

    Parameters
    ----------
    module : Module
        The network.

    seed : int
        Decides what it draws.

    n_epochs : int
        How many epochs it has seen: later ones have a dropout of their own.

    device : str or torch.device
        Where it trains.

    Yields
    ------
    None
        The training runs within.
    """
    later = _later_seed(seed, n_epochs)
    seed_layers(module, later)
    # Networks of our own layers train in several threads at once.
    shared = draws_from_torch(module)
    with seeded(later, device) if shared else nullcontext():
        yield


def _later_seed(seed, n_epochs):
    """Give the epochs that a warm start adds a dropout of their own."""
    return int(np.random.SeedSequence([seed, n_epochs]).generate_state(1)[0])
