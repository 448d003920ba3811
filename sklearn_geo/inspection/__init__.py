# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of partitions and geolocators, drawn by matplotlib, and their GeoJSON."""

from sklearn_geo.inspection._album_path import AlbumPathDisplay
from sklearn_geo.inspection._attention import AttentionDisplay
from sklearn_geo.inspection._cell_map import CellMapDisplay
from sklearn_geo.inspection._continents import ContinentDisplay
from sklearn_geo.inspection._coverage import CoverageDisplay
from sklearn_geo.inspection._distance_curve import DistanceCurveDisplay
from sklearn_geo.inspection._fold_scores import FoldScoresDisplay
from sklearn_geo.inspection._longitude_hour import LongitudeHourDisplay
from sklearn_geo.inspection._per_class import PerClassDisplay
from sklearn_geo.inspection._place_map import PlaceMapDisplay
from sklearn_geo.inspection._probability_map import ProbabilityMapDisplay
from sklearn_geo.inspection._retrieval_sheet import RetrievalSheetDisplay
from sklearn_geo.inspection._tag_frequency import TagFrequencyDisplay
from sklearn_geo.inspection._tagging_sheet import TaggingSheetDisplay
from sklearn_geo.inspection._zone_report import ZoneReportDisplay

__all__ = [
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
]
