# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted classifier as a folder of JSON and safetensors: nothing in it is run."""

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo._made_for import made_for
from sklearn_geo._settings import check_strictly
from sklearn_geo._text_arrays import text_array
from sklearn_geo.base import check_places
from sklearn_geo.geolocation._cell_regions import CALIBRATION
from sklearn_geo.geolocation._heads import make_loss, make_network
from sklearn_geo.geolocation._plain_params import plain_params, read_params
from sklearn_geo.nets import (
    Store,
    get_weights,
    net_from_weights,
    write_store,
)
from sklearn_geo.nets._fields import are_texts
from sklearn_geo.nets._history import history_columns, read_history
from sklearn_geo.nets._stored_device import device_here, device_name
from sklearn_geo.nets._weights import check_weights
from sklearn_geo.partition._files import partition_from_json, partition_to_json

# What strange values in a manifest end in, wherever they are first used.
WRONG = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)


def save_classifier(model, folder):
    """Write a fitted classifier to a folder."""
    model._check_storable()
    write_store(folder, type(model).__name__, *classifier_parts(model))


def classifier_parts(model):
    """Return the content and the blocks of a store that holds a fitted classifier."""
    params = model.get_params(deep=False)
    del params["partitions"], params["random_state"], params["backbone"]
    params["device"] = device_name(params["device"])
    scenes = model.scenes_
    content = {
        "params": plain_params(params),
        "partitions": [partition_to_json(part) for part in model.partitions_],
        "n_features": model.n_features_in_,
        "X_ndim": model._X_ndim,
        "feature_names": getattr(model, "feature_names_in_", None),
        "scenes": None if scenes is None else scenes.tolist(),
        "seed": model._seed,
        "calibrated_by": calibrated_by(model),
        "sparse": model.net_.sparse,
    }
    tables = {"cell_places_": model.cell_places_, "left_out_": model.left_out_}
    tables |= {f"parent_{level}": p for level, p in enumerate(model.parents_)}
    for name in CALIBRATION:
        if getattr(model, name, None) is not None:
            tables[name] = getattr(model, name)
    tables |= history_columns(model.history_)
    return content, {"network": get_weights(model.net_), "tables": tables}


def load_classifier(cls, folder, backbone=None):
    """Read a classifier that :func:`save_classifier` has written."""
    store = Store(folder, kind=cls.__name__)
    return restored_classifier(cls, store.content, store.load, folder, backbone)


def restored_classifier(cls, content, load, folder, backbone=None):
    """Make a classifier of the content and the blocks of a store.

    Parameters
    ----------
    cls : type
        HierarchicalCellClassifier, or a subclass.

    content : dict
        What :func:`classifier_parts` returned first.

    load : callable
        Returns the arrays of a block.

    folder : str or path
        The folder, to be named in errors.

    backbone : callable or None, default=None
        What made the backbone.

    Returns
    -------
    cls
        A fitted classifier.
    """
    try:
        tables, weights = load("tables"), load("network")
        params = read_params(content["params"])
        params["device"] = device_here(params["device"])
        model = cls(**params)
        model.backbone = backbone
        check_strictly(model)
        model._X_ndim = count(content, "X_ndim")
        model.n_features_in_ = count(content, "n_features")
        model._seed = count(content, "seed")
    except WRONG as error:
        raise changed(folder, error) from error
    _check_backbone(model, folder)
    try:
        _read_cells(model, content, tables, folder)
        history = read_history(tables)
        module, criterion = make_network(model), make_loss(model)
        check_weights(weights, module if backbone is None else None)
        net = net_from_weights(
            module,
            criterion,
            weights,
            training=model._training(),
            seed=model._seed,
            sparse=bool(content["sparse"]),
        )
    except WRONG as error:
        raise changed(folder, error) from error
    net.history.extend(history)
    model._take_net(net)
    model._keep_settings()
    model._make_scorer()
    return model


def _read_cells(model, content, tables, folder):
    """Set what is known of cells, scenes and columns."""
    fitted = [partition_from_json(held, folder) for held in content["partitions"]]
    frozen = [FrozenEstimator(part) for part in fitted]
    model.partitions = frozen[0] if len(frozen) == 1 else frozen
    model.partitions_ = frozen
    model.n_cells_ = [part.n_cells_ for part in fitted]
    model.parents_ = [tables[f"parent_{k}"] for k in range(len(fitted) - 1)]
    model.cell_places_, model.left_out_ = tables["cell_places_"], tables["left_out_"]
    _check_tables(model)
    read_calibration(model, tables)
    read_calibrated_by(model, content)
    scenes = content["scenes"]
    model.scenes_ = None if scenes is None else read_scenes(scenes)
    read_feature_names(model, content["feature_names"])


def read_feature_names(model, names):
    """Set the names of columns, if they had any: one text for each."""
    if names is None:
        return
    if not are_texts(names) or len(names) != getattr(model, "n_features_in_", None):
        raise ValueError("there is not one name for each feature")
    model.feature_names_in_ = np.array(names, dtype=object)


def read_calibration(model, tables):
    """Set what is known of the rows that regions were calibrated on, if any were."""
    for name in CALIBRATION:
        setattr(model, name, tables.get(name))
    groups, scores = model.calibration_groups_, model.calibration_scores_
    if groups is not None and (
        groups.dtype.kind != "i" or scores is None or groups.shape != scores.shape
    ):
        raise ValueError(
            f"calibration_groups_ has the shape {groups.shape} and the type "
            f"{groups.dtype}, which is not one number for each calibrated row"
        )


def calibrated_by(model):
    """Return the settings that regions were calibrated with, None where unknown."""
    held = getattr(model, "_calibrated_by", None)
    return held and plain_params(held)


def read_calibrated_by(model, content):
    """Set the settings that regions were calibrated with: if unknown, those stored."""
    now = model._answered_by()
    held = content.get("calibrated_by")
    if held is not None and (not isinstance(held, dict) or not set(held) <= set(now)):
        raise ValueError(f"calibrated_by is {held!r:.60}, which is no such settings")
    # Stores that were written earlier hold fewer of them.
    model._calibrated_by = made_for(now) | read_params(held or {})


def read_scenes(held):
    """Return the names or numbers of scenes, which are all of one type."""
    kinds = {type(scene) for scene in held} if isinstance(held, list) else {None}
    if len(kinds) != 1 or not kinds <= {str, bool, int, float}:
        raise ValueError(f"scenes is {held!r:.60}, which are no names")
    scenes = text_array(held) if kinds == {str} else np.array(held)
    if scenes.dtype == object or len(np.unique(scenes)) < len(scenes):
        raise ValueError("scenes are no names, or one is there twice")
    return scenes


def count(content, name):
    """Return a number of the content that counts something."""
    value = content[name]
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError(f"{name} is {value!r:.60}, which is no count")
    return value


def changed(folder, why):
    """Return the error about a folder whose content cannot be.

    Parameters
    ----------
    folder : str or path
        The folder.

    why : str or Exception
        What is wrong; an error that names the folder itself is enough.
    """
    if isinstance(why, Exception):
        if type(why) is ValueError and str(folder) in str(why):
            return why
        why = f"{type(why).__name__}: {why}"
    return ValueError(
        f"{folder} is incomplete or was changed: {why[:500].rstrip('.')}. Copy the "
        "whole folder, or write it again with save_pretrained."
    )


def _check_backbone(model, folder):
    if (model._X_ndim == 4) == (model.backbone is not None):
        return
    if model.backbone is None:
        raise ValueError(
            f"{folder} holds a classifier of images, without the code of its backbone: "
            "pass backbone=, what made it."
        )
    raise ValueError(
        f"{folder} holds a classifier of features: it has no backbone to be passed."
    )


def _check_tables(model):
    """Refuse tables that are not about these cells."""
    n_fine = model.n_cells_[-1]
    if model.cell_places_.shape != (n_fine, 2):
        raise ValueError(f"cell_places_ has the shape {model.cell_places_.shape}")
    check_places(model.cell_places_, name="cell_places_")
    for level, parent in enumerate(model.parents_):
        inside = parent.shape == (n_fine,) and parent.dtype.kind == "i"
        if not inside or parent.min() < -1 or parent.max() >= model.n_cells_[level]:
            raise ValueError(f"parent_{level} names no cells of this partition")
