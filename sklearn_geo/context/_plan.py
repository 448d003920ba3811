# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is learnt, and into what shape."""

import numpy as np
from sklearn.base import clone

from sklearn_geo.context._architecture import Architecture
from sklearn_geo.context._columns import default_encoding, fit_columns
from sklearn_geo.context._contexts import read_contexts, read_networks
from sklearn_geo.context._regions import WholeGlobe, frozen, make_regions

__all__ = ["Plan", "make_plan"]


class Plan:
    """What is learnt from, and into what shape.

    Attributes
    ----------
    contexts : Contexts
        The blocks of teacher columns.

    regions : UTMRegions, PartitionRegions or WholeGlobe
        The zones.

    columns, fallback_columns : ZoneColumns
        What networks read; None for a fallback that is not wanted.

    architecture, fallback_architecture : Architecture
        Shapes of the networks.
    """

    def __init__(self, contexts, regions, columns, fallback_columns, networks, hidden):
        self.contexts = contexts
        self.regions = regions
        self.columns = columns
        self.fallback_columns = fallback_columns
        self.networks = networks
        self.hidden = hidden

    @property
    def architecture(self):
        """The shape of the networks of zones."""
        return self._shape(self.columns)

    @property
    def fallback_architecture(self):
        """The shape of the network of the whole globe."""
        if self.fallback_columns is None:
            return None
        return self._shape(self.fallback_columns)

    @property
    def is_globe(self):
        """Whether there is one zone, the whole globe."""
        return isinstance(self.regions, WholeGlobe)

    def params(self):
        """Return the parameters of a transformer that would make such a plan."""
        places = {
            name: np.arange(sum(self.contexts.widths.values()))[columns]
            for name, columns in self.contexts.columns.items()
        }
        in_order = np.concatenate(list(places.values()))
        if (np.diff(in_order) == 1).all():
            contexts = dict(self.contexts.widths)
        else:
            contexts = {name: at.tolist() for name, at in places.items()}
        encoding, regions = clone(self.columns.encoder), None
        if not self.is_globe:
            regions = frozen(self.regions)
        if self.columns.in_zones:
            encoding.set_params(regions="utm")
        return {
            "contexts": contexts,
            "networks": self.networks,
            "regions": regions,
            "encoding": encoding,
        }

    def _shape(self, columns):
        return Architecture(
            columns.n_features, self.networks, self.contexts.widths, self.hidden
        )


def make_plan(model, places, n_columns, names, seed, weights=None):
    """Read the parameters of a transformer that say what is learnt.

    Parameters
    ----------
    model : GPS2VecPlusTransformer
        The transformer.

    places : ndarray of shape (n_photos, 2)
        Training places.

    n_columns : int
        Number of teacher columns.

    names : list of str or None
        Their names.

    seed : int
        For partitions and encoders that draw and have no seed of their own.

    weights : ndarray of shape (n_photos,), default=None
        Weights of the places.

    Returns
    -------
    Plan
        The plan.
    """
    contexts = read_contexts(model.contexts, n_columns, names)
    networks = read_networks(model.networks, list(contexts.widths))
    regions = make_regions(model.regions, places, seed, weights)
    encoding = model.encoding
    if encoding is None:
        encoding = default_encoding(model.regions)
    columns = fit_columns(encoding, regions, places, seed)
    fallback_columns = None
    if model.missing_zone == "fallback" and not isinstance(regions, WholeGlobe):
        fallback_columns = columns
        if columns.in_zones:  # its columns mean another place in every zone
            globe = WholeGlobe()
            fallback_columns = fit_columns(default_encoding(None), globe, places, seed)
    return Plan(
        contexts, regions, columns, fallback_columns, networks, tuple(model.hidden)
    )
