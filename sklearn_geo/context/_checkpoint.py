# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fit that survives: every finished zone is on disk at once."""

import os
import sys
import threading
import warnings
import weakref
from contextlib import contextmanager

from sklearn_geo._file_lock import try_lock
from sklearn_geo.context._fetch import folder_of
from sklearn_geo.context._zone_manifest import ZoneManifest
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import ZoneTable, write_zone
from sklearn_geo.nets import Store
from sklearn_geo.nets._store import check_written
from sklearn_geo.nets._strict_json import strict_json, to_json

__all__ = ["Checkpoint"]

_LOCK = "checkpoint.lock"


class Checkpoint:
    """The folder in which a fit keeps the zones that are finished.

    It is a zone store, that any process can read at any moment; a fit that was killed
    goes on with the zones that are not in it. One fit at a time uses a folder.

    Parameters
    ----------
    folder : str or path
        The folder; it is made if it is not there.

    fingerprint : mapping
        What decides the numbers of the fit: parameters, seed, a digest of the data.
        Only a fit with the same one goes on.

    kind : str
        Name of the class that reads the store.

    content : dict
        What that class needs, see :class:`ZoneManifest`.

    dtype : {"float32", "float16", "int8"}, default="float32"
        How weights are stored. Only "float32" gives the numbers of a fit without a
        checkpoint.

    resume : bool, default=False
        Go on with what is in the folder. Otherwise a checkpoint there is started over.
        A folder with anything else in it is refused.

    renew : callable, default=None
        Given fingerprint and content of a checkpoint, returns the fingerprint that its
        fit would have now: that of an older release may say less. None takes it as it
        is.
    """

    def __init__(
        self,
        folder,
        fingerprint,
        *,
        kind,
        content,
        dtype="float32",
        resume=False,
        renew=None,
    ):
        self.folder = folder_of(folder, "checkpoint_dir")
        self.kind = kind
        self.content = content
        self.dtype = dtype
        self._manifest = ZoneManifest(self.folder, kind, dtype)
        self._fingerprint = strict_json(to_json(dict(fingerprint)))
        self._renew = renew
        self._written, self._named = {}, {}
        self._lock, self._manifest_lock = threading.Lock(), threading.Lock()
        self._find(resume)  # so that nothing is written to a folder that is refused
        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._unlock = weakref.finalize(self, _release, _acquire(self.folder))
        try:
            store = self._find(resume)
            if store is not None and resume:
                self._take_up(store)
            self._write_manifest(finished=False, clean=True)
        except BaseException:
            self.close()
            raise

    def finished(self):
        """Return the records of the zones that are done, by ascending id."""
        with self._lock:
            records = [dict(each["record"]) for each in self._written.values()]
        return sorted(records, key=lambda record: record["id"])

    def add(self, zone_id, record, weights):
        """Put a zone on disk; when this returns, no kill takes it away.

        Several threads may add zones at the same time.

        Parameters
        ----------
        zone_id : int
            Id of the zone.

        record : mapping
            What is known of it, see :func:`checked_record`.

        weights : dict of str to ndarray
            Its weights.
        """
        with _told(self.folder):
            written = write_zone(self.folder, zone_id, record, weights, self.dtype)
        self.take(written)

    def take(self, written):
        """Name a zone that was written by another process.

        Parameters
        ----------
        written : dict
            What :func:`write_zone` returned there, for this folder and dtype.
        """
        zone_id, name = written["record"]["id"], written["record"]["name"]
        check_written(self.folder, f"zone {name}", written["entry"])
        with self._lock:
            self._written[zone_id] = written
        with self._manifest_lock:
            # Another thread may have named it while this one waited.
            if self._named.get(zone_id) is not written:
                self._write_manifest(finished=False)

    def shelf(self, shapes, *, max_loaded_zones=8):
        """Return the zones that are done, loaded from the folder when needed.

        Parameters
        ----------
        shapes, max_loaded_zones
            See :class:`ZoneShelf`.

        Returns
        -------
        ZoneShelf
            The zones.
        """
        store = Store(self.folder, kind=self.kind)
        return ZoneShelf(store, shapes, max_loaded_zones=max_loaded_zones)

    def finish(self, content=None):
        """Say that the fit is done, and clean the folder.

        Parameters
        ----------
        content : dict or None, default=None
            What the manifest says from now on, None for what it says.
        """
        if content is not None:
            self.content = content
        with self._manifest_lock:
            self._write_manifest(finished=True, clean=True)

    def close(self):
        """Let another fit use the folder."""
        self._unlock()

    def __enter__(self):
        """Return the checkpoint, to be closed at the end."""
        return self

    def __exit__(self, *error):
        """Close the checkpoint."""
        self.close()

    def _write_manifest(self, *, finished, clean=False):
        """Name what is written; a clean folder has nothing else."""
        with self._lock:
            written = dict(self._written)
        for zone_id, zone in written.items():
            if self._named.get(zone_id) is not zone:
                self._manifest.name(zone)
        checkpoint = {"fingerprint": self._fingerprint, "finished": finished}
        write = self._manifest.write_clean if clean else self._manifest.write
        with _told(self.folder):
            write(self.content, checkpoint)
        self._named = written

    def _find(self, resume):
        """Return the store in the folder, None if it is empty, or refuse it."""
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"checkpoint_dir: {self.folder} is no folder.")
        if not self.folder.exists() or not _others(self.folder):
            return None
        try:
            store = Store(self.folder, kind=self.kind)
            theirs = ZoneTable(store).checkpoint
        except ValueError as error:
            raise ValueError(
                f"checkpoint_dir: {self.folder} is not empty and holds no checkpoint "
                f"({error}) Pass a new folder, or empty this one."
            ) from error
        if not isinstance(theirs, dict) or "fingerprint" not in theirs:
            raise ValueError(
                f"checkpoint_dir: {self.folder} holds a {self.kind} that was saved, "
                "not a checkpoint. Pass a new folder."
            )
        fingerprint = theirs["fingerprint"]
        if self._renew is not None:
            fingerprint = self._renew(fingerprint, store.content)
        if resume and fingerprint != self._fingerprint:
            raise ValueError(
                f"checkpoint_dir: {self.folder} is the checkpoint of another fit: "
                f"{_difference(fingerprint, self._fingerprint)}. Pass a new "
                "folder, or resume=False to start this one over."
            )
        return store

    def _take_up(self, store):
        table, entries = ZoneTable(store), store.entries
        if table.dtype != self.dtype:
            raise ValueError(
                f"checkpoint_dir: {self.folder} has zones in {table.dtype}, not in "
                f"{self.dtype}."
            )
        for zone_id, block in table.blocks.items():
            record = table.records[zone_id]
            try:
                store.open(block)
            except ValueError as error:
                warnings.warn(
                    f"Zone {record['name']} is trained again: {error}", stacklevel=4
                )
                continue
            self._written[zone_id] = {"record": record, "entry": entries[block]}


@contextmanager
def _told(folder):
    """Say of an error of the disk what it means to a fit."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(
            error.errno,
            f"checkpoint_dir: {folder} cannot be written to: {error.strerror}. Zones "
            "that are finished are safe there. Make room, or give the right to write, "
            "and fit again with resume=True",
        ) from error


def _others(folder):
    """Say whether there is anything but the lock and what dead writers left."""
    return any(
        path.name != _LOCK and not path.name.startswith(".store-")
        for path in folder.iterdir()
    )


def _difference(theirs, ours):
    if not isinstance(theirs, dict):
        return "its fingerprint is no mapping"
    nothing = object()
    name = next(
        key
        for key in (*ours, *theirs)
        if theirs.get(key, nothing) != ours.get(key, nothing)
    )
    there, here = (
        _short(each[name]) if name in each else "not set" for each in (theirs, ours)
    )
    return f"{name} was {there} and is {here}"


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _acquire(folder):
    """Lock the folder for this process; the lock ends with it, however it ends."""
    # Not through a link of a stranger, which may lead anywhere.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(folder / _LOCK, flags, 0o666)
    # On Windows such folders are not locked.
    if sys.platform != "win32" and try_lock(handle) is False:
        os.close(handle)
        raise ValueError(
            f"checkpoint_dir: another fit is using {folder} now. Give each fit a "
            "folder of its own."
        )
    return handle


def _release(handle):
    os.close(handle)
