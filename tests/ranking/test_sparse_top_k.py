# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_geo.ranking._sparse_top_k import MixedRows
from sklearn_geo.ranking._top_k import top_k


@pytest.mark.parametrize("k", [1, 3, 20])
@pytest.mark.parametrize("all_allowed", [True, False])
@pytest.mark.parametrize("density", [0.0, 0.2, 1.0])
def test_lists_are_those_of_dense_rows(k, all_allowed, density):
    rng = np.random.default_rng(0)
    # Few different values, so that there are ties; some columns that nobody has.
    common = rng.integers(0, 4, 17) / 4.0
    sums = rng.integers(0, 4, (40, 17)) * (rng.random((40, 17)) < density) / 4.0
    rest = np.where(np.arange(40) % 4, 0.5, 0.0)
    allowed = None if all_allowed else rng.random(17) < 0.6
    dense = sums + rest[:, np.newaxis] * common
    if allowed is not None:
        dense[:, ~allowed] = -np.inf
    rows = MixedRows(common, allowed)
    for _ in range(2):  # nothing is left behind of the first time
        found, scores = rows.top_k(sparse.csr_array(sums), rest, k)
        expected, best = top_k(dense, k)
        assert_array_equal(found, expected)
        assert_array_equal(scores, best)
