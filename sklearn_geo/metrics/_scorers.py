# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics as scorers, for GridSearchCV and cross_validate."""

import inspect
from functools import partial

import numpy as np
from sklearn.metrics._scorer import _BaseScorer

from sklearn_geo.metrics._breakdowns import (
    precision_by_region,
    precision_by_tag_frequency,
)
from sklearn_geo.metrics._class_bias import class_bias_kl
from sklearn_geo.metrics._errors import great_circle_error
from sklearn_geo.metrics._intervals import bootstrap_interval
from sklearn_geo.metrics._names import (
    METRICS,
    find_function,
    find_metric,
    metric_names,
)
from sklearn_geo.metrics._paired import paired_wilcoxon
from sklearn_geo.metrics._regions import per_region_score
from sklearn_geo.metrics._responses import ask, read_tag_scores
from sklearn_geo.metrics._retrieval import (
    mean_over_tags,
    precision_at_k_within_km,
    precision_ceiling_at_k_within_km,
)
from sklearn_geo.metrics._rows import (
    check_place_pairs,
    check_row_weights,
    check_same_length,
)
from sklearn_geo.metrics._silence import has_answer, score_of_answers

_OF_RETRIEVAL = (
    "is about lists of photos found in a gallery for queries, and a scorer sees only "
    "the X and y of a fold. Call it on the lists that a fitted model returns."
)
_OF_PREDICTIONS = (
    "and a scorer returns one number. Call it on predictions, such as those of "
    "sklearn.model_selection.cross_val_predict."
)
# What is exported beside the metrics and no scorer can be made of, and why.
_NO_SCORERS = {
    great_circle_error: (
        "returns one error a photo, and a scorer returns one number. Use "
        "mean_great_circle_error or median_great_circle_error."
    ),
    precision_at_k_within_km: _OF_RETRIEVAL,
    precision_ceiling_at_k_within_km: _OF_RETRIEVAL,
    precision_by_region: _OF_RETRIEVAL,
    precision_by_tag_frequency: _OF_RETRIEVAL,
    mean_over_tags: _OF_RETRIEVAL,
    per_region_score: f"returns a table, one row a region, {_OF_PREDICTIONS}",
    bootstrap_interval: f"returns an interval, {_OF_PREDICTIONS}",
    paired_wilcoxon: f"compares two predictions, {_OF_PREDICTIONS}",
}


def get_geo_scorer_names():
    """List the names that `make_geo_scorer` knows.

    Returns
    -------
    list of str
        The names, sorted. The numbers in them stand for any others: there is
        "accuracy_at_5km" and "hashtag_accuracy_at_3" too.

    See Also
    --------
    make_geo_scorer : Turns a name into a scorer.

    Examples
    --------
    >>> from sklearn_geo.metrics import get_geo_scorer_names
    >>> "accuracy_at_25km" in get_geo_scorer_names()
    True
    """
    return metric_names(signed=True)


def make_geo_scorer(metric, *, greater_is_better=None, response_method=None, **kwargs):
    """Make a scorer for `GridSearchCV(scoring=...)` from a metric or its name.

    Parameters
    ----------
    metric : str or callable
        One of `get_geo_scorer_names()`, or a function `metric(y_true, y_pred)` that
        returns a number, of this library or your own.

    greater_is_better : bool, default=None
        Whether the metric is a score or an error, which is negated. None takes what is
        right for a metric of the library, and True for any other function.

    response_method : {"predict", "predict_proba", "decision_function"} or tuple of \
them, default=None
        Which method of the estimator the metric looks at; of a tuple, the first one
        that the estimator has. None takes what is right for a metric of the library,
        and "predict" for any other function.

    **kwargs : dict
        Arguments of the metric, such as `km=25` or `ties="mean"`.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)` returns a float, greater being better. It is one of
        scikit-learn's scorers: it can be pickled, be one of several in
        `scoring={...}`, and request `sample_weight` by `set_score_request`.

    Raises
    ------
    ValueError
        If there is no metric of this name, if the function returns no single number, or
        if an argument is given that the name or a partial function has fixed already.

    TypeError
        If the metric has no argument of such a name.

    See Also
    --------
    get_geo_scorer_names : The names there are.
    sklearn.metrics.make_scorer : The same for other metrics.

    Notes
    -----
    Metrics of places need an estimator that predicts (latitude, longitude), for example
    any regressor for two targets. Metrics of tags need one that scores tags. All forms
    of a multi-label `predict_proba` are understood: one array of shape (n_photos,
    n_tags), a list of one array a tag, and, where there is a single tag, its two
    classes. A tag that no photo of a training fold had is scored 0, or -inf where the
    estimator has a `decision_function` only, so that no such tag comes before one that
    was learnt.

    Where an estimator that abstains gave no answer (a place of NaN), "geo_score" and
    "accuracy_at_25km" count 0, as its own `score` does. What is known of errors alone
    is an error there, such as the median. Rows of weight 0 need no answer.

    Several of these scorers in one `scoring={...}` call the estimator once.

    There is no scorer of `precision_at_k_within_km`, because retrieval does not look
    at the photos of a fold one by one: it ranks a gallery for queries of a tag and a
    place, and `scorer(estimator, X, y)` has room for neither.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn_geo.metrics import make_geo_scorer
    >>> X = [[0], [1], [2], [3], [4], [5]]
    >>> y = [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5]]
    >>> scoring = {
    ...     "near": make_geo_scorer("accuracy_at_200km"),
    ...     "median": make_geo_scorer("neg_median_great_circle_error"),
    ... }
    >>> search = GridSearchCV(
    ...     KNeighborsRegressor(), {"n_neighbors": [1, 3]}, scoring=scoring,
    ...     refit="near", cv=3,
    ... )
    >>> search.fit(X, y).best_params_
    {'n_neighbors': 1}
    """
    name = None
    if isinstance(metric, str):
        name = metric
        _refuse_what_is_no_metric(metric)
        found, fixed = find_metric(metric, signed=True)
        _refuse_fixed_arguments(metric, fixed, kwargs)
        kwargs = {**fixed, **kwargs}
    elif callable(metric):
        plain = metric.func if isinstance(metric, partial) else metric
        _refuse_what_is_no_metric(plain)
        if plain is not metric:
            _refuse_fixed_arguments("the partial function", metric.keywords, kwargs)
        found = find_function(metric)
    else:
        raise TypeError(
            "metric must be the name of a metric or a function metric(y_true, y_pred); "
            f"got {metric!r}."
        )
    if greater_is_better is None:
        greater_is_better = found.greater_is_better
    if response_method is None:
        response_method = found.response_method
    if isinstance(response_method, list):
        response_method = tuple(response_method)
    _check_arguments(found.function, kwargs)
    return GeoScorer(
        found.function, 1 if greater_is_better else -1, kwargs, response_method, name
    )


def _refuse_what_is_no_metric(metric):
    for function, reason in _NO_SCORERS.items():
        if metric is function or metric == function.__name__:
            raise ValueError(f"{function.__name__} {reason}")


def _refuse_fixed_arguments(name, fixed, kwargs):
    for key in fixed.keys() & kwargs.keys():
        raise ValueError(
            f"{name} says {key}={fixed[key]!r} already, so {key}={kwargs[key]!r} is "
            "one too many. Leave one of the two out."
        )


def _check_arguments(function, kwargs):
    """Complain about wrong arguments now, not in every fold of a search."""
    plain, fixed = function, {}
    if isinstance(function, partial):
        plain, fixed = function.func, function.keywords
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = set(kwargs) - set(parameters)
    if unknown and not takes_any:
        raise TypeError(
            f"{plain.__name__} has no argument {sorted(unknown)[0]!r}, only "
            f"{', '.join(list(parameters)[2:])}."
        )
    several = "km" if plain is METRICS["accuracy_at_km"].function else "k"
    if several in parameters and any(m.function is plain for m in METRICS.values()):
        given = {**fixed, **kwargs}
        value = given.get(several, parameters[several].default)
        if np.ndim(value):
            raise ValueError(
                f"{plain.__name__} returns one number for each of {several}={value!r}, "
                f"and a scorer returns one number. Pass a single {several}."
            )


class GeoScorer(_BaseScorer):
    """A scorer that reads places from any predictor, and tag scores from any form."""

    def __init__(self, score_func, sign, kwargs, response_method, name=None):
        super().__init__(score_func, sign, kwargs, response_method)
        self._name = name

    def __repr__(self):
        if self._name is None:
            plain = getattr(self._score_func, "__name__", repr(self._score_func))
            arguments = ["class_bias" if self._score_func is class_bias_kl else plain]
        else:
            arguments = [repr(self._name)]
        found = find_function(self._score_func)
        named = {} if self._name is None else find_metric(self._name, signed=True)[1]
        if (self._sign > 0) != found.greater_is_better:
            arguments.append(f"greater_is_better={self._sign > 0}")
        if self._response_method != found.response_method:
            arguments.append(f"response_method={self._response_method!r}")
        arguments += [
            f"{key}={value!r}"
            for key, value in self._kwargs.items()
            if key not in named or named[key] != value
        ]
        return f"make_geo_scorer({', '.join(arguments)})"

    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        self._warn_overlap(
            "An argument of this scorer is both fixed and passed as metadata. Do one "
            "of the two.",
            kwargs,
        )
        # Before anything is predicted: that may be long.
        check_same_length(y_true=y_true, X=X)
        y_pred, method = ask(method_caller, estimator, self._response_method, X)
        metric, kwargs = find_function(self._score_func), {**self._kwargs, **kwargs}
        if method != "predict" or metric.reads_tags:
            y_pred = read_tag_scores(y_pred, estimator, method, y_true)
        elif metric.reads_places and not _all_said(y_pred):
            y_true, y_pred = check_place_pairs(y_true, y_pred, allow_missing=True)
            if not has_answer(y_pred).all():
                return self._sign * self._score_answers(metric, y_true, y_pred, kwargs)
        return self._sign * self._score_func(y_true, y_pred, **kwargs)

    def _score_answers(self, metric, y_true, y_pred, kwargs):
        """Return the score of places of which some are NaN: a model that abstains."""
        fixed = getattr(self._score_func, "keywords", {})
        weights = kwargs.pop("sample_weight", fixed.get("sample_weight"))
        weights = check_row_weights(weights, len(y_pred))
        silent = ~has_answer(y_pred)
        if weights is not None:  # nobody has to answer what does not count
            counts = weights > 0.0
            silent &= counts
        if silent.any() and not metric.greater_is_better:
            # Nobody can say what silence is wrong by.
            plain = getattr(metric.function, "func", metric.function)
            raise ValueError(
                f"The estimator gave no answer for {silent.sum()} of {len(y_pred)} "
                f"rows (the first is row {np.argmax(silent)}), and {plain.__name__} is "
                "known of answers alone. Take a scorer that counts silence as a miss, "
                'such as "geo_score" or "accuracy_at_200km", or let the estimator '
                "answer every row."
            )
        if weights is not None:
            y_true, y_pred, weights = y_true[counts], y_pred[counts], weights[counts]
        return score_of_answers(self._score_func, y_true, y_pred, weights, **kwargs)


def _all_said(y_pred):
    """Tell a plain array without silence; other tables have to be read first."""
    plain = type(y_pred) is np.ndarray and y_pred.dtype.kind == "f"
    return plain and y_pred.ndim == 2 and bool(has_answer(y_pred).all())
