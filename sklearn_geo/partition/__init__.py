# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The earth cut into cells that follow the places: a class for each place."""

from sklearn_geo.partition._hierarchy import CellHierarchy
from sklearn_geo.partition._s2 import S2Partition

__all__ = ["CellHierarchy", "S2Partition"]
