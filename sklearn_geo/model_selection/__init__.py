# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Splits that do not leak: by place, by place with a buffer, and by user."""

from sklearn_geo.model_selection._buffered import BufferedSpatialKFold, drop_buffer
from sklearn_geo.model_selection._s2_block import S2BlockKFold, s2_level_for_km
from sklearn_geo.model_selection._user_disjoint import UserDisjointShuffleSplit

__all__ = [
    "BufferedSpatialKFold",
    "S2BlockKFold",
    "UserDisjointShuffleSplit",
    "drop_buffer",
    "s2_level_for_km",
]
