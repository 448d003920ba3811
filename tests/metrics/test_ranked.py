# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from sklearn_geo.metrics._ranked import RankedClass


def test_average_precision_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(60):
        truth = rng.random(25) < 0.3
        score = rng.integers(6, size=25) / 5.0  # with ties
        ranked = RankedClass(np.flatnonzero(truth), score)
        for _ in range(3):
            counts = rng.integers(3, size=25).astype(float)
            found = ranked.average_precision(counts)
            if not counts[truth].any():
                assert np.isnan(found)
                continue
            expected = average_precision_score(truth, score, sample_weight=counts)
            assert found == pytest.approx(expected)


def test_nobody_of_the_class():
    ranked = RankedClass(np.array([], dtype=int), np.array([0.1, 0.2]))
    assert np.isnan(ranked.average_precision(np.ones(2)))
