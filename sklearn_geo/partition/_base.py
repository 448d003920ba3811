# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every partition of the earth into cells shares."""

import abc

import numpy as np
from scipy.spatial import cKDTree
from sklearn.base import OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geometry import unit_vectors
from sklearn_geo.partition._cells import (
    filled_table,
    read_weights,
)
from sklearn_geo.partition._files import read_partition, write_partition
from sklearn_geo.partition._geojson import feature_collection, to_frame
from sklearn_geo.partition._outlines import check_n_per_edge

# Places that are located at once: what that takes is little beside their cells.
_BLOCK_ROWS = 2**16


class PlacePartition(TransformerMixin, GeoEstimator, abc.ABC):
    """Base of the partitions: cells, the places in them, and what stands for each.

    Think twice before adding anything here. A subclass says four things:

    - `_learn(places, weights)` makes the cells out of validated places. Weights are
      None or positive: rows of weight zero never get here. It may return the cell
      of each place, -1 for none, where it knows them; otherwise it returns None and
      the base locates the places.
    - `_describe()` returns the first columns of `cells_` (a dict that begins with
      "name"), the centres and the areas of the cells.
    - `_locate(places)` returns the cell of each validated place as int64, or -1.
    - `cell_outline(cell, n_per_edge)` returns the border of a cell. One whose cells
      are not a single ring gives `_polygons` too.

    Files hold the parameters, `cells_` and what `_file_extra` returns; `_restore`
    gets that back, with `cells_` already set.
    """

    _parameter_constraints: dict = {
        "uncovered": [StrOptions({"drop", "nearest", "error"})],
        "representative": [StrOptions({"mean", "center", "medoid", "median"})],
    }

    _grid = None  # the QuadGrid that the ids of cells belong to, if they have ids
    _cell = "cell"  # the field's word for a cell, in messages
    _feature_name = "cell"  # of the only column of transform

    @abc.abstractmethod
    def _learn(self, places, weights):
        """Make the cells; return the cell of each place or None."""

    @abc.abstractmethod
    def _describe(self):
        """Return the first columns of the table, the centres and the areas."""

    @abc.abstractmethod
    def _locate(self, places):
        """Return the cell of each place, -1 where there is none."""

    @abc.abstractmethod
    def cell_outline(self, cell, n_per_edge=8):
        """Give places along the border of a cell.

        Parameters
        ----------
        cell : int
            Which cell: a row of `cells_`.

        n_per_edge : int, default=8
            Pieces to cut each edge into.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Latitude and longitude, counter-clockwise, the first point not repeated.
            Longitudes go on beyond -180 and 180 where the border does.
        """

    def _polygons(self, cell, n_per_edge):
        """Return a cell as polygons: lists of rings, the first one the outer."""
        return [[self.cell_outline(cell, n_per_edge)]]

    def _all_polygons(self, n_per_edge):
        """Yield the polygons of each cell; here is the place to be faster."""
        for cell in range(self.n_cells_):
            yield self._polygons(cell, n_per_edge)

    def _outlines(self, cells, n_per_edge):
        """Return the outlines of some cells; here is the place to be faster."""
        return [self.cell_outline(cell, n_per_edge) for cell in cells.tolist()]

    def _file_parameters(self):
        """Return the parameters that a file holds, for JSON."""
        return self.get_params(deep=False)

    def _file_extra(self):
        """Return what a file holds besides the parameters and the cells, for JSON."""
        return {}

    def _restore(self, extra):
        """Set what `_locate` needs; raise a ValueError for what cannot be true."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Cut the earth into cells.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_places,), default=None
            Weights of the places: a place of weight 2 counts as two, one of weight 0
            not at all.

        Returns
        -------
        self : estimator
            The fitted partition.
        """
        with all_or_nothing(self):
            places = self._read_places(X, reset=True)
            weights = read_weights(sample_weight, len(places))
            counted, own = _counted(places, weights)
            labels = self._learn(places[counted], own)
            self._fill(places, weights, counted, labels)
        return self

    def refill(self, X, sample_weight=None):
        """Keep the cells; count other places in them and find new representatives.

        Use it to make cells on a sample and fill them with all data.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        sample_weight : array-like of shape (n_places,), default=None
            Weights of the places.

        Returns
        -------
        self : estimator
            The partition with the same cells. The representative of a cell that is
            now empty is its centre.
        """
        check_is_fitted(self, "cells_")
        self._validate_params()
        places = self._read_places(X, reset=False)
        weights = read_weights(sample_weight, len(places))
        counted, own = _counted(places, weights)
        with all_or_nothing(self):
            self._fill(places, weights, counted, None)
            self._recount_dropped(places[counted], own)
        return self

    def _check_limits(self):
        """Check parameters against each other."""

    def _recount_dropped(self, places, weights):
        """Count places in the cells that were dropped, in a new table."""

    def _fill(self, places, weights, counted, labels):
        """Set `cells_` and `dropped_` from places and the cells they lie in."""
        if labels is None:
            labels = self._locate(places[counted])
        self.cells_ = filled_table(
            *self._describe(),
            places[counted],
            labels,
            self.representative,
            weights=None if weights is None else weights[counted],
        )
        if not isinstance(counted, slice):
            # Places that count for nothing lie somewhere all the same.
            everywhere = np.empty(len(places), dtype=np.int64)
            everywhere[counted] = labels
            idle = np.flatnonzero(weights == 0.0)
            everywhere[idle] = self._locate(places[idle])
            labels = everywhere
        self.dropped_ = np.flatnonzero(labels < 0)

    def predict(self, X):
        """Find the cell of each place.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        cells : ndarray of shape (n_places,), int64
            Rows of `cells_`. What a place outside of all cells gets is said by
            `uncovered`; with "drop" it is -1.
        """
        check_is_fitted(self, "cells_")
        self._validate_params()  # what places outside get may have been set after fit
        return self._cells_at(self._read_places(X, reset=False))

    def _cells_at(self, places):
        """Do what `predict` does, for places that were read already."""
        cells = np.empty(len(places), dtype=np.int64)
        for rows in blocks(len(places), _BLOCK_ROWS):
            cells[rows] = self._locate(places[rows])
        if self.uncovered == "drop":
            return cells
        outside = np.flatnonzero(cells < 0)
        if not outside.size:
            return cells
        if self.uncovered == "error":
            self._refuse(places, outside)
        cells[outside] = self._nearest_cells(places[outside])
        return cells

    def transform(self, X):
        """Give the cell of each place as a column.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, 1), int64
            What :meth:`predict` gives.
        """
        return self.predict(X)[:, np.newaxis]

    def inverse_transform(self, cells):
        """Give the place that stands for each cell.

        Parameters
        ----------
        cells : array-like of int of shape (n_places,) or (n_places, 1)
            Rows of `cells_`, or -1 for "no cell".

        Returns
        -------
        places : ndarray of shape (n_places, 2), float64
            Latitude and longitude of the representatives; NaN for -1.
        """
        check_is_fitted(self, "cells_")
        cells = self._read_cells(cells)
        places = np.full((len(cells), 2), np.nan)
        known = cells >= 0
        places[known, 0] = self.cells_["latitude"][cells[known]]
        places[known, 1] = self.cells_["longitude"][cells[known]]
        return places

    def get_feature_names_out(self, input_features=None):
        """Give the name of the column.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (1,), object
            The name.
        """
        check_is_fitted(self, "cells_")
        if input_features is not None:
            # The public door to scikit-learn's own check and its messages.
            OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        return np.array([self._feature_name], dtype=object)

    @property
    def n_cells_(self):
        """Number of cells."""
        return len(self.cells_)

    @property
    def cell_names_(self):
        """Names of the cells."""
        return self.cells_["name"]

    def to_geojson(self, n_per_edge=8):
        """Give the cells as GeoJSON.

        Parameters
        ----------
        n_per_edge : int, default=8
            Pieces to cut each edge into: edges of cells are no straight lines on a
            map.

        Returns
        -------
        dict
            A FeatureCollection after RFC 7946: longitude first, outer rings
            counter-clockwise, cut at the antimeridian. The properties are the columns
            of `cells_`; ids of 64 bits are written as text, since readers in other
            languages would round them.
        """
        check_is_fitted(self, "cells_")
        check_n_per_edge(n_per_edge)
        return feature_collection(self.cells_, self._all_polygons(n_per_edge))

    def to_geopandas(self, n_per_edge=8):
        """Give the cells as a GeoDataFrame; needs geopandas.

        Parameters
        ----------
        n_per_edge : int, default=8
            Pieces to cut each edge into.

        Returns
        -------
        GeoDataFrame
            The columns of `cells_` and the polygons of :meth:`to_geojson`.
        """
        check_is_fitted(self, "cells_")
        return to_frame(self.cells_, self.to_geojson(n_per_edge))

    def save(self, path):
        """Write the partition to a file of JSON or CSV.

        Parameters
        ----------
        path : str or path
            Ends in ``.json`` or ``.csv``. The CSV is the table `cells_` below one
            line, a comment that begins with ``#``, with everything else. Other tools
            should read its names as text: some look like numbers.
        """
        check_is_fitted(self, "cells_")
        write_partition(self, path)

    @classmethod
    def load(cls, path):
        """Read a partition from a file that :meth:`save` has written.

        Parameters
        ----------
        path : str or path
            The file. Nothing in it is run.

        Returns
        -------
        estimator
            A fitted partition that predicts as the saved one did. It does not know
            the places it was made from: `dropped_` is not set.
        """
        return read_partition(cls, path)

    def _nearest_cells(self, places):
        """Return the cells whose representatives are nearest to places."""
        if not self.n_cells_:
            raise ValueError(
                f'uncovered="nearest" finds no {self._cell}, because this partition '
                "keeps none yet. Go on with more places, or lower min_per_cell."
            )
        stands = np.column_stack([self.cells_["latitude"], self.cells_["longitude"]])
        tree = cKDTree(unit_vectors(stands))
        return tree.query(unit_vectors(places))[1]

    def _refuse(self, places, outside):
        """Raise for places that lie in no cell, naming the first."""
        row = int(outside[0])
        latitude, longitude = (float(value) for value in places[row])
        more = len(outside) - 1
        others = f" ({more} more row{'s' * (more > 1)} like it.)" if more else ""
        raise ValueError(
            f"X, row {row}: the place ({latitude!r}, {longitude!r}) lies in no "
            f'{self._cell} of this partition. Use uncovered="drop" to get -1 there, '
            f'uncovered="nearest" for the {self._cell} whose representative is '
            f"nearest, or give the partition more places (or areas) there.{others}"
        )

    def _read_cells(self, cells):
        """Return cells as int64 of shape (n,), each -1 or a row of the table."""
        reject_masked(cells, "cells")
        with naming("cells"):
            given = np.asarray(cells)
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim != 1:
            raise ValueError(
                "cells must have the shape (n_places,) or (n_places, 1), as predict "
                f"and transform give them; got {given.shape}."
            )
        if not given.size:
            return np.zeros(0, dtype=np.int64)
        if given.dtype.kind not in "iuf":
            raise TypeError(
                f"cells are rows of cells_, integers; got the dtype {given.dtype}. "
                "Names of cells are found with np.flatnonzero(cell_names_ == name)."
            )
        with np.errstate(invalid="ignore"):
            whole = given.astype(np.int64)
        wrong = (whole != given) | (whole < -1) | (whole >= self.n_cells_)
        if wrong.any():
            row = int(np.argmax(wrong))
            has = f"{self.n_cells_} cells, 0 to {self.n_cells_ - 1}"
            raise ValueError(
                f"cells, row {row}: {given[row]} is no cell. This partition has "
                f"{has if self.n_cells_ else 'no cells yet'}, and -1 stands for no "
                "cell."
            )
        return whole

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Cells are integers, whatever the type of X.
        tags.transformer_tags.preserves_dtype = []
        return tags


def _counted(places, weights):
    """Return which rows count, and their weights (None if all are 1)."""
    if weights is None or weights.all():
        return slice(None), weights
    counted = np.flatnonzero(weights)
    return counted, weights[counted]
