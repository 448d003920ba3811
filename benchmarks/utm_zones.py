# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones of places against one call of `utm` a place."""

import numpy as np
import utm

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import utm_zone_names, utm_zones


def make(n):
    places = photo_places(n)
    places[:, 0] = np.clip(places[:, 0], -80.0, 84.0)  # `utm` knows no caps
    return places


def loop(places):
    return [
        f"{utm.latlon_to_zone_number(lat, lon)}{utm.latitude_to_zone_letter(lat)}"
        for lat, lon in places.tolist()
    ]


def copy(places):
    return places.copy(), np.empty(len(places), dtype=np.int16)


def check(places, results):
    np.testing.assert_array_equal(
        utm_zone_names(results["ours"]), results["utm a place"]
    )


JOB = Job(
    name="utm_zones",
    question="UTM zone number and band letter",
    make=make,
    runners={"ours": utm_zones, "utm a place": loop, "read and write": copy},
    check=check,
    limits=frozenset({"read and write"}),
    goals=(Goal("utm a place", "ours", at_least=20.0),),
    unit="places",
)
