# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics, scorers and splitters, with anything: a finite number, or words."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.dummy import DummyRegressor

from sklearn_geo import metrics, model_selection
from tests.reliability import scale
from tests.reliability.doors import (
    Door,
    Kind,
    counts,
    flag,
    forgotten,
    groups,
    labels,
    level,
    numbers,
    one_of,
    places,
    positive,
    seed,
    table,
    untried,
    vector,
    weights,
)
from tests.reliability.strategies import draws

N_TAGS, N_PHOTOS = 4, 6
radius = ~positive
indicator = table(N_TAGS, lambda draw: float(draw.often(0.4)))
tag_scores = table(N_TAGS)
place_pairs = {"y_true": places, "y_pred": places}
weighted = {"sample_weight": ~weights, "radius_km": radius}
k = one_of(1, 2, 10, [1, 3], np.array([1, 2, 4]), np.int8(2))
km = one_of(25, 1.0, (1, 25, 200), [0], np.array([2500.0, np.inf]), np.float32(7))
tag_positions = one_of([0], [1, 2], np.array([True, False, False, True]), [])
region = one_of("continent", "utm_zone", ("s2", 3), ("s2", 30))
precision = vector(lambda draw: draw.choice([0.0, 0.5, 1.0]))
n_resamples = one_of(2, 5, 20)
confidence = one_of(0.95, 0.5, 0.001)

# Examples a door in the long form, see nights.py.
LONG = 10_000


def _gallery(column):
    """Return the kind of a table that is as long whatever the number of queries is."""
    return Kind(
        lambda draw, n: column.good(draw, N_PHOTOS),
        lambda draw, n: column.bad(draw, N_PHOTOS),
    )


_no_self = counts(N_PHOTOS)
lists = Kind(
    lambda draw, n: np.array([draw.sample(range(-1, N_PHOTOS), 4) for _ in range(n)]),
    table(4).bad,
)
retrieval = {
    "query_tags": counts(N_TAGS),
    "query_places": places,
    "gallery_tags": _gallery(indicator),
    "gallery_places": _gallery(places),
    "k": ~one_of(1, 3, 10),
    "km": ~km,
    "exclude_self": ~_no_self,
    "omit_tags": ~tag_positions,
    "average": ~one_of("queries", "tags", None),
    "radius_km": radius,
}
resampled = {
    "confidence_level": ~confidence,
    "n_resamples": n_resamples,
    "random_state": seed,
}


# Made once: drawn anew it would not be what was passed before.
_NO_METRIC = object()


def _no(draw, n):
    return False


def _anything(arguments):
    return True


def _interval(**arguments):
    found = metrics.bootstrap_interval(**arguments)
    if len(found.distribution) == 1:  # asked for, or left: it has no standard error
        assert np.isnan(found.standard_error)
        return replace(found, standard_error=0.0)
    return found


def _nothing_added(arguments):
    # Without pseudo counts the divergence may be infinite.
    return arguments.get("pseudo_count") == 0


def _score(metric, X, y, **options):
    """Make a scorer and let it judge what answers with one place for all."""
    if isinstance(metric, type):
        return None  # a metric of the caller's, which raises what it will
    scorer = metrics.make_geo_scorer(metric, **options)
    guess = DummyRegressor().fit([[0.0, 0.0]] * 2, [[1.0, 2.0]] * 2)
    return scorer(guess, X, y)


def _regions(**arguments):
    return dict(metrics.per_region_score(**arguments))


METRICS = {
    "great_circle_error": Door(
        metrics.great_circle_error, {**place_pairs, "radius_km": radius}
    ),
    "mean_great_circle_error": Door(
        metrics.mean_great_circle_error, {**place_pairs, **weighted}
    ),
    "median_great_circle_error": Door(
        metrics.median_great_circle_error, {**place_pairs, **weighted}
    ),
    "accuracy_at_km": Door(
        metrics.accuracy_at_km, {**place_pairs, "km": ~km, **weighted}
    ),
    "geo_score": Door(
        metrics.geo_score, {**place_pairs, "scale_km": ~positive, **weighted}
    ),
    "paired_wilcoxon": Door(
        metrics.paired_wilcoxon,
        {
            "y_true": places,
            "pred_a": places,
            "pred_b": places,
            "alternative": ~one_of("two-sided", "less", "greater"),
            "groups": ~groups,
            "radius_km": radius,
        },
    ),
    "bootstrap_interval": Door(
        _interval,
        {
            "metric": Kind(
                lambda draw, n: draw.choice(["accuracy_at_25km", "geo_score"]),
                lambda draw, n: draw.choice(["", "x", None, 3, _NO_METRIC]),
            ),
            **place_pairs,
            "groups": ~groups,
            "sample_weight": ~weights,
            "method": ~one_of("percentile", "bca"),
            **resampled,
        },
    ),
    "per_region_score": Door(
        _regions,
        {
            "metric": one_of("geo_score", "accuracy_at_25km", {"a": "geo_score"}),
            **place_pairs,
            "by": one_of("continent", "utm_zone", ("s2", 3)),
            "sample_weight": ~weights,
            "min_count": ~one_of(1, 2),
            "as_frame": ~Kind(_no, _no),
        },
    ),
    "class_bias": Door(
        metrics.class_bias,
        {
            "true_cells": counts(5),
            "predicted_cells": counts(5),
            "labels": ~counts(5),
            "n_cells": ~one_of(5, 6, 100),
            "pseudo_count": ~one_of(1.0, 0.5, 1e-3),
            "base": ~one_of(2, 10.0, None),
            "sample_weight": ~weights,
        },
        free=_nothing_added,
    ),
    "ClassBias": Door(
        metrics.class_bias,
        {
            "true_cells": labels,
            "predicted_cells": labels,
            "labels": ~labels,
            "n_cells": ~one_of(None),
            "pseudo_count": ~one_of(1.0, 0.5, 1e-3),
            "base": ~one_of(2, 10.0, None),
            "sample_weight": ~weights,
        },
        free=_nothing_added,
    ),
    "continent_names": Door(metrics.continent_names, {"places": places}),
    "mean_over_tags": Door(
        metrics.mean_over_tags,
        {"query_tags": labels, "values": numbers},
        # Queries with NaN are left out; NaN if none is left.
        free=_anything,
    ),
    # ---- tags
    "hashtag_accuracy_at_k": Door(
        metrics.hashtag_accuracy_at_k,
        {
            "y_true": indicator,
            "y_score": tag_scores,
            "k": ~k,
            "ranked": ~one_of(False),
            "ties": ~one_of("pessimistic", "optimistic", "mean"),
            "untagged": ~one_of("skip", "miss", "error"),
            "omit_tags": ~tag_positions,
            "sample_weight": ~weights,
        },
        # NaN, with a warning, if no photo has a tag.
        free=_anything,
    ),
    "tag_coverage_at_k": Door(
        metrics.tag_coverage_at_k,
        {
            "y_true": indicator,
            "y_score": tag_scores,
            "k": ~k,
            "correct": ~flag,
            "ranked": ~one_of(False),
            "ties": ~one_of("pessimistic", "optimistic"),
            "omit_tags": ~tag_positions,
        },
        free=_anything,
    ),
    "macro_average_precision": Door(
        metrics.macro_average_precision,
        {
            "y_true": indicator,
            "y_score": tag_scores,
            "empty_classes": ~one_of("skip", "zero", "error"),
            "sample_weight": ~weights,
        },
        free=_anything,
    ),
    "precision_at_k_within_km": Door(
        metrics.precision_at_k_within_km,
        {**retrieval, "ranked": lists},
        # NaN for queries that are left out.
        free=_anything,
    ),
    "precision_ceiling_at_k_within_km": Door(
        metrics.precision_ceiling_at_k_within_km, retrieval, free=_anything
    ),
    "precision_by_region": Door(
        metrics.precision_by_region,
        {
            "query_places": places,
            "precision": precision,
            "train_places": ~places,
            "by": ~region,
            "groups": ~groups,
            **resampled,
        },
        # Regions of one query have no interval.
        free=_anything,
    ),
    "precision_by_tag_frequency": Door(
        metrics.precision_by_tag_frequency,
        {
            "query_tags": counts(N_TAGS),
            "precision": precision,
            "counts": _gallery(counts(1000)),
            "bins_per_decade": ~one_of(1, 2, 5),
            **resampled,
        },
        free=_anything,
    ),
    # ---- scorers
    "make_geo_scorer": Door(
        _score,
        {
            "metric": one_of("geo_score", "neg_mean_great_circle_error"),
            "X": places,
            "y": places,
            "greater_is_better": ~flag,
        },
    ),
    "get_geo_scorer_names": Door(
        lambda nothing: metrics.get_geo_scorer_names(), {"nothing": flag}
    ),
}
# What `bootstrap_interval` and `paired_wilcoxon` return: made by these two alone.
RETURNED = {"BootstrapInterval", "WilcoxonResult"}


def _folds(splitter, arguments):
    X, y, users = (arguments.pop(name, None) for name in ("X", "y", "groups"))
    return list(splitter(**arguments).split(X, y, users))


def _disjoint(arguments, folds):
    for train, test in folds:
        assert not set(train) & set(test)
        assert len(test)


# Whoever asks for a billion splits waits for a billion.
_a_few = Kind(
    lambda draw, n: draw.choice([1, 2]), lambda draw, n: draw.choice([0, "2"])
)
rows = Kind(
    lambda draw, n: np.array(sorted(draw.sample(range(n), draw.randint(1, n)))),
    numbers.bad,
)
blocks = {
    "X": places,
    "y": ~labels,
    "groups": ~groups,
    "n_splits": ~one_of(2, 3),
    "level": ~Kind(lambda draw, n: draw.randint(0, 30), level(30).bad),
    "location": ~one_of("auto", (0, 1)),
    "shuffle": ~flag,
    "random_state": seed,
}
SPLITS = {
    "S2BlockKFold": Door(
        lambda **arguments: _folds(model_selection.S2BlockKFold, arguments),
        blocks,
        check=_disjoint,
        most=12,
    ),
    "BufferedSpatialKFold": Door(
        lambda **arguments: _folds(model_selection.BufferedSpatialKFold, arguments),
        {**blocks, "km": ~positive},
        check=_disjoint,
        most=12,
    ),
    "UserDisjointShuffleSplit": Door(
        lambda **arguments: _folds(model_selection.UserDisjointShuffleSplit, arguments),
        {
            "X": table(3),
            "y": ~labels,
            "groups": groups,
            "n_splits": ~_a_few,
            "test_size": ~one_of(0.5, 1, 0.2),
            "train_size": ~one_of(0.5, 1, None),
            "random_state": seed,
        },
        check=_disjoint,
        most=12,
    ),
    "drop_buffer": Door(
        model_selection.drop_buffer,
        {
            "X": places,
            "train": rows,
            "test": rows,
            "km": positive,
            "location": ~one_of(None, (0, 1), [0, 1]),
        },
        most=8,
        undressed=False,  # positions are integers, and a plain table is of floats
    ),
    "s2_level_for_km": Door(model_selection.s2_level_for_km, {"km": positive}),
}
DOORS = {**METRICS, **SPLITS}


def test_nobody_is_forgotten():
    assert forgotten(metrics, METRICS) == RETURNED
    assert not forgotten(model_selection, SPLITS)


@pytest.mark.parametrize("name", DOORS)
def test_no_argument_is_forgotten(name):
    assert not untried(DOORS[name])


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=scale(8, LONG))
@given(draw=draws)
def test_it_answers_or_says_why_not(name, draw):
    DOORS[name].attack(draw)
