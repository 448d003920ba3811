# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Delaunay triangulation on the sphere, and which triangle a place lies in.

The facets of the convex hull of unit vectors are the Delaunay triangles on the
sphere: the plane of a facet cuts a cap off the sphere, the circumcircle's inside, and
no other vertex lies beyond that plane.
"""

from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError, cKDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.base import check_places
from sklearn_geo.geometry._sphere import (
    EARTH_RADIUS_KM,
    km_to_chord,
    places_from_vectors,
    unit_vectors,
)

# How far (in radians; 25 nanometres) a place may be on the wrong side of an edge and
# still count as on it. The side is computed to about a quarter of that.
_EDGE_TOLERANCE = 4e-15

# A facet whose plane passes the centre this close is the lid of an empty hemisphere.
_LID_TOLERANCE = 1e-12

# Rounding of unit vectors moves an edge by less than this (a facet's plane then tilts
# by this over the facet's altitude).
_ROUNDING = 1e-15

# Vertices this close to one plane are on one circle.
_FLAT = 4e-15

# An outer edge of 5 m may be tilted this much (in radians) by rounding.
_CLEARLY_BEYOND = 1e-9

# Steps of a walk: most need three; after a good start, fewer than the square root of
# the number of triangles are expected.
_SHORT_WALK = 20
_LONG_WALK = 2000

# Memory of `locate` for one place, and the batch that stays in the cache.
_BYTES_A_PLACE = 600
_BATCH = 1 << 15


class SphericalDelaunay:
    """Delaunay triangulation of places on the globe.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees, at least four distinct places that are not
        all on one circle.

    merge_km : float, default=0.005
        Places closer than this to an earlier one are merged with it. Float64 vectors
        of places less than about a metre apart cannot be told from points on a plane,
        so values below the default may make dense places fail. A place that was
        merged may lie just outside the triangulated region.

    Attributes
    ----------
    vertices : ndarray of shape (n_vertices, 2), float64
        The distinct places, in the order of their first appearance.

    vertex_of_place : ndarray of shape (n_places,), intp
        Index of the vertex that each given place is, or was merged with.

    simplices : ndarray of shape (n_triangles, 3), intp
        Indices of the corners of each triangle, counterclockwise seen from above, the
        smallest first. Triangles are sorted by them.

    neighbors : ndarray of shape (n_triangles, 3), intp
        The k-th neighbour of a triangle is across the edge opposite to its k-th
        corner; -1 if there is none.

    covers_globe : bool
        Whether every place on the globe lies in a triangle. That is so unless some
        hemisphere has no vertex inside.

    Raises
    ------
    ValueError
        If fewer than four places are distinct, or all are on one circle.

    See Also
    --------
    triangle_ids : A hierarchy of triangles that does not depend on data.

    Notes
    -----
    The circumcircle of a triangle holds no vertex inside. Edges are geodesics, and an
    edge on the outside of the triangulated region is a geodesic too: the region is the
    smallest spherically convex one that holds all vertices. If that is less than
    the globe, then facets of the hull that turn their back on the region are no
    triangles and a place outside is in none.

    Where more than three vertices lie on one empty circle, as on every regular grid,
    each way to cut their polygon is a Delaunay triangulation, and one is taken.

    References
    ----------
    .. [1] K. Q. Brown, "Voronoi diagrams from convex hulls", Information Processing
       Letters 9(5), 1979.

    Examples
    --------
    >>> from sklearn_geo.geometry import SphericalDelaunay
    >>> octahedron = SphericalDelaunay(
    ...     [[90, 0], [-90, 0], [0, 0], [0, 90], [0, 180], [0, -90]]
    ... )
    >>> octahedron
    SphericalDelaunay(n_vertices=6, n_triangles=8, covers_globe=True)
    >>> octahedron.locate([[48.8584, 2.2945], [-33.8568, 151.2153]])
    array([0, 6])
    """

    def __init__(self, places, *, merge_km=0.005):
        places = check_places(places)
        if not 0.0 <= merge_km <= 1000.0:
            raise ValueError(
                f"merge_km must be from 0 to 1000 kilometres; got {merge_km!r}."
            )
        vectors = unit_vectors(places)
        first = _distinct(vectors, float(km_to_chord(merge_km)))
        self._vectors = vectors[first]
        _check_spread(self._vectors, len(places), merge_km)
        self.merge_km = merge_km
        self.vertices = places[first]
        # A vertex is its own nearest vertex.
        self.vertex_of_place = cKDTree(self._vectors).query(vectors)[1].astype(np.intp)
        simplices, self.covers_globe = _hull_triangles(self._vectors, merge_km)
        self.simplices = _canonical(simplices)
        self.neighbors = _neighbors(self.simplices)
        if not self._is_sound():
            raise _too_close(merge_km)
        self._edge_normals = _edge_normals(self._vectors, self.simplices)
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False

    def __repr__(self):
        return (
            f"{type(self).__name__}(n_vertices={len(self.vertices)}, "
            f"n_triangles={len(self.simplices)}, covers_globe={self.covers_globe})"
        )

    def locate(self, places):
        """Find the triangle that each place lies in.

        Parameters
        ----------
        places : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        ndarray of shape (n_places,), intp
            Indices of triangles, rows of `simplices`; -1 for a place in none.

        Notes
        -----
        From a triangle whose centre is near, a place walks across the edge that
        it is farthest beyond, until it is beyond none [1]_. The ray from the centre of
        the globe through the place meets the plane of each next triangle earlier, so
        the walk ends.

        A place on an edge or a vertex (within 25 nanometres) is given to the triangle
        with the smallest index around it. The answer depends on nothing but the place:
        neither on the batch nor on the order of rows.

        References
        ----------
        .. [1] O. Devillers, S. Pion and M. Teillaud, "Walking in a triangulation",
           International Journal of Foundations of Computer Science 13(2), 2002.

        Examples
        --------
        Half a globe, and places inside, outside and on a corner:

        >>> from sklearn_geo.geometry import SphericalDelaunay
        >>> half = SphericalDelaunay([[90, 0], [0, 0], [0, 90], [0, 180], [0, -90]])
        >>> half.locate([[30.0, 120.0], [-30.0, 120.0], [90.0, 0.0]])
        array([ 1, -1,  0])
        """
        places = check_places(places)
        found = np.empty(len(places), dtype=np.intp)
        fitting = int(get_config()["working_memory"] * 2**20) // _BYTES_A_PLACE
        n_rows = max(1, min(_BATCH, fitting))
        for batch in gen_batches(len(places), n_rows):
            found[batch] = self._locate(unit_vectors(places[batch]))
        return found

    def areas(self, *, radius_km=EARTH_RADIUS_KM):
        r"""Return the areas of the triangles.

        Parameters
        ----------
        radius_km : float, default=6371.0088
            Radius of the sphere in kilometres.

        Returns
        -------
        ndarray of shape (n_triangles,), float64
            Areas in square kilometres.

        Notes
        -----
        The spherical excess E of a triangle of unit vectors a, b, c is taken from

        .. math:: \tan(E / 2) = \frac{a \cdot (b - a) \times (c - a)}
            {1 + a \cdot b + b \cdot c + c \cdot a}

        which, unlike the sum of angles, keeps its digits in small triangles [1]_.

        References
        ----------
        .. [1] A. van Oosterom and J. Strackee, "The solid angle of a plane triangle",
           IEEE Transactions on Biomedical Engineering 30(2), 1983.

        Examples
        --------
        >>> from sklearn_geo.geometry import SphericalDelaunay
        >>> half = SphericalDelaunay([[90, 0], [0, 0], [0, 90], [0, 180], [0, -90]])
        >>> (half.areas(radius_km=1.0) / np.pi).round(3)
        array([0.5, 0.5, 0.5, 0.5])
        """
        corners = self._vectors[self.simplices]
        # A sliver thinner than rounding may come out with either sign.
        return _solid_angles(corners, np.abs(_volumes(corners))) * radius_km**2

    def centers(self):
        """Return one place inside each triangle.

        Returns
        -------
        ndarray of shape (n_triangles, 2), float64
            Latitude and longitude, in degrees, of the direction of the mean of the
            corners' unit vectors.

        Examples
        --------
        >>> from sklearn_geo.geometry import SphericalDelaunay
        >>> half = SphericalDelaunay([[90, 0], [0, 0], [0, 90], [0, 180], [0, -90]])
        >>> half.centers()[:2].round(2)
        array([[ 35.26,  45.  ],
               [ 35.26, 135.  ]])
        """
        return places_from_vectors(self._center_vectors())

    def _center_vectors(self):
        return _unit(self._vectors[self.simplices].sum(axis=1))

    @cached_property
    def _center_tree(self):
        return cKDTree(self._center_vectors())

    @cached_property
    def _first_triangle(self):
        """Smallest index among the triangles around each vertex."""
        first = np.full(len(self.vertices), len(self.simplices), dtype=np.intp)
        np.minimum.at(first, self.simplices, np.arange(len(self.simplices))[:, None])
        return first

    def _locate(self, vectors):
        found = np.full(len(vectors), -1, dtype=np.intp)
        # A roughly nearest centre will do. The nearest is slow to tell from afar.
        start = self._center_tree.query(vectors, eps=0.5)[1]
        rows = np.arange(len(vectors))
        lost = self._walk(vectors, rows, start, found, _SHORT_WALK)
        if len(lost):
            # Long slivers: their centres say little about what is in them.
            start = self._best_of_sample(vectors[lost])
            lost = self._walk(vectors, lost, start, found, _LONG_WALK)
        for row in lost:
            found[row] = self._search(vectors[row])
        return found

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
        corners = self._vectors[self.simplices[chosen]]
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        normals = np.cross(b - a, c - a)
        volumes = _volumes(corners)
        clear = volumes > _LID_TOLERANCE * np.linalg.norm(normals, axis=1)
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
        from_start = vectors[:, None] - self._vectors[starts]
        from_end = vectors[:, None] - self._vectors[ends]
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

    def _is_sound(self):
        """Tell whether the triangles cover the globe, or a disk on it, once."""
        if self.neighbors is None:
            return False
        n_vertices = len(np.unique(self.simplices))
        n_outer = int((self.neighbors < 0).sum())
        n_edges = (self.simplices.size + n_outer) // 2
        euler = n_vertices - n_edges + len(self.simplices)
        if not self.covers_globe:
            return euler == 1
        whole = abs(self.areas(radius_km=1.0).sum() - 4.0 * np.pi) < 1e-6
        return euler == 2 and n_outer == 0 and whole


def _distinct(vectors, chord):
    """Return, ascending, indices of vectors not within a chord of an earlier one."""
    # One vector a cube whose diagonal is shorter than the chord: however many places
    # there are at one spot, the pairs below stay few.
    cubes = np.floor(vectors * (2.0 / chord)) if chord > 0.0 else vectors + 0.0
    order = np.lexsort(cubes.T)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (cubes[order[1:]] != cubes[order[:-1]]).any(axis=1)
    # lexsort is stable, so the first of a cube is the earliest.
    first = np.sort(order[new])
    if chord > 0.0:
        pairs = cKDTree(vectors[first]).query_pairs(chord, output_type="ndarray")
        stays = np.ones(len(first), dtype=bool)
        for earlier, later in pairs[np.lexsort(pairs.T[::-1])].tolist():
            if stays[earlier]:
                stays[later] = False
        first = first[stays]
    return first


def _check_spread(vectors, n_places, merge_km):
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
    volumes = _volumes(corners)
    edges = corners - np.roll(corners, 1, axis=1)
    longest = np.sqrt((edges**2).sum(axis=2).max(axis=1))
    twice_area = np.linalg.norm(np.cross(edges[:, 1], edges[:, 2]), axis=1)
    # How far the centre of the globe is inside a facet's plane is known from Qhull,
    # which may share one plane among coplanar facets, and from the corners.
    depth = np.minimum(-hull.equations[:, 3] * twice_area, np.abs(volumes))
    facing = depth > _LID_TOLERANCE * twice_area + _ROUNDING * longest
    # Facets that face outwards are Delaunay triangles. They cover the globe, or at
    # most a hemisphere: no rounding can confuse the two.
    areas = _solid_angles(corners, np.abs(volumes))
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
    """Turn triangles that are not sure to be counterclockwise as the sure ones are."""
    sure = sure.copy()
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
    links = coo_array((np.ones(len(one), bool), (one, other)), (len(mask), len(mask)))
    piece = connected_components(links, directed=False)[1]
    largest = np.bincount(piece, weights=np.where(mask, areas, 0.0)).argmax()
    return mask & (piece == largest)


def _volumes(corners):
    """Six times the volume between each triangle and the centre, with its sign."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    # Differences of close places are exact; their products then keep all digits.
    return (a * np.cross(b - a, c - a)).sum(axis=1)


def _solid_angles(corners, volumes):
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return 2.0 * np.arctan2(volumes, 1.0 + (a * b + b * c + c * a).sum(axis=1))


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


def _edge_normals(vectors, simplices):
    """Return the unit normals of the three edges' planes, pointing inwards."""
    start, end = simplices[:, [1, 2, 0]], simplices[:, [2, 0, 1]]
    # Both triangles at an edge compute the same normal, so their signs are opposite
    # exactly. Taking the difference first keeps the digits of short edges.
    low = vectors[np.minimum(start, end)]
    high = vectors[np.maximum(start, end)]
    normals = _unit(np.cross(low, high - low))
    return np.where((start < end)[..., None], normals, -normals)


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
