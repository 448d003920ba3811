# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A disk that is full, and a folder that nobody may write to."""

import pickle

import numpy as np
import pytest

from sklearn_geo.datasets import get_data_home
from tests.context.fits import photos, transformer
from tests.reliability import scale
from tests.reliability.faults import KINDS, needs_fork, same_as

pytestmark = needs_fork
QUICK = ("AttentionFusionClassifier", "AlbumGeolocator", "GeoTagCorpus", "S2Partition")
CHOSEN = scale([kind for kind in KINDS if kind.name in QUICK], KINDS)


@pytest.mark.parametrize("how", ["disk", "file"])
@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_a_full_disk(children, tmp_path, kind, how):
    # "disk" is a small disk of the process alone, "file" a limit of the system on the
    # bytes of each file.
    pickles = kind.pickled(tmp_path)
    said = [kind.ask(model) for model in kind.versions()]
    nothing = tmp_path / "nothing.pickle"
    nothing.write_bytes(pickle.dumps(None))
    path = tmp_path / "there" / kind.file
    for room in scale((600,), (0, 1, 600, 1_500, 3_000, 6_000)):
        for before in (str(nothing), pickles[0]):
            path = tmp_path / f"{room}-{before == pickles[0]}" / kind.file
            path.parent.mkdir()
            order = {"model": [before, pickles[1]], "kind": kind.name}
            order |= {"path": str(path), "room": room, "how": how}
            found = children.run("full", **order)
            # What could not be written is said, and where that was.
            if found["words"]:
                assert found["named"], found["words"]
            if "some" in found:
                read = same_as(pickle.loads(bytes.fromhex(found["some"])), said)
                assert read == ([0] if found["words"] else [1])
                assert before == pickles[0] or not found["words"]
            else:
                assert found["words"]
                assert before == str(nothing)
            assert found["parts"] == []
            again = pickle.loads(bytes.fromhex(found["again"]))
            assert same_as(again, said) == [1]


def test_a_full_disk_while_zones_are_trained(children, tmp_path):
    expected = transformer().fit(*photos()).transform(photos()[0])
    for number, room in enumerate(scale((2_000,), range(0, 30_000, 3_000))):
        folder, out = tmp_path / str(number), tmp_path / "said.npy"
        code, found = children.start(
            "fit", folder=str(folder), out=str(out), file_limit=room
        ).end()
        if code:
            assert f"checkpoint_dir: {folder} cannot be written to" in found["error"]
            assert "resume=True" in found["error"]
        children.run("fit", folder=str(folder), out=str(out))
        np.testing.assert_array_equal(np.load(out), expected)


def test_a_full_disk_while_rows_are_cached(children, tmp_path):
    out = [tmp_path / f"{number}.npy" for number in range(2)]
    order = {"rows": [0, 40]}
    children.run("cache", folder=str(tmp_path / "whole"), out=str(out[0]), **order)
    for room in scale((100,), (0, 100)):
        folder = tmp_path / str(room)
        code, found = children.start(
            "cache", folder=str(folder), file_limit=room, **order
        ).end()
        assert code == 1
        assert f"cache: {folder}" in found["error"]
        assert "cannot be written to: File too large" in found["error"]
        children.run("cache", folder=str(folder), out=str(out[1]), **order)
        np.testing.assert_array_equal(np.load(out[0]), np.load(out[1]))


def test_a_full_disk_while_workers_write(children, tmp_path):
    from tests.distributed.photos import make_photos, write_parquet

    files = write_parquet(make_photos(), tmp_path / "photos")
    folder, out = tmp_path / "store", tmp_path / "said.npy"
    for room in scale((4_000,), (0, 1_000, 4_000, 8_000)):
        code, found = children.start(
            "distributed", files=files, folder=str(folder), file_limit=room
        ).end()
        assert code == 1
        assert "OSError: [Errno 27]" in found["error"]
        assert str(folder) in found["error"]
        # Photos on their way take more room than all else: they are not left there.
        assert not list(folder.glob(".photos-*"))
    children.run("distributed", files=files, folder=str(folder), out=str(out))
    children.run(
        "distributed",
        files=files,
        folder=str(tmp_path / "whole"),
        out=str(tmp_path / "w"),
    )
    np.testing.assert_array_equal(np.load(out), np.load(tmp_path / "w.npy"))


def test_a_full_disk_for_temporary_files(children, tmp_path):
    # A map of a file for which there is no room would end the process as it is written.
    words = children.run("average", temporary=str(tmp_path), room="64k")["words"]
    assert words.startswith("[Errno 28] No space left on device: the probabilities")
    assert "Set TMPDIR to a folder with more room" in words
    assert words.endswith(f"{str(tmp_path)!r}")


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_a_folder_that_is_read_only(children, tmp_path, kind):
    pickles = kind.pickled(tmp_path)
    path = tmp_path / "there" / kind.file
    path.parent.mkdir()
    kind.save(0, path)
    before = sorted(file.name for file in path.parent.rglob("*"))
    found = children.run("read_only", model=pickles[1], path=str(path))
    assert found["read"]
    assert found["refused"], found["words"]
    assert "Read-only file system" in found["words"]
    assert sorted(file.name for file in path.parent.rglob("*")) == before


def test_fits_and_caches_of_folders_that_are_read_only(children, tmp_path):
    folder, cache = tmp_path / "checkpoint", tmp_path / "cache"
    children.run("fit", folder=str(folder))
    children.run("cache", folder=str(cache), rows=[0, 40])
    code, found = children.start("fit", folder=str(folder), read_only=str(folder)).end()
    assert code == 1
    assert f"checkpoint_dir: {folder} cannot be written to" in found["error"]
    # Of a cache that has all rows nothing is written.
    children.run("cache", folder=str(cache), rows=[0, 40], read_only=str(cache))
    code, found = children.start(
        "cache",
        folder=str(tmp_path / "cache2"),
        rows=[0, 5],
        read_only=str(tmp_path),
    ).end()
    assert code == 1
    assert f"{tmp_path / 'cache2'}" in found["error"]
    assert get_data_home(tmp_path) == str(tmp_path)
