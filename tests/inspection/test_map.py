# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_geo.inspection._map import (
    MapWindow,
    cell_paths,
    degrees_label,
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
    (line,) = lines.get_segments()
    np.testing.assert_array_equal(line, [[179.0, 0.0], [181.0, 1.0]])


def test_land_is_filled_and_seen_on_both_ends_of_the_world():
    def ring(west, east):
        return [[west, 0], [east, 0], [east, 9], [west, 9], [west, 0]]

    lake = [[150, 2], [150, 4], [152, 4], [150, 2]]
    land = {
        "type": "MultiPolygon",
        "coordinates": [[ring(100, 182), lake], [ring(-20, 10)]],
    }
    ax = plt.figure().add_subplot()
    MapWindow.read("world", None).dress(ax, coastline=land)
    (filled,) = [one for one in ax.collections if one.get_label() == "_land"]
    # What goes on beyond 180 is there again from -180.
    boxes = [path.get_extents().intervalx.tolist() for path in filled.get_paths()]
    assert boxes == [[-260, -178], [100, 182], [-20, 10]]
    (lines,) = [one for one in ax.collections if one.get_label() == "_coastline"]
    assert len(lines.get_segments()) == 4  # the land twice, lake and island once
    # Out of sight, nothing is drawn; across the antimeridian, all there is.
    ax = plt.figure().add_subplot()
    MapWindow.read((170, -170, -20, 20), None).dress(ax, coastline=land)
    (filled,) = [one for one in ax.collections if one.get_label() == "_land"]
    boxes = [path.get_extents().intervalx.tolist() for path in filled.get_paths()]
    assert boxes == [[100, 182]]
    ax = plt.figure().add_subplot()
    MapWindow.read((0, 10, 20, 40), None).dress(ax, coastline=land)
    assert all(one.get_label() != "_land" for one in ax.collections)


def test_a_shore_is_seen_on_dark_and_light():
    window = MapWindow.read((0, 10, 0, 10), None)
    shore = {"type": "LineString", "coordinates": [[0, 5], [10, 5]]}
    for color in ("black", "white"):
        figure = plt.figure(figsize=(3, 3), dpi=60)
        ax = figure.add_axes((0, 0, 1, 1), facecolor=color)
        window.dress(ax, graticule=False, coastline=shore, on_raster=True)
        figure.canvas.draw()
        column = np.asarray(figure.canvas.buffer_rgba())[80:100, 90, 0]
        assert np.ptp(column.astype(int)) > 100


@pytest.mark.parametrize("step", [1, -1])
def test_lakes_are_not_filled(step):
    shore = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
    lake = [[3, 3], [6, 3], [6, 6], [3, 6], [3, 3]][::step]
    figure = plt.figure(figsize=(3, 3), dpi=30)
    ax = figure.add_axes((0, 0, 1, 1))
    MapWindow.read((-1, 10, -1, 10), None).dress(
        ax, graticule=False, coastline={"type": "Polygon", "coordinates": [shore, lake]}
    )
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    land, water = pixels[20, 20], pixels[45, 45]
    assert land.tolist() == [0xEF, 0xEC, 0xE4]
    assert water.tolist() == [255, 255, 255]


def test_a_street_has_ticks():
    ax = plt.figure().add_subplot()
    MapWindow.read((2.29, 2.31, 48.85, 48.86), None).dress(ax)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels == ["2.29°E", "2.295°E", "2.3°E", "2.305°E", "2.31°E"]


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


@pytest.mark.parametrize(
    "extent",
    [(150, -150, -89, 0), (90, -90, -60, 60), (0, 360, -90, 90), (-300, -200, 0, 50)],
)
def test_wide_cells_are_seen_at_both_ends_of_a_window(extent):
    # A cap with a hole at its eastern end.
    square = [[160, -20], [160, -10], [170, -10], [170, -20], [160, -20]]
    cap = [[-180, -90], [180, -90], [180, 20], [-180, 20], [-180, -90]]
    geometry = {"type": "Polygon", "coordinates": [cap, square]}
    window = MapWindow.read(extent, None)
    (path,) = cell_paths([geometry], window)
    rng = np.random.default_rng(0)
    x = rng.uniform(window.west, window.east, 2_000)
    y = rng.uniform(window.south, window.north, 2_000)
    inside = path.contains_points(np.column_stack([x, y]))  # of any ring, holes too
    np.testing.assert_array_equal(inside, y < 20)
    # The hole goes with the cap.
    wests = path.vertices[::5, 0]
    assert ((wests[1::2] - wests[::2]) == 340).all()
    # What the seam cuts is in one piece, and nothing is there twice.
    narrow = [[[170, 0], [180, 0], [180, 9], [170, 9], [170, 0]]]
    other = [[[-180, 0], [-170, 0], [-170, 9], [-180, 9], [-180, 0]]]
    parts = {"type": "MultiPolygon", "coordinates": [narrow, other]}
    (path,) = cell_paths([parts], MapWindow.read("world", None))
    assert (path.codes == path.MOVETO).sum() == 2
    (path,) = cell_paths([parts], MapWindow.read((160, -160, 0, 9), None))
    assert path.get_extents().intervalx.tolist() == [170, 190]


def test_truths():
    assert read_truth(None) is None
    np.testing.assert_array_equal(read_truth([[1.0, 2.0]]), [1.0, 2.0])
    np.testing.assert_array_equal(read_truth([1.0, 2.0]), [1.0, 2.0])
    with pytest.raises(ValueError, match="y must be one place; got 2"):
        read_truth([[1.0, 2.0], [3.0, 4.0]], "y")


def test_meridians_of_narrow_maps_have_room_for_their_labels():
    axes = plt.figure().subplots()
    MapWindow(174.0, 180.0, -80.0, -72.0).dress(axes)  # UTM zone 60C
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) == 4
    assert 1 <= sum(map(bool, labels)) <= 2
    axes = plt.figure().subplots()
    MapWindow(0.0, 6.0, 0.0, 8.0).dress(axes)
    assert all(label.get_text() for label in axes.get_xticklabels())


def test_an_extent_goes_east_to_where_it_ends():
    for extent, borders in (
        ((200, -170, -5, 5), (200.0, 550.0)),
        ((750, 10, -5, 5), (750.0, 1090.0)),
        ((170, -170, -5, 5), (170.0, 190.0)),
    ):
        window = MapWindow.read(extent, None)
        assert (window.west, window.east) == borders
    for extent in ((np.inf, 1, 0, 1), (0, np.inf, 0, 1), (np.nan, 1, 0, 1)):
        with pytest.raises(ValueError, match=r"extent must be .* south below north"):
            MapWindow.read(extent, None)
