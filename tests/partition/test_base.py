# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""PlacePartition: what a new partition gets for the few things it says."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.partition import (
    AreaPartition,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from sklearn_geo.partition._base import PlacePartition
from tests.partition.common import globe


class Belts(PlacePartition):
    """Two belts of latitude, and nothing beyond them."""

    _cell = "belt"
    _feature_name = "belt"

    def __init__(self, width=30.0, *, uncovered="drop", representative="mean"):
        self.width = width
        self.uncovered = uncovered
        self.representative = representative

    def _learn(self, places, weights):
        self._borders = [-self.width, 0.0, self.width]

    def _describe(self):
        half = self.width / 2.0
        centers = np.array([[-half, 0.0], [half, 0.0]])
        return {"name": np.array(["south", "north"])}, centers, [1.0, 1.0]

    def _locate(self, places):
        cells = np.searchsorted(self._borders, places[:, 0], "right") - 1
        return np.where(np.abs(places[:, 0]) < self.width, cells, -1)

    def cell_outline(self, cell, n_per_edge=8):
        low, high = self._borders[cell : cell + 2]
        return np.array([[low, -180.0], [low, 180.0], [high, 180.0], [high, -180.0]])

    def _restore(self, extra):
        self._borders = [-self.width, 0.0, self.width]


def test_a_partition_says_four_things(tmp_path):
    places = globe(300)
    belts = Belts().fit(places)
    assert belts.n_cells_ == 2
    assert belts.cell_names_.tolist() == ["south", "north"]
    cells = belts.predict(places)
    expected = [
        -1 if abs(latitude) >= 30 else int(latitude >= 0) for latitude in places[:, 0]
    ]
    assert cells.tolist() == expected
    assert belts.cells_["count"].tolist() == [expected.count(0), expected.count(1)]
    assert_array_equal(belts.dropped_, np.flatnonzero(cells == -1))
    assert belts.get_feature_names_out().tolist() == ["belt"]
    polygons = belts.to_geojson()["features"]
    assert [feature["id"] for feature in polygons] == ["south", "north"]
    assert polygons[1]["geometry"]["coordinates"] == [
        [[-180.0, 0.0], [180.0, 0.0], [180.0, 30.0], [-180.0, 30.0], [-180.0, 0.0]]
    ]
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match="n_per_edge must be an integer"):
            belts.to_geojson(wrong)
    belts.save(tmp_path / "belts.json")
    assert_array_equal(Belts.load(tmp_path / "belts.json").predict(places), cells)
    with pytest.raises(ValueError, match=r"lies in no belt of .*there\.$"):
        belts.set_params(uncovered="error").predict([[80.0, 0.0]])
    with pytest.raises(ValueError, match=r"row 1: .* \(1 more row like it\.\)$"):
        belts.predict([[0.0, 0.0], [80.0, 0.0], [80.0, 1.0]])
    with pytest.raises(ValueError, match=r"row 0: .* \(2 more rows like it\.\)$"):
        belts.predict([[70.0, 0.0], [80.0, 0.0], [80.0, 1.0]])
    # Cells are integers, whatever the type of places.
    assert get_tags(belts).transformer_tags.preserves_dtype == []


def test_names_of_columns():
    with pytest.raises(NotFittedError, match="This Belts instance is not fitted yet"):
        Belts().get_feature_names_out()
    # An array of objects, as in all of scikit-learn.
    assert Belts().fit(globe(9)).get_feature_names_out().dtype == object


def test_weights_of_nothing():
    places = np.array([[10.0, 0.0], [10.0, 40.0], [80.0, 0.0], [-10.0, 0.0]])
    belts = Belts().fit(places, sample_weight=[1.0, 3.0, 0.0, 0.0])
    assert belts.cells_["count"].tolist() == [0, 2]
    assert belts.cells_["weight"].tolist() == [0.0, 4.0]
    # An empty cell is stood for by its middle. Who counts for nothing is still there.
    assert belts.inverse_transform([0]).tolist() == [[-15.0, 0.0]]
    assert belts.dropped_.tolist() == [2]
    for wrong in (-2, 2, 0.5):
        with pytest.raises(ValueError, match=f"row 1: {wrong} is no cell"):
            belts.inverse_transform([1, wrong])
    for nothing in ([], np.empty((0, 1)), pd.Series([], dtype=object)):
        assert belts.inverse_transform(nothing).shape == (0, 2)
    with pytest.raises(ValueError, match="cells, row 1: the value is masked"):
        belts.inverse_transform(np.ma.array([0, 1], mask=[False, True]))
    belts.refill(places, sample_weight=[0.0, 0.0, 0.0, 2.0])
    assert belts.cells_["weight"].tolist() == [2.0, 0.0]
    assert_allclose(belts.inverse_transform([0]), [[-10.0, 0.0]], rtol=0, atol=1e-13)
    assert belts.dropped_.tolist() == [2]


def test_nearest_needs_no_place_in_the_cell():
    belts = Belts(uncovered="nearest").fit([[10.0, 0.0]])
    assert belts.predict([[80.0, 0.0], [-80.0, 0.0], [5.0, 0.0]]).tolist() == [1, 0, 1]


def test_a_class_that_says_too_little_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        type("Nothing", (PlacePartition,), {})()


def test_outlines_of_some_cells():
    belts = Belts().fit(globe(9))
    found = belts._outlines(np.array([1, 0]), 8)
    for ring, cell in zip(found, (1, 0), strict=True):
        assert_array_equal(ring, belts.cell_outline(cell))


GLOBE = {
    "type": "Polygon",
    "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
}
KINDS = {"s2_cell": S2Partition, "triangle_cell": TrianglePartition}
KINDS |= {"kmeans_cell": KMeansPartition, "area": AreaPartition}
# The least and the most that there may be, and what is just beyond.
LIMITS = {
    S2Partition: {
        "max_per_cell": ([0.5, 1e300], [0, np.inf]),
        "min_per_cell": ([0.5], [0, -1]),
        "start_level": ([0, 30], [-1, 31]),
        "max_level": ([0, 30], [-1, 31]),
        "uncovered": (["drop", "nearest", "error"], ["keep"]),
    },
    TrianglePartition: {
        "max_per_cell": ([0.5, 1e300], [0, np.inf]),
        "min_per_cell": ([0.5], [0, -1]),
        "start_level": ([0, 26], [-1, 27]),
        "max_level": ([0, 26], [-1, 27]),
        "refine": (["midpoint", "delaunay"], ["middle"]),
        "uncovered": (["drop", "nearest", "error"], ["keep"]),
    },
    KMeansPartition: {
        "n_cells": ([1], [0, 1.5]),
        "algorithm": (["lloyd", "minibatch"], ["elkan"]),
        "n_init": ([1, "auto"], [0, "one"]),
        "max_iter": ([1], [0, 1.5]),
        "tol": ([0, 1.0], [-1e-9]),
        "random_state": ([None, 0], ["seed", -1]),
    },
    AreaPartition: {
        "name_column": ([None], [5]),
        "long_edges": (["error", "shorter", "straight"], ["longer"]),
        "uncovered": (["drop", "nearest", "error"], ["keep"]),
    },
}


@pytest.mark.parametrize("kind", LIMITS)
def test_limits_of_parameters(kind):
    first = [GLOBE] if kind is AreaPartition else []
    limits = {"representative": (["mean", "center", "medoid", "median"], ["mode"])}
    limits |= LIMITS[kind]
    assert {*limits, *(["areas"] if first else [])} == set(kind(*first).get_params())
    for name, (good, bad) in limits.items():
        for value in good:
            kind(*first, **{name: value})._validate_params()
        for value in bad:
            with pytest.raises(InvalidParameterError, match=f"^The '{name}' param"):
                kind(*first, **{name: value}).fit([[0.0, 0.0]])


@pytest.mark.parametrize("name", KINDS)
def test_columns_are_called_by_the_kind_of_cell(name):
    given = {"area": [GLOBE], "kmeans_cell": [1]}.get(name, [9, 1])
    partition = KINDS[name](*given).fit([[5.0, 5.0]])
    assert partition.get_feature_names_out().tolist() == [name]


def test_messages_call_cells_by_their_kind():
    square = {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}
    for partition, word in (
        (S2Partition(9, 1, uncovered="error"), "S2 cell"),
        (TrianglePartition(9, 1, uncovered="error"), "triangle"),
        (AreaPartition(square, uncovered="error"), "area"),
    ):
        partition.fit([[5.0, 5.0]])
        with pytest.raises(ValueError, match=f"in no {word} of this .* the {word} who"):
            partition.predict([[-60.0, -120.0]])


@pytest.mark.parametrize("method", ["predict", "transform", "refill"])
def test_names_of_columns_stay_those_of_fit(method):
    table = pd.DataFrame(globe(9), columns=["lat", "lon"])
    belts = Belts().fit(table)
    other = table.rename(columns={"lat": "latitude"})
    with pytest.raises(ValueError, match="feature names should match those that were"):
        getattr(belts, method)(other)
    assert belts.feature_names_in_.tolist() == ["lat", "lon"]
