# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_geo.geolocation._smoothing import smoothed_labels
from sklearn_geo.geometry import EARTH_RADIUS_KM, pairwise_haversine

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0


def test_by_hand():
    # One e-fold a degree; the third cell is beyond a thousandth.
    places = np.array([[0.0, 179.5], [0.0, -179.5], [0.0, 170.0]])
    labels = smoothed_labels(places, DEGREE_KM).toarray()
    near = np.exp(-1.0)
    np.testing.assert_allclose(
        labels,
        [
            [1 / (1 + near), near / (1 + near), 0.0],
            [near / (1 + near), 1 / (1 + near), 0.0],
            [0.0, 0.0, 1.0],
        ],
        rtol=1e-6,
    )


@pytest.mark.parametrize("smoothing_km", [1.0, 300.0, 1e5])
def test_rows_sum_to_one_and_are_a_softmax_of_distances(smoothing_km):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)])
    labels = smoothed_labels(places, smoothing_km)
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, rtol=1e-5)
    weights = np.exp(-pairwise_haversine(places) / smoothing_km)
    weights[weights < 1e-3] = 0.0
    expected = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(labels.toarray(), expected, rtol=1e-5, atol=1e-9)


def test_cells_at_one_place_share_alike():
    labels = smoothed_labels(np.array([[10.0, 20.0]] * 2), 5.0)
    np.testing.assert_allclose(labels.toarray(), np.full((2, 2), 0.5))
