# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import mmap
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import write_zones
from tests.context.zones import KIND, SHAPES, value_of, zone

IDS = range(30, 36)


@pytest.fixture
def store(tmp_path):
    return write_zones(tmp_path, KIND, {}, map(zone, IDS))


def in_memory(ids=IDS):
    shelf = ZoneShelf()
    for zone_id in ids:
        shelf.put(*zone(zone_id))
    return shelf


def test_in_memory():
    shelf = in_memory([5, -2, 3])
    assert shelf.zone_ids == [-2, 3, 5]
    assert [record["name"] for record in shelf.records] == ["fallback", "3A", "5A"]
    assert shelf.record(-2)["name"] == "fallback"
    assert shelf.record(4) is None
    assert len(shelf) == 3
    assert 3 in shelf
    assert 4 not in shelf
    assert value_of(shelf.get(np.int64(5))) == 5
    with pytest.raises(ValueError, match="read-only"):
        shelf.get(5)["0.heads.bias"][0] = 1
    assert shelf.n_loads == 0


def test_zones_are_loaded_when_needed_and_the_oldest_is_dropped(store):
    shelf = ZoneShelf(store, SHAPES, max_loaded_zones=2)
    assert shelf.n_loads == 0
    for zone_id in (30, 31, 30, 32, 30, 31):
        assert value_of(shelf.get(zone_id)) == zone_id
    # 32 took the place of 31, and 31 that of 32; 30 was always in use.
    assert shelf.n_loads == 4
    assert shelf.loaded_zones == [30, 31]
    shelf.forget()
    assert shelf.loaded_zones == []


def test_what_is_loaded_is_a_map_of_the_file(store):
    array = ZoneShelf(store, SHAPES).get(30)["0.heads.weight"]
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0
    while isinstance(array, np.ndarray):
        array = array.base
    assert isinstance(getattr(array, "obj", array), mmap.mmap)


def test_shapes_may_differ_between_zones(store):
    wrong = {"0.heads.bias": (9,)}
    shelf = ZoneShelf(store, lambda zone_id: SHAPES if zone_id == 30 else wrong)
    assert value_of(shelf.get(30)) == 30
    with pytest.raises(ValueError, match="zone 31U: its array"):
        shelf.get(31)


def test_what_is_put_comes_before_what_is_stored(store):
    shelf = ZoneShelf(store, SHAPES, max_loaded_zones=1)
    assert value_of(shelf.get(30)) == 30
    shelf.put(*zone(30, value=7))
    shelf.put(*zone(99))
    assert shelf.loaded_zones == []
    assert shelf.zone_ids == [*IDS, 99]
    assert [value_of(weights) for _, _, weights in shelf.items()] == [7, *IDS[1:], 99]
    # Going through all zones keeps none.
    assert shelf.loaded_zones == []
    assert shelf.n_loads == 1 + 5


def test_unknown_zones_and_bad_limits(store):
    words = r"no zone with the id 7; there are 6: 30U, 31U, 32A, 33A, 34A, 35A\."
    with pytest.raises(ValueError, match=words):
        ZoneShelf(store, SHAPES).get(7)
    with pytest.raises(ValueError, match="max_loaded_zones=0: use 1 or more"):
        ZoneShelf(store, SHAPES, max_loaded_zones=0)
    many = in_memory(range(100, 130))
    with pytest.raises(ValueError, match=r"there are 30: 100A, .*, 119A \.\.\.\."):
        many.get(7)


@pytest.mark.parametrize("again", [lambda s: pickle.loads(pickle.dumps(s)), copy.copy])
def test_pickles_leave_out_what_was_loaded(store, again):
    shelf = ZoneShelf(store, SHAPES, max_loaded_zones=3)
    shelf.put(*zone(77))
    for zone_id in IDS:
        shelf.get(zone_id)
    other = again(shelf)
    assert other.loaded_zones == []
    assert other.zone_ids == shelf.zone_ids
    assert [value_of(other.get(i)) for i in (77, 30, 31)] == [77, 30, 31]
    other.put(*zone(78))
    assert 78 not in shelf
    assert shelf.loaded_zones == [33, 34, 35]


def test_pickles_of_folders_are_small(tmp_path):
    _, record, _ = zone(1)
    weights = {"0.heads.weight": np.zeros((1000, 1000), np.float32)}
    store = write_zones(tmp_path, KIND, {}, [(1, record, weights)])
    shelf = ZoneShelf(store, {"0.heads.weight": (1000, 1000)})
    shelf.get(1)
    assert len(pickle.dumps(shelf)) < 2000
    memory = ZoneShelf()
    memory.put(1, record, weights)
    assert len(pickle.dumps(memory)) > 4_000_000


def test_many_threads(store):
    shelf = ZoneShelf(store, SHAPES, max_loaded_zones=2)

    def work(i):
        zone_id = IDS[i % len(IDS)]
        if i % 10 == 0:
            shelf.put(*zone(1000 + i))
        assert value_of(shelf.get(zone_id)) == zone_id
        pickle.dumps(shelf)
        return shelf.records

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(200)))
    assert len(shelf) == len(IDS) + 20
    assert len(shelf.loaded_zones) == 2
