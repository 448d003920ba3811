# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Further files of YFCC100M, joined by the number of the photo: hashes and autotags."""

from itertools import chain

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils._param_validation import validate_params
from sklearn.utils.validation import column_or_1d

from sklearn_geo._numbers import is_whole
from sklearn_geo.datasets._fields import integers, lowered, names, unquoted_tags
from sklearn_geo.datasets._photo_bunch import READING, aligned, object_array
from sklearn_geo.datasets._reading import (
    Column,
    Reading,
    ReadReport,
    part_files,
    read_table,
)

_WHERE = "multimediacommons.wordpress.com/yfcc100m-expansion-packs"
_VALID = {name: READING[name] for name in ("path", "max_rows", "errors")}
_VALID["ids"] = ["array-like", None]

_AUTOTAGS_DESCR = """\
Autotags of YFCC100M
--------------------

**What it is**: which of 1,570 visual concepts a network saw in a photo, or in the first
frame of a video, and how sure it was (0.5 to 1). Made by Yahoo Labs, and distributed
with YFCC100M.

:Number of photos and videos: {n_photos}
:Number of concepts: {n_concepts}
"""
_HASHES_DESCR = """\
Hashes of YFCC100M
------------------

**What it is**: MD5 hashes of the download addresses of photos and videos. The files of
the Multimedia Commons, and the lists of the placing task, name photos by them.

:Number of photos and videos: {n_photos}
"""


@validate_params(_VALID, prefer_skip_nested_validation=True)
def load_yfcc100m_hashes(path, *, ids=None, max_rows=None, errors="raise"):
    r"""Load the hashes of photos of YFCC100M.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `yfcc100m_hash`, plain or compressed, or the folder that holds it.

    ids : array-like of int of shape (n_photos,), default=None
        Photos to look up: rows come in this order, and memory does not grow with the
        file. None reads all.

    max_rows : int, default=None
        Read so many rows at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    Returns
    -------
    hashes : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes below.

        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos.
        hashes : ndarray of str of shape (n_photos,)
            Their hashes, in small letters; empty where the file has none.
        report : ReadReport
            What was read, and how many photos were not found.
        DESCR : str
            Description of the data set.

    See Also
    --------
    load_yfcc100m : The photos. Their second release has hashes already.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_yfcc100m_hashes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "yfcc100m_hash")
    ...     with open(path, "w") as file:
    ...         _ = file.write("101\t0123456789abcdef\n102\tfedcba9876543210\n")
    ...     found = load_yfcc100m_hashes(path, ids=[102, 999])
    >>> found.hashes.tolist()
    ['fedcba9876543210', '']
    """
    column = Column(1, convert=lowered(names), called="hash")
    what = "the hashes of YFCC100M, yfcc100m_hash"
    read = _read(path, ["yfcc100m_hash"], column, what, 2, ids, max_rows, errors)

    def finish(table):
        hashes = object_array(table["values"])
        table_ids = table["ids"]
        if ids is not None:
            table_ids, hashes = _looked_up(
                ids, table_ids, hashes, "", read.report, max_rows
            )
        descr = _HASHES_DESCR.format(n_photos=f"{len(table_ids):,}")
        return Bunch(ids=table_ids, hashes=hashes, DESCR=descr)

    read.finish = finish
    return read.whole()


@validate_params(_VALID, prefer_skip_nested_validation=True)
def load_yfcc100m_autotags(path, *, ids=None, max_rows=None, errors="raise"):
    r"""Load the autotags of photos of YFCC100M.

    They can be teachers: rows of confidences over concepts that a network saw.

    Parameters
    ----------
    path : str, path-like, or list of them
        The file `yfcc100m_autotags`, plain or compressed, or the folder that holds it.

    ids : array-like of int of shape (n_photos,), default=None
        Photos to look up: rows come in this order, and memory does not grow with the
        file. None reads all.

    max_rows : int, default=None
        Read so many rows at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or is left out, counted and
        listed in `report`.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes below.

        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos.
        autotags : CSR matrix of shape (n_photos, n_concepts), float32
            How sure the network was; an array where the setting `sparse_interface` of
            scikit-learn says so. Rows without any are empty.
        autotag_names : list of str
            The concepts, in the order of the alphabet.
        report : ReadReport
            What was read, and how many photos were not found.
        DESCR : str
            Description of the data set.

    See Also
    --------
    load_yfcc100m : The photos.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_geo.datasets import load_yfcc100m_autotags
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "yfcc100m_autotags")
    ...     with open(path, "w") as file:
    ...         _ = file.write("101\toutdoor:0.9,sea:0.5\n102\t\n103\tsea:0.75\n")
    ...     photos = load_yfcc100m_autotags(path, ids=[103, 101])
    >>> photos.autotag_names, photos.autotags.toarray().round(2).tolist()
    (['outdoor', 'sea'], [[0.0, 0.75], [0.8999999761581421, 0.5]])
    """
    column = Column(1, convert=_confidences, called="autotags")
    what = "the autotags of YFCC100M, yfcc100m_autotags"
    patterns = ["yfcc100m_autotags", "yfcc100m_autotags-v*"]
    read = _read(path, patterns, column, what, (1, 2), ids, max_rows, errors)

    def finish(table):
        values, table_ids = object_array(table["values"]), table["ids"]
        if ids is not None:
            table_ids, values = _looked_up(
                ids, table_ids, values, {}, read.report, max_rows
            )
        autotags, concepts = _matrix(values)
        return Bunch(
            ids=table_ids,
            autotags=autotags,
            autotag_names=concepts,
            DESCR=_AUTOTAGS_DESCR.format(
                n_photos=f"{len(table_ids):,}", n_concepts=f"{len(concepts):,}"
            ),
        )

    read.finish = finish
    return read.whole()


def _read(path, patterns, column, what, n_columns, ids, max_rows, errors):
    """Return the Reading of a file of two columns, of the wanted photos only."""
    files = part_files(path, patterns, what=what, described=_WHERE)
    report = ReadReport()
    keep = None
    if ids is not None:
        wanted = np.unique(_as_ids(ids))

        def keep(table):
            return np.isin(table["ids"], wanted)

    columns = {"ids": Column(0, convert=integers(least=0), called="photo id")}
    tables = read_table(
        files,
        {**columns, "values": column},
        n_columns=n_columns,
        keep=keep,
        keep_columns=["ids"],
        max_rows=max_rows,
        errors=errors,
        report=report,
    )
    return Reading(tables, None, report)


def _as_ids(ids):
    """Return ids as integers, or say that they are none."""
    ids = column_or_1d(ids)
    is_array_of_them = ids.dtype.kind in "iu" and int(ids.max(initial=0)) < 2**63
    if is_array_of_them or not ids.size:
        return ids.astype(np.int64, copy=False)
    try:
        return np.array([_as_id(each) for each in ids.tolist()], dtype=np.int64)
    except (OverflowError, ValueError):
        raise ValueError("ids must be the numbers of photos, whole numbers.") from None


def _as_id(value):
    """Return an id as an integer; numpy cuts off fractions, Python reads 1_000."""
    is_text = isinstance(value, (str, bytes)) and "_" not in str(value)
    if not (is_text or is_whole(value)):
        raise ValueError
    return int(value)


def _looked_up(ids, found, values, missing, report, max_rows):
    """Return the asked ids, and values in their order."""
    ids = _as_ids(ids)
    values, n_missing = aligned(ids.tolist(), found.tolist(), values, missing)
    where = "the file" if report.n_rows != max_rows else "the rows up to max_rows"
    report.note("ids", None, f"photo is not in {where}", count=n_missing)
    return ids, values


def _confidences(fields):
    """Convert "outdoor:0.9,sea:0.5" to a dict of confidences."""
    rows = unquoted_tags(fields)
    flat = [tag.rpartition(":") for tag in chain.from_iterable(rows)]
    try:
        with np.errstate(over="ignore"):  # infinite, and so refused below
            texts = np.array([c for _, _, c in flat], dtype=object)
            confidences = texts.astype(np.float32)
    except ValueError:
        confidences = np.array([np.nan])
    if (
        not all(name for name, _, _ in flat)
        or not ((confidences >= 0) & (confidences <= 1)).all()
    ):
        raise ValueError("is no list of concepts with confidences from 0 to 1")
    pairs = zip((name for name, _, _ in flat), confidences.tolist(), strict=True)
    return [dict(next(pairs) for _ in row) for row in rows]


def _matrix(rows):
    """Return dicts of confidences as CSR, and the names of its columns."""
    concepts = sorted(set(chain.from_iterable(rows)))
    column = {concept: i for i, concept in enumerate(concepts)}
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    indices = np.fromiter((column[c] for row in rows for c in row), np.int64)
    data = np.fromiter((v for row in rows for v in row.values()), np.float32)
    array = get_config().get("sparse_interface", "spmatrix") == "sparray"
    cls = sparse.csr_array if array else sparse.csr_matrix
    out = cls((data, indices, indptr), shape=(len(rows), len(concepts)))
    out.sort_indices()
    return out, concepts
