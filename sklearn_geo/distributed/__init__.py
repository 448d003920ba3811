# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same over dask collections: Parquet in, zone store out, and places encoded."""

from sklearn_geo._lazy import offer

_MODULES = {"_fit": ("fit_zone_store",), "_transform": ("transform",)}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
