# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import sparse

from sklearn_geo.inspection._classes import (
    classes_and_indicator,
    indicator_of,
    read_classes,
)


class Counted:
    """A table that counts how often it is read."""

    def __init__(self, table):
        self.table, self.n_reads = np.asarray(table), 0

    def __array__(self, dtype=None, copy=None):
        self.n_reads += 1
        return np.array(self.table, dtype=dtype)


@pytest.mark.parametrize(
    "read",
    [indicator_of, lambda y: read_classes(y, ["a", "b"], None, most=5)],
    ids=["indicator_of", "read_classes"],
)
def test_tables_are_read_once(read):
    table = Counted([[0, 1], [1, 1]])
    read(table)
    assert table.n_reads == 1


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_classes_and_columns_by_hand(kind):
    classes, truth, names = classes_and_indicator(kind(["b", "a", "b"]))
    assert classes.tolist() == names == ["a", "b"]
    assert truth.tolist() == [[False, True], [True, False], [False, True]]
    classes, truth, names = classes_and_indicator(kind([[0, 1], [1, 1]]), ["x", "y"])
    assert classes is None
    assert names == ["x", "y"]
    assert truth.tolist() == [[False, True], [True, True]]


def test_lists_of_large_and_of_unequal_rows():
    # As floats both would be one class.
    assert indicator_of([2**63 + 1, 2**63 + 2])[0].tolist() == np.eye(2).tolist()
    with pytest.raises(ValueError, match="y holds what is no number: setting an array"):
        indicator_of([1, [2, 3]])
    with pytest.raises(ValueError, match="y, row 1: the class is missing"):
        indicator_of(["a", None])
    with pytest.raises(ValueError, match="y, row 0, column 1: nan is neither 0 nor 1"):
        indicator_of([[0.0, np.nan]])


def test_a_billion_labels_are_not_laid_out():
    wide = sparse.csr_array((3, 10**9))
    with pytest.raises(ValueError, match="y has 1,000,000,000 columns, a label each"):
        indicator_of(wide)
