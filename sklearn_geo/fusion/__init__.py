# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several representations of a row become one prediction, and say what mattered."""

from sklearn_geo._lazy import offer

_MODULES = {
    "_blocks": ("blocks_of",),
    "_classifier": ("AttentionFusionClassifier",),
    "_regressor": ("AttentionFusionRegressor",),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
