# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A map of cells, coloured by a number of each."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._answers import (
    as_partition,
    cells_of,
    final,
    finest_partition,
)
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import read_numbers
from sklearn_geo.base import check_places
from sklearn_geo.inspection._errors import errors_of
from sklearn_geo.inspection._export import ShowsPlaces, collection_of
from sklearn_geo.inspection._map import RASTERIZED_FROM, MapWindow, cell_paths, plain
from sklearn_geo.inspection._pyplot import axes_of, logarithmic_bar, scale_of, shown
from sklearn_geo.inspection._words import check_flags, check_text

_LABELS = {
    "count": "training places",
    "weight": "weight of training places",
    "area_km2": "area in km²",
    "error": "median error in km",
}


class CellMapDisplay(ShowsPlaces):
    """Map of the cells of a partition, coloured by count, by error or by anything.

    Parameters
    ----------
    geojson : dict
        The cells: a FeatureCollection of polygons, as `to_geojson` of a partition
        makes it.

    values : ndarray of shape (n_cells,)
        The number that colours each cell; NaN leaves it grey.

    label : str, default="value"
        What the numbers are, beside the colour bar.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the map.

    figure_ : matplotlib Figure
        Figure that holds them.

    cells_ : matplotlib PathCollection
        The cells, one path each; its array are the values.

    colorbar_ : matplotlib Colorbar or None
        The colour bar.

    See Also
    --------
    ProbabilityMapDisplay : Where one photo may have been taken.

    Examples
    --------
    >>> from sklearn_geo.datasets import make_geotagged_photos
    >>> from sklearn_geo.inspection import CellMapDisplay
    >>> from sklearn_geo.partition import S2Partition
    >>> places = make_geotagged_photos(500, random_state=0).places
    >>> partition = S2Partition(100, min_per_cell=10).fit(places)
    >>> display = CellMapDisplay.from_estimator(partition)
    >>> display.ax_.get_title()
    ''
    >>> bool(display.values.sum() == partition.cells_["count"].sum())
    True
    """

    def __init__(self, geojson, values, *, label="value"):
        check_text(label, "label")
        self.geojson = geojson
        self.values = values
        self.label = label

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        color_by="count",
        label=None,
        ax=None,
        **kwargs,
    ):
        """Draw the cells of a partition or of a geolocator.

        Parameters
        ----------
        estimator : estimator
            A fitted partition or hierarchy, or a fitted geolocator that has one.

        X : array-like of shape (n_rows, ...), default=None
            Rows for the errors of a geolocator.

        y : array-like of shape (n_rows, 2), default=None
            Their true latitudes and longitudes.

        color_by : {"count", "weight", "area_km2", "error"} or array-like, \
default="count"
            A column of `cells_`; the median error of the rows of `X` in each cell,
            which needs `X` and `y`; or one number a cell.

        label : str, default=None
            What the numbers are. None says it where the library knows.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        CellMapDisplay
            The display.
        """
        partition = _partition_of(estimator)
        if isinstance(color_by, str) and color_by == "error":
            if X is None or y is None:
                raise ValueError(
                    'color_by="error" needs X and y: rows and the places they were '
                    "taken at."
                )
            if finest_partition(final(estimator)) is None:
                raise TypeError(
                    'color_by="error" needs a geolocator, and '
                    f"{type(estimator).__name__} says cells, not places. Pass answers "
                    "to from_predictions."
                )
            display = cls.from_predictions(
                y,
                estimator.predict(X),
                partition=partition,
                label=label,
                ax=ax,
                **kwargs,
            )
            return display
        if isinstance(color_by, str):
            names = partition.cells_.dtype.names
            if (
                color_by not in names
                or partition.cells_[color_by].dtype.kind not in "iuf"
            ):
                raise ValueError(
                    f'color_by={color_by!r} is neither "error" nor a column of numbers '
                    f"of cells_, which has {', '.join(names)}."
                )
            values = partition.cells_[color_by].astype(np.float64)
            label = _LABELS.get(color_by, color_by) if label is None else label
        else:
            values = read_numbers(color_by, "color_by")
            if values.shape != (len(partition.cells_),):
                raise ValueError(
                    f"color_by must hold one number for each of the "
                    f"{len(partition.cells_)} cells; got the shape {values.shape}."
                )
            label = "value" if label is None else label
        return cls(partition.to_geojson(), values, label=label).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls, y_true, y_pred, *, partition, label=None, ax=None, **kwargs
    ):
        """Draw the median error in each cell.

        Parameters
        ----------
        y_true : array-like of shape (n_rows, 2)
            True latitudes and longitudes. Rows in no cell are not drawn.

        y_pred : array-like of shape (n_rows, 2)
            Predicted ones. Rows of NaN, where an estimator abstained, do not count.

        partition : fitted partition or hierarchy
            The cells; of a hierarchy, the finest.

        label : str, default=None
            What the numbers are.

        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        CellMapDisplay
            The display.
        """
        partition = _partition_of(partition)
        y_true = check_places(y_true, name="y_true")
        y_pred = check_places(y_pred, name="y_pred", allow_missing=True)
        check_rows(len(y_true), y_pred, "y_pred", of="y_true")
        errors = errors_of(y_true, y_pred)
        answered = ~np.isnan(errors)
        errors, cells = errors[answered], cells_of(partition, y_true)[answered]
        values = np.full(len(partition.cells_), np.nan)
        order = np.lexsort((errors, cells))
        cells, errors = cells[order], errors[order]
        found, first, counts = np.unique(cells, return_index=True, return_counts=True)
        middle = errors[first + (counts - 1) // 2] + errors[first + counts // 2]
        values[found[found >= 0]] = middle[found >= 0] / 2
        label = _LABELS["error"] if label is None else label
        return cls(partition.to_geojson(), values, label=label).plot(ax, **kwargs)

    def plot(
        self,
        ax=None,
        *,
        extent="auto",
        cmap="viridis",
        norm="log",
        coastline=None,
        graticule=True,
        colorbar=True,
    ):
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; new axes if None.

        extent : "auto", "world" or (west, east, south, north), default="auto"
            What to show, in degrees. "auto" is around the cells; east of a window may
            be west of its west, across the antimeridian.

        cmap : str or Colormap, default="viridis"
            Colours, from few to many.

        norm : "log", "linear", "centered" or matplotlib Normalize, default="log"
            How numbers become colours. Zeros do not fit a logarithm and are grey;
            "centered" has 0 in the middle.

        coastline : dict, GeoDataFrame, GeoSeries, str or path, default=None
            GeoJSON, geometries of geopandas, or a file of either, to draw behind;
            polygons are filled, as land.

        graticule : bool, default=True
            Whether to draw meridians and parallels.

        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        CellMapDisplay
            The display, with `ax_`, `figure_`, `cells_` and `colorbar_`.
        """
        check_flags(graticule=graticule, colorbar=colorbar)
        geometries = [feature["geometry"] for feature in self.geojson["features"]]
        window = MapWindow.read(extent, corners_of(geometries))
        self.ax_, self.figure_ = axes_of(
            ax, figsize=window.figsize(), layout="compressed"
        )
        from matplotlib import colormaps
        from matplotlib.collections import PathCollection
        from matplotlib.colors import LogNorm

        norm = scale_of(norm, self.values)
        values = shown(self.values, norm)
        cmap = colormaps[cmap] if isinstance(cmap, str) else cmap
        many = len(geometries) > RASTERIZED_FROM
        self.cells_ = PathCollection(
            cell_paths(geometries, window),
            array=values,
            cmap=cmap.with_extremes(bad="0.88"),
            norm=norm,
            edgecolors="white",
            linewidths=0.4 if len(geometries) < 500 else 0.1,
            rasterized=many,
            zorder=1,
        )
        self.ax_.add_collection(self.cells_, autolim=False)
        window.dress(self.ax_, graticule=graticule, coastline=coastline)
        self.colorbar_ = None
        if colorbar and values.count():
            self.colorbar_ = self.figure_.colorbar(
                self.cells_, ax=self.ax_, label=self.label, shrink=0.8, pad=0.02
            )
            if isinstance(norm, LogNorm):
                logarithmic_bar(self.colorbar_, lambda value: f"{value:,.10g}")
        return self

    def to_geojson(self):
        """Return the cells with their numbers.

        Returns
        -------
        dict
            A FeatureCollection; the property `value` of a cell is its number, or None.
        """
        features = [
            {**feature, "properties": {**feature["properties"], "value": plain(value)}}
            for feature, value in zip(
                self.geojson["features"], self.values, strict=True
            )
        ]
        return collection_of(features)


def _partition_of(estimator):
    """Return the finest partition of whatever has one."""
    model = final(estimator)
    partition = finest_partition(model)
    partition = as_partition(model) if partition is None else partition
    if not hasattr(partition, "to_geojson"):
        raise TypeError(
            f"{type(model).__name__} has no cells to draw. Pass a fitted partition or "
            "a geolocator that has one."
        )
    check_is_fitted(partition, "cells_")
    return partition


def corners_of(geometries):
    """Return places that span some polygons: the corners of each one's box."""
    corners = []
    for geometry in geometries:
        polygons = geometry["coordinates"]
        for polygon in [polygons] if geometry["type"] == "Polygon" else polygons:
            ring = np.asarray(polygon[0], dtype=np.float64)
            west, south = ring[:, :2].min(axis=0)
            east, north = ring[:, :2].max(axis=0)
            # Within the box too, so that a wide one leaves no gap to look through.
            n = max(2, int((east - west) // 10.0) + 2)
            for longitude in np.linspace(west, east, n):
                corners += [(south, longitude), (north, longitude)]
    return np.array(corners, dtype=np.float64)
