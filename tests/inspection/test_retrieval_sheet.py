# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_geo.geometry import haversine
from sklearn_geo.inspection import RetrievalSheetDisplay
from sklearn_geo.inspection._pyplot import COLORS
from tests.inspection.common import check_geojson

RIGHT = COLORS[2]
# Tag 0 is "bridge": photos 0, 1 and 3 have it. The last photo has no place.
GALLERY = np.array([[51.51, -0.08], [37.82, -122.48], [51.5, 0.0], [-33.85, 151.2]])
GALLERY = np.vstack([GALLERY, [np.nan, np.nan]])
TAGS = np.array([[1, 0], [1, 1], [0, 1], [1, 0], [0, 1]])
CITIES = {"London": (51.5, -0.1), "San Francisco": (37.8, -122.4)}


class Nearest:
    """Finds the photos that have a tag, nearest first; what is written by hand."""

    tag_names_ = ("bridge", "market")

    def __init__(self):
        self.asked = []

    def retrieve(self, tag, place, k=10, *, return_scores=False, **others):
        self.asked.append(others)
        number = self.tag_names_.index(tag) if isinstance(tag, str) else tag
        photos = [p for p in range(4) if TAGS[p, number]]
        km = [haversine(np.array([place]), GALLERY[[p]])[0] for p in photos]
        order = np.argsort(km)[:k]
        found, scores = np.full(k, -1), np.full(k, -np.inf)
        found[: len(order)] = np.array(photos)[order]
        scores[: len(order)] = -np.array(km)[order]
        return (found, scores) if return_scores else found


def _color(frame):
    return to_hex(frame.get_edgecolor()).upper()


def test_a_ranker_is_asked_in_every_city():
    ranker = Nearest()
    display = RetrievalSheetDisplay.from_ranker(
        ranker, "bridge", CITIES, k=4, gallery_places=GALLERY, gallery_tags=TAGS
    )
    assert display.tag == "bridge"
    assert display.place_names == ["London", "San Francisco"]
    assert_array_equal(display.ranked, [[0, 1, 3, -1], [1, 0, 3, -1]])
    assert ranker.asked == [{}, {}]
    expected = haversine(np.array(list(CITIES.values())), GALLERY[[0, 1]])
    assert_allclose(display.distances_km[:, 0], expected)
    assert np.isnan(display.distances_km[:, 3]).all()
    assert_allclose(display.scores[:, :3], -display.distances_km[:, :3])
    assert display.right.tolist() == [[True, True, True, False]] * 2
    # Numbers do for names, and sparse indicators and data frames for arrays.
    for tag, table in [
        (0, TAGS),
        ("bridge", sparse.csr_matrix(TAGS)),
        ("bridge", pd.DataFrame(TAGS, columns=["bridge", "market"])),
        (np.int64(0), sparse.csc_array(TAGS)),
    ]:
        again = RetrievalSheetDisplay.from_ranker(
            ranker, tag, CITIES, k=4, gallery_places=GALLERY, gallery_tags=table
        )
        assert again.tag == "bridge"
        assert_array_equal(again.right, display.right)
    RetrievalSheetDisplay.from_ranker(
        ranker, 1, list(CITIES.values()), k=1, granularity="city", within_km=25.0
    )
    assert ranker.asked[-1] == {"granularity": "city", "within_km": 25.0}


def test_what_is_right_is_framed_and_what_is_missing_dashed():
    display = RetrievalSheetDisplay.from_predictions(
        "bridge",
        CITIES,
        [[0, 2, 1], [1, 4, -1]],
        [[3.0, 2.0, 1.0], [0.5, 0.25, -np.inf]],
        gallery_places=GALLERY,
        has_tag=TAGS[:, 0],
        km=25,
    )
    assert display.right.tolist() == [[True, False, False], [True, False, False]]
    first, second = display.frames_
    assert [_color(one) == RIGHT for one in first] == [True, False, False]
    assert first[0].get_linewidth() > first[1].get_linewidth()
    assert second[2] is None
    assert display.captions_[1][2] is None
    captions = [[one and one.get_text() for one in row] for row in display.captions_]
    assert captions[0][0] == "1.8 km | 3"
    assert captions[0][2] == f"{display.distances_km[0, 2]:,.0f} km | 1"
    assert captions[1][1] == "no place | 0.25"
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts[0] == "bridge"
    assert "framed: has the tag and is within 25 km; dashed: no answer" in texts
    assert "London" in texts
    assert "51.5° N, 0.1° W" in texts
    # Glyphs are tiles of one unit, one beside the other and one below the other.
    x, y = (np.array([f.get_xy() for f in first]) for _ in range(2))
    assert_allclose(np.diff(x[:, 0]), np.diff(x[:, 0])[0])
    assert first[0].get_width() == pytest.approx(1.0)
    assert second[0].get_xy()[1] > first[0].get_xy()[1] + 1.0
    assert_allclose(y[:, 1], y[0, 1])


def test_captions_say_what_is_known():
    draw = RetrievalSheetDisplay.from_predictions
    display = draw("a", CITIES, [[0], [3]])
    assert display.right is None
    assert display.captions_[1][0].get_text() == "#3"
    assert _color(display.frames_[0][0]) != RIGHT
    display = draw("a", CITIES, [[0], [3]], [[0.123456], [12345.6]])
    assert display.captions_[0][0].get_text() == "0.123"
    assert display.captions_[1][0].get_text() == "12,346"
    display.plot(show_scores=False)
    assert display.captions_[0][0].get_text() == "#0"
    # One place, and places without names.
    display = draw("a", (51.5, -0.1), [0, 1])
    assert display.place_names == ["51.5° N, 0.1° W"]
    display = draw("a", [(-90.0, 0.0), (0, 190)], [[0], [1]])
    assert display.place_names == ["90.0° S, 0.0° E", "0.0° N, 170.0° W"]
    named = draw("a", np.array([[0.0, 0.0]]), [[0]], place_names=["Null Island"])
    assert named.place_names == ["Null Island"]


def test_anywhere():
    display = RetrievalSheetDisplay.from_predictions(
        "bridge",
        {"London": (51.5, -0.1), "anywhere": None},
        [[0, 1], [3, 2]],
        gallery_places=GALLERY,
        has_tag=TAGS[:, 0],
        km=25,
    )
    # Nobody has said where, so no photo is too far.
    assert display.right.tolist() == [[True, False], [True, False]]
    assert np.isnan(display.distances_km[1]).all()
    assert display.captions_[1][0].get_text() == "#3"
    assert display.captions_[0][0].get_text() == "1.8 km"
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts.count("anywhere") == 1


@pytest.mark.parametrize(("n_places", "k"), [(1, 1), (8, 3), (2, 12)])
def test_everything_is_on_the_sheet(n_places, k):
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-90, 90, n_places), np.arange(n_places)])
    display = RetrievalSheetDisplay.from_predictions(
        "sanfranciscobaybridgeatnight",
        places,
        rng.integers(0, 30, (n_places, k)),
        place_names=[f"A rather long name of a place, {i}" for i in range(n_places)],
        thumbnails=rng.integers(0, 255, (30, 6, 9, 3)),
    )
    display.figure_.canvas.draw()
    sheet = display.figure_.bbox
    assert max(display.figure_.get_size_inches()) <= 15.0 + 1e-9
    for artist in [*display.ax_.texts, *display.ax_.images]:
        box = artist.get_window_extent()
        assert box.x0 >= sheet.x0 - 1
        assert box.x1 <= sheet.x1 + 1
        assert box.y0 >= sheet.y0 - 1
        assert box.y1 <= sheet.y1 + 1
    assert len(display.ax_.images) == n_places * k
    # Landscapes: the frame is around the image, which is as wide as its tile.
    frame = display.frames_[0][0]
    assert frame.get_width() / frame.get_height() == pytest.approx(1.5)
    assert frame.get_width() == pytest.approx(1.0)


def test_axes_of_ones_own():
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    seen = []

    def image(photo):
        seen.append(photo)
        return np.zeros((4, 4))

    display = RetrievalSheetDisplay.from_predictions(
        "a", CITIES, [[0], [-1]], thumbnails=image, ax=left
    )
    assert display.ax_ is left
    assert display.figure_ is figure
    # Only photos that are shown are looked at.
    assert seen == [0]
    display.plot(right)
    assert display.ax_ is right
    figure.canvas.draw()
    ratio = left.get_window_extent().width / left.get_window_extent().height
    assert ratio == pytest.approx(np.ptp(left.get_xlim()) / np.ptp(left.get_ylim()))


def test_tables_and_points():
    display = RetrievalSheetDisplay.from_predictions(
        "bridge",
        CITIES,
        [[0, 4], [1, -1]],
        [[3.0, 2.0], [0.5, -np.inf]],
        gallery_places=GALLERY,
        has_tag=TAGS[:, 0] == 1,
    )
    frame = display.to_frame()
    assert frame["place"].tolist() == ["London", "London", "San Francisco"]
    assert frame["rank"].tolist() == [1, 2, 1]
    assert frame["photo"].tolist() == [0, 4, 1]
    assert frame["score"].tolist() == [3.0, 2.0, 0.5]
    assert frame["right"].tolist() == [True, False, True]
    collection = display.to_geojson()
    # The photo without a place is not on the map.
    check_geojson(collection, 2)
    first = collection["features"][0]
    assert first["geometry"]["coordinates"] == [-0.08, 51.51]
    assert first["properties"]["place"] == "London"
    bare = RetrievalSheetDisplay.from_predictions("a", CITIES, [[0], [1]])
    assert bare.to_frame()["km"].isna().all()
    with pytest.raises(ValueError, match="pass gallery_places"):
        bare.to_geojson()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ranked": [[0]]}, r"ranked must be positions.* shape \(2, k\).* got shape"),
        ({"ranked": [[0.5], [1]]}, "ranked must be positions.*float64"),
        ({"ranked": [[], []]}, "ranked must be positions"),
        ({"ranked": np.zeros((2, 0), int)}, "ranked lists nothing: its rows are empty"),
        ({"ranked": [[0], [-2]]}, "ranked, row 1: -2 is no position"),
        ({"ranked": [[0], [7]]}, "row 1: there is no photo 7: gallery_places has 5"),
        ({"ranked": [[0], [7]], "gallery_places": None}, "no photo 7: has_tag has 5"),
        ({"scores": [[1.0]]}, r"scores must be of the shape of ranked, \(2, 1\)"),
        ({"place_names": ["a"]}, "places names the places already"),
        (
            {"places": GALLERY[:2], "place_names": ["a"]},
            "There are 1 place_names for 2",
        ),
        ({"places": {"a": (95.0, 0.0), "b": (0.0, 0.0)}}, "places, row 0: latitude 95"),
        ({"places": {"a": (np.nan, 0.0), "b": (0.0, 0.0)}}, "the latitude is NaN"),
        ({"has_tag": TAGS}, r"in a vector; got shape \(5, 2\)"),
        ({"gallery_places": None}, "km=25 asks for distances"),
        ({"km": -1}, "km must be 0 or more"),
        ({"km": "city"}, "km must be a number of kilometres"),
        (
            {"features": np.ones((1, 3))},
            "features has 1 rows, and photo 1 is to",
        ),
        ({"subjects": ["a"]}, "subjects has 1 rows, and photo 1 is to be drawn"),
    ],
)
def test_what_does_not_fit(changes, words):
    arguments = {
        "places": CITIES,
        "ranked": [[0], [1]],
        "gallery_places": GALLERY,
        "has_tag": TAGS[:, 0],
        "km": 25,
    }
    with pytest.raises((ValueError, TypeError), match=words):
        RetrievalSheetDisplay.from_predictions("a", **{**arguments, **changes})


def test_tags_that_are_not_there():
    ask = RetrievalSheetDisplay.from_ranker
    for several in (np.array([0, 1]), [0, 1], None, 0.5, np.timedelta64(1)):
        with pytest.raises(ValueError, match="A tag is a name or a whole number; got"):
            ask(Nearest(), several, CITIES)
    table = pd.DataFrame(TAGS, columns=["bridges", "market"])
    with pytest.raises(ValueError, match=r"no tag 'bridge'\. Did you mean 'bridges'"):
        ask(Nearest(), "bridge", CITIES, gallery_tags=table)
    with pytest.raises(ValueError, match="There is no tag 1, only 0 to 0"):
        ask(Nearest(), 1, CITIES, gallery_tags=TAGS[:, :1])

    class Nameless(Nearest):
        def __getattribute__(self, name):
            if name == "tag_names_":
                raise AttributeError(name)
            return super().__getattribute__(name)

        def retrieve(self, tag, place, k=10, *, return_scores=False):
            return np.array([0]), np.array([1.0])

    display = ask(Nameless(), 1, CITIES, gallery_tags=TAGS)
    assert display.tag == "tag 1"
    with pytest.raises(ValueError, match="There is no tag 1, only 0 to 0"):
        ask(Nameless(), 1, CITIES, tag_names=["bridge"])
    with pytest.raises(TypeError, match="tag_names must be a list of names; got 0"):
        ask(Nameless(), 1, CITIES, tag_names=0.5)
    with pytest.raises(ValueError, match="pass tag_names, or has_tag"):
        ask(Nameless(), "bridge", CITIES, gallery_tags=TAGS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"has_tag": [1, np.nan]}, "has_tag, row 1: it is missing whether the photo"),
        (
            {"has_tag": pd.Series([None, True], dtype="boolean")},
            "has_tag, row 0: it is missing",
        ),
        ({"has_tag": ["0", "1"]}, "has_tag must hold numbers; got"),
        (
            {"has_tag": np.ma.array([0, 1], mask=[0, 1])},
            "has_tag, row 1: the value is masked",
        ),
        ({"km": [200, 25]}, r"km must be one number of kilometres; got \[200, 25\]"),
    ],
)
def test_what_says_nothing_of_a_photo(changes, words):
    arguments = {"gallery_places": GALLERY[:2], "has_tag": [0, 1], "km": 25, **changes}
    with pytest.raises((ValueError, TypeError), match=words):
        RetrievalSheetDisplay.from_predictions(
            "a", {"x": (0, 0)}, [[0, 1]], **arguments
        )


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_photos_have_the_tag_or_not(kind):
    display = RetrievalSheetDisplay.from_predictions(
        "a", {"x": (0, 0)}, [[0, 1, -1]], has_tag=kind([False, True])
    )
    assert display.right.tolist() == [[False, True, False]]


def test_tag_names_are_in_the_order_of_tags():
    names = pd.Series(["bridges", "market"], index=[1, 0])
    display = RetrievalSheetDisplay.from_ranker(
        Nearest(), 1, CITIES, gallery_tags=TAGS, tag_names=names
    )
    assert display.tag == "market"


@pytest.mark.parametrize("tag", ["market", 1])
def test_columns_are_found_by_the_names_of_tags(tag):
    has_tag = TAGS[:, 1].astype(bool)  # of the ranker's second tag
    turned = pd.DataFrame(TAGS[:, ::-1], columns=["market", "bridge"])
    numbered = pd.DataFrame(TAGS)
    for table in (TAGS, turned, numbered, numbered.add_prefix("tag_")):
        display = RetrievalSheetDisplay.from_ranker(
            Nearest(), tag, CITIES, k=2, gallery_tags=table
        )
        assert_array_equal(display.right, has_tag[display.ranked])
    plt.close("all")


def test_numbers_of_columns_are_no_tags():
    has_tag = TAGS[:, 1].astype(bool)
    for names in (["bridge", "0"], ["1", "2019"]):
        display = RetrievalSheetDisplay.from_ranker(
            Nearest(), 1, CITIES, k=2, gallery_tags=pd.DataFrame(TAGS), tag_names=names
        )
        assert_array_equal(display.right, has_tag[display.ranked])
    plt.close("all")


def test_no_photo_is_anywhere_near():
    draw = RetrievalSheetDisplay.from_predictions
    nowhere = draw("a", {"anywhere": None}, [[0, 1]], gallery_places=GALLERY)
    assert np.isnan(nowhere.distances_km).all()
    lost = draw("a", {"x": (0, 0)}, [[0, -1]], gallery_places=np.full((2, 2), np.nan))
    assert np.isnan(lost.distances_km).all()
    assert lost.captions_[0][0].get_text() == "no place"
    assert len(lost.to_geodataframe()) == 0
    plt.close("all")
