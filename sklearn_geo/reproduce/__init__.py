# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of the GPS2Vec+ paper, computed anew: `python -m sklearn_geo.reproduce`."""

from sklearn_geo._lazy import offer

_MODULES = {}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
