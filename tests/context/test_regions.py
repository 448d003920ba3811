# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones: where places lie, what they are called, and the borders they have."""

import numpy as np
import pytest
import utm
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator

from sklearn_geo.context._regions import (
    PartitionRegions,
    UTMRegions,
    WholeGlobe,
    frozen,
    make_regions,
)
from sklearn_geo.encoding import Sphere2VecEncoder
from sklearn_geo.geometry import utm_zone_ids
from sklearn_geo.partition import S2Partition

rng = np.random.default_rng(0)
PLACES = np.column_stack([rng.uniform(-79, 83, 200), rng.uniform(-180, 180, 200)])
TOWNS = np.array([48.0, 6.0]) + rng.uniform(-3, 3, size=(50, 2))


def test_utm_zones():
    regions = UTMRegions()
    ids = regions.locate(PLACES)
    assert ids.dtype == np.int64
    expected = [
        f"{utm.latlon_to_zone_number(*place)}{utm.latitude_to_zone_letter(place[0])}"
        for place in PLACES.tolist()
    ]
    assert regions.names(ids) == expected
    assert all(type(name) is str for name in regions.names(ids))
    assert regions.names([]) == []
    every = regions.all_ids()
    assert len(set(regions.names(every))) == len(every)
    assert set(ids.tolist()) <= set(every.tolist())


@pytest.mark.parametrize("n_per_edge", [1, 3])
def test_borders_of_utm_zones(n_per_edge):
    # 31U goes from 48 to 56 degrees north and from 0 to 6 east; 32V is wider, and
    # 31V narrower, for the sake of Norway.
    ids = utm_zone_ids(["31U", "32V", "31V"])
    rings = UTMRegions().outlines(ids, n_per_edge)
    boxes = [(48, 0, 56, 6), (56, 3, 64, 12), (56, 0, 64, 3)]
    for ring, (south, west, north, east) in zip(rings, boxes, strict=True):
        corners = [[south, west], [south, east], [north, east], [north, west]]
        assert ring.shape == (4 * n_per_edge, 2)
        assert_allclose(ring[::n_per_edge], corners)
        # Points lie at even steps on the edges, and go counter-clockwise.
        following = np.roll(ring, -1, axis=0)
        for edge in range(4):
            steps = (following - ring)[edge * n_per_edge : (edge + 1) * n_per_edge]
            along = np.roll(corners, -1, axis=0)[edge] - np.array(corners[edge])
            assert_allclose(steps, np.tile(along / n_per_edge, (n_per_edge, 1)))
        latitude, longitude = ring.T
        area = np.sum(longitude * following[:, 0] - following[:, 1] * latitude) / 2
        assert_allclose(area, (north - south) * (east - west))


def test_cells():
    partition = S2Partition(max_per_cell=20, min_per_cell=8).fit(TOWNS)
    regions = PartitionRegions(partition)
    far = np.vstack([TOWNS, [[-40.0, 100.0]]])
    ids = regions.locate(far)
    assert ids.dtype == np.int64
    assert_array_equal(ids, partition.predict(far))
    assert ids[-1] == -1
    assert_array_equal(regions.all_ids(), np.arange(partition.n_cells_))
    assert regions.names([0, 1]) == list(partition.cell_names_[[0, 1]])
    assert all(type(name) is str for name in regions.names(regions.all_ids()))
    rings = regions.outlines([1, 0], 2)
    expected = partition._outlines(np.array([1, 0]), 2)
    for ring, other in zip(rings, expected, strict=True):
        assert_array_equal(ring, other)


def test_the_whole_globe():
    regions = WholeGlobe()
    assert_array_equal(regions.locate(PLACES), np.zeros(200))
    assert regions.locate(PLACES).dtype == np.int64
    assert regions.names([0]) == ["globe"]
    assert_array_equal(regions.all_ids(), [0])
    assert regions.outlines(regions.all_ids(), 3) == []


def test_what_the_parameter_means():
    assert isinstance(make_regions("utm", TOWNS), UTMRegions)
    assert isinstance(make_regions(None, TOWNS), WholeGlobe)
    cells = S2Partition(max_per_cell=20, min_per_cell=1)
    made = make_regions(cells, TOWNS)
    assert made.partition.n_cells_ > 1
    assert not hasattr(cells, "n_cells_")  # a copy was fitted
    fitted = S2Partition(max_per_cell=20, min_per_cell=1).fit(TOWNS)
    kept = make_regions(FrozenEstimator(fitted), TOWNS[:3])
    assert kept.partition is fitted
    assert frozen(kept).estimator is fitted
    assert frozen(UTMRegions()) == "utm"


def test_a_partition_that_is_none():
    with pytest.raises(TypeError, match="Sphere2VecEncoder is no partition of"):
        make_regions(FrozenEstimator(Sphere2VecEncoder().fit(TOWNS)), TOWNS)
