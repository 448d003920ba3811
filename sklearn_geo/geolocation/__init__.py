# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Features become a place: cells of the earth, photos that look alike, reports."""

from sklearn_geo.geolocation._album_geolocator import AlbumGeolocator
from sklearn_geo.geolocation._classifier import HierarchicalCellClassifier
from sklearn_geo.geolocation._neighbors import NeighborGeolocator
from sklearn_geo.geolocation._prior import PriorGeolocator
from sklearn_geo.geolocation._report import GeolocationReport
from sklearn_geo.geolocation._scene_networks import SceneNetworks
from sklearn_geo.geolocation._selection_report import SelectionReport
from sklearn_geo.geolocation._selective import SelectiveGeolocator
from sklearn_geo.geolocation._time_adjusted import TimeAdjustedGeolocator
from sklearn_geo.geolocation._user_averaging import UserAveragingGeolocator

__all__ = [
    "AlbumGeolocator",
    "GeolocationReport",
    "HierarchicalCellClassifier",
    "NeighborGeolocator",
    "PriorGeolocator",
    "SceneNetworks",
    "SelectionReport",
    "SelectiveGeolocator",
    "TimeAdjustedGeolocator",
    "UserAveragingGeolocator",
]
