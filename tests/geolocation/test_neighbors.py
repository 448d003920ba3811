# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import inspect
import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geolocation import NeighborGeolocator
from sklearn_geo.geometry import haversine
from sklearn_geo.metrics import make_geo_scorer
from tests.contract import OTHER_INPUT
from tests.geolocation.common import checks_of, folds_y
from tests.sparse_rows import sparse_rows

PARIS, NEAR_PARIS, ROME, SYDNEY = (
    [48.85, 2.35],
    [48.95, 2.35],
    [41.9, 12.5],
    [-33.9, 151.2],
)
DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


def _photos(n, seed, n_features=6):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, n_features))
    places = np.column_stack([rng.uniform(-80, 80, n), rng.uniform(-180, 180, n)])
    places[1::2] = places[::2][: len(places[1::2])] + rng.normal(0, 2, (n // 2, 2))
    places[:, 1] = (places[:, 1] + 180) % 360 - 180
    return features, places


def _naive(features, places, query, *, k, metric, sigma_km, power=0, snap=None, w=None):
    """Find the mode by loops, with scikit-learn's neighbours."""
    search = NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute")
    distances, rows = search.fit(features).kneighbors(query[np.newaxis])
    distances, rows = distances[0], rows[0]
    best, highest = None, -1.0
    for i in rows:
        km = haversine(places[[i]], places[rows])
        density = 0.0
        for j, d, distance in zip(rows, distances, km, strict=True):
            weight = 1.0 if w is None else w[j]
            density += weight * d**-power * np.exp(-(distance**2) / (2 * sigma_km**2))
        if density > highest * (1 + 1e-12):
            best, highest = i, density
    if snap is not None:
        for i in rows:
            if haversine(places[i : i + 1], places[best : best + 1])[0] <= snap:
                return places[i]
    return places[best]


# By hand ------------------------------------------------------------------------------


def test_the_mode_by_hand():
    places = np.array([SYDNEY, PARIS, NEAR_PARIS, ROME])
    features = np.array([[0.0], [1.0], [2.0], [3.0]])
    model = NeighborGeolocator(1, metric="euclidean").fit(features, places)
    np.testing.assert_array_equal(model.predict([[0.1], [2.9]]), [SYDNEY, ROME])
    # Of the three nearest, two are close: Paris and its suburb are equally dense, and
    # Paris looks more like the photo.
    model = NeighborGeolocator(3, metric="euclidean").fit(features, places)
    np.testing.assert_array_equal(model.predict([[0.1]]), [PARIS])
    np.testing.assert_allclose(model.confidence([[0.1]]), [2 / 3])


def test_densities_by_hand():
    # On the equator at 0, 1 and 3 degrees, with a kernel of one degree: the densities
    # are 1 + e^-1/2 + e^-9/2, 1 + e^-1/2 + e^-2 and 1 + e^-2 + e^-9/2.
    from sklearn_geo.geolocation._density import kernel_densities
    from sklearn_geo.geometry import unit_vectors

    vectors = unit_vectors([[0, 0], [0, 1], [0, 3]])[np.newaxis]
    e = np.exp
    expected = [
        1 + e(-0.5) + e(-4.5),
        1 + e(-0.5) + e(-2),
        1 + e(-2) + e(-4.5),
    ]
    found = kernel_densities(vectors, np.ones((1, 3)), DEGREE_KM)
    np.testing.assert_allclose(found, [expected], rtol=1e-12)
    # Weights multiply what a place gives to the others.
    found = kernel_densities(vectors, np.array([[2.0, 0.0, 1.0]]), DEGREE_KM)
    expected = [2 + e(-4.5), 2 * e(-0.5) + e(-2), 1 + 2 * e(-4.5)]
    np.testing.assert_allclose(found, [expected], rtol=1e-12)


def test_the_default_is_four_degrees():
    assert NeighborGeolocator().sigma_km == pytest.approx(4 * DEGREE_KM, abs=0.05)


def test_the_antimeridian_is_no_border():
    places = [[0.0, 179.5], [0.0, -179.5], [0.0, 10.0]]
    model = NeighborGeolocator(3, metric="euclidean").fit([[1.0], [2.0], [0.0]], places)
    np.testing.assert_array_equal(model.predict([[0.0]]), [places[0]])


def test_distance_power_by_hand():
    # Rome is at distance 1, Paris and its suburb at 2: alone 1 against 1/4 + 1/4.
    features = [[1.0], [2.0], [-2.0]]
    places = [ROME, PARIS, NEAR_PARIS]
    params = {"metric": "euclidean", "sigma_km": 50.0}
    model = NeighborGeolocator(3, **params).fit(features, places)
    np.testing.assert_array_equal(model.predict([[0.0]]), [PARIS])
    model = NeighborGeolocator(3, distance_power=2, **params).fit(features, places)
    np.testing.assert_array_equal(model.predict([[0.0]]), [ROME])
    np.testing.assert_allclose(model.confidence([[0.0]]), [1 / 1.5])
    # A photo that looks the same is infinitely near.
    np.testing.assert_array_equal(model.predict([[2.0]]), [PARIS])
    np.testing.assert_allclose(model.confidence([[2.0]]), [1.0])


def test_snap_takes_the_most_similar_around_the_mode():
    # Three photos in a row, 50 km apart: the middle one is the densest.
    step = 50.0 / DEGREE_KM
    places = [[0.0, 0.0], [0.0, step], [0.0, 2 * step], [0.0, 90.0]]
    features = [[1.0], [2.0], [3.0], [0.0]]
    model = NeighborGeolocator(4, metric="euclidean", sigma_km=100.0)
    model.fit(features, places)
    np.testing.assert_array_equal(model.predict([[0.0]]), [places[1]])
    model.set_params(snap_km=60.0)
    np.testing.assert_array_equal(model.predict([[0.0]]), [places[0]])
    model.set_params(snap_km=40.0)
    np.testing.assert_array_equal(model.predict([[0.0]]), [places[1]])


def test_topk_by_hand():
    features = [[1.0], [2.0], [3.0], [4.0], [5.0]]
    places = [ROME, PARIS, NEAR_PARIS, SYDNEY, PARIS]
    model = NeighborGeolocator(5, metric="euclidean", sigma_km=100.0)
    model.fit(features, places)
    found, shares = model.predict_topk([[0.0]], k=4)
    np.testing.assert_array_equal(found[0, :3], [PARIS, ROME, SYDNEY])
    assert np.isnan(found[0, 3]).all()
    np.testing.assert_allclose(shares, [[0.6, 0.2, 0.2, 0.0]])
    # Rome is 1,105 km from Paris: within twice the kernel, it belongs to Paris.
    model.set_params(sigma_km=600.0)
    found, shares = model.predict_topk([[0.0]], k=2)
    np.testing.assert_array_equal(found[0], [PARIS, SYDNEY])
    np.testing.assert_allclose(shares, [[0.8, 0.2]])


def test_weights_by_hand():
    features = [[1.0], [2.0], [3.0]]
    places = [ROME, PARIS, SYDNEY]
    model = NeighborGeolocator(3, metric="euclidean")
    model.fit(features, places, sample_weight=[1.0, 1.0, 3.0])
    np.testing.assert_array_equal(model.predict([[0.0]]), [SYDNEY])
    # A photo of weight 0 is no neighbour, not even the nearest.
    model.set_params(n_neighbors=1).fit(features, places, sample_weight=[0.0, 1, 1])
    np.testing.assert_array_equal(model.predict([[0.0]]), [PARIS])
    np.testing.assert_array_equal(model.places_, [PARIS, SYDNEY])


# Against loops ------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    ("container", "working_memory"),
    [(np.asarray, 1024), (sparse.csr_array, 0.01), (sparse.csr_matrix, 1024)],
)
@pytest.mark.parametrize(
    ("k", "params"),
    [
        (1, {}),
        (7, {}),
        (30, {"sigma_km": 2000.0}),
        (20, {"distance_power": 3.0}),
        (20, {"snap_km": 300.0}),
    ],
)
def test_predictions_are_those_of_a_naive_loop(
    metric, container, working_memory, k, params
):
    features, places = _photos(80, 0)
    queries, _ = _photos(15, 1)
    model = NeighborGeolocator(k, metric=metric, **params)
    with config_context(working_memory=working_memory):
        model.fit(container(features), places)
        found = model.predict(container(queries))
    expected = [
        _naive(
            features,
            places,
            query,
            k=k,
            metric=metric,
            sigma_km=model.sigma_km,
            power=params.get("distance_power", 0),
            snap=params.get("snap_km"),
        )
        for query in queries
    ]
    np.testing.assert_array_equal(found, expected)


def test_weighted_predictions_are_those_of_a_naive_loop():
    features, places = _photos(60, 2)
    queries, _ = _photos(20, 3)
    weights = np.random.default_rng(4).uniform(0.1, 5.0, 60)
    model = NeighborGeolocator(25, metric="euclidean", sigma_km=1500.0)
    found = model.fit(features, places, sample_weight=weights).predict(queries)
    expected = [
        _naive(
            features,
            places,
            query,
            k=25,
            metric="euclidean",
            sigma_km=1500.0,
            w=weights,
        )
        for query in queries
    ]
    np.testing.assert_array_equal(found, expected)


def _texts(n, seed):
    rng = np.random.default_rng(seed)
    counts = sparse_rows(rng, (n, 40), 0.1)
    dense = counts.toarray()
    dense[3] = 0.0
    dense[n // 2 :: 3] = dense[: len(dense[n // 2 :: 3])]
    return sparse.csr_array(dense)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("working_memory", [1024, 0.02])
def test_sparse_neighbors_are_those_of_scikit_learn(metric, working_memory):
    texts, queries = _texts(90, 0), _texts(40, 1)
    model = NeighborGeolocator(12, metric=metric)
    with config_context(working_memory=working_memory):
        model.fit(texts, np.zeros((90, 2)))
        distances, rows = model.kneighbors(queries)
    search = NearestNeighbors(n_neighbors=12, metric=metric, algorithm="brute")
    expected, _ = search.fit(texts).kneighbors(queries)
    # The cosine of an empty row is 0 in both.
    np.testing.assert_allclose(distances, expected, atol=1e-7)
    # Of equally far rows, the first ones.
    for i in range(40):
        tied = distances[i] == distances[i, -1]
        everything = np.flatnonzero(
            np.isclose(
                search.kneighbors(queries[[i]], 90)[0][0],
                distances[i, -1],
                atol=1e-7,
                rtol=0,
            )
        )
        assert (np.diff(rows[i][tied]) > 0).all()
        assert len(everything) >= tied.sum()
    np.testing.assert_array_equal(model.kneighbors(queries, 12, False), rows)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 3), min_size=2, max_size=20), k=st.integers(1, 8))
def test_sparse_ties_go_to_the_first_rows(rows, k):
    features = np.eye(4)[rows]
    model = NeighborGeolocator(k).fit(
        sparse.csr_array(features), np.zeros((len(rows), 2))
    )
    distances, found = model.kneighbors(sparse.csr_array(features))
    for i, one in enumerate(rows):
        d = np.array([float(other != one) for other in rows])
        expected = np.lexsort((np.arange(len(d)), d))[: min(k, len(d))]
        np.testing.assert_array_equal(found[i], expected)
        np.testing.assert_array_equal(distances[i], d[expected])


def test_sparse_and_dense_are_one():
    texts, queries = _texts(90, 2), _texts(30, 3)
    _, places = _photos(90, 4)
    for metric in ("cosine", "euclidean"):
        model = NeighborGeolocator(9, metric=metric, sigma_km=3000.0)
        as_sparse = model.fit(texts, places)
        a = as_sparse.predict(queries), as_sparse.predict(queries.toarray())
        as_dense = clone(model).fit(texts.toarray(), places)
        b = as_dense.predict(queries), as_dense.predict(queries.toarray())
        for found in (a[1], *b):
            np.testing.assert_array_equal(found, a[0])


# Habits -------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_rows_are_independent_and_memory_is_bounded(container):
    features, places = _photos(300, 5)
    model = NeighborGeolocator(40).fit(container(features), places)
    whole = model.predict(container(features))
    top, shares = model.predict_topk(container(features), 3)
    assert (shares.sum(axis=1) <= 1 + 1e-12).all()
    assert (np.diff(shares, axis=1) <= 1).all()
    np.testing.assert_array_equal(top[:, 0], whole)
    for i in range(0, 300, 17):
        one = container(features[i : i + 1])
        np.testing.assert_array_equal(model.predict(one)[0], whole[i])
        np.testing.assert_allclose(model.confidence(one), shares[i, 0])
    with config_context(working_memory=0.05):
        np.testing.assert_array_equal(model.predict(container(features)), whole)
        again, _ = model.predict_topk(container(features), 3)
    np.testing.assert_array_equal(again, top)


def test_ten_thousand_neighbors():
    rng = np.random.default_rng(6)
    places = np.vstack(
        [
            rng.normal(PARIS, 3.0, (6_000, 2)),
            rng.normal(ROME, 0.5, (4_000, 2)),
        ]
    )
    features = rng.normal(size=(10_000, 3))
    model = NeighborGeolocator(10_000, sigma_km=50.0).fit(features, places)
    with config_context(working_memory=8):
        found = model.predict(features[:1])
    # Fewer photos, but nearer to each other.
    assert haversine(found, [ROME])[0] < 30.0


def test_pipelines_searches_frames_and_pickles():
    names = ["marville", "beauville", "granville", "berlin", "templin", "schwerin"]
    places = np.array([[48, 0], [48, 1], [49, 0], [52, 13], [53, 13], [54, 11.0]])
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(2, 3))
    pipeline = make_pipeline(vectorizer, NeighborGeolocator(3))
    pipeline.fit(names, places)
    found = pipeline.predict(["trouville", "eggersin"])
    assert haversine(found, [[48.5, 0.5], [53, 12.5]]).max() < 200
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(["trouville", "eggersin"]), found)
    assert pipeline.score(["trouville"], found[:1]) == 5000.0
    search = GridSearchCV(
        pipeline,
        {"neighborgeolocator__n_neighbors": [1, 2]},
        scoring=make_geo_scorer("neg_median_great_circle_error"),
        cv=2,
    )
    assert search.fit(names, places).best_score_ <= 0
    features, places = _photos(20, 7)
    frame = pd.DataFrame(features, columns=list("abcdef"))
    model = NeighborGeolocator(3).fit(frame, pd.DataFrame(places))
    assert list(model.feature_names_in_) == list("abcdef")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("bacdef")])


@pytest.mark.parametrize(
    ("params", "y", "words"),
    [
        ({"n_neighbors": 0}, PARIS, "'n_neighbors' parameter"),
        ({"sigma_km": 0.0}, PARIS, "'sigma_km' parameter"),
        ({"metric": "l7"}, PARIS, "'metric' parameter"),
        ({"distance_power": -1.0}, PARIS, "'distance_power' parameter"),
        ({"snap_km": -1.0}, PARIS, "'snap_km' parameter"),
        ({}, None, "requires y to be passed.*Pass the places"),
        ({}, [151.2, -33.9], "y, row 0: latitude 151.2.*columns look swapped"),
        ({}, [np.nan, 2.0], "y, row 0: the latitude is NaN"),
    ],
)
def test_refuses(params, y, words):
    y = None if y is None else np.tile(y, (4, 1))
    with pytest.raises(ValueError, match=words):
        NeighborGeolocator(**params).fit(np.eye(4), y)


def test_refuses_more():
    model = NeighborGeolocator()
    with pytest.raises(ValueError, match="exactly two columns"):
        model.fit(np.eye(3), np.eye(3))
    frame = pd.DataFrame({"lon": [1.0, 2.0], "lat": [3.0, 4.0]})
    with pytest.raises(ValueError, match="lon"):
        model.fit(np.eye(2), frame)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(np.eye(3), [PARIS, ROME])
    with pytest.raises(ValueError, match=r"is 0 in every row|at least one non-zero"):
        model.fit(np.eye(2), [PARIS, ROME], sample_weight=[0.0, 0.0])
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_w"):
        model.fit(np.eye(2), [PARIS, ROME], sample_weight=[1.0, -1.0])
    model.fit(np.eye(2), [PARIS, ROME])
    with pytest.raises(ValueError, match="k must be a whole number above 0; got 0"):
        model.predict_topk(np.eye(2), k=0)
    with pytest.raises(ValueError, match="n_neighbors must be a whole number above 0"):
        model.kneighbors(np.eye(2), n_neighbors=0)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        model.predict(np.eye(3))


# Approximate neighbours ---------------------------------------------------------------

needs_faiss = pytest.mark.skipif(
    importlib.util.find_spec("faiss") is None,
    reason="ann=True is tested where the extra `ann` (faiss) is installed",
)


@needs_faiss
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_approximate_neighbors_are_mostly_the_exact_ones(metric):
    features, places = _photos(3_000, 8, n_features=16)
    queries, _ = _photos(200, 9, n_features=16)
    exact = NeighborGeolocator(50, metric=metric).fit(features, places)
    ann = NeighborGeolocator(50, metric=metric, ann=True)
    ann.fit(features, places)
    expected_distances, expected = exact.kneighbors(queries)
    distances, rows = ann.kneighbors(queries)
    shared = [len(set(a) & set(b)) / 50 for a, b in zip(rows, expected, strict=True)]
    assert np.mean(shared) > 0.98
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (distances >= expected_distances - 1e-9).all()
    same = (ann.predict(queries) == exact.predict(queries)).all(axis=1)
    assert same.mean() > 0.9
    # Equal features, equal graphs; and they pickle.
    np.testing.assert_array_equal(
        clone(ann).fit(features, places).kneighbors(queries)[1], rows
    )
    again = pickle.loads(pickle.dumps(ann))
    np.testing.assert_array_equal(again.kneighbors(queries)[1], rows)
    for i in (0, 100, 199):
        one = ann.kneighbors(queries[i : i + 1], return_distance=False)
        np.testing.assert_array_equal(one[0], rows[i])


def test_ann_says_what_it_needs(monkeypatch):
    model = NeighborGeolocator(ann=True)
    with pytest.raises(ValueError, match=r"needs dense features.*TruncatedSVD"):
        model.fit(sparse.eye_array(3, format="csr"), np.zeros((3, 2)))
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[ann\]'"):
        model.fit(np.eye(3), np.zeros((3, 2)))


# The contract -------------------------------------------------------------------------


def _checks():
    for params in ({}, {"metric": "euclidean", "sigma_km": 2000.0}):
        estimator = folds_y(NeighborGeolocator)(**params)
        yield from checks_of(estimator, suffix=str(len(params)))


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_and_documented():
    check_param_validation("NeighborGeolocator", NeighborGeolocator())
    assert OTHER_INPUT["NeighborGeolocator"] == "tests.geolocation.test_neighbors"
    for parameter in NeighborGeolocator().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(NeighborGeolocator)


def test_more_places_than_memory_holds_are_refused():
    model = NeighborGeolocator(1).fit([[1.0, 0.0], [0.0, 1.0]], [[0, 0], [1, 1]])
    with pytest.raises(ValueError, match=r"k=2147483647, but there are 2 photos"):
        model.predict_topk([[1.0, 0.0]], 2**31 - 1)
    places, shares = model.predict_topk([[1.0, 0.0]], 3)
    np.testing.assert_array_equal(places[0, 0], [0.0, 0.0])
    assert np.isnan(places[0, 1:]).all()
    assert shares.tolist() == [[1.0, 0.0, 0.0]]


def test_places_and_weights_that_are_written_to_later():
    rng = np.random.default_rng(0)
    X, y, weights = rng.normal(size=(30, 3)), rng.uniform(-60, 60, (30, 2)), np.ones(30)
    model = NeighborGeolocator(n_neighbors=5).fit(X, y, weights)
    before = model.predict(X)
    y[:] = 0.0
    weights[:] = 0.0
    weights[0] = 1.0
    np.testing.assert_array_equal(model.predict(X), before)
