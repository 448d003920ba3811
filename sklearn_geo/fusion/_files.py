# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted fusion as a folder of JSON and safetensors: nothing in it is run."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from sklearn.base import is_classifier

from sklearn_geo._settings import check_strictly
from sklearn_geo._text_arrays import text_array
from sklearn_geo.fusion._labels import LabelReader
from sklearn_geo.fusion._loss import FusionLoss
from sklearn_geo.fusion._rows import BlockReader
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

__all__ = ["load_fusion", "save_fusion"]

# Mappings whose keys may be numbers, which JSON would make text of.
_MAPPINGS = ("block_hidden", "aux_weight", "class_weight")
_CLASS_TYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
    *("uint64", "float32", "float64"),
)


# Writing ------------------------------------------------------------------------------


def save_fusion(model, folder):
    """Write a fitted estimator to a folder."""
    params = model.get_params(deep=False)
    del params["random_state"]
    params["device"] = device_name(params["device"])
    if not (params["blocks"] is None or isinstance(params["blocks"], str)):
        params["blocks"] = "given"
    for name in _MAPPINGS:
        if name in params:
            params[name] = _to_pairs(params[name])
    content = {
        "params": params,
        "block_names": model.block_names_,
        "sparse_blocks": model._reader.sparse,
        "attention": list(model.attention_.values()),
        "feature_names": getattr(model, "feature_names_in_", None),
        "seed": model._seed,
        "sparse": model.net_.sparse,
    }
    tables = history_columns(model.history_)
    for number, columns in enumerate(model.blocks_.values()):
        tables[f"columns_{number}"] = columns.astype(np.int64)
        if model._reader.factors[number] is not None:
            tables[f"factors_{number}"] = model._reader.factors[number]
    balance = model.net_.criterion_.balance
    if balance is not None:
        tables["balance"] = balance.cpu().numpy()
    if is_classifier(model):
        content["labels"] = _labels_to_json(model._labels)
        if model.calibration_ is not None:
            slope, shift = model.calibration_
            tables |= {"calibration_slope": slope, "calibration_shift": shift}
    else:
        content["is_flat"] = model._is_flat
        content["y_names"] = getattr(model, "_y_names", None)
        tables |= {"center": model._center, "spread": model._spread}
    blocks = {"network": get_weights(model.net_), "tables": tables}
    write_store(folder, type(model).__name__, content, blocks)


def _to_pairs(value):
    """Write mappings as pairs, so that their keys keep their types."""
    if isinstance(value, Mapping):
        return {"pairs": [[_plain(key), _plain(value[key])] for key in value]}
    if isinstance(value, list):
        return {"list": [_to_pairs(each) for each in value]}
    return value


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _labels_to_json(labels):
    found = {"is_multilabel": labels.is_multilabel, "names": labels.names}
    if labels.is_multilabel:
        return found
    kind, values = labels.classes.dtype, labels.classes.tolist()
    if all(isinstance(value, str) for value in values):
        name = "text"
    elif kind.name in _CLASS_TYPES:
        name = kind.name
    else:
        raise ValueError(
            f"Classes of the type {kind} cannot be stored. Make them text or numbers, "
            "for example by y.astype(str), and fit again."
        )
    return {**found, "type": name, "classes": values}


# Reading ------------------------------------------------------------------------------


def load_fusion(cls, folder):
    """Read an estimator of a class that :func:`save_fusion` has written."""
    store = Store(folder, kind=cls.__name__)
    tables, weights = store.load("tables"), store.load("network")
    with reading(folder):
        return _restored(cls, store.content, tables, weights)


def _restored(cls, content, tables, weights):
    model = cls(**_read_params(content["params"]))
    _read_blocks(model, content, tables)
    if is_classifier(model):
        _read_labels(model, content["labels"], tables)
    else:
        _read_numbers(model, content, tables)
    check_strictly(model)
    attention = _numbers(content["attention"], len(model.blocks_), "attention")
    model.attention_ = dict(zip(model.block_names_, attention.tolist(), strict=True))
    need(bool((attention >= 0).all()), "attention holds no weights")
    seed = content["seed"]
    need(type(seed) is int and 0 <= seed < 2**31, "seed is none")
    model._seed, model._made_for = seed, model._architecture()
    net = net_from_weights(
        model._network(_empty_scaling(model)),
        partial(
            FusionLoss, model._kind(), model._aux_weights(), _balance(model, tables)
        ),
        _checked(model, weights),
        training=Training.of(model, early_stopping=False),
        seed=seed,
        sparse=flag(content, "sparse"),
    )
    net.history.extend(read_history(tables))
    model._take_net(net)
    return model


def _numbers(values, n, name):
    """Return finite numbers as float64."""
    values = np.asarray(values)
    fine = values.shape == (n,) and values.dtype.kind in "iuf"
    need(fine and np.isfinite(values).all(), f"{name} is not {n} numbers")
    return values.astype(np.float64)


def _texts(values, name):
    need(are_texts(values), f"{name} is no list of names")
    return values


def _read_params(params):
    need(isinstance(params, dict), "params is no mapping")
    params = dict(params)
    params["device"] = device_here(params["device"], stacklevel=6)
    need(params["blocks"] in ("auto", "given", None), "blocks is of no kind")
    for name in _MAPPINGS:
        if name in params:
            params[name] = _from_pairs(params[name])
    return params


def _from_pairs(value):
    if not isinstance(value, dict):
        return value
    (kind,) = value
    if kind == "list":
        return [_from_pairs(each) for each in value["list"]]
    return {key: each for key, each in value["pairs"]}  # noqa: C416


def _read_blocks(model, content, tables):
    names = _texts(content["block_names"], "block_names")
    need(len(names) == len(set(names)) > 0, "block_names are not one each")
    is_sparse = content["sparse_blocks"]
    fine = isinstance(is_sparse, list) and all(type(flag) is bool for flag in is_sparse)
    need(fine and len(is_sparse) == len(names), "sparse_blocks is of other blocks")
    columns = [tables[f"columns_{number}"] for number in range(len(names))]
    n_features = sum(map(len, columns))
    whole = np.sort(np.concatenate(columns))
    need(np.array_equal(whole, np.arange(n_features)), "the blocks are not all of X")
    model.n_features_in_ = n_features
    if content["feature_names"] is not None:
        features = _texts(content["feature_names"], "feature_names")
        need(len(features) == n_features, "feature_names are of other columns")
        model.feature_names_in_ = np.array(features, dtype=object)
    model.block_names_ = names
    model.blocks_ = {
        name: each.astype(np.intp) for name, each in zip(names, columns, strict=True)
    }
    if model.blocks == "given":
        model.blocks = {name: _as_given(each) for name, each in model.blocks_.items()}
    reader = BlockReader(list(model.blocks_.values()), model.missing_block == "mask")
    reader.sparse = is_sparse
    for number, sparse in enumerate(is_sparse):
        if sparse and model.scale is not None:
            name = f"factors_{number}"
            factors = _numbers(tables[name], len(columns[number]), name)
            reader.factors[number] = factors.astype(np.float32)
    model._reader = reader


def _as_given(columns):
    """Return columns as a slice if they follow each other."""
    start, stop = int(columns[0]), int(columns[-1]) + 1
    if np.array_equal(columns, np.arange(start, stop)):
        return slice(start, stop)
    return columns.tolist()


def _read_labels(model, held, tables):
    is_multilabel = flag(held, "is_multilabel")
    names = _texts(held["names"], "names of labels")
    classes = np.arange(len(names)) if is_multilabel else _classes(held)
    need(len(classes) == len(names) > 1, "names of labels are of other labels")
    model._labels = LabelReader.of(is_multilabel, classes, names)
    model.classes_, model.label_names_ = classes, names
    model.calibration_ = None
    if "calibration_slope" in tables:
        n_outputs = model._labels.n_outputs
        slope, shift = (
            _numbers(tables[f"calibration_{name}"], n_outputs, f"calibration_{name}")
            for name in ("slope", "shift")
        )
        need(bool((slope > 0).all()), "calibration_slope is not positive")
        model.calibration_ = slope, shift


def _classes(held):
    kind, values = held["type"], held["classes"]
    if kind == "text":
        values = text_array(_texts(values, "classes"))
    else:
        need(kind in _CLASS_TYPES, f"classes are of the type {kind!r}")
        wanted = {"b": bool, "f": float}.get(np.dtype(kind).kind, int)
        fine = isinstance(values, list) and all(type(each) is wanted for each in values)
        need(fine, f"classes are not of the type {kind}")
        values = np.array(values, dtype=kind)
    need(np.array_equal(np.unique(values), values), "classes are not in order")
    return values


# So large that what a network says times that is no number any more.
_TOO_LARGE = 1e150


def _read_numbers(model, content, tables):
    n_outputs = tables["center"].size
    need(n_outputs > 0, "center is of no y")
    model._center = _numbers(tables["center"], n_outputs, "center")
    model._spread = _numbers(tables["spread"], n_outputs, "spread")
    need(bool((model._spread > 0).all()), "spread is not positive")
    largest = max(np.abs(model._center).max(), model._spread.max())
    need(largest < _TOO_LARGE, f"center and spread are of numbers as {largest:g}")
    model._is_flat = flag(content, "is_flat")
    need(n_outputs == 1 or (n_outputs and not model._is_flat), "is_flat is of other y")
    model._y_names = names = content.get("y_names")
    if names is not None:
        need(len(_texts(names, "y_names")) == n_outputs, "y_names are of other y")


def _empty_scaling(model):
    """Return scalings of the right shapes; their numbers are among the weights."""
    found = []
    for columns, is_sparse in zip(
        model.blocks_.values(), model._reader.sparse, strict=True
    ):
        # Two arrays: the buffers of the network are made of them.
        center, factor = np.zeros((2, len(columns)), dtype=np.float32)
        none = model.scale is None or is_sparse
        found.append(None if none else Scaling(model.scale, center, factor))
    return found


def _balance(model, tables):
    if "balance" not in tables:
        return None
    balance, n_outputs = tables["balance"], model._n_outputs()
    labels = model._kind() == "labels"
    shape = (n_outputs, 2) if labels else (n_outputs,)
    fine = (balance >= 0).all() and np.isfinite(balance).all()
    need(fine and balance.shape == shape, "balance is of other labels")
    return balance


def _checked(model, weights):
    """Refuse weights of other widths before there is a network as wide as it says."""
    widths = model._widths()
    for number, (columns, width) in enumerate(
        zip(model.blocks_.values(), widths, strict=True)
    ):
        shape = weights[f"layers.{number}.weight"].shape
        need(
            shape == (len(columns), width),
            f"the sub-network of {model.block_names_[number]!r} has the shape {shape}, "
            f"not {(len(columns), width)}",
        )
    shape = weights["main.weight"].shape
    need(shape == (sum(widths), model._n_outputs()), f"the main head has {shape}")
    for name, array in weights.items():
        fine = array.dtype == np.float32 and np.isfinite(array).all()
        need(bool(fine), f"{name} holds what is no finite number of float32")
    return weights
