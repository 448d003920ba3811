# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Everything one should know of a geolocator before believing it, in one table."""

from functools import partial

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.validation import check_consistent_length

from sklearn_geo._answers import (
    as_partition,
    cells_of,
    confidences,
    finest_partition,
    holds,
    innermost,
    nearest_cells,
)
from sklearn_geo._labels import check_groups
from sklearn_geo._numbers import read_numbers
from sklearn_geo._weights import check_each
from sklearn_geo.base import check_places
from sklearn_geo.geolocation._report_table import TableReport, TableRow
from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    class_bias,
    geo_score,
    great_circle_error,
    median_great_circle_error,
)
from sklearn_geo.metrics._rows import median_of_rows

LOCALITIES_KM = (1, 25, 200, 750, 2500)
_CURVE_SHARES = np.arange(1, 101) / 100


class GeolocationReport(TableReport):
    """Report of how good a fitted geolocator is on held-out rows.

    Errors with their intervals, what the best possible choice of cells would reach,
    whether cells are predicted as often as they are true, whether regions hold the
    truth as often as they promise, and how much better the confident answers are.
    Printed it is a table.

    Parameters
    ----------
    estimator : estimator
        Fitted, with a `predict` that returns places: any of this room, a pipeline that
        ends in one, or a regressor with two outputs in degrees. What it cannot be asked
        is left out, and `left_out` says why.

    X : array-like of shape (n_rows, ...)
        Held-out rows.

    y : array-like of shape (n_rows, 2)
        Their true latitudes and longitudes in degrees.

    sample_weight : array-like of shape (n_rows,), default=None
        What every row counts.

    groups : array-like of shape (n_rows,), default=None
        Users or albums, drawn whole for the intervals.

    partition : fitted partition or hierarchy, default=None
        The cells for the best possible rows and the class bias. None takes the finest
        ones of the estimator, if it has cells.

    km : sequence of float, default=(1, 25, 200, 750, 2500)
        Thresholds in kilometres: street, city, region, country and continent.

    coverages : sequence of float, default=(0.5, 0.8, 0.9, 0.95)
        Which promises of `predict_region` to check.

    shares : sequence of float, default=(0.25, 0.5, 0.75)
        For which shares of the answers, the most confident first, to show errors; above
        0, and 1 at most.

    confidence_level : float, default=0.95
        How often an interval should hold the true value.

    n_resamples : int, default=2000
        How often rows are drawn anew for the intervals.

    random_state : int, RandomState instance or None, default=0
        Seed of the resampling.

    Attributes
    ----------
    errors_km : ndarray of shape (n_rows,)
        Error of every row; NaN where there is no answer.

    accuracy : BootstrapInterval
        Share of the answers within each of `km`.

    median_error : BootstrapInterval
        Median error in kilometres.

    geo_score : BootstrapInterval
        Mean of 5000 exp(-error / 1492.7 km).

    best_possible : Bunch or None
        `representative` and `center`: shares within each of `km` if every row were
        given its true cell and that cell's representative, or its centre; `n_cells`;
        and `n_uncovered` rows in no cell, which get the nearest representative.

    class_bias : ClassBias or None
        How much the predicted cells differ from the true ones in frequency.

    calibration : Bunch or None
        `promised`, `observed`, its `low` and `high` ends, and the median number of
        cells of a region, `n_cells`: one entry for each of `coverages`.

    risk_coverage : Bunch or None
        The curve of selective prediction: `share` of the answers kept, the `confidence`
        they have at least, and their `median_km` and `accuracy` within each of `km`.

    left_out : list of str
        What could not be measured, and why.

    See Also
    --------
    sklearn_geo.metrics.paired_wilcoxon : Whether one of two geolocators is better.

    Notes
    -----
    The best possible rows are those of table 6 of [1]_: errors that remain if the
    classifier makes no mistake, for cell centroids and for imagery centroids. Class
    bias is that of its appendix C.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation import GeolocationReport, PriorGeolocator
    >>> places = np.array([[48.8, 2.3], [48.9, 2.4], [52.5, 13.4], [-33.9, 151.2]])
    >>> prior = PriorGeolocator().fit(places, places)
    >>> print(GeolocationReport(prior, places, places, km=(25, 1000)))
    PriorGeolocator on 4 rows, with 95 % intervals
    <BLANKLINE>
    Errors
      within 25 km          50.0 %    0.0 % to 100.0 %
      within 1,000 km       75.0 %   25.0 % to 100.0 %
      median error          448 km   0.0 km to 16,968 km
      GeoScore               3,181    1,239 to 4,978
    Most confident answers first
      100 %: median error   448 km   0.0 km to 16,968 km
    <BLANKLINE>
    Not in this table: the best possible choice of cells and the class bias, because
    PriorGeolocator has no cells (pass partition=); regions, because PriorGeolocator
    has no predict_region.
    """

    def __init__(
        self,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        groups=None,
        partition=None,
        km=LOCALITIES_KM,
        coverages=(0.5, 0.8, 0.9, 0.95),
        shares=(0.25, 0.5, 0.75),
        confidence_level=0.95,
        n_resamples=2000,
        random_state=0,
    ):
        places = check_places(y, name="y")
        check_consistent_length(X, places)
        self.km = np.atleast_1d(np.asarray(km))
        self.confidence_level = confidence_level
        self._settings = {
            "confidence_level": confidence_level,
            "n_resamples": n_resamples,
            "random_state": random_state,
        }
        self._weights = self._groups = None
        if sample_weight is not None:
            self._weights = read_numbers(sample_weight, "sample_weight")
            check_consistent_length(places, self._weights)
            check_each(self._weights)
        if groups is not None:
            self._groups = check_groups(groups, len(places))[1]
        coverages = np.atleast_1d(read_numbers(coverages, "coverages"))
        shares = _read_shares(shares)
        self.left_out = []
        self._rows = []
        model, X = innermost(estimator, X)
        self.name = type(model).__name__
        predicted = self._answer(model, X, places)
        self.n_rows, self.n_answered = len(places), int(self._answered.sum())
        self._measure_errors(places, predicted)
        own = finest_partition(model)
        own = None if own is None else as_partition(own)
        found = own if partition is None else as_partition(partition)
        self.best_possible = self.class_bias = None
        if found is None:
            self.left_out.append(
                "the best possible choice of cells and the class bias, because "
                f"{self.name} has no cells (pass partition=)"
            )
        else:
            said = None
            if found is own and hasattr(model, "predict_cells"):
                said = np.asarray(model.predict_cells(X))
            self._measure_cells(found, said, places, predicted)
        # Regions are of the estimator's cells, whatever else is measured by.
        self._measure_regions(
            found if own is None else own, model, X, places, coverages
        )
        self._measure_selection(model, X, places, predicted, shares)

    def _answer(self, model, X, places):
        predicted = np.asarray(model.predict(X), dtype=np.float64)
        if predicted.shape != places.shape:
            raise ValueError(
                f"{self.name}.predict must return one place a row, of shape "
                f"{places.shape}; got {predicted.shape}. A report is about estimators "
                "that answer with latitude and longitude."
            )
        self._answered = ~np.isnan(predicted).all(axis=1)
        if not self._answered.any():
            raise ValueError(
                f"{self.name} has no answer for any of the {len(places)} rows: all its "
                "predictions are NaN. Lower abstain_below, or check the model."
            )
        if self._weights is not None and not self._weights[self._answered].any():
            raise ValueError(
                "sample_weight is 0 in every row that has an answer, so that there is "
                "nothing to measure."
            )
        missing = int((~self._answered).sum())
        if missing:
            self.left_out.append(
                f"{missing:,} of the {len(places):,} rows in whatever is about errors, "
                f"because {self.name} abstained there"
            )
        return predicted

    def _interval(self, metric, *arrays, rows=slice(None)):
        weights = self._weights
        if weights is not None:  # a row of weight 0 is as if it were not there
            rows = np.arange(self.n_rows)[rows]
            rows = rows[weights[rows] > 0.0]
            weights = weights[rows]
        groups = None if self._groups is None else self._groups[rows]
        arrays = [array[rows] for array in arrays]
        n_units = len(arrays[0]) if groups is None else len(np.unique(groups))
        if n_units < 2:
            kwargs = {} if weights is None else {"sample_weight": weights}
            value = metric(*arrays, **kwargs)
            nothing = np.full(np.shape(value), np.nan)[()]
            return Bunch(estimate=value, low=nothing, high=nothing)
        return bootstrap_interval(
            metric, *arrays, sample_weight=weights, groups=groups, **self._settings
        )

    def _add(self, section, measures, interval, unit):
        values = zip(
            np.atleast_1d(interval.estimate),
            np.atleast_1d(interval.low),
            np.atleast_1d(interval.high),
            strict=True,
        )
        for measure, numbers in zip(measures, values, strict=True):
            self._rows.append(TableRow(section, measure, *map(float, numbers), unit))

    def _measure_errors(self, places, predicted):
        rows = np.flatnonzero(self._answered)
        pair = places, predicted
        self.errors_km = np.full(len(places), np.nan)
        self.errors_km[rows] = great_circle_error(places[rows], predicted[rows])
        within = partial(accuracy_at_km, km=self.km)
        self.accuracy = self._interval(within, *pair, rows=rows)
        self.median_error = self._interval(median_great_circle_error, *pair, rows=rows)
        self.geo_score = self._interval(geo_score, *pair, rows=rows)
        if len(rows) < len(places):
            share = np.average(self._answered, weights=self._weights)
            self._rows.append(
                TableRow("Errors", "rows with an answer", share, unit="%")
            )
        self._add("Errors", self._within(), self.accuracy, "%")
        self._add("Errors", ["median error"], self.median_error, "km")
        self._add("Errors", ["GeoScore"], self.geo_score, "points")

    def _within(self):
        return [f"within {value:,g} km" for value in self.km]

    def _measure_cells(self, partition, guessed, places, predicted):
        """Measure what the true cells would give, and how often which are predicted."""
        cells, covered = nearest_cells(partition, places)
        table = partition.cells_
        within = partial(accuracy_at_km, km=self.km)
        best = Bunch(
            n_cells=len(table), n_uncovered=int((~covered).sum()), representative=None
        )
        section = f"Best possible with {len(table):,} cells"
        for name, what, columns in (
            ("representative", "representatives", ("latitude", "longitude")),
            ("center", "centres", ("center_latitude", "center_longitude")),
        ):
            answers = np.column_stack([table[column][cells] for column in columns])
            best[name] = self._interval(within, places, answers)
            self._add(
                section, [f"{w}, {what}" for w in self._within()], best[name], "%"
            )
        self.best_possible = best
        if best.n_uncovered:
            share = np.average(~covered, weights=self._weights)
            self._rows.append(TableRow(section, "rows in no cell", share, unit="%"))
        true = cells_of(partition, places)
        if guessed is None:
            guessed = np.full(len(places), -1)
            guessed[self._answered] = cells_of(partition, predicted[self._answered])
        both = (true >= 0) & (guessed >= 0)
        if not both.any():
            self.left_out.append("the class bias, because no row lies in a cell")
            return
        if not both.all():
            self.left_out.append(
                f"{int((~both).sum()):,} rows in the class bias, which lie in no cell "
                "or were put in none"
            )
        self.class_bias = bias = class_bias(
            true[both],
            guessed[both],
            n_cells=len(table),
            sample_weight=None if self._weights is None else self._weights[both],
        )
        for measure, value in (
            ("KL divergence", bias.kl),
            ("entropy of the true cells", bias.entropy_true),
            ("entropy of the predicted cells", bias.entropy_predicted),
        ):
            self._rows.append(TableRow("Class bias", measure, value, unit="nats"))

    def _measure_regions(self, partition, model, X, places, coverages):
        """Compare promised with observed coverages."""
        self.calibration = None
        if not hasattr(model, "predict_region"):
            self.left_out.append(f"regions, because {self.name} has no predict_region")
            return
        if partition is None:
            self.left_out.append("regions, because it is not known of which cells")
            return
        true = cells_of(partition, places)
        kept = Bunch(promised=[], observed=[], low=[], high=[], n_cells=[])
        for coverage in coverages:
            try:
                regions = model.predict_region(X, coverage=coverage)
            except (ValueError, AttributeError) as error:
                self.left_out.append(f"regions of coverage {coverage:g}: {error}")
                continue
            hits, sizes = holds(regions, true)
            interval = self._interval(_weighted_mean, hits.astype(np.float64))
            size = median_of_rows(sizes, self._weights)
            numbers = (coverage, interval.estimate, interval.low, interval.high, size)
            for values, number in zip(kept.values(), numbers, strict=True):
                values.append(number)
            self._add(
                "Regions hold the truth",
                [f"promised {100 * coverage:g} %, {size:,.0f} cells"],
                interval,
                "%",
            )
        if kept.promised:
            self.calibration = Bunch(
                **{key: np.array(values) for key, values in kept.items()}
            )

    def _measure_selection(self, model, X, places, predicted, shares):
        """Measure errors of the most confident answers."""
        self.risk_coverage = None
        sure = confidences(model, X)
        if sure is None:
            self.left_out.append(
                f"the most confident answers, because {self.name} has no confidence, "
                "predict_topk or predict_proba"
            )
            return
        rows = np.flatnonzero(self._answered)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
        ordered = sure[rows]
        weights = None if self._weights is None else self._weights[rows]
        mass = np.cumsum(np.ones(len(rows)) if weights is None else weights)
        mass /= mass[-1]
        # Equally confident answers are kept or dropped together.
        ends = np.flatnonzero(np.append(ordered[:-1] > ordered[1:], True))

        def kept_at(share):
            at = np.searchsorted(mass[ends], share - 1e-12)
            return int(ends[min(at, len(ends) - 1)]) + 1

        counts = sorted({kept_at(share) for share in _CURVE_SHARES})
        curve = Bunch(share=[], confidence=[], median_km=[], accuracy=[])
        for n in counts:
            weight = None if weights is None else weights[:n]
            if weight is not None and not weight.any():
                continue
            pair = places[rows[:n]], predicted[rows[:n]]
            curve.share.append(mass[n - 1])
            curve.confidence.append(ordered[n - 1])
            curve.median_km.append(
                median_great_circle_error(*pair, sample_weight=weight)
            )
            curve.accuracy.append(accuracy_at_km(*pair, self.km, sample_weight=weight))
        self.risk_coverage = Bunch(
            **{key: np.array(values) for key, values in curve.items()}
        )
        for n in sorted({kept_at(share) for share in (*shares, 1.0)}):
            interval = self._interval(
                median_great_circle_error, places, predicted, rows=rows[:n]
            )
            measure = f"{100 * mass[n - 1]:.0f} %: median error"
            self._add("Most confident answers first", [measure], interval, "km")

    def _title(self):
        return (
            f"{self.name} on {self.n_rows:,} rows, with "
            f"{100 * self.confidence_level:g} % intervals"
        )


def _read_shares(shares):
    shares = np.atleast_1d(read_numbers(shares, "shares"))
    if not ((shares > 0.0) & (shares <= 1.0)).all():
        raise ValueError(
            f"shares={shares.tolist()!r:.60} must be shares of the answers, above 0 "
            "and 1 at most."
        )
    return shares


def _weighted_mean(values, sample_weight=None):
    return np.average(values, weights=sample_weight)
