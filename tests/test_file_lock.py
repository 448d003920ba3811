# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import errno
import os
import sys
import threading
import time

import pytest

from sklearn_geo import _file_lock
from sklearn_geo._file_lock import folder_locked, locked, try_lock


def test_one_at_a_time(tmp_path):
    inside, most = [], []

    def work():
        with locked(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_who_waits_is_told_once(tmp_path):
    told, order = [], []

    def work():
        with locked(tmp_path / "lock", waiting=lambda: told.append(1)):
            order.append("second")

    with locked(tmp_path / "lock", waiting=lambda: told.append("never")):
        thread = threading.Thread(target=work)
        thread.start()
        while not told:
            time.sleep(0.001)
        time.sleep(0.15)
        order.append("first")
    thread.join()
    assert (told, order) == ([1], ["first", "second"])


def test_an_error_lets_the_next_in(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
            1 / 0  # noqa: B018


@pytest.mark.skipif(sys.platform == "win32", reason="the file is open twice")
@pytest.mark.parametrize("seen", [True, False])  # it may come after the look
def test_locks_are_not_made_through_links(tmp_path, monkeypatch, seen):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    if not seen:
        monkeypatch.setattr(_file_lock, "is_link", lambda path: False)
        if not hasattr(os, "O_NOFOLLOW"):
            pytest.skip("links that come this late are followed")
    error, words = (ValueError, "is a link, and") if seen else (OSError, "lock")
    with pytest.raises(error, match=words), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_is_tried_once(tmp_path):
    (tmp_path / "lock").touch()
    with open(tmp_path / "lock") as mine, open(tmp_path / "lock") as other:
        assert try_lock(mine) is True
        assert try_lock(other) is False
        mine.close()
        assert try_lock(other) is True


@pytest.mark.skipif(sys.platform == "win32", reason="there are always locks")
def test_file_systems_without_locks(tmp_path, monkeypatch):
    import fcntl

    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with open(tmp_path / "a", "w") as file:
        assert try_lock(file) is None
    with locked(tmp_path / "lock"), locked(tmp_path / "lock"):
        assert (tmp_path / "lock").read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not locked there")
def test_folders_are_locked_without_a_file(tmp_path):
    order, waits = [], threading.Event()

    def work():
        waits.set()
        with folder_locked(tmp_path):
            order.append("second")

    thread = threading.Thread(target=work)
    with folder_locked(tmp_path):
        # A thread that has it may take it again, by whatever name.
        with folder_locked(tmp_path / ".." / tmp_path.name):
            thread.start()
            waits.wait()
        time.sleep(0.15)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), folder_locked(tmp_path):
        1 / 0  # noqa: B018
    with folder_locked(tmp_path), folder_locked(tmp_path / "nowhere"):
        pass
