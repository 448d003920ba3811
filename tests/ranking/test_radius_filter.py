# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine
from sklearn_geo.neighbors import NeighborVoteAnnotator
from sklearn_geo.ranking import HashtagEmbedding, RadiusFilter
from sklearn_geo.ranking._experts import plain_tags
from tests.contract import OTHER_INPUT
from tests.ranking.places import FoldsPlaces, as_tags, checks_of, photos_of

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0
LINEAR = OneVsRestClassifier(LogisticRegression())


def _photos(n_photos, seed, n_tags=4):
    places, tags = photos_of(n_photos, seed, n_tags=n_tags, untagged=False)
    rng = np.random.default_rng(seed)
    looks = tags @ rng.normal(size=(n_tags, 3)) + rng.normal(size=(n_photos, 3))
    # Some look the same, so that there are ties.
    return np.column_stack([places, looks.round(1)]), tags


def _naive(scores, places, tag, place, k, radius_km, exclude=()):
    """Look at every photo."""
    km = haversine(np.tile(place, (len(places), 1)), places)
    found = [
        (-scores[row, tag], row)
        for row in range(len(places))
        if km[row] <= radius_km and row not in exclude
    ]
    rows = [row for _, row in sorted(found)[:k]]
    return rows + [-1] * (k - len(rows))


# What is found ------------------------------------------------------------------------


def test_by_hand():
    # On the equator, at 0, 10, 20 and 300 km; one look, the more the likelier.
    X = np.column_stack(
        [np.zeros(4), np.array([0, 10, 20, 300]) / DEGREE_KM, [0.0, 2.0, 1.0, 3.0]]
    )
    tags = [[0, 1], [1, 0], [0, 1], [1, 0]]
    model = RadiusFilter(LINEAR).fit(X, tags).index(X)
    assert_array_equal(model.retrieve(0, [0.0, 0.0], 4), [1, 2, 0, -1])
    assert_array_equal(model.retrieve(1, [0.0, 0.0], 2), [0, 2])
    _, scores = model.retrieve(0, [0.0, 0.0], 4, return_scores=True)
    said = clone(LINEAR).fit(X[:, 2:], tags).decision_function(X[:, 2:])[:, 0]
    assert_allclose(scores, [said[1], said[2], said[0], -np.inf], rtol=1e-6)
    assert_array_equal(model.retrieve(0, [50.0, 0.0], 2), [-1, -1])
    model.set_params(radius_km=None)
    assert_array_equal(model.retrieve(0, [50.0, 0.0], 5), [3, 1, 2, 0, -1])


def test_the_border_counts():
    X = np.array([[0.0, 0.0, 1.0], [0.0, 0.3, 1.0]])
    km = haversine(X[:1, :2], X[1:, :2])[0]
    model = RadiusFilter(KNeighborsClassifier(1), km).fit(X, [[1, 0], [0, 1]])
    model.index(X)
    assert sorted(model.retrieve(0, [0.0, 0.0], 2)) == [0, 1]
    model.set_params(radius_km=np.nextafter(km, 0.0))
    assert_array_equal(model.retrieve(0, [0.0, 0.0], 2), [0, -1])
    model.set_params(radius_km=0.0)
    assert_array_equal(model.retrieve(0, [0.0, 0.0], 2), [0, -1])


@pytest.mark.parametrize(
    "photo_model",
    [
        LINEAR,
        OneVsRestClassifier(GaussianNB()),
        KNeighborsClassifier(5),
        DecisionTreeClassifier(max_depth=3, random_state=0),
    ],
)
@pytest.mark.parametrize("working_memory", [1024, 1e-3])
def test_photos_are_those_of_a_naive_loop(photo_model, working_memory):
    X, tags = _photos(120, 0)
    gallery, _ = _photos(90, 1)
    asked = np.vstack([gallery[:12, :2], [[90.0, 77.0], [60.0, -180.0], [0.0, 0.0]]])
    wanted = np.arange(len(asked)) % 4
    exclude = np.where(np.arange(len(asked)) < 12, np.arange(len(asked)), -1)
    model = RadiusFilter(photo_model, 7.0).fit(X, tags).index(gallery)
    fitted = clone(photo_model).fit(X[:, 2:], tags)
    if hasattr(fitted, "decision_function"):
        scores = fitted.decision_function(gallery[:, 2:])
    else:
        scores = fitted.predict_proba(gallery[:, 2:])
    if isinstance(scores, list):
        scores = np.column_stack([each[:, 1] for each in scores])
    with config_context(working_memory=working_memory):
        found = model.retrieve(wanted, asked, 9, exclude=exclude)
        again = model.retrieve(wanted, asked, 9)
    for row, (tag, place) in enumerate(zip(wanted, asked, strict=True)):
        left_out = {int(exclude[row])}
        expected = _naive(scores, gallery[:, :2], tag, place, 9, 7.0, left_out)
        assert_array_equal(found[row], expected)
        assert_array_equal(again[row], _naive(scores, gallery[:, :2], tag, place, 9, 7))
        one = model.retrieve(int(tag), place, 9, exclude=int(exclude[row]))
        assert_array_equal(one, expected)
    assert (found == -1).any()


def test_scores_are_as_exact_as_those_of_the_model():
    class Close(BaseEstimator):
        def fit(self, X, y):
            return self

        def decision_function(self, X):
            return 1.0 + 1e-12 * np.column_stack([X[:, 0], -X[:, 0]])

    looks = np.random.default_rng(0).permutation(20.0 + np.arange(50))
    X = np.column_stack([np.full((50, 2), 10.0), looks])
    tags = np.tile([1, 0], (50, 1))
    model = RadiusFilter(Close()).fit(X, tags).index(X)
    for tag, order in ((0, np.argsort(-looks)), (1, np.argsort(looks))):
        found, scores = model.retrieve(tag, [10, 10], 50, return_scores=True)
        assert_array_equal(found, order)
        assert_array_equal(
            scores, model.photo_model_.decision_function(X[:, 2:])[found, tag]
        )
    found, _ = model.retrieve([0, 1], [10, 10], 50, return_scores=True)
    assert_array_equal(found, [np.argsort(-looks), np.argsort(looks)])


def test_scores_that_are_whole_numbers():
    class Votes(BaseEstimator):
        def fit(self, X, y):
            return self

        def decision_function(self, X):
            return X.astype(int)

    X = np.column_stack([np.full((5, 2), 10.0), np.arange(5.0)])
    model = RadiusFilter(Votes()).fit(X, np.ones((5, 1))).index(X)
    found, scores = model.retrieve(0, [10, 10], 6, return_scores=True)
    assert_array_equal(found, [4, 3, 2, 1, 0, -1])
    assert_array_equal(scores, [4, 3, 2, 1, 0, -np.inf])


def test_models_with_vectors_compute_them_once():
    X, tags = _photos(80, 2)
    embedding = HashtagEmbedding(n_components=5, max_iter=2, random_state=0)
    model = RadiusFilter(embedding, 7.0, tag_names=list("abcd")).fit(X, tags).index(X)
    fitted = model.photo_model_
    scores = fitted.transform(X[:, 2:]) @ fitted.tag_vectors_.T
    found = model.retrieve(["b", "d"], X[:2, :2], 6)
    for row, tag in enumerate((1, 3)):
        expected = _naive(scores, X[:, :2], tag, X[row, :2], 6, 7.0)
        assert_array_equal(found[row], expected)
    # Without a limit it is what the embedding finds.
    model.set_params(radius_km=None)
    expected = fitted.index(X[:, 2:]).retrieve([0, 2], 5)
    assert_array_equal(model.retrieve([0, 2], [0.0, 0.0], 5), expected)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.retrieve([0, 2], [0.0, 0.0], 5), expected)


def test_one_for_all():
    X, tags = _photos(60, 3)
    names = ["sea", "sun", "road", "dog"]
    frame = pd.DataFrame(tags, columns=names)
    model = RadiusFilter(LINEAR).fit(X, frame).index(X)
    assert model.tag_names_ == names
    places = X[:3, :2]
    batch = model.retrieve("sun", places, 4)
    assert batch.shape == (3, 4)
    assert batch.dtype == np.int64
    for place, found in zip(places, batch, strict=True):
        assert_array_equal(model.retrieve("sun", place, 4), found)
    batch = model.retrieve(["dog", "sea"], places[0], 4)
    assert_array_equal(batch[1], model.retrieve(0, places[0], 4))


def test_tables_of_all_kinds():
    X, tags = _photos(60, 4)
    expected = RadiusFilter(LINEAR).fit(X, tags).index(X).retrieve(1, X[0, :2], 5)
    frame = pd.DataFrame(X[:, [2, 3, 4, 0, 1]], columns=["r", "g", "b", "lat", "lon"])
    model = RadiusFilter(LINEAR, location="auto").fit(frame, tags).index(frame)
    assert_array_equal(model.retrieve(1, X[0, :2], 5), expected)
    assert list(model.photo_model_.feature_names_in_) == ["r", "g", "b"]
    wide = sparse.csr_matrix(X)
    model = RadiusFilter(LINEAR).fit(wide, sparse.csc_array(tags)).index(wide)
    assert_array_equal(model.retrieve(1, X[0, :2], 5), expected)
    frozen = FrozenEstimator(clone(LINEAR).fit(X[:, 2:], tags))
    model = RadiusFilter(frozen).fit(X, tags).index(X)
    assert model.photo_model_ is frozen
    assert_array_equal(model.retrieve(1, X[0, :2], 5), expected)


def test_a_model_that_reads_places_gets_the_table():
    X, tags = _photos(60, 5)
    model = RadiusFilter(NeighborVoteAnnotator(20, 5), 50.0).fit(X, tags).index(X)
    scores = NeighborVoteAnnotator(20, 5).fit(X, tags).predict_proba(X)
    expected = _naive(scores, X[:, :2], 2, X[0, :2], 5, 50.0)
    assert_array_equal(model.retrieve(2, X[0, :2], 5), expected)


# What is refused ----------------------------------------------------------------------


def _doubled(tags):
    """Return the same tags, each in two entries, and a zero that is stored."""
    thin = sparse.csr_array(tags.astype(float))
    data = np.repeat(thin.data, 2) * np.tile([3.0, -2.0], thin.nnz)
    where = np.repeat(thin.indices, 2), thin.indptr * 2
    return sparse.csr_array((data, *where), shape=tags.shape)


def _with_some_twice(tags):
    """Return the same tags, five of them in two entries of 1."""
    at = np.argwhere(tags)
    row, tag = np.vstack([at, at[:5]]).T
    return sparse.coo_array((np.ones(len(row), dtype=int), (row, tag)), tags.shape)


def _csr_with_some_twice(tags):
    """Return the same tags, the first in six entries that nothing adds up by itself."""
    thin = sparse.csr_array(tags)
    data = np.r_[np.ones(5), np.ones(thin.nnz)]
    first = np.flatnonzero(np.diff(thin.indptr))[0]
    indices = np.r_[np.repeat(thin.indices[:1], 5), thin.indices]
    shift = np.where(np.arange(len(thin.indptr)) > first, 5, 0)
    return sparse.csr_array((data, indices, thin.indptr + shift), shape=tags.shape)


@pytest.mark.parametrize(
    "dress",
    [
        _doubled,
        _with_some_twice,
        _csr_with_some_twice,
        lambda tags: tags.astype(np.float16),
        lambda tags: tags.astype(">i4"),
        lambda tags: tags.astype(object),
        lambda tags: pd.DataFrame(tags).astype(object),
    ],
    ids=[
        *("entries twice", "some twice", "some in csr"),
        *("half floats", "bytes the other way", "objects", "columns of objects"),
    ],
)
def test_tags_in_forms_that_models_do_not_read(dress):
    X, tags = _photos(60, 2)
    plain = RadiusFilter(LINEAR).fit(X, tags).photo_model_
    model = RadiusFilter(LINEAR).fit(X, dress(tags)).photo_model_
    assert_array_equal(
        model.predict_proba(X[:, 2:]), plain.predict_proba(X[:, 2:]), strict=True
    )


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "dia", "lil"])
def test_counts_are_handed_on_as_they_are(kind):
    counts = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]])
    given = sparse.coo_array(counts).asformat(kind)
    assert_array_equal(plain_tags(given).toarray(), counts)
    # A zero that is stored is no second entry.
    entries = ([2.0, 0.0, 1.0], ([0, 0, 1], [0, 1, 1]))
    stored = plain_tags(sparse.coo_array(entries, shape=(3, 2)))
    assert_array_equal(stored.toarray(), [[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])


class _Wide(BaseEstimator):
    """Scores of as many tags as y has, in numbers of its own."""

    def fit(self, X, y):
        self.n_ = y.shape[1]
        return self

    def decision_function(self, X):
        return np.asarray(X) @ np.ones((X.shape[1], self.n_))


def test_scores_stay_in_the_working_memory():
    n, n_tags = 20_000, 200
    X, tags = np.zeros((n, 3)), np.zeros((n, n_tags), dtype=np.int8)
    tags[:, 0] = 1
    model = RadiusFilter(_Wide(), radius_km=None).fit(X, tags).index(X)
    with config_context(working_memory=8):
        tracemalloc.start()
        model.retrieve(np.arange(n_tags), np.zeros(2), k=2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Scores of some tags, of a block of photos, and what looks through them.
    assert peak < 1.6 * 8 * 2**20


def test_what_is_masked_is_no_photo():
    X, tags = _photos(30, 6)
    model = RadiusFilter(LINEAR, None).fit(X, tags).index(X)
    best = model.retrieve(1, X[0, :2], 2)
    with pytest.raises(ValueError, match="exclude, row 0: the value is masked"):
        model.retrieve(1, X[0, :2], 2, exclude=np.ma.array(best, mask=[1, 0]))
    found = model.retrieve(1, X[0, :2], 2, exclude=np.ma.array(best))
    assert not np.isin(found, best).any()


def test_what_is_refused():
    X, tags = _photos(30, 6)
    model = RadiusFilter(LINEAR, tag_names=["sea", "sun", "road", "dog"])
    nobody = sparse.csr_array((30, 4))
    with pytest.raises(ValueError, match="No photo has a tag"):
        model.fit(X, nobody)
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="tags of 29 photos, but X has 30"):
        model.fit(X, tags[:29])
    with pytest.raises(ValueError, match=r"X has 2 feature\(s\), and none besides"):
        model.fit(X[:, :2], tags)
    with pytest.raises(ValueError, match="tag_names has 4 names, but y has 3"):
        model.fit(X, tags[:, :3])
    model.fit(X, tags)
    with pytest.raises(ValueError, match=r"call index\(X\) with the gallery"):
        model.retrieve("sea", [0.0, 0.0])
    model.index(X)
    with pytest.raises(ValueError, match=r"'see'.*Did you mean 'sea'"):
        model.retrieve("see", [0.0, 0.0])
    with pytest.raises(ValueError, match="looks around a place, and there is none"):
        model.retrieve("sea", None)
    with pytest.raises(ValueError, match="looks around a place, and there is none"):
        model.retrieve("sea", [np.nan, np.nan])
    with pytest.raises(ValueError, match=r"place, row 0: latitude 100.0"):
        model.retrieve("sea", [100.0, 2.0])
    with pytest.raises(ValueError, match="k must be a whole number"):
        model.retrieve("sea", [0.0, 2.0], 0)
    with pytest.raises(ValueError, match="3 tags and 2 places"):
        model.retrieve([0, 1, 2], [[0.0, 2.0], [0.0, 3.0]])
    with pytest.raises(ValueError, match="exclude names photo 30"):
        model.retrieve("sea", [0.0, 2.0], exclude=30)
    with pytest.raises(ValueError, match="The gallery is empty"):
        model.index(X[:0])
    with pytest.raises(ValueError, match="photo_model"):
        RadiusFilter(StandardScaler()).fit(X, tags)
    narrow = FrozenEstimator(KNeighborsClassifier(3).fit(X[:, 2:], tags[:, :3]))
    model = RadiusFilter(narrow).fit(X, tags).index(X)
    with pytest.raises(
        ValueError, match=r"gives the shape \(\d+, 3\), but there are 4"
    ):
        model.retrieve(0, X[0, :2])


# The contract -------------------------------------------------------------------------


class Folded(FoldsPlaces, RadiusFilter):
    """Takes what scikit-learn's checks feed: labels, and places that are features."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, as_tags(y), sample_weight)

    def _features_of(self, X, model):
        return X


def test_its_checks_are_run_here():
    assert OTHER_INPUT["RadiusFilter"].endswith("test_radius_filter")
    check_param_validation("RadiusFilter", RadiusFilter(LINEAR))
    for parameter in RadiusFilter(LINEAR).get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(RadiusFilter)


TREE = DecisionTreeClassifier(random_state=0)


@pytest.mark.parametrize(("estimator", "check"), checks_of(Folded(TREE)))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


def test_a_second_fit_that_fails_leaves_the_first():
    X, tags = _photos(40, 0)
    model = RadiusFilter(LINEAR).fit(X, tags).index(X)
    before = model.retrieve(3, X[0, :2], 5)
    model.set_params(photo_model=GaussianNB())
    with pytest.raises(ValueError, match="1d array"):
        model.fit(X[:, :4], tags[:, :2])
    assert_array_equal(model.retrieve(3, X[0, :2], 5), before)
    assert_array_equal(model.index(X).retrieve(3, X[0, :2], 5), before)


@pytest.mark.filterwarnings("ignore:1 of 3 tags have no word vector")
@pytest.mark.parametrize("frozen", [False, True])
def test_tags_without_a_word_vector_find_nothing(frozen):
    places, looks = np.tile([48.0, 2.0], (6, 1)), np.eye(6)[:, :3]
    words = {"sea": [1.0, 0.0], "snow": [0.0, 1.0]}
    names, tags = ["sea", "unheard", "snow"], np.tile(np.eye(3), (2, 1))
    model = HashtagEmbedding(
        "her", word_vectors=words, tag_names=names, max_iter=1, random_state=0
    )
    photo_model = FrozenEstimator(model.fit(looks, tags)) if frozen else model
    X = np.hstack([places, looks])
    search = RadiusFilter(photo_model, tag_names=names).fit(X, tags).index(X)
    assert sorted(search.retrieve("sea", [48.0, 2.0], k=6)) == list(range(6))
    for asked in ("unheard", ["sea", "unheard"]):
        with pytest.raises(ValueError, match="'unheard' has no word vector"):
            search.retrieve(asked, [48.0, 2.0])


class Axes(BaseEstimator):
    """Tags are axes of the features; of one nothing is known."""

    def fit(self, X, y):
        self.tag_vectors_ = np.eye(3) * [1.0, 0.0, 1.0]
        return self

    def transform(self, X):
        return np.asarray(X)

    def decision_function(self, X):
        return self.transform(X) @ self.tag_vectors_.T


def test_a_vector_of_zeros_of_any_other_model_is_a_vector():
    X = np.hstack([np.tile([48.0, 2.0], (6, 1)), np.tile(np.eye(3), (2, 1))])
    search = RadiusFilter(Axes()).fit(X, np.tile(np.eye(3), (2, 1))).index(X)
    assert_array_equal(search.retrieve([0, 1], [48.0, 2.0], k=2), [[0, 3], [0, 1]])
