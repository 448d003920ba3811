# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seeded damage to files that were good once: bytes, text, JSON, arrays and folders.

A set of files is a dict of names to bytes; what stands for something else than a file
is one of :class:`Link`, :class:`Hard`, `FOLDER` and `PIPE`. `mutated` changes a set in
one place or a few, by the kind of each file, and never says the same twice for two
seeds. What is inside archives is changed by `tests.reliability.archives`.
"""

import gzip
import json
import os
import pickle
import struct
import zlib
from dataclasses import dataclass

from tests.reliability.archives import mutated_tar, mutated_zip

__all__ = ["FOLDER", "PIPE", "Hard", "Link", "bomb", "mutated", "mutated_file"]

FOLDER, PIPE = object(), object()

# As text; what is no number of JSON is written there all the same.
NUMBERS = ["1e400", "-1e400", "NaN", "Infinity", "-1", "0", "-0", "1e-400", "1.5"]
NUMBERS += [str(2**31), str(2**63), str(2**64), "-" + str(2**63), "1e308", "9" * 25]
NUMBERS += [
    "9" * 400,
    "9" * 5000,
    "1_000",
    "0x10",
    "\u0661",
    "\u00b2",
    "true",
    "1e5",
    "181",
]
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ufeff",
    "\u202etxt.exe",
    "\u00e9",
    "e\u0301",
    "\u2028",
]
TEXTS += [
    "\u2028",
    "../x",
    "/etc/passwd",
    "..\\x",
    "C:\\x",
    "CON",
    ".",
    "~",
    "\x1b[2J",
    "\r",
]
TEXTS += ["%s%n{0}{}", "$(id)", "os.system", "__class__", "x" * 300, "y" * 100_000]
PIECES = [text.encode() for text in NUMBERS + TEXTS]
PIECES += [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\n"]
PIECES += [b"\r\n", b"\t", b",", b'"', b"'", b"%", b"%E9", b"\\N", b"\x1e", b"\x1f"]
PIECES += [b"\n" * 1000, b"\t" * 1000, b"[" * 20_000, b"{", b"}", b"nan", b"inf"]
VALUES = [None, True, False, -1, 0, 1, 2, 7, 2**31, 2**63, 2**70, 10**12, 1.5, -1e300]
VALUES += ["", "x", "../x", "\ud800", "\u202e", "e\u0301", [], {}, [[]], [0], [1, 2]]
VALUES += [10**400, {"type": "x"}, "y" * 50_000, [0] * 5_000]


@dataclass(frozen=True)
class Link:
    """A symbolic link to somewhere."""

    target: str


@dataclass(frozen=True)
class Hard:
    """A hard link to another file of the set."""

    name: str


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, crater):
        self.crater = crater

    def __reduce__(self):
        return os.mkdir, (self.crater,)


def bomb(crater):
    """Return a pickle that makes the folder `crater` when it is read."""
    return pickle.dumps(Bomb(str(crater)), protocol=2)


def mutated(files, rng, *, crater, outside, links=True):
    """Return a set of files with damage in one place or a few.

    Parameters
    ----------
    files : dict of str to bytes
        A good set.

    rng : random.Random
        Decides where and what.

    crater : path
        What a booby-trapped pickle makes.

    outside : path
        A file that is not of the set, for links to lead to.

    links : bool, default=True
        Whether to put links, folders and pipes in the place of files.
    """
    files = dict(files)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        name = rng.choice(sorted(files))
        if not isinstance(files[name], bytes):
            continue
        if rng.random() < 0.92:
            files[name] = mutated_file(name, files[name], rng)
            continue
        way = rng.randrange(7 if links else 4)
        if way == 0 and len(files) > 1:
            del files[name]
        elif way == 1:
            files[name] = bomb(crater)
        elif way == 2:
            files[name] = rng.choice([b for b in files.values() if type(b) is bytes])
        elif way == 3:
            files[name] = b""
        elif way == 4:
            target = rng.choice([str(outside), f"../{outside.name}", name, "/dev/zero"])
            files[name] = Link(target)
        elif way == 5 and len(files) > 1:
            files[name] = Hard(rng.choice([n for n in sorted(files) if n != name]))
        elif links:
            files[name] = rng.choice([FOLDER, PIPE])
    return files


def mutated_file(name, data, rng):
    """Return the bytes of a file with damage that suits it, or any other."""
    if rng.random() < 0.15 or not data:
        return mutated_bytes(data, rng)
    if name.endswith((".json", ".geojson")):
        return mutated_json(data, rng)
    if name.endswith(".safetensors"):
        return mutated_safetensors(data, rng)
    if data[:6] == b"\x93NUMPY":
        return mutated_npy(data, rng)
    if data[:2] == b"\x1f\x8b":
        return _mutated_gzip(name.removesuffix(".gz"), data, rng)
    if data[:4] == b"PK\x03\x04":
        return mutated_zip(data, rng, mutated_file)
    if data[257:262] == b"ustar":
        return mutated_tar(data, rng, mutated_file)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _mutated_png(data, rng)
    if b"\0" in data[:1000]:
        return mutated_bytes(data, rng)
    return mutated_text(data, rng)


def mutated_bytes(data, rng):
    """Flip bits, put pieces in, take slices out or double them, break the file off."""
    data = bytearray(data or b"\0")
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        at, way = rng.randrange(len(data)), rng.randrange(7)
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            data[at:at] = rng.choice(PIECES)
        elif way == 2:
            del data[at : at + rng.choice([1, 3, 50, 1000])]
        elif way == 3:
            data[at:at] = data[at : at + rng.choice([1, 60, 5000])]
        elif way == 4:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif way == 5:
            length = rng.choice([0, 2**31 - 1, 2**32 - 1, 2**62, 2**63, 2**64 - 1])
            kind = rng.choice(["<Q", ">Q", "<I", ">I"])
            packed = struct.pack(kind, length % (2**32 if kind[1] == "I" else 2**64))
            data[at : at + len(packed)] = packed
        elif rng.random() < 0.3:
            del data[at:]
        data = data or bytearray(b"\0")
    return bytes(data)


def mutated_text(data, rng):
    """Change fields and lines of text, and what is between them."""
    if rng.random() < 0.3:
        return mutated_bytes(data, rng)
    way = rng.randrange(8)
    if way == 0:
        return data.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\0", b"\x0b", b""]))
    if way == 1:
        return (
            rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"<html"]) + data
        )
    if way == 2:
        encoding = rng.choice(["utf-16", "utf-32", "utf-7", "latin-1"])
        return data.decode("utf-8", "replace").encode(encoding, "replace")
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    if way == 3:
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif way == 4:
        del lines[at]
    else:
        between = max((b"\t", b",", b" ", b";"), key=lines[at].count)
        for line in range(len(lines)) if rng.random() < 0.1 else [at]:
            fields = lines[line].split(between)
            fields[rng.randrange(len(fields))] = rng.choice(PIECES)
            lines[line] = between.join(fields)
    return b"\n".join(lines)


# JSON ---------------------------------------------------------------------------------


class Raw(str):
    """What is written into JSON as it is."""


class Twice(dict):
    """A mapping whose last name is written once more, with another value."""

    value = None


def mutated_json(data, rng):
    """Change values and names of JSON, in ways that stay JSON and in others."""
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        return mutated_bytes(data, rng)
    if rng.random() < 0.1:
        return mutated_bytes(data, rng)
    try:
        for _ in range(rng.choice([1, 1, 2, 3])):
            held = _changed(held, rng)
        return to_text(held).encode("utf-8", "surrogatepass")
    except RecursionError:  # nested deeply by a change before
        return mutated_bytes(data, rng)


def _changed(held, rng):
    """Change one thing somewhere in what JSON holds."""
    if isinstance(held, Raw):
        return held
    if isinstance(held, dict) and held and rng.random() < 0.85:
        key = rng.choice(list(held))
        way = rng.random()
        if way < 0.06:
            return {k: v for k, v in held.items() if k != key}
        if way < 0.1:
            twice = Twice(held)
            twice.value = rng.choice(VALUES)
            return twice
        if way < 0.14:
            new = rng.choice([*held, *TEXTS, "__class__", "e\u0301", "\u00e9"])
            return {**held, new: rng.choice(VALUES)}
        changed = {k: _changed(v, rng) if k == key else v for k, v in held.items()}
        return changed
    if isinstance(held, list) and held and rng.random() < 0.85:
        at, held = rng.randrange(len(held)), list(held)
        way = rng.random()
        if way < 0.06:
            del held[at]
        elif way < 0.12:
            held.insert(at, held[rng.randrange(len(held))])
        elif way < 0.15:
            held = held * rng.choice([2, 50])
        else:
            held[at] = _changed(held[at], rng)
        return held
    way = rng.random()
    if way < 0.3:
        return Raw(rng.choice(NUMBERS))
    if way < 0.4 and isinstance(held, int | float) and abs(held) < 1e300:
        return held + rng.choice([-1, 1, 0.5, 360, 1e6])
    if way < 0.5:
        return rng.choice(TEXTS)
    if way < 0.55:
        depth = rng.choice([50, 900, 100_000])
        return Raw("[" * depth + "]" * depth)
    if way < 0.6 and isinstance(held, str):
        return rng.choice(
            [held * 2, held[:-1], held.upper(), held + "\0", held[::-1], repr(held)]
        )
    return rng.choice(VALUES)


def to_text(held):
    """Write JSON, and what only looks like it."""
    if isinstance(held, Raw):
        return str(held)
    if isinstance(held, dict):
        pairs = list(held.items())
        if isinstance(held, Twice) and pairs:
            pairs.append((pairs[-1][0], held.value))
        inside = [f"{json.dumps(key)}:{to_text(value)}" for key, value in pairs]
        return f"{{{','.join(inside)}}}"
    if isinstance(held, list):
        return f"[{','.join(map(to_text, held))}]"
    return json.dumps(held)


# Arrays -------------------------------------------------------------------------------


def mutated_safetensors(data, rng):
    """Change the header, its length, or the numbers, of a file of safetensors."""
    n_header = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + n_header], data[8 + n_header :]
    way = rng.random()
    if way < 0.1 or n_header > len(data):
        return mutated_bytes(data, rng)
    if way < 0.2:
        length = rng.choice([0, 1, n_header - 1, n_header + 1, 2**32, 2**63, 2**64 - 1])
        return (length % 2**64).to_bytes(8, "little") + header + body
    if way < 0.6:
        return data[: 8 + n_header] + _mutated_numbers(body, rng)
    header = mutated_json(header.rstrip(), rng)
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + body


def _mutated_numbers(body, rng):
    """Change some numbers of arrays, whatever they are of; or all."""
    body = bytearray(body)
    if not body:
        return bytes(body)
    kind = rng.choice(["<f", "<d", "<q", "<i", "<B"])
    value = rng.choice([float("nan"), float("inf"), -1.0, 0.0, 1e30, 3.0, 1e300, -2.0])
    if kind in ("<q", "<i", "<B"):
        value = rng.choice([0, 1, 127, 255] if kind == "<B" else [-1, 0, 5, 2**31 - 1])
    elif kind == "<f" and abs(value) > 1e38:
        value = float("inf")
    packed = struct.pack(kind, value)
    count = max(1, len(body) // len(packed))
    for at in range(count) if rng.random() < 0.1 else rng.choices(range(count), k=3):
        body[at * len(packed) : (at + 1) * len(packed)] = packed
    return bytes(body)


_SHAPES = [
    "(3,)",
    "()",
    "(0,)",
    "(-1,)",
    "(1099511627776,)",
    "(2, 4611686018427387904)",
]
_SHAPES += ["(1,) * 70", "(0, 9223372036854775807)", "[3]", "(3,)" + " " * 20_000]
_DTYPES = ["'|O'", "'<f8'", "'<f4'", "'<i8'", "'>i8'", "'<U1000000'", "'|S9'", "'<c16'"]
_DTYPES += ["[('a', '<f8')]", "'|V8'", "'<M8[s]'", "'?'", "'<f2'", "(", "'<U0'"]


def mutated_npy(data, rng):
    """Change the header or the numbers of a file of numpy."""
    n_header = int.from_bytes(data[8:10], "little")
    header, body = data[10 : 10 + n_header].decode("latin-1"), data[10 + n_header :]
    way = rng.random()
    if way < 0.1:
        return mutated_bytes(data, rng)
    if way < 0.2:
        return data[:6] + rng.choice([b"\x02\0", b"\x03\0", b"\x09\0"]) + data[8:]
    if way < 0.5:
        return data[: 10 + n_header] + _mutated_numbers(body, rng)
    if way < 0.6:
        return data[:8] + rng.choice([b"\xff\xff", b"\0\0"]) + data[10:]
    before, _, _ = header.partition("'shape': ")
    if way < 0.8:
        header = f"{before}'shape': {rng.choice(_SHAPES)}, }}"
    else:
        _, _, rest = header.partition("'fortran_order'")
        header = f"{{'descr': {rng.choice(_DTYPES)}, 'fortran_order'{rest.rstrip()}"
    header = header.encode("latin-1") + b" " * (-(len(header) + 11) % 64) + b"\n"
    return data[:8] + (len(header) % 65536).to_bytes(2, "little") + header + body


# Compressed files and pictures --------------------------------------------------------


def _mutated_gzip(name, data, rng):
    way = rng.randrange(6)
    try:
        inside = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        way = 0
    if way == 0:
        return mutated_bytes(data, rng)
    if way == 1:
        return data + rng.choice([data, b"x", b"\0" * 600, data[:20]])
    if way == 2:
        return data + gzip.compress(rng.choice([b"\n", b"\0", b"a"]) * 100_000)
    return gzip.compress(mutated_file(name, inside, rng), rng.choice([1, 9]))


def _mutated_png(data, rng):
    """Say other sizes and depths in the head of a picture, with the right checksum."""
    if rng.random() < 0.5 or len(data) < 33:
        return mutated_bytes(data, rng)
    width, height, *rest = struct.unpack(">IIBBBBB", data[16:29])
    sizes = [0, 1, width, 2 * width, 4000, 65535, 2**31 - 1, 2**32 - 1]
    rest[rng.randrange(5)] = rng.choice([0, 1, 2, 3, 4, 6, 8, 16, 255])
    head = struct.pack(
        ">IIBBBBB",
        rng.choice(sizes) % 2**32,
        rng.choice([height, *sizes]) % 2**32,
        *rest,
    )
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return data[:16] + head + crc + data[33:]
