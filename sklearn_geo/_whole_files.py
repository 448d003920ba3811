# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all, and what is left of writers that died."""

import os
import secrets
import sys
import time
from pathlib import Path

from sklearn_geo._file_lock import try_lock

__all__ = ["is_part", "remove_parts", "write_whole"]

_PART = (".store-", ".part")
# Where nothing says whether the writer of a part lives, it is given so many seconds.
_PATIENCE = 3600.0
# Windows lets nobody read or rename what is locked.
_LOCKS = sys.platform != "win32"


def write_whole(path, write):
    """Write a file in one step: it is there whole or not at all.

    Parameters
    ----------
    path : path
        The file.

    write : bytes or callable
        What to write, or what writes to the file that it is given.

    Raises
    ------
    OSError
        What the system says, with the name of the file; what was there before stays.
    """
    path = Path(path)
    try:
        while not _written(path, write):
            pass
    except OSError as error:
        if error.errno is None:  # not of the system
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def remove_parts(folder):
    """Delete what writers that died have left in a folder, if anything.

    Parameters
    ----------
    folder : path
        The folder. Parts that are being written, and all other files, stay.
    """
    try:
        # Pipes, which would be waited for, and links are nobody's parts.
        names = [
            entry.name
            for entry in os.scandir(folder)
            if is_part(entry.name) and entry.is_file(follow_symlinks=False)
        ]
    except OSError:  # there is no such folder, or it is nobody's to read
        return
    for name in names:
        try:
            _remove_if_dead(Path(folder) / name)
        except OSError:  # gone, or not ours to delete
            continue


def is_part(name):
    """Say whether a file of this name is not whole yet."""
    return name.startswith(_PART[0]) and name.endswith(_PART[1])


def _written(path, write):
    """Write a file; return False if it has to be tried again."""
    part = path.with_name(f"{_PART[0]}{secrets.token_hex(8)}{_PART[1]}")
    try:
        # "x": never over another's; its permissions are those of any new file.
        with open(part, "xb") as file:
            if not _is_ours(file, part):
                return False
            write(file) if callable(write) else file.write(write)
            file.flush()
            os.fsync(file.fileno())
            if _LOCKS:
                os.replace(part, path)  # while it is locked
                return True
        os.replace(part, path)  # Windows renames nothing that is open
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True


def _is_ours(file, part):
    """Lock a part that was just made; return False if somebody swept it away."""
    held = try_lock(file) if _LOCKS else None
    if held is None:
        return True
    if not held:
        return False
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(part))
    except FileNotFoundError:
        return False


def _remove_if_dead(part):
    """Delete a part whose writer does not hold its lock any more."""
    with open(part, "rb") as file:
        held = try_lock(file) if _LOCKS else None
        old = time.time() - os.fstat(file.fileno()).st_mtime > _PATIENCE
        if held:
            part.unlink(missing_ok=True)
    if held is None and old:
        part.unlink(missing_ok=True)
