# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of displays share: figures that are closed, and GeoJSON that holds."""

import json

import matplotlib

matplotlib.use("Agg")


def check_geojson(collection, n_features):
    """Assert what RFC 7946 asks for, and that it can be written."""
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == n_features
    json.loads(json.dumps(collection, allow_nan=False))
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        geometry = feature["geometry"]
        if geometry["type"] == "Point":
            points = [geometry["coordinates"]]
        elif geometry["type"] == "MultiLineString":
            lines = geometry["coordinates"]
            assert all(len(line) >= 2 for line in lines)
            points = [point for line in lines for point in line]
        else:
            polygons = geometry["coordinates"]
            if geometry["type"] == "Polygon":
                polygons = [polygons]
            rings = [ring for polygon in polygons for ring in polygon]
            assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)
            points = [point for ring in rings for point in ring]
        for longitude, latitude in points:
            assert -180.0 <= longitude <= 180.0
            assert -90.0 <= latitude <= 90.0
