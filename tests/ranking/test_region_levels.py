# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.testing import assert_array_equal

from sklearn_geo.ranking._region_levels import distinct_chains


def test_chains_by_hand():
    codes = np.array([[0, 1], [-1, 1], [0, 1], [0, -1], [-1, -1]])
    chains, chain_of = distinct_chains(codes, [1, 2])
    assert len(chains) == 4
    assert_array_equal(chains[chain_of], codes)
    assert chain_of[0] == chain_of[2]


def test_many_levels_do_not_overflow():
    rng = np.random.default_rng(0)
    n_regions = [10**6] * 8
    codes = rng.integers(-1, 10**6, (200, 8))
    codes[100:] = codes[:100]
    chains, chain_of = distinct_chains(codes, n_regions)
    assert_array_equal(chains[chain_of], codes)
    assert len(chains) == len(np.unique(codes, axis=0))
