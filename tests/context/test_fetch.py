# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import json
import pickle
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sklearn_geo.context._fetch import open_store
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import update_zones_in, write_zones
from sklearn_geo.nets import Store, write_store
from tests.context.zones import CONTENT, KIND, SHAPES, value_of, zone


class Server:
    """A web server of a folder on this machine, that remembers what was asked for."""

    def __init__(self, folder):
        asked = self.asked = []

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def do_GET(self):
                asked.append(self.path.rsplit("/")[-1])
                super().do_GET()

            def log_message(self, *_):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self):
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The folder that is served."""
    monkeypatch.setenv("SKLEARN_GEO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


@pytest.fixture
def server(site):
    server = Server(site)
    yield server
    server.stop()


def write(folder, ids=(30, 31, 32)):
    return write_zones(folder, KIND, CONTENT, map(zone, ids))


def cached(tmp_path):
    return sorted((tmp_path / "cache").rglob("zone-*.safetensors"))


def test_a_zone_is_fetched_when_it_is_needed_and_once(site, server, tmp_path):
    write(site)
    store = open_store(server.url, None, KIND)
    assert isinstance(store, Store)
    shelf = ZoneShelf(store, SHAPES)
    assert shelf.zone_ids == [30, 31, 32]
    assert server.asked == ["manifest.json"]
    assert cached(tmp_path) == []
    assert value_of(shelf.get(31)) == 31
    assert [name[:8] for name in server.asked[1:]] == ["zone-31U"]
    shelf.forget()
    shelf.get(31)
    # Another session asks for the manifest only.
    for url in (server.url, server.url + "/"):
        assert value_of(ZoneShelf(open_store(url), SHAPES).get(31)) == 31
    assert server.asked[2:] == ["manifest.json"] * 2
    assert len(cached(tmp_path)) == 1


def test_revisions_are_folders(site, server):
    write(site / "v1", ids=(30,))
    write(site / "v2", ids=(31,))
    for where in (server.url, server.url + "/", str(site), site):
        for revision, expected in (("v1", [30]), ("v2", [31])):
            store = open_store(where, revision, KIND)
            shelf = ZoneShelf(store, SHAPES)
            assert shelf.zone_ids == expected
            assert value_of(shelf.get(expected[0])) == expected[0]


@pytest.mark.parametrize(
    "revision", ["..", "../v1", "a/b", "", "/etc", ".git", 1, "a\n"]
)
def test_revisions_that_are_no_names(site, revision):
    for where in ("http://127.0.0.1:1", site):
        with pytest.raises(ValueError, match=r"revision=.*: use the name of a folder"):
            open_store(where, revision)


@pytest.mark.parametrize("url", ["ftp://a/b", "file:///etc", "s3://bucket/x"])
def test_other_addresses(url):
    with pytest.raises(ValueError, match=r"neither a folder nor the address of one"):
        open_store(url)


def test_queries_stay_in_the_address(site, server):
    write(site / "v1")
    store = open_store(f"{server.url}?token=7", "v1")
    assert value_of(ZoneShelf(store, SHAPES).get(30)) == 30
    assert all(name.endswith("?token=7") for name in server.asked)


def test_damaged_files_of_the_cache_are_fetched_again(site, server, tmp_path):
    write(site)
    shelf = ZoneShelf(open_store(server.url), SHAPES)
    shelf.get(30)
    (path,) = cached(tmp_path)
    good = path.read_bytes()
    for data in (good[:-1] + b"x", good[:-1], b""):
        path.write_bytes(data)
        shelf.forget()
        asked = len(server.asked)
        assert value_of(shelf.get(30)) == 30
        assert len(server.asked) == asked + 1
        assert path.read_bytes() == good


@pytest.mark.parametrize("above", [0, 1])
def test_nothing_is_kept_behind_links(site, server, tmp_path, above):
    write(site)
    shelf = ZoneShelf(open_store(server.url), SHAPES)
    shelf.get(30)
    kept = [*cached(tmp_path)[0].parents][above]
    kept.rename(tmp_path / "away")
    kept.symlink_to(tmp_path / "away")
    (damaged,) = (tmp_path / "away").rglob("zone-30*")
    damaged.write_bytes(b"")
    before = sorted((tmp_path / "away").rglob("*"))
    for zone_id in (30, 31):  # damaged, and not there
        shelf.forget()
        with pytest.raises(ValueError, match=f"{kept.name} is a link, and stores are"):
            shelf.get(zone_id)
    write(site, ids=(32,))
    with pytest.raises(ValueError, match=f"{kept.name} is a link, and stores are"):
        open_store(server.url)
    assert sorted((tmp_path / "away").rglob("*")) == before
    assert damaged.read_bytes() == b""


def test_the_cache_itself_may_be_a_link(site, server, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "disk")
    write(site)
    assert value_of(ZoneShelf(open_store(server.url), SHAPES).get(30)) == 30
    assert list((tmp_path / "disk").rglob("zone-30*"))


@pytest.mark.parametrize("change", ["changed", "shorter", "longer"])
def test_damaged_files_of_the_server(site, server, tmp_path, change):
    write(site)
    (path,) = site.glob("zone-30U*")
    data = path.read_bytes()
    path.write_bytes(
        {"changed": data[:-1] + b"x", "shorter": data[:-1], "longer": data + b"x"}[
            change
        ]
    )
    shelf = ZoneShelf(open_store(server.url), SHAPES)
    words = {
        "changed": r"is not the file that the manifest .* its checksum is",
        "shorter": r"is not the file that the manifest .* it has \d+ bytes",
        "longer": r"has more bytes than it may have",
    }[change]
    for _ in range(2):
        with pytest.raises(ValueError, match=f"http://127.*{words}"):
            shelf.get(30)
        # Nothing of it is kept.
        assert not cached(tmp_path)
        assert not list((tmp_path / "cache").rglob("*.part"))
    assert value_of(shelf.get(31)) == 31
    path.write_bytes(data)
    assert value_of(shelf.get(30)) == 30


def test_missing_files_and_stores(site, server):
    with pytest.raises(
        ValueError, match=r"is no store: the server answers 404 File not"
    ):
        open_store(server.url)
    write(site)
    shelf = ZoneShelf(open_store(server.url), SHAPES)
    (path,) = site.glob("zone-30U*")
    path.unlink()
    with pytest.raises(ValueError, match=r"lacks its file zone-30U.* answers 404"):
        shelf.get(30)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<html>", r"http://127.*manifest\.json is not JSON"),
        (b"\xff\xfe", r"http://127.*manifest\.json is no text"),
        (b'{"format": "x"}', r"http://127.*manifest of something else"),
    ],
)
def test_foreign_manifests(site, server, tmp_path, text, words):
    (site / "manifest.json").write_bytes(text)
    with pytest.raises(ValueError, match=words):
        open_store(server.url)
    assert not (tmp_path / "cache").exists()


def test_path_tricks_in_a_manifest(site, server):
    write(site)
    path = site / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["blocks"]["zone-30U"]["file"] = "../../secret.safetensors"
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="was not written by sklearn-geo"):
        open_store(server.url)


def test_stores_of_other_classes(site, server):
    write_store(site, "Cells", {}, {})
    with pytest.raises(ValueError, match=f"holds a Cells, not a {KIND}"):
        open_store(server.url, None, KIND)


def test_without_a_connection(site, tmp_path):
    server = Server(site)
    write(site)
    ZoneShelf(open_store(server.url), SHAPES).get(30)
    server.stop()
    with pytest.warns(
        UserWarning, match="cannot be reached .* fetched from there before"
    ):
        store = open_store(server.url)
    shelf = ZoneShelf(store, SHAPES)
    assert value_of(shelf.get(30)) == 30
    with pytest.raises(ConnectionError, match=r"zone-31U.* cannot be reached"):
        shelf.get(31)
    with pytest.raises(ConnectionError, match=r"manifest\.json cannot be reached"):
        open_store(server.url, "v1")


def test_a_store_that_is_updated(site, server):
    write(site)
    old = ZoneShelf(open_store(server.url), SHAPES)
    update_zones_in(site, KIND, [zone(30, value=5)])
    assert value_of(ZoneShelf(open_store(server.url), SHAPES).get(30)) == 5
    assert value_of(old.get(30)) == 30
    old.forget()
    assert value_of(old.get(30)) == 30  # from the cache
    update_zones_in(site, KIND, [zone(31, value=5)])
    update_zones_in(site, KIND, [zone(31, value=6)])
    with pytest.raises(ValueError, match="open it again"):
        old.get(31)


def test_pickles_find_the_cache_where_they_are_read(
    site, server, tmp_path, monkeypatch
):
    write(site)
    data = pickle.dumps(ZoneShelf(open_store(server.url), SHAPES))
    monkeypatch.setenv("SKLEARN_GEO_CACHE", str(tmp_path / "elsewhere"))
    shelf = pickle.loads(data)
    assert value_of(shelf.get(30)) == 30
    assert len(list((tmp_path / "elsewhere").rglob("zone-30U*"))) == 1


def test_without_pooch(site, monkeypatch):
    real = builtins.__import__

    def without(name, *args):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ImportError, match=r"needs pooch: pip install 'sklearn-geo\[data\]'"
    ):
        open_store("http://127.0.0.1:1")
    write(site)
    assert open_store(site).names == ["zone-30U", "zone-31U", "zone-32A"]


def test_unknown_blocks(site, server):
    write(site)
    with pytest.raises(ValueError, match="has no block 'zone-99'"):
        open_store(server.url).open("zone-99")
