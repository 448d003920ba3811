# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The metadata of YFCC100M: a hundred million photos and videos of Flickr, streamed."""

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_geo.datasets._fields import (
    epochs,
    integers,
    labels,
    lowered,
    names,
    texts,
    times,
    unquoted,
    unquoted_tags,
    video_markers,
)
from sklearn_geo.datasets._photo_bunch import (
    READING,
    STREAMING,
    located,
    photo_bunch,
)
from sklearn_geo.datasets._reading import (
    Column,
    DataFileError,
    PlaceColumn,
    Reading,
    ReadReport,
    part_files,
    read_table,
    usual_width,
)

_PATTERNS = (
    "yfcc100m_dataset",
    "yfcc100m_dataset-*",
    "yfcc100m_dataset.t*",
    "yfcc100m_dataset.sql*",
)
_WHAT = "the metadata of YFCC100M, yfcc100m_dataset or its parts yfcc100m_dataset-0 ..."
_WHERE = "multimediacommons.wordpress.com/yfcc100m-core-dataset"

# Columns before the user's: the first release has the id only, later ones the number of
# the line and the hash of the download address as well.
_BEFORE = {23: ("ids",), 25: ("line", "ids", "hashes")}


def _users(fields):
    """Convert users: "12345678%40N00" is "12345678@N00"."""
    return names(unquoted(fields))


def _decoded_labels(fields):
    return labels(unquoted(fields))


# What each column becomes, in the order of the file; the longitude comes first.
_CONVERTERS = {
    "ids": (integers(least=0), "photo id"),
    "hashes": (lowered(texts), "hash"),
    "users": (_users, "user"),
    "nicknames": (_decoded_labels, "nickname"),
    "taken": (times, "date taken"),
    "posted": (epochs, "date uploaded"),
    "devices": (_decoded_labels, "capture device"),
    "titles": (unquoted, "title"),
    "descriptions": (unquoted, "description"),
    "tags": (unquoted_tags, "user tags"),
    "machine_tags": (unquoted_tags, "machine tags"),
    "longitude": (None, "longitude"),
    "latitude": (None, "latitude"),
    "accuracy": (integers(missing=0, least=1, most=16, dtype=np.int8), "accuracy"),
    "page_urls": (texts, "page address"),
    "urls": (texts, "download address"),
    "licenses": (_decoded_labels, "license name"),
    "license_urls": (labels, "license address"),
    "servers": (integers(missing=-1), "server"),
    "farms": (integers(missing=-1), "farm"),
    "secrets": (texts, "secret"),
    "original_secrets": (texts, "original secret"),
    "extensions": (labels, "extension"),
    "videos": (video_markers, "photo/video marker"),
}
_NAMES = tuple(n for n in _CONVERTERS if n not in ("longitude", "latitude"))
FIELDS = ("ids", "hashes", "places", *_NAMES[2:])
DEFAULT_FIELDS = (
    "ids",
    "users",
    "places",
    "accuracy",
    "taken",
    "posted",
    "titles",
    "tags",
    "licenses",
    "urls",
    "videos",
)

_DESCR = """\
Photos and videos of YFCC100M
-----------------------------

**What it is**: metadata of photos and videos that people published on Flickr under
Creative Commons licences, collected by Yahoo Labs [1]. The people are real: their
photos show where they have been. `licenses` says what each of them allows.

:Number of photos and videos: {n_photos}
:With a place: {n_located}

[1] B. Thomee, D. A. Shamma, G. Friedland, B. Elizalde, K. Ni, D. Poland, D. Borth,
    L.-J. Li, "YFCC100M: The New Data in Multimedia Research", Communications of the
    ACM, 59(2), 2016.
"""

_VALID = {
    "kind": [StrOptions({"all", "photos", "videos"})],
    "fields": ["array-like", StrOptions({"all"}), None],
}


def _yfcc_files(path):
    """Return the files to read; of a folder the whole, or else the parts."""
    return part_files(path, _PATTERNS, what=_WHAT, described=_WHERE, alternatives=True)


def yfcc_columns(file, rows):
    """Return the columns of a file by how many its first lines have."""
    width = usual_width(rows, _BEFORE) if rows else 23
    if width not in _BEFORE:
        raise DataFileError(
            file,
            1,
            f"the line has {width} columns, expected are 23, or 25 with line number "
            "and hash",
            remedy="This seems to be a file of another format.",
        )
    order = [*_BEFORE[width], *list(_CONVERTERS)[2:]]
    at = {name: position for position, name in enumerate(order)}
    columns = {"places": PlaceColumn(at["latitude"], at["longitude"])}
    for name in _NAMES:
        convert, called = _CONVERTERS[name]
        if name in at:
            columns[name] = Column(at[name], convert=convert, called=called)
    return columns, width


def _chosen(fields):
    """Return the names of the fields to read, in the order of the file."""
    if isinstance(fields, str):  # "all", the only word that is valid
        return FIELDS
    fields = DEFAULT_FIELDS if fields is None else list(fields)
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise ValueError(
            f"There are no fields {', '.join(map(repr, unknown))}. There are "
            f"{', '.join(FIELDS)}."
        )
    if len(fields) == 0:
        raise ValueError("fields is empty: there is nothing to read.")
    return tuple(name for name in FIELDS if name in fields)


def open_yfcc(files, kind, located_only, fields, as_frame, descr=_DESCR, **settings):
    """Return the Reading of files in the format of YFCC100M."""
    chosen, report = _chosen(fields), ReadReport()
    early = ["videos"] * (kind != "all") + ["places"] * located_only

    def columns(file, rows):
        there, width = yfcc_columns(file, rows)
        wanted = {name: there[name] for name in there if name in (*chosen, *early)}
        checked = ("ids", "places", "posted", "videos")
        return wanted, width, {name: there[name] for name in checked}

    def keep(table):
        kept = np.ones(len(next(iter(table.values()))), dtype=bool)
        if kind != "all":
            kept &= table["videos"] == (kind == "videos")
        return kept & located(table) if located_only else kept

    def finish(table):
        table = {name: table[name] for name in chosen if name in table}
        if "ids" in table:
            n_repeated = len(table["ids"]) - len(np.unique(table["ids"]))
            report.note(
                files[0], None, "photo comes again, and is kept", count=n_repeated
            )
        return photo_bunch(table, descr=descr, as_frame=as_frame)

    tables = read_table(
        files,
        columns,
        keep=keep if early else None,
        keep_columns=early,
        report=report,
        **settings,
    )
    return Reading(tables, finish, report)


@validate_params({**READING, **_VALID}, prefer_skip_nested_validation=True)
def load_yfcc100m(
    path,
    *,
    kind="all",
    located_only=False,
    fields=None,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Load photos and videos of YFCC100M into memory.

    Everything at once takes more memory than most people have: choose fields and rows,
    or stream with :func:`iter_yfcc100m`.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `yfcc100m_dataset`, one of its parts `yfcc100m_dataset-0` to `-9`, or a
        folder with them, plain or compressed (.bz2, .gz, .xz). Both releases are read:
        with 23 columns, and with 25 (the number of the line and a hash in addition).
        The files have to be asked for [1]_. The SQLite database
        `yfcc100m_dataset.sql` of the Multimedia Commons is read as well.

    kind : {"all", "photos", "videos"}, default="all"
        What to read.

    located_only : bool, default=False
        Read only what has a place. Otherwise places that are missing are NaN.

    fields : list of str or "all", default=None
        The fields to read, of those below. None reads those marked with a star. Text
        that is not read is not decoded either, which saves most of the time.

    max_rows : int, default=None
        Read so many rows at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    as_frame : bool, default=False
        Make a DataFrame `frame` as well.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the fields that were asked for.

        ids* : ndarray of int of shape (n_photos,)
            Numbers of the photos on Flickr.
        hashes : ndarray of str
            MD5 of the download address, in small letters, which is what files of the
            Multimedia Commons are named by. Only in files with 25 columns; see
            :func:`load_yfcc100m_hashes`.
        places*, target* : ndarray of shape (n_photos, 2)
            Latitude and longitude in degrees.
        accuracy* : ndarray of int8
            How far the map was zoomed in when the photo was placed, from 1 (world) to
            16 (street); 0 is unknown.
        users*, nicknames : ndarray of str
            Who published it: the identifier that stays, and the name that may change.
        taken* : ndarray of datetime64[s]
            When it was taken, by the clock of the camera: in local time, if at all.
        posted* : ndarray of datetime64[s]
            When it was uploaded, in coordinated universal time.
        devices, titles*, descriptions : ndarray of str
            The camera, and what the user wrote.
        tags*, machine_tags : list of list of str
            Tags by people, as :class:`~sklearn_geo.neighbors.TagVectorizer` takes them,
            and by programs.
        page_urls, urls* : ndarray of str
            Addresses of the page and of the file.
        licenses*, license_urls : ndarray of str
            What the user allows.
        servers, farms, secrets, original_secrets, extensions : ndarray
            What addresses of files are made of.
        videos* : ndarray of bool
            Whether it is a video.
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
        If there is no such file, or none in the folder.

    DataFileError
        At the first line that cannot be read; with any `errors` if columns are
        shuffled.

    See Also
    --------
    iter_yfcc100m : The same in chunks.
    load_yfcc100m_autotags : What a network saw in these photos.
    load_placing : The photos of the placing task, and where they were taken.

    Notes
    -----
    Titles, tags and names are decoded from percent and plus encoding; what is not UTF-8
    is read as Latin-1. Places at exactly 0, 0 are missing, and counted in `report`.

    References
    ----------
    .. [1] https://multimediacommons.wordpress.com/yfcc100m-core-dataset

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_yfcc100m
    >>> line = (
    ...     "101\t12@N00\tada\t2012-04-03 18:00:09.0\t1333476009\tCam+1\tOld+bridge\t\t"
    ...     "old+town,caf%C3%A9\t\t13.4\t52.5\t16\thttp://p\thttp://d\tBY\thttp://l\t"
    ...     "1\t2\ts\to\tjpg\t0\n"
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "yfcc100m_dataset-0")
    ...     with open(path, "w") as file:
    ...         _ = file.write(line)
    ...     photos = load_yfcc100m(folder, kind="photos")
    >>> photos.places, photos.tags
    (array([[52.5, 13.4]]), [['old town', 'café']])
    """
    files = _yfcc_files(path)
    reading = open_yfcc(
        files, kind, located_only, fields, as_frame, max_rows=max_rows, errors=errors
    )
    return reading.whole()


@validate_params({**STREAMING, **_VALID}, prefer_skip_nested_validation=True)
def iter_yfcc100m(
    path,
    *,
    chunk_rows=100_000,
    kind="all",
    located_only=False,
    fields=None,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Read photos and videos of YFCC100M chunk by chunk.

    Memory does not grow with the files.

    Parameters
    ----------
    path : str, path-like, or list of them
        As in :func:`load_yfcc100m`.

    chunk_rows : int, default=100_000
        Rows in a chunk; the last one may have fewer.

    kind, located_only, fields, max_rows, errors, as_frame : as there
        As in :func:`load_yfcc100m`.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        As :func:`load_yfcc100m` returns them. All share one `report`, which grows.

    See Also
    --------
    load_yfcc100m : All of it at once; what is in a Bunch.

    Examples
    --------
    Count the tags of photos that have a place, in little memory:

    >>> import collections, os, tempfile
    >>> from sklearn_geo.datasets import iter_yfcc100m
    >>> counts = collections.Counter()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "yfcc100m_dataset-0"), "w") as file:
    ...         for i in range(5):
    ...             row = [str(i), "12@N00", *[""] * 6, "old+town", "", "13.4", "52.5"]
    ...             print(*row, *[""] * 10, "0", sep="\t", file=file)
    ...     for photos in iter_yfcc100m(folder, chunk_rows=2, located_only=True):
    ...         counts.update(tag for tags in photos.tags for tag in tags)
    >>> counts
    Counter({'old town': 5})
    """
    files = _yfcc_files(path)
    reading = open_yfcc(
        files,
        kind,
        located_only,
        fields,
        as_frame,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
    )
    return reading.chunks()
