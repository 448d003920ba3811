# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GeoNames: names of places, where they are, and what is there."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.datasets._fields import integers, labels, numbers, texts, times
from sklearn_geo.datasets._photo_bunch import object_array
from sklearn_geo.datasets._reading import (
    Column,
    PlaceColumn,
    Reading,
    ReadReport,
    part_files,
    read_table,
)

_PATTERNS = ("allCountries.txt", "cities*.txt", "??.txt", "no-country.txt")
_WHAT = "a table of GeoNames, such as cities1000.txt, allCountries.txt or DE.txt"
_WHERE = "download.geonames.org/export/dump"
_N_COLUMNS = 19
_NO_HEIGHT = -9999
_CLASSES = tuple("AHLPRSTUV")

_DESCR = """\
GeoNames
--------

**What it is**: names of places, where they are and what is there, from the gazetteer
of geonames.org. Licence: Creative Commons Attribution 4.0; name GeoNames if you publish
results.

:Number of places: {n_places}
:Names: `names`, `ascii_names`, `alternate_names`
:Places: latitude and longitude in `places`
"""


def _elevations(fields):
    """Convert heights in metres; none is NaN."""
    out = numbers(fields)
    out[out == _NO_HEIGHT] = np.nan
    return out


def _days(fields):
    """Convert dates to datetime64[D]."""
    return times(fields).astype("datetime64[D]")


def _alternatives(fields):
    """Split lists of names at commas."""
    return [[n for n in field.split(",") if n] for field in texts(fields)]


def _feature_class(fields):
    """Convert classes of features: one capital letter, or nothing."""
    if any(field and field not in _CLASSES for field in set(fields)):
        raise ValueError(f"is no class of features (one of {', '.join(_CLASSES)})")
    return labels(fields)


_COLUMNS = {
    "ids": Column(0, convert=integers(least=0), called="geonameid"),
    "names": Column(1, convert=texts, called="name"),
    "ascii_names": Column(2, convert=texts, called="asciiname"),
    "alternate_names": Column(3, convert=_alternatives, called="alternatenames"),
    "places": PlaceColumn(4, 5),
    "feature_classes": Column(6, convert=_feature_class, called="feature class"),
    "feature_codes": Column(7, convert=labels, called="feature code"),
    "countries": Column(8, convert=labels, called="country code"),
    "other_countries": Column(9, convert=labels, called="cc2"),
    "admin1": Column(10, convert=labels, called="admin1 code"),
    "admin2": Column(11, convert=labels, called="admin2 code"),
    "admin3": Column(12, convert=labels, called="admin3 code"),
    "admin4": Column(13, convert=labels, called="admin4 code"),
    "population": Column(14, convert=integers(missing=0, least=0), called="population"),
    "elevation": Column(15, convert=_elevations, called="elevation"),
    "dem": Column(16, convert=_elevations, called="digital elevation model"),
    "time_zones": Column(17, convert=labels, called="timezone"),
    "modified": Column(18, convert=_days, called="modification date"),
}
# Columns that are left out with `details=False`.
_DETAILS = (
    "alternate_names",
    "other_countries",
    "admin3",
    "admin4",
    "elevation",
    "dem",
    "time_zones",
    "modified",
)
_SINGULAR = {
    "ids": "id",
    "names": "name",
    "ascii_names": "ascii_name",
    "feature_classes": "feature_class",
    "feature_codes": "feature_code",
    "countries": "country",
    "time_zones": "time_zone",
}

_READING = {
    "path": "no_validation",
    "feature_classes": [str, list, tuple, set, None],
    "feature_codes": [str, list, tuple, set, None],
    "countries": [str, list, tuple, set, None],
    "min_population": [Interval(Integral, 0, None, closed="left"), None],
    "details": ["boolean"],
    "return_X_y": ["boolean"],
    "max_rows": [Interval(Integral, 1, None, closed="left"), None],
    "errors": [StrOptions({"raise", "skip"})],
}


@validate_params(
    {**_READING, "as_frame": ["boolean"]}, prefer_skip_nested_validation=True
)
def load_geonames(
    path,
    *,
    feature_classes=None,
    feature_codes=None,
    countries=None,
    min_population=None,
    details=True,
    max_rows=None,
    errors="raise",
    return_X_y=False,
    as_frame=False,
):
    r"""Load a table of GeoNames: names of places, where they are, what is there.

    Parameters
    ----------
    path : str, path-like, or list of them
        A table as published by GeoNames [1]_: `cities500.txt` to `cities15000.txt`,
        `allCountries.txt`, or those of countries such as `DE.txt`; plain, or in the zip
        archive in which they come, or compressed. A folder with tables of countries, or
        with one other table.

    feature_classes : str or list of str, default=None
        Only these classes: "P" are cities and villages, "T" mountains, "S" spots and
        buildings, "H" waters, "L" parks and areas, "A" countries and regions, "R"
        roads, "U" under the sea, "V" forests.

    feature_codes : str or list of str, default=None
        Only these codes, such as "PPLC" for capitals.

    countries : str or list of str, default=None
        Only these countries, by codes of two letters.

    min_population : int, default=None
        Only places with at least so many people. Where the number is not known it is 0
        in the table.

    details : bool, default=True
        Whether to read everything. Without, `alternate_names`, `other_countries`,
        `admin3`, `admin4`, `elevation`, `dem`, `time_zones` and `modified` are left
        out, which saves most of the memory.

    max_rows : int, default=None
        Read so many places at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    return_X_y : bool, default=False
        Return `(names, places)` instead of a Bunch.

    as_frame : bool, default=False
        Make a DataFrame `frame` as well.

    Returns
    -------
    gazetteer : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        places, target : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.
        names, ascii_names : ndarray of str
            The name, and how it is written in ASCII; `data` is `names`.
        alternate_names : list of list of str
            Other names, in any language.
        feature_classes, feature_codes : ndarray of str
            What is there: "P" and "PPLC".
        countries, other_countries : ndarray of str
            The code of the country; codes of further ones, delimited by commas.
        admin1, admin2, admin3, admin4 : ndarray of str
            Codes of the regions, from large to small.
        population : ndarray of int
            Number of people; 0 where it is not known.
        elevation, dem : ndarray of float
            Height in metres; that of the digital elevation model; NaN where it is not
            known.
        time_zones : ndarray of str
            Name in the IANA database.
        modified : ndarray of datetime64[D]
            When the row was changed last.
        ids : ndarray of int
            Number in GeoNames.
        target_names : list of str
            "latitude" and "longitude".
        frame : DataFrame or None
            Only with `as_frame=True`: one column a field.
        report : ReadReport
            What was skipped and what was put right.
        DESCR : str
            Description of the data set.

    (data, target) : tuple if `return_X_y` is True
        Names and places.

    Raises
    ------
    FileNotFoundError
        If there is no such table.

    DataFileError
        If a line cannot be read, with its number, the column and the value.

    ValueError
        If a folder holds tables that overlap.

    See Also
    --------
    iter_geonames : The same places, chunk by chunk.
    make_town_names : Synthetic towns and their names.

    References
    ----------
    .. [1] GeoNames, geonames.org, Creative Commons Attribution 4.0.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.datasets import load_geonames
    >>> row = ["1", "Köln", "Koeln", "Cologne,Colonia", "50.94", "6.96", "P", "PPLA2"]
    >>> row += ["DE", "", "07", "053", "", "", "963395", "", "58", "Europe/Berlin"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "DE.txt"
    ...     _ = path.write_text("\t".join([*row, "2023-10-12"]), encoding="utf-8")
    ...     gazetteer = load_geonames(path, feature_classes="P")
    >>> gazetteer.names, gazetteer.places, gazetteer.population
    (array(['Köln'], dtype=object), array([[50.94,  6.96]]), array([963395]))
    >>> gazetteer.alternate_names
    [['Cologne', 'Colonia']]
    """
    pandas = import_pandas() if as_frame else None
    gazetteer = _reading(
        path,
        (feature_classes, feature_codes, countries, min_population),
        details,
        1 << 17,
        max_rows,
        errors,
    ).whole()
    if as_frame:
        gazetteer.frame = _frame(gazetteer, pandas)
    return (gazetteer.data, gazetteer.target) if return_X_y else gazetteer


@validate_params(
    {**_READING, "chunk_rows": [Interval(Integral, 1, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def iter_geonames(
    path,
    *,
    feature_classes=None,
    feature_codes=None,
    countries=None,
    min_population=None,
    details=True,
    chunk_rows=100_000,
    max_rows=None,
    errors="raise",
):
    """Read a table of GeoNames chunk by chunk.

    Parameters
    ----------
    path : str, path-like, or list of them
        As for :func:`load_geonames`.

    feature_classes, feature_codes, countries : str or list of str, default=None
        Only these.

    min_population : int, default=None
        Only places with at least so many people.

    details : bool, default=True
        Whether to read everything; see :func:`load_geonames`.

    chunk_rows : int, default=100_000
        Places in a chunk; the last one may have fewer.

    max_rows : int, default=None
        Read so many places at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out and counted.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        Chunks of what :func:`load_geonames` returns.

    See Also
    --------
    load_geonames : All of it at once.

    Examples
    --------
    >>> from sklearn_geo.datasets import iter_geonames
    >>> n_people = 0
    >>> for chunk in iter_geonames("allCountries.zip"):  # doctest: +SKIP
    ...     n_people += chunk.population.sum()
    """
    chosen = feature_classes, feature_codes, countries, min_population
    return _reading(path, chosen, details, chunk_rows, max_rows, errors).chunks()


def _reading(path, chosen, details, chunk_rows, max_rows, errors):
    """Open a table."""
    feature_classes, feature_codes, countries, min_population = chosen
    files = part_files(path, list(_PATTERNS), what=_WHAT, described=_WHERE)
    if not isinstance(path, (list, tuple)):
        _check_one_kind(path, files)
    columns = {n: c for n, c in _COLUMNS.items() if details or n not in _DETAILS}
    wanted = {
        name: {values} if isinstance(values, str) else set(values)
        for name, values in (
            ("feature_classes", feature_classes),
            ("feature_codes", feature_codes),
            ("countries", countries),
        )
        if values is not None
    }
    if not wanted.get("feature_classes", set()) <= set(_CLASSES):
        raise ValueError(
            f"feature_classes={feature_classes!r} has what is no class of GeoNames. "
            f"Classes are {', '.join(_CLASSES)}; codes such as 'PPLC' go to "
            "feature_codes."
        )

    def keep(table):
        kept = np.ones(len(next(iter(table.values()))), dtype=bool)
        for name, values in wanted.items():
            is_wanted = map(values.__contains__, table[name])
            kept &= np.fromiter(is_wanted, dtype=bool, count=len(kept))
        if min_population is not None:
            kept &= table["population"] >= min_population
        return kept

    early = (*wanted, *(("population",) if min_population is not None else ()))
    report = ReadReport()
    tables = read_table(
        files,
        columns,
        n_columns=_N_COLUMNS,
        keep=keep if early else None,
        keep_columns=early,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
        report=report,
    )
    return Reading(tables, _bunch, report)


def _check_one_kind(path, files):
    """Refuse a folder whose tables hold the same places."""
    names = sorted(file.name for file in files)
    whole = [name for name in names if not _is_country(name)]
    if len(names) > 1 and whole:
        raise ValueError(
            f"{path} has {', '.join(names)}, which hold the same places. Pass the path "
            "of one of them."
        )


def _is_country(name):
    return len(name) == len("XX.txt") or name.lower() == "no-country.txt"


def _bunch(table):
    """Make a Bunch of a table."""
    gazetteer = Bunch()
    for name, values in table.items():
        if isinstance(values, list) and name != "alternate_names":
            values = object_array(values)
        gazetteer[name] = values
    gazetteer.data, gazetteer.target = gazetteer.names, gazetteer.places
    gazetteer.target_names = ["latitude", "longitude"]
    gazetteer.frame = None
    gazetteer.DESCR = _DESCR.format(n_places=f"{len(gazetteer.places):,}")
    return gazetteer


def _frame(gazetteer, pandas):
    """Return the columns of a Bunch as one DataFrame."""
    columns = {}
    for name in _COLUMNS:
        if name == "places":
            columns["latitude"], columns["longitude"] = gazetteer.places.T
        elif name in gazetteer:
            columns[_SINGULAR.get(name, name)] = gazetteer[name]
    return pandas.DataFrame(columns)
