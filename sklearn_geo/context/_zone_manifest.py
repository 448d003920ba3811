# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The manifest of a zone store, written again and again while zones are added."""

import math
import re
from pathlib import Path

import sklearn_geo
from sklearn_geo._whole_files import write_whole
from sklearn_geo.nets import write_manifest
from sklearn_geo.nets._store import MANIFEST, block_line, check_entry, manifest_text
from sklearn_geo.nets._strict_json import to_json

__all__ = ["FILE_END", "OURS", "ZoneManifest"]

# What the manifest adds to the content that its writer has.
OURS = ("library_version", "dtype", "zones", "checkpoint")
# What the name of a file has after that of its block.
FILE_END = re.compile(r"-[0-9a-f]{16}\.safetensors$")


class ZoneManifest:
    """What a manifest says of each zone, kept as the text that it is there.

    A zone is checked and put in words once, when it is named, so that a fit which
    writes the manifest after every zone does not do for all zones again what it did
    for each: that took four times as long as the fit itself with 600 small zones.

    Parameters
    ----------
    folder : str or path
        The folder of the store.

    kind : str
        Name of the class that reads it.

    dtype : {"float32", "float16", "int8"}, default="float32"
        How zones are stored.
    """

    def __init__(self, folder, kind, dtype="float32"):
        self.folder, self.kind, self.dtype = Path(folder), kind, dtype
        self._rows, self._entries = {}, {}  # by id; by block
        self._row_texts, self._lines = {}, {}

    def name(self, written):
        """Name a zone, in the place of the one with its id if there is one.

        Parameters
        ----------
        written : dict
            What :func:`write_zone` returned.
        """
        record, entry = written["record"], written["entry"]
        before = self._rows.pop(record["id"], None)
        if before is not None:
            del self._entries[before["block"]], self._lines[before["block"]]
        block = FILE_END.sub("", entry["file"])
        if block in self._entries:  # two zones of one name
            block = f"zone-{record['id']}"
        check_entry(self.folder / MANIFEST, block, entry)
        row = {field: _number(value) for field, value in record.items()}
        row["block"] = block
        self._rows[record["id"]], self._entries[block] = row, entry
        self._row_texts[record["id"]] = to_json(row)
        self._lines[block] = block_line(block, entry)

    def write(self, content, checkpoint=None):
        """Write the manifest in one step; no file of the store is read or deleted.

        Parameters
        ----------
        content : dict
            What the class that reads it needs.

        checkpoint : dict or None, default=None
            What a :class:`Checkpoint` notes about its fit.
        """
        zones = ", ".join(self._row_texts[zone_id] for zone_id in self._rows)
        parts = self._content(content, checkpoint)
        texts = {name: to_json(part) for name, part in parts.items()}
        texts["zones"] = f"[{zones}]"
        inner = ", ".join(f"{to_json(name)}: {text}" for name, text in texts.items())
        text = manifest_text(self.kind, f"{{{inner}}}", self._lines.values())
        write_whole(self.folder / MANIFEST, text.encode())

    def write_clean(self, content, checkpoint=None):
        """Write the manifest, check every file that it names and delete others.

        Parameters
        ----------
        content, checkpoint
            See :meth:`write`.

        Returns
        -------
        Store
            The store.
        """
        parts = self._content(content, checkpoint)
        parts["zones"] = list(self._rows.values())
        return write_manifest(self.folder, self.kind, parts, self._entries, clean=True)

    def _content(self, content, checkpoint):
        """Return what the manifest says, with a place for the zones."""
        taken = sorted(set(content) & set(OURS))
        if taken:
            raise ValueError(f"content must leave {taken} to the store.")
        about = {"library_version": sklearn_geo.__version__, **content}
        about |= {"dtype": self.dtype, "zones": None}
        return about if checkpoint is None else about | {"checkpoint": checkpoint}


def _number(value):
    """Return None for what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
