# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A map of what transformers say of places: one panel a transformer and column."""

import numpy as np

from sklearn_geo._numbers import is_whole
from sklearn_geo.base import check_places
from sklearn_geo.inspection._by_name import by_text, is_by_name
from sklearn_geo.inspection._columns import (
    UNNAMED,
    PlaceColumns,
    by_name,
    named_columns,
    same_columns,
    wanted_columns,
)
from sklearn_geo.inspection._export import ShowsPlaces, collection_of
from sklearn_geo.inspection._grid import LEAST_DEGREES, PlaceGrid, window_of
from sklearn_geo.inspection._map import (
    RASTERIZED_FROM,
    MapWindow,
    plain,
    point_feature,
)
from sklearn_geo.inspection._pyplot import logarithmic_bar, panel_axes, scale_of, shown
from sklearn_geo.inspection._text import literal
from sklearn_geo.inspection._words import check_flags, check_text
from sklearn_geo.metrics._rows import check_choice

_SHARES = ("all", "column", "panel")
# Columns of one transformer beside each other, and inches of a single map's sides, and
# of those of one of several, at most.
_BESIDE = 3
_LONGEST = (6.7, 4.6)
_GREY = "0.88"
_MANY = 2_000

# More than a figure has; a hundred million places at most.
_MOST_PIXELS = 10_000


class PlaceMapDisplay(ShowsPlaces):
    """Map of what transformers say of places: any of their columns over a region.

    With the tags of the neighbours as one transformer and a network that learnt them as
    the other, it is figure 4 of the GPS2Vec+ paper [1]_: how a tag is spread over a UTM
    zone, the teacher beside the student.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude of what is shown.

    values : dict
        From a pair of names, of the transformer and of the column, to the numbers of
        the places, an ndarray of shape (n_places,). Each is a panel.

    grid : PlaceGrid, default=None
        The pixels, if the places are their middles. None draws points.

    photos : ndarray of shape (n_photos, 2), default=None
        Places to mark on every panel.

    extent : "auto", "world" or (west, east, south, north), default="auto"
        What to show where there is no grid.

    label : str, default=None
        What the numbers are, beside the colour bar. None is the name of the column if
        several transformers have the same, else "value".

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the first panel.

    axes_ : ndarray of shape (n_rows, n_columns)
        Axes of all panels: a column a transformer and a row a column of theirs; or rows
        of three if there is one transformer. None where there is no panel.

    figure_ : matplotlib Figure
        Figure that holds them.

    pictures_ : list of matplotlib artists
        The raster of each panel, an AxesImage, or its points, a PathCollection.

    photos_ : list of matplotlib Line2D
        The marked photos on each panel.

    colorbars_ : list of matplotlib Colorbar
        The colour bars.

    See Also
    --------
    ZoneReportDisplay : What a transformer knows zone by zone.
    CellMapDisplay : Cells of a partition, coloured.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, figure 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.inspection import PlaceMapDisplay
    >>> from sklearn_geo.neighbors import GeoNeighborTagPropagator
    >>> places = np.array([[51.5, -0.1], [53.5, -2.2], [54.9, -1.6]])
    >>> tags = [[1, 0], [0, 1], [0, 1]]
    >>> teacher = GeoNeighborTagPropagator(sigma_km=50).fit(places, tags)
    >>> display = PlaceMapDisplay.from_estimator(
    ...     teacher, columns="tag_1", zone="30U", resolution=20, photos=places
    ... )
    >>> display.grid.shape
    (20, 9)
    >>> len(display.photos_[0].get_xdata())  # London lies in 30U, just
    3
    """

    def __init__(
        self, places, values, *, grid=None, photos=None, extent="auto", label=None
    ):
        check_text(label, "label")
        self.places = places
        self.values = values
        self.grid = grid
        self.photos = photos
        self.extent = extent
        self.label = label

    @classmethod
    def from_estimator(
        cls,
        transformer,
        *,
        columns=None,
        extent="auto",
        zone=None,
        resolution=150,
        photos=None,
        label=None,
        ax=None,
        **kwargs,
    ):
        """Draw columns of one transformer, or of several side by side, over a region.

        The region is cut into pixels, and the transformers say what the place in the
        middle of each is like, some thousand at a time.

        Parameters
        ----------
        transformer : transformer, or mapping of str to transformer
            Fitted transformers of places: `GeoNeighborTagPropagator`,
            `GPS2VecPlusTransformer`, encoders, or a Pipeline or ColumnTransformer that
            reads latitude and longitude alone. Of a classifier of places the columns
            are the probabilities of its classes or labels; a regressor has one,
            "prediction".

        columns : str, int or sequence of them, default=None
            Names of columns, as in `get_feature_names_out`, or numbers. A name may lack
            what it begins with, ``sunset`` for ``tag_sunset``, if no other ends so. A
            mapping gives each transformer its own. None is the column of the first
            transformer that differs most over the region.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            The region, in degrees; its east may be west of its west, across the
            antimeridian. "auto" is around `photos`, or the world if there are none.

        zone : str, default=None
            A UTM zone to show instead, such as "30U".

        resolution : int, default=150
            Pixels along the longer side.

        photos : array-like of shape (n_photos, 2), default=None
            Latitude and longitude of photos to mark, such as those learnt from.

        label : str, default=None
            What the numbers are.

        ax : matplotlib Axes, or sequence of them, default=None
            Where to draw, an Axes a panel; new ones if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        PlaceMapDisplay
            The display.
        """
        if not is_whole(resolution) or not 2 <= resolution <= _MOST_PIXELS:
            raise ValueError(
                "resolution must be a whole number of pixels, from 2 to "
                f"{_MOST_PIXELS:,}; got {resolution!r}."
            )
        transformers = by_name(transformer)
        if photos is not None:
            photos = check_places(photos, name="photos")
        grid = PlaceGrid(window_of(extent, zone, photos), resolution)
        readers = {
            who: PlaceColumns(one, who, grid.places[:1])
            for who, one in transformers.items()
        }
        values = {}
        for who, wanted in wanted_columns(columns, readers, grid.places).items():
            found = readers[who].values(grid.places, wanted)
            if not np.isfinite(found).any():
                raise ValueError(
                    f"{who} has no number for any place in the region: everything is "
                    "missing. Is there a zone with networks in it? Look at "
                    "zone_report_, or choose another region."
                )
            for at, numbers_ in zip(wanted, found.T, strict=True):
                values[who, readers[who].name(at)] = numbers_
        display = cls(grid.places, values, grid=grid, photos=photos, label=label)
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        places,
        values,
        *,
        columns=None,
        extent="auto",
        photos=None,
        label=None,
        ax=None,
        **kwargs,
    ):
        """Draw numbers that are known of places, as points.

        Parameters
        ----------
        places : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        values : array-like of shape (n_places,) or (n_places, n_columns), or mapping
            Their numbers, dense or sparse; a mapping holds those of several models by
            name.

        columns : sequence of str, default=None
            Names of the columns. None takes those of a data frame, or numbers.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            What to show. "auto" is around the places.

        photos, label, ax, **kwargs : as there
            As in :meth:`from_estimator`.

        Returns
        -------
        PlaceMapDisplay
            The display.
        """
        places = check_places(places)
        if photos is not None:
            photos = check_places(photos, name="photos")
        models = by_text(values, "values") if is_by_name(values) else {"": values}
        found = {}
        for who, table in models.items():
            for name, column in named_columns(table, columns, len(places), who):
                found[who, name] = column
        if not found:
            raise ValueError("values holds no column, so there is nothing to draw.")
        display = cls(places, found, photos=photos, extent=extent, label=label)
        return display.plot(ax, **kwargs)

    def plot(
        self,
        ax=None,
        *,
        cmap="viridis",
        norm="linear",
        share="all",
        coastline=None,
        graticule=True,
        colorbar=True,
        photo_color="white",
    ):
        """Draw the maps.

        Parameters
        ----------
        ax : matplotlib Axes, or sequence of them, default=None
            Where to draw, an Axes a panel; new ones if None.

        cmap : str or Colormap, default="viridis"
            Colours, from little to much. What is missing is grey.

        norm : "linear", "log", "centered" or matplotlib Normalize, default="linear"
            How numbers become colours. Zeros do not fit a logarithm and are grey;
            "centered" has 0 in the middle, for colours that diverge.

        share : {"all", "column", "panel"}, default="all"
            Which panels have a common scale: all of them, those of the same column (of
            several transformers), or none.

        coastline : dict, GeoDataFrame, GeoSeries, str or path, default=None
            GeoJSON, geometries of geopandas, or a file of either, to draw; polygons are
            filled, as land, where no raster covers them.

        graticule : bool, default=True
            Whether to draw meridians and parallels.

        colorbar : bool, default=True
            Whether to draw a colour bar for every scale.

        photo_color : matplotlib color, default="white"
            Of the marked photos; their rims are black, as long as they are few.

        Returns
        -------
        PlaceMapDisplay
            The display, with its artists.
        """
        check_flags(graticule=graticule, colorbar=colorbar)
        check_choice(share, _SHARES, "share")
        window = self.grid.window if self.grid is not None else self._window()
        panels, shape = self._layout()
        longest = _LONGEST[len(panels) > 1]
        width, height = window.inches(longest, 0.9 * longest)
        self.axes_, self.figure_ = panel_axes(
            ax,
            list(panels),
            shape,
            figsize=((width + 0.25) * shape[1] + 1.6, (height + 0.35) * shape[0] + 0.3),
            layout="compressed",
        )
        from matplotlib import colormaps

        cmap = colormaps[cmap] if isinstance(cmap, str) else cmap
        cmap = cmap.with_extremes(bad=_GREY)
        scales = self._scales(norm, share)
        self.pictures_, self.photos_, self.colorbars_ = [], [], []
        for at, key in panels.items():
            panel = self.axes_[at]
            self.pictures_.append(self._picture(panel, window, key, scales[key], cmap))
            window.dress(
                panel,
                graticule=graticule,
                coastline=coastline,
                on_raster=self.grid is not None,
            )
            self._mark_photos(panel, window, photo_color)
        self.ax_ = self.axes_[next(iter(panels))]
        self._title(panels)
        if colorbar:
            self._bars(panels, scales)
        return self

    def _window(self):
        if isinstance(self.extent, str) and self.extent == "auto":
            return MapWindow.around(self.places, least=LEAST_DEGREES)
        return MapWindow.read(self.extent, self.places)

    def _layout(self):
        """Return the panels by their positions, and how many there are each way."""
        whos, depth = list(dict.fromkeys(who for who, _ in self.values)), {}
        panels = {}
        if len(whos) == 1:
            n = len(self.values)
            n_columns = 2 if n == 4 else min(n, _BESIDE)
            for k, key in enumerate(self.values):
                panels[divmod(k, n_columns)] = key
            return panels, (-(-n // n_columns), n_columns)
        for who, name in self.values:
            row = depth.setdefault(who, 0)
            depth[who] += 1
            panels[row, whos.index(who)] = (who, name)
        return dict(sorted(panels.items())), (max(depth.values()), len(whos))

    def _scales(self, norm, share):
        """Return the scale of each panel; those that share one have the same."""
        groups = {}
        columns = same_columns(self._layout()[0])
        for key in self.values:
            group = {"all": 0, "column": columns[key], "panel": key}
            groups.setdefault(group[share], []).append(key)
        scales = {}
        for keys in groups.values():
            scale = scale_of(norm, np.concatenate([self.values[key] for key in keys]))
            scales.update(dict.fromkeys(keys, scale))
        return scales

    def _picture(self, ax, window, key, scale, cmap):
        values = shown(self.values[key], scale)
        if self.grid is not None:
            return ax.imshow(
                values.reshape(self.grid.shape),
                extent=(window.west, window.east, window.south, window.north),
                origin="lower",
                interpolation="nearest",
                cmap=cmap,
                norm=scale,
                zorder=0.4,
            )
        # The largest on top, and what is missing below all.
        order = np.argsort(values.filled(-np.inf), kind="stable")
        n = len(order)
        points = ax.scatter(
            window.shift(self.places[order, 1]),
            self.places[order, 0],
            c=values[order].filled(np.nan),
            s=float(np.clip(20_000 / n, 0.8, 24)),
            cmap=cmap,
            norm=scale,
            edgecolors="0.3" if n < 500 else "none",
            linewidths=0.3,
            plotnonfinite=True,
            rasterized=n > RASTERIZED_FROM,
            zorder=2,
        )
        points.set_array(values[order])
        return points

    def _mark_photos(self, ax, window, color):
        if self.photos is None:
            return
        x, y = window.shift(self.photos[:, 1]), self.photos[:, 0]
        seen = (window.west <= x) & (x <= window.east)
        seen &= (window.south <= y) & (y <= window.north)
        n = int(seen.sum())
        (points,) = ax.plot(
            x[seen],
            y[seen],
            linestyle="",
            marker="o",
            markersize=float(np.clip(90 / np.sqrt(n + 1), 0.7, 4.5)),
            markerfacecolor=color,
            # Of many, what is below has to be seen between them.
            markeredgecolor="black" if n < _MANY else "none",
            markeredgewidth=float(np.clip(6 / np.sqrt(n + 1), 0.1, 0.5)),
            alpha=1.0 if n < _MANY else 0.5,
            rasterized=n > RASTERIZED_FROM,
            zorder=3,
        )
        self.photos_.append(points)

    def _title(self, panels):
        whos = {who for who, _ in panels.values()}
        rows = {at[0] for at in panels}
        named = len(panels) > 1 or self._column() != UNNAMED
        for (row, column), (who, name) in panels.items():
            ax, name = self.axes_[row, column], literal(name)
            if len(whos) == 1:
                ax.set_title(name if named else "", fontsize="medium")
            elif len(rows) == 1 and self._column() is not None:
                ax.set_title(who, fontsize="medium")
            elif self._column(row, panels) is None:
                ax.set_title(f"{who}: {name}", fontsize="medium")
            else:
                ax.set_title(who if row == 0 else "", fontsize="medium")
                ax.set_ylabel(name if column == 0 else "", fontsize="medium")

    def _column(self, row=None, panels=None):
        """Return the name of the column of a row, or of all panels, if it is one."""
        keys = self.values
        if panels is not None:
            keys = [key for at, key in panels.items() if at[0] == row]
        names = {name for _, name in keys}
        return names.pop() if len(names) == 1 else None

    def _bars(self, panels, scales):
        from matplotlib.colors import LogNorm

        groups = {}
        for picture, (at, key) in zip(self.pictures_, panels.items(), strict=True):
            groups.setdefault(id(scales[key]), []).append((picture, at, key))
        for members in groups.values():
            (picture, _, key), scale = members[0], scales[members[0][2]]
            if not any(one.get_array().count() for one, _, _ in members):
                continue
            names = {name for _, _, (_, name) in members}
            label = self.label
            if label is None:
                # Names of rows and of panels are said at their sides.
                alone = (
                    len(names) == 1 and len(self.values) > 1 and len(self.axes_) == 1
                )
                label = key[1] if alone else UNNAMED
            bar = self.figure_.colorbar(
                picture,
                ax=[self.axes_[at] for _, at, _ in members],
                label=label,
                shrink=0.8,
                pad=0.02,
            )
            if isinstance(scale, LogNorm):
                logarithmic_bar(bar, lambda value: f"{value:,.10g}")
            self.colorbars_.append(bar)

    def to_geojson(self):
        """Return the places with their numbers.

        Returns
        -------
        dict
            A FeatureCollection: one point a place, or a pixel. A property is called
            like the column, with the transformer before it, "student: tag_sunset", if
            there are several; None is a number that is missing. Marked photos are left
            out.
        """
        several = len({who for who, _ in self.values}) > 1
        columns = {
            f"{who}: {name}" if several else name: values
            for (who, name), values in self.values.items()
        }
        return collection_of(
            point_feature(
                place, {name: plain(values[at]) for name, values in columns.items()}
            )
            for at, place in enumerate(self.places)
        )
