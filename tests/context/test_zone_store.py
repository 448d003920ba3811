# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import gc
import json
import weakref

import numpy as np
import pytest

import sklearn_geo
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import (
    ZoneTable,
    update_zones_in,
    write_zone,
    write_zone_manifest,
    write_zones,
)
from sklearn_geo.nets import Store
from tests.context.zones import CONTENT, KIND, NAMES, SHAPES, value_of, zone


def write(folder, ids=tuple(NAMES), dtype="float32"):
    return write_zones(folder, KIND, CONTENT, (zone(i) for i in ids), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_there_and_back(tmp_path, dtype):
    write(tmp_path, dtype=dtype)
    store = Store(tmp_path, kind=KIND)
    table = ZoneTable(store)
    assert table.content == CONTENT
    assert table.dtype == dtype
    assert table.records[30] == {"id": 30, **zone(30)[1]}
    shelf = ZoneShelf(store, SHAPES)
    assert shelf.zone_ids == sorted(NAMES)
    for zone_id in NAMES:
        weights = shelf.get(zone_id)
        assert {name: a.shape for name, a in weights.items()} == SHAPES
        for array in weights.values():
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, zone_id, rtol=1e-6)


def test_files_are_called_after_zones(tmp_path):
    store = write(tmp_path)
    names = ["zone-30U", "zone-31U", "zone-fallback", "zone-7", "zone-8"]
    assert store.names == names
    files = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert [file[: -len("-0123456789abcdef.safetensors")] for file in files] == sorted(
        names
    )
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["kind"] == KIND
    content = manifest["content"]
    assert content["library_version"] == sklearn_geo.__version__
    assert content["zones"][0] == {
        "id": 30,
        "name": "30U",
        "photos": 130,
        "epochs": 3,
        "seconds": 0.5,
        "held_out_kl": 1.25,
        "block": "zone-30U",
    }


def test_zones_of_one_name(tmp_path):
    _, record, weights = zone(1)
    twins = [(i, {**record, "name": "Springfield"}, weights) for i in (1, 2)]
    store = write_zones(tmp_path, KIND, {}, twins)
    assert store.names == ["zone-Springfield", "zone-2"]
    assert value_of(ZoneShelf(store, SHAPES).get(2)) == 1
    with pytest.raises(ValueError, match="Zone 30U is written twice"):
        write_zones(tmp_path, KIND, {}, [zone(30), zone(30)])


@pytest.mark.parametrize("name", ["../up", "a/b", ".", "x" * 200, "5", "-5", "a\nb"])
def test_odd_names_stay_out_of_file_names(tmp_path, name):
    _, record, weights = zone(3)
    store = write_zones(tmp_path, KIND, {}, [(3, {**record, "name": name}, weights)])
    assert store.names == ["zone-3"]
    assert ZoneTable(Store(tmp_path)).records[3]["name"] == name


def test_numbers_that_json_lacks(tmp_path):
    _, record, weights = zone(30)
    record |= {"held_out_kl": np.float32(np.nan), "photos": np.int64(5), "why": "é"}
    record |= {"seconds": np.inf, "done": np.bool_(True)}
    store = write_zones(tmp_path, KIND, {}, [(np.int64(30), record, weights)])
    back = ZoneTable(store).records[30]
    assert np.isnan(back.pop("held_out_kl"))
    assert np.isnan(back.pop("seconds"))
    expected = {"id": 30, "name": "30U", "photos": 5, "epochs": 3, "why": "é"}
    assert back == {**expected, "done": True}


@pytest.mark.parametrize(
    ("zone_id", "change", "words"),
    [
        (30.0, {}, "its id 30.0 is no integer"),
        (True, {}, "its id True is no integer"),
        (2**63, {}, "more than 64 bits"),
        (30, {"id": 31}, "its record is that of zone 31"),
        (30, {"name": None}, "its name None is no text"),
        (30, {"name": ""}, "its name '' is no text"),
        (30, {"name": "\ud800"}, "is no text"),
        (30, {"photos": -1}, "its photos -1 is no count"),
        (30, {"epochs": 2.5}, "its epochs 2.5 is no count"),
        (30, {"seconds": "long"}, "its seconds 'long' is no number"),
        (30, {"seconds": 10**400}, "its seconds is too large a number"),
        (30, {"curve": [1, 2]}, "its curve is a list, not a value"),
    ],
)
def test_records_that_cannot_be_stored(tmp_path, zone_id, change, words):
    _, record, weights = zone(30)
    with pytest.raises(ValueError, match=f"cannot be stored: .*{words}"):
        write_zone(tmp_path, zone_id, record | change, weights)
    with pytest.raises(ValueError, match=f"cannot be kept: .*{words}"):
        ZoneShelf().put(zone_id, record | change, weights)


def test_names_that_the_store_needs_itself(tmp_path):
    with pytest.raises(ValueError, match=r"must leave \['dtype', 'zones'\]"):
        write_zones(tmp_path, KIND, {"dtype": 1, "zones": 2}, [])


def test_weights_too_large_for_the_dtype_name_the_zone(tmp_path):
    with pytest.raises(ValueError, match=r"Zone 30U: 0\.trunk.* ends at 65504"):
        write_zones(tmp_path, KIND, {}, [zone(30, value=1e5)], "float16")
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("dtype"), "its dtype is None"),
        (lambda c: c.update(dtype="float64"), "its dtype is 'float64', not one of"),
        (lambda c: c.update(dtype=["int8"]), r"its dtype is \['int8'\]"),
        (lambda c: c.pop("library_version"), "its library_version"),
        (lambda c: c.update(zones={}), "no list of zones"),
        (lambda c: c["zones"].append(3), "entry 2: it is no mapping"),
        (lambda c: c["zones"][1].pop("id"), "entry 1: its id None is no integer"),
        (lambda c: c["zones"][1].update(id="31"), "its id '31' is no integer"),
        (lambda c: c["zones"][1].update(id=31.0), "its id 31.0 is no integer"),
        (lambda c: c["zones"][1].update(id=10**40), "more than 64 bits"),
        (lambda c: c["zones"][1].update(id=30), "its id 30 is there twice"),
        (lambda c: c["zones"][1].update(name=5), "its name 5 is no text"),
        (lambda c: c["zones"][1].update(name="\ud800"), "is no text"),
        (lambda c: c["zones"][1].update(photos="many"), "its photos 'many' is no"),
        (lambda c: c["zones"][1].update(photos=True), "its photos True is no count"),
        (lambda c: c["zones"][1].update(seconds={}), "its seconds {} is no number"),
        (lambda c: c["zones"][1].update(block="zone-9"), "block 'zone-9' is not in"),
        (lambda c: c["zones"][1].update(block=["a"]), r"block \['a'\] is not in"),
        (lambda c: c["zones"][1].pop("block"), "its block None is not in the store"),
        (lambda c: c["zones"][1].update(block="zone-30U"), "which is that of another"),
        (
            lambda c: c["zones"][1].update(block="zone-30U", name="30U"),
            "two zones name the same block",
        ),
        (lambda c: c["zones"][1].update(seconds=10**400), "10{19} is too large a num"),
        (lambda c: c["zones"][1].update(block="y" * 9999), "block 'y{59} is not in"),
        (lambda c: c["zones"][1].update({"y" * 9999: []}), "its y{60} is a list"),
    ],
)
def test_manifests_that_lie(tmp_path, change, words):
    write(tmp_path, ids=(30, 31))
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest["content"])
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=words) as caught:
        ZoneShelf(Store(tmp_path), SHAPES)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("what", ["block", "file"])
@pytest.mark.parametrize("others", [(30, 31), (30, 8), (8, 7)])
def test_zones_whose_networks_were_exchanged(tmp_path, what, others):
    write(tmp_path)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    rows = {row["id"]: row for row in manifest["content"]["zones"]}
    one, other = (rows[zone_id] for zone_id in others)
    if what == "block":
        one["block"], other["block"] = other["block"], one["block"]
    else:  # the names of files tell, which their checksums do not
        entries, a, b = manifest["blocks"], one["block"], other["block"]
        entries[a], entries[b] = entries[b], entries[a]
    path.write_text(json.dumps(manifest))
    words = r"zone '.*' has the block 'zone-.*', file zone-.*, which is that of another"
    with pytest.raises(ValueError, match=words) as caught:
        ZoneShelf(Store(tmp_path), SHAPES)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"0.heads.bias": (3,)}, r"float32 of shape \(2,\), and .* of shape \(3,\)"),
        ({"1.heads.bias": (2,)}, r"1\.heads\.bias' is not there, and"),
        ({"0.heads.bias": None}, r"0\.heads\.bias' is float32 .* need not there"),
    ],
)
def test_arrays_are_those_of_the_networks(tmp_path, shapes, words):
    store = write(tmp_path)
    shapes = {name: s for name, s in {**SHAPES, **shapes}.items() if s is not None}
    shelf = ZoneShelf(store, shapes)
    with pytest.raises(ValueError, match=rf"zone 30U: its array .*{words}"):
        shelf.get(30)
    assert shelf.n_loads == 0


def test_a_store_that_says_another_dtype(tmp_path):
    write(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"dtype": "float32"', '"dtype": "int8"'))
    with pytest.raises(ValueError, match=r"float32 .* need int8 of shape"):
        ZoneShelf(Store(tmp_path), SHAPES).get(30)


def test_updating_touches_no_other_zone(tmp_path):
    write(tmp_path, ids=(30, 31))
    before = {path: path.stat().st_ino for path in tmp_path.glob("zone-31U*")}
    old = ZoneShelf(Store(tmp_path), SHAPES)
    store = update_zones_in(tmp_path, KIND, [zone(30, value=5), zone(32)])
    assert {path: path.stat().st_ino for path in tmp_path.glob("zone-31U*")} == before
    new = ZoneShelf(store, SHAPES)
    assert [value_of(new.get(i)) for i in new.zone_ids] == [5, 31, 32]
    assert ZoneTable(store).content == CONTENT
    # Whoever opened the store before finds what was there then.
    assert old.zone_ids == [30, 31]
    assert [value_of(old.get(i)) for i in old.zone_ids] == [30, 31]
    old.forget()
    update_zones_in(tmp_path, KIND, [zone(30, value=6)], content={"n": 2})
    assert len(list(tmp_path.glob("zone-30U*"))) == 2
    assert value_of(old.get(31)) == 31
    with pytest.raises(ValueError, match="was written again since it was opened"):
        old.get(30)
    with pytest.raises(ValueError, match="holds a GPS2VecPlusTransformer, not a"):
        update_zones_in(tmp_path, "Other", [])


def test_updating_keeps_the_dtype(tmp_path):
    write(tmp_path, ids=(30, 31), dtype="int8")
    store = update_zones_in(tmp_path, KIND, [zone(31, value=2)])
    assert ZoneTable(store).dtype == "int8"
    assert store.open("zone-31U")["0.heads.weight"].dtype == np.int8
    np.testing.assert_allclose(
        ZoneShelf(store, SHAPES).get(31)["0.heads.weight"], 2, rtol=1e-6
    )


def test_files_written_by_others_are_named_later(tmp_path):
    written = [write_zone(tmp_path, *zone(i)) for i in (30, 31)]
    written = json.loads(json.dumps(written))  # as small as that
    store = write_zone_manifest(tmp_path, KIND, CONTENT, written)
    assert value_of(ZoneShelf(store, SHAPES).get(31)) == 31


def test_one_zone_in_memory_at_a_time(tmp_path):
    alive = weakref.WeakSet()

    class Weights(dict):
        __hash__ = object.__hash__

    def zones():
        for i in range(5):
            gc.collect()
            assert len(alive) == 0
            zone_id, record, weights = zone(i)
            weights = Weights(weights)
            alive.add(weights)
            yield zone_id, record, weights
            del weights

    assert len(write_zones(tmp_path, KIND, {}, zones()).names) == 5


def test_a_store_over_itself(tmp_path):
    store = write(tmp_path)
    write_zones(tmp_path, KIND, CONTENT, ZoneShelf(store, SHAPES), "int8")
    again = ZoneShelf(Store(tmp_path), SHAPES)
    assert [round(value_of(again.get(i)), 4) for i in (30, -2)] == [30, -2]
    # The store before is still there for those who read it.
    assert value_of(ZoneShelf(store, SHAPES).get(31)) == 31
