# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import label_ranking_average_precision_score
from sklearn.metrics.pairwise import cosine_distances, euclidean_distances
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import (
    check_param_validation,
    estimator_checks_generator,
)
from sklearn.utils.validation import validate_data

from sklearn_geo import neighbors
from sklearn_geo.geometry import EARTH_RADIUS_KM, pairwise_haversine
from sklearn_geo.neighbors import NeighborVoteAnnotator
from sklearn_geo.neighbors._annotator import _by_distance_and_row
from tests.contract import OTHER_INPUT, fold

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0

# On the equator at 0, 1, 2, 3 and 100 km; what they look like is one number.
FIVE = np.column_stack(
    [np.zeros(5), np.array([0, 1, 2, 3, 100]) / DEGREE_KM, [9.0, 0.0, 1.0, 2.0, 0.0]]
)
TAGS = np.array([[1, 1, 1], [1, 0, 0], [0, 3, 0], [0, 0, 0], [0, 0, 1]])
HERE = [[0.0, 0.0, 0.0]]


def _euclidean(*args, **params):
    return NeighborVoteAnnotator(*args, metric="euclidean", **params)


def _photos(n_photos, seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            60.0 + rng.normal(size=n_photos),
            179.5 + rng.normal(size=n_photos),
            rng.normal(size=(n_photos, 3)),
        ]
    )
    return X, (rng.random((n_photos, 6)) < 0.3).astype(int)


def _naive(X, tags, queries, n_neighbors, n_votes, sigma, metric, radius_km=None):
    km = pairwise_haversine(queries[:, :2], X[:, :2])
    measure = {"cosine": cosine_distances, "euclidean": euclidean_distances}[metric]
    looks = measure(queries[:, 2:], X[:, 2:])
    rows = []
    for d, look in zip(km, looks, strict=True):
        near = np.argsort(d, kind="stable")[:n_neighbors]
        near = near if radius_km is None else near[d[near] <= radius_km]
        near = near[np.argsort(look[near], kind="stable")][:n_votes]
        if not len(near):
            rows.append(tags.mean(axis=0))
            continue
        vote = np.ones(len(near)) if sigma is None else np.exp(-look[near] / sigma)
        rows.append(vote @ tags[near] / vote.sum())
    return np.array(rows)


def test_by_hand():
    # Of the four nearest, those at 1, 2, 3 km look most alike; the last has no tags.
    annotator = _euclidean(4, 3).fit(FIVE, TAGS)
    np.testing.assert_allclose(annotator.predict_proba(HERE), [[1 / 3, 1 / 3, 0.0]])
    np.testing.assert_array_equal(annotator.predict(HERE), [[0, 0, 0]])
    annotator.set_params(threshold=1 / 3)
    np.testing.assert_array_equal(annotator.predict(HERE), [[1, 1, 0]])
    # Two votes, of which the second weighs 1 / e with sigma 1.
    annotator = _euclidean(4, 2, sigma=1.0).fit(FIVE, TAGS)
    share = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(
        annotator.predict_proba(HERE), [[share, 1 - share, 0.0]], atol=1e-12
    )
    # All candidates vote: place alone.
    annotator = _euclidean(2, 9).fit(FIVE, TAGS)
    np.testing.assert_allclose(annotator.predict_proba(HERE), [[1.0, 0.5, 0.5]])


def test_nobody_around_leaves_the_shares_of_all():
    annotator = _euclidean(4, 2, radius_km=5.0).fit(FIVE, TAGS)
    shares = annotator.predict_proba([[50.0, 0.0, 0.0], *HERE, [0.0, 9.0, 9.0]])
    np.testing.assert_allclose(shares[[0, 2]], [[0.4, 0.4, 0.4]] * 2)
    np.testing.assert_allclose(shares[1], [0.5, 0.5, 0.0])


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("sigma", [None, 0.4])
@pytest.mark.parametrize("radius_km", [None, 60.0, 5.0])
@pytest.mark.parametrize("working_memory", [1024, 0.01])
def test_shares_are_those_of_a_naive_loop(metric, sigma, radius_km, working_memory):
    X, tags = _photos(150, 0)
    queries, _ = _photos(40, 1)
    annotator = NeighborVoteAnnotator(
        30, 7, sigma=sigma, metric=metric, radius_km=radius_km, threshold=0.4
    ).fit(X, tags)
    expected = _naive(X, tags, queries, 30, 7, sigma, metric, radius_km)
    with config_context(working_memory=working_memory):
        found = annotator.predict_proba(queries)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
        predicted = annotator.predict(queries)
        np.testing.assert_array_equal(predicted, expected >= 0.4 - 1e-9)
    one = annotator.predict_proba(queries[3:4])
    np.testing.assert_allclose(one, found[3:4], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, pd.DataFrame])
def test_kinds_of_indicators(make):
    X, tags = _photos(60, 2)
    expected = _euclidean(9, 5).fit(X, tags)
    annotator = _euclidean(9, 5, n_jobs=2).fit(X, make(tags))
    np.testing.assert_array_equal(annotator.predict_proba(X), expected.predict_proba(X))
    found = annotator.predict(X)
    assert sparse.issparse(found) == (make is not pd.DataFrame)
    found = found.toarray() if sparse.issparse(found) else found
    np.testing.assert_array_equal(found, expected.predict(X))
    named = _euclidean().fit(X, pd.DataFrame(tags, columns=list("uvwxyz")))
    assert named.tag_names_ == tuple("uvwxyz")
    again = pickle.loads(pickle.dumps(annotator))
    np.testing.assert_array_equal(again.predict_proba(X), annotator.predict_proba(X))


def test_nobody_at_all_for_a_single_photo():
    annotator = _euclidean(radius_km=0.0).fit(FIVE, TAGS)
    shares = annotator.predict_proba([[50.0, 0.0, 0.0]])
    np.testing.assert_allclose(shares, [[0.4, 0.4, 0.4]])


def test_classes():
    annotator = _euclidean(4, 3).fit(FIVE, ["sea", "sun", "sun", "sea", "zoo"])
    assert annotator.classes_.tolist() == ["sea", "sun", "zoo"]
    np.testing.assert_allclose(annotator.predict_proba(HERE), [[1 / 3, 2 / 3, 0]])
    assert annotator.predict(HERE).tolist() == ["sun"]


def test_looks_are_searched_for():
    # Tag 0 is what a photo looks like, and all photos are at one place.
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(200, 1))
    X = np.column_stack([np.zeros((200, 2)), looks])
    tags = np.column_stack([looks > 0, rng.random(200) < 0.5]).astype(int)
    search = GridSearchCV(
        _euclidean(200),
        {"n_votes": [5, 200]},
        cv=KFold(3),
        scoring=lambda e, X, y: label_ranking_average_precision_score(
            y, e.predict_proba(X)
        ),
    ).fit(X, tags)
    assert search.best_params_ == {"n_votes": 5}


@pytest.mark.parametrize(
    ("params", "X", "y", "words"),
    [
        ({"n_neighbors": 0}, FIVE, TAGS, "'n_neighbors' parameter"),
        ({"n_votes": 0}, FIVE, TAGS, "'n_votes' parameter"),
        ({"threshold": 0.0}, FIVE, TAGS, "'threshold' parameter"),
        ({"sigma": 0.0}, FIVE, TAGS, "'sigma' parameter"),
        ({"radius_km": -1.0}, FIVE, TAGS, "'radius_km' parameter"),
        ({}, FIVE[:, :2], TAGS, "nothing that says what photos look like"),
        ({}, FIVE, None, "requires y to be passed"),
        ({}, FIVE, -TAGS, "is negative"),
        ({}, FIVE, TAGS[:3], r"has \d rows, but"),
        ({}, FIVE, [0.5, 1.5, 2.5, 0.1, 0.2], "Unknown label type"),
        ({}, FIVE + [91.0, 0, 0], TAGS, r"row 0: latitude 91\.0"),
    ],
)
def test_refuses(params, X, y, words):
    with pytest.raises(ValueError, match=words):
        NeighborVoteAnnotator(**params).fit(X, y)


# The contract -------------------------------------------------------------------------


class Folded(NeighborVoteAnnotator):
    """Reads any finite matrix as places, and as features as well."""

    def _read_located(self, X, *, location, reset):
        X = validate_data(self, X, reset=reset, dtype=np.float64)
        return fold(X), X


def _checks():
    for estimator, check in estimator_checks_generator(
        Folded(200, 3, metric="euclidean")
    ):
        name = check.func.__name__
        if name == "check_classifiers_multilabel_output_format_predict_proba":
            # It wants shares between 0 and 1, both excluded: let all photos vote.
            estimator = clone(estimator).set_params(n_votes=200)
        if name != "check_array_api_input":
            yield pytest.param(estimator, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_are_validated_documented_and_linked():
    check_param_validation("Folded", Folded())
    assert OTHER_INPUT["NeighborVoteAnnotator"].endswith("test_annotator")
    assert "NeighborVoteAnnotator" in neighbors.__all__
    html = estimator_html_repr(NeighborVoteAnnotator())
    assert "sklearn_geo.neighbors.NeighborVoteAnnotator.html" in html
    for parameter in NeighborVoteAnnotator().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(NeighborVoteAnnotator)


def test_broken_sparse_classes_are_refused():
    broken = sparse.csr_array(np.ones((2, 1)))
    broken.indptr[-1] = 10**6
    with pytest.raises(ValueError, match="y is a csr_array whose arrays contradict"):
        NeighborVoteAnnotator().fit(np.ones((2, 3)), broken)


def test_a_second_fit_that_fails_leaves_the_first():
    X = np.array([[0.0, 0.0, 1.0], [50.0, 10.0, 2.0]])
    model = NeighborVoteAnnotator(1, 1).fit(X, ["sea", "snow"])
    with pytest.raises(ValueError, match=r".{20}"):
        model.fit(np.column_stack([X, X]), np.eye(3))
    np.testing.assert_array_equal(model.predict(X), ["sea", "snow"])


def test_records_are_no_classes():
    y = np.zeros(5, dtype=[("a", "f4"), ("b", "i4")])
    with pytest.raises(TypeError, match=r"y has the dtype .*y\[name\]"):
        NeighborVoteAnnotator().fit(FIVE, y)


def test_tensors_with_gradients_are_told_by_name():
    X = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    with pytest.raises(TypeError, match=r"^y cannot be read as an array"):
        NeighborVoteAnnotator().fit(X, _Shapeless(2))


class _Shapeless:
    """Rows of which numpy makes no array."""

    def __init__(self, n_rows):
        self.n_rows = n_rows

    def __len__(self):
        return self.n_rows

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it has gradients")


@pytest.mark.parametrize("radius_km", [None, 2_000.0])
def test_photos_that_look_the_same_but_for_rounding_vote_nearest_first(radius_km):
    # One direction; the cosines differ in the last digit.
    looks = np.array([[5.0, 15.0], [1.0, 3.0], [3.0, 9.0], [7.0, 21.0], [0.5, 1.5]])
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(5)
        places = np.column_stack([np.zeros(5), 0.1 + 2.0 * order])
        model = NeighborVoteAnnotator(5, 1, radius_km=radius_km)
        model.fit(np.hstack([places, looks]), np.arange(5))
        nearest = int(np.argmin(order))
        assert model.predict([[0.0, 0.0, 1.0, 1.0]]).tolist() == [nearest]


@pytest.mark.parametrize("radius_km", [None, 30_000.0])
def test_photos_equally_near_and_alike_vote_in_the_order_of_rows(radius_km):
    # From the pole all are equally far, and so is what they look like.
    places = np.column_stack([np.full(8, 89.0), np.linspace(-170, 170, 8)])
    looks = np.outer(np.arange(1, 9), [1.0, 3.0])
    model = NeighborVoteAnnotator(8, 3, radius_km=radius_km)
    model.fit(np.hstack([places, looks]), np.arange(8))
    for longitude in (0.0, 33.0, -71.3):
        shares = model.predict_proba([[90.0, longitude, 1.0, 1.0]])[0]
        np.testing.assert_allclose(shares, [1 / 3] * 3 + [0] * 5)


@pytest.mark.parametrize(
    ("y", "row", "value"),
    [
        (np.array(["x", "y", "x", None], dtype=object), 3, "None"),
        (["x", None, "y", "x"], 1, "None"),
        (pd.Series(["x", "y", pd.NA, "x"], dtype="string"), 2, "<NA>"),
        (np.array(["2020-01-01", "NaT", "2020", "2020"], dtype="M8[D]"), 1, "NaT"),
    ],
)
def test_a_class_that_is_missing_is_named(y, row, value):
    X = np.arange(16.0).reshape(4, 4)
    with pytest.raises(ValueError, match=rf"^y, row {row}: the class is .*\({value}\)"):
        NeighborVoteAnnotator().fit(X, y)


def test_classes_of_several_kinds_are_refused():
    X = np.arange(16.0).reshape(4, 4)
    with pytest.raises(TypeError, match=r"^y mixes values .*\(int, str\)"):
        NeighborVoteAnnotator().fit(X, np.array(["x", 1, 2, "x"], dtype=object))


FAR = [[40.0, 0.0, 1.0], [40.0, 90.0, 1.0], [-40.0, 0.0, 1.0]] * 2
OWN = {
    "int64": lambda b: 2**53 + b,
    "Int64": lambda b: pd.Series(2**53 + b, dtype="Int64"),
    "a column of Int64": lambda b: pd.DataFrame({"y": pd.array(2**53 + b, "Int64")}),
    "objects": lambda b: (2**53 + b).astype(object),
    "a column of objects": lambda b: (2**53 + b).astype(object)[:, np.newaxis],
    "a list": lambda b: (2**53 + b).tolist(),
    "uint64": lambda b: (2**53 + b).astype(np.uint64),
    "polars": lambda b: pl.Series(2**53 + b),
    "text": lambda b: np.array(["sea", "town"])[b],
    "sparse": lambda b: sparse.csr_array(b[:, np.newaxis]),
}


@pytest.mark.filterwarnings("ignore:A column-vector y")
@pytest.mark.parametrize("kind", OWN)
def test_scores_read_classes_as_fit_does(kind):
    # One photo a place votes for its own class: of the six that are asked two have
    # changed sides.
    X, fit_to = np.array(FAR[:3]), OWN[kind](np.array([0, 1, 1]))
    model = NeighborVoteAnnotator(1, 1).fit(X, fit_to)
    changed = np.array([0, 1, 1, 1, 0, 1])
    assert model.score(FAR, OWN[kind](changed)) == 4 / 6
    weights = [1, 2, 3, 4, 5, 6]
    assert model.score(FAR, OWN[kind](changed), weights) == pytest.approx(12 / 21)
    assert model.score(FAR, OWN[kind](changed), 1e308 * np.eye(6)[0]) == 1.0


def test_classes_that_fit_did_not_see_are_never_right():
    model = NeighborVoteAnnotator(1, 1).fit(FAR[:3], [5, 7, 7])
    assert model.score(FAR[:3], [6, 7, 8]) == 1 / 3
    with pytest.raises(TypeError, match=r"y holds <U4.*both numbers"):
        model.score(FAR[:3], ["five", "six", "6"])
    with pytest.raises(ValueError, match=r"y contains NaN"):
        model.score(FAR[:3], [5.0, np.nan, 7.0])
    with pytest.raises(ValueError, match=r"y has 2 rows, but X has 3"):
        model.score(FAR[:3], [5, 7])
    with pytest.raises(ValueError, match=r"requires y to be passed"):
        model.score(FAR[:3], None)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_scores_read_tags_as_fit_does(make):
    # Counts are tags that photos carry, and all tags of a photo have to be right.
    X, tags = np.array(FAR[:3]), np.array([[1, 0, 2], [0, 3, 0], [0, 0, 0]])
    model = NeighborVoteAnnotator(1, 1).fit(X, make(tags))
    assert model.score(X, make(tags)) == 1.0
    assert model.score(X, make([[4, 0, 1], [0, 1, 1], [0, 0, 0]])) == 2 / 3
    assert model.score(X, make([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), [1, 2, 1]) == 0.5
    with pytest.raises(ValueError, match=r"y has 2 tags, but fit had 3"):
        model.score(X, make(tags[:, :2]))


def test_scores_are_of_the_tags_of_fit():
    X, tags = np.array(FAR[:3]), np.array([[1, 0], [0, 1], [0, 0]])
    model = NeighborVoteAnnotator(1, 1).fit(X, pd.DataFrame(tags, columns=["a", "b"]))
    with pytest.raises(ValueError, match=r"The tags of y have other names"):
        model.score(X, pd.DataFrame(tags, columns=["b", "a"]))


def test_an_indicator_that_is_read_only():
    tags = sparse.csr_array(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [0, 0, 0]]))
    for array in (tags.data, tags.indices, tags.indptr):
        array.flags.writeable = False
    model = NeighborVoteAnnotator(1, 1).fit(FAR[:3], tags)
    given = model.predict(FAR[:3]).toarray()
    np.testing.assert_array_equal(given, [[1, 0, 1], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(tags.data, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("n_photos", [9, 11, 49])
@pytest.mark.parametrize("asked", [0.0, 90.0])
def test_shares_are_at_most_one(n_photos, asked):
    # Added up one by one, as many parts of one are more than that.
    assert sum([1.0 / n_photos] * n_photos) > 1.0
    X = np.tile([[0.0, 0.0, 1.0, 0.0]], (n_photos, 1))
    tags = np.tile([[1, 0]], (n_photos, 1))
    model = NeighborVoteAnnotator(n_photos, n_photos, radius_km=1.0).fit(X, tags)
    shares = model.predict_proba([[asked, 0.0, 1.0, 0.0]])
    np.testing.assert_array_equal(shares, [[1.0, 0.0]])


def test_photos_as_far_but_for_rounding_go_by_their_numbers():
    km = np.array([[1.0, 1.0000000005 - 1e-13, 1.0000000005 + 1e-13, 2.0, np.inf]])
    rows = np.array([[7, 5, 2, 1, -1]])
    # Between the second and the third is where tenths of a micrometre are rounded.
    assert np.diff(km.round(9))[0, 1] > 0.0
    np.testing.assert_array_equal(_by_distance_and_row(km, rows), [[2, 5, 7, 1, -1]])
    nowhere = np.full((1, 2), np.inf), np.full((1, 2), -1)
    np.testing.assert_array_equal(_by_distance_and_row(*nowhere), nowhere[1])
