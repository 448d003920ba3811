# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The table of cells: what is counted in each, and the place that stands for it."""

import numpy as np

from sklearn_geo._numbers import read_numbers
from sklearn_geo._weights import check_each, check_total
from sklearn_geo.geometry import (
    geometric_median,
    places_from_vectors,
    unit_vectors,
)

# Places a block: what is computed of them stays in the cache.
BLOCK_ROWS = 32768

# Sums of weights that differ from a limit by less than this share are that limit.
_ROUNDING = 1e-9

# Squared distances that differ by less than this share are equal.
_TIE = 1e-9


def blocks_of(n_rows, size):
    """Yield slices that cut rows into blocks; none if there are no rows."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


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
    weights = read_numbers(sample_weight, "sample_weight")
    if weights.ndim == 0:
        weights = np.full(n_places, float(weights))
    if weights.shape != (n_places,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected ({n_places},): one "
            "weight a place."
        )
    check_each(weights)
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for every place, so there is nothing to count. "
            "Leave it out to count every place once."
        )
    check_total(weights)
    return None if (weights == 1.0).all() else weights


def too_full(weights, max_per_cell):
    """Tell which cells hold more than they may, beyond the rounding of their sums."""
    return weights / (1.0 + _ROUNDING) > max_per_cell


def full_enough(weights, min_per_cell):
    """Tell which cells hold what they must, but for the rounding of their sums."""
    with np.errstate(over="ignore"):  # infinity is enough
        return weights / (1.0 - _ROUNDING) >= min_per_cell


def remedy_of_light_weights(weights):
    """Return what to do where no cell is full, if weights may be shares of a whole."""
    if weights is None or full_enough(weights.sum(), len(weights)):
        return ""
    return (
        f"sample_weight adds up to {weights.sum():g} over {len(weights)} places, and a "
        "place is counted as many times as its weight says: scale weights that are "
        "shares up, for example with weights / weights.mean(). Otherwise: "
    )


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
        if len(column) != len(table):
            raise ValueError(
                f"the column {name!r} has {len(column)} values for {len(table)} cells"
            )
        table[name] = column
    return table


def filled_table(columns, centers, areas, places, labels, representative, **values):
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

    labels : ndarray of shape (n_places,), int64
        The cell of each, -1 for none.

    representative : {"mean", "center", "medoid", "median"}
        What stands for a cell, see `representatives`.

    **values : ndarray of shape (n_places,) or None
        `weights` and `counts` of the places, positive; None is 1 for all.

    Returns
    -------
    ndarray of shape (n_cells,)
        The table.
    """
    weights, counts = values.get("weights"), values.get("counts")
    n_cells = len(centers)
    counted = sums(counts, labels, n_cells)
    weighed = counted if weights is counts else sums(weights, labels, n_cells)
    filled = counted > 0
    stands = representatives(places, labels, filled, weights, centers, representative)
    return cell_table(
        {
            **columns,
            "count": counted.astype(np.int64),
            "weight": weighed,
            "latitude": stands[:, 0],
            "longitude": stands[:, 1],
            "center_latitude": centers[:, 0],
            "center_longitude": centers[:, 1],
            "area_km2": np.asarray(areas, dtype=np.float64),
        }
    )


def sums(values, labels, n_cells):
    """Add up the values of the places in each cell; None counts them."""
    totals = np.zeros(n_cells + 1)
    for rows in _blocks(labels, n_cells):
        own = None if values is None else values[rows]
        # Places in no cell come first.
        totals += np.bincount(labels[rows] + 1, own, n_cells + 1)
    return totals[1:]


def representatives(places, labels, filled, weights, centers, kind):
    """Find the place that stands for each cell.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Validated places.

    labels : ndarray of shape (n_places,), int64
        The cell of each, -1 for none.

    filled : ndarray of shape (n_cells,), bool
        Which cells have places.

    weights : ndarray of shape (n_places,) or None
        Weights of the places.

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
    if kind == "center" or not filled.any():
        return stands
    if kind == "median":
        _fill_medians(stands, places, labels, weights)
        return stands
    means, sure = _mean_vectors(places, labels, len(centers), weights)
    if kind == "mean":
        stands[sure] = places_from_vectors(means[sure])
        return stands
    # Of places that balance each other around the globe, the one nearest to the middle.
    lost = filled & ~sure
    if lost.any():
        means[lost] = unit_vectors(centers[lost])
    _fill_nearest(stands, places, labels, means)
    return stands


def _blocks(labels, n_cells):
    """Cut rows into blocks, not smaller than the table that they are added up in."""
    return blocks_of(len(labels), max(BLOCK_ROWS, n_cells))


def _mean_vectors(places, labels, n_cells, weights):
    """Return the directions of the mean vectors, and which cells have one."""
    totals, mass = np.zeros((3, n_cells + 1)), np.zeros(n_cells + 1)
    for rows in _blocks(labels, n_cells):
        vectors, shifted = unit_vectors(places[rows]), labels[rows] + 1
        own = None if weights is None else weights[rows]
        mass += np.bincount(shifted, own, n_cells + 1)
        for axis in range(3):
            column = vectors[:, axis] if own is None else vectors[:, axis] * own
            totals[axis] += np.bincount(shifted, column, n_cells + 1)
    # Squares of large or small sums would be infinite or zero. To scale by a power of
    # two changes no digit.
    mass, power = np.frexp(mass[1:])
    totals = np.ldexp(totals[:, 1:], -power).T
    length = np.linalg.norm(totals, axis=1)
    # Places that balance each other around the globe have no mean.
    sure = length > 1e-12 * mass
    means = np.zeros((n_cells, 3))
    means[sure] = totals[sure] / length[sure, np.newaxis]
    return means, sure


def _fill_nearest(stands, places, labels, targets):
    """Write the place nearest to the target of each cell that has places.

    Of equally near ones the southernmost, and of those the westernmost: the order of
    rows does not matter.
    """
    least = np.full(len(stands), np.inf)
    squares = np.full(len(places), np.inf)
    covered = np.flatnonzero(labels >= 0)
    for block in blocks_of(len(covered), BLOCK_ROWS):
        inside = covered[block]
        apart = unit_vectors(places[inside]) - targets[labels[inside]]
        squares[inside] = np.einsum("ij,ij->i", apart, apart)
        np.minimum.at(least, labels[inside], squares[inside])
    tied = np.flatnonzero((labels >= 0) & (squares <= least[labels] * (1.0 + _TIE)))
    # Written from the last to the first, the first one stays.
    order = np.lexsort((places[tied, 1], places[tied, 0]))[::-1]
    stands[labels[tied[order]]] = places[tied[order]]


def _fill_medians(stands, places, labels, weights):
    """Write the geometric median of each cell that has places.

    Where it is not unique (two places, say), the order of rows does not matter.
    """
    order = np.lexsort((places[:, 1], places[:, 0], labels))
    cells, starts = np.unique(labels[order], return_index=True)
    for cell, rows in zip(cells, np.split(order, starts[1:]), strict=True):
        if cell >= 0:
            own = None if weights is None else weights[rows]
            stands[cell] = geometric_median(places[rows], own)
