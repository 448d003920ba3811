# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics as scorers, for GridSearchCV and cross_validate."""

import inspect
from functools import partial

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils.validation import _check_response_method

from sklearn_geo.metrics._class_bias import class_bias, class_bias_kl
from sklearn_geo.metrics._errors import great_circle_error
from sklearn_geo.metrics._names import METRICS, Metric, find_metric, metric_names


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
        If there is no metric of this name, or if the function returns no single number.

    TypeError
        If the metric has no argument of such a name.

    See Also
    --------
    get_geo_scorer_names : The names there are.
    sklearn.metrics.make_scorer : The same for other metrics.

    Notes
    -----
    Metrics of places need an estimator that predicts (latitude, longitude), for example
    any regressor for two targets. Metrics of tags need one that scores tags. Both forms
    of a multi-label `predict_proba` are understood, one array of shape (n_photos,
    n_tags) and a list of one array a tag; a tag that no photo of a training fold had is
    scored 0.

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
        found, arguments = find_metric(metric, signed=True)
        kwargs = {**arguments, **kwargs}
    elif callable(metric):
        found = _find_function(metric)
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


def _find_function(function):
    """Look a function up among the metrics; of others, assume that more is better."""
    plain = function.func if isinstance(function, partial) else function
    if plain is great_circle_error:
        raise ValueError(
            "great_circle_error returns one error a photo, and a scorer returns one "
            "number. Use mean_great_circle_error or median_great_circle_error."
        )
    if plain is class_bias:
        if plain is not function:
            raise ValueError(
                'A scorer of class bias is made by make_geo_scorer("neg_class_bias", '
                "...), with its arguments there."
            )
        function = plain = class_bias_kl
    for metric in METRICS.values():
        if metric.function is plain:
            return Metric(function, metric.greater_is_better, metric.response_method)
    return Metric(function)


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
            arguments = [plain]
        else:
            arguments = [repr(self._name)]
        found = _find_function(self._score_func)
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
        method = _check_response_method(estimator, self._response_method)
        predicts = method == getattr(estimator, "predict", None)
        if predicts and not is_classifier(estimator):
            # Shared with the other scorers of a search: predicting can take long.
            y_pred = method_caller(estimator, "predict", X)
        else:
            # scikit-learn's own reading of responses would take a table of two tags for
            # two classes, and trips over tags that a fold has none of.
            y_pred = method(X)
            if not predicts:
                y_pred = _stack_tags(y_pred, estimator)
        return self._sign * self._score_func(
            y_true, y_pred, **{**self._kwargs, **kwargs}
        )


def _stack_tags(response, estimator):
    """Make one table out of a list of one table a tag; let a table pass."""
    if not isinstance(response, list):
        return response
    classes = getattr(estimator, "classes_", None)
    columns = []
    for tag, table in enumerate(response):
        table = np.asarray(table)
        if table.ndim == 2 and table.shape[1] == 2:
            columns.append(table[:, 1])
        elif table.ndim == 2 and table.shape[1] == 1 and classes is not None:
            # One class only: either no photo of the fold had the tag or all had it.
            columns.append(np.full(len(table), float(classes[tag][0])))
        elif table.ndim == 1:
            columns.append(table)
        else:
            raise ValueError(
                f"The response of {type(estimator).__name__} for tag {tag} has shape "
                f"{table.shape}, not a column of not having it and one of having it."
            )
    return np.column_stack(columns)
