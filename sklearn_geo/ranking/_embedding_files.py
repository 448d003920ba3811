# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted embedding as a folder of JSON and safetensors: nothing in it is run."""

from functools import partial

import numpy as np

from sklearn_geo._made_for import SET_AFTER_FIT, check_made_for, made_for
from sklearn_geo._settings import check_strictly
from sklearn_geo.fusion._scaling import Scaling
from sklearn_geo.nets import (
    Store,
    Training,
    get_weights,
    net_from_weights,
    write_store,
)
from sklearn_geo.nets._fields import are_texts, flag, need, reading
from sklearn_geo.nets._history import history_columns, read_history
from sklearn_geo.nets._stored_device import device_here, device_name
from sklearn_geo.ranking._embedding_loss import EmbeddingLoss
from sklearn_geo.ranking._vocabulary import Vocabulary

__all__ = ["load_embedding", "save_embedding"]

_ARRAYS = ("hidden_layer_sizes", "tag_names", "omit_tags")


def save_embedding(model, folder):
    """Write a fitted model to a folder."""
    _check_settings(model)
    params = model.get_params(deep=False)
    for name in ("random_state", "backbone", "word_vectors"):
        del params[name]
    params["device"] = device_name(params["device"])
    for name in _ARRAYS:
        params[name] = _as_list(params[name])
    content = {
        "params": params,
        "shape": list(model._shape),
        "n_tags": model.n_tags_,
        "n_components": model.n_components_,
        "tag_names": model.tag_names_,
        "n_untagged": model.n_untagged_,
        "feature_names": getattr(model, "feature_names_in_", None),
        "seed": model._seed,
        "sparse": model.net_.sparse,
    }
    tables = history_columns(model.history_)
    tables["tag_counts"] = model.tag_counts_
    balance = getattr(model.net_.criterion_, "balance", None)
    if balance is not None:
        tables["balance"] = balance.cpu().numpy()
    blocks = {"network": get_weights(model.net_), "tables": tables}
    write_store(folder, type(model).__name__, content, blocks)


def _check_settings(model):
    """Refuse what whoever loads the model would not get, or could not load."""
    check_strictly(model)
    device_name(model.device)
    model._check_same(SET_AFTER_FIT)
    fitted = {"normalize": model._normalizes}
    check_made_for(fitted, {"normalize": model.normalize}, SET_AFTER_FIT)
    model._tags_now()


def load_embedding(cls, folder, backbone=None):
    """Read a model of a class that :func:`save_embedding` has written."""
    store = Store(folder, kind=cls.__name__)
    tables, weights = store.load("tables"), store.load("network")
    content = store.content
    with reading(folder):
        model = _restored(cls, content, tables, backbone)
    _check_backbone(model, folder)
    with reading(folder):
        return _with_network(model, content, tables, weights)


def _restored(cls, content, tables, backbone):
    """Return the model without its network."""
    params = content["params"]
    need(isinstance(params, dict), "params is no mapping")
    device = device_here(params["device"])
    model = cls(**{**params, "device": device}, backbone=backbone)
    check_strictly(model)
    for name in _ARRAYS:
        fine = params[name] is None or isinstance(params[name], list)
        need(fine, f"{name} is no list")
    hidden = params["hidden_layer_sizes"]
    need(all(type(n) is int and n > 0 for n in hidden), "hidden_layer_sizes is wrong")
    model.hidden_layer_sizes = tuple(hidden)
    shape = content["shape"]
    fine = isinstance(shape, list) and len(shape) in (1, 3)
    need(fine and all(type(n) is int and n > 0 for n in shape), "shape is of no X")
    model._shape, model.n_features_in_ = tuple(shape), shape[0]
    for name in ("n_tags", "n_components", "n_untagged", "seed"):
        value = content[name]
        need(type(value) is int and 0 <= value < 2**31, f"{name} is no number")
    model.n_tags_, model.n_components_ = content["n_tags"], content["n_components"]
    model.n_untagged_, model._seed = content["n_untagged"], content["seed"]
    counts = tables["tag_counts"]
    fine = counts.shape == (model.n_tags_,) and counts.dtype == np.int64
    need(bool(fine and (counts >= 0).all()), "tag_counts is of other tags")
    model.tag_counts_ = counts
    _read_names(model, content)
    model._made_for = made_for(model._architecture())
    return model


def _read_names(model, content):
    names, features = content["tag_names"], content["feature_names"]
    need(names is None or are_texts(names), "tag_names is no list of names")
    model._vocabulary = Vocabulary(model.n_tags_, names, model.omit_tags)
    model.tag_names_ = model._vocabulary.names
    if features is not None:
        fine = are_texts(features) and len(features) == model.n_features_in_
        need(fine, "feature_names are of other columns")
        model.feature_names_in_ = np.array(features, dtype=object)


def _with_network(model, content, tables, weights):
    scaling = None
    if model.backbone is None:
        # Before room is made for them: a column has one number in the network at least.
        n_numbers = sum(array.size for array in weights.values())
        need(model.n_features_in_ <= n_numbers, "shape is of other rows")
    if model.scale is not None and model.backbone is None:
        # Two arrays: the buffers of the network are made of them.
        center, factor = np.zeros((2, model.n_features_in_), dtype=np.float32)
        scaling = Scaling(model.scale, center, factor)
    shape = weights["tags.weight"].shape
    wanted = (model.n_tags_, model.n_components_)
    need(shape == wanted, f"tags have vectors of the shape {shape}, not {wanted}")
    for name, array in weights.items():
        fine = array.dtype.kind != "f" or np.isfinite(array).all()
        need(bool(fine), f"{name} has numbers that are not finite")
    balance = tables.get("balance")
    if balance is not None:
        fine = balance.shape == (model.n_tags_,) and (balance >= 0).all()
        need(bool(fine), "balance is of other tags")
    kind = "sampled" if model._n_sampled() is not None else model.supervision
    focal = model.supervision == "mlc" and model.class_weight == "focal"
    net = net_from_weights(
        model._make_network(None, scaling),
        partial(EmbeddingLoss, kind, balance, focal),
        weights,
        training=Training.of(model, early_stopping=False),
        seed=model._seed,
        sparse=flag(content, "sparse"),
    )
    net.history.extend(read_history(tables))
    model._take_net(net)
    if model.supervision == "her":
        model.word_vectors = np.array(weights["tags.weight"])
    model._set_tag_vectors()
    return model


def _check_backbone(model, folder):
    if (len(model._shape) == 3) == (model.backbone is not None):
        return
    if model.backbone is None:
        raise ValueError(
            f"{folder} holds an embedding of images, without the code of its backbone: "
            "pass backbone=, what it was."
        )
    raise ValueError(
        f"{folder} holds an embedding of features: it has no backbone to be passed."
    )


def _as_list(value):
    if value is None:
        return None
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    return [each.item() if isinstance(each, np.generic) else each for each in value]
