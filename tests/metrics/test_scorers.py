# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_geo.metrics import (
    accuracy_at_km,
    class_bias,
    geo_score,
    get_geo_scorer_names,
    great_circle_error,
    hashtag_accuracy_at_k,
    macro_average_precision,
    make_geo_scorer,
    mean_great_circle_error,
    median_great_circle_error,
    tag_coverage_at_k,
)

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
    if hasattr(model, "decision_function"):
        score = model.decision_function(FEATURES)
    else:
        score = model.predict_proba(FEATURES)
        if isinstance(score, list):
            score = np.column_stack([p[:, 1] for p in score])
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


def test_two_tags_are_not_two_classes():
    tags = TAGS[:, :2]
    model = OneVsRestClassifier(LinearDiscriminantAnalysis()).fit(FEATURES, tags)
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
    scorer = make_geo_scorer(
        "hashtag_accuracy_at_1", response_method=["predict_proba", "decision_function"]
    )
    expected = hashtag_accuracy_at_k(TAGS, model.predict_proba(FEATURES), 1)
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
    with pytest.raises(ValueError, match=r'make_geo_scorer."neg_class_bias"'):
        make_geo_scorer(partial(class_bias, base=2))


def test_wrong_arguments():
    with pytest.raises(
        TypeError, match="geo_score has no argument 'km', only scale_km"
    ):
        make_geo_scorer("geo_score", km=25)
    with pytest.raises(TypeError, match="name of a metric or a function"):
        make_geo_scorer(None)


def test_an_overlap_of_arguments_is_told():
    scorer = make_geo_scorer("geo_score", sample_weight=np.ones(60))
    with pytest.warns(UserWarning, match="both fixed and passed as metadata"):
        scorer(FirstColumns(), FEATURES, PLACES, sample_weight=np.ones(60))


def test_tables_that_are_none_of_a_tag():
    class Odd(FirstColumns):
        def decision_function(self, X):
            return [np.zeros((len(X), 3))]

    class Flat(FirstColumns):
        def decision_function(self, X):
            return [np.zeros(len(X)), np.ones(len(X))]

    scorer = make_geo_scorer("hashtag_accuracy_at_1")
    with pytest.raises(ValueError, match=r"Odd for tag 0 has shape \(60, 3\)"):
        scorer(Odd(), FEATURES, TAGS)
    assert scorer(Flat(), FEATURES[:2], [[0, 1], [1, 0]]) == 1 / 2
