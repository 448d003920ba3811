# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Shapes of networks of zones, by hand and against the networks themselves."""

import numpy as np
import pytest

from sklearn_geo.context._architecture import Architecture, of_network
from tests.context.mlps import architecture


def test_shapes_by_hand():
    # Object and scene: a trunk 3-5-4 and heads of 2 + 4. Tag: a trunk and one of 3.
    trunk = {
        "trunk.0.weight": (3, 5),
        "trunk.0.bias": (5,),
        "trunk.2.weight": (4, 5),
        "trunk.2.bias": (4,),
    }
    expected = {
        **{f"0.{name}": size for name, size in trunk.items()},
        "0.heads.weight": (4, 6),
        "0.heads.bias": (6,),
        **{f"1.{name}": size for name, size in trunk.items()},
        "1.heads.weight": (4, 3),
        "1.heads.bias": (3,),
    }
    assert architecture().shapes() == expected


@pytest.mark.parametrize("hidden", [(), (7,), (5, 4), (6, 2, 3), (5, 5, 5, 5)])
@pytest.mark.parametrize(
    "networks",
    [(("a", "b", "c"),), (("b",), ("c", "a")), (("c",), ("b",), ("a",))],
)
def test_shapes_are_those_of_the_networks(hidden, networks):
    shape = Architecture(9, networks, {"a": 1, "b": 2, "c": 5}, hidden)
    found = {
        f"{number}.{name}": tuple(tensor.shape)
        for number in range(len(networks))
        for name, tensor in shape.module(number).state_dict().items()
    }
    assert list(shape.shapes().items()) == list(found.items())


def test_number_of_outputs():
    found = [architecture().n_outputs(layer) for layer in ("softmax", 1, 2)]
    assert found == [2 + 3 + 4, 2 * 5, 2 * 4]


def test_weights_of_a_network_of_many():
    weights = {f"{number}.a": np.zeros(number) for number in range(12)}
    assert {name: len(a) for name, a in of_network(weights, 1).items()} == {"a": 1}
    assert len(of_network(weights, 11)["a"]) == 11


def test_layers_that_are_not_there_are_refused():
    assert architecture().n_outputs(2) == 8
    for layer in (0, 3):
        with pytest.raises(ValueError, match=f"output_layer={layer}, but .* 2 hidden"):
            architecture().n_outputs(layer)
