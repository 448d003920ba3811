# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The files of TSMC2014: one a city, as published or as a copy with a header."""

from functools import partial

import numpy as np

from sklearn_geo.datasets._checkin_rows import (
    category_names,
    check_offset_unit,
    check_orientation,
    offset_hours,
    user_converter,
)
from sklearn_geo.datasets._checkin_times import checkin_times
from sklearn_geo.datasets._columns import trimmed
from sklearn_geo.datasets._fields import labels, names
from sklearn_geo.datasets._reading import (
    Column,
    PlaceColumn,
    first_line,
    part_files,
    read_table,
)

_PATTERNS = ("dataset_TSMC2014_*.txt", "dataset_TSMC2014_*.csv")
# Copies go by other names, too.
_CITIES = ("NYC", "TKY")
_OTHERS = tuple(f"*{city}*.{end}" for city in _CITIES for end in ("txt", "csv"))
_WHAT = "Foursquare check-ins of one city, dataset_TSMC2014_NYC.txt or _TKY.txt"
_WHERE = "sites.google.com/site/yangdingqi/home/foursquare-dataset"
COUNTRIES = {"NYC": "US", "TKY": "JP"}
_N_COLUMNS = 8
# What columns are called in copies with a header, in the order of the published files.
_TITLES = {
    "user": ["userId", "user_id", "user"],
    "venue": ["venueId", "venue_id", "venue"],
    "category_id": ["venueCategoryId", "venue_category_id", "category_id", "cat_id"],
    "category": [
        "venueCategory",
        "venue_category",
        "venueCategoryName",
        "venue_category_name",
        "category",
        "category_name",
        "cat_name",
    ],
    "latitude": ["latitude", "lat"],
    "longitude": ["longitude", "lon", "lng", "long"],
    "utc_offset": [
        "timezoneOffset",
        "timezone_offset",
        "timezone",
        "tz_offset",
        "utc_offset",
        "offset",
    ],
    "time": [
        "utcTimestamp",
        "utc_timestamp",
        "utcTime",
        "utc_time",
        "timestamp",
        "time",
    ],
}


def city_of(file):
    """Return what the name of a file ends with: "NYC"."""
    name = file.name.rsplit(".", 1)[0].removeprefix("dataset_TSMC2014_")
    known = [city for city in _CITIES if city in name.upper()]
    return known[0] if len(known) == 1 else name


def city_files(path, city):
    """Return the files to read, one a city."""
    try:
        files = part_files(path, list(_PATTERNS), what=_WHAT, described=_WHERE)
    except FileNotFoundError:
        try:
            files = part_files(path, list(_OTHERS), what=_WHAT, described=_WHERE)
        except FileNotFoundError:
            files = None
        if files is None:
            raise  # what says the published names
    by_city = {}
    for file in files:
        if "readme" not in file.name.lower():
            by_city.setdefault(city_of(file), []).append(file)
    if not by_city:
        raise FileNotFoundError(
            f"{path} has only a readme. Expected is {_WHAT}; see {_WHERE}."
        )
    found = {
        name: files
        for name, files in by_city.items()
        if city is None or name.lower() == city.lower()
    }
    if not found:
        raise FileNotFoundError(
            f"{path} has no file of the city {city!r}, only of "
            f"{', '.join(sorted(by_city))}. Looked for was dataset_TSMC2014_{city}.txt "
            "(or .csv)."
        )
    return [_one_file(*each) for each in found.items()]


def _one_file(name, files):
    """Return the file of a city: the published text, whatever copies are beside it."""
    files = list(dict.fromkeys(files))  # one of them may be asked for twice
    texts = [file for file in files if file.name.lower().endswith(".txt")] or files
    if len(texts) > 1:
        raise ValueError(
            f"path has several files of the city {name}: "
            f"{' and '.join(map(str, texts)):.400}. Pass the path of one of them."
        )
    return texts[0]


def city_tables(files, offset_unit, chunk_rows, max_rows, errors, report):
    """Yield tables of check-ins, file by file."""
    left = max_rows
    for number, file in enumerate(files):
        if left == 0:
            return
        before = report.n_rows
        delimiter, titles = _form(file)
        prefix = f"{city_of(file)} " if len(files) > 1 else None
        columns = partial(_columns, titles, prefix, offset_unit)
        for table in read_table(
            [file],
            columns,
            delimiter=delimiter,
            header=titles is not None,
            quotes=delimiter == ",",
            chunk_rows=chunk_rows,
            max_rows=left,
            errors=errors,
            report=report,
        ):
            table["town"] = np.full(len(table["time"]), number)
            yield table
        left = None if left is None else left - (report.n_rows - before)


def _form(file):
    """Return what is between the fields of a file, and its header if it has one."""
    line = first_line(file)
    delimiter = "," if "\t" not in line and "," in line else "\t"
    titles = [field.strip(' "').lower() for field in line.split(delimiter)]
    is_header = any(title.lower() in titles for title in _TITLES["venue"])
    return delimiter, titles if is_header else None


def _columns(titles, prefix, offset_unit, file, rows):
    """Return the columns of a file, and how many there are, after a look at it."""
    width = _N_COLUMNS if titles is None else len(rows[0])
    rows = rows if titles is None else rows[1:]
    full = [row for row in rows if len(trimmed(row, width)) == width]

    def first_of(name):
        at = list(_TITLES).index(name)
        if titles is not None:
            names = [title.lower() for title in _TITLES[name]]
            at = next((titles.index(each) for each in names if each in titles), at)
        return [row[at] for row in full if at < len(row)]

    at = {name: i for i, name in enumerate(_TITLES)} if titles is None else _TITLES
    offsets = first_of("utc_offset")
    check_offset_unit(offsets, first_of("time"), offset_unit, file)
    line = 1 if titles is None else 2
    where = first_of("latitude"), first_of("longitude")
    check_orientation(*where, offsets, offset_unit, file, line)
    of_offset = f"offset from UTC in {offset_unit}"
    columns = {
        name: Column(
            at[name], convert=convert, called=called, optional=name == "category_id"
        )
        for name, convert, called in (
            ("user", user_converter(first_of("user"), prefix), "user id"),
            ("venue", names, "venue id"),
            ("category_id", labels, "venue category id"),
            ("category", category_names, "venue category name"),
            ("utc_offset", offset_hours(offset_unit), of_offset),
            ("time", checkin_times, "UTC time"),
        )
    }
    columns["places"] = PlaceColumn(at["latitude"], at["longitude"])
    return columns, _N_COLUMNS
