# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2 cells that are small where there are many places (ECCV 2018, section 3.1)."""

import numbers
import warnings

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._settings import check_strictly
from sklearn_geo.geometry import (
    S2_MAX_LEVEL,
    places_from_vectors,
    s2_areas,
    s2_centers,
    s2_children,
    s2_ids_at_level,
    s2_ids_from_tokens,
    s2_leaf_ids,
    s2_levels,
    s2_ranges,
    s2_tokens,
    s2_vertices,
    unit_vectors,
)
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._cells import (
    blocks_of,
    filled_table,
    read_weights,
    too_full,
)
from sklearn_geo.partition._outlines import along_geodesics, check_cell, rings_on_map
from sklearn_geo.partition._quad_cells import (
    QuadGrid,
    SortedLeaves,
    check_limits,
    dropped_from_json,
    dropped_table,
    dropped_to_json,
    ids_from_table,
    learn_cells,
    locate,
    quad_columns,
    recounted,
    split_by_limits,
)
from sklearn_geo.partition._stream import add_to_stream

# Borders that are drawn together.
_RINGS = 1024

S2_GRID = QuadGrid(
    max_level=S2_MAX_LEVEL,
    one="S2 cell",
    leaf_ids=s2_leaf_ids,
    base_ids=s2_ids_at_level,
    children=s2_children,
    ranges=s2_ranges,
    levels=s2_levels,
    tokens=s2_tokens,
    ids_from_tokens=s2_ids_from_tokens,
    centers=s2_centers,
    areas=s2_areas,
)


class S2Partition(PlacePartition):
    r"""Cut the earth into S2 cells that are small where there are many places.

    The six faces of the S2 cube are split into four again and again, as long as a cell
    holds more than `max_per_cell` training places. Cells with fewer than
    `min_per_cell` are then dropped. What is left are classes of similar size: a few
    streets in a city, half a continent where nobody takes photos.

    Parameters
    ----------
    max_per_cell : int or float, default=1000
        A cell with more places than this is split. The paper's :math:`\tau_{max}`.

    min_per_cell : int or float, default=50
        A cell with fewer places than this is dropped in the end, and its places with
        it. The paper's :math:`\tau_{min}`.

    start_level : int, default=0
        Cells coarser than this level are split whatever they hold. 0 begins with the
        faces, as the paper does.

    max_level : int, default=30
        Cells of this level are not split. Level 13 is 1.1 km wide, 30 a centimetre.

    uncovered : {"drop", "nearest", "error"}, default="drop"
        What :meth:`predict` gives for a place in no cell that was kept:

        - "drop": -1;
        - "nearest": the cell whose representative is nearest by great circle;
        - "error": an error that names the row and the place.

    representative : {"mean", "center", "medoid", "median"}, default="mean"
        The place that stands for a cell in :meth:`inverse_transform`:

        - "mean": the direction of the mean unit vector of its training places;
        - "center": the middle of the cell, where its four children meet;
        - "medoid": the training place nearest to the mean, which is the one with the
          smallest sum of squared straight distances to the others;
        - "median": the place with the smallest sum of great-circle distances to the
          training places. It is found cell by cell, in a few milliseconds each.

    Attributes
    ----------
    cells_ : ndarray of shape (n_cells,)
        The cells that were kept, by rising id, as records: `name` (the token), `id`,
        `level`, `count` (training places of positive weight), `weight` (the sum of
        their weights), `latitude` and `longitude` (the representative),
        `center_latitude`, `center_longitude` and `area_km2`.
        ``pandas.DataFrame(partition.cells_)`` is a table.

    n_cells_ : int
        Number of cells that were kept.

    cell_names_ : ndarray of shape (n_cells,), str
        Their tokens.

    oversized_cells_ : ndarray of int64
        Rows of `cells_` with more than `max_per_cell` places: cells of `max_level`
        that could not be split. Very many photos at one coordinate are usually a
        default geotag ("Paris"), not a place.

    dropped_cells_ : ndarray of shape (n_dropped_cells,)
        The cells with fewer than `min_per_cell` places: `name`, `id`, `level`,
        `count` and `weight`.

    dropped_ : ndarray of int64
        Rows of the table learnt from last whose places lie in no cell that was kept.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    CellHierarchy : Several partitions, from coarse to fine.
    sklearn_geo.encoding.S2OneHotEncoder : Columns for S2 cells of one level.
    sklearn_geo.geometry.s2_cell_ids : The cells of one level.

    Notes
    -----
    The rule is that of section 3.1 of [1]_, after [2]_: a cell is split if it holds
    **more** than :math:`\tau_{max}` places and dropped if it holds **fewer** than
    :math:`\tau_{min}`. With :math:`\tau_{min} = 50` the paper gets 3,298, 7,202 and
    12,893 cells for :math:`\tau_{max}` = 5,000, 2,000 and 1,000 on 4.7 million photos.

    With `sample_weight` both limits are about sums of weights: a place of weight 2
    counts as two equal places, and one of weight 0 is as good as left out. Limits need
    not be whole numbers then.

    Ids of the smallest cells are computed and sorted once; from then on a cell is
    an interval of the sorted ids, and every split is a binary search. A cell does not
    depend on the order of rows.

    The mean lies in its cell, because cells are convex on the sphere; one that rounding
    puts beyond the border is moved back. Taking it instead of the middle of the true
    cell lifts the share of photos within 1 km from 32.7 to 38.6 % on Im2GPS3k for the
    finest of these partitions.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation estimation of
       photos using a hierarchical model and scene classification", ECCV 2018,
       section 3.1.
    .. [2] T. Weyand, I. Kostrikov and J. Philbin, "PlaNet: photo geolocation with
       convolutional neural networks", ECCV 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.partition import S2Partition
    >>> paris, london = [[48.86, 2.34], [48.85, 2.35]], [[51.51, -0.13]]
    >>> new_york, cape_town = [[40.71, -74.01]], [[-33.92, 18.42]]
    >>> places = np.vstack([paris, london, new_york, cape_town])
    >>> partition = S2Partition(max_per_cell=2, min_per_cell=1).fit(places)
    >>> partition.cell_names_
    array(['1', '44', '4c', '9'], dtype='<U16')
    >>> partition.cells_["count"]
    array([1, 2, 1, 1])
    >>> partition.predict([[48.8, 2.3], [52.0, -1.0], [35.7, 139.7]])
    array([ 1,  2, -1])
    >>> partition.inverse_transform([1, -1]).round(3)
    array([[48.855,  2.345],
           [   nan,    nan]])
    """

    _parameter_constraints: dict = {
        **PlacePartition._parameter_constraints,
        "max_per_cell": [Interval(numbers.Real, 0, None, closed="neither")],
        "min_per_cell": [Interval(numbers.Real, 0, None, closed="neither")],
        "start_level": [Interval(numbers.Integral, 0, S2_MAX_LEVEL, closed="both")],
        "max_level": [Interval(numbers.Integral, 0, S2_MAX_LEVEL, closed="both")],
    }

    _cell = "S2 cell"
    _feature_name = "s2_cell"
    _grid = S2_GRID

    def __init__(
        self,
        max_per_cell=1000,
        min_per_cell=50,
        *,
        start_level=0,
        max_level=30,
        uncovered="drop",
        representative="mean",
    ):
        self.max_per_cell = max_per_cell
        self.min_per_cell = min_per_cell
        self.start_level = start_level
        self.max_level = max_level
        self.uncovered = uncovered
        self.representative = representative

    def _learn(self, places, weights):
        labels, self._ids, self.dropped_cells_ = learn_cells(
            self, S2_GRID, places, weights
        )
        return labels

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Learn from a part of the places, and go on from the parts before.

        The cells are those of one :meth:`fit` on all parts together (weights that are
        no whole numbers add up to the last digits only), whatever the order of the
        parts. They are made anew in every call, so make the parts large.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_places,), default=None
            Weights of the places.

        Returns
        -------
        self : S2Partition
            The partition. As long as no cell holds `min_per_cell` places it has no
            cells.

        Notes
        -----
        What is kept between the calls is one row of 40 bytes for each distinct place:
        the id of its leaf, latitude, longitude, weight and count. :meth:`fit`,
        :meth:`refill` and a saved file keep none of it: a call of `partial_fit` after
        them, or after :meth:`load`, warns and begins anew.
        """
        # Once it is fitted, scikit-learn leaves this out of partial_fit.
        check_strictly(self)
        stream = getattr(self, "_stream", None)
        if stream is None and hasattr(self, "cells_"):
            warnings.warn(
                "this S2Partition was fitted by fit, refill or load, which keep none "
                "of the places, so partial_fit begins anew with the places it is given "
                "now. To go on from other places give them to partial_fit too; to keep "
                "the cells and count other places use refill.",
                UserWarning,
                stacklevel=3,  # above the decorator
            )
        with all_or_nothing(self):
            places = self._read_places(X, reset=stream is None)
            self._add(stream, places, read_weights(sample_weight, len(places)))
        return self

    def _add(self, stream, places, weights):
        """Make the cells of the places seen before and of new ones."""
        self._check_limits()
        leaves = S2_GRID.leaf_ids(places)
        stream = add_to_stream(stream, leaves, places, weights)
        leaves_seen = SortedLeaves(
            stream.leaves, weights=stream.weights, counts=stream.counts
        )
        kept, lost = split_by_limits(self, S2_GRID, [leaves_seen])
        self._ids = kept.ids
        self.dropped_cells_ = dropped_table(S2_GRID, lost)
        self.cells_ = filled_table(
            *self._describe(),
            stream.places,
            locate(S2_GRID, self._ids, stream.leaves),
            self.representative,
            weights=stream.weights,
            counts=stream.counts,
        )
        self._move_inside()
        self.dropped_ = np.flatnonzero(locate(S2_GRID, self._ids, leaves) < 0)
        self._stream = stream

    def _fill(self, places, weights, counted, labels):
        self._stream = None
        super()._fill(places, weights, counted, labels)
        self._move_inside()

    def _move_inside(self):
        """Move what stands for a cell off the border that rounding put it beyond."""
        if not self.n_cells_:
            return
        stands, centers = (
            np.column_stack(
                [self.cells_[of + "latitude"], self.cells_[of + "longitude"]]
            )
            for of in ("", "center_")
        )
        outside = np.flatnonzero(self._locate(stands) != np.arange(len(stands)))
        for share in 2.0 ** np.arange(-52, 1):
            if not outside.size:
                break
            here, centre = unit_vectors(stands[outside]), unit_vectors(centers[outside])
            moved = places_from_vectors(here + share * (centre - here))
            self.cells_["latitude"][outside] = moved[:, 0]
            self.cells_["longitude"][outside] = moved[:, 1]
            outside = outside[self._locate(moved) != outside]

    def _check_limits(self):
        check_limits(self)

    def _recount_dropped(self, places, weights):
        self.dropped_cells_ = recounted(self.dropped_cells_, S2_GRID, places, weights)

    @property
    def oversized_cells_(self):
        """Rows of `cells_` with more than `max_per_cell` places."""
        return np.flatnonzero(too_full(self.cells_["weight"], self.max_per_cell))

    def _file_extra(self):
        return {"dropped_cells": dropped_to_json(self.dropped_cells_)}

    def _restore(self, extra):
        self._check_limits()
        self._ids = ids_from_table(S2_GRID, self.cells_)
        self.dropped_cells_ = dropped_from_json(S2_GRID, extra["dropped_cells"])

    def _describe(self):
        return quad_columns(S2_GRID, self._ids)

    def _locate(self, places):
        return locate(S2_GRID, self._ids, S2_GRID.leaf_ids(places))

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
        return self._outlines(np.array([cell]), n_per_edge)[0]

    def _all_polygons(self, n_per_edge):
        for cells in blocks_of(self.n_cells_, _RINGS):
            for ring in self._outlines(np.arange(cells.start, cells.stop), n_per_edge):
                yield [[ring]]

    def _outlines(self, cells, n_per_edge):
        # The borders are geodesics.
        corners = s2_vertices(self._ids[cells], as_vectors=True)
        points = along_geodesics(corners, n_per_edge)
        return rings_on_map(points, self.cells_["center_longitude"][cells])
