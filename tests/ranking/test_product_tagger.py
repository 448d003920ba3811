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
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_param_validation

from sklearn_geo.neighbors import NeighborVoteAnnotator
from sklearn_geo.ranking import KernelTagger, PlaceFrequencyTagger, ProductTagger
from sklearn_geo.ranking._experts import tag_proba
from tests.contract import OTHER_INPUT
from tests.ranking.places import TakesPlainTables, as_tags, checks_of, photos_of

# Nobody has the last tag of the tests, which scikit-learn says.
pytestmark = pytest.mark.filterwarnings("ignore:Label not 5 is present:UserWarning")

LINEAR = OneVsRestClassifier(LogisticRegression())
KERNEL = KernelTagger(5.0, smoothing=1.0)


def _photos(n_photos, seed, n_subjects=3):
    """Draw photos whose tags hang on the subject, the place, and on both."""
    rng = np.random.default_rng(seed)
    places, _ = photos_of(n_photos, seed)
    subject = rng.integers(n_subjects, size=n_photos)
    spot = (places[:, 0] > 50).astype(int)
    tags = np.zeros((n_photos, n_subjects + 2 + 1), dtype=int)
    tags[np.arange(n_photos), subject] = rng.random(n_photos) < 0.8
    tags[np.arange(n_photos), n_subjects + spot] = rng.random(n_photos) < 0.8
    tags[tags.sum(axis=1) == 0, 0] = 1
    features = np.eye(n_subjects)[subject] + rng.normal(
        scale=0.3, size=(n_photos, n_subjects)
    )
    return np.column_stack([places, features]), tags


def _formula(photo, place, frequencies, weight, floor=1e-6):
    """Work out the scores from what both say, tag by tag."""
    scores = np.empty_like(photo)
    for row in range(len(photo)):
        v = photo[row] / photo[row].sum() if photo[row].any() else photo[row]
        x = place[row] / place[row].sum()
        for t, q in enumerate(frequencies):
            seen, here = max(v[t], floor * q), max(x[t], floor * q)
            scores[row, t] = np.log(seen) + weight * (np.log(here) - np.log(q))
    return scores


# The formula --------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0, 3.0])
def test_scores_are_those_of_the_formula(weight):
    X, tags = _photos(80, 0)
    tagger = ProductTagger(LINEAR, KERNEL, weight=weight).fit(X, tags)
    counts = np.maximum(tags.sum(axis=0), 0.5)  # nobody has the last tag
    assert_allclose(tagger.tag_frequencies_, counts / counts.sum())
    photo = clone(LINEAR).fit(X[:, 2:], tags).predict_proba(X[:, 2:])
    place = clone(KERNEL).fit(X[:, :2], tags).predict_proba(X[:, :2])
    expected = _formula(photo, place, counts / counts.sum(), weight)
    assert_allclose(tagger.decision_function(X), expected)
    proba = tagger.predict_proba(X)
    assert_allclose(proba, np.exp(expected) / np.exp(expected).sum(1, keepdims=True))
    assert_array_equal(
        tagger.predict_topk(X, 2), np.argsort(-expected, axis=1, kind="stable")[:, :2]
    )
    with config_context(working_memory=1e-3):
        assert_array_equal(tagger.predict_proba(X), proba)


def test_by_hand():
    # Two photos at each of two places; the look says one tag of two.
    X = np.array([[0.0, 0, 0], [0, 0, 1], [9, 9, 0], [9, 9, 1]])
    tags = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0], [0, 1, 0]])
    tagger = ProductTagger(
        KNeighborsClassifier(1), PlaceFrequencyTagger(8, smoothing=0), floor=1e-3
    ).fit(X, tags)
    q = np.array([2, 2, 2]) / 6
    # At the first place 1, 1, 2 of 4. The nearest look is the first of its kind.
    looks = np.array([1, 0, 1]) / 2
    here = np.array([1, 1, 2]) / 4
    expected = np.log(np.maximum(looks, 1e-3 * q)) + np.log(here) - np.log(q)
    assert_allclose(tagger.decision_function([[0.0, 0, 0]]), [expected])
    # At the second nobody has the last tag.
    here = np.array([0.5, 0.5, 1e-3 / 3])
    expected = np.log(np.maximum(looks, 1e-3 * q)) + np.log(here) - np.log(q)
    assert_allclose(tagger.decision_function([[9.0, 9, 0]]), [expected])


def test_weights_of_photos_reach_both_models():
    X, tags = _photos(60, 1)
    weights = np.random.default_rng(2).integers(0, 3, 60)
    with pytest.raises(ValueError, match="of OneVsRestClassifier takes no sample_w"):
        ProductTagger(LINEAR, KERNEL).fit(X, tags, sample_weight=weights)
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    one = ProductTagger(tree, KERNEL).fit(X, tags, sample_weight=weights)
    rows = np.repeat(np.arange(60), weights)
    two = ProductTagger(tree, KERNEL).fit(X[rows], tags[rows])
    assert_allclose(one.decision_function(X), two.decision_function(X))
    assert_allclose(one.tag_frequencies_, two.tag_frequencies_)
    plain = ProductTagger(tree, KERNEL).fit(X, tags)
    for part in ("photo_model_", "place_model_"):
        columns = X[:, 2:] if part == "photo_model_" else X
        ours = tag_proba(getattr(one, part), columns, 6, part)
        assert not np.allclose(ours, tag_proba(getattr(plain, part), columns, 6, part))


def test_photos_without_weight_are_as_if_they_were_not_there():
    X, tags = _photos(60, 1)
    more, others = np.vstack([X, 0.5 * X]), np.vstack([tags, 1 - tags])
    weights = np.repeat([1.0, 0.0], 60)
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    tagger = ProductTagger(tree, KERNEL, weight="auto", random_state=0)
    tagger.fit(more, others, sample_weight=weights)
    fewer = clone(tagger).fit(X, tags)
    assert tagger.weight_ == fewer.weight_
    assert_allclose(tagger.decision_function(X), fewer.decision_function(X))
    with (
        pytest.warns(UserWarning, match="60 of 120 photos have no tag"),
        pytest.raises(ValueError, match="Every photo with a tag has weight 0"),
    ):
        tagger.fit(more, np.vstack([tags * 0, tags]), sample_weight=weights)


def test_photos_without_tags_teach_neither():
    X, tags = _photos(60, 3)
    tags[[0, 7]] = 0
    with pytest.warns(UserWarning, match="2 of 60 photos have no tag"):
        tagger = ProductTagger(LINEAR, KERNEL).fit(X, tags)
    rows = tags.any(axis=1)
    expected = ProductTagger(LINEAR, KERNEL).fit(X[rows], tags[rows])
    assert_array_equal(tagger.predict_proba(X), expected.predict_proba(X))
    assert tagger.n_untagged_ == 2


# The weight ---------------------------------------------------------------------------


def test_the_weight_is_found():
    # Places say nothing: tags hang on looks alone.
    X, tags = _photos(400, 4)
    rng = np.random.default_rng(5)
    looks_only = tags[:, :3]
    looks_only[looks_only.sum(axis=1) == 0, 0] = 1
    tagger = ProductTagger(LINEAR, KernelTagger(0.5, smoothing=0.1), weight="auto")
    tagger.set_params(random_state=0).fit(X, looks_only)
    assert tagger.weight_ <= 0.5
    # Looks say nothing: the place is worth more than one.
    noise = np.column_stack([X[:, :2], rng.normal(size=(400, 2))])
    spots = tags[:, 3:5]
    spots[spots.sum(axis=1) == 0] = 1
    tagger.set_params(place_model=KERNEL).fit(noise, spots)
    assert tagger.weight_ >= 0.8


def test_the_weight_is_that_of_a_naive_search():
    X, tags = _photos(60, 6)
    users = np.repeat(np.arange(12), 5)
    tagger = ProductTagger(
        LINEAR, KERNEL, weight="auto", validation_fraction=0.3, random_state=3
    ).fit(X, tags, groups=users)
    # Recover who was held out: the same draw again.
    train, held_out = tagger._split((X, tags, None, users))
    assert not set(users[train]) & set(users[held_out])
    photo = clone(LINEAR).fit(X[train, 2:], tags[train]).predict_proba(X[held_out, 2:])
    place = clone(KERNEL).fit(X[train, :2], tags[train])
    place = place.predict_proba(X[held_out, :2])
    likelihoods = []
    for weight in np.arange(21) / 10:
        scores = _formula(photo, place, tagger.tag_frequencies_, weight)
        log_proba = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        truth = tags[held_out]
        own = (log_proba * truth).sum(axis=1) / truth.sum(axis=1)
        likelihoods.append(own.sum())
    assert tagger.weight_ == pytest.approx(np.argmax(likelihoods) / 10)


def test_both_together_beat_either():
    X, tags = _photos(600, 7)
    Q, truth = _photos(300, 8)
    together = ProductTagger(LINEAR, KERNEL).fit(X, tags)
    both = ((truth.sum(axis=1) == 2)[:, np.newaxis] & truth.astype(bool)).astype(int)
    kept = both.any(axis=1)

    def right(tagger, X):
        tags = tagger.predict_topk(X, 2)
        return np.take_along_axis(truth, tags, axis=1)[kept].all(axis=1).mean()

    alone = clone(KERNEL).fit(X, tags)
    assert right(together, Q) > right(alone, Q) + 0.1
    together.weight_ = 0.0
    looks = right(together, Q)
    together.weight_ = 1.0
    assert right(together, Q) > looks + 0.1


# Models and tables of all kinds -------------------------------------------------------


def test_lists_of_probabilities_are_understood():
    X, tags = _photos(60, 9)
    tags[:, 4] = 1  # all have it, and nobody has the last: one class each
    forest = RandomForestClassifier(5, random_state=0)
    tagger = ProductTagger(forest, KERNEL, weight=0.0, floor=1e-9).fit(X, tags)
    fitted = clone(forest).fit(X[:, 2:], tags)
    having = np.zeros(tags.shape)
    for t, proba in enumerate(fitted.predict_proba(X[:, 2:])):
        classes = fitted.classes_[t].tolist()
        if 1 in classes:
            having[:, t] = proba[:, classes.index(1)]
    expected = _formula(having, having, tagger.tag_frequencies_, 0.0, 1e-9)
    assert_allclose(tagger.decision_function(X), expected)


def test_frozen_models_stay_as_they_are():
    X, tags = _photos(60, 10)
    photo = FrozenEstimator(clone(LINEAR).fit(X[:40, 2:], tags[:40]))
    place = FrozenEstimator(KernelTagger(1.0, smoothing=1.0).fit(X[:40], tags[:40]))
    tagger = ProductTagger(photo, place).fit(X, tags)
    assert tagger.photo_model_ is photo
    assert tagger.place_model_ is place
    expected = _formula(
        photo.predict_proba(X[:, 2:]),
        place.predict_proba(X),
        tagger.tag_frequencies_,
        1.0,
    )
    assert_allclose(tagger.decision_function(X), expected)
    clone(tagger)  # does not refit, nor complain


def test_models_that_read_places_themselves_get_the_table():
    X, tags = _photos(60, 11)
    X = X[:, [2, 3, 0, 1, 4]]
    annotator = NeighborVoteAnnotator(30, 5)
    tagger = ProductTagger(annotator, KERNEL, location=(2, 3)).fit(X, tags)
    assert tagger.photo_model_.location == (2, 3)
    assert tagger.place_model_.location == (2, 3)
    votes = NeighborVoteAnnotator(30, 5, location=(2, 3)).fit(X, tags).predict_proba(X)
    place = (
        KernelTagger(5.0, smoothing=1.0, location=(2, 3)).fit(X, tags).predict_proba(X)
    )
    expected = _formula(votes, place, tagger.tag_frequencies_, 1.0)
    assert_allclose(tagger.decision_function(X), expected)
    # A model of two columns gets these.
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier(3))
    tagger = ProductTagger(LINEAR, pipeline, location=(2, 3)).fit(X, tags)
    assert tagger.place_model_.n_features_in_ == 2
    assert tagger.photo_model_.n_features_in_ == 3


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_columns_of_names_are_not_shown_to_the_photo_model(make):
    X, tags = _photos(60, 12)
    frame = pd.DataFrame(X[:, 2:], columns=["red", "green", "blue"])
    frame["town"] = np.where(X[:, 0] > 50, "north", "south")
    frame["lat"], frame["lon"] = X[:, 0], X[:, 1]
    towns = PlaceFrequencyTagger("town")
    tagger = ProductTagger(LINEAR, towns, location=("lat", "lon"))
    tagger.fit(frame, make(tags))
    looks = frame[["red", "green", "blue"]]
    photo = clone(LINEAR).fit(looks, tags).predict_proba(looks)
    place = PlaceFrequencyTagger("town").fit(frame, tags).predict_proba(frame)
    expected = _formula(photo, place, tagger.tag_frequencies_, 1.0)
    assert_allclose(tagger.decision_function(frame), expected)
    again = pickle.loads(pickle.dumps(tagger))
    assert_array_equal(again.predict_topk(frame, 3), tagger.predict_topk(frame, 3))


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_features(make):
    X, tags = _photos(60, 13)
    X[:, 2:] = np.round(X[:, 2:])
    expected = ProductTagger(LINEAR, KERNEL).fit(X, tags).predict_topk(X, 3)
    tagger = ProductTagger(LINEAR, KERNEL).fit(make(X), tags)
    assert_array_equal(tagger.predict_topk(make(X), 3), expected)


def test_it_can_be_searched():
    X, tags = _photos(60, 14)
    search = GridSearchCV(
        ProductTagger(LINEAR, KERNEL),
        {"place_model__bandwidth_km": [1.0, 100.0], "weight": [0.0, 1.0]},
        cv=2,
    )
    search.fit(X, tags)
    assert search.best_score_ > 0.5


# What is refused ----------------------------------------------------------------------


def test_what_is_refused():
    X, tags = _photos(20, 15)
    with pytest.raises(ValueError, match=r"X has 2 feature\(s\), and none besides"):
        ProductTagger(LINEAR, KERNEL).fit(X[:, :2], tags)
    other = FrozenEstimator(clone(LINEAR).fit(X[:, 2:], tags[:, :3]))
    tagger = ProductTagger(other, KERNEL).fit(X, tags)
    with pytest.raises(ValueError, match=r"RestClassifier gives the shape \(20, 3\)"):
        tagger.predict(X)
    with pytest.raises(ValueError, match="there is only one group"):
        ProductTagger(LINEAR, KERNEL, weight="auto").fit(X, tags, groups=["a"] * 20)
    with pytest.raises(ValueError, match="only one tagged photo"):
        ProductTagger(LINEAR, KERNEL, weight="auto").fit(X[:1], tags[:1])
    bad = X.copy()
    bad[3, 0] = 99.0
    with pytest.raises(ValueError, match=r"row 3: latitude 99.0"):
        ProductTagger(LINEAR, KERNEL).fit(bad, tags)
    with pytest.raises(ValueError, match="photo_model"):
        ProductTagger(StandardScaler(), KERNEL).fit(X, tags)
    with pytest.raises(ValueError, match="groups must name the user"):
        ProductTagger(LINEAR, KERNEL).fit(X, tags, groups=[1, 2])


# The contract -------------------------------------------------------------------------


class Folded(TakesPlainTables, ProductTagger):
    """Takes what scikit-learn's checks feed: labels, and places that are features."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, as_tags(y), sample_weight)

    def _parts_of(self, X, photo_model, place_model):
        self._places_of(X)  # which refuses NaN
        return X, X


def test_its_checks_are_run_here():
    assert OTHER_INPUT["ProductTagger"].endswith("test_product_tagger")
    check_param_validation("ProductTagger", ProductTagger(LINEAR, KERNEL))
    for parameter in ProductTagger(LINEAR, KERNEL).get_params(deep=False):
        assert f"\n{parameter} : " in inspect.getdoc(ProductTagger)


TREE = DecisionTreeClassifier(random_state=0)


@pytest.mark.parametrize(("estimator", "check"), checks_of(Folded(TREE, TREE)))
def test_folded_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)  # those of sklearn.utils.estimator_checks


def test_a_second_fit_that_fails_leaves_the_first():
    X, tags = _photos(40, 0)
    tagger = ProductTagger(LINEAR, KERNEL).fit(X, tags)
    before = tagger.decision_function(X)
    tagger.set_params(weight="auto")
    with pytest.raises(ValueError, match="there is only one tagged photo"):
        tagger.fit(X[:1, :4], tags[:1, :3])
    assert_array_equal(tagger.decision_function(X), before)


def test_frequencies_by_huge_weights():
    X, tags = _photos(60, 1)
    weights = np.random.default_rng(2).uniform(0.5, 1.0, 60)
    tree = DecisionTreeClassifier(max_depth=1, random_state=0)
    tagger = ProductTagger(tree, KERNEL)
    tagger.fit(X, tags, sample_weight=2.0**1000 * weights)
    counts = weights @ tags  # what nobody has counts as nothing beside such weights
    assert_allclose(tagger.tag_frequencies_, counts / counts.sum(), atol=1e-300)
    with pytest.raises(ValueError, match="Scale the weights down first"):
        tagger.fit(X, tags, sample_weight=2.0**1018 * weights)


@pytest.mark.parametrize("dtype", [">f8", "<f2", ">i4", "?"])
def test_indicators_of_any_numbers(dtype):
    X, tags = _photos(80, 0)
    expected = ProductTagger(LINEAR, KERNEL, weight=1.0).fit(X, tags)
    tagger = ProductTagger(LINEAR, KERNEL, weight=1.0).fit(X, tags.astype(dtype))
    assert_allclose(tagger.decision_function(X), expected.decision_function(X))
