# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics of located predictions: errors in km, tags, retrieval, bias, scorers.

What scikit-learn already measures is not here again. The published tables also report
the Hamming loss and the coverage error: those are `sklearn.metrics.hamming_loss` and
`sklearn.metrics.coverage_error` as they are, which counts ranks from 1 like the tables
do. Average precision is here because the rule for classes without samples differs: see
`macro_average_precision`.
"""

# That the tables count ranks from 1: to rank the six venue categories of the GPS2Vec+
# paper by their shares in its data gives 2.26, and the weakest row of its table 2.235.

from sklearn_geo.metrics._breakdowns import (
    precision_by_region,
    precision_by_tag_frequency,
)
from sklearn_geo.metrics._class_bias import ClassBias, class_bias
from sklearn_geo.metrics._errors import (
    accuracy_at_km,
    geo_score,
    great_circle_error,
    mean_great_circle_error,
    median_great_circle_error,
)
from sklearn_geo.metrics._intervals import BootstrapInterval, bootstrap_interval
from sklearn_geo.metrics._paired import WilcoxonResult, paired_wilcoxon
from sklearn_geo.metrics._regions import continent_names, per_region_score
from sklearn_geo.metrics._retrieval import (
    mean_over_tags,
    precision_at_k_within_km,
    precision_ceiling_at_k_within_km,
)
from sklearn_geo.metrics._scorers import get_geo_scorer_names, make_geo_scorer
from sklearn_geo.metrics._tagging import (
    hashtag_accuracy_at_k,
    macro_average_precision,
    tag_coverage_at_k,
)

__all__ = [
    "BootstrapInterval",
    "ClassBias",
    "WilcoxonResult",
    "accuracy_at_km",
    "bootstrap_interval",
    "class_bias",
    "continent_names",
    "geo_score",
    "get_geo_scorer_names",
    "great_circle_error",
    "hashtag_accuracy_at_k",
    "macro_average_precision",
    "make_geo_scorer",
    "mean_great_circle_error",
    "mean_over_tags",
    "median_great_circle_error",
    "paired_wilcoxon",
    "per_region_score",
    "precision_at_k_within_km",
    "precision_by_region",
    "precision_by_tag_frequency",
    "precision_ceiling_at_k_within_km",
    "tag_coverage_at_k",
]
