# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._first_cells import FirstCells

PROBA = np.array([[0.1, 0.5, 0.25, 0.15], [0.7, 0.1, 0.1, 0.1], [0.0, 0.0, 0.5, 0.5]])


def test_filter_by_hand():
    first = FirstCells.of(PROBA, 2)
    # Of equal probabilities the first cell is kept.
    np.testing.assert_array_equal(first.cells, [[1, 2], [0, 1], [2, 3]])
    np.testing.assert_allclose(
        first.proba, [[2 / 3, 1 / 3], [7 / 8, 1 / 8], [0.5, 0.5]], rtol=1e-6
    )
    np.testing.assert_allclose(first.mass, [0.75, 0.8, 1.0], rtol=1e-6)
    assert first.n_cells == 4
    assert len(first) == 3
    assert (first.cells.dtype, first.proba.dtype) == (np.int32, np.float32)
    np.testing.assert_allclose(
        first.dense(),
        [[0, 2 / 3, 1 / 3, 0], [7 / 8, 1 / 8, 0, 0], [0, 0, 0.5, 0.5]],
        rtol=1e-6,
    )
    np.testing.assert_allclose(first.dense(slice(1, 2)), first.dense()[1:2])
    some = first[np.array([2, 0])]
    np.testing.assert_array_equal(some.cells, [[2, 3], [1, 2]])
    np.testing.assert_array_equal(some.mass, first.mass[[2, 0]])
    assert some.n_cells == 4


@pytest.mark.parametrize("n_first", [1, 3, 10, 40, 99])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_a_sort_of_every_row(n_first, dtype):
    proba = np.random.default_rng(0).dirichlet(np.full(40, 0.2), 50).astype(dtype)
    first = FirstCells.of(proba, n_first)
    kept = min(n_first, 40)
    assert first.cells.shape == first.proba.shape == (50, kept)
    for i, row in enumerate(proba.astype(np.float64)):
        best = sorted(range(40), key=lambda cell, row=row: (-row[cell], cell))[:kept]
        np.testing.assert_array_equal(first.cells[i], best)
        np.testing.assert_allclose(first.mass[i], row[best].sum(), rtol=1e-6)
        np.testing.assert_allclose(
            first.proba[i], row[best] / row[best].sum(), rtol=1e-6, atol=1e-30
        )
    np.testing.assert_allclose(first.proba.sum(axis=1), 1.0, rtol=1e-6)
    if kept == 40:
        np.testing.assert_allclose(first.dense(), proba, rtol=1e-5, atol=1e-7)


def test_filled_in_any_order():
    first = FirstCells.empty(3, 4, 2)
    first.put(np.array([2, 0]), PROBA[[2, 0]])
    first.put(slice(1, 2), PROBA[1:2])
    whole = FirstCells.of(PROBA, 2)
    for name in ("cells", "proba", "mass"):
        np.testing.assert_array_equal(getattr(first, name), getattr(whole, name))
    assert FirstCells.empty(3, 4, 10).cells.shape == (3, 4)
