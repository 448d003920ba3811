# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic venues and the check-ins of their visitors."""

from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_geo._numbers import is_whole, reject_spans
from sklearn_geo.datasets._draw import (
    draw_columns,
    draw_ranks,
    import_pandas,
    named_streams,
    zipf_weights,
)
from sklearn_geo.datasets._globe import inland_km
from sklearn_geo.datasets._subjects import TRAITS
from sklearn_geo.datasets._venue_bunch import venues_to_frames
from sklearn_geo.datasets._world import N_COUNTRIES, make_world
from sklearn_geo.geometry import destination

_STREAMS = ("venues", "categories", "users", "counts", "visits", "visitors", "times")
_FIRST_MONDAY, _N_WEEKS = np.datetime64("2012-04-02", "s"), 52
_HOURS_A_WEEK = 168
_N_REGULARS = 5
_FURTHER_CATEGORIES = (0.70, 0.24, 0.06)
# How strongly categories follow places where `place_signal` is 1.
_PLACE_STRENGTH, _CUSTOM_SPREAD = 1.5, 0.6
# Venues of a category differ: in their hours, and in how typical their visitors are.
_SHIFT_HOURS, _TYPICAL = 1.5, (2.0, 2.0)


@dataclass(frozen=True)
class Category:
    """A kind of venue: where it is found, when people come, and who they are.

    Parameters
    ----------
    name : str
        What it is called.

    popularity : float
        Log of how many such venues there are where the place does not matter.

    visits : float
        How many check-ins such a venue has, compared with others.

    weekend : float
        How much busier a Saturday or Sunday is than a working day.

    hours : tuple of (hour, spread, weight)
        When people come, in local time.

    loyalty : float
        Share of check-ins by the venue's few regulars.

    tourists : float
        Share of the other check-ins by people from anywhere.

    likes : dict
        How much each trait of a place adds to the log of its frequency there.

    along : tuple of str
        Categories that such a venue often is as well.
    """

    name: str
    popularity: float
    visits: float
    weekend: float
    hours: tuple
    loyalty: float
    tourists: float
    likes: dict = field(default_factory=dict)
    along: tuple = ()


# fmt: off
CATEGORIES = (
    Category("restaurant", 0.6, 1.0, 1.5, ((12.5, 1.0, 1), (19.5, 1.3, 1.4)), 0.15, 0.2,
             {"leisure": 1.5, "urban": 0.5}, ("bar", "hotel")),
    Category("shop", 0.3, 0.8, 1.6, ((11.5, 2.0, 0.8), (16.5, 2.0, 1)), 0.10, 0.1,
             {"business": 1.0, "urban": 0.8}, ("market",)),
    Category("bar", -0.3, 1.2, 2.2, ((22.0, 1.8, 1), (18.0, 1.2, 0.3)), 0.30, 0.15,
             {"leisure": 3.0}, ("restaurant", "nightclub")),
    Category("hotel", -0.6, 0.7, 1.2, ((15.5, 3.0, 1), (23.0, 2.0, 0.5)), 0.02, 0.9,
             {"coast": 3.0, "mountain": 1.5, "historic": 1.5, "tropics": 0.7},
             ("restaurant", "gym")),
    Category("office", 0.0, 1.0, 0.12, ((9.0, 1.0, 1.2), (13.5, 1.5, 0.8)), 0.75, 0.02,
             {"business": 3.5}, ("shop",)),
    Category("hospital", -1.3, 0.8, 0.5, ((10.5, 3.0, 1), (17.0, 4.0, 0.4)), 0.30, 0.02,
             {"urban": 1.0, "grassland": 0.5}, ("office",)),
    Category("school", -0.6, 1.0, 0.10, ((8.2, 0.7, 1.2), (14.5, 1.5, 0.8)), 0.70, 0.0,
             {"urban": -0.5, "forest": 0.5}, ("gym",)),
    Category("park", -0.4, 0.8, 2.5, ((10.5, 2.0, 0.7), (16.5, 2.2, 1)), 0.15, 0.25,
             {"forest": 2.5, "grassland": 1.0, "coast": 1.0, "snow": -1.0}),
    Category("gym", -0.8, 1.1, 0.7, ((7.3, 1.0, 0.8), (18.5, 1.3, 1.2)), 0.70, 0.0,
             {"urban": 0.8}, ("shop",)),
    Category("station", -0.8, 2.5, 0.45, ((8.0, 0.9, 1), (17.8, 1.1, 1)), 0.45, 0.15,
             {"business": 1.5, "urban": 1.2}, ("shop",)),
    Category("museum", -1.3, 0.8, 2.4, ((11.5, 1.5, 1), (15.0, 1.5, 1)), 0.02, 0.7,
             {"historic": 4.0}, ("shop",)),
    Category("nightclub", -1.5, 1.3, 4.0, ((1.0, 1.5, 1), (23.5, 1.2, 0.7)), 0.25, 0.15,
             {"leisure": 3.0, "urban": 1.0}, ("bar",)),
    Category("worship", -1.1, 0.6, 3.0, ((10.0, 1.2, 1), (18.5, 1.5, 0.3)), 0.55, 0.1,
             {"historic": 2.0}),
    Category("market", -1.0, 0.9, 1.8, ((9.0, 1.5, 1), (12.0, 1.5, 0.5)), 0.25, 0.2,
             {"tropics": 2.0, "leisure": 1.0}, ("shop",)),
    Category("stadium", -1.9, 1.5, 3.0, ((20.0, 1.3, 1), (15.5, 1.2, 0.8)), 0.20, 0.2,
             {"urban": 0.5}),
    Category("beach", -2.0, 0.9, 2.2, ((13.5, 2.0, 1), (17.0, 1.5, 0.4)), 0.05, 0.6,
             {"coast": 5.0, "snow": -3.0}, ("bar",)),
)
# fmt: on

_DESCR = """\
SYNTHETIC venues and check-ins: no real venue, person or visit is among them
-----------------------------------------------------------------------------

**What it is**: {n_venues} invented venues with {n_categories} categories, and
{n_checkins} invented check-ins by {n_users} invented users, drawn by
`sklearn_geo.datasets.make_checkins`. Anything learnt from or measured on these data
says something about methods, and nothing about the world.

**What is lifelike**: venues stand in the towns of the same world as the photos of
`make_geotagged_photos` with the same `world_seed`; their categories depend on what the
place is like; numbers of check-ins follow Zipf's law; every category has its own hours,
its own weekends, and its own mix of regulars, neighbours and tourists.

**What is not**: everything else. Time zones are whole hours of longitude.

:Number of venues: {n_venues}
:Features: latitude and longitude in `data`; the check-ins in `checkins`
:Target: 0/1 indicator of {n_categories} categories, 1 to 3 a venue
"""


@validate_params(
    {
        "n_venues": [Interval(Integral, 1, None, closed="left")],
        "n_users": [Interval(Integral, 1, None, closed="left"), None],
        "n_categories": [Interval(Integral, 2, len(CATEGORIES), closed="both")],
        "n_checkins": [Interval(Integral, 1, None, closed="left"), None],
        "n_towns": [Interval(Integral, 1, 20_000, closed="both")],
        "language_regions": [Interval(Integral, 1, N_COUNTRIES, closed="both")],
        "place_signal": [Interval(Real, 0, 60_000, closed="both")],
        "rhythm_signal": [Interval(Real, 0, 1, closed="both")],
        "visitor_signal": [Interval(Real, 0, 1, closed="both")],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "world_seed": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_checkins(
    n_venues=1000,
    n_users=None,
    n_categories=10,
    *,
    n_checkins=None,
    n_towns=2000,
    language_regions=8,
    place_signal=1.0,
    rhythm_signal=1.0,
    visitor_signal=1.0,
    return_X_y=False,
    as_frame=False,
    world_seed=0,
    random_state=None,
):
    """Make synthetic venues with categories, and the check-ins of their visitors.

    Everything is synthetic. The venues stand in the same invented world as the photos
    of :func:`make_geotagged_photos` with equal `world_seed`, `n_towns` and
    `language_regions`, so what photos tell about a place tells about its venues.

    Parameters
    ----------
    n_venues : int, default=1000
        Number of venues.

    n_users : int, default=None
        Number of people who may check in. By default two for each venue.

    n_categories : int, default=10
        Number of categories, at most 16: restaurant, shop, bar, hotel, office,
        hospital, school, park, gym, station, museum, nightclub, worship, market,
        stadium, beach.

    n_checkins : int, default=None
        Number of check-ins; each venue has at least one. By default 20 for each venue.

    n_towns : int, default=2000
        Number of hot spots of the world.

    language_regions : int, default=8
        Number of language regions of the world; countries in different ones differ
        in which categories are common.

    place_signal : float, default=1.0
        How much the place tells about the category. With 0 categories are found
        anywhere alike.

    rhythm_signal : float, default=1.0
        How much hours and days tell about the category: with 1, half of the check-ins
        of a venue (more at some, less at others) are at times typical of it. The
        others are at times drawn alike for all, and so is everything with 0.

    visitor_signal : float, default=1.0
        Share of check-ins by the regulars, neighbours and tourists that the category
        has. The others are by a mix that is the same for all.

    return_X_y : bool, default=False
        Return `(data, target)` instead of a Bunch.

    as_frame : bool, default=False
        Return `data`, `target`, `checkins` and `frame` as pandas DataFrames.

    world_seed : int, default=0
        Names the world.

    random_state : int, RandomState instance or None, default=None
        Draws venues, users and check-ins. Pass an int for the same ones every time.

    Returns
    -------
    venues : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        data : ndarray of shape (n_venues, 2) or DataFrame
            Latitude and longitude in degrees; the same as `places`.
        target : ndarray of int of shape (n_venues, n_categories) or DataFrame
            1 where a venue is of a category. Each venue is of one to three.
        feature_names, target_names : list of str
            "latitude" and "longitude"; the names of the categories.
        frame : DataFrame or None
            Only with `as_frame=True`: `data` and `target` side by side, by venue.
        places : ndarray of shape (n_venues, 2)
            Latitude and longitude in degrees.
        venues : ndarray of int of shape (n_venues,)
            What the venues are called in `checkins`.
        town, country : ndarray of int of shape (n_venues,)
            Nearest hot spot, and country.
        checkins : Bunch or DataFrame
            One row a check-in, in random order: `venue`, `user`, `time` (datetime64[s]
            in coordinated universal time; with the time zone UTC in a DataFrame),
            `utc_offset` (hours to add for local time) and `category` (which of the
            venue's categories the visitor came for).
        DESCR : str
            Description of the data set.

    (data, target) : tuple if `return_X_y` is True
        Places and categories of the venues.

    Raises
    ------
    ValueError
        If there are fewer check-ins than venues.

    ImportError
        If `as_frame=True` and pandas is not installed.

    See Also
    --------
    make_geotagged_photos : Photos of the same worlds.

    Notes
    -----
    Every category has hours (a restaurant's noon and evening), a weekend factor (an
    office's is 0.12, a nightclub's 4) and a loyalty, the share of check-ins by a few
    regulars. Those are what the 34 activity features of [1]_ can see; `place_signal`
    is what the place can add. Venues differ in their hours too, so activity alone does
    not settle the category. Some categories have more check-ins than others, whatever
    the switches.

    References
    ----------
    .. [1] M. Ye, D. Shou, W.-C. Lee, P. Yin, K. Janowicz, "On the Semantic Annotation
       of Places in Location-Based Social Networks", KDD 2011.

    Examples
    --------
    >>> from sklearn_geo.datasets import make_checkins
    >>> venues = make_checkins(50, random_state=0)
    >>> venues.data.shape, venues.target.shape
    ((50, 2), (50, 10))
    >>> venues.checkins.time.shape, venues.target_names[:3]
    ((1000,), ['restaurant', 'shop', 'bar'])
    >>> print(venues.DESCR.splitlines()[0])
    SYNTHETIC venues and check-ins: no real venue, person or visit is among them
    """
    reject_spans(locals())
    pandas = import_pandas() if as_frame else None
    n_venues = int(n_venues)  # True is one
    n_users = 2 * n_venues if n_users is None else int(n_users)
    n_checkins = 20 * n_venues if n_checkins is None else int(n_checkins)
    if n_checkins < n_venues:
        raise ValueError(
            f"n_checkins={n_checkins} is less than n_venues={n_venues}, but each venue "
            "has at least one check-in. Raise n_checkins or lower n_venues."
        )
    seeds = {
        "world_seed": world_seed,
        "n_towns": n_towns,
        "language_regions": language_regions,
    }
    for name, value in seeds.items():
        if not is_whole(value):  # a span of time is an Integral of numpy
            raise TypeError(f"{name}={value!r} must be an integer.")
    world = make_world(*map(int, seeds.values()))
    rng = named_streams(random_state, _STREAMS)
    categories = CATEGORIES[:n_categories]

    places = _draw_venues(world, n_venues, rng["venues"])
    weights = _category_weights(world, places, categories, place_signal)
    target = _draw_categories(weights, categories, rng["categories"])

    visits = target @ np.array([each.visits for each in categories])
    visits = visits * rng["counts"].permutation(zipf_weights(n_venues, shift=5.0))
    counts = 1 + rng["counts"].multinomial(n_checkins - n_venues, visits / visits.sum())
    # Rows in random order, so that they do not lie venue by venue.
    venue = rng["counts"].permutation(np.repeat(np.arange(n_venues), counts))
    category = draw_columns(target[venue], rng["visits"])
    user = _draw_visitors(
        world, places, venue, category, categories, n_users, visitor_signal, rng
    )
    local = _draw_local_times(venue, category, categories, rhythm_signal, rng["times"])
    # Adding 0.0 turns a negative zero into a plain one.
    utc_offset = np.round(places[:, 1] / 15.0)[venue] + 0.0
    time = local - (utc_offset * 3600).astype("timedelta64[s]")

    checkins = Bunch(
        venue=venue, user=user, time=time, utc_offset=utc_offset, category=category
    )
    venues = Bunch(
        data=places,
        target=target,
        feature_names=["latitude", "longitude"],
        target_names=[each.name for each in categories],
        frame=None,
        places=places,
        venues=np.arange(n_venues),
        town=world.nearest("towns", places)[0],
        country=world.nearest("countries", places)[0],
        checkins=checkins,
        DESCR=_DESCR.format(
            n_venues=n_venues,
            n_users=n_users,
            n_categories=n_categories,
            n_checkins=n_checkins,
        ),
    )
    if as_frame:
        venues_to_frames(venues, pandas)
    return (venues.data, venues.target) if return_X_y else venues


def _draw_venues(world, n_venues, rng):
    """Return places of venues: in towns, some of them at landmarks, all on land."""
    towns = np.where(world.is_park, 0.2 * world.sizes, world.sizes)
    town = draw_ranks(n_venues, towns, rng)
    # A few stand out of town, where hills and woods are.
    reach = np.where(rng.random(n_venues) < 0.15, 4.0, 1.0) * world.spread_km[town]
    places = world.scatter(town, rng.exponential(reach), rng)
    first, last = world.landmark_starts[town], world.landmark_starts[town + 1]
    landmark = (first + rng.random(n_venues) * (last - first)).astype(int)
    beside = destination(
        world.landmarks[landmark],
        rng.uniform(0.0, 360.0, n_venues),
        rng.exponential(0.2, n_venues),
    )
    there = (rng.random(n_venues) < 0.4) & (inland_km(beside) >= 0.0)
    return np.where(there[:, np.newaxis], beside, places)


def _category_weights(world, places, categories, place_signal):
    """Return how likely each category is at each place, shape (n, n_categories)."""
    traits = world.traits(places)
    likes = np.zeros((len(TRAITS), len(categories)))
    for column, category in enumerate(categories):
        for trait, liking in category.likes.items():
            likes[TRAITS.index(trait), column] = liking
    rng = np.random.default_rng([world.seed, 60])
    # What is common differs from one language region, and country, to the next.
    by_language = rng.normal(0.0, _CUSTOM_SPREAD, (N_COUNTRIES, len(CATEGORIES)))
    by_country = rng.normal(0.0, _CUSTOM_SPREAD, (N_COUNTRIES, len(CATEGORIES)))
    custom = by_language[world.country_language] + by_country
    country, _ = world.nearest("countries", places)
    logits = np.array(
        [each.popularity for each in categories]
    ) + _PLACE_STRENGTH * place_signal * (
        custom[country, : len(categories)]
        + sum(traits[:, [trait]] * likes[trait] for trait in range(len(TRAITS)))
    )
    return np.exp(logits - logits.max(axis=1, keepdims=True))


def _draw_categories(weights, categories, rng):
    """Return a 0/1 indicator with one to three categories in each row."""
    n_venues, n_categories = weights.shape
    names = [each.name for each in categories]
    along = np.ones((n_categories, n_categories))
    for row, category in enumerate(categories):
        for other in category.along:
            if other in names:
                along[row, names.index(other)] = 6.0
    n_further = draw_ranks(n_venues, _FURTHER_CATEGORIES, rng)
    target = np.zeros((n_venues, n_categories), dtype=np.int64)
    main = draw_columns(weights, rng)
    rows = np.arange(n_venues)
    target[rows, main] = 1
    for step in (1, 2):
        rows = np.flatnonzero((n_further >= step) & (target.sum(axis=1) < n_categories))
        left = weights[rows] * along[main[rows]] * (1 - target[rows])
        if rows.size:
            target[rows, draw_columns(left, rng)] = 1
    return target


def _draw_visitors(
    world, places, venue, category, categories, n_users, visitor_signal, rng
):
    """Return who checked in: a regular of the venue, a neighbour, or anyone."""
    # People live where venues are, in an order that follows their homes.
    town, _ = world.nearest("towns", places)
    home = np.sort(town[rng["users"].integers(len(places), size=n_users)])
    first = np.searchsorted(home, town, "left")
    last = np.searchsorted(home, town, "right")
    # A town nobody lives in is visited by anyone.
    empty = first == last
    first, last = np.where(empty, 0, first), np.where(empty, n_users, last)
    identity = rng["users"].permutation(n_users)

    draw = rng["visitors"]
    n_rows = venue.size

    def neighbours(of):
        low, high = first[of], last[of]
        return (low + draw.random(of.size) * (high - low)).astype(np.intp)

    regulars = np.column_stack(
        [neighbours(np.arange(len(places))) for _ in range(_N_REGULARS)]
    )
    loyalty = np.array([each.loyalty for each in categories])
    tourists = np.array([each.tourists for each in categories])
    typical = draw.random(n_rows) < visitor_signal
    loyal = np.where(typical, loyalty[category], loyalty.mean())
    touring = np.where(typical, tourists[category], tourists.mean())
    which = draw_ranks(n_rows, zipf_weights(_N_REGULARS), draw)
    user = np.where(
        draw.random(n_rows) < touring,
        draw.integers(n_users, size=n_rows),
        neighbours(venue),
    )
    user = np.where(draw.random(n_rows) < loyal, regulars[venue, which], user)
    return identity[user]


def _week_profiles(categories):
    """Return the share of each hour of the week, Monday first: (n, 7 * 24)."""
    hour = np.arange(24) + 0.5
    profiles = []
    for category in categories:
        day = np.full(24, 0.002)
        for peak, spread, weight in category.hours:
            # Hours are a circle: 23 and 1 are two hours apart.
            gap = np.abs((hour - peak + 12.0) % 24.0 - 12.0)
            day += weight / spread * np.exp(-0.5 * (gap / spread) ** 2)
        busy = np.array([1.0, 1.0, 1.0, 1.0, 1.1, category.weekend, category.weekend])
        week = np.outer(busy, day).ravel()
        profiles.append(week / week.sum())
    return np.array(profiles)


def _draw_local_times(venue, category, categories, rhythm_signal, rng):
    """Return local times of check-ins, by the rhythm of their category and venue."""
    profiles = _week_profiles(categories)
    n_rows, n_venues = category.size, venue.max() + 1
    shift = rng.normal(0.0, _SHIFT_HOURS, n_venues)[venue]
    share = rng.beta(*_TYPICAL, n_venues)[venue]
    typical = rng.random(n_rows) < rhythm_signal * share
    # One more group for those that follow no category's rhythm: the mean of all.
    rhythm = np.where(typical, category, len(categories))
    cumulative = np.cumsum(np.vstack([profiles, profiles.mean(axis=0)]), axis=1)
    cumulative /= cumulative[:, -1:]
    ends = (cumulative + np.arange(len(cumulative))[:, np.newaxis]).ravel()
    cell = np.searchsorted(ends, rhythm + rng.random(n_rows), side="right")
    hour = np.clip(cell - rhythm * _HOURS_A_WEEK, 0, _HOURS_A_WEEK - 1)
    hour = hour + rng.random(n_rows) + np.where(typical, shift, 0.0)
    week = rng.integers(_N_WEEKS, size=n_rows)
    seconds = np.floor((week * _HOURS_A_WEEK + hour) * 3600.0).astype(np.int64)
    return _FIRST_MONDAY + seconds.astype("timedelta64[s]")
