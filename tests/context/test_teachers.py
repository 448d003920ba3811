# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Teacher rows in every form, checked in chunks, against a loop over rows."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from sklearn_geo.context._contexts import read_contexts
from sklearn_geo.context._teachers import Teachers, open_teachers

NAN = np.nan
SPARSE = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
ROWS = np.array(
    [[2, 2, 0, 1, 0], [0, 1, 3, 0, 4], [5, 0, 5, 1, 1], [1, 1, 2, 0, 9]], dtype=float
)
# The five columns as two contexts, the first of columns that lie apart.
RULE = {"tag": [0, 2], "scene": [4, 1, 3]}
TAG = np.array([[1, 0], [0, 1], [0.5, 0.5], [1 / 3, 2 / 3]])
SCENE = np.array([[0, 2 / 3, 1 / 3], [0.8, 0.2, 0], [0.5, 0, 0.5], [0.9, 0.1, 0]])


def places_of(n_rows):
    return np.zeros((n_rows, 2))


def teachers_of(Y, rule=None, propagators=None, photos=None):
    matrix, names = open_teachers(Y)
    contexts = read_contexts(rule, matrix.shape[1], names)
    n_rows = matrix.shape[0] if photos is None else len(photos)
    return Teachers(matrix, contexts, propagators or {}, places_of(n_rows), photos)


def dense(rows):
    """Rows of NaN for what is missing, whether rows are sparse or not."""
    if not sparse.issparse(rows):
        return rows
    out = rows.toarray()
    out[np.diff(rows.indptr) == 0] = NAN
    return out


def slow_rows(Y, columns):
    """Normalise row by row and value by value."""
    out = []
    for row in np.asarray(Y, dtype=float):
        part = [row[column] for column in columns]
        gone = all(value != value for value in part)
        out.append([NAN if gone else value / sum(part) for value in part])
    return np.array(out)


class Says(TransformerMixin, BaseEstimator):
    """Say the given rows, one a place, by the latitude of the place."""

    def __init__(self, rows):
        self.rows = rows

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self.rows[X[:, 0].astype(int)]


FORMS = {
    "floats": lambda Y: Y,
    "single": lambda Y: Y.astype(np.float32),
    "half": lambda Y: Y.astype(np.float16),
    "ints": lambda Y: Y.astype(np.int8),
    "unsigned": lambda Y: Y.astype(np.uint16),
    "list": lambda Y: Y.tolist(),
    "list of ints": lambda Y: Y.astype(int).tolist(),
    "objects": lambda Y: Y.astype(object),
    "np.matrix": lambda Y: Y.view(np.matrix),
    "masked, but nothing is": np.ma.MaskedArray,
    "fortran": np.asfortranarray,
    "backwards": lambda Y: np.ascontiguousarray(Y[::-1])[::-1],
    "big-endian": lambda Y: Y.astype(">f8"),
    "pandas": pd.DataFrame,
    "pandas of ints": lambda Y: pd.DataFrame(Y.astype(int)),
    "pandas of NA": lambda Y: pd.DataFrame(Y.astype(int)).astype("Int64"),
    "pandas of all kinds": lambda Y: pd.DataFrame(
        {
            "a": Y[:, 0].astype(np.float32),
            "b": Y[:, 1].astype(np.uint8),
            "c": pd.arrays.SparseArray(Y[:, 2], fill_value=0),
            "d": pd.array(Y[:, 3], dtype="Float64"),
            "e": Y[:, 4],
        }
    ),
    "pandas of sparse": lambda Y: pd.DataFrame(Y).astype(pd.SparseDtype(float, 0)),
    "pandas of sparse ints": lambda Y: pd.DataFrame.sparse.from_spmatrix(
        sparse.csr_matrix(Y.astype(int))
    ),
    "polars": lambda Y: pl.DataFrame(Y, schema=list("abcde")),
    "polars of all kinds": lambda Y: pl.DataFrame(
        {
            "a": Y[:, 0].astype(np.float32),
            "b": Y[:, 1].astype(np.int16),
            **{name: Y[:, i] for i, name in ((2, "c"), (3, "d"), (4, "e"))},
        }
    ),
    **{
        f"{form} array": (lambda Y, form=form: sparse.coo_array(Y).asformat(form))
        for form in SPARSE
    },
    **{
        f"{form} matrix": (lambda Y, form=form: sparse.coo_matrix(Y).asformat(form))
        for form in SPARSE
    },
    "sparse ints": lambda Y: sparse.csr_array(Y.astype(np.int8)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form):
    teachers = teachers_of(FORMS[form](ROWS), RULE)
    means = teachers.check()
    assert_allclose(means["tag"], TAG.mean(axis=0), rtol=1e-7)
    assert_allclose(means["scene"], SCENE.mean(axis=0), rtol=1e-7)
    for name, expected in (("tag", TAG), ("scene", SCENE)):
        for at in (slice(None), slice(1, 3), np.array([3, 0, 3]), np.array([], int)):
            rows = teachers.rows(at, name)
            assert rows.dtype == np.float32
            rows = rows.toarray() if sparse.issparse(rows) else rows
            assert type(rows) is np.ndarray
            assert_allclose(rows, expected[at], rtol=1e-6)


@pytest.mark.parametrize(
    "form",
    [
        lambda Y: Y.astype(bool),
        lambda Y: Y.astype(bool).tolist(),
        lambda Y: sparse.csr_array(Y.astype(bool)),
        lambda Y: pd.DataFrame(Y.astype(bool)),
        lambda Y: pd.DataFrame(Y.astype(bool)).astype("boolean"),
        lambda Y: pd.DataFrame(Y.astype(bool)).astype(pd.SparseDtype(bool, False)),
        lambda Y: pl.DataFrame(Y.astype(bool)),
    ],
)
def test_true_and_false(form):
    teachers = teachers_of(form(ROWS), RULE)
    teachers.check()
    said = dense(teachers.rows(slice(None), "scene"))
    expected = [[0, 1 / 2, 1 / 2], [1 / 2, 1 / 2, 0], [1 / 2, 0, 1 / 2], [0.5, 0.5, 0]]
    assert_allclose(said, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "form",
    [
        lambda Y: pd.DataFrame(Y).convert_dtypes(),
        lambda Y: pd.DataFrame({"x": Y[:, 0], "y": pd.array(Y[:, 1], "Float32")}),
        lambda Y: pl.DataFrame(Y).fill_nan(None),
        lambda Y: pl.DataFrame(Y),
    ],
)
def test_nothing_in_a_frame_is_missing(form):
    Y = np.array([[1.0, 3.0], [NAN, NAN], [2.0, 2.0]])
    teachers = teachers_of(form(Y))
    assert_allclose(teachers.check()["context"], [0.375, 0.625])
    expected = [[0.25, 0.75], [NAN, NAN], [0.5, 0.5]]
    assert_allclose(teachers.rows(slice(None), "context"), expected)


def test_names_of_a_frame():
    for frame in (pd.DataFrame(ROWS, columns=list("abcde")), FORMS["polars"](ROWS)):
        assert open_teachers(frame)[1] == list("abcde")
    # Columns that are merely counted have no names.
    assert open_teachers(pd.DataFrame(ROWS))[1] is None
    assert open_teachers(sparse.csr_matrix(ROWS))[1] is None
    twice = pd.DataFrame(ROWS, columns=list("abbde"))
    with pytest.raises(ValueError, match=r"y has duplicate column names: \['b'\]"):
        open_teachers(twice)


def test_what_is_stored_twice_and_out_of_order():
    # Row 0 is 1 + 2 in column 1 and 1 in column 0; row 1 is 2, and a 0 that is stored.
    data, columns, starts = [1.0, 1.0, 2.0, 0.0, 2.0], [1, 0, 1, 2, 1], [0, 3, 5]
    Y = sparse.csr_array((data, columns, starts), shape=(2, 3))
    teachers = teachers_of(Y)
    assert_allclose(teachers.check()["context"], [0.125, 0.875, 0])
    rows = teachers.rows(slice(None), "context")
    assert_allclose(rows.toarray(), [[0.25, 0.75, 0], [0, 1, 0]])
    assert rows.nnz == 3  # zeros that were stored are gone
    assert_array_equal(Y.data, data)  # and the caller's matrix is as it was
    assert_array_equal(Y.indices, columns)
    coo = sparse.coo_array(([1.0, 1.0, 2.0, 2.0], ([0, 0, 0, 1], [1, 0, 1, 1])))
    said = teachers_of(coo).rows(np.array([0, 1]), "context")
    assert_allclose(said.toarray(), [[0.25, 0.75], [0, 1]])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_photos_that_miss_a_context(kind):
    Y = np.array([[1, 3, NAN], [NAN, NAN, 2], [NAN, NAN, NAN], [2, 2, 7.0]])
    teachers = teachers_of(kind(Y), {"a": 2, "b": 1})
    means = teachers.check()
    assert_allclose(means["a"], [0.375, 0.625])
    assert_allclose(means["b"], [1.0])
    expected = [[0.25, 0.75], [NAN, NAN], [NAN, NAN], [0.5, 0.5]]
    assert_allclose(dense(teachers.rows(slice(None), "a")), expected)
    rows = teachers.rows(np.array([0, 1, 2, 3]), "b")
    assert_allclose(dense(rows), [[NAN], [1], [NAN], [1]])
    for at, a, b in (([0], 1, 0), ([1], 0, 1), ([2], 0, 0), ([2, 0], 1, 0), ([], 0, 0)):
        at = np.array(at, dtype=int)
        assert teachers.teaches(at, "a") is bool(a)
        assert teachers.teaches(at, "b") is bool(b)


def test_one_nan_in_a_sparse_row_is_enough():
    # Only what is stored says something: NaN and zeros say that the photo misses it.
    Y = sparse.csr_array(([NAN, 0.0, 2.0, 2.0], ([0, 0, 1, 1], [1, 2, 0, 2])))
    teachers = teachers_of(Y)
    assert_allclose(teachers.check()["context"], [0.5, 0, 0.5])
    assert_array_equal(np.diff(teachers.rows(slice(None), "context").indptr), [0, 2])


GOOD = np.full((3000, 4), 2.0)
WRONG = {
    "partly": ([NAN, 1], "has NaN in some of its columns, but not in all. NaN in all"),
    "negative": ([3, -1], "has a negative value. Shares are not negative"),
    "minus infinity": ([3, -np.inf], "has a negative value. Shares are not negative"),
    "infinite": ([np.inf, 0], "has an infinite value. Shares are finite"),
    "zero": ([0, 0], "sums to 0, so it is no distribution. Drop such photos, or write"),
    "huge": ([1e308, 1e308], "has values so large that their sum is infinite. Scale"),
}


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("memory", [1024, 1])
@pytest.mark.parametrize("case", WRONG)
def test_rows_that_are_no_distributions(case, memory, kind):
    values, words = WRONG[case]
    Y = np.hstack([GOOD] * 6)  # so wide that a mebibyte holds fewer than 2,000 rows
    Y[2317, [1, 2]] = values
    teachers = teachers_of(kind(Y), {"a": [0], "b": [2, 1], "c": slice(3, 24)})
    match = re.escape(f"y, row 2317, context 'b': the row {words}") + r".*\.$"
    raises = pytest.raises(ValueError, match=match)
    with sklearn.config_context(working_memory=memory), raises:
        teachers.check()


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("memory", [1024, 0.1])  # rows together: all, or 182
def test_the_first_wrong_row_is_named_however_it_is_read(memory, kind):
    Y = np.hstack([GOOD] * 6)
    Y[2999, 0] = -1
    Y[[1999, 2001, 2900], 5] = NAN
    Y[2400, 5:] = np.inf
    teachers = teachers_of(kind(Y), {"a": 2, "b": 22})
    words = (
        "y, row 1999, context 'b': the row has NaN in some .*0. (2 more rows like it.)"
    )
    with sklearn.config_context(working_memory=memory):
        with pytest.raises(ValueError, match=re.escape(words).replace(r"\.\*", ".*")):
            teachers.check()
        Y[[1999, 2001], 5] = 1
        again = teachers_of(kind(Y), {"a": 2, "b": 22})
        with pytest.raises(ValueError, match=r"row 2400, .* infinite .*\w\.$"):
            again.check()


def test_rows_are_numbered_as_the_caller_has_them():
    Y = np.ones((6, 2))
    Y[4] = 0
    teachers = teachers_of(Y, photos=np.array([1, 2, 4, 5]))
    with pytest.raises(ValueError, match="y, row 4, context 'context': the row sums"):
        teachers.check()
    # What is left out may be anything.
    Y[0] = -1, 2
    teachers = teachers_of(Y, photos=np.array([5, 1, 3]))
    teachers.check()
    Y[5] = 3, 1
    assert_allclose(
        teachers.rows(np.array([0, 2]), "context"), [[0.75, 0.25], [0.5, 0.5]]
    )
    assert_allclose(teachers.rows(slice(0, 1), "context"), [[0.75, 0.25]])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_chunks_change_nothing(kind):
    rng = np.random.default_rng(0)
    Y = rng.gamma(0.3, size=(3000, 20)) + 1e-9
    Y[rng.random(3000) < 0.3, :5] = NAN
    found = []
    for memory in (1024, 0.05):
        with sklearn.config_context(working_memory=memory):
            teachers = teachers_of(kind(Y), {"a": 5, "b": 15})
            found.append(teachers.check())
    for name in ("a", "b"):
        assert_allclose(found[0][name], found[1][name], rtol=1e-12)
    slow = slow_rows(Y, range(5))
    slow = slow[~np.isnan(slow[:, 0])].sum(axis=0)
    assert_allclose(found[0]["a"], slow / slow.sum(), rtol=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_against_the_loop(data):
    n_rows, n_columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    numbers = st.sampled_from([0.0, 1.0, 2.5, 1e-30, 7e20])
    row = st.lists(numbers, min_size=n_columns, max_size=n_columns)
    Y = np.array([data.draw(row.filter(any)) for _ in range(n_rows)])
    gone = np.array(
        data.draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows))
    )
    gone[data.draw(st.integers(0, n_rows - 1))] = False
    Y[gone] = NAN
    columns = data.draw(st.permutations(range(n_columns)))
    at = np.array(
        data.draw(st.lists(st.integers(0, n_rows - 1), max_size=7)), dtype=int
    )
    expected = slow_rows(Y, columns)
    for kind in (np.asarray, sparse.csr_array):
        teachers = teachers_of(kind(Y), {"a": list(columns)})
        means = teachers.check()
        assert_allclose(means["a"], np.nanmean(expected, axis=0), rtol=1e-12)
        assert_allclose(
            dense(teachers.rows(at, "a")), expected[at], rtol=1e-6, atol=1e-40
        )
        assert teachers.teaches(at, "a") is bool((~gone[at]).any())


@pytest.mark.parametrize(
    "rule", [{"a": 500, "b": 500}, {"a": slice(0, None, 2), "b": slice(1, None, 2)}]
)
def test_a_memory_map_is_never_copied_whole(tmp_path, rule):
    path = tmp_path / "teachers.npy"
    Y = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float32, shape=(20000, 1000)
    )
    Y[:] = 1.0
    Y.flush()
    mapped = np.load(path, mmap_mode="r")  # 80 MB
    tracemalloc.start()
    try:
        with sklearn.config_context(working_memory=4):
            teachers = teachers_of(mapped, rule, photos=np.arange(1, 20000))
            means = teachers.check()
            rows = teachers.rows(np.arange(0, 19000, 100), "b")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert_allclose(means["a"], 0.002)
    assert_allclose(rows, 0.002)
    assert peak < 12e6
    assert teachers.matrix is mapped


def test_views_stay_views():
    Y = np.ones((10, 8), dtype=np.float32)
    assert np.shares_memory(open_teachers(Y[::2, 1:])[0], Y)
    csr = sparse.csr_matrix(Y)
    assert np.shares_memory(open_teachers(csr)[0].data, csr.data)


@pytest.mark.parametrize(
    ("Y", "words"),
    [
        (
            [1, 0, 1],
            "y has the shape (3,). It needs a row a photo and a column for each",
        ),
        (
            pd.Series([1.0, 2.0]),
            "Labels of a task at hand are not that: give the photos",
        ),
        (np.ones((2, 2, 2)), "y has the shape (2, 2, 2)"),
        (np.float64(3), "y has the shape ()"),
        (sparse.coo_array(np.ones(3)), "y has the shape (3,). It needs a row a photo"),
        ([[1, 2], [3]], "y is no table of numbers, whose rows are equally long"),
        ([["sea", "sun"]], "y has the dtype <U3, which is no real number"),
        ([["sea", 1.0, None]], "y holds something that is no number"),
        (np.array([[1, 2j]]), "y has the dtype complex128, which is no real number"),
        (sparse.csr_array(np.array([[1, 2j]])), "y has the dtype complex128, which"),
        (np.ma.masked_equal([[1.0, 2.0]], 2), "y has masked values. Write NaN in all"),
        (
            pd.DataFrame(np.eye(2), columns=["u", "v"]).astype(pd.SparseDtype(float)),
            "what the sparse column 'u' does not store is nan, not 0. Use y.sparse",
        ),
    ],
)
def test_what_is_no_table(Y, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        open_teachers(Y)


@pytest.mark.parametrize(
    ("Y", "words"),
    [
        (pd.DataFrame({"a": [1.0], "b": ["sea"]}), "y: column 'b' has dtype "),
        (pl.DataFrame({"a": [1.0], "b": ["sea"]}), "y: column 'b' has dtype String"),
        (
            pl.LazyFrame({"a": [1.0]}),
            "y is a polars LazyFrame, which is not read as it",
        ),
        (
            pa.table({"a": [1.0]}),
            "y is a pyarrow Table, which is not read as it is: pass",
        ),
    ],
)
def test_tables_of_other_things(Y, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        open_teachers(Y)


def test_the_remedy_for_sparse_columns_that_leave_out_nan_works():
    frame = pd.DataFrame(ROWS).replace(0.0, NAN).astype(pd.SparseDtype(float))
    with pytest.raises(ValueError, match=r"y\.sparse\.to_dense\(\), and astype\(pd"):
        open_teachers(frame)
    # Older pandas takes what is left out for zeros if it is not made dense first.
    dense = frame.sparse.to_dense()
    read, _ = open_teachers(dense.astype(pd.SparseDtype(float, 0)))
    assert_array_equal(read.toarray(), dense)
    assert np.isnan(dense.to_numpy()).sum() == (ROWS == 0).sum()


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_nobody_teaches_a_context(kind):
    Y = np.array([[1, NAN], [2, NAN], [0.5, NAN]])
    words = "no photo teaches the context 'b': all its rows are NaN. Drop its columns"
    with pytest.raises(ValueError, match=words):
        teachers_of(kind(Y), {"a": 1, "b": 1}).check()


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_what_a_propagator_makes(kind):
    # Raw tags: photo 0 has both, photo 1 none, photo 2 is not known, photo 3 the first.
    raw = np.array([[1, 1, 5], [0, 0, 5], [NAN, NAN, 5], [1, 0, 5]])
    says = Says(kind(np.array([[3, 1], [0, 0], [0, 2], [0, 0]])))
    matrix, _ = open_teachers(kind(raw))
    contexts = read_contexts({"tag": 2, "b": 1}, 3, None)
    places = np.column_stack([[3.0, 2.0, 1.0, 0.0], np.zeros(4)])
    teachers = Teachers(matrix, contexts, {"tag": says}, places)
    means = teachers.check()
    # Of what it makes of photos 1 and 3; the sum is that of the raw rows of 0 and 3.
    assert_allclose(means["tag"], [0.75 / 2, (0.25 + 1) / 2])
    assert_allclose(teachers.tally()["tag"], [0.5 + 1, 0.5])
    weights = np.array([2.0, 7.0, 1.0, 3.0])
    assert_allclose(teachers.check(weights)["tag"], [2.25 / 10, 7.75 / 10])
    assert_allclose(teachers.tally(weights)["tag"], [1 + 3, 1])
    with sklearn.config_context(working_memory=1e-5):
        assert_allclose(teachers.check(weights)["tag"], [2.25 / 10, 7.75 / 10])
    said = dense(teachers.rows(np.array([3, 2, 1, 0]), "tag"))
    assert_allclose(said, [[0.75, 0.25], [NAN, NAN], [0, 1], [NAN, NAN]])
    assert not teachers.teaches(np.array([0, 2]), "tag")
    assert teachers.teaches(np.array([0, 1, 2]), "tag")
    assert_allclose(dense(teachers.rows(slice(0, 2), "b")), [[1], [1]])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_mean_is_weighted(kind):
    Y = np.array([[1, 3], [NAN, NAN], [4, 0], [0, 2]])
    teachers = teachers_of(kind(Y), {"a": 2})
    weights = np.array([2.0, 9.0, 0.5, 1.5])
    # (2 * [.25, .75] + 0.5 * [1, 0] + 1.5 * [0, 1]) / 4
    for memory in (1024, 1e-5):
        with sklearn.config_context(working_memory=memory):
            assert_allclose(teachers.check(weights)["a"], [0.25, 0.75])
    with pytest.raises(ValueError, match="adds up to infinity"):
        teachers.check(np.full(4, 1e308))


def test_a_propagator_that_knows_nothing_leaves_the_mean_of_raw_tags():
    contexts = read_contexts({"tag": 2}, 2, None)
    says = {"tag": Says(np.zeros((90, 2)))}
    raw = np.array([[0.0, 8.0], [1.0, 1.0], [0.0, 0.0]])
    teachers = Teachers(raw, contexts, says, places_of(3))
    assert_allclose(teachers.check()["tag"], [0.25, 0.75])


def test_only_some_photos_are_asked_whether_they_teach():
    rows = np.zeros((1000, 2))
    rows[900] = 1
    places = np.column_stack([np.arange(1000.0) % 90, np.zeros(1000)])
    places[:, 0] = np.arange(1000)
    contexts = read_contexts({"tag": 2}, 2, None)
    teachers = Teachers(np.ones((1000, 2)), contexts, {"tag": Says(rows)}, places)
    assert teachers.teaches(np.arange(1000), "tag")
    assert not teachers.teaches(np.arange(900), "tag")


def test_a_propagator_keeps_the_columns():
    contexts = read_contexts({"tag": 3, "b": 1}, 4, None)
    says = {"tag": Says(np.ones((2, 5)))}
    teachers = Teachers(np.ones((2, 4)), contexts, says, places_of(2))
    words = (
        r"Says makes rows of shape \(1, 5\) for the context 'tag', whose columns are 3"
    )
    with pytest.raises(ValueError, match=words):
        teachers.rows(np.array([1]), "tag")


def test_bytes_a_row():
    assert teachers_of(np.ones((5, 6)), {"a": 2, "b": 4}).bytes_a_row() == 24
    # Two entries of a column and a value; and where the rows of both contexts start.
    rows = sparse.csr_array(np.eye(6)[:, [0, 1, 2, 3, 4, 5]] + np.eye(6)[:, ::-1])
    assert teachers_of(rows, {"a": 2, "b": 4}).bytes_a_row() == 2 * 8 + 2 * 8
