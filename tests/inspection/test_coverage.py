# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse

from sklearn_geo.geolocation import PriorGeolocator
from sklearn_geo.inspection import CoverageDisplay
from sklearn_geo.metrics import bootstrap_interval
from sklearn_geo.partition import S2Partition
from tests.inspection.common import check_geojson


class Regions:
    """The methods of a classifier that makes regions."""

    def __init__(self, partition, regions):
        self.partition_ = partition
        self.regions = regions

    def predict_region(self, X, coverage):
        return self.regions[coverage]


def _regions():
    places = np.random.default_rng(0).normal([45.0, 10.0], 4.0, (20, 2))
    partition = S2Partition(5, min_per_cell=1).fit(places)
    members = np.zeros((20, partition.n_cells_), dtype=bool)
    members[np.arange(20), partition.predict(places)] = True
    half = members.copy()
    half[::2] = False
    most = members.copy()
    most[0] = False
    most[1:, 0] = True
    return places, partition, {0.5: half, 0.9: sparse.csr_array(most)}


def test_rates_by_hand():
    places, partition, regions = _regions()
    display = CoverageDisplay.from_predictions(
        places, regions, partition=partition, n_resamples=100, random_state=1
    )
    x, y = display.line_.get_data()
    np.testing.assert_array_equal(x, [0.5, 0.9])
    np.testing.assert_allclose(y, [0.5, 0.95])
    found = bootstrap_interval(
        np.mean, np.arange(20) % 2.0, n_resamples=100, random_state=1
    )
    assert (display.low[0], display.high[0]) == (found.low, found.high)
    bars = display.errorbar_.lines[2][0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [found.low, found.high])
    np.testing.assert_allclose(display.n_cells, [0.5, 2.0])
    assert [text.get_text() for text in display.sizes_] == ["0", "2"]
    diagonal = display.ax_.lines[0]
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    collection = display.to_geojson()
    check_geojson(collection, 20)
    assert collection["features"][0]["properties"] == {
        "covered": {"0.5": False, "0.9": False}
    }
    assert collection["features"][1]["properties"] == {
        "covered": {"0.5": True, "0.9": True}
    }


def test_an_estimator_and_two_in_one_picture():
    places, partition, regions = _regions()
    model = Regions(partition, regions)
    settings = {"coverages": (0.5, 0.9), "n_resamples": 50}
    display = CoverageDisplay.from_estimator(model, places, places, **settings)
    np.testing.assert_allclose(display.observed, [0.5, 0.95])
    again = CoverageDisplay.from_estimator(
        model, places, places, ax=display.ax_, name="other", **settings
    )
    labels = [text.get_text() for text in again.ax_.get_legend().get_texts()]
    assert labels == ["as promised", "Regions", "other"]


@pytest.mark.parametrize("n_rows", [19, 21])
def test_rows_and_truths_are_as_many(n_rows):
    places, partition, regions = _regions()
    truth = np.resize(places, (n_rows, 2))
    with pytest.raises(ValueError, match=f"X has 20 rows, but y has {n_rows}"):
        CoverageDisplay.from_estimator(
            Regions(partition, regions), places, truth, coverages=[0.5, 0.9]
        )


def test_regions_that_dask_holds():
    dask = pytest.importorskip("dask.dataframe")
    places, partition, regions = _regions()
    frame = pd.DataFrame(regions[0.5].astype(float))
    for n_partitions in (1, 3):
        given = {0.5: dask.from_pandas(frame, npartitions=n_partitions)}
        settings = {"partition": partition, "n_resamples": 9}
        display = CoverageDisplay.from_predictions(places, given, **settings)
        assert display.observed.tolist() == [0.5]
        with pytest.raises(ValueError, match="region for each of the 19 rows"):
            CoverageDisplay.from_predictions(places[:19], given, **settings)


def test_refuses():
    places, _, _ = _regions()
    prior = PriorGeolocator().fit(places, places)
    with pytest.raises(TypeError, match="PriorGeolocator makes no regions of cells"):
        CoverageDisplay.from_estimator(prior, places, places)
    display = CoverageDisplay(np.array([0.5]), np.array([0.4])).plot()
    assert display.errorbar_ is None
    assert display.sizes_ == []
    with pytest.raises(ValueError, match="does not know where the rows were"):
        display.to_geojson()


def test_regions_are_no_list_of_sparse_rows():
    places, partition, regions = _regions()
    rows = [regions[0.9][[row]] for row in range(20)]
    with pytest.raises(TypeError, match=r"^regions, row 0: a sparse array in a list"):
        CoverageDisplay.from_predictions(places, {0.9: rows}, partition=partition)


@pytest.mark.parametrize(
    "regions",
    [
        7,
        {0.5: 7},
        {0.5: [0, 1]},
        {0.5: np.ones(2)},
        {0.5: ["0 1", "1"]},
        {0.5: [["0"], ["1"]]},
        {0.5: [np.array([True, False])] * 2},  # marks where positions are asked for
        {0.5: [[True, False]] * 2},
        {0.5: [[np.True_], [1]]},
        {0.5: [[0, np.nan], [1]]},
        {0.5: [np.array([0.0, np.nan]), [1]]},
        {0.5: [[0.5], [1]]},
        {0.5: [pd.Series([0, None]), [1]]},
    ],
)
def test_regions_are_a_dict_of_one_region_a_row(regions):
    places = [[0.0, 0.0], [40.0, 40.0]]
    cells = S2Partition(1, 1).fit(places)
    with pytest.raises((TypeError, ValueError), match="regions must"):
        CoverageDisplay.from_predictions(places, regions, partition=cells)


def test_regions_hold_no_zeros_and_nothing_that_is_masked():
    places, partition, regions = _regions()
    members = regions[0.5].astype(float)
    row, column = np.indices(members.shape)
    # All cells are stored, and every second row has one member.
    stored = sparse.csr_array(
        (members.ravel(), (row.ravel(), column.ravel())), shape=members.shape
    )
    assert stored.nnz == members.size
    listed = [np.repeat(np.flatnonzero(one), 2) for one in members]
    for one in (members, stored, listed):
        display = CoverageDisplay.from_predictions(
            places[1::2],
            {0.5: one[1::2]},
            partition=partition,
            n_resamples=9,
        )
        assert display.n_cells.tolist() == [1.0]
        assert display.observed.tolist() == [1.0]
    masked = np.ma.array(members, mask=members == 1.0)
    with pytest.raises(ValueError, match=r"^regions, row 1: the value is masked"):
        CoverageDisplay.from_predictions(places, {0.5: masked}, partition=partition)


def test_every_cell_that_a_row_lies_in_needs_a_column():
    partition = S2Partition(1, 1).fit([[0.0, 0.0], [50.0, 10.0], [-30.0, 140.0]])
    cell = int(partition.predict([[50.0, 10.0]])[0])
    regions = {0.9: np.ones((1, cell))}
    with pytest.raises(ValueError, match=f"and a row lies in cell {cell}"):
        CoverageDisplay.from_predictions([[50.0, 10.0]], regions, partition=partition)
    regions, nowhere = {0.9: np.ones((1, 0))}, [[-90.0, 0.0]]
    assert partition.predict(nowhere) == -1
    with pytest.raises(ValueError, match="regions must hold one region for each"):
        CoverageDisplay.from_predictions(nowhere, regions, partition=partition)
    with pytest.raises(ValueError, match="regions is empty"):
        CoverageDisplay.from_predictions([[50.0, 10.0]], {}, partition=partition)


def test_promises_are_shares_that_stay_apart():
    places = [[50.0, 10.0]] * 3
    partition = S2Partition(5, 1).fit(places)
    cell = int(partition.predict(places)[0])
    draw = CoverageDisplay.from_predictions
    for wrong in (90, -0.1, np.nan, "most", None):
        with pytest.raises(
            ValueError, match=r"regions promises a coverage of .* from 0"
        ):
            draw(places, {wrong: [[cell]] * 3}, partition=partition)
    near = {0.9999999: [[cell]] * 3, 0.99999999: [[cell + 1]] * 3}
    display = draw(places, near, partition=partition)
    covered = display.to_geojson()["features"][0]["properties"]["covered"]
    assert covered == {"0.9999999": True, "0.99999999": False}
    few = {np.float32(0.9): [[cell]] * 3, 0.5: [[cell + 1]] * 3}
    display = draw(places, few, partition=partition)
    covered = display.to_geojson()["features"][0]["properties"]["covered"]
    assert covered == {"0.5": False, "0.9": True}
    with pytest.raises(ValueError, match=r"a coverage of 0\.5 more than once"):
        draw(places, {0.5: [[cell]] * 3, "0.5": [[cell]] * 3}, partition=partition)


@pytest.mark.parametrize("missing", [np.nan, pd.NA, None])
def test_nobody_knows_whether_a_cell_is_a_member(missing):
    places = [[0.0, 0.0], [40.0, 40.0]]
    cells = S2Partition(1, 1).fit(places)
    marked = np.ones((2, len(cells.cells_)), dtype=object)
    marked[1, 0] = missing
    for regions in (marked, pd.DataFrame(marked)):
        with pytest.raises(ValueError, match="regions, row 1: it is missing whether"):
            CoverageDisplay.from_predictions(places, {0.5: regions}, partition=cells)
    marked[1, 0] = "no"
    with pytest.raises(TypeError, match="regions must hold numbers"):
        CoverageDisplay.from_predictions(places, {0.5: marked}, partition=cells)


FORMS = {
    "array": np.array,
    "floats": lambda cells: np.array(cells, dtype=float),
    "objects": lambda cells: np.array(cells, dtype=object),
    "set": set,
    "series": lambda cells: pd.Series(cells, dtype="int64"),
    "rows": lambda cells: pd.Series(cells, dtype="Int64", index=cells[::-1]),
    "polars": lambda cells: pl.Series(cells, dtype=pl.Int64),
    "tensor": torch.tensor,
    "generator": iter,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_cells_of_a_region_come_in_any_form(form):
    places = [[0.0, 0.0], [40.0, 40.0], [40.0, 40.0]]
    partition = S2Partition(1, 1).fit(places)
    one, other = map(int, partition.predict(places[:2]))
    regions = [form([one, 77]), form([99, one, 5]), form([other])]
    display = CoverageDisplay.from_predictions(
        places, {0.5: regions}, partition=partition, n_resamples=9
    )
    assert display.hits.tolist() == [[True, False, True]]
    assert display.n_cells.tolist() == [2.0]
