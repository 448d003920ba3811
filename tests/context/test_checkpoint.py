# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sklearn_geo.context._checkpoint import Checkpoint
from sklearn_geo.context._zone_shelf import ZoneShelf
from sklearn_geo.context._zone_store import (
    ZoneTable,
    update_zones_in,
    write_zone,
    write_zones,
)
from sklearn_geo.nets import Store, write_store
from tests.context.dying_writer import FINGERPRINT, N_THREADS, N_ZONES
from tests.context.zones import CONTENT, KIND, SHAPES, value_of, zone


def begin(folder, fingerprint=FINGERPRINT, **options):
    return Checkpoint(
        folder, fingerprint, **{"kind": KIND, "content": CONTENT, **options}
    )


def ids(checkpoint):
    return [record["id"] for record in checkpoint.finished()]


@pytest.mark.parametrize("resume", [False, True])
def test_every_finished_zone_is_on_disk_at_once(tmp_path, resume):
    with begin(tmp_path / "new" / "folder", resume=resume) as checkpoint:
        assert checkpoint.finished() == []
        for n_done, zone_id in enumerate((31, 30, -2), start=1):
            checkpoint.add(*zone(zone_id))
            shelf = ZoneShelf(Store(checkpoint.folder, kind=KIND), SHAPES)
            assert len(shelf) == n_done
            assert value_of(shelf.get(zone_id)) == zone_id
        assert ids(checkpoint) == [-2, 30, 31]
        assert checkpoint.finished()[1] == {"id": 30, **zone(30)[1]}
        assert value_of(checkpoint.shelf(SHAPES).get(31)) == 31


def test_going_on(tmp_path):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
        checkpoint.add(*zone(31))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("zone*")}
    with begin(tmp_path, resume=True) as checkpoint:
        assert ids(checkpoint) == [30, 31]
        checkpoint.add(*zone(32))
        assert not ZoneTable(Store(tmp_path)).checkpoint["finished"]
        checkpoint.finish({"params": {"hidden": [5]}})
    assert {path: path.stat().st_mtime_ns for path in before} == before
    table = ZoneTable(Store(tmp_path))
    assert table.content == {"params": {"hidden": [5]}}
    assert table.checkpoint == {"fingerprint": FINGERPRINT, "finished": True}
    with begin(tmp_path, resume=True) as checkpoint:
        assert ids(checkpoint) == [30, 31, 32]


def test_fingerprints_may_hold_numpy_and_tuples(tmp_path):
    fingerprint = {"hidden": (4,), "seed": np.int64(0), "data": "2f7c"}
    begin(tmp_path, fingerprint).close()
    begin(tmp_path, FINGERPRINT, resume=True).close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "seed was 0 and is 1"),
        ({"hidden": [4, 5]}, r"hidden was \[4\] and is \[4, 5\]"),
        ({"data": "x" * 99}, "data was '2f7c' and is 'x{56}\\.\\.\\.\\."),
        ({"blend_km": 3}, "blend_km was not set and is 3"),
    ],
)
def test_the_checkpoint_of_another_fit(tmp_path, change, words):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
    with pytest.raises(
        ValueError, match=rf"checkpoint_dir: .* of another fit: {words}.* resume=False"
    ):
        begin(tmp_path, FINGERPRINT | change, resume=True)
    # Being refused changes nothing.
    with begin(tmp_path, resume=True) as checkpoint:
        assert ids(checkpoint) == [30]
    # resume=False starts over, and cleans up when it is done.
    with begin(tmp_path, FINGERPRINT | change) as checkpoint:
        assert ids(checkpoint) == []
        assert Store(tmp_path).names == []
        checkpoint.add(*zone(31))
        checkpoint.finish()
    assert [path.name[:8] for path in tmp_path.glob("*.safetensors")] == ["zone-31U"]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: (folder / "photo.jpg").write_bytes(b""), "holds no checkpoint"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "is not JSON"),
        (
            lambda folder: write_zones(folder, KIND, CONTENT, [zone(30)]),
            "holds a GPS2VecPlusTransformer that was saved, not a checkpoint",
        ),
        (lambda folder: write_store(folder, "Cells", {}, {}), "holds a Cells, not a"),
        (lambda folder: write_store(folder, KIND, {}, {}), "its dtype is None"),
    ],
)
def test_foreign_folders(tmp_path, make, words, resume):
    make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"checkpoint_dir: .*{words}"):
        begin(tmp_path, resume=resume)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is no folder"):
        begin(tmp_path / "file")


def test_another_dtype(tmp_path):
    begin(tmp_path, dtype="float16").close()
    with pytest.raises(ValueError, match="has zones in float16, not in float32"):
        begin(tmp_path, resume=True)


def test_what_a_killed_writer_leaves_is_cleaned(tmp_path):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
        write_zone(tmp_path, *zone(31))  # on disk, and killed before it was named
    (tmp_path / ".store-0123456789abcdef.part").write_bytes(b"half a zone")
    with begin(tmp_path, resume=True) as checkpoint:
        assert ids(checkpoint) == [30]
        names = sorted(path.name[:8] for path in tmp_path.iterdir())
        assert names == ["checkpoi", "manifest", "zone-30U"]


def test_killed_before_there_was_a_manifest(tmp_path):
    (tmp_path / ".store-0123456789abcdef.part").write_bytes(b'{"form')
    with begin(tmp_path, resume=True) as checkpoint:
        assert ids(checkpoint) == []
        assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_damaged_zones_are_trained_again(tmp_path, damage):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
        checkpoint.add(*zone(31))
    (path,) = tmp_path.glob("zone-30U*")
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-1] + (b"x" if damage == "changed" else b""))
    with pytest.warns(UserWarning, match="Zone 30U is trained again: "):
        checkpoint = begin(tmp_path, resume=True)
    with checkpoint:
        assert ids(checkpoint) == [31]
        checkpoint.add(*zone(30))
        assert value_of(checkpoint.shelf(SHAPES).get(30)) == 30


def test_one_fit_at_a_time(tmp_path):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
        for resume in (True, False):
            with pytest.raises(ValueError, match=r"another fit is using .* now"):
                begin(tmp_path, resume=resume)
        assert Store(tmp_path).names == ["zone-30U"]
    forgotten = begin(tmp_path, resume=True)
    del forgotten
    begin(tmp_path, resume=True).close()


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not locked there")
def test_the_lock_is_not_made_through_a_link(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "checkpoint.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=f"checkpoint_dir: {folder} cannot be written"):
        begin(folder)
    assert not (tmp_path / "elsewhere").exists()


def test_many_threads(tmp_path):
    with begin(tmp_path) as checkpoint, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: checkpoint.add(*zone(i)), range(60)))
        assert ids(checkpoint) == list(range(60))
        shelf = checkpoint.shelf(SHAPES)
        assert [value_of(shelf.get(i)) for i in range(60)] == list(range(60))


def test_zones_that_workers_wrote(tmp_path):
    with begin(tmp_path) as checkpoint:
        written = json.loads(json.dumps(write_zone(tmp_path, *zone(30))))
        checkpoint.take(written)
        elsewhere = write_zone(tmp_path / "elsewhere", *zone(31))
        with pytest.raises(ValueError, match=r"of zone 31U is not in .* file system"):
            checkpoint.take(elsewhere)
        assert Store(tmp_path).names == ["zone-30U"]


def test_a_zone_again(tmp_path):
    with begin(tmp_path) as checkpoint:
        checkpoint.add(*zone(30))
        checkpoint.add(*zone(30, value=5))
        assert value_of(checkpoint.shelf(SHAPES).get(30)) == 5
        assert len(ids(checkpoint)) == 1


def zones_on_disk(folder):
    """Read everything as a stranger would, and return the ids of the zones."""
    shelf = ZoneShelf(Store(folder, kind=KIND), SHAPES, max_loaded_zones=1)
    for zone_id in shelf.zone_ids:
        assert value_of(shelf.get(zone_id)) == zone_id
    return set(shelf.zone_ids)


class Writers:
    """Processes that write until they are killed, see `dying_writer`."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.context.dying_writer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path(__file__).parents[2],
        )

    def run(self, what, folder, seconds, kill=True):
        """Let one write for some time, and say how it ended."""
        self.process.stdin.write(f"{what} {folder}\n")
        child = int(self.process.stdout.readline())
        time.sleep(seconds)
        if kill:
            os.kill(child, signal.SIGKILL)
        self.process.stdin.write("wait\n")
        code = int(self.process.stdout.readline())
        assert code in (0, -signal.SIGKILL)
        return code


@pytest.fixture
def writers():
    if not hasattr(os, "fork"):
        pytest.skip("needs fork and SIGKILL, which Windows has not")
    writers = Writers()
    with writers.process as process:
        yield writers
        process.stdin.close()


def test_kill_9_at_any_moment(tmp_path, writers):
    folder, log = tmp_path / "checkpoint", tmp_path / "added.txt"
    moments = random.Random(0)
    written, n_kills, code = {}, 0, None
    while code != 0:
        kill = n_kills < 25
        code = writers.run("add", folder, moments.uniform(0.0, 0.03), kill)
        n_kills += kill
        if not (folder / "manifest.json").exists():
            continue  # killed before it had begun
        done = zones_on_disk(folder)
        promised = {int(line) for line in log.read_text().split()}
        assert promised <= done
        # The last zones may be safe, and their word unsaid.
        assert len(done) <= len(promised) + n_kills * N_THREADS
        # No zone is written twice.
        times = {p: p.stat().st_mtime_ns for p in folder.glob("*.safetensors")}
        assert all(times.get(p, when) == when for p, when in written.items())
        named = {entry["file"] for entry in Store(folder).entries.values()}
        written = {p: when for p, when in times.items() if p.name in named}
    assert n_kills >= 10
    assert done == set(range(N_ZONES))
    left = {path.name for path in folder.iterdir()}
    assert left - named == {"manifest.json", "checkpoint.lock"}
    # The same as what is written without being killed, to the last byte.
    with begin(tmp_path / "whole") as checkpoint:
        for zone_id in range(N_ZONES):
            checkpoint.add(*zone(zone_id))
    whole = {e["file"] for e in Store(tmp_path / "whole").entries.values()}
    assert whole == named


def test_kill_9_while_a_store_is_updated(tmp_path, writers):
    folder = tmp_path / "store"
    write_zones(folder, KIND, {"values": [0, 0]}, map(zone, (30, 31, 32)))
    update_zones_in(
        folder, KIND, [zone(i, value=1) for i in (30, 31)], content={"values": [1, 1]}
    )
    moments, seen, n_kills = random.Random(0), set(), 0
    # More often, and later, where the machine is so busy that few updates end.
    while n_kills < 20 or (len(seen) <= 5 and n_kills < 200):
        longest = 0.05 * 2 ** (n_kills // 40)
        writers.run("update", folder, moments.uniform(0.0, longest))
        n_kills += 1
        store = Store(folder)
        shelf = ZoneShelf(store, SHAPES)
        values = [value_of(shelf.get(zone_id)) for zone_id in (30, 31)]
        # The old zones or the new ones, never one of each.
        assert values == store.content["values"]
        assert value_of(shelf.get(32)) == 32
        seen.add(values[0])
    assert len(seen) > 5
    # What the dead left goes with the next update.
    update_zones_in(folder, KIND, [zone(30)])
    update_zones_in(folder, KIND, [zone(30)])
    assert not list(folder.glob(".*"))
    assert len(list(folder.glob("*.safetensors"))) == 3
