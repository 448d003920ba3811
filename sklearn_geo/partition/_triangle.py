# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles that are as small as places are many."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.geometry import TRIANGLE_MAX_LEVEL
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._cells import too_full
from sklearn_geo.partition._delaunay_cells import DelaunayCells
from sklearn_geo.partition._midpoint_cells import TRIANGLE_GRID, MidpointCells
from sklearn_geo.partition._outlines import check_cell
from sklearn_geo.partition._quad_cells import check_limits

_CELLS = {"midpoint": MidpointCells, "delaunay": DelaunayCells}


class TrianglePartition(PlacePartition):
    r"""Cut the earth into triangles, refined where places are dense.

    Parameters
    ----------
    max_per_cell : float, default=1000
        Triangles that hold more places than this (more weight, if there are weights)
        are refined.

    min_per_cell : float, default=50
        Triangles that hold fewer places than this in the end are dropped, and their
        places are in no cell.

    refine : {"midpoint", "delaunay"}, default="midpoint"
        How triangles are made smaller:

        - "midpoint": each is cut into four of equal area by the midpoints of its
          edges. Cells are known by their ids alone; a cell of one partition is an
          ancestor of cells in a finer one.
        - "delaunay": a vertex is put amid the places of each overfull triangle and
          all vertices are triangulated anew. Cells follow the places more closely,
          and have no levels.

    start_level : int, default=0
        Triangles above this level are refined whatever they hold. Only for
        "midpoint".

    max_level : int, default=26
        Triangles of this level are not refined any more; one of level 26 has 0.6
        square centimetres. Only for "midpoint".

    uncovered : {"drop", "nearest", "error"}, default="drop"
        What a place in no cell gets: -1, the cell whose representative is nearest,
        or an error.

    representative : {"mean", "center", "medoid", "median"}, default="mean"
        What stands for a cell: the direction of the mean unit vector of its places
        (the imagery centroid of [1]_), the centre of the triangle, the place nearest
        to the mean, or the geometric median.

    Attributes
    ----------
    cells_ : ndarray of shape (n_cells,)
        Structured array, one record a cell: `name`, `id`, (with "midpoint") `level`,
        `count` and `weight` of its places, `latitude` and `longitude` of what
        stands for it, `center_latitude`, `center_longitude` and `area_km2`. Sorted by
        `id`, which is that of :func:`sklearn_geo.geometry.triangle_ids`, or the row
        of ``mesh_.simplices``.

    n_cells_ : int
        Number of cells.

    cell_names_ : ndarray of shape (n_cells,)
        Names of the cells: tokens of the ids, or "t" and the row in the mesh.

    oversized_cells_ : ndarray of int64
        Cells that hold more than `max_per_cell` all the same, because more places
        are at one spot than that.

    dropped_cells_ : ndarray of shape (n_dropped_cells,)
        The cells with fewer than `min_per_cell` places: `name`, `id`, (with
        "midpoint") `level`, `count` and `weight`.

    dropped_ : ndarray of int64
        Rows of the training places that are in no cell.

    mesh_ : SphericalDelaunay
        The whole mesh, dropped triangles included. Only with ``refine="delaunay"``.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2Partition : Nearly square cells, after the same rule.
    sklearn_geo.geometry.triangle_ids : The triangles of "midpoint".
    sklearn_geo.geometry.SphericalDelaunay : The triangles of "delaunay".

    Notes
    -----
    Section 3.1.1 of [1]_: the mesh begins as a structured grid of 31 x 31 with equal
    area in each triangle, here in the plane (longitude, sine of the latitude);
    triangles that hold more than the refinement limit are divided, and those
    with fewer than the minimum examples are dropped. How they are divided the paper
    does not say. Its meshes had

    ======= ====== ======= =====
    mesh    limit  minimum cells
    ======= ====== ======= =====
    coarse  8,000  1,000   538
    fine    5,000  500     6,565
    fineP   10,000 50      4,771
    ======= ====== ======= =====

    on 2 million (coarse) and 14 million photos. The coarse one was made on a sample
    and then filled with all photos: ``fit(sample).refill(places)``.

    *Midpoint.* A triangle of level l has the area
    :math:`4 \pi R^2 / (1922 \cdot 4^l)`. Edges are straight in the plane, so
    they are parts of parallels, of meridians and of oblique curves, not geodesics. A
    triangle owns its western, southern and south-western edges, so each place is
    in one triangle. Locating a place is three floors and one binary search among the
    cells.

    *Delaunay.* All edges are geodesics, from the start: the mesh begins as the
    Delaunay triangulation of the 932 corners of the base triangles. These are 1,860
    triangles, because 62 of the 1,922 have an edge along a pole, which is a point.
    Areas are not equal: from 0.83 of the mean of the 1,922 up to nearly twice it at the
    poles, and what the data make of them later. In a round, each overfull triangle
    gets a vertex at the mean of its places, and then all vertices are triangulated
    anew by the convex hull of their unit vectors; rounds go on until none is
    overfull or nothing changes. A place on an edge belongs to the first triangle
    there.

    Many places at one spot cannot be parted. With "midpoint" their triangle is cut
    down to `max_level`. With "delaunay" the spot becomes a vertex; places within 5 m of
    a corner stay out of the means that cut its triangle, and the triangle is not cut
    any more when what it holds elsewhere is no more than `max_per_cell`. Vertices less
    than 5 m apart are one, so that a few places within some 20 m of each other may stay
    together as well. All such cells are listed in `oversized_cells_`.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, section 3.1.1 and table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.partition import TrianglePartition
    >>> rng = np.random.default_rng(0)
    >>> paris = [48.86, 2.35] + rng.normal(scale=0.1, size=(3000, 2))
    >>> partition = TrianglePartition(max_per_cell=500, min_per_cell=20).fit(paris)
    >>> partition.n_cells_
    15
    >>> cells = partition.predict([[48.8584, 2.2945], [51.5, -0.12]])
    >>> cells
    array([11, -1])
    >>> partition.inverse_transform(cells).round(2)
    array([[48.87,  2.26],
           [  nan,   nan]])
    >>> meshed = TrianglePartition(500, 20, refine="delaunay").fit(paris)
    >>> meshed.n_cells_, meshed.mesh_
    (16, SphericalDelaunay(n_vertices=938, n_triangles=1872, covers_globe=True))
    """

    _parameter_constraints: dict = {
        **PlacePartition._parameter_constraints,
        "max_per_cell": [Interval(numbers.Real, 0, None, closed="neither")],
        "min_per_cell": [Interval(numbers.Real, 0, None, closed="neither")],
        "refine": [StrOptions(set(_CELLS))],
        "start_level": [
            Interval(numbers.Integral, 0, TRIANGLE_MAX_LEVEL, closed="both")
        ],
        "max_level": [Interval(numbers.Integral, 0, TRIANGLE_MAX_LEVEL, closed="both")],
    }

    _cell = "triangle"
    _feature_name = "triangle_cell"

    def __init__(
        self,
        max_per_cell=1000,
        min_per_cell=50,
        *,
        refine="midpoint",
        start_level=0,
        max_level=TRIANGLE_MAX_LEVEL,
        uncovered="drop",
        representative="mean",
    ):
        self.max_per_cell = max_per_cell
        self.min_per_cell = min_per_cell
        self.refine = refine
        self.start_level = start_level
        self.max_level = max_level
        self.uncovered = uncovered
        self.representative = representative

    @property
    def _grid(self):
        # Of the cells there are, whatever the parameter says by now.
        kind = type(self._cells) if hasattr(self, "_cells") else _CELLS.get(self.refine)
        return TRIANGLE_GRID if kind is MidpointCells else None

    def _check_limits(self):
        check_limits(self)

    def _learn(self, places, weights):
        self._check_limits()
        kind = _CELLS[self.refine]
        self._cells, labels, self.dropped_cells_ = kind.learn(self, places, weights)
        return labels

    def _recount_dropped(self, places, weights):
        self.dropped_cells_ = self._cells.recounted(
            self.dropped_cells_, places, weights
        )

    @property
    def mesh_(self):
        """The whole mesh of "delaunay", dropped triangles included."""
        check_is_fitted(self, "cells_")
        if not hasattr(self._cells, "mesh"):
            raise AttributeError(
                'mesh_ is there with refine="delaunay" only; triangles of "midpoint" '
                "are known by their ids, see sklearn_geo.geometry.triangle_vertices."
            )
        return self._cells.mesh

    def _describe(self):
        return self._cells.describe()

    def _locate(self, places):
        return self._cells.locate(places)

    @property
    def oversized_cells_(self):
        """Rows of `cells_` with more weight than `max_per_cell`."""
        return np.flatnonzero(too_full(self.cells_["weight"], self.max_per_cell))

    def cell_outline(self, cell, n_per_edge=8):
        """Give places along the border of a cell.

        Parameters
        ----------
        cell : int
            Which cell: a row of `cells_`.

        n_per_edge : int, default=8
            Pieces to cut each edge into.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Latitude and longitude, counter-clockwise, the first point not repeated.
            Longitudes go on beyond -180 and 180 where the border does.
        """
        check_is_fitted(self, "cells_")
        return self._cells.outline(check_cell(cell, self.n_cells_), n_per_edge)

    def _file_parameters(self):
        refine = next(n for n, kind in _CELLS.items() if isinstance(self._cells, kind))
        return {**super()._file_parameters(), "refine": refine}

    def _file_extra(self):
        return self._cells.to_json(self.dropped_cells_)

    def _restore(self, extra):
        kind = _CELLS[self.refine]
        self._cells, self.dropped_cells_ = kind.from_json(self, extra)
