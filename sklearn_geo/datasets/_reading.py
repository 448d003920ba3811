# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The core of all readers: tables of text, streamed, converted column by column.

A reader of a format says which columns there are and how each is converted;
`read_table` yields chunks of converted columns, and `Reading` makes Bunches of them.
Whole blocks of lines are split and converted at once; only in a block in which
something is wrong are the wrong lines looked for.

In short::

    files = part_files(path, "photos*.tsv", what="the photos", described="the page")
    report = ReadReport()
    columns = {
        "ids": Column(0, convert=integers(), called="photo id"),
        "places": PlaceColumn(2, 1),
        "tags": Column(3, convert=unquoted_tags, called="tags"),
    }
    tables = read_table(files, columns, n_columns=4, errors=errors, report=report)
    reading = Reading(tables, lambda table: Bunch(**table), report)
    reading.whole()  # what load_* returns
    reading.chunks()  # what iter_* returns
"""

import csv
import warnings
from collections import namedtuple
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np

from sklearn_geo.datasets._fields import places, swapped, zero_places
from sklearn_geo.datasets._opening import (
    DataFile,
    open_text,
    part_files,
    text_blocks,
)
from sklearn_geo.datasets._report import DataFileError, ReadReport

__all__ = [
    "Column",
    "DataFile",
    "DataFileError",
    "PlaceColumn",
    "ReadReport",
    "Reading",
    "join",
    "open_text",
    "part_files",
    "read_table",
    "text_blocks",
]

# So many rows of a file are looked at to see whether its columns are as they should be.
_FIRST_ROWS = 100

# The rows of a block: converted columns, line numbers, and what is wrong with others.
_Piece = namedtuple("_Piece", "table lines faults n_filtered")


class Column:
    """A column to read: where it is, and what becomes of its fields.

    Parameters
    ----------
    *fields : int, str or list of str
        The column: its position from 0, its name in the header, or a list of names of
        which one is in the header (letter case does not matter). Several for a
        converter of several fields.

    convert : callable
        Takes a list of str for each field; returns an array or list of as many values,
        or raises a ValueError whose message follows the value: "is not a number". It
        must take an empty list. See `sklearn_geo.datasets._fields`.

    called : str
        What it is called in messages: "photo id".

    optional : bool, default=False
        Only with names: without such a header the column is left out of the table.
    """

    def __init__(self, *fields, convert, called, optional=False):
        self.fields, self.convert = fields, convert
        self.called, self.optional = called, optional

    def at(self, positions):
        """Return the column at these positions instead of names."""
        out = object.__new__(type(self))
        vars(out).update(vars(self), fields=tuple(positions))
        return out

    def where(self):
        """Return how the column is called in errors: its name and position from 1."""
        return f"{self.called} (column {' and '.join(str(f + 1) for f in self.fields)})"


class PlaceColumn(Column):
    """Two columns of degrees that become places of shape (n, 2), latitude first.

    Parameters
    ----------
    latitude, longitude : int, str or list of str
        Where they are; see `Column`.

    called : str, default="latitude, longitude"
        What they are called in messages.
    """

    def __init__(self, latitude, longitude, *, called="latitude, longitude"):
        super().__init__(latitude, longitude, convert=places, called=called)


@dataclass
class _Fields:
    """The fields of some lines, all in one flat list: a line begins every `stride`."""

    flat: list
    stride: int
    lines: np.ndarray

    def of(self, column, rows=None):
        """Return, for each field of a column, the list of the given rows."""
        out = [self.flat[f :: self.stride] for f in column.fields]
        return out if rows is None else [list(compress(f, rows)) for f in out]


def read_table(
    files,
    columns,
    *,
    delimiter="\t",
    n_columns=None,
    header=False,
    quotes=False,
    checks=None,
    keep=None,
    keep_columns=(),
    chunk_rows=100_000,
    max_rows=None,
    errors="raise",
    report=None,
    block_bytes=None,
):
    r"""Read tables of text in chunks, column by column.

    Parameters
    ----------
    files : list of DataFile
        From `part_files`; read one after the other as if they were one.

    columns : dict of str to Column, or callable
        What to read. A callable is asked for each file, for formats that come in
        several forms: it gets the file and its first lines (at most 100, as lists of
        fields, and before them the header if there is one) and returns
        (columns, n_columns) or (columns, n_columns, checks).

    delimiter : str or None, default="\t"
        What is between fields; None for any number of blanks and tabs.

    n_columns : int or tuple of int, default=None
        How many fields a line has. With several, shorter lines are filled with empty
        fields. None takes the number in the first line, or in the header. Further
        fields are allowed if they are all empty.

    header : bool, default=False
        Whether the first line of every file names the columns.

    quotes : bool, default=False
        Whether fields may be quoted, as in CSV. Otherwise a quote is a character like
        any other.

    checks : dict of str to Column, default=None
        Further columns that are only looked at in the first rows of each file, to find
        out that columns are shuffled. They may not be `optional`.

    keep : callable, default=None
        Gets a dict of the converted `keep_columns`, returns a boolean array: rows to
        hand out. The other columns are converted, and checked, in these rows only.

    keep_columns : sequence of str
        The columns that `keep` needs.

    chunk_rows : int, default=100_000
        Rows in a chunk; the last one may have fewer.

    max_rows : int, default=None
        Stop after so many rows.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that is wrong ends it, or is left out and counted.

    report : ReadReport, default=None
        Where to count.

    block_bytes : int, default=None
        How much text is handled at a time. For tests.

    Yields
    ------
    table : dict of str to array or list
        The columns of a chunk, in the order of `columns`. There is at least one chunk,
        of no rows if nothing is left.

    Raises
    ------
    DataFileError
        At the first wrong line; with any `errors` if a file is empty, or if its columns
        are not the ones expected.
    """
    report = ReadReport() if report is None else report
    settings = {"delimiter": delimiter, "quotes": quotes}
    held, n_held, left, n_chunks = [], 0, max_rows, 0
    for file in files:
        reader = _FileReader(file, columns, checks or {}, n_columns, settings, report)
        reader.keep, reader.keep_columns = keep, tuple(keep_columns)
        blocks = text_blocks(file, report=report, block_bytes=block_bytes)
        for piece in reader.read(blocks, header):
            if left is not None:
                piece = _head(piece, left)
                left -= len(piece.lines)
            _take(piece, errors, report)
            held.append(piece.table)
            n_held += len(piece.lines)
            if n_held >= chunk_rows:
                table = join(held)
                starts = range(0, n_held - chunk_rows + 1, chunk_rows)
                n_chunks += len(starts)
                for start in starts:
                    report.n_rows += chunk_rows
                    yield _rows(table, slice(start, start + chunk_rows))
                n_held -= len(starts) * chunk_rows
                held = [_rows(table, slice(len(starts) * chunk_rows, None))]
            if left == 0:
                break
        if left == 0:
            break
    if n_held or not n_chunks:
        report.n_rows += n_held
        yield join(held)


def _head(piece, n):
    """Return what is up to the n-th row of a piece: nobody asked for more."""
    if len(piece.lines) < n:
        return piece
    last = piece.lines[n - 1]
    faults = [fault for fault in piece.faults if fault.line < last]
    table = _rows(piece.table, slice(n))
    return _Piece(table, piece.lines[:n], faults, piece.n_filtered)


def _take(piece, errors, report):
    """Raise what is wrong, or count it."""
    report.n_filtered += piece.n_filtered
    for fault in sorted(piece.faults, key=lambda fault: fault.line):
        if errors == "raise":
            raise fault
        what = f"{fault.column} {fault.problem}".strip()
        report.skip(fault.path, fault.line, what, fault.value)


class _FileReader:
    """Reads one file; what it knows about the file is found in its first block."""

    def __init__(self, file, columns, checks, n_columns, settings, report):
        self.file, self.columns, self.checks = file, columns, checks
        self.n_columns, self.settings, self.report = n_columns, settings, report
        self.keep, self.keep_columns, self.faults = None, (), []

    def read(self, blocks, header):
        """Yield a piece a block."""
        for i, block in enumerate(blocks):
            self.faults = []
            if i == 0:
                titles = None
                if header:
                    line, more, text = block.text.partition("\n")
                    titles = _split_line(line, **self.settings)
                    block = block._replace(first=2, text=text if more else None)
                self._learn(block, titles)
            fields = self._split(block)
            if i == 0:
                self._check_first(fields)
            yield self._convert(fields)

    def _learn(self, block, titles):
        """Find out which columns there are, and how many."""
        lines = (block.text or "").split("\n", _FIRST_ROWS)[:_FIRST_ROWS]
        lines = [line for line in lines if line.strip()]
        if block.cut and len(lines) > 1:  # the last line may be cut off
            del lines[-1]
        rows = [_split_line(line, **self.settings) for line in lines]
        n_columns = self.n_columns
        if callable(self.columns):
            first = rows if titles is None else [titles, *rows]
            self.columns, n_columns, *checks = self.columns(self.file, first)
            self.checks = checks[0] if checks else self.checks
        if titles is not None:
            self.columns = _by_title(self.file, self.columns, titles)
            self.checks = _by_title(self.file, self.checks, titles)
            n_columns = len(titles)
        elif n_columns is None:
            n_columns = len(rows[0]) if rows else 1
        self.allowed = n_columns if isinstance(n_columns, tuple) else (n_columns,)
        self.width = max(self.allowed)
        counts = [len(row) for row in rows]
        if len(rows) >= 3 and not set(counts) & set(self.allowed):
            raise DataFileError(
                self.file,
                block.first,
                f"the line has {counts[0]} columns, expected are {self._expected()}, "
                "and the next lines are no better",
                remedy="This seems to be a file of another format.",
            )

    def _expected(self):
        return " or ".join(map(str, self.allowed))

    def _split(self, block):
        """Split a block of lines into fields."""
        delimiter, text, first = self.settings["delimiter"], block.text, block.first
        if text is None:
            return _Fields([], self.width, np.arange(0))
        quoted = self.settings["quotes"] and '"' in text
        if delimiter is not None and not quoted and not block.broken:
            # A line end becomes a field of its own: if every line has `width` fields,
            # then these stand where they should, and the block is split in one go.
            flat = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
            n, stride = text.count("\n") + 1, self.width + 1
            ends = flat[self.width :: stride]
            if len(flat) == n * stride - 1 and ends.count("\n") == n - 1:
                return _Fields(flat, stride, np.arange(first, first + n))
        texts = text.split("\n")
        rows, lines = [], []
        for line, text in enumerate(texts, first):
            last = line == first + len(texts) - 1
            try:
                row = self._split_one(text, block, last)
            except ValueError as error:
                remedy = "Download the file again." if last and block.cut else None
                self.faults.append(
                    DataFileError(self.file, line, str(error), remedy=remedy)
                )
                continue
            if row is None:
                self.report.note(self.file, line, "line is empty")
            else:
                rows.append(row)
                lines.append(line)
        flat = list(chain.from_iterable(rows))
        return _Fields(flat, self.width, np.array(lines, dtype=int))

    def _split_one(self, text, block, last):
        """Split a line; None if there is nothing in it."""
        if last and block.broken:
            raise ValueError(block.broken)
        if not text.strip():
            return None
        row = _split_line(text, **self.settings)
        while len(row) > self.width and not row[-1].strip():
            del row[-1]
        if len(row) not in self.allowed:
            if last and block.cut and len(row) < self.width:
                raise ValueError(
                    f"the file breaks off here, in column {len(row)} of {self.width}"
                )
            raise ValueError(
                f"the line has {len(row)} columns, expected are {self._expected()}"
            )
        return row + [""] * (self.width - len(row))

    def _check_first(self, fields):
        """Refuse a file whose first rows do not look like the format."""
        n = min(len(fields.lines), _FIRST_ROWS)
        if n < 3:
            return
        for column in {**self.checks, **self.columns}.values():
            raw = [f[:n] for f in fields.of(column)]
            wrong = _wrong_rows(column, raw)
            if 2 * len(wrong) >= n and not _is_swapped(column, raw):
                row, problem = min(wrong.items())
                raise DataFileError(
                    self.file,
                    int(fields.lines[row]),
                    f"{problem}. Of the first {n} rows {len(wrong)} are like this: the "
                    "columns look shuffled",
                    column.where(),
                    _value(raw, row),
                    remedy="Put them in the published order, or read the file with the "
                    "reader of its own format.",
                )

    def _convert(self, fields):
        """Convert a block: first what decides which rows are kept, then the rest."""
        lines = fields.lines
        early = {n: self.columns[n] for n in self.keep_columns if n in self.columns}
        late = {n: c for n, c in self.columns.items() if n not in early}
        table, rows, n_filtered = {}, None, 0
        if self.keep is not None:
            table, rows = self._convert_columns(early, fields, lines)
            kept = self.keep(table)
            n_filtered = len(kept) - int(np.count_nonzero(kept))
            table = _rows(table, kept)
            rows[np.flatnonzero(rows)[~kept]] = False
            lines = lines[rows]
            rows = None if rows.all() else rows
        rest, good = self._convert_columns(late, fields, lines, rows)
        if not good.all():
            table, lines = _rows(table, good), lines[good]
        table |= rest
        table = {name: table[name] for name in self.columns}
        return _Piece(table, lines, self.faults, n_filtered)

    def _convert_columns(self, columns, fields, lines, rows=None):
        """Convert columns in the given rows, and say which of these rows are good."""
        raw = {name: fields.of(column, rows) for name, column in columns.items()}
        good = np.ones(len(lines), dtype=bool)
        try:
            table = {n: c.convert(*raw[n]) for n, c in columns.items()}
        except ValueError:
            good[self._find_faults(columns, raw, lines)] = False
            raw = {n: [list(compress(f, good)) for f in fs] for n, fs in raw.items()}
            table = {n: c.convert(*raw[n]) for n, c in columns.items()}
        for name, column in columns.items():
            if column.convert is places:
                zero = zero_places(table[name], raw[name][0])
                if zero.any():
                    line = lines[good][np.argmax(zero)]
                    what = "place is 0, 0, taken as missing"
                    n = int(zero.sum())
                    self.report.note(self.file, int(line), what, count=n)
        return table, good

    def _find_faults(self, columns, raw, lines):
        """Return the rows that cannot be converted, after telling what is wrong."""
        found = set()
        for name, column in columns.items():
            wrong = _wrong_rows(column, raw[name])
            if wrong and _is_swapped(column, raw[name]):
                row, problem = min(wrong.items())
                raise DataFileError(
                    self.file,
                    int(lines[row]),
                    "is no place. In this file latitudes lie beyond 90 degrees and no "
                    "longitude does: the two columns look swapped",
                    column.where(),
                    _value(raw[name], row),
                    remedy="Put them in the published order.",
                )
            for row, problem in wrong.items():
                if row not in found:
                    found.add(row)
                    value, where = _value(raw[name], row), column.where()
                    line = int(lines[row])
                    self.faults.append(
                        DataFileError(self.file, line, problem, where, value)
                    )
        return sorted(found)


def _is_swapped(column, raw):
    return column.convert is places and swapped(*raw)


def _value(raw, row):
    """Return what stands in a row of a column."""
    return ", ".join(fields[row] for fields in raw)


def _wrong_rows(column, raw, start=0):
    """Return a dict of the rows that cannot be converted to why, by bisection."""
    try:
        column.convert(*raw)
    except ValueError as error:
        n = len(raw[0])
        if n == 1:
            return {start: str(error)}
        half = n // 2
        before = _wrong_rows(column, [f[:half] for f in raw], start)
        return before | _wrong_rows(column, [f[half:] for f in raw], start + half)
    return {}


def _split_line(line, delimiter, quotes):
    """Split a line into its fields."""
    if quotes and '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            raise ValueError("the line has quotes that do not match") from None
    return line.split(delimiter)


def _by_title(file, columns, titles):
    """Return the columns at the positions that a header gives them."""
    position = {title.strip().lower(): i for i, title in enumerate(titles)}
    out = {}
    for name, column in columns.items():
        at = []
        for field in column.fields:
            names = [field] if isinstance(field, str) else field
            found = [position[n.lower()] for n in names if n.lower() in position]
            if not found and not column.optional:
                raise DataFileError(
                    file,
                    1,
                    f"the header has no column {' or '.join(names)}, only "
                    f"{', '.join(titles)}",
                    remedy="The first line must name the columns as published.",
                )
            at += found[:1]
        if len(at) == len(column.fields):
            out[name] = column.at(at)
    return out


def _rows(table, rows):
    """Return rows (a slice or a boolean array) of every column of a table."""
    if isinstance(rows, slice):
        return {name: values[rows] for name, values in table.items()}
    return {
        name: values[rows]
        if isinstance(values, np.ndarray)
        else list(compress(values, rows))
        for name, values in table.items()
    }


def join(tables):
    """Return one table of several, one after the other.

    Parameters
    ----------
    tables : iterable of dict
        With the same columns: arrays or lists. An optional column that some tables lack
        is left out.

    Returns
    -------
    table : dict
    """
    tables = list(tables)
    if len(tables) == 1:
        return tables[0]
    out = {}
    for name in tables[0]:
        if not all(name in table for table in tables):
            continue
        parts = [table[name] for table in tables]
        if isinstance(parts[0], np.ndarray):
            out[name] = np.concatenate(parts)
        else:
            out[name] = list(chain.from_iterable(parts))
    return out


class Reading:
    """Tables on their way to Bunches: whole, or chunk by chunk.

    Parameters
    ----------
    tables : iterable of dict
        From `read_table`.

    finish : callable
        Makes a Bunch of a table. It is given the report as `report` afterwards.

    report : ReadReport
        The one that was given to `read_table`.
    """

    def __init__(self, tables, finish, report):
        self.tables, self.finish, self.report = tables, finish, report

    def chunks(self):
        """Yield a Bunch a chunk."""
        for table in self.tables:
            yield self._bunch(table)
        self._warn()

    def whole(self):
        """Return everything as one Bunch."""
        bunch = self._bunch(join(self.tables))
        self._warn()
        return bunch

    def _bunch(self, table):
        bunch = self.finish(table)
        bunch.report = self.report
        return bunch

    def _warn(self):
        if self.report.n_skipped:
            problem, found = max(
                self.report.problems.items(), key=lambda item: item[1].count
            )
            path, line, _ = found.examples[0]
            warnings.warn(
                f"{self.report.n_skipped:,} rows were skipped, most of them because "
                f"{problem} (first in {path}, line {line}). `report` lists all "
                "problems.",
                UserWarning,
                stacklevel=3,
            )
