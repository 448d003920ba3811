# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import average_precision_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from sklearn_geo.inspection import PerClassDisplay
from sklearn_geo.inspection._average_precision import class_precisions
from sklearn_geo.ranking import KernelTagger

RNG = np.random.default_rng(0)
# The columns are 20, 5 and 50 % ones, and one class has no row.
TRUTH = (RNG.random((60, 4)) < [0.2, 0.05, 0.5, 0.0]).astype(int)
NAMES = ["sea", "bear", "hill", "unicorn"]
SCORES = {
    "weak": TRUTH * 0.2 + RNG.random((60, 4)),
    "strong": TRUTH * 0.8 + RNG.random((60, 4)),
}


@pytest.fixture(scope="module")
def labels():
    return pd.DataFrame(TRUTH, columns=NAMES)


def _heights(bars):
    return [bar.get_height() for bar in bars]


def test_intervals_are_those_of_a_slow_bootstrap():
    truth, score = TRUTH[:, :3].astype(bool), SCORES["weak"][:, :3]
    classes, mean = class_precisions(
        truth, score, confidence_level=0.9, n_resamples=40, random_state=3
    )
    drawn = np.random.RandomState(3).randint(0, 60, size=(40, 60))
    slow = np.full((40, 3), np.nan)
    for at, rows in enumerate(drawn):
        for k in range(3):
            if truth[rows, k].any():
                slow[at, k] = average_precision_score(truth[rows, k], score[rows, k])
    assert_allclose(classes.low, np.nanquantile(slow, 0.05, axis=0))
    assert_allclose(classes.high, np.nanquantile(slow, 0.95, axis=0))
    assert_allclose(mean.low, np.quantile(np.nanmean(slow, axis=1), 0.05))
    assert_allclose(mean.estimate, average_precision_score(truth, score))
    # A class with one row: the draws that lack it do not count for it.
    rare = np.zeros((30, 2), dtype=bool)
    rare[0, 0] = rare[::2, 1] = True
    one, _ = class_precisions(
        rare, rare * 1.0, confidence_level=0.9, n_resamples=50, random_state=0
    )
    assert_array_equal(one.low, 1.0)
    # One class with one row: draws without it say nothing at all.
    one, mean = class_precisions(
        rare[:5, :1], rare[:5, :1] * 1.0, confidence_level=0.9, n_resamples=50
    )
    assert one.low.tolist() == [mean.low] == [1.0]


def test_bars_by_hand(labels):
    display = PerClassDisplay.from_predictions(labels, SCORES, n_resamples=20)
    precisions = {
        who: [average_precision_score(TRUTH[:, k], score[:, k]) for k in range(3)]
        for who, score in SCORES.items()
    }
    # Nobody has seen a unicorn.
    assert display.class_names == ["sea", "bear", "hill"]
    assert display.counts.tolist() == TRUTH.sum(axis=0)[:3].tolist()
    gains = np.subtract(precisions["strong"], precisions["weak"])
    order = np.argsort(-gains)
    assert display.shown_ == [NAMES[at] for at in order]
    for bars, who in zip(display.bars_, SCORES, strict=True):
        assert_allclose(_heights(bars), np.array(precisions[who])[order])
    assert len(display.errorbars_) == 2
    means = [line.get_ydata()[0] for line in display.lines_]
    assert_allclose(means, [np.mean(one) for one in precisions.values()])
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts[0].startswith(f"weak: mAP {means[0]:.3f} (")
    ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert ticks == display.shown_
    (chance,) = [one for one in display.ax_.collections if one.get_label() == "_chance"]
    assert_allclose(
        [line[0, 1] for line in chance.get_segments()],
        TRUTH.mean(axis=0)[:3][order],
    )
    frame = display.to_frame()
    assert frame["class"].tolist() == ["sea", "bear", "hill", "mean"] * 2
    assert frame["model"].tolist() == ["weak"] * 4 + ["strong"] * 4
    assert frame["average_precision"][3] == pytest.approx(means[0])
    assert frame["count"][3] == 60
    low, high = display.precisions["weak"].low, display.precisions["weak"].high
    assert_array_equal(frame["low"][:3], low)
    assert (low <= high).all()


def test_orders_and_choices(labels):
    display = PerClassDisplay.from_predictions(
        labels, SCORES, confidence_level=None, order="given"
    )
    assert display.shown_ == ["sea", "bear", "hill"]
    assert display.errorbars_ == []
    assert display.plot(order="count").shown_ == ["hill", "sea", "bear"]
    strong = display.precisions["strong"].estimate
    expected = [NAMES[at] for at in np.argsort(-strong)]
    assert display.plot(order="score").shown_ == expected
    # The most frequent ones, in order; or those that are named, in theirs.
    assert display.plot(order="given", most=2).shown_ == ["sea", "hill"]
    assert "2 of 3 classes" in display.ax_.get_xlabel()
    assert display.plot(classes=["hill", "bear"]).shown_ == ["hill", "bear"]
    assert display.to_frame()["low"].isna().all()
    single = PerClassDisplay.from_predictions(labels, SCORES["strong"], name="mine")
    assert single.shown_ == expected
    ax = plt.figure().add_subplot()
    assert display.plot(ax).ax_ is ax
    with pytest.raises(ValueError, match=r"no class 'beer'\. Did you mean 'bear'"):
        display.plot(classes=["beer"])
    with pytest.raises(ValueError, match="no class 'unicorn'"):
        display.plot(classes=["unicorn"])
    with pytest.raises(ValueError, match="order must be one of 'gain'"):
        display.plot(order="gian")


def test_a_class_a_row():
    X = RNG.normal(size=(90, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    models = {
        "logistic": LogisticRegression().fit(X[:60], y[:60]),
        "ridge": RidgeClassifier().fit(X[:60], y[:60]),
    }
    X, y = X[60:], y[60:]
    settings = {"confidence_level": None, "order": "given"}
    display = PerClassDisplay.from_estimator(models, X, y, **settings)
    truth = y[:, np.newaxis] == np.array(["a", "b", "c"])
    for who, score in (
        ("logistic", models["logistic"].predict_proba(X)),
        ("ridge", models["ridge"].decision_function(X)),
    ):
        assert_allclose(
            display.precisions[who].estimate,
            average_precision_score(truth, score, average=None),
        )
    # Rows of two of the three classes: columns are found by name.
    some = y != "a"
    display = PerClassDisplay.from_estimator(models, X[some], y[some], **settings)
    assert display.shown_ == ["b", "c"]
    assert_allclose(
        display.precisions["logistic"].estimate,
        average_precision_score(
            truth[some][:, 1:],
            models["logistic"].predict_proba(X[some])[:, 1:],
            average=None,
        ),
    )
    # A class that a model has not seen is to it nowhere: what knowing nothing gives.
    few = LogisticRegression().fit(X[some], y[some])
    display = PerClassDisplay.from_estimator(few, X, y, **settings)
    assert display.precisions["LogisticRegression"].estimate[0] == (y == "a").mean()
    # Whole numbers are the same classes as floats.
    codes = np.unique(y, return_inverse=True)[1]
    numbers = LogisticRegression().fit(X, codes)
    one, other = (
        PerClassDisplay.from_estimator(numbers, X, kind, **settings)
        for kind in (codes, codes.astype(float))
    )
    assert_array_equal(
        one.precisions["LogisticRegression"].estimate,
        other.precisions["LogisticRegression"].estimate,
    )
    # Two classes, a column of margins.
    two = RidgeClassifier().fit(X[some], y[some])
    display = PerClassDisplay.from_estimator(two, X[some], y[some], **settings)
    margin = two.decision_function(X[some])
    expected = [
        average_precision_score(y[some] == "b", -margin),
        average_precision_score(y[some] == "c", margin),
    ]
    assert_allclose(display.precisions["RidgeClassifier"].estimate, expected)
    same = PerClassDisplay.from_predictions(y[some], {"m": margin}, **settings)
    assert_allclose(same.precisions["m"].estimate, expected)


def test_several_labels_a_row(labels):
    X = TRUTH + RNG.normal(size=(60, 4))
    y = labels.iloc[:, :3]
    models = {
        "forest": RandomForestClassifier(5, random_state=0).fit(X, y),
        "logistic": OneVsRestClassifier(LogisticRegression()).fit(X, y),
    }
    for answer in (y, y.to_numpy(), sparse.csr_array(y.to_numpy())):
        display = PerClassDisplay.from_estimator(
            models, X, answer, confidence_level=None, order="given"
        )
        forest = [table[:, 1] for table in models["forest"].predict_proba(X)]
        for who, score in (
            ("forest", np.transpose(forest)),
            ("logistic", models["logistic"].predict_proba(X)),
        ):
            assert_allclose(
                display.precisions[who].estimate,
                average_precision_score(y, score, average=None),
            )
        expected = ["sea", "bear", "hill"] if answer is y else ["0", "1", "2"]
        assert display.shown_ == expected
    # Each model may have rows of its own, and classes names of their own.
    display = PerClassDisplay.from_estimator(
        {"a": models["logistic"], "b": models["logistic"]},
        {"a": X, "b": -X},
        y.to_numpy(),
        class_names=list("xyz"),
        confidence_level=None,
    )
    assert set(display.shown_) == set("xyz")
    assert display.means["a"].estimate > display.means["b"].estimate


def test_groups_are_drawn_whole(labels):
    alone = PerClassDisplay.from_predictions(labels, SCORES, n_resamples=50)
    pairs = PerClassDisplay.from_predictions(
        pd.concat([labels, labels]),
        {who: np.tile(score, (2, 1)) for who, score in SCORES.items()},
        groups=np.tile(np.arange(60), 2),
        n_resamples=50,
    )
    # Rows that come twice, drawn together, say what they say alone.
    for who in SCORES:
        assert_allclose(pairs.precisions[who].low, alone.precisions[who].low)
        assert_allclose(pairs.means[who].high, alone.means[who].high)


def test_what_does_not_fit(labels):
    draw = PerClassDisplay.from_predictions
    with pytest.raises(ValueError, match=r"have the shape \(60, 3\), and y_true has 4"):
        draw(labels, {"a": SCORES["weak"][:, :3]})
    wide = sparse.csr_array((60, 1_000_000_000))
    with pytest.raises(ValueError, match=r"\(60, 1000000000\), and y_true has 4"):
        draw(labels, {"a": wide})  # where 480 GB are not to be had
    with pytest.raises(ValueError, match="the scores of a has 9 rows, but y_true has"):
        draw(labels, {"a": SCORES["weak"][:9]})
    with pytest.raises(ValueError, match="y_true is empty"):
        draw(labels.iloc[:0], {"a": SCORES["weak"][:0]})
    with pytest.raises(ValueError, match="no model to draw"):
        draw(labels, {})
    with pytest.raises(ValueError, match=r"y_true, row 0, column 0: 0\.5 is neither"):
        draw(np.full((2, 2), 0.5), {"a": np.ones((2, 2))})
    with pytest.raises(ValueError, match="No row of y_true is of any class"):
        draw(np.zeros((2, 2)), {"a": np.ones((2, 2))})
    with pytest.raises(ValueError, match="row 1, column 0, are NaN"):
        draw([[0, 1], [1, 0]], {"a": [[0.1, 0.2], [np.nan, 0.3]]})
    with pytest.raises(ValueError, match=r"There are 1 names \(a\) for the 4 classes"):
        draw(labels, SCORES, class_names=["a"])
    X, y = RNG.normal(size=(20, 2)), np.arange(20) % 3
    ask = PerClassDisplay.from_estimator
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="X holds rows of 'b', and the models are 'a'"):
        ask({"a": model}, {"b": X}, y)
    with pytest.raises(NotFittedError):
        ask(LogisticRegression(), X, y)
    with pytest.raises(TypeError, match="LinearRegression has no predict_proba or"):
        ask(LinearRegression().fit(X, y), X, y)


def test_a_matrix_that_is_a_dict_is_no_mapping_of_models():
    scores = sparse.dok_array(TRUTH.astype(float))
    assert isinstance(scores, dict)
    display = PerClassDisplay.from_predictions(TRUTH, scores)
    assert list(display.precisions) == ["model"]
    # The scores are the truth, of the three classes that a row is of.
    assert_array_equal(display.precisions["model"].estimate, [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: y[:, np.newaxis],
        lambda y: y[:, np.newaxis].tolist(),
        lambda y: pd.DataFrame({"kind": y}),
    ],
    ids=["column", "list", "frame"],
)
def test_a_column_of_classes_is_a_class_a_row(kind):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    model = LogisticRegression().fit(X, y)
    scores = model.predict_proba(X)
    settings = {"confidence_level": None, "order": "given"}
    # Nobody is of the first class that was learnt, and some of one that was not.
    others = np.where(y == "a", "d", y)
    display = PerClassDisplay.from_estimator(model, X, kind(others), **settings)
    assert display.shown_ == ["b", "c", "d"]
    assert_allclose(
        display.precisions["LogisticRegression"].estimate,
        [
            average_precision_score(y == "b", scores[:, 1]),
            average_precision_score(y == "c", scores[:, 2]),
            (y == "a").mean(),
        ],
    )
    some = y != "a"
    display = PerClassDisplay.from_estimator(model, X[some], kind(y[some]), **settings)
    assert display.shown_ == ["b", "c"]
    assert_allclose(
        display.precisions["LogisticRegression"].estimate[0],
        average_precision_score(y[some] == "b", scores[some, 1]),
    )


def test_a_single_label_has_a_name():
    truth, score = (
        np.array([[0], [1], [1], [0]]),
        np.array([[0.1], [0.9], [0.3], [0.4]]),
    )
    # The rows with the label stand first and third: 1 and 2/3 of what is above them.
    expected = (1 + 2 / 3) / 2
    draw = PerClassDisplay.from_predictions
    frame = pd.DataFrame(truth, columns=["sea"])
    for y, names in (
        (truth, ["sea"]),
        (sparse.csr_array(truth), ["sea"]),
        (frame, None),
        (frame, ["sea"]),
    ):
        display = draw(y, score, class_names=names, confidence_level=None)
        assert display.shown_ == ["sea"]
        assert display.counts.tolist() == [2]
        assert_allclose(display.precisions["model"].estimate, [expected])
    # Without a name they are two classes.
    display = draw(truth, score, confidence_level=None, order="given")
    assert display.shown_ == ["0", "1"]
    assert_allclose(display.precisions["model"].estimate[1], expected)


class OneTag(BaseEstimator):
    """Says of each tag what a column does."""

    def fit(self, X, y):
        self.n_tags_ = y.shape[1]
        return self

    def predict_proba(self, X):
        return X[:, : self.n_tags_]


@pytest.mark.parametrize("names", [["sea"], None])
def test_a_tagger_of_one_tag(names):
    X = np.column_stack([[0.1, 0.9, 0.3, 0.4], np.zeros(4)])
    y = np.array([[0], [1], [1], [0]])
    tagger = OneTag().fit(X, y)
    if names is not None:
        tagger.label_names_ = names
    display = PerClassDisplay.from_estimator(tagger, X, y, confidence_level=None)
    assert display.shown_ == (names or ["0"])
    assert_allclose(display.precisions["OneTag"].estimate, [(1 + 2 / 3) / 2])
    forest = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    display = PerClassDisplay.from_estimator(forest, X, y, confidence_level=None)
    # It has learnt that the first column says it.
    assert_allclose(display.means["MultiOutputClassifier"].estimate, (1 + 2 / 3) / 2)


def test_classes_that_nobody_has_learnt_are_not_scored_by_chance():
    X, y = np.eye(4), np.array([0, 1, 2, 3])
    model = LogisticRegression().fit(X, y)
    words = "none of the classes of y: it knows 0, 1, 2, ..., and y holds '0', '1', '2'"
    with pytest.raises(ValueError, match=words):
        PerClassDisplay.from_estimator(model, X, y.astype(str))


def test_classes_are_neither_masked_nor_mixed():
    y = np.ma.array([0, 1, 1], mask=[0, 1, 0])
    draw = PerClassDisplay.from_predictions
    with pytest.raises(ValueError, match=r"^y_true, row 1: the value is masked"):
        draw(y, np.eye(3)[:, :2])
    with pytest.raises(TypeError, match="y_true mixes values that cannot be sorted"):
        draw([1, "a", "b"], np.eye(3))
    # As floats both would be one class.
    display = draw([2**63 + 1, 2**63 + 2], np.eye(2), confidence_level=None)
    assert sorted(display.shown_) == [str(2**63 + 1), str(2**63 + 2)]


@pytest.mark.parametrize("names", [None, ["a", "b", "c"]])
def test_numbers_of_tags_are_not_the_classes_of_rows(names):
    places = np.array([[0.0, 0.0], [10.0, 20.0], [-10.0, 30.0]])
    tagger = KernelTagger(tag_names=names).fit(places, np.eye(3))
    draw = PerClassDisplay.from_estimator
    with pytest.raises(TypeError, match="as one that answers tags knows none: pass y"):
        draw(tagger, places, np.arange(3))
    # Every photo is nearest to itself, so that each tag is found first.
    display = draw(tagger, places, np.eye(3, dtype=int), confidence_level=None)
    assert display.means["KernelTagger"].estimate == 1.0
    plt.close("all")


class Tagger(BaseEstimator):
    """Says of every label, in the order of `fit`, what a column of X holds."""

    def __init__(self, labels=()):
        self.labels = labels

    def fit(self, X, y):
        self.label_names_ = list(self.labels)
        return self

    def predict_proba(self, X):
        return X


def test_labels_are_scored_by_their_names(labels):
    X, y = SCORES["weak"], labels[["hill", "sea", "bear"]]
    draw = PerClassDisplay.from_estimator
    first = Tagger(NAMES).fit(X, labels)
    turned = Tagger(NAMES[::-1]).fit(X[:, ::-1], labels)
    display = draw(
        {"first": first, "turned": turned},
        {"first": X, "turned": X[:, ::-1]},
        y,
        confidence_level=None,
        order="given",
    )
    assert display.class_names == ["hill", "sea", "bear"]
    expected = [average_precision_score(TRUTH[:, k], X[:, k]) for k in (2, 0, 1)]
    for who in ("first", "turned"):
        assert_allclose(display.precisions[who].estimate, expected)
    # One of two labels is not the second of two classes.
    two = Tagger(["sea", "bear"]).fit(X[:, :2], y)
    display = draw(two, X[:, :2], labels[["sea"]], confidence_level=None)
    assert_allclose(display.means["Tagger"].estimate, expected[1])
    # Labels without names of the model's are in the order of its own.
    for names in (list("wxyz"), [2, 1, 0, 4]):
        model = Tagger(range(4)).fit(X, y)
        display = draw(
            model, X, TRUTH, class_names=names, confidence_level=None, order="given"
        )
        assert_allclose(
            display.precisions["Tagger"].estimate, [expected[k] for k in (1, 2, 0)]
        )
    with pytest.raises(ValueError, match="has not learnt the label 'lake' of y: it kn"):
        draw(first, X, TRUTH, class_names=["sea", "bear", "lake", "hill"])
    plt.close("all")


def test_models_by_number_and_scores_of_one_label():
    display = PerClassDisplay.from_estimator(
        {1: Tagger(NAMES).fit(SCORES["weak"], TRUTH)},
        {1: SCORES["weak"]},
        TRUTH,
        confidence_level=None,
    )
    assert list(display.precisions) == ["1"]
    draw = PerClassDisplay.from_predictions
    with pytest.raises(ValueError, match="y_score names '1' more than once"):
        draw(TRUTH, {1: SCORES["weak"], "1": SCORES["strong"]})
    for most in (0, -1, 1.5):
        with pytest.raises(ValueError, match="most must be a whole number, at least 1"):
            display.plot(most=most)
    # Of one label a vector is enough: its rows stand first and third.
    alone = draw(
        [[0], [1], [1], [0]],
        [0.1, 0.9, 0.3, 0.4],
        class_names=["sea"],
        confidence_level=None,
    )
    assert alone.means["model"].estimate == pytest.approx((1 + 2 / 3) / 2)
    plt.close("all")


def test_numbers_of_columns_are_no_names_of_labels(labels):
    """Nor does a label that is called otherwise move those that are not."""
    X = SCORES["weak"]
    model = Tagger(["1", "sea", "bear", "hill"]).fit(X, labels)
    order = ["1", "sea", "lake", "hill"]
    for y, names in ((pd.DataFrame(TRUTH), None), (TRUTH, order)):
        display = PerClassDisplay.from_estimator(
            model, X, y, class_names=names, confidence_level=None, order="given"
        )
        assert_allclose(
            display.precisions["Tagger"].estimate,
            [
                average_precision_score(TRUTH[:, k], X[:, k])
                for k in range(4)
                if TRUTH[:, k].any()
            ],
        )
    plt.close("all")
