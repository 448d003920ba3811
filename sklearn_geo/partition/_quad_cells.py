# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Adaptive cells on a grid that splits in four: S2 cells and midpoint triangles.

The ids of all descendants of a cell are an interval. So the ids of the finest cells
that hold the places are made and sorted once; from then on a cell is a piece of the
sorted ids, and what the four cells it splits into hold is found by binary searches.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sklearn_geo.partition._cells import (
    BLOCK_ROWS,
    blocks_of,
    cell_table,
    full_enough,
    remedy_of_light_weights,
    sums,
    too_full,
)
from sklearn_geo.partition._files import integers

# Places that are sorted together, unless there are so many that this makes more pieces
# than the second number: each piece costs a few binary searches a cell.
PIECE_ROWS = 2**20
MOST_PIECES = 16


class QuadGrid(NamedTuple):
    """The public functions of `sklearn_geo.geometry` for one of the two grids."""

    max_level: int
    one: str  # what a cell is called in messages
    leaf_ids: Callable  # of places
    base_ids: Callable  # of level 0
    children: Callable
    ranges: Callable
    levels: Callable
    tokens: Callable
    ids_from_tokens: Callable
    centers: Callable
    areas: Callable


class SortedLeaves(NamedTuple):
    """Places as sorted ids of the finest level: all of them, or a piece."""

    leaves: np.ndarray
    rows: np.ndarray | None = None  # where each stood before
    weights: np.ndarray | None = None  # None for 1
    counts: np.ndarray | None = None  # how many equal places a row stands for

    def held_between(self, low, high):
        """Return counts and weights of leaves in intervals, which rise."""
        starts = np.searchsorted(self.leaves, low, "left")
        stops = np.searchsorted(self.leaves, high, "right")
        counts = _sums_between(self.counts, starts, stops)
        if self.weights is None:
            return counts, counts.astype(np.float64)
        return counts, _sums_between(self.weights, starts, stops)


class QuadCells(NamedTuple):
    """Cells of a grid that do not overlap, by rising id, and what they hold."""

    ids: np.ndarray
    counts: np.ndarray
    weights: np.ndarray


def sort_leaves(grid, places, weights):
    """Sort places by the ids of the finest cells around them.

    Parameters
    ----------
    grid : QuadGrid
        The grid.

    places : ndarray of shape (n_places, 2)
        Validated places.

    weights : ndarray of shape (n_places,) or None
        Their weights.

    Returns
    -------
    list of SortedLeaves
        Sorted piece by piece, since sorting many rows at once is slower; with weights,
        one piece, so that their sums do not depend on the order of rows.
    """
    if weights is not None:
        leaves = grid.leaf_ids(places)
        order = np.lexsort((weights, leaves))
        return [SortedLeaves(leaves[order], order, weights[order])]
    n_places = len(places)
    index = np.int32 if n_places < 2**31 else np.int64
    pieces = []
    for rows in blocks_of(n_places, max(PIECE_ROWS, -(-n_places // MOST_PIECES))):
        leaves = grid.leaf_ids(places[rows])
        order = np.argsort(leaves)
        leaves = leaves[order]
        order = order.astype(index)
        order += index(rows.start)
        pieces.append(SortedLeaves(leaves, order))
    return pieces


def split_where_full(grid, pieces, *, max_per_cell, start_level, max_level):
    """Split the base cells while they hold more than they may.

    Parameters
    ----------
    grid : QuadGrid
        The grid.

    pieces : list of SortedLeaves
        The places.

    max_per_cell : float
        Cells with more weight than this are split.

    start_level : int
        Cells above this level are split whatever they hold.

    max_level : int
        Cells of this level are not split.

    Returns
    -------
    QuadCells
        The cells that hold at least one place.
    """
    done = []
    ids = grid.base_ids(0)
    for level in range(max_level + 1):
        low, high = grid.ranges(ids)
        held = [piece.held_between(low, high) for piece in pieces]
        counts, weights = (sum(parts) for parts in zip(*held, strict=True))
        cells = cells_where(QuadCells(ids, counts, weights), counts > 0)
        full = too_full(cells.weights, max_per_cell)
        full |= level < start_level
        if level == max_level:
            full[:] = False
        done.append(cells_where(cells, ~full))
        ids = cells.ids[full]
        if not ids.size:
            break
        ids = grid.children(ids).ravel()
    cells = QuadCells(*map(np.concatenate, zip(*done, strict=True)))
    return cells_where(cells, np.argsort(cells.ids))


def labels_of(grid, ids, pieces, n_places):
    """Write down the cell of each place, -1 for none, in the order they had."""
    labels = np.empty(n_places, dtype=np.int64)
    low, high = grid.ranges(ids)
    # Before each cell there may be leaves that are in none, and behind the last.
    values = np.full(2 * len(ids) + 1, -1)
    values[1::2] = np.arange(len(ids))
    for piece in pieces:
        borders = np.zeros(2 * len(ids) + 2, dtype=np.int64)
        borders[1:-1:2] = np.searchsorted(piece.leaves, low, "left")
        borders[2:-1:2] = np.searchsorted(piece.leaves, high, "right")
        borders[-1] = len(piece.leaves)
        labels[piece.rows] = np.repeat(values, np.diff(borders))
    return labels


def _sums_between(values, starts, stops):
    """Add up values from starts to stops, disjoint and rising; None counts."""
    if values is None:
        return stops - starts
    sums = np.zeros(len(starts), dtype=values.dtype)
    filled = np.flatnonzero(stops > starts)
    borders = np.column_stack([starts[filled], stops[filled]]).ravel()
    if filled.size:
        # Every other sum is that of a gap; the last border may be the end.
        borders = borders[:-1] if borders[-1] == len(values) else borders
        sums[filled] = np.add.reduceat(values, borders)[::2]
    return sums


def cells_where(cells, mask):
    """Return the cells that a mask keeps, or rows in their order."""
    return QuadCells(*(column[mask] for column in cells))


def locate(grid, ids, leaves):
    """Find the cell of each leaf: its position in `ids`, sorted, or -1."""
    cells = np.full(len(leaves), -1, dtype=np.int64)
    if not len(ids):
        return cells
    low, high = grid.ranges(ids)
    for rows in blocks_of(len(leaves), BLOCK_ROWS):
        block = leaves[rows]
        # Of the cells that do not end before the leaf, only the first may hold it.
        at = np.searchsorted(high, block)
        np.minimum(at, len(ids) - 1, out=at)
        inside = (low[at] <= block) & (block <= high[at])
        cells[rows][inside] = at[inside]
    return cells


def first_overlap(grid, ids):
    """Return the first position whose cell overlaps the one before, or None.

    Ids have to be sorted: whatever lies between a cell and one inside of it is inside
    of it as well, so of two neighbours the second overlaps the first.
    """
    low, high = grid.ranges(ids)
    overlaps = np.flatnonzero(low[1:] <= high[:-1])
    return int(overlaps[0]) + 1 if overlaps.size else None


def quad_columns(grid, ids):
    """Return the first columns of the table of cells, their centres and areas."""
    columns = {"name": grid.tokens(ids), "id": ids, "level": grid.levels(ids)}
    return columns, grid.centers(ids), grid.areas(ids)


def dropped_table(grid, cells):
    """Make the table of cells that hold too little to be kept."""
    return cell_table(
        {
            "name": grid.tokens(cells.ids),
            "id": cells.ids,
            "level": grid.levels(cells.ids),
            "count": cells.counts,
            "weight": cells.weights,
        }
    )


def check_limits(partition):
    """Check the limits of a partition against each other."""
    # As numbers of Python: those of numpy overflow where they are compared.
    if float(partition.max_per_cell) < float(partition.min_per_cell):
        raise ValueError(
            f"max_per_cell={partition.max_per_cell} is smaller than "
            f"min_per_cell={partition.min_per_cell}: cells would be split until they "
            "hold at most the first and then be dropped for holding fewer than the "
            "second. Raise max_per_cell or lower min_per_cell."
        )
    if partition.start_level > partition.max_level:
        raise ValueError(
            f"start_level={partition.start_level} is finer than "
            f"max_level={partition.max_level}. Lower start_level or raise max_level."
        )


def refuse_none_kept(partition, grid, cells, weights):
    """Raise because every cell holds too little."""
    fullest = int(np.argmax(cells.weights))
    name = str(grid.tokens(cells.ids[fullest : fullest + 1])[0])
    raise ValueError(
        f"every {grid.one} is below min_per_cell={partition.min_per_cell}, so none is "
        f"kept: the fullest of {len(cells.ids)}, {name!r}, holds "
        f"{cells.weights[fullest]:.12g}. {remedy_of_light_weights(weights)}Lower "
        f"min_per_cell to that, raise max_per_cell (now {partition.max_per_cell}) to "
        "split less, or fit on more places."
    )


def learn_cells(partition, grid, places, weights):
    """Choose the cells of a partition by its limits.

    Parameters
    ----------
    partition : PlacePartition
        Has the parameters max_per_cell, min_per_cell, start_level and max_level.

    grid : QuadGrid
        The grid to take cells from.

    places : ndarray of shape (n_places, 2)
        Validated places.

    weights : ndarray of shape (n_places,) or None
        Positive weights.

    Returns
    -------
    labels : ndarray of shape (n_places,), int64
        The cell of each place, -1 where it was dropped.

    ids : ndarray of shape (n_cells,), uint64
        The cells that are kept, rising.

    dropped : ndarray of shape (n_dropped_cells,)
        The table of cells that hold too little.
    """
    check_limits(partition)
    pieces = sort_leaves(grid, places, weights)
    kept, lost = split_by_limits(partition, grid, pieces)
    if not kept.ids.size:
        refuse_none_kept(partition, grid, lost, weights)
    labels = labels_of(grid, kept.ids, pieces, len(places))
    return labels, kept.ids, dropped_table(grid, lost)


def split_by_limits(partition, grid, pieces):
    """Split cells by the parameters of a partition; return those kept and dropped."""
    cells = split_where_full(
        grid,
        pieces,
        max_per_cell=partition.max_per_cell,
        start_level=partition.start_level,
        max_level=partition.max_level,
    )
    enough = full_enough(cells.weights, partition.min_per_cell)
    return cells_where(cells, enough), cells_where(cells, ~enough)


def recounted(dropped, grid, places, weights):
    """Return the table of dropped cells with other places counted in them."""
    dropped = dropped.copy()
    labels = locate(grid, dropped["id"], grid.leaf_ids(places))
    dropped["count"] = sums(None, labels, len(dropped))
    dropped["weight"] = sums(weights, labels, len(dropped))
    return dropped


def dropped_to_json(dropped):
    """Return the table of dropped cells as lists."""
    return {name: dropped[name].tolist() for name in ("name", "count", "weight")}


def dropped_from_json(grid, columns):
    """Make the table of dropped cells from what `dropped_to_json` returned."""
    ids = grid.ids_from_tokens(np.array(columns["name"], dtype=str))
    counts, weights = read_counts(columns)
    return dropped_table(grid, QuadCells(ids, counts, weights))


def read_counts(columns):
    """Return the counts and the weights of dropped cells from a file."""
    counts = integers(columns["count"])
    weights = np.array(columns["weight"], dtype=np.float64)
    if (counts < 0).any() or not (np.isfinite(weights) & (weights >= 0.0)).all():
        raise ValueError("its dropped cells hold what is no count or no weight")
    return counts, weights


def ids_from_table(grid, cells):
    """Return the ids of a table read from a file, if they can be those of cells."""
    ids = grid.ids_from_tokens(cells["name"])
    if not np.array_equal(ids, cells["id"]):
        row = int(np.argmax(ids != cells["id"]))
        raise ValueError(f"cell {row} has a name and an id of two different cells")
    if not np.array_equal(grid.levels(ids), cells["level"]):
        row = int(np.argmax(grid.levels(ids) != cells["level"]))
        raise ValueError(f"cell {row} is of another level than it says")
    if not np.array_equal(np.sort(ids), ids):
        raise ValueError("its cells are not in the order of their ids")
    overlap = first_overlap(grid, ids)
    if overlap is not None:
        raise ValueError(f"cell {overlap} overlaps another one")
    return ids
