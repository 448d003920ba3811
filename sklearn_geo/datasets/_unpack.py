# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Archives unpacked into a folder, and nowhere else."""

import glob
import gzip
import re
import secrets
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from sklearn_geo._file_lock import folder_locked

__all__ = ["unpacked"]

_PIECE = 1 << 20
_BROKEN = (
    EOFError,
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_STRANGE = re.compile(r"[\\:\0]")


def unpacked(archive, *, max_bytes):
    """Return the folder of what is in a zip or tar archive, unpacked now or before.

    The folder stands beside the archive, and appears under its name only when all is
    in it. Links and what else is neither file nor folder are left out.

    Parameters
    ----------
    archive : Path
        The archive.

    max_bytes : int
        What all files together may have.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If a name in the archive leads out of the folder, if there is too much, or if
        the archive is damaged.
    """
    # So what another archive of this name left is not taken for it.
    size = archive.stat().st_size
    folder = archive.with_name(f"{archive.name.partition('.')[0]}-{size}")
    if folder.is_dir():
        return folder
    part = archive.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    # Of several processes one unpacks, and the others find what it did.
    with folder_locked(archive.parent) as alone:
        if folder.is_dir():
            return folder
        if alone:  # so these are of processes that were killed
            for dead in archive.parent.glob(f".{glob.escape(folder.name)}-????????"):
                shutil.rmtree(dead, ignore_errors=True)
        try:
            _unpack(archive, part, max_bytes)
            _rename(part, folder)
        except _BROKEN as error:
            raise ValueError(
                f"{archive} is damaged or breaks off ({error}). Delete it."
            ) from error
        except OSError as error:
            if error.errno is None:
                raise
            raise OSError(error.errno, error.strerror, str(folder)) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _rename(part, folder):
    try:
        part.rename(folder)
    except OSError:
        # Another process was faster, where there are no locks, with the same files.
        if not folder.is_dir():
            raise


def _unpack(archive, folder, max_bytes):
    """Write the files of an archive, one after the other."""
    folder.mkdir()
    left = max_bytes
    for name, open_member in _members(archive):
        path = folder / _inside(archive, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Counted while it is written: the sizes in an archive may be lies.
        with open_member() as source, open(path, "wb") as file:
            while data := source.read(_PIECE):
                left -= len(data)
                if left < 0:
                    raise ValueError(
                        f"{archive} has more in it than the {max_bytes} bytes that it "
                        "may have. Nothing of it is unpacked."
                    )
                file.write(data)


def _members(archive):
    """Yield the names of the files, and what opens each."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                # The upper half of these attributes is the file mode of Unix.
                kind = entry.external_attr >> 28
                if not entry.is_dir() and kind in (0, 0o10):
                    yield entry.filename, lambda entry=entry: opened.open(entry)
        return
    with open(archive, "rb") as file:
        compressed = file.peek(2)[:2] == b"\x1f\x8b"
    with (gzip.open if compressed else open)(archive, "rb") as raw:
        with tarfile.open(fileobj=raw, mode="r|") as opened:
            for entry in opened:
                if entry.isfile():
                    yield entry.name, lambda entry=entry: opened.extractfile(entry)
        # The checksum comes last, after what tar wants to know.
        while raw.read(_PIECE):
            pass


def _inside(archive, name):
    """Return a name as a path within a folder, or refuse it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or _STRANGE.search(name):
        raise ValueError(
            f"{archive} has a file {name!r}, which leads out of the folder that it is "
            "unpacked in. Nothing of it is unpacked; do not trust it."
        )
    return Path(*path.parts)
