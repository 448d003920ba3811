# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files of which the n-th lines belong together, read side by side."""

from itertools import compress

import numpy as np

from sklearn_geo.datasets._columns import wrong_rows
from sklearn_geo.datasets._opening import text_blocks
from sklearn_geo.datasets._report import DataFileError

_AGAIN = "Its lines must be those of the list of images. Download it again."


class RowFile:
    """A file with one line a row, read some rows at a time.

    Parameters
    ----------
    file : DataFile
        The file.

    convert : callable
        Takes a list of str; returns an array or list of as many values, or raises a
        ValueError whose message follows the value.

    called : str
        What a line is called in messages: "the row of tags".

    positions : ndarray of int, default=None
        Which lines are the rows, from 0 and rising; None for all of them.

    report : ReadReport, default=None
        Counts lines in Latin-1.
    """

    def __init__(self, file, convert, called, positions=None, report=None):
        self.file, self.convert, self.called = file, convert, called
        self._positions = positions
        self._blocks = text_blocks(file, report=report)
        # Lines that are read, of which those before `_at` are taken.
        self._held, self._at = [], 0
        self._n_before, self._n_taken = 0, 0
        self._ended = False

    def take(self, n):
        """Return the next n rows (fewer at the end) and the numbers of their lines."""
        if self._positions is None:
            texts = self._next(n)
            numbers = np.arange(len(texts)) + self._n_before + 1
            self._n_before += len(texts)
            return texts, numbers
        wanted = self._positions[self._n_taken : self._n_taken + n]
        self._n_taken += len(wanted)
        if not len(wanted):
            return [], wanted
        lines = self._next(int(wanted[-1]) + 1 - self._n_before)
        at = wanted - self._n_before
        self._n_before += len(lines)
        at = at[at < len(lines)]
        return [lines[i] for i in at], wanted[: len(at)] + 1

    def put_back(self, n):
        """Make the last n of the rows taken just now the next ones; not of picked."""
        self._at -= n
        self._n_before -= n

    def rows(self, n):
        """Return exactly n rows; an error says if the file is shorter."""
        texts, numbers = self.take(n)
        if len(texts) < n:
            raise DataFileError(
                self.file,
                self._n_before,
                "the file ends here, before the list of images does",
                remedy=_AGAIN,
            )
        return texts, numbers

    def check_end(self):
        """Refuse a file that is longer than the list of images."""
        if self._positions is None and self._next(1):
            raise DataFileError(
                self.file,
                self._n_before + 1,
                "the file goes on here, after the end of the list of images",
                remedy=_AGAIN,
            )

    def _next(self, n):
        """Return the next n lines, fewer at the end."""
        while len(self._held) - self._at < n and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
                break
            lines = block.text.split("\n")
            if block.broken:
                line = block.first + len(lines) - 1
                raise DataFileError(
                    self.file, line, block.broken, remedy="Download it again."
                )
            self._held = self._held[self._at :] + lines
            self._at = 0
        if self._ended:
            while len(self._held) > self._at and not self._held[-1].strip():
                del self._held[-1]
        out = self._held[self._at : self._at + n]
        self._at += len(out)
        return out

    def values(self, texts, numbers):
        """Convert rows; return the values of those that are good, which, and faults."""
        good = np.ones(len(texts), dtype=bool)
        try:
            return self.convert(texts), good, {}
        except ValueError:
            wrong = wrong_rows(self, [texts])
        faults = {
            row: DataFileError(
                self.file, int(numbers[row]), problem, self.called, texts[row]
            )
            for row, problem in wrong.items()
        }
        good[list(wrong)] = False
        return self.convert(list(compress(texts, good))), good, faults


def indicator_rows(width):
    """Make a converter of lines of 0 and 1 to arrays of the columns with 1.

    Parameters
    ----------
    width : int
        Number of columns.
    """

    def convert(texts):
        texts = [text.strip() for text in texts]
        if not texts:
            return []
        length = 2 * width - 1
        if not all(len(text) == length and text.isascii() for text in texts):
            texts = [" ".join(text.split()) for text in texts]
            if any(text.count(" ") != width - 1 for text in texts):
                raise ValueError(f"has not {width} columns of 0 and 1")
        codes = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
        if len(codes) != length * len(texts):
            raise ValueError("has something else than 0 and 1")
        codes = codes.reshape(len(texts), length)
        digits, between = codes[:, ::2] - ord("0"), codes[:, 1::2]
        if (digits > 1).any() or not ((between == 9) | (between == 32)).all():
            raise ValueError("has something else than 0 and 1")
        rows, columns = np.nonzero(digits)
        return np.split(columns, np.searchsorted(rows, np.arange(1, len(texts))))

    return convert


def number_rows(width):
    """Make a converter of lines of numbers to an array of float32.

    Parameters
    ----------
    width : int
        Number of columns.
    """

    def convert(texts):
        if not texts:
            return np.empty((0, width), dtype=np.float32)
        if not all(map(str.strip, texts)):
            raise ValueError("is empty")
        try:
            out = np.loadtxt(texts, dtype=np.float32, comments=None, ndmin=2)
        except ValueError as error:
            if "columns" in str(error):
                raise ValueError(f"has not {width} numbers") from None
            raise ValueError("has something that is no number") from None
        if out.shape != (len(texts), width):
            raise ValueError(f"has not {width} numbers")
        if not np.isfinite(out).all():
            raise ValueError("has a number that is not finite")
        return out

    return convert


def read_rows(sources, *, keep, chunk_rows, max_rows, errors, report):
    """Read files side by side.

    Parameters
    ----------
    sources : dict of str to RowFile
        The first one is the list of images, which says how many rows there are.

    keep : callable or None
        Gets the values of the list, returns a boolean array: rows to read.

    chunk_rows, max_rows : int
        Rows in a chunk, and at most; `max_rows` may be None.

    errors : {"raise", "skip"}
        Whether a wrong line ends it, or its row is left out of all files and counted.

    report : ReadReport
        Where to count.

    Yields
    ------
    table : dict of str to array or list
        The columns of a chunk; at least one chunk.
    """
    (first, images), *others = sources.items()
    # Narrow integers of numpy overflow in sums.
    chunk_rows, left = int(chunk_rows), None if max_rows is None else int(max_rows)
    n_chunks = 0
    while left is None or left > 0:
        # Of those that are looked at one in a thousand may be kept.
        n_taken = chunk_rows if keep is not None or left is None else left
        texts, numbers = images.take(min(chunk_rows, n_taken))
        if not texts:
            for _, source in others:
                source.check_end()
            if n_chunks:
                break  # otherwise a chunk of no rows is made
        values, good, wrong = images.values(texts, numbers)
        rows, faults = np.flatnonzero(good), wrong
        kept = np.ones(len(rows), dtype=bool) if keep is None else keep(values)
        if left is not None and np.count_nonzero(kept) >= left:
            # Nobody asked for what comes after these, unless one of them is wrong.
            last = np.flatnonzero(kept)[left - 1]
            n = int(rows[last]) + 1
            images.put_back(len(texts) - n)
            texts, rows, kept = texts[:n], rows[: last + 1], kept[: last + 1]
            values = values[: last + 1]
            faults = {row: fault for row, fault in faults.items() if row < n}
        report.n_filtered += len(kept) - int(np.count_nonzero(kept))
        rows, values = rows[kept], _those(values, kept)
        found = {first: (values, np.ones(len(rows), dtype=bool))}
        for name, source in others:
            texts_of, numbers_of = source.rows(len(texts))
            picked = [texts_of[row] for row in rows]
            *found[name], wrong = source.values(picked, numbers_of[rows])
            for row, fault in wrong.items():
                faults.setdefault(int(rows[row]), fault)
        for row in sorted(faults):
            fault = faults[row]
            if errors == "raise":
                raise fault
            what = f"{fault.column} {fault.problem}".strip()
            report.skip(fault.path, fault.line, what, fault.value)
        # A row that is wrong in one file is left out of all.
        good = np.logical_and.reduce([fine for _, fine in found.values()])
        table = {n: _those(values, good[fine]) for n, (values, fine) in found.items()}
        n_rows = int(np.count_nonzero(good))
        left = None if left is None else left - n_rows
        report.n_rows += n_rows
        if n_rows:
            n_chunks += 1
            yield table
        if not texts:
            break
    if not n_chunks:
        yield table


def _those(values, which):
    """Return the values that a boolean array says."""
    if which.all():
        return values
    return (
        values[which] if isinstance(values, np.ndarray) else [*compress(values, which)]
    )
