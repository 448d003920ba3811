# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted zones to a folder and back, and one of them to a file for a phone."""

from sklearn_geo._file_lock import folder_locked
from sklearn_geo.context._fetch import folder_of, open_store
from sklearn_geo.context._files import KIND, check_zones, content_of, read_content
from sklearn_geo.context._onnx import export_zone
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import ZoneTable, update_zones_in, write_zones
from sklearn_geo.nets import Store

__all__ = ["export_one", "load_zones", "save_zones"]


def save_zones(model, zones, folder, dtype):
    """Write a zone store; to where zones were read from only those that are new.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer.

    zones : FittedZones
        Its zones.

    folder : str or path
        Where to.

    dtype : {"float32", "float16", "int8"}
        How weights are stored.
    """
    folder = folder_of(folder, "folder")
    content = content_of(model, zones)
    folder.mkdir(parents=True, exist_ok=True)
    # What is found there must be what is written over, whoever writes beside us.
    with folder_locked(folder):
        _refuse_another_class(folder)
        if zones.shelf.is_from(folder, dtype):
            _update(zones, folder, content)
        else:
            write_zones(folder, KIND, content, zones.shelf, dtype)


def _update(zones, folder, content):
    """Write the zones that are not in the store yet that they were read from."""
    unsaved = set(zones.shelf.unsaved_zones)
    new = [
        (zone, record, zones.shelf.get(zone))
        for zone, record in zones.records.items()
        if zone in unsaved
    ]
    zones.shelf.saved_to(update_zones_in(folder, KIND, new, content=content))


def _refuse_another_class(folder):
    """Refuse to write over what another class has stored."""
    try:
        kind = Store(folder).kind
    except ValueError:  # nothing that could be read there
        return
    if kind != KIND:
        raise ValueError(
            f"{folder} holds a {kind:.60}. Save to another folder, or delete that one "
            "first."
        )


def load_zones(folder_or_url, revision, max_loaded_zones, make_zones):
    """Open a zone store.

    Parameters
    ----------
    folder_or_url : str or path
        Where it is.

    revision : str or None
        Folder within it.

    max_loaded_zones : int
        How many zones may be in memory.

    make_zones : callable
        Makes zones of their parts: :class:`Zones`, or :meth:`FittedZones.of` for
        those that are to learn on.

    Returns
    -------
    params : dict
        Parameters of the transformer.

    zones : Zones
        Its zones.

    names : list of str or None
        Names of the two columns of X.
    """
    store = open_store(folder_or_url, revision, KIND)
    table = ZoneTable(store)
    params, parts, names = read_content(table.content, store.folder)
    check_zones(parts["plan"], table, store.entries, store.folder)
    zones = make_zones(**parts, shelf=None)
    zones.shelf = ZoneShelf(store, zones.shapes, max_loaded_zones=max_loaded_zones)
    return params, zones, names


def export_one(zones, zone, path, output_layer):
    """Write the networks of a zone to a file of ONNX.

    Parameters
    ----------
    zones : Zones
        The zones.

    zone : str
        Name of the zone.

    path : str or path
        The file.

    output_layer : "softmax" or int
        Which layer.
    """
    ids = {record["name"]: number for number, record in zones.records.items()}
    if not isinstance(zone, str) or zone not in ids:
        some = ", ".join(list(ids)[:10])
        raise ValueError(
            f"zone={zone!r} has no networks. Those that have some are "
            f"{some}{' ...' if len(ids) > 10 else ''}; see zone_report_."
        )
    number, plan = ids[zone], zones.plan
    whole = number < 0 or plan.is_globe
    return export_zone(
        path,
        weights=zones.shelf.get(number),
        networks=zones.networks,
        widths=zones.contexts.widths,
        hidden=plan.hidden,
        encoder=(zones.fallback_columns if number < 0 else zones.columns).encoder,
        zone=None if whole else number,
        zone_name=zone,
        output_layer=output_layer,
        names=zones.contexts.teachers,
        outline=None if whole else plan.regions.outlines([number], 8)[0],
    )
