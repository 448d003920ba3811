# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys

import geopandas
import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from sklearn_geo.inspection._land import lines_of, polygons_of, read_land

RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


def _lines(coastline):
    return [np.asarray(line).tolist() for line in lines_of(read_land(coastline))]


def test_coastlines_of_all_kinds(tmp_path):
    polygon = {"type": "Polygon", "coordinates": [RING]}
    geometries = [
        polygon,
        {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
        {"type": "LineString", "coordinates": RING},
        {"type": "MultiLineString", "coordinates": [RING]},
        {"type": "Point", "coordinates": [0, 0]},
    ]
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": None, "properties": {}},
            {
                "type": "Feature",
                "geometry": {"type": "GeometryCollection", "geometries": geometries},
                "properties": {},
            },
        ],
    }
    path = tmp_path / "coast.geojson"
    path.write_text(json.dumps(collection))
    assert _lines(path) == _lines(str(path)) == _lines(collection) == [RING] * 5
    assert list(polygons_of(collection)) == [[RING]] * 3
    path.write_text("no json")
    with pytest.raises(ValueError, match=r"coast\.geojson is no GeoJSON"):
        read_land(path)
    with pytest.raises(ValueError, match="neither lines nor polygons"):
        read_land({"type": "Point", "coordinates": [0, 0]})
    with pytest.raises(FileNotFoundError, match=r"no file .*sea\.geojson.*Natural E"):
        read_land(tmp_path / "sea.geojson")


def test_what_geopandas_holds_and_reads(tmp_path):
    shapes = [
        MultiPolygon([Polygon(RING), box(5, 5, 6, 6)]),
        LineString([[0, 0], [9, 9]]),
        None,
        Point(1, 1),
    ]
    frame = geopandas.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs=4326)
    expected = _lines(frame)
    assert len(expected) == 3
    assert [[0.0, 0.0], [9.0, 9.0]] in expected
    assert _lines(frame.geometry) == expected
    assert _lines(shapes[0]) == _lines(frame.iloc[:1])
    # Metres become degrees; without a system, numbers are degrees.
    for line, metres in zip(expected, _lines(frame.to_crs(3857)), strict=True):
        np.testing.assert_allclose(line, metres, atol=1e-9)
    assert _lines(frame.set_crs(None, allow_override=True)) == expected
    path = tmp_path / "land.gpkg"
    frame.iloc[:1].to_crs(3857).to_file(path)
    for line, read in zip(_lines(frame.iloc[:1]), _lines(path), strict=True):
        np.testing.assert_allclose(line, read, atol=1e-9)


def test_what_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "land.shp"
    path.write_text("no shapes")
    with pytest.raises(ValueError, match=r"geopandas cannot read .*land\.shp"):
        read_land(path)
    monkeypatch.setitem(sys.modules, "geopandas", None)
    with pytest.raises(ImportError, match=r"Reading land\.shp needs.*\[geo\].*GeoJSON"):
        read_land(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "is no GeoJSON"),
        ('{"type": "Polygon", "coordinates": [[' + "9" * 5000 + "]]}", "is no GeoJSON"),
        ('{"type": "Point", "coordinates": [0, 0]}', "neither lines nor polygons"),
        ('{"type": "LineString", "coordinates": 5}', "Line 1 of the coastline"),
        ('{"type": "MultiLineString", "coordinates": 5}', "Line 0 of the coastline"),
        ('{"type": "LineString", "coordinates": [[1, NaN]]}', "is not finite"),
        ('{"type": "LineString", "coordinates": [[1, 1e400]]}', "is not finite"),
        ('{"type": "LineString", "coordinates": [["a", "b"]]}', "Line 1 of the coast"),
        ('{"type": "LineString", "coordinates": [1, 2]}', "Line 1 of the coast"),
        ('{"type": "FeatureCollection"}', "Line 0 of the coastline"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path, text, words):
    path = tmp_path / "coast.geojson"
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        read_land(path)
    assert str(path) in str(caught.value)
