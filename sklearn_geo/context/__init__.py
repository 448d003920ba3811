# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks learnt about places: contexts, zone by zone."""

from sklearn_geo.context._transformer import GPS2VecPlusTransformer

__all__ = ["GPS2VecPlusTransformer"]
