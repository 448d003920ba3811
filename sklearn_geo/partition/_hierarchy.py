# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Partitions from coarse to fine, and which cell lies in which."""

import numpy as np
from scipy import sparse
from sklearn.base import (
    OneToOneFeatureMixin,
    TransformerMixin,
    _fit_context,
    clone,
)
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._numbers import is_whole
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.partition._base import PlacePartition
from sklearn_geo.partition._cells import read_weights, too_full
from sklearn_geo.partition._quad_cells import locate
from sklearn_geo.partition._s2 import S2Partition


class CellHierarchy(TransformerMixin, GeoEstimator):
    r"""Partitions from coarse to fine whose cells lie in each other.

    A classifier over several partitions of the same places can let the coarse ones
    correct the fine ones, if it knows which coarse cell each fine cell lies in. Here
    that is read off the ids of the cells, and checked.

    Parameters
    ----------
    partitions : list of partitions, default=None
        From coarse to fine, all :class:`S2Partition`, or all `TrianglePartition` with
        ``refine="midpoint"``. They are cloned and fitted by :meth:`fit`; one wrapped
        in :class:`sklearn.frozen.FrozenEstimator` is taken as it is. None stands for
        the three of the paper: S2 cells with at least 50 and at most 5,000, 2,000 and
        1,000 places.

    Attributes
    ----------
    partitions_ : list of partitions
        The fitted partitions, from coarse to fine.

    finest_ : partition
        The last of them.

    parents_ : list of ndarray of shape (n_cells_[-1],), int64
        For each partition but the last: the cell of it that each cell of the finest
        lies in (or is), -1 if the coarser partition has dropped it.

    n_cells_ : list of int
        Numbers of cells, from coarse to fine.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2Partition : One partition.

    Notes
    -----
    Let two partitions see the same places, with `max_per_cell` no smaller, and
    `start_level` and `max_level` no larger, in the coarser one. Then the coarser never
    splits a cell that the finer keeps whole: each fine cell lies in one coarse cell.
    Section 3.4 of [1]_ asks for equal `min_per_cell` as well: no fine cell is then
    kept where the coarser partition has dropped its own. With a larger `min_per_cell`
    in the coarser partition that can happen, and the parent is -1.

    :meth:`fit` checks this and refuses partitions that were fitted on other places:

    - no cell of a coarser partition, dropped ones included, lies inside a larger cell
      of a finer one;
    - each cell of a finer partition lies in a cell of the coarser one, kept or dropped;
    - the cells of a finer partition inside a coarse cell do not hold more than it
      does.

    Cells of other partitions (areas, k-means, Delaunay triangles) have no ids that say
    what lies in what, and their borders cross: they are refused.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation estimation of
       photos using a hierarchical model and scene classification", ECCV 2018,
       section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.partition import CellHierarchy, S2Partition
    >>> paris, london = [[48.86, 2.34], [48.85, 2.35]], [[51.51, -0.13]]
    >>> new_york, cape_town = [[40.71, -74.01]], [[-33.92, 18.42]]
    >>> places = np.vstack([paris, london, new_york, cape_town])
    >>> hierarchy = CellHierarchy(
    ...     [S2Partition(3, min_per_cell=1), S2Partition(2, min_per_cell=1)]
    ... ).fit(places)
    >>> [partition.cell_names_.tolist() for partition in hierarchy.partitions_]
    [['1', '5', '9'], ['1', '44', '4c', '9']]
    >>> hierarchy.parents_
    [array([0, 1, 1, 2])]
    >>> hierarchy.predict([[48.8, 2.3], [52.0, -1.0]])
    array([[1, 1],
           [1, 2]])
    >>> hierarchy.membership(0).toarray()
    array([[1, 0, 0],
           [0, 1, 0],
           [0, 1, 0],
           [0, 0, 1]], dtype=int8)
    """

    _parameter_constraints: dict = {"partitions": "no_validation"}  # see _partitions

    def __init__(self, partitions=None):
        self.partitions = partitions

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the partitions and find the parents of the finest cells.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_places,), default=None
            Weights of the places. Frozen partitions keep those that they have counted.

        Returns
        -------
        self : CellHierarchy
            The fitted hierarchy.
        """
        with all_or_nothing(self):
            places = self._read_places(X, reset=True)
            self._learn(places, read_weights(sample_weight, len(places)))
        return self

    def _learn(self, places, weights):
        partitions = [
            partition
            if isinstance(partition, FrozenEstimator)
            else clone(partition).fit(places, sample_weight=weights)
            for partition in self._partitions()
        ]
        # What lies in a cell that lies in another lies in that as well.
        for finer in range(1, len(partitions)):
            _check_nested(partitions, finer - 1, finer)
        self.partitions_ = partitions
        self.n_cells_ = [partition.n_cells_ for partition in partitions]
        finest = partitions[-1].cells_["id"]
        grid = partitions[-1]._grid
        self.parents_ = [
            locate(grid, partition.cells_["id"], grid.ranges(finest)[0])
            for partition in partitions[:-1]
        ]

    def predict(self, X):
        """Find the cells of each place.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        cells : ndarray of shape (n_places, n_partitions), int64
            What each partition predicts, from coarse to fine. Places outside of its
            cells get what its own `uncovered` says.
        """
        check_is_fitted(self, "partitions_")
        places = self._read_places(X, reset=False)
        cells = np.empty((len(places), len(self.partitions_)), dtype=np.int64)
        for level, partition in enumerate(self.partitions_):
            cells[:, level] = _inside(partition)._cells_at(places)
        return cells

    def transform(self, X):
        """Give the cells of each place as columns.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_partitions), int64
            What :meth:`predict` gives.
        """
        return self.predict(X)

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns, such as `s2_cell_0` for the coarsest.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (n_partitions,), object
            The names.
        """
        check_is_fitted(self, "partitions_")
        if input_features is not None:
            # The public door to scikit-learn's own check and its messages.
            OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        names = [
            f"{partition._feature_name}_{k}"
            for k, partition in enumerate(self.partitions_)
        ]
        return np.array(names, dtype=object)

    def membership(self, level):
        """Give the matrix that says which finest cells lie in which cell of a level.

        Parameters
        ----------
        level : int
            Which partition: 0 is the coarsest, -1 the finest.

        Returns
        -------
        csr_array of shape (n_cells_[-1], n_cells_[level]), int8
            1 where the cell of the row lies in that of the column. A row is empty if
            that partition has dropped the parent. ``probabilities @ membership`` sums
            probabilities of finest cells up to the level.
        """
        check_is_fitted(self, "partitions_")
        n_levels = len(self.partitions_)
        if not is_whole(level) or not (-n_levels <= level < n_levels):
            raise ValueError(
                f"level must be an integer from 0, the coarsest partition, to "
                f"{n_levels - 1}, the finest; got {level!r}."
            )
        n_finest = self.n_cells_[-1]
        parents = [*self.parents_, np.arange(n_finest)][level]
        known = parents >= 0
        indptr = np.append(0, np.cumsum(known))
        ones = np.ones(indptr[-1], dtype=np.int8)
        shape = (n_finest, self.n_cells_[level])
        return sparse.csr_array((ones, parents[known], indptr), shape=shape)

    @property
    def finest_(self):
        """The partition with the smallest cells."""
        return self.partitions_[-1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Cells are integers, whatever the type of X.
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _partitions(self):
        """Return the partitions to fit, or say why they make no hierarchy."""
        partitions = self.partitions
        if partitions is None:
            return [S2Partition(most, 50) for most in (5000, 2000, 1000)]
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(
                "partitions must be a list of partitions, from coarse to fine; got "
                f"{partitions!r:.80}. Put a single one into a list."
            )
        if not partitions:
            raise ValueError(
                "partitions is empty: give at least one, for example "
                "[S2Partition(5000), S2Partition(1000)]."
            )
        for k, partition in enumerate(partitions):
            self._check_partition(k, partition)
        grids = {_inside(partition)._grid.one for partition in partitions}
        if len(grids) > 1:
            raise ValueError(
                "partitions are of different grids, "
                f"{' and '.join(sorted(grids))}: their "
                "cells do not lie in each other. Use one kind of partition."
            )
        return partitions

    def _check_partition(self, k, partition):
        inside = _inside(partition)
        name = type(inside).__name__
        if not isinstance(inside, PlacePartition):
            raise TypeError(
                f"partitions[{k}] is no partition but {inside!r:.80}. Use "
                "S2Partition or TrianglePartition."
            )
        check_settings(inside)
        if inside._grid is None:
            raise ValueError(
                f"partitions[{k}], {inside!r:.80}, has cells without ids that say what "
                "lies in what, and the borders of its cells cross those of others. "
                'Use S2Partition, or TrianglePartition(refine="midpoint").'
            )
        if isinstance(partition, FrozenEstimator):
            check_is_fitted(
                inside,
                "cells_",
                msg=f"partitions[{k}] is frozen, but this {name} is not fitted. Call "
                "its fit first, or pass it without FrozenEstimator.",
            )


def _inside(partition):
    """Return what a FrozenEstimator holds, or the partition itself."""
    return partition.estimator if isinstance(partition, FrozenEstimator) else partition


def _all_cells(partition):
    """Return ids, names and weights of the cells, kept and dropped, by rising id."""
    tables = [partition.cells_, partition.dropped_cells_]
    ids, names, weights = (
        np.concatenate([table[column] for table in tables])
        for column in ("id", "name", "weight")
    )
    order = np.argsort(ids)
    return ids[order], names[order], weights[order]


def _check_nested(partitions, k_coarse, k_fine):
    """Raise if a partition is not what a coarser one of the same places splits into."""
    grid = partitions[k_fine]._grid
    coarse, fine = f"partitions[{k_coarse}]", f"partitions[{k_fine}]"
    remedy = (
        "Give the partitions from coarse to fine (max_per_cell falls, start_level and "
        "max_level do not) and let fit fit them all on the same places; or refill the "
        "frozen ones with the same places."
    )
    coarse_ids, coarse_names, coarse_weights = _all_cells(partitions[k_coarse])
    fine_ids, fine_names, fine_weights = _all_cells(partitions[k_fine])
    around = locate(grid, fine_ids, grid.ranges(coarse_ids)[0])
    smaller = (around >= 0) & (grid.levels(coarse_ids) > grid.levels(fine_ids[around]))
    if smaller.any():
        row = int(np.argmax(smaller))
        raise ValueError(
            f"{coarse} is not coarser than {fine}: its cell {str(coarse_names[row])!r} "
            f"lies inside {str(fine_names[around[row]])!r}, a larger cell of {fine}. "
            f"{remedy}"
        )
    parents = locate(grid, coarse_ids, grid.ranges(fine_ids)[0])
    if (parents < 0).any():
        row = int(np.argmax(parents < 0))
        raise ValueError(
            f"{coarse} and {fine} were fitted on other places: "
            f"{str(fine_names[row])!r} of {fine}, with places of weight "
            f"{fine_weights[row]:.12g}, lies where {coarse} has seen none. {remedy}"
        )
    inside = np.bincount(parents, weights=fine_weights, minlength=len(coarse_ids))
    more = too_full(inside, coarse_weights)
    if more.any():
        row = int(np.argmax(more))
        raise ValueError(
            f"{coarse} and {fine} were fitted on other places: the cells of {fine} "
            f"inside {str(coarse_names[row])!r} hold {inside[row]:.12g}, but {coarse} "
            f"counts {coarse_weights[row]:.12g} there. {remedy}"
        )
