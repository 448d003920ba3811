# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Archives unpacked into a folder, and nowhere else."""

import errno
import glob
import gzip
import hashlib
import lzma
import os
import re
import secrets
import shutil
import struct
import tarfile
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath

from sklearn_geo._file_lock import folder_locked
from sklearn_geo.datasets._tar_files import tar_files
from sklearn_geo.datasets._zip_files import open_member

__all__ = ["unpacked"]

_PIECE = 1 << 20
_TAIL = 1 << 16
# What the readers of archives raise where one is damaged, or made to break them.
_BROKEN = (
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    UnicodeError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
# Errors of the disk that are about a name, not about the disk.
_NAMES = (
    errno.EEXIST,
    errno.EINVAL,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
)
# Data sets have thousands; as many empty ones as fit would fill the disk's list.
_MOST_FILES = 1 << 18
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
    folder = _folder_of(archive)
    if folder.is_dir():
        return folder
    part = archive.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    # Of several processes one unpacks, and the others find what it did.
    with folder_locked(archive.parent) as alone:
        if folder.is_dir():
            return folder
        if alone:  # so these are of processes that were killed
            name = folder.name[:-16]  # of what the archive was at that time
            dead_ones = f".{glob.escape(name)}{'?' * 16}-{'?' * 8}"
            for dead in archive.parent.glob(dead_ones):
                shutil.rmtree(dead, ignore_errors=True)
        try:
            _unpack(archive, part, max_bytes)
            _rename(part, folder)
        except _BROKEN as error:
            raise _damaged(archive, error) from error
        except ValueError as error:
            if str(archive) in str(error):
                raise
            raise _damaged(archive, error) from error
        except OSError as error:
            if error.errno is None or error.errno in _NAMES:
                raise _damaged(archive, error) from error
            raise OSError(error.errno, error.strerror, str(folder)) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _folder_of(archive):
    """Return where an archive is unpacked: elsewhere if it is another, or changes.

    To look through all of it would take as long as to unpack it. At the end are the
    checksums of what is in it, for disks whose clocks are slow.
    """
    with open(archive, "rb") as file:
        about = os.fstat(file.fileno())
        file.seek(max(0, about.st_size - _TAIL))
        tail = file.read(_TAIL)
    seen = (archive.name, about.st_size, about.st_mtime_ns, tail)
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()
    return archive.with_name(f"{archive.name.partition('.')[0]}-{digest[:16]}")


def _rename(part, folder):
    try:
        part.rename(folder)
    except OSError:
        # Another process was faster, where there are no locks, with the same files.
        if not folder.is_dir():
            raise


def _damaged(archive, error):
    why = f"{error}"[:300].rstrip(".") or type(error).__name__
    return ValueError(f"{archive} is damaged or breaks off ({why}). Delete it.")


def _unpack(archive, folder, max_bytes):
    """Write the files of an archive, one after the other."""
    folder.mkdir()
    left = max_bytes
    for number, (name, open_file) in enumerate(_members(archive, max_bytes)):
        if number == _MOST_FILES:
            raise ValueError(
                f"{archive} has more than {_MOST_FILES:,} files in it. Nothing of it "
                "is unpacked."
            )
        path = folder / _inside(archive, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Counted while it is written: the sizes in an archive may be lies.
        with open_file() as source, open(path, "wb") as file:
            while data := source.read(_PIECE):
                left -= len(data)
                if left < 0:
                    raise ValueError(
                        f"{archive} has more in it than the {max_bytes} bytes that it "
                        "may have. Nothing of it is unpacked."
                    )
                file.write(data)


def _members(archive, max_bytes):
    """Yield the names of the files, and what opens each."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                # The upper half of these attributes is the file mode of Unix.
                kind = entry.external_attr >> 28
                if not entry.filename.endswith("/") and kind in (0, 0o10):
                    yield entry.filename, partial(_open, archive, opened, entry)
        return
    with open(archive, "rb") as file:
        compressed = file.peek(2)[:2] == b"\x1f\x8b"
    with (gzip.open if compressed else open)(archive, "rb") as file:
        most = _MOST_FILES
        raw = _Counted(file, archive, 2 * max_bytes + 2048 * (10 + most))
        # Long names are entries of their own.
        for name, data in tar_files(
            raw, archive, max_bytes=max_bytes, most=4 * (10 + most)
        ):
            yield name, lambda data=data: data
        # The checksum comes last, after what tar wants to know.
        while raw.read(_PIECE):
            pass


def _open(archive, opened, entry):
    """Open a member of a zip archive, or say how it can be read."""
    try:
        return open_member(opened, entry)
    except NotImplementedError as error:
        raise ValueError(
            f"{archive} has a file {entry.filename!r:.200} that is compressed in a way "
            f"that is not undone here ({error}). Nothing of it is unpacked. Unpack it "
            "with another program, and pack it again as zip programs do by themselves "
            "(deflate)."
        ) from None


class _Counted:
    """A file of which no more is read than there can be."""

    def __init__(self, file, archive, left):
        self.file, self.archive, self.left = file, archive, left

    def read(self, n_bytes):
        """Read, and count what is decompressed."""
        data = self.file.read(n_bytes)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError(
                f"{self.archive} has more in it than it may have, in what are no files."
                " Nothing of it is unpacked."
            )
        return data


def _inside(archive, name):
    """Return a name as a path within a folder, or refuse it."""
    path = PurePosixPath(name)
    if not path.parts:
        raise ValueError(f"{archive} has a file without a name. Do not trust it.")
    if path.is_absolute() or ".." in path.parts or _STRANGE.search(name):
        raise ValueError(
            f"{archive} has a file {name!r:.200}, which leads out of the folder that "
            "it is unpacked in. Nothing of it is unpacked; do not trust it."
        )
    return Path(*path.parts)
