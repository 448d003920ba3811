# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A map in longitude and latitude: its window, graticule, coastline and shapes.

A window may lie across the antimeridian: longitudes are then written around its middle,
from -180 or so to beyond 180, and only the tick labels wrap.
"""

import numpy as np

from sklearn_geo._numbers import naming
from sklearn_geo.base import check_places, wrap_longitude
from sklearn_geo.inspection._land import lines_of, polygons_of, read_land

# Beyond this many points a map is drawn as pixels inside a vector file.
RASTERIZED_FROM = 5_000
_WIDEST = 140.0  # degrees; a window that has to be wider shows the world
_WORLD = (-180.0, 180.0, -90.0, 90.0)
# So many labels fit side by side along a side as long as the other.
_LABELS_ACROSS = 8
_GRID_STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 15, 30, 60),
)
_LAND = "#efece4"


class MapWindow:
    """The part of the world that a map shows.

    Parameters
    ----------
    west, east, south, north : float
        Borders in degrees, east of west; longitudes may go on beyond 180.
    """

    def __init__(self, west, east, south, north):
        self.west, self.east, self.south, self.north = west, east, south, north
        self.middle = (west + east) / 2

    @classmethod
    def around(cls, places, *, margin=0.08, least=2.0):
        """Return the narrowest window that holds places, or the world.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            What has to be seen.

        margin : float, default=0.08
            What share of the window's size to leave free on each side.

        least : float, default=2.0
            Degrees that the window is at least wide and high.
        """
        longitudes = np.sort(places[:, 1])
        gaps = np.diff(np.append(longitudes, longitudes[0] + 360.0))
        at = int(np.argmax(gaps))
        width = 360.0 - gaps[at]
        if width > _WIDEST:
            return cls(*_WORLD)
        west = longitudes[(at + 1) % len(longitudes)]
        south, north = places[:, 0].min(), places[:, 0].max()
        pad = margin * max(width, north - south) + 1e-9
        x, y = (
            max(width / 2 + pad, least / 2),
            max((north - south) / 2 + pad, least / 2),
        )
        middle = float(wrap_longitude(west + width / 2))
        center = (south + north) / 2
        return cls(
            middle - x, middle + x, max(center - y, -90.0), min(center + y, 90.0)
        )

    @classmethod
    def read(cls, extent, places):
        """Return the window that a user asks for.

        Parameters
        ----------
        extent : "auto", "world" or sequence of four float
            Around the places, everything, or (west, east, south, north).

        places : ndarray of shape (n_places, 2)
            What to look at if it is "auto".
        """
        if isinstance(extent, str):
            if extent == "world":
                return cls(*_WORLD)
            if extent == "auto":
                return cls.around(places)
            raise ValueError(
                f'extent must be "auto", "world" or (west, east, south, north); got '
                f"{extent!r}."
            )
        if np.shape(extent) != (4,):
            raise ValueError(
                "extent must be four numbers, (west, east, south, north) in degrees; "
                f"got {extent!r}."
            )
        west, east, south, north = (float(value) for value in extent)
        if east <= west and np.isfinite([west, east]).all():
            # To the first meridian of that name on the way east.
            east += 360.0 * ((west - east) // 360.0 + 1.0)
        if not (-90.0 <= south < north <= 90.0 and 0.0 < east - west <= 360.0):
            raise ValueError(
                "extent must be (west, east, south, north) in degrees, south below "
                f"north; got {tuple(extent)!r}."
            )
        return cls(west, east, south, north)

    @property
    def is_world(self):
        """Whether it shows all longitudes."""
        return self.east - self.west >= 360.0

    @property
    def stretch(self):
        """How much longer a degree of latitude is drawn than one of longitude.

        As much as it is in the middle, within reason; on a map of the world, not at
        all.
        """
        if self.is_world:
            return 1.0
        middle = np.radians((self.south + self.north) / 2)
        return 1.0 / max(np.cos(middle), 0.3)

    def figsize(self, *, longest=8.0, beside=1.3, below=0.6):
        """Return the inches of a figure for the map, a colour bar and labels."""
        width, height = self.inches(longest - beside, 0.75 * longest)
        return max(width + beside, 4.5), height + below

    def inches(self, widest, highest):
        """Return the size of the map in inches, as large as it may be."""
        width = self.east - self.west
        height = self.stretch * (self.north - self.south)
        scale = min(widest / width, highest / height)
        return scale * width, scale * height

    def shift(self, longitude):
        """Write longitudes within half a turn of the middle."""
        longitude = np.asarray(longitude, dtype=np.float64)
        return longitude - 360.0 * np.round((longitude - self.middle) / 360.0)

    def copies(self, rings):
        """Return the rings of a polygon as often as it can be seen, at least once.

        Parameters
        ----------
        rings : sequence of array-like of shape (n_points, 2)
            Of [longitude, latitude], the outer one first.

        Returns
        -------
        list of ndarray of shape (n_points, 2)
            The rings, together moved by whole turns: a window may show both ends of
            what is wide.
        """
        rings = [np.array(ring, dtype=np.float64)[:, :2] for ring in rings]
        west, east = rings[0][:, 0].min(), rings[0][:, 0].max()
        # What only touches a border is not seen there.
        first = np.floor((self.west - east) / 360.0) + 1.0
        last = np.ceil((self.east - west) / 360.0) - 1.0
        turns = 360.0 * np.arange(first, last + 1.0)
        if not len(turns):
            middle = (west + east) / 2
            turns = [float(self.shift(middle)) - middle]
        return [ring + [turn, 0.0] for turn in turns for ring in rings]

    def dress(self, ax, *, graticule=True, coastline=None, on_raster=False):
        """Set limits, degrees on the axes, a graticule and a coastline or land.

        On a raster, which may be dark or light, lines are drawn to be seen on both.
        """
        ax.set_xlim(self.west, self.east)
        ax.set_ylim(self.south, self.north)
        ax.set_aspect(self.stretch)
        step = _step(max(self.east - self.west, 1.5 * (self.north - self.south)) / 6)
        for axis, low, high, names in (
            (ax.xaxis, self.west, self.east, "EW"),
            (ax.yaxis, self.south, self.north, "NS"),
        ):
            ticks = np.arange(
                np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1
            )
            ticks = ticks * step
            labels = [degrees_label(tick, names) for tick in ticks]
            # Far north and south maps are narrow: not every meridian has room.
            every = self._crowding(len(ticks)) if axis is ax.xaxis else 1
            labels = [text if at % every == 0 else "" for at, text in enumerate(labels)]
            axis.set_ticks(ticks, labels)
        ax.tick_params(length=3, labelsize="small")
        ax.set(xlabel=None, ylabel=None)
        if graticule:
            color = (1.0, 1.0, 1.0, 0.35) if on_raster else "0.85"
            ax.grid(color=color, linewidth=0.6, zorder=0)
            ax.set_axisbelow(True)
        if coastline is not None:
            self._draw_coastline(ax, coastline, on_raster)

    def _crowding(self, n_ticks):
        """Return how many meridians there are to every one that can be labelled."""
        narrow = (self.east - self.west) / (self.stretch * (self.north - self.south))
        room = max(1, int(_LABELS_ACROSS * narrow))
        return -(-n_ticks // room)

    def turns(self, west, east):
        """Return by which whole turns something between two longitudes is in sight.

        Parameters
        ----------
        west, east : float
            Its longitudes, east at least as large as west.

        Returns
        -------
        ndarray
            Multiples of 360 degrees.
        """
        first = np.ceil((self.west - east) / 360.0)
        last = np.floor((self.east - west) / 360.0)
        return 360.0 * np.arange(first, last + 1)

    def _draw_coastline(self, ax, coastline, on_raster):
        from matplotlib.collections import LineCollection, PathCollection
        from matplotlib.patheffects import withStroke

        land = read_land(coastline)
        # Every polygon and line as often as it is in sight: at both ends of the world.
        paths = [
            ring_path(_turned(rings))
            for polygon in polygons_of(land)
            for rings in self._in_sight(polygon)
        ]
        if paths:
            ax.add_collection(
                PathCollection(
                    paths, facecolors=_LAND, linewidths=0, zorder=0.2, label="_land"
                ),
                autolim=False,
            )
        lines = [one for line in lines_of(land) for (one,) in self._in_sight([line])]
        shore = LineCollection(
            lines, colors="0.35", linewidths=0.5, zorder=1.5, label="_coastline"
        )
        if on_raster:
            halo = withStroke(linewidth=1.8, foreground="white", alpha=0.7)
            shore.set(path_effects=[halo], color="black", linewidth=0.7)
        ax.add_collection(shore, autolim=False)

    def _in_sight(self, rings):
        """Yield rings moved by whole turns, together, to where they can be seen."""
        rings = [np.array(ring, dtype=np.float64)[:, :2] for ring in rings]
        west, south = rings[0].min(axis=0)
        east, north = rings[0].max(axis=0)
        if south <= self.north and north >= self.south:
            for turn in self.turns(west, east):
                yield [ring + [turn, 0.0] for ring in rings]


def _turned(rings):
    """Let holes run the other way round than the outer ring, or they are filled."""
    x = [ring[:, 0] - ring[0, 0] for ring in rings]
    areas = [
        float(x[:-1] @ ring[1:, 1] - x[1:] @ ring[:-1, 1])
        for x, ring in zip(x, rings, strict=True)
    ]
    return [
        ring[::-1] if at and area * areas[0] > 0.0 else ring
        for at, (ring, area) in enumerate(zip(rings, areas, strict=True))
    ]


def _step(wanted):
    return next((step for step in _GRID_STEPS if step >= wanted), _GRID_STEPS[-1])


def degrees_label(degrees, names):
    """Write degrees as on a map: 150°W, 0°, 12.5°N."""
    if names == "EW":
        degrees = wrap_longitude(degrees)
    size = round(abs(float(degrees)), 3)
    if size == 0.0 or (names == "EW" and size == 180.0):
        return f"{size:g}°"
    return f"{size:g}°{names[int(degrees < 0)]}"


def cell_paths(geometries, window):
    """Make one matplotlib path a geometry.

    Parameters
    ----------
    geometries : list of dict
        GeoJSON Polygons or MultiPolygons.

    window : MapWindow
        Around whose middle longitudes are written.

    Returns
    -------
    list of matplotlib.path.Path
        Compound paths, of as many copies as are in sight; holes run the other way round
        than outer rings.
    """
    paths = []
    for geometry in geometries:
        polygons = geometry["coordinates"]
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        rings = [ring for polygon in polygons for ring in window.copies(polygon)]
        paths.append(ring_path(rings))
    return paths


def ring_path(rings):
    """Make one matplotlib path of closed rings, holes among them."""
    from matplotlib.path import Path as Outline

    codes = []
    for ring in rings:
        code = np.full(len(ring), Outline.LINETO)
        code[0], code[-1] = Outline.MOVETO, Outline.CLOSEPOLY
        codes.append(code)
    return Outline(np.concatenate(rings), np.concatenate(codes))


def largest_box(path, window):
    """Return west, east, south and north of the largest part of a path in sight.

    What the antimeridian cuts has parts at both ends of a map, and its middle is
    elsewhere.
    """
    boxes = []
    for ring in np.split(path.vertices, np.flatnonzero(path.codes == path.MOVETO)[1:]):
        west, south = np.maximum(ring.min(axis=0), (window.west, window.south))
        east, north = np.minimum(ring.max(axis=0), (window.east, window.north))
        boxes.append((west, east, south, north))
    return max(boxes, key=_area)


def _area(box):
    west, east, south, north = box
    return max(east - west, 0.0) * max(north - south, 0.0)


def point_feature(place, properties):
    """Return a GeoJSON point with properties."""
    latitude, longitude = (float(value) for value in place)
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": properties,
    }


def plain(value):
    """Return a number as JSON knows it: NaN and infinity become None."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def read_truth(y_true, name="y_true"):
    """Validate one place, or None."""
    if y_true is None:
        return None
    with naming(name):
        pair = np.asarray(y_true)
    if pair.size % 2:
        raise ValueError(f"{name} must be one place; got the shape {pair.shape}.")
    places = check_places(np.reshape(pair, (-1, 2)), name=name)
    if len(places) != 1:
        raise ValueError(f"{name} must be one place; got {len(places)}.")
    return places[0]
