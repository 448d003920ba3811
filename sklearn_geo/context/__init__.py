# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What networks learnt about places: contexts, zone by zone."""

from sklearn_geo._lazy import offer

# Training needs torch; what only reads a zone store does without.
_MODULES = {
    "_numpy_encoder": ("NumpyContextEncoder",),
    "_transformer": ("GPS2VecPlusTransformer",),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
