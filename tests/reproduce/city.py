# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""An invented city of venues, written like the published check-ins of one city.

Venues stand along streets, and every street is of a kind: it has bars, or shops, or
offices. Most venues have a handful of check-ins, a few have hundreds. Nothing is real.
"""

from datetime import datetime, timedelta, timezone

import numpy as np

CENTER = (45.05, 5.05)
KM_A_DEGREE = 111.2
# Kinds of streets, and how many there are of each.
KINDS = ("eating", "night", "shopping", "office", "homes", "hub", "health", "sights")
KIND_SHARES = (0.2, 0.1, 0.17, 0.15, 0.22, 0.06, 0.04, 0.06)
# Name; share anywhere; peaks, as hour/spread/weight; how busy a weekend day is; share
# of regulars; typical number of check-ins; and how many more there are in what streets.
_TABLE = """
Coffee Shop          |6|8.5/1.5/1 15/2.5/0.6|0.8|0.4|7|office*3 shopping*1.5 hub*2
American Restaurant  |6|12.8/1.2/0.8 19.5/1.4/1|1.5|0.1|6|eating*4 night*2 sights*1.5
Chinese Restaurant   |4|12.8/1.2/0.9 19.2/1.4/1|1.2|0.15|4|eating*4
Pizza Place          |4|13/1.4/0.8 20/2/1|1.2|0.15|4|eating*3 night*2 homes*1.3
Fast Food Restaurant |3|12.5/1.8/1 18.5/3/0.8|1|0.2|5|hub*3 shopping*2 eating*1.5
Deli / Bodega        |4|8/2/0.6 13/1.5/1|0.6|0.5|4|homes*2 office*2
Bar                  |8|22.5/1.8/1 19/1.5/0.5|2|0.25|6|night*7 eating*1.5
Hotel Bar            |0.6|21.5/2/1|1.3|0.05|4|sights*4 night*2 office*1.5
Hotel                |2|16/4/1 23/2/0.6|1.1|0.05|6|sights*7 office*2 hub*2
Clothing Store       |5|14.5/2.5/1 18/1.5/0.7|1.6|0.1|3|shopping*8
Department Store     |1|14/3/1|1.5|0.1|12|shopping*7 hub*2
Drugstore / Pharmacy |2|13/4/1|0.9|0.3|3|shopping*2 homes*1.5
Food & Drink Shop    |4|18/2/1 12/3/0.5|1.3|0.5|6|homes*2.5 shopping*1.5
Bookstore            |1|15/3/1|1.4|0.1|4|shopping*3 sights*2
Electronics Store    |1.5|13/2.5/1 17.5/1.5/0.8|1.2|0.1|4|shopping*6
Hospital             |1|10/4/1 20/5/0.4|0.6|0.4|6|health*40
Medical Center       |4|10.5/2.5/1 15/2/0.6|0.2|0.3|3|health*15
Office               |12|9/1.2/1 14/2.5/0.5|0.15|0.8|7|office*5
Home (private)       |12|19.5/3/1 8/1.5/0.4|1.2|0.95|8|homes*6
Subway               |2|8.3/1.2/1 18/1.5/1|0.4|0.4|20|hub*15
Gym / Fitness Center |4|7/1.2/0.7 18.5/1.5/1|0.7|0.8|9|homes*1.5 office*2
Park                 |3|15.5/3/1|2.2|0.2|8|sights*4 homes*1.5
Museum               |1|13.5/2/1|2|0.05|7|sights*15
School               |3|8.2/1/1 14.5/1.5/0.5|0.1|0.8|5|homes*3
"""


def _read_table():
    rows = {}
    for line in _TABLE.strip().splitlines():
        name, share, peaks, *numbers, streets = line.split("|")
        peaks = [tuple(map(float, peak.split("/"))) for peak in peaks.split()]
        likes = dict(street.split("*") for street in streets.split())
        likes = {kind: float(factor) for kind, factor in likes.items()}
        rows[name.strip()] = (float(share), peaks, *map(float, numbers), likes)
    return rows


CATEGORIES = _read_table()


def make_city(n_venues=1500, seed=0, place_signal=1.0):
    """Draw a city.

    Parameters
    ----------
    n_venues : int, default=1500
        Number of venues; there are about six check-ins for each.

    seed : int, default=0
        Names the city.

    place_signal : float, default=1.0
        How much streets decide what is on them; with 0, nothing.

    Returns
    -------
    dict
        "places", "category" of venues; and "venue", "user", "hour" (of the week, since
        Monday 0:00, local), "week" of check-ins.
    """
    rng = np.random.default_rng(seed)
    names = list(CATEGORIES)
    n_streets = max(8, n_venues // 12)
    # Districts have a main kind of street, and streets stand closer in the middle.
    districts = rng.normal(0.0, 4.5, (max(4, n_streets // 9), 2))
    kind_of_district = rng.choice(len(KINDS), len(districts), p=KIND_SHARES)
    district = rng.integers(len(districts), size=n_streets)
    middle = districts[district] + rng.normal(0.0, 0.7, (n_streets, 2))
    kind = np.where(
        rng.random(n_streets) < 0.45,
        kind_of_district[district],
        rng.choice(len(KINDS), n_streets, p=KIND_SHARES),
    )
    street = rng.choice(n_streets, n_venues, p=rng.dirichlet(np.full(n_streets, 1.5)))
    angle = rng.uniform(0.0, np.pi, n_streets)[street]
    along = rng.uniform(-0.2, 0.2, n_venues)
    km = middle[street] + along[:, None] * np.column_stack(
        [np.cos(angle), np.sin(angle)]
    )
    km += rng.normal(0.0, 0.02, km.shape)
    stray = rng.random(n_venues) < 0.2  # not on a street of a kind
    km[stray] += rng.normal(0.0, 1.5, (stray.sum(), 2))
    weights = np.array([CATEGORIES[name][0] for name in names], dtype=float)
    table = np.tile(weights, (len(KINDS), 1))
    for column, name in enumerate(names):
        for street_kind, factor in CATEGORIES[name][5].items():
            table[KINDS.index(street_kind), column] *= factor**place_signal
    table /= table.sum(axis=1, keepdims=True)
    table = np.vstack([table, weights / weights.sum()])
    row = np.where(stray, len(KINDS), kind[street])
    category = np.array([rng.choice(len(names), p=table[r]) for r in row])
    latitude = CENTER[0] + km[:, 1] / KM_A_DEGREE
    longitude = CENTER[1] + km[:, 0] / (KM_A_DEGREE * np.cos(np.radians(CENTER[0])))
    return {
        "places": np.column_stack([latitude, longitude]),
        "category": np.array(names)[category],
        **_check_ins(category, names, km, rng),
    }


def _check_ins(category, names, km, rng):
    """Draw who comes when."""
    n_venues = len(category)
    typical = np.array([CATEGORIES[name][4] for name in names])[category]
    counts = 1 + rng.poisson(0.45 * typical * rng.gamma(0.45, 1.0 / 0.45, n_venues))
    venue = np.repeat(np.arange(n_venues), counts)
    n_rows = len(venue)
    profiles = _profiles(names)
    chosen = np.where(rng.random(n_rows) < 0.75, category[venue], len(names))
    cumulative = np.cumsum(profiles, axis=1)[chosen]
    hour = (rng.random((n_rows, 1)) > cumulative).sum(axis=1) + rng.random(n_rows)
    n_users = max(30, n_venues // 12)
    home = km[rng.integers(n_venues, size=n_users)]
    # Somebody who lives near, or anybody; or one of the two regulars.
    near = np.array([np.argsort(((home - at) ** 2).sum(axis=1))[:30] for at in km])
    user = near[venue, rng.integers(30, size=n_rows)]
    anybody = rng.random(n_rows) < 0.5
    user[anybody] = rng.integers(n_users, size=anybody.sum())
    loyal = np.array([CATEGORIES[name][3] for name in names])[category[venue]]
    regular = rng.random(n_rows) < loyal
    user[regular] = near[venue[regular], rng.integers(2, size=regular.sum())]
    week = rng.integers(40, size=n_rows)
    order = rng.permutation(n_rows)
    return {
        "venue": venue[order],
        "user": user[order],
        "hour": hour[order],
        "week": week[order],
    }


def _profiles(names):
    """Return the share of every hour of the week; the last row is of no category."""
    hours = np.arange(24) + 0.5
    rows = []
    for name in names:
        _, peaks, weekend, *_ = CATEGORIES[name]
        day = np.full(24, 0.01)
        for peak, spread, weight in peaks:
            gap = np.abs((hours - peak + 12) % 24 - 12)
            day += weight / spread * np.exp(-0.5 * (gap / spread) ** 2)
        week = np.outer([1, 1, 1, 1, 1, weekend, weekend], day).ravel()
        rows.append(week / week.sum())
    return np.vstack([rows, np.mean(rows, axis=0)])


def write_city(folder, city, name="NYC"):
    """Write a city as `dataset_TSMC2014_NYC.txt`, with times of a clock at UTC-4."""
    monday = datetime(2012, 4, 2, tzinfo=timezone.utc)
    lines = []
    for venue, user, hour, week in zip(
        city["venue"], city["user"], city["hour"], city["week"], strict=True
    ):
        when = monday + timedelta(hours=float(hour) + 168 * int(week) + 4)
        latitude, longitude = city["places"][venue]
        category = city["category"][venue]
        lines.append(
            f"{user + 1}\tvenue{venue:06d}\tcategory{sum(map(ord, category))}\t"
            f"{category}\t{latitude:.10f}\t{longitude:.10f}\t-240\t"
            f"{when.strftime('%a %b %d %H:%M:%S +0000 %Y')}"
        )
    path = folder / f"dataset_TSMC2014_{name}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return path
