# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The table of cells: what is counted in each, and the place that stands for it."""

from typing import NamedTuple

import numpy as np
from sklearn import get_config

from sklearn_geo.geometry import (
    geometric_median,
    places_from_vectors,
    unit_vectors,
)

# Of a row of places while it is worked on: the place, its vector and a few sums.
_ROW_BYTES = 128


class Members(NamedTuple):
    """Which rows of a table of places lie in which cell.

    ``rows[starts[k]:stops[k]]`` are those of cell k.
    """

    rows: np.ndarray
    starts: np.ndarray
    stops: np.ndarray


def members_of_labels(labels, n_cells):
    """Gather the rows of each cell; rows of the label -1 belong to none."""
    rows = np.argsort(labels, kind="stable")
    borders = np.searchsorted(labels[rows], np.arange(n_cells + 1))
    return Members(rows, borders[:-1], borders[1:])


def rows_in_cells(members):
    """Return the rows of all cells together."""
    filled = np.flatnonzero(members.stops > members.starts)
    if not filled.size:
        return members.rows[:0]
    return _rows_of(members, filled)[0]


def read_weights(sample_weight, n_places):
    """Return weights as float64, or None if they are all 1.

    Parameters
    ----------
    sample_weight : array-like of shape (n_places,), number or None
        Weights of places.

    n_places : int
        How many there must be.

    Returns
    -------
    ndarray of shape (n_places,), float64, or None
        Weights, finite and not negative, not all zero.
    """
    if sample_weight is None:
        return None
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"sample_weight must hold numbers; got {sample_weight!r:.60}. Convert text "
            "first, for example with np.asarray(weights, dtype=float)."
        ) from error
    if weights.ndim == 0:
        weights = np.full(n_places, float(weights))
    if weights.shape != (n_places,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected ({n_places},): one "
            "weight a place."
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"sample_weight, row {row}: {float(weights[row])!r} is no weight. Weights "
            "are finite and not negative; drop the row or give it weight 0."
        )
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for every place, so there is nothing to count. "
            "Leave it out to count every place once."
        )
    return None if (weights == 1.0).all() else weights


def cell_table(columns):
    """Put columns of equal length side by side as a structured array.

    Parameters
    ----------
    columns : dict of str to array-like
        Columns by name, in their order.

    Returns
    -------
    ndarray of shape (n_cells,)
        One record a cell. ``pandas.DataFrame(table)`` takes it as it is.
    """
    columns = {name: np.asarray(column) for name, column in columns.items()}
    table = np.empty(
        len(next(iter(columns.values()))),
        dtype=[(name, column.dtype) for name, column in columns.items()],
    )
    for name, column in columns.items():
        table[name] = column
    return table


def filled_table(columns, centers, areas, places, members, weights, representative):
    """Make the table of cells from their places.

    Parameters
    ----------
    columns : dict of str to array-like
        What comes first in the table: at least "name".

    centers : ndarray of shape (n_cells, 2)
        A place in each cell that does not depend on the data.

    areas : ndarray of shape (n_cells,)
        Square kilometres.

    places : ndarray of shape (n_places, 2)
        Validated places.

    members : Members
        Which of them lie in which cell.

    weights : ndarray of shape (n_places,) or None
        Their weights; None counts each once. Rows of weight zero are no members.

    representative : {"mean", "center", "medoid", "median"}
        What stands for a cell, see `representatives`.

    Returns
    -------
    ndarray of shape (n_cells,)
        The table.
    """
    stands = representatives(places, members, weights, centers, representative)
    counts = members.stops - members.starts
    return cell_table(
        {
            **columns,
            "count": counts.astype(np.int64),
            "weight": sums(weights, members),
            "latitude": stands[:, 0],
            "longitude": stands[:, 1],
            "center_latitude": centers[:, 0],
            "center_longitude": centers[:, 1],
            "area_km2": np.asarray(areas, dtype=np.float64),
        }
    )


def sums(values, members):
    """Add up the values of the members of each cell; None counts them."""
    if values is None:
        return (members.stops - members.starts).astype(np.float64)
    totals = np.zeros(len(members.starts))
    filled = np.flatnonzero(members.stops > members.starts)
    for cells in _blocks(members, filled):
        rows, starts = _rows_of(members, cells)
        totals[cells] = np.add.reduceat(values[rows], starts)
    return totals


def representatives(places, members, weights, centers, kind):
    """Find the place that stands for each cell.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Validated places.

    members : Members
        Which of them lie in which cell.

    weights : ndarray of shape (n_places,) or None
        Their weights.

    centers : ndarray of shape (n_cells, 2)
        What stands for cells without places, and for all with ``kind="center"``.

    kind : {"mean", "center", "medoid", "median"}
        "mean" is the direction of the mean unit vector; "medoid" is the place nearest
        to it, which is the one with the smallest sum of squared straight distances
        to the others; "median" has the smallest sum of great-circle distances.

    Returns
    -------
    ndarray of shape (n_cells, 2)
        Latitude and longitude in degrees.
    """
    stands = np.array(centers, dtype=np.float64)
    filled = np.flatnonzero(members.stops > members.starts)
    if kind == "center" or not filled.size:
        return stands
    if kind == "median":
        for cell in filled:
            rows = members.rows[members.starts[cell] : members.stops[cell]]
            own = None if weights is None else weights[rows]
            stands[cell] = geometric_median(places[rows], own)
        return stands
    for cells in _blocks(members, filled):
        rows, starts = _rows_of(members, cells)
        vectors = unit_vectors(places[rows])
        weighted = vectors if weights is None else vectors * weights[rows, np.newaxis]
        totals = np.add.reduceat(weighted, starts, axis=0)
        length = np.linalg.norm(totals, axis=1)
        mass = (
            np.diff(np.append(starts, len(rows)))
            if weights is None
            else np.add.reduceat(weights[rows], starts)
        )
        # Places that balance each other around the globe have no mean.
        sure = length > 1e-12 * mass
        means = totals[sure] / length[sure, np.newaxis]
        if kind == "medoid":
            target = unit_vectors(stands[cells])
            target[sure] = means
            nearest = _nearest_members(places[rows], vectors, starts, target)
            stands[cells] = places[rows[nearest]]
        else:
            stands[cells[sure]] = places_from_vectors(means)
    return stands


def _nearest_members(places, vectors, starts, targets):
    """Find the row nearest to the target of its group; of equal ones the southernmost.

    Equal southernmost ones: the westernmost. So the order of rows does not matter.
    """
    lengths = np.diff(np.append(starts, len(vectors)))
    group = np.repeat(np.arange(len(starts)), lengths)
    squares = ((vectors - targets[group]) ** 2).sum(axis=1)
    least = np.minimum.reduceat(squares, starts)
    tied = np.flatnonzero(squares <= least[group])
    order = np.lexsort((places[tied, 1], places[tied, 0], group[tied]))
    tied = tied[order]
    _, first = np.unique(group[tied], return_index=True)
    return tied[first]


def _blocks(members, cells):
    """Cut cells into runs whose places fit the working memory, one cell at least."""
    n_fit = max(1, int(get_config()["working_memory"] * 2**20) // _ROW_BYTES)
    ends = np.cumsum(members.stops[cells] - members.starts[cells])
    first = 0
    while first < len(cells):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + n_fit, "right")))
        yield cells[first:last]
        first = last


def _rows_of(members, cells):
    """Rows of some cells that all have some, and where those of each begin."""
    lengths = members.stops[cells] - members.starts[cells]
    starts = np.cumsum(lengths) - lengths
    if (members.stops[cells[:-1]] == members.starts[cells[1:]]).all():
        return members.rows[members.starts[cells[0]] : members.stops[cells[-1]]], starts
    position = np.arange(lengths.sum())
    position += np.repeat(members.starts[cells] - starts, lengths)
    return members.rows[position], starts
