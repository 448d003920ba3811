# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What was seen around a place: photos, their tags, and whose they are."""

from sklearn_geo.neighbors._annotator import NeighborVoteAnnotator
from sklearn_geo.neighbors._corpus import GeoTagCorpus
from sklearn_geo.neighbors._hash_tags import HashTagEncoder
from sklearn_geo.neighbors._index import PlaceIndex
from sklearn_geo.neighbors._joint import JointNeighborTagPropagator
from sklearn_geo.neighbors._propagator import GeoNeighborTagPropagator
from sklearn_geo.neighbors._tag_vectorizer import TagVectorizer
from sklearn_geo.neighbors._visual import VisualNeighborTagPropagator

__all__ = [
    "GeoNeighborTagPropagator",
    "GeoTagCorpus",
    "HashTagEncoder",
    "JointNeighborTagPropagator",
    "NeighborVoteAnnotator",
    "PlaceIndex",
    "TagVectorizer",
    "VisualNeighborTagPropagator",
]
