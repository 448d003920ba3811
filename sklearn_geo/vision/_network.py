# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Somebody's network, asked without being changed: eval mode, any layer, any device."""

import copy
import hashlib
import re
import threading
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.parameter import is_lazy

__all__ = [
    "Asked",
    "fingerprint",
    "make_network",
    "put_on",
    "shared_copy",
    "weights_state",
]


class _Reached(Exception):  # noqa: N818 - no error: it ends a forward pass early
    """The layer that was asked for has answered; the rest need not be computed."""


# One layer is asked at a time: torch numbers hooks, and looks through them after an
# exception, with no regard to other threads.
_HOOKING = threading.RLock()


def make_network(module):
    """Return the network that a parameter `module` is or makes.

    Parameters
    ----------
    module : Module or callable
        The network, or what makes it.

    Returns
    -------
    Module
        One in eval mode, on the processor or where it was, which shares its weights
        with `module` if that is a network.
    """
    if isinstance(module, nn.Module):
        return shared_copy(module)
    if not callable(module):
        raise TypeError(
            f"module is a {type(module).__name__}. Pass a torch module, or a function "
            "or class that makes one, such as functools.partial(resnet50, "
            "weights=...)."
        )
    made = module()
    if not isinstance(made, nn.Module):
        raise TypeError(
            f"module must make a torch module; it made a {type(made).__name__}."
        )
    return _checked(made).requires_grad_(False).eval()


def shared_copy(module):
    """Copy a network, but not its weights, and put the copy in eval mode.

    The copy has layers of its own, so that its mode and its device are its own, and
    weights that lie in the memory of the original's.

    Parameters
    ----------
    module : Module
        The network; it is not changed.

    Returns
    -------
    Module
        The copy.
    """
    _checked(module)
    if isinstance(module, torch.jit.ScriptModule):  # compiled: it copies itself whole
        return copy.deepcopy(module).eval()
    memo = {}
    for weight in module.parameters():
        memo[id(weight)] = nn.Parameter(weight.detach(), requires_grad=False)
    for buffer in module.buffers():
        memo[id(buffer)] = buffer.detach()
    for part in module.modules():
        for value in vars(part).values():  # kept from the last batch, or a weight norm
            if isinstance(value, torch.Tensor):
                memo[id(value)] = value.detach()
    return copy.deepcopy(module, memo).eval()


def _checked(module):
    if any(is_lazy(weight) for weight in [*module.parameters(), *module.buffers()]):
        raise ValueError(
            "module has lazy layers whose weights are not made yet. Show it one batch "
            "of images first."
        )
    return module


class Asked:
    """A network that is asked for rows: its outputs, or those of one of its layers.

    Parameters
    ----------
    network : Module
        In eval mode.

    layer : str or None
        Name of the layer whose outputs are taken.

    output : {"softmax", "sigmoid", "logits", "features"}
        What is done with the outputs.

    device : torch.device
        Where it computes.

    channels_last : bool, default=False
        Lay images out with the channels of a pixel side by side. Processors convolve
        that faster; a `forward` that calls `view` fails on it.
    """

    def __init__(self, network, layer, output, device, *, channels_last=False):
        self.network, self.device = put_on(network, device), device
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        floats = (w.dtype for w in network.parameters() if w.is_floating_point())
        self.dtype = next(floats, torch.float32)  # one in half precision stays so
        self.layer = None if layer is None else _layer(network, layer)
        self.name, self.output = layer, output

    def __call__(self, views):
        """Return what is asked for, (n, d) floats, for (n, 3, size, size) images."""
        with torch.inference_mode():
            outputs = self.raw_rows(views)
            if self.output == "softmax":
                outputs = outputs.softmax(dim=1)
            elif self.output == "sigmoid":
                outputs = outputs.sigmoid()
        return outputs

    def raw_rows(self, views):
        """Return the rows before anything is done with them."""
        with torch.inference_mode():
            views = views.to(self.device, self.dtype)
            views = views.contiguous(memory_format=self.layout)
            return self._as_rows(self._raw(views), len(views)).float()

    def _raw(self, views):
        if self.layer is None:
            return self.network(views)
        answers, ours = [], threading.get_ident()

        def keep(module, inputs, outputs):
            # Another thread may ask the same network for all of its answer meanwhile.
            if threading.get_ident() == ours:
                answers.append(outputs)
                raise _Reached

        with _HOOKING:
            hook = self.layer.register_forward_hook(keep)
            try:
                self.network(views)
            except _Reached:
                return answers[0]
            finally:
                hook.remove()
        raise ValueError(
            f"layer={self.name!r} is a layer of the network, but it is not used when "
            "images are shown to it. Choose another."
        )

    def _as_rows(self, outputs, n_rows):
        """Return outputs as rows; maps of features are averaged."""
        if isinstance(outputs, Mapping):  # as some packages wrap them
            outputs = outputs.get("logits")
        if isinstance(outputs, torch.Tensor):
            maps = outputs.dim() == 4
            found = outputs.mean(dim=(2, 3)) if maps else outputs
            if found.dim() == 2 and len(found) == n_rows and found.shape[1]:
                return found
        what = (
            f"of shape {tuple(outputs.shape)} for {n_rows} images"
            if isinstance(outputs, torch.Tensor)
            else "that is no tensor"
        )
        whose = "module" if self.name is None else f"layer {self.name!r}"
        raise ValueError(
            f"The {whose} gives something {what}. It must give (n, d), or maps (n, d, "
            "h, w), which are averaged. Wrap the network in a module that picks what "
            "you want."
        )


def put_on(network, device):
    """Return a network on a device; one that is there is not touched."""
    tensors = [*network.parameters(), *network.buffers()]
    there = all(torch.empty(0, device=device).device == each.device for each in tensors)
    return network if there else network.to(device)


def _layer(network, name):
    """Return a layer by name; an error lists names that are like it."""
    layers = dict(network.named_modules())
    if name in layers and name:
        return layers[name]
    names = [each for each in layers if each]
    there = names if len(names) <= 12 else [*names[:6], "...", *names[-6:]]
    raise ValueError(
        f"layer={name!r}: the network has no such layer. Layers are called as in "
        f"module.named_modules(): {', '.join(there)}."
    )


def fingerprint(network):
    """Return 64 hexadecimal digits that change with a network's layers or weights.

    Parameters
    ----------
    network : Module
        The network.

    Returns
    -------
    str
        A checksum of its classes, its repr, and all its parameters and buffers.
    """
    digest = hashlib.sha256()
    for name, part in network.named_modules():
        kind = type(part)
        digest.update(f"{name} {kind.__module__}.{kind.__qualname__}\n".encode())
    # Some functions show where they lie in memory.
    digest.update(re.sub(r" at 0x[0-9a-fA-F]+", "", repr(network)).encode())
    for kind in (network.named_parameters, network.named_buffers):
        for name, tensor in kind():
            whole = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {tuple(whole.shape)} {whole.dtype}".encode())
            digest.update(whole.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def weights_state(network):
    """Return what changes when weights are written to, or None if nothing tells.

    It costs nothing, so that the weights need be read only where it has changed.
    """
    tensors = [*network.parameters(), *network.buffers()]
    try:
        return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)
    except RuntimeError:  # made in inference mode, where torch counts no writes
        return None
