# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What files of check-ins have in common: users, offsets, categories."""

import re
from numbers import Integral

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo.datasets._checkin_times import checkin_times
from sklearn_geo.datasets._fields import integers, labels, names, numbers
from sklearn_geo.datasets._reading import DataFileError
from sklearn_geo.datasets._venue_labels import mended

# Parameters of every reader of check-ins, and of those that stream.
READING = {
    "path": "no_validation",
    "offset_unit": [StrOptions({"minutes", "hours"})],
    "max_rows": [Interval(Integral, 1, None, closed="left"), None],
    "errors": [StrOptions({"raise", "skip"})],
}
CHUNKS = {"chunk_rows": [Interval(Integral, 1, None, closed="left")]}

# Clocks differ from the sun by up to 3.6 hours (in the west of China).
_FAR_OFF = 4.5
_ID = re.compile("[0-9a-f]{24}")


def offset_hours(unit):
    """Make a converter of offsets from UTC to hours; it knows which ones there are.

    Parameters
    ----------
    unit : {"minutes", "hours"}
        Unit of the column.
    """
    a_quarter, other = (15, "hours") if unit == "minutes" else (0.25, "minutes")

    def convert(fields):
        quarters = numbers(fields) / a_quarter
        if np.isnan(quarters).any():
            raise ValueError("is missing")
        good = (quarters == np.round(quarters)) & (quarters >= -48) & (quarters <= 56)
        if not good.all():
            raise ValueError(
                f"is no offset from UTC in {unit}; if this file has {other}, pass "
                f"offset_unit={other!r}"
            )
        # Adding 0.0 turns a negative zero into a plain one.
        return quarters / 4.0 + 0.0

    return convert


def category_names(fields):
    """Convert names of categories; refuse ids, which stand in the column beside."""
    if any(map(_ID.fullmatch, set(fields))):
        raise ValueError("is the id of a category, not its name")
    return labels(fields)


def user_converter(fields, prefix=None):
    """Return how users are read: as numbers if the first one is, else as texts."""
    if prefix is not None:
        return lambda fields: [prefix + user for user in names(fields)]
    return integers() if fields and fields[0].strip().isdecimal() else _user_names


def _user_names(fields):
    """Convert users; refuse ids of venues, which stand in the column beside."""
    if any(map(_ID.fullmatch, set(fields))):
        raise ValueError("is the id of a venue, not of a user")
    return names(fields)


def check_orientation(latitudes, longitudes, offsets, unit, file, line):
    """Refuse a file whose latitudes and longitudes are swapped, by its clocks.

    In many cities both orders are places of the globe. But where the sun is overhead at
    noon, local time is a twenty-fourth of the longitude from UTC, give or take what
    states decide.

    Parameters
    ----------
    latitudes, longitudes, offsets : list of str
        Fields of the first rows.

    unit : {"minutes", "hours"}
        Unit of the offsets.

    file : DataFile
        The file.

    line : int
        The number of the first of these rows.
    """
    try:
        places = np.column_stack([numbers(latitudes), numbers(longitudes)])
        hours = offset_hours(unit)(offsets)
    except ValueError:
        return  # told where the line is read
    with np.errstate(invalid="ignore"):
        off = (hours[:, np.newaxis] - places / 15.0 + 12.0) % 24.0 - 12.0
        wrong, right = np.abs(off[:, 1]) > _FAR_OFF, np.abs(off[:, 0]) <= _FAR_OFF
        swapped = wrong & right
    if len(hours) >= 3 and 2 * np.count_nonzero(swapped) >= len(hours):
        row = int(np.argmax(swapped))
        raise DataFileError(
            file,
            line + row,
            f"is where clocks are not {hours[row]:+g} hours from UTC; with the two "
            "columns the other way round they would be: they look swapped",
            "latitude, longitude",
            f"{latitudes[row]}, {longitudes[row]}",
            remedy="Put them in the published order.",
        )


def check_offset_unit(fields, times, unit, file):
    """Refuse a file whose offsets are in the other unit, and say how to read it."""
    other = "hours" if unit == "minutes" else "minutes"
    try:
        offset_hours(unit)(fields)
    except ValueError:
        try:
            offset_hours(other)(fields)
            checkin_times(times)
        except ValueError:
            return  # there is more that is wrong
        wrong = next(f for f in fields if f.strip() not in ("0", "0.0"))
        raise DataFileError(
            file,
            None,
            f"has {other}, not {unit}",
            "the column of offsets from UTC",
            wrong,
            remedy=f"Pass offset_unit={other!r}.",
        ) from None


def row_bunch(table):
    """Make a Bunch of a table of check-ins whose texts are arrays."""
    table.pop("town", None)
    if "category" in table:
        table["category"] = list(map(mended, table["category"]))
    texts = ("user", "venue", "category", "category_id", "country")
    for name in texts:
        if isinstance(table.get(name), list):
            table[name] = np.array(table[name], dtype=str)
    return Bunch(**table)


def describe(venues, text):
    """Fill in numbers in the description of a data set."""
    n_labels = len(venues.target_names)
    return text.format(
        n_venues=len(venues.places),
        n_checkins=len(venues.checkins.time),
        target=f"0/1 indicator of {n_labels} labels" if n_labels else "none",
    )
