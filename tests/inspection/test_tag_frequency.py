# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.inspection import TagFrequencyDisplay

COUNTS = [0, 0, 10, 20, 400, 900]
MINE = [0.1, 0.3, 0.2, 0.4, 0.7, 0.9]
YOURS = [0.0, 0.0, 0.1, 0.3, 0.5, 0.6]
TAGS = np.arange(6)


def test_curves_by_hand():
    display = TagFrequencyDisplay.from_predictions(
        TAGS, {"mine": MINE, "yours": YOURS}, COUNTS, n_resamples=50
    )
    # Means of the bins from 10 to 31 and from 317 to 999 training photos.
    assert_allclose(display.lines_[0].get_ydata(), [0.3, 0.8])
    assert_allclose(display.lines_[1].get_ydata(), [0.2, 0.55])
    middles = np.sqrt([10 * 20, 400 * 900])
    # Intervals stand beside one another, as far to the left as to the right.
    x = np.array([line.get_xdata() for line in display.lines_])
    assert_allclose(np.sqrt(x[0] * x[1]), middles)
    assert (x[0] < x[1]).all()
    (at,) = display.errorbars_[0].lines[2]
    ends = np.array([segment[:, 1] for segment in at.get_segments()])
    assert_allclose(ends[:, 0], display.tables["mine"].bins.low)
    assert_allclose(ends[:, 1], display.tables["mine"].bins.high)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["mine: 0.433", "yours: 0.250"]
    assert display.points_ == []
    # How many tags are in the bins, of which the first has no training photo.
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == ["tags:", "2", "2", "2"]
    display.figure_.canvas.draw()
    ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert set(ticks) == {"0", "1", "10", "100", "1,000"}


def test_tags_one_by_one():
    display = TagFrequencyDisplay.from_predictions(
        TAGS, MINE, COUNTS, name="mine", n_resamples=5, measure="P@10 within 25 km"
    )
    (points,) = display.points_
    # They are moved up or down a little, so that they do not hide one another.
    assert_allclose(points.get_offsets()[:, 1], MINE, atol=0.0121)
    assert_array_equal(points.get_offsets()[2:, 0], COUNTS[2:])
    assert display.ax_.get_ylabel() == "P@10 within 25 km"
    assert display.plot(points=False).points_ == []
    two = TagFrequencyDisplay.from_predictions(
        TAGS, {"a": MINE, "b": YOURS}, COUNTS, points=True, n_resamples=5
    )
    assert len(two.points_) == 2
    ax = plt.figure().add_subplot()
    assert display.plot(ax).ax_ is ax


def test_frames():
    display = TagFrequencyDisplay.from_predictions(
        TAGS,
        {"mine": MINE, "yours": YOURS},
        COUNTS,
        tag_names=list("abcdef"),
        n_resamples=5,
    )
    bins = display.to_frame()
    assert bins["model"].tolist() == ["mine"] * 3 + ["yours"] * 3
    assert bins["least"].tolist()[:3] == [0, 10, 317]
    assert bins["n_tags"].tolist()[:3] == [2, 2, 2]
    assert_allclose(bins["precision"][:3], [0.2, 0.3, 0.8])
    tags = display.to_frame(by="tag")
    assert tags["tag"].tolist() == list("abcdef") * 2
    assert tags["count"].tolist() == COUNTS * 2
    assert_allclose(tags["precision"], [*MINE, *YOURS])
    with pytest.raises(ValueError, match="by must be 'bin' or 'tag'"):
        display.to_frame(by="tags")


@pytest.mark.parametrize("counts", [[0, 0], [7, 7], [1, 2_000_000], [25, 30]])
def test_any_counts_have_ticks(counts):
    display = TagFrequencyDisplay.from_predictions([0, 1], [0.1, 0.0], counts)
    display.figure_.canvas.draw()
    low, high = display.ax_.get_xlim()
    inside = [
        text.get_text()
        for at, text in zip(
            display.ax_.get_xticks(), display.ax_.get_xticklabels(), strict=True
        )
        if low <= at <= high
    ]
    assert all(inside)
    assert inside
    if max(counts) > 1e6:
        assert "1M" in inside
        assert "100k" in inside


def test_what_does_not_fit():
    draw = TagFrequencyDisplay.from_predictions
    with pytest.raises(ValueError, match="no model to draw"):
        draw(TAGS, {}, COUNTS)
    with pytest.raises(ValueError, match="There are 2 tag_names, and counts of 6 tags"):
        draw(TAGS, MINE, COUNTS, tag_names=["a", "b"])
    with pytest.raises(ValueError, match="a single km with average=None"):
        draw(TAGS, [MINE, YOURS], COUNTS)


def test_tag_names_are_in_the_order_of_tags():
    names = pd.Series(["rare", "mid", "often"], index=[2, 1, 0])
    frame = TagFrequencyDisplay.from_predictions(
        [0, 1, 2], [0.1, 0.5, 0.9], [1, 20, 400], tag_names=names, n_resamples=5
    ).to_frame("tag")
    assert dict(zip(frame["tag"], frame["count"], strict=True)) == {
        "rare": 1,
        "mid": 20,
        "often": 400,
    }
