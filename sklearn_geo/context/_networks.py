# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of a zone say of columns, computed by torch."""

import numpy as np
import torch

from sklearn_geo.nets import net_outputs

__all__ = ["ZoneModules", "of_network"]


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
