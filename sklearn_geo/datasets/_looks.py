# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a synthetic photo looks like: features, and posteriors of two classifiers.

Every photo has a latent vector of its place (land, district, country, town) and one of
its subject. Image features, objects and scenes are three noisy views of the two.
"""

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils._chunking import get_chunk_n_rows

from sklearn_geo.datasets._draw import softmax, zipf_weights
from sklearn_geo.datasets._subjects import SUBJECTS, subject_tables
from sklearn_geo.datasets._terrain import waves

_N_COUNTRY, _N_TOWN, _N_NEARBY, N_SUBJECT = 8, 12, 8, 12


def subject_vectors(world):
    """Return the look of each subject in a world, shape (n_subjects, N_SUBJECT)."""
    rng = np.random.default_rng([world.seed, 20])
    return rng.standard_normal((len(SUBJECTS), N_SUBJECT)).astype(np.float32)


def place_vectors(world, places, traits):
    """Return the look of places in a world.

    Parameters
    ----------
    world : World
        The world.

    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    traits : ndarray of shape (n_places, n_traits)
        What the places are like.

    Returns
    -------
    ndarray of shape (n_places, n_latent), float32
        Traits, the country's look, the town's look fading with distance, and a part
        that changes from one corner to the next.
    """
    rng = np.random.default_rng([world.seed, 21])
    country_look = rng.standard_normal((len(world.countries), _N_COUNTRY))
    town_look = rng.standard_normal((len(world.towns), _N_TOWN))
    country, _ = world.nearest("countries", places)
    town, km = world.nearest("towns", places)
    near = np.exp(-km / (3.0 * world.spread_km[town]))[:, np.newaxis]
    parts = [
        2.0 * (traits - 0.3),
        0.9 * country_look[country],
        near * town_look[town],
        0.7 * waves(places, 6.0, _N_NEARBY // 2, (world.seed, 22)),
        0.7 * waves(places, 60.0, _N_NEARBY // 2, (world.seed, 23)),
    ]
    return np.hstack(parts).astype(np.float32)


class Looks:
    """Three noisy views of the same photos.

    Parameters
    ----------
    world : World
        The world.

    places : ndarray of shape (n_photos, 2)
        Where the photos were taken.

    traits : ndarray of shape (n_photos, n_traits)
        What those places are like.

    subject : ndarray of int of shape (n_photos,)
        What the photos show.

    place_signal, subject_signal : float
        How much of the place and of the subject can be seen; 0 for nothing.
    """

    def __init__(self, world, places, traits, subject, place_signal, subject_signal):
        self.world = world
        _, view, _, _ = subject_tables()
        seen = (place_signal * view[subject]).astype(np.float32)[:, np.newaxis]
        self.place = seen * place_vectors(world, places, traits)
        shown = np.float32(subject_signal) * subject_vectors(world)
        self.subject = shown[subject]

    def features(self, n_features, rng):
        """Return image features: a random view of both latents, plus noise.

        Parameters
        ----------
        n_features : int
            Number of columns.

        rng : numpy.random.Generator
            Draws the noise.

        Returns
        -------
        ndarray of shape (n_photos, n_features), float32
        """
        of_place, of_subject = self._views(30, n_features)
        features = rng.standard_normal((len(self.place), n_features), dtype=np.float32)
        features += self.place @ of_place
        features += self.subject @ of_subject
        return features

    def objects(self, n_objects, rng):
        """Return posteriors over objects, which follow the subject and the place."""
        of_place, of_subject = self._views(40, n_objects)
        prior = np.log(zipf_weights(n_objects, shift=5.0)).astype(np.float32)
        return self._posteriors(1.2 * of_place, 1.6 * of_subject, prior, rng)

    def scenes(self, n_scenes, rng):
        """Return posteriors over scenes, each of which is a kind of one subject."""
        rng_world = np.random.default_rng([self.world.seed, 50])
        prototypes = subject_vectors(self.world)[scene_subjects(n_scenes)].T.copy()
        again = np.arange(n_scenes) >= len(SUBJECTS)
        offsets = rng_world.standard_normal(prototypes.shape)
        prototypes += (0.5 * offsets * again).astype(np.float32)
        of_place, _ = self._views(51, n_scenes)
        # Log density of a Gaussian around each prototype, in the latent of subjects.
        sharpness = 0.6
        prior = -0.5 * sharpness * (prototypes**2).sum(axis=0)
        return self._posteriors(0.5 * of_place, sharpness * prototypes, prior, rng)

    def _views(self, key, n_columns):
        """Return the fixed random projections of one view of this world."""
        rng = np.random.default_rng([self.world.seed, key])
        return tuple(
            (rng.standard_normal((width, n_columns)) / np.sqrt(N_SUBJECT)).astype(
                np.float32
            )
            for width in (self.place.shape[1], N_SUBJECT)
        )

    def _posteriors(self, of_place, of_subject, prior, rng):
        """Return rows that sum to 1: softmax of what a noisy observer makes of it."""
        n_photos, n_columns = len(self.place), of_place.shape[1]
        posteriors = np.empty((n_photos, n_columns), dtype=np.float32)
        chunk = get_chunk_n_rows(row_bytes=24 * n_columns, max_n_rows=n_photos)
        for rows in gen_batches(n_photos, chunk):
            n_rows = rows.stop - rows.start
            blur = rng.standard_normal((n_rows, N_SUBJECT), dtype=np.float32)
            logits = self.place[rows] @ of_place
            logits += (self.subject[rows] + 1.1 * blur) @ of_subject
            logits += prior
            posteriors[rows] = softmax(logits)
        return posteriors


def scene_subjects(n_scenes):
    """Return the subject of each scene: all subjects once, then all again."""
    return np.arange(n_scenes) % len(SUBJECTS)


def scene_tables(n_scenes):
    """Return names of the scenes and their 0/1 membership in the 16 groups.

    Parameters
    ----------
    n_scenes : int
        Number of scenes.

    Returns
    -------
    names : ndarray of str of shape (n_scenes,)
    membership : ndarray of shape (n_scenes, 16), uint8
    """
    _, _, _, groups = subject_tables()
    subject = scene_subjects(n_scenes)
    names = [
        SUBJECTS[s].name + (f"_{k // len(SUBJECTS) + 1}" if k >= len(SUBJECTS) else "")
        for k, s in enumerate(subject)
    ]
    return np.array(names, dtype=str), groups[subject]
