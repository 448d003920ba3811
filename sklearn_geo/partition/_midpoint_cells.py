# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles of equal area, each cut in four where it holds too much."""

import numpy as np

from sklearn_geo.geometry import (
    TRIANGLE_MAX_LEVEL,
    triangle_areas,
    triangle_centers,
    triangle_children,
    triangle_ids,
    triangle_ids_at_level,
    triangle_ids_from_tokens,
    triangle_levels,
    triangle_ranges,
    triangle_tokens,
    triangle_vertices,
)
from sklearn_geo.partition._outlines import check_n_per_edge
from sklearn_geo.partition._quad_cells import (
    QuadGrid,
    check_limits,
    dropped_from_json,
    dropped_to_json,
    ids_from_table,
    learn_cells,
    locate,
    quad_columns,
    recounted,
)


def _leaf_ids(places):
    return triangle_ids(places, TRIANGLE_MAX_LEVEL)


TRIANGLE_GRID = QuadGrid(
    max_level=TRIANGLE_MAX_LEVEL,
    one="triangle",
    leaf_ids=_leaf_ids,
    base_ids=triangle_ids_at_level,
    children=triangle_children,
    ranges=triangle_ranges,
    levels=triangle_levels,
    tokens=triangle_tokens,
    ids_from_tokens=triangle_ids_from_tokens,
    centers=triangle_centers,
    areas=triangle_areas,
)


class MidpointCells:
    """The triangles of a fitted partition.

    Parameters
    ----------
    ids : ndarray of shape (n_cells,), uint64
        Ids of triangles that do not overlap, sorted.
    """

    def __init__(self, ids):
        self.ids = ids

    @classmethod
    def learn(cls, partition, places, weights):
        """Return the cells, that of each place, and the table of those dropped."""
        labels, ids, dropped = learn_cells(partition, TRIANGLE_GRID, places, weights)
        return cls(ids), labels, dropped

    def recounted(self, dropped, places, weights):
        """Return the table of dropped cells with other places counted in them."""
        return recounted(dropped, TRIANGLE_GRID, places, weights)

    def describe(self):
        """Return the first columns of the table, the centres and the areas."""
        return quad_columns(TRIANGLE_GRID, self.ids)

    def locate(self, places):
        """Return the cell of each place, or -1."""
        return locate(TRIANGLE_GRID, self.ids, TRIANGLE_GRID.leaf_ids(places))

    def outline(self, cell, n_per_edge):
        """Return places along the border of a cell: straight lines in the plane."""
        check_n_per_edge(n_per_edge)
        corners = triangle_vertices(self.ids[cell : cell + 1])[0]
        # In the plane (sine of the latitude, longitude).
        start = np.column_stack([np.sin(np.radians(corners[:, 0])), corners[:, 1]])
        step = (np.roll(start, -1, axis=0) - start) / n_per_edge
        share = np.arange(n_per_edge)[:, np.newaxis, np.newaxis]
        points = (start + share * step).transpose(1, 0, 2)
        points[..., 0] = np.degrees(np.arcsin(points[..., 0]))
        points[:, 0] = corners
        return points.reshape(-1, 2)

    def to_json(self, dropped):
        """Return what a file holds besides the table of cells."""
        return {"dropped_cells": dropped_to_json(dropped)}

    @classmethod
    def from_json(cls, partition, extra):
        """Return the cells, and the table of those dropped, from a file."""
        check_limits(partition)
        cells = cls(ids_from_table(TRIANGLE_GRID, partition.cells_))
        return cells, dropped_from_json(TRIANGLE_GRID, extra["dropped_cells"])
