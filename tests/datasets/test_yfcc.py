# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""YFCC100M is read in both its forms, in parts, with its warts, in little memory."""

import bz2
import gzip
import sqlite3
import tracemalloc
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklearn_geo.datasets import (
    DataFileError,
    iter_yfcc100m,
    load_placing,
    load_yfcc100m,
    load_yfcc100m_autotags,
    load_yfcc100m_hashes,
)
from sklearn_geo.neighbors import TagVectorizer
from tests.datasets.written import YFCC, yfcc_line

DEFAULT = {
    "ids",
    "users",
    "places",
    "accuracy",
    "taken",
    "posted",
    "titles",
    "tags",
    "licenses",
    "urls",
    "videos",
}
OTHERS = {"target", "target_names", "frame", "report", "DESCR"}


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="yfcc100m_dataset", end="\n"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + end, encoding="utf-8")
        return path

    return write


def many(n, start=0):
    """Return n photos; every third is a video, every second has no place."""
    return [
        yfcc_line(
            id=str(i),
            marker=str(int(i % 3 == 0)),
            **({"longitude": "", "latitude": "", "accuracy": ""} if i % 2 else {}),
        )
        for i in range(start, start + n)
    ]


def test_every_field_of_both_releases(write):
    first = load_yfcc100m(write(yfcc_line()), fields="all")
    second = load_yfcc100m(write(yfcc_line(1, "0123abcd")), fields="all")
    assert "hashes" not in first
    assert second.hashes.tolist() == ["0123abcd"]
    for photos in (first, second):
        assert photos.ids.tolist() == [101]
        assert photos.users.tolist() == ["12@N00"]
        assert photos.nicknames.tolist() == ["ada b"]
        assert photos.taken[0] == np.datetime64("2012-04-03T18:00:09")
        assert photos.posted[0] == np.datetime64("2012-04-03T18:00:09")
        assert photos.devices.tolist() == ["Invented Cam 1"]
        assert photos.titles.tolist() == ["Old bridge, sunset"]
        assert photos.descriptions.tolist() == ["a\nb"]
        assert photos.tags == [["café", "old town", "a,b"]]
        assert photos.machine_tags == [["geo:lat=1"]]
        assert_array_equal(photos.places, [[52.5, 13.4]])
        assert photos.target is photos.places
        assert photos.accuracy.tolist() == [16]
        assert photos.page_urls.tolist() == ["http://photos.invalid/101/"]
        assert photos.urls.tolist() == ["http://farm.invalid/101_s.jpg"]
        assert photos.licenses.tolist() == ["Attribution License"]
        assert photos.license_urls.tolist() == ["http://licenses.invalid/by/"]
        assert (photos.servers[0], photos.farms[0]) == (1234, 5)
        assert (photos.secrets[0], photos.original_secrets[0]) == ("abc", "def")
        assert (photos.extensions[0], photos.videos[0]) == ("jpg", False)
    assert "with a place: 1" in first.DESCR.lower()


def test_fields_are_chosen(write):
    path = write(*many(4))
    assert set(load_yfcc100m(path)) == DEFAULT | OTHERS
    photos = load_yfcc100m(path, fields=["tags", "ids"], kind="photos")
    assert set(photos) == {"ids", "tags"} | OTHERS - {"target", "target_names"}
    assert photos.ids.tolist() == [1, 2]
    series = pd.Series(["tags", "ids"], index=["places", "users"])
    assert set(load_yfcc100m(path, fields=series)) == set(photos)
    assert len(TagVectorizer(min_df=1).fit_transform(photos.tags).toarray()) == 2
    with pytest.raises(
        ValueError, match=r"no fields 'tag'\. There are ids, hashes, pl"
    ):
        load_yfcc100m(path, fields=["ids", "tag"])
    with pytest.raises(ValueError, match="fields is empty"):
        load_yfcc100m(path, fields=[])


def test_photos_videos_and_places_only(write):
    path = write(*many(12))
    assert load_yfcc100m(path).ids.tolist() == list(range(12))
    photos = load_yfcc100m(path, kind="photos")
    assert photos.ids.tolist() == [1, 2, 4, 5, 7, 8, 10, 11]
    assert np.isnan(photos.places[:, 0]).tolist() == (photos.ids % 2 == 1).tolist()
    assert photos.accuracy.tolist() == [0, 16, 16, 0, 0, 16, 16, 0]
    assert load_yfcc100m(path, kind="videos").ids.tolist() == [0, 3, 6, 9]
    photos = load_yfcc100m(path, kind="photos", located_only=True)
    assert photos.ids.tolist() == [2, 4, 8, 10]
    assert photos.report.n_filtered == 8
    assert load_yfcc100m(path, located_only=True, max_rows=3).ids.tolist() == [0, 2, 4]


def test_parts_are_read_one_after_the_other(tmp_path):
    for part in (0, 1, 10, 2):
        text = "\n".join(many(10, 100 * part)) + "\n"
        (tmp_path / f"yfcc100m_dataset-{part}.bz2").write_bytes(
            bz2.compress(text.encode())
        )
    (tmp_path / "yfcc100m_hash").write_text("0\tabc\n")
    starts = [0, 100, 200, 1000]
    expected = [start + i for start in starts for i in range(10)]
    assert load_yfcc100m(tmp_path).ids.tolist() == expected
    chunks = list(iter_yfcc100m(tmp_path, chunk_rows=7))
    assert [len(chunk.ids) for chunk in chunks] == [7] * 5 + [5]
    assert np.concatenate([chunk.ids for chunk in chunks]).tolist() == expected
    tags = [row for chunk in chunks for row in chunk.tags]
    assert tags == [["café", "old town", "a,b"]] * len(expected)
    listed = [tmp_path / f"yfcc100m_dataset-{part}.bz2" for part in (2, 0)]
    assert load_yfcc100m(listed, max_rows=12).ids.tolist() == [*range(200, 210), 0, 1]


def test_the_frame_has_one_column_a_field(write):
    photos = load_yfcc100m(write(*many(3)), as_frame=True)
    frame = photos.frame
    assert frame.columns.tolist() == [
        "id",
        "latitude",
        "longitude",
        "user",
        "taken",
        "posted",
        "title",
        "tags",
        "accuracy",
        "url",
        "license",
        "is_video",
    ]
    assert str(frame.posted.dt.tz) == "UTC"
    assert frame.taken.dt.tz is None  # the clock of a camera
    assert frame.latitude.isna().tolist() == [False, True, False]
    assert frame.is_video.dtype == bool
    chunks = iter_yfcc100m(write(*many(3)), chunk_rows=1, as_frame=True)
    again = pd.concat([chunk.frame for chunk in chunks], ignore_index=True)
    pd.testing.assert_frame_equal(again, frame)


def test_warts_are_put_right_and_noted(write):
    lines = [
        "\ufeff" + yfcc_line(id="1", tags="caf%E9,%C3%A9,,"),
        yfcc_line(id="2", longitude="0.0", latitude="0"),
        yfcc_line(id="2", longitude="\\N", latitude="\\N", accuracy="\\N"),
        yfcc_line(id="4", taken="2005-00-00 00:00:00.0", posted="") + "\t\t",
        yfcc_line(id="5", title='"quoted%22', longitude="200"),
        "",
        yfcc_line(id="6", title="\u2028\x85"),
    ]
    path = write(*lines, end="\r\n")
    photos = load_yfcc100m(path)
    assert photos.ids.tolist() == [1, 2, 2, 4, 5, 6]
    assert photos.tags[0] == ["café", "é"]
    assert np.isnan(photos.places[:, 0]).tolist() == [False, True, True, *[False] * 3]
    assert photos.places[4].tolist() == [52.5, -160]
    assert np.isnat(photos.taken[3])
    assert np.isnat(photos.posted[3])
    assert photos.titles[4] == '"quoted"'
    assert photos.titles[5] == "\u2028\x85"
    assert {what: found.count for what, found in photos.report.notes.items()} == {
        "place is 0, 0, taken as missing": 1,
        "line is empty": 1,
        "photo comes again, and is kept": 1,
    }


def test_latin1_lines_are_noted(tmp_path):
    path = tmp_path / "yfcc100m_dataset"
    good, bad = yfcc_line(title="Straße"), yfcc_line(title="Straße")
    path.write_bytes(good.encode() + b"\n" + bad.encode("latin-1") + b"\n")
    photos = load_yfcc100m(path)
    assert photos.titles.tolist() == ["Straße", "Straße"]
    finding = photos.report.notes["line is not UTF-8, read as Latin-1"]
    assert finding.examples == [(str(path), 2, None)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            yfcc_line(latitude="95"),
            r"longitude \(column 12 and 11\) '95, 13.4' is no pl",
        ),
        (yfcc_line(latitude=""), "half a place"),
        (yfcc_line(id="x1"), r"photo id \(column 1\) 'x1' is not a whole number"),
        (
            yfcc_line(marker="7"),
            r"video marker \(column 23\) '7' is not within 0 and 1",
        ),
        (
            yfcc_line(accuracy="17"),
            r"accuracy \(column 13\) '17' is not within 1 and 16",
        ),
        (yfcc_line(taken="yesterday"), r"date taken \(column 4\) 'yesterday' is not a"),
        (yfcc_line(posted="2012"), None),
        (
            yfcc_line(posted="last year"),
            r"uploaded \(column 5\) 'last year' is not a wh",
        ),
        (yfcc_line(user=""), r"user \(column 2\) '' is missing"),
        ("only\tthree\tcolumns", "the line has 3 columns, expected are 23"),
        (yfcc_line() + "\tmore", "the line has 24 columns"),
        (yfcc_line(2, "abc"), "the line has 25 columns, expected are 23"),
    ],
)
def test_bad_lines_are_raised_or_skipped(write, line, message):
    path = write(*many(5), line, *many(5, 10))
    if message is None:  # a year is seconds since 1970, too
        assert load_yfcc100m(path).posted[5] == np.datetime64("1970-01-01T00:33:32")
        return
    with pytest.raises(DataFileError, match="line 6: .*" + message):
        load_yfcc100m(path)
    with pytest.warns(UserWarning, match="1 rows were skipped"):
        photos = load_yfcc100m(path, errors="skip")
    assert photos.ids.tolist() == [*range(5), *range(10, 15)]
    ((_, finding),) = photos.report.problems.items()
    assert finding.examples[0][1] == 6


def test_the_last_line_may_be_cut_off(write):
    lines = [*many(4), yfcc_line()[:90]]
    path = write(*lines, end="")
    with pytest.raises(
        DataFileError, match=r"line 5: the file breaks off here, in col"
    ):
        load_yfcc100m(path)
    with pytest.warns(UserWarning, match="breaks off"):
        assert len(load_yfcc100m(path, errors="skip").ids) == 4
    # Without a line end, but with all its columns, a line is good.
    assert len(load_yfcc100m(write(*many(4), end="")).ids) == 4


@pytest.mark.parametrize("errors", ["raise", "skip"])
def test_files_of_another_order_are_refused_whatever_errors(write, errors):
    shuffled = [
        "\t".join(line.split("\t")[5:] + line.split("\t")[:5]) for line in many(9)
    ]
    with pytest.raises(DataFileError, match="columns look shuffled"):
        load_yfcc100m(write(*shuffled), errors=errors, fields=["titles"])
    order = {"longitude": "30", "latitude": "130"}
    swapped = [yfcc_line(id=str(i), **order) for i in range(9)]
    with pytest.raises(DataFileError, match="the two columns look swapped"):
        load_yfcc100m(write(*swapped), errors=errors)
    with pytest.raises(DataFileError, match="24 columns, expected are 23, or 25 with"):
        load_yfcc100m(write(*(line + "\tx" for line in many(9))), errors=errors)


def database(path, rows, tables=("yfcc100m_dataset",)):
    """Write an SQLite database with the columns of the first release."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} ({', '.join(YFCC)})")
            mark = ", ".join("?" * len(YFCC))
            connection.executemany(f"INSERT INTO {table} VALUES ({mark})", rows)
    return path


def test_the_database_of_the_multimedia_commons(tmp_path, monkeypatch):
    rows = [
        [int(i), *rest, int(marker)]
        for i, *rest, marker in (line.split("\t") for line in many(50))
    ]
    rows[7][6], rows[8][10:12], rows[9][10:12] = "a\tb\nc", (None, None), (13.4, 52.5)
    path = database(tmp_path / "yfcc100m_dataset.sql", rows)
    monkeypatch.setattr("sklearn_geo.datasets._opening.BLOCK_BYTES", 5_000)
    photos = load_yfcc100m(tmp_path)
    assert photos.ids.tolist() == list(range(50))
    assert photos.titles[7] == "a b c"
    assert np.isnan(photos.places[8]).all()
    assert photos.places[9].tolist() == [52.5, 13.4]
    assert load_yfcc100m(path, kind="videos").ids.tolist() == list(range(0, 50, 3))
    rows[30][11] = "north"
    database(path, rows)
    with pytest.raises(DataFileError, match=r"line 31: latitude, longitude .* 'north"):
        load_yfcc100m(path)
    database(path, rows[:5], tables=("yfcc100m_dataset", "others"))
    assert len(load_yfcc100m(path).ids) == 5
    database(path, rows[:5], tables=("one", "two"))
    with pytest.raises(DataFileError, match="the database has 2 tables"):
        load_yfcc100m(path)
    database(path, [])
    with pytest.raises(DataFileError, match="the table is empty"):
        load_yfcc100m(path)
    path.write_bytes(database(path, rows[:30] * 20).read_bytes()[:9_000])
    with pytest.raises(DataFileError, match="the database is damaged"):
        load_yfcc100m(path)


def test_missing_files_are_explained(tmp_path):
    message = "metadata of YFCC100M.*see multimediacommons.wordpress.com/yfcc100m-core"
    with pytest.raises(FileNotFoundError, match=message):
        load_yfcc100m(tmp_path / "yfcc100m_dataset")
    (tmp_path / "yfcc100m_hash").write_text("1\tabc\n")
    with pytest.raises(FileNotFoundError, match="only yfcc100m_hash"):
        load_yfcc100m(tmp_path)
    (tmp_path / "yfcc100m_dataset").write_text("")
    with pytest.raises(DataFileError, match="the file is empty"):
        load_yfcc100m(tmp_path)


def test_a_gzip_that_breaks_off_keeps_what_it_has(tmp_path):
    data = gzip.compress("\n".join(many(20_000)).encode())
    path = tmp_path / "yfcc100m_dataset.gz"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataFileError, match=r"breaks off here\. Download the file"):
        load_yfcc100m(path, fields=["ids"])
    with pytest.warns(UserWarning, match="breaks off"):
        photos = load_yfcc100m(path, fields=["ids"], errors="skip")
    assert len(photos.ids) > 1_000
    assert photos.ids.tolist() == list(range(len(photos.ids)))


def test_arguments_are_checked_at_once(write):
    path = write(yfcc_line())
    for wrong in ({"kind": "photo"}, {"errors": "ignore"}, {"max_rows": 0}):
        with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter of"):
            iter_yfcc100m(path, **wrong)
    with pytest.raises(ValueError, match="The 'chunk_rows' parameter of"):
        iter_yfcc100m(path, chunk_rows=0)
    with pytest.raises(FileNotFoundError):
        iter_yfcc100m(path.parent / "nowhere")


def test_memory_does_not_grow_with_the_file(write, monkeypatch):
    monkeypatch.setattr("sklearn_geo.datasets._opening.BLOCK_BYTES", 50_000)

    def peak(n):
        path = write(*many(n))
        tracemalloc.start()
        n_read = sum(len(c.ids) for c in iter_yfcc100m(path, chunk_rows=200))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert n_read == n
        return most

    peak(500)  # what is loaded once
    assert peak(5_000) < 1.3 * peak(1_000)


def test_hashes_are_looked_up(tmp_path):
    path = tmp_path / "yfcc100m_hash.bz2"
    lines = [f"{i}\t{i:032x}" for i in range(1, 100)]
    path.write_bytes(bz2.compress("\n".join(lines).encode()))
    everything = load_yfcc100m_hashes(tmp_path)
    assert everything.ids.tolist() == list(range(1, 100))
    assert everything.hashes[9] == f"{10:032x}"
    found = load_yfcc100m_hashes(path, ids=["50", "7", "777", "7"])
    assert found.ids.tolist() == [50, 7, 777, 7]
    assert found.hashes.tolist() == [f"{50:032x}", f"{7:032x}", "", f"{7:032x}"]
    assert found.report.notes["photo is not in the file"].count == 1
    assert found.report.n_filtered == 97
    found = load_yfcc100m_hashes(path, ids=np.array([7, "50"], dtype=object))
    assert found.hashes.tolist() == [f"{7:032x}", f"{50:032x}"]
    assert load_yfcc100m_hashes(path, ids=[]).hashes.shape == (0,)
    found = load_yfcc100m_hashes(path, ids=[50, 7], max_rows=1)
    assert found.hashes.tolist() == ["", f"{7:032x}"]
    assert list(found.report.notes) == ["photo is not in the rows up to max_rows"]
    objects = np.array([7.9], dtype=object)
    large = np.array([2**63 + 7], dtype=np.uint64)
    for ids in ([1.5], ["one"], [[1, 2]], objects, large, [7, None], ["1_0"], [b"1_0"]):
        with pytest.raises(ValueError, match=r"ids must be|a 1d array"):
            load_yfcc100m_hashes(path, ids=ids)
    path.write_text("7\n")
    with pytest.raises(DataFileError, match="line 1: the line has 1 columns"):
        load_yfcc100m_hashes(path)


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_hashes_of_all_files_can_be_joined_whatever_their_case(write, case):
    hash_ = "0123456789abcdef0123456789abcdef"
    found = [
        load_yfcc100m(write(yfcc_line(1, case(hash_))), fields=["ids", "hashes"]),
        load_yfcc100m_hashes(write(f"101\t{case(hash_)}")),
        load_placing(write(f"101\t{case(hash_)}\t2.0\t48.0\tParis")),
    ]
    for photos in found:
        assert photos.ids.tolist() == [101]
        assert photos.hashes.tolist() == [hash_]
    without = load_yfcc100m(write(yfcc_line(1, "\\N")), fields=["hashes"])
    assert without.hashes.tolist() == [""]
    with pytest.raises(DataFileError, match=r"hash .column 2.*is missing"):
        load_yfcc100m_hashes(write("101\t\\N"))


def test_autotags_are_looked_up(tmp_path):
    path = tmp_path / "yfcc100m_autotags"
    path.write_text("3\tsea:0.5,old+town:1\n4\n5\t\n6\tsea:0.25\n")
    everything = load_yfcc100m_autotags(path)
    assert everything.autotag_names == ["old town", "sea"]
    assert_array_equal(
        everything.autotags.toarray(), [[1, 0.5], [0, 0], [0, 0], [0, 0.25]]
    )
    assert everything.autotags.dtype == np.float32
    found = load_yfcc100m_autotags(path, ids=np.array([6, 9, 6]))
    assert found.autotag_names == ["sea"]
    assert_array_equal(found.autotags.toarray(), [[0.25], [0], [0.25]])
    for wrong in ("sea", "sea:high", "sea:1.5", ":0.5", "sea:nan", "sea:1e300"):
        path.write_text(f"3\tsea:0.5\n4\t{wrong}\n5\t\n")
        with pytest.raises(DataFileError, match=r"line 2: autotags .* is no list"):
            load_yfcc100m_autotags(path)


def test_what_the_tests_write_has_the_published_columns():
    assert len(YFCC) == 23
    assert len(yfcc_line(1, "abc").split("\t")) == 25


def test_delimiters_after_the_last_column_do_not_matter(write):
    write(*(yfcc_line(id=str(i)) + "\t" for i in range(4)), name="yfcc100m_dataset-0")
    path = write(*(yfcc_line(i, "ab", id=str(i)) + "\t" for i in range(4, 8)))
    assert load_yfcc100m(path.with_name("yfcc100m_dataset-0")).ids.tolist() == [
        *range(4)
    ]
    assert load_yfcc100m(path).ids.tolist() == [*range(4, 8)]


def test_the_whole_counts_more_than_its_parts(tmp_path, write):
    for i in range(2):
        write(yfcc_line(id=str(i)), name=f"yfcc100m_dataset-{i}")
    assert load_yfcc100m(tmp_path).ids.tolist() == [0, 1]
    write(yfcc_line(id="0"), yfcc_line(id="1"))
    assert load_yfcc100m(tmp_path).ids.tolist() == [0, 1]


def test_warnings_are_those_of_who_reads(write):
    path = write(yfcc_line(), "broken", yfcc_line())
    with pytest.warns(UserWarning, match="line 2") as caught:
        load_yfcc100m(path, errors="skip")
    with pytest.warns(UserWarning, match="line 2") as more:
        list(iter_yfcc100m(path, errors="skip"))
    assert {caught[0].filename, more[0].filename} == {__file__}
