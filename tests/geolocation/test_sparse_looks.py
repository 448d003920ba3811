# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nearest sparse rows beside exact numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn import config_context

from sklearn_geo.geolocation._sparse_looks import SparseFeatureIndex
from tests.neighbors.test_looks import exact_key


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("memory", [1024, 1e-4])
def test_order_against_fractions(metric, memory):
    rng = np.random.default_rng(0)
    for _ in range(200):
        n_rows, n_features = rng.integers(2, 20), rng.integers(1, 6)
        counts = rng.integers(-3, 4, (n_rows, n_features))
        counts *= rng.integers(1, 8, (n_rows, 1))  # many in one direction
        queries = rng.integers(-3, 4, (3, n_features))
        n_neighbors = int(rng.integers(1, 8))
        index = SparseFeatureIndex(sparse.csr_array(counts), metric)
        with config_context(working_memory=memory):
            distances, rows = index.nearest(sparse.csr_array(queries), n_neighbors)
        assert distances.shape == rows.shape == (3, min(n_neighbors, n_rows))
        assert (np.diff(distances, axis=1) >= 0).all()
        for query, found in zip(queries.tolist(), rows.tolist(), strict=True):
            keys = [exact_key(query, row, metric) for row in counts.tolist()]
            ranked = sorted(range(n_rows), key=lambda row: (keys[row], row))
            assert found == ranked[:n_neighbors]


def test_rows_that_are_none_are_infinitely_far():
    index = SparseFeatureIndex(sparse.csr_array(np.eye(3)), "euclidean")
    found = index.between(sparse.csr_array([[1.0, 0.0, 0.0]]), np.array([[0, -1, 2]]))
    assert_allclose(found, [[0.0, np.inf, np.sqrt(2.0)]])


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_nearest_of_many_that_products_do_not_tell_apart(metric):
    rows = sparse.csr_array([[1.0, 1e-9, 0.0]] * 500 + [[1.0, 0.0, 0.0]])
    index = SparseFeatureIndex(rows, metric)
    distances, found = index.nearest(sparse.csr_array([[1.0, 0.0, 0.0]]), 2)
    assert found.tolist() == [[500, 0]]
    assert distances[0, 0] == 0.0


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_first_of_many_that_share_nothing(metric):
    texts = np.zeros((2000, 2))
    texts[:, 1] = 2.0
    texts[[700, 1500]] = [1.0, 0.0]
    index = SparseFeatureIndex(sparse.csr_array(texts), metric)
    distances, found = index.nearest(sparse.csr_array([[1.0, 0.0]]), 5)
    assert found.tolist() == [[700, 1500, 0, 1, 2]]
    far = 1.0 if metric == "cosine" else np.sqrt(5.0)
    assert_allclose(distances, [[0, 0, far, far, far]], rtol=1e-12)


@pytest.mark.parametrize("long", ["row", "query"])
def test_rows_whose_squares_are_infinite_are_an_error(long):
    rows = sparse.csr_array(np.diag([1.0, 1e200 if long == "row" else 1.0]))
    queries = sparse.csr_array([[1e200 if long == "query" else 1.0, 0.0]])
    with pytest.raises(ValueError, match="squares of distances are infinite"):
        SparseFeatureIndex(rows, "euclidean").nearest(queries, 1)
    assert SparseFeatureIndex(rows, "cosine").nearest(queries, 1)[1] == [[0]]
