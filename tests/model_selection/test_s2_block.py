# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
import s2sphere
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    check_cv,
    cross_val_predict,
    cross_validate,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from sklearn_geo.model_selection import (
    BufferedSpatialKFold,
    S2BlockKFold,
    drop_buffer,
    s2_level_for_km,
)
from sklearn_geo.model_selection._s2_block import balanced_folds


def scattered(n_rows, seed=0, n_towns=40):
    """Rows in towns of very different sizes, all over the globe."""
    rng = np.random.RandomState(seed)
    z = rng.uniform(-1, 1, n_towns)
    towns = np.column_stack([np.degrees(np.arcsin(z)), rng.uniform(-180, 180, n_towns)])
    share = 1.0 / np.arange(1, n_towns + 1)
    X = towns[rng.choice(n_towns, n_rows, p=share / share.sum())]
    X = X + rng.normal(scale=0.5, size=X.shape)
    X[:, 0] = X[:, 0].clip(-90, 90)
    return X


def tokens(X, level):
    """Cells by the reference implementation, one place at a time."""
    cells = [
        s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lon))
        for lat, lon in X
    ]
    return np.array([cell.parent(level).to_token() for cell in cells])


def folds(cv, X):
    fold_of_row = np.full(len(X), -1)
    for fold, (_, test) in enumerate(cv.split(X)):
        fold_of_row[test] = fold
    return fold_of_row


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("n_splits", "level"), [(2, 0), (5, 4), (3, 9), (7, 16)])
def test_folds_are_a_partition_of_whole_cells(n_splits, level, shuffle):
    X = scattered(400)
    cv = S2BlockKFold(
        n_splits, level=level, shuffle=shuffle, random_state=3 if shuffle else None
    )
    cells = tokens(X, level)
    splits = list(cv.split(X))
    assert len(splits) == cv.get_n_splits() == n_splits
    tested = np.concatenate([test for _, test in splits])
    np.testing.assert_array_equal(np.sort(tested), np.arange(400))
    for train, test in splits:
        np.testing.assert_array_equal(np.union1d(train, test), np.arange(400))
        assert len(train) + len(test) == 400
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
        assert not set(cells[train]) & set(cells[test])
    sizes = [len(test) for _, test in splits]
    fullest = np.unique(cells, return_counts=True)[1].max()
    assert max(sizes) - min(sizes) <= fullest


@given(
    sizes=st.lists(st.integers(1, 60), min_size=6, max_size=40),
    n_folds=st.integers(2, 6),
    seed=st.none() | st.integers(0, 99),
)
@settings(deadline=None, max_examples=150)
def test_folds_differ_by_at_most_the_largest_block(sizes, n_folds, seed):
    sizes = np.array(sizes)
    rng = None if seed is None else np.random.RandomState(seed)
    fold_of_block = balanced_folds(sizes, n_folds, rng)
    rows = np.bincount(fold_of_block, weights=sizes, minlength=n_folds)
    assert len(rows) == n_folds
    assert rows.min() > 0
    assert rows.max() - rows.min() <= sizes.max()


def test_balance_worked_by_hand():
    # 8 -> a, 7 -> b, 6 -> b (13), 5 -> a (13), 4 -> a (17), 1 -> b (14), 1 -> b (15)
    sizes = np.array([1, 8, 5, 7, 4, 6, 1])
    np.testing.assert_array_equal(balanced_folds(sizes, 2), [1, 0, 0, 1, 0, 1, 1])


def test_small_blocks_make_up_for_a_large_one():
    rows = np.bincount(
        balanced_folds(np.array([50] + [1] * 150), 4, np.random.RandomState(0)),
        weights=[50] + [1] * 150,
    )
    np.testing.assert_array_equal(rows, [50, 50, 50, 50])


def test_shuffling_deals_similar_blocks_in_random_order_and_stays_balanced():
    sizes = np.repeat([33, 48, 5, 1], [10, 10, 20, 60])
    deals = set()
    for seed in range(20):
        fold_of_block = balanced_folds(sizes, 4, np.random.RandomState(seed))
        rows = np.bincount(fold_of_block, weights=sizes)
        assert rows.max() - rows.min() <= 1
        deals.add(tuple(fold_of_block[:20]))
    assert len(deals) == 20


def test_order_of_rows_does_not_matter():
    X = scattered(300)
    order = np.random.RandomState(1).permutation(300)
    for params in ({}, {"shuffle": True, "random_state": 5}):
        cv = S2BlockKFold(4, level=5, **params)
        np.testing.assert_array_equal(folds(cv, X)[order], folds(cv, X[order]))


def test_same_seed_same_folds_and_another_seed_others():
    X = scattered(300)
    cv = S2BlockKFold(4, level=6, shuffle=True, random_state=0)
    first = folds(cv, X)
    np.testing.assert_array_equal(first, folds(cv, X))
    np.testing.assert_array_equal(first, folds(clone(cv, safe=False), X))
    np.testing.assert_array_equal(first, folds(pickle.loads(pickle.dumps(cv)), X))
    other = S2BlockKFold(4, level=6, shuffle=True, random_state=1)
    assert (first != folds(other, X)).any()


def test_meridians_and_tables_of_one_place_agree():
    X = scattered(200)
    cv = S2BlockKFold(3, level=5)
    expected = folds(cv, X)
    np.testing.assert_array_equal(folds(cv, X + [0.0, 360.0]), expected)
    frame = pd.DataFrame(X, columns=["lat", "lon"]).assign(tags="sunset beach")
    np.testing.assert_array_equal(folds(cv, frame), expected)
    np.testing.assert_array_equal(folds(cv, pl.from_pandas(frame)), expected)
    by_position = S2BlockKFold(3, level=5, location=(2, 1))
    np.testing.assert_array_equal(
        folds(by_position, np.column_stack([np.ones(200), X[:, ::-1]])), expected
    )


def test_antimeridian_and_poles():
    X = np.array([[10.0, 180.0], [10.0, -180.0], [90.0, 7.0], [-90.0, 7.0], [0.0, 0.0]])
    fold = folds(S2BlockKFold(4, level=10), X)
    assert fold[0] == fold[1]
    assert len(set(fold[1:])) == 4


def test_fold_sizes():
    X = scattered(100)
    cv = S2BlockKFold(3, level=5)
    sizes = cv.fold_sizes(X)
    np.testing.assert_array_equal(sizes["test"], np.bincount(folds(cv, X)))
    np.testing.assert_array_equal(sizes["train"], 100 - sizes["test"])
    np.testing.assert_array_equal(sizes["dropped"], [0, 0, 0])
    assert pd.DataFrame(cv.fold_sizes(X.tolist())).shape == (3, 3)


def test_too_few_cells_names_the_counts_and_a_level_that_works():
    # Three towns a few km around Paris, and 20 rows on one spot of each.
    X = np.repeat([[48.86, 2.35], [48.80, 2.13], [48.92, 2.25]], 20, axis=0)
    with pytest.raises(ValueError, match="n_splits=3") as caught:
        list(S2BlockKFold(3, level=3).split(X))
    message = str(caught.value)
    assert "60 rows of X fall into 1 cell of level 3 (about 1.15e+03 km" in message
    level = next(k for k in range(31) if len(set(tokens(X, k))) == 3)
    assert f"(level={level}, " in message
    assert "has 3 cells) or fewer splits" in message
    S2BlockKFold(3, level=level).fold_sizes(X)
    with pytest.raises(ValueError, match="No level has enough cells"):
        list(S2BlockKFold(4, level=3).split(X))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_splits": 1}, "'n_splits' parameter of S2BlockKFold"),
        ({"n_splits": 2.5}, "'n_splits'"),
        ({"level": 31}, "'level' parameter of S2BlockKFold must be an int"),
        ({"level": -1}, "'level'"),
        ({"shuffle": "yes"}, "'shuffle'"),
        ({"shuffle": True, "random_state": "x"}, "'random_state'"),
        ({"random_state": 0}, "random_state=0 has no effect .* Set shuffle=True"),
        ({"location": ("lat", "lon")}, "no column 'lat'.*use positions"),
    ],
)
def test_parameters_are_checked_when_splitting(params, words):
    with pytest.raises(ValueError, match=words):
        next(S2BlockKFold(**params).split(scattered(50)))


def test_other_errors():
    X = scattered(50)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(S2BlockKFold(2).split(X, np.ones(49)))
    X[7, 1] = np.nan
    with pytest.raises(ValueError, match="row 7: the longitude is NaN"):
        next(S2BlockKFold(2).split(X))


def test_groups_are_ignored_with_a_warning():
    X = scattered(50)
    cv = S2BlockKFold(2, level=4)
    with pytest.warns(UserWarning, match="S2BlockKFold splits by place and ignores"):
        (_, test), _ = cv.split(X, groups=np.zeros(50))
    np.testing.assert_array_equal(test, next(cv.split(X))[1])


def test_repr_and_check_cv():
    cv = S2BlockKFold(3, level=12, location=("lat", "lon"))
    assert repr(cv) == (
        "S2BlockKFold(level=12, location=('lat', 'lon'), n_splits=3, "
        "random_state=None,\n       shuffle=False)"
    )
    assert check_cv(cv) is cv


def photos(n_rows=240):
    X = pd.DataFrame(scattered(n_rows), columns=["lat", "lon"])
    rng = np.random.RandomState(0)
    X.insert(0, "tags", rng.choice(["beach sun", "snow alps", "tower city"], n_rows))
    y = X["lat"] / 90.0 + X["tags"].str.contains("snow")
    return X, y


def model():
    columns = make_column_transformer(
        (CountVectorizer(), "tags"), ("passthrough", ["lat", "lon"])
    )
    return make_pipeline(columns, Ridge())


@pytest.mark.parametrize("routing", [False, True])
def test_grid_search_over_a_pipeline_with_text(routing):
    X, y = photos()
    cv = S2BlockKFold(4, level=4)
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(model(), {"ridge__alpha": [0.1, 10.0]}, cv=cv)
        search.fit(X, y)
    assert search.n_splits_ == 4
    assert clone(search).cv.level == 4
    for fold, (train, test) in enumerate(cv.split(X)):
        by_hand = (
            model().set_params(ridge__alpha=10.0).fit(X.iloc[train], y.iloc[train])
        )
        assert search.cv_results_[f"split{fold}_test_score"][1] == pytest.approx(
            by_hand.score(X.iloc[test], y.iloc[test])
        )


def test_cross_validate_and_predict():
    X, y = photos()
    cv = S2BlockKFold(3, level=3, shuffle=True, random_state=0)
    assert len(cross_validate(model(), X, y, cv=cv)["test_score"]) == 3
    assert cross_val_predict(model(), X, y, cv=cv).shape == (240,)


def test_random_folds_flatter_a_model_that_only_remembers():
    rng = np.random.RandomState(0)
    towns = np.column_stack([rng.uniform(-60, 60, 50), rng.uniform(-180, 180, 50)])
    X = np.repeat(towns, 10, axis=0) + rng.normal(scale=0.01, size=(500, 2))
    y = np.repeat(rng.normal(size=50), 10)  # nothing but the town decides
    memory = KNeighborsRegressor(1)
    cv = S2BlockKFold(5, level=6)
    shuffled = rng.permutation(500)
    leaky = cross_validate(memory, X[shuffled], y[shuffled], cv=5)["test_score"]
    honest = cross_validate(memory, X[shuffled], y[shuffled], cv=cv)["test_score"]
    assert leaky.min() > 0.99
    assert honest.max() < 0.5


@pytest.mark.parametrize(
    ("km", "level"),
    # sqrt(4 pi 6371.0088^2 / 6) = 9220.1 km, halved at each level.
    [(9220, 0), (40000, 0), (576, 4), (36, 8), (9, 10), (2.25, 12), (1e-9, 30)],
)
def test_level_for_km(km, level):
    assert s2_level_for_km(km) == level


def test_level_for_km_is_the_width_of_mean_cells():
    # 6 * 4^level cells cover 4 pi R^2.
    for level in range(31):
        width = np.sqrt(4 * np.pi * 6371.0088**2 / (6 * 4.0**level))
        assert s2_level_for_km(width * 1.4) == level
        assert s2_level_for_km(width / 1.4) == level


@pytest.mark.parametrize("km", [0, -1.0, np.nan, np.inf, "1 km", None])
def test_level_for_km_refuses(km):
    with pytest.raises(ValueError, match="positive number of kilometres"):
        s2_level_for_km(km)


def test_the_smallest_and_the_largest_width():
    assert s2_level_for_km(5e-324) == 30
    assert s2_level_for_km(np.float16(9000)) == 0
    assert s2_level_for_km(1.7e308) == 0
    with pytest.raises(ValueError, match="km must be a positive number"):
        s2_level_for_km(np.timedelta64(1, "D"))


@pytest.mark.parametrize("splitter", [S2BlockKFold(2), BufferedSpatialKFold(2, km=1)])
def test_places_that_are_predicted_are_split_beforehand(splitter):
    names = np.array(["Oslo", "Rome", "Bari", "Bergen"])
    places = np.array([[59.9, 10.7], [41.9, 12.5], [41.1, 16.9], [60.4, 5.3]])
    for X in (names, names.tolist()):
        with pytest.raises(ValueError, match=r"cv=list\(splitter\.split\(y\)\)"):
            list(splitter.split(X, places))
    folds = list(splitter.split(places))
    assert sorted(int(row) for _, test in folds for row in test) == [0, 1, 2, 3]


def test_scaled_columns_are_suspected():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"within 4 degrees of \(0, 0\), in the sea"):
        list(S2BlockKFold(5, level=2).split(rng.normal(size=(50, 3)).clip(-3, 3)))
    with pytest.raises(ValueError, match="fewer splits") as refused:
        list(S2BlockKFold(5, level=2).split(np.full((50, 2), 48.0)))
    assert "(0, 0)" not in str(refused.value)


def test_positions_in_a_geodataframe_never_split_by_other_columns():
    X, homes = scattered(40), scattered(40, seed=1)
    photos = gpd.GeoDataFrame(
        {"home_a": homes[:, 0], "home_b": homes[:, 1]},
        geometry=gpd.points_from_xy(X[:, 1], X[:, 0]),
    )
    for splitter in (S2BlockKFold, BufferedSpatialKFold):
        cv = splitter(2, level=2)
        named = splitter(2, level=2, location=("home_a", "home_b"))
        assert folds(named, photos).tolist() == folds(cv, homes).tolist()
        assert folds(cv, photos).tolist() == folds(cv, X).tolist()
        for location in ((0, 1), (1, 2)):
            counted = splitter(2, level=2, location=location)
            with pytest.raises(ValueError, match="columns are not counted where X is"):
                folds(counted, photos)
    with pytest.raises(ValueError, match="columns are not counted where X is"):
        drop_buffer(photos, [0], [1], km=1.0, location=(0, 1))


@pytest.mark.parametrize("make", [pd.Series, pl.Series, np.array])
def test_texts_whose_places_are_to_be_predicted(make):
    texts = make([f"photo {row}" for row in range(40)])
    with pytest.raises(ValueError, match=r"cv=list\(splitter\.split\(y\)\)"):
        next(S2BlockKFold(2).split(texts, scattered(40)))
