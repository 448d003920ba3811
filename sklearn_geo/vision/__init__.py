# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos become features: crops, posteriors of any network, scenes in a hierarchy."""

from sklearn_geo._lazy import offer

_MODULES = {
    "_even_crops": ("EvenCrops",),
    "_photos": ("read_photo",),
    "_posteriors": ("PosteriorTransformer",),
    "_random_area": ("RandomAreaCrop",),
    "_scene_hierarchy": ("SceneHierarchy",),
    "_scene_table": ("read_scene_table",),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
