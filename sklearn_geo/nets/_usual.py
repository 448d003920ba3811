# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What torch does by default, whatever else its user has set for the process."""

import threading
from contextlib import ExitStack, contextmanager

import torch

__all__ = ["answering", "usual_torch"]


class _SinglePrecision:
    """Numbers of 32 bits while anybody trains; torch sets them for all threads."""

    def __init__(self):
        self._lock, self._n_users, self._before = threading.Lock(), 0, None

    def __enter__(self):
        with self._lock:
            if not self._n_users:
                self._before = torch.get_default_dtype()
                torch.set_default_dtype(torch.float32)
            self._n_users += 1

    def __exit__(self, *_):
        with self._lock:
            self._n_users -= 1
            if not self._n_users:
                torch.set_default_dtype(self._before)


_SINGLE_PRECISION = _SinglePrecision()


@contextmanager
def usual_torch():
    """Run a block in which networks can be made and trained.

    Tensors are of 32 bits, in the memory of the processor and with gradients, unless
    they say otherwise, and autocast is off: also where
    ``torch.set_default_dtype(torch.float64)``, ``torch.set_default_device("cuda")`` or
    ``torch.set_grad_enabled(False)`` has been said before, or within
    ``torch.inference_mode()``.

    Yields
    ------
    None
        The block runs so.
    """
    with ExitStack() as stack:
        stack.enter_context(_SINGLE_PRECISION)
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if not torch.is_grad_enabled():
            stack.enter_context(torch.enable_grad())
        # A device that is set is looked up at every call of torch: none if need not be.
        if torch.empty(0).device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(_plain_products())
        yield


@contextmanager
def answering():
    """Run a block in which a network answers; also a decorator.

    Nothing is kept for gradients, and numbers have the bits they were learnt with,
    also within ``torch.autocast``: answers do not depend on what surrounds a call.

    Yields
    ------
    None
        The block runs so.
    """
    with _plain_products(), torch.inference_mode():
        yield


@contextmanager
def _plain_products():
    with ExitStack() as stack:
        for kind in ("cpu", "cuda"):
            if _has_autocast(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        yield


def _has_autocast(kind):
    try:
        return torch.is_autocast_enabled(kind)
    except TypeError:  # before torch 2.4 it told of cards alone
        own = {"cpu": torch.is_autocast_cpu_enabled, "cuda": torch.is_autocast_enabled}
        return own[kind]()
