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

import re
from collections import namedtuple
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np

from sklearn_geo.datasets._columns import (
    Column,
    PlaceColumn,
    by_title,
    is_swapped,
    looks_swapped,
    split_line,
    trimmed,
    usual_width,
    value_of,
    wrong_rows,
)
from sklearn_geo.datasets._fields import places, zero_places
from sklearn_geo.datasets._gathering import Reading, join, rows_of
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
    "first_line",
    "join",
    "looks_swapped",
    "open_text",
    "part_files",
    "read_table",
    "text_blocks",
    "usual_width",
]

# So many rows of a file are looked at to see whether its columns are as they should be.
_FIRST_ROWS = 100

_EMPTY_LINES = re.compile(r"(?:[^\S\n]*\n)*")

# The rows of a block: converted columns, line numbers, and what is wrong with others;
# which lines were not asked for, which have a place that is none, and which are empty.
_Piece = namedtuple("_Piece", "table lines faults filtered zeros empty")


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
    # Narrow integers of numpy overflow in sums.
    chunk_rows, left = int(chunk_rows), None if max_rows is None else int(max_rows)
    held, n_held, n_chunks = [], 0, 0
    for file in files:
        reader = _FileReader(file, columns, checks or {}, n_columns, settings, report)
        reader.keep, reader.keep_columns = keep, tuple(keep_columns)
        blocks = text_blocks(file, report=report, block_bytes=block_bytes)
        for piece in reader.read(blocks, header):
            if left is not None:
                piece = _head(piece, left)
                left -= len(piece.lines)
            _take(piece, file, errors, report)
            held.append(piece.table)
            n_held += len(piece.lines)
            if n_held >= chunk_rows:
                table = join(held)
                starts = range(0, n_held - chunk_rows + 1, chunk_rows)
                n_chunks += len(starts)
                for start in starts:
                    report.n_rows += chunk_rows
                    yield rows_of(table, slice(start, start + chunk_rows))
                n_held -= len(starts) * chunk_rows
                held = [rows_of(table, slice(len(starts) * chunk_rows, None))]
            if left == 0:
                break
        if left == 0:
            break
    if n_held or not n_chunks:
        report.n_rows += n_held
        yield join(held)


def first_line(file):
    """Return the first line of a file that is not empty; "" if there is none."""
    return next((line for _, line in open_text(file) if line.strip()), "")


def _head(piece, n):
    """Return what is up to the n-th row of a piece: nobody asked for more."""
    if len(piece.lines) < n:
        return piece
    last = piece.lines[n - 1]
    faults = [fault for fault in piece.faults if fault.line < last]
    return _Piece(
        rows_of(piece.table, slice(n)),
        piece.lines[:n],
        faults,
        piece.filtered[piece.filtered < last],
        piece.zeros[piece.zeros <= last],
        [line for line in piece.empty if line < last],
    )


def _take(piece, file, errors, report):
    """Raise what is wrong, or count it."""
    report.n_filtered += len(piece.filtered)
    if piece.zeros.size:
        what = "place is 0, 0, taken as missing"
        report.note(file, int(piece.zeros[0]), what, count=len(piece.zeros))
    for line in piece.empty:
        report.note(file, line, "line is empty")
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
        self.zeros, self.empty = np.arange(0), []

    def read(self, blocks, header):
        """Yield a piece a block."""
        begun = False
        for block in blocks:
            self.faults, self.zeros, self.empty = [], np.arange(0), []
            if begun:
                yield self._convert(self._split(block))
                continue
            block = self._without_empty_lines(block)
            if block is None:
                continue
            block, titles = self._header(block) if header else (block, None)
            self._learn(block, titles)
            fields = self._split(block)
            self._check_first(fields)
            begun = True
            yield self._convert(fields)
        if not begun:
            problem, remedy = "the file is empty", "Download it again."
            raise DataFileError(self.file, None, problem, remedy=remedy)

    def _without_empty_lines(self, block):
        """Return a block from its first line on that is not empty, None if none is."""
        if not block.text.strip() and not block.broken:
            self.report.note(
                self.file,
                block.first,
                "line is empty",
                count=block.text.count("\n") + 1,
            )
            return None
        empty = _EMPTY_LINES.match(block.text).group()
        n = empty.count("\n")
        self.report.note(self.file, block.first, "line is empty", count=n)
        return block._replace(first=block.first + n, text=block.text[len(empty) :])

    def _header(self, block):
        """Return a block without its first line, and the fields of this."""
        line, more, text = block.text.partition("\n")
        titles = self._split_if_possible(line)
        if titles is None:
            problem = "the header has quotes that do not match"
            raise DataFileError(self.file, block.first, problem)
        text = text if more else None
        return block._replace(first=block.first + 1, text=text), titles

    def _learn(self, block, titles):
        """Find out which columns there are, and how many."""
        lines = (block.text or "").split("\n", _FIRST_ROWS)[:_FIRST_ROWS]
        lines = [line for line in lines if line.strip()]
        if block.cut and len(lines) > 1:  # the last line may be cut off
            del lines[-1]
        rows = list(filter(None, map(self._split_if_possible, lines)))
        n_columns = self.n_columns
        if callable(self.columns):
            first = rows if titles is None else [titles, *rows]
            self.columns, n_columns, *checks = self.columns(self.file, first)
            self.checks = checks[0] if checks else self.checks
        if titles is not None:
            self.columns = by_title(self.file, self.columns, titles)
            self.checks = by_title(self.file, self.checks, titles)
            n_columns = len(titles)
        elif n_columns is None:
            n_columns = len(rows[0]) if rows else 1
        self.allowed = n_columns if isinstance(n_columns, tuple) else (n_columns,)
        self.width = max(self.allowed)
        for column in self.columns.values():
            if max(column.fields) >= self.width:
                raise DataFileError(
                    self.file,
                    block.first,
                    f"there is no {column.where()}: the line has {self.width} columns",
                    remedy="Columns are counted from 0 where positions are passed.",
                )
        counts = [len(trimmed(row, self.width)) for row in rows]
        if len(rows) >= 3 and not set(counts) & set(self.allowed):
            raise DataFileError(
                self.file,
                block.first,
                f"the line has {counts[0]} columns, expected are {self._expected()}, "
                "and the next lines are no better",
                remedy="This seems to be a file of another format.",
            )

    def _split_if_possible(self, line):
        """Split a line; None if its quotes do not match."""
        try:
            return split_line(line, **self.settings)
        except ValueError:
            return None

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
                self.empty.append(line)
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
        row = trimmed(split_line(text, **self.settings), self.width)
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
            wrong = wrong_rows(column, raw)
            if 2 * len(wrong) >= n and not is_swapped(column, raw):
                row, problem = min(wrong.items())
                raise DataFileError(
                    self.file,
                    int(fields.lines[row]),
                    f"{problem}. Of the first {n} rows {len(wrong)} are like this: the "
                    "columns look shuffled",
                    column.where(),
                    value_of(raw, row),
                    remedy="Put them in the published order, or read the file with the "
                    "reader of its own format.",
                )

    def _convert(self, fields):
        """Convert a block: first what decides which rows are kept, then the rest."""
        lines = fields.lines
        names = self.keep_columns if self.keep is not None else ()
        early = {name: self.columns[name] for name in names if name in self.columns}
        late = {n: c for n, c in self.columns.items() if n not in early}
        table, rows, filtered = {}, None, np.arange(0)
        if self.keep is not None:
            table, rows = self._convert_columns(early, fields, lines)
            kept = self.keep(table)
            filtered = lines[rows][~kept]
            table = rows_of(table, kept)
            rows[np.flatnonzero(rows)[~kept]] = False
            lines = lines[rows]
            rows = None if rows.all() else rows
        rest, good = self._convert_columns(late, fields, lines, rows)
        if not good.all():
            table, lines = rows_of(table, good), lines[good]
        table |= rest
        table = {name: table[name] for name in self.columns}
        return _Piece(table, lines, self.faults, filtered, self.zeros, self.empty)

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
                self.zeros = lines[good][zero]
        return table, good

    def _find_faults(self, columns, raw, lines):
        """Return the rows that cannot be converted, after telling what is wrong."""
        found = set()
        for name, column in columns.items():
            wrong = wrong_rows(column, raw[name])
            if wrong and is_swapped(column, raw[name]):
                row, problem = min(wrong.items())
                raise DataFileError(
                    self.file,
                    int(lines[row]),
                    "is no place. In this file latitudes lie beyond 90 degrees and no "
                    "longitude does: the two columns look swapped",
                    column.where(),
                    value_of(raw[name], row),
                    remedy="Put them in the published order.",
                )
            for row, problem in wrong.items():
                if row not in found:
                    found.add(row)
                    value, where = value_of(raw[name], row), column.where()
                    line = int(lines[row])
                    self.faults.append(
                        DataFileError(self.file, line, problem, where, value)
                    )
        return sorted(found)
