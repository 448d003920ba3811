# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One process at a time: a lock that ends with the process that holds it."""

import errno
import sys
import time
from contextlib import contextmanager

__all__ = ["locked"]

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_PAUSE = 0.05


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
    """
    with open(path, "ab") as file:
        held = _take(file, waiting)
        try:
            yield
        finally:
            if held:
                _lock(file, False)


def _take(file, waiting):
    """Wait for the lock; return False where there are no locks."""
    told = waiting is None
    while True:
        try:
            _lock(file, True)
        except OSError as error:
            if error.errno not in _BUSY:
                return False
        else:
            return True
        if not told:
            told = True
            waiting()
        time.sleep(_PAUSE)


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
