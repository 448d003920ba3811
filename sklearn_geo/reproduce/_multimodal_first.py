# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles of three meshes, and M1 of each: what photos show says which cell."""

import time
from dataclasses import dataclass, field

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo._answers import cells_of, nearest_cells
from sklearn_geo.geolocation import HierarchicalCellClassifier
from sklearn_geo.partition import TrianglePartition
from sklearn_geo.reproduce._multimodal_paper import MESHES

__all__ = ["FirstModel", "fit_first", "make_mesh", "mesh_limits"]

# Limits are the paper's times (photos here / photos there) to this power: between 1,
# which leaves few photos to a cell, and 1/2, which leaves few cells.
_POWER = 0.75
_ALL_PHOTOS = MESHES["Fine"].n_photos


@dataclass(frozen=True)
class FirstModel:
    """A mesh, and M1 of its cells.

    Parameters
    ----------
    name : str
        Name of the mesh in Table 1.

    limit, minimum : int
        The limits it was refined with.

    partition : TrianglePartition
        The mesh.

    model : HierarchicalCellClassifier
        M1.

    seconds : float
        How long both took.

    imagery : ndarray of shape (n_cells, 2)
        Where the photos of each cell are on average.

    centers : ndarray of shape (n_cells, 2)
        Where the cell itself is.
    """

    name: str
    limit: int
    minimum: int
    partition: TrianglePartition
    model: HierarchicalCellClassifier
    seconds: float
    imagery: np.ndarray = field(repr=False, default=None)
    centers: np.ndarray = field(repr=False, default=None)

    def places_of(self, cells, *, imagery=True):
        """Return where cells are: by their photos, or by their corners."""
        return (self.imagery if imagery else self.centers)[cells]

    def true_cells(self, places):
        """Return the cell of each place, -1 where there is none."""
        return cells_of(self.partition, places)

    def best_cells(self, places):
        """Return the cell of each place, or the nearest one where there is none."""
        return nearest_cells(self.partition, places)[0]


def mesh_limits(name, n_photos):
    """Return the limits of a mesh, scaled to the number of photos.

    Parameters
    ----------
    name : str
        Name of the mesh in Table 1.

    n_photos : int
        Photos that M1 learns from.

    Returns
    -------
    limit, minimum : int
        More photos are parted, fewer are left out.
    """
    factor = (n_photos / _ALL_PHOTOS) ** _POWER
    mesh = MESHES[name]
    limit = max(2, round(factor * mesh.limit))
    return limit, max(1, round(factor * mesh.minimum))


def make_mesh(name, places, seed, refine="delaunay"):
    """Make a mesh of the places that teach M1.

    The coarse mesh is made of one place in seven and filled with all of them, as in
    the paper (caption of Figure 2): 2 of 14 million.

    Parameters
    ----------
    name : str
        Name of the mesh in Table 1.

    places : ndarray of shape (n_places, 2)
        Latitude and longitude.

    seed : int
        Decides which places the coarse mesh is made of.

    refine : {"delaunay", "midpoint"}, default="delaunay"
        How triangles are made smaller.

    Returns
    -------
    TrianglePartition
        Fitted.
    """
    mesh = TrianglePartition(*mesh_limits(name, len(places)), refine=refine)
    share = MESHES[name].n_photos / _ALL_PHOTOS
    if share == 1.0:
        return mesh.fit(places)
    rng = np.random.default_rng([seed, 1])
    n_some = max(1, round(share * len(places)))
    some = rng.choice(len(places), n_some, replace=False)
    return mesh.fit(places[np.sort(some)]).refill(places)


def fit_first(name, photos, seed, refine="delaunay"):
    """Make a mesh, and teach M1 its cells.

    Parameters
    ----------
    name : str
        Name of the mesh in Table 1.

    photos : TimedPhotos
        What to learn from.

    seed : int
        Decides first weights and the order of photos.

    refine : {"delaunay", "midpoint"}, default="delaunay"
        How triangles are made smaller.

    Returns
    -------
    FirstModel
    """
    start = time.perf_counter()
    mesh = make_mesh(name, photos.places, seed, refine)
    model = HierarchicalCellClassifier(
        [FrozenEstimator(mesh)], calibration_fraction=None, random_state=seed
    )
    model.fit(photos.X, photos.places)
    table = mesh.cells_
    return FirstModel(
        name,
        *mesh_limits(name, len(photos)),
        mesh,
        model,
        time.perf_counter() - start,
        model.cell_places_,
        np.column_stack([table["center_latitude"], table["center_longitude"]]),
    )
