# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import errno
import os
import subprocess
import sys
import time

import pytest

from sklearn_geo import _whole_files
from sklearn_geo._whole_files import is_part, remove_parts, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_or_whatever_writes(tmp_path):
    write_whole(tmp_path / "a", b"one")
    write_whole(tmp_path / "b", lambda file: file.write(b"two"))
    assert (tmp_path / "a").read_bytes() == b"one"
    assert (tmp_path / "b").read_bytes() == b"two"
    write_whole(str(tmp_path / "a"), b"three")
    assert (tmp_path / "a").read_bytes() == b"three"
    assert names(tmp_path) == ["a", "b"]


def test_what_was_there_stays_until_all_is_written(tmp_path):
    path = tmp_path / "a"
    write_whole(path, b"old")

    def look(file):
        file.write(b"new")
        assert path.read_bytes() == b"old"
        (part,) = (name for name in names(tmp_path) if name != "a")
        assert is_part(part)
        remove_parts(tmp_path)  # it is being written, so it stays
        assert part in names(tmp_path)

    write_whole(path, look)
    assert path.read_bytes() == b"new"
    with pytest.raises(ZeroDivisionError):
        write_whole(path, lambda file: 1 / 0)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_the_file_is_named_when_the_system_does_not(tmp_path):
    def full(file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    with pytest.raises(OSError, match=r"No space left on device: '.*a'") as caught:
        write_whole(path, full)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    with pytest.raises(FileNotFoundError, match=r"nowhere.b'"):
        write_whole(tmp_path / "nowhere" / "b", b"")

    def own(file):
        raise ConnectionError("words of our own")

    with pytest.raises(ConnectionError, match=r"^words of our own$"):
        write_whole(path, own)
    assert names(tmp_path) == []


def test_parts_of_the_dead_go(tmp_path):
    code = (
        "import os, sys; from sklearn_geo._whole_files import write_whole\n"
        "def die(file):\n"
        "    file.write(b'half'); file.flush(); os._exit(7)\n"
        "write_whole(sys.argv[1], die)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a"], check=False)
    assert done.returncode == 7
    (part,) = names(tmp_path)
    assert is_part(part)
    (tmp_path / "notes.part").write_text("mine")
    remove_parts(tmp_path)
    assert names(tmp_path) == ["notes.part"]
    remove_parts(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_pipes_and_links_are_no_parts(tmp_path):
    os.mkfifo(tmp_path / ".store-1.part")
    (tmp_path / ".store-2.part").symlink_to(tmp_path / "mine")
    (tmp_path / "mine").write_bytes(b"mine")
    remove_parts(tmp_path)
    assert names(tmp_path) == [".store-1.part", ".store-2.part", "mine"]


def test_where_nothing_can_be_locked_parts_go_when_they_are_old(tmp_path, monkeypatch):
    monkeypatch.setattr(_whole_files, "_LOCKS", False)
    write_whole(tmp_path / "a", b"one")
    for name, age in ((".store-1.part", 0), (".store-2.part", 7200)):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    remove_parts(tmp_path)
    assert names(tmp_path) == [".store-1.part", "a"]


@pytest.mark.skipif(sys.platform == "win32", reason="open files are not deleted there")
def test_a_part_that_was_swept_away_before_it_was_locked_is_written_again(
    tmp_path, monkeypatch
):
    lock, swept = _whole_files.try_lock, []

    def slow(file):
        if not swept:
            swept.append(file.name)
            os.unlink(file.name)
        return lock(file)

    monkeypatch.setattr(_whole_files, "try_lock", slow)
    write_whole(tmp_path / "a", b"one")
    assert len(swept) == 1
    assert (tmp_path / "a").read_bytes() == b"one"
    assert names(tmp_path) == ["a"]
