# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos to classify, and photos of other users to learn about places from."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.datasets._draw import import_pandas
from sklearn_geo.geometry import s2_cell_ids
from sklearn_geo.model_selection import UserDisjointShuffleSplit
from sklearn_geo.neighbors import GeoTagCorpus

__all__ = [
    "PLACE",
    "PhotoTask",
    "add_corpus_argument",
    "common_concepts",
    "open_task",
    "split_photos",
    "synthetic_task",
]

#: Columns of the place; all others say what a photo looks like.
PLACE = ["latitude", "longitude"]
# 27,401 of the paper's 68,574 photos are test photos.
_TEST_SHARE = 0.4
# The world: enough tags, features as weak as the paper's bags of visual words, and
# places that tell about photos as much as real ones do.
_WORLD = {"n_tags": 300, "n_features": 32, "place_subjects": 4.0}
_FEATURE_NOISE = 2.5
# Photos to classify, and photos of other users.
_SIZES, _QUICK = (5_000, 12_000), (1_000, 2_000)
# Fewer training photos say nothing of a concept; the paper leaves out rare ones, too.
_RARE = 10
_BLOCK_LEVELS = range(4, 13)


@dataclass(frozen=True)
class PhotoTask:
    """Photos with concepts, and a corpus of photos by other users.

    Parameters
    ----------
    X : DataFrame of shape (n_photos, 2 + n_features)
        Latitude and longitude, then what the photos look like.

    y : DataFrame of shape (n_photos, n_concepts)
        0/1 indicator of the concepts.

    users : ndarray of shape (n_photos,)
        Who took the photos.

    corpus : GeoTagCorpus
        Photos of other users, with tags and, if known, features and users. What is
        learnt about places is learnt from these; tags of photos in X are nowhere.

    visual : ndarray of shape (n_corpus, n_objects + n_scenes) or None
        What two networks see on the photos of the corpus.

    contexts : dict of str to int
        Number of columns of "object" and "scene" in `visual`.

    title : str
        What the data are, for headings.

    notes : tuple of str
        What a reader of the tables should know about the data.
    """

    X: object
    y: object
    users: np.ndarray
    corpus: GeoTagCorpus
    visual: np.ndarray | None
    contexts: dict
    title: str
    notes: tuple = field(default=())

    @property
    def places(self):
        """Latitude and longitude of the photos."""
        return self.X[PLACE].to_numpy()

    @property
    def features(self):
        """Names of the columns that say what photos look like."""
        return [name for name in self.X.columns if name not in PLACE]


def add_corpus_argument(parser):
    """Add the option of commands that learn from photos of other users.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        What reads the command line.
    """
    parser.add_argument(
        "--corpus",
        type=int,
        metavar="N",
        help="how many photos of other users to learn about places from; without "
        "--data only",
    )


def open_task(options, *, factor=1):
    """Read or draw the photos that a command line asks for.

    Parameters
    ----------
    options : argparse.Namespace
        With `data`, `rows`, `corpus`, `seed` and `quick`.

    factor : int, default=1
        How many times as many photos as usual to take, if nothing is asked for.

    Returns
    -------
    PhotoTask
    """
    if options.data is not None:
        if options.corpus is not None:
            raise ValueError(
                "--corpus is of synthetic photos; of those in --data half of the users "
                "are the corpus. Leave out one of them."
            )
        # Above this module, since it makes the same thing of other files.
        from sklearn_geo.reproduce._nus_wide_task import nus_wide_task

        return nus_wide_task(options.data, n_photos=options.rows, seed=options.seed)
    n_photos, n_corpus = _QUICK if options.quick else _SIZES
    n_photos *= factor
    if options.corpus is not None and options.corpus < 1:
        raise ValueError(f"--corpus must be 1 or more; got {options.corpus}.")
    n_photos, n_corpus = options.rows or n_photos, options.corpus or n_corpus
    return synthetic_task(n_photos, n_corpus, seed=options.seed)


def synthetic_task(n_photos, n_corpus, *, seed=0):
    """Draw photos, and a corpus of the same world by other users.

    The concepts are the 24 subjects of the world, and those of its scene groups that
    unite several of them; so a photo has one to three.

    Parameters
    ----------
    n_photos : int
        Number of photos to classify.

    n_corpus : int
        Number of photos of other users.

    seed : int, default=0
        Decides what is drawn. The world is the same for all seeds.

    Returns
    -------
    PhotoTask
    """
    pandas = import_pandas()
    photos = make_geotagged_photos(n_photos, **_WORLD, random_state=2 * seed)
    others = make_geotagged_photos(n_corpus, **_WORLD, random_state=2 * seed + 1)
    rng = np.random.default_rng([seed, 0])
    features, features_of_others = (
        each.data + _FEATURE_NOISE * rng.standard_normal(each.data.shape, np.float32)
        for each in (photos, others)
    )
    X = pandas.DataFrame(photos.places, columns=PLACE)
    X = X.join(pandas.DataFrame(features, columns=photos.feature_names))
    corpus = GeoTagCorpus(
        others.places,
        others.tags,
        features_of_others,
        # Nobody is in both: these are further people.
        others.users + int(photos.users.max()) + 1,
        tag_names=others.tag_names,
    )
    return PhotoTask(
        X=X,
        y=pandas.DataFrame(*_concepts(photos)),
        users=photos.users,
        corpus=corpus,
        visual=np.hstack([others.objects, others.scenes]),
        contexts={"object": others.objects.shape[1], "scene": others.scenes.shape[1]},
        title=f"{n_photos:,} synthetic photos",
        notes=(
            f"All photos are synthetic. Contexts are learnt from {n_corpus:,} photos "
            "of other users. Features are noisy, so that they are about as weak as the "
            "paper's bags of visual words.",
        ),
    )


def _concepts(photos):
    """Return the indicator of concepts, and their names."""
    subjects = np.arange(len(photos.subject_names))
    shown = (photos.subject[:, np.newaxis] == subjects).astype(int)
    # The first scenes are the subjects, in their order.
    membership = photos.scene_membership[: len(subjects)].astype(int)
    several = membership.sum(axis=0) > 1
    groups = np.array(photos.scene_group_names)[several]
    indicator = np.hstack([shown, (shown @ membership)[:, several]])
    return indicator, None, [*photos.subject_names, *groups.tolist()]


def split_photos(places, users, kind, *, test_share=_TEST_SHARE, random_state=0):
    """Choose training and test photos that share no user.

    Parameters
    ----------
    places : array-like of shape (n_photos, 2)
        Latitude and longitude in degrees.

    users : array-like of shape (n_photos,)
        Who took them.

    kind : {"random", "block"}
        Whether users alone are kept apart, or S2 cells as well: then a photo of a
        training user in a test cell, or the other way round, is left out.

    test_share : float, default=0.4
        Share of the photos to test on, as in the paper.

    random_state : int, default=0
        Decides who is tested on.

    Returns
    -------
    train, test : ndarray of int
        Positions of photos.
    """
    users = np.asarray(users)
    splitter = UserDisjointShuffleSplit(
        1, test_size=test_share, random_state=random_state
    )
    if kind == "random":
        return next(splitter.split(users, groups=users))
    if kind != "block":
        raise ValueError(f'Folds are "random" or "block"; got {kind!r}.')
    cells = s2_cell_ids(places, _block_level(places, test_share))
    _, test = next(splitter.split(cells, groups=cells))
    there = np.zeros(len(users), dtype=bool)
    there[test] = True
    # A user belongs to the side that has most of his or her photos.
    _, codes = np.unique(users, return_inverse=True)
    of_test = (np.bincount(codes, there) > 0.5 * np.bincount(codes))[codes]
    return np.flatnonzero(~there & ~of_test), np.flatnonzero(there & of_test)


def common_concepts(y, splits):
    """Return the concepts that can be learnt and tested on all splits.

    Parameters
    ----------
    y : ndarray of shape (n_photos, n_concepts)
        0/1 indicator.

    splits : sequence of (train, test)
        Positions of photos.

    Returns
    -------
    ndarray of int
        Those with ten training photos and one test photo everywhere.

    Raises
    ------
    ValueError
        If there are none.
    """
    kept = np.ones(y.shape[1], dtype=bool)
    for train, test in splits:
        kept &= (y[train].sum(axis=0) >= _RARE) & y[test].any(axis=0)
    if not kept.any():
        raise ValueError(
            f"No concept has {_RARE} training photos and a test photo. Take more "
            "photos by --rows."
        )
    return np.flatnonzero(kept)


def _block_level(places, test_share):
    """Return the coarsest S2 level with no cell of more than a quarter of the test."""
    for level in _BLOCK_LEVELS:
        _, sizes = np.unique(s2_cell_ids(places, level), return_counts=True)
        if sizes.max() <= 0.25 * test_share * len(places):
            break
    return level
