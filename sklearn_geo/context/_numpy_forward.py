# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of a zone say of columns, without torch."""

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo.nets import rows_in_memory

__all__ = ["NumpyModules", "forward", "trunk_depth"]


def forward(columns, weights, networks, widths, output_layer="softmax"):
    r"""Compute the outputs of a zone's networks with numpy alone.

    Parameters
    ----------
    columns : {array-like, sparse array} of shape (n_places, n_features)
        The columns that describe places to the networks of this zone.

    weights : dict of str to ndarray
        The zone's arrays: "0.trunk.0.weight" and so on, the number of the network
        first. Those in half precision are used in single precision.

    networks : sequence of sequence of str
        The contexts that share a trunk, network by network.

    widths : dict of str to int
        Number of columns of each context, in the order of the output.

    output_layer : "softmax" or int, default="softmax"
        Distributions of the contexts, or the values of a layer of the trunks, counted
        from 1.

    Returns
    -------
    ndarray of shape (n_places, n_outputs), float32
        With "softmax" the distributions side by side, in the order of `widths`;
        otherwise the layers of the networks side by side.

    Notes
    -----
    Layer `i` of a trunk is :math:`h_i = \max(0, h_{i-1} W_i + b_i)`, and a context is
    the softmax of its own columns of :math:`h W + b`. Places are taken a few at a time,
    so that beside the output no more memory is used than scikit-learn's
    `working_memory` allows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.context._numpy_forward import forward
    >>> weights = {
    ...     "0.heads.weight": np.log([[1.0, 3.0, 1.0, 1.0]]),
    ...     "0.heads.bias": np.zeros(4),
    ... }
    >>> widths = {"tag": 2, "scene": 2}
    >>> forward([[1.0], [0.0]], weights, [("tag", "scene")], widths)
    array([[0.25, 0.75, 0.5 , 0.5 ],
           [0.5 , 0.5 , 0.5 , 0.5 ]], dtype=float32)
    """
    if not hasattr(columns, "tocsr"):
        columns = np.asarray(columns)
    networks = [
        _read_network(weights, number, names, widths, output_layer)
        for number, names in enumerate(networks)
    ]
    if output_layer == "softmax":
        starts = dict(zip(widths, np.cumsum([0, *widths.values()]), strict=False))
        n_outputs = sum(widths.values())
    else:
        ends = np.cumsum([len(layers[-1][1]) for layers, _ in networks])
        n_outputs = int(ends[-1])
    n_places, n_features = columns.shape
    expected = len(networks[0][0][0][0])
    if n_features != expected:
        raise ValueError(
            f"The networks read {expected} columns, but there are {n_features}."
        )
    out = np.empty((n_places, n_outputs), dtype=np.float32)
    for rows in blocks(n_places, rows_in_memory(_bytes_a_row(networks), n_places)):
        block = columns[rows].astype(np.float32, copy=False)
        for number, (layers, heads) in enumerate(networks):
            values = _run(block, layers, rectify_last=heads is None)
            if heads is None:
                out[rows, ends[number] - values.shape[1] : ends[number]] = values
                continue
            first = 0
            for name, width in heads:
                part = out[rows, starts[name] : starts[name] + width]
                _softmax_into(values[:, first : first + width], part)
                first += width
    return out


class NumpyModules:
    """The networks of a zone, run by numpy: the twin of :class:`ZoneModules`.

    Parameters
    ----------
    architecture : Architecture
        Their shape.

    weights : dict of str to ndarray
        Their weights.
    """

    def __init__(self, architecture, weights):
        self.architecture = architecture
        self.weights = weights

    def write(self, columns, out, output_layer="softmax"):
        """Write what the networks say of columns."""
        out[:] = forward(
            columns,
            self.weights,
            self.architecture.networks,
            self.architecture.widths,
            output_layer,
        )


def trunk_depth(weights, number):
    """Count the layers of the trunk of a network.

    Parameters
    ----------
    weights : dict of str to ndarray
        The zone's arrays.

    number : int
        Which network.

    Returns
    -------
    int
        The number of layers. Every other module of a trunk is an activation, so they
        are called "0.trunk.0", "0.trunk.2" and so on.
    """
    depth = 0
    while f"{number}.trunk.{2 * depth}.weight" in weights:
        depth += 1
    return depth


def _read_network(weights, number, names, widths, output_layer):
    """Return layers as (weight, bias) with inputs in rows, and (name, width) of heads.

    There are no heads where a layer of the trunk is asked for.
    """
    depth = trunk_depth(weights, number)
    if output_layer == "softmax":
        n_layers, heads = depth, [(name, widths[name]) for name in names]
    else:
        n_layers, heads = output_layer, None
        if not 1 <= output_layer <= depth:
            raise ValueError(
                f"output_layer={output_layer!r}: network {number} has {depth} hidden "
                f'layers. Use one of them, counted from 1, or "softmax".'
            )
    layers = [f"{number}.trunk.{2 * layer}" for layer in range(n_layers)]
    if heads is not None:
        layers.append(f"{number}.heads")
    try:
        arrays = [
            (
                np.asarray(weights[f"{layer}.weight"]),
                np.asarray(weights[f"{layer}.bias"]),
            )
            for layer in layers
        ]
    except KeyError as error:
        raise ValueError(
            f"The weights of network {number} are incomplete: there is no {error}."
        ) from error
    # The first layer and the heads have inputs in rows, other layers have outputs.
    arrays = [
        (
            (weight.T if 0 < position < depth else weight).astype(
                np.float32, copy=False
            ),
            bias.astype(np.float32, copy=False),
        )
        for position, (weight, bias) in enumerate(arrays)
    ]
    if heads is not None and sum(width for _, width in heads) != len(arrays[-1][1]):
        raise ValueError(
            f"Network {number} has {len(arrays[-1][1])} outputs, but the widths of "
            f"its contexts, {dict(heads)}, add up to something else."
        )
    return arrays, heads


def _bytes_a_row(networks):
    """Reckon what a place takes: two layers are in memory."""
    return 4 * max(
        2 * max(map(max, (w.shape for w, _ in layers))) for layers, _ in networks
    )


def _run(values, layers, rectify_last):
    """Give the values of the last of some layers."""
    for position, (weight, bias) in enumerate(layers):
        values = np.asarray(values @ weight)
        values += bias
        if rectify_last or position < len(layers) - 1:
            np.maximum(values, 0.0, out=values)
    return values


def _softmax_into(logits, out):
    """Write the softmax of logits, which it spoils, into `out`."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    np.divide(logits, logits.sum(axis=1, keepdims=True), out=out)
