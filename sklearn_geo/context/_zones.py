# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones and their networks, as whoever encodes places needs them."""

import numpy as np

from sklearn_geo.context._inference import FALLBACK
from sklearn_geo.encoding import UTMOneHotEncoder

__all__ = ["Zones", "fit_location"]

_REPORT = [
    ("photos", np.int64),
    ("epochs", np.int64),
    ("held_out_kl", np.float64),
    ("seconds", np.float64),
]


def fit_location(zones, places):
    """Fit what `append_location` appends: a one-hot of UTM zones.

    Parameters
    ----------
    zones : "seen" or list of str
        The zones that have a column, or those of the places.

    places : ndarray of shape (n_places, 2)
        Places to fit on.

    Returns
    -------
    UTMOneHotEncoder
        The fitted encoder; it says zeros of other zones.
    """
    return UTMOneHotEncoder(
        zones=zones,
        handle_unknown="ignore",
        caps="own",
        sparse_output=False,
        dtype=np.float32,
    ).fit(places)


class Zones:
    """Zones, their networks, and what is known of them.

    Parameters
    ----------
    plan : Plan
        What was learnt, and into what shape.

    location_encoder : UTMOneHotEncoder
        Fitted on the training places.

    seed : int
        What decided everything that was left to chance.

    column_names : list of str or None
        Names of the teacher columns.

    photos_seen : dict of int to int
        How many photos of each zone were seen.

    shelf : ZoneShelf
        The weights.
    """

    def __init__(
        self, *, plan, location_encoder, seed, column_names, photos_seen, shelf
    ):
        self.plan = plan
        self.location_encoder = location_encoder
        self.seed = seed
        self.column_names = column_names
        self.photos_seen = photos_seen
        self.shelf = shelf

    contexts = property(lambda self: self.plan.contexts)
    networks = property(lambda self: self.plan.networks)
    regions = property(lambda self: self.plan.regions)
    columns = property(lambda self: self.plan.columns)
    fallback_columns = property(lambda self: self.plan.fallback_columns)
    architecture = property(lambda self: self.plan.architecture)
    fallback_architecture = property(lambda self: self.plan.fallback_architecture)

    @property
    def n_columns(self):
        """Number of teacher columns."""
        return sum(self.contexts.widths.values())

    @property
    def records(self):
        """What is known of each zone, by id."""
        return {record["id"]: record for record in self.shelf.records}

    def shapes(self, zone):
        """Return the shapes of the weights of a zone."""
        if zone == FALLBACK:
            return self.fallback_architecture.shapes()
        return self.architecture.shapes()

    def feature_names(self, output_layer):
        """Return the names of the columns of a layer."""
        if output_layer == "softmax":
            return self.contexts.feature_names()
        width = self.plan.hidden[output_layer - 1]
        digits = len(str(width - 1))
        return [
            f"{'_'.join(names)}_layer{output_layer}_{unit:0{digits}d}"
            for names in self.networks
            for unit in range(width)
        ]

    def report(self):
        """Return a row a zone."""
        records = self.records
        zones = sorted(zone for zone in records if zone >= 0)
        names = [records[zone]["name"] for zone in zones]
        width = max([1, *map(len, names)])
        table = np.zeros(len(zones), dtype=[("zone", f"U{width}"), *_REPORT])
        table["zone"] = names
        for field, _ in _REPORT:
            table[field] = [records[zone][field] for zone in zones]
        return table
