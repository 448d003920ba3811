# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much each zone has to say about a place near the borders of its own zone."""

from functools import cached_property

import numpy as np

from sklearn_geo.context._arcs import ArcTree, smallest
from sklearn_geo.context._borders import borders
from sklearn_geo.context._tiles import NearTiles
from sklearn_geo.geometry import unit_vectors

# Borders are cut into pieces twice as long as a zone is heard, so that fewest are found
# near a place; but not shorter than this, or there are too many.
_SHORT_KM = 20.0
# How far arcs may be off edges that are neither parallels nor geodesics: this share of
# what is heard, within limits that keep them few.
_OFF, _LEAST_OFF_KM, _MOST_OFF_KM = 1e-3, 1e-3, 1e-2


class Seams:
    r"""The borders of zones, and what zones a place near them hears.

    Parameters
    ----------
    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones.

    blend_km : float
        How far a zone is heard beyond its border, positive.

    Notes
    -----
    A zone at the distance :math:`d_z` from a place has the share

    .. math::

        w_z = \frac{\max(0, 1 - d_z / b)}{\sum_u \max(0, 1 - d_u / b)},

    with `b` the parameter `blend_km`. The distance to the own zone is 0, that to
    another one is the smallest great-circle distance to its border. On a border both
    sides have distance 0, so shares are continuous; farther than `b` from every border
    the own zone has the share 1.

    What lies in no cell of a partition is heard as zone -1 beside the cells, so shares
    are continuous there too. Borders are exact where they are meridians, parallels or
    geodesics. Others, the slanting edges of areas and of triangles of equal area, are
    known to a thousandth of `b`, and to between 1 and 10 m in any case. Seams between
    cells that `uncovered="nearest"` continues into a gap are not blended.

    Borders are collected when they are needed first.
    """

    def __init__(self, regions, blend_km):
        self.regions = regions
        # An integer may be beyond 64 bits.
        self.blend_km = None if blend_km is None else float(blend_km)

    @cached_property
    def _borders(self):
        """Return the borders and a map of what is near to them."""
        arcs = borders(
            self.regions,
            within_km=min(max(_OFF * self.blend_km, _LEAST_OFF_KM), _MOST_OFF_KM),
            longest_km=max(_SHORT_KM, 2.0 * self.blend_km),
        )
        points = arcs.points(_SHORT_KM / 2.0)
        return ArcTree(arcs), NearTiles(points, self.blend_km + _SHORT_KM / 2.0)

    def distances(self, places, zones):
        """Give the distances of places to the other zones that are near.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        zones : ndarray of shape (n_places,)
            The zone that each lies in, as `regions.locate` gives it.

        Returns
        -------
        rows, ids : ndarray of shape (n_pairs,), int64
            Which place, and which zone: by place, and then by zone. A place's own zone
            is not among them.

        km : ndarray of shape (n_pairs,)
            Distances less than `blend_km`.
        """
        tree, tiles = self._borders
        near = np.flatnonzero(tiles.at(places))
        near_places = places[near]
        vectors = unit_vectors(near_places) if len(near) else np.empty((0, 3))
        found = [(near[:0], np.empty(0, dtype=np.int64), np.empty(0))]
        for rows, arcs, km in tree.pairs(near_places, vectors, self.blend_km):
            ids = tree.arcs.zones[arcs]
            heard = (km < self.blend_km) & (ids != zones[near[rows]])
            found.append(smallest(near[rows[heard]], ids[heard], km[heard]))
        return smallest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def shares(self, places, zones):
        """Give the share of each zone in what is said about a place.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        zones : ndarray of shape (n_places,)
            The zone that each lies in, as `regions.locate` gives it.

        Returns
        -------
        rows, ids : ndarray of shape (n_shares,), int64
            Which place, and which zone: by place, and then by zone. A place's own zone
            is among them.

        shares : ndarray of shape (n_shares,)
            Positive, those of a place add up to 1.
        """
        rows, ids, km = self.distances(places, zones)
        counts = 1 + np.bincount(rows, minlength=len(places))
        all_rows = np.repeat(np.arange(len(places)), counts)
        all_ids, shares = zones[all_rows].astype(np.int64), np.ones(len(all_rows))
        if not len(rows):
            return all_rows, all_ids, shares
        # The few places near borders, their own zones between the others.
        own = np.flatnonzero(counts > 1)
        rows, ids = np.concatenate([rows, own]), np.concatenate([ids, zones[own]])
        weights = np.concatenate([1.0 - km / self.blend_km, np.ones(len(own))])
        order = np.lexsort((ids, rows))
        totals = np.bincount(rows, weights=weights)
        several = counts[all_rows] > 1
        all_ids[several] = ids[order]
        shares[several] = (weights / totals[rows])[order]
        return all_rows, all_ids, shares
