# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""No places at all: every door says so, by the name of its argument."""

import numpy as np
import pytest

from sklearn_geo import geometry, metrics, neighbors
from sklearn_geo.base import check_places, places_in

NONE = np.empty((0, 2))
ONE = np.array([[48.0, 11.0]])

DOORS = {
    "check_places": lambda: check_places(NONE),
    "places_in": lambda: places_in(NONE),
    "unit_vectors": lambda: geometry.unit_vectors(NONE),
    "haversine": lambda: geometry.haversine(NONE, ONE),
    "pairwise_haversine": lambda: geometry.pairwise_haversine(ONE, NONE),
    "haversine_to_point": lambda: geometry.haversine_to_point(NONE, ONE[0]),
    "bearing": lambda: geometry.bearing(NONE, NONE),
    "destination": lambda: geometry.destination(NONE, 0.0, 1.0),
    "spherical_mean": lambda: geometry.spherical_mean(NONE),
    "spherical_mode": lambda: geometry.spherical_mode(NONE),
    "geometric_median": lambda: geometry.geometric_median(NONE),
    "utm_zones": lambda: geometry.utm_zones(NONE),
    "utm_project": lambda: geometry.utm_project(NONE),
    "s2_leaf_ids": lambda: geometry.s2_leaf_ids(NONE),
    "s2_cell_ids": lambda: geometry.s2_cell_ids(NONE, 3),
    "triangle_ids": lambda: geometry.triangle_ids(NONE, 3),
    "SphericalDelaunay": lambda: geometry.SphericalDelaunay(NONE),
    "great_circle_error": lambda: metrics.great_circle_error(NONE, NONE),
    "accuracy_at_km": lambda: metrics.accuracy_at_km(NONE, NONE),
    "geo_score": lambda: metrics.geo_score(NONE, NONE),
    "continent_names": lambda: metrics.continent_names(NONE),
    "PlaceIndex": lambda: neighbors.PlaceIndex(NONE),
    "nearest": lambda: neighbors.PlaceIndex(ONE).nearest(NONE, 1),
    "within": lambda: neighbors.PlaceIndex(ONE).within(NONE, 1.0),
}


@pytest.mark.parametrize("door", DOORS)
def test_zero_rows_are_named(door):
    with pytest.raises(ValueError, match="is empty: it has 0 rows"):
        DOORS[door]()


@pytest.mark.parametrize(
    "function",
    [
        geometry.s2_tokens,
        geometry.s2_levels,
        geometry.s2_children,
        geometry.s2_vertices,
        geometry.s2_areas,
        geometry.s2_edge_neighbors,
        geometry.triangle_tokens,
        geometry.triangle_levels,
        geometry.triangle_children,
        geometry.triangle_vertices,
        geometry.utm_zone_names,
        geometry.utm_zone_bounds,
    ],
)
def test_no_ids_give_no_rows(function):
    assert len(function(np.empty(0, dtype=np.uint64))) == 0
