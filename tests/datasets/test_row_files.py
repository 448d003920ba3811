# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import DataFileError, ReadReport
from sklearn_geo.datasets._opening import DataFile
from sklearn_geo.datasets._row_files import (
    RowFile,
    indicator_rows,
    number_rows,
    read_rows,
)


@pytest.mark.parametrize(
    "texts",
    [
        ["0\t1\t1", "1\t0\t0"],
        ["0\t1\t1\t", "1\t0\t0\t"],
        ["0 1 1 ", " 1 0 0"],
        ["0  1\t1", "1 0 0"],
    ],
)
def test_indicators(texts):
    first, second = indicator_rows(3)(texts)
    assert_array_equal(first, [1, 2])
    assert_array_equal(second, [0])
    assert indicator_rows(3)([]) == []


@pytest.mark.parametrize(
    "text", ["0\t1", "0\t1\t1\t1", "0\t1\t2", "011", "0\t1\té", "0,1,1", "", "0\t1\t11"]
)
def test_what_is_no_indicator(text):
    for texts in ([text], ["0\t1\t1", text]):
        with pytest.raises(ValueError, match="0 and 1"):
            indicator_rows(3)(texts)


def test_random_indicators_agree_with_a_loop():
    rng = np.random.default_rng(0)
    table = (rng.random((50, 17)) < 0.2).astype(int)
    rows = indicator_rows(17)(["\t".join(map(str, row)) for row in table])
    for row, columns in zip(table, rows, strict=True):
        assert_array_equal(np.flatnonzero(row), columns)


def test_numbers():
    out = number_rows(3)(["1 2.5  -3e2 ", "0\t0\t7"])
    assert out.dtype == np.float32
    assert_array_equal(out, [[1, 2.5, -300], [0, 0, 7]])
    assert number_rows(3)([]).shape == (0, 3)
    assert number_rows(1)(["4"]).shape == (1, 1)


@pytest.mark.parametrize(
    ("texts", "match"),
    [
        (["1 2"], "has not 3 numbers"),
        (["1 2 3", "1 2 3 4"], "has not 3 numbers"),
        (["1 2 3 4", "1 2"], "has not 3 numbers"),
        (["1 2 x"], "no number"),
        (["1 2 # 3"], "number"),
        (["1 2 3", " "], "is empty"),
        (["1 2 nan"], "not finite"),
    ],
)
def test_what_is_no_row_of_numbers(texts, match):
    with pytest.raises(ValueError, match=match):
        number_rows(3)(texts)


def row_file(folder, name, rows, **kwargs):
    path = folder / name
    path.write_text("".join(f"{row}\n" for row in rows))
    return RowFile(DataFile(str(path)), _whole, "the number", **kwargs)


def _whole(texts):
    try:
        return np.array([int(text) for text in texts], dtype=np.int64)
    except ValueError:
        raise ValueError("is no number") from None


def read(sources, keep=None, chunk_rows=4, max_rows=None, errors="raise"):
    report = ReadReport()
    tables = read_rows(
        sources,
        keep=keep,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors=errors,
        report=report,
    )
    return list(tables), report


@pytest.mark.parametrize("chunk_rows", [1, 2, 5, 100])
def test_picked_lines_stand_beside_the_others(tmp_path, chunk_rows):
    positions = np.array([0, 3, 4, 8])
    sources = {
        "a": row_file(tmp_path, "a", [10, 13, 14, 18]),
        "b": row_file(tmp_path, "b", range(10), positions=positions),
    }
    tables, report = read(sources, chunk_rows=chunk_rows)
    a = np.concatenate([table["a"] for table in tables])
    b = np.concatenate([table["b"] for table in tables])
    assert_array_equal(a, b + 10)
    assert report.n_rows == 4


def test_a_picked_line_beyond_the_end(tmp_path):
    sources = {
        "a": row_file(tmp_path, "a", [1, 2]),
        "b": row_file(tmp_path, "b", range(5), positions=np.array([1, 7])),
    }
    with pytest.raises(DataFileError, match="the file ends here") as caught:
        read(sources)
    assert caught.value.line == 5


def test_rows_wrong_in_different_files(tmp_path):
    sources = {
        "a": row_file(tmp_path, "a", [1, "x", 3, 4, 5, 6]),
        "b": row_file(tmp_path, "b", [1, 2, "y", 4, 5, "z"]),
        "c": row_file(tmp_path, "c", [1, "w", 3, 4, 5, "v"]),
    }
    tables, report = read(sources, errors="skip")
    for name in "abc":
        joined = np.concatenate([table[name] for table in tables])
        assert_array_equal(joined, [1, 4, 5])
    # A row is counted once, by the first file that it is wrong in.
    assert report.n_skipped == 3
    (found,) = report.problems.values()
    assert [value for _, _, value in found.examples] == ["x", "y", "z"]


def test_rows_that_are_not_kept_are_not_looked_at(tmp_path):
    sources = {
        "a": row_file(tmp_path, "a", [1, 2, 3, 4, 5]),
        "b": row_file(tmp_path, "b", [1, "x", 3, "y", 5]),
    }
    tables, report = read(sources, keep=lambda values: values % 2 == 1, chunk_rows=2)
    assert_array_equal(np.concatenate([table["b"] for table in tables]), [1, 3, 5])
    assert (report.n_rows, report.n_filtered) == (3, 2)


@pytest.mark.parametrize("max_rows", [None, 1, 2, 3, 9])
@pytest.mark.parametrize("chunk_rows", [1, 2, 5, 100])
def test_few_of_the_rows_that_are_kept(tmp_path, chunk_rows, max_rows):
    a = [1, 2, 4, "x", 6, 7, 8, "x", 9, 10]
    b = [1, 2, 4, 0, "y", 7, 8, 0, 9, 10]
    c = np.arange(20)
    sources = {
        "a": row_file(tmp_path, "a", a),
        "b": row_file(tmp_path, "b", b),
        "c": row_file(tmp_path, "c", c, positions=2 * np.arange(10)),
    }
    tables, report = read(
        sources,
        keep=lambda values: values % 2 == 0,
        chunk_rows=chunk_rows,
        max_rows=max_rows,
        errors="skip",
    )
    found, n_skipped, n_filtered = [], 0, 0
    for row, value in enumerate(a):
        if len(found) == max_rows:
            break
        if value == "x" or (value % 2 == 0 and b[row] == "y"):
            n_skipped += 1
        elif value % 2:
            n_filtered += 1
        else:
            found.append(row)
    for name, rows in (("a", a), ("b", b), ("c", 2 * np.arange(10))):
        joined = np.concatenate([table[name] for table in tables])
        assert_array_equal(joined, [rows[row] for row in found])
    assert max(len(table["a"]) for table in tables) <= chunk_rows
    assert (report.n_rows, report.n_skipped) == (len(found), n_skipped)
    assert report.n_filtered == n_filtered


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_narrow_numbers_of_rows(tmp_path, kind):
    source = row_file(tmp_path, "a", range(400))
    tables, _ = read({"a": source}, chunk_rows=kind(100))
    assert_array_equal(np.concatenate([table["a"] for table in tables]), range(400))
    source = row_file(tmp_path, "a", range(400))
    tables, _ = read({"a": source}, chunk_rows=300, max_rows=kind(100))
    assert_array_equal(np.concatenate([table["a"] for table in tables]), range(100))


def test_the_one_that_is_kept_is_not_looked_for_row_by_row(tmp_path):
    source = row_file(tmp_path, "a", range(1000))
    asked = []

    def keep(values):
        asked.append(len(values))
        return values == 999

    tables, _ = read({"a": source}, keep=keep, chunk_rows=100, max_rows=1)
    assert_array_equal(tables[-1]["a"], [999])
    assert len(asked) == 10
