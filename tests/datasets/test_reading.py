# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables are read in chunks, and what is wrong is told by line, column and value."""

import gzip
import inspect
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from sklearn_geo.datasets import DataFileError, ReadReport
from sklearn_geo.datasets._fields import integers, labels, numbers, unquoted_tags
from sklearn_geo.datasets._reading import (
    Column,
    DataFile,
    PlaceColumn,
    Reading,
    join,
    looks_swapped,
    part_files,
    read_table,
    usual_width,
)

COLUMNS = {
    "ids": Column(0, convert=integers(), called="photo id"),
    "places": PlaceColumn(2, 1),
    "tags": Column(3, convert=unquoted_tags, called="tags"),
}
CSV_COLUMNS = {
    "ids": Column(["IMG_ID", "id"], convert=integers(), called="photo id"),
    "places": PlaceColumn("LAT", "LON"),
    "users": Column("author", convert=labels, called="author", optional=True),
}


def rows(n):
    """Return n good lines: id, longitude, latitude, tags."""
    return [f"{i}\t{i % 360 - 180}\t{i % 180 - 90}\tt%2B{i},b" for i in range(1, n + 1)]


@pytest.fixture
def write(tmp_path):
    def write(text, name="photos.tsv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return part_files(path, name, what="photos", described="the page")

    return write


def read(files, columns=COLUMNS, **settings):
    report = ReadReport()
    if "header" not in settings:
        settings.setdefault("n_columns", 4)
    tables = list(read_table(files, columns, report=report, **settings))
    return join(tables), report, [len(next(iter(t.values()))) for t in tables]


def problems(report):
    return {what: finding.count for what, finding in report.problems.items()}


def test_values(write):
    table, report, _ = read(write("7\t13.4\t52.5\tcaf%C3%A9,a+b\r\n8\t\t\t\r\n"))
    assert_array_equal(table["ids"], [7, 8])
    assert_array_equal(table["places"], [[52.5, 13.4], [np.nan, np.nan]])
    assert table["tags"] == [["café", "a b"], []]
    assert (report.n_rows, report.n_skipped, report.notes) == (2, 0, {})
    assert list(table) == ["ids", "places", "tags"]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(30, 400),
    st.integers(1, 50),
    st.sampled_from(["\n", ""]),
)
def test_nothing_depends_on_blocks_chunks_and_parts(n, block_bytes, chunk_rows, end):
    with tempfile.TemporaryDirectory() as folder:
        lines = rows(n)
        (Path(folder) / "photos-0").write_text("\n".join(lines[: n // 2 + 1]) + end)
        (Path(folder) / "photos-1.gz").write_bytes(
            gzip.compress("\n".join(["", *lines[n // 2 + 1 :]]).encode() + b"\n")
        )
        files = part_files(folder, "photos-*", what="photos", described="the page")
        table, report, sizes = read(
            files, block_bytes=block_bytes, chunk_rows=chunk_rows, max_rows=n
        )
    assert table["ids"].tolist() == list(range(1, n + 1))
    assert table["tags"] == [[f"t+{i}", "b"] for i in range(1, n + 1)]
    assert report.n_rows == n
    full, rest = divmod(n, chunk_rows)
    assert sizes == [chunk_rows] * full + [rest] * (rest > 0)


def test_each_wart_is_told_with_its_line(write):
    lines = rows(1000)
    lines[99] = "one hundred\t3\t4\t"
    lines[199] = "200\tx\t4\t"
    lines[299] = "300\t13\t95\t"
    lines[399] = "400\t13"
    lines[499] = ""
    lines[599] = "600\t0\t0.0\t"
    lines[699] += "\t\t"
    lines[799] += "\tmore"
    text = "\n".join(lines) + "\n1001\t4"
    for block_bytes in (100, 777, 10**6):
        table, report, _ = read(write(text), errors="skip", block_bytes=block_bytes)
        bad = {100, 200, 300, 400, 500, 800}
        assert table["ids"].tolist() == [i for i in range(1, 1001) if i not in bad]
        assert problems(report) == {
            "photo id (column 1) is not a whole number": 1,
            "latitude, longitude (column 3 and 2) is not a number": 1,
            "latitude, longitude (column 3 and 2) is no place: the latitude is beyond "
            "90 degrees (are latitude and longitude swapped?)": 1,
            "the line has 2 columns, expected are 4": 1,
            "the line has 5 columns, expected are 4": 1,
            "the file breaks off here, in column 2 of 4": 1,
        }
        examples = [f.examples[0][1:] for f in report.problems.values()]
        assert sorted(examples, key=lambda example: example[0]) == [
            (100, "one hundred"),
            (200, "4, x"),
            (300, "95, 13"),
            (400, None),
            (800, None),
            (1001, None),
        ]
        notes = {what: f.examples[0][1] for what, f in report.notes.items()}
        assert notes == {
            "line is empty": 500,
            "place is 0, 0, taken as missing": 600,
        }
        assert report.n_skipped == 6
        assert np.isnan(table["places"][table["ids"].tolist().index(600)]).all()
        with pytest.raises(DataFileError) as caught:
            read(write(text), block_bytes=block_bytes)
        assert (caught.value.line, caught.value.value) == (100, "one hundred")


def test_the_message_of_an_error_reads_well(write):
    files = write("\n".join([*rows(5), "6\t13\t95\tx", *rows(5)]))
    with pytest.raises(DataFileError) as caught:
        read(files)
    assert str(caught.value) == (
        f"{files[0]}, line 6: latitude, longitude (column 3 and 2) '95, 13' is no "
        "place: the latitude is beyond 90 degrees (are latitude and longitude "
        "swapped?). Correct the line, or pass errors='skip' to leave out such rows and "
        "have them listed in `report`."
    )
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.line == 6
    assert isinstance(again, ValueError)


def test_who_wants_few_rows_is_not_troubled_by_later_ones(write):
    files = write("\n".join([*rows(5), "x", *rows(5)]))
    table, report, _ = read(files, max_rows=5)
    assert len(table["ids"]) == report.n_rows == 5
    with pytest.raises(DataFileError, match="line 6: the line has 1 columns"):
        read(files, max_rows=6)
    table, report, _ = read(files, max_rows=5, errors="skip")
    assert (report.n_rows, report.n_skipped) == (5, 0)


@pytest.mark.parametrize("block_bytes", [1, 5, 100, None])
@pytest.mark.parametrize("n_empty", [1, 3, 150])
def test_empty_lines_before_the_first(write, n_empty, block_bytes):
    empty = " \n" + "\n" * (n_empty - 1)
    files = write(empty + "\n".join([*rows(4), "x", *rows(1)]))
    table, report, _ = read(files, errors="skip", block_bytes=block_bytes)
    assert table["ids"].tolist() == [1, 2, 3, 4, 1]
    assert report.notes["line is empty"].count == n_empty
    (found,) = report.problems.values()
    assert found.examples[0][1] == n_empty + 5
    files = write(empty + "lat,LON,img_id\n1,2,7\n\n95,3,8\n")
    settings = {"delimiter": ",", "header": True, "block_bytes": block_bytes}
    table, report, _ = read(files, CSV_COLUMNS, errors="skip", **settings)
    assert table["ids"].tolist() == [7]
    assert_array_equal(table["places"], [[1, 2]])
    assert report.notes["line is empty"].count == n_empty + 1
    (found,) = report.problems.values()
    assert found.examples[0][1] == n_empty + 4
    files = write("\n" * n_empty)
    with pytest.raises(DataFileError, match="the file is empty"):
        read(files, CSV_COLUMNS, **settings)


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_narrow_numbers_of_rows(write, kind):
    files = write("\n".join(rows(400)))
    _, _, sizes = read(files, chunk_rows=kind(100))
    assert sizes == [100] * 4
    table, _, sizes = read(files, chunk_rows=kind(30), max_rows=kind(100))
    assert sizes == [30, 30, 30, 10]
    assert table["ids"].tolist() == list(range(1, 101))


def test_what_comes_after_the_rows_asked_for_is_not_counted(write):
    nowhere = [f"{i}\t0\t0\tx" for i in range(6, 9)]
    files = write("\n".join([nowhere[0], *rows(5), *nowhere[1:]]))
    _, report, _ = read(files, max_rows=5)
    assert [found.count for found in report.notes.values()] == [1]
    files = write("\n".join([*rows(2), "", " ", *rows(1), "", *rows(3), ""]))
    for max_rows, n_empty in ((2, 0), (3, 2), (4, 3), (9, 3)):
        _, report, _ = read(files, max_rows=max_rows)
        empty = report.notes.get("line is empty")
        assert (0 if empty is None else empty.count) == n_empty
    files = write("\n".join([nowhere[0], *rows(5), *nowhere[1:]]))
    even = {"keep": lambda table: table["ids"] % 2 == 0, "keep_columns": ["ids"]}
    _, report, _ = read(files, max_rows=2, **even)
    assert (report.n_rows, report.n_filtered) == (2, 1)
    _, report, _ = read(files, **even)
    assert (report.n_rows, report.n_filtered) == (4, 4)


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_shuffled_columns_are_told_whatever_errors(write, errors):
    shuffled = ["{1}\t{0}\tNikon\t{2}".format(*row.split("\t")) for row in rows(9)]
    with pytest.raises(DataFileError) as caught:
        read(write("\n".join(shuffled)), errors=errors)
    assert "line 1: latitude, longitude (column 3 and 2) 'Nikon, 1' is" in str(
        caught.value
    )
    assert "Of the first 9 rows 9 are like this: the columns look shuffled" in str(
        caught.value
    )
    # A column that nobody asked for can be looked at as well.
    checks = {"accuracy": Column(3, convert=numbers, called="accuracy")}
    with pytest.raises(DataFileError, match=r"accuracy .column 4. 't%2B1,b' is not a"):
        read(write("\n".join(rows(9))), checks=checks, errors=errors)


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_latitude_and_longitude_swapped_are_told_whatever_errors(write, errors):
    swapped = [f"{i}\t{i % 90}\t{i % 179}\t" for i in range(1, 300)]
    with pytest.raises(DataFileError, match=r"line 91: .*the two columns look swapped"):
        read(write("\n".join(swapped)), errors=errors)
    columns = {"places": PlaceColumn(2, 1)}
    first = [line.split("\t") for line in swapped[:100]]
    assert looks_swapped(DataFile("x"), columns["places"], first)
    assert not looks_swapped(DataFile("x"), PlaceColumn(1, 2), first)


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_another_format_is_told_whatever_errors(write, errors):
    with pytest.raises(DataFileError, match="has 3 columns, expected are 4, and"):
        read(write("1\t2\t3\n" * 5), errors=errors)
    with pytest.raises(DataFileError, match="the file is empty"):
        read(write(""), errors=errors)


def test_numbers_of_columns_that_vary(write):
    files = write("1\t3\t4\ta\n2\t5\t6\n3\t7\t8\t\t\t\n")
    table, _, _ = read(files, n_columns=(3, 4))
    assert table["tags"] == [["a"], [], []]
    table, _, _ = read(write("1\t3\t4\ta\n"), n_columns=None)
    assert table["tags"] == [["a"]]


def test_blanks_between_columns(write):
    columns = {"a": Column(0, convert=labels, called="a"), "places": PlaceColumn(2, 1)}
    table, _, _ = read(
        write("x  1\t2\ny 3   4 \n"), columns, delimiter=None, n_columns=3
    )
    assert table["a"] == ["x", "y"]
    assert_array_equal(table["places"], [[2, 1], [4, 3]])


def test_headers_are_read_by_name_in_any_order(write):
    settings = {"delimiter": ",", "header": True, "quotes": True}
    table, _, _ = read(write("lon,LAT,ID\n13,52,7\n"), CSV_COLUMNS, **settings)
    assert_array_equal(table["places"], [[52, 13]])
    assert list(table) == ["ids", "places"]
    text = 'LAT,author,img_id,LON\r\n52,"a, ""b""",7,13\r\n1,c,8,2\r\n'
    table, _, _ = read(write(text), CSV_COLUMNS, **settings)
    assert table["users"] == ['a, "b"', "c"]
    assert_array_equal(table["ids"], [7, 8])
    for text in ("lon,LAT,ID\n", "lon,LAT,ID"):
        table, _, sizes = read(write(text), CSV_COLUMNS, **settings)
        assert sizes == [0]
        assert table["places"].shape == (0, 2)
    with pytest.raises(DataFileError, match="no column LAT, only ID, LATITUDE, LON"):
        read(write("ID,LATITUDE,LON\n7,52,13\n"), CSV_COLUMNS, **settings)
    with pytest.raises(DataFileError, match="line 2: the line has quotes"):
        read(write('LAT,LON,ID\n52,13,"7\n'), CSV_COLUMNS, **settings)
    with pytest.raises(DataFileError, match="line 1: the header has quotes"):
        read(write('LAT,"LON,ID\n52,13,7\n'), CSV_COLUMNS, **settings)
    with pytest.raises(
        DataFileError, match=r"line 3: photo id .column 3. 'x' is not a"
    ):
        read(write("LAT,LON,ID\n52,13,7\n1,2,x\n"), CSV_COLUMNS, **settings)


def test_quotes_are_characters_unless_asked_for(write):
    columns = {"tags": Column(1, convert=labels, called="tags")}
    table, _, _ = read(write('1\t5" lens\n2\t"\n'), columns, n_columns=2)
    assert table["tags"] == ['5" lens', '"']


def test_rows_are_left_out_before_the_rest_is_looked_at(write):
    lines = rows(300)
    lines[149] = "150\t13\t52\t%FF"
    lines[9] = "10\t\t\t"
    seen = []

    def tags(fields):
        seen.append(len(fields))
        return unquoted_tags(fields)

    columns = {**COLUMNS, "tags": Column(3, convert=tags, called="tags")}
    report = ReadReport()
    tables = read_table(
        write("\n".join(lines)),
        columns,
        n_columns=4,
        keep=lambda table: table["ids"] % 3 == 0,
        keep_columns=["ids"],
        report=report,
    )
    table = join(tables)
    assert_array_equal(table["ids"], np.arange(3, 301, 3))
    assert table["places"].shape == (100, 2)
    assert table["tags"][1] == ["t+6", "b"]
    assert (report.n_rows, report.n_filtered, report.n_skipped) == (100, 200, 0)
    assert seen == [100, 100]  # the first 100 rows of the file, and the rows kept


def test_bad_rows_before_and_after_the_filter_are_both_left_out(write):
    lines = rows(12)
    lines[2] = "x\t1\t1\t"  # not known whether it would be kept
    lines[5] = "6\t1\t95\t"  # kept, and bad
    lines[6] = "7\t1\t95\t"  # left out, never looked at
    report = ReadReport()
    settings = {"keep": lambda t: t["ids"] % 2 == 0, "keep_columns": ["ids"]}
    files = write("\n".join(lines))
    tables = read_table(
        files, COLUMNS, n_columns=4, errors="skip", report=report, **settings
    )
    assert join(tables)["ids"].tolist() == [2, 4, 8, 10, 12]
    assert (report.n_skipped, report.n_filtered) == (2, 5)


def test_forms_of_a_format_are_told_by_the_first_lines(write):
    def columns(file, first):
        assert file.name == "photos.tsv"
        assert len(first) == 3
        shift = len(first[0]) - 1
        column = Column(shift, convert=integers(), called="id")
        return {"ids": column}, len(first[0])

    for lines in ("5\n6\n7\n", "a\t5\na\t6\na\t7\n"):
        report = ReadReport()
        tables = list(read_table(write(lines), columns, report=report))
        assert tables[0]["ids"].tolist() == [5, 6, 7]


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_an_archive_that_breaks_off(write, errors):
    data = gzip.compress("\n".join(rows(50_000)).encode())
    files = write(data[: len(data) // 2])
    if errors == "raise":
        with pytest.raises(DataFileError, match="file breaks off here"):
            read(files)
        return
    table, report, _ = read(files, errors="skip")
    n = len(table["ids"])
    assert 1_000 < n < 50_000
    assert table["ids"].tolist() == list(range(1, n + 1))
    assert problems(report) == {"the compressed file breaks off here": 1}
    assert report.problems.popitem()[1].examples[0][1] == n + 1


def test_a_reading_is_whole_or_in_chunks_and_warns_once(write):
    files = write("\n".join([*rows(5), "x", "y", "8\tx\t4\t", *rows(4)]))

    def reading():
        report = ReadReport()
        settings = {"errors": "skip", "report": report, "n_columns": 4}
        tables = read_table(files, COLUMNS, chunk_rows=4, **settings)
        return Reading(tables, lambda table: Bunch(**table), report)

    message = r"3 rows were skipped, most .* the line has 1 columns.*tsv, line 6\)"
    with pytest.warns(UserWarning, match=message) as caught:
        whole = reading().whole()
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=message):
        chunks = list(reading().chunks())
    assert [len(chunk.ids) for chunk in chunks] == [4, 4, 1]
    assert (
        np.concatenate([chunk.ids for chunk in chunks]).tolist() == whole.ids.tolist()
    )
    assert whole.report.n_rows == chunks[0].report.n_rows == 9


def test_delimiters_after_the_last_column_do_not_matter(write):
    files = write("".join(f"{row}\t\t \n" for row in rows(5)))
    table, report, _ = read(files)
    assert table["ids"].tolist() == [1, 2, 3, 4, 5]
    assert not report.problems


def test_the_usual_width_of_rows():
    assert usual_width([["a", "b", ""], ["a", "b", ""], ["a"]], known=(1, 2)) == 2
    assert usual_width([["a", "b", ""], ["a", "b", "c"]], known=(2, 3)) == 3
    assert usual_width([["a", "", ""], ["b", "", ""]]) == 3


def test_a_report_keeps_few_examples_and_prints_well():
    report = ReadReport(n_rows=1_234_567, n_filtered=3)
    for line in range(1, 101):
        report.skip("photos.tsv", line, "latitude is beyond 90 degrees", "95")
    report.note("photos.tsv", 7, "line is empty")
    report.note("photos.tsv", None, "nothing", count=0)
    assert len(report.problems["latitude is beyond 90 degrees"].examples) == 20
    assert str(report).split("\n") == [
        "1,234,567 rows read, 100 skipped, 3 not asked for",
        "skipped: 100 x latitude is beyond 90 degrees, first in photos.tsv, line 1: "
        "'95'",
        "noted: 1 x line is empty, first in photos.tsv, line 7",
    ]


def test_a_long_value_is_shortened():
    error = DataFileError("a", 1, "is no place", "place", "x" * 1000, remedy="")
    assert len(str(error)) < 120
    assert str(error).endswith("...' is no place.")


def test_no_other_lines_are_shown_as_the_source():
    # It says that it is from another module than it is.
    with pytest.raises(OSError, match=r"source|class definition"):
        inspect.getsource(DataFileError)


def test_a_report_takes_over_what_another_found():
    report, other = ReadReport(n_rows=3), ReadReport(n_rows=50)
    report.skip("a", 1, "is broken")
    for line in range(25):
        other.skip("b", line, "is broken", "x")
    other.note("b", 7, "is odd", count=4)
    report.take_over(other)
    assert (report.n_rows, report.n_skipped) == (3, 26)
    assert report.problems["is broken"].count == 26
    examples = report.problems["is broken"].examples
    assert examples[:2] == [("a", 1, None), ("b", 0, "x")]
    assert len(examples) == 20
    assert report.notes["is odd"].count == 4
