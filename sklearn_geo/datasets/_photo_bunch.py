# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What all readers of lists of photos share: parameters, Bunches and frames."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo.datasets._draw import import_pandas

# Parameters of every reader; the path is looked at by `part_files`.
READING = {
    "path": "no_validation",
    "located_only": ["boolean"],
    "max_rows": [Interval(Integral, 1, None, closed="left"), None],
    "errors": [StrOptions({"raise", "skip"})],
    "as_frame": ["boolean"],
}
STREAMING = {**READING, "chunk_rows": [Interval(Integral, 1, None, closed="left")]}

# Columns of the frame are called as one photo's, and times have a time zone.
_SINGULAR = {
    "ids": "id",
    "hashes": "hash",
    "files": "file",
    "users": "user",
    "nicknames": "nickname",
    "devices": "device",
    "titles": "title",
    "descriptions": "description",
    "page_urls": "page_url",
    "urls": "url",
    "licenses": "license",
    "license_urls": "license_url",
    "servers": "server",
    "farms": "farm",
    "secrets": "secret",
    "original_secrets": "original_secret",
    "extensions": "extension",
    "videos": "is_video",
    "nodes": "node",
    "years": "year",
}
_UTC = ("posted",)
# Lists of texts a photo; every other list is one text a photo.
_LISTS = ("tags", "machine_tags", "nodes")


def located(table):
    """Say which rows of a table have a place."""
    return ~np.isnan(table["places"][:, 0])


def aligned(keys, found, values, missing):
    """Return, for each key, the value at the same key among those found.

    Parameters
    ----------
    keys : array-like of shape (n_keys,)
        What is asked for; may repeat.

    found : array-like of shape (n_found,)
        Keys of the values; of those that repeat the first counts.

    values : ndarray of shape (n_found, ...)
        The values.

    missing : object
        What keys get that are not among those found.

    Returns
    -------
    out : ndarray of shape (n_keys, ...)

    n_missing : int
        How many keys are not among those found.
    """
    position = {}
    for i, key in enumerate(found):
        position.setdefault(key, i)
    at = np.array([position.get(key, -1) for key in keys], dtype=int)
    out = np.full((len(at), *values.shape[1:]), missing, dtype=values.dtype)
    out[at >= 0] = values[at[at >= 0]]
    return out, int(np.count_nonzero(at < 0))


def object_array(values):
    """Return a list, of whatever, as a one-dimensional array of objects."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def photo_bunch(table, *, descr, as_frame=False, **others):
    """Make a Bunch of a table of photos.

    Parameters
    ----------
    table : dict of str to array or list
        Columns, of which the lists hold texts, or lists of tags.

    descr : str
        The description, with a field {n_photos} and {n_located}.

    as_frame : bool, default=False
        Whether to make a frame as well.

    **others
        Further entries.

    Returns
    -------
    photos : Bunch
    """
    photos = Bunch()
    for name, values in table.items():
        is_text = isinstance(values, list) and name not in _LISTS
        photos[name] = object_array(values) if is_text else values
    n_photos = len(next(iter(table.values())))
    n_located = "unknown"
    if "places" in photos:
        photos.target, photos.target_names = photos.places, ["latitude", "longitude"]
        n_located = f"{np.count_nonzero(located(photos)):,}"
    photos.update(others)
    photos.frame = photo_frame(table, import_pandas()) if as_frame else None
    photos.DESCR = descr.format(n_photos=f"{n_photos:,}", n_located=n_located)
    return photos


def photo_frame(table, pandas):
    """Return the columns of a table as one DataFrame; tags stay lists."""
    columns = {}
    for name, values in table.items():
        if name == "places":
            columns["latitude"], columns["longitude"] = values.T
        elif isinstance(values, np.ndarray) and values.ndim == 2:
            continue
        elif name in _UTC:
            columns[name] = pandas.Series(values).dt.tz_localize("UTC")
        else:
            columns[_SINGULAR.get(name, name)] = values
    return pandas.DataFrame(columns)
