# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2 cells that are small where there are many places (ECCV 2018, section 3.1)."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.geometry import (
    S2_MAX_LEVEL,
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
)
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._cells import Members
from sklearn_geo.partition._outlines import along_geodesics, check_cell, ring_on_map
from sklearn_geo.partition._quad_cells import (
    QuadGrid,
    cells_where,
    check_limits,
    dropped_table,
    locate,
    quad_columns,
    refuse_none_kept,
    split_where_full,
)

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
    """Cut the earth into S2 cells with similar numbers of places.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.partition import S2Partition
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
        check_limits(self)
        leaves = S2_GRID.leaf_ids(places)
        if weights is None:
            order = np.argsort(leaves)
        else:
            # Sums of equal places in one order, whatever the order of rows.
            order = np.lexsort((weights, leaves))
            weights = weights[order]
        cells = self._cut(leaves[order], weights)
        kept = cells_where(cells, cells.weights >= self.min_per_cell)
        lost = cells_where(cells, cells.weights < self.min_per_cell)
        if not kept.ids.size:
            refuse_none_kept(self, S2_GRID, cells)
        self._ids = kept.ids
        self.dropped_cells_ = dropped_table(S2_GRID, lost, lost.stops - lost.starts)
        return Members(order, kept.starts, kept.stops)

    def _cut(self, leaves, weights):
        return split_where_full(
            S2_GRID,
            leaves,
            weights,
            max_per_cell=self.max_per_cell,
            start_level=self.start_level,
            max_level=self.max_level,
        )

    def _describe(self):
        return quad_columns(S2_GRID, self._ids)

    def _locate(self, places):
        return locate(S2_GRID, self._ids, S2_GRID.leaf_ids(places))

    def cell_outline(self, cell, n_per_edge=8):
        check_is_fitted(self, "cells_")
        cell = check_cell(cell, self.n_cells_)
        corners = s2_vertices(self._ids[cell : cell + 1], as_vectors=True)[0]
        return ring_on_map(
            along_geodesics(corners, n_per_edge), self.cells_["center_longitude"][cell]
        )
