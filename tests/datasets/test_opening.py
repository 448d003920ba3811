# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files are found, decompressed, decoded and cut in blocks of whole lines."""

import bz2
import gzip
import lzma
import sqlite3
import tempfile
import tracemalloc
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_geo.datasets import DataFileError, ReadReport, _opening
from sklearn_geo.datasets._folders import Folder
from sklearn_geo.datasets._opening import DataFile, open_text, part_files, text_blocks

LINES = ["one", "zwölf", "三", "", "a\u2028b\x0bc\x85d", "last"]
TEXT = "\n".join(LINES) + "\n"
COMPRESS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def found(path, patterns="photos*", described="the page"):
    return part_files(path, patterns, what="the list of photos", described=described)


def names(files):
    return [file.name for file in files]


def lines_of(path, **settings):
    return [line for _, line in open_text(DataFile(str(path)), **settings)]


def lines_of_member(path, member):
    return [line for _, line in open_text(DataFile(str(path), member))]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compression_is_seen_whatever_the_name(tmp_path, suffix):
    for name in (f"photos{suffix}", "photos.txt", "photos.gz"):
        (tmp_path / name).write_bytes(COMPRESS[suffix](TEXT.encode()))
        assert lines_of(tmp_path / name) == LINES
    assert found(tmp_path / f"photos{suffix}")[0].name == "photos"


def test_streams_of_xz_one_after_the_other(tmp_path):
    path, lines = tmp_path / "photos.xz", [str(i) for i in range(100_000)]
    text = "\n".join(lines).encode()
    streams = [lzma.compress(part, preset=9) for part in (text[:9], b"", text[9:])]
    path.write_bytes(bytes(8).join([*streams, b""]))
    assert lines_of(path) == lines
    path.write_bytes(b"".join(streams))
    assert lines_of(path) == lines
    half = streams[0][:20]
    for more, words in ((b"junk" * 5, "is damaged here"), (half, "breaks off")):
        path.write_bytes(b"".join(streams) + more)
        with pytest.raises(DataFileError, match=words):
            lines_of(path)


def test_a_member_of_a_zip_may_be_compressed_itself(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/photos-1", "rubbish")
        archive.writestr("folder/photos-1.bz2", bz2.compress(TEXT.encode()))
        archive.writestr("readme.txt", "read me")
    (file,) = found(path)
    assert str(file) == f"{path}:folder/photos-1.bz2"
    assert [line for _, line in open_text(file)] == LINES
    # A folder in which there is only the archive will do as well.
    assert found(tmp_path) == [file]


def test_the_only_member_of_a_zip_is_the_file(tmp_path):
    path = tmp_path / "unknown.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("anything.tsv", TEXT)
    assert names(found(path)) == ["anything.tsv"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.tsv", TEXT)
    with pytest.raises(FileNotFoundError, match=r"no file named photos\*, only anyth"):
        found(path)


def test_parts_are_ordered_by_number_and_letter_case_does_not_matter(tmp_path):
    for i in (10, 9, 1):
        (tmp_path / f"PHOTOS-{i}.bz2").write_bytes(b"")
    (tmp_path / "photos-2.part").write_bytes(b"")  # a download that is not finished
    (tmp_path / ".photos-3").write_bytes(b"")
    (tmp_path / "photos-folder").mkdir()
    assert names(found(tmp_path)) == ["PHOTOS-1", "PHOTOS-9", "PHOTOS-10"]
    listed = [tmp_path / "PHOTOS-9.bz2", str(tmp_path / "PHOTOS-1.bz2")]
    assert names(found(listed)) == ["PHOTOS-9", "PHOTOS-1"]


def test_what_is_missing_is_said_in_words(tmp_path):
    with pytest.raises(FileNotFoundError, match="is the list of photos; see the page"):
        found(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="it is empty"):
        found(tmp_path)
    for i in range(7):
        (tmp_path / f"other-{i}").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"only other-0, .* other-4 and 2 more"):
        found(tmp_path)
    with pytest.raises(TypeError, match="path is a int"):
        found(7)
    with pytest.raises(ValueError, match="empty list"):
        found([])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty. Download it again"),
        (b"\n \n", "the file is empty"),
        (b"\n<!DOCTYPE html><p>Log in", "the file is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        ("é".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 and no more", "a zip archive that is cut off"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, data, message):
    (tmp_path / "photos").write_bytes(data)
    with pytest.raises(DataFileError, match=message) as caught:
        lines_of(tmp_path / "photos")
    assert caught.value.line is None
    assert caught.value.path == str(tmp_path / "photos")


def test_byte_order_mark_carriage_returns_and_no_last_line_end(tmp_path):
    path = tmp_path / "photos"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\r\nfour\r")
    assert lines_of(path) == ["one", "two\rthree", "four"]
    for size in (4, 5, 9, 1000):
        blocks = list(text_blocks(DataFile(str(path)), block_bytes=size))
        assert "\n".join(block.text for block in blocks) == "one\ntwo\rthree\nfour"
        assert [block.cut for block in blocks][-1]


def test_lines_that_are_not_utf8_are_latin1_and_counted(tmp_path):
    path = tmp_path / "photos"
    path.write_bytes("café\n".encode() + "café\n".encode("latin-1") * 2 + b"plain\n")
    report = ReadReport()
    assert lines_of(path, report=report) == ["café", "café", "café", "plain"]
    ((what, finding),) = report.notes.items()
    assert what == "line is not UTF-8, read as Latin-1"
    assert finding.count == 2
    assert finding.examples[0] == (str(path), 2, None)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_an_archive_that_breaks_off_gives_what_it_has(tmp_path, suffix):
    lines = [f"line {i * 7919 % 10007}" for i in range(40_000)]
    text = "\n".join(lines).encode()
    # Small blocks of bzip2, so that some are whole in half a file.
    data = bz2.compress(text, 1) if suffix == ".bz2" else COMPRESS[suffix](text)
    path = tmp_path / f"photos{suffix}"
    path.write_bytes(data[: len(data) // 2])
    *blocks, last = text_blocks(DataFile(str(path)))
    assert last.broken == "the compressed file breaks off here"
    got = "\n".join([block.text for block in blocks] + [last.text]).split("\n")
    assert len(got) > 1_000
    assert got[:-1] == lines[: len(got) - 1]
    with pytest.raises(DataFileError, match=f"line {len(got)}: the compressed file br"):
        lines_of(path)
    damaged = bytearray(data)
    damaged[len(data) // 2 : len(data) // 2 + 50] = bytes(50)
    path.write_bytes(bytes(damaged))
    *_, last = text_blocks(DataFile(str(path)))
    assert "is damaged here" in last.broken or "breaks off" in last.broken


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"))),
    st.integers(1, 12),
    st.booleans(),
)
def test_blocks_are_whole_lines_whatever_their_size(lines, block_bytes, ends):
    text = "\n".join(["first", *lines]) + "\n" * ends
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        blocks = list(text_blocks(DataFile(file.name), block_bytes=block_bytes))
    assert "\n".join(block.text for block in blocks) == text.removesuffix("\n")
    first = 1
    for block in blocks:
        assert block.first == first
        first += block.text.count("\n") + 1


def test_what_is_there_twice_is_read_once(tmp_path):
    for name in ("photos-1", "photos-1.bz2", "photos-2.gz", "photos-2.xz"):
        (tmp_path / name).write_text("x")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("photos-1", "photos-2", "photos-3"):
            archive.writestr(name, "x")
    files = found(tmp_path)
    assert names(files) == ["photos-1", "photos-2", "photos-3"]
    assert files[0].path.endswith("photos-1")
    assert files[1].member is None
    assert files[2].member == "photos-3"


def test_two_members_of_one_name_are_not_taken_for_one(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/photos-1", "b/photos-1", "a/other", "b/other", "photos-2"):
            archive.writestr(name, "x")
    for where in (path, tmp_path):
        with pytest.raises(DataFileError, match="one name: a/photos-1 and b/photos-1"):
            found(where)
    # What is not asked for may be there as often as it likes.
    only = part_files(path, "photos-2", what="photos", described="the page")
    assert [file.member for file in only] == ["photos-2"]


def test_of_alternatives_the_first_is_taken(tmp_path):
    settings = {"what": "photos", "described": "the page", "alternatives": True}
    for name in ("photos-1", "photos-2.gz"):
        (tmp_path / name).write_text("x")
    patterns = ["photos", "photos-*"]
    assert names(part_files(tmp_path, patterns, **settings)) == ["photos-1", "photos-2"]
    (tmp_path / "photos.xz").write_text("x")
    assert names(part_files(tmp_path, patterns, **settings)) == ["photos"]
    one = [tmp_path / "photos-1"]
    assert names(part_files(one, patterns, **settings)) == ["photos-1"]


def test_an_archive_without_its_end_is_told(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photos-1", TEXT)
    path.write_bytes(path.read_bytes()[:40])
    for where in (tmp_path, path):
        with pytest.raises(
            DataFileError, match=r"all\.zip: .* archive that is cut off"
        ):
            lines_of(found(where)[0].path)
    (tmp_path / "photos-1").write_text(TEXT)
    assert names(found(tmp_path)) == ["photos-1"]


def test_lines_of_old_macintoshes_are_told(tmp_path):
    path = tmp_path / "photos"
    path.write_bytes(b"one\rtwo\rthree")
    with pytest.raises(DataFileError, match="carriage return alone"):
        lines_of(path)
    path.write_bytes(b"one\r\ntwo\rthree\r\n\r")
    assert lines_of(path) == ["one", "two\rthree", ""]


def test_a_line_without_end_is_told_before_memory_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(_opening, "_LONGEST_LINE", 100)
    path = tmp_path / "photos"
    path.write_text("one\n" + "x" * 90 + "\nthree\n")
    blocks = text_blocks(DataFile(str(path)), block_bytes=10)
    assert "".join(block.text for block in blocks) == "one" + "x" * 90 + "three"
    path.write_text("one\n" + "x" * 300 + "\nthree\n")
    with pytest.raises(DataFileError, match="line 2: the line has more than 100 bytes"):
        list(text_blocks(DataFile(str(path)), block_bytes=10))


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        ("flags", 1, "it needs a password. Unpack it"),
        ("method", 9, r"compressed in a way .* \(Deflate64\)"),
        ("signature", 0, "the archive is damaged"),
    ],
)
def test_members_that_cannot_be_opened_are_told(tmp_path, at, value, message):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photos-1", TEXT)
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    # Where they are in the local header, and in the central directory.
    local, listed = {"flags": (6, 8), "method": (8, 10), "signature": (0, None)}[at]
    data[local] = value
    if listed is not None:
        data[central + listed] = value
    path.write_bytes(bytes(data))
    with pytest.raises(DataFileError, match=rf"all\.zip:photos-1: .*{message}"):
        lines_of_member(path, "photos-1")


def test_long_names_of_members_are_shown_shortly(tmp_path):
    path, name = tmp_path / "all.zip", "photos-" + "y" * 30_000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, TEXT)
    data = bytearray(path.read_bytes())
    data[30 + 9] ^= 1  # a letter of the name, in the one place of two where it is
    path.write_bytes(bytes(data))
    words = r"^\S*all\.zip:photos-y{193}: the archive is damaged \(.{200}\)\. Down"
    with pytest.raises(DataFileError, match=words):
        lines_of_member(path, name)


def write_database(path, create, *rows):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(create)
        for row in rows:
            marks = ",".join("?" * len(row))
            database.execute(f"INSERT INTO photos VALUES ({marks})", row)
    return DataFile(str(path))


def test_databases_with_columns_that_are_computed(tmp_path):
    # 16 rows of 100 MB each, of a file of 8 KB.
    bomb = "CREATE TABLE photos (id, big AS (zeroblob(100000000)))"
    path = tmp_path / "photos"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(bomb)
        database.executemany("INSERT INTO photos VALUES (?)", [(i,) for i in range(16)])
    tracemalloc.start()
    with pytest.raises(DataFileError, match=r"photos: the table has columns that are"):
        list(text_blocks(DataFile(str(path))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_databases_are_read_in_blocks_of_a_size(tmp_path):
    rows = [(i, "x" * 1000) for i in range(50)]
    file = write_database(tmp_path / "photos", "CREATE TABLE photos (id, text)", *rows)
    blocks = list(text_blocks(file, block_bytes=5000))
    assert max(len(block.text) for block in blocks) < 6100
    assert [block.first for block in blocks] == [1 + 5 * i for i in range(10)]
    text = "\n".join(block.text for block in blocks)
    assert text.split("\n") == [f"{i}\t{'x' * 1000}" for i in range(50)]


def test_databases_whose_pages_are_there_again_and_again(tmp_path):
    rows = [(i, "x" * 300) for i in range(100)]
    file = write_database(tmp_path / "photos", "CREATE TABLE photos (id, text)", *rows)
    data = bytearray(Path(file.path).read_bytes())
    size = int.from_bytes(data[16:18], "big")
    root = size  # the second page, of which the children are all others
    assert data[root] == 5
    n_cells = int.from_bytes(data[root + 3 : root + 5], "big")
    at = [
        root + int.from_bytes(data[root + 12 + 2 * i :][:2], "big")
        for i in range(n_cells)
    ]
    # A page between: its children are all the first leaf, and all of the root are it.
    leaf = bytes(data[at[0] : at[0] + 4])
    between = bytearray(data[root : root + size])
    for cell in at:
        between[cell - root : cell - root + 4] = leaf
    between[8:12] = leaf
    for _ in range(6):
        data += between
        number = (len(data) // size).to_bytes(4, "big")
        for cell in at:
            between[cell - root : cell - root + 4] = number
        between[8:12] = number
        data[28:32] = (len(data) // size).to_bytes(4, "big")
    data[root : root + size] = between
    Path(file.path).write_bytes(data)
    with pytest.raises(DataFileError, match="has more in it than the file is long"):
        for _ in text_blocks(file):
            pass


@pytest.mark.parametrize("cut", [0, 12, 30])
def test_zip_archives_whose_directory_is_damaged(tmp_path, cut):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photos.txt", "1\t2\n" * 100)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    if cut == 0:  # no entry where the directory begins
        data[directory : directory + 4] = b"PKxx"
    elif cut == 12:  # a name that is no UTF-8, though it says so
        data[directory + 9] |= 0x08
        data[directory + 46] = 0xFF
    else:  # a directory of another size
        data[end + 12] ^= 0x40
    path.write_bytes(data)
    for read in (
        lambda: part_files(path, "photos*", what="w", described="d"),
        lambda: part_files(tmp_path, "photos*", what="w", described="d"),
        lambda: Folder(tmp_path, "w", "d"),
    ):
        with pytest.raises(
            DataFileError, match=r"photos\.zip: the zip archive is dama"
        ):
            read()


@pytest.mark.parametrize("ends", [b"", b"\n"])
def test_many_short_lines_come_in_several_blocks(tmp_path, monkeypatch, ends):
    monkeypatch.setattr(_opening, "_MOST_LINES", 4)
    path = tmp_path / "photos"
    path.write_bytes(b"\n".join(b"%d" % i for i in range(10)) + ends)
    blocks = list(text_blocks(DataFile(str(path))))
    assert [(block.first, block.text) for block in blocks] == [
        (1, "0\n1\n2\n3"),
        (5, "4\n5\n6\n7"),
        (9, "8\n9"),
    ]
    assert [block.cut for block in blocks] == [False, False, not ends]


def test_numbers_of_any_length_in_names(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for digits in ("2", "10", "9" * 5000):
            archive.writestr(f"part{digits}", "1\n")
    files = part_files(path, "part*", what="w", described="d")
    assert [len(file.member) for file in files] == [5, 6, 5004]


def test_databases_with_names_that_are_no_text(tmp_path):
    path = tmp_path / "photos.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE photographs (a)")
        database.execute("INSERT INTO photographs VALUES (1)")
    data = path.read_bytes()
    assert data.count(b"photographs") >= 2
    path.write_bytes(data.replace(b"photographs", b"photo\xd5raphs"))
    with pytest.raises(DataFileError, match=r"photos\.sqlite.*damaged"):
        list(text_blocks(DataFile(str(path))))


@pytest.mark.parametrize("name", ["photos", "a?mode=rw&b#c%41 \u00fc"])
def test_databases_that_log_their_writes(tmp_path_factory, name):
    tmp_path = tmp_path_factory.mktemp("data")
    path = tmp_path / name
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(path)  # the log is not beside it
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE photos (a, b)")
        writer.execute("INSERT INTO photos VALUES (1, 'sea')")
        writer.commit()
        # As long as somebody has it open, rows are in the other file only.
        for known in (path, link):
            with pytest.raises(DataFileError, match=r"-wal, beside it\. Put them into"):
                list(text_blocks(DataFile(str(known))))
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert lines_of(path) == ["1\tsea"]
    before = path.read_bytes()
    assert lines_of(path) == lines_of(link) == ["1\tsea"]
    assert path.read_bytes() == before
    # Nothing is left beside it, where a read-only folder would not have it.
    assert list(tmp_path.iterdir()) == [path]


def test_archives_that_hold_other_files_of_one_name(tmp_path):
    def pack(name, text):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("photos.tsv", text)

    def found():
        return part_files(tmp_path, "photos*.tsv", what="photos", described="a page")

    pack("new.zip", "1\n2\n")
    pack("copy.zip", "1\n2\n")
    assert [str(file) for file in found()] == [f"{tmp_path / 'new.zip'}:photos.tsv"]
    pack("copy.zip", "1\n")
    with pytest.raises(DataFileError, match=r"copy\.zip:photos\.tsv has the same name"):
        found()
    # What is unpacked is read, whatever else there is.
    (tmp_path / "photos.tsv").write_text("1\n2\n3\n")
    assert [file.member for file in found()] == [None]
