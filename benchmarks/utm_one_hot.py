# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One-hot UTM zones against a loop over `utm` that feeds OneHotEncoder."""

import functools

import numpy as np
import utm
from sklearn.preprocessing import OneHotEncoder

from benchmarks._harness import Goal, Job
from benchmarks._inputs import photo_places
from sklearn_geo.encoding import UTMOneHotEncoder
from sklearn_geo.geometry import N_UTM_ZONES, utm_zone_names


@functools.cache
def encoders():
    ours = UTMOneHotEncoder(caps="ignore").fit([[0.0, 0.0]])
    names = utm_zone_names()[:N_UTM_ZONES].astype(object)
    theirs = OneHotEncoder(categories=[names]).fit(names[:, np.newaxis])
    return ours, theirs


def make(n):
    places = photo_places(n)
    places[:, 0] = np.clip(places[:, 0], -80.0, 84.0)  # `utm` knows no caps
    return places


def ours(places):
    return encoders()[0].transform(places)


def loop(places):
    zones = [
        f"{utm.latlon_to_zone_number(lat, lon)}{utm.latitude_to_zone_letter(lat)}"
        for lat, lon in places.tolist()
    ]
    return encoders()[1].transform(np.array(zones, dtype=object)[:, np.newaxis])


def read_and_write(places):
    # All that has to be read, and the three arrays of a CSR matrix.
    n = len(places)
    return (
        places.max(),
        np.ones(n),
        np.full(n, 7, dtype=np.int32),
        np.arange(n + 1, dtype=np.int32),
    )


def check(places, results):
    # The zones of "all" are in the order of their ids, and so are the categories.
    ours, theirs = results["ours"], results["utm loop"]
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours.indptr, theirs.indptr)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_array_equal(ours.data, theirs.data)


JOB = Job(
    name="utm_one_hot",
    question="one-hot UTM zones, as a CSR matrix",
    make=make,
    runners={"ours": ours, "utm loop": loop, "read and write": read_and_write},
    check=check,
    limits=frozenset({"read and write"}),
    goals=(
        Goal("utm loop", "ours", at_least=20.0),
        Goal("ours", "read and write", at_most=3.0),
    ),
    unit="places",
)
