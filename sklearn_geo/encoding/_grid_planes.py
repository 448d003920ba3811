# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The planes that grids are laid out in: one for each zone or cell, in metres."""

import functools

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    N_UTM_ZONES,
    places_from_vectors,
    unit_vectors,
    utm_project,
    utm_zone_bounds,
    utm_zone_ids,
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
# Longer pieces of an outline, as a share of the cell in its plane, are halved; after so
# many times they are centimetres on the ground.
_LONGEST_STEP, _MOST_HALVINGS = 1.0 / 32.0, 24
_WHOLE_PLANE = np.pi * EARTH_RADIUS_KM * 1000.0 * np.array([-1.0, -1.0, 1.0, 1.0])
# Cells whose borders are scanned together.
_BLOCK_CELLS = 512
# How far from the middle of a UTM zone a place may be drawn. The projection ends at
# about 70 degrees from the central meridian.
_FARTHEST_DEGREES = 60.0
_COS_FARTHEST, _SIN_FARTHEST = 0.5, np.sqrt(0.75)


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

    def read_zones(self, zones, n_places):
        """Return ids of zones, one a place, from ids or names."""
        zones = _zone_array(zones)
        if zones.dtype.kind in "OUT":
            zones = utm_zone_ids(zones)
        n_zones = len(utm_zone_bounds())
        return one_zone_a_place(
            zones,
            n_places,
            range(n_zones),
            f"UTM zones have ids from 0 to {n_zones - 1}, as utm_zones gives them, or "
            'names such as "30U".',
        )

    def project(self, places, zones):
        """Give easting and northing of places in their zones, in metres."""
        return utm_project(places, zones)

    def project_from_afar(self, places, zones):
        """Give easting and northing in any zones, however far the places are.

        Places that no plane holds are drawn where their ways to the middles of the
        zones enter the plane.
        """
        # A way is no longer than its degrees of latitude and of longitude together.
        degrees = np.abs(places - _zone_middles()[0][zones]).sum(axis=1)
        doubtful = np.flatnonzero(degrees > _FARTHEST_DEGREES)
        if doubtful.size:
            places = places.copy()
            places[doubtful] = _drawn_near(places[doubtful], zones[doubtful])
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

    def read_zones(self, zones, n_places):
        """Return cells, one a place, or -1."""
        n_cells = self._partition.n_cells_
        return one_zone_a_place(
            _zone_array(zones),
            n_places,
            range(-1, n_cells),
            f"This partition has the cells 0 to {n_cells - 1}, and -1 stands for none.",
        )

    def project(self, places, zones):
        """Give metres east and north of the middle of cells, from anywhere."""
        vectors = unit_vectors(places)
        east, north, up = (
            np.einsum("ij,ij->i", vectors, axes[zones])
            for axes in (self._east, self._north, self._up)
        )
        flat = np.hypot(east, north)
        # Near the middle the ratio of an angle to its sine is 1.
        ratio = np.arctan2(flat, up) / np.where(flat > 0.0, flat, 1.0)
        ratio[flat == 0.0] = 1.0
        # The antipode is half a turn away in any direction: say, in the east.
        opposite = (flat == 0.0) & (up < 0.0)
        east[opposite], ratio[opposite] = 1.0, np.pi
        ratio *= EARTH_RADIUS_KM * 1000.0
        return np.column_stack([east * ratio, north * ratio])

    project_from_afar = project

    def extents(self, zones):
        """Give how far some cells reach west, south, east and north of their middles.

        They are computed when they are asked for first.
        """
        extents = self._extents
        new = zones[np.isnan(extents[zones, 0])]
        if len(new):
            extents = extents.copy()  # another thread may be reading
        for block in blocks(len(new), _BLOCK_CELLS):
            cells = new[block]
            outlines = [
                in_short_pieces(outline)
                for outline in self._partition._outlines(cells, _STEPS_AN_EDGE)
            ]
            found = self._reach(cells, outlines)
            # Who holds the antipode of its middle goes all around the plane.
            antipodes = places_from_vectors(-self._up[cells])
            found[self._partition._locate(antipodes) == cells] = _WHOLE_PLANE
            extents[cells] = found
        if len(new):
            self._extents = extents
        return extents[zones]

    def _reach(self, cells, outlines):
        """Return the extents of cells with some outlines.

        Pieces of an outline whose ends are far apart in the plane are halved: around
        the antipode of its middle, which outlines of huge cells pass, a plane stretches
        without end.
        """
        lengths = np.array([len(outline) for outline in outlines])
        which = np.repeat(np.arange(len(cells)), lengths)
        starts = np.cumsum(lengths) - lengths
        first = np.concatenate(outlines)
        metres = self.project(first, cells[which])
        low = np.minimum.reduceat(metres, starts)
        high = np.maximum.reduceat(metres, starts)
        longest = _LONGEST_STEP * (high - low).max(axis=1)
        following = np.arange(1, len(first) + 1)
        following[starts + lengths - 1] = starts
        last, steps = first[following], metres[following] - metres
        for _ in range(_MOST_HALVINGS):
            long = np.hypot(*steps.T) > longest[which]
            if not long.any():
                break
            first, last, which = first[long], last[long], which[long]
            middle = places_from_vectors(unit_vectors(first) + unit_vectors(last))
            metres = self.project(middle, cells[which])
            np.minimum.at(low, which, metres)
            np.maximum.at(high, which, metres)
            first, last = np.vstack([first, middle]), np.vstack([middle, last])
            which = np.concatenate([which, which])
            steps = self.project(last, cells[which]) - self.project(first, cells[which])
        return np.column_stack([low, high])


def _zone_array(zones):
    reject_masked(zones, "zones")
    with naming("zones"):
        return np.asarray(zones)


def one_zone_a_place(zones, n_places, known, remedy):
    """Check zones that were asked for, and return one a place.

    Parameters
    ----------
    zones : ndarray
        One zone, or one a place.

    n_places : int
        How many places there are.

    known : range
        The ids there are.

    remedy : str
        A sentence on what zones there are.

    Returns
    -------
    ndarray of shape (n_places,)
        Integers in `known`.
    """
    if zones.dtype.kind not in "iu":
        raise TypeError(
            f"zones must be integers; got the dtype {zones.dtype}. {remedy}"
        )
    if zones.shape not in ((), (1,), (n_places,)):
        raise ValueError(
            f"zones must be one zone, or one a place, shape ({n_places},); got the "
            f"shape {zones.shape}."
        )
    wrong = (zones < known.start) | (zones >= known.stop)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"zones, row {row}: there is no zone {zones.flat[row]}. {remedy}"
        )
    return np.broadcast_to(zones, n_places)


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
def _zone_middles():
    """Return the middles of all UTM zones, also as vectors, and the easts of them."""
    south, west, north, east = utm_zone_bounds().T
    middles = np.column_stack([(south + north) / 2.0, (west + east) / 2.0])
    longitude = np.radians(middles[:, 1])
    aside = np.column_stack(
        [-np.sin(longitude), np.cos(longitude), np.zeros(len(longitude))]
    )
    return middles, unit_vectors(middles), aside


def _drawn_near(places, zones):
    """Move places that are too far from the middles of zones towards them."""
    _, middles, easts = _zone_middles()
    vectors, middle = unit_vectors(places), middles[zones]
    ahead = np.einsum("ij,ij->i", vectors, middle)
    far = np.flatnonzero(ahead < _COS_FARTHEST)
    if not far.size:
        return places
    middle = middle[far]
    aside = vectors[far] - ahead[far, np.newaxis] * middle
    length = np.sqrt(np.square(aside).sum(axis=1, keepdims=True))
    # From the antipode, all ways are equal.
    lost = length[:, 0] < 1e-12
    aside[lost], length[lost] = easts[zones[far[lost]]], 1.0
    places = places.copy()
    places[far] = places_from_vectors(
        _COS_FARTHEST * middle + _SIN_FARTHEST / length * aside
    )
    return places


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
