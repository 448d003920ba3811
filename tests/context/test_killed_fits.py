# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits that are killed, interrupted or run out of disk, and what is left of them."""

import errno
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.neighbors import GeoNeighborTagPropagator, GeoTagCorpus
from sklearn_geo.nets import Store
from tests.context.fits import N_EPOCHS, N_UTM_ZONES, photos, transformer

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork and SIGKILL, which Windows has not"
)


class Fits:
    """Fits in other processes, see `dying_fits`."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.context.dying_fits"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # no forked process has one
            bufsize=1,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        self.child = None

    def send(self, line):
        self.process.stdin.write(line + "\n")

    def hear(self):
        line = self.process.stdout.readline()
        assert line, "the process that forks fits has died"
        return line.rstrip("\n").partition(" ")[::2]

    def start(self, kind, folder, out=None, *, waits=True, **params):
        """Begin a fit in a process of its own."""
        params = {"checkpoint_dir": str(folder), "verbose": 2, **params}
        order = {"kind": kind, "params": params, "out": str(out), "waits": waits}
        self.send(json.dumps(order))
        self.waits, self.paused, self.lines = waits, False, []
        # The child may have printed before its parent says which one it is.
        while (heard := self.hear())[0] != "pid":
            self.lines.append(heard)
        self.child = int(heard[1])

    def until(self, *moments):
        """Let the fit go on until it has printed lines that begin so, in this order."""
        for moment in moments:
            line = None
            while line is None or not line.startswith(moment):
                if self.paused:
                    self.send("go on")
                what, line = self.lines.pop(0) if self.lines else self.hear()
                assert what == "line", (what, line)
                self.paused = True

    def signal(self, number, *, group=False):
        (os.killpg if group else os.kill)(self.child, number)

    def end(self):
        """Let the fit go on to its end, and say what it was."""
        while True:
            what, _ = self.lines.pop(0) if self.lines else self.hear()
            if what == "ended":
                break
            if what == "line" and self.waits:
                self.send("go on")
        self.send("well")
        what, code = self.hear()
        self.child = None
        return int(code)

    def kill(self):
        """Kill the fit, and with it nothing else."""
        self.signal(signal.SIGKILL)
        assert self.end() == -signal.SIGKILL

    def close(self):
        if self.child is not None:
            self.signal(signal.SIGKILL, group=True)
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def process():
    fits = Fits()
    yield fits
    fits.close()


@pytest.fixture
def fits(process):
    yield process
    if process.child is not None:  # a test that failed
        process.signal(signal.SIGKILL, group=True)
        process.waits = False
        process.end()


@pytest.fixture(scope="module")
def expected():
    """What fits say that nobody kills, by kind."""
    found = {}

    def of(kind):
        if kind not in found:
            places, y = photos(kind)
            found[kind] = transformer(kind).fit(places, y).transform(places)
        return found[kind]

    return of


def zones_of(folder):
    """Return the names of the zones that a checkpoint holds, read by a stranger."""
    names = [record["name"] for record in Store(folder).content["zones"]]
    places, _ = photos()
    model = GPS2VecPlusTransformer.from_pretrained(folder)
    assert sorted(model.zone_report_["zone"]) == sorted({*names} - {"fallback"})
    if len(model.zone_report_):
        model.set_params(missing_zone="nearest")
        assert np.isfinite(model.transform(places)).all()
    return names


def files_of(folder):
    """Return when each file with weights that is named was written."""
    named = [entry["file"] for entry in Store(folder).entries.values()]
    return {name: (folder / name).stat().st_mtime_ns for name in named}


def trained(capsys):
    """Return the names of the zones that printed a line."""
    return re.findall(r"^Zone (\w+):", capsys.readouterr().out, re.MULTILINE)


def resume(kind, folder, **params):
    return transformer(
        kind, checkpoint_dir=folder, resume=True, verbose=1, **params
    ).fit(*photos(kind))


# Before the first zone is done, right after zones, and in the last epoch of one.
BEFORE, FIRST, THIRD = ["Epoch 2"], ["Zone "], ["Zone "] * 3
WITHIN = ["Zone ", "Zone ", "Epoch 1", "Epoch 1", f"Epoch {N_EPOCHS}"]


@pytest.mark.parametrize(
    ("kind", "moments", "n_done"),
    [
        ("fallback", BEFORE, 0),
        ("fallback", FIRST, 1),
        ("fallback", THIRD, 3),
        ("fallback", WITHIN, 2),
        ("zones", WITHIN, 2),
        ("partition", THIRD, 3),
        ("partition", WITHIN, 2),
        ("propagator", FIRST, 1),
        ("propagator", WITHIN, 2),
    ],
)
def test_killed_and_resumed(fits, expected, tmp_path, capsys, kind, moments, n_done):
    fits.start(kind, tmp_path)
    fits.until(*moments)
    # The fit goes on; its folder can be read by others now.
    assert len(zones_of(tmp_path)) == n_done
    fits.kill()
    done = zones_of(tmp_path)
    assert len(done) == n_done
    before = files_of(tmp_path)
    places, _ = photos()
    model = resume(kind, tmp_path)
    again = trained(capsys)
    # Those that were done are not trained, the others are, once.
    assert not set(again) & set(done)
    everything = zones_of(tmp_path)
    assert sorted(again + done) == sorted(everything)
    assert before.items() <= files_of(tmp_path).items()
    if kind == "partition":
        assert len(everything) > 5
    else:
        assert len(everything) == N_UTM_ZONES + (kind == "fallback")
    assert_array_equal(model.transform(places), expected(kind))
    stranger = GPS2VecPlusTransformer.from_pretrained(tmp_path)
    stranger.set_params(device="cpu")  # bit for bit is said of processors only
    assert_array_equal(stranger.transform(places), expected(kind))


def test_killed_at_every_zone_and_resumed_by_new_processes(fits, expected, tmp_path):
    folder, out = tmp_path / "checkpoint", tmp_path / "out.npz"
    n_done = 0
    for n_zones in (1, 3, 2):
        fits.start("fallback", folder, resume=True)
        fits.until(*["Zone "] * n_zones, "Epoch 3")
        fits.kill()
        n_done += n_zones
        assert len(zones_of(folder)) == n_done
    fits.start("fallback", folder, out, resume=True, waits=False)
    assert fits.end() == 0
    left = np.load(out)
    assert_array_equal(left["said"], expected("fallback"))
    assert len(left["warned"]) == 0


@pytest.mark.parametrize("n_zones", [1, 3])
def test_killed_without_warning(fits, expected, tmp_path, n_zones):
    # Nobody waits for anybody here: the kill comes whenever it comes.
    settings = {"max_iter": 60, "n_iter_no_change": 60}
    fits.start("zones", tmp_path, waits=False, verbose=0, **settings)
    patience = time.monotonic() + 60
    while True:
        assert time.monotonic() < patience
        was_there = (tmp_path / "manifest.json").exists()
        try:
            if len(Store(tmp_path).names) >= n_zones:
                break
        except ValueError:  # no manifest yet
            assert not was_there
    fits.kill()
    done = zones_of(tmp_path)
    assert n_zones <= len(done) < N_UTM_ZONES
    before = files_of(tmp_path)
    model = resume("zones", tmp_path, **settings)
    assert before.items() <= files_of(tmp_path).items()
    places, y = photos()
    whole = transformer(**settings).fit(places, y)
    assert_array_equal(model.transform(places), whole.transform(places))


def test_workers_killed_and_resumed(fits, expected, tmp_path, capsys):
    fits.start("workers", tmp_path, verbose=1)
    fits.until("Zone ", "Zone ")
    fits.signal(signal.SIGKILL, group=True)
    assert fits.end() == -signal.SIGKILL
    done = zones_of(tmp_path)
    assert len(done) == 2
    model = resume("workers", tmp_path)
    again = trained(capsys)
    assert len(again) == N_UTM_ZONES - 2
    assert not set(again) & set(done)
    places, _ = photos()
    assert_array_equal(model.transform(places), expected("zones"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_many_zones_at_once(fits, expected, tmp_path, capsys, number):
    folder, out = tmp_path / "checkpoint", tmp_path / "out.npz"
    fits.start("together", folder, out, verbose=1)
    fits.until("Zone ", "Zone ")
    fits.signal(number)
    assert fits.end() == (0 if number == signal.SIGINT else -number)
    done = zones_of(folder)
    assert len(done) == 2
    model = resume("together", folder)
    again = trained(capsys)
    assert len(again) == N_UTM_ZONES - 2
    assert not set(again) & set(done)
    # What is computed together now was not then: sums are added up in another order.
    said = model.transform(photos()[0])
    assert_allclose(said, expected("together"), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_without_a_random_state_the_seed_is_that_of_the_checkpoint(
    fits, tmp_path, n_jobs
):
    first, second = tmp_path / "first", tmp_path / "second"
    fits.start("fallback", first, random_state=None)
    fits.until("Zone ", "Zone ", "Epoch 1")
    fits.kill()
    shutil.copytree(first, second)
    places, y = photos()
    model = resume("fallback", first, random_state=None, n_jobs=n_jobs)
    said = model.transform(places)
    # Once more from the same two zones, and once more from none of them.
    again = resume("fallback", second, random_state=None)
    assert_array_equal(again.transform(places), said)
    for path in second.glob("zone-*"):
        path.write_bytes(b"")
    with pytest.warns(UserWarning, match="is trained again") as caught:
        whole = resume("fallback", second, random_state=None)
    assert len(caught) == N_UTM_ZONES + 1
    assert_array_equal(whole.transform(places), said)
    # Without `resume` the seed is another one.
    other = transformer("fallback", checkpoint_dir=second, random_state=None)
    assert not np.array_equal(other.fit(places, y).transform(places), said)


# -------------------------------------------------------------------------- Ctrl-C


@pytest.mark.parametrize(
    ("moments", "n_stored", "n_known"),
    [
        # While the first or the second network of a zone is trained, and between zones.
        (["Zone ", "Zone ", "Epoch 2"], 2, 3),
        (["Zone ", "Zone ", "Epoch 2", "Epoch 2"], 2, 3),
        (["Zone ", "Zone "], 2, 2),
        (["Epoch 2"], 0, 1),
    ],
)
def test_ctrl_c(fits, expected, tmp_path, capsys, moments, n_stored, n_known):
    folder, out = tmp_path / "checkpoint", tmp_path / "out.npz"
    fits.start("zones", folder, out)
    fits.until(*moments)
    fits.signal(signal.SIGINT)
    assert fits.end() == 0
    left = np.load(out)
    assert len(left["zones"]) == n_known
    assert any("interrupted after" in words for words in left["warned"])
    assert np.isfinite(left["said"]).all()
    # What was trained in part is with the transformer, not with the checkpoint.
    assert len(zones_of(folder)) == n_stored
    assert not Store(folder).content["checkpoint"]["finished"]
    model = resume("zones", folder)
    assert len(trained(capsys)) == N_UTM_ZONES - n_stored
    assert_array_equal(model.transform(photos()[0]), expected("zones"))


def test_ctrl_c_reaches_workers_too(fits, expected, tmp_path):
    folder, out = tmp_path / "checkpoint", tmp_path / "out.npz"
    fits.start("workers", folder, out, verbose=1)
    fits.until("Zone ", "Zone ")
    fits.signal(signal.SIGINT, group=True)
    assert fits.end() == 0
    left = np.load(out)
    assert 2 <= len(left["zones"]) < N_UTM_ZONES
    assert any("The fit was interrupted after" in words for words in left["warned"])
    assert len(zones_of(folder)) == 2
    model = resume("zones", folder)
    assert_array_equal(model.transform(photos()[0]), expected("zones"))


def test_ctrl_c_before_anything_was_learnt(monkeypatch, tmp_path):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_geo.context._zone_training.train_zone", interrupted)
    model = transformer(checkpoint_dir=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*photos())
    monkeypatch.undo()
    assert zones_of(tmp_path) == []
    with pytest.raises(Exception, match="is not fitted yet"):
        model.transform(photos()[0])


# ------------------------------------------------------------------------- refusals


@pytest.fixture(scope="module")
def killed(process, tmp_path_factory):
    """A checkpoint with two zones."""
    folder = tmp_path_factory.mktemp("checkpoint")
    process.start("propagator", folder)
    process.until("Zone ", "Zone ")
    process.kill()
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"random_state": 8}, r"seed was \d+ and is \d+"),
        ({"random_state": None, "resume": False}, None),
        ({"hidden": (6, 6)}, r"hidden was \[6\] and is \[6, 6\]"),
        ({"max_iter": 5}, "max_iter was '4' and is '5'"),
        ({"preset": "paper"}, "solver was 'adam' and is 'sgd'"),
        ({"min_samples": 6}, "min_samples was 5 and is 6"),
        ({"encoding__sigma_km": 3.0}, "encoder was .* and is"),
        ({"missing_zone": "fallback"}, "fallback_encoder was None and is"),
        ({"networks": (("scene", "tag"),)}, "networks was .* and is"),
        ({"target_propagator__tag": None}, "target_propagator was .* and is"),
        ({"regions": None, "encoding": None}, "encoder was .* and is"),
    ],
)
def test_a_checkpoint_of_other_parameters(killed, tmp_path, change, words):
    folder = shutil.copytree(killed, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    if "target_propagator__tag" in change:
        change = {"target_propagator": {"tag": GeoNeighborTagPropagator(n_neighbors=6)}}
    model = transformer("propagator", checkpoint_dir=folder, resume=True)
    model.set_params(**change)
    if words is None:
        model.fit(*photos("propagator"))
        return
    with pytest.raises(
        ValueError, match=f"(?s)is the checkpoint of another fit: {words}.*resume=False"
    ):
        model.fit(*photos("propagator"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X + 1e-9, y, None), "places was"),
        (lambda X, y: (X[::-1], y[::-1], None), "places was"),
        (lambda X, y: (X, y[:, [1, 0, 2, 3, 4]], None), "y was"),
        (lambda X, y: (X[1:], y[1:], None), "places was"),
        (lambda X, y: (X, y, np.arange(len(X)) + 1.0), "sample_weight was None"),
    ],
)
def test_a_checkpoint_of_other_photos(killed, change, words):
    model = transformer("propagator", checkpoint_dir=killed, resume=True)
    with pytest.raises(ValueError, match=f"of another fit: {words}"):
        model.fit(*change(*photos("propagator")))


def test_a_checkpoint_of_another_corpus_to_propagate_from(tmp_path):
    places, y = photos("propagator")
    first, second = (GeoTagCorpus(places, tags) for tags in (y[:, 3:], 1 - y[:, 3:]))
    assert repr(first) == repr(second)

    def model(corpus, folder, **params):
        propagator = GeoNeighborTagPropagator(n_neighbors=5, corpus=corpus)
        return transformer(target_propagator=propagator, checkpoint_dir=folder)

    model(first, tmp_path).fit(places, y)
    model(first, tmp_path).set_params(resume=True).fit(places, y)
    with pytest.raises(ValueError, match="another fit: target_propagator was"):
        model(second, tmp_path).set_params(resume=True).fit(places, y)


def test_a_partial_fit_is_no_part_of_a_fit(tmp_path):
    places, y = photos()
    model = transformer(checkpoint_dir=tmp_path, early_stopping=False)
    model.partial_fit(places, y)
    model.set_params(resume=True)
    with pytest.raises(ValueError, match="another fit: epochs was 1 and is not set"):
        model.fit(places, y)


def test_how_a_fit_is_run_is_no_other_fit(killed, expected, tmp_path):
    folder = shutil.copytree(killed, tmp_path / "copy")
    model = resume(
        "propagator",
        folder,
        n_jobs=2,
        max_loaded_zones=1,
        output_layer="softmax",
        append_location=True,
    )
    places, _ = photos()
    assert_array_equal(model.transform(places)[:, :5], expected("propagator"))


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: (folder / "thesis.txt").write_text("years"), "holds no check"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "something else"),
        (
            lambda folder: transformer().fit(*photos()).save_pretrained(folder),
            "that was saved, not a checkpoint",
        ),
    ],
)
def test_a_foreign_folder_is_not_touched(tmp_path, make, words, resumes):
    make(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    model = transformer(checkpoint_dir=tmp_path, resume=resumes)
    with pytest.raises(ValueError, match=f"checkpoint_dir: .*{words}"):
        model.fit(*photos())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_zone_is_trained_again(killed, expected, tmp_path, capsys):
    folder = shutil.copytree(killed, tmp_path / "copy")
    first, _ = sorted(folder.glob("zone-*"))
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    with pytest.warns(UserWarning, match=r"Zone \w+ is trained again: .*is damaged"):
        model = resume("propagator", folder)
    assert len(trained(capsys)) == N_UTM_ZONES - 1
    assert_array_equal(model.transform(photos()[0]), expected("propagator"))


def test_two_fits_in_one_folder(fits, expected, tmp_path):
    fits.start("zones", tmp_path)
    fits.until("Zone ", "Epoch 2")
    for resumes in (False, True):
        with pytest.raises(ValueError, match=r"another fit is using .* now"):
            transformer(checkpoint_dir=tmp_path, resume=resumes).fit(*photos())
    # The one that was there first has not noticed.
    fits.until("Zone ")
    assert len(zones_of(tmp_path)) == 2
    fits.kill()
    # The dead hold no lock.
    model = resume("zones", tmp_path)
    assert_array_equal(model.transform(photos()[0]), expected("zones"))


# ---------------------------------------------------------------------- full disks


@pytest.mark.parametrize("n_writes", [0, 1, 2, 6, 7])
def test_disk_full(monkeypatch, expected, tmp_path, capsys, n_writes):
    replace, writes = os.replace, itertools.count()

    def full(*paths):
        if next(writes) >= n_writes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(*paths)

    monkeypatch.setattr(os, "replace", full)
    model = transformer(checkpoint_dir=tmp_path)
    words = r"checkpoint_dir: .* cannot be written to: No space .* resume=True"
    with pytest.raises(OSError, match=words) as caught:
        model.fit(*photos())
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert not list(tmp_path.glob(".store-*"))
    # Each zone is two files: its own, and the manifest that names it.
    n_done = max(0, n_writes - 1) // 2
    if n_writes:
        assert len(zones_of(tmp_path)) == n_done
    capsys.readouterr()
    model = resume("zones", tmp_path)
    assert len(trained(capsys)) == N_UTM_ZONES - n_done
    assert_array_equal(model.transform(photos()[0]), expected("zones"))


def test_no_right_to_write(monkeypatch, tmp_path):
    if os.geteuid():
        tmp_path.chmod(0o500)
    else:  # who may do everything is told so by the system, in its place

        def forbidden(*args, **options):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(Path, "mkdir", forbidden)
    model = transformer(checkpoint_dir=tmp_path / "new")
    with pytest.raises(PermissionError, match=r"checkpoint_dir: .* cannot be"):
        model.fit(*photos())
    monkeypatch.undo()
    tmp_path.chmod(0o700)
