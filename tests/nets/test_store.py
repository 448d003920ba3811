# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folders of JSON and safetensors: there and back, damaged, foreign, hostile."""

import hashlib
import json
import mmap
import os
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from sklearn_geo.nets import Store, write_block, write_manifest, write_store
from sklearn_geo.nets._strict_json import strict_json

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


def slow_checksum(data):
    """The checksum as the docstring words it, by hand."""
    pieces = [data[i : i + 2**20] for i in range(0, len(data), 2**20)]
    digests = [hashlib.sha256(bytes(piece)).digest() for piece in pieces]
    return hashlib.sha256(b"".join(digests)).hexdigest()


def put(folder, data, name="a"):
    """Put a file with a right checksum into a store."""
    digest = slow_checksum(data)
    file = f"{name}-{digest[:16]}.safetensors"
    (folder / file).write_bytes(data)
    entry = {"file": file, "bytes": len(data), "checksum": digest}
    edit(folder, blocks={name: entry})
    return entry


def safetensors(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(header).to_bytes(8, "little") + header + data


def field(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "longer than the file"),
        (b"\x80\x04cos\nsystem\n.", "longer than the file"),
        ((2**63).to_bytes(8, "little") + b"{}", "longer than the file"),
        (safetensors(b"{half"), "is not JSON"),
        (safetensors(b"\xff\xfe"), "is not JSON"),
        (safetensors(b"[" * 100_000), "nested too deeply"),
        (safetensors([1]), "no mapping"),
        (safetensors({"w": 3}), "dtype that is not read"),
        (safetensors({"y" * 9999: 3}), "'y{59} has a dtype that is not read"),
        (safetensors({"w": field("O")}, bytes(4)), "dtype that is not read"),
        (safetensors({"w": field(["F32"])}, bytes(4)), "dtype that is not read"),
        (safetensors({"w": {"dtype": "F32"}}), "has no shape"),
        (safetensors({"w": field(shape=[-1])}, bytes(4)), "has no shape"),
        (safetensors({"w": field(shape=[True])}, bytes(4)), "has no shape"),
        (safetensors({"w": field(shape=[1] * 99)}, bytes(4)), "has no shape"),
        (safetensors({"w": field(shape=[10**40])}, bytes(4)), "has no shape"),
        (safetensors({"w": field(shape=[2])}, bytes(4)), "more or fewer bytes"),
        (safetensors({"w": field(shape=[2**40] * 3)}, bytes(4)), "more or fewer"),
        (safetensors({"w": field(offsets=[4, 8])}, bytes(8)), "does not begin"),
        (safetensors({"w": field(offsets=[0.0, 4])}, bytes(4)), "no place"),
        (safetensors({"w": field(offsets=[0, 4, 8])}, bytes(4)), "no place"),
        (safetensors({"w": field()}), "before or after the end"),
        (safetensors({"w": field()}, bytes(8)), "before or after the end"),
        (safetensors({"v": field(), "w": field()}, bytes(4)), "does not begin"),
        (
            safetensors(b'{"w": %b, "w": %b}' % (b"1", b"2"), bytes(4)),
            "'w' is there twice",
        ),
    ],
)
def test_headers_that_lie(folder, data, words):
    put(folder, data)
    with pytest.raises(ValueError, match=f"is no safetensors file: .*{words}"):
        Store(folder).open("a")


def test_any_damage_to_a_header_is_told_or_harmless(folder):
    whole = save({"w": np.arange(6, dtype=np.float32), "v": np.ones((2, 1), np.int8)})
    chance = random.Random(0)
    n_told = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data) - 26)] = chance.choice(b'019[]{},:"-FI')
        put(folder, bytes(data))
        try:
            arrays = Store(folder).open("a")
        except ValueError as error:
            assert "is no safetensors file" in str(error)  # noqa: PT017
            n_told += 1
        else:
            assert sum(array.nbytes for array in arrays.values()) == 26
    assert n_told > 200


def test_arrays_without_values(folder):
    put(folder, safetensors({}))
    assert Store(folder).open("a") == {}
    put(folder, safetensors({"w": field(shape=[0, 3], offsets=[0, 0])}))
    assert Store(folder).open("a")["w"].shape == (0, 3)
    huge = field(shape=[0, 2**62, 2**62], offsets=[0, 0])
    put(folder, safetensors({"w": huge}))
    with pytest.raises(ValueError, match="is no safetensors file"):
        Store(folder).open("a")


def test_checksum_is_what_its_docstring_says(tmp_path):
    rng = np.random.default_rng(0)
    for n_bytes in (0, 1, 2**20 - 90, 2**20, 3 * 2**20 + 5):
        block = {"w": rng.integers(0, 256, n_bytes, dtype=np.uint8)}
        entry = write_block(tmp_path, "a", block)
        data = (tmp_path / entry["file"]).read_bytes()
        assert entry["bytes"] == len(data)
        assert entry["checksum"] == slow_checksum(data)
        assert entry["file"] == f"a-{entry['checksum'][:16]}.safetensors"


def test_the_package_reads_what_is_written_and_the_other_way_round(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "none": np.zeros((0, 3)),
        "one": np.array(2.5),
        "flags": np.array([True, False, True]),
        **{
            dtype: rng.integers(0, 100, (3, 5)).astype(dtype)
            for dtype in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u8")
        },
    }
    store = write_store(tmp_path, "Thing", {}, {"a": arrays})
    theirs = load_file(tmp_path / store.entries["a"]["file"])
    ours = store.open("a")
    assert set(theirs) == set(ours) == set(arrays)
    for key, array in arrays.items():
        for read in (theirs[key], ours[key]):
            assert read.dtype == array.dtype
            np.testing.assert_array_equal(read, array)
    put(tmp_path, save({"b": np.ones(3)}))
    assert Store(tmp_path).open("a")["b"].tolist() == [1, 1, 1]


def test_opened_arrays_are_maps_that_nothing_writes_through(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    w = Store(folder).open("zone-32U")["w"]
    assert isinstance(_root(w), mmap.mmap)
    with pytest.raises(ValueError, match="read-only"):
        w[0, 0] = 7
    # Torch wants arrays that it could write; then the page is this process's own.
    mine = w.view()
    mine.flags.writeable = True
    mine[0, 0] = 7
    assert Store(folder).open("zone-32U")["w"][0, 0] == 0
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    loaded = Store(folder).load("zone-32U")["w"]
    loaded[0, 0] = 8
    assert not isinstance(_root(loaded), mmap.mmap)


def _root(array):
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array.obj if isinstance(array, memoryview) else array


def test_truncated_and_longer_files(folder):
    store = Store(folder)
    path = folder / store.entries["zone-32U"]["file"]
    data = path.read_bytes()
    for changed in (data[:-1], data + b"x", b""):
        path.write_bytes(changed)
        words = f"has {len(changed)} bytes, the manifest says {len(data)}"
        with pytest.raises(ValueError, match=words):
            store.open("zone-32U")


def test_things_that_are_no_files(folder):
    store = Store(folder)
    path = folder / store.entries["zone-32U"]["file"]
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match=r"lacks its file .* or it cannot be read"):
        store.open("zone-32U")
    if hasattr(os, "mkfifo"):
        path.rmdir()
        os.mkfifo(path)  # reading it would wait for ever
        with pytest.raises(ValueError, match="lacks its file"):
            store.open("zone-32U")


def test_links(folder, tmp_path):
    store = Store(folder)
    path = folder / store.entries["zone-32U"]["file"]
    path.rename(folder / "inside")
    path.symlink_to("inside")
    assert store.open("zone-32U")["w"].shape == (2, 3)
    (folder / "inside").rename(tmp_path / "outside")
    path.unlink()
    path.symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match="is a link that leads out of its folder"):
        store.open("zone-32U")
    # A link to the folder itself is the user's own doing.
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert Store(tmp_path / "link").open("zone-33X")["w"].shape == (1, 2)
    (folder / "manifest.json").rename(tmp_path / "manifest")
    (folder / "manifest.json").symlink_to(tmp_path / "manifest")
    with pytest.raises(ValueError, match="is a link that leads out of its folder"):
        Store(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"none": null', '"none": NaN', "NaN is no number"),
        ('"none": null', '"none": -Infinity', "-Infinity is no number"),
        ('"none": null', '"none": 1e999', "1e999 is too large a number"),
        ('"none": null', f'"none": {10**400}', "10{19} is too large a number"),
        ('"none": null', '"none": ' + "9" * 5000, "is not JSON"),
        ('"none": null', '"none": 1, "none": 2', "'none' is there twice"),
        ('"zone-33X": {', '"zone-32U": {', "'zone-32U' is there twice"),
        ('"zone-33X": {', '"../zone-33X": {', "'../zone-33X' is no name of a block"),
        ('"zone-33X": {', '"": {', "'' is no name of a block"),
        ('"bytes": ', '"bytes": -', "block 'zone-32U' has no size"),
        ('"bytes": ', '"bytes": 0.', "block 'zone-32U' has no size"),
        ('"checksum": "', '"checksum": "x', "block 'zone-32U' has no checksum"),
        ('"file": "zone-33X', '"file": "zone-33X-0', None),
        ('"format_version": 1', '"format_version": true', "True is no version"),
        ('"format_version": 1', '"format_version": 1' + "0" * 99, "Update it"),
    ],
)
def test_manifests_that_lie(folder, old, new, words):
    path = folder / "manifest.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    if words is None:  # another file name with the right checksum: a missing file
        with pytest.raises(ValueError, match="lacks its file zone-33X-0"):
            Store(folder).open("zone-33X")
        return
    with pytest.raises(ValueError, match=words):
        Store(folder)


def test_a_file_of_another_checksum(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    blocks = manifest["blocks"]
    blocks["zone-32U"]["file"] = blocks["zone-33X"]["file"]
    edit(folder, blocks=blocks)
    with pytest.raises(ValueError, match="has the checksum of another"):
        Store(folder)


def test_a_store_that_grows_rewrites_nothing(tmp_path):
    entries, seen = {}, {}
    for i in range(4):
        entries[f"z{i}"] = write_block(tmp_path, f"z{i}", {"w": np.full(3, i)})
        store = write_manifest(tmp_path, "Thing", {"n": i}, entries)
        for path, inode in seen.items():
            assert path.stat().st_ino == inode
        seen = {path: path.stat().st_ino for path in tmp_path.glob("*.safetensors")}
        assert store.entries == entries
        assert store.names == [f"z{k}" for k in range(i + 1)]
    assert store.open("z2")["w"].tolist() == [2, 2, 2]
    assert store.content == {"n": 3}


def test_only_cleaning_deletes(folder):
    old = Store(folder).entries
    unnamed = write_block(folder, "zone-1A", {"w": np.ones(1)})
    (folder / ".store-0123.part").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    mine = folder / "mine.safetensors"
    mine.write_bytes(b"")
    new = write_block(folder, "zone-32U", {"w": np.zeros(1)})
    write_manifest(folder, "Thing", {}, {"zone-32U": new})
    assert (folder / unnamed["file"]).exists()
    assert (folder / ".store-0123.part").exists()
    for _ in range(2):
        write_manifest(folder, "Thing", {}, {"zone-32U": new}, clean=True)
    names = {path.name for path in folder.iterdir()}
    assert names == {"manifest.json", "notes.txt", mine.name, new["file"]}
    assert old["zone-32U"]["file"] not in names


def test_blocks_from_many_threads_at_once(tmp_path):
    def write(i):
        return write_block(tmp_path, f"z{i % 5}", {"w": np.full(1000, i % 5)})

    mask = os.umask(0)
    os.umask(mask)
    with ThreadPoolExecutor(8) as threads:
        entries = list(threads.map(write, range(40)))
    write_manifest(tmp_path, "Thing", {}, {f"z{i}": entries[i] for i in range(5)})
    store = Store(tmp_path)
    assert len(list(tmp_path.iterdir())) == 6
    for i in range(5):
        assert entries[i] == entries[i + 35]
        assert (store.open(f"z{i}")["w"] == i).all()
    assert os.umask(mask) == mask


def test_a_block_that_is_there_and_cannot_be_replaced(tmp_path, monkeypatch):
    # As on Windows, where somebody has mapped it.
    def refuse(source, target):
        raise PermissionError(13, "Permission denied", str(target))

    block = {"w": np.ones(3)}
    entry = write_block(tmp_path, "a", block)
    monkeypatch.setattr(os, "replace", refuse)
    assert write_block(tmp_path, "a", block) == entry
    with pytest.raises(PermissionError):
        write_block(tmp_path, "b", block)
    path = tmp_path / entry["file"]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(PermissionError):
        write_block(tmp_path, "a", block)
    assert [each.name for each in tmp_path.iterdir()] == [entry["file"]]


def test_entries_are_checked_when_a_manifest_is_written(folder):
    with pytest.raises(ValueError, match=r"names the file '../up'"):
        write_manifest(folder, "Thing", {}, {"a": {"file": "../up"}})
    with pytest.raises(ValueError, match="'1' is there twice"):
        write_manifest(folder, "Thing", {1: 2, "1": 3}, {})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_manifest(folder, "Thing", {"loss": np.nan}, {})
    elsewhere = {"a": write_block(folder / "elsewhere", "a", {"w": np.ones(1)})}
    with pytest.raises(ValueError, match=r"The file a-.* of a is not in .*store\. If"):
        write_manifest(folder, "Thing", {}, elsewhere, clean=True)
    assert Store(folder).names == ["zone-32U", "zone-33X"]


def test_names_and_content_are_checked_when_writing(tmp_path):
    for name in ("../up", "", ".hidden", "a/b", "x" * 101):
        with pytest.raises(ValueError, match="Block name"):
            write_store(tmp_path, "Thing", {}, {name: {}})
    twice = [("a", {"w": np.ones(1)})] * 2
    with pytest.raises(ValueError, match="two blocks called 'a'"):
        write_store(tmp_path, "Thing", {}, twice)
    with pytest.raises(TypeError, match="object cannot be written to JSON"):
        write_store(tmp_path, "Thing", {"x": object()}, {})
    with pytest.raises(TypeError, match="longdouble cannot be written to JSON"):
        write_store(tmp_path, "Thing", {"x": np.longdouble(1)}, {})


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("w", np.ones(2, np.complex64), "array 'w': complex64 in 1 dim"),
        ("w", np.ones(2, complex), "array 'w': complex128 in 1 dim"),
        ("w", np.array(["a"]), "array 'w': <U1 in 1 dim"),
        ("w", np.array([1, None]), "array 'w': object in 1 dim"),
        ("w", np.array(["2020"], "M8[D]"), "array 'w': datetime64"),
        ("w", np.ma.array([1.0, 2.0], mask=[0, 1]), "array 'w'.* masked"),
        ("__metadata__", np.ones(2), "'__metadata__' is no name"),
        (3, np.ones(2), "3 is no name"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(folder, name, array, words):
    files = sorted(folder.iterdir())
    with pytest.raises(ValueError, match=f"^Block 'zone-32U'.*{words}"):
        write_store(folder, "Thing", {}, {"zone-32U": {"v": np.ones(1), name: array}})
    assert sorted(folder.iterdir()) == files
    assert Store(folder, kind="Thing").load("zone-32U")["w"].shape == (2, 3)


@pytest.mark.parametrize(
    "kind", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
)
def test_numbers_of_every_kind_and_byte_order_come_back(tmp_path, kind):
    array = np.array([[0, 1], [1, 0]])
    arrays = {order: array.astype(order + kind) for order in ("<", ">")}
    back = write_store(tmp_path, "Thing", {}, {"a": arrays}).load("a")
    for each in back.values():
        assert each.dtype == np.dtype(kind)
        assert each.tolist() == array.tolist()


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


def test_names_that_are_there_twice_are_found_at_once():
    # The last two of 100,000 names; each against all others would take minutes.
    pairs = [f'"{number}": 0' for number in range(100_000)]
    began = time.process_time()
    with pytest.raises(ValueError, match="'99999' is there twice"):
        strict_json("{" + ", ".join([*pairs, pairs[-1]]) + "}")
    assert time.process_time() - began < 5.0
