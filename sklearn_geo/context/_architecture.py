# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of a zone look like."""

from dataclasses import dataclass

import sklearn_geo.nets as nets_room  # only making a network loads torch

__all__ = ["Architecture", "of_network"]


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
        return nets_room.HeadedMLP(self.n_features, widths, hidden=self.hidden)

    def shapes(self):
        """Return the shape of each array of a zone by name."""
        shapes = {}
        for number, names in enumerate(self.networks):
            n_inputs = self.n_features
            for layer, width in enumerate(self.hidden):
                # Matrices have inputs in rows where rows may be sparse or many heads
                # are one; those between, torch's own, have outputs. Between two layers
                # is an activation, which has a number too.
                matrix = (width, n_inputs) if layer else (n_inputs, width)
                shapes[f"{number}.trunk.{2 * layer}.weight"] = matrix
                shapes[f"{number}.trunk.{2 * layer}.bias"] = (width,)
                n_inputs = width
            n_outputs = sum(self.widths[name] for name in names)
            shapes[f"{number}.heads.weight"] = (n_inputs, n_outputs)
            shapes[f"{number}.heads.bias"] = (n_outputs,)
        return shapes

    def n_outputs(self, output_layer):
        """Return the number of columns that a layer gives."""
        if output_layer == "softmax":
            return sum(self.widths.values())
        if not 1 <= output_layer <= len(self.hidden):
            raise ValueError(
                f"output_layer={output_layer!r}, but the networks have "
                f"{len(self.hidden)} hidden layers. Set it to one of them, counted "
                'from 1, or to "softmax".'
            )
        return len(self.networks) * self.hidden[output_layer - 1]


def of_network(weights, number):
    """Return the arrays of one network out of those of a zone."""
    start = f"{number}."
    return {
        name.removeprefix(start): array
        for name, array in weights.items()
        if name.startswith(start)
    }
