# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits that end too early, and what is set after fit, spoil nothing that is there."""

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from shapely import box
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.partition import (
    AreaPartition,
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from sklearn_geo.partition import _base as base
from tests.partition.common import photos

REFILLED = [
    AreaPartition([box(-180, -90, 0, 90), box(0, -90, 180, 90)]),
    KMeansPartition(4, random_state=0),
    S2Partition(20, 3),
    TrianglePartition(20, 3),
    TrianglePartition(20, 3, refine="delaunay"),
]
KINDS = [*REFILLED, CellHierarchy([S2Partition(40, 1), S2Partition(20, 1)])]
PLACES, OTHERS = photos(400, seed=1), photos(500, seed=2)


def frame(places, names=("lat", "lon")):
    # A frame of older pandas hands writes to it on to the array.
    return pd.DataFrame(places.copy(), columns=list(names))


def fitted(kind):
    """Return a fitted partition, and its attributes in copies of their own."""
    partition = copy.deepcopy(kind).fit(frame(PLACES))
    return partition, copy.deepcopy(vars(partition))


def is_as_before(partition, before):
    now = vars(partition)
    assert now.keys() == before.keys()
    assert_array_equal(partition.feature_names_in_, ["lat", "lon"])
    for name in ("cells_", "dropped_", "dropped_cells_", "parents_", "_ids"):
        if name in before:
            assert_array_equal(now[name], before[name], err_msg=name)
    earlier = copy.copy(partition)
    vars(earlier).update(before)
    assert_array_equal(partition.predict(frame(OTHERS)), earlier.predict(frame(OTHERS)))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_second_fit_of_a_missing_place(kind):
    partition, before = fitted(kind)
    missing = frame(OTHERS, ("latitude", "longitude"))
    missing.iloc[-1, 0] = np.nan
    with pytest.raises(ValueError, match="row 499: the latitude is NaN"):
        partition.fit(missing)
    is_as_before(partition, before)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_first_fit_that_fails_is_none(kind):
    partition = copy.deepcopy(kind)
    with pytest.raises(ValueError, match="NaN"):
        partition.fit([[48.1, 11.6], [np.nan, 11.6]])
    assert not hasattr(partition, "n_features_in_")
    with pytest.raises(NotFittedError):
        check_is_fitted(partition)


@pytest.mark.parametrize("kind", REFILLED, ids=str)
def test_ctrl_c_while_cells_are_filled(kind, monkeypatch):
    partition, before = fitted(kind)

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(base, "filled_table", stop)
    for method in (partition.fit, partition.refill):
        with pytest.raises(KeyboardInterrupt):
            method(frame(OTHERS))
        is_as_before(partition, before)


@pytest.mark.parametrize("kind", REFILLED[2:], ids=str)
def test_ctrl_c_after_dropped_cells_were_counted_anew(kind, monkeypatch):
    partition, before = fitted(kind)
    assert len(before["dropped_cells_"])
    count = type(partition)._recount_dropped

    def count_and_stop(self, *args):
        count(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(partition), "_recount_dropped", count_and_stop)
    with pytest.raises(KeyboardInterrupt):
        partition.refill(frame(OTHERS))
    is_as_before(partition, before)


def test_a_part_that_fails_is_as_if_it_had_not_been(monkeypatch):
    partition = S2Partition(20, 3).partial_fit(frame(PLACES))
    before = copy.deepcopy(vars(partition))

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sklearn_geo.partition._s2.filled_table", stop)
        with pytest.raises(KeyboardInterrupt):
            partition.partial_fit(frame(OTHERS))
    is_as_before(partition, before)
    # What was learnt before is gone on from: nothing twice, nothing lost.
    partition.partial_fit(frame(OTHERS))
    at_once = S2Partition(20, 3).fit(np.vstack([PLACES, OTHERS]))
    assert_array_equal(partition.cells_["count"], at_once.cells_["count"])
    assert_array_equal(partition.cell_names_, at_once.cell_names_)


def test_a_first_part_that_fails_is_none():
    partition = S2Partition(20, 30)
    with pytest.raises(ValueError, match="max_per_cell"):
        partition.partial_fit(PLACES)
    with pytest.raises(NotFittedError):
        check_is_fitted(partition)


def test_a_partition_goes_on_after_it_was_saved(tmp_path):
    partition = S2Partition(20, 1).partial_fit(PLACES[:150])
    partition.save(tmp_path / "cells.json")
    partition.partial_fit(PLACES[150:])
    assert partition.cells_["count"].sum() == 400
    loaded = S2Partition.load(tmp_path / "cells.json")
    with pytest.warns(UserWarning, match="begins anew"):
        loaded.partial_fit(PLACES[150:])
    assert loaded.cells_["count"].sum() == 250


@pytest.mark.parametrize("kind", KINDS[2:5], ids=str)
def test_what_places_outside_get_is_looked_at_after_fit(kind):
    partition, _ = fitted(kind)
    partition.set_params(uncovered="nonsense")
    with pytest.raises(ValueError, match="'uncovered' parameter of"):
        partition.predict(frame(OTHERS))


@pytest.mark.parametrize("suffix", [".json", ".csv"])
@pytest.mark.parametrize(
    ("kind", "params", "words"),
    [
        (KINDS[1], {"n_cells": 0}, "'n_cells' parameter"),
        (KINDS[2], {"uncovered": "nonsense"}, "'uncovered' parameter"),
        (KINDS[2], {"min_per_cell": 30}, "is smaller than min_per_cell=30"),
        (KINDS[3], {"max_per_cell": 2}, "max_per_cell=2 is smaller than"),
        (KINDS[3], {"start_level": 9, "max_level": 8}, "finer than max_level=8"),
    ],
)
def test_no_file_is_written_that_cannot_be_read(tmp_path, kind, params, words, suffix):
    partition, before = fitted(kind)
    path = tmp_path / f"cells{suffix}"
    partition.save(path)
    with pytest.raises(ValueError, match=words):
        partition.set_params(**params).save(path)
    loaded = type(partition).load(path)  # the good file is still there
    assert_array_equal(loaded.cells_, before["cells_"])
