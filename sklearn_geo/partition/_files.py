# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Partitions as files of JSON or CSV: nothing is pickled, nothing in them is run."""

import csv
import importlib
import io
import json
import numbers
from pathlib import Path

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo._settings import check_strictly
from sklearn_geo._text_arrays import text_array
from sklearn_geo._whole_files import remove_parts, write_whole
from sklearn_geo.base import check_places
from sklearn_geo.partition._cells import cell_table

FORMAT = "sklearn_geo.partition"
# The newest version that is written and read.
VERSION = 1

_COMMENT = "# "
_PLACES = (("latitude", "longitude"), ("center_latitude", "center_longitude"))
_KINDS = {"U": "str", "i": "int64", "u": "uint64", "f": "float64"}
# What every table has; the second of each pair is the smallest number there may be.
_COLUMNS = {
    "name": ("str", None),
    "count": ("int64", 0),
    "weight": ("float64", 0.0),
    **{name: ("float64", None) for pair in _PLACES for name in pair},
    "area_km2": ("float64", None),
}


def _head(partition):
    """Return all that is to be said of a fitted partition, but its cells."""
    # What was set since fit may be what no file is read with.
    check_strictly(partition)
    partition._check_limits()
    cells = partition.cells_
    return {
        "format": FORMAT,
        "version": VERSION,
        "class": type(partition).__name__,
        "parameters": {
            name: _plain(value) for name, value in partition._file_parameters().items()
        },
        "feature_names": (
            partition.feature_names_in_.tolist()
            if hasattr(partition, "feature_names_in_")
            else None
        ),
        "n_cells": len(cells),
        "columns": {name: _KINDS[cells.dtype[name].kind] for name in cells.dtype.names},
        **partition._file_extra(),
    }


def partition_to_json(partition):
    """Return what a file of JSON holds, to be a part of another one."""
    if isinstance(partition, FrozenEstimator):
        partition = partition.estimator
    cells = partition.cells_
    columns = {name: cells[name].tolist() for name in cells.dtype.names}
    return {**_head(partition), "cells": columns}


def partition_from_json(held, path):
    """Make a fitted partition of what :func:`partition_to_json` returned.

    Parameters
    ----------
    held : dict
        Read from a file that anybody may have changed.

    path : path
        The file, for messages.

    Returns
    -------
    PlacePartition
        The partition, of one of the classes of this room.
    """
    room = importlib.import_module("sklearn_geo.partition")
    known = {
        name: cls
        for name in room.__all__
        if hasattr(cls := getattr(room, name), "_restore")
    }
    name = held.get("class") if isinstance(held, dict) else None
    if not isinstance(name, str) or name not in known:
        raise _damaged(path, f"the partition {name!r} is none of {sorted(known)}")
    if held.get("format") != FORMAT:
        raise _foreign(path, "its JSON has another format")
    return _read(known[name], held, held.get("cells"), path)


def write_partition(partition, path):
    """Write a fitted partition; the suffix of `path` says how."""
    path = Path(path)
    suffix = _suffix(path)
    cells = partition.cells_
    if suffix == ".json":
        text = json.dumps(partition_to_json(partition), allow_nan=False) + "\n"
    else:
        out = io.StringIO(newline="")
        # Rows end as RFC 4180 has it; so names with such ends are quoted.
        out.write(_COMMENT + json.dumps(_head(partition), allow_nan=False) + "\r\n")
        writer = csv.writer(out)
        writer.writerow(cells.dtype.names)
        # repr of a float is the shortest text that reads back as the same float.
        writer.writerows(cells.tolist())
        text = out.getvalue()
    # As bytes, so that the ends of lines in names stay what they are; and in one step,
    # so that whoever reads sees the old one or the new one.
    remove_parts(path.parent)
    write_whole(path, text.encode("utf-8"))


def read_partition(cls, path):
    """Read a partition of a class, fitted, or say what is wrong with the file."""
    path = Path(path)
    suffix = _suffix(path)
    text = _text_of(path)
    head, columns = (
        _from_json(text, path) if suffix == ".json" else _from_csv(text, path)
    )
    return _read(cls, head, columns, path)


def _read(cls, head, columns, path):
    _check_head(cls, head, path)
    cells = _cells(head, columns, path)
    try:
        partition = cls(**head["parameters"])
        check_strictly(partition)
    except (TypeError, InvalidParameterError) as error:
        raise ValueError(
            f"{path}: its parameters are not those of {cls.__name__}: "
            f"{str(error)[:500]}"
        ) from error
    partition.n_features_in_ = 2
    if head["feature_names"] is not None:
        partition.feature_names_in_ = np.array(head["feature_names"], dtype=object)
    partition.cells_ = cells
    try:
        partition._restore(head)
    except KeyError as error:
        raise _damaged(path, f"it does not say its {error}") from error
    except (OverflowError, TypeError, ValueError) as error:
        raise _damaged(path, f"{error}") from error
    return partition


def _suffix(path):
    suffix = path.suffix.lower()
    if suffix not in (".json", ".csv"):
        raise ValueError(
            f"{path}: the name of the file has to end in .json or .csv, which says how "
            "to write and read it."
        )
    return suffix


def _text_of(path):
    try:
        # Editors of tables put a mark before the first line, which is skipped.
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _foreign(path, "it is no text") from error


def _from_json(text, path):
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is no JSON ({error})") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise _foreign(path, "its JSON has another format")
    return head, head.get("cells")


def _from_csv(text, path):
    first, _, rest = text.partition("\n")
    if not first.startswith(_COMMENT):
        raise _foreign(path, "its first line is not the comment that says what it is")
    head, _ = _from_json(first[len(_COMMENT) :], path)
    try:
        # Empty lines are no rows.
        rows = [row for row in csv.reader(io.StringIO(rest, newline="")) if row]
    except csv.Error as error:
        raise _damaged(path, f"it is no CSV ({error})") from error
    names = rows[0] if rows else []
    for number, row in enumerate(rows[1:]):
        if len(row) != len(names):
            raise _damaged(
                path, f"row {number} has {len(row)} values for {len(names)} columns"
            )
    return head, {name: [row[k] for row in rows[1:]] for k, name in enumerate(names)}


def _check_head(cls, head, path):
    version = head.get("version")
    if type(version) is not int or version < 1:
        raise _damaged(path, "it does not say its version")
    if version > VERSION:
        raise ValueError(
            f"{path} was written by a newer sklearn_geo (version {version!r:.60} of "
            f"the format; this one reads up to {VERSION}). Upgrade sklearn_geo."
        )
    held = head.get("class")
    if not isinstance(held, str):
        raise _damaged(path, "it does not say its class")
    if held != cls.__name__:
        raise ValueError(
            f"{path} holds cells of {held:.60}, not of {cls.__name__}. Read it with "
            f"{held:.60}.load."
        )
    for name, kind in (("parameters", dict), ("columns", dict), ("n_cells", int)):
        if not isinstance(head.get(name), kind):
            raise _damaged(path, f"it does not say its {name}")
    names = head.get("feature_names", ())
    if names is not None and not (
        isinstance(names, list) and [type(name) for name in names] == [str, str]
    ):
        raise _damaged(path, "its feature_names are not the names of two columns")


def _cells(head, columns, path):
    """Build the table of cells, or say which column is wrong."""
    if not isinstance(columns, dict) or list(columns) != list(head["columns"]):
        raise _damaged(path, "its columns are not the ones it says it has")
    for name, (kind, _) in _COLUMNS.items():
        if head["columns"].get(name) != kind:
            raise _damaged(path, f"it has no column {name!r} of {kind}")
    table = {}
    for name, kind in head["columns"].items():
        values = columns[name]
        if kind not in _KINDS.values():
            raise _damaged(path, f"the column {name!r} is of an unknown kind")
        if not isinstance(values, list) or len(values) != head["n_cells"]:
            raise _damaged(
                path, f"the column {name!r} does not have {head['n_cells']} values"
            )
        try:
            # Text goes through Python's numbers, which keep all 64 bits of an id.
            if kind == "str":
                table[name] = text_array([str(value) for value in values])
                continue
            if kind == "float64":
                table[name] = np.array([float(value) for value in values], dtype=kind)
            else:
                table[name] = integers(values, kind)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            what = f"the column {name!r:.60} does not hold {kind}: {error}"
            raise _damaged(path, what) from error
        if kind == "float64" and not np.isfinite(table[name]).all():
            raise _damaged(path, f"the column {name!r} holds values that are no number")
        _, least = _COLUMNS.get(name, (kind, None))
        if least is not None and (table[name] < least).any():
            raise _damaged(path, f"the column {name!r} holds values below {least}")
    for latitude, longitude in _PLACES:
        pair = np.column_stack([table[latitude], table[longitude]])
        try:
            pair = check_places(pair, name=f"{latitude} and {longitude}", min_places=0)
        except ValueError as error:
            raise _damaged(path, str(error)) from error
        table[longitude] = pair[:, 1]
    return cell_table(table)


def integers(values, kind="int64"):
    """Read integers or their texts; a float has lost digits on the way."""
    for value in values:
        if type(value) not in (int, str):
            raise TypeError(f"{value!r:.60} is no integer")
    read = [int(value) for value in values]
    limits = np.iinfo(kind)
    for value in read:  # old numpy would wrap them
        if not limits.min <= value <= limits.max:
            raise ValueError(f"{value!r:.60} is out of bounds for {kind}")
    return np.array(read, dtype=kind)


def _plain(value):
    """Return a parameter as a plain number, text or list."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return value


def _damaged(path, what):
    return ValueError(
        f"{path} is damaged: {what[:500].rstrip('.')}. Write it again with save, or "
        "restore a copy."
    )


def _foreign(path, what):
    return ValueError(
        f"{path} is no file of a partition: {what}. Files are written by the method "
        "save of a fitted partition."
    )
