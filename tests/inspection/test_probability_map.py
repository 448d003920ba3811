# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    NeighborGeolocator,
    PriorGeolocator,
)
from sklearn_geo.inspection import (
    CellMapDisplay,
    CoverageDisplay,
    ProbabilityMapDisplay,
)
from sklearn_geo.partition import S2Partition
from tests.inspection.common import check_geojson


def _partition():
    places = np.random.default_rng(0).normal([45.0, 10.0], 4.0, (200, 2))
    return S2Partition(30, min_per_cell=1).fit(places)


class Classifier:
    """The methods of a classifier over cells."""

    def __init__(self, partition, probabilities):
        self.partition_ = partition
        self.probabilities = probabilities

    def predict_proba(self, X):
        return self.probabilities[np.newaxis]


def test_cells():
    partition = _partition()
    n = partition.n_cells_
    probabilities = np.arange(1.0, n + 1) / np.arange(1.0, n + 1).sum()
    truth = [46.0, 11.0]
    display = ProbabilityMapDisplay.from_predictions(
        truth, probabilities, partition=partition, k=2
    )
    np.testing.assert_array_equal(display.distribution_.get_array(), probabilities)
    assert len(display.distribution_.get_paths()) == n
    # The last two cells are the likeliest.
    cells = partition.cells_[[n - 1, n - 2]]
    expected = np.column_stack([cells["latitude"], cells["longitude"]])
    np.testing.assert_array_equal(display.topk, expected)
    found = [(text.get_text(), *text.get_position()) for text in display.topk_]
    assert found == [
        (str(rank), longitude, latitude)
        for rank, (latitude, longitude) in enumerate(expected.tolist(), start=1)
    ]
    assert display.truth_.get_xydata().tolist() == [[11.0, 46.0]]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert len(legend) == 3
    assert legend[-1] == "truth, at 46.0°N 11.0°E"
    assert legend[0].startswith(f"{100 * probabilities[-1]:.0f} %  at ")
    assert display.colorbar_.ax.get_ylabel() == "probability"
    collection = display.to_geojson()
    check_geojson(collection, n + 3)
    roles = [one["properties"].get("role") for one in collection["features"]]
    assert roles == ["distribution"] * n + ["answer"] * 2 + ["truth"]
    assert collection["features"][n]["properties"]["rank"] == 1
    assert collection["features"][0]["properties"]["probability"] == probabilities[0]


def test_a_classifier():
    partition = _partition()
    probabilities = np.full(partition.n_cells_, 1.0 / partition.n_cells_)
    model = Classifier(partition, probabilities)
    display = ProbabilityMapDisplay.from_estimator(model, [[0.0]], k=1)
    np.testing.assert_array_equal(display.probabilities, probabilities)
    assert display.truth_ is display.truth is None
    assert len(display.to_geojson()["features"]) == partition.n_cells_ + 1


class WithRegions(Classifier):
    """A classifier whose regions are the second and the fifth cell."""

    def predict_region(self, X, coverage):
        assert coverage == 0.8
        n = self.partition_.n_cells_
        return csr_array(np.isin(np.arange(n), [1, 4])[np.newaxis])


def test_the_cells_of_a_region_are_outlined():
    partition = _partition()
    n = partition.n_cells_
    model = WithRegions(partition, np.full(n, 1.0 / n))
    display = ProbabilityMapDisplay.from_estimator(model, [[0.0]], k=1, coverage=0.8)
    outlines, cells = display.region_.get_paths(), display.distribution_.get_paths()
    assert len(outlines) == 2
    for outline, cell in zip(outlines, (1, 4), strict=True):
        np.testing.assert_array_equal(outline.vertices, cells[cell].vertices)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend[-1] == "80 % region: 2 cells"
    inside = [
        one["properties"]["in_region"] for one in display.to_geojson()["features"][:n]
    ]
    assert np.flatnonzero(inside).tolist() == [1, 4]
    without = ProbabilityMapDisplay.from_estimator(model, [[0.0]], k=1)
    assert without.region_ is None
    assert "in_region" not in without.to_geojson()["features"][0]["properties"]


def test_a_region_needs_a_model_that_has_some():
    partition = _partition()
    model = Classifier(partition, np.full(partition.n_cells_, 1.0))
    with pytest.raises(ValueError, match="Classifier has no predict_region"):
        ProbabilityMapDisplay.from_estimator(model, [[0.0]], coverage=0.9)


def test_neighbors():
    places = np.array([[0.0, 179.0], [0.0, -179.0], [1.0, 178.0], [50.0, 0.0]])
    features = np.array([[1.0], [2.0], [4.0], [9.0]])
    model = NeighborGeolocator(
        3, metric="euclidean", distance_power=1, sigma_km=150.0
    ).fit(features, places)
    display = ProbabilityMapDisplay.from_estimator(model, [[0.0]], [[0.0, 180.0]], k=5)
    # Weights of 1, 1/2 and 1/4; drawn with the likeliest on top.
    np.testing.assert_allclose(display.probabilities, np.array([4, 2, 1]) / 7)
    np.testing.assert_allclose(
        display.distribution_.get_array(), np.array([1, 2, 4]) / 7
    )
    # Both sides of the antimeridian are on one piece of the map.
    offsets = display.distribution_.get_offsets()
    assert np.ptp(offsets[:, 0]) == pytest.approx(3.0)
    assert abs(np.diff(display.ax_.get_xlim())[0]) < 10
    assert len(display.topk_) == len(display.topk) <= 3
    check_geojson(display.to_geojson(), 3 + len(display.topk) + 1)
    # Neighbours that weigh alike need no colour bar.
    model.set_params(distance_power=0)
    assert ProbabilityMapDisplay.from_estimator(model, [[0.0]]).colorbar_ is None


def test_many_points_are_drawn_as_pixels():
    rng = np.random.default_rng(0)
    for n, many in ((100, False), (6_000, True)):
        places = rng.uniform([40, 0], [50, 10], (n, 2))
        display = ProbabilityMapDisplay(
            places, np.full(n, 1.0 / n), places[:1], np.array([0.5])
        ).plot()
        assert bool(display.distribution_.get_rasterized()) is many
        assert len(display.distribution_.get_offsets()) == n


def test_refuses():
    partition = _partition()
    with pytest.raises(ValueError, match=r"one probability for each of the \d+ cells"):
        ProbabilityMapDisplay.from_predictions(None, [1.0], partition=partition)
    model = Classifier(partition, np.ones(partition.n_cells_))
    with pytest.raises(ValueError, match="X must be one row"):
        ProbabilityMapDisplay.from_estimator(model, [[0.0], [1.0]])
    prior = PriorGeolocator().fit([[0.0]], [[0.0, 0.0]])
    with pytest.raises(TypeError, match=r"PriorGeolocator says nothing.*predict_proba"):
        ProbabilityMapDisplay.from_estimator(prior, [[0.0]])


def test_a_real_classifier():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=200)
    places = np.array([[48.0, 2.0], [52.0, 13.0]])[labels] + rng.normal(0, 1, (200, 2))
    features = np.eye(2)[labels] + rng.normal(0, 0.2, (200, 2))
    model = HierarchicalCellClassifier(S2Partition(40, 1), max_iter=3, random_state=0)
    model.fit(features, places)
    row = features[:1]
    display = ProbabilityMapDisplay.from_estimator(model, row, places[:1], k=2)
    np.testing.assert_array_equal(display.probabilities, model.predict_proba(row)[0])
    topk, shares = model.predict_topk(row, 2)
    np.testing.assert_array_equal(display.topk, topk[0])
    np.testing.assert_array_equal(display.topk_probabilities, shares[0])
    cells = CellMapDisplay.from_estimator(
        model, features, places, color_by="error", norm="linear"
    )
    assert np.isfinite(cells.values).sum() == len(
        np.unique(model.partitions_[-1].predict(places))
    )
    coverage = CoverageDisplay.from_estimator(
        model, features, places, coverages=(0.5, 0.7), n_resamples=20
    )
    assert coverage.name == "HierarchicalCellClassifier"


@pytest.mark.parametrize("k", [0, 2.5, "3", None])
def test_k_is_a_number_of_cells(k):
    cells = S2Partition(1, 1).fit([[0.0, 0.0], [40.0, 40.0]])
    share = np.full(cells.n_cells_, 1 / cells.n_cells_)
    with pytest.raises(ValueError, match="k must be a whole number above 0"):
        ProbabilityMapDisplay.from_predictions(None, share, partition=cells, k=k)
    with pytest.raises(ValueError, match="y_true must be one place"):
        ProbabilityMapDisplay.from_predictions([1.0], share, partition=cells)


def test_probabilities_that_are_none():
    cells = S2Partition(1, 1).fit([[0.0, 0.0], [40.0, 40.0]])
    share = np.full(cells.n_cells_, 1 / cells.n_cells_)
    for wrong in (-share, share * np.nan, share * np.inf, share * 1e308, 3.0 * share):
        with pytest.raises(ValueError, match=r"y_proba must hold probabil.* 0 to 1"):
            ProbabilityMapDisplay.from_predictions(None, wrong, partition=cells)
    for nothing in (0.0 * share, -0.0 * share, 5e-324 * (share > 0.0)):
        with pytest.raises(ValueError, match="y_proba is 0 in every cell"):
            ProbabilityMapDisplay.from_predictions(None, nothing, partition=cells)
