# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Foursquare check-ins of New York and Tokyo (TSMC2014)."""

import numpy as np
from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._checkin_rows import CHUNKS, READING, describe, row_bunch
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.datasets._foursquare_cities import (
    COUNTRIES,
    city_files,
    city_of,
    city_tables,
)
from sklearn_geo.datasets._reading import Reading, ReadReport
from sklearn_geo.datasets._venue_bunch import (
    LOADING,
    Numbering,
    check_categories,
    mend_names,
    select,
    venue_bunch,
    venues_to_frames,
)

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

_CITY = {"city": [str, None]}


@validate_params({**READING, **LOADING, **_CITY}, prefer_skip_nested_validation=True)
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

    ValueError
        If there are several files of one city.

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
    rules = check_categories(categories, labelled_only)
    pandas = import_pandas() if as_frame else None
    report = ReadReport()
    venue_numbers, category_numbers = Numbering(), Numbering()
    files = city_files(path, city)

    def numbered():
        for table in city_tables(files, offset_unit, 1 << 17, max_rows, errors, report):
            table["venue"] = venue_numbers(table["venue"])
            table["category"] = category_numbers(table["category"])
            table.pop("category_id", None)
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
        venues.town_names = np.array([city_of(file) for file in files])
        countries = [COUNTRIES.get(name, "") for name in venues.town_names]
        venues.country = np.array(countries)[venues.town]
        select(venues, located_only, labelled_only, report)
        venues.DESCR = describe(venues, _DESCR)
        return venues

    venues = Reading(numbered(), finish, report).whole()
    if as_frame:
        venues_to_frames(venues, pandas)
    return venues


@validate_params({**READING, **CHUNKS, **_CITY}, prefer_skip_nested_validation=True)
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
        Check-ins in a chunk; the last one of a city may have fewer.

    max_rows : int, default=None
        Read so many check-ins at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out and counted.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
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
    files = city_files(path, city)
    tables = city_tables(files, offset_unit, chunk_rows, max_rows, errors, report)
    return Reading(tables, row_bunch, report).chunks()
