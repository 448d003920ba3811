# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Downloads of check-ins and of names of places."""

import re

from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._addresses import (
    GEONAMES,
    TIST2015,
    TSMC2014,
    PublishedFile,
)
from sklearn_geo.datasets._fetch import FETCHING, fetched
from sklearn_geo.datasets._foursquare_tist2015 import load_foursquare_tist2015
from sklearn_geo.datasets._foursquare_tsmc2014 import load_foursquare_tsmc2014
from sklearn_geo.datasets._geonames import load_geonames

__all__ = [
    "fetch_foursquare_tist2015",
    "fetch_foursquare_tsmc2014",
    "fetch_geonames",
]

_TABLE = re.compile(r"cities(?:500|1000|5000|15000)|allCountries|no-country|[A-Z]{2}")


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_geonames(
    which="cities1000",
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
    data_home=None,
    download_if_missing=True,
    known_hash=None,
    mirror=None,
    n_retries=3,
    delay=1.0,
    verbose=0,
):
    """Load a table of GeoNames, and download it if it is not there.

    The tables at download.geonames.org change every day, and what is downloaded stays:
    delete the file in the data home to get today's. The licence is Creative Commons
    Attribution 4.0.

    Parameters
    ----------
    which : str, default="cities1000"
        The table: "cities500", "cities1000", "cities5000" or "cities15000" are places
        with more inhabitants than that; "allCountries" is everything, some 400 MB;
        "DE" or another code of two letters is a country, "no-country" what is in none.

    feature_classes, feature_codes, countries, min_population, details : as there
        Which rows and columns are read, as for :func:`load_geonames`.

    max_rows, errors, return_X_y, as_frame : as there
        As for :func:`load_geonames`.

    data_home : str or path-like, default=None
        Where downloads are kept. None is the folder that :func:`get_data_home` returns.

    download_if_missing : bool, default=True
        If False, a file that is not there is an error, which says where to get it.

    known_hash : str, default=None
        SHA-256 of the file, which it must have. Nobody publishes one; so without it
        the checksum of the first download is noted beside the file, and the file is
        compared with that whenever it is used again: that shows later damage and
        changes, not whether the first download was right.

    mirror : str, default=None
        Address (http or https) of a folder that holds the file under its published
        name, to be asked instead of the publisher.

    n_retries : int, default=3
        How often a download that fails is tried again. What came of it is kept, and
        gone on with by the next trial or the next call.

    delay : float, default=1.0
        Seconds until the first of these times, doubled before each other one until it
        is a minute.

    verbose : int or bool, default=0
        Whether a bar shows how far a download is.

    Returns
    -------
    places : :class:`~sklearn.utils.Bunch`
        What :func:`load_geonames` returns.

    Raises
    ------
    ConnectionError
        If the file cannot be downloaded; the message says what to download by hand
        from where, and where to put it.

    FileNotFoundError
        The same with `download_if_missing=False`.

    ValueError
        If what came, or what is there, is not what it should be.

    See Also
    --------
    load_geonames : The same of a file that you have.
    get_data_home : Where downloads are kept.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_geonames
    >>> towns = fetch_geonames("cities15000", verbose=1)  # doctest: +SKIP
    """
    if not isinstance(which, str) or not _TABLE.fullmatch(which):
        raise ValueError(
            f"which={which!r}: use 'cities500', 'cities1000', 'cities5000', "
            "'cities15000', 'allCountries', 'no-country' or the code of a country in "
            "two capital letters, such as 'DE'."
        )
    name = f"{which}.zip"
    (path,) = fetched(
        GEONAMES,
        files=(PublishedFile(name, (f"{GEONAMES.page}{name}",), 1000),),
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_geonames(
        path,
        feature_classes=feature_classes,
        feature_codes=feature_codes,
        countries=countries,
        min_population=min_population,
        details=details,
        max_rows=max_rows,
        errors=errors,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_foursquare_tsmc2014(
    *,
    city=None,
    categories="table2",
    labelled_only=False,
    located_only=False,
    offset_unit="minutes",
    max_rows=None,
    errors="raise",
    as_frame=False,
    data_home=None,
    download_if_missing=True,
    known_hash=None,
    mirror=None,
    n_retries=3,
    delay=1.0,
    verbose=0,
):
    """Load Foursquare check-ins of New York and Tokyo, and download them if needed.

    The archive `dataset_tsmc2014.zip` has some 25 MB. Its authors' servers speak http
    without encryption, and are not always there.

    Parameters
    ----------
    city, categories, labelled_only, located_only, offset_unit : as there
        Which check-ins are read and how, as for :func:`load_foursquare_tsmc2014`.

    max_rows, errors, as_frame : as there
        As for :func:`load_foursquare_tsmc2014`.

    data_home, download_if_missing : as there
        Where it is kept, as for :func:`fetch_geonames`.

    known_hash, mirror, n_retries, delay, verbose : as there
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    venues : :class:`~sklearn.utils.Bunch`
        What :func:`load_foursquare_tsmc2014` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_foursquare_tsmc2014 : The same of a file that you have.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_foursquare_tsmc2014
    >>> venues = fetch_foursquare_tsmc2014(city="NYC", verbose=1)  # doctest: +SKIP
    """
    (path,) = fetched(
        TSMC2014,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_foursquare_tsmc2014(
        path,
        city=city,
        categories=categories,
        labelled_only=labelled_only,
        located_only=located_only,
        offset_unit=offset_unit,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_foursquare_tist2015(
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
    data_home=None,
    download_if_missing=True,
    known_hash=None,
    mirror=None,
    n_retries=3,
    delay=1.0,
    verbose=0,
):
    """Load Foursquare check-ins of the whole world, and download them if needed.

    The archive `dataset_TIST2015.zip` has some 780 MB. It is on Google Drive only,
    which may refuse it for a day when many people ask for it.

    Parameters
    ----------
    countries, cities, categories, labelled_only, located_only, offset_unit : as there
        Which check-ins are read and how, as for :func:`load_foursquare_tist2015`.

    max_rows, errors, as_frame : as there
        As for :func:`load_foursquare_tist2015`.

    data_home, download_if_missing : as there
        Where it is kept, as for :func:`fetch_geonames`.

    known_hash, mirror, n_retries, delay, verbose : as there
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    venues : :class:`~sklearn.utils.Bunch`
        What :func:`load_foursquare_tist2015` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_foursquare_tist2015 : The same of files that you have.
    iter_foursquare_tist2015 : Chunk by chunk, also of the file in the data home.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_foursquare_tist2015
    >>> venues = fetch_foursquare_tist2015(countries="JP")  # doctest: +SKIP
    """
    (path,) = fetched(
        TIST2015,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_foursquare_tist2015(
        path,
        countries=countries,
        cities=cities,
        categories=categories,
        labelled_only=labelled_only,
        located_only=located_only,
        offset_unit=offset_unit,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )
