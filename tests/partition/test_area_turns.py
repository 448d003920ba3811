# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Areas in other turns of the globe: borders, rings around a pole, and their holes."""

from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shapely import MultiPolygon, Polygon, box, get_parts
from shapely.geometry import shape

from sklearn_geo.partition import AreaPartition
from tests.partition.common import globe

R = 6371.0088
# A coast that runs back on itself twice, above and below its other parts.
COAST = [(-160, -62), (-110, -60), (-75, -63), (-40, -60), (-20, -62), (-50, -66)]
COAST += [(-15, -70), (40, -60), (100, -61), (140, -60), (165, -64), (120, -68)]
COAST += [(175, -72)]
LAKE = [(172, -81), (-170, -81), (-170, -79), (172, -79)]
POND = [(12, -81), (18, -81), (18, -79), (12, -79)]
ROUND_THE_POLE = [(-150, -84), (-30, -85), (90, -84)]


def fitted(*shapes, long_edges="error"):
    return AreaPartition(list(shapes), long_edges=long_edges).fit([[-76.0, 170.0]])


def mirrored(ring, side):
    return [(x, -side * y) for x, y in ring]


def started_at(ring, first):
    return ring[first:] + ring[:first]


def strip(west, east):
    return Polygon(
        [(west, -80), (-150, -80), (east, -80), (east, 20), (-150, 20), (west, 20)]
    )


def in_cap(rings, place, side):
    """Count the edges between a place and the pole; an even number is inside."""
    latitude, longitude = side * place[0], place[1]
    inside = True
    for ring in rings:
        for (x, y), (x_end, y_end) in zip(ring, ring[1:] + ring[:1], strict=True):
            start = (x - longitude + 180.0) % 360.0 - 180.0
            end = start + (x_end - x + 180.0) % 360.0 - 180.0
            if (start < 0.0) != (end < 0.0):
                crossing = side * (y + (y_end - y) * start / (start - end))
                inside ^= crossing > latitude
    # A ring around the pole within the cap leaves the pole out.
    return inside ^ (ROUND_THE_POLE in [mirrored(ring, side) for ring in rings])


# ---- Borders -----------------------------------------------------------------------


@pytest.mark.parametrize("east", [-70.1, -0.3, -100.7, -1 / 3, -10 / 7, -127.9])
def test_a_border_that_was_turned_is_met(east):
    west = 160.2
    area, rest = strip(west, east), box(east, -80, 10, 20)
    borders = [[0, east], [20, east], [-80, west], [20, -150]]
    for ring in (area, area.reverse()):
        for first in range(6):
            points = list(ring.exterior.coords)[:-1]
            shapes = [Polygon(started_at(points, first)), rest]
            partition = fitted(*shapes, long_edges="shorter")
            assert_array_equal(partition.predict(borders), 0)
            # Written and read as well, where borders of many digits may lose one.
            if east in (-70.1, -0.3, -100.7, -127.9):
                again = AreaPartition(partition.to_geojson()).fit([[-76.0, 170.0]])
                assert_array_equal(again.predict(borders), 0)


def test_a_border_beyond_180_is_met():
    for east in np.arange(1811, 3290, 7) / 10.0:
        partition = fitted(box(150, -80, east, 20))
        assert_array_equal(partition.predict([[0, east], [20, east], [0, 150]]), 0)
    for west in np.arange(-2790, -1810, 7) / 10.0:
        partition = fitted(box(west, -80, -100.3, 20))
        assert_array_equal(partition.predict([[0, west], [0, -100.3], [20, west]]), 0)


@pytest.mark.parametrize("turn", [-3600, 3600])
def test_a_border_that_was_drawn_a_turn_away_is_met_as_it_is_on_the_map(turn, tmp_path):
    for tenths in range(-1790, 1790, 13):
        on_map, drawn = tenths / 10.0, (tenths + turn) / 10.0
        for inner in (drawn + 1.7, drawn - 1.7):
            area = box(min(drawn, inner), -20, max(drawn, inner), 20)
            partition = fitted(area)
            places = [[0, on_map], [0, drawn], [20, on_map], [-20, drawn]]
            assert_array_equal(partition.predict(places), 0)
            # A tenth of a millimetre beside it.
            outside = np.sign(drawn - inner) * 1e-9
            assert partition.predict([[0, on_map + outside]]) == -1
    partition.save(tmp_path / "areas.json")
    assert_array_equal(AreaPartition.load(tmp_path / "areas.json").predict(places), 0)


@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("digits", [1, 4, 6, 9])
def test_a_border_of_any_digits_is_met_whatever_turn_it_was_drawn_in(turns, digits):
    rng = np.random.default_rng(digits)
    for _ in range(40):
        # Decimals know what floats round: where a border is after whole turns.
        west = Decimal(str(round(rng.uniform(-180, 180), digits)))
        east = west + Decimal(str(round(rng.uniform(1, 300), digits)))
        drawn = [float(x + 360 * turns) for x in (west, east)]
        on_map = [float(x - 360 * (x >= 180)) for x in (west, east)]
        beside = Decimal("1e-10")
        out = [west - beside, east + beside]
        out = [float(x - 360 * (x >= 180) + 360 * (x < -180)) for x in out]
        partition = fitted(box(drawn[0], -20, drawn[1], 20), long_edges="straight")
        again = AreaPartition(partition.to_geojson(), long_edges="straight")
        for one in (partition, again.fit([[0.0, 0.0]])):
            assert_array_equal(one.predict([[0, x] for x in on_map]), 0)
            assert_array_equal(one.predict([[0, x] for x in out]), -1)


@pytest.mark.parametrize("turn", [-360, 360])
@pytest.mark.parametrize("digits", [11, 12, 13])
def test_most_borders_of_more_digits_are_met_a_turn_away(turn, digits):
    # Floats of 360 and more do not know these digits: what is lost is lost.
    rng, met = np.random.default_rng(0), []
    for _ in range(60):
        west = Decimal(str(round(rng.uniform(-170, 170), digits)))
        drawn = box(float(west + turn), -20, float(west + turn + 1), 20)
        met += fitted(drawn).predict([[0, float(west)], [0, float(west + 1)]]).tolist()
    assert met.count(-1) <= 12


def test_belts_that_begin_anywhere_have_no_gap():
    rng = np.random.default_rng(0)
    for west in rng.uniform(-180, 180, 100):
        partition = fitted(box(west, -20, west + 360, 20))
        beside = [np.nextafter(west, -500), west, np.nextafter(west, 500), 0.0, -180.0]
        assert_array_equal(partition.predict([[0, x] for x in beside]), 0)
        (polygon,) = get_parts(shape(partition.to_geojson()["features"][0]["geometry"]))
        assert_allclose(polygon.bounds, [-180, -20, 180, 20], atol=1e-9)
    with pytest.raises(ValueError, match="more than once around the globe"):
        fitted(box(10.0, -20, 370.0 + 1e-8, 20), long_edges="straight")


def test_what_is_next_to_a_border_is_not_on_it():
    for west, east in ((10.0, 20.0), (10.1, 20.3), (1 / 3, 50 / 3), (-349.7, -339.9)):
        shape = box(west, -20, east, 20)
        partition = fitted(shape)
        x_west, _, x_east, _ = partition._cells.shapes[0].bounds
        beside = [np.nextafter(x_west, -500), np.nextafter(x_east, 500)]
        assert_array_equal(partition.predict([[0, x] for x in beside]), -1)
        assert_array_equal(partition.predict([[0, x_west], [0, x_east]]), 0)


def test_a_file_keeps_what_is_on_the_border(tmp_path):
    partition = fitted(strip(160.2, -70.1), long_edges="shorter")
    partition.save(tmp_path / "areas.json")
    borders = [[0, -70.1], [20, -70.1], [0, 160.2]]
    loaded = AreaPartition.load(tmp_path / "areas.json")
    assert_array_equal(loaded.predict(borders), 0)


def test_parts_that_overlap_a_turn_apart_are_refused():
    for west in (-180, -175, -170.01):
        parts = [box(170, -80, 190, 10), box(west, -80, west + 5, 10)]
        with pytest.raises(ValueError, match="no valid polygon: parts of it overlap"):
            fitted(MultiPolygon(parts))
    parts = [box(170, -80, 190, 10), box(-169, -80, -160, 10)]
    assert_array_equal(
        fitted(MultiPolygon(parts)).predict([[0, -171], [0, -169.5], [0, -165]]),
        [0, -1, 0],
    )


@pytest.mark.parametrize("border", [-170.0, -169.7, -512 / 3])
def test_parts_that_share_a_border_a_turn_apart_are_one_area(border, tmp_path):
    parts = [box(170, -80, border + 360, 10), box(border, -80, -160, 10)]
    partition = fitted(MultiPolygon(parts))
    sines = np.sin(np.radians([10, 80]))
    assert_allclose(partition.cells_["area_km2"], np.radians(30) * sines.sum() * R**2)
    places = [[0, -170.5], [0, border], [0, -165], [0, -159], [0, 169]]
    assert_array_equal(partition.predict(places), [0, 0, 0, -1, -1])
    partition.save(tmp_path / "areas.json")
    loaded = AreaPartition.load(tmp_path / "areas.json")
    assert_array_equal(loaded.predict(places), [0, 0, 0, -1, -1])


def test_a_file_from_before_overlap_was_refused_is_read(tmp_path):
    path = tmp_path / "areas.json"
    parts = [box(170, -80, 190, 10), box(-169, -80, -160, 10)]
    fitted(MultiPolygon(parts)).save(path)
    # The western side of the second part, moved over the first one.
    text = path.read_text(encoding="utf-8")
    assert "-169.0" in text
    path.write_text(text.replace("-169.0", "-175.0"), encoding="utf-8")
    loaded = AreaPartition.load(path)
    places = [[0, 171], [0, -172], [0, -165], [0, -159]]
    assert_array_equal(loaded.predict(places), [0, 0, 0, -1])
    with pytest.raises(ValueError, match="no valid polygon: parts of it overlap"):
        loaded.fit(places)


# ---- Around a pole -----------------------------------------------------------------


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize(
    "holes",
    [[], [POND], [LAKE], [POND, LAKE], [ROUND_THE_POLE], [POND, ROUND_THE_POLE]],
)
def test_where_a_ring_starts_makes_no_difference(side, holes):
    coast = mirrored(COAST, side)
    holes = [mirrored(hole, side) for hole in holes]
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, -55, 600), rng.uniform(-180, 180, 600)])
    places[:, 0] *= -side
    expected = [0 if in_cap([coast, *holes], place, side) else -1 for place in places]
    assert 0.1 < np.mean(expected) + 1.0 < 0.9
    areas = set()
    for first in range(len(coast)):
        for way in (1, -1):
            turned = [
                hole[first % len(hole) :] + hole[: first % len(hole)] for hole in holes
            ]
            area = Polygon(started_at(coast, first)[::way], turned)
            partition = AreaPartition([area], long_edges="shorter").fit(
                places, np.ones(len(places))
            )
            assert_array_equal(partition.predict(places), expected)
            polygon = shape(partition.to_geojson()["features"][0]["geometry"])
            assert polygon.is_valid
            assert -180.0 <= polygon.bounds[0] < polygon.bounds[2] <= 180.0
            vertices = {point for ring in [coast, *holes] for point in ring}
            assert vertices <= set(_points(polygon))
            areas.add(round(float(partition.cells_["area_km2"][0]), 3))
    assert max(areas) - min(areas) < 0.01


def _points(polygon):
    for part in getattr(polygon, "geoms", [polygon]):
        for ring in (part.exterior, *part.interiors):
            yield from ring.coords


@pytest.mark.parametrize("outer", [-180.0, 45.0, 45.3, -1 / 3])
@pytest.mark.parametrize("turn", ["177 to -177", 177.0, -183.0, 537.0])
def test_a_lake_across_180_in_a_cap_that_is_drawn(outer, turn):
    cap = [(outer, -90), (outer + 360, -90), (outer + 360, -60), (outer, -60)]
    if turn == "177 to -177":
        lake = [(177, -81), (-177, -81), (-177, -79), (177, -79)]
    else:
        lake = [(turn, -81), (turn + 6, -81), (turn + 6, -79), (turn, -79)]
    partition = fitted(Polygon(cap, [lake]), long_edges="shorter")
    places = [[-80, 179], [-80, 180], [-80, -178], [-80, 0], [-79, 180], [-80, 177]]
    assert_array_equal(partition.predict(places), [-1, -1, -1, 0, 0, 0])
    assert partition.predict([[-90, 0], [-60, outer], [-59, outer]]).tolist() == [
        0,
        0,
        -1,
    ]
    sines = np.sin(np.radians([60, 90, 79, 81]))
    expected = 2 * np.pi * (sines[1] - sines[0]) - np.radians(6) * (sines[3] - sines[2])
    assert_allclose(partition.cells_["area_km2"], expected * R**2)
    collection = partition.to_geojson()
    assert shape(collection["features"][0]["geometry"]).is_valid
    again = AreaPartition(collection, long_edges="straight").fit([[-70.0, 0.0]])
    others = globe(500)
    assert_array_equal(again.predict(others), partition.predict(others))


def test_a_file_keeps_areas_around_a_pole(tmp_path):
    area = Polygon(COAST, [POND, LAKE])
    partition = fitted(area, long_edges="shorter")
    partition.save(tmp_path / "areas.json")
    loaded = AreaPartition.load(tmp_path / "areas.json")
    assert loaded.to_geojson() == partition.to_geojson()
    assert_array_equal(loaded.cell_outline(0), partition.cell_outline(0))


@pytest.mark.parametrize(
    ("holes", "words"),
    [
        (
            [[(0, -70), (10, -70), (10, -50), (0, -50)]],
            "its holes overlap, or reach out",
        ),
        (
            [
                [(0, -70), (10, -70), (10, -65), (0, -65)],
                [(5, -69), (15, -69), (15, -66)],
            ],
            "its holes overlap, or reach out of it",
        ),
        (
            [[(-180, -90), (180, -90), (180, -60), (-180, -60)]],
            "its holes leave nothing",
        ),
        ([[(0, -70), (10, -65), (10, -70), (0, -65)]], "Self-intersection"),
        ([[(0, 70), (10, 70), (10, 65), (0, 65)]], "its holes overlap, or reach out"),
    ],
    ids=["reaches out", "overlap", "all of it", "no ring", "outside"],
)
def test_holes_that_are_wrong_are_refused(holes, words):
    words = rf"^areas, row 0 .* is no valid polygon: {words}.*\. Repair it first"
    for outer in (-180, 45):
        cap = [(outer, -90), (outer + 360, -90), (outer + 360, -60), (outer, -60)]
        with pytest.raises(ValueError, match=words):
            fitted(Polygon(cap, holes))
    with pytest.raises(ValueError, match="is no valid polygon: "):
        fitted(
            Polygon(box(0, -90, 90, -60).exterior, [ROUND_THE_POLE]),
            long_edges="shorter",
        )


def test_a_ring_across_the_equator_holds_one_pole_wherever_it_starts():
    # On the mean 2 degrees north; the vertex that closes it counts once.
    ring = [(-120, 30), (0, -34), (120, 10)]
    for first in range(3):
        for way in (1, -1):
            partition = fitted(
                Polygon(started_at(ring, first)[::way]), long_edges="shorter"
            )
            places = [
                [90, 0],
                [-90, 0],
                [-1.9, -60],
                [-2.1, -60],
                [10.1, 120],
                [20.1, 180],
            ]
            assert_array_equal(partition.predict(places), [0, -1, 0, -1, 0, 0])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_ring_around_a_pole_that_is_closed_at_180(side):
    # Straight along 60 degrees, and with a wave that is valid on the map, too.
    for south in (-60, -70):
        ring = [(-180, -60), (-90, south), (0, -60), (90, south), (180, -60)]
        partition = AreaPartition(
            [Polygon(mirrored(ring, side))], long_edges="shorter"
        ).fit([[side * 80.0, 0.0]])
        places = [[90, 0], [60.001, 180], [60.001, -0.001], [75, 90], [59, 0], [65, 90]]
        places = np.array(places) * [side, 1.0]
        expected = [0, 0, 0, 0, -1, 0 if south == -60 else -1]
        assert_array_equal(partition.predict(places), expected)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_ring_that_is_closed_at_180_is_read_as_drawn_unless_asked(side):
    ring = mirrored([(-180, -60), (-60, -60), (60, -60), (180, -60)], side)
    with pytest.raises(ValueError, match="is no valid polygon: Self-intersection"):
        fitted(Polygon(ring))
    wave = fitted(Polygon(mirrored([(-180, -60), (0, -70), (180, -60)], side)))
    assert_array_equal(
        wave.predict(side * np.c_[[85.0, 65.0, 62.0], 3 * [0.0]]), [-1, 0, 0]
    )


def test_a_belt_that_crosses_itself_is_refused():
    with pytest.raises(ValueError, match=r"no valid polygon: Self-intersection\[0 5\]"):
        fitted(Polygon([(-180, 0), (180, 10), (180, 0), (-180, 10)]))


@pytest.mark.parametrize("first", range(6))
def test_a_crossing_is_named_where_it_is(first):
    # From 70 degrees at 20 to 50 at 30: it meets the edge along 60 degrees at 25.
    ring = [(0, 60), (40, 60), (20, 70), (30, 50), (120, 60), (-120, 60)]
    with pytest.raises(ValueError, match=r"polygon: Self-intersection\[25 60\]\. Rep"):
        fitted(Polygon(started_at(ring, first)), long_edges="shorter")
    # Within the turn, drawn east of the map: the diagonals meet in the middle, at 185.
    bow = [(180, -5), (190, 5), (190, -5), (180, 5)]
    with pytest.raises(ValueError, match=r"polygon: Self-intersection\[-175 0\]\. Rep"):
        fitted(Polygon(bow))


@pytest.mark.parametrize("doubled", [(180, -180), (-180, 180)])
def test_a_corner_at_180_may_be_written_twice(doubled):
    corner = [(x, -10) for x in doubled]
    if doubled == (180, -180):
        ring = [*corner, (-170, 10), (170, 10)]
    else:
        ring = [*corner, (170, 10), (-170, 10)]
    places = [[-9.9, 180], [0, 175.1], [0, -175.1], [0, 174.9], [0, -174.9], [0, 0]]
    # 20 degrees wide at the top: minus the mean sine, which is 0 along both sides.
    expected = np.radians(20) * np.sin(np.radians(10)) * R**2
    for first in range(4):
        for way in (1, -1):
            area = Polygon(started_at(ring, first)[::way])
            partition = fitted(area, long_edges="shorter")
            assert_array_equal(partition.predict(places), [0, 0, 0, -1, -1, -1])
            assert_allclose(partition.cells_["area_km2"], expected)


def test_an_outline_may_stop_at_180_on_both_sides():
    south = [(170, -10), (180, -10), (-180, -10), (-170, -10)]
    ring = [*south, *((x, 10) for x, _ in south[::-1])]
    for first in range(8):
        for way in (1, -1):
            area = Polygon(started_at(ring, first)[::way])
            partition = fitted(area, long_edges="shorter")
            places = [[0, 171], [0, 180], [0, -171], [10, -170], [0, 0], [-10, 0]]
            assert_array_equal(partition.predict(places), [0, 0, 0, 0, -1, -1])
            width = 2 * np.radians(20) * np.sin(np.radians(10))
            assert_allclose(partition.cells_["area_km2"], width * R**2)


def test_full_turns_along_the_edge_of_the_map_stay_what_they_are():
    cap = [(-180, -90), (180, -90), (180, -84), (90, -70), (0, -75), (-180, -84)]
    band = [(-180, -80), (0, -80), (180, -80), (180, 10), (-180, 10)]
    for long_edges in ("shorter", "straight"):
        partition = fitted(Polygon(cap), long_edges=long_edges)
        assert_array_equal(
            partition.predict([[-90, 0], [-80, 10], [-70, 0]]), [0, 0, -1]
        )
        partition = fitted(Polygon(band), long_edges=long_edges)
        assert_array_equal(
            partition.predict([[-90, 0], [0, 179], [11, 0]]), [-1, 0, -1]
        )
        width = 2 * np.pi * (np.sin(np.radians(80)) + np.sin(np.radians(10)))
        assert_allclose(partition.cells_["area_km2"], width * R**2)


def test_more_than_once_around_a_pole_is_refused():
    ring = [(x % 360 - 180, -60 - x / 90) for x in range(0, 720, 60)]
    with pytest.raises(ValueError, match="more than once around the globe"):
        fitted(Polygon(ring), long_edges="shorter")


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("turn", [-5, -2, 1, 3])
def test_a_ring_around_a_pole_may_be_drawn_in_any_turn(side, turn):
    ring = mirrored(COAST, side)
    moved = [(x + 360 * turn, y) for x, y in ring]
    here, there = (fitted(Polygon(r), long_edges="shorter") for r in (ring, moved))
    places = globe(500, seed=4)
    places[:, 0] = side * np.abs(places[:, 0])
    assert_array_equal(there.predict(places), here.predict(places))
    assert_allclose(there.cells_["area_km2"], here.cells_["area_km2"], rtol=1e-12)
