# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Encoders that turn places into columns without learning from labels."""

from sklearn_geo.encoding._s2_one_hot import S2OneHotEncoder
from sklearn_geo.encoding._unit_vector import UnitVectorEncoder
from sklearn_geo.encoding._utm_one_hot import UTMOneHotEncoder

__all__ = ["S2OneHotEncoder", "UTMOneHotEncoder", "UnitVectorEncoder"]
