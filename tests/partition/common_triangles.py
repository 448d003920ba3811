# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Both ways to refine triangles, written down slowly."""

import numpy as np

from sklearn_geo.geometry import SphericalDelaunay, triangle_vertices
from tests.geometry.common_delaunay import cartesian
from tests.geometry.common_triangles import BASE, bounds, owners, plane_point, refine

SPOT = 0.005 / 6371.0088  # five metres, in radians


def slow_midpoint(places, most, least, *, start_level=0, max_level=26, weights=None):
    """Split triangles of the plane, kept as fractions, at their midpoints.

    Returns the rows in each triangle that is kept, and in each that is dropped, by the
    level of the triangle and its corners in units of that level.
    """
    weights = [1] * len(places) if weights is None else list(weights)
    points = [plane_point(*place) for place in places.tolist()]
    kept, dropped = {}, {}

    def share(triangles, rows, level):
        low, high = bounds(triangles)
        own = [[] for _ in triangles]
        for row in rows:
            (owner,) = owners(low, high, points[row])
            own[owner].append(row)
        for corners, inside in zip(triangles, own, strict=True):
            total = sum(weights[row] for row in inside)
            if not inside:
                continue
            if level < max_level and (level < start_level or total > most):
                share(refine(corners), inside, level + 1)
            else:
                scaled = frozenset((u * 2**level, v * 2**level) for u, v in corners)
                (dropped if total < least else kept)[level, scaled] = inside

    share(BASE, range(len(places)), 0)
    return kept, dropped


def levels_and_corners(cells):
    """Say the same of the cells of a table, from their corners in degrees."""
    found = []
    for corners, level in zip(
        triangle_vertices(cells["id"]), cells["level"].tolist(), strict=True
    ):
        u = (corners[:, 1] + 180.0) * (31 * 2**level) / 360.0
        v = (np.sin(np.radians(corners[:, 0])) + 1.0) * (15.5 * 2**level)
        in_plane = np.rint(np.column_stack([u, v])).astype(int)
        found.append((level, frozenset(map(tuple, in_plane.tolist()))))
    return found


def slow_delaunay(places, most, weights=None):
    """Insert means until nothing changes, looking at all places in every round.

    Returns the mesh and, for every place, its triangle: the first one, among all, that
    it is not clearly outside of.
    """
    weights = np.ones(len(places)) if weights is None else np.asarray(weights, float)
    places = np.where(np.abs(places[:, :1]) == 90.0, places * [1.0, 0.0], places)
    vectors = cartesian(places)
    vertices = triangle_vertices(BASE_IDS).reshape(-1, 2)
    mesh = SphericalDelaunay(vertices)
    while True:
        at = slow_locate(mesh, vectors)
        new = []
        for triangle in range(len(mesh.simplices)):
            rows = np.flatnonzero(at == triangle)
            if weights[rows].sum() > most:
                mean = _mean(mesh, triangle, vectors[rows], weights[rows], most)
                if mean is not None:
                    new.append(mean)
        grown = SphericalDelaunay(np.vstack([mesh.vertices, *new]))
        if len(grown.vertices) == len(mesh.vertices):
            return mesh, at
        mesh = grown


def slow_locate(mesh, vectors):
    corners = cartesian(mesh.vertices)[mesh.simplices]
    normals = np.cross(corners, np.roll(corners, -1, axis=1))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    at = []
    for vector in vectors:
        inside = (normals @ vector >= -4e-15).all(axis=1)
        # In line with the edges of a sliver, beyond its tip, is not inside.
        inside &= (corners @ vector).max(axis=1) > 0.0
        at.append(np.flatnonzero(inside)[0])
    return np.array(at)


def _mean(mesh, triangle, vectors, weights, most):
    corners = cartesian(mesh.vertices[mesh.simplices[triangle]])
    corner_of = []
    for vector in vectors:
        apart = [np.linalg.norm(vector - corner) for corner in corners]
        corner_of.append(int(np.argmin(apart)) if min(apart) <= SPOT else None)
    elsewhere = [k for k, corner in enumerate(corner_of) if corner is None]
    heaviest = max(
        sum(w for w, at in zip(weights, corner_of, strict=True) if at == k)
        for k in range(3)
    )
    if heaviest > most and sum(weights[k] for k in elsewhere) <= most:
        return None
    used = elsewhere or range(len(vectors))
    mean = sum(weights[k] * vectors[k] for k in used)
    mean = mean / np.linalg.norm(mean)
    if min(np.linalg.norm(corners - mean, axis=1)) <= SPOT and elsewhere:
        mean = min(
            (vectors[k] for k in elsewhere), key=lambda v: np.linalg.norm(v - mean)
        )
    x, y, z = mean
    return np.degrees([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)])


BASE_IDS = (2 * np.arange(1922, dtype=np.uint64) + np.uint64(1)) << np.uint64(52)
