# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""YFCC100M as photos to tag and to find: its metadata, and features made before."""

from pathlib import Path

import numpy as np
from scipy import sparse

from sklearn_geo._array_files import open_array
from sklearn_geo.datasets import iter_yfcc100m, load_geonames
from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.neighbors import PlaceIndex, TagVectorizer
from sklearn_geo.reproduce._locsens_task import TaggedPhotos

__all__ = [
    "choose_rows",
    "read_features",
    "read_metadata",
    "tag_indicator",
    "yfcc_photos",
]

# The paper's vocabulary. Of few photos, tags that next to nobody has are left out, too.
_N_TAGS, _N_DROPPED, _MOST_TAGS, _LEAST_PHOTOS = 100_000, 10, 15, 5
# Not all photos that have features have a place and tags.
_SPARE = 4
# Towns and countries where no gazetteer tells them: cells of about 9 and 550 km.
_TOWN_LEVEL, _COUNTRY_LEVEL = 10, 4
_GAZETTEERS = ("cities*.txt", "cities*.zip", "allCountries.txt", "allCountries.zip")
_WORD_VECTORS = ("glove*.txt", "glove*.txt.gz", "*.vec", "*.vec.gz")


def yfcc_photos(folder, *, n_photos=None, seed=0):
    """Read photos of YFCC100M that have features, a place and tags.

    Parameters
    ----------
    folder : path
        With the metadata as published (see :func:`~sklearn_geo.datasets.load_yfcc100m`)
        and features, `features.npy` and `feature_ids.npy`, see :func:`read_features`.
        If there is a table of GeoNames, such as `cities1000.txt`, it tells towns,
        countries and names of places; vectors of words, such as `glove.txt`, are for
        HER.

    n_photos : int, default=None
        How many photos to take at most; None takes all.

    seed : int, default=0
        Decides which.

    Returns
    -------
    TaggedPhotos
    """
    folder = Path(folder)
    features, ids = read_features(folder)
    rng = np.random.default_rng(seed)
    rows = choose_rows(ids, n_photos, rng)
    table = read_metadata(folder, ids[rows], ("ids", "users", "places", "tags"))
    y, names = tag_indicator(table["tags"])
    n_tags = np.diff(y.indptr)
    usable = np.flatnonzero((n_tags > 0) & (n_tags <= _MOST_TAGS))
    if n_photos is not None and len(usable) > n_photos:
        usable = np.sort(rng.choice(usable, n_photos, replace=False))
    y, places = sparse.csr_array(y[usable]), table["places"][usable]
    # Ascending, as a memory map wants to be read.
    at = rows[np.searchsorted(ids[rows], table["ids"][usable])]
    X = np.empty((len(usable), 2 + features.shape[1]), dtype=np.float32)
    X[:, :2] = places
    order = np.argsort(at, kind="stable")
    X[order, 2:] = features[at[order]]
    regions, is_place, notes = _places_known(folder, places, names)
    vectors = _first_file(folder, _WORD_VECTORS)
    return TaggedPhotos(
        X=X,
        y=y,
        places=places,
        users=table["users"][usable],
        regions=regions,
        tag_names=names,
        is_place=is_place,
        word_vectors=vectors,
        title=f"YFCC100M, {len(usable):,} photos, {len(names):,} tags",
        notes=(
            f"Photos with 1 to {_MOST_TAGS} tags of the vocabulary: lower case, no "
            f"digits, without the {_N_DROPPED} most frequent, on {_LEAST_PHOTOS} "
            "photos at least.",
            *notes,
        ),
    )


def read_features(folder):
    """Open the features of photos, and read which photos they are of.

    Parameters
    ----------
    folder : Path
        With `features.npy`, a row a photo, of any float type; and `feature_ids.npy`,
        or `feature_ids.txt` with one a line: the numbers of the photos on Flickr.

    Returns
    -------
    features : memmap of shape (n, n_features)
        Only what is asked for is read.

    ids : ndarray of int64 of shape (n,)
        The photos.
    """
    file = folder / "features.npy"
    if not file.is_file():
        raise FileNotFoundError(
            f"{folder} has no features.npy: features of photos, a row each, and beside "
            "it feature_ids.npy (or .txt), the numbers of these photos on Flickr."
        )
    features = open_array(file)
    if features.ndim != 2 or features.dtype.kind != "f":
        raise ValueError(
            f"{file} must hold floats, a row a photo; it has the shape "
            f"{features.shape} and dtype {features.dtype}."
        )
    ids = _read_ids(folder)
    if len(ids) != len(features):
        raise ValueError(
            f"{file} has {len(features)} rows, but there are {len(ids)} feature_ids. "
            "Pass one for each row, in the same order."
        )
    ordered = np.sort(ids)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:
        raise ValueError(
            f"{folder}: feature_ids names photo {twice[0]} more than once "
            f"({twice.size} such rows). Leave the copies out."
        )
    return features, ids


def _read_ids(folder):
    for name in ("feature_ids.npy", "feature_ids.txt"):
        file = folder / name
        if not file.is_file():
            continue
        if name.endswith(".npy"):
            ids = np.array(open_array(file))
        try:
            if not name.endswith(".npy"):
                words = file.read_text("utf-8").split()
                ids = np.array(list(map(int, words)), dtype=np.int64)
            if ids.ndim != 1 or ids.dtype.kind not in "iuSU":
                raise ValueError(f"shape {ids.shape} and dtype {ids.dtype}")
            return ids.astype(np.int64)
        except (OverflowError, ValueError) as error:
            raise ValueError(
                f"{file} must hold the numbers of photos, one for each row of "
                f"features.npy: {error}."
            ) from error
    raise FileNotFoundError(
        f"{folder} has no feature_ids.npy (or .txt), which tells whose features the "
        "rows of features.npy are."
    )


def choose_rows(ids, n_photos, rng):
    """Choose photos with features at random, more than are wanted in the end.

    Parameters
    ----------
    ids : ndarray of int of shape (n,)
        The photos.

    n_photos : int or None
        How many are wanted; None wants all.

    rng : numpy.random.Generator
        Decides which.

    Returns
    -------
    ndarray of int
        Rows of `ids`, in the order of the numbers of the photos.
    """
    if n_photos is None or _SPARE * n_photos >= len(ids):
        return np.argsort(ids, kind="stable")
    some = rng.choice(len(ids), _SPARE * n_photos, replace=False)
    return some[np.argsort(ids[some], kind="stable")]


def read_metadata(folder, wanted, fields):
    """Read, chunk by chunk, what is known of some photos that have a place.

    Parameters
    ----------
    folder : path
        With the metadata as published.

    wanted : ndarray of int of shape (n,)
        Numbers of photos, ascending.

    fields : tuple of str
        What to read, as :func:`~sklearn_geo.datasets.load_yfcc100m` calls it; "ids" is
        one of it.

    Returns
    -------
    dict of str to ndarray, or to list for tags
        By field. Numbers of photos ascend; of a photo that comes twice the first is
        taken.
    """
    parts = {field: [] for field in fields}
    chunks = iter_yfcc100m(folder, kind="photos", located_only=True, fields=fields)
    for chunk in chunks:
        at = np.minimum(np.searchsorted(wanted, chunk.ids), len(wanted) - 1)
        kept = np.flatnonzero(wanted[at] == chunk.ids)
        for field in fields:
            values = chunk[field]
            if isinstance(values, list):
                parts[field] += [values[row] for row in kept.tolist()]
            else:
                parts[field].append(values[kept])
    table = {
        field: found if field == "tags" or not found else np.concatenate(found)
        for field, found in parts.items()
    }
    if not len(table["ids"]):
        raise ValueError(
            f"{folder}: none of the photos with features has a place in the metadata. "
            "Are feature_ids the numbers of photos on Flickr?"
        )
    _, first = np.unique(table["ids"], return_index=True)
    return {
        field: [values[row] for row in first.tolist()]
        if field == "tags"
        else values[first]
        for field, values in table.items()
    }


def tag_indicator(tags):
    """Make the paper's vocabulary, and the tag indicator.

    Parameters
    ----------
    tags : list of list of str
        What users wrote.

    Returns
    -------
    indicator : csr_array of shape (n_photos, n_tags)
        0/1.

    names : list of str
        The vocabulary: lower case, no blanks, no digits, without the ten most frequent
        tags, and the 100,000 that most photos have.
    """
    plain = [
        [name for name in map(_plain, row) if name and not _has_digit(name)]
        for row in tags
    ]
    vectorizer = TagVectorizer(
        _N_TAGS + _N_DROPPED,
        stop_tags=None,
        camera_brands=None,
        machine_tags="keep",
        strip_accents=None,
        min_df=_LEAST_PHOTOS,
        dtype=np.float32,
    )
    indicator = sparse.csc_array(vectorizer.fit_transform(plain))
    names = np.array(vectorizer.get_feature_names_out())
    by_count = np.argsort(-vectorizer.n_photos_, kind="stable")
    kept = np.sort(by_count[_N_DROPPED:])
    if not kept.size:
        raise ValueError(
            f"Fewer than {_N_DROPPED + 1} tags are on {_LEAST_PHOTOS} photos. Take "
            "more photos by --rows."
        )
    return sparse.csr_array(indicator[:, kept]), names[kept].tolist()


def _plain(tag):
    return "".join(tag.lower().split())


def _has_digit(tag):
    return any(character.isdigit() for character in tag)


def _places_known(folder, places, tag_names):
    """Return towns and countries, which tags are names of places, and notes."""
    file = _first_file(folder, _GAZETTEERS)
    if file is None:
        regions = {
            "town": s2_cell_ids(places, _TOWN_LEVEL),
            "country": s2_cell_ids(places, _COUNTRY_LEVEL),
        }
        return (
            regions,
            None,
            (
                f"Towns and countries are S2 cells of level {_TOWN_LEVEL} and "
                f"{_COUNTRY_LEVEL}; in the paper they come with the photos.",
            ),
        )
    from sklearn_geo.ranking import collect_place_names

    towns = load_geonames(file, feature_classes="P")
    located = np.flatnonzero(np.isfinite(towns.places).all(axis=1))
    _, nearest = PlaceIndex(towns.places[located]).nearest(places, 1)
    nearest = located[nearest[:, 0]]
    regions = {"town": nearest, "country": towns.countries[nearest]}
    names = collect_place_names(towns)
    is_place = np.array([name in names for name in tag_names])
    return (
        regions,
        is_place,
        (
            f"Towns, countries and names of places are those of {file.name}; the town "
            f"is the nearest one. {is_place.sum():,} tags are names of places.",
        ),
    )


def _first_file(folder, patterns):
    for pattern in patterns:
        files = sorted(folder.glob(pattern))
        if files:
            return files[0]
    return None
