# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A corpus as a folder: a file an array, and the manifest that names them, last."""

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from sklearn_geo._array_files import open_array
from sklearn_geo._file_lock import folder_locked
from sklearn_geo._whole_files import is_part, write_whole
from sklearn_geo.nets._store import check_place

__all__ = ["read_corpus", "write_corpus"]

_FORMAT = "sklearn-geo GeoTagCorpus"
# Version 1 had no checksums in the names of files.
_VERSION = 2
_MANIFEST = "corpus.json"

# The arrays a corpus is made of, and whether every corpus has them.
_ARRAYS = {
    "places": True,
    "tags_data": True,
    "tags_indices": True,
    "tags_indptr": True,
    "features": False,
    "group_values": False,
    "group_codes": False,
}
# A file of one of them. Its content is in its name, so it is never written over.
_FILE = re.compile(rf"({'|'.join(_ARRAYS)})-[0-9a-f]{{16}}\.npy")


def write_corpus(folder, content, arrays):
    """Write a corpus, and the name of it in one step at the end.

    Parameters
    ----------
    folder : str or path
        The folder; it is made if it is not there.

    content : dict
        What the manifest says beside the files.

    arrays : dict of str to ndarray or None
        The arrays; None is none.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with folder_locked(folder):
        before = _files_of(folder)
        files = {
            name: _write_array(folder, name, array)
            for name, array in arrays.items()
            if array is not None
        }
        head = {"format": _FORMAT, "version": _VERSION}
        text = json.dumps({**head, **content, "arrays": files}, indent=1)
        write_whole(folder / _MANIFEST, text.encode("utf-8"))
        # Files of the corpus before stay for its readers; older ones go.
        _clean(folder, before | {entry["file"] for entry in files.values()})


def read_corpus(folder, mmap_mode, verify):
    """Read what the manifest says, and the arrays.

    Parameters
    ----------
    folder : str or path
        The folder.

    mmap_mode : {"r", None}
        As of :func:`numpy.load`.

    verify : bool
        Whether checksums are compared.

    Returns
    -------
    manifest : dict
        What the manifest says.

    arrays : dict of str to ndarray or None
        The arrays.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder)
    arrays = {
        name: _read_array(folder, name, manifest, mmap_mode, verify) for name in _ARRAYS
    }
    return manifest, arrays


def _files_of(folder):
    """Return the files of the corpus in a folder, or refuse what is none."""
    if (folder / _MANIFEST).exists():
        try:
            arrays = _read_manifest(folder)["arrays"]
        except ValueError:  # damaged: it is written anew
            return set()
        return {_file_of(name, entry) for name, entry in arrays.items()}
    ours = [_is_ours(path.name) for path in folder.iterdir()]
    if not all(ours):  # some is what a save that was killed has left
        raise FileExistsError(
            f"{folder} holds files, but no corpus. Save to a folder that is new or "
            "empty."
        )
    return set()


def _is_ours(name):
    return is_part(name) or _FILE.fullmatch(name) is not None


def _write_array(folder, name, array):
    """Write an array to a file; return what the manifest has to say about it."""
    digest = hashlib.sha256()
    _write_to(digest.update, array)
    file = f"{name}-{digest.hexdigest()[:16]}.npy"
    write_whole(folder / file, lambda out: _write_to(out.write, array))
    return {"file": file, "sha256": digest.hexdigest(), "dtype": array.dtype.str}


def _write_to(write, array):
    """Hand the bytes of a file of numpy on, part by part.

    To what it knows as a file numpy writes by itself, and does not hear that the disk
    is full where that comes out as the file is closed.
    """
    np.lib.format.write_array(SimpleNamespace(write=write), array, allow_pickle=False)


def _clean(folder, keep):
    """Delete what neither the corpus there nor the one before it needs."""
    old = {f"{name}.npy" for name in _ARRAYS}  # of version 1
    for path in folder.iterdir():
        if path.name not in keep and (_is_ours(path.name) or path.name in old):
            path.unlink(missing_ok=True)


def _file_of(name, entry):
    """Return the file of an array, which lies in the folder and nowhere else."""
    return entry.get("file", f"{name}.npy")


def _checksum(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _read_manifest(folder):
    path = folder / _MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no corpus in {folder}: {_MANIFEST} is missing. "
            "GeoTagCorpus.save(folder) writes one."
        )
    check_place(path)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        known = manifest["format"] == _FORMAT
        complete = all(
            type(manifest[key]) is int for key in ("version", "n_photos", "n_tags")
        )
        complete &= all(
            isinstance(entry["sha256"], str)
            and ("file" not in entry or _FILE.fullmatch(entry["file"]) is not None)
            for name, entry in manifest["arrays"].items()
        )
        names = manifest["tag_names"]
        complete &= names is None or (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        )
    except (
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(f"{path} is damaged or describes no corpus.") from error
    if not (known and complete):
        raise ValueError(f"{path} is damaged or describes no corpus.")
    if manifest["version"] > _VERSION:
        raise ValueError(
            f"{path} was written by a later version of sklearn-geo (format "
            f"{manifest['version']}, this one reads up to {_VERSION}). Upgrade."
        )
    return manifest


def _read_array(folder, name, manifest, mmap_mode, verify):
    entry = manifest["arrays"].get(name)
    if entry is None:
        if _ARRAYS[name]:
            raise ValueError(f"The corpus in {folder} is damaged: it has no {name}.")
        return None
    path = folder / _file_of(name, entry)
    if not path.is_file():
        raise FileNotFoundError(
            f"The corpus in {folder} is incomplete: no {path.name}."
        )
    check_place(path)
    if verify and _checksum(path) != entry["sha256"]:
        raise ValueError(
            f"{path} is damaged: it is not the file that was saved. Save the corpus "
            "again."
        )
    array = open_array(path)
    return np.array(array) if mmap_mode is None else array
