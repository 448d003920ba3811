# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A walk over the structure of good files: every place, and every strange thing in it.

Seeds find by chance what this finds by counting. Each value and each name of JSON, of
the headers of safetensors and of numpy, and each field of tables is replaced by each of
a list of foul things, left out, doubled and exchanged with its neighbour. Of lists and
tables the first, a middle and the last place are taken, as the others are like them.
Of pictures, archives and data bases, each byte of the head and of the tail is taken.
"""

import ast
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.reliability.mutations import Raw

__all__ = ["Step", "Walk", "steps_of"]

LONG = "y" * 100_000
# As they are written in JSON, and what is no JSON but is written there all the same.
NUMBERS = ["0", "-1", "0.5", "7", "1e308", "1e-320", str(2**31), str(2**63), "9" * 308]
NUMBERS += ["1e400", "9" * 400]
TEXTS = ["", "x", "../x", "a\0b", "\ud800", LONG]
VALUES = [Raw(text) for text in [*NUMBERS, "NaN"]]
VALUES += [*TEXTS, None, True, False, [], {}, [[]], [0], [None], {"": 0}, [0] * 5_000]
VALUES += [Raw("[" * 900 + "]" * 900)]
# It is not the place that matters for these: they are tried near the top only.
MORE = [Raw(text) for text in ["-0.0", "1e5", "-1e308", "Infinity", "-Infinity"]]
MORE += [Raw(str(2**62)), Raw(str(2**64)), Raw(str(-(2**63) - 1)), Raw("9" * 5000)]
MORE += [" ", "0", "nan", "/etc/passwd", "e\u0301", "\u202e", "__class__", [""]]
MORE += [{"a": {"b": []}}, [Raw("1e308")] * 2, Raw("[" * 100_000)]
MORE += [Raw('{"a":' * 5_000 + "0" + "}" * 5_000), Raw('"\ud800"')]  # no UTF-8
# What only a literal of Python has: shapes and kinds of numbers.
LITERALS = [(), (3,), (-1,), (0,), (2**40,), (2, 2**62), (0, 2**63), (2**64,), [3]]
LITERALS += [(5.0,), (True,), ("5",), (None,), ((3,),), (1,) * 70, b"x", 1j, Raw("{1}")]
LITERALS += [Raw("(1,) * 70"), Raw("__import__('os')"), Raw("lambda: 0")]
LITERALS += ["|O", "<f8", ">f8", "<f2", "<i8", "<c16", "<U1000000", "|S0", "<U0", "?"]
LITERALS += ["|V8", "<M8[s]", "<m8", "f8,f8", "<f8" + " " * 9000, "3f8", "(2,)f8"]
LITERALS += [[("a", "<f8")], [("a", "|O")], [("a", "<f8")] * 2, [("", "?", -1)]]
VALUES, MORE, LITERALS = (
    [(f"= {value!s:.60}", value) for value in values]
    for values in (VALUES, MORE, LITERALS)
)
NAMES = ["", "x", "__class__", "a\0b", LONG]

FIELDS = [text.encode() for text in [*NUMBERS, "nan", "-inf", "NULL", "\\N", "true"]]
FIELDS += [text.encode("utf-8", "surrogatepass") for text in [*TEXTS, "9" * 5000, " "]]
FIELDS += [b"\xff", b"\xc0\xaf", b"\xef\xbb\xbf", b"%E9", b"\r", b"\x85", b"\x1a", b'"']
FIELDS += [b"'", b'"x', b'x"', b'"x"y', b'"\n"', b"a,b\tc;d e", b"91", b"-181", b"1:2"]
FIELDS += [b"[1]", b"1,2", b"1;2", b"2012-13-45", b"=1+1", "\u0661".encode(), b"1_0"]


# What says the checksums of all other files.
HEADS = ("manifest.json", "corpus/corpus.json")


@dataclass(frozen=True)
class Step:
    """One damage.

    Parameters
    ----------
    file : str
        The file.

    words : str
        Where in it, and what is done.

    make : callable
        Returns the bytes of the damaged file.
    """

    file: str
    words: str
    make: Callable

    def __str__(self):
        return f"{self.file}: {self.words}"


class Walk:
    """The steps through what one reader reads, and what the reader says to each.

    Parameters
    ----------
    siege : Siege
        The reader in its folder.

    Attributes
    ----------
    steps : list of Step
        All of them, in an order of which any beginning is spread over the whole.
    """

    def __init__(self, siege):
        self.siege = siege
        self.steps = list(steps_of(siege.good))
        random.Random(0).shuffle(self.steps)

    def once(self, at):
        """Take a step, and return what is wrong with the answer: nothing, or why."""
        step, reader = self.steps[at], self.siege.reader
        files = {**self.siege.good, step.file: step.make()}
        # A file whose checksum another one knows is damaged by who knows that, too.
        if reader.sign is not None and step.file not in HEADS:
            files = reader.sign(files, random.Random(0))
        wrong = self.siege.read_twice(files, measured=at % 50 == 0)
        return f"{reader.name}, step {at}, {step}: {wrong}" if wrong else None


def steps_of(files):
    """Yield every step through a good set of files.

    Parameters
    ----------
    files : dict of str to bytes
        The set.

    Yields
    ------
    Step
        A damage. Headers that are equal, such as those of zones, are walked once.
    """
    seen = set()
    for name, data in files.items():
        parts = list(_parts(name, data))
        for part, held, write in parts:
            known = texts_of(held, part == "numpy")
            text = known[id(held)]
            if part in ("numpy", "safetensors") and text in seen:
                continue
            seen.add(text)
            for where, how, new in changes(held, part == "numpy"):
                words = f"{part} {''.join(f'[{key!r:.40}]' for key in where)} {how}"
                yield Step(name, words, partial(_written, new, part, known, write))
        if _is_table(name, data):
            more = _of_table(data)
        else:
            more = () if parts else _of_bytes(data)
        for how, make in more:
            yield Step(name, how, make)


def _written(held, part, known, write):
    text = text_of(held, part == "numpy", known)
    return write(text.encode("utf-8", "surrogatepass"))


# What is nested -----------------------------------------------------------------------


def _parts(name, data):
    """Yield what is nested in a file: its kind, what it says, and what writes it."""
    if name.endswith((".json", ".geojson")):
        yield "json", json.loads(data), bytes
    elif name.endswith(".safetensors"):
        end = 8 + int.from_bytes(data[:8], "little")
        write = partial(_safetensors, body=data[end:])
        yield "safetensors", json.loads(data[8:end]), write
    elif data.startswith(b"\x93NUMPY"):
        end = 10 + int.from_bytes(data[8:10], "little")
        write = partial(_npy, body=data[end:])
        yield "numpy", ast.literal_eval(data[10:end].decode("latin-1")), write
    elif data.startswith(b"# {"):
        head, _, rest = data.partition(b"\n")
        yield "comment", json.loads(head[2:]), lambda text: b"# " + text + b"\n" + rest


def _safetensors(text, body):
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def _npy(text, body):
    # Long headers need the second version of the format.
    n, version = (2, b"\1\0") if len(text) < 60_000 else (4, b"\2\0")
    text += b" " * (-(len(text) + 9 + n) % 64) + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(n, "little") + text + body


class Pairs(list):
    """Names and values of a mapping, in which a name may be there twice."""


def text_of(held, literal=False, known=None):
    """Write JSON or a literal of Python, and what only looks like it.

    Parameters
    ----------
    held : object
        What is written.

    literal : bool, default=False
        Whether a literal of Python is written.

    known : dict or None, default=None
        Texts of parts by their `id`, as :func:`texts_of` returns them.
    """
    if isinstance(held, Raw):
        return str(held)
    if known and id(held) in known:
        return known[id(held)]

    def write(part):
        return text_of(part, literal, known)

    if isinstance(held, dict | Pairs):
        pairs = held.items() if isinstance(held, dict) else held
        return f"{{{','.join([f'{write(k)}:{write(v)}' for k, v in pairs])}}}"
    if isinstance(held, tuple):
        return f"({''.join([f'{write(value)},' for value in held])})"
    if isinstance(held, list):
        return f"[{','.join(map(write, held))}]"
    return repr(held) if literal else json.dumps(held)


def texts_of(held, literal=False):
    """Return the texts of all parts that hold others; most stay as they are."""
    known = {}
    if isinstance(held, dict | list | tuple):
        for value in held.values() if isinstance(held, dict) else held:
            known |= texts_of(value, literal)
        known[id(held)] = text_of(held, literal, known)
    return known


def changes(held, literal=False, depth=0):
    """Yield where something is changed, how, and all that is held after that."""
    foul = [*VALUES, *MORE] if literal or depth < 2 else VALUES
    for how, value in [*foul, *LITERALS] if literal else foul:
        yield (), how, value
    for value in _near(held):
        yield (), f"= {value!s:.60}", value
    if isinstance(held, dict):
        yield from _of_mapping(held)
    elif isinstance(held, list | tuple):
        yield from _of_list(held)
    for key in _keys(held):
        for where, how, new in changes(held[key], literal, depth + 1):
            if isinstance(held, dict):
                whole = {**held, key: new}
            else:
                whole = type(held)([*held[:key], new, *held[key + 1 :]])
            yield (key, *where), how, whole


def _keys(held):
    """Return the places that are gone into: all, or some of those that are alike."""
    if isinstance(held, list | tuple):
        return _spread(len(held))
    if not isinstance(held, dict):
        return ()
    keys = list(held)
    kinds = {tuple(v) if isinstance(v, dict) else key for key, v in held.items()}
    return keys if len(kinds) > 1 else [keys[k] for k in _spread(len(keys))]


def _spread(n):
    return sorted({0, n // 2, n - 1} - {-1}) if n else []


def _near(value):
    """Return what somebody could take a value for."""
    if isinstance(value, bool):
        return [not value, int(value), [value]]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, 2 * value, float(value), str(value)]
    if isinstance(value, float):
        return [-value, value + 360, 1e6 * value, int(value), str(value), [value]]
    if isinstance(value, str):
        return [value + "x", value[:-1], value.swapcase(), f"{value}\0", value[::-1]]
    return []


def _of_mapping(held):
    pairs = list(held.items())
    yield (), "with a name more", {**held, "x": 0}
    yield (), "backwards", dict(pairs[::-1])
    yield (), "as a list", list(held.values())
    for k, (key, value) in enumerate(pairs):
        before, after = pairs[:k], pairs[k + 1 :]
        yield (key,), "left out", Pairs(before + after)
        for double in (value, None):
            twice = [*before, (key, value), (key, double), *after]
            yield (key,), f"twice, then {double!s:.20}", Pairs(twice)
        for name in [*NAMES, key.upper(), f"{key} "]:
            named = Pairs([*before, (name, value), *after])
            yield (key,), f"called {name[:20]!r}", named
        if after:
            other, its = after[0]
            exchanged = {**held, key: its, other: value}
            yield (key,), f"exchanged with {other[:20]!r}", exchanged


def _of_list(held):
    make = type(held)
    yield (), "backwards", held[::-1]
    yield (), "twice", held * 2
    yield (), "a thousand times", held * 1000 if len(held) < 100 else held * 3
    yield (), "as a mapping", {str(k): value for k, value in enumerate(held)}
    yield (), "one more", make([*held, *held[-1:]])
    for k in _spread(len(held)):
        yield (k,), "left out", make([*held[:k], *held[k + 1 :]])
        yield (k,), "twice", make([*held[: k + 1], *held[k:]])


# Tables -------------------------------------------------------------------------------


def _is_table(name, data):
    """Say whether lines of a text are rows."""
    if name.endswith((".json", ".geojson")) or b"\0" in data:
        return False
    try:
        return bool(data.decode("latin-1" if "TSMC" in name else "utf-8").strip())
    except UnicodeDecodeError:
        return False


def _of_table(data):
    """Yield what is done to a table, and what returns it after that."""
    lines = re.split(rb"(?<=\n)", data)[: data.count(b"\n") or 1]
    for how, change in _WHOLE.items():
        yield how, partial(change, data)
    first = int(lines[0].startswith(b"# {"))  # a head that is nested, and walked above
    rows = sorted({first, min(first + 1, len(lines) - 1), *_spread(len(lines))})
    for k in rows[first:] if first in rows else rows:
        for how, make in _of_row(lines[k], heavy=k == min(first + 1, len(lines) - 1)):
            yield f"line {k} {how}", partial(_joined, lines, k, make)


def _joined(lines, k, make):
    return b"".join([*lines[:k], make(), *lines[k + 1 :]])


_WHOLE = {
    "a mark before it": lambda data: b"\xef\xbb\xbf" + data,
    "two marks before it": lambda data: b"\xef\xbb\xbf" * 2 + data,
    "in UTF-16": lambda data: data.decode("latin-1").encode("utf-16"),
    "in UTF-32": lambda data: data.decode("latin-1").encode("utf-32"),
    "CRLF": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "CRCRLF": lambda data: data.replace(b"\n", b"\r\r\n"),
    "vertical tabs": lambda data: data.replace(b"\n", b"\x0b"),
    "NUL for newlines": lambda data: data.replace(b"\n", b"\0"),
    "one line": lambda data: data.replace(b"\n", b""),
    "no newline at its end": lambda data: data.rstrip(b"\r\n"),
    "NUL after it": lambda data: data + b"\0",
    "many NUL after it": lambda data: data + b"\0" * 10_000,
    "Ctrl-Z after it": lambda data: data + b"\x1a",
    "empty lines after it": lambda data: data + b"\n" * 1000,
    "empty lines before it": lambda data: b"\n" * 1000 + data,
    "empty lines between": lambda data: data.replace(b"\n", b"\n\n"),
    "spaces at ends of lines": lambda data: data.replace(b"\n", b"  \n"),
    "an open quote after it": lambda data: data + b'"',
    "an open quote before it": lambda data: b'"' + data,
    "empty": lambda data: b"",
    "one newline": lambda data: b"\n",
    "its first line only": lambda data: data.partition(b"\n")[0] + b"\n",
    "without its first line": lambda data: data.partition(b"\n")[2],
    "backwards": lambda data: b"\n".join(data.rstrip(b"\n").split(b"\n")[::-1]) + b"\n",
    "twice": lambda data: data * 2,
    "a thousand times": lambda data: data * 1000,
    "capitals": bytes.upper,
    "small letters": bytes.lower,
    "tabs for commas": lambda data: data.replace(b",", b"\t"),
    "commas for tabs": lambda data: data.replace(b"\t", b","),
    "semicolons for commas": lambda data: data.replace(b",", b";"),
    "a page of the web": lambda data: b"<!DOCTYPE html><html>" + data + b"</html>",
}


def _of_row(line, *, heavy):
    """Yield what is done to a row, and what returns it after that."""
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    row = line.removesuffix(b"\n").removesuffix(b"\r")
    between = max((b"\t", b",", b" ", b";"), key=row.count)
    fields = row.split(between)
    yield "left out", bytes
    yield "twice", partial(bytes, line * 2)
    yield "empty", partial(bytes, end)
    yield "empty fields", partial(bytes, between * (len(fields) - 1) + end)
    yield (
        "every field quoted",
        lambda: (
            between.join(b'"' + f.replace(b'"', b'""') + b'"' for f in fields) + end
        ),
    )
    yield "backwards", lambda: between.join(fields[::-1]) + end
    yield "a field more", lambda: row + between + end
    for k in _spread(len(fields)) if len(fields) > 30 else range(len(fields)):
        before, after = fields[:k], fields[k + 1 :]

        def put(*values, before=before, after=after):
            return between.join([*before, *values, *after]) + end

        yield f"field {k} left out", put
        yield f"field {k} twice", partial(put, fields[k], fields[k])
        yield f"field {k} with spaces", partial(put, b"  " + fields[k] + b" ")
        yield f"field {k} with quotes", partial(put, b'"' + fields[k] + b'"')
        yield f"field {k} with an open quote", partial(put, b'"' + fields[k])
        for value in FIELDS:
            yield f"field {k} = {value[:30]!r}", partial(put, value)
        if heavy:
            yield f"field {k} of 10 MB", partial(_heavy, put, b"7", 10**7)
            yield (
                f"field {k} a million times",
                partial(_heavy, put, fields[k] + between, 10**6),
            )


def _heavy(put, what, times):
    return put(what * times)


# Bytes --------------------------------------------------------------------------------

# How many bytes at the beginning and at the end: headers, and directories of archives.
HEAD, TAIL = 160, 80
BYTES = {
    "0": lambda byte: 0,
    "255": lambda byte: 255,
    "one more": lambda byte: (byte + 1) % 256,
    "one less": lambda byte: (byte - 1) % 256,
    "without its highest bit, or with it": lambda byte: byte ^ 128,
}
# Lengths and positions, in either order of bytes.
WORDS = [b"\xff" * 2, b"\xff\x7f", b"\x7f\xff", b"\0" * 4, b"\xff" * 4, b"\xff" * 8]
WORDS += [b"\xff" * 3 + b"\x7f", b"\x7f" + b"\xff" * 3, b"\x7f" + b"\xff" * 7]
WORDS += [b"\0\0\1\0", b"\0\1\0\0", b"\0" * 4 + b"\1" + b"\0" * 3]


def _of_bytes(data):
    """Yield what is done to bytes of which no structure is known here."""
    n = len(data)
    for at in sorted({*range(min(HEAD, n)), *range(max(0, n - TAIL), n)}):
        for how, change in BYTES.items():
            new = bytes([change(data[at])])
            yield f"byte {at} is {how}", partial(_patched, data, at, new)
        for word in WORDS:
            how = f"bytes {at} on are {word.hex()}"
            yield how, partial(_patched, data, at, word)
        yield f"cut off at byte {at}", partial(bytes, data[:at])
        yield f"byte {at} left out", partial(bytes, data[:at] + data[at + 1 :])
        yield f"byte {at} twice", partial(bytes, data[: at + 1] + data[at:])


def _patched(data, at, new):
    return data[:at] + new + data[at + len(new) :]
