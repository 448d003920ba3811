# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The borders of zones as arcs, out of the rings that zones are drawn with."""

import numpy as np

from sklearn_geo.context._arcs import Arcs

# Zones whose rings are read at once.
_ZONES_AT_ONCE = 4096


def borders(regions, ids=None, **cut):
    """Return the borders of zones.

    Parameters
    ----------
    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones.

    ids : ndarray of int64 or None, default=None
        Which zones; all if None.

    **cut : float
        How :class:`Arcs` are cut.

    Returns
    -------
    Arcs
        Their borders, each arc with the zone it bounds. A piece of border between two
        zones is there twice, once for each.
    """
    ids = regions.all_ids() if ids is None else np.asarray(ids, dtype=np.int64)
    # Edges of UTM zones are straight on the map, those of cells are geodesics.
    on_map = getattr(regions, "partition", None) is None
    starts, ends, owners = [np.empty((0, 2))], [np.empty((0, 2))], [ids[:0]]
    for first in range(0, len(ids), _ZONES_AT_ONCE):
        some = ids[first : first + _ZONES_AT_ONCE]
        for zone, ring in zip(some, regions.outlines(some, 1), strict=False):
            ring = _without_the_cut(ring)
            starts.append(ring)
            ends.append(np.roll(ring, -1, axis=0))
            owners.append(np.full(len(ring), zone))
    starts, ends = np.concatenate(starts), np.concatenate(ends)
    parallel = (starts[:, 0] == ends[:, 0]) & on_map
    return Arcs(starts, ends, np.concatenate(owners), parallel, **cut)


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
