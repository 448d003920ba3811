# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A Delaunay mesh that grows, against rounds that look at every place."""

import time

import numpy as np
from scipy.spatial import cKDTree

from benchmarks._harness import Growth, Job, Measured, Number
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import (
    SphericalDelaunay,
    km_to_chord,
    places_from_vectors,
    triangle_ids_at_level,
    triangle_vertices,
    unit_vectors,
)
from sklearn_geo.partition import TrianglePartition

# About 5,000 cells, whatever the number of places.
SHARE = 2500


def limit(places):
    return max(len(places) / SHARE, 4.0)


def ours(places):
    most = limit(places)
    start = time.perf_counter()
    partition = TrianglePartition(most, most / 10, refine="delaunay").fit(places)
    seconds = time.perf_counter() - start
    corners = partition.mesh_.simplices[partition.cells_["id"]]
    numbers = {"seconds of a fit": seconds, "cells": partition.n_cells_}
    return Measured((corners, partition.cells_["count"]), seconds, numbers)


def whole_rounds(places):
    """Insert means as long as there are overfull triangles (no spot is overfull)."""
    most = limit(places)
    vectors = unit_vectors(places)
    corners = triangle_vertices(triangle_ids_at_level(0)).reshape(-1, 2)
    mesh = SphericalDelaunay(corners)
    while True:
        at = mesh.locate(places)
        counts = np.bincount(at, minlength=len(mesh.simplices))
        full = counts > most
        if not full.any():
            break
        # What is within 5 m of a vertex cannot be cut off from it.
        tree = cKDTree(unit_vectors(mesh.vertices))
        apart = (
            tree.query(vectors, distance_upper_bound=km_to_chord(0.005))[0] == np.inf
        )
        sums = [
            np.bincount(at, weights=axis * apart, minlength=len(counts))[full]
            for axis in vectors.T
        ]
        means = places_from_vectors(np.stack(sums, axis=1))
        mesh = SphericalDelaunay(np.vstack([mesh.vertices, means]))
    kept = counts >= most / 10
    return mesh.simplices[kept], counts[kept]


def one_triangulation(places):
    """Locate every place once in a mesh of as many triangles."""
    vertices = places[:: max(1, len(places) // SHARE)]
    return SphericalDelaunay(vertices).locate(places)


def check(_, results):
    for mine, theirs in zip(*results.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


JOB = Job(
    name="delaunay_partition",
    question="a Delaunay mesh refined to about 5,000 cells, equal corners and counts",
    make=photo_places,
    runners={
        "ours": ours,
        "whole rounds": whole_rounds,
        "one triangulation": one_triangulation,
    },
    check=check,
    limits=frozenset({"one triangulation"}),
    goals=(
        Number("ours", "seconds of a fit", at_most=60.0),
        Number("ours", "cells", at_least=4500.0),
        Growth("ours", at_most=1.1),
    ),
    unit="places",
    repeats=3,
)
