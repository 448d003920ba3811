# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns that are no features, from every kind of table."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_geo.geolocation._photo_columns import (
    Given,
    Moments,
    Photos,
    check_is_table,
    check_times,
    read_photos,
    take_column,
)

UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=2))
# Three photos: 12:00 and 14:00 of one user, and 13:00 of another.
AWARE = pd.to_datetime(
    ["2020-05-01 12:00", "2020-05-01 13:00", "2020-05-01 14:00"], utc=True
)
SECONDS = np.array(
    ["2020-05-01T12:00:00", "2020-05-01T13:00:00", "2020-05-01T14:00:00"],
    dtype="datetime64[s]",
)
FRAME = pd.DataFrame(
    {
        "a": [1.0, 2.0, 3.0],
        "taken": AWARE,
        "user": ["eva", "adam", "eva"],
        "b": [4.0, 5.0, 6.0],
        "outdoor": [0.5, 0.25, 1.0],
    }
)


def test_columns_of_pandas_and_polars_by_name_and_position():
    polars = pl.DataFrame(
        {name: FRAME[name].to_list() for name in FRAME.columns if name != "taken"}
    ).insert_column(
        1,
        pl.Series("taken", SECONDS.astype("datetime64[us]")).dt.replace_time_zone(
            "UTC"
        ),
    )
    for table in (FRAME, polars, FRAME.set_index(np.array([7, 7, 7]))):
        for times, groups, metadata in (
            ("taken", "user", ("outdoor",)),
            (1, 2, (4,)),
            (-4, -3, [-1]),
        ):
            photos = read_photos(
                Given(table), times=times, groups=groups, metadata=metadata
            )
            assert list(photos.X.columns) == ["a", "b"]
            np.testing.assert_array_equal(photos.X, [[1, 4], [2, 5], [3, 6]])
            np.testing.assert_array_equal(photos.times, SECONDS)
            np.testing.assert_array_equal(photos.groups, [1, 0, 1])
            assert photos.metadata.dtype == np.float64
            np.testing.assert_array_equal(photos.metadata, [[0.5], [0.25], [1.0]])
            assert photos.taken == (1, 2, 4)


def test_tables_of_objects_and_lists_become_numbers():
    rows = [
        [1, datetime.datetime(2020, 5, 1, 12, tzinfo=UTC), "eva", 4.0],
        [2, datetime.datetime(2020, 5, 1, 15, tzinfo=EAST), "adam", 5.0],
        [3, datetime.datetime(2020, 5, 1, 14, tzinfo=UTC), "eva", 6.0],
    ]
    for table in (rows, np.array(rows, dtype=object), tuple(rows)):
        photos = read_photos(Given(table), times=1, groups=2)
        assert photos.X.dtype == np.float64
        np.testing.assert_array_equal(photos.X, [[1, 4], [2, 5], [3, 6]])
        np.testing.assert_array_equal(photos.times, SECONDS)
        np.testing.assert_array_equal(photos.groups, [1, 0, 1])
    # What is no number stays for the wrapped estimator, whatever it makes of it.
    texts = np.array([["a", "x", 1], ["b", "y", 2]], dtype=object)
    photos = read_photos(Given(texts), groups=2)
    np.testing.assert_array_equal(photos.X, texts[:, :2])


@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array]
)
def test_sparse_tables(kind):
    table = kind(np.array([[0.0, 7, 1, 0.5], [2, 3, 0, 0], [0, 7, 0, 0.25]]))
    photos = read_photos(Given(table), groups=1, metadata=[-1])
    assert sparse.issparse(photos.X)
    np.testing.assert_array_equal(photos.X.toarray(), [[0, 1], [2, 0], [0, 0]])
    np.testing.assert_array_equal(photos.groups, [1, 0, 1])
    np.testing.assert_array_equal(photos.metadata[:, 0], [0.5, 0.0, 0.25])
    # Rows can be chosen of any format, also where no column is asked for.
    some = read_photos(Given(table), groups=None)[np.array([2, 0])]
    np.testing.assert_array_equal(some.X.toarray()[0], [0, 7, 0, 0.25])


def test_texts_take_arrays_alone():
    words = ["a tower", "a beach", "a beach"]
    photos = read_photos(Given(words, groups=["x", "y", "y"]))
    assert photos.X is words
    np.testing.assert_array_equal(photos.groups, [0, 1, 1])
    assert len(photos) == 3
    assert photos[np.array([1, 2])].X == ["a beach", "a beach"]
    with pytest.raises(ValueError, match="groups='user', but X is no table of columns"):
        read_photos(Given(words), groups="user")


def test_arrays_win_over_columns_which_are_no_features_either():
    other = SECONDS + np.timedelta64(30, "D")
    photos = read_photos(
        Given(FRAME, times=Moments(other), groups=[5, 5, 6]),
        times="taken",
        groups="user",
    )
    assert list(photos.X.columns) == ["a", "b", "outdoor"]
    np.testing.assert_array_equal(photos.times, other)
    np.testing.assert_array_equal(photos.groups, [0, 0, 1])
    # Then they need not be there.
    photos = read_photos(
        Given(FRAME[["a"]], times=Moments(other), groups=[5, 5, 6]),
        times="taken",
        groups=9,
    )
    assert list(photos.X.columns) == ["a"]
    assert photos.taken == ()


def test_what_can_become_an_array():
    class Table:
        def __array__(self, dtype=None, copy=None):
            return np.array([[1.0, 7.0], [2.0, 3.0]])

        def __len__(self):
            return 2

    photos = read_photos(Given(Table()), groups=1)
    np.testing.assert_array_equal(photos.X, [[1.0], [2.0]])
    np.testing.assert_array_equal(photos.groups, [1, 0])


def test_nothing_asked_for_is_nothing_read():
    photos = read_photos(Given(FRAME))
    assert photos.X is FRAME
    assert photos.times is photos.groups is photos.metadata is None
    assert photos.given().times is None


@pytest.mark.parametrize(
    "times",
    [
        AWARE,
        pd.Series(AWARE),
        pd.Series(AWARE).astype(object),
        AWARE.tz_convert("Asia/Tokyo"),
        pl.Series(SECONDS.astype("datetime64[us]")).dt.replace_time_zone("UTC"),
        [datetime.datetime(2020, 5, 1, hour, tzinfo=UTC) for hour in (12, 13, 14)],
        [datetime.datetime(2020, 5, 1, hour, tzinfo=EAST) for hour in (14, 15, 16)],
        Moments(SECONDS),
    ],
    ids=lambda times: type(times).__name__,
)
def test_times_that_know_their_zone(times):
    photos = read_photos(Given(FRAME[["a"]], times=times))
    np.testing.assert_array_equal(photos.times, SECONDS)
    whole = isinstance(times, Moments)
    assert photos.times.dtype == ("datetime64[s]" if whole else "datetime64[us]")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_fractions_of_a_second_are_kept(unit, zone):
    fractions = np.array([0, 1, 999]).astype("timedelta64[ms]")
    times = (SECONDS + fractions).astype(f"datetime64[{unit}]")
    photos = read_photos(Given(FRAME[["a"]], times=times), time_zone=zone)
    behind = np.timedelta64(9 if zone == "Asia/Tokyo" else 0, "h")
    np.testing.assert_array_equal(photos.times, SECONDS + fractions - behind)


def test_times_reach_as_far_as_they_did():
    for far in ("9999-12-31T23:59:59", "-20000-01-01T00:00:00", "500000-01-01T00:00"):
        times = np.full(3, far, dtype="datetime64[s]")
        photos = read_photos(Given(FRAME[["a"]], times=times), time_zone="UTC")
        np.testing.assert_array_equal(photos.times, times)


def test_what_is_no_column_of_times():
    with pytest.raises(TypeError, match="times is a coo_array, which is no column"):
        read_photos(Given(FRAME[["a"]], times=sparse.coo_array(np.ones(3))))


def test_times_that_know_no_zone():
    naive = SECONDS.astype("datetime64[ns]")
    with pytest.raises(ValueError, match=r"times, row 0: 2020-05-01T12.* no time zone"):
        read_photos(Given(FRAME[["a"]], times=naive))
    paris = read_photos(Given(FRAME[["a"]], times=naive), time_zone="Europe/Paris")
    np.testing.assert_array_equal(paris.times, SECONDS - np.timedelta64(2, "h"))
    # Where only the order counts, any clock will do: if all are alike.
    order = read_photos(Given(FRAME[["a"]], times=naive), clocks=False)
    np.testing.assert_array_equal(order.times, SECONDS)
    mixed = [
        datetime.datetime(2020, 5, 1, 12, tzinfo=UTC),
        datetime.datetime(2020, 5, 1, 13),
        None,
    ]
    for clocks in (True, False):
        with pytest.raises(ValueError, match=r"times, row 1: 2020-05-01 13.* no time"):
            read_photos(Given(FRAME[["a"]], times=mixed), clocks=clocks)
    photos = read_photos(Given(FRAME[["a"]], times=mixed), time_zone="+01:00")
    expected = np.array([SECONDS[0], SECONDS[0], np.datetime64("NaT", "s")])
    np.testing.assert_array_equal(photos.times, expected)


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NaT, np.datetime64("NaT", "s")])
def test_missing_times_are_no_error_here(nothing):
    times = np.array([AWARE[0].to_pydatetime(), nothing, nothing], dtype=object)
    photos = read_photos(Given(FRAME[["a"]], times=times))
    np.testing.assert_array_equal(np.isnat(photos.times), [False, True, True])
    frame = FRAME.assign(taken=AWARE.where([True, False, False]))
    photos = read_photos(Given(frame), times="taken")
    np.testing.assert_array_equal(np.isnat(photos.times), [False, True, True])


@pytest.mark.parametrize(
    "groups",
    [
        ["b", "a", "b"],
        (7, 3, 7),
        np.array([7, 3, 7]),
        np.array([0.5, 0.25, 0.5]),
        np.array(["b", "a", "b"]),
        np.array([b"b", b"a", b"b"]),
        pd.Series(["b", "a", "b"], index=[5, 5, 5]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series([7, 3, 7], dtype="Int64"),
        pl.Series(["b", "a", "b"]),
        np.array([SECONDS[1], SECONDS[0], SECONDS[1]]),
        [True, False, True],
        [np.int64(7), 3, 7.0],  # 7 and 7.0 are the same number
        [np.str_("b"), "a", "b"],
    ],
    ids=lambda groups: f"{type(groups).__name__}-{getattr(groups, 'dtype', '')}",
)
def test_groups_of_every_kind(groups):
    photos = read_photos(Given(FRAME[["a"]], groups=groups))
    np.testing.assert_array_equal(photos.groups, [1, 0, 1])


@pytest.mark.parametrize(
    "groups",
    [
        ["a", None, "b"],
        ["a", np.nan, "b"],
        ["a", pd.NA, "b"],
        [1.0, np.nan, 2.0],
        np.array([1.0, np.nan, 2.0]),
        pd.Series(["a", None, "b"], dtype="string"),
        pd.Series([1, None, 2], dtype="Int64"),
        pl.Series(["a", None, "b"]),
        np.array([SECONDS[0], np.datetime64("NaT", "s"), SECONDS[1]]),
    ],
    ids=lambda groups: f"{type(groups).__name__}-{getattr(groups, 'dtype', '')}",
)
def test_groups_that_are_missing(groups):
    with pytest.raises(ValueError, match=r"groups, row 1: it is missing.*\(1 of 3 are"):
        read_photos(Given(FRAME[["a"]], groups=groups))


@pytest.mark.parametrize(
    ("given", "asked", "words"),
    [
        (
            (FRAME,),
            {"times": "posted"},
            "times='posted': there is no such col",
        ),
        ((FRAME,), {"groups": 5}, "groups=5: there is no such column"),
        ((FRAME,), {"groups": -6}, "groups=-6: there is no such column"),
        ((FRAME,), {"times": "taken", "groups": 1}, "groups=1: .*used twice"),
        ((FRAME,), {"metadata": ["a", "a"]}, "metadata='a': .*used twice"),
        (
            (FRAME[["a"]].to_numpy(),),
            {"groups": "user"},
            "columns of X have no names",
        ),
        ((FRAME,), {"metadata": ["user"]}, "'user' holds something else than numbers"),
        (
            (FRAME.assign(outdoor=[0.5, np.nan, 1.0]),),
            {"metadata": ["outdoor"]},
            "metadata, row 1: the column 'outdoor' is nan. Fill in",
        ),
        ((FRAME, None, [1, 2]), {}, "groups has 2 entries, but X has 3 rows"),
        ((FRAME, AWARE[:2]), {}, "times has 2 entries, but X has 3 rows"),
        ((FRAME, None, np.ones((3, 2))), {}, r"groups has the shape \(3, 2\)"),
        ((FRAME, None, FRAME[["user"]]), {}, r"groups has the shape \(3, 1\)"),
        ((FRAME, None, "user"), {}, "groups='user' is one text: pass an array"),
        ((FRAME, "taken"), {}, "times='taken' is one text: pass an array"),
        (
            (FRAME, None, [7, "7", 7]),
            {},
            "several types, int and str: is 7 the",
        ),
        ((FRAME, ["2020-05-01"] * 3), {}, "times, row 0: '2020-05-01' is no time"),
        ((FRAME, [1588334400] * 3), {}, "times, row 0: 1588334400 is no time"),
        ((FRAME, np.arange(3)), {}, "times holds numbers, not times"),
        ((FRAME, SECONDS), {"time_zone": "Paris"}, "time_zone='Paris' is no time zone"),
    ],
)
def test_refuses(given, asked, words):
    with pytest.raises((ValueError, TypeError), match=words):
        read_photos(Given(*given), **asked)


def test_some_of_the_photos():
    photos = read_photos(
        Given(FRAME), times="taken", groups="user", metadata=["outdoor"]
    )
    some = photos[np.array([2, 1])]
    assert isinstance(some, Photos)
    assert some.shape == (2,)
    np.testing.assert_array_equal(some.X, [[3, 6], [2, 5]])
    np.testing.assert_array_equal(some.times, SECONDS[[2, 1]])
    np.testing.assert_array_equal(some.groups, [1, 0])
    np.testing.assert_array_equal(some.metadata, [[1.0], [0.25]])
    given = Given(FRAME, list(AWARE), ["x", "y", "z"])[np.array([2, 0])]
    assert given.groups == ["z", "x"]
    assert given.shape == (2,)
    assert given.given() is given
    assert Given(given).times == [AWARE[2], AWARE[0]]


def test_a_wrapper_inside_a_wrapper_finds_its_columns():
    outer = read_photos(Given(FRAME), times="taken", groups=2)
    assert outer.taken == (1, 2)
    # Positions are those of the table that was passed, whatever was taken out since.
    inner = read_photos(outer.given(), times=1, groups=-3, metadata=[4])
    assert list(inner.X.columns) == ["a", "b"]
    np.testing.assert_array_equal(inner.times, SECONDS)
    np.testing.assert_array_equal(inner.groups, [1, 0, 1])
    np.testing.assert_array_equal(inner.metadata[:, 0], [0.5, 0.25, 1.0])
    assert inner.taken == (1, 2, 4)
    by_name = read_photos(outer.given(), times="taken", metadata=["outdoor", "b"])
    np.testing.assert_array_equal(by_name.metadata, [[0.5, 4], [0.25, 5], [1, 6]])
    assert by_name.taken == (1, 2, 3, 4)
    innermost = read_photos(inner.given(), metadata=[-2])
    np.testing.assert_array_equal(innermost.metadata[:, 0], [4, 5, 6])
    assert list(innermost.X.columns) == ["a"]
    with pytest.raises(ValueError, match="metadata=1: there is no such column"):
        read_photos(outer.given(), metadata=[1])


def test_one_column():
    for table in (FRAME, pl.DataFrame(FRAME[["a", "b", "outdoor"]])):
        values, rest = take_column(table, "outdoor", "criterion")
        np.testing.assert_array_equal(values, [0.5, 0.25, 1.0])
        assert "outdoor" not in rest.columns
        assert rest.shape == (3, table.shape[1] - 1)
    values, rest = take_column([["x", 1], ["y", 2]], 0, "criterion")
    assert list(values) == ["x", "y"]
    np.testing.assert_array_equal(rest, [[1.0], [2.0]])
    values, rest = take_column(sparse.coo_array(np.eye(3)), -1, "criterion")
    np.testing.assert_array_equal(values, [0, 0, 1])
    assert rest.shape == (3, 2)
    with pytest.raises(ValueError, match="criterion='x': there is no such column"):
        take_column(FRAME, "x", "criterion")


def test_a_single_row_needs_its_brackets():
    class Fitted:
        n_features_in_ = 3

    with pytest.raises(ValueError, match=r"Reshape your data.*3 columns.*\(1, -1\)"):
        check_is_table(Fitted(), np.zeros(3))
    check_is_table(Fitted(), np.zeros((1, 3)))
    check_is_table(object(), np.array(["a text", "another"]))


def test_columns_are_named_few_of_many():
    X = pd.DataFrame(np.zeros((2, 40)), columns=[f"look_{k}" for k in range(40)])
    with pytest.raises(ValueError, match=r"X has 40 columns: look_0, .*, look_39\.$"):
        read_photos(Given(X), groups="user")
    with pytest.raises(ValueError, match=r"X has 2 columns: a, b\.$"):
        read_photos(Given(pd.DataFrame({"a": [1], "b": [2]})), groups="user")


def test_photos_without_a_time_are_told_with_what_can_be_done():
    times = np.array(["2020-01-02", "NaT", "2020-01-01", "NaT"], dtype="datetime64[s]")
    words = r"times, row 1: .*\(2 of 4 are\).*, or set the clock, as others do\."
    with pytest.raises(ValueError, match=words):
        check_times(times, "the clock, as others do")
    check_times(times[::2], "nothing")
