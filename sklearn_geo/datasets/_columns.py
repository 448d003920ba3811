# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a published table: where they are, and which of their rows are bad."""

import csv
from numbers import Integral

from sklearn_geo.datasets._fields import places, swapped
from sklearn_geo.datasets._report import DataFileError


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


def looks_swapped(file, column, rows):
    """Tell whether the first rows of a file have a place's two columns swapped.

    For formats of which both orders go around; called with what a callable `columns`
    of `read_table` gets.

    Parameters
    ----------
    file : DataFile
        The file.

    column : PlaceColumn
        Where latitude and longitude should be.

    rows : list of list of str
        The first lines, the header first if there is one.

    Returns
    -------
    bool
    """
    if not all(isinstance(field, int) for field in column.fields):
        column = by_title(file, {"place": column}, rows[0])["place"]
        rows = rows[1:]
    rows = [row for row in rows if len(row) > max(column.fields)]
    return is_swapped(column, [[row[f] for row in rows] for f in column.fields])


def is_swapped(column, raw):
    return column.convert is places and swapped(*raw)


def value_of(raw, row):
    """Return what stands in a row of a column."""
    return ", ".join(fields[row] for fields in raw)


def wrong_rows(column, raw, start=0):
    """Return a dict of the rows that cannot be converted to why, by bisection.

    Of the column only `convert` is used.
    """
    try:
        column.convert(*raw)
    except ValueError as error:
        n = len(raw[0])
        if n == 1:
            return {start: str(error)}
        half = n // 2
        before = wrong_rows(column, [f[:half] for f in raw], start)
        return before | wrong_rows(column, [f[half:] for f in raw], start + half)
    return {}


def split_line(line, delimiter, quotes):
    """Split a line into its fields."""
    if quotes and '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            raise ValueError("the line has quotes that do not match") from None
    return line.split(delimiter)


def trimmed(row, width):
    """Return a row without the empty fields after the `width`-th."""
    n = len(row)
    while n > width and not row[n - 1].strip():
        n -= 1
    return row[:n]


def usual_width(rows, known=()):
    """Return how many fields most rows have, not counting empty ones after the last.

    Parameters
    ----------
    rows : list of list of str
        The first lines.

    known : collection of int, default=()
        How many there may be, in formats that come in several forms. Rows that end in
        delimiters more than that do not differ.
    """
    widths = []
    for row in rows:
        fewer = (n for n in sorted(known, reverse=True) if len(trimmed(row, n)) == n)
        widths.append(next(fewer, len(row)))
    return max(set(widths), key=widths.count)


def by_title(file, columns, titles):
    """Return columns at the positions that a header gives them, if these are names."""
    position = {title.strip().lower(): i for i, title in enumerate(titles)}
    out = {}
    for name, column in columns.items():
        at = []
        for field in column.fields:
            if isinstance(field, Integral):
                at.append(field)
                continue
            names = [field] if isinstance(field, str) else field
            found = [position[n.lower()] for n in names if n.lower() in position]
            if not found and not column.optional:
                raise DataFileError(
                    file,
                    1,
                    f"the header has no column {' or '.join(names)}, only "
                    f"{', '.join(titles):.200}",
                    remedy="The first line must name the columns as published.",
                )
            at += found[:1]
        if len(at) == len(column.fields):
            out[name] = column.at(at)
    return out
