# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""GPS2Vec's initial encoding against a loop over places and cells."""

import functools
import math

import numpy as np
import utm

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.encoding import SoftGridEncoder
from sklearn_geo.geometry import utm_zone_bounds, utm_zone_ids, utm_zones

N_ZONES = 200
N_CELLS_A_SIDE = 20
SIGMA_M = 20_000.0
STEPS_A_DEGREE = 8
# The loop takes milliseconds a place.
N_SAMPLE = 300


def make(n):
    """Return places in the zones where most photos are, and distances to 400 cells."""
    places = photo_places(n + n // 2)
    zones = utm_zones(places)
    counts = np.bincount(zones)
    most = np.argsort(counts, kind="stable")[::-1][:N_ZONES]
    places = places[np.isin(zones, most[counts[most] > 0])]
    places = places[np.arange(n) % len(places)]
    rng = np.random.default_rng(0)
    # Of the range that distances have, in units of sigma; exp's time depends on it.
    block = rng.uniform(-45.0, 0.0, size=(n, N_CELLS_A_SIDE**2)).astype(np.float32)
    return places, block


@functools.cache
def encoder():
    return SoftGridEncoder(dtype=np.float32).fit([[0.0, 0.0]])


def ours(inputs):
    return encoder().transform(inputs[0])


def sample(places):
    return np.linspace(0, len(places) - 1, min(N_SAMPLE, len(places))).astype(int)


def project(latitude, longitude, number, letter):
    easting, northing, *_ = utm.from_latlon(
        latitude, longitude, force_zone_number=number, force_northern=letter >= "N"
    )
    # The package takes the equator for northern in any case.
    return easting, 1e7 if letter < "N" and latitude == 0.0 else northing


def one_place(latitude, longitude, extents=None):
    """Scan the borders of the place's zone, then visit its cells one by one."""
    number = utm.latlon_to_zone_number(latitude, longitude)
    letter = utm.latitude_to_zone_letter(latitude)
    name = f"{number}{letter}"
    if extents is None or name not in extents:
        south, west, north, east = utm_zone_bounds(utm_zone_ids(name)).tolist()
        eastings, northings = [], []
        for edge in (south, north):
            for step in range(int(east - west) * STEPS_A_DEGREE + 1):
                x, y = project(edge, west + step / STEPS_A_DEGREE, number, letter)
                eastings.append(x)
                northings.append(y)
        for edge in (west, east):
            for step in range(int(north - south) * STEPS_A_DEGREE + 1):
                x, y = project(south + step / STEPS_A_DEGREE, edge, number, letter)
                eastings.append(x)
                northings.append(y)
        extent = min(eastings), min(northings), max(eastings), max(northings)
        if extents is not None:
            extents[name] = extent
    else:
        extent = extents[name]
    west, south, east, north = extent
    width = (east - west) / N_CELLS_A_SIDE
    height = (north - south) / N_CELLS_A_SIDE
    x, y = project(latitude, longitude, number, letter)
    values = []
    for column in range(N_CELLS_A_SIDE):
        for row in range(N_CELLS_A_SIDE):
            center_x = west + (column + 0.5) * width
            center_y = south + (row + 0.5) * height
            distance = math.sqrt((x - center_x) ** 2 + (y - center_y) ** 2)
            values.append(math.exp(-distance / SIGMA_M))
    return values


def loop(inputs):
    places = inputs[0]
    return np.array([one_place(*pair) for pair in places[sample(places)].tolist()])


def remembering_loop(inputs):
    places, extents = inputs[0], {}
    chosen = places[sample(places)].tolist()
    return np.array([one_place(*pair, extents) for pair in chosen])


def exp(inputs):
    return np.exp(inputs[1])


def check(inputs, results):
    ours = results["ours"]
    assert ours.dtype == np.float32
    rows = sample(inputs[0])
    for name in ("loop", "loop, zones kept"):
        np.testing.assert_allclose(ours[rows], results[name], rtol=2e-4, atol=1e-12)


JOB = Job(
    name="soft_grid",
    question=f"nearness to the 400 cells of {N_ZONES} zones' grids, float32",
    make=make,
    runners={
        "ours": ours,
        "loop": loop,
        "loop, zones kept": remembering_loop,
        "bare exp": exp,
    },
    check=check,
    limits=frozenset({"bare exp"}),
    sampled={"loop": N_SAMPLE, "loop, zones kept": N_SAMPLE},
    goals=(
        Goal("loop", "ours", at_least=500.0),
        Goal("ours", "bare exp", at_most=3.0),
    ),
    unit="places",
    repeats=5,
    notes="The loop scans a zone's borders for every place, as published code does; "
    "the second one remembers them. The bare exp makes its own output, as ours does.",
)
