# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Downloads of lists of photos: where they were taken, never the photos."""

from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._addresses import IM2GPS, IM2GPS3K, MP16, YFCC26K
from sklearn_geo.datasets._fetch import FETCHING, fetched
from sklearn_geo.datasets._photo_lists import (
    load_im2gps,
    load_im2gps3k,
    load_mp16,
    load_yfcc26k,
)

__all__ = ["fetch_im2gps", "fetch_im2gps3k", "fetch_mp16", "fetch_yfcc26k"]

_WITH_URLS = {**FETCHING, "urls": ["boolean"]}


@validate_params(_WITH_URLS, prefer_skip_nested_validation=True)
def fetch_mp16(
    *,
    urls=False,
    located_only=False,
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
    """Load the list of MP-16, 4.7 million photos, and download it if needed.

    The list has some hundred MB, and `urls=True` as many again.

    Parameters
    ----------
    urls : bool, default=False
        Also the file of addresses from where photos may be downloaded.

    located_only, max_rows, errors, as_frame
        As for :func:`load_mp16`.

    data_home, download_if_missing, mirror, n_retries, delay, verbose
        How it is downloaded, as for :func:`fetch_geonames`.

    known_hash : str or dict, default=None
        SHA-256 as for :func:`fetch_geonames`; of several files a dictionary with their
        names as keys.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_mp16` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_mp16 : The same of files that you have.

    Notes
    -----
    The list is asked for where its authors published it with their paper, and nowhere
    else: they are said to have emptied that place since. Then the error says so, and
    a file that you have from them goes where it says.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_mp16
    >>> photos = fetch_mp16(max_rows=100_000, verbose=1)  # doctest: +SKIP
    """
    path, *more = fetched(
        MP16,
        files=MP16.files if urls else MP16.files[:1],
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_mp16(
        path,
        urls=more[0] if urls else None,
        located_only=located_only,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_im2gps(
    *,
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
    """Load the list of Im2GPS, 237 photos to test with, and download it if needed.

    Parameters
    ----------
    max_rows, errors, as_frame
        As for :func:`load_im2gps`.

    data_home, download_if_missing, known_hash, mirror, n_retries, delay, verbose
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_im2gps` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_im2gps : The same of a file that you have.
    fetch_mp16 : Its notes say from where.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_im2gps
    >>> photos = fetch_im2gps()  # doctest: +SKIP
    """
    (path,) = fetched(
        IM2GPS,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_im2gps(path, max_rows=max_rows, errors=errors, as_frame=as_frame)


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_im2gps3k(
    *,
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
    """Load the list of Im2GPS3k, 3,000 photos to test with, and download it if needed.

    Parameters
    ----------
    max_rows, errors, as_frame
        As for :func:`load_im2gps3k`.

    data_home, download_if_missing, known_hash, mirror, n_retries, delay, verbose
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_im2gps3k` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_im2gps3k : The same of a file that you have.
    fetch_mp16 : Its notes say from where.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_im2gps3k
    >>> photos = fetch_im2gps3k()  # doctest: +SKIP
    """
    (path,) = fetched(
        IM2GPS3K,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_im2gps3k(path, max_rows=max_rows, errors=errors, as_frame=as_frame)


@validate_params(_WITH_URLS, prefer_skip_nested_validation=True)
def fetch_yfcc26k(
    *,
    urls=False,
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
    """Load the list of YFCC26k, 25,600 photos, and download it if needed.

    Parameters
    ----------
    urls : bool, default=False
        Also the file of addresses from where photos may be downloaded.

    max_rows, errors, as_frame
        As for :func:`load_yfcc26k`.

    data_home, download_if_missing, mirror, n_retries, delay, verbose
        How it is downloaded, as for :func:`fetch_geonames`.

    known_hash : str or dict, default=None
        SHA-256 as for :func:`fetch_geonames`; of several files a dictionary with their
        names as keys.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_yfcc26k` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_yfcc26k : The same of files that you have.
    fetch_mp16 : Its notes say from where.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_yfcc26k
    >>> photos = fetch_yfcc26k()  # doctest: +SKIP
    """
    path, *more = fetched(
        YFCC26K,
        files=YFCC26K.files if urls else YFCC26K.files[:1],
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_yfcc26k(
        path,
        urls=more[0] if urls else None,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )
