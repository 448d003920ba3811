# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files of numpy that anybody may have written: mapped, never unpickled, checked."""

import math
import os
import tokenize

import numpy as np

__all__ = ["open_array"]

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_array(path):
    """Map a file of numpy (.npy) into memory, or say what is wrong with it.

    Nothing is read but the header, so a header that lies about the size takes no
    memory: what it says has to fit into the file.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    memmap or ndarray
        The array, read-only; what has no values cannot be mapped.

    Raises
    ------
    ValueError
        If it is something else: an archive, a pickle, a file that was cut off.

    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn_geo._array_files import open_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "places.npy"
    ...     np.save(path, [1.5, 2.5])
    ...     open_array(path).tolist()
    [1.5, 2.5]
    """
    try:
        with open(path, "rb") as file:
            n_bytes = os.fstat(file.fileno()).st_size
            dtype, shape, order = _read_header(file, n_bytes)
            offset = file.tell()
        needed = math.prod(shape) * dtype.itemsize
        if offset + needed > n_bytes:
            raise ValueError(
                f"it is {n_bytes:,} bytes long, and its header says {offset + needed:,}"
            )
        if needed:
            return np.memmap(path, dtype, "r", offset, shape, order)
        array = np.empty(shape, dtype)
    except (
        EOFError,
        IndexError,
        MemoryError,
        OverflowError,
        SyntaxError,
        tokenize.TokenError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            f"{path} is damaged or no array of numpy: {str(error)[:300].rstrip('.')}. "
            "Write it again with numpy.save, without objects in it."
        ) from error
    array.flags.writeable = False
    return array


def _read_header(file, n_bytes):
    """Return the dtype, shape and order of an array that can be mapped."""
    head = file.read(12)
    file.seek(0)
    # Since version 2 headers have any length, and numpy makes room for all of it.
    if head[6:7] > b"\x01" and int.from_bytes(head[8:12], "little") > n_bytes:
        raise ValueError("its header is longer than the file")
    version = np.lib.format.read_magic(file)
    if version not in _READERS:
        raise ValueError(f"its format version is {version}, which is not read")
    shape, is_fortran, dtype = _READERS[version](file)
    if dtype.hasobject:
        raise ValueError("it holds objects, which are code")
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"its shape is {shape!r:.60}")
    # Any number of these fits into a file; numpy makes text of one letter of each.
    if dtype.itemsize == 0 and math.prod(shape):
        raise ValueError(f"its {math.prod(shape):,} values have no bytes")
    return dtype, shape, "F" if is_fortran else "C"
