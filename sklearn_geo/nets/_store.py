# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted things on disk without pickle: one JSON manifest, safetensors beside it."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

__all__ = ["Store", "write_store"]

_FORMAT = "sklearn-geo store"
_VERSION = 1
_MANIFEST = "manifest.json"
_BLOCK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}-[0-9a-f]{16}\.safetensors")


def write_store(folder, kind, content, blocks):
    """Write a folder that :class:`Store` reads.

    The manifest is replaced last, in one step, and the files of the manifest before
    stay: so a reader always finds a whole store, also while it is written over, and a
    process that dies in between leaves the old one.

    Parameters
    ----------
    folder : str or path
        The folder; it is made if it is not there.

    kind : str
        What is stored, such as the name of the class.

    content : dict
        Anything that JSON holds: parameters, names, versions. Numpy's numbers and
        arrays become numbers and lists.

    blocks : mapping of str to (mapping of str to ndarray), or iterable of such pairs
        Arrays, one file a block. An iterable may make them one after the other, so
        that they are never in memory together.

    Returns
    -------
    Store
        The store written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_geo.nets import Store, write_store
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_store(folder, "Cells", {"n": 2}, {"zone-32U": {"w": np.ones(3)}})
    ...     store = Store(folder, kind="Cells")
    ...     print(store.content, store.names, store.load("zone-32U")["w"])
    {'n': 2} ['zone-32U'] [1. 1. 1.]
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    before = _file_names(folder)
    entries = {}
    for name, arrays in blocks.items() if hasattr(blocks, "items") else blocks:
        if not _BLOCK_NAME.fullmatch(name):
            raise ValueError(
                f"Block name {name!r}: use at most 100 letters, digits, dots, hyphens "
                "and underscores, and begin with a letter or digit."
            )
        if name in entries:
            raise ValueError(f"There are two blocks called {name!r}.")
        data = save({key: np.ascontiguousarray(a) for key, a in arrays.items()})
        digest = hashlib.sha256(data).hexdigest()
        # Its content is in its name: a file in use is never written over.
        file = f"{name}-{digest[:16]}.safetensors"
        _write(folder / file, data)
        entries[name] = {"file": file, "sha256": digest, "bytes": len(data)}
    manifest = {
        "format": _FORMAT,
        "format_version": _VERSION,
        "kind": kind,
        "content": content,
        "blocks": entries,
    }
    text = json.dumps(manifest, indent=1, default=_plain, allow_nan=False)
    _write(folder / _MANIFEST, text.encode())
    now = {entry["file"] for entry in entries.values()}
    for path in folder.glob("*.safetensors"):
        # Files of the store before stay for its readers; older ones go.
        stale = path.name not in now | before
        if stale and _FILE_NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)
    return Store(folder, kind=kind)


class Store:
    """A folder with a manifest and arrays, checked as they are read.

    Nothing in it is ever run: the manifest is JSON, arrays are safetensors, and names
    of files that could point out of the folder are refused.

    Parameters
    ----------
    folder : str or path
        The folder.

    kind : str or None, default=None
        What must be in it; None takes anything.

    Attributes
    ----------
    kind : str
        What is in it.

    content : dict
        What the manifest says.

    names : list of str
        Names of the blocks, in the order they were written.

    See Also
    --------
    write_store : Write one, and an example.
    """

    def __init__(self, folder, *, kind=None):
        self.folder = Path(folder)
        manifest = _read_manifest(self.folder)
        self.kind, self.content = manifest["kind"], manifest["content"]
        self._blocks = manifest["blocks"]
        if kind is not None and self.kind != kind:
            raise ValueError(
                f"{self.folder} holds a {self.kind}, not a {kind}. Load it with the "
                "class that wrote it."
            )

    @property
    def names(self):
        """Names of the blocks."""
        return list(self._blocks)

    def load(self, name):
        """Read the arrays of a block.

        Parameters
        ----------
        name : str
            Name of the block.

        Returns
        -------
        dict of str to ndarray
            The arrays.
        """
        if name not in self._blocks:
            raise ValueError(
                f"{self.folder} has no block {name!r}; it has {self.names}."
            )
        if not (self.folder / self._blocks[name]["file"]).exists():
            self._reopen(name)
        entry = self._blocks[name]
        path = self.folder / entry["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ValueError(
                f"The store {self.folder} lacks its file {path.name}. Copy the whole "
                "folder, or write it again."
            ) from error
        digest = hashlib.sha256(data).hexdigest()
        if digest != entry["sha256"]:
            raise ValueError(
                f"{path} is damaged or was exchanged: its checksum is {digest[:16]}"
                f"..., the manifest says {entry['sha256'][:16]}... Copy the store, or "
                "write it again."
            )
        try:
            return load(data)
        except SafetensorError as error:
            raise ValueError(f"{path} is no safetensors file: {error}.") from error

    def _reopen(self, name):
        """Look whether a file is gone because the store was written again, twice."""
        now = _read_manifest(self.folder)
        if now["blocks"].get(name) == self._blocks[name]:
            return
        if (now["kind"], now["content"]) != (self.kind, self.content):
            raise ValueError(
                f"The store {self.folder} was written again since it was opened, with "
                "other content. Open it again."
            )
        self._blocks = now["blocks"]
        if name not in self._blocks:
            raise ValueError(f"{self.folder} no longer has a block {name!r}.")


def _read_manifest(folder):
    path = folder / _MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(
            f"{folder} is no store: it has no readable {_MANIFEST}."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text, so it is no manifest.") from error
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError(
            f"{path} is the manifest of something else: its format is not {_FORMAT!r}."
        )
    version = manifest.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"{path}: format_version {version!r} is no version.")
    if version > _VERSION:
        raise ValueError(
            f"{path} has format version {version}; this release of sklearn-geo reads "
            f"up to {_VERSION}. Update it: pip install -U sklearn-geo."
        )
    _check_entries(path, manifest)
    return manifest


def _check_entries(path, manifest):
    blocks, kind = manifest.get("blocks"), manifest.get("kind")
    if not isinstance(blocks, dict) or not isinstance(kind, str):
        raise ValueError(f"{path} is incomplete: it names no blocks or no kind.")
    if not isinstance(manifest.get("content"), dict):
        raise ValueError(f"{path} is incomplete: it has no content.")
    for name, entry in blocks.items():
        file = entry.get("file") if isinstance(entry, dict) else None
        if not isinstance(file, str) or not _FILE_NAME.fullmatch(file):
            raise ValueError(
                f"{path}: block {name!r} names the file {file!r}. Files lie beside the "
                "manifest and are called NAME-CHECKSUM.safetensors; this manifest was "
                "not written by sklearn-geo."
            )
        if not isinstance(entry.get("sha256"), str):
            raise ValueError(f"{path}: block {name!r} has no checksum.")


def _file_names(folder):
    """Return the files that the manifest there names, if it is one."""
    try:
        manifest = _read_manifest(folder)
    except ValueError:
        return set()
    return {entry["file"] for entry in manifest["blocks"].values()}


def _write(path, data):
    """Write a file in one step: it is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp lets nobody else read; a store is read by whoever may read the folder.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _plain(value):
    """Make numpy's numbers and arrays plain, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(
        f"{type(value).__name__} cannot be written to JSON. Only numbers, text, lists "
        "and mappings are stored."
    )
