# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a function takes, argument by argument: how to draw it well, and how badly."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature

import numpy as np
import pandas as pd

from tests.reliability import strategies
from tests.reliability.attack import MEGABYTES, attack
from tests.reliability.strategies import STRINGS, columns, dressed, foul, scalar, wild

# How scikit-learn says that a table is none; which one, it says in the traceback.
_SKLEARN = (
    r"Expected 2D (array|input)|Sparse data was passed|Found array with"
    r"|Complex data not supported"
    r"|np\.matrix is not supported|could not convert string to float"
    r"|\b(rows?|columns?|n_cells|input features|photos?|groups?|[Ll]abels?)\b"
    r"|\b(y_true|zones?|min_per_cell)\b|dtype='numeric' is not compatible"
    r"|setting an array element|feature names"
    r"|ufunc 'isnan' not supported"  # an Interval asks that of fractions
    # and that of a span of time
    r"|ufunc '(less|greater)(_equal)?' did not contain a loop"
    r"|Cannot cast array data from"  # a structured array as features
    r"|Cannot cast scalar from"  # a span of time as a seed
    r"|cannot be used to seed|Seed must be between"
    r"|input variables with inconsistent numbers of samples"
    r"|Input should have at least 1 dimension|Expected sequence or array-like"
)

__all__ = [
    "Door",
    "Kind",
    "counts",
    "flag",
    "groups",
    "labels",
    "level",
    "names_of",
    "numbers",
    "one_of",
    "pair",
    "places",
    "positive",
    "s2_ids",
    "s2_tokens",
    "scalars",
    "table",
    "triangle_ids",
    "triangle_tokens",
    "vector",
    "weights",
    "words",
]


@dataclass(frozen=True)
class Kind:
    """What an argument is.

    Parameters
    ----------
    good : callable
        ``good(draw, n)`` returns something that the door should take, for n rows.

    bad : callable
        ``bad(draw, n)`` returns anything.

    optional : bool, default=False
        Whether it may be left out.
    """

    good: Callable
    bad: Callable
    optional: bool = False

    def __invert__(self):
        """Return the same, but optional."""
        return Kind(self.good, self.bad, True)


@dataclass(frozen=True)
class Door:
    """One function, method or class, and what it takes.

    Parameters
    ----------
    call : callable
        Takes the arguments by name.

    takes : dict
        Argument -> Kind.

    check, free, allowance
        See `attack`.

    alike : sequence of str, default=()
        Arguments which are broadcast: their numbers of rows may be one.

    most : int, default=5
        The most rows.

    undressed : bool, default=True
        Whether plain arrays give the same answer, without names of columns too.

    also : sequence of str, default=()
        Other words that say what is wrong.
    """

    call: Callable
    takes: dict
    check: Callable | None = None
    free: Callable | None = None
    allowance: float = MEGABYTES
    alike: tuple = field(default=())
    most: int = 5
    undressed: bool = True
    also: tuple = field(default=())

    def arguments(self, draw):
        """Draw arguments: all good, or one bad, or all."""
        n = draw.randint(1, self.most)
        kind = draw.random()
        names = list(self.takes)
        bad = set()
        if kind < 0.5:
            bad = {draw.choice(names)}
        elif kind < 0.56:
            bad = set(names)
        arguments = {}
        for name, taken in self.takes.items():
            if name in bad:
                arguments[name] = taken.bad(draw, n)
            elif not (taken.optional and draw.often(0.5)):
                rows = 1 if name in self.alike and draw.often(0.2) else n
                arguments[name] = taken.good(draw, rows)
        return arguments

    def words(self):
        """Return what an error says: an argument's name, or as scikit-learn says it."""
        names = "|".join(map(re.escape, [*self.takes, *self.also]))
        return re.compile(rf"\b({names})s?\b|{_SKLEARN}", re.DOTALL)

    def attack(self, draw):
        """Call it, with an example."""
        return attack(
            draw,
            self.arguments,
            self.call,
            words=self.words(),
            allowance=self.allowance,
            check=self.check,
            free=self.free,
            undressed=self.undressed,
        )


def forgotten(room, doors):
    """Return the public functions and classes of a room that have no door."""
    return {
        name
        for name in room.__all__
        if callable(getattr(room, name)) and name not in doors
    }


def untried(door, elsewhere=()):
    """Return the arguments of a function that its door does not try."""
    known = signature(door.call).parameters.values()
    named = {one.name for one in known if one.kind is not one.VAR_KEYWORD}
    return named - set(door.takes) - set(elsewhere)


# Kinds --------------------------------------------------------------------------------


def _as_numbers(draw, value):
    """Return what a table of numbers means, in the plain form."""
    if draw.plain and type(value) is np.ndarray and value.dtype.kind in "iuf":
        return value.astype(np.float64)
    return value


def _good_places(draw, n):
    table = strategies.places(draw, n)
    return dressed(draw, table, geo=True) if draw.often(0.6) else table


def _bad_table(width):
    def bad(draw, n):
        return _as_numbers(draw, foul(draw, n, width))

    return bad


places = Kind(_good_places, _bad_table(2))


def table(width, element=None, dress=True):
    """Return the kind of a table of numbers."""

    def good(draw, n):
        drawn = columns(draw, n, width, element)
        return dressed(draw, drawn) if dress and draw.often(0.5) else drawn

    return Kind(good, _bad_table(width))


def _bad_pair(draw, n):
    value = foul(draw, 1, 2)
    return (
        value[0]
        if isinstance(value, np.ndarray) and value.ndim and len(value)
        else value
    )


pair = Kind(
    lambda draw, n: draw.choice([np.array, list, tuple])(strategies.places(draw, 1)[0]),
    _bad_pair,
)


def _bad_vector(draw, n):
    kind = draw.random()
    if kind < 0.3:
        return scalar(draw)
    if kind < 0.5:
        return _as_numbers(draw, foul(draw, n, 1))
    m = draw.choice([n, n, n, 0, 1, n + 1])
    values = np.array([wild(draw) for _ in range(m)])
    if kind < 0.7:
        return values if draw.often(0.5) else values.tolist()
    if kind < 0.8:
        return [scalar(draw) for _ in range(m)]
    dtypes = ["float16", "float32", "longdouble", "int8", "uint64", "bool", "complex64"]
    dtype = draw.choice([*dtypes, "O", "U9", "S9", "datetime64[s]", ">f4"])
    with np.errstate(all="ignore"):
        if dtype.startswith("datetime"):
            values = np.nan_to_num(values).clip(-1e9, 1e9).astype(np.int64)
        return _as_numbers(draw, values.astype(dtype))


def vector(element):
    """Return the kind of one number a row."""

    def good(draw, n):
        drawn = columns(draw, n, element=element)
        if draw.plain:
            draw.random()
            return drawn
        return drawn.tolist() if draw.random() < 0.3 else drawn

    return Kind(good, _bad_vector)


numbers = vector(lambda draw: round(draw.uniform(-1e3, 1e3), 3))
weights = vector(lambda draw: draw.choice([0.0, 1.0, 1.0, 0.5, 3.0, 1e-3, 1e6]))


def one_of(*values):
    """Return the kind of a setting with a few values."""
    return Kind(lambda draw, n: draw.choice(values), lambda draw, n: scalar(draw))


scalars = one_of(0.5, 1, 2.0)
# Whatever is true or false is a flag.
flag = Kind(
    lambda draw, n: draw.choice([True, False]),
    lambda draw, n: draw.choice([0, 1, None, "yes", 2.5, [], np.bool_(True)]),
)
# None asks for other numbers every time.
seed = Kind(
    lambda draw, n: draw.choice([0, 7, np.int64(3)]),
    lambda draw, n: draw.choice([-1, "7", 2**32, 1.5, np.nan, pd.NA, [1], object]),
)
positive = one_of(1.0, 0.001, 25, 6371.0088, 1e4, np.float32(2.5), np.int64(7))


# What a picture calls things; matplotlib reads mathematics between two dollars.
words = Kind(
    lambda draw, n: draw.choice(["model", "Été", "a b\nc", "$x$ and \\$", ""]),
    lambda draw, n: scalar(draw),
)


# What each of the places is called.
names_of = Kind(
    lambda draw, n: [f"place {i}" for i in range(n)], lambda draw, n: scalar(draw)
)


def _good_level(deepest):
    def good(draw, n):
        kind = draw.random()
        if kind < 0.6:
            return draw.randint(0, deepest)
        if kind < 0.7:
            return draw.choice([np.int8, np.uint8, np.int64])(draw.randint(0, deepest))
        return np.array([draw.randint(0, deepest) for _ in range(n)])

    return good


def level(deepest, bad=None):
    """Return the kind of a level, one or one a row."""
    return Kind(_good_level(deepest), bad or _bad_level)


def _bad_level(draw, n):
    if draw.often(0.5):
        return scalar(draw)
    dtype = draw.choice(["int8", "uint64", "float64", "bool", "O", "U3"])
    return np.array([draw.randint(-3, 64) for _ in range(n)]).astype(dtype)


def _ids(n_bases, deepest):
    """Draw ids of a grid of quarters, as Python's integers."""

    def draw_ids(draw, n):
        drawn = []
        for _ in range(n):
            base = draw.choice([0, n_bases - 1, draw.randrange(n_bases)])
            way = draw.choice([0, 4**deepest - 1, draw.randrange(4**deepest)])
            height = deepest - draw.choice([0, deepest, draw.randint(0, deepest)])
            leaf = (base << (2 * deepest + 1)) | (way << 1) | 1
            closing = 1 << (2 * height)
            drawn.append((leaf & -closing) | closing)
        return drawn

    return draw_ids


def _good_ids(draw_ids):
    def good(draw, n):
        drawn = draw_ids(draw, n)
        form = draw.choice(["plain", "plain", "signed", "list", "objects", "shape"])
        plain = np.array(drawn, dtype=np.uint64)
        if draw.plain or form == "plain":
            return plain
        if form == "signed":
            return plain.view(np.int64)
        return drawn if form == "list" else np.array(drawn, dtype=object)

    return good


def _bad_ids(draw_ids):
    def bad(draw, n):
        kind = draw.random()
        if kind < 0.3:
            return foul(draw, n, draw.choice([1, 2]))
        if kind < 0.4:
            return scalar(draw)
        drawn = draw_ids(draw, n)
        strange = [0, 1, 2, 2**63, 2**64 - 1, 2**64, -1, -(2**63), 10**30, 0.5, True]
        drawn[draw.randrange(n)] = draw.choice(
            [*strange, None, "47f", draw.getrandbits(64)]
        )
        if kind < 0.7:
            return drawn
        dtype = draw.choice(["O", "uint64", "int64", "float64", "uint32", "longdouble"])
        try:
            return np.array(drawn, dtype=dtype)
        except (TypeError, ValueError, OverflowError):
            return np.array(drawn, dtype=object)

    return bad


def _tokens_kind(draw_ids):
    def good(draw, n):
        drawn = [f"{i:016x}".rstrip("0") for i in draw_ids(draw, n)]
        drawn = [t.upper() if draw.often(0.2) else t for t in drawn]
        form = draw.choice(["list", "array", "objects", "strings"])
        if draw.plain or form == "array":
            return np.array(drawn)
        if form == "strings":
            return np.array(drawn, dtype=STRINGS)
        return drawn if form == "list" else np.array(drawn, dtype=object)

    def bad(draw, n):
        if draw.often(0.3):
            return foul(draw, n, draw.choice([1, 2]))
        drawn = good(draw, n).tolist() if draw.often(0.0) else list(map(str, range(n)))
        strange = ["", "X", "x", "0", "g", " 47f", "47f ", "47f\x00", "\x0047f", "-1"]
        strange += [
            "0x47f",
            "4_7",
            "4" * 17,
            "4" * 5000,
            "\uff14",
            "é",
            "\ud800",
            "1e5",
        ]
        drawn[draw.randrange(n)] = draw.choice([*strange, None, 5, 1.5, b"47f", []])
        if draw.often(0.4):
            return np.array(drawn, dtype=object)
        return drawn

    return Kind(good, bad)


_S2, _TRIANGLES = _ids(6, 30), _ids(1922, 26)
s2_ids = Kind(_good_ids(_S2), _bad_ids(_S2))
triangle_ids = Kind(_good_ids(_TRIANGLES), _bad_ids(_TRIANGLES))
s2_tokens, triangle_tokens = _tokens_kind(_S2), _tokens_kind(_TRIANGLES)


def _good_labels(draw, n):
    pool = draw.choice(
        [["a", "b", "é"], [0, 1, 2], [2**63, 2**64 - 1, 5], [0.5, 1.5], [True, False]]
    )
    drawn = [draw.choice(pool) for _ in range(n)]
    return np.array(drawn) if draw.often(0.5) else drawn


def _bad_labels(draw, n):
    # Of labels the type matters: an integer is not the float beside it.
    plain, draw.plain = draw.plain, False
    try:
        return _bad_vector(draw, n)
    finally:
        draw.plain = plain


labels = Kind(_good_labels, _bad_labels)
groups = labels


def counts(most):
    """Return the kind of positions, one a row, below a number."""

    def good(draw, n):
        drawn = np.array([draw.randrange(most) for _ in range(n)])
        return drawn if draw.often(0.7) or draw.plain else drawn.tolist()

    return Kind(good, _bad_labels)
