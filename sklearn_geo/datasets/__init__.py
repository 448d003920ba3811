# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data: synthetic worlds of photos and check-ins, and readers of published files."""

from sklearn_geo.datasets._checkins import make_checkins
from sklearn_geo.datasets._photos import make_geotagged_photos
from sklearn_geo.datasets._report import DataFileError, ReadReport
from sklearn_geo.datasets._town_names import make_town_names
from sklearn_geo.datasets._venue_labels import venue_labels

__all__ = [
    "DataFileError",
    "ReadReport",
    "make_checkins",
    "make_geotagged_photos",
    "make_town_names",
    "venue_labels",
]
