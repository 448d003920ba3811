# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells around centres: nearest by brute force, means of their places, one minimum."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import Polygon
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError

from sklearn_geo.geometry import haversine, pairwise_haversine, spherical_mean
from sklearn_geo.partition import KMeansPartition, _spherical_kmeans
from sklearn_geo.partition._spherical_kmeans import spherical_kmeans
from tests.geometry.common_delaunay import cartesian
from tests.partition.common import PLACES, globe, photos


def centers_of(partition):
    cells = partition.cells_
    return np.c_[cells["center_latitude"], cells["center_longitude"]]


@pytest.mark.parametrize("algorithm", ["lloyd", "minibatch"])
def test_the_nearest_centre_by_brute_force(algorithm):
    places = photos(2000)
    partition = KMeansPartition(40, algorithm=algorithm, random_state=0).fit(places)
    others = np.vstack([places, globe(3000)])
    distances = pairwise_haversine(others, centers_of(partition))
    cells = partition.predict(others)
    rows = np.arange(len(others))
    assert_allclose(distances[rows, cells], distances.min(axis=1), atol=1e-6)
    second, first = -np.sort(-distances, axis=1)[:, -2:].T
    clear = second - first > 1e-6
    assert clear.mean() > 0.99
    assert_array_equal(cells[clear], distances.argmin(axis=1)[clear])


def test_centres_are_the_means_of_their_places():
    places = photos(1500)
    partition = KMeansPartition(25, random_state=1).fit(places)
    assert partition.n_iter_ < partition.max_iter
    cells = partition.predict(places)
    for k in range(partition.n_cells_):
        mean = spherical_mean(places[cells == k])
        assert haversine([mean], centers_of(partition)[k : k + 1])[0] < 1e-3
        stands = partition.inverse_transform([k])
        assert haversine([mean], stands)[0] < 1e-6
        assert partition.cells_["count"][k] == (cells == k).sum()


def test_no_worse_on_the_sphere_than_where_it_started():
    places = photos(1500)
    vectors = cartesian(places)
    start = KMeans(25, n_init=1, random_state=np.random.RandomState(0)).fit(
        vectors[np.lexsort(places.T)]
    )
    directions = start.cluster_centers_
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    partition = KMeansPartition(25, n_init=5, random_state=0).fit(places)
    ours = (vectors @ cartesian(centers_of(partition)).T).max(axis=1).sum()
    assert ours >= (vectors @ directions.T).max(axis=1).sum() * (1 - 1e-3)


def test_three_towns_by_hand():
    # Two towns of three places each around (0, 10) and (0, 170 west), and one place.
    places = np.array(
        [[-1, 10], [0, 10], [1, 10], [0, -171], [0, -170], [0, -169], [80, 0]], float
    )
    partition = KMeansPartition(3, random_state=0, n_init=10).fit(places)
    assert_allclose(centers_of(partition), [[0, -170], [0, 10], [80, 0]], atol=1e-5)
    assert_array_equal(partition.predict(places), [1, 1, 1, 0, 0, 0, 2])
    assert_array_equal(partition.cells_["count"], [3, 3, 1])
    assert_array_equal(partition.cell_names_, ["kmeans_0", "kmeans_1", "kmeans_2"])


@settings(deadline=None, max_examples=30)
@given(PLACES, st.integers(1, 5), st.randoms(use_true_random=False))
def test_any_places_in_any_order(places, n_cells, random):
    apart = places[:1]
    for place in places:
        if haversine(apart, place[np.newaxis]).min() > 0.003:
            apart = np.vstack([apart, place])
    n_cells = min(n_cells, len(apart))
    order = list(range(len(places)))
    random.shuffle(order)
    one = KMeansPartition(n_cells, random_state=0).fit(places)
    other = KMeansPartition(n_cells, random_state=0).fit(places[order])
    assert 1 <= one.n_cells_ <= n_cells
    assert_array_equal(centers_of(one), centers_of(other))
    assert_array_equal(one.predict(places)[order], other.predict(places[order]))
    assert (one.cells_["count"] > 0).all()
    assert one.cells_["count"].sum() == len(places)
    assert_array_equal(one.dropped_, [])
    assert one.cells_["area_km2"].sum() == pytest.approx(
        4 * np.pi * 6371.0088**2, rel=1e-4
    )


def test_whole_weights_count_as_repeated_places():
    places = photos(300)
    weights = np.random.default_rng(0).integers(0, 4, len(places))
    one = KMeansPartition(12, random_state=0).fit(places, sample_weight=weights)
    other = KMeansPartition(12, random_state=0).fit(np.repeat(places, weights, axis=0))
    assert_array_equal(centers_of(one), centers_of(other))
    assert_array_equal(one.cells_["weight"], other.cells_["count"])


@pytest.mark.parametrize("power", [-1000, -600, 600, 1000])
def test_cells_do_not_depend_on_the_unit_of_weights(power):
    places, weights = globe(60), np.random.default_rng(0).integers(1, 4, 60) / 1.0
    expected = KMeansPartition(5, random_state=0).fit(places, sample_weight=weights)
    found = KMeansPartition(5, random_state=0)
    found.fit(places, sample_weight=np.ldexp(weights, power))
    for name in set(expected.cells_.dtype.names) - {"weight"}:
        assert_array_equal(found.cells_[name], expected.cells_[name])


@pytest.mark.parametrize(
    "places",
    [
        globe(400, seed=3),
        photos(400),
        # On one parallel, on the equator, on one meridian: lunes.
        np.c_[np.full(40, 50.0), np.linspace(-180, 171, 40)],
        np.c_[np.zeros(40), np.linspace(-180, 171, 40)],
        np.c_[np.linspace(-80, 80, 40), np.full(40, 15.0)],
        np.c_[np.zeros(40), np.linspace(5, 25, 40)],
        np.array([[0.0, 0.0], [0.0, 180.0]]),
        np.array([[10.0, 30.0], [-10.0, 30.0]]),
        np.array([[90.0, 0.0], [-90.0, 0.0]]),
    ],
)
@pytest.mark.parametrize("n_cells", [1, 2, 3, 12])
def test_outlines_hold_what_is_nearest(places, n_cells):
    n_cells = min(n_cells, len(places))
    partition = KMeansPartition(n_cells, random_state=0).fit(places)
    others = np.vstack([places, globe(300, seed=5)])
    cells = partition.predict(others)
    areas = []
    for k in range(partition.n_cells_):
        ring = partition.cell_outline(k, n_per_edge=60)
        shape = Polygon(ring[:, ::-1])
        assert shape.exterior.is_ccw
        areas.append(shape.area)
        turned = [others + [0.0, turn] for turn in (-360.0, 0.0, 360.0)]
        points = shapely.points(np.stack(turned)[..., ::-1])
        # Shapely 2.0 warns of empty shapes, for no reason.
        with np.errstate(invalid="ignore"):
            apart = shapely.distance(shape, points).min(axis=0)
        assert (apart[cells == k] < 1.0).all()
        with np.errstate(invalid="ignore"):
            sure = shapely.contains(shape.buffer(-1.0), points).any(axis=0)
        assert (cells[sure] == k).all()
    # Together the outlines cover the map.
    assert sum(areas) == pytest.approx(360.0 * 180.0, rel=0.01)


def test_outlines_of_centres_nearly_on_a_circle():
    # The corners of their cells are nearly opposite each other.
    steps = np.arange(10.0)
    grid = np.column_stack([np.repeat(steps, 10), np.tile(steps, 10)])
    rng = np.random.default_rng(0)
    south, north = np.sort(rng.uniform(-80.0, 80.0, (2, 10)), axis=0)
    west, east = np.sort(rng.uniform(-180.0, 180.0, (2, 10)), axis=0)
    corners = np.stack([south, west, south, east, north, west, north, east], axis=1)
    for n_cells, places in ((4, grid), *((4, c) for c in corners.reshape(10, 4, 2))):
        partition = KMeansPartition(n_cells, random_state=0).fit(places)
        nearest = pairwise_haversine(places, centers_of(partition)).argmin(axis=1)
        features = partition.to_geojson(200)["features"]
        for k, feature in enumerate(features):
            polygon = shapely.geometry.shape(feature["geometry"])
            assert polygon.is_valid
            own = places[nearest == k]
            assert shapely.intersects_xy(polygon, own[:, 1], own[:, 0]).all()


@pytest.mark.parametrize(
    "places",
    [
        [[0, 165], [45, -75], [60, 105], [90, 0]],
        [[0, 0], [1, 180], [-1, 180], [0, 179], [0, -179]],
    ],
)
@pytest.mark.parametrize("n_per_edge", [8, 400])
def test_rings_around_a_pole_end_at_the_antimeridian(places, n_per_edge):
    partition = KMeansPartition(len(places), random_state=0).fit(places)
    for cell in range(len(places)):
        ring = partition.cell_outline(cell, n_per_edge)
        if np.abs(ring[-2:, 0]).min() == 90.0:  # around a pole
            assert np.abs(ring[:, 1]).max() == 180.0
    for feature in partition.to_geojson(n_per_edge)["features"]:
        assert shapely.geometry.shape(feature["geometry"]).is_valid


@pytest.mark.parametrize("n_cells", [1, 2])
@pytest.mark.parametrize("n_per_edge", [0, -3, 10**9, "x", 1.5])
def test_pieces_of_edges_are_checked_where_there_are_none(n_cells, n_per_edge):
    partition = KMeansPartition(n_cells, random_state=0).fit(globe(20))
    with pytest.raises(ValueError, match="n_per_edge must be an integer, at least 1"):
        partition.cell_outline(0, n_per_edge=n_per_edge)


def test_geojson_is_valid():
    pytest.importorskip("geopandas")
    partition = KMeansPartition(15, random_state=0).fit(globe(300))
    frame = partition.to_geopandas()
    assert frame.geometry.is_valid.all()
    west, south, east, north = frame.total_bounds
    assert (west, south) == pytest.approx((-180, -90))
    assert (east, north) == pytest.approx((180, 90))


@pytest.mark.parametrize("suffix", [".json", ".csv"])
@pytest.mark.parametrize("random_state", [3, np.random.RandomState(3)])
def test_files(suffix, random_state, tmp_path):
    places = photos(500)
    partition = KMeansPartition(20, random_state=random_state).fit(places)
    partition.save(tmp_path / f"cells{suffix}")
    loaded = KMeansPartition.load(tmp_path / f"cells{suffix}")
    assert_array_equal(loaded.cells_, partition.cells_)
    others = np.vstack([places, globe(2000)])
    assert_array_equal(loaded.predict(others), partition.predict(others))
    assert_array_equal(loaded.cell_outline(2), partition.cell_outline(2))
    assert loaded.n_iter_ == partition.n_iter_
    assert loaded.n_cells == 20


def test_rounds_of_a_damaged_file(tmp_path):
    path = tmp_path / "cells.json"
    KMeansPartition(2, random_state=0).fit(globe(9)).save(path)
    text = path.read_text()
    assert '"n_iter": ' in text
    path.write_text(text.replace('"n_iter": ', '"n_iter": "many", "was": '))
    with pytest.raises(ValueError, match=r"cells\.json is damaged: "):
        KMeansPartition.load(path)


def test_same_seed_same_cells():
    places = photos(500)
    one = KMeansPartition(20, random_state=5).fit(places)
    assert_array_equal(one.cells_, clone(one).fit(places).cells_)


def test_refill_keeps_the_centres():
    places = photos(1000)
    partition = KMeansPartition(20, random_state=0).fit(places[:500])
    before = centers_of(partition)
    partition.refill(places[500:])
    assert_array_equal(centers_of(partition), before)
    assert partition.cells_["count"].sum() == 500


def test_too_many_cells():
    places = np.array([[10.0, 10.0]] * 5 + [[20.0, 20.0], [90.0, 5.0], [90.0, 7.0]])
    with pytest.raises(
        ValueError, match=r"n_cells=4 is more than the number of distinct places, 3"
    ):
        KMeansPartition(4).fit(places)
    assert KMeansPartition(3, random_state=0).fit(places).n_cells_ == 3
    # Two centimetres apart.
    with pytest.raises(
        ValueError, match=r"distinct places, 1 .*about a metre count as"
    ):
        KMeansPartition(2).fit([[10.0, 10.0], [10.0, 10.0000002]])


def test_cells_of_two_opposite_places():
    # Their mean points nowhere.
    partition = KMeansPartition(1).fit([[0.0, 0.0], [0.0, 180.0]])
    assert partition.n_cells_ == 1
    assert_array_equal(partition.predict([[0.0, 90.0]]), [0])


def test_whoever_tolerates_everything_has_an_answer():
    places = [[0.0, 0.0], [0.0, 1.0], [50.0, 0.0], [50.0, 1.0]]
    partition = KMeansPartition(2, tol=1.7e308, random_state=0).fit(
        places, None, [1e3] * 4
    )
    assert partition.n_cells_ == 2


def test_cells_are_numbered_from_south_to_north():
    partition = KMeansPartition(12, random_state=0).fit(globe(200))
    assert (np.diff(partition.cells_["center_latitude"]) > 0.0).all()


@pytest.mark.parametrize(
    ("algorithm", "other"), [("lloyd", "MiniBatchKMeans"), ("minibatch", "KMeans")]
)
def test_each_algorithm_is_its_own(monkeypatch, algorithm, other):
    monkeypatch.delattr(_spherical_kmeans, other)
    partition = KMeansPartition(3, algorithm=algorithm, random_state=0).fit(globe(30))
    assert partition.n_cells_ == 3


def test_the_outline_of_the_only_cell_is_the_map():
    partition = KMeansPartition(1)
    with pytest.raises(NotFittedError):
        partition.cell_outline(0)
    ring = partition.fit(globe(9)).cell_outline(0)
    assert_array_equal(ring, [[-90, -180], [-90, 180], [90, 180], [90, -180]])


def test_a_tolerance_is_a_share_of_all_weights():
    # However many move in the first round, they are not more than all.
    partition = KMeansPartition(
        20, algorithm="minibatch", n_init=1, tol=1.0, random_state=0
    )
    assert partition.fit(globe(2000)).n_iter_ == 1
    assert 1 < partition.set_params(tol=0.0).fit(globe(2000)).n_iter_ < 300


def test_light_places_move_their_centres_as_well():
    vectors, weights = cartesian(globe(300)), np.full(300, 1e-14)
    weights[0] = 1.0
    centers, _ = spherical_kmeans(
        vectors,
        weights,
        6,
        algorithm="lloyd",
        n_init=1,
        max_iter=300,
        tol=0.0,
        random_state=0,
    )
    nearest = (vectors @ centers.T).argmax(axis=1)
    for k, center in enumerate(centers):
        mean = (weights[:, np.newaxis] * vectors)[nearest == k].sum(axis=0)
        assert_allclose(center, mean / np.linalg.norm(mean), atol=1e-12)


def test_there_are_no_more_rounds_than_allowed():
    partition = KMeansPartition(
        20, algorithm="minibatch", n_init=1, tol=0.0, max_iter=2, random_state=0
    )
    assert partition.fit(globe(2000)).n_iter_ == 2


@pytest.mark.parametrize(("given", "kept"), [(3, 3), (np.random.RandomState(3), None)])
def test_a_seed_is_kept_and_a_generator_is_not(given, kept, tmp_path):
    KMeansPartition(2, random_state=given).fit(globe(9)).save(tmp_path / "cells.json")
    assert KMeansPartition.load(tmp_path / "cells.json").random_state == kept


def test_weights_may_be_very_different():
    places = [[0.0, 0.0], [60.0, 100.0]]
    with np.errstate(over="raise"):
        partition = KMeansPartition(1).fit(places, sample_weight=[1e-160, 1e160])
    assert_allclose(centers_of(partition), places[1:], atol=1e-5)
