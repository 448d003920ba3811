# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The device of a stored estimator, which may be read where there is no such one."""

import warnings

import torch

from sklearn_geo.nets._seeding import choose_device

__all__ = ["device_here", "device_name"]

_KNOWN = ("auto", "accelerate")


def device_name(device):
    """Return a device as a store names it.

    Parameters
    ----------
    device : str or torch.device
        The parameter. One that cannot compute here is refused: it was set after fit.

    Returns
    -------
    str
        Its name.
    """
    if device != "accelerate":
        choose_device(device)
    return str(device)


def device_here(held, stacklevel=5):
    """Return the device of a store, or "auto" with a warning if it is not here.

    Parameters
    ----------
    held : object
        What was read, and may have been changed by anybody.

    stacklevel : int, default=5
        How far above is who called `from_pretrained`, for the warning.

    Returns
    -------
    str
        The parameter of the estimator.
    """
    if not isinstance(held, str):
        raise ValueError("device is no name")
    if held in _KNOWN:
        return held
    try:
        torch.device(held)
    except RuntimeError as error:
        raise ValueError(
            f"device is {held!r:.60}, which torch does not know"
        ) from error
    try:
        choose_device(held)
    except ValueError:
        if held == "meta":
            raise
        warnings.warn(
            f"The estimator was stored with device={held!r}, which is not on this "
            'machine. It is read with device="auto".',
            UserWarning,
            stacklevel=stacklevel,
        )
        return "auto"
    return held
