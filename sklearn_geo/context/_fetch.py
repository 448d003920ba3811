# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Stores on a web server: the manifest at once, the file of a zone when needed."""

import hashlib
import io
import os
import re
import warnings
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from sklearn_geo._links import is_link
from sklearn_geo._web import Bounded, RefusedError, import_pooch, stream
from sklearn_geo._whole_files import remove_parts, write_whole
from sklearn_geo.nets import Store
from sklearn_geo.nets._store import MANIFEST, parse_manifest

__all__ = ["FetchedStore", "folder_of", "open_store"]

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_MAX_MANIFEST = 1 << 28


def open_store(folder_or_url, revision=None, kind=None, *, cache_folder=None):
    """Open a store in a folder or on a web server.

    Parameters
    ----------
    folder_or_url : str or path
        A folder, or the address (http or https) of a folder.

    revision : str or None, default=None
        Name of a folder within it, such as "v1".

    kind : str or None, default=None
        What must be in the store, see :class:`Store`.

    cache_folder : str or path, default=None
        Where fetched files are kept. None is the folder that the environment variable
        SKLEARN_GEO_CACHE names, or the user's folder for such files.

    Returns
    -------
    Store
        The store. That of an address needs pooch.
    """
    if revision is not None and not (
        isinstance(revision, str) and _REVISION.fullmatch(revision)
    ):
        raise ValueError(
            f"revision={revision!r}: use the name of a folder: letters, digits, dots, "
            "hyphens and underscores, beginning with a letter or digit."
        )
    scheme = _URL.match(folder_or_url) if isinstance(folder_or_url, str) else None
    if scheme is None:
        folder = folder_of(folder_or_url, "The folder of a store")
        return Store(folder if revision is None else folder / revision, kind=kind)
    if scheme[1].lower() not in ("http", "https"):
        raise ValueError(
            f"{folder_or_url!r} is neither a folder nor the address of one: addresses "
            "begin with http:// or https://."
        )
    url = folder_or_url if revision is None else _within(folder_or_url, revision)
    return FetchedStore(url, kind=kind, cache_folder=cache_folder)


def folder_of(path, what):
    """Return a path to a folder of this machine, or say that it is none.

    Parameters
    ----------
    path : str or path
        What was given.

    what : str
        What it was given as, for messages.

    Returns
    -------
    Path
        The path.
    """
    if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
        raise ValueError(f"{what} must be a str or a path, not {path!r}.")
    if isinstance(path, str) and _URL.match(path):
        raise ValueError(
            f"{what} is {path!r}, an address. Zones are written to folders only; copy "
            "the folder to where others find it when it is whole."
        )
    return Path(path)


class FetchedStore(Store):
    """A store on a web server, whose files are fetched when they are first needed.

    Files are kept, and checked whenever they are opened; one that is damaged is
    fetched once more. Without a connection, the manifest that was fetched before is
    read.

    Parameters
    ----------
    url : str
        Address of the folder.

    kind : str or None, default=None
        What must be in it.

    cache_folder : str or path, default=None
        See :func:`open_store`.
    """

    def __init__(self, url, *, kind=None, cache_folder=None):
        parts = urlsplit(url)
        self.url = urlunsplit(parts._replace(path=parts.path.rstrip("/")))
        self.cache_folder = cache_folder
        folder = self._folder()
        self._fetch_manifest(folder)
        super().__init__(folder, kind=kind)

    def open(self, name):
        """Fetch a block if it is not there, and map its arrays into memory.

        Parameters
        ----------
        name : str
            Name of the block.

        Returns
        -------
        dict of str to ndarray
            Read-only arrays.
        """
        entry = self._blocks.get(name)
        if entry is None:
            return super().open(name)
        _check_kept(self.folder)
        path = self.folder / entry["file"]
        if path.exists():
            try:
                return self._open_file(entry)
            except ValueError:
                # The disk or a connection that broke: what the server has counts.
                pass
            # Not above: Windows deletes nothing that an error still holds.
            path.unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(
            path, lambda file: self._download(entry["file"], file, entry["bytes"])
        )
        try:
            return self._open_file(entry)
        except ValueError as error:
            why = str(error)
        path.unlink(missing_ok=True)
        raise ValueError(
            f"{_within(self.url, entry['file'])} is not the file that the manifest "
            f"there names: it is damaged, or was exchanged. ({why})"
        )

    def _folder(self):
        root = self.cache_folder or os.environ.get("SKLEARN_GEO_CACHE")
        root = Path(root or _pooch().os_cache("sklearn-geo")) / "stores"
        parts = urlsplit(self.url)
        words = re.sub(r"[^A-Za-z0-9]+", "-", f"{parts.hostname}{parts.path}")[:60]
        digest = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        return root / f"{words.strip('-')}-{digest}"

    def _fetch_manifest(self, folder):
        path, file = folder / MANIFEST, io.BytesIO()
        try:
            self._download(MANIFEST, file, _MAX_MANIFEST)
        except ConnectionError as error:
            if not path.exists():
                raise
            warnings.warn(
                f"{error} What was fetched from there before is used.", stacklevel=4
            )
            return
        address = _within(self.url, MANIFEST)
        try:
            text = file.getvalue().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{address} is no text, so it is no manifest.") from error
        parse_manifest(address, text)
        if _holds(path, file.getvalue()):
            return  # also where nothing can be written
        _check_kept(folder)
        folder.mkdir(parents=True, exist_ok=True)
        remove_parts(folder)
        write_whole(path, file.getvalue())

    def _download(self, name, file, n_bytes):
        """Write a file of the store, `n_bytes` of it at most."""
        _pooch()
        address = _within(self.url, name)
        try:
            stream(address, Bounded(file, n_bytes, address))
        except RefusedError as error:
            says = f"the server answers {error.answer}"
            if name == MANIFEST:
                raise ValueError(
                    f"{self.url} is no store: {says} for {name}."
                ) from error
            raise ValueError(
                f"The store {self.url} lacks its file {name}: {says}. If it was "
                "written again since it was opened, open it again."
            ) from error

    def __setstate__(self, state):
        """Look for the cache of the machine that this is on now."""
        self.__dict__.update(state)
        self.folder = self._folder()


def _check_kept(folder):
    """Refuse links within the cache; the cache itself may be one, which its owner made.

    What is written or deleted there would be so where they lead to.
    """
    for path in (folder.parent, folder):
        if is_link(path):
            raise ValueError(
                f"{path} is a link, and stores are kept in no folder that one leads "
                "to. Delete the link, or choose another cache: SKLEARN_GEO_CACHE says "
                "where it is."
            )


def _holds(path, data):
    """Say whether a file is there and has this content."""
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _within(url, name):
    """Return the address of a file in the folder at an address."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{name}"
    return urlunsplit(parts._replace(path=path))


def _pooch():
    return import_pooch("Fetching a store from an address", "A folder needs nothing.")
