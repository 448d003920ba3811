# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Delaunay triangulation of places on the globe."""

import numpy as np
from scipy.spatial import cKDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.base import check_places
from sklearn_geo.geometry._arguments import check_radius, is_real
from sklearn_geo.geometry._delaunay_mesh import (
    check_spread,
    distinct,
    mean_directions,
    solid_angles,
    triangulate,
)
from sklearn_geo.geometry._delaunay_walk import TriangleWalk
from sklearn_geo.geometry._sphere import (
    EARTH_RADIUS_KM,
    km_to_chord,
    places_from_vectors,
    unit_vectors,
)

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
        A place no farther than this from an earlier vertex is no vertex, but merged
        with the nearest one. Float64 vectors of places less than about a metre apart
        cannot be told from points on a plane, so values below the default may make
        dense places fail. A place that was merged may lie just outside the
        triangulated region.

    Attributes
    ----------
    vertices : ndarray of shape (n_vertices, 2), float64
        The distinct places, in the order of their first appearance: more than
        `merge_km` apart, and every place is within it of one of them.

    vertex_of_place : ndarray of shape (n_places,), intp
        Index of the vertex that each given place is, or was merged with: the nearest.

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
        if not (is_real(merge_km) and 0.0 <= merge_km <= 1000.0):
            raise ValueError(
                f"merge_km must be from 0 to 1000 kilometres; got {merge_km!r}."
            )
        vectors = unit_vectors(places)
        first = distinct(vectors, float(km_to_chord(merge_km)))
        self._vectors = vectors[first]
        check_spread(self._vectors, len(places), merge_km)
        self.merge_km = merge_km
        self.vertices = places[first]
        # A vertex is its own nearest vertex.
        self.vertex_of_place = cKDTree(self._vectors).query(vectors)[1].astype(np.intp)
        self.simplices, self.neighbors, self.covers_globe = triangulate(
            self._vectors, merge_km
        )
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        self._walk = TriangleWalk(
            self._vectors, self.simplices, self.neighbors, self.covers_globe
        )

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
            found[batch] = self._walk.locate(unit_vectors(places[batch]))
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
        radius_km = check_radius(radius_km)
        return solid_angles(self._vectors[self.simplices]) * radius_km**2

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
        return places_from_vectors(mean_directions(self._vectors[self.simplices]))
