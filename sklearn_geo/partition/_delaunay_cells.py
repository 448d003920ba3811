# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles of a Delaunay mesh that has grown where places are dense."""

import numpy as np

from sklearn_geo.geometry import SphericalDelaunay, unit_vectors
from sklearn_geo.partition._cells import (
    cell_table,
    full_enough,
    remedy_of_light_weights,
)
from sklearn_geo.partition._delaunay_refine import SPOT_KM, base_mesh, grow_mesh
from sklearn_geo.partition._equal_places import merge_equal
from sklearn_geo.partition._files import integers
from sklearn_geo.partition._outlines import along_geodesics, ring_on_map
from sklearn_geo.partition._quad_cells import read_counts


class DelaunayCells:
    """The triangles of a fitted partition.

    Parameters
    ----------
    mesh : SphericalDelaunay
        A mesh over the whole globe.

    rows : ndarray of shape (n_cells,), int64
        Which of its triangles are cells, sorted.
    """

    def __init__(self, mesh, rows):
        self.mesh = mesh
        self.rows = rows
        self._cell_of_row = np.full(len(mesh.simplices), -1, dtype=np.int64)
        self._cell_of_row[rows] = np.arange(len(rows))
        self._middles = mesh.centers()[rows]

    @classmethod
    def learn(cls, partition, places, weights):
        """Return the cells, that of each place, and the table of those dropped."""
        distinct, masses, spot = merge_equal(places, weights)
        mesh, at = grow_mesh(distinct, masses, partition.max_per_cell, base_mesh())
        n_triangles = len(mesh.simplices)
        held = np.bincount(at, weights=masses, minlength=n_triangles)
        at = at[spot]
        filled = np.unique(at)
        enough = full_enough(held[filled], partition.min_per_cell)
        if not enough.any():
            _refuse_none_kept(partition, held, len(filled), weights)
        cells = cls(mesh, filled[enough].astype(np.int64))
        lost = filled[~enough]
        counts = np.bincount(at, minlength=n_triangles)[lost]
        labels = cells._cell_of_row[at]
        return cells, labels, _dropped_table(lost, counts, held[lost])

    def recounted(self, dropped, places, weights):
        """Return the table of dropped cells with other places counted in them."""
        dropped = dropped.copy()
        at, n_triangles = self.mesh.locate(places), len(self.mesh.simplices)
        counts = np.bincount(at, minlength=n_triangles)
        held = np.bincount(at, weights=weights, minlength=n_triangles)
        dropped["count"] = counts[dropped["id"]]
        dropped["weight"] = held[dropped["id"]]
        return dropped

    def describe(self):
        """Return the first columns of the table, the centres and the areas."""
        columns = {"name": _names(self.rows), "id": self.rows}
        return columns, self._middles, self.mesh.areas()[self.rows]

    def locate(self, places):
        """Return the cell of each place, or -1."""
        return self._cell_of_row[self.mesh.locate(places)]

    def outline(self, cell, n_per_edge):
        """Return places along the border of a cell: geodesics."""
        corners = self.mesh.vertices[self.mesh.simplices[self.rows[cell]]]
        ring = along_geodesics(unit_vectors(corners), n_per_edge)
        return ring_on_map(ring, self._middles[cell, 1])

    def to_json(self, dropped):
        """Return what a file holds besides the table of cells: the mesh, mostly."""
        return {
            "vertices": self.mesh.vertices.tolist(),
            "simplices": self.mesh.simplices.tolist(),
            "dropped_cells": {
                name: dropped[name].tolist() for name in ("id", "count", "weight")
            },
        }

    @classmethod
    def from_json(cls, partition, extra):
        """Return the cells, and the table of those dropped, from a file."""
        mesh = SphericalDelaunay(extra["vertices"], merge_km=SPOT_KM)
        simplices = np.array(extra["simplices"], dtype=np.int64)
        if not np.array_equal(mesh.simplices, simplices):
            raise ValueError(
                "its vertices give other triangles than the ones it holds. If nobody "
                "changed it, it was written with another version of SciPy, which cuts "
                "regular grids in another way: fit again"
            )
        dropped = extra["dropped_cells"]
        lost = integers(dropped["id"])
        for rows in (partition.cells_["id"], lost):
            inside = (rows >= 0) & (rows < len(simplices))
            if not inside.all() or (np.diff(rows) <= 0).any():
                raise ValueError("the ids are not sorted rows of its mesh")
        table = _dropped_table(lost, *read_counts(dropped))
        return cls(mesh, partition.cells_["id"]), table


def _dropped_table(rows, counts, weights):
    return cell_table(
        {
            "name": _names(rows),
            "id": np.asarray(rows, dtype=np.int64),
            "count": np.asarray(counts, dtype=np.int64),
            "weight": np.asarray(weights, dtype=np.float64),
        }
    )


def _names(rows):
    return np.char.add("t", rows.astype(str))


def _refuse_none_kept(partition, held, n_filled, weights):
    fullest = int(np.argmax(held))
    raise ValueError(
        f"every triangle is below min_per_cell={partition.min_per_cell}, so none is "
        f"kept: the fullest of {n_filled} holds {held[fullest]:.12g}. "
        f"{remedy_of_light_weights(weights)}Lower min_per_cell to that, raise "
        f"max_per_cell (now {partition.max_per_cell}) to refine less, or fit on more "
        "places."
    )
