# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import pytest

import sklearn_geo
from sklearn_geo.context._zone_manifest import ZoneManifest
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import write_zone
from sklearn_geo.nets import Store
from tests.context.zones import CONTENT, KIND, NAMES, SHAPES, value_of, zone


def text_of(folder):
    return (folder / "manifest.json").read_text()


def test_zone_by_zone_it_says_what_it_says_at_once(tmp_path):
    written = [write_zone(tmp_path, *zone(i)) for i in NAMES]
    growing, note = ZoneManifest(tmp_path, KIND), {"finished": False}
    for n, each in enumerate(written):
        growing.name(each)
        growing.write(CONTENT, note)
        store = Store(tmp_path, kind=KIND)  # anybody may read it meanwhile
        ids = [row["id"] for row in store.content["zones"]]
        assert ids == list(NAMES)[: n + 1]
    grown = text_of(tmp_path)
    at_once = ZoneManifest(tmp_path, KIND)
    for each in written:
        at_once.name(each)
    at_once.write_clean(CONTENT, note)
    assert text_of(tmp_path) == grown
    content = json.loads(grown)["content"]
    assert content["library_version"] == sklearn_geo.__version__
    assert content["checkpoint"] == note
    assert {key: content[key] for key in CONTENT} == CONTENT


def test_a_zone_that_is_named_again_takes_the_place_of_the_first(tmp_path):
    manifest = ZoneManifest(tmp_path, KIND)
    for each in (zone(30), zone(31), zone(30, value=5)):
        manifest.name(write_zone(tmp_path, *each))
    manifest.write(CONTENT)
    store = Store(tmp_path)
    assert sorted(store.names) == ["zone-30U", "zone-31U"]
    assert value_of(ZoneShelf(store, SHAPES).get(30)) == 5


def test_two_zones_of_one_name_have_a_block_each(tmp_path):
    manifest = ZoneManifest(tmp_path, KIND)
    for zone_id in (30, 31):
        _, record, weights = zone(zone_id)
        manifest.name(write_zone(tmp_path, zone_id, {**record, "name": "x"}, weights))
    manifest.write(CONTENT)
    shelf = ZoneShelf(Store(tmp_path), SHAPES)
    assert [value_of(shelf.get(i)) for i in (30, 31)] == [30, 31]


def test_what_no_writer_here_would_say_is_refused(tmp_path):
    written = write_zone(tmp_path, *zone(30))
    written["entry"]["file"] = "../outside-0123456789abcdef.safetensors"
    with pytest.raises(ValueError, match="was not written by sklearn-geo"):
        ZoneManifest(tmp_path, KIND).name(written)
    with pytest.raises(ValueError, match=r"must leave \['zones'\] to the store"):
        ZoneManifest(tmp_path, KIND).write({"zones": []})
