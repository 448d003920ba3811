# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The weights of a network as plain arrays, and a net made from them."""

import numpy as np
import torch

from sklearn_geo.nets._net import EstimatorNet

__all__ = ["check_weights", "get_weights", "net_from_weights", "set_weights"]


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

    See Also
    --------
    set_weights : The way back.
    net_from_weights : A net with such weights.

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


def check_weights(weights, module=None):
    """Refuse weights that nobody has learnt, or that are those of another network.

    Parameters
    ----------
    weights : dict of str to ndarray
        Read from a file that anybody may have written.

    module : callable or None, default=None
        Makes the network. It is made without memory, since its widths may be lies too;
        what the code of a user makes may need memory, and is better not passed.

    Raises
    ------
    ValueError
        If names or shapes are other ones, or numbers are not finite.
    """
    for name, array in weights.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(
                f"The weights {name:.60} hold numbers that are not finite."
            )
    if module is not None:
        with torch.device("meta"):
            own = module().state_dict()
        _check_shapes(own, weights)


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

    See Also
    --------
    get_weights : The weights to set.

    Examples
    --------
    >>> from sklearn_geo.nets import HeadedMLP, get_weights, set_weights
    >>> network = HeadedMLP(3, [2])
    >>> set_weights(network, get_weights(HeadedMLP(3, [2], init="zeros")))
    >>> float(network.heads.weight.abs().max().detach())
    0.0
    """
    own = getattr(net, "module_", net).state_dict()
    _check_shapes(own, weights)
    for name, tensor in own.items():
        # A read-only array (a memory map) is copied from, never shared.
        array = np.asarray(weights[name])
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
        tensor.copy_(torch.from_numpy(array))


def _check_shapes(own, weights):
    missing, foreign = sorted(set(own) - set(weights)), sorted(set(weights) - set(own))
    if missing or foreign:
        raise ValueError(
            f"These are weights of another network: missing {missing}, unknown "
            f"{foreign!s:.500}."
        )
    for name, tensor in own.items():
        if tuple(tensor.shape) != tuple(np.shape(weights[name])):
            raise ValueError(
                f"These are weights of another network: {name} has shape "
                f"{tuple(np.shape(weights[name]))}, expected {tuple(tensor.shape)}."
            )


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

    See Also
    --------
    get_weights : The weights of a network.
    Store : Where they are kept.

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
    net.initialize()
    set_weights(net, weights)
    net.module_.eval()
    return net
