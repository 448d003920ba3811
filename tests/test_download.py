# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple

import numpy as np
import pytest

from sklearn_geo._download import fetch_file, parse_hash
from tests.datasets.server import Answer, Server

PATH = "/folder/data.bin"
CONTENT = np.random.default_rng(0).bytes(300_000)
OTHER = np.random.default_rng(1).bytes(300_000)
HASH = hashlib.sha256(CONTENT).hexdigest()
# Bytes that were read before a connection broke are kept in pieces of this size.
PIECE = 1 << 16


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server({PATH: CONTENT})
    yield server
    server.stop()


@pytest.fixture
def fetch(server, tmp_path):
    def fetch(*addresses, **settings):
        settings = {"max_bytes": 1 << 20, "delay": 0.001, "n_retries": 2, **settings}
        addresses = addresses or (server.url + PATH,)
        return fetch_file(addresses, tmp_path / "home" / "data.bin", **settings)

    return fetch


def names(tmp_path):
    """Return what is in the folder beside locks."""
    there = {path.name for path in (tmp_path / "home").iterdir()}
    return sorted(there - {".data.bin.lock"})


def test_a_file_is_downloaded_once(server, fetch, tmp_path):
    path = fetch()
    assert path == tmp_path / "home" / "data.bin"
    assert path.read_bytes() == CONTENT
    assert fetch() == path
    assert [served.n_bytes for served in server.served] == [len(CONTENT)]
    assert names(tmp_path) == ["data.bin", "data.bin.sha256"]


def test_the_note_is_what_sha256sum_reads(fetch, tmp_path):
    note = fetch().with_name("data.bin.sha256")
    assert note.read_text() == f"{HASH}  data.bin\n"
    if shutil.which("sha256sum"):
        subprocess.run(
            ["sha256sum", "--check", "--status", note.name],
            cwd=note.parent,
            check=True,
        )


@pytest.mark.parametrize("etag", [True, False])
def test_what_breaks_off_is_gone_on_with(server, fetch, tmp_path, etag):
    headers = {} if etag else {"ETag": None, "Last-Modified": "Tue, 01 Feb 2022"}
    server.plan[PATH] = [Answer(stop_after=200_000, headers=headers)]
    server.plan[PATH].append(Answer(headers=headers, honest_range=etag))
    assert fetch().read_bytes() == CONTENT
    first, second = server.served
    kept = 200_000 // PIECE * PIECE
    assert first.range is None
    assert first.n_bytes == 200_000
    assert second.range == f"bytes={kept}-"
    assert second.if_range == (second.if_range if etag else "Tue, 01 Feb 2022")
    assert (second.status, second.n_bytes) == (206, len(CONTENT) - kept)
    assert names(tmp_path) == ["data.bin", "data.bin.sha256"]


def test_the_next_call_goes_on_too(server, fetch, tmp_path):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    kept = 200_000 // PIECE * PIECE
    with pytest.raises(
        ConnectionError,
        match=r"(?s)broke off.*196\.6 kB of it are kept in .*data\.bin\.part; the next",
    ):
        fetch(n_retries=0)
    assert (tmp_path / "home" / "data.bin.part").stat().st_size == kept
    assert fetch(n_retries=0).read_bytes() == CONTENT
    assert server.served[-1].n_bytes == len(CONTENT) - kept


def test_a_server_that_stalls_is_given_up(server, fetch):
    server.plan[PATH] = [Answer(stall_after=100_000)]
    assert fetch(timeout=0.2).read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 206]
    assert server.served[1].n_bytes == len(CONTENT) - PIECE


def test_a_server_that_knows_no_ranges_sends_all_again(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000), Answer(ranges=False)]
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 200]
    assert server.served[1].n_bytes == len(CONTENT)


def test_without_a_validator_nothing_is_gone_on_with(server, fetch):
    nameless = {"ETag": None}
    server.plan[PATH] = [Answer(stop_after=200_000, headers=nameless)]
    assert fetch().read_bytes() == CONTENT
    assert [served.range for served in server.served] == [None, None]


@pytest.mark.parametrize("etag", [None, 'W/"1"'])
def test_but_with_a_known_checksum_it_is(server, fetch, etag):
    server.plan[PATH] = [
        Answer(stop_after=200_000, headers={"ETag": etag}),
        Answer(headers={"ETag": etag}),
    ]
    assert fetch(known_hash=HASH).read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 206]
    assert [served.if_range for served in server.served] == [None, None]


def test_a_file_that_changes_in_between_is_begun_again(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    with pytest.raises(ConnectionError):
        fetch(n_retries=0)
    server.files[PATH] = OTHER
    assert fetch().read_bytes() == OTHER
    assert [served.status for served in server.served] == [200, 200]


def test_also_if_the_server_does_not_look(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    with pytest.raises(ConnectionError):
        fetch(n_retries=0)
    server.files[PATH] = OTHER
    # The rest of the other file, as if it were the same one: its ETag tells.
    server.plan[PATH] = [Answer(honest_range=False)]
    assert fetch().read_bytes() == OTHER
    assert [served.status for served in server.served] == [200, 206, 200]


def test_also_if_only_the_checksum_tells(server, fetch):
    nameless = Answer(stop_after=200_000, headers={"ETag": None})
    server.files[PATH], server.plan[PATH] = OTHER, [nameless]
    with pytest.raises(ConnectionError):
        fetch(known_hash=HASH, n_retries=0)
    server.files[PATH] = CONTENT
    server.plan[PATH] = [Answer(headers={"ETag": None})]
    assert fetch(known_hash=HASH).read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 206, 200]


def test_another_part_of_the_file_than_was_asked_for(server, fetch):
    shifted = {"Content-Range": f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.plan[PATH] = [Answer(stop_after=200_000), Answer(headers=shifted)]
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 206, 200]


def test_servers_that_send_a_piece_at_a_time(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000), Answer(at_most=50_000)]
    assert fetch().read_bytes() == CONTENT
    kept = 200_000 // PIECE * PIECE
    rest = len(CONTENT) - kept
    assert [served.n_bytes for served in server.served[1:]] == [50_000, rest - 50_000]


def test_more_of_the_rest_than_there_is(server, fetch):
    start, end = 200_000 // PIECE * PIECE, len(CONTENT) - 1
    lie = {"Content-Range": f"bytes {start}-{end}/{len(CONTENT) - 1000}"}
    server.plan[PATH] = [Answer(stop_after=200_000), Answer(headers=lie)]
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 206, 200]


def test_a_file_that_is_shorter_now(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    with pytest.raises(ConnectionError):
        fetch(n_retries=0)
    server.files[PATH] = OTHER[:1000]
    assert fetch(n_retries=0).read_bytes() == OTHER[:1000]
    assert [served.status for served in server.served] == [200, 200]


def test_a_part_that_is_the_whole(server, fetch, tmp_path):
    # As if the process had ended between the last byte and the new name.
    fetch().rename(tmp_path / "home" / "data.bin.part")
    note = {"address": server.url + PATH, "etag": None, "modified": "Tue"}
    (tmp_path / "home" / "data.bin.part.json").write_text(json.dumps(note))
    server.plan[PATH] = [Answer(honest_range=False)]
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 416]


@pytest.mark.parametrize("length", [-100_000, -1])
def test_a_part_that_is_more_than_the_whole(server, fetch, tmp_path, length):
    fetch().rename(tmp_path / "home" / "data.bin.part")
    note = {"address": server.url + PATH, "etag": None, "modified": "Tue"}
    (tmp_path / "home" / "data.bin.part.json").write_text(json.dumps(note))
    server.files[PATH] = OTHER[:length]
    server.plan[PATH] = [Answer(honest_range=False)]
    assert fetch().read_bytes() == OTHER[:length]
    assert [served.status for served in server.served] == [200, 416, 200]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"address": 1, "etag": 5}'])
def test_a_note_that_is_damaged_costs_the_part_only(server, fetch, tmp_path, text):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.bin.part").write_bytes(b"rubbish")
    (tmp_path / "home" / "data.bin.part.json").write_text(text)
    assert fetch().read_bytes() == CONTENT
    assert server.served[0].range is None


def test_nothing_is_written_through_links(server, fetch, tmp_path):
    (tmp_path / "home").mkdir()
    links = [tmp_path / "home" / f"data.bin{end}" for end in (".part", ".part.json")]
    note = {"address": server.url + PATH, "etag": None, "modified": "Tue"}
    for link, text in zip(links, ("others'", json.dumps(note)), strict=True):
        (tmp_path / f"away{link.suffix}").write_text(text)
        link.symlink_to(tmp_path / f"away{link.suffix}")
    assert fetch().read_bytes() == CONTENT
    assert server.served[0].range is None  # what is elsewhere is no part
    assert names(tmp_path) == ["data.bin", "data.bin.sha256"]
    assert not (tmp_path / "home" / "data.bin").is_symlink()
    assert (tmp_path / "away.part").read_text() == "others'"
    assert json.loads((tmp_path / "away.json").read_text()) == note


def test_pipes_are_not_waited_for(fetch, tmp_path):
    (tmp_path / "home").mkdir()
    for end in (".part", ".part.json"):
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / "home" / f"data.bin{end}")
    assert fetch().read_bytes() == CONTENT


def test_what_is_compressed_on_the_way_is_begun_again(server, fetch):
    # Nobody asked for it, and a range of it would not be the rest of the file.
    server.files[PATH] = gzip.compress(CONTENT)
    headers = {"Content-Encoding": "gzip"}
    server.plan[PATH] = [Answer(stop_after=200_000, headers=headers)]
    server.plan[PATH].append(Answer(headers=headers))
    assert fetch(known_hash=HASH).read_bytes() == CONTENT
    assert [served.range for served in server.served] == [None, None]


def test_lengths_that_are_too_long(server, fetch, tmp_path):
    # A lie at first, then the truth: the part turns out to be the whole.
    server.plan[PATH] = [Answer(length=1000)]
    assert fetch().read_bytes() == CONTENT
    # A lie that is kept up.
    (tmp_path / "home" / "data.bin").unlink()
    server.plan[PATH] = [Answer(length=1000, ranges=False)] * 3
    with pytest.raises(ConnectionError, match="broke off"):
        fetch()
    assert not (tmp_path / "home" / "data.bin").exists()


def test_lengths_that_are_too_short(server, fetch, tmp_path):
    # HTTP has no other way to tell where a file ends, so only a checksum can.
    server.plan[PATH] = [Answer(length=-1000)]
    with pytest.raises(
        ValueError, match=r"not the file that it should be: its SHA-256"
    ):
        fetch(known_hash=HASH)
    assert names(tmp_path) == []
    assert fetch(known_hash=HASH).read_bytes() == CONTENT


def test_lengths_that_are_no_numbers(server, fetch):
    server.plan[PATH] = [Answer(headers={"Content-Length": "many"})]
    with pytest.raises(ConnectionError, match=r"length that is no number"):
        fetch(n_retries=0)
    assert fetch().read_bytes() == CONTENT


def test_a_wrong_file(server, fetch, tmp_path):
    server.files[PATH] = OTHER
    with pytest.raises(
        ValueError, match=f"(?s)http://127.*data.bin is not the file .* not {HASH}"
    ):
        fetch(known_hash=HASH)
    # It would be wrong again, so it is not asked for again, and nothing is kept.
    assert len(server.served) == 1
    assert names(tmp_path) == []


def test_a_file_of_another_kind(server, fetch, tmp_path):
    def is_zip(path):
        assert path.read_bytes() == CONTENT
        raise ValueError("is no zip archive")

    with pytest.raises(
        ValueError, match=r"data\.bin is no zip archive\. Nothing of it"
    ):
        fetch(check=is_zip)
    assert len(server.served) == 1
    assert names(tmp_path) == []


@pytest.mark.parametrize("status", [500, 503, 429])
def test_servers_that_are_busy_are_asked_again(server, fetch, status):
    server.plan[PATH] = [Answer(status=status)] * 2
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [status, status, 200]


def test_and_given_up_in_the_end(server, fetch, tmp_path):
    server.plan[PATH] = [Answer(status=503)] * 3
    with pytest.raises(ConnectionError, match="the server answers 503 Service Unav"):
        fetch()
    assert len(server.served) == 3
    assert not (tmp_path / "home" / "data.bin").exists()


def test_pauses_grow(server, fetch):
    server.plan[PATH] = [Answer(status=503)] * 2
    began = time.monotonic()
    fetch(delay=0.05)
    assert time.monotonic() - began >= 0.05 + 0.1


@pytest.mark.parametrize(
    ("delay", "pauses"), [(25, [25, 50, 60, 60]), (100, [100, 100, 100, 100])]
)
def test_pauses_are_a_minute_unless_a_longer_one_is_asked_for(
    server, fetch, monkeypatch, delay, pauses
):
    server.plan[PATH] = [Answer(status=503)] * 4
    waited = []
    monkeypatch.setattr("sklearn_geo._download.time.sleep", waited.append)
    fetch(delay=delay, n_retries=4)
    assert waited == pauses


def test_pauses_after_more_times_than_a_number_can_be_doubled(
    server, fetch, monkeypatch
):
    n_times, waited = 1_100, []
    server.plan[PATH] = [Answer(status=503)] * n_times
    monkeypatch.setattr("sklearn_geo._download.time.sleep", waited.append)
    fetch(delay=0.0, n_retries=n_times)
    assert waited == [0.0] * n_times


@pytest.mark.parametrize("status", [404, 403, 410])
def test_servers_that_say_no_are_not_asked_again(server, fetch, status):
    server.plan[PATH] = [Answer(status=status)]
    with pytest.raises(ConnectionError, match=f"the server answers {status} "):
        fetch()
    assert len(server.served) == 1


def test_answers_that_are_no_files(server, fetch):
    server.plan[PATH] = [Answer(status=204)]
    assert fetch().read_bytes() == CONTENT
    assert [served.status for served in server.served] == [204, 200]


def test_redirections(server, fetch):
    server.plan["/here"] = [Answer(to=PATH)]
    assert fetch(server.url + "/here").read_bytes() == CONTENT


def test_redirections_are_followed_when_going_on(server, fetch):
    server.plan["/here"] = [Answer(to=PATH)] * 2
    server.plan[PATH] = [Answer(stop_after=200_000)]
    assert fetch(server.url + "/here").read_bytes() == CONTENT
    assert [served.status for served in server.served] == [302, 200, 302, 206]


def test_redirections_in_a_circle(server, fetch):
    server.plan["/here"] = [Answer(to="/here")] * 100
    with pytest.raises(ConnectionError, match="answers 302 Found, again and again"):
        fetch(server.url + "/here")


def test_one_address_after_the_other(server, fetch):
    server.files["/wrong"] = OTHER
    addresses = [
        "http://127.0.0.1:1/closed",
        server.url + "/missing",
        server.url + "/wrong",
        server.url + PATH,
    ]
    assert fetch(*addresses, known_hash=HASH).read_bytes() == CONTENT
    assert [served.path for served in server.served] == ["/missing", "/wrong", PATH]


def test_all_addresses_are_named_when_none_has_it(server, fetch):
    with pytest.raises(ConnectionError) as error:
        fetch("http://127.0.0.1:1/closed", server.url + "/missing")
    first, second = str(error.value).splitlines()
    assert first.startswith("http://127.0.0.1:1/closed cannot be reached")
    assert second == f"{server.url}/missing: the server answers 404 Not Found."


def test_a_part_outlives_the_other_addresses(server, fetch):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    server.plan["/busy"] = [Answer(status=503)]
    assert fetch(server.url + PATH, server.url + "/busy").read_bytes() == CONTENT
    assert [served.status for served in server.served] == [200, 503, 206]


def test_what_another_address_began_is_not_gone_on_with(server, fetch):
    server.files["/other"] = OTHER
    server.plan[PATH] = [Answer(stop_after=200_000)]
    assert fetch(server.url + PATH, server.url + "/other").read_bytes() == OTHER
    assert server.served[1].range is None


@pytest.mark.parametrize("said", [True, False])
def test_files_that_are_too_large(server, fetch, tmp_path, said):
    server.plan[PATH] = [Answer(headers={} if said else {"Content-Length": None})]
    words = "has 300.0 kB, more" if said else "has more"
    with pytest.raises(ValueError, match=f"{words} than the 250.0 kB that it may have"):
        fetch(max_bytes=250_000)
    assert names(tmp_path) == []
    assert fetch(max_bytes=300_000).read_bytes() == CONTENT


def test_a_full_disk(server, fetch, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(OSError, match=r"needs 300\.0 kB, and 1\.0 kB are free in"):
        fetch()
    # What is there already needs no room.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(310_000))
    server.plan[PATH] = [Answer(stop_after=200_000)]
    with pytest.raises(ConnectionError, match="broke off"):
        fetch(n_retries=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(110_000))
    assert fetch().read_bytes() == CONTENT


def test_files_that_change_on_disk(server, fetch, tmp_path):
    path = fetch()
    path.write_bytes(OTHER)
    for _ in range(2):
        with pytest.raises(
            ValueError,
            match=r"has changed since it was first .* delete data\.bin\.sha25",
        ):
            fetch()
    with pytest.raises(ValueError, match=f"data.bin is not the file .*, not {HASH}"):
        fetch(known_hash=HASH)
    # Who knows better may say so, in both ways.
    fetch(known_hash=hashlib.sha256(OTHER).hexdigest())
    fetch()
    path.write_bytes(CONTENT)
    path.with_name("data.bin.sha256").unlink()
    assert fetch().read_bytes() == CONTENT
    assert len(server.served) == 1


def test_files_that_were_put_there(server, fetch, tmp_path):
    (tmp_path / "home").mkdir()
    path = tmp_path / "home" / "data.bin"
    path.write_bytes(CONTENT)
    assert fetch() == path
    assert names(tmp_path) == ["data.bin", "data.bin.sha256"]
    path.write_bytes(OTHER)
    with pytest.raises(ValueError, match="has changed since"):
        fetch()
    assert server.served == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other permissions")
def test_files_in_a_folder_that_is_read_only(fetch, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.bin").write_bytes(CONTENT)
    (tmp_path / "home").chmod(0o500)
    try:
        assert fetch(known_hash=HASH).read_bytes() == CONTENT
        assert fetch().read_bytes() == CONTENT
    finally:
        (tmp_path / "home").chmod(0o700)


def test_only_a_download_needs_pooch(fetch, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args):
        if name in ("pooch", "requests"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ImportError, match=r"A download needs pooch: .* by hand needs nothing\.$"
    ):
        fetch()
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.bin").write_bytes(CONTENT)
    assert fetch(known_hash=HASH).read_bytes() == CONTENT


def test_nothing_else_is_imported_before():
    code = (
        "import sys; before = set(sys.modules); import sklearn_geo._download; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    names = set(done.stdout.split())
    assert names - set(sys.stdlib_module_names) == {"sklearn_geo"}


def test_checksums_that_are_none():
    assert parse_hash(None) is None
    assert parse_hash(HASH) == parse_hash(f"sha256:{HASH.upper()}") == HASH
    for wrong in (HASH[:-1], HASH + "\n", "md5:" + HASH, "g" * 64, 5, ""):
        with pytest.raises(ValueError, match=r"known_hash=.* 64 hexadecimal digits"):
            parse_hash(wrong)


def _fetching_process(address, path):
    """Start another process that fetches a file."""
    code = (
        "import sys; from sklearn_geo._download import fetch_file; "
        "fetch_file([sys.argv[1]], sys.argv[2], max_bytes=1 << 20, verbose=1)"
    )
    command = [sys.executable, "-c", code, address, str(path)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _wait_for(condition):
    """Wait until something is so, for other processes, but not for ever."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError


def test_two_processes_at_once(server, tmp_path):
    server.plan[PATH] = [Answer(stall_after=100_000)]
    path = tmp_path / "home" / "data.bin"
    with _fetching_process(server.url + PATH, path) as first:
        _wait_for(lambda: server.served)
        # It hangs in the middle until the second has come.
        with _fetching_process(server.url + PATH, path) as second:
            words = second.stderr.readline()
            assert words == "data.bin: another process downloads it. Waiting.\n"
            server.gate.set()
            assert first.stderr.read().endswith("data.bin is there: 300.0 kB\n")
            assert second.stderr.read() == ""
    assert (first.returncode, second.returncode) == (0, 0)
    assert path.read_bytes() == CONTENT
    # One began and went on; the other asked for nothing.
    assert [served.status for served in server.served] == [200, 206]


def test_what_a_killed_process_leaves_is_gone_on_with(server, fetch, tmp_path):
    server.plan[PATH] = [Answer(stall_after=200_000)]
    path = tmp_path / "home" / "data.bin"
    with _fetching_process(server.url + PATH, path) as process:
        part = path.with_name("data.bin.part")
        _wait_for(lambda: part.exists() and part.stat().st_size >= 2 * PIECE)
        process.kill()
    assert fetch().read_bytes() == CONTENT
    # Its lock went with it, and what was on the disk is not sent again.
    assert server.served[1].status == 206
    assert server.served[1].n_bytes <= len(CONTENT) - 2 * PIECE


def test_what_is_shown(server, fetch, tmp_path, capsys):
    server.plan[PATH] = [Answer(stop_after=200_000)]
    fetch(verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    address = server.url + PATH
    lines = err.splitlines()
    assert lines[0] == f"data.bin (300.0 kB) from {address}"
    assert lines[1].startswith(f"{address} broke off (")
    assert lines[1].endswith("Again in 0.001 s.")
    assert lines[2:] == [
        f"data.bin (300.0 kB) from {address}, going on after 196.6 kB",
        "data.bin is there: 300.0 kB",
    ]
    (tmp_path / "home" / "data.bin").unlink()
    fetch(verbose=0)
    assert capsys.readouterr() == ("", "")
