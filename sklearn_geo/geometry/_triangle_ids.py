# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Triangles by their ids alone: levels, families and tokens.

Each of 1,922 base triangles is cut in four by the midpoints of its edges, 26 times
over. An id is 64 bits: 11 for the base triangle, two a level and a closing 1.
"""

from sklearn_geo.geometry._quad_ids import QuadIds

# Cells along either axis of the plane in the base grid, and triangles in it.
N_GRID = 31
N_BASE_TRIANGLES = 2 * N_GRID**2

TRIANGLE_MAX_LEVEL = 26

TRIANGLE_IDS = QuadIds(
    n_bases=N_BASE_TRIANGLES,
    max_level=TRIANGLE_MAX_LEVEL,
    # All triangles of this level take a quarter of a gigabyte.
    last_listed=7,
    one="a triangle",
    many="triangles",
    prefix="triangle",
    locator="triangle_ids",
    token="d50fb49",
)


def triangle_levels(ids):
    """Return the levels of triangles.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of int64
        Levels, 0 for the base triangles, 26 for the smallest.

    See Also
    --------
    triangle_areas : How large triangles are.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids, triangle_levels
    >>> triangle_levels(triangle_ids([[48.8584, 2.2945]], level=8))
    array([8])
    """
    return TRIANGLE_IDS.levels(ids)


def triangle_parents(ids, level):
    """Return the ancestors of triangles at a level.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    level : int or array-like of int
        The ancestors' level, not deeper than the triangles' own; one for all or one
        an id.

    Returns
    -------
    ndarray of uint64
        Ids of the triangles of that level which hold the given ones.

    Raises
    ------
    ValueError
        If an id is no triangle, or is above the level asked for.

    See Also
    --------
    triangle_children : The other way, by one level.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_children, triangle_ids_at_level
    >>> from sklearn_geo.geometry import triangle_parents
    >>> base = triangle_ids_at_level(0)[:2]
    >>> bool((triangle_parents(triangle_children(base)[:, 3], 0) == base).all())
    True
    """
    return TRIANGLE_IDS.parents(ids, level)


def triangle_children(ids):
    """Return the four triangles that each triangle is refined into.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles above the last level.

    Returns
    -------
    ndarray of shape (..., 4), uint64
        Ids in ascending order. The first three stand at the corners, in the order
        of `triangle_vertices`, the last is the one between the midpoints.

    Raises
    ------
    ValueError
        If a triangle is at the last level.

    See Also
    --------
    triangle_parents : The other way, by any number of levels.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_children, triangle_ids_at_level
    >>> from sklearn_geo.geometry import triangle_areas
    >>> areas = triangle_areas(triangle_children(triangle_ids_at_level(0)[:1])[0])
    >>> [round(float(area), 1) for area in areas]
    [66345.7, 66345.7, 66345.7, 66345.7]
    """
    return TRIANGLE_IDS.children(ids)


def triangle_ranges(ids):
    """Return the smallest and largest id at the last level inside each triangle.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    first : ndarray of uint64
        Smallest id of level 26 inside the triangle.

    last : ndarray of uint64
        Largest id of level 26 inside the triangle, included. The ids of all
        descendants of any level lie between the two, and no others do.

    See Also
    --------
    triangle_contains : Whether triangles are descendants.

    Examples
    --------
    Count the photos in triangles of any levels with two binary searches:

    >>> import numpy as np
    >>> from sklearn_geo.geometry import triangle_ids, triangle_ranges
    >>> photos = [[48.8584, 2.2945], [48.8530, 2.3499], [51.5007, -0.1246]]
    >>> leaves = np.sort(triangle_ids(photos, level=26))
    >>> first, last = triangle_ranges(np.unique(triangle_ids(photos, level=5)))
    >>> np.searchsorted(leaves, last, "right") - np.searchsorted(leaves, first)
    array([2, 1])
    """
    return TRIANGLE_IDS.ranges(ids)


def triangle_contains(cells, ids):
    """Tell whether triangles are descendants of others, or the same.

    Parameters
    ----------
    cells : array-like of uint64
        Ids of the triangles that may contain.

    ids : array-like of uint64
        Ids of the triangles that may be contained. The two shapes are broadcast.

    Returns
    -------
    ndarray of bool
        Whether the triangle of `ids` is inside that of `cells`.

    See Also
    --------
    triangle_ranges : The interval that this compares with.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_contains, triangle_ids
    >>> eiffel_tower = [[48.8584, 2.2945]]
    >>> small = triangle_ids(eiffel_tower, level=12)
    >>> large = triangle_ids(eiffel_tower, level=3)
    >>> triangle_contains(large, small), triangle_contains(small, large)
    (array([ True]), array([False]))
    """
    return TRIANGLE_IDS.contains(cells, ids)


def triangle_ids_at_level(level):
    """List the ids of all triangles of a level.

    Parameters
    ----------
    level : int
        From 0 to 7.

    Returns
    -------
    ndarray of shape (1922 * 4**level,), uint64
        Ids in ascending order. At level 0 that is row by row from the south, each row
        from longitude -180 eastwards.

    See Also
    --------
    triangle_children : Refine some triangles by one level.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_at_level
    >>> len(triangle_ids_at_level(0)), len(triangle_ids_at_level(3))
    (1922, 123008)
    """
    return TRIANGLE_IDS.at_level(level)


def triangle_tokens(ids):
    """Write ids as short texts.

    Parameters
    ----------
    ids : array-like of uint64
        Ids of triangles.

    Returns
    -------
    ndarray of str
        The 16 hexadecimal digits of each id without the zeros at their end: four
        digits for a large triangle, 16 for the smallest. Tokens sort as ids do.

    See Also
    --------
    triangle_ids_from_tokens : The way back.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_at_level, triangle_tokens
    >>> triangle_tokens(triangle_ids_at_level(0)[:3])
    array(['001', '003', '005'], dtype='<U16')
    """
    return TRIANGLE_IDS.to_tokens(ids)


def triangle_ids_from_tokens(tokens):
    """Read ids from the texts that `triangle_tokens` writes.

    Parameters
    ----------
    tokens : array-like of str
        Tokens of triangles.

    Returns
    -------
    ndarray of uint64
        Ids of the triangles.

    Raises
    ------
    ValueError
        If a token is not one of a triangle. The message names it.

    See Also
    --------
    triangle_tokens : The way there.

    Examples
    --------
    >>> from sklearn_geo.geometry import triangle_ids_from_tokens, triangle_levels
    >>> triangle_levels(triangle_ids_from_tokens(["001", "d50fb49"]))
    array([0, 8])
    """
    return TRIANGLE_IDS.from_tokens(tokens)
