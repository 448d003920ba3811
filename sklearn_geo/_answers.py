# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What any geolocator can be asked, whichever of it there is."""

import copy

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklearn_geo._entries import summed
from sklearn_geo.geometry import unit_vectors


def innermost(estimator, X):
    """Take wrappers off an estimator, and let the steps before it transform X.

    Parameters
    ----------
    estimator : estimator
        Fitted; perhaps a pipeline, a search or a frozen estimator.

    X : array-like
        What the estimator reads.

    Returns
    -------
    estimator : estimator
        The one that answers in the end.

    X : array-like
        What that one reads.
    """
    while (inside := _inside(estimator)) is not None:
        if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
            X = estimator[:-1].transform(X)
        estimator = inside
    return estimator, X


def final(estimator):
    """Take wrappers and the steps before it off the estimator that answers."""
    while (inside := _inside(estimator)) is not None:
        estimator = inside
    return estimator


def classes_known(estimator):
    """Return the classes that an estimator answers, or None if it knows none.

    Those of a tagger are the numbers of its tags, which a photo has several of.
    """
    if hasattr(final(estimator), "tag_names_"):
        return None
    return getattr(estimator, "classes_", None)


def _inside(estimator):
    """Return what a wrapper lets answer, or None if the estimator answers itself."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    return getattr(estimator, "best_estimator_", None)


def confidences(estimator, X, **more):
    """Return how sure an estimator is of each answer, or None if it does not say.

    Parameters
    ----------
    estimator : estimator
        With a method `confidence`, `predict_topk` or `predict_proba`.

    X : array-like
        What it reads.

    **more
        Handed to that method.

    Returns
    -------
    ndarray of shape (n_rows,) or None
        Higher is surer.
    """
    if hasattr(estimator, "confidence"):
        return np.asarray(estimator.confidence(X, **more), dtype=np.float64)
    if hasattr(estimator, "predict_topk"):
        proba = estimator.predict_topk(X, 1, **more)[1]
        return np.asarray(proba, dtype=np.float64)[:, 0]
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(X, **more)).max(axis=1)
    return None


def finest_partition(estimator):
    """Return the fitted partition that an estimator predicts cells of, or None."""
    for name in ("hierarchy_", "partition_", "partitions_"):
        found = getattr(estimator, name, None)
        if found is not None:
            return as_partition(found)
    return None


def as_partition(partition):
    """Return the finest partition of a hierarchy or a list; a partition as it is."""
    partition = getattr(partition, "finest_", partition)
    if isinstance(partition, (list, tuple)):
        if not partition:
            raise ValueError("There is no partition in an empty list.")
        partition = partition[-1]
    return partition


def nearest_cells(partition, places):
    """Return the cell of every place, or the one whose representative is nearest.

    Parameters
    ----------
    partition : PlacePartition
        A fitted partition.

    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    cells : ndarray of shape (n_places,)
        Positions of cells.

    covered : ndarray of shape (n_places,), bool
        Which places lie in their cell.
    """
    cells = cells_of(partition, places)
    covered = cells >= 0
    if not covered.all():
        table = partition.cells_
        stands = np.column_stack([table["latitude"], table["longitude"]])
        _, found = cKDTree(unit_vectors(stands)).query(unit_vectors(places[~covered]))
        cells = cells.copy()
        cells[~covered] = found
    return cells, covered


def cells_of(partition, places):
    """Return the cell that every place lies in, -1 for none rather than an error."""
    if isinstance(partition, FrozenEstimator):
        partition = partition.estimator
    if getattr(partition, "uncovered", "drop") == "error":
        partition = copy.copy(partition)
        partition.uncovered = "drop"
    return np.asarray(partition.predict(places))


def holds(regions, cells):
    """Tell which regions hold the cell of their row.

    Parameters
    ----------
    regions : array-like or sparse matrix of shape (n_rows, n_cells), or list of arrays
        Members marked by a true value, or the positions of the members of each row.

    cells : ndarray of shape (n_rows,)
        A cell a row; -1 is in no region.

    Returns
    -------
    hits : ndarray of shape (n_rows,), bool
        Whether the cell is a member.

    sizes : ndarray of shape (n_rows,)
        How many members there are.
    """
    if isinstance(regions, (list, tuple)):
        hits = [cell in members for cell, members in zip(cells, regions, strict=True)]
        return np.array(hits, dtype=bool), np.array(
            [_n_members(one) for one in regions]
        )
    at = np.arange(len(cells)), np.maximum(cells, 0)
    if sparse.issparse(regions):
        # Zeros that are stored are no members.
        regions = summed(sparse.csr_array(regions))
        members = np.asarray(regions[at]).ravel()
        sizes = np.diff(regions.indptr)
    else:
        regions = np.asarray(regions)
        members, sizes = regions[at], np.count_nonzero(regions, axis=1)
    return (members != 0) & (cells >= 0), sizes


def _n_members(region):
    """Count the members of a region, of which arrays and lists may say one twice."""
    if isinstance(region, (set, frozenset, dict, range)):
        return len(region)
    if isinstance(region, np.ndarray):
        return len(set(region.ravel().tolist()))
    return len(set(region))
