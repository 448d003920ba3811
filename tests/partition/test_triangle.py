# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles as small as places are many, against rules written down slowly."""

import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import Polygon
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.geometry import (
    haversine,
    spherical_mean,
    triangle_areas,
    triangle_vertices,
)
from sklearn_geo.partition import (
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from tests.geometry.common_delaunay import cartesian
from tests.geometry.common_triangles import latitudes, longitudes
from tests.partition.common import PLACES, globe, photos
from tests.partition.common_triangles import (
    levels_and_corners,
    slow_delaunay,
    slow_locate,
    slow_midpoint,
)

BOTH = ("midpoint", "delaunay")
EDGES = st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=40).map(
    np.array
)


def groups(partition, places):
    """Return the rows in each cell, as a set of sets."""
    cells = partition.predict(places)
    return {frozenset(np.flatnonzero(cells == k)) for k in range(partition.n_cells_)}


# ---- The cells, against slow rules -----------------------------------------------


@pytest.mark.parametrize(
    ("most", "least", "limits"),
    [
        (50, 5, {}),
        (20, 20, {}),
        (7, 1, {"max_level": 6}),
        (300, 2, {"start_level": 2}),
        (1, 1, {"max_level": 9}),
    ],
)
def test_midpoint_cells_are_those_of_the_slow_rule(most, least, limits):
    places = photos(400)
    partition = TrianglePartition(most, least, **limits).fit(places)
    kept, dropped = slow_midpoint(places, most, least, **limits)
    cells = partition.predict(places)
    found = {
        key: np.flatnonzero(cells == k).tolist()
        for k, key in enumerate(levels_and_corners(partition.cells_))
    }
    assert found == kept
    counts = [len(dropped[key]) for key in levels_and_corners(partition.dropped_cells_)]
    assert len(counts) == len(dropped)
    assert_array_equal(partition.dropped_cells_["count"], counts)
    assert_array_equal(
        partition.dropped_, sorted(row for rows in dropped.values() for row in rows)
    )


@settings(deadline=None, max_examples=40)
@given(EDGES, st.integers(1, 6), st.integers(0, 12))
def test_midpoint_cells_at_edges_and_corners(places, most, max_level):
    partition = TrianglePartition(most, 1, max_level=max_level).fit(places)
    kept, _ = slow_midpoint(places, most, 1, max_level=max_level)
    assert groups(partition, places) == set(map(frozenset, kept.values()))


@pytest.mark.parametrize(("n", "most"), [(400, 30), (400, 5), (60, 1)])
def test_delaunay_cells_are_those_of_the_slow_rule(n, most):
    places = photos(n)
    partition = TrianglePartition(most, 1, refine="delaunay").fit(places)
    mesh, at = slow_delaunay(places, most)
    assert_allclose(partition.mesh_.vertices[:932], mesh.vertices[:932])
    ours, theirs = (
        np.array(sorted(m.vertices.round(7).tolist())) for m in (partition.mesh_, mesh)
    )
    assert_allclose(ours, theirs, atol=2e-7)
    expected = {frozenset(np.flatnonzero(at == k)) for k in np.unique(at)}
    assert groups(partition, places) == expected


def test_delaunay_weights_are_those_of_the_slow_rule():
    places = photos(200)
    weights = np.random.default_rng(0).integers(1, 5, len(places)) / 2.0
    partition = TrianglePartition(12, 1, refine="delaunay")
    partition.fit(places, sample_weight=weights)
    _, at = slow_delaunay(places, 12, weights)
    expected = {
        frozenset(np.flatnonzero(at == k))
        for k in np.unique(at)
        if weights[at == k].sum() >= 1
    }
    assert groups(partition, places) == expected


# ---- What holds for both ---------------------------------------------------------


@pytest.mark.parametrize("refine", BOTH)
@settings(deadline=None, max_examples=25)
@given(PLACES, st.integers(1, 8), st.integers(1, 4))
def test_invariants(refine, places, most, least):
    most = max(most, least)
    partition = TrianglePartition(most, least, refine=refine)
    try:
        partition.fit(places)
    except ValueError:
        # Nothing is kept; then no triangle holds enough.
        with pytest.raises(ValueError, match="is below min_per_cell"):
            partition.fit(places)
        assert len(places) < least * len(np.unique(places, axis=0))
        return
    cells = partition.predict(places)
    counts = np.bincount(cells[cells >= 0], minlength=partition.n_cells_)
    assert_array_equal(counts, partition.cells_["count"])
    assert (counts >= least).all()
    oversized = partition.oversized_cells_
    assert_array_equal(np.flatnonzero(counts > most), oversized)
    for cell in oversized:
        # Too many at one spot: vertices five metres apart cannot part them.
        inside = places[cells == cell]
        near = max(
            (haversine(inside, inside[k : k + 1]) <= 0.05).sum()
            for k in range(len(inside))
        )
        assert near > most
    assert_array_equal(partition.dropped_, np.flatnonzero(cells < 0))
    assert len(places) == counts.sum() + partition.dropped_cells_["count"].sum()
    assert partition.cells_["area_km2"].sum() <= 4 * np.pi * 6371.0088**2 * (1 + 1e-9)
    assert (np.diff(partition.cells_["id"].astype(object)) > 0).all()


@pytest.mark.parametrize("refine", BOTH)
@settings(deadline=None, max_examples=15)
@given(PLACES, st.randoms(use_true_random=False))
def test_rows_may_come_in_any_order(refine, places, random):
    order = list(range(len(places)))
    random.shuffle(order)
    one = TrianglePartition(3, 1, refine=refine).fit(places)
    other = TrianglePartition(3, 1, refine=refine).fit(places[order])
    for name in ("name", "id", "count"):
        assert_array_equal(one.cells_[name], other.cells_[name])
    assert_array_equal(one.predict(places)[order], other.predict(places[order]))


@pytest.mark.parametrize("refine", BOTH)
def test_cells_are_disjoint_and_hold_what_is_in_their_outlines(refine):
    places = photos(800)
    partition = TrianglePartition(60, 3, refine=refine).fit(places)
    cells = partition.predict(places)
    others = globe(800, seed=9)
    found = partition.predict(others)
    for k in range(partition.n_cells_):
        ring = partition.cell_outline(k, n_per_edge=32)
        # Longitudes of a turn to either side: the ring may run on beyond 180.
        shape = Polygon(ring[:, ::-1]).buffer(1e-9)
        size = np.sqrt(partition.cells_["area_km2"][k]) / 111.0
        slack = 0.01 * size
        for group, rows in ((places, cells), (others, found)):
            turned = [group + [0.0, turn] for turn in (-360.0, 0.0, 360.0)]
            points = shapely.points(np.stack(turned)[..., ::-1])
            # Shapely 2.0 warns of empty shapes, for no reason.
            with np.errstate(invalid="ignore"):
                apart = shapely.distance(shape, points).min(axis=0)
            assert (apart[rows == k] <= slack).all()
            with np.errstate(invalid="ignore"):
                sure = shapely.contains(shape.buffer(-slack), points).any(axis=0)
            assert (rows[sure] == k).all()


def test_midpoint_triangles_of_a_level_have_equal_areas():
    partition = TrianglePartition(30, 1).fit(photos(3000))
    cells = partition.cells_
    # 4 pi R^2 / (1922 * 4^level), checked against the area of the outline in the
    # plane (longitude, sine of the latitude), which keeps areas.
    expected = 4.0 * np.pi * 6371.0088**2 / (1922 * 4.0 ** cells["level"])
    assert_allclose(cells["area_km2"], expected)
    assert_allclose(triangle_areas(cells["id"]), expected)
    for k in range(0, len(cells), 20):
        ring = partition.cell_outline(k, n_per_edge=3)
        plane = np.c_[np.radians(ring[:, 1]), np.sin(np.radians(ring[:, 0]))]
        area = Polygon(plane).area * 6371.0088**2
        assert area == pytest.approx(expected[k], rel=1e-6)


def test_midpoint_edges_are_straight_in_the_plane():
    # Sine of the latitude and longitude: there an edge is cut into equal pieces.
    places = np.array([[2.0, 3.0], [-80.0, 100.0], [89.0, -179.0], [-89.0, 30.0]])
    for most in (1, 0.1):  # small ones, and the smallest
        level = 26 if most < 1 else 3
        partition = TrianglePartition(
            most, 0.1, start_level=level, max_level=level
        ).fit(places)
        for cell, corners in enumerate(triangle_vertices(partition.cells_["id"])):
            ring = partition.cell_outline(cell, n_per_edge=4)
            assert_array_equal(ring[::4], corners)
            y, x = np.sin(np.radians(corners[:, 0])), corners[:, 1]
            for k in range(3):
                after = (k + 1) % 3
                share = np.arange(4) / 4.0
                latitude = np.degrees(np.arcsin(y[k] + share * (y[after] - y[k])))
                longitude = x[k] + share * (x[after] - x[k])
                assert_allclose(ring[4 * k : 4 * k + 4, 0], latitude, atol=1e-6)
                assert_allclose(ring[4 * k : 4 * k + 4, 1], longitude, atol=1e-9)


def test_delaunay_triangles_hold_their_places_by_sides():
    places = photos(3000)
    partition = TrianglePartition(40, 2, refine="delaunay").fit(places)
    rows = partition.cells_["id"][partition.predict(places)]
    inside = partition.predict(places) >= 0
    assert_array_equal(
        rows[inside][:300],
        slow_locate(partition.mesh_, cartesian(places[inside][:300])),
    )


def test_delaunay_starts_with_the_corners_of_the_base_grid():
    partition = TrianglePartition(10, refine="delaunay", min_per_cell=1).fit(globe(5))
    mesh = partition.mesh_
    # 30 rows of 31 and two poles; Euler: 2 * 932 - 4 triangles.
    assert len(mesh.vertices) == 932
    assert len(mesh.simplices) == 1860
    assert mesh.covers_globe
    rows = np.unique(np.sin(np.radians(mesh.vertices[:, 0])).round(9))
    assert_allclose(rows, np.arange(32) * 2.0 / 31.0 - 1.0, atol=1e-9)


def test_one_vertex_amid_four_places_by_hand():
    # Beside the middle of the eastern edge of the cell from 5.8 to 17.4 degrees east,
    # so in one triangle, whichever way that cell is cut. The mean of the four becomes
    # the only new vertex.
    places = np.array([[3.5, 16.0], [3.9, 16.0], [3.7, 15.8], [3.7, 16.2]])
    partition = TrianglePartition(3, 1, refine="delaunay").fit(places)
    assert len(partition.mesh_.vertices) == 933
    assert_allclose(partition.mesh_.vertices[-1], spherical_mean(places), atol=1e-9)
    assert partition.cells_["count"].max() <= 3
    assert partition.cells_["count"].sum() == 4


def test_delaunay_outlines_are_near_the_middles_of_their_cells():
    partition = TrianglePartition(9, 1, refine="delaunay").fit(globe(200))
    cells = partition.cells_[np.abs(partition.cells_["center_latitude"]) < 70.0]
    assert (cells["center_longitude"] < -175.0).any()
    assert (cells["center_longitude"] > 175.0).any()
    for row in np.flatnonzero(np.abs(partition.cells_["center_latitude"]) < 70.0):
        longitude = partition.cell_outline(row)[:, 1]
        middle = (longitude.min() + longitude.max()) / 2.0
        assert abs(middle - partition.cells_["center_longitude"][row]) < 10.0


# ---- Many places at one spot ------------------------------------------------------


def test_a_spot_that_holds_too_much_midpoint():
    paris = np.tile([[48.8566, 2.3522]], (20, 1))
    partition = TrianglePartition(10, 1).fit(paris)
    assert partition.n_cells_ == 1
    assert partition.cells_["level"][0] == 26
    assert_array_equal(partition.oversized_cells_, [0])
    rough = TrianglePartition(10, 1, max_level=4).fit(paris)
    assert rough.cells_["level"][0] == 4


def test_a_spot_that_holds_too_much_delaunay():
    paris = np.tile([[48.8566, 2.3522]], (20, 1))
    partition = TrianglePartition(10, 1, refine="delaunay").fit(paris)
    assert partition.n_cells_ == 1
    assert_array_equal(partition.oversized_cells_, [0])
    # The spot became a vertex, and nothing else did.
    assert_allclose(partition.mesh_.vertices[932:], [[48.8566, 2.3522]], atol=1e-9)


def test_a_spot_among_others_is_not_whittled_down():
    rng = np.random.default_rng(0)
    around = [48.8566, 2.3522] + rng.normal(scale=0.05, size=(300, 2))
    spot = np.tile([[48.8566, 2.3522]], (500, 1))
    places = np.vstack([spot, around])
    partition = TrianglePartition(100, 10, refine="delaunay").fit(places)
    (cell,) = partition.oversized_cells_
    assert cell == partition.predict(spot[:1])[0]
    assert 500 <= partition.cells_["count"][cell] <= 600
    others = np.delete(partition.cells_["count"], cell)
    assert (others <= 100).all()
    # No sliver holds the spot: the mesh needs a few vertices only.
    assert len(partition.mesh_.vertices) < 960


@pytest.mark.parametrize("refine", BOTH)
def test_one_place(refine):
    partition = TrianglePartition(1, 1, refine=refine).fit([[90.0, 123.0]])
    assert partition.n_cells_ == 1
    assert_array_equal(partition.predict([[90.0, -77.0], [-90.0, 0.0]]), [0, -1])
    assert_allclose(partition.inverse_transform([0])[0, 0], 90.0)


@pytest.mark.parametrize("refine", BOTH)
def test_the_antimeridian_is_one_line(refine):
    places = np.c_[np.linspace(-60, 60, 50), np.full(50, 180.0)]
    partition = TrianglePartition(3, 1, refine=refine).fit(places)
    assert_array_equal(partition.predict(places), partition.predict(places * [1, -1]))
    assert (partition.predict(places) >= 0).all()


# ---- Sample and refill, weights, files --------------------------------------------


@pytest.mark.parametrize("refine", BOTH)
def test_refill_counts_other_places_in_the_same_cells(refine):
    places = photos(4000)
    sample = places[::4]
    partition = TrianglePartition(50, 5, refine=refine).fit(sample)
    before = partition.cells_.copy()
    dropped_before = partition.dropped_cells_.copy()
    assert partition.refill(places) is partition
    cells = partition.cells_
    for name in ("name", "id", "center_latitude", "center_longitude", "area_km2"):
        assert_array_equal(cells[name], before[name])
    rows = partition.predict(places)
    for k in range(partition.n_cells_):
        assert cells["count"][k] == (rows == k).sum()
        mean = spherical_mean(places[rows == k])
        stands = [[cells["latitude"][k], cells["longitude"][k]]]
        assert haversine([mean], stands)[0] < 1e-6
    assert_array_equal(partition.dropped_, np.flatnonzero(rows < 0))
    assert_array_equal(partition.dropped_cells_["id"], dropped_before["id"])
    assert partition.dropped_cells_["count"].sum() >= dropped_before["count"].sum()
    # The same places once more give the same table.
    again = partition.refill(sample).cells_
    for name in ("name", "count", "weight"):
        assert_array_equal(again[name], before[name])
    assert_allclose(again["latitude"], before["latitude"])
    assert_array_equal(partition.dropped_cells_, dropped_before)


@pytest.mark.parametrize("refine", BOTH)
def test_limits_that_sums_of_fractions_meet_are_met(refine):
    places = np.random.default_rng(0).uniform([48, 2], [49, 4], (10, 2))
    tenths = TrianglePartition(1, 0.1, refine=refine)
    # Seven and three tenths, one after the other, are more than a whole number.
    for weights, most in ((np.full(3, 0.1), 0.3), (np.full(7, 0.7), 4.9)):
        some = places[: len(weights)]
        parted = clone(tenths).set_params(max_per_cell=most)
        whole = TrianglePartition(len(weights), 1, refine=refine).fit(some)
        parted.fit(some, sample_weight=weights)
        assert parted.cell_names_.tolist() == whole.cell_names_.tolist()
    # Ten times 0.3 are less than three.
    kept = TrianglePartition(100, 3, refine=refine).fit(
        np.tile(places[:1], (10, 1)), sample_weight=np.full(10, 0.3)
    )
    assert kept.n_cells_ == 1


@pytest.mark.parametrize("refine", BOTH)
def test_whole_weights_count_as_repeated_places(refine):
    places = photos(300)
    weights = np.random.default_rng(0).integers(0, 4, len(places))
    weighted = TrianglePartition(20, 2, refine=refine)
    weighted.fit(places, sample_weight=weights)
    repeated = TrianglePartition(20, 2, refine=refine)
    repeated.fit(np.repeat(places, weights, axis=0))
    for name in ("name", "id", "weight"):
        assert_array_equal(weighted.cells_[name], repeated.cells_[name])
    assert_allclose(weighted.cells_["latitude"], repeated.cells_["latitude"])
    assert_array_equal(weighted.predict(places), repeated.predict(places))


@pytest.mark.parametrize("suffix", [".json", ".csv"])
@pytest.mark.parametrize("refine", BOTH)
def test_files(refine, suffix, tmp_path):
    places = photos(1500)
    partition = TrianglePartition(40, 4, refine=refine, uncovered="nearest")
    partition.fit(places)
    path = tmp_path / f"triangles{suffix}"
    partition.save(path)
    loaded = TrianglePartition.load(path)
    assert loaded.get_params() == partition.get_params()
    assert_array_equal(loaded.cells_, partition.cells_)
    for one, other in (
        (loaded.cells_, partition.cells_),
        (loaded.dropped_cells_, partition.dropped_cells_),
    ):
        for name in one.dtype.names[1:]:
            assert one[name].dtype == other[name].dtype
    assert_array_equal(loaded.dropped_cells_, partition.dropped_cells_)
    others = np.vstack([places, globe(3000)])
    assert_array_equal(loaded.predict(others), partition.predict(others))
    assert_array_equal(loaded.cell_outline(3), partition.cell_outline(3))
    loaded.refill(places)
    assert_array_equal(loaded.cells_["count"], partition.cells_["count"])


@pytest.mark.parametrize("refine", ["midpoint", "delaunay"])
def test_refill_counts_in_dropped_triangles_as_well(refine):
    places = photos(500)
    partition = TrianglePartition(40, 4, refine=refine).fit(places)
    before = partition.dropped_cells_.copy()
    assert len(before)
    weights = np.linspace(1.0, 2.0, 500)
    partition.refill(np.repeat(places, 2, axis=0), np.repeat(weights, 2))
    assert_array_equal(partition.dropped_cells_["count"], 2 * before["count"])
    total = partition.dropped_cells_["weight"].sum() + partition.cells_["weight"].sum()
    assert total == pytest.approx(2.0 * weights.sum())
    rows = np.delete(np.arange(500), np.flatnonzero(partition.predict(places) >= 0))
    lost = partition.dropped_cells_["weight"].sum()
    assert lost == pytest.approx(2.0 * weights[rows].sum())
    # Places in the first cell only are in none of those.
    partition.refill(partition.inverse_transform([0]))
    assert not partition.dropped_cells_["count"].any()
    assert not partition.dropped_cells_["weight"].any()


def test_triangles_are_called_by_their_rows_in_the_mesh():
    partition = TrianglePartition(40, 4, refine="delaunay")
    partition.fit(photos(500), sample_weight=np.full(500, 0.5))
    assert len(partition.dropped_cells_)
    for cells in (partition.cells_, partition.dropped_cells_):
        assert cells["name"].tolist() == [f"t{row}" for row in cells["id"]]
        assert cells["id"].dtype == cells["count"].dtype == np.int64
        assert_array_equal(cells["weight"], 0.5 * cells["count"])
    # To the last digit.
    partition.fit([[0.0, 0.0], [50.0, 50.0]], sample_weight=[40.0, 0.1])
    assert partition.dropped_cells_["weight"].tolist() == [0.1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_per_cell", 0), ("max_per_cell", -0.5), ("min_per_cell", -1.0),
     ("start_level", -1), ("max_level", 27), ("refine", "thirds")],
)  # fmt: skip
def test_limits_of_parameters(name, value):
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of Triangle"):
        TrianglePartition(**{name: value}).fit([[0.0, 0.0]])


def test_there_is_no_mesh_before_fit():
    with pytest.raises(NotFittedError):
        TrianglePartition().mesh_  # noqa: B018
    with pytest.raises(NotFittedError):
        TrianglePartition().cell_outline(0)


def test_a_damaged_mesh_is_refused(tmp_path):
    partition = TrianglePartition(40, 4, refine="delaunay").fit(photos(500))
    path = tmp_path / "mesh.json"
    partition.save(path)
    text = path.read_text()
    start = text.index('"simplices": [[') + len('"simplices": [[')
    end = text.index("]", start)
    path.write_text(text[:start] + "0, 1, 2" + text[end:])
    with pytest.raises(ValueError, match="give other triangles than the ones it holds"):
        TrianglePartition.load(path)
    partition.save(path)
    text = path.read_text().replace(
        '"dropped_cells": {"id": [', '"dropped_cells": {"id": [-5, '
    )
    path.write_text(text)
    with pytest.raises(ValueError, match="are not sorted rows of its mesh"):
        TrianglePartition.load(path)


def test_geojson_covers_what_the_cells_do():
    geopandas = pytest.importorskip("geopandas")
    places = photos(1000)
    partition = TrianglePartition(50, 1, refine="delaunay").fit(places)
    frame = partition.to_geopandas()
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert len(frame) == partition.n_cells_
    assert frame.geometry.is_valid.all()
    assert_array_equal(frame["name"], partition.cell_names_)


# ---- From coarse to fine ----------------------------------------------------------


def test_midpoint_triangles_make_a_hierarchy():
    places = photos(2000)
    limits = (300, 60, 10)
    hierarchy = CellHierarchy([TrianglePartition(most, 5) for most in limits])
    hierarchy.fit(places)
    found = hierarchy.predict(places)
    assert hierarchy.n_cells_ == [p.n_cells_ for p in hierarchy.partitions_]
    for level, parents in enumerate(hierarchy.parents_):
        # A place in a fine cell is in the coarse cell that is its parent.
        kept = found[:, -1] >= 0
        assert_array_equal(parents[found[kept, -1]], found[kept, level])
    assert_array_equal(
        hierarchy.get_feature_names_out(),
        ["triangle_cell_0", "triangle_cell_1", "triangle_cell_2"],
    )


def test_parents_are_those_of_the_cells_not_of_a_parameter_changed_since():
    places = photos(500)
    fitted = {r: TrianglePartition(40, 4, refine=r).fit(places) for r in BOTH}
    frozen = FrozenEstimator(fitted["midpoint"].set_params(refine="delaunay"))
    assert_array_equal(
        CellHierarchy([frozen]).fit(places).predict(places)[:, 0],
        fitted["midpoint"].predict(places),
    )
    frozen = FrozenEstimator(fitted["delaunay"].set_params(refine="midpoint"))
    with pytest.raises(ValueError, match="borders of its cells cross"):
        CellHierarchy([frozen]).fit(places)


def test_other_cells_have_no_parents():
    for partition in (TrianglePartition(refine="delaunay"), KMeansPartition(3)):
        with pytest.raises(ValueError, match="borders of its cells cross"):
            CellHierarchy([partition]).fit(globe(50))


# ---- Words ------------------------------------------------------------------------


@pytest.mark.parametrize("refine", BOTH)
def test_nothing_kept_names_the_largest_count(refine):
    places = np.array([[10.0, 10.0]] * 3 + [[-40.0, 100.0]])
    partition = TrianglePartition(100, 50, refine=refine)
    with pytest.raises(ValueError, match=r"every triangle is below min_per_cell=50"):
        partition.fit(places)
    with pytest.raises(
        ValueError, match=r"of 2.* holds 3\. Lower min_per_cell to that"
    ):
        partition.fit(places)


@pytest.mark.parametrize("refine", BOTH)
@pytest.mark.parametrize("weight", [1 / 3, 137_174.5])
def test_the_fullest_triangle_is_named_with_what_keeps_it(refine, weight):
    places = np.full((9, 2), 10.0)
    weights = np.full(9, weight * (1.0 + 1e-7))
    partition = TrianglePartition(3e6, 2.5e6, refine=refine)
    with pytest.raises(ValueError, match="none is kept") as caught:
        partition.fit(places, sample_weight=weights)
    holds = float(re.search(r"holds (\S+)\. ", str(caught.value))[1])
    assert holds == pytest.approx(weights.sum(), rel=1e-11)
    partition.set_params(min_per_cell=holds).fit(places, sample_weight=weights)
    assert partition.n_cells_ == 1


@pytest.mark.parametrize(
    "partition",
    [*(TrianglePartition(200, 50, refine=refine) for refine in BOTH), S2Partition(200)],
    ids=[*BOTH, "S2"],
)
def test_weights_that_are_shares_are_named_where_nothing_is_kept(partition):
    places = np.full((80, 2), 10.0)
    weights = np.r_[np.full(79, 1 / 80), 0.0]
    words = (
        r"fullest of 1.* holds 0\.9875\. sample_weight adds up to 0\.9875 over 79 "
        r"places, .* weights / weights\.mean\(\)\. Otherwise: Lower min_per_cell"
    )
    with pytest.raises(ValueError, match=words):
        partition.fit(places, sample_weight=weights)
    partition.fit(places, sample_weight=weights / weights.mean())
    assert partition.n_cells_ == 1
    # Nothing is wrong with weights of 1, also where rounding takes a little off.
    for counts in (None, np.full(9, 1.0), np.full(9, 1.0 - 1e-15)):
        with pytest.raises(ValueError, match=r"holds 9\. Lower min_per_cell to that"):
            partition.fit(places[:9], sample_weight=counts)


@pytest.mark.parametrize("refine", BOTH)
def test_limits_that_contradict(refine):
    with pytest.raises(
        ValueError, match="max_per_cell=10 is smaller than min_per_cell"
    ):
        TrianglePartition(10, 20, refine=refine).fit(globe(100))


def test_levels_that_contradict():
    with pytest.raises(ValueError, match="start_level=5 is finer than max_level=3"):
        TrianglePartition(start_level=5, max_level=3).fit(globe(100))


def test_limits_of_a_file_that_contradict(tmp_path):
    path = tmp_path / "triangles.json"
    TrianglePartition(40, 4).fit(photos(500)).save(path)
    text = path.read_text()
    for old, new, match in (
        ('"max_per_cell": 40', '"max_per_cell": 3', "max_per_cell=3 is smaller than"),
        ('"start_level": 0', '"start_level": 27', "parameters are not those"),
        ('"max_level": 26', '"max_level": -1', "parameters are not those"),
    ):
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=f"triangles.json.*{match}"):
            TrianglePartition.load(path)


def test_midpoint_has_no_mesh():
    partition = TrianglePartition(10, 1).fit(globe(50))
    with pytest.raises(AttributeError, match='mesh_ is there with refine="delaunay"'):
        partition.mesh_  # noqa: B018
    assert not hasattr(partition, "mesh_")


def test_uncovered_names_the_row():
    partition = TrianglePartition(10, 1, uncovered="error").fit([[48.0, 2.0]])
    with pytest.raises(ValueError, match=r"row 1: the place \(-48.0, 2.0\) lies in no"):
        partition.predict([[48.0, 2.0], [-48.0, 2.0]])
    nearest = clone(partition).set_params(uncovered="nearest").fit([[48.0, 2.0]])
    assert_array_equal(nearest.predict([[-48.0, 2.0]]), [0])


@pytest.mark.parametrize("kind", ["mean", "center", "medoid", "median"])
@pytest.mark.parametrize("refine", BOTH)
def test_representatives_lie_in_their_cells(refine, kind):
    places = photos(800)
    partition = TrianglePartition(60, 5, refine=refine, representative=kind)
    partition.fit(places)
    stands = partition.inverse_transform(np.arange(partition.n_cells_))
    assert (partition.predict(stands) == np.arange(partition.n_cells_)).mean() > 0.95
    if kind == "medoid":
        known = {tuple(place) for place in places.tolist()}
        assert all(tuple(place) in known for place in stands.tolist())


@pytest.mark.parametrize("refine", BOTH)
@pytest.mark.parametrize("pieces", [0, -1, 2.5, "8"])
def test_edges_are_cut_into_whole_pieces(refine, pieces):
    partition = TrianglePartition(40, 4, refine=refine).fit(photos(300))
    words = "n_per_edge must be an integer, at least 1; got"
    with pytest.raises(ValueError, match=words):
        partition.cell_outline(0, pieces)
    with pytest.raises(ValueError, match=words):
        partition.to_geojson(pieces)


@pytest.mark.parametrize("refine", BOTH)
def test_a_file_tells_of_the_cells_not_of_a_parameter_changed_since(refine, tmp_path):
    places = photos(500)
    partition = TrianglePartition(40, 4, refine=refine).fit(places)
    other = next(kind for kind in BOTH if kind != refine)
    partition.set_params(refine=other).save(tmp_path / "cells.json")
    loaded = TrianglePartition.load(tmp_path / "cells.json")
    assert loaded.refine == refine
    assert_array_equal(loaded.predict(places), partition.predict(places))


@pytest.mark.parametrize(
    ("column", "value"), [("count", "-1"), ("weight", "NaN"), ("weight", "-0.5")]
)
def test_dropped_triangles_of_a_damaged_file(column, value, tmp_path):
    partition = TrianglePartition(40, 4, refine="delaunay").fit(photos(500))
    assert len(partition.dropped_cells_) > 1
    path = tmp_path / "mesh.json"
    partition.save(path)
    head, tail = path.read_text().split('"dropped_cells"')
    key = f'"{column}": ['
    start = tail.index(key) + len(key)
    end = min(tail.index(mark, start) for mark in ",]")
    path.write_text(head + '"dropped_cells"' + tail[:start] + value + tail[end:])
    with pytest.raises(ValueError, match="what is no count or no weight"):
        TrianglePartition.load(path)
