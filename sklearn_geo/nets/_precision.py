# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Half precision where a device has it, and what keeps small gradients in it."""

from contextlib import nullcontext

import torch

__all__ = ["autocast", "half_precision", "loss_scaler"]


def half_precision(device, wanted):
    """Return the numbers that products are made in, or None for plain ones.

    Parameters
    ----------
    device : str or torch.device
        Where the network is.

    wanted : {"auto", "bfloat16", "float16"} or bool
        The setting `mixed_precision`.

    Returns
    -------
    torch.dtype or None
        Their kind.
    """
    device = torch.device(device)
    if device.type == "cpu" or wanted is False:
        return None
    if wanted in ("auto", True):
        able = device.type != "cuda" or torch.cuda.is_bf16_supported()
        return torch.bfloat16 if able else torch.float16
    return getattr(torch, wanted)


def autocast(device, wanted):
    """Return the context in which products are made."""
    kind = half_precision(device, wanted)
    if kind is None:
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=kind)


def loss_scaler(device, wanted):
    """Return what scales losses such that gradients do not vanish; None if needless."""
    if half_precision(device, wanted) is not torch.float16:
        return None
    if not hasattr(torch.amp, "GradScaler"):  # torch 2.2
        return torch.cuda.amp.GradScaler()
    return torch.amp.GradScaler(torch.device(device).type)
