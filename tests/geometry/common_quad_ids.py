# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The grids whose ids are 64 bits, and slow ids in integers and text.

A slow cell is the number of its base and a tuple of quarters.
"""

from types import SimpleNamespace

from hypothesis import strategies as st

from sklearn_geo import geometry
from sklearn_geo.geometry._quad_ids import QuadIds
from sklearn_geo.geometry._s2_ids import S2_IDS
from sklearn_geo.geometry._triangle_ids import TRIANGLE_IDS

# So few cells that all of them can be tried.
SMALL_IDS = QuadIds(
    n_bases=3,
    max_level=2,
    last_listed=1,
    one="a plot",
    many="plots",
    prefix="plot",
    locator="plot_ids",
    token="000000000000000f",
)


def doors(quad):
    """The public functions of a grid under one name each."""
    names = ("levels", "parents", "children", "ranges", "contains", "tokens")
    names += ("ids_at_level", "ids_from_tokens")
    found = {name: getattr(geometry, f"{quad.prefix}_{name}") for name in names}
    return SimpleNamespace(quad=quad, locate=getattr(geometry, quad.locator), **found)


GRIDS = {quad.prefix: doors(quad) for quad in (S2_IDS, TRIANGLE_IDS)}


def slow_id(quad, base, path):
    for quarter in path:
        base = 4 * base + quarter
    return (2 * base + 1) << 2 * (quad.max_level - len(path))


def slow_cell(quad, number):
    """Read the digits of a number in base 2 as text; None for no id."""
    digits = f"{number:064b}"
    head, closing, zeros = digits.rpartition("1")
    if not closing or len(zeros) % 2 or len(zeros) > 2 * quad.max_level:
        return None
    n_path = 2 * quad.max_level - len(zeros)
    base, path = head[: len(head) - n_path], head[len(head) - n_path :]
    if int(base, 2) >= quad.n_bases:
        return None
    pairs = zip(path[::2], path[1::2], strict=True)
    return int(base, 2), tuple(int(a + b, 2) for a, b in pairs)


def slow_range(quad, base, path):
    rest = quad.max_level - len(path)
    return [slow_id(quad, base, path + (end,) * rest) for end in (0, 3)]


def cells_of(quad):
    quarters = st.integers(0, 3)
    paths = st.lists(quarters, max_size=quad.max_level) | st.lists(
        quarters, min_size=quad.max_level, max_size=quad.max_level
    )
    return st.tuples(st.integers(0, quad.n_bases - 1), paths.map(tuple))
