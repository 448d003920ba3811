# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folders of JSON and safetensors: there and back, damaged, foreign, hostile."""

import json
import os
import shutil
import threading

import numpy as np
import pytest

from sklearn_geo.nets import Store, write_store

CONTENT = {"widths": np.array([3, 4]), "name": "é", "n": np.int64(7), "none": None}
BLOCKS = {
    "zone-32U": {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(2)},
    "zone-33X": {"w": np.ones((1, 2), dtype=np.float16)},
}


@pytest.fixture
def folder(tmp_path):
    write_store(tmp_path / "store", "Thing", CONTENT, BLOCKS)
    return tmp_path / "store"


def edit(folder, **changes):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.update(changes)
    path.write_text(json.dumps(manifest))


def test_there_and_back(folder):
    store = Store(folder, kind="Thing")
    assert store.content == {"widths": [3, 4], "name": "é", "n": 7, "none": None}
    assert store.names == ["zone-32U", "zone-33X"]
    for name, arrays in BLOCKS.items():
        loaded = store.load(name)
        assert set(loaded) == set(arrays)
        for key, array in arrays.items():
            assert loaded[key].dtype == array.dtype
            assert np.array_equal(loaded[key], array)


def test_nothing_is_pickled(folder):
    kinds = {path.suffix for path in folder.iterdir()}
    assert kinds == {".json", ".safetensors"}


def test_blocks_may_be_made_one_by_one(tmp_path):
    made = ((f"z{i}", {"w": np.full(2, i)}) for i in range(3))
    store = write_store(tmp_path, "Thing", {}, made)
    assert store.load("z2")["w"].tolist() == [2, 2]


def test_not_contiguous_arrays(tmp_path):
    w = np.arange(12).reshape(3, 4).T
    store = write_store(tmp_path, "Thing", {}, {"a": {"w": w, "v": w[::2]}})
    assert np.array_equal(store.load("a")["w"], w)
    assert np.array_equal(store.load("a")["v"], w[::2])


def test_damage_is_told(folder):
    store = Store(folder)
    path = next(folder.glob("zone-32U*"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"zone-32U.* is damaged or was exchanged"):
        store.load("zone-32U")
    assert store.load("zone-33X")["w"].shape == (1, 2)
    path.unlink()
    with pytest.raises(ValueError, match="lacks its file zone-32U"):
        store.load("zone-32U")
    with pytest.raises(ValueError, match=r"no block 'zone-1A'; it has \['zone-32U'"):
        store.load("zone-1A")


def test_other_classes_and_newer_formats(folder):
    with pytest.raises(ValueError, match="holds a Thing, not a Cells"):
        Store(folder, kind="Cells")
    edit(folder, format_version=2)
    with pytest.raises(ValueError, match=r"format version 2; .* reads up to 1"):
        Store(folder)
    edit(folder, format_version="one")
    with pytest.raises(ValueError, match="format_version 'one' is no version"):
        Store(folder)


def test_foreign_manifests(folder, tmp_path):
    with pytest.raises(ValueError, match="is no store: it has no readable manifest"):
        Store(tmp_path / "nowhere")
    path = folder / "manifest.json"
    for text, words in (
        ('{"format": "zone store"}', "manifest of something else"),
        ("[1, 2]", "manifest of something else"),
        ("{half", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            Store(folder)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no text"):
        Store(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"blocks": []},
        {"kind": 3},
        {"content": [1]},
        {"blocks": {"a": {"file": "a-0123456789abcdef.safetensors"}}},
        {"blocks": {"a": 3}},
    ],
)
def test_incomplete_manifests(folder, changes):
    edit(folder, **changes)
    with pytest.raises(ValueError, match=r"manifest\.json"):
        Store(folder)


@pytest.mark.parametrize(
    "file",
    [
        "../secret.safetensors",
        "/etc/passwd",
        "..-0123456789abcdef.safetensors",
        "a/b-0123456789abcdef.safetensors",
        "a\\b-0123456789abcdef.safetensors",
        "a-0123456789abcdef.safetensors\n",
        "a-0123456789abcdef.pkl",
        7,
    ],
)
def test_names_that_point_elsewhere(folder, file):
    edit(folder, blocks={"a": {"file": file, "sha256": "0" * 64}})
    with pytest.raises(ValueError, match="was not written by sklearn-geo"):
        Store(folder)


def test_file_that_is_no_safetensors(folder):
    import hashlib

    data = b"\x80\x04cos\nsystem\n."
    name = "a-0123456789abcdef.safetensors"
    (folder / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    edit(folder, blocks={"a": {"file": name, "sha256": digest}})
    with pytest.raises(ValueError, match="is no safetensors file"):
        Store(folder).load("a")


def test_names_and_content_are_checked_when_writing(tmp_path):
    for name in ("../up", "", ".hidden", "a/b", "x" * 101):
        with pytest.raises(ValueError, match="Block name"):
            write_store(tmp_path, "Thing", {}, {name: {}})
    twice = [("a", {"w": np.ones(1)})] * 2
    with pytest.raises(ValueError, match="two blocks called 'a'"):
        write_store(tmp_path, "Thing", {}, twice)
    with pytest.raises(TypeError, match="object cannot be written to JSON"):
        write_store(tmp_path, "Thing", {"x": object()}, {})


def test_writing_that_fails_leaves_the_old_store(folder):
    def blocks():
        yield "zone-32U", {"w": np.zeros(1)}
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_store(folder, "Thing", {}, blocks())
    store = Store(folder, kind="Thing")
    assert store.load("zone-32U")["w"].shape == (2, 3)
    assert not list(folder.glob(".*"))


def test_readers_of_the_store_before_go_on(folder):
    old = Store(folder)
    write_store(folder, "Thing", {}, {"zone-32U": {"w": np.zeros(1)}})
    assert old.load("zone-33X")["w"].shape == (1, 2)
    assert Store(folder).load("zone-32U")["w"].shape == (1,)
    write_store(folder, "Thing", {}, {"zone-32U": {"w": np.ones(1)}})
    # Two stores at most lie in the folder.
    assert len(list(folder.glob("*.safetensors"))) == 2


def test_readers_of_a_store_long_gone(folder):
    old = Store(folder)
    for i in range(3):
        write_store(folder, "Thing", old.content, {"zone-32U": {"w": np.full(1, i)}})
    assert old.load("zone-32U")["w"].tolist() == [2]
    with pytest.raises(ValueError, match="no block 'zone-33X'; it has"):
        old.load("zone-33X")
    for i in range(2):
        write_store(folder, "Thing", {"n": i}, {"zone-32U": {"w": np.full(1, -i)}})
    with pytest.raises(ValueError, match=r"was written again .* Open it again"):
        old.load("zone-32U")


def test_a_store_being_updated_is_always_readable(folder):
    stop = threading.Event()
    failures = []

    def read():
        while not stop.is_set():
            try:
                store = Store(folder)
                for name in store.names:
                    values = store.load(name)["w"]
                    assert (values == values.flat[0]).all()
            except Exception as error:  # told in the main thread
                failures.append(error)

    write_store(folder, "Thing", {}, {"a": {"w": np.zeros(99)}})
    reader = threading.Thread(target=read)
    reader.start()
    for i in range(20):
        write_store(folder, "Thing", {}, {"a": {"w": np.full(99, i)}})
        stop.wait(0.005)
    stop.set()
    reader.join()
    assert not failures


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_files_are_as_readable_as_others(folder):
    (folder / "plain").write_text("")
    expected = (folder / "plain").stat().st_mode
    assert all(path.stat().st_mode == expected for path in folder.glob("*.*"))


def test_copied_stores_are_the_same(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    assert Store(tmp_path / "copy").load("zone-33X")["w"].dtype == np.float16
