# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""PostingTimeEncoder: hour, day of the week and month as columns."""

import datetime
import inspect
import math
import pickle
import unittest
import zoneinfo
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array, estimator_checks, estimator_html_repr
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_geo.encoding import PostingTimeEncoder, UnitVectorEncoder
from sklearn_geo.encoding._times import read_times
from tests.contract import ADDITIONAL_CHECKS, check_name

UTC = datetime.timezone.utc


def utc(*texts):
    return pd.DataFrame(
        {"taken": pd.to_datetime(list(texts), utc=True, format="ISO8601")}
    )


# ------------------------------------------------------------ scikit-learn's contract


class FoldedPostingTimeEncoder(PostingTimeEncoder):
    """The same, but any finite matrix is folded onto the calendar."""

    def _to_times(self, X):
        X = check_array(X, dtype=np.float64, estimator=self)
        seconds = np.round(X.sum(axis=1) * 86_400 * 7.3).astype(np.int64)
        return seconds.astype("datetime64[s]")


def checks_of(cls):
    yield from estimator_checks_generator(cls())
    for name in ADDITIONAL_CHECKS:
        yield cls(), partial(getattr(estimator_checks, name), cls.__name__)


def each_check(cls):
    return pytest.mark.parametrize(
        ("estimator", "check"),
        [pytest.param(*pair, id=check_name(pair[1])) for pair in checks_of(cls)],
    )


ignore_names = pytest.mark.filterwarnings(
    "ignore:X (does not have valid|has) feature names:UserWarning"
)


@ignore_names
@each_check(FoldedPostingTimeEncoder)
def test_folded_estimator_passes_every_check(estimator, check):
    check(estimator)


# scikit-learn feeds matrices of numbers, and numbers are no times.
REFUSALS = ("holds numbers, not times", "reads one column of times", "is no time")


@ignore_names
@each_check(PostingTimeEncoder)
def test_public_estimator_fails_checks_only_by_refusing_numbers(estimator, check):
    try:
        check(estimator)
    except unittest.SkipTest:
        raise
    except Exception as error:
        chain = []
        while error is not None:
            chain.append(str(error))
            error = error.__cause__ or error.__context__
        assert any(words in text for text in chain for words in REFUSALS), chain


def test_documented_and_linked():
    assert ".PostingTimeEncoder.html" in estimator_html_repr(PostingTimeEncoder())
    for parameter in PostingTimeEncoder().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(PostingTimeEncoder)


# ------------------------------------------------------------------------ its columns


def test_worked_by_hand():
    # 1 April 2018 was a Sunday (1), 7 April a Saturday (7).
    times = utc("2018-04-01 00:00", "2018-04-07 23:59:59", "2018-12-31 12:30")
    found = PostingTimeEncoder().fit_transform(times)
    by_hand = [
        [-11.5 / 24, -2.5 / 7, -2.5 / 12],
        [11.5 / 24, 3.5 / 7, -2.5 / 12],
        [0.5 / 24, -1.5 / 7, 5.5 / 12],  # a Monday (2)
    ]
    assert_allclose(found, by_hand, atol=1e-15)


def test_cyclic_worked_by_hand():
    # 6 o'clock is a quarter of the day, Sunday the start of the week, April a quarter
    # of the year.
    encoder = PostingTimeEncoder(cyclic=True)
    found = encoder.fit_transform(utc("2018-04-01 06:00", "2018-01-03 12:00"))
    assert_allclose(found[0], [1, 0, 0, 1, 1, 0], atol=1e-15)
    angle = 2 * math.pi * 3 / 7  # a Wednesday
    assert_allclose(
        found[1], [0, -1, math.sin(angle), math.cos(angle), 0, 1], atol=1e-15
    )
    assert list(encoder.get_feature_names_out()) == [
        "hour_sin",
        "hour_cos",
        "day_of_week_sin",
        "day_of_week_cos",
        "month_sin",
        "month_cos",
    ]


def test_cyclic_neighbours_are_near():
    encoder = PostingTimeEncoder(cyclic=True)
    a, b = encoder.fit_transform(utc("2018-12-29 23:00", "2019-01-06 00:00"))
    assert np.linalg.norm(a[:2] - b[:2]) == pytest.approx(2 * math.sin(math.pi / 24))
    assert np.linalg.norm(a[2:4] - b[2:4]) == pytest.approx(2 * math.sin(math.pi / 7))
    assert np.linalg.norm(a[4:] - b[4:]) == pytest.approx(2 * math.sin(math.pi / 12))


MOMENTS = st.datetimes(datetime.datetime(1901, 1, 1), datetime.datetime(2200, 1, 1))
ZONES = st.sampled_from(
    ["UTC", "Europe/Paris", "Asia/Kathmandu", "America/St_Johns", "+05:45", "-0930"]
)


def zone_of(name):
    if name[0] not in "+-":
        return zoneinfo.ZoneInfo(name)
    sign = -1 if name[0] == "-" else 1
    digits = name[1:].replace(":", "")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return datetime.timezone(sign * datetime.timedelta(minutes=minutes))


@settings(deadline=None, max_examples=100)
@given(st.lists(MOMENTS, min_size=1, max_size=5), ZONES)
def test_against_the_standard_library(moments, zone):
    expected = []
    for moment in moments:
        moment = moment.replace(tzinfo=zone_of(zone)).astimezone(UTC)
        day = moment.isoweekday() % 7 + 1  # Monday is 1 there
        expected.append(
            [(moment.hour - 11.5) / 24, (day - 3.5) / 7, (moment.month - 6.5) / 12]
        )
    naive = np.array(moments, dtype="datetime64[us]").reshape(-1, 1)
    for X in (
        naive,
        naive.astype(object),
        [[moment] for moment in moments],
        pl.DataFrame({"taken": moments}),
        pd.DataFrame({"taken": naive[:, 0]}),
    ):
        found = PostingTimeEncoder(time_zone=zone).fit_transform(X)
        assert_allclose(found, expected, atol=1e-15)
    aware = [[moment.replace(tzinfo=zone_of(zone))] for moment in moments]
    # What times tell themselves goes before the parameter.
    for time_zone in (None, "Asia/Tokyo"):
        encoder = PostingTimeEncoder(time_zone=time_zone)
        assert_allclose(encoder.fit_transform(aware), expected, atol=1e-15)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
def test_zones_of_frames_are_read(zone):
    clock = pd.Series(pd.date_range("2018-03-20", "2018-11-10", freq="7h", tz=zone))
    expected = np.column_stack(
        [
            (clock.dt.tz_convert("UTC").dt.hour - 11.5) / 24,
            ((clock.dt.tz_convert("UTC").dt.day_of_week + 1) % 7 + 1 - 3.5) / 7,
            (clock.dt.tz_convert("UTC").dt.month - 6.5) / 12,
        ]
    )
    polars = pl.Series("taken", clock.dt.tz_convert("UTC").dt.tz_localize(None))
    polars = polars.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    arrow = clock.astype("timestamp[us, tz=UTC][pyarrow]")
    for X in (clock, clock.to_frame("taken"), polars, polars.to_frame(), arrow):
        assert_allclose(PostingTimeEncoder().fit_transform(X), expected, atol=1e-15)


def test_hours_shown_twice_mean_the_first():
    # Paris, 28 October 2018: 02:30 was at 00:30 and at 01:30 UTC; on 25 March there
    # was no 02:30, and clocks that had not been changed showed it at 01:30 UTC.
    X = np.array([["2018-10-28T02:30"], ["2018-03-25T02:30"]], dtype="datetime64[m]")
    found = PostingTimeEncoder(time_zone="Europe/Paris").fit_transform(X)
    assert_allclose(found[:, 0] * 24 + 11.5, [0, 1])


@pytest.mark.parametrize(
    "X",
    [
        np.array([["2018-04-01T12:00"]], dtype="datetime64[s]"),
        pd.DataFrame({"taken": pd.to_datetime(["2018-04-01 12:00"])}),
        pl.DataFrame({"taken": [datetime.datetime(2018, 4, 1, 12)]}),
        [[datetime.datetime(2018, 4, 1, 12)]],
    ],
)
def test_times_without_a_zone_are_refused(X):
    words = r'row 0: .*tells no time zone.*time_zone="UTC".*"Europe/Paris"'
    with pytest.raises(ValueError, match=words):
        PostingTimeEncoder().fit(X)
    found = PostingTimeEncoder(time_zone="UTC").fit_transform(X)
    assert_allclose(found, [[0.5 / 24, -2.5 / 7, -2.5 / 12]])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "+25:00", "+02:75", "../UTC"])
def test_bad_zones(zone):
    with pytest.raises(ValueError, match=r"is no time zone.*Europe/Paris"):
        PostingTimeEncoder(time_zone=zone).fit(utc("2018-04-01"))


@pytest.mark.parametrize(
    "X",
    [
        utc("2018-04-01 12:00", None),
        pl.from_pandas(utc("2018-04-01 12:00", None)),
        [[datetime.datetime(2018, 4, 1, 12, tzinfo=UTC)], [None]],
        [[datetime.datetime(2018, 4, 1, 12, tzinfo=UTC)], [float("nan")]],
        [[pd.Timestamp("2018-04-01 12:00", tz="UTC")], [pd.NaT]],
    ],
)
def test_missing_times(X):
    with pytest.raises(ValueError, match=r"row 1: the time is missing \(1 of 2 are\)"):
        PostingTimeEncoder().fit(X)
    encoder = PostingTimeEncoder(handle_missing="nan")
    found = encoder.fit_transform(X)
    assert_allclose(found, [[0.5 / 24, -2.5 / 7, -2.5 / 12], [np.nan] * 3])
    found = encoder.set_params(handle_missing="zero", cyclic=True).transform(X)
    assert_array_equal(found[1], 0)


def test_missing_times_have_no_zone_to_tell():
    X = np.array([["NaT"], ["NaT"]], dtype="datetime64[s]")
    found = PostingTimeEncoder(handle_missing="zero").fit_transform(X)
    assert_array_equal(found, np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.array([[1.5e9]]), 'holds numbers, not times.*unit="s"'),
        (np.array([["2018-04-01"]]), "holds text, not times"),
        ([["2018-04-01"]], "row 0: '2018-04-01' is no time"),
        (pd.DataFrame({"taken": ["2018-04-01"]}), "(text|is no time)"),
        (pd.DataFrame({"taken": [3]}), "holds numbers"),
        (pl.DataFrame({"taken": ["2018"]}), "(text|is no time)"),
    ],
)
def test_what_is_no_time(X, words):
    with pytest.raises(TypeError, match=words):
        PostingTimeEncoder(time_zone="UTC").fit(X)


class Day(datetime.date):
    """A date of a library of its own."""


DAY = datetime.date(2018, 4, 1)


@pytest.mark.parametrize(
    "X",
    [
        [[DAY], [None]],
        [[Day(2018, 4, 1)], [None]],
        np.array([[DAY], [None]], dtype=object),
        pd.DataFrame({"taken": [DAY, None]}, dtype=object),
        pl.DataFrame({"taken": [DAY, None]}),
        np.array([["2018-04-01"], ["NaT"]], dtype="datetime64[D]"),
    ],
)
def test_dates_mean_their_midnight(X):
    encoder = PostingTimeEncoder(handle_missing="nan", time_zone="+03:00")
    found = encoder.fit_transform(X)
    # 21 o'clock of Saturday, the last of March, in UTC
    assert_allclose(found[0] * [24, 7, 12] + [11.5, 3.5, 6.5], [21, 7, 3])
    assert np.isnan(found[1]).all()
    with pytest.raises(ValueError, match=r"row 0: 2018-04-01.* tells no time zone"):
        encoder.set_params(time_zone=None).transform(X)


def test_masked_times_are_not_uncovered():
    days = np.array([["2018-04-01"], ["2018-04-02"]], dtype="datetime64[D]")
    masked = np.ma.array(days, mask=[[False], [True]])
    for handle_missing in ("error", "zero"):
        encoder = PostingTimeEncoder(time_zone="UTC", handle_missing=handle_missing)
        encoder.fit(days)
        for ask in (encoder.fit, encoder.transform):
            with pytest.raises(ValueError, match="X, row 1: the value is masked"):
                ask(masked)
    assert encoder.transform(np.ma.array(days)).shape == (2, 3)
    with pytest.raises(ValueError, match="times, row 1: the value is masked"):
        read_times(masked[:, 0], None, "times")


def test_shapes():
    two = utc("2018-04-01").assign(more=pd.Timestamp("2018-04-01", tz="UTC"))
    with pytest.raises(ValueError, match=r"one column of times.*2 feature.*'more'"):
        PostingTimeEncoder().fit(two)
    with pytest.raises(ValueError, match="Reshape your data"):
        PostingTimeEncoder(time_zone="UTC").fit(np.array(["2018"], "datetime64[s]"))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        PostingTimeEncoder().fit(utc())


@pytest.mark.parametrize(
    "parameters",
    [{"cyclic": 2}, {"handle_missing": "drop"}, {"time_zone": 2}, {"dtype": int}],
)
def test_bad_parameters(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        PostingTimeEncoder(**parameters).fit(utc("2018-04-01"))


def test_names_dtype_pickle_and_not_fitted():
    times = utc("2018-04-01 12:00")
    with pytest.raises(NotFittedError):
        PostingTimeEncoder().transform(times)
    encoder = PostingTimeEncoder(dtype=np.float32).fit(times)
    assert list(encoder.feature_names_in_) == ["taken"]
    found = pickle.loads(pickle.dumps(encoder)).transform(times)
    assert found.dtype == np.float32
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(times.rename(columns={"taken": "sent"}))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_beside_places(library):
    frame = utc("2018-04-01 12:00", "2018-04-02 12:00").assign(lat=1.0, lon=2.0)
    frame = frame if library == "pandas" else pl.from_pandas(frame)
    union = make_column_transformer(
        (UnitVectorEncoder(), ["lat", "lon"]),
        (PostingTimeEncoder(), ["taken"]),
        verbose_feature_names_out=False,
    ).set_output(transform=library)
    out = union.fit_transform(frame)
    assert list(out.columns) == ["x", "y", "z", "hour", "day_of_week", "month"]


def test_times_that_utc_does_not_have_are_refused():
    ahead = datetime.timezone(datetime.timedelta(hours=14))
    first = datetime.datetime(1, 1, 1, tzinfo=ahead)
    column = np.array([first], dtype=object)
    with pytest.raises(ValueError, match=r"X, row 0: 0001-01-01 .* before the year 1"):
        read_times(column, None)
    far = np.array(["20000-01-01"], dtype="M8[s]")
    zone = zoneinfo.ZoneInfo("Europe/Paris")
    with pytest.raises(ValueError, match="after the year 9999 there are no clocks"):
        read_times(far, zone)
