# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Delaunay triangles of unit vectors: the facets of their convex hull.

The plane of a facet cuts a cap off the sphere, the circumcircle's inside, and no other
vertex lies beyond that plane.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError, cKDTree

# A facet whose plane passes the centre this close is the lid of an empty hemisphere.
LID_TOLERANCE = 1e-12

# Rounding of unit vectors moves an edge by less than this (a facet's plane then tilts
# by this over the facet's altitude).
_ROUNDING = 1e-15

# Vertices this close to one plane are on one circle.
_FLAT = 4e-15


def distinct(vectors, chord):
    """Return, ascending, indices of vectors not within a chord of an earlier one.

    Earlier ones that are left out themselves do not count. So vectors that stay are
    farther apart than the chord, and all others are within it of one that stays.
    """
    # Copies go first: a k-d tree cannot part them.
    order = np.lexsort(vectors.T)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (vectors[order[1:]] != vectors[order[:-1]]).any(axis=1)
    # lexsort is stable, so the first of equal vectors is the earliest.
    first = np.sort(order[new])
    if chord > 0.0:
        tree = cKDTree(vectors[first])
        # A vector that has no other near stays. Neighbours in the tree's order mostly
        # are near each other, and the rest is asked for in that order too, so that the
        # ways through the tree stay in the cache.
        rows, beyond = tree.indices, 1.001 * chord
        data = tree.data[rows]
        lonely = np.ones(len(rows), dtype=bool)
        close = ((data[1:] - data[:-1]) ** 2).sum(axis=1) <= chord**2
        lonely[1:][close] = lonely[:-1][close] = False
        asked = np.flatnonzero(lonely)
        nearest = tree.query(data[asked], k=[2], distance_upper_bound=beyond)[0]
        lonely[asked[nearest[:, 0] < beyond]] = False
        # The balls around vectors that stay, as these are apart, hold no more than a
        # few times what there is, however dense it lies.
        stays = np.ones(len(first), dtype=bool)
        for index in np.sort(rows[~lonely]).tolist():
            if stays[index]:
                ball = np.array(tree.query_ball_point(tree.data[index], chord))
                stays[ball[ball > index]] = False
        first = first[stays]
    return first


def check_spread(vectors, n_places, merge_km):
    """Raise a ValueError for distinct vectors that bound no triangles."""
    if len(vectors) < 4:
        raise ValueError(
            f"A triangulation needs at least four distinct places; of the {n_places} "
            f"given, {len(vectors)} are distinct (more than merge_km={merge_km} apart)."
            " Add places, for example the corners of the region around them."
        )
    centered = vectors - vectors.mean(axis=0)
    normal = np.linalg.svd(centered, full_matrices=False)[2][2]
    if np.abs(centered @ normal).max() <= _FLAT:
        raise _on_one_circle(len(vectors))


def triangulate(vectors, merge_km):
    """Return the triangles, their neighbours and whether they cover the globe."""
    simplices, covers_globe = _hull_triangles(vectors, merge_km)
    simplices = _canonical(simplices)
    neighbors = _neighbors(simplices)
    if not _is_sound(vectors, simplices, neighbors, covers_globe):
        raise _too_close(merge_km)
    return simplices, neighbors, covers_globe


def solid_angles(corners, volumes=None):
    """Return the areas of triangles on the unit sphere."""
    if volumes is None:
        volumes = signed_volumes(corners)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    # A sliver thinner than rounding may come out with either sign.
    return 2.0 * np.arctan2(np.abs(volumes), 1.0 + (a * b + b * c + c * a).sum(axis=1))


def signed_volumes(corners):
    """Return six times the volume between each triangle and the centre, signed."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    # Differences of close places are exact; their products then keep all digits.
    return (a * np.cross(b - a, c - a)).sum(axis=1)


def mean_directions(corners):
    """Return the unit vectors amid the corners of triangles."""
    return unit(corners.sum(axis=1))


def unit(vectors):
    """Return vectors shortened or stretched to length one."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _hull_triangles(vectors, merge_km):
    """Return the Delaunay triangles, counterclockwise, and whether they cover all."""
    try:
        hull = ConvexHull(vectors, qhull_options="Qt")
    except QhullError as error:
        raise _on_one_circle(len(vectors)) from error
    if len(hull.vertices) < len(vectors):
        raise _too_close(merge_km)
    simplices = hull.simplices.astype(np.intp)
    corners = vectors[simplices]
    volumes = signed_volumes(corners)
    edges = corners - np.roll(corners, 1, axis=1)
    longest = np.sqrt((edges**2).sum(axis=2).max(axis=1))
    twice_area = np.linalg.norm(np.cross(edges[:, 1], edges[:, 2]), axis=1)
    # How far the centre of the globe is inside a facet's plane is known from Qhull,
    # which may share one plane among coplanar facets, and from the corners.
    depth = np.minimum(-hull.equations[:, 3] * twice_area, np.abs(volumes))
    facing = depth > LID_TOLERANCE * twice_area + _ROUNDING * longest
    # Facets that face outwards are Delaunay triangles. They cover the globe, or at
    # most a hemisphere: no rounding can confuse the two.
    areas = solid_angles(corners, volumes)
    covers_globe = bool(areas[facing].sum() > 3.0 * np.pi)
    if covers_globe:
        kept = np.ones(len(simplices), dtype=bool)
    else:
        # Facets that face the centre are the back of the hull, one connected piece.
        # Where rounding hides how a sliver faces, it goes with what is around it.
        front = _largest_piece(facing, hull.neighbors, twice_area)
        kept = ~_largest_piece(~front, hull.neighbors, twice_area)
    simplices[volumes < 0.0] = simplices[volumes < 0.0][:, [0, 2, 1]]
    return _turn_slivers(simplices[kept], facing[kept]), covers_globe


def _turn_slivers(simplices, sure):
    """Turn triangles that are not sure to be counterclockwise as the sure ones are.

    Both arrays are changed in place.
    """
    while not sure.all():
        start, _, one, other, _ = _paired_edges(simplices)
        one, other = np.r_[one, other], np.r_[other, one]
        known = sure[one // 3] & ~sure[other // 3]
        if not known.any():
            break
        one, other = one[known], other[known]
        # Along their common edge, two triangles run in opposite directions.
        wrong = np.unique(other[start[one] == start[other]] // 3)
        sure[other // 3] = True
        simplices[wrong] = simplices[wrong][:, [0, 2, 1]]
    return simplices


def _largest_piece(mask, neighbors, areas):
    """Return the connected facets of a mask that have the largest area together."""
    one, corner = np.nonzero(mask[:, None] & mask[neighbors])
    other = neighbors[one, corner]
    # Graphs of scipy 1.11 have indices of 32 bits, as Qhull's own are.
    ends = (one.astype(np.int32), other.astype(np.int32))
    links = coo_array((np.ones(len(one), bool), ends), (len(mask), len(mask)))
    piece = connected_components(links, directed=False)[1]
    largest = np.bincount(piece, weights=np.where(mask, areas, 0.0)).argmax()
    return mask & (piece == largest)


def _canonical(simplices):
    """Turn the smallest vertex of each triangle to the front, and sort triangles."""
    turn = (simplices.argmin(axis=1)[:, None] + np.arange(3)) % 3
    simplices = np.take_along_axis(simplices, turn, axis=1)
    return simplices[np.lexsort(simplices.T[::-1])]


def _paired_edges(simplices):
    """Return the edges' ends, the pairs of equal edges, and if one is there thrice."""
    start = simplices[:, [1, 2, 0]].ravel()
    end = simplices[:, [2, 0, 1]].ravel()
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    same = (low[1:] == low[:-1]) & (high[1:] == high[:-1])
    return start, end, order[:-1][same], order[1:][same], (same[1:] & same[:-1]).any()


def _neighbors(simplices):
    """Pair triangles by their edges; None if some edge has no two proper sides."""
    start, end, one, other, thrice = _paired_edges(simplices)
    # Two triangles on the same side of an edge would overlap.
    if thrice or (start[one] != end[other]).any():
        return None
    neighbors = np.full(simplices.size, -1, dtype=np.intp)
    neighbors[one], neighbors[other] = other // 3, one // 3
    return neighbors.reshape(-1, 3)


def _is_sound(vectors, simplices, neighbors, covers_globe):
    """Tell whether the triangles cover the globe, or a disk on it, once."""
    if neighbors is None:
        return False
    n_vertices = len(np.unique(simplices))
    n_outer = int((neighbors < 0).sum())
    n_edges = (simplices.size + n_outer) // 2
    euler = n_vertices - n_edges + len(simplices)
    if not covers_globe:
        return euler == 1
    whole = abs(solid_angles(vectors[simplices]).sum() - 4.0 * np.pi) < 1e-6
    return euler == 2 and n_outer == 0 and whole


def _on_one_circle(n_vertices):
    return ValueError(
        f"All {n_vertices} distinct places lie on one circle (a parallel or a "
        "meridian, for example), which bounds no triangles. Add a place off that "
        "circle, for example a pole."
    )


def _too_close(merge_km):
    return ValueError(
        "The places cannot be triangulated in double precision: some are too close "
        f"together for it. Raise merge_km, now {merge_km}, so that they are merged."
    )
