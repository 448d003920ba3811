# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted transformer as a zone store: what the manifest says, and how it is read."""

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import sklearn_geo.encoding as encoding_room
from sklearn_geo.context._columns import ZoneColumns, fit_columns
from sklearn_geo.context._contexts import Contexts, read_networks
from sklearn_geo.context._plan import Plan
from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.encoding import SoftGridEncoder, UTMOneHotEncoder
from sklearn_geo.partition._files import partition_from_json, partition_to_json

__all__ = ["KIND", "content_of", "params_of", "read_content"]

# The class that writes and reads zone stores.
KIND = "GPS2VecPlusTransformer"
# Parameters that say where things are on a machine, or that hold what is stored
# otherwise; and the one that is a secret of chance.
_NOT_STORED = (
    "checkpoint_dir",
    "contexts",
    "corpus",
    "encoding",
    "n_jobs",
    "networks",
    "pretrained",
    "random_state",
    "regions",
    "resume",
    "target_propagator",
    "verbose",
)
# Two places that tell apart encoders that learn from places.
_PROBES = np.array([[48.1, 11.6], [-33.9, 151.2]])


def params_of(model):
    """Return the parameters of a transformer that a store holds, for JSON."""
    params = model.get_params(deep=False)
    stored = {name: params[name] for name in params if name not in _NOT_STORED}
    stored["hidden"] = [int(width) for width in model.hidden]
    stored["device"] = str(model.device)
    return {name: _plain(value) for name, value in stored.items()}


def content_of(model, zones):
    """Return what the manifest of a store says of a fitted transformer.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer.

    zones : FittedZones
        What its fit has left.

    Returns
    -------
    dict
        For JSON.
    """
    contexts, plan = zones.contexts, zones.plan
    return {
        "params": params_of(model),
        "contexts": [
            {
                "name": name,
                "columns": np.arange(zones.n_columns)[contexts.columns[name]].tolist(),
                "teachers": contexts.teachers[name],
            }
            for name in contexts.widths
        ],
        "networks": [list(names) for names in plan.networks],
        "hidden": [int(width) for width in plan.hidden],
        "regions": _regions_to_json(plan.regions),
        "encoder": _encoder_to_json(plan.columns),
        "fallback_encoder": _encoder_to_json(plan.fallback_columns),
        "location_zones": zones.location_encoder.zones_.tolist(),
        "column_names": zones.column_names,
        "photos_seen": [[zone, n] for zone, n in sorted(zones.photos_seen.items())],
        "seed": int(zones.seed),
        "n_features_in": 2,
        "feature_names_in": (
            model.feature_names_in_.tolist()
            if hasattr(model, "feature_names_in_")
            else None
        ),
    }


def read_content(content, folder):
    """Read a manifest that anybody may have changed.

    Parameters
    ----------
    content : dict
        What :func:`content_of` returned once.

    folder : path
        Where it is, for messages.

    Returns
    -------
    params : dict
        Parameters of the transformer.

    parts : dict
        What :class:`Zones` are made of: "plan", "location_encoder", "seed",
        "column_names" and "photos_seen".

    feature_names : list of str or None
        Names of the two columns of X.
    """
    try:
        return _read(content, folder)
    except (
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        InvalidParameterError,
    ) as error:
        raise ValueError(
            f"{folder} is incomplete or was changed: {type(error).__name__}: {error}. "
            "Copy the whole folder, or write it again with save_pretrained."
        ) from error


def _read(content, folder):
    names = [str(each["name"]) for each in content["contexts"]]
    columns = {
        name: _positions(each["columns"])
        for name, each in zip(names, content["contexts"], strict=True)
    }
    everything = np.concatenate(list(columns.values()))
    if len(set(names)) < len(names) or not np.array_equal(
        np.sort(everything), np.arange(len(everything))
    ):
        raise KeyError("the columns of the contexts are not those of one table")
    teachers = {
        name: _texts(each["teachers"], len(columns[name]))
        for name, each in zip(names, content["contexts"], strict=True)
    }
    contexts = Contexts(
        {name: _as_slice(at) for name, at in columns.items()},
        {name: len(at) for name, at in columns.items()},
        teachers,
    )
    networks = read_networks(content["networks"], names)
    hidden = tuple(_count(width) for width in content["hidden"])
    if not hidden or not all(hidden):
        raise KeyError(f"hidden={hidden} are no widths of layers")
    regions = _regions_from_json(content["regions"], folder)
    plan = Plan(
        contexts,
        regions,
        _encoder_from_json(content["encoder"], regions),
        _encoder_from_json(content["fallback_encoder"], WholeGlobe()),
        networks,
        hidden,
    )
    location = UTMOneHotEncoder(
        zones=[str(name) for name in content["location_zones"]],
        handle_unknown="ignore",
        caps="own",
        sparse_output=False,
        dtype=np.float32,
    ).fit(_PROBES)
    column_names = content["column_names"]
    parts = {
        "plan": plan,
        "location_encoder": location,
        "seed": _count(content["seed"]),
        "column_names": _texts(column_names, len(everything), list),
        "photos_seen": {
            int(zone): _count(n_photos) for zone, n_photos in content["photos_seen"]
        },
    }
    params = dict(content["params"])
    params["hidden"] = hidden
    return params, parts, _texts(content["feature_names_in"], 2, list)


def _regions_to_json(regions):
    if isinstance(regions, PartitionRegions):
        return {"kind": "partition", "partition": partition_to_json(regions.partition)}
    return {"kind": "globe" if isinstance(regions, WholeGlobe) else "utm"}


def _regions_from_json(held, folder):
    kind = held["kind"]
    if kind == "partition":
        return PartitionRegions(partition_from_json(held["partition"], folder))
    return {"utm": UTMRegions, "globe": WholeGlobe}[kind]()


def _encoder_to_json(columns):
    """Return class and parameters of an encoder, if they are all there is to it."""
    if columns is None:
        return None
    encoder = columns.encoder
    name = type(encoder).__name__
    params = encoder.get_params(deep=False)
    if columns.in_zones:
        params.pop("regions")
    remade = None
    if type(encoder) is getattr(encoding_room, name, None):
        remade = clone(encoder).fit(_PROBES)
    if remade is None or not _same(ZoneColumns(remade), columns):
        raise ValueError(
            f"encoding={encoder!r} learns from training places or is none of "
            "sklearn_geo.encoding, and a store holds parameters of encoders only. Use "
            "an encoder whose columns its parameters decide, such as SoftGridEncoder, "
            'Sphere2VecEncoder or UTMOneHotEncoder(zones="all").'
        )
    plain = {
        key: np.dtype(value).name if key == "dtype" else _plain(value)
        for key, value in params.items()
    }
    return {"class": name, "params": plain}


def _same(remade, columns):
    """Say whether two encoders do the same."""
    names = [
        each.encoder.get_feature_names_out().tolist() for each in (remade, columns)
    ]
    if names[0] != names[1] or columns.in_zones:
        return names[0] == names[1]
    first, second = (each.encoder.transform(_PROBES) for each in (remade, columns))
    return not abs(first - second).sum()


def _encoder_from_json(held, regions):
    if held is None:
        return None
    name = held["class"]
    if not isinstance(name, str) or name not in encoding_room.__all__:
        raise KeyError(f"the encoder {name!r} is none of sklearn_geo.encoding")
    encoder = getattr(encoding_room, name)(**held["params"])
    if isinstance(encoder, SoftGridEncoder) and isinstance(regions, WholeGlobe):
        raise KeyError("a SoftGridEncoder needs zones")
    encoder._validate_params()
    return fit_columns(encoder, regions, _PROBES, 0)


def _positions(values):
    positions = np.array(values)
    if positions.ndim != 1 or positions.dtype.kind != "i" or not len(positions):
        raise KeyError("the columns of a context are no list of numbers")
    return positions


def _as_slice(positions):
    if (np.diff(positions) == 1).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def _texts(values, n_values, kind=tuple):
    if values is None:
        return None
    if len(values) != n_values or not all(isinstance(text, str) for text in values):
        raise KeyError(f"{str(values)[:60]} are not {n_values} names")
    return kind(values)


def _count(value):
    if type(value) is not int or value < 0:
        raise KeyError(f"{value!r} is no count")
    return value


def _plain(value):
    """Return a parameter as JSON holds it."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
