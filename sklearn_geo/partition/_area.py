# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells from polygons: countries, states, regions of one's own."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.partition._area_shapes import (
    as_typed,
    cut_at_antimeridian,
    import_shapely,
    shape_area_km2,
    shape_outline,
    turned,
)
from sklearn_geo.partition._area_sources import read_areas, to_geojson
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._outlines import check_cell

# Memory for one place and the areas it may lie in.
_ROW_BYTES = 400
_BATCH = 1 << 16


class AreaPartition(PlacePartition):
    """Take the cells from polygons, such as countries or regions of one's own.

    Needs shapely: ``pip install 'sklearn-geo[geo]'``.

    Parameters
    ----------
    areas : GeoDataFrame, GeoSeries, dict, str, path or list of polygons
        The areas: a GeoDataFrame in any coordinate reference system, GeoJSON as a
        dict or as the path of a file, or a list of shapely polygons with (longitude,
        latitude) in degrees. Where areas overlap, a place belongs to the first one.

    name_column : str, default=None
        Column of the GeoDataFrame, or property of GeoJSON features, with the names of
        the areas. None takes "name" if there is such a column, and otherwise numbers
        the areas: "area_0" and so on.

    long_edges : {"error", "shorter", "straight"}, default="error"
        What an edge over more than 180 degrees of longitude means, which may go
        either way around the globe:

        - "error": an error that names it;
        - "shorter": it crosses the antimeridian, as the edge from 179 to -179 of an
          island there does. A ring that goes once around the globe that way holds
          the pole on its side of the equator, also one that is closed by an edge
          from 180 to -180;
        - "straight": it is what it is on the map.

    uncovered : {"drop", "nearest", "error"}, default="drop"
        What a place in no area gets: -1, the area whose representative is nearest, or
        an error.

    representative : {"mean", "center", "medoid", "median"}, default="mean"
        What stands for an area: the direction of the mean unit vector of its places,
        a point inside the polygon, the place nearest to the mean, or the geometric
        median. An area without places has its centre.

    Attributes
    ----------
    cells_ : ndarray of shape (n_cells,)
        Structured array, one record an area, in the order of `areas`: `name`, `count`
        and `weight` of its places, `latitude` and `longitude` of what stands for it,
        `center_latitude`, `center_longitude` and `area_km2`. Areas without places are
        among them.

    n_cells_ : int
        Number of areas.

    cell_names_ : ndarray of shape (n_cells,)
        Names of the areas.

    dropped_ : ndarray of int64
        Rows of the training places that are in no area.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2Partition : Cells that follow the places.
    KMeansPartition : Cells around centres.

    Notes
    -----
    Edges are straight on the map (longitude, latitude), as GeoJSON has it [1]_, and
    `area_km2` is the exact area between them on the sphere. A place on the border
    belongs to the area; of areas that share it, to the first. Longitudes may go on
    beyond 180: a polygon from 170 to 190 is cut at the antimeridian. All points of a
    pole are one place.

    References
    ----------
    .. [1] "The GeoJSON format", RFC 7946, sections 3.1.1 and 3.1.9.

    Examples
    --------
    >>> from shapely import box
    >>> from sklearn_geo.partition import AreaPartition
    >>> west, fiji = box(-130, -60, -30, 70), box(176, -20, 183, -12)
    >>> places = [[40.7, -74.0], [-23.5, -46.6], [-17.8, 177.9], [48.9, 2.3]]
    >>> partition = AreaPartition([west, fiji]).fit(places)
    >>> partition.predict(places + [[-16.8, -179.9]])
    array([ 0,  0,  1, -1,  1])
    >>> partition.cells_["area_km2"].round().astype(int)
    array([127921549,    665040])
    """

    _parameter_constraints: dict = {
        **PlacePartition._parameter_constraints,
        "areas": "no_validation",  # see read_areas
        "name_column": [str, None],
        "long_edges": [StrOptions({"error", "shorter", "straight"})],
    }

    _cell = "area"
    _feature_name = "area"

    def __init__(
        self,
        areas,
        *,
        name_column=None,
        long_edges="error",
        uncovered="drop",
        representative="mean",
    ):
        self.areas = areas
        self.name_column = name_column
        self.long_edges = long_edges
        self.uncovered = uncovered
        self.representative = representative

    def _learn(self, places, weights):
        self._draw_cells()

    def _draw_cells(self, **checks):
        drawn_by = (self.areas, self.name_column, self.long_edges)
        self._cells = _Areas(*read_areas(*drawn_by, **checks))

    def _describe(self):
        shapely = import_shapely()
        inner = [shapely.point_on_surface(shape) for shape in self._cells.cut]
        centers = shapely.get_coordinates(inner)[:, ::-1]
        areas = [shape_area_km2(shape) for shape in self._cells.cut]
        return {"name": self._cells.names}, centers, areas

    def _locate(self, places):
        return self._cells.locate(places)

    def cell_outline(self, cell, n_per_edge=8):
        """Give places along the border of an area.

        Parameters
        ----------
        cell : int
            Which area: a row of `cells_`.

        n_per_edge : int, default=8
            Without effect: edges are straight on a map.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Latitude and longitude of the outer ring, or of the convex hull of an area
            in several parts, counter-clockwise, the first point not repeated.
            Longitudes go on beyond -180 and 180 where the border does; those of an
            area all around the globe end there. All rings are in :meth:`to_geojson`.
        """
        check_is_fitted(self, "cells_")
        return shape_outline(self._cells.shapes[check_cell(cell, self.n_cells_)])

    def _polygons(self, cell, n_per_edge):
        return self._cells.rings(cell)

    def _file_parameters(self):
        return {
            **super()._file_parameters(),
            "areas": to_geojson(self._cells.names, self._cells.shapes),
            "name_column": "name",
            # What was meant is settled now.
            "long_edges": "straight",
        }

    def _restore(self, extra):
        # Text would be taken as the path of another file.
        if not isinstance(self.areas, dict):
            raise ValueError("it does not hold its areas")
        # What is stored may be older than that check.
        self._draw_cells(may_overlap=True)
        if not np.array_equal(self._cells.names, self.cells_["name"]):
            raise ValueError("the names of its areas are not those of its cells")


class _Areas:
    """Named polygons, and what lies in them.

    Parameters
    ----------
    names : ndarray of str
        Their names.

    shapes : list of shapely.Polygon or shapely.MultiPolygon
        Checked polygons, whose longitudes may go on beyond 180.
    """

    def __init__(self, names, shapes):
        self.names = names
        self.shapes = shapes
        self._index()

    def _index(self):
        shapely = import_shapely()
        self.cut = [cut_at_antimeridian(shape) for shape in self.shapes]
        self._parts, self._area_of_part = shapely.get_parts(
            self.shapes, return_index=True
        )
        shapely.prepare(self._parts)
        self._tree = shapely.STRtree(self._parts)
        self._east = shapely.bounds(self._parts)[:, 2].max()
        meridians = np.unique(shapely.get_coordinates(self._parts)[:, 0])
        rounded = [(turn, _rounded_by(meridians, turn)) for turn in (-360.0, 360.0)]
        self._rounded = [(turn, those) for turn, those in rounded if len(those)]
        # The first area at each pole, and none as the last number.
        self._at_pole = [
            self._first(
                np.flatnonzero(
                    shapely.intersects(self._parts, _along(latitude, shapely))
                )
            )
            for latitude in (-90.0, 90.0)
        ]

    def __getstate__(self):
        # Neither prepared polygons nor the tree survive a copy.
        return {"names": self.names, "shapes": self.shapes}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._index()

    def _first(self, parts):
        return int(self._area_of_part[parts].min()) if len(parts) else -1

    def locate(self, places):
        """Return the first area of each place, -1 for none, as int64."""
        cells = np.empty(len(places), dtype=np.int64)
        n_fit = int(get_config()["working_memory"] * 2**20) // _ROW_BYTES
        for batch in gen_batches(len(places), max(1, min(_BATCH, n_fit))):
            cells[batch] = self._locate_batch(places[batch])
        return cells

    def _locate_batch(self, places):
        n_areas = len(self.names)
        first = np.full(len(places), n_areas, dtype=np.int64)
        latitude, longitude = places[:, 0], as_typed(places[:, 1])
        self._enter(first, np.arange(len(places)), longitude, latitude)
        # Polygons may end at 180 degrees, or go on. What was turned there is met by
        # places that are turned as it was; what was stored before, by a plain sum.
        moved, plain = turned(longitude, 1.0), longitude + 360.0
        for there, new in ((moved, True), (plain, plain != moved)):
            beyond = np.flatnonzero((there <= self._east) & new)
            if beyond.size:
                self._enter(first, beyond, there[beyond], latitude[beyond])
        for turn, meridians in self._rounded:
            there = _there_and_back(longitude, turn)
            rows = np.flatnonzero(there != longitude)
            rows = rows[_is_short(longitude[rows])]
            rows = rows[_is_among(there[rows], meridians)]
            self._enter(first, rows, there[rows], latitude[rows])
        first[first == n_areas] = -1
        for pole, cell in zip((-90.0, 90.0), self._at_pole, strict=True):
            first[latitude == pole] = cell
        return first

    def _enter(self, first, rows, x, y):
        """Lower `first` to the areas that rows lie in."""
        shapely = import_shapely()
        near, part = self._tree.query(shapely.points(x, y))
        area = self._area_of_part[part]
        # Most places are near one area only, and some already in an earlier one.
        inside = shapely.intersects_xy(self._parts[part], x[near], y[near])
        np.minimum.at(first, rows[near[inside]], area[inside])

    def rings(self, cell):
        """Return an area as polygons: lists of rings, the first one the outer."""
        shapely = import_shapely()
        return [
            [
                shapely.get_coordinates(ring)[:-1, ::-1]
                for ring in (part.exterior, *part.interiors)
            ]
            for part in shapely.get_parts(self.cut[cell])
        ]


# What was drawn in another turn, as -181.1, was rounded otherwise there than what it is
# on the map, 178.9. Places with that longitude lie on the same meridian.


def _rounded_by(meridians, turn):
    """Return those of rising meridians that may have been drawn a turn from here."""
    same = _there_and_back(meridians, turn) == meridians
    return meridians[same & ~_is_short(meridians)]


def _there_and_back(longitude, turn):
    return (longitude + turn) - turn


def _is_short(longitude):
    """Say which longitudes are decimals as people type them."""
    return np.round(longitude, 13) == longitude


def _is_among(longitude, rising):
    at = np.minimum(np.searchsorted(rising, longitude), len(rising) - 1)
    return rising[at] == longitude


def _along(latitude, shapely):
    return shapely.LineString([(-180.0, latitude), (540.0, latitude)])
