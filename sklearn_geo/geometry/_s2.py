# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From places to the ids of the S2 cells that hold them."""

from sklearn_geo.base import check_places
from sklearn_geo.geometry._quad_ids import ancestors
from sklearn_geo.geometry._s2_curve import leaf_ids_of_places
from sklearn_geo.geometry._s2_ids import S2_IDS


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
    closing = S2_IDS.closing_bits_of_levels(level, (len(places),))
    return ancestors(leaf_ids_of_places(places), closing)
