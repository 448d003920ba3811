# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What all tasks of a fit know, and who hears of which photos."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo.context._inference import FALLBACK
from sklearn_geo.context._seams import Seams
from sklearn_geo.distributed._photos import zones_at
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    km_to_chord,
    unit_vectors,
    utm_zones,
)

__all__ = ["Setup", "minor_groups"]

# Places in no zone go by their UTM zones where they have to go somewhere, and these
# groups have numbers that no zone has.
_OUTSIDE = -16
# Photos farther than a propagator's radius do no harm, so rounding may not lose one:
# wider by a thousandth and ten metres.
_WIDER, _WIDER_KM = 1.001, 0.01
# Places whose neighbours are looked for at once.
_AT_ONCE = 256
# Photos beyond the borders of their cells go by squares half as wide as a propagator
# looks, within limits in degrees.
_NARROWEST, _WIDEST = 0.02, 1.0


@dataclass
class Setup:
    """What is common to all tasks of a fit.

    Attributes
    ----------
    layout : Layout
        Columns of the table.

    plan : Plan
        What is learnt, and into what shape.

    propagators : dict of str to transformer
        Unfitted propagators by context.

    radius_km : float or None
        The largest radius that one of them looks at; None if none looks at photos.

    preset : Preset
        How networks are trained.

    seed : int
        The seed of the fit.

    first : ndarray of shape (n_parts,) or None
        Number of the first photo of each part.

    share : int or None
        How many photos a zone gives to the sample of all; None if there is none.

    means : dict of str to ndarray
        Mean teacher row of each context.

    means_are_known : bool
        Whether they are also right for contexts whose rows a propagator makes; until
        then these are the means of the raw rows.

    zones : ndarray of int64
        Zones that get networks, ascending.

    left_out : ndarray of int64
        Numbers of photos that count nothing, ascending, where photos have numbers of
        their own.

    sampled : ndarray of int64
        Numbers of the photos of the sample, ascending.

    minor : dict of int to ndarray
        Places of sampled photos in zones without networks, by group.

    files : list of str
        The file that each part has become.

    beyond : dict of int to ndarray
        Middles of the squares with photos beyond the border of their zone, by zone.
    """

    layout: object
    plan: object
    propagators: dict
    radius_km: float | None
    preset: object
    seed: int
    first: np.ndarray | None = None
    share: int | None = None
    means: dict = field(default_factory=dict)
    means_are_known: bool = False
    zones: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    left_out: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    sampled: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    minor: dict = field(default_factory=dict)
    files: list = field(default_factory=list)
    beyond: dict = field(default_factory=dict)

    @property
    def _reach_km(self):
        return self.radius_km * _WIDER + _WIDER_KM

    @cached_property
    def _seams(self):
        return Seams(self.plan.regions, self._reach_km)

    @property
    def _square(self):
        """The width in degrees of the squares of photos beyond borders."""
        width = np.degrees(self.radius_km / EARTH_RADIUS_KM) / 2.0
        return min(max(width, _NARROWEST), _WIDEST)

    def squares_beyond(self, places, zones):
        """Say in which squares there are photos beyond the border of their zone.

        Cells of ``uncovered="nearest"`` have some, all others none.

        Parameters
        ----------
        places : ndarray of shape (n_photos, 2)
            Where photos were taken.

        zones : ndarray of shape (n_photos,)
            The zones of these places.

        Returns
        -------
        ndarray of shape (n_squares, 3), int64
            Zone, row and column of each square, once.
        """
        partition = getattr(self.plan.regions, "partition", None)
        goes_on = getattr(partition, "uncovered", None) == "nearest"
        if self.radius_km is None or not goes_on or not len(places):
            return np.empty((0, 3), dtype=np.int64)
        rows = np.flatnonzero(partition._locate(places) < 0)
        squares = np.floor((places[rows] + [90.0, 180.0]) / self._square)
        return np.unique(
            np.column_stack([zones[rows], squares.astype(np.int64)]), axis=0
        )

    def middles_of(self, squares):
        """Return the middles of squares by zone, see :meth:`squares_beyond`."""
        middles = (squares[:, 1:] + 0.5) * self._square - [90.0, 180.0]
        middles[:, 0] = np.minimum(middles[:, 0], 90.0)
        zones = squares[:, 0]
        return {zone: middles[zones == zone] for zone in np.unique(zones).tolist()}

    def ranks(self, numbers):
        """Return numbers as if the photos that count nothing were not there."""
        return numbers - np.searchsorted(self.left_out, numbers)

    def is_sampled(self, numbers):
        """Say which photos are in the sample of all."""
        return np.isin(numbers, self.sampled)

    def hearers(self, places, zones, sampled):
        """Say where photos have to be, and as what.

        Parameters
        ----------
        places : ndarray of shape (n_photos, 2)
            Where they were taken.

        zones : ndarray of shape (n_photos,)
            The zones of these places.

        sampled : ndarray of shape (n_photos,), bool
            Whether each is in the sample of all.

        Returns
        -------
        rows, groups : ndarray of int64
            Which photo, and which zone or other group: by group, and then by row.

        own : ndarray of bool
            Whether the photo belongs to it, or is a neighbour of one that does.
        """
        trained = np.isin(zones, self.zones)
        found = [(np.flatnonzero(trained), zones[trained], True)]
        if self.share is not None:
            rows = np.flatnonzero(sampled)
            found.append((rows, np.full(len(rows), FALLBACK), True))
        if self.radius_km is not None and len(self.zones) and len(places):
            rows, ids, _ = self._seams.distances(places, zones)
            heard = np.isin(ids, self.zones)
            found.append((rows[heard], ids[heard], False))
            beyond = {
                zone: middles
                for zone, middles in self.beyond.items()
                if zone in self.zones
            }
            corner_km = np.radians(self._square) * EARTH_RADIUS_KM / np.sqrt(2.0)
            found += _near(places, beyond, self._reach_km + corner_km)
        if self.minor:
            rows = np.flatnonzero(sampled & ~trained)
            found.append((rows, minor_groups(places[rows], zones[rows]), True))
            if self.radius_km is not None and len(places):
                found += _near(places, self.minor, self._reach_km)
        rows, groups = (
            np.concatenate([each[at] for each in found]).astype(np.int64)
            for at in (0, 1)
        )
        own = np.repeat([each[2] for each in found], [len(each[0]) for each in found])
        order = np.lexsort((~own, rows, groups))
        rows, groups, own = rows[order], groups[order], own[order]
        # Who was found twice is there once, and as its own if it is that too.
        first = np.ones(len(rows), dtype=bool)
        first[1:] = (np.diff(rows) != 0) | (np.diff(groups) != 0)
        return rows[first], groups[first], own[first]

    def __getstate__(self):
        """Leave out what every process collects for itself."""
        return {k: v for k, v in self.__dict__.items() if k != "_seams"}


def _near(places, others, km):
    """Yield the places within some distance of those of each group."""
    if not others:
        return
    tree, chord = cKDTree(unit_vectors(places)), km_to_chord(km)
    for group, targets in others.items():
        near = np.zeros(len(places), dtype=bool)
        vectors = unit_vectors(targets)
        for first in range(0, len(vectors), _AT_ONCE):
            for rows in tree.query_ball_point(vectors[first : first + _AT_ONCE], chord):
                near[rows] = True
        rows = np.flatnonzero(near)
        yield rows, np.full(len(rows), group), False


def minor_groups(places, zones):
    """Say where sampled photos go whose zones get no networks.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2)
        Where they were taken.

    zones : ndarray of shape (n_photos,)
        The zones of these places.

    Returns
    -------
    ndarray of int64
        The zone itself, and a number below zero for places in no zone.
    """
    return np.where(zones < 0, _OUTSIDE - zones_at(utm_zones, places), zones)
