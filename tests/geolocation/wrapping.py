# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of wrappers share: photos with owners and times, a quick base."""

import numpy as np
import pandas as pd
from sklearn.frozen import FrozenEstimator

from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import S2Partition

TOWNS = np.array(
    [[48.0, 2.0], [52.0, 13.0], [41.0, 12.0], [-34.0, 151.0], [40.0, -74.0]]
)


def album_photos(n_users=30, seed=0, noise=1.2):
    """Photos of users who mostly stay in one town, in random order.

    Returns
    -------
    frame : DataFrame
        Five columns of features, "taken" (aware) and "user".

    places : ndarray of shape (n_photos, 2)
        Where.
    """
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), rng.integers(1, 12, n_users))
    n_photos = len(users)
    town = rng.integers(len(TOWNS), size=n_users)[users]
    moves = rng.random(n_photos) < 0.1
    town[moves] = rng.integers(len(TOWNS), size=moves.sum())
    features = np.eye(len(TOWNS))[town] + rng.normal(0, noise, (n_photos, len(TOWNS)))
    minutes = rng.choice(200 * n_photos, n_photos, replace=False)
    frame = pd.DataFrame(features, columns=[f"look_{k}" for k in range(5)])
    start = pd.Timestamp("2014-05-01", tz="UTC")
    frame["taken"] = start + pd.to_timedelta(minutes, unit="min")
    frame["user"] = [f"user {number}" for number in users]
    order = rng.permutation(n_photos)
    places = TOWNS[town] + rng.normal(0, 0.3, (n_photos, 2))
    return frame.iloc[order].reset_index(drop=True), places[order]


def classifier(**params):
    """Return a quick classifier over about ten cells."""
    settings = {"max_iter": 4, "learning_rate_init": 0.05, "random_state": 0}
    return HierarchicalCellClassifier(
        S2Partition(60, 3), device="cpu", **{**settings, **params}
    )


def cells_of_towns(frame, places, **params):
    """Return a fitted classifier of the features of photos, frozen."""
    return FrozenEstimator(classifier(**params).fit(looks(frame), places))


def looks(frame):
    """Return the features alone."""
    return frame.drop(columns=["taken", "user"])
