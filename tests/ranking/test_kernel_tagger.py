# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine, pairwise_haversine
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.ranking import KernelTagger
from sklearn_geo.ranking._bandwidth import _mean_and_error, _Trial
from sklearn_geo.ranking._top_k import top_k
from tests.contract import OTHER_INPUT
from tests.ranking.places import TakesPlainTables, checks_of, photos_of

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0

# On the equator, at 0, 1, 2 and 100 km.
FOUR = np.column_stack([np.zeros(4), np.array([0.0, 1.0, 2.0, 100.0]) / DEGREE_KM])
TAGS = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
WORLD = np.array([2, 2, 1]) / 5

FORMULAS = {
    "gaussian": lambda d: np.where(d <= 4, np.exp(-(d**2) / 2), 0.0),
    "exponential": lambda d: np.where(d <= 8, np.exp(-d), 0.0),
    "uniform": lambda d: np.where(d <= 1, 1.0, 0.0),
}


def _naive(places, tags, queries, widths, a, kernel="gaussian", weights=None):
    """Add up the tags of all photos, one query and one bandwidth after the other."""
    weights = np.ones(len(places)) if weights is None else weights
    km = pairwise_haversine(queries, places)
    world = weights @ tags / (weights @ tags).sum()
    rows = []
    for distances in km:
        p = world
        for width in sorted(widths, reverse=True):
            n = (FORMULAS[kernel](distances / width) * weights) @ tags
            if n.sum() > 0:
                p = (n + a * p) / (n.sum() + a)
        rows.append(p)
    return np.array(rows)


# By hand ------------------------------------------------------------------------------


def test_by_hand():
    e = np.exp
    sums = np.array([1 + e(-0.5), 1 + e(-2.0), 0.0])
    found = KernelTagger(1.0, smoothing=0.0).fit(FOUR, TAGS).predict_proba(FOUR[:1])
    assert_allclose(found, [sums / sums.sum()], rtol=1e-6)
    found = KernelTagger(1.0, smoothing=3.0).fit(FOUR, TAGS).predict_proba(FOUR[:1])
    assert_allclose(found, [(sums + 3 * WORLD) / (sums.sum() + 3)], rtol=1e-6)
    sums = np.array([1 + e(-1.0), 1 + e(-2.0), 0.0])
    tagger = KernelTagger(1.0, kernel="exponential", smoothing=0.0).fit(FOUR, TAGS)
    assert_allclose(tagger.predict_proba(FOUR[:1]), [sums / sums.sum()], rtol=1e-6)


def test_borders_count():
    km = haversine(FOUR[[0, 0, 0, 0]], FOUR)
    tagger = KernelTagger(km[2], kernel="uniform", smoothing=0.0).fit(FOUR, TAGS)
    assert_allclose(tagger.predict_proba(FOUR[:1]), [[0.5, 0.5, 0.0]])
    tagger = KernelTagger(np.nextafter(km[2], 0), kernel="uniform", smoothing=0.0)
    tagger.fit(FOUR, TAGS)
    assert_allclose(tagger.predict_proba(FOUR[:1]), [[2 / 3, 1 / 3, 0.0]])


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_far_from_everything_the_world_remains(smoothing):
    tagger = KernelTagger(1.0, smoothing=smoothing).fit(FOUR, TAGS)
    assert_allclose(tagger.predict_proba([[50.0, 0.0], [-90.0, 0.0]]), [WORLD] * 2)
    assert_allclose(tagger.tag_frequencies_, WORLD)
    assert_array_equal(tagger.predict_topk([[50.0, 0.0]], 3), [[0, 1, 2]])


def test_several_bandwidths_by_hand():
    # Within 1 km two photos, within 3 km three; then the world.
    tagger = KernelTagger([1.0001, 3.0], kernel="uniform", smoothing=2.0)
    wide = (np.array([2, 2, 0]) + 2 * WORLD) / (4 + 2)
    near = (np.array([2, 1, 0]) + 2 * wide) / (3 + 2)
    proba = tagger.fit(FOUR, TAGS).predict_proba([FOUR[0], [0.0, -2.5 / DEGREE_KM]])
    assert_allclose(proba[0], near)
    # Nobody within 1 km, one photo within 3 km.
    assert_allclose(proba[1], (np.array([1, 1, 0]) + 2 * WORLD) / (2 + 2))


def test_the_nearest_places_only():
    tagger = KernelTagger(9.0, n_neighbors=2, smoothing=0.0).fit(FOUR, TAGS)
    e = np.exp(-0.5 / 81)
    assert_allclose(
        tagger.predict_proba(FOUR[:1]), [[(1 + e) / (2 + e), 1 / (2 + e), 0]], rtol=1e-6
    )
    # Two photos at one place are one place.
    places = FOUR[[0, 0, 1, 2]]
    tagger = KernelTagger(9.0, n_neighbors=1, smoothing=0.0).fit(places, TAGS)
    assert_allclose(tagger.predict_proba(FOUR[:1]), [[2 / 3, 1 / 3, 0]])


# Against loops ------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["gaussian", "exponential", "uniform"])
@pytest.mark.parametrize("widths", [[0.3], [2.0], [0.5, 5.0, 900.0]])
def test_probabilities_are_those_of_a_naive_loop(kernel, widths):
    places, tags = photos_of(200, 0)
    places[100:150] = places[:50]  # some at the same place
    queries = np.vstack([photos_of(30, 1)[0], [[90.0, 7.0], [0.0, 180.0], [5.0, 5.0]]])
    weights = np.random.default_rng(2).integers(0, 3, 200).astype(float)
    tagger = KernelTagger(
        widths[0] if len(widths) == 1 else widths, kernel=kernel, smoothing=0.7
    )
    with pytest.warns(UserWarning, match="have no tag"):
        tagger.fit(places, tags, sample_weight=weights)
    proba = tagger.predict_proba(queries)
    expected = _naive(places, tags, queries, widths, 0.7, kernel, weights)
    assert_allclose(proba, expected, atol=1e-12)
    assert_allclose(proba.sum(axis=1), 1.0)
    with pytest.warns(UserWarning, match="have no tag"):
        tagger.set_params(n_neighbors=10_000).fit(places, tags, sample_weight=weights)
    assert_array_equal(tagger.predict_proba(queries), proba)


def test_a_cut_is_that_of_a_naive_loop():
    places, tags = photos_of(150, 3, untagged=False)
    queries, _ = photos_of(20, 4)
    tagger = KernelTagger(3.0, n_neighbors=7, smoothing=0.5).fit(places, tags)
    proba = tagger.predict_proba(queries)
    for row, distances in enumerate(pairwise_haversine(queries, places)):
        near = np.argsort(distances)[:7]
        n = FORMULAS["gaussian"](distances[near] / 3.0) @ tags[near]
        expected = (n + 0.5 * tags.sum(axis=0) / tags.sum()) / (n.sum() + 0.5)
        assert_allclose(proba[row], expected, atol=1e-12)


def test_whole_weights_are_repetitions():
    places, tags = photos_of(60, 5, untagged=False)
    weights = np.random.default_rng(6).integers(0, 4, 60)
    weighted = KernelTagger(2.0, smoothing=1.0).fit(places, tags, weights)
    repeated = KernelTagger(2.0, smoothing=1.0).fit(
        np.repeat(places, weights, axis=0), np.repeat(tags, weights, axis=0)
    )
    assert_allclose(weighted.predict_proba(places), repeated.predict_proba(places))


def test_rows_do_not_depend_on_each_other():
    places, tags = photos_of(150, 7, untagged=False)
    for n_neighbors in (None, 9):
        tagger = KernelTagger(2.0, n_neighbors=n_neighbors).fit(places, tags)
        whole = tagger.predict_proba(places)
        lists = tagger.predict_topk(places, 3)
        with config_context(working_memory=1e-3):
            assert_array_equal(tagger.predict_proba(places), whole)
            assert_array_equal(tagger.predict_topk(places, 3), lists)
        for row in range(0, 150, 10):
            one = places[row : row + 1]
            assert_array_equal(tagger.predict_proba(one), whole[row : row + 1])
        tagger.set_params(n_jobs=2)
        assert_array_equal(tagger.predict_proba(places), whole)


@pytest.mark.parametrize("smoothing", [0.0, 2.0])
@pytest.mark.parametrize("omit_tags", [None, [1, 4, 5]])
def test_lists_are_those_of_the_scores(smoothing, omit_tags):
    places, tags = photos_of(150, 8, untagged=False)
    tagger = KernelTagger(2.0, smoothing=smoothing, omit_tags=omit_tags)
    tagger.fit(places[:100], tags[:100])
    for k in (1, 4, tags.shape[1] + 3):
        found, scores = tagger.predict_topk(places, k, return_scores=True)
        expected, best = top_k(tagger.decision_function(places), k)
        assert_array_equal(found, expected)
        assert_array_equal(scores, best)


# The bandwidth ------------------------------------------------------------------------


def _blobs(width_km, seed, n_photos=500, n_blobs=25, n_tags=40):
    """Draw photos around spots, each of which has two tags of its own out of forty."""
    rng = np.random.default_rng(seed)
    # On a grid, ten widths apart.
    spots = np.indices((5, 5)).reshape(2, -1).T * 10 * width_km / DEGREE_KM
    spot = rng.integers(n_blobs, size=n_photos)
    places = spots[spot] + rng.normal(scale=width_km / DEGREE_KM, size=(n_photos, 2))
    own = np.random.default_rng(0).integers(n_tags, size=(n_blobs, 2))
    tags = (rng.random((n_photos, n_tags)) < 0.1).astype(int)
    tags[np.arange(n_photos), own[spot, rng.integers(2, size=n_photos)]] = 1
    return places, tags


@pytest.mark.parametrize("width_km", [0.2, 20.0])
def test_auto_finds_the_scale_of_the_photos(width_km):
    places, tags = _blobs(width_km, 0)
    tagger = KernelTagger("auto").fit(places, tags)
    fine, coarse = tagger.bandwidths_km_
    assert coarse == pytest.approx(10 * fine)
    # As wide as a spot at least, and fine enough to tell the next one, ten widths off.
    assert coarse >= width_km / 2
    assert fine <= 5 * width_km
    # It is about as good on other photos as any other pair.
    queries, truth = _blobs(width_km, 1)
    score = tagger.score(queries, truth)
    for times in (0.03, 0.3, 3.0, 30.0):
        other = KernelTagger([times * fine, times * coarse]).fit(places, tags)
        assert score > other.score(queries, truth) - 0.03


def test_auto_counts_what_is_right_for_photos_left_out():
    places, tags = photos_of(80, 11, n_tags=30, untagged=False)
    users = np.random.default_rng(12).integers(15, size=80)
    trial = _Trial(
        PlaceIndex(places),
        places,
        sparse.csr_array(tags.astype(float)),
        tags.sum(axis=0) / tags.sum(),
        "gaussian",
        5.0,
        users,
    )
    asked = np.arange(0, 80, 2)
    gains, n_pairs = trial.gains(asked, [0.4, 4.0])
    for row, photo in enumerate(asked):
        rest = users != users[photo]
        km = pairwise_haversine(places[[photo]], places[rest])[0]
        p = tags.sum(axis=0) / tags.sum()
        for width in (4.0, 0.4):
            n = FORMULAS["gaussian"](km / width) @ tags[rest]
            p = (n + 5.0 * p) / (n.sum() + 5.0)
        listed = np.argsort(-p, kind="stable")
        hit_at = [tags[photo, listed[:k]].any() for k in range(1, 11)]
        assert gains[row] == pytest.approx(np.sum(hit_at))
    km = pairwise_haversine(places[asked], places)
    assert n_pairs == (km <= 16.0).sum()


def test_auto_counts_photos_as_often_as_they_weigh():
    # In the north a tag is of a spot, in the south of a region a hundred times as wide.
    rng = np.random.default_rng(3)
    spot = rng.integers(20, size=400)
    north, south = (
        [latitude, 0.0]
        + np.column_stack([np.zeros(400), apart * spot])
        + rng.normal(scale=apart / 8, size=(400, 2))
        for latitude, apart in ((60.0, 0.05), (-60.0, 5.0))
    )
    places, tags = np.concatenate([north, south]), np.eye(20)[np.tile(spot, 2)]
    users = rng.integers(60, size=800)
    found = []
    for weight in (np.repeat([9, 1], 400), np.repeat([1, 9], 400)):
        rows = np.repeat(np.arange(800), weight)
        one = KernelTagger().fit(places, tags, sample_weight=weight, groups=users)
        two = KernelTagger().fit(places[rows], tags[rows], groups=users[rows])
        assert one.bandwidths_km_ == two.bandwidths_km_
        found.append(one.bandwidths_km_[1])
        scale = {"sample_weight": 1e-200 * weight, "groups": users}
        assert KernelTagger(smoothing=0).fit(places, tags, **scale).bandwidths_km_
    assert found[0] < found[1]


def test_a_tie_is_one_whatever_photos_weigh():
    # As many photos lose as win: by plain means of floats some of them would be ahead.
    rng = np.random.default_rng(0)
    for _ in range(50):
        won = rng.integers(11, size=31).astype(float)
        ahead = rng.permutation(np.concatenate([won, -won]))
        for weight in (1.0, 7.0, 2.0**-900, 2.0**1000):
            mean, error = _mean_and_error(ahead, np.full(62, weight))
            assert mean == 0.0
            assert error == pytest.approx(ahead.std() / np.sqrt(62))
    values, weights = np.array([2.0, -3.0, 5.0]), np.array([4, 3, 2])
    mean, _ = _mean_and_error(values, 1.0 * weights)
    assert mean == np.repeat(values, weights).mean()


def test_users_are_left_out_whole():
    # Each user has an album at a place of their own, with a tag of their own and one of
    # the region. Without their names, an album seems to know all of its photos.
    rng = np.random.default_rng(13)
    region = np.repeat(np.arange(12), 5)
    spots = 30.0 * np.indices((3, 4)).reshape(2, -1).T[region]
    spots += rng.normal(scale=1.0, size=spots.shape)
    users = np.repeat(np.arange(60), 5)
    places = spots[users] + rng.normal(scale=1e-3, size=(300, 2))
    tags = np.hstack([np.eye(60)[users], np.eye(12)[region[users]]])
    alone = KernelTagger("auto").fit(places, tags)
    whole = KernelTagger("auto").fit(places, tags, groups=users.astype(str))
    assert alone.bandwidths_km_[1] < 20 < whole.bandwidths_km_[1]
    with pytest.raises(ValueError, match="groups must name the user"):
        KernelTagger("auto").fit(places, tags, groups=users[:9])


def test_auto_with_hardly_any_photos():
    tagger = KernelTagger("auto").fit([[1.0, 2.0]], [[0, 1]])
    assert_allclose(tagger.predict_proba([[1.0, 2.0]]), [[0, 1]])
    tagger.fit([[1.0, 2.0]] * 5, np.eye(5))
    assert_allclose(tagger.predict_proba([[1.0, 2.0]]), [[0.2] * 5])


# Odd places, sizes and containers -----------------------------------------------------


def test_poles_and_the_antimeridian():
    places = np.array([[90.0, 0.0], [-90.0, 10.0], [0.0, 180.0], [0.0, 0.0]])
    tagger = KernelTagger(1.0, smoothing=0).fit(places, np.eye(4))
    asked = [[90.0, -120.0], [-90.0, 77.0], [0.0, -179.999], [0.0, -0.0]]
    assert_allclose(tagger.predict_proba(asked), np.eye(4))


def test_one_photo():
    tagger = KernelTagger().fit([[1.0, 2.0]], [[0, 1]])
    assert_allclose(tagger.predict_proba([[1.0, 2.0], [-50.0, 0.0]]), [[0, 1]] * 2)


def test_a_kernel_that_spans_the_globe():
    tagger = KernelTagger(50_000.0, kernel="uniform", smoothing=0).fit(FOUR, TAGS)
    assert_allclose(tagger.predict_proba([[0.0, 180.0], [90.0, 0.0]]), [WORLD] * 2)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, pd.DataFrame])
def test_kinds_of_y_and_x(make):
    places, tags = photos_of(80, 9, untagged=False)
    expected = KernelTagger().fit(places, tags).predict_proba(places)
    tagger = KernelTagger().fit(places, make(tags))
    assert_array_equal(tagger.predict_proba(places), expected)
    wide = np.column_stack([np.full((80, 3), np.nan), places])
    tagger = KernelTagger(location=(3, 4)).fit(wide, make(tags))
    assert_array_equal(tagger.predict_proba(wide), expected)
    tagger = KernelTagger().fit(sparse.csr_matrix(places), tags)
    assert_array_equal(tagger.predict_proba(sparse.csr_array(places)), expected)
    again = pickle.loads(pickle.dumps(tagger))
    assert_array_equal(again.predict_proba(places), expected)
    named = KernelTagger(omit_tags=["b"]).fit(
        places, pd.DataFrame(tags, columns=list("abcdefgh"))
    )
    assert 1 not in named.predict_topk(places, 8)


def test_it_can_be_searched():
    places, tags = photos_of(120, 10, untagged=False)
    search = GridSearchCV(
        KernelTagger(), {"bandwidth_km": ["auto", 1.0, (0.5, 5.0)]}, cv=2
    )
    search.fit(places, sparse.csr_array(tags))
    assert 0.0 <= search.best_score_ <= 1.0


# What is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bandwidth_km", "message"),
    [
        ([], "must be a number of kilometres above 0"),
        ([1.0, np.nan], "must be a number of kilometres above 0"),
        ([0.0, 1.0], "must be a number of kilometres above 0"),
        ([[1.0, 2.0]], "must be a number of kilometres above 0"),
        ([5.0, 1.0], r"from fine to coarse. Pass \(1.0, 5.0\)"),
        (-1.0, "bandwidth_km"),
    ],
)
def test_odd_bandwidths(bandwidth_km, message):
    with pytest.raises(ValueError, match=message):
        KernelTagger(bandwidth_km).fit(FOUR, TAGS)


def test_what_else_is_refused():
    with pytest.raises(ValueError, match=r"row 1: latitude 120.0 .*look swapped"):
        KernelTagger().fit([[1.0, 2.0], [120.0, 2.0]], [[1], [1]])
    with pytest.raises(ValueError, match=r"row 1: the latitude is NaN"):
        KernelTagger().fit([[1.0, 2.0], [np.nan, 2.0]], [[1], [1]])
    with pytest.raises(ValueError, match="tags of 3 photos, but X has 4"):
        KernelTagger().fit(FOUR, TAGS[:3])
    with pytest.raises(ValueError, match="requires y to be passed"):
        KernelTagger().fit(FOUR, None)


# The contract -------------------------------------------------------------------------


class Folded(TakesPlainTables, KernelTagger):
    """Takes what scikit-learn's checks feed."""


def test_its_checks_are_run_here():
    assert OTHER_INPUT["KernelTagger"].endswith("test_kernel_tagger")
    check_param_validation("Folded", Folded())
    for parameter in KernelTagger().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(KernelTagger)


@pytest.mark.parametrize(("estimator", "check"), checks_of(Folded(bandwidth_km=100.0)))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


def test_a_list_that_no_memory_holds_is_refused():
    X, y = np.array([[48.0, 11.0], [40.0, -74.0]]), np.eye(2)
    tagger = KernelTagger(100.0, n_suggested=10**9).fit(X, y)
    with pytest.raises(ValueError, match=r"k=1000000000, but .* no more than 2"):
        tagger.predict_topk(X, 10**9)
    # Of two tags all are suggested, and no more memory is taken than for them.
    assert tagger.predict(X).toarray().tolist() == [[1, 1], [1, 1]]
    assert tagger.predict_topk(X, 5)[0].tolist() == [0, 1, -1, -1, -1]


def test_weighted_tags_that_add_up_to_infinity_are_refused():
    X, y = np.array([[48.0, 11.0], [40.0, -74.0]]), np.ones((2, 3))
    with pytest.raises(ValueError, match="add up to infinity"):
        KernelTagger(100.0).fit(X, y, sample_weight=[8e307, 8e307])


def test_a_second_fit_that_fails_leaves_the_first():
    tagger = KernelTagger(1.0).fit(FOUR, TAGS)
    before = tagger.predict_proba(FOUR)
    tagger.set_params(bandwidth_km=(3.0, 1.0))
    with pytest.raises(ValueError, match="several go from fine to coarse"):
        tagger.fit(np.column_stack([FOUR, FOUR]), np.column_stack([TAGS, TAGS]))
    assert_array_equal(tagger.predict_proba(FOUR), before)
