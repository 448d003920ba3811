# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nasty tables and nasty places: what hypothesis draws from.

Hypothesis draws one number an example, `draws`; what is passed is chosen by a random
generator that begins with it. Drawn value by value, a table would take longer than
what it is passed to, and ten thousand of each would take days.

Three kinds. *Places* are good, but chosen where code breaks: poles, seams, borders of
cells and zones, neighbours of all these in float64. *Dresses* put a good table into
another container that means the same, so that the answer has to be the same. *Foul*
things are whatever else a person may pass by mistake: an answer has to be finite, or an
error in words.
"""

import random
import tempfile
from decimal import Decimal
from fractions import Fraction

import geopandas
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st
from scipy import sparse

from tests.reliability.guests import GUESTS

__all__ = [
    "DRESSES",
    "HUGE",
    "THINGS",
    "WILD",
    "Draw",
    "columns",
    "draws",
    "dressed",
    "foul",
    "places",
    "scalar",
    "tables",
]

HUGE = [10**9, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30]
NAN, INF = float("nan"), float("inf")
TINY = [5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, 1e-16, -1e-16]
WILD = [NAN, INF, -INF, -0.0, 1e308, -1e308, 1.7976931348623157e308, 1e20, 1e15, *TINY]


class Draw(random.Random):
    """A random generator that says what it began with.

    Parameters
    ----------
    seed : int
        What it begins with.

    plain : bool, default=False
        Whether what is put in another container, `dressed`, stays the plain array it
        was. All other choices are the same.
    """

    def __init__(self, seed, plain=False):
        super().__init__(seed)
        self.started_with = seed
        self.plain = plain

    def __repr__(self):
        return f"Draw({self.started_with})"

    def often(self, probability):
        """Say yes with a probability."""
        return self.random() < probability


draws = st.integers(0, 2**62).map(Draw)


# Places -------------------------------------------------------------------------------


def _with_neighbours(values):
    """Return numbers and the floats just below and above each."""
    values = np.asarray(values, dtype=np.float64)
    return np.concatenate(
        [values, np.nextafter(values, -np.inf), np.nextafter(values, np.inf)]
    ).tolist()


# Bands of UTM zones end at multiples of 8 from -80, zones at multiples of 6 (save
# around Norway), octants and base triangles at multiples of 90, faces of the S2 cube at
# odd multiples of 45, and at 35.264... on the meridians of their corners.
_CORNER = float(np.rad2deg(np.arctan(np.sqrt(0.5))))
_LATITUDES = [
    value
    for value in _with_neighbours(
        [-90, -80, -45, -_CORNER, -8, 0, 8, _CORNER, 45, 56, 64, 72, 84, 90]
    )
    if abs(value) <= 90
] + [-0.0, *TINY]
_LONGITUDES = [
    *_with_neighbours([-180, -135, -90, -45, -6, 0, 3, 6, 9, 21, 33, 42, 45, 90, 180]),
    -0.0,
    *TINY,
]
_TURNED = [190.0, -190.0, 360.0, -360.0, 540.0, -720.25, 99_999.5, 100_000.0]


def _latitude(draw):
    if draw.often(0.5):
        return draw.choice(_LATITUDES)
    return draw.uniform(-90, 90)


def _longitude(draw):
    kind = draw.random()
    if kind < 0.5:
        return draw.choice(_LONGITUDES)
    return draw.choice(_TURNED) if kind < 0.6 else draw.uniform(-180, 180)


def _one_of(*values):
    return lambda draw: draw.choice(values)


# One cell, one pole, both sides of the seam.
_HOTSPOTS = [
    (_one_of(90.0), _longitude),
    (_one_of(-90.0), _longitude),
    (_latitude, _one_of(*_with_neighbours([-180, 180]))),
    (_latitude, _one_of(0.0, -0.0, 180.0, -180.0)),
    (_one_of(0.0, -0.0, 5e-324, -5e-324), _longitude),
    (lambda draw: draw.uniform(48.1370, 48.1371), _one_of(11.5750, 11.5751)),
    *[(_latitude, _longitude)] * 3,
]


def places(draw, n=None, most=6):
    """Draw good places, (n, 2) of float64, where they are hard; some rows are equal."""
    n = draw.randint(1, most) if n is None else n
    latitude, longitude = draw.choice(_HOTSPOTS)
    n_distinct = draw.randint(1, max(n, 1))
    rows = [[latitude(draw), longitude(draw)] for _ in range(n_distinct)]
    return np.array(rows)[np.arange(n) % n_distinct]


def columns(draw, n, width=None, element=None):
    """Draw n numbers, or n rows of them, as float64."""
    element = element or (lambda draw: round(draw.uniform(-1e3, 1e3), 3))
    shape = (n,) if width is None else (n, width)
    size = int(np.prod(shape))
    return np.array([element(draw) for _ in range(size)], np.float64).reshape(shape)


# Text of any length, which came with numpy 2.
STRINGS = "T" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "U"


# Dresses: another container, the same meaning -----------------------------------------


def _memmap(table, mode="r"):
    if not table.size:  # numpy below 2 maps no empty file
        return table
    with tempfile.TemporaryFile() as file:
        memmap = np.memmap(file, dtype=table.dtype, mode="w+", shape=table.shape)
    memmap[...] = table
    memmap.flags.writeable = mode != "r"
    return memmap


def _read_only(table):
    table = table.copy()
    table.flags.writeable = False
    return table


def _names(table):
    if table.shape[1] == 2:
        return ["lat", "lon"]
    return [f"c{i}" for i in range(table.shape[1])]


def _frame(table, **options):
    return pd.DataFrame(table, columns=_names(table), **options)


def _counted(table):
    return pd.DataFrame(table, index=np.zeros(len(table), dtype=int))


def _nullable(table):
    return _frame(table).astype("Float64")


def _arrow_backed(table):
    return _frame(table).astype(pd.ArrowDtype(pa.float64()))


def _polars(table):
    return pl.DataFrame(
        {name: table[:, i] for i, name in enumerate(_names(table))},
        schema=dict.fromkeys(_names(table), pl.Float64),
    )


def _sparse(form):
    return lambda table: form(table)


def _unsorted(table):
    """Return a sparse array with zeros kept, in no order, and entries in halves."""
    n, width = table.shape
    halves = np.concatenate([table[:, ::-1], table[:, ::-1]], axis=1) / 2
    exact = (halves[:, :width] * 2 == table[:, ::-1]).all()
    if not exact:  # the smallest numbers have no half
        return sparse.csr_array(table)
    indices = np.tile(np.tile(np.arange(width)[::-1], 2), n)
    indptr = np.arange(n + 1) * 2 * width
    return sparse.csr_array((halves.ravel(), indices, indptr), shape=table.shape)


def _kept_zeros(table):
    row, column = np.indices(table.shape).reshape(2, -1)
    return sparse.coo_array((table.ravel(), (row, column)), shape=table.shape)


def _long_indices(table):
    result = sparse.csr_array(table)
    result.indices = result.indices.astype(np.int64)
    result.indptr = result.indptr.astype(np.int64)
    return result


DRESSES = {
    "list": lambda table: table.tolist(),
    "list of arrays": list,
    "fortran": np.asfortranarray,
    "backwards": lambda table: table[::-1].copy()[::-1],
    "columns backwards": lambda table: table[:, ::-1].copy()[:, ::-1],
    "every second": lambda table: np.repeat(table, 2, axis=0)[::2],
    "read-only": _read_only,
    "memmap": _memmap,
    "writable memmap": lambda table: _memmap(table, "r+"),
    "other bytes": lambda table: table.astype(table.dtype.newbyteorder("S")),
    "long double": lambda table: table.astype(np.longdouble),
    "objects": lambda table: table.astype(object),
    "masked nowhere": np.ma.masked_array,
    "frame": _frame,
    "frame of counted columns": _counted,
    "frame of nullable": _nullable,
    "frame of arrow": _arrow_backed,
    "frame of objects": lambda table: _frame(table).astype(object),
    "polars": _polars,
    "csr array": _sparse(sparse.csr_array),
    "csc array": _sparse(sparse.csc_array),
    "coo array": _sparse(sparse.coo_array),
    "lil array": _sparse(sparse.lil_array),
    "dok array": _sparse(sparse.dok_array),
    "dia array": _sparse(sparse.dia_array),
    "bsr array": _sparse(sparse.bsr_array),
    "csr matrix": _sparse(sparse.csr_matrix),
    "csc matrix": _sparse(sparse.csc_matrix),
    "coo matrix": _sparse(sparse.coo_matrix),
    "unsorted csr": _unsorted,
    "csr of zeros": _kept_zeros,
    "csr of int64": _long_indices,
}
_GEO = {
    "geo frame": lambda table: geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(table[:, 1], table[:, 0]), crs=4326
    ),
    "geo series": lambda table: geopandas.GeoSeries(
        geopandas.points_from_xy(table[:, 1], table[:, 0])
    ),
}
_NAMES = sorted(DRESSES)
_NAMES_GEO = sorted({**DRESSES, **_GEO})


def dressed(draw, table, geo=False):
    """Draw a container that means the same as an array."""
    name = draw.choice(_NAMES_GEO if geo else _NAMES)
    return table if draw.plain else (DRESSES.get(name) or _GEO[name])(table)


# Foul things --------------------------------------------------------------------------

_SCALARS = [
    [None, True, False, 0, 1, -1, 2, 3, 30, 31, 60, 61, *HUGE, *(-big for big in HUGE)],
    [0.0, 0.5, 1.0, 1.5, 3.0, *WILD],
    ["", "a", "47f", "X", "auto", "lat", "\x00", "é", "\uff11\uff12", "\ud800"],
    [b"", b"47f", 1j, complex(NAN, 0), Decimal("1.5"), Fraction(1, 3), pd.NA, pd.NaT],
    [np.float16(2), np.float32(2.5), np.longdouble(1), np.int8(3), np.bool_(True)],
    [np.uint64(2**64 - 1), np.datetime64("2020-01-01"), np.datetime64("NaT", "s")],
    [np.timedelta64(1, "D"), pd.Timestamp("2020-01-01"), int, range(3), object()],
    [(), [], {}, (1, 2), [1, 2], {"a": 1}, {1, 2}, np.array(2.0), np.array([1, 2])],
]


def scalar(draw):
    """Draw one thing that is no table: a number, text, anything."""
    return draw.choice(draw.choice(_SCALARS))


_DTYPES = {
    "b": ["bool"],
    "i": ["int8", "int16", "int32", "int64", ">i4"],
    "u": ["uint8", "uint16", "uint32", "uint64"],
    "f": ["float16", "float32", "float64", "longdouble", ">f8"],
    "c": ["complex64", "complex128"],
    "m": ["datetime64[s]", "datetime64[ns]", "timedelta64[D]"],
    "t": ["U5", "S5", "O"],
}
_ANY_DTYPE = [dtype for group in _DTYPES.values() for dtype in group]
_SOURCES = [
    WILD,
    _LATITUDES,
    [0.0, 1.0, 2.0, -1.0, 255.0, 2.0**31, 2.0**63, 1e5, 91.0, 1e6],
]


def wild(draw):
    """Draw a number that may be anything."""
    if draw.often(0.2):
        bits = draw.getrandbits(64).to_bytes(8, "little")
        return float(np.frombuffer(bits, np.float64)[0])
    return draw.choice(draw.choice(_SOURCES))


def _typed(draw, n, width):
    """Draw an array of any dtype, mostly of the right shape."""
    dtype = np.dtype(draw.choice(_ANY_DTYPE))
    shape = (n, width)
    if draw.often(0.4):
        shapes = [(n,), (n, width, 2), (n, 0), (n, width + 1), (n, 1), (0, width), ()]
        shape = draw.choice(shapes)
    size = int(np.prod(shape))
    values = np.resize(np.array([wild(draw) for _ in range(min(size, 4))]), size)
    if dtype.kind in "mM":
        values = np.nan_to_num(values).clip(-1e9, 1e9).astype(np.int64)
    with np.errstate(all="ignore"):
        return values.astype(dtype).reshape(shape)


def _wild(draw, n, width):
    """Draw floats of the right shape, of which some are wild."""
    table = np.full((n, width), draw.choice([0.0, 1.0, 45.0, -90.0]))
    for _ in range(draw.randint(1, 3)):
        if table.size:
            table.flat[draw.randrange(table.size)] = wild(draw)
    with np.errstate(all="ignore"):
        return table.astype(draw.choice(_DTYPES["f"]))


def _broken_csr(kind):
    """Return a sparse array whose arrays contradict each other."""

    def make(n, width):
        table = sparse.csr_array(np.ones((max(n, 1), max(width, 1))))
        if kind == "index too large":
            table.indices[-1] = 10**6
        elif kind == "index negative":
            table.indices[0] = -7
        elif kind == "indptr falls":
            table.indptr[0] = 3
        elif kind == "indptr too large":
            table.indptr[-1] = 10**6
        elif kind == "NaN":
            table.data[0] = NAN
        elif kind == "too short":
            table.data = table.data[:-1]
        return table

    return make


def _nested(n, width):
    return [[[1.0, 2.0]] * width] * n


def _ragged(n, width):
    return [[1.0] * (width + i) for i in range(max(n, 2))]


def _structured(n, width):
    return np.zeros(n, dtype=[("lat", "f8"), ("lon", "f8")])


def _records(n, width):
    return np.zeros(n, dtype=[("lat", "f8"), ("lon", "f8")]).view(np.recarray)


def _masked(n, width):
    return np.ma.masked_array(np.ones((n, width)), mask=np.eye(n, width, dtype=bool))


def _with_na(n, width):
    frame = pd.DataFrame({f"c{i}": [1] * n for i in range(width)}, dtype="Int64")
    if frame.size:
        frame.iloc[0, 0] = pd.NA
    return frame


def _twice(n, width):
    return pd.DataFrame(np.ones((n, width)), columns=["lat"] * width)


def _levels(n, width):
    columns = pd.MultiIndex.from_tuples([("a", f"c{i}") for i in range(width)])
    index = pd.MultiIndex.from_tuples([(0, i) for i in range(n)], names=["p", "q"])
    return pd.DataFrame(np.ones((n, width)), columns=columns, index=index)


def _frame_of(values, **options):
    return lambda n, width: pd.DataFrame(
        {f"c{i}": pd.Series([values] * n, **options) for i in range(width)}
    )


def _swapped(n, width):
    names = (["lon", "lat"] + [f"c{i}" for i in range(2, width)])[:width]
    return pd.DataFrame(np.ones((n, width)), columns=names)


def _polars_of(value, dtype):
    return lambda n, width: pl.DataFrame(
        {f"c{i}": pl.Series([value] * n, dtype=dtype) for i in range(width)}
    )


def _arrow(n, width):
    return pa.table({f"c{i}": pa.array([1.0] * n) for i in range(width)})


def _geo_lines(n, width):
    return geopandas.GeoSeries([None] * n)


def _itself(n, width):
    rows = [1.0, 2.0]
    rows.append(rows)
    return rows


THINGS = {
    "nested": _nested,
    "ragged": _ragged,
    "structured": _structured,
    "records": _records,
    "masked": _masked,
    "nullable with NA": _with_na,
    "names twice": _twice,
    "levels of names": _levels,
    "swapped names": _swapped,
    "text": _frame_of("12.5"),
    "categories": _frame_of(1.0, dtype="category"),
    "dates": _frame_of(pd.Timestamp("2020-01-01")),
    "intervals": _frame_of(pd.Interval(0, 1)),
    "objects of None": _frame_of(None, dtype=object),
    "decimals": _frame_of(Decimal("1.5"), dtype=object),
    "sparse columns": _frame_of(1.0, dtype=pd.SparseDtype("float64", 0.0)),
    "bools": _frame_of(True, dtype=bool),
    "nullable bools": _frame_of(pd.NA, dtype="boolean"),
    "arrow text": _frame_of("1", dtype=pd.ArrowDtype(pa.string())),
    "polars nulls": _polars_of(None, pl.Float64),
    "polars decimals": _polars_of(Decimal("1.50"), pl.Decimal(10, 2)),
    "polars text": _polars_of("a", pl.String),
    "polars lists": _polars_of([1.0], pl.List(pl.Float64)),
    "polars lazy": lambda n, width: pl.LazyFrame({"a": [1.0]}),
    "polars series": lambda n, width: pl.Series([1.0] * n),
    "series": lambda n, width: pd.Series([1.0] * n),
    "arrow": _arrow,
    "geo of None": _geo_lines,
    "list of tuples": lambda n, width: [(1.0,) * width] * n,
    "tuple of columns": lambda n, width: (np.ones(n),) * width,
    "list of dicts": lambda n, width: [{"lat": 1.0, "lon": 2.0}] * n,
    "list of text": lambda n, width: ["1.0 2.0"] * n,
    "list of bytes": lambda n, width: [[b"1", b"2"]] * n,
    "list of None": lambda n, width: [[None] * width] * n,
    "list of big ints": lambda n, width: [[10**30] * width] * n,
    "list of arrays of size 1": lambda n, width: [[np.array([1.0])] * width] * n,
    "list of itself": _itself,
    "matrix": lambda n, width: np.ones((n, width)).view(np.matrix),
    "broadcast": lambda n, width: np.broadcast_to(np.float64(3.0), (n, width)),
    "generator": lambda n, width: ([1.0] * width for _ in range(n)),
    "map": lambda n, width: map(list, [[1.0] * width] * n),
    "memoryview": lambda n, width: memoryview(np.ones((n, width))),
    "text strings": lambda n, width: np.array([["1"] * width] * n, dtype=STRINGS),
    "sparse of bool": lambda n, width: sparse.csr_array(np.ones((n, width), bool)),
    "list of sparse rows": lambda n, width: [sparse.csr_array(np.ones((1, width)))] * n,
    "sparse of one axis": lambda n, width: sparse.coo_array(np.ones(n)),
    "sparse and wide": lambda n, width: sparse.csr_array((n, 10**9)),
    "sparse and long": lambda n, width: sparse.coo_array((2**40, width)),
    **{
        f"sparse, {kind}": _broken_csr(kind)
        for kind in (
            "index too large",
            "index negative",
            "indptr falls",
            "indptr too large",
            "NaN",
            "too short",
        )
    },
}
THINGS |= GUESTS
_THING_NAMES = sorted(THINGS)


def foul(draw, n=None, width=2):
    """Draw something that is probably no table of this width with n rows."""
    n = draw.randint(0, 4) if n is None else n
    if draw.often(0.3):
        n = draw.choice([0, 1, n + 1])
    kind = draw.random()
    if kind < 0.15:
        return scalar(draw)
    if kind < 0.45:
        return THINGS[draw.choice(_THING_NAMES)](n, width)
    return _typed(draw, n, width) if kind < 0.75 else _wild(draw, n, width)


def tables(draw, n=None, width=2, element=None, foulness=0.4):
    """Draw anything: a good table as it is or in a dress, or something foul.

    A good table of two columns is one of places, save where its elements are given.
    """
    if draw.often(foulness):
        return foul(draw, n, width)
    n = draw.randint(1, 6) if n is None else n
    if element is None and width == 2:
        table = places(draw, n)
    else:
        table = columns(draw, n, width, element)
    return dressed(draw, table) if draw.often(0.7) else table
