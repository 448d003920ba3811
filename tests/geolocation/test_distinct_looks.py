# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos that look exactly the same, against an index that compares all of them."""

import pickle
import time

import numpy as np
import pytest
from scipy import sparse

from sklearn_geo.geolocation import NeighborGeolocator, _distinct_looks
from sklearn_geo.geolocation._distinct_looks import (
    DistinctLooks,
    copies_of,
    index_of_looks,
)
from sklearn_geo.geolocation._sparse_looks import SparseFeatureIndex
from sklearn_geo.neighbors._looks import FeatureIndex


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_those_of_all_rows(kind, metric):
    rng = np.random.default_rng(0)
    plain = FeatureIndex if kind is np.asarray else SparseFeatureIndex
    for n_features in (1, 2, 3):
        for dtype in (np.float32, np.float64):
            n_rows = 40
            # Looks are few, so that distances tie, and some are all zero.
            X = rng.integers(-1, 2, (n_rows, n_features)).astype(dtype) / 3
            queries = kind(rng.integers(-1, 2, (9, n_features)).astype(dtype))
            X = np.vstack([X, X[::-1]])
            for n_neighbors in (1, 2, 7, 200):
                index = index_of_looks(kind(X), metric)
                assert isinstance(index, DistinctLooks)
                index = pickle.loads(pickle.dumps(index))
                far, rows = index.nearest(queries, n_neighbors)
                all_far, all_rows = plain(kind(X), metric).nearest(queries, n_neighbors)
                np.testing.assert_array_equal(rows, all_rows)
                np.testing.assert_allclose(far, all_far, rtol=1e-12)


def test_copies_by_a_loop():
    rng = np.random.default_rng(0)
    X = rng.choice([0.0, -0.0, 1.0, 1e300, 1e-300, 0.1], (60, 2))
    expected = [
        next(other for other in range(60) if (X[other] == X[row]).all())
        for row in range(60)
    ]
    assert copies_of(X).tolist() == expected
    assert copies_of(sparse.csr_array(X)).tolist() == expected
    stored = sparse.csr_array(X)
    stored.data[::5] = 0.0  # zeros that are stored are zeros
    again = [
        next(other for other in range(60) if (Y[other] == Y[row]).all())
        for Y in [stored.toarray()]
        for row in range(60)
    ]
    assert copies_of(stored).tolist() == again
    assert copies_of(np.arange(5.0)[:, np.newaxis]).tolist() == [0, 1, 2, 3, 4]


def test_copies_among_a_million_columns_are_found_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    columns = rng.integers(2**20, size=(50, 4))
    which = rng.integers(50, size=4_000)
    ends = np.arange(0, 16_001, 4)
    X = (np.ones(16_000), columns[which].ravel(), ends)
    X = sparse.csr_array(X, shape=(4_000, 2**20))
    compared = []
    are_equal = _distinct_looks._are_equal

    def counted(some, others):
        compared.append(some.shape[0])
        return are_equal(some, others)

    monkeypatch.setattr(_distinct_looks, "_are_equal", counted)
    first = copies_of(X)
    assert first.tolist() == [which.tolist().index(look) for look in which]
    # By the numbers that are stored, and not by columns, one row at a time.
    assert compared == [4_000 - len(np.unique(which))]


def test_rows_that_all_differ_are_compared_as_they_are():
    X = np.random.default_rng(0).normal(size=(30, 3))
    assert isinstance(index_of_looks(X, "cosine"), FeatureIndex)
    assert isinstance(index_of_looks(sparse.csr_array(X), "cosine"), SparseFeatureIndex)
    # Copies of a third are no reason to copy the others.
    assert isinstance(index_of_looks(np.vstack([X, X[:15]]), "cosine"), FeatureIndex)


def test_neighbours_are_the_same_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    X = np.repeat(rng.integers(-1, 2, (60, 2)).astype(float), 3, axis=0)
    queries = rng.integers(-1, 2, (40, 2)).astype(float)
    far = np.sqrt(((queries[:, np.newaxis] - X) ** 2).sum(axis=2))
    expected = np.argsort(far, axis=1, kind="stable")[:, :25]
    index = index_of_looks(X, "euclidean")
    for block in (1, 100, 1 << 20):
        monkeypatch.setattr(_distinct_looks, "_BLOCK", block)
        found, rows = index.nearest(queries, 25)
        np.testing.assert_array_equal(rows, expected)
        np.testing.assert_allclose(
            found, np.take_along_axis(far, expected, axis=1), rtol=1e-12
        )


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_photos_that_all_look_the_same_take_no_longer_than_others(kind):
    rng = np.random.default_rng(0)
    n = 30_000
    places = np.column_stack([rng.uniform(-60, 60, n), rng.uniform(-180, 180, n)])
    seconds = []
    for X in (rng.normal(size=(n, 8)), np.ones((n, 8))):
        model = NeighborGeolocator(20).fit(kind(X), places)
        began = time.process_time()
        rows = model.kneighbors(kind(X[:60]), return_distance=False)
        seconds.append(time.process_time() - began)
    assert (rows == np.arange(20)).all()
    assert seconds[1] < 2 * seconds[0]
