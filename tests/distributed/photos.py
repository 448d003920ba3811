# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos around borders of zones, in Parquet files that no zone has for itself."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.neighbors import GeoNeighborTagPropagator

LOCATION = ["latitude", "longitude"]


# A line for each time that this process was given a CountedTransformer.
LOADS = []


class CountedTransformer(GPS2VecPlusTransformer):
    """A transformer that notes when it is unpickled."""

    def __setstate__(self, state):
        LOADS.append(1)
        super().__setstate__(state)

    def __copy__(self):
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new


class GreedyPropagator(GeoNeighborTagPropagator):
    """A propagator that has no memory for photos in the north-west of the corner.

    As long as the file `mark` says "zone"; if it says "process", the process ends, as
    the system ends one that takes too much.
    """

    _parameter_constraints: dict = {
        **GeoNeighborTagPropagator._parameter_constraints,
        "mark": [str],
    }

    def __init__(self, n_neighbors=10, *, radius_km=None, mark=""):
        super().__init__(n_neighbors, radius_km=radius_km)
        self.mark = mark

    def fit(self, X, y=None):
        # A zone has all of its own photos, and only some of those around it.
        corner = X[(X[:, 1] > 11) & (X[:, 1] < 13)]
        quarters = 2 * (corner[:, 0] > 48) + (corner[:, 1] < 12)
        counts = np.bincount(quarters, minlength=4)
        if counts[3] > counts[:3].max():
            what = Path(self.mark).read_text()
            if what == "process":
                os._exit(1)
            if what == "zone":
                np.empty(1 << 60, dtype=np.uint8)
        return super().fit(X, y)


def make_photos(n=480, digits=2, untagged=False):
    """Photos at a corner of four UTM zones, and on both sides of the antimeridian.

    A tenth of them misses scenes; some lie far from all others, in a zone with too few.
    Places have few digits, so that many neighbours are equally far.
    """
    rng = np.random.default_rng(0)
    n_west = n // 2
    places = np.concatenate(
        [
            rng.uniform([47.7, 11.4], [48.3, 12.6], (n_west, 2)),
            rng.uniform([-0.4, 179.5], [0.4, 180.5], (n - n_west - 6, 2)),
            rng.uniform([40.0, -75.0], [40.1, -74.9], (6, 2)),
        ]
    )
    places = np.round(places[rng.permutation(n)], digits)
    scenes = rng.dirichlet(np.ones(3), n).round(4)
    scenes[rng.random(n) < 0.1] = np.nan
    tags = rng.random((n, 4)) < 0.3
    if not untagged:
        tags[~tags.any(axis=1), 0] = True
    frame = pd.DataFrame(places, columns=LOCATION)
    for number, name in enumerate(("beach", "city", "forest")):
        frame[f"scene_{name}"] = scenes[:, number]
    for number, name in enumerate(("sea", "sun", "tree", "car")):
        frame[f"tag_{name}"] = tags[:, number].astype(np.int8)
    return frame


def write_parquet(frame, folder, n_files=4):
    """Write a table to several files, rows in their order."""
    folder.mkdir(exist_ok=True)
    ends = np.linspace(0, len(frame), n_files + 1).astype(int)
    for number, (start, stop) in enumerate(pairwise(ends)):
        frame[start:stop].to_parquet(folder / f"part-{number:02d}.parquet", index=False)
    return str(folder / "*.parquet")


def make_transformer(**params):
    """Make a small transformer that learns scenes and propagated tags."""
    settings = {
        "contexts": {"scene": "scene_", "tag": "tag_"},
        "hidden": (6,),
        "max_iter": 2,
        "min_samples": 32,
        "random_state": 5,
        "fallback_samples": 150,
        "target_propagator": {"tag": GeoNeighborTagPropagator(4, radius_km=20)},
        **params,
    }
    return GPS2VecPlusTransformer(**settings)


def fit_in_memory(transformer, frame, teachers=None, **fit_params):
    """Fit the transformer as anybody would who holds all photos."""
    if teachers is None:
        teachers = [name for name in frame if name.startswith(("scene_", "tag_"))]
    return transformer.fit(frame[LOCATION], frame[teachers], **fit_params)


def assert_same_weights(first, second):
    """Compare all weights of all zones of two fitted transformers, bit by bit."""
    shelves = first._zones.shelf, second._zones.shelf
    assert shelves[0].zone_ids == shelves[1].zone_ids
    assert len(shelves[0]) > 1
    for zone in shelves[0].zone_ids:
        ours, theirs = (shelf.get(zone) for shelf in shelves)
        assert set(ours) == set(theirs)
        for name in ours:
            assert_array_equal(ours[name], theirs[name], err_msg=f"{zone} {name}")
