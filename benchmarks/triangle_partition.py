# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles of places, three floors and a binary search, against S2 and a tree."""

import numpy as np
import shapely

from benchmarks._harness import Goal, Growth, Job
from benchmarks._inputs import photo_places
from sklearn_geo.geometry import triangle_ids, triangle_vertices
from sklearn_geo.partition import S2Partition, TrianglePartition


def in_plane(places):
    """Return longitudes and sines of latitudes: edges of triangles are straight."""
    return places[..., 1], np.sin(np.radians(places[..., 0]))


def make(n):
    # 100 places a cell or so, and places that were not learnt from.
    learnt = photo_places(n, random_state=1)
    triangles = TrianglePartition(200, 5).fit(learnt)
    corners = triangle_vertices(triangles.cells_["id"])
    tree = shapely.STRtree(shapely.polygons(np.stack(in_plane(corners), axis=-1)))
    return triangles, S2Partition(200, 5).fit(learnt), tree, photo_places(n)


def ours(inputs):
    triangles, _, _, places = inputs
    return triangles.predict(places)


def s2(inputs):
    _, squares, _, places = inputs
    return squares.predict(places)


def polygons(inputs):
    _, _, tree, places = inputs
    points = shapely.points(*in_plane(places))
    place, cell = tree.query(points, predicate="intersects")
    cells = np.full(len(places), -1)
    cells[place] = cell
    return cells


def leaf_ids(inputs):
    return triangle_ids(inputs[3], 26)


def check(inputs, results):
    # A place in a thousand million is on an edge as far as rounding can tell.
    wrong = results["ours"] != results["polygons in a tree"]
    assert wrong.mean() < 1e-5


JOB = Job(
    name="triangle_partition",
    question="the cell of each place in an adaptive mesh of triangles, -1 outside",
    make=make,
    runners={
        "ours": ours,
        "S2Partition": s2,
        "polygons in a tree": polygons,
        "leaf ids alone": leaf_ids,
    },
    check=check,
    # The cells of S2 are others.
    limits=frozenset({"S2Partition", "leaf ids alone"}),
    goals=(
        Goal("ours", "S2Partition", at_most=3.0),
        Growth("ours", at_most=1.1),
    ),
    unit="places",
)
