# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a precision comes from: how often its tags were taught, and where it is."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from sklearn_geo._labels import check_groups, number_labels
from sklearn_geo._numbers import is_whole, naming, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse
from sklearn_geo.base import check_places
from sklearn_geo.metrics._intervals import bootstrap_interval, check_settings
from sklearn_geo.metrics._regions import _region_labels
from sklearn_geo.metrics._retrieval import _check_positions
from sklearn_geo.metrics._rows import check_same_length

# In a decade there are 90 tags of two digits, and 900 of three.
_MOST_BINS = 1000


def precision_by_tag_frequency(
    query_tags,
    precision,
    counts,
    *,
    bins_per_decade=2,
    confidence_level=0.95,
    n_resamples=2000,
    random_state=None,
):
    """Precision tag by tag, beside how often each tag was there to be learnt.

    Parameters
    ----------
    query_tags : array-like of int, of shape (n_queries,)
        The tag of every query: its position in `counts`.

    precision : array-like of shape (n_queries,)
        The precision of every query, what `precision_at_k_within_km` returns for one
        distance with `average=None`. Queries with NaN are left out.

    counts : array-like of int, of shape (n_tags,)
        How many photos of the training set have each tag: the sums of the columns of
        its indicator, ``y_train.sum(axis=0)``.

    bins_per_decade : int, default=2
        Into how many bins the tags that have between 10 and 100 training photos are
        put, those that have between 100 and 1000, and so on.

    confidence_level : float, default=0.95
        How often an interval should hold the true mean of a bin.

    n_resamples : int, default=2000
        How often the tags of a bin are drawn anew.

    random_state : int, RandomState instance or None, default=None
        Seed of the resampling.

    Returns
    -------
    Bunch
        `tags` and `bins`, each a Bunch of vectors. Of `tags`, one row a tag that was
        asked for: `tag`, `count` (of training photos), `n_queries`, and `precision`,
        the mean over its queries. Of `bins`, one row a bin that has a tag: `least` and
        `most`, the counts between which it lies (both belong to it), `n_tags`,
        `n_queries`, `precision`, the mean over its tags, and `low` and `high`, the ends
        of the interval of that mean, NaN if the bin has one tag only. Tags without a
        training photo have a bin of their own.

    Raises
    ------
    ValueError
        If a tag is none of `counts`, or no query has a precision.

    See Also
    --------
    precision_by_region : Precision by where queries are.
    sklearn_geo.inspection.TagFrequencyDisplay : The picture.

    Notes
    -----
    This is figure 3 of the supplementary material of [1]_, of retrieval by tag alone:
    every tag is one query, without a place. All tags of a bin count alike, and tags,
    not queries, are drawn anew for its interval.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material.

    Examples
    --------
    Two tags have 20 training photos and fewer, two have 300 and more:

    >>> from sklearn_geo.metrics import precision_by_tag_frequency
    >>> table = precision_by_tag_frequency(
    ...     [0, 1, 2, 3], [0.1, 0.3, 0.5, 0.9], [10, 20, 300, 400],
    ...     bins_per_decade=1, random_state=0,
    ... )
    >>> table.tags["count"].tolist(), table.tags.precision.tolist()
    ([10, 20, 300, 400], [0.1, 0.3, 0.5, 0.9])
    >>> table.bins.least.tolist(), table.bins.most.tolist()
    ([10, 100], [99, 999])
    >>> table.bins.precision.tolist(), table.bins.high.tolist()
    ([0.2, 0.7], [0.3, 0.9])
    """
    counts = _read_counts(counts)
    if not is_whole(bins_per_decade) or not 1 <= bins_per_decade <= _MOST_BINS:
        raise ValueError(
            "bins_per_decade must be a whole number above 0, at most "
            f"{_MOST_BINS}; got {bins_per_decade!r}."
        )
    queries = _check_positions(query_tags, counts.size, 0, "query_tags", "tag")
    values = _read_precision(precision, "query_tags", queries)
    asked = ~np.isnan(values)
    tags, of_tag = np.unique(queries[asked], return_inverse=True)
    n_queries = np.bincount(of_tag)
    means = np.bincount(of_tag, values[asked]) / n_queries
    count = counts[tags]

    edges = _edges(int(count.max()), int(bins_per_decade))
    bins, of_bin = np.unique(
        np.searchsorted(edges, count, side="right") - 1, return_inverse=True
    )
    check_settings(n_resamples, confidence_level, "percentile")
    rng = check_random_state(random_state)
    settings = (confidence_level, n_resamples)
    rows = [
        _mean_with_interval(means[of_bin == at], None, rng, *settings)
        for at in range(len(bins))
    ]
    mean, low, high = np.transpose(rows)
    return Bunch(
        tags=Bunch(tag=tags, count=count, n_queries=n_queries, precision=means),
        bins=Bunch(
            least=edges[bins],
            most=edges[bins + 1] - 1,
            n_tags=np.bincount(of_bin),
            n_queries=np.bincount(of_bin, n_queries).astype(np.int64),
            precision=mean,
            low=low,
            high=high,
        ),
    )


def precision_by_region(
    query_places,
    precision,
    train_places=None,
    *,
    by="continent",
    groups=None,
    confidence_level=0.95,
    n_resamples=2000,
    random_state=None,
):
    """Precision by where queries are, beside how many training photos are there.

    Parameters
    ----------
    query_places : array-like of shape (n_queries, 2)
        The place of every query, latitude and longitude in degrees.

    precision : array-like of shape (n_queries,)
        The precision of every query, what `precision_at_k_within_km` returns for one
        distance with `average=None`. Queries with NaN are left out.

    train_places : array-like of shape (n_train, 2), default=None
        Where the photos of the training set were taken. None if they are not counted.

    by : {"continent", "utm_zone"}, ("s2", level) or callable, default="continent"
        What the regions are: continents (see `continent_names`), UTM zones, S2 cells of
        a level from 0 to 30, or what a function makes of places.

    groups : array-like of shape (n_queries,), default=None
        Users whose photos the queries were made of. They are then drawn whole.

    confidence_level : float, default=0.95
        How often an interval should hold the true mean of a region.

    n_resamples : int, default=2000
        How often the queries of a region are drawn anew.

    random_state : int, RandomState instance or None, default=None
        Seed of the resampling.

    Returns
    -------
    Bunch of ndarray
        One row a region that has a query, in the order of their names: `region`,
        `n_queries`, `n_train` (None without `train_places`), `precision`, the mean over
        its queries, and `low` and `high`, the ends of its interval, NaN if the queries
        of the region are of one photo or one user only.

    Raises
    ------
    ValueError
        If no query has a precision, or if lengths differ.

    See Also
    --------
    per_region_score : Metrics of predicted places or tags by region.
    sklearn_geo.inspection.ContinentDisplay : The picture.

    Notes
    -----
    This is figure 4 of the supplementary material of [1]_, which shows the precision
    at 750 km of a model whose places were not sampled: pass the column of `km=750`.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material.

    Examples
    --------
    >>> from sklearn_geo.metrics import precision_by_region
    >>> paris, berlin, sydney = [48.9, 2.4], [52.5, 13.4], [-33.9, 151.2]
    >>> table = precision_by_region(
    ...     [paris, berlin, sydney], [0.4, 0.8, 0.1], [paris, paris, berlin, sydney]
    ... )
    >>> table.region.tolist(), table.n_train.tolist()
    (['Europe', 'Oceania'], [3, 1])
    >>> table.precision.round(2).tolist()
    [0.6, 0.1]
    """
    places = check_places(query_places, name="query_places")
    values = _read_precision(precision, "query_places", places)
    labels = _labels_of(places, by)
    numbers = None
    if groups is not None:
        _, numbers = check_groups(groups, len(values))
    asked = np.flatnonzero(~np.isnan(values))
    regions, of_region = number_labels(labels[asked], name="by")
    check_settings(n_resamples, confidence_level, "percentile")
    rng = check_random_state(random_state)
    rows = []
    for at in range(len(regions)):
        here = asked[of_region == at]
        users = None if numbers is None else numbers[here]
        rows.append(
            _mean_with_interval(values[here], users, rng, confidence_level, n_resamples)
        )
    mean, low, high = np.transpose(rows)
    n_train = None
    if train_places is not None:
        train_places = check_places(train_places, name="train_places")
        found, times = np.unique(_labels_of(train_places, by), return_counts=True)
        times = dict(zip(found.tolist(), times.tolist(), strict=True))
        n_train = np.array([times.get(one, 0) for one in regions.tolist()])
    return Bunch(
        region=regions,
        n_queries=np.bincount(of_region),
        n_train=n_train,
        precision=mean,
        low=low,
        high=high,
    )


def _read_counts(counts):
    check_sparse(counts, "counts")
    if hasattr(counts, "toarray"):
        counts = counts.toarray()
    reject_masked(counts, "counts")
    with naming("counts"):
        values = np.asarray(counts)
    # Sums of the columns of a sparse matrix have a row of their own.
    if values.ndim == 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 1 or not values.size or values.dtype.kind not in "biuf":
        raise ValueError(
            "counts must hold one number for each tag, how many training photos have "
            "it: the sums of the columns of an indicator, y_train.sum(axis=0); got "
            f"shape {values.shape} and dtype {values.dtype}."
        )
    if values.dtype.kind == "f":
        values = values.astype(np.float64)  # narrow ones do not hold the bound below
    # Floats beyond may be rounded.
    whole = np.isfinite(values) & (values >= 0) & (values <= 2**53)
    whole[whole] = values[whole] == np.floor(values[whole])
    if not whole.all():
        tag = int(np.argmin(whole))
        raise ValueError(
            f"counts, tag {tag}: {values[tag]} is no number of photos, which is whole, "
            "0 or more, and at most 2**53."
        )
    return values.astype(np.int64)


def _read_precision(precision, name, rows):
    values = read_numbers(precision, "precision")
    if values.ndim != 1:
        raise ValueError(
            "precision must hold one number for each query: what "
            "precision_at_k_within_km returns for a single km with average=None; got "
            f"shape {values.shape}."
        )
    check_same_length(**{name: rows, "precision": values})
    if np.isnan(values).all():
        raise ValueError("precision is NaN for every query: there is nothing to show.")
    wrong = (values < 0.0) | (values > 1.0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"precision, row {row}: {values[row]:g} is no share, which is between 0 "
            "and 1. Divide per cents by 100."
        )
    return values


def _edges(most, per_decade):
    """Give the least count of every bin: 0, then steps of one factor, rounded up.

    Of steps that are rounded to one count, the last one has a bin.
    """
    n_decades = len(str(most))
    steps = np.arange(per_decade * n_decades + 1)
    edges = np.ceil(10.0 ** (steps / per_decade)).astype(np.int64)
    # A whole power of ten must not be rounded up past it; no other is a whole number.
    edges[::per_decade] = 10 ** np.arange(n_decades + 1)
    return np.append(0, edges)


def _labels_of(places, by):
    if not isinstance(by, (str, tuple)) and not callable(by):
        raise ValueError(
            'by must be "continent", "utm_zone", ("s2", level) or a function that '
            f"makes a label of each place; got {by!r}."
        )
    return _region_labels(by, places, None, len(places))


def _mean_with_interval(values, groups, rng, confidence_level, n_resamples):
    """Average values; give the ends of the interval too, NaN if there is one group."""
    n_groups = len(values) if groups is None else len(np.unique(groups))
    if n_groups < 2:
        return values.mean(), np.nan, np.nan
    found = bootstrap_interval(
        np.mean,
        values,
        groups=groups,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        random_state=rng,
    )
    return found.estimate, found.low, found.high
