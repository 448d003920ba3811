# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2Partition: the cells of section 3.1, token by token, and who lies in them."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.geometry import haversine, s2_contains, s2_levels, s2_parents
from sklearn_geo.partition import S2Partition
from tests.partition.common import (
    PLACES,
    equal_tables,
    globe,
    photos,
    seams,
    slow_partition,
    slow_predict,
)

LIMITS = [(50, 5), (200, 20), (30, 1), (1000, 50), (7, 7)]
WORLDS = {
    "globe": globe(3000),
    "photos": photos(3000),
    "seams": seams(2000),
    "one coordinate": np.tile([[48.8566, 2.3522]], (300, 1)),
    "antimeridian": np.column_stack(
        [np.linspace(-60, 60, 400), np.where(np.arange(400) % 2, -180.0, 179.999999)]
    ),
}


# ------------------------------------------------------------------------- the rule


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("most", "least"), LIMITS)
def test_cells_are_those_of_the_slow_rule(world, most, least):
    places = WORLDS[world]
    kept, dropped = slow_partition(places, most, least)
    partition = S2Partition(most, least)
    if not kept:
        with pytest.raises(ValueError, match="none is kept"):
            partition.fit(places)
        return
    partition.fit(places)
    assert set(partition.cell_names_) == set(kept)
    assert partition.n_cells_ == len(kept)
    assert set(partition.dropped_cells_["name"]) == set(dropped)
    for table, rows in ((partition.cells_, kept), (partition.dropped_cells_, dropped)):
        for name, count in zip(table["name"], table["count"], strict=True):
            assert count == len(rows[name])
    assert_array_equal(
        partition.dropped_, sorted(row for rows in dropped.values() for row in rows)
    )
    names = np.append(partition.cell_names_, "none")
    cells = partition.predict(places)
    for token, rows in kept.items():
        assert set(names[cells[rows]]) == {token}
    for rows in dropped.values():
        assert set(cells[rows]) == {-1}


@pytest.mark.parametrize(("start", "end"), [(2, 30), (0, 4), (3, 3), (5, 9), (30, 30)])
def test_levels_are_bounded(start, end):
    places = photos(800, seed=5)
    kept, _ = slow_partition(places, 20, 2, start_level=start, max_level=end)
    partition = S2Partition(20, 2, start_level=start, max_level=end).fit(places)
    assert set(partition.cell_names_) == set(kept)
    assert partition.cells_["level"].min() >= start
    assert partition.cells_["level"].max() <= end
    too_big = [token for token, rows in kept.items() if len(rows) > 20]
    assert set(partition.cell_names_[partition.oversized_cells_]) == set(too_big)


def test_by_hand():
    # Three photos in Paris, one in Berlin, one in Sydney, and at most three a cell:
    # the face of Europe is split until the four are not together.
    paris, berlin, sydney = [48.86, 2.35], [52.52, 13.4], [-33.87, 151.2]
    places = np.array([paris, sydney, paris, berlin, paris])

    def token(place, level):
        latlng = s2sphere.LatLng.from_degrees(*place)
        return s2sphere.CellId.from_lat_lng(latlng).parent(level).to_token()

    level = next(k for k in range(31) if token(paris, k) != token(berlin, k))
    expected = [token(paris, level), token(berlin, level), token(sydney, 0)]
    partition = S2Partition(3, 1).fit(places)
    assert sorted(partition.cell_names_) == sorted(expected)
    # A cell of exactly the maximum is not split, one of exactly the minimum stays.
    partition = S2Partition(3, 3).fit(places)
    assert partition.cell_names_.tolist() == [token(paris, level)]
    assert partition.dropped_.tolist() == [1, 3]
    assert partition.predict(places).tolist() == [0, -1, 0, -1, 0]
    # Three photos at one coordinate cannot be parted.
    partition = S2Partition(2, 1).fit(places)
    assert partition.cells_["level"].max() == 30
    crowd = partition.oversized_cells_
    assert partition.cells_["count"][crowd].tolist() == [3]
    assert_allclose(partition.inverse_transform(crowd), [paris])


@given(PLACES, st.integers(1, 12), st.integers(0, 12), st.data())
@settings(max_examples=120, deadline=None)
def test_structure(places, least, more, data):
    most = least + more
    start = data.draw(st.integers(0, 6))
    partition = S2Partition(most, least, start_level=start, uncovered="drop")
    kept, dropped = slow_partition(places, most, least, start_level=start)
    if not kept:
        largest = max(map(len, dropped.values()))
        with pytest.raises(ValueError, match=rf"none is kept: .* holds {largest}\."):
            partition.fit(places)
        return
    partition.fit(places)
    cells, lost = partition.cells_, partition.dropped_cells_
    ids = np.concatenate([cells["id"], lost["id"]])
    # No cell lies in another one, and together they hold every place once.
    inside = s2_contains(ids[:, np.newaxis], ids[np.newaxis])
    assert_array_equal(inside, np.eye(len(ids), dtype=bool))
    assert cells["count"].sum() + lost["count"].sum() == len(places)
    assert_array_equal(np.sort(cells["id"]), cells["id"])
    # Limits hold, and nothing was split without need.
    splittable = cells["level"] < 30
    assert (cells["count"][splittable] <= most).all()
    assert (cells["count"] >= least).all()
    assert (lost["count"] < least).all()
    below = s2_levels(ids) > start
    if below.any():
        parents = s2_parents(ids[below], s2_levels(ids[below]) - 1)
        counts = np.concatenate([cells["count"], lost["count"]])
        for parent in np.unique(parents):
            assert counts[s2_contains(parent, ids)].sum() > most
    # Every representative lies in its cell.
    order = np.arange(partition.n_cells_)
    for kind in ("center", "medoid"):
        stands = clone(partition).set_params(representative=kind).fit(places)
        assert_array_equal(stands.predict(stands.inverse_transform(order)), order)


@given(PLACES, st.integers(1, 8), st.integers(0, 10), st.integers(0, 10))
@settings(max_examples=120, deadline=None)
def test_what_did_not_split_is_unchanged(places, least, more, even_more):
    fine = S2Partition(least + more, least)
    coarse = S2Partition(least + more + even_more, least)
    try:
        fine.fit(places)
        coarse.fit(places)
    except ValueError:
        return
    fine_names = set(fine.cell_names_)
    for cell in coarse.cells_:
        stays = cell["count"] <= fine.max_per_cell or cell["level"] == 30
        assert (str(cell["name"]) in fine_names) == stays
    # Exactly one ancestor-or-self: with equal minimums none can have been dropped.
    inside = s2_contains(coarse.cells_["id"][:, np.newaxis], fine.cells_["id"])
    assert_array_equal(inside.sum(axis=0), 1)


def test_order_of_rows_and_duplicates_do_not_matter():
    places = photos(2000, seed=3)
    weights = np.random.default_rng(0).choice([0.25, 0.1, 1.0, 3.0, 0.0], len(places))
    order = np.random.default_rng(1).permutation(len(places))
    for own in (None, weights):
        a = S2Partition(40, 4).fit(places, sample_weight=own)
        b = S2Partition(40, 4).fit(
            places[order], sample_weight=None if own is None else own[order]
        )
        equal_tables(a.cells_, b.cells_, rtol=1e-12)
        equal_tables(a.dropped_cells_, b.dropped_cells_, rtol=1e-12)
        assert_array_equal(np.sort(order[b.dropped_]), a.dropped_)


# ------------------------------------------------------------------ places and cells


def naive_means(places, cells, n_cells):
    latitude, longitude = np.radians(places).T
    vectors = np.array(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    ).T
    means = np.array([vectors[cells == k].mean(axis=0) for k in range(n_cells)])
    x, y, z = means.T
    return np.degrees(
        np.column_stack([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)])
    )


@pytest.mark.parametrize("world", ["globe", "photos"])
def test_means(world):
    places = WORLDS[world]
    partition = S2Partition(100, 3).fit(places)
    cells = partition.predict(places)
    expected = naive_means(places, cells, partition.n_cells_)
    stands = partition.inverse_transform(np.arange(partition.n_cells_))
    assert_allclose(stands, expected, atol=1e-9)
    assert_array_equal(stands[:, 0], partition.cells_["latitude"])
    assert_array_equal(stands[:, 1], partition.cells_["longitude"])
    # A mean lies in its cell.
    assert_array_equal(partition.predict(stands), np.arange(partition.n_cells_))


@pytest.mark.parametrize("representative", ["mean", "median"])
def test_what_stands_for_a_cell_lies_in_it(representative):
    # Means of places on the borders of faces are there but for their rounding.
    steps = np.arange(-34.0, 34.0, 2.0)
    for border in (-135.0, -45.0, 45.0, 135.0):
        for south in steps[:-1].tolist():
            pair = np.array([[south, border], [south + 2.0, border]])
            partition = S2Partition(
                2, 1, max_level=0, representative=representative
            ).fit(np.vstack([pair, [[60.0, 0.0]]]))
            stands = partition.inverse_transform(np.arange(partition.n_cells_))
            for row, place in enumerate(stands):
                assert (
                    slow_predict(set(partition.cell_names_), place)
                    == (partition.cell_names_[row])
                )
            stand = stands[partition.predict(pair[:1])[0]]
            if representative == "mean":
                assert haversine([stand], [[south + 1.0, border]])[0] < 1e-9
            # Of two places all between them are medians.
            apart = haversine(pair, np.array([stand, stand])).sum()
            assert apart == pytest.approx(haversine(pair[:1], pair[1:])[0], abs=1e-9)
    parts = S2Partition(2, 1, max_level=0, representative=representative)
    parts.partial_fit([[-29.0, -45.0]]).partial_fit([[-27.0, -45.0]])
    assert parts.predict(parts.inverse_transform([0])).tolist() == [0]
    parts.refill([[-29.0, -45.0], [-27.0, -45.0]])
    assert parts.predict(parts.inverse_transform([0])).tolist() == [0]


def test_mean_across_the_antimeridian():
    # Face 3 goes across it: the mean of 179 and -179 is 180, not 0.
    partition = S2Partition(10, 1).fit([[0.0, 179.0], [0.0, -179.0]])
    assert partition.inverse_transform([0]).tolist() == [[0.0, -180.0]]


def test_transform_and_back():
    places = photos(400, seed=9)
    partition = S2Partition(30, 5).fit(places)
    column = partition.transform(places)
    assert column.shape == (400, 1)
    assert column.dtype == np.int64
    assert_array_equal(column[:, 0], partition.predict(places))
    assert partition.get_feature_names_out().tolist() == ["s2_cell"]
    back = partition.inverse_transform(column)
    outside = column[:, 0] < 0
    assert outside.any()
    assert np.isnan(back[outside]).all()
    assert np.isfinite(back[~outside]).all()
    frame = partition.set_output(transform="pandas").transform(places)
    assert frame.columns.tolist() == ["s2_cell"]
    assert_array_equal(partition.inverse_transform(frame), back)


def test_names_are_checked_in_get_feature_names_out():
    frame = pd.DataFrame(globe(10), columns=["lat", "lon"])
    partition = S2Partition(10, 1).fit(frame)
    assert partition.get_feature_names_out(["lat", "lon"]).tolist() == ["s2_cell"]
    with pytest.raises(ValueError, match="input_features is not equal to"):
        partition.get_feature_names_out(["a", "b"])


def test_uncovered_places():
    here, there = [10.0, 20.0], [-60.0, 100.0]
    partition = S2Partition(5, 2).fit([here, here, [11.0, 20.0], [40.0, -100.0]])
    assert partition.predict([here, there]).tolist() == [0, -1]
    nearest = partition.set_params(uncovered="nearest")
    assert nearest.predict([here, there, [-90.0, 0.0]]).tolist() == [0, 0, 0]
    error = partition.set_params(uncovered="error")
    assert error.predict([here]).tolist() == [0]
    match = (
        r"X, row 1: the place \(-60.0, 100.0\) lies in no S2 cell of this partition\. "
        r'Use uncovered="drop" .* \(1 more row like it\.\)'
    )
    with pytest.raises(ValueError, match=match):
        error.predict([here, there, there])


def test_nearest_is_by_great_circle():
    places, others = photos(2000, seed=4), globe(300, seed=11)
    partition = S2Partition(50, 20, uncovered="nearest").fit(places)
    cells = partition.predict(others)
    covered = clone(partition).set_params(uncovered="drop").fit(places).predict(others)
    assert (covered < 0).any()
    stands = np.radians(partition.inverse_transform(np.arange(partition.n_cells_)))
    for place, cell, own in zip(np.radians(others), cells, covered, strict=True):
        turn = np.cos(place[0]) * np.cos(stands[:, 0])
        cosine = np.sin(place[0]) * np.sin(stands[:, 0])
        cosine += turn * np.cos(stands[:, 1] - place[1])
        assert cell == (own if own >= 0 else np.argmax(cosine))


def test_walk_of_other_places():
    partition = S2Partition(20, 2).fit(photos(1500, seed=6))
    tokens = set(partition.cell_names_)
    others = np.vstack([photos(300, seed=7), seams(300), globe(200, seed=3)])
    names = np.append(partition.cell_names_, [None])
    assert names[partition.predict(others)].tolist() == [
        slow_predict(tokens, place) for place in others.tolist()
    ]


def test_table():
    partition = S2Partition(100, 1, start_level=1).fit(globe(2000))
    table = pd.DataFrame(partition.cells_)
    assert table.columns.tolist() == [
        "name",
        "id",
        "level",
        "count",
        "weight",
        "latitude",
        "longitude",
        "center_latitude",
        "center_longitude",
        "area_km2",
    ]
    assert table["id"].dtype == np.uint64
    # The cells cover the globe, whose radius is 6371.0088 km.
    assert table["area_km2"].sum() == pytest.approx(4 * np.pi * 6371.0088**2)
    for name, id_, level in zip(
        table["name"], table["id"], table["level"], strict=True
    ):
        cell = s2sphere.CellId.from_token(name)
        assert (cell.id(), cell.level()) == (id_, level)
    for name, latitude, longitude in table[
        ["name", "center_latitude", "center_longitude"]
    ].itertuples(index=False):
        middle = s2sphere.CellId.from_token(name).to_lat_lng()
        assert latitude == pytest.approx(middle.lat().degrees, abs=1e-12)
        assert longitude == pytest.approx(middle.lng().degrees, abs=1e-12)


# ------------------------------------------------------------------------- bad input


def test_every_cell_below_the_minimum():
    places = [[48.0, 2.0], [48.1, 2.0], [-30.0, 150.0]]
    match = (
        r"every S2 cell is below min_per_cell=50, so none is kept: the fullest of 2, "
        r"'.*', holds 2\. Lower min_per_cell to that, raise max_per_cell"
    )
    with pytest.raises(ValueError, match=match):
        S2Partition().fit(places)


def test_the_fullest_cell_is_named_with_what_keeps_it():
    rng = np.random.default_rng(0)
    weights = [np.full(1_234_567, 1.0), *rng.uniform(0.0, 1.0, (20, 9))]
    for own in weights:
        places = np.repeat([[48.0, 2.0]], len(own), axis=0)
        with pytest.raises(ValueError, match="none is kept") as caught:
            S2Partition(3e6, 2.5e6).fit(places, sample_weight=own)
        holds = float(re.search(r"holds (\S+)\. ", str(caught.value))[1])
        assert holds == pytest.approx(own.sum(), rel=1e-11)
        partition = S2Partition(3e6, holds).fit(places, sample_weight=own)
        assert partition.n_cells_ == 1


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"max_per_cell": 10, "min_per_cell": 11}, "max_per_cell=10 is smaller than"),
        ({"start_level": 5, "max_level": 4}, "start_level=5 is finer than max_level=4"),
    ],
)
def test_limits_that_exclude_each_other(params, match):
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=match):
            getattr(S2Partition(**params), method)(globe(20))


@pytest.mark.parametrize(
    "params",
    [
        {"min_per_cell": 0},
        {"min_per_cell": np.nan},
        {"max_per_cell": np.nan},
        {"max_per_cell": -1},
        {"max_per_cell": "many"},
        {"start_level": 31},
        {"max_level": -1},
        {"max_level": 2.5},
        {"uncovered": "ignore"},
        {"representative": "mode"},
    ],
)
def test_bad_parameters_are_named(params):
    (name,) = params
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of S2Part"):
        S2Partition(**params).fit(globe(20))


@pytest.mark.parametrize(
    ("cells", "error", "match"),
    [
        (
            [0, 99],
            ValueError,
            "cells, row 1: 99 is no cell. This partition has 2 cells",
        ),
        ([-2], ValueError, "cells, row 0: -2 is no cell"),
        ([0.5], ValueError, "cells, row 0: 0.5 is no cell"),
        ([np.nan], ValueError, "cells, row 0: nan is no cell"),
        ([[0, 1]], ValueError, r"shape \(n_places,\) or \(n_places, 1\)"),
        (0, ValueError, r"shape \(n_places,\) or \(n_places, 1\)"),
        (["47f"], TypeError, "integers; got the dtype <U3"),
    ],
)
def test_bad_cells_are_named(cells, error, match):
    partition = S2Partition(5, 1).fit([[0.0, 0.0], [0.0, 90.0]])
    with pytest.raises(error, match=match):
        partition.inverse_transform(cells)


def test_not_fitted():
    for method, argument in (
        ("predict", [[0.0, 0.0]]),
        ("inverse_transform", [0]),
        ("cell_outline", 0),
        ("save", "cells.json"),
    ):
        with pytest.raises(NotFittedError):
            getattr(S2Partition(), method)(argument)
    with pytest.raises(NotFittedError):
        S2Partition().to_geojson()
    with pytest.raises(NotFittedError):
        S2Partition().to_geopandas()


# ------------------------------------------------------------------ among its friends


def test_in_pipelines_searches_and_frozen():
    places = photos(600, seed=2)
    y = (places[:, 0] > 20).astype(int)
    cells = S2Partition(50, 5, uncovered="nearest")
    pipeline = make_pipeline(
        cells, OneHotEncoder(handle_unknown="ignore"), LogisticRegression()
    )
    search = GridSearchCV(pipeline, {"s2partition__max_per_cell": [50, 100]}, cv=3)
    assert search.fit(places, y).best_score_ > 0.8
    fitted = clone(cells).fit(places)
    frozen = FrozenEstimator(fitted)
    assert clone(frozen).fit(places[:5], None).n_cells_ == fitted.n_cells_
    assert_array_equal(frozen.predict(places), fitted.predict(places))
    assert_array_equal(
        pickle.loads(pickle.dumps(fitted)).predict(places), fitted.predict(places)
    )
