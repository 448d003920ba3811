# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GridOneHotEncoder: one column for each cell of a grid of about one area."""

import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import OneHotEncoder

from sklearn_geo.encoding import GridOneHotEncoder
from sklearn_geo.geometry import haversine

RADIUS = 6371.0088
QUARTER = math.pi * RADIUS / 4  # kilometres of four rows


def slow_cell(latitude, longitude, cell_km):
    """Row and column of a place, by the words of the docstring."""
    n_rows = max(1, round(math.pi * RADIUS / cell_km))
    height = 180 / n_rows
    row = min(math.floor((latitude + 90) / height), n_rows - 1)
    south, north = (
        math.radians(row * height - 90),
        math.radians((row + 1) * height - 90),
    )
    area = 2 * math.pi * (math.sin(north) - math.sin(south))
    n_cells = max(1, round(area / math.radians(height) ** 2))
    column = min(math.floor((longitude + 180) / (360 / n_cells)), n_cells - 1)
    return row, column, n_cells


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 400)))
    return np.column_stack([latitude, rng.uniform(-180, 180, 400)])


def test_cells_worked_by_hand():
    # Four rows of 45 degrees. The first has the area 2 pi (1 - sin 45) = 1.840, over
    # (pi / 4)^2 = 0.617 this is 2.98: three cells. The second has 2 pi sin 45 = 4.443,
    # over 0.617 this is 7.20: seven.
    places = [[-89, -180], [-60, 0], [-20, 0], [20, 179], [90, 0], [45, -180], [0, 0]]
    encoder = GridOneHotEncoder(QUARTER).fit(places)
    cells = [[0, 0], [0, 1], [1, 3], [2, 3], [2, 6], [3, 0], [3, 1]]
    assert_array_equal(encoder.cells_, cells)
    assert list(encoder.inverse_transform(encoder.transform(places))) == [
        "67.5S_120.0W",
        "67.5S_0.0E",
        "22.5S_0.0E",
        "22.5N_154.3E",
        "67.5N_0.0E",
        "67.5N_120.0W",
        "22.5N_0.0E",
    ]
    assert_allclose(encoder.centers_[1:3], [[-67.5, 0], [-22.5, 0]], atol=1e-12)
    assert encoder.get_feature_names_out()[0] == "grid_67.5S_120.0W"


@pytest.mark.parametrize("cell_km", [5.0, 111.0, 500.0, 3000.0, 1e6])
def test_against_a_loop_fed_to_one_hot_encoder(world, cell_km):
    cells = [slow_cell(*map(float, place), cell_km)[:2] for place in world]
    encoder = GridOneHotEncoder(cell_km)
    found = encoder.fit_transform(world).toarray()
    assert_array_equal(encoder.cells_, sorted(set(cells)))
    keys = np.array([row * 10**6 + column for row, column in cells]).reshape(-1, 1)
    assert_array_equal(found, OneHotEncoder().fit_transform(keys).toarray())


@pytest.mark.parametrize("cell_km", [20.0, 200.0, 1000.0])
def test_cells_have_about_one_area(cell_km):
    n_rows = round(math.pi * RADIUS / cell_km)
    height = 180 / n_rows
    for row in {0, 1, 2, 5, n_rows // 4, n_rows // 2, n_rows - 1}:
        latitude = (row + 0.5) * height - 90
        n_cells = slow_cell(latitude, 0.0, cell_km)[2]
        step = 360 / n_cells
        encoder = GridOneHotEncoder(cell_km).fit(
            [[latitude, -180 + step / 2], [latitude, -180 + 1.5 * step]]
        )
        assert_allclose(encoder.centers_[:, 0], latitude)
        assert_allclose(np.diff(encoder.centers_[:, 1]), step)
        south, north = (math.radians(latitude + half * height) for half in (-0.5, 0.5))
        area = RADIUS**2 * math.radians(step) * (math.sin(north) - math.sin(south))
        assert area == pytest.approx(cell_km**2, rel=0.13 if cell_km < 1000 else 0.2)


def test_both_hemispheres_have_the_same_cells(world):
    north = np.abs(world)
    south = north * [-1, 1]
    up = GridOneHotEncoder(300).fit(north).centers_
    down = GridOneHotEncoder(300).fit(south).centers_ * [-1, 1]
    assert_allclose(up[np.lexsort(up.T)], down[np.lexsort(down.T)], atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=20
    ),
    st.floats(0.001, 20_000),
)
def test_any_place_is_in_a_cell_near_by(places, cell_km):
    X = np.array(places)
    encoder = GridOneHotEncoder(cell_km, sparse_output=False)
    rows = encoder.fit_transform(X)
    assert_array_equal(rows.sum(axis=1), 1)
    names = encoder.get_feature_names_out()
    assert len(set(names)) == len(names) == len(encoder.cells_)
    centers = encoder.centers_[rows.argmax(axis=1)]
    height = math.pi * RADIUS / max(1, round(math.pi * RADIUS / cell_km))
    # A cell is at most a third of the way around the pole wide.
    assert (haversine(X, centers) <= 1.3 * height + 1e-6).all()
    # Middles of cells lie in them.
    assert_array_equal(
        GridOneHotEncoder(cell_km).fit(encoder.centers_).cells_, encoder.cells_
    )


def test_rare_and_unknown_cells():
    places = [[0.5, 0.5]] * 3 + [[20.5, 20.5]] * 2 + [[40.5, 40.5], [-60.0, 0.0]]
    encoder = GridOneHotEncoder(
        100, min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    X = encoder.fit_transform(places)
    assert encoder.get_feature_names_out()[-1] == "grid_infrequent"
    assert_array_equal(X.sum(axis=0), [3, 2, 2])
    assert len(encoder.infrequent_cells_) == 2
    assert_array_equal(encoder.transform([[70.0, 70.0]]), [[0, 0, 1]])
    encoder.set_params(handle_unknown="ignore")
    assert_array_equal(encoder.transform([[70.0, 70.0]]), [[0, 0, 0]])
    encoder.set_params(handle_unknown="error")
    with pytest.raises(
        ValueError, match=r"row 1: the place \(70.0, 70.0\) lies in the grid cell '69"
    ):
        encoder.transform([[0.5, 0.5], [70.0, 70.0]])
    fewer = GridOneHotEncoder(100, max_categories=2).fit(places)
    assert fewer.transform(places).shape == (7, 2)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"cell_km": 0}, "'cell_km' parameter .* must be"),
        ({"cell_km": -5.0}, "'cell_km' parameter .* must be"),
        ({"cell_km": 1e-4}, "'cell_km' parameter .* must be"),
        ({"cell_km": np.nan}, "'cell_km' parameter .* must be"),
        ({"max_categories": 0}, "'max_categories' parameter .* must be"),
        ({"handle_unknown": "drop"}, "'handle_unknown' parameter .* must be"),
        ({"dtype": complex}, "dtype=.* does not suit one-hot columns"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises(ValueError, match=words):
        GridOneHotEncoder(**parameters).fit([[51.5, -0.1]])


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_data_frames_in_and_out(container):
    # 200 rows of 0.9 degrees. The places are in row 154, with 262 cells of 1.3740
    # degrees, and in row 157, with 248 cells of 1.4516 degrees.
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container](
        {"lat": [48.85, 51.5], "lon": [2.29, -0.12]}
    )
    encoder = GridOneHotEncoder(100, sparse_output=False, dtype=np.int8)
    out = encoder.set_output(transform=container).fit_transform(frame)
    assert type(out) is type(frame)
    assert list(out.columns) == ["grid_49.05N_2.06E", "grid_51.75N_0.73W"]
    assert_array_equal(out.to_numpy(), [[1, 0], [0, 1]])


def test_clone_pickle_and_not_fitted(world):
    encoder = GridOneHotEncoder(500).fit(world)
    with pytest.raises(NotFittedError):
        clone(encoder).transform(world)
    again = pickle.loads(pickle.dumps(encoder))
    assert (again.transform(world) != encoder.transform(world)).nnz == 0


def test_a_pole_is_one_place():
    encoder = GridOneHotEncoder(500, sparse_output=False).fit([[90, 0], [-90, 5]])
    longitudes = np.arange(-180.0, 180.0, 30.0)
    for latitude, column in ((90.0, 1), (-90.0, 0)):
        poles = np.column_stack([np.full(12, latitude), longitudes])
        found = encoder.transform(poles)
        assert (found[:, column] == 1.0).all()
        assert found.sum() == 12.0
