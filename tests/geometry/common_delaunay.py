# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places to triangulate, and triangles found by trying all."""

import functools

import numpy as np

from sklearn_geo.geometry import SphericalDelaunay, destination
from tests.geometry.common import random_places

OCTAHEDRON = [[90, 0], [-90, 0], [0, 0], [0, 90], [0, 180], [0, -90]]
HALF = [[90, 0], [0, 0], [0, 90], [0, 180], [0, -90]]


def cluster(center, radius_km, n, seed=0):
    rng = np.random.default_rng(seed)
    distance = radius_km * np.sqrt(rng.random(n))
    return destination(np.tile(center, (n, 1)), rng.uniform(0, 360, n), distance)


def grid(latitudes, longitudes):
    rows, columns = np.meshgrid(latitudes, longitudes, indexing="ij")
    return np.column_stack([rows.ravel(), columns.ravel()])


def cartesian(places):
    """Unit vectors, written down anew."""
    latitude, longitude = np.radians(np.asarray(places, dtype=float)).T
    return np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )


CASES = {
    "octahedron": OCTAHEDRON,
    "half": HALF,
    "four": [[10, 20], [30, 40], [-50, 170], [5, -60]],
    "uniform": random_places(300),
    "few": random_places(9, seed=5),
    "city": cluster([48.85, 2.35], 20.0, 200),
    "across the antimeridian": cluster([10.0, 179.9], 300.0, 200),
    "around the pole": cluster([90.0, 0.0], 300.0, 200),
    "city and globe": np.r_[cluster([-33.9, 151.2], 5.0, 150), random_places(60)],
    "northern grid": grid(np.arange(0, 91, 15), np.arange(-180, 180, 15)),
    "eastern grid": grid(np.arange(-90, 91, 15), np.arange(0, 181, 15)),
    "full grid": grid(np.arange(-90, 91, 10), np.arange(-180, 180, 10)),
    "box": grid(np.arange(-20, 21, 5), np.arange(150, 211, 5)),
    "two caps": np.r_[cluster([90, 0], 50, 60), cluster([-90, 0], 50, 60)],
}


@functools.cache
def triangulated(name):
    return SphericalDelaunay(np.array(CASES[name], dtype=float))


def corner_vectors(delaunay):
    vectors = cartesian(delaunay.vertices)[delaunay.simplices]
    return vectors[:, 0], vectors[:, 1], vectors[:, 2]


def slow_locate(delaunay, places):
    """Try all triangles by the signs of three determinants.

    Returns the triangle, -1 for none, or -2 where a sign is too close to call.
    """
    a, b, c = corner_vectors(delaunay)
    query = cartesian(places)
    least = np.full((len(query), len(a)), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        normal = np.cross(start, end - start)
        least = np.minimum(least, query @ normal.T)
    answer = np.where(least.max(axis=1) > 0.0, least.argmax(axis=1), -1)
    answer[(np.abs(least) < 1e-15).any(axis=1)] = -2
    return answer
