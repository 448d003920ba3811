# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much a metric would move with other photos: bootstrap intervals."""

import warnings
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import (
    _safe_indexing,
    check_random_state,
    gen_batches,
    indexable,
)
from sklearn.utils.validation import _num_samples

from sklearn_geo._labels import check_groups
from sklearn_geo._numbers import is_whole, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse
from sklearn_geo.metrics._bca import bca_tails
from sklearn_geo.metrics._errors import ROWS_OF_MEANS as MEANS_OF_ERRORS
from sklearn_geo.metrics._errors import ROWS_OF_MEDIANS
from sklearn_geo.metrics._names import read_metric
from sklearn_geo.metrics._rows import (
    are_whole,
    check_choice,
    check_not_empty,
    check_number,
    check_row_weights,
    check_same_length,
    median_of_sorted,
    tame,
)
from sklearn_geo.metrics._tagging import ROWS_OF_MEANS as MEANS_OF_HITS

# More say nothing new, and would have to fit in memory.
_MOST_RESAMPLES = 10_000_000
_NUMPY_MEANS = (np.mean, np.nanmean)
_ROWS_OF_MEANS = {**MEANS_OF_ERRORS, **MEANS_OF_HITS}


@dataclass(frozen=True, eq=False)
class BootstrapInterval:
    """What `bootstrap_interval` found.

    For a metric that returns an array, the first four hold an array each.

    Parameters
    ----------
    low : float or ndarray
        Lower end of the interval.

    high : float or ndarray
        Upper end of the interval.

    estimate : float or ndarray
        The metric on the photos as they are.

    standard_error : float or ndarray
        Standard deviation of the metric over the resamples.

    confidence_level : float
        How often such an interval should hold the true value.

    distribution : ndarray of shape (n_resamples,) or (n_resamples, n_values)
        The metric on every resample that it is defined on.

    See Also
    --------
    bootstrap_interval : The function that returns this.

    Examples
    --------
    >>> from sklearn_geo.metrics import bootstrap_interval
    >>> interval = bootstrap_interval(
    ...     "accuracy_at_25km", [[0, 0], [0, 0]], [[0, 0], [0, 1]], random_state=0
    ... )
    >>> interval.low <= interval.estimate <= interval.high
    True
    """

    low: float
    high: float
    estimate: float
    standard_error: float
    confidence_level: float
    distribution: np.ndarray = field(repr=False)


def bootstrap_interval(
    metric,
    y_true,
    y_pred=None,
    *,
    groups=None,
    sample_weight=None,
    n_resamples=2000,
    confidence_level=0.95,
    method="percentile",
    random_state=None,
):
    """Confidence interval of a metric by resampling photos, or users with all theirs.

    Parameters
    ----------
    metric : str or callable
        The name of a metric, such as "accuracy_at_25km" or "geo_score", or a function
        `metric(y_true, y_pred)`; arguments are fixed with :func:`functools.partial`.
        It may return a number or a vector, such as `accuracy_at_km` does.

    y_true : array-like of shape (n_photos, ...)
        The truth, one row a photo.

    y_pred : array-like of shape (n_photos, ...), default=None
        The predictions. None for a metric of one argument: `bootstrap_interval(np.mean,
        values)`.

    groups : array-like of shape (n_photos,), default=None
        Users or albums. They are then drawn whole, because the photos of one user are
        wrong together: without it, intervals are too narrow.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts; handed to the metric as `sample_weight`.

    n_resamples : int, default=2000
        How often to draw as many photos, or groups, as there are; at most ten million.
        Of one resample there is no standard error, which is NaN.

    confidence_level : float, default=0.95
        How often such an interval should hold the true value.

    method : {"percentile", "bca"}, default="percentile"
        Quantiles of the resamples; or the same, corrected for bias and skewness, which
        costs one more evaluation a photo (or group) unless the metric is a mean.

    random_state : int, RandomState instance or None, default=None
        Seed of the resampling. The same seed gives the same interval.

    Returns
    -------
    BootstrapInterval
        With the attributes `low`, `high`, `estimate`, `standard_error`,
        `confidence_level` and `distribution`.

    Raises
    ------
    ValueError
        If there are fewer than two photos or groups, if a group is missing, or if the
        metric is not defined on the photos as they are.

    Warns
    -----
    UndefinedMetricWarning
        If the metric is not defined on some of the resamples. They are left out.

    See Also
    --------
    paired_wilcoxon : Whether one of two predictors is better on the same photos.

    Notes
    -----
    The means and the median of errors, the hit rate of hashtags, and `np.mean` and
    `np.nanmean` of rows are resampled without computing a distance or a rank twice. Any
    other metric is called once a resample. `np.mean` and `np.nanmean` are those of
    arrays, also where rows are of pandas: the first is NaN where one of them is. Of
    spans of time they are numbers of the unit that the spans are in.

    Of retrieval, resample the queries: the first argument is what
    `precision_at_k_within_km` returns with `average=None`, and `groups` are the users
    whose photos the queries were made of. The mean is `np.mean`, `np.nanmean` if some
    queries are left out, ``functools.partial(np.mean, axis=0)`` for several distances
    at once, or `mean_over_tags`.

    The BCa interval is that of [1]_, with ties at the estimate counted by half.

    References
    ----------
    .. [1] Efron, B. "Better Bootstrap Confidence Intervals", Journal of the American
       Statistical Association 82 (397), 1987.

    Examples
    --------
    One hit in ten photos says little about the share of hits:

    >>> import numpy as np
    >>> from sklearn_geo.metrics import bootstrap_interval
    >>> y_true = np.zeros((10, 2))
    >>> y_pred = np.array([[0.0, 0.0]] + 9 * [[0.0, 90.0]])
    >>> interval = bootstrap_interval(
    ...     "accuracy_at_25km", y_true, y_pred, random_state=0
    ... )
    >>> interval.estimate, interval.low, interval.high
    (0.1, 0.0, 0.3)

    P@2 of four queries, of which two were made of photos of one user:

    >>> from sklearn_geo.metrics import precision_at_k_within_km
    >>> gallery_tags = [[1, 0], [1, 0], [0, 1], [1, 1]]
    >>> precision = precision_at_k_within_km(
    ...     [0, 1, 0, 1], None, gallery_tags, None, [[0, 1], [2, 0], [0, 2], [3, 2]],
    ...     k=2, km=np.inf, average=None,
    ... )
    >>> interval = bootstrap_interval(
    ...     np.mean, precision, groups=["ann", "ann", "bob", "eve"], random_state=0
    ... )
    >>> interval.estimate, interval.low, interval.high
    (0.75, 0.5, 1.0)
    """
    check_settings(n_resamples, confidence_level, method)
    n_rows = _num_samples(y_true)
    check_not_empty(n_rows, "y_true")
    if y_pred is not None:
        check_same_length(y_true=y_true, y_pred=y_pred)
    sample_weight = check_row_weights(sample_weight, n_rows)
    metric = read_metric(metric)
    arrays = [_read_rows(y_true, "y_true")]
    if y_pred is not None:
        arrays.append(_read_rows(y_pred, "y_pred"))
    # Of sparse matrices, only some kinds have rows to be drawn.
    arrays = indexable(*arrays)
    function, _ = _without_partial(metric)
    if function in _NUMPY_MEANS and len(arrays) == 1:
        # pandas would average a column of its own without what is missing in it.
        arrays = [_read_values(arrays[0])]
    extra = {} if sample_weight is None else {"sample_weight": sample_weight}
    estimate = np.asarray(metric(*arrays, **extra), dtype=np.float64)
    if estimate.ndim > 1 or not np.isfinite(estimate).all():
        remedy = " np.nanmean leaves out what is NaN." if function is np.mean else ""
        raise ValueError(
            "An interval needs a metric that returns a finite number, or a vector of "
            f"them; on the rows as they are it returned {estimate}.{remedy}"
        )
    groups, n_groups = _read_groups(groups, n_rows)
    statistic = _statistic(
        metric, arrays, sample_weight, groups, n_groups, estimate.size
    )

    rng = check_random_state(random_state)
    n_resamples = int(n_resamples)
    distribution = np.empty((n_resamples, estimate.size))
    with warnings.catch_warnings():
        # Said once below instead of once a resample.
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for batch in _batches(n_resamples, n_groups):
            size = batch.stop - batch.start
            drawn = rng.randint(0, n_groups, size=(size, n_groups))
            distribution[batch] = statistic.on(drawn)
    defined = np.isfinite(distribution).all(axis=1)
    if not defined.all():
        if not defined.any():
            raise ValueError("The metric is not defined on any of the resamples.")
        warnings.warn(
            f"The metric is not defined on {(~defined).sum()} of the {n_resamples} "
            "resamples, which are left out of the interval.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        distribution = distribution[defined]
    tail = (1.0 - confidence_level) / 2
    tails = np.tile([tail, 1.0 - tail], (estimate.size, 1))
    if method == "bca":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            left_out = statistic.without_each()
        tails = bca_tails(tails, distribution, estimate.ravel(), left_out)
    ends = [
        np.quantile(column, tail)
        for column, tail in zip(distribution.T, tails, strict=True)
    ]
    low, high = np.transpose(ends).reshape(2, *estimate.shape)
    return BootstrapInterval(
        low=_plain(low),
        high=_plain(high),
        estimate=_plain(estimate),
        standard_error=_plain(
            distribution.std(axis=0, ddof=1).reshape(estimate.shape)
            if len(distribution) > 1
            else np.full(estimate.shape, np.nan)
        ),
        confidence_level=float(confidence_level),
        distribution=distribution if estimate.ndim else distribution[:, 0],
    )


def _plain(value):
    return float(value) if np.ndim(value) == 0 else value


def check_settings(n_resamples, confidence_level, method):
    """Check what intervals are drawn with."""
    if not is_whole(n_resamples) or not 1 <= n_resamples <= _MOST_RESAMPLES:
        raise ValueError(
            "n_resamples must be a whole number above 0, at most "
            f"{_MOST_RESAMPLES:,}; got {n_resamples!r}."
        )
    check_number(confidence_level, "confidence_level", least=0, most=1, example="0.95")
    check_choice(method, ("percentile", "bca"), "method")


def _read_rows(rows, name):
    """Refuse rows that cannot be trusted; no function is bothered with empty masks."""
    check_sparse(rows, name)
    reject_masked(rows, name)
    return np.asarray(rows) if isinstance(rows, np.ma.MaskedArray) else rows


def _read_values(values):
    """Return what numpy is to average as floats; of spans of time, in their unit."""
    if sparse.issparse(values):
        raise TypeError(
            "y_true is sparse, and means of numpy are of dense rows: pass "
            "y_true.toarray()."
        )
    if getattr(getattr(values, "dtype", None), "kind", None) == "m":
        spans = np.asarray(values)
        return np.where(np.isnat(spans), np.nan, spans.astype(np.float64))
    return read_numbers(values, "y_true")


def _read_groups(groups, n_rows):
    """Give every group a number, and count them; without groups, rows are groups."""
    what = "photos"
    numbers, n_groups = None, n_rows
    if groups is not None:
        what = "groups"
        values, numbers = check_groups(groups, n_rows)
        n_groups = len(values)
    if n_groups < 2:
        raise ValueError(
            f"Resampling needs at least two {what}; got {n_groups}. From one, nothing "
            "can be said about others."
        )
    return numbers, n_groups


def _batches(n_resamples, n_groups):
    # Beyond the size of a cache, larger batches only get slower.
    budget = min(get_config()["working_memory"], 16) * 2**20
    return gen_batches(n_resamples, max(1, int(budget // (16 * n_groups))))


def _without_partial(metric):
    """Return a function and the arguments that are fixed by name."""
    if isinstance(metric, partial) and not metric.args:
        return metric.func, metric.keywords
    return metric, {}


def _statistic(metric, arrays, sample_weight, groups, n_groups, n_values):
    """Choose how to resample a metric: as a mean, as a median, or by calling it."""
    function, arguments = _without_partial(metric)
    if sample_weight is not None:
        arguments = {**arguments, "sample_weight": sample_weight}
    if function in _NUMPY_MEANS and len(arrays) == 1:
        rows = _rows_of_mean(function, arguments, arrays[0])
        if rows is not None:
            return _Mean(*rows, groups, n_groups)
    if function in _ROWS_OF_MEANS and len(arrays) == 2:
        values, weights = _ROWS_OF_MEANS[function](*arrays, **arguments)
        return _Mean(values, weights, groups, n_groups)
    if function in ROWS_OF_MEDIANS and len(arrays) == 2:
        values, weights = ROWS_OF_MEDIANS[function](*arrays, **arguments)
        return _Median(values, weights, groups, n_groups)
    return _Called(metric, arrays, sample_weight, groups, n_groups, n_values)


def _rows_of_mean(function, arguments, values):
    """Give the rows that numpy averages, and what each counts; None if it is not so."""
    if arguments not in ({}, {"axis": 0}) or values.ndim > 2:
        return None
    weights = None
    if function is np.nanmean:
        missing = np.isnan(values.reshape(len(values), -1))
        weights = 1.0 - missing.all(axis=1)
        if (missing.any(axis=1) != missing.all(axis=1)).any():
            return None
        values = np.nan_to_num(values, nan=0.0)
    if values.ndim == 2 and not arguments:
        values = values.mean(axis=1)
    return values, weights


class _Statistic:
    """A metric as a function of which groups were drawn."""

    def on(self, drawn):
        """Compute the metric on resamples, one row of drawn groups each."""
        return np.array([self._on_one(row) for row in drawn])

    def without_each(self):
        """Compute the metric with every group left out in turn."""
        everyone = np.arange(self.n_groups)
        return np.array([self._on_one(np.delete(everyone, i)) for i in everyone])


class _Mean(_Statistic):
    """A mean: sums of weighted values over sums of weights, both added up once."""

    def __init__(self, values, weights, groups, n_groups):
        weights = np.ones(len(values)) if weights is None else tame(weights)
        parts = [*(values.reshape(len(values), -1).T * weights), weights]
        if groups is not None:
            parts = [np.bincount(groups, part, minlength=n_groups) for part in parts]
        self.parts = [np.ascontiguousarray(part) for part in parts]

    def on(self, drawn):
        return self._ratio([part[drawn].sum(axis=1) for part in self.parts])

    def without_each(self):
        return self._ratio([_sums_without_each(part) for part in self.parts])

    @staticmethod
    def _ratio(sums):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.column_stack([values / sums[-1] for values in sums[:-1]])


def _sums_without_each(part):
    sums = part.sum() - part
    # What outweighs all others together would take their digits with it.
    largest = np.argmax(np.abs(part))
    sums[largest] = np.delete(part, largest).sum()
    return sums


class _Median(_Statistic):
    """A median: values are sorted once, then only weighed anew."""

    def __init__(self, values, weights, groups, n_groups):
        order = np.argsort(values, kind="stable")
        self.values = values[order]
        weights = np.ones(len(values)) if weights is None else tame(weights)
        self.weights, self.whole = weights[order], are_whole(weights)
        self.groups = order if groups is None else groups[order]
        self.n_groups = n_groups

    def _on_one(self, drawn):
        counts = np.bincount(drawn, minlength=self.n_groups)[self.groups]
        weights = counts * self.weights
        return [median_of_sorted(self.values, weights, whole=self.whole)]


class _Called(_Statistic):
    """Whatever a function makes of rows."""

    def __init__(self, metric, arrays, sample_weight, groups, n_groups, n_values):
        self.metric = metric
        self.arrays = arrays
        self.sample_weight = sample_weight
        self.n_groups = n_groups
        self.n_values = n_values
        self.members = None
        if groups is not None:
            order = np.argsort(groups, kind="stable")
            self.members = np.split(order, np.cumsum(np.bincount(groups))[:-1])

    def _on_one(self, drawn):
        rows = drawn
        if self.members is not None:
            rows = np.concatenate([self.members[group] for group in drawn])
        arguments = {}
        if self.sample_weight is not None:
            if not self.sample_weight[rows].any():
                return np.full(self.n_values, np.nan)
            arguments["sample_weight"] = self.sample_weight[rows]
        resample = [_safe_indexing(array, rows) for array in self.arrays]
        return np.ravel(self.metric(*resample, **arguments))
