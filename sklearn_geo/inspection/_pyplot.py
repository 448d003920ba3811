# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""matplotlib, imported where something is drawn."""

# Colours of Okabe and Ito, told apart by all eyes; their yellow is too pale for lines.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")


def axes_of(ax, *, figsize, layout="constrained"):
    """Return the axes to draw on, new ones if `ax` is None, and their figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Displays need matplotlib: pip install sklearn-geo[plot]"
        ) from error
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout=layout)
    return ax, ax.figure


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
