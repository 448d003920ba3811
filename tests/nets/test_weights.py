# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights as arrays, there and back."""

from functools import partial

import numpy as np
import pytest
import torch

from sklearn_geo.nets import (
    HeadedMLP,
    HeadsLoss,
    Training,
    get_weights,
    net_from_weights,
    net_outputs,
    set_weights,
)
from sklearn_geo.nets._weights import check_weights

NETWORK = partial(HeadedMLP, 3, [2, 2], hidden=(4,), batch_norm=True)
X = np.arange(12.0).reshape(4, 3)


def outputs(net):
    ((_, heads),) = net_outputs(net, X)
    return np.hstack([head.numpy() for head in heads])


def test_there_and_back():
    network = NETWORK()
    weights = get_weights(network)
    assert "trunk.1.running_mean" in weights
    expected = outputs(network)
    with torch.no_grad():
        network.heads.bias.fill_(9.0)
    assert (weights["heads.bias"] == 0).all()  # copies
    for array in weights.values():
        array.flags.writeable = False
    training = Training(device="cpu")
    net = net_from_weights(NETWORK, HeadsLoss, weights, seed=5, training=training)
    assert np.array_equal(outputs(net), expected)
    assert not net.module_.training


def test_making_a_net_leaves_torchs_numbers_alone():
    before = torch.get_rng_state()
    weights = get_weights(NETWORK())
    torch.set_rng_state(before)
    net_from_weights(NETWORK, HeadsLoss, weights)
    assert torch.equal(torch.get_rng_state(), before)


def test_other_weights_are_refused():
    network = NETWORK()
    before = get_weights(network)
    with pytest.raises(ValueError, match=r"missing \['trunk.0.bias'"):
        set_weights(network, get_weights(HeadedMLP(3, [4])))
    changed = {**before, "heads.bias": np.zeros(5)}
    with pytest.raises(ValueError, match=r"heads.bias has shape .5,., expected .4,."):
        set_weights(network, changed)
    after = get_weights(network)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_weights_of_strangers_are_checked_before_a_network_is_made():
    good = get_weights(HeadedMLP(3, [2]))
    check_weights(good, partial(HeadedMLP, 3, [2]))
    check_weights({**good, "n": np.array(5)})
    for value in (np.nan, np.inf):
        bad = {**good, "heads.bias": np.array([value, 0.0], dtype=np.float32)}
        with pytest.raises(ValueError, match=r"heads\.bias hold numbers that"):
            check_weights(bad)
    # As wide as no memory is: it is not made.
    with pytest.raises(ValueError, match=r"another network: heads\.weight"):
        check_weights(good, partial(HeadedMLP, 10**6, [10**7]))


@pytest.mark.parametrize(
    "form",
    [
        lambda array: array.astype(array.dtype.newbyteorder(">")),
        lambda array: array[::-1].copy()[::-1] if array.ndim else array,
        lambda array: array.tolist(),
        lambda array: array.copy(order="F"),
    ],
)
def test_weights_lie_in_memory_as_they_like(form):
    weights, network = get_weights(NETWORK()), NETWORK()
    set_weights(network, {name: form(array) for name, array in weights.items()})
    for name, array in get_weights(network).items():
        assert np.array_equal(array, weights[name])
