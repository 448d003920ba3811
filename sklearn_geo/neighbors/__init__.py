# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What was seen around a place: photos, their tags, and whose they are."""

from sklearn_geo.neighbors._corpus import GeoTagCorpus
from sklearn_geo.neighbors._index import PlaceIndex
from sklearn_geo.neighbors._propagator import GeoNeighborTagPropagator

__all__ = ["GeoNeighborTagPropagator", "GeoTagCorpus", "PlaceIndex"]
