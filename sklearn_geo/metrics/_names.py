# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the metrics are called, for scorers and wherever a metric is asked for."""

import difflib
import re
from dataclasses import dataclass, replace
from functools import partial

from sklearn_geo.metrics._class_bias import class_bias, class_bias_kl
from sklearn_geo.metrics._errors import (
    LOCALITIES_KM,
    accuracy_at_km,
    geo_score,
    mean_great_circle_error,
    median_great_circle_error,
)
from sklearn_geo.metrics._tagging import (
    hashtag_accuracy_at_k,
    macro_average_precision,
    tag_coverage_at_k,
)

# In order of preference. What ranks tags does not have to be a probability, but among
# probabilities a tag that no training photo had is sure to come last.
SCORES = ("predict_proba", "decision_function")


@dataclass(frozen=True)
class Metric:
    """A metric, which way it points, and what it wants to see of an estimator."""

    function: object
    greater_is_better: bool = True
    response_method: object = "predict"
    reads_tags: bool = False
    reads_places: bool = False


def _of_tags(function):
    return Metric(function, response_method=SCORES, reads_tags=True)


def _of_places(function, greater_is_better=True):
    return Metric(function, greater_is_better, reads_places=True)


METRICS = {
    "class_bias": Metric(class_bias_kl, greater_is_better=False),
    "geo_score": _of_places(geo_score),
    "macro_average_precision": _of_tags(macro_average_precision),
    "mean_great_circle_error": _of_places(mean_great_circle_error, False),
    "median_great_circle_error": _of_places(median_great_circle_error, False),
    "accuracy_at_km": _of_places(accuracy_at_km),
    "hashtag_accuracy_at_k": _of_tags(hashtag_accuracy_at_k),
    "tag_coverage_at_k": _of_tags(tag_coverage_at_k),
}

_KM = r"(\d+(?:\.\d+)?)"
_K = r"([1-9]\d*)"
# Names with a number in them: what they look like, what they mean, which to list.
_PATTERNS = (
    (f"accuracy_at_{_KM}km", "accuracy_at_km", "km", {}, LOCALITIES_KM),
    (f"hashtag_accuracy_at_{_K}", "hashtag_accuracy_at_k", "k", {}, (1, 10, 50)),
    (f"tag_coverage_at_{_K}", "tag_coverage_at_k", "k", {}, (10,)),
    (
        f"correct_tag_coverage_at_{_K}",
        "tag_coverage_at_k",
        "k",
        {"correct": True},
        (10,),
    ),
)
_WITHOUT_NUMBER = {"accuracy_at_km", "hashtag_accuracy_at_k", "tag_coverage_at_k"}


def metric_names(*, signed):
    """List the names there are, with errors negated (as scorers are) or not."""
    names = [
        f"neg_{name}" if signed and not metric.greater_is_better else name
        for name, metric in METRICS.items()
        if name not in _WITHOUT_NUMBER
    ]
    for pattern, _, _, _, numbers in _PATTERNS:
        number = _KM if _KM in pattern else _K
        names += [pattern.replace(number, f"{value:g}") for value in numbers]
    return sorted(names)


def find_metric(name, *, signed):
    """Find a metric by its name.

    Parameters
    ----------
    name : str
        One of `metric_names`, or one with another number in it.

    signed : bool
        Whether errors are called by the names of their negatives.

    Returns
    -------
    metric : Metric
        The metric.

    arguments : dict
        What its name says about its arguments.
    """
    for pattern, found, argument, others, _ in _PATTERNS:
        match = re.fullmatch(pattern, name)
        if match:
            number = match.group(1)
            number = float(number) if "." in number else int(number)
            return METRICS[found], {argument: number, **others}
    for known, metric in METRICS.items():
        negated = signed and not metric.greater_is_better
        if name == (f"neg_{known}" if negated else known):
            return metric, {}
    names = metric_names(signed=signed)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"There is no metric {name!r}.{hint} There are {', '.join(names)}, and the "
        "same with any other number of kilometres or suggestions."
    )


def find_function(function):
    """Look a function up among the metrics; of others, assume that more is better.

    Parameters
    ----------
    function : callable
        A metric of this library or another, perhaps with arguments fixed.

    Returns
    -------
    Metric
        Its `function` returns what tables and scorers take: of `class_bias`, which
        returns several numbers, the divergence alone.
    """
    fixed = function if isinstance(function, partial) else None
    plain = function if fixed is None else fixed.func
    if plain is class_bias:
        plain = class_bias_kl
        function = (
            plain if fixed is None else partial(plain, *fixed.args, **fixed.keywords)
        )
    for metric in METRICS.values():
        if metric.function is plain:
            return replace(metric, function=function)
    return Metric(function)


def read_metric(metric):
    """Turn the name of a metric into a function; let functions pass."""
    if isinstance(metric, str):
        found, arguments = find_metric(metric, signed=False)
        return partial(found.function, **arguments) if arguments else found.function
    if not callable(metric):
        raise TypeError(
            "metric must be the name of a metric or a function metric(y_true, y_pred); "
            f"got {metric!r}."
        )
    return find_function(metric).function
