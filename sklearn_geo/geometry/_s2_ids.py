# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2 cells by their ids alone: validity, levels, families and tokens.

S2 projects the sphere on the six faces of a cube and splits every face into four
cells, 30 times over. An id is 64 bits: the face, the way down to the cell, a 1 and
zeros. So ancestors are masks, descendants are ranges and sorting follows the curve.
"""

import numpy as np

from sklearn_geo.geometry._quad_ids import QuadIds, check_shapes

S2_MAX_LEVEL = 30

S2_IDS = QuadIds(
    n_bases=6,
    max_level=S2_MAX_LEVEL,
    # All cells of this level take 0.8 GB; every level below takes four times that.
    last_listed=12,
    one="an S2 cell",
    many="cells",
    prefix="s2",
    locator="s2_cell_ids",
    token="47e66ff",
    has_none=True,
)


def s2_is_valid(ids):
    """Tell which numbers are ids of S2 cells.

    Parameters
    ----------
    ids : array-like of integers
        Numbers of 64 bits, signed or not.

    Returns
    -------
    ndarray of bool
        False for 0, the id that stands for "no cell", too.

    See Also
    --------
    s2_ids_from_tokens : Ids of tokens, which are checked.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_is_valid
    >>> s2_is_valid([0x47F0000000000000, 0, 2])
    array([ True, False, False])
    """
    return S2_IDS.is_valid(ids)


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

    See Also
    --------
    s2_ids_at_level : Which of a level's cells ids are.
    s2_average_area : How large cells of a level are.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens, s2_levels
    >>> s2_levels(s2_ids_from_tokens(["5", "47f", "47e66ff"]))
    array([ 0,  4, 12])
    """
    return S2_IDS.levels(ids)


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

    See Also
    --------
    s2_levels : How fine cells are.
    s2_parents : The cells around them.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_cell_ids, s2_faces
    >>> s2_faces(s2_cell_ids([[0.0, 0.0], [80.0, 0.0], [0.0, 180.0]], level=8))
    array([0, 2, 3])
    """
    return (S2_IDS.check(ids) >> S2_IDS.base_shift).astype(np.int64)


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
    return S2_IDS.parents(ids, level)


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
    return S2_IDS.children(ids)


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
    return S2_IDS.ranges(ids)


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
    return S2_IDS.contains(cells, ids)


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
    smallest_a, largest_a = S2_IDS.ranges(a, name="a")
    smallest_b, largest_b = S2_IDS.ranges(b, name="b")
    check_shapes(a=smallest_a, b=smallest_b)
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
    return S2_IDS.at_level(level)


def s2_tokens(ids):
    """Write cell ids as tokens: short hexadecimal text.

    Parameters
    ----------
    ids : array-like of uint64
        Cell ids, or 0 for "no cell".

    Returns
    -------
    ndarray of str
        The 16 hexadecimal digits of the id without the zeros at their end; "X" for 0.
        Sorted tokens are in the order of sorted ids.

    See Also
    --------
    s2_ids_from_tokens : The way back.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_cell_ids, s2_tokens
    >>> s2_tokens(s2_cell_ids([[48.8584, 2.2945]], level=4))
    array(['47f'], dtype='<U16')
    """
    return S2_IDS.to_tokens(ids)


def s2_ids_from_tokens(tokens):
    """Read tokens, the hexadecimal text of cell ids.

    Parameters
    ----------
    tokens : array-like of str
        Up to 16 hexadecimal digits, zeros at the end optional, or "X" for "no cell".

    Returns
    -------
    ndarray of uint64
        Cell ids; 0 for "X".

    Raises
    ------
    ValueError
        If a token is not hexadecimal, too long, or not the token of a cell.

    See Also
    --------
    s2_tokens : The way there.

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_ids_from_tokens
    >>> s2_ids_from_tokens(["47e66ff", "89c2509"])
    array([5180951497919168512, 9926585108083507200], dtype=uint64)
    """
    return S2_IDS.from_tokens(tokens)
