# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The weights of a network as plain arrays, and a net made from them."""

import numpy as np
import torch

from sklearn_geo.nets._net import EstimatorNet
from sklearn_geo.nets._seeding import seeded

__all__ = ["get_weights", "net_from_weights", "set_weights"]


def get_weights(net):
    """Return the weights of a network by name.

    Parameters
    ----------
    net : EstimatorNet or Module
        The network.

    Returns
    -------
    dict of str to ndarray
        Copies of its parameters and buffers, ready for :func:`write_store`.

    Examples
    --------
    >>> from sklearn_geo.nets import HeadedMLP, get_weights
    >>> {name: array.shape for name, array in get_weights(HeadedMLP(3, [2])).items()}
    {'heads.weight': (3, 2), 'heads.bias': (2,)}
    """
    module = getattr(net, "module_", net)
    return {
        name: tensor.detach().cpu().numpy().copy()
        for name, tensor in module.state_dict().items()
    }


@torch.no_grad()
def set_weights(net, weights):
    """Put weights into a network.

    Parameters
    ----------
    net : EstimatorNet or Module
        A network of the same architecture.

    weights : dict of str to ndarray
        What :func:`get_weights` returned.

    Raises
    ------
    ValueError
        If names or shapes are not those of the network; it is then left as it was.

    Examples
    --------
    >>> from sklearn_geo.nets import HeadedMLP, get_weights, set_weights
    >>> network = HeadedMLP(3, [2])
    >>> set_weights(network, get_weights(HeadedMLP(3, [2], init="zeros")))
    >>> float(network.heads.weight.abs().max().detach())
    0.0
    """
    own = getattr(net, "module_", net).state_dict()
    missing, foreign = sorted(set(own) - set(weights)), sorted(set(weights) - set(own))
    if missing or foreign:
        raise ValueError(
            f"These are weights of another network: missing {missing}, unknown "
            f"{foreign}."
        )
    for name, tensor in own.items():
        if tuple(tensor.shape) != tuple(np.shape(weights[name])):
            raise ValueError(
                f"These are weights of another network: {name} has shape "
                f"{tuple(np.shape(weights[name]))}, expected {tuple(tensor.shape)}."
            )
    for name, tensor in own.items():
        # A read-only array (a memory map) is copied from, never shared.
        tensor.copy_(torch.tensor(np.asarray(weights[name])))


def net_from_weights(module, criterion, weights, **options):
    """Make a net that is as good as trained.

    Parameters
    ----------
    module, criterion : callable
        Make the network and its loss, see :class:`EstimatorNet`.

    weights : dict of str to ndarray
        The weights.

    **options
        Keyword arguments of :class:`EstimatorNet`.

    Returns
    -------
    EstimatorNet
        The net, ready to predict or to be trained on.

    Examples
    --------
    >>> from functools import partial
    >>> from sklearn_geo.nets import HeadedMLP, HeadsLoss, get_weights
    >>> from sklearn_geo.nets import net_from_weights
    >>> weights = get_weights(HeadedMLP(3, [2]))
    >>> net = net_from_weights(partial(HeadedMLP, 3, [2]), HeadsLoss, weights)
    >>> bool((get_weights(net)["heads.weight"] == weights["heads.weight"]).all())
    True
    """
    net = EstimatorNet(module, criterion, **options)
    with seeded(net.seed, net.device):
        net.initialize()
    set_weights(net, weights)
    net.module_.eval()
    return net
