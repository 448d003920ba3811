# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where photos are found well, beside where there were photos to learn from."""

import numpy as np
from sklearn.utils import Bunch

from sklearn_geo.inspection._by_name import by_text, is_by_name
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._pyplot import COLORS, check_most, panel_axes, shares_axis
from sklearn_geo.inspection._text import in_legend, literal
from sklearn_geo.inspection._words import check_flags, check_text
from sklearn_geo.metrics import precision_by_region
from sklearn_geo.metrics._rows import check_choice

_ORDERS = ("count", "precision", "name")
# With more rows than these there is no room for two lines of text each.
_ROWS_OF_TWO_LINES = 12


class ContinentDisplay:
    """Bars of the precision by continent of the query, beside its training photos.

    Figure 4 of the supplementary material of the LocSens paper [1]_: whether a model
    does well where it was taught much. Any other regions do as well.

    Parameters
    ----------
    tables : dict of Bunch
        By name of the model, what `precision_by_region` returns.

    measure : str, default="P@10 within 750 km"
        What the precision is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the precision.

    axes_ : list of matplotlib Axes
        Axes of the training photos, if they are known, and of the precision.

    figure_ : matplotlib Figure
        Figure that holds them.

    count_bars_ : matplotlib BarContainer or None
        The training photos.

    bars_ : list of matplotlib BarContainer
        The precision of every model.

    errorbars_ : list of matplotlib ErrorbarContainer
        The intervals.

    shown_ : list
        The regions, from top to bottom.

    See Also
    --------
    sklearn_geo.metrics.precision_by_region : The numbers.
    TagFrequencyDisplay : Precision by how often tags were taught.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material, figure 4.

    Examples
    --------
    >>> from sklearn_geo.inspection import ContinentDisplay
    >>> paris, berlin, sydney = [48.9, 2.4], [52.5, 13.4], [-33.9, 151.2]
    >>> display = ContinentDisplay.from_predictions(
    ...     [paris, berlin, sydney], [0.4, 0.8, 0.1], [sydney, berlin, berlin]
    ... )
    >>> display.shown_, [int(bar.get_width()) for bar in display.count_bars_]
    (['Europe', 'Oceania'], [2, 1])
    """

    def __init__(self, tables, *, measure="P@10 within 750 km"):
        self.tables = tables
        self.measure = measure

    @classmethod
    def from_predictions(
        cls,
        query_places,
        precision,
        train_places=None,
        *,
        by="continent",
        name=None,
        measure="P@10 within 750 km",
        groups=None,
        confidence_level=0.95,
        n_resamples=1000,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw the precision of queries.

        Parameters
        ----------
        query_places : array-like of shape (n_queries, 2)
            The place of every query, latitude and longitude in degrees.

        precision : array-like of shape (n_queries,), or mapping of str to such
            The precision of every query, what `precision_at_k_within_km` returns for
            one distance with `average=None`; of several models by name. The ceiling may
            be one of them.

        train_places : array-like of shape (n_train, 2), default=None
            Where the photos of the training set were taken.

        by : {"continent", "utm_zone"}, ("s2", level) or callable, default="continent"
            What the regions are, as in `precision_by_region`.

        name : str, default=None
            Name of a single model.

        measure : str, default="P@10 within 750 km"
            What the precision is called.

        groups : array-like of shape (n_queries,), default=None
            Users whose photos the queries were made of, drawn whole for the intervals.

        confidence_level : float, default=0.95
            Of the intervals.

        n_resamples : int, default=1000
            How often queries are drawn anew for the intervals.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        ax : matplotlib Axes, or two of them, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ContinentDisplay
            The display.
        """
        check_text(name, "name")
        if not is_by_name(precision):
            precision = {"model" if name is None else name: precision}
        if not precision:
            raise ValueError("precision is empty: there is no model to draw.")
        tables = {
            who: precision_by_region(
                query_places,
                values,
                train_places,
                by=by,
                groups=groups,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                random_state=random_state,
            )
            for who, values in by_text(precision, "precision").items()
        }
        check_text(measure, "measure")
        return cls(tables, measure=measure).plot(ax, **kwargs)

    def plot(self, ax=None, *, order="count", most=25, annotate=True):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw: one for the training photos, if they are known, and one for
            the precision.

        order : {"count", "precision", "name"}, default="count"
            From top to bottom: where most training photos are (or queries, if those are
            not known), where the first model does best, or by name. Queries are those
            of the first model that has some in the region.

        most : int, default=25
            How many regions are shown at most, those with the most queries.

        annotate : bool, default=True
            Whether to write the numbers beside the bars.

        Returns
        -------
        ContinentDisplay
            The display, with its artists.
        """
        check_flags(annotate=annotate)
        table = self._all_regions()
        rows = self._choose(table, order, most)
        self.shown_ = table.region[rows].tolist()
        shape = (1, 1 if table.n_train is None else 2)
        n_bars = len(rows) * (0.55 + 0.45 * len(self.tables))
        axes, self.figure_ = panel_axes(
            ax,
            list(np.ndindex(*shape)),
            shape,
            figsize=(1.4 + 3.4 * shape[1], 1.4 + 0.42 * max(n_bars, 2)),
        )
        self.axes_ = list(axes[0])
        self.ax_, self.count_bars_ = self.axes_[-1], None
        self._dress(table, rows, own_labels=ax is not None)
        if shape[1] == 2:
            self._draw_counts(self.axes_[0], table.n_train[rows], annotate)
        self._draw_precision(self.ax_, annotate)
        return self

    def _all_regions(self):
        """Return a table of all regions: counts of the first model that has each."""
        first, *_ = tables = list(self.tables.values())
        seen = {}
        for table in tables:
            for at, region in enumerate(table.region.tolist()):
                seen.setdefault(region, (table, at))
        regions = np.unique(np.concatenate([table.region for table in tables]))
        found = [seen[region] for region in regions.tolist()]
        counted = all(table.n_train is not None for table in tables)
        return Bunch(
            region=regions,
            n_queries=np.array([table.n_queries[at] for table, at in found]),
            n_train=np.array([table.n_train[at] for table, at in found])
            if counted
            else None,
            precision=np.array(
                [
                    table.precision[at] if table is first else np.nan
                    for table, at in found
                ]
            ),
        )

    def _choose(self, table, order, most):
        """Return which rows of a table to show, from top to bottom."""
        check_choice(order, _ORDERS, "order")
        check_most(most)
        rows = np.sort(np.argsort(-table.n_queries, kind="stable")[:most])
        if order == "name":
            return rows
        counts = table.n_queries if table.n_train is None else table.n_train
        key = counts if order == "count" else table.precision
        return rows[np.argsort(-key[rows], kind="stable")]

    def _dress(self, table, rows, *, own_labels):
        pattern = "{}\n{:,} queries" if len(rows) <= _ROWS_OF_TWO_LINES else "{} ({:,})"
        names = [
            pattern.format(literal(table.region[at]), table.n_queries[at]).replace(
                "\n1 queries", "\n1 query"
            )
            for at in rows
        ]
        for at, panel in enumerate(self.axes_):
            panel.set_yticks(np.arange(len(names)), names, fontsize="small")
            panel.set_ylim(len(names) - 0.45, -0.55)
            panel.tick_params(axis="y", length=0, labelleft=at == 0 or own_labels)
            panel.grid(axis="x", color="0.9", linewidth=0.6)
            panel.set_axisbelow(True)
            panel.spines[["top", "right"]].set_visible(False)

    def _draw_counts(self, ax, counts, annotate):
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        self.count_bars_ = ax.barh(
            np.arange(len(counts)), counts, height=0.62, color="0.65", zorder=2
        )
        ax.set_xlim(0.0, max(1.0, 1.28 * float(counts.max())))
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        ax.set_xlabel("training photos")
        if annotate:
            texts = [f"{n:,}" for n in counts.tolist()]
            ax.bar_label(self.count_bars_, texts, padding=3, fontsize="small")

    def _draw_precision(self, ax, annotate):
        self.bars_, self.errorbars_ = [], []
        step, tops = 0.8 / len(self.tables), []
        for at, (who, table) in enumerate(self.tables.items()):
            where = {region: row for row, region in enumerate(table.region.tolist())}
            # A model may lack the queries of a region that others have answered.
            found = [where.get(region, -1) for region in self.shown_]
            mean, low, high = (
                np.append(table[key], np.nan)[found]
                for key in ("precision", "low", "high")
            )
            y = np.arange(len(found)) + (at - (len(self.tables) - 1) / 2) * step
            bars = ax.barh(
                y,
                np.nan_to_num(mean),
                height=0.86 * step,
                color=COLORS[at % len(COLORS)],
                label=in_legend(who),
                zorder=2,
            )
            gaps = np.nan_to_num(np.maximum([mean - low, high - mean], 0.0))
            self.errorbars_.append(
                ax.errorbar(
                    mean,
                    y,
                    xerr=gaps,
                    fmt="none",
                    ecolor="0.25",
                    elinewidth=1.0,
                    capsize=float(np.clip(4.0 * step, 1.0, 3.0)),
                    zorder=4,
                )
            )
            self.bars_.append(bars)
            ends = np.fmax(np.nan_to_num(mean), high)
            tops.append(float(np.nanmax(ends)))
            if annotate:
                self._write(ax, mean, ends, y)
        ax.set_xlim(0.0, min(max(1.25 * max(tops), 0.05), 1.22))
        if ax.get_xlim()[1] > 1.0:
            ax.set_xticks(np.linspace(0.0, 1.0, 6))
        shares_axis(ax.xaxis)
        ax.set_xlabel(self.measure)
        if len(self.tables) > 1:
            ax.legend(
                fontsize="small",
                frameon=False,
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
                ncols=min(len(self.tables), 3),
            )

    @staticmethod
    def _write(ax, mean, ends, y):
        for value, end, height in zip(mean, ends, y, strict=True):
            ax.annotate(
                "no query" if np.isnan(value) else f"{value:.1%}",
                (end, height),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                size="x-small",
                color="0.3",
            )

    def to_frame(self):
        """Return what is drawn as a pandas DataFrame.

        Returns
        -------
        DataFrame
            A row a model and region, with the columns `model`, `region`, `n_queries`,
            `n_train` (None if it is not known), `precision`, `low` and `high`.
        """
        columns = {"model": []}
        for who, table in self.tables.items():
            n = len(table.region)
            columns["model"] += [who] * n
            for key, values in table.items():
                values = [None] * n if values is None else values.tolist()
                columns.setdefault(key, []).extend(values)
        return frame_of(columns)
