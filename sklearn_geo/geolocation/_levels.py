# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The partitions of a classifier, fitted: its levels, and what y says about them."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._seeds import hand_down
from sklearn_geo.geolocation._defaults import default_partitions
from sklearn_geo.geometry import places_from_vectors, unit_vectors
from sklearn_geo.partition import CellHierarchy
from sklearn_geo.partition._base import PlacePartition


def read_partitions(partitions, n_places):
    """Return what `partitions` stands for as a list, from coarse to fine."""
    if partitions is None:
        return default_partitions(n_places)
    if isinstance(partitions, CellHierarchy):
        own = partitions.partitions  # None is those of the paper
        partitions = partitions._partitions() if own is None else own
    if isinstance(partitions, (list, tuple)):
        return list(partitions)
    return [partitions]


def are_fitted(partitions):
    """Tell whether all partitions come fitted, and none is to be fitted again."""
    return all(isinstance(partition, FrozenEstimator) for partition in partitions)


def fit_levels(partitions, places, sample_weight=None, seed=None):
    """Fit partitions to places and find the ancestors of the finest cells.

    Parameters
    ----------
    partitions : list of partitions
        From coarse to fine; frozen ones stay as they are.

    places : ndarray of shape (n_places, 2), or None
        Where the training photos were taken. None if all partitions are frozen.

    sample_weight : ndarray of shape (n_places,), default=None
        Their weights.

    seed : int, default=None
        For partitions that have none of their own.

    Returns
    -------
    partitions : list of partitions
        The fitted ones.

    parents : list of ndarray of shape (n_fine_cells,)
        For each partition but the finest, the cell that each finest cell lies in.
    """
    partitions = [
        partition
        if isinstance(partition, FrozenEstimator)
        else hand_down(clone(partition), seed)
        for partition in partitions
    ]
    if len(partitions) == 1:
        # No hierarchy, so that cells of any kind will do.
        partition = partitions[0]
        _check_partition(partition)
        if not isinstance(partition, FrozenEstimator):
            partition.fit(places, sample_weight=sample_weight)
        fitted, parents = [partition], []
    else:
        if places is None:
            for partition in partitions:
                _check_partition(partition)
            places = representatives(partitions[-1])
            sample_weight = None
        hierarchy = CellHierarchy(partitions).fit(places, sample_weight=sample_weight)
        fitted, parents = hierarchy.partitions_, hierarchy.parents_
    for level, partition in enumerate(fitted):
        if not partition.n_cells_:
            raise ValueError(
                f"partition {level} keeps no cell: each holds fewer places than its "
                "minimum. Lower min_per_cell."
            )
    return fitted, parents


def _check_partition(partition):
    frozen = isinstance(partition, FrozenEstimator)
    inside = partition.estimator if frozen else partition
    if not isinstance(inside, PlacePartition):
        raise TypeError(
            f"partitions: {inside!r:.80} is no partition. Use S2Partition, "
            "TrianglePartition, AreaPartition or KMeansPartition, one or a list of "
            "them from coarse to fine."
        )
    if frozen:
        check_is_fitted(
            inside,
            "cells_",
            msg="partitions: a %(name)s is frozen but not fitted. Call its fit first, "
            "or pass it without FrozenEstimator.",
        )


def representatives(partition):
    """Return the place that stands for each cell of a partition."""
    table = partition.cells_
    return np.column_stack([table["latitude"], table["longitude"]])


def mean_places(partition, places, cells, sample_weight=None):
    """Return the mean of the training places in each finest cell (Class2GPS).

    Parameters
    ----------
    partition : partition
        The finest one.

    places : ndarray of shape (n_places, 2)
        Training places.

    cells : ndarray of shape (n_places,)
        Their cells; rows of -1 do not count.

    sample_weight : ndarray of shape (n_places,), default=None
        Their weights.

    Returns
    -------
    ndarray of shape (n_cells, 2)
        Directions of the mean unit vectors. A cell without training places, or whose
        places balance each other, has the representative of the partition.
    """
    inside = np.flatnonzero(cells >= 0)
    vectors = unit_vectors(places[inside])
    weights = np.ones(len(inside)) if sample_weight is None else sample_weight[inside]
    # A power of two changes no digit, and sums cannot overflow any more.
    weights = np.ldexp(weights, -np.frexp(weights.max(initial=0.0))[1])
    n_cells = partition.n_cells_
    sums = np.column_stack(
        [
            np.bincount(cells[inside], weights=weights * column, minlength=n_cells)
            for column in vectors.T
        ]
    )
    totals = np.bincount(cells[inside], weights=weights, minlength=n_cells)
    means = representatives(partition)
    lengths = np.linalg.norm(sums, axis=1)
    known = lengths > 1e-12 * np.maximum(totals, np.finfo(float).tiny)
    known &= totals > 0.0
    if known.any():
        means[known] = places_from_vectors(sums[known])
    return means


def is_of_cells(y, partitions):
    """Tell whether y holds cells: integers, beside partitions that are all fitted."""
    # Types of polars have no kind.
    values = y if hasattr(getattr(y, "dtype", None), "kind") else np.asarray(y)
    kind = values.dtype.kind
    return kind in "iu" and are_fitted(partitions)


def read_cells(y, n_cells, parents):
    """Validate y as cells and return those of every level.

    Parameters
    ----------
    y : array-like of int of shape (n_rows,) or (n_rows, n_levels)
        Finest cells, or the cells of every level, from coarse to fine; -1 is none.

    n_cells : list of int
        Number of cells of each level.

    parents : list of ndarray of shape (n_fine_cells,)
        Ancestors of the finest cells.

    Returns
    -------
    ndarray of shape (n_rows, n_levels), int64
        Cells.
    """
    cells = np.asarray(y).astype(np.int64)
    n_levels = len(n_cells)
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.ndim not in (1, 2) or (cells.ndim == 2 and cells.shape[1] != n_levels):
        raise ValueError(
            f"y holds integers, so it is read as cells of the {n_levels} fitted "
            f"partitions: it must have the shape (n_rows,), the finest cells, or "
            f"(n_rows, {n_levels}); got {cells.shape}. Pass places as floats."
        )
    finest = cells if cells.ndim == 1 else cells[:, -1]
    levels = np.full((len(cells), n_levels), -1, dtype=np.int64)
    given = range(n_levels) if cells.ndim == 2 else [n_levels - 1]
    for level in given:
        column = cells[:, level] if cells.ndim == 2 else cells
        wrong = (column < -1) | (column >= n_cells[level])
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"y, row {row}: partition {level} has no cell {column[row]}; its cells "
                f"are numbered from 0 to {n_cells[level] - 1}, and -1 is none."
            )
        levels[:, level] = column
    for level, parent in enumerate(parents):
        inside = finest >= 0
        expected = parent[finest[inside]]
        if cells.ndim == 1:
            levels[inside, level] = expected
            continue
        wrong = levels[inside, level] != expected
        if wrong.any():
            row = int(np.flatnonzero(inside)[np.argmax(wrong)])
            raise ValueError(
                f"y, row {row}: cell {finest[row]} of the finest partition lies in "
                f"cell {parent[finest[row]]} of partition {level}, not in "
                f"{levels[row, level]}. Pass the finest cells alone, or make y by the "
                "predict of these very partitions."
            )
    return levels
