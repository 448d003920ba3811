# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import Normalize
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo.geolocation import PriorGeolocator
from sklearn_geo.inspection import CellMapDisplay
from sklearn_geo.partition import CellHierarchy, S2Partition
from tests.inspection.common import check_geojson

DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


class Cells(PriorGeolocator):
    """A geolocator that has cells."""

    def fit(self, X, y):
        self.partition_ = _partition(y)
        return super().fit(X, y)


def _places(n=300, seed=0):
    rng = np.random.default_rng(seed)
    centers = np.array([[48.0, 2.0], [52.0, 13.0], [41.0, 12.0], [-18.0, 178.0]])
    places = centers[rng.integers(4, size=n)] + rng.normal(0.0, 2.0, (n, 2))
    places[:, 1] = (places[:, 1] + 180) % 360 - 180
    return places


def _partition(places, most=40):
    return S2Partition(most, min_per_cell=1).fit(places)


def test_counts():
    partition = _partition(_places())
    display = CellMapDisplay.from_estimator(partition)
    np.testing.assert_array_equal(display.values, partition.cells_["count"])
    np.testing.assert_array_equal(display.cells_.get_array(), display.values)
    assert len(display.cells_.get_paths()) == partition.n_cells_
    assert display.colorbar_.ax.get_ylabel() == "training places"
    assert display.figure_ is display.ax_.figure
    collection = display.to_geojson()
    check_geojson(collection, partition.n_cells_)
    values = [one["properties"]["value"] for one in collection["features"]]
    assert values == partition.cells_["count"].tolist()
    # Each path covers the representative of its cell.
    window = display.ax_.get_xlim()
    for path, cell in zip(display.cells_.get_paths(), partition.cells_, strict=True):
        x = cell["longitude"] - 360 * np.round(
            (cell["longitude"] - sum(window) / 2) / 360
        )
        assert path.contains_point((x, cell["latitude"]), radius=1e-3)


def test_wherever_the_cells_are():
    places = _places()
    hierarchy = CellHierarchy([S2Partition(100, 1), S2Partition(40, 1)]).fit(places)
    expected = hierarchy.finest_.cells_["count"]
    pipeline = make_pipeline(FunctionTransformer(), Cells()).fit(places, places)
    for thing in (
        hierarchy,
        FrozenEstimator(hierarchy.finest_),
        pipeline,
        Cells().fit(places, places),
    ):
        display = CellMapDisplay.from_estimator(thing, colorbar=False)
        np.testing.assert_array_equal(display.values, expected)
        assert display.colorbar_ is None


def test_errors_by_hand():
    places = np.array([[10.0, 10.0], [10.0, 14.0], [-10.0, 100.0], [10.0, -134.0]])
    partition = S2Partition(2, min_per_cell=1, max_level=0).fit(places[:3])
    predicted = places + [[1.0, 0.0], [3.0, 0.0], [0.0, 0.0], [5.0, 0.0]]
    predicted[2] = np.nan
    display = CellMapDisplay.from_predictions(
        places, predicted, partition=partition, norm="linear"
    )
    # Errors of one and three degrees in the first face, no answer in the second, and
    # the last place lies in no cell.
    np.testing.assert_allclose(display.values, [2 * DEGREE_KM, np.nan])
    assert display.cells_.get_array().mask.tolist() == [False, True]
    assert display.to_geojson()["features"][1]["properties"]["value"] is None
    model = Cells().fit(places[:3], places[:3])
    display = CellMapDisplay.from_estimator(
        model, places, places, color_by="error", label="km"
    )
    assert display.label == "km"
    assert np.nanmax(display.values) > 0


def test_other_numbers_and_norms():
    partition = _partition(_places())
    numbers = np.arange(partition.n_cells_, dtype=float)
    display = CellMapDisplay.from_estimator(partition, color_by=numbers)
    # The logarithm of 0 is no colour.
    assert display.cells_.get_array().mask[0]
    ax = plt.figure().add_subplot()
    norm = Normalize(0, 10)
    display.plot(ax, norm=norm, extent="world", graticule=False)
    assert display.ax_ is ax
    assert display.cells_.norm is norm
    assert ax.get_xlim() == (-180, 180)
    area = CellMapDisplay.from_estimator(partition, color_by="area_km2")
    np.testing.assert_array_equal(area.values, partition.cells_["area_km2"])


def test_refuses(monkeypatch):
    partition = _partition(_places())
    with pytest.raises(ValueError, match=r"color_by='size' is neither.*which has name"):
        CellMapDisplay.from_estimator(partition, color_by="size")
    with pytest.raises(ValueError, match="one number for each of the"):
        CellMapDisplay.from_estimator(partition, color_by=[1.0])
    with pytest.raises(ValueError, match="needs X and y"):
        CellMapDisplay.from_estimator(partition, color_by="error")
    with pytest.raises(TypeError, match="PriorGeolocator has no cells to draw"):
        CellMapDisplay.from_estimator(PriorGeolocator().fit([[0]], [[0.0, 0.0]]))
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[plot\]'"):
        CellMapDisplay.from_estimator(partition)


def test_predictions_are_as_many_as_truths():
    places = [[0.0, 0.0], [40.0, 40.0]]
    cells = S2Partition(1, 1).fit(places)
    for wrong in (places[:1], 7.0, [[1j, 0.0]] * 2, [[0.0, np.nan]] * 2):
        with pytest.raises((TypeError, ValueError), match="y_pred"):
            CellMapDisplay.from_predictions(places, wrong, partition=cells)


def test_nobody_answers():
    places = np.array([[0.0, 0.0], [40.0, 40.0]])
    cells = S2Partition(1, 1).fit(places)
    display = CellMapDisplay.from_predictions(
        places, np.full((2, 2), np.nan), partition=cells
    )
    assert np.isnan(display.values).all()
    assert display.cells_.get_array().mask.all()
    assert display.colorbar_ is None


def test_errors_are_those_of_geolocators():
    places = [[0.0, 0.0], [40.0, 40.0]]
    cells = S2Partition(1, 1).fit(places)
    with pytest.raises(TypeError, match="needs a geolocator, and S2Partition says cel"):
        CellMapDisplay.from_estimator(cells, places, places, color_by="error")
