# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2OneHotEncoder: one column for each S2 cell."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import s2sphere
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklearn_geo.encoding import S2OneHotEncoder, SoftGridEncoder
from sklearn_geo.partition import AreaPartition, S2Partition, TrianglePartition


def cell(place, level):
    """Find the cell of a single place with the s2sphere package."""
    latlng = s2sphere.LatLng.from_degrees(*map(float, place))
    return s2sphere.CellId.from_lat_lng(latlng).parent(level)


def loop(places, level):
    """Find the cell ids of many places in a loop, as one column."""
    return np.array([[cell(place, level).id()] for place in places], dtype=np.uint64)


def tokens(places, level):
    return [cell(place, level).to_token() for place in places]


@pytest.fixture(scope="module")
def city():
    """Places around one city: many in some cells, few in others."""
    rng = np.random.default_rng(3)
    return rng.normal([48.86, 2.35], [0.2, 0.3], (250, 2))


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(4)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 200)))
    corners = [[90, 0], [-90, 0], [0, 179.9], [0, -179.9], [89.99, 1], [-89.99, 100]]
    return np.concatenate(
        [np.column_stack([latitude, rng.uniform(-180, 180, 200)]), corners]
    )


@pytest.mark.parametrize("level", [0, 1, 4, 10, 17, 30])
def test_world_equals_a_loop_over_s2sphere_fed_to_one_hot_encoder(world, level):
    encoder = S2OneHotEncoder(level)
    X = encoder.fit_transform(world)
    ids = loop(world, level)
    assert_array_equal(X.toarray(), OneHotEncoder().fit_transform(ids).toarray())
    assert_array_equal(encoder.cells_, np.unique(ids), strict=True)
    assert_array_equal(encoder.inverse_transform(X), tokens(world, level))
    assert set(encoder.get_feature_names_out()) == {
        f"s2_{token}" for token in tokens(world, level)
    }


def test_level_0_is_six_faces():
    # The centres of the faces, in the order of their ids: 1, 3, 5, 7, 9 and b.
    centres = [[0, 0], [0, 90], [90, 0], [0, 180], [0, -90], [-90, 0]]
    encoder = S2OneHotEncoder(level=0, sparse_output=False)
    assert_array_equal(encoder.fit_transform(centres), np.eye(6))
    assert list(encoder.get_feature_names_out()) == [
        "s2_1",
        "s2_3",
        "s2_5",
        "s2_7",
        "s2_9",
        "s2_b",
    ]


@pytest.mark.parametrize("handle_unknown", ["ignore", "infrequent_if_exist"])
@pytest.mark.parametrize("min_frequency", [None, 1, 3, 1000, 0.02])
@pytest.mark.parametrize("max_categories", [None, 1, 2, 10, 1000])
def test_unknown_and_rare_cells_as_in_one_hot_encoder(
    city, world, handle_unknown, min_frequency, max_categories
):
    parameters = {
        "handle_unknown": handle_unknown,
        "min_frequency": min_frequency,
        "max_categories": max_categories,
    }
    oracle = OneHotEncoder(**parameters).fit(loop(city, 10))
    encoder = S2OneHotEncoder(**parameters).fit(city)
    for places in (city, city + 0.3, world):
        assert_array_equal(
            encoder.transform(places).toarray(),
            oracle.transform(loop(places, 10)).toarray(),
        )
    if min_frequency is not None or max_categories is not None:
        rare = oracle.infrequent_categories_[0]
        rare = np.array([], dtype=np.uint64) if rare is None else rare
        assert_array_equal(encoder.infrequent_cells_, rare, strict=True)
    else:
        assert encoder.infrequent_cells_.shape == (0,)
    infrequent = len(encoder.infrequent_cells_) > 0
    assert (encoder.get_feature_names_out()[-1] == "s2_infrequent") == infrequent


def test_unknown_cell_is_zeros_unless_told_otherwise(city):
    encoder = S2OneHotEncoder().fit(city)
    X = encoder.transform([[0.0, 0.0], city[0]])
    assert X.nnz == 1
    assert list(encoder.inverse_transform(X)) == [None, tokens(city[:1], 10)[0]]


def test_unknown_cell_as_error(city):
    encoder = S2OneHotEncoder(handle_unknown="error").fit(city)
    token = tokens([[0.5, 0.25]], 10)[0]
    with pytest.raises(
        ValueError,
        match=rf"row 1: the place \(0.5, 0.25\) lies in the S2 cell '{token}', which "
        r"has no column. Columns are the cells seen in fit.*lower level",
    ):
        encoder.transform([city[0], [0.5, 0.25]])


def test_inverse_of_rare_cells(city):
    encoder = S2OneHotEncoder(max_categories=3, sparse_output=False).fit(city)
    X = encoder.transform(city)
    names = encoder.inverse_transform(X)
    rare = np.isin(loop(city, 10).ravel(), encoder.infrequent_cells_)
    assert_array_equal(names == "infrequent", rare)
    assert_array_equal(names[~rare], np.array(tokens(city[~rare], 10), dtype=object))
    with pytest.raises(ValueError, match=r"takes the 3 columns.*X has 2"):
        encoder.inverse_transform(X[:, :2])


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_data_frames_in_and_out(city, container):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container](
        {"lat": city[:, 0], "lon": city[:, 1]}
    )
    encoder = S2OneHotEncoder(8, sparse_output=False, dtype=np.int8)
    out = encoder.set_output(transform=container).fit_transform(frame)
    assert type(out) is type(frame)
    assert list(out.columns) == [
        f"s2_{token}" for token in sorted(set(tokens(city, 8)))
    ]
    assert_array_equal(
        out.to_numpy(), OneHotEncoder().fit_transform(loop(city, 8)).toarray()
    )
    encoder.set_params(sparse_output=True)
    with pytest.raises(ValueError, match=r"S2OneHotEncoder\(sparse_output=False\)"):
        encoder.transform(frame)


def test_means_of_cells(city):
    ids = loop(city, 9).ravel()
    target = city.sum(axis=1)
    model = make_pipeline(
        S2OneHotEncoder(9), Ridge(alpha=1e-10, fit_intercept=False, solver="lsqr")
    )
    found = model.fit(city, target).predict(city)
    means = pd.Series(target).groupby(ids).transform("mean")
    np.testing.assert_allclose(found, means, rtol=1e-5)


def test_beside_other_columns(city):
    frame = pl.DataFrame(
        {"likes": np.arange(250), "lat": city[:, 0], "lon": city[:, 1]}
    )
    columns = make_column_transformer(
        (S2OneHotEncoder(3, sparse_output=False), ["lat", "lon"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="polars")
    out = columns.fit_transform(frame)
    assert out.columns == [f"s2_{tokens(city[:1], 3)[0]}", "likes"]


def test_clone_and_pickle(city):
    encoder = S2OneHotEncoder(8, min_frequency=3).fit(city)
    assert clone(encoder).get_params() == encoder.get_params()
    assert not hasattr(clone(encoder), "cells_")
    again = pickle.loads(pickle.dumps(encoder))
    assert (again.transform(city) != encoder.transform(city)).nnz == 0


def test_rows_are_independent(city, world):
    encoder = S2OneHotEncoder(6).fit(world)
    places = np.concatenate([city[:20], world])
    X = encoder.transform(places)
    for row in (0, 21, 100):
        assert_array_equal(
            encoder.transform(places[row : row + 1]).toarray(), X[[row]].toarray()
        )
    assert (encoder.transform(places[::-1]) != X[::-1]).nnz == 0
    assert sparse.issparse(X)


def test_not_fitted(city):
    encoder = S2OneHotEncoder()
    for method in (encoder.transform, encoder.inverse_transform):
        with pytest.raises(NotFittedError):
            method(city)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"level": 31}, "'level' parameter .* must be an int in the range"),
        ({"level": -1}, "'level' parameter .* must be an int in the range"),
        ({"level": 3.5}, "'level' parameter .* must be an int in the range"),
        ({"max_categories": 0}, "'max_categories' parameter .* must be"),
        ({"min_frequency": -2}, "'min_frequency' parameter .* must be"),
        ({"handle_unknown": "drop"}, "'handle_unknown' parameter .* must be"),
        ({"sparse_output": 2}, "'sparse_output' parameter .* must be"),
        ({"dtype": complex}, "dtype=.* does not suit one-hot columns"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises(ValueError, match=words):
        S2OneHotEncoder(**parameters).fit([[51.5, -0.1]])


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[100.0, 10.0]], "outside.*swapped"),
        ([[1.0, np.inf]], "row 0: the longitude is infinity"),
        (np.empty((0, 2)), r"Found array with 0 sample\(s\)"),
        ([[1.0]], "S2OneHotEncoder reads exactly two columns"),
    ],
)
def test_what_is_no_place(X, words):
    with pytest.raises(ValueError, match=words):
        S2OneHotEncoder().fit(X)


def test_cells_of_a_partition_are_columns(city):
    cells = S2Partition(max_per_cell=30, min_per_cell=8)
    encoder = S2OneHotEncoder(partition=cells, sparse_output=False).fit(city)
    X = encoder.transform(city)
    # By hand: the ancestors of each place among the tokens of the partition.
    known = S2Partition(max_per_cell=30, min_per_cell=8).fit(city).cell_names_.tolist()
    for place, row in zip(city, X, strict=True):
        own = {cell(place, level).to_token() for level in range(31)} & set(known)
        assert [known[i] for i in np.flatnonzero(row)] == sorted(own)
    assert 0 < X.sum() < len(city)  # some lie in cells that were dropped
    assert_array_equal(
        encoder.get_feature_names_out(), [f"s2_{token}" for token in known]
    )
    assert_array_equal(
        encoder.inverse_transform(X)[X.any(axis=1)],
        [known[i] for i in X.argmax(axis=1)[X.any(axis=1)]],
    )
    assert not hasattr(cells, "cells_")


def test_places_outside_of_a_partition(city):
    def fit(uncovered, **parameters):
        cells = S2Partition(60, 1, start_level=6, uncovered=uncovered)
        encoder = S2OneHotEncoder(partition=cells, sparse_output=False, **parameters)
        return encoder.fit(city)

    far = [[48.86, 2.35], [-33.9, 18.4]]
    assert fit("drop").transform(far).sum(axis=1).tolist() == [1, 0]
    assert fit("nearest").transform(far).sum(axis=1).tolist() == [1, 1]
    with pytest.raises(ValueError, match=r"row 1: .* lies in no S2 cell of this part"):
        fit("error").transform(far)
    with pytest.raises(
        ValueError,
        match=r"row 1: the place \(-33.9, 18.4\) lies in no "
        r"cell of the partition. Columns are the cells of the partition: give it "
        r"more places \(or areas\) there, set its uncovered to .nearest., or take "
        r"such places in with",
    ):
        fit("drop", handle_unknown="error").transform(far)
    rare = fit("drop", handle_unknown="infrequent_if_exist", min_frequency=20)
    assert rare.transform(far)[1, -1] == 1
    assert rare.get_feature_names_out()[-1] == "s2_infrequent"
    assert len(rare.infrequent_cells_) > 0


def test_frozen_and_other_partitions(city):
    fitted = TrianglePartition(max_per_cell=100, min_per_cell=1).fit(city)
    encoder = S2OneHotEncoder(partition=FrozenEstimator(fitted)).fit(city[:5])
    assert encoder.partition_ is fitted
    names = encoder.get_feature_names_out().tolist()
    assert names == [f"triangle_cell_{name}" for name in fitted.cell_names_]
    X = encoder.transform(city)
    assert_array_equal(X.indices, fitted.predict(city))
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(city).indices, X.indices)
    with pytest.raises(ValueError, match="'partition' parameter of S2OneHotEncoder"):
        S2OneHotEncoder(partition=7).fit(city)
    # What has seen too few places of a stream to have cells is nothing to encode by.
    young = FrozenEstimator(S2Partition(1000, 50).partial_fit(city[:5]))
    for encoder in (S2OneHotEncoder(partition=young), SoftGridEncoder(regions=young)):
        with pytest.raises(ValueError, match="frozen S2Partition keeps no cells yet"):
            encoder.fit(city)


def test_no_cell_is_called_like_the_column_of_rare_ones(city):
    box = pytest.importorskip("shapely").box
    south, west, north, east = *city.min(axis=0), *city.max(axis=0)
    middle = np.quantile(city[:, 1], 0.7)  # more places are in the west
    areas = [box(west, south, middle, north), box(middle, south, east, north)]

    def named(*names):
        kind = {"type": "Feature"}
        features = [
            {**kind, "properties": {"name": name}, "geometry": area.__geo_interface__}
            for name, area in zip(names, areas, strict=True)
        ]
        return AreaPartition({"type": "FeatureCollection", "features": features})

    encoder = S2OneHotEncoder(partition=named("infrequent", "b")).fit(city)
    assert encoder.transform(city).shape[1] == 2
    encoder.set_params(max_categories=2)
    with pytest.raises(ValueError, match="a cell is called 'infrequent', and so is"):
        encoder.fit(city)
    encoder.set_params(partition=named("b", "infrequent")).fit(city)
    assert list(encoder.get_feature_names_out()) == ["area_b", "area_infrequent"]
