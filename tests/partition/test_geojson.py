# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells as GeoJSON: RFC 7946, whole globes, and places inside."""

import builtins
import json

import numpy as np
import pytest
import shapely
from numpy.testing import assert_array_equal
from shapely.geometry import shape

from sklearn_geo.partition import S2Partition
from sklearn_geo.partition._geojson import cut_at_antimeridian, geometry, signed_area
from tests.partition.common import globe, photos

FACES = [[0, 0], [0, 90], [90, 0], [0, 180], [0, -90], [-90, 0]]


def rings(feature):
    given = feature["geometry"]
    several = given["type"] == "MultiPolygon"
    for polygon in given["coordinates"] if several else [given["coordinates"]]:
        yield from polygon


@pytest.mark.parametrize("start_level", [0, 1, 2, 4])
def test_cells_tile_the_map(start_level):
    # Enough places for every cell of the level; geodesics are shared by neighbours, so
    # that there is neither a gap nor an overlap, however roughly they are drawn.
    n = {0: 100, 1: 500, 2: 3000, 4: 60_000}[start_level]
    partition = S2Partition(n, 1, start_level=start_level, max_level=start_level)
    partition.fit(globe(n))
    assert partition.n_cells_ == 6 * 4**start_level
    collection = partition.to_geojson(n_per_edge=3)
    areas = [shape(feature["geometry"]).area for feature in collection["features"]]
    assert sum(areas) == pytest.approx(360.0 * 180.0, rel=1e-9)


@pytest.mark.parametrize("places", [FACES, photos(3000), globe(3000)], ids=len)
def test_rfc_7946(places):
    partition = S2Partition(40, 1).fit(places)
    collection = partition.to_geojson()
    assert json.loads(json.dumps(collection, allow_nan=False)) == collection
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == partition.n_cells_
    for feature, cell in zip(collection["features"], partition.cells_, strict=True):
        assert feature["type"] == "Feature"
        assert feature["id"] == cell["name"]
        properties = feature["properties"]
        assert list(properties) == list(cell.dtype.names)
        assert properties["id"] == str(cell["id"])
        for name in cell.dtype.names[2:]:
            assert properties[name] == cell[name]
        for ring in rings(feature):
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
            longitude, latitude = np.array(ring).T
            assert np.abs(longitude).max() <= 180.0
            assert np.abs(latitude).max() <= 90.0
            assert shapely.LinearRing(ring).is_ccw
            assert (np.diff(ring, axis=0) != 0).any(axis=1).all()
        polygon = shape(feature["geometry"])
        assert polygon.is_valid
        middle = shapely.Point(cell["center_longitude"], cell["center_latitude"])
        assert polygon.distance(middle) < 1e-9


def test_the_face_around_the_antimeridian_is_cut():
    collection = S2Partition(5, 1).fit(FACES).to_geojson()
    kinds = [feature["geometry"]["type"] for feature in collection["features"]]
    assert kinds == ["Polygon"] * 3 + ["MultiPolygon"] + ["Polygon"] * 2
    west, east = sorted(
        shape(collection["features"][3]["geometry"]).geoms, key=lambda g: g.bounds[0]
    )
    assert west.bounds == pytest.approx((-180.0, -45.0, -135.0, 45.0))
    assert east.bounds == pytest.approx((135.0, -45.0, 180.0, 45.0))
    for pole, bottom, top in ((2, 35.26439, 90.0), (5, -90.0, -35.26439)):
        bounds = shape(collection["features"][pole]["geometry"]).bounds
        assert bounds == pytest.approx((-180.0, bottom, 180.0, top), abs=1e-5)


def test_places_lie_in_the_polygons_of_their_cells():
    places, others = photos(2000, seed=2), globe(500, seed=3)
    partition = S2Partition(60, 1).fit(places)
    frame = partition.to_geopandas(n_per_edge=32)
    assert frame.crs.to_epsg() == 4326
    assert frame.columns.tolist() == [*partition.cells_.dtype.names, "geometry"]
    assert_array_equal(frame["id"], partition.cells_["id"])
    for some in (places, others):
        points = shapely.points(some[:, ::-1])
        for place, point, cell in zip(
            some, points, partition.predict(some), strict=True
        ):
            around = frame.geometry[frame.intersects(point)].index.tolist()
            if cell in around or (cell == -1 and not around):
                continue
            # Between the 33 points of an edge the line on the map is off by little.
            assert frame.distance(point).sort_values().iloc[0] < 0.05, place


def test_geopandas_is_asked_for_by_name(monkeypatch):
    partition = S2Partition(5, 1).fit(FACES)
    real = builtins.__import__

    def without(name, *arguments, **keywords):
        if name == "geopandas":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[geo\]'"):
        partition.to_geopandas()


def square(west, south, east, north):
    return np.array(
        [[south, west], [south, east], [north, east], [north, west]], dtype=float
    )


def test_signed_area():
    assert signed_area(square(10, 0, 13, 2)) == 6.0
    assert signed_area(square(10, 0, 13, 2)[::-1]) == -6.0
    assert signed_area(np.zeros((0, 2))) == 0.0
    assert signed_area(np.array([[0.0, 1.0], [5.0, 7.0]])) == 0.0
    # Half of 4 by 3, from each corner on.
    triangle = np.array([[1.0, 10.0], [1.0, 14.0], [4.0, 11.0]])
    for first in range(3):
        assert signed_area(np.roll(triangle, first, axis=0)) == 6.0
    # Of a square of 16, one is missing in its last row and, beside it, 4 less 3 / 2.
    ring = np.array([[0, 0], [0, 4], [4, 4], [4, 2], [3, 2], [3, 1]], dtype=float)
    for first in range(6):
        assert signed_area(np.roll(ring, first, axis=0)) == 12.5


def test_cuts_by_hand():
    whole = square(170, 0, 190, 10)
    parts = cut_at_antimeridian([whole])
    assert len(parts) == 2
    boxes = [
        (ring[:, 1].min(), ring[:, 1].max(), signed_area(ring)) for (ring,) in parts
    ]
    assert boxes == [(170, 180, 100), (-180, -170, 100)]
    boxes = [
        (ring[:, 1].min(), ring[:, 1].max())
        for (ring,) in cut_at_antimeridian([square(-190, 0, -170, 10)])
    ]
    assert boxes == [(170, 180), (-180, -170)]
    # Another turn, and no cut where the border only touches.
    for touching in (square(170, 0, 180, 5), square(-180, 0, -170, 5)):
        assert [p[0].tolist() for p in cut_at_antimeridian([touching])] == [
            touching.tolist()
        ]
    moved = cut_at_antimeridian([square(530, 0, 540, 5)])
    assert moved[0][0].tolist() == square(170, 0, 180, 5).tolist()
    # However little lies beyond, and in whichever turn.
    for west, east, expected in (
        (179.875, 180.125, [(179.875, 180), (-180, -179.875)]),
        (-180.125, -179.875, [(179.875, 180), (-180, -179.875)]),
        (-540.125, -539.875, [(179.875, 180), (-180, -179.875)]),
        (179, 180.125, [(179, 180), (-180, -179.875)]),
    ):
        parts = cut_at_antimeridian([square(west, 0, east, 0.5)])
        bounds = [(ring[:, 1].min(), ring[:, 1].max()) for (ring,) in parts]
        assert bounds == expected
    # A band around the globe from 100 to 460.
    band = cut_at_antimeridian([square(100, 0, 460, 1)])
    assert sorted(signed_area(ring) for (ring,) in band) == [80.0, 280.0]


@pytest.mark.parametrize("way", [1, -1])
def test_holes(way):
    outer, hole = square(170, 0, 190, 10), square(185, 2, 188, 8)[::way]
    given = geometry([[outer, hole]])
    assert given["type"] == "MultiPolygon"
    polygon = shape(given)
    assert polygon.is_valid
    assert polygon.area == pytest.approx(20 * 10 - 3 * 6)
    (east,), (west, inside) = given["coordinates"]
    assert shapely.LinearRing(east).is_ccw
    assert shapely.LinearRing(west).is_ccw
    assert not shapely.LinearRing(inside).is_ccw
