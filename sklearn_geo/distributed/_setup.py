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
from sklearn_geo.geometry import km_to_chord, unit_vectors, utm_zones

__all__ = ["Setup", "minor_groups"]

# Places in no zone go by their UTM zones where they have to go somewhere, and these
# groups have numbers that no zone has.
_OUTSIDE = -16
# Photos farther than a propagator's radius do no harm, so rounding may not lose one:
# wider by a thousandth and ten metres.
_WIDER, _WIDER_KM = 1.001, 0.01
# Sampled photos whose neighbours are looked for at once.
_SAMPLED_AT_ONCE = 256


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

    zones : ndarray of int64
        Zones that get networks, ascending.

    sampled : ndarray of int64
        Numbers of the photos of the sample, ascending.

    minor : dict of int to ndarray
        Places of sampled photos in zones without networks, by group.

    files : list of str
        The file that each part has become.
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
    zones: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    sampled: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    minor: dict = field(default_factory=dict)
    files: list = field(default_factory=list)

    @cached_property
    def _seams(self):
        return Seams(self.plan.regions, self.radius_km * _WIDER + _WIDER_KM)

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
        if self.minor:
            rows = np.flatnonzero(sampled & ~trained)
            groups = minor_groups(places[rows], zones[rows])
            found.append((rows, groups, True))
            if self.radius_km is not None and len(places):
                own = set(zip(groups.tolist(), rows.tolist(), strict=True))
                found += self._near_sampled(places, own)
        rows, groups = (
            np.concatenate([each[at] for each in found]).astype(np.int64)
            for at in (0, 1)
        )
        own = np.repeat([each[2] for each in found], [len(each[0]) for each in found])
        order = np.lexsort((rows, groups))
        return rows[order], groups[order], own[order]

    def _near_sampled(self, places, own):
        """Yield the photos near sampled ones of zones without networks."""
        tree = cKDTree(unit_vectors(places))
        chord = km_to_chord(self.radius_km * _WIDER + _WIDER_KM)
        for group, others in self.minor.items():
            near = np.zeros(len(places), dtype=bool)
            vectors = unit_vectors(others)
            for first in range(0, len(vectors), _SAMPLED_AT_ONCE):
                some = vectors[first : first + _SAMPLED_AT_ONCE]
                for rows in tree.query_ball_point(some, chord):
                    near[rows] = True
            rows = [row for row in np.flatnonzero(near) if (group, row) not in own]
            yield rows, np.full(len(rows), group), False

    def __getstate__(self):
        """Leave out what every process collects for itself."""
        return {k: v for k, v in self.__dict__.items() if k != "_seams"}


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
