# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import datetime

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.dummy import DummyRegressor

from sklearn_geo.geolocation import (
    HierarchicalCellClassifier,
    UserAveragingGeolocator,
)
from sklearn_geo.inspection import AlbumPathDisplay
from sklearn_geo.partition import S2Partition
from tests.inspection.common import check_geojson

PARIS, LYON, SYDNEY, OSLO = [48.9, 2.4], [45.8, 4.8], [-33.9, 151.2], [59.9, 10.8]
TRUTH = np.array([PARIS, PARIS, LYON, LYON])
ALONE = np.array([PARIS, SYDNEY, LYON, OSLO])
NAN = [np.nan, np.nan]
DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


class OnlyLong:
    """Has a length, and no rows."""

    def __len__(self):
        return 4


def _times(*minutes):
    start = np.datetime64("2020-05-01T10:00", "s")
    return np.array(
        [
            np.datetime64("NaT", "s")
            if minute is None
            else start + np.timedelta64(minute, "m")
            for minute in minutes
        ]
    )


def _texts(display, name):
    return [text.get_text() for text in display.numbers_[name]]


def test_panels_by_hand():
    display = AlbumPathDisplay.from_predictions(
        TRUTH, {"alone": ALONE, "together": TRUTH}, extent=(-5, 25, 40, 65)
    )
    assert list(display.paths) == ["alone", "together"]
    assert len(display.axes_) == 2
    assert display.ax_ is display.axes_[1]
    assert display.figure_ is display.ax_.figure
    assert _texts(display, "alone") == ["1", "2", "3", "4"]
    assert _texts(display, "together") == ["1-2", "3-4"]
    assert_allclose(display.stops_["together"].get_offsets(), [PARIS[::-1], LYON[::-1]])
    # A mark grows with what is at it.
    assert_allclose(display.stops_["together"].get_sizes(), 34 * np.sqrt([2, 2]))
    assert len(display.arrows_["alone"]) == 3
    assert len(display.arrows_["together"]) == 1
    assert [len(one.get_offsets()) for one in display.truth_] == [4, 4]
    missed = display.misses_["alone"].get_segments()
    assert_allclose(missed[1], [PARIS[::-1], SYDNEY[::-1]])
    titles = [ax.get_title().splitlines() for ax in display.axes_]
    # Of four errors the second and third are 0 and the way from Lyon to Oslo.
    assert titles[1][0] == "together: median error 0.0 km"
    way = titles[1][1].removeprefix("way of ").split(", in truth ")
    assert way[0] == way[1]
    key = [text.get_text() for text in display.legend_.get_texts()]
    assert key == ["answers, in the order of time", "where they were taken", "errors"]
    assert display.legend_.get_title().get_text() == "photos 1 to 4"


def test_errors_and_lengths_by_hand():
    truth = np.zeros((3, 2))
    answers = np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 6.0]])
    display = AlbumPathDisplay.from_predictions(truth, answers)
    title = display.ax_.get_title()
    assert title == (
        f"answers: median error {2 * DEGREE_KM:.0f} km\n"
        f"way of {6 * DEGREE_KM:.0f} km, in truth 0 km"
    )
    frame = display.to_frame()
    assert frame.columns.tolist() == [
        *("model", "order", "time", "latitude", "longitude", "error_km")
    ]
    assert_allclose(frame["error_km"], np.array([0, 2, 6]) * DEGREE_KM)
    assert frame["order"].tolist() == [1, 2, 3]
    assert frame["time"].isna().all()


def test_order_is_that_of_time():
    answers = np.array([SYDNEY, PARIS, LYON, OSLO])
    display = AlbumPathDisplay.from_predictions(
        answers, answers, times=_times(30, 10, None, 20)
    )
    assert_allclose(display.paths["answers"], [PARIS, OSLO, SYDNEY, LYON])
    assert_allclose(display.truth, display.paths["answers"])
    # The photo without a time is drawn, but is nowhere on the way. On a map of the
    # world it is one mark with Paris, which says so.
    assert _texts(display, "answers") == ["1 +1", "2", "3"]
    assert len(display.arrows_["answers"]) == 2
    caption = display.legend_.get_title().get_text()
    assert caption == "photos 1 to 4, 2020-05-01; 1 without a time"
    assert display.to_frame()["order"].tolist() == [1, 2, 3, 0]
    # Nine o'clock in London is later than ten o'clock in Paris.
    zones = [datetime.timezone(datetime.timedelta(hours=hours)) for hours in (0, 2)]
    clocks = [datetime.datetime(2020, 5, 1, 9 + at, tzinfo=zones[at]) for at in (0, 1)]
    display = AlbumPathDisplay.from_predictions(None, [OSLO, PARIS], times=clocks)
    assert_allclose(display.paths["answers"], [PARIS, OSLO])
    # No photo has a time: no order, no way, no number.
    nowhen = AlbumPathDisplay.from_predictions(
        None, [PARIS, SYDNEY], times=_times(None, None)
    )
    assert nowhen.arrows_["answers"] == []
    assert _texts(nowhen, "answers") == ["+1", "+1"]


def test_no_line_across_the_world():
    fiji, samoa, perth, tahiti = [-18, 178], [-14, -172], [-32, 116], [-17.5, -149.5]
    # The map turns so that the islands are in its middle, and the way is one line.
    display = AlbumPathDisplay.from_predictions([fiji, samoa], [fiji, samoa])
    (arrow,) = display.arrows_["answers"]
    x = arrow.get_path().vertices[:, 0]
    assert np.ptp(x) == pytest.approx(10.0, abs=4.0)
    (line,) = display.misses_["answers"].get_segments()[:1]
    assert np.ptp(line[:, 0]) == 0.0
    # On the world as it is, it leaves at one border and comes in at the other.
    display.plot(extent="world")
    assert len(display.arrows_["answers"]) == 2
    starts = [arrow.get_path().vertices[0, 0] for arrow in display.arrows_["answers"]]
    assert min(starts) == pytest.approx(-182.0, abs=4.0)
    assert max(starts) == pytest.approx(178.0, abs=4.0)
    # Half of the world and more: turned, and only latitudes where something is.
    wide = AlbumPathDisplay.from_predictions(
        [fiji] * 3, np.array([fiji, perth, [50, -60]], float)
    )
    assert wide.ax_.get_xlim() == (0.0, 360.0)
    assert wide.ax_.get_ylim() == (-41.0, 59.0)
    # In GeoJSON the way is cut at the antimeridian.
    collection = AlbumPathDisplay.from_predictions(None, [fiji, tahiti]).to_geojson()
    check_geojson(collection, 3)
    first, second = collection["features"][2]["geometry"]["coordinates"]
    assert first[-1][0] == 180.0
    assert second[0][0] == -180.0
    assert first[-1][1] == second[0][1] == pytest.approx(-18 + 0.5 * 2 / 32.5)


def test_one_photo():
    display = AlbumPathDisplay.from_predictions(
        [PARIS], {"before": [OSLO], "after": [PARIS]}, times=_times(5), user="eve"
    )
    assert display.arrows_ == {"before": [], "after": []}
    assert _texts(display, "after") == ["1"]
    assert display.axes_[1].get_title() == (
        "after: median error 0.0 km\nway of 0 km, in truth 0 km"
    )
    caption = display.legend_.get_title().get_text()
    assert caption == "user eve: photo 1, 2020-05-01"
    # Three points and no way.
    check_geojson(display.to_geojson(), 3)


def test_photos_without_an_answer():
    display = AlbumPathDisplay.from_predictions(TRUTH, [PARIS, NAN, LYON, LYON])
    assert display.ax_.get_title().startswith(
        "answers: median error 0.0 km, 1 without an answer"
    )
    assert sum(display.stops_["answers"].get_sizes() > 0) == 2
    assert len(display.misses_["answers"].get_segments()) == 3
    # Four points of truth and three answers, and their ways.
    check_geojson(display.to_geojson(), 9)
    display = AlbumPathDisplay.from_predictions(TRUTH, np.array([PARIS, NAN, NAN, NAN]))
    assert display.ax_.get_title().startswith("answers: no median error, 3 without")
    silent = AlbumPathDisplay.from_predictions(TRUTH, np.array([NAN] * 4))
    assert _texts(silent, "answers") == []
    with pytest.raises(ValueError, match="No photo has an answer or a true place"):
        AlbumPathDisplay.from_predictions(None, np.array([NAN] * 4))


def test_without_truth():
    display = AlbumPathDisplay.from_predictions(None, {"m": ALONE}, user=7)
    assert display.ax_.get_title().startswith("m: way of ")
    assert display.truth_ == []
    assert display.misses_ == {}
    assert len(display.legend_.get_texts()) == 1
    assert display.to_frame()["error_km"].isna().all()
    roles = {one["properties"]["role"] for one in display.to_geojson()["features"]}
    assert roles == {"m"}


def test_one_user_of_several():
    answers = np.array([PARIS, LYON, OSLO, SYDNEY, PARIS])
    users = ["a", "b", "b", "c", "b"]
    most = AlbumPathDisplay.from_predictions(answers, answers, groups=users)
    assert most.user == "b"
    assert_allclose(most.paths["answers"], [LYON, OSLO, PARIS])
    one = AlbumPathDisplay.from_predictions(answers, answers, groups=users, group="c")
    assert_allclose(one.paths["answers"], [SYDNEY])
    assert one.legend_.get_title().get_text() == "user c: photo 1"
    with pytest.raises(ValueError, match=r"group='d' has no photo.* are 'b', 'a', 'c'"):
        AlbumPathDisplay.from_predictions(answers, answers, groups=users, group="d")
    for user in (np.array([]), ["a"], np.array(["a"] * 3), pd.NA, 2**70):
        with pytest.raises(ValueError, match=r"group=.* has no photo"):
            AlbumPathDisplay.from_predictions(
                answers, answers, groups=users, group=user
            )
    with pytest.raises(ValueError, match="group=-18446744073709551616 has no photo"):
        AlbumPathDisplay.from_predictions(
            answers, answers, groups=[True, False, False, True, True], group=-(2**64)
        )
    with pytest.raises(ValueError, match="nobody says whose photos these are"):
        AlbumPathDisplay.from_predictions(answers, answers, group="d")


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_users_may_be_dates(unit):
    answers = np.array([PARIS, LYON, OSLO])
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-02"], dtype=f"M8[{unit}]")
    most = AlbumPathDisplay.from_predictions(answers, answers, groups=days)
    assert most.user == np.datetime64("2020-01-02")
    assert_allclose(most.paths["answers"], [LYON, OSLO])
    one = AlbumPathDisplay.from_predictions(
        answers, answers, groups=days, group=days[0]
    )
    assert_allclose(one.paths["answers"], [PARIS])
    with pytest.raises(ValueError, match=r"Those with the most .*'2020-01-02.*2020-01"):
        AlbumPathDisplay.from_predictions(answers, answers, groups=days, group="x")


def test_part_of_a_long_path():
    places = np.column_stack([np.zeros(60), np.arange(60.0)])
    display = AlbumPathDisplay.from_predictions(None, places, times=_times(*range(60)))
    caption = display.legend_.get_title().get_text()
    assert caption == "photos 1 to 24 of 60, 2020-05-01"
    title = display.ax_.get_title()
    assert title == f"answers: way of {23 * DEGREE_KM:,.0f} km"
    display.plot(start=50, most=None)
    assert _texts(display, "answers")[0] == "51"
    assert display.legend_.get_title().get_text() == (
        "photos 51 to 60 of 60, 2020-05-01"
    )
    with pytest.raises(ValueError, match="number of one of the 60 photos"):
        display.plot(start=60)
    with pytest.raises(ValueError, match="at least one photo, or None; got 0"):
        display.plot(most=0)
    for start in (1.5, np.timedelta64(1), True):
        with pytest.raises(ValueError, match="start and most are whole numbers of"):
            display.plot(start=start)


def test_other_photos_land_and_axes():
    axes = plt.figure().subplots(2)
    land = {
        "type": "Polygon",
        "coordinates": [[[0, 40], [9, 40], [9, 60], [0, 60], [0, 40]]],
    }
    display = AlbumPathDisplay.from_predictions(
        TRUTH,
        {"alone": ALONE, "together": TRUTH},
        ax=axes,
        photos=[OSLO, [0.0, 190.0]],
        coastline=land,
        numbers=False,
        misses=False,
    )
    assert display.axes_ == list(axes)
    assert display.legend_.axes is axes[1]
    (dots,) = (line for line in axes[0].lines if len(line.get_xdata()) == 2)
    assert_allclose(dots.get_ydata(), [59.9, 0.0])
    assert any(one.get_label() == "_land" for one in axes[0].collections)
    assert display.numbers_ == {"alone": [], "together": []}
    assert display.misses_ == {}
    with pytest.raises(ValueError, match="There are 2 panels to draw, and ax holds 1"):
        display.plot(axes[0])


def test_many_marks():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-60, 60, 250), rng.uniform(-180, 180, 250)])
    display = AlbumPathDisplay.from_predictions(None, places, most=None)
    # Too many to look for room: all numbers stand on the upper right of their marks.
    numbers = display.numbers_["answers"]
    assert 150 < len(numbers) < 250
    assert {(text.get_ha(), text.get_va()) for text in numbers} == {("left", "bottom")}


def test_numbers_find_room():
    # Marks in a row that are near: no number lies on another.
    places = np.column_stack([np.full(6, 50.0), 2.0 * np.arange(6)])
    display = AlbumPathDisplay.from_predictions(
        None, places, extent=(-30, 40, 30, 70), ax=plt.figure().add_subplot()
    )
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.numbers_["answers"]]
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[at + 1 :])


def test_numbers_find_room_where_marks_crowd():
    # Eight marks in a ring around one, a few points apart on paper.
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = np.column_stack([48 + 5 * np.sin(turn), 9 + 8 * np.cos(turn)])
    display = AlbumPathDisplay.from_predictions(
        None,
        np.vstack([np.full((9, 2), [48.0, 9.0]), ring]),
        extent=(-90, 110, 0, 80),
        ax=plt.figure(figsize=(9, 5)).add_subplot(),
    )
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.numbers_["answers"]]
    assert len(boxes) == 9
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[at + 1 :])


def test_what_cannot_be_drawn():
    draw = AlbumPathDisplay.from_predictions
    with pytest.raises(ValueError, match="got 4 of a, 3 of b, 4 of y_true"):
        draw(TRUTH, {"a": ALONE, "b": ALONE[:3]})
    with pytest.raises(ValueError, match="y_pred is empty"):
        draw(TRUTH, {})
    with pytest.raises(ValueError, match=r"y_pred, after, row 1: latitude 151"):
        draw(None, {"after": [PARIS, SYDNEY[::-1]]})
    with pytest.raises(ValueError, match="times must have one entry for each of the 4"):
        draw(None, ALONE, times=_times(1, 2))
    with pytest.raises(ValueError, match="groups must have one entry for each of the"):
        draw(None, ALONE, groups=[1])
    with pytest.raises(TypeError, match=r"groups mixes values .*\(int, str\)"):
        draw(None, ALONE, groups=[7, "7", 7, 7])
    for part in ({"start": 0.5}, {"most": "all"}):
        with pytest.raises(ValueError, match="start and most are whole numbers"):
            draw(None, ALONE, **part)
    with pytest.raises(ValueError, match=r"four numbers.*got \(1, 2, 3\)"):
        draw(None, ALONE, extent=(1, 2, 3))


@pytest.mark.parametrize("names", ["ab", ("alone",), ("same", "same"), "abc"])
def test_two_models_need_two_names(names):
    model = DummyRegressor().fit(np.zeros((4, 1)), TRUTH)
    with pytest.raises(ValueError, match=r"two different texts.*got"):
        AlbumPathDisplay.from_estimators(model, model, np.zeros((4, 1)), names=names)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        AlbumPathDisplay.from_estimators(model, model, np.zeros((4, 1)), TRUTH[:2])
    for times in ([], _times(1, 2, 3), object()):
        with pytest.raises(
            ValueError, match="times must have one entry for each of th"
        ):
            AlbumPathDisplay.from_estimators(
                model, model, np.zeros((4, 1)), times=times
            )
    with pytest.raises(TypeError, match="X must hold one row a photo; got <"):
        AlbumPathDisplay.from_estimators(model, model, OnlyLong())


def test_plain_estimators():
    X = np.arange(4.0)[:, np.newaxis]
    north = DummyRegressor().fit(X, np.array([OSLO] * 4))
    south = DummyRegressor().fit(X, np.array([SYDNEY] * 4))
    display = AlbumPathDisplay.from_estimators(
        north, south, X, TRUTH, names=("up", "down")
    )
    assert_allclose(display.paths["up"], [OSLO] * 4)
    assert_allclose(display.paths["down"], [SYDNEY] * 4)
    assert_allclose(display.truth, TRUTH)
    # They are not told of times and users, which say who is shown, and in what order.
    display = AlbumPathDisplay.from_estimators(
        north, south, X, TRUTH, times=_times(4, 1, 2, 3), groups=[1, 1, 1, 2]
    )
    assert_allclose(display.truth, TRUTH[[1, 2, 0]])


@pytest.fixture(scope="module")
def two_sides():
    """A classifier that tells north from south, and photos with columns beside."""
    look = np.tile([-1.0, 1.0], 50)
    y = np.column_stack([40 * look, np.full(100, 10.0)])
    base = HierarchicalCellClassifier(
        S2Partition(60, 5), learning_rate_init=0.1, random_state=0
    )
    frame = pd.DataFrame({"look": look, "user": np.repeat(["x", "y"], 50)})
    frame["posted"] = pd.date_range("2020-01-01", periods=100, freq="h", tz="UTC")
    model = UserAveragingGeolocator(base, groups="user", times="posted")
    photos = pd.DataFrame(
        {
            # The second photo of a looks like the south, by itself; it was the last.
            "look": [1.0, -0.5, 1.0, -1.0],
            "user": ["a", "a", "a", "b"],
            "posted": pd.to_datetime(
                ["2020-05-01 10:00", "2020-05-01 12:00", "2020-05-01 11:00", None],
                utc=True,
            ),
        }
    )
    return model.fit(frame, y), frame, y, photos


NORTH, SOUTH = [40.0, 10.0], [-40.0, 10.0]


def test_estimators_by_columns(two_sides):
    model, _, _, photos = two_sides
    truth = [NORTH, NORTH, NORTH, SOUTH]
    display = AlbumPathDisplay.from_estimators(model.estimator_, model, photos, truth)
    assert display.user == "a"
    assert_allclose(display.paths["before"], [NORTH, NORTH, SOUTH], atol=1e-6)
    assert_allclose(display.paths["after"], [NORTH, NORTH, NORTH], atol=1e-6)
    assert_allclose(display.truth, [NORTH] * 3)
    assert str(display.times[-1]) == "2020-05-01T12:00:00"
    assert _texts(display, "before") == ["1-2", "3"]
    assert _texts(display, "after") == ["1-3"]
    lonely = AlbumPathDisplay.from_estimators(
        model.estimator_, model, photos, truth, group="b"
    )
    assert_allclose(lonely.paths["after"], [SOUTH], atol=1e-6)
    assert lonely.legend_.get_title().get_text() == (
        "user b: photo 1; 1 without a time"
    )


def test_estimators_by_arrays(two_sides):
    model, _, _, photos = two_sides
    # Arrays win over columns, and need none.
    alone = AlbumPathDisplay.from_estimators(
        model.estimator_, model, photos, groups=[5, 5, 7, 8]
    )
    assert alone.user == 5
    assert_allclose(alone.paths["before"], [NORTH, SOUTH], atol=1e-6)
    bare = UserAveragingGeolocator(model.estimator_, cv="prefit").fit(
        photos[["look"]], [NORTH] * 4, groups=[1, 1, 1, 1]
    )
    display = AlbumPathDisplay.from_estimators(
        model.estimator_,
        bare,
        photos[["look"]],
        times=photos["posted"],
        groups=photos["user"],
        group="a",
    )
    assert_allclose(display.paths["after"], [NORTH] * 3, atol=1e-6)
    assert_allclose(display.paths["before"], [NORTH, NORTH, SOUTH], atol=1e-6)


def test_estimators_that_read_other_columns(two_sides):
    model, frame, y, photos = two_sides
    # One was fitted without the times, and one inside another.
    short = clone(model).set_params(times=None).fit(frame[["look", "user"]], y)
    display = AlbumPathDisplay.from_estimators(short, model, photos)
    assert_allclose(display.paths["before"], [NORTH] * 3, atol=1e-6)
    window = UserAveragingGeolocator(
        clone(model.estimator), times="posted", groups="user", window_hours=0.5
    )
    outer = UserAveragingGeolocator(window, groups="user", times="posted").fit(frame, y)
    display = AlbumPathDisplay.from_estimators(outer.estimator_, outer, photos)
    assert_allclose(display.paths["before"], [NORTH, NORTH, SOUTH], atol=1e-6)
    assert_allclose(display.paths["after"], [NORTH] * 3, atol=1e-6)
    for missing in ("user", "posted"):
        with pytest.raises(ValueError, match=f"yet now missing:\n- {missing}"):
            AlbumPathDisplay.from_estimators(model, model, photos.drop(columns=missing))


def test_order_within_a_second():
    times = np.array(["2020-05-01T12:00:00.9", "2020-05-01T12:00:00.1"], "M8[ms]")
    moments = [datetime.datetime.fromisoformat(f"{one}+00:00") for one in times]
    for given in (times, pd.Series(times), moments):
        display = AlbumPathDisplay.from_predictions(None, [OSLO, PARIS], times=given)
        assert_allclose(display.paths["answers"], [PARIS, OSLO])
    plt.close("all")


def test_a_model_may_be_called_truth():
    display = AlbumPathDisplay.from_predictions(
        [OSLO, PARIS], {"truth": [OSLO, LYON], "other": [OSLO, PARIS]}
    )
    points = [
        (one["properties"], one["geometry"]["coordinates"][::-1])
        for one in display.to_geojson()["features"]
        if one["geometry"]["type"] == "Point"
    ]
    assert [where for _, where in points] == [OSLO, LYON, OSLO, PARIS, OSLO, PARIS]
    assert [one["role"] for one, _ in points] == ["truth"] * 2 + ["other"] * 2 + [
        "truth"
    ] * 2
    assert ["error_km" in one for one, _ in points] == [True] * 4 + [False] * 2
    with pytest.raises(ValueError, match="y_pred names '1' more than once"):
        AlbumPathDisplay.from_predictions(None, {1: [OSLO], "1": [PARIS]})
    plt.close("all")


def test_a_true_place_that_is_missing_is_one_of_y():
    X = np.arange(4.0)[:, np.newaxis]
    model = DummyRegressor().fit(X, np.array([OSLO] * 4))
    y = np.array([OSLO, PARIS, OSLO, [np.nan, np.nan]])
    draw = AlbumPathDisplay.from_estimators
    with pytest.raises(ValueError, match="y, row 3: it is not known where this photo"):
        draw(model, model, X, y, groups=["a", "a", "b", "b"], group="b")
    display = draw(model, model, X, y, groups=["a", "a", "b", "b"], group="a")
    assert_allclose(display.truth, [OSLO, PARIS])
    plt.close("all")
