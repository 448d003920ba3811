# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ids of S2 cells: places to ids, up and down the levels.

S2 projects the sphere on the six faces of a cube and splits every face into four
cells, 30 times over. An id is 64 bits: the face, the way down to the cell, a 1 and
zeros. So ancestors are masks, descendants are ranges and sorting follows the curve.
"""

import numpy as np

from sklearn_geo.base import check_places
from sklearn_geo.geometry._s2_curve import MAX_LEVEL, leaf_ids_of_places
from sklearn_geo.geometry._s2_ids import (
    check_ids,
    first_row,
    lowest_bits,
    name_id,
    name_row,
)

S2_MAX_LEVEL = MAX_LEVEL

# All cells of this level take 0.8 GB; every level below takes four times that.
_LAST_LEVEL_LISTED = 12


def s2_leaf_ids(places):
    """Ids of the smallest S2 cells (level 30, about 1 cm wide) that hold the places.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places,), uint64
        Cell ids.

    See Also
    --------
    s2_cell_ids : Cells of any level.
    s2_parents : From leaf ids to any level, without the trigonometry.

    Notes
    -----
    Ids are, bit for bit, those of the reference implementation fed with the same
    degrees. Longitude 180 is read as -180, as everywhere in this library: at about
    every second latitude that is the leaf just east of the antimeridian, where other
    libraries answer +180 with the one just west of it.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_leaf_ids
    >>> s2_leaf_ids([[48.8584, 2.2945]])
    array([5180951437578483365], dtype=uint64)
    """
    return leaf_ids_of_places(check_places(places))


def s2_cell_ids(places, level):
    """Ids of the S2 cells of a level that hold the places.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    level : int or array-like of int of shape (n_places,)
        From 0, the six faces, to 30, cells of about 1 cm; one for all or one a place.

    Returns
    -------
    ndarray of shape (n_places,), uint64
        Cell ids.

    See Also
    --------
    s2_tokens : Ids as short text.
    s2_parents : Cells that hold other cells.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_cell_ids, s2_tokens
    >>> s2_tokens(s2_cell_ids([[48.8584, 2.2945], [40.6892, -74.0445]], level=12))
    array(['47e66ff', '89c2509'], dtype='<U16')
    """
    places = check_places(places)
    lowest = _lowest_bit_of_level(level, (len(places),))
    return _mask_to(leaf_ids_of_places(places), lowest)


def s2_parents(ids, level):
    """Ids of the cells of a level that hold the given cells.

    Parameters
    ----------
    ids : array-like of uint64
        Cell ids.

    level : int or array-like of int
        Level of the answer, one for all or one an id. A cell of that very level is its
        own answer.

    Returns
    -------
    ndarray of uint64
        Cell ids, in the shape of `ids`.

    Raises
    ------
    ValueError
        If a level is finer than the cell's own: which of its descendants?

    See Also
    --------
    s2_children : The way down.
    s2_levels : The level of each id.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_parents, s2_tokens
    >>> s2_tokens(s2_parents(s2_ids_from_tokens(["47e66ff", "89c2509"]), [4, 0]))
    array(['47f', '9'], dtype='<U16')
    """
    ids = check_ids(ids)
    lowest = _lowest_bit_of_level(level, ids.shape)
    # Coarser cells than asked for have zeros up to that level's lowest bit and there.
    too_coarse = (ids & (lowest | (lowest - np.uint64(1)))) == 0
    if too_coarse.any():
        row = first_row(too_coarse)
        asked = np.broadcast_to(np.asarray(level), ids.shape)[row]
        raise ValueError(
            f"ids, {name_row(row)}: {name_id(ids[row])} is a cell of level "
            f"{int(s2_levels(ids[row])[0])} and has no parent of the finer level "
            f"{int(asked)}. Ask for a level that is coarser (smaller) or its own; "
            "s2_levels tells the levels of ids and s2_children goes down."
        )
    return _mask_to(ids, lowest)


def s2_levels(ids):
    """Levels of cells.

    Parameters
    ----------
    ids : array-like of uint64
        Cell ids.

    Returns
    -------
    ndarray of int64
        From 0, a face, to 30, a leaf.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_levels
    >>> s2_levels(s2_ids_from_tokens(["5", "47f", "47e66ff"]))
    array([ 0,  4, 12])
    """
    lowest = lowest_bits(check_ids(ids))
    # A power of two is a float exactly, and its exponent is twice the height above 30.
    exponent = np.frexp(lowest.astype(np.float64))[1] - 1
    return MAX_LEVEL - (exponent >> 1).astype(np.int64)


def s2_faces(ids):
    """Faces of the cube on which cells lie.

    Parameters
    ----------
    ids : array-like of uint64
        Cell ids.

    Returns
    -------
    ndarray of int64
        From 0 to 5. The middles of the faces are at (0, 0), (0, 90), the north pole,
        (0, 180), (0, -90) and the south pole.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_cell_ids, s2_faces
    >>> s2_faces(s2_cell_ids([[0.0, 0.0], [80.0, 0.0], [0.0, 180.0]], level=8))
    array([0, 2, 3])
    """
    return (check_ids(ids) >> 61).astype(np.int64)


def s2_ranges(ids):
    """Smallest and largest leaf ids inside cells.

    Parameters
    ----------
    ids : array-like of uint64
        Cell ids.

    Returns
    -------
    smallest, largest : ndarray of uint64
        Both belong to the cell. The ids of its descendants of every level lie between.

    See Also
    --------
    s2_contains : The test by range, done.

    Examples
    --------
    Count places in cells, however many of either, by sorting once:

    >>> import numpy as np
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_leaf_ids, s2_ranges
    >>> leaves = np.sort(s2_leaf_ids([[48.8584, 2.2945], [48.86, 2.3], [40.7, -74.0]]))
    >>> low, high = s2_ranges(s2_ids_from_tokens(["47f", "89d"]))
    >>> np.searchsorted(leaves, high, "right") - np.searchsorted(leaves, low)
    array([2, 1])
    """
    return _ranges(check_ids(ids))


def s2_children(ids):
    """Ids of the four cells into which each cell splits.

    Parameters
    ----------
    ids : array-like of uint64 of shape (n_cells,)
        Cell ids of levels 0 to 29.

    Returns
    -------
    ndarray of shape (n_cells, 4), uint64
        Cell ids of the next finer level, ascending, which is their order on the curve.

    Raises
    ------
    ValueError
        If a cell is a leaf.

    See Also
    --------
    s2_parents : The way up.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_children, s2_ids_from_tokens, s2_tokens
    >>> s2_tokens(s2_children(s2_ids_from_tokens(["47f"])))
    array([['47e4', '47ec', '47f4', '47fc']], dtype='<U16')
    """
    ids = check_ids(ids)
    leaf = (ids & 1) == 1
    if leaf.any():
        row = first_row(leaf)
        raise ValueError(
            f"ids, {name_row(row)}: {name_id(ids[row])} is a leaf cell, level "
            f"{MAX_LEVEL}, and has no children. Split cells of level "
            f"{MAX_LEVEL - 1} or coarser."
        )
    half_step = (lowest_bits(ids) >> 2)[..., np.newaxis]
    places = np.array([1, 3, 5, 7], dtype=np.uint64)
    # From the cell's end of the range, which is 4 half steps below the id, upwards.
    return (ids[..., np.newaxis] - 4 * half_step) + places * half_step


def s2_contains(cells, ids):
    """Tell whether cells contain other cells.

    Parameters
    ----------
    cells : array-like of uint64
        Ids of the cells that may contain.

    ids : array-like of uint64
        Ids of the cells that may be inside; ids of leaves for places. The two shapes
        are broadcast.

    Returns
    -------
    ndarray of bool
        True where the cell of `ids` is that of `cells` or a descendant of it.

    See Also
    --------
    s2_intersects : Containment either way round.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_contains, s2_ids_from_tokens, s2_leaf_ids
    >>> cells = s2_ids_from_tokens(["47f", "47e66ff", "89c"])
    >>> s2_contains(cells, s2_leaf_ids([[48.8584, 2.2945]]))
    array([ True,  True, False])
    """
    smallest, largest = _ranges(check_ids(cells, name="cells"))
    ids = check_ids(ids)
    return (smallest <= ids) & (ids <= largest)


def s2_intersects(a, b):
    """Tell whether two cells share more than an edge or a corner.

    Parameters
    ----------
    a, b : array-like of uint64
        Cell ids. The two shapes are broadcast.

    Returns
    -------
    ndarray of bool
        True where one of the two contains the other, which is the only way in which
        cells overlap.

    See Also
    --------
    s2_contains : One way round.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_intersects
    >>> cells = s2_ids_from_tokens(["47e66ff", "89c"])
    >>> s2_intersects(cells, s2_ids_from_tokens(["47e4"]))
    array([ True, False])
    """
    smallest_a, largest_a = _ranges(check_ids(a, name="a"))
    smallest_b, largest_b = _ranges(check_ids(b, name="b"))
    return (smallest_a <= largest_b) & (smallest_b <= largest_a)


def s2_ids_at_level(level):
    """Ids of all cells of a level.

    Parameters
    ----------
    level : int
        From 0 to 12.

    Returns
    -------
    ndarray of shape (6 * 4**level,), uint64
        Cell ids, ascending.

    See Also
    --------
    s2_average_area : What is left for each.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_at_level, s2_tokens
    >>> s2_tokens(s2_ids_at_level(0))
    array(['1', '3', '5', '7', '9', 'b'], dtype='<U16')
    >>> len(s2_ids_at_level(8))
    393216
    """
    _lowest_bit_of_level(level, ())
    level = int(level)
    if level > _LAST_LEVEL_LISTED:
        raise ValueError(
            f"level {level} has {6 * 4**level:,} cells, too many to list; the finest "
            f"level listed is {_LAST_LEVEL_LISTED}. List a coarser level and split the "
            "cells you need with s2_children."
        )
    lowest = 1 << 2 * (MAX_LEVEL - level)
    ids = np.arange(6 * 4**level, dtype=np.uint64)
    ids *= np.uint64(2 * lowest)
    ids += np.uint64(lowest)
    return ids


def _ranges(ids):
    reach = lowest_bits(ids) - np.uint64(1)
    return ids - reach, ids + reach


def _mask_to(ids, lowest):
    """Replace everything from the bit `lowest` downwards by that bit and zeros."""
    return (ids & ~(lowest | (lowest - np.uint64(1)))) | lowest


def _lowest_bit_of_level(level, shape):
    """Return the lowest bit of ids of a level or levels, as an array of uint64."""
    levels = np.asarray(level)
    if levels.dtype.kind not in "iu":
        raise TypeError(
            f"level must be an integer or an array of integers; got {level!r}."
        )
    if levels.ndim and levels.shape != shape:
        raise ValueError(
            "level must be one number, or an array with one for each cell: expected "
            f"the shape {shape}, got {levels.shape}."
        )
    outside = (levels < 0) | (levels > MAX_LEVEL)
    if outside.any():
        row = first_row(outside)
        where = f" ({name_row(row)})" if row else ""
        raise ValueError(
            f"level must be between 0, the faces, and {MAX_LEVEL}, the leaves; got "
            f"{int(levels[row])}{where}."
        )
    heights = np.atleast_1d(MAX_LEVEL - levels.astype(np.int64))
    return np.left_shift(np.uint64(1), (2 * heights).astype(np.uint64))
