# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The share of answers within any distance of the truth."""

from functools import partial

import numpy as np
from sklearn.utils import Bunch

from sklearn_geo._answers import final
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import read_numbers
from sklearn_geo.base import check_places, wrap_longitude
from sklearn_geo.inspection._by_name import is_by_name
from sklearn_geo.inspection._columns import by_name, need_method
from sklearn_geo.inspection._errors import errors_of
from sklearn_geo.inspection._export import ShowsPlaces, collection_of, frame_of
from sklearn_geo.inspection._map import plain, point_feature
from sklearn_geo.inspection._pyplot import COLORS, STYLES, axes_of, shares_axis
from sklearn_geo.inspection._text import in_legend
from sklearn_geo.inspection._words import check_flags, check_text
from sklearn_geo.metrics import accuracy_at_km, bootstrap_interval

LOCALITIES = {1: "street", 25: "city", 200: "region", 750: "country", 2500: "continent"}
# From a hundred metres to the antipode.
_KM = np.geomspace(0.1, 20_015.0, 269)
# Intervals are smooth, and dear: one at every fourth distance.
_EVERY = 4


class DistanceCurveDisplay(ShowsPlaces):
    """Curve of the share of answers within a distance, of one geolocator or several.

    It shows all thresholds of `accuracy_at_km` at once: which model wins often depends
    on how far off one may be.

    Parameters
    ----------
    curves : dict of Bunch
        By name of the model: `km`, the distances, `share` of the answers within each,
        and `low` and `high` ends of its interval, or None.

    errors : dict of ndarray, default=None
        By name of the model, the error of each row, NaN where it has no answer.

    y_true : ndarray of shape (n_rows, 2), default=None
        Where the rows were.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.

    figure_ : matplotlib Figure
        Figure that holds them.

    lines_ : list of matplotlib Line2D
        A line a model.

    bands_ : list of matplotlib collections
        The intervals, where there are any.

    See Also
    --------
    sklearn_geo.metrics.accuracy_at_km : Single thresholds.
    sklearn_geo.metrics.paired_wilcoxon : Whether one of two models is better.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.inspection import DistanceCurveDisplay
    >>> y_true = np.zeros((4, 2))
    >>> y_pred = [[0, 0], [0, 1], [0, 2], [0, 90]]
    >>> display = DistanceCurveDisplay.from_predictions(y_true, {"mine": y_pred})
    >>> display.lines_[0].get_label()
    'mine (median 167 km)'
    """

    def __init__(self, curves, *, errors=None, y_true=None):
        self.curves = curves
        self.errors = errors
        self.y_true = y_true

    @classmethod
    def from_estimator(cls, estimator, X, y, *, name=None, ax=None, **kwargs):
        """Draw the curve of a fitted geolocator, or of several.

        Parameters
        ----------
        estimator : estimator, or dict of them
            Fitted; a dict gives each a name.

        X : array-like of shape (n_rows, ...)
            Held-out rows.

        y : array-like of shape (n_rows, 2)
            Their true latitudes and longitudes.

        name : str, default=None
            Name of a single estimator; that of its class if None.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`from_predictions`.

        Returns
        -------
        DistanceCurveDisplay
            The display.
        """
        if not is_by_name(estimator):
            name = type(final(estimator)).__name__ if name is None else str(name)
            estimator = {name: estimator}
        for who, model in by_name(estimator).items():
            need_method(model, who, "predict", remedy="Pass a fitted geolocator.")
        answers = {name: model.predict(X) for name, model in estimator.items()}
        return cls.from_predictions(y, answers, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        name=None,
        groups=None,
        confidence_level=0.95,
        n_resamples=500,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw the curve of predictions, or of several models' predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_rows, 2)
            True latitudes and longitudes.

        y_pred : array-like of shape (n_rows, 2), or dict of them
            Predicted ones; a dict gives each a name. Rows of NaN, where a model
            abstained, count as answers within no distance.

        name : str, default=None
            Name of a single model.

        groups : array-like of shape (n_rows,), default=None
            Users or albums, drawn whole for the intervals.

        confidence_level : float or None, default=0.95
            Of the intervals, at each distance by itself. None draws none.

        n_resamples : int, default=500
            How often rows are drawn anew for the intervals.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        DistanceCurveDisplay
            The display.
        """
        check_text(name, "name")
        if not is_by_name(y_pred):
            y_pred = {"model" if name is None else name: y_pred}
        y_true = check_places(y_true, name="y_true")
        curves, errors = {}, {}
        for name, answers in y_pred.items():
            answers = check_places(answers, name="y_pred", allow_missing=True)
            check_rows(len(y_true), answers, "y_pred", of="y_true")
            errors[name] = errors_of(y_true, answers)
            answered = ~np.isnan(errors[name])
            # The antipode stands for no answer: no distance but the last is as far.
            if not answered.all():
                answers = answers.copy()
                answers[~answered] = _antipodes(y_true[~answered])
            share, low, high = accuracy_at_km(y_true, answers, _KM), None, None
            if confidence_level is not None and len(y_true) > 1:
                found = bootstrap_interval(
                    partial(accuracy_at_km, km=_KM[::_EVERY]),
                    y_true,
                    answers,
                    groups=groups,
                    confidence_level=confidence_level,
                    n_resamples=n_resamples,
                    random_state=random_state,
                )
                low, high = (
                    np.interp(np.log(_KM), np.log(_KM[::_EVERY]), end)
                    for end in (found.low, found.high)
                )
                low, high = np.minimum(low, share), np.maximum(high, share)
            curves[name] = Bunch(km=_KM.copy(), share=share, low=low, high=high)
        return cls(curves, errors=errors, y_true=y_true).plot(ax, **kwargs)

    def plot(self, ax=None, *, localities=True, limits_km=(1.0, 20_015.0)):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        localities : bool, default=True
            Whether to mark street, city, region, country and continent: 1, 25, 200, 750
            and 2,500 km.

        limits_km : pair of float, default=(1, 20015)
            From where to where to draw.

        Returns
        -------
        DistanceCurveDisplay
            The display, with `ax_`, `figure_`, `lines_` and `bands_`.
        """
        check_flags(localities=localities)
        limits_km = _read_limits(limits_km)
        self.ax_, self.figure_ = axes_of(ax, figsize=(6.4, 4.4))
        from matplotlib.ticker import FuncFormatter, NullLocator

        axes = self.ax_
        self.lines_, self.bands_ = [], []
        for at, (name, curve) in enumerate(self.curves.items()):
            color, style = COLORS[at % len(COLORS)], STYLES[at % len(STYLES)]
            (line,) = axes.plot(
                curve.km,
                curve.share,
                color=color,
                linestyle=style,
                linewidth=1.8,
                label=in_legend(self._label(name)),
                zorder=3,
            )
            self.lines_.append(line)
            if curve.low is not None:
                self.bands_.append(
                    axes.fill_between(
                        curve.km,
                        curve.low,
                        curve.high,
                        color=color,
                        alpha=0.18,
                        linewidth=0,
                        zorder=2,
                    )
                )
        axes.set_xscale("log")
        axes.set(
            xlim=limits_km,
            ylim=(0.0, 1.0),
            xlabel="distance from the truth in km",
            ylabel="share of answers within",
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda km, _: f"{km:,g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        shares_axis(axes.yaxis)
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        for km, name in LOCALITIES.items() if localities else ():
            if not limits_km[0] <= km <= limits_km[1]:
                continue
            axes.axvline(km, color="0.75", linewidth=0.8, linestyle=":", zorder=1)
            axes.annotate(
                name,
                (km, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="left" if km == limits_km[0] else "center",
                va="bottom",
                size="small",
                color="0.35",
            )
        axes.legend(loc="upper left", fontsize="small", framealpha=0.9)
        return self

    def _label(self, name):
        if self.errors is None:
            return name
        km = self.errors[name]
        km = np.where(np.isnan(km), np.inf, km)
        middle = float(np.sort(km)[[(len(km) - 1) // 2, len(km) // 2]].mean())
        if not np.isfinite(middle):
            return f"{name} (no median)"
        digits = ",.0f" if middle >= 10 else ",.1f"
        return f"{name} (median {middle:{digits}} km)"

    def to_frame(self):
        """Return the curves as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a model and distance, with the columns `model`, `km`, `share`, `low`
            and `high`, the ends of the interval, NaN if there is none.
        """
        columns = {name: [] for name in ("model", "km", "share", "low", "high")}
        for model, curve in self.curves.items():
            n = len(curve.km)
            none = np.full(n, np.nan)
            columns["model"] += [model] * n
            for name in ("km", "share", "low", "high"):
                values = none if curve[name] is None else curve[name]
                columns[name] += np.asarray(values, dtype=np.float64).tolist()
        return frame_of(columns)

    def to_geojson(self):
        """Return the rows as points with the error of every model.

        Returns
        -------
        dict
            A FeatureCollection: one point a row at its true place. The property
            `error_km` is a dict from the model to its error, None without an answer.
        """
        if self.y_true is None or self.errors is None:
            raise ValueError(
                "The display does not know where the rows were. Make it by "
                "from_estimator or from_predictions, or give it y_true and errors."
            )
        features = [
            point_feature(
                place,
                {
                    "error_km": {
                        name: plain(float(km[row])) for name, km in self.errors.items()
                    }
                },
            )
            for row, place in enumerate(self.y_true)
        ]
        return collection_of(features)


def _antipodes(places):
    return np.column_stack([-places[:, 0], wrap_longitude(places[:, 1] + 180.0)])


def _read_limits(limits_km):
    """Return the ends of a logarithmic axis."""
    limits = read_numbers(limits_km, "limits_km")
    if limits.shape != (2,) or not 0.0 < limits[0] < limits[1] < np.inf:
        raise ValueError(
            "limits_km must be two distances, the smaller one above 0 first; got "
            f"{limits_km!r:.60}."
        )
    return limits.tolist()
