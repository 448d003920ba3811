# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags propagated to places against BallTree with the same weights and product."""

import time

import numpy as np
from scipy import sparse
from sklearn.neighbors import BallTree
from sklearn.preprocessing import normalize

from benchmarks._child import in_child
from benchmarks._harness import Goal, Job, Number
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.neighbors import GeoNeighborTagPropagator

N_NEIGHBORS = 150
SIGMA_KM = 10.0
N_TAGS = 2000
TAGS_A_PHOTO = 5
PHOTOS_A_QUERY = 10


def photos(n):
    """Return n places, and five tags for each photo."""
    rng = np.random.default_rng(2)
    columns = rng.integers(N_TAGS, size=n * TAGS_A_PHOTO, dtype=np.int32)
    indptr = np.arange(0, len(columns) + 1, TAGS_A_PHOTO, dtype=np.int32)
    tags = sparse.csr_array((np.ones(len(columns)), columns, indptr), (n, N_TAGS))
    tags.sum_duplicates()
    return photo_places(n, random_state=0), tags


def make(n):
    """Return both fitted: building an index takes seconds, and happens once."""
    places, tags = photos(n)
    queries = photo_places(n // PHOTOS_A_QUERY, random_state=1)
    encoder = GeoNeighborTagPropagator(N_NEIGHBORS, sigma_km=SIGMA_KM)
    tree = BallTree(np.radians(places), metric="haversine")
    return encoder.fit(places, tags), tree, tags, queries


def ours(inputs):
    encoder, _, _, queries = inputs
    return encoder.transform(queries)


def ball_tree(inputs):
    _, tree, tags, queries = inputs
    radians, rows = tree.query(np.radians(queries), k=N_NEIGHBORS)
    # Relative to the nearest photo: far from all of them weights would vanish.
    km = (radians - radians[:, :1]) * EARTH_RADIUS_KM
    weights = sparse.csr_array(
        (
            np.exp(km.ravel() / -SIGMA_KM),
            rows.ravel(),
            np.arange(0, rows.size + 1, N_NEIGHBORS),
        ),
        (len(queries), tags.shape[0]),
    )
    return normalize(weights @ tags, norm="l1", copy=False)


def work(n):
    """Index and propagate with nothing else in memory."""
    places, tags = photos(n)
    start = time.perf_counter()
    encoder = GeoNeighborTagPropagator(N_NEIGHBORS, sigma_km=SIGMA_KM)
    encoder.fit(places, tags)
    encoder.transform(photo_places(n // PHOTOS_A_QUERY, random_state=1))
    return {"seconds": time.perf_counter() - start}


def alone(inputs):
    return in_child("benchmarks.tag_propagation", "work", inputs[2].shape[0])


def check(inputs, results):
    ours, theirs = (sparse.csr_array(rows) for rows in results.values())
    assert ours.shape == theirs.shape
    assert abs(ours - theirs).max() < 1e-7


JOB = Job(
    name="tag_propagation",
    question=f"tags of the {N_NEIGHBORS} nearest photos, for a query every "
    f"{PHOTOS_A_QUERY} photos",
    make=make,
    runners={"ours": ours, "BallTree": ball_tree, "index, too": alone},
    check=check,
    limits=frozenset({"index, too"}),
    goals=(
        Goal("BallTree", "ours", at_least=10.0),
        Number("index, too", "peak MiB", at_most=4096.0),
    ),
    unit="photos",
    sizes=(10_000, 100_000, 1_000_000),
    quick_sizes=(2_000, 20_000),
    notes="Indices are built beforehand, but for the last column, which has a process "
    "of its own. One thread.",
)
