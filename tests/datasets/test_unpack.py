# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import errno
import gzip
import io
import os
import secrets
import stat
import tarfile
import tracemalloc
import zipfile

import pytest

from sklearn_geo.datasets._unpack import _folder_of, unpacked

FILES = {"lists/tags.txt": b"a b c", "lists/deep/er/x.txt": b"", "readme": b"words"}
EVIL = [
    "../evil",
    "a/../../evil",
    "/evil",
    "..",
    "a/..",
    "\\evil",
    "..\\evil",
    "C:evil",
]


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


WRITERS = pytest.mark.parametrize(
    ("write", "name"), [(write_zip, "data.zip"), (write_tar, "data.tar.gz")]
)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@WRITERS
def test_all_files_are_unpacked_once(tmp_path, write, name):
    archive = write(tmp_path / name, FILES)
    folder = unpacked(archive, max_bytes=10)
    assert folder == _folder_of(archive)
    assert content(folder) == FILES
    (folder / "readme").write_bytes(b"mine")
    assert unpacked(archive, max_bytes=10) == folder
    assert (folder / "readme").read_bytes() == b"mine"
    assert sorted(tmp_path.iterdir()) == sorted([archive, folder])


def test_another_process_that_is_faster(tmp_path, monkeypatch):
    archive = write_zip(tmp_path / "data.zip", FILES)
    folder = _folder_of(archive)

    def meanwhile(_):
        folder.mkdir()
        (folder / "theirs").write_bytes(b"1")
        return "0"

    monkeypatch.setattr(secrets, "token_hex", meanwhile)
    assert unpacked(archive, max_bytes=100) == folder
    assert content(folder) == {"theirs": b"1"}
    assert sorted(tmp_path.iterdir()) == sorted([archive, folder])


def test_what_a_killed_process_left_goes(tmp_path):
    archive = write_zip(tmp_path / "data[1].zip", FILES)
    for other in (archive, write_zip(tmp_path / "data[1].tar", {})):
        left = tmp_path / f".{_folder_of(other).name}-0123abcd"
        (left / "folder").mkdir(parents=True)
        (left / "folder" / "half").write_bytes(b"1")
    other.unlink()
    folder = unpacked(archive, max_bytes=100)
    assert content(folder) == FILES
    assert sorted(tmp_path.iterdir()) == sorted([archive, folder])


@WRITERS
def test_another_archive_of_the_name_has_a_folder_of_its_own(tmp_path, write, name):
    first = unpacked(write(tmp_path / name, FILES), max_bytes=100)
    other = {"other.txt": bytes(range(90))}
    second = unpacked(write(tmp_path / name, other), max_bytes=100)
    assert content(second) == other
    assert content(first) == FILES


def test_archives_of_one_size_are_not_taken_for_each_other(tmp_path):
    for name in ("photos.train.tar", "photos.test.tar", "photos.test.zip"):
        archive = tmp_path / name
        for text in (b"first", b"later"):
            # Of tar without compression, both ends are the same.
            files = {"a": bytes(100_000), "b": text, "c": bytes(100_000)}
            if name.endswith("zip"):
                write_zip(archive, files)
            else:
                archive.write_bytes(
                    gzip.decompress(write_tar(archive, files).read_bytes())
                )
                # Not all disks know when to the nanosecond.
                os.utime(archive, (1e9, 1e9 + len(list(tmp_path.iterdir()))))
            folder = unpacked(archive, max_bytes=1_000_000)
            assert (folder / "b").read_bytes() == text
            assert unpacked(archive, max_bytes=1_000_000) == folder
            assert folder.name.startswith("photos-")
    assert len(list(tmp_path.iterdir())) == 3 + 6


@WRITERS
@pytest.mark.parametrize("evil", EVIL)
def test_names_that_lead_out(tmp_path, write, name, evil):
    (tmp_path / "home").mkdir()
    archive = write(tmp_path / "home" / name, {"good.txt": b"1", evil: b"2"})
    with pytest.raises(ValueError, match=r"has a file .*, which leads out of the fold"):
        unpacked(archive, max_bytes=100)
    assert [path.name for path in (tmp_path / "home").iterdir()] == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@WRITERS
def test_too_much(tmp_path, write, name):
    archive = write(tmp_path / name, {"a": bytes(10_000), "b": bytes(10_000)})
    assert archive.stat().st_size < 21_000
    with pytest.raises(
        ValueError, match=r"more in it than the 19999 bytes that it may"
    ):
        unpacked(archive, max_bytes=19_999)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    unpacked(archive, max_bytes=20_000)


def test_links_are_left_out(tmp_path):
    path = tmp_path / "data.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo(f"link{kind.decode()}")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        entry = tarfile.TarInfo("folder")
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
        entry = tarfile.TarInfo("good.txt")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"1"))
    assert content(unpacked(path, max_bytes=100)) == {"good.txt": b"1"}


def test_links_in_a_zip_archive_are_left_out(tmp_path):
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("folder/", "")
        archive.writestr("good.txt", "1")
    assert content(unpacked(path, max_bytes=100)) == {"good.txt": b"1"}


@WRITERS
def test_archives_that_are_damaged(tmp_path, write, name):
    path = write(tmp_path / name, {"a": bytes(range(256)) * 100})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 9] = b"damaged!!"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"is damaged or breaks off .*Delete it"):
        unpacked(path, max_bytes=1 << 20)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_archives_that_break_off(tmp_path):
    path = write_tar(tmp_path / "data.tar.gz", {"a": bytes(range(256)) * 100})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"is damaged or breaks off .*Delete it"):
        unpacked(path, max_bytes=1 << 20)


def test_headers_of_tar_archives_take_no_memory(tmp_path):
    # A name of 200 MB of which 200 KB are in the file.
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 200_000_000
    path = tmp_path / "data.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(long.tobuf())
        for _ in range(200):
            file.write(bytes(1_000_000))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"damaged .*a header has 200,000,000 bytes"):
        unpacked(path, max_bytes=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_is_decompressed_behind_the_files_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("sklearn_geo.datasets._unpack._MOST_FILES", 10)
    path = write_tar(tmp_path / "data.tar.gz", {"a": b"1"})
    with gzip.open(path, "ab") as file:
        file.write(bytes(100_000))
    with pytest.raises(ValueError, match="more in it than it may have, in what are no"):
        unpacked(path, max_bytes=1000)


@WRITERS
def test_too_many_files(tmp_path, write, name, monkeypatch):
    monkeypatch.setattr("sklearn_geo.datasets._unpack._MOST_FILES", 3)
    unpacked(write(tmp_path / name, dict.fromkeys("abc", b"")), max_bytes=10)
    archive = write(tmp_path / f"more{name}", dict.fromkeys("abcdefgh", b"1"))
    with pytest.raises(ValueError, match=r"moredata\..* has more than 3 files in it"):
        unpacked(archive, max_bytes=10)


@WRITERS
@pytest.mark.parametrize(
    "files",
    [
        {"a": b"1", "a/b": b"2"},
        {"a/b": b"1", "a": b"2"},
        {"x" * 300: b"1"},
        {".": b"1"},
    ],
)
def test_names_that_no_disk_has(tmp_path, write, name, files):
    archive = write(tmp_path / name, files)
    with pytest.raises(
        ValueError, match=r"data\.(zip|tar\.gz) (is damaged|has a file)"
    ):
        unpacked(archive, max_bytes=1000)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_zip_archive_with_a_password_or_of_a_strange_kind(tmp_path):
    good = write_zip(tmp_path / "good.zip", {"a": b"12345"}).read_bytes()
    local, central = good.index(b"PK\x03\x04"), good.index(b"PK\x01\x02")
    for offset, value, words in [(6, 1, "encrypted"), (8, 97, "compression")]:
        data = bytearray(good)
        data[local + offset] = data[central + offset + 2] = value
        path = tmp_path / f"data{value}.zip"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=rf"{path.name} (is dam|has a ).*{words}"):
            unpacked(path, max_bytes=1000)


def test_a_full_disk_is_no_damage(tmp_path, monkeypatch):
    archive = write_zip(tmp_path / "data.zip", {"a": b"1"})

    really = open

    def full(path, mode="r", *args, **kwargs):
        if "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(path, mode, *args, **kwargs)

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(OSError, match="No space left"):
        unpacked(archive, max_bytes=10)
