# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn estimators for rows that have a latitude and a longitude.

Public names are loaded when they are first used (PEP 562), so that importing the
package costs next to nothing and pulls in neither torch nor pandas.
"""

from sklearn_geo._lazy import offer

__version__ = "0.1.0.dev0"

# Every room, and the estimators and splitters that are offered at the top level.
_ROOMS = {
    "base": (),
    "context": ("GPS2VecPlusTransformer", "NumpyContextEncoder"),
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
    "fusion": ("AttentionFusionClassifier", "AttentionFusionRegressor"),
    "geolocation": (
        "AlbumGeolocator",
        "GeolocationReport",
        "HierarchicalCellClassifier",
        "NeighborGeolocator",
        "PriorGeolocator",
        "SceneNetworks",
        "TimeAdjustedGeolocator",
        "SelectiveGeolocator",
        "UserAveragingGeolocator",
    ),
    "geometry": (),
    "inspection": (
        "AlbumPathDisplay",
        "AttentionDisplay",
        "CellMapDisplay",
        "ContinentDisplay",
        "CoverageDisplay",
        "DistanceCurveDisplay",
        "FoldScoresDisplay",
        "LongitudeHourDisplay",
        "PerClassDisplay",
        "PlaceMapDisplay",
        "ProbabilityMapDisplay",
        "RetrievalSheetDisplay",
        "TagFrequencyDisplay",
        "TaggingSheetDisplay",
        "ZoneReportDisplay",
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
    "ranking": (
        "HashtagEmbedding",
        "KernelTagger",
        "LocSensRanker",
        "PlaceFrequencyTagger",
        "ProductTagger",
        "RadiusFilter",
    ),
    "reproduce": (),
    "vision": ("EvenCrops", "PosteriorTransformer", "RandomAreaCrop", "SceneHierarchy"),
}

__getattr__, __dir__, __all__ = offer(__name__, _ROOMS, others=["__version__"])
