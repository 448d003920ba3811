# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is nearest to each of some centres on the globe: their Voronoi cells."""

import numpy as np
from scipy.spatial import QhullError, SphericalVoronoi

# A ring this near to a pole runs through it (in radians; a centimetre is 1.6e-9).
_AT_POLE = 1e-10


def voronoi_rings(vectors):
    """Return the corners of the Voronoi cell of each centre.

    Parameters
    ----------
    vectors : ndarray of shape (n_centers, 3)
        Distinct unit vectors, two or more.

    Returns
    -------
    list of ndarray of shape (n_corners, 3)
        Unit vectors of the corners, counterclockwise seen from above. Between them,
        borders are geodesics of less than half a turn.
    """
    if len(vectors) > 3:
        try:
            # Centres of a village are near to each other, and still not in one plane.
            diagram = SphericalVoronoi(vectors, threshold=1e-13)
        except (ValueError, QhullError):
            return _lunes(vectors)
        diagram.sort_vertices_of_regions()
        corners = diagram.vertices / np.linalg.norm(
            diagram.vertices, axis=1, keepdims=True
        )
        return [
            _counterclockwise(corners[region], center)
            for region, center in zip(diagram.regions, vectors, strict=True)
        ]
    return _lunes(vectors)


def ring_areas(rings, centers):
    """Return the areas on the unit sphere of convex rings around their centres."""
    areas = np.empty(len(rings))
    for i, (ring, center) in enumerate(zip(rings, centers, strict=True)):
        b, c = ring, np.roll(ring, -1, axis=0)
        volume = (center * np.cross(b, c)).sum(axis=1)
        cosines = 1.0 + b @ center + c @ center + (b * c).sum(axis=1)
        areas[i] = 2.0 * np.arctan2(volume, cosines).sum()
    return areas


def with_poles(points):
    """Put a pole that a ring of the sphere runs through among its points.

    Parameters
    ----------
    points : ndarray of shape (n_points, 3)
        Unit vectors.

    Returns
    -------
    ndarray of shape (n_points_now, 3)
        The same ring. Where it runs through a pole there is a point with exactly the
        pole's coordinates, as a map needs it.
    """
    points = points.copy()
    ends = np.roll(points, -1, axis=0)
    normals = np.cross(points, ends)
    lengths = np.linalg.norm(normals, axis=1)
    added = []
    for pole in (np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0])):
        near = np.linalg.norm(points - pole, axis=1) < _AT_POLE
        points[near] = pole
        near |= np.roll(near, -1)
        beside = np.abs(normals @ pole) < _AT_POLE * lengths
        # Along an edge that runs through it, a pole is less far from both ends than
        # they are from each other.
        apart = (points * ends).sum(axis=1)
        between = np.minimum(points @ pole, ends @ pole) > apart
        added += [(row + 1, pole) for row in np.flatnonzero(beside & between & ~near)]
    if not added:
        return points
    rows, poles = zip(*added, strict=True)
    return np.insert(points, rows, poles, axis=0)


def _lunes(vectors):
    """Return the cells of centres on one circle: lunes between the circle's poles."""
    axis = _axis(vectors)
    first = vectors[0] - (vectors[0] @ axis) * axis
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)
    angles = np.arctan2(vectors @ second, vectors @ first)
    order = np.argsort(angles, kind="stable")
    ahead = np.append(angles[order[1:]], angles[order[0]] + 2.0 * np.pi)
    borders = (angles[order] + ahead) / 2.0
    crossings = np.outer(np.cos(borders), first) + np.outer(np.sin(borders), second)
    rings = [None] * len(vectors)
    for i, center in enumerate(order):
        # Counterclockwise: up the eastern border and down the western one.
        east, west = crossings[i], crossings[i - 1]
        rings[center] = np.stack([-axis, east, axis, west])
    return rings


def _axis(vectors):
    """Return the unit vector around which the circle through all vectors runs."""
    if len(vectors) == 2:
        # Of all circles through two places, the great one; or any, if opposite.
        axis = np.cross(vectors[0], vectors[1])
        if np.linalg.norm(axis) < 1e-9:
            axis = np.cross(vectors[0], np.eye(3)[np.abs(vectors[0]).argmin()])
    else:
        _, _, axes = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
        axis = axes[2]
    return axis / np.linalg.norm(axis)


def _counterclockwise(ring, center):
    """Turn a ring round if it runs clockwise around its centre."""
    turn = np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0) @ center
    return ring if turn > 0.0 else ring[::-1]
