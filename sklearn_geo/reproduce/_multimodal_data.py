# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos with a time and an owner: some teach M1, others M2 and M3, others test."""

from dataclasses import dataclass, fields

import numpy as np

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.model_selection import UserDisjointShuffleSplit
from sklearn_geo.vision import SceneHierarchy

__all__ = [
    "NO_IM2GPS",
    "N_IM2GPS",
    "PhotoTask",
    "TimedPhotos",
    "deal_out",
    "one_of_each_user",
    "outdoor_probabilities",
    "synthetic_task",
]

#: As many photos as Im2GPS has.
N_IM2GPS = 237
#: What is said where the small test set is another one.
NO_IM2GPS = "The photos are NOT those of Im2GPS, but stand for them."
# The paper has 12.2 of 14.9 million photos for M1, and parts the rest at random. Here
# M2 and M3 would have next to none, so more are left to them.
_TEST_SHARE, _SECOND_SHARE = 0.2, 0.4
# With it M1 is about as good as the paper's: a median error of some 1,700 km.
_FEATURE_NOISE = 1.0
# Photos and users to choose the small test set from.
_SPARE_USERS, _SPARE_PHOTOS = 2, 16


@dataclass(frozen=True)
class TimedPhotos:
    """Photos, and what is known of them beside their looks.

    Parameters
    ----------
    X : ndarray of shape (n_photos, n_features), float32
        What the photos look like.

    places : ndarray of shape (n_photos, 2)
        Latitude and longitude.

    users : ndarray of shape (n_photos,)
        Who posted them.

    posted : ndarray of datetime64 of shape (n_photos,)
        When, in coordinated universal time.

    outdoor : ndarray of shape (n_photos,), float32, or None
        How probably a photo was taken outdoors, if anything tells.
    """

    X: np.ndarray
    places: np.ndarray
    users: np.ndarray
    posted: np.ndarray
    outdoor: np.ndarray | None = None

    def __len__(self):
        return len(self.X)

    def __getitem__(self, rows):
        """Return some of the photos."""
        columns = (getattr(self, field.name) for field in fields(self))
        return TimedPhotos(*(None if c is None else c[rows] for c in columns))


@dataclass(frozen=True)
class PhotoTask:
    """Photos that teach, and photos of other users that are located.

    Parameters
    ----------
    first, second : TimedPhotos
        What M1 learns from, and what M2 and M3 learn from; no user is in both.

    test : TimedPhotos
        Photos of further users.

    few : TimedPhotos
        Im2GPS, or a small test set in its place.

    title : str
        What the data are, for headings.

    few_title, few_note : str
        What the small test set is, and what a reader should know about it.

    notes : tuple of str
        What a reader of the tables should know about the data.
    """

    first: TimedPhotos
    second: TimedPhotos
    test: TimedPhotos
    few: TimedPhotos
    title: str
    few_title: str
    few_note: str
    notes: tuple = ()


def synthetic_task(n_photos, *, seed=0):
    """Draw photos of an invented world.

    Parameters
    ----------
    n_photos : int
        Number of photos, the small test set not counted.

    seed : int, default=0
        Decides what is drawn. The world is the same for all seeds.

    Returns
    -------
    PhotoTask
    """
    rng = np.random.default_rng([seed, 0])
    photos = _draw(n_photos, None, seed, rng)
    first, second, test = deal_out(photos.users, seed)
    other = int(rng.integers(2**31))
    n_users = _SPARE_USERS * N_IM2GPS
    spare = _draw(_SPARE_PHOTOS * N_IM2GPS, n_users, other, rng)
    few = one_of_each_user(spare.users, spare.outdoor, rng)
    return PhotoTask(
        first=photos[first],
        second=photos[second],
        test=photos[test],
        few=spare[few],
        title=f"{n_photos:,} synthetic photos",
        few_title=(
            f"{len(few)} synthetic photos in place of Im2GPS: outdoor ones, each of "
            "another user, none of whom is met elsewhere"
        ),
        few_note=NO_IM2GPS,
        notes=(
            "All photos are synthetic: places, features, scenes and times are of an "
            "invented world, where people post by the sun of the place and stay some "
            "days in a town.",
        ),
    )


def _draw(n_photos, n_users, seed, rng):
    photos = make_geotagged_photos(n_photos, n_users, n_tags=10, random_state=seed)
    noise = rng.standard_normal(photos.data.shape, dtype=np.float32)
    return TimedPhotos(
        X=photos.data + np.float32(_FEATURE_NOISE) * noise,
        places=photos.places,
        users=photos.users,
        posted=photos.posted,
        outdoor=outdoor_probabilities(
            photos.scenes, [photos.scene_membership, photos.scene_group_kinds], (0,)
        ),
    )


def outdoor_probabilities(scenes, membership, indoor):
    """Return how probably photos were taken outdoors.

    Parameters
    ----------
    scenes : array-like of shape (n_photos, n_scenes)
        Probabilities of scenes.

    membership : table or list of tables
        What :class:`~sklearn_geo.vision.SceneHierarchy` adds them up by.

    indoor : collection of int
        Which of the last groups are indoors.

    Returns
    -------
    ndarray of shape (n_photos,), float32
        NaN where no scene has a probability.
    """
    kinds = SceneHierarchy(membership).fit_transform(scenes)
    every = kinds.sum(axis=1)
    every = np.where(every == 0.0, np.nan, every)
    indoors = kinds[:, list(indoor)].sum(axis=1) / every
    return (1.0 - indoors).astype(np.float32)


def deal_out(users, seed):
    """Say which photos teach M1, which M2 and M3, and which are tested on.

    Parameters
    ----------
    users : ndarray of shape (n_photos,)
        Who posted them; all photos of a user are in one part.

    seed : int
        Decides who is in which.

    Returns
    -------
    first, second, test : ndarray of int
        Positions of photos.
    """
    taught, test = _split(users, _TEST_SHARE, seed)
    first, second = _split(users[taught], _SECOND_SHARE, seed)
    return taught[first], taught[second], test


def _split(users, share, seed):
    splitter = UserDisjointShuffleSplit(1, test_size=share, random_state=seed)
    return next(splitter.split(users, groups=users))


def one_of_each_user(users, outdoor, rng):
    """Choose up to 237 photos, each of another user; outdoor ones if that is known.

    Parameters
    ----------
    users : ndarray of shape (n_photos,)
        Who posted them.

    outdoor : ndarray of shape (n_photos,) or None
        How probably a photo was taken outdoors.

    rng : numpy.random.Generator
        Decides which.

    Returns
    -------
    ndarray of int
        Positions of photos.
    """
    rows = np.arange(len(users))
    if outdoor is not None and (outdoor > 0.5).any():
        rows = np.flatnonzero(outdoor > 0.5)
    rows = rng.permutation(rows)
    _, first = np.unique(users[rows], return_index=True)
    return np.sort(rng.permutation(rows[first])[:N_IM2GPS])
