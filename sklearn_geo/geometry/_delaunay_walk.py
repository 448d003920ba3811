# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which triangle of a mesh on the unit sphere a place lies in, by walking there."""

from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo.geometry._delaunay_mesh import (
    LID_TOLERANCE,
    mean_directions,
    signed_volumes,
    unit,
)

# How far (in radians; 25 nanometres) a place may be on the wrong side of an edge and
# still count as on it. The side is computed to about a quarter of that.
_EDGE_TOLERANCE = 4e-15

# An outer edge of 5 m may be tilted this much (in radians) by rounding.
_CLEARLY_BEYOND = 1e-9

# Steps of a walk: most need three; after a good start, fewer than the square root of
# the number of triangles are expected.
_SHORT_WALK = 20
_LONG_WALK = 2000


class TriangleWalk:
    """Walks across the triangles of one mesh.

    Parameters
    ----------
    vectors : ndarray of shape (n_vertices, 3)
        Unit vectors of the vertices.

    simplices, neighbors : ndarray of shape (n_triangles, 3)
        As in `SphericalDelaunay`.

    covers_globe : bool
        Whether every place lies in a triangle.
    """

    def __init__(self, vectors, simplices, neighbors, covers_globe):
        self.vectors = vectors
        self.simplices = simplices
        self.neighbors = neighbors
        self.covers_globe = covers_globe
        self._edge_normals = _edge_normals(vectors, simplices)

    def locate(self, vectors):
        """Return the triangle of each unit vector, -1 for none."""
        found = np.full(len(vectors), -1, dtype=np.intp)
        # A roughly nearest centre will do. The nearest is slow to tell from afar.
        start = self._centers.query(vectors, eps=0.5)[1]
        rows = np.arange(len(vectors))
        lost = self._walk(vectors, rows, start, found, _SHORT_WALK)
        if len(lost):
            # Long slivers: their centres say little about what is in them.
            start = self._best_of_sample(vectors[lost])
            lost = self._walk(vectors, lost, start, found, _LONG_WALK)
        for row in lost:
            found[row] = self._search(vectors[row])
        return found

    @cached_property
    def _centers(self):
        return cKDTree(mean_directions(self.vectors[self.simplices]))

    @cached_property
    def _first_triangle(self):
        """Smallest index among the triangles around each vertex."""
        first = np.full(len(self.vectors), len(self.simplices), dtype=np.intp)
        np.minimum.at(first, self.simplices, np.arange(len(self.simplices))[:, None])
        return first

    def _walk(self, vectors, rows, at, found, n_steps):
        """Write where rows end that walk from triangles, and return those that do not.

        The triangulated region is convex, so who is beyond an outer edge is outside.
        """
        astray = []
        for _ in range(n_steps):
            sides = self._sides(at, vectors[rows])
            farthest = sides.argmin(axis=1)
            least = sides[np.arange(len(rows)), farthest]
            inside = least > _EDGE_TOLERANCE
            found[rows[inside]] = at[inside]
            on_edge = np.flatnonzero(np.abs(least) <= _EDGE_TOLERANCE)
            if len(on_edge):
                owner = self._owner(at[on_edge], sides[on_edge], vectors[rows[on_edge]])
                found[rows[on_edge]] = owner
                astray.append(rows[on_edge[owner < 0]])
            onward = self.neighbors[at, farthest]
            walking = (least < -_EDGE_TOLERANCE) & (onward >= 0)
            if not self.covers_globe:
                beyond = (self.neighbors[at] < 0) & (sides < -_CLEARLY_BEYOND)
                walking &= ~beyond.any(axis=1)
            rows, at = rows[walking], onward[walking]
            if len(rows) == 0:
                break
        return np.concatenate([rows, *astray])

    @cached_property
    def _sample(self):
        """Poles of some random facets, and which facets these are."""
        n_triangles = len(self.simplices)
        n_sampled = min(n_triangles, int(4.0 * np.sqrt(n_triangles)))
        chosen = np.random.default_rng(0).choice(n_triangles, n_sampled, replace=False)
        corners = self.vectors[self.simplices[chosen]]
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        normals = np.cross(b - a, c - a)
        volumes = signed_volumes(corners)
        clear = volumes > LID_TOLERANCE * np.linalg.norm(normals, axis=1)
        return normals[clear] / volumes[clear, None], chosen[clear]

    def _best_of_sample(self, vectors):
        """Return the sampled facet whose plane the ray of each place meets first.

        The walk only goes to facets that are met earlier. Fewer than one in n_sampled
        of all is expected to be, so the walk is short wherever the vertices are.
        """
        best = np.zeros(len(vectors))
        at = np.zeros(len(vectors), dtype=np.intp)
        x, y, z = np.ascontiguousarray(vectors.T)
        for (pole_x, pole_y, pole_z), triangle in zip(*self._sample, strict=True):
            nearness = pole_x * x + pole_y * y + pole_z * z
            better = nearness > best
            best[better] = nearness[better]
            at[better] = triangle
        return at

    def _sides(self, at, vectors):
        """Sines of the distances to the three edges' geodesics, positive inside."""
        # Products and sums of columns round alike in every batch, a BLAS need not.
        product = self._edge_normals[at] * vectors[:, None, :]
        return product[..., 0] + product[..., 1] + product[..., 2]

    def _owner(self, at, sides, vectors):
        """Give places on an edge or a vertex to the first of the triangles there.

        In line with an edge is not on it: beyond the tip of a sliver, all three edges
        may be in line with a place. The answer to that is -1.
        """
        corners = self.simplices[at]
        starts, ends = corners[:, [1, 2, 0]], corners[:, [2, 0, 1]]
        from_start = vectors[:, None] - self.vectors[starts]
        from_end = vectors[:, None] - self.vectors[ends]
        between = (from_start * from_end).sum(axis=2) <= 0.0
        on_edge = between & (np.abs(sides) <= _EDGE_TOLERANCE)
        neighbors = self.neighbors[at]
        across = np.where(on_edge & (neighbors >= 0), neighbors, at[:, None])
        owner = np.minimum(at, across.min(axis=1))
        owner[~on_edge.any(axis=1)] = -1
        row, edge = np.nonzero((np.abs(from_start) <= _EDGE_TOLERANCE).all(axis=2))
        owner[row] = self._first_triangle[starts[row, edge]]
        return owner

    def _search(self, vector):
        """Try all triangles, for a place that slivers led astray."""
        every = np.arange(len(self.simplices))
        sides = self._sides(every, vector[None])
        least = sides.min(axis=1)
        inside = np.flatnonzero(least > _EDGE_TOLERANCE)
        if len(inside):
            return inside[0]
        near = np.flatnonzero(np.abs(least) <= _EDGE_TOLERANCE)
        owner = self._owner(near, sides[near], np.broadcast_to(vector, (len(near), 3)))
        owner = owner[owner >= 0]
        return owner.min() if len(owner) else -1


def _edge_normals(vectors, simplices):
    """Return the unit normals of the three edges' planes, pointing inwards."""
    start, end = simplices[:, [1, 2, 0]], simplices[:, [2, 0, 1]]
    # Both triangles at an edge compute the same normal, so their signs are opposite
    # exactly. Taking the difference first keeps the digits of short edges.
    low = vectors[np.minimum(start, end)]
    high = vectors[np.maximum(start, end)]
    normals = unit(np.cross(low, high - low))
    return np.where((start < end)[..., None], normals, -normals)
