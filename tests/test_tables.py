# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What tables are refused before scipy or numpy look at their numbers."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import scipy
from packaging.version import Version
from scipy import sparse

from sklearn_geo._tables import (
    check_columns,
    check_sparse,
    location_positions,
    reject_unread,
    sparse_columns,
)
from sklearn_geo.geolocation import PriorGeolocator

FORMATS = ("csr", "csc", "bsr", "coo", "lil", "dok", "dia")


def table(form):
    """Return three rows of four columns."""
    dense = np.array([[1.0, 0, 2, 0], [0, 3, 0, 0], [0, 0, 4, 5]])
    return sparse.csr_array(dense).asformat(form)


@pytest.mark.parametrize("form", FORMATS)
def test_sound_matrices_pass(form):
    check_sparse(table(form))
    check_sparse(sparse.csr_matrix(table("csr")).asformat(form))
    check_sparse(sparse.csr_array((0, 4)).asformat(form))
    check_sparse(sparse.csr_array((3, 0)).asformat(form))


def test_what_is_not_sparse_passes():
    for thing in (None, 1, "csr", np.zeros(3), [[1.0]]):
        check_sparse(thing)
    check_sparse(sparse.coo_array(np.ones(3)))


@pytest.mark.skipif(
    Version(scipy.__version__) < Version("1.15"),
    reason="compressed arrays of one dimension came with scipy 1.15",
)
def test_compressed_arrays_of_one_dimension_pass():
    check_sparse(sparse.csr_array(np.array([0.0, 1.0])))


@pytest.mark.parametrize(
    ("form", "array", "at", "value"),
    [
        ("csr", "indices", 1, 4),
        ("csr", "indices", 0, -1),
        ("csr", "indptr", 0, 1),
        ("csr", "indptr", 1, 4),  # falls afterwards
        ("csr", "indptr", -1, 6),
        ("csc", "indices", 0, 3),
        ("bsr", "indices", 0, 4),
        ("bsr", "indptr", -1, 6),
        ("coo", "row", 0, 3),
        ("coo", "col", 0, -5),
    ],
)
def test_an_index_outside_is_refused_before_scipy_follows_it(form, array, at, value):
    bad = table(form)
    if form == "bsr":
        bad = sparse.bsr_array(table("csr"), blocksize=(1, 1))
    getattr(bad, array)[at] = value
    with pytest.raises(ValueError, match=r"^y is a \w+ whose arrays contradict each"):
        check_sparse(bad, "y")


@pytest.mark.parametrize("array", ["data", "indices", "indptr"])
def test_an_array_that_is_too_short_is_refused(array):
    bad = table("csr")
    setattr(bad, array, getattr(bad, array)[:-1])
    with pytest.raises(ValueError, match="one of them is too short"):
        check_sparse(bad)


def test_columns_of_a_sparse_matrix_add_up_what_is_there_twice():
    twice = sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 1], [2, 2, 0])), shape=(2, 3))
    assert sparse_columns(twice, [2, 0]).tolist() == [[3.0, 0.0], [0.0, 4.0]]


@pytest.mark.parametrize("form", ["coo", "csc", "dok"])
def test_rows_without_end_are_refused_before_memory_is_asked_for(form):
    endless = sparse.coo_array((2**40, 2))
    with pytest.raises(ValueError, match="nearly all of its rows hold nothing"):
        check_sparse(endless if form == "coo" else endless.asformat(form))


def test_columns_of_a_wide_matrix_take_no_memory_for_the_others():
    wide = sparse.csr_array(([7.0], ([1], [10**9])), shape=(2, 2**40))
    assert sparse_columns(wide, [10**9, 0]).tolist() == [[0.0, 0.0], [7.0, 0.0]]


@pytest.mark.parametrize("X", [[], {"a": [1]}])
def test_rows_without_columns_are_refused(X):
    with pytest.raises(ValueError, match="X holds no rows of columns"):
        check_columns(PriorGeolocator(), X, reset=True)


def test_what_has_no_rows_yet_is_refused():
    lazy, arrow = pl.LazyFrame({"a": [1.0]}), pa.table({"a": [1.0]})
    with pytest.raises(TypeError, match=r"tags .*pass tags.collect"):
        reject_unread(lazy, "tags")
    with pytest.raises(TypeError, match=r"tags is a pyarrow Table, .*tags.to_pandas"):
        reject_unread(arrow, "tags")
    reject_unread(pl.DataFrame({"a": [1.0]}), "tags")


def test_long_names_of_columns_are_shown_shortly():
    words = r"^location=\('y{198}: there is no column 'y{59}\. X has 3 columns\."
    with pytest.raises(ValueError, match=words):
        location_positions(("y" * 9999, 1), None, 3)
