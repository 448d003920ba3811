# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of geotags: a photo, a latitude and a longitude a line, in any layout."""

import re
from numbers import Integral

import numpy as np

from sklearn_geo.datasets._reading import (
    Column,
    PlaceColumn,
    ReadReport,
    first_line,
    join,
    read_table,
)

_TITLES = (
    ["photo_id", "photoid", "photo id", "photo", "image_id", "imageid", "id"],
    ["latitude", "lat"],
    ["longitude", "lon", "lng", "long"],
)
_PHOTO = re.compile(r"(?:^|[\\/_])(\d+)(?:\.[A-Za-z]+)?$")


def photo_numbers(fields):
    r"""Convert photos to their numbers on Flickr: "actor\0001_2124494179.jpg"."""
    if "".join(fields).isdecimal() and all(fields):
        numbers = fields
    else:  # where int would take 0001_101 for one number
        found = [_PHOTO.search(field.strip()) for field in fields]
        if not all(found):
            raise ValueError("is neither the number of a photo nor a file named by it")
        numbers = [match[1] for match in found]
    try:
        return np.fromiter(map(int, numbers), dtype=np.int64, count=len(numbers))
    except (OverflowError, ValueError):  # Python reads 4300 digits at most
        raise ValueError("is too large for the number of a photo") from None


class Geotags:
    """Places of photos, looked up by the number of the photo.

    Parameters
    ----------
    file : DataFile
        The list. Fields are delimited by tabs, commas or blanks. A header may say what
        is in which column.

    columns : sequence of three int or str, default=None
        Which columns hold the photo, the latitude and the longitude: positions from 0,
        or names in the header. None looks for usual names in the header; without a
        header the first three columns are taken.

    errors : {"raise", "skip"}, default="raise"
        What to do about wrong lines.

    report : ReadReport, default=None
        Where wrong lines, and photos with several geotags, are counted.
    """

    def __init__(self, file, columns=None, errors="raise", report=None):
        report = ReadReport() if report is None else report
        self.file = file
        delimiter, has_header = _form(file, columns)
        at = columns or (_TITLES if has_header else (0, 1, 2))
        own = ReadReport()  # its rows are geotags, not photos
        table = join(
            read_table(
                [file],
                {
                    "ids": Column(at[0], convert=photo_numbers, called="photo id"),
                    "places": PlaceColumn(at[1], at[2]),
                },
                delimiter=delimiter,
                header=has_header,
                quotes=delimiter == ",",
                errors=errors,
                report=own,
            )
        )
        self._ids, first = np.unique(table["ids"], return_index=True)
        self._places = table["places"][first]
        n_more = len(table["ids"]) - len(self._ids)
        own.note(
            file, None, "photo has several geotags, the first counts", count=n_more
        )
        report.take_over(own)

    def __call__(self, ids):
        """Return the places of photos; NaN where the list has none."""
        out = np.full((len(ids), 2), np.nan)
        if len(self._ids) == 0:
            return out
        at = np.searchsorted(self._ids, ids).clip(max=len(self._ids) - 1)
        known = self._ids[at] == ids
        out[known] = self._places[at[known]]
        return out


def check_columns(columns):
    """Refuse `geotag_columns` that are not three."""
    if columns is None:
        return
    columns = tuple(columns)
    named = all(isinstance(each, str) for each in columns)
    counted = all(isinstance(each, Integral) and each >= 0 for each in columns)
    if len(columns) != 3 or not (named or counted):
        raise ValueError(
            f"geotag_columns={columns!r} must be three, all positions or all "
            "names: those of the photo, the latitude and the longitude, such as "
            "(0, 2, 1). Positions count from 0."
        )


def _form(file, columns):
    """Return what is between fields, and whether the first line is a header."""
    line = first_line(file)
    delimiter = next((sign for sign in "\t," if sign in line), None)
    if columns is not None and isinstance(columns[0], str):
        return delimiter, True
    fields = [field.strip(' "').lower() for field in line.split(delimiter)]
    titles = [title for titles in _TITLES[1:] for title in titles]
    return delimiter, any(field in titles for field in fields)
