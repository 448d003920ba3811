# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import datetime

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.inspection import LongitudeHourDisplay


def _at(*hours):
    """Return moments at hours of days in May 2020, a day later each."""
    first = np.datetime64("2020-05-01T00:00", "s")
    return np.array(
        [
            first + np.timedelta64(day, "D") + np.timedelta64(int(3600 * hour), "s")
            for day, hour in enumerate(hours)
        ]
    )


def _places(*longitudes):
    return np.column_stack([np.zeros(len(longitudes)), longitudes])


def _draw(longitudes, hours, **kwargs):
    kwargs.setdefault("time_zone", "UTC")
    return LongitudeHourDisplay.from_places(_places(*longitudes), _at(*hours), **kwargs)


def _of_box(artists):
    """Return the edges of a box and its median, read off the picture."""
    edges = artists["boxes"][0].get_path().vertices[:, 1]
    return edges.min(), artists["medians"][0].get_ydata()[0], edges.max()


def test_boxes_by_hand():
    # Ten to fifty, and one far off: quartiles 22.5, 35 and 47.5, whiskers reach 37.5.
    display = _draw([10, 20, 30, 40, 50, 150], [7.0, 7.2, 7.4, 7.6, 7.8, 7.99])
    boxes = display.boxes
    assert boxes.n_photos.tolist() == [0] * 7 + [6] + [0] * 16
    at_seven = [boxes[key][7].round(9) for key in ("low", "q1", "median", "q3", "high")]
    assert at_seven == [10.0, 22.5, 35.0, 47.5, 50.0]
    assert np.isnan(boxes.median[[6, 8]]).all()
    (artists,) = display.boxes_
    assert_allclose(_of_box(artists), [22.5, 35.0, 47.5])
    # In the middle of the hour, and the photo beyond the whiskers is a point.
    assert artists["medians"][0].get_xdata().mean() == pytest.approx(7.5)
    assert display.points_.get_ydata() == pytest.approx([150.0])
    assert [text.get_text() for text in display.counts_] == list("0000000600") + [
        "0"
    ] * 14
    assert display.ax_.get_title() == "6 photos"
    assert display.ax_.get_xlabel() == "hour of posting (UTC)"
    frame = display.to_frame()
    assert frame["hour"].tolist() == list(range(24))
    assert frame["q3"][7] == pytest.approx(47.5)
    assert frame["median"].notna().sum() == 1


def test_circle_is_cut_opposite_the_photos():
    # Around the antimeridian: 170, 174, 178 east and 178, 174 west of Greenwich.
    longitudes, hours = [170.0, 174.0, 178.0, -178.0, -174.0], [0.5] * 5
    display = _draw(longitudes, hours)
    boxes = display.boxes
    assert abs(boxes["mean"][0]) == pytest.approx(178.0)
    frame = display.to_frame()
    row = frame.loc[0, ["low", "q1", "median", "q3", "high"]].tolist()
    assert_allclose(row, [170.0, 174.0, 178.0, -178.0, -174.0])
    # It is drawn at both ends of the axis, a turn apart.
    assert len(display.boxes_) == 2
    low, high = (_of_box(artists) for artists in display.boxes_)
    assert_allclose(np.subtract(high, low), 360.0)
    assert_allclose(high, [174.0, 178.0, 182.0])
    # As in the paper: the median is where nobody is near the middle of the box.
    paper = _draw(longitudes, hours, center=0)
    assert_allclose(_of_box(paper.boxes_[0]), [-174.0, 170.0, 174.0])
    assert len(paper.boxes_) == 1
    # Around another longitude the axis moves along, and so do the ticks.
    pacific = _draw(longitudes, hours, center=180)
    assert pacific.ax_.get_ylim() == (0.0, 360.0)
    labels = [text.get_text() for text in pacific.ax_.get_yticklabels()]
    assert labels == ["0°", "60°E", "120°E", "180°", "120°W", "60°W", "0°"]
    assert_allclose(_of_box(pacific.boxes_[0]), [174.0, 178.0, 182.0])


def test_concentration():
    boxes = _draw([0, 90, 180, -90, 60, 60, 120], [1, 1, 1, 1, 2, 2, 3]).boxes
    assert boxes.concentration[1] == pytest.approx(0.0, abs=1e-12)
    assert_allclose(boxes.concentration[2:4], 1.0)
    assert_allclose(boxes["mean"][2:4], [60.0, 120.0])
    assert np.isnan(boxes.concentration[0])


def test_one_photo_of_each_user():
    # One user posts ten photos at six from Tokyo, five others one each from Berlin.
    longitudes = [140.0] * 10 + [13.0] * 5
    users = ["tokyo"] * 10 + list("abcde")
    display = _draw(longitudes, [6] * 15, groups=users)
    assert display.boxes.n_photos[6] == 6
    assert display.boxes.median[6] == pytest.approx(13.0)
    assert display.n_users == 6
    assert display.ax_.get_title() == "6 photos, one of each user"
    # All photos, but a user is a user: the median is the same, and no photo is lost.
    weighed = _draw(longitudes, [6] * 15, groups=users, per_user="weight")
    assert weighed.boxes.n_photos[6] == 15
    assert weighed.boxes.median[6] == pytest.approx(13.0)
    title = weighed.ax_.get_title()
    assert title == "15 photos of 6 users, who all weigh the same"
    everybody = _draw(longitudes, [6] * 15)
    assert everybody.boxes.median[6] == pytest.approx(140.0)


def test_which_photo_of_a_user_is_chance_with_a_seed():
    longitudes = np.arange(40.0)
    users = np.repeat([0, 1], 20)

    def chosen(seed):
        display = _draw(longitudes, [3] * 40, groups=users, random_state=seed)
        plt.close(display.figure_)
        return sorted(display.boxes.longitudes[3].round(9).tolist())

    assert chosen(0) == chosen(0)
    picks = [chosen(seed) for seed in range(20)]
    assert all(one < 20 <= other for one, other in picks)
    assert len({one for one, _ in picks}) > 6


def test_weighted_quantiles():
    # Equal weights: those of numpy, by another road.
    rng = np.random.default_rng(0)
    longitudes = rng.uniform(-60, 60, 31)
    users = np.arange(31)
    display = _draw(longitudes, [5] * 31, groups=users, per_user="weight", center=0)
    expected = np.quantile(longitudes, [0.25, 0.5, 0.75])
    found = [display.boxes[key][5] for key in ("q1", "median", "q3")]
    assert_allclose(found, expected)


def test_photos_without_a_time():
    places = _places(1.0, 2.0, 3.0)
    posted = _at(0, 1, 2)
    posted[1] = np.datetime64("NaT", "s")
    display = LongitudeHourDisplay.from_places(places, posted, time_zone="UTC")
    assert display.n_missing == 1
    assert display.boxes.n_photos[:3].tolist() == [1, 0, 1]
    assert display.ax_.get_title() == "2 photos; 1 without a time"
    # Hours of one photo have no box, but the photo.
    assert display.boxes_ == []
    assert_allclose(display.points_.get_data(), [[0.5, 2.5], [1.0, 3.0]])
    # The user without a time is no user.
    display = LongitudeHourDisplay.from_places(
        places, posted, groups=[1, 2, 3], time_zone="UTC"
    )
    assert display.n_users == 2
    with pytest.raises(ValueError, match="None of the 3 photos has a time"):
        LongitudeHourDisplay.from_places(places, [None] * 3)


def test_times_of_all_kinds():
    places = _places(10.0, 20.0)
    aware = pd.to_datetime(["2020-05-01 23:30+02:00", "2020-05-01 00:30+02:00"])
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for times in (
        aware,
        pd.Series(aware),
        [datetime.datetime(2020, 5, 1, 23, 30, tzinfo=zone), None],
    ):
        display = LongitudeHourDisplay.from_places(places, times)
        assert display.boxes.n_photos[21] == 1
    paris = LongitudeHourDisplay.from_places(
        places, _at(0.5, 1.5), time_zone="Europe/Paris"
    )
    assert_array_equal(np.flatnonzero(paris.boxes.n_photos), [22, 23])
    # Before 1970 hours go the same way.
    old = np.array(["1960-01-01T05:10"] * 2, dtype="datetime64[s]")
    display = LongitudeHourDisplay.from_places(places, old, time_zone="UTC")
    assert display.boxes.n_photos[5] == 2


def test_noon_moves_west():
    display = _draw([0.0], [12])
    (noon,) = display.noon_
    assert_allclose(noon.get_data(), [[0.0, 24.0], [180.0, -180.0]])
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["noon", "night at the equinox"]
    # At midnight of Greenwich it is night from 90 west to 90 east.
    night = [
        path
        for band in display.ax_.collections
        for path in band.get_paths()
        if path.contains_point((0.1, 0.0))
    ]
    assert len(night) == 1
    assert not any(
        path.contains_point((12.0, 0.0))
        for band in display.ax_.collections
        for path in band.get_paths()
    )
    plain = display.plot(sun=False, counts=False)
    assert plain.noon_ == plain.counts_ == []
    assert not plain.ax_.collections


def test_own_axes():
    ax = plt.figure().add_subplot()
    display = _draw([0.0, 3.0], [1, 1], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_many_photos_have_short_numbers():
    display = _draw([0.0] * 1234, [0.5] * 1234)
    assert display.counts_[0].get_text() == "1.2k"
    assert display.ax_.get_title() == "1,234 photos"


def test_what_cannot_be_drawn():
    places, posted = _places(1.0, 2.0), _at(1, 2)
    draw = LongitudeHourDisplay.from_places
    with pytest.raises(ValueError, match=r"times, row 0: .* tells no time zone"):
        draw(places, posted)
    with pytest.raises(TypeError, match=r"'2020-05-01 12:00' is no time.*to_datetime"):
        draw(places, ["2020-05-01 12:00", "2020-05-01 13:00"])
    with pytest.raises(ValueError, match="one entry for each of the 2 photos"):
        draw(places, posted[:1], time_zone="UTC")
    hours = pytest.importorskip("dask.dataframe").from_pandas(
        pd.DataFrame({"posted": pd.to_datetime(["2020-05-01", "2020-05-02"])}),
        npartitions=1,
    )
    with pytest.raises(ValueError, match=r"2 photos; got the shape \(2, 1\)"):
        draw(places, hours, time_zone="UTC")
    drawn = draw(places, hours["posted"], time_zone="UTC")
    assert drawn.ax_.get_title() == "2 photos"
    with pytest.raises(ValueError, match="groups must have one entry for each of"):
        draw(places, posted, groups=["a"], time_zone="UTC")
    with pytest.raises(ValueError, match="groups, row 1: it is missing whose photo"):
        draw(places, posted, groups=["a", None], time_zone="UTC")
    with pytest.raises(TypeError, match=r"groups mixes values .*\(int, str\)"):
        draw(places, posted, groups=[7, "7"], time_zone="UTC")
    with pytest.raises(ValueError, match="per_user must be one of 'one', 'weight'"):
        draw(places, posted, groups=["a", "b"], per_user="all", time_zone="UTC")
    for center in ("mean", 500, np.nan):
        with pytest.raises(ValueError, match='center must be "hour", or a longitude'):
            draw(places, posted, center=center, time_zone="UTC")
    with pytest.raises(ValueError, match="latitude"):
        draw([[1.0, 2.0], [95.0, 120.0]], posted, time_zone="UTC")


def test_whiskers_end_outside_of_boxes():
    # A quarter of the way from 0 to 100, and half as much again is short of 100.
    keys = ("low", "q1", "median", "q3", "high")
    for side, expected in ((1, [0, 0, 0, 25, 25]), (-1, [-25, -25, 0, 0, 0])):
        display = _draw([0.0] * 6 + [100.0 * side] * 2, [3] * 8, center=0)
        assert [display.boxes[key][3] for key in keys] == pytest.approx(expected)
        (artists,) = display.boxes_
        for whisker in artists["whiskers"]:
            assert np.ptp(whisker.get_ydata()) == 0.0
        # What the box was drawn of is no point of its own; what is far off is.
        assert display.points_.get_ydata() == pytest.approx([100.0 * side] * 2)


def test_longitudes_are_wrapped_exactly():
    east = np.nextafter(170.0, 180.0)
    display = _draw([east] * 5, [3] * 5, center=-20)
    assert (display.to_frame().loc[3, ["q1", "low", "high"]] == east).all()
    # 179.99999999999997 written around -20 is less than a rounding from -180.
    edge = np.nextafter(180.0, 0.0)
    assert _draw([edge] * 5, [3] * 5, center=-20).to_frame()["median"][3] == edge
