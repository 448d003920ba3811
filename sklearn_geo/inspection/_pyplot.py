# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""matplotlib, imported where something is drawn."""

import copy

import numpy as np

from sklearn_geo._numbers import is_whole

# Colours of Okabe and Ito, told apart by all eyes; their yellow is too pale for lines.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")
_LARGEST = 1e300


def axes_of(ax, *, figsize, layout="constrained"):
    """Return the axes to draw on, new ones if `ax` is None, and their figure."""
    plt = _pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout=layout)
    return ax, ax.figure


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Displays need matplotlib: pip install 'sklearn-geo[plot]'"
        ) from error
    return plt


def panel_axes(ax, panels, shape, *, figsize, layout="constrained"):
    """Return the axes of panels, new ones if `ax` is None, and their figure.

    Parameters
    ----------
    ax : matplotlib Axes, sequence of them, or None
        As many as there are panels; None makes them.

    panels : sequence of tuple of int
        Row and column of each panel.

    shape : tuple of int
        How many rows and columns there are.

    figsize : pair of float
        Inches of a new figure.

    layout : str, default="constrained"
        The layout engine of a new figure.

    Returns
    -------
    axes : ndarray of shape (n_rows, n_columns)
        An Axes a panel, None where there is no panel.

    figure : matplotlib Figure
        Their figure.
    """
    axes = np.full(shape, None, dtype=object)
    if ax is None:
        figure = _pyplot().figure(figsize=figsize, layout=layout)
        # Labels at the ends of neighbouring axes must not touch.
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.05)
        made = figure.subplots(*shape, squeeze=False)
        for at, one in np.ndenumerate(made):
            if at not in panels:
                one.remove()
                continue
            axes[at] = one
            # Labels of ticks are read off the panel below, and the one to the left.
            below = (at[0] + 1, at[1]) in panels
            one.tick_params(labelleft=at[1] == 0, labelbottom=not below)
        return axes, figure
    given = np.ravel(np.asarray(ax, dtype=object))
    if len(given) != len(panels):
        raise ValueError(
            f"There are {len(panels)} panels to draw, and ax holds {len(given)} Axes. "
            "Pass as many, or none."
        )
    for at, one in zip(panels, given, strict=True):
        axes[at] = one
    return axes, axes_of(given[0], figsize=figsize)[1]


def check_most(most):
    """Refuse what is no number of things to draw."""
    if not is_whole(most) or most < 1:
        raise ValueError(f"most must be a whole number, at least 1; got {most!r}.")


def check_drawable(values, name="values"):
    """Refuse numbers that are finite, but not so what matplotlib works out of them."""
    most = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    if most > _LARGEST:
        raise ValueError(
            f"No picture shows {name} as large as {most:g}. Divide them first."
        )


def scale_of(norm, values):
    """Return how numbers become colours, from the least to the largest of them.

    Parameters
    ----------
    norm : "linear", "log", "centered" or matplotlib Normalize
        "centered" puts 0 in the middle. One that is given is taken as it is if it has
        its ends; otherwise a copy gets them.

    values : ndarray
        The numbers; what is not finite, or has no logarithm, does not count.

    Returns
    -------
    matplotlib Normalize
        With its ends set.
    """
    from matplotlib.colors import CenteredNorm, LogNorm, Normalize

    kinds = {"linear": Normalize, "log": LogNorm, "centered": CenteredNorm}
    given = norm if isinstance(norm, Normalize) else None
    if norm is None or (given is not None and given.scaled()):
        return norm
    if given is None and not (isinstance(norm, str) and norm in kinds):
        raise ValueError(
            f"norm must be one of {', '.join(map(repr, kinds))}, or a Normalize of "
            f"matplotlib; got {norm!r}."
        )
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    scale = kinds[norm]() if given is None else copy.deepcopy(given)
    if isinstance(scale, LogNorm):
        values = values[values > 0.0]
    check_drawable(values)
    if len(values):
        scale.autoscale_None(values)
    return scale


def shown(values, norm):
    """Mask what has no colour: what is not finite, and has no logarithm."""
    from matplotlib.colors import LogNorm

    values = np.array(values, dtype=np.float64)
    if isinstance(norm, LogNorm):
        values[~(values > 0.0)] = np.nan
    return np.ma.masked_invalid(values)


def shares_axis(axis):
    """Write shares as percentages along an axis."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0))


def logarithmic_bar(colorbar, label_of):
    """Label the 1, 2 and 5 of each decade of a colour bar, and nothing between."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    decades = float(colorbar.norm.vmax) / float(colorbar.norm.vmin)
    subs = (1.0, 2.0, 5.0) if decades < 300.0 else (1.0,)
    colorbar.locator = LogLocator(subs=subs)
    colorbar.formatter = FuncFormatter(lambda value, _: label_of(value))
    colorbar.minorlocator = NullLocator()
    colorbar.update_ticks()
