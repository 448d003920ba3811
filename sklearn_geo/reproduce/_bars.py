# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A table of results as bars, the paper's numbers as hollow marks."""

import textwrap

import numpy as np

from sklearn_geo.inspection._pyplot import COLORS
from sklearn_geo.inspection._text import in_legend, literal

_ROW_INCHES, _PANEL_INCHES = 0.27, 3.2


def draw_table(table):
    """Draw a table.

    Parameters
    ----------
    table : ResultTable
        The table; rows without numbers are left out, and the panel of a measure that
        no row has is empty.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a measure. The rows of a group have one colour.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Pictures of tables need matplotlib: pip install 'sklearn-geo[plot]'"
        ) from error
    rows = [row for row in table.rows if _has_number(row)]
    if not rows:
        raise ValueError("The table has no rows with numbers, so nothing can be drawn.")
    heights, colors = _layout(rows)
    names = max(len(row.method) for row in rows)
    size = (
        0.075 * names + _PANEL_INCHES * len(table.measures) + 0.4,
        _ROW_INCHES * (heights.max() + 1) + 1.6,
    )
    figure, panels = plt.subplots(
        1, len(table.measures), figsize=size, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, measure in zip(panels[0], table.measures, strict=True):
        _draw_measure(ax, measure, rows, heights, colors)
    panels[0, 0].set_yticks(heights, [literal(row.method) for row in rows])
    panels[0, 0].set_ylim(heights.max() + 0.7, -0.7)
    _draw_groups(panels[0], rows, colors)
    characters = int(size[0] * 11)
    title = literal("\n".join(textwrap.wrap(table.title, characters)))
    figure.suptitle(title, fontsize=11)
    if table.data_differ:
        text = "\n".join(textwrap.wrap(table.data_differ, characters + 20))
        figure.supxlabel(literal(text), fontsize=8, color="0.35")
    return figure


def _has_number(row):
    return any(np.isfinite(estimate.value) for estimate in row.values.values())


def _layout(rows):
    """Return how far down each row stands, groups apart, and its colour."""
    groups = list(dict.fromkeys(row.group for row in rows))
    heights, gap = [], 0.0
    for number, row in enumerate(rows):
        if number and row.group != rows[number - 1].group:
            gap += 0.7
        heights.append(number + gap)
    colors = [COLORS[groups.index(row.group) % len(COLORS)] for row in rows]
    return np.array(heights), colors


def _draw_measure(ax, measure, rows, heights, colors):
    """Draw the bars of one measure."""
    factor = 100.0 if measure.percent else 1.0
    values, reach = np.full(len(rows), np.nan), np.zeros((2, len(rows)))
    papers = np.full(len(rows), np.nan)
    for number, row in enumerate(rows):
        estimate, paper = row.values.get(measure.name), row.paper.get(measure.name)
        if estimate is not None and np.isfinite(estimate.value):
            values[number] = factor * estimate.value
            if estimate.has_interval:
                ends = estimate.value - estimate.low, estimate.high - estimate.value
                reach[:, number] = factor * np.maximum(ends, 0.0)
        if paper is not None:
            papers[number] = factor * paper
    ax.barh(  # old releases of matplotlib take an array of one length for a number
        heights, values, 0.75, xerr=reach.tolist(), color=colors, alpha=0.85,
        error_kw={"elinewidth": 1.0, "ecolor": "0.15"},
    )  # fmt: skip
    if np.isfinite(papers).any():
        ax.plot(
            papers, heights, "D", markersize=4.5, markerfacecolor="white",
            markeredgecolor="black", linestyle="none", label="the paper's number",
        )  # fmt: skip
    ends = np.concatenate([values - reach[0], values + reach[1], papers])
    ends = ends[np.isfinite(ends)]
    start = _set_limits(ax, ends, measure)
    unit = " (%)" if measure.percent else ""
    better = f"\n{measure.better} is better" if measure.better else ""
    name = literal(measure.name)
    cut = start > 0.0 and ax.get_xscale() == "linear"
    remark = "\n(the axis does not start at 0)" if cut else ""
    ax.set_xlabel(f"{name}{unit}{better}{remark}")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)


def _set_limits(ax, ends, measure):
    """Set where the axis begins and ends; return where it begins."""
    if measure.log and (ends > 0.0).any():
        low, high = ends[ends > 0.0].min(), ends.max()
        ax.set_xscale("log")
        ax.xaxis.get_major_locator().set_params(numticks=12)
        ax.set_xlim(low / 2, high * 2)
        return low / 2
    if not ends.any():  # of nothing, and of bars without a length
        ax.set_xlim(0.0, 1.0)
        return 0.0
    low, high = ends.min(), ends.max()
    # Bars begin at 0 where that shows differences; else where the shortest is short.
    one = low == high  # a single number starts at 0
    start = 0.0 if one or low < 0.75 * high else max(0.0, low - 0.6 * (high - low))
    if low < 0.0:
        high = max(high, 0.0)
        start = low - 0.06 * (high - low)
    ax.set_xlim(start, high + 0.06 * (high - start))
    return start


def _draw_groups(panels, rows, colors):
    """Say what the colours and the hollow marks are, beside the last panel."""
    from matplotlib.patches import Patch

    labels = dict(zip((row.group for row in rows), colors, strict=True))
    handles = [
        Patch(color=color, label=in_legend(literal(group)))
        for group, color in labels.items()
        if group
    ]
    marks = [mark for ax in panels for mark in ax.get_legend_handles_labels()[0]]
    handles += marks[:1]
    if handles:
        panels[-1].legend(
            handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False,
            fontsize=8,
        )  # fmt: skip
