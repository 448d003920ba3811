# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The earth cut into cells that follow the places: a class for each place."""

from sklearn_geo.partition._area import AreaPartition
from sklearn_geo.partition._hierarchy import CellHierarchy
from sklearn_geo.partition._kmeans import KMeansPartition
from sklearn_geo.partition._s2 import S2Partition
from sklearn_geo.partition._triangle import TrianglePartition

__all__ = [
    "AreaPartition",
    "CellHierarchy",
    "KMeansPartition",
    "S2Partition",
    "TrianglePartition",
]
