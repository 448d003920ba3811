# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells around the centres of k-means on the sphere."""

import numbers
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.geometry import EARTH_RADIUS_KM, places_from_vectors, unit_vectors
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._equal_places import merge_near
from sklearn_geo.partition._outlines import (
    along_geodesics,
    check_cell,
    check_n_per_edge,
    ring_on_map,
)
from sklearn_geo.partition._spherical_kmeans import nearest, spherical_kmeans
from sklearn_geo.partition._voronoi import ring_areas, voronoi_rings, with_poles

# Batches that stay in the processor's cache are faster than whole columns.
_BATCH = 1 << 15


class KMeansPartition(PlacePartition):
    r"""Cut the earth into what is nearest to each of some centres, found by k-means.

    Parameters
    ----------
    n_cells : int, default=100
        Number of cells.

    algorithm : {"lloyd", "minibatch"}, default="lloyd"
        What finds the centres to start from: scikit-learn's
        :class:`~sklearn.cluster.KMeans`, or :class:`~sklearn.cluster.MiniBatchKMeans`,
        which is faster for many places and cells.

    n_init : "auto" or int, default="auto"
        How often scikit-learn starts from other centres; "auto" is once.

    max_iter : int, default=300
        Most rounds of scikit-learn's search, and of the search on the sphere that
        follows it.

    tol : float, default=1e-4
        The search on the sphere ends when no more than this share of the weight changes
        its cell in a round. With fewer than 10,000 places, all of one weight, that is
        when none does.

    representative : {"mean", "center", "medoid", "median"}, default="mean"
        What stands for a cell: the direction of the mean unit vector of its places,
        its centre (the same to about a metre, unless the search ended early or the
        partition was refilled), the place nearest to the mean, or the geometric median.

    random_state : int, RandomState instance or None, default=None
        Where k-means starts. Pass an int for the same cells in every call.

    Attributes
    ----------
    cells_ : ndarray of shape (n_cells,)
        Structured array, one record a cell: `name`, `count` and `weight` of its
        places, `latitude` and `longitude` of what stands for it, `center_latitude`,
        `center_longitude` and `area_km2`. Sorted by the centres, from south to north.

    n_cells_ : int
        Number of cells. It is smaller than `n_cells` if some centre was nearest to
        no place in the end, which is rare with "lloyd".

    cell_names_ : ndarray of shape (n_cells,)
        Names of the cells: "kmeans_0" and so on.

    n_iter_ : int
        Rounds of the search on the sphere.

    dropped_ : ndarray of int64
        Always empty: every place is nearest to some centre.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2Partition : Cells from a grid, as many as the places ask for.
    AreaPartition : Cells from polygons.

    Notes
    -----
    Spherical k-means [1]_ looks for unit vectors :math:`c_1, \dots, c_k` that make
    :math:`\sum_i w_i \max_j c_j \cdot x_i` as large as it can be. Each place belongs
    to the nearest centre, and each centre is the direction of the sum of its places.
    The search starts from k-means of the unit vectors in space.

    The cells are a Voronoi diagram: they cover the globe, and their borders are
    geodesics. Places within about a metre count as one place with their weights added,
    and the order of rows does not matter.

    References
    ----------
    .. [1] I. S. Dhillon and D. S. Modha, "Concept decompositions for large sparse
       text data using clustering", Machine Learning 42, 2001.

    Examples
    --------
    >>> from sklearn_geo.partition import KMeansPartition
    >>> places = [[48.9, 2.3], [48.8, 2.4], [51.5, -0.1], [40.7, -74.0]]
    >>> partition = KMeansPartition(3, random_state=0).fit(places)
    >>> partition.predict(places)
    array([1, 1, 2, 0])
    >>> partition.inverse_transform([1]).round(2)
    array([[48.85,  2.35]])
    """

    # Every place is in a cell: there is no `uncovered` to choose.
    _parameter_constraints: dict = {
        "n_cells": [Interval(numbers.Integral, 1, None, closed="left")],
        "algorithm": [StrOptions({"lloyd", "minibatch"})],
        "n_init": [
            StrOptions({"auto"}),
            Interval(numbers.Integral, 1, None, closed="left"),
        ],
        "max_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "tol": [Interval(numbers.Real, 0, None, closed="left")],
        "representative": PlacePartition._parameter_constraints["representative"],
        "random_state": ["random_state"],
    }
    uncovered = "drop"

    _cell = "k-means cell"
    _feature_name = "kmeans_cell"

    def __init__(
        self,
        n_cells=100,
        *,
        algorithm="lloyd",
        n_init="auto",
        max_iter=300,
        tol=1e-4,
        representative="mean",
        random_state=None,
    ):
        self.n_cells = n_cells
        self.algorithm = algorithm
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.representative = representative
        self.random_state = random_state

    def _learn(self, places, weights):
        merged, masses = merge_near(places, weights)
        if self.n_cells > len(merged):
            raise ValueError(
                f"n_cells={self.n_cells} is more than the number of distinct places, "
                f"{len(merged)} (n_samples={len(places)}), and every cell needs one. "
                "Lower n_cells, or fit on more places. Places within about a metre "
                "count as one."
            )
        centers, self.n_iter_ = spherical_kmeans(
            unit_vectors(merged),
            masses,
            self.n_cells,
            algorithm=self.algorithm,
            n_init=self.n_init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        centers = places_from_vectors(centers)
        centers = centers[np.lexsort(centers.T[::-1])]
        labels = _Nearest(centers).locate(places)
        # Of centres a metre apart, one may be nearest to merged places only.
        filled = np.unique(labels)
        self._cells = _Nearest(centers[filled])
        return np.searchsorted(filled, labels)

    def _describe(self):
        names = [f"kmeans_{k}" for k in range(len(self._cells.places))]
        return {"name": names}, self._cells.places, self._cells.areas_km2()

    def _locate(self, places):
        return self._cells.locate(places)

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
        cell = check_cell(cell, self.n_cells_)
        check_n_per_edge(n_per_edge)
        if self.n_cells_ == 1:
            return np.array([[-90, -180], [-90, 180], [90, 180], [90, -180]], float)
        ring = with_poles(along_geodesics(self._cells.rings[cell], n_per_edge))
        return ring_on_map(ring, self.cells_["center_longitude"][cell])

    def _file_parameters(self):
        parameters = super()._file_parameters()
        if not isinstance(self.random_state, numbers.Integral):
            # The state of a generator is no parameter of the cells it has led to.
            parameters["random_state"] = None
        return parameters

    def _file_extra(self):
        return {"n_iter": self.n_iter_}

    def _restore(self, extra):
        self.n_iter_ = int(extra["n_iter"])
        centers = [self.cells_["center_latitude"], self.cells_["center_longitude"]]
        self._cells = _Nearest(np.column_stack(centers))


class _Nearest:
    """Centres, and what is nearest to them.

    Parameters
    ----------
    places : ndarray of shape (n_centers, 2)
        Latitude and longitude.
    """

    def __init__(self, places):
        self.places = places
        self.vectors = unit_vectors(places)
        self._tree = cKDTree(self.vectors)

    def locate(self, places):
        """Return the nearest centre of each place, as int64."""
        cells = np.empty(len(places), dtype=np.int64)
        for batch in gen_batches(len(places), _BATCH):
            cells[batch] = nearest(self._tree, unit_vectors(places[batch]))
        return cells

    @cached_property
    def rings(self):
        """Corners of the cells."""
        return voronoi_rings(self.vectors)

    def areas_km2(self):
        """Return the areas of the cells."""
        if len(self.vectors) == 1:
            return np.array([4.0 * np.pi]) * EARTH_RADIUS_KM**2
        return ring_areas(self.rings, self.vectors) * EARTH_RADIUS_KM**2
