# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One process at a time: a lock that ends with the process that holds it."""

import errno
import os
import sys
import threading
import time
from contextlib import contextmanager

from sklearn_geo._links import is_link, open_own

__all__ = ["folder_locked", "locked", "try_lock"]

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_PAUSE = 0.05
# The folders that a thread has locked.
_mine = threading.local()


@contextmanager
def locked(path, waiting=None):
    """Hold the lock of a file, after those who hold it now.

    The operating system releases it when the process ends, however it ends, so a
    process that was killed locks nobody out. Where the file system knows no locks,
    nothing is locked. The empty file stays.

    Parameters
    ----------
    path : path
        The file, which is made if it is not there.

    waiting : callable or None, default=None
        Called once if somebody else holds the lock.

    Raises
    ------
    ValueError
        If a link is in the place of the file: it would be made where that leads.
    """
    if is_link(path):
        raise ValueError(
            f"{path} is a link, and locks are made through none. Delete it."
        )
    with open_own(path) as file:
        held = _take(file, waiting)
        try:
            yield
        finally:
            if held:
                _lock(file, False)


@contextmanager
def folder_locked(folder):
    """Hold the lock of a folder, after those who hold it now, and leave no file.

    A thread that holds it may take it again. Where folders cannot be locked, as on
    Windows and some file systems of networks, nothing is locked.

    Parameters
    ----------
    folder : path
        The folder.

    Yields
    ------
    bool
        Whether it is locked.
    """
    # A process that was forked holds nothing.
    held, key = _mine.__dict__.setdefault(os.getpid(), set()), os.path.realpath(folder)
    handle = None if key in held else _open_folder(folder)
    if handle is None:
        yield key in held
        return
    locks = False
    try:
        locks = _take(handle, None)
        if locks:
            held.add(key)
        yield locks
    finally:
        held.discard(key)
        if locks:
            _lock(handle, False)
        os.close(handle)


def _open_folder(folder):
    """Return a handle of a folder, None where there is none."""
    if sys.platform == "win32":
        return None
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def try_lock(file):
    """Lock a file, unless somebody else holds its lock.

    Parameters
    ----------
    file : file or int
        An open file, or the handle of a file or folder. Closing it releases the lock.

    Returns
    -------
    bool or None
        Whether it is locked now; None where there are no locks.
    """
    try:
        _lock(file, True)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def _take(file, waiting):
    """Wait for the lock; return False where there are no locks."""
    told = waiting is None
    while (held := try_lock(file)) is False:
        if not told:
            told = True
            waiting()
        time.sleep(_PAUSE)
    return held is True


if sys.platform == "win32":
    import msvcrt

    def _lock(file, hold):
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK if hold else msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file, hold):
        # Not lockf, which two threads of one process would both get.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if hold else fcntl.LOCK_UN)
