# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Counts, weights and representatives of cells, against plain loops."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.geometry import geometric_median, unit_vectors
from sklearn_geo.partition import _cells
from sklearn_geo.partition._cells import (
    cell_table,
    filled_table,
    read_weights,
    representatives,
    sums,
)
from tests.partition.common import globe

CENTERS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])


def world(n=300, seed=0):
    rng = np.random.default_rng(seed)
    places = globe(n, seed)
    places[::9] = places[0]
    labels = rng.choice([-1, 0, 1, 3], size=n)  # cell 2 is empty
    return places, labels, rng.choice([0.5, 1.0, 2.0], size=n)


@pytest.fixture(params=[2, 50, 32768])
def block_rows(request, monkeypatch):
    monkeypatch.setattr(_cells, "BLOCK_ROWS", request.param)


@pytest.mark.usefixtures("block_rows")
def test_sums():
    _, labels, weights = world()
    for values in (None, weights):
        expected = [
            sum(1.0 if values is None else values[row] for row in rows)
            for rows in (np.flatnonzero(labels == cell) for cell in range(4))
        ]
        assert_array_equal(sums(values, labels, 4), expected)
    assert sums(None, labels[:0], 3).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.usefixtures("block_rows")
@pytest.mark.parametrize("weighted", [False, True])
def test_representatives(weighted):
    places, labels, weights = world()
    weights = weights if weighted else None
    filled = np.array([True, True, False, True])

    def find(kind):
        found = representatives(places, labels, filled, weights, CENTERS, kind)
        assert_array_equal(found[2], CENTERS[2])
        return found

    assert_array_equal(find("center"), CENTERS)
    means, medoids, medians = find("mean"), find("medoid"), find("median")
    for cell in (0, 1, 3):
        rows = np.flatnonzero(labels == cell)
        vectors = unit_vectors(places[rows])
        own = np.ones(len(rows)) if weights is None else weights[rows]
        mean = (own[:, np.newaxis] * vectors).sum(axis=0)
        mean /= np.linalg.norm(mean)
        assert_allclose(unit_vectors(means[[cell]])[0], mean, atol=1e-12)
        # By its definition: the smallest sum of squared straight distances.
        squares = ((vectors[:, np.newaxis] - vectors) ** 2).sum(axis=2)
        assert_array_equal(medoids[cell], places[rows[np.argmin(squares @ own)]])
        expected = geometric_median(places[rows], own)
        km = unit_vectors([medians[cell], expected])
        assert np.linalg.norm(km[0] - km[1]) < 1e-8


def test_places_that_balance_each_other_have_no_mean():
    places = np.array([[0.0, 0.0], [0.0, -180.0], [90.0, 0.0]])
    labels = np.zeros(3, dtype=np.int64)
    filled, middle = np.array([True]), np.array([[-80.0, 0.0]])
    two = representatives(places[:2], labels[:2], filled, None, middle, "mean")
    assert two.tolist() == [[-80.0, 0.0]]
    # The medoid is then the place nearest to the middle: all but the pole.
    medoid = representatives(places, labels, filled, None, middle, "medoid")
    assert medoid.tolist() == [[90.0, 0.0]]  # with the pole there is a mean again
    medoid = representatives(places[:2], labels[:2], filled, None, middle, "medoid")
    assert medoid.tolist() == [[0.0, 0.0]]
    # Beside a cell that has a mean, and with a middle that is nearer to the second.
    places = np.array([[0.0, -180.0], [0.0, 0.0], [40.0, 40.0]])
    middles, filled = np.array([[-80.0, 0.0], [0.0, 0.0]]), np.array([True, True])
    labels = np.array([0, 0, 1])
    medoids = representatives(places, labels, filled, None, middles, "medoid")
    assert medoids.tolist() == [[0.0, 0.0], [40.0, 40.0]]


def test_what_rounding_leaves_of_a_balance_is_no_mean():
    place = np.array([10.3, 20.7])
    places = np.array([place, [-place[0], place[1] - 180.0]])
    sums_of_vectors = unit_vectors(places).sum(axis=0)
    assert 0.0 < np.linalg.norm(sums_of_vectors) < 1e-15
    labels, middle = np.zeros(2, dtype=np.int64), np.array([[-80.0, 0.0]])
    found = representatives(places, labels, np.array([True]), None, middle, "mean")
    assert found.tolist() == middle.tolist()


def test_medoids_do_not_depend_on_the_order_of_rows():
    # A regular polygon around a place: all corners are equally far but for rounding.
    turns = np.radians(np.arange(0.0, 360.0, 7.5))
    places = np.column_stack([48.0 + np.sin(turns) / 10, 2.0 + np.cos(turns) / 10])
    places = np.concatenate([places, places[::-1] * [1.0, -1.0] + [0.0, 4.0]])
    labels, rng = np.zeros(len(places), dtype=np.int64), np.random.default_rng(0)
    found = [
        representatives(
            places[order], labels, np.array([True]), None, CENTERS[:1], "medoid"
        ).tolist()
        for order in (rng.permutation(len(places)) for _ in range(40))
    ]
    assert all(medoid == found[0] for medoid in found)


def test_of_equal_medoids_the_southernmost():
    places = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    labels = np.zeros(4, dtype=np.int64)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        found = representatives(
            places[order], labels, np.array([True]), None, CENTERS[:1], "medoid"
        )
        assert found.tolist() == [[-1.0, 0.0]]


@pytest.mark.parametrize("places", [[[5, 0], [5, 20]], [[0, 7], [30, 7]]])
def test_medians_of_two_do_not_depend_on_the_order_of_rows(places):
    places = np.array(places, dtype=float)
    found = np.empty((2, 1, 2))
    for stands, given in zip(found, (places, places[::-1]), strict=True):
        _cells._fill_medians(stands, given, np.zeros(2, dtype=np.int64), None)
    assert_array_equal(found[0], found[1])


def test_of_medoids_hardly_nearer_the_nearest():
    # The mean of all is on the equator. By a ten thousandth the northern place is
    # nearer to it than the southern one, which is no tie.
    places = np.array([[0.1, 0.0], [-0.10001, 0.0], [1.0, 1.0], [-1.0, -1.0]])
    targets = unit_vectors([[0.0, 0.0]])
    stands = np.empty((1, 2))
    _cells._fill_nearest(stands, places, np.zeros(4, dtype=np.int64), targets)
    assert stands.tolist() == [[0.1, 0.0]]


def test_table():
    places, labels, weights = world()
    columns = {"name": np.array(["a", "b", "c", "d"]), "id": np.arange(4, dtype="u8")}
    areas = np.arange(4.0)
    table = filled_table(
        columns, CENTERS, areas, places, labels, "mean", weights=weights
    )
    frame = pd.DataFrame(table)
    assert frame.columns.tolist()[:4] == ["name", "id", "count", "weight"]
    assert_array_equal(
        frame["count"], [np.count_nonzero(labels == cell) for cell in range(4)]
    )
    assert_array_equal(frame["weight"], sums(weights, labels, 4))
    assert_array_equal(frame["area_km2"], areas)
    counts = np.full(len(places), 3)
    table = filled_table(
        columns, CENTERS, areas, places, labels, "center", counts=counts
    )
    assert_array_equal(table["count"], 3 * frame["count"])
    assert_array_equal(table["weight"], frame["count"])


def test_cell_table_of_nothing():
    table = cell_table({"name": np.array([], dtype="U3"), "count": []})
    assert len(table) == 0
    assert table.dtype.names == ("name", "count")


def test_columns_are_of_one_length():
    with pytest.raises(ValueError, match="column 'count' has 1 values for 2 cells"):
        cell_table({"name": ["a", "b"], "count": [3]})


def test_weights():
    assert read_weights(None, 3) is None
    assert read_weights([1, 1, 1], 3) is None
    assert read_weights(1.0, 3) is None
    assert read_weights(2, 2).tolist() == [2.0, 2.0]
    assert read_weights([0, 2], 2).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("weights", "error", "match"),
    [
        ([1.0, -0.5, 1.0], ValueError, r"sample_weight, row 1: -0\.5 is no weight"),
        ([1.0, 1.0, np.nan], ValueError, "sample_weight, row 2: nan is no weight"),
        ([np.inf, 1.0, 1.0], ValueError, "row 0: inf is no weight. Weights are finite"),
        ([0.0, 0.0, 0.0], ValueError, "sample_weight is zero for every place"),
        (
            [1.0, 1.0],
            ValueError,
            r"shape == \(2,\), expected \(3,\): one weight a place",
        ),
        (["a", "b", "c"], TypeError, "^sample_weight must hold numbers"),
        ([1e308, 1e308, 0.0], ValueError, "sample_weight adds up to infinity. Scale"),
    ],
)
def test_bad_weights(weights, error, match):
    with pytest.raises(error, match=match):
        read_weights(weights, 3)


def test_medians_are_weighted_and_no_cell_is_not_the_last_one():
    # Five of seven weigh the first place of the equator, and half of three the middle.
    places = np.array([[0.0, 0.0], [0.0, 10.0], [0.0, 20.0], [70.0, 80.0]])
    labels = np.array([0, 0, 0, -1])
    # The last cell has no places: what lies in no cell is not taken for its own.
    for weights, expected in (([5.0, 1.0, 1.0, 9.0], 0.0), (None, 10.0)):
        weights = None if weights is None else np.array(weights)
        found = representatives(
            places, labels, np.array([True, False]), weights, CENTERS[:2], "median"
        )
        assert_allclose(found, [[0.0, expected], CENTERS[1]], atol=1e-9)
    for kind in ("mean", "medoid"):
        found = representatives(
            places, labels, np.array([True, False]), None, CENTERS[:2], kind
        )
        assert_allclose(found, [[0.0, 10.0], CENTERS[1]], atol=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1e-12, 1.0])
def test_means_do_not_depend_on_the_unit_of_weights(scale):
    places, labels = np.array([[0.0, 0.0], [0.0, 20.0]]), np.zeros(2, dtype=np.int64)
    means, sure = _cells._mean_vectors(places, labels, 1, np.full(2, scale))
    assert sure.all()
    assert_allclose(means, unit_vectors([[0.0, 10.0]]), atol=1e-15)


def test_large_weights_stay_weights():
    # Three quarters of the way from one to the other, as vectors; and a light place.
    places, labels = np.array([[0.0, 0.0], [0.0, 90.0], [9.0, 9.0]]), [0, 0, 1]
    weights = np.array([3e307, 9e307, 1e-5])
    with np.errstate(over="raise"):
        means, sure = _cells._mean_vectors(places, np.array(labels), 2, weights)
    assert_allclose(means, [[0.1**0.5, 0.9**0.5, 0.0], *unit_vectors(places[2:])])
    assert sure.all()


def test_means_under_the_largest_weights_there_are():
    places = np.array([[0.0, 0.0], [0.0, 20.0], [40.0, 40.0]])
    labels = np.array([0, 0, 1])
    with np.errstate(over="raise"):
        means, sure = _cells._mean_vectors(
            places, labels, 2, np.array([5e307, 5e307, 1e307])
        )
    expected = unit_vectors([[0.0, 10.0], [40.0, 40.0]])
    np.testing.assert_allclose(means, expected, atol=1e-15)
    assert sure.all()
