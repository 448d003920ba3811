# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of papers, computed anew: `python -m sklearn_geo.reproduce venue`."""

from sklearn_geo._lazy import offer

_MODULES = {
    "_scoring": (
        "Resamples",
        "block_level",
        "difference",
        "multilabel_estimates",
        "split_rows",
    ),
    "_out_of_fold": ("out_of_fold",),
    "_city_blocks": ("city_blocks",),
    "_venue": ("score_venues", "venue_blocks"),
    "_venue_blocks": ("VenueSize", "photo_blocks", "venue_pipeline"),
    "_venue_data": ("VenueData", "read_venues", "synthetic_venues"),
    "_venue_rows": ("VenueRow", "venue_rows"),
    "_tables": ("Estimate", "Measure", "Progress", "Result", "ResultTable"),
}

__getattr__, __dir__, __all__ = offer(__name__, _MODULES)
