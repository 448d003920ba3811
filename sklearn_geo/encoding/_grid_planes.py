# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The planes that grids are laid out in: one for each zone or cell, in metres."""

import functools

import numpy as np
from sklearn.utils import gen_batches

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    N_UTM_ZONES,
    unit_vectors,
    utm_project,
    utm_zone_bounds,
    utm_zones,
)

# Borders are scanned in steps of a fraction of a degree that binary numbers hold, so
# that corners and central meridians, where the extremes are, are hit exactly.
_STEPS_A_DEGREE = 8
# The false easting of UTM is 500 km: twice that minus an easting is its mirror image.
_MIRROR_M = 1_000_000.0
# Pieces that each edge of a partition's cell is scanned in. An edge that bends by a
# whole cell then leaves its extreme by less than a thousandth of the cell.
_STEPS_AN_EDGE = 64
# Cells whose borders are scanned together.
_BLOCK_CELLS = 512


class UTMPlanes:
    """Eastings and northings of the UTM grid and of the polar caps.

    Parameters
    ----------
    extent : {"tight", "paper"}
        As in :class:`SoftGridEncoder`.
    """

    def __init__(self, extent):
        self._extent = extent

    def zones(self, places):
        """Say in which zone each place lies."""
        return utm_zones(places)

    def project(self, places, zones):
        """Give easting and northing of places in their zones, in metres."""
        return utm_project(places, zones)

    def extents(self, zones):
        """Give the smallest and the largest easting and northing of some zones."""
        return np.array([zone_extent(zone, self._extent) for zone in zones.tolist()])


class CellPlanes:
    """Metres east and north of the middle of a partition's cells.

    The azimuthal equidistant projection: distance and bearing from the middle are true.

    Parameters
    ----------
    partition : PlacePartition
        A fitted partition.
    """

    def __init__(self, partition):
        self._partition = partition
        table = partition.cells_
        middles = np.column_stack([table["center_latitude"], table["center_longitude"]])
        latitude, longitude = np.radians(middles).T
        zeros = np.zeros(len(middles))
        self._up = unit_vectors(middles)
        self._east = np.column_stack([-np.sin(longitude), np.cos(longitude), zeros])
        self._north = np.column_stack(
            [
                -np.sin(latitude) * np.cos(longitude),
                -np.sin(latitude) * np.sin(longitude),
                np.cos(latitude),
            ]
        )
        self._extents = np.full((len(middles), 4), np.nan)

    def zones(self, places):
        """Say in which cell each place lies, or -1."""
        return self._partition._cells_at(places)

    def project(self, places, zones):
        """Give metres east and north of the middle of each place's cell."""
        vectors = unit_vectors(places)
        east, north, up = (
            np.einsum("ij,ij->i", vectors, axes[zones])
            for axes in (self._east, self._north, self._up)
        )
        flat = np.hypot(east, north)
        # Near the middle the ratio of an angle to its sine is 1.
        ratio = np.arctan2(flat, up) / np.where(flat > 0.0, flat, 1.0)
        ratio[flat == 0.0] = 1.0
        ratio *= EARTH_RADIUS_KM * 1000.0
        return np.column_stack([east * ratio, north * ratio])

    def extents(self, zones):
        """Give how far some cells reach west, south, east and north of their middles.

        They are computed when they are asked for first.
        """
        new = zones[np.isnan(self._extents[zones, 0])]
        for block in gen_batches(len(new), _BLOCK_CELLS) if len(new) else ():
            cells = new[block]
            outlines = [
                in_short_pieces(outline)
                for outline in self._partition._outlines(cells, _STEPS_AN_EDGE)
            ]
            lengths = np.array([len(outline) for outline in outlines])
            metres = self.project(np.concatenate(outlines), np.repeat(cells, lengths))
            starts = np.cumsum(lengths) - lengths
            self._extents[cells, :2] = np.minimum.reduceat(metres, starts)
            self._extents[cells, 2:] = np.maximum.reduceat(metres, starts)
        return self._extents[zones]


def in_short_pieces(outline):
    """Cut long pieces of an outline, which are straight on the map.

    Parameters
    ----------
    outline : ndarray of shape (n_points, 2)
        Latitude and longitude along a ring. That of an area has its corners only.

    Returns
    -------
    ndarray of shape (n_points_now, 2)
        The same ring in pieces no longer than a share of the whole.
    """
    steps = np.roll(outline, -1, axis=0) - outline
    middle = np.radians(outline[:, 0] + steps[:, 0] / 2.0)
    lengths = np.hypot(steps[:, 0], steps[:, 1] * np.cos(middle))
    # Edges in as many steps have no such pieces, because no edge is the whole ring.
    longest = lengths.sum() / _STEPS_AN_EDGE
    n_pieces = np.ones(len(outline), dtype=np.intp)
    long = lengths > longest
    n_pieces[long] = np.ceil(_STEPS_AN_EDGE * lengths[long] / lengths.sum()) * 2
    piece = np.arange(n_pieces.sum()) - np.repeat(
        np.cumsum(n_pieces) - n_pieces, n_pieces
    )
    share = piece / np.repeat(n_pieces, n_pieces)
    return np.repeat(outline, n_pieces, axis=0) + share[:, np.newaxis] * np.repeat(
        steps, n_pieces, axis=0
    )


@functools.cache
def zone_extent(zone, extent="tight"):
    """Say what part of the plane the grid of a zone covers.

    Parameters
    ----------
    zone : int
        Id of the zone.

    extent : {"tight", "paper"}, default="tight"
        As in :class:`SoftGridEncoder`.

    Returns
    -------
    tuple of four float
        Smallest easting and northing, largest easting and northing, in metres.
    """
    south, west, north, east = utm_zone_bounds(zone)
    latitudes, longitudes = (
        np.linspace(low, high, int(high - low) * _STEPS_A_DEGREE + 1)
        for low, high in ((south, north), (west, east))
    )
    outline = np.concatenate(
        [
            np.column_stack([np.full(len(longitudes), edge), longitudes])
            for edge in (south, north)
        ]
        + [
            np.column_stack([latitudes, np.full(len(latitudes), edge)])
            for edge in (west, east)
        ]
    )
    metres = utm_project(outline, zone)
    smallest, largest = metres.min(axis=0), metres.max(axis=0)
    if extent == "paper" and zone < N_UTM_ZONES:
        largest[0] = _MIRROR_M - smallest[0]
    return (*smallest.tolist(), *largest.tolist())
