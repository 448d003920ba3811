# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a fitted transformer: a manifest, and one file a zone."""

import math
import re
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from sklearn_geo._file_lock import folder_locked
from sklearn_geo._numbers import all_finite
from sklearn_geo.context._quantize import (
    DTYPES,
    pack_weights,
    packed_shapes,
    unpack_weights,
)
from sklearn_geo.context._zone_manifest import FILE_END, OURS, ZoneManifest
from sklearn_geo.nets import Store, write_block

__all__ = [
    "ZoneTable",
    "checked_record",
    "load_weights",
    "update_zones_in",
    "write_zone",
    "write_zone_manifest",
    "write_zones",
]

# Names of files keep names of zones that are fit for it; those without a letter could
# be taken for the id of another zone.
_FIT_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_.-]{1,80}")
_COUNTS = ("photos", "epochs")
_MEASURES = ("held_out_kl", "seconds")


class ZoneTable:
    """What the manifest of a store says about zones, every field checked.

    Parameters
    ----------
    store : Store
        The store.

    Attributes
    ----------
    content : dict
        What whoever wrote the store said, without the parts below.

    dtype : {"float32", "float16", "int8"}
        How weights are stored.

    records : dict of int to dict
        What is known of each zone, by id, see :func:`checked_record`.

    blocks : dict of int to str
        Name of the block that holds the weights of a zone.

    checkpoint : object
        What a :class:`Checkpoint` notes about its fit, None in a saved transformer.
    """

    def __init__(self, store):
        content = store.content
        where = f"The zone store {store.folder} cannot be read"
        dtype, rows = content.get("dtype"), content.get("zones")
        if not isinstance(dtype, str) or dtype not in DTYPES:
            raise ValueError(
                f"{where}: its dtype is {dtype!r:.60}, not one of {DTYPES}."
            )
        if not isinstance(rows, list):
            raise ValueError(f"{where}: its manifest has no list of zones.")
        if not isinstance(content.get("library_version"), str):
            raise ValueError(f"{where}: it does not say its library_version.")
        self.content = {k: v for k, v in content.items() if k not in OURS}
        self.checkpoint = content.get("checkpoint")
        self.dtype, self.records, self.blocks = dtype, {}, {}
        entries = store.entries
        for number, row in enumerate(rows):
            try:
                if not isinstance(row, dict):
                    raise ValueError("it is no mapping")
                row = dict(row)
                block = row.pop("block", None)
                if not isinstance(block, str) or block not in entries:
                    raise ValueError(f"its block {block!r:.60} is not in the store")
                record = checked_record(row.pop("id", None), row)
                _check_block(record, block, entries[block]["file"])
                if record["id"] in self.records:
                    raise ValueError(f"its id {record['id']} is there twice")
            except ValueError as error:
                raise ValueError(f"{where}: zones, entry {number}: {error}.") from error
            self.records[record["id"]] = record
            self.blocks[record["id"]] = block
        if len(set(self.blocks.values())) < len(self.blocks):
            raise ValueError(f"{where}: two zones name the same block.")


def _check_block(record, block, file):
    """Refuse the block of another zone, whose network would answer for this one."""
    # Of two zones of one name, the second has a block called after its id.
    own = (f"zone-{record['name']}", f"zone-{record['id']}")
    if block not in own or FILE_END.sub("", file) not in own:
        raise ValueError(
            f"zone {record['name']!r:.60} has the block {block!r:.60}, file {file}, "
            "which is that of another zone"
        )


def checked_record(zone_id, record):
    """Return a record of a zone with plain values, or say which field is wrong.

    Parameters
    ----------
    zone_id : int
        Id of the zone.

    record : mapping
        "name" has to be there. "photos" and "epochs" are counts, "held_out_kl" and
        "seconds" numbers, NaN where unknown. Other fields are kept: numbers, text,
        booleans or None.

    Returns
    -------
    dict
        The record, with the id first.
    """
    # numpy's integers are Integral too; True is, but it is no id.
    if not isinstance(zone_id, Integral) or isinstance(zone_id, (bool, np.bool_)):
        raise ValueError(f"its id {zone_id!r:.60} is no integer")
    zone_id = int(zone_id)
    if not -(2**63) <= zone_id < 2**63:
        raise ValueError(f"its id {zone_id} has more than 64 bits")
    checked = {"id": zone_id, "name": None}
    for field, value in dict(record).items():
        value = value.item() if isinstance(value, np.generic) else value
        if field in _COUNTS:
            if type(value) is not int or value < 0:
                raise ValueError(f"its {field} {value!r:.60} is no count")
        elif field in _MEASURES:
            value = math.nan if value is None else value
            if not isinstance(value, Real) or isinstance(value, bool):
                raise ValueError(f"its {field} {value!r:.60} is no number")
            try:
                value = float(value)
            except OverflowError as error:
                raise ValueError(f"its {field} is too large a number") from error
        elif not isinstance(value, (str, int, float, bool, type(None))):
            raise ValueError(
                f"its {field:.60} is a {type(value).__name__}, not a value"
            )
        checked[str(field)] = value
    if checked["id"] != zone_id:
        raise ValueError(f"its record is that of zone {checked['id']!r}")
    name = checked["name"]
    if not isinstance(name, str) or not name or not _is_text(name):
        raise ValueError(f"its name {name!r:.60} is no text")
    return checked


def load_weights(store, table, zone_id, shapes):
    """Load the weights of a zone.

    Parameters
    ----------
    store : Store
        The store.

    table : ZoneTable
        What it says about zones.

    zone_id : int
        Id of the zone.

    shapes : dict of str to tuple of int
        Shapes of the weights, see :meth:`Architecture.shapes`.

    Returns
    -------
    dict of str to ndarray
        Read-only float32 arrays. Those that are stored so are maps of the file.
    """
    arrays = store.open(table.blocks[zone_id])
    found = {name: (array.shape, str(array.dtype)) for name, array in arrays.items()}
    expected = packed_shapes(shapes, table.dtype)
    if found != expected:
        name = next(
            key for key in (*expected, *found) if found.get(key) != expected.get(key)
        )
        raise ValueError(
            f"The zone store {store.folder}, zone {table.records[zone_id]['name']}: "
            f"its array {name!r:.60} is {_words(found.get(name))}, and the networks of "
            f"the manifest need {_words(expected.get(name))}. The folder was changed; "
            "copy it again, or write it again with save_pretrained."
        )
    weights = unpack_weights(arrays, table.dtype)
    for name, array in weights.items():
        if not all_finite(array):
            raise ValueError(
                f"The zone store {store.folder}, zone {table.records[zone_id]['name']}"
                f": its array {name!r:.60} holds values that are not finite, which no "
                "training leaves. Write the store again with save_pretrained."
            )
    return weights


def write_zone(folder, zone_id, record, weights, dtype="float32"):
    """Write the file of one zone, which no manifest names yet.

    Any process on any machine that sees the folder may do so; what is returned is
    small and pickles, and goes to :func:`write_zone_manifest`.

    Parameters
    ----------
    folder : str or path
        The folder of the store.

    zone_id : int
        Id of the zone.

    record : mapping
        What is known of it, see :func:`checked_record`.

    weights : dict of str to ndarray
        Its weights.

    dtype : {"float32", "float16", "int8"}, default="float32"
        How they are stored.

    Returns
    -------
    dict
        The record and the entry of the file.
    """
    try:
        record = checked_record(zone_id, record)
    except ValueError as error:
        raise ValueError(f"Zone {zone_id!r} cannot be stored: {error}.") from error
    try:
        arrays = pack_weights(weights, dtype)
    except ValueError as error:
        raise ValueError(f"Zone {record['name']}: {error}") from error
    fit = _FIT_NAME.fullmatch(record["name"])
    block = f"zone-{record['name'] if fit else record['id']}"
    return {"record": record, "entry": write_block(folder, block, arrays)}


def write_zone_manifest(folder, kind, content, written, dtype="float32"):
    """Write the manifest that names zones, in one step, and clean the folder.

    Parameters
    ----------
    folder : str or path
        The folder of the store.

    kind : str
        Name of the class that reads it.

    content : dict
        What that class needs: parameters, contexts, names of teachers.

    written : iterable of dict
        What :func:`write_zone` returned, for all zones of the store.

    dtype : {"float32", "float16", "int8"}, default="float32"
        How all of them were stored.

    Returns
    -------
    Store
        The store.
    """
    manifest, seen = ZoneManifest(folder, kind, dtype), set()
    for each in written:
        if each["record"]["id"] in seen:
            raise ValueError(f"Zone {each['record']['name']} is written twice.")
        seen.add(each["record"]["id"])
        manifest.name(each)
    return manifest.write_clean(content)


def write_zones(folder, kind, content, zones, dtype="float32"):
    """Write a whole store; a zone is in memory only while it is written.

    Parameters
    ----------
    folder : str or path
        The folder. What is in it stays readable until all is written.

    kind, content :
        See :func:`write_zone_manifest`.

    zones : ZoneShelf or iterable of tuple of (int, mapping, dict of str to ndarray)
        Id, record and weights of each zone.

    dtype : {"float32", "float16", "int8"}, default="float32"
        How weights are stored.

    Returns
    -------
    Store
        The store.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with folder_locked(folder):
        written = _written(folder, zones, dtype)
        return write_zone_manifest(folder, kind, content, written, dtype)


def update_zones_in(folder, kind, zones, *, content=None):
    """Replace or add zones in a store; the files of other zones are not touched.

    Whoever reads the store meanwhile finds the old zones or the new ones. Whoever
    opened it before goes on with the old ones until it is updated once more. Of several
    processes that update a store, each waits for its turn.

    Parameters
    ----------
    folder : str or path
        The folder of the store.

    kind : str
        Name of the class that wrote it.

    zones : ZoneShelf or iterable of tuple of (int, mapping, dict of str to ndarray)
        The zones to be written, in the dtype of the store.

    content : dict or None, default=None
        What the manifest says from now on, None for what it says.

    Returns
    -------
    Store
        The store.
    """
    with folder_locked(folder):
        store = Store(folder, kind=kind)
        table, entries = ZoneTable(store), store.entries
        written = {
            zone_id: {"record": record, "entry": entries[table.blocks[zone_id]]}
            for zone_id, record in table.records.items()
        }
        for new in _written(folder, zones, table.dtype):
            written[new["record"]["id"]] = new
        content = table.content if content is None else content
        return write_zone_manifest(folder, kind, content, written.values(), table.dtype)


def _written(folder, zones, dtype):
    for zone_id, record, weights in zones.items() if hasattr(zones, "items") else zones:
        new = write_zone(folder, zone_id, record, weights, dtype)
        del weights  # before the next zone is loaded
        yield new


def _is_text(name):
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _words(shape_and_dtype):
    if shape_and_dtype is None:
        return "not there"
    shape, dtype = shape_and_dtype
    return f"{dtype} of shape {shape}"
