# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Memory beside the output does not grow with the places."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_geo.encoding import (
    GridOneHotEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
)
from sklearn_geo.partition import (
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)

# Whatever a block takes, and at most a number a place.
MIB, A_PLACE = 2**20, 8


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(0)
    n = 2**19
    return np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])


@pytest.mark.parametrize(
    "estimator",
    [
        GridOneHotEncoder(1000),
        S2OneHotEncoder(3),
        SinusoidalEncoder(2, dtype=np.float32),
        SphericalHarmonicsEncoder(1),
        UTMOneHotEncoder(),
        UnitVectorEncoder(),
        CellHierarchy([S2Partition(2000), S2Partition(1000)]),
        KMeansPartition(5, n_init=1, max_iter=2, random_state=0),
        S2Partition(),
        TrianglePartition(min_per_cell=1),
        TrianglePartition(min_per_cell=1, refine="delaunay"),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_what_grows_with_the_places_is_the_output(estimator, places):
    estimator.fit(places[::64])
    few = estimator.transform(places[-10:])  # loads what is loaded once
    tracemalloc.start()
    out = estimator.transform(places)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parts = (out.data, out.indices, out.indptr) if sparse.issparse(out) else (out,)
    beside = peak - sum(part.nbytes for part in parts)
    assert beside < 4 * MIB + A_PLACE * len(places)
    # Rows at the end of many are what they are alone.
    last, few = (
        rows.toarray() if sparse.issparse(rows) else rows for rows in (out[-10:], few)
    )
    assert_array_equal(last, few)
