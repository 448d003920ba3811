# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest

from sklearn_geo.geolocation._album_judge import is_gain


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ([], False),
        ([3.0], False),  # one user is no evidence
        ([0.0] * 20, False),
        ([1.0, 1.0, 1.0], True),
        ([1.0, 1.1, 0.9, 1.0], True),  # few, but alike: the t-test knows
        ([1.0, 5.0, 0.2, 3.0], False),
        ([0.1] * 40 + [3.0] * 5 + [-8.0], True),  # most gain, one loses much
        ([0.1] * 40 + [-30.0], False),  # most gain, but all in all it costs
        ([1.0, -1.0] * 50 + [0.1], False),
        ([9.0] + [-0.1] * 40, False),  # one gains, the others lose
    ],
)
def test_who_gains(sums, expected):
    assert is_gain(np.array(sums)) is expected


def test_chance_is_believed_once_in_a_hundred_times():
    rng = np.random.default_rng(0)
    heavy = rng.standard_t(2.5, size=(2_000, 60))  # as losses are
    found = np.mean([is_gain(sums) for sums in heavy])
    # The level of each test is half a percent; five standard errors more.
    assert found <= 0.01 + 5 * np.sqrt(0.01 / 2_000)
