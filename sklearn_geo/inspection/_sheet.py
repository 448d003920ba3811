# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What contact sheets share: places with names, a grid of units, frames, captions."""

import numpy as np

from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo._tables import reject_unread
from sklearn_geo.base import check_places
from sklearn_geo.inspection._by_name import is_by_name
from sklearn_geo.inspection._pyplot import COLORS, axes_of

RIGHT, OTHER = COLORS[2], "0.8"
# The larger side of a new figure, and of a unit of its grid, in inches.
_MOST_INCHES, _UNIT_INCHES = 15.0, 1.15
# Points of a text in a grid of one inch a unit.
_POINTS = 8.6
# Half of it is a pixel, and smaller letters cannot be drawn.
_LEAST_POINTS = 2.0


def read_asked(places, place_names, *, allow_missing=False):
    """Read the places that are asked about, and what they are called.

    Parameters
    ----------
    places : mapping of str to pair of float, or array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    place_names : sequence of str or None
        Names, for places that are no mapping.

    allow_missing : bool, default=False
        Let None, or a pair of NaN, be no place at all.

    Returns
    -------
    names : list of str
        The names; of places without, what :func:`coordinates` writes.

    places : ndarray of shape (n_places, 2)
        The places.
    """
    reject_unread(places, "places")
    if is_by_name(places):
        if place_names is not None:
            raise ValueError(
                "places names the places already: leave place_names out, or pass "
                "places without names."
            )
        place_names, places = list(places), list(places.values())
    if not hasattr(places, "shape"):
        if not np.iterable(places):
            raise TypeError(f"places must be rows of two numbers; got {places!r}.")
        places = list(places)
        if len(places) == 2 and all(np.ndim(one) == 0 for one in places):
            places = [places]
        missing = (np.nan, np.nan)
        places = [missing if one is None and allow_missing else one for one in places]
        with naming("places"):
            if all(np.shape(one) == (2,) for one in places):
                places = np.array([list(one) for one in places])
    places = check_places(places, name="places", allow_missing=allow_missing)
    if place_names is None:
        names = [coordinates(place) for place in places]
    else:
        if not np.iterable(place_names):
            raise TypeError(f"place_names must be a list of text; got {place_names!r}.")
        names = [place_names] if isinstance(place_names, str) else list(place_names)
        names = [str(name) for name in names]
    if len(names) != len(places):
        raise ValueError(
            f"There are {len(names)} place_names for {len(places)} places. Give each "
            "place one."
        )
    return names, places


def coordinates(place, missing="no place"):
    """Write a place as people do."""
    if np.isnan(place).any():
        return missing
    latitude, longitude = (float(value) for value in place)
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.1f}° {north}, {abs(longitude):.1f}° {east}"


def kilometres(km):
    """Write a distance with as many digits as it deserves."""
    if km < 10.0:
        return f"{km:.1f} km"
    return f"{km:,.0f} km"


def number(score):
    """Write a score with three digits."""
    return f"{score:.3g}" if abs(score) < 1e4 else f"{score:,.0f}"


def check_lists(lists, scores, n_places, *, name):
    """Read a list a place, filled up with -1, and the scores of what it lists."""
    reject_masked(lists, name)
    with naming(name):
        lists = np.asarray(lists)
    if lists.ndim == 1 and n_places == 1:
        lists = lists[np.newaxis]
    if lists.ndim != 2 or lists.dtype.kind not in "iu" or len(lists) != n_places:
        raise ValueError(
            f"{name} must be positions, whole numbers, in an array of shape "
            f"({n_places}, k), a row a place; got shape {lists.shape} and dtype "
            f"{lists.dtype}."
        )
    if not lists.shape[1]:
        raise ValueError(f"{name} lists nothing: its rows are empty.")
    lists = lists.astype(np.int64)
    if lists.min() < -1:
        row = int(np.argmax((lists < -1).any(axis=1)))
        raise ValueError(
            f"{name}, row {row}: {lists[row].min()} is no position. -1 says that a "
            "list has ended."
        )
    if scores is None:
        return lists, None
    scores = read_numbers(scores, "scores")
    if scores.ndim == 1 and n_places == 1:
        scores = scores[np.newaxis]
    if scores.shape != lists.shape:
        raise ValueError(
            f"scores must be of the shape of {name}, {lists.shape}; got {scores.shape}."
        )
    return lists, scores


def grid_axes(ax, width, height):
    """Return axes in units of a grid, y growing downwards, and the size of text.

    Parameters
    ----------
    ax : matplotlib Axes or None
        Where to draw; None makes axes that fill a figure of their own.

    width, height : float
        Units there are.

    Returns
    -------
    ax : matplotlib Axes
        Without ticks and frame.

    figure : matplotlib Figure
        Its figure.

    size : float
        Points of a text.
    """
    own = ax is None
    unit = min(_UNIT_INCHES, _MOST_INCHES / max(width, height))
    ax, figure = axes_of(ax, figsize=(unit * width, unit * height), layout=None)
    if own:
        ax.set_position((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    fix_limits(ax, width, height)
    ax.apply_aspect()
    box = ax.get_window_extent()
    dots = ax.figure.get_dpi()
    unit = min(box.width / width, box.height / height) / dots
    return ax, figure, max(_POINTS * unit, _LEAST_POINTS)


def fix_limits(ax, width, height):
    """Show the whole grid and nothing else, which images change when they are drawn."""
    ax.set_aspect("equal", adjustable="box", anchor="C")
    ax.set_xlim(0.0, width)
    ax.set_ylim(height, 0.0)


def frame(ax, bounds, *, right):
    """Draw a frame around what is drawn; a thick one around what is right."""
    from matplotlib.patches import Rectangle

    left, end, top, bottom = bounds
    patch = Rectangle(
        (left, top),
        end - left,
        bottom - top,
        fill=False,
        edgecolor=RIGHT if right else OTHER,
        linewidth=3.0 if right else 0.8,
        joinstyle="miter",
        zorder=4,
    )
    ax.add_patch(patch)
    return patch


def blank(ax, left, top, width, height):
    """Draw where there is no answer."""
    from matplotlib.patches import Rectangle

    ax.add_patch(
        Rectangle(
            (left, top),
            width,
            height,
            fill=False,
            edgecolor="0.8",
            linestyle=(0, (3, 3)),
            linewidth=0.8,
            zorder=1,
        )
    )
