# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_geo.inspection._map import (
    MapWindow,
    cell_paths,
    degrees_label,
    lines_of,
    read_truth,
)


def test_window_by_hand():
    window = MapWindow.around(np.array([[10.0, 20.0], [30.0, 60.0]]), margin=0.1)
    # A tenth of 40 degrees on each side.
    found = (window.west, window.east, window.south, window.north)
    np.testing.assert_allclose(found, (16, 64, 6, 34))
    # Across the antimeridian: from 170 to 200.
    window = MapWindow.around(np.array([[0.0, 170.0], [0.0, -160.0]]), margin=0.0)
    assert (window.west + 360) % 360 == pytest.approx(170)
    assert window.east - window.west == pytest.approx(30)
    assert not window.is_world
    np.testing.assert_allclose(
        window.shift([170.0, -160.0]) - window.middle, [-15.0, 15.0]
    )
    # All around the world.
    window = MapWindow.around(np.array([[0.0, 0.0], [0.0, 120.0], [0.0, -120.0]]))
    assert window.is_world
    # A single place still has something around it, short of the pole.
    window = MapWindow.around(np.array([[89.8, 5.0]]))
    assert window.east - window.west == pytest.approx(2.0)
    assert window.north == 90.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 179.99)), min_size=1, max_size=8
    )
)
def test_windows_hold_their_places(places):
    places = np.array(places)
    window = MapWindow.around(places)
    shifted = window.shift(places[:, 1])
    assert (window.west <= shifted).all()
    assert (shifted <= window.east).all()
    assert (window.south <= places[:, 0]).all()
    assert (places[:, 0] <= window.north).all()


def test_extents():
    window = MapWindow.read((170, -170, -20, 0), None)
    assert (window.west, window.east) == (170, 190)
    assert MapWindow.read("world", None).is_world
    with pytest.raises(ValueError, match='extent must be "auto", "world" or'):
        MapWindow.read("europe", None)
    with pytest.raises(ValueError, match="south below north"):
        MapWindow.read((0, 10, 20, 10), None)


def test_labels_by_hand():
    labels = [degrees_label(x, "EW") for x in (-150, 0, 12.5, 190, 180, -180)]
    assert labels == ["150°W", "0°", "12.5°E", "170°W", "180°", "180°"]
    assert [degrees_label(x, "NS") for x in (-30, 0, 45)] == ["30°S", "0°", "45°N"]


def test_the_dressed_axes():
    ax = plt.figure().add_subplot()
    coast = {"type": "LineString", "coordinates": [[179.0, 0.0], [181.0, 1.0]]}
    MapWindow.read((170, -170, -20, 0), None).dress(ax, coastline=coast)
    assert ax.get_xlim() == (170, 190)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels == ["170°E", "175°E", "180°", "175°W", "170°W"]
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(10)))
    (lines,) = [one for one in ax.collections if one.get_label() == "_coastline"]
    np.testing.assert_array_equal(lines.get_segments()[0], [[179.0, 0.0], [181.0, 1.0]])


def test_coastlines_of_all_kinds(tmp_path):
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    geometries = [
        polygon,
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
        {"type": "LineString", "coordinates": ring},
        {"type": "MultiLineString", "coordinates": [ring]},
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
    assert lines_of(path) == lines_of(str(path)) == [ring] * 5
    path.write_text("no json")
    with pytest.raises(ValueError, match=r"coast\.geojson is no GeoJSON"):
        lines_of(path)
    with pytest.raises(ValueError, match="neither lines nor polygons"):
        lines_of({"type": "Point", "coordinates": [0, 0]})


def test_paths_keep_holes_and_move_in_one_piece():
    outer = [[179, 0], [180, 0], [180, 9], [179, 9], [179, 0]]
    hole = [[179.2, 1], [179.2, 2], [179.4, 2], [179.2, 1]]
    east = [[-180, 0], [-178, 0], [-178, 9], [-180, 9], [-180, 0]]
    geometry = {"type": "MultiPolygon", "coordinates": [[outer, hole], [east]]}
    (path,) = cell_paths([geometry], MapWindow.read((170, 190, -20, 20), None))
    assert path.vertices[:, 0].min() == 179
    assert path.vertices[:, 0].max() == 182
    assert (path.codes == path.MOVETO).sum() == 3
    assert path.contains_point((179.8, 5))
    assert path.contains_point((181, 5))
    (path,) = cell_paths([geometry], MapWindow.read((-190, -170, -20, 20), None))
    assert path.vertices[:, 0].max() == -178


def test_truths():
    assert read_truth(None) is None
    np.testing.assert_array_equal(read_truth([[1.0, 2.0]]), [1.0, 2.0])
    np.testing.assert_array_equal(read_truth([1.0, 2.0]), [1.0, 2.0])
    with pytest.raises(ValueError, match="y must be one place; got 2"):
        read_truth([[1.0, 2.0], [3.0, 4.0]], "y")
