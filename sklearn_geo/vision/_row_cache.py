# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a network said of photos, on disk: found again by photo, safe against kills.

A cache is a folder. Every network, with the settings it is asked with, has a folder of
its own in there, so that answers of two networks never mix. In it a manifest says whose
answers they are, and files of safetensors hold rows beside the keys of their photos.
Files are found by listing the folder: any number of processes may add some at the same
time, and what a killed one has written stays good.
"""

import hashlib
import re
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sklearn_geo._links import is_link
from sklearn_geo._whole_files import remove_parts
from sklearn_geo.nets import Store, write_block, write_manifest
from sklearn_geo.nets._mapped_arrays import checksum, map_file, mapped_arrays
from sklearn_geo.nets._store import check_place
from sklearn_geo.nets._strict_json import strict_json, to_json

__all__ = ["KEY_BYTES", "RowCache", "digest_of", "key_of"]

KEY_BYTES = 16
_KIND = "PosteriorTransformer cache"
_FILE = re.compile(r"rows-([0-9a-f]{16})\.safetensors")
# Rows are written this often, so that a kill costs little, and in files of this size.
_ROWS_A_FILE, _SECONDS_BETWEEN_FILES = 4096, 10.0
# Answers of one network may differ by this much from device to device.
_TOLERANCE = 0.02


def key_of(*parts):
    """Return the key of a photo: 16 bytes that change with any of its parts."""
    digest = hashlib.blake2b(digest_size=KEY_BYTES)
    for part in parts:
        part = part if isinstance(part, (bytes, memoryview)) else str(part).encode()
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def digest_of(settings):
    """Return 16 hexadecimal digits that change with any of the settings."""
    return hashlib.sha256(to_json(settings).encode()).hexdigest()[:16]


class RowCache:
    """The rows of one network in a cache.

    Parameters
    ----------
    folder : str or path
        The cache. It is made if it is not there.

    settings : dict
        What decides the rows; JSON. Other settings have another folder.

    probe : ndarray of shape (n_columns,)
        What the network says of one picture that never changes. Layers and weights do
        not tell what a `forward` written by hand does with them; this does.
    """

    def __init__(self, folder, settings, probe):
        self.cache = Path(folder)
        self.folder = self.cache / f"posteriors-{digest_of(settings)}"
        self.n_columns = len(probe)
        self._where = {}  # key -> (file or None, position)
        self._mapped, self._checked, self._seen = {}, set(), set()
        self._keys, self._rows = [], []
        self._last = time.monotonic()
        self._alone = threading.RLock()  # several threads may share a transformer
        self._open(settings, np.asarray(probe, dtype=np.float32))
        self.refresh()

    def _open(self, settings, probe):
        """Check whose answers the folder holds, or write that down."""
        for folder in (self.cache, self.folder):
            if folder.exists() and not folder.is_dir():
                raise ValueError(
                    f"cache: {folder} is no folder, so it cannot be written to. Choose "
                    "another."
                )
        if is_link(self.folder):
            # The cache itself may be one, which whoever named it has chosen.
            raise ValueError(
                f"cache: {self.folder} is a link, and rows are written and deleted in "
                "no folder that one leads to. Delete the link, or choose another cache."
            )
        remove_parts(self.folder)
        try:
            store = Store(self.folder, kind=_KIND)
            before = store.load("probe")["outputs"]
        except (ValueError, KeyError) as error:
            if (self.folder / "manifest.json").exists():
                what = f"The manifest of {self.folder} is damaged, and written again"
                _say(what, error)
            with self._told():
                entry = write_block(self.folder, "probe", {"outputs": probe})
                write_manifest(self.folder, _KIND, settings, {"probe": entry})
            return
        if store.content != strict_json(to_json(settings)):
            raise ValueError(
                f"cache: {self.folder} holds the answers of another network, or to "
                "other settings: it was copied or renamed. Delete it, or choose "
                "another cache."
            )
        off = np.inf
        if before.shape == probe.shape:
            with np.errstate(invalid="ignore"):  # NaN is refused as another answer is
                off = np.abs(before - probe).max()
        if not off <= _TOLERANCE * max(float(np.abs(probe).max()), 1e-12):
            raise ValueError(
                f"cache: {self.folder} holds the answers of a network with the same "
                "layers and weights, which says something else of the same picture: "
                "the code of its forward was changed. Delete that folder, or choose "
                "another cache."
            )

    def refresh(self):
        """Take notice of files that were written since, by this process or another."""
        with self._alone:
            for path in sorted(self.folder.iterdir()):
                if path.name not in self._seen and _FILE.fullmatch(path.name):
                    self._seen.add(path.name)
                    self._take(path)

    def _take(self, path):
        try:
            arrays = self._map(path)
        except (ValueError, OSError) as error:
            self._drop(path.name, error)
            return
        self._mapped[path.name] = arrays
        # Keys are taken before the checksum is made: a damaged one finds nothing.
        for position, key in enumerate(arrays["keys"]):
            self._where[key.tobytes()] = (path.name, position)

    def _map(self, path):
        check_place(path)
        if not path.stat().st_size:
            raise ValueError("it is empty")
        data = map_file(path)
        arrays = mapped_arrays(data)
        keys, rows = arrays.get("keys"), arrays.get("rows")
        if (
            keys is None
            or rows is None
            or (keys.dtype, rows.dtype) != (np.uint8, np.float32)
            or keys.shape != (len(rows), KEY_BYTES)
            or rows.shape != (len(keys), self.n_columns)
        ):
            raise ValueError("it does not hold rows of this network")
        return {"data": data, "keys": keys, "rows": rows}

    def __contains__(self, key):
        return key in self._where

    def get(self, key):
        """Return the row of a photo, or None if it turns out to be damaged."""
        with self._alone:
            name, position = self._where.get(key, ("", 0))
            if name is None:
                return self._rows[position]
            if name not in self._mapped:  # dropped since it was found
                return None
            if name not in self._checked:
                digest = checksum(self._mapped[name]["data"])[:16]
                if digest != _FILE.fullmatch(name).group(1):
                    self._drop(name, "its checksum is another")
                    return None
                if not np.isfinite(self._mapped[name]["rows"]).all():
                    self._drop(name, "it holds numbers that are not finite")
                    return None
                self._checked.add(name)
            return self._mapped[name]["rows"][position]

    def _drop(self, name, why):
        """Forget a damaged file, and delete it."""
        self._where = {k: at for k, at in self._where.items() if at[0] != name}
        self._mapped.pop(name, None)
        _say(
            f"{self.folder / name} is damaged and deleted; the photos in it are shown "
            "to the network again",
            why,
        )
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError:  # somebody has it open; it is not read any more
            return

    def add(self, keys, rows):
        """Keep rows; they are written together with others."""
        with self._alone:
            for key, row in zip(keys, rows, strict=True):
                self._where[key] = (None, len(self._rows))
                self._keys.append(key)
                self._rows.append(row)
            late = time.monotonic() - self._last >= _SECONDS_BETWEEN_FILES
            if late or len(self._rows) >= _ROWS_A_FILE:
                self.flush()

    def flush(self):
        """Write the rows that are not written yet."""
        with self._alone:
            self._last = time.monotonic()
            if not self._rows:
                return
            keys = np.frombuffer(b"".join(self._keys), dtype=np.uint8)
            arrays = {
                "keys": keys.reshape(-1, KEY_BYTES),
                "rows": np.stack(self._rows).astype(np.float32, copy=False),
            }
            with self._told():
                name = write_block(self.folder, "rows", arrays)["file"]
            self._keys, self._rows = [], []
            self._seen.discard(name)
            self.refresh()

    @contextmanager
    def _told(self):
        """Say of an error of the disk that it is the cache's."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"cache: {self.folder} cannot be written to: {error.strerror}. Choose "
                "another folder, or make room",
            ) from error


def _say(what, why):
    warnings.warn(f"{what}: {str(why).rstrip('.')}.", stacklevel=3)
