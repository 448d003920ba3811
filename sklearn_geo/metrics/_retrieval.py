# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How well photos are found by a tag and a place."""

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo._labels import label_array, number_labels
from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo.base import check_places
from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine, unit_vectors
from sklearn_geo.metrics._indicator import (
    check_indicator,
    check_ranked,
    member_lookup,
    row_batches,
)
from sklearn_geo.metrics._omit import kept_tags
from sklearn_geo.metrics._rows import (
    check_choice,
    check_levels,
    check_radius,
    check_same_length,
    undefined,
)

# Anywhere, continent, country, region, city and street (Gomez et al., 2020).
GRANULARITIES_KM = (np.inf, 2500, 750, 200, 25, 1)


def precision_at_k_within_km(
    query_tags,
    query_places,
    gallery_tags,
    gallery_places,
    ranked,
    *,
    k=10,
    km=GRANULARITIES_KM,
    exclude_self=None,
    omit_tags=None,
    average="queries",
    radius_km=EARTH_RADIUS_KM,
):
    """Share of the first k photos that have the tag and lie near the place asked for.

    Parameters
    ----------
    query_tags : array-like of int, of shape (n_queries,)
        The tag of every query: its column in `gallery_tags`.

    query_places : array-like of shape (n_queries, 2) or None
        The place of every query, latitude and longitude in degrees. None if queries
        have no place, which leaves `km=np.inf`.

    gallery_tags : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        1 where the photo of the gallery has the tag, else 0.

    gallery_places : array-like of shape (n_photos, 2) or None
        Where the photos of the gallery were taken. None as for `query_places`.

    ranked : array-like of int, of shape (n_queries, n_listed)
        The photos found for every query: their rows in the gallery, best first, with -1
        where a list has ended. What is missing up to `k` counts as a miss.

    k : int, default=10
        How many photos count.

    km : float or sequence of float, default=(inf, 2500, 750, 200, 25, 1)
        How far a photo may be from the place of the query; one at exactly this distance
        is a hit. `np.inf` asks for the tag alone.

    exclude_self : array-like of int, of shape (n_queries,), default=None
        The photo of the gallery every query was made from, or -1. It is struck out of
        the list before the first `k` are taken, so lists should hold `k + 1` photos.
        None leaves it in, as the published table does.

    omit_tags : array-like of int, or of bool of shape (n_tags,), default=None
        Positions of tags that do not count, such as names of places, or True for each
        of them. Queries for them are left out of the mean. Photos of the gallery stay,
        whatever tags they have: they can be found by mistake.

    average : {"queries", "tags"} or None, default="queries"
        The mean over queries, in which a tag counts as often as it is asked for; the
        mean over tags of the mean over their queries, in which all tags count alike; or
        no mean but one value a query. The two means of one system differ a lot: never
        compare one with the other.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float or ndarray
        Precision between 0 and 1, the best: a float for one distance, an array of shape
        (n_distances,) for a sequence. With `average=None`, of shape (n_queries,) or
        (n_queries, n_distances), with NaN for queries that are left out. NaN, with a
        warning, if all are.

    Raises
    ------
    ValueError
        If a list names a photo twice or one that does not exist, or if a finite
        distance is asked for without places.

    See Also
    --------
    precision_ceiling_at_k_within_km : The most that any ranking can reach.
    precision_by_tag_frequency : Which tags do well, rare ones or frequent ones.
    precision_by_region : Where queries do well.
    bootstrap_interval : The interval of a mean over queries.

    Notes
    -----
    Retrieval by tag and place as in [1]_: a query is one random tag and the place of a
    photo of the test set. For retrieval by tag alone, let every tag be one query, with
    `query_tags=np.arange(n_tags)`, `query_places=None` and `km=np.inf`.

    For intervals, keep the values of the queries (`average=None`) and resample them:
    ``bootstrap_interval(np.mean, values, groups=users)``, or `np.nanmean` where some
    are left out, or `mean_over_tags`.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.

    Examples
    --------
    Of the first two photos both have the tag, one of them within 200 km:

    >>> from sklearn_geo.metrics import precision_at_k_within_km
    >>> gallery_tags = [[1, 0], [0, 1], [1, 0]]
    >>> gallery_places = [[0.0, 1.0], [0.0, 0.0], [0.0, 90.0]]
    >>> precision_at_k_within_km(
    ...     [0], [[0.0, 0.0]], gallery_tags, gallery_places, [[2, 0, 1]], k=2,
    ...     km=[float("inf"), 200, 25],
    ... ).tolist()
    [1.0, 0.5, 0.0]
    """
    check_choice(average, ("queries", "tags", None), "average")
    radius_km = check_radius(radius_km)
    tags, queries, places, thresholds, scalar, k, own = _read_queries(
        query_tags,
        query_places,
        gallery_tags,
        gallery_places,
        k,
        km,
        exclude_self,
    )
    lists = check_ranked(
        ranked, len(queries), tags.shape[0], name="ranked", what="photo"
    )
    n_tags = tags.shape[1]
    lookup = member_lookup(tags)
    precision = np.zeros((len(queries), thresholds.size))
    for rows in row_batches((len(queries), min(lists.shape[1], k + 1)), 96):
        photos = _first(lists[rows], k, None if own is None else own[rows], rows.start)
        asked = np.broadcast_to(queries[rows, np.newaxis], photos.shape)
        tagged = lookup(photos, asked)
        query, position = np.nonzero(tagged)
        photos = photos[query, position]
        near = _is_near(places, query + rows.start, photos, thresholds, radius_km)
        for column, hit in enumerate(near.T):
            counts = np.bincount(query[hit], minlength=len(tagged))
            precision[rows, column] = counts / k
    return _average(precision, queries, kept_tags(omit_tags, n_tags), average, scalar)


def precision_ceiling_at_k_within_km(
    query_tags,
    query_places,
    gallery_tags,
    gallery_places,
    *,
    k=10,
    km=GRANULARITIES_KM,
    exclude_self=None,
    omit_tags=None,
    average="queries",
    radius_km=EARTH_RADIUS_KM,
):
    """Precision of the best possible ranking: the photos with the tag, nearest first.

    Where fewer than k photos have the tag within the distance, no system can reach a
    precision of 1. Published precisions should be read against this one.

    Parameters
    ----------
    query_tags : array-like of int, of shape (n_queries,)
        The tag of every query: its column in `gallery_tags`.

    query_places : array-like of shape (n_queries, 2) or None
        The place of every query, latitude and longitude in degrees. None if queries
        have no place, which leaves `km=np.inf`.

    gallery_tags : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        1 where the photo of the gallery has the tag, else 0.

    gallery_places : array-like of shape (n_photos, 2) or None
        Where the photos of the gallery were taken. None as for `query_places`.

    k : int, default=10
        How many photos count.

    km : float or sequence of float, default=(inf, 2500, 750, 200, 25, 1)
        How far a photo may be from the place of the query.

    exclude_self : array-like of int, of shape (n_queries,), default=None
        The photo of the gallery every query was made from, or -1; it is left out. None
        leaves it in.

    omit_tags : array-like of int, or of bool of shape (n_tags,), default=None
        Positions of tags whose queries are left out; see `precision_at_k_within_km`.

    average : {"queries", "tags"} or None, default="queries"
        What is averaged; see `precision_at_k_within_km`.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float or ndarray
        Precision, in the shape that `precision_at_k_within_km` returns.

    See Also
    --------
    precision_at_k_within_km : The precision of a given ranking.

    Examples
    --------
    Two photos have the tag, so two of four can be right, and one of four within 200 km:

    >>> from sklearn_geo.metrics import precision_ceiling_at_k_within_km
    >>> gallery_tags = [[1, 0], [0, 1], [1, 0]]
    >>> gallery_places = [[0.0, 1.0], [0.0, 0.0], [0.0, 90.0]]
    >>> precision_ceiling_at_k_within_km(
    ...     [0], [[0.0, 0.0]], gallery_tags, gallery_places, k=4,
    ...     km=[float("inf"), 200, 25],
    ... ).tolist()
    [0.5, 0.25, 0.0]
    """
    check_choice(average, ("queries", "tags", None), "average")
    radius_km = check_radius(radius_km)
    tags, queries, places, thresholds, scalar, k, own = _read_queries(
        query_tags,
        query_places,
        gallery_tags,
        gallery_places,
        k,
        km,
        exclude_self,
    )
    n_tags = tags.shape[1]
    by_tag = tags.tocsc()
    precision = np.zeros((len(queries), thresholds.size))
    order = np.argsort(queries, kind="stable")
    asked, starts = np.unique(queries[order], return_index=True)
    for tag, rows in zip(asked, np.split(order, starts[1:]), strict=True):
        tagged = by_tag.indices[by_tag.indptr[tag] : by_tag.indptr[tag + 1]]
        ours = None if own is None else own[rows]
        if places is None:
            found = np.full(rows.size, tagged.size)
            if own is not None:
                found -= np.isin(ours, tagged)
            precision[rows] = np.minimum(found, k)[:, np.newaxis] / k
        elif tagged.size:
            precision[rows] = _nearest_precision(
                places, rows, tagged, ours, k, thresholds, radius_km
            )
    return _average(precision, queries, kept_tags(omit_tags, n_tags), average, scalar)


def mean_over_tags(query_tags, values):
    """Mean over tags of the mean over their queries, in which all tags count alike.

    It is what `precision_at_k_within_km` returns with `average="tags"`, of values that
    are there already: to resample them, say.

    Parameters
    ----------
    query_tags : array-like of shape (n_queries,)
        The tag of every query, by its position or its name.

    values : array-like of shape (n_queries,) or (n_queries, n_values)
        What is averaged. Queries with NaN are left out.

    Returns
    -------
    float or ndarray of shape (n_values,)
        The mean; NaN, with a warning, if no query is left.

    See Also
    --------
    precision_at_k_within_km : Values to be averaged, with `average=None`.
    bootstrap_interval : The interval of such a mean.

    Examples
    --------
    Two queries for the sea, one of them well answered, and one for a hill:

    >>> from sklearn_geo.metrics import bootstrap_interval, mean_over_tags
    >>> mean_over_tags(["sea", "sea", "hill"], [1.0, 0.0, 1.0])
    0.75
    >>> interval = bootstrap_interval(
    ...     mean_over_tags, ["sea", "sea", "hill"], [1.0, 0.0, 1.0], random_state=0
    ... )
    >>> interval.estimate, interval.high
    (0.75, 1.0)
    """
    values = read_numbers(values, "values")
    if values.ndim not in (1, 2) or (values.ndim == 2 and not values.shape[1]):
        raise ValueError(
            "values must hold one number for each query, or a row of them; got shape "
            f"{values.shape}."
        )
    tags = label_array(query_tags, "query_tags")
    if tags.ndim != 1:
        raise ValueError(
            f"query_tags must hold one tag for each query; got shape {tags.shape}."
        )
    check_same_length(query_tags=tags, values=values)
    table = values.reshape(len(values), -1)
    asked = ~np.isnan(table).any(axis=1)
    endless = asked & np.isinf(table).any(axis=1)
    if endless.any():
        row = int(np.argmax(endless))
        raise ValueError(
            f"values, row {row}: {values[row]} has no mean. Give a query that does not "
            "count NaN."
        )
    if not asked.any():
        mean = np.full(table.shape[1], undefined("No query has a value."))
    else:
        _, tag = number_labels(tags[asked], name="query_tags")
        sums = np.stack([np.bincount(tag, column) for column in table[asked].T])
        with np.errstate(over="ignore"):
            mean = (sums / np.bincount(tag)).mean(axis=1)
        if not np.isfinite(mean).all():
            raise ValueError(
                "values add up to infinity. Divide them by the largest first."
            )
    return float(mean[0]) if values.ndim == 1 else mean


def _nearest_precision(places, rows, tagged, own, k, thresholds, radius_km):
    """Precision of the k nearest of the tagged photos, for the queries of one tag."""
    of_queries, of_photos = places
    tree = cKDTree(unit_vectors(of_photos[tagged]))
    # One more than k, because one of them may be the query's own photo.
    n_neighbors = min(k + (own is not None), tagged.size)
    precision = np.zeros((rows.size, thresholds.size))
    for batch in row_batches((rows.size, n_neighbors), 128):
        some = rows[batch]
        _, nearest = tree.query(
            unit_vectors(of_queries[some]), k=np.arange(1, n_neighbors + 1)
        )
        photos = tagged[nearest]
        photos = _first(photos, k, None if own is None else own[batch], 0)
        query, position = np.nonzero(photos >= 0)
        near = _is_near(
            places, some[query], photos[query, position], thresholds, radius_km
        )
        for column, hit in enumerate(near.T):
            counts = np.bincount(query[hit], minlength=some.size)
            precision[batch, column] = counts / k
    return precision


def _read_queries(
    query_tags, query_places, gallery_tags, gallery_places, k, km, exclude_self
):
    levels, k_scalar = check_levels(k, name="k", integer=True, least=1)
    if not k_scalar:
        raise ValueError(f"k must be one whole number; got {k!r}.")
    thresholds, scalar = check_levels(km, name="km", integer=False, least=0)
    tags = check_indicator(gallery_tags, name="gallery_tags")
    n_photos, n_tags = tags.shape
    queries = _check_positions(query_tags, n_tags, 0, "query_tags", "tag")
    if query_places is None or gallery_places is None:
        if not np.isinf(thresholds).all():
            raise ValueError(
                f"km={km!r} asks for distances, which needs query_places and "
                "gallery_places. Without places, pass km=np.inf."
            )
        places = None
    else:
        query_places = check_places(query_places, name="query_places")
        gallery_places = check_places(gallery_places, name="gallery_places")
        check_same_length(query_tags=queries, query_places=query_places)
        check_same_length(gallery_tags=tags, gallery_places=gallery_places)
        places = query_places, gallery_places
    own = exclude_self
    if own is not None:
        own = _check_positions(own, n_photos, -1, "exclude_self", "photo")
        check_same_length(query_tags=queries, exclude_self=own)
    return tags, queries, places, thresholds, scalar, int(levels[0]), own


def _check_positions(positions, n, least, name, what):
    reject_masked(positions, name)
    with naming(name):
        positions = np.asarray(positions)
    if positions.ndim != 1 or positions.dtype.kind not in "iu" or not positions.size:
        raise ValueError(
            f"{name} must hold one position of a {what} for each query, whole numbers "
            f"in a vector; got shape {positions.shape} and dtype {positions.dtype}."
        )
    outside = (positions < least) | (positions >= n)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(
            f"{name}, row {row}: there is no {what} {positions[row]}, only {least} to "
            f"{n - 1}."
        )
    return positions.astype(np.int64, copy=False)


def _first(lists, k, own, start):
    """First k photos of every list, without the query's own one."""
    lists = lists[:, : k if own is None else k + 1]
    ordered = np.sort(lists, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        row, position = np.argwhere(twice)[0]
        raise ValueError(
            f"ranked, row {start + row}: photo {ordered[row, position]} is listed "
            f"twice among the first {lists.shape[1]}. A photo can be found only once."
        )
    if own is None:
        return lists
    struck = (lists == own[:, np.newaxis]) & (lists >= 0)
    # A stable sort moves what is struck out behind what remains.
    order = np.argsort(struck, axis=1, kind="stable")
    return np.take_along_axis(np.where(struck, -1, lists), order, axis=1)[:, :k]


def _is_near(places, queries, photos, thresholds, radius_km):
    """For pairs of queries and photos, whether they are within each distance."""
    near = np.ones((len(queries), thresholds.size), dtype=bool)
    finite = np.isfinite(thresholds)
    if len(queries) and finite.any():
        of_queries, of_photos = places
        distances = haversine(
            of_queries[queries], of_photos[photos], radius_km=radius_km
        )
        near[:, finite] = distances[:, np.newaxis] <= thresholds[finite]
    return near


def _average(precision, queries, kept, average, scalar):
    counts = np.ones(len(queries), dtype=bool) if kept is None else kept[queries]
    if average is None:
        precision[~counts] = np.nan
        return precision[:, 0] if scalar else precision
    if not counts.any():
        precision = np.full(
            precision.shape[1], undefined("All queries are for tags of omit_tags.")
        )
    elif average == "queries":
        precision = precision[counts].mean(axis=0)
    else:
        precision = mean_over_tags(queries[counts], precision[counts])
    return float(precision[0]) if scalar else precision
