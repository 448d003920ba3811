# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ids of cells that split in four: the 64 bits that S2 cells and triangles share.

From the top, an id holds the number of a base cell, two bits a level that say which
quarter comes next, a closing 1, and zeros. Where the closing 1 stands tells the level.
So ancestors are masks, descendants are an interval with the cell in its middle, and
sorting puts descendants together.
"""

import numbers
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_geo._numbers import naming

_ONE = np.uint64(1)
_ALL_BITS = (1 << 64) - 1

# Bytes of an id as two letters each, which are two codes of a numpy string.
_DIGITS = np.array([ord(digit) for digit in "0123456789abcdef"], dtype=np.uint32)
_LETTER_PAIRS = np.stack([np.repeat(_DIGITS, 16), np.tile(_DIGITS, 16)], axis=1)
_LETTER_PAIRS = _LETTER_PAIRS.view(np.uint64)[:, 0]
# Row k is 1 for the digits of a token that k zeros end, and 0 for the zeros.
_KEPT = (np.arange(16) < 16 - np.arange(16)[:, np.newaxis]).astype(np.uint32)

# What the characters 0 to 127 are worth as digits; NUL fills the end of short texts.
_END, _NOT_A_DIGIT = 16, 32
_VALUES = np.full(128, _NOT_A_DIGIT, dtype=np.uint8)
_VALUES[0] = _END
_VALUES[_DIGITS] = np.arange(16)
_VALUES[[ord(digit) for digit in "ABCDEF"]] = np.arange(10, 16)


def closing_bits(ids):
    """Return the closing 1 of each id, in its place and alone."""
    return ids & (~ids + _ONE)


def heights(ids):
    """Count the levels from the finest up to each cell's, as int64."""
    # A power of two is a float64 exactly, whose upper 12 bits are 1023 + its exponent,
    # and the exponent here is twice the height.
    floats = closing_bits(ids).astype(np.float64)
    return (floats.view(np.int64) >> 53) - 511


def ancestors(ids, closing):
    """Cut ids off at the place of the closing bit of their ancestors."""
    return (ids & (~closing + _ONE)) | closing


@dataclass(frozen=True)
class QuadIds:
    """The ids of one grid.

    Methods validate what they are given, as the public functions that call them do.

    Parameters
    ----------
    n_bases : int
        Number of cells of level 0.

    max_level : int
        The finest level, whose ids end in the closing 1.

    last_listed : int
        The finest level that fits in memory as a list.

    one, many : str
        What cells are called in messages.

    prefix : str
        What the names of the public functions begin with.

    locator : str
        The public function that turns places into ids.

    token : str
        An example of a token.

    has_none : bool, default=False
        Whether 0, "X" as a token, stands for "no cell".
    """

    n_bases: int
    max_level: int
    last_listed: int
    one: str
    many: str
    prefix: str
    locator: str
    token: str
    has_none: bool = False

    @cached_property
    def base_shift(self):
        """How far to shift ids down to the number of their base cell."""
        return np.uint64(2 * self.max_level + 1)

    @cached_property
    def _first_free(self):
        """The number after the last that begins with a base cell."""
        return np.uint64(self.n_bases << int(self.base_shift))

    @cached_property
    def _closing_places(self):
        """A 1 wherever the closing one may stand: at every even place."""
        return np.uint64((4 ** (self.max_level + 1) - 1) // 3)

    # ---- Reading arguments ---------------------------------------------------------

    def check(self, ids, *, name="ids", none_allowed=False):
        """Return ids as an array of uint64 with one dimension or more, all valid.

        Signed numbers are read bit for bit: tables without unsigned types store large
        ids as negative numbers.
        """
        bits = self._as_uint64(ids, name)
        valid = self._are_valid(bits)
        if none_allowed:
            valid |= bits == 0
        if not valid.all():
            row = _first_row(~valid)
            given = int(np.atleast_1d(np.asarray(ids, dtype=object))[row])
            hint = (
                "0 stands for no cell: drop it first, for example with ids[ids != 0]."
                if self.has_none and given == 0
                else f"Ids come from {self.locator} or {self.prefix}_ids_from_tokens; "
                "check that they did not pass through floats or lose bits on the way."
            )
            raise ValueError(
                f"{name}, {_name_row(row)}: {_name_id(given)} is not the id of "
                f"{self.one}. {hint}"
            )
        return bits

    def is_valid(self, ids):
        """Tell which numbers of 64 bits are ids."""
        return self._are_valid(self._as_uint64(ids, "ids"))

    def closing_bits_of_levels(self, level, shape, last=None):
        """Return the closing bits of ids of a level, or of one level for each id.

        Messages name `last` as the finest level, `max_level` if None.
        """
        with naming("level"):
            levels = np.asarray(level)
        if levels.dtype.kind not in "iu":
            raise TypeError(
                f"level must be an integer or an array of integers; got {level!r}."
            )
        if levels.ndim and levels.shape != shape:
            raise ValueError(
                "level must be one number, or an array with one for each row: expected "
                f"the shape {shape}, got {levels.shape}."
            )
        outside = (levels < 0) | (levels > self.max_level)
        if outside.any():
            row = _first_row(outside)
            where = f" ({_name_row(row)})" if row else ""
            raise ValueError(
                f"level must be between 0 ({self.n_bases:,} {self.many}) and "
                f"{self.max_level if last is None else last}; got {int(levels[row])}"
                f"{where}."
            )
        doubled = np.atleast_1d(2 * (self.max_level - levels.astype(np.int64)))
        return np.left_shift(_ONE, doubled.astype(np.uint64))

    def _are_valid(self, bits):
        closed = (closing_bits(bits) & self._closing_places) != 0
        return closed & (bits < self._first_free)

    def _as_uint64(self, ids, name):
        with naming(name):
            array = np.asarray(ids)
        if array.dtype.kind == "f" and not hasattr(ids, "dtype"):
            # Python's integers of 64 bits turn to floats beside smaller ones.
            array = np.asarray(ids, dtype=object)
        if array.size == 0:
            return np.zeros(array.shape, dtype=np.uint64)
        array = np.atleast_1d(array)
        if array.dtype.kind == "O":
            return self._integers_from_objects(array, name)
        if array.dtype.kind == "i":
            return array.astype(np.int64).view(np.uint64)
        if array.dtype.kind == "u":
            return array.astype(np.uint64, copy=False)
        remedy = {
            "f": "Floats keep 53 of an id's 64 bits and lose digits: store ids as "
            "uint64 or int64 (missing values turn columns of integers into floats; "
            "drop those rows first).",
            "U": f"Turn tokens into ids with {self.prefix}_ids_from_tokens.",
        }.get(array.dtype.kind, f"Ids are integers of 64 bits, see {self.locator}.")
        raise TypeError(f"{name} has the dtype {array.dtype}. {remedy}")

    def _integers_from_objects(self, array, name):
        # Types are few, values are many.
        no_integers = {
            kind
            for kind in set(map(type, array.flat))
            if issubclass(kind, bool) or not issubclass(kind, numbers.Integral)
        }
        if no_integers:
            bad = np.array([type(value) in no_integers for value in array.flat])
            row = _first_row(bad.reshape(array.shape))
            raise TypeError(
                f"{name}, {_name_row(row)}: {array[row]!r} is not an integer of 64 "
                f"bits. Drop rows without {self.one} and turn tokens into ids with "
                f"{self.prefix}_ids_from_tokens."
            )
        values = [int(value) for value in array.flat]
        if min(values) < -(1 << 63) or max(values) >= 1 << 64:
            bad = np.array([not -(1 << 63) <= value < 1 << 64 for value in values])
            row = _first_row(bad.reshape(array.shape))
            raise ValueError(
                f"{name}, {_name_row(row)}: {array[row]} is not the id of {self.one}: "
                "it does not fit in 64 bits."
            )
        bits = np.array([value & _ALL_BITS for value in values], dtype=np.uint64)
        return bits.reshape(array.shape)

    # ---- Up and down the levels ----------------------------------------------------

    def levels(self, ids):
        """Return the level of each cell, as int64."""
        return self.max_level - heights(self.check(ids))

    def parents(self, ids, level):
        """Return the ancestors at a level, or at one level for each id."""
        ids = self.check(ids)
        closing = self.closing_bits_of_levels(level, ids.shape)
        # Ids of coarser cells than asked for have zeros from that place downwards.
        coarser = (ids & (closing | (closing - _ONE))) == 0
        if coarser.any():
            row = _first_row(coarser)
            own = self.max_level - int(heights(ids[row]))
            asked = int(np.broadcast_to(np.asarray(level), ids.shape)[row])
            raise ValueError(
                f"ids, {_name_row(row)}: {_name_id(ids[row])} is {self.one} of level "
                f"{own} and has no parent of the finer level {asked}. Ask for a level "
                f"that is coarser (smaller) or its own, see {self.prefix}_levels; or "
                f"start from places with {self.locator}."
            )
        return ancestors(ids, closing)

    def children(self, ids):
        """Return the four cells that each splits into, along a new last axis."""
        ids = self.check(ids)
        finest = (ids & _ONE) == _ONE
        if finest.any():
            row = _first_row(finest)
            raise ValueError(
                f"ids, {_name_row(row)}: {_name_id(ids[row])} is {self.one} of the "
                f"finest level, {self.max_level}, and has no children. Split "
                f"{self.many} of level {self.max_level - 1} or coarser."
            )
        closing = closing_bits(ids)
        quarter = (closing >> np.uint64(2))[..., np.newaxis]
        odd = np.array([1, 3, 5, 7], dtype=np.uint64)
        # The two new bits and the new closing one, in the place of the old one.
        return (ids ^ closing)[..., np.newaxis] | (quarter * odd)

    def ranges(self, ids, *, name="ids"):
        """Return the smallest and the largest id of the finest level in each cell."""
        ids = self.check(ids, name=name)
        reach = closing_bits(ids) - _ONE
        return ids - reach, ids + reach

    def contains(self, cells, ids):
        """Tell whether cells are ancestors of others, or the same."""
        smallest, largest = self.ranges(cells, name="cells")
        ids = self.check(ids)
        check_shapes(cells=smallest, ids=ids)
        return (smallest <= ids) & (ids <= largest)

    def at_level(self, level):
        """Return all ids of a level, ascending."""
        (closing,) = self.closing_bits_of_levels(level, (), last=self.last_listed)
        level = int(level)
        n_cells = self.n_bases * 4**level
        if level > self.last_listed:
            raise ValueError(
                f"level {level} has {n_cells:,} {self.many}, too many to list; the "
                f"finest level listed is {self.last_listed}. List a coarser level and "
                f"split the {self.many} you need with {self.prefix}_children."
            )
        ids = np.arange(n_cells, dtype=np.uint64)
        ids <<= np.uint64(2 * (self.max_level - level) + 1)
        ids |= closing
        return ids

    # ---- To text and back ----------------------------------------------------------

    def to_tokens(self, ids):
        """Write ids as hexadecimal text without the zeros at its end."""
        ids = self.check(ids, none_allowed=self.has_none)
        octets = ids.astype(">u8", order="C")[..., np.newaxis].view(np.uint8)
        codes = _LETTER_PAIRS[octets].view(np.uint32)
        # The closing bit of every second level is in the same digit. Numpy ends a text
        # where only NUL follows.
        codes *= _KEPT[heights(np.maximum(ids, _ONE)) >> 1]
        tokens = codes.view("U16")[..., 0]
        if self.has_none:
            tokens[ids == 0] = "X"
        return tokens

    def from_tokens(self, tokens):
        """Read tokens, with capitals and zeros at the end or without."""
        given = self._as_text(tokens)
        # Room for 17 characters shows which ones are too long.
        tokens = given.astype("U17", order="C")
        ids, wrong = _read_hexadecimal(tokens)
        wrong |= ~self._are_valid(ids)
        if self.has_none:
            none = tokens == "X"
            ids[none] = 0
            wrong &= ~none
        if wrong.any():
            row = _first_row(wrong)
            raise ValueError(
                f"tokens, {_name_row(row)}: {str(given[row])!r} is not the token of "
                f"{self.one}. {self._explain_tokens()}"
            )
        return ids

    def _as_text(self, tokens):
        # Beside text in a list, numpy would turn numbers into text.
        dtype = None if hasattr(tokens, "dtype") else object
        with naming("tokens"):
            array = np.atleast_1d(np.asarray(tokens, dtype=dtype))
        if array.dtype.kind == "U" or all(
            issubclass(kind, str) for kind in set(map(type, array.flat))
        ):
            return array if array.dtype.kind == "U" else array.astype(object)
        bad = np.array([not isinstance(token, str) for token in array.flat])
        row = _first_row(bad.reshape(array.shape))
        raise ValueError(
            f"tokens, {_name_row(row)}: {array[row]!r} is not text. Drop missing "
            f"tokens, and write ids as tokens with {self.prefix}_tokens. "
            f"{self._explain_tokens()}"
        )

    def _explain_tokens(self):
        none = " 'X' stands for no cell." if self.has_none else ""
        return (
            f"Tokens are what {self.prefix}_tokens writes, 1 to 16 hexadecimal digits "
            f"such as {self.token!r}.{none}"
        )


def check_shapes(**arrays):
    """Raise unless the shapes of two arguments can be broadcast."""
    (one, first), (other, second) = arrays.items()
    try:
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"{one} of shape {first.shape} and {other} of shape {second.shape} cannot "
            "be broadcast: give as many of both, or one of them."
        ) from None


def _read_hexadecimal(tokens):
    """Return numbers as if zeros filled 16 digits, and which texts are no digits."""
    codes = tokens[..., np.newaxis].view(np.uint32)
    values = np.moveaxis(_VALUES.take(codes, mode="clip"), -1, 0)
    values = np.ascontiguousarray(values)
    ended = values == _END
    # Empty, too long, with other characters, or with a NUL inside.
    wrong = ended[0] | ~ended[16] | (values == _NOT_A_DIGIT).any(axis=0)
    wrong |= (ended[:-1] & ~ended[1:]).any(axis=0)
    bits = np.zeros(tokens.shape, dtype=np.uint64)
    for value in values[:16]:
        bits <<= np.uint64(4)
        bits |= value & 15
    return bits, wrong


def _first_row(mask):
    """Index, as a tuple, of the first True."""
    return tuple(int(k) for k in np.unravel_index(np.argmax(mask), mask.shape))


def _name_row(row):
    return f"row {row[0]}" if len(row) == 1 else f"position {row}"


def _name_id(id_):
    return f"{int(id_)} (0x{int(id_) & _ALL_BITS:016x})"
