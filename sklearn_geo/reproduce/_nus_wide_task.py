# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""NUS-WIDE as photos to classify, and photos of other users to learn places from."""

import numpy as np
from scipy import sparse

from sklearn_geo.datasets import load_nus_wide
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.model_selection import UserDisjointShuffleSplit
from sklearn_geo.neighbors import GeoTagCorpus
from sklearn_geo.reproduce._photo_task import PLACE, PhotoTask

__all__ = ["nus_wide_task"]

# The paper's bags of visual words; colours where those are not there.
_FEATURES = ("BoW", "CH")
# Where users are not told, photos of a cell of about a kilometre stay together.
_USER_LEVEL = 13
_CORPUS_SHARE = 0.5


def nus_wide_task(folder, *, n_photos=None, seed=0):
    """Read the photos of NUS-WIDE that have a place.

    NUS-WIDE comes without teachers of objects and scenes, so that "tag" is the only
    context, and without a corpus: half of the users are set aside, to learn about
    places from their tags.

    Parameters
    ----------
    folder : path
        The published files, see :func:`~sklearn_geo.datasets.load_nus_wide`.

    n_photos : int, default=None
        How many photos to take, all together; None takes all.

    seed : int, default=0
        Decides which photos are taken, and which users are set aside.

    Returns
    -------
    PhotoTask
    """
    pandas = import_pandas()
    name, splits = _read(folder)
    y = np.vstack([each.target for each in splits])
    places = np.vstack([each.places for each in splits])
    features = np.vstack([each.data for each in splits])
    tags = sparse.vstack([sparse.csr_array(each.tags) for each in splits]).tocsr()
    users, notes = _users(splits, places)
    rng = np.random.default_rng(seed)
    taken = np.arange(len(y))
    if n_photos is not None and n_photos < len(y):
        taken = np.sort(rng.choice(len(y), n_photos, replace=False))
    splitter = UserDisjointShuffleSplit(1, test_size=_CORPUS_SHARE, random_state=seed)
    rows, others = (
        taken[some] for some in next(splitter.split(taken, groups=users[taken]))
    )
    X = pandas.DataFrame(places[rows], columns=PLACE)
    names = [f"{name}_{k}" for k in range(features.shape[1])]
    corpus = GeoTagCorpus(
        places[others],
        tags[others],
        features[others],
        users[others],
        tag_names=splits[0].tag_names,
    )
    return PhotoTask(
        X=X.join(pandas.DataFrame(features[rows], columns=names)),
        y=pandas.DataFrame(y[rows], columns=list(splits[0].target_names)),
        users=users[rows],
        corpus=corpus,
        visual=None,
        contexts={},
        title=f"NUS-WIDE, {len(rows):,} photos with a place, features {name}",
        notes=(
            f"Tags of places are learnt from {len(others):,} photos of NUS-WIDE by "
            "users who are set aside; the paper learnt from one million others.",
            *notes,
        ),
    )


def _read(folder):
    """Read both published parts, with the features that are there."""
    problem = None
    for name in _FEATURES:
        try:
            return name, [
                load_nus_wide(folder, split=split, features=name, located_only=True)
                for split in ("train", "test")
            ]
        except FileNotFoundError as error:
            problem = problem or error
    raise problem


def _users(splits, places):
    """Return whose the photos are, and what there is to say of it."""
    if all(each.users is not None for each in splits):
        users = np.concatenate([np.asarray(each.users, dtype=str) for each in splits])
        unknown = users == ""
        if not unknown.any():
            return users, ()
    else:
        users = np.full(len(places), "", dtype="<U32")
        unknown = np.ones(len(places), dtype=bool)
    cells = s2_cell_ids(places[unknown], _USER_LEVEL).astype(str)
    users = users.astype(object)
    users[unknown] = np.char.add("cell ", cells)
    return users.astype(str), (
        f"The files do not tell who took {unknown.sum():,} photos: those of one "
        "square kilometre are taken as one user's. A list in the form of "
        "id.userid.rawtags.txt beside them would tell.",
    )
