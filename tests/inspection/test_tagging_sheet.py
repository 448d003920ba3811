# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.inspection import TaggingSheetDisplay

NAMES = ["road", "interstate", "carretera", "hills"]
CITIES = {"Chicago": (41.9, -87.6), "San José": (9.9, -84.1)}


class North:
    """Suggests the first tags in the north, the last ones in the south."""

    location = (2, 0)
    n_features_in_ = 5
    tag_names_ = NAMES

    def predict_topk(self, X, k=10, *, return_scores=False, granularity=None):
        self.X, self.granularity = X, granularity
        table = np.asarray(X, dtype=float)
        latitude = table[:, self.location[0]]
        order = np.where(latitude[:, np.newaxis] > 30, [[0, 1, 3]], [[0, 2, 3]])
        tags = np.full((len(table), k), -1)
        tags[:, :3] = order[:, :k]
        scores = np.where(tags < 0, -np.inf, 1.0 - 0.25 * np.arange(k))
        return (tags, scores) if return_scores else tags


def _texts(display):
    return [[one and one.get_text() for one in row] for row in display.texts_]


def test_a_ranker_is_asked_in_every_city():
    ranker = North()
    row = np.array([1.0, 20.0, 3.0, 40.0, 50.0])
    display = TaggingSheetDisplay.from_ranker(
        ranker, row, CITIES, k=4, true_tags=["carretera", "unheard"]
    )
    # Latitudes and longitudes stand where the ranker says; the rest is the photo's.
    expected = [[-87.6, 20, 41.9, 40, 50], [-84.1, 20, 9.9, 40, 50]]
    assert_array_equal(ranker.X, expected)
    assert row[0] == 1.0
    assert _texts(display) == [
        ["road", "interstate", "hills", None],
        ["road", "carretera", "hills", None],
    ]
    assert display.place_names == ["Chicago", "San José"]
    # What is in one list alone is bold, what is right is framed.
    weights = [[one and one.get_weight() for one in row] for row in display.texts_]
    assert weights == [["normal", "bold", "normal", None]] * 2
    framed = [[one is not None for one in row] for row in display.frames_]
    assert framed == [[False] * 4, [False, True, False, False]]
    assert_array_equal(display.features, [20, 40, 50])
    # The features alone will do, and a sparse row.
    for photo in (row[[1, 3, 4]], row[[1, 3, 4]].tolist(), sparse.csr_array([row])):
        again = TaggingSheetDisplay.from_ranker(ranker, photo, CITIES, k=4)
        assert_array_equal(ranker.X, expected)
        assert again.true_tags is None
    TaggingSheetDisplay.from_ranker(
        ranker, row, CITIES, k=3, granularity="city", location=(0, 1)
    )
    assert ranker.granularity == "city"
    assert_array_equal(ranker.X[:, :2], list(CITIES.values()))


def test_rows_of_a_data_frame():
    ranker = North()
    ranker.location = ("lat", "lon")
    ranker.n_features_in_ = 4
    frame = pd.DataFrame(
        {"lat": [0, 1], "f0": [1.5, 2.5], "lon": [0, 1], "f1": [3.5, 4.5]}
    )

    def topk(X, k, return_scores):
        ranker.X = X
        return np.zeros((len(X), 1), dtype=int), np.ones((len(X), 1))

    ranker.predict_topk = topk
    display = TaggingSheetDisplay.from_ranker(ranker, frame.iloc[[1]], CITIES, k=1)
    assert ranker.X["lat"].tolist() == [41.9, 9.9]
    assert ranker.X["lon"].tolist() == [-87.6, -84.1]
    assert ranker.X["f0"].tolist() == [2.5, 2.5]
    assert ranker.X.columns.tolist() == ["lat", "f0", "lon", "f1"]
    assert frame["lat"].tolist() == [0, 1]
    assert_array_equal(display.features, [2.5, 4.5])


def test_no_place_at_all():
    ranker = North()
    display = TaggingSheetDisplay.from_ranker(
        ranker, np.zeros(3), {"Chicago": (41.9, -87.6), "anywhere": None}, k=1
    )
    assert np.isnan(ranker.X[1, [0, 2]]).all()
    texts = [text.get_text() for text in display.ax_.texts]
    assert "no place" in texts
    assert "anywhere" in texts


def test_bars_are_to_one_scale():
    draw = TaggingSheetDisplay.from_predictions
    display = draw(CITIES, [[0, 1], [0, 2]], [[0.8, 0.2], [0.4, 0.0]])
    widths = np.array([[bar.get_width() for bar in row] for row in display.bars_])
    # Probabilities start at 0, and the largest one fills its line.
    assert_allclose(widths / widths.max(), [[1, 0.25], [0.5, 0]])
    texts = [text.get_text() for text in display.ax_.texts]
    assert {"0.8", "0.2", "0.4", "0"} < set(texts)
    assert _texts(display) == [["tag 0", "tag 1"], ["tag 0", "tag 2"]]
    # Margins start below the least; what has ended does not count.
    display = draw(CITIES, [[0, 1], [0, -1]], [[-1.0, -2.0], [-3.0, -np.inf]])
    widths = [bar.get_width() for row in display.bars_ for bar in row if bar]
    shares = np.array(widths) / widths[0]
    assert_allclose(shares, [1.0, (1 + 0.3) / 2.3, 0.3 / 2.3])
    # All alike: all bars are full. None without scores.
    display = draw(CITIES, [[0], [1]], [[2.0], [2.0]])
    assert display.bars_[0][0].get_width() == display.bars_[1][0].get_width() > 0
    assert draw(CITIES, [[0], [1]]).bars_ == [[None], [None]]
    display.plot(show_scores=False)
    assert "2" not in [text.get_text() for text in display.ax_.texts]


@pytest.mark.parametrize(("n_places", "k"), [(1, 1), (3, 12), (4, 5), (8, 5)])
def test_everything_is_on_the_sheet(n_places, k):
    rng = np.random.default_rng(0)
    places = np.column_stack([np.arange(n_places), np.arange(n_places)])
    display = TaggingSheetDisplay.from_predictions(
        places,
        rng.integers(0, 4, (n_places, k)),
        -np.sort(-rng.normal(size=(n_places, k))),
        tag_names=["road", "llanfairpwllgwyngyllgogerychwyrndrobwll", "$a$", "Ωμέγα"],
        place_names=[f"A rather long name of a place, {i}" for i in range(n_places)],
        thumbnail=np.zeros((9, 6, 3)),
        true_tags=[0, 2],
    )
    display.figure_.canvas.draw()
    sheet = display.figure_.bbox
    for artist in [*display.ax_.texts, *display.ax_.images]:
        box = artist.get_window_extent()
        assert box.x0 >= sheet.x0 - 1
        assert box.x1 <= sheet.x1 + 1
        assert box.y0 >= sheet.y0 - 1
        assert box.y1 <= sheet.y1 + 1
    assert len(display.texts_) == n_places
    # Names stay within their lines and do not touch the scores.
    lefts = [text.get_position()[0] for text in (row[0] for row in display.texts_)]
    assert len(set(lefts)) == min(n_places, 4)
    assert len(display.ax_.images) == 1


def test_glyphs_and_axes_of_ones_own():
    ax = plt.figure().add_subplot()
    display = TaggingSheetDisplay.from_predictions(
        CITIES, [[0], [1]], tag_names=NAMES, subject="a road", ax=ax
    )
    assert display.ax_ is ax
    assert "a road" in [text.get_text() for text in ax.texts]
    assert not ax.images


def test_true_tags_by_name_number_or_row():
    draw = TaggingSheetDisplay.from_predictions
    for true in (
        ["road", "hills"],
        [0, "hills"],
        np.array([0, 3]),
        pd.Series(["road", "hills"]),
        sparse.csr_matrix([[1, 0, 0, 1]]),
        sparse.coo_array([[1, 0, 0, 1]]),
    ):
        display = draw(CITIES, [[0, 1], [3, 2]], tag_names=NAMES, true_tags=true)
        assert display.true_tags == {0, 3}
    assert draw(CITIES, [[0], [1]], true_tags=1).true_tags == {1}
    frame = draw(
        CITIES, [[0, 1], [3, -1]], tag_names=NAMES, true_tags=["road"]
    ).to_frame()
    assert frame["place"].tolist() == ["Chicago", "Chicago", "San José"]
    assert frame["tag"].tolist() == ["road", "interstate", "hills"]
    assert frame["rank"].tolist() == [1, 2, 1]
    assert frame["right"].tolist() == [True, False, False]
    assert frame["score"].isna().all()


def test_what_does_not_fit():
    draw, ask = (
        TaggingSheetDisplay.from_predictions,
        TaggingSheetDisplay.from_ranker,
    )
    with pytest.raises(ValueError, match=r"tags must be positions.*shape \(2, k\)"):
        draw(CITIES, [[0]])
    with pytest.raises(ValueError, match="There is a tag 7 among tags, and tag_names"):
        draw(CITIES, [[0], [7]], tag_names=NAMES)
    with pytest.raises(ValueError, match="There is no tag 4, only 0 to 3"):
        draw(CITIES, [[0], [1]], tag_names=NAMES, true_tags=[4])
    with pytest.raises(ValueError, match="asked for by its name, and tags have none"):
        draw(CITIES, [[0], [1]], true_tags=["road"])
    with pytest.raises(ValueError, match=r"photo must be one row of X; got shape \(2,"):
        ask(North(), np.zeros((2, 5)), CITIES)
    with pytest.raises(ValueError, match="photo has 4 values, and North reads 5 col"):
        ask(North(), np.zeros(4), CITIES)
    with pytest.raises(ValueError, match=r"photo must be one row of X; got 2\. Select"):
        ask(North(), pd.DataFrame(np.zeros((2, 5))), CITIES)


@pytest.mark.parametrize(
    "true",
    [
        sparse.csr_array(([0, 1], ([0, 0], [0, 3])), shape=(1, 4)),
        sparse.csr_matrix(([0, 1], ([0, 0], [0, 3])), shape=(1, 4)),
        np.array([False, False, False, True]),
        [False, False, False, True],
        pd.Series([False, False, False, True], index=[3, 2, 1, 0]),
        {"hills"},
        (name for name in ["hills"]),
    ],
    ids=["zeros", "matrix", "mask", "list", "Series", "set", "generator"],
)
def test_true_tags_that_are_marked(true):
    draw = TaggingSheetDisplay.from_predictions
    display = draw(CITIES, [[0, 1], [3, 2]], tag_names=NAMES, true_tags=true)
    assert display.true_tags == {3}


def test_marks_of_true_tags_are_one_a_tag():
    draw = TaggingSheetDisplay.from_predictions
    with pytest.raises(ValueError, match=r"true_tags .* shape \(2,\), and there are 4"):
        draw(CITIES, [[0], [1]], tag_names=NAMES, true_tags=[True, False])
    with pytest.raises(ValueError, match=r"in an array of shape \(1, 2\)\. Give one"):
        draw(CITIES, [[0], [1]], true_tags=[[True, False]])
    masked = np.ma.array([0, 1], mask=[0, 1])
    with pytest.raises(ValueError, match=r"^true_tags, row 1: the value is masked"):
        draw(CITIES, [[0], [1]], true_tags=masked)
    with pytest.raises(ValueError, match=r"^tags, row 1: the value is masked"):
        draw(CITIES, masked[:, np.newaxis])


def test_rows_of_polars():
    ranker = North()
    ranker.location = ("lat", "lon")
    ranker.n_features_in_ = 3
    seen = []

    def topk(X, k, return_scores):
        seen.append(X)
        return np.zeros((len(X), 1), dtype=int), np.ones((len(X), 1))

    ranker.predict_topk = topk
    photo = pl.DataFrame({"lat": [0], "f0": [2.5], "lon": [0]})
    display = TaggingSheetDisplay.from_ranker(ranker, photo, CITIES, k=1)
    assert isinstance(seen[0], pl.DataFrame)
    assert seen[0].rows() == [(41.9, 2.5, -87.6), (9.9, 2.5, -84.1)]
    assert_array_equal(display.features, [2.5])
    torn = sparse.csr_array(np.ones((1, 3)))
    torn.indices = np.array([0, 1, 70_000_000], dtype=np.int32)
    with pytest.raises(ValueError, match="photo is a csr_array whose arrays contradic"):
        TaggingSheetDisplay.from_ranker(ranker, torn, CITIES, k=1)
    wide = sparse.csr_array((4, 10**9))
    with pytest.raises(ValueError, match=r"photo must be one row of X.* \(4, 10000000"):
        TaggingSheetDisplay.from_ranker(ranker, wide, CITIES, k=1)
    with pytest.raises(TypeError, match=r"photo is a polars LazyFrame"):
        TaggingSheetDisplay.from_ranker(ranker, photo.lazy(), CITIES, k=1)
    with pytest.raises(TypeError, match=r"photo must hold numbers; .* real part"):
        TaggingSheetDisplay.from_ranker(ranker, np.ones(4, complex), CITIES, k=1)


def test_true_tags_are_whole_numbers_or_the_row_of_one_photo():
    draw = TaggingSheetDisplay.from_predictions
    for part in (1.5, np.nan, None):
        with pytest.raises(ValueError, match="A tag is a name or a whole number; got"):
            draw(CITIES, [[0], [1]], tag_names=NAMES, true_tags=[part])
    assert draw(CITIES, [[0], [1]], true_tags=[1.0, 3]).true_tags == {1, 3}
    flat = sparse.coo_array(np.array([0, 1, 0, 1]))
    assert draw(CITIES, [[0], [1]], tag_names=NAMES, true_tags=flat).true_tags == {1, 3}
    column = sparse.csr_array(np.array([[0], [1], [0], [1]]))
    with pytest.raises(ValueError, match=r"row of one photo.* got the shape \(4, 1\)"):
        draw(CITIES, [[0], [1]], tag_names=NAMES, true_tags=column)
    with pytest.raises(ValueError, match="has 5 columns, and there are 4 tag_names"):
        draw(
            CITIES,
            [[0], [1]],
            tag_names=NAMES,
            true_tags=sparse.csr_array(np.eye(1, 5)),
        )
    plt.close("all")
