# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How long a place takes: medians of repeated measurements, and what they rest on."""

import time

import numpy as np
from scipy import sparse
from scipy.stats import binom
from sklearn.neighbors import BallTree
from sklearn.preprocessing import normalize

from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.reproduce._tables import Estimate

__all__ = ["BallTreeTags", "in_batches", "median_of", "one_at_a_time"]

_CONFIDENCE = 0.95


class BallTreeTags:
    """Tags of neighbours as the paper looked them up: scikit-learn's ball tree.

    Equation 3 of the paper, written out by hand, for comparison.

    Parameters
    ----------
    photos : ndarray of shape (n_photos, n_columns)
        Latitude and longitude, or features.

    tags : csr_array of shape (n_photos, n_tags)
        Tag indicator.

    n_neighbors : int, default=150
        How many photos a row takes tags from.

    sigma : float, default=10.0
        Distance over which weights fall to 1 / e.

    metric : {"haversine", "euclidean"}, default="haversine"
        Distance: kilometres between places, or between features.
    """

    def __init__(
        self, photos, tags, *, n_neighbors=150, sigma=10.0, metric="haversine"
    ):
        self.tags, self.n_neighbors = tags, min(n_neighbors, len(photos))
        self.sigma, self._on_globe = sigma, metric == "haversine"
        self.tree = BallTree(self._coordinates(photos), metric=metric)

    def _coordinates(self, X):
        return np.radians(X) if self._on_globe else np.asarray(X, dtype=np.float64)

    def transform(self, X):
        """Return the tag distributions of rows, a csr_array."""
        distances, rows = self.tree.query(self._coordinates(X), self.n_neighbors)
        if self._on_globe:
            distances = distances * EARTH_RADIUS_KM
        weights = np.exp((distances[:, :1] - distances) / self.sigma)
        indptr = np.arange(0, rows.size + 1, rows.shape[1])
        shape = (len(rows), self.tags.shape[0])
        votes = sparse.csr_array((weights.ravel(), rows.ravel(), indptr), shape=shape)
        return normalize(votes @ self.tags, norm="l1")


def one_at_a_time(transform, rows):
    """Measure how long single rows take.

    Parameters
    ----------
    transform : callable
        What is measured. Called once before, so that nothing is done for the first
        time.

    rows : ndarray of shape (n_rows, n_columns)
        Rows.

    Returns
    -------
    ndarray of shape (n_rows,)
        Seconds of each row.
    """
    transform(rows[:1])
    return np.array([_seconds(transform, rows[i : i + 1]) for i in range(len(rows))])


def in_batches(transform, rows, n_times):
    """Measure how long a row takes when all are given together.

    Parameters
    ----------
    transform : callable
        What is measured. Called once before.

    rows : ndarray of shape (n_rows, n_columns)
        Rows.

    n_times : int
        How often to measure.

    Returns
    -------
    ndarray of shape (n_times,)
        Seconds a row.
    """
    transform(rows)
    return np.array([_seconds(transform, rows) for _ in range(n_times)]) / len(rows)


def _seconds(transform, rows):
    start = time.perf_counter()
    transform(rows)
    return time.perf_counter() - start


def median_of(seconds):
    """Return the median of measurements, and an interval of it by order statistics.

    Parameters
    ----------
    seconds : array-like of shape (n_times,)
        Measurements.

    Returns
    -------
    Estimate
        The narrowest pair of measurements, as far from either end, that holds the true
        median in 95 of 100 cases whatever the distribution; without an interval if
        there are fewer than six.

    Examples
    --------
    >>> from sklearn_geo.reproduce._speed import median_of
    >>> median_of([5.0, 1.0, 2.0, 4.0, 3.0, 9.0])
    Estimate(value=3.5, low=1.0, high=9.0)
    """
    seconds = np.sort(np.asarray(seconds, dtype=np.float64))
    n_times = len(seconds)
    # The median is below the k-th smallest, or above the k-th largest, in fewer cases
    # than this leaves.
    k = int(binom.ppf((1.0 - _CONFIDENCE) / 2, n_times, 0.5))
    if k < 1:
        return Estimate(float(np.median(seconds)))
    low, high = seconds[k - 1], seconds[n_times - k]
    return Estimate(float(np.median(seconds)), float(low), float(high))
