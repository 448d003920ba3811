# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Published files: found in folders and archives, decompressed, decoded, cut in blocks.

Nothing here knows about columns. Files are read in blocks of whole lines, so that
memory does not grow with the file.
"""

import bz2
import fnmatch
import gzip
import lzma
import os
import re
import sqlite3
import zipfile
import zlib
from collections import namedtuple
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sklearn_geo.datasets._copies import check_copy
from sklearn_geo.datasets._report import DataFileError, ReadReport
from sklearn_geo.datasets._xz_files import open_xz
from sklearn_geo.datasets._zip_files import open_member, open_zip

# How much text is handled at a time: enough to be quick, too little to matter.
BLOCK_BYTES = 1 << 21
_PIECE_BYTES = 1 << 18
_SUFFIXES = ("", ".gz", ".bz2", ".xz")
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_BOM = b"\xef\xbb\xbf"
_AGAIN = "Download it again."
# Nothing that is published comes near; reading on would fill the memory.
_LONGEST_LINE = 1 << 24
_LONGEST_VALUE = 1 << 24
# A block of published data has some thousand lines.
_MOST_LINES = 1 << 16
_NO_TABLE = "This is no table of text with a line a row."

# The text of some whole lines without the last line end. `first` is the number of its
# first line; `cut` says that the file ends in the middle of the last line, or that its
# last line lacks the line end, and `broken` why decompression broke off after it.
TextBlock = namedtuple("TextBlock", "first text cut broken")


@dataclass(frozen=True)
class DataFile:
    """A file, or a member of a zip archive.

    Parameters
    ----------
    path : str
        The file.

    member : str or None, default=None
        The name inside the zip archive.
    """

    path: str
    member: str | None = None

    def __str__(self):
        # What is in archives of strangers has names of up to 65,535 letters.
        return self.path if self.member is None else f"{self.path}:{self.member:.200}"

    @property
    def name(self):
        """The file's own name, without folders and without .gz, .bz2 or .xz."""
        name = Path(self.member or self.path).name
        suffix = next((s for s in _SUFFIXES[1:] if name.lower().endswith(s)), "")
        return name[: len(name) - len(suffix)]

    @contextmanager
    def open(self):
        """Open a binary file of the decompressed bytes, by what the file starts with.

        Names are not trusted: people unpack files and keep the name, or the other way
        round.
        """
        with ExitStack() as stack:
            if self.member is not None:
                archive = stack.enter_context(open_zip(self.path))
                raw = stack.enter_context(self._member_of(archive))
            else:
                raw = stack.enter_context(open(self.path, "rb"))
            try:
                head = raw.peek(10)[:10]
            except _BROKEN as error:
                problem = _why_broken(error)
                raise DataFileError(self, None, problem, remedy=_AGAIN) from error
            if head[:2] == b"\x1f\x8b":
                yield stack.enter_context(gzip.open(raw))
            elif re.match(rb"BZh[1-9]1AY&SY", head):
                yield stack.enter_context(bz2.open(raw))
            elif head[:6] == b"\xfd7zXZ\x00":
                yield stack.enter_context(open_xz(raw, self))
            else:
                yield raw

    def _member_of(self, archive):
        """Open the member of a zip archive, or say why it cannot be."""
        try:
            return open_member(archive, archive.getinfo(self.member))
        except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
            problem, remedy = f"the archive is damaged ({error!s:.200})", _AGAIN
        except NotImplementedError as error:
            problem = f"it is compressed in a way that is not undone here ({error})"
            remedy = "Unpack it with another program, and pass the folder."
        except RuntimeError:
            problem = "it needs a password"
            remedy = "Unpack it with the password, and pass the folder."
        raise DataFileError(self, None, problem, remedy=remedy)


def part_files(path, patterns, *, what, described, alternatives=False, name="path"):
    """Return the files that a user's path stands for, in the order of their names.

    Parameters
    ----------
    path : str, path-like, or list of them
        A file (taken as it is, whatever its name), a zip archive, or a folder in which
        the patterns are looked for. A list holds files, and keeps its order.

    patterns : str or list of str
        Names as published, with `*` for what varies, without .gz, .bz2 or .xz:
        "yfcc100m_dataset*". Letter case does not matter.

    what : str
        What the file is, for messages: "the YFCC100M metadata".

    described : str
        Where it is described or had from, for messages.

    alternatives : bool, default=False
        Whether every pattern stands for the whole: in a folder or archive, only the
        files of the first one of which there are some are taken.

    name : str, default="path"
        What the argument is called in messages.

    Returns
    -------
    files : list of DataFile
        At least one. Numbers in names are ordered as numbers: part 10 after part 9. Of
        a file that is there compressed as well, in the same folder, only one is taken.
    """
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    if isinstance(path, (list, tuple)):
        if not path:
            raise ValueError(f"{name} is an empty list: there is no file in it.")
        how = {"what": what, "described": described, "alternatives": alternatives}
        one = [part_files(p, patterns, **how, name=name) for p in path]
        return [file for files in one for file in files]
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{name} is a {type(path).__name__}. Pass the path of a file or folder, or "
            "a list of files."
        )
    path = Path(path).expanduser()
    if path.is_dir():
        # Hidden files are what other programs left behind.
        names = [p.name for p in path.iterdir() if p.is_file() and p.name[0] != "."]
        found = [DataFile(str(path / name)) for name in _matching(names, patterns)]
        zipped = sorted(path / n for n in names if n.lower().endswith(".zip"))
        for archive in filter(zipfile.is_zipfile, zipped):
            found += _members(archive, patterns)
        found = _of_the_first(found, patterns) if alternatives else found
        if not found:
            for archive in zipped:
                if not zipfile.is_zipfile(archive):
                    raise cut_off(archive)
            raise FileNotFoundError(
                f"The folder {path} has no file named {' or '.join(patterns)} (also "
                f".gz, .bz2, .xz or inside a .zip){_what_there_is(names)}. Expected "
                f"is {what}; see {described}."
            )
        return _once(found)
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file or folder {path}. Expected is {what}; see {described}."
        )
    if zipfile.is_zipfile(path):
        members = _members(path, patterns)
        if not members:
            with open_zip(path) as archive:
                names = [n for n in archive.namelist() if not n.endswith("/")]
            if len(names) != 1:
                raise FileNotFoundError(
                    f"The archive {path} has no file named {' or '.join(patterns)}"
                    f"{_what_there_is(names)}. Expected is {what}; see {described}."
                )
            members = [DataFile(str(path), names[0])]
        return _of_the_first(members, patterns) if alternatives else members
    return [DataFile(str(path))]


def _members(path, patterns):
    """Return the members of a zip archive that match, in the order of their names."""
    with open_zip(path) as archive:
        names = [name for name in archive.namelist() if "__MACOSX" not in name]
    by_name = {}
    for name in dict.fromkeys(name for name in names if not name.endswith("/")):
        by_name.setdefault(Path(name).name, []).append(name)
    found = _matching(by_name, patterns)
    for name in found:
        if len(by_name[name]) > 1:
            several = " and ".join(by_name[name])
            problem = f"the zip archive has several files of one name: {several:.200}"
            remedy = "Unpack it, and pass the files that are meant as a list."
            raise DataFileError(path, None, problem, remedy=remedy)
    return [DataFile(str(path), by_name[name][0]) for name in found]


def _of_the_first(files, patterns):
    """Return the files of the first pattern that has some; all if none has."""
    for pattern in patterns:
        found = [f for f in files if fnmatch.fnmatch(f.name.lower(), pattern.lower())]
        if found:
            return found
    return files


def _once(files):
    """Return each file once, plain ones before compressed ones and archives."""
    by_name = {}
    for file in sorted(files, key=lambda f: (f.member is not None, len(f.path))):
        check_copy(by_name.setdefault(file.name, file), file)
    return [by_name[name] for name in sorted(by_name, key=_natural)]


def cut_off(path):
    """Return the error about an archive that has no end."""
    problem = "the file is a zip archive that is cut off"
    return DataFileError(path, None, problem, remedy=_AGAIN)


def _matching(names, patterns):
    """Return the names that match a pattern, numbers in them ordered as numbers."""
    wanted = [p.lower() + suffix for p in patterns for suffix in _SUFFIXES]
    found = [n for n in names if any(fnmatch.fnmatch(n.lower(), w) for w in wanted)]
    found = [n for n in found if not n.lower().endswith((".part", ".zip"))]
    return sorted(found, key=_natural)


def _natural(name):
    parts = re.split(r"(\d+)", name)
    # Python refuses to read numbers of more than 4300 digits.
    return [int(p[:1000]) if i % 2 else p for i, p in enumerate(parts)]


def _what_there_is(names):
    names = sorted(names, key=_natural)
    if not names:
        return ", it is empty"
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f", only {', '.join(name[:200] for name in names[:5])}{more}"


def text_blocks(file, *, report=None, block_bytes=None):
    """Read a file in blocks of whole lines.

    Lines end at a line feed, and at nothing else, since texts may hold other characters
    that Python takes for line ends. A carriage return before it and a byte order mark
    are taken off. Lines that are not UTF-8 are read as Latin-1, line by line.

    Parameters
    ----------
    file : DataFile
        The file.

    report : ReadReport, default=None
        Counts lines in Latin-1.

    block_bytes : int, default=None
        Size of a block; None for `BLOCK_BYTES`. For tests.

    Yields
    ------
    block : TextBlock
    """
    report = ReadReport() if report is None else report
    block_bytes = BLOCK_BYTES if block_bytes is None else block_bytes
    if _is_sqlite(file):
        yield from _sqlite_blocks(file, block_bytes)
        return
    first, rest, broken = 1, b"", ""
    with file.open() as stream:
        while True:
            pieces, size, piece = [rest], 0, b""
            while size < block_bytes:
                try:
                    piece = stream.read1(min(_PIECE_BYTES, block_bytes))
                except _BROKEN as error:
                    broken = _why_broken(error)
                    break
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
            data = b"".join(pieces)
            if first == 1:
                data = data.removeprefix(_BOM)
                _check_head(file, data, ended=not piece and not broken)
            if broken or not piece:
                # After a break even an empty line is the one that breaks off.
                ends = data.endswith(b"\n") and not broken
                if data or broken:
                    text = _decode(file, first, data[: len(data) - ends], report)
                    yield from _few_lines(TextBlock(first, text, not ends, broken))
                return
            data, line_end, rest = data.rpartition(b"\n")
            if not line_end:  # a line longer than a block
                if len(rest) > _LONGEST_LINE:
                    problem = f"the line has more than {_LONGEST_LINE:,} bytes"
                    raise DataFileError(file, first, problem, remedy=_NO_TABLE)
                continue
            text = _decode(file, first, data, report)
            yield from _few_lines(TextBlock(first, text, False, ""))
            first += text.count("\n") + 1


def _few_lines(block):
    """Yield a block, or pieces of one whose lines are so short that they are many.

    Each line takes some hundred bytes on its way, and more if something is wrong.
    """
    if block.text.count("\n") < _MOST_LINES:
        yield block
        return
    lines = block.text.split("\n")
    for start in range(0, len(lines), _MOST_LINES):
        text = "\n".join(lines[start : start + _MOST_LINES])
        if start + _MOST_LINES < len(lines):
            yield TextBlock(block.first + start, text, False, "")
        else:
            yield block._replace(first=block.first + start, text=text)


def _is_sqlite(file):
    if file.member is not None:
        return False
    with open(file.path, "rb") as stream:
        return stream.read(16) == b"SQLite format 3\0"


def _sqlite_blocks(file, block_bytes):
    """Read a table of an SQLite database as if it were text between tabs.

    YFCC100M is also published as one. The table is called as the file, or is the only
    one; rows are in the order in which they are stored.
    """
    first = 1
    try:
        with closing(sqlite3.connect(_address_of(file), uri=True)) as database:
            # What others have made may hold formulas; they are not trusted with more
            # than arithmetic, nor with values that no line of text has.
            database.execute("PRAGMA trusted_schema = OFF")
            if hasattr(database, "setlimit"):  # since Python 3.11
                database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            tables = [name for (name,) in database.execute(query)]
            tables = [t for t in tables if t == Path(file.path).stem] or tables
            if len(tables) != 1:
                problem = f"the database has {len(tables)} tables, expected is one"
                raise DataFileError(file, None, problem, remedy=_AGAIN)
            quoted = tables[0].replace('"', '""')
            columns = database.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
            if any(hidden for *_, hidden in columns):
                problem = "the table has columns that are computed, which is not done"
                raise DataFileError(file, None, problem, remedy=_AGAIN)
            lines, size, left = [], 0, 32 * os.path.getsize(file.path)
            for row in database.execute(f'SELECT * FROM "{quoted}"'):
                lines.append("\t".join(map(_as_field, row)))
                size += len(lines[-1])
                left -= len(lines[-1]) + 1
                if left < 0:  # pages that name each other, round and round
                    problem = "the database has more in it than the file is long"
                    raise DataFileError(file, None, problem, remedy=_AGAIN)
                if size >= block_bytes:
                    yield TextBlock(first, "\n".join(lines), False, "")
                    first += len(lines)
                    lines, size = [], 0
            if lines:
                yield TextBlock(first, "\n".join(lines), False, "")
                first += len(lines)
    except (OverflowError, UnicodeDecodeError, sqlite3.Error) as error:
        problem = f"the database is damaged ({error!s:.200})"
        raise DataFileError(file, first, problem, remedy=_AGAIN) from error
    if first == 1:
        raise DataFileError(file, None, "the table is empty", remedy=_AGAIN)


def _address_of(file):
    """Return the address by which a database is opened without a trace of it.

    To read one that logs its writes SQLite makes two files beside it, or fails where it
    may not; unless it is told that nobody else writes.
    """
    with open(file.path, "rb") as stream:
        logs = stream.read(20)[19:] == b"\2"
    path = os.path.realpath(file.path)  # beside which, and no link to it, SQLite logs
    log = Path(f"{path}-wal")
    if logs and log.is_file() and log.stat().st_size:
        problem = f"rows of the database may still be in {log.name}, beside it"
        remedy = (
            "Put them into it with `PRAGMA wal_checkpoint(TRUNCATE)` and close it; or "
            "take that file away if it belongs to another."
        )
        raise DataFileError(file, None, problem, remedy=remedy)
    address = f"{Path(path).as_uri()}?mode=ro"
    return f"{address}&immutable=1" if logs else address


def _as_field(value):
    """Return a value of a database as text that holds no tab and no line end."""
    if value is None:
        return ""
    return str(value).replace("\t", " ").replace("\n", " ")


def open_text(file, *, report=None):
    """Yield the lines of a file, decompressed and decoded, with their numbers.

    For small files; big ones are read by `read_table`.

    Parameters
    ----------
    file : DataFile, str or path-like
        The file.

    report : ReadReport, default=None
        Counts lines in Latin-1.

    Yields
    ------
    number : int
        The number of the line, from 1.

    line : str
        Its text without the line end. Empty lines come too.
    """
    if not isinstance(file, DataFile):
        file = DataFile(str(file))
    for block in text_blocks(file, report=report):
        yield from enumerate(block.text.split("\n"), block.first)
        if block.broken:
            line = block.first + block.text.count("\n")
            raise DataFileError(file, line, block.broken, remedy=_AGAIN)


def _why_broken(error):
    if isinstance(error, EOFError):
        return "the compressed file breaks off here"
    return f"the compressed file is damaged here ({error!s:.200})"


def _check_head(file, data, ended):
    """Refuse files that are empty, or not text at all, in words."""
    head = data[:512].lstrip().lower()
    if ended and not data.strip():
        raise DataFileError(file, None, "the file is empty", remedy=_AGAIN)
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        problem = "the file is a web page, such as a login or an error, and no data"
        raise DataFileError(file, None, problem, remedy=_AGAIN)
    if data.startswith(b"PK\x03\x04"):
        raise cut_off(file)
    if head.startswith(b"version https://git-lfs"):
        problem = "the file only points to a file in Git LFS"
        raise DataFileError(file, None, problem, remedy="Fetch it with `git lfs pull`.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problem = "the file is in UTF-16"
        raise DataFileError(file, None, problem, remedy="Save it as UTF-8.")
    if b"\n" not in data and data.count(b"\r") > 1:
        problem = "its lines end with a carriage return alone, as on old Macintoshes"
        raise DataFileError(file, 1, problem, remedy="Save it with line feeds.")


def _decode(file, first, data, report):
    """Decode whole lines as UTF-8, and those that are not as Latin-1."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lines = data.split(b"\n")
    for i, line in enumerate(lines):
        try:
            lines[i] = line.decode("utf-8")
        except UnicodeDecodeError:
            lines[i] = line.decode("latin-1")
            report.note(file, first + i, "line is not UTF-8, read as Latin-1")
    return "\n".join(lines)
