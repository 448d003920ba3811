# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""S2 cell ids as numbers and as text: which are valid, and what they look like."""

import numbers

import numpy as np

# The lowest bit of an id stands at an even place: this has a 1 at each of those.
_LOWEST_BITS = np.uint64(0x1555555555555555)
_FIRST_FREE_ID = np.uint64(6 << 61)

_DIGITS = np.array([ord(digit) for digit in "0123456789abcdef"], dtype=np.uint32)
_NOT_A_DIGIT = 255
_DIGIT_VALUES = np.full(128, _NOT_A_DIGIT, dtype=np.uint8)
_DIGIT_VALUES[_DIGITS] = np.arange(16)
_DIGIT_VALUES[[ord(digit) for digit in "ABCDEF"]] = np.arange(10, 16)


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

    Examples
    --------
    >>> from sklearn_geo.geometry import s2_is_valid
    >>> s2_is_valid([0x47F0000000000000, 0, 2])
    array([ True, False, False])
    """
    return _is_valid(_as_uint64(ids, "ids"))


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
    ids = check_ids(ids, none_allowed=True)
    lowest = lowest_bits(ids)
    tokens = np.empty((*ids.shape, 16), dtype=np.uint32)
    for digit in range(16):
        shift = np.uint64(60 - 4 * digit)
        column = _DIGITS[(ids >> shift & 15).astype(np.intp)]
        # A numpy string ends where only NUL follows, here after the lowest 1.
        column[lowest >> shift >= 16] = 0
        tokens[..., digit] = column
    tokens[ids == 0] = 0
    tokens[ids == 0, 0] = ord("X")
    return tokens.view("U16")[..., 0]


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
    tokens = _as_text(tokens)
    # Room for 17 characters shows the ones that are too long; codes above 127 are
    # stand-ins for no digit.
    codes = tokens.astype("U17", order="C")[..., np.newaxis].view(np.uint32)
    digits = _DIGIT_VALUES[np.minimum(codes, 127)]
    inside = np.arange(17) < np.char.str_len(tokens)[..., np.newaxis]
    none = tokens == "X"
    wrong = ((digits == _NOT_A_DIGIT) & inside).any(axis=-1) & ~none
    wrong |= inside[..., 16] | ~inside[..., 0]
    ids = np.zeros(tokens.shape, dtype=np.uint64)
    for digit in range(16):
        ids |= np.where(inside[..., digit], digits[..., digit], 0).astype(
            np.uint64
        ) << np.uint64(60 - 4 * digit)
    ids[none] = 0
    wrong |= ~(_is_valid(ids) | none)
    if wrong.any():
        row = first_row(wrong)
        raise ValueError(
            f"tokens, {name_row(row)}: {str(tokens[row])!r} is not the token of "
            "an S2 cell. A token is 1 to 16 hexadecimal digits, such as '47e66ff'; 'X' "
            "stands for no cell."
        )
    return ids


def check_ids(ids, *, name="ids", none_allowed=False):
    """Return ids as an array of uint64 with one dimension or more, all of them valid.

    Parameters
    ----------
    ids : array-like of integers
        Cell ids. Signed ones are read bit for bit: databases without unsigned types
        store the upper faces as negative numbers.

    name : str, default="ids"
        What the argument is called in error messages.

    none_allowed : bool, default=False
        Let 0 stand for "no cell".

    Returns
    -------
    ndarray of uint64
        The ids; a single number becomes an array of one.
    """
    ids = _as_uint64(ids, name)
    valid = _is_valid(ids)
    if none_allowed:
        valid |= ids == 0
    if not valid.all():
        row = first_row(~valid)
        hint = (
            "0 stands for no cell: drop it first, for example with ids[ids != 0]."
            if ids[row] == 0
            else "Ids come from s2_cell_ids or s2_ids_from_tokens; check that they did "
            "not pass through floats or lose bits on the way."
        )
        raise ValueError(
            f"{name}, {name_row(row)}: {name_id(ids[row])} is not the id of an S2 "
            f"cell. {hint}"
        )
    return ids


def _as_uint64(ids, name):
    array = np.asarray(ids)
    if array.dtype.kind == "f" and not hasattr(ids, "dtype"):
        # Python's integers of 64 bits turn to floats beside smaller ones.
        array = np.asarray(ids, dtype=object)
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.uint64)
    array = np.atleast_1d(array)
    if array.dtype.kind == "O":
        array = _integers_from_objects(array, name)
    if array.dtype.kind == "i":
        return array.astype(np.int64).view(np.uint64)
    if array.dtype.kind == "u":
        return array.astype(np.uint64, copy=False)
    remedy = {
        "f": "Floats keep 53 of an id's 64 bits: store ids as uint64 or int64 (missing "
        "values turn columns of integers into floats; drop those rows first).",
        "U": "Turn tokens into ids with s2_ids_from_tokens.",
    }.get(array.dtype.kind, "Ids are integers of 64 bits, see s2_cell_ids.")
    raise TypeError(f"{name} has the dtype {array.dtype}. {remedy}")


def _integers_from_objects(array, name):
    bad = np.array(
        [
            isinstance(value, bool | np.bool_)
            or not isinstance(value, numbers.Integral)
            or not -(1 << 63) <= value < 1 << 64
            for value in array.flat
        ]
    ).reshape(array.shape)
    if bad.any():
        row = first_row(bad)
        raise TypeError(
            f"{name}, {name_row(row)}: {array[row]!r} is not an integer of 64 "
            "bits. Drop rows without a cell and turn tokens into ids with "
            "s2_ids_from_tokens."
        )
    bits = (1 << 64) - 1
    flat = np.array([int(value) & bits for value in array.flat], dtype=np.uint64)
    return flat.reshape(array.shape)


def _as_text(tokens):
    array = np.atleast_1d(np.asarray(tokens))
    if array.dtype.kind == "U":
        return array
    if array.size == 0:
        return array.astype("U1")
    for row in np.ndindex(array.shape):
        if not isinstance(array[row], str):
            raise ValueError(
                f"tokens, {name_row(row)}: {array[row]!r} is not text. Tokens "
                "are hexadecimal text such as '47e66ff'; drop missing ones first, and "
                "write ids as tokens with s2_tokens."
            )
    return array.astype(np.str_)


def _is_valid(ids):
    return (ids < _FIRST_FREE_ID) & ((lowest_bits(ids) & _LOWEST_BITS) != 0)


def lowest_bits(ids):
    return ids & (~ids + np.uint64(1))


def first_row(mask):
    """Index, as a tuple, of the first True."""
    return tuple(int(k) for k in np.unravel_index(np.argmax(mask), mask.shape))


def name_row(row):
    return f"row {row[0]}" if len(row) == 1 else f"position {row}"


def name_id(id_):
    return f"{int(id_)} (0x{int(id_):016x})"
