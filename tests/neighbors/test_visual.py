# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.recfunctions import structured_to_unstructured
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)

from sklearn_geo import neighbors
from sklearn_geo.neighbors import GeoTagCorpus, VisualNeighborTagPropagator
from sklearn_geo.neighbors._looks import FeatureIndex
from tests.contract import OTHER_INPUT, TakesFlatTags

# Photos at 0, ln 2, ln 4, ln 8 from the first: weights 1, 1/2, 1/4, 1/8 with sigma 1.
FOUR = np.log([[1.0], [2.0], [4.0], [8.0]])
TAGS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 2], [1, 1, 1]])


def _dense(n_neighbors=150, **params):
    params = {"metric": "euclidean", "sparse_output": False, **params}
    return VisualNeighborTagPropagator(n_neighbors, **params)


def _photos(n_photos, n_tags, seed):
    """Make photos of which some look the same, and one has no features but zeros."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_photos, 6)) + 2.0
    features[n_photos // 2 :: 3] = features[: len(features[n_photos // 2 :: 3])]
    features[3] = 0.0
    return features, (rng.random((n_photos, n_tags)) < 0.2).astype(float)


def _naive(features, tags, queries, n_neighbors, sigma, metric, allowed=None):
    """Add up row by row, with the distances of scikit-learn."""
    distances = pairwise_distances(queries, features, metric=metric)
    rows = []
    for i, d in enumerate(distances):
        # Equal photos are equally far, whatever the rounding.
        near = np.lexsort((np.arange(len(d)), d.round(9)))
        near = near if allowed is None else near[allowed[i, near]]
        near = near[:n_neighbors]
        w = np.ones(len(near)) if sigma is None else np.exp(-d[near] / sigma)
        total = w @ tags[near]
        rows.append(total / (total.sum() or 1.0))
    return np.array(rows)


def test_by_hand():
    row = _dense(3).fit(FOUR, TAGS).transform(FOUR[:1])
    # Tag 0: 1 + 1/2, tag 1: 1/2, tag 2: 2/4.
    np.testing.assert_allclose(row, [[0.6, 0.2, 0.2]], rtol=1e-12)
    row = _dense(3, norm=None, sigma=None).fit(FOUR, TAGS).transform(FOUR[:1])
    np.testing.assert_array_equal(row, [[2, 1, 2]])
    # Without the photo itself: 1/2 and 1/4 and 1/8 for photos 1, 2, 3.
    row = _dense(3, norm=None).fit_transform(FOUR, TAGS)[0]
    np.testing.assert_allclose(row, [0.625, 0.625, 0.625])


def test_cosine_by_hand():
    features = np.array([[2.0, 0.0], [0.0, 0.1], [-3.0, 0.0], [0.0, 0.0]])
    encoder = _dense(4, metric="cosine", norm=None).fit(features, np.eye(4))
    # Distances 0, 1, 2, and 1 to nothing.
    expected = np.exp([-0.0, -1.0, -2.0, -1.0])
    np.testing.assert_allclose(encoder.transform([[1e-300, 0.0]]), [expected])
    np.testing.assert_allclose(encoder.transform([[1e300, 0.0]]), [expected])
    np.testing.assert_allclose(encoder.transform([[0.0, 0.0]]), [np.exp([-1.0] * 4)])


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("sigma", [0.3, None])
@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize("working_memory", [1024, 0.01])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_are_those_of_a_naive_loop(
    metric, sigma, sparse_output, working_memory, dtype
):
    features, tags = _photos(120, 8, 0)
    queries, _ = _photos(30, 1, 1)
    encoder = _dense(
        20, metric=metric, sigma=sigma, sparse_output=sparse_output, dtype=dtype
    )
    with config_context(working_memory=working_memory):
        rows = encoder.fit(features, sparse.csr_array(tags)).transform(queries)
    assert rows.dtype == dtype
    assert sparse.issparse(rows) == sparse_output
    rows = rows.toarray() if sparse_output else rows
    expected = _naive(features, tags, queries, 20, sigma, metric)
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    points=st.lists(st.integers(0, 4), min_size=2, max_size=25),
    n_neighbors=st.integers(1, 8),
    shift=st.sampled_from([0.0, 1e6]),
)
def test_ties_go_to_the_first_photos(points, n_neighbors, shift):
    # Far from the origin, products alone would lose these differences.
    features = shift + np.column_stack([points, np.zeros(len(points))])
    index = FeatureIndex(features, "euclidean")
    distances, rows = index.nearest(features, n_neighbors)
    for i, query in enumerate(features):
        d = np.abs(features[:, 0] - query[0])
        expected = np.lexsort((np.arange(len(d)), d))[:n_neighbors]
        np.testing.assert_array_equal(rows[i], expected)
        np.testing.assert_array_equal(distances[i], d[expected])


def test_training_rows_leave_out_the_row_and_the_group():
    features, tags = _photos(90, 7, 2)
    rows = _dense(10).fit_transform(features, tags)
    others = ~np.eye(90, dtype=bool)
    expected = _naive(features, tags, features, 10, 1.0, "euclidean", others)
    np.testing.assert_allclose(rows, expected, rtol=1e-6, atol=1e-9)
    users = np.random.default_rng(0).integers(0, 9, 90)
    encoder = _dense(10, exclude_same_group=True)
    allowed = users[:, np.newaxis] != users
    expected = _naive(features, tags, features, 10, 1.0, "euclidean", allowed)
    rows = encoder.fit_transform(features, tags, groups=users)
    np.testing.assert_allclose(rows, expected, rtol=1e-6, atol=1e-9)
    with config_context(working_memory=0.01):
        rows = encoder.transform(features, groups=users)
    np.testing.assert_allclose(rows, expected, rtol=1e-6, atol=1e-9)
    # A photo whose only evidence is itself, or its user, has an empty row.
    assert not _dense().fit_transform(FOUR[:1], TAGS[:1]).any()
    rows = encoder.fit_transform(FOUR, TAGS, groups=["ann"] * 4)
    assert not rows.any()


def test_rows_are_finite_however_far_and_independent():
    encoder = _dense(sigma=1e-3).fit([[0.0], [1e6]], np.eye(2))
    rows = encoder.transform([[5e8], [-1e5]])
    np.testing.assert_allclose(rows, [[0.0, 1.0], [1.0, 0.0]], atol=1e-12)
    features, tags = _photos(200, 6, 3)
    encoder = _dense(9, metric="cosine").fit(features, tags)
    whole = encoder.transform(features)
    for i in range(0, 200, 7):
        one = encoder.transform(features[i : i + 1])
        np.testing.assert_allclose(one[0], whole[i], rtol=1e-9, atol=1e-12)


def test_corpus():
    features, tags = _photos(60, 5, 4)
    places = np.zeros((60, 2))
    corpus = GeoTagCorpus(places, tags, features, tag_names=list("abcde"))
    encoder = _dense(5, corpus=corpus)
    expected = _dense(5).fit(features, tags).transform(features)
    rows = encoder.fit_transform(features, ["no", "labels"] * 30)
    np.testing.assert_array_equal(rows, expected)
    assert clone(encoder).corpus is corpus
    assert encoder.get_feature_names_out().tolist() == [f"tag_{t}" for t in "abcde"]
    grid = {"visualneighbortagpropagator__sigma": [0.5, 5.0]}
    search = GridSearchCV(make_pipeline(encoder, Ridge()), grid, cv=3, n_jobs=2)
    assert search.fit(features, rows[:, 0]).best_estimator_[0].corpus_ is corpus
    with pytest.raises(ValueError, match="corpus has no features"):
        _dense(corpus=GeoTagCorpus(places, tags)).fit(features)
    with pytest.raises(ValueError, match=r"X has 5 features a photo.*have 6"):
        encoder.fit(features[:, :5])


def test_frames_pickles_and_what_fit_keeps():
    features, tags = _photos(30, 2, 5)
    frame = pd.DataFrame(tags, columns=["sea", "sun"])
    encoder = _dense(5).set_output(transform="pandas")
    out = encoder.fit_transform(features, frame)
    assert list(out.columns) == ["tag_sea", "tag_sun"]
    again = pickle.loads(pickle.dumps(encoder))
    expected = encoder.transform(features)
    features_before = features.copy()
    features[:] = 0.0
    pd.testing.assert_frame_equal(again.transform(features_before), expected)
    pd.testing.assert_frame_equal(encoder.transform(features_before), expected)


@pytest.mark.parametrize(
    ("params", "y", "words"),
    [
        ({"n_neighbors": 0}, TAGS, "'n_neighbors' parameter"),
        ({"sigma": 0.0}, TAGS, "'sigma' parameter"),
        ({"metric": "l7"}, TAGS, "'metric' parameter"),
        ({"norm": "l3"}, TAGS, "'norm' parameter"),
        ({"dtype": int}, TAGS, r"must be numpy\.float64"),
        ({}, None, "requires y to be passed.*GeoTagCorpus"),
        ({}, -TAGS, "is negative"),
        ({}, TAGS[:2], r"has \d rows, but"),
        ({"exclude_same_group": True}, TAGS, "pass groups= to fit"),
    ],
)
def test_refuses(params, y, words):
    with pytest.raises(ValueError, match=words):
        VisualNeighborTagPropagator(**params).fit(FOUR, y)


# The contract -------------------------------------------------------------------------


class WithFlatTags(TakesFlatTags, VisualNeighborTagPropagator):
    """Takes a flat y for one tag, so that scikit-learn's checks apply."""


def _checks():
    for params in ({"n_neighbors": 5}, {"n_neighbors": 3, "exclude_self": False}):
        visual = WithFlatTags(metric="euclidean", **params)
        for estimator, check in estimator_checks_generator(visual):
            name = f"{check.func.__name__}-{len(params)}"
            if check.func.__name__ != "check_array_api_input":
                yield pytest.param(estimator, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_columns_with_names_are_refused_with_what_makes_them_plain():
    named = np.array([(0.0, 1.0), (2.0, 3.0)], dtype=[("dark", "f8"), ("blue", "f8")])
    words = (
        "X holds what is no number: .*structured_to_unstructured makes plain columns"
    )
    for X in (named, named.view(np.recarray)):
        with pytest.raises(TypeError, match=words):
            _dense().fit(X, TAGS[:2])
        with pytest.raises(TypeError, match=words):
            _dense().fit([[0.0, 1.0], [2.0, 3.0]], TAGS[:2]).transform(X)
    plain = structured_to_unstructured(named)
    assert _dense(1).fit(plain, TAGS[:2]).transform(plain).shape == (2, 3)


def test_parameters_are_validated_documented_and_linked():
    name = "VisualNeighborTagPropagator"
    check_param_validation(name, VisualNeighborTagPropagator())
    assert OTHER_INPUT["VisualNeighborTagPropagator"].endswith("test_visual")
    assert "VisualNeighborTagPropagator" in neighbors.__all__
    html = estimator_html_repr(VisualNeighborTagPropagator())
    assert "sklearn_geo.neighbors.VisualNeighborTagPropagator.html" in html
    for parameter in VisualNeighborTagPropagator().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(VisualNeighborTagPropagator)


def test_a_second_fit_that_fails_leaves_the_first():
    looks = np.eye(3)
    model = VisualNeighborTagPropagator(1, sparse_output=False, norm=None)
    before = model.fit(looks, np.eye(3)).transform(looks)
    with pytest.raises(ValueError, match=r".{20}"):
        model.fit(np.eye(4), np.eye(3))
    np.testing.assert_array_equal(model.transform(looks), before)


def test_looks_of_huge_numbers_have_angles():
    features = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    huge = 1.7e308 * features
    expected = FeatureIndex(features, "cosine").nearest(features, 3)
    for index, queries in ((huge, features), (features, huge), (huge, huge)):
        found = FeatureIndex(index, "cosine").nearest(queries, 3)
        np.testing.assert_allclose(found[0], expected[0], atol=1e-15)
        np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("huge", ["index", "queries"])
def test_looks_whose_distances_have_no_square_are_refused(huge):
    small, large = np.eye(2), 1e154 * np.eye(2)
    index = FeatureIndex(large if huge == "index" else small, "euclidean")
    with pytest.raises(ValueError, match=r"1e\+154 long.*Scale features"):
        index.nearest(large if huge == "queries" else small, 1)
