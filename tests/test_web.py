# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import gzip
import io

import pytest

from sklearn_geo._web import (
    Bounded,
    RefusedError,
    UnreachedError,
    import_pooch,
    stream,
)
from tests.datasets.server import Answer, Server


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server({"/a.txt": b"words " * 100})
    yield server
    server.stop()


def test_bytes_come_as_they_are(server):
    file = io.BytesIO()
    stream(server.url + "/a.txt", file)
    assert file.getvalue() == b"words " * 100


def test_files_that_are_compressed_stay_so(server):
    server.files["/a.gz"] = data = gzip.compress(b"words")
    file = io.BytesIO()
    stream(server.url + "/a.gz", file)
    assert file.getvalue() == data
    # A server must not compress by itself what is not.
    assert [served.accepted for served in server.served] == ["identity"]


def test_bounds(server):
    for n_bytes, fits in ((600, True), (599, False)):
        file = io.BytesIO()
        bounded = Bounded(file, n_bytes, "http://a/b")
        if fits:
            stream(server.url + "/a.txt", bounded)
            assert len(file.getvalue()) == 600
        else:
            with pytest.raises(ValueError, match=r"^http://a/b has more bytes than it"):
                stream(server.url + "/a.txt", bounded)
            assert file.getvalue() == b""


@pytest.mark.parametrize(
    ("status", "passes"),
    [(400, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_refusals(server, status, passes):
    server.plan["/a.txt"] = [Answer(status=status)]
    with pytest.raises(
        RefusedError, match=f"/a.txt: the server answers {status} "
    ) as e:
        stream(server.url + "/a.txt", io.BytesIO())
    assert (e.value.status, e.value.passes) == (status, passes)


def test_what_fails_on_the_way(server):
    server.plan["/a.txt"] = [Answer(stop_after=10), Answer(stall_after=10)]
    for _ in range(2):
        with pytest.raises(UnreachedError, match=r"/a\.txt broke off \("):
            stream(server.url + "/a.txt", io.BytesIO(), timeout=0.2)
    for address in ("http://127.0.0.1:1/a", "http://", "http://[1/a"):
        with pytest.raises(UnreachedError, match="cannot be reached"):
            stream(address, io.BytesIO())


def test_errors_of_the_disk_are_not_errors_of_the_server(server):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left") as error:
        stream(server.url + "/a.txt", Full())
    assert type(error.value) is OSError


def test_without_pooch(monkeypatch):
    real = builtins.__import__

    def without(name, *args):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"A download needs pooch: pip install .skl"):
        stream("http://127.0.0.1:1", io.BytesIO())
    with pytest.raises(
        ImportError, match=r"^Tea needs .*geo\[data\]'\. Drink water\.$"
    ):
        import_pooch("Tea", "Drink water.")
