# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator

from sklearn_geo.geolocation._levels import (
    fit_levels,
    is_of_cells,
    mean_places,
    read_cells,
    read_partitions,
    representatives,
)
from sklearn_geo.geometry import spherical_mean
from sklearn_geo.partition import CellHierarchy, KMeansPartition, S2Partition


def _places(n_places=200):
    rng = np.random.default_rng(0)
    return np.column_stack(
        [rng.uniform(-80, 80, n_places), rng.uniform(-180, 180, n_places)]
    )


def test_what_partitions_stand_for():
    one, two = S2Partition(50), S2Partition(20)
    assert read_partitions(one, 9) == [one]
    assert read_partitions((one, two), 9) == [one, two]
    assert read_partitions(CellHierarchy([one, two]), 9) == [one, two]
    assert [p.max_per_cell for p in read_partitions(None, 4_723_695)] == [
        5000, 2000, 1000
    ]  # fmt: skip


def test_levels_are_a_hierarchy_and_the_given_stay_unfitted():
    given = [S2Partition(60, 2), S2Partition(20, 2)]
    fitted, parents = fit_levels(given, _places())
    hierarchy = CellHierarchy(given).fit(_places())
    np.testing.assert_array_equal(parents[0], hierarchy.parents_[0])
    assert [len(p.cells_) for p in fitted] == hierarchy.n_cells_
    assert not any(hasattr(p, "cells_") for p in given)
    frozen = [FrozenEstimator(p) for p in fitted]
    again, same_parents = fit_levels(frozen, None)
    assert again == frozen
    np.testing.assert_array_equal(same_parents[0], parents[0])


def test_means_are_those_of_the_training_places():
    places = _places()
    partition = S2Partition(40, 1).fit(places)
    cells = partition.predict(places)
    cells[cells == 2] = -1  # left out: nothing is known of cell 2 here
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(places))
    means = mean_places(partition, places, cells, weights)
    for cell in range(partition.n_cells_):
        expected = representatives(partition)[cell]
        if cell != 2:
            inside = cells == cell
            expected = spherical_mean(places[inside], weights[inside])
        np.testing.assert_allclose(means[cell], expected, atol=1e-9)


def test_places_that_balance_each_other_have_the_representative():
    partition = KMeansPartition(1, random_state=0).fit([[10.0, 20.0]])
    places = np.array([[0.0, 0.0], [0.0, 180.0]])
    means = mean_places(partition, places, np.zeros(2, dtype=int))
    np.testing.assert_allclose(means, [[10.0, 20.0]], atol=1e-9)


def test_integers_are_cells_beside_frozen_partitions_only():
    fitted = [FrozenEstimator(S2Partition(40, 1).fit(_places()))]
    assert is_of_cells(np.array([1, 2]), fitted)
    assert is_of_cells([1, 2], fitted)
    assert is_of_cells(pd.DataFrame({"cell": [1, 2]}), fitted)
    assert not is_of_cells(np.array([[1.0, 2.0]]), fitted)
    assert not is_of_cells([[1, 2]], [S2Partition(40, 1)])


def test_cells_of_every_level_by_hand():
    parents = [np.array([0, 0, -1])]
    expected = [[0, 1], [-1, 2], [-1, -1]]
    for y in ([1, 2, -1], [[1], [2], [-1]], expected):
        np.testing.assert_array_equal(read_cells(y, [1, 3], parents), expected)
    # The finest cell is unknown, a coarser one need not be.
    np.testing.assert_array_equal(read_cells([[0, -1]], [1, 3], parents), [[0, -1]])
    for y in ([[[1]]], [[1, 2, 3]]):
        with pytest.raises(ValueError, match="read as cells of the 2 fitted"):
            read_cells(y, [1, 3], parents)


def test_means_of_the_largest_weights():
    places = _places()
    partition = S2Partition(60, 2).fit(places)
    cells = partition.predict(places)
    weights = np.random.default_rng(1).uniform(0.5, 1.0, len(places))
    means = mean_places(partition, places, cells, weights)
    for scale in (2.0**1020, 2.0**-1000):
        found = mean_places(partition, places, cells, scale * weights)
        np.testing.assert_array_equal(found, means)
