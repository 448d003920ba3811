# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos with features, a place and tags, whose users are either taught or tested."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_geo.datasets import make_geotagged_photos
from sklearn_geo.reproduce._photo_task import split_photos

__all__ = ["TaggedPhotos", "open_photos", "synthetic_photos"]

_TEST_SHARE = 0.25
# Features that leave something for the place to say.
_FEATURE_NOISE = 0.5
_REAL_ROWS, _REAL_ROWS_QUICK = 100_000, 5_000


@dataclass(frozen=True)
class TaggedPhotos:
    """Photos that can be tagged, and searched.

    Parameters
    ----------
    X : ndarray of shape (n_photos, 2 + n_features), float32
        Latitude and longitude, then what the photos look like.

    y : csr_array of shape (n_photos, n_tags)
        0/1 indicator of the tags.

    places : ndarray of shape (n_photos, 2)
        Latitude and longitude, as exactly as they are known.

    users : ndarray of shape (n_photos,)
        Who took the photos.

    regions : dict of str to ndarray of shape (n_photos,)
        "town" and "country" of the photos.

    tag_names : list of str
        What the tags are called.

    is_place : ndarray of bool of shape (n_tags,) or None
        Which tags are names of places; None if nothing tells.

    word_vectors : path or None
        A file with vectors of words, if there is one.

    title : str
        What the data are, for headings.

    notes : tuple of str
        What a reader of the tables should know about the data.
    """

    X: np.ndarray
    y: object
    places: np.ndarray
    users: np.ndarray
    regions: dict
    tag_names: list
    is_place: np.ndarray | None
    word_vectors: object
    title: str
    notes: tuple = ()

    def split(self, kind, seed):
        """Return the photos that teach and those that are tested on, both with tags.

        Parameters
        ----------
        kind : {"random", "block"}
            Whether users alone are kept apart, or whole S2 cells as well.

        seed : int
            Decides who is tested on.

        Returns
        -------
        train, test : ndarray of int
            Positions of photos.
        """
        return split_photos(
            self.places, self.users, kind, test_share=_TEST_SHARE, random_state=seed
        )


def open_photos(options, size):
    """Read or draw the photos that a command line asks for.

    Parameters
    ----------
    options : argparse.Namespace
        With `data`, `rows`, `seed` and `quick`.

    size : LocSensSize
        How many photos and tags to draw.

    Returns
    -------
    TaggedPhotos
    """
    if options.data is None:
        n_photos = options.rows or size.n_photos
        return synthetic_photos(n_photos, size.n_tags, seed=options.seed)
    # Above this module, since it makes the same thing of files.
    from sklearn_geo.reproduce._yfcc_photos import yfcc_photos

    n_photos = options.rows or (_REAL_ROWS_QUICK if options.quick else _REAL_ROWS)
    return yfcc_photos(options.data, n_photos=n_photos, seed=options.seed)


def synthetic_photos(n_photos, n_tags, *, seed=0):
    """Draw photos of an invented world.

    Parameters
    ----------
    n_photos : int
        Number of photos.

    n_tags : int
        Number of tags.

    seed : int, default=0
        Decides what is drawn. The world is the same for all seeds.

    Returns
    -------
    TaggedPhotos
    """
    photos = make_geotagged_photos(n_photos, n_tags=n_tags, random_state=seed)
    rng = np.random.default_rng([seed, 0])
    noise = rng.standard_normal(photos.data.shape, dtype=np.float32)
    features = photos.data + np.float32(_FEATURE_NOISE) * noise
    y = sparse.csr_array(photos.tags)
    return TaggedPhotos(
        X=np.hstack([photos.places.astype(np.float32), features]),
        y=y,
        places=photos.places,
        users=photos.users,
        regions={"town": photos.town, "country": photos.country},
        tag_names=photos.tag_names.tolist(),
        is_place=photos.tag_kinds == "place",
        word_vectors=None,
        title=f"{n_photos:,} synthetic photos, {n_tags:,} tags",
        notes=(
            "All photos are synthetic: places, tags and features are of an invented "
            "world, in which many tags are names of places, and words mean one thing "
            "here and another there.",
        ),
    )
