# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Great-circle distances of pairs against the bare numpy expression."""

import numpy as np

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.geometry import haversine as ours


def make(n):
    return photo_places(n, random_state=0), photo_places(n, random_state=1)


def bare_expression(pairs):
    a, b = pairs
    lat1, lon1 = np.radians(a).T
    lat2, lon2 = np.radians(b).T
    h = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(h))


def check(pairs, results):
    np.testing.assert_allclose(
        results["ours"], results["bare numpy"], rtol=1e-9, atol=1e-9
    )


JOB = Job(
    name="haversine",
    question="haversine distance of pairs, in km",
    make=make,
    runners={"ours": lambda pairs: ours(*pairs), "bare numpy": bare_expression},
    check=check,
    goals=(Goal("bare numpy", "ours", at_least=0.9),),
    unit="pairs",
    notes="The bare expression is both what a user would write and the limit.",
)
