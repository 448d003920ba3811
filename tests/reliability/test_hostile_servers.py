# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Servers that lie: lengths, ranges, encodings, redirections, and what they send."""

import gzip
import random
import tracemalloc

import numpy as np
import pytest

from sklearn_geo._download import fetch_file
from tests.datasets.server import Answer, Server
from tests.reliability import scale
from tests.reliability.mutations import NUMBERS, TEXTS

PATH = "/data.bin"
CONTENT = np.random.default_rng(0).bytes(200_000)
HEADERS = ["Content-Length", "Content-Range", "Content-Encoding", "ETag", "Location"]
HEADERS += ["Last-Modified", "Transfer-Encoding", "Content-Disposition", "Connection"]
VALUES = [text for text in NUMBERS + TEXTS if len(text) < 6000 and text.isprintable()]
VALUES += [
    "bytes 0-1/2",
    "bytes 5-4/3",
    f"bytes 0-{'9' * 5000}/{'9' * 5000}",
    "chunked",
]
VALUES += [
    "gzip",
    "deflate",
    "gzip, gzip, gzip",
    "br",
    "zstd",
    'attachment; filename="../x"',
]
VALUES = [text.encode("ascii", "ignore").decode() for text in VALUES]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server({PATH: CONTENT})
    yield server
    server.stop()


def fetch(server, folder, path=PATH, **settings):
    settings = {"max_bytes": 1 << 20, "delay": 0.001, "n_retries": 0, **settings}
    return fetch_file((server.url + path,), folder / "home" / "data.bin", **settings)


def tried(server, folder):
    """Return the path of what was downloaded and None, or None and what was said."""
    try:
        return fetch(server, folder, n_retries=1, timeout=2), None
    except (ValueError, OSError) as error:
        return None, str(error)


def files_of(folder):
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_heads_that_lie(server, tmp_path):
    rng = random.Random(0)
    for number in range(scale(25, 2000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        plan = []
        for _ in range(2):
            heads = {
                name: rng.choice(VALUES)
                for name in rng.sample(HEADERS, rng.choice([1, 1, 2, 4]))
            }
            stop = rng.choice([None, None, 0, 100, 70_000])
            to = rng.choice(
                [None] * 9 + ["file:///etc/passwd", "ftp://x/", "//", "\\\\"]
            )
            status = rng.choice([None] * 9 + [204, 206, 304, 416, 500, 999])
            plan.append(Answer(status, to, headers=heads, stop_after=stop))
        server.plan[PATH] = list(plan)
        path, words = tried(server, folder)
        if path is None:
            assert server.url + PATH in words, plan
            left = {"data.bin.part", "data.bin.part.json"}
        else:
            # Half of it is never taken for the whole.
            data = path.read_bytes()
            lengths = [plan[0].headers, plan[1].headers]
            said = any(
                "Content-Length" in h or "Content-Encoding" in h for h in lengths
            )
            assert data == CONTENT or said or "Transfer-Encoding" in str(lengths), plan
            left = {"data.bin", "data.bin.sha256"}
        assert files_of(folder / "home") <= left, plan
        assert [each.name for each in folder.iterdir()] == ["home"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Content-Length": "9" * 5000}, "a length that is no number"),
        ({"Content-Length": "\u0661"}, "a length that is no number"),
        ({"Content-Length": "9" * 18}, "more than the"),
        ({"Content-Encoding": "gzip, gzip"}, "compressed several times"),
    ],
)
def test_words_about_heads_that_lie(server, tmp_path, headers, words):
    headers = {k: v.encode().decode("latin-1") for k, v in headers.items()}
    server.plan[PATH] = [Answer(headers=headers)]
    with pytest.raises((ValueError, OSError), match=words) as caught:
        fetch(server, tmp_path)
    assert server.url in str(caught.value)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_redirections_to_what_is_no_web(server, tmp_path, to):
    server.plan[PATH] = [Answer(to=to)]
    with pytest.raises(ConnectionError) as caught:
        fetch(server, tmp_path)
    assert server.url in str(caught.value)
    assert not (tmp_path / "home" / "data.bin").exists()


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_compressed_a_thousandfold(server, tmp_path, times):
    data = bytes(100 << 20)
    for _ in range(times):
        data = gzip.compress(data, 1)
    server.files["/bomb"] = data
    server.plan["/bomb"] = [Answer(headers={"Content-Encoding": "gzip"})]
    tracemalloc.start()
    if times == 1:
        with pytest.raises(ValueError, match="has more than the"):
            fetch(server, tmp_path, "/bomb")
    else:  # unpacked once it is within bounds
        fetch(server, tmp_path, "/bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 90e6
    assert sum(path.stat().st_size for path in (tmp_path / "home").iterdir()) < 2 << 20
