# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether rare tags are found as well as frequent ones, of several models."""

import numpy as np

from sklearn_geo.inspection._by_name import by_text, is_by_name
from sklearn_geo.inspection._export import frame_of
from sklearn_geo.inspection._pyplot import COLORS, STYLES, axes_of, shares_axis
from sklearn_geo.inspection._text import in_legend
from sklearn_geo.inspection._words import check_flags, check_text, read_names
from sklearn_geo.metrics import precision_by_tag_frequency

# Where tags stand that no training photo has: a logarithm has no place for them.
_NEVER = 0.32
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# Beyond so many models the points of single tags hide the means.
_MODELS_WITH_POINTS = 1


class TagFrequencyDisplay:
    """Curve of the precision of tags by how often they were there to be learnt.

    Figure 3 of the supplementary material of the LocSens paper [1]_: frequent tags are
    found better than rare ones, and some models do well on rare ones too.

    Parameters
    ----------
    tables : dict of Bunch
        By name of the model, what `precision_by_tag_frequency` returns.

    measure : str, default="P@10"
        What the precision is called.

    tag_names : sequence of str, default=None
        What tags are called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.

    figure_ : matplotlib Figure
        Figure that holds them.

    lines_ : list of matplotlib Line2D
        The means over the tags of a bin, a line a model.

    errorbars_ : list of matplotlib ErrorbarContainer
        Their intervals.

    points_ : list of matplotlib PathCollection
        The tags one by one, if they are drawn.

    See Also
    --------
    sklearn_geo.metrics.precision_by_tag_frequency : The numbers.
    ContinentDisplay : Precision by where queries are.

    Notes
    -----
    A line goes from bin to bin, through the geometric mean of the training photos of
    the tags in each. Tags that nobody was taught stand on the left, beside the line.
    The grey numbers are how many tags there are in a bin, and the number in the legend
    is the mean over all tags, the macro mean, not that over the bins.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material, figure 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.inspection import TagFrequencyDisplay
    >>> display = TagFrequencyDisplay.from_predictions(
    ...     np.arange(4), {"mine": [0.1, 0.3, 0.5, 0.9]}, counts=[10, 20, 400, 500]
    ... )
    >>> display.lines_[0].get_ydata()
    array([0.2, 0.7])
    """

    def __init__(self, tables, *, measure="P@10", tag_names=None):
        self.tables = tables
        self.measure = measure
        self.tag_names = tag_names

    @classmethod
    def from_predictions(
        cls,
        query_tags,
        precision,
        counts,
        *,
        name=None,
        measure="P@10",
        tag_names=None,
        bins_per_decade=2,
        confidence_level=0.95,
        n_resamples=1000,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw the precision of queries.

        Parameters
        ----------
        query_tags : array-like of int, of shape (n_queries,)
            The tag of every query: its position in `counts`.

        precision : array-like of shape (n_queries,), or mapping of str to such
            The precision of every query, what `precision_at_k_within_km` returns for
            one distance with `average=None`; of several models by name.

        counts : array-like of int, of shape (n_tags,)
            How many training photos have each tag.

        name : str, default=None
            Name of a single model.

        measure : str, default="P@10"
            What the precision is called.

        tag_names : sequence of str, default=None
            What tags are called, for :meth:`to_frame`.

        bins_per_decade : int, default=2
            How many bins there are from 10 to 100 training photos.

        confidence_level : float, default=0.95
            Of the intervals, over tags.

        n_resamples : int, default=1000
            How often tags are drawn anew for the intervals.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        TagFrequencyDisplay
            The display.
        """
        check_text(name, "name")
        if not is_by_name(precision):
            precision = {"model" if name is None else name: precision}
        if not precision:
            raise ValueError("precision is empty: there is no model to draw.")
        check_text(measure, "measure")
        tag_names = None if tag_names is None else read_names(tag_names, "tag_names")
        if tag_names is not None and len(tag_names) != np.size(counts):
            raise ValueError(
                f"There are {len(tag_names)} tag_names, and counts of "
                f"{np.size(counts)} tags."
            )
        tables = {
            who: precision_by_tag_frequency(
                query_tags,
                values,
                counts,
                bins_per_decade=bins_per_decade,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                random_state=random_state,
            )
            for who, values in by_text(precision, "precision").items()
        }
        return cls(tables, measure=measure, tag_names=tag_names).plot(ax, **kwargs)

    def plot(self, ax=None, *, points="auto"):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        points : bool or "auto", default="auto"
            Whether to draw a point a tag as well. "auto" does so for a single model.

        Returns
        -------
        TagFrequencyDisplay
            The display, with its artists.
        """
        if not isinstance(points, str):
            check_flags(points=points)
        elif points != "auto":
            raise ValueError(f"points must be True, False or 'auto'; got {points!r}.")
        else:
            points = len(self.tables) <= _MODELS_WITH_POINTS
        self.ax_, self.figure_ = axes_of(ax, figsize=(6.8, 4.4))
        self.lines_, self.errorbars_, self.points_ = [], [], []
        for at, (who, table) in enumerate(self.tables.items()):
            # Intervals of several models must not cover one another.
            aside = 10.0 ** (0.035 * (at - (len(self.tables) - 1) / 2))
            self._draw_model(at, who, table, aside)
            if points:
                self._draw_points(COLORS[at % len(COLORS)], table.tags)
        self._dress()
        return self

    def _draw_model(self, at, who, table, aside):
        axes, bins = self.ax_, table.bins
        color, marker = COLORS[at % len(COLORS)], _MARKERS[at % len(_MARKERS)]
        x, y = _middles(table) * aside, bins.precision
        taught = bins.most > 0
        (line,) = axes.plot(
            x[taught],
            y[taught],
            color=color,
            linestyle=STYLES[at % len(STYLES)],
            marker=marker,
            markersize=5.5,
            linewidth=1.8,
            label=in_legend(f"{who}: {table.tags.precision.mean():.3f}"),
            zorder=4,
        )
        axes.plot(x[~taught], y[~taught], color=color, marker=marker, zorder=4)
        self.lines_.append(line)
        known = ~np.isnan(bins.low)
        gaps = np.maximum([y - bins.low, bins.high - y], 0.0)
        self.errorbars_.append(
            axes.errorbar(
                x[known],
                y[known],
                yerr=gaps[:, known],
                fmt="none",
                ecolor=color,
                elinewidth=1.1,
                capsize=2.5,
                alpha=0.8,
                zorder=3,
            )
        )

    def _draw_points(self, color, tags):
        # Precisions at ten are tenths: without a shift tags would hide one another.
        shift = 0.012 * np.sin(12.9898 * np.arange(len(tags.tag)))
        count = np.where(tags["count"] > 0, tags["count"], _NEVER)
        self.points_.append(
            self.ax_.scatter(
                count,
                tags.precision + shift,
                s=float(np.clip(400.0 / len(count), 7.0, 25.0)),
                color=color,
                alpha=float(np.clip(40.0 / len(count) ** 0.8, 0.04, 0.45)),
                linewidth=0.0,
                rasterized=True,
                zorder=1,
            )
        )

    def _dress(self):
        from matplotlib.ticker import (
            FixedLocator,
            FuncFormatter,
            LogLocator,
            NullFormatter,
            NullLocator,
        )

        axes = self.ax_
        axes.set_xscale("log")
        counts = np.concatenate([one.tags["count"] for one in self.tables.values()])
        taught = counts[counts > 0]
        low, high = (taught.min(), taught.max()) if len(taught) else (1, 1)
        low = _NEVER if (counts == 0).any() else low
        axes.set_xlim(low / 1.6, high * 1.6)
        decades = 10.0 ** np.arange(0, np.ceil(np.log10(high * 1.6)))
        ticks = decades[decades >= low].tolist()
        if low == _NEVER:
            ticks.append(_NEVER)
        if len(ticks) > 1 or low == _NEVER:
            axes.xaxis.set_major_locator(FixedLocator(ticks))
        else:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: _short(n)))
        axes.set_xlabel("training photos that have the tag")
        axes.set_ylabel(self.measure)
        top = max(_top(one) for one in self.tables.values())
        axes.set_ylim(0.0, 1.0 if top > 0.6 else max(1.15 * top, 0.05))
        shares_axis(axes.yaxis)
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(
            title="mean over all tags",
            title_fontsize="small",
            fontsize="small",
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.06),
            ncols=min(len(self.tables), 3),
            alignment="left",
        )
        self._write_counts()

    def _write_counts(self):
        """Write above the axes how many tags are in each bin."""
        table = next(iter(self.tables.values()))
        style = {"va": "bottom", "size": "x-small", "color": "0.45"}
        style |= {"textcoords": "offset points"}
        self.ax_.annotate(
            "tags:", (0.0, 1.0), (-4, 5), xycoords="axes fraction", ha="right", **style
        )
        across = self.ax_.get_xaxis_transform()
        for x, n in zip(_middles(table), table.bins.n_tags.tolist(), strict=True):
            self.ax_.annotate(
                f"{n:,}", (x, 1.0), (0, 5), xycoords=across, ha="center", **style
            )

    def to_frame(self, by="bin"):
        """Return what is drawn as a pandas DataFrame.

        Parameters
        ----------
        by : {"bin", "tag"}, default="bin"
            What a row is of, for every model.

        Returns
        -------
        DataFrame
            `model`, and the columns of `bins` or of `tags` of
            `precision_by_tag_frequency`; tags by their names if these are known.
        """
        if by not in ("bin", "tag"):
            raise ValueError(f"by must be 'bin' or 'tag'; got {by!r}.")
        columns = {"model": []}
        names = None if self.tag_names is None else list(self.tag_names)
        for who, table in self.tables.items():
            part = table.bins if by == "bin" else table.tags
            columns["model"] += [who] * len(part.precision)
            for key, values in part.items():
                values = values.tolist()
                if key == "tag" and names is not None:
                    values = [names[tag] for tag in values]
                columns.setdefault(key, []).extend(values)
        return frame_of(columns)


def _short(n):
    """Write a count so that ten of them fit below an axis."""
    if n == _NEVER:
        return "0"
    if n < 1e5:
        return f"{n:,.0f}"
    return f"{n / 1e3:,.0f}k" if n < 1e6 else f"{n / 1e6:,.0f}M"


def _top(table):
    """Return the highest thing to be drawn."""
    ends = np.where(np.isnan(table.bins.high), table.bins.precision, table.bins.high)
    return float(ends.max())


def _middles(table):
    """Return the geometric mean of the training photos of the tags of every bin."""
    bins, counts = table.bins, table.tags["count"]
    middles = np.full(len(bins.least), _NEVER)
    for at, (least, most) in enumerate(zip(bins.least, bins.most, strict=True)):
        if most:
            inside = counts[(least <= counts) & (counts <= most)]
            middles[at] = np.exp(np.log(inside).mean())
    return middles
