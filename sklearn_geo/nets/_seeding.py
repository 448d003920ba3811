# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Chance: one number decides all of it, and nobody else's chance is touched."""

import threading
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils import check_random_state

__all__ = ["choose_device", "draw_seed", "seeded"]

# torch has one generator a process: who has seeded it must be alone with it.
_ALONE = threading.RLock()


def draw_seed(random_state):
    """Draw the one seed that a fit hands to torch and to its shuffles.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        As everywhere in scikit-learn.

    Returns
    -------
    int
        A number in [0, 2**31 - 1).

    See Also
    --------
    seeded : Runs a block with a seed.

    Examples
    --------
    >>> from sklearn_geo.nets import draw_seed
    >>> draw_seed(0) == draw_seed(0)
    True
    """
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def choose_device(device):
    """Return the device that computes.

    Parameters
    ----------
    device : str or torch.device
        "auto" is the first CUDA device if there is one, else the processor.

    Returns
    -------
    torch.device
        The device.

    See Also
    --------
    keep_on_device : Keeps rows there.

    Examples
    --------
    >>> from sklearn_geo.nets import choose_device
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if isinstance(device, str) and device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f'device={device!r} is no device of torch. Use "auto", "cpu", "cuda" or '
            '"cuda:0".'
        ) from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device={device!r}: torch sees no CUDA device on this machine. Use "
            'device="auto" to take one only where there is one.'
        )
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={device!r}: torch sees {torch.cuda.device_count()} CUDA devices "
            'on this machine, and counts them from 0. "cuda" is the first.'
        )
    if chosen.type == "meta":
        raise ValueError(
            'device="meta" holds shapes and no numbers. Use "auto", "cpu" or "cuda".'
        )
    if chosen.type not in ("cpu", "cuda"):
        try:
            torch.zeros(1, device=chosen)
        except (AssertionError, ImportError, RuntimeError) as error:
            raise ValueError(
                f"device={device!r}: torch cannot compute there on this machine. Use "
                '"auto", "cpu" or "cuda".'
            ) from error
    return chosen


@contextmanager
def seeded(seed, device="cpu"):
    """Run a block with torch's random numbers seeded, and put them back afterwards.

    Blocks of several threads come one after the other.

    Parameters
    ----------
    seed : int
        The seed.

    device : str or torch.device, default="cpu"
        The device whose numbers are seeded beside those of the processor.

    Yields
    ------
    None
        The block runs seeded.

    See Also
    --------
    draw_seed : Draws a seed from a `random_state`.
    seed_layers : Seeds layers that have numbers of their own.

    Examples
    --------
    >>> import torch
    >>> from sklearn_geo.nets import seeded
    >>> with seeded(3):
    ...     first = torch.rand(2)
    >>> with seeded(3):
    ...     print(torch.equal(torch.rand(2), first))
    True
    """
    device = choose_device(device)
    card = None
    if device.type == "cuda":
        card = torch.cuda.current_device() if device.index is None else device.index
    with _ALONE, torch.random.fork_rng(devices=[] if card is None else [card]):
        # torch.manual_seed would seed every card of the machine, also those that are
        # not put back.
        torch.default_generator.manual_seed(seed)
        if card is not None:
            torch.cuda.default_generators[card].manual_seed(seed)
        yield
