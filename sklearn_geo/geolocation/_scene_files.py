# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scene networks as a folder: the common classifier, and weights for each scene."""

import copy

import numpy as np

from sklearn_geo._settings import check_strictly
from sklearn_geo.geolocation._cell_regions import CALIBRATION
from sklearn_geo.geolocation._classifier import HierarchicalCellClassifier
from sklearn_geo.geolocation._files import (
    WRONG,
    calibrated_by,
    changed,
    classifier_parts,
    read_calibrated_by,
    read_calibration,
    read_scenes,
    restored_classifier,
)
from sklearn_geo.nets import Store, get_weights, set_weights, write_store
from sklearn_geo.nets._weights import check_weights

_PARAMS = (
    "threshold",
    "routing",
    "max_iter",
    "learning_rate_init",
    "calibration_fraction",
)
_REPORT = ("scene", "n_rows", "n_epochs", "loss")


def save_networks(model, folder):
    """Write fitted scene networks to a folder."""
    model._check_storable()
    common, blocks = classifier_parts(model.common_)
    own = [network is not model.common_ for network in model.networks_]
    content = {
        "common": common,
        "params": {name: getattr(model, name) for name in _PARAMS},
        "scenes": model.scenes_.tolist(),
        "own_network": own,
        "calibrated_by": calibrated_by(model),
        "asks_scene_estimator": model.scene_estimator_ is not None,
    }
    tables = {f"report_{name}": model.scene_report_[name].copy() for name in _REPORT}
    for name in CALIBRATION:
        if getattr(model, name, None) is not None:
            tables[name] = getattr(model, name)
    blocks = {f"common-{name}": arrays for name, arrays in blocks.items()}
    blocks["scenes"] = tables
    for number, network in enumerate(model.networks_):
        if own[number]:
            blocks[f"scene-{number}"] = get_weights(network.net_)
    write_store(folder, type(model).__name__, content, blocks)


def load_networks(cls, folder, backbone, scene_estimator):
    """Read scene networks that :func:`save_networks` has written."""
    store = Store(folder, kind=cls.__name__)
    try:
        content = dict(store.content)
        model = cls(**content["params"])
        check_strictly(model)
        model.scenes_ = read_scenes(content["scenes"])
        own = [bool(flag) for flag in content["own_network"]]
        asks = bool(content["asks_scene_estimator"])
        held = dict(content["common"])
    except WRONG as error:
        raise changed(folder, error) from error
    if asks != (scene_estimator is not None):
        raise ValueError(
            f"{folder} holds networks that ask a scene_estimator, which is not stored: "
            "pass scene_estimator=, fitted."
            if asks
            else f"{folder} holds networks that know scenes by themselves: they take "
            "no scene_estimator."
        )
    if len(own) != len(model.scenes_):
        raise changed(folder, "its scenes and networks do not match")
    common = restored_classifier(
        HierarchicalCellClassifier,
        held,
        lambda name: store.load(f"common-{name}"),
        folder,
        backbone,
    )
    try:
        tables = store.load("scenes")
        columns = [tables[f"report_{name}"] for name in _REPORT]
        model.scene_report_ = np.rec.fromarrays(columns, names=_REPORT).view(np.ndarray)
        model.scene_estimator_ = scene_estimator
        model._take_common(common)
        model.networks_ = [
            _network(common, store.load(f"scene-{number}")) if has else common
            for number, has in enumerate(own)
        ]
        read_calibration(model, tables)
        read_calibrated_by(model, content)
    except WRONG as error:
        raise changed(folder, error) from error
    return model


def _network(common, weights):
    check_weights(weights)
    network = copy.deepcopy(common)
    set_weights(network.net_, weights)
    network._make_scorer()
    return network
