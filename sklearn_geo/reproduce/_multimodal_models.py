# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""M1, M2, M3 and averages over users, of one mesh: each taught once, when asked for."""

import time
from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo.geolocation import (
    AlbumGeolocator,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.reproduce._multimodal_tables import OUTDOOR

__all__ = ["Answer", "MeshModels"]

_UTC = {"time_zone": "UTC"}


@dataclass(frozen=True)
class Answer:
    """What a model says of the test photos.

    Parameters
    ----------
    cells : ndarray of int of shape (n_photos,)
        The cell it puts each into.

    places : ndarray of shape (n_photos, 2)
        Where that cell is.

    seconds : float
        How long it took to teach and to ask; not what the model stands on.
    """

    cells: np.ndarray
    places: np.ndarray
    seconds: float


class MeshModels:
    """The models over one mesh.

    Parameters
    ----------
    first : FirstModel
        The mesh, and M1.

    task : PhotoTask
        `second` teaches M2 and M3, and `test` is located.

    width : int
        Units of each hidden layer of the paper's M2.

    epochs : int or None, default=None
        Epochs of all networks at most; None leaves it to them.

    seed : int, default=0
        Decides folds, first weights and the order of photos.
    """

    def __init__(self, first, task, *, width, epochs=None, seed=0):
        self.first, self.task = first, task
        self.width, self.epochs, self.seed = width, epochs, seed
        self._known = {}

    def m1(self):
        """Ask M1: what photos look like."""
        return self._answer("M1", lambda: self.first.model)

    def m1_outdoor(self):
        """Return places of M1, NaN where a photo is probably taken indoors."""
        model = SelectiveGeolocator(
            FrozenEstimator(self.first.model),
            self.task.second.X.shape[1],
            threshold=OUTDOOR,
            cv="prefit",
        )
        model.fit(_with_outdoor(self.task.second), self.task.second.places)
        return model.predict(_with_outdoor(self.task.test))

    def m2(self, preset=None):
        """Ask M2: M1, and when photos were posted."""
        return self._answer(("M2", preset), lambda: self._m2(preset))

    def m2_outdoor(self):
        """Ask M2 that is also told how probably photos were taken outdoors."""
        return self._answer("M2, outdoor", self._m2_outdoor, with_outdoor=True)

    def m3(self, preset=None):
        """Ask M3: M2, and the other photos of the user."""
        return self._answer(("M3", preset), lambda: self._m3(preset))

    def averaging(self, window_hours=None):
        """Ask for the mean of M1 over a user's photos, perhaps of some hours only."""
        name = "averaging", window_hours
        return self._answer(name, lambda: self._averaging(window_hours))

    def best(self, imagery=True):
        """Return the true cells, and the nearest where a photo is in none."""
        cells = self.first.best_cells(self.task.test.places)
        places = self.first.places_of(cells, imagery=imagery)
        return Answer(cells, places, np.nan)

    def _m2(self, preset):
        model = self._time_adjusted(preset)
        return self._teach(model)

    def _time_adjusted(self, preset, **settings):
        if preset is not None:
            settings["hidden"] = (self.width,) * 3
        return TimeAdjustedGeolocator(
            FrozenEstimator(self.first.model),
            preset=preset,
            cv="prefit",
            random_state=self.seed,
            **self._limits(),
            **settings,
            **_UTC,
        )

    def _m2_outdoor(self):
        photos = self.task.second
        model = self._time_adjusted(None, metadata=[photos.X.shape[1]])
        return self._teach(model, _with_outdoor(photos))

    def _teach(self, model, X=None):
        """Fit a model to the photos that M1 has not seen."""
        photos = self.task.second
        X = photos.X if X is None else X
        told = {"times": photos.posted, "groups": photos.users}
        return model.fit(X, photos.places, **told)

    def _m3(self, preset):
        if preset is None:
            inside, cv = self._time_adjusted(None), 5
        else:
            # The paper's M3 is M2 with further layers, taught by the same photos.
            self.m2(preset)
            inside, cv = FrozenEstimator(self._known["M2", preset][0]), "prefit"
        model = AlbumGeolocator(
            inside,
            preset=preset,
            cv=cv,
            random_state=self.seed,
            **self._limits(),
            **_UTC,
        )
        return self._teach(model)

    def _averaging(self, window_hours):
        model = UserAveragingGeolocator(
            FrozenEstimator(self.first.model),
            window_hours=window_hours,
            cv="prefit",
            **_UTC,
        )
        return self._teach(model)

    def _limits(self):
        return {} if self.epochs is None else {"max_iter": self.epochs}

    def _answer(self, name, make, *, with_outdoor=False):
        """Teach a model unless that was done before, and ask it."""
        if name not in self._known:
            self._known[name] = self._ask(make, with_outdoor)
        return self._known[name][1]

    def _ask(self, make, with_outdoor):
        start = time.perf_counter()
        model, test = make(), self.task.test
        X = _with_outdoor(test) if with_outdoor else test.X
        told = {}
        if model is not self.first.model:
            told = {"times": test.posted, "groups": test.users}
        cells = model.predict_cells(X, **told)
        seconds = time.perf_counter() - start
        if model is self.first.model:
            seconds += self.first.seconds
        return model, Answer(cells, self.first.places_of(cells), seconds)


def _with_outdoor(photos):
    return np.column_stack([photos.X, photos.outdoor])
