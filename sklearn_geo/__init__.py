# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn estimators for rows that have a latitude and a longitude.

Public names are loaded when they are first used (PEP 562), so that importing the
package costs next to nothing and pulls in neither torch nor pandas.
"""

import importlib

__version__ = "0.1.0.dev0"

# Every room, and the estimators and splitters that are offered at the top level.
_ROOMS = {
    "base": (),
    "context": ("GPS2VecPlusTransformer",),
    "datasets": (),
    "distributed": (),
    "encoding": (
        "GridOneHotEncoder",
        "PostingTimeEncoder",
        "RandomFourierEncoder",
        "S2OneHotEncoder",
        "SinusoidalEncoder",
        "SoftGridEncoder",
        "Sphere2VecEncoder",
        "SphericalHarmonicsEncoder",
        "UTMOneHotEncoder",
        "UnitVectorEncoder",
        "VenueActivityEncoder",
    ),
    "geolocation": (
        "GeolocationReport",
        "HierarchicalCellClassifier",
        "NeighborGeolocator",
        "PriorGeolocator",
        "SceneNetworks",
    ),
    "geometry": (),
    "inspection": (
        "CellMapDisplay",
        "CoverageDisplay",
        "DistanceCurveDisplay",
        "ProbabilityMapDisplay",
    ),
    "metrics": ("make_geo_scorer",),
    "model_selection": (
        "BufferedSpatialKFold",
        "S2BlockKFold",
        "UserDisjointShuffleSplit",
    ),
    "neighbors": (
        "GeoNeighborTagPropagator",
        "GeoTagCorpus",
        "HashTagEncoder",
        "JointNeighborTagPropagator",
        "NeighborVoteAnnotator",
        "TagVectorizer",
        "VisualNeighborTagPropagator",
    ),
    "nets": (),
    "partition": (
        "AreaPartition",
        "CellHierarchy",
        "KMeansPartition",
        "S2Partition",
        "TrianglePartition",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted([*_ROOMS, *_ROOM_OF, "__version__"])


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _ROOM_OF:
        value = getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
