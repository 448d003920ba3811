# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.externals.loky import get_reusable_executor
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import BallTree
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)
from sklearn.utils.fixes import parse_version

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    PlaceIndex,
    _index,
    _others,
)
from tests.contract import TakesFlatTags

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0

# Five photos on the equator where exp(-d / 10 km), seen from the first, is 1, 1/2, 1/4,
# 1/8 and 1/16. The fourth carries its tag twice.
FIVE = np.column_stack(
    [np.zeros(5), 10.0 * np.log([1.0, 2.0, 4.0, 8.0, 16.0]) / DEGREE_KM]
)

TAGS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 2], [1, 1, 1]])


def _dense(n_neighbors=150, **params):
    return GeoNeighborTagPropagator(n_neighbors, sparse_output=False, **params)


def _photos(n_photos, n_tags, seed, spread=2.0):
    """Make photos around a place on the antimeridian, some at equal places."""
    rng = np.random.default_rng(seed)
    places = [[60.0, 180.0]] + rng.normal(scale=spread, size=(n_photos, 2))
    places[n_photos // 2 :: 3] = places[: len(places[n_photos // 2 :: 3])]
    tags = (rng.random((n_photos, n_tags)) < 0.2) * rng.integers(1, 4, (1, n_tags))
    return places, tags.astype(np.float64)


def _naive(places, tags, queries, n_neighbors, sigma_km, allowed=None, radius_km=None):
    """Work equation 3 row by row, in the order of the formula."""
    rows = []
    for i, query in enumerate(queries):
        km = haversine(query[np.newaxis], places)
        near = np.lexsort((np.arange(len(km)), km))
        if allowed is not None:
            near = near[allowed[i, near]]
        near = near[:n_neighbors]
        if radius_km is not None:
            near = near[km[near] <= radius_km]
        total = np.zeros(tags.shape[1])
        for j in near:
            total += np.exp(-km[j] / sigma_km) * tags[j]
        rows.append(total / (total.sum() or 1.0))
    return np.array(rows)


# Equation 3 ---------------------------------------------------------------------------


def test_equation_3_by_hand():
    encoder = _dense(n_neighbors=4).fit(FIVE, TAGS)
    # Tag 0: 1 + 1/2, tag 1: 1/2 + 1/4, tag 2: 2/8; the fifth photo is no neighbour.
    expected = np.array([[1.5, 0.75, 0.25]])
    np.testing.assert_allclose(encoder.transform(FIVE[:1]), expected / 2.5, rtol=1e-12)
    for norm, size in [
        (None, 1.0),
        ("max", 1.5),
        ("l2", np.sqrt(1.5**2 + 0.75**2 + 0.25**2)),
    ]:
        encoder.set_params(norm=norm)
        np.testing.assert_allclose(encoder.transform(FIVE[:1]), expected / size)


def test_equation_3_by_hand_without_the_photo_itself():
    rows = _dense(n_neighbors=4).fit_transform(FIVE, TAGS)
    # Tag 0: 1/2 + 1/16, tag 1: 1/2 + 1/4 + 1/16, tag 2: 2/8 + 1/16.
    np.testing.assert_allclose(rows[0], np.array([9, 13, 5]) / 27, rtol=1e-12)
    # From the last photo the weights are 1/2, 1/4, 1/8, 1/16 of photos 3, 2, 1, 0.
    np.testing.assert_allclose(rows[4], np.array([3, 6, 16]) / 25, rtol=1e-12)


def test_sigma_is_a_distance_in_km():
    rows = _dense(n_neighbors=2, sigma_km=20.0).fit(FIVE, TAGS).transform(FIVE[:1])
    # Twice the sigma: weights are the square roots, 1 and 1 / sqrt(2).
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        rows[0], [(1 + half) / (1 + 2 * half), *[half / (1 + 2 * half), 0]]
    )


@pytest.mark.parametrize("norm", ["l1", "l2", "max", None])
@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize(
    "make", [np.array, sparse.csr_matrix, sparse.csc_array, pd.DataFrame]
)
def test_rows_are_those_of_a_naive_loop(make, sparse_output, norm):
    places, tags = _photos(300, 12, 0)
    queries, _ = _photos(40, 1, 1)
    encoder = GeoNeighborTagPropagator(
        20, sigma_km=30.0, norm=norm, sparse_output=sparse_output
    )
    found = encoder.fit(places, make(tags)).transform(queries)
    assert sparse.issparse(found) == sparse_output
    expected = _naive(places, tags, queries, 20, 30.0)
    if norm is None:
        found = found / found.sum(axis=1).reshape(-1, 1)
    elif norm == "l2":
        expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    elif norm == "max":
        expected = expected / expected.max(axis=1, keepdims=True)
    found = found.toarray() if sparse.issparse(found) else found
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("place", [[90.0, 7.0], [-90.0, 0.0], [0.0, 180.0]])
def test_rows_are_those_of_ball_tree_at_poles_and_seams(place):
    rng = np.random.default_rng(0)
    places = np.array([place]) + rng.normal(scale=3.0, size=(2000, 2))
    over = np.abs(places[:, 0]) > 90.0
    places[over, 0] = np.sign(places[over, 0]) * 180.0 - places[over, 0]
    places[:, 1] = np.where(abs(place[0]) == 90, rng.uniform(-180, 180), places[:, 1])
    tags = (rng.random((2000, 30)) < 0.1).astype(np.float64)
    queries = np.vstack([[place], places[:50] + 0.1 * rng.random((50, 2)) * [0, 1]])
    tree = BallTree(np.radians(places), metric="haversine")
    radians, rows = tree.query(np.radians(queries), k=150)
    weights = np.exp(-radians * EARTH_RADIUS_KM / 50.0)
    expected = np.einsum("ij,ijk->ik", weights, tags[rows])
    expected /= expected.sum(axis=1, keepdims=True)
    found = _dense(sigma_km=50.0).fit(places, tags).transform(queries)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


# What leaks ---------------------------------------------------------------------------


def test_a_photo_is_no_evidence_of_its_own_tags():
    # Only the first photo has tags.
    tags = np.array([[1, 1, 0]] + [[0, 0, 0]] * 4)
    encoder = _dense(n_neighbors=4)
    rows = encoder.fit_transform(FIVE, tags)
    np.testing.assert_array_equal(rows[0], [0, 0, 0])
    np.testing.assert_allclose(rows[1:], [[0.5, 0.5, 0]] * 4)
    # A new photo at the same place does see the first.
    np.testing.assert_allclose(encoder.transform(FIVE[:1]), [[0.5, 0.5, 0]])
    teacher = _dense(n_neighbors=4, exclude_self=False)
    np.testing.assert_allclose(
        teacher.fit_transform(FIVE, tags)[:3], [[0.5, 0.5, 0]] * 3
    )


def test_a_lonely_photo_has_no_tags():
    encoder = GeoNeighborTagPropagator()
    for sparse_output in (True, False):
        encoder.set_params(sparse_output=sparse_output)
        rows = encoder.fit_transform([[1.0, 2.0]], [[1, 1]])
        rows = rows.toarray() if sparse_output else rows
        np.testing.assert_array_equal(rows, [[0, 0]])
        assert encoder.transform([[1.0, 2.0]]).sum() == 1.0


@pytest.mark.parametrize("n_neighbors", [1, 2, 5, 150])
def test_other_photos_at_the_same_place_count(n_neighbors):
    # Every photo has a tag of its own, and all are at one place.
    n_photos = 40
    places = np.repeat([[48.86, 2.29]], n_photos, axis=0)
    rows = _dense(n_neighbors).fit_transform(places, np.eye(n_photos))
    np.testing.assert_array_equal(np.diag(rows), 0.0)
    n_seen = min(n_neighbors, n_photos - 1)
    np.testing.assert_allclose(rows[rows > 0], 1 / n_seen)
    np.testing.assert_array_equal((rows > 0).sum(axis=1), n_seen)
    # The first photos come first.
    np.testing.assert_array_equal(np.flatnonzero(rows[-1]), np.arange(n_seen))


@settings(max_examples=40, deadline=None)
@given(
    spots=st.lists(st.integers(0, 6), min_size=2, max_size=30),
    n_neighbors=st.integers(1, 12),
)
def test_training_rows_are_those_of_a_loop_that_leaves_out_the_row(spots, n_neighbors):
    places = np.column_stack([np.zeros(len(spots)), 0.1 * np.array(spots)])
    tags = np.eye(len(spots))
    found = _dense(n_neighbors).fit_transform(places, tags)
    others = ~np.eye(len(spots), dtype=bool)
    expected = _naive(places, tags, places, n_neighbors, 10.0, others)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


# Far and few --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sigma_km", [1e-320, 1e-6, 10.0, 1e6, 1e308])
def test_rows_are_finite_however_far_the_photos(sigma_km, dtype):
    places = [[0.0, 0.0], [0.0, 1e-9], [89.0, 0.0]]
    tags = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    encoder = _dense(sigma_km=sigma_km, dtype=dtype).fit(places, tags)
    rows = encoder.transform([[0.0, -179.9], [-60.0, 20.0], [0.0, 0.0], [90.0, 5.0]])
    assert rows.dtype == dtype
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, rtol=1e-6)


def test_far_photos_keep_their_ratio():
    # 10,000 km away, where exp(-d / 10) is 0 in float64, but 10 ln 3 km apart.
    apart = 10.0 * np.log(3.0) / DEGREE_KM
    encoder = _dense().fit([[0.0, 90.0], [0.0, 90.0 + apart]], np.eye(2))
    np.testing.assert_allclose(encoder.transform([[0.0, 0.0]]), [[0.75, 0.25]])
    encoder.set_params(norm=None)
    np.testing.assert_array_equal(encoder.transform([[0.0, 0.0]]), [[0.0, 0.0]])


def test_photos_without_tags_count_but_hide_nothing():
    # The nearest photo has no tags; the one with tags is 5000 sigmas farther.
    places, tags = [[0.0, 0.0], [0.0, 4.5], [0.0, 9.0]], [[0, 0], [1, 0], [0, 1]]
    encoder = _dense(n_neighbors=2, sigma_km=0.1).fit(places, tags)
    np.testing.assert_array_equal(encoder.transform([[0.0, 0.0]]), [[1.0, 0.0]])
    encoder.set_params(n_neighbors=1)
    np.testing.assert_array_equal(encoder.transform([[0.0, 0.0]]), [[0.0, 0.0]])


def test_more_neighbors_than_photos_takes_all():
    for n_neighbors in (5, 6, 150):
        rows = _dense(n_neighbors, norm=None).fit(FIVE, TAGS).transform(FIVE[:1])
        np.testing.assert_allclose(rows, [[1.5 + 1 / 16, 0.75 + 1 / 16, 0.25 + 1 / 16]])


def test_radius_includes_its_border():
    border = float(haversine(FIVE[:1], FIVE[2:3])[0])
    encoder = _dense(radius_km=border, norm=None).fit(FIVE, TAGS)
    np.testing.assert_allclose(encoder.transform(FIVE[:1]), [[1.5, 0.75, 0.0]])
    encoder.set_params(radius_km=np.nextafter(border, 0.0))
    np.testing.assert_allclose(encoder.transform(FIVE[:1]), [[1.5, 0.5, 0.0]])
    encoder.set_params(radius_km=0.0)
    np.testing.assert_allclose(encoder.transform(FIVE[:1]), [[1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(encoder.transform([[1.0, 0.0]]), [[0.0, 0.0, 0.0]])
    # The photo itself is the only one within nothing.
    np.testing.assert_array_equal(encoder.fit_transform(FIVE, TAGS), np.zeros((5, 3)))


# Groups -------------------------------------------------------------------------------


def test_users_do_not_teach_each_other_by_hand():
    users = ["ann", "ann", "bob", "bob", "cy"]
    encoder = _dense(n_neighbors=2, exclude_same_group=True)
    rows = encoder.fit_transform(FIVE, TAGS, groups=users)
    # The first is taught by photos 2 and 3 (1/4 and 2/8), the last by 3 and 2.
    np.testing.assert_allclose(rows[0], [0.0, 0.5, 0.5])
    np.testing.assert_allclose(rows[4], [0.0, 0.2, 0.8])
    new = np.repeat(FIVE[:1], 3, axis=0)
    seen = encoder.transform(new, groups=["bob", "dora", "ann"])
    # At the first place, photos 0 and 1 (1 and 1/2) are the nearest for all but ann.
    np.testing.assert_allclose(seen, [[0.75, 0.25, 0], [0.75, 0.25, 0], rows[0]])
    np.testing.assert_allclose(encoder.transform(new), [[0.75, 0.25, 0]] * 3)


@pytest.mark.parametrize("row_cost", [0, 8, 10**9])
@pytest.mark.parametrize("radius_km", [None, 150.0])
@pytest.mark.parametrize("n_neighbors", [1, 30, 500])
def test_group_rows_are_those_of_a_naive_loop(
    n_neighbors, radius_km, row_cost, monkeypatch
):
    # Whatever is thought cheaper, wading through a group or leaving it out at once.
    monkeypatch.setattr(_others, "_ROW_COST", row_cost)
    places, tags = _photos(200, 10, 2)
    # One user took most photos, in one corner.
    users = np.where(places[:, 0] < 61.0, 0, np.arange(200) % 30)
    encoder = _dense(
        n_neighbors, sigma_km=80.0, exclude_same_group=True, radius_km=radius_km
    )
    found = encoder.fit_transform(places, tags, groups=users)
    allowed = users[:, np.newaxis] != users
    expected = _naive(places, tags, places, n_neighbors, 80.0, allowed, radius_km)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    seen = encoder.transform(places, groups=users)
    np.testing.assert_allclose(seen, expected, rtol=1e-9, atol=1e-12)


def test_a_world_of_one_user_is_empty():
    encoder = _dense(exclude_same_group=True)
    rows = encoder.fit_transform(FIVE, TAGS, groups=["ann"] * 5)
    np.testing.assert_array_equal(rows, np.zeros((5, 3)))


def test_an_album_of_thousands_is_left_out_at_once():
    rng = np.random.default_rng(0)
    places = np.vstack([rng.normal(scale=1e-3, size=(5000, 2)), np.ones((200, 2))])
    tags = np.repeat(np.eye(2), [5000, 200], axis=0)
    users = np.repeat(["album", "crowd"], [5000, 200])
    encoder = _dense(150, exclude_same_group=True).fit(places, tags, groups=users)
    rows = encoder.transform(places[::10], groups=users[::10])
    np.testing.assert_array_equal(rows, np.repeat([[0, 1], [1, 0]], [500, 20], axis=0))


def test_photo_ids_as_groups_leave_out_one_photo():
    places, tags = _photos(100, 6, 3)
    ids = np.array([f"photo {i}" for i in range(100)])
    corpus = GeoTagCorpus(places, tags, groups=ids)
    encoder = _dense(10, corpus=corpus, exclude_same_group=True).fit(places)
    expected = _dense(10).fit_transform(places, tags)
    np.testing.assert_allclose(encoder.transform(places, groups=ids), expected)


def test_groups_travel_through_a_pipeline():
    users = np.array(["ann", "ann", "bob", "bob", "cy"])
    encoder = _dense(n_neighbors=2, exclude_same_group=True)
    expected = encoder.fit_transform(FIVE, TAGS, groups=users)
    with config_context(enable_metadata_routing=True):
        requested = clone(encoder)
        requested.set_fit_request(groups=True).set_transform_request(groups=True)
        pipe = make_pipeline(requested, StandardScaler(with_mean=False, with_std=False))
        found = pipe.fit_transform(FIVE, TAGS, groups=users)
        np.testing.assert_array_equal(found, expected)
        found = pipe.transform(FIVE, groups=users)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda e: e.fit(FIVE, TAGS), ValueError, "pass groups= to fit"),
        (
            lambda e: e.set_params(corpus=GeoTagCorpus(FIVE, TAGS)).fit(FIVE),
            ValueError,
            "pass groups= to GeoTagCorpus",
        ),
        (
            lambda e: e.set_params(
                corpus=GeoTagCorpus(FIVE, TAGS, groups=range(5))
            ).fit_transform(FIVE),
            ValueError,
            r"pass groups= to fit_transform.*set_transform_request",
        ),
        (
            lambda e: (
                e.set_params(exclude_same_group=False)
                .fit(FIVE, TAGS)
                .set_params(exclude_same_group=True)
                .transform(FIVE, groups=range(5))
            ),
            ValueError,
            "pass groups= to fit",
        ),
        (
            lambda e: e.fit(FIVE, TAGS, groups=[1, 2]),
            ValueError,
            r"has \d rows, but",
        ),
        (
            lambda e: e.fit(FIVE, TAGS, groups=range(5)).transform(FIVE, groups=[1]),
            ValueError,
            r"has \d rows, but",
        ),
        (
            lambda e: e.fit(FIVE, TAGS, groups=list("abcde")).transform(
                FIVE, groups=range(5)
            ),
            TypeError,
            "groups are numbers here, but were text before",
        ),
    ],
)
def test_refuses_groups_that_do_not_fit(call, error, words):
    with pytest.raises(error, match=words):
        call(_dense(exclude_same_group=True))


# One row at a time, in any order, with little memory ----------------------------------


@pytest.mark.parametrize(
    "params", [{}, {"radius_km": 200.0}, {"exclude_same_group": True}]
)
def test_rows_are_independent(params):
    places, tags = _photos(500, 8, 4)
    users = np.arange(500) % 9
    encoder = _dense(30, **params).fit(places, tags, groups=users)
    queries, query_users = places[:60] + 0.001, users[:60]
    rows = encoder.transform(queries, groups=query_users)
    for i in range(60):
        one = encoder.transform(queries[i : i + 1], groups=query_users[i : i + 1])
        np.testing.assert_allclose(one[0], rows[i], rtol=1e-12, atol=1e-15)
    order = np.random.default_rng(0).permutation(60)
    shuffled = encoder.transform(queries[order], groups=query_users[order])
    np.testing.assert_allclose(shuffled, rows[order], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize("same_group", [True, False])
def test_little_memory_and_threads_change_nothing(same_group, sparse_output):
    places, tags = _photos(200, 8, 5)
    users = np.arange(200) % 9
    encoder = GeoNeighborTagPropagator(
        30, sparse_output=sparse_output, exclude_same_group=same_group
    )
    expected = encoder.fit_transform(places, tags, groups=users)
    with config_context(working_memory=0.01):
        found = encoder.fit_transform(places, tags, groups=users)
    threaded = encoder.set_params(n_jobs=2).fit_transform(places, tags, groups=users)
    for rows in (found, threaded):
        assert abs(rows - expected).max() < 1e-15


# Output -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_output_types(dtype):
    encoder = GeoNeighborTagPropagator(dtype=dtype).fit(FIVE, TAGS)
    rows = encoder.transform(FIVE)
    assert isinstance(rows, sparse.csr_matrix)
    assert rows.dtype == dtype
    encoder.set_params(sparse_output=False)
    assert encoder.transform(FIVE).dtype == dtype
    np.testing.assert_allclose(encoder.transform(FIVE), rows.toarray(), rtol=1e-6)
    # A corpus of the other type serves too.
    corpus = GeoTagCorpus(FIVE, TAGS.astype(np.float32))
    encoder = _dense(corpus=corpus, dtype=dtype).fit(FIVE)
    assert encoder.transform(FIVE).dtype == dtype
    np.testing.assert_allclose(encoder.transform(FIVE), rows.toarray(), rtol=1e-6)


@pytest.mark.skipif(
    "sparse_interface" not in sklearn.get_config(), reason="scikit-learn before 1.9"
)
def test_sparse_interface_of_scikit_learn():
    encoder = GeoNeighborTagPropagator().fit(FIVE, TAGS)
    with config_context(sparse_interface="sparray"):
        assert isinstance(encoder.transform(FIVE), sparse.csr_array)


def test_feature_names():
    encoder = _dense().fit(FIVE, TAGS)
    assert encoder.get_feature_names_out().tolist() == ["tag_0", "tag_1", "tag_2"]
    frame = pd.DataFrame(TAGS, columns=["sea", "sun", 3])
    assert encoder.fit(FIVE, frame).get_feature_names_out().tolist() == [
        *("tag_sea", "tag_sun", "tag_3")
    ]
    corpus = GeoTagCorpus(FIVE, TAGS, tag_names=["a", "b", "c"])
    encoder = _dense(corpus=corpus).fit(FIVE)
    assert encoder.get_feature_names_out().tolist() == ["tag_a", "tag_b", "tag_c"]
    with pytest.raises(ValueError, match="input_features"):
        encoder.get_feature_names_out(["only one"])


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_frames(container):
    tags = {"pandas": pd, "polars": pl}[container].DataFrame(
        {"sea": [1, 1, 0, 0, 1], "sun": [0, 1, 1, 0, 1]}
    )
    encoder = _dense(4).set_output(transform=container)
    frame = encoder.fit_transform(FIVE, tags)
    assert list(frame.columns) == ["tag_sea", "tag_sun"]
    bare = _dense(4).fit_transform(FIVE, tags)
    np.testing.assert_array_equal(frame.to_numpy(), bare)


# Corpora ------------------------------------------------------------------------------


def test_a_corpus_replaces_labels():
    corpus = GeoTagCorpus(FIVE, TAGS)
    encoder = _dense(4, corpus=corpus)
    new = np.array([[0.0, 0.01], [0.0, 0.3]])
    expected = _dense(4).fit(FIVE, TAGS).transform(new)
    for y in (None, ["museum", "park"], [[-1.0], [np.nan]]):
        np.testing.assert_array_equal(encoder.fit(new, y).transform(new), expected)
        np.testing.assert_array_equal(encoder.fit_transform(new, y), expected)
    assert encoder.corpus_ is corpus
    assert not encoder.__sklearn_tags__().target_tags.required
    with pytest.raises(ValueError, match="reads exactly two columns"):
        encoder.fit(np.ones((3, 3)))


def _venues(corpus, seed):
    """Make venues whose score is how much of tag 0 there is around."""
    rng = np.random.default_rng(seed)
    venues = corpus.places[rng.integers(corpus.n_photos, size=90)] + 0.01
    y = _dense(20, corpus=corpus, sigma_km=60.0).fit(venues).transform(venues)[:, 0]
    return venues, y


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_search_indexes_a_corpus_once(n_jobs, monkeypatch):
    built = []

    class CountingTree(_index.cKDTree):
        def __init__(self, *args, **kwargs):
            built.append(type(self))
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(_index, "cKDTree", CountingTree)
    places, tags = _photos(1000, 12, 6)
    corpus = GeoTagCorpus(places, tags)
    assert len(built) == 1
    venues, y = _venues(corpus, 0)
    pipe = make_pipeline(_dense(20, corpus=corpus), Ridge(alpha=1e-6))
    name = "geoneighbortagpropagator"
    grid = {f"{name}__sigma_km": [1.0, 5.0, 20.0, 60.0, 200.0, 1000.0]}
    search = GridSearchCV(pipe, grid, cv=5, n_jobs=n_jobs).fit(venues, y)
    assert search.best_params_[f"{name}__sigma_km"] == 60.0
    assert len(built) == 1
    best = search.best_estimator_[0]
    assert best.corpus is corpus
    assert np.shares_memory(best.corpus_.tags.data, corpus.tags.data)


def test_workers_of_a_grid_search_build_no_index():
    places, tags = _photos(1000, 12, 7)
    corpus = GeoTagCorpus(places, tags)
    venues, y = _venues(corpus, 1)

    # Local classes travel to workers by value.
    class NoTrees(StandardScaler):
        def fit(self, X, y=None):
            import sklearn_geo.neighbors._index as module

            tree = module.cKDTree

            class Restored:
                def __new__(cls, *args):
                    assert not args, "a tree is being built"
                    return tree.__new__(tree)

            if isinstance(tree, type) and tree.__name__ == "cKDTree":
                module.cKDTree = Restored
            return super().fit(X)

        def transform(self, X, copy=None):
            return X

    steps = [
        ("trap", NoTrees()),
        ("tags", _dense(20, corpus=corpus)),
        ("ridge", Ridge(alpha=1e-6)),
    ]
    grid = {"tags__sigma_km": [5.0, 60.0]}
    search = GridSearchCV(
        Pipeline(steps), grid, cv=3, n_jobs=2, refit=False, error_score="raise"
    )
    try:
        assert search.fit(venues, y).best_params_ == {"tags__sigma_km": 60.0}
    finally:  # workers are kept, and the tests that follow build trees in theirs
        get_reusable_executor().shutdown(wait=True)
    # What the search asserted about workers, the trap does in this process too.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_index, "cKDTree", _index.cKDTree)
        NoTrees().fit(venues)
        with pytest.raises(AssertionError, match="a tree is being built"):
            PlaceIndex(venues)


# A union of older versions puts frames side by side before it tells columns apart.
UNION_OF_POLARS = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="two transformers of one union name their polars columns alike",
)


@pytest.mark.parametrize(
    "container", ["pandas", pytest.param("polars", marks=UNION_OF_POLARS)]
)
def test_frozen_in_a_feature_union(container):
    tags = pd.DataFrame(TAGS, columns=["sea", "sun", "sand"])
    fitted = _dense(4).fit(FIVE, tags)
    near = _dense(1, corpus=GeoTagCorpus(FIVE, tags))
    union = FeatureUnion([("wide", FrozenEstimator(fitted)), ("near", near)])
    frame = union.set_output(transform=container).fit_transform(FIVE, np.arange(5))
    assert list(frame.columns) == [
        *("wide__tag_sea", "wide__tag_sun", "wide__tag_sand"),
        *("near__tag_sea", "near__tag_sun", "near__tag_sand"),
    ]
    # Frozen, it does not learn from the labels, nor think that rows are its photos.
    np.testing.assert_array_equal(frame.to_numpy()[:, :3], fitted.transform(FIVE))
    np.testing.assert_array_equal(
        union.get_feature_names_out().tolist(), list(frame.columns)
    )


def test_in_a_column_transformer():
    X = pd.DataFrame(FIVE, columns=["lat", "lon"]).assign(size=np.arange(5.0))
    encoder = GeoNeighborTagPropagator(4)
    columns = ColumnTransformer(
        [("tags", encoder, ["lat", "lon"])], remainder="passthrough"
    )
    found = columns.fit_transform(X, TAGS)
    expected = encoder.fit_transform(FIVE, TAGS).toarray()
    np.testing.assert_array_equal(np.asarray(found)[:, :3], expected)


def test_pickles_and_clones():
    encoder = _dense(4).fit(FIVE, TAGS)
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(FIVE), encoder.transform(FIVE))
    assert not hasattr(clone(encoder), "corpus_")


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_neighbors": 0}, "'n_neighbors' parameter .* must be an int in the range"),
        ({"sigma_km": 0.0}, "'sigma_km' parameter .* must be a float in the range"),
        ({"sigma_km": -1.0}, "'sigma_km' parameter .* must be a float in the range"),
        ({"radius_km": -1.0}, "'radius_km' parameter .* must be a float in the range"),
        ({"norm": "l3"}, "'norm' parameter"),
        ({"exclude_self": True}, "'exclude_self' parameter"),
        ({"exclude_self": "transform"}, "'exclude_self' parameter"),
        ({"corpus": FIVE}, "'corpus' parameter .* must be an instance of"),
        ({"dtype": np.int64}, r"must be numpy\.float64 or numpy\.float32"),
    ],
)
def test_refuses_parameters(params, words):
    with pytest.raises(ValueError, match=words):
        GeoNeighborTagPropagator(**params).fit(FIVE, TAGS)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "requires y to be passed, but the target y is None.*GeoTagCorpus"),
        (-TAGS, r"y, row 0, column 0: -1\.0 is negative.* \(7 more values like it"),
        (sparse.csr_array(-TAGS), "y, row 0, column 0: -1.0 is negative"),
        (
            np.where(TAGS == 2, np.nan, TAGS),
            r"y, row 3, column 2: nan is NaN\. Write 0",
        ),
        (np.where(TAGS == 2, np.inf, TAGS), "y, row 3, column 2: inf is infinity"),
        (np.full((5, 3), 1e308), "y add up to infinity"),
        (TAGS[:4], r"has \d rows, but"),
        (np.zeros((5, 0)), "y has no columns"),
        ([["sea"], ["sun"], ["sea"], [], []], "y holds words.*MultiLabelBinarizer"),
        (np.array([*"abcde"]).reshape(5, 1), "y holds words"),
        ([{"sea"}, {"sun"}, {"sea"}, set(), set()], "y holds words"),
        ([[0, 2], [1], [1], [0], [2]], "y has rows of unequal lengths. It has to be a"),
        (np.array([["a"], ["b"], [], [], []], dtype=object), "y holds words"),
        (pd.DataFrame(TAGS, columns=["a", "b", "a"]), "more than one column"),
        (
            pd.DataFrame({"sea": [0, 0, -1, 0, 0]}),
            "y, row 2, tag 'sea': -1.0 is negative",
        ),
    ],
)
def test_refuses_what_is_no_tag_indicator(y, words):
    with pytest.raises(ValueError, match=words):
        GeoNeighborTagPropagator().fit(FIVE, y)


def test_a_column_is_one_tag():
    column = [[0], [1], [1], [0], [0]]
    rows = _dense(2, norm=None).fit(FIVE, column).transform(FIVE[:1])
    np.testing.assert_allclose(rows, [[0.5]])


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1, 1, 0, 0],
        np.arange(5.0),
        pd.Series([0, 1, 1, 0, 0]),
        ["bar", "cafe", "cafe", "bar", "bar"],
        np.array(["bar", "cafe", "cafe", "bar", "bar"], dtype=object),
    ],
    ids=["list", "array", "series", "words", "objects"],
)
def test_a_label_of_the_task_never_reaches_the_encoder(labels):
    pipe = make_pipeline(_dense(2), LogisticRegression())
    words = r"y has one dimension, as the labels of a task have.*corpus=GeoTagCorpus"
    with pytest.raises(ValueError, match=words):
        pipe.fit(FIVE, labels)
    # With a corpus the labels are the classifier's alone.
    pipe[0].set_params(corpus=GeoTagCorpus(FIVE, TAGS))
    assert len(pipe.fit(FIVE, labels).predict(FIVE)) == 5


def test_a_tag_that_nobody_used_is_an_empty_column():
    tags = np.column_stack([TAGS, np.zeros(5)])
    rows = _dense().fit_transform(FIVE, tags)
    np.testing.assert_array_equal(rows[:, 3], 0.0)
    assert not _dense().fit_transform(FIVE, np.zeros((5, 2))).any()


# Conformance --------------------------------------------------------------------------


class Folded(TakesFlatTags, GeoNeighborTagPropagator):
    """Reads any finite matrix as places, so that scikit-learn's checks apply."""

    def _to_places(self, X, names):
        if not np.isfinite(X).all():
            raise ValueError("X contains NaN or infinity.")
        powers = np.arange(1, X.shape[1] + 1)
        latitude = 90.0 * np.sin(X @ powers)
        return np.column_stack([latitude, (X @ powers**2) * 7.0 % 360.0 - 180.0])


def _checks():
    corpus = GeoTagCorpus(*_photos(50, 7, 8))
    for params in (
        {},
        {"sparse_output": False, "dtype": np.float32},
        {"n_neighbors": 3, "exclude_self": False},
        {"n_neighbors": 3, "corpus": corpus},
    ):
        for estimator, check in estimator_checks_generator(Folded(**params)):
            if check.func.__name__ == "check_array_api_input":
                continue  # only skips itself, unless an environment variable is set
            name = f"{check.func.__name__}-{'-'.join(params)}"
            yield pytest.param(estimator, check, id=name)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated():
    check_param_validation("Folded", Folded())
