# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_geo._answers import (
    as_partition,
    cells_of,
    classes_known,
    confidences,
    final,
    finest_partition,
    holds,
    innermost,
    nearest_cells,
)
from sklearn_geo.partition import CellHierarchy, S2Partition

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 0, 0, 0, 1, 1])


def test_wrappers_come_off():
    ridge = Ridge().fit(X, Y)
    assert final(ridge) is ridge
    assert innermost(ridge, X)[1] is X
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(X, Y)
    search = GridSearchCV(pipeline, {"ridge__alpha": [1.0]}, cv=2).fit(X, Y)
    frozen = FrozenEstimator(search)
    for wrapped in (pipeline, search, frozen, make_pipeline(frozen)):
        model, seen = innermost(wrapped, X)
        assert isinstance(model, Ridge)
        np.testing.assert_allclose(seen, StandardScaler().fit_transform(X))
        assert final(wrapped) is model


def test_confidences_of_whatever_says_how_sure_it_is():
    class Sure:
        def confidence(self, X):
            return [0.5] * len(X)

    class Topk:
        def predict_topk(self, X, k):
            return None, np.full((len(X), k), 0.25)

    np.testing.assert_array_equal(confidences(Sure(), X), np.full(6, 0.5))
    np.testing.assert_array_equal(confidences(Topk(), X), np.full(6, 0.25))
    # Two thirds are of the first class.
    dummy = DummyClassifier().fit(X, Y)
    np.testing.assert_allclose(confidences(dummy, X), np.full(6, 2 / 3))
    assert confidences(Ridge(), X) is None


def test_partitions_wherever_they_are():
    places = np.array([[10.0, 10.0], [10.0, 14.0], [-10.0, 100.0]])
    hierarchy = CellHierarchy([S2Partition(2, 1), S2Partition(1, 1)]).fit(places)
    finest = hierarchy.finest_
    assert as_partition(hierarchy) is as_partition(finest) is finest
    assert as_partition([None, finest]) is finest
    assert finest_partition(Ridge()) is None
    for name, value in (
        ("hierarchy_", hierarchy),
        ("partition_", finest),
        ("partitions_", hierarchy.partitions_),
    ):
        model = Ridge()
        setattr(model, name, value)
        assert finest_partition(model) is finest


@pytest.mark.parametrize("policy", ["drop", "error"])
def test_places_in_no_cell(policy):
    places = np.array([[10.0, 10.0], [10.0, 14.0], [-10.0, 100.0]])
    partition = S2Partition(2, 1, max_level=0, uncovered=policy).fit(places)
    asked = np.array([[10.0, 12.0], [0.0, -130.0]])
    for one in (partition, FrozenEstimator(partition)):
        assert cells_of(one, asked).tolist() == [0, -1]
    assert partition.uncovered == policy
    cells, covered = nearest_cells(partition, asked)
    # From 130 degrees west it is 130 degrees to 100 east, and 142 to 12 east.
    assert cells.tolist() == [0, 1]
    assert covered.tolist() == [True, False]


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_regions_by_hand(form):
    members = form(np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1]], dtype=bool))
    hits, sizes = holds(members, np.array([2, 0, -1]))
    assert hits.tolist() == [True, False, False]
    assert sizes.tolist() == [2, 0, 3]


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_zeros_that_are_stored_are_no_members(kind):
    # Row 0 holds cell 2, said twice, and a zero; row 1 a zero alone.
    data, columns, ends = [1, 0, 1, 0], [2, 0, 2, 1], [0, 3, 4]
    regions = kind((data, columns, ends), shape=(2, 3))
    hits, sizes = holds(regions, np.array([2, 1]))
    assert hits.tolist() == [True, False]
    assert sizes.tolist() == [1, 0]
    assert regions.data.tolist() == data
    assert regions.indices.tolist() == columns


def test_members_that_are_said_twice_count_once():
    regions = [
        np.array([[1], [2]]),
        np.array([3, 3, 0]),
        [4, 4, 4],
        (5, np.int64(5)),
        {3},
        frozenset([1, 2]),
        range(3),
        [],
    ]
    hits, sizes = holds(regions, np.array([1, 3, 4, 0, 3, 0, 2, 0]))
    assert hits.tolist() == [True, True, True, False, True, False, True, False]
    assert sizes.tolist() == [2, 2, 1, 1, 1, 2, 3, 0]


def test_numbers_of_tags_are_no_classes():
    class Tagger:
        tag_names_ = None
        classes_ = np.arange(3)

    class Classifier:
        classes_ = np.array(["a", "b"])

    assert classes_known(FrozenEstimator(Tagger())) is None
    assert classes_known(Classifier()).tolist() == ["a", "b"]
    assert classes_known(object()) is None
