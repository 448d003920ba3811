# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Foursquare check-ins of New York and Tokyo (TSMC2014)."""

from collections.abc import Mapping
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_geo.datasets._checkin_rows import (
    category_names,
    check_offset_unit,
    describe,
    offset_hours,
    row_bunch,
    user_converter,
)
from sklearn_geo.datasets._checkin_times import checkin_times
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.datasets._fields import labels, names
from sklearn_geo.datasets._reading import (
    Column,
    PlaceColumn,
    Reading,
    ReadReport,
    open_text,
    part_files,
    read_table,
)
from sklearn_geo.datasets._venue_bunch import (
    Numbering,
    check_categories,
    mend_names,
    select,
    venue_bunch,
    venues_to_frames,
)

_PATTERNS = ("dataset_TSMC2014_*.txt", "dataset_TSMC2014_*.csv")
_WHAT = "Foursquare check-ins of one city, dataset_TSMC2014_NYC.txt or _TKY.txt"
_WHERE = "sites.google.com/site/yangdingqi/home/foursquare-dataset"
_COUNTRIES = {"NYC": "US", "TKY": "JP"}
_N_COLUMNS = 8
_TITLES = {
    "user": ["userId", "user_id", "userid", "user id"],
    "venue": ["venueId", "venue_id", "venue id"],
    "category_id": ["venueCategoryId", "venue_category_id", "category_id", "cat_id"],
    "category": ["venueCategory", "venue_category", "category", "cat_name"],
    "latitude": ["latitude", "lat"],
    "longitude": ["longitude", "lon", "lng"],
    "utc_offset": ["timezoneOffset", "timezone_offset", "timezone", "tz_offset"],
    "time": ["utcTimestamp", "utc_timestamp", "utc_time", "time"],
}
_TITLES["category"].append("venue_category_name")

_DESCR = """\
Foursquare check-ins in one city (TSMC2014)
-------------------------------------------

**What it is**: check-ins that people posted on Foursquare from April 2012 to February
2013 in New York or Tokyo, collected and published by Yang et al. [1].

:Number of venues: {n_venues}
:Number of check-ins: {n_checkins}
:Features: latitude and longitude in `data`; the check-ins in `checkins`
:Target: {target}

[1] D. Yang, D. Zhang, V. W. Zheng, Z. Yu, "Modeling User Activity Preference by
    Leveraging User Spatial Temporal Characteristics in LBSNs", IEEE Transactions on
    Systems, Man, and Cybernetics: Systems, 45(1), 2015. Cite it if you publish results.
"""

_READING = {
    "path": "no_validation",
    "city": [str, None],
    "offset_unit": [StrOptions({"minutes", "hours"})],
    "max_rows": [Interval(Integral, 1, None, closed="left"), None],
    "errors": [StrOptions({"raise", "skip"})],
}


@validate_params(
    {
        **_READING,
        "categories": [str, Mapping, "array-like", None],
        "located_only": ["boolean"],
        "labelled_only": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_foursquare_tsmc2014(
    path,
    *,
    city=None,
    categories="table2",
    labelled_only=False,
    located_only=False,
    offset_unit="minutes",
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Load Foursquare check-ins of New York and Tokyo, venue by venue.

    The Bunch has the fields of :func:`make_checkins`, so that
    :class:`~sklearn_geo.encoding.VenueActivityEncoder` and everything else takes one
    in place of the other.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `dataset_TSMC2014_NYC.txt` or `dataset_TSMC2014_TKY.txt` [1]_, plain or
        compressed; or a folder or zip archive with one or both. Copies as CSV with a
        header (`userId,venueId,...`) are read as well.

    city : str, default=None
        Which file of a folder: what its name ends with, "NYC" or "TKY". None reads all.

    categories : "table2", mapping, list of str or None, default="table2"
        What `target` tells. "table2" are the six labels of [2]_ by
        :func:`venue_labels`; a mapping of labels to words are rules for that function;
        a list are category names as in the file, one column each; None is no target.

    labelled_only : bool, default=False
        Leave out venues without any label, and their check-ins.

    located_only : bool, default=False
        Leave out venues without a place, and their check-ins. Otherwise their place is
        NaN.

    offset_unit : {"minutes", "hours"}, default="minutes"
        Unit of the column of offsets from UTC. Published are minutes; copies with hours
        go around.

    max_rows : int, default=None
        Read so many check-ins at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    as_frame : bool, default=False
        Return `data`, `target`, `checkins` and `frame` as pandas DataFrames.

    Returns
    -------
    venues : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        data, places : ndarray of shape (n_venues, 2) or DataFrame
            Latitude and longitude in degrees. A venue's rows may differ: this is the
            median of each, and `report` says for how many venues that matters.
        target : ndarray of int of shape (n_venues, n_labels), DataFrame or None
            1 where a venue has a label.
        feature_names, target_names : list of str
            "latitude" and "longitude"; the labels.
        frame : DataFrame or None
            Only with `as_frame=True`: `data` and `target` side by side, by venue.
        venues : ndarray of int of shape (n_venues,)
            What the venues are called in `checkins`.
        venue_ids : ndarray of str of shape (n_venues,)
            What they are called in the file.
        categories : ndarray of int of shape (n_venues,)
            Position in `category_names` of the most frequent category of the rows of
            the venue; of several, the first in the file.
        category_names : ndarray of str
            Names of the categories.
        town : ndarray of int of shape (n_venues,)
            Position in `town_names`.
        town_names : ndarray of str
            What the names of the files end with, such as "NYC".
        country : ndarray of str of shape (n_venues,)
            "US" in New York, "JP" in Tokyo, otherwise "".
        checkins : Bunch or DataFrame
            One row a check-in, in the order of the file: `venue`, `user`, `time`
            (datetime64[s] in coordinated universal time; with the time zone UTC in a
            DataFrame), `utc_offset` (hours to add for local time), `category`
            (position in `category_names`, of the row itself). Users are numbers; with
            several cities texts such as "NYC 470", since both cities count from 1.
        report : ReadReport
            What was skipped and what was put right.
        DESCR : str
            Description of the data set.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says what was looked for.

    DataFileError
        If a line cannot be read, with its number, the column and the value.

    See Also
    --------
    iter_foursquare_tsmc2014 : The same check-ins, chunk by chunk.
    load_foursquare_tist2015 : Check-ins of the whole world.
    make_checkins : Synthetic check-ins.

    References
    ----------
    .. [1] D. Yang, D. Zhang, V. W. Zheng, Z. Yu, "Modeling User Activity Preference by
       Leveraging User Spatial Temporal Characteristics in LBSNs", IEEE Transactions on
       Systems, Man, and Cybernetics: Systems, 45(1), 2015.
    .. [2] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, Table 2.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.datasets import load_foursquare_tsmc2014
    >>> rows = (
    ...     "7\tv1\tc1\tGastropub\t40.7\t-74.0\t-240\tTue Apr 03 18:00:09 +0000 2012\n"
    ...     "8\tv2\tc2\tBridge\t40.6\t-74.1\t-240\tTue Apr 03 18:00:25 +0000 2012\n"
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "dataset_TSMC2014_NYC.txt"
    ...     _ = path.write_text(rows)
    ...     venues = load_foursquare_tsmc2014(path)
    >>> venues.places
    array([[ 40.7, -74. ],
           [ 40.6, -74.1]])
    >>> venues.target.sum(axis=1), venues.checkins.utc_offset
    (array([2, 0]), array([-4., -4.]))
    """
    rules = check_categories(categories)
    pandas = import_pandas() if as_frame else None
    report = ReadReport()
    venue_numbers, category_numbers = Numbering(), Numbering()
    files = _city_files(path, city)

    def numbered():
        for table in _tables(files, offset_unit, 1 << 17, max_rows, errors, report):
            table["venue"] = venue_numbers(table["venue"])
            table["category"] = category_numbers(table["category"])
            del table["category_id"]
            yield table

    def finish(table):
        category_names = category_numbers.texts
        table["category"], category_names = mend_names(
            table["category"], category_names, report
        )
        table["user"] = np.asarray(table["user"])
        town_of_row = table.pop("town")
        ids = venue_numbers.texts
        venues = venue_bunch(table, ids, category_names, rules, report)
        venues.town = np.zeros(len(ids), dtype=np.int64)
        # Written backwards, so that the first row of a venue counts.
        venues.town[table["venue"][::-1]] = town_of_row[::-1]
        venues.town_names = np.array([_city_of(file) for file in files])
        countries = [_COUNTRIES.get(name, "") for name in venues.town_names]
        venues.country = np.array(countries)[venues.town]
        select(venues, located_only, labelled_only, report)
        venues.DESCR = describe(venues, _DESCR)
        return venues

    venues = Reading(numbered(), finish, report).whole()
    if as_frame:
        venues_to_frames(venues, pandas)
    return venues


@validate_params(
    {**_READING, "chunk_rows": [Interval(Integral, 1, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def iter_foursquare_tsmc2014(
    path,
    *,
    city=None,
    offset_unit="minutes",
    chunk_rows=100_000,
    max_rows=None,
    errors="raise",
):
    """Read Foursquare check-ins of New York and Tokyo chunk by chunk.

    Parameters
    ----------
    path : str, path-like, or list of them
        As for :func:`load_foursquare_tsmc2014`.

    city : str, default=None
        Which file of a folder, "NYC" or "TKY". None reads all.

    offset_unit : {"minutes", "hours"}, default="minutes"
        Unit of the column of offsets from UTC.

    chunk_rows : int, default=100_000
        Check-ins in a chunk; the last one may have fewer.

    max_rows : int, default=None
        Read so many check-ins at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out and counted.

    Yields
    ------
    checkins : :class:`~sklearn.utils.Bunch`
        One row a check-in: `venue` (the id), `category`, `category_id` and `user` as
        arrays; `time` (datetime64[s] in coordinated universal time), `utc_offset`
        (hours), `places` of shape (n_rows, 2); and `report`, which grows.

    See Also
    --------
    load_foursquare_tsmc2014 : All of them, gathered by venue.

    Examples
    --------
    >>> from sklearn_geo.datasets import iter_foursquare_tsmc2014
    >>> n_rows = 0
    >>> for checkins in iter_foursquare_tsmc2014("/data/tsmc2014"):  # doctest: +SKIP
    ...     n_rows += len(checkins.time)
    """
    report = ReadReport()
    files = _city_files(path, city)
    tables = _tables(files, offset_unit, chunk_rows, max_rows, errors, report)
    return Reading(tables, row_bunch, report).chunks()


def _city_of(file):
    """Return what the name of a file ends with: "NYC"."""
    return file.name.rsplit(".", 1)[0].removeprefix("dataset_TSMC2014_")


def _city_files(path, city):
    """Return the files to read, one a city."""
    files = part_files(path, list(_PATTERNS), what=_WHAT, described=_WHERE)
    by_city = {}
    for file in files:
        name = _city_of(file)
        # The text file is the published one; a CSV beside it is a copy.
        if "readme" not in name.lower() and (
            name not in by_city or file.name.lower().endswith(".txt")
        ):
            by_city[name] = file
    if not by_city:
        raise FileNotFoundError(
            f"{path} has only a readme. Expected is {_WHAT}; see {_WHERE}."
        )
    if city is None:
        return list(by_city.values())
    found = [file for name, file in by_city.items() if name.lower() == city.lower()]
    if not found:
        raise FileNotFoundError(
            f"{path} has no file of the city {city!r}, only of "
            f"{', '.join(sorted(by_city))}. Looked for was dataset_TSMC2014_{city}.txt "
            "(or .csv)."
        )
    return found


def _tables(files, offset_unit, chunk_rows, max_rows, errors, report):
    """Yield tables of check-ins, file by file."""
    left = max_rows
    for number, file in enumerate(files):
        if left == 0:
            return
        before = report.n_rows
        delimiter, titles = _form(file)
        prefix = f"{_city_of(file)} " if len(files) > 1 else None
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
    _, line = next(open_text(file), (1, ""))
    delimiter = "," if "\t" not in line and "," in line else "\t"
    titles = [field.strip(' "').lower() for field in line.split(delimiter)]
    is_header = any(title.lower() in titles for title in _TITLES["venue"])
    return delimiter, titles if is_header else None


def _columns(titles, prefix, offset_unit, file, rows):
    """Return the columns of a file, and how many there are, after a look at it."""
    rows = rows if titles is None else rows[1:]
    full = [row for row in rows if len(row) == _N_COLUMNS]

    def first_of(name):
        at = list(_TITLES).index(name)
        if titles is not None:
            names = [title.lower() for title in _TITLES[name]]
            at = next((i for i, title in enumerate(titles) if title in names), at)
        return [row[at] for row in full if at < len(row)]

    at = {name: i for i, name in enumerate(_TITLES)} if titles is None else _TITLES
    check_offset_unit(first_of("utc_offset"), first_of("time"), offset_unit, file)
    of_offset = f"offset from UTC in {offset_unit}"
    columns = {
        name: Column(at[name], convert=convert, called=called)
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
