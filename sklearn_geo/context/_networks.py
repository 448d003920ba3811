# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of a zone look like, and what they say of columns."""

from dataclasses import dataclass

import numpy as np
import torch

from sklearn_geo.nets import HeadedMLP, net_outputs

__all__ = ["Architecture", "ZoneModules"]


@dataclass(frozen=True)
class Architecture:
    """The shape of a zone's networks: the same in every zone.

    Attributes
    ----------
    n_features : int
        Number of columns that describe a place.

    networks : tuple of tuple of str
        The contexts that share a trunk, network by network.

    widths : dict of str to int
        Number of columns of each context.

    hidden : tuple of int
        Widths of the layers of a trunk.
    """

    n_features: int
    networks: tuple
    widths: dict
    hidden: tuple

    def module(self, number):
        """Make a network, Glorot weights drawn from torch's generator."""
        widths = [self.widths[name] for name in self.networks[number]]
        return HeadedMLP(self.n_features, widths, hidden=self.hidden)

    def shapes(self):
        """Return the shape of each array of a zone by name."""
        with torch.device("meta"):
            modules = [self.module(number) for number in range(len(self.networks))]
        return {
            f"{number}.{name}": tuple(tensor.shape)
            for number, module in enumerate(modules)
            for name, tensor in module.state_dict().items()
        }

    def n_outputs(self, output_layer):
        """Return the number of columns that a layer gives."""
        if output_layer == "softmax":
            return sum(self.widths.values())
        return len(self.networks) * self.hidden[output_layer - 1]


def of_network(weights, number):
    """Return the arrays of one network out of those of a zone."""
    start = f"{number}."
    return {
        name.removeprefix(start): array
        for name, array in weights.items()
        if name.startswith(start)
    }


class ZoneModules:
    """The networks of a zone, ready to run.

    Parameters
    ----------
    architecture : Architecture
        Their shape.

    weights : dict of str to ndarray
        Their weights; arrays that can be written to are used as they are, others are
        copied.

    device : str or torch.device, default="cpu"
        Where they run.
    """

    def __init__(self, architecture, weights, device="cpu"):
        self.architecture = architecture
        self.modules = []
        for number in range(len(architecture.networks)):
            with torch.device("meta"):  # nothing is drawn, nothing is allocated
                module = architecture.module(number)
            arrays = of_network(weights, number)
            module.load_state_dict(
                {name: _tensor(array) for name, array in arrays.items()}, assign=True
            )
            self.modules.append(module.to(device).eval().requires_grad_(False))

    def write(self, columns, out, output_layer="softmax"):
        """Write what the networks say.

        Parameters
        ----------
        columns : ndarray of shape (n_places, n_features)
            The columns of places.

        out : ndarray of shape (n_places, n_outputs)
            Where to write to. Contexts lie there in the order of `widths`; hidden
            layers in that of the networks.

        output_layer : "softmax" or int, default="softmax"
            Distributions of the contexts, or the values of a layer of the trunks,
            counted from 1.
        """
        widths = self.architecture.widths
        ends = np.cumsum(list(widths.values()))
        starts = dict(zip(widths, ends - list(widths.values()), strict=True))
        for number, module in enumerate(self.modules):
            if output_layer == "softmax":
                for rows, logits in net_outputs(module, columns):
                    for name, part in zip(
                        self.architecture.networks[number], logits, strict=True
                    ):
                        at = slice(starts[name], starts[name] + widths[name])
                        _softmax_into(part, out[rows, at])
            else:
                width = self.architecture.hidden[output_layer - 1]
                at = slice(number * width, (number + 1) * width)
                # A layer and its activation for each step of the trunk.
                layers = module.trunk[: 2 * output_layer]
                for rows, (values,) in net_outputs(layers, columns):
                    out[rows, at] = values.numpy()


def _softmax_into(logits, out):
    torch.softmax(logits, dim=1, out=torch.from_numpy(out)) if (
        out.flags.c_contiguous and out.dtype == np.float32
    ) else np.copyto(out, torch.softmax(logits, dim=1).numpy())


def _tensor(array):
    """Share the memory of an array, which networks that only answer never write to."""
    array = array.view()
    try:
        array.flags.writeable = True
    except ValueError:  # what is below cannot be written to either
        array = array.copy()
    return torch.from_numpy(array)
