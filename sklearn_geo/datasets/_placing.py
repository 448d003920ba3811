# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lists of the MediaEval placing tasks of 2014 to 2016, also known as YLI-GEO."""

import re

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_geo.datasets._fields import (
    integers,
    texts,
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
    first_line,
    part_files,
    read_table,
    usual_width,
)

_PATTERNS = {
    "train": ["mediaeval201*_placing*_train*"],
    "test": ["mediaeval201*_placing*_test*"],
}
_WHAT = "a list of the placing task, such as mediaeval2016_placing_train_photo"
_WHERE = "multimediacommons.wordpress.com/placing-task"
_WIDTHS_2016 = (2, 3, 5)
_HASH = re.compile(r"[0-9a-f]{16,32}", re.IGNORECASE)

_DESCR = """\
Photos and videos of the MediaEval placing task
-----------------------------------------------

**What it is**: which photos and videos of YFCC100M the placing tasks of 2014 to 2016
gave to learn from and to be located, also known as YLI-GEO [1]. No user is in both.
Titles and tags are in YFCC100M, under the same id or hash.

:Number of photos and videos: {n_photos}
:With a place: {n_located}

[1] J. Choi, C. Hauff, O. Van Laere, B. Thomee, "The Placing Task at MediaEval 2016",
    MediaEval 2016 Workshop.
"""

_VALID = {
    "split": [StrOptions({"train", "test"})],
    "kind": [StrOptions({"all", "photos", "videos"})],
    "truth": "no_validation",
}


def _hashes(fields):
    """Read MD5 in hexadecimal, of which zeros may be gone, in small letters."""
    if not all(map(_HASH.fullmatch, fields)):
        raise ValueError("is no hash")
    return [field.lower() for field in fields]


def _key(name):
    """Return what a hash is joined by, whether its first zeros are there or not."""
    return name.lstrip("0")


def _gadm_nodes(fields):
    """Split the administrative areas of 2015: "Land@Region@Town"."""
    return [[area for area in f.split("@") if area] for f in texts(fields)]


def _constant(value):
    return lambda fields: np.full(len(fields), value)


def _nowhere(fields):
    return np.full((len(fields), 2), np.nan)


_years = integers(least=2000, most=2100, dtype=np.int16)
_YEAR = Column(2, convert=_years, called="year")
_MARKER = Column(1, convert=video_markers, called="photo/video marker")


def _columns_2016(file, width):
    """Return the columns of 2016: id and hash, then a place or what is to be verified.

    Training lists have (id, hash, longitude, latitude, places), lists for estimation
    (id, hash), and lists for verification (id, hash, place).
    """
    columns = {
        "ids": Column(0, convert=integers(least=0), called="photo id"),
        "hashes": Column(1, convert=_hashes, called="hash"),
    }
    if width >= 4:
        columns["places"] = PlaceColumn(3, 2)
    if width in (3, 5):
        columns["nodes"] = Column(width - 1, convert=unquoted_tags, called="places")
    name = file.name.lower()
    if "photo" in name or "video" in name:
        convert = _constant("video" in name)
        columns["videos"] = Column(0, convert=convert, called="photo id")
    return columns, (2, 3) if width in (2, 3) else width


def _columns_2015(rows, width):
    """Return the columns of 2014 and 2015: a hash and a marker, then what there is.

    Training lists of 2015 (locale) have (hash, marker, year, node id, node, longitude,
    latitude); in all lists with coordinates these are the last two.
    """
    columns = {"hashes": Column(0, convert=_hashes, called="hash")}
    if width >= 2 and _all_convert(_MARKER, rows):
        columns["videos"] = _MARKER
    if width >= 3 and _all_convert(_YEAR, rows):
        columns["years"] = _YEAR
    if width == 7:
        columns["nodes"] = Column(4, convert=_gadm_nodes, called="node")
    if width >= 4:
        columns["places"] = PlaceColumn(width - 1, width - 2)
    return columns, width


def _all_convert(column, rows):
    """Tell whether nearly all of the first rows have what a column takes."""
    n_wrong = 0
    for row in rows:
        try:
            column.convert(*([row[f]] for f in column.fields))
        except (ValueError, IndexError):
            n_wrong += 1
    return n_wrong <= len(rows) // 4


def _columns(file, rows):
    """Find out which list it is by its first rows."""
    by_id = [
        row[0].isdigit() and bool(_HASH.fullmatch(row[1])) for row in rows if row[1:]
    ]
    if 2 * sum(by_id) > len(rows):
        width = usual_width(rows, _WIDTHS_2016)
        if width == 2:  # lists for verification do not tell the place of all
            width = 3 if any(row[2:] and row[2].strip() for row in rows) else 2
        if width in _WIDTHS_2016:
            return _columns_2016(file, width)
    elif 2 * sum(bool(_HASH.fullmatch(row[0])) for row in rows) > len(rows):
        return _columns_2015(rows, usual_width(rows))
    first = "\t".join(rows[0]) if rows else ""
    raise DataFileError(
        file,
        1,
        "is no line of a list of the placing tasks of 2014 to 2016, which begins with "
        "the number of a photo and its hash, or with the hash",
        value=first,
        remedy="This seems to be a file of another format.",
    )


def _truth(path, errors, report):
    """Return a dict of hashes to places.

    Published are lines of "hash,latitude,longitude" (`ground.locale.csv`), and for the
    leaderboards "hash longitude latitude", with blanks or tabs.
    """
    patterns = ["ground.*.csv", "mediaeval201*_placing*_leaderboard*"]
    what = "a ground truth of the placing task, ground.locale.csv or the like"
    out = {}
    for file in part_files(path, patterns, what=what, described=_WHERE, name="truth"):
        comma = "," in first_line(file)
        columns = {
            "hashes": Column(0, convert=_hashes, called="hash"),
            "places": PlaceColumn(1, 2) if comma else PlaceColumn(2, 1),
        }
        tables = read_table(
            [file],
            columns,
            delimiter="," if comma else None,
            n_columns=3,
            errors=errors,
            report=report,
        )
        for table in tables:
            keys = map(_key, table["hashes"])
            out.update(zip(keys, table["places"], strict=True))
    return out


def _add_truth(table, truth):
    """Give places to what has none, by the hash; NaN where the truth is not known."""
    missing = np.array([np.nan, np.nan])
    rows = np.flatnonzero(~located(table))
    if truth is not None and len(rows):
        found = [truth.get(_key(table["hashes"][row]), missing) for row in rows]
        table["places"][rows] = found


def _open(path, split, kind, truth, located_only, as_frame, **settings):
    """Return the Reading of lists of the placing task."""
    files = part_files(path, _PATTERNS[split], what=_WHAT, described=_WHERE)
    report = ReadReport()
    if truth is not None:
        truth = _truth(truth, settings["errors"], truth_report := ReadReport())
        report.take_over(truth_report)
    early = ["hashes", "places"] * located_only + ["videos"] * (kind != "all")

    def keep(table):
        kept = np.ones(len(next(iter(table.values()))), dtype=bool)
        if kind != "all":
            kept &= table["videos"] == (kind == "videos")
        if located_only:
            _add_truth(table, truth)
            kept &= located(table)
        return kept

    def columns(file, rows):
        there, width = _columns(file, rows)
        if kind != "all" and "videos" not in there:
            problem = "the file does not say what is a photo and what a video"
            raise DataFileError(file, None, problem, remedy="Pass kind='all'.")
        # Of several lists some have places, and these are not to be lost.
        there.setdefault("places", Column(0, convert=_nowhere, called="place"))
        return there, width

    def finish(table):
        _add_truth(table, truth)
        order = ("ids", "hashes", "places", "nodes", "years", "videos")
        table = {name: table[name] for name in order if name in table}
        return photo_bunch(table, descr=_DESCR, as_frame=as_frame)

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
def load_placing(
    path,
    *,
    split="train",
    kind="all",
    truth=None,
    located_only=False,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Load a list of the MediaEval placing task (YLI-GEO) into memory.

    Parameters
    ----------
    path : str, path-like, or list of them
        A list, such as `mediaeval2016_placing_train_photo`,
        `mediaeval2016_placing_estimation_test_video` or
        `mediaeval2015_placing_locale_train`, plain or compressed; or a folder with
        lists. Which columns it has is seen from its first lines.

    split : {"train", "test"}, default="train"
        Which lists of a folder are read. Of no effect where `path` is a file.

    kind : {"all", "photos", "videos"}, default="all"
        What to read.

    truth : str, path-like, or list of them, default=None
        Where test photos were taken: `ground.locale.csv`, `ground.mobility.csv` or a
        list for the leaderboard. Joined by the hash.

    located_only : bool, default=False
        Read only what has a place. Otherwise places that are missing are NaN.

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
        Dictionary-like object with the attributes below; some are not in all lists.

        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos on Flickr. Lists of 2014 and 2015 have none; see
            :func:`load_yfcc100m_hashes`.
        hashes : ndarray of str
            MD5 of the download address, in small letters.
        places, target : ndarray of shape (n_photos, 2)
            Latitude and longitude in degrees.
        nodes : list of list of str
            The places that it lies in. In 2016 texts "id:name:type" of Flickr's places,
            in 2015 names of administrative areas from the country down.
        years : ndarray of int
            The task for which it was chosen (2014 and 2015).
        videos : ndarray of bool
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
        At the first line that cannot be read; with any `errors` if the file is no list
        of these tasks.

    See Also
    --------
    iter_placing : The same in chunks.
    load_yfcc100m : Titles, tags and users of these photos.
    load_mp16 : Most of the training photos of 2016, as geolocation papers use them.

    Notes
    -----
    The lists of 2014, and those of the mobility task of 2015, are read by what is known
    of them: the hash comes first, then whether it is a video, and where there are
    coordinates they are the last two columns, longitude first.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_placing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "mediaeval2016_placing_train_photo")
    ...     with open(path, "w") as file:
    ...         _ = file.write("101\t0123456789abcdef\t13.4\t52.5\t7:Old+Town:Town\n")
    ...     photos = load_placing(folder)
    >>> photos.places, photos.nodes, photos.videos
    (array([[52.5, 13.4]]), [['7:Old Town:Town']], array([False]))
    """
    reading = _open(
        path,
        split,
        kind,
        truth,
        located_only,
        as_frame,
        max_rows=max_rows,
        errors=errors,
    )
    return reading.whole()


@validate_params({**STREAMING, **_VALID}, prefer_skip_nested_validation=True)
def iter_placing(
    path,
    *,
    chunk_rows=100_000,
    split="train",
    kind="all",
    truth=None,
    located_only=False,
    max_rows=None,
    errors="raise",
    as_frame=False,
):
    r"""Read a list of the MediaEval placing task chunk by chunk.

    Parameters
    ----------
    path : str, path-like, or list of them
        As in :func:`load_placing`.

    chunk_rows : int, default=100_000
        Rows in a chunk; the last one may have fewer.

    split, kind, truth, located_only, max_rows, errors, as_frame : as there
        As in :func:`load_placing`. The truth is held in memory.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        As :func:`load_placing` returns them. All share one `report`, which grows.

    See Also
    --------
    load_placing : All of it at once; what is in a Bunch.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import iter_placing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "mediaeval2016_placing_estimation_test_photo")
    ...     with open(path, "w") as file:
    ...         _ = file.writelines(f"{i}\t{i:032x}\n" for i in range(5))
    ...     [len(photos.ids) for photos in iter_placing(path, chunk_rows=2)]
    [2, 2, 1]
    """
    reading = _open(
        path,
        split,
        kind,
        truth,
        located_only,
        as_frame,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
    )
    return reading.chunks()
