# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The borders of zones as arcs, out of the rings that zones are drawn with.

Edges of UTM zones and of areas are straight on the map, those of most cells are
geodesics, and those of triangles of equal area are straight in another plane. All
become arcs of parallels and of great circles; only edges that are neither are cut into
short ones, until these are as near as is asked for.
"""

import numpy as np

from sklearn_geo.context._arcs import Arcs
from sklearn_geo.context._area_borders import area_edges
from sklearn_geo.context._gaps import gap_edges
from sklearn_geo.geometry import EARTH_RADIUS_KM, unit_vectors
from sklearn_geo.partition import AreaPartition
from sklearn_geo.partition._midpoint_cells import MidpointCells

# Zones whose rings are read at once.
_ZONES_AT_ONCE = 4096
# Halvings of an edge: from the whole globe to millimetres.
_MOST_HALVINGS = 34


def borders(regions, ids=None, *, within_km=1e-3, **cut):
    """Return the borders of zones.

    Parameters
    ----------
    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones.

    ids : ndarray of int64 or None, default=None
        Which zones. None is all, and what lies in none of them has the id -1.

    within_km : float, default=0.001
        How far an arc may be from the edge that it stands for.

    **cut : float
        How :class:`Arcs` are cut.

    Returns
    -------
    Arcs
        Their borders, each arc with the zone it bounds. A piece of border between two
        zones is there twice, once for each.
    """
    partition = getattr(regions, "partition", None)
    height = _heights(partition)
    if isinstance(partition, AreaPartition):
        edges = area_edges(partition, ids)
    else:
        edges = _ring_edges(regions, regions.all_ids() if ids is None else ids)
    if height is not None:
        edges = _near_to_arcs(*edges, *height, within_km)
    if (
        ids is None
        and partition is not None
        and not isinstance(partition, AreaPartition)
    ):
        gaps = gap_edges(partition, *edges, height is not None, within_km)
        edges = [np.concatenate(parts) for parts in zip(edges, gaps, strict=True)]
    starts, ends, owners = edges
    parallel = (starts[:, 0] == ends[:, 0]) & (height is not None)
    return Arcs(starts, ends, owners, parallel, **cut)


def _heights(partition):
    """Return functions of the latitude in whose plane edges are straight, and back.

    None stands for geodesics.
    """
    if partition is None or isinstance(partition, AreaPartition):
        return np.asarray, np.asarray
    if isinstance(getattr(partition, "_cells", None), MidpointCells):
        return (
            lambda latitude: np.sin(np.radians(latitude)),
            lambda sine: np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))),
        )
    return None


def _ring_edges(regions, ids):
    """Return starts, ends and zones of the edges between corners of zones."""
    ids = np.asarray(ids, dtype=np.int64)
    starts, ends, owners = [np.empty((0, 2))], [np.empty((0, 2))], [ids[:0]]
    for first in range(0, len(ids), _ZONES_AT_ONCE):
        some = ids[first : first + _ZONES_AT_ONCE]
        rings = regions.outlines(some, 1)
        if not rings:  # the whole globe
            break
        for zone, ring in zip(some, rings, strict=True):
            ring = _without_the_cut(ring)
            starts.append(ring)
            ends.append(np.roll(ring, -1, axis=0))
            owners.append(np.full(len(ring), zone))
    return [np.concatenate(parts) for parts in (starts, ends, owners)]


def _without_the_cut(ring):
    """Return a ring around a pole without what only lays it out on a map.

    There it begins where it crosses the antimeridian, ends there, and comes back along
    the pole.
    """
    if len(ring) < 4:
        return ring
    (last, second_last), first = ring[[-1, -2]], ring[0]
    along_pole = (np.abs(ring[-2:, 0]) == 90.0).all()
    whole_turn = abs(last[1] - second_last[1]) == 360.0
    return ring[1:-3] if along_pole and whole_turn and first[1] == last[1] else ring


def _near_to_arcs(starts, ends, owners, up, down, within_km):
    """Cut edges that are straight in a plane until great circles stand for them.

    Edges along parallels stay whole.
    """
    done = []
    for halving in range(_MOST_HALVINGS):
        fine = starts[:, 0] == ends[:, 0]
        fine |= starts[:, 1] == ends[:, 1]
        oblique = np.flatnonzero(~fine)
        if oblique.size and halving < _MOST_HALVINGS - 1:
            aside = _off_great_circles(starts[oblique], ends[oblique], up, down)
            fine[oblique] = aside <= within_km
        else:
            fine[:] = True
        done.append((starts[fine], ends[fine], owners[fine]))
        starts, ends, owners = starts[~fine], ends[~fine], owners[~fine]
        if not len(starts):
            break
        middles = _between(starts, ends, 0.5, up, down)
        starts, ends = (
            np.concatenate(pair) for pair in ((starts, middles), (middles, ends))
        )
        owners = np.concatenate([owners, owners])
    return [np.concatenate(parts) for parts in zip(*done, strict=True)]


def _between(starts, ends, share, up, down):
    """Return the point of each edge that is a share of its way, in its plane."""
    heights = up(starts[:, 0]) * (1.0 - share) + up(ends[:, 0]) * share
    longitudes = starts[:, 1] * (1.0 - share) + ends[:, 1] * share
    return np.column_stack([down(heights), longitudes])


def _off_great_circles(starts, ends, up, down):
    """Return how far edges bend away from great circles, in km."""
    first, last = unit_vectors(starts), unit_vectors(ends)
    across = np.cross(first, last - first)
    lengths = np.linalg.norm(across, axis=1)
    across /= np.where(lengths > 0.0, lengths, 1.0)[:, np.newaxis]
    off = np.zeros(len(starts))
    for share in (0.25, 0.5, 0.75):
        points = unit_vectors(_between(starts, ends, share, up, down))
        np.maximum(off, np.abs(np.einsum("ij,ij->i", points, across)), out=off)
    # The shorter way round has to be the one that is meant.
    off[np.abs(ends[:, 1] - starts[:, 1]) > 90.0] = np.inf
    return off * EARTH_RADIUS_KM
