# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import sys
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from sklearn_geo.base import check_places
from sklearn_geo.datasets import make_checkins
from sklearn_geo.datasets._checkins import CATEGORIES, _week_profiles
from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.datasets._world import make_world

SMALL = {"n_venues": 120, "n_checkins": 2400}


def _local_hours(venues):
    checkins = venues.checkins
    seconds = checkins.time.astype("int64") + checkins.utc_offset * 3600
    return seconds / 3600 % 24, (seconds // 86_400 + 3) % 7


def _of(venues, name):
    return venues.checkins.category == venues.target_names.index(name)


def test_the_bunch_holds_what_it_promises(venues):
    assert venues.data is venues.places
    assert venues.places.shape == (2000, 2)
    assert_array_equal(check_places(venues.places), venues.places)
    assert venues.target.shape == (2000, 10)
    assert venues.target.dtype.kind == "i"
    assert len(venues.target_names) == 10
    assert venues.feature_names == ["latitude", "longitude"]
    assert_array_equal(venues.venues, np.arange(2000))
    for key in ("venue", "user", "time", "utc_offset", "category"):
        assert venues.checkins[key].shape == (60_000,)
    assert venues.checkins.time.dtype == np.dtype("datetime64[s]")
    assert venues.DESCR.splitlines()[0].startswith("SYNTHETIC")
    assert "synthetic" in make_checkins.__doc__.splitlines()[0]


def test_every_venue_has_one_to_three_categories_and_every_category_venues(venues):
    per_venue = venues.target.sum(axis=1)
    assert set(venues.target.ravel()) == {0, 1}
    assert set(per_venue) == {1, 2, 3}
    assert venues.target.sum(axis=0).min() > 30


def test_a_checkin_is_for_a_category_of_its_venue(venues):
    checkins = venues.checkins
    assert (venues.target[checkins.venue, checkins.category] == 1).all()


def test_every_venue_is_visited_and_sizes_follow_zipf(venues):
    counts = np.sort(np.bincount(venues.checkins.venue, minlength=2000))[::-1]
    assert counts.min() >= 1
    rank = np.arange(1, 2001)
    slope = np.polyfit(np.log(rank[5:500]), np.log(counts[5:500]), 1)[0]
    assert -1.4 < slope < -0.7


def test_venues_stand_on_land_in_towns(venues):
    assert inland_km(venues.places).min() >= 0.0
    world = make_world(0, 2000, 8)
    _, km = world.nearest("towns", venues.places)
    assert np.median(km) < 10.0
    assert km.max() < 300.0


def test_categories_have_their_hours(venues):
    hour, _ = _local_hours(venues)

    def share(name, start, stop):
        of = hour[_of(venues, name)]
        return ((of >= start) & (of < stop)).mean()

    assert share("office", 8, 11) > 2 * share("bar", 8, 11)
    assert share("bar", 20, 24) > 2 * share("office", 20, 24)
    assert share("school", 7, 10) > 2 * share("restaurant", 7, 10)
    assert share("restaurant", 18, 22) > 1.5 * share("school", 18, 22)


def test_categories_have_their_weekends(venues):
    _, day = _local_hours(venues)

    def weekend(name):
        return (day[_of(venues, name)] >= 5).mean()

    assert weekend("office") < weekend("station") < weekend("bar")
    assert weekend("office") < 2 / 7 < weekend("park")


def test_categories_have_their_visitors(venues):
    checkins = venues.checkins
    counts = np.bincount(checkins.venue)

    def top_share(name):
        """Return the mean share of a venue's check-ins by its best visitor."""
        only = (venues.target.sum(axis=1) == 1) & (counts >= 20)
        only &= venues.target[:, venues.target_names.index(name)] == 1
        shares = [
            np.bincount(checkins.user[checkins.venue == venue]).max() / counts[venue]
            for venue in np.flatnonzero(only)
        ]
        return np.mean(shares)

    assert top_share("office") > 1.5 * top_share("hotel")


def test_tourists_come_from_far_away(venues):
    checkins = venues.checkins
    town = venues.town[checkins.venue]
    # Where somebody checks in most is taken for home.
    order = np.lexsort((town, checkins.user))
    pairs, counts = np.unique(
        np.column_stack([checkins.user, town])[order], axis=0, return_counts=True
    )
    home = np.full(checkins.user.max() + 1, -1)
    best = np.lexsort((counts, pairs[:, 0]))
    home[pairs[best, 0]] = pairs[best, 1]
    away = home[checkins.user] != town
    assert away[_of(venues, "hotel")].mean() > 2 * away[_of(venues, "office")].mean()


def test_without_rhythm_signal_all_categories_keep_the_same_hours(venues):
    flat = make_checkins(2000, n_checkins=60_000, rhythm_signal=0.0, random_state=0)
    hour, day = _local_hours(flat)
    for name in ("bar", "school", "restaurant"):
        office = _of(flat, "office")
        other = _of(flat, name)
        assert hour[other].mean() == pytest.approx(hour[office].mean(), abs=0.35)
        assert (day[other] >= 5).mean() == pytest.approx(
            (day[office] >= 5).mean(), abs=0.03
        )
    assert_array_equal(flat.places, venues.places)
    assert_array_equal(flat.target, venues.target)
    assert_array_equal(flat.checkins.user, venues.checkins.user)


def test_without_visitor_signal_all_categories_have_the_same_visitors(venues):
    flat = make_checkins(2000, n_checkins=60_000, visitor_signal=0.0, random_state=0)
    assert_array_equal(flat.target, venues.target)
    assert_array_equal(flat.checkins.time, venues.checkins.time)
    assert (flat.checkins.user != venues.checkins.user).mean() > 0.2


def _place_auc(place_signal):
    """Return how well the place's traits tell its categories, on unseen venues."""
    venues = make_checkins(3000, place_signal=place_signal, random_state=0)
    traits = make_world(0, 2000, 8).traits(venues.places)
    scores = []
    for column in (0, 2, 3, 4):
        target = venues.target[:, column]
        model = LogisticRegression().fit(traits[:2000], target[:2000])
        scores.append(
            roc_auc_score(target[2000:], model.predict_proba(traits[2000:])[:, 1])
        )
    return np.mean(scores)


def test_the_place_tells_the_category_as_much_as_asked_for():
    none, some, much = (_place_auc(strength) for strength in (0.0, 1.0, 3.0))
    assert none == pytest.approx(0.5, abs=0.04)
    assert 0.58 < some < 0.8
    assert much > some + 0.05


def test_without_place_signal_only_the_categories_change():
    one = make_checkins(**SMALL, random_state=0)
    other = make_checkins(**SMALL, place_signal=0.0, random_state=0)
    assert_array_equal(one.places, other.places)
    assert (one.target != other.target).any()


def test_times_are_local_times_less_the_offset(venues):
    offset = venues.checkins.utc_offset
    longitude = venues.places[venues.checkins.venue, 1]
    assert (np.abs(offset - longitude / 15.0) <= 0.5).all()
    # Local nights are quiet in the east as in the west.
    hour, _ = _local_hours(venues)
    for side in (longitude < -60, longitude > 60):
        assert ((hour[side] > 3) & (hour[side] < 5)).mean() < 0.04


def test_profiles_are_shares_of_the_week():
    profiles = _week_profiles(CATEGORIES)
    assert profiles.shape == (16, 168)
    assert_allclose(profiles.sum(axis=1), 1.0)
    office = profiles[[each.name for each in CATEGORIES].index("office")].reshape(7, 24)
    # A weekend day is worth 0.12 of a Monday, by the table.
    assert_allclose(office[6], 0.12 * office[0])
    assert office[0].argmax() in (8, 9)


def test_categories_that_go_together_are_found_together(venues):
    names = venues.target_names
    bar = venues.target[:, names.index("bar")] == 1
    restaurant = venues.target[:, names.index("restaurant")] == 1
    both = (bar & restaurant).mean()
    office = venues.target[:, names.index("office")] == 1
    assert both / (bar.mean() * restaurant.mean()) > 1.5 * (
        (bar & office).mean() / (bar.mean() * office.mean())
    )


def test_same_seed_same_venues():
    one = make_checkins(**SMALL, random_state=1)
    again = make_checkins(**SMALL, random_state=np.random.RandomState(1))
    assert_array_equal(one.places, again.places)
    assert_array_equal(one.target, again.target)
    for key in one.checkins:
        assert_array_equal(one.checkins[key], again.checkins[key])
    other = make_checkins(**SMALL, random_state=2)
    assert (one.places != other.places).any()


def test_as_frame():
    plain = make_checkins(**SMALL, random_state=0)
    venues = make_checkins(**SMALL, random_state=0, as_frame=True)
    assert venues.frame.columns.tolist() == [
        "latitude",
        "longitude",
        *plain.target_names,
    ]
    assert venues.frame.index.name == "venue"
    assert_array_equal(venues.data.to_numpy(), plain.places)
    assert_array_equal(venues.target.to_numpy(), plain.target)
    checkins = venues.checkins
    assert checkins.columns.tolist() == [
        *("venue", "user", "time", "utc_offset", "category")
    ]
    assert str(checkins["time"].dt.tz) == "UTC"
    naive = checkins["time"].dt.tz_localize(None).to_numpy()
    assert_array_equal(naive.astype("datetime64[s]"), plain.checkins.time)
    X, y = make_checkins(**SMALL, random_state=0, as_frame=True, return_X_y=True)
    assert isinstance(X, pd.DataFrame)
    assert isinstance(y, pd.DataFrame)


def test_places_and_target_alone():
    plain = make_checkins(**SMALL, random_state=0)
    X, y = make_checkins(**SMALL, random_state=0, return_X_y=True)
    assert_array_equal(X, plain.places)
    assert_array_equal(y, plain.target)


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_venues": 1},
        {"n_venues": True},
        {"n_venues": 1, "n_checkins": 1, "n_users": 1, "n_towns": 1},
        {"n_venues": 30, "n_categories": 2},
        {"n_venues": 30, "n_categories": 16, "n_users": 1},
        {"n_venues": 30, "place_signal": 50.0},
    ],
)
def test_extreme_sizes_work(parameters):
    venues = make_checkins(**parameters, random_state=0)
    n_venues = parameters["n_venues"]
    assert venues.target.shape == (n_venues, parameters.get("n_categories", 10))
    assert venues.target.sum(axis=1).min() >= 1
    assert set(venues.checkins.venue) == set(range(n_venues))
    assert venues.checkins.user.max() < parameters.get("n_users", 2 * n_venues)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_venues": 0}, "'n_venues' parameter .* must be an int in the range"),
        ({"n_categories": 1}, "'n_categories' parameter"),
        ({"n_categories": 17}, r"'n_categories' parameter .* \[2, 16\]"),
        ({"rhythm_signal": 1.1}, "'rhythm_signal' parameter"),
        ({"visitor_signal": -1}, "'visitor_signal' parameter"),
        ({"place_signal": -1}, "'place_signal' parameter"),
        ({"place_signal": 1e300}, "'place_signal' parameter"),
        (
            {"n_venues": 9, "n_checkins": 8},
            "n_checkins=8 is less than n_venues=9.*Raise n_checkins",
        ),
    ],
)
def test_wrong_parameters_are_named(parameters, words):
    with pytest.raises(ValueError, match=words):
        make_checkins(**parameters)


def test_as_frame_without_pandas_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-geo\[pandas\]'"):
        make_checkins(5, as_frame=True)


def test_a_million_checkins_are_quick():
    make_checkins(10, random_state=0)
    start = time.process_time()
    make_checkins(20_000, n_checkins=1_000_000, random_state=0)
    assert time.process_time() - start < 15.0
