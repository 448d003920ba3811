# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from sklearn_geo.neighbors._candidates import candidates
from sklearn_geo.neighbors._looks import FeatureIndex, doubt_of


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
def test_the_nearest_of_many_that_products_do_not_tell_apart(metric):
    turn = np.append(np.full(500, 1e-9), 0.0)
    photos = np.column_stack([np.cos(turn), np.sin(turn)])
    distances, rows = FeatureIndex(photos, metric).nearest(np.array([[1.0, 0.0]]), 2)
    assert rows.tolist() == [[500, 0]]
    assert distances[0, 0] == 0.0


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_first_of_many_that_are_far(metric):
    photos = np.zeros((2000, 3))
    photos[:, 1] = 2.0
    photos[[700, 1500]] = [1.0, 0.0, 0.0]
    distances, rows = FeatureIndex(photos, metric).nearest(
        np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), 5
    )
    cosine = metric == "cosine"
    first = [0, 1, 2, 3, 4] if cosine else [700, 1500, 0, 1, 2]
    assert rows.tolist() == [[700, 1500, 0, 1, 2], first]
    far = 1.0 if cosine else np.sqrt(5.0)
    assert_allclose(distances[0], [0, 0, far, far, far], rtol=1e-12)
    assert_allclose(distances[1], [1] * 5 if cosine else [1, 1, 2, 2, 2], rtol=1e-12)


def test_a_long_row_says_nothing_about_others():
    rng = np.random.default_rng(0)
    photos = rng.normal(size=(500, 4))
    photos[7] *= 1e7
    squares = (photos**2).sum(axis=1)
    near = squares[:20, np.newaxis] + squares - 2.0 * photos[:20] @ photos.T
    query, row = candidates(near, squares, squares[:20], doubt_of(4), 3)
    # Three neighbours, of query 7 too, and here and there the long row itself.
    counts = np.bincount(query, minlength=20)
    assert (counts[np.arange(20) != 7] <= 4).all()
    found = [set(row[query == i]) for i in range(20)]
    assert all(i in found[i] for i in range(20))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_memory_does_not_grow_with_one_query_of_many_ties(metric):
    photos = np.random.default_rng(0).normal(size=(4000, 4))
    blank = photos.copy()
    blank[5:] = np.where(np.arange(3995) % 2, photos[5:].T, 0.0).T
    blank[:5] = 0.0
    with config_context(working_memory=8):
        n_queries = FeatureIndex(photos, metric).query_rows()
        peaks = []
        for features in (photos, blank):
            index = FeatureIndex(features, metric)
            queries = np.vstack([features[4:5], photos[6 : 5 + n_queries]])
            tracemalloc.start()
            index.nearest(queries, 5)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert max(peaks) < 1.1 * 8 * 2**20


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_between_levels_what_rounding_tells_apart(metric):
    told_apart = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        query, way = rng.normal(size=(2, 16))
        if metric == "cosine":  # one direction
            photos = np.outer([1, 3, 7, 0.1, 1 / 3, 5], query + 0.3 * way)
        else:  # as far to one side as to the other
            photos = query + np.outer([1, -1, 1, -1, 1, -1], way)
        far = (
            1.0 - query @ photos[0] / np.linalg.norm(query) / np.linalg.norm(photos[0])
            if metric == "cosine"
            else np.linalg.norm(way)
        )
        photos = np.insert(photos, 2, 9.0 * rng.normal(size=16), axis=0)
        rows = np.array([[0, 3, 2, -1, 1], [2, 1, 3, 0, -1]])
        index = FeatureIndex(photos, metric)
        distances = index.between(np.stack([query, query]), rows)
        assert len({*distances[0, [0, 1, 4]], *distances[1, 1:4]}) == 1
        assert_array_equal(np.isinf(distances), rows < 0)
        assert_allclose(distances[0, 0], far, rtol=1e-12)
        told_apart += len({*_plain_distances(query, photos[[0, 1, 3]], metric)}) > 1
    assert told_apart  # by what levels nothing


def _plain_distances(query, photos, metric):
    if metric == "cosine":
        query = query / np.linalg.norm(query)
        photos = photos / np.linalg.norm(photos, axis=1)[:, np.newaxis]
    return ((photos - query) ** 2).sum(axis=1)
