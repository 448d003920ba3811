# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which tag, which photo and which place belong together."""

from sklearn_geo._lazy import offer

_MODULES: dict = {
    "_embedding": ("HashtagEmbedding",),
    "_kernel_tagger": ("KernelTagger",),
    "_place_frequency": ("PlaceFrequencyTagger",),
    "_levels": ("GRANULARITIES", "RankerState"),
    "_place_names": ("collect_place_names",),
    "_product_tagger": ("ProductTagger",),
    "_radius_filter": ("RadiusFilter",),
    "_ranker": ("LocSensRanker",),
    "_word_vectors": ("read_word_vectors",),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
