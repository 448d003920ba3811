# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as the network reads it: dense, sparse, with blocks that rows miss."""

import numpy as np
import pytest
import sklearn
from scipy import sparse

from sklearn_geo._entries import summed
from sklearn_geo.fusion._rows import BlockReader, check_values, rows_with_nan
from sklearn_geo.nets import LazyRows, RowData, SparseRows

COLUMNS = [np.array([0, 1]), np.arange(2, 22)]


def wide(n_rows=6):
    """Two full columns and twenty with an entry a row."""
    X = np.zeros((n_rows, 22))
    X[:, :2] = np.arange(1.0, 2 * n_rows + 1).reshape(n_rows, 2)
    X[np.arange(n_rows), 2 + np.arange(n_rows) * 3 % 20] = 4.0
    return X


def test_arrays_are_read_as_they_are():
    X = wide()
    reader = BlockReader(COLUMNS, masks=False).fit(X, "robust")
    assert reader.rows(X) is X
    assert reader.sparse == [False, False]


def test_blocks_of_a_sparse_matrix_are_kept_as_is_best():
    X = sparse.csr_array(wide())
    reader = BlockReader(COLUMNS, masks=False).fit(X, "robust")
    assert reader.sparse == [False, True]
    assert reader.factors[0] is None
    assert reader.factors[1].max() == 1.0  # columns without entries
    rows = reader.rows(X)
    assert isinstance(rows, LazyRows)
    narrow, one_hot = RowData(rows).take(np.array([1, 4])).inputs.blocks
    np.testing.assert_array_equal(narrow, [[3, 4], [9, 10]])
    assert isinstance(one_hot, SparseRows)
    np.testing.assert_array_equal(one_hot.values, [1.0, 1.0])  # 4 over the largest
    np.testing.assert_array_equal(one_hot.columns, [3, 12])


@pytest.mark.parametrize("scale", [None, "robust"])
def test_an_array_to_a_model_of_sparse_blocks(scale):
    X = wide()
    reader = BlockReader(COLUMNS, masks=False).fit(sparse.csr_array(X), scale)
    found = reader.rows(X)[slice(0, 6)].blocks
    expected = reader.rows(sparse.csr_array(X))[slice(0, 6)].blocks
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1].toarray(), expected[1].toarray())
    np.testing.assert_array_equal(found[1].toarray() > 0, X[:, 2:] > 0)


@pytest.mark.parametrize("at", [slice(0, 6), slice(1, 4), np.array([0, 2, 5])])
def test_masks_of_a_sparse_matrix(at):
    X = wide()
    X[2, 0] = np.nan
    X[4, 7] = np.nan  # beside its entry at 14, which is then nothing to go by
    given = sparse.csr_array(X)
    stored = given.data.copy()
    reader = BlockReader(COLUMNS, masks=True).fit(given, None)
    narrow, one_hot, here = reader.rows(given)[at].blocks
    expected = np.ones((6, 2))
    expected[2, 0] = expected[4, 1] = 0.0
    np.testing.assert_array_equal(here, expected[at])
    plain = np.where(np.isnan(X), 0.0, X)
    plain[2, :2] = plain[4, 2:] = 0.0
    np.testing.assert_array_equal(narrow, plain[at][:, :2])
    np.testing.assert_array_equal(one_hot.toarray(), plain[at][:, 2:])
    np.testing.assert_array_equal(given.data, stored)  # the caller's is as it was


def test_rows_that_are_left_out_say_nothing_of_a_block():
    X = wide()
    X[2, 2:] = 9.0  # fuller and larger than the others
    reader = BlockReader(COLUMNS, masks=False)
    reader.fit(sparse.csr_array(X), "robust", rows=np.array([0, 1, 3, 4, 5]))
    assert reader.sparse == [False, True]
    # One of 4 in each of five columns of twenty.
    assert sorted(reader.factors[1]) == [0.25] * 5 + [1.0] * 15
    X[2, 5] = np.nan  # the row misses the block
    masked = BlockReader(COLUMNS, masks=True).fit(sparse.csr_array(X), "robust")
    assert masked.sparse == [False, True]
    np.testing.assert_array_equal(masked.factors[1], reader.factors[1])
    X[:, 5] = np.nan
    nothing = BlockReader(COLUMNS, masks=True).fit(sparse.csr_array(X), "robust")
    np.testing.assert_array_equal(nothing.factors[1], 1.0)


def test_entries_are_added_up_and_zeros_are_none():
    parts = ([3.0, -2.0, 0.0, 5.0], [1, 1, 0, 2], [0, 3, 4])
    given = sparse.csr_array(parts, shape=(2, 3))
    found = summed(given)
    assert (found.nnz, given.nnz) == (2, 4)  # the caller's is as it was
    np.testing.assert_array_equal(found.toarray(), [[0, 1, 0], [0, 0, 5]])
    assert summed(found) is found
    dense = wide()
    assert summed(dense) is dense


def test_rows_with_nan():
    X = wide()
    X[[1, 5], [0, 9]] = np.nan
    expected = [False, True, False, False, False, True]
    for make in (np.asarray, sparse.csr_array):
        np.testing.assert_array_equal(rows_with_nan(make(X)), expected)
    assert not rows_with_nan(sparse.csr_array((3, 4))).any()


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("working_memory", [1024, 1e-4])
def test_words_about_nan(make, working_memory):
    blocks = {"utm": COLUMNS[0], "tag": COLUMNS[1]}
    X = wide()
    check_values(make(X), blocks, "error")
    X[4, 3] = X[5, 0] = np.nan
    with sklearn.config_context(working_memory=working_memory):
        with pytest.raises(
            ValueError, match=r"NaN: row 4, block 'tag' \(2 of 6 rows.*=\"mask\""
        ):
            check_values(make(X), blocks, "error")
        check_values(make(X), blocks, "mask")
        X[5, 21] = np.nan
        with pytest.raises(
            ValueError,
            match=r"row 5: NaN in every block \('utm', 'tag'\).*\(1 such rows\)",
        ):
            check_values(make(X), blocks, "mask")


def test_numbers_whose_sum_overflows_are_no_nan():
    X = np.full((40, 2), np.float32(3e38))
    X[::2] *= -1
    check_values(X, {"all": np.arange(2)}, "error")


@pytest.mark.parametrize("policy", ["error", "mask"])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_numbers_that_float32_does_not_hold(make, policy):
    blocks = {"utm": COLUMNS[0], "tag": COLUMNS[1]}
    X = wide()
    X[4, 9] = -3.4e38  # just within
    check_values(make(X), blocks, policy)
    X[2, 5] = np.nan if policy == "mask" else 0.0
    X[4, 9] = -1e300
    with pytest.raises(
        ValueError, match=r"row 4, column 9 \(block 'tag'\): -1e\+300 is too large"
    ):
        check_values(make(X), blocks, policy)
