# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of zones by hand: plain loops over rows, contexts and layers."""

import numpy as np

from sklearn_geo.context._architecture import Architecture


def architecture(n_features=3, hidden=(5, 4)):
    """Two networks of three contexts, in another order than the contexts'."""
    widths = {"tag": 3, "object": 2, "scene": 4}
    return Architecture(n_features, (("object", "scene"), ("tag",)), widths, hidden)


def drawn(shape, seed):
    """Draw the weights of a zone."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=size).astype(np.float32)
        for name, size in shape.shapes().items()
    }


def softmax(logits):
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def layers(weights, number, columns, n_hidden):
    """Return the values of each layer for one row, and the logits."""
    values, found = np.asarray(columns, dtype=np.float64), []
    for layer in range(n_hidden):
        name = f"{number}.trunk.{2 * layer}"
        matrix = weights[f"{name}.weight"].astype(np.float64)
        # Rows of the first matrix are inputs, those of the others outputs.
        matrix = matrix if layer == 0 else matrix.T
        values = np.maximum(values @ matrix + weights[f"{name}.bias"], 0.0)
        found.append(values)
    heads = weights[f"{number}.heads.weight"].astype(np.float64)
    return found, values @ heads + weights[f"{number}.heads.bias"]


def slow_outputs(shape, weights, columns, output_layer="softmax"):
    """Say what a zone says of the columns of places, row by row."""
    out = []
    for row in columns:
        said, hidden = {}, []
        for number, names in enumerate(shape.networks):
            values, logits = layers(weights, number, row, len(shape.hidden))
            if output_layer != "softmax":
                hidden.append(values[output_layer - 1])
            start = 0
            for name in names:
                stop = start + shape.widths[name]
                said[name] = softmax(logits[start:stop])
                start = stop
        parts = hidden or [said[name] for name in shape.widths]
        out.append(np.concatenate(parts))
    return np.array(out)
