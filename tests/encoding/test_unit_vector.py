# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""UnitVectorEncoder: places as points of the unit sphere."""

import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from sklearn_geo.encoding import UnitVectorEncoder

# cos 60 = 1/2 and cos 30 = sqrt(3)/2.
HALF = math.sqrt(3) / 2
WORKED = [
    ([0, 0], [1, 0, 0]),
    ([0, 90], [0, 1, 0]),
    ([0, -90], [0, -1, 0]),
    ([0, 180], [-1, 0, 0]),
    ([0, -180], [-1, 0, 0]),
    ([90, 0], [0, 0, 1]),
    ([90, 77], [0, 0, 1]),
    ([-90, -5], [0, 0, -1]),
    ([60, 0], [0.5, 0, HALF]),
    ([30, 60], [HALF / 2, HALF * HALF, 0.5]),
    ([-30, 420], [HALF / 2, HALF * HALF, -0.5]),
]


@pytest.fixture
def places():
    rng = np.random.default_rng(0)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 200)))
    return np.column_stack([latitude, rng.uniform(-180, 180, 200)])


@pytest.mark.parametrize(("place", "vector"), WORKED)
def test_vectors_worked_by_hand(place, vector):
    assert_allclose(UnitVectorEncoder().fit_transform([place])[0], vector, atol=1e-15)


def test_vectors_against_scalar_trigonometry(places):
    for place, found in zip(
        places, UnitVectorEncoder().fit_transform(places), strict=True
    ):
        latitude, longitude = (math.radians(degrees) for degrees in place)
        assert_allclose(
            found,
            [
                math.cos(latitude) * math.cos(longitude),
                math.cos(latitude) * math.sin(longitude),
                math.sin(latitude),
            ],
            atol=1e-15,
        )


def test_inverse_gives_the_places_back(places):
    encoder = UnitVectorEncoder().fit(places)
    assert_allclose(
        encoder.inverse_transform(encoder.transform(places)), places, atol=1e-9
    )
    # The length of a vector does not matter.
    assert_allclose(
        encoder.inverse_transform(7 * encoder.transform(places)), places, atol=1e-9
    )


def test_inverse_of_a_mean():
    encoder = UnitVectorEncoder()
    vectors = encoder.fit_transform([[0, 170], [0, -170]])
    mean = encoder.inverse_transform(vectors.mean(axis=0, keepdims=True))
    assert_allclose(mean, [[0, -180]], atol=1e-12)


def test_inverse_takes_three_columns():
    with pytest.raises(ValueError, match=r"three columns x, y and z.*X has 2"):
        UnitVectorEncoder().fit([[0, 0]]).inverse_transform([[1.0, 0.0]])


@pytest.mark.parametrize(
    ("dtype", "metres"), [(np.float32, 1), ("float32", 1), (np.float16, 5000)]
)
def test_dtype(places, dtype, metres):
    exact = UnitVectorEncoder().fit_transform(places)
    found = UnitVectorEncoder(dtype).fit_transform(places)
    assert found.dtype == np.dtype(dtype)
    assert_allclose(found, exact, atol=metres / 6_371_009)
    assert UnitVectorEncoder().fit_transform(places.astype(np.float32)).dtype == float


@pytest.mark.parametrize("dtype", [int, bool, complex, object])
def test_dtype_has_to_be_floating(dtype):
    encoder = UnitVectorEncoder(dtype=dtype)
    with pytest.raises(ValueError, match=r"Use a floating type such as np.float64"):
        encoder.fit([[0, 0]])


def test_not_fitted(places):
    encoder = UnitVectorEncoder()
    for method in (encoder.transform, encoder.inverse_transform):
        with pytest.raises(NotFittedError):
            method(places)


def test_fitted_encoder_holds_to_the_columns_it_saw(places):
    encoder = UnitVectorEncoder().fit(pd.DataFrame(places, columns=["lat", "lon"]))
    assert_array_equal(encoder.feature_names_in_, ["lat", "lon"])
    assert encoder.n_features_in_ == 2
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(pd.DataFrame(places, columns=["latitude", "longitude"]))


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[100.0, 10.0]], "outside.*swapped"),
        ([[np.nan, 10.0]], "row 0: the latitude is NaN"),
        (np.empty((0, 2)), "0 sample"),
        ([[1.0, 2.0, 3.0]], "exactly two columns|expecting 2 features"),
    ],
)
def test_what_is_no_place(X, words):
    with pytest.raises(ValueError, match=words):
        UnitVectorEncoder().fit(X)
    with pytest.raises(ValueError, match=words):
        UnitVectorEncoder().fit([[0, 0]]).transform(X)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_data_frames_in_and_out(places, container):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container](
        {"lat": places[:, 0], "lon": places[:, 1]}
    )
    out = UnitVectorEncoder().set_output(transform=container).fit_transform(frame)
    assert type(out) is type(frame)
    assert list(out.columns) == ["x", "y", "z"]
    assert_array_equal(out.to_numpy(), UnitVectorEncoder().fit_transform(places))


def test_nearest_neighbours_across_the_antimeridian():
    places = np.array([[0.0, 179.9], [0.0, 0.0], [10.0, -170.0]])
    model = make_pipeline(UnitVectorEncoder(), KNeighborsRegressor(n_neighbors=1))
    model.fit(places, [1.0, 2.0, 3.0])
    assert_array_equal(model.predict([[0.0, -179.9], [9.0, -171.0]]), [1.0, 3.0])


def test_beside_other_columns(places):
    frame = pd.DataFrame(
        {"likes": np.arange(200), "lat": places[:, 0], "lon": places[:, 1]}
    )
    union = make_column_transformer(
        (UnitVectorEncoder(), ["lat", "lon"]), remainder="passthrough"
    )
    out = union.set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == [
        "unitvectorencoder__x",
        "unitvectorencoder__y",
        "unitvectorencoder__z",
        "remainder__likes",
    ]


def test_clone_and_pickle(places):
    encoder = UnitVectorEncoder(dtype=np.float32).fit(places)
    assert clone(encoder).dtype is np.float32
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(places), encoder.transform(places))


def test_rows_are_independent(places):
    encoder = UnitVectorEncoder().fit(places)
    whole = encoder.transform(places)
    for row in (0, 7, 199):
        assert_array_equal(encoder.transform(places[row : row + 1])[0], whole[row])
    assert_array_equal(encoder.transform(places[::-1]), whole[::-1])
