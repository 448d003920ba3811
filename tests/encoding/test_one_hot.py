# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one-hot encoders share: counting, CSR arrays, reading back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context, get_config
from sklearn.preprocessing import OneHotEncoder

from sklearn_geo.encoding._one_hot import (
    largest_positive,
    one_hot_csr,
    one_hot_dense,
    rare_regions,
)

COLUMNS = np.array([2, 0, -1, 3, 0, -2], dtype=np.int32)
ROWS = np.array(
    [
        [0, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
    ]
)

min_frequencies = st.one_of(
    st.none(),
    st.integers(1, 8),
    st.floats(0, 1, exclude_min=True, exclude_max=True),
)


@settings(deadline=None, max_examples=80)
@given(
    counts=st.lists(st.integers(1, 7), min_size=1, max_size=8),
    min_frequency=min_frequencies,
    max_categories=st.one_of(st.none(), st.integers(1, 9)),
)
def test_rare_regions_are_those_of_scikit_learn(counts, min_frequency, max_categories):
    values = np.repeat(np.arange(len(counts)), counts)[:, None]
    oracle = OneHotEncoder(min_frequency=min_frequency, max_categories=max_categories)
    expected = np.zeros(len(counts), dtype=bool)
    if min_frequency is not None or max_categories is not None:
        rare = oracle.fit(values).infrequent_categories_[0]
        expected[[] if rare is None else rare] = True
    found = rare_regions(
        np.array(counts),
        len(values),
        min_frequency=min_frequency,
        max_categories=max_categories,
    )
    assert_array_equal(found, expected)


def test_share_counts_places_outside_all_regions():
    # 3 of 10 places are fewer than 40 %, though they are half of those in regions.
    assert_array_equal(
        rare_regions(np.array([3, 3]), 10, min_frequency=0.4), [True, True]
    )
    assert_array_equal(
        rare_regions(np.array([3, 3]), 6, min_frequency=0.4), [False, False]
    )


def test_csr_arrays_worked_by_hand():
    X = one_hot_csr(COLUMNS, 4, np.dtype(np.float32))
    assert_array_equal(X.indptr, [0, 1, 2, 2, 3, 4, 4])
    assert_array_equal(X.indices, [2, 0, 3, 0])
    assert_array_equal(X.data, [1, 1, 1, 1])
    assert X.dtype == np.float32
    assert X.indices.dtype == X.indptr.dtype == np.int32
    assert X.has_canonical_format
    assert_array_equal(X.toarray(), ROWS)


@pytest.mark.parametrize("columns", [[0, 1, 1], [-1, -2, -1], [1, -1, 0], [-1]])
def test_sparse_equals_dense(columns):
    columns = np.array(columns, dtype=np.int32)
    dense = one_hot_dense(columns, 2, np.dtype(np.int8))
    for row, column in zip(dense, columns, strict=True):
        assert_array_equal(row, [int(column == 0), int(column == 1)])
    assert_array_equal(
        one_hot_csr(columns, 2, np.dtype(np.int8)).toarray(), dense, strict=True
    )


@pytest.mark.parametrize(
    "interface",
    ["spmatrix", "sparray"] if "sparse_interface" in get_config() else [None],
)
def test_sparse_class_is_the_one_scikit_learn_gives(interface):
    settings = {} if interface is None else {"sparse_interface": interface}
    with config_context(**settings):
        ours = one_hot_csr(COLUMNS, 4, np.dtype(float))
        theirs = OneHotEncoder().fit_transform([[0], [1]])
    assert type(ours) is type(theirs)
    assert ours.format == "csr"


matrices = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([-1, 0, 0, 0, 1, 2]), min_size=width, max_size=width),
        min_size=1,
        max_size=6,
    )
)


def first_largest(row):
    """Find the first largest positive entry by looking at one after another."""
    best = -1
    for column, value in enumerate(row):
        if value > 0 and (best < 0 or value > row[best]):
            best = column
    return best


@settings(deadline=None, max_examples=100)
@given(rows=matrices)
def test_largest_positive_against_a_loop(rows):
    expected = [first_largest(row) for row in rows]
    X = np.array(rows)
    assert_array_equal(largest_positive(X), expected)
    assert_array_equal(largest_positive(sparse.csr_matrix(X)), expected)
    assert_array_equal(largest_positive(sparse.csr_array(X)), expected)


def test_largest_positive_sums_duplicates_and_leaves_its_input():
    # Row 0 holds 1 + 1 in column 2 and 1.5 in column 0, written out of order.
    X = sparse.csr_matrix(
        (np.array([1.0, 1.5, 1.0]), np.array([2, 0, 2]), np.array([0, 3, 3])),
        shape=(2, 3),
    )
    assert_array_equal(largest_positive(X), [2, -1])
    assert X.nnz == 3
    assert_array_equal(X.indices, [2, 0, 2])


def test_largest_positive_of_stored_zeros():
    X = sparse.csr_array(
        (np.array([0.0, 0.0, 3.0]), np.array([0, 0, 1]), np.array([0, 1, 3])),
        shape=(2, 2),
    )
    assert_array_equal(largest_positive(X), [-1, 1])
