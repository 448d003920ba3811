# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_geo.fusion import AttentionFusionClassifier, AttentionFusionRegressor
from sklearn_geo.inspection import AttentionDisplay

BLOCKS = {"where": [0, 1], "what": [2, 3]}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = np.where(X[:, 0] > 0, "sea", "hill")
SETTINGS = {"hidden": 4, "max_iter": 2, "random_state": 0}


def _fitted(attention, y=Y):
    return AttentionFusionClassifier(BLOCKS, attention=attention, **SETTINGS).fit(X, y)


def _names(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_weights_alone():
    model = _fitted("type")
    display = AttentionDisplay.from_estimator(model)
    widths = [bar.get_width() for bar in display.bars_]
    assert widths == list(model.attention_.values())
    assert _names(display.ax_) == ["where", "what"]
    assert display.axes_ == [display.ax_]
    assert display.importance_bars_ is None
    assert "let through" in display.ax_.get_xlabel()
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == [f"{width:.2f}" for width in widths]
    assert display.figure_ is display.ax_.figure
    display.plot(annotate=False)
    assert len(display.ax_.texts) == 0


def test_weights_beside_importance():
    model = _fitted("type")
    display = AttentionDisplay.from_estimator(model, X, Y, order="importance")
    expected = model.block_importance(X, Y)
    assert display.importance == expected
    order = sorted(expected, key=expected.get, reverse=True)
    assert _names(display.axes_[0]) == order
    widths = [bar.get_width() for bar in display.importance_bars_]
    assert widths == [expected[name] for name in order]
    assert display.axes_[1].get_xlabel().startswith("importance: mAP lost without it")
    # Of another measure, in a pipeline, with weights of rows.
    weights = np.arange(80.0)
    pipeline = make_pipeline(FunctionTransformer(np.negative), model)
    display = AttentionDisplay.from_estimator(
        pipeline, -X, Y, scoring="accuracy", sample_weight=weights
    )
    assert display.importance == model.block_importance(
        X, Y, scoring="accuracy", sample_weight=weights
    )
    assert "accuracy lost" in display.axes_[1].get_xlabel()


def test_a_regressor():
    model = AttentionFusionRegressor(BLOCKS, attention=None, **SETTINGS).fit(X, X[:, 0])
    display = AttentionDisplay.from_estimator(model, X, X[:, 0])
    # Nothing is weighed: only what blocks are worth is left to show.
    assert display.bars_ is None
    assert display.axes_ == [display.ax_]
    assert "R² lost" in display.ax_.get_xlabel()
    assert _names(display.ax_) == ["where", "what"]


def test_the_spread_over_rows():
    model = _fitted("sample")
    display = AttentionDisplay.from_estimator(model, X)
    weights = model.attention_weights(X)
    (boxes,) = display.boxes_
    quarters = np.quantile(weights, [0.25, 0.75], axis=0)
    assert_allclose([box.get_x() for box in boxes], quarters[0])
    ends = [box.get_x() + box.get_width() for box in boxes]
    # A box is never too narrow to be seen.
    assert_allclose(ends, np.maximum(quarters[1], quarters[0] + 1e-3))
    assert display.bars_ is None
    assert display.ax_.get_legend() is None
    assert_allclose(list(display.attention.values()), weights.mean(axis=0))


def test_the_spread_class_by_class():
    model = _fitted("sample")
    display = AttentionDisplay.from_estimator(model, X, Y, by_class=True)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["hill", "sea"]
    weights = model.attention_weights(X)
    for boxes, name in zip(display.boxes_, legend, strict=True):
        quarter = np.quantile(weights[name == Y], 0.25, axis=0)
        assert_allclose([box.get_x() for box in boxes], quarter)
    assert display.importance_bars_ is not None
    frame = display.to_frame()
    assert frame.columns.tolist() == [
        *("block", "class", "attention", "importance"),
        *("q05", "q25", "q50", "q75", "q95"),
    ]
    assert frame["class"].tolist() == ["hill", "sea"] * 2
    assert_allclose(frame["attention"][0], weights[Y == "hill", 0].mean())
    assert_allclose(frame["q50"][3], np.median(weights[Y == "sea", 1]))
    display = AttentionDisplay.from_estimator(model, X, Y, by_class=["sea"])
    assert list(display.classes) == ["sea"]
    # Several labels a row: those that have it.
    labels = pd.DataFrame({"sea": X[:, 0] > 0, "wood": X[:, 2] > 1}).astype(int)
    model = _fitted("sample", labels)
    for y in (labels, labels.to_numpy()):
        display = AttentionDisplay.from_estimator(model, X, y, by_class=["wood"])
        assert display.classes["wood"].tolist() == (X[:, 2] > 1).tolist()


def test_numbers_of_ones_own():
    weights = np.array([[0.0, 0.5], [0.5, 0.5], [1.0, 0.5]])
    display = AttentionDisplay.from_predictions(
        weights, [1, 1, 2], block_names=["a", "b"], order="attention"
    )
    assert display.attention == {"a": 0.5, "b": 0.5}
    assert list(display.classes) == ["1", "2"]
    first, second = display.boxes_
    assert [box.get_x() for box in first] == [0.125, 0.5]
    assert [box.get_x() for box in second] == [1.0, 0.5]
    frame = AttentionDisplay.from_predictions(pd.DataFrame({"a": [0.2, 0.4]}))
    assert frame.to_frame()["q50"].tolist() == pytest.approx([0.3])
    figure, axes = plt.subplots(1, 2)
    display = AttentionDisplay.from_predictions(
        {"a": 0.1, "b": 0.2}, importance={"b": 3.0, "a": -1.0}, ax=axes, measure="x"
    )
    assert display.figure_ is figure
    assert [bar.get_width() for bar in display.importance_bars_] == [-1.0, 3.0]
    assert display.to_frame().to_dict("list") == {
        "block": ["a", "b"],
        "attention": [0.1, 0.2],
        "importance": [-1.0, 3.0],
    }
    with pytest.raises(ValueError, match="order='importance', but the display has no"):
        AttentionDisplay({"a": 0.1}).plot(order="importance")
    with pytest.raises(ValueError, match="order must be one of 'given'"):
        display.plot(order="size")
    with pytest.raises(ValueError, match="There are 2 panels to draw, and ax holds 1"):
        display.plot(axes[0])


def test_what_is_missing():
    draw = AttentionDisplay.from_estimator
    by_type, by_row = _fitted("type"), _fitted("sample")
    with pytest.raises(ValueError, match="y without X"):
        draw(by_type, y=Y)
    with pytest.raises(ValueError, match="X without y: the weights of this fusion are"):
        draw(by_type, X)
    for model, rows in ((by_type, (X, Y)), (by_row, (X,))):
        with pytest.raises(ValueError, match="by_class needs X, y and a fusion with"):
            draw(model, *rows, by_class=True)
    with pytest.raises(ValueError, match="attention=None, so that all of every block"):
        draw(_fitted(None))
    with pytest.raises(ValueError, match=r"no class 'see'\. Did you mean 'sea'"):
        draw(by_row, X, Y, by_class=["see"])
    with pytest.raises(ValueError, match="No class is left"):
        draw(by_row, X, Y, by_class=[])
    with pytest.raises(TypeError, match="LogisticRegression fuses no blocks"):
        draw(LogisticRegression().fit(X, Y))
    with pytest.raises(NotFittedError):
        draw(AttentionFusionClassifier(BLOCKS))


def test_what_does_not_fit():
    draw = AttentionDisplay.from_predictions
    with pytest.raises(ValueError, match="importance is of b, and the blocks are a"):
        draw({"a": 0.5}, importance={"b": 0.1})
    with pytest.raises(ValueError, match="has one number a block"):
        draw({"a": 0.5}, [1, 2])
    with pytest.raises(ValueError, match="block_names has 1 names for 2 blocks"):
        draw(np.ones((2, 2)), block_names=["a"])
    with pytest.raises(ValueError, match=r"got the shape \(0, 2\)"):
        draw(np.ones((0, 2)))
    with pytest.raises(ValueError, match="y has 1 rows, but weights has 2"):
        draw(np.ones((2, 2)), [1])
    with pytest.raises(ValueError, match="y has 9 classes, and at most 7 can be told"):
        draw(np.ones((9, 2)), np.arange(9))
    with pytest.raises(ValueError, match="y, row 1: the class is missing"):
        draw(np.ones((2, 2)), ["a", None])
    with pytest.raises(ValueError, match="y, row 0, column 1: 2 is neither 0 nor 1"):
        draw(np.ones((2, 2)), [[0, 2], [1, 1]])


def test_weights_that_are_no_numbers_are_refused():
    opposed = [[np.inf, 0.5], [-np.inf, 0.3]]
    for weights in (
        {"utm": np.nan, "tag": 0.5},
        [[np.nan, 0.5], [0.2, 0.3]],
        opposed,
        [[1.7e308, 0.5], [1.7e308, 0.3]],
    ):
        with pytest.raises(ValueError, match=r"weights of the block .* hold NaN"):
            AttentionDisplay.from_predictions(weights)


def test_weights_beyond_one_are_seen():
    # Where rows miss a block, the weights of the others are larger.
    display = AttentionDisplay.from_predictions([[1.5, 0.0], [0.75, 0.75]])
    assert display.ax_.get_xlim()[1] > 1.45
    display = AttentionDisplay.from_predictions([[0.5, 0.5], [0.75, 0.25]])
    assert display.ax_.get_xlim() == (0.0, 1.0)


@pytest.mark.parametrize("names", [3, np.datetime64("2020-01-01"), "ab"])
def test_names_of_blocks_are_a_list(names):
    with pytest.raises(TypeError, match="block_names must be a list of names; got"):
        AttentionDisplay.from_predictions([[0.5, 0.5]], block_names=names)


def test_weights_of_times_are_no_numbers():
    times = pd.DataFrame(
        {"a": pd.to_datetime(["2012-01-01"]), "b": [1.0]}, dtype=object
    )
    with pytest.raises(TypeError, match="weights must hold numbers"):
        AttentionDisplay.from_predictions(times)


def test_blocks_have_names_of_their_own():
    weights = np.array([[0.1, 0.5, 0.9], [0.2, 0.6, 0.8]])
    with pytest.raises(ValueError, match="block_names names 'a' more than once"):
        AttentionDisplay.from_predictions(weights, block_names=["a", "a", "b"])


def test_frames_without_rows_are_refused_in_words():
    lazy = pl.LazyFrame({"a": [0.1, 0.2], "b": [0.9, 0.8]})
    draw = AttentionDisplay.from_predictions
    with pytest.raises(TypeError, match=r"^weights is a polars LazyFrame.*collect"):
        draw(lazy)
    with pytest.raises(TypeError, match=r"^y is a polars LazyFrame.*collect"):
        draw(lazy.collect(), y=lazy)


def test_rare_classes_beyond_one_are_seen():
    weights = np.repeat([[0.5, 0.5], [1.7, 0.0]], [98, 2], axis=0)
    display = AttentionDisplay.from_predictions(weights, ["a"] * 98 + ["b"] * 2)
    right = max(bar.get_x() + bar.get_width() for bar in display.boxes_[1])
    assert 1.7 <= right < display.ax_.get_xlim()[1]
    plt.close("all")


def test_by_class_may_be_a_bool_of_numpy():
    fused = AttentionFusionClassifier(
        BLOCKS, attention="sample", max_iter=1, random_state=0
    ).fit(X, Y)
    draw = AttentionDisplay.from_estimator
    assert draw(fused, X, Y, by_class=np.False_).classes is None
    found = draw(fused, X, Y, by_class=np.True_).classes
    assert list(found) == list(draw(fused, X, Y, by_class=True).classes)
    plt.close("all")


@pytest.mark.parametrize("y", [np.empty((2, 0)), np.zeros((2, 3), dtype=int)])
def test_classes_without_any_row_are_told(y):
    with pytest.raises(ValueError, match=r"No row of y is of any class\. Leave y out"):
        AttentionDisplay.from_predictions(np.array([[0.1, 0.9], [0.2, 0.8]]), y)


@pytest.mark.parametrize("largest", [1e301, -1e308])
def test_weights_that_no_axis_shows_are_told(largest):
    weights = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, largest]])
    for given in (weights, {"a": 0.5, "b": largest}):
        with pytest.raises(
            ValueError, match=r"No picture shows weights .* Divide them first"
        ):
            AttentionDisplay.from_predictions(given)
