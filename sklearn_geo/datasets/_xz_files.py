# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files compressed by xz, read in memory that they cannot choose themselves."""

import io
import lzma

from sklearn_geo.datasets._report import DataFileError

__all__ = ["open_xz"]

# Twice what the strongest level, `xz -9`, needs. A header may say 4 GB.
_MOST_MEMORY = 1 << 27
_PIECE_BYTES = 1 << 16


def open_xz(raw, file):
    """Open a file of the decompressed bytes, like `lzma.open`, which has no limit.

    Parameters
    ----------
    raw : file
        The compressed bytes.

    file : DataFile
        What it is called in messages.

    Returns
    -------
    BufferedReader
        What is in it. It raises as `lzma.open` does where that is damaged or cut off.
    """
    return io.BufferedReader(_Decompressed(raw, file))


class _Decompressed(io.RawIOBase):
    """What streams of xz become, one after the other."""

    def __init__(self, raw, file):
        self._raw, self._file = raw, file
        self._decoder = _decoder()

    def readable(self):
        """Say that it is read from."""
        return True

    def readinto(self, buffer):
        """Decompress as much as there is room for."""
        data = b""
        while not data:
            if self._decoder.eof:
                more = self._decoder.unused_data.lstrip(b"\0")
                while not more:  # zeros may follow a stream, and so may another one
                    more = self._raw.read(_PIECE_BYTES)
                    if not more:
                        return 0
                    more = more.lstrip(b"\0")
                self._decoder = _decoder()
            else:
                more = b""
                if self._decoder.needs_input:
                    more = self._raw.read(_PIECE_BYTES)
                    if not more:
                        raise EOFError("it ends before its end is marked")
            data = self._decompress(more, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _decompress(self, more, most):
        try:
            return self._decoder.decompress(more, most)
        except lzma.LZMAError as error:
            if "limit" not in str(error):
                raise
            problem = (
                f"to decompress it takes more than {_MOST_MEMORY >> 20} MB of memory, "
                "which no level of xz needs"
            )
            remedy = "If you trust it, decompress it with `xz -d` first."
            raise DataFileError(self._file, None, problem, remedy=remedy) from error


def _decoder():
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY)
