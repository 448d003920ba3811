# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Approximate neighbours by faiss: nearly all of the exact ones, none excluded."""

import gc
import pickle
import sys

import faiss
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_geo.neighbors import (
    GeoTagCorpus,
    JointNeighborTagPropagator,
    VisualNeighborTagPropagator,
    _approximate,
)
from sklearn_geo.neighbors._approximate import ApproximateIndex, index_of
from sklearn_geo.neighbors._looks import Excluded, FeatureIndex

N_PHOTOS, K = 4000, 20


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(60, 12))
    features = middles[rng.integers(60, size=N_PHOTOS)]
    features = features + rng.normal(scale=0.4, size=features.shape)
    features[7] = 0.0
    queries = features[rng.integers(N_PHOTOS, size=150)] + rng.normal(scale=0.1)
    return features, queries


@pytest.fixture(scope="module", params=["cosine", "euclidean"])
def indices(request, photos):
    metric = request.param
    return FeatureIndex(photos[0], metric), ApproximateIndex(photos[0], metric)


def shared(these, those):
    """Return the share of one row's photos that are also in the other's."""
    pairs = zip(these.tolist(), those.tolist(), strict=True)
    return np.mean([len(set(a) & set(b)) / len(a) for a, b in pairs])


def test_nearly_all_neighbors_and_their_exact_distances(photos, indices):
    exact, approximate = indices
    distances, rows = approximate.nearest(photos[1], K)
    true_distances, true_rows = exact.nearest(photos[1], K)
    assert shared(rows, true_rows) > 0.99
    assert (np.diff(distances, axis=1) >= 0).all()
    np.testing.assert_array_equal(distances, exact.between(photos[1], rows))
    assert (distances >= true_distances - 1e-12).all()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    ("scale", "shift"), [(1e-25, 0.0), (1e100, 0.0), (1.0, 1e7), (1e-6, -1.0)]
)
def test_features_of_any_size_and_origin(photos, metric, scale, shift):
    features, queries = (X * scale + shift for X in photos)
    # Nobody looks like a photo that lies far outside of everything.
    features[11] = 1e12 * (scale + abs(shift))
    _, rows = ApproximateIndex(features, metric).nearest(queries, K)
    _, true_rows = FeatureIndex(features, metric).nearest(queries, K)
    assert shared(rows, true_rows) > 0.98


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("n_others", [0, 300])
def test_photos_that_nearly_all_look_the_same(photos, metric, n_others):
    same = np.broadcast_to(photos[0][:1], (1500, photos[0].shape[1]))
    features = np.concatenate([same, photos[0][:n_others]])
    distances, rows = ApproximateIndex(features, metric).nearest(same[:2], K)
    assert (distances == 0.0).all()
    np.testing.assert_array_equal(features[rows], same[:K][np.newaxis].repeat(2, 0))


def test_photos_without_features_do_not_hide_the_others(photos):
    features = np.concatenate([photos[0], np.zeros((400, photos[0].shape[1]))])
    # The cosine distance to them is one; those that are nearer come first.
    distances, _ = ApproximateIndex(features, "cosine").nearest(photos[1], 300)
    true_distances, _ = FeatureIndex(features, "cosine").nearest(photos[1], 300)
    assert (true_distances[:, -1] > 0.5).mean() > 0.1
    assert (distances <= true_distances[:, -1:] + 1e-12).mean() > 0.98


def test_nearly_all_neighbors_where_nothing_is_clustered():
    features = np.random.default_rng(5).normal(size=(3000, 40))
    queries = np.random.default_rng(6).normal(size=(50, 40))
    _, rows = ApproximateIndex(features, "euclidean").nearest(queries, K)
    _, true_rows = FeatureIndex(features, "euclidean").nearest(queries, K)
    assert shared(rows, true_rows) > 0.98


def test_a_query_does_not_depend_on_the_others(photos, indices):
    _, approximate = indices
    _, rows = approximate.nearest(photos[1], K)
    for i in (0, 70, 149):
        np.testing.assert_array_equal(
            approximate.nearest(photos[1][i : i + 1], K)[1][0], rows[i]
        )


def test_excluded_photos_are_no_neighbors(photos, indices):
    exact, approximate = indices
    own_rows = np.arange(0, 1500, 10)
    corpus_groups = np.arange(N_PHOTOS) % 7
    # Group 6 of seven, one in the corpus that is in no query, and an unknown one.
    groups = np.where(own_rows % 3 == 0, corpus_groups[own_rows], -1)
    excluded = Excluded(own_rows, groups, corpus_groups)
    queries = photos[0][own_rows]
    _, rows = approximate.nearest(queries, K, excluded)
    assert (rows >= 0).all()
    assert (rows != own_rows[:, np.newaxis]).all()
    assert (corpus_groups[rows] != groups[:, np.newaxis]).all()
    assert shared(rows, exact.nearest(queries, K, excluded)[1]) > 0.99


def test_queries_that_exclude_something_beside_those_that_do_not(photos, indices):
    exact, approximate = indices
    queries = photos[0][:200]
    own_rows = np.where(np.arange(200) % 3 == 0, np.arange(200), -1)
    excluded = Excluded(own_rows, None, None)
    distances, rows = approximate.nearest(queries, K, excluded)
    assert (rows != own_rows[:, np.newaxis]).all()
    np.testing.assert_array_equal(distances, exact.between(queries, rows))
    assert shared(rows, exact.nearest(queries, K, excluded)[1]) > 0.99


def test_equally_far_photos_are_in_the_order_of_their_rows(photos):
    features = np.concatenate([photos[0][:1500]] * 3)
    distances, rows = ApproximateIndex(features, "euclidean").nearest(photos[1], K)
    equal = distances[:, 1:] == distances[:, :-1]
    assert equal.mean() > 0.5
    assert (np.diff(rows, axis=1)[equal] > 0).all()


def test_a_group_of_nearly_everything_is_left_to_the_exact_index(photos, indices):
    exact, approximate = indices
    corpus_groups = (np.arange(N_PHOTOS) < 30).astype(int)
    excluded = Excluded(None, np.ones(3, dtype=int), 1 - corpus_groups)
    found = approximate.nearest(photos[1][:3], 40, excluded)
    expected = exact.nearest(photos[1][:3], 40, excluded)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert ((found[1] < 0).sum(axis=1) == 10).all()  # thirty photos are all there are


def test_equal_features_give_equal_graphs_whatever_the_threads(photos):
    before = faiss.omp_get_max_threads()
    graphs = []
    try:
        for n_threads in (1, 2):
            faiss.omp_set_num_threads(n_threads)
            index = ApproximateIndex(photos[0], "cosine")
            assert faiss.omp_get_max_threads() == n_threads
            graphs.append(bytes(faiss.serialize_index(index._graph)))
    finally:
        faiss.omp_set_num_threads(before)
    assert graphs[0] == graphs[1]


def test_pickles(photos, indices):
    again = pickle.loads(pickle.dumps(indices[1]))
    for ours, theirs in zip(
        again.nearest(photos[1], K), indices[1].nearest(photos[1], K), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def _corpus(photos, n_tags=5):
    rng = np.random.default_rng(1)
    places = rng.uniform(-60, 60, (N_PHOTOS, 2))
    tags = (rng.random((N_PHOTOS, n_tags)) < 0.3).astype(float)
    return GeoTagCorpus(places, tags, features=photos[0], groups=np.arange(N_PHOTOS))


@pytest.mark.parametrize("norm", ["l1", None])
def test_tags_of_visual_neighbors(photos, norm):
    corpus = _corpus(photos)
    params = {"sigma": 0.3, "norm": norm, "sparse_output": False, "corpus": corpus}
    exact = VisualNeighborTagPropagator(K, **params).fit(photos[1])
    ann = VisualNeighborTagPropagator(K, ann=True, **params).fit(photos[1])
    difference = np.abs(ann.transform(photos[1]) - exact.transform(photos[1]))
    assert np.median(difference) < 1e-12
    assert (difference.max(axis=1) < 1e-9).mean() > 0.9
    again = pickle.loads(pickle.dumps(ann))
    np.testing.assert_array_equal(again.transform(photos[1]), ann.transform(photos[1]))


def test_a_photo_is_no_neighbor_of_itself_in_training(photos):
    features = np.vstack([np.eye(12) * 50, photos[0][:500]])
    tags = np.zeros((512, 2))
    tags[:12, 0] = tags[12:, 1] = 1.0
    encoder = VisualNeighborTagPropagator(
        1, metric="euclidean", ann=True, sparse_output=False
    )
    rows = encoder.fit_transform(features, tags)
    # The twelve are nearest to each other or to the crowd, but never to themselves.
    assert (rows.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(encoder.transform(features[:12])[:, 0], 1)


def test_joint_neighbors(photos):
    corpus = _corpus(photos)
    X = np.column_stack([corpus.places[:50], photos[0][:50]])
    params = {"corpus": corpus, "sparse_output": False}
    exact = JointNeighborTagPropagator(9, 9, **params).fit(X).transform(X)
    ann = JointNeighborTagPropagator(9, 9, ann=True, **params).fit(X).transform(X)
    assert (np.abs(ann - exact).max(axis=1) < 1e-9).mean() > 0.9


def test_a_corpus_has_one_graph(photos, monkeypatch):
    built = []

    class Counted(ApproximateIndex):
        def __init__(self, *args):
            built.append(args[1])
            super().__init__(*args)

    monkeypatch.setattr(_approximate, "ApproximateIndex", Counted)
    corpus = _corpus(photos)
    pipe = make_pipeline(
        VisualNeighborTagPropagator(K, corpus=corpus, ann=True), Ridge()
    )
    grid = {"visualneighbortagpropagator__sigma": [0.1, 1.0, 10.0]}
    y = photos[1][:, 0]
    GridSearchCV(pipe, grid, cv=3).fit(photos[1], y)
    assert built == ["cosine"]
    clone(pipe[0]).set_params(metric="euclidean").fit(photos[1])
    assert built == ["cosine", "euclidean"]
    # The graphs go with their corpus.
    n_graphs = len(_approximate._GRAPHS)
    del pipe, corpus
    gc.collect()
    assert len(_approximate._GRAPHS) == n_graphs - 1


def test_without_faiss(photos, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert isinstance(index_of(photos[0], "cosine", ann=False), FeatureIndex)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[ann\]'"):
        index_of(photos[0], "cosine", ann=True)
