# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zip archives of strangers, and their members in bounded memory."""

import struct
import zipfile
from contextlib import contextmanager

from sklearn_geo.datasets._report import DataFileError

__all__ = ["open_member", "open_zip"]

_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHERS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}


@contextmanager
def open_zip(path):
    """Open a zip archive, or say that it is damaged.

    Parameters
    ----------
    path : str or path
        The archive.

    Yields
    ------
    ZipFile
        It, opened.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (
        NotImplementedError,
        OverflowError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
    ) as error:
        problem = f"the zip archive is damaged ({error!s:.200})"
        raise DataFileError(path, None, problem, remedy="Download it again.") from error
    with archive:
        yield archive


def open_member(archive, entry):
    """Open a member of a zip archive, if it is read in bounded memory.

    Of what deflate has compressed Python undoes as much as is asked for. Of all else it
    undoes some KB at once, whatever becomes of them: 1 KB of bzip2 becomes 2 GB.

    Parameters
    ----------
    archive : ZipFile
        The archive, opened.

    entry : ZipInfo
        The member.

    Returns
    -------
    file
        What is in it.

    Raises
    ------
    NotImplementedError
        If it is compressed in another way, of which this is the name.
    """
    kind = entry.compress_type
    if kind not in _READ:
        raise NotImplementedError(_OTHERS.get(kind, f"compression type {kind}"))
    return archive.open(entry)
