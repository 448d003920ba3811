# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two worker processes, and one of them dies."""

import os
import signal

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.distributed import _fit, fit_zone_store, transform
from tests.distributed.photos import (
    LOADS,
    LOCATION,
    CountedTransformer,
    GreedyPropagator,
    assert_same_weights,
    fit_in_memory,
    make_photos,
    make_transformer,
    write_parquet,
)

ZONES = ["1M", "1N", "32T", "32U", "33T", "33U", "60M", "60N"]


@pytest.fixture(scope="module")
def alone():
    """What a fit in memory makes of the photos."""
    return fit_in_memory(make_transformer(), make_photos(untagged=True))


@pytest.fixture(scope="module")
def store(cluster, alone, tmp_path_factory):
    """The store that two processes make of the same photos in four files."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("two_processes")
    files = write_parquet(make_photos(untagged=True), folder / "photos")
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        fitted = fit_zone_store(files, folder / "store", make_transformer())
    return fitted, folder / "store"


def test_two_processes_write_what_one_would_have(alone, store):
    fitted, folder = store
    # Four zones at a corner, and four on both sides of the antimeridian.
    assert list(alone.zone_report_["zone"]) == ZONES
    assert_same_weights(fitted, alone)
    for field in ("zone", "photos", "epochs", "held_out_kl"):
        assert_array_equal(fitted.zone_report_[field], alone.zone_report_[field])
    read = GPS2VecPlusTransformer.from_pretrained(folder)
    places = make_photos()[LOCATION][:50]
    assert_array_equal(read.transform(places), alone.transform(places))
    assert list(read.get_feature_names_out()) == list(alone.get_feature_names_out())
    # Nothing is left in the folder but the store.
    assert not list(folder.glob(".photos-*"))


def test_the_photos_matter_that_lie_in_other_zones(alone):
    # So that the equality above says something of borders: without the others, zones
    # at each of them would learn other tags.
    frame = make_photos(untagged=True)
    zones = alone._zones.regions.locate(frame[LOCATION].to_numpy())
    for name in ("32U", "60N"):
        (zone,) = (z for z, r in alone._zones.records.items() if r["name"] == name)
        cut = fit_in_memory(make_transformer(), frame[zones == zone])
        ours, theirs = (each._zones.shelf.get(zone) for each in (cut, alone))
        assert np.abs(ours["1.heads.bias"] - theirs["1.heads.bias"]).max() > 1e-4


def test_workers_encode_with_one_transformer_each(client, store):
    _, folder = store
    model = CountedTransformer.from_pretrained(folder)
    frame = make_photos()[LOCATION]
    client.run(_clear)
    columns = transform(model, dd.from_pandas(frame, npartitions=8, sort=False))
    assert not any(client.run(_n_loads).values())  # nothing is computed yet
    assert_allclose(columns.compute(), model.transform(frame), rtol=0, atol=1e-6)
    loads = client.run(_n_loads).values()
    assert max(loads) <= 1
    assert sum(loads) >= 1
    blocks = transform(folder, da.from_array(frame.to_numpy(), chunks=(100, 2)))
    assert_allclose(blocks.compute(), model.transform(frame), rtol=0, atol=1e-6)


def test_a_worker_that_is_killed_changes_nothing(client, alone, tmp_path, monkeypatch):
    files = write_parquet(make_photos(untagged=True), tmp_path / "photos")
    pids = list(client.run(os.getpid).values())
    killed, seen = [], []

    def kill():
        pid = pids.pop()
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    each_part, each_task = _fit.each_part, _fit.each_task

    def parts_with_a_death(tasks):
        for number, result in enumerate(each_part(tasks)):
            if number == 0:
                kill()
            yield result

    def zones_with_a_death(*args, **options):
        for result in each_task(*args, **options):
            if not seen:
                kill()
            seen.append(result["zone"])
            yield result

    monkeypatch.setattr(_fit, "each_part", parts_with_a_death)
    monkeypatch.setattr(_fit, "each_task", zones_with_a_death)
    fitted = fit_zone_store(files, tmp_path / "store", make_transformer())
    assert len(killed) == 2  # one while photos were shuffled, one after the first zone
    assert len(seen) == len(ZONES) + 2  # and a zone too small, and the globe
    assert_same_weights(fitted, alone)


@pytest.mark.parametrize("ends", ["zone", "process"])
def test_a_zone_that_takes_too_much_is_left_out(client, tmp_path, alone, ends):
    mark = tmp_path / "mark"
    mark.write_text(ends)
    propagator = GreedyPropagator(4, radius_km=20, mark=str(mark))
    files = write_parquet(make_photos(untagged=True), tmp_path / "photos")
    model = make_transformer(target_propagator={"tag": propagator})
    with pytest.warns(UserWarning, match=r"zones, which were skipped: .*32U") as caught:
        fitted = fit_zone_store(files, tmp_path / "store", model)
    assert {"32U", "fallback"} <= {*fitted.skipped_zones_}
    words = "Workers died of it" if ends == "process" else "Unable to allocate"
    assert any(words in str(warning.message) for warning in caught)
    # What was trained is what would have been.
    for zone in fitted._zones.records:
        for name, array in fitted._zones.shelf.get(zone).items():
            assert_array_equal(array, alone._zones.shelf.get(zone)[name])
    mark.write_text("")
    again = fit_zone_store(files, tmp_path / "store", model, resume=True)
    assert again.skipped_zones_ == []
    assert_same_weights(again, alone)


def _n_loads():
    return len(LOADS)


def _clear():
    LOADS.clear()


def test_two_processes_add_up_what_no_propagated_tag_reaches(client, tmp_path):
    frame = make_photos()
    tags = [name for name in frame if name.startswith("tag_")]
    frame = frame.astype(dict.fromkeys(tags, float))
    frame.loc[frame.latitude < 10.0, tags] = np.nan
    alone = fit_in_memory(make_transformer(), frame)
    files = write_parquet(frame, tmp_path / "photos")
    fitted = fit_zone_store(files, tmp_path / "store", make_transformer())
    assert_same_weights(fitted, alone)
    assert list(fitted.zone_report_["zone"]) == ZONES
