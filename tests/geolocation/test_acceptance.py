# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The threshold for a share of the photos, by hand."""

import numpy as np

from sklearn_geo.geolocation._acceptance import covering


def test_thresholds_by_hand():
    values = np.array([0.3, 0.1, np.nan, 0.4, 0.2])
    assert covering(values, None, 0.2) == 0.4
    assert covering(values, None, 0.21) == 0.3
    assert covering(values, None, 0.6) == 0.2
    assert covering(values, np.array([1.0, 1.0, 0.0, 2.0, 4.0]), 0.25) == 0.4
    assert covering(values, np.array([1.0, 1.0, 0.0, 2.0, 4.0]), 0.375) == 0.3
    assert covering(values, np.array([1.0, 1.0, 0.0, 2.0, 4.0]), 1.0) == 0.1
    # Equal values are accepted together.
    assert covering(np.array([0.5, 0.5, 0.5, 0.1]), None, 0.25) == 0.5
    # A share of 3 in 10 takes 3, whatever floats make of 0.3.
    assert covering(np.arange(10.0), None, 0.3) == 7.0
    for n in range(1, 40):
        for k in range(1, n + 1):
            assert covering(np.arange(float(n)), None, k / n) == n - k
