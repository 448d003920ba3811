# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_geo.inspection import FoldScoresDisplay
from sklearn_geo.inspection._fold_scores import _name_candidates

SCORES = {"a": [0.5, 0.6, 0.7], "b": [0.7, 0.7, 0.8], "c": [0.6, np.nan, 0.9]}
X = np.arange(24.0).reshape(-1, 1)
Y = np.arange(24) % 2


def _search(grid, **options):
    model = Pipeline([("scale", StandardScaler()), ("linear", LogisticRegression())])
    cv = KFold(3, shuffle=True, random_state=0)
    return GridSearchCV(model, grid, cv=cv, **options).fit(X, Y)


def test_table_by_hand():
    table = FoldScoresDisplay.from_scores(SCORES).to_frame()
    assert list(table.columns) == ["model", "mean", "behind", "error"]
    assert list(table.model) == ["b", "a", "c"]  # what failed somewhere is last
    np.testing.assert_allclose(table["mean"], [2.2 / 3, 0.6, np.nan])
    # b is ahead of a by 0.2, 0.1 and 0.1: the mean is 0.4 / 3, and the standard
    # deviation is sqrt(((1/15)^2 + 2 (1/30)^2) / 2) = 1 / sqrt(300).
    np.testing.assert_allclose(table.behind, [0.0, 0.4 / 3, np.nan], atol=1e-15)
    np.testing.assert_allclose(table.error, [0.0, 2 / np.sqrt(300 * 3), np.nan])


def test_picture_says_what_the_scores_are():
    later = {"a": 0.4}
    display = FoldScoresDisplay.from_scores(SCORES, later=later, measure="accuracy")
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list("bac")
    assert [list(dots.get_xdata()) for dots in display.dots_[:2]] == [
        SCORES["b"],
        SCORES["a"],
    ]
    np.testing.assert_allclose(display.means_.get_xdata(), [2.2 / 3, 0.6, np.nan])
    np.testing.assert_array_equal(display.later_.get_xdata(), [np.nan, 0.4, np.nan])
    assert display.ax_.get_xlabel() == (
        "accuracy\n(dots: folds, bars: their means, diamonds: later)"
    )
    assert display.ax_.get_ylim()[0] > display.ax_.get_ylim()[1]  # the best on top
    np.testing.assert_array_equal(display.to_frame().later, [np.nan, 0.4, np.nan])


def test_order_and_number_of_models():
    display = FoldScoresDisplay.from_scores(SCORES, order="given", most=2)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list("ab")
    assert display.ax_.get_title() == "the first 2 of 3"
    assert display.later_ is None
    assert FoldScoresDisplay.from_scores(SCORES, most=1).ax_.get_title() == (
        "the best 1 of 3"
    )


def test_one_fold_has_no_error():
    table = FoldScoresDisplay.from_scores({"a": [0.5], "b": [0.25]}).to_frame()
    assert list(table.behind) == [0.0, 0.25]
    assert table.error.isna().all()


def test_search_names_what_differs():
    grid = [
        {"scale": [StandardScaler()], "linear__C": [0.1, 1.0]},
        {"scale": [MinMaxScaler(), "passthrough"]},
    ]
    search = _search(grid)
    display = FoldScoresDisplay.from_search(search)
    assert set(display.scores) == {
        "StandardScaler C=0.1",
        "StandardScaler C=1.0",
        "MinMaxScaler",
        "scale=passthrough",
    }
    for at, name in enumerate(display.scores):
        folds = [search.cv_results_[f"split{k}_test_score"][at] for k in range(3)]
        np.testing.assert_array_equal(display.scores[name], folds)
    assert display.measure == "score"


def test_search_of_more_than_ten_folds_keeps_their_order():
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=KFold(12))
    search.fit(X, Y)
    display = FoldScoresDisplay.from_search(search)
    (folds,) = display.scores.values()
    expected = [search.cv_results_[f"split{k}_test_score"][0] for k in range(12)]
    np.testing.assert_array_equal(folds, expected)
    assert list(display.scores) == ["all the same"]


def test_search_candidates_that_look_alike_are_numbered():
    grid = {"scale": [MinMaxScaler((0, 1)), MinMaxScaler((0, 2)), StandardScaler()]}
    names = list(FoldScoresDisplay.from_search(_search(grid)).scores)
    assert names == ["MinMaxScaler", "MinMaxScaler (2)", "StandardScaler"]


def test_search_long_values_are_cut():
    display = FoldScoresDisplay.from_search(
        _search({"linear__class_weight": [None, {0: 1.0, 1: 123456789.123456789e9}]})
    )
    assert max(map(len, display.scores)) <= len("class_weight=") + 40


def test_search_for_several_scores():
    scoring = ["accuracy", "roc_auc"]
    search = _search({"linear__C": [0.1, 1.0]}, scoring=scoring, refit="roc_auc")
    display = FoldScoresDisplay.from_search(search)
    assert display.measure == "roc_auc"
    np.testing.assert_allclose(
        display.to_frame()["mean"].max(), search.cv_results_["mean_test_roc_auc"].max()
    )
    other = FoldScoresDisplay.from_search(search, metric="accuracy", measure="right")
    assert other.ax_.get_xlabel().startswith("right\n")
    with pytest.raises(ValueError, match=r"no scores called 'f1'.*'accuracy', 'roc"):
        FoldScoresDisplay.from_search(search, metric="f1")


def test_search_scoring_is_what_the_axis_says():
    search = _search({"linear__C": [0.1, 1.0]}, scoring="average_precision")
    display = FoldScoresDisplay.from_search(search)
    assert display.measure == "average_precision"


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0.1, 0.2], "scores must be a dict"),
        ({}, "at least one"),
        ({"a": [0.1], "b": [0.1, 0.2]}, "a has scores on 1 folds, and b on 2"),
        ({"a": ["high"]}, "scores of a must be numbers"),
        ({"a": 0.5}, r"one number a fold.*shape \(\)"),
        ({"a": []}, r"one number a fold.*shape \(0,\)"),
        ({"a": [np.inf]}, "must not be infinite"),
        ({"a": [0.0, -1.7e308]}, r"scores of a must not be.* beyond 1e\+300"),
    ],
)
def test_scores_that_are_none(scores, message):
    with pytest.raises(ValueError, match=message):
        FoldScoresDisplay.from_scores(scores)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"later": {"d": 1.0}}, "later has d.*those of a, b, c"),
        ({"later": 0.5}, "later must be a dict"),
        ({"later": {"a": "high"}}, "later score of a must be a number"),
        ({"later": {"a": -np.inf}}, "later score of a must not be infinite.*-inf"),
        ({"later": {"a": 10**400}}, "later score of a must be a number"),
        ({"order": "worst"}, "order must be one of 'best', 'given'"),
        ({"most": 0}, "most must be a whole number"),
    ],
)
def test_options_that_are_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        FoldScoresDisplay.from_scores(SCORES, **options)


def test_scores_that_are_complex_or_huge():
    with pytest.raises(ValueError, match="The scores of a must be numbers"):
        FoldScoresDisplay.from_scores({"a": [1j, 2j], "b": [1, 2]})
    for most in (1e200, 1e300):
        huge = {"a": [most, -most], "b": [0.0, 1.0]}
        frame = FoldScoresDisplay.from_scores(huge).to_frame()
        assert np.isposinf(frame["error"]).any()


def test_values_that_differ_at_their_ends_are_not_the_same():
    long = [{0: 1.0, **dict.fromkeys(range(9, 20), 1.0), 1: end} for end in (1.0, 2.0)]
    shown = _name_candidates([{"weight": one} for one in long])
    assert shown[0].startswith("weight={0: 1.0, 9: 1.0")
    assert shown[1] == f"{shown[0]} (2)"
    # And estimators that differ in a setting alone.
    steps = [{"step": MinMaxScaler((0, most))} for most in (1, 2)]
    assert _name_candidates(steps) == ["MinMaxScaler", "MinMaxScaler (2)"]


def test_search_for_one_score_may_call_it_by_refit():
    search = _search({"linear__C": [0.1, 1.0]}, scoring="accuracy", refit="accuracy")
    display = FoldScoresDisplay.from_search(search)
    assert display.measure == "accuracy"
    assert display.to_frame()["mean"].max() == pytest.approx(search.best_score_)


def test_models_that_are_the_same_text_are_refused():
    with pytest.raises(ValueError, match="scores names '1' more than once"):
        FoldScoresDisplay.from_scores({1: [0.1], "1": [0.2]})
    display = FoldScoresDisplay.from_scores({1: [0.1]}, later={1: 0.3})
    assert display.to_frame()["later"].tolist() == [0.3]


def test_search_by_halving_says_on_how_many_rows():
    X = np.arange(120.0)[:, np.newaxis]
    search = HalvingGridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3]},
        cv=3,
        min_resources=36,
        random_state=0,
    ).fit(X, X[:, 0] // 20 % 2)
    shown = list(FoldScoresDisplay.from_search(search).scores)
    expected = [f"max_depth={depth} n_resources=36" for depth in (1, 2, 3)]
    best = search.best_params_["max_depth"]
    assert shown == [*expected, f"max_depth={best} n_resources=108"]


def test_search_by_halving_says_other_resources_once():
    search = HalvingGridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"min_samples_leaf": [1, 2, 3]},
        resource="max_depth",
        min_resources=1,
        max_resources=3,
        cv=3,
        random_state=0,
    ).fit(X, Y)
    shown = list(FoldScoresDisplay.from_search(search).scores)
    best = search.best_params_["min_samples_leaf"]
    expected = [f"min_samples_leaf={least} max_depth=1" for least in (1, 2, 3)]
    assert shown == [*expected, f"min_samples_leaf={best} max_depth=3"]
