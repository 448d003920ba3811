# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from sklearn_geo.geometry import haversine
from sklearn_geo.model_selection import (
    BufferedSpatialKFold,
    S2BlockKFold,
    drop_buffer,
)
from sklearn_geo.model_selection._buffered import is_near

KM_A_DEGREE = 6371.0088 * np.pi / 180.0  # 111.195 km along a meridian


def distances(a, b):
    """All haversine distances in km, by the formula and nothing else."""
    phi_a, phi_b = np.radians(a[:, None, 0]), np.radians(b[None, :, 0])
    half_phi = np.radians(b[None, :, 0] - a[:, None, 0]) / 2
    half_lambda = np.radians(b[None, :, 1] - a[:, None, 1]) / 2
    h = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(np.minimum(h, 1.0)))


def scattered(n_rows, seed=0, scale=2.0):
    rng = np.random.RandomState(seed)
    X = rng.normal(scale=scale, size=(n_rows, 2)) + [47.0, 8.0]
    return X


@pytest.mark.parametrize("km", [0.0, 2.0, 20.0, 40.0])
def test_training_rows_are_those_beyond_the_buffer(km):
    X = scattered(600, scale=0.5)
    blocks = S2BlockKFold(4, level=8).split(X)
    cv = BufferedSpatialKFold(4, km=km, level=8)
    dropped = 0
    for (outside, block), (train, test) in zip(blocks, cv.split(X), strict=True):
        np.testing.assert_array_equal(test, block)
        far = distances(X[outside], X[test]).min(axis=1) > km
        np.testing.assert_array_equal(train, outside[far])
        dropped += (~far).sum()
    assert dropped == cv.fold_sizes(X)["dropped"].sum()
    assert (dropped > 0) == (km > 0.0)


places = st.tuples(
    st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 89.999])),
    st.one_of(st.floats(-180, 179.99), st.sampled_from([-180.0, 179.999, 0.0])),
)
tables = st.lists(places, min_size=1, max_size=25).map(np.array)


@given(a=tables, b=tables, km=st.floats(1e-6, 20100) | st.floats(1e-6, 50))
@settings(deadline=None, max_examples=150)
def test_is_near_equals_brute_force(a, b, km):
    d = distances(a, b)
    # Another order of the same operations may round a tie the other way.
    clear = (np.abs(d - km) > 1e-6 + 1e-9 * km).all(axis=1)
    np.testing.assert_array_equal(
        is_near(a, b, km)[clear], (d <= km).any(axis=1)[clear]
    )


def test_limit_worked_by_hand():
    centre = np.array([[0.0, 0.0]])
    ring = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
    assert is_near(ring, centre, KM_A_DEGREE * (1 + 1e-12)).all()
    assert not is_near(ring, centre, KM_A_DEGREE * (1 - 1e-12)).any()
    # Two degrees of longitude at latitude 60 are 2 asin(cos 60 sin 1) of arc.
    pair = np.array([[60.0, 10.0]]), np.array([[60.0, 12.0]])
    arc = 2 * 6371.0088 * np.arcsin(0.5 * np.sin(np.radians(1.0)))
    assert is_near(*pair, arc * (1 + 1e-12)).all()
    assert not is_near(*pair, arc * (1 - 1e-12)).any()


@pytest.mark.parametrize("scale", [1e-7, 1e-3, 1.0, 30.0])
def test_a_row_exactly_at_the_limit_is_left_out(scale):
    rng = np.random.RandomState(0)
    a = np.array([[10.0, 179.9]]) + rng.normal(scale=scale, size=(200, 2))
    b = np.array([[10.0, 179.9]]) + rng.normal(scale=scale, size=(200, 2))
    a[:, 0], b[:, 0] = a[:, 0].clip(-90, 90), b[:, 0].clip(-90, 90)
    for place, centre in zip(a[:, None], b[:, None], strict=True):
        km = haversine(place, centre)[0]
        assert is_near(place, centre, km)[0]
        assert not is_near(place, centre, np.nextafter(km, 0.0))[0]


@pytest.mark.parametrize("radius", [1e-4, 0.3, 70.0])
def test_many_centres_at_the_limit(radius):
    # All of a circle's centres are the nearest, up to rounding; one decides.
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    pole = np.array([[90.0, 0.0]])
    circle = np.column_stack([np.full(400, 90.0 - radius), np.degrees(turn) - 180.0])
    shift = np.random.RandomState(0).uniform(-1e-13, 1e-13, 400)
    circle[:, 0] += shift
    km = haversine(circle, pole).min()
    assert is_near(pole, circle, km)[0]
    assert not is_near(pole, circle, np.nextafter(km, 0.0))[0]


def test_poles_and_antimeridian_are_no_edges():
    X = np.array([[90.0, 0.0], [0.0, 179.999], [-90.0, 0.0]])
    centres = np.array([[89.9999, -140.0], [0.0, -179.999], [-90.0, 77.0]])
    # 0.0001 degrees of latitude are 11 m; 0.002 of longitude on the equator 222 m.
    np.testing.assert_array_equal(is_near(X, centres, 0.2), [True, False, True])
    np.testing.assert_array_equal(is_near(X, centres, 0.23), [True, True, True])
    np.testing.assert_array_equal(is_near(X, centres, 0.01), [False, False, True])


def test_many_rows_on_one_spot():
    spot, other = [[48.858, 2.294]], [[48.858, 2.295]]  # 73 m apart
    X = np.repeat(spot, 20_000, axis=0)
    assert is_near(np.array(other * 500), X, 0.1).all()
    assert not is_near(np.array(other * 500), X, 0.07).any()
    assert is_near(X, X, 0.0).all()


def test_nothing_is_near_nothing():
    X = scattered(3)
    assert not is_near(X, X[:0], 1e5).any()
    assert is_near(X[:0], X, 1e5).shape == (0,)


def test_buffer_reaches_across_the_antimeridian():
    # Level 1 cuts at the antimeridian: 179.5 and -179.5 are in cells of their own.
    longitude = np.array([170.0, 175.0, 179.5, -179.5, -175.0, -170.0])
    X = np.column_stack([np.ones(6), longitude])
    cv = BufferedSpatialKFold(2, km=150.0, level=1)
    (train, test), (other_train, other_test) = cv.split(X)
    east = longitude > 0
    np.testing.assert_array_equal(np.sort([*test, *other_test]), np.arange(6))
    assert {tuple(test), tuple(other_test)} == {(0, 1, 2), (3, 4, 5)}
    kept = {tuple(test): tuple(train), tuple(other_test): tuple(other_train)}
    assert kept == {(0, 1, 2): (4, 5), (3, 4, 5): (0, 1)}
    assert east.sum() == 3


def test_fold_sizes_count_the_dropped_rows():
    # 40 rows 111 km apart; a cell of level 2 ends at 22.6 degrees.
    X = np.column_stack([np.ones(40), np.arange(40) + 0.5])
    sizes = BufferedSpatialKFold(2, km=3.5 * KM_A_DEGREE, level=2).fold_sizes(X)
    assert {name: rows.tolist() for name, rows in sizes.items()} == {
        "train": [14, 20],
        "test": [23, 17],
        "dropped": [3, 3],
    }


def test_verbose_says_what_was_dropped(capsys):
    X = np.column_stack([np.ones(40), np.arange(40) + 0.5])
    list(BufferedSpatialKFold(2, km=389.0, level=2).split(X))
    assert capsys.readouterr().out == ""
    list(BufferedSpatialKFold(2, km=389.0, level=2, verbose=1).split(X))
    first, second = capsys.readouterr().out.splitlines()
    assert first == (
        "[BufferedSpatialKFold] fold 1/2: 14 rows to train on, 23 to test on, "
        "3 dropped within 389 km"
    )
    assert "fold 2/2: 20 rows to train on, 17 to test on, 3 dropped" in second


def test_a_buffer_that_leaves_nothing_is_an_error_with_numbers():
    X = scattered(60)
    with pytest.raises(ValueError, match="none is left to train on") as caught:
        list(BufferedSpatialKFold(3, km=5000.0, level=7).split(X))
    message = str(caught.value)
    assert "fold 1 of 3" in message
    assert "within km=5000.0" in message
    test = next(S2BlockKFold(3, level=7).split(X))[1]
    assert f"all {60 - len(test)} rows outside the fold" in message
    assert f"one of its {len(test)} test rows" in message
    assert "smaller km" in message
    assert "level than 7" in message


@pytest.mark.parametrize("km", [-1.0, np.nan, "1", None])
def test_km_is_checked(km):
    X = scattered(60)
    with pytest.raises(ValueError, match="'km' parameter of BufferedSpatialKFold"):
        next(BufferedSpatialKFold(3, km=km, level=7).split(X))
    with pytest.raises(ValueError, match="km must be a number of kilometres"):
        drop_buffer(X, [0], [1], km=km)


def test_errors_of_the_blocks_speak_for_this_class():
    X = scattered(60)
    with pytest.raises(
        ValueError, match="BufferedSpatialKFold needs at least one cell"
    ):
        next(BufferedSpatialKFold(60, level=0).split(X))
    with pytest.warns(UserWarning, match="BufferedSpatialKFold splits by place"):
        next(BufferedSpatialKFold(2, level=7).split(X, groups=np.ones(60)))


def test_repr():
    assert repr(BufferedSpatialKFold(km=2.5)) == (
        "BufferedSpatialKFold(km=2.5, level=8, location='auto', n_splits=5,\n"
        "           random_state=None, shuffle=False, verbose=0)"
    )


def test_drop_buffer_around_another_splitter():
    X = scattered(200)
    users = np.random.RandomState(1).randint(0, 12, 200)
    frame = pd.DataFrame(X, columns=["lat", "lon"]).assign(tags="sun")
    cv = []
    for train, test in GroupKFold(4).split(X, groups=users):
        kept = drop_buffer(frame, train, test, km=10.0)
        expected = train[distances(X[train], X[test]).min(axis=1) > 10.0]
        np.testing.assert_array_equal(kept, expected)
        assert 0 < len(kept) < len(train)
        cv.append((kept, test))
    scores = cross_validate(Ridge(), X, X[:, 0], cv=cv)["test_score"]
    assert len(scores) == 4


def test_drop_buffer_keeps_the_order_of_train():
    X = np.column_stack([np.zeros(6), np.arange(6.0)])
    kept = drop_buffer(X, [5, 1, 3, 0], [2], km=KM_A_DEGREE * 1.5)
    np.testing.assert_array_equal(kept, [5, 0])


def test_grid_search_over_a_pipeline_with_text():
    X = pd.DataFrame(scattered(300), columns=["lat", "lon"])
    X["tags"] = np.random.RandomState(0).choice(["sun sea", "snow"], 300)
    y = X["lat"] + (X["tags"] == "snow")
    columns = make_column_transformer(
        (CountVectorizer(), "tags"), ("passthrough", ["lat", "lon"])
    )
    model = make_pipeline(columns, Ridge())
    cv = BufferedSpatialKFold(3, km=25.0, level=7, shuffle=True, random_state=0)
    search = GridSearchCV(model, {"ridge__alpha": [0.1, 10.0]}, cv=cv).fit(X, y)
    for fold, (train, test) in enumerate(cv.split(X)):
        assert len(train) + len(test) < 300
        by_hand = model.set_params(ridge__alpha=0.1).fit(X.iloc[train], y.iloc[train])
        assert search.cv_results_[f"split{fold}_test_score"][0] == pytest.approx(
            by_hand.score(X.iloc[test], y.iloc[test])
        )
    # The test folds are still a partition of all rows.
    assert cross_val_predict(model, X, y, cv=cv).shape == (300,)


NEAR = np.array([[48.0, 2.0], [48.0, 2.001], [41.0, 12.0]])


def test_drop_buffer_takes_masks():
    masks = np.array([True, False, True]), np.array([False, True, False])
    assert drop_buffer(NEAR, *masks, km=1.0).tolist() == [2]
    assert drop_buffer(NEAR, [0, 2], [1], km=1.0).tolist() == [2]
    assert drop_buffer(NEAR, [], [1], km=1.0).tolist() == []


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ([0.7, 1.2], "train must be positions of rows .*dtype float64"),
        ([True, False], r"mask of the 3 rows of X; got an array of shape \(2,\)"),
        ([0, 7], "train names row 7, but X has rows 0 to 2"),
        ([-1], "train names row -1"),
    ],
)
def test_drop_buffer_refuses_what_is_no_row(train, words):
    with pytest.raises(ValueError, match=words):
        drop_buffer(NEAR, train, [1], km=1.0)


def test_positions_are_one_a_row():
    places = [[0.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="train holds what is no number"):
        drop_buffer(places, [[0], [0, 1]], [1], km=1.0)
    with pytest.raises(ValueError, match="km must be a number of kilometres"):
        drop_buffer(places, [0], [1], km=np.timedelta64(1, "D"))


def test_positions_that_are_masked_are_refused():
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    rows = np.ma.array([0, 1], mask=[False, True])
    with pytest.raises(ValueError, match=r"^train, row 1: the value is masked"):
        drop_buffer(places, rows, [2], km=1.0)
    with pytest.raises(ValueError, match=r"^test, row 1: the value is masked"):
        drop_buffer(places, [2], rows, km=1.0)
    rows = np.ma.array([0, 1], mask=False)
    assert drop_buffer(places, rows, [2], km=1.0).tolist() == [0, 1]
