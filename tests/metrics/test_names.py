# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What metrics are called: all names there are, and what numbers in them mean."""

import pytest

from sklearn_geo.metrics._names import METRICS, find_metric, metric_names

NAMES = [
    "accuracy_at_1km",
    "accuracy_at_200km",
    "accuracy_at_2500km",
    "accuracy_at_25km",
    "accuracy_at_750km",
    "class_bias",
    "correct_tag_coverage_at_10",
    "geo_score",
    "hashtag_accuracy_at_1",
    "hashtag_accuracy_at_10",
    "hashtag_accuracy_at_50",
    "macro_average_precision",
    "mean_great_circle_error",
    "median_great_circle_error",
    "tag_coverage_at_10",
]
ERRORS = {"class_bias", "mean_great_circle_error", "median_great_circle_error"}


def test_all_names():
    assert metric_names(signed=False) == NAMES
    negated = [f"neg_{name}" if name in ERRORS else name for name in NAMES]
    assert metric_names(signed=True) == sorted(negated)


@pytest.mark.parametrize(
    ("name", "metric", "arguments"),
    [
        ("accuracy_at_62.5km", "accuracy_at_km", {"km": 62.5}),
        ("accuracy_at_0km", "accuracy_at_km", {"km": 0}),
        ("accuracy_at_25km", "accuracy_at_km", {"km": 25}),
        ("hashtag_accuracy_at_120", "hashtag_accuracy_at_k", {"k": 120}),
        ("tag_coverage_at_7", "tag_coverage_at_k", {"k": 7}),
        ("correct_tag_coverage_at_7", "tag_coverage_at_k", {"k": 7, "correct": True}),
        ("geo_score", "geo_score", {}),
    ],
)
def test_numbers_in_names(name, metric, arguments):
    for signed in (False, True):
        found, given = find_metric(name, signed=signed)
        assert found is METRICS[metric]
        assert given == arguments
        assert {key: type(value) for key, value in given.items()} == {
            key: type(value) for key, value in arguments.items()
        }


@pytest.mark.parametrize(
    "name",
    [
        *("hashtag_accuracy_at_0", "hashtag_accuracy_at_01", "tag_coverage_at_1.5"),
        *("accuracy_at_25kms", "my_accuracy_at_25km", "accuracy_at_.5km"),
        *("accuracy_at_-5km", "geo_score_", "tag_coverage_at_10\n", ""),
    ],
)
def test_names_that_are_nearly_right(name):
    for signed in (False, True):
        with pytest.raises(ValueError, match=r"^There is no metric '"):
            find_metric(name, signed=signed)
