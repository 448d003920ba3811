# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of a zone say of columns, computed by torch."""

import numpy as np
import torch
from scipy import sparse

from sklearn_geo._blocks import blocks
from sklearn_geo.nets import SparseRows, rows_in_memory
from sklearn_geo.nets._usual import answering

__all__ = ["ZoneModules"]


class ZoneModules:
    """The networks of a zone, ready to run.

    They are products, sums and rectifiers on the weights themselves: for a single
    place, calls of modules would take as long as the arithmetic.

    Parameters
    ----------
    architecture : Architecture
        Their shape.

    weights : dict of str to ndarray
        Their weights; arrays that can be written to are used as they are, others are
        copied.

    device : str or torch.device, default="cpu"
        Where they run.

    Attributes
    ----------
    layers : list of list of (Tensor, Tensor)
        Weights, inputs in rows, and biases of each network; the heads are the last.
    """

    def __init__(self, architecture, weights, device="cpu"):
        self.architecture = architecture
        self.device = torch.device(device)
        depth = len(architecture.hidden)
        names = [f"trunk.{2 * layer}" for layer in range(depth)] + ["heads"]
        self.layers = []
        for number in range(len(architecture.networks)):
            layers = []
            for position, name in enumerate(names):
                weight, bias = (
                    _tensor(weights[f"{number}.{name}.{kind}"]).to(self.device)
                    for kind in ("weight", "bias")
                )
                # The first layer and the heads have inputs in rows, others outputs.
                layers.append((weight.T if 0 < position < depth else weight, bias))
            self.layers.append(layers)
        ends = np.cumsum(list(architecture.widths.values())).tolist()
        ends = dict(zip(architecture.widths, ends, strict=True))
        # Where contexts lie in the output, network by network.
        self._parts = [
            [(architecture.widths[name], ends[name]) for name in names]
            for names in architecture.networks
        ]
        # On its way, a row is in two layers at once.
        widths = [architecture.n_features, *architecture.hidden]
        widths += [len(layers[-1][1]) for layers in self.layers]
        self._bytes_a_row = 4 * (architecture.n_features + 3 * max(widths))

    def write(self, columns, out, output_layer="softmax"):
        """Write what the networks say.

        Parameters
        ----------
        columns : {ndarray, csr_array} of shape (n_places, n_features)
            The columns of places.

        out : ndarray of shape (n_places, n_outputs)
            Where to write to. Contexts lie there in the order of `widths`; hidden
            layers in that of the networks.

        output_layer : "softmax" or int, default="softmax"
            Distributions of the contexts, or the values of a layer of the trunks,
            counted from 1.
        """
        n_rows = columns.shape[0]
        for rows in blocks(n_rows, rows_in_memory(self._bytes_a_row, n_rows)):
            with answering():
                inputs = _inputs(columns[rows]).to(self.device)
                if output_layer == "softmax":
                    self._write_distributions(inputs, out[rows])
                else:
                    self._write_layer(inputs, out[rows], output_layer)

    def _write_distributions(self, inputs, out):
        for parts, layers in zip(self._parts, self.layers, strict=True):
            weight, bias = layers[-1]
            logits = torch.addmm(bias, _trunk(inputs, layers[:-1]), weight)
            start = 0
            for width, end in parts:
                said = torch.softmax(logits[:, start : start + width], dim=1)
                out[:, end - width : end] = said.cpu().numpy()
                start += width

    def _write_layer(self, inputs, out, output_layer):
        width = self.architecture.hidden[output_layer - 1]
        for number, layers in enumerate(self.layers):
            at = slice(number * width, (number + 1) * width)
            out[:, at] = _trunk(inputs, layers[:output_layer]).cpu().numpy()


def _trunk(values, layers):
    """Run some layers of a trunk."""
    for weight, bias in layers:
        if isinstance(values, SparseRows):
            values = values.product(weight).add_(bias)
        else:
            values = torch.addmm(bias, values, weight)
        values.relu_()
    return values


def _inputs(columns):
    """Return columns as what is multiplied."""
    if sparse.issparse(columns):
        return SparseRows(columns)
    columns = np.ascontiguousarray(columns, dtype=np.float32)
    return torch.from_numpy(columns if columns.flags.writeable else columns.copy())


def _tensor(array):
    """Share the memory of an array, which networks that only answer never write to."""
    array = array.view()
    try:
        array.flags.writeable = True
    except ValueError:  # what is below cannot be written to either
        array = array.copy()
    return torch.from_numpy(array)
