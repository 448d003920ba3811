# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2Partition with weights, part by part, and filled with other places."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.geometry import haversine
from sklearn_geo.partition import S2Partition
from tests.partition.common import (
    PLACES,
    equal_tables,
    globe,
    photos,
    slow_partition,
    slow_predict,
)

# -------------------------------------------------------------------------- weights


@given(PLACES, st.data())
@settings(max_examples=60, deadline=None)
def test_a_weight_of_two_is_two_rows(places, data):
    weights = np.array(
        data.draw(
            st.lists(st.integers(0, 3), min_size=len(places), max_size=len(places))
        )
    )
    if not weights.any():
        return
    for kind in ("mean", "medoid"):
        weighted = S2Partition(6, 2, representative=kind)
        repeated = clone(weighted)
        rows = np.repeat(np.arange(len(places)), weights)
        try:
            repeated.fit(places[rows])
        except ValueError:
            with pytest.raises(ValueError, match="none is kept"):
                weighted.fit(places, sample_weight=weights)
            continue
        weighted.fit(places, sample_weight=weights)
        assert_array_equal(weighted.cell_names_, repeated.cell_names_)
        assert_array_equal(weighted.cells_["weight"], repeated.cells_["weight"])
        assert_array_equal(repeated.cells_["weight"], repeated.cells_["count"])
        assert_array_equal(weighted.predict(places), repeated.predict(places))
        # A centimetre: places are compared, because at a pole any longitude will do.
        here, there = (
            np.column_stack([model.cells_["latitude"], model.cells_["longitude"]])
            for model in (weighted, repeated)
        )
        assert haversine(here, there).max() < 1e-5
        # Counts are rows that count, whatever they weigh.
        inside = weighted.predict(places[weights > 0])
        counts = np.bincount(inside[inside >= 0], minlength=weighted.n_cells_)
        assert_array_equal(weighted.cells_["count"], counts)
        assert_array_equal(
            weighted.dropped_, np.flatnonzero(weighted.predict(places) < 0)
        )


def test_limits_are_about_weights():
    # Each face gets one place; half a unit is enough where the limit says so.
    places = np.array([[0.0, 1.0], [0.0, 91.0], [89.0, 0.0]])
    partition = S2Partition(2.0, 0.5).fit(places, sample_weight=[0.5, 0.4, 2.0])
    assert partition.cells_["weight"].tolist() == [0.5, 2.0]
    assert partition.cells_["count"].tolist() == [1, 1]
    assert partition.dropped_.tolist() == [1]
    assert partition.dropped_cells_["weight"].tolist() == [0.4]
    assert partition.dropped_cells_["level"].tolist() == [0]
    # Place 2 alone weighs more than the limit: it goes down to the last level.
    partition = S2Partition(1.9, 0.4).fit(places, sample_weight=[0.5, 0.4, 2.0])
    assert partition.cells_["level"].tolist() == [0, 0, 30]
    assert partition.oversized_cells_.tolist() == [2]


def test_sums_of_weights_do_not_depend_on_the_order_of_rows():
    # Two spots of one cell, whose sum is at the limit but for its last digits.
    rng = np.random.default_rng(4)
    places = np.repeat([[10.0, 20.0], [10.0001, 20.0]], 60, axis=0)
    weights = 10.0 ** rng.uniform(-8, 8, len(places))
    total = weights.sum()
    for limit in total * (1.0 + np.arange(-3, 4) * 2.3e-16):
        whole = S2Partition(limit, 1e-9).fit(places, sample_weight=weights)
        for _ in range(5):
            order = rng.permutation(len(places))
            again = clone(whole).fit(places[order], sample_weight=weights[order])
            assert_array_equal(again.cell_names_, whole.cell_names_)


# ------------------------------------------------------------- streams and refilling


@pytest.mark.parametrize("representative", ["mean", "center", "medoid", "median"])
def test_parts_are_as_good_as_the_whole(representative):
    places = photos(500 if representative == "median" else 3000, seed=8)
    places[::7] = places[3]
    weights = np.random.default_rng(2).integers(0, 4, len(places)).astype(float)
    for own in (None, weights):
        whole = S2Partition(60, 6, representative=representative)
        parts = clone(whole)
        whole.fit(places, sample_weight=own)
        for rows in np.array_split(np.arange(len(places)), 7)[::-1]:
            parts.partial_fit(
                places[rows], sample_weight=None if own is None else own[rows]
            )
        # A median is only found to a millimetre.
        equal_tables(whole.cells_, parts.cells_, rtol=1e-7)
        equal_tables(whole.dropped_cells_, parts.dropped_cells_)
        assert_array_equal(whole.predict(places), parts.predict(places))
    assert_array_equal(parts.dropped_, np.flatnonzero(parts.predict(places[rows]) < 0))


def test_a_stream_may_begin_below_the_minimum():
    places = globe(90)
    partition = S2Partition(1000, 30, start_level=0)
    partition.partial_fit(places[:10])
    assert partition.n_cells_ == 0
    assert partition.predict(places[:2]).tolist() == [-1, -1]
    assert partition.transform(places[:2]).shape == (2, 1)
    assert len(partition.dropped_) == 10
    assert partition.dropped_cells_["count"].sum() == 10
    assert partition.to_geojson()["features"] == []
    nearest = clone(partition).set_params(uncovered="nearest")
    nearest.partial_fit(places[:10])
    with pytest.raises(ValueError, match=r"keeps none yet\. Go on with more places"):
        nearest.predict(places[:2])
    with pytest.raises(ValueError, match="has no cells yet"):
        partition.inverse_transform([0])
    for start in range(10, 90, 10):
        partition.partial_fit(places[start : start + 10])
    kept, _ = slow_partition(places, 1000, 30)
    assert set(partition.cell_names_) == set(kept)


def test_a_stream_counts_equal_places_in_dropped_cells():
    partition = S2Partition(9, 5)
    for _ in range(3):
        partition.partial_fit([[0.0, 0.0], [0.0, 90.0], [0.0, 90.0]])
    assert partition.cells_["count"].tolist() == [6]
    assert partition.dropped_cells_["count"].tolist() == [3]
    assert partition.dropped_cells_["weight"].tolist() == [3.0]


def test_a_stream_after_fit_says_that_it_begins_anew():
    places = globe(60)
    partition = S2Partition(20, 1).fit(places[:40])
    words = "^this S2Partition was fitted by .* partial_fit begins anew"
    with pytest.warns(UserWarning, match=words) as caught:
        partition.partial_fit(places[40:])
    assert caught[0].filename == __file__
    assert partition.cells_["count"].sum() == 20
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        partition.partial_fit(places[:40])
    assert partition.cells_["count"].sum() == 60
    with pytest.raises(ValueError, match=r"sample_weight, row 1: -1\.0 is no weight"):
        partition.partial_fit(places[:2], sample_weight=[1.0, -1.0])
    # A stream survives a pickle.
    again = pickle.loads(pickle.dumps(partition)).partial_fit(places[:10])
    assert again.cells_["count"].sum() == 70


@pytest.mark.parametrize("learn", ["fit", "refill"])
def test_a_stream_is_forgotten_by_fit_and_refill(learn):
    places = globe(60)
    partition = S2Partition(20, 1).partial_fit(places)
    getattr(partition, learn)(places[:30])
    with pytest.warns(UserWarning, match="begins anew"):
        partition.partial_fit(places[:10])
    assert partition.cells_["count"].sum() == 10


def test_parts_have_the_same_columns():
    table = pd.DataFrame(globe(60), columns=["lat", "lon"])
    partition = S2Partition(20, 1).partial_fit(table)
    with pytest.raises(ValueError, match="feature names should match"):
        partition.partial_fit(table.rename(columns={"lat": "latitude"}))
    assert partition.partial_fit(table).cells_["count"].sum() == 120


def test_refill_weighs_what_is_in_dropped_cells():
    # Two faces; the one with a single place was dropped.
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 90.0]])
    partition = S2Partition(9, 2).fit(places)
    partition.refill(places[[0, 2, 2, 2]], sample_weight=[5.0, 0.5, 0.25, 0.0])
    assert partition.cells_["weight"].tolist() == [5.0]
    assert partition.dropped_cells_["count"].tolist() == [2]
    assert partition.dropped_cells_["weight"].tolist() == [0.75]


def test_refill_keeps_cells_and_counts_others():
    sample, everything = photos(500, seed=1), photos(4000, seed=1)
    partition = S2Partition(50, 5).fit(sample)
    before = partition.cells_.copy()
    lost = partition.dropped_cells_.copy()
    assert partition.refill(everything) is partition
    for column in ("name", "id", "level", "center_latitude", "area_km2"):
        assert_array_equal(partition.cells_[column], before[column])
    cells = partition.predict(everything)
    counts = np.bincount(cells[cells >= 0], minlength=partition.n_cells_)
    assert_array_equal(partition.cells_["count"], counts)
    assert_array_equal(partition.dropped_, np.flatnonzero(cells < 0))
    assert_array_equal(partition.dropped_cells_["name"], lost["name"])
    tokens = set(lost["name"])
    inside = [slow_predict(tokens, place) for place in everything.tolist()]
    for name, count in zip(
        lost["name"], partition.dropped_cells_["count"], strict=True
    ):
        assert inside.count(name) == count
    assert_array_equal(
        partition.oversized_cells_, np.flatnonzero(partition.cells_["weight"] > 50)
    )
    # Cells without places are stood for by their middle, and count nothing.
    partition.refill(sample[:1])
    empty = partition.cells_["count"] == 0
    assert empty.sum() >= partition.n_cells_ - 1
    for axis in ("latitude", "longitude"):
        assert_array_equal(
            partition.cells_[axis][empty], partition.cells_[f"center_{axis}"][empty]
        )
    # The places it was fitted on bring the first table back.
    equal_tables(partition.refill(sample).cells_, before)
    with pytest.raises(NotFittedError):
        S2Partition().refill(sample)
    with pytest.raises(InvalidParameterError, match="'representative' parameter"):
        partition.set_params(representative="mode").refill(sample)


def test_limits_that_sums_of_fractions_meet_are_met():
    place = np.tile([[48.85, 2.35]], (10, 1))
    weights = np.full(10, 0.3)  # rounded, they add up to less than 3
    kept = S2Partition(100, 3).fit(place, sample_weight=weights)
    assert kept.n_cells_ == 1
    tenths = S2Partition(0.3, 0.01).fit(place[:3], sample_weight=[0.1] * 3)  # to more
    whole = S2Partition(3, 0.1).fit(place[:3])
    assert tenths.cell_names_.tolist() == whole.cell_names_.tolist()
    assert tenths.oversized_cells_.size == 0


def test_weights_next_to_the_largest_number():
    largest = np.finfo(float).max
    found = S2Partition(1e300, 1e299).fit([[1.0, 1.0]], sample_weight=[largest])
    assert found.cells_["weight"].tolist() == [largest]
