# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""One map of a path: marks, arrows between them, numbers that find room, errors."""

from itertools import pairwise

import numpy as np

from sklearn_geo.inspection._map import RASTERIZED_FROM, MapWindow
from sklearn_geo.inspection._paths import (
    find_stops,
    moves_between,
    segments_in_sight,
    spans,
)
from sklearn_geo.inspection._pyplot import COLORS

PATH_COLOR, MISS_COLOR, TRUTH_COLOR = COLORS[0], COLORS[1], "0.15"
# Answers nearer than this share of the map are one mark.
_NEARNESS = 0.015
# Degrees to leave free above and below what is on a map of the world.
_MARGIN = 9.0
# Where a number may stand beside its mark, the best place first, in points.
_BESIDE = (
    *((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1.6), (0, -1.6), (2, 2), (-2, 2)),
    # Further away, where marks crowd.
    *((2, -2), (-2, -2), (4, 0.1), (-4, 0.1), (0, 4), (0, -4)),
    *((4, 4), (-4, 4), (4, -4), (-4, -4)),
)
_ALIGNED = {-1: "right", 0: "center", 1: "left"}
_SIZE = 7.0
# Marks among which there is no room for numbers, wherever one looks.
_MANY = 150


def path_window(extent, seen, middle):
    """Return the part of the world to show: around all places, or all longitudes.

    A map of all longitudes is turned so that what it is about is in the middle, and
    shows no latitudes where nothing is.

    Parameters
    ----------
    extent : "auto", "world" or (west, east, south, north)
        What the user asks for.

    seen : ndarray of shape (n_places, 2)
        What has to be seen.

    middle : ndarray of shape (n_places, 2)
        What it is about.

    Returns
    -------
    MapWindow
        The window.
    """
    window = MapWindow.read(extent, seen)
    if not window.is_world or not (isinstance(extent, str) and extent == "auto"):
        return window
    turned = np.exp(1j * np.radians(middle[:, 1])).sum()
    center = 30.0 * np.round(np.degrees(np.angle(turned)) / 30.0)
    south, north = seen[:, 0].min() - _MARGIN, seen[:, 0].max() + _MARGIN
    return MapWindow(
        center - 180.0, center + 180.0, max(south, -90.0), min(north, 90.0)
    )


class PathPanel:
    """A map that paths are drawn on.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.

    window : MapWindow
        What is seen.
    """

    def __init__(self, ax, window):
        self.ax = ax
        self.window = window

    def draw_photos(self, photos):
        """Draw other photos as grey dots."""
        x = self.window.shift(photos[:, 1])
        return self.ax.plot(
            x,
            photos[:, 0],
            linestyle="",
            marker="o",
            markersize=1.3,
            color="0.78",
            markeredgewidth=0,
            rasterized=len(photos) > RASTERIZED_FROM,
            zorder=1.2,
        )[0]

    def draw_truth(self, truth, n_ordered):
        """Draw where photos were taken, and the way from one to the next."""
        self._draw_lines(
            pairwise(truth[:n_ordered]),
            colors=TRUTH_COLOR,
            linewidths=1.0,
            linestyles=":",
            zorder=2.0,
        )
        return self.ax.scatter(
            self.window.shift(truth[:, 1]),
            truth[:, 0],
            # Its arms are seen around the answers, and answers between them.
            marker="+",
            s=70,
            color=TRUTH_COLOR,
            linewidths=1.1,
            zorder=4.5,
        )

    def draw_misses(self, truth, path):
        """Draw lines from where photos were taken to the answers."""
        pairs = zip(truth, path, strict=True)
        return self._draw_lines(
            ((a, b) for a, b in pairs if not np.isnan(b[0])),
            colors=MISS_COLOR,
            linewidths=0.9,
            alpha=0.45,
            zorder=1.8,
        )

    def draw_path(self, path, n_ordered, *, first):
        """Draw answers, arrows between those that follow each other, and numbers.

        Parameters
        ----------
        path : ndarray of shape (n_photos, 2)
            The answers.

        n_ordered : int
            How many are in order; the others lie beside the path.

        first : int or None
            The number of the first photo. None writes no numbers.

        Returns
        -------
        marks : matplotlib PathCollection
            The answers; those on top of each other are one.

        arrows : list of matplotlib FancyArrowPatch
            The moves.

        texts : list of matplotlib Text
            The numbers of the photos at each mark.
        """
        stops = find_stops(path, self.window, _NEARNESS)
        arrows = [
            self._arrow(start, end)
            for a, b in moves_between(stops, n_ordered)
            for start, end in segments_in_sight(
                (stops.x[a], stops.y[a]), (stops.x[b], stops.y[b]), self.window
            )
        ]
        marks = self.ax.scatter(
            stops.x,
            stops.y,
            s=_sizes(stops.counts),
            color=PATH_COLOR,
            edgecolors="white",
            linewidths=0.8,
            zorder=4,
        )
        numbered = first is not None
        return marks, arrows, self._number(stops, n_ordered, first) if numbered else []

    def _draw_lines(self, pairs, **style):
        from matplotlib.collections import LineCollection

        lines = [
            line
            for a, b in pairs
            for line in segments_in_sight(a[::-1], b[::-1], self.window)
        ]
        drawn = LineCollection(lines, **style)
        self.ax.add_collection(drawn, autolim=False)
        return drawn

    def _arrow(self, start, end):
        from matplotlib.patches import FancyArrowPatch

        arrow = FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            # There and back are two bows.
            connectionstyle="arc3,rad=0.12",
            shrinkA=4,
            shrinkB=4,
            color=PATH_COLOR,
            linewidth=1.1,
            alpha=0.85,
            zorder=3,
        )
        return self.ax.add_patch(arrow)

    def _number(self, stops, n_ordered, first):
        from matplotlib.patheffects import withStroke

        texts, taken = [], []
        marks = self._in_points(np.column_stack([stops.x, stops.y]))
        reach = np.sqrt(_sizes(stops.counts))[:, None] / 2
        spots = np.hstack([marks - reach, marks + reach])[:, [0, 2, 1, 3]]
        (west, south), (east, north) = self._in_points(
            np.array(
                [
                    [self.window.west, self.window.south],
                    [self.window.east, self.window.north],
                ]
            )
        )
        far = 1e4  # what is around the map is taken: by titles, or by other maps
        beyond = [
            (west - far, east + far, north, north + far),
            (west - far, east + far, south - far, south),
            (west - far, west, south, north),
            (east, east + far, south, north),
        ]
        for at, (x, y) in enumerate(marks):
            photos = np.flatnonzero(stops.of == at)
            text = spans((photos[photos < n_ordered] + first).tolist())
            without = int((photos >= n_ordered).sum())
            text += f"{' ' * bool(text)}+{without}" if without else ""
            ways = _BESIDE if len(marks) <= _MANY else _BESIDE[:1]
            away = 4.0 + max(reach[at, 0] - 4.0, 0.0)
            boxes = [_box(text, x, y, away * np.array(way)) for way in ways]
            best = 0
            if len(boxes) > 1:
                others = np.delete(spots, at, 0)
                others = [*taken, *others, *beyond]
                best = int(np.argmin([_overlap(box, others) for box in boxes]))
            taken.append(boxes[best])
            across, up = _BESIDE[best]
            texts.append(
                self.ax.annotate(
                    text,
                    (stops.x[at], stops.y[at]),
                    xytext=(away * across, away * up),
                    textcoords="offset points",
                    ha=_ALIGNED[int(np.sign(across))],
                    va="bottom" if up > 0 else "top",
                    size=_SIZE,
                    path_effects=[withStroke(linewidth=2.2, foreground="white")],
                    annotation_clip=True,
                    zorder=5,
                )
            )
        return texts

    def _in_points(self, places):
        """Return where places of the map are on paper, about."""
        window, box = self.window, self.ax.get_window_extent()
        scale = 72.0 / self.ax.figure.dpi
        width, height = window.east - window.west, window.north - window.south
        # The map fits into the axes, with all degrees of a length.
        degree = min(box.width / width, box.height / (window.stretch * height)) * scale
        return places * [degree, degree * window.stretch]


def _sizes(counts):
    """Return how large marks of so many photos are, as matplotlib counts it."""
    return 34.0 * np.sqrt(counts)


def _box(text, x, y, way):
    """Return west, east, south and north of a text beside a mark, in points."""
    width, height = 0.6 * _SIZE * len(text), 1.1 * _SIZE
    x, y = x + way[0], y + way[1]
    west = {-1: x - width, 0: x - width / 2, 1: x}[int(np.sign(way[0]))]
    south = y if way[1] > 0 else y - height
    return west, west + width, south, south + height


def _overlap(box, taken):
    """Return how much of a box is taken by others, in square points."""
    lost = 0.0
    for other in taken:
        across = min(box[1], other[1]) - max(box[0], other[0])
        up = min(box[3], other[3]) - max(box[2], other[2])
        lost += max(across, 0.0) * max(up, 0.0)
    return lost
