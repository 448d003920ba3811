# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    average_precision_score,
    get_scorer,
    label_ranking_loss,
    make_scorer,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    class_bias,
    geo_score,
    get_geo_scorer_names,
    great_circle_error,
    hashtag_accuracy_at_k,
    macro_average_precision,
    make_geo_scorer,
    mean_great_circle_error,
    median_great_circle_error,
    paired_wilcoxon,
    per_region_score,
    precision_at_k_within_km,
    precision_ceiling_at_k_within_km,
    tag_coverage_at_k,
)
from sklearn_geo.metrics._responses import read_tag_scores

RNG = np.random.default_rng(0)
PLACES = np.column_stack([RNG.uniform(40, 55, 60), RNG.uniform(0, 20, 60)])
FEATURES = PLACES + RNG.normal(0, 0.5, PLACES.shape)
TAGS = (RNG.random((60, 5)) < 0.3).astype(int)
TAGS[:2] = 1
TAGS[2:4] = 0


class FirstColumns(BaseEstimator):
    """Predict the first columns of X, whatever it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return np.asarray(X)[:, :2]

    def decision_function(self, X):
        return np.asarray(X)


class PlaceClassifier(ClassifierMixin, FirstColumns):
    """A classifier of cells that predicts places and has no classes_ at all."""


def test_names_are_sorted_and_all_make_scorers():
    names = get_geo_scorer_names()
    assert names == sorted(set(names))
    for name in (
        "accuracy_at_1km",
        "accuracy_at_2500km",
        "correct_tag_coverage_at_10",
        "geo_score",
        "hashtag_accuracy_at_10",
        "macro_average_precision",
        "neg_class_bias",
        "neg_mean_great_circle_error",
        "neg_median_great_circle_error",
        "tag_coverage_at_10",
    ):
        assert name in names
    for name in names:
        assert repr(make_geo_scorer(name)) == f"make_geo_scorer({name!r})"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("neg_mean_great_circle_error", -mean_great_circle_error(PLACES, FEATURES)),
        ("neg_median_great_circle_error", -median_great_circle_error(PLACES, FEATURES)),
        ("accuracy_at_25km", accuracy_at_km(PLACES, FEATURES, 25)),
        ("accuracy_at_62.5km", accuracy_at_km(PLACES, FEATURES, 62.5)),
        ("geo_score", geo_score(PLACES, FEATURES)),
        (geo_score, geo_score(PLACES, FEATURES)),
        (mean_great_circle_error, -mean_great_circle_error(PLACES, FEATURES)),
        (partial(accuracy_at_km, km=25), accuracy_at_km(PLACES, FEATURES, 25)),
    ],
)
@pytest.mark.parametrize("estimator", [FirstColumns(), PlaceClassifier()])
def test_scores_of_places(name, expected, estimator):
    scorer = make_geo_scorer(name)
    assert scorer(estimator, FEATURES, PLACES) == expected
    frame = pd.DataFrame(PLACES, columns=["lat", "lon"])
    assert scorer(estimator, FEATURES, frame) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hashtag_accuracy_at_1", hashtag_accuracy_at_k),
        ("tag_coverage_at_1", tag_coverage_at_k),
        ("correct_tag_coverage_at_1", partial(tag_coverage_at_k, correct=True)),
        ("macro_average_precision", lambda t, s, k: macro_average_precision(t, s)),
    ],
)
def test_scores_of_tags(name, expected):
    score = RNG.normal(size=TAGS.shape)
    scorer = make_geo_scorer(name)
    assert scorer(FirstColumns(), score, TAGS) == expected(TAGS, score, k=1)
    tags = sparse.csr_array(TAGS)
    assert scorer(FirstColumns(), score, tags) == expected(TAGS, score, k=1)


def test_class_bias_scores_a_classifier_of_cells():
    cells = np.array(["a", "a", "b", "c"])
    model = KNeighborsClassifier(3).fit([[0], [1], [2], [9]], cells)
    X = [[0], [1], [2], [9]]
    expected = -class_bias(cells, model.predict(X)).kl
    assert expected < 0
    assert make_geo_scorer("neg_class_bias")(model, X, cells) == expected
    assert make_geo_scorer(class_bias)(model, X, cells) == expected
    assert repr(make_geo_scorer(class_bias)) == "make_geo_scorer(class_bias)"
    fixed = pickle.loads(pickle.dumps(make_geo_scorer(partial(class_bias, base=2))))
    assert fixed(model, X, cells) == pytest.approx(expected / np.log(2))
    scorer = make_geo_scorer("neg_class_bias", labels=list("abcd"), base=2)
    expected = -class_bias(cells, model.predict(X), labels=list("abcd"), base=2).kl
    assert scorer(model, X, cells) == expected


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsRegressor(),
        make_pipeline(StandardScaler(), KNeighborsRegressor()),
        MultiOutputRegressor(DecisionTreeRegressor(random_state=0)),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "neg_mean_great_circle_error",
        "neg_median_great_circle_error",
        "accuracy_at_200km",
        "geo_score",
    ],
)
def test_grid_search(estimator, name):
    grid = {
        KNeighborsRegressor: {"n_neighbors": [1, 3, 40]},
        MultiOutputRegressor: {"estimator__max_depth": [1, 8]},
    }.get(type(estimator), {"kneighborsregressor__n_neighbors": [1, 3, 40]})
    search = GridSearchCV(
        estimator, grid, scoring=make_geo_scorer(name), cv=3, error_score="raise"
    )
    search = clone(search).fit(FEATURES, PLACES)
    assert (max if name else min)(search.cv_results_["mean_test_score"]) == (
        search.best_score_
    )
    # The blunt model, which averages over half of Europe, never wins.
    assert 40 not in search.best_params_.values()
    assert 1 not in search.best_params_.values() or search.best_score_ > -300
    assert search.score(FEATURES, PLACES) == make_geo_scorer(name)(
        search.best_estimator_, FEATURES, PLACES
    )


def test_several_metrics_in_one_search():
    scoring = {
        "acc": make_geo_scorer("accuracy_at_25km"),
        "far": make_geo_scorer("accuracy_at_2500km"),
        "error": make_geo_scorer("neg_median_great_circle_error"),
        "r2": "r2",
    }
    search = GridSearchCV(
        KNeighborsRegressor(),
        {"n_neighbors": [1, 40]},
        scoring=scoring,
        refit="error",
        cv=3,
        error_score="raise",
    ).fit(FEATURES, PLACES)
    assert search.best_params_ == {"n_neighbors": 1}
    results = search.cv_results_
    assert (results["mean_test_far"] == 1).all()
    for name in ("acc", "error"):
        alone = cross_val_score(
            KNeighborsRegressor(1), FEATURES, PLACES, scoring=scoring[name], cv=3
        )
        assert results[f"mean_test_{name}"][0] == pytest.approx(alone.mean())


def test_predictions_are_shared_within_a_search():
    calls = []

    class Counting(FirstColumns):
        def predict(self, X):
            calls.append(len(X))
            return super().predict(X)

    scoring = {str(km): make_geo_scorer(f"accuracy_at_{km}km") for km in (1, 25, 200)}
    cross_validate(Counting(), FEATURES, PLACES, scoring=scoring, cv=3)
    assert len(calls) == 3


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(3),
        RandomForestClassifier(5, random_state=0),
        OneVsRestClassifier(GaussianNB()),
        RidgeClassifier(),
        make_pipeline(StandardScaler(), KNeighborsClassifier(3)),
    ],
)
def test_tags_by_ordinary_classifiers(model):
    for name in ("hashtag_accuracy_at_1", "macro_average_precision"):
        scores = cross_val_score(
            model,
            FEATURES,
            TAGS,
            scoring=make_geo_scorer(name),
            cv=3,
            error_score="raise",
        )
        assert ((scores >= 0) & (scores <= 1)).all()
        assert scores.any()
    model = clone(model).fit(FEATURES, TAGS)
    if hasattr(model, "predict_proba"):
        score = model.predict_proba(FEATURES)
        if isinstance(score, list):
            score = np.column_stack([p[:, 1] for p in score])
    else:
        score = model.decision_function(FEATURES)
    expected = hashtag_accuracy_at_k(TAGS, score, 1)
    assert make_geo_scorer("hashtag_accuracy_at_1")(model, FEATURES, TAGS) == expected


@pytest.mark.parametrize(
    "model", [KNeighborsClassifier(3), RandomForestClassifier(5, random_state=0)]
)
def test_tags_that_a_fold_has_none_or_only_of(model):
    # Nobody in training has tag 1 and all have tag 2: their scores are 0 and 1.
    tags = TAGS.copy()
    tags[:, 1], tags[:, 2] = 0, 1
    model = clone(model).fit(FEATURES, tags)
    assert [p.shape[1] for p in model.predict_proba(FEATURES)] == [2, 1, 1, 2, 2]
    truth = np.zeros_like(tags)
    truth[:, 1] = 1
    score = make_geo_scorer("hashtag_accuracy_at_1", ties="optimistic")
    assert score(model, FEATURES, truth) == 0
    truth = np.zeros_like(tags)
    truth[:, 2] = 1
    assert score(model, FEATURES, truth) == 1


def unseen_tags():
    """Make photos with 20 tags of a tenth of them each, of which five are unseen."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 3))
    tags = (rng.random((200, 20)) < 0.1).astype(int)
    tags[:, [0, 4, 8, 12, 16]] = 0
    return X, tags


@pytest.mark.filterwarnings("ignore:Label not:UserWarning")
@pytest.mark.parametrize(
    ("model", "options"),
    [
        (
            OneVsRestClassifier(LogisticRegression()),
            {"response_method": "predict_proba"},
        ),
        (
            OneVsRestClassifier(LogisticRegression()),
            {"response_method": "decision_function"},
        ),
        (OneVsRestClassifier(GaussianNB()), {}),
        (OneVsRestClassifier(LinearSVC()), {}),
        (RidgeClassifier(), {}),
        (make_pipeline(StandardScaler(), OneVsRestClassifier(LinearSVC())), {}),
        (GridSearchCV(RidgeClassifier(), {"alpha": [1.0]}, cv=2), {}),
        (FrozenEstimator(OneVsRestClassifier(LinearSVC())), {}),
        # Neighbours and trees give 0 to some tags that they have seen, too.
        (KNeighborsClassifier(3), {"ties": "pessimistic"}),
        (RandomForestClassifier(3, random_state=0), {"ties": "pessimistic"}),
    ],
)
def test_unseen_tags_come_last(model, options):
    X, tags = unseen_tags()
    if isinstance(model, FrozenEstimator):
        model.estimator.fit(X, tags)
    model = clone(model).fit(X, tags)
    # Whoever looks for what no training photo had finds it behind the 15 others.
    truth = np.tile((~tags.any(axis=0)).astype(int), (len(X), 1))
    options = {"k": 15, "ties": "optimistic", **options}
    assert make_geo_scorer("hashtag_accuracy_at_k", **options)(model, X, truth) == 0
    options["k"] = 20
    assert make_geo_scorer("hashtag_accuracy_at_k", **options)(model, X, truth) == 1


@pytest.mark.filterwarnings("ignore:Label .* is present:UserWarning")
def test_a_tag_that_all_have_comes_first_among_margins():
    X, tags = unseen_tags()
    tags[:, 3] = 1
    truth = np.zeros_like(tags)
    truth[:, 3] = 1
    for model in (OneVsRestClassifier(LinearSVC()), RidgeClassifier()):
        model.fit(X, tags)
        assert make_geo_scorer("hashtag_accuracy_at_1")(model, X, truth) == 1
        # What was learnt keeps its margins; who has the tag of all is no question.
        found = make_geo_scorer("macro_average_precision")(model, X, tags)
        expected = macro_average_precision(tags, model.decision_function(X))
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        KNeighborsClassifier(3),
        MLPClassifier(3, max_iter=20, random_state=0),
        DummyClassifier(),
        OneVsRestClassifier(LinearSVC()),
        OneVsRestClassifier(GaussianNB()),
        RidgeClassifier(),
        MultiOutputClassifier(LogisticRegression()),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:UserWarning")
def test_a_single_tag(model):
    tags = TAGS[:, :1]
    model = clone(model).fit(FEATURES, tags)
    if hasattr(model, "predict_proba"):
        score = model.predict_proba(FEATURES)
        score = (score[0] if isinstance(score, list) else score)[:, 1]
    else:
        score = np.ravel(model.decision_function(FEATURES))
    expected = average_precision_score(tags.ravel(), score)
    for truth in (tags, tags.tolist(), pd.DataFrame(tags), sparse.csr_array(tags)):
        scorer = make_geo_scorer("macro_average_precision")
        assert scorer(model, FEATURES, truth) == pytest.approx(expected)
        assert make_geo_scorer("hashtag_accuracy_at_1")(model, FEATURES, truth) == 1
    scorer = make_geo_scorer("macro_average_precision", response_method="predict")
    expected = average_precision_score(tags.ravel(), np.ravel(model.predict(FEATURES)))
    assert scorer(model, FEATURES, tags) == pytest.approx(expected)


@pytest.mark.parametrize("has_it", [0, 1])
@pytest.mark.parametrize(
    "model", [RandomForestClassifier(3), KNeighborsClassifier(3), DummyClassifier()]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_a_single_tag_that_none_or_all_had(model, has_it):
    model = clone(model).fit(FEATURES, np.full((60, 1), has_it))
    seen = []

    def first(y_true, y_score):
        seen.append(y_score)
        return float(y_score[0, 0])

    scorer = make_geo_scorer(first, response_method="predict_proba")
    assert scorer(model, FEATURES, TAGS[:, :1]) == has_it
    assert seen[0].shape == (60, 1)


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
@pytest.mark.parametrize("others", [[], ["ranking loss"]])
def test_scores_of_tags_are_shared_within_a_search(method, others):
    calls = []

    class Counting(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.arange(y.shape[1])
            return self

        def predict(self, X):
            return self._score(X) > 0.5

        def _score(self, X):
            calls.append(len(X))
            return np.tile(X[:, :1] - X[:, :1].min() + 0.01, TAGS.shape[1])

    def respond(self, X):
        return self._score(X)

    respond.__name__ = method
    setattr(Counting, method, respond)
    # scikit-learn's own scorers read responses in another way, and keep them apart.
    names = ["hashtag_accuracy_at_1", "tag_coverage_at_1", "macro_average_precision"]
    scoring = {name: make_geo_scorer(name) for name in names}
    scoring.update(
        {key: make_scorer(label_ranking_loss, response_method=method) for key in others}
    )
    found = cross_validate(
        Counting(), FEATURES, TAGS, scoring=scoring, cv=3, error_score="raise"
    )
    assert len(calls) == 3 * (1 + len(others))
    for name in names:
        alone = cross_val_score(
            Counting(), FEATURES, TAGS, scoring=scoring[name], cv=3, error_score="raise"
        )
        assert found[f"test_{name}"].tolist() == alone.tolist()


def test_predictions_of_cells_are_shared_within_a_search():
    calls = []

    class Counting(PlaceClassifier):
        def predict(self, X):
            calls.append(len(X))
            return super().predict(X)

    scoring = {str(km): make_geo_scorer(f"accuracy_at_{km}km") for km in (1, 25, 200)}
    folds = KFold(3)
    cross_validate(Counting(), FEATURES, PLACES, scoring=scoring, cv=folds)
    assert len(calls) == 3


def test_no_photos():
    for name, table in [
        ("geo_score", np.zeros((0, 2))),
        ("macro_average_precision", np.zeros((0, 5))),
    ]:
        with pytest.raises(ValueError, match="y_true is empty"):
            make_geo_scorer(name)(FirstColumns(), table, table)


def test_other_photos_are_not_asked_about():
    with pytest.raises(ValueError, match=r"^y_true has 2 rows but X has 3\. Row i of"):
        make_geo_scorer("geo_score")(object(), np.zeros((3, 2)), np.zeros((2, 2)))


def test_two_tags_are_not_two_classes():
    tags = TAGS[:, :2]
    model = OneVsRestClassifier(LinearDiscriminantAnalysis()).fit(FEATURES, tags)
    found = make_geo_scorer("macro_average_precision")(model, FEATURES, tags)
    expected = macro_average_precision(tags, model.predict_proba(FEATURES))
    assert found == expected
    model = RidgeClassifier().fit(FEATURES, tags)
    found = make_geo_scorer("macro_average_precision")(model, FEATURES, tags)
    expected = macro_average_precision(tags, model.decision_function(FEATURES))
    assert found == expected


def test_response_method():
    model = OneVsRestClassifier(LinearDiscriminantAnalysis()).fit(FEATURES, TAGS)
    scorer = make_geo_scorer("hashtag_accuracy_at_1", response_method="predict")
    expected = hashtag_accuracy_at_k(TAGS, model.predict(FEATURES), 1)
    assert scorer(model, FEATURES, TAGS) == expected
    assert repr(scorer) == (
        "make_geo_scorer('hashtag_accuracy_at_1', response_method='predict')"
    )
    for methods in (
        ["decision_function", "predict_proba"],
        ["predict_proba", "decision_function"],
    ):
        scorer = make_geo_scorer("macro_average_precision", response_method=methods)
        score = getattr(model, methods[0])(FEATURES)
        expected = macro_average_precision(TAGS, score)
        assert scorer(model, FEATURES, TAGS) == expected
    model = RidgeClassifier().fit(FEATURES, TAGS)  # without probabilities
    scorer = make_geo_scorer("macro_average_precision", response_method=methods)
    expected = macro_average_precision(TAGS, model.decision_function(FEATURES))
    assert scorer(model, FEATURES, TAGS) == expected
    with pytest.raises(AttributeError, match="decision_function"):
        make_geo_scorer("hashtag_accuracy_at_1")(
            LinearRegression().fit(FEATURES, TAGS), FEATURES, TAGS
        )


def test_a_function_of_ones_own():
    def worst(y_true, y_pred, *, power=1):
        return great_circle_error(y_true, y_pred).max() ** power

    largest = great_circle_error(PLACES, FEATURES).max()
    scorer = make_geo_scorer(worst, greater_is_better=False, power=2)
    assert scorer(FirstColumns(), FEATURES, PLACES) == -(largest**2)
    assert repr(scorer) == "make_geo_scorer(worst, greater_is_better=False, power=2)"
    assert make_geo_scorer(worst)(FirstColumns(), FEATURES, PLACES) == largest


@pytest.mark.parametrize("name", ["accuracy_at_25km", "neg_class_bias", geo_score])
def test_pickle_clone_and_get_scorer(name):
    scorer = make_geo_scorer(name)
    again = pickle.loads(pickle.dumps(scorer))
    assert repr(again) == repr(scorer)
    assert get_scorer(scorer) is scorer
    search = clone(GridSearchCV(KNeighborsRegressor(), {}, scoring=scorer))
    assert repr(search.scoring) == repr(scorer)
    if name == "accuracy_at_25km":
        found = again(FirstColumns(), FEATURES, PLACES)
        assert found == scorer(FirstColumns(), FEATURES, PLACES)


def test_sample_weight():
    weights = RNG.uniform(0, 1, 60)
    scorer = make_geo_scorer("accuracy_at_25km")
    expected = accuracy_at_km(PLACES, FEATURES, 25, sample_weight=weights)
    found = scorer(FirstColumns(), FEATURES, PLACES, sample_weight=weights)
    assert found == expected
    with sklearn.config_context(enable_metadata_routing=True):
        requests = make_geo_scorer("accuracy_at_25km").set_score_request(
            sample_weight=True
        )
        weighted = cross_validate(
            KNeighborsRegressor(1),
            FEATURES,
            PLACES,
            scoring={
                "acc": requests,
                "plain": scorer.set_score_request(sample_weight=False),
            },
            cv=3,
            params={"sample_weight": weights},
        )
    folds = np.array_split(np.arange(60), 3)
    for fold, acc, plain in zip(
        folds, weighted["test_acc"], weighted["test_plain"], strict=True
    ):
        rest = np.setdiff1d(np.arange(60), fold)
        model = KNeighborsRegressor(1).fit(FEATURES[rest], PLACES[rest])
        pred = model.predict(FEATURES[fold])
        assert acc == accuracy_at_km(
            PLACES[fold], pred, 25, sample_weight=weights[fold]
        )
        assert plain == accuracy_at_km(PLACES[fold], pred, 25)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("mean_great_circle_error", "neg_mean_great_circle_error"),
        ("accuracy_at_25", "accuracy_at_25km"),
        ("accuracy_at_25_km", "accuracy_at_25km"),
        ("geoscore", "geo_score"),
        ("hashtag_accuracy@10", "hashtag_accuracy_at_10"),
        ("class_bias", "neg_class_bias"),
    ],
)
def test_unknown_names_are_told_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"no metric '{name}'.* mean '{nearest}'") as e:
        make_geo_scorer(name)
    for known in get_geo_scorer_names():
        assert known in str(e.value)


def test_a_name_far_from_all_gets_the_list_only():
    with pytest.raises(
        ValueError, match=r"There is no metric 'xyz'. There are accuracy"
    ):
        make_geo_scorer("xyz")


def test_metrics_that_return_no_single_number():
    with pytest.raises(ValueError, match=r"one error a photo.*mean_great_circle_error"):
        make_geo_scorer(great_circle_error)
    with pytest.raises(ValueError, match="Pass a single km"):
        make_geo_scorer(accuracy_at_km)
    with pytest.raises(ValueError, match="Pass a single km"):
        make_geo_scorer("accuracy_at_km", km=[1, 25])
    with pytest.raises(ValueError, match="Pass a single k"):
        make_geo_scorer(hashtag_accuracy_at_k, k=[1, 2])
    with pytest.raises(ValueError, match="Pass a single km"):
        make_geo_scorer(partial(accuracy_at_km, km=[1, 25]))
    scorer = make_geo_scorer("accuracy_at_km", km=25)
    assert repr(scorer) == "make_geo_scorer('accuracy_at_km', km=25)"


def test_tags_that_do_not_count():
    X = np.arange(12.0)[:, np.newaxis]
    y = np.column_stack([X[:, 0] > 2, X[:, 0] > 6, X[:, 0] < 9, X[:, 0] > 4]).astype(
        int
    )
    model = OneVsRestClassifier(LogisticRegression()).fit(X, y)
    scores = model.predict_proba(X)
    for omitted in ([0, 2], np.array([True, False, True, False])):
        scorer = make_geo_scorer("hashtag_accuracy_at_1", omit_tags=omitted)
        expected = hashtag_accuracy_at_k(y[:, [1, 3]], scores[:, [1, 3]], 1)
        assert scorer(model, X, y) == expected
        again = pickle.loads(pickle.dumps(scorer))
        assert again(model, X, y) == expected
        assert "omit_tags=" in repr(scorer)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (precision_at_k_within_km, "precision_at_k_within_km is about lists of photos"),
        ("precision_at_k_within_km", "precision_at_k_within_km is about lists of pho"),
        ("precision_by_region", "precision_by_region is about lists of photos"),
        (precision_ceiling_at_k_within_km, "a scorer sees only the X and y of a fold"),
        (per_region_score, "per_region_score returns a table.*cross_val_predict"),
        (partial(per_region_score, "geo_score", by="continent"), "returns a table"),
        (bootstrap_interval, "bootstrap_interval returns an interval"),
        (paired_wilcoxon, "paired_wilcoxon compares two predictions"),
        ("great_circle_error", "one error a photo"),
    ],
)
def test_what_no_scorer_is_made_of(metric, words):
    with pytest.raises(ValueError, match=words):
        make_geo_scorer(metric)


def test_arguments_that_are_fixed_already():
    with pytest.raises(
        ValueError, match="accuracy_at_25km says km=25 already, so km=200 is"
    ):
        make_geo_scorer("accuracy_at_25km", km=200)
    with pytest.raises(ValueError, match="hashtag_accuracy_at_10 says k=10 already"):
        make_geo_scorer("hashtag_accuracy_at_10", k=5)
    with pytest.raises(ValueError, match="coverage_at_10 says correct=True already"):
        make_geo_scorer("correct_tag_coverage_at_10", correct=False)
    with pytest.raises(ValueError, match="the partial function says km=25 already"):
        make_geo_scorer(partial(accuracy_at_km, km=25), km=200)


def test_wrong_arguments():
    with pytest.raises(
        TypeError, match="geo_score has no argument 'km', only scale_km"
    ):
        make_geo_scorer("geo_score", km=25)
    with pytest.raises(TypeError, match="name of a metric or a function"):
        make_geo_scorer(None)


def test_an_overlap_of_arguments_is_told():
    scorer = make_geo_scorer("geo_score", sample_weight=np.ones(60))
    weights = np.arange(60.0)
    with pytest.warns(UserWarning, match="both fixed and passed as metadata"):
        found = scorer(FirstColumns(), FEATURES, PLACES, sample_weight=weights)
    # What is passed has the last word.
    assert found == geo_score(PLACES, FEATURES, sample_weight=weights)


def test_tables_that_are_none_of_a_tag():
    class Odd(FirstColumns):
        def decision_function(self, X):
            return [np.zeros((len(X), 3))]

    class Flat(FirstColumns):
        def decision_function(self, X):
            return [np.zeros(len(X)), np.ones(len(X))]

    scorer = make_geo_scorer("hashtag_accuracy_at_1")
    odd = Odd()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Odd for tag 0 has shape \(60, 3\)"):
            scorer(odd, FEATURES, TAGS)
        odd.classes_ = [np.array([0, 1])]
    assert scorer(Flat(), FEATURES[:2], [[0, 1], [1, 0]]) == 1 / 2


def test_tables_of_any_kind_are_stacked():
    class Lists(FirstColumns):
        def decision_function(self, X):
            return [[[1.0, 0.0]] * len(X), [[0.5, 0.5]] * len(X)]

    class Narrow(FirstColumns):
        def decision_function(self, X):
            return [np.ones((len(X), 1))] * 2

    scorer = make_geo_scorer("hashtag_accuracy_at_1")
    assert scorer(Lists(), FEATURES[:2], [[0, 1], [1, 0]]) == 1 / 2
    # A column alone may be of any class, and there are no classes to tell.
    with pytest.raises(ValueError, match=r"Narrow for tag 0 has shape \(2, 1\), not"):
        scorer(Narrow(), FEATURES[:2], [[0, 1], [1, 0]])


def test_a_tag_that_all_have_comes_before_margins_beyond_it():
    # Far to one side the margin of the first tag, or of its opposite, is beyond 1.
    X = np.array([[-1.0], [1.0], [-1.0], [1.0]])
    tags = np.column_stack([X[:, 0] > 0, np.ones(4), np.zeros(4)]).astype(int)
    model = RidgeClassifier().fit(X, tags)
    far = np.array([[-100.0], [100.0]])
    assert np.abs(model.decision_function(far)[:, 0]).min() > 10.0
    scorer = make_geo_scorer("hashtag_accuracy_at_1")
    assert scorer(model, far, [[0, 1, 0]] * 2) == 1
    scorer = make_geo_scorer("hashtag_accuracy_at_2")
    assert scorer(model, far, [[0, 0, 1]] * 2) == 0


def test_the_number_of_a_single_tag_is_no_score_of_it():
    # It is sure to be the tag of every photo, and its number is 0.
    tagger = SimpleNamespace(tag_names_=["sea"], classes_=np.arange(1))
    scores = read_tag_scores(np.ones((3, 1)), tagger, "predict_proba", np.eye(3)[:, :1])
    assert scores.tolist() == [[1.0], [1.0], [1.0]]


# Estimators that abstain --------------------------------------------------------------


class _Shy(BaseEstimator):
    """Knows the places, and says those of rows with a feature above a limit."""

    def __init__(self, above=0.0):
        self.above = above

    def fit(self, X, y):
        return self

    def predict(self, X):
        places = np.array(X[:, :2])
        places[X[:, 2] < self.above] = np.nan
        return places


def _shy_photos():
    sure = np.arange(60) % 3
    return np.column_stack([FEATURES, sure]), PLACES, 1.0 + np.arange(60) % 5


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("geo_score", geo_score),
        ("accuracy_at_25km", partial(accuracy_at_km, km=25)),
        (partial(accuracy_at_km, km=200), partial(accuracy_at_km, km=200)),
    ],
    ids=["geo_score", "25 km", "200 km"],
)
def test_silence_scores_nothing(name, one):
    X, y, weights = _shy_photos()
    scorer = make_geo_scorer(name)
    errors = np.array([one(y[i : i + 1], X[i : i + 1, :2]) for i in range(60)])
    errors[X[:, 2] < 1.0] = 0.0
    assert scorer(_Shy(1.0), X, y) == pytest.approx(errors.mean())
    said = scorer(_Shy(1.0), X, y, sample_weight=weights)
    assert said == pytest.approx(np.average(errors, weights=weights))
    assert scorer(_Shy(9.0), X, pd.DataFrame(y)) == 0.0
    # Weight on silence alone.
    silent = (X[:, 2] < 1.0).astype(float)
    assert scorer(_Shy(1.0), X, y, sample_weight=silent) == 0.0
    # Who answers every row is asked as before.
    assert scorer(_Shy(-1.0), X, y) == pytest.approx(one(y, X[:, :2]))
    scores = cross_val_score(_Shy(1.0), X, y, scoring=scorer, cv=3)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    "name", ["mean_great_circle_error", "median_great_circle_error"]
)
def test_silence_has_no_error_in_kilometres(name):
    X, y, _ = _shy_photos()
    words = rf"no answer for 20 of 60 rows \(the first is row 0\), and {name} is known"
    with pytest.raises(ValueError, match=words):
        make_geo_scorer(f"neg_{name}")(_Shy(1.0), X, y)


class _Says(BaseEstimator):
    """Says what it was told to, whatever is asked."""

    def __init__(self, places):
        self.places = places

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.places


NOTHING = [np.nan, np.nan]
ORIGIN = np.zeros((5, 2))


@pytest.mark.parametrize("silent", [0, 2])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ([np.nan, 0.0], "y_pred, row 3: the latitude is NaN"),
        ([0.0, np.nan], "y_pred, row 3: the longitude is NaN"),
        ([95.0, 0.0], r"y_pred, row 3: latitude 95.0 .* A regressor may overshoot"),
        ([0.0, np.inf], "y_pred, row 3: the longitude is infinity"),
    ],
)
def test_half_a_place_is_no_silence(place, words, silent):
    places = np.zeros((5, 2))
    places[:silent], places[3] = np.nan, place
    for name in ("geo_score", "neg_mean_great_circle_error"):
        with pytest.raises(ValueError, match=words):
            make_geo_scorer(name)(_Says(places), ORIGIN, ORIGIN)


@pytest.mark.parametrize("first", [NOTHING, [0.0, 0.0]], ids=["silent", "said"])
def test_rows_and_weights_are_checked_alike_with_silence(first):
    scorer = make_geo_scorer("geo_score")
    model = _Says(np.array([first] + 4 * [[0.0, 0.0]]))
    with pytest.raises(ValueError, match="y_true has 5 rows but y_pred has 3"):
        scorer(_Says(model.places[:3]), ORIGIN, ORIGIN)
    for weights, error, words in [
        (2.0, ValueError, r"array of shape \(5,\); got shape \(\)"),
        (np.ones(4), ValueError, "one weight for each of the 5 rows"),
        ([1, 1, -1, 1, 1], ValueError, "sample_weight, row 2: -1 is negative"),
        ([1, 1, 1, np.nan, 1], ValueError, "sample_weight, row 3: nan is no weight"),
        (np.zeros(5), ValueError, "sample_weight is 0 in every row, so that no row"),
        (list("abcde"), TypeError, "sample_weight must hold numbers"),
    ]:
        with pytest.raises(error, match=words):
            scorer(model, ORIGIN, ORIGIN, sample_weight=weights)


def test_silence_that_does_not_count_has_no_error():
    # Errors of 0, 90 and 180 degrees; the silent row counts nothing.
    model = _Says(np.array([[0.0, 0.0], NOTHING, [90.0, 0.0], [0.0, 180.0]]))
    weights, degree = [1.0, 0.0, 2.0, 1.0], great_circle_error([[0, 0]], [[0, 1]])[0]
    for name, degrees in (("mean", -(2 * 90 + 180) / 4), ("median", -90)):
        scorer = make_geo_scorer(f"neg_{name}_great_circle_error")
        found = scorer(model, ORIGIN[:4], ORIGIN[:4], sample_weight=weights)
        assert found == pytest.approx(degrees * degree)
        with pytest.raises(ValueError, match=r"for 1 of 4 rows \(the first is row 1\)"):
            scorer(model, ORIGIN[:4], ORIGIN[:4], sample_weight=[0, 1, 1, 1])


def test_who_has_no_score_for_silence_is_named_through_a_partial():
    model = _Says(np.array([NOTHING] + 4 * [[0.0, 0.0]]))
    metric = partial(mean_great_circle_error, radius_km=1.0)
    scorer = make_geo_scorer(metric, greater_is_better=False)
    with pytest.raises(ValueError, match="and mean_great_circle_error is known of"):
        scorer(model, ORIGIN, ORIGIN)


def test_weights_that_are_fixed_hold_for_silence():
    model = _Says(np.array([NOTHING] + 4 * [[0.0, 0.0]]))
    metric = partial(geo_score, sample_weight=[4, 1, 1, 1, 1])
    assert make_geo_scorer(metric)(model, ORIGIN, ORIGIN) == pytest.approx(2500.0)


@pytest.mark.parametrize(
    "form",
    [
        pd.DataFrame,
        lambda places: pd.DataFrame(places).astype("Float64"),
        lambda places: places.astype(object),
        lambda places: places.astype(np.float32),
        np.ndarray.tolist,
    ],
    ids=["frame", "nullable", "objects", "float32", "list"],
)
def test_silence_is_silence_in_any_table(form):
    model = _Says(form(np.array([NOTHING] + 4 * [[0.0, 0.0]])))
    assert make_geo_scorer("geo_score")(model, ORIGIN, ORIGIN) == pytest.approx(4000.0)
    with pytest.raises(ValueError, match="no answer for 1 of 5 rows"):
        make_geo_scorer("neg_median_great_circle_error")(model, ORIGIN, ORIGIN)


def test_functions_of_ones_own_see_what_was_said():
    X, y, _ = _shy_photos()
    scorer = make_geo_scorer(lambda truth, said: float(np.isnan(said[:, 0]).mean()))
    assert scorer(_Shy(1.0), X, y) == pytest.approx(1 / 3)
