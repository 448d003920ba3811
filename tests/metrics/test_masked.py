# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is masked is not uncovered, whatever it says."""

import numpy as np
import pytest

from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    class_bias,
    hashtag_accuracy_at_k,
    macro_average_precision,
    mean_over_tags,
    paired_wilcoxon,
    per_region_score,
    precision_at_k_within_km,
    precision_by_tag_frequency,
    precision_ceiling_at_k_within_km,
    tag_coverage_at_k,
)

PLACES = np.array([[0.0, 0.0], [0.0, 1.0], [50.0, 2.0], [51.0, 3.0]])
EYE = np.eye(4)
LISTS = np.arange(4)[:, np.newaxis]


def _gap(y_true, y_pred):
    return np.abs(y_true - y_pred).mean()


# By the name of the argument: what reads one, and what it may be.
READERS = {
    "y_true": (lambda y: hashtag_accuracy_at_k(y, EYE, k=1), EYE),
    "y_true of coverage": (lambda y: tag_coverage_at_k(y, EYE, k=1), EYE),
    "y_true of precision": (lambda y: macro_average_precision(y, EYE), EYE),
    "y_true of a mean": (lambda y: bootstrap_interval(np.mean, y), np.arange(4.0)),
    "y_true of a median": (lambda y: bootstrap_interval(np.median, y), np.arange(4.0)),
    "y_true of a pair": (lambda y: bootstrap_interval(_gap, y, EYE), EYE),
    "y_pred of a pair": (lambda y: bootstrap_interval(_gap, EYE, y), EYE),
    "y_score": (lambda y: hashtag_accuracy_at_k(EYE, y, k=1), EYE),
    "y_score of coverage": (lambda y: tag_coverage_at_k(EYE, y, k=1), EYE),
    "y_score of lists": (
        lambda y: hashtag_accuracy_at_k(EYE, y, k=1, ranked=True),
        LISTS,
    ),
    "k": (lambda k: hashtag_accuracy_at_k(EYE, EYE, k=k), np.arange(1, 5)),
    "km": (lambda km: accuracy_at_km(PLACES, PLACES, km=km), np.arange(4.0)),
    "omit_tags": (
        lambda tags: hashtag_accuracy_at_k(EYE, EYE, k=1, omit_tags=tags),
        np.array([0, 1, 2, 2]),
    ),
    "groups": (
        lambda groups: bootstrap_interval("geo_score", PLACES, PLACES, groups=groups),
        np.array([1, 2, 1, 3]),
    ),
    "groups of a pair": (
        lambda groups: paired_wilcoxon(PLACES, PLACES + 1, PLACES, groups=groups),
        np.array([1, 2, 1, 3]),
    ),
    "by": (
        lambda by: per_region_score("geo_score", PLACES, PLACES, by=by),
        np.array([1, 2, 1, 3]),
    ),
    "true_cells": (
        lambda cells: class_bias(cells, [0, 1, 0, 1], n_cells=2),
        np.array([0, 1, 0, 1]),
    ),
    "predicted_cells": (
        lambda cells: class_bias([0, 1, 0, 1], cells, n_cells=2),
        np.array([0, 1, 0, 1]),
    ),
    "labels": (
        lambda labels: class_bias([0, 1], [0, 1], labels=labels),
        np.arange(4),
    ),
    "query_tags": (
        lambda tags: precision_at_k_within_km(tags, None, EYE, None, LISTS, km=np.inf),
        np.arange(4),
    ),
    "query_tags of a mean": (
        lambda tags: mean_over_tags(tags, np.arange(4.0)),
        np.arange(4),
    ),
    "values": (lambda values: mean_over_tags(np.arange(4), values), np.arange(4.0)),
    "gallery_tags": (
        lambda tags: precision_at_k_within_km(
            np.arange(4), None, tags, None, LISTS, km=np.inf
        ),
        EYE,
    ),
    "ranked": (
        lambda lists: precision_at_k_within_km(
            np.arange(4), None, EYE, None, lists, km=np.inf
        ),
        LISTS,
    ),
    "exclude_self": (
        lambda own: precision_ceiling_at_k_within_km(
            np.arange(4), None, EYE, None, km=np.inf, exclude_self=own
        ),
        np.arange(4),
    ),
    "counts": (
        lambda counts: precision_by_tag_frequency(
            np.arange(4), np.zeros(4), counts, n_resamples=3
        ),
        np.arange(4),
    ),
    "precision": (
        lambda precision: precision_by_tag_frequency(
            np.arange(4), precision, np.arange(4), n_resamples=3
        ),
        np.ones(4),
    ),
}


@pytest.mark.parametrize("case", READERS)
def test_masked_values_are_refused_by_name(case):
    read, values = READERS[case]
    name = case.split()[0]
    mask = np.zeros(values.shape, dtype=bool)
    # An array that hides nothing is as good as any other.
    read(np.ma.array(values, mask=mask))
    mask[2] = True
    with pytest.raises(ValueError, match=f"^{name}, row 2: the value is masked"):
        read(np.ma.array(values, mask=mask))
