# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files of one name: copies of each other, or other data."""

import os
from pathlib import Path

from sklearn_geo.datasets._report import DataFileError
from sklearn_geo.datasets._zip_files import open_zip

__all__ = ["alike", "check_copy"]


def check_copy(file, other):
    """Refuse a file that is called like another one and is no copy of it.

    Parameters
    ----------
    file : DataFile
        The one that is read.

    other : DataFile
        The other one. What is not :func:`alike` passes, as does what is as long.
    """
    if alike(file, [other]) and _size(other) != _size(file):
        raise DataFileError(
            file,
            None,
            f"{other} has the same name and another size",
            remedy="Take one of them away, or pass the path of the one that is meant.",
        )


def alike(file, others):
    """Return those of other files that are packed and compressed as a file is."""
    return [other for other in others if _form(other) == _form(file)]


def _form(file):
    """Return whether a file is in an archive, and how it is compressed."""
    path = file.path if file.member is None else file.member
    return file.member is None, Path(path).suffix.lower()


def _size(file):
    if file.member is None:
        return os.path.getsize(file.path)
    with open_zip(file.path) as archive:
        return archive.getinfo(file.member).file_size
