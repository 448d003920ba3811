# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A GPS2Vec+ with networks as wide as the paper's, and the bare products of a zone."""

import numpy as np
import torch

from benchmarks._inputs import photo_places
from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.geometry import utm_zones

CONTEXTS = {"object": 1000, "scene": 365, "tag": 2000}
NETWORKS = (("object", "scene"), ("tag",))
HIDDEN = (512, 1024, 2048)


def places_in_zones(n, n_zones, random_state=0):
    """Return n places in the zones that have most photos, and their zones."""
    places = photo_places(max(4 * n, 100 * n_zones), random_state=random_state)
    zones = utm_zones(places)
    ids, counts = np.unique(zones, return_counts=True)
    busiest = ids[np.argsort(-counts, kind="stable")[:n_zones]]
    rows = np.flatnonzero(np.isin(zones, busiest))
    # As many in each, in no order.
    rng = np.random.default_rng(random_state)
    share = -(-n // len(busiest))
    taken = [rng.choice(rows[zones[rows] == zone], share) for zone in busiest]
    taken = rng.permutation(np.concatenate(taken))[:n]
    return places[taken], zones[taken].astype(np.int64)


def paper_model(zones, random_state=0, **params):
    """Return a fitted transformer whose networks in some zones have random weights."""
    rng = np.random.default_rng(random_state)
    n_columns = sum(CONTEXTS.values())
    places, _ = places_in_zones(2, 1)
    # What a fit leaves behind, at the price of one photo; the weights are then others.
    model = GPS2VecPlusTransformer(
        contexts=CONTEXTS,
        networks=NETWORKS,
        hidden=HIDDEN,
        min_samples=1,
        missing_zone="nan",
        max_iter=1,
        device="cpu",
        random_state=0,
        **params,
    ).fit(places[:1], np.ones((1, n_columns), dtype=np.float32))
    fitted = model._zones
    shapes = fitted.architecture.shapes()
    for zone in zones:
        weights = {name: _uniform(rng, shape) for name, shape in shapes.items()}
        name = fitted.regions.names([zone])[0]
        record = {"name": name, "photos": 1, "epochs": 1}
        record |= {"held_out_kl": np.nan, "seconds": 0.0}
        fitted.shelf.put(int(zone), record, weights)
    return model


def _uniform(rng, shape):
    """Draw weights after Glorot; biases are zero."""
    if len(shape) == 1:
        return np.zeros(shape, dtype=np.float32)
    array = rng.random(shape, dtype=np.float32)
    array -= 0.5
    array *= 2.0 * np.sqrt(6.0 / sum(shape))
    return array


def bare_weights(model, zone):
    """Return the weights of a zone as tensors: a list of (weight, bias) a network.

    All weights have a row an input, as `addmm` takes them. They lie in memory once.
    """
    arrays = {}
    for name, array in model._zones.shelf.get(int(zone)).items():
        array.flags.writeable = True  # torch would warn of what nobody writes to
        arrays[name] = torch.from_numpy(array)
    networks = []
    for number in range(len(NETWORKS)):
        layers = [
            (arrays[f"{number}.{name}.weight"], arrays[f"{number}.{name}.bias"])
            for name in ("trunk.0", "trunk.2", "trunk.4", "heads")
        ]
        for at in (1, 2):  # there a row is an output
            layers[at] = (layers[at][0].T, layers[at][1])
        networks.append(layers)
    return networks


def bare_forward(networks, columns, out):
    """Write what networks say of columns: products, sums, ReLU and softmax.

    Parameters
    ----------
    networks : list
        What :func:`bare_weights` returned.

    columns, out : Tensor
        Of shapes (n_rows, n_features) and (n_rows, n_outputs).
    """
    start = 0
    for names, (*trunk, heads) in zip(NETWORKS, networks, strict=True):
        values = columns
        for weight, bias in trunk:
            values = torch.addmm(bias, values, weight).relu_()
        logits = torch.addmm(heads[1], values, heads[0])
        for part in logits.split([CONTEXTS[name] for name in names], dim=1):
            stop = start + part.shape[1]
            out[:, start:stop] = torch.softmax(part, dim=1)
            start = stop
