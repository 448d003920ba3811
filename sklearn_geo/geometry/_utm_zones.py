# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zones of the Universal Transverse Mercator grid and the polar caps.

Every border of the grid, Norway's and Svalbard's included, lies on a whole degree, so
one small table and one gather name the zones of any number of places.
"""

import re

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo._numbers import naming
from sklearn_geo.base import check_places

N_UTM_ZONES = 1197

_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_CAPS = "ABYZ"

# Where the grid leaves its 6 degree columns: longitudes (west, east), None: no zone.
_EXCEPTIONS = {
    (31, "V"): (0, 3),
    (32, "V"): (3, 12),
    (31, "X"): (0, 9),
    (32, "X"): None,
    (33, "X"): (9, 21),
    (34, "X"): None,
    (35, "X"): (21, 33),
    (36, "X"): None,
    (37, "X"): (33, 42),
}

# Rows a block: intermediate arrays stay in the second-level cache.
_BLOCK_ROWS = 65536


def _grid():
    """List name, number, band and bounds of all zones and caps, in the order of ids."""
    cells = []
    for number in range(1, 61):
        for row, band in enumerate(_BANDS):
            west = 6 * number - 186
            sides = _EXCEPTIONS.get((number, band), (west, west + 6))
            if sides is not None:
                south = 8 * row - 80
                north = 84 if band == "X" else south + 8
                cells.append((number, band, (south, sides[0], north, sides[1])))
    for band, south, west in zip(
        _CAPS, (-90, -90, 84, 84), (-180, 0, -180, 0), strict=True
    ):
        north = -80 if south == -90 else 90
        cells.append((0, band, (south, west, north, west + 180)))
    numbers, bands, bounds = zip(*cells, strict=True)
    names = [f"{number or ''}{band}" for number, band, _ in cells]
    return (
        np.array(names),
        np.array(numbers, dtype=np.int16),
        np.array(bands),
        np.array(bounds, dtype=np.float64),
    )


ZONE_NAMES, ZONE_NUMBERS, ZONE_BANDS, ZONE_BOUNDS = _grid()
_IDS = {str(name): i for i, name in enumerate(ZONE_NAMES)}

# Every border lies on a whole degree, so the zone of a place is that of its square
# degree: rows are floor(latitude) from -90 to 90, columns floor(longitude) from -180.
_N_COLUMNS = 360
_ORIGIN = 90 * _N_COLUMNS + 180


def _square_degrees():
    table = np.empty((181, _N_COLUMNS), dtype=np.int16)
    for i, bounds in enumerate(ZONE_BOUNDS.astype(int)):
        south, west, north, east = bounds + [90, 180, 90, 180]
        # The poles are in the caps' last row, not below or above it.
        table[south : north + (north == 180), west:east] = i
    return table.ravel()


_SQUARE_DEGREES = _square_degrees()
for _table in (ZONE_NAMES, ZONE_NUMBERS, ZONE_BANDS, ZONE_BOUNDS, _SQUARE_DEGREES):
    _table.flags.writeable = False


class ZoneValues:
    """One value for each zone, laid out so that a million places find theirs.

    Parameters
    ----------
    values : ndarray of shape (1201,) of signed integers
        The value of each zone and cap, above the smallest number of its type.

    Notes
    -----
    A square degree has the number 360 floor(latitude) + floor(longitude), and there are
    fewer than 2**16 of them, so the table is indexed by that number modulo 2**16. Both
    floors are kept as 16-bit halves (latitude low, longitude high) of one word, and
    multiplying the word by 360 * 2**16 + 1 leaves the number in its high half.
    """

    # Little-endian wherever this runs: the halves have to be where the product is.
    _HALVES, _WORDS = np.dtype("<i2"), np.dtype("<u4")
    _FACTOR = np.uint32((_N_COLUMNS << 16) + 1)

    def __init__(self, values):
        # Squares between 84 and 85 degrees north belong to two zones: band X is closed
        # to the north, so latitude 84 is not in the caps yet.
        self._edge = np.iinfo(values.dtype).min
        squares = values[_SQUARE_DEGREES]
        edge = slice((90 + 84) * _N_COLUMNS, (90 + 85) * _N_COLUMNS)
        self._band_x = squares[edge.start - _N_COLUMNS : edge.start]
        self._caps = squares[edge].copy()
        squares[edge] = self._edge
        self._table = np.zeros(2**16, dtype=values.dtype)
        self._table[: len(squares)] = squares
        self._table = np.roll(self._table, -_ORIGIN)

    def at(self, places):
        """Give the value of the zone that each place lies in.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2), float64
            Places that `check_places` returned.

        Returns
        -------
        ndarray of shape (n_places,)
            The values.
        """
        out = np.empty(len(places), dtype=self._table.dtype)
        shape = (min(len(places), _BLOCK_ROWS), 2)
        floors, halves = np.empty(shape), np.empty(shape, dtype=self._HALVES)
        numbers = np.empty(len(halves), dtype=np.intp)
        for block in blocks(len(places), _BLOCK_ROWS):
            n = block.stop - block.start
            np.floor(places[block], out=floors[:n])
            np.copyto(halves[:n], floors[:n], casting="unsafe")
            words = halves[:n].view(self._WORDS)[:, 0]
            np.multiply(words, self._FACTOR, out=words)
            np.right_shift(words, 16, out=words)
            np.copyto(numbers[:n], words, casting="unsafe")
            # Wrapping only spares numpy the check: all numbers are in the table.
            self._table.take(numbers[:n], out=out[block], mode="wrap")
        if out.min() == self._edge:
            rows = np.flatnonzero(out == self._edge)
            columns = np.floor(places[rows, 1]).astype(np.intp) + 180
            on_edge = places[rows, 0] == 84.0
            out[rows] = np.where(on_edge, self._band_x[columns], self._caps[columns])
        return out


_ZONE_IDS = ZoneValues(np.arange(len(ZONE_NAMES), dtype=np.int16))


def utm_zones(places):
    """Name the UTM zones of places, by number.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places,), int16
        Ids: 0 to 1196 for the zones, ordered by zone number and then from south to
        north, and 1197 to 1200 for the polar caps A, B, Y and Z.

    See Also
    --------
    utm_zone_names : The names of ids.
    utm_zone_bounds : Where zones lie.
    utm_project : Metres in a zone.

    Notes
    -----
    A zone holds its southern and its western border: latitude 0.0 is in band N, -1e-9
    in band M, longitude 180 (which is -180) in zone 1. Band X also holds latitude 84.
    South of -80 lie the caps A (west) and B (longitudes from 0 up), north of 84 Y and
    Z.

    There are 60 x 20 - 3 = 1197 zones: in band V zone 32 takes half of zone 31's
    longitudes, and in band X zones 32, 34 and 36 do not exist.

    Borders are exact: the last float64 west of longitude 6 is in zone 31. The package
    `utm` rounds longitudes there, to about 3e-14 degrees, and may say 32.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_names, utm_zones
    >>> ids = utm_zones([[51.5, -0.13], [60.4, 5.3], [0.0, 180.0], [-90.0, 0.0]])
    >>> ids
    array([ 596,  637,   10, 1198], dtype=int16)
    >>> utm_zone_names(ids)
    array(['30U', '32V', '1N', 'B'], dtype='<U3')
    """
    return _ZONE_IDS.at(check_places(places))


def utm_zone_names(ids=None):
    """Return the names of UTM zones.

    Parameters
    ----------
    ids : int or array-like of int, default=None
        Ids as `utm_zones` gives them. If None, all 1201 in order, the four caps last.

    Returns
    -------
    ndarray of str
        Zone number, not padded, and band letter, or the letter of a cap.

    See Also
    --------
    utm_zone_ids : The way back.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_names
    >>> utm_zone_names()[[0, 1, -1]]
    array(['1C', '1D', 'Z'], dtype='<U3')
    """
    return ZONE_NAMES.copy() if ids is None else ZONE_NAMES[check_zone_ids(ids)]


def utm_zone_ids(names):
    """Return the ids of UTM zones given by name.

    Parameters
    ----------
    names : str or array-like of str
        Names such as "30U", or "A", "B", "Y" and "Z" for the caps.

    Returns
    -------
    ndarray of int16
        Ids as `utm_zones` gives them.

    Raises
    ------
    ValueError
        If there is no zone of a name.

    See Also
    --------
    utm_zone_names : The way back.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_ids
    >>> utm_zone_ids(["1C", "Z"])
    array([   0, 1200], dtype=int16)
    """
    with naming("names"):
        names = np.asarray(names, dtype=object)
    ids = [
        _IDS.get(name, -1) if isinstance(name, str) else -1
        for name in names.ravel().tolist()
    ]
    if -1 in ids:
        raise ValueError(_explain_name(names.flat[ids.index(-1)]))
    return np.array(ids, dtype=np.int16).reshape(names.shape)


def utm_zone_bounds(ids=None):
    """Return where UTM zones lie.

    Parameters
    ----------
    ids : int or array-like of int, default=None
        Ids as `utm_zones` gives them. If None, all 1201 in order, the four caps last.

    Returns
    -------
    ndarray of shape (n_zones, 4)
        South, west, north and east border in degrees. The southern and the western
        border belong to the zone, but latitude 84 is in band X and not in the caps, and
        -80 in band C. For a single id, shape (4,).

    See Also
    --------
    utm_zones : The zones of places.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_bounds, utm_zone_ids
    >>> utm_zone_bounds(utm_zone_ids(["30U", "32V"]))
    array([[48., -6., 56.,  0.],
           [56.,  3., 64., 12.]])
    """
    return ZONE_BOUNDS.copy() if ids is None else ZONE_BOUNDS[check_zone_ids(ids)]


def utm_zone_numbers(ids):
    """Return the numbers, 1 to 60, of UTM zones.

    Parameters
    ----------
    ids : int or array-like of int
        Ids as `utm_zones` gives them.

    Returns
    -------
    ndarray of int16
        The numbers; 0 for the caps.

    See Also
    --------
    utm_zone_bands : The letters.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_ids, utm_zone_numbers
    >>> utm_zone_numbers(utm_zone_ids(["30U", "A"]))
    array([30,  0], dtype=int16)
    """
    return ZONE_NUMBERS[check_zone_ids(ids)]


def utm_zone_bands(ids):
    """Return the band letters of UTM zones.

    Parameters
    ----------
    ids : int or array-like of int
        Ids as `utm_zones` gives them.

    Returns
    -------
    ndarray of str
        "C" to "X" without "I" and "O", or the letter of a cap.

    See Also
    --------
    utm_zone_numbers : The numbers.

    Examples
    --------
    >>> from sklearn_geo.geometry import utm_zone_bands, utm_zone_ids
    >>> utm_zone_bands(utm_zone_ids(["30U", "A"]))
    array(['U', 'A'], dtype='<U1')
    """
    return ZONE_BANDS[check_zone_ids(ids)]


def check_zone_ids(ids):
    """Return ids as an array of integers, all of them ids of zones or caps."""
    with naming("zone ids"):
        ids = np.asarray(ids)
    if ids.size == 0:
        return np.zeros(ids.shape, dtype=np.intp)
    if ids.dtype.kind not in "iu":
        raise ValueError(
            f"zone ids are integers from 0 to {len(ZONE_NAMES) - 1}; got an array of "
            f"dtype {ids.dtype}. utm_zone_ids turns names into ids."
        )
    wrong = (ids < 0) | (ids >= len(ZONE_NAMES))
    if wrong.any():
        raise ValueError(
            f"zone ids are integers from 0 to {len(ZONE_NAMES) - 1}; got "
            f"{ids[wrong][0]}."
        )
    return ids


def _explain_name(name):
    """Say what is wrong with the name of a zone."""
    how = (
        "A zone is called by its number, 1 to 60, and its band, C to X without I and "
        'O, such as "30U" or "1C"; the polar caps are "A", "B", "Y" and "Z".'
    )
    problem = f"there is no UTM zone {name!r:.60}."
    # Text alone: others may be large, or broken, when they are written out.
    text = name.upper() if isinstance(name, str) else ""
    parts = re.fullmatch(r"\s*0*(\d{0,2})\s*([A-Z])\s*", text)
    if parts is None:
        return f"{problem} {how}"
    number, band = parts.groups()
    if number + band in _IDS:
        return f'{problem} Write "{number + band}". {how}'
    if number and _EXCEPTIONS.get((int(number), band), ()) is None:
        west, east = int(number) - 1, int(number) + 1
        return (
            f"{problem} {number}{band} does not exist; {west}{band} and {east}{band} "
            f"cover its longitudes around Svalbard. {how}"
        )
    if band in "IO":
        return f"{problem} There are no bands I and O, which look like digits. {how}"
    if number and band in _CAPS:
        return f"{problem} The polar caps have no number. {how}"
    return f"{problem} {how}"
