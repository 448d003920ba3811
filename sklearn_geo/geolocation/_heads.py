# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the heads of a network are, what each learns, and their loss."""

from functools import partial

import numpy as np

from sklearn_geo.geolocation._inputs import network_for
from sklearn_geo.geolocation._levels import representatives
from sklearn_geo.geolocation._smoothing import smoothed_labels
from sklearn_geo.geolocation._tree import TreeMLP
from sklearn_geo.nets import HeadedMLP, HeadsLoss, Lookup


def make_network(model):
    """Return what makes the network of a classifier whose cells are known."""
    n_scenes = [] if model.scenes_ is None else [len(model.scenes_)]
    settings = {
        "hidden": tuple(model.hidden),
        "activation": model.activation,
        "dropout": model.dropout,
    }
    n_cells = model.n_cells_
    if model.combine != "tree_sum":
        heads = partial(HeadedMLP, n_outputs=[*n_cells, *n_scenes], **settings)
    else:
        heads = partial(
            TreeMLP,
            n_outputs=[n_cells[-1], *n_scenes],
            parents=model.parents_,
            n_coarse=n_cells[:-1],
            **settings,
        )
    return network_for(model, model._X_ndim, heads)


def make_loss(model):
    """Return what makes the loss: the mean of the levels', and the scenes'."""
    n_levels = len(model.n_cells_)
    weights = [1.0 / n_levels] * n_levels
    if model.scenes_ is not None:
        weights.append(model.scene_weight)
    return partial(HeadsLoss, head_weights=weights, reduce="sum")


def level_target(model, cells, level):
    """Return what the head of a level learns: cells, or rows of smoothed labels.

    Parameters
    ----------
    model : HierarchicalCellClassifier
        A classifier whose cells are known.

    cells : ndarray of shape (n_rows,)
        The true cells of that level, -1 for none.

    level : int
        Which level.

    Returns
    -------
    ndarray or Lookup
        A target of `RowData`.
    """
    finest = level == len(model.n_cells_) - 1
    usable = None
    if model.combine == "tree_sum" and not finest:
        # A cell without finest cells in it can never be predicted.
        parents = model.parents_[level]
        usable = np.zeros(model.n_cells_[level], dtype=bool)
        usable[parents[parents >= 0]] = True
        cells = np.where((cells >= 0) & usable[cells], cells, -1)
    if model.smoothing_km is None:
        return cells
    places = model.cell_places_ if finest else representatives(model.partitions_[level])
    return Lookup(cells, smoothed_labels(places, model.smoothing_km, usable))
