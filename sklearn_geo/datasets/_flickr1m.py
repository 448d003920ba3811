# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A million photos of Flickr with their tags (Li et al.), and where they were taken."""

import os
from pathlib import Path

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_geo.datasets._fields import names, texts
from sklearn_geo.datasets._folders import Folder
from sklearn_geo.datasets._geotags import Geotags, check_columns, photo_numbers
from sklearn_geo.datasets._opening import DataFile
from sklearn_geo.datasets._photo_bunch import READING, STREAMING, located, photo_bunch
from sklearn_geo.datasets._reading import Column, Reading, ReadReport, read_table

_TAGS = {"raw": "id.userid.rawtags.txt", "lemm": "id.userid.lemmtags.txt"}
_GEOTAGS = ("*geotag*", "*geo*.txt", "*geo*.csv", "*geo*.tsv", "*latlon*")
_WHAT = "the lists of 1M Flickr: id.userid.rawtags.txt or id.userid.lemmtags.txt"
_WHERE = "github.com/li-xirong/jingwei"

_DESCR = """\
One million photos of Flickr (Li et al.)
----------------------------------------

**What it is**: photos of Flickr, who took them, and the tags that they gave them, from
the lists that are published with methods of social tagging [1, 2]; and their places, if
there is a list of geotags.

:Number of photos: {n_photos}
:With a place: {n_located}
:Tags: one list of words a photo

[1] X. Li, C. G. M. Snoek, M. Worring, A. W. M. Smeulders, "Fusing Concept Detection and
    Geo Context for Visual Search", ICMR 2012.
[2] X. Li et al., "Socializing the Semantic Gap: A Comparative Survey on Image Tag
    Assignment, Refinement and Retrieval", ACM Computing Surveys 49(1), 2016.
"""

_VALID = {
    "tags": [StrOptions(set(_TAGS))],
    "geotags": "no_validation",
    "geotag_columns": [list, tuple, None],
}


@validate_params({**READING, **_VALID}, prefer_skip_nested_validation=True)
def load_flickr1m(
    path,
    *,
    tags="raw",
    geotags=None,
    geotag_columns=None,
    located_only=False,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Load a million tagged photos of Flickr, and their places.

    Reads the lists of tags in the form of [1]_: the number of the photo, the user and
    the tags, delimited by tabs, and tags by blanks. So are other collections published
    there (Train10k, Train100k, MIRFlickr, Flickr51, NUS-WIDE).

    Parameters
    ----------
    path : str or path-like
        The folder that holds the lists, in sub-folders such as `TextData` too; or a
        list of tags itself.

    tags : {"raw", "lemm"}, default="raw"
        The tags as people gave them (`id.userid.rawtags.txt`), or their base forms
        (`id.userid.lemmtags.txt`). Of no effect where `path` is a file.

    geotags : str or path-like, default=None
        A list of where photos were taken: a photo, a latitude and a longitude a line.
        None takes a file of the folder with "geotag" in its name, else one with "geo"
        in that of a .txt, else a .csv, else a .tsv, else one with "latlon"; of several
        such the first by name. The lists of tags are published without; without
        such a list places are NaN.

    geotag_columns : tuple of three int or str, default=None
        Which columns of `geotags` hold the photo, the latitude and the longitude:
        positions from 0, or names in its header. None takes the first three, or looks
        for usual names in the header.

    located_only : bool, default=False
        Read only photos that have a place. Otherwise places that are missing are NaN.

    max_rows : int, default=None
        Read so many photos at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    as_frame : bool, default=False
        Make a DataFrame `frame` as well.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos on Flickr.
        users : ndarray of str
            Who took it.
        tags : list of list of str
            Its tags, each as often as it is there.
        places, target : ndarray of shape (n_photos, 2)
            Latitude and longitude in degrees.
        target_names : list of str
            Names of the columns of `target`.
        frame : DataFrame or None
            Only with `as_frame=True`: one column a field.
        report : ReadReport
            What was read, left out and put right.
        DESCR : str
            Description of the data set.

    Raises
    ------
    FileNotFoundError
        If there is no such list in the folder; the message says what was looked for.

    DataFileError
        If a line cannot be read, with its number, the column and the value; or if
        the folder has two files of one name and of two sizes, such as those of two
        collections.

    See Also
    --------
    iter_flickr1m : The same in chunks.
    load_nus_wide : Photos with concepts to learn, and features.
    sklearn_geo.neighbors.TagVectorizer : Lists of tags as an indicator.

    Notes
    -----
    The paper on location representations [2]_ learns the tags of places from this
    collection. Its own list of geotags is not described where we could find it; hence
    `geotags` may have any layout.

    References
    ----------
    .. [1] X. Li et al., "Socializing the Semantic Gap: A Comparative Survey on Image
       Tag Assignment, Refinement and Retrieval", ACM Computing Surveys 49(1), 2016.
    .. [2] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, section 5.1.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.datasets import load_flickr1m
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tags = Path(folder) / "id.userid.rawtags.txt"
    ...     _ = tags.write_text("101\t7@N00\tsunset beach\n102\t8@N00\tcat\n")
    ...     geotags = Path(folder) / "geotags.txt"
    ...     _ = geotags.write_text("102\t52.5\t13.4\n")
    ...     photos = load_flickr1m(folder)
    >>> photos.ids, photos.tags
    (array([101, 102]), [['sunset', 'beach'], ['cat']])
    >>> photos.places
    array([[ nan,  nan],
           [52.5, 13.4]])
    """
    opened = _open(path, tags, geotags, geotag_columns, located_only, errors)
    return opened(1 << 17, max_rows, as_frame).whole()


@validate_params({**STREAMING, **_VALID}, prefer_skip_nested_validation=True)
def iter_flickr1m(
    path,
    *,
    tags="raw",
    geotags=None,
    geotag_columns=None,
    located_only=False,
    chunk_rows=100_000,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    """Read a million tagged photos of Flickr chunk by chunk.

    The list of geotags is held in memory, the tags are not.

    Parameters
    ----------
    path : str or path-like
        As for :func:`load_flickr1m`.

    tags : {"raw", "lemm"}, default="raw"
        Tags as people gave them, or their base forms.

    geotags : str or path-like, default=None
        A list of where photos were taken.

    geotag_columns : tuple of three int or str, default=None
        Which columns of `geotags` hold the photo, the latitude and the longitude.

    located_only : bool, default=False
        Read only photos that have a place.

    chunk_rows : int, default=100_000
        Photos in a chunk; the last one may have fewer.

    max_rows : int, default=None
        Read so many photos at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out and counted.

    as_frame : bool, default=False
        Make a DataFrame `frame` as well.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        Chunks of what :func:`load_flickr1m` returns.

    See Also
    --------
    load_flickr1m : All of it at once.

    Examples
    --------
    >>> from sklearn_geo.datasets import iter_flickr1m
    >>> n_tags = 0
    >>> for photos in iter_flickr1m("/data/train1m"):  # doctest: +SKIP
    ...     n_tags += sum(map(len, photos.tags))
    """
    opened = _open(path, tags, geotags, geotag_columns, located_only, errors)
    return opened(chunk_rows, max_rows, as_frame).chunks()


def split_words(fields):
    """Convert texts to the lists of their words."""
    return [field.split() for field in texts(fields)]


def open_geotags(folder, geotags, columns, located_only, errors, report):
    """Return the list of geotags of a data set, or None if there is none.

    Parameters
    ----------
    folder : Folder or None
        Where to look for it.

    geotags : str, path-like or None
        The list, if somebody named it.

    columns : sequence of three, or None
        Its columns.

    located_only : bool
        Whether nothing can be read without it.

    errors : {"raise", "skip"}
        What to do about wrong lines.

    report : ReadReport
        Where they are counted.

    Returns
    -------
    geotags : Geotags or None
    """
    check_columns(columns)
    if not isinstance(geotags, (str, os.PathLike, type(None))):
        raise TypeError(
            f"geotags is a {type(geotags).__name__}. Pass the path of one list."
        )
    if geotags is not None:
        path = Path(geotags).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {path} (geotags=).")
        return Geotags(DataFile(str(path)), columns, errors, report)
    file = folder.find(*_GEOTAGS) if folder is not None else None
    if file is not None:
        return Geotags(file, columns, errors, report)
    if located_only:
        where = "beside the list" if folder is None else f"in {folder.path}"
        raise FileNotFoundError(
            f"located_only=True needs a list of geotags, and there is none {where} "
            f"(looked for {', '.join(_GEOTAGS)}). Pass its path as geotags=, or "
            "located_only=False."
        )
    return None


def _open(path, tags, geotags, geotag_columns, located_only, errors):
    """Find the lists, read the one of geotags, and return what starts the reading."""
    report = ReadReport()
    if isinstance(path, (str, os.PathLike)) and _is_list(Path(path).expanduser()):
        file = DataFile(str(Path(path).expanduser()))
        folder = Folder(Path(file.path).parent, _WHAT, _WHERE, deep=False)
    else:
        folder = Folder(path, _WHAT, _WHERE)
        file = folder.get(_TAGS[tags], purpose=f"tags={tags!r}")
    places = open_geotags(folder, geotags, geotag_columns, located_only, errors, report)
    columns = {
        "ids": Column(0, convert=photo_numbers, called="photo id"),
        "users": Column(1, convert=names, called="user id"),
        "tags": Column(2, convert=split_words, called="tags"),
    }

    def keep(table):
        return located({"places": places(table["ids"])})

    def finish(table, as_frame):
        nowhere = np.full((len(table["ids"]), 2), np.nan)
        table["places"] = places(table["ids"]) if places is not None else nowhere
        return photo_bunch(table, descr=_DESCR, as_frame=as_frame)

    def start(chunk_rows, max_rows, as_frame):
        if places is None:
            report.note(file, None, "there is no list of geotags, places are NaN")
        tables = read_table(
            [file],
            columns,
            n_columns=(2, 3),
            keep=keep if located_only else None,
            keep_columns=("ids",) if located_only else (),
            chunk_rows=chunk_rows,
            max_rows=max_rows,
            errors=errors,
            report=report,
        )
        return Reading(tables, lambda table: finish(table, as_frame), report)

    return start


def _is_list(path):
    return path.is_file() and path.suffix.lower() != ".zip"
