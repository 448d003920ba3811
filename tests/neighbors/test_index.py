# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.neighbors import BallTree

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine
from sklearn_geo.neighbors import PlaceIndex

# Coarse numbers, so that equal places, equal distances, poles and seams are common.
_COARSE = st.tuples(
    st.sampled_from([-90.0, -89.5, -45.0, -0.5, -0.0, 0.0, 0.5, 45.0, 89.5, 90.0]),
    st.sampled_from([-180.0, -179.5, -90.0, -0.5, 0.0, 0.5, 90.0, 179.5, 180.0]),
)
_ANY = st.tuples(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0))


def _tables(element, max_size):
    lists = st.lists(element, min_size=1, max_size=max_size)
    return lists.map(lambda pairs: np.array(pairs, dtype=np.float64))


def _all_km(query, places):
    """Return the distances of all places; those of a pole by one of its names."""
    places = np.where(np.abs(places[:, :1]) == 90.0, places * [1.0, 0.0], places)
    return haversine(query[np.newaxis], places)


def _brute_force(places, query, n_neighbors):
    """Sort all rows by (haversine, row)."""
    km = _all_km(query, places)
    rows = np.lexsort((np.arange(len(places)), km))[:n_neighbors]
    return km[rows], rows


def _world(n_places, seed):
    """Make towns of all sizes, some across the antimeridian and near the poles."""
    rng = np.random.default_rng(seed)
    towns = np.column_stack(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, 40))), rng.uniform(-180, 180, 40)]
    )
    towns[:4] = [[0.0, 180.0], [60.0, -180.0], [90.0, 0.0], [-89.99, 120.0]]
    places = towns[rng.integers(40, size=n_places)]
    places = places + rng.normal(scale=0.3, size=places.shape)
    over = np.abs(places[:, 0]) > 90.0
    places[over, 0] = np.sign(places[over, 0]) * 180.0 - places[over, 0]
    places[over, 1] += 180.0
    return places


def test_nearest_across_the_antimeridian_by_hand():
    index = PlaceIndex([[0.0, 179.0], [0.0, -179.0], [0.0, 0.0], [90.0, 17.0]])
    km, rows = index.nearest([[0.0, -179.5], [90.0, -100.0]], 4)
    degree = EARTH_RADIUS_KM * np.pi / 180.0
    np.testing.assert_array_equal(rows, [[1, 0, 3, 2], [3, 0, 1, 2]])
    np.testing.assert_allclose(
        km, degree * np.array([[0.5, 1.5, 90.0, 179.5], [0.0, 90.0, 90.0, 90.0]])
    )


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("n_neighbors", [1, 7, 60])
def test_nearest_is_what_ball_tree_finds(n_neighbors, n_jobs):
    places, queries = _world(3000, 0), _world(400, 1)
    queries[:4] = [[90.0, 3.0], [-90.0, -7.0], [0.0, -180.0], [0.0, 180.0]]
    km, rows = PlaceIndex(places).nearest(queries, n_neighbors, n_jobs=n_jobs)
    tree = BallTree(np.radians(places), metric="haversine")
    radians, expected = tree.query(np.radians(queries), k=n_neighbors)
    np.testing.assert_allclose(km, radians * EARTH_RADIUS_KM, rtol=1e-9, atol=1e-7)
    np.testing.assert_array_equal(rows, expected)


def test_within_is_what_ball_tree_finds():
    places, queries = _world(3000, 2), _world(300, 3)
    queries[:4] = [[90.0, 3.0], [-90.0, -7.0], [0.0, -180.0], [0.0, 180.0]]
    index = PlaceIndex(places)
    tree = BallTree(np.radians(places), metric="haversine")
    for radius_km in [0.5, 40.0, 2500.0]:
        km, rows, indptr = index.within(queries, radius_km, n_jobs=2)
        expected, radians = tree.query_radius(
            np.radians(queries),
            radius_km / EARTH_RADIUS_KM,
            return_distance=True,
            sort_results=True,
        )
        np.testing.assert_array_equal(np.diff(indptr), [len(row) for row in expected])
        np.testing.assert_array_equal(rows, np.concatenate(expected))
        np.testing.assert_allclose(
            km, np.concatenate(radians) * EARTH_RADIUS_KM, rtol=1e-9, atol=1e-7
        )


@pytest.mark.parametrize("element", [_COARSE, _ANY, st.one_of(_COARSE, _ANY)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nearest_sorts_by_distance_then_row(element, data):
    places = data.draw(_tables(element, 40))
    queries = data.draw(_tables(element, 6))
    n_neighbors = data.draw(st.integers(1, len(places)))
    km, rows = PlaceIndex(places).nearest(queries, n_neighbors)
    for query, found_km, found in zip(queries, km, rows, strict=True):
        expected_km, expected = _brute_force(places, query, n_neighbors)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(found_km, expected_km)


@pytest.mark.parametrize("element", [_COARSE, st.one_of(_COARSE, _ANY)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_chords_choose_the_same_rows(element, data):
    places = data.draw(_tables(element, 40))
    queries = data.draw(_tables(element, 6))
    n_neighbors = data.draw(st.integers(1, len(places)))
    km, rows = PlaceIndex(places)._nearest(queries, n_neighbors, exact=False)
    for query, found_km, found in zip(queries, km, rows, strict=True):
        expected_km, expected = _brute_force(places, query, n_neighbors)
        assert set(found) == set(expected)
        np.testing.assert_allclose(found_km, expected_km, rtol=1e-12, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    places=_tables(st.one_of(_COARSE, _ANY), 40),
    queries=_tables(st.one_of(_COARSE, _ANY), 6),
    data=st.data(),
)
def test_within_includes_its_border(places, queries, data):
    # The radius is the distance of some pair, to the last bit.
    i = data.draw(st.integers(0, len(places) - 1))
    radius_km = float(_all_km(queries[0], places[i : i + 1])[0])
    index = PlaceIndex(places)
    km, rows, indptr = index.within(queries, radius_km)
    by_row = index.within(queries, radius_km, sort_results=False)
    np.testing.assert_array_equal(by_row[2], indptr)
    for j, query in enumerate(queries):
        expected_km, expected = _brute_force(places, query, len(places))
        inside = expected_km <= radius_km
        found = slice(indptr[j], indptr[j + 1])
        np.testing.assert_array_equal(rows[found], expected[inside])
        np.testing.assert_array_equal(km[found], expected_km[inside])
        np.testing.assert_array_equal(by_row[1][found], np.sort(expected[inside]))
    assert i in rows[: indptr[1]]


def test_many_photos_at_few_places():
    rng = np.random.default_rng(0)
    spots = _world(30, 4)
    places = spots[rng.integers(30, size=2000) ** 2 % 30]
    queries = np.vstack([spots, _world(30, 5)])
    index = PlaceIndex(places)
    for n_neighbors in [1, 150, 1999, 2000]:
        km, rows = index.nearest(queries, n_neighbors)
        _, chord_rows = index._nearest(queries, n_neighbors, exact=False)
        for i, query in enumerate(queries):
            expected_km, expected = _brute_force(places, query, n_neighbors)
            np.testing.assert_array_equal(rows[i], expected)
            np.testing.assert_array_equal(km[i], expected_km)
            np.testing.assert_array_equal(np.sort(chord_rows[i]), np.sort(expected))


def test_ten_thousand_places_equally_far():
    # Seen from the pole, a parallel is one distance: ties go on and on.
    places = np.column_stack([np.full(10_000, 45.0), np.arange(10_000) * 0.036 - 180])
    km, rows = PlaceIndex(places[::-1]).nearest([[90.0, 0.0], [-90.0, 0.0]], 5)
    np.testing.assert_array_equal(rows, [np.arange(5)] * 2)
    quarter = EARTH_RADIUS_KM * np.pi / 4
    np.testing.assert_allclose(km, [[quarter] * 5, [3 * quarter] * 5])


def test_antipodes_are_told_apart():
    # Metres apart on the far side of the globe, where chords differ by 1e-13 and less.
    metres = np.array([9.0, 1.0, 4.0, 0.0, 2.0])
    places = np.column_stack([metres / 111_195.0, np.full(5, 180.0)])
    km, rows = PlaceIndex(places).nearest([[0.0, 0.0]], 5)
    np.testing.assert_array_equal(rows, [[0, 2, 4, 1, 3]])
    half = EARTH_RADIUS_KM * np.pi
    np.testing.assert_allclose(half - km[0], np.sort(metres)[::-1] / 1000, atol=1e-6)


def test_radius_cuts_the_nearest():
    index = PlaceIndex([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    border = float(haversine([[0.0, 0.0]], [[0.0, 2.0]])[0])
    km, rows = index.nearest([[0.0, 0.0], [50.0, 0.0]], 3, radius_km=border)
    np.testing.assert_array_equal(rows, [[0, 1, -1], [-1, -1, -1]])
    assert np.isinf(km[rows < 0]).all()
    assert km[0, 1] == border
    rows = index.nearest([[0.0, 0.0]], 3, radius_km=np.nextafter(border, 0))[1]
    np.testing.assert_array_equal(rows, [[0, -1, -1]])


def test_answers_do_not_depend_on_the_other_queries():
    places, queries = np.round(_world(500, 6), 1), np.round(_world(60, 7), 1)
    index = PlaceIndex(places)
    km, rows = index.nearest(queries, 20)
    flat_km, flat_rows, indptr = index.within(queries, 100.0)
    for i in range(len(queries)):
        one_km, one_rows = index.nearest(queries[i : i + 1], 20)
        np.testing.assert_array_equal(one_rows[0], rows[i])
        np.testing.assert_array_equal(one_km[0], km[i])
        one_km, one_rows, _ = index.within(queries[i : i + 1], 100.0)
        np.testing.assert_array_equal(one_rows, flat_rows[indptr[i] : indptr[i + 1]])
        np.testing.assert_array_equal(one_km, flat_km[indptr[i] : indptr[i + 1]])


def test_order_of_places_changes_only_their_numbers():
    places, queries = _world(500, 8), _world(60, 9)
    order = np.random.default_rng(0).permutation(500)
    km, rows = PlaceIndex(places).nearest(queries, 20)
    shuffled_km, shuffled_rows = PlaceIndex(places[order]).nearest(queries, 20)
    np.testing.assert_array_equal(order[shuffled_rows], rows)
    np.testing.assert_array_equal(shuffled_km, km)


def test_a_turn_more_is_the_same_place():
    places, queries = _world(300, 10), _world(30, 11)
    index = PlaceIndex(places)
    turned = PlaceIndex(places + [0.0, 360.0])
    np.testing.assert_array_equal(
        index.nearest(queries, 9)[1], turned.nearest(queries - [0.0, 360.0], 9)[1]
    )


def test_working_memory_changes_nothing():
    places, queries = np.round(_world(800, 12), 1), _world(200, 13)
    index = PlaceIndex(places)
    expected = index.nearest(queries, 50)
    expected_within = index.within(queries, 200.0)
    with config_context(working_memory=0.01):
        found = index.nearest(queries, 50)
        found_within = index.within(queries, 200.0)
        blocks = [len(block[0]) for block in index.iter_within(queries, 200.0)]
    for one, other in zip(
        found + found_within, expected + expected_within, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert len(blocks) > 3
    assert sum(blocks) == 200


def test_input_is_neither_changed_nor_kept():
    places = _world(50, 14)
    before = places.copy()
    index = PlaceIndex(places)
    rows = index.nearest(places, 3)[1]
    np.testing.assert_array_equal(places, before)
    assert places.flags.writeable
    places[:] = 0.0
    np.testing.assert_array_equal(index.nearest(before, 3)[1], rows)


def test_copies_are_the_index_itself():
    index = PlaceIndex([[0.0, 0.0]])
    assert copy.copy(index) is index
    assert copy.deepcopy(index) is index
    assert clone(index, safe=False) is index
    assert len(index) == index.n_places == 1
    assert repr(index) == "PlaceIndex(<1 places>)"


def test_pickles_hold_the_finished_tree(tmp_path):
    places = _world(500, 15)
    index = PlaceIndex(places)
    km, rows = index.nearest(places, 5)
    again = pickle.loads(pickle.dumps(index))
    np.testing.assert_array_equal(again.nearest(places, 5)[0], km)
    # A process that cannot build trees can still use the index.
    (tmp_path / "index.pkl").write_bytes(pickle.dumps((index, places, rows)))
    script = (
        "import pickle, sys, numpy as np\n"
        "import sklearn_geo.neighbors._index as module\n"
        "tree = module.cKDTree\n"
        "class Restored:\n"
        "    __new__ = staticmethod(lambda cls: tree.__new__(tree))\n"
        "module.cKDTree = Restored\n"
        "index, places, rows = pickle.load(open(sys.argv[1], 'rb'))\n"
        "assert (index.nearest(places, 5)[1] == rows).all()\n"
        "try:\n"
        "    module.PlaceIndex(places)\n"
        "except TypeError:\n"
        "    print('no tree was built')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "index.pkl")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "no tree was built\n"


@pytest.mark.parametrize("n_neighbors", [0, -1, 4, 2.0, None])
def test_refuses_neighbors_that_are_not_there(n_neighbors):
    with pytest.raises(ValueError, match="from 1 to the number of indexed places, 3"):
        PlaceIndex(np.zeros((3, 2))).nearest([[0.0, 0.0]], n_neighbors)


@pytest.mark.parametrize("radius_km", [-1.0, np.nan])
def test_refuses_a_radius_that_is_none(radius_km):
    index = PlaceIndex(np.zeros((3, 2)))
    for method in (index.within, lambda X, r: index.nearest(X, 1, radius_km=r)):
        with pytest.raises(ValueError, match="number of kilometres, not negative"):
            method([[0.0, 0.0]], radius_km)


def test_refuses_what_is_no_place():
    with pytest.raises(ValueError, match=r"latitude 91\.0"):
        PlaceIndex([[0.0, 0.0], [91.0, 100.0]])
    with pytest.raises(ValueError, match="look swapped"):
        PlaceIndex([[0.0, 0.0]]).nearest([[100.0, 10.0]], 1)


def test_a_radius_beyond_the_globe_holds_everything():
    places = _world(50, 16)
    for radius_km in [20_100.0, np.inf]:
        rows = PlaceIndex(places).within([[12.0, 34.0]], radius_km)[1]
        np.testing.assert_array_equal(np.sort(rows), np.arange(50))


def test_all_names_of_a_pole_are_one_place():
    # As many pairs would be told apart otherwise as there are names.
    names = np.random.default_rng(0).uniform(-180.0, 180.0, 20_000)
    index = PlaceIndex(np.column_stack([np.full(len(names), -90.0), names]))
    km, rows = index.nearest([[-90.0, 17.0], [-90.0, -180.0]], 3)
    assert (km == 0.0).all()
    assert rows.tolist() == [[0, 1, 2], [0, 1, 2]]
    everybody = np.column_stack([np.full(len(names), -90.0), names])
    assert (index.nearest(everybody, 2)[1] == [0, 1]).all()
