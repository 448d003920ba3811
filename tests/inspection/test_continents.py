# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_geo.inspection import ContinentDisplay

PARIS, SYDNEY, LIMA = [48.9, 2.4], [-33.9, 151.2], [-12.0, -77.0]
QUERIES = [PARIS, PARIS, SYDNEY, LIMA, LIMA, LIMA]
MINE = np.array([0.2, 0.4, 0.9, 0.5, 0.6, 0.7])
TRAIN = [LIMA] * 3 + [PARIS] * 5 + [SYDNEY]


def _widths(bars):
    return [bar.get_width() for bar in bars]


def test_bars_by_hand():
    display = ContinentDisplay.from_predictions(
        QUERIES, {"mine": MINE, "ceiling": np.ones(6)}, TRAIN, n_resamples=50
    )
    assert display.shown_ == ["Europe", "South America", "Oceania"]
    assert _widths(display.count_bars_) == [5, 3, 1]
    assert_allclose(_widths(display.bars_[0]), [0.3, 0.6, 0.9])
    assert _widths(display.bars_[1]) == [1, 1, 1]
    left, right = display.axes_
    assert display.ax_ is right
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels == [
        "Europe\n2 queries",
        "South America\n3 queries",
        "Oceania\n1 query",
    ]
    assert right.get_xlabel() == "P@10 within 750 km"
    assert max(right.get_xticks()) <= 1
    # A single query has no interval; the others have theirs.
    table = display.tables["mine"]
    segments = display.errorbars_[0].lines[2][0].get_segments()
    low, high = table.low[0], table.high[0]
    assert_allclose(segments[0][:, 0], [low, high])
    assert_allclose(segments[2][:, 0], [0.9, 0.9])
    texts = [text.get_text() for text in right.texts]
    assert texts[:3] == ["30.0%", "60.0%", "90.0%"]


def test_orders():
    display = ContinentDisplay.from_predictions(QUERIES, MINE, TRAIN, n_resamples=5)
    display.plot(order="precision")
    assert display.shown_ == ["Oceania", "South America", "Europe"]
    assert display.plot(order="name").shown_ == ["Europe", "Oceania", "South America"]
    # The regions with the most queries are left; without training photos they count.
    assert display.plot(most=2).shown_ == ["Europe", "South America"]
    display = ContinentDisplay.from_predictions(QUERIES, MINE, n_resamples=5)
    assert display.shown_ == ["South America", "Europe", "Oceania"]
    assert display.count_bars_ is None
    assert len(display.axes_) == 1
    axes = plt.figure().subplots(1, 2)
    display = ContinentDisplay.from_predictions(
        QUERIES, MINE, TRAIN, ax=axes, n_resamples=5
    )
    assert display.axes_ == list(axes)
    assert not display.plot(annotate=False).ax_.texts
    with pytest.raises(ValueError, match="order must be one of 'count', 'precision'"):
        display.plot(order="score")
    with pytest.raises(ValueError, match="There are 2 panels to draw, and ax holds 1"):
        display.plot(axes[0])


def test_queries_that_one_model_has_not():
    holes = np.where(np.arange(6) == 2, np.nan, MINE)
    display = ContinentDisplay.from_predictions(
        QUERIES, {"all": MINE, "some": holes}, TRAIN, n_resamples=5
    )
    assert_allclose(_widths(display.bars_[1]), [0.3, 0.6, 0.0])
    assert [text.get_text() for text in display.ax_.texts][-1] == "no query"
    frame = display.to_frame()
    assert frame["model"].tolist() == ["all"] * 3 + ["some"] * 2
    assert frame["n_train"].tolist() == [5, 1, 3, 5, 3]
    without = ContinentDisplay.from_predictions(QUERIES, MINE, n_resamples=5)
    assert without.to_frame()["n_train"].isna().all()


def test_regions_where_the_first_model_has_no_query():
    paris, berlin, sydney = [48.9, 2.4], [52.5, 13.4], [-33.9, 151.2]
    models = {"few": [0.5, 0.7, np.nan], "all": [0.1, 0.3, 0.9]}
    display = ContinentDisplay.from_predictions(
        [paris, berlin, sydney], models, [paris, sydney, sydney], n_resamples=5
    )
    assert display.shown_ == ["Oceania", "Europe"]
    assert _widths(display.count_bars_) == [2, 1]
    assert_allclose(_widths(display.bars_[0]), [0.0, 0.6])
    assert_allclose(_widths(display.bars_[1]), [0.9, 0.2])
    labels = [text.get_text() for text in display.axes_[0].get_yticklabels()]
    assert labels == ["Oceania\n1 query", "Europe\n2 queries"]
    assert display.plot(order="precision").shown_ == ["Europe", "Oceania"]
    assert display.plot(order="name").shown_ == ["Europe", "Oceania"]
    for most in (0, -1, 1.5):
        with pytest.raises(ValueError, match="most must be a whole number, at least 1"):
            display.plot(most=most)
    plt.close("all")


def test_many_regions_of_another_kind():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-60, 60, 200), rng.uniform(-180, 180, 200)])
    display = ContinentDisplay.from_predictions(
        places, rng.random(200), places, by="utm_zone", n_resamples=5
    )
    assert len(display.shown_) == 25
    label = display.axes_[0].get_yticklabels()[0].get_text()
    zone, count = display.shown_[0], int(display.count_bars_[0].get_width())
    assert label == f"{zone} ({count})"
    with pytest.raises(ValueError, match="no model to draw"):
        ContinentDisplay.from_predictions(places, {})
