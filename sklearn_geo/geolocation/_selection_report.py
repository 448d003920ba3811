# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What it is worth to answer for some photos only: accuracy with coverage."""

from functools import partial

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.validation import check_consistent_length

from sklearn_geo._labels import check_groups
from sklearn_geo.geolocation._report_table import TableReport, TableRow
from sklearn_geo.metrics import (
    accuracy_at_km,
    bootstrap_interval,
    geo_score,
    median_great_circle_error,
)

__all__ = ["SelectionReport"]


class SelectionReport(TableReport):
    """Errors over all photos and over the accepted ones, with intervals.

    What :meth:`SelectiveGeolocator.report` returns. Printed it is a table.

    Parameters
    ----------
    title : str
        What was selected by what.

    places : ndarray of shape (n_photos, 2)
        Where the photos were taken.

    predicted : ndarray of shape (n_photos, 2)
        Where all of them were put, also those that are not accepted; NaN where the
        estimator itself has no answer.

    accepted : ndarray of bool of shape (n_photos,)
        Which photos are answered for.

    weights : ndarray of shape (n_photos,) or None, default=None
        What every photo counts.

    groups : array-like of shape (n_photos,) or None, default=None
        Users or albums, drawn whole for the intervals.

    km : sequence of float, default=(1, 25, 200, 750, 2500)
        Thresholds in kilometres.

    confidence_level : float, default=0.95
        How often an interval should hold the true value.

    n_resamples : int, default=2000
        How often photos are drawn anew for the intervals.

    random_state : int, RandomState instance or None, default=0
        Seed of the resampling.

    Attributes
    ----------
    all_photos, accepted_photos, rejected_photos : Bunch
        Of the photos with an answer: their number `n`, the `coverage` (their share of
        all photos, by weight), and BootstrapIntervals `accuracy` (an array, one value
        for each of `km`), `median_error` and `geo_score`; None where there are none.

    See Also
    --------
    SelectiveGeolocator : Makes it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation import SelectionReport
    >>> places, outdoor = np.zeros((4, 2)), np.array([True, True, False, False])
    >>> predicted = np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 9.0], [0.0, 50.0]])
    >>> print(SelectionReport("Outdoor only", places, predicted, outdoor, km=(25,)))
    Outdoor only, with 95 % intervals
    <BLANKLINE>
    All photos
      photos               4
      coverage       100.0 %
      within 25 km    50.0 %     0.0 % to 100.0 %
      median error    506 km    0.0 km to 5,560 km
      GeoScore         3,160     1,331 to 4,981
    Accepted photos
      photos               2
      coverage        50.0 %
      within 25 km   100.0 %   100.0 % to 100.0 %
      median error    5.6 km    0.0 km to 11 km
      GeoScore         4,981     4,963 to 5,000
    """

    def __init__(
        self,
        title,
        places,
        predicted,
        accepted,
        *,
        weights=None,
        groups=None,
        km=(1, 25, 200, 750, 2500),
        confidence_level=0.95,
        n_resamples=2000,
        random_state=0,
    ):
        self.km = np.atleast_1d(np.asarray(km))
        self.confidence_level = confidence_level
        self._settings = {
            "confidence_level": confidence_level,
            "n_resamples": n_resamples,
            "random_state": random_state,
        }
        check_consistent_length(places, predicted, accepted, weights)
        if groups is not None:
            groups = check_groups(groups, len(places))[1]
        self.title = title
        self._rows, self.left_out = [], []
        answered = ~np.isnan(predicted).any(axis=1)
        data = places, predicted, weights, groups
        self.all_photos = self._measure("All photos", answered, *data)
        self.accepted_photos = self._measure(
            "Accepted photos", answered & accepted, *data
        )
        # What was turned away is no row of the table, but may be asked for.
        rows = self._rows.copy(), self.left_out.copy()
        self.rejected_photos = self._measure(
            "Rejected photos", answered & ~accepted, *data
        )
        self._rows, self.left_out = rows
        if not answered.all():
            self.left_out.append(
                f"{int((~answered).sum()):,} photos for which the estimator itself has "
                "no answer"
            )

    def _measure(self, section, kept, places, predicted, weights, groups):
        """Measure the errors of some photos."""
        counts = np.ones(len(kept)) if weights is None else weights
        found = Bunch(n=int(kept.sum()), coverage=counts[kept].sum() / counts.sum())
        self._rows += [
            TableRow(section, "photos", found.n),
            TableRow(section, "coverage", found.coverage, unit="%"),
        ]
        if not counts[kept].any():
            self.left_out.append(f"errors of {section.lower()}, because there are none")
            return Bunch(**found, accuracy=None, median_error=None, geo_score=None)
        kept = kept & (counts > 0.0)  # the others are as if they were not there
        interval = partial(
            self._interval,
            places=places[kept],
            predicted=predicted[kept],
            weights=None if weights is None else weights[kept],
            groups=None if groups is None else groups[kept],
        )
        found.accuracy = interval(partial(accuracy_at_km, km=self.km))
        found.median_error = interval(median_great_circle_error)
        found.geo_score = interval(geo_score)
        within = [f"within {value:,g} km" for value in self.km]
        self._add(section, within, found.accuracy, "%")
        self._add(section, ["median error"], found.median_error, "km")
        self._add(section, ["GeoScore"], found.geo_score, "points")
        return found

    def _interval(self, metric, *, places, predicted, weights, groups):
        n_units = len(places) if groups is None else len(np.unique(groups))
        if n_units < 2:
            value = metric(places, predicted, sample_weight=weights)
            nothing = np.full(np.shape(value), np.nan)[()]
            return Bunch(estimate=value, low=nothing, high=nothing)
        return bootstrap_interval(
            metric,
            places,
            predicted,
            sample_weight=weights,
            groups=groups,
            **self._settings,
        )

    def _title(self):
        return f"{self.title}, with {100 * self.confidence_level:g} % intervals"

    def _add(self, section, measures, interval, unit):
        values = zip(
            np.atleast_1d(interval.estimate),
            np.atleast_1d(interval.low),
            np.atleast_1d(interval.high),
            strict=True,
        )
        for measure, numbers in zip(measures, values, strict=True):
            self._rows.append(TableRow(section, measure, *map(float, numbers), unit))
