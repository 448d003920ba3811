# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A safetensors file as arrays that are mapped, not read, after its checksum is made.

The layout is public: eight bytes with the length of a header, the header in JSON, then
the arrays one after the other. It is read here, and not by the package, because a
mapped file costs no copy, and a header that lies has to be told, not trusted.
"""

import hashlib
import math
import mmap
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sklearn_geo._numbers import reject_masked
from sklearn_geo.nets._strict_json import strict_json

__all__ = ["checksum", "map_file", "mapped_arrays", "readable_arrays"]

_PIECE = 1 << 20
# More threads than this are not faster than the memory that they read.
_MAX_THREADS = 8
_MAX_HEADER = 100_000_000
_MAX_NDIM = 32
_METADATA = "__metadata__"
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_READ = {np.dtype(text) for text in _DTYPES.values()}


def checksum(data):
    """Return the checksum of a file, made on all cores.

    It is the SHA-256 of the SHA-256 digests of its pieces of 2**20 bytes.

    Parameters
    ----------
    data : buffer
        The bytes of the file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with memoryview(data) as view:
        starts = range(0, len(view), _PIECE)

        def digest(start):
            with view[start : start + _PIECE] as piece:
                return hashlib.sha256(piece).digest()

        n_threads = min(len(starts), _n_cores(), _MAX_THREADS)
        if n_threads < 2:
            digests = map(digest, starts)
            return hashlib.sha256(b"".join(digests)).hexdigest()
        with ThreadPoolExecutor(n_threads) as threads:
            digests = threads.map(digest, starts)
            return hashlib.sha256(b"".join(digests)).hexdigest()


def readable_arrays(name, arrays):
    """Return arrays as they are written, or refuse those that could not be read back.

    Parameters
    ----------
    name : str
        The block that they are of, for errors.

    arrays : mapping of str to array-like
        The arrays.

    Returns
    -------
    dict of str to ndarray
        The same, row after row in memory.
    """
    plain = {}
    for key, array in arrays.items():
        if not isinstance(key, str) or key == _METADATA:
            raise ValueError(
                f"Block {name!r}: {key!r} is no name of an array. Use text other than "
                f"{_METADATA!r}, which files keep for themselves."
            )
        reject_masked(array, f"Block {name!r}, array {key!r}")
        array = np.asarray(array, order="C")
        if array.dtype.newbyteorder("<") not in _READ or array.ndim > _MAX_NDIM:
            raise ValueError(
                f"Block {name!r}, array {key!r}: {array.dtype} in {array.ndim} "
                "dimensions could not be read back. Stores hold real numbers of up to "
                f"64 bits and booleans, in up to {_MAX_NDIM} dimensions."
            )
        plain[key] = array
    return plain


def map_file(path):
    """Map a file into memory, such that the file itself cannot be written through it.

    Parameters
    ----------
    path : path
        A file that is not empty.

    Returns
    -------
    mmap
        Its bytes. Pages that are written become private to the process.
    """
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def mapped_arrays(data):
    """Return the arrays of a safetensors file, as read-only views of its bytes.

    Parameters
    ----------
    data : buffer
        The bytes of the file.

    Returns
    -------
    dict of str to ndarray
        The arrays.

    Raises
    ------
    ValueError
        If it is no such file, or if its header says what cannot be.
    """
    n_header = int.from_bytes(data[:8], "little")
    if len(data) < 8 or n_header > min(len(data) - 8, _MAX_HEADER):
        raise ValueError("its header is longer than the file")
    try:
        header = strict_json(bytes(data[8 : 8 + n_header]).decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ValueError("its header is no mapping")
    header.pop(_METADATA, None)
    fields = {name: _checked(name, field) for name, field in header.items()}
    position = 0
    for name, (_, _, begin, end) in sorted(fields.items(), key=lambda f: f[1][2:]):
        if begin != position:
            raise ValueError(
                f"{name!r:.60} does not begin where the array before it ends"
            )
        position = end
    if 8 + n_header + position != len(data):
        raise ValueError("its arrays end before or after the end of the file")
    arrays = {}
    for name, (dtype, shape, begin, _) in fields.items():
        array = np.frombuffer(
            data, dtype=dtype, count=math.prod(shape), offset=8 + n_header + begin
        ).reshape(shape)
        if not array.flags.aligned:
            array = array.copy()
        array.flags.writeable = False
        arrays[name] = array
    return arrays


def _checked(name, field):
    """Return the dtype, shape, begin and end of one array."""
    if not isinstance(field, dict) or str(field.get("dtype")) not in _DTYPES:
        raise ValueError(f"{name!r:.60} has a dtype that is not read")
    dtype, shape = np.dtype(_DTYPES[field["dtype"]]), field.get("shape")
    offsets = field.get("data_offsets")
    if not _are_counts(shape) or len(shape) > _MAX_NDIM:
        raise ValueError(f"{name!r:.60} has no shape")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise ValueError(f"{name!r:.60} has no place in the file")
    begin, end = offsets
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{name!r:.60} has more or fewer bytes than its shape needs")
    return dtype, tuple(shape), begin, end


def _are_counts(values):
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 1 << 63 for value in values
    )


def _n_cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
