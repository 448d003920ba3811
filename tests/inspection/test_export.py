# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import Bunch

from sklearn_geo.inspection import (
    CellMapDisplay,
    CoverageDisplay,
    DistanceCurveDisplay,
    PlaceMapDisplay,
    ProbabilityMapDisplay,
)
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.partition import S2Partition

PLACES = np.array([[10.0, 20.0], [-30.0, 179.0], [5.0, -60.0]])


def _points(frame):
    return np.column_stack([frame.geometry.y, frame.geometry.x])


def test_maps_as_frames():
    partition = S2Partition(2, min_per_cell=1).fit(PLACES)
    n = partition.n_cells_
    cells = CellMapDisplay(partition.to_geojson(), np.arange(float(n)))
    frame = cells.to_geodataframe()
    assert frame.crs == "EPSG:4326"
    assert frame["value"].tolist() == list(range(n))
    assert frame["name"].tolist() == partition.cell_names_.tolist()
    # The polygons are those of the partition.
    same = frame.geometry.geom_equals(partition.to_geopandas().geometry)
    assert same.all()
    cells.values = np.full(n, np.nan)
    assert cells.to_geodataframe()["value"].isna().all()

    shown = ProbabilityMapDisplay(
        PLACES, np.array([0.5, 0.3, 0.2]), PLACES[:1], np.array([0.5]), truth=PLACES[2]
    )
    frame = shown.to_geodataframe()
    assert frame["role"].tolist() == ["distribution"] * 3 + ["answer", "truth"]
    assert_allclose(_points(frame), PLACES[[0, 1, 2, 0, 2]])
    assert frame["rank"].isna().tolist() == [True, True, True, False, True]

    shown = PlaceMapDisplay.from_predictions(PLACES, [1.0, np.nan, 3.0], columns="sun")
    frame = shown.to_geodataframe()
    assert frame.crs == "EPSG:4326"
    assert_allclose(_points(frame), PLACES)
    assert_array_equal(frame["sun"], [1.0, np.nan, 3.0])


def test_curves_as_frames():
    curve = Bunch(km=np.array([1.0, 9.0]), share=np.array([0.2, 0.7]), low=None)
    narrow = Bunch(km=np.array([1.0]), share=np.array([0.5]), low=np.array([0.4]))
    curve.high, narrow.high = None, np.array([0.6])
    errors = {"a": np.array([1.0, 2.0, np.nan]), "b": np.array([3.0, 4.0, 5.0])}
    display = DistanceCurveDisplay(
        {"a": curve, "b": narrow}, errors=errors, y_true=PLACES
    )
    frame = display.to_frame()
    assert frame.columns.tolist() == ["model", "km", "share", "low", "high"]
    assert frame["model"].tolist() == ["a", "a", "b"]
    assert_array_equal(frame["share"], [0.2, 0.7, 0.5])
    assert_array_equal(frame["high"], [np.nan, np.nan, 0.6])
    # The rows, with a column a model instead of a dict in each.
    rows = display.to_geodataframe()
    assert rows.columns.tolist() == ["geometry", "error_km_a", "error_km_b"]
    assert_array_equal(rows["error_km_a"], [1.0, 2.0, np.nan])
    assert_allclose(_points(rows), PLACES)

    hits = np.array([[True, False, True], [True, True, True]])
    display = CoverageDisplay(
        np.array([0.5, 0.9]),
        np.array([2 / 3, 1.0]),
        n_cells=np.array([1.0, 3.0]),
        hits=hits,
        y_true=PLACES,
    )
    assert display.to_frame().to_dict("list") == {
        "promised": [0.5, 0.9],
        "observed": [2 / 3, 1.0],
        "n_cells": [1.0, 3.0],
    }
    rows = display.to_geodataframe()
    assert rows["covered_0.5"].tolist() == [True, False, True]
    assert rows["covered_0.9"].tolist() == [True, True, True]


def test_without_the_extras(monkeypatch):
    display = PlaceMapDisplay.from_predictions(PLACES, [1.0, 2.0, 3.0])
    monkeypatch.setitem(sys.modules, "geopandas", None)
    with pytest.raises(ImportError, match=r"'sklearn-geo\[geo\]'.*to_geojson works"):
        display.to_geodataframe()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        frame_of({"a": [1]})


def test_half_a_character_in_a_frame():
    frame = frame_of({"name": ["\ud800", "b"], "n": [1, 2], "none": [None, "a"]})
    assert frame["name"].tolist() == ["\ud800", "b"]
    assert frame["n"].dtype == np.int64
    assert list(frame.columns) == ["name", "n", "none"]
    assert frame_of({"name": []}).shape == (0, 1)


def test_columns_of_unequal_length_are_no_frame():
    with pytest.raises(ValueError, match="of the same length"):
        frame_of({"a": [1, 2], "b": [1, 2, 3]})
    frame = frame_of({"a": np.arange(2), "b": "all"})
    assert frame["b"].tolist() == ["all", "all"]
