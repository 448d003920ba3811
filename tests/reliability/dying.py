# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A process whose children write, and are killed, or have no disk; see `faults`.

It reads a line of JSON for each thing that is to be done. A child is forked for it,
since to import torch takes longer than all that is killed here.
"""

import ctypes
import json
import os
import pickle
import resource
import shutil
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import numpy as np

# Torch imports half of itself at the first step: once here, not in every child.
import torch._dynamo  # noqa: F401

import sklearn_geo
from sklearn_geo._download import fetch_file
from tests.context.fits import photos, transformer
from tests.reliability.faults import KINDS


def say(**what):
    """Print a line past all buffers."""
    os.write(1, (json.dumps(what) + "\n").encode())


# What is done -------------------------------------------------------------------------


def fit(folder, out=None, **params):
    """Fit a transformer with a checkpoint, and save what it says of the photos."""
    places, y = photos()
    model = transformer(checkpoint_dir=folder, resume=True, **params).fit(places, y)
    if out is not None:
        np.save(out, model.transform(places))


def save(model, path, times=1):
    """Save what was pickled, or several by turns."""
    models = [pickle.loads(Path(each).read_bytes()) for each in model]
    begin()
    for turn in range(times):
        save_to(models[turn % len(models)], path)


def save_to(model, path):
    """Save a model as its class does."""
    if hasattr(model, "save_pretrained"):
        model.save_pretrained(path)
    else:  # a partition or a corpus
        model.save(path)


def download(address, path, **params):
    """Download a file."""
    fetch_file(
        [address],
        path,
        max_bytes=1 << 30,
        delay=0.001,
        n_retries=0,
        timeout=5,
        **params,
    )


def unpack(archive):
    """Unpack an archive."""
    from sklearn_geo.datasets._unpack import unpacked

    unpacked(Path(archive), max_bytes=1 << 30)


def distributed(files, folder, out=None, resume=True, **params):
    """Fit a zone store from Parquet, in this process."""
    import warnings

    import dask

    from sklearn_geo.distributed import fit_zone_store
    from tests.distributed.photos import LOCATION, make_photos, make_transformer

    # dask reads Parquet with an argument that pandas is going to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    with dask.config.set(scheduler="synchronous"):
        model = make_transformer(**params)
        model = fit_zone_store(files, folder, model, resume=resume)
    if out is not None:
        np.save(out, model.transform(make_photos()[LOCATION]))


def cache(folder, rows, out=None):
    """Show photos to a network that writes down what it says."""
    from tests.vision.photo_files import Small, pixels

    model = sklearn_geo.PosteriorTransformer(
        Small(), image_size=8, device="cpu", batch_size=2, cache=folder
    )
    X = pixels(40, 12, 14)
    # A file for each of a few calls.
    model.fit(X)
    for start in range(*rows, 5):
        model.transform(X[start : start + 5])
    if out is not None:
        np.save(out, model.transform(X[slice(*rows)]))


def read_only(model, path):
    """Read what lies in a folder that cannot be written to, and try to write there."""
    model = pickle.loads(Path(model).read_bytes())
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    mount(folder)
    read_from(model, path)  # also lazily, and with no lock of ours in the folder
    words = ""
    try:
        save_to(model, path)
    except OSError as error:
        words = str(error)
    say(read=True, refused=str(folder) in words, words=words)
    read_from(model, path)


def read_from(model, path):
    """Read what was saved as a model, and ask it something where that takes files."""
    if hasattr(model, "save_pretrained"):
        again = type(model).from_pretrained(path)
        if hasattr(again, "zone_report_"):
            again.transform(np.array([[48.1, 11.6], [40.7, -74.0], [1.3, 103.8]]))
        return again
    return type(model).load(path)


def full(model, kind, path, room, how):
    """Save a model where there is hardly any room, and again when there is.

    What the models say is told from here: a small disk is gone with this process, and
    zones are read from it when they are asked for.
    """
    ask = next(each.ask for each in KINDS if each.name == kind)
    before, after = (pickle.loads(Path(each).read_bytes()) for each in model)
    folder = Path(path).parent
    if how == "disk":
        mount(folder, "tmpfs", "size=4m")
    if before is not None:
        save_to(before, path)
    words = ""
    with little_room(folder, room, how):
        try:
            save_to(after, path)
        except OSError as error:
            words = str(error)
    try:
        read = read_from(after, path)
    except (ValueError, FileNotFoundError) as error:
        say(none=str(error))
    else:
        say(some=pickle.dumps(ask(read)).hex())
    parts = [each.name for each in folder.rglob(".*")]
    save_to(after, path)
    again = pickle.dumps(ask(read_from(after, path))).hex()
    say(words=words, named=str(folder) in words, parts=parts, again=again)


@contextmanager
def little_room(folder, room, how):
    """Leave so many bytes, on the disk or for each file."""
    filler = folder / "filler"
    if how == "file":
        before = limit_files(room)
    else:
        with open(filler, "wb", buffering=0) as file:
            left = shutil.disk_usage(folder).free - room
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 16)))
    try:
        yield
    finally:
        if how == "file":
            limit_files(before)
        else:
            filler.unlink()


def limit_files(n_bytes):
    """Let no file grow beyond so many bytes; return the limit before."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, most))
    return before


def average(temporary, room):
    """Average over a user with many photos, where temporary files have so much room."""
    import tempfile

    import sklearn

    from tests.reliability.subjects import albums, places

    mount(temporary, "tmpfs", f"size={room}")
    tempfile.tempdir = temporary
    rng = np.random.default_rng(0)
    frame = albums(rng, 800).assign(user="one")
    y = places(rng, len(frame))
    cells = sklearn_geo.HierarchicalCellClassifier(
        [sklearn_geo.S2Partition(20, 1)], max_iter=1, random_state=0, device="cpu"
    )
    inner = sklearn_geo.UserAveragingGeolocator(cells, groups="user", cv="prefit")
    few = frame.drop(columns="taken")
    cells.fit(few.drop(columns="user"), y)
    model = sklearn_geo.UserAveragingGeolocator(inner.fit(few, y), groups="user")
    model.set_params(times="taken", window_hours=9, cv="prefit").fit(frame, y)
    words = ""
    with sklearn.config_context(working_memory=1e-2):
        try:
            model.predict(frame)
        except OSError as error:
            words = str(error)
    say(words=words)


def little_memory(n_mebibytes):
    """Fit zones, one of which has more photos than there is memory for."""
    import warnings

    rng = np.random.default_rng(0)
    places, _ = photos()
    many = rng.uniform([41.0, 1.0], [47.0, 5.0], (200_000, 2))
    places = np.concatenate([places, many])
    y = rng.dirichlet(np.ones(5), len(places))
    model = transformer(max_iter=1, missing_zone="nan", contexts=None, batch_size=2048)
    # Torch takes what it needs for itself first.
    transformer(max_iter=1).fit(*photos())
    (used,) = [
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmSize:")
    ]
    limit = used + n_mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(places, y)
    told = [str(warning.message) for warning in caught]
    trained = model.zone_report_["zone"].tolist()
    said = np.isnan(model.transform(places[:320])).any(axis=1)
    say(told=told, skipped=model.skipped_zones_, trained=trained, n_nan=int(said.sum()))


# How it ends --------------------------------------------------------------------------

WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_watch = {"events": 0, "begun": None, "after": None}


def begin():
    """Note that what can be killed begins."""
    _watch["begun"] = time.monotonic()
    if _watch["after"] is None:
        return
    me = os.getpid()
    if os.fork() == 0:
        time.sleep(_watch["after"])
        if os.getppid() == me:
            os.kill(me, signal.SIGKILL)
        os._exit(0)


def watch(folder, last):
    """Count what is done to files in a folder, and die before number `last`."""

    def hook(event, args):
        if event not in WATCHED or _watch["begun"] is None:
            return
        name = args[0] if args else None
        if isinstance(name, bytes):
            name = name.decode()
        if not isinstance(name, str | os.PathLike) or folder not in str(name):
            return
        if _watch["events"] == last:
            os.kill(os.getpid(), signal.SIGKILL)
        _watch["events"] += 1

    sys.addaudithook(hook)


_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18


def mount(folder, kind="read-only", options=""):
    """Mount something over a folder that only this process sees."""
    libc, folder = ctypes.CDLL(None, use_errno=True), os.fsencode(folder)

    def call(function, *args):
        if getattr(libc, function)(*args):
            say(cannot=f"{function}: {os.strerror(ctypes.get_errno())}")
            os._exit(0)

    flags = _CLONE_NEWNS | (_CLONE_NEWUSER if os.geteuid() else 0)
    call("unshare", flags)
    call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    if kind == "tmpfs":
        call("mount", b"tmpfs", folder, b"tmpfs", 0, os.fsencode(options))
        return
    call("mount", folder, folder, None, _MS_BIND, None)
    how = _MS_REMOUNT | _MS_BIND | _MS_RDONLY
    call("mount", folder, folder, None, how, None)


def hinder(file_limit=None, read_only=None):
    """Take something away from this process."""
    if file_limit is not None:
        limit_files(file_limit)
    if read_only is not None:
        mount(read_only)


def main():
    """Fork a child for each line that is read, and say how it ended when asked."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            say(code=os.waitstatus_to_exitcode(status))
            continue
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            out = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            try:
                _watch["after"] = order["after"]
                hinder(**order["hindered"])
                watch(order["folder"], order["last"])
                if order["action"] != "save":  # which reads pickles first
                    begin()
                globals()[order["action"]](**order["args"])
                seconds = time.monotonic() - _watch["begun"]
                limit_files(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
                say(events=_watch["events"], seconds=seconds, cpu=time.process_time())
                os._exit(0)
            except BaseException:
                limit_files(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
                say(error=traceback.format_exc())
                os._exit(1)
        say(pid=child)


if __name__ == "__main__":
    main()
