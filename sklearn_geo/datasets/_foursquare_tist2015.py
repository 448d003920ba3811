# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Foursquare check-ins of the whole world (TIST2015)."""

import os
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._checkin_rows import (
    CHUNKS,
    READING,
    check_offset_unit,
    describe,
    offset_hours,
    row_bunch,
    user_converter,
)
from sklearn_geo.datasets._checkin_times import checkin_times
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.datasets._fields import names
from sklearn_geo.datasets._foursquare_pois import read_pois, read_towns
from sklearn_geo.datasets._reading import (
    Column,
    Reading,
    ReadReport,
    part_files,
    read_table,
)
from sklearn_geo.datasets._venue_bunch import (
    LOADING,
    assemble,
    check_categories,
    mend_names,
    select,
    venues_to_frames,
)

_CHECKINS = "dataset_TIST2015_Checkins*.txt"
_POIS, _CITIES = "dataset_TIST2015_POIs*.txt", "dataset_TIST2015_Cities*.txt"
_WHERE = "sites.google.com/site/yangdingqi/home/foursquare-dataset"
_FILES = "the three files of Foursquare's global check-ins: {}, {} and {}"
_WHAT = _FILES.format(*(name.replace("*", "") for name in (_CHECKINS, _POIS, _CITIES)))

_DESCR = """\
Foursquare check-ins of the whole world (TIST2015)
--------------------------------------------------

**What it is**: check-ins that people posted on Foursquare from April 2012 to September
2013 in 415 cities of 77 countries, collected and published by Yang et al. [1, 2].

:Number of venues: {n_venues}
:Number of check-ins: {n_checkins}
:Features: latitude and longitude in `data`; the check-ins in `checkins`
:Target: {target}

[1] D. Yang, D. Zhang, L. Chen, B. Qu, "NationTelescope: Monitoring and Visualizing
    Large-Scale Collective Behavior in LBSNs", Journal of Network and Computer
    Applications, 55, 2015.
[2] D. Yang, D. Zhang, B. Qu, "Participatory Cultural Mapping Based on Collective
    Behavior Data in Location Based Social Networks", ACM Transactions on Intelligent
    Systems and Technology, 7(3), 2016. Cite both if you publish results.
"""

_AREAS = {
    "countries": [str, "array-like", None],
    "cities": [str, "array-like", None],
}


@validate_params({**READING, **LOADING, **_AREAS}, prefer_skip_nested_validation=True)
def load_foursquare_tist2015(
    path,
    *,
    countries=None,
    cities=None,
    categories="table2",
    labelled_only=False,
    located_only=False,
    offset_unit="minutes",
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Load Foursquare check-ins of the whole world, venue by venue.

    The published files [1]_ hold 33 million check-ins at 3.7 million venues: choose
    some countries or cities, or use :func:`iter_foursquare_tist2015`, unless there are
    some 6 GB of memory for them.

    Parameters
    ----------
    path : str or path-like
        The folder or zip archive with `dataset_TIST2015_Checkins.txt`,
        `dataset_TIST2015_POIs.txt` and, if it is there, `dataset_TIST2015_Cities.txt`,
        plain or compressed; or the first of them.

    countries : str or list of str, default=None
        Only venues in these countries: codes of two letters as in the file, such as
        "JP".

    cities : str or list of str, default=None
        Only venues of which the nearest city of the file of cities is one of these.

    categories : "table2", mapping, list of str or None, default="table2"
        What `target` tells; see :func:`load_foursquare_tsmc2014`.

    labelled_only : bool, default=False
        Leave out venues without any label, and their check-ins.

    located_only : bool, default=False
        Leave out venues without a place, and their check-ins. Otherwise their place is
        NaN.

    offset_unit : {"minutes", "hours"}, default="minutes"
        Unit of the column of offsets from UTC.

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
        The fields of :func:`load_foursquare_tsmc2014`. Venues are those with a
        check-in. Those whose id is not in the file of venues have no place (NaN) and
        the category "", and `report` counts them. `country` is the code in the file;
        `town` is the position in `town_names` of the nearest city, and -1 without the
        file of cities; `towns` holds the cities' latitudes and longitudes.

    Raises
    ------
    FileNotFoundError
        If one of the first two files is not there; the message says what was looked
        for.

    DataFileError
        If a line cannot be read, with its number, the column and the value.

    ValueError
        If there is no venue in the countries or cities.

    See Also
    --------
    iter_foursquare_tist2015 : The same check-ins, chunk by chunk.
    load_foursquare_tsmc2014 : Check-ins of New York and Tokyo.

    References
    ----------
    .. [1] D. Yang, D. Zhang, B. Qu, "Participatory Cultural Mapping Based on Collective
       Behavior Data in Location Based Social Networks", ACM Transactions on Intelligent
       Systems and Technology, 7(3), 2016.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.datasets import load_foursquare_tist2015
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkins = Path(folder) / "dataset_TIST2015_Checkins.txt"
    ...     _ = checkins.write_text("5\tv1\tTue Apr 03 18:00:06 +0000 2012\t540\n")
    ...     pois = Path(folder) / "dataset_TIST2015_POIs.txt"
    ...     _ = pois.write_text("v1\t35.7\t139.7\tHotel Bar\tJP\n")
    ...     venues = load_foursquare_tist2015(folder)
    >>> venues.places, venues.country
    (array([[ 35.7, 139.7]]), array(['JP'], dtype='<U2'))
    >>> venues.target
    array([[0, 0, 1, 1, 0, 0]])
    """
    rules = check_categories(categories, labelled_only)
    pandas = import_pandas() if as_frame else None
    report = ReadReport()
    checkin_files, pois, towns, keep = _prepare(path, countries, cities, errors, report)

    def numbered():
        for table in _tables(
            checkin_files, keep, offset_unit, 1 << 17, max_rows, errors, report
        ):
            table["venue"] = pois.numbering(table["venue"])
            yield table

    def finish(table):
        table["user"] = np.asarray(table["user"])
        visited, first = np.unique(table["venue"], return_index=True)
        visited = visited[np.argsort(first)]
        number = np.full(visited.max(initial=-1) + 1, -1)
        number[visited] = np.arange(len(visited))
        table["venue"] = number[table["venue"]]
        _note_unknown(pois, visited, report)
        category, category_names = mend_names(*pois.categories_of(visited), report)
        table["category"] = category[table["venue"]]
        every = pois.numbering.texts
        ids = [every[number] for number in visited]
        places = pois.places_of(visited)
        venues = assemble(table, places, category, ids, category_names, rules)
        venues.country = pois.countries_of(visited)
        venues.town = towns.nearest(places)
        venues.town_names, venues.towns = towns.names, towns.places
        select(venues, located_only, labelled_only, report)
        venues.DESCR = describe(venues, _DESCR)
        return venues

    venues = Reading(numbered(), finish, report).whole()
    if as_frame:
        venues_to_frames(venues, pandas)
    return venues


@validate_params({**READING, **CHUNKS, **_AREAS}, prefer_skip_nested_validation=True)
def iter_foursquare_tist2015(
    path,
    *,
    countries=None,
    cities=None,
    offset_unit="minutes",
    chunk_rows=100_000,
    max_rows=None,
    errors="raise",
):
    """Read Foursquare check-ins of the whole world chunk by chunk.

    The file of venues is held in memory (those of the countries and cities asked for);
    the check-ins are not.

    Parameters
    ----------
    path : str or path-like
        As for :func:`load_foursquare_tist2015`.

    countries, cities : str or list of str, default=None
        Only venues in these countries, or nearest to these cities.

    offset_unit : {"minutes", "hours"}, default="minutes"
        Unit of the column of offsets from UTC.

    chunk_rows : int, default=100_000
        Check-ins in a chunk; the last one may have fewer.

    max_rows : int, default=None
        Read so many check-ins at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out and counted.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        One row a check-in: `venue` (the id), `user`, `category` and `country` as
        arrays; `time` (datetime64[s] in coordinated universal time), `utc_offset`
        (hours), `places` of shape (n_rows, 2), NaN where the venue has no line in the
        file of venues; and `report`, which grows.

    See Also
    --------
    load_foursquare_tist2015 : All of them, gathered by venue.

    Examples
    --------
    >>> from sklearn_geo.datasets import iter_foursquare_tist2015
    >>> n_rows = 0
    >>> chunks = iter_foursquare_tist2015(folder, countries="JP")  # doctest: +SKIP
    >>> for checkins in chunks:  # doctest: +SKIP
    ...     n_rows += len(checkins.time)
    """
    report = ReadReport()
    checkin_files, pois, _, keep = _prepare(path, countries, cities, errors, report)

    def finish(table):
        number = pois.numbering(table["venue"])
        _note_unknown(pois, np.unique(number), report)
        category, category_names = pois.categories_of(number)
        table["category"] = [category_names[number] for number in category]
        table["country"] = pois.countries_of(number)
        table["places"] = pois.places_of(number)
        return row_bunch(table)

    tables = _tables(
        checkin_files, keep, offset_unit, chunk_rows, max_rows, errors, report
    )
    return Reading(tables, finish, report).chunks()


def _prepare(path, countries, cities, errors, report):
    """Find the files, and read those of cities and of venues."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path is a {type(path).__name__}. Pass the folder or archive that holds "
            f"{_WHAT}, or the path of the first."
        )
    folder = path = Path(path).expanduser()
    checkin_files = part_files(path, _CHECKINS, what=_WHAT, described=_WHERE)
    if path.is_file() and not zipfile.is_zipfile(path):
        folder = path.parent
    poi_files = part_files(folder, _POIS, what=_WHAT, described=_WHERE)
    try:
        city_files = part_files(folder, _CITIES, what=_WHAT, described=_WHERE)
    except FileNotFoundError:
        if cities is not None:
            raise
        city_files = []
    towns = read_towns(city_files, errors, report)
    countries = [countries] if isinstance(countries, str) else countries
    cities = [cities] if isinstance(cities, str) else cities
    pois = read_pois(poi_files, towns, countries, cities, errors, report)
    keep = None
    if countries is not None or cities is not None:
        n_known = pois.n_known
        wanted = dict.fromkeys(pois.numbering.texts[:n_known])

        def keep(table):
            is_wanted = map(wanted.__contains__, table["venue"])
            return np.fromiter(is_wanted, dtype=bool, count=len(table["venue"]))

    return checkin_files, pois, towns, keep


def _note_unknown(pois, visited, report):
    """Count venues that have check-ins and no line in the file of venues."""
    new = visited[(visited >= pois.n_known) & (visited >= pois.n_noted)]
    if new.size:
        pois.n_noted = int(new.max()) + 1
        what = "venue of check-ins has no line in the file of venues"
        venue = pois.numbering.texts[int(new[0])]
        report.note(pois.file, None, what, venue, count=new.size)


def _tables(files, keep, offset_unit, chunk_rows, max_rows, errors, report):
    return read_table(
        files,
        partial(_columns, offset_unit),
        keep=keep,
        keep_columns=() if keep is None else ("venue",),
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
        report=report,
    )


def _columns(offset_unit, file, rows):
    """Return the columns of a file of check-ins, after a look at its first rows."""
    full = [row for row in rows if len(row) == 4]
    users, _, times, offsets = zip(*full, strict=True) if full else ([],) * 4
    check_offset_unit(offsets, times, offset_unit, file)
    columns = {
        "user": Column(0, convert=user_converter(users), called="user id"),
        "venue": Column(1, convert=names, called="venue id"),
        "time": Column(2, convert=checkin_times, called="UTC time"),
        "utc_offset": Column(
            3,
            convert=offset_hours(offset_unit),
            called=f"offset from UTC in {offset_unit}",
        ),
    }
    return columns, 4
