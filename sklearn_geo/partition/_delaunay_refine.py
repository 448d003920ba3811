# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A Delaunay mesh that grows where places are dense.

Every triangle that holds more than it may gets a new vertex amid its places, and the
mesh is triangulated anew, until no triangle holds too much or nothing changes.
"""

import functools

import numpy as np

from sklearn_geo.geometry import (
    SphericalDelaunay,
    km_to_chord,
    places_from_vectors,
    triangle_ids_at_level,
    triangle_vertices,
    unit_vectors,
)
from sklearn_geo.partition._cells import too_full

# Vertices nearer than this are one, and so are places this near to a vertex: it is the
# distance at which SphericalDelaunay merges, so below it nothing can be cut apart.
SPOT_KM = 0.005


@functools.cache
def base_mesh():
    """Return the Delaunay triangulation of the 932 corners of the base triangles.

    The corners are 30 rows of 31 and the two poles. Of the 1,922 base triangles, the
    62 that have an edge along a pole shrink to that point here, and 1,860 are left.
    """
    corners = triangle_vertices(triangle_ids_at_level(0)).reshape(-1, 2)
    return SphericalDelaunay(corners)


def grow_mesh(places, weights, max_per_cell, mesh):
    """Insert vertices until no triangle holds more than it may, or nothing changes.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Distinct places, in an order that does not depend on the data's.

    weights : ndarray of shape (n_places,)
        How much each place counts.

    max_per_cell : float
        The most that a triangle may hold.

    mesh : SphericalDelaunay
        The mesh to start from. It covers the globe.

    Returns
    -------
    mesh : SphericalDelaunay
        The mesh that has grown.

    at : ndarray of shape (n_places,), intp
        Which of its triangles each place lies in.
    """
    vectors = unit_vectors(places)
    at, settled = mesh.locate(places), True
    while True:
        inserted = _middles(mesh, at, vectors, weights, max_per_cell)
        grown = mesh
        if len(inserted):
            grown = SphericalDelaunay(
                np.concatenate([mesh.vertices, inserted]), merge_km=SPOT_KM
            )
        if len(grown.vertices) > len(mesh.vertices):
            at, settled = _move(mesh, grown, at, places), False
            mesh = grown
        elif settled:
            return mesh, at
        else:
            # Who owns a place on an edge depends on all triangles there, those that
            # have come since included. So look at every place before the end.
            at, settled = mesh.locate(places), True


def _move(old, new, at, places):
    """Locate places in a mesh that has grown, if their triangle is no more."""
    kept = _positions(new.simplices, old.simplices)
    at = kept[at]
    lost = at < 0
    at[lost] = new.locate(places[lost])
    return at


def _positions(triangles, wanted):
    """Return where each wanted triple of corners is among sorted ones, -1 if not."""
    both = np.concatenate([triangles, wanted])
    _, group = np.unique(both, axis=0, return_inverse=True)
    group = group.ravel()
    position = np.full(len(both), -1, dtype=np.intp)
    position[group[: len(triangles)]] = np.arange(len(triangles))
    return position[group[len(triangles) :]]


def _middles(mesh, at, vectors, weights, max_per_cell):
    """Return the places to insert: for each overfull triangle the mean of its places.

    Places in a corner (within 5 m) cannot be cut off from it, so the mean is that of
    the others. Where one corner alone holds too much and the others do not, no cut
    would help, and the triangle stays as it is.
    """
    n_triangles = len(mesh.simplices)
    held = np.bincount(at, weights=weights, minlength=n_triangles)
    rows = np.flatnonzero(too_full(held, max_per_cell)[at])
    if len(rows) == 0:
        return np.empty((0, 2))
    overfull, of = np.unique(at[rows], return_inverse=True)
    vectors, weights = vectors[rows], weights[rows]
    corners = unit_vectors(mesh.vertices)[mesh.simplices[overfull]]

    apart = np.linalg.norm(vectors[:, np.newaxis] - corners[of], axis=2)
    corner = apart.argmin(axis=1)
    in_corner = apart.min(axis=1) <= float(km_to_chord(SPOT_KM))
    at_corners = np.bincount(
        3 * of[in_corner] + corner[in_corner],
        weights=weights[in_corner],
        minlength=3 * len(overfull),
    ).reshape(-1, 3)
    elsewhere = np.bincount(
        of[~in_corner], weights=weights[~in_corner], minlength=len(overfull)
    )
    stuck = too_full(at_corners.max(axis=1), max_per_cell)
    hopeless = stuck & ~too_full(elsewhere, max_per_cell)

    # A triangle with places in its corners only is cut between the corners.
    used = ~(in_corner & (elsewhere > 0.0)[of]) & ~hopeless[of]
    means = _means(vectors[used], weights[used], of[used], len(overfull))
    means = _leave_corners(means, corners, vectors[~in_corner], of[~in_corner])
    return places_from_vectors(means[~hopeless])


def _means(vectors, weights, of, n_groups):
    """Return the unit vectors of the weighted means of groups."""
    sums = np.empty((n_groups, 3))
    for axis in range(3):
        sums[:, axis] = np.bincount(
            of, weights=weights * vectors[:, axis], minlength=n_groups
        )
    # Squares of large or small sums would be infinite or zero. To scale by a power of
    # two changes no digit.
    power = np.frexp(np.abs(sums).max(axis=1, keepdims=True))[1]
    sums = np.ldexp(sums, -power)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, length, out=sums, where=length > 0.0)


def _leave_corners(means, corners, vectors, of):
    """Replace means that fell into a corner by the place nearest to them."""
    apart = np.linalg.norm(means[:, np.newaxis] - corners, axis=2).min(axis=1)
    fallen = apart <= float(km_to_chord(SPOT_KM))
    for group in np.flatnonzero(fallen):
        own = vectors[of == group]
        if len(own):
            nearest = np.linalg.norm(own - means[group], axis=1).argmin()
            means[group] = own[nearest]
    return means
