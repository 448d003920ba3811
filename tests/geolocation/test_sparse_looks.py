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
