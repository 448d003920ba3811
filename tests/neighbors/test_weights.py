# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    JointNeighborTagPropagator,
    NeighborVoteAnnotator,
    VisualNeighborTagPropagator,
)
from sklearn_geo.neighbors._weights import multiply, scaled
from tests.sparse_rows import sparse_rows

# A billion tags, of which two photos have three.
WIDE = sparse.csr_array(
    ([2.0, 3.0, 4.0], [7, 999_999_999, 7], [0, 2, 3]), shape=(2, 10**9)
)


@pytest.mark.parametrize("n_tags", [3, 2**20 + 9])
def test_products_are_those_of_numpy(n_tags):
    rng = np.random.default_rng(0)
    few = sparse_rows(rng, (5, 3), 0.6)
    weights = sparse_rows(rng, (4, 5), 0.6)
    columns = np.array([0, 1, n_tags - 1])
    tags = sparse.csr_array((few.data, columns[few.indices], few.indptr), (5, n_tags))
    found = multiply(weights, tags)
    assert found.shape == (4, n_tags)
    expected = weights.toarray() @ few.toarray()
    assert_array_equal(found.tocsc()[:, columns].toarray(), expected)
    assert found.sum() == pytest.approx(expected.sum())


def test_columns_without_a_tag_take_no_memory():
    found = multiply(sparse.csr_array([[1.0, 0.5], [0.0, 1.0]]), WIDE)
    assert_array_equal(found.indptr, [0, 2, 3])
    found.sort_indices()
    assert_array_equal(found.indices, [7, 999_999_999, 7])
    assert_array_equal(found.data, [4.0, 3.0, 4.0])


def test_votes_for_millions_of_tags():
    n_tags = 2**20 + 2**19
    columns = np.array([7, n_tags - 1, 7])
    y = sparse.csr_array((np.ones(3), columns, [0, 2, 3]), shape=(2, n_tags))
    X = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 0.001, 0.0, 1.0]])
    annotator = NeighborVoteAnnotator(n_neighbors=2, n_votes=1).fit(X, y)
    # Every photo is its own best neighbour.
    found = annotator.predict(X)
    assert found.shape == (2, n_tags)
    assert_array_equal(found.tocoo().coords, [[0, 0, 1], [7, n_tags - 1, 7]])
    # Nobody is near: the mean of all, of which the half is a tie.
    annotator.set_params(radius_km=1.0, threshold=0.5).fit(X, y)
    far = annotator.predict([[50.0, 50.0, 1.0, 0.0]])
    assert_array_equal(far.tocoo().coords, [[0, 0], [7, n_tags - 1]])
    annotator.set_params(threshold=0.6)
    far = annotator.predict([[50.0, 50.0, 1.0, 0.0]])
    assert_array_equal(far.tocoo().coords, [[0], [7]])


def test_a_billion_tags_are_no_classes():
    X = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 0.001, 0.0, 1.0]])
    with pytest.raises(ValueError, match=r"y has 1,000,000,000 columns.*Leave out"):
        NeighborVoteAnnotator().fit(X, WIDE)


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float64, scale) for scale in (1e-200, 1e-30, 1.0, 1e30, 1e200)]
    + [(np.float32, scale) for scale in (1e-30, 1.0, 1e30)],
)
def test_the_unit_of_tags_cancels(norm, dtype, scale):
    tags = [[3.0 * scale, 4.0 * scale]]
    length = {"l1": 7.0, "l2": 5.0, "max": 4.0}[norm]
    params = {"norm": norm, "dtype": dtype, "sparse_output": False}
    for model, X in (
        (GeoNeighborTagPropagator(1, **params), [[0.0, 0.0]]),
        (VisualNeighborTagPropagator(1, **params), [[1.0, 0.0]]),
        (JointNeighborTagPropagator(1, 1, **params), [[0.0, 0.0, 1.0]]),
    ):
        row = model.fit(X, tags).transform(X)
        assert_allclose(row, [[3.0 / length, 4.0 / length]], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_of_length_one_are_the_same_to_the_last_digit(dtype):
    rng = np.random.default_rng(0)
    rows = sparse_rows(rng, (60, 30), 0.05).astype(dtype)
    rows.data = rng.lognormal(0.0, 3.0, rows.nnz).astype(dtype)
    assert (np.diff(rows.indptr) == 0).any()
    found = scaled(rows.copy(), "l2")
    assert found.dtype == dtype
    assert_array_equal(found.toarray(), normalize(rows).toarray())
    nothing = sparse.csr_array((3, 2), dtype=dtype)
    assert_array_equal(scaled(nothing, "l2").toarray(), np.zeros((3, 2)))


@pytest.mark.parametrize("norm", ["l1", "l2", None])
def test_counts_of_which_the_sum_is_beyond_narrow_numbers(norm):
    corpus = GeoTagCorpus(np.zeros((2, 2)), [[2e38], [3e38]], [[1.0], [1.0]])
    for model, X in (
        (GeoNeighborTagPropagator(2, norm=norm, corpus=corpus), [[0.0, 0.0]]),
        (VisualNeighborTagPropagator(2, norm=norm, corpus=corpus), [[1.0]]),
    ):
        row = model.fit(X).transform(X).toarray()
        assert_allclose(row, [[5e38 if norm is None else 1.0]])
        model.set_params(dtype=np.float32)
        with pytest.raises(ValueError, match=r"the sum of which, dtype=float32 does"):
            model.transform(X)


@pytest.mark.parametrize("count", [1e60, 1e-60])
@pytest.mark.parametrize("norm", ["l1", None])
def test_counts_of_a_corpus_that_narrow_numbers_do_not_hold(count, norm):
    corpus = GeoTagCorpus([[0.0, 0.0]], [[count, 0.0]], [[1.0]])
    for model, X in (
        (GeoNeighborTagPropagator(norm=norm, corpus=corpus), [[0.0, 0.0]]),
        (VisualNeighborTagPropagator(norm=norm, corpus=corpus), [[1.0]]),
        (JointNeighborTagPropagator(norm=norm, corpus=corpus), [[0.0, 0.0, 1.0]]),
    ):
        row = model.fit(X).transform(X).toarray()
        assert_allclose(row, [[count if norm is None else 1.0, 0.0]])
        model.set_params(dtype=np.float32)
        with pytest.raises(ValueError, match=r"dtype=float32 does not hold.*float64"):
            model.transform(X)


def test_a_place_between_photos_of_a_billion_tags():
    model = GeoNeighborTagPropagator(2, sigma_km=1.0).fit([[0, 0], [0, 1]], WIDE)
    row = model.transform([[0.0, 0.5]])
    assert row.shape == (1, 10**9)
    found = dict(zip(row.indices.tolist(), row.data, strict=True))
    assert found == pytest.approx({7: 6.0 / 9.0, 999_999_999: 3.0 / 9.0})
