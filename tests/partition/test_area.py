# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells from polygons, against shapely's own answers one by one."""

import json
import pickle
import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import MultiPolygon, Point, Polygon, box
from sklearn import config_context
from sklearn.base import clone

from sklearn_geo.geometry import s2_areas, s2_ids_at_level, s2_vertices
from sklearn_geo.partition import AreaPartition
from tests.partition.common import globe

geopandas = pytest.importorskip("geopandas")

R = 6371.0088
FIJI = [(177.0, -19.0), (-178.0, -19.0), (-178.0, -16.0), (177.0, -16.0)]


def slow_predict(shapes, places):
    """Ask shapely about every pair, a turn to either side included."""
    cells = []
    for latitude, longitude in places:
        points = [Point(longitude + turn, latitude) for turn in (-360, 0, 360)]
        holding = [
            k for k, shape in enumerate(shapes) if any(map(shape.intersects, points))
        ]
        cells.append(holding[0] if holding else -1)
    return np.array(cells)


def blobs(n, seed=0):
    """Overlapping stars with holes, some across the antimeridian."""
    rng = np.random.default_rng(seed)
    shapes = []
    for _ in range(n):
        center = np.array([rng.uniform(-190, 190), rng.uniform(-50, 50)])
        angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
        reach = rng.uniform(8, 30, 12)
        ring = center + np.c_[np.cos(angles), np.sin(angles)] * reach[:, None]
        star = Polygon(ring).buffer(0)
        shapes.append(star.difference(Point(center).buffer(4.0)))
    return [shape for shape in shapes if not shape.is_empty]


def test_first_polygon_that_holds_a_place():
    shapes = blobs(40)
    places = globe(3000)
    partition = AreaPartition(shapes).fit(places)
    expected = slow_predict(shapes, places)
    assert len(np.unique(expected)) > 30
    assert_array_equal(partition.predict(places), expected)
    assert_array_equal(
        partition.cells_["count"], np.bincount(expected[expected >= 0], minlength=40)
    )
    assert_array_equal(partition.dropped_, np.flatnonzero(expected < 0))
    # A small batch at a time, the same.
    with config_context(working_memory=0.01):
        assert_array_equal(partition.predict(places), expected)
    with config_context(working_memory=0):
        assert_array_equal(partition.predict(places[:9]), expected[:9])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(*[st.integers(-6, 6)] * 2, st.integers(1, 3), st.integers(1, 3)),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-12, 12)), min_size=1),
)
def test_borders_and_corners(boxes, grid):
    # Boxes and places on one grid of ten by thirty degrees: most are on borders.
    shapes = [box(30 * x, 10 * y, 30 * (x + w), 10 * (y + h)) for x, y, w, h in boxes]
    places = np.array([(10.0 * y, 15.0 * x) for y, x in grid])
    partition = AreaPartition(shapes).fit(places)
    expected = slow_predict(shapes, places)
    poles = np.abs(places[:, 0]) == 90.0
    assert_array_equal(partition.predict(places)[~poles], expected[~poles])


def test_a_shared_border_goes_to_the_first():
    west, east = box(0, 0, 10, 10), box(10, 0, 20, 10)
    assert AreaPartition([west, east]).fit([[5, 5]]).predict([[5.0, 10.0]])[0] == 0
    assert AreaPartition([east, west]).fit([[5, 5]]).predict([[5.0, 10.0]])[0] == 0


def test_overlapping_areas_and_holes():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    inner = box(12, 12, 18, 18)
    partition = AreaPartition([ring, inner, box(0, 0, 40, 40)]).fit([[5.0, 5.0]])
    places = [[5, 5], [15, 15], [11, 11], [35, 35], [45, 45]]
    assert_array_equal(partition.predict(places), [0, 1, 2, 2, -1])


# ---- The antimeridian and the poles -----------------------------------------------


@pytest.mark.parametrize(
    ("shape", "long_edges"),
    [
        (box(177, -19, 182, -16), "error"),
        (box(-183, -19, -178, -16), "error"),
        (MultiPolygon([box(177, -19, 180, -16), box(-180, -19, -178, -16)]), "error"),
        (Polygon(FIJI), "shorter"),
        (box(177 + 720, -19, 182 + 720, -16), "error"),
    ],
)
def test_four_ways_to_write_an_area_across_the_antimeridian(shape, long_edges):
    partition = AreaPartition([shape], long_edges=long_edges).fit([[-17, 178]])
    inside = [[-17, 178], [-17, 180], [-17, -180], [-17, -179], [-17, 540], [-19, -178]]
    outside = [[-17, 176.9], [-17, 0], [-17, -177.9], [-15, 180]]
    assert_array_equal(partition.predict(inside), 0)
    assert_array_equal(partition.predict(outside), -1)
    # Five degrees, from 19 to 16 degrees south.
    expected = np.radians(5) * (np.sin(np.radians(19)) - np.sin(np.radians(16))) * R**2
    assert_allclose(partition.cells_["area_km2"], expected)
    feature = partition.to_geojson()["features"][0]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert (
        np.abs(np.concatenate([r[0] for r in feature["geometry"]["coordinates"]]))[
            :, 0
        ].max()
        == 180.0
    )
    ring = partition.cell_outline(0)
    assert np.ptp(ring[:, 1]) == pytest.approx(5.0)
    assert Polygon(ring[:, ::-1]).exterior.is_ccw


def test_as_drawn_it_goes_around_the_globe():
    partition = AreaPartition([Polygon(FIJI)], long_edges="straight").fit([[-17, 0]])
    assert_array_equal(
        partition.predict([[-17, 0], [-17, 178], [-17, 176]]), [0, -1, 0]
    )


def test_a_ring_around_a_pole():
    ring = [(-180, -70), (-90, -60), (0, -65), (90, -60), (179, -70)]
    partition = AreaPartition([Polygon(ring)], long_edges="shorter").fit([[-80, 0]])
    places = [[-90, 33], [-89, 100], [-70.1, 179.7], [-69, 180], [-80, -180], [0, 0]]
    assert_array_equal(partition.predict(places), [0, 0, 0, -1, 0, -1])
    north = AreaPartition([Polygon([(x, -y) for x, y in ring])], long_edges="shorter")
    assert_array_equal(
        north.fit([[80, 0]]).predict(-np.array(places, float)), [0, 0, 0, -1, 0, -1]
    )


def test_a_pole_is_one_place():
    partition = AreaPartition([box(0, 0, 10, 80), box(30, 50, 40, 90)]).fit([[1, 1]])
    places = [[90, 35], [90, -120], [90, 180], [-90, 35]]
    assert_array_equal(partition.predict(places), [1, 1, 1, -1])
    south = AreaPartition([box(0, -80, 10, 0), box(30, -90, 40, -50)]).fit([[-1, 1]])
    assert_array_equal(south.predict(-np.array(places, float)), [1, 1, 1, -1])


def test_of_areas_that_share_a_pole_the_first():
    for latitude in (90, -90):
        narrow, wide = (box(0, latitude / 2, x, latitude) for x in (10, 20))
        for shapes in ([narrow, wide], [wide, narrow], [box(0, -5, 5, 5), wide, wide]):
            partition = AreaPartition(shapes).fit([[1, 1]])
            first = len(shapes) - 2
            assert partition.predict([[latitude, -77], [latitude, 5]]).tolist() == (
                [first, first]
            )


@pytest.mark.parametrize("side", [1, -1])
def test_the_area_of_a_ring_around_a_pole_ends_there(side):
    ring = [(-180, 70), (-90, 70), (0, 70), (90, 70)]
    shape = Polygon([(x, side * y) for x, y in ring[::side]])
    partition = AreaPartition([shape], long_edges="shorter").fit([[side * 80, 0]])
    cap = 2 * np.pi * (1 - np.sin(np.radians(70))) * R**2
    assert_allclose(partition.cells_["area_km2"], cap, rtol=1e-12)
    assert np.abs(partition.cell_outline(0)[:, 0]).max() == 90.0


def test_longitudes_of_other_turns_keep_their_last_digits():
    # The steps of these longitudes add up to nearly zero.
    ring = [(177.7, -19), (178.1, -20), (-179.9, -21), (-178.7, -20), (-176.6, -19)]
    partition = AreaPartition([Polygon(ring)], long_edges="shorter").fit([[-19.5, 179]])
    found = {tuple(point) for point in partition.cell_outline(0).tolist()}
    assert found == {(y, x if x > 0 else x + 360.0) for x, y in ring}


def test_once_around_the_globe_and_no_more():
    assert AreaPartition([box(-100, 0, 260, 1)]).fit([[0.5, 0]]).n_cells_ == 1
    with pytest.raises(ValueError, match=r"-100 to 260\.125, more than once around"):
        AreaPartition([box(-100, 0, 260.125, 1)], long_edges="straight").fit([[0.5, 0]])


def test_the_whole_map():
    partition = AreaPartition([box(-180, -90, 180, 90)]).fit([[0, 0]])
    assert_allclose(partition.cells_["area_km2"], 4 * np.pi * R**2)
    assert (partition.predict(globe(100)) == 0).all()
    assert_array_equal(partition.predict([[90, 0], [-90, 7], [0, 180]]), 0)


def test_areas_by_hand_and_of_s2_cells():
    # A right triangle in the plane: the integral of sin from 0 to 1 over 60 degrees.
    partition = AreaPartition([Polygon([(0, 0), (60, 0), (0, 60)])]).fit([[1, 1]])
    phi = np.linspace(0, np.radians(60), 100_001)
    strip = np.radians(60) * (1 - phi / phi[-1]) * np.cos(phi)
    expected = np.sum((strip[1:] + strip[:-1]) / 2 * np.diff(phi)) * R**2
    assert_allclose(partition.cells_["area_km2"], expected, rtol=1e-8)
    # Small cells have edges that are nearly straight on the map.
    ids = s2_ids_at_level(6)[5000:5400:20]
    shapes = [Polygon(corners[:, ::-1]) for corners in s2_vertices(ids)]
    found = AreaPartition(shapes).fit([[0, 0]]).cells_["area_km2"]
    assert_allclose(found, s2_areas(ids), rtol=2e-3)


# ---- Where areas come from --------------------------------------------------------

SHAPES = [box(0, 0, 10, 10), MultiPolygon([box(20, 0, 30, 10), box(20, 20, 30, 30)])]
NAMES = ["low", "high"]
PLACES = np.array([[5.0, 5.0], [5.0, 25.0], [25.0, 25.0], [15.0, 25.0]])
CELLS = [0, 1, 1, -1]


def collection():
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": f"id{k}",
                "properties": {"name": name, "code": k},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for k, (name, shape) in enumerate(zip(NAMES, SHAPES, strict=True))
        ],
    }


def sources(folder):
    frame = geopandas.GeoDataFrame({"name": NAMES}, geometry=SHAPES, crs=4326)
    path = folder / "areas.geojson"
    path.write_text(json.dumps(collection()))
    return {
        "frame": frame,
        "frame without crs": geopandas.GeoDataFrame({"name": NAMES}, geometry=SHAPES),
        "frame in metres": frame.to_crs(3857),
        "frame of another geometry name": frame.rename_geometry("where"),
        "named series": frame.set_index("name").geometry,
        "dict": collection(),
        "path": path,
        "text path": str(path),
    }


KINDS = (
    "frame", "frame without crs", "frame in metres", "frame of another geometry name",
    "named series", "dict", "path", "text path",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_sources(kind, tmp_path):
    partition = AreaPartition(sources(tmp_path)[kind]).fit(PLACES)
    assert_array_equal(partition.cell_names_, NAMES)
    assert_array_equal(partition.predict(PLACES), CELLS)
    assert_array_equal(partition.cells_["count"], [1, 2])


def test_names():
    assert_array_equal(
        AreaPartition(SHAPES).fit(PLACES).cell_names_, ["area_0", "area_1"]
    )
    by_code = AreaPartition(collection(), name_column="code").fit(PLACES)
    assert_array_equal(by_code.cell_names_, ["0", "1"])
    given = collection()
    by_id = AreaPartition(given, name_column="id").fit(PLACES)
    assert_array_equal(by_id.cell_names_, ["id0", "id1"])
    assert given == collection()


@pytest.mark.parametrize(
    "given", [collection()["features"][1], collection()["features"][1]["geometry"]]
)
def test_a_single_feature(given):
    partition = AreaPartition(given).fit(PLACES)
    assert_array_equal(partition.predict(PLACES), [-1, 0, 0, -1])


def test_representatives():
    partition = AreaPartition([*SHAPES, box(50, 50, 60, 60)]).fit(PLACES)
    cells = partition.cells_
    assert_array_equal(cells["count"], [1, 2, 0])
    # The only place; and the centre, inside the polygon, where there is none.
    assert_allclose(partition.inverse_transform([0, 2]), [[5, 5], [55, 55]], atol=1e-9)
    centers = np.c_[cells["center_latitude"], cells["center_longitude"]]
    assert_array_equal(partition.predict(centers), [0, 1, 2])


def test_outline_of_one_part_is_its_border_and_heights_do_not_matter():
    ring = [(0, 0, 3), (9, 0, 3), (9, 9, 4), (5, 2, 9)]
    partition = AreaPartition([Polygon(ring)]).fit(PLACES)
    found = partition.cell_outline(0)
    assert sorted(map(tuple, found.tolist())) == sorted((y, x) for x, y, _ in ring)
    (feature,) = partition.to_geojson()["features"]
    assert {len(place) for place in feature["geometry"]["coordinates"][0]} == {2}


def test_outline_of_several_parts_is_their_hull():
    ring = AreaPartition(SHAPES).fit(PLACES).cell_outline(1)
    assert {tuple(point) for point in ring.tolist()} == {
        (0.0, 20.0), (0.0, 30.0), (30.0, 30.0), (30.0, 20.0)
    }  # fmt: skip


@pytest.mark.parametrize("wide", ["west", "east"])
def test_parts_are_gathered_around_the_largest(wide):
    west = box(177 if wide == "west" else 179, -19, 180, -16)
    east = box(-180, -19, -178, -16)
    ring = AreaPartition([MultiPolygon([west, east])]).fit([[-17, 179.5]])
    ends = np.sort(np.unique(ring.cell_outline(0)[:, 1]))[[0, -1]].tolist()
    assert ends == ([177.0, 182.0] if wide == "west" else [-181.0, -178.0])


@pytest.mark.parametrize(("apart", "width"), [(90.0, 180.25), (90.0625, 180.125)])
def test_parts_are_gathered_the_shorter_way(apart, width):
    # The middles are 180 or 180.125 degrees apart: more than half a turn is too much.
    parts = [box(x - 0.125, 0, x + 0.125, 1 + (x < 0)) for x in (-apart, apart)]
    ring = AreaPartition([MultiPolygon(parts)]).fit([[0.5, -apart]]).cell_outline(0)
    assert np.ptp(ring[:, 1]) == width


def test_an_edge_of_half_a_turn_goes_straight():
    half = Polygon([(-100, 0), (80, 0), (0, 10)])
    assert AreaPartition([half]).fit([[5, 0]]).predict([[5, 0]])[0] == 0
    with pytest.raises(ValueError, match=r"from longitude -100 to 80\.1, more"):
        AreaPartition([Polygon([(-100, 0), (80.1, 0), (0, 10)])]).fit([[5, 0]])


def test_outlines_begin_on_the_map():
    for turn in (-360.0, 0.0, 360.0):
        shape = box(179.875 + turn, 0, 190.0 + turn, 10)
        ring = AreaPartition([shape]).fit([[5, 180]]).cell_outline(0)
        assert ring[:, 1].min() == 179.875
        shape = box(180.25 + turn, 0, 190.0 + turn, 10)
        ring = AreaPartition([shape]).fit([[5, -175]]).cell_outline(0)
        assert ring[:, 1].min() == -179.75


def test_an_area_just_across_the_antimeridian():
    for shape in (box(170, 0, 180.5, 10), box(-190, 0, -179.5, 10)):
        partition = AreaPartition([shape]).fit([[5, 175]])
        places = [[5, -179.75], [5, -179.25], [5, 179.25]]
        assert_array_equal(partition.predict(places), [0, -1, 0])
    partition = AreaPartition([box(170, 0, 180.125, 10)]).fit([[5, 175]])
    assert_array_equal(partition.predict([[5, -179.9375], [5, -179.75]]), [0, -1])


def test_an_area_that_ends_on_the_antimeridian():
    for shape in (box(170, 0, 180, 10), box(-180, 0, -170, 10)):
        partition = AreaPartition([shape]).fit([[5, 180]])
        assert_array_equal(partition.predict([[5, 180], [5, -180]]), [0, 0])


def test_an_area_that_touches_the_antimeridian_and_crosses_it_elsewhere():
    # One arm ends on the meridian, the other one ten degrees beyond.
    ring = [(170, 0), (180, 0), (180, 10), (175, 10), (175, 20), (190, 20), (190, 30)]
    partition = AreaPartition([Polygon([*ring, (170, 30)])]).fit([[5, 175]])
    places = [[25, -175], [5, -175], [5, 175], [15, 178], [15, 172]]
    assert_array_equal(partition.predict(places), [0, -1, 0, -1, 0])
    (feature,) = partition.to_geojson()["features"]
    parts = shapely.geometry.shape(feature["geometry"])
    assert sorted(part.area for part in parts.geoms) == [100.0, 250.0]


@pytest.mark.parametrize("turn", [-720, -360, 0, 360])
@pytest.mark.parametrize("way", [1, -1])
def test_holes_are_no_part_of_the_area(turn, way):
    # Holes may be drawn in another turn of the globe, and either way around.
    outer = [(0, 0), (30, 0), (30, 30), (0, 30)]
    holes = [
        [(west, 10), (east, 10), (east, 20), (west, 20)]
        for west, east in ((0.125, 0.25), (10, 20), (29.5, 29.75))
    ]
    holes = [[(x + turn, y) for x, y in hole[::way]] for hole in holes]
    partition = AreaPartition([Polygon(outer, holes)]).fit([[5, 5]])
    sine = np.sin(np.radians([30, 20, 10]))
    expected = np.radians(30) * sine[0] - np.radians(10.375) * (sine[1] - sine[2])
    assert_allclose(partition.cells_["area_km2"], expected * R**2, rtol=1e-12)
    places = [[15, x] for x in (0.0625, 0.1875, 0.5, 15, 29, 29.625, 29.875)]
    assert_array_equal(partition.predict(places), [0, -1, 0, -1, 0, -1, 0])


def test_holes_across_the_antimeridian():
    outer = [(170, -30), (-170, -30), (-170, 0), (170, 0)]
    shape = Polygon(outer, [FIJI])
    with pytest.raises(ValueError, match="an edge from longitude 170 to -170"):
        AreaPartition([shape]).fit([[-25, 175]])
    partition = AreaPartition([shape], long_edges="shorter").fit([[-25, 175]])
    places = [[-17, x] for x in (176, 178, -179, -177)]
    assert_array_equal(partition.predict(places), [0, -1, -1, 0])


@pytest.mark.parametrize("latitude", [90.0625, -90.0625])
def test_vertices_and_those_of_holes_are_places(latitude):
    ring = [(1, 0), (2, 0), (2, latitude)]
    for shape in (Polygon(ring), Polygon([(0, -80), (9, -80), (9, 80)], [ring])):
        with pytest.raises(ValueError, match=f"latitude {latitude}, which is no place"):
            AreaPartition([shape]).fit([[0, 1]])
    # Of a ring, the first vertex that is none.
    for bad in (np.nan, np.inf):
        with np.errstate(invalid="ignore"):
            shape = Polygon([(7, 0), (8, 0), (9, bad), (5, 99)])
        with pytest.raises(ValueError, match=f"vertex with longitude 9.0 .* {bad},"):
            AreaPartition([shape]).fit([[0, 1]])
    hole = [(1, 0), (2, 0), (200, 10)]
    with pytest.raises(ValueError, match=r"row 0 .*an edge from longitude 2 to 200"):
        AreaPartition([Polygon([(0, -80), (9, -80), (9, 80)], [hole])]).fit([[0, 1]])


def test_geojson_keeps_holes():
    shape = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    partition = AreaPartition([shape]).fit(PLACES)
    frame = partition.to_geopandas()
    assert frame.geometry[0].equals(shape)
    assert frame.geometry[0].exterior.is_ccw
    assert not frame.geometry[0].interiors[0].is_ccw


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_files(suffix, tmp_path):
    shapes = [*blobs(20), Polygon([(x, y / 4 - 70) for x, y in FIJI])]
    places = globe(1000)
    partition = AreaPartition(shapes, long_edges="shorter", uncovered="nearest")
    partition.fit(places)
    partition.save(tmp_path / f"areas{suffix}")
    loaded = AreaPartition.load(tmp_path / f"areas{suffix}")
    assert_array_equal(loaded.cells_, partition.cells_)
    others = globe(3000, seed=4)
    assert_array_equal(loaded.predict(others), partition.predict(others))
    assert_array_equal(loaded.cell_outline(20), partition.cell_outline(20))
    assert loaded.uncovered == "nearest"
    # The areas are in the file, so that it can be fitted again.
    again = clone(loaded).fit(places)
    assert_array_equal(again.cells_, partition.cells_)


def test_damaged_files(tmp_path):
    path = tmp_path / "areas.json"
    AreaPartition(collection()).fit(PLACES).save(path)
    head = json.loads(path.read_text())
    # GeoJSON after RFC 7946, for whoever looks into the file.
    held = head["parameters"]["areas"]
    assert held["type"] == "FeatureCollection"
    assert [feature["type"] for feature in held["features"]] == ["Feature"] * 2
    # Text in the place of areas is no path to be read.
    other = tmp_path / "other.geojson"
    other.write_text(json.dumps(collection()))
    for areas, words in (
        (str(other), "it does not hold its areas"),
        ({"type": "FeatureCollection", "features": [3]}, "3 is no feature"),
        (collection()["features"][0], "the names of its areas are not those"),
    ):
        head["parameters"]["areas"] = areas
        path.write_text(json.dumps(head))
        with pytest.raises(ValueError, match=f"areas.json is damaged: .*{words}"):
            AreaPartition.load(path)


def test_pickle_and_refill():
    shapes = blobs(20)
    places = globe(2000)
    partition = AreaPartition(shapes).fit(places[:500])
    copy = pickle.loads(pickle.dumps(partition))
    assert_array_equal(copy.predict(places), partition.predict(places))
    copy.refill(places)
    expected = slow_predict(shapes, places)
    assert_array_equal(
        copy.cells_["count"], np.bincount(expected[expected >= 0], minlength=20)
    )


# ---- Words ------------------------------------------------------------------------

BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


@pytest.mark.parametrize(
    ("areas", "params", "words"),
    [
        ([], {}, "areas is empty"),
        (
            [SHAPES[0], Polygon()],
            {},
            r"row 1 \('area_1'\) is an empty polygon. Drop it",
        ),
        ([BOWTIE], {}, r"row 0 .* no valid polygon: Self-intersection.*make_valid"),
        ([Point(1, 2)], {}, r"row 0 .* is a Point, and only a Polygon"),
        ([box(0, 0, 10, 95)], {}, "latitude 95.0, which is no place.*in this order"),
        ([box(0, 0, 5e5, 5e5)], {}, "latitude 500000.0, which is no place.*to_crs"),
        ([box(-200, 0, 200, 10)], {"long_edges": "straight"}, "more than once around"),
        ([Polygon(FIJI)], {}, "an edge from longitude 177 to -178.*long_edges"),
        (collection(), {"name_column": "land"}, "'land' is no column.*'name', 'code'"),
        (SHAPES, {"name_column": "land"}, "no column of areas. They have: none"),
        ({"type": "Point", "coordinates": [0, 0]}, {}, "type 'Point' holds no areas"),
        ({"a": 1}, {}, "type None holds no areas"),
        (
            {"type": "Polygon", "coordinates": [[["a", "b"]]]},
            {},
            "row 0: its geometry is no GeoJSON",
        ),
        (
            {"type": "Feature", "geometry": None},
            {},
            "row 0: the feature has no geometry",
        ),
    ],
)
def test_bad_areas(areas, params, words):
    with pytest.raises(ValueError, match=words):
        AreaPartition(areas, **params).fit(PLACES)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        (SHAPES[0], r"a single Polygon. Put it into a list"),
        (3, "areas must be polygons; got 3"),
        (["here"], "row 0 .* is 'here', not a polygon"),
    ],
)
def test_areas_of_a_wrong_type(areas, words):
    with pytest.raises(TypeError, match=words):
        AreaPartition(areas).fit(PLACES)


def test_bad_names():
    frame = geopandas.GeoDataFrame({"name": ["a", None]}, geometry=SHAPES)
    with pytest.raises(ValueError, match="row 1: the name in 'name' is missing"):
        AreaPartition(frame).fit(PLACES)
    frame["name"] = ["a", " "]
    with pytest.raises(ValueError, match="row 1: the name in 'name' is missing"):
        AreaPartition(frame).fit(PLACES)
    nameless = collection()
    del nameless["features"][1]["properties"]["name"]
    with pytest.raises(ValueError, match="row 1: the name in 'name' is missing"):
        AreaPartition(nameless).fit(PLACES)
    with pytest.raises(ValueError, match=r"'land' is no column .* have: 'name'\.$"):
        AreaPartition(frame, name_column="land").fit(PLACES)
    frame["name"] = "a"
    with pytest.raises(ValueError, match=r"rows 0 and 1 are both named 'a'.*dissolve"):
        AreaPartition(frame).fit(PLACES)
    frame = geopandas.GeoDataFrame({"name": NAMES}, geometry=[SHAPES[0], None])
    with pytest.raises(ValueError, match="row 1: the geometry is missing"):
        AreaPartition(frame).fit(PLACES)


def test_columns_of_one_name_are_refused():
    columns = dict.fromkeys(["code", "land", "lake"], NAMES)
    frame = geopandas.GeoDataFrame(columns, geometry=SHAPES)
    assert AreaPartition(frame, name_column="code").fit(PLACES).n_cells_ == 2
    frame.columns = ["code", "land", "land", "geometry"]
    for name_column in ("land", None):
        with pytest.raises(ValueError, match="areas has several columns called 'land'"):
            AreaPartition(frame, name_column=name_column).fit(PLACES)


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.json is not there"):
        AreaPartition(tmp_path / "nowhere.json").fit(PLACES)
    path = tmp_path / "text.geojson"
    path.write_text("no json")
    with pytest.raises(ValueError, match=r"text.geojson is no GeoJSON.*read_file"):
        AreaPartition(path).fit(PLACES)
    # Python reads as many brackets, and shapely does not, or finds nothing in them.
    path.write_text(f'{{"type": "Polygon", "coordinates": {"[" * 900}{"]" * 900}}}')
    words = r"text.geojson.* (is no GeoJSON|is an empty polygon)"
    with pytest.raises(ValueError, match=words):
        AreaPartition(path).fit(PLACES)
    path.write_text("[1, 2]")
    with pytest.raises(ValueError, match="holds a list, not an object"):
        AreaPartition(path).fit(PLACES)


def test_without_shapely(monkeypatch):
    monkeypatch.setitem(sys.modules, "shapely", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[geo\]'"):
        AreaPartition([1]).fit(PLACES)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        (
            {"type": "FeatureCollection", "features": None},
            '"features" of a FeatureCollection is a list; got None',
        ),
        (
            {
                "type": "Feature",
                "properties": [1],
                "geometry": json.loads(shapely.to_geojson(box(0, 0, 1, 1))),
            },
            r"row 0: its properties are \[1\], not an object",
        ),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]},
            r"row 0: its geometry is no GeoJSON: .*[^.]\.$",
        ),
        (
            {
                "type": "Polygon",
                "coordinates": [[[0, 0], [1, float("nan")], [1, 1], [0, 0]]],
            },
            "row 0",
        ),
    ],
    ids=["features", "properties", "two corners", "NaN"],
)
def test_warts_of_geojson(areas, words):
    with pytest.raises(ValueError, match=words):
        AreaPartition(areas).fit([[0.5, 0.5]])


def test_labels_of_a_series_are_names_if_all_are_texts():
    for labels, names in (
        (["a", "b"], ["a", "b"]),
        (["a", 1], ["area_0", "area_1"]),
        ([5, 7], ["area_0", "area_1"]),
    ):
        series = geopandas.GeoSeries(SHAPES, index=labels)
        assert_array_equal(AreaPartition(series).fit(PLACES).cell_names_, names)


def test_an_array_of_geometries():
    import geopandas

    shapes = [box(0, 0, 1, 1), box(1, 0, 2, 1)]
    frame = geopandas.GeoSeries(shapes)
    for areas in (frame.values, np.array(shapes, dtype=object)):
        partition = AreaPartition(areas).fit([[0.5, 0.5], [0.5, 1.5]])
        assert_array_equal(partition.predict([[0.2, 1.8], [0.2, 0.2]]), [1, 0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "is no GeoJSON"),
        ('{"type": ' + "9" * 5000 + "}", "is no GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "areas is empty"),
        ('{"type": "Polygon", "coordinates": []}', "areas, row 0"),
        (
            '{"type": "Polygon", "coordinates": [[[1, 2], [3, %s], [4, 5], [1, 2]]]}'
            % ("9" * 400),
            # Why is in the words of shapely: those of 2.0, and of newer ones.
            "row 0: its geometry is no GeoJSON: "
            "(Inconsistent coordinate|int too large to convert to float)",
        ),
        (
            '{"type": "Feature", "properties": {"name": "%s"}, "geometry": {"type": '
            '"Polygon", "coordinates": [[[1, 2], [3, 95], [4, 5], [1, 2]]]}}'
            % ("y" * 9999),
            r"areas, row 0 \('y{59}\) has a vertex",
        ),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path, text, words):
    path = tmp_path / "areas.geojson"
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        AreaPartition(path).fit([[0.0, 0.0]])
    assert str(path) in str(caught.value)
