# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Any metric by region: zones, cells, continents or labels of one's own."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils import Bunch, _safe_indexing, indexable
from sklearn.utils.validation import _num_samples

from sklearn_geo._functions import ask_function
from sklearn_geo._labels import first_missing, label_array, number_labels
from sklearn_geo._numbers import is_whole, naming
from sklearn_geo._tables import check_sparse
from sklearn_geo.base import check_places
from sklearn_geo.geometry import s2_cell_ids, s2_tokens, utm_zone_names, utm_zones
from sklearn_geo.metrics._names import find_function, read_metric
from sklearn_geo.metrics._rows import check_row_weights, check_same_length

# (name, south, west, north, east); a place belongs to the first box it is in.
CONTINENT_BOXES = (
    ("Antarctica", -90, -180, -60, 180),
    # Chukotka beyond the antimeridian, then the islands of the Pacific.
    ("Asia", 60, -180, 75, -168.9),
    ("Oceania", -60, -180, 30, -120),
    ("Oceania", -60, -120, 0, -93),
    ("Oceania", -60, 110, -11, 180),
    ("Oceania", -11, 131, 20, 180),
    # Greenland and Arctic Canada, the continent with its northwest, Central America.
    ("North America", 59, -75, 84, -25),
    ("North America", 67.5, -25, 84, -10),
    ("North America", 50, -180, 75, -130),
    ("North America", 13, -170, 84, -50),
    ("North America", 7, -120, 13, -77.3),
    ("South America", -60, -93, 13, -30),
    # North of Africa's coast, east to the Bosporus, then to the Urals.
    ("Europe", 36, -32, 72, 0),
    ("Europe", 37.4, 0, 82, 12),
    ("Europe", 34.5, 12, 82, 26.5),
    ("Europe", 40.9, 26.5, 82, 29.1),
    ("Europe", 43, 29.1, 82, 46),
    ("Europe", 47, 46, 82, 60),
    # South of the Mediterranean, the Red Sea's west coast, the Horn and the islands.
    ("Africa", -40, -32, 37.4, 12),
    ("Africa", -40, 12, 34.5, 34),
    ("Africa", -40, 34, 12.3, 64),
    ("Africa", 12.3, 34, 18, 41.5),
    ("Africa", 18, 34, 24, 38),
    ("Asia", -11, 26.5, 82, 180),
)
ELSEWHERE = "Elsewhere"


def continent_names(places):
    """Continents of places, read off a few boxes of latitude and longitude.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of str, of shape (n_places,)
        "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South
        America", or "Elsewhere" for the oceans between their boxes.

    See Also
    --------
    per_region_score : Any metric by continent.

    Notes
    -----
    These are boxes, not borders. They are good enough to see on which continent a
    model fails, and for nothing that hangs on a single place: two dozen boxes cannot
    follow the Bosporus, the Caucasus, Sinai or the islands off Venezuela, and the seas
    around a continent belong to it. For borders, join with a file of countries and pass
    the result to `per_region_score` as labels.

    Of the towns of GeoNames outside Russia, 99.6 % lie in a box of the continent of
    their country; the Canaries, Hawaii and European Turkey are among those that do not.

    The Urals are put at 60 degrees east, Hawaii and New Guinea with Oceania, and
    Central America and the Caribbean with North America.

    Examples
    --------
    >>> from sklearn_geo.metrics import continent_names
    >>> continent_names([[48.9, 2.4], [-33.9, 151.2], [50.0, -40.0]]).tolist()
    ['Europe', 'Oceania', 'Elsewhere']
    """
    places = check_places(places)
    latitude, longitude = places.T
    names = np.full(len(places), ELSEWHERE, dtype="<U13")
    # From the last box to the first, so that the first one has the last word.
    for name, south, west, north, east in reversed(CONTINENT_BOXES):
        inside = (south <= latitude) & (latitude <= north)
        inside &= (west <= longitude) & (longitude <= east)
        names[inside] = name
    # Boxes that end at 180 hold that meridian, which is called -180, if no other does.
    seam = (longitude == -180.0) & (names == ELSEWHERE)
    for name, south, _, north, east in reversed(CONTINENT_BOXES):
        if east == 180.0:
            names[seam & (south <= latitude) & (latitude <= north)] = name
    return names


def per_region_score(
    metric,
    y_true,
    y_pred,
    *,
    by,
    places=None,
    sample_weight=None,
    min_count=1,
    as_frame=False,
):
    """Compute a metric in every region of the world separately.

    Parameters
    ----------
    metric : str, callable, or dict of them
        The name of a metric, such as "accuracy_at_25km", or a function
        `metric(y_true, y_pred)`. Several make one column each, called by their keys,
        which are text.

    y_true : array-like of shape (n_photos, ...)
        The truth, one row a photo.

    y_pred : array-like of shape (n_photos, ...)
        The predictions.

    by : {"continent", "utm_zone"}, ("s2", level), callable or array-like
        What the regions are: continents (see `continent_names`), UTM zones, S2 cells of
        a level from 0 to 30, what a function makes of places, or one label a photo.

    places : array-like of shape (n_photos, 2), default=None
        Where the photos were taken. None means that `y_true` are these places; for
        metrics of tags or labels they have to be given, unless `by` are labels.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts; handed to the metric as `sample_weight`. Regions in
        which it is 0 throughout are left out.

    min_count : int, default=1
        Regions with fewer photos are left out.

    as_frame : bool, default=False
        Whether to return a pandas DataFrame.

    Returns
    -------
    Bunch of ndarray, or DataFrame
        One row a region, in the order of their names: `region`, `count`, the number of
        photos, and `score`, or one column for each key of `metric`. A metric that
        returns a vector makes a `score` of shape (n_regions, n_values), and in a
        DataFrame the columns `score_0`, `score_1` and so on.

    Raises
    ------
    ValueError
        If `by` is none of the above, if labels are missing, if a metric of tags is
        asked for without `places`, or if no region is left.

    See Also
    --------
    bootstrap_interval : Regions with few photos deserve an interval.

    Notes
    -----
    The supplementary material of [1]_ reports precision by continent this way (its
    figure 4), and table 6 of [2]_ average precision by UTM zone.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.
    .. [2] Yin, Y., Zhang, Y., Liu, Z., Liang, Y., Wang, S., Shah, R. R., Zimmermann, R.
       "Learning Multi-context Aware Location Representations from Large-scale
       Geotagged Images", ACM Multimedia 2021.

    Examples
    --------
    >>> from sklearn_geo.metrics import per_region_score
    >>> y_true = [[48.9, 2.4], [52.5, 13.4], [-33.9, 151.2]]
    >>> y_pred = [[48.9, 2.4], [48.9, 2.4], [-33.9, 151.2]]
    >>> table = per_region_score("accuracy_at_25km", y_true, y_pred, by="continent")
    >>> table.region.tolist(), table["count"].tolist(), table.score.tolist()
    (['Europe', 'Oceania'], [2, 1], [0.5, 1.0])
    """
    metrics = _read_metrics(metric)
    if not metrics or {"region", "count"} & set(metrics):
        raise ValueError(
            "metric must name at least one metric, and none of them 'region' or "
            f"'count', which are columns already; got the keys {sorted(metrics)}."
        )
    if not is_whole(min_count) or min_count < 1:
        raise ValueError(
            f"min_count must be a whole number above 0; got {min_count!r}."
        )
    n_rows = _num_samples(y_true)
    check_same_length(y_true=y_true, y_pred=y_pred)
    sample_weight = check_row_weights(sample_weight, n_rows)
    of_tags = any(find_function(value).reads_tags for value in metrics.values())
    if of_tags and places is None and _asks_for_places(by):
        # An indicator of two tags would pass for latitudes and longitudes.
        raise ValueError(
            "A metric of tags needs places=, the latitudes and longitudes of the "
            "photos, since y_true does not say where they were taken. Or pass labels "
            "as by=."
        )
    labels = _region_labels(by, y_true, places, n_rows)

    regions, numbers = number_labels(labels, name="by")
    counts = np.bincount(numbers)
    members = np.split(np.argsort(numbers, kind="stable"), np.cumsum(counts)[:-1])
    counting = np.ones(len(counts), dtype=bool)
    if sample_weight is not None:
        counting = np.bincount(numbers, weights=sample_weight) > 0
    kept = counting & (counts >= min_count)
    if not kept.any():
        largest = np.argmax(np.where(counting, counts, 0))
        region = "region"
        if not counting.all():
            region += " with a photo of a weight above 0"
        raise ValueError(
            f"No {region} has min_count={min_count} photos or more; the largest one, "
            f"{regions[largest]}, has {counts[largest]}."
        )
    scores = {key: [] for key in metrics}
    check_sparse(y_true, "y_true")
    check_sparse(y_pred, "y_pred")
    # Of sparse matrices, only some kinds have rows to be taken out.
    y_true, y_pred = indexable(_with_rows(y_true), _with_rows(y_pred))
    for region in np.flatnonzero(kept):
        rows = members[region]
        arguments = {}
        if sample_weight is not None:
            arguments["sample_weight"] = sample_weight[rows]
        with naming("y_true or y_pred"):
            true, pred = _safe_indexing(y_true, rows), _safe_indexing(y_pred, rows)
        for key, function in metrics.items():
            try:
                scores[key].append(function(true, pred, **arguments))
            except (TypeError, ValueError) as error:
                kind = TypeError if isinstance(error, TypeError) else ValueError
                raise kind(
                    f"The metric {key!r} fails in the region {regions[region]} of "
                    f"{len(rows)} photos: {error}"
                ) from error
    table = {"region": regions[kept], "count": counts[kept]}
    for key, values in scores.items():
        table[key] = _column(key, values, table["region"])
    return _to_frame(table) if as_frame else Bunch(**table)


def _column(key, values, regions):
    """Stack what a metric returned of the regions, if that has one shape."""
    shapes = [np.shape(value) for value in values]
    other = next((at for at, shape in enumerate(shapes) if shape != shapes[0]), None)
    if other is not None:
        raise ValueError(
            f"The metric {key!r} returns {shapes[0] or 'a number'} in the region "
            f"{regions[0]}, but {shapes[other] or 'a number'} in {regions[other]}. It "
            "has to return as many numbers everywhere: a metric of each class needs "
            "the classes, such as labels=."
        )
    return np.array(values)


def _with_rows(y):
    """Return what rows can be taken of."""
    if hasattr(y, "compute"):  # of dask
        return y.compute()
    if isinstance(y, Mapping | set):
        raise TypeError(f"A {type(y).__name__} has no rows; pass arrays or frames.")
    return np.asarray(y) if isinstance(y, memoryview) else y


def _read_metrics(metric):
    if not isinstance(metric, Mapping):
        return {"score": read_metric(metric)}
    for key in metric:
        if not isinstance(key, str):
            raise TypeError(
                f"metric: the key {key!r} is not text. Columns are called by the keys: "
                f"use one such as {str(key)!r}."
            )
    return {key: read_metric(value) for key, value in metric.items()}


def _asks_for_places(by):
    return isinstance(by, (str, tuple)) or callable(by)


def _region_labels(by, y_true, places, n_rows):
    """One label a row, from whatever regions are asked for."""
    if not _asks_for_places(by):
        return _read_labels(by, n_rows, "by")
    is_cells = isinstance(by, tuple)
    if isinstance(by, str) and by not in ("continent", "utm_zone"):
        raise ValueError(
            f'by={by!r} is no kind of region. Pass "continent", "utm_zone", ("s2", '
            "level), a function of places, or an array with one label a photo."
        )
    if is_cells:
        level = by[1] if len(by) == 2 and by[0] == "s2" else None
        if not is_whole(level) or not 0 <= level <= 30:
            raise ValueError(
                'Cells are asked for by the pair ("s2", level) with a level from 0 to '
                f"30; got {by!r}. Pass labels in an array or a list, not in a tuple."
            )
    if places is None:
        places = _places_or_explain(y_true)
    else:
        places = check_places(places, name="places")
        check_same_length(y_true=y_true, places=places)
    if is_cells:
        return s2_tokens(s2_cell_ids(places, level))
    if callable(by):
        return _read_labels(ask_function(by, places, "by"), n_rows, "by(places)")
    if by == "continent":
        return continent_names(places)
    return utm_zone_names(utm_zones(places))


def _places_or_explain(y_true):
    try:
        return check_places(y_true, name="y_true")
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{error} If y_true are not places, say where the photos were taken by "
            "places=, or pass labels as by=."
        ) from error


def _read_labels(labels, n_rows, name):
    labels = label_array(labels, name)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"{name} must hold one label for each of the {n_rows} photos, in an array "
            f"of shape ({n_rows},); got shape {labels.shape}."
        )
    row = first_missing(labels)
    if row is not None:
        raise ValueError(
            f"{name}, row {row}: the label is missing. Give photos without a region a "
            'label of their own, such as "unknown".'
        )
    return labels


def _to_frame(table):
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "as_frame=True needs pandas: pip install 'sklearn-geo[pandas]'"
        ) from error
    columns = {}
    for key, values in table.items():
        if values.ndim > 2:
            raise ValueError(
                f"The metric {key!r} returns a table of shape {values.shape[1:]}, but "
                "columns of a DataFrame hold numbers. Pass as_frame=False."
            )
        named = {key: values}
        if values.ndim == 2:
            named = {f"{key}_{i}": column for i, column in enumerate(values.T)}
        twice = sorted(columns.keys() & named.keys())
        if twice:
            raise ValueError(
                f"metric: two columns would be called {twice[0]!r}, since {key!r}, or "
                "another key, stands for a vector of numbers. Call one of them "
                "otherwise."
            )
        columns |= named
    return pd.DataFrame(columns)
