# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_geo.inspection._spread import Spread


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_blocks_make_the_deviations_of_all_rows(make, size):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(100, 5)) * [1.0, 5.0, 0.0, 2.0, 1e-3] + [0, 9, 4, 0, 1e3]
    table[rng.random(table.shape) < 0.3] = 0.0
    table[rng.random(table.shape) < 0.2] = np.nan
    table[3, 1] = -np.inf
    spread = Spread(5)
    for start in range(0, 100, size):
        spread.add(make(table[start : start + size]))
    known = np.where(np.isfinite(table), table, np.nan)
    assert_allclose(spread.counts, np.isfinite(table).sum(axis=0))
    assert_allclose(spread.means, np.nanmean(known, axis=0))
    assert_allclose(spread.squares / spread.counts, np.nanvar(known, axis=0))
    assert spread.widest() == np.nanstd(known, axis=0).argmax()


def test_what_is_written_twice_is_a_sum():
    rows, columns = [0, 0, 1], [1, 1, 0]
    twice = sparse.coo_array(([2.0, 3.0, 1.0], (rows, columns)), shape=(2, 2))
    spread = Spread(2)
    spread.add(twice)
    assert_allclose(spread.means, [0.5, 2.5])
    assert_allclose(spread.squares, [0.5, 12.5])
    assert twice.nnz == 3


def test_ties_nothing_and_too_much():
    assert Spread(3).widest() == 0
    spread = Spread(3)
    spread.add(np.full((4, 3), np.nan))
    assert spread.widest() == 0
    spread.add(np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 0.0]]))
    assert spread.widest() == 1
    spread.add(np.array([[0.0, 1.0, 1e300], [0.0, 3.0, -1e300]]))
    assert spread.widest() == 2
