# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""CellHierarchy: parents by ids, and partitions that do not belong together."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags

from sklearn_geo.partition import (
    CellHierarchy,
    KMeansPartition,
    S2Partition,
    TrianglePartition,
)
from tests.partition.common import PLACES, globe, photos, slow_predict


def three(kind=S2Partition, **params):
    return [kind(most, 4, **params) for most in (200, 60, 20)]


@pytest.mark.parametrize("kind", [S2Partition, TrianglePartition])
def test_parents_hold_the_places_of_their_children(kind):
    places = photos(3000, seed=1)
    hierarchy = CellHierarchy(three(kind)).fit(places)
    assert hierarchy.n_cells_ == [p.n_cells_ for p in hierarchy.partitions_]
    assert hierarchy.n_cells_ == sorted(hierarchy.n_cells_)
    assert hierarchy.finest_ is hierarchy.partitions_[-1]
    for before, partition in zip(
        hierarchy.partitions, hierarchy.partitions_, strict=True
    ):
        assert not hasattr(before, "cells_")
        assert_array_equal(partition.cells_, clone(before).fit(places).cells_)
    cells = hierarchy.predict(places)
    assert cells.shape == (3000, 3)
    assert cells.dtype == np.int64
    kept = cells[:, 2] >= 0
    for level, parents in enumerate(hierarchy.parents_):
        # Equal minimums: no kept cell has lost its parent. Whoever is in the child is
        # in the parent.
        assert parents.dtype == np.int64
        assert (parents >= 0).all()
        assert_array_equal(parents[cells[kept, 2]], cells[kept, level])
    assert hierarchy.get_feature_names_out().tolist() == [
        f"{hierarchy.finest_.get_feature_names_out()[0]}_{k}" for k in range(3)
    ]
    assert_array_equal(hierarchy.transform(places), cells)


def test_names_of_columns_are_compared_with_those_of_fit():
    hierarchy = CellHierarchy(three()).fit(photos(1500))
    with pytest.raises(ValueError, match="input_features should have length equal"):
        hierarchy.get_feature_names_out(["lat"])
    # An array of objects, as in all of scikit-learn.
    assert hierarchy.get_feature_names_out().dtype == object
    table = pd.DataFrame(photos(50), columns=["lat", "lon"])
    hierarchy = CellHierarchy([S2Partition(20, 1)]).fit(table)
    with pytest.raises(ValueError, match="feature names should match"):
        hierarchy.predict(table.rename(columns={"lat": "latitude"}))


def test_cells_are_integers_whatever_the_type_of_places():
    assert get_tags(CellHierarchy()).transformer_tags.preserves_dtype == []


def test_parents_by_walking_up():
    hierarchy = CellHierarchy(three()).fit(photos(1500, seed=2))
    middles = np.column_stack(
        [
            hierarchy.finest_.cells_[f"center_{axis}"]
            for axis in ("latitude", "longitude")
        ]
    )
    for partition, parents in zip(
        hierarchy.partitions_[:-1], hierarchy.parents_, strict=True
    ):
        tokens = set(partition.cell_names_)
        assert [slow_predict(tokens, place) for place in middles.tolist()] == (
            partition.cell_names_[parents].tolist()
        )


def test_seven_cells_by_hand():
    # One photo in the middle of each child of the faces 0 and 2 (level 1), but two in
    # one of them; at most seven photos a cell, then at most four, then at most one.
    face_0 = [[20.0, 20.0], [20.0, -20.0], [-20.0, 20.0], [-20.0, -20.0]]
    face_2 = [[70.0, 45.0], [70.0, 135.0], [70.0, -45.0]]
    places = np.array([*face_0, face_0[0], *face_2])
    places[4] += [5.0, 5.0]
    hierarchy = CellHierarchy([S2Partition(most, 1) for most in (7, 4, 1)]).fit(places)
    # Face 0 holds five, face 2 three.
    assert hierarchy.n_cells_[:2] == [2, 5]
    coarse, middle, fine = hierarchy.predict(places).T
    assert coarse.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert middle[0] == middle[4]
    assert len(set(middle[:4].tolist())) == 4
    assert set(middle[5:].tolist()) == {4}
    assert len(set(fine.tolist())) == len(places) == hierarchy.n_cells_[2]
    up = hierarchy.membership(0).toarray()
    assert up.sum(axis=0).tolist() == [5, 3]
    sums = (np.full(8, 1 / 8) @ hierarchy.membership(1)).tolist()
    assert sorted(sums) == [1 / 8, 1 / 8, 1 / 8, 2 / 8, 3 / 8]


def test_membership():
    hierarchy = CellHierarchy(three()).fit(photos(2000, seed=3))
    n_fine = hierarchy.n_cells_[-1]
    for level, parents in enumerate([*hierarchy.parents_, np.arange(n_fine)]):
        matrix = hierarchy.membership(level)
        assert isinstance(matrix, sparse.csr_array)
        assert matrix.dtype == np.int8
        assert matrix.shape == (n_fine, hierarchy.n_cells_[level])
        expected = parents[:, np.newaxis] == np.arange(hierarchy.n_cells_[level])
        assert_array_equal(matrix.toarray(), expected)
    assert_array_equal(
        hierarchy.membership(-1).toarray(), np.eye(n_fine, dtype=np.int8)
    )
    assert_array_equal(
        hierarchy.membership(-3).toarray(), hierarchy.membership(0).toarray()
    )
    for level in (3, -4, 0.5, "0"):
        with pytest.raises(
            ValueError, match="level must be an integer from 0, the coar"
        ):
            hierarchy.membership(level)


def test_a_larger_minimum_above_loses_parents():
    # A crowd of 30 and, on another face, 10 apart from it.
    places = np.vstack([globe(30) * [0.1, 0.1], [[0.0, 180.0]] * 10])
    hierarchy = CellHierarchy([S2Partition(40, 20), S2Partition(12, 2)]).fit(places)
    (parents,) = hierarchy.parents_
    crowd = hierarchy.finest_.predict(places)
    assert parents[crowd[-1]] == -1
    assert (parents[np.delete(np.arange(hierarchy.n_cells_[1]), crowd[-1])] == 0).all()
    assert hierarchy.membership(0).sum() == hierarchy.n_cells_[1] - 1
    assert hierarchy.membership(0)[[crowd[-1]]].nnz == 0


def test_a_parent_may_have_lost_all_its_children():
    # A spot on face 0; and around the south pole five places in each quarter, which
    # are too few for the finer partition.
    south = globe(20) * [0.0, 0.0] + [-80.0, 0.0]
    south[:, 1] = np.linspace(-180.0, 180.0, 20, endpoint=False) + 1.0
    places = np.vstack([[[1.0, 1.0]] * 25, south])
    hierarchy = CellHierarchy([S2Partition(40, 20), S2Partition(12, 10)]).fit(places)
    assert hierarchy.n_cells_ == [2, 1]
    assert hierarchy.membership(0).toarray().tolist() == [[1, 0]]


@given(
    PLACES,
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), min_size=2, max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_partitions_of_the_same_places_are_nested(places, least, limits):
    # Coarse to fine: the maximum falls, the first level to keep does not.
    most = sorted((least + more for more, _ in limits), reverse=True)
    levels = sorted(level for _, level in limits)
    partitions = [
        S2Partition(m, least, start_level=level, max_level=20 + level)
        for m, level in zip(most, levels, strict=True)
    ]
    hierarchy = CellHierarchy(partitions)
    try:
        hierarchy.fit(places)
    except ValueError as error:
        if "none is kept" not in str(error):
            raise
        return
    for partition, parents in zip(
        hierarchy.partitions_, hierarchy.parents_, strict=False
    ):
        finest = hierarchy.finest_
        assert (parents >= 0).all()
        assert (partition.cells_["level"][parents] <= finest.cells_["level"]).all()
        own = partition.predict(places)
        inside = finest.predict(places)
        assert_array_equal(parents[inside[inside >= 0]], own[inside >= 0])


def test_default_is_the_three_of_the_paper():
    places = photos(20_000, seed=4)
    hierarchy = CellHierarchy().fit(places)
    assert [p.max_per_cell for p in hierarchy.partitions_] == [5000, 2000, 1000]
    assert {p.min_per_cell for p in hierarchy.partitions_} == {50}


def test_weights_reach_the_partitions():
    places = globe(60)
    weights = np.repeat([0.0, 2.0], 30)
    partitions = [S2Partition(20, 1), S2Partition(8, 1)]
    weighted = CellHierarchy(partitions).fit(places, sample_weight=weights)
    repeated = CellHierarchy(partitions).fit(np.repeat(places[30:], 2, axis=0))
    assert_array_equal(weighted.parents_[0], repeated.parents_[0])
    for a, b in zip(weighted.partitions_, repeated.partitions_, strict=True):
        assert_array_equal(a.cell_names_, b.cell_names_)


# ----------------------------------------------------------------- frozen partitions


def frozen(partition):
    return FrozenEstimator(partition)


def test_weights_are_looked_at_where_all_partitions_are_frozen():
    partition = FrozenEstimator(S2Partition(30, 1).fit(globe(100)))
    hierarchy = CellHierarchy([partition])
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\)"):
        hierarchy.fit(globe(100), sample_weight=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="sample_weight, row 1"):
        hierarchy.fit(globe(100), sample_weight=np.append([1.0, -2.0], np.ones(98)))


def test_parameters_of_partitions_are_looked_at_by_name():
    words = "'refine' parameter of TrianglePartition"
    with pytest.raises(ValueError, match=words):
        CellHierarchy([TrianglePartition(refine="thirds")]).fit(globe(100))


def test_frozen_partitions_are_kept(tmp_path):
    places, others = photos(2000, seed=5), photos(500, seed=6)
    fitted = [partition.fit(places) for partition in three()]
    fitted[0].save(tmp_path / "coarse.csv")
    fitted[0] = S2Partition.load(tmp_path / "coarse.csv")
    hierarchy = CellHierarchy(list(map(frozen, fitted))).fit(others)
    assert all(
        a is b for a, b in zip(hierarchy.partitions_, hierarchy.partitions, strict=True)
    )
    expected = CellHierarchy(three()).fit(places)
    for a, b in zip(hierarchy.parents_, expected.parents_, strict=True):
        assert_array_equal(a, b)
    assert_array_equal(hierarchy.predict(others), expected.predict(others))
    again = pickle.loads(pickle.dumps(hierarchy))
    assert_array_equal(again.predict(others), expected.predict(others))


def test_frozen_partitions_that_know_names_of_columns():
    places = pd.DataFrame(photos(500, seed=5), columns=["lat", "lon"])
    fitted = [partition.fit(places) for partition in three()]
    hierarchy = CellHierarchy(list(map(frozen, fitted))).fit(places)
    # No warning that names are missing, though the partitions read none here.
    assert_array_equal(
        hierarchy.predict(places),
        np.column_stack([partition.predict(places) for partition in fitted]),
    )
    assert hierarchy.feature_names_in_.tolist() == ["lat", "lon"]


def test_made_on_a_sample_and_filled_with_all():
    everything = photos(4000, seed=7)
    sample = everything[::4]
    partitions = [S2Partition(100, 1), S2Partition(30, 1)]
    for partition in partitions:
        partition.fit(sample).refill(everything)
    hierarchy = CellHierarchy(list(map(frozen, partitions))).fit(everything)
    assert (hierarchy.parents_[0] >= 0).all()
    assert hierarchy.partitions_[0].cells_["count"].sum() > len(sample)


def test_wrong_order():
    places = photos(1000, seed=8)
    match = (
        r"partitions\[0\] is not coarser than partitions\[1\]: its cell '\w+' lies "
        r"inside '\w+', a larger cell of partitions\[1\]\. Give the partitions from "
        r"coarse to fine \(max_per_cell falls"
    )
    with pytest.raises(ValueError, match=match):
        CellHierarchy(three()[::-1]).fit(places)
    with pytest.raises(ValueError, match=r"partitions\[0\] is not coarser"):
        CellHierarchy([S2Partition(50, 1, start_level=4), S2Partition(50, 1)]).fit(
            places
        )
    # The middle one is as wrong as the first.
    with pytest.raises(
        ValueError, match=r"partitions\[1\] is not coarser than .*\[2\]"
    ):
        CellHierarchy([three()[0], three()[2], three()[1]]).fit(places)


def test_cells_that_straddle_a_border():
    # Other places: what the first splits, the second keeps whole.
    here, there = globe(400) * [0.05, 0.1], globe(30)
    coarse, fine = S2Partition(200, 1).fit(here), S2Partition(100, 1).fit(there)
    with pytest.raises(ValueError, match=r"\[0\] is not coarser.*fit fit them all on"):
        CellHierarchy([frozen(coarse), frozen(fine)]).fit(there)


def test_partitions_of_other_places():
    east, west = [[10.0, 10.0]] * 5, [[10.0, -100.0]] * 5
    coarse, fine = S2Partition(9, 1).fit(east), S2Partition(7, 1).fit(west)
    match = (
        r"were fitted on other places: '9' of partitions\[1\], with places of weight "
        r"5, lies where partitions\[0\] has seen none"
    )
    with pytest.raises(ValueError, match=match):
        CellHierarchy([frozen(coarse), frozen(fine)]).fit(west)
    more = S2Partition(7, 1).fit(east + [[11.0, 11.0]])
    match = (
        r"the cells of partitions\[1\] inside '1' hold 6, but partitions\[0\] counts 5 "
        r"there\. .* refill the frozen ones with the same places"
    )
    with pytest.raises(ValueError, match=match):
        CellHierarchy([frozen(coarse), frozen(more)]).fit(east)
    # The remedy.
    coarse.refill(east + [[11.0, 11.0]])
    assert CellHierarchy([frozen(coarse), frozen(more)]).fit(east).n_cells_ == [1, 1]


SPOTS = np.array([[0.0, 0.0], [10.0, 90.0], [0.0, -100.0]])  # in '1', '3', '9'


def on_spots(*counts):
    return np.repeat(SPOTS[: len(counts)], counts, axis=0)


def nest(coarse, fine):
    """Fit two partitions of faces, each on its own places, and put them together."""
    partitions = [S2Partition(99, 1, max_level=0).fit(coarse)]
    partitions.append(S2Partition(99, 1, max_level=0).fit(fine))
    return CellHierarchy(list(map(frozen, partitions))).fit(coarse)


def test_the_cell_that_does_not_fit_is_named():
    # The second cell is the first one that holds more, or that nothing is around.
    match = r"inside '3' hold 6, but partitions\[0\] counts 5 there"
    with pytest.raises(ValueError, match=match):
        nest(on_spots(5, 5, 5), on_spots(5, 6, 7))
    match = r": '9' of partitions\[1\], with places of weight 4, lies where"
    with pytest.raises(ValueError, match=match):
        nest(on_spots(5, 5), on_spots(5, 0, 4))
    # Also by little.
    partitions = [
        S2Partition(9999, 1, max_level=0).fit(SPOTS, sample_weight=[more, 9.0, 9.0])
        for more in (1000.0, 1000.5, 1_000_000.0, 1_000_000.25)
    ]
    with pytest.raises(ValueError, match=r"inside '1' hold 1000\.5, but"):
        CellHierarchy(list(map(frozen, partitions[:2]))).fit(SPOTS)
    match = r"inside '1' hold 1000000\.25, but partitions\[0\] counts 1000000 there"
    with pytest.raises(ValueError, match=match):
        CellHierarchy(list(map(frozen, partitions[2:]))).fit(SPOTS)
    # One is split by the coarse one, and not by the fine one, of other places.
    apart = [[30.0, 90.0], [-30.0, 90.0]]
    coarse = S2Partition(5, 1).fit(np.vstack([on_spots(1, 4), apart]))
    fine = S2Partition(5, 1).fit(np.vstack([on_spots(4, 1), [[30.0, 30.0]] * 2]))
    match = r"its cell '2\w+' lies inside '3', a larger cell of partitions\[1\]"
    with pytest.raises(ValueError, match=match):
        CellHierarchy([frozen(coarse), frozen(fine)]).fit(SPOTS)


def test_a_fine_partition_may_have_seen_fewer_places():
    hierarchy = nest(on_spots(5, 5, 5), on_spots(5, 5))
    assert hierarchy.n_cells_ == [3, 2]
    assert hierarchy.membership(0).toarray().tolist() == [[1, 0, 0], [0, 1, 0]]


# ------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("partitions", "error", "match"),
    [
        ([], ValueError, "partitions is empty: give at least one"),
        (S2Partition(), TypeError, "must be a list of partitions.*into a list"),
        ("S2Partition", TypeError, "must be a list of partitions"),
        ([S2Partition(), 3], TypeError, r"partitions\[1\] is no partition but 3"),
        ([S2Partition], TypeError, r"partitions\[0\] is no partition"),
        (
            [S2Partition(), KMeansPartition(5)],
            ValueError,
            r"partitions\[1\], KMeansPartition\(.*has cells without ids",
        ),
        (
            [TrianglePartition(refine="delaunay")],
            ValueError,
            r'has cells without ids.*TrianglePartition\(refine="midpoint"\)',
        ),
        (
            [S2Partition(), TrianglePartition()],
            ValueError,
            "different grids, S2 cell and triangle: their cells do not lie in each",
        ),
        (
            [FrozenEstimator(S2Partition())],
            NotFittedError,
            r"partitions\[0\] is frozen, but this S2Partition is not fitted",
        ),
    ],
)
def test_what_makes_no_hierarchy(partitions, error, match):
    with pytest.raises(error, match=match):
        CellHierarchy(partitions).fit(globe(500))


def test_not_fitted():
    for method, argument in (
        ("predict", [[0.0, 0.0]]),
        ("membership", 0),
        ("get_feature_names_out", None),
    ):
        with pytest.raises(NotFittedError):
            getattr(CellHierarchy(), method)(argument)


def test_one_partition_is_a_hierarchy():
    hierarchy = CellHierarchy([S2Partition(20, 1)]).fit(globe(100))
    assert hierarchy.parents_ == []
    assert hierarchy.membership(0).shape == (hierarchy.n_cells_[0],) * 2
