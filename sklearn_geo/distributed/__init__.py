# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same over dask collections: Parquet in, zone store out, and places encoded."""

from sklearn_geo.distributed._fit import fit_zone_store
from sklearn_geo.distributed._transform import transform

__all__ = ["fit_zone_store", "transform"]
