# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Archives that lie: names that lead out, sizes that are not so, bombs, links."""

import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib

__all__ = ["NAMES", "mutated_tar", "mutated_zip", "write_tar", "write_zip"]

NAMES = ["../evil", "/evil", "a/../../evil", "..", ".", "", "a\0b", "\\evil", "C:evil"]
NAMES += ["x" * 300, "a/" * 200 + "b", "\u202egnp.exe", "e\u0301", "\u00e9", "a//b"]
NAMES += ["./a", "a/", "CON", "a\nb", "9" * 5000, "\udcff"]


def write_zip(members, compression=zipfile.ZIP_DEFLATED):
    """Return a zip archive of pairs of names and bytes, in this order."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, data in members:
            entry = zipfile.ZipInfo(name)
            # As given: the constructor cuts names at NUL.
            entry.filename = name
            archive.writestr(entry, data, compress_type=compression)
    return out.getvalue()


def mutated_zip(data, rng, mutate):
    """Change members, names, or what the two directories of a zip archive say."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [
                (n, archive.read(n)) for n in archive.namelist() if n[-1:] != "/"
            ]
    except (zipfile.BadZipFile, ArithmeticError, EOFError, OSError, RuntimeError):
        members = []
    except (ValueError, zlib.error, lzma.LZMAError, struct.error):
        members = []
    way = rng.randrange(7) if members else 6
    if way >= 4:
        return _mutated_fields(data, rng) if members else data[: rng.randrange(60)]
    at = rng.randrange(len(members))
    name, inside = members[at]
    if way == 0:
        members[at] = name, mutate(name, inside, rng)
    elif way == 1:
        members[at] = rng.choice(NAMES), inside
    elif way == 2:
        members.insert(
            rng.randrange(len(members)), (rng.choice([name, *NAMES]), inside)
        )
    else:
        members[at] = name, inside + rng.choice([b"\n", b"\0", b"a"]) * 100_000
    # The last two are refused at the door, and need no more than a few tries.
    kinds = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] * 10
    try:
        return write_zip(
            members, rng.choice([*kinds, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
        )
    except (UnicodeEncodeError, struct.error):
        return data


# Where the fields of the entries of a directory are, and how many bytes they have.
_CENTRAL = {8: 2, 10: 2, 16: 4, 20: 4, 24: 4, 28: 2, 30: 2, 32: 2, 38: 4, 42: 4}
_LOCAL = {6: 2, 8: 2, 14: 4, 18: 4, 22: 4, 26: 2, 28: 2}
_END = {4: 2, 8: 2, 10: 2, 12: 4, 16: 4, 20: 2}
_KINDS = {b"PK\x01\x02": _CENTRAL, b"PK\x03\x04": _LOCAL, b"PK\x05\x06": _END}


def _mutated_fields(data, rng):
    """Put another number into a field of one of the directories."""
    mark = rng.choice(list(_KINDS))
    found = [i for i in range(len(data) - 3) if data[i : i + 4] == mark]
    at = rng.choice(found)
    offset, width = rng.choice(list(_KINDS[mark].items()))
    number = rng.choice([0, 1, 8, 9, 12, 14, 99, 2**15, 2**16 - 1, 2**31, 2**32 - 1])
    packed = (number % 2 ** (8 * width)).to_bytes(width, "little")
    data = bytearray(data)
    data[at + offset : at + offset + width] = packed
    return bytes(data)


def write_tar(members):
    """Return a tar archive of TarInfo and bytes, or names and bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry, data in members:
            if isinstance(entry, str):
                entry = tarfile.TarInfo(entry)
                entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


_FIELDS = {0: 100, 100: 8, 108: 8, 124: 12, 156: 1, 157: 100, 257: 8, 345: 155}
_VALUES = [b"", b"0", b"77777777777", b"-1", b"\x80" + b"\xff" * 11, b"\xff" * 12]
_VALUES += [b"../evil", b"/evil", b"..", b"1", b"2", b"5", b"6", b"L", b"K", b"x", b"g"]
_VALUES += [b"S", b"X", b"V", b"\xc3", b"a" * 100, b"37777777777\0", b"9"]


def mutated_tar(data, rng, mutate):
    """Change members, or fields of a header of a tar archive, with its checksum."""
    way = rng.randrange(4)
    if way == 0:
        try:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                files = [e for e in archive if e.isreg()]
                members = [(e.name, archive.extractfile(e).read()) for e in files]
            at = rng.randrange(len(members))
            name, inside = members[at]
            members[at] = rng.choice([name, *NAMES]), mutate(name, inside, rng)
            return write_tar(members)
        except (tarfile.TarError, ArithmeticError, ValueError, LookupError, OSError):
            return data
    blocks = [
        i for i in range(0, len(data) - 511, 512) if data[i + 257 :][:5] == b"ustar"
    ]
    if not blocks:
        return data[: len(data) // 2]
    at = rng.choice(blocks)
    head = bytearray(data[at : at + 512])
    for _ in range(rng.choice([1, 1, 2])):
        offset, width = rng.choice(list(_FIELDS.items()))
        head[offset : offset + width] = rng.choice(_VALUES)[:width].ljust(width, b"\0")
    if rng.random() < 0.9:
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
    return data[:at] + bytes(head) + data[at + 512 :]
