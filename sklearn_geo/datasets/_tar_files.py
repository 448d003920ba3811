# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The files in a tar archive, one after the other, in memory that does not grow.

The module of Python that reads such archives keeps all headers, reads those before a
file at any length and depth, and skips what is not there in small steps, for ever.
"""

import re
import tarfile

__all__ = ["tar_files"]

_BLOCK = 512
_PIECE = 1 << 20
# Names, which are all that is wanted of what stands before a file, are shorter.
_LONGEST_HEADER = 1 << 20
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
# Links, devices, folders and pipes: a size that they have is not in the archive.
_NO_DATA = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
# Long names of what links lead to, and what holds for all files, which no name does.
_OTHER_HEADERS = (tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE)
_PAX_RECORD = re.compile(rb"(\d{1,9}) ([^=\n]{0,400})=")
# A name of text that no disk knows comes back as the bytes that it was.
_TEXT = ("utf-8", "surrogateescape")


def tar_files(stream, archive, *, max_bytes, most):
    """Yield what files a tar archive has, without links and what else is no file.

    Parameters
    ----------
    stream : file
        The archive, decompressed; it is read from here on, and never back.

    archive : Path
        What it is called in messages.

    max_bytes : int
        What one entry, of any kind, may have.

    most : int
        How many entries there may be, headers of any kind among them.

    Yields
    ------
    name : str
        The name as it stands there, which may lead anywhere.

    data : _Data
        A file of what is in it. What is not read of it is skipped.

    Raises
    ------
    ValueError
        If the archive has what is not read: sparse files, or too much of something.

    tarfile.TarError
        If it is damaged. This does not name the archive.
    """
    number, name, pax = 0, None, {}
    while True:
        block = stream.read(_BLOCK)
        if (number or block) and not block.strip(b"\0"):
            return  # the end, which some programs do not mark
        number += 1
        if number > most:
            raise ValueError(
                f"{archive} has more than {most:,} entries, counting what are no "
                "files. Nothing of it is unpacked."
            )
        entry = tarfile.TarInfo.frombuf(block, *_TEXT)
        kind = block[156:157]
        if kind in _PAX:
            pax = _pax_fields(_header(stream, entry.size))
        elif kind == tarfile.GNUTYPE_LONGNAME:
            name = _header(stream, entry.size).partition(b"\0")[0].decode(*_TEXT)
        elif kind in _OTHER_HEADERS:
            _header(stream, entry.size)
        else:
            given = pax.get("path", name)
            name = entry.name if given is None else given
            _check_no_sparse(archive, kind, pax, name)
            size = 0 if kind in _NO_DATA else pax.get("size", entry.size)
            if not 0 <= size <= max_bytes:
                raise ValueError(
                    f"{archive} has an entry {name!r:.200} of {size:,} bytes, and may "
                    f"have {max_bytes:,}. Nothing of it is unpacked."
                )
            data = _Data(stream, size)
            # Old archives mark folders by their names, at the end.
            is_folder = entry.isdir() if given is None else given.endswith("/")
            if kind in _FILES and not is_folder:
                yield name, data
            data.skip()
            name, pax = None, {}


def _check_no_sparse(archive, kind, pax, name):
    """Refuse files of which there are parts only, and long lists of where."""
    if kind == tarfile.GNUTYPE_SPARSE or "sparse" in pax:
        raise ValueError(
            f"{archive} has a sparse file {name!r:.200}, of which only parts are "
            "there. Nothing of it is unpacked. Unpack it with tar, and pack it again."
        )


def _header(stream, size):
    """Return what a header before a file holds."""
    if not 0 <= size <= _LONGEST_HEADER:
        raise tarfile.ReadError(f"a header has {size:,} bytes")
    data = _Data(stream, size)
    found = data.read()
    data.skip()
    return found


def _pax_fields(data):
    """Return the name and the size in a header of pax, and whether it is sparse."""
    found, at = {}, 0
    while at < len(data) and data[at]:
        record = _PAX_RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if not record or not record.end() <= end <= len(data):
            raise tarfile.ReadError("a header of pax has a record that is none")
        key, value, at = record[2], data[record.end() : end].removesuffix(b"\n"), end
        if key == b"path":
            found["path"] = value.decode(*_TEXT)
        elif key == b"size":
            if not value.isdigit() or len(value) > 20:
                raise tarfile.ReadError(f"a header of pax has a size {value[:40]!r}")
            found["size"] = int(value)
        elif key.startswith(b"GNU.sparse."):
            found["sparse"] = True
    return found


class _Data:
    """What is in one entry, as a file to read once."""

    def __init__(self, stream, size):
        self._stream, self._left = stream, size
        self._padding = -size % _BLOCK

    def read(self, n_bytes=_PIECE):
        """Return the next bytes, and none at the end."""
        wanted = min(n_bytes, self._left)
        data = self._stream.read(wanted)
        if len(data) < wanted:
            raise tarfile.ReadError("it ends within a file")
        self._left -= wanted
        return data

    def skip(self):
        """Go on to where the next header is."""
        while self.read():
            pass
        # The last file of some archives is not filled up.
        self._stream.read(self._padding)
        self._padding = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
