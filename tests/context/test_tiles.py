# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The coarse map of what is near to points misses nothing."""

import numpy as np
import pytest

from sklearn_geo.context._tiles import NearTiles
from sklearn_geo.geometry import destination, pairwise_haversine


@pytest.mark.parametrize("km", [0.01, 30.0, 500.0])
@pytest.mark.parametrize(
    "point",
    [[0.0, 0.0], [45.1, 180.0], [-60.0, -180.0], [89.95, 20.0], [-86, 7], [90, 0]],
)
def test_all_places_near_a_point_are_found(point, km):
    tiles = NearTiles(np.array([point], dtype=float), km)
    rng = np.random.default_rng(0)
    n = 2000
    start = np.repeat(np.array([point], dtype=float), n, axis=0)
    inside = destination(start, rng.uniform(0, 360, n), km * rng.uniform(0, 1, n))
    assert tiles.at(inside).all()
    # Few others are: none beyond a tile and, near poles, a row of tiles.
    others = np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])
    far = pairwise_haversine(others, start[:1])[:, 0] > 12 * km + 1500
    assert not tiles.at(others[far]).any()
    assert not tiles.at(np.empty((0, 2))).size


def test_no_points():
    tiles = NearTiles(np.empty((0, 2)), 5.0)
    assert not tiles.at(np.array([[90.0, 0.0], [-90.0, -180.0]])).any()
