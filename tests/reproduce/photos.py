# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Few photos for the tests of tables about photos, and how little to do with them."""

from types import SimpleNamespace

import numpy as np

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.reproduce._photo_models import Effort

#: As little as all methods can be run with.
TINY = Effort((4,), 1, 8, 256, 5)


def options(**given):
    """Return what the command line says, unless something else is given."""
    usual = {
        "data": None,
        "rows": None,
        "corpus": None,
        "folds": "both",
        "seed": 0,
        "quick": False,
    }
    return SimpleNamespace(**{**usual, **given})


def write_nus_wide(folder, n_photos=400):
    """Write synthetic photos in the form in which NUS-WIDE is published."""
    photos = make_geotagged_photos(n_photos, n_tags=12, n_features=8, random_state=0)
    concepts = np.flatnonzero(np.bincount(photos.subject) >= 20)[:4]
    names = [photos.subject_names[k] for k in concepts]
    (folder / "Concepts81.txt").write_text("\n".join(names) + "\n")
    (folder / "TagList1k.txt").write_text("\n".join(photos.tag_names) + "\n")
    halves = {"Train": slice(0, n_photos, 2), "Test": slice(1, n_photos, 2)}
    ids = 1000 + np.arange(n_photos)
    for part, rows in halves.items():
        lines = [f"some\\0001_{number}.jpg" for number in ids[rows]]
        (folder / f"{part}Imagelist.txt").write_text("\n".join(lines) + "\n")
        for name, concept in zip(names, concepts, strict=True):
            labels = (photos.subject[rows] == concept).astype(int)
            file = folder / f"Labels_{name}_{part}.txt"
            file.write_text("\n".join(map(str, labels)) + "\n")
        tags = (photos.tags.toarray()[rows] > 0).astype(int)
        _write_rows(folder / f"{part}_Tags1k.dat", tags)
        # Positions in a palette, such as words of features are, are whole numbers.
        words = np.round(10 * np.abs(photos.data[rows])).astype(int)
        _write_rows(folder / f"BoW_{part}_int.dat", words)
    places = np.column_stack([ids, photos.places])
    lines = [f"{int(number)}\t{lat}\t{lon}" for number, lat, lon in places]
    (folder / "geotags.txt").write_text("\n".join(lines) + "\n")
    return photos, names


def write_users(folder, photos):
    """Write the list that tells whose the photos are."""
    ids = 1000 + np.arange(len(photos.users))
    lines = [f"{n}\tuser{u}\tred" for n, u in zip(ids, photos.users, strict=True)]
    (folder / "id.userid.rawtags.txt").write_text("\n".join(lines) + "\n")


def _write_rows(file, rows):
    lines = ["\t".join(map(str, row)) + "\t" for row in rows.tolist()]
    file.write_text("\n".join(lines) + "\n")
