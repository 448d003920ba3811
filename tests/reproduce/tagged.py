# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Few tagged photos for the tests of the tables of LocSens, and YFCC100M of them."""

from types import SimpleNamespace

import numpy as np

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.reproduce._locsens_models import LocSensSize
from tests.datasets.written import yfcc_line

#: As little as all methods can be run with.
TINY = LocSensSize(300, 30, 4, (4,), 128, 0.01, 1, 1, 40, 20)
# Tags are written without digits and signs.
LETTERS = str.maketrans("0123456789", "abcdefghij", "_")


def options(**given):
    """Return what the command line says, unless something else is given."""
    usual = {
        "data": None,
        "out": None,
        "rows": None,
        "folds": "random",
        "seed": 0,
        "quick": True,
        "full": False,
        "jobs": 1,
        "exclude_self": False,
    }
    return SimpleNamespace(**{**usual, **given})


def write_yfcc(folder, n_photos=400, *, others=20):
    """Write synthetic photos as YFCC100M is published, and features beside them."""
    photos = make_geotagged_photos(n_photos, n_tags=60, n_features=5, random_state=0)
    names = [name.translate(LETTERS) for name in photos.tag_names]
    lines = []
    for row, (latitude, longitude) in enumerate(photos.places):
        tags = [names[tag] for tag in photos.tags[[row]].indices]
        lines.append(
            yfcc_line(
                id=str(1000 + row),
                user=f"{photos.users[row]}%40N00",
                posted=str(photos.posted[row].astype(int)),
                tags=",".join(tags),
                latitude=f"{latitude:.5f}",
                longitude=f"{longitude:.5f}",
            )
        )
    # Nobody has features of these.
    lines += [yfcc_line(id=str(10 + row)) for row in range(others)]
    (folder / "yfcc100m_dataset").write_text("\n".join(lines) + "\n")
    # Features are in an order of their own.
    order = np.random.default_rng(1).permutation(n_photos)
    np.save(folder / "features.npy", photos.data[order].astype(np.float16))
    np.save(folder / "feature_ids.npy", 1000 + order)
    return photos, names
