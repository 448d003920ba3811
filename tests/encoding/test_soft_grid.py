# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""SoftGridEncoder: GPS2Vec's initial encoding of places."""

import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import utm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Proj
from shapely import box
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo.encoding import SoftGridEncoder
from sklearn_geo.encoding._grid_planes import zone_extent
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    bearing,
    destination,
    pairwise_haversine,
    utm_zone_bounds,
    utm_zone_ids,
    utm_zone_names,
)
from sklearn_geo.partition import (
    AreaPartition,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)


def project(latitude, longitude, zone):
    """Easting and northing in a zone by the utm package's scalar call."""
    number, letter = int(zone[:-1]), zone[-1]
    easting, northing, *_ = utm.from_latlon(
        latitude, longitude, force_zone_number=number, force_northern=letter >= "N"
    )
    if letter < "N" and latitude == 0:  # the package takes the equator for northern
        northing = 1e7
    return easting, northing


def own_zone(latitude, longitude):
    number = utm.latlon_to_zone_number(latitude, longitude)
    return f"{number}{utm.latitude_to_zone_letter(latitude)}"


def slow_extent(zone, paper):
    """Scan the whole zone, not only its outline, with the utm package."""
    south, west, north, east = utm_zone_bounds(utm_zone_ids([zone]))[0]
    points = [
        project(float(latitude), float(longitude), zone)
        for latitude in np.linspace(south, north, 9)
        for longitude in np.linspace(west, east, 13 if east - west != 9 else 19)
    ]
    (e0, n0), (e1, n1) = np.min(points, axis=0), np.max(points, axis=0)
    return (e0, n0, 1e6 - e0 if paper else e1, n1)


def slow_cells(place, n_rows, n_cols, sigma_km, paper=False):
    """Write down the formula in two loops."""
    zone = own_zone(*place)
    easting, northing = project(*place, zone)
    e0, n0, e1, n1 = slow_extent(zone, paper)
    values = []
    for column in range(n_cols):
        for row in range(n_rows):
            centre_e = e0 + (column + 0.5) * (e1 - e0) / n_cols
            centre_n = n0 + (row + 0.5) * (n1 - n0) / n_rows
            distance = math.hypot(easting - centre_e, northing - centre_n)
            values.append(math.exp(-distance / (1000 * sigma_km)))
    return values


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(4)
    latitude = rng.uniform(-79.9, 83.9, 25)
    odd = [[60.2, 1.5], [60.2, 5.3], [78.2, 8.5], [78.2, 15.6], [80.0, 39.5]]
    return np.concatenate(
        [np.column_stack([latitude, rng.uniform(-180, 180, 25)]), odd]
    )


def test_worked_by_hand():
    # Zone 31N, 0 to 8 degrees north and 0 to 6 east. On the equator its eastings run
    # from 166,021 to 833,979 m, so with two columns centres are at a quarter and three
    # quarters of 667,957 m: 166,989 m left and right of the central meridian, 500,000
    # m. Northings run from 0 to 885,504 m, so with two rows centres are at 221,376 and
    # 664,128 m.
    values = SoftGridEncoder(2, 2, 100).fit_transform([[0.0, 3.0]])[0]
    low, high = math.hypot(166_989.28, 221_375.94), math.hypot(166_989.28, 664_127.82)
    assert low == pytest.approx(277_295, abs=1)
    assert high == pytest.approx(684_800, abs=1)
    by_hand = [math.exp(-low / 1e5), math.exp(-high / 1e5)]
    assert_allclose(by_hand, [0.06248, 0.001062], rtol=1e-3)
    # Column after column, each from south to north.
    assert_allclose(values, by_hand * 2, rtol=1e-6)


def test_eastings_vary_slowest():
    # The south-western corner of zone 31N is nearest to the first cell; its
    # neighbour in the north is the second column of the output, in the east the 21st.
    encoder = SoftGridEncoder(n_rows=20, n_cols=10).fit([[0.0, 0.0]])
    names = encoder.get_feature_names_out()
    assert len(names) == 200
    assert list(names[[0, 1, 19, 20, 199]]) == [
        "cell_r00_c00",
        "cell_r01_c00",
        "cell_r19_c00",
        "cell_r00_c01",
        "cell_r19_c09",
    ]
    values = encoder.transform([[0.01, 0.05], [7.99, 0.1], [0.01, 5.95]])
    assert_array_equal(values.argmax(axis=1), [0, 19, 180])


def test_names_of_large_grids_are_of_one_length():
    encoder = SoftGridEncoder(n_rows=101, n_cols=2).fit([[0.0, 0.0]])
    assert encoder.get_feature_names_out()[[0, 100, 101]].tolist() == [
        "cell_r000_c000",
        "cell_r100_c000",
        "cell_r000_c001",
    ]


@pytest.mark.parametrize("extent", ["tight", "paper"])
@pytest.mark.parametrize(("n_rows", "n_cols"), [(20, 20), (7, 3), (1, 1)])
def test_against_loops_over_utm(world, n_rows, n_cols, extent):
    found = SoftGridEncoder(n_rows, n_cols, 35.0, extent=extent).fit_transform(world)
    expected = [
        slow_cells(tuple(map(float, place)), n_rows, n_cols, 35.0, extent == "paper")
        for place in world
    ]
    assert_allclose(found, expected, rtol=1e-4)


def test_typical_sizes_of_the_papers_grid(world):
    values = SoftGridEncoder().fit_transform(world)
    assert values.shape == (len(world), 400)
    # On the equator cells are 33 by 44 km: the nearest centre is within 28 km, and the
    # sum is near 2 pi sigma^2 over the area of a cell, 1.7.
    equator = SoftGridEncoder().fit_transform([[4.0, 3.0], [4.1, 3.2]])
    assert (equator.max(axis=1) > math.exp(-28 / 20)).all()
    assert_allclose(equator.sum(axis=1), 2 * math.pi * 400 / (33.4 * 44.3), rtol=0.08)


@pytest.mark.parametrize("zone", ["31N", "30M", "31V", "32V", "31X", "33X", "37X"])
def test_extents_against_a_scan_of_the_zone(zone):
    number = int(utm_zone_ids([zone])[0])
    for extent in ("tight", "paper"):
        expected = slow_extent(zone, extent == "paper")
        assert_allclose(zone_extent(number, extent), expected, atol=0.01)


def test_extents_of_zones_that_are_not_symmetric():
    def eastings(zone, extent):
        return np.round(zone_extent(int(utm_zone_ids([zone])[0]), extent))[[0, 2]]

    # 31X goes from its central meridian 3 degrees west and 6 east: the mirror image
    # leaves out the east.
    assert eastings("31X", "tight")[1] > eastings("31X", "paper")[1] + 100_000
    # 31V ends at its central meridian; 32V and 37X go farther west than east.
    assert eastings("31V", "tight")[1] == 500_000
    for zone in ("31V", "32V", "37X"):
        assert eastings(zone, "tight")[1] < eastings(zone, "paper")[1] - 100_000
    for zone in ("33X", "35X", "1C"):
        assert_array_equal(eastings(zone, "tight"), eastings(zone, "paper"))


def test_every_zone_has_an_extent():
    extents = np.array([zone_extent(i) for i in range(1201)])
    widths, heights = (extents[:, 2:] - extents[:, :2]).T
    names = utm_zone_names()
    high = np.char.endswith(names, "X") | (np.char.str_len(names) == 1)
    # Eight degrees are 890 km and no zone but those around Norway is wider than 668.
    assert ((heights > 880_000) & (heights < 905_000))[~high].all()
    assert (widths <= 668_000)[np.char.str_len(names) > 1].all()
    # A half disc: as wide as half its height, metres of the polar grid.
    for i in range(1197, 1201):
        assert heights[i] == pytest.approx(2 * widths[i])
    assert heights[1197] == pytest.approx(heights[1198])
    assert zone_extent(1197, "paper") == zone_extent(1197, "tight")


def test_caps_worked_by_hand():
    # In cap Z the pole is in the middle of the western border of a half disc. With one
    # row and one column the centre lies half the disc's radius east of it.
    encoder = SoftGridEncoder(1, 1, 1000)
    radius = zone_extent(1200)[2] - 2e6
    expected = math.exp(-radius / 2 / 1e6)
    for pole in ([90.0, 0.0], [90.0, 45.0]):
        assert_allclose(encoder.fit_transform([pole]), [[expected]])
    assert radius == pytest.approx(667_000, rel=2e-3)


@pytest.mark.parametrize("sigma", [1e-6, 0.01, 20, 1e6])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_normalized_rows_are_finite_and_of_that_norm(world, sigma, dtype):
    places = np.concatenate([world, [[90.0, 0.0], [-85.0, 10.0]]])
    soft = SoftGridEncoder(sigma_km=sigma, dtype=dtype)
    raw = soft.fit_transform(places).astype(np.float64)
    for norm, size in (("l1", np.sum), ("max", np.max)):
        found = clone(soft).set_params(normalize=norm).fit_transform(places)
        assert np.isfinite(found).all()
        assert_allclose(size(found, axis=1), 1, rtol=1e-5)
        if sigma >= 20:
            expected = raw / size(raw, axis=1, keepdims=True)
            assert_allclose(found, expected, rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize("extent", ["tight", "paper"])
def test_hard_cell_is_the_one_that_holds_the_place(world, extent):
    encoder = SoftGridEncoder(6, 4, hard=True, extent=extent)
    found = encoder.fit_transform(world)
    assert_array_equal(found.sum(axis=1), 1)
    for place, row in zip(world, found, strict=True):
        place = tuple(map(float, place))
        zone = own_zone(*place)
        e, n = project(*place, zone)
        e0, n0, e1, n1 = slow_extent(zone, extent == "paper")
        column = min(int(4 * (e - e0) / (e1 - e0)), 3)
        cell = column * 6 + int(6 * (n - n0) / (n1 - n0))
        assert row[cell] == 1


def test_hard_cells_at_the_borders():
    # Corners of zone 31X: the grid ends there, and latitude 84 belongs to the zone.
    encoder = SoftGridEncoder(20, 20, hard=True)
    found = encoder.fit_transform([[84.0, 3.0], [72.0, 3.0], [72.0, 8.999999]])
    rows, columns = found.argmax(axis=1) % 20, found.argmax(axis=1) // 20
    assert rows[0] == 19 or rows[0] == 18  # the border is curved
    assert rows[1] == 0
    assert columns[2] == 19
    # The mirror image ends at six degrees: what lies east of it is in the last column.
    paper = SoftGridEncoder(20, 20, hard=True, extent="paper")
    east = paper.fit_transform([[72.5, 7.0], [72.5, 8.9]])
    assert_array_equal(east.argmax(axis=1) // 20, [19, 19])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=12
    ),
    st.sampled_from([None, "l1", "max"]),
)
def test_rows_for_any_place(places, normalize):
    encoder = SoftGridEncoder(5, 4, 50, normalize=normalize).fit([[0.0, 0.0]])
    X = np.array(places)
    values = encoder.transform(X)
    assert ((values >= 0) & (values <= 1)).all()
    for i in range(len(X)):
        assert_allclose(encoder.transform(X[i : i + 1])[0], values[i], rtol=1e-12)
    # The cell that holds a place has the nearest centre, wherever inside it is.
    hard = encoder.set_params(hard=True).transform(X)
    largest = values.max(axis=1)
    assert_allclose((values * hard).sum(axis=1), largest, rtol=1e-9)


def test_zones_beside_the_columns(world):
    encoder = SoftGridEncoder(3, 3).fit(world).set_output(transform="pandas")
    columns, zones = encoder.transform_with_zone(world)
    assert type(columns) is np.ndarray
    assert_array_equal(columns, encoder.transform(world).to_numpy())
    expected = [own_zone(*map(float, place)) for place in world]
    assert_array_equal(utm_zone_names(zones), expected)
    assert zones.dtype == np.int16


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float32, 2e-5), ("float32", 2e-5), (np.float16, 2e-3)]
)
def test_dtype(world, dtype, tolerance):
    exact = SoftGridEncoder().fit_transform(world)
    found = SoftGridEncoder(dtype=dtype).fit_transform(world)
    assert found.dtype == np.dtype(dtype)
    assert_allclose(found, exact, rtol=tolerance, atol=1e-6)


def test_blocks_do_not_show():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, 90, 40_000), rng.uniform(-9, 9, 40_000)])
    encoder = SoftGridEncoder(3, 2, dtype=np.float32).fit(places)
    whole = encoder.transform(places)
    some = rng.integers(0, len(places), 50)
    assert_allclose(encoder.transform(places[some]), whole[some], rtol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"sigma_km": 0}, "'sigma_km' parameter .* must be"),
        ({"sigma_km": -1.0}, "'sigma_km' parameter .* must be"),
        ({"sigma_km": np.nan}, "'sigma_km' parameter .* must be"),
        ({"n_rows": 0}, "'n_rows' parameter .* must be"),
        ({"n_cols": 2.5}, "'n_cols' parameter .* must be"),
        ({"extent": "wide"}, "'extent' parameter .* must be"),
        ({"normalize": "l2"}, "'normalize' parameter .* must be"),
        ({"hard": "yes"}, "'hard' parameter .* must be"),
        ({"regions": "s2"}, "'regions' parameter of SoftGridEncoder must be"),
        ({"regions": np.array(["utm"])}, "'regions' parameter of SoftGridEncoder"),
        (
            {"regions": S2Partition(5, 1), "extent": "paper"},
            "extent='paper' mirrors the eastings of UTM zones",
        ),
        ({"regions": S2Partition(900, 800)}, "800"),
        (
            {"regions": FrozenEstimator(StandardScaler().fit([[0.0, 1.0]]))},
            "StandardScaler is no partition of the earth",
        ),
        ({"dtype": int}, "dtype=.*Use a floating type"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises((ValueError, TypeError), match=words):
        SoftGridEncoder(**parameters).fit([[51.5, -0.1]])


def test_not_fitted():
    for method in (SoftGridEncoder().transform, SoftGridEncoder().transform_with_zone):
        with pytest.raises(NotFittedError):
            method([[0.0, 0.0]])
    with pytest.raises(NotFittedError):
        SoftGridEncoder().transform_in_zone([[0.0, 0.0]], "31N")


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_data_frames_in_and_out(world, container):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container](
        {"lat": world[:, 0], "lon": world[:, 1]}
    )
    out = SoftGridEncoder(2, 1).set_output(transform=container).fit_transform(frame)
    assert type(out) is type(frame)
    assert list(out.columns) == ["cell_r00_c00", "cell_r01_c00"]


def test_pickle(world):
    encoder = SoftGridEncoder(4, 4).fit(world)
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(world), encoder.transform(world))


def test_a_face_by_hand():
    # One cell, the face of S2 around (0, 0). It reaches 45 degrees of great circle, a
    # quarter of pi times 6371.0088 km, along the axes, and less at its corners: 54.7
    # degrees at 45 degrees of bearing. Two rows and columns: centres are half of that
    # from the middle, and (0, 22.5) lies between the two in the east.
    reach = math.pi / 4 * 6371.0088
    assert reach == pytest.approx(5003.77, abs=0.01)
    near = math.exp(-reach / 2 / 5000)
    far = math.exp(-math.hypot(reach, reach / 2) / 5000)
    cells = S2Partition(max_per_cell=9, min_per_cell=1)
    encoder = SoftGridEncoder(2, 2, 5000, regions=cells).fit([[0.0, 0.0], [0.0, 22.5]])
    values, zones = encoder.transform_with_zone([[0.0, 22.5], [0.0, 100.0]])
    # Columns go from west to east, and the second place is on another face.
    assert_allclose(values, [[far, far, near, near], [0, 0, 0, 0]], rtol=1e-6)
    assert_array_equal(zones, [0, -1])


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(
    "cells",
    [
        S2Partition(max_per_cell=6, min_per_cell=1),
        TrianglePartition(max_per_cell=6, min_per_cell=1),
    ],
    ids=["S2", "triangles"],
)
def test_cells_against_proj(world, cells, hard):
    places = np.vstack([world, [[90, 0], [-90, 0], [89.9, 170], [12, 179.99]]])
    encoder = SoftGridEncoder(3, 4, 300, regions=cells, hard=hard).fit(places)
    got, zones = encoder.transform_with_zone(places)
    partition = clone(cells).fit(places)
    assert_array_equal(zones, partition.predict(places))
    assert zones.min() >= 0
    for (latitude, longitude), zone, row in zip(places, zones, got, strict=True):
        cell = partition.cells_[zone]
        project = Proj(
            proj="aeqd",
            R=6371008.8,
            lat_0=cell["center_latitude"],
            lon_0=cell["center_longitude"],
        )
        outline = partition.cell_outline(int(zone), 500)
        edge = np.array(project(outline[:, 1], outline[:, 0]))
        low, high = edge.min(axis=1), edge.max(axis=1)
        at = np.array(project(longitude, latitude))
        assert (at >= low - 1).all()
        assert (at <= high + 1).all()
        side = (high - low) / [4, 3]
        centres = [low + side * [c + 0.5, r + 0.5] for c in range(4) for r in range(3)]
        distances = np.linalg.norm(at - centres, axis=1)
        if hard:
            assert row.sum() == 1
            column, number = divmod(int(row.argmax()), 3)
            inside = (at - low) / side - [column, number]
            assert (inside > -1e-3).all()
            assert (inside < 1 + 1e-3).all()
        else:
            assert_allclose(row, np.exp(-distances / 3e5), rtol=2e-3)


def test_areas_reach_as_far_as_their_edges_bend():
    # From its middle, (0, 0), the area reaches farthest east on the equator and not at
    # its corners, which are the only points that its outline has.
    encoder = SoftGridEncoder(
        1, 3, hard=True, regions=AreaPartition([box(-9, -60, 9, 60)])
    )
    east = encoder.fit([[0.0, 0.0]]).transform([[0, 2.9], [0, 3.1], [0, -3.1]])
    assert_array_equal(east, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    # The northern edge, a parallel, reaches farthest north at its ends.
    encoder = SoftGridEncoder(
        2, 1, 500, regions=AreaPartition([box(-180, -90, 180, -60)])
    )
    outline = encoder.fit([[-70.0, 0.0]])._planes.extents(np.array([0]))[0]
    scan = np.linspace(-180, 180, 7201)
    middle = encoder.partition_.cells_[0]
    project = Proj(
        proj="aeqd",
        R=6371008.8,
        lat_0=middle["center_latitude"],
        lon_0=middle["center_longitude"],
    )
    edge = np.array(project(scan, np.full(len(scan), -60.0)))
    expected = [*edge.min(axis=1), *edge.max(axis=1)]
    assert_allclose(outline, expected, atol=1e-3 * (expected[2] - expected[0]))


def metres_from_middles(middles, places):
    """Project places by distance and bearing, from the formulas of navigators."""
    lat0, lon0, lat, lon = np.radians([*middles.T, *places.T])
    turn = lon - lon0
    east = np.cos(lat) * np.sin(turn)
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(turn)
    ahead = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(turn)
    metres = np.arctan2(np.hypot(east, north), ahead) * EARTH_RADIUS_KM * 1000.0
    heading = np.arctan2(east, north)
    return np.column_stack([metres * np.sin(heading), metres * np.cos(heading)])


@pytest.mark.parametrize("n_cells", [1, 2, 3, 8])
def test_grids_of_cells_around_the_globe_hold_their_places(n_cells):
    # Cells of places in Europe go on to the antipodes, where their planes stretch.
    rng = np.random.default_rng(0)
    globe = np.column_stack(
        [
            np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000))),
            rng.uniform(-180, 180, 20_000),
        ]
    )
    for seed in range(4):
        europe = rng.normal([48, 10], [3, 4], (200, 2))
        partition = KMeansPartition(n_cells, random_state=seed).fit(europe)
        cells = partition.predict(globe)
        planes = (
            SoftGridEncoder(2, 2, 100, regions=FrozenEstimator(partition))
            .fit(europe)
            ._planes
        )
        extents = planes.extents(np.arange(n_cells))
        middles = np.column_stack(
            [partition.cells_[f"center_{name}"] for name in ("latitude", "longitude")]
        )
        metres = metres_from_middles(middles[cells], globe)
        beyond = np.maximum(extents[cells, :2] - metres, metres - extents[cells, 2:])
        spans = extents[cells, 2:] - extents[cells, :2]
        assert (beyond < spans / 1000.0).all()
        assert (spans <= 2.0 * np.pi * EARTH_RADIUS_KM * 1000.0 + 1.0).all()
        if n_cells == 1:
            assert_allclose(spans, 2.0 * np.pi * EARTH_RADIUS_KM * 1000.0)


def test_extents_are_computed_when_asked_for_and_in_any_order(world):
    cells = FrozenEstimator(S2Partition(max_per_cell=1, min_per_cell=1).fit(world))
    whole = SoftGridEncoder(2, 2, 500, regions=cells).fit(world)
    rows = whole.transform(world)
    single = SoftGridEncoder(2, 2, 500, regions=cells).fit(world)
    for i in np.random.default_rng(0).permutation(len(world)):
        assert_array_equal(single.transform(world[i : i + 1])[0], rows[i])


def test_a_frozen_partition_is_kept_and_a_fresh_one_is_copied(world):
    cells = S2Partition(max_per_cell=3, min_per_cell=1)
    encoder = SoftGridEncoder(2, 2, regions=cells).fit(world)
    assert not hasattr(cells, "cells_")
    frame = pd.DataFrame(world, columns=["lat", "lon"])
    fitted = S2Partition(max_per_cell=3, min_per_cell=1).fit(frame)
    frozen = SoftGridEncoder(2, 2, regions=FrozenEstimator(fitted)).fit(world[:2])
    assert frozen.partition_ is fitted
    assert_array_equal(frozen.transform(world), encoder.transform(world))
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(world), encoder.transform(world))
    assert clone(frozen).regions is frozen.regions


def test_what_a_partition_does_not_cover(world):
    here = np.array([[48.8, 2.3], [48.9, 2.4]])
    for uncovered, zone in (("drop", -1), ("nearest", 0)):
        cells = S2Partition(9, 1, start_level=5, uncovered=uncovered)
        encoder = SoftGridEncoder(2, 2, regions=cells, sigma_km=5000).fit(here)
        values, zones = encoder.transform_with_zone([[48.8, 2.3], [-33.9, 18.4]])
        assert_array_equal(zones, [0, zone])
        assert (values[0] > 0).all()
        assert (values[1] > 0).all() == (zone == 0)
    cells = S2Partition(9, 1, start_level=5, uncovered="error")
    encoder = SoftGridEncoder(2, 2, regions=cells).fit(here)
    with pytest.raises(
        ValueError, match=r"row 1: the place \(-33.9, 18.4\) lies in no"
    ):
        encoder.transform([[48.8, 2.3], [-33.9, 18.4]])


def test_limits_of_cells_can_be_searched(world):
    encoder = SoftGridEncoder(2, 2, 500, regions=S2Partition(5, 1, uncovered="nearest"))
    pipe = make_pipeline(encoder, Ridge())
    grid = {"softgridencoder__regions__max_per_cell": [2, 30]}
    search = GridSearchCV(pipe, grid, cv=3).fit(world, world[:, 0])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_params_["softgridencoder__regions__max_per_cell"]
    assert search.best_estimator_[0].partition_.max_per_cell == best


# In given zones.


def drawn_by_proj(place, zone):
    """Easting and northing by PROJ in a zone that the place need not lie in."""
    number, letter = int(zone[:-1]), zone[-1]
    project = Proj(
        proj="etmerc",
        ellps="WGS84",
        k=0.9996,
        lon_0=6 * number - 183,
        x_0=5e5,
        y_0=1e7 if letter < "N" else 0.0,
    )
    return np.array(project(place[1], place[0]))


def cells_by_hand(metres, zone, n_rows, n_cols, sigma_km):
    e0, n0, e1, n1 = slow_extent(zone, paper=False)
    return [
        math.exp(
            -math.hypot(
                metres[0] - e0 - (column + 0.5) * (e1 - e0) / n_cols,
                metres[1] - n0 - (row + 0.5) * (n1 - n0) / n_rows,
            )
            / (1000 * sigma_km)
        )
        for column in range(n_cols)
        for row in range(n_rows)
    ]


def test_in_a_neighbouring_zone_worked_by_hand():
    # On the equator at 6 degrees east, the border of 31N and 32N, a place is 333,979 m
    # east of the central meridian of the one and as far west of that of the other. With
    # one cell the centre is on the meridian, 442,752 m north. One millimetre farther
    # west, in 31N, the value in 32N is nearly the same.
    encoder = SoftGridEncoder(1, 1, 100).fit([[0.0, 0.0]])
    by_hand = math.exp(-math.hypot(333_978.56, 442_751.88) / 1e5)
    for longitude in (6.0, 6.0 - 1e-8):
        for zone in ("31N", "32N"):
            values = encoder.transform_in_zone([[0.0, longitude]], zone)
            assert_allclose(values, [[by_hand]], rtol=1e-6)
    # Twice as far from the meridian: 9 degrees east is in the middle of 32N.
    far = encoder.transform_in_zone([[0.0, 9.0]], "31N")
    by_hand = math.exp(-math.hypot(668_881.69, 442_751.88) / 1e5)
    assert_allclose(far, [[by_hand]], rtol=1e-6)


@pytest.mark.parametrize("zone", ["31N", "30U", "32V", "60C", "1X"])
def test_in_any_zone_against_proj(zone, world):
    bounds = utm_zone_bounds(utm_zone_ids([zone]))[0]
    middle = np.array([bounds[[0, 2]].mean(), bounds[[1, 3]].mean()])
    away = pairwise_haversine(world, middle[None])[:, 0]
    near = world[away < 6600]
    assert 3 < len(near) < len(world)
    encoder = SoftGridEncoder(3, 2, 2000).fit(world)
    found = encoder.transform_in_zone(near, zone)
    for place, row in zip(near, found, strict=True):
        metres = drawn_by_proj(place, zone)
        assert_allclose(row, cells_by_hand(metres, zone, 3, 2, 2000), rtol=1e-4)
    # Others count as the place where the way to them leaves 60 degrees.
    circle = math.radians(60) * 6371.0088
    far = world[away > 6700]
    found = encoder.transform_in_zone(far, zone)
    for place, row in zip(far, found, strict=True):
        towards = bearing(middle[None], place[None])
        stand_in = destination(middle[None], towards, circle)
        assert_allclose(row, encoder.transform_in_zone(stand_in, zone)[0], rtol=1e-6)


@pytest.mark.parametrize("regions", ["utm", S2Partition(6, 1), TrianglePartition(6, 1)])
@pytest.mark.parametrize("hard", [False, True])
def test_in_the_own_zone_it_is_transform(regions, hard, world):
    places = np.concatenate([world, [[90.0, 5.0], [-90.0, 0.0], [84.0, -180.0]]])
    encoder = SoftGridEncoder(3, 4, 300, regions=regions, hard=hard).fit(world)
    columns, zones = encoder.transform_with_zone(places)
    assert_array_equal(encoder.transform_in_zone(places, zones), columns)
    assert_array_equal(encoder._encode_in(places, zones), columns)
    if isinstance(regions, str):
        names = utm_zone_names(zones)
        assert_array_equal(encoder.transform_in_zone(places, names), columns)


def test_no_cell_is_a_row_of_zeros():
    cells = S2Partition(max_per_cell=9, min_per_cell=1)
    encoder = SoftGridEncoder(2, 2, 5000, regions=cells).fit([[0.0, 0.0], [0.0, 22.5]])
    places = [[0.0, 22.5], [0.0, 100.0], [0.0, 100.0], [0.0, -180.0]]
    for at_edge in (False, True):
        found = encoder.transform_in_zone(places, [0, -1, 0, 0], at_edge=at_edge)
        assert (found.sum(axis=1) > 0).tolist() == [True, False, True, True]
    # As far as 100 degrees are, on a straight line to the east.
    reach, at = math.pi / 4 * 6371.0088, math.radians(100) * 6371.0088
    far = [
        math.exp(-math.hypot(at - c, reach / 2) / 5000) for c in (-reach / 2, reach / 2)
    ]
    found = encoder.transform_in_zone(places[1:2], 0)
    assert_allclose(found, [np.repeat(far, 2)], rtol=1e-6)
    # The antipode of the middle is half a turn away, in the east.
    at = math.pi * 6371.0088
    far = [
        math.exp(-math.hypot(at - c, reach / 2) / 5000) for c in (-reach / 2, reach / 2)
    ]
    found = encoder.transform_in_zone(places[3:], 0)
    assert_allclose(found, [np.repeat(far, 2)], rtol=1e-6)


def test_at_the_edge_worked_by_hand():
    # Zone 31N reaches from 166,021 to 833,979 m of easting and from the equator to
    # 885,504 m of northing; the centres of two rows and two columns are 166,989 m and
    # 221,376 m within. Far to the east on the equator, the place counts as the
    # south-eastern corner of the grid.
    encoder = SoftGridEncoder(2, 2, 100).fit([[0.0, 0.0]])
    low, high = 221_375.94, 664_127.82
    near, far = 166_989.28, 500_967.83
    corner = [
        math.exp(-math.hypot(east, north) / 1e5)
        for east in (far, near)
        for north in (low, high)
    ]
    for longitude in (7.0, 20.0, 60.0):
        found = encoder.transform_in_zone([[0.0, longitude]], "31N", at_edge=True)
        assert_allclose(found, [corner], rtol=1e-5)
    # Beyond a quarter of the globe the north-eastern corner is the nearer one.
    found = encoder.transform_in_zone([[0.0, 170.0]], "31N", at_edge=True)
    assert_allclose(found, [np.array(corner)[[1, 0, 3, 2]]], rtol=1e-5)
    # Inside the grid nothing is moved, outside one coordinate may stay what it is.
    inside = [[3.0, 3.0], [7.0, 0.5]]
    assert_array_equal(
        encoder.transform_in_zone(inside, "31N", at_edge=True),
        encoder.transform(inside),
    )
    south = encoder.transform_in_zone([[-5.0, 3.0]], "31N", at_edge=True)
    assert_allclose(south, encoder.transform([[0.0, 3.0]]), rtol=1e-9)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(
    ("place", "zone", "cell"),
    [
        # Far south of a southern zone is over the pole for the other half of the globe.
        ([-60.0, -170.0], "31G", (0, None)),
        ([60.0, -170.0], "31U", (1, None)),
        ([60.0, 100.0], "31N", (1, 1)),
        ([60.0, -100.0], "31N", (1, 0)),
        ([-60.0, 100.0], "31N", (0, 1)),
        ([10.0, 179.0], "60Q", (None, 1)),
        ([10.0, -179.0], "60Q", (None, 1)),
        ([10.0, 179.0], "1Q", (None, 0)),
    ],
)
def test_the_edge_that_is_nearest(place, zone, cell, hard):
    encoder = SoftGridEncoder(2, 2, 300, hard=hard).fit([[0.0, 0.0]])
    found = encoder.transform_in_zone([place], zone, at_edge=True)[0]
    column, row = divmod(int(found.argmax()), 2)
    assert cell[0] in (None, row)
    assert cell[1] in (None, column)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 1200)),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([None, "l1", "max"]),
    st.booleans(),
)
def test_in_any_zone_values_are_finite(rows, normalize, at_edge):
    encoder = SoftGridEncoder(3, 4, 5000, normalize=normalize).fit([[0.0, 0.0]])
    places = np.array([row[:2] for row in rows])
    zones = [row[2] for row in rows]
    found = encoder.transform_in_zone(places, zones, at_edge=at_edge)
    assert ((found > 0) & (found <= 1)).all()
    for i, (*place, zone) in enumerate(rows):
        alone = encoder.transform_in_zone([place], zone, at_edge=at_edge)
        assert_allclose(alone[0], found[i], rtol=1e-12)
    hard = encoder.set_params(hard=True).transform_in_zone(places, zones)
    assert_array_equal(hard.sum(axis=1), 1)
    # The hard cell is the one that the place moved onto the grid lies in.
    encoder.set_params(hard=False)
    edge = encoder.transform_in_zone(places, zones, at_edge=True)
    assert_allclose((edge * hard).sum(axis=1), edge.max(axis=1), rtol=1e-9)


def test_antipodes_of_zones_and_cells():
    bounds = utm_zone_bounds()
    middles = np.column_stack(
        [bounds[:, [0, 2]].mean(axis=1), bounds[:, [1, 3]].mean(axis=1)]
    )
    antipodes = np.column_stack([-middles[:, 0], middles[:, 1] - 180.0])
    encoder = SoftGridEncoder(1, 3, 5000).fit(middles)
    found = encoder.transform_in_zone(antipodes, np.arange(1201))
    assert (found > 0).all()
    # The middle of a UTM zone's southern border is not its grid's middle row, but
    # columns tell east from west, and antipodes count as places in the east.
    ordinary = np.abs(bounds[:, 0]) < 70
    assert (np.diff(found[ordinary], axis=1) > 0).all()


def test_blocks_of_given_zones_do_not_show():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, 90, 40_000), rng.uniform(-9, 9, 40_000)])
    zones = rng.integers(0, 1201, len(places))
    encoder = SoftGridEncoder(1, 2, 3000, dtype=np.float32).fit(places)
    whole = encoder.transform_in_zone(places, zones)
    some = rng.integers(0, len(places), 50)
    alone = encoder.transform_in_zone(places[some], zones[some])
    assert_allclose(alone, whole[some], rtol=1e-6)


@pytest.mark.parametrize(
    ("zones", "error", "words"),
    [
        (1201, ValueError, r"zones, row 0: there is no zone 1201\. UTM zones have ids"),
        ([31, -1], ValueError, r"zones, row 1: there is no zone -1\. UTM zones"),
        ([31, 32, 33], ValueError, r"one a place, shape \(2,\); got the shape \(3,\)"),
        ([[31, 32]], ValueError, r"got the shape \(1, 2\)"),
        (31.0, TypeError, "zones must be integers; got the dtype float64"),
        ([True, False], TypeError, "zones must be integers; got the dtype bool"),
        ("32X", ValueError, "32X does not exist"),
        (["31N", "31I"], ValueError, "no bands I and O"),
        (None, ValueError, "there is no UTM zone None"),
    ],
)
def test_zones_that_are_none(zones, error, words):
    encoder = SoftGridEncoder(2, 2).fit([[0.0, 0.0]])
    with pytest.raises(error, match=words):
        encoder.transform_in_zone([[0.0, 0.0], [1.0, 1.0]], zones)


def test_no_places_in_a_zone():
    encoder = SoftGridEncoder(2, 3).fit([[0.0, 0.0]])
    nothing = np.empty((0, 2))
    assert encoder._encode_in(nothing, np.empty(0, dtype=int)).shape == (0, 6)
    assert encoder._encode_in(nothing, 5, at_edge=True).shape == (0, 6)


def test_cells_that_are_none(world):
    encoder = SoftGridEncoder(2, 2, regions=S2Partition(6, 1)).fit(world)
    n = encoder.partition_.n_cells_
    for zone in (n, -2):
        with pytest.raises(ValueError, match=f"no zone {zone}.* cells 0 to {n - 1}"):
            encoder.transform_in_zone([[0.0, 0.0]], zone)
    with pytest.raises(TypeError, match="zones must be integers"):
        encoder.transform_in_zone([[0.0, 0.0]], "31N")


def test_a_row_fits_in_memory():
    with pytest.raises(ValueError, match="times n_cols=1000000000 asks for"):
        SoftGridEncoder(10**9, 10**9).fit([[48.0, 11.0]])


def test_the_widest_kernel_makes_all_cells_alike():
    encoder = SoftGridEncoder(n_rows=3, n_cols=4, sigma_km=1.7e308)
    np.testing.assert_array_equal(
        encoder.fit_transform([[48.0, 11.0]]), np.ones((1, 12))
    )
