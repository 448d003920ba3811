# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted things on disk without pickle: one JSON manifest, safetensors beside it."""

import re
import stat
from pathlib import Path

from safetensors.numpy import save

from sklearn_geo._file_lock import folder_locked
from sklearn_geo._whole_files import is_part, write_whole
from sklearn_geo.nets._mapped_arrays import (
    checksum,
    map_file,
    mapped_arrays,
    readable_arrays,
)
from sklearn_geo.nets._strict_json import strict_json, to_json

__all__ = ["Store", "write_block", "write_manifest", "write_store"]

MANIFEST = "manifest.json"
_FORMAT = "sklearn-geo store"
_VERSION = 1
_BLOCK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}-[0-9a-f]{16}\.safetensors")
_CHECKSUM = re.compile(r"[0-9a-f]{64}")


def write_store(folder, kind, content, blocks):
    """Write a folder that :class:`Store` reads.

    The manifest is replaced last, in one step, and the files of the manifest before
    stay: so a reader always finds a whole store, also while it is written over, and a
    process that dies in between leaves the old one. Of several that write one folder
    each waits for its turn, and the last one's store stays.

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

    See Also
    --------
    write_block : Write one block, to be named in a manifest later.
    write_manifest : Name blocks that are written.

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
    entries = {}
    Path(folder).mkdir(parents=True, exist_ok=True)
    with folder_locked(folder):
        for name, arrays in blocks.items() if hasattr(blocks, "items") else blocks:
            if name in entries:
                raise ValueError(f"There are two blocks called {name!r}.")
            entries[name] = write_block(folder, name, arrays)
        return write_manifest(folder, kind, content, entries, clean=True)


def write_block(folder, name, arrays):
    """Write the file of one block, which no manifest names yet.

    Several threads, processes or machines may do so in one folder at the same time.
    The file is there whole or not at all, and its checksum is in its name, so it never
    replaces another one.

    Parameters
    ----------
    folder : str or path
        The folder; it is made if it is not there.

    name : str
        Name of the block.

    arrays : mapping of str to ndarray
        The arrays: real numbers of up to 64 bits, or booleans.

    Returns
    -------
    dict
        What the manifest has to say about the block, for :func:`write_manifest`.

    See Also
    --------
    write_manifest : Names the blocks of a folder.
    write_store : Writes blocks and manifest at once.

    Examples
    --------
    A store that grows:

    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_geo.nets import Store, write_block, write_manifest
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     entries = {}
    ...     for zone in ("32U", "33X"):
    ...         entries[zone] = write_block(folder, zone, {"w": np.ones(3)})
    ...         store = write_manifest(folder, "Cells", {}, entries)
    ...         print(store.names)
    ['32U']
    ['32U', '33X']
    """
    if not isinstance(name, str) or not _BLOCK_NAME.fullmatch(name):
        raise ValueError(
            f"Block name {name!r}: use at most 100 letters, digits, dots, hyphens "
            "and underscores, and begin with a letter or digit."
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = save(readable_arrays(name, arrays))
    digest = checksum(data)
    # Its content is in its name: a file in use is never written over.
    file = f"{name}-{digest[:16]}.safetensors"
    try:
        write_whole(folder / file, data)
    except PermissionError:
        # Windows replaces no file that somebody has mapped: then it is there already.
        if not (folder / file).is_file() or (folder / file).read_bytes() != data:
            raise
    return {"file": file, "bytes": len(data), "checksum": digest}


def write_manifest(folder, kind, content, entries, *, clean=False):
    """Write the manifest that names blocks, in one step.

    One process at a time may write manifests of a folder. Others may write blocks
    meanwhile, unless `clean` is asked for.

    Parameters
    ----------
    folder : str or path
        The folder.

    kind, content : as there
        See :func:`write_store`.

    entries : mapping of str to dict
        What :func:`write_block` returned, by name of the block.

    clean : bool, default=False
        Delete the files that neither this manifest names nor the one before it, and
        what writers that died left. Nobody may be writing a block then, since a file
        that is not named yet would go.

    Returns
    -------
    Store
        The store written.

    See Also
    --------
    write_block : Write a block, and an example.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_geo.nets import write_block, write_manifest
    >>> folder = tempfile.TemporaryDirectory()
    >>> near = write_block(folder.name, "near", {"x": np.arange(3.0)})
    >>> write_manifest(folder.name, "numbers", {}, {"near": near}).names
    ['near']
    >>> folder.cleanup()
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    before = _file_names(folder) if clean else set()
    text = manifest_text(
        kind, to_json(content), (block_line(*each) for each in entries.items())
    )
    _check_manifest(folder / MANIFEST, strict_json(text))
    if clean:
        # Nothing goes before what takes its place is there.
        for name, entry in entries.items():
            check_written(folder, name, entry)
    write_whole(folder / MANIFEST, text.encode())
    if clean:
        # Files of the store before stay for its readers; older ones go.
        _clean(folder, before | {entry["file"] for entry in entries.values()})
    return Store(folder, kind=kind)


def manifest_text(kind, content, blocks):
    """Return the text of a manifest from parts that are JSON already.

    Parameters
    ----------
    kind : str
        What is stored.

    content : str
        The content, as :func:`to_json` has it.

    blocks : iterable of str
        What :func:`block_line` makes of each block.

    Returns
    -------
    str
        The text.
    """
    # One line a block: fast to write, and to be read by people too.
    lines = [
        f'"format": {to_json(_FORMAT)}',
        f'"format_version": {to_json(_VERSION)}',
        f'"kind": {to_json(kind)}',
        f'"content": {content}',
        '"blocks": {\n' + ",\n".join(blocks) + "\n}",
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def block_line(name, entry):
    """Return the line of one block in a manifest."""
    return f"{to_json(name)}: {to_json(entry)}"


class Store:
    """A folder with a manifest and arrays, checked as they are read.

    Nothing in it is ever run: the manifest is JSON, arrays are safetensors, and names
    of files and links that point out of the folder are refused.

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

    entries : dict of str to dict
        What the manifest says of each block: its file, size and checksum.

    See Also
    --------
    write_store : Write one, and an example.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_geo.nets import Store, write_store
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = write_store(
    ...     folder.name, "numbers", {"unit": "km"}, {"near": {"x": np.arange(3.0)}}
    ... )
    >>> store = Store(folder.name, kind="numbers")
    >>> store.content, store.names, store.load("near")["x"]
    ({'unit': 'km'}, ['near'], array([0., 1., 2.]))
    >>> folder.cleanup()
    """

    def __init__(self, folder, *, kind=None):
        self.folder = Path(folder)
        manifest = _read_manifest(self.folder)
        self.kind, self.content = manifest["kind"], manifest["content"]
        self._blocks = manifest["blocks"]
        if kind is not None and self.kind != kind:
            raise ValueError(
                f"{self.folder} holds a {self.kind:.60}, not a {kind}. Load it with "
                "the class that wrote it."
            )

    @property
    def names(self):
        """Names of the blocks."""
        return list(self._blocks)

    @property
    def entries(self):
        """What the manifest says of each block."""
        return {name: dict(entry) for name, entry in self._blocks.items()}

    def load(self, name):
        """Read the arrays of a block.

        Parameters
        ----------
        name : str
            Name of the block.

        Returns
        -------
        dict of str to ndarray
            The arrays, one's own to change.
        """
        return {key: array.copy() for key, array in self.open(name).items()}

    def open(self, name):
        """Map the arrays of a block into memory, without a copy.

        The file is read once, to check it, and its pages stay shared with all
        processes that map it.

        Parameters
        ----------
        name : str
            Name of the block.

        Returns
        -------
        dict of str to ndarray
            Read-only arrays. The file is released when they are gone.
        """
        if name not in self._blocks:
            raise ValueError(
                f"{self.folder} has no block {name!r}; it has {_some(self._blocks)}."
            )
        try:
            return self._open_file(self._blocks[name])
        except ValueError:
            if (self.folder / self._blocks[name]["file"]).exists():
                raise
            self._reopen(name)
            return self._open_file(self._blocks[name])

    def _open_file(self, entry):
        path = self.folder / entry["file"]
        try:
            check_place(path)
            n_bytes = path.stat().st_size
            data = map_file(path) if n_bytes == entry["bytes"] > 0 else b""
        except OSError as error:
            raise ValueError(
                f"The store {self.folder} lacks its file {path.name}, or it cannot be "
                "read. Copy the whole folder, or write it again."
            ) from error
        if n_bytes != entry["bytes"] or len(data) != n_bytes:
            raise ValueError(
                f"{path} is damaged or was exchanged: it has {n_bytes} bytes, the "
                f"manifest says {entry['bytes']}. Copy the store, or write it again."
            )
        digest = checksum(data)
        if digest != entry["checksum"]:
            raise ValueError(
                f"{path} is damaged or was exchanged: its checksum is {digest[:16]}"
                f"..., the manifest says {entry['checksum'][:16]}... Copy the store, "
                "or write it again."
            )
        try:
            return mapped_arrays(data)
        except ValueError as error:
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
    path = folder / MANIFEST
    try:
        check_place(path)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(
            f"{folder} is no store: it has no readable {MANIFEST}."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text, so it is no manifest.") from error
    return parse_manifest(path, text)


def parse_manifest(path, text):
    """Return what a manifest says, or raise a ValueError that names it."""
    try:
        manifest = strict_json(text)
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    _check_manifest(path, manifest)
    return manifest


def _check_manifest(path, manifest):
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ValueError(
            f"{path} is the manifest of something else: its format is not {_FORMAT!r}."
        )
    version = manifest.get("format_version")
    if type(version) is not int or version < 1:
        raise ValueError(f"{path}: format_version {version!r:.60} is no version.")
    if version > _VERSION:
        raise ValueError(
            f"{path} has format version {version}; this release of sklearn-geo reads "
            f"up to {_VERSION}. Update it: pip install -U sklearn-geo."
        )
    blocks, kind = manifest.get("blocks"), manifest.get("kind")
    if not isinstance(blocks, dict) or not isinstance(kind, str):
        raise ValueError(f"{path} is incomplete: it names no blocks or no kind.")
    if not isinstance(manifest.get("content"), dict):
        raise ValueError(f"{path} is incomplete: it has no content.")
    for name, entry in blocks.items():
        check_entry(path, name, entry)


def check_entry(path, name, entry):
    """Refuse what a manifest says of a block unless a writer here could say it."""
    if not _BLOCK_NAME.fullmatch(name):
        raise ValueError(
            f"{path}: {name!r:.120} is no name of a block; this manifest was not "
            "written by sklearn-geo."
        )
    file = entry.get("file") if isinstance(entry, dict) else None
    if not isinstance(file, str) or not _FILE_NAME.fullmatch(file):
        raise ValueError(
            f"{path}: block {name!r} names the file {file!r:.160}. Files lie beside "
            "the manifest and are called NAME-CHECKSUM.safetensors; this manifest was "
            "not written by sklearn-geo."
        )
    digest, n_bytes = entry.get("checksum"), entry.get("bytes")
    if not isinstance(digest, str) or not _CHECKSUM.fullmatch(digest):
        raise ValueError(f"{path}: block {name!r} has no checksum.")
    if not file.endswith(f"-{digest[:16]}.safetensors"):
        raise ValueError(
            f"{path}: block {name!r} names the file {file!r}, which has the checksum "
            "of another; this manifest was not written by sklearn-geo."
        )
    if type(n_bytes) is not int or n_bytes < 0:
        raise ValueError(f"{path}: block {name!r} has no size.")


def check_place(path):
    """Refuse what is no plain file, and links that lead out of the folder."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is no plain file.")
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise ValueError(
            f"{path} is a link that leads out of its folder. Stores hold their files "
            "themselves; put the file in the place of the link."
        )


def check_written(folder, name, entry):
    """Refuse an entry whose file is not there, such as one of another machine."""
    path = folder / entry["file"]
    if not path.is_file() or path.stat().st_size != entry["bytes"]:
        raise ValueError(
            f"The file {path.name} of {name} is not in {folder}. If another machine "
            "wrote it, both need the same file system."
        )


def _file_names(folder):
    """Return the files that the manifest there names, if it is one."""
    try:
        manifest = _read_manifest(folder)
    except ValueError:
        return set()
    return {entry["file"] for entry in manifest["blocks"].values()}


def _clean(folder, keep):
    """Delete blocks that are not to be kept, and the parts of writers that died."""
    for path in folder.iterdir():
        is_block = _FILE_NAME.fullmatch(path.name) and path.name not in keep
        if is_block or is_part(path.name):
            _remove(path)


def _remove(path):
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        # Windows keeps what somebody has mapped; the next cleaning takes it.
        return


def _some(names):
    """Return names for a message: all, or the first of many."""
    names = list(names)
    if len(names) <= 20:
        return names
    return f"{names[:20]} and {len(names) - 20} others"
