# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Leaf ids of places against a loop over s2sphere."""

import numpy as np
import s2sphere

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import s2_leaf_ids


def loop(places):
    return np.array(
        [
            s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lon)).id()
            for lat, lon in places.tolist()
        ],
        dtype=np.uint64,
    )


def bare_trigonometry(places):
    # No projection onto the cube can do with less than these four columns.
    radians = np.radians(places)
    return np.sin(radians), np.cos(radians)


def check(places, results):
    np.testing.assert_array_equal(results["ours"], results["s2sphere loop"])


JOB = Job(
    name="s2_leaf_ids",
    question="S2 leaf ids, equal bit for bit",
    make=photo_places,
    runners={
        "ours": s2_leaf_ids,
        "s2sphere loop": loop,
        "bare sin and cos": bare_trigonometry,
    },
    check=check,
    limits=frozenset({"bare sin and cos"}),
    goals=(Goal("s2sphere loop", "ours", at_least=25.0),),
    unit="places",
)
