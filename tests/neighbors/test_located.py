# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Our contract on places, for estimators whose X holds a place among other columns."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_geo.neighbors import JointNeighborTagPropagator, NeighborVoteAnnotator

# Longitudes are multiples of 1/64, so adding 360 loses no bit.
PLACES = np.array(
    [
        [48.140625, 11.578125],
        [-33.875, 151.203125],
        [0.0, 0.0],
        [60.390625, 5.328125],
        [-89.5, 45.0],
        [90.0, 0.0],
        [-90.0, -120.0],
        [-16.5, 179.984375],
        [-16.5, -179.984375],
        [65.5, -180.0],
    ]
    * 2
)
# Multiples of 1/64 too, so that float32 holds them; nobody looks like nobody else.
FEATURES = np.random.default_rng(0).integers(1, 640, size=(len(PLACES), 3)) / 64
PHOTOS = np.column_stack([PLACES, FEATURES])
NAMES = ["lat", "lon", "red", "green", "blue"]
TAGS = (np.random.default_rng(1).random((len(PLACES), 4)) < 0.4).astype(float)

ESTIMATORS = [
    JointNeighborTagPropagator(4, 3, sparse_output=False, exclude_self=False),
    NeighborVoteAnnotator(6, 3),
]
each_estimator = pytest.mark.parametrize(
    "estimator", ESTIMATORS, ids=lambda e: type(e).__name__
)


def rows(estimator, X):
    method = "transform" if hasattr(estimator, "transform") else "predict_proba"
    return getattr(estimator, method)(X)


def fitted(estimator, X=PHOTOS, **params):
    return clone(estimator).set_params(**params).fit(X, TAGS[: len(X)])


@each_estimator
def test_poles_and_seams(estimator):
    result = rows(fitted(estimator), PHOTOS)
    assert result.shape == TAGS.shape
    assert np.isfinite(result).all()
    east, west = PHOTOS[[9, 19, 5]].copy(), PHOTOS[[9, 19, 5]].copy()
    east[:, 1], west[:, 1] = 180.0, -180.0
    assert_array_equal(rows(fitted(estimator), east), rows(fitted(estimator), west))


@each_estimator
@pytest.mark.parametrize("turns", [-720.0, 360.0])
def test_longitudes_wrap(estimator, turns):
    turned = PHOTOS + np.array([0.0, turns, 0.0, 0.0, 0.0])
    expected = rows(fitted(estimator), PHOTOS)
    assert_array_equal(rows(fitted(estimator), turned), expected)
    assert_array_equal(rows(fitted(estimator, turned), PHOTOS), expected)


@each_estimator
@pytest.mark.parametrize("at", ["fit", "after fit"])
def test_bad_places_are_named(estimator, at):
    done = fitted(estimator)

    def call(X):
        return fitted(estimator, X) if at == "fit" else rows(done, X)

    def spoilt(row, column, value):
        X = PHOTOS.copy()
        X[row, column] = value
        return X

    with pytest.raises(ValueError, match=r"row 1: latitude 151.2.*look swapped"):
        call(
            np.where(
                np.arange(len(PHOTOS))[:, None] == 1, PHOTOS[:, [1, 0, 2, 3, 4]], PHOTOS
            )
        )
    with pytest.raises(ValueError, match="row 4: the latitude is NaN"):
        call(spoilt(4, 0, np.nan))
    with pytest.raises(ValueError, match="row 7: the longitude is infinity"):
        call(spoilt(7, 1, np.inf))
    with pytest.raises(ValueError, match=r"row 3: latitude -90.5"):
        call(spoilt(3, 0, -90.5))
    with pytest.raises(ValueError, match="NaN"):
        call(spoilt(3, 3, np.nan))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        call(PHOTOS[:0])
    with pytest.raises(TypeError, match="holds text, not numbers"):
        call(PHOTOS.astype(str))


@each_estimator
def test_columns_by_name_and_by_position(estimator):
    expected = rows(fitted(estimator), PHOTOS)
    frame = pd.DataFrame(PHOTOS, columns=NAMES, index=range(100, 120))
    shuffled = frame[["red", "lon", "green", "lat", "blue"]]
    for X, location in (
        (frame, (0, 1)),
        (pl.from_pandas(frame), (0, 1)),
        (shuffled, ("lat", "lon")),
        (shuffled, "auto"),
        (shuffled.to_numpy(), (3, 1)),
        (PHOTOS[:, [2, 3, 4, 0, 1]], (-2, -1)),
    ):
        assert_allclose(rows(fitted(estimator, X, location=location), X), expected)
    with pytest.raises(ValueError, match=r"\['lat', 'lon', 'red', 'green', 'blue'\]"):
        fitted(estimator, frame, location=("latitude", "lon"))
    with pytest.raises(ValueError, match="nothing that says what photos look like"):
        fitted(estimator, PLACES)


@each_estimator
def test_float32_memmaps_and_one_row(estimator, tmp_path):
    expected = rows(fitted(estimator), PHOTOS)
    single = PHOTOS.astype(np.float32)
    assert_allclose(rows(fitted(estimator, single), single), expected, atol=1e-6)
    joblib.dump(PHOTOS, tmp_path / "photos.joblib")
    mapped = joblib.load(tmp_path / "photos.joblib", mmap_mode="r")
    assert_array_equal(rows(fitted(estimator, mapped), mapped), expected)
    assert rows(fitted(estimator, PHOTOS[:1]), PHOTOS[:1]).shape == (1, 4)


@each_estimator
def test_rows_are_independent_and_n_jobs_does_not_matter(estimator):
    done = fitted(estimator)
    whole = rows(done, PHOTOS)
    for i in range(len(PHOTOS)):
        assert_allclose(rows(done, PHOTOS[i : i + 1])[0], whole[i], atol=1e-6)
    order = np.random.default_rng(2).permutation(len(PHOTOS))
    assert_allclose(rows(done, PHOTOS[order]), whole[order], atol=1e-6)
    assert_array_equal(rows(fitted(estimator, n_jobs=2), PHOTOS), whole)


@each_estimator
def test_in_a_search_with_two_workers(estimator):
    frame = pd.DataFrame(PHOTOS, columns=NAMES).assign(note=1.0)
    chosen = make_column_transformer(("passthrough", NAMES))
    if hasattr(estimator, "transform"):
        grid = {f"{type(estimator).__name__.lower()}__sigma_km": [1.0, 100.0]}
        scoring = minus_error
    else:
        grid, scoring = {"neighborvoteannotator__n_votes": [1, 3]}, None
    pipe = make_pipeline(chosen, estimator)
    search = GridSearchCV(pipe, grid, scoring=scoring, cv=2, n_jobs=2)
    search.fit(frame, TAGS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def minus_error(model, X, y):
    return -np.abs(model.transform(X) - y).mean()
