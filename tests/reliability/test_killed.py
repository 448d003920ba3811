# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 at any moment: nothing half-written is read as whole, and all goes on."""

import signal

import numpy as np
import pytest

from tests.context.fits import photos, transformer
from tests.datasets.server import Server
from tests.reliability import scale
from tests.reliability.faults import KINDS, moments, needs_fork, same_as

pytestmark = needs_fork
N_KILLS = scale(2, 20)


def names(folder):
    """Return the names of all files in a folder and below it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def was_killed(code):
    """Say whether a process was killed; it may have been faster."""
    assert code in (0, -signal.SIGKILL)
    return code != 0


# In every run the one with most parts of each way to write; the others at night.
QUICK = ("GPS2VecPlusTransformer", "LocSensRanker-embedding", "GeoTagCorpus")
CHOSEN = scale([kind for kind in KINDS if kind.name in QUICK], KINDS)


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_what_is_saved(children, tmp_path, kind):
    pickles = kind.pickled(tmp_path)
    said = [kind.ask(model) for model in kind.versions()]
    path = tmp_path / "there" / kind.file
    path.parent.mkdir()
    kind.save(0, path)
    whole = children.run("save", model=pickles[1:], path=str(path), watched=path.parent)
    for number in (0, 1, 0, 1):  # two versions lie in a folder at most
        kind.save(number, path)
    n_files = len(names(path.parent))
    rng = np.random.default_rng(len(kind.name))
    n_killed = 0
    # The second version over the first, which is there.
    for moment in moments(rng, whole, N_KILLS):
        kind.save(0, path)
        order = {"model": pickles[1:], "path": str(path), "watched": path.parent}
        code, _ = children.start("save", **order, **moment).end()
        killed = was_killed(code)
        n_killed += killed
        found = same_as(kind.ask(kind.read(path)), said)
        assert found in ([0], [1]) if killed else found == [1]
    assert n_killed >= N_KILLS // 2
    for number in (0, 1, 0, 1):
        kind.save(number, path)
    assert same_as(kind.ask(kind.read(path)), said) == [1]
    assert len(names(path.parent)) <= n_files
    assert not [name for name in names(path.parent) if name.endswith(".part")]


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_what_is_saved_for_the_first_time(children, tmp_path, kind):
    pickles = kind.pickled(tmp_path)
    said = [kind.ask(model) for model in kind.versions()]
    trial = tmp_path / "trial" / kind.file
    trial.parent.mkdir()
    whole = children.run("save", model=pickles[:1], path=str(trial), watched=tmp_path)
    rng = np.random.default_rng(1 + len(kind.name))
    for number, moment in enumerate(moments(rng, whole, N_KILLS)):
        path = tmp_path / str(number) / kind.file
        path.parent.mkdir()
        order = {"model": pickles[:1], "path": str(path), "watched": tmp_path}
        code, _ = children.start("save", **order, **moment).end()
        killed = was_killed(code)
        try:
            found = kind.read(path)
        except (ValueError, FileNotFoundError) as error:
            assert killed
            assert str(path) in str(error)  # noqa: PT017
            # What was left is no reason not to begin again, and goes.
            kind.save(0, path)
            assert names(path.parent) == names(trial.parent)
            found = kind.read(path)
        assert same_as(kind.ask(found), said) == [0]


def test_fits_with_a_checkpoint(children, tmp_path):
    expected = transformer().fit(*photos()).transform(photos()[0])
    folder, out = tmp_path / "whole", tmp_path / "said.npy"
    whole = children.run("fit", folder=str(folder), watched=folder)
    n_killed = 0
    for number, moment in enumerate(
        moments(np.random.default_rng(0), whole, scale(2, 20))
    ):
        folder = tmp_path / f"checkpoint-{number}"
        # Killed twice, and the second time while it goes on.
        for _ in range(2):
            child = children.start("fit", folder=str(folder), watched=folder, **moment)
            n_killed += was_killed(child.end()[0])
        children.run("fit", folder=str(folder), out=str(out))
        np.testing.assert_array_equal(np.load(out), expected)
        # The names of files have checksums in them: all weights are the same.
        assert names(folder) == names(tmp_path / "whole")
    assert n_killed >= 2


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server({"/data.bin": np.random.default_rng(0).bytes(5_000_000)})
    yield server
    server.stop()


def test_downloads(children, server, tmp_path):
    order = {"address": f"{server.url}/data.bin"}
    path = tmp_path / "whole" / "data.bin"
    whole = children.run("download", path=str(path), watched=path.parent, **order)
    n_killed = 0
    for number, moment in enumerate(
        moments(np.random.default_rng(1), whole, scale(3, 20))
    ):
        path = tmp_path / str(number) / "data.bin"
        for _ in range(2):
            child = children.start(
                "download", path=str(path), watched=path.parent, **order, **moment
            )
            n_killed += was_killed(child.end()[0])
            if path.exists():  # whole, whatever happened
                assert path.read_bytes() == server.files["/data.bin"]
        children.run("download", path=str(path), **order)
        assert path.read_bytes() == server.files["/data.bin"]
        assert names(path.parent) == names(tmp_path / "whole")
    assert n_killed >= 2


def test_archives_that_are_unpacked(children, tmp_path):
    import zipfile

    from sklearn_geo.datasets._unpack import _folder_of

    rng = np.random.default_rng(2)
    parts = {f"folder/{number}.bin": rng.bytes(50_000) for number in range(20)}
    home = tmp_path / "home"
    home.mkdir()
    archive = home / "data.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    folder = _folder_of(archive)
    n_killed, whole = 0, {"events": 40, "seconds": 0.05}
    for moment in moments(rng, whole, scale(3, 20)):
        child = children.start("unpack", archive=str(archive), watched=home, **moment)
        killed = was_killed(child.end()[0])
        n_killed += killed
        if folder.exists():
            found = {str(path.relative_to(folder)) for path in folder.rglob("*.bin")}
            assert found == set(parts)
            for path in folder.rglob("*"):
                path.unlink() if path.is_file() else None
            (folder / "folder").rmdir()
            folder.rmdir()
        # What one left is not kept beside what the others left.
        assert len(list(home.iterdir())) <= 2
    assert n_killed >= 1
    children.run("unpack", archive=str(archive))
    assert {name: (folder / name).read_bytes() for name in parts} == parts
    assert len(list(home.iterdir())) == 2


def test_rows_that_are_cached(children, tmp_path):
    out = [tmp_path / f"{number}.npy" for number in range(2)]
    folder = tmp_path / "whole"
    whole = children.run(
        "cache", folder=str(folder), rows=[0, 40], out=str(out[0]), watched=folder
    )
    expected = np.load(out[0])
    folder, n_killed = tmp_path / "cache", 0
    for moment in moments(np.random.default_rng(3), whole, scale(2, 20)):
        child = children.start(
            "cache", folder=str(folder), rows=[0, 40], watched=folder, **moment
        )
        n_killed += was_killed(child.end()[0])
        children.run("cache", folder=str(folder), rows=[0, 40], out=str(out[1]))
        np.testing.assert_array_equal(np.load(out[1]), expected)
        assert not [name for name in names(folder) if name.endswith(".part")]
    assert n_killed >= 1


def test_distributed_runs(children, tmp_path):
    from tests.distributed.photos import make_photos, write_parquet

    files = write_parquet(make_photos(), tmp_path / "photos")
    folder, out = tmp_path / "whole", tmp_path / "said.npy"
    order = {"files": files, "watched": folder}
    whole = children.run("distributed", folder=str(folder), out=str(out), **order)
    expected = np.load(out)
    for number, moment in enumerate(
        moments(np.random.default_rng(4), whole, scale(2, 20))
    ):
        folder = tmp_path / f"store-{number}"
        order = {"files": files, "folder": str(folder), "watched": folder}
        was_killed(children.start("distributed", **order, **moment).end()[0])
        children.run("distributed", files=files, folder=str(folder), out=str(out))
        np.testing.assert_array_equal(np.load(out), expected)
        assert names(folder) == names(tmp_path / "whole")
