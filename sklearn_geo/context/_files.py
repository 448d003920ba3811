# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted transformer as a zone store: what the manifest says, and how it is read."""

import math

import numpy as np
from sklearn.base import clone

import sklearn_geo.encoding as encoding_room
from sklearn_geo._settings import check_strictly
from sklearn_geo.context._columns import ZoneColumns, fit_columns
from sklearn_geo.context._contexts import Contexts, as_slice, read_networks
from sklearn_geo.context._inference import FALLBACK, FALLBACK_NAME
from sklearn_geo.context._plan import Plan
from sklearn_geo.context._quantize import packed_shapes
from sklearn_geo.context._regions import PartitionRegions, UTMRegions, WholeGlobe
from sklearn_geo.context._zones import fit_location
from sklearn_geo.encoding import SoftGridEncoder
from sklearn_geo.partition._files import partition_from_json, partition_to_json

__all__ = ["KIND", "PROBES", "check_zones", "content_of", "read_content"]

# The class that writes and reads zone stores.
KIND = "GPS2VecPlusTransformer"
# Parameters that say where things are on a machine, or that hold what is stored
# otherwise; and the one that is a secret of chance.
_NOT_STORED = (
    "checkpoint_dir",
    "contexts",
    "corpus",
    "device",
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
# What no networks are: a manifest that says more is no manifest, but an attack.
_MOST_COLUMNS, _MOST_UNITS, _MOST_LAYERS = 1 << 20, 1 << 24, 100
# A header of a file names its arrays, in about a hundred bytes each.
_HEADER_BYTES = 256
_REPORTED = ("photos", "epochs", "held_out_kl", "seconds")
# Two places to fit what does not depend on places, and to tell what does.
PROBES = np.array([[48.1, 11.6], [-33.9, 151.2]])


def _params_of(model):
    """Return the parameters of a transformer that a store holds, for JSON."""
    params = model.get_params(deep=False)
    stored = {name: params[name] for name in params if name not in _NOT_STORED}
    stored["hidden"] = [int(width) for width in model.hidden]
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
        "params": _params_of(model),
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
    said = {}
    for field, read in _FIELDS.items():
        try:
            said[field] = read(content[field], said)
        except _WRONG as error:
            words = "it is not there" if field not in content else _words(error)
            raise ValueError(
                f"{folder} is incomplete or was changed: {field}: {words}. Copy the "
                "whole folder, or write it again with save_pretrained."
            ) from error
    parts = {
        "plan": Plan(
            said["contexts"],
            said["regions"],
            said["encoder"],
            said["fallback_encoder"],
            said["networks"],
            said["hidden"],
        ),
        "location_encoder": said["location_zones"],
        "seed": said["seed"],
        "column_names": said["column_names"],
        "photos_seen": said["photos_seen"],
    }
    params = {**said["params"], "hidden": said["hidden"]}
    return params, parts, said["feature_names_in"]


def check_zones(plan, table, entries, folder):
    """Refuse zones that are not those of the regions, before any file is read.

    Parameters
    ----------
    plan : Plan
        What the manifest says of networks and regions.

    table : ZoneTable
        What it says of zones.

    entries : dict of str to dict
        What it says of files.

    folder : path
        Where it is, for messages.
    """
    n_zones = len(plan.regions.all_ids())
    shapes = {False: plan.architecture, True: plan.fallback_architecture}
    n_bytes = {
        is_fallback: _bytes_of(shape.shapes(), table.dtype)
        for is_fallback, shape in shapes.items()
        if shape is not None
    }
    for zone, record in table.records.items():
        where = f"{folder} was changed: zones, id {zone}"
        is_fallback = zone == FALLBACK
        if is_fallback not in n_bytes or not (is_fallback or 0 <= zone < n_zones):
            raise ValueError(f"{where} is none of the {n_zones:,} zones there are.")
        name = FALLBACK_NAME if is_fallback else plan.regions.names([zone])[0]
        if record["name"] != name:
            raise ValueError(
                f"{where} is called {record['name']!r:.60}, and is {name!r}."
            )
        lacking = [field for field in _REPORTED if field not in record]
        if lacking:
            raise ValueError(f"{where} does not say its {lacking[0]}.")
        if max(record["photos"], record["epochs"]) >= 2**63:
            raise ValueError(f"{where}: its photos or epochs are no count.")
        held = entries[table.blocks[zone]]["bytes"]
        needed, header = n_bytes[is_fallback]
        if not needed < held < needed + header:
            raise ValueError(
                f"{where}: its file has {held:,} bytes, and its networks need "
                f"{needed:,} and a header. The contexts, networks, hidden or encoder "
                "of the manifest are not those of its files."
            )


def _bytes_of(shapes, dtype):
    """Return the size of the arrays of a zone, and that of a header at most."""
    size = {"float32": 4, "float16": 2, "int8": 1}
    packed = packed_shapes(shapes, dtype).values()
    n_bytes = sum(size[kind] * math.prod(shape) for shape, kind in packed)
    return n_bytes, _HEADER_BYTES * (len(packed) + 1)


def _words(error):
    """Return the words of an error for the end of a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, (KeyError, AttributeError, TypeError, IndexError)):
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= 300 else f"{text[:297]}..."


def _read_params(held, said):
    params = dict(_a(dict, held))
    foreign = sorted(set(_NOT_STORED) & set(params))
    if foreign:
        raise ValueError(f"{foreign} are never stored")
    return params


def _read_contexts(held, said):
    names = [_a(str, each["name"]) for each in _a(list, held)]
    columns = {
        name: _positions(each["columns"])
        for name, each in zip(names, held, strict=True)
    }
    if not names or len(set(names)) < len(names):
        raise ValueError(f"the names {names} are none, or one is there twice")
    everything = np.concatenate(list(columns.values()))
    if not np.array_equal(np.sort(everything), np.arange(len(everything))):
        raise ValueError("their columns are not those of one table")
    teachers = {
        name: _texts(each["teachers"], len(columns[name]))
        for name, each in zip(names, held, strict=True)
    }
    return Contexts(
        {name: as_slice(at) for name, at in columns.items()},
        {name: len(at) for name, at in columns.items()},
        teachers,
    )


def _read_networks(held, said):
    for names in _a(list, held):
        _a(list, names)
    return read_networks(held, list(said["contexts"].widths))


def _read_hidden(held, said):
    hidden = tuple(_count(width, _MOST_UNITS) for width in _a(list, held))
    if not 0 < len(hidden) <= _MOST_LAYERS or not all(hidden):
        raise ValueError(f"{str(hidden)[:60]} are no widths of layers")
    return hidden


def _read_location(held, said):
    return fit_location([_a(str, name) for name in _a(list, held)], PROBES)


def _read_names(held, said):
    n_columns = sum(said["contexts"].widths.values())
    return _texts(held, n_columns, list)


def _read_seen(held, said):
    pairs = [_a(list, pair) for pair in _a(list, held)]
    return {_count(zone): _count(n_photos) for zone, n_photos in pairs}


def _read_count(held, said):
    return _count(held)


def _read_feature_names(held, said):
    return _texts(held, 2, list)


def _read_regions(held, said):
    return _regions_from_json(_a(dict, held), "its partition")


def _read_encoder(held, said):
    if held is None:
        raise ValueError("there is none")
    return _encoder_from_json(held, said["regions"])


def _read_fallback_encoder(held, said):
    return _encoder_from_json(held, WholeGlobe())


# In the order in which they need each other.
_FIELDS = {
    "params": _read_params,
    "contexts": _read_contexts,
    "networks": _read_networks,
    "hidden": _read_hidden,
    "regions": _read_regions,
    "encoder": _read_encoder,
    "fallback_encoder": _read_fallback_encoder,
    "location_zones": _read_location,
    "column_names": _read_names,
    "photos_seen": _read_seen,
    "seed": _read_count,
    "feature_names_in": _read_feature_names,
}
# What reading a value of another type or size than it should have comes to.
_WRONG = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


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
        remade = clone(encoder).fit(PROBES)
    if remade is None or not _same(ZoneColumns(remade), columns):
        raise ValueError(
            f"encoding={encoder!r} learns from training places, draws with a "
            "random_state that is no int, or is none of sklearn_geo.encoding, and a "
            "store holds parameters of encoders only. Use an encoder whose columns its "
            "parameters decide, such as SoftGridEncoder, Sphere2VecEncoder or "
            'UTMOneHotEncoder(zones="all").'
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
    first, second = (each.encoder.transform(PROBES) for each in (remade, columns))
    return not abs(first - second).sum()


def _encoder_from_json(held, regions):
    if held is None:
        return None
    name = _a(dict, held)["class"]
    if not isinstance(name, str) or name not in encoding_room.__all__:
        raise ValueError(f"{name!r} is no encoder of sklearn_geo.encoding")
    params = _a(dict, held["params"])
    encoder = getattr(encoding_room, name)(**params)
    if isinstance(encoder, SoftGridEncoder) and isinstance(regions, WholeGlobe):
        raise ValueError("a SoftGridEncoder needs zones")
    check_strictly(encoder)
    _check_size(params)
    return fit_columns(encoder, regions, PROBES, 0)


def _check_size(params):
    """Refuse an encoder of more columns than fit, before it makes their names."""
    n_columns = 1
    for name, value in params.items():
        if type(value) is int and name.startswith("n_"):
            n_columns *= value
        elif name == "degree":
            n_columns *= (value + 1) ** 2
        elif isinstance(value, list):
            n_columns *= len(value)
    if n_columns > _MOST_COLUMNS:
        raise ValueError(
            f"its parameters make {n_columns:,} columns or more, and a store may have "
            f"{_MOST_COLUMNS:,}"
        )


def _a(kind, value):
    """Return a value of a type, or refuse it."""
    if not isinstance(value, kind):
        words = {dict: "mapping", list: "list", str: "text"}
        raise ValueError(f"{str(value)[:60]!r} is no {words[kind]}")
    return value


def _positions(values):
    if not _a(list, values) or not all(type(value) is int for value in values):
        raise ValueError("the columns of a context are no list of whole numbers")
    return np.array(values)


def _texts(values, n_values, kind=tuple):
    if values is None:
        return None
    texts = _a(list, values)
    if len(texts) != n_values or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{str(values)[:60]} are not {n_values} names")
    return kind(texts)


def _count(value, most=2**63 - 1):
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{str(value)[:60]!r} is no count")
    return value


def _plain(value):
    """Return a parameter as JSON holds it."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
