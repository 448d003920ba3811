# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Downloads of lists of photos with tags, never the photos."""

from sklearn.utils._param_validation import validate_params

from sklearn_geo.datasets._addresses import FLICKR1M, NUS_WIDE
from sklearn_geo.datasets._fetch import FETCHING, fetched
from sklearn_geo.datasets._flickr1m import load_flickr1m
from sklearn_geo.datasets._nus_wide import load_nus_wide
from sklearn_geo.datasets._unpack import unpacked

__all__ = ["fetch_flickr1m", "fetch_nus_wide"]

# What the unpacked lists of tags may have.
_MAX_UNPACKED = 10**10


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_flickr1m(
    *,
    tags="raw",
    geotags=None,
    geotag_columns=None,
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
    """Load the tags of a million photos of Flickr, and download them if needed.

    The archive `train1m-tag.tar.gz` is unpacked in the data home. It has no places;
    a list of them that you have comes by `geotags`.

    Parameters
    ----------
    tags, geotags, geotag_columns, located_only : as there
        What is read and how, as for :func:`load_flickr1m`.

    max_rows, errors, as_frame : as there
        As for :func:`load_flickr1m`.

    data_home, download_if_missing : as there
        Where it is kept, as for :func:`fetch_geonames`.

    known_hash, mirror, n_retries, delay, verbose : as there
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_flickr1m` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_flickr1m : The same of files that you have.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_flickr1m
    >>> photos = fetch_flickr1m(max_rows=100_000, verbose=1)  # doctest: +SKIP
    """
    (path,) = fetched(
        FLICKR1M,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_flickr1m(
        unpacked(path, max_bytes=_MAX_UNPACKED),
        tags=tags,
        geotags=geotags,
        geotag_columns=geotag_columns,
        located_only=located_only,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )


@validate_params(FETCHING, prefer_skip_nested_validation=True)
def fetch_nus_wide(
    *,
    split="train",
    features=(),
    tags="1k",
    concepts="all",
    geotags=None,
    geotag_columns=None,
    located_only=False,
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
    """Load the lists of NUS-WIDE, and download them if needed.

    Downloaded are the lists of images, concepts, labels and tags, in four archives.
    The rest is put into the folder `nus_wide` of the data home by hand, where it is
    found: features and addresses of photos are published as RAR archives, which have to
    be unpacked there; the list of geotags has no public address that we know of.

    Parameters
    ----------
    split, features, tags, concepts, geotags : as there
        What is read and how, as for :func:`load_nus_wide`.

    geotag_columns, located_only, urls : as there
        What is read and how, as for :func:`load_nus_wide`.

    max_rows, errors, as_frame : as there
        As for :func:`load_nus_wide`.

    data_home, download_if_missing : as there
        Where it is kept, as for :func:`fetch_geonames`.

    known_hash : dict, default=None
        SHA-256 as for :func:`fetch_geonames`, with the names of files as keys.

    mirror, n_retries, delay, verbose : as there
        How it is downloaded, as for :func:`fetch_geonames`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        What :func:`load_nus_wide` returns.

    Raises
    ------
    ConnectionError, FileNotFoundError, ValueError
        As by :func:`fetch_geonames`.

    See Also
    --------
    load_nus_wide : The same of files that you have.

    Examples
    --------
    >>> from sklearn_geo.datasets import fetch_nus_wide
    >>> photos = fetch_nus_wide(split="test", verbose=1)  # doctest: +SKIP
    """
    path, *_ = fetched(
        NUS_WIDE,
        data_home=data_home,
        download_if_missing=download_if_missing,
        known_hash=known_hash,
        mirror=mirror,
        n_retries=n_retries,
        delay=delay,
        verbose=verbose,
    )
    return load_nus_wide(
        path.parent,
        split=split,
        features=features,
        tags=tags,
        concepts=concepts,
        geotags=geotags,
        geotag_columns=geotag_columns,
        located_only=located_only,
        urls=urls,
        max_rows=max_rows,
        errors=errors,
        as_frame=as_frame,
    )
