# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The drawn land is the land that photos are taken on, and valid GeoJSON."""

import json

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.path import Path
from shapely.geometry import shape

from sklearn_geo.datasets import make_coastline
from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.inspection import PlaceMapDisplay


def test_land_is_where_synthetic_photos_are_taken():
    rng = np.random.default_rng(0)
    z, longitude = rng.uniform(-1, 1, 5_000), rng.uniform(-180, 180, 5_000)
    places = np.column_stack([np.degrees(np.arcsin(z)), longitude])
    inland = inland_km(places)
    places, inland = places[np.abs(inland) > 60], inland[np.abs(inland) > 60]
    drawn = np.zeros(len(places), dtype=bool)
    for feature in make_coastline()["features"]:
        outer, *holes = feature["geometry"]["coordinates"]
        for turn in (0.0, 360.0):
            points = places[:, ::-1] + [turn, 0.0]
            inside = Path(outer).contains_points(points)
            for hole in holes:
                inside &= ~Path(hole).contains_points(points)
            drawn |= inside
    np.testing.assert_array_equal(drawn, inland > 0)


def test_polygons_are_valid_and_run_as_the_standard_wants():
    features = json.loads(json.dumps(make_coastline()))["features"]
    n_holes = 0
    for feature in features:
        polygon = shape(feature["geometry"])
        assert polygon.is_valid, feature["properties"]["name"]
        assert polygon.exterior.is_ccw
        n_holes += len(polygon.interiors)
        assert not any(hole.is_ccw for hole in polygon.interiors)
    assert n_holes == 8  # two seas and six lakes


def test_every_call_returns_a_new_one():
    make_coastline()["features"].clear()
    assert len(make_coastline()["features"]) > 40


def test_maps_take_it():
    display = PlaceMapDisplay.from_predictions(
        [[51.5, -0.1], [35.7, 139.7]],
        [1, 2],
        extent="world",
        coastline=make_coastline(),
    )
    (shore,) = [
        one for one in display.ax_.collections if one.get_label() == "_coastline"
    ]
    assert len(shore.get_segments()) > 50
    plt.close(display.figure_)
