# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""NUS-WIDE: photos of Flickr with tags, concepts and features; some with a place."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.datasets._flickr1m import open_geotags
from sklearn_geo.datasets._folders import Folder
from sklearn_geo.datasets._geotags import photo_numbers
from sklearn_geo.datasets._nus_wide_files import (
    FEATURES,
    LISTS,
    Images,
    concept_sources,
    feature_source,
    read_names,
    read_urls,
    read_users,
    tag_names,
    tag_source,
)
from sklearn_geo.datasets._photo_bunch import located, object_array
from sklearn_geo.datasets._reading import Reading, ReadReport
from sklearn_geo.datasets._report import DataFileError
from sklearn_geo.datasets._row_files import read_rows

_WHAT = "NUS-WIDE: ImageList, Groundtruth, ConceptsList, NUS_WID_Tags and the others"
_WHERE = "lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html"

_DESCR = """\
NUS-WIDE
--------

**What it is**: photos of Flickr with the tags that people gave them, labels of 81
concepts by hand, and features of their looks, from the National University of
Singapore [1].

:Number of photos: {n_photos}
:With a place: {n_located}
:Target: 0/1 indicator of {n_concepts} concepts
:Features: {features}

[1] T.-S. Chua, J. Tang, R. Hong, H. Li, Z. Luo, Y. Zheng, "NUS-WIDE: A Real-World Web
    Image Database from National University of Singapore", ACM International Conference
    on Image and Video Retrieval, 2009. Cite it if you publish results.
"""

_READING = {
    "path": "no_validation",
    "split": [StrOptions(set(LISTS))],
    "features": [str, list, tuple, None],
    "tags": [StrOptions({"1k", "81", "all"}), None],
    "concepts": [str, list, tuple, None],
    "geotags": "no_validation",
    "geotag_columns": [list, tuple, None],
    "urls": ["boolean"],
    "located_only": ["boolean"],
    "max_rows": [Interval(Integral, 1, None, closed="left"), None],
    "errors": [StrOptions({"raise", "skip"})],
}


@validate_params(
    {**_READING, "as_frame": ["boolean"]}, prefer_skip_nested_validation=True
)
def load_nus_wide(
    path,
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
):
    r"""Load NUS-WIDE: photos with tags, labels of concepts, and features of looks.

    Parameters
    ----------
    path : str or path-like
        The folder with the files of [1]_, anywhere in it: in sub-folders, in the zip
        archives in which they are published, or compressed.

    split : {"train", "test", "all"}, default="train"
        Which images: those of `TrainImagelist.txt`, `TestImagelist.txt` or
        `Imagelist.txt`. What is only there for all images is picked out for a split.

    features : str or list of str, default=()
        Which features to read: "CH" (64 numbers of a color histogram), "CORR" (144 of
        a color correlogram), "EDH" (73 of edge directions), "WT" (128 of wavelet
        textures), "CM55" (225 of color moments), "BoW" (500 words of SIFT).

    tags : {"1k", "81", "all"} or None, default="1k"
        The indicator of the thousand most frequent tags (`Train_Tags1k.dat`,
        `AllTags1k.txt`) or of the 81 tags that are concepts too; "all" are all tags of
        a photo as lists (`All_Tags.txt`); None reads none.

    concepts : "all", list of str or None, default="all"
        Of which concepts to read the labels, by their names in `Concepts81.txt`.

    geotags : str or path-like, default=None
        A list of where photos were taken: a photo, a latitude and a longitude a line.
        None takes a file of the folder with "geotag" in its name, else one with "geo"
        in that of a .txt, else a .csv, else a .tsv, else one with "latlon"; of several
        such the first by name. Only a part of the photos has a place.

    geotag_columns : tuple of three int or str, default=None
        Which columns of `geotags` hold the photo, the latitude and the longitude:
        positions from 0, or names in its header. None takes the first three, or looks
        for usual names in the header.

    located_only : bool, default=False
        Read only photos that have a place. Otherwise places that are missing are NaN.

    urls : bool, default=False
        Whether to read the addresses of the photos (`NUS-WIDE-urls.txt`).

    max_rows : int, default=None
        Read so many photos at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or the photo is left out,
        counted and listed in `report`; of the lists of geotags, users and addresses the
        line is left out. That a file has another number of lines than the list of
        images is always an error.

    as_frame : bool, default=False
        Return `data` and `target` as DataFrames, and `frame` with what has one value a
        photo.

    Returns
    -------
    photos : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        data : ndarray of shape (n_photos, n_features), float32, or DataFrame
            The features asked for, side by side.
        target : ndarray of int of shape (n_photos, n_concepts) or DataFrame
            1 where a photo shows a concept.
        feature_names, target_names : list of str
            "BoW_0" and so on; the names of the concepts.
        features : Bunch
            The parts of `data` by name.
        places : ndarray of shape (n_photos, 2)
            Latitude and longitude in degrees.
        tags : CSR matrix of shape (n_photos, n_tags), int32; list of list of str; None
            The indicator (an array where the setting `sparse_interface` of scikit-learn
            says so), or the tags of each photo.
        tag_names : ndarray of str of shape (n_tags,) or None
            What the columns of the indicator are.
        ids : ndarray of int of shape (n_photos,)
            Numbers of the photos on Flickr.
        files : ndarray of str
            Files of the photos, such as "actor/0001_2124494179.jpg".
        users : ndarray of str or None
            Who took a photo, if the folder has a list with users in the form of
            `id.userid.rawtags.txt` (see :func:`load_flickr1m`); "" where it does not
            tell. NUS-WIDE itself is published without.
        urls : ndarray of str or None
            The address of the largest size, "" if there is none.
        frame : DataFrame or None
            Only with `as_frame=True`.
        report : ReadReport
            What was read, left out and put right.
        DESCR : str
            Description of the data set.

    Raises
    ------
    FileNotFoundError
        If a file is not there; the message says what was looked for.

    DataFileError
        If a line cannot be read, with its number, or if files do not belong together;
        or if the folder has two files of one name and of two sizes.

    ValueError
        If a feature or a concept is not known.

    See Also
    --------
    iter_nus_wide : The same in chunks.
    load_flickr1m : More photos with tags.
    make_geotagged_photos : Synthetic photos.

    Notes
    -----
    Where photos were taken is published for a part of NUS-WIDE, in a list whose layout
    is not described where we could find it; hence `geotags` may have any.

    One label of the published `Labels_lake_Train.txt` is -1130179. It is taken as 0,
    and `report` tells.

    References
    ----------
    .. [1] T.-S. Chua, J. Tang, R. Hong, H. Li, Z. Luo, Y. Zheng, "NUS-WIDE: A
       Real-World Web Image Database from National University of Singapore", ACM
       International Conference on Image and Video Retrieval, 2009.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_geo.datasets import load_nus_wide
    >>> files = {
    ...     "TrainImagelist.txt": "actor\\0001_101.jpg\nzebra\\0002_102.jpg\n",
    ...     "Concepts81.txt": "sky\nzebra\n",
    ...     "Labels_sky_Train.txt": "1\n0\n",
    ...     "Labels_zebra_Train.txt": "0\n1\n",
    ...     "TagList1k.txt": "africa\nfilm\nred\n",
    ...     "Train_Tags1k.dat": "0\t1\t1\t\n1\t0\t0\t\n",
    ...     "geotags.txt": "102\t-2.3\t34.8\n",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in files.items():
    ...         _ = (Path(folder) / name).write_text(text)
    ...     photos = load_nus_wide(folder, located_only=True)
    >>> photos.ids, photos.places, photos.target
    (array([102]), array([[-2.3, 34.8]]), array([[0, 1]]))
    >>> photos.tags.toarray(), photos.tag_names.tolist()
    (array([[1, 0, 0]], dtype=int32), ['africa', 'film', 'red'])
    """
    pandas = import_pandas() if as_frame else None
    asked = _Asked(split, features, tags, concepts, urls)
    where = geotags, geotag_columns, located_only
    photos = _open(path, asked, where, 10_000, max_rows, errors).whole()
    if as_frame:
        _to_frames(photos, pandas)
    return photos


@validate_params(
    {**_READING, "chunk_rows": [Interval(Integral, 1, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def iter_nus_wide(
    path,
    *,
    split="train",
    features=(),
    tags="1k",
    concepts="all",
    geotags=None,
    geotag_columns=None,
    located_only=False,
    urls=False,
    chunk_rows=10_000,
    max_rows=None,
    errors="raise",
):
    """Read NUS-WIDE chunk by chunk.

    Parameters
    ----------
    path : str or path-like
        As for :func:`load_nus_wide`.

    split : {"train", "test", "all"}, default="train"
        Which images.

    features : str or list of str, default=()
        Which features to read.

    tags : {"1k", "81", "all"} or None, default="1k"
        Which tags to read.

    concepts : "all", list of str or None, default="all"
        Of which concepts to read the labels.

    geotags : str or path-like, default=None
        A list of where photos were taken.

    geotag_columns : tuple of three int or str, default=None
        Which columns of `geotags` hold the photo, the latitude and the longitude.

    located_only : bool, default=False
        Read only photos that have a place.

    urls : bool, default=False
        Whether to read the addresses of the photos.

    chunk_rows : int, default=10_000
        Photos in a chunk, at most.

    max_rows : int, default=None
        Read so many photos at most.

    errors : {"raise", "skip"}, default="raise"
        Whether a line that cannot be read is an error, or the photo is left out.

    Returns
    -------
    chunks : iterator of :class:`~sklearn.utils.Bunch`
        Chunks of what :func:`load_nus_wide` returns.

    See Also
    --------
    load_nus_wide : All of it at once.

    Examples
    --------
    >>> from sklearn_geo.datasets import iter_nus_wide
    >>> n_labels = 0
    >>> for photos in iter_nus_wide("/data/nus_wide"):  # doctest: +SKIP
    ...     n_labels += photos.target.sum()
    """
    asked = _Asked(split, features, tags, concepts, urls)
    where = geotags, geotag_columns, located_only
    return _open(path, asked, where, chunk_rows, max_rows, errors).chunks()


class _Asked:
    """What is to be read of NUS-WIDE."""

    def __init__(self, split, features, tags, concepts, urls):
        self.split, self.tags, self.urls = split, tags, urls
        self.features = [features] if isinstance(features, str) else features or []
        unknown = [name for name in self.features if name not in FEATURES]
        if unknown:
            raise ValueError(
                f"features={features!r}: {unknown[0]!r} is not known. Known are "
                f"{', '.join(FEATURES)}."
            )
        twice = [name for name in FEATURES if list(self.features).count(name) > 1]
        if twice:
            raise ValueError(f"features={features!r}: {twice[0]!r} is there twice.")
        if isinstance(concepts, str) and concepts != "all":
            concepts = [concepts]
        self.concepts = concepts

    def concept_names(self, folder):
        """Return the names of the concepts asked for."""
        if self.concepts is None:
            return []
        known = read_names(folder.get("Concepts81.txt", purpose="names of concepts"))
        if isinstance(self.concepts, str):
            return known
        unknown = [name for name in self.concepts if name not in known]
        if unknown:
            raise ValueError(
                f"concepts={self.concepts!r}: {unknown[0]!r} is not known. Known are "
                f"{', '.join(known)}."
            )
        return list(self.concepts)


def _open(path, asked, where, chunk_rows, max_rows, errors):
    """Find the files, open them side by side, and return the reading of them."""
    report = ReadReport()
    geotags, geotag_columns, located_only = where
    folder = Folder(path, _WHAT, _WHERE)
    places = open_geotags(folder, geotags, geotag_columns, located_only, errors, report)
    images = Images(folder, asked.split, report)
    concepts = asked.concept_names(folder)
    columns = None
    if asked.tags in ("1k", "81"):
        columns = np.array(tag_names(folder, asked.tags))
    sources = {"files": images.source()}
    if asked.tags is not None:
        width = None if columns is None else len(columns)
        sources["tags"] = tag_source(images, asked.tags, width)
    sources.update(concept_sources(images, concepts))
    for name in asked.features:
        sources[f"feature {name}"] = feature_source(images, name)
    users = read_users(folder, errors, report)
    addresses = read_urls(folder, errors, report) if asked.urls else None
    if places is None:
        report.note(images.file, None, "there is no list of geotags, places are NaN")

    def keep(files):
        return located({"places": places(photo_numbers(files))})

    def finish(table):
        ids = photo_numbers(table["files"])
        nowhere = np.full((len(ids), 2), np.nan)
        photos = Bunch(
            ids=ids,
            files=object_array(table["files"]),
            places=nowhere if places is None else places(ids),
            users=_looked_up(users, ids),
            urls=_looked_up(addresses, ids),
            frame=None,
        )
        _add_tags(photos, table, asked.tags, columns, images.file)
        photos.target = np.zeros((len(ids), len(concepts)), dtype=np.int64)
        for column, concept in enumerate(concepts):
            photos.target[:, column] = table[f"concept {concept}"]
        photos.target_names = concepts
        _add_features(photos, table, asked.features)
        photos.DESCR = _DESCR.format(
            n_photos=f"{len(ids):,}",
            n_located=f"{np.count_nonzero(located(photos)):,}",
            n_concepts=len(concepts),
            features=", ".join(asked.features) or "none",
        )
        return photos

    tables = read_rows(
        sources,
        keep=keep if located_only else None,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
        report=report,
    )
    return Reading(tables, finish, report)


def _looked_up(texts, ids):
    """Return the text of each photo, "" where there is none; None without texts."""
    if texts is None:
        return None
    return object_array([texts.get(photo, "") for photo in ids.tolist()])


def _add_tags(photos, table, tags, columns, file):
    """Add the tags of photos: an indicator, or lists of words."""
    photos.tag_names, photos.tags = columns, None
    if tags == "all":
        rows = table["tags"]
        wrong = np.flatnonzero(photo_numbers([row[0] for row in rows]) != photos.ids)
        if wrong.size:
            row = int(wrong[0])
            raise DataFileError(
                file,
                None,
                f"is another photo than that of All_Tags.txt, {rows[row][0]}: the two "
                "differ in their order",
                "the image",
                photos.files[row],
                remedy="Use the files of one release.",
            )
        photos.tags = [row[1:] for row in rows]
    elif tags is not None:
        photos.tags = _indicator(table["tags"], len(columns))


def _indicator(rows, width):
    """Return the indicator of rows of columns."""
    sizes = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    indices = np.concatenate([*rows, np.empty(0, dtype=np.int64)]).astype(np.int32)
    array = get_config().get("sparse_interface", "spmatrix") == "sparray"
    cls = sparse.csr_array if array else sparse.csr_matrix
    parts = (
        np.ones(len(indices), dtype=np.int32),
        indices,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
    )
    return cls(parts, shape=(len(rows), width))


def _add_features(photos, table, features):
    """Add the features, side by side in `data`, of which the others are parts."""
    parts = [table.pop(f"feature {name}") for name in features]
    nothing = np.empty((len(photos.ids), 0), dtype=np.float32)
    photos.data = parts[0] if len(parts) == 1 else np.hstack([nothing, *parts])
    photos.features, photos.feature_names, start = Bunch(), [], 0
    for name, part in zip(features, parts, strict=True):
        width = part.shape[1]
        photos.features[name] = photos.data[:, start : start + width]
        photos.feature_names += [f"{name}_{column}" for column in range(width)]
        start += width


def _to_frames(photos, pandas):
    """Turn the tables of a Bunch into DataFrames."""
    photos.data = pandas.DataFrame(photos.data, columns=photos.feature_names)
    photos.target = pandas.DataFrame(photos.target, columns=photos.target_names)
    columns = {"id": photos.ids, "file": photos.files}
    columns["latitude"], columns["longitude"] = photos.places.T
    if photos.users is not None:
        columns["user"] = photos.users
    if photos.urls is not None:
        columns["url"] = photos.urls
    photos.frame = pandas.DataFrame(columns)
