# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from sklearn_geo.neighbors._looks import FeatureIndex


def exact_key(query, photo, metric):
    """Return an exact number that grows with the distance of two rows of integers."""
    if metric == "euclidean":
        return sum((a - b) ** 2 for a, b in zip(query, photo, strict=True))
    product = sum(a * b for a, b in zip(query, photo, strict=True))
    lengths = sum(a * a for a in query) * sum(b * b for b in photo)
    if not lengths:
        return Fraction(0)
    return Fraction(-product * abs(product), lengths)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("memory", [1024, 1e-4])
def test_order_against_fractions(dtype, metric, memory):
    rng = np.random.default_rng(0)
    for _ in range(150):
        n_photos, n_features = rng.integers(2, 20), rng.integers(1, 6)
        photos = rng.integers(-3, 4, (n_photos, n_features))
        photos *= rng.integers(1, 8, (n_photos, 1))  # many in one direction
        queries = rng.integers(-3, 4, (3, n_features))
        n_neighbors = min(rng.integers(1, 8), n_photos)
        index = FeatureIndex(photos.astype(dtype), metric)
        with config_context(working_memory=memory):
            distances, rows = index.nearest(queries.astype(dtype), n_neighbors)
        assert (np.diff(distances, axis=1) >= 0).all()
        for query, found in zip(queries.tolist(), rows.tolist(), strict=True):
            keys = [exact_key(query, photo, metric) for photo in photos.tolist()]
            ranked = sorted(range(n_photos), key=lambda row: (keys[row], row))
            assert found == ranked[:n_neighbors]


def test_distances_that_are_small_stay_apart():
    turn = np.array([3e-7, 1e-7, 0.0, 2e-7])
    photos = np.column_stack([np.cos(turn), np.sin(turn)])
    distances, rows = FeatureIndex(photos, "cosine").nearest(np.array([[2.0, 0.0]]), 4)
    assert rows.tolist() == [[2, 1, 3, 0]]
    assert_allclose(distances, [[0, 5e-15, 2e-14, 4.5e-14]], rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_between_levels_what_rounding_tells_apart(metric):
    photos = np.array([[5.0, 15.0], [1.0, 3.0], [2.0, 1.0], [0.1, 0.3]])
    if metric == "euclidean":  # all of one length, but for rounding
        photos = np.array(
            [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [9, 9, 9], [0.2, 0.1, 0.3]]
        )
    index = FeatureIndex(photos, metric)
    query = np.eye(1, photos.shape[1]) * (metric == "cosine")
    rows = np.array([[0, 3, 2, -1, 1], [2, 1, 3, 0, -1]])
    distances = index.between(np.repeat(query, 2, axis=0), rows)
    assert len({*distances[0, [0, 1, 4]], *distances[1, 1:4]}) == 1
    assert_array_equal(np.isinf(distances), rows < 0)
    expected = 1 - 1 / np.sqrt(10) if metric == "cosine" else np.sqrt(0.14)
    assert_allclose(distances[0, 0], expected, rtol=1e-12)
