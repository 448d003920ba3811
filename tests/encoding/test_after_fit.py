# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What encoders do when parameters are set after fit, or when a second fit fails."""

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.encoding import (
    GridOneHotEncoder,
    PostingTimeEncoder,
    RandomFourierEncoder,
    S2OneHotEncoder,
    SinusoidalEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
    SphericalHarmonicsEncoder,
    UnitVectorEncoder,
    UTMOneHotEncoder,
    VenueActivityEncoder,
)
from sklearn_geo.partition import S2Partition

DENSE = [
    RandomFourierEncoder(4, random_state=None),
    SinusoidalEncoder(3),
    SoftGridEncoder(3, 2, 200),
    SoftGridEncoder(3, 2, 200, regions=S2Partition(20, 1)),
    Sphere2VecEncoder(n_scales=3),
    SphericalHarmonicsEncoder(3),
    UnitVectorEncoder(),
]
ONE_HOT = [GridOneHotEncoder(100), S2OneHotEncoder(6), UTMOneHotEncoder()]
PLACES = np.random.default_rng(0).uniform(40.0, 50.0, (3000, 2))


def frame(names=("lat", "lon")):
    # A copy: older pandas writes to the array it is made of.
    return pd.DataFrame(PLACES[:50].copy(), columns=list(names))


def dense_rows(encoder, X):
    rows = encoder.transform(X)
    return rows if isinstance(rows, np.ndarray) else rows.toarray()


@pytest.mark.parametrize("encoder", [*DENSE, *ONE_HOT], ids=str)
def test_a_second_fit_that_fails_leaves_the_first(encoder):
    encoder = copy.deepcopy(encoder).fit(frame())
    before = dense_rows(encoder, frame())
    missing = frame(("latitude", "longitude"))
    missing.iloc[-1, 0] = np.nan
    with pytest.raises(ValueError, match="row 49: the latitude is NaN"):
        encoder.fit(missing)
    dtype = encoder.dtype
    with pytest.raises((ValueError, TypeError)):
        encoder.set_params(dtype="U3").fit(frame(("latitude", "longitude")))
    encoder.set_params(dtype=dtype)
    assert_array_equal(encoder.feature_names_in_, ["lat", "lon"])
    assert_array_equal(dense_rows(encoder, frame()), before)


@pytest.mark.parametrize("encoder", [*DENSE, *ONE_HOT], ids=str)
def test_a_first_fit_that_fails_is_none(encoder):
    encoder = copy.deepcopy(encoder)
    with pytest.raises(ValueError, match="NaN"):
        encoder.fit([[48.1, 11.6], [np.nan, 11.6]])
    with pytest.raises(NotFittedError):
        check_is_fitted(encoder)


def test_times_that_cannot_be_read_leave_the_first_fit():
    noon = pd.Series(["2014-05-01 12:00"], name="taken")
    taken = pd.to_datetime(noon, utc=True).to_frame()
    encoder = PostingTimeEncoder().fit(taken)
    with pytest.raises(ValueError, match="row 0: the time is missing"):
        encoder.fit(pd.DataFrame({"posted": [pd.NaT]}))
    assert encoder.feature_names_in_.tolist() == ["taken"]
    assert encoder.transform(taken).shape == (1, 3)
    first = PostingTimeEncoder()
    with pytest.raises(ValueError, match="row 0: the time is missing"):
        first.fit(pd.DataFrame({"posted": [pd.NaT]}))
    with pytest.raises(NotFittedError):
        check_is_fitted(first)


@pytest.mark.parametrize(
    ("encoder", "params"),
    [
        (SoftGridEncoder(3, 2, 200), {"sigma_km": -5.0}),
        (SoftGridEncoder(3, 2, 200), {"n_rows": 0}),
        (SoftGridEncoder(3, 2, 200), {"normalize": "l3"}),
        (SoftGridEncoder(3, 2, 200), {"hard": "x"}),
        (Sphere2VecEncoder(), {"variant": "nonsense"}),
        (SinusoidalEncoder(), {"n_scales": 0}),
        (SphericalHarmonicsEncoder(), {"degree": -1}),
        (RandomFourierEncoder(4), {"n_frequencies": 0}),
        (GridOneHotEncoder(100), {"handle_unknown": "nonsense"}),
        (S2OneHotEncoder(6), {"sparse_output": "x"}),
        (UTMOneHotEncoder(), {"caps": "nonsense"}),
    ],
    ids=str,
)
def test_what_fit_refuses_is_refused_afterwards(encoder, params):
    encoder = copy.deepcopy(encoder).fit(PLACES[:50]).set_params(**params)
    asked = [encoder.transform]
    if isinstance(encoder, SoftGridEncoder):
        asked += [
            encoder.transform_with_zone,
            lambda X: encoder.transform_in_zone(X, "38T"),
        ]
    if type(encoder) in map(type, DENSE):
        asked += [lambda _: encoder.get_feature_names_out()]
    for ask in asked:
        with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of"):
            ask(PLACES[:5])


def test_tables_of_times_and_venues_look_at_what_was_set():
    taken = pd.to_datetime(pd.Series(["2014-05-01 12:00", None]), utc=True).to_frame()
    encoder = PostingTimeEncoder(handle_missing="nan").fit(taken)
    encoder.set_params(handle_missing="nonsense")
    with pytest.raises(ValueError, match="'handle_missing' parameter"):
        encoder.transform(taken)
    encoder.set_params(handle_missing="nan", cyclic=7)
    with pytest.raises(ValueError, match="'cyclic' parameter"):
        encoder.get_feature_names_out()
    visits = pd.DataFrame({"venue": ["a"], "user": ["u"], "time": taken.iloc[:1, 0]})
    activity = VenueActivityEncoder().fit(visits)
    activity.set_params(handle_unknown="nonsense")
    with pytest.raises(ValueError, match="'handle_unknown' parameter"):
        activity.transform(["b"])


def test_a_grid_that_would_fill_the_memory_is_refused_afterwards():
    encoder = SoftGridEncoder(2, 2).fit(PLACES[:5])
    encoder.set_params(n_rows=10**6, n_cols=10**6)
    for ask in (encoder.transform, lambda _: encoder.get_feature_names_out()):
        with pytest.raises(ValueError, match="asks for 1,000,000,000,000 columns"):
            ask(PLACES[:5])


def test_a_variant_that_would_fill_the_memory_is_refused_afterwards():
    # 666,666 scales of three columns are the most; eight each are 5,333,328.
    encoder = Sphere2VecEncoder("sphereC", n_scales=666_666, periodic=False)
    encoder.fit(PLACES[:1]).set_params(variant="sphereM+")
    for ask in (encoder.transform, lambda _: encoder.get_feature_names_out()):
        with pytest.raises(ValueError, match="666,666 scales, asks for 5,333,328 col"):
            ask(PLACES[:1])
    # What fit is to draw anew is not measured by what there is.
    assert encoder.set_params(n_scales=2).fit_transform(PLACES[:1]).shape == (1, 16)
    # Scales that are set since do not count.
    assert encoder.set_params(n_scales=10**7).transform(PLACES[:1]).shape == (1, 16)


def test_places_stay_in_the_cells_of_the_grid_that_was_fitted():
    encoder = GridOneHotEncoder(10, sparse_output=False).fit(PLACES)
    names = encoder.get_feature_names_out()
    encoder.set_params(cell_km=10.02)
    rows = encoder.transform(PLACES)
    assert_array_equal(rows.sum(axis=1), 1.0)  # all are training places
    assert_array_equal(encoder.get_feature_names_out(), names)
    # "grid_48.14N_11.58E" is the middle of a cell: its corners are 7 km away.
    said = [name.removeprefix("grid_") for name in names[rows.argmax(axis=1)]]
    middles = [[float(part[:-1]) for part in name.split("_")] for name in said]
    north, east = np.radians(PLACES - middles).T
    away = 6371.0 * np.hypot(north, east * np.cos(np.radians(PLACES[:, 0])))
    assert away.max() < 7.2
    # 2 pi R / 2 / 1000 km are 20 rows.
    encoder.set_params(cell_km=1000).fit(PLACES)
    assert encoder.cells_[:, 0].max() < 20
    assert_array_equal(encoder.transform(PLACES).sum(axis=1), 1.0)


def test_errors_name_cells_of_the_grid_that_was_fitted():
    encoder = GridOneHotEncoder(1000, handle_unknown="error").fit([[45.0, 45.0]])
    encoder.set_params(cell_km=1)
    # Rows are 9 degrees high: the place lies in the one from 0 to 9 degrees north.
    with pytest.raises(ValueError, match=r"the grid cell '4\.5N_"):
        encoder.transform([[2.0, 2.0]])


def test_places_stay_in_s2_cells_of_the_level_that_was_fitted():
    encoder = S2OneHotEncoder(6, sparse_output=False).fit(PLACES)
    before = encoder.transform(PLACES)
    encoder.set_params(level=7)
    assert_array_equal(encoder.transform(PLACES), before)
    encoder.set_params(partition=S2Partition(50, 1))
    assert_array_equal(encoder.transform(PLACES), before)
    # Cells of level 7 are a quarter of those of level 6.
    n_cells = before.shape[1]
    encoder.set_params(partition=None).fit(PLACES)
    assert n_cells < encoder.transform(PLACES).shape[1] <= 4 * n_cells


def test_waves_are_named_as_they_were_drawn():
    encoder = RandomFourierEncoder(3, sigmas=(1, 2.5), random_state=0).fit(PLACES)
    names = encoder.get_feature_names_out()
    encoder.set_params(n_frequencies=11, sigmas=(7,))
    assert_array_equal(encoder.get_feature_names_out(), names)
    assert encoder.transform(PLACES).shape[1] == len(names) == 12
    assert names[0] == "cos_sigma1_0"
    assert names[-1] == "sin_sigma2.5_2"


@pytest.mark.parametrize(
    ("encoder", "params"),
    [
        (GridOneHotEncoder(100), {"cell_km": 50}),
        (GridOneHotEncoder(0.01), {"cell_km": 0.02}),
        (S2OneHotEncoder(6), {"level": 7}),
        (S2OneHotEncoder(30), {"level": 0}),
    ],
)
@pytest.mark.parametrize("places", [PLACES, PLACES - 10.0, [[-90.0, 0.0]]])
def test_encoders_that_were_stored_before_stay_what_they_were(encoder, params, places):
    encoder = clone(encoder).set_params(sparse_output=False).fit(places[:50])
    for name in ("_rows", "_level"):
        vars(encoder).pop(name, None)
    for _ in ("as it was", "set since"):
        rows = encoder.transform(places[:50])
        assert_array_equal(rows.sum(axis=1), 1.0)  # all are training places
        assert_array_equal(rows.any(axis=0), True)
        encoder.set_params(**params)
