# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Encoders that turn places into columns without learning from labels."""

from sklearn_geo.encoding._grid_one_hot import GridOneHotEncoder
from sklearn_geo.encoding._posting_time import PostingTimeEncoder
from sklearn_geo.encoding._random_fourier import RandomFourierEncoder
from sklearn_geo.encoding._s2_one_hot import S2OneHotEncoder
from sklearn_geo.encoding._sinusoidal import SinusoidalEncoder
from sklearn_geo.encoding._soft_grid import SoftGridEncoder
from sklearn_geo.encoding._sphere2vec import Sphere2VecEncoder
from sklearn_geo.encoding._spherical_harmonics import SphericalHarmonicsEncoder
from sklearn_geo.encoding._unit_vector import UnitVectorEncoder
from sklearn_geo.encoding._utm_one_hot import UTMOneHotEncoder
from sklearn_geo.encoding._venue_activity import VenueActivityEncoder

__all__ = [
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
]
