# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""VenueActivityEncoder: who checks in at a venue how often, and when."""

import datetime
import inspect
import pickle
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks, estimator_html_repr

from sklearn_geo.encoding import VenueActivityEncoder

DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

# scikit-learn's checks of parameters; its others feed matrices of numbers.
CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_param_validation",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]


@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learns_checks_of_parameters(name):
    check = getattr(estimator_checks, name)
    check("VenueActivityEncoder", VenueActivityEncoder())


def test_documented_and_linked():
    assert ".VenueActivityEncoder.html" in estimator_html_repr(VenueActivityEncoder())
    for parameter in VenueActivityEncoder().get_params():
        assert f"\n{parameter} : " in inspect.getdoc(VenueActivityEncoder)


@pytest.fixture
def checkins():
    """1 April 2012 was a Sunday."""
    times = [
        "2012-04-01 23:30",
        "2012-04-01 09:00",
        "2012-04-02 09:59",
        "2012-04-07 09:00",
        "2012-04-04 00:00",
    ]
    return pd.DataFrame(
        {
            "venue": ["cafe", "cafe", "cafe", "cafe", "zoo"],
            "user": [7, 8, 8, 8, 7],
            "time": pd.to_datetime(times, utc=True),
            "utc_offset": [1.0, 1.0, 1.0, 1.0, -3.5],
        }
    )


def test_worked_by_hand(checkins):
    encoder = VenueActivityEncoder().fit(checkins)
    assert list(encoder.venues_) == ["cafe", "zoo"]
    rows = encoder.set_output(transform="pandas").transform(["zoo", "cafe", "zoo"])
    assert rows.shape == (3, 34)
    assert list(rows.columns[:4]) == [
        "checkins",
        "visitors",
        "most_by_one_visitor",
        "share_sunday",
    ]
    cafe = rows.iloc[1]
    assert list(cafe[:3]) == [4, 2, 3]
    assert list(cafe[3:10]) == [0.5, 0.25, 0, 0, 0, 0, 0.25]
    assert cafe["share_hour_09"] == 0.75
    assert cafe["share_hour_23"] == 0.25
    zoo = rows.iloc[2]
    assert list(zoo[:3]) == [1, 1, 1]
    assert zoo["share_wednesday"] == zoo["share_hour_00"] == 1
    assert zoo.sum() == 5
    assert_array_equal(rows.iloc[0], zoo)


@pytest.mark.parametrize("unit", ["hours", "minutes"])
def test_local_times_worked_by_hand(checkins, unit):
    if unit == "minutes":
        checkins["utc_offset"] *= 60
    encoder = VenueActivityEncoder(utc_offset="utc_offset", offset_unit=unit)
    rows = (
        encoder.fit(checkins).set_output(transform="pandas").transform(["cafe", "zoo"])
    )
    cafe, zoo = rows.iloc[0], rows.iloc[1]
    # Half past eleven on Sunday evening is half past midnight on Monday there.
    assert (cafe["share_sunday"], cafe["share_monday"]) == (0.25, 0.5)
    assert (cafe["share_hour_00"], cafe["share_hour_10"]) == (0.25, 0.75)
    # Midnight on Wednesday is 20:30 on Tuesday.
    assert zoo["share_tuesday"] == zoo["share_hour_20"] == 1


def make(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    seconds = rng.integers(-(10**8), 2 * 10**9, n)
    return {
        "venue": rng.integers(0, 60, n) ** 2,
        "user": rng.integers(0, 40, n),
        "time": seconds.astype("datetime64[s]").astype("datetime64[ms]"),
        "shift": rng.choice([-9.5, 0, 3, 5.75, 14], n),
    }


def loop(table, venue):
    """Count in loops."""
    rows = [i for i, each in enumerate(table["venue"]) if each == venue]
    users = Counter(table["user"][i] for i in rows)
    moments = [
        pd.Timestamp(table["time"][i]) + pd.Timedelta(hours=table["shift"][i])
        for i in rows
    ]
    days = Counter(moment.day_name().lower() for moment in moments)
    hours = Counter(moment.hour for moment in moments)
    return (
        [len(rows), len(users), max(users.values())]
        + [days[day] / len(rows) for day in DAYS]
        + [hours[hour] / len(rows) for hour in range(24)]
    )


@pytest.mark.parametrize("kind", ["mapping", "pandas", "polars", "words"])
def test_against_a_loop(kind):
    table = make()
    encoder = VenueActivityEncoder(utc_offset="shift", time_zone="UTC")
    wanted = np.unique(table["venue"])[::-1]
    expected = [loop(table, venue) for venue in wanted]
    if kind == "words":
        table["venue"] = [f"v{venue}" for venue in table["venue"]]
        wanted = [f"v{venue}" for venue in wanted]
    X = {"pandas": pd.DataFrame, "polars": pl.DataFrame}.get(kind, dict)(table)
    found = encoder.fit(X).transform(wanted)
    assert_allclose(found, expected, rtol=1e-12)
    assert_allclose(found[:, 3:10].sum(axis=1), 1)
    assert_allclose(found[:, 10:].sum(axis=1), 1)
    assert list(encoder.venues_) == sorted(wanted)


def test_order_of_check_ins_does_not_matter():
    table = make()
    order = np.random.default_rng(1).permutation(3000)
    other = {name: values[order] for name, values in table.items()}
    a, b = (VenueActivityEncoder(time_zone="UTC").fit(X) for X in (table, other))
    assert_array_equal(a.venues_, b.venues_)
    assert_array_equal(a.activity_, b.activity_)


def test_ids_of_several_kinds(checkins):
    encoder = VenueActivityEncoder().fit(checkins)
    expected = encoder.transform(["zoo", "cafe"])
    for X in (
        np.array(["zoo", "cafe"]),
        np.array([["zoo"], ["cafe"]], dtype=object),
        [["zoo"], ["cafe"]],
        pd.Series(["zoo", "cafe"]),
        pd.DataFrame({"place": ["zoo", "cafe"]}),
        pl.DataFrame({"venue": ["zoo", "cafe"], "more": [1, 2]}),
        {"venue": ["zoo", "cafe"]},
    ):
        assert_array_equal(encoder.transform(X), expected)
    assert_array_equal(encoder.transform(checkins)[[4, 0]], expected)
    mixed = checkins.assign(venue=pd.Series(["a", "a", 1, 1, "1"], dtype=object))
    encoder = VenueActivityEncoder().fit(mixed)
    assert_array_equal(encoder.transform(["1", 1, "a"])[:, 0], [1, 2, 2])


def test_unknown_venues(checkins):
    encoder = VenueActivityEncoder().fit(checkins)
    with pytest.raises(
        ValueError, match=r"row 1: the venue 'pub' has no check-ins.*2 of 3"
    ):
        encoder.transform(["zoo", "pub", "bar"])
    found = encoder.set_params(handle_unknown="zero").transform(["pub"])
    assert_array_equal(found, np.zeros((1, 34)))
    found = encoder.set_params(handle_unknown="nan").transform(["pub", "zoo"])
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    found = encoder.set_params(handle_unknown="mean").transform(["pub"])
    assert_array_equal(found[0, :3], [2.5, 1.5, 2])


@pytest.mark.parametrize(
    ("change", "parameters", "words"),
    [
        ({"venue": None}, {}, r"X\['venue'\], row 0: the id is missing"),
        ({"user": np.nan}, {}, r"X\['user'\], row 0: the id is missing"),
        ({"time": pd.NaT}, {}, r"X\['time'\].*(missing|no time zone)"),
        ({"utc_offset": 60.0}, {"utc_offset": "utc_offset"}, "60.0 hours is no offset"),
        (
            {"utc_offset": np.nan},
            {"utc_offset": "utc_offset"},
            "nan hours is no",
        ),
        ({}, {"user": "person"}, r"no column 'person'; it has \['venue', 'user'"),
        ({}, {"handle_unknown": "drop"}, "'handle_unknown' parameter"),
        ({}, {"offset_unit": "days"}, "'offset_unit' parameter"),
        ({}, {"time_zone": "Nowhere"}, "is no time zone"),
        ({}, {"dtype": int}, "Use a floating type"),
    ],
)
def test_bad_check_ins_and_parameters(checkins, change, parameters, words):
    with pytest.raises(ValueError, match=words):
        VenueActivityEncoder(**parameters).fit(checkins.assign(**change))


def test_times_without_a_zone_are_refused(checkins):
    checkins["time"] = checkins["time"].dt.tz_localize(None)
    with pytest.raises(ValueError, match=r"X\['time'\], row 0.*tells no time zone"):
        VenueActivityEncoder().fit(checkins)
    found = VenueActivityEncoder(time_zone="+01:00").fit(checkins).transform(["zoo"])
    assert found[0, 3 + 2] == found[0, 10 + 23] == 1  # Tuesday, 23 o'clock in UTC


def test_what_is_no_table(checkins):
    with pytest.raises(TypeError, match="no table of check-ins"):
        VenueActivityEncoder().fit(checkins.to_numpy())
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        VenueActivityEncoder().fit(checkins[:0])
    uneven = {name: checkins[name].to_numpy() for name in ("venue", "user")}
    uneven["time"] = checkins["time"][:3]
    with pytest.raises(ValueError, match="'time' has 3 rows and 'venue' has 5"):
        VenueActivityEncoder().fit(uneven)
    with pytest.raises(ValueError, match=r"of shape \(n_venues,\)"):
        VenueActivityEncoder().fit(checkins).transform([["zoo", "cafe"]])


@pytest.mark.parametrize(
    "offsets",
    [
        ["1", "1", "1", "1", "2"],
        np.array(["1", "1", "1", "1", "2"], dtype=object),
        pd.to_timedelta([0] * 5, unit="h"),
        [datetime.timedelta(hours=1)] * 5,
        pd.to_datetime(["1970-01-01"] * 5),
        np.array([1 + 2j] * 5),
    ],
)
def test_offsets_that_are_no_numbers_are_refused(checkins, offsets):
    table = {name: checkins[name] for name in ("venue", "user", "time")}
    with pytest.raises(TypeError, match=r"X\['off'\] must hold numbers"):
        VenueActivityEncoder(utc_offset="off").fit({**table, "off": offsets})


def test_columns_have_one_value_a_check_in(checkins):
    table = {name: checkins[name].to_numpy() for name in ("venue", "user")}
    table |= {"time": checkins["time"], "off": 1}
    encoder = VenueActivityEncoder(utc_offset="off")
    with pytest.raises(ValueError, match=r"X\['off'\] has the shape \(\) and"):
        encoder.fit(table)
    with pytest.raises(ValueError, match=r"the shape \(2,\) and there are 5"):
        encoder.fit({**table, "off": [1, 2]})
    days = np.full((5, 1), "2012-04-01", dtype="M8[D]")
    with pytest.raises(ValueError, match=r"X\['time'\] must be one column .*\(5, 1\)"):
        VenueActivityEncoder(time_zone="UTC").fit({**table, "time": days})


@pytest.mark.parametrize("name", ["venue", "user", "time", "off"])
def test_masked_columns_are_not_uncovered(checkins, name):
    table = {key: checkins[key].to_numpy() for key in ("venue", "user")}
    table |= {"time": np.full(5, "2012-04-01", dtype="M8[D]"), "off": np.ones(5)}
    encoder = VenueActivityEncoder(utc_offset="off", time_zone="UTC").fit(table)
    table[name] = np.ma.array(np.asarray(table[name]), mask=[0, 0, 1, 0, 0])
    with pytest.raises(ValueError, match=rf"X\['{name}'\], row 2: .* masked"):
        encoder.fit(table)
    venues = np.ma.array(["cafe", "zoo"], mask=[False, True])
    with pytest.raises(ValueError, match="X, row 1: the value is masked"):
        encoder.transform(venues)
    with pytest.raises(ValueError, match=r"X\['venue'\], row 1: the value is masked"):
        encoder.transform({"venue": venues})


def test_venues_are_the_only_column_whatever_its_name(checkins):
    encoder = VenueActivityEncoder().fit(checkins)
    wanted = encoder.transform(["zoo", "cafe"])
    for table in ({"place": ["zoo", "cafe"]}, pd.DataFrame({"place": ["zoo", "cafe"]})):
        assert_array_equal(encoder.transform(table), wanted)
    two = {"place": ["zoo", "cafe"], "height": [1, 2]}
    for table in (two, pd.DataFrame(two)):
        with pytest.raises(ValueError, match=r"no column 'venue'; it has \['place'"):
            encoder.transform(table)


def test_frozen_in_a_pipeline(checkins):
    encoder = VenueActivityEncoder(handle_unknown="zero").fit(checkins)
    columns = make_column_transformer(
        (FrozenEstimator(encoder), ["venue"]), remainder="passthrough"
    ).set_output(transform="pandas")
    X = pd.DataFrame({"venue": ["zoo", "cafe", "pub"], "height": [1.0, 2.0, 3.0]})
    model = make_pipeline(columns, Ridge()).fit(X, [1.0, 2.0, 3.0])
    assert len(model.predict(X)) == 3
    names = columns.fit_transform(X).columns
    assert names[0] == "frozenestimator__checkins"
    assert names[-1] == "remainder__height"


def test_dtype_clone_pickle_and_not_fitted(checkins):
    encoder = VenueActivityEncoder(dtype=np.float32).fit(checkins)
    assert encoder.transform(["zoo"]).dtype == np.float32
    for method in ("transform", "get_feature_names_out"):
        with pytest.raises(NotFittedError):
            getattr(clone(encoder), method)(["zoo"])
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(["zoo"]), encoder.transform(["zoo"]))


def test_what_is_no_column_of_ids_is_refused():
    when = np.datetime64("2020-01-01T12:00:00")
    table = {"venue": ["a", ["b"]], "user": [1, 2], "time": [when, when]}
    table["venue"] = np.array([*table["venue"], None], dtype=object)[:2]
    with pytest.raises(ValueError, match=r"X\['venue'\], row 1: \['b'\] is no id"):
        VenueActivityEncoder(time_zone="UTC").fit(table)
    table["venue"] = np.array(["a", "b"])
    encoder = VenueActivityEncoder(time_zone="UTC").fit(table)
    with pytest.raises(ValueError, match="must be one column; it has the shape"):
        encoder.transform({"venue": np.array(when)})
    # Neither what is compared element by element, nor what only holds a list.
    for value in (np.array([]), ("a", ["b"])):
        held = np.empty(2, dtype=object)
        held[:] = ["a", value]
        with pytest.raises(ValueError, match=r"X\['user'\], row 1: .* is no id"):
            VenueActivityEncoder(time_zone="UTC").fit({**table, "user": held})
        with pytest.raises(ValueError, match=r"row 1: .* is no id"):
            encoder.transform(held)


def test_lazy_frames_are_to_be_collected():
    lazy = pl.LazyFrame({"venue": ["a"], "user": ["b"], "time": ["2012-04-03"]})
    encoder = VenueActivityEncoder()
    with pytest.raises(TypeError, match=r"LazyFrame.*X\.collect\(\)"):
        encoder.fit(lazy)
