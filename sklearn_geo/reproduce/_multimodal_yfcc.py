# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""YFCC100M as photos with times and owners: its metadata, and features made before."""

from pathlib import Path

import numpy as np

from sklearn_geo._array_files import open_array
from sklearn_geo.datasets import load_im2gps
from sklearn_geo.reproduce._multimodal_data import (
    NO_IM2GPS,
    PhotoTask,
    TimedPhotos,
    deal_out,
    one_of_each_user,
    outdoor_probabilities,
)
from sklearn_geo.reproduce._yfcc_photos import (
    choose_rows,
    read_features,
    read_metadata,
)
from sklearn_geo.vision import read_scene_table

__all__ = ["yfcc_task"]

_IM2GPS_FEATURES = "im2gps_features.npy"
_SCENE_TABLES = ("*scene*.csv", "*Scene*.csv")


def yfcc_task(folder, *, n_photos=None, seed=0):
    """Read photos of YFCC100M that have features, a place and a time.

    Parameters
    ----------
    folder : path
        With the metadata as published (see :func:`~sklearn_geo.datasets.load_yfcc100m`)
        and features, `features.npy` and `feature_ids.npy`, see
        :func:`~sklearn_geo.reproduce._yfcc_photos.read_features`. If wanted, what tells
        outdoor photos, a row for each of the features: `outdoor.npy`, probabilities; or
        `scenes.npy`, probabilities of scenes, and a CSV such as that of Places365 whose
        name contains "scene" and which tells which are indoors. NaN is not outdoors.
        For Table 5, the list of Im2GPS, see :func:`~sklearn_geo.datasets.load_im2gps`,
        and `im2gps_features.npy`, a row for each photo of the list.

    n_photos : int, default=None
        How many photos to take at most; None takes all.

    seed : int, default=0
        Decides which, and which are tested on.

    Returns
    -------
    PhotoTask
    """
    folder = Path(folder)
    features, ids = read_features(folder)
    outdoor, source = _read_outdoor(folder, len(ids))
    rng = np.random.default_rng(seed)
    rows = choose_rows(ids, n_photos, rng)
    table = read_metadata(folder, ids[rows], ("ids", "users", "places", "posted"))
    usable = np.flatnonzero(~np.isnat(table["posted"]))
    n_timeless = len(table["ids"]) - len(usable)
    if n_photos is not None and len(usable) > n_photos:
        usable = np.sort(rng.choice(usable, n_photos, replace=False))
    at = rows[np.searchsorted(ids[rows], table["ids"][usable])]
    photos = TimedPhotos(
        X=_take(features, at),
        places=table["places"][usable],
        users=table["users"][usable],
        posted=table["posted"][usable],
        outdoor=None if outdoor is None else np.nan_to_num(outdoor(at)),
    )
    first, second, test = deal_out(photos.users, seed)
    few, few_title, few_note = _few(folder, photos, test, rng)
    notes = []
    if n_timeless:
        notes.append(
            f"Photos left out because nothing tells when they were posted: "
            f"{n_timeless:,}."
        )
    return PhotoTask(
        first=photos[first],
        second=photos[second],
        test=photos[test],
        few=few,
        title=f"YFCC100M, {len(usable):,} photos",
        few_title=few_title,
        few_note=few_note,
        notes=(*notes, source),
    )


def _few(folder, photos, test, rng):
    """Return the small test set, what it is, and what should be known about it."""
    file = folder / _IM2GPS_FEATURES
    if file.is_file():
        few = _read_im2gps(folder, file, photos.X.shape[1])
        return (
            few,
            f"the {len(few)} photos of Im2GPS",
            "The photos are those of Im2GPS.",
        )
    few = photos[test]
    few = few[one_of_each_user(few.users, few.outdoor, rng)]
    kind = "" if few.outdoor is None else "outdoor ones, "
    title = (
        f"{len(few)} photos of YFCC100M in place of Im2GPS: {kind}each of another "
        "user, part of the hold-out"
    )
    return few, title, NO_IM2GPS


def _read_im2gps(folder, file, n_features):
    """Read the list of Im2GPS, and features of its photos in the same order."""
    listed = load_im2gps(folder)
    features = open_array(file)
    if features.shape != (len(listed.places), n_features):
        raise ValueError(
            f"{file} must hold a row of {n_features} features, as in features.npy, for "
            f"each of the {len(listed.places)} photos of the list, in its order; it "
            f"has the shape {features.shape}."
        )
    return TimedPhotos(
        X=features.astype(np.float32),
        places=listed.places,
        # Nobody knows whose some are: each photo counts for itself.
        users=np.arange(len(features)),
        posted=np.full(len(features), np.datetime64("NaT", "s")),
    )


def _take(features, at):
    """Read some rows of a memory map, ascending as it wants to be read."""
    X = np.empty((len(at), features.shape[1]), dtype=np.float32)
    order = np.argsort(at, kind="stable")
    X[order] = features[at[order]]
    return X


def _read_outdoor(folder, n_rows):
    """Return what gives probabilities of outdoors for rows, or None; and a note."""
    known = _open_rows(folder / "outdoor.npy", n_rows, 1)
    if known is not None:
        return (
            lambda at: np.asarray(known[at], dtype=np.float32),
            "Which photos are outdoor ones is told by outdoor.npy.",
        )
    scenes = _open_rows(folder / "scenes.npy", n_rows, 2)
    if scenes is None:
        return None, (
            "Nothing tells outdoor photos, so the rows without indoor ones are left "
            "out. A file outdoor.npy in the folder would tell."
        )
    file = next((f for p in _SCENE_TABLES for f in sorted(folder.glob(p))), None)
    if file is None:
        raise FileNotFoundError(
            f"{folder} has scenes.npy, but no table that tells which scenes are "
            'indoors: a CSV such as that of Places365, with "scene" in its name.'
        )
    # The last level, as SceneHierarchy sorts them: few groups.
    levels = [level.groups for level in read_scene_table(file).levels.values()]
    groups = sorted(levels, key=lambda names: -len(names))[-1]
    indoor = [k for k, name in enumerate(groups) if "indoor" in name.lower()]
    if not indoor:
        raise ValueError(
            f"{file}: none of the groups {groups} is called indoor, so nothing tells "
            "which scenes are outdoors."
        )
    return (
        lambda at: outdoor_probabilities(_take(scenes, at), file, indoor),
        f"Which photos are outdoor ones is told by scenes.npy and {file.name}.",
    )


def _open_rows(file, n_rows, n_dimensions):
    """Open an array with a row for each of the features; None if there is no file."""
    if not file.is_file():
        return None
    rows = open_array(file)
    if rows.ndim != n_dimensions or rows.dtype.kind != "f" or len(rows) != n_rows:
        what = "one a row" if n_dimensions == 1 else "a row a photo, a column a scene"
        raise ValueError(
            f"{file} must hold probabilities, {what}, for the {n_rows} rows of "
            f"features.npy; it has the shape {rows.shape} and dtype {rows.dtype}."
        )
    return rows
