# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The zones that have networks of their own: UTM zones, cells, or one for all."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_geo._seeds import hand_down
from sklearn_geo.encoding._partitions import fit_partition
from sklearn_geo.geometry import utm_zone_bounds, utm_zone_names, utm_zones

__all__ = ["PartitionRegions", "UTMRegions", "WholeGlobe", "make_regions"]


class UTMRegions:
    """The zones of the UTM grid, and the four caps around the poles."""

    def locate(self, places):
        """Say in which zone each place lies."""
        return utm_zones(places).astype(np.int64)

    def all_ids(self):
        """Return the ids of all zones."""
        return np.arange(len(utm_zone_names()), dtype=np.int64)

    def names(self, ids):
        """Return the names of zones, such as "30U"."""
        return [str(name) for name in utm_zone_names(np.asarray(ids, dtype=np.int64))]

    def outlines(self, ids, n_per_edge):
        """Return the borders of zones: rings of latitude and longitude."""
        return [
            _box(*bounds, n_per_edge)
            for bounds in utm_zone_bounds(np.asarray(ids, dtype=np.int64))
        ]


class PartitionRegions:
    """The cells of a fitted partition.

    Parameters
    ----------
    partition : PlacePartition
        The partition.
    """

    def __init__(self, partition):
        self.partition = partition

    def locate(self, places):
        """Say in which cell each place lies, -1 for none."""
        return self.partition._cells_at(places).astype(np.int64, copy=False)

    def all_ids(self):
        """Return the ids of all cells."""
        return np.arange(self.partition.n_cells_, dtype=np.int64)

    def names(self, ids):
        """Return the names of cells."""
        return [str(name) for name in self.partition.cell_names_[np.asarray(ids)]]

    def outlines(self, ids, n_per_edge):
        """Return the borders of cells: rings of latitude and longitude."""
        return self.partition._outlines(np.asarray(ids, dtype=np.int64), n_per_edge)


class WholeGlobe:
    """One zone without a border."""

    def locate(self, places):
        """Say that every place lies in zone 0."""
        return np.zeros(len(places), dtype=np.int64)

    def all_ids(self):
        """Return the id of the zone."""
        return np.zeros(1, dtype=np.int64)

    def names(self, ids):
        """Return the name of the zone."""
        return ["globe"] * len(ids)

    def outlines(self, ids, n_per_edge):
        """Return no borders: there are none."""
        return []


def make_regions(regions, places, seed=None, weights=None):
    """Make the zones that the parameter `regions` asks for.

    Parameters
    ----------
    regions : "utm", None, PlacePartition or FrozenEstimator
        The parameter.

    places : ndarray of shape (n_places, 2)
        Training places, for a partition that is not fitted yet.

    seed : int, default=None
        For such a partition that has none of its own.

    weights : ndarray of shape (n_places,), default=None
        Weights of the places.

    Returns
    -------
    UTMRegions, PartitionRegions or WholeGlobe
        The zones.
    """
    if regions is None:
        return WholeGlobe()
    if isinstance(regions, str):
        return UTMRegions()
    if not isinstance(regions, FrozenEstimator):
        regions = hand_down(clone(regions), seed)
    return PartitionRegions(fit_partition(regions, places, weights))


def frozen(regions):
    """Return zones as an encoder's parameter `regions`."""
    if isinstance(regions, PartitionRegions):
        return FrozenEstimator(regions.partition)
    return "utm"


def _box(south, west, north, east, n_per_edge):
    """Return the border of a box, counter-clockwise from its south-western corner."""
    steps = np.arange(n_per_edge) / n_per_edge
    latitudes, longitudes = (
        south + steps * (north - south),
        west + steps * (east - west),
    )
    corners = [
        (np.full(n_per_edge, south), longitudes),
        (latitudes, np.full(n_per_edge, east)),
        (np.full(n_per_edge, north), east + west - longitudes),
        (north + south - latitudes, np.full(n_per_edge, west)),
    ]
    return np.concatenate([np.column_stack(side) for side in corners])
