# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""TimeAdjustedGeolocator: what the posting time says beyond the photo."""

import numpy as np
import pytest

from sklearn_geo.geolocation import HierarchicalCellClassifier, TimeAdjustedGeolocator
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics import paired_wilcoxon
from sklearn_geo.partition import S2Partition

N_CITIES = 8


def world(n_photos, seed, signal=True):
    """Photos of eight cities, of users who stay at home, posted at two by the sun."""
    rng = np.random.default_rng(0)
    cities = np.column_stack(
        [rng.uniform(-50, 60, N_CITIES), np.linspace(-160, 155, N_CITIES)]
    )
    looks = rng.normal(size=(N_CITIES, 6))
    rng = np.random.default_rng(seed)
    users = rng.integers(n_photos // 10, size=n_photos)
    city = rng.integers(N_CITIES, size=n_photos // 10)[users]
    places = cities[city] + rng.normal(0, 0.2, (n_photos, 2))
    X = looks[city] + rng.normal(0, 2.5, (n_photos, 6))
    hour = rng.normal(14, 3, n_photos) - places[:, 1] / 15
    if not signal:
        hour = rng.uniform(0, 24, n_photos)
    seconds = 86_400 * rng.integers(0, 900, n_photos) + np.round(3600 * hour)
    times = np.datetime64("2016-01-01T00:00:00") + seconds.astype("timedelta64[s]")
    return X, places, times, users


def wrapped(**params):
    settings = {"max_iter": 4, "device": "cpu", "random_state": 0, **params}
    return HierarchicalCellClassifier(S2Partition(150, 5), **settings)


def adjusted(estimator=None, **params):
    settings = {"time_zone": "UTC", "device": "cpu", "random_state": 0, "cv": 3}
    estimator = wrapped() if estimator is None else estimator
    return TimeAdjustedGeolocator(estimator, **{**settings, **params})


@pytest.mark.parametrize("seed", [11, 12])
def test_time_helps_where_it_tells_of_the_place(seed):
    X, places, times, users = world(900, seed)
    model = adjusted().fit(X, places, times=times, groups=users)
    X, places, times, _ = world(900, seed + 100)
    before, after = model.estimator_.predict(X), model.predict(X, times=times)
    found = paired_wilcoxon(places, after, before, alternative="less")
    assert found.pvalue < 1e-3
    assert np.median(haversine(places, after)) < np.median(haversine(places, before))


@pytest.mark.parametrize("seed", [11, 12])
def test_where_time_tells_nothing_answers_are_those_of_the_wrapped(seed):
    X, places, times, users = world(900, seed, signal=False)
    model = adjusted().fit(X, places, times=times, groups=users)
    assert model.strength_ == 0.0
    X, places, times, _ = world(300, seed + 100, signal=False)
    np.testing.assert_allclose(
        model.predict_proba(X, times=times), model.estimator_.predict_proba(X)
    )
