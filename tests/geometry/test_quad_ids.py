# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What ids of S2 cells and of triangles share, against slow integers and text."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tests.geometry.common import random_places
from tests.geometry.common_quad_ids import (
    GRIDS,
    SMALL_IDS,
    cells_of,
    slow_cell,
    slow_id,
    slow_range,
)


@pytest.fixture(params=GRIDS)
def grid(request):
    return GRIDS[request.param]


# ---- Slow ids ----------------------------------------------------------------------


def test_the_slow_ids_worked_by_hand():
    # Base 2, quarters 3 and 0: 10 11 00 1.
    assert slow_id(SMALL_IDS, 2, (3, 0)) == 0b1011001
    assert slow_id(SMALL_IDS, 2, ()) == 0b1010000
    assert slow_cell(SMALL_IDS, 0b1010000) == (2, ())
    assert slow_cell(SMALL_IDS, 0b1011001) == (2, (3, 0))
    assert slow_cell(SMALL_IDS, 0b1010) is None
    assert slow_cell(SMALL_IDS, 0b1110000) is None


def all_cells():
    """All numbers up to beyond the last id of the small grid, and their cells."""
    cells = {number: slow_cell(SMALL_IDS, number) for number in range(300)}
    return cells, {number: cell for number, cell in cells.items() if cell}


def ids_of(cells):
    return np.array(list(cells), dtype=np.uint64)


class TestAllOfASmallGrid:
    def test_validity(self):
        numbers, cells = all_cells()
        expected = [number in cells for number in numbers]
        assert sum(expected) == 3 * (1 + 4 + 16)
        assert_array_equal(SMALL_IDS.is_valid(ids_of(numbers)), expected)
        beyond = [(1 << 64) - 1, 1 << 63, (1 << 63) + 1, 1 << 40]
        assert not SMALL_IDS.is_valid(beyond).any()

    def test_levels(self):
        cells = all_cells()[1]
        expected = [len(path) for _, path in cells.values()]
        assert_array_equal(SMALL_IDS.levels(ids_of(cells)), expected)

    def test_parents(self):
        cells = all_cells()[1]
        for number, (base, path) in cells.items():
            ids, levels = [number] * (len(path) + 1), np.arange(len(path) + 1)
            expected = [slow_id(SMALL_IDS, base, path[:level]) for level in levels]
            assert_array_equal(SMALL_IDS.parents(ids, levels), expected)
            for level in range(len(path) + 1, 3):
                with pytest.raises(ValueError, match=f"no parent .* {level}"):
                    SMALL_IDS.parents([number], level)

    def test_children(self):
        cells = all_cells()[1]
        for number, (base, path) in cells.items():
            if len(path) == 2:
                with pytest.raises(ValueError, match="has no children"):
                    SMALL_IDS.children([number])
            else:
                expected = [slow_id(SMALL_IDS, base, (*path, k)) for k in range(4)]
                assert_array_equal(SMALL_IDS.children([number]), [expected])

    def test_ranges(self):
        cells = all_cells()[1]
        leaves = [number for number, (_, path) in cells.items() if len(path) == 2]
        smallest, largest = SMALL_IDS.ranges(ids_of(cells))
        for k, (base, path) in enumerate(cells.values()):
            inside = [
                leaf
                for leaf in leaves
                if cells[leaf][0] == base and cells[leaf][1][: len(path)] == path
            ]
            assert (smallest[k], largest[k]) == (min(inside), max(inside))

    def test_contains(self):
        cells = all_cells()[1]
        expected = [
            [base == other and further[: len(path)] == path for other, further in row]
            for base, path in cells.values()
            for row in [cells.values()]
        ]
        ids = ids_of(cells)
        assert_array_equal(SMALL_IDS.contains(ids[:, np.newaxis], ids), expected)

    def test_at_level(self):
        cells = all_cells()[1]
        for level in range(2):
            expected = [n for n, (_, path) in cells.items() if len(path) == level]
            assert_array_equal(SMALL_IDS.at_level(level), sorted(expected))
        with pytest.raises(ValueError, match=r"level 2 has 48 plots, .* listed is 1"):
            SMALL_IDS.at_level(2)

    def test_tokens(self):
        numbers, cells = all_cells()
        tokens = [f"{number:016x}".rstrip("0") for number in cells]
        assert_array_equal(SMALL_IDS.to_tokens(ids_of(cells)), tokens)
        assert_array_equal(SMALL_IDS.from_tokens(tokens), ids_of(cells))
        for number in set(numbers) - set(cells):
            with pytest.raises(ValueError, match="is not the token of a plot"):
                SMALL_IDS.from_tokens([f"{number:016x}"])


def some_cells(grid):
    return st.lists(cells_of(grid.quad), min_size=1, max_size=12)


class TestAgainstSlowIds:
    @settings(deadline=None, max_examples=60)
    @given(data=st.data())
    @pytest.mark.parametrize("prefix", GRIDS)
    def test_families_and_tokens(self, prefix, data):
        grid = GRIDS[prefix]
        quad, cells = grid.quad, data.draw(some_cells(grid))
        numbers = [slow_id(quad, *cell) for cell in cells]
        assert [slow_cell(quad, number) for number in numbers] == cells
        ids = np.array(numbers, dtype=np.uint64)
        own = [len(path) for _, path in cells]
        assert_array_equal(grid.levels(ids), own)
        assert grid.levels(ids).dtype == np.int64
        levels = [data.draw(st.integers(0, level)) for level in own]
        expected = [
            slow_id(quad, base, path[:level])
            for (base, path), level in zip(cells, levels, strict=True)
        ]
        parents = grid.parents(ids, levels)
        assert_array_equal(parents, expected)
        assert parents.dtype == np.uint64
        expected = [slow_range(quad, *cell) for cell in cells]
        assert_array_equal(np.stack(grid.ranges(ids), axis=1), expected)
        assert grid.contains(parents, ids).all()
        splits = [(b, path) for b, path in cells if len(path) < quad.max_level]
        children = grid.children(
            np.array([slow_id(quad, *cell) for cell in splits], dtype=np.uint64)
        )
        expected = [[slow_id(quad, b, (*p, k)) for k in range(4)] for b, p in splits]
        assert children.tolist() == expected
        tokens = [f"{number:016x}".rstrip("0") for number in numbers]
        assert grid.tokens(ids).tolist() == tokens
        assert_array_equal(grid.ids_from_tokens(tokens), ids)

    @settings(deadline=None, max_examples=60)
    @given(data=st.data())
    @pytest.mark.parametrize("prefix", GRIDS)
    def test_containment(self, prefix, data):
        grid = GRIDS[prefix]
        base, path = data.draw(cells_of(grid.quad))
        # Relatives: descendants of ancestors, with a quarter changed or not.
        cells = [(base, path[:k]) for k in range(len(path) + 1)]
        cells += [(base, (*p[:-1], p[-1] ^ 1, *path[len(p) :])) for _, p in cells[1:]]
        ids = np.array([slow_id(grid.quad, *cell) for cell in cells], dtype=np.uint64)
        expected = [
            [a == b and q[: len(p)] == p for b, q in row]
            for a, p in cells
            for row in [cells]
        ]
        assert_array_equal(grid.contains(ids[:, np.newaxis], ids), expected)

    @settings(deadline=None, max_examples=100)
    @given(
        st.integers(0, (1 << 64) - 1) | st.integers(0, 63).map(lambda bit: 1 << bit),
        st.integers(0, 63),
    )
    @pytest.mark.parametrize("prefix", GRIDS)
    def test_validity(self, prefix, number, shift):
        quad = GRIDS[prefix].quad
        numbers = [number, number << shift & (1 << 64) - 1, number >> shift]
        expected = [slow_cell(quad, number) is not None for number in numbers]
        assert_array_equal(quad.is_valid(np.array(numbers, dtype=np.uint64)), expected)


# ---- Reading ids -------------------------------------------------------------------


class TestIds:
    def test_containers(self, grid):
        ids = grid.locate(random_places(50), grid.quad.max_level)
        # Ids beyond the signed numbers and below.
        assert (ids >= 1 << 63).any()
        assert (ids < 1 << 63).any()
        expected = grid.tokens(ids)
        for same in (
            ids.tolist(),
            tuple(ids.tolist()),
            list(ids),
            ids.astype(object),
            ids.view(np.int64),
            ids.view(np.int64).tolist(),
            ids.view(np.int64).astype(object),
            ids.astype(">u8"),
            ids.view(np.int64).astype(">i8"),
            np.repeat(ids, 2)[::2],
            pd.Series(ids),
            pd.Series(ids).astype("UInt64"),
            pd.Index(ids),
        ):
            assert_array_equal(grid.tokens(same), expected)
            assert_array_equal(grid.ranges(same)[0], grid.ranges(ids)[0])
        assert_array_equal(grid.tokens(int(ids[0])), expected[:1])
        assert_array_equal(
            grid.tokens([int(ids.max()), 1]),
            [expected[ids.argmax()], "0000000000000001"],
        )
        before = ids.copy()
        ids.flags.writeable = False
        grid.parents(ids, 3), grid.children(grid.parents(ids, 2)), grid.ranges(ids)
        assert_array_equal(ids, before)

    def test_shapes_are_kept(self, grid):
        ids = grid.children(grid.ids_at_level(1)[:24].reshape(4, 6))
        assert ids.shape == (4, 6, 4)
        assert grid.levels(ids).shape == ids.shape
        assert grid.tokens(ids).shape == ids.shape
        assert [bound.shape for bound in grid.ranges(ids)] == [ids.shape] * 2
        assert grid.parents(ids, 1).shape == ids.shape
        assert grid.parents(ids, np.full(ids.shape, 2)).shape == ids.shape
        assert grid.children(ids).shape == (*ids.shape, 4)
        assert grid.contains(ids, ids[2, 3]).shape == ids.shape
        assert_array_equal(grid.ids_from_tokens(grid.tokens(ids)), ids)
        assert_array_equal(grid.tokens(ids.T), grid.tokens(ids).T)
        assert_array_equal(grid.ids_from_tokens(grid.tokens(ids).T), ids.T)
        assert_array_equal(grid.tokens(ids[::2, ::-1]), grid.tokens(ids)[::2, ::-1])

    @pytest.mark.parametrize("none", [[], np.zeros(0, dtype=np.uint64), np.zeros(0)])
    def test_no_ids_give_no_answers(self, grid, none):
        assert grid.levels(none).shape == (0,)
        assert grid.tokens(none).shape == (0,)
        assert grid.parents(none, 3).shape == (0,)
        assert grid.parents(none, np.zeros(0, dtype=int)).shape == (0,)
        assert grid.children(none).shape == (0, 4)
        assert grid.contains(none, none).shape == (0,)
        found = grid.ids_from_tokens([])
        assert found.shape == (0,)
        assert found.dtype == np.uint64
        assert grid.ids_from_tokens(np.zeros(0, dtype=str)).shape == (0,)

    @pytest.mark.parametrize("name", ["levels", "children", "ranges", "tokens"])
    @pytest.mark.parametrize("number", [2, (1 << 64) - 2, 1 << 62, -2])
    def test_numbers_that_are_no_ids_are_named(self, grid, name, number):
        hexadecimal = f"0x{number % (1 << 64):016x}"
        with pytest.raises(
            ValueError, match=rf"^ids, row 1: {number} \({hexadecimal}\) is not the id"
        ) as error:
            getattr(grid, name)([1, number])
        assert f"of {grid.quad.one}. Ids come from {grid.quad.locator}" in str(
            error.value
        )

    def test_a_position_in_a_table_is_named(self, grid):
        table = [[1, 1, 1], [1, 1, 2]]
        with pytest.raises(ValueError, match=r"ids, position \(1, 2\): 2 "):
            grid.levels(table)
        with pytest.raises(ValueError, match=r"cells, position \(1, 2\): 2 "):
            grid.contains(table, 1)

    @pytest.mark.parametrize("number", [1 << 64, -(1 << 63) - 1, 1 << 300])
    def test_numbers_beyond_64_bits_are_named(self, grid, number):
        for ids in ([1, number], np.array([1, number], dtype=object)):
            with pytest.raises(
                ValueError, match=rf"^ids, row 1: {number} is not the id .* 64 bits"
            ):
                grid.levels(ids)

    def test_the_number_beyond_64_bits_is_named(self, grid):
        # The rows before it fit, the least and the largest of 64 bits among them.
        ids = [-(1 << 63), (1 << 64) - 1, 1, 1 << 64]
        with pytest.raises(ValueError, match=rf"^ids, row 3: {1 << 64} is not the id"):
            grid.levels(ids)
        valid = grid.quad.is_valid(np.array(ids[:3], dtype=object))
        assert valid.tolist() == [False, False, True]

    def test_no_cell_is_named_where_there_is_one(self, grid):
        with pytest.raises(ValueError, match=r"^ids, row 1: 0 .* is not the") as error:
            grid.levels([1, 0])
        hint = ". 0 stands for no cell: drop it first, for example with ids[ids != 0]."
        assert str(error.value).endswith(hint) == grid.quad.has_none

    @pytest.mark.parametrize(
        ("ids", "words"),
        [
            (np.array([1.0]), "Floats keep 53 .* lose digits"),
            (np.array([True]), "bool"),
            (["47f"], "{prefix}_ids_from_tokens"),
            ([b"47f"], "see {locator}"),
            ([1 << 60, None], "row 1: None"),
            ([1 << 60, 1.5], "row 1: 1.5"),
            ([1 << 60, float("nan")], "row 1: nan"),
            (np.array([1 << 60, True], dtype=object), "row 1: True"),
            (np.array([1 << 60, "47f"], dtype=object), "row 1: '47f' .* {prefix}_ids"),
            (pd.Series([1 << 60, pd.NA], dtype="object"), "row 1: <NA>"),
            (pd.Series([1 << 60, pd.NA], dtype="UInt64"), "missing values|row 1: <NA>"),
        ],
    )
    def test_what_is_no_integer_is_refused(self, grid, ids, words):
        words = words.format(prefix=grid.quad.prefix, locator=grid.quad.locator)
        with pytest.raises(TypeError, match=words):
            grid.levels(ids)


# ---- Levels ------------------------------------------------------------------------


class TestLevels:
    @pytest.mark.parametrize("beyond", [-1, 1, 1 << 62, 1 << 63])
    def test_run_from_0(self, grid, beyond):
        quad = grid.quad
        level = beyond if beyond < 0 else quad.max_level + beyond
        words = rf"between 0 \({quad.n_bases:,} {quad.many}\) and {quad.max_level}; got"
        with pytest.raises(ValueError, match=rf"{words} {level}\.$"):
            grid.locate([[0.0, 0.0]], level)
        listed = words.replace(f"and {quad.max_level};", f"and {quad.last_listed};")
        with pytest.raises(ValueError, match=rf"{listed} {level}\.$"):
            grid.ids_at_level(level)
        ids = grid.locate([[0.0, 0.0], [1.0, 1.0]], quad.max_level)
        levels = np.full(2, level)
        levels[0] = 3
        with pytest.raises(ValueError, match=rf"{words} {level} \(row 1\)\.$"):
            grid.parents(ids, levels)

    @pytest.mark.parametrize("level", [1.0, 3.0, "3", None, True, [3.0]])
    def test_are_integers(self, grid, level):
        with pytest.raises(TypeError, match="level must be an integer"):
            grid.locate([[0.0, 0.0]], level)
        with pytest.raises(TypeError, match="level must be an integer"):
            grid.parents([1], level)
        with pytest.raises(TypeError, match="level must be an integer"):
            grid.ids_at_level(level)

    def test_are_one_or_one_each(self, grid):
        with pytest.raises(ValueError, match=r"expected the shape \(1,\), got \(2,\)"):
            grid.locate([[0.0, 0.0]], [1, 2])
        with pytest.raises(ValueError, match=r"expected the shape \(1, 2\), got \(2,"):
            grid.parents([[1, 1]], [1, 2])

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
    def test_of_any_integer_type(self, grid, dtype):
        places = random_places(5)
        expected = grid.locate(places, 5)
        assert_array_equal(grid.locate(places, dtype(5)), expected)
        assert_array_equal(grid.locate(places, np.full(5, 5, dtype)), expected)
        assert_array_equal(grid.ids_at_level(dtype(4)), grid.ids_at_level(4))

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32])
    def test_of_small_ids(self, grid, dtype):
        # 4 is the first cell but for the last level; it is in the first base cell.
        four, last = np.array([4], dtype), grid.quad.max_level
        assert grid.levels(four).tolist() == [last - 1]
        assert grid.levels(4).tolist() == grid.levels(four[0]).tolist() == [last - 1]
        for found, expected in (
            (grid.parents(four, 0), [1 << 2 * last]),
            (grid.parents(four, last - 1), [4]),
            (grid.children(four), [[1, 3, 5, 7]]),
            (np.array(grid.ranges(four)), [[1], [7]]),
        ):
            assert found.dtype == np.uint64
            assert found.tolist() == expected

    def test_a_finer_parent_is_refused(self, grid):
        ids = grid.locate(random_places(2), [12, 4])
        name = rf"{ids[1]} \(0x{ids[1]:016x}\) is {grid.quad.one} of level 4"
        with pytest.raises(ValueError, match=rf"^ids, row 1: {name} .* finer level 5"):
            grid.parents(ids, 5)
        with pytest.raises(ValueError, match=r"row 0: .* level 12 .* finer level 13"):
            grid.parents(ids, [13, 4])
        with pytest.raises(ValueError, match=r"row 1: .* level 4 .* finer level 5"):
            grid.parents(ids, [12, 5])
        with pytest.raises(ValueError, match=rf"see {grid.quad.prefix}_levels"):
            grid.parents(ids, 5)
        assert_array_equal(grid.parents(ids, [12, 4]), ids)

    def test_the_finest_have_no_children(self, grid):
        last = grid.quad.max_level
        ids = grid.locate(random_places(2), [last - 1, last])
        with pytest.raises(
            ValueError,
            match=rf"row 1: {ids[1]} \(0x.*\) is {grid.quad.one} of the finest level, "
            rf"{last}, and has no children\. .* level {last - 1} or coarser",
        ):
            grid.children(ids)
        assert_array_equal(
            grid.parents(grid.children(ids[:1]), last - 1), ids[[[0] * 4]]
        )

    @pytest.mark.parametrize(
        ("prefix", "level", "words"),
        [
            (
                "s2",
                13,
                "level 13 has 402,653,184 cells, .* listed is 12.* with s2_children",
            ),
            (
                "triangle",
                8,
                "level 8 has 125,960,192 triangles, .* listed is 7.* triangle_children",
            ),
        ],
    )
    def test_too_many_are_not_listed(self, prefix, level, words):
        with pytest.raises(ValueError, match=words):
            GRIDS[prefix].ids_at_level(level)
        with pytest.raises(ValueError, match=words):
            GRIDS[prefix].ids_at_level(np.uint8(level))


# ---- Tokens ------------------------------------------------------------------------

FORMS = ["", "g", "0", "x", "XX", "xyz", "-1", "002", "{0} ", " {0}", "\t{0}", "{0}\n",
         "0x{0}", "+{0}", "-{0}", "0_0{0}", "{0}" + "0" * 14, "0\x00{0}", "{0}é",
         "\uff10\uff10{0}", "{0}\u0134", "{0}\U0001f30d",
         "0000000000000002"]  # fmt: skip
BAD_TOKENS = [("s2", form.format("47f")) for form in FORMS]
BAD_TOKENS += [("triangle", form.format("001")) for form in FORMS]
BAD_TOKENS += [
    ("s2", token)
    for token in ["2", "f", "c", "4_7f", "4\x007f", "\uff14\uff17f", "47é"]
]
BAD_TOKENS += [
    ("triangle", token) for token in ["X", "0x01", "1_0", "+01", "f1", "f05"]
]
GOOD_TOKENS = {"s2": "47f", "triangle": "d50fb49"}


class TestTokens:
    def test_other_spellings(self, grid):
        token = GOOD_TOKENS[grid.quad.prefix]
        expected = np.full(4, int(token.ljust(16, "0"), 16), dtype=np.uint64)
        tokens = [token, token.upper(), token + "00", token.ljust(16, "0")]
        for same in (
            tokens,
            np.array(tokens),
            np.array(tokens, dtype="U40"),
            np.array(tokens, dtype=object),
            list(np.array(tokens)),
            pd.Series(tokens),
            pd.Series(tokens, dtype="string"),
            pd.Series(tokens, dtype="category"),
        ):
            assert_array_equal(grid.ids_from_tokens(same), expected)
        assert_array_equal(grid.ids_from_tokens(token), expected[:1])
        assert_array_equal(
            grid.ids_from_tokens([tokens[:2], tokens[2:]]), expected.reshape(2, 2)
        )

    def test_sort_as_ids_do(self, grid):
        levels = np.tile(np.arange(grid.quad.max_level + 1), 20)
        ids = np.unique(grid.locate(random_places(len(levels)), levels))
        shuffled = np.random.default_rng(1).permutation(ids)
        assert_array_equal(np.sort(grid.tokens(shuffled)), grid.tokens(ids))
        order = np.argsort(shuffled)
        assert_array_equal(np.argsort(grid.tokens(shuffled)), order)

    @pytest.mark.parametrize(("prefix", "token"), BAD_TOKENS)
    def test_bad_ones_are_named(self, prefix, token):
        grid = GRIDS[prefix]
        good = GOOD_TOKENS[prefix]
        for tokens in ([good, token], np.array([good, token])):
            with pytest.raises(
                ValueError, match=r"^tokens, row 1: .* is not the token"
            ) as error:
                grid.ids_from_tokens(tokens)
            assert repr(token) in str(error.value)
            none = " 'X' stands for no cell." if prefix == "s2" else ""
            assert str(error.value).endswith(
                f"of {grid.quad.one}. Tokens are what {prefix}_tokens writes, 1 to 16 "
                f"hexadecimal digits such as {grid.quad.token!r}.{none}"
            )

    @pytest.mark.parametrize("token", [None, float("nan"), 5, b"001", pd.NA, True])
    def test_what_is_not_text_is_named(self, grid, token):
        good = GOOD_TOKENS[grid.quad.prefix]
        for tokens in ([good, token], np.array([good, token], dtype=object)):
            with pytest.raises(
                ValueError, match=r"^tokens, row 1: .* is not text"
            ) as error:
                grid.ids_from_tokens(tokens)
            assert repr(token) in str(error.value)
        with pytest.raises(ValueError, match=r"^tokens, row 0: .* is not text"):
            grid.ids_from_tokens(token)


def test_shapes_that_do_not_fit_are_named():
    from sklearn_geo.geometry import s2_contains, s2_intersects, triangle_contains

    with pytest.raises(ValueError, match=r"cells of shape \(2,\) and ids of shape \(3"):
        s2_contains([1 << 60] * 2, [1 << 60] * 3)
    with pytest.raises(ValueError, match=r"a of shape \(2,\) and b of shape \(3"):
        s2_intersects([1 << 60] * 2, [1 << 60] * 3)
    with pytest.raises(ValueError, match=r"cells of shape \(0,\) and ids of shape \(3"):
        triangle_contains([], [1 << 52] * 3)


def test_the_names_that_messages_give():
    with pytest.raises(ValueError, match=r" s2_cell_ids or s2_ids_from_tokens;"):
        GRIDS["s2"].levels([2])
    with pytest.raises(ValueError, match=r" triangle_ids or triangle_ids_from_tokens;"):
        GRIDS["triangle"].levels([2])
    with pytest.raises(ValueError, match=r"0 \(6 cells\) and 30; got 31"):
        GRIDS["s2"].locate([[0.0, 0.0]], 31)
    with pytest.raises(ValueError, match=r"0 \(6 cells\) and 12; got 31"):
        GRIDS["s2"].ids_at_level(31)
    with pytest.raises(ValueError, match=r"0 \(1,922 triangles\) and 26; got 27"):
        GRIDS["triangle"].locate([[0.0, 0.0]], 27)
    with pytest.raises(ValueError, match=r"0 \(1,922 triangles\) and 7; got 27"):
        GRIDS["triangle"].ids_at_level(27)
    for grid, token in ((GRIDS["s2"], "47e66ff"), (GRIDS["triangle"], "d50fb49")):
        # The example is the token of a cell.
        assert grid.tokens(grid.ids_from_tokens([token])).tolist() == [token]
        with pytest.raises(ValueError, match=f"digits such as '{token}'"):
            grid.ids_from_tokens(["z"])
