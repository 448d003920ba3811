# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of some zones is nearest to a place that lies in none of them."""

from functools import cached_property

import numpy as np

from sklearn_geo.context._arcs import LONGEST_KM, ArcTree, smallest
from sklearn_geo.context._borders import borders
from sklearn_geo.geometry import unit_vectors

# Zones that share a corner are equally near up to rounding, far less than this.
_TIE_KM = 1e-6


class NearestZone:
    """Some zones, and which of them is nearest.

    Parameters
    ----------
    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones there are.

    ids : ndarray of int64
        Those to choose from, one at least.

    blend_km : float, default=None
        A zone that is farther than the nearest one by this has no share, see `shares`.

    Notes
    -----
    The distance of a place to a zone is 0 inside, and otherwise the smallest great-
    circle distance to its border. Of zones that are equally near to a millimetre, the
    one with the smallest id is taken.

    Borders are collected when they are needed first.
    """

    def __init__(self, regions, ids, blend_km=None):
        self.regions, self.blend_km = regions, blend_km
        self.ids = np.unique(np.asarray(ids, dtype=np.int64))
        if not len(self.ids):
            raise ValueError("there is no zone to choose from: ids is empty.")

    @cached_property
    def _tree(self):
        # As long as what is asked of them, or too many are found near a place.
        longest = max(LONGEST_KM, 2.0 * (self.blend_km or 0.0))
        return ArcTree(borders(self.regions, self.ids, longest_km=longest))

    def of(self, places):
        """Find the nearest of the zones.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        ndarray of shape (n_places,), int64
            Ids of zones.
        """
        nearest = self.regions.locate(places).astype(np.int64)
        outside = np.flatnonzero(~np.isin(nearest, self.ids))
        if not outside.size:
            return nearest
        rows, zones, km, least = self._near(places[outside], _TIE_KM)
        # By place and zone: the first of those that are near enough to the nearest.
        near = km <= least[rows] + _TIE_KM
        rows, zones = rows[near], zones[near]
        nearest[outside] = zones[np.flatnonzero(np.diff(rows, prepend=-1))]
        return nearest

    def shares(self, places):
        """Give the share of each of the zones in what is said where they are nearest.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        rows, ids : ndarray of shape (n_shares,), int64
            Which place, and which zone.

        shares : ndarray of shape (n_shares,)
            Positive, those of a place add up to 1. They change with the place, but do
            not jump.
        """
        rows, zones, km, least = self._near(places, self.blend_km)
        weights = 1.0 - (km - least[rows]) / self.blend_km
        heard = weights > 0.0
        rows, zones, weights = rows[heard], zones[heard], weights[heard]
        return rows, zones, weights / np.bincount(rows, weights)[rows]

    def _near(self, places, more_km):
        """Return pairs of a place and a zone little farther than its nearest one.

        Also their distances, and those of the nearest zones.
        """
        vectors = unit_vectors(places)
        inside = self.regions.locate(places).astype(np.int64)
        own = np.flatnonzero(np.isin(inside, self.ids))
        limits = self._tree.bounds(places, vectors)
        limits[own] = 0.0
        limits += more_km
        found = [(own, inside[own], np.zeros(len(own)))]
        for rows, arcs, km in self._tree.pairs(places, vectors, limits):
            zones = self._tree.arcs.zones[arcs]
            close = (km <= limits[rows]) & (zones != inside[rows])
            found.append(smallest(rows[close], zones[close], km[close]))
        rows, zones, km = smallest(*map(np.concatenate, zip(*found, strict=True)))
        least = np.minimum.reduceat(km, np.flatnonzero(np.diff(rows, prepend=-1)))
        return rows, zones, km, least
